"""Every number that the syllabus promises comes out of the engine, to the digits that it prints."""

import math

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    Mul,
    Node,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    sgd_update,
    topological_sort,
)


def orders(graph) -> int:
    """In how many orders the nodes of a graph can run: counted over the sets that can have run so far."""
    place = {node: i for i, node in enumerate(graph)}
    needs = [sum(1 << place[n] for n in set(node.inbound_nodes)) for node in graph]
    ways = {0: 1}
    for _ in graph:
        nxt = {}
        for ran, count in ways.items():
            for i, need in enumerate(needs):
                if not ran >> i & 1 and need & ran == need:
                    nxt[ran | 1 << i] = nxt.get(ran | 1 << i, 0) + count
        ways = nxt
    return sum(ways.values())


def inputs(names):
    return [Input(name) for name in names.split()]


def value(output, feed):
    return forward_pass(output, topological_sort(feed, output))


def run(output, feed):
    graph = topological_sort(feed, output)
    forward_and_backward(graph)
    return graph


def one_layer():
    X, W1, b, y = inputs("X W1 b y")
    feed = {X: [[-1.0, -2], [-1, -2]], W1: [[2.0], [3]], b: [-3.0], y: [1.0, 2]}
    return (X, W1, b, y), Sigmoid(Linear(X, W1, b)), feed


def two_layers():
    (X, W1, b, y), s, feed = one_layer()
    W2, b2 = inputs("W2 b2")
    return (X, W1, b, y, W2, b2), MSE(y, Linear(s, W2, b2)), feed | {W2: [[2.0]], b2: [-3.0]}


def test_valid_orders_6_8_and_2268():
    x, y, z = inputs("x y z")
    feed = {x: 1, y: 2, z: 3}
    total, product = Add(x, y, z), Mul(Add(x, y), z)
    assert orders(topological_sort(feed, total)) == 6
    assert orders(topological_sort(feed, product)) == 8
    _, cost, feed = two_layers()
    graph = topological_sort(feed, cost)
    assert len(graph) == 10 and orders(graph) == 2268


def test_sums_products_and_the_neuron():
    x, y, z = inputs("x y z")
    assert value(Add(x, y, z), {x: 4, y: 5, z: 10}) == 19
    assert value(Mul(x, y, z), {x: 4, y: 5, z: 10}) == 200
    assert f"{value(Linear(x, y, z), {x: [6, 14, 3], y: [0.5, 0.25, 1.4], z: 2}):.10g}" == "12.7"


def test_the_layer():
    X, W, b = inputs("X W b")
    f = Linear(X, W, b)
    feed = {X: [[1, 2], [3, 4]], W: [[5, 6], [7, 8]]}
    assert value(f, {**feed, b: [0, 0]}).tolist() == [[19, 22], [43, 50]]
    assert value(f, {**feed, b: [-1, -1]}).tolist() == [[18, 21], [42, 49]]


def test_the_sigmoid_layer():
    X, W, b = inputs("X W b")
    out = value(Sigmoid(Linear(X, W, b)), {X: [[-1, -2], [-1, -2]], W: [[2, -3], [2, -3]], b: [-3, -5]})
    assert [[f"{v:.8e}" for v in row] for row in out] == [["1.23394576e-04", "9.82013790e-01"]] * 2


def test_the_cost_and_the_broadcasting_trap():
    y, a = inputs("y a")
    assert f"{value(MSE(y, a), {y: [1, 2, 3], a: [4.5, 5, 10]}):.5f}" == "23.41667"
    assert f"{value(MSE(y, a), {y: [1, 2, 3], a: [[4.5], [5], [10]]}):.5f}" == "23.41667"
    trap = np.array([1, 2, 3]) - np.array([[4.5], [5], [10]])
    assert trap.size == 9 and f"{np.mean(trap**2):.2f}" == "27.08"


def test_the_graph_of_lesson_04():
    x, y, z = inputs("x y z")
    q = Add(x, y)
    f = Mul(q, z)
    run(f, {x: -2, y: 5, z: -4})
    assert (q.value, f.value) == (3, -12)
    assert [n.gradients[n] for n in (x, y, z)] == [-4, -4, 3] and q.grad_cost() == -4
    assert value(f, {x: -1.9, y: 5, z: -4}) - -12 == pytest.approx(-0.4)


class Exp(Node):
    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        self.value = np.exp(self.inbound_nodes[0].value)

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost() * self.value}


