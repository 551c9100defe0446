"""Programs of other people that once got a wrong number without a word: the right one, or a sentence."""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    backward_pass,
    forward_and_backward,
    forward_pass,
    sgd_update,
    topological_sort,
    trace,
    train,
)
from tests.graphs import walk
from tests.in_place import Op, ReLU, Same, Shift, Subtract
from tests.slopes import as_cost, assert_gradients_are_slopes, numbers, seeds

# --- a learner's ops: each writes somewhere -----------------------------------------------------------------


class ClassicReLU(ReLU):
    """Reads what its consumers say itself, as the classic MiniFlow does, and writes into it."""

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: np.zeros_like(x.value)}
        for node in self.outbound_nodes:
            g = node.gradients[self]
            g *= x.value > 0
            self.gradients[x] += g


class ByEntry(Subtract):
    """Hands one array to both, entry by entry, and turns its sign in between."""

    def backward(self):
        a, b = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {}
        self.gradients[a] = g
        g *= -1
        self.gradients[b] = g


class Reused(Subtract):
    """Takes the one gradient for the other, and turns its sign where it lies."""

    def backward(self):
        a, b = self.inbound_nodes
        self.gradients = {a: self.grad_cost()}
        self.gradients[b] = self.gradients[a]
        self.gradients[b] *= -1


class Sum(Op):
    """Hands one array to both."""

    def forward(self):
        a, b = self.inbound_nodes
        self.value = a.value + b.value

    def backward(self):
        self.gradients = dict.fromkeys(self.inbound_nodes, self.grad_cost())


class Updated(Sum):
    """Hands one array to both by a method of dict."""

    def backward(self):
        self.gradients.update(dict.fromkeys(self.inbound_nodes, self.grad_cost()))


class Zeros(Sum):
    """Starts both from one array of zeros, and adds to it."""

    def backward(self):
        self.gradients = dict.fromkeys(self.inbound_nodes, np.zeros_like(self.value))
        for node in self.inbound_nodes:
            self.gradients[node] += self.grad_cost()


class Mean(Op):
    """Hands on an array that cannot be written to."""

    def forward(self):
        self.value = np.mean(self.inbound_nodes[0].value)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: np.broadcast_to(self.grad_cost() / x.value.size, x.value.shape)}


class Leaky(ReLU):
    """Builds on an op that writes into the gradient it got, and asks for it once more."""

    def forward(self):
        super().forward()
        self.value += np.minimum(self.inbound_nodes[0].value, 0) / 2

    def backward(self):
        super().backward()
        (x,) = self.inbound_nodes
        self.gradients[x] += (x.value < 0) * self.grad_cost() / 2


class Scaled(Linear):
    """Builds on an op of ours, and changes what it set."""

    def forward(self):
        super().forward()
        self.value *= 3

    def backward(self):
        super().backward()
        for node in self.gradients:
            self.gradients[node] *= 3


class Kept(Op):
    """Keeps its arrays, and writes into them again in the next pass."""

    def forward(self):
        self.kept = getattr(self, "kept", np.zeros_like(self.inbound_nodes[0].value))
        self.kept[...] = self.inbound_nodes[0].value
        self.value = self.kept

    def backward(self):
        self.slope = getattr(self, "slope", np.zeros_like(self.value))
        self.slope[...] = self.grad_cost()
        self.gradients = {self.inbound_nodes[0]: self.slope}


BUFFER = np.zeros((2, 2))


class Buffered(Op):
    """All nodes of this class work in one array."""

    def forward(self):
        np.multiply(self.inbound_nodes[0].value, 2, out=BUFFER)
        self.value = BUFFER

    def backward(self):
        np.multiply(self.grad_cost(), 2, out=BUFFER)
        self.gradients = {self.inbound_nodes[0]: BUFFER}


class Clip(Shift):
    """A ReLU that sets its input to 0 where it is negative."""

    def forward(self):
        z = self.inbound_nodes[0].value
        z[z < 0] = 0
        self.value = z

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost() * (self.value > 0)}


class Grow(Shift):
    """Adds to its own value, which is its input's array."""

    def forward(self):
        self.value = self.inbound_nodes[0].value
        self.value += 1


class Exponent:
    """No node, and writes into what is the input of one."""

    def forward(self):
        z = self.inbound_nodes[0].value
        z -= z.max()
        self.value = np.exp(z)

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.value * self.grad_cost()}


class Mixed(Exponent, Op):
    """Has its methods from a class beside Node."""


class Replace(Shift):
    """Gives its input another value."""

    def forward(self):
        x = self.inbound_nodes[0]
        x.value = x.value - x.value.max()
        self.value = np.exp(x.value)


class Late(Shift):
    """Writes into its second input on the way back."""

    def forward(self):
        self.value = self.inbound_nodes[0].value + self.inbound_nodes[1].value

    def backward(self):
        a, b = self.inbound_nodes
        b.value *= 2
        self.gradients = {a: self.grad_cost(), b: self.grad_cost()}


