"""The engine's contract, line by line."""

import math
import warnings

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
    backward_pass,
    forward_and_backward,
    forward_pass,
    load_boston,
    sgd_update,
    topological_sort,
    trace,
    train,
)
from miniflow_lib.errors import a_kind
from miniflow_lib.tracing import names


class Square(Node):
    """An op as a learner writes it: six lines, and nothing about names, traces or checks."""

    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        self.value = self.inbound_nodes[0].value ** 2

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: 2 * x.value * self.grad_cost()}


def run(output, feed):
    graph = topological_sort(feed, output)
    forward_and_backward(graph)
    return graph


# --- Node ---------------------------------------------------------------------------------------------------


def test_a_node_starts_with_its_four_duties_empty():
    node = Node()
    assert (
        node.value is None and not node.inbound_nodes and node.outbound_nodes == [] and node.gradients == {}
    )


def test_building_tells_the_inputs_and_computes_nothing():
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    assert list(f.inbound_nodes) == [x, y] and x.outbound_nodes == [f] == y.outbound_nodes and f.value is None


def test_no_two_nodes_share_a_list_or_a_drawer():
    a, b = Node(), Node()
    assert a.outbound_nodes is not b.outbound_nodes and a.gradients is not b.gradients


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_the_promises_of_a_node_name_the_class(method):
    class Half(Node):
        pass

    with pytest.raises(NotImplementedError, match="Half"):
        getattr(Half(), method)()


@pytest.mark.parametrize(
    "make", [Add, Mul, lambda x, **kw: Linear(x, x, x, **kw), Sigmoid, lambda x, **kw: MSE(x, x, **kw)]
)
def test_every_op_takes_a_name(make):
    x = Input("x")
    assert make(x, name="mine").name == "mine"
    assert make(x).name == type(make(x)).__name__


def test_a_learners_op_works_everywhere_with_six_lines():
    x = Input("x")
    f = Square(x)
    graph = run(f, {x: 3})
    assert f.value == 9 and x.gradients[x] == 6
    with trace.record() as events:
        forward_and_backward(graph)
    assert [event.node for event in events if event.kind == "forward"] == ["x", "Square"]


def test_grad_cost_is_one_for_the_cost_and_the_sum_of_the_consumers_else():
    x = Input("x")
    f = Add(Square(x), Mul(x, x))
    run(f, {x: 3})
    assert f.grad_cost() == 1 and x.grad_cost() == 12


def test_a_backward_loop_written_by_hand_starts_at_one():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 3, y: 4}, Mul(Square(x), y))
    for node in graph:
        node.forward()
    for node in reversed(graph):
        node.backward()
    assert x.gradients[x] == 24 and y.gradients[y] == 9


def test_shown_names_are_unique_in_list_order_and_count_anew_in_every_list():
    for _ in range(2):
        x = Input("x")
        a, b = Sigmoid(x), Sigmoid(x)
        graph = topological_sort({x: 1}, Add(a, b))
        assert list(names(graph).values()) == ["x", "Sigmoid_1", "Sigmoid_2", "Add"]


def test_shown_names_never_meet_a_name_that_somebody_chose():
    nodes = [Input("a"), Input("a_1"), Input("a"), Input("a")]
    shown = list(names(nodes).values())
    assert len(set(shown)) == 4 and shown[1] == "a_1"


def test_a_node_prints_as_what_was_written():
    x = Input("x")
    assert repr(Add(x, x)) == "Add(x, x)" and repr(x) == "Input('x')"
    assert repr(Sigmoid(x, name="s")) == "Sigmoid(x, name='s')"
    assert repr(Add(x, x, x, x)) == "Add(x, x, x, x)"
    assert repr(Add(x, x, x, x, x)) == "Add(x, x, x, x, ...)"


