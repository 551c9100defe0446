"""Lesson 05: twelve bugs that real programs had, in one small program that runs them all.

A fault is one to three lines of that program. Its text is what a learner reads, what runs and what is
repaired: the classes and the step that it defines take their places in a network. Nothing is patched.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from miniflow_lib import ops
from miniflow_lib.errors import MiniFlowError
from miniflow_lib.nodes import Input, Node
from miniflow_lib.passes import backward_pass, forward_and_backward, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.tracing import trace
from miniflow_lib.training import sgd_update
from miniflow_classroom.gradients.check import AGREE, check_gradients
from miniflow_classroom.gradients.slopes import measure
from miniflow_classroom.show.words import listed

ROWS, UNITS, LEARNING_RATE, STEPS = 6, 3, 0.05, 200
FEWER = 4  # rows of a second batch for a repair: m must not be a plain 6
SLOWER = 0.02  # a second learning rate for a repair: it must not be a plain 0.05
CHECKED = (1, 3)  # the steps of a training that are checked: a bug may need a step before it shows
WEIGHTS = ("W1", "b1", "W2", "b2", "W3", "b3")
EXPLODES, STALLS, LOOKS_FINE = FATES = ("explodes", "stalls", "looks fine")

# The healthy program. After "  # " is what a line does, for a learner who suspects it.
_LAYER = """\
    def backward(self):  # it runs once in each backward pass
        X, W, b = self.inbound_nodes  # these three nodes feed the layer, in this order
        g = self.grad_cost()  # this is what arrives, a row for each home and a column for each neuron
        to_X = g @ W.value.T  # each number of X gets a share from each neuron, and they are added up
        to_W = X.value.T @ g  # each weight gets a share from each home, and they are added up
        to_b = g.sum(axis=0)  # b serves every home, so the shares of all homes are added up
        self.gradients = {X: to_X, W: to_W, b: to_b}  # each of the three nodes gets what was made for it
"""
PROGRAM = {
    "MyInput": """\
class MyInput(Input):  # the six weights are of this class, with the library's forward
    def backward(self):  # it runs once for each weight in a backward pass
        self.gradients = {self: self.grad_cost()}  # this is a new dict, with what arrives
""",
    "MyLinear": f"class MyLinear(Linear):  # l1 and l3 are of it, with the library's forward\n{_LAYER}",
    "MyMiddle": f"class MyMiddle(Linear):  # l2 is of it, with the library's forward\n{_LAYER}",
    "MySigmoid": """\
class MySigmoid(Sigmoid):  # s is of this class, with the library's forward
    def grad_cost(self):  # it gives what arrives at s
        g = 0  # the sum begins at 0
        for node in self.outbound_nodes:  # s feeds two nodes, and the loop visits both
            g = g + node.gradients[self]  # what comes back from each of the two is added
        return g  # this comes after the loop, so both nodes were visited
    def backward(self):  # it runs once in each backward pass
        (x,) = self.inbound_nodes  # l1 is the only node that feeds s
        s = self.value  # this is the output, already a sigmoid
        self.gradients = {x: self.grad_cost() * s * (1 - s)}  # what arrives, times the slope of the sigmoid
""",
    "MyMSE": """\
class MyMSE(MSE):  # C is of this class, with the library's forward, which keeps self.diff = y - a
    def backward(self):  # it runs once in each backward pass
        y, a = self.inbound_nodes  # y holds the targets, and a the predictions
        m = a.value.shape[0]  # a has a row for each home, so m is the number of homes
        g = 2 / m * self.diff  # the mean of diff² has this slope along each number of diff
        self.gradients = {y: g.reshape(y.value.shape), a: -g}  # diff is y - a, so the two signs differ
""",
    "my_training_step": """\
def my_training_step(graph, weights, learning_rate):  # the training calls it 200 times
    forward_pass(graph)  # all values are worked out, with the weights as they are now
    backward_pass(graph)  # all gradients are worked out, before any weight has moved
    for w in reversed(weights):  # each weight takes its step, b3 first and W1 last
        w.value = w.value - learning_rate * w.gradients[w]  # the step goes against the gradient, downhill
