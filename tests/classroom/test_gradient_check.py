"""check_gradients: right about what is right and what is wrong, silent about what it cannot know."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    forward_and_backward,
    topological_sort,
    trace,
)
from tests.in_place import ReLU, Subtract
from miniflow_classroom.gradients.check import RIGHT, UNKNOWN, WRONG, check_gradients


def network(L=Linear, S=Sigmoid, M=MSE, width=3, rows=5, seed=0):
    """Two layers, the first of them square."""
    rng = np.random.default_rng(seed)
    X, W1, b1, W2, b2, y = map(Input, ("X", "W1", "b1", "W2", "b2", "y"))
    cost = M(y, L(S(L(X, W1, b1)), W2, b2))
    shapes = {X: (rows, width), W1: (width, width), b1: (width,), W2: (width, 1), b2: (1,), y: (rows, 1)}
    return cost, {node: rng.normal(size=shape) for node, shape in shapes.items()}


def verdicts(check) -> dict[str, str]:
    return {row.name: row.verdict for row in check.rows}


# --- healthy ----------------------------------------------------------------------------------------------


def random_graph(seed: int):
    """Up to a dozen ops on numbers, rows and matrices of a few shapes, values used more than once."""
    rng = np.random.default_rng(seed)
    rows, width = rng.integers(1, 5, size=2)
    nodes, feed = [], {}

    def fed(name: str, *shape: int) -> Input:
        node = Input(name)
        feed[node] = rng.normal(size=shape) * rng.choice([0.1, 1.0, 10.0])
        return node

    nodes.append(fed("x0", rows, width))
    for number in range(1, int(rng.integers(3, 13))):
        a, b = (nodes[int(rng.integers(len(nodes)))] for _ in range(2))
        kind = int(rng.integers(5))
        if kind == 0:
            nodes.append(Add(a, b, fed(f"x{number}", width)))
        elif kind == 1:
            nodes.append(Mul(a, Sigmoid(b)))
        elif kind == 2:
            nodes.append(Sigmoid(Linear(a, fed(f"W{number}", width, width), fed(f"b{number}", width))))
        elif kind == 3:
            nodes.append(Add(a, fed(f"c{number}"), Sigmoid(a)))
        else:
            nodes.append(Linear(b, fed(f"W{number}", width, width), fed(f"b{number}", width)))
    return MSE(fed("y", rows, width), Add(nodes[-1], nodes[int(rng.integers(len(nodes)))])), feed


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_200_random_healthy_graphs_raise_no_alarm(first):
    rows = []
    for seed in range(first, first + 25):
        check = check_gradients(*random_graph(seed))
        assert check.ok, (seed, check)
        rows += check.rows
    # Behind a sigmoid that is flat to the last digit a slope of 1e-105 cannot be measured, and that is said.
    assert sum(row.verdict == RIGHT for row in rows) > 0.8 * len(rows)


def test_numbers_and_a_table_that_say_the_same_everywhere():
    x, y, z = map(Input, "xyz")
    check = check_gradients(Mul(Add(x, y), z), {x: -2, y: 5, z: -4})
    assert [(row.name, row.shape, row.verdict) for row in check.rows] == [(n, (), RIGHT) for n in "xyz"]
    np.testing.assert_allclose([row.slope for row in check.rows], [-4, -4, 3], rtol=1e-9)
    assert check.ok and check.sentence == ""
    text = repr(check)
    assert text.splitlines()[0].split() == ["Input", "shape", "largest", "difference", "verdict"]
    assert text.count("+ right") == 3 and text.count("none") == 3
    assert check._repr_mimebundle_()["text/plain"] == text.replace("+ right", "✓ right")
    assert check._repr_mimebundle_()["text/html"].count("<tr>") == 4


class Halved(Sigmoid):
    def backward(self):
        super().backward()
        self.gradients = {node: gradient / 2 for node, gradient in self.gradients.items()}


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_it_is_printed_into_a_file_of_any_encoding(encoding):
    x, y = Input("x"), Input("y")
    check = check_gradients(MSE(y, Halved(x)), {x: 0.5, y: 1.0})
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print(check, [check], f"{check}", file=file)
    file.flush()
    text = file.buffer.getvalue().decode(encoding)
    assert text.count("- wrong") == text.count("+ right") == 3 and "so a constant factor is wrong" in text


def test_a_flat_graph_of_chosen_inputs():
    cost, feed = network()
    W2 = next(node for node in feed if node.name == "W2")
    assert verdicts(check_gradients(cost, feed, [W2])) == {"W2": RIGHT}
    assert verdicts(check_gradients(cost, feed, W2)) == {"W2": RIGHT}


def test_names_are_escaped():
    nasty = Input("<img src=x onerror=alert(1)>")
    html = check_gradients(Mul(nasty, nasty), {nasty: 2.0})._repr_mimebundle_()["text/html"]
    assert "<img" not in html and "&lt;img" in html


# --- faults -----------------------------------------------------------------------------------------------


class SignMSE(MSE):
    def backward(self):
        super().backward()
        a = self.inbound_nodes[1]
        self.gradients[a] = -self.gradients[a]


class Missing2mMSE(MSE):
    def backward(self):
        y, a = self.inbound_nodes
        grad = self.grad_cost() * self.diff
        self.gradients = {y: grad.reshape(y.value.shape), a: -grad}


class WrongAxisMSE(MSE):
    def backward(self):
        y, a = self.inbound_nodes
        grad = self.grad_cost() * self.diff * 2.0 / self.diff.shape[1]
        self.gradients = {y: grad.reshape(y.value.shape), a: -grad}


class AveragedBias(Linear):
    def backward(self):
        super().backward()
        self.gradients[self.inbound_nodes[2]] = self.grad_cost().mean(axis=0)


class UnsummedBias(Linear):
    def backward(self):
        super().backward()
        self.gradients[self.inbound_nodes[2]] = self.grad_cost()


class UnturnedW(Linear):
    def backward(self):
        super().backward()
        X, W, _ = self.inbound_nodes
        if W.value.shape[0] == W.value.shape[1]:
            self.gradients[X] = self.grad_cost() @ W.value


class TransposedW(Linear):
    def backward(self):
        super().backward()
        _, W, _ = self.inbound_nodes
        self.gradients[W] = self.gradients[W].T


class PerSampleW(Linear):
    def backward(self):
        super().backward()
        X, W, _ = self.inbound_nodes
        self.gradients[W] = X.value[:, :, None] * self.grad_cost()[:, None, :]


class AfterTheActivation(Sigmoid):
    def backward(self):
        (x,) = self.inbound_nodes
        s = 1 / (1 + np.exp(-self.value))
        self.gradients = {x: self.grad_cost() * s * (1 - s)}


class LastRowOnly(Linear):
    def backward(self):
        super().backward()
        X, W, b = self.inbound_nodes
        grad = self.grad_cost()
        self.gradients.update({W: X.value[-1:].T @ grad[-1:], b: grad[-1]})


class NeverReset(Linear):
    def backward(self):
        old = self.gradients
        super().backward()
        self.gradients = {node: grad + old.get(node, 0.0) for node, grad in self.gradients.items()}


class NoArrivingGradient(Sigmoid):
    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.value * (1 - self.value)}


FAULTS = [
    (dict(M=SignMSE), "the sign is wrong"),
    (dict(M=Missing2mMSE), "the factor 2/m is missing"),
    (dict(M=WrongAxisMSE), "m was counted along the wrong axis"),
    (dict(L=AveragedBias), "divided by m once more"),
    (dict(L=UnsummedBias), "that sum is missing"),
    (dict(L=PerSampleW), "that sum is missing"),
    (dict(L=UnturnedW), "A .T is missing"),
    (dict(L=TransposedW), "transposed, rows and columns"),
    (dict(L=NeverReset), "left from the run before"),
    (dict(S=AfterTheActivation), ""),
    (dict(L=LastRowOnly), ""),
    (dict(S=NoArrivingGradient), ""),
]
IDS = [cls.__name__ for fault, _ in FAULTS for cls in fault.values()]
NAMES = sorted({said for _, said in FAULTS if said})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=IDS)
def test_each_fault_is_found_and_called_by_its_own_name_or_by_none(fault, said, seed):
    check = check_gradients(*network(**fault, rows=7, seed=seed))
    assert not check.ok
    assert [name for name in NAMES if name in check.sentence] == ([said] if said else [])
    if not said:
        assert check.sentence == ""


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 6, 20])
@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=IDS)
def test_no_fault_gets_anothers_name_at_any_number_of_rows(fault, said, rows):
    check = check_gradients(*network(**fault, rows=rows, seed=rows))
    assert [name for name in NAMES if name in check.sentence] in ([], [said])


def test_the_last_consumer_alone():
    class LastConsumer(Input):
        def grad_cost(self):
            return self.outbound_nodes[-1].gradients[self]

    x, three = LastConsumer("x"), Input("three")
    check = check_gradients(Add(Mul(x, x), Mul(three, x)), {x: 2, three: 3})
    assert verdicts(check) == {"x": WRONG, "three": RIGHT}
    assert "the sum over all of them" in check.sentence
    assert float(check.rows[0].slope) == pytest.approx(7.0) and float(check.rows[0].gradient) == 3.0


def test_a_chance_on_round_numbers_is_no_pattern():
    """At y = 5 the wrong slope, y - 10, happens to be the negative of the right one; elsewhere not."""

    class Odd(Node):
        def __init__(self, x, y):
            Node.__init__(self, [x, y])

        def forward(self):
            x, y = self.inbound_nodes
            self.value = x.value * y.value

        def backward(self):
            x, y = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * (y.value - 10.0), y: self.grad_cost() * x.value}

    x, y = Input("x"), Input("y")
    check = check_gradients(Odd(x, y), {x: -2.0, y: 5.0})
    assert verdicts(check) == {"x": WRONG, "y": RIGHT} and check.sentence == ""
    assert float(check.rows[0].gradient) == -5.0 and float(check.rows[0].slope) == pytest.approx(5.0)


def test_passes_of_ones_own_are_checked_at_the_inputs():
    def steps_uphill(graph):
        forward_and_backward(graph)
        for node in graph:
            if not node.inbound_nodes:
                node.gradients = {node: -node.gradients[node]}

    check = check_gradients(*network(), passes=steps_uphill)
    assert not check.ok and "the sign is wrong" in check.sentence


def test_passes_of_ones_own_that_are_wrong_by_a_factor_are_called_so():
    def three_times(graph):
        forward_and_backward(graph)
        for node in graph:
            if not node.inbound_nodes:
                node.gradients = {node: 3 * node.gradients[node]}

    check = check_gradients(*network(), passes=three_times)
    assert set(verdicts(check).values()) == {WRONG}
    assert check.sentence.endswith(
        " (and more): 3 times the slope everywhere, so a constant factor is wrong."
    )


class MyInput(Node):
    """An Input of the learner's own."""

    def __init__(self, name):
        Node.__init__(self, name=name)

    def forward(self): ...

    def backward(self):
        self.gradients = {self: self.grad_cost()}


