"""Works next to each other: the ratio of their fastest calls. No test judges a time: the clock is ours."""

from __future__ import annotations

import pytest

from miniflow_lib import MiniFlowError
from miniflow_classroom import race, ratios
from miniflow_classroom.widgets import race as module


@pytest.fixture
def takes(monkeypatch):
    """takes(2e-3, 1e-3): a work whose calls take so many seconds, the last of them from then on."""
    now = [0.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])

    def make(*seconds):
        left = list(seconds)

        def work():
            work.calls.append(now[0])
            now[0] += left.pop(0) if len(left) > 1 else left[0]

        work.calls = []
        return work

    return make


def test_each_is_a_ratio_to_the_first_and_the_points_stand_under_one_another(takes):
    shown = ratios({"the engine": takes(4e-3), "text": takes(3e-3), "C": takes(1.6e-4), "slow": takes(5e-2)})
    assert shown == "the engine  1.00\ntext        0.75\nC           0.040\nslow       12.50"


def test_the_fastest_call_counts_and_the_first_does_not(takes):
    assert ratios({"one": takes(1e-3), "two": takes(1e-5, 9e-3, 2e-3, 7e-3)}) == "one  1.00\ntwo  2.00"


def test_they_take_turns_for_as_long_as_each_needs(takes):
    quick, slow = takes(1e-3), takes(0.3)
    ratios({"quick": quick, "slow": slow})
    assert len(slow.calls) == 1 + module.TURNS, (
        "once beforehand, then once a turn: it is longer than a window"
    )
    assert len(quick.calls) == 1 + 3 * module.TURNS, "and three times in a window of 2.5 ms"
    assert slow.calls[1] < quick.calls[4] < slow.calls[2]


def test_quick_ones_run_on_until_the_time_is_over(takes):
    works = {"a": takes(1e-3), "b": takes(1e-3)}
    ratios(works)
    assert module.SECONDS <= works["b"].calls[-1] < module.SECONDS + 0.01


def test_a_call_that_the_clock_does_not_see_takes_no_time_and_divides_nothing(takes):
    assert ratios({"one": takes(1e-3, 0.0, 1e-3), "two": takes(1e-3)}).startswith("one  1.00\ntwo ")


def test_with_a_browsers_clock_many_calls_are_timed_at_once(monkeypatch):
    """It ticks in 0.1 ms: a call of 30 microseconds would take no time, or three times what it takes."""
    now = [0.0]

    def clock() -> float:
        now[0] += 1e-6
        return round(now[0] // 1e-4 * 1e-4, 7)

    monkeypatch.setattr(module, "perf_counter", clock)

    def takes(seconds):
        return lambda: now.__setitem__(0, now[0] + seconds)

    shown = ratios({"one": takes(3e-5), "three": takes(9e-5)})
    assert shown.startswith("one    1.00\nthree ") and 2.7 < float(shown.split()[-1]) < 3.3


def test_the_race_of_two_is_shown_and_no_number_is_stored(takes):
    box = race(takes(3e-3), takes(2e-3))
    assert "<b>1.5 times</b> as long as the library's" in box.children[0].value
    assert not any(sign.isdigit() for sign in repr(box)) and box.static.keys() == {"text/plain"}


def test_the_race_of_several_shows_their_ratios_and_stores_one_line(takes):
    box = race({"the engine": takes(4e-3), "<b>": takes(1e-3)})
    assert "the engine  1.00\n&lt;b&gt;         0.25</pre>" in box.children[0].value
    assert box.static == {"text/plain": "How long each takes next to the engine: run the cell."}


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: race(5, int), "The first argument of race is a function"),
        (lambda: race(int, None), "The second argument of race is a function"),
        (lambda: race({"a": int, "b": int}, int), "The first argument of race is a function"),
        (lambda: race({"a": int}), "race takes works by their names"),
        (lambda: ratios([int, int]), "ratios takes works by their names"),
        (lambda: ratios({"a": int, "b": 5}), "The work 'b' is a function"),
        (lambda: ratios({"a": int, 5: int}), "The name of a work is a text"),
    ],
)
def test_what_is_no_work_is_said(work, words):
    with pytest.raises(MiniFlowError, match=words):
        work()
