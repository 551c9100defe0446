"""Whatever a class feeds it: the right answer or one of our sentences, never a silent wrong number."""

from __future__ import annotations

import contextlib
import io
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_matrix

import miniflow_lib
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
    trace,
    train,
)
import miniflow_classroom
from miniflow_classroom.judge.exercise import exercises

numbers = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.booleans(),
    st.sampled_from(
        [np.float32(2.5), np.int8(-7), np.uint8(200), np.bool_(True), np.float64("nan"), 1e308, -0.0]
    ),
)
REAL = (int, float, np.bool_, np.integer, np.floating, Decimal, Fraction)  # what an object array may hold
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
    st.lists(
        st.one_of(numbers, st.sampled_from([None, "a", Decimal("0.5"), 1j])), min_size=1, max_size=3
    ).map(lambda values: np.array(values, dtype=object)),
    st.sampled_from([Decimal("1.5"), Fraction(1, 3), csr_matrix(np.eye(2))]),
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
    if array.dtype == object and array.size and all(isinstance(one, REAL) for one in array.flat):
        array = array.astype(float)
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


def is_a_bias(b, W):
    """Whether b has a number for each column of W, if need be as one row; one number may come in any form."""
    columns = W.shape[1:]
    one = b.size == 1 == np.prod(columns) and b.ndim <= W.ndim
    return W.ndim <= 2 and (b.shape in (columns, (1, *columns)) or one)


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
        if name == "Linear" and not is_a_bias(values[2], values[1]):
            expected = None
        elif name == "Linear" and error is None and expected is None:
            expected = values[0].astype(float).dot(values[1].astype(float)) + values[2]  # 0-d
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
        settings = {"feeds": {x: [1.0, 2.0]}, "trainables": [w], "epochs": 2, "progress": None} | bad
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
        lambda: train(graph, {x: [1.0, 2.0]}, [], epochs=1),
    ):
        _, error = quietly(work)
        assert (error is None) == well


@pytest.mark.parametrize("result", [{}, "text", [[1], [1, 2]], 1j, object(), Input])
def test_what_stands_in_the_place_of_a_cost_is_named(result):
    """Found by the fuzz: numpy's own TypeError came out."""
    x = Input("x")
    with pytest.raises(MiniFlowError, match=r"value of Odd, the last node, is .*: end the graph in a cost"):
        forward_and_backward(topological_sort({x: 1}, Odd(x, result)))


def test_a_value_that_is_no_number_before_a_cost_that_is_nan():
    x, y = Input("x"), Input("y")
    odd = Odd(x, {})
    cost = Odd(odd, float("nan"))
    with pytest.raises(MiniFlowError, match="nan"):
        forward_and_backward(topological_sort({x: 1, y: 1}, cost))


# --- what shows the engine at work -----------------------------------------------------------------------


def a_graph(X_=2.0):
    X, y, w = Input("X"), Input("y"), Input("w")
    graph = topological_sort({X: X_, y: 1.0, w: 3.0}, MSE(y, Mul(X, w)))
    forward_and_backward(graph)
    return graph


