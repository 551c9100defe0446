"""The arithmetic of going back: it comes out at the gradients, or it is not told."""

from __future__ import annotations

from functools import reduce

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
    topological_sort,
    trace,
)
from miniflow_lib.trace_text import WHOLE, WIDTH, arithmetic, pass_text
from tests import own_engine
from tests.graphs import x_plus_y_times_z
from miniflow_classroom.show.arithmetic import WAYS, Factor, arriving_at, product, products, times
from miniflow_classroom.show.drawing import GraphView, in_numbers
from miniflow_classroom.show.matrix_product import products_in, short

OURS = {"Input": Input, "Add": Add, "Mul": Mul, "Sigmoid": Sigmoid, "MSE": MSE, "Linear": Linear}
THEIRS = {name: getattr(own_engine, f"My{name}") for name in OURS}


def told_by(node) -> dict:
    return products(node, arriving_at(node), node.gradients)


def worked_out(row: list[Factor], shape: tuple) -> np.ndarray:
    """What a row of factors comes to: each path by itself, summed to the shape, and then all added."""
    paths = []
    for joint, _, value in row:
        if joint not in ("·", "/", "@"):
            paths.append([])
        paths[-1].append((joint, np.asarray(value, dtype=float)))
    work = {"·": lambda a, b: a * b, "/": lambda a, b: a / b, "@": lambda a, b: a @ b}
    total = np.zeros(shape)
    for (_, first), *rest in paths:
        made = reduce(lambda total, factor: work[factor[0]](total, factor[1]), rest, first)
        while made.ndim > len(shape):
            made = made.sum(axis=0)
        for axis, length in enumerate(shape):
            made = made.sum(axis=axis, keepdims=True) if length < made.shape[axis] else made
        total = total + made
    return total


def numbers_by_chance(seed: int, kinds: dict) -> list:
    """A graph of single numbers with every op that takes them; nodes come in twice, and feed several."""
    rng = np.random.default_rng(seed)
    feed = {kinds["Input"](f"x{i}"): rng.normal() for i in range(rng.integers(2, 5))}
    nodes = list(feed)
    for _ in range(rng.integers(3, 12)):
        kind = rng.choice(["Add", "Mul", "Mul", "Sigmoid", "MSE"])
        count = 1 if kind == "Sigmoid" else 2
        nodes.append(kinds[kind](*(nodes[i] for i in rng.integers(0, len(nodes), size=count))))
    loose = [node for node in nodes if not node.outbound_nodes]
    while len(loose) > 1:
        loose.append(kinds["Add"](loose.pop(0), loose.pop(0)))
    return topological_sort({node: value for node, value in feed.items()}, output=loose[0])


def layers_by_chance(seed: int, kinds: dict) -> list:
    """Layers of any sizes, with a second way round some of them, up to a cost."""
    rng = np.random.default_rng(seed)
    m, width = rng.integers(1, 9, size=2)
    X = kinds["Input"]("X")
    feed, node = {X: rng.normal(size=(m, width))}, X
    for layer in range(rng.integers(1, 4)):
        new = int(rng.integers(1, 9))
        W, b = kinds["Input"](f"W{layer}"), kinds["Input"](f"b{layer}")
        feed |= {W: rng.normal(size=(width, new)), b: rng.normal(size=new)}
        node, width = kinds["Linear"](node, W, b), new
        if rng.random() < 0.5:
            node = kinds["Sigmoid"](node)
        if rng.random() < 0.5:
            node = kinds["Mul"](node, kinds["Add"](node, node))
    y = kinds["Input"]("y")
    shape = (m,) if width == 1 else (m, width)
    return topological_sort(feed | {y: rng.normal(size=shape)}, output=kinds["MSE"](y, node))


