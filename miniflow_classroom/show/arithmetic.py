"""The arithmetic of going back: what arrives, times what is local. The trace and all views tell it from here.

A new op gets a line in WAYS: what goes back to each of its inbound nodes, made of what arrives (g), of its
own value and of theirs. For e to the x:

    "Exp": lambda g, own, x: [times(g, own)],

An op that makes its value by a matrix product says that after them, as Linear does.
Only what comes out at what the op made or handed on is told so. Of any other op the views tell what it got
and gave.
An op is known by its class's name, so that a learner's own MyAdd is told like our Add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce

import numpy as np

from miniflow_lib.nodes import Node
from miniflow_lib.ops import unbroadcast
from miniflow_lib.tracing import trace

Factor = tuple[str, str, object]  # what joins it to the one before it, its name, its value
JOINTS = {"·": np.multiply, "/": np.divide, "@": np.matmul, "+": np.add}


def times(arrives: object, *local: object) -> list[Factor]:
    """arrives · local · …"""
    return [("", "arrives", arrives), *(("·", "" if i else "local", value) for i, value in enumerate(local))]


def _mul(g, own, *values) -> list[list[Factor]]:
    others = [values[:i] + values[i + 1 :] for i in range(len(values))]
    return [times(g, *(other or [1.0])) for other in others]


def _linear(g, own, X, W, b) -> list[list[Factor]]:
    if X.ndim == W.ndim == 2:
        makes = [[("", "X", X), ("@", "W", W), ("+", "b", b)]] * (b.shape == W.shape[1:])
        return [[*times(g), ("@", "W.T", W.T)], [("", "X.T", X.T), ("@", "arrives", g)], times(g), *makes]
    return [times(g, W), times(g, X), times(g, 1.0)]


def _mse(g, own, y, a) -> list[list[Factor]]:
    def to(two: float, miss: np.ndarray) -> list[Factor]:
        return [*times(g, two), ("/", "", miss.size), ("·", "(y - a)", miss)]

    return [to(2.0, y - a.reshape(y.shape)), to(-2.0, y.reshape(a.shape) - a)]


WAYS: dict[str, Callable[..., list[list[Factor]]]] = {
    "Add": lambda g, own, *values: [times(g, 1.0) for _ in values],
    "Mul": _mul,
    "Sigmoid": lambda g, own, x: [times(g, own, 1 - own)],
    "MSE": _mse,
    "Linear": _linear,
}


@np.errstate(all="ignore")
def products(node: Node, arrives: object, gave: Mapping[Node, object]) -> dict[Node, list[Factor]]:
    """{inbound node: the factors of what is given to it, in a row; [] where they do not come out at that}

    gave: {inbound node: what it is given}; forward {node: its value}, whose factors are told likewise.
    A node that comes in twice is told as two paths that meet: the second begins with a +.
    """
    try:
        held = [np.array(value) for value in (arrives, node.value, *(n.value for n in node.inbound_nodes))]
        ways = list(zip([*node.inbound_nodes, node], WAYS[type(node).__name__.removeprefix("My")](*held)))
    except Exception:  # a learner's op may hold anything
        return {inbound: [] for inbound in gave}
    told = {}
    for inbound, given in gave.items():
        own = [way for one, way in ways if one is inbound]
        # The first alone: a learner's own op may hand it on twice, once for each place.
        told[inbound] = next((_in_a_row(some, given) for some in (own, own[:1]) if _is_sum(some, given)), [])
    return told


def arriving_at(node: Node) -> object:
    """What arrives at a node in the last backward pass, None where that cannot be told."""
    try:
        return Node.grad_cost(node)
    except Exception:
        return None


def product(factors: Iterable[Factor]) -> object:
    """The factors worked out, from left to right."""
    (_, _, first), *rest = factors
    return reduce(lambda total, factor: JOINTS[factor[0]](total, factor[2]), rest, first)


def _is_sum(ways: list[list[Factor]], given: object) -> bool:
    """Whether the products add up to what was given, in its shape."""
    try:
        shape = np.shape(given)
        total = sum(unbroadcast(np.asarray(product(way)), shape) for way in ways)
        scale = max(np.abs(total).max(), np.abs(given).max()) or 1.0
        same = np.allclose(total / scale, np.divide(given, scale), atol=1e-9)
        return np.shape(total) == shape and same
    except Exception:
        return False


def _in_a_row(ways: list[list[Factor]], given: object) -> list[Factor]:
    row = []
    for way in ways:
        made, shape = np.shape(product(way)), np.shape(given)
        rows = " over the rows" * (len(made) == 2 and made[1:] == shape[-1:])
        lead = "+" if row else f"{len(ways)} paths," * (len(ways) > 1)
        joint = f"{lead} {f'sum{rows} of' * (made != shape)}".strip()
        row += [(joint, *way[0][1:]), *way[1:]]
    return row


trace.products = products