# {a public function: a call of it that is well}; each of its arguments is then replaced by anything.
CALLS = {
    "load_boston": lambda: {"return_X_y": True},
    "minibatches": lambda: {"m": 5, "batch_size": 2, "rng": np.random.default_rng(0)},
    "train": lambda: {
        **{"graph": (graph := a_graph([2.0])), "feeds": {graph[0]: [2.0]}, "trainables": [graph[2]]},
        **{"learning_rate": 0.01, "epochs": 1, "batch_size": 1, "seed": 0, "l2": 0.0},
        **{"on_epoch": None, "progress": None},
    },
    "draw_graph": lambda: {
        **{"graph": (graph := a_graph()), "values": True, "gradients": True, "path": graph[-2:]},
        **{"labels": {(graph[-2], graph[-1]): "text"}, "title": "title", "alt": "words"},
    },
    "live": lambda: {"function": a_graph, "DEBUG": True, "T_DEBUG": False},
    "stepper": lambda: {"graph": a_graph(), "show": ("sort", "backward")},
    "predict": lambda: {
        **{"question": "How much?", "answer": 3, "tolerance": 0.1, "wrong": {4: "No."}},
        **{"hint": "Count.", "because": "So it is.", "show": a_graph, "choices": None, "order": None},
    },
    "watch_learning": lambda: {"snapshots": {0: [1.0, 2.0], 5: [3.0, 4.0]}, "targets": [3.0, 5.0]},
    "fit_by_hand": lambda: {"rooms": [5.0, 7.0], "prices": [10.0, 30.0]},
    "sort_game": lambda: {"graph": a_graph(), "level": 1},
    "stale": lambda: {"graph": a_graph()},
    "turn_knobs": lambda: {"graph": (graph := a_graph()), "weights": [graph[2]], "turns": 3},
    "nudge": lambda: {"graph": a_graph()},
    "tangent": lambda: {"function": abs, "at": 1.0, "around": 2.0, "label": "|x|"},
    "fill_in_gradients": lambda: {"graph": a_graph()},
    "cost_of_one_weight": lambda: {
        **{"graph": (graph := a_graph()), "weight": graph[2], "low": 0.0, "high": 4.0, "step": 0.1},
    },
    "descent": lambda: {"start": 3.0, "learning_rate": 0.01},
    "explorer": lambda: {
        **{"learning_rate": 0.01, "hidden": 1, "batch_size": 324, "epochs": 25},
        **{"seed": 0, "l2": 0.0, "equal": "epochs"},
    },
    "check_gradients": lambda: {
        **{"cost": (graph := a_graph())[-1], "feed_dict": {n: n.value for n in graph[:3]}},
        **{"inputs": [graph[0]], "passes": forward_and_backward},
    },
    "check": lambda: {"name": "recipe", "answer": ...},
    "bar": lambda: {"epochs": 3},
    "fault_lab": lambda: {"seed": 0},
    "hints": lambda: {"name": "recipe"},
    "quiz": lambda: {"lesson": "02"},
    "keep": lambda: {"name": "MyNode"},
    "progress": lambda: {"lesson": "03"},
    "race": lambda: {"yours": int, "ours": int},
    "ratios": lambda: {"works": {"one": int, "two": int}},
    "watched": lambda: {"own_pass": forward_pass},
    "where_installed": lambda: {"module": "json", "run": int},
}
OF_THE_ENGINE = {"load_boston", "minibatches", "train"}
NO_ARGUMENTS = ("toggles", "show_mine")  # in order, for two workers must collect the same
SOURCES = {"show_source", "mine"}  # take any number of things: tests of their own below
BLOCKS = {"caught"}  # with caught(): tests/classroom/test_words.py


def shown(name, arguments):
    """What a public function returns, shown as a notebook shows it."""
    result = getattr(miniflow_lib, name, None) or getattr(miniflow_classroom, name)
    result = result(**arguments)
    if name == "minibatches":
        result = [rows for rows, _ in zip(result, range(9))]
    if hasattr(result, "_repr_mimebundle_"):
        bundle = result._repr_mimebundle_()
        assert "nan" not in bundle["text/plain"].split()
    return result


def test_every_public_function_is_called_here():
    assert {*CALLS, *NO_ARGUMENTS, *SOURCES, *BLOCKS} == {*miniflow_classroom.__all__, *OF_THE_ENGINE}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_well(name, capsys):
    assert shown(name, CALLS[name]()) is not None or name in ("check", "keep", "progress")


@pytest.mark.parametrize("name", [*CALLS, *NO_ARGUMENTS])
def test_print_shows_it_in_any_encoding(name, capsys):
    """print(check_gradients(...)) into a file of cp1252 stopped a program at the first check mark."""
    result = shown(name, CALLS[name]() if name in CALLS else {})
    print(result)
    printed = capsys.readouterr().out
    assert printed.isascii(), printed
    is_function = name in ("bar", "watched")
    assert "<" not in printed or is_function, "words, and not a widget's insides"


