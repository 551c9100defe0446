"""Lesson 02: an order in which no node runs before what feeds it."""

from __future__ import annotations

from collections.abc import Mapping

from . import errors, mistakes
from .nodes import Input, Node
from .tracing import trace


def topological_sort(feed_dict: Mapping[Input, object], output: Node | None = None) -> list[Node]:
    """Feed the Inputs and list the nodes in an order in which each follows all that feed it.

    Kahn's algorithm: visits each node and edge once; the order depends only on the feed order and the graph.
    With `output`, only what `output` depends on. Raises MiniFlowError for a feed that cannot be, an Input
    that was not fed, a cycle, and (with `output`) a node that still feeds over 1,000 nodes of earlier graphs.
    """
    values = mistakes.check_feed(feed_dict, output)
    waits_for = _find(feed_dict, output)  # {node: how many of its inbound nodes are not in the list yet}
    tell = trace.teller("sort", waits_for)
    for node, value in values.items():
        node.value = value
    graph = [node for node in waits_for if not node.inbound_nodes]
    for node in graph:  # the list grows as we walk it: it is the queue as well
        for out in node.outbound_nodes:
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
    found = dict.fromkeys(feed_dict if output is None else [])
    for node in (to_see := list(found)):  # forward: what the fed Inputs lead to
        for out in node.outbound_nodes:
            if out not in found:
                found[out] = None
                to_see.append(out)
    if output is not None:
        found[output] = None
        to_see = [output]
    for node in to_see:  # and back: what those need
        for inbound in errors.check_node(node, "What feeds a node is").inbound_nodes:
            if inbound not in found:
                found[inbound] = None
                to_see.append(inbound)
    for node in found:
        if not node.inbound_nodes and node not in feed_dict and errors.is_input(node):
            raise mistakes.not_fed(node, found, output)
        if output is not None and len(consumers := node.outbound_nodes) > mistakes.LEFTOVERS:
            mistakes.check_leftovers(node, consumers, found)
    in_order = {node: None for node in feed_dict if node in found} | found
    return {node: len(set(node.inbound_nodes)) for node in in_order}
