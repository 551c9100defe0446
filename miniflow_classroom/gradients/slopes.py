"""The slope of a cost along each number of an array, measured by nudging it up and down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from miniflow_lib import mistakes
from miniflow_lib.errors import MiniFlowError, is_input
from miniflow_lib.nodes import Input, Node
from miniflow_lib.passes import forward_pass
from miniflow_classroom.steady import RUNS, Repeated, Told, nearby, same, values_of

STEPS = (1e-4, 1e-6, 1e-8)  # tried from the left, until two widths of the step tell the same slope
MOST = 1000  # numbers of one array that are nudged; of a larger one a fixed sample


@dataclass
class Slopes:
    """Measured slopes of one array, nan where there is none; `kink` and `noise` say why not."""

    slope: np.ndarray
    kink: np.ndarray
    noise: np.ndarray


def measure(cost: Callable[[], float], node: Node, largest: float) -> Slopes:
    """The slope of `cost()` along each number of node.value; largest: the largest number met on the way."""
    value = np.array(node.value, dtype=float)
    found = Slopes(np.full(value.shape, np.nan), np.zeros(value.shape, bool), np.zeros(value.shape))
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


class Point:
    """The graph at the values that its Inputs have now, with the gradients that `passes` leaves there.

    repeated: what it said when it was run again on the same Inputs.
    """

    def __init__(self, graph: list[Node], passes: Callable):
        self.graph, self.passes = graph, passes
        self.inputs = {node: node.value for node in graph if is_input(node)}
        self.repeated = Repeated(graph, self._watched_run)
        self.repeated.after(self._elsewhere)

    def run(self) -> None:
        for node, value in self.inputs.items():
            node.value = value.copy()
        self.passes(self.graph)
        for node in self.inputs:
            mistakes.check_gradient(node, any_shape=True)
        # `passes` may have made a step, so an Input of ours is looked at after the forward pass alone
        self.seen = values_of(
            n for n in self.graph if n.inbound_nodes or type(n).forward is not Input.forward
        )
        self._forward()
        sizes = [np.max(np.abs(node.value)) for node in self.graph]
        self.largest = max((float(size) for size in sizes if np.isfinite(size)), default=0.0)

    def _watched_run(self) -> Told:
        self.run()
        return self.seen + values_of(self.graph)

    def _elsewhere(self) -> None:
        rng = np.random.default_rng(0)
        for node, value in self.inputs.items():
            node.value = nearby(value, rng)
        forward_pass(self.graph[-1], self.graph)

    def adds_up(self) -> bool:
        """Whether the gradients are other ones in every run, and the same in all when each starts from 0."""
        for _ in range(RUNS):
            first = self.gradients()
            self.run()
            if self._has(first):
                return False
        for number in range(RUNS):
            for node in self.graph:
                if isinstance(node.gradients, dict):
                    node.gradients = {to: np.zeros_like(grad) for to, grad in node.gradients.items()}
            self.run()
            if number == 0:
                first = self.gradients()
            elif not self._has(first):
                return False
        return True

    def _has(self, gradients: dict[Input, np.ndarray]) -> bool:
        return all(same(gradients[node], grad) for node, grad in self.gradients().items())

    def _forward(self) -> None:
        for node, value in self.inputs.items():
            node.value = value.copy()
        forward_pass(self.graph[-1], self.graph)

    def gradients(self) -> dict[Input, np.ndarray]:
        return {node: np.array(node.gradients[node], dtype=float) for node in self.inputs}

    def cost(self) -> float:
        """The cost at the values that stand in the Inputs; nan where it cannot be worked out."""
        try:
            for node in self.graph:
                node.forward()
            return float(np.reshape(self.graph[-1].value, ()))
        except MiniFlowError:  # an op that changes what it reads, but not where it was fed
            raise
        except (ArithmeticError, ValueError):
            return np.nan


def agree(got: np.ndarray, want: np.ndarray) -> bool:
    """Whether a gradient is the measured one; what could not be measured is not held against it."""
    if np.shape(got) != np.shape(want):
        return False
    measured = np.isfinite(want)
    scale = np.max(np.abs(want), where=measured, initial=1e-12)
    return bool(np.all(np.abs(got - want)[measured] <= 1e-5 * scale + 1e-9))
