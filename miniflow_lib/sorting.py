"""Lesson 02: an order in which no node runs before what feeds it."""

from collections.abc import Callable, Iterable, Mapping

from . import errors, mistakes
from .nodes import Input, Node
from .tracing import trace


def topological_sort(feed_dict: Mapping[Input, object], output: Node | None = None) -> list[Node]:
    """Feed the Inputs and list the nodes in an order in which each follows all that feed it.

    Kahn's algorithm: looks at each node and edge a fixed number of times; the order depends only on the
    feed order and the graph. With `output`, only what `output` depends on. Raises MiniFlowError for a
    feed that cannot be, an Input that was not fed, a cycle, and (with `output`) a node that still feeds
    over 1,000 nodes of earlier graphs.
    """
    values = mistakes.check_feed(feed_dict, output)
    waits_for = _find(feed_dict, output)  # {node: how many of its inbound nodes are not in the list yet}
    tell = trace.teller("sort", waits_for)
    for node, value in values.items():
        node.value = value
    graph = [node for node in waits_for if not node.inbound_nodes]
    for node in graph:  # the list grows as we walk it: it is the queue as well
        for out in dict.fromkeys(node.outbound_nodes):  # a learner's own node may be in it twice
            if out in waits_for:
                waits_for[out] -= 1
                if waits_for[out] == 0:
                    graph.append(out)
    if tell:
        tell(values, graph)
    if len(graph) < len(waits_for):
        raise mistakes.cycle([node for node in waits_for if waits_for[node]])
    return graph


def _find(feed_dict: Mapping[Input, object], output: Node | None) -> dict[Node, int]:
    """All nodes of the graph, the fed ones first, each with the number of nodes that feed it."""
    # forward: what the fed Inputs lead to; and back: what those need
    wanted = _reached(feed_dict, lambda node: node.outbound_nodes) if output is None else [output]
    found = _reached(wanted, lambda node: errors.check_node(node, "What feeds a node is").inbound_nodes)
    for node in found:
        if not node.inbound_nodes and node not in feed_dict and errors.is_input(node):
            raise mistakes.not_fed(node, found, output)
        if output is not None and len(consumers := node.outbound_nodes) > mistakes.LEFTOVERS:
            mistakes.check_leftovers(node, consumers, found)
    in_order = {node: None for node in feed_dict if node in found} | found
    return {node: len(set(node.inbound_nodes)) for node in in_order}


def _reached(start: Iterable[Node], neighbours: Callable[[Node], Iterable[Node]]) -> dict[Node, None]:
    """The nodes at the start, and all that one comes to from them."""
    found = dict.fromkeys(start)
    for node in (to_see := list(found)):
        for other in neighbours(node):
            if other not in found:
                found[other] = None
                to_see.append(other)
    return found