@pytest.mark.parametrize("kinds", [OURS, THEIRS], ids=["ours", "theirs"])
@pytest.mark.parametrize("build", [numbers_by_chance, layers_by_chance])
def test_what_is_told_comes_out_at_the_gradients(build, kinds):
    told = 0
    for seed in range(40):
        graph = build(seed, kinds)
        forward_and_backward(graph)
        for node in graph:
            if not node.inbound_nodes:
                continue
            rows = told_by(node)
            assert rows.keys() == node.gradients.keys()
            for inbound, row in rows.items():
                gradient = node.gradients[inbound]
                assert row or (kinds is THEIRS and np.shape(gradient) != np.shape(inbound.value)), node.name
                if row:
                    told += 1
                    assert np.allclose(worked_out(row, np.shape(gradient)), gradient)
    assert told > 400


def test_each_place_where_a_node_comes_in_is_a_path():
    miss, x = Input("miss"), Input("x")
    cost = Mul(miss, miss, name="cost")
    forward_and_backward(topological_sort({miss: -2}, output=cost))
    (row,) = told_by(cost).values()
    assert row == [
        ("2 paths,", "arrives", 1), ("·", "local", -2), ("+", "arrives", 1), ("·", "local", -2)
    ]  # fmt: skip
    assert arithmetic(row, -4.0) == "2 paths, arrives 1 · local -2 + arrives 1 · local -2 = -4"
    assert in_numbers(row, -4.0) == "1 · -2 + 1 · -2 = -4"
    cube = Mul(x, x, x, name="cube")
    forward_and_backward(topological_sort({x: 2}, output=cube))
    (row,) = told_by(cube).values()
    one = "arrives 1 · local 2 · 2"
    assert arithmetic(row, 12.0) == f"3 paths, {one} + {one} + {one} = 12"
    assert in_numbers(row, 12.0) == "1 · 4 + 1 · 4 + 1 · 4 = 12"


@pytest.mark.parametrize(
    ("build", "feed", "told"),
    [
        (lambda x, y: Mul(x, y), (3, 5), ["arrives 1 · local 5 = 5", "arrives 1 · local 3 = 3"]),
        (lambda x, y: Add(x, y), (3, 5), ["arrives 1 · local 1 = 1"] * 2),
        (lambda x, y: Mul(Add(x), y), (3, 5), ["arrives 1 · local 5 = 5", "arrives 1 · local 3 = 3"]),
        (
            lambda x, y: MSE(x, y), (3, 5),
            ["arrives 1 · local 2 / 1 · (y - a) -2 = -4", "arrives 1 · local -2 / 1 · (y - a) -2 = 4"],
        ),
        (
            lambda x, y: MSE(x, y), ([3, 8], [[5], [4]]),
            [
                "arrives 1 · local 2 / 2 · (y - a) [-2, 4] = [-2, 4]",
                "arrives 1 · local -2 / 2 · (y - a) [[-2], [4]] = [[2], [-4]]",
            ],
        ),
    ],
)  # fmt: skip
def test_each_op_is_told_in_its_own_factors(build, feed, told):
    x, y = Input("x"), Input("y")
    f = build(x, y)
    forward_and_backward(topological_sort(dict(zip((x, y), feed)), output=f))
    assert [arithmetic(row, f.gradients[n]) for n, row in told_by(f).items()] == told


def test_a_sigmoid_shows_both_its_factors():
    x = Input("x")
    s = Sigmoid(x)
    forward_and_backward(topological_sort({x: 1.0}, output=s))
    (row,) = told_by(s).values()
    assert arithmetic(row, s.gradients[x]) == ("arrives 1 · local 0.7310585786 · 0.2689414214 = 0.1966119332")
    assert in_numbers(row, s.gradients[x]) == "1 · 0.1966 = 0.1966"


def layer_of(X, W, b, y, kind=Linear) -> list:
    nodes = [Input(name) for name in ("X", "W", "b", "y")]
    cost = MSE(nodes[-1], kind(*nodes[:3], name="out"), name="cost")
    return topological_sort(dict(zip(nodes, (X, W, b, y))), output=cost)