""",
}
PLACES = {  # where a bug can be, in words, and the weights whose steps depend on what is there
    "MyInput": ("in every weight's Input", WEIGHTS),
    "MyLinear": ("in Linear, that is, in l1 and l3", WEIGHTS),
    "MyMiddle": ("in the middle layer, l2", WEIGHTS[:4]),
    "MySigmoid": ("in the sigmoid, s", WEIGHTS[:2]),
    "MyMSE": ("in the cost, C", WEIGHTS),
    "my_training_step": ("in the training step, which makes the update", WEIGHTS),
}
HANDS_ON = {"MyMiddle": WEIGHTS[:2], "MyLinear": WEIGHTS[:4]}  # whose steps depend on the line to_X
NAMES = {  # what the program may use
    **{"np": np, "forward_pass": forward_pass, "backward_pass": backward_pass},
    **{"forward_and_backward": forward_and_backward, "sgd_update": sgd_update},
    **{"Input": Input, "Linear": ops.Linear, "Sigmoid": ops.Sigmoid, "MSE": ops.MSE},
}


@dataclass(frozen=True)
class Fault:
    """One bug: in which piece of the program it is, what was meant there and what is written.

    history: where such bugs come from. because: why the cost did what it did.
    """

    title: str
    place: str
    meant: str
    written: str
    history: str
    because: str

    @property
    def code(self) -> str:
        """The piece of the program that holds the bug."""
        return code(self.place).replace(self.meant, self.written)

    @property
    def lines(self) -> range:
        """The numbers of the lines to blame, counted from 1."""
        first = 1 + self.code[: self.code.index(self.written)].count("\n")
        return range(first, first + 1 + self.written.count("\n"))

    @property
    def meant_lines(self) -> str:
        """Those lines as they were meant."""
        right, last = code(self.place).split("\n"), self.lines[0] + self.meant.count("\n")
        return "\n".join(right[self.lines[0] - 1 : last])


def code(place: str) -> str:
    """A piece of the healthy program."""
    return "\n".join(line.split("  # ")[0] for line in PROGRAM[place].splitlines())


def does(place: str, line: str) -> str:
    """What a line of the healthy program does."""
    return dict(known.split("  # ") for known in PROGRAM[place].splitlines())[line]


def program(place: str = "", text: str = "", own: dict[str, object] | None = None) -> dict[str, object]:
    """What the program defines, {name: class or function}, healthy but for one place with this text.

    own: the globals of that text. Raises what the text raises.
    """
    made = {}
    for name in PROGRAM:
        names = own if own is not None and name == place else dict(NAMES)
        exec(compile(text if name == place else code(name), name, "exec"), names)
        if name not in names:
            raise MiniFlowError(f"nothing in this text is called {name}.")
        made[name] = names[name]
    return made


def network(parts: Mapping[str, object] | None = None, rows: int = ROWS) -> tuple[list[Node], list[Input]]:
    """The graph of the lab, fed and sorted, and its six trainable Inputs.

    cost = MSE(y, (s + (s @ W2 + b2)) @ W3 + b3) with s = sigmoid(X @ W1 + b1): six rows, two columns, three
    neurons; W2 is square and s is used twice. parts: what `program` made, in place of the library's.
    """
    use = {"MyInput": Input, "MyLinear": ops.Linear, "MyMiddle": ops.Linear, "MySigmoid": ops.Sigmoid}
    use |= {"MyMSE": ops.MSE, **(parts or {})}
    X, y = Input("X"), Input("y")
    W1, b1, W2, b2, W3, b3 = weights = [use["MyInput"](name) for name in WEIGHTS]
    s = use["MySigmoid"](use["MyLinear"](X, W1, b1, name="l1"), name="s")
    l2 = use["MyMiddle"](s, W2, b2, name="l2")
    cost = use["MyMSE"](y, use["MyLinear"](ops.Add(s, l2), W3, b3, name="l3"), name="C")
    rng = np.random.default_rng(4)
    homes = rng.normal(size=(ROWS, 2))
    feed = {
        X: homes[:rows],
        y: (1 + homes[:, 0] - homes[:, 1] + homes[:, 0] * homes[:, 1])[:rows],
        W1: rng.normal(size=(2, UNITS)),
        b1: np.zeros(UNITS),
        W2: rng.normal(size=(UNITS, UNITS)) * 0.5,
        b2: np.zeros(UNITS),
        W3: rng.normal(size=(UNITS, 1)) * 0.7,
        b3: np.zeros(1),
    }
    return topological_sort(feed, output=cost), weights


# --- symptom one: the cost --------------------------------------------------------------------------------


@trace.silent()
def run(parts: Mapping[str, object]) -> list[float]:
    """The cost before each step of a training on all rows, and after the last; shorter where it explodes."""
    graph, weights = network(parts)
    costs = []
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            costs.append(float(forward_pass(graph)))
            if not np.isfinite(costs[-1]):
                return costs
            parts["my_training_step"](graph, list(weights), LEARNING_RATE)
        return [*costs, float(forward_pass(graph))]


@cache
def healthy() -> list[float]:
    """The costs of the healthy program."""
    return run(program())


def fate(costs: Sequence[float]) -> str:
    """What you would say if you saw only the cost: "explodes", "stalls" or "looks fine"."""
    if not costs[-1] <= costs[0]:
        return EXPLODES
    return LOOKS_FINE if costs[-1] <= 3 * healthy()[-1] else STALLS


# --- symptom two: what a step used, next to the slope -----------------------------------------------------


@dataclass(frozen=True, eq=False)
class Used:
    """A weight in one training step. used: (value before - value after) / learning rate, and so the gradient
    that the step really used. slope: what nudging measured at the values before the step."""

    name: str
    used: np.ndarray
    slope: np.ndarray

    @property
    def right(self) -> bool:
        if self.used.shape != self.slope.shape:
            return False
        scale = np.max(np.abs([self.used, self.slope]))
        return bool(np.all(np.abs(self.used - self.slope) <= AGREE * scale))

    @property
    def example(self) -> str:
        """The number of the weight with the largest difference, in words; of a right one, the largest."""
        if self.used.shape != self.slope.shape:
            return f"the step used the shape {self.used.shape}, and {self.name} has {self.slope.shape}"
        off = np.abs(self.slope if self.right else self.used - self.slope)
        place = np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape)
        index = ", ".join(map(str, place))
        return f"{self.name}[{index}]: used {self.used[place]:.3g}, measured {self.slope[place]:.3g}"


@trace.silent()
def steps_used(
    parts: Mapping[str, object], rows: int = ROWS, rate: float = LEARNING_RATE
) -> dict[int, list[Used]]:
    """{step: its six weights} for the checked steps of a training."""
    graph, weights = network(parts, rows)
    found = {}
    with np.errstate(all="ignore"):
        for step in range(1, max(CHECKED) + 1):
            slopes = [_slope(graph, w) if step in CHECKED else None for w in weights]
            before = [w.value.copy() for w in weights]
            try:
                parts["my_training_step"](graph, list(weights), rate)  # it may reverse its list
            except Exception:
                _check_gradients_fit(weights, before)  # the line that stopped may be right
                raise
            _check_gradients_fit(weights, before)
            if step in CHECKED:
                used = [(old - w.value) / rate for old, w in zip(before, weights)]
                found[step] = [Used(*row) for row in zip(WEIGHTS, used, slopes)]
    return found


class Unfit(MiniFlowError):
    """A weight's gradient that no step can be made with, in a sentence."""


