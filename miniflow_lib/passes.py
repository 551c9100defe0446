"""Lessons 03 to 05: one walk along the sorted list for the values, one back for the gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import errors
from .nodes import Input, Node
from .tracing import trace

ONE = np.float64(1.0)


def forward_pass(output_node: Node, sorted_nodes: Sequence[Node]):
    """Run `forward` of every node in the order of the list; returns the value of `output_node`."""
    errors.check_sorted(sorted_nodes, output_node)
    tell = trace.teller("forward", sorted_nodes)
    try:
        for node in sorted_nodes:
            node.forward()
            if tell:
                tell(node)
    except Exception as error:
        raise errors.explained(error, node, sorted_nodes, "forward") from None
    if output_node.value is None:
        raise errors.no_value(output_node)
    return output_node.value


def backward_pass(graph: Sequence[Node]) -> None:
    """Run `backward` of every node from the last one, the cost, to the first: d cost / d cost is 1.

    Raises MiniFlowError when the cost is not a single finite number or the graph has a second end.
    """
    run = BackwardRun(graph)
    tell = trace.teller("backward", graph)
    try:
        for node in reversed(graph):
            node.run = run
            node.backward()
            if tell:
                tell(node)
    except Exception as error:
        raise errors.explained(error, node, graph, "backward") from None


def forward_and_backward(graph: Sequence[Node]) -> None:
    """Both passes over a sorted list whose last node is the cost: first all values, then all gradients."""
    forward_pass(errors.check_sorted(graph)[-1], graph)
    backward_pass(graph)


class BackwardRun:
    """What one backward pass starts from. Nodes of one pass share one of these and so know each other."""

    def __init__(self, graph: Sequence[Node]):
        self.graph, self.cost = graph, errors.check_sorted(graph)[-1]
        value = self.cost.value
        if type(value) is not np.float64 or not math.isfinite(value):
            errors.check_cost(self.cost, graph)

    def start(self, node: Node):
        """d cost / d node for a node that nobody in this pass consumes."""
        if node is self.cost:
            return ONE if type(node.value) is np.float64 else np.ones_like(node.value)
        if isinstance(node, Input):  # fed, but the cost does not depend on it
            return np.zeros_like(node.value)
        raise errors.two_ends(node, self.cost, self.graph)