def layer() -> Linear:
    graph = layer_of([[5, 3], [2, 2]], [[4], [-2]], [7], [23, 15])
    forward_and_backward(graph)
    return graph[-2]


def test_a_layer_is_told_by_its_products():
    out = layer()
    assert [arithmetic(row, out.gradients[n]) for n, row in told_by(out).items()] == [
        "arrives [[-2], [-4]] @ W.T [[4, -2]] = [[-8, 4], [-16, 8]]",
        "X.T [[5, 2], [3, 2]] @ arrives [[-2], [-4]] = [[-18], [-14]]",
        "sum over the rows of arrives [[-2], [-4]] = [-6]",
    ]
    assert all(in_numbers(row, out.gradients[n]) == "" for n, row in told_by(out).items())


def test_a_neuron_of_plain_numbers_is_told_by_what_arrives_and_the_weights():
    x, w, b, y = (Input(name) for name in ("x", "w", "b", "y"))
    out = Linear(x, w, b)
    forward_and_backward(topological_sort({x: [5, 3], w: [4, -2], b: 7, y: 23}, output=MSE(y, out)))
    assert [arithmetic(row, out.gradients[n]) for n, row in told_by(out).items()] == [
        "arrives -4 · local [4, -2] = [-16, 8]",
        "arrives -4 · local [5, 3] = [-20, -12]",
        "arrives -4 · local 1 = -4",
    ]


def test_a_value_that_was_stretched_gets_a_sum_and_the_words_say_which():
    rows, one = Input("rows"), Input("one")
    b = Input("b")
    added, scaled = Add(rows, b), None
    scaled = Mul(added, one)
    y = Input("y")
    feed = {rows: [[1, 2], [3, 4]], b: [10, 20], one: 3, y: [[0, 0], [0, 0]]}
    forward_and_backward(topological_sort(feed, output=MSE(y, scaled)))
    to_b, to_one = told_by(added)[b], told_by(scaled)[one]
    assert arithmetic(to_b, added.gradients[b]).startswith("sum over the rows of arrives [[")
    assert arithmetic(to_one, scaled.gradients[one]).startswith("sum of arrives [[")
    assert arithmetic(told_by(added)[rows], added.gradients[rows]).startswith("arrives [[")


class Add2(Node):  # not known by its name
    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value + y.value

    def backward(self):
        self.gradients = {node: self.grad_cost() for node in self.inbound_nodes}


def wrong_mul(gradients):
    """A learner's own Mul, whose gradients are what `gradients(g, x, y)` returns."""

    class MyMul(Node):
        def forward(self):
            x, y = self.inbound_nodes
            self.value = x.value * y.value

        def backward(self):
            x, y = self.inbound_nodes
            to_x, to_y = gradients(self.grad_cost(), x.value, y.value)
            self.gradients = {x: to_x, y: to_y}

    return MyMul


@pytest.mark.parametrize(
    ("gradients", "told"),
    [
        (lambda g, x, y: (g * y, g * x), [True, True]),
        (lambda g, x, y: (g * x, g * y), [False, False]),  # its own value
        (lambda g, x, y: (g * y, 0.0), [True, False]),
        (lambda g, x, y: (y, x), [True, True]),  # g is 1 here, so it does come out
        (lambda g, x, y: (g * y * (1 + 1e-4), g * x), [False, True]),
    ],
)
def test_a_learners_op_is_told_only_where_its_product_comes_out(gradients, told, capsys):
    x, y = Input("x"), Input("y")
    f = wrong_mul(gradients)([x, y], name="f")
    graph = topological_sort({x: 3, y: 5}, output=f)
    with trace.override(DEBUG=True):
        forward_and_backward(graph)
    assert [bool(row) for row in told_by(f).values()] == told
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("      for ")]
    assert ["arrives" in line for line in lines] == told
    for node, line, is_told in zip((x, y), lines, told):
        assert is_told or line == f"      for {node.name}: {f.gradients[node]:.10g}"


