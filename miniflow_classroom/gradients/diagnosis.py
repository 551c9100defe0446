"""The likely mistake behind wrong gradients: a pattern that holds at several points, and its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from miniflow_lib.errors import is_input
from miniflow_lib.nodes import Input, Node
from miniflow_classroom.gradients.slopes import Point, agree, measure
from miniflow_classroom.steady import backward_varies, nearby, same


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


def likely_mistake(point: Point, chosen: list[Input], shown: Mapping[Node, str]) -> str:
    """The sentence of the pattern, when every wrong gradient has one and keeps it at other values too."""
    if (node := point.repeated.changing) is not None:
        cause = (
            "it adds to what was left from the run before. Make a new self.gradients in each backward()."
            if point.adds_up()
            else "something in it changes from run to run, such as random numbers, a counter, or a sum that "
            "is not reset."
        )
        return f"{backward_varies('' if is_input(node) else shown[node])}: {cause}"
    found = [_patterns(_faults(point, chosen))]
    rng = np.random.default_rng(0)
    start = dict(point.inputs)
    for _ in range(6):
        point.inputs = {node: nearby(value, rng) for node, value in start.items()}
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


def _same_pattern(one: tuple[str, float], other: tuple[str, float]) -> bool:
    return one[0] == other[0] and same(one[1], other[1])


def _faults(point: Point, chosen: list[Input]) -> list[_Fault]:
    """Each wrong gradient at the node that makes it; at the Inputs where no node can be found."""
    try:
        faults = _sum_faults(point) + _local_faults(point)
    except Exception:  # gradients that `passes` did not leave in the nodes: only the Inputs can tell
        faults = []
    if faults:
        return faults
    gradients = point.gradients()
    slopes = {node: measure(point.cost, node, point.largest).slope for node in chosen}
    return [_Fault(None, n, gradients[n], slopes[n]) for n in chosen if not agree(gradients[n], slopes[n])]


def _sum_faults(point: Point) -> list[_Fault]:
    """Nodes that do not count every consumer's share: `want` is the list of the shares."""
    faults = []
    for node in point.graph[:-1]:
        shares = _shares(node, point)
        says = node.gradients[node] if is_input(node) else _arriving(node, shares)
        if len(shares) > 1 and not agree(np.asarray(says), sum(shares)):
            faults.append(_Fault(node, node, np.asarray(says), np.array(shares)))
    return faults


def _shares(node: Node, point: Point) -> list[np.ndarray]:
    return [np.asarray(n.gradients[node]) for n in node.outbound_nodes if n in point.graph]


def _arriving(node: Node, shares: list[np.ndarray]) -> np.ndarray:
    """What a node starts from: a grad_cost of its own may leave out consumers, or be something else."""
    if type(node).grad_cost is not Node.grad_cost:
        with suppress(Exception):
            own = np.asarray(node.grad_cost(), dtype=float)
            if any(agree(own, share) for share in shares):
                return own
    return Node.grad_cost(node)


def _local_faults(point: Point) -> list[_Fault]:
    """For each op: what it hands on, beside the slope of its own value weighted by what arrived."""
    faults = []
    for node in reversed(point.graph):
        if is_input(node):
            continue
        arriving = np.array(_arriving(node, _shares(node, point)), dtype=float)
        if arriving.shape != np.shape(node.value):  # whoever hands it that is to blame, in its own turn
            continue
        kept = {n: n.value for n in (node, *node.inbound_nodes)}

        def cost(node: Node = node, arriving: np.ndarray = arriving) -> float:
            node.forward()
            return float(np.sum(arriving * node.value))

        for to in dict.fromkeys(node.inbound_nodes):
            got = np.array(node.gradients[to], dtype=float) * to.outbound_nodes.count(node)  # own: x * x
            sizes = [np.max(np.abs(value)) for value in kept.values()]
            want = measure(cost, to, float(max(sizes)) * max(1.0, float(np.max(np.abs(arriving))))).slope
            to.value = kept[to]
            if not agree(got, want):
                faults.append(_Fault(node, to, got, want, arriving))
        node.forward()
    return faults


def _patterns(faults: list[_Fault]) -> dict[tuple, list[tuple[str, float]]]:
    """{where: [(pattern, its number)]}: all that fit the wrong gradient there."""
    return {fault.key: list(_fits(fault)) for fault in faults}


def _fits(fault: _Fault) -> Iterator[tuple[str, float]]:
    got, want = fault.got, fault.want
    if fault.node is fault.to:  # a sum over consumers
        if any(agree(got, share) for share in want):
            yield "share", 0.0
        return
    if got.shape != want.shape:
        summed = _summed(got, want.shape)
        if summed is not None and agree(summed, want):
            yield "sum", 0.0
        elif got.ndim == 2 and got.T.shape == want.shape and agree(got.T, want):
            yield "transpose", 0.0
        else:
            yield "shape", 0.0
        return
    measured = np.isfinite(want)
    size = np.vdot(want[measured], want[measured])
    if size > 0:
        factor = float(np.vdot(got[measured], want[measured]) / size)
        if factor and agree(got / factor, want):
            yield "factor", factor
    if got.ndim == 2 and got.shape[0] == got.shape[1] and agree(got.T, want):
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
    return any((x @ y).shape == result.shape and agree(x @ y, result) for x, y in fits)


def _summed(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """grad summed over the axes that a value of this shape does not have, None when no such sum fits."""
    extra = grad.ndim - len(shape)
    if extra < 0:
        return None
    grad = grad.sum(axis=tuple(range(extra)))
    if any(n not in (1, g) for n, g in zip(shape, grad.shape, strict=True)):
        return None
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n < grad.shape[i]), keepdims=True)


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
        "share": f"{name} feeds several nodes, and only one of their shares is counted: a gradient is "
        "the sum over all of them.",
        "sum": f"{who}: more numbers than {name} itself has. It was used for all the rows, so their shares "
        "are added up, and that sum is missing.",
        "transpose": f"{who}: transposed, rows and columns are swapped.",
        "product": f"{who}: worked out with a matrix that is not turned as it should be. A .T is missing, or "
        "there is one too many.",
        "shape": f"{who}: a different shape from the value of {name}. A gradient has the shape of its value.",
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