class Own(Shift):
    """Writes into its own value on the way back."""

    def forward(self):
        self.value = 1 / (1 + np.exp(-self.inbound_nodes[0].value))

    def backward(self):
        s = self.value
        s *= 1 - s
        self.gradients = {self.inbound_nodes[0]: s * self.grad_cost()}


def gradients(cost, feed):
    forward_and_backward(topological_sort(feed, output=cost))
    return [node.gradients[node].tolist() for node in feed]


X = [[-1.0, 2.0], [3.0, -4.0]]
ZEROS = np.zeros((2, 2))


# --- arrays that several read -------------------------------------------------------------------------------


@pytest.mark.parametrize("relu", [ReLU, ClassicReLU])
def test_an_op_may_write_into_the_gradient_it_got_beside_a_skip_connection(relu):
    x, y = Input("x"), Input("y")
    assert gradients(MSE(y, Add(x, relu(x))), {x: X, y: ZEROS})[0] == [[-0.5, 4], [6, -2]]
    assert gradients(MSE(y, Add(relu(x), x)), {x: X, y: ZEROS})[0] == [[-0.5, 4], [6, -2]]
    assert gradients(MSE(y, Sum(x, relu(x))), {x: X, y: ZEROS})[0] == [[-0.5, 4], [6, -2]]


def test_an_op_may_ask_again_for_the_gradient_that_it_wrote_into():
    x, y = Input("x"), Input("y")
    # f = x + Leaky(x) is 2 x where x > 0, else 1.5 x
    right = [[-1.5 * 1.5 / 2, 2 * 4 / 2], [2 * 6 / 2, -1.5 * 6 / 2]]
    assert gradients(MSE(y, Add(x, Leaky(x))), {x: X, y: ZEROS})[0] == right


def test_an_op_may_change_what_an_op_of_ours_made():
    feed = dict(zip(map(Input, "XWby"), (X, [[1.0, 2.0], [-1.0, 0.5]], [0.5, 1.0], ZEROS)))
    x, W, b, y = feed
    assert_gradients_are_slopes(MSE(y, Add(x, Scaled(x, W, b))), list(feed), feed.values())


@pytest.mark.parametrize("subtract", [Subtract, ByEntry, Reused])
def test_an_op_may_hand_one_array_to_both_and_change_it_in_between(subtract):
    a, b, y = Input("a"), Input("b"), Input("y")
    assert gradients(MSE(y, subtract(a, b)), {a: [3, 4], b: [1, 1], y: [0, 0]})[:2] == [[2, 3], [-2, -3]]
    assert gradients(MSE(y, subtract(Same(a), ReLU(b))), {a: [3, 4], b: [-1, 1], y: [0, 0]})[:2] == [
        [3, 3],
        [0, -3],
    ]


@pytest.mark.parametrize("add", [Add, Sum, Updated, Zeros])
def test_a_program_may_change_one_gradient_in_place(add):
    a, b, y = Input("a"), Input("b"), Input("y")
    gradients(MSE(y, add(a, b)), {a: [3.0, 4.0], b: [3.0, 4.0], y: [0.0, 0.0]})
    for t in (a, b):
        t.gradients[t] += 0.1 * t.value
    assert a.gradients[a] == pytest.approx([6.3, 8.4]) and b.gradients[b] == pytest.approx([6.3, 8.4])
    gradients(MSE(y, add(a, b)), {a: [1.0, 2.0], b: [2.0, 2.0], y: [0.0, 0.0]})
    for t in (a, b):
        t.gradients[t] += 0.1 * t.value
    assert a.gradients[a] == pytest.approx([3.1, 4.2]) and b.gradients[b] == pytest.approx([3.2, 4.2])


def test_a_program_may_change_a_gradient_that_came_as_a_read_only_array():
    x = Input("x")
    gradients(Mean(x), {x: X})
    x.gradients[x] += 1
    assert x.gradients[x].tolist() == [[1.25] * 2] * 2


def test_what_a_program_took_from_one_pass_is_the_same_after_the_next():
    x, y = Input("x"), Input("y")
    kept = Kept(x)
    graph = topological_sort({x: X, y: ZEROS}, output=MSE(y, Add(kept, Kept(kept))))
    forward_and_backward(graph)
    value, gradient = kept.value, x.gradients[x]
    x.value = ZEROS
    forward_and_backward(graph)
    assert value.tolist() == X and gradient.tolist() == [[-2, 4], [6, -8]]
    assert not kept.value.any() and not x.gradients[x].any()


def test_a_value_that_is_handed_on_is_nobody_elses_array():
    x, y = Input("x"), Input("y")
    f = MSE(y, Same(x))
    graph = topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, output=f)
    forward_pass(f, graph)
    x.value -= 1.0
    assert f.inbound_nodes[1].value.tolist() == [1, 2]
    forward_and_backward(graph)
    x.gradients[x] *= 0
    assert f.gradients[f.inbound_nodes[1]].tolist() == [0, 1]


