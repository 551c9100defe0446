"""Lesson 04: a box on each edge of a graph for the gradient that flows back along it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.nodes import Node
from miniflow_lib.trace_text import arithmetic, number
from miniflow_classroom import arguments
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.arithmetic import products
from miniflow_classroom.show.drawing import LARGER, ROOM, GraphView, Scene
from miniflow_classroom.show.plots import BLUE, INK, VERMILLION, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, read_number

TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"
ENTRY_WIDTH = 58  # as wide as that in the picture; the mark is next to it
ASKED = "In each box: what arrives · what is local = ?"


def fill_in_gradients(graph: Sequence[Node]) -> StaticBox:
    """The picture of a graph with an empty box on each edge, for the gradient that flows back along it.

    graph: a sorted list of single numbers whose last node is the cost. Each entry is judged by itself: right,
    or with the sentence of the mistake it is known for. Works on a copy of the graph.
    """
    puzzle = Puzzle(graph)
    boxes = {edge: _entry(puzzle, edge) for edge in puzzle.edges}
    view = ipywidgets.HTML(layout=_at(0, 0, puzzle.width))
    says = ipywidgets.HTML()

    @LatestOnly
    def draw(entries: tuple[str, ...]) -> None:
        replies = [puzzle.reply(edge, text) for edge, text in zip(puzzle.edges, entries)]
        view.value = puzzle.svg([right for right, _ in replies])
        says.value = puzzle.in_words(replies)

    def changed(_) -> None:
        draw(tuple(box.value for box in boxes.values()))

    changed(None)
    for box in boxes.values():
        box.observe(changed, "value")
    columns = {"grid_template_columns": f"{puzzle.width:.0f}px"}
    sheet = ipywidgets.GridBox([view, *boxes.values()], layout=columns)
    text = f"Fill in the gradients: {len(boxes)} boxes, one on each edge ({', '.join(puzzle.titles())})"
    # A reader without a kernel sees the same picture with a question mark in the place of each box.
    asked = puzzle.drawing.svg(Scene(puzzle.values, labels=dict.fromkeys(puzzle.edges, "?")), text)
    html = picture_html(asked, text, puzzle.drawing.width, LARGER)
    return StaticBox([sheet, says], text=text, html=html)


def _at(x: float, y: float, width: float) -> ipywidgets.Layout:
    """A place on the one field of a grid that holds the picture and all the boxes on it."""
    return ipywidgets.Layout(
        grid_area="1 / 1 / 2 / 2",
        margin=f"{y:.0f}px 0 0 {x:.0f}px",
        width=f"{width:.0f}px",
        align_self="flex-start",
    )


def _entry(puzzle: Puzzle, edge: tuple[Node, Node]) -> ipywidgets.Text:
    place = puzzle.drawing.layout.labels[edge]
    return ipywidgets.Text(
        placeholder="?",
        continuous_update=False,
        tooltip=puzzle.question(edge),
        layout=_at(
            (place.x + 2) * puzzle.scale, place.middle[1] * puzzle.scale - 15, ENTRY_WIDTH * puzzle.scale
        ),
    )


class Gaps(Scene):
    """A scene that leaves room for a box, and a mark beside it, on each edge."""

    def on_edge(self, edge) -> list[tuple[str, str]]:
        return [(" " * 10, INK), (" ", INK)]


class Puzzle:
    """The gradients of a graph of single numbers, and what is known about wrong ones."""

    def __init__(self, graph: Sequence[Node]):
        self.snapshot = Snapshot(graph)
        for node in self.snapshot.graph:
            if np.ndim(node.value):
                raise errors.MiniFlowError(
                    f"{self.snapshot.names[node]} has the shape {np.shape(node.value)}: "
                    "fill_in_gradients is for graphs of single numbers."
                )
        arguments.check_size("fill_in_gradients asks for those of", self.snapshot.graph)
        self.snapshot.check_steady(backward=True)
        self.snapshot.run(backward=True)
        view = GraphView(self.snapshot.graph)
        self.edges = sorted(view.edges, key=lambda edge: -self.snapshot.graph.index(edge[1]))
        self.values = view.values()
        self.gaps = Gaps(self.values, sums={self.snapshot.cost: 1.0})
        self.drawing = view.drawing([self.gaps], ASKED)
        self.scale = max(1.0, min(LARGER, ROOM / self.drawing.width))
        self.width = self.drawing.width * self.scale

    def title(self, edge: tuple[Node, Node]) -> str:
        return " to ".join(self.snapshot.names[node] for node in edge)

    def titles(self) -> list[str]:
        return [self.title(edge) for edge in self.edges]

    def question(self, edge: tuple[Node, Node]) -> str:
        start, end = (self.snapshot.names[node] for node in edge)
        local = f"how far {end} moves per nudge to {start}"
        return f"From {start} to {end}: what arrives at {end}, times what is local, {local}"

    def gradient(self, edge: tuple[Node, Node]) -> float:
        """What flows back from end to start: in an own engine x * x is listed twice, each with its share."""
        start, end = edge
        return float(end.gradients[start]) * start.outbound_nodes.count(end)

    def reply(self, edge: tuple[Node, Node], text: str) -> tuple[bool | None, str]:
        """Whether an entry is right, None for an empty one; and the sentence it gets."""
        if not text.strip():
            return None, ""
        guess = read_number(text)
        if guess is None:
            return False, f"{text.strip()!r} is not a number: write one such as 0.5, -2 or 4000."
        start, end = edge
        right = self.gradient(edge)
        if _near(guess, right):
            return True, f"{number(guess)} is right{self.arithmetic(edge)}."
        for wrong, sentence in self.mistakes(edge):
            if _near(guess, wrong):
                return False, sentence
        a, b = self.snapshot.names[start], self.snapshot.names[end]
        return False, (
            f"{number(guess)} is not it: arrives ? · local ? = ? First, what arrives at {b} from the right? "
            f"Then the local slope: how far does {b} move for a nudge to {a}?"
        )

    def arithmetic(self, edge: tuple[Node, Node]) -> str:
        """: arrives -4 · local 1 = -4, where it is known for this op."""
        start, end = edge
        made = products(end, end.grad_cost(), {start: self.gradient(edge)}).get(start)
        return f": {arithmetic(made, self.gradient(edge), number)}" if made else ""

    def mistakes(self, edge: tuple[Node, Node]) -> Iterator[tuple[float, str]]:
        """(the number, the sentence) of each known mistake on this edge, the likeliest first."""
        start, end = edge
        a, b, cost = (self.snapshot.names[node] for node in (start, end, self.snapshot.cost))
        right, arriving, own = self.gradient(edge), float(end.grad_cost()), float(start.value)
        local = right / arriving if arriving else 0.0
        op, others = type(end).__name__, [n for n in end.inbound_nodes if n is not start]
        moves = f"How far would {cost} move for a nudge to {a}?"
        if op in ("Mul", "MyMul"):
            held = ", ".join(f"{self.snapshot.names[n]} = {number(n.value)}" for n in others)
            hold = f"Hold {held} still and raise {a} by 1: how far does {b} move?"
            one = f"That is for one of the two factors. How many of them are {a}?"
            yield own * arriving, f"That takes the value of {a} itself. {hold}" if others else one
        if end is not self.snapshot.cost:
            yield (
                local,
                f"That is from {a} to {b}. And from {b} to {cost}? You need what arrives at {b}, too.",
            )
            both = f"You added {number(local)} and {number(arriving)}."
            yield (
                local + arriving,
                f"{both} Along a path slopes multiply: nudge {a} by 0.1, and how far does {cost} go?",
            )
        stays = f"That is the value of {a}. Values stay, backward does not undo forward:"
        yield own, f"{stays} if {a} rose a little, how would {cost} move?"
        yield -right, f"The size is right. Raise {a} a little: does {cost} rise or fall?"
        if op in ("Add", "MyAdd"):
            scaled = f"That is scaled by a value. {b} is a sum: raise {a} by 1, and how far does {b} move?"
            yield from ((float(n.value) * arriving, scaled) for n in (start, *others))
        local_too = f"Times what is local: how far does {b} move for a nudge to {a}?"
        yield arriving, f"That is what arrives at {b}. {local_too}"
        for node in dict.fromkeys((end, self.snapshot.cost, *others)):
            yield float(node.value), f"That is the value of {self.snapshot.names[node]}. {moves}"

    def svg(self, marks: Sequence[bool | None]) -> str:
        """The picture, with a tick or a cross beside each box that holds an entry."""
        parts = []
        for edge, right in zip(self.edges, marks):
            if right is not None:
                place = self.drawing.layout.labels[edge]
                sign, colour = (TICK, BLUE) if right else (CROSS, VERMILLION)
                x, y = place.x + ENTRY_WIDTH + 12, place.middle[1] + 6
                parts.append(f'<text x="{x:g}" y="{y:g}" font-size="18" fill="{colour}">{sign}</text>')
        alt = "The graph, with a box for the gradient on each edge"
        style = f"width:{self.width:.0f}px;height:auto"
        return self.drawing.svg(self.gaps, alt, style).removesuffix("</svg>") + "".join(parts) + "</svg>"

    def in_words(self, replies: Sequence[tuple[bool | None, str]]) -> str:
        """A line for each entry, and one more when all are right."""
        lines = []
        for title, (right, sentence) in zip(self.titles(), replies):
            if right is not None:
                sign = TICK if right else CROSS
                lines.append(f"{sign} <b>{escape(title)}</b>: {escape(sentence)}")
        if all(right for right, _ in replies):
            lines.append("All of them: you have done a backward pass by hand.")
        return "<br>".join(lines)


def _near(guess: float, value: float) -> bool:
    """Right to two places: -0.2 for -0.1966, and not 0.22 for 0.1966."""
    return abs(guess - value) <= 0.0051 + 0.001 * abs(value)
