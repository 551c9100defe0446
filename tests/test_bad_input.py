"""Whatever a class feeds it: the right answer or one of our sentences, never a silent wrong number."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

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
    forward_pass,
    minibatches,
    sgd_update,
    topological_sort,
    train,
)

numbers = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.booleans(),
    st.sampled_from(
        [np.float32(2.5), np.int8(-7), np.uint8(200), np.bool_(True), np.float64("nan"), 1e308, -0.0]
    ),
)
arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
lists = st.recursive(st.floats(-5, 5), lambda inner: st.lists(inner, max_size=3), max_leaves=6)
odd = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.complex_numbers(),
    st.just(object()),
    st.just(Input),
    st.just(Input("a node")),
    st.just({}),
    st.just({1: 2}),
    st.just({1, 2}),
    st.just(range(3)),
    st.just(np.array(["text"])),
    st.just(np.array([None, 1])),
    st.just(np.array([1, 2], dtype=object)),
    st.just(np.array(["2020-01-01"], dtype="M8[D]")),
    st.just(np.ma.array([1.0, 2.0], mask=[True, False])),
    st.just(np.array([(1, 2.0)], dtype=[("a", int), ("b", float)])),
    st.just(lambda: 1),
)
anything = st.one_of(numbers, arrays, lists, odd)


def as_plain(value):
    """What numpy makes of a value when it is made of numbers, else None."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    fits = array.dtype.kind in "biuf" and array.size and not np.ma.is_masked(value)
    return array.astype(float) if fits else None


def quietly(work):
    """The result, and an error of ours in its place; any other error is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an overflow is numpy's to say
        try:
            return work(), None
        except MiniFlowError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
            return None, error


@given(anything)
def test_an_input_holds_what_it_was_fed_or_says_why_not(value):
    x = Input("x")
    _, error = quietly(lambda: topological_sort({x: value}))
    expected = as_plain(value)
    if expected is None:
        assert error is not None and "x" in str(error)
    else:
        assert error is None and np.array_equal(x.value, expected, equal_nan=True) and x.value.dtype == float


OPS = {
    "Add": (Add, 2, lambda a, b: a + b),
    "Mul": (Mul, 2, lambda a, b: a * b),
    "Sigmoid": (Sigmoid, 1, lambda a: np.where(a < 0, np.exp(a) / (1 + np.exp(a)), 1 / (1 + np.exp(-a)))),
    "Linear": (Linear, 3, lambda x, w, b: x @ w + b),
}


@given(st.sampled_from(sorted(OPS)), st.data())
def test_an_op_computes_what_numpy_does_or_says_why_not(name, data):
    op, count, formula = OPS[name]
    inputs = [Input(f"x{i}") for i in range(count)]
    values = [data.draw(arrays) for _ in inputs]
    node = op(*inputs)
    found, error = quietly(lambda: forward_pass(node, topological_sort(dict(zip(inputs, values)))))
    with np.errstate(all="ignore"):
        try:
            expected = (
                formula(*(np.asarray(v, dtype=float) for v in values))
                if all(v.size for v in values)
                else None
            )
        except ValueError:
            expected = None
        if name == "Linear" and error is None and (expected is None or np.ndim(values[1]) > 2):
            expected = values[0].astype(float).dot(values[1].astype(float)) + values[2]  # 0-d, or 3-D
        if expected is None:
            assert error is not None
        else:
            assert error is None
            np.testing.assert_allclose(found, expected, rtol=1e-12, equal_nan=True)


@given(arrays, arrays)
def test_a_cost_is_the_mean_over_pairs_or_says_why_not(y_, a_):
    y, a = Input("y"), Input("a")
    cost = MSE(y, a)
    found, error = quietly(lambda: forward_pass(cost, topological_sort({y: y_, a: a_})))
    if error is None:
        assert y_.size == a_.size and y_.size > 0
        with np.errstate(all="ignore"):
            expected = np.mean((y_.astype(float).ravel() - a_.astype(float).ravel()) ** 2)
        np.testing.assert_allclose(found, expected, rtol=1e-12, equal_nan=True)
    else:
        assert y_.shape != a_.shape or y_.size == 0


@given(st.sampled_from(sorted(OPS)), st.data())
def test_backward_gives_gradients_in_shape_or_says_why_not(name, data):
    op, count, _ = OPS[name]
    inputs = [Input(f"x{i}") for i in range(count)]
    feed = {node: data.draw(arrays) for node in inputs}
    y = Input("y")
    node = op(*inputs)
    value, error = quietly(lambda: forward_pass(node, topological_sort(feed, node)))
    if error is None:
        cost = MSE(y, node)
        graph = topological_sort({**feed, y: np.zeros(np.shape(value))}, cost)
        _, error = quietly(lambda: forward_and_backward(graph))
        if error is None:
            for node in inputs:
                assert np.shape(node.gradients[node]) == np.shape(node.value)


@given(st.sampled_from([Add, Mul, Linear, Sigmoid, MSE, Node, Input]), st.lists(anything, max_size=3))
def test_a_constructor_makes_a_node_or_says_why_not(op, arguments):
    try:
        node, _ = quietly(lambda: op(*arguments))
    except TypeError as error:
        assert "argument" in str(error)  # Python's own sentence for too many or too few
        return
    if node is not None:
        assert all(isinstance(inbound, Node) for inbound in node.inbound_nodes)


@given(
    st.one_of(anything, st.dictionaries(st.one_of(st.text(max_size=2), st.integers()), numbers, max_size=2)),
    anything,
)
def test_the_sort_says_why_not(feed, output):
    graph, error = quietly(lambda: topological_sort(feed, output))
    assert (graph is None) == (error is not None)


@given(anything, anything)
def test_the_passes_say_why_not(graph, output):
    for work in (lambda: forward_and_backward(graph), lambda: forward_pass(output, graph)):
        _, error = quietly(work)
        assert error is not None


@given(anything, anything)
def test_the_update_says_why_not(trainables, rate):
    _, error = quietly(lambda: sgd_update(trainables, rate))
    if error is None:  # nothing to update, by a rate that is one
        assert len(trainables) == 0 and float(rate) >= 0


@given(anything, anything, anything, anything)
def test_training_says_why_not(feeds, trainables, epochs, rate):
    x, w = Input("x"), Input("w")
    graph = topological_sort({x: [1.0, 2.0], w: 1.0}, MSE(x, Mul(x, w)))
    for bad in (
        {"feeds": feeds},
        {"feeds": {x: feeds}},
        {"trainables": trainables},
        {"epochs": epochs if not isinstance(epochs, int) or epochs < 3 else 3},
        {"learning_rate": rate},
        {"batch_size": epochs},
        {"l2": rate},
    ):
        settings = {"feeds": {x: [1.0, 2.0]}, "trainables": [w], "epochs": 2, "progress": False} | bad
        costs, error = quietly(lambda settings=settings: train(graph, **settings))
        assert error is not None or all(np.isfinite(costs))


class Odd(Node):
    """A learner's op whose forward computes whatever it was told to."""

    def __init__(self, x, result):
        super().__init__([x])
        self.result = result

    def forward(self):
        self.value = self.result

    def backward(self):
        self.gradients = {node: np.zeros_like(node.value) for node in self.inbound_nodes}


