"""Lesson 06: one step, counting updates, L2, stopping early, momentum, other data; and its quiz."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from miniflow_lib.errors import MiniFlowError
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.vocabulary import function, gives, is_like, value

# --- stopping early ---


def _best_and_last(costs: list[float], patience: int) -> tuple[int, int]:
    """The best epoch, and the one in which the training stops."""
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        if epoch - best >= patience:
            break
    return best, epoch


def _stop_early(costs: list[float], patience: int) -> int:
    return _best_and_last(costs, patience)[0]


def _first_rise(costs: list[float], patience: int) -> int:
    return next((epoch for epoch in range(1, len(costs)) if costs[epoch] > costs[epoch - 1]), len(costs))


def _never_anew(costs: list[float], patience: int) -> int:
    best, waited = 1, 0
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        elif epoch > 1:
            waited += 1
        if waited >= patience:
            break
    return best


COSTS = [
    ([9.0, 7.0, 8.0, 7.5, 6.0, 6.5, 6.4, 6.3, 1.0], 3),
    ([9.0, 7.0, 8.0, 7.5, 6.0, 6.5], 2),
    ([5.0, 4.0, 3.0], 2),
    ([3.0, 4.0, 5.0, 1.0], 1),
    ([9.0, 8.0, 8.5, 7.0, 7.5, 6.0, 6.5, 6.4, 1.0], 2),
]

# --- momentum ---


def _momentum(slope, x, learning_rate, keep, steps):
    speed = 0.0
    for _ in range(steps):
        speed = keep * speed - learning_rate * slope(x)
        x = x + speed
    return x


def _moves_first(slope, x, learning_rate, keep, steps):
    speed = 0.0
    for _ in range(steps):
        x, speed = x + speed, keep * speed - learning_rate * slope(x)
    return x


def _parabola_slope(x: float) -> float:
    return 2 * x


def _quartic_slope(x: float) -> float:
    return 4 * x**3 - 9 * x**2


WALKS = [
    (_parabola_slope, 4.0, 0.1, 0.5, 1),
    (_parabola_slope, 4.0, 0.1, 0.5, 3),
    (_quartic_slope, 3.0, 0.01, 0.8, 10),
]

# --- other data ---

GIVEN = {"hidden": 10, "learning_rate": 0.01, "epochs": 100, "l2": 0.0}
GAIN = 0.95  # of the given network's cost on new people


def _form(settings: object) -> str | None:
    """What is wrong with the settings before anything is trained with them."""
    if not isinstance(settings, Mapping) or set(settings) != set(GIVEN):
        return f"a dict with exactly these keys is asked for: {', '.join(GIVEN)}."
    for name, number in settings.items():
        if number is ...:
            return None
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            return f"{name} has to be a number."
        if name in ("hidden", "epochs") and (number != int(number) or number < 1):
            return f"{name} has to be a whole number, 1 or more."
        if number < 0:
            return f"{name} must not be below 0."
    if ... not in settings.values() and settings["hidden"] * settings["epochs"] > 20_000:
        return "that would take too long here: try fewer hidden units or epochs."
    return None


def _train(settings: Mapping[str, float]) -> SimpleNamespace:
    if ... in settings.values():
        return SimpleNamespace(settings=dict(settings))
    return _trained(*(float(settings[name]) for name in GIVEN))


@lru_cache
def _trained(hidden: float, learning_rate: float, epochs: float, l2: float) -> SimpleNamespace:
    """The mean cost over five splits of the diabetes data: on the people it learned from, and on new ones."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    found = []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(data.target))
        seen, new = np.split(order, [int(0.8 * len(order))])
        A = (data.data - data.data[seen].mean(axis=0)) / data.data[seen].std(axis=0)
        try:
            found.append(_fit(A, data.target, seen, new, int(hidden), learning_rate, int(epochs), l2, seed))
        except MiniFlowError:
            return SimpleNamespace(seen=math.inf, new=math.inf, is_given=False)
    seen_cost, new_cost = (float(cost) for cost in np.mean(found, axis=0))
    given = (hidden, learning_rate, epochs, l2) == tuple(map(float, GIVEN.values()))
    return SimpleNamespace(seen=seen_cost, new=new_cost, is_given=given)


def _fit(A, y_, seen, new, hidden, learning_rate, epochs, l2, seed) -> list[float]:
    from miniflow_lib import MSE, Input, Linear, Sigmoid, topological_sort, trace
    from miniflow_lib.training import train

    rng, n = np.random.default_rng(seed), A.shape[1]
    X, y, W1, b1, W2, b2 = inputs = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    start = [rng.normal(size=(n, hidden)), np.zeros(hidden), rng.normal(size=(hidden, 1)), np.zeros(1)]
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    graph = topological_sort(dict(zip(inputs, [A[seen], y_[seen], *start])), output=cost)
    with trace.silent(), np.errstate(all="ignore"):
        train(
            graph,
            {X: A[seen], y: y_[seen]},
            inputs[2:],
            learning_rate=learning_rate,
            epochs=epochs,
            l2=l2,
            seed=seed,
        )
    w1, c1, w2, c2 = (t.value for t in inputs[2:])
    with np.errstate(over="ignore"):
        said = (1 / (1 + np.exp(-(A @ w1 + c1))) @ w2 + c2)[:, 0]
    return [float(np.mean((said[rows] - y_[rows]) ** 2)) for rows in (seen, new)]


def _given() -> SimpleNamespace:
    return _trained(*map(float, GIVEN.values()))


def _not_better(got: SimpleNamespace) -> str | None:
    if got.new <= GAIN * _given().new:
        return None
    return "on new people it is not five in a hundred better yet. Change one setting at a time."


