"""Lesson 06's explorer without a browser: what it trains, what it says, who wins when moves come fast."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Input,
    Linear,
    Sigmoid,
    forward_pass,
    load_boston,
    minibatches,
    topological_sort,
    trace,
    train,
)
from tests.charts import BLUE, INK, VERMILLION, read_charts
from miniflow_classroom.widgets import explorer as module
from miniflow_classroom.widgets.explorer import Explorer, Homes, Outcome, Setting, compare, descent, explorer

QUICK = Setting(epochs=25, hidden=3)


@pytest.fixture(scope="module")
def homes():
    return Homes()


@pytest.fixture
def quick(homes):
    return Explorer(homes, QUICK)


# --- the walk ---


@pytest.fixture
def walk_at():
    """Types a rate into a new walk from 3; returns its slider, its field and its sentence."""
    (slider, typed), says = (box := descent(3.0, 0.03)).children[0].children, box.children[2]

    def enter(text):
        typed.value = text
        return slider, typed, says.value

    return enter


def test_descent_redraws_at_each_stop():
    box = descent(3.0, 0.03)
    (slider, typed), view, says = box.children[0].children, *box.children[1:]
    assert "settles: 11 steps to x = 2.2500" in box.static["text/plain"] == says.value
    seen = {view.value}
    for label, rate in slider.options:
        slider.value = rate
        seen.add(view.value)
        assert f"with learning rate {rate:g}," in says.value and view.value.count("<svg") == 2
        assert typed.value == label
    assert len(seen) == len(slider.options) == 12


@pytest.mark.parametrize(
    "text, rate, end",
    [
        ("0.0987", 0.0987, "settles: 6,099 steps to x = 2.2500, where f = -6.543."),
        (".0989", 0.0989, "never settles: it bounces from side to side, still after 10,000 steps."),
        ("0.09876", 0.09876, "has not settled after 10,000 steps."),  # it would, in more steps
        ("0,1", 0.1, "never settles"),
        ("0.12", 0.12, "settles on the flat place at 0, not at the lowest point: "),
        ("1/5", 0.2, "flew off: after 3 steps it is more than 1,000 away"),
    ],
)
def test_any_rate_may_be_typed_and_the_slider_follows(walk_at, text, rate, end):
    slider, typed, says = walk_at(text)
    assert slider.value == rate and typed.value == text
    assert says.startswith(f"From x = 3 with learning rate {rate:g}, the walk {end}")
    slider.value = 0.05
    assert typed.value == "0.05" and rate in [stop for _, stop in slider.options]
    assert walk_at("0.04")[0].options == tuple((f"{r:g}", r) for r in sorted([*module.STOPS, 0.04]))


@pytest.mark.parametrize("text", ["", "fast", "0", "-0.05", "10.1", "0,0,5", "5,000", "nan", "<b>"])
def test_what_is_no_rate_is_said_and_changes_nothing(walk_at, text):
    slider, _, says = walk_at(text)
    assert says == "That is not a number from 0.0001 to 10. Type one such as 0.05." and slider.value == 0.03
    assert "settles: 11 steps" in walk_at("0.03")[2]


@pytest.mark.parametrize("rate, seen", [(0.03, 12), (0.0005, 80), (0.2, 1)])  # 0.2: 3, -2.4, 19
def test_the_walk_is_drawn_on_the_curve_and_ends_at_the_frame(rate, seen):
    picture = descent(3.0, rate).children[1].value
    (chart,) = read_charts(picture)
    places = np.array(module.walk(3.0, rate)[:seen])
    for found, xs in (
        (chart.curves[BLUE, False], np.linspace(-1, 3.4, 151)),
        (chart.curves[VERMILLION, False], places),
    ):
        assert np.allclose(found[:, 0], xs, atol=0.01)
        assert np.allclose(found[:, 1], module.quartic(xs), atol=0.05)
    hollow, filled = (picture.count(f'r="{r}" fill="{fill}"') for r, fill in ((3, "#fff"), (5, INK)))
    assert (hollow, filled) == (seen, 1)


def test_the_picture_on_the_site_plays_the_stops():
    page = descent(3.0, 0.03).page()
    assert page["at"] == 7 and len(page["frames"]) == 12 and "settles: 11 steps" in page["frames"][7]


# --- the homes and a run ---


def fit(features, prices, epochs, **settings):
    """As lesson 06 has it: what it says of other rows, and its cost in each epoch."""
    m, s, middle, spread = features.mean(axis=0), features.std(axis=0), prices.mean(), prices.std()
    A, rng = (features - m) / s, np.random.default_rng(settings["seed"])
    weights = [rng.normal(size=(12, 10)) / np.sqrt(12), np.zeros(10)]
    weights += [rng.normal(size=(10, 1)) / np.sqrt(10), np.zeros(1)]
    inputs = X, y, W1, b1, W2, b2 = [Input(name) for name in "X y W1 b1 W2 b2".split()]
    a = Linear(Sigmoid(Linear(X, W1, b1)), W2, b2)
    feed = dict(zip(inputs, [A, (prices - middle) / spread, *weights]))
    graph = topological_sort(feed, output=MSE(y, a))
    costs = train(graph, {X: feed[X], y: feed[y]}, inputs[2:], epochs=epochs, **settings)

    def says(new):
        feed = {X: (new - m) / s, **{t: t.value for t in inputs[2:]}}
        return forward_pass(a, topological_sort(feed, output=a))[:, 0] * spread + middle

    return says, costs[-1] * spread**2


@pytest.mark.parametrize("seed, l2, batch_size", [(0, 0.0, 27), (3, 0.01, 81)])
def test_a_run_is_the_lessons_fit_judged_by_the_first_hand(homes, seed, l2, batch_size):
    boston = load_boston()
    work = np.random.default_rng(6).permutation(506)[:405]
    table, paid = boston.data[work][:, [name != "B" for name in boston.feature_names]], boston.target[work]
    judged = next(minibatches(405, 81, np.random.default_rng(0)))
    known = np.setdiff1d(np.arange(405), judged)
    settings = {"learning_rate": 0.1, "batch_size": batch_size, "seed": seed, "l2": l2}
    says, cost = fit(table[known], paid[known], 40, **settings)
    run = homes.run(Setting(epochs=40, **settings))
    assert run.training[-1] == pytest.approx(cost, rel=1e-9)
    assert run.validation[-1] == pytest.approx(np.mean((says(table[judged]) - paid[judged]) ** 2), rel=1e-9)
    mean = np.mean((paid[judged] - paid[known].mean()) ** 2)
    assert homes.mean_cost == pytest.approx(mean) == pytest.approx(91.04, abs=0.005)


def test_its_first_setting_is_the_lessons():
    assert list(vars(Setting()).values()) == [0.1, 10, 27, 200, 0, 0.0, "epochs"]


def test_nothing_of_the_sealed_rows_is_in_it(homes, monkeypatch):
    boston = load_boston()
    boston.data, boston.target = boston.data.copy(), boston.target.copy()
    sealed = np.random.default_rng(6).permutation(506)[405:]
    boston.data[sealed], boston.target[sealed] = np.nan, np.nan
    monkeypatch.setattr(module, "load_boston", lambda: boston)
    assert Homes().run(QUICK) == homes.run(QUICK)


def test_a_run_is_the_setting_alone(homes):
    one, two, other = homes.run(QUICK), homes.run(QUICK), homes.run(replace(QUICK, seed=1))
    assert one == two and one.training != other.training
    assert len(one.training) == len(one.validation) == 25
    assert one.validation[-1] < homes.mean_cost  # it has learned something


def test_a_run_hears_no_trace_and_leaves_none(homes, capsys):
    trace.DEBUG = trace.T_DEBUG = True
    try:
        homes.run(replace(QUICK, epochs=1))
    finally:
        trace.DEBUG = trace.T_DEBUG = False
    assert capsys.readouterr().out == ""


def test_equal_updates_gives_large_batches_more_epochs(homes):
    seen = {}
    for size in (1, 27, 324):
        run = homes.run(Setting(batch_size=size, epochs=10, hidden=2, equal="updates"))
        seen[size] = run.updates_per_epoch * run.epochs
        assert len(run.training) == run.epochs and run.x("updates")[-1] == seen[size]
    assert seen[27] == seen[324] == 120 and seen[1] == 324  # one epoch is the least
    run = homes.run(Setting(batch_size=324, epochs=10, hidden=2))
    assert len(run.training) == run.x("epochs")[-1] == run.x("updates")[-1] == 10


def test_l2_holds_the_training_cost_up(homes):
    free, held = (homes.run(replace(QUICK, l2=l2)) for l2 in (0.0, 0.3))
    assert held.training[-1] > 1.5 * free.training[-1]


def test_a_cost_of_more_than_a_million_ends_a_run(homes, monkeypatch):
    """Counted in (thousand dollars)², not in the unit that the network learns in."""

    def costs_of(*costs):
        def train(*_, on_epoch, **__):
            return [cost for i, cost in enumerate(costs) if not on_epoch(i, cost / homes.unit)]

        monkeypatch.setattr(module, "train", train)
        return homes.run(replace(QUICK, epochs=len(costs)))

    assert not costs_of(0.99e6).exploded
    run = costs_of(0.99e6, 1.01e6)
    assert run.exploded and run.training == [pytest.approx(0.99e6)]


def test_an_explosion_is_an_outcome(homes, recwarn):
    for rate in (1.6, 3.0, 1e4):
        run = homes.run(replace(QUICK, learning_rate=rate))
        assert run.exploded and len(run.training) < 25
        assert all(cost < 1e6 for cost in run.training)
    assert [str(w.message) for w in recwarn] == []


# --- the hypothesis ---


def outcome(*costs, **setting) -> Outcome:
    return Outcome(Setting(**setting), 12, len(costs), list(costs), list(costs))


EACH_UPDATE = Outcome(Setting(), 1, 36, [900] * 11 + [20] * 25)


@pytest.mark.parametrize(
    "before, now, verdict",
    [
        (outcome(80, 40, 20), outcome(80, 30, 10), "faster"),
        (outcome(80, 40, 20), outcome(90, 60, 30), "slower"),
        (outcome(80, 40, 20), outcome(80, 40, 20), "the same"),
        (outcome(80, 40, 20), outcome(80, 40, 20, 10, 5), "the same"),  # longer, and no faster
        (outcome(80, 40, 20), outcome(80, 40, 20, equal="updates"), "the same"),  # on one axis
        (outcome(80, 40, 20), outcome(80 * 1.009, 40 * 1.009, 20 * 1.009), "the same"),
        (outcome(80, 40, 20), outcome(80 * 0.991, 40 * 0.991, 20 * 0.991), "the same"),
        (outcome(80, 40, 20), outcome(80 * 1.011, 40 * 1.011, 20 * 1.011), "slower"),
        (outcome(80, 40, 20), outcome(80 * 0.989, 40 * 0.989, 20 * 0.989), "faster"),
        (EACH_UPDATE, outcome(20, 20, 20, equal="updates"), "the same"),  # its first is at update 12
        (outcome(80, 40, 20), replace(outcome(80), exploded=True), "explode"),
        (replace(outcome(80), exploded=True), outcome(80, 40), "faster"),
        (replace(outcome(), exploded=True), replace(outcome(), exploded=True), "explode"),
    ],
)
def test_compare(before, now, verdict):
    assert compare(before, now) == verdict


def test_every_guess_is_judged_by_the_previous_run(quick):
    fell, slower = "the training cost fell", "more slowly than in the previous run."
    quick.controls["learning_rate"].value = 0.05  # no guess: the words without a judgement
    assert quick.says.value.endswith(f"<br><b>slower</b>: {fell} {slower}")
    quick.guess.value = "slower"
    quick.controls["learning_rate"].value = 0.02
    assert quick.says.value.endswith(f"<br><b>slower</b>, as you predicted: {fell} {slower}")
    quick.controls["learning_rate"].value = 0.1  # the same control: the guess holds
    assert "<b>faster</b>, and you predicted <b>slower</b>: the training cost fell faster" in quick.says.value
    quick.guess.value = "explode"
    quick.controls["learning_rate"].value = 3.0
    assert quick.says.value.startswith("Exploded in epoch 1, as the steps overshot.")
    assert 'd="M"' not in quick.view.value  # a run without a point has no curve
    assert "<b>explode</b>, as you predicted: the training cost went over a million." in quick.says.value
    quick.guess.value = "the same"
    quick.controls["learning_rate"].value = 2.0
    assert "<b>explode</b>, and you predicted <b>the same</b>: " in quick.says.value


def test_each_word_that_may_be_guessed_is_defined_next_to_it(quick):
    meanings = quick.box().children[2].value
    assert [f"<b>{word}</b>: it {what}" in meanings for word, what in module.VERDICTS.items()] == [True] * 4
    assert quick.guess.options == (*module.VERDICTS, module.NO_GUESS)


def test_another_control_wants_another_guess(quick):
    quick.guess.value = "faster"
    quick.controls["hidden"].value = 8
    assert "predicted" in quick.says.value
    quick.controls["seed"].value = 3
    assert quick.guess.value == module.NO_GUESS and "predicted" not in quick.says.value
    quick.guess.value = "slower"
    quick.controls["learning_rate"].value = 0.01
    assert quick.guess.value == "slower" and "as you predicted" in quick.says.value


# --- what it shows and says of a run ---


@pytest.mark.parametrize("equal", ["epochs", "updates"])
def test_the_picture_shows_both_costs_of_a_run_the_mean_and_the_run_before(quick, equal):
    quick.controls["equal"].value = equal
    quick.runs = quick.runs[:1]
    first, second = quick.done, quick.homes.run(replace(QUICK, seed=1, equal=equal, batch_size=81))
    (alone,) = read_charts(quick.picture(first))
    assert ("#c9d7e0", False) not in alone.curves and not [said for said in alone.words if "faint" in said]
    quick.runs.append(second)
    (chart,) = read_charts(quick.picture(second))
    shown = {
        (BLUE, False): (second, second.training),
        (VERMILLION, True): (second, second.validation),
        ("#c9d7e0", False): (first, first.training),
    }
    for key, (run, costs) in shown.items():
        low = np.array(costs) < 500  # what is far above the frame is moved nearer
        expected = np.column_stack([run.x(equal), costs])[low]
        assert np.allclose(chart.curves[key][low], expected, atol=0.3), key
    ends = [[0, quick.homes.mean_cost], [second.x(equal)[-1], quick.homes.mean_cost]]
    assert np.allclose(chart.curves[INK, True], ends, atol=0.3) and len(chart.curves) == 4
    assert {equal, "cost, (thousand dollars)²"} < set(chart.words)


def test_the_words_on_the_picture_have_the_colours_of_their_curves(quick):
    quick.controls["seed"].value = 1
    said = dict(re.findall(r"<text [^>]*fill=\"(#\w+)\"[^>]*>(\w+: [^<]*)<", quick.view.value))
    assert said == {
        INK: "dotted: always the mean, on the hand that judges, 91",
        BLUE: "solid: training, on the four hands it learns from",
        VERMILLION: "dashed: validation, on the hand that judges",
        "#5c7a8c": "faint: training of earlier runs",
    }


def test_the_sentence_tells_the_last_costs_and_the_lowest_with_its_epoch(quick):
    quick.runs = [replace(outcome(80, 40, 20), validation=[90, 30.04, 45.678])]
    assert quick._sentence() == (
        "After 3 epochs, the training cost is 20 and the validation cost 45.7 (lowest 30, in epoch 2)."
    )


def test_the_sliders_go_as_far_as_the_rules_say(quick):
    found = {
        each.description: (each.min, each.max, each.step)
        for name in ("hidden", "epochs", "seed")
        for each in [quick.controls[name]]
    }
    assert found == {"hidden units": (1, 40, 1), "epochs": (25, 300, 25), "seed": (0, 9, 1)}


# --- moves ---


@pytest.mark.parametrize(
    "name, value",
    [
        ("learning_rate", 0.02),
        ("hidden", 7),
        ("batch_size", 81),
        ("epochs", 50),
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
    assert [says.split(" …")[0] for says, _ in seen] == [f"epoch {i} of 25" for i in range(1, 26)]
    assert len({view for _, view in seen}) == 25
    assert quick.view.value == quick.picture(quick.done) and "After 25 epochs" in quick.says.value


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
    assert quick.done.setting.seed == 2 and "After 25 epochs" in quick.says.value


# --- what is stored, and what stays in memory ---


def test_the_stored_text_is_the_setting_and_no_result():
    box = explorer(epochs=25, hidden=2)
    text = box.static["text/plain"]
    assert text == (
        "The explorer: learning rate 0.1, hidden units 2, batch size 27, epochs 25, seed 0, L2 0."
    )
    assert box.static["text/html"].count("<img") == 1 and "alt=" in box.static["text/html"]
    box.explorer.controls["seed"].value = 1
    assert box.static["text/plain"] == text


def test_old_runs_stay_faint_and_do_not_pile_up(quick):
    one = quick.view.value.count("<path")
    for moves, faint in (*((i, i) for i in range(1, 6)), *((i, 5) for i in range(6, 12))):
        quick.controls["seed"].value = moves % 10
        assert quick.view.value.count("<path") == one + faint
