"""Lesson 05: what `backward` says, beside the slope that nudging each number measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from miniflow_lib import mistakes
from miniflow_lib.errors import MiniFlowError, check_function, check_list_of_nodes, is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.passes import forward_and_backward, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.tracing import names, trace
from miniflow_classroom.restore import put_back

RIGHT, WRONG, UNKNOWN = "right", "wrong", "cannot be checked"
AGREE = 1e-6  # of the largest slope of an array: a difference up to this is none
STEPS = (1e-4, 1e-6, 1e-8)  # tried from the left, until two widths of the step tell the same slope
MOST = 1000  # numbers of one array that are nudged; of a larger one a fixed sample
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
        return {"text/plain": repr(self), "text/html": f"<table>{''.join(lines)}</table>{after}"}


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
        point = _Point(graph, passes)
        shown = names(graph)
        rows = [_row(shown[node], point, node) for node in chosen]
        if any(row.verdict == WRONG for row in rows):
            sentence = _likely_mistake(point, chosen, shown)
        else:
            unknown = [row for row in rows if row.verdict == UNKNOWN]
            sentence = f"{' and '.join(row.name for row in unknown)}: {unknown[0].why}" if unknown else ""
    return GradientCheck(rows, sentence)


def _chosen(inputs: Sequence[Input] | None, graph: list[Node]) -> list[Input]:
    if inputs is None:
        return [node for node in graph if isinstance(node, Input)]
    chosen = [inputs] if is_node(inputs) else check_list_of_nodes("inputs", inputs)
    for node in chosen:
        if not isinstance(node, Input) or node not in graph:
            raise MiniFlowError(
                f"{node.name} cannot be checked: it is not an Input that {graph[-1].name} depends on."
            )
    return chosen


class _Point:
    """The graph at the values that its Inputs have now, with the gradients that `passes` leaves there."""

    def __init__(self, graph: list[Node], passes: Callable):
        self.graph, self.passes = graph, passes
        self.inputs = {node: node.value for node in graph if isinstance(node, Input)}
        self.run()
        first = self.gradients()
        self.run()
        self.repeats = all(_same(first[node], grad) for node, grad in self.gradients().items())

    def run(self) -> None:
        for node, value in self.inputs.items():
            node.value = value.copy()
        self.passes(self.graph)
        for node in self.inputs:
            mistakes.check_gradient(node, any_shape=True)
        for node, value in self.inputs.items():  # passes may have made a step
            node.value = value.copy()
        forward_pass(self.graph[-1], self.graph)
        sizes = [np.max(np.abs(node.value)) for node in self.graph]
        self.largest = max((float(size) for size in sizes if np.isfinite(size)), default=0.0)

    def gradients(self) -> dict[Input, np.ndarray]:
        return {node: np.array(node.gradients[node], dtype=float) for node in self.inputs}

    def cost(self) -> float:
        """The cost at the values that stand in the Inputs; nan where it cannot be worked out."""
        try:
            for node in self.graph:
                node.forward()
            return float(np.reshape(self.graph[-1].value, ()))
        except (ArithmeticError, ValueError):
            return np.nan


# --- slopes -----------------------------------------------------------------------------------------------


@dataclass
class _Slopes:
    """Measured slopes of one array, nan where there is none; `kink` and `noise` say why not."""

    slope: np.ndarray
    kink: np.ndarray
    noise: np.ndarray


def _slopes(cost: Callable[[], float], node: Node, largest: float) -> _Slopes:
    """The slope of `cost()` along each number of node.value; largest: the largest number met on the way."""
    value = np.array(node.value, dtype=float)
    found = _Slopes(np.full(value.shape, np.nan), np.zeros(value.shape, bool), np.zeros(value.shape))
    places = list(np.ndindex(value.shape))
    if len(places) > MOST:
        places = [places[i] for i in np.sort(np.random.default_rng(0).permutation(len(places))[:MOST])]
    middle = cost()
    try:
        for place in places:
            found.slope[place], found.kink[place], found.noise[place] = _slope(
                cost, node, value, place, middle, largest
            )
    finally:
        node.value = value
        cost()
    return found


def _slope(cost, node: Node, value: np.ndarray, place: tuple, middle: float, largest: float) -> tuple:
    def at(nudge: float) -> float:
        nudged = value.copy()
        nudged[place] += nudge
        node.value = nudged
        return cost()

    kink, noise = False, 0.0
    for step in STEPS:
        h = step * max(1.0, abs(value[place]))
        noise = 8 * np.finfo(float).eps * largest / h
        up, down, half_up, half_down = at(h), at(-h), at(h / 2), at(-h / 2)
        wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
        if not np.isfinite([wide, narrow]).all():
            continue
        # On a smooth curve the slopes to the left and to the right approach each other as h shrinks.
        gap, half_gap = abs(up - 2 * middle + down) / h, abs(half_up - 2 * middle + half_down) / (h / 2)
        size = max(abs(narrow), gap)
        kink = half_gap > 0.75 * gap and half_gap > 1e-3 * size + 8 * noise
        if kink:
            continue
        if abs(wide - narrow) <= 1e-4 * abs(narrow) + 4 * noise:
            return (4 * narrow - wide) / 3, False, noise  # Richardson: the error left goes with h^4
    return np.nan, kink, noise


def _row(name: str, point: _Point, node: Input) -> Row:
    gradient = point.gradients()[node]
    found = _slopes(point.cost, node, point.largest)
    shape = np.shape(node.value)
    if gradient.shape != shape:
        return Row(name, shape, np.nan, WRONG, gradient, found.slope)
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
        why = "it sits on a kink: up and down from it the cost has two different slopes. Try other values."
    elif np.any(drowned):
        why = "its effect drowns in rounding, beside numbers that are so much larger. Try other values."
    elif np.any(tried & ~measured):
        why = "the cost is not a steady number when it is nudged. Try other values."
    verdict, worst = (UNKNOWN, np.nan) if why else (RIGHT, worst)
    return Row(name, shape, worst, verdict, gradient, found.slope, why)


# --- the likely mistake -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Fault:
    """A gradient that is wrong where it is made: `node` (None: nobody knows which) hands it to `to`."""

    node: Node | None
    to: Node
    got: np.ndarray
    want: np.ndarray
    arriving: np.ndarray | None = None

    @property
    def key(self) -> tuple:
        return self.node, self.to


def _likely_mistake(point: _Point, chosen: list[Input], shown: Mapping[Node, str]) -> str:
    """The sentence of the pattern, when every wrong gradient has one and keeps it at other values too."""
    if not point.repeats:
        return (
            "backward gives another gradient when it is run again on the same values: it adds to what was "
            "left from the run before. Make a new self.gradients in each backward()."
        )
    found = [_patterns(_faults(point, chosen))]
    rng = np.random.default_rng(0)
    start = dict(point.inputs)
    for _ in range(6):
        point.inputs = {node: _nearby(value, rng) for node, value in start.items()}
        try:
            point.run()
            found.append(_patterns(_faults(point, chosen)))
        except Exception:  # a learner's op may not be defined at the other values
            continue
        if len(found) == 4:
            break
    point.inputs = start
    first = found[0]
    if len(found) < 3 or not first or any(other.keys() != first.keys() for other in found[1:]):
        return ""
    places: dict[tuple[str, float], list[tuple]] = {}  # {(pattern, its number): where}
    for key in first:
        # What holds at each of the points holds by the formula, not by chance.
        kept = [p for p in first[key] if all(any(_same_pattern(p, q) for q in o[key]) for o in found)]
        if not kept:
            return ""
        kind, factor = kept[0]
        places.setdefault((kind, float(f"{factor:.5g}")), []).append(key)
    return " ".join(_say(kind, factor, keys, shown) for (kind, factor), keys in places.items())


def _nearby(value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return value * rng.uniform(0.7, 1.3, value.shape) + rng.uniform(-0.2, 0.2, value.shape)


def _same_pattern(one: tuple[str, float], other: tuple[str, float]) -> bool:
    return one[0] == other[0] and _same(one[1], other[1])


def _faults(point: _Point, chosen: list[Input]) -> list[_Fault]:
    """Each wrong gradient at the node that makes it; at the Inputs where no node can be found."""
    try:
        faults = _sum_faults(point) + _local_faults(point)
    except Exception:  # gradients that `passes` did not leave in the nodes: only the Inputs can tell
        faults = []
    if faults:
        return faults
    gradients = point.gradients()
    slopes = {node: _slopes(point.cost, node, point.largest).slope for node in chosen}
    return [_Fault(None, n, gradients[n], slopes[n]) for n in chosen if not _agree(gradients[n], slopes[n])]


def _sum_faults(point: _Point) -> list[_Fault]:
    """Nodes that do not count every consumer's share: `want` is the list of the shares."""
    faults = []
    for node in point.graph[:-1]:
        shares = [np.asarray(n.gradients[node]) for n in node.outbound_nodes if n in point.graph]
        says = node.gradients[node] if isinstance(node, Input) else node.grad_cost()
        if len(shares) > 1 and not _agree(np.asarray(says), sum(shares)):
            faults.append(_Fault(node, node, np.asarray(says), np.array(shares)))
    return faults