def test_ops_that_work_in_one_array_of_their_class_do_not_meet_there():
    x, y = Input("x"), Input("y")
    # f = 2 * 2x + 2x: d cost / dx is 6 times what arrives
    assert gradients(MSE(y, Add(Buffered(Buffered(x)), Buffered(x))), {x: X, y: ZEROS})[0] == [
        [-18, 36],
        [54, -72],
    ]


# --- an op that writes into its inputs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "method", "named"),
    [
        (Shift, "forward", "x"),
        (Mixed, "forward", "x"),
        (Clip, "forward", "x"),
        (Grow, "forward", "x"),
        (Replace, "forward", "x"),
        (Own, "backward", "own"),
    ],
)
def test_an_op_that_changes_a_value_is_named_and_the_value_stays(op, method, named):
    x, y, data = Input("x"), Input("y"), np.array(X + X)
    cost = MSE(y, op(x, name="own"))
    graph = topological_sort({x: data[:2], y: ZEROS}, output=cost)
    x.value = data[:2]  # a view of the caller's own array
    wanted = rf"^{op.__name__}\.{method}\(\) changes the value of {named}, .*z = z - \.\.\."
    for _ in range(2):
        with pytest.raises(MiniFlowError, match=wanted):
            forward_and_backward(graph)
        assert x.value.tolist() == X and data.tolist() == X + X
    if method == "backward":
        assert cost.inbound_nodes[1].value.tolist() == (1 / (1 + np.exp(-np.array(X)))).tolist()


def test_the_input_that_is_changed_is_the_one_that_is_named():
    a, b, y = Input("a"), Input("b"), Input("y")
    graph = topological_sort({a: X, b: X, y: ZEROS}, output=MSE(y, Late(a, b)))
    with pytest.raises(MiniFlowError, match=r"^Late\.backward\(\) changes the value of b,"):
        forward_and_backward(graph)
    assert a.value.tolist() == b.value.tolist() == X


def test_what_an_op_changed_before_it_failed_is_put_back_too():
    class Fails(Op):
        def forward(self):
            self.inbound_nodes[0].value[0] = 7.0
            self.inbound_nodes[0].value.shape = (4,)
            raise KeyboardInterrupt

    x = Input("x")
    graph = topological_sort({x: X}, output=Fails(x))
    with pytest.raises(KeyboardInterrupt):
        forward_pass(graph[-1], graph)
    assert x.value.tolist() == X


def test_values_outside_a_pass_may_be_written_to():
    x, y = Input("x"), Input("y")
    f = Add(ReLU(x), y)
    graph = topological_sort({x: [1.0, -1.0], y: [1.0, 1.0]}, output=f)
    forward_pass(f, graph)
    x.value -= 0.5
    f.value += 1.0
    assert forward_pass(f, graph).tolist() == [1.5, 1.0]


# --- the bias -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("b", [np.zeros((3, 1)), 1.0, [1.0], np.zeros((3, 3)), [[1.0]]])
def test_a_bias_that_is_not_one_number_a_neuron_is_refused(b):
    X, W, bias = Input("X"), Input("W"), Input("b")
    f = Linear(X, W, bias)
    graph = topological_sort({X: np.ones((3, 2)), W: np.ones((2, 3)), bias: b})
    with pytest.raises(MiniFlowError, match="b needs one number for each column of W"):
        forward_pass(f, graph)


@pytest.mark.parametrize("b", [np.zeros((3, 1)), np.zeros(3), [[[0.0]]]])
def test_a_bias_of_one_neuron_is_a_single_number(b):
    X, W, bias = Input("X"), Input("W"), Input("b")
    for weights in (np.ones((2, 1)), np.ones(2)):
        f = Linear(X, W, bias)
        graph = topological_sort({X: np.ones((3, 2)), W: weights, bias: b}, output=f)
        with pytest.raises(MiniFlowError, match="b needs one number"):
            forward_pass(f, graph)


@pytest.mark.parametrize(
    ("W", "b"),
    [
        ((2, 3), (3,)),
        ((2, 3), (1, 3)),
        ((2, 1), ()),
        ((2, 1), (1,)),
        ((2, 1), (1, 1)),
        ((2,), ()),
        ((2,), (1,)),
    ],
)
def test_a_bias_of_its_own_shape_is_added_to_every_row(W, b):
    nodes = [Input("X"), Input("W"), Input("b")]
    values = [np.arange(6.0).reshape(3, 2), np.ones(W), np.full(b, 5.0)]
    f = Linear(*nodes)
    value = forward_pass(f, topological_sort(dict(zip(nodes, values))))
    assert (value == (values[0] @ values[1]) + 5.0).all() and value.shape == (3, *W[1:])


def test_a_bias_that_is_set_after_the_sort_is_looked_at_too():
    X, W, b = Input("X"), Input("W"), Input("b")
    f = Linear(X, W, b)
    graph = topological_sort({X: np.ones((3, 2)), W: np.ones((2, 3)), b: np.zeros(3)})
    assert forward_pass(f, graph).tolist() == [[2] * 3] * 3
    b.value = np.array([[1.0], [2.0], [3.0]])
    with pytest.raises(MiniFlowError, match=r"b \(3, 1\)"):
        forward_pass(f, graph)