@given(anything)
def test_a_cost_that_is_no_number_is_said(result):
    x = Input("x")
    graph = topological_sort({x: [1.0, 2.0]}, Odd(x, result))
    number = as_plain(result)
    well = number is not None and number.size == 1 and np.isfinite(number).all()
    for work in (
        lambda: forward_and_backward(graph),
        lambda: train(graph, {x: [1.0, 2.0]}, [], epochs=1, progress=False),
    ):
        _, error = quietly(work)
        assert (error is None) == well


@pytest.mark.parametrize("result", [{}, "text", [[1], [1, 2]], 1j, object(), Input])
def test_what_stands_in_the_place_of_a_cost_is_named(result):
    """Found by the fuzz: numpy's own TypeError came out."""
    x = Input("x")
    with pytest.raises(MiniFlowError, match=r"the value of Odd, the last node, is .*: set self.value"):
        forward_and_backward(topological_sort({x: 1}, Odd(x, result)))


def test_a_value_that_is_no_number_before_a_cost_that_is_nan():
    x, y = Input("x"), Input("y")
    odd = Odd(x, {})
    cost = Odd(odd, float("nan"))
    with pytest.raises(MiniFlowError, match="nan"):
        forward_and_backward(topological_sort({x: 1, y: 1}, cost))


def test_nodes_of_two_graphs_mixed():
    x, z = Input("x"), Input("z")
    f, g = Sigmoid(x), Sigmoid(z)
    graph = topological_sort({x: 1}, f) + topological_sort({z: 1}, g)
    with pytest.raises(MiniFlowError, match="two ends"):
        forward_and_backward(graph)
    with pytest.raises(MiniFlowError, match="not in the sorted list"):
        forward_pass(g, topological_sort({x: 1}, f))


def test_minibatches_take_each_row_once():
    for m, size in ((506, 11), (10, 3), (3, 10), (1, 1)):
        batches = list(minibatches(m, size, np.random.default_rng(0)))
        assert sorted(np.concatenate(batches)) == list(range(m))
        assert [len(b) for b in batches[:-1]] == [size] * (len(batches) - 1)


def test_a_node_named_like_html_is_only_a_name():
    x = Input("<img src=x onerror=alert(1)>")
    with pytest.raises(MiniFlowError, match="<img"):
        topological_sort({x: None})