@pytest.mark.parametrize("name", CALLS)
def test_one_wrong_argument_is_answered_or_said(name):
    @settings(max_examples=100 if name != "explorer" else 30)
    @given(st.data())
    def try_it(data):
        arguments = CALLS[name]()
        wrong = data.draw(st.sampled_from(sorted(arguments)))
        arguments[wrong] = data.draw(anything)
        if wrong == "epochs" and isinstance(arguments[wrong], int):
            arguments[wrong] %= 5  # so many epochs were asked for: no mistake
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                quietly(lambda: shown(name, arguments))
            except TypeError as error:  # a function that is called with something else than it takes
                assert callable(arguments[wrong]) and "argument" in str(error)

    try_it()


VIEWS = (
    "draw_graph",
    "stepper",
    "sort_game",
    "stale",
    "turn_knobs",
    "nudge",
    "fill_in_gradients",
    "cost_of_one_weight",
    "live",
)


@pytest.mark.parametrize("name", VIEWS)
def test_whatever_a_node_holds_is_shown_or_said(name):
    @settings(max_examples=40)
    @given(anything, st.booleans())
    def try_it(value, by_hand):
        graph = a_graph()
        if by_hand:
            graph[0].value = value
        else:
            quietly(lambda: topological_sort({**{node: node.value for node in graph[:3]}, graph[0]: value}))
        weight = {"weight": graph[2], "low": 0, "high": 1} if name == "cost_of_one_weight" else {}
        if name == "turn_knobs":
            weight = {"weights": [graph[2]]}

        def traced():
            with trace.override(DEBUG=True, T_DEBUG=True):
                forward_and_backward(graph)

        arguments = {"function": traced} if name == "live" else {"graph": graph, **weight}
        with contextlib.redirect_stdout(io.StringIO()):
            quietly(lambda: shown(name, arguments))

    try_it()


class Nothing(Node):
    """A node of a learner's that was never told its inbound nodes."""

    def __init__(self):
        pass


def raises(*_):
    raise SystemExit


answers = st.one_of(
    anything,
    st.sampled_from(
        [Node, Input, Add, Nothing, raises, print, sorted, float, {"a": 1}, [None], [[1], [1, 2]]]
    ),
    st.sampled_from([lambda *a: None, lambda *a: a[0], lambda *a: 1j, lambda *a: [[]], lambda *a: object()]),
)


@pytest.mark.parametrize("name", exercises())
def test_whatever_is_answered_is_judged_in_a_sentence(name):
    @settings(max_examples=30)
    @given(answers)
    def try_it(answer):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            quietly(lambda: miniflow_classroom.check(name, answer))
        said = " ".join(told.getvalue().split())
        assert said.startswith((f"[{name}] to do", f"[{name}] not yet")) and "Traceback" not in said

    try_it()


@given(st.lists(anything, max_size=2))
def test_the_source_of_what_has_none_is_said(things):
    result, error = quietly(lambda: miniflow_classroom.show_source(*things))
    assert (result is None) == (error is not None)


@given(st.lists(anything, min_size=1, max_size=2))
def test_a_name_that_is_no_piece_is_said(names):
    assert "The name of a piece is one of" in str(quietly(lambda: miniflow_classroom.mine(*names))[1])


