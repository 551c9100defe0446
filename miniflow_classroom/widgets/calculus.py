"""Lesson 04: what the learner nudges, drags and fills in on the way to the gradient."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Mul
from miniflow_lib.passes import backward_pass, forward_pass
from miniflow_lib.trace_text import number
from miniflow_lib.tracing import names, trace
from miniflow_classroom import arguments
from miniflow_classroom.show.drawing import GraphView, Scene
from miniflow_classroom.show.plots import BLUE, INK, VERMILLION, Chart, picture_html, round_step, span
from miniflow_classroom.widgets.base import LatestOnly, StaticBox


class Snapshot:
    """A graph of one's own: a copy, so that nothing tried on it reaches the learner's nodes."""

    def __init__(self, graph: Sequence[Node]):
        mistakes.check_nodes(graph)
        self.graph = copied(graph)
        self.cost = self.graph[-1]
        self.names = names(self.graph)
        self.run()

    def run(self, backward: bool = False) -> float:
        """The cost under the present values of the Inputs, without a word of trace."""
        with trace.silent():
            cost = forward_pass(self.cost, self.graph)
            if backward:
                backward_pass(self.graph)
        return cost

    def named(self, node: Node, graph: Sequence[Node]) -> Node:
        """The copy of a node of the learner's graph."""
        for own, theirs in zip(self.graph, graph):
            if theirs is node:
                return own
        raise errors.MiniFlowError(f"{errors.what(node)} is not in this graph: pass one of its nodes.")


def copied(graph: Sequence[Node]) -> list[Node]:
    """A copy of each node, joined as they are in this graph; what else hangs on them is left out.

    (copy.deepcopy of the list would go from node to node, and break off in a long graph.)
    """
    twins = {id(node): object.__new__(type(node)) for node in graph}
    for node in graph:
        own = {name: held for name, held in vars(node).items() if name not in ("outbound_nodes", "run")}
        twin = twins[id(node)]
        vars(twin).update(copy.deepcopy(own, twins))
        twin.outbound_nodes = [twins[id(out)] for out in node.outbound_nodes if id(out) in twins]
    return [twins[id(node)] for node in graph]


def in_a_row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """Side by side, or one below the other where the page is narrow."""
    return ipywidgets.HBox(widgets, layout={"flex_flow": "row wrap"})


# --- nudge and measure ---


@dataclass(frozen=True)
class Knob:
    """One number that can be nudged: an Input, or one element of it."""

    label: str
    node: Input
    index: tuple[int, ...]
    start: np.ndarray


def knobs(snapshot: Snapshot) -> list[Knob]:
    """Every number of the Inputs; of an array with more than 12 elements none, a list nobody would read."""
    found = []
    for node in snapshot.graph:
        if isinstance(node, Input) and node.value.size <= 12:
            for index in np.ndindex(node.value.shape):
                place = f"[{', '.join(map(str, index))}]" if index else ""
                found.append(Knob(snapshot.names[node] + place, node, index, node.value))
    return found


def nudge(graph: Sequence[Node]) -> StaticBox:
    """A slider that moves one number of an Input by up to ±0.1, and every value downstream: old -> new.

    graph: a sorted list whose last node is the cost. Under the table stands change / nudge, and beside it
    the gradient once a backward pass has filled the drawers. Works on a copy: the graph stays as it was.
    """
    snapshot = Snapshot(graph)
    arguments.check_size("nudge shows", snapshot.graph)
    mistakes.check_cost(snapshot.cost, snapshot.graph)
    learned = bool(graph[-1].gradients)
    snapshot.run(backward=learned)
    before = {node: np.array(node.value) for node in snapshot.graph}
    choices = knobs(snapshot)
    if not choices:
        raise errors.MiniFlowError("nudge needs an Input with at most 12 numbers; this graph has none.")
    gradients = (
        {knob.label: knob.node.gradients[knob.node][knob.index] for knob in choices} if learned else {}
    )
    which = ipywidgets.Dropdown(options=[knob.label for knob in choices], description="nudge")
    by = ipywidgets.FloatSlider(value=0.1, min=-0.1, max=0.1, step=0.01, description="by")
    view = ipywidgets.HTML()

    def measure(setting: tuple[str, float]) -> Measured:
        label, step = setting
        knob = next(knob for knob in choices if knob.label == label)
        moved = np.array(knob.start)
        moved[knob.index] += step
        knob.node.value = moved
        try:
            snapshot.run()
            rows = [(snapshot.names[n], before[n], np.array(n.value)) for n in snapshot.graph]
        finally:
            knob.node.value = knob.start
        return Measured(label, step, rows, gradients.get(label))

    @LatestOnly
    def draw(setting: tuple[str, float]) -> None:
        view.value = measure(setting).html()

    def changed(_) -> None:
        draw((which.value, round(by.value, 10)))

    first = measure((which.value, by.value))
    view.value = first.html()
    which.observe(changed, "value")
    by.observe(changed, "value")
    return StaticBox([in_a_row(which, by), view], text=first.text())


