"""Lesson 05: twelve bugs that backpropagation programs really had, on one small network that runs them all.

A fault is an op, an Input or an update that stands in the place of the right one: nothing is patched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from miniflow_lib import ops
from miniflow_lib.errors import MiniFlowError
from miniflow_lib.nodes import Input, Node
from miniflow_lib.passes import forward_and_backward, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.training import sgd_update
from miniflow_classroom.gradients.check import GradientCheck, check_gradients

ROWS, UNITS, LEARNING_RATE, STEPS = 6, 3, 0.05, 200
WEIGHTS = ("W1", "b1", "W2", "b2", "W3", "b3")
PLACES = {  # the keys of `network`, in words
    "Weight": "in every weight and bias",
    "Linear": "in all three layers",
    "Square": "in the middle layer, l2",
    "Sigmoid": "in the sigmoid, s",
    "MSE": "in the cost",
}
EXPLODES, STALLS, LOOKS_FINE = FATES = ("explodes", "stalls", "looks fine")


@dataclass(frozen=True)
class Fault:
    """One bug: what it puts where, the piece of code that shows it, and what its fate comes from.

    parts: {what is replaced: by what}, with the keys of `network`. meant: the line as it should be.
    """

    title: str
    code: Callable
    meant: str
    because: str
    parts: Mapping[str, type] = field(default_factory=dict)
    update: Callable[[Sequence[Input], float], None] = sgd_update

    @property
    def place(self) -> str:
        """Where in the network the bug is."""
        return " and ".join(PLACES[part] for part in self.parts) or "in the update"

    @property
    def source(self) -> str:
        """The piece of code that holds the bug, as it stands in this file."""
        return inspect.cleandoc("\n" + inspect.getsource(self.code))


@dataclass(frozen=True)
class Run:
    """A training: the cost before each step, and, where it had to stop, the sentence that says why."""

    costs: list[float]
    stopped: str = ""


def network(parts: Mapping[str, type] | None = None) -> tuple[list[Node], list[Input]]:
    """The graph of the lab, fed and sorted, and its six trainable Inputs.

    cost = MSE(y, (s + (s @ W2 + b2)) @ W3 + b3) with s = sigmoid(X @ W1 + b1): six rows, two columns, three
    neurons; W2 is square and s is used twice. parts replaces "Weight" (an Input), "Linear", "Square" (the
    middle layer), "Sigmoid" or "MSE".
    """
    use = {"Weight": Input, "Linear": ops.Linear, "Sigmoid": ops.Sigmoid, "MSE": ops.MSE, **(parts or {})}
    square = use.get("Square", use["Linear"])
    X, y = Input("X"), Input("y")
    W1, b1, W2, b2, W3, b3 = weights = [use["Weight"](name) for name in WEIGHTS]
    s = use["Sigmoid"](use["Linear"](X, W1, b1, name="l1"), name="s")
    l2 = square(s, W2, b2, name="l2")
    cost = use["MSE"](y, use["Linear"](ops.Add(s, l2), W3, b3, name="l3"), name="C")
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(ROWS, 2))
    feed = {
        X: rows,
        y: 1 + rows[:, 0] - rows[:, 1] + rows[:, 0] * rows[:, 1],
        W1: rng.normal(size=(2, UNITS)),
        b1: np.zeros(UNITS),
        W2: rng.normal(size=(UNITS, UNITS)) * 0.5,
        b2: np.zeros(UNITS),
        W3: rng.normal(size=(UNITS, 1)) * 0.7,
        b3: np.zeros(1),
    }
    return topological_sort(feed, output=cost), weights


def run(fault: Fault | None = None, steps: int = STEPS) -> Run:
    """Trains the network with the fault, or the healthy one, for some steps on all rows. Never raises."""
    graph, weights = network(fault.parts if fault else None)
    update, costs = fault.update if fault else sgd_update, []
    with np.errstate(all="ignore"):  # a cost that explodes is the subject here
        try:
            for _ in range(steps):
                forward_and_backward(graph)
                costs.append(float(graph[-1].value))
                update(weights, LEARNING_RATE)
            costs.append(float(forward_pass(graph[-1], graph)))
        except MiniFlowError as error:
            return Run(costs, str(error))
    return Run(costs)


def fate(costs: Run, healthy: Run) -> str:
    """What somebody who sees the cost alone would say: "explodes", "stalls" or "looks fine"."""
    if costs.stopped or not costs.costs[-1] <= costs.costs[0]:
        return EXPLODES
    return LOOKS_FINE if costs.costs[-1] <= 3 * healthy.costs[-1] else STALLS


def training_step(fault: Fault | None = None) -> Callable[[Sequence[Node]], None]:
    """A function of the sorted graph that makes one training step with the fault, for the gradient check.

    It leaves in each weight the gradient that the step really used, (value before - value after) / learning
    rate, so that a wrong update is found as well as a wrong gradient.
    """
    update = fault.update if fault else sgd_update

    def step(graph: Sequence[Node]) -> None:
        weights = [node for node in graph if node.name in WEIGHTS]
        before = {w: w.value for w in weights}
        forward_and_backward(graph)
        update(weights, LEARNING_RATE)
        for w in weights:
            w.gradients[w] = (before[w] - w.value) / LEARNING_RATE

    return step


def check_step(fault: Fault | None = None) -> GradientCheck:
    """The gradient check of a training step with the fault, at the start of the training."""
    graph, weights = network(fault.parts if fault else None)
    feed = {node: node.value for node in graph if not node.inbound_nodes}
    return check_gradients(graph[-1], feed, weights, passes=training_step(fault))


class SignTurned(ops.Sigmoid):
    def backward(self):
        (x,) = self.inbound_nodes
        s = self.value
        self.gradients = {x: self.grad_cost() * s * (s - 1)}


class NoTwoOverM(ops.MSE):
    def backward(self):
        y, a = self.inbound_nodes
        grad = self.diff
        self.gradients = {y: grad.reshape(y.value.shape), a: -grad}


class ColumnsForRows(ops.MSE):
    def backward(self):
        y, a = self.inbound_nodes
        m = a.value.shape[1]
        grad = 2 / m * self.diff
        self.gradients = {y: grad.reshape(y.value.shape), a: -grad}


class NoTranspose(ops.Linear):
    def backward(self):
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        self.gradients = {X: grad @ W.value, W: X.value.T @ grad, b: grad.sum(axis=0)}


class LastConsumer(ops.Sigmoid):
    def grad_cost(self):
        for node in self.outbound_nodes:
            grad = node.gradients[self]
        return grad


class BentTwice(ops.Sigmoid):
    def backward(self):
        (x,) = self.inbound_nodes
        s = 1 / (1 + np.exp(-self.value))
        self.gradients = {x: self.grad_cost() * s * (1 - s)}


class AveragedAgain(ops.Linear):
    def backward(self):
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        self.gradients = {X: grad @ W.value.T, W: X.value.T @ grad, b: grad.mean(axis=0)}


class NeverReset(Input):
    def backward(self):
        self.gradients[self] = self.gradients.get(self, 0) + self.grad_cost()


class LastRow(ops.Linear):
    def backward(self):
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        for x, g in zip(X.value, grad):
            to_W, to_b = np.outer(x, g), g
        self.gradients = {X: grad @ W.value.T, W: to_W, b: to_b}


def add_the_step(trainables, learning_rate):
    for t in trainables:
        t.value = t.value + learning_rate * t.gradients[t]


class EveryPair(ops.MSE):
    def backward(self):
        y, a = self.inbound_nodes
        diff = y.value - a.value
        grad = 2 / diff.size * diff
        self.gradients = {y: grad.sum(axis=0), a: -grad.sum(axis=1, keepdims=True)}


class TooEarly(ops.Linear, guarded=False):  # its fault is that it writes into an input
    def backward(self):
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        to_W = X.value.T @ grad
        W.value = W.value - LEARNING_RATE * to_W
        self.gradients = {X: grad @ W.value.T, W: to_W, b: grad.sum(axis=0)}


def update_the_rest(trainables, learning_rate):
    """TooEarly has moved the matrices already."""
    sgd_update([t for t in trainables if t.value.ndim == 1], learning_rate)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "a sign",
        SignTurned.backward,
        "self.gradients = {x: self.grad_cost() * s * (1 - s)}",
        "W1 and b1 walk uphill while the layers above them walk downhill, and neither side wins.",
        {"Sigmoid": SignTurned},
    ),
    Fault(
        "a missing 2/m",
        NoTwoOverM.backward,
        "grad = 2 / m * self.diff",
        "Every gradient points the right way and is m/2 times too long: a longer step in disguise. "
        "Here that even helps; with many more rows the same line would explode.",
        {"MSE": NoTwoOverM},
    ),
    Fault(
        "m counted over the wrong axis",
        ColumnsForRows.backward,
        "m = a.value.shape[0]",
        "The prediction has one column, so m is 1: every step is as many times too long as there are rows.",
        {"MSE": ColumnsForRows},
    ),
    Fault(
        "a missing transpose on the square layer",
        NoTranspose.backward,
        "self.gradients = {X: grad @ W.value.T, ...}",
        "W2 is square, so the shapes fit without the .T as well. Only W1 and b1 get wrong gradients, and the "
        "layers above learn well enough to hide it.",
        {"Square": NoTranspose},
    ),
    Fault(
        "the last consumer instead of the sum over consumers",
        LastConsumer.grad_cost,
        "grad = the sum of node.gradients[self] over all of them",
        "s feeds l2 and the sum. What comes back by l2 is forgotten; the other road alone often points much "
        "the same way.",
        {"Sigmoid": LastConsumer},
    ),
    Fault(
        "the derivative taken after the activation",
        BentTwice.backward,
        "s = self.value",
        "The value is s already. Its sigmoid lies between 0.5 and 0.73, so s (1 - s) is always between "
        "0.20 and 0.25: never far off here, and blind to the flat ends.",
        {"Sigmoid": BentTwice},
    ),
    Fault(
        "the bias gradient averaged once more",
        AveragedAgain.backward,
        "self.gradients = {..., b: grad.sum(axis=0)}",
        "MSE has divided by m already. The biases learn m times more slowly, and the weights make up for it.",
        {"Linear": AveragedAgain},
    ),
    Fault(
        "a gradient not reset between steps",
        NeverReset.backward,
        "self.gradients[self] = self.grad_cost()",
        "Each step repeats all the steps before it. It overshoots, comes back with more force, and so on.",
        {"Weight": NeverReset},
    ),
    Fault(
        "the batch's last row only",
        LastRow.backward,
        "to_W, to_b = X.value.T @ grad, grad.sum(axis=0)",
        "Each turn of the loop forgets the row before. The last row is learned, and the others pay for it.",
        {"Linear": LastRow},
    ),
    Fault(
        "an update that adds",
        add_the_step,
        "t.value = t.value - learning_rate * t.gradients[t]",
        "Every gradient is right. The step goes uphill.",
        update=add_the_step,
    ),
    Fault(
        "targets broadcast to (m, m)",
        EveryPair.backward,
        "diff = y.value.reshape(a.value.shape) - a.value",
        "(m,) minus (m, 1) is (m, m): each prediction is pulled towards every target, so towards their mean.",
        {"MSE": EveryPair},
    ),
    Fault(
        "a weight updated before the layer below has used it",
        TooEarly.backward,
        "self.gradients = {...}, and no update before all gradients are there",
        "The blame for the layer below is worked out with the next weights. When steps are short, "
        "these are nearly the same, so the cost hardly shows it.",
        {"Linear": TooEarly},
        update_the_rest,
    ),
)