def tangent_of(function):
    return lambda: miniflow_classroom.tangent(function, label="g")


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (
            lambda: next(minibatches(10, 2, 0)),
            r"rng is a source of random numbers, np.random.default_rng\(0\)",
        ),
        (lambda: next(minibatches(10, 0, np.random.default_rng(0))), "batch_size is a whole number of 1 or"),
        (lambda: sgd_update(a_graph()[:1], np.complex128(1)), "The learning rate is a number of 0 or more"),
        (lambda: sgd_update(a_graph()[:1], 10**400), "The learning rate is a number of 0 or more"),
        (
            lambda: train(a_graph(), {Input("a"): [1]}, []),
            "The graph to be trained lacks the node a",
        ),
        (lambda: train((g := a_graph()), {g[0]: [1]}, g[:1]), "X is both data and trainable"),
        (lambda: train((g := a_graph()), {g[0]: [1], g[1]: [1, 2]}, []), r"each: X \(1,\), y \(2,\)"),
        (lambda: train((g := a_graph()), {g[0]: 1}, []), r"must have a row for each example, .*: X \(\)"),
        (
            lambda: (setattr((g := a_graph())[2], "value", [1.0]), sgd_update([g[2]])),
            "was set by hand to a list",
        ),
        (lambda: topological_sort({Input("x"): 10**5000}), "given a whole number that is too large for a"),
        (
            lambda: miniflow_classroom.draw_graph(a_graph(), path=3),
            r"path is a list of nodes, \[x, f\], not 3",
        ),
        (lambda: miniflow_classroom.draw_graph(a_graph(), labels="x"), "labels is a dict"),
        (lambda: miniflow_classroom.draw_graph([[1], 2]), "The list has a list in it"),
        (lambda: forward_pass(None, a_graph()), "The sorted list lacks None: sort with output=f"),
        (
            lambda: miniflow_classroom.stepper(a_graph(), "back"),
            "What a stepper shows is one of 'sort', 'forward'",
        ),
        (
            lambda: miniflow_classroom.live(a_graph()),
            r"is a function, which is called as function\(\), not a list",
        ),
        (
            lambda: miniflow_classroom.predict("?", 3, wrong={"4": "No."}),
            "nobody can guess that: .* a number",
        ),
        (lambda: miniflow_classroom.predict("?", "a", choices=["a", "b"], wrong={"c": "No."}), "is a choice"),
        (lambda: miniflow_classroom.predict("?", float("nan")), "The answer is a number, not nan"),
        (lambda: miniflow_classroom.predict("?", "a", choices="ab"), "choices is a list here"),
        (
            lambda: miniflow_classroom.watch_learning({0: [1.0]}, [1.0, 2.0]),
            "1 predictions, and the targets are 2",
        ),
        (lambda: miniflow_classroom.fit_by_hand([6, 7], [20]), "rooms has 2 numbers and prices has 1"),
        (lambda: miniflow_classroom.fit_by_hand([6, np.nan], [20, 30]), "from -1000000 to 1000000"),
        (lambda: miniflow_classroom.watch_learning({}, [1.0, 2.0]), "snapshots is a dict"),
        (lambda: miniflow_classroom.watch_learning({0: [1.0]}, [1.0]), "not all the same"),
        (tangent_of(lambda x: 1 / x), "g is not a finite number everywhere from -1 to 3"),
        (tangent_of(lambda x: [x, x]), "The function g must return one number, not a list"),
        (tangent_of(lambda x: None), "The function g must return one number, not None"),
        (
            lambda: miniflow_classroom.cost_of_one_weight((g := a_graph()), g[3], 0, 1),
            "works out its own value",
        ),
        (
            lambda: miniflow_classroom.cost_of_one_weight((g := a_graph()), g[2], 4, 0),
            "low must be the smaller",
        ),
        (lambda: miniflow_classroom.nudge(topological_sort({Input("x"): [1.0, 2.0]}, None)), "shape"),
        (lambda: miniflow_classroom.descent(1e200), "start is a number from -10 to 10"),
        (lambda: miniflow_classroom.explorer(batch_size=7), "batch_size is one of 1, 3, 9, 27"),
        (
            lambda: miniflow_classroom.explorer(learning_rate=5),
            "learning_rate is a number from 0.001 to 3, not 5",
        ),
        (lambda: miniflow_classroom.descent(3, 20), "learning_rate is a number from 0.0001 to 10, not 20"),
        (lambda: miniflow_classroom.explorer(epochs=600), "epochs is a whole number from 25 to 300, not 600"),
        (lambda: miniflow_classroom.explorer(hidden=2.5), "hidden is a whole number from 1 to 40, not 2.5"),
        (lambda: miniflow_classroom.explorer(rate=5), "A setting of the explorer is one of 'learning_rate'"),
        (lambda: miniflow_classroom.quiz(2), "The number of a lesson with a quiz is one of '00', '01'"),
        (lambda: miniflow_classroom.hints("feed"), "The name of an exercise is one of .*'recipe'"),
        (lambda: miniflow_classroom.show_source(a_graph()[0]), "show_source takes classes and functions"),
        (lambda: setattr(miniflow_lib.trace, "DEBUG", "yes"), "trace.DEBUG is True or False, not 'yes'"),
        (lambda: setattr(miniflow_lib.trace, "limit", -1), "trace.limit is a whole number of 0 or more"),
    ],
)
def test_what_the_fuzz_found_has_its_sentence(work, words):
    """Before: another library's error, an endless loop, or a wrong picture without a word."""
    with pytest.raises(MiniFlowError, match=words):
        work()