@dataclass(frozen=True)
class Measured:
    """What a nudge did: each node's value before and after, and the slope that this gives."""

    label: str
    step: float
    rows: list[tuple[str, np.ndarray, np.ndarray]]
    gradient: float | None

    def cells(self) -> Iterator[tuple[str, str, str, str]]:
        """name, before, after, change of each node; an empty change for a node that did not move."""
        for name, before, after in self.rows:
            change = after - before
            scale = max(1.0, float(np.abs(before).max()))
            moved = float(np.abs(change).max()) > 1e-12 * scale
            yield name, shown(before), shown(after), shown(change, 4) if moved else ""

    def slope(self) -> str:
        """The last line: change / nudge of the cost, beside the gradient when there is one."""
        name, before, after = self.rows[-1]
        if self.step == 0:
            return f"No nudge, nothing to divide by: move {self.label} a little."
        change = float(after - before)
        line = (
            f"{name} moved by {number(change, 4)} for a nudge of {number(self.step)} to {self.label}: "
            f"{number(change, 4)} / {number(self.step)} = {number(change / self.step, 4)}"
        )
        return line + ("" if self.gradient is None else f"; the gradient says {number(self.gradient, 4)}")

    def text(self) -> str:
        rows = [("node", "before", "after", "change"), *self.cells()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["   ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, self.slope()])

    def html(self) -> str:
        head = "".join(
            f'<th style="padding:2px 14px;text-align:left">{c}</th>' for c in ("node", "value", "change")
        )
        body = ""
        for name, before, after, change in self.cells():
            value = f"<b>{escape(before)} → {escape(after)}</b>" if change else f"{escape(before)}, stays"
            colour = f"color:{BLUE};" if change else "opacity:.7;"
            body += (
                f'<tr><td style="padding:2px 14px">{escape(name)}</td>'
                f'<td style="padding:2px 14px;{colour}">{value}</td>'
                f'<td style="padding:2px 14px">{escape(change)}</td></tr>'
            )
        card = f"background:#fff;color:{INK};border-radius:6px;padding:4px 4px 8px"  # on a dark page, too
        table = f"<table><tr>{head}</tr>{body}</table>"
        line = f'<p style="margin:6px 0 0 14px">{escape(self.slope())}</p>'
        return f'<div style="{card}">{table}{line}</div>'


def shown(value: np.ndarray, digits: int = 6) -> str:
    """A number, a small array on one line, or the shape of a large one."""
    value = np.asarray(value)
    if value.ndim == 0:
        return number(value, digits)
    if value.size > 12:
        return f"array {value.shape}"
    return "[" + ", ".join(shown(part, digits) for part in value) + "]"


# --- tangent ---


def tangent(
    function: Callable[[float], float], at: float = 1.0, around: float = 2.0, label: str = "f(x)"
) -> StaticBox:
    """A curve and the line through two of its points, x and x + nudge: drag the nudge towards zero.

    function: of one number; at: where the point stands first; around: how far the curve is drawn to both
    sides; label: the name of the curve. slope = (f(x + nudge) - f(x)) / nudge.
    """
    errors.check_function("The first argument of tangent", function, "function(x)")
    arguments.check_text("label", label)
    at, around = errors.check_number("at", at, -1e6, 1e6), errors.check_number("around", around, 1e-3, 1e6)
    low, high = at - around, at + around

    def f(x: float) -> float:
        """The function's value, nan where it has none."""
        try:
            y = function(x)
        except (ArithmeticError, ValueError):
            return math.nan
        return arguments.check_returned(f"The function {label}", y)

    xs = [low + (high - low) * i / 120 for i in range(121)]
    ys = [f(x) for x in xs]
    if not all(map(math.isfinite, ys)):
        raise errors.MiniFlowError(f"{label} is not a finite number everywhere from {low:g} to {high:g}.")
    nudges = [1.0, 0.5, 0.2, 0.1, 0.01, 0.001]
    by = ipywidgets.SelectionSlider(
        options=[(number(h), h) for h in nudges], value=1.0, description="nudge", continuous_update=True
    )
    where = ipywidgets.FloatSlider(value=at, min=low, max=high, step=around / 20, description="x")
    view, says = ipywidgets.HTML(), ipywidgets.HTML()

    def picture(setting: tuple[float, float]) -> tuple[str, str]:
        x, h = setting
        y, y2 = f(x), f(x + h)
        slope = (y2 - y) / h
        way = f"from x = {number(x)} to {number(x + h)}, {label}"
        if math.isfinite(slope):
            rise = f"slope {number(y2 - y)} / {number(h)} = {number(slope, 5)}"
            sentence = f"{way} goes from {number(y)} to {number(y2, 7)}: {rise}"
        else:
            sentence = f"{way} leaves the finite numbers: take another x or nudge"
        chart = Chart((low, high), span(ys), ("x", label), f"The curve {label} and a line: {sentence}")
        chart.curve(xs, ys, BLUE)
        if math.isfinite(slope):
            chart.line(x, y, slope, VERMILLION)
            chart.step(x, y, x + h, y2, INK)
            chart.dot(x + h, y2, BLUE, hollow=True)
            chart.dot(x, y, BLUE)
        return chart.svg(), sentence

    @LatestOnly
    def draw(setting: tuple[float, float]) -> None:
        svg, sentence = picture(setting)
        view.value, says.value = svg, escape(sentence)

    def changed(_) -> None:
        draw((round(where.value, 10), by.value))

    draw((at, by.value))
    where.observe(changed, "value")
    by.observe(changed, "value")
    svg, sentence = picture((at, by.value))
    html = picture_html(svg, f"The curve {label} and a line: {sentence}")
    return StaticBox([in_a_row(by, where), view, says], text=f"{label}: {sentence}", html=html)


# --- the cost against one weight ---


def cost_of_one_weight(
    graph: Sequence[Node], weight: Input, low: float, high: float, step: float = 0.1
) -> StaticBox:
    """The cost as one weight goes from low to high, the tangent where it stands, and a step each way.

    graph: a sorted list whose last node is the cost; weight: an Input that holds a single number.
    A step adds step * slope to the weight, or takes it away. Works on a copy of the graph.
    """
    low, high = errors.check_number("low", low, -1e6, 1e6), errors.check_number("high", high, -1e6, 1e6)
    step = errors.check_number("step", step)
    if high - low < 1e-3:
        raise errors.MiniFlowError(
            f"low is {low:g} and high is {high:g}: low must be the smaller one, by 0.001 or more."
        )
    walk = Walk(graph, weight, low, high, step)
    name = walk.name
    slider = ipywidgets.FloatSlider(
        value=walk.w,
        min=low,
        max=high,
        step=round_step((high - low) / 150),
        description=name,
        readout=False,
    )
    wide = ipywidgets.Layout(width="auto", flex="0 0 auto")
    uphill = ipywidgets.Button(description=f"step uphill: + {step:g} · slope", layout=wide)
    downhill = ipywidgets.Button(description=f"step downhill: - {step:g} · slope", layout=wide)
    again = ipywidgets.Button(description="start again", layout=wide)
    view, says = ipywidgets.HTML(), ipywidgets.HTML()

    @LatestOnly
    def draw(trail: tuple[float, ...]) -> None:
        svg, sentence = walk.picture(trail)
        view.value, says.value = svg, escape(sentence)

    def show() -> None:
        walk.moving_slider = True
        slider.value = min(max(walk.w, low), high)
        walk.moving_slider = False
        draw(walk.trail)

    def dragged(change) -> None:
        # The browser answers a step with the nearest stop of the slider: that is no drag.
        echo = abs(change["new"] - min(max(walk.w, low), high)) <= 0.51 * slider.step
        if not walk.moving_slider and not echo:
            walk.trail = (change["new"],)
            draw(walk.trail)

    def clicked(move: Callable[[], None]) -> Callable:
        def on_click(_) -> None:
            move()
            show()

        return on_click

    slider.observe(dragged, "value")
    uphill.on_click(clicked(lambda: walk.go(+step)))
    downhill.on_click(clicked(lambda: walk.go(-step)))
    again.on_click(clicked(walk.restart))
    svg, sentence = walk.picture(walk.trail)
    view.value, says.value = svg, escape(sentence)
    alt = f"The cost against {name}, and the tangent: {sentence}"
    return StaticBox(
        [slider, in_a_row(downhill, uphill, again), view, says],
        text=f"The cost against {name}: {sentence}",
        html=picture_html(svg, alt),
    )


class Walk:
    """A weight that walks along the curve of its cost."""

    moving_slider = False

    def __init__(self, graph: Sequence[Node], weight: Input, low: float, high: float, step: float):
        self.lock = threading.Lock()
        self.snapshot = Snapshot(graph)
        self.weight = self.snapshot.named(weight, graph)
        if not isinstance(self.weight, Input):
            raise errors.MiniFlowError(f"{weight.name} works out its own value: pick an Input.")
        if self.weight.value.size != 1:
            raise errors.MiniFlowError(
                f"{weight.name} holds {self.weight.value.size} numbers: pick an Input that holds one."
            )
        self.name = self.snapshot.names[self.weight]
        self.start = float(self.weight.value.reshape(()))
        self.shape = self.weight.value.shape
        self.trail: tuple[float, ...] = (self.start,)  # where it stood, step by step; the last is now
        self.low, self.high, self.step = low, high, step
        self.xs = [low + (high - low) * i / 120 for i in range(121)]
        self.ys = [self.cost_and_slope(x)[0] for x in self.xs]

    @property
    def w(self) -> float:
        return self.trail[-1]

    def cost_and_slope(self, w: float) -> tuple[float, float]:
        with self.lock:  # a click and a redraw may come in two threads
            self.weight.value = np.full(self.shape, w)
            cost = self.snapshot.run(backward=True)
            mistakes.check_gradient(self.weight)
            return float(cost), float(self.weight.gradients[self.weight].reshape(()))

    def go(self, rate: float) -> None:
        """One step of rate * slope; far outside the picture it stays where it is."""
        if self.inside(self.w):
            self.trail = (*self.trail[-30:], self.w + rate * self.cost_and_slope(self.w)[1])

    def restart(self) -> None:
        self.trail = (self.start,)

    def inside(self, w: float) -> bool:
        return self.low <= w <= self.high

    def picture(self, trail: tuple[float, ...]) -> tuple[str, str]:
        w = trail[-1]
        cost, slope = self.cost_and_slope(w)
        chart_says = f"{self.name} = {number(w, 4)}: cost {number(cost, 4)}, slope {number(slope, 4)}"
        if not self.inside(w):
            sentence = f"{chart_says}. That is outside the picture: start again."
        elif abs(slope) < 1e-3 * max(1.0, max(self.ys) - min(self.ys)):
            sentence = f"{chart_says}. Almost flat: no way is down any more."
        else:
            up, down = ("right", "left") if slope > 0 else ("left", "right")
            sentence = f"{chart_says}. Uphill is to the {up}, so downhill is to the {down}."
        chart = Chart((self.low, self.high), span(self.ys), (self.name, "cost"), f"The cost: {sentence}")
        chart.curve(self.xs, self.ys, BLUE)
        chart.line(w, cost, slope, VERMILLION)
        for old in trail[:-1]:
            chart.dot(old, self.cost_and_slope(old)[0], BLUE, radius=4, hollow=True)
        chart.dot(w, cost, BLUE)
        return chart.svg(), sentence


# --- fill in the gradients ---


def fill_in_gradients(graph: Sequence[Node]) -> StaticBox:
    """The picture of a graph with an empty box on each edge, for the gradient that flows back along it.

    graph: a sorted list of single numbers whose last node is the cost. Each entry is judged by itself: right,
    or with the sentence of the mistake it is known for. Works on a copy of the graph.
    """
    puzzle = Puzzle(graph)
    boxes = {edge: _entry(puzzle, edge) for edge in puzzle.edges}
    view = ipywidgets.HTML(layout=_at(0, 0, puzzle.drawing.width))
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
    width = f"{puzzle.drawing.width:g}px"
    sheet = ipywidgets.GridBox([view, *boxes.values()], layout={"grid_template_columns": width})
    text = f"Fill in the gradients: {len(boxes)} boxes, one on each edge ({', '.join(puzzle.titles())})"
    # A reader without a kernel sees the same picture with a question mark in the place of each box.
    asked = puzzle.drawing.svg(Scene(puzzle.values, labels=dict.fromkeys(puzzle.edges, "?")), text)
    html = picture_html(asked, text, puzzle.drawing.width)
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
        tooltip=f"the gradient on the edge from {puzzle.title(edge)}",
        layout=_at(place.x + 2, place.y + 1, ENTRY_WIDTH),
    )


TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"
ENTRY_WIDTH = 58  # pixels; the mark stands beside it


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
        self.snapshot.run(backward=True)
        view = GraphView(self.snapshot.graph)
        self.edges = sorted(view.edges, key=lambda edge: -self.snapshot.graph.index(edge[1]))
        self.values = view.values()
        self.gaps = Gaps(self.values, sums={self.snapshot.cost: 1.0})
        self.drawing = view.drawing([self.gaps])

    def title(self, edge: tuple[Node, Node]) -> str:
        return " to ".join(self.snapshot.names[node] for node in edge)

    def titles(self) -> list[str]:
        return [self.title(edge) for edge in self.edges]

    def reply(self, edge: tuple[Node, Node], text: str) -> tuple[bool | None, str]:
        """Whether an entry is right, None for an empty one; and the sentence it gets."""
        if not text.strip():
            return None, ""
        guess = read_number(text)
        if guess is None:
            return False, f"{text.strip()!r} is not a number: write one such as 0.5 or -2."
        start, end = edge
        right = float(end.gradients[start])
        if _near(guess, right):
            return True, f"{number(guess)} is right."
        for wrong, sentence in self.mistakes(edge):
            if _near(guess, wrong):
                return False, sentence
        arriving = self.snapshot.names[end]
        return False, (
            f"{number(guess)} is not it. What arrives at {arriving} from the right, and what does a nudge of "
            f"{self.snapshot.names[start]} do to {arriving}?"
        )

    def mistakes(self, edge: tuple[Node, Node]) -> Iterator[tuple[float, str]]:
        """(the number, the sentence) of each known mistake on this edge, the likeliest first."""
        start, end = edge
        a, b, cost = (self.snapshot.names[node] for node in (start, end, self.snapshot.cost))
        right, arriving, own = float(end.gradients[start]), float(end.grad_cost()), float(start.value)
        local = right / arriving if arriving else 0.0
        if isinstance(end, Mul):
            others = ", ".join(
                f"{self.snapshot.names[n]} = {number(n.value)}" for n in end.inbound_nodes if n is not start
            )
            hold = f"Hold {others} still and raise {a} by 1: how far does {b} move?"
            yield own * arriving, f"That is the value of {a} itself. {hold}"
        if end is not self.snapshot.cost:
            yield local, f"That is from {a} to {b}. And from {b} to {cost}?"
            both = f"You added {number(local)} and {number(arriving)}."
            yield local + arriving, f"{both} Along a path slopes multiply. Nudge {a} by 0.1: what arrives?"
        stays = f"That is the value of {a}. Values stay, backward does not undo forward:"
        yield own, f"{stays} if {a} rose a little, how would {cost} move?"
        yield -right, f"The size is right. Raise {a} a little: does {cost} rise or fall?"
        yield float(end.value), f"That is the value of {b}. How far would {cost} move for a nudge of {a}?"

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
        return self.drawing.svg(self.gaps, alt).removesuffix("</svg>") + "".join(parts) + "</svg>"

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


def read_number(text: str) -> float | None:
    """-2, \u22122, 0.5 or 1/2 as a number; None for anything else."""
    text = text.strip().replace("\u2212", "-").replace(",", ".")
    above, slash, below = text.partition("/")
    try:
        value = float(above) / float(below) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None


def _near(guess: float, value: float) -> bool:
    """Right to two places: -0.2 for -0.1966, and not 0.22 for 0.1966."""
    return abs(guess - value) <= 0.0051 + 0.001 * abs(value)