def _local_faults(point: _Point) -> list[_Fault]:
    """For each op: what it hands on, beside the slope of its own value weighted by what arrived."""
    faults = []
    for node in reversed(point.graph):
        if isinstance(node, Input):
            continue
        arriving = np.array(node.grad_cost(), dtype=float)
        kept = {n: n.value for n in (node, *node.inbound_nodes)}

        def cost(node: Node = node, arriving: np.ndarray = arriving) -> float:
            node.forward()
            return float(np.sum(arriving * node.value))

        for to in dict.fromkeys(node.inbound_nodes):
            got = np.array(node.gradients[to], dtype=float)
            sizes = [np.max(np.abs(value)) for value in kept.values()]
            want = _slopes(cost, to, float(max(sizes)) * max(1.0, float(np.max(np.abs(arriving))))).slope
            to.value = kept[to]
            if not _agree(got, want):
                faults.append(_Fault(node, to, got, want, arriving))
        node.forward()
    return faults


def _patterns(faults: list[_Fault]) -> dict[tuple, list[tuple[str, float]]]:
    """{where: [(pattern, its number)]}: all that fit the wrong gradient there."""
    return {fault.key: list(_fits(fault)) for fault in faults}


def _fits(fault: _Fault) -> Iterator[tuple[str, float]]:
    got, want = fault.got, fault.want
    if fault.node is fault.to:  # a sum over consumers
        if any(_agree(got, share) for share in want):
            yield "share", 0.0
        return
    if got.shape != want.shape:
        summed = _summed(got, want.shape)
        if summed is not None and _agree(summed, want):
            yield "sum", 0.0
        elif got.ndim == 2 and got.T.shape == want.shape and _agree(got.T, want):
            yield "transpose", 0.0
        else:
            yield "shape", 0.0
        return
    measured = np.isfinite(want)
    size = np.vdot(want[measured], want[measured])
    if size > 0:
        factor = float(np.vdot(got[measured], want[measured]) / size)
        if factor and _agree(got / factor, want):
            yield "factor", factor
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _agree(got.T, want):
        yield "transpose", 0.0
    elif fault.node is not None and got.ndim == 2:
        for other in (
            n.value for n in fault.node.inbound_nodes if n is not fault.to and np.ndim(n.value) == 2
        ):
            if _product(fault.arriving, other, got) and _product(fault.arriving, other.T, want):
                yield "product", 0.0