class Column(np.ndarray):
    """An array of a class of its own, as a table's column is: its sums and products need not be numpy's."""

    def __mul__(self, other):
        return self @ other

    __rmul__ = __mul__


def test_what_was_set_by_hand_is_computed_with_as_a_plain_array():
    """Found: an np.matrix turned Mul into the product of matrices, without a word."""
    x = Input("x")
    graph = topological_sort({x: 1}, f := Mul(x, x))
    x.value = np.array([[1.0, 2.0], [3.0, 4.0]]).view(Column)
    assert forward_pass(f, graph).tolist() == [[1.0, 4.0], [9.0, 16.0]]
    assert type(x.value) is np.ndarray


def test_missing_numbers_set_by_hand_are_said():
    """Found: a masked array went through the graph with what stands under its mask."""
    x = Input("x")
    graph = topological_sort({x: 1.0}, f := Add(x, x))
    x.value = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(MiniFlowError, match="The Input x was given a masked array: fill in what is"):
        forward_pass(f, graph)


def run(op, *values):
    """What an op makes of values that a learner's op sets, as they are."""
    x = Input("x")
    f = op(*(Odd(x, value) for value in values))
    return forward_pass(f, topological_sort({x: 1}, f))


@pytest.mark.parametrize(
    ("op", "values", "words"),
    [
        (Add, [np.array(["a"])] * 2, "Add cannot work with Odd, whose value is an array .* kind <U1"),
        (Mul, [np.array([None, 1])], "Mul cannot work with Odd, whose value is an array .* kind object"),
        (
            Linear,
            [np.int64(3)] * 3,
            r"Linear cannot work with these shapes, Odd \(\), Odd \(\), Odd \(\): in X @ W",
        ),
        (Add, [np.ones((10**7, 1)), np.ones((1, 10**7))], r"Add finds no room in memory: .* \(10000000,"),
    ],
)
def test_what_a_learners_op_hands_on_is_named_as_what_is_wrong(op, values, words):
    """Found: of each of them it was said that the shapes do not fit."""
    with pytest.raises(MiniFlowError, match=words):
        run(op, *values)


def test_who_asks_numpy_to_raise_gets_numpys_own_error_and_the_nodes_name():
    """Found: that the shapes do not fit was said here too."""
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow") as caught:
        run(Mul, np.float64(1e308), np.float64(1e308))
    assert "in forward() of Mul" in caught.value.__notes__[0]


@pytest.mark.parametrize("value", [2**70, [2**70, 1], -(10**30)])
def test_whole_numbers_beyond_64_bits_are_numbers(value):
    """Found: a whole number was answered by: give it a number."""
    x = Input("x")
    topological_sort({x: value})
    assert np.array_equal(x.value, np.array(value, dtype=float))


