"""Lesson 03: each op is one formula forward, and (lessons 04 and 05) its derivative backward."""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from operator import mul

import numpy as np

from . import errors
from .nodes import Node

ONE = np.array(1.0)  # numpy is quicker with an array than with 1.0, which it must convert each time


def collect(inbound_nodes: Sequence[Node], grads: Sequence[np.ndarray]) -> dict[Node, np.ndarray]:
    """{inbound node: its gradient}; a node that comes in twice gets the sum."""
    gradients = dict(zip(inbound_nodes, grads))
    if len(gradients) < len(inbound_nodes):
        gradients = dict.fromkeys(inbound_nodes, 0.0)
        for node, grad in zip(inbound_nodes, grads):
            gradients[node] = gradients[node] + grad
    return gradients


@cache
def ones(count: int) -> np.ndarray:
    return np.ones(count)


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """grad summed over the axes along which numpy had repeated a value of this shape."""
    if grad.ndim == 2 and grad.shape[1:] == shape:
        return ones(len(grad)).dot(grad)  # a bias, one for all the rows: the sum of the rows
    if grad.shape == shape:
        return grad
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))  # axes that the value does not have
    repeated = tuple(axis for axis, length in enumerate(shape) if length < grad.shape[axis])
    return grad.sum(axis=repeated, keepdims=True) if repeated else grad


class Add(Node):
    """a + b + …"""

    def __init__(self, *inputs: Node, name: str | None = None):
        super().__init__(errors.check_some(self, inputs), name)

    def forward(self) -> None:
        self.value = sum(node.value for node in self.inbound_nodes)

    def backward(self) -> None:
        grad = np.asarray(self.grad_cost())[()]  # a learner's own node may hand on a plain 1.0
        # a copy each: else changing one gradient changes them all
        grads = [unbroadcast(grad, node.value.shape).copy() for node in self.inbound_nodes]
        self.gradients = collect(self.inbound_nodes, grads)


class Mul(Node):
    """a * b * …"""

    def __init__(self, *inputs: Node, name: str | None = None):
        super().__init__(errors.check_some(self, inputs), name)

    def forward(self) -> None:
        self.value = np.float64(1.0)
        for node in self.inbound_nodes:
            self.value = self.value * node.value

    def backward(self) -> None:
        # d(a * b * c) / db = a * c: what stands before b, times what stands after b
        values = [node.value for node in self.inbound_nodes]
        before = list(accumulate(values[:-1], mul, initial=self.grad_cost()))
        after = list(accumulate(values[:0:-1], mul, initial=np.float64(1.0)))
        grads = [unbroadcast(b * a, v.shape) for b, a, v in zip(before, reversed(after), values)]
        self.gradients = collect(self.inbound_nodes, grads)


class Linear(Node):
    """X @ W + b: a layer of neurons, or a single one when X and W are 1-D"""

    def __init__(self, X: Node, W: Node, b: Node, name: str | None = None):
        super().__init__([X, W, b], name)

    def forward(self) -> None:
        X, W, b = self.inbound_nodes
        if b.value.shape != W.value.shape[1:] or W.value.ndim > 2:
            errors.check_bias(b.value, W.value)
        self.value = X.value.dot(W.value) + b.value

    def backward(self) -> None:
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        if X.value.ndim == W.value.ndim == 2:
            to_X, to_W = grad.dot(W.value.T), X.value.T.dot(grad)
        else:  # one example or one neuron: a matrix of one row or one column
            rows, columns = X.value.reshape(-1, len(W.value)), W.value.reshape(len(W.value), -1)
            grad = np.asarray(grad)[()]
            g = grad.reshape(len(rows), -1)
            to_X, to_W = g.dot(columns.T).reshape(X.value.shape), rows.T.dot(g).reshape(W.value.shape)
        to_b = unbroadcast(grad, b.value.shape)
        self.gradients = {X: to_X, W: to_W, b: to_b}
        if len(self.gradients) < 3:
            self.gradients = collect(self.inbound_nodes, (to_X, to_W, to_b))


class Sigmoid(Node):
    """1 / (1 + e^-x)"""

    def __init__(self, node: Node, name: str | None = None):
        super().__init__([node], name)

    @np.errstate(all="ignore")  # e^-x may be inf, or 0
    def forward(self) -> None:
        (x,) = self.inbound_nodes
        self.value = ONE / (ONE + np.exp(-x.value))

    def backward(self) -> None:
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * self.value * (ONE - self.value)}


class MSE(Node):
    """The mean of (y - a)^2 over all elements: y the target, a the prediction, (m,) or (m, 1) alike"""

    def __init__(self, y: Node, a: Node, name: str | None = None):
        super().__init__([y, a], name)

    def forward(self) -> None:
        y, a = self.inbound_nodes
        self.diff = errors.in_shape_of(a.value, y.value) - a.value
        self.value = np.vdot(self.diff, self.diff) / self.diff.size  # vdot: the sum of diff * diff

    def backward(self) -> None:
        y, a = self.inbound_nodes
        to_y = (2.0 / self.diff.size * self.grad_cost()) * self.diff
        self.gradients = {y: to_y.reshape(y.value.shape), a: -to_y}  # both 0 where y is a
