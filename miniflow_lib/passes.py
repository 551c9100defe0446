"""Lessons 03 to 05: one walk along the sorted list for the values, one back for the gradients."""

import math
from collections.abc import Sequence

import numpy as np

from . import mistakes
from .errors import first_wrong, is_input, is_node
from .guard import Run, here
from .nodes import Node
from .tracing import trace

ONE = np.float64(1.0)


def forward_pass(output_node: Node, sorted_nodes: Sequence[Node] | None = None):
    """Run `forward` of every node in the order of the list; returns the value of `output_node`.

    forward_pass(graph), given only the list, returns the value of its last node.
    """
    if sorted_nodes is None and not is_node(output_node):
        output_node, sorted_nodes = mistakes.check_sorted(output_node)[-1], output_node
    mistakes.check_sorted(sorted_nodes, output_node)
    _forward(sorted_nodes)
    return output_node.value


def backward_pass(graph: Sequence[Node]) -> None:
    """Run `backward` of every node from the last one, the cost, to the first: d cost / d cost is 1.

    Raises MiniFlowError when the cost is not a single finite number or the graph has a second end.
    """
    mistakes.check_nodes(graph)
    _backward(graph)


def forward_and_backward(graph: Sequence[Node]) -> None:
    """Both passes over a sorted list whose last node is the cost: first all values, then all gradients."""
    mistakes.check_sorted(graph)
    _forward(graph)
    _backward(graph)


def _forward(graph: Sequence[Node]) -> None:
    tell = trace.teller("forward", graph)
    try:
        for node in graph:
            node.forward()
            if tell:
                tell(node)
    except Exception as error:
        raise mistakes.explained(error, node, graph, "forward") from None
    if node.value is None:
        raise mistakes.no_value(node)


def _backward(graph: Sequence[Node]) -> None:
    cost = graph[-1]
    if type(cost.value) is not np.float64 or not math.isfinite(cost.value):
        mistakes.check_cost(cost, graph)
    tell, run = trace.teller("backward", graph), BackwardRun(graph)
    try:
        for node in reversed(graph):
            node.run = run
            node.backward()
            if tell:
                tell(node)
    except Exception as error:
        raise mistakes.explained(error, node, graph, "backward") from None
    finally:
        run.over = True


class BackwardRun(Run):
    """A backward pass along a sorted list."""

    def __init__(self, graph: Sequence[Node]):
        self.graph, self.over = graph, False
        here.walk = None  # a walk by hand ends here
        if getattr(getattr(graph[-1], "run", None), "graph", None) is not graph:  # the first along this list
            mistakes.check_ends(graph)

    def start(self, node: Node):
        if node is self.graph[-1]:
            return ONE if type(node.value) is np.float64 else np.ones_like(node.value, dtype=float)
        if wrong := first_wrong(node):  # a consumer's gradient is None
            raise wrong
        if not is_input(node):
            raise mistakes.two_ends(node, self.graph[-1], self.graph)
        return super().start(node)
