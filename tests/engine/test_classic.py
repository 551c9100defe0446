"""Twenty programs in the pattern of the classic MiniFlow, each run as its author would have written it."""

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


class ClassicInput(Node):
    """The one of the classic MiniFlow."""

    def __init__(self):
        Node.__init__(self)

    def forward(self, value=None):
        if value is not None:
            self.value = value

    def backward(self):
        self.gradients = {self: 0}
        for n in self.outbound_nodes:
            grad_cost = n.gradients[self]
            self.gradients[self] += grad_cost * 1


ClassicInput.__name__ = "Input"


class ClassicLinear(Node):
    def __init__(self, X, W, b):
        Node.__init__(self, [X, W, b])

    def forward(self):
        X = self.inbound_nodes[0].value
        W = self.inbound_nodes[1].value
        b = self.inbound_nodes[2].value
        self.value = np.dot(X, W) + b

    def backward(self):
        self.gradients = {n: np.zeros_like(n.value) for n in self.inbound_nodes}
        for n in self.outbound_nodes:
            grad_cost = n.gradients[self]
            self.gradients[self.inbound_nodes[0]] += np.dot(grad_cost, self.inbound_nodes[1].value.T)
            self.gradients[self.inbound_nodes[1]] += np.dot(self.inbound_nodes[0].value.T, grad_cost)
            self.gradients[self.inbound_nodes[2]] += np.sum(grad_cost, axis=0, keepdims=False)


class ClassicSigmoid(Node):
    def __init__(self, node):
        Node.__init__(self, [node])

    def _sigmoid(self, x):
        return 1.0 / (1.0 + np.exp(-x))

    def forward(self):
        input_value = self.inbound_nodes[0].value
        self.value = self._sigmoid(input_value)

    def backward(self):
        self.gradients = {n: np.zeros_like(n.value) for n in self.inbound_nodes}
        for n in self.outbound_nodes:
            grad_cost = n.gradients[self]
            sigmoid = self.value
            self.gradients[self.inbound_nodes[0]] += sigmoid * (1 - sigmoid) * grad_cost


class ClassicMSE(Node):
    def __init__(self, y, a):
        Node.__init__(self, [y, a])

    def forward(self):
        y = self.inbound_nodes[0].value.reshape(-1, 1)
        a = self.inbound_nodes[1].value.reshape(-1, 1)
        self.m = self.inbound_nodes[0].value.shape[0]
        self.diff = y - a
        self.value = np.mean(self.diff**2)

    def backward(self):
        self.gradients[self.inbound_nodes[0]] = (2 / self.m) * self.diff
        self.gradients[self.inbound_nodes[1]] = (-2 / self.m) * self.diff


QUIZ_X = [[-3.34017280e-05, -5.01025919e-05], [-6.68040138e-05, -1.00206021e-04]]
QUIZ_W, QUIZ_b = [[5.01028709e-05], [1.00205742e-04]], [-5.01028709e-05]


@pytest.mark.parametrize("input_class", [Input, ClassicInput])
def test_gradient_quiz_with_all_ops_written_out(input_class):
    X, W, b, y = (input_class() for _ in range(4))
    cost = ClassicMSE(y, ClassicSigmoid(ClassicLinear(X, W, b)))
    X_ = np.array([[-1.0, -2.0], [-1, -2]])
    feed_dict = {X: X_, y: np.array([1, 2]), W: np.array([[2.0], [3.0]]), b: np.array([-3.0])}
    graph = topological_sort(feed_dict)
    forward_and_backward(graph)
    assert cost.value == pytest.approx(2.49994989601, abs=1e-10)
    for node, quiz in ((X, QUIZ_X), (W, QUIZ_W), (b, QUIZ_b), (y, [[0.9999833], [1.9999833]])):
        np.testing.assert_allclose(node.gradients[node], quiz, rtol=1e-7)


def test_gradient_quiz_with_the_passes_written_out():
    inputs, graph, _ = quiz_graph()
    for n in graph:
        n.forward()
    for n in graph[::-1]:
        n.backward()
    X, _, W, b = inputs
    for node, quiz in ((X, QUIZ_X), (W, QUIZ_W), (b, QUIZ_b)):
        np.testing.assert_allclose(node.gradients[node], quiz, rtol=1e-7)


def classic_sort(feed_dict):
    input_nodes = [n for n in feed_dict.keys()]
    G = {}
    nodes = [n for n in input_nodes]
    while len(nodes) > 0:
        n = nodes.pop(0)
        if n not in G:
            G[n] = {"in": set(), "out": set()}
        for m in n.outbound_nodes:
            if m not in G:
                G[m] = {"in": set(), "out": set()}
            G[n]["out"].add(m)
            G[m]["in"].add(n)
            nodes.append(m)
    L = []
    S = set(input_nodes)
    while len(S) > 0:
        n = S.pop()
        if isinstance(n, Input):
            n.value = feed_dict[n]
        L.append(n)
        for m in n.outbound_nodes:
            G[n]["out"].remove(m)
            G[m]["in"].remove(n)
            if len(G[m]["in"]) == 0:
                S.add(m)
    return L