def _product(a: np.ndarray, b: np.ndarray, result: np.ndarray) -> bool:
    """Whether the result is a @ b or b @ a."""
    fits = [(x, y) for x, y in ((a, b), (b, a)) if np.ndim(x) == np.ndim(y) == 2 and x.shape[1] == y.shape[0]]
    return any((x @ y).shape == result.shape and _agree(x @ y, result) for x, y in fits)


def _summed(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """grad summed over the axes that a value of this shape does not have, None when no such sum fits."""
    extra = grad.ndim - len(shape)
    if extra < 0:
        return None
    grad = grad.sum(axis=tuple(range(extra)))
    if any(n not in (1, g) for n, g in zip(shape, grad.shape, strict=True)):
        return None
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n < grad.shape[i]), keepdims=True)


def _agree(got: np.ndarray, want: np.ndarray) -> bool:
    """Whether a gradient is the measured one; what could not be measured is not held against it."""
    if np.shape(got) != np.shape(want):
        return False
    measured = np.isfinite(want)
    scale = np.max(np.abs(want), where=measured, initial=1e-12)
    return bool(np.all(np.abs(got - want)[measured] <= 1e-5 * scale + 1e-9))


def _same(a: object, b: object) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-5, atol=1e-12, equal_nan=True))


def _first_upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _who(keys: Sequence[tuple], shown: Mapping[Node, str]) -> str:
    """What is wrong, for a sentence to begin with."""
    parts = [f"what {shown[a]} hands to {shown[b]}" if a else f"the gradient of {shown[b]}" for a, b in keys]
    return _first_upper(" and ".join(parts[:2]) + (" (and more)" if len(parts) > 2 else ""))