def test_an_input_of_ones_own_is_checked_too():
    x, y = MyInput("x"), Input("y")
    check = check_gradients(SignMSE(y, x), {x: [1.0, 2.0], y: [3.0, 5.0]}, [x])
    assert verdicts(check) == {"x": WRONG} and "sign" in check.sentence
    assert check_gradients(MSE(y, x), {x: [1.0, 2.0], y: [3.0, 5.0]}).ok


@pytest.mark.parametrize(("drift", "said"), [(1e-4, True), (3e-6, True), (1e-9, False)])
def test_a_gradient_is_another_one_when_it_differs_by_more_than_rounding(drift, said):
    class Drifting(Sigmoid):
        runs = 0

        def backward(self):
            Sigmoid.backward(self)
            self.runs += 1
            (x,) = self.inbound_nodes
            self.gradients = {x: self.gradients[x] * (1 + self.runs * drift)}

    x = Input("x")
    check = check_gradients(Drifting(x), {x: 0.3})
    assert check.ok != said and ("run again on the same values" in check.sentence) == said


class RowMinusColumn(MSE):
    """A cost that subtracts a row from a column: gradients of n * n numbers."""

    def forward(self):
        y, a = self.inbound_nodes
        self.value = np.mean((a.value - y.value) ** 2)

    def backward(self):
        y, a = self.inbound_nodes
        outer = 2 / len(a.value) * (a.value.reshape(-1, 1) - y.value.reshape(1, -1))
        self.gradients = {y: -outer, a: outer}


