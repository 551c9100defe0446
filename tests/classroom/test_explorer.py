"""Lesson 06's explorer without a browser: what it trains, what it says, who wins when moves come fast."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from miniflow_lib import load_boston, trace
from miniflow_classroom.widgets import explorer as module
from miniflow_classroom.widgets.explorer import Explorer, Homes, Outcome, Setting, compare, descent, explorer

QUICK = Setting(epochs=10, hidden=3)


@pytest.fixture(scope="module")
def homes():
    return Homes()


@pytest.fixture
def quick(homes):
    return Explorer(homes, QUICK)


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


def test_a_guess_is_judged_beside_the_run_before(quick):
    quick.guess.value = "slower"
    quick.controls["learning_rate"].value = 0.005
    assert "<b>slower</b> (as you said)" in quick.says.value
    quick.controls["learning_rate"].value = 0.02  # the same control: the guess holds
    assert "<b>faster</b> (you said: slower)" in quick.says.value
    quick.guess.value = "explode"
    quick.controls["learning_rate"].value = 1.0
    assert "Exploded" in quick.says.value and "<b>explode</b> (as you said)" in quick.says.value


def test_another_control_wants_another_guess(quick):
    quick.guess.value = "faster"
    quick.controls["hidden"].value = 8
    assert "said" in quick.says.value
    quick.controls["seed"].value = 3
    assert quick.guess.value == module.NO_GUESS and "said" not in quick.says.value
    quick.guess.value = "slower"
    quick.controls["learning_rate"].value = 0.001
    assert quick.guess.value == "slower" and "as you said" in quick.says.value


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
    assert quick.done.setting == replace(QUICK, **{name: pytest.approx(value) if name != "equal" else value})
    assert quick.done == quick.homes.run(quick.done.setting)
    assert quick.view.value == quick.picture(quick.done) != before
    assert f"After {len(quick.done.training)} epochs" in quick.says.value


def test_a_slider_answers_when_it_is_let_go(quick):
    sliders = [control for name, control in quick.controls.items() if name != "equal"]
    assert [slider.continuous_update for slider in sliders] == [False] * 6


def slowly(monkeypatch, quick, second):
    """Each look at the clock is a second later; `second` hears how many epochs are done."""
    seconds, run = iter(range(10_000)), quick.homes.run
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(seconds)))

    def watched(setting, on_epoch):
        def each(outcome):
            on_epoch(outcome)
            second(len(outcome.training))

        return run(setting, each)

    monkeypatch.setattr(quick.homes, "run", watched)


def test_a_long_run_shows_how_far_it_is(quick, monkeypatch):
    seen = []
    slowly(monkeypatch, quick, lambda epoch: seen.append((quick.says.value, quick.view.value)))
    quick.controls["seed"].value = 1
    assert [says.split(" …")[0] for says, _ in seen] == [f"epoch {i} of 10" for i in range(1, 11)]
    assert len({view for _, view in seen}) == 10
    assert quick.view.value == quick.picture(quick.done) and "After 10 epochs" in quick.says.value


@pytest.mark.parametrize("epoch", [0, 4])
def test_an_interrupted_run_leaves_the_one_before(quick, monkeypatch, epoch):
    before, view = quick.done, quick.view.value

    def interrupt(setting, on_epoch):
        raise KeyboardInterrupt

    def in_epoch(done):
        if done == epoch:
            raise KeyboardInterrupt

    if epoch == 0:
        monkeypatch.setattr(quick.homes, "run", interrupt)
    else:
        slowly(monkeypatch, quick, in_epoch)
    quick.controls["seed"].value = 1
    assert quick.done is before and quick.view.value == view and "Interrupted" in quick.says.value
    monkeypatch.undo()
    quick.controls["seed"].value = 2
    assert quick.done.setting.seed == 2 and "After 10 epochs" in quick.says.value


# --- the test part ---


def test_the_test_part_opens_once(quick):
    assert quick.test.value == ""
    quick.open.click()
    said = quick.test.value
    assert f"costs {quick.done.test:.3g}" in said and quick.open.disabled
    quick.controls["seed"].value = 7
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
    assert box.static["text/plain"] == text


def test_old_runs_stay_faint_and_do_not_pile_up(quick):
    one = quick.view.value.count("<path")
    for moves, faint in (*((i, i) for i in range(1, 6)), *((i, 5) for i in range(6, 12))):
        quick.controls["seed"].value = moves % 10
        assert quick.view.value.count("<path") == one + faint
