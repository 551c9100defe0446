"""Lesson 04: one number of an Input moved a little, and what every node downstream makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Input, Node
from miniflow_lib.trace_text import number
from miniflow_classroom import arguments
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.plots import BLUE, CARD
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, in_its_place, paragraph, side_by_side


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
        if errors.is_input(node) and np.size(node.value) <= 12:
            for index in np.ndindex(np.shape(node.value)):
                place = f"[{', '.join(map(str, index))}]" if index else ""
                found.append(Knob(snapshot.names[node] + place, node, index, node.value))
    return found


def nudge(graph: Sequence[Node]) -> StaticBox:
    """A slider that moves one number of an Input by up to ±0.1, and every value downstream: old -> new.

    graph: a sorted list whose last node is the cost. Under the table stands change / nudge, and beside it
    the gradient once a backward pass has filled the drawers. Works on a copy: the graph stays as it was.
    Raises MiniFlowError where a node has another value each time it is run: no nudge did that.
    """
    snapshot = Snapshot(graph)
    arguments.check_size("nudge shows", snapshot.graph)
    mistakes.check_cost(snapshot.cost, snapshot.graph)
    learned = bool(graph[-1].gradients)
    snapshot.check_steady(backward=learned)
    snapshot.run(backward=learned)
    before = {node: np.array(node.value) for node in snapshot.graph}
    choices = knobs(snapshot)
    if not choices:
        raise errors.MiniFlowError("nudge needs an Input with at most 12 numbers; this graph has none.")
    gradients = {k.label: np.asarray(k.node.gradients[k.node])[k.index] for k in choices if learned}
    which = ipywidgets.Dropdown(options=[knob.label for knob in choices], description="nudge")
    by = ipywidgets.FloatSlider(value=0.1, min=-0.1, max=0.1, step=0.01, description="by")
    view = ipywidgets.HTML()

    def measure(setting: tuple[str, float]) -> Measured:
        label, step = setting
        knob = next(knob for knob in choices if knob.label == label)
        moved = np.array(knob.start, dtype=float)
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
        try:
            view.value = measure(setting).html()
        except Exception as error:
            view.value = paragraph(escape(in_its_place(error)))

    def changed(_) -> None:
        draw((which.value, round(by.value, 10)))

    first = measure((which.value, by.value))
    view.value = first.html()
    which.observe(changed, "value")
    by.observe(changed, "value")
    return StaticBox([side_by_side(which, by), view], text=first.text())


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
        table = f"<table><tr>{head}</tr>{body}</table>"
        line = f'<p style="margin:6px 0 0 14px">{escape(self.slope())}</p>'
        return f'<div style="{CARD}">{table}{line}</div>'


def shown(value: np.ndarray, digits: int = 6) -> str:
    """A number, a small array on one line, or the shape of a large one."""
    value = np.asarray(value)
    if value.ndim == 0:
        return number(value, digits)
    if value.size > 12:
        return f"array {value.shape}"
    return "[" + ", ".join(shown(part, digits) for part in value) + "]"
