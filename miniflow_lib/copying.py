"""copy and pickle of nodes, however long their graph is."""

from collections.abc import Sequence
from operator import getitem
from threading import Lock
from weakref import WeakValueDictionary


class Bundle(list):
    """The nodes of a graph, to be copied as one thing.

    copy and pickle go into what a thing holds, and a node holds its neighbours: Python's stack would end in a
    long graph. Of a bundle they make empty nodes first, and then fill one after the other.
    """

    def __reduce__(self) -> tuple:
        return _empty, tuple(map(type, self)), [node.__getstate__() for node in self]

    def __setstate__(self, states: Sequence) -> None:
        """As pickle does it: a class may say itself how it is filled, or have slots."""
        for node, state in zip(self, states):
            if hasattr(node, "__setstate__"):
                node.__setstate__(state)
                continue
            attributes, slots = state if isinstance(state, tuple) else (state, {})
            vars(node).update(attributes or {})
            for name, held in slots.items():
                setattr(node, name, held)


_bundles: WeakValueDictionary[int, Bundle] = WeakValueDictionary()  # {id of a node: the copying under way}
_lock = Lock()


def reduce(node) -> tuple:
    """What copy.deepcopy and pickle ask of a node: from what it can be made again."""
    with _lock:
        bundle = _bundles.get(id(node))
        if bundle is None:
            bundle = Bundle(other for other in _joined(node) if id(other) not in _bundles)
            bundle.place = {id(one): place for place, one in enumerate(bundle)}
            _bundles.update(dict.fromkeys(bundle.place, bundle))
    return getitem, (bundle, bundle.place[id(node)])


def shallow(node):
    """What copy.copy gives: another node, which holds the same things."""
    twins = _empty(type(node))
    twins.__setstate__([node.__getstate__()])
    return twins[0]


def _joined(node) -> list:
    """All nodes that edges join with this one, save those that have a way of their own to be copied."""
    found = {id(node): node}
    for one in (to_see := [node]):
        for other in (*getattr(one, "inbound_nodes", ()), *getattr(one, "outbound_nodes", ())):
            if id(other) not in found and type(other).__reduce__ is type(node).__reduce__:
                found[id(other)] = other
                to_see.append(other)
    return to_see


def _empty(*kinds: type) -> Bundle:
    return Bundle(map(object.__new__, kinds))
