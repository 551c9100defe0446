"""Lesson 01: a node knows its value, who feeds it, whom it feeds, and what gradient it hands back.

The words of the engine:
feeds           x feeds q when q works with the value of x
inbound nodes   those that feed a node
outbound nodes  those that a node feeds, its consumers
gradient        how much the cost changes when a value changes: d cost / d value, in the shape of the value
pass            one walk along the sorted list: forward for the values, backward for the gradients
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import numpy as np

from . import copying, errors, guard
from .errors import FLOAT


class Node:
    """One step of the computation. An op is a subclass with `forward` and `backward`.

    Four duties: its `value`, its `inbound_nodes`, its `outbound_nodes`, and its `gradients`, a dict
    {inbound node: d cost / d that node, by way of this node}, each in the shape of that node's value.
    `run` marks the backward pass that it last took part in: of its consumers, those with the same mark count.
    So nodes and passes of an engine that a learner wrote may be mixed with these.
    An op that changes a value it read raises MiniFlowError; a gradient that it changes is put back.
    """

    run = guard.Run()  # the mark of a node that took part in no pass yet

    def __init_subclass__(cls, guarded: bool = True, **more: object) -> None:
        super().__init_subclass__(**more)
        if guarded:
            guard.guard(cls)

    def __init__(self, inbound_nodes: Iterable[Node] = (), name: str | None = None):
        if name is not None or not hasattr(type(self), "name"):  # a class may define its own name
            self.name = type(self).__name__ if name is None else name
        self.value = None
        self.inbound_nodes = errors.check_inbound_nodes(self, inbound_nodes)
        self.outbound_nodes: list[Node] = []
        self.gradients: dict[Node, np.ndarray] = {}
        for node in dict.fromkeys(self.inbound_nodes):  # each one once, even in Mul(x, x)
            node.outbound_nodes.append(self)

    def forward(self) -> None:
        """Set self.value from the values of the inbound nodes."""
        raise NotImplementedError(f"{type(self).__name__} has no forward() yet: set self.value in it")

    def backward(self) -> None:
        """Set self.gradients from self.grad_cost(): the chain rule."""
        raise NotImplementedError(f"{type(self).__name__} has no backward() yet: set self.gradients in it")

    def grad_cost(self) -> np.ndarray:
        """d cost / d self: the sum of its consumers' gradients for it in this run, 1 for the cost itself."""
        run, total = self.run, None
        try:
            if run.over and sys._getframe(1).f_code.co_name == "backward":
                run = guard.join(self)  # not our pass: a program walks the list itself
            for node in self.outbound_nodes:
                if node.run is run:  # leftovers of an earlier graph on the same Inputs do not count
                    grad = node.gradients[self]
                    total = grad if total is None else guard.added(total, grad, self)
            return run.start(self) if total is None else total
        except AttributeError:  # marks of a learner's own engine
            return guard.arriving(self)

    __reduce__, __copy__ = copying.reduce, copying.shallow  # for pickle and copy

    def __repr__(self) -> str:
        inputs = [errors.called(node) for node in self.inbound_nodes[:4]]
        inputs += ["..."] * (len(self.inbound_nodes) > 4)
        own = [] if errors.called(self) == type(self).__name__ else [f"name={self.name!r}"]
        return f"{type(self).__name__}({', '.join(inputs + own)})"


class Input(Node):
    """A value fed from outside, kept as an array of floats.

    After a backward pass `node.gradients[node]` is d cost / d node, in the shape of its value.
    """

    def __init__(self, name: str = "Input"):
        super().__init__(name=errors.check_name(name))

    def forward(self, value=None) -> None:
        """Keep the value it has, or take the one it is given."""
        if value is not None:
            self.value = value
        value = self.value
        if type(value) is not np.ndarray or value.dtype is not FLOAT:  # set by hand
            self.value = errors.as_array(value, self)

    def backward(self) -> None:
        self.gradients = {self: self.grad_cost()}

    def __repr__(self) -> str:
        return f"Input({self.name!r})"