# --- a weight that is named twice ---------------------------------------------------------------------------


def test_a_weight_that_is_named_twice_takes_one_step():
    X, y, W, b = Input("X"), Input("y"), Input("W"), Input("b")
    cost = MSE(y, Linear(X, W, b))
    feed = {X: [[1.0], [2.0]], y: [2.0, 4.0], W: [[0.0]], b: [0.0]}
    graph = topological_sort(feed)
    forward_and_backward(graph)
    sgd_update([W, b, W], 0.1)
    assert (W.value.item(), b.value.item()) == (1.0, pytest.approx(0.6))
    found = []
    for weights in ([W, b], [W, b, W], (b, W, W, b)):
        topological_sort(feed)
        found.append(train(graph, {X: feed[X], y: feed[y]}, weights, epochs=3, batch_size=1, l2=0.1))
        found.append([W.value.tolist(), b.value.tolist()])
    assert found[:2] == found[2:4] == found[4:]
    assert graph[-1] is cost


# --- walks by hand ------------------------------------------------------------------------------------------


def new_and_old():
    """An MSE that a pass has been over, alone and times 10."""
    x, y, k = Input("x"), Input("y"), Input("k")
    feed = {x: [1.0, 2.0], y: [0.0, 0.0]}
    cost = MSE(y, x)
    old = topological_sort(feed, output=cost)
    forward_and_backward(old)
    return x, old, topological_sort({**feed, k: 10}, output=Mul(cost, k))


def test_a_walk_by_hand_over_nodes_of_an_earlier_pass_is_a_pass_of_its_own():
    x, _, new = new_and_old()
    for _ in range(2):  # a cell that is run twice
        walk(new)
        assert x.gradients[x].tolist() == x.grad_cost().tolist() == [10, 20]
    forward_and_backward(new)
    assert x.gradients[x].tolist() == [10, 20]


PART = (
    r"^MSE feeds Mul, and a walk by hand begins with the cost, .* each node once: use backward_pass\(list\)"
)


@pytest.mark.parametrize("earlier", ["pass", "walk"])
def test_a_walk_by_hand_over_a_part_of_an_earlier_pass_is_refused(earlier):
    """Its first node feeds one that is not in it: does that still count, or not?"""
    x, old, new = new_and_old()
    (forward_and_backward if earlier == "pass" else walk)(new)
    for _ in range(2):
        with pytest.raises(MiniFlowError, match=PART):
            walk(old)
    backward_pass(old)
    assert x.gradients[x].tolist() == [1, 2]


@pytest.mark.parametrize("first", ["x", "s"])
def test_one_node_alone_is_walked_by_nobody_after_a_pass(first):
    """It once said 0, or 1 as if it were the cost."""
    x, y = Input("x"), Input("y")
    s = Sigmoid(x, name="s")
    forward_and_backward(topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, output=MSE(y, s)))
    kept = x.gradients[x].tolist()
    with pytest.raises(
        MiniFlowError, match=rf"^{first} feeds (s|MSE), and a walk by hand begins with the cost"
    ):
        {"x": x, "s": s}[first].backward()
    assert x.gradients[x].tolist() == kept and s.grad_cost().any()


def test_a_node_that_comes_twice_in_a_walk_by_hand_is_not_taken_for_another_cost():
    x, _, new = new_and_old()
    walk(new)
    x.backward()
    x.backward()  # the last of a walk may be asked again
    assert x.gradients[x].tolist() == [10, 20]
    with pytest.raises(MiniFlowError, match=PART):
        new[-1].inbound_nodes[0].backward()


def test_a_walk_by_hand_in_the_wrong_order_is_refused():
    x = Input("x")
    graph = topological_sort({x: 3.0}, output=Mul(Sigmoid(x, name="s"), x))
    forward_pass(graph)
    with pytest.raises(MiniFlowError, match=r"^(x|s) feeds .*, and a walk by hand begins with the cost"):
        for node in graph:
            node.backward()


def test_a_walk_by_hand_that_visits_an_input_before_one_that_it_feeds_is_refused():
    x, y = Input("x"), Input("y")
    s, m = Sigmoid(x), Mul(x, x, name="m")
    cost = MSE(y, Add(s, m))
    forward_and_backward(topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, output=cost))
    for node in (cost, cost.inbound_nodes[1], s, x):
        node.backward()
    with pytest.raises(MiniFlowError, match=r"^x feeds m, and a walk by hand begins with the cost"):
        m.backward()


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_walk_by_hand_begins_with_ones_in_the_shape_of_the_cost(shape):
    x = Input("x")
    cost = Mul(x, x)
    walk(topological_sort({x: np.full(shape, 3.0)}, output=cost))
    assert x.gradients[x].shape == shape and x.gradients[x] == 6


