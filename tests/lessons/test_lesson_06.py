"""What lesson 06 says of its models holds: beside simple rivals, and step by step beside scikit-learn."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor

from miniflow_lib import MSE, Input, Linear, Sigmoid, forward_pass, load_boston, topological_sort
from miniflow_lib.training import minibatches, train

boston = load_boston()
COLUMNS = np.delete(boston.data, list(boston.feature_names).index("B"), axis=1)


def network(features, prices, weights):
    """The sorted list, its Inputs, and the node that predicts."""
    X, y, W1, b1, W2, b2 = inputs = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    a = Linear(Sigmoid(Linear(X, W1, b1)), W2, b2)
    graph = topological_sort(dict(zip(inputs, [features, prices, *weights])), output=MSE(y, a))
    return graph, inputs, a


def random_weights(n, hidden, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, hidden)), np.zeros(hidden), rng.normal(size=(hidden, 1)), np.zeros(1)]


def ours(features, prices, new, seed):
    """Prices for new rows from a network of ten units after 100 epochs."""
    graph, inputs, a = network(features, prices, random_weights(features.shape[1], 10, seed))
    train(graph, dict(zip(inputs, (features, prices))), inputs[2:], seed=seed, epochs=100)
    inputs[0].value, inputs[1].value = new, np.zeros(len(new))
    forward_pass(graph[-1], graph)
    return a.value[:, 0]


def scikit(features, prices, new, seed):
    model = MLPRegressor(
        hidden_layer_sizes=(10,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        momentum=0,
        batch_size=11,
        learning_rate_init=0.02,  # it halves the squared error, and with it every gradient
        max_iter=100,
        n_iter_no_change=101,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, prices)
    assert model.n_iter_ == 100 and model.t_ == 100 * len(prices)  # as many updates as ours
    return model.predict(new)


@pytest.fixture(scope="module")
def errors():
    """The squared errors on the new homes, a row a split: linear regression, ours, scikit-learn's."""
    found = []
    for seed in range(5):  # the lesson has ten; each is two trainings of 100 epochs
        order = np.random.default_rng(seed).permutation(506)
        known, new = np.split(order, [404])
        mean, spread = COLUMNS[known].mean(axis=0), COLUMNS[known].std(axis=0)
        A, B = (COLUMNS[known] - mean) / spread, (COLUMNS[new] - mean) / spread
        prices = boston.target[known]
        said = [
            LinearRegression().fit(A, prices).predict(B),
            ours(A, prices, B, seed),
            scikit(A, prices, B, seed),
        ]
        found.append([np.mean((s - boston.target[new]) ** 2) for s in said])
    return np.array(found)


@pytest.mark.heavy
def test_over_paired_splits_the_network_beats_linear_regression(errors):
    assert np.median(errors[:, 1] / errors[:, 0]) <= 0.7


def test_over_paired_splits_the_network_is_level_with_scikit_learns(errors):
    assert 0.8 <= np.median(errors[:, 1] / errors[:, 2]) <= 1.25


def test_the_first_100_steps_are_scikit_learns_to_ten_digits():
    """From the same weights on the same batches; what is left over is the rounding of sums."""
    A = (COLUMNS - COLUMNS.mean(axis=0)) / COLUMNS.std(axis=0)
    prices, weights = boston.target, random_weights(12, 10, 0)
    graph, inputs, _ = network(A, prices, weights)
    rng = np.random.default_rng(1)
    batches = [rows for _ in range(4) for rows in minibatches(506, 11, rng)][:100]

    model = MLPRegressor(
        hidden_layer_sizes=(10,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=0.02,
        batch_size=11,
        shuffle=False,
    )
    model.partial_fit(A[:11], prices[:11])  # makes its arrays, which then get our weights
    for array, start in zip((*model.coefs_, *model.intercepts_), (weights[i] for i in (0, 2, 1, 3))):
        array[...] = start
    from miniflow_lib import forward_and_backward, sgd_update

    for step, rows in enumerate(batches, start=1):
        inputs[0].value, inputs[1].value = A[rows], prices[rows]
        forward_and_backward(graph)
        sgd_update(inputs[2:], learning_rate=0.01)
        model.partial_fit(A[rows], prices[rows])
        theirs = (model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1])
        for t, array in zip(inputs[2:], theirs):
            assert np.max(np.abs(t.value - array)) < 1e-10, f"{t.name} after step {step}"
    assert math.dist(inputs[2].value.ravel(), weights[0].ravel()) > 1  # they have gone some way


def test_a_learning_rate_that_is_not_doubled_would_be_seen():
    """The comparison is sharp enough: half the steps' length gives other weights at once."""
    A = (COLUMNS - COLUMNS.mean(axis=0)) / COLUMNS.std(axis=0)
    results = []
    for rate in (0.01, 0.02):
        graph, inputs, _ = network(A, boston.target, random_weights(12, 10, 0))
        costs = train(
            graph,
            dict(zip(inputs, (A, boston.target))),
            inputs[2:],
            learning_rate=rate,
            epochs=1,
        )
        results.append((costs[0], inputs[2].value))
    assert np.max(np.abs(results[0][1] - results[1][1])) > 0.1


def test_the_walks_of_the_syllabus():
    from miniflow_classroom.widgets.explorer import end_of_walk, quartic, walk

    assert len(walk(3.0, 0.0005)) - 1 == 600
    assert len(walk(3.0, 0.03)) - 1 == 11
    assert "for ever" in end_of_walk(walk(3.0, 0.1))
    places = walk(6.0, 0.01)
    assert len(places) - 1 == 70 and f"{places[-1]:.6f}" == "2.249965" and places[1] == pytest.approx(0.6)
    assert f"{quartic(9 / 4):.3f}" == "-6.543"
    assert walk(6.0, 1 / 90)[-1] == pytest.approx(0, abs=1e-9)
    assert "flew off" in end_of_walk(walk(6.0, 0.0195))


def test_the_same_lines_learn_from_the_diabetes_data():
    data = load_diabetes()
    A = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    said = ours(A, data.target, A, 0)
    assert np.mean((said - data.target) ** 2) < 0.5 * np.var(data.target)