def shared(n: int) -> list[Node]:
    """A row of n sums that all use the first node as well."""
    node = x = Input("x")
    for _ in range(n):
        node = Add(node, x)
    graph = topological_sort({x: 1.0}, node)
    forward_and_backward(graph)
    return graph


@pytest.mark.parametrize(
    ("show", "words"),
    [
        (miniflow_classroom.draw_graph, "3001 nodes has 4504499 pieces of arrows, and 20000 at most"),
        (miniflow_classroom.stepper, "3001 nodes, and a stepper plays at most 100"),
        (miniflow_classroom.sort_game, "3001 nodes, and the game has a button for at most 100"),
        (miniflow_classroom.stale, "3001 nodes, and stale has a button for at most 100"),
        (miniflow_classroom.nudge, "3001 nodes, and nudge shows at most 100"),
        (
            miniflow_classroom.fill_in_gradients,
            "3001 nodes, and fill_in_gradients asks for those of at most 100",
        ),
    ],
)
def test_a_graph_too_large_to_be_shown_is_said_at_once(show, words):
    """Found: hours for a picture, and a RecursionError for what works on a copy."""
    with pytest.raises(MiniFlowError, match=words):
        show(shared(3000))


def test_the_cost_of_one_weight_in_a_long_graph():
    graph = shared(1000)
    assert "1001" in miniflow_classroom.cost_of_one_weight(graph, graph[0], 0, 2).static["text/plain"]


def test_a_point_where_the_curve_ends_has_no_line():
    def root(x):
        return np.sqrt(4 - x)  # up to 4: x + nudge leaves it

    with np.errstate(all="ignore"):
        box = miniflow_classroom.tangent(root, at=3.5, around=0.5, label="g")
    assert "leaves the finite numbers" in box.static["text/plain"]


def test_a_film_of_a_training_that_explodes_can_be_seen():
    film = miniflow_classroom.watch_learning({0: [1.0, 2.0], 9: [np.inf, np.nan]}, [3.0, 5.0])
    assert 'height="nan"' not in str(film.page())


class Hands(Odd):
    """A learner's op whose backward sets whatever it was told to."""

    def forward(self):
        self.value = self.inbound_nodes[0].value * 2

    def backward(self):
        self.gradients = self.result(self.inbound_nodes[0])


@pytest.mark.parametrize(
    ("gradients", "words"),
    [
        (lambda x: {x: "text"}, r"Hands.backward\(\) set 'text', a str as the gradient for x"),
        (lambda x: {x: None}, r"Hands.backward\(\) set None as the gradient for x"),
        (lambda x: {x: np.ones((3, 3))}, r"a gradient of shape \(3, 3\) for x, not .* its value, \(2,\)"),
        (lambda x: {}, r"Hands.backward\(\) set no gradient for x"),
        (lambda x: [1.0], r"set self.gradients to a list: it is a dict"),
    ],
)
@pytest.mark.parametrize("before", [lambda x: x, lambda x: Mul(x, x), Sigmoid])
def test_a_wrong_gradient_moves_no_weight(gradients, words, before):
    """Found by odd graphs: a weight that took another shape, or another library's error."""
    x, y = Input("x"), Input("y")
    node = before(x)
    if node is not x:
        words = words.replace("for x", f"for {node.name}")
    graph = topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, MSE(y, Hands(node, gradients)))
    with pytest.raises(MiniFlowError, match=words):
        forward_and_backward(graph)
        sgd_update([x])
    if node is x:
        assert np.array_equal(x.value, [1.0, 2.0])


def test_one_number_is_no_gradient_for_two():
    x, y = Input("x"), Input("y")
    forward_and_backward(
        topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, MSE(y, Hands(x, lambda x: {x: 1.0})))
    )
    with pytest.raises(MiniFlowError, match=r"of shape \(\) for x, not that of its value, \(2,\)"):
        sgd_update([x])