def test_each_thread_has_its_own_walk_by_hand():
    def in_turns(slope):
        x, k, y = Input("x"), Input("k"), Input("y")
        graph = topological_sort({x: [1.0, 2.0], y: [0.0, 0.0], k: slope}, output=Mul(MSE(y, x), k))
        wrong = 0
        for _ in range(50):
            for node in graph:
                node.forward()
            for node in reversed(graph):
                here.wait()  # every thread is in the middle of its walk
                node.backward()
            wrong += x.gradients[x].tolist() != [slope, 2 * slope]
        return wrong

    here = threading.Barrier(3, timeout=60)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(in_turns, [1.0, 10.0, 100.0])) == [0, 0, 0]


@pytest.mark.parametrize("op", [Sigmoid, Same, ClassicReLU])
def test_a_cell_that_builds_and_walks_by_hand_may_be_run_twice(op):
    """The leftovers of the first run hang on the same Input: their word does not count, or it is said."""
    x, y = Input("x"), Input("y")
    feed = {x: [1.0, 2.0], y: [0.0, 0.0]}
    cost = MSE(y, op(x))
    walk(topological_sort(feed, output=cost))
    right = x.gradients[x].tolist()
    again = topological_sort(feed, output=MSE(y, op(x)))
    with pytest.raises(MiniFlowError, match=r"feeds .*: use backward_pass\(list\)"):
        walk(again)
    backward_pass(again)
    assert x.gradients[x].tolist() == right


def test_after_a_pass_over_both_a_walk_by_hand_over_one_counts_this_one_alone():
    x, y = Input("x"), Input("y")
    feed = {x: [1.0, 2.0], y: [0.0, 0.0]}
    first, second = (topological_sort(feed, output=MSE(y, x)) for _ in range(2))
    for graph in (first, second):
        forward_and_backward(graph)
    walk(first)
    assert x.gradients[x].tolist() == [1, 2]


def test_a_walk_by_hand_over_two_ends_is_not_summed_in_silence():
    x = Input("x")
    Mul(x, x)
    Add(x, x)
    with pytest.raises(MiniFlowError, match=r"x feeds Add, .* the only end"):
        walk(topological_sort({x: 3.0}))


def test_an_input_that_a_walk_by_hand_does_not_need_has_gradient_zero():
    x, u = Input("x"), Input("u")
    f = Mul(x, x)
    graph = [x, u, f]
    x.value, u.value = np.float64(3.0), np.float64(2.0)
    walk(graph)
    assert (x.gradients[x], u.gradients[u]) == (6, 0)


# --- gradients of a wrong shape -----------------------------------------------------------------------------


@pytest.mark.parametrize("below", [Add, Sigmoid, Same, Mul])
def test_a_gradient_of_a_wrong_shape_is_stretched_by_no_op_below(below):
    class Mean(Op):
        def forward(self):
            self.value = np.mean(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: np.ones(x.value.shape[-1]) / x.value.size * self.grad_cost()}

    x = Input("x")
    graph = topological_sort({x: X}, output=Mean(below(x)))
    with pytest.raises(
        MiniFlowError, match=r"^Mean\.backward\(\) set a gradient of shape \(2,\) for .*\(2, 2\)"
    ):
        forward_and_backward(graph)


# --- names that the engine has too --------------------------------------------------------------------------


class Named(Op):
    """It has a name and a grad_cost of its own."""

    def name(self):
        return "mine"

    def forward(self):
        self.value = self.inbound_nodes[0].value * 2

    def backward(self):
        self.grad_cost = sum(node.gradients[self] for node in self.outbound_nodes)
        self.gradients = {self.inbound_nodes[0]: 2 * self.grad_cost}


class Labelled(Named):
    name = "label"
    run = 0


@pytest.mark.parametrize(("op", "shown"), [(Named, "Named"), (Labelled, "label")])
def test_an_op_may_have_a_name_and_a_grad_cost_of_its_own(op, shown):
    x, y = Input("x"), Input("y")
    f = op(x)
    graph = topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, output=MSE(y, f))
    with trace.record() as events:
        forward_and_backward(graph)
    assert x.gradients[x].tolist() == [4, 8]
    assert [e.value.tolist() for e in events if e.node == shown and e.pass_ == "backward"] == [[2, 4]]
    assert op is Labelled or f.name() == "mine"
    with pytest.raises(MiniFlowError, match=f"the value of {shown}, the last node, is"):
        backward_pass(graph[: graph.index(f) + 1])
    assert repr(Add(f, y)) == f"Add({shown}, y)"


def test_a_method_that_the_mark_of_a_pass_would_cover_is_refused():
    with pytest.raises(
        MiniFlowError, match=r"^A node's run marks its backward pass: Runs\.run needs another"
    ):

        class Runs(Op):
            def run(self):
                return 1


# --- what an op asks, hands on and leaves in other ways ---------------------------------------------------


