"""Lesson 06: one step, counting updates, L2, stopping early, momentum, other data; and its quiz."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from miniflow_lib.errors import MiniFlowError
from miniflow_classroom.judge.exercise import Exercise, Judge, Question
from miniflow_classroom.judge.vocabulary import function, gives, is_like, value

# --- stopping early ---


def _stop_early(costs: list[float], patience: int) -> int:
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        if epoch - best >= patience:
            break
    return best


def _where_it_stopped(costs: list[float], patience: int) -> int:
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        if epoch - best >= patience:
            return epoch
    return len(costs)


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


def _no_speed(slope, x, learning_rate, keep, steps):
    for _ in range(steps):
        x = x - learning_rate * slope(x)
    return x


def _uphill(slope, x, learning_rate, keep, steps):
    speed = 0.0
    for _ in range(steps):
        speed = keep * speed + learning_rate * slope(x)
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

EXERCISES = [
    Exercise(
        "new_weight",
        "write the weight after the step",
        value(2 - 0.1 * 3),
        [
            (
                is_like(2 + 0.1 * 3),
                "a positive gradient says that uphill is to the right. Which way is down?",
            ),
            (is_like(2 - 3), "the whole gradient is too long a step: what is the learning rate for?"),
            (is_like(-0.1 * 3), "that is the step alone. Where does the weight stand after it?"),
            (is_like(3 - 0.1 * 2), "you moved the gradient. Which of the two numbers is the weight?"),
            (is_like(0.1 * 3), "that is how long the step is. Where does the weight stand after it?"),
        ],
        [
            "A step is the learning rate times the gradient: how long is it?",
            "The gradient points uphill. Go that far the other way, from where the weight stands.",
        ],
        praise="Against the gradient, and a little only.",
        meets=(14,),
    ),
    Exercise(
        "with_l2",
        "write the function",
        function(L2_CASES, like=lambda gradient, W, l2: gradient + 2 * l2 * W),
        [
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
        [
            "The new cost is a sum of two parts. What does a sum do with derivatives?",
            "What is the derivative of l2 · w² for one weight w? The other weights stand still.",
            "`gradient` plus a number times `l2 * W`: the number comes from the square.",
        ],
        praise="Each step now takes a little off every weight.",
    ),
    Exercise(
        "stop_early",
        "write the function",
        function(COSTS, like=_stop_early),
        [
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
                gives(_where_it_stopped),
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
        [
            "Walk along the costs and remember the number of the best epoch so far.",
            "`for epoch, cost in enumerate(costs, start=1)`: is it a new lowest? Then remember it.",
            "How long ago was the best? When `epoch - best` has reached `patience`, leave the loop.",
        ],
        praise="And one would keep the weights of that epoch.",
        meets=(20,),
    ),
    Exercise(
        "updates",
        "write how many updates",
        value(30 * math.ceil(404 / 25)),
        [
            (
                is_like(30 * (404 // 25)),
                "you left out the homes that do not fill a batch. They get an update, too.",
            ),
            (is_like(math.ceil(404 / 25)), "that is one epoch. How many are there?"),
            (is_like(404 // 25), "that is one epoch, and without the homes that do not fill a batch."),
            (is_like(30 * 404), "that is an update for each home. Here 25 homes share one."),
            (is_like(30 * 404 / 25), "a part of an update there is not: what happens to the last few homes?"),
        ],
        [
            "First one epoch: deal 404 homes out, 25 at a time. Do they come out even?",
            "16 batches take 400 homes, and the last 4 make one more. And that in every epoch.",
        ],
    ),
    Exercise(
        "momentum",
        "write the function",
        function(WALKS, like=_momentum),
        [
            (gives(_no_speed), "that is plain gradient descent: the old speed is forgotten at each step."),
            (gives(_uphill), "the ball rolls uphill: which sign has the slope's part?"),
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
        [
            "Two things are remembered from step to step: x, and the speed.",
            "In the loop two lines: `speed = ...`, then `x = ...`.",
            "`speed = keep * speed - learning_rate * slope(x)`, and x moves by the speed.",
        ],
        praise="With keep = 0 it is plain gradient descent.",
        seconds=8,
    ),
    Exercise(
        "diabetes_settings",
        "write four numbers",
        Judge(_train, _not_better, _form),
        [
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
        [
            "It overfits: the cost on people it has seen is far below the other. What makes it milder?",
            "Fewer epochs or a smaller learning rate stop it before it knows them by heart.",
            "Prices of homes were near 22, these numbers are near 150, and costs go with the square: "
            "L2 may be much larger here, some tenths.",
        ],
        praise="Better on people it never saw: that is what counts.",
        meets=(20,),
        seconds=60,
    ),
]

QUIZ = [
    Question(
        "The cost of one step is higher than that of the step before. What is wrong?",
        ["nothing", "the learning rate is too large", "a gradient has the wrong sign"],
        "nothing",
        "A step's cost is that of its batch, and batches differ. Only the trend has to fall.",
        {
            "the learning rate is too large": "Then the trend would rise, too.",
            "a gradient has the wrong sign": "Then the trend would rise. Each step is graded on other homes.",
        },
        meets=(19,),
    ),
    Question(
        "Network A: training cost 2, validation cost 15. Network B: 6 and 11. Which one do you take?",
        ["A", "B", "the mean of both"],
        "B",
        "New homes are what it is for, and on homes that it had not seen B is better.",
        {
            "A": "Which homes had it seen? It knows those by heart.",
            "the mean of both": "Possible, but nothing here says that it would be better.",
        },
        meets=(20,),
    ),
    Question(
        "The gradient of a weight is positive. What does the update do?",
        ["it raises the weight", "it lowers the weight", "it depends on the cost"],
        "it lowers the weight",
        "A positive gradient says that the cost rises with the weight.",
        {
            "it raises the weight": "Positive is uphill. Which way is down?",
            "it depends on the cost": "The gradient has asked the cost already.",
        },
        meets=(14,),
    ),
    Question(
        "When may the columns be standardised?",
        [
            "before the split, by all rows",
            "after the split, each part by itself",
            "after the split, by the training part",
        ],
        "after the split, by the training part",
        "The network then sees every part on the same scale, and learns nothing about rows it must not know.",
        {
            "before the split, by all rows": "Then mean and spread know something of the rows set aside.",
            "after the split, each part by itself": "Then the same home gets other numbers in another part.",
        },
    ),
    Question(
        "You tried 20 settings and took the one with the lowest cost on the test part. What is that cost?",
        ["a fair verdict", "too bad", "too good"],
        "too good",
        "The best of 20 is partly luck with just these rows. Settings are chosen on the validation part.",
        {
            "a fair verdict": "The rows had a say in the choice. Who has not been asked yet?",
            "too bad": "You took the lowest of 20. Is luck on your side or against you?",
        },
    ),
    Question(
        "With batches of 304 an epoch is 1 update, with batches of 11 it is 28. After 100 epochs "
        "the small batches are far ahead. Why, above all?",
        ["they made 28 times as many updates", "small batches have better gradients", "they saw more homes"],
        "they made 28 times as many updates",
        "At equal updates the two are about level; but each large one has looked at 28 times as many rows.",
        {
            "small batches have better gradients": "They are rougher. How many steps did each of them make?",
            "they saw more homes": "An epoch is once through all homes, for both.",
        },
    ),
]