def test_a_gradient_of_another_shape_is_not_told_as_if_it_came_out():
    x = Input("x")
    f = Add(x)
    forward_and_backward(topological_sort({x: [2.0]}, output=f))
    assert told_by(f)[x]
    assert products(f, arriving_at(f), {x: np.ones(3)}) == {x: []}


def test_an_op_of_another_name_is_told_by_what_it_got_and_gave():
    x, y = Input("x"), Input("y")
    f = Add2([x, y], name="f")
    forward_and_backward(topological_sort({x: 3, y: 5}, output=f))
    assert told_by(f) == {x: [], y: []}
    assert GraphView([x, y, f]).products() == {}


@pytest.mark.parametrize(
    "value", [None, "text", {"a": 1}, [[1, 2], [3]], np.array(["a"]), np.nan, np.inf, object()]
)
def test_odd_values_raise_nothing(value):
    for kind in WAYS:
        x, y = Input("x"), Input("y")
        x.value, y.value = value, 2.0
        op = type(kind, (Node,), {})([x, y, x])
        op.value, op.gradients = value, {x: value, y: value, op: value}
        for arrives in (value, 1.0):
            assert set(products(op, arrives, op.gradients)) == {x, y, op}
    assert arriving_at(value) is None


def test_gradients_that_are_tiny_or_huge_are_compared_by_their_own_size():
    for size in (1e-30, 1e-12, 1.0, 1e30):
        x, y = Input("x"), Input("y")
        f = Mul(x, y)
        forward_and_backward(topological_sort({x: size, y: 5}, output=f))
        assert told_by(f)[y]
        f.gradients[y] = f.gradients[y] * 1.001
        assert not told_by(f)[y]
        f.gradients[y] = 0.0
        assert not told_by(f)[y]


def test_what_is_told_stays_what_it_was():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: [3.0, 4.0], y: [1.0, 2.0]}, output=MSE(y, Mul(x, x)))
    with trace.record() as events:
        forward_and_backward(graph)
    before = [pass_text(event) for event in events]
    for node in graph[:-1]:
        node.value[...] = 99
        for gradient in node.gradients.values():
            gradient[...] = 99
    assert [pass_text(event) for event in events] == before


def test_a_picture_of_a_graph_that_ran_forward_again_tells_no_product_that_is_out_of_date():
    graph = x_plus_y_times_z()
    forward_and_backward(graph)
    assert len(GraphView(graph).products()) == 4
    x, y, z, q, f = graph
    z.value = np.array(7.0)
    assert GraphView(graph).products() == {
        (x, q): "-4 · 1 = -4", (y, q): "-4 · 1 = -4", (z, f): "1 · 3 = 3"
    }  # fmt: skip


def test_a_new_op_is_told_by_one_line(monkeypatch):
    class Exp(Node):
        def forward(self):
            self.value = np.exp(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * self.value}

    x = Input("x")
    f = Exp([x], name="f")
    forward_and_backward(topological_sort({x: 0.0}, output=f))
    assert told_by(f) == {x: []}
    monkeypatch.setitem(WAYS, "Exp", lambda g, own, x: [times(g, own)])
    assert arithmetic(told_by(f)[x], f.gradients[x]) == "arrives 1 · local 1 = 1"
    assert product(told_by(f)[x]) == 1


# --- one number of a matrix product ------------------------------------------------------------------------

TWO_NEURONS = [[3, 2, 4], [2, 2, 4]], [[2, -2], [3, -3], [-1, 3]], [4, 6], [[18, 2], [14, 4]]


def events_of(graph) -> dict:
    """{"forward" or "backward": what it tells of the layer "out"}"""
    with trace.record() as events:
        forward_and_backward(graph)
    return {event.pass_: event for event in events if event.node == "out"}


