"""Whether a graph gives the same numbers when it runs again on the same Inputs; else, which node differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import numpy as np

from miniflow_lib.errors import is_input, numbers
from miniflow_lib.nodes import Node

RUNS = 16  # more, after the first: a coin that an op throws falls the same way in all in 1 of 2 ** 16

Told = list[tuple[Node, np.ndarray | None]]


class Repeated:
    """A graph that ran several times on the same Inputs.

    unsteady: the first node whose value differed from the first run, if any.
    changing: the first node on the way back that handed on a different gradient, if any.
    told: {Input: its gradients, the first and all that differ from it}.
    """

    def __init__(self, graph: Sequence[Node], run: Callable[[], Told]):
        """run: runs it once and returns the values that it saw."""
        self.graph, self.run = graph, run
        self.values, self.gradients = run(), gradients_of(graph)
        self.told = {node: [grad] for node, to, grad in self.gradients if is_input(node) and node is to}
        self.unsteady: Node | None = None
        self.changing: Node | None = None
        self.look(RUNS)

    @property
    def same(self) -> bool:
        return self.unsteady is None and self.changing is None

    def look(self, runs: int) -> None:
        """Run it so many times more, until a value varies: then gradients may vary too."""
        for _ in range(runs):
            if self.unsteady is not None:
                return
            self.compare(self.run())

    def after(self, elsewhere: Callable[[], object]) -> None:
        """Run it once more after it ran `elsewhere`: an op may keep a mean or a count of what it saw."""
        with suppress(Exception):  # a learner's op may not be defined there
            elsewhere()
        self.compare(self.run())

    def compare(self, values: Told) -> None:
        for (node, before), (_, now) in zip(self.values, values):
            if self.unsteady is None and not _same_to_rounding(before, now):
                self.unsteady = node
        now = {(node, to): grad for node, to, grad in gradients_of(self.graph)}
        for node, to, before in self.gradients:
            grad = now.get((node, to))
            if grad is not None and not same(before, grad):
                self.changing = self.changing or node
                if node in self.told and node is to:
                    self.told[node].append(grad)


def values_of(graph: Iterable[Node]) -> Told:
    """(node, its value as a copy), None for one that is no array of numbers."""
    found = [(node, numbers(node.value)) for node in graph]
    return [(node, None if value is None else value.copy()) for node, value in found]


def gradients_of(graph: Sequence[Node]) -> list[tuple[Node, Node, np.ndarray]]:
    """(node, to which, the gradient as a copy) in the order of the way back."""
    found = []
    for node in reversed(graph):
        for to, grad in node.gradients.items() if isinstance(node.gradients, dict) else ():
            if (array := numbers(grad)) is not None:
                found.append((node, to, array.astype(float)))
    return found


def nearby(value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    value = np.asarray(value, dtype=float)
    return value * rng.uniform(0.7, 1.3, value.shape) + rng.uniform(-0.2, 0.2, value.shape)


def forward_varies(name: str) -> str:
    """The sentence for an unsteady node."""
    return (
        f"{name} does not have the same value each time forward() runs on the same inputs, so no slope can "
        "be measured. If it draws random numbers, let each forward() draw the same ones while you measure, "
        "from a new rng = np.random.default_rng(0); if it keeps a count or a mean between runs, hold that "
        "still."
    )


def backward_varies(name: str) -> str:
    """How the sentence for a changing node begins; without a name where no node is known."""
    who = f"backward() of {name}" if name else "backward"
    return f"{who} gives a different gradient when it is run again on the same values"


def same(a: object, b: object) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-5, atol=1e-12, equal_nan=True))


def _same_to_rounding(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return True
    largest = np.max(np.abs(a), where=np.isfinite(a), initial=0.0)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0.0, atol=1e-13 * largest, equal_nan=True))