@pytest.mark.parametrize(
    ("names", "article"),
    [
        ("Add Input Output Own Exp Identity Inexact ELU Upper Uncertain", "an"),
        ("Mul Linear Node Sigmoid Log ReLU Unit Union uint8 UInt8 Use One OneHot Euclidean NaN", "a"),
        ("MSE L1 X RNN SGD LSTM NLL R2", "an"),
        ("BCE KL Q", "a"),
    ],
)
def test_a_kind_has_its_article_by_the_sound(names, article):
    for name in names.split():
        assert a_kind(type(name, (), {})()) == f"{article} {name}"


# --- Input --------------------------------------------------------------------------------------------------


def test_input_has_a_default_name_and_takes_a_value_in_forward():
    x = Input()
    x.forward(5)
    assert x.name == "Input" and x.value == 5
    x.forward()
    assert x.value == 5


@pytest.mark.parametrize("value", [4, 4.0, [1, 2], np.array([1, 2], dtype=np.uint8), True, np.float32(2)])
def test_values_are_arrays_of_floats_however_they_come(value):
    x = Input("x")
    topological_sort({x: value})
    fed = x.value
    x.value = value
    x.forward()
    assert fed.dtype == x.value.dtype == np.float64 and np.array_equal(fed, x.value)


def test_small_integers_do_not_wrap_round():
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    graph = topological_sort({x: 0, y: 0})
    x.value, y.value = np.array([200], np.uint8), np.array([100], np.uint8)
    assert forward_pass(f, graph).tolist() == [300]


def test_an_unused_input_has_gradient_zero_in_its_shape():
    x, unused = Input("x"), Input("unused")
    f = Square(x)
    graph = topological_sort({unused: [1, 2], x: 3})
    forward_and_backward(graph)
    assert graph[-1] is f and unused.gradients[unused].tolist() == [0, 0]


class OwnInput(Node):
    """The Input of the classic MiniFlow, as lesson 01 and many a course have it."""

    def __init__(self, name=None):
        Node.__init__(self, name=name)

    def forward(self, value=None):
        if value is not None:
            self.value = value

    def backward(self):
        self.gradients = {self: sum(node.gradients[self] for node in self.outbound_nodes)}


OwnInput.__name__ = "Input"


class OwnInputWithoutAValue(OwnInput):
    def forward(self):
        pass


class Data(OwnInput):
    """Above it is a class that is called Input."""


class Fed(Node):
    """Called something else, it says that it is fed."""

    fed = True
    forward, backward = OwnInput.forward, OwnInput.backward


@pytest.mark.parametrize("kind", [Input, OwnInput, OwnInputWithoutAValue, Data, Fed])
def test_an_input_of_ones_own_is_fed_sorted_and_trained_like_ours(kind):
    X, W, b, y = (kind(name=name) for name in "XWby")
    data = {X: np.arange(8.0).reshape(4, 2) / 8, y: [1.0, 2.0, 3.0, 4.0]}
    cost = MSE(y, Linear(X, W, b))
    with pytest.raises(MiniFlowError, match="The Input W was not fed, and Linear waits for it"):
        topological_sort(data | {b: [0.0]})
    graph = topological_sort(data | {W: [[0.0], [0.0]], b: [0.0]}, output=cost)
    with pytest.raises(MiniFlowError, match=r"^W has no gradient: run forward_and_backward first\.$"):
        sgd_update([W, b])
    assert forward_pass(cost, graph) == 7.5
    backward_pass(graph)
    sgd_update([W, b], learning_rate=0.5)
    assert b.value.tolist() == [2.5]
    costs = train(graph, {node: np.asarray(rows) for node, rows in data.items()}, [W, b], epochs=3)
    assert costs[2] < costs[0]


def test_one_input_of_ones_own_that_is_not_used_has_gradient_zero():
    class Input(OwnInput):
        def backward(self):
            self.gradients = {self: self.grad_cost()}

    x, unused = Input("x"), Input("unused")
    Square(x)
    run(None, {unused: [1, 2], x: 3})
    assert unused.gradients[unused].tolist() == [0, 0] and x.gradients[x] == 6


# --- ops ----------------------------------------------------------------------------------------------------