def printed(graph, capsys) -> list[str]:
    """The lines of the trace that work out a number."""
    with trace.override(DEBUG=True):
        forward_and_backward(graph)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    return [line.strip() for line in lines if "column 0 of" in line]


WORKED_OUT = [
    "out[0, 0], row 0 of X, column 0 of W and b[0]: 3 · 2 + 2 · 3 + 4 · -1 + 4 = 12",
    "for X[0, 0], row 0 of what arrives and column 0 of W.T: -3 · 2 + 2 · -2 = -10",
    "for W[0, 0], row 0 of X.T and column 0 of what arrives: 3 · -3 + 2 · -2 = -13",
    "for b[0], column 0 of what arrives: -3 + -2 = -5",
]


@pytest.mark.parametrize("kind", [Linear, own_engine.MyLinear])
def test_the_trace_works_out_the_first_number_of_each_product(kind, capsys):
    assert printed(layer_of(*TWO_NEURONS, kind), capsys) == WORKED_OUT


def test_any_number_is_worked_out_in_the_words_of_the_trace():
    events = events_of(layer_of(*TWO_NEURONS))
    (out,), (X, W, b) = (products_in(events[pass_]) for pass_ in ("forward", "backward"))
    assert " ".join(out.worked_out((1, 1))) == (
        "out[1, 1], row 1 of X, column 1 of W and b[1]: 2 · -2 + 2 · -3 + 4 · 3 + 6 = 8"
    )
    assert " ".join(X.worked_out((0, 2))) == (
        "for X[0, 2], row 0 of what arrives and column 2 of W.T: -3 · -1 + 2 · 3 = 9"
    )
    assert " ".join(W.worked_out((2, 1))) == (
        "for W[2, 1], row 2 of X.T and column 1 of what arrives: 4 · 2 + 4 · 2 = 16"
    )
    assert " ".join(b.worked_out((1,))) == "for b[1], column 1 of what arrives: 2 + 2 = 4"


def test_a_sum_over_one_row_is_that_number_and_one_neuron_makes_one_product():
    events = events_of(layer_of([[5, 3]], [[4], [-2]], [7], [23]))
    X, W, b = (product.worked_out((0,) * product.made[1].ndim) for product in products_in(events["backward"]))
    assert b == ["for b[0], column 0 of what arrives:", "-4"]
    assert X[1:] == ["-4 · 4", "= -16"] and W[1:] == ["5 · -4", "= -20"]


@pytest.mark.parametrize("kinds", [OURS, THEIRS], ids=["ours", "theirs"])
def test_the_terms_of_each_number_add_up_to_it_and_are_its_row_and_its_column(kinds):
    def exact(array: np.ndarray) -> np.ndarray:
        return np.array([repr(float(number)) for number in array.flat], dtype=object).reshape(array.shape)

    told = numbers = 0
    for seed in range(30):
        with trace.record() as events:
            forward_and_backward(layers_by_chance(seed, kinds))
        for event in events:
            for one in products_in(event):
                told += 1
                assert event.worked_out[one.made[0]], "the trace has its first number"
                for at, number in np.ndenumerate(one.made[1]):
                    numbers += 1
                    words, *terms = one.worked_out(at, exact)
                    terms = [term.removeprefix("+ ").split(" · ") for term in terms if term[0] != "="]
                    assert np.isclose(sum(np.prod([float(x) for x in term]) for term in terms), number)
                    right = [float(term[-1]) for term in terms]
                    if one.bias:
                        assert right.pop() == one.bias[1][at[-1]]
                    assert right == one.right[1][:, at[-1]].tolist()
                    if one.left:
                        left = [float(term[0]) for term in terms[: len(right)]]
                        assert left == one.left[1][at[0]].tolist() and f"row {at[0]} of" in words
                    assert f"column {at[-1]} of" in words and str(list(at)) in words
    assert told > 60 and numbers > 300