class ColumnBack(Sigmoid):
    """Hands back a column where a plain list is due."""

    def backward(self):
        super().backward()
        (x,) = self.inbound_nodes
        self.gradients = {x: self.gradients[x].reshape(-1, 1)}


@pytest.mark.parametrize(
    ("build", "guilty"),
    [
        (lambda x, y: RowMinusColumn(y, Sigmoid(x, name="innocent")), "RowMinusColumn"),
        (lambda x, y: RowMinusColumn(y, Sigmoid(Sigmoid(x, name="innocent"))), "RowMinusColumn"),
        (lambda x, y: MSE(y, ColumnBack(Sigmoid(x, name="innocent"))), "ColumnBack"),
    ],
)
def test_a_wrong_shape_is_said_of_the_op_that_set_it_first(build, guilty):
    x, y = Input("x"), Input("y")
    with pytest.raises(
        MiniFlowError, match=rf"^{guilty}\.backward\(\) set a gradient of shape \(3, \d\) for"
    ):
        check_gradients(build(x, y), {x: [1.0, 2.0, 3.0], y: [0.0, 1.0, 0.0]})


# --- what writes in place ---------------------------------------------------------------------------------


class WrongReLU(ReLU):
    """The slope is forgotten on the way back."""

    def forward(self):
        super().forward()
        self.value = self.value * 2.0