def _check_gradients_fit(weights: Sequence[Input], values: Sequence[np.ndarray]) -> None:
    for w, value in zip(weights, values):
        if not isinstance(w.gradients, Mapping):
            raise Unfit(f"The gradients of {w.name} must be a dict, {{node: its gradient}}.")
        shape = np.shape(w.gradients.get(w, value))  # a pass that stopped has not come to each of them
        if shape != value.shape:
            raise Unfit(f"The gradient of {w.name} has the shape {shape}, not {value.shape}.")


def _slope(graph: list[Node], weight: Input) -> np.ndarray:
    forward_pass(graph)
    largest = max(float(np.max(np.abs(node.value))) for node in graph)
    return measure(lambda: float(forward_pass(graph)), weight, largest).slope


@trace.silent()
def wrong_without_steps(parts: Mapping[str, object]) -> list[str]:
    """The weights whose gradients are wrong after two forward and backward passes, when none has moved."""
    graph, weights = network(parts)
    slopes = [_slope(graph, w) for w in weights]
    for _ in range(2):
        forward_pass(graph)
        backward_pass(graph)
    found = (Used(w.name, w.gradients[w], slope) for w, slope in zip(weights, slopes))
    return [used.name for used in found if not used.right]


def wrong_ones(steps: Mapping[int, Sequence[Used]]) -> list[str]:
    """The weights that are wrong at one of the steps."""
    return [rows[0].name for rows in zip(*steps.values()) if not all(row.right for row in rows)]


