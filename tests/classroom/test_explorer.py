"""Lesson 06's explorer without a browser: what it trains, what it says, who wins when moves come fast."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from miniflow_lib import trace
from miniflow_classroom.widgets import explorer as module
from miniflow_classroom.widgets.explorer import Explorer, Homes, Outcome, Setting, compare, descent, explorer

QUICK = Setting(epochs=10, hidden=3)


@pytest.fixture(scope="module")
def homes():
    return Homes()


@pytest.fixture
def quick(homes):
    return Explorer(homes, QUICK)


def wait(until: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "the worker does not come to it"
        time.sleep(0.005)


def settle(made: Explorer) -> None:
    """Waits until the worker has nothing left to do."""
    wait(lambda: not made.busy)


def new_experiment(made: Explorer) -> None:
    """As if the learner had rested a while."""
    made.moved_at = -math.inf


# --- the walk ---


def test_descent_redraws_at_each_step_size():
    box = descent(3.0, 0.03)
    slider, view, says = box.children
    assert "11 steps" in box.static["text/plain"] == says.value
    seen = {view.value}
    for _, size in slider.options:
        slider.value = size
        seen.add(view.value)
        assert f"step size {size:g} from x = 3" in says.value and view.value.count("<svg") == 2
    assert len(seen) == len(slider.options)
    slider.value = 0.1
    assert "for ever" in says.value
    slider.value = 0.2
    assert "flew off" in says.value


# --- the homes and a run ---


def test_the_parts_are_disjoint_and_standardised_by_the_training_part(homes):
    sizes = [len(y) for _, y in (homes.training, homes.validation, homes.test)]
    assert sizes == [304, 101, 101]
    assert all(X.shape[1] == 12 for X, _ in (homes.training, homes.validation, homes.test))
    assert np.allclose(homes.training[0].mean(axis=0), 0) and np.allclose(homes.training[0].std(axis=0), 1)
    assert np.abs(homes.validation[0].mean(axis=0)).max() > 0.05
    rows = np.concatenate([y for _, y in (homes.training, homes.validation, homes.test)])
    from miniflow_lib import load_boston

    assert sorted(rows) == sorted(load_boston().target)


def test_a_run_is_the_setting_alone(homes):
    one, two, other = homes.run(QUICK), homes.run(QUICK), homes.run(replace(QUICK, seed=1))
    assert one == two and one.training != other.training
    assert len(one.training) == len(one.validation) == 10 and math.isfinite(one.test)
    assert one.training[-1] < homes.mean_cost  # it has learned something


def test_a_run_hears_no_trace_and_leaves_none(homes, capsys):
    trace.DEBUG = trace.T_DEBUG = True
    try:
        homes.run(replace(QUICK, epochs=1))
    finally:
        trace.DEBUG = trace.T_DEBUG = False
    assert capsys.readouterr().out == ""


def test_equal_updates_gives_large_batches_more_epochs(homes):
    seen = {}
    for size in (1, 11, 304):
        run = homes.run(Setting(batch_size=size, epochs=10, hidden=2, equal="updates"))
        seen[size] = run.updates_an_epoch * run.epochs
        assert run.x()[-1] == seen[size]
    assert seen[11] == seen[304] == 280 and seen[1] == 304  # one epoch is the least
    run = homes.run(Setting(batch_size=304, epochs=10, hidden=2))
    assert run.updates_an_epoch * run.epochs == 10 and run.x()[-1] == 10


def test_l2_holds_the_training_cost_up(homes):
    free, held = (homes.run(replace(QUICK, epochs=60, l2=l2)) for l2 in (0.0, 0.3))
    assert held.training[-1] > 1.5 * free.training[-1]


def test_an_explosion_is_an_outcome(homes, recwarn):
    for rate in (1.0, 10.0, 1e4):
        run = homes.run(replace(QUICK, learning_rate=rate))
        assert run.exploded and run.test is None and len(run.training) < 10
        assert all(cost < 1e6 for cost in run.training)
    assert [str(w.message) for w in recwarn] == []


# --- the hypothesis ---


def outcome(*costs, **setting) -> Outcome:
    return Outcome(Setting(**setting), 28, len(costs), list(costs), list(costs))


@pytest.mark.parametrize(
    "before, now, verdict",
    [
        (outcome(80, 40, 20), outcome(80, 30, 10), "faster"),
        (outcome(80, 40, 20), outcome(90, 60, 30), "slower"),
        (outcome(80, 40, 20), outcome(80, 40, 20), "the same"),
        (outcome(80, 40, 20), outcome(80, 40, 20, 10, 5), "the same"),  # longer, and no faster
        (outcome(80, 40, 20), replace(outcome(80), exploded=True), "explode"),
        (replace(outcome(80), exploded=True), outcome(80, 40), "faster"),
        (replace(outcome(), exploded=True), replace(outcome(), exploded=True), "explode"),
    ],
)
def test_compare(before, now, verdict):
    assert compare(before, now) == verdict


def test_a_guess_is_judged_against_the_run_before_the_drag(quick):
    quick.guess.value = "slower"
    for rate in (0.005, 0.002, 0.001):  # one drag
        quick.controls["learning_rate"].value = rate
        settle(quick)
    assert "slower" in quick.says.value and "as you said" in quick.says.value
    assert len(quick.earlier) == 0  # the stations of a drag are no runs to keep
    new_experiment(quick)
    quick.controls["learning_rate"].value = 0.01
    settle(quick)
    assert quick.guess.value == module.NO_GUESS and "said" not in quick.says.value
    assert len(quick.earlier) == 1
    quick.guess.value = "slower"
    quick.controls["learning_rate"].value = 0.02
    settle(quick)
    assert "<b>faster</b> (you said: slower)" in quick.says.value


def test_another_control_is_another_experiment(quick):
    quick.guess.value = "faster"
    quick.controls["hidden"].value = 8
    settle(quick)
    eight = quick.done
    quick.controls["seed"].value = 3
    settle(quick)
    assert quick.before is eight and quick.guess.value == module.NO_GUESS


# --- moves ---


@pytest.mark.parametrize(
    "name, value",
    [
        ("learning_rate", 0.02),
        ("hidden", 7),
        ("batch_size", 50),
        ("epochs", 20),
        ("seed", 4),
        ("l2", 0.1),
        ("equal", "updates"),
    ],
)
def test_each_control_trains_its_setting(quick, name, value):
    before = quick.view.value
    quick.controls[name].value = value
    settle(quick)
    assert getattr(quick.done.setting, name) == pytest.approx(value) if name != "equal" else True
    assert quick.done == quick.homes.run(quick.done.setting)
    assert quick.view.value == quick.picture(quick.done) != before
    assert quick.says.value == quick._sentence(quick.done)


def test_after_a_hundred_fast_moves_the_last_one_stands(quick):
    for i in range(100):
        quick.controls["hidden"].value = 1 + i * 7 % 40
    settle(quick)
    assert quick.done.setting.hidden == quick.controls["hidden"].value == 1 + 99 * 7 % 40
    assert quick.view.value == quick.picture(quick.done)


def test_a_long_run_is_given_up_for_a_newer_one(quick, monkeypatch):
    runs, run = [], quick.homes.run
    monkeypatch.setattr(quick.homes, "run", lambda *given: runs.append(run(*given)) or runs[-1])
    quick.controls["epochs"].value = 300
    quick.controls["batch_size"].value = 1  # many seconds
    wait(lambda: "epoch" in quick.says.value and "of 300" in quick.says.value)  # it shows how far it is
    quick.controls["batch_size"].value = 304
    settle(quick)
    given_up = [len(each.training) for each in runs if each.setting.batch_size == 1]
    assert given_up and max(given_up) < 300
    assert quick.done.setting.batch_size == 304 and len(quick.done.training) == 300
    assert quick.view.value == quick.picture(quick.done)


def test_going_back_to_what_was_trained_shows_that_again(quick):
    before = quick.view.value
    quick.controls["batch_size"].value = 1
    quick.controls["epochs"].value = 300
    time.sleep(0.5)
    quick.controls["epochs"].value = 10
    quick.controls["batch_size"].value = 11
    settle(quick)
    assert quick.done.setting == QUICK and len(quick.done.training) == 10
    assert quick.says.value == quick._sentence(quick.done)
    assert quick.done.training == quick.homes.run(QUICK).training
    assert before.count("<path") <= quick.view.value.count("<path")


def test_a_run_that_was_given_up_is_never_taken_for_a_whole_one(quick, monkeypatch):
    """A, then B while A runs, then A again before the worker has looked."""
    whole = quick.homes.run
    target = replace(QUICK, seed=5)

    def run(setting, on_epoch=lambda outcome: True):
        def restless(outcome):
            if len(outcome.training) == 3 and setting == target and not flipped:
                flipped.append(True)
                quick.newest = QUICK
                going_on = on_epoch(outcome)
                quick.newest = target
                return going_on
            return on_epoch(outcome)

        return whole(setting, restless)

    flipped: list[bool] = []
    monkeypatch.setattr(quick.homes, "run", run)
    try:
        quick.controls["seed"].value = 5
        settle(quick)
    finally:
        monkeypatch.undo()
    assert flipped and len(quick.done.training) == 10 and quick.done.setting == target


def test_what_goes_wrong_in_the_worker_is_said_and_the_next_move_works(quick, monkeypatch):
    def fails(setting, on_epoch):
        raise ValueError("<no>")

    monkeypatch.setattr(quick.homes, "run", fails)
    quick.controls["seed"].value = 1
    settle(quick)
    assert quick.says.value == "ValueError: &lt;no&gt;"
    monkeypatch.undo()
    quick.controls["seed"].value = 2
    settle(quick)
    assert quick.done.setting.seed == 2


def test_an_explosion_is_said(quick):
    quick.guess.value = "explode"
    quick.controls["learning_rate"].value = 1.0
    settle(quick)
    assert "Exploded" in quick.says.value and "as you said" in quick.says.value


def test_the_worker_retires_and_the_next_move_has_another(quick, monkeypatch):
    monkeypatch.setattr(module, "LINGER", 0.01)
    quick.controls["seed"].value = 1
    settle(quick)
    first = quick.worker
    if first is not None:
        first.join(5)
    assert quick.worker is None
    monkeypatch.setattr(module, "LINGER", 30.0)
    quick.controls["seed"].value = 2
    settle(quick)
    second = quick.worker
    quick.controls["seed"].value = 3
    settle(quick)
    assert second is quick.worker is not first and quick.done.setting.seed == 3


# --- the test part ---


def test_the_test_part_opens_once(quick):
    assert quick.test.value == ""
    quick.open.click()
    said = quick.test.value
    assert f"costs {quick.done.test:.3g}" in said and quick.open.disabled
    quick.controls["seed"].value = 7
    settle(quick)
    quick.open.click()
    assert quick.test.value == said


# --- what is stored, and what stays in memory ---


def test_the_stored_text_is_the_setting_and_no_result():
    box = explorer(epochs=10, hidden=2)
    text = box.static["text/plain"]
    assert text == (
        "The explorer: learning rate 0.01, 2 hidden units, batches of 11, 10 epochs, seed 0, L2 0."
    )
    assert box.static["text/html"].count("<img") == 1 and "alt=" in box.static["text/html"]
    box.explorer.controls["seed"].value = 1
    settle(box.explorer)
    assert box.static["text/plain"] == text


def test_old_runs_do_not_pile_up(quick):
    for seed in range(30):
        new_experiment(quick)
        quick.controls["seed"].value = seed % 10
        settle(quick)
    assert len(quick.earlier) <= module.EARLIER
    paths = quick.view.value.count("<path")
    assert paths < 60  # axes included