WRITING = [
    lambda x, w: Add(x, ReLU(x), w),
    lambda x, w: Add(ReLU(w), ReLU(ReLU(x)), x),
    lambda x, w: Subtract(x, w),
    lambda x, w: Mul(Subtract(ReLU(x), Subtract(w, x)), w),
]


@pytest.mark.parametrize("at", [2.0, [-1.0, 2.0], [[-1.0, 2.0], [3.0, -4.0]]])
@pytest.mark.parametrize("build", WRITING)
def test_an_op_that_writes_into_the_gradient_it_got_brings_no_blame_on_its_neighbours(build, at):
    x, w, y = Input("x"), Input("w"), Input("y")
    feed = {x: at, w: 0.3 - np.array(at), y: np.ones(np.shape(at)) / 7}
    check = check_gradients(MSE(y, build(x, w)), feed)
    assert set(verdicts(check).values()) == {RIGHT}, check


@pytest.mark.parametrize(
    ("build", "blamed"),
    [
        (lambda x, w: Add(WrongReLU(x), w), "x"),
        (lambda x, w: Subtract(w, ReLU(WrongReLU(x))), "x"),
        (lambda x, w: Subtract(x, WrongReLU(ReLU(w))), "w"),
    ],
)
def test_beside_ops_that_write_in_place_the_wrong_one_alone_is_blamed(build, blamed):
    x, w, y = Input("x"), Input("w"), Input("y")
    feed = {x: [1.0, 2.0, 0.5], w: [0.7, 3.0, 1.0], y: [0.1, 0.2, 0.3]}
    check = check_gradients(MSE(y, build(x, w)), feed)
    assert [name for name, verdict in verdicts(check).items() if verdict == WRONG] == [blamed], check
    assert check.sentence.startswith("What WrongReLU hands to ") and "0.5 times" in check.sentence


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_an_op_that_writes_into_its_input_is_named_and_the_value_stays(method):
    class Writes(ReLU):
        def forward(self):
            super().forward()
            self.write("forward")

        def backward(self):
            super().backward()
            self.write("backward")

        def write(self, here):
            if here == method:
                z = self.inbound_nodes[0].value
                z *= 2

    x, y = Input("x"), Input("y")
    feed = {x: np.array([1.0, 2.0]), y: [0.0, 0.0]}
    graph = topological_sort(feed, output=MSE(y, Writes(x)))
    with pytest.raises(MiniFlowError, match=rf"^Writes\.{method}\(\) changes the value of x,"):
        check_gradients(graph[-1], feed)
    assert x.value.tolist() == feed[x].tolist() == [1, 2]


