"""The judge of lesson 06's puzzle trains five networks at the same time: they are those that train makes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from miniflow_lib import MSE, Input, Linear, Sigmoid, forward_pass, topological_sort
from miniflow_lib.training import train
from miniflow_classroom.exercises import lesson_06


def cost(hand, *, hidden, scale, **settings):
    """The cost on one hand of the lesson's network, trained by the library."""
    people, n = lesson_06._people(), 10
    known, new = people.known[hand], people.hands[hand]
    target = people.illness[known]
    middle, spread = (target.mean(), target.std()) if scale else (0, 1)
    features, target, rng = people.table[hand], (target - middle) / spread, np.random.default_rng(hand)
    X, y, W1, b1, W2, b2 = inputs = [Input(name) for name in "X y W1 b1 W2 b2".split()]
    first = rng.normal(size=(n, hidden)) / np.sqrt(n), np.zeros(hidden)
    second = rng.normal(size=(hidden, 1)) / np.sqrt(hidden), np.zeros(1)
    a = Linear(Sigmoid(Linear(X, W1, b1)), W2, b2)
    graph = topological_sort(dict(zip(inputs, (features[known], target, *first, *second))), output=MSE(y, a))
    train(graph, {X: features[known], y: target}, [W1, b1, W2, b2], seed=hand, **settings)
    X.value, y.value = features[new], np.zeros(len(new))
    forward_pass(graph[-1], graph)
    return np.mean((a.value[:, 0] * spread + middle - people.illness[new]) ** 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 2, "learning_rate": 0.0003},
        {"epochs": 3, "hidden": 4, "l2": 0.1, "scale": True},
        {
            "epochs": 3,
            "batch_size": 353,
            "l2": 3.0,
            "learning_rate": 0.1,
            "scale": True,
        },  # 3 rows are left, of one hand
    ],
)
def test_five_networks_at_the_same_time_cost_what_train_makes_of_each(changes):
    settings = lesson_06.BASE | changes
    alone = [cost(hand, **settings) for hand in range(5)]
    assert np.allclose(lesson_06.costs_of(**settings), alone, rtol=1e-9)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"learning_rate": 0.1}, "your rate goes too far the other way"),
        ({"learning_rate": 0.001}, "Does your second change let it learn more?"),
        ({"l2": 0.1}, "Does your second change let it learn more?"),
    ],
)
def test_the_second_change_is_told_where_it_goes(second, words):
    got = SimpleNamespace(changes={"scale": True} | second, won=1, finite=True)
    assert words in lesson_06._not_level(got)[1]
