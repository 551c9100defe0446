"""Ten programs in the pattern of the classic MiniFlow, each run as its author would have written it."""

# ruff: noqa: F403, F405
import numpy as np
import pytest

from miniflow_lib import *


def test_sum():
    x, y, z = Input("x"), Input("y"), Input("z")
    f = Add(x, y, z)
    feed_dict = {x: 4, y: 5, z: 10}
    graph = topological_sort(feed_dict)
    output = forward_pass(f, graph)
    assert f"{feed_dict[x]} + {feed_dict[y]} + {feed_dict[z]} = {output:g}" == "4 + 5 + 10 = 19"


def test_product():
    x, y, z = Input(), Input(), Input()
    f = Mul(x, y, z)
    assert forward_pass(f, topological_sort({x: 4, y: 5, z: 10})) == 200


def test_neuron():
    inputs, weights, bias = Input(), Input(), Input()
    f = Linear(inputs, weights, bias)
    feed_dict = {inputs: [6, 14, 3], weights: [0.5, 0.25, 1.4], bias: 2}
    assert forward_pass(f, topological_sort(feed_dict)) == pytest.approx(12.7, abs=1e-12)


def test_layer():
    X, W, b = Input("X"), Input("W"), Input("b")
    f = Linear(X, W, b)
    feed_dict = {
        X: np.array([[1.0, 2.0], [3.0, 4.0]]),
        W: np.array([[5.0, 6], [7, 8]]),
        b: np.array([-1.0, -1]),
    }
    output = forward_pass(f, topological_sort(feed_dict))
    assert output.tolist() == [[18, 21], [42, 49]]


def test_sigmoid():
    X, W, b = Input(), Input(), Input()
    g = Sigmoid(Linear(X, W, b))
    feed_dict = {
        X: np.array([[-1.0, -2.0], [-1, -2]]),
        W: np.array([[2.0, -3], [2.0, -3]]),
        b: np.array([-3.0, -5]),
    }
    output = forward_pass(g, topological_sort(feed_dict))
    np.testing.assert_allclose(output, [[1.23394576e-04, 9.82013790e-01]] * 2, rtol=1e-8)


def test_cost():
    y, a = Input(), Input()
    cost = MSE(y, a)
    graph = topological_sort({y: np.array([1, 2, 3]), a: np.array([4.5, 5, 10])})
    forward_pass(cost, graph)
    assert cost.value == pytest.approx(23.4166666667, abs=1e-9)


def quiz_graph():
    X, W, b, y = Input(), Input(), Input(), Input()
    cost = MSE(y, Sigmoid(Linear(X, W, b)))
    X_ = np.array([[-1.0, -2.0], [-1, -2]])
    W_, b_, y_ = np.array([[2.0], [3.0]]), np.array([-3.0]), np.array([1, 2])
    return [X, y, W, b], topological_sort({X: X_, y: y_, W: W_, b: b_}), cost


def test_gradient_quiz_with_y_in_its_own_shape():
    inputs, graph, cost = quiz_graph()
    forward_and_backward(graph)
    gradients = [t.gradients[t] for t in inputs]
    expected = [
        [[-3.34017280e-05, -5.01025919e-05], [-6.68040138e-05, -1.00206021e-04]],
        [0.9999833, 1.9999833],
        [[5.01028709e-05], [1.00205742e-04]],
        [-5.01028709e-05],
    ]
    for gradient, quiz in zip(gradients, expected):
        assert gradient.shape == np.shape(quiz)
        np.testing.assert_allclose(gradient, quiz, rtol=1e-7)
    assert cost.value == pytest.approx(2.49994989601, abs=1e-10)


def test_boston_loop():
    X_, y_ = load_boston(return_X_y=True)
    X_ = (X_ - np.mean(X_, axis=0)) / np.std(X_, axis=0)
    n_features, n_hidden = X_.shape[1], 10
    rng = np.random.default_rng(0)
    W1_, b1_ = rng.standard_normal((n_features, n_hidden)), np.zeros(n_hidden)
    W2_, b2_ = rng.standard_normal((n_hidden, 1)), np.zeros(1)
    X, y = Input(), Input()
    W1, b1, W2, b2 = Input(), Input(), Input(), Input()
    l1 = Linear(X, W1, b1)
    s1 = Sigmoid(l1)
    l2 = Linear(s1, W2, b2)
    MSE(y, l2)
    graph = topological_sort({X: X_, y: y_, W1: W1_, b1: b1_, W2: W2_, b2: b2_})
    trainables, losses = [W1, b1, W2, b2], []
    for _ in range(20):
        loss = 0
        for _ in range(506 // 11):
            rows = rng.integers(0, 506, 11)
            X.value, y.value = X_[rows], y_[rows]
            forward_and_backward(graph)
            sgd_update(trainables)
            loss += graph[-1].value
        losses.append(loss / (506 // 11))
    assert losses[-1] < 20 < losses[0]
    assert W1_.tolist() != W1.value.tolist() and not b1_.any()


def test_two_graphs_on_the_same_inputs():
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    assert forward_pass(f, topological_sort({x: 10, y: 5})) == 15
    g = Mul(x, y)
    graph = topological_sort({x: 10, y: 5})
    assert forward_pass(g, graph) == 50 and f.value == 15


def test_a_graph_run_twice():
    inputs, graph, cost = quiz_graph()
    seen = []
    for _ in range(2):
        forward_and_backward(graph)
        seen.append([float(cost.value), *(t.gradients[t].tolist() for t in inputs)])
    assert seen[0] == seen[1]
