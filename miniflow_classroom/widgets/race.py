"""How long one work takes next to another: measured anew in each run, shown live, and never stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from time import perf_counter

import ipywidgets

from miniflow_lib.errors import MiniFlowError, check_function, what
from miniflow_classroom.arguments import check_text
from miniflow_classroom.widgets.base import StaticBox, preformatted, run_it, wide

WINDOW, SECONDS = 2.5e-3, 0.15  # for one work at a time, and for all turns together
TURNS = 5  # at least, however slow the works are
COARSE = 1e-6  # a clock whose ticks are longer: a browser's are 0.1 ms
TICKS = 20  # of a coarse clock, that a measurement takes at least
Work = Callable[[], object]


def ratios(works: Mapping[str, Work]) -> str:
    """The time of each work as a ratio to that of the first, a line for each.

    They run in turns, for milliseconds each, and the fastest call counts: a busy machine only makes slower.
    """
    least = _fastest(_checked("ratios takes", works))
    first, width = next(iter(least.values())), max(map(len, least))
    found = {name: seconds / first for name, seconds in least.items()}
    return "\n".join(
        f"{n:{width}} {r:5.2f}" if r >= 0.1 else f"{n:{width}} {r:6.3f}" for n, r in found.items()
    )


def race(yours: Work | Mapping[str, Work], ours: Work | None = None) -> StaticBox:
    """Show how many times as long your work takes as ours, or the `ratios` of {name: work}."""
    if isinstance(yours, Mapping) and ours is None:
        first = next(iter(_checked("race takes", yours)))
        shown = wide(preformatted(ratios(yours), "the time of each"))
        return StaticBox([shown], text=f"How long each takes next to {first}: run the cell.", page=run_it)
    check_function("The first argument of race", yours, "yours()")
    check_function("The second argument of race", ours, "ours()")
    mine, theirs = _fastest({"yours": yours, "ours": ours}).values()
    said = (
        f"Yours takes <b>{mine / theirs:.1f} times</b> as long as the library's (the fastest call of each)."
    )
    return StaticBox(
        [ipywidgets.HTML(said)], text="How many times as long yours takes: run the cell.", page=run_it
    )


def _checked(begins: str, works: object) -> Mapping[str, Work]:
    if not isinstance(works, Mapping) or len(works) < 2:
        raise MiniFlowError(f"{begins} works by their names, {{'one': f, 'two': g}}, not {what(works)}.")
    for name, work in works.items():
        check_function(f"The work {check_text('The name of a work', name)!r}", work, "work()")
    return works


def _fastest(works: Mapping[str, Work]) -> dict[str, float]:
    """{name: seconds of its fastest call}, and never 0."""
    for work in works.values():
        work()  # what is compiled or loaded at first is not its speed
    tick = _tick()
    at_once = {name: _calls(work, tick) if tick > COARSE else 1 for name, work in works.items()}
    least, begun, turns = dict.fromkeys(works, math.inf), perf_counter(), 0
    while turns < TURNS or perf_counter() - begun < SECONDS:
        for name, work in works.items():
            now = perf_counter()
            until = now + WINDOW
            while now < until:
                before, now = _timed(work, at_once[name])
                least[name] = min(least[name], max(now - before, 1e-9) / at_once[name])
        turns += 1
    return least


def _tick() -> float:
    """The shortest time that the clock was seen to move by; 0.0 where it was not seen to move."""
    seen = [perf_counter() for _ in range(2000)]
    return min((later - sooner for sooner, later in pairwise(seen) if later > sooner), default=0.0)


def _calls(work: Work, tick: float) -> int:
    """How many calls one after another a coarse clock can time."""
    calls = 1
    while True:
        before, after = _timed(work, calls)
        if after - before >= TICKS * tick:
            return calls
        calls *= 2


def _timed(work: Work, calls: int) -> tuple[float, float]:
    """The time before and after so many calls."""
    before = perf_counter()
    for _ in range(calls):
        work()
    return before, perf_counter()
