"""Telling what a learner's own pass does, step by step; by itself the trace tells only of the library's."""

from __future__ import annotations

from collections.abc import Callable

from miniflow_lib.errors import check_function, is_node
from miniflow_lib.tracing import trace

WAYS = ("forward", "backward")


def watched(own_pass: Callable) -> Callable:
    """`own_pass`, which with trace.DEBUG on tells each forward() and backward() as it calls it.

    watched(my_backward_pass)(graph)
    """
    check_function("The argument of watched", own_pass, "my_backward_pass(graph)")

    def run(*arguments: object, **named: object) -> object:
        graph = next((a for a in (*arguments, *named.values()) if isinstance(a, (list, tuple))), ())
        nodes = list(dict.fromkeys(node for node in graph if is_node(node)))
        before = [{way: vars(node)[way] for way in WAYS if way in vars(node)} for node in nodes]
        tellers: dict[str, Callable | None] = {}
        for node in nodes:
            vars(node).update({way: _telling(node, way, nodes, tellers) for way in WAYS})
        try:
            return own_pass(*arguments, **named)
        finally:
            for node, own in zip(nodes, before):
                for way in WAYS:
                    vars(node).pop(way, None)
                vars(node).update(own)

    return run


def _telling(node: object, way: str, nodes: list, tellers: dict[str, Callable | None]) -> Callable:
    """node.forward or node.backward, which is told once it is done."""
    work = getattr(node, way)

    def step(*arguments: object) -> None:
        if way not in tellers:
            tellers[way] = trace.teller(way, nodes)
        work(*arguments)
        if tellers[way]:
            tellers[way](node)

    return step