def test_add_and_mul_take_one_or_many():
    x, y, z = Input("x"), Input("y"), Input("z")
    feed = {x: 4, y: 5, z: 10}
    for op, expected in (
        (Add(x), 4),
        (Mul(x), 4),
        (Add(x, y, z), 19),
        (Mul(x, y, z), 200),
        (Mul(x, x, x), 64),
    ):
        assert forward_pass(op, topological_sort(feed, op)) == expected


def test_a_gradient_has_the_shape_of_its_value_under_broadcasting():
    x, row, column = Input("x"), Input("row"), Input("column")
    y = Input("y")
    run(MSE(y, Mul(x, row, column)), {x: 2, row: [1, 2, 3], column: [[1], [2]], y: np.zeros((2, 3))})
    assert [n.gradients[n].shape for n in (x, row, column)] == [(), (3,), (2, 1)]


TAILS = [0.0, 5e-324, 1.0, 36.8, 708.0, 709.8, 745.2, 800.0, 1e308, np.inf]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("setting", ["raise", "warn", "ignore"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 5)])
@pytest.mark.parametrize("at", [*TAILS, *(-x for x in TAILS)])
def test_a_sigmoid_is_right_in_both_tails_at_any_setting_of_numpy(at, shape, setting):
    x = Input("x")
    right = 1 / (1 + math.exp(-at)) if at > -700 else math.exp(at)
    with np.errstate(all=setting):
        value = forward_pass(Sigmoid(x), topological_sort({x: np.full(shape, at)}))
    np.testing.assert_allclose(value, np.full(shape, right), rtol=1e-14, atol=3e-308)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("at", [800.0, -800.0, 40.0, -40.0])
def test_a_saturated_sigmoid_hands_back_almost_nothing_at_any_setting_of_numpy(at):
    x, y = Input("x"), Input("y")
    with np.errstate(all="raise"):
        run(MSE(y, Sigmoid(x)), {x: [at, 0.0], y: [0.5, 0.0]})
    assert abs(x.gradients[x][0]) < 1e-17 and x.gradients[x][1] == 0.125


def test_mse_of_a_vector_and_a_column_is_the_m_element_cost():
    y, a = Input("y"), Input("a")
    for y_, a_ in (([1, 2, 3], [[4.5], [5], [10]]), ([[1], [2], [3]], [4.5, 5, 10])):
        run(MSE(y, a), {y: y_, a: a_})
        assert MSE(y, a).value is None
        assert y.gradients[y].shape == np.shape(y_) and a.gradients[a].shape == np.shape(a_)


@pytest.mark.parametrize(
    "shapes", [((3,), (2, 1)), ((2, 3), (3, 2)), ((6,), (2, 3)), ((1, 3), (3, 1)), ((1,), (3, 1))]
)
def test_mse_of_shapes_that_cannot_mean_the_same_names_both(shapes):
    y, a = Input("y"), Input("a")
    cost = MSE(y, a)
    with pytest.raises(MiniFlowError) as caught:
        forward_pass(cost, topological_sort({y: np.ones(shapes[0]), a: np.ones(shapes[1])}))
    assert all(str(shape) in str(caught.value) for shape in shapes)


# --- sort, passes, update -----------------------------------------------------------------------------------


def test_forward_pass_returns_the_outputs_value_also_of_a_node_inside():
    x, y = Input("x"), Input("y")
    q = Add(x, y)
    f = Mul(q, q)
    graph = topological_sort({x: 1, y: 2})
    assert forward_pass(q, graph) == 3 and f.value == 9


def test_forward_pass_of_the_list_alone_returns_the_last_nodes_value():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 4, y: 5}, Mul(Add(x, y), y))
    assert forward_pass(graph) == 45 == forward_pass(tuple(graph)) == forward_pass(graph[-1], graph)
    assert forward_pass(topological_sort({y: 3}, output=y)) == 3
    assert forward_pass(sorted_nodes=graph, output_node=graph[2]) == 7  # y is 3 now


