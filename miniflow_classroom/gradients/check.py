"""Lesson 05: what `backward` says, beside the slope that nudging each number measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from miniflow_lib.errors import MiniFlowError, called, check_function, check_list_of_nodes, is_input, is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.passes import forward_and_backward
from miniflow_lib.sorting import topological_sort
from miniflow_lib.trace_text import ASCII
from miniflow_lib.tracing import names, trace
from miniflow_classroom.gradients.diagnosis import likely_mistake
from miniflow_classroom.gradients.slopes import Point, measure
from miniflow_classroom.restore import put_back
from miniflow_classroom.steady import forward_varies

RIGHT, WRONG, UNKNOWN = "right", "wrong", "cannot be checked"
MORE_RUNS = 64  # where a gradient is not right: an op may draw something else only now and then
AGREE = 1e-6  # of the largest slope of an array: a difference up to this is none
_MARKS = {RIGHT: "✓", WRONG: "✗", UNKNOWN: "?"}


@dataclass(frozen=True, eq=False)
class Row:
    """One Input: its largest difference between gradient and slope, and the verdict on it.

    gradient: what backward said. slope: what nudging measured (nan where it was not, or could not be).
    why: for "cannot be checked", the reason.
    """

    name: str
    shape: tuple[int, ...]
    difference: float
    verdict: str
    gradient: np.ndarray
    slope: np.ndarray
    why: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row as texts that are the same on every machine: what is only rounding is not spelled out."""
        small = self.verdict == RIGHT
        difference = "none" if small else "-" if np.isnan(self.difference) else f"{self.difference:.3g}"
        return self.name, str(self.shape), difference, f"{_MARKS[self.verdict]} {self.verdict}"


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """The result: `rows`, `ok` (none is wrong), `sentence` (the likely mistake, or why a row is unknown)."""

    rows: list[Row]
    sentence: str = ""
    ok: bool = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "ok", all(row.verdict != WRONG for row in self.rows))

    _HEAD = ("Input", "shape", "largest difference", "verdict")

    def __repr__(self) -> str:
        return self._text().translate(ASCII)  # print does not say whether its file has other letters

    def _text(self) -> str:
        table = [self._HEAD, *(row.cells for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in table]
        return "\n".join([*lines, *([self.sentence] if self.sentence else [])])

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        cell = '<{0} style="text-align: left; padding: 0.2em 1em 0.2em 0">{1}</{0}>'
        lines = [
            "<tr>" + "".join(cell.format(kind, escape(text)) for text in row) + "</tr>"
            for kind, row in [("th", self._HEAD), *(("td", row.cells) for row in self.rows)]
        ]
        after = f"<p>{escape(self.sentence)}</p>" if self.sentence else ""
        return {"text/plain": self._text(), "text/html": f"<table>{''.join(lines)}</table>{after}"}


def check_gradients(
    cost: Node,
    feed_dict: Mapping[Input, object],
    inputs: Sequence[Input] | None = None,
    *,
    passes: Callable[[list[Node]], object] = forward_and_backward,
) -> GradientCheck:
    """Gradients beside slopes by central differences, (f(x + h) - f(x - h)) / 2h, number by number.

    inputs: the Inputs to look at, all that the cost depends on when not said. passes: what leaves the
    gradients in the Inputs, given the sorted graph. Returns a GradientCheck; all nodes are afterwards as they
    were. Raises MiniFlowError where the graph itself cannot run.
    """
    check_function("passes", passes, "passes(graph)")
    nodes = (cost, *feed_dict) if isinstance(feed_dict, Mapping) else ()  # anything else the sort refuses
    with put_back(*nodes), trace.silent(), np.errstate(all="ignore"):
        graph = topological_sort(feed_dict, output=cost)
        chosen = _chosen(inputs, graph)
        point = Point(graph, passes)
        shown = names(graph)
        rows = [_row(shown[node], point, node) for node in chosen]
        if point.repeated.same and any(row.verdict != RIGHT for row in rows):
            point.repeated.look(MORE_RUNS)  # before anything else is blamed
            rows = rows if point.repeated.same else [_row(shown[node], point, node) for node in chosen]
        if (unsteady := point.repeated.unsteady) is not None:
            sentence = forward_varies(shown[unsteady])
        elif any(row.verdict == WRONG for row in rows):
            sentence = likely_mistake(point, chosen, shown)
        else:
            unknown = [row for row in rows if row.verdict == UNKNOWN]
            sentence = f"{' and '.join(row.name for row in unknown)}: {unknown[0].why}" if unknown else ""
    return GradientCheck(rows, sentence)


def _chosen(inputs: Sequence[Input] | None, graph: list[Node]) -> list[Input]:
    if inputs is None:
        return [node for node in graph if is_input(node)]
    chosen = [inputs] if is_node(inputs) else check_list_of_nodes("inputs", inputs)
    for node in chosen:
        if not is_input(node) or node not in graph:
            raise MiniFlowError(
                f"{node.name} cannot be checked: it is not an Input that {called(graph[-1])} depends on."
            )
    return chosen


def _row(name: str, point: Point, node: Input) -> Row:
    gradient, shape = point.gradients()[node], np.shape(node.value)
    if point.repeated.unsteady is not None and gradient.shape == shape:
        return Row(name, shape, np.nan, UNKNOWN, gradient, np.full(shape, np.nan), "forward varies.")
    found = measure(point.cost, node, point.largest)
    if gradient.shape != shape:
        return Row(name, shape, np.nan, WRONG, gradient, found.slope)
    if len(told := point.repeated.told.get(node, ())) > 1:  # the worst of those that it had
        gradient = max(told, key=lambda grad: np.nansum(np.abs(grad - found.slope)))
    difference = np.abs(gradient - found.slope)
    measured = np.isfinite(found.slope)
    tried = measured | found.kink | (found.noise > 0)
    scale = np.max(np.abs([np.where(measured, found.slope, 0.0), gradient]))
    off = measured & ~(difference <= AGREE * scale)
    blurred = (off & (difference <= 8 * found.noise)) | (found.noise > 1e-3)
    drowned = measured & (found.noise > 0.01 * scale) & blurred
    worst = float(np.max(difference, where=measured, initial=0.0))
    why = ""
    if np.any(off & ~(difference <= 8 * found.noise)) or not np.all(np.isfinite(gradient)):
        return Row(name, shape, worst, WRONG, gradient, found.slope)
    if np.any(found.kink):
        why = "it is at a kink: the cost has different slopes on its two sides. Try other values."
    elif np.any(drowned & (found.noise > 1e-3)):
        why = "its effect is lost in rounding, next to numbers that are so much larger. Try other values."
    elif np.any(drowned):
        why = "its slope is 0 here, or too small to be told from rounding. Try other values."
    elif np.any(tried & ~measured):
        why = "the cost is not a steady number when it is nudged. Try other values."
    verdict, worst = (UNKNOWN, np.nan) if why else (RIGHT, worst)
    return Row(name, shape, worst, verdict, gradient, found.slope, why)