class ClassicInput(Node):
    """Asks all its consumers, as the classic MiniFlow does: also those of graphs that are gone."""

    fed = True

    def __init__(self, name):
        Node.__init__(self, [], name)

    def forward(self):
        pass

    def backward(self):
        self.gradients = {self: 0}
        for node in self.outbound_nodes:
            self.gradients[self] += node.gradients[self]


@pytest.mark.parametrize("kind", [Input, ClassicInput])
def test_a_classic_backward_does_not_hear_the_nodes_of_earlier_graphs(kind):
    x, y = kind("x"), Input("y")
    first = ClassicReLU(x)
    feed = {x: np.array(X), y: ZEROS}
    gradients(MSE(y, Sigmoid(x)), feed)
    gradients(MSE(y, Add(first, first)), feed)
    assert gradients(MSE(y, Mul(x, x)), feed)[0] == [[-1, 8], [27, -64]]
    assert len(x.outbound_nodes) == 3
    assert gradients(MSE(y, first), feed)[0] == [[0, 1], [1.5, 0]]
    assert len(first.outbound_nodes) == 2


class Stored(Op):
    """Hands on what it was told to."""

    def __init__(self, value, *inputs):
        Op.__init__(self, *inputs)
        self.stored = value

    def forward(self):
        self.value = self.stored

    def backward(self):
        self.gradients = {node: np.zeros_like(node.value) for node in self.inbound_nodes}


@pytest.mark.parametrize(
    ("build", "value", "right"),
    [
        (lambda f: Add(f, f), np.array([200, 100], np.uint8), [400, 200]),
        (lambda f: Mul(f, f), np.array([100_000], np.int32), [1e10]),
        (lambda f: Mul(f, f, f, f), np.array([100_000]), [1e20]),
        (lambda f: Add(f, f, f), np.array([True, False]), [3, 0]),
        (lambda f: Sigmoid(f), np.array([0, 255], np.uint8), [0.5, 1.0]),
        (lambda f: Sigmoid(f), np.array([True]), [1 / (1 + np.exp(-1))]),
        (lambda f: MSE(f, Add(f, f)), np.uint8(100), 10_000),
        (lambda f: Linear(f, f, Stored(np.array(1), f)), np.array([20, 20], np.uint8), 801),
    ],
)
def test_whole_numbers_and_bools_of_an_op_do_not_wrap_round(build, value, right):
    x = Input("x")
    graph = topological_sort({x: 1.0}, output=build(Stored(value, x)))
    assert forward_pass(graph).tolist() == right


class ByUpdate(Subtract):
    def backward(self):
        a, b = self.inbound_nodes
        g = self.grad_cost()
        self.gradients.update({a: g})
        g *= -1
        self.gradients.update({b: g})


class ByDefault(Subtract):
    def backward(self):
        a, b = self.inbound_nodes
        self.gradients, g = {}, self.grad_cost()
        self.gradients.setdefault(a, g)
        g *= -1
        self.gradients.setdefault(b, g)


class Counting(Subtract):
    def backward(self):
        a, b = self.inbound_nodes
        self.gradients = defaultdict(float)
        self.gradients[a] += self.grad_cost()
        self.gradients[b] -= self.grad_cost()


class Lists(Subtract):
    def backward(self):
        a, b = self.inbound_nodes
        self.gradients = {a: self.grad_cost().tolist(), b: (-self.grad_cost()).tolist()}


@pytest.mark.parametrize("op", [ByUpdate, ByDefault, Counting, Lists])
def test_gradients_may_be_collected_in_other_ways(op):
    a, b, y = Input("a"), Input("b"), Input("y")
    feed = {a: [3.0, 5.0], b: [1.0, 2.0], y: [0.0, 0.0]}
    for _ in range(2):
        assert gradients(MSE(y, op(a, b)), feed)[:2] == [[2, 3], [-2, -3]]
    assert gradients(MSE(y, Add(op(a, b), a)), feed)[:2] == [[10, 16], [-5, -8]]  # y = 2a - b


class Filled(ReLU):
    """Sets zeros and fills them afterwards."""

    def backward(self):
        (x,) = self.inbound_nodes
        g = np.zeros_like(x.value)
        self.gradients = {x: g}
        for node in self.outbound_nodes:
            g += node.gradients[self] * (x.value > 0)


class FilledByDefault(ReLU):
    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = defaultdict(lambda: np.zeros_like(x.value))
        g = self.gradients[x]
        g += self.grad_cost() * (x.value > 0)


class KeepsItsDict(ReLU):
    """Fills one dict of its own in each pass."""

    def __init__(self, *inputs):
        ReLU.__init__(self, *inputs)
        self.own = {inputs[0]: 0.0}
        self.gradients = self.own

    def backward(self):
        self.own[self.inbound_nodes[0]] = self.grad_cost() * (self.inbound_nodes[0].value > 0)


class KeepsOurDict(KeepsItsDict):
    def __init__(self, *inputs):
        ReLU.__init__(self, *inputs)
        self.own = self.gradients