def test_a_gradient_may_be_a_plain_number():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 1.0, y: 0.0}, MSE(y, Hands(x, lambda x: {x: 4})))
    forward_and_backward(graph)
    sgd_update([x], 0.5)
    assert x.value == -1.0


def odd_graphs():
    """{what is odd: a list that no sort returned, or nodes that somebody has spoilt}"""

    def spoilt(place, **changed):
        graph = a_graph()
        vars(graph[place]).update(changed)
        return graph

    x = Input("x")
    return {
        "backwards": a_graph()[::-1],
        "without its first": a_graph()[1:],
        "without one in the middle": [*a_graph()[:3], a_graph()[-1]],
        "twice": (graph := a_graph()) + graph,
        "two graphs": a_graph() + a_graph(),
        "a tuple": tuple(a_graph()),
        "never fed": [Mul(Input("a"), Input("b"))],
        "no cost": topological_sort({x: [1.0, 2.0]}, Sigmoid(x)),
        "an input alone": topological_sort({Input("x"): 1.0}),
        "no value": spoilt(0, value=None),
        "a text as value": spoilt(0, value="abc"),
        "a list as value": spoilt(0, value=[1.0, 2.0]),
        "nan as value": spoilt(0, value=np.float64("nan")),
        "no name": spoilt(0, name=None),
        "a text as gradient": spoilt(3, gradients={x: "text"}),
        "nothing in forward": spoilt(3, forward=lambda: None, value=None),
        "a text from forward": spoilt(3, forward=lambda: None, value="text"),
        "a list from forward": spoilt(3, forward=lambda: None, value=[1, 2]),
        "a float from forward": spoilt(3, forward=lambda: None, value=4.0),
        "something else among them": [*a_graph(), 3],
    }


OF_GRAPHS = {
    "draw_graph": miniflow_classroom.draw_graph,
    "stepper": miniflow_classroom.stepper,
    "sort_game": miniflow_classroom.sort_game,
    "stale": miniflow_classroom.stale,
    "turn_knobs": lambda graph: miniflow_classroom.turn_knobs(graph, graph[:1]),
    "nudge": miniflow_classroom.nudge,
    "fill_in_gradients": miniflow_classroom.fill_in_gradients,
    "cost_of_one_weight": lambda graph: miniflow_classroom.cost_of_one_weight(graph, graph[0], 0, 1),
    "train": lambda graph: train(graph, {graph[0]: [1.0, 2.0]}, [], epochs=1),
    "check_gradients": lambda graph: miniflow_classroom.check_gradients(
        graph[-1], dict.fromkeys(graph[:3], 1.0)
    ),
    "forward_pass": lambda graph: forward_pass(graph[-1], graph),
    "backward_pass": miniflow_lib.backward_pass,
    "forward_and_backward": forward_and_backward,
    "sgd_update": lambda graph: sgd_update(graph[:3]),
    "topological_sort": lambda graph: topological_sort(dict.fromkeys(graph[:3], 1.0)),
}


@pytest.mark.parametrize("name", OF_GRAPHS)
def test_an_odd_graph_is_answered_or_said(name):
    for odd, graph in odd_graphs().items():
        with contextlib.redirect_stdout(io.StringIO()), miniflow_lib.trace.override(DEBUG=True, T_DEBUG=True):
            result, error = quietly(lambda graph=graph: OF_GRAPHS[name](graph))
        if odd == "something else among them":
            assert error is not None or name in ("check_gradients", "sgd_update", "topological_sort"), odd
        if hasattr(result, "_repr_mimebundle_"):
            result._repr_mimebundle_()


def test_nodes_of_two_graphs_mixed():
    x, z = Input("x"), Input("z")
    f, g = Sigmoid(x), Sigmoid(z)
    graph = topological_sort({x: 1}, f) + topological_sort({z: 1}, g)
    with pytest.raises(MiniFlowError, match="two ends"):
        forward_and_backward(graph)
    with pytest.raises(MiniFlowError, match="The sorted list lacks the node Sigmoid"):
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