def test_six_long_terms_are_wrapped_between_terms_and_all_are_there():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((6, 6), (6, 6), (6,), (6, 6))]
    for event in events_of(layer_of(*arrays)).values():
        for name, (words, *lines) in event.worked_out.items():
            assert words.endswith(":") and max(map(len, lines)) <= WIDTH and len(lines) > 1
            (product,) = (one for one in products_in(event) if one.made[0] == name)
            together = " ".join(line.strip() for line in lines)
            assert together.count(" + ") == 5 + bool(product.bias) and together.count(" = ") == 1
            assert not any(line.strip()[0] == "·" or line.rstrip()[-1] in "+·=" for line in lines)


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        (((2, WHOLE), (WHOLE, 1), (1,), (2,)), 4),
        (((2, WHOLE + 1), (WHOLE + 1, 1), (1,), (2,)), 1),  # the sum over two rows
        (((WHOLE + 1, 2), (2, 1), (1,), (WHOLE + 1,)), 0),
        (((3,), (3,), (), ()), 0),
        (((3,), (3, 2), (2,), (2,)), 0),
        (((4, 3), (3,), (), (4,)), 0),
    ],
)
def test_only_matrices_that_are_shown_whole_are_worked_out(shapes, told):
    events = events_of(layer_of(*(np.ones(shape) for shape in shapes)))
    assert sum(len(products_in(event)) for event in events.values()) == told
    assert sum(len(event.worked_out) for event in events.values()) == told


class MyLinear(Node):
    """A learner's, with the mistake that is set in `wrong`."""

    wrong = ""

    def forward(self):
        X, W, b = (node.value for node in self.inbound_nodes)
        self.value = X @ W + b + (self.wrong == "forward")

    def backward(self):
        X, W, b = self.inbound_nodes
        g = self.grad_cost()
        to_b = g.sum(axis=1) if self.wrong == "b" else g.sum(axis=0)
        to_X = g @ W.value.T * (1.5 if self.wrong == "X" else 1)
        self.gradients = {X: to_X, W: X.value.T @ (g[::-1] if self.wrong == "W" else g), b: to_b}


@pytest.mark.parametrize("wrong", ["", "forward", "X", "W", "b"])
def test_a_product_that_does_not_come_out_is_not_worked_out(wrong, monkeypatch):
    monkeypatch.setattr(MyLinear, "wrong", wrong)
    events = events_of(layer_of(*TWO_NEURONS, lambda *nodes, name: MyLinear(nodes, name)))
    assert list(events["forward"].worked_out) == ["out"] * (wrong != "forward")
    assert list(events["backward"].worked_out) == [name for name in "XWb" if name != wrong]


@pytest.mark.parametrize("b", [7, [7], [[7, 7]]])
def test_a_bias_of_another_shape_in_a_learners_layer_is_not_worked_out(b):
    X, W, _, y = TWO_NEURONS
    events = events_of(layer_of(X, W, b, y, lambda *nodes, name: MyLinear(nodes, name)))
    assert not events["forward"].worked_out
    assert {"X", "W"} <= set(events["backward"].worked_out)


def test_a_matrix_that_comes_in_twice_is_not_told_as_one_product():
    X, b, y = Input("X"), Input("b"), Input("y")
    feed = {X: [[1, 2], [3, 4]], b: [0, 0], y: np.ones((2, 2))}
    events = events_of(topological_sort(feed, output=MSE(y, Linear(X, X, b, name="out"))))
    assert list(events["forward"].worked_out) == ["out"] and list(events["backward"].worked_out) == ["b"]


def test_pictures_digits_are_short():
    assert short(np.array([[1 / 3, -2.0], [1.67014218e-05, 1e30]])).tolist() == [
        ["0.3333", "-2"], ["1.67e-5", "1e30"]
    ]  # fmt: skip