class FillsWhatItGave(ReLU):
    def backward(self):
        (x,) = self.inbound_nodes
        given = self.gradients = {}
        given[x] = self.grad_cost() * (x.value > 0)


@pytest.mark.parametrize("op", [Filled, FilledByDefault, KeepsItsDict, KeepsOurDict, FillsWhatItGave])
def test_gradients_may_be_filled_after_they_were_set(op):
    """Right in plain Python: a copy that was made too early lost what came later."""
    x, y = Input("x"), Input("y")
    s = Same(x)
    graph = topological_sort({x: X, y: ZEROS}, output=MSE(y, Add(s, op(s))))
    for factor in (1, 2, 2):
        x.value = factor * np.array(X)
        forward_and_backward(graph)
        assert x.gradients[x].tolist() == [[-0.5 * factor, 4 * factor], [6 * factor, -2 * factor]]


def test_a_gradient_that_is_changed_after_it_was_set_is_refused():
    """Was a to have what it was given, or what became of it?"""

    class Masked(ReLU):
        def backward(self):
            (x,) = self.inbound_nodes
            g = self.grad_cost()
            self.gradients = {x: g}
            g[x.value <= 0] = 0

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: X, y: ZEROS}, output=MSE(y, Add(x, Masked(x))))
    with pytest.raises(
        MiniFlowError, match=r"^Masked\.backward\(\) changes the gradient for x after it was set:"
    ):
        forward_and_backward(graph)


class Gives(Same):
    """Hands on what it was told to, beside a Mul of the same node."""

    def __init__(self, x, given):
        Same.__init__(self, x)
        self.given = given

    def backward(self):
        self.gradients = self.given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda x, W: {x: None}, "set None as the gradient for x"),
        (lambda x, W: defaultdict(float), "set no gradient for x"),
        (lambda x, W: {x: np.array([1j, 2j])}, "kind complex128 as the gradient for x"),
        (
            lambda x, W: {x: np.ones(2), W: 1.0},
            "set a gradient for W, which does not feed it: name it in Node",
        ),
    ],
)
def test_what_an_op_hands_to_an_input_is_looked_at_also_beside_another(given, words):
    x, W, y = Input("x"), Input("W"), Input("y")
    feed = {x: [1.0, 2.0], y: [0.0, 0.0], W: 1.0}
    graph = topological_sort(feed, output=MSE(y, Add(Gives(x, given(x, W)), Mul(x, x, W))))
    with pytest.raises(MiniFlowError, match=rf"^Gives\.backward\(\) set .*{words.removeprefix('set ')}"):
        forward_and_backward(graph)


def test_whole_numbers_of_an_input_of_ones_own_do_not_wrap_round():
    a, b = ClassicInput("a"), ClassicInput("b")
    graph = topological_sort({a: [0], b: [0]}, output=Add(a, b))
    a.value, b.value = np.array([200], np.uint8), np.array([100], np.uint8)
    assert forward_pass(graph).tolist() == [300]


@pytest.mark.parametrize("no", [False, np.False_])
def test_training_ends_at_any_false(no):
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 2.0, y: [0.0]}, output=MSE(y, Add(x, y)))
    assert len(train(graph, {y: [1.0]}, [x], epochs=9, on_epoch=lambda epoch, cost: no)) == 1
    assert len(train(graph, {y: [1.0]}, [x], epochs=9, on_epoch=lambda epoch, cost: 0)) == 9


def test_an_op_is_not_fed_in_training():
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    graph = topological_sort({x: 2.0, y: [0.0]}, output=MSE(y, f))
    with pytest.raises(MiniFlowError, match=r"^Add is an op, and only Inputs are fed and trained"):
        train(graph, {y: [1.0], f: [1.0]}, [x])


def test_a_gradient_of_a_wrong_shape_is_not_stretched_by_another_beside_it():
    class Row(Same):
        def backward(self):
            self.gradients = {self.inbound_nodes[0]: self.grad_cost()[0]}

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: X, y: ZEROS}, output=MSE(y, Add(Row(x), x)))
    with pytest.raises(MiniFlowError, match=r"^Row\.backward\(\) set a gradient of shape \(2,\) for x, not"):
        forward_and_backward(graph)


def test_a_layer_takes_a_vector_or_a_matrix_of_weights():
    """X.dot(W) and X @ W are different things for three axes."""
    X_, W, b = Input("X"), Input("W"), Input("b")
    feed = {X_: np.ones((2, 3)), W: np.ones((3, 3, 5)), b: np.ones((3, 5))}
    graph = topological_sort(feed, output=Linear(X_, W, b))
    with pytest.raises(
        MiniFlowError, match=r"^Linear cannot work with these shapes, X \(2, 3\), W \(3, 3, 5\)"
    ):
        forward_pass(graph)


