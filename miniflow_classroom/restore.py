"""What is tried on a learner's graph leaves no trace in it: nodes, lists and arrays as they were before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import numpy as np

from miniflow_lib.errors import is_node

LARGEST_COPY = 50_000_000  # bytes: no lesson has an array near it, and copying a larger one would be felt


@contextmanager
def put_back(*things: object) -> Iterator[None]:
    """After the `with`, these things and what they hold are as they were, also when it ends in an error.

        with put_back(*graph), trace.silent():
            forward_pass(graph[-1], graph)

    Put back are nodes (every attribute, the very arrays and what was in them, and all nodes that they lead
    to), lists, tuples, dicts, sets, arrays and numpy's generators. Anything else stays as it then is.
    """
    acts = _how_to_put_back(list(things))
    try:
        yield
    finally:
        for act in acts:
            with suppress(ValueError):  # an array that meanwhile cannot be written to any more
                act()


def _how_to_put_back(to_see: list[object]) -> list[Callable[[], object]]:
    acts, seen = [], set()
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
            acts += [thing.clear, partial(thing.update, thing.copy())]
            to_see += list(thing.values() if isinstance(thing, dict) else thing)[:1000]
        elif type(thing) is tuple:
            to_see += thing
        elif isinstance(thing, np.random.Generator):
            acts.append(partial(setattr, thing.bit_generator, "state", thing.bit_generator.state))
        elif is_node(thing):
            to_see += [vars(thing), *thing.inbound_nodes, *thing.outbound_nodes]
    return acts


def _rewrite(array: np.ndarray, before: np.ndarray) -> None:
    array.flags.writeable = True
    if array.shape != before.shape:
        array.resize(before.shape, refcheck=False)
    np.copyto(array, before)