def test_the_sigmoid_neuron():
    w0, w1, w2, x0, x1 = inputs("w0 w1 w2 x0 x1")
    f = Sigmoid(Add(Mul(w0, x0), Mul(w1, x1), w2))
    run(f, {w0: 2, w1: -3, w2: -3, x0: -1, x1: -2})
    assert f"{f.value:.2f}" == "0.73"
    assert [f"{n.gradients[n]:.2f}" for n in (w0, w1, w2, x0, x1)] == [
        "-0.20",
        "-0.39",
        "0.20",
        "0.39",
        "-0.59",
    ]
    s = float(f.value)
    after_the_activation = 1 / (1 + math.exp(-s)) * (1 - 1 / (1 + math.exp(-s)))
    assert f"{after_the_activation:.2f}" == "0.22" and f"{s * (1 - s):.2f}" == "0.20"


def test_a_value_used_twice():
    x, three = inputs("x three")
    run(Add(Mul(x, x), Mul(three, x)), {x: 2, three: 3})
    assert x.gradients[x] == 7


def test_the_integer_example_of_lesson_05():
    X, W, b, y = inputs("X W b y")
    out = Linear(X, W, b)
    cost = MSE(y, out)
    start = {X: [[1, 2], [3, 4]], W: [[2], [-1]], b: [1], y: [2, 5]}
    for rate, after in ((0.02, "0.3392"), (0.1, "11.68")):
        graph = run(cost, start)
        assert out.value.tolist() == [[1], [3]] and cost.value == 2.5
        assert W.gradients[W].tolist() == [[-7], [-10]] and b.gradients[b].tolist() == [-3]
        assert X.gradients[X].tolist() == [[-2, 1], [-4, 2]]
        sgd_update([W, b], rate)
        assert f"{forward_pass(cost, graph):.4g}" == after


def test_the_one_layer_case():
    (X, W1, b, y), s, feed = one_layer()
    cost = MSE(y, s)
    run(cost, feed)
    assert f"{cost.value:.9f}" == "2.499949896"
    assert [f"{v:.8e}" for v in X.gradients[X].ravel()] == [
        *("-3.34017280e-05", "-5.01025919e-05"),
        *("-6.68040138e-05", "-1.00206021e-04"),
    ]
    assert [f"{v:.7f}" for v in y.gradients[y]] == ["0.9999833", "1.9999833"]
    assert [f"{v:.8e}" for v in W1.gradients[W1].ravel()] == ["5.01028709e-05", "1.00205742e-04"]
    assert f"{b.gradients[b][0]:.8e}" == "-5.01028709e-05"
    assert [f"{v:.0f}" for v in s.grad_cost().ravel()] == ["-1", "-2"]
    assert f"{float(s.value[0, 0] * (1 - s.value[0, 0])):.2e}" == "1.67e-05"


def test_the_two_layer_case():
    (_, W1, b, _, W2, b2), cost, feed = two_layers()
    run(cost, feed)
    assert f"{cost.value:.9f}" == "20.499699376"
    assert f"{W2.gradients[W2][0, 0]:.8e}" == "-1.50311681e-04"
    assert f"{b2.gradients[b2][0]:.8f}" == "-8.99993319"
    assert [f"{v:.8e}" for v in W1.gradients[W1].ravel()] == ["3.00618341e-04", "6.01236682e-04"]
    assert f"{b.gradients[b][0]:.8e}" == "-3.00618341e-04"


def test_two_equal_rows_with_different_targets_cost_at_least_a_quarter():
    outputs = np.linspace(-3, 5, 801)
    assert min(np.mean((np.array([1, 2]) - a) ** 2) for a in outputs) == pytest.approx(0.25)


# --- lesson 06: descent on x^4 - 3 x^3 + 2


def descend(start, rate, until=1e-5, limit=100_000):
    """The original's loop: (where it ends, how many steps)."""
    x, size, steps = start, math.inf, 0
    while size > until and steps < limit and abs(x) < 1e6:
        step = rate * (4 * x**3 - 9 * x**2)
        x, size, steps = x - step, abs(step), steps + 1
    return x, steps


def test_descent_from_6_ends_at_2_249965_after_70_steps():
    assert f"{descend(6, 0.01)[0]:.6f}" == "2.249965" and descend(6, 0.01)[1] == 70
    assert 6 - 0.01 * (4 * 6**3 - 9 * 6**2) == pytest.approx(0.6)
    assert f"{2.25**4 - 3 * 2.25**3 + 2:.3f}" == "-6.543"


def test_descent_from_6_can_stop_on_the_flat_point_or_fly_off():
    assert 6 - (4 * 6**3 - 9 * 6**2) / 90 == pytest.approx(0, abs=1e-12)
    assert abs(descend(6, 1 / 90)[0]) < 1e-6
    assert abs(descend(6, 0.0195)[0]) > 100


def test_descent_from_3_takes_600_steps_or_11_or_bounces_for_ever():
    assert [descend(3, rate, limit=10_000)[1] for rate in (0.0005, 0.03)] == [600, 11]
    assert descend(3, 0.1, limit=10_000)[1] == 10_000