def test_the_sort_written_out():
    x, y, z = Input(), Input(), Input()
    f = Mul(Add(x, y), z)
    graph = classic_sort({x: 4, y: 5, z: 10})
    assert forward_pass(f, graph) == 90
    forward_and_backward(graph)
    assert [n.gradients[n] for n in (x, y, z)] == [10, 10, 9]


def test_sorted_nodes_is_the_name_of_the_list():
    x, y = Input(), Input()
    f = Add(x, y)
    feed_dict = {x: 10, y: 5}
    sorted_nodes = topological_sort(feed_dict)
    output = forward_pass(f, sorted_nodes)
    shown = "{} + {} = {} (according to miniflow)"
    assert shown.format(feed_dict[x], feed_dict[y], int(output)) == "10 + 5 = 15 (according to miniflow)"


def test_the_update_written_out_in_place():
    X, y, W, b = Input(), Input(), Input(), Input()
    MSE(y, Linear(X, W, b))
    X_, y_ = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])
    graph = topological_sort({X: X_, y: y_, W: np.zeros((1, 1)), b: np.zeros(1)})
    for _ in range(500):
        forward_and_backward(graph)
        for t in [W, b]:
            partial = t.gradients[t]
            t.value -= 0.1 * partial
    assert W.value.item() == pytest.approx(2) and b.value.item() == pytest.approx(1)


def test_a_tanh_added_to_the_library():
    class Tanh(Node):
        def __init__(self, node):
            Node.__init__(self, [node])

        def forward(self):
            self.value = np.tanh(self.inbound_nodes[0].value)

        def backward(self):
            self.gradients = {n: np.zeros_like(n.value) for n in self.inbound_nodes}
            for n in self.outbound_nodes:
                self.gradients[self.inbound_nodes[0]] += (1 - self.value**2) * n.gradients[self]

    x, y = Input(), Input()
    t = Tanh(x)
    MSE(y, Add(t, Mul(t, t)))  # two consumers
    graph = topological_sort({x: np.array([0.5, -1.0]), y: np.array([0.0, 0.0])})
    forward_and_backward(graph)
    a = np.tanh([0.5, -1.0])
    np.testing.assert_allclose(x.gradients[x], (a + a**2) * (1 + 2 * a) * (1 - a**2), rtol=1e-12)


def test_xor():
    X, y = Input(), Input()
    W1, b1, W2, b2 = Input(), Input(), Input(), Input()
    cost = MSE(y, Sigmoid(Linear(Sigmoid(Linear(X, W1, b1)), W2, b2)))
    np.random.seed(1)
    feed_dict = {
        X: np.array([[0, 0], [0, 1], [1, 0], [1, 1]]),
        y: np.array([0, 1, 1, 0]),
        W1: np.random.randn(2, 4),
        b1: np.zeros(4),
        W2: np.random.randn(4, 1),
        b2: np.zeros(1),
    }
    graph = topological_sort(feed_dict)
    trainables = [W1, b1, W2, b2]
    for _ in range(3000):
        forward_and_backward(graph)
        sgd_update(trainables, 2.0)
    assert cost.value < 0.01
    assert np.round(cost.inbound_nodes[1].value).ravel().tolist() == [0, 1, 1, 0]


def test_boston_with_every_op_and_the_update_written_out():
    """Beside ours: the same costs, epoch by epoch."""
    losses = []
    for input_class, linear, sigmoid, mse in (
        (ClassicInput, ClassicLinear, ClassicSigmoid, ClassicMSE),
        (Input, Linear, Sigmoid, MSE),
    ):
        X_, y_ = load_boston(return_X_y=True)
        X_ = (X_ - np.mean(X_, axis=0)) / np.std(X_, axis=0)
        rng = np.random.default_rng(0)
        W1_, W2_ = rng.standard_normal((13, 10)), rng.standard_normal((10, 1))
        X, y, W1, b1, W2, b2 = (input_class() for _ in range(6))
        mse(y, linear(sigmoid(linear(X, W1, b1)), W2, b2))
        graph = topological_sort({X: X_, y: y_, W1: W1_, b1: np.zeros(10), W2: W2_, b2: np.zeros(1)})
        losses.append([])
        for _ in range(3):
            loss = 0
            for _ in range(506 // 11):
                rows = rng.integers(0, 506, 11)
                X.value = X_[rows]
                y.value = y_[rows]
                forward_and_backward(graph)
                for t in (W1, b1, W2, b2):
                    t.value -= 0.01 * t.gradients[t]
                loss += graph[-1].value
            losses[-1].append(loss / (506 // 11))
    assert losses[0] == pytest.approx(losses[1], rel=1e-9) and losses[0][2] < losses[0][0]


def test_an_input_given_its_value_by_forward():
    x, y = Input(), Input()
    f = Mul(x, y)
    x.forward(6)
    y.forward(7)
    f.forward()
    assert f.value == 42
