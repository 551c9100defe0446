"""What the engine tells while it works: events in order, recorded in a list, printed when a flag is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

import numpy as np
from traitlets import Bool, HasTraits, observe


@dataclass(frozen=True, eq=False)
class Event:
    """One thing that happened, in words of the graph: nodes by their displayed names, values as copies.

    The sort:  fed (node, value) · edge (node -> other) · waits (node, value = its number of inbound nodes)
               take (node, value = its place in the list) · cross (node -> other, value = how many are left)
               ready (node) · order (value = the names in order)
    A pass:    start (value = the names in order) · forward (node, got = its inputs, value = its result)
               backward (node, got = what its consumers say, value = their sum, gave = what it hands on)
    `got` and `gave` are tuples of (name, array).
    """

    pass_: str
    kind: str
    node: str = ""
    other: str = ""
    value: object = None
    got: tuple[tuple[str, object], ...] = ()
    gave: tuple[tuple[str, object], ...] = ()



@dataclass(frozen=True)
class Listening:
    """Who listens in this context: the lists of `record`, and flags that go before the learner's own."""

    recorders: tuple[list[Event], ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)


_listening: ContextVar[Listening | None] = ContextVar("listening", default=None)


def names(graph: Iterable) -> dict:
    """{node: the name it is shown by}: its own, numbered in list order where several share it."""
    graph = list(graph)
    count = Counter(str(node.name) for node in graph)
    taken = {name for name, times in count.items() if times == 1}
    shown, number = {}, Counter()
    for node in graph:
        name = base = str(node.name)
        while count[base] > 1 and (name == base or name in taken):
            number[base] += 1
            name = f"{base}_{number[base]}"
        shown[node] = name
        taken.add(name)
    return shown


class Trace(HasTraits):
    """The two flags. T_DEBUG prints the sort, DEBUG prints both passes."""

    DEBUG = Bool(False)
    T_DEBUG = Bool(False)

    quiet = True  # neither flag is on: a plain attribute, since every pass looks at it

    @observe("DEBUG", "T_DEBUG")
    def _flags_changed(self, change) -> None:
        self.quiet = not (self.DEBUG or self.T_DEBUG)

    def teller(self, pass_: str, graph: Sequence = ()) -> Callable | None:
        """What the engine calls with each node it has done, or None when nobody listens."""
        listening = _listening.get()
        if listening is None:
            if self.quiet:
                return None
            listening = Listening()
        flag = "T_DEBUG" if pass_ == "sort" else "DEBUG"
        printing = listening.flags.get(flag, getattr(self, flag))
        if not printing and not listening.recorders:
            return None
        tell = Tell(listening.recorders, printing)
        return SortTeller(tell) if pass_ == "sort" else PassTeller(tell, pass_, graph)

    @contextmanager
    def record(self) -> Iterator[list[Event]]:
        """All events of the sort and the passes that run in this block and this thread, in order."""
        events: list[Event] = []
        now = _listening.get() or Listening()
        with _listen(replace(now, recorders=(*now.recorders, events))):
            yield events

    @contextmanager
    def override(self, **flags: bool) -> Iterator[None]:
        """Other flags for this block and this thread alone: trace.override(DEBUG=True)."""
        now = _listening.get() or Listening()
        with _listen(replace(now, flags={**now.flags, **flags})):
            yield


@contextmanager
def _listen(listening: Listening) -> Iterator[None]:
    token = _listening.set(listening)
    try:
        yield
    finally:
        _listening.reset(token)


trace = Trace()


@dataclass(frozen=True)
class Tell:
    """Hands an event to everybody who listens."""

    recorders: tuple[list[Event], ...]
    printing: bool

    def __call__(self, event: Event) -> None:
        for events in self.recorders:
            events.append(event)
        if self.printing:
            print(event)


class SortTeller:
    """Collects the sort's steps and tells them at its end, when the list, and so the names, are known."""

    def __init__(self, tell: Tell):
        self.tell, self.steps = tell, []

    def start(self, values: Mapping, waits_for: Mapping) -> None:
        self.steps += [("fed", node, None, _copy(value)) for node, value in values.items()]
        for node in waits_for:
            self.steps += [("edge", node, out, None) for out in node.outbound_nodes if out in waits_for]
        self.steps += [("waits", node, None, count) for node, count in waits_for.items() if count]
        self.steps += [("ready", node, None, None) for node, count in waits_for.items() if not count]
        self.nodes, self.place = dict.fromkeys(waits_for), 0

    def take(self, node) -> None:
        self.steps.append(("take", node, None, self.place))
        self.place += 1

    def cross(self, node, other, left: int) -> None:
        self.steps.append(("cross", node, other, left))
        if left == 0:
            self.steps.append(("ready", other, None, None))

    def end(self, graph: Sequence) -> None:
        shown = names([*graph, *(node for node in self.nodes if node not in set(graph))])
        for kind, node, other, value in self.steps:
            name = shown.get(node) or str(node.name)  # a fed Input that the output does not need
            self.tell(Event("sort", kind, name, shown.get(other, ""), value))
        self.tell(Event("sort", "order", value=tuple(shown[n] for n in graph)))


class PassTeller:
    """Tells each node that a pass has done: what went in, what came out."""

    def __init__(self, tell: Tell, pass_: str, graph: Sequence):
        self.tell, self.pass_ = tell, pass_
        self.shown = names(graph)
        order = tuple(self.shown.values())
        tell(Event(pass_, "start", value=order if pass_ == "forward" else order[::-1]))

    def __call__(self, node) -> None:
        if self.pass_ == "forward":
            got = tuple((self.name(n), _copy(n.value)) for n in node.inbound_nodes)
            event = Event("forward", "forward", self.name(node), "", _copy(node.value), got)
        else:
            consumers = [n for n in node.outbound_nodes if n.run is node.run and n in self.shown]
            got = tuple((self.name(n), _copy(n.gradients[node])) for n in consumers)
            gave = tuple((self.name(n), _copy(g)) for n, g in node.gradients.items())
            event = Event("backward", "backward", self.name(node), "", _copy(node.grad_cost()), got, gave)
        self.tell(event)

    def name(self, node) -> str:
        return self.shown.get(node) or str(node.name)


def _copy(value):
    return np.array(value, copy=True) if isinstance(value, np.ndarray) else value
