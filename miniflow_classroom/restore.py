"""What is tried on a learner's graph leaves no trace in it: nodes, lists and arrays as they were before."""

from __future__ import annotations

import builtins
import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.errors import is_node
from miniflow_lib.nodes import Node
from miniflow_lib.passes import backward_pass, forward_pass
from miniflow_lib.tracing import names, trace
from miniflow_classroom.steady import (
    Repeated,
    Told,
    backward_varies,
    forward_varies,
    nearby,
    values_of,
)

LARGEST_COPY = 50_000_000  # bytes: no lesson has an array near it, and copying a larger one would be felt


@contextmanager
def put_back(*things: object) -> Iterator[None]:
    """After the `with`, these things and what they hold are as they were, also when it ends in an error.

        with put_back(*graph), trace.silent():
            forward_pass(graph[-1], graph)

    Put back are nodes (every attribute, the very arrays and what was in them, and all nodes that they lead
    to), lists, tuples, dicts, sets, arrays and generators of random numbers, also those that a node's class
    holds, and np.random and random themselves. Nothing else is put back.
    """
    acts = _how_to_put_back(list(things))
    acts += [partial(np.random.set_state, np.random.get_state()), partial(random.setstate, random.getstate())]
    try:
        yield
    finally:
        for act in acts:
            with suppress(ValueError):  # an array that meanwhile cannot be written to any more
                act()


def _how_to_put_back(to_see: list[object]) -> list[Callable[[], object]]:
    acts, seen = [], {id(vars(builtins))}  # a dict in which `exec` ran holds them: what follows needs them
    while to_see:
        thing = to_see.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            if thing.nbytes <= LARGEST_COPY and thing.flags.writeable:
                acts.append(partial(_rewrite, thing, thing.copy()))
        elif type(thing) is list:
            acts.append(partial(thing.__setitem__, slice(None), thing[:]))
            to_see += thing[:1000]
        elif isinstance(thing, (dict, set)):
            kind = dict if isinstance(thing, dict) else set  # its own update may copy what it takes
            acts += [thing.clear, partial(kind.update, thing, kind(thing))]
            to_see += list(thing.values() if isinstance(thing, dict) else thing)[:1000]
        elif type(thing) is tuple:
            to_see += thing
        elif isinstance(thing, np.random.Generator):
            acts.append(partial(setattr, thing.bit_generator, "state", thing.bit_generator.state))
        elif isinstance(thing, np.random.RandomState):
            acts.append(partial(thing.set_state, thing.get_state()))
        elif is_node(thing):
            to_see += [held for kind in type(thing).__mro__ for held in vars(kind).values()]
            to_see += [vars(thing), *thing.inbound_nodes, *thing.outbound_nodes]
    return acts


def _rewrite(array: np.ndarray, before: np.ndarray) -> None:
    array.flags.writeable = True
    if array.shape != before.shape:
        array.resize(before.shape, refcheck=False)
    np.copyto(array, before)


class Snapshot:
    """A copy of a graph, for a widget that tries something at each click and shows what it was made from.

    (Not `put_back`: after a page reload a click runs beside a running cell, which must not see it.)
    """

    def __init__(self, graph: Sequence[Node]):
        mistakes.check_nodes(graph)
        self.graph = copied(graph)
        self.cost = self.graph[-1]
        self.names = names(self.graph)
        with put_back(*graph):  # it is a copy that runs, but a generator may be the same
            self.run()

    def run(self, backward: bool = False) -> float:
        """The cost under the present values of the Inputs, without a word of trace."""
        with trace.silent():
            cost = forward_pass(self.cost, self.graph)
            if backward:
                backward_pass(self.graph)
        return cost

    def check_steady(self, backward: bool = False) -> None:
        """Raises where a node has another value, or hands on another gradient, when it is run again."""

        def run() -> Told:
            self.run(backward)
            return values_of(self.graph)

        def elsewhere() -> None:
            rng, kept = np.random.default_rng(0), {n: n.value for n in self.graph if errors.is_input(n)}
            try:
                for node, value in kept.items():
                    node.value = nearby(value, rng)
                self.run()
            finally:
                for node, value in kept.items():
                    node.value = value

        with put_back(*self.graph), np.errstate(all="ignore"):
            repeated = Repeated(self.graph, run)
            repeated.after(elsewhere)
        if (node := repeated.unsteady) is not None:
            raise errors.MiniFlowError(forward_varies(self.names[node]))
        if (node := repeated.changing) is not None:
            raise errors.MiniFlowError(f"{backward_varies(self.names[node])}, so none can be shown.")

    def named(self, node: Node, graph: Sequence[Node]) -> Node:
        """The copy of a node of the learner's graph."""
        for own, theirs in zip(self.graph, graph):
            if theirs is node:
                return own
        raise errors.MiniFlowError(f"{errors.what(node)} is not in this graph: pass one of its nodes.")

    def input(self, node: Node, graph: Sequence[Node]) -> Node:
        """The copy of an Input of the learner's graph."""
        copy = self.named(node, graph)
        if not errors.is_input(copy):
            raise errors.MiniFlowError(f"{self.names[copy]} works out its own value: pick an Input.")
        return copy


def copied(graph: Sequence[Node]) -> list[Node]:
    """A copy of each node, joined as they are in this graph; what else hangs on them is left out.

    (copy.deepcopy of the list would take along all that hangs on it.)
    """
    twins = {id(node): object.__new__(type(node)) for node in graph}
    for node in graph:
        own = {name: held for name, held in vars(node).items() if name not in ("outbound_nodes", "run")}
        twin = twins[id(node)]
        vars(twin).update(copy.deepcopy(own, twins))
        twin.outbound_nodes = [twins[id(out)] for out in node.outbound_nodes if id(out) in twins]
    return [twins[id(node)] for node in graph]
