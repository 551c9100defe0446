"""How long the learner's engine takes compared with the library's: shown live, and never stored."""

from __future__ import annotations

import time
from collections.abc import Callable

import ipywidgets

from miniflow_lib.errors import check_function
from miniflow_classroom.widgets.base import StaticBox

ROUNDS = 5


def race(yours: Callable[[], object], ours: Callable[[], object]) -> StaticBox:
    """Call both in turns, and show how many times as long yours takes (the fastest round of each)."""
    check_function("The first argument of race", yours, "yours()")
    check_function("The second argument of race", ours, "ours()")
    seconds = [[_seconds(yours), _seconds(ours)] for _ in range(ROUNDS)]
    mine, theirs = map(min, zip(*seconds))
    times = f"<b>{mine / max(theirs, 1e-9):.1f} times</b>"
    said = f"Yours takes {times} as long as the library's (the fastest of {ROUNDS} rounds each)."
    return StaticBox([ipywidgets.HTML(said)], text="How many times as long yours takes: run the cell.")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
