"""Gradients against central differences, over all that hypothesis can think of, and against HIPS autograd."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    Mul,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    topological_sort,
)
from tests.slopes import as_cost, assert_gradients_are_slopes, numbers, seeds

sides = st.integers(1, 3)
shapes = st.lists(sides, max_size=3).map(tuple)


@st.composite
def broadcastable(draw):
    """Shapes that numpy stretches to one another."""
    full = draw(st.lists(sides, max_size=3))
    some = []
    for _ in range(draw(st.integers(1, 4))):
        shape = [side if draw(st.booleans()) else 1 for side in full]
        some.append(tuple(shape[draw(st.integers(0, len(shape))) :]))
    return some


@settings(deadline=None)
@given(
    st.sampled_from([Add, Mul]), broadcastable(), st.lists(st.integers(0, 3), min_size=1, max_size=5), seeds
)
def test_add_and_mul_with_broadcasting_and_repeated_inputs(op, some_shapes, picks, seed):
    inputs = [Input(f"x{i}") for i in range(len(some_shapes))]
    node = op(*inputs, *(inputs[pick % len(inputs)] for pick in picks))
    out_shape = np.broadcast_shapes(*some_shapes)
    y, cost = as_cost(node)
    values = [numbers(shape, seed + i) for i, shape in enumerate(some_shapes)]
    assert_gradients_are_slopes(cost, [*inputs, y], [*values, numbers(out_shape, seed + 99)])


@settings(deadline=None)
@given(sides, sides, sides, st.booleans(), st.booleans(), st.integers(0, 3), seeds)
def test_linear_of_all_dimensions(m, n, k, one_example, one_neuron, bias, seed):
    X, W, b = Input("X"), Input("W"), Input("b")
    x_shape, w_shape = (n,) if one_example else (m, n), (n,) if one_neuron else (n, k)
    out = np.shape(np.zeros(x_shape) @ np.zeros(w_shape))
    neurons = w_shape[1:]  # () for a single one
    single = [(), (1,)] if neurons in ((), (1,)) else []
    b_shapes = [neurons, *[(1, *neurons)] * bool(neurons), *single]
    b_shape = b_shapes[bias % len(b_shapes)]
    y, cost = as_cost(Linear(X, W, b))
    values = [numbers(shape, seed + i) for i, shape in enumerate((x_shape, w_shape, b_shape, out))]
    assert_gradients_are_slopes(cost, [X, W, b, y], values)


@settings(deadline=None)
@given(sides, seeds)
def test_linear_of_the_same_node_twice_or_three_times(n, seed):
    X, b = Input("X"), Input("b")
    y, cost = as_cost(Linear(X, X, b))
    values = [numbers((n, n), seed), numbers((n,), seed + 1), numbers((n, n), seed + 2)]
    assert_gradients_are_slopes(cost, [X, b, y], values)
    y, cost = as_cost(Linear(X, X, X))
    assert_gradients_are_slopes(cost, [X, y], [numbers((1, 1), seed), numbers((1, 1), seed + 1)])


@settings(deadline=None)
@given(shapes, seeds)
def test_sigmoid(shape, seed):
    x = Input("x")
    y, cost = as_cost(Sigmoid(x))
    assert_gradients_are_slopes(cost, [x, y], [3 * numbers(shape, seed), numbers(shape, seed + 1)])


@settings(deadline=None)
@given(shapes, st.booleans(), seeds)
def test_mse_as_the_cost_and_inside_a_graph(shape, column, seed):
    y, a, c = Input("y"), Input("a"), Input("c")
    mse = MSE(y, a)
    a_shape = (*shape, 1) if column else shape
    values = [numbers(shape, seed), numbers(a_shape, seed + 1), numbers((), seed + 2)]
    assert_gradients_are_slopes(mse, [y, a], values[:2])
    assert_gradients_are_slopes(Add(Mul(mse, mse, c), mse), [y, a, c], values)


def test_mse_of_a_node_with_itself_is_flat():
    a = Input("a")
    assert_gradients_are_slopes(MSE(a, a), [a], [np.arange(3.0)])


@st.composite
def random_graphs(draw):
    """Square layers, sums, products, sigmoids over earlier nodes, used as often as it comes."""
    n, seed = draw(st.integers(1, 3)), draw(seeds)
    row = Input("row")
    inputs = [Input(f"x{i}") for i in range(draw(st.integers(2, 4)))]
    nodes = list(inputs)
    for _ in range(draw(st.integers(1, 8))):
        pick = lambda: draw(st.sampled_from(nodes))  # noqa: E731
        kind = draw(st.sampled_from(["add", "mul", "linear", "sigmoid"]))
        if kind == "add":
            nodes.append(Sigmoid(Add(pick(), pick(), pick())))
        elif kind == "mul":
            nodes.append(Sigmoid(Mul(pick(), pick())))
        elif kind == "linear":
            nodes.append(Sigmoid(Linear(pick(), pick(), row)))
        else:
            nodes.append(Sigmoid(pick()))
    ends = [node for node in nodes if not node.outbound_nodes]
    y, cost = as_cost(Add(*ends))
    values = [numbers((n, n), seed + i) for i in range(len(inputs) + 1)]
    if row.outbound_nodes:
        return cost, [*inputs, y, row], [*values, numbers((n,), seed)]
    return cost, [*inputs, y], values


@settings(deadline=None, max_examples=60)
@given(random_graphs())
def test_random_graphs_with_many_consumers(graph):
    assert_gradients_are_slopes(*graph)


# --- an independent implementation -------------------------------------------------------------------------


def boston_like(seed, m=11, n=13, h=10):
    rng = np.random.default_rng(seed)
    shapes = [(m, n), (m,), (n, h), (h,), (h, 1), (1,)]
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("seed", range(5))
def test_two_layers_agree_with_autograd(seed):
    def cost_of(X, y, W1, b1, W2, b2):
        hidden = 1 / (1 + anp.exp(-(anp.dot(X, W1) + b1)))
        return anp.mean((y.reshape(-1, 1) - anp.dot(hidden, W2) - b2) ** 2)

    values = boston_like(seed)
    expected = grad(cost_of, argnum=tuple(range(6)))(*values)
    inputs = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    X, y, W1, b1, W2, b2 = inputs
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    forward_and_backward(topological_sort(dict(zip(inputs, values)), cost))
    assert abs(cost.value - cost_of(*values)) < 1e-10
    for node, gradient in zip(inputs, expected):
        assert node.gradients[node].shape == gradient.shape
        assert np.max(abs(node.gradients[node] - gradient)) < 1e-10


@pytest.mark.parametrize("seed", range(5))
def test_shared_values_and_products_agree_with_autograd(seed):
    def cost_of(x, w, v):
        s = 1 / (1 + anp.exp(-(x * w + v)))
        return anp.mean((x - s * s * w - x) ** 2) * anp.mean((s - v) ** 2)

    rng = np.random.default_rng(seed)
    values = [rng.standard_normal(shape) for shape in ((4, 3), (3,), (4, 1))]
    x, w, v = inputs = [Input(name) for name in "xwv"]
    s = Sigmoid(Add(Mul(x, w), v))
    cost = Mul(MSE(x, Add(Mul(s, s, w), x)), MSE(s, Add(v, Mul(s, Input0 := Input("zero")))))
    forward_and_backward(topological_sort({**dict(zip(inputs, values)), Input0: 0.0}, cost))
    for node, gradient in zip(inputs, grad(cost_of, argnum=(0, 1, 2))(*values)):
        assert np.max(abs(node.gradients[node] - gradient)) < 1e-10


def test_the_training_loop_gives_the_weights_of_the_loop_by_hand_after_100_epochs():
    X_, y_, *start = boston_like(0, m=506)
    X, y, W1, b1, W2, b2 = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    graph = topological_sort({X: X_, y: y_, **dict(zip((W1, b1, W2, b2), start))}, cost)
    w1, c1, w2, c2 = start
    from miniflow_lib import minibatches, sgd_update

    for epoch in range(100):
        for rows in minibatches(506, 11, np.random.default_rng(epoch)):
            X.value, y.value = X_[rows], y_[rows]
            forward_and_backward(graph)
            sgd_update([W1, b1, W2, b2])
            hidden = 1 / (1 + np.exp(-(X_[rows] @ w1 + c1)))
            to_out = -2 / len(rows) * (y_[rows].reshape(-1, 1) - (hidden @ w2 + c2))
            to_hidden = to_out @ w2.T * hidden * (1 - hidden)
            w1, c1 = w1 - 0.01 * (X_[rows].T @ to_hidden), c1 - 0.01 * to_hidden.sum(axis=0)
            w2, c2 = w2 - 0.01 * (hidden.T @ to_out), c2 - 0.01 * to_out.sum(axis=0)
    for node, by_hand in zip((W1, b1, W2, b2), (w1, c1, w2, c2)):
        assert np.max(abs(node.value - by_hand)) < 1e-12


# --- far out


@pytest.mark.filterwarnings("error")
def test_sigmoid_is_right_in_both_tails_and_never_warns():
    x = Input("x")
    s = Sigmoid(x)
    at = np.array([-1e308, -1000, -745, -710, -40, -36, 0, 36, 40, 710, 1e308])
    out = forward_pass(s, topological_sort({x: at}))
    with np.errstate(over="ignore", under="ignore"):
        expected = np.where(at < 0, np.exp(at) / (1 + np.exp(np.minimum(at, 0))), 1 / (1 + np.exp(-at)))
    np.testing.assert_allclose(out, expected, rtol=1e-15, atol=1e-300)
    assert out[4] == pytest.approx(4.248354255291589e-18, rel=1e-14)


@pytest.mark.parametrize("zeros", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_mul_with_zeros(zeros):
    inputs = [Input(f"x{i}") for i in range(3)]
    values = [0.0 if i in zeros else i + 2.0 for i in range(3)]
    assert_gradients_are_slopes(Mul(*inputs), inputs, values)
