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
from miniflow_classroom.widgets.states import ENTERED, View, panel, told

TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"
ENTRY_WIDTH = 58  # as wide as that in the picture; the mark is next to it
UNREAD = f"{ENTERED} is not a number: write one such as 0.5, -2 or 4000."
DONE = "All of them: you have done a backward pass by hand."
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
    return StaticBox([sheet, says], text=text, html=html, page=puzzle.page)


def _at(x: float, y: float, width: float) -> ipywidgets.Layout:
    """A place on the one field of a grid that holds the picture and all the boxes on it."""
    return ipywidgets.Layout(
        grid_area="1 / 1 / 2 / 2",
        margin=f"{y:.0f}px 0 0 {x:.0f}px",
        width=f"{width:.0f}px",
        align_self="flex-start",
    )


def _entry(puzzle: Puzzle, edge: tuple[Node, Node]) -> ipywidgets.Text:
    return ipywidgets.Text(
        placeholder="?",
        continuous_update=False,
        tooltip=puzzle.question(edge),
        layout=_at(*puzzle.box(edge)),
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

    def box(self, edge: tuple[Node, Node]) -> tuple[float, float, float]:
        """Where the box of an edge is on the picture: its left side, its top and its width, in pixels."""
        place = self.drawing.layout.labels[edge]
        left, middle = (place.x + 2) * self.scale, place.middle[1] * self.scale
        return left, middle - 15, ENTRY_WIDTH * self.scale

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
            return False, UNREAD.replace(ENTERED, text.strip())
        answers = self.answers(edge)
        near = [n for n, (value, _) in enumerate(answers) if abs(guess - value) <= tolerance(value)]
        said = answers[near[0]][1] if near else self.other(edge)
        return near[:1] == [0], said.replace(ENTERED, text.strip())

    def answers(self, edge: tuple[Node, Node]) -> list[tuple[float, str]]:
        """(number, sentence), the gradient first: an entry gets the sentence of the first that is near."""
        right = self.gradient(edge)
        return [(right, f"{ENTERED} is right{self.arithmetic(edge)}."), *self.mistakes(edge)]

    def other(self, edge: tuple[Node, Node]) -> str:
        """The sentence for a number that is near to none of them."""
        a, b = (self.snapshot.names[node] for node in edge)
        return (
            f"{ENTERED} is not it: arrives ? · local ? = ? First, what arrives at {b} from the right? "
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
        parts = [self.mark(edge, right) for edge, right in zip(self.edges, marks) if right is not None]
        alt = "The graph, with a box for the gradient on each edge"
        style = f"width:{self.width:.0f}px;height:auto"
        return self.drawing.svg(self.gaps, alt, style).removesuffix("</svg>") + "".join(parts) + "</svg>"

    def mark(self, edge: tuple[Node, Node], right: bool) -> str:
        place = self.drawing.layout.labels[edge]
        sign, colour = (TICK, BLUE) if right else (CROSS, VERMILLION)
        x, y = place.x + ENTRY_WIDTH + 12, place.middle[1] + 6
        return f'<text x="{x:g}" y="{y:g}" font-size="18" fill="{colour}">{sign}</text>'

    def in_words(self, replies: Sequence[tuple[bool | None, str]]) -> str:
        """A line for each entry, and one more when all are right."""
        answered = [(edge, *reply) for edge, reply in zip(self.edges, replies) if reply[0] is not None]
        lines = [self.line(*reply) for reply in answered]
        return "".join([*lines, DONE * all(right for right, _ in replies)])

    def line(self, edge: tuple[Node, Node], right: bool, sentence: str) -> str:
        sign = TICK if right else CROSS
        return f"{sign} <b>{escape(self.title(edge))}</b>: {escape(sentence)}<br>"

    def page(self) -> dict:
        """Each entry has a mark and a line of its own, by the answer it is near to."""
        picture = self.svg([None] * len(self.edges)).removesuffix("</svg>")
        views, lines, entries = [View({"": picture}, of=[])], [], []
        for n, edge in enumerate(self.edges):
            answers = self.answers(edge)
            replies = {str(at): (at == 0, sentence) for at, (_, sentence) in enumerate(answers)}
            replies |= {"other": (False, self.other(edge)), "unread": (False, UNREAD)}
            views.append(View({at: self.mark(edge, right) for at, (right, _) in replies.items()}, of=[n]))
            said = {at: self.line(edge, *reply) for at, reply in replies.items()}
            lines.append(View(said, of=[n], area=1))
            rules = [(value, tolerance(value)) for value, _ in answers]
            entry = {"label": self.question(edge), "rules": rules, "box": self.box(edge), "at": ""}
            entries.append({"kind": "entry", **entry})
        everything = View({" ".join("0" for _ in entries): DONE}, of=range(len(entries)), area=1)
        views += [View({"": "</svg>"}, of=[]), *lines, everything]
        return told({"": [panel(views, areas=("", "status"), controls=entries)]})


def tolerance(value: float) -> float:
    """Right to two places: -0.2 for -0.1966, and not 0.22 for 0.1966."""
    return 0.0051 + 0.001 * abs(value)