_rng = np.random.default_rng(6)
L2_CASES = [
    (_rng.integers(-4, 5, (3, 2)) / 2, _rng.integers(-4, 5, (3, 2)) / 2, 0.25),
    (np.array([[1.0], [-2.0]]), np.array([[3.0], [0.5]]), 0.1),
]

texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="new_weight",
        judge=value(2 - 0.1 * 3),
        mistakes=[
            (
                is_like(2 + 0.1 * 3),
                "a positive gradient says that uphill is to the right. Which way is down?",
            ),
            (is_like(2 - 3), "the whole gradient is too long a step: what is the learning rate for?"),
            (is_like(-0.1 * 3), "that is the step alone. Where does the weight stand after it?"),
            (is_like(3 - 0.1 * 2), "you moved the gradient. Which of the two numbers is the weight?"),
            (is_like(0.1 * 3), "that is how long the step is. Where does the weight stand after it?"),
        ],
    ),
    texts.exercise(
        name="with_l2",
        judge=function(L2_CASES, like=lambda gradient, W, l2: gradient + 2 * l2 * W),
        mistakes=[
            (
                gives(lambda g, W, l2: g + l2 * W),
                "the derivative of W² is not W. Nudge and measure, if in doubt.",
            ),
            (
                gives(lambda g, W, l2: g - 2 * l2 * W),
                "the sign: L2 is *added* to the cost, so what is added here?",
            ),
            (
                gives(lambda g, W, l2: g + l2 * W**2),
                "that adds what L2 adds to the cost. To the gradient comes its derivative.",
            ),
            (
                gives(lambda g, W, l2: g + l2 * np.sum(W**2)),
                "one number for all weights? Each weight's own derivative is asked for.",
            ),
            (
                gives(lambda g, W, l2: 2 * l2 * W),
                "that is L2's part alone. The cost has a gradient of its own.",
            ),
            (
                gives(lambda g, W, l2: W - 2 * l2 * W),
                "that moves the weights already. Only the gradient is asked for; sgd_update does the step.",
            ),
        ],
    ),
    texts.exercise(
        name="stop_early",
        judge=function(COSTS, like=_stop_early),
        mistakes=[
            (
                gives(lambda costs, patience: _stop_early(costs, patience) - 1),
                "that counts from 0. The first epoch is 1.",
            ),
            (
                gives(lambda costs, patience: len(costs)),
                "that is always the last epoch. Longer is not better: look at the costs.",
            ),
            (
                gives(lambda costs, patience: int(np.argmin(costs)) + 1),
                "you read all the costs. Training stops when patience is out, and never sees the later ones.",
            ),
            (
                gives(lambda costs, patience: _best_and_last(costs, patience)[1]),
                "that is where it stopped. Asked for is the epoch with the lowest cost until then.",
            ),
            (
                gives(_first_rise),
                "you stop at the first rise. A validation cost wobbles: wait for `patience` epochs.",
            ),
            (
                gives(_never_anew),
                "you count every epoch without a new lowest. After a new lowest the count starts at 0 again.",
            ),
            (
                gives(lambda costs, patience: _stop_early(costs, patience + 1)),
                "you wait one epoch too long. With patience 1 the first epoch without a new lowest ends it.",
            ),
            (
                gives(lambda costs, patience: costs[_stop_early(costs, patience) - 1]),
                "that is the lowest cost. Asked for is the number of its epoch.",
            ),
        ],
    ),
    texts.exercise(
        name="updates",
        judge=value(30 * math.ceil(404 / 25)),
        mistakes=[
            (
                is_like(30 * (404 // 25)),
                "you left out the homes that do not fill a batch. They get an update, too.",
            ),
            (is_like(math.ceil(404 / 25)), "that is one epoch. How many are there?"),
            (is_like(404 // 25), "that is one epoch, and without the homes that do not fill a batch."),
            (is_like(30 * 404), "that is an update for each home. Here 25 homes share one."),
            (is_like(30 * 404 / 25), "a part of an update there is not: what happens to the last few homes?"),
        ],
    ),
    texts.exercise(
        name="momentum",
        judge=function(WALKS, like=_momentum),
        mistakes=[
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, rate, 0, steps)),
                "that is plain gradient descent: the old speed is forgotten at each step.",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, -rate, keep, steps)),
                "the ball rolls uphill: which sign has the slope's part?",
            ),
            (gives(_moves_first), "you move by the old speed. First the new speed, then the move."),
            (
                gives(
                    lambda slope, x, rate, keep, steps: _momentum(slope, x, (1 - keep) * rate, keep, steps)
                ),
                "you scale the slope's part by (1 - keep), too. Here only the old speed is scaled.",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, rate, keep, 1)),
                "that is one step. Is the `return` inside the loop?",
            ),
        ],
        seconds=8,
    ),
    texts.exercise(
        name="diabetes_settings",
        judge=Judge(look=_train, wrong=_not_better, form=_form),
        mistakes=[
            (
                lambda got: math.isinf(got.new),
                "it explodes: the cost is no longer a number. Which setting does that?",
            ),
            (
                lambda got: got.is_given,
                "these are the settings that were given. Which one would you change first?",
            ),
            (
                lambda got: got.seen < _given().seen and got.new > _given().new,
                "better on the people it has seen, and worse on new ones: it learns them by heart even more.",
            ),
            (
                lambda got: got.seen > 2 * _given().new,
                "worse even on the people it has seen: that is too timid, it has hardly learned yet.",
            ),
        ],
        seconds=60,
    ),
]