# --- what differs from run to run -------------------------------------------------------------------------


class Unsteady(Node):
    """x times something that is another number in each forward."""

    runs = 0

    def __init__(self, x, name=None):
        Node.__init__(self, [x], name)

    def forward(self):
        (x,) = self.inbound_nodes
        self.by = self.factor(x.value)
        self.value = x.value * self.by

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * self.by}


class Dropout(Unsteady):
    rng = np.random.default_rng(1)

    def factor(self, x):
        return self.rng.random(x.shape) > 0.5


class GlobalDropout(Unsteady):
    def factor(self, x):
        return np.random.rand(*x.shape) > 0.5


class Counting(Unsteady):
    def factor(self, x):
        self.runs += 1
        return self.runs


class Flickering(Counting):
    """The same but for every seventh run."""

    def factor(self, x):
        return 1 + (super().factor(x) % 7 == 0)


class FaintNoise(Unsteady):
    rng = np.random.default_rng(1)

    def factor(self, x):
        return 1 + 1e-9 * self.rng.random()


class CountsInBackward(Unsteady):
    def factor(self, x):
        return 1 + self.runs

    def backward(self):
        super().backward()
        self.runs += 1


class Jittered(Input):
    """An Input that adds noise to what it was fed."""

    rng = np.random.default_rng(1)

    def forward(self, value=None):
        super().forward(value)
        self.value = self.value + self.rng.normal(size=self.value.shape)