def reasoning(place: str, steps: Mapping[int, Sequence[Used]]) -> tuple[str, bool]:
    """What the table says of a place where the bug is not; and whether it takes the code to rule it out."""
    wrong, (_, through) = wrong_ones(steps), PLACES[place]
    outside = listed(name for name in wrong if name not in through)
    spared = listed(name for name in through if name not in wrong)
    if outside:
        said = f"What comes back to {outside} never passes there, so a bug there would leave {outside} right."
        return said, False
    ruled_out = "Its code, which has no bug, rules it out:"
    if set(wrong) == set(HANDS_ON.get(place, ())):
        said = f"{spared} are right, but the line to_X serves neither of them, so the table allows it."
        return f"{said} {ruled_out}", True
    if spared:
        said = f"The same lines also serve {spared}, so a bug there would have to spare these."
        return f"{said} {ruled_out}", True
    if all(row.right for row in steps[min(steps)]):
        return "The table allows it, but step 1 is right, and its code keeps nothing for a later step:", True
    return f"The ✗ marks allow it. {ruled_out}", True


def repaired(parts: Mapping[str, object]) -> tuple[bool, str, dict[int, list[Used]]]:
    """Whether a repaired program is right, what is said of it, and what its steps used."""
    steps, fewer = steps_used(parts), steps_used(parts, FEWER)
    if wrong := wrong_ones(steps):
        return False, f"Not yet. The steps of {listed(wrong)} are wrong.", steps
    if wrong_ones(fewer):
        said = (
            f"The steps are right for the {ROWS} homes, and wrong for a batch of {FEWER}. What depends on m?"
        )
        return False, said, fewer
    if wrong_ones(slower := steps_used(parts, rate=SLOWER)):
        said = f"The steps are right with the learning rate {LEARNING_RATE}, and wrong with {SLOWER}."
        return False, f"{said} What depends on it?", slower
    costs, end = run(parts), healthy()[-1]
    if not np.isclose(costs[-1], end, rtol=1e-6):
        said = f"These steps are right, but the training ends at {costs[-1]:.3g} and not at {end:.3g}."
        return False, f"{said} What changes on the way?", steps
    return True, f"✓ The steps are right, and the training ends at {end:.3g}, as the healthy one does.", steps


@trace.silent()
def check_words(parts: Mapping[str, object]) -> str:
    """What check_gradients says of the network, in a sentence."""
    graph, weights = network(parts)
    checked = check_gradients(
        graph[-1], {node: node.value for node in graph if not node.inbound_nodes}, weights
    )
    if checked.ok:
        return "all six gradients are right."
    return checked.sentence or "it finds the wrong gradients and has no name for the mistake."


_TOLD = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
FAULTS = tuple(Fault(**told) for told in tomllib.loads(_TOLD)["fault"])