@pytest.mark.parametrize("wrong", ["x", "an op", "a shape"])
def test_an_update_changes_all_of_its_weights_or_none(wrong):
    W, x, y = Input("W"), Input("x"), Input("y")
    f = Mul(W, x)
    forward_and_backward(topological_sort({W: 2.0, x: 3.0, y: 1.0}, output=MSE(y, f)))
    if wrong == "a shape":
        x.gradients[x] = np.ones(2)
    with pytest.raises(MiniFlowError):
        sgd_update([W, {"x": "x", "an op": f, "a shape": x}[wrong]], 0.1)
    assert W.value == 2


def test_weights_that_on_epoch_sets_stay():
    """Early stopping puts back the best."""
    W, x, y = Input("W"), Input("x"), Input("y")
    graph = topological_sort({W: 2.0, x: [3.0], y: [1.0]}, output=MSE(y, Mul(W, x)))

    def best(epoch, cost):
        W.value = np.array(0.25)
        return epoch < 3

    assert len(train(graph, {x: [3.0], y: [1.0]}, [W], on_epoch=best)) == 3
    assert W.value == 0.25


class Computed(Op):
    """Its value is worked out whenever it is asked for."""

    @property
    def value(self):
        return None if self.found is None else self.found * 1.0

    @value.setter
    def value(self, value):
        self.found = value

    def forward(self):
        self.value = self.inbound_nodes[0].value * 2

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: 2 * self.grad_cost()}


class Holding(Same):
    """Its gradients are kept under another name."""

    @property
    def gradients(self):
        return self.held

    @gradients.setter
    def gradients(self, gradients):
        self.held = gradients


@pytest.mark.parametrize(("op", "right"), [(Computed, [4, 8]), (Holding, [1, 2])])
def test_an_op_may_keep_its_value_or_gradients_its_own_way(op, right):
    x, y = Input("x"), Input("y")
    assert gradients(MSE(y, op(x)), {x: [1.0, 2.0], y: [0.0, 0.0]})[0] == right


def test_a_cost_of_whole_numbers_begins_with_a_gradient_of_floats():
    class Scaled(Op):
        def forward(self):
            self.value = self.inbound_nodes[0].value

        def backward(self):
            g = np.zeros_like(self.grad_cost())
            g[0] = 0.7
            self.gradients = {self.inbound_nodes[0]: g}

    x = Input("x")
    assert gradients(Scaled(x), {x: [3]}) == [[0.7]]


def test_a_node_that_its_inputs_do_not_know_is_named():
    x = Input("x")
    f = copy.copy(Sigmoid(x, name="f"))
    with pytest.raises(MiniFlowError, match=r"^f is in no list of outbound nodes: build"):
        topological_sort({x: 1.0}, output=f)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [np.float32(0.5), np.float16(0.5), np.float64(0.5)])
def test_a_learning_rate_of_any_precision_is_a_rate(rate):
    x, y = Input("x"), Input("y")
    forward_and_backward(topological_sort({x: 2.0, y: 0.0}, output=MSE(y, x)))
    sgd_update([x], rate)
    assert x.value == 0


# --- random graphs ------------------------------------------------------------------------------------------

HONEST = [ReLU, ClassicReLU, Leaky, Subtract, ByEntry, Reused, Sum, Updated, Zeros, Same, Kept, Buffered]
HONEST += [Filled, FilledByDefault, KeepsItsDict, ByUpdate, ByDefault, Counting, Lists, Sigmoid, Add, Mul]
TWO = (Subtract, ByEntry, Reused, Sum, Updated, Zeros, ByUpdate, ByDefault, Counting, Lists)
WRITES = [Shift, Mixed, Clip, Grow, Replace, Late, Own]


@st.composite
def graphs(draw, kinds):
    """Ops of ours and of learners over earlier nodes, used as often as it comes, down to one cost."""
    inputs = [Input("a"), Input("b")]
    nodes: list[Node] = list(inputs)
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(kinds))
        count = 2 if kind in (*TWO, Late, Add, Mul) else 1
        picked = draw(st.lists(st.sampled_from(nodes), min_size=count, max_size=count, unique=kind in TWO))
        nodes.append(kind(*picked))
    ends = [node for node in nodes if not node.outbound_nodes]
    y, cost = as_cost(Add(*ends))
    seed = draw(seeds)
    return cost, [*inputs, y], [0.3 + numbers((2, 2), seed + i) / 9 for i in range(3)]


@settings(max_examples=150)
@given(graphs(HONEST))
def test_whatever_ops_write_into_what_they_got_the_gradients_are_the_slopes(graph):
    assert_gradients_are_slopes(*graph)


@settings(max_examples=150)
@given(graphs([*HONEST, *WRITES]))
def test_an_op_that_changes_a_value_is_refused_and_changes_none(graph):
    cost, inputs, values = graph
    feed = dict(zip(inputs, values))
    refused = False
    try:
        forward_and_backward(topological_sort(feed, output=cost))
    except MiniFlowError as error:
        refused = True
        assert "changes the value of" in str(error)
    assert all((node.value == value).all() for node, value in feed.items())
    if not refused:
        assert_gradients_are_slopes(*graph)