UNSTEADY = [Dropout, GlobalDropout, Counting, Flickering, FaintNoise, CountsInBackward]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", UNSTEADY)
@pytest.mark.parametrize("at", [0.5, [0.5, 2.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_an_op_whose_value_varies_is_named_and_nothing_else_is_blamed(kind, deep, at):
    x, y = Input("x"), Input("y")
    op = kind(Sigmoid(x) if deep else x, name="wobbly")
    check = check_gradients(MSE(y, Sigmoid(Add(op, x)) if deep else op), {x: at, y: np.zeros(np.shape(at))})
    assert set(verdicts(check).values()) == {UNKNOWN} and check.ok
    assert check.sentence.startswith("wobbly does not have the same value each time forward() runs")
    assert "default_rng(0)" in check.sentence


def test_an_input_whose_value_varies_is_named():
    x, y = Jittered("x"), Input("y")
    assert check_gradients(MSE(y, Sigmoid(x)), {x: [1.0], y: [0.0]}).sentence.startswith(
        "x does not have the same"
    )


def test_a_dropout_that_draws_the_same_each_time_is_checked():
    class Fixed(Unsteady):
        def factor(self, x):
            return np.random.default_rng(0).random(x.shape) > 0.5

    x, y = Input("x"), Input("y")
    feed = {x: [1.0, 2.0, 3.0], y: [0.5, 0.5, 0.5]}
    assert set(verdicts(check_gradients(MSE(y, Fixed(x)), feed)).values()) == {RIGHT}


def test_the_generator_of_a_random_op_is_put_back():
    x, y = Input("x"), Input("y")
    op = Dropout(x)
    op.rng = np.random.default_rng(5)
    check_gradients(MSE(y, op), {x: [1.0, 2.0], y: [0.0, 0.0]})
    assert op.rng.random() == np.random.default_rng(5).random()


def test_what_adds_up_and_what_is_random_in_backward_are_told_apart():
    class SumsUp(Sigmoid):
        """A sum of its own, which is never reset."""

        total = 0.0

        def backward(self):
            super().backward()
            (x,) = self.inbound_nodes
            self.total = self.total + self.gradients[x]
            self.gradients = {x: self.total}

    class NoisyBack(Sigmoid):
        def backward(self):
            super().backward()
            (x,) = self.inbound_nodes
            self.gradients = {x: self.gradients[x] * np.random.rand()}

    for kind, said in (NeverReset, "it adds to what"), (SumsUp, "changes from"), (NoisyBack, "changes from"):
        check = check_gradients(*network(**{"L" if kind is NeverReset else "S": kind}))
        assert not check.ok and said in check.sentence
        assert re.match(
            rf"backward\(\) of {kind.__name__}\S* gives a different gradient when", check.sentence
        )


# --- what cannot be checked -------------------------------------------------------------------------------


class Relu(Node):
    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        self.value = np.maximum(self.inbound_nodes[0].value, 0.0)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * (x.value > 0)}


@pytest.mark.parametrize(("at", "verdict"), [(0.0, UNKNOWN), (1e-5, RIGHT), (-1e-5, RIGHT), (0.7, RIGHT)])
def test_a_kink_is_said_and_its_neighbours_are_checked(at, verdict):
    x = Input("x")
    check = check_gradients(Relu(x), {x: at})
    assert check.rows[0].verdict == verdict and check.ok
    assert ("kink" in check.sentence) == (verdict == UNKNOWN)


class Power(Node):
    """|x| to a power: above 1 its slope at 0 is 0, and the smaller the power, the sharper the bend there."""

    def __init__(self, x, power):
        Node.__init__(self, [x])
        self.power = power

    def forward(self):
        self.value = np.abs(self.inbound_nodes[0].value) ** self.power

    def backward(self):
        (x,) = self.inbound_nodes
        slope = self.power * np.abs(x.value) ** (self.power - 1) * np.sign(x.value)
        self.gradients = {x: self.grad_cost() * slope}


@pytest.mark.parametrize(("power", "verdict"), [(1.5, RIGHT), (1.2, UNKNOWN)])
def test_a_sharp_bend_is_a_kink_and_a_soft_one_is_none(power, verdict):
    x = Input("x")
    check = check_gradients(Power(x, power), {x: 0.0})
    assert check.rows[0].verdict == verdict and ("kink" in check.sentence) == (verdict == UNKNOWN)


def test_a_bend_of_a_five_hundredth_of_the_slope_is_a_kink():
    x = Input("x")
    bent = Add(x, Mul(Relu(x), Input("c")))
    c = bent.inbound_nodes[1].inbound_nodes[1]
    assert verdicts(check_gradients(bent, {x: 0.0, c: 2e-3}))["x"] == UNKNOWN


def test_a_wrong_number_beside_a_kink_is_still_wrong():
    class BadRelu(Relu):
        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * (x.value < 0)}

    x, y = Input("x"), Input("y")
    check = check_gradients(MSE(y, BadRelu(x)), {x: [0.0, 1.0, -1.0], y: [1.0, 5.0, 2.0]})
    assert verdicts(check)["x"] == WRONG


@pytest.mark.parametrize("large", [1e13, 1e17, 1e200])
def test_a_number_so_large_that_differences_drown_is_said(large):
    x, y = Input("x"), Input("y")
    check = check_gradients(Add(x, y), {x: large, y: 1.0})
    assert verdicts(check)["y"] == UNKNOWN and check.ok
    assert "is lost in rounding" in check.sentence


def test_a_minimum_has_no_number_that_is_so_much_larger():
    """Up and down from a power of two are rounded differently; from other numbers the slope is exactly 0."""
    x, y = Input("x"), Input("y")
    for at in [1.0, 2.0, 3.0, 4.0], [[8.0], [3.0]], 1024.0:
        check = check_gradients(MSE(y, x), {x: at, y: at})
        assert set(verdicts(check).values()) == {UNKNOWN}
        assert check.sentence.startswith("x and y: its slope is 0 here, or too small to be told from round")


def test_a_slope_that_is_almost_0_is_said_to_be_so():
    w = Input("w")
    check = check_gradients(Sigmoid(w), {w: 33.0})
    assert verdicts(check) == {"w": UNKNOWN} and "its slope is 0 here, or too small" in check.sentence


def test_a_cost_that_is_nowhere_near_a_number_is_said():
    class Edge(Node):
        def __init__(self, x):
            Node.__init__(self, [x])

        def forward(self):
            x = self.inbound_nodes[0].value
            self.value = np.float64(1.0 if x == 2.0 else np.nan)

        def backward(self):
            self.gradients = {self.inbound_nodes[0]: np.float64(0.0)}

    x = Input("x")
    check = check_gradients(Edge(x), {x: 2.0})
    assert check.rows[0].verdict == UNKNOWN and "steady" in check.sentence


# --- nothing is left behind -------------------------------------------------------------------------------


def state(nodes) -> list:
    return [
        (
            n,
            id(n.value),
            np.array(n.value, copy=True),
            {k: np.array(g) for k, g in n.gradients.items()},
            n.run,
        )
        for n in nodes
    ]


def assert_same_state(before: list) -> None:
    for (node, identity, value, gradients, run), now in zip(
        before, state(n for n, *_ in before), strict=True
    ):
        assert now[1] == identity and now[4] is run, node
        np.testing.assert_array_equal(now[2], value)
        assert now[3].keys() == gradients.keys()
        for key, grad in gradients.items():
            np.testing.assert_array_equal(now[3][key], grad)


@pytest.mark.parametrize("fault", [{}, dict(M=SignMSE), dict(L=NeverReset), dict(S=AfterTheActivation)])
def test_values_and_gradients_stay_as_they_were(fault):
    cost, feed = network(**fault)
    graph = topological_sort({node: 2.0 * value for node, value in feed.items()}, output=cost)
    forward_and_backward(graph)
    before = state(graph)
    check_gradients(cost, feed)
    assert_same_state(before)


def test_values_and_gradients_stay_as_they_were_when_it_fails():
    class Crash(Sigmoid):
        def backward(self):
            raise RuntimeError("boom")

    cost, feed = network(S=Crash)
    graph = topological_sort(feed, output=cost)
    before = state(graph)
    with pytest.raises(RuntimeError, match="boom"):
        check_gradients(cost, {node: value + 1.0 for node, value in feed.items()})
    assert_same_state(before)


def test_it_prints_nothing_and_leaves_the_flags(capsys, monkeypatch):
    monkeypatch.setattr(trace, "DEBUG", True)
    check_gradients(*network())
    assert capsys.readouterr().out == "" and trace.DEBUG


def test_what_cannot_be_asked_gets_a_sentence():
    cost, feed = network()
    with pytest.raises(MiniFlowError, match="cannot be checked"):
        check_gradients(cost, feed, [Input("stranger")])
    with pytest.raises(MiniFlowError, match="cannot be checked"):
        check_gradients(cost, feed, [cost])
    with pytest.raises(MiniFlowError, match="not fed"):
        check_gradients(cost, {})
    with pytest.raises(MiniFlowError, match="single number"):
        check_gradients(cost.inbound_nodes[1], feed)


def test_a_large_array_is_checked_on_a_sample():
    X, W, b, y = map(Input, "XWby")
    rng = np.random.default_rng(0)
    feed = {X: rng.normal(size=(400, 5)), W: rng.normal(size=(5, 1)), b: [0.0], y: rng.normal(size=400)}
    check = check_gradients(MSE(y, Linear(X, W, b)), feed)
    assert set(verdicts(check).values()) == {RIGHT}
    assert np.isfinite(check.rows[0].slope).sum() == 1000
