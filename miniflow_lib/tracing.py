"""What the engine tells while it works: events in order, recorded in a list, printed when a flag is on."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager as Block
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import NamedTuple, TextIO

import numpy as np

from . import errors
from .nodes import Node
from .trace_text import pass_text, say, sort_text

FLAGS = ("DEBUG", "T_DEBUG")
Flag = bool | None


@dataclass(frozen=True, eq=False)
class Event:
    """One thing that happened, in words of the graph: nodes by their displayed names, values as copies.

    The sort:  fed (node, value) · edge (node -> other) · waits (node, value = its number of inbound nodes)
               take (node, value = its place in the list) · cross (node -> other, value = how many are left)
               ready (node) · order (value = the names in order)
    A pass:    start (value = the names in order) · forward (node, got = its inputs, value = its result)
               backward (node, got = what arrives from each consumer, value = their sum, gave = what goes on,
               made = the arithmetic of each that goes on, see `Trace.products`, or none)
    `got` and `gave` are tuples of (name, array). Forward, an Add or Mul of several says more:
    other = its sign, gave = the running total after each input; and made is the arithmetic of its value.
    worked_out = {the name of what was made: lines that work out one number of it}, see `Trace.worked_out`.
    """

    pass_: str
    kind: str
    node: str = ""
    other: str = ""
    value: object = None
    got: tuple[tuple[str, object], ...] = ()
    gave: tuple[tuple[str, object], ...] = ()
    made: tuple[Sequence, ...] = ()
    worked_out: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Count:
    """How many events were told, printed or not."""

    events = 0


class Listening(NamedTuple):
    """Who listens in this context: the lists of `record`, and flags that go before the learner's own.

    count and out: where `override` was asked for them, a count of its own, and a file in the place of stdout.
    """

    recorders: tuple[list[Event], ...] = ()
    flags: Mapping[str, bool] = {}
    count: Count | None = None
    out: TextIO | None = None


_NOBODY = Listening()
_listening: ContextVar[Listening] = ContextVar("listening", default=_NOBODY)


def names(graph: Iterable) -> dict:
    """{node: the name it is shown by}: its own, numbered in list order where several share it."""
    shown = {node: _own_name(node) for node in graph}
    count, number = Counter(shown.values()), Counter()
    taken = set(count)
    for node, own in shown.items():
        while count[own] > 1 and shown[node] in taken:
            number[own] += 1
            shown[node] = f"{own}_{number[own]}"
        taken.add(shown[node])
    return shown


class Trace:
    """The two flags. T_DEBUG prints the sort, DEBUG prints both passes.

    limit: how many events a cell may print (outside a notebook: a call); a flag left on then buries nothing.
    products: the arithmetic of going back, which the classroom knows. products(node, arrives, gave), of
    {inbound node: what it is given}, returns {inbound node: how that was made}, as factors: what joins
    each to the one before it, its name and its value. Forward it is asked about {node: its own value}.
    worked_out: the arithmetic of one number of a matrix, which the classroom knows, too.
    """

    DEBUG = False
    T_DEBUG = False
    limit = 400
    products = staticmethod(lambda node, arrives, gave: dict.fromkeys(gave, ()))
    worked_out = staticmethod(lambda event: {})

    _cell, _shell = Count(), None
    _followers: tuple[Callable[[str, bool], object], ...] = ()

    def __setattr__(self, name: str, value) -> None:
        if name in FLAGS:
            value = errors.check_flag(f"trace.{name}", value)
        elif name == "limit":
            errors.check_count("trace.limit", value)
        elif not hasattr(Trace, name):
            raise AttributeError(f"trace has no {name!r}; its flags: DEBUG (the passes), T_DEBUG (the sort)")
        super().__setattr__(name, value)
        for follower in self._followers if name in FLAGS else ():
            follower(name, value)

    def follow(self, follower: Callable[[str, bool], object]) -> None:
        """Call follower(name, value) whenever a flag is set, as a button does that shows it."""
        self._followers = (*self._followers, follower)

    def teller(self, pass_: str, graph: Iterable) -> SortTeller | PassTeller | None:
        """What the engine calls with each node it has done, or None when nobody listens."""
        listening = _listening.get()
        if listening is _NOBODY and not (self.DEBUG or self.T_DEBUG):  # every pass asks
            return None
        flag, kind = ("T_DEBUG", SortTeller) if pass_ == "sort" else ("DEBUG", PassTeller)
        is_on = listening.flags.get(flag, getattr(self, flag))
        count = (listening.count or self._count()) if is_on else None
        if (count is None or count.events > self.limit) and not listening.recorders:
            return None
        return kind(listening, count, pass_, graph)

    def record(self) -> Block[list[Event]]:
        """All events of the sort and the passes that run in this block and this thread, in order."""
        events: list[Event] = []
        return _listen(events, recorders=(*_listening.get().recorders, events))

    def override(self, DEBUG: Flag = None, T_DEBUG: Flag = None, out: TextIO | None = None) -> Block[None]:
        """Other flags for this block and this thread alone: trace.override(DEBUG=True).

        With `out` the text goes to that file, and is counted for itself.
        """
        asked = zip(FLAGS, (DEBUG, T_DEBUG))
        flags = {flag: errors.check_flag(flag, on) for flag, on in asked if on is not None}
        own = {} if out is None else {"out": out, "count": Count()}
        return _listen(flags={**_listening.get().flags, **flags}, **own)

    def silent(self) -> Block[None]:
        """Nothing is printed in this block and this thread, whatever the flags are."""
        return self.override(DEBUG=False, T_DEBUG=False)

    def _count(self) -> Count:
        """The count of this cell, else (no notebook) of this call."""
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is None:
            return Count()
        if self._shell is not shell:
            self._shell = shell
            shell.events.register("pre_run_cell", self._new_cell)
        return self._cell

    def _new_cell(self, info) -> None:
        self._cell = Count()


@contextmanager
def _listen(given=None, **changes) -> Iterator:
    token = _listening.set(_listening.get()._replace(**changes))
    try:
        yield given
    finally:
        _listening.reset(token)


trace = Trace()


class Teller:
    """Hands events to everybody who listens; prints them while `count` is below the limit."""

    def __init__(self, listening: Listening, count: Count | None, pass_: str, graph: Iterable):
        self.listening, self.count, self.pass_ = listening, count, pass_
        self.start(graph)

    def say(self, events: list[Event]) -> None:
        for recorder in self.listening.recorders:
            recorder.extend(events)
        if self.count is None or self.count.events > trace.limit:
            return
        shown = events[: trace.limit - self.count.events]
        self.count.events += len(events)
        lines = [self.text(shown)] if shown else []
        if len(shown) < len(events):
            way_out = "set trace.limit, or trace one step in a cell of its own"
            lines.append(f"… {trace.limit} events told; the rest of this cell is not shown: {way_out}.")
        say("\n".join(lines) + "\n", self.listening.out)


class SortTeller(Teller):
    """Tells a sort at its end, when the list, and so the names, are known: it says who was taken when."""

    text = staticmethod(sort_text)

    def start(self, waits_for: Mapping) -> None:
        self.waits_for = dict(waits_for)  # as they were before the first node was taken

    def __call__(self, values: Mapping, graph: Sequence) -> None:
        left = self.waits_for
        feeds = {node: [out for out in dict.fromkeys(node.outbound_nodes) if out in left] for node in left}
        steps = [("fed", node, None, _copy(value)) for node, value in values.items()]
        steps += [("edge", node, out, None) for node in left for out in feeds[node]]
        steps += [("waits", node, None, count) for node, count in left.items() if count]
        steps += [("ready", node, None, None) for node, count in left.items() if not count]
        for place, node in enumerate(graph):
            steps.append(("take", node, None, place))
            for out in feeds[node]:
                left[out] -= 1
                steps.append(("cross", node, out, left[out]))
                steps += [("ready", out, None, None)] * (left[out] == 0)
        # The list first: a number in a name is a place in it. The rest waits in a cycle, or was fed in vain.
        shown = names(dict.fromkeys([*graph, *left, *values]))
        events = [Event("sort", kind, shown[n], shown.get(to, ""), value) for kind, n, to, value in steps]
        self.say([*events, Event("sort", "order", value=tuple(shown[node] for node in graph))])


class PassTeller(Teller):
    """Tells each node that a pass has done: what went in, what came out.

    Nothing that a student's node holds may make a pass fail that runs without a trace: what cannot be read
    is told as None.
    """

    def start(self, graph: Iterable) -> None:
        self.shown = names(graph)
        order = tuple(self.shown.values())
        self.say([Event(self.pass_, "start", value=order if self.pass_ == "forward" else order[::-1])])

    def __call__(self, node) -> None:
        if self.pass_ == "forward":
            got = tuple((self.name(n), _copy(n.value)) for n in node.inbound_nodes)
            value = _copy(node.value)
            gave = {node: value}
            sign, told = _running_totals(node, got, value)
        else:
            consumers = [out for out in errors.consumers(node) if out in self.shown]
            got = tuple((self.name(n), _try(lambda n=n: _copy(n.gradients[node]))) for n in consumers)
            value = _try(lambda: _copy(Node.grad_cost(node)))
            gave = _try(lambda: {n: _copy(gradient) for n, gradient in node.gradients.items()}) or {}
            sign, told = "", tuple((self.name(n), gradient) for n, gradient in gave.items())
        made = tuple(trace.products(node, value, gave).values())
        event = Event(self.pass_, self.pass_, self.name(node), sign, value, got, told, made)
        self.say([replace(event, worked_out=trace.worked_out(event))])

    def text(self, events: Sequence[Event]) -> str:
        return _try(lambda: pass_text(events[0])) or f"  {events[0].node}   (cannot be shown)"

    def name(self, node) -> str:
        return self.shown.get(node) or _own_name(node)


def _running_totals(node, got: tuple, value) -> tuple[str, tuple]:
    """The sign of an Add or a Mul and what it had after each input; nothing for other ops.

    By the class's name, so that a learner's own Add is told like ours; only where the total is its value.
    """
    kind = type(node).__name__.removeprefix("My")
    sign, work = {"Add": ("+", np.add), "Mul": ("·", np.multiply)}.get(kind, ("", None))
    totals = _try(lambda: list(accumulate((v for _, v in got), work))) if work and len(got) > 1 else None
    if totals is None or not _try(lambda: np.allclose(totals[-1], value, equal_nan=True)):
        return "", ()
    return sign, tuple((name, total) for (name, _), total in zip(got, totals))


def _own_name(node) -> str:
    """A node's name in one line; its class's where it has none, as when Node.__init__ was not called."""
    text = _try(lambda: errors.called(node)) or type(node).__name__
    return "".join(c if c.isprintable() else "?" for c in text)


def _copy(value):
    """As it is now: the engine goes on and may change it."""
    return value.copy() if isinstance(value, np.ndarray) else _try(lambda: deepcopy(value))


def _try(work: Callable):
    """What `work` returns, None where it raises."""
    try:
        return work()
    except Exception:
        return None