def _say(kind: str, factor: float, keys: Sequence[tuple], shown: Mapping[Node, str]) -> str:
    """The sentence for one pattern, at all the places that have it."""
    who, name = _who(keys, shown), shown[keys[0][1]]
    if kind == "factor" and np.isclose(factor, -1.0, rtol=1e-4):
        return f"{who}: the sign is wrong."
    if kind == "factor":
        meanings = {_meaning_of(factor, *key) for key in keys}
        meaning = meanings.pop() if len(meanings) == 1 else ""
        return f"{who}: {factor:.4g} times the slope everywhere, so a constant factor is wrong{meaning}."
    return {
        "share": f"{name} feeds several nodes, and the share of one of them alone is counted: a gradient is "
        "the sum over all of them.",
        "sum": f"{who}: more numbers than {name} itself has. It was used for all the rows, so their shares "
        "are added up, and that sum is missing.",
        "transpose": f"{who}: transposed, rows and columns are swapped.",
        "product": f"{who}: worked out with a matrix that is not turned as it should be. A .T is missing, or "
        "there is one too many.",
        "shape": f"{who}: another shape than the value of {name}, and a gradient has the shape of its value.",
    }[kind]


def _meaning_of(factor: float, node: Node | None, to: Node) -> str:
    """What a factor means when it is made of m, the number of rows (or of all the numbers) that went in."""
    if np.isclose([factor, 1 / factor], 2.0, rtol=1e-4).any():  # m / 2, 1 / m, or a plain 2: who knows
        return " (a 2 or an m)"
    if node is None or not np.ndim(to.value):
        return ""
    if np.size(node.value) > 1:
        m = len(node.value)
        return (
            f"; it is 1/m with m = {m}: divided by m once more"
            if np.isclose(factor, 1 / m, rtol=1e-4)
            else ""
        )
    for m in (np.size(to.value), len(to.value)):
        if np.isclose(factor, m / 2, rtol=1e-4):
            return f"; it is m/2 with m = {m}: the factor 2/m is missing"
        if np.isclose(factor, m, rtol=1e-4):
            return f"; it is m = {m}: the division by m is missing, or m was counted along the wrong axis"
    return ""