def test_sgd_update_makes_new_arrays():
    w, fed = Input("w"), np.array([1.0, 2.0])
    y = Input("y")
    run(MSE(y, w), {w: fed, y: [0, 0]})
    before = w.value
    sgd_update([w])
    assert fed.tolist() == [1, 2] == before.tolist() and w.value.tolist() == [0.99, 1.98]
    sgd_update([w], learning_rate=0.5)
    assert w.value.tolist() == [0.49, 0.98]


def test_load_boston_is_what_a_loader_returns():
    bunch = load_boston()
    X, y = load_boston(return_X_y=True)
    assert bunch.data.shape == (506, 13) == X.shape and bunch["target"].shape == (506,) == y.shape
    assert list(bunch.feature_names) == bunch["feature_names"].tolist() and "Harrison" in bunch.DESCR


# --- run again, get the same ------------------------------------------------------------------------------


def test_ten_rebuilds_on_the_same_inputs_give_what_one_gives():
    x, y = Input("x"), Input("y")

    def build():
        s = Sigmoid(Mul(x, x, y))
        return MSE(y, Add(s, x, x))

    seen = []
    for _ in range(10):
        run(build(), {x: 0.5, y: 2})
        seen.append((float(x.gradients[x]), float(y.gradients[y])))
    assert len(set(seen)) == 1 and len(x.outbound_nodes) == 20


def test_two_graphs_on_the_same_inputs_run_in_any_order():
    x = Input("x")
    f, g = Square(x), Mul(x, x, x)
    graph_f, graph_g = topological_sort({x: 2}, f), topological_sort({x: 2}, g)
    for _ in range(3):
        forward_and_backward(graph_f)
        assert x.gradients[x] == 4
        forward_and_backward(graph_g)
        assert x.gradients[x] == 12


def test_a_leftover_end_gets_its_sentence_and_output_is_the_way_out():
    x = Input("x")
    old, new = Square(x), Mul(x, x, x)
    graph = topological_sort({x: 2})
    with pytest.raises(MiniFlowError, match=r"two ends, Square and Mul,.*output="):
        forward_and_backward(graph)
    run(new, {x: 2})
    assert x.gradients[x] == 12 and old not in topological_sort({x: 2}, new)


def test_a_leftover_that_was_not_fed_gets_its_sentence():
    x, old = Input("x"), Input("old")
    Add(x, old, name="leftover")
    f = Square(x)
    with pytest.raises(MiniFlowError, match=r"old was not fed.*leftover.*output="):
        topological_sort({x: 2})
    assert forward_pass(f, topological_sort({x: 2}, output=f)) == 4


def test_leftovers_stay_out_of_the_trace():
    x = Input("x")
    Square(x)
    f = Mul(x, x)
    with trace.record() as events:
        run(f, {x: 2})
    assert "Square" not in {name for event in events for name in (event.node, event.other)}


def test_a_second_end_that_is_last_is_found_too():
    x = Input("x")
    cost = Square(x)
    Square(cost)
    other = Square(x)
    with pytest.raises(MiniFlowError, match="two ends"):
        forward_and_backward(topological_sort({x: 2}))
    run(other, {x: 2})
    assert x.gradients[x] == 4


def test_a_whole_training_step_raises_no_warning():
    X, y, W, b = (Input(name) for name in "XyWb")
    graph = topological_sort(
        {X: np.ones((4, 2)), y: [1, 2, 3, 4], W: [[1], [2]], b: [0]}, MSE(y, Linear(X, W, b))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forward_and_backward(graph)
        sgd_update([W, b])


def test_a_cost_of_shape_one_one_is_a_single_number():
    X, W, b = Input("X"), Input("W"), Input("b")
    run(Linear(X, W, b), {X: [[1, 2]], W: [[3], [4]], b: [5]})
    assert [n.gradients[n].tolist() for n in (X, W, b)] == [[[3, 4]], [[1], [2]], [1]]


def test_backward_pass_alone_after_forward_pass():
    x = Input("x")
    f = Square(x)
    graph = topological_sort({x: 3})
    forward_pass(f, graph)
    backward_pass(graph)
    assert x.gradients[x] == 6
