"""The graph as a program: its text gives the numbers of the engine, on graphs by chance and on networks."""

from __future__ import annotations

import importlib.util
import itertools
import math
import random
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import graphs
import numpy as np
import own_engine
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
    sgd_update,
    topological_sort,
    trace,
)
from miniflow_lib.program import Program, drop_dead, fold, for_each_shape, write

NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not NUMBA, reason="numba is not installed: pip install numba")


Tanh = graphs.TanhAsText


def close(a, b):
    return np.shape(a) == np.shape(b) and np.all(
        np.abs(np.subtract(a, b)) <= 1e-12 * np.maximum(1, np.abs(b))
    )


def run(program, given, jit=None):
    """The cost and the gradient of each Input, by the text itself: a program that returns them."""
    wanted = [program.cost, *program.gradients.values()]
    text = str(program).rpartition("    return ")[0] + f"    return {', '.join(wanted)},\n"
    world = {"np": np, **program.fixed}
    with np.errstate(all="ignore"):
        exec(text, world)
        return (jit or (lambda step: step))(world["step"])(*given)


def assert_same_as_engine(graph, jit=None):
    """Cost and every gradient: of the whole text, of the folded one, and without the lines nobody needs."""
    inputs = [node for node in graph if not node.inbound_nodes]
    with np.errstate(all="ignore"):
        forward_and_backward(graph)
    wanted = [graph[-1].value, *(node.gradients[node] for node in inputs)]
    whole = write(graph, inputs, [], 0.01)
    given = [float(node.value) if node.value.shape == () else node.value for node in inputs]
    lean = fold(drop_dead(whole, whole.gradients.values()))
    for program in [lean] if jit else [whole, fold(whole), lean]:
        for name, said, ours in zip(["cost", *program.gradients], run(program, given, jit), wanted):
            assert close(said, ours), (name, said, ours, str(program))


@pytest.mark.parametrize("name", [name for name in graphs.LESSONS if name != "own_op"])
def test_the_lessons_graphs(name):
    assert_same_as_engine(graphs.LESSONS[name]())


def runs(graph):
    """Whether the engine takes this graph, made by chance: the cost may be infinite, the shapes not fit."""
    try:
        with np.errstate(all="ignore"):
            forward_and_backward(graph)
    except MiniFlowError:
        return False
    return True


def by_chance(make, count):
    """The first so many graphs that the engine takes."""
    return list(islice(filter(runs, map(make, itertools.count())), count))


def of_arrays(seed):
    """Arrays that numpy stretches, layers, single neurons, a learner's op, nodes with several consumers."""
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    m, n = chance.randint(1, 4), chance.randint(1, 4)
    stretched = [(m, n), (n,), (m, 1), (1, n), (), (1, 1)]
    feed, nodes = {}, []

    def new(shape):
        node = Input(chance.choice(["x", "W", "d_x", "for", "a b", "new_W", "x_1", "層", "np", "C_diff"]))
        feed[node] = rng.uniform(-1, 1, shape)
        return node

    nodes.append((new((m, n)), (m, n)))
    for _ in range(chance.randint(1, 12)):
        kind = chance.choice("add mul layer neuron example sigmoid tanh".split())
        node, shape = chance.choice(nodes[-4:])
        if kind in ("add", "mul"):
            members, target = [node], shape
            for _ in range(chance.randint(1, 3)):
                other, other_shape = chance.choice(nodes)
                if chance.random() < 0.5:
                    other_shape = chance.choice(stretched)
                    other = new(other_shape)
                try:
                    target = np.broadcast_shapes(target, other_shape)
                except ValueError:
                    continue
                members.append(other)
            chance.shuffle(members)
            nodes.append(((Add if kind == "add" else Mul)(*members), target))
        elif kind == "layer" and len(shape) == 2:
            k = chance.randint(1, 3)
            b = chance.choice([(k,), (1, k), *[(), (1,)] * (k == 1)])
            nodes.append((Linear(node, new((shape[1], k)), new(b)), (shape[0], k)))
        elif kind == "neuron" and shape:
            nodes.append((Linear(node, new((shape[-1],)), new(())), shape[:-1]))
        elif kind == "example" and len(shape) == 1:
            k = chance.randint(1, 3)
            nodes.append((Linear(node, new((shape[0], k)), new((k,))), (k,)))
        elif kind in ("sigmoid", "tanh"):
            name = chance.choice([None, "C"])
            nodes.append((Sigmoid(node, name=name) if kind == "sigmoid" else Tanh(node), shape))
    used = {inbound for node, _ in nodes for inbound in node.inbound_nodes}
    ends = []
    for node, shape in nodes:
        if node not in used:
            y = chance.choice([shape, shape[:-1]]) if len(shape) == 2 and shape[-1] == 1 else shape
            ends.append(MSE(new(y), node, name=chance.choice([None, "C"])))
    return topological_sort(feed, Add(*ends, name="cost") if len(ends) > 1 else ends[0])


def test_numbers_by_chance():
    for graph in by_chance(graphs.by_chance, 400):
        assert_same_as_engine(graph)


def test_arrays_by_chance():
    found = by_chance(of_arrays, 600)
    assert sum(any(len(node.outbound_nodes) > 1 for node in graph) for graph in found) >= 300
    for graph in found:
        assert_same_as_engine(graph)


@pytest.mark.nightly  # a second for each graph
@needs_numba
@pytest.mark.parametrize("part", range(10))
def test_graphs_by_chance_through_numba(part):
    import numba

    for graph in by_chance(graphs.by_chance, 400)[part::10] + by_chance(of_arrays, 600)[part::10]:
        assert_same_as_engine(graph, numba.njit)


# --- fifty steps of three networks ------------------------------------------------------------------------


def network(kind):
    """A sorted network, its data and its weights."""
    rng = np.random.default_rng(3)
    X, y, W1, b1, W2, b2, W3, b3 = (Input(n) for n in "X y W1 b1 W2 b2 W3 b3".split())
    shapes = {X: (11, 13), y: (11,), W1: (13, 10), b1: (10,), W2: (10, 1), b2: (1,)}
    hidden = Sigmoid(Linear(X, W1, b1, name="l1"), name="s1")
    if kind != "two layers":
        shapes |= {W3: (10, 10), b3: (10,)}
        second = Linear(hidden, W3, b3, name="l2")
        hidden = Sigmoid(second, name="s2")
    if kind == "shared":  # the same weights twice, a shortcut, a learner's op, several consumers
        bent = Tanh(second)
        hidden = Add(hidden, Mul(bent, hidden), Sigmoid(Linear(bent, W3, b3)))
    cost = MSE(y, Linear(hidden, W2, b2, name="a"), name="C")
    graph = topological_sort({n: rng.normal(size=s) for n, s in shapes.items()}, cost)
    return graph, [X, y], [n for n in shapes if n not in (X, y)]


def assert_fifty_steps(kind, change=lambda program: program, jit=None, **world):
    graph, data, weights = network(kind)
    rng = np.random.default_rng(5)
    step = change(write(graph, data, weights, 0.01)).step(jit, **world)
    now = [weight.value for weight in weights]
    for _ in range(50):
        batch = [rng.normal(size=node.value.shape) for node in data]
        for node, value in zip(data, batch):
            node.value = value
        forward_and_backward(graph)
        sgd_update(weights, 0.01)
        cost, *now = step(*batch, *now)
        assert close(cost, graph[-1].value)
    for weight, mine in zip(weights, now, strict=True):
        assert close(np.asarray(mine), weight.value)


NETWORKS = pytest.mark.parametrize("kind", ["two layers", "three layers", "shared"])


def lean(program):
    return fold(drop_dead(program))


@NETWORKS
@pytest.mark.parametrize("change", [lambda program: program, fold, drop_dead, lean])
def test_fifty_steps(kind, change):
    assert_fifty_steps(kind, change)


@NETWORKS
@needs_numba
def test_fifty_steps_through_numba(kind):
    import numba

    assert_fifty_steps(kind, lean, numba.njit)


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@NETWORKS
def test_fifty_steps_through_jax(kind, jax):
    assert_fifty_steps(kind, lean, jax.jit, np=jax.numpy)


def test_what_a_compiler_made_can_be_had():
    program = write(*network("two layers"))
    made = []

    def jit(function):
        made.append(function)
        return function

    assert program.step(jit).__wrapped__ is made[0]


# --- a learner's engine -----------------------------------------------------------------------------------


def own_network(engine, start, twice):
    """A network in which nodes have several consumers, with inputs and nodes of this engine."""
    X, W, b, V, d, y = (start(name) for name in "XWbVdy")
    s = engine.Sigmoid(engine.Linear(X, W, b))
    both = engine.Add(s, engine.Sigmoid(engine.Linear(s, W, b)))
    both = engine.Mul(both, both if twice else s)
    return engine.MSE(y, engine.Linear(both, V, d)), dict(X=X, W=W, b=b, V=V, d=d, y=y)


SHAPES = {"X": (5, 3), "W": (3, 3), "b": (3,), "V": (3, 1), "d": (1,), "y": (5,)}


@pytest.mark.parametrize("own", list(itertools.product([False, True], repeat=3)))
def test_an_engine_of_a_learner_s_own(own):
    """Its Inputs, its elementwise ops and its others, or the library's in their place."""
    import types

    import miniflow_lib

    inputs, elementwise, others = (own_engine if mine else miniflow_lib for mine in own)
    engine = types.SimpleNamespace(
        Add=elementwise.Add, Mul=elementwise.Mul, Sigmoid=elementwise.Sigmoid,
        Linear=others.Linear, MSE=others.MSE,
    )  # fmt: skip
    cost, nodes = own_network(engine, inputs.Input, twice=not own[1])
    rng = np.random.default_rng(1)
    feed = {nodes[name]: rng.normal(size=shape) for name, shape in SHAPES.items()}
    assert_same_as_engine(topological_sort(feed, cost))
    graph = topological_sort(feed, cost)
    weights = [nodes[name] for name in "WbVd"]
    program = lean(write(graph, [nodes["X"], nodes["y"]], weights, 0.1))
    said, *new = program.step()(*(n.value for n in [nodes["X"], nodes["y"], *weights]))
    assert close(said, graph[-1].value)
    for node, value in zip(weights, new, strict=True):
        assert close(value, node.value - 0.1 * node.gradients[node])


def test_own_ops_of_numbers():
    x, y, z = own_engine.MyInput("x"), Input("y"), own_engine.MyInput("z")
    cost = own_engine.MyMul(Add(own_engine.MyAdd(x, y), own_engine.MySigmoid(z)), x)
    assert_same_as_engine(topological_sort({x: 2.0, y: -1.5, z: 0.5}, cost))


def test_names_without_my():
    """A file that a learner keeps names its classes MyAdd; one who names them Add is understood as well."""
    Square = type(
        "Mul", (own_engine.MyNode,), {n: vars(own_engine.MyMul)[n] for n in ("forward", "backward")}
    )
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 3, y: 4}, Square(x, y, name="f"))
    assert write(graph, [x, y], []).lines[0] == ("f", "x * y", "forward")


def test_an_own_class_whose_formula_is_another_is_refused():
    class MyAdd(own_engine.MyAdd):
        def forward(self):
            self.value = sum(2 * node.value for node in self.inbound_nodes)

        def backward(self):
            self.gradients = {node: 2 * self.grad_cost() for node in self.inbound_nodes}

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 4, y: 5}, MyAdd(x, y, name="q"))
    assert refusal(graph, [x, y], []) == (
        "MyAdd.source() gives 9 for q, and MyAdd.forward() 18: compare the two."
    )


def test_a_class_above_decides_which_formula():
    class Sum(Add):
        pass

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 4, y: 5}, Sum(x, y, name="q"))
    assert write(graph, [x, y], []).lines[0] == ("q", "x + y", "forward")


# --- sentences --------------------------------------------------------------------------------------------


def refusal(*given):
    with pytest.raises(MiniFlowError) as caught:
        write(*given)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


class Square(Node):
    """A learner's op; `said` is what its source returns, as a function of the names."""

    said = staticmethod(lambda self, out, g, x: ([f"{out} = {x} * {x}"], [f"2.0 * {g} * {x}"]))

    def __init__(self, x, name="q"):
        Node.__init__(self, [x], name)

    def forward(self):
        self.value = self.inbound_nodes[0].value ** 2

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients[x] = self.grad_cost() * 2 * x.value

    def source(self, out, g, x):
        return self.said(self, out, g, x)


def square(said=None, value=3.0):
    """A graph with a Square of this source, its data."""
    x = Input("x")
    op = Square(x)
    if said:
        op.said = said
    cost = op if np.ndim(value) == 0 else MSE(Input("y"), op)
    feed = {x: value} if cost is op else {x: value, cost.inbound_nodes[0]: np.zeros_like(value)}
    return topological_sort(feed, cost), [x], []


def test_a_source_that_is_right():
    program = write(*square())
    assert str(program) == (
        "def step(x):\n    assert np.shape(x) == ()\n    # forward\n    q = x * x\n    # backward\n"
        "    d_q = 1.0\n    d_x = 2.0 * d_q * x\n    return q\n"
    )
    assert program.step()(5.0) == 25.0


def test_a_weight_that_is_named_twice_takes_one_step():
    graph, data, weights = network("two layers")
    once, twice = write(graph, data, weights), write(graph, data, [*weights, *weights])
    assert str(twice) == str(once)


def test_what_is_no_arithmetic_is_not_folded():
    lines = (("a", "2.0 @ 3.0", "forward"), ("b", "1 << -1", "forward"), ("C", "a + b", "forward"))
    program = Program(lines, {}, {}, "C", {}, {})
    assert fold(program).lines == lines


def test_a_step_looks_at_the_shapes_when_python_leaves_asserts_out():
    """python -O does, and then another shape would go through."""
    program = (
        "from miniflow_lib import MSE, Input, MiniFlowError, topological_sort\n"
        "from miniflow_lib.program import write\n"
        "x, y = Input('x'), Input('y')\n"
        "graph = topological_sort({x: [1.0, 2.0], y: [0.0, 0.0]}, MSE(y, x))\n"
        "step, three = write(graph, [x, y], []).step(), graph[0].value[[0, 1, 1]]\n"
        "step(x.value, y.value)\n"
        "try:\n    step(three, three)\n"
        "except MiniFlowError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("x must be an array of floats of shape (2,)"), done.stderr


def test_no_source():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 1, y: 2}, Add(graphs.Tanh(x), y))
    assert refusal(graph, [x], []) == (
        "Tanh has no source(self, out, g, x) yet, which says its formulas as text: see lesson 07."
    )
    graph[2].source = "a text, and no function"
    assert "Tanh has no source(self, out, g, x) yet" in refusal(graph, [x], [])


MUST = (
    "Square.source() must return two lists of texts: lines, first '{out}_... = ...' for helpers and last "
    "'{out} = ...', and a gradient for each input. Here: "
)


@pytest.mark.parametrize(
    ("said", "here"),
    [
        (lambda self, out, g, x: f"{out} = {x}", "too many values"),
        (lambda self, out, g, x: [f"{out} = {x}"], "not enough values"),
        (lambda self, out, g, x: None, "cannot unpack"),
        (lambda self, out, g, x: (f"{out} = {x} * {x}", [g]), "'' is not one formula"),
        (lambda self, out, g, x: ([3.0], [g]), "'float' object has no attribute 'partition'"),
        (lambda self, out, g, x: ([f"{out} = {x}"], [2.0]), "'float' object has no attribute 'strip'"),
        (lambda self, out, g, x: ([f"{out} = {x}"], []), "lines for q, and 0 gradients for 1 input"),
        (lambda self, out, g, x: ([f"{out} = {x}"], [g, g]), "lines for q, and 2 gradients for 1 input"),
        (lambda self, out, g, x: ([], [g]), "not enough values to unpack"),
        (lambda self, out, g, x: ([f"t = {x}", f"{out} = t"], [g]), "lines for t, q, and 1 gradient for 1"),
        (lambda self, out, g, x: ([f"{out} = {x}", f"{out}_t = 1.0"], [g]), "lines for q, q_t, and 1"),
        (lambda self, out, g, x: ([f"{out}_t = {x}", f"{out}_t = 2.0", f"{out} = {x}"], [g]), "q_t, q_t, q"),
        (lambda self, out, g, x: ([f"{out}_[0] = {x}", f"{out} = {x}"], [g]), "lines for q_[0], q"),
        (lambda self, out, g, x: ([f"{out} += {x}"], [g]), "lines for q +, and"),
        (lambda self, out, g, x: ([f"print({x})"], [g]), "'' is not one formula"),
        (lambda self, out, g, x: ([f"{out} = {x} **"], [g]), "is not one formula"),
        (lambda self, out, g, x: ([f"{out} = {x}"], [f"{g} *"]), "'d_q *' is not one formula"),
        (lambda self, out, g, x: ([f"{out} = {x}; import os"], [g]), "import os' is not one formula"),
        (lambda self, out, g, x: ([f"{out} = (t := {x}) * t"], [g]), "* t' is not one formula"),
        (lambda self, out, g, x: ([f"{out} = (lambda x: x)({x})"], [g]), "is not one formula"),
        (lambda self, out, g, x: ([f"{out} = sum(t for t in [{x}])"], [g]), "is not one formula"),
        (lambda self, out: ([], []), "takes 2 positional arguments but 4 were given"),
    ],
)
def test_a_source_that_returns_something_else(said, here):
    sentence = refusal(*square(said))
    here = here.replace("d_q", "g")  # the first look is at the lines alone
    assert sentence.startswith(MUST) and here in sentence.removeprefix(MUST)
    assert sentence.endswith(".") and not sentence.endswith("..")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            lambda self, out, g, x: ([f"{out} = tanh({x})"], [g]),
            "Square.source() says q = tanh(x), and Python says: name 'tanh' is not defined.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = {x} * {x}"], [f"{g} @ {x}"]),
            "Square.source() says d_x = d_q @ x, and Python says: ",
        ),
        (
            lambda self, out, g, x: ([f"{out} = {x} + {x}"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives 6 for q, and Square.forward() 9: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = {x} * {x}"], [f"{g} * {x}"]),
            "Square.source() gives 3 for the gradient of x, and Square.backward() 6: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = [{x} * {x}]"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives [np.float64(9.0)] for q, and Square.forward() 9: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = '9'"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives '9' for q, and Square.forward() 9: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = 9.0 + 0j"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives (9+0j) for q, and Square.forward() 9: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = np.full((1,), {x} * {x})"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives [9] for q, and Square.forward() 9: compare the two.",
        ),
        (
            lambda self, out, g, x: ([f"{out} = None"], [f"2.0 * {g} * {x}"]),
            "Square.source() gives None for q, and Square.forward() 9: compare the two.",
        ),
    ],
)
def test_a_source_that_says_something_else(said, sentence):
    graph, data, _ = square(said)
    said = refusal(graph, data, [])
    assert said == sentence or (sentence.endswith(": ") and said.startswith(sentence))


def test_true_is_no_number_of_an_op():
    graph, data, _ = square(lambda self, out, g, x: ([f"{out} = {x} > 0"], [f"2.0 * {g} * {x}"]), 1.0)
    assert refusal(graph, data, []) == (
        "Square.source() gives True for q, and Square.forward() 1: compare the two."
    )


def test_right_at_this_place_alone():
    """2 + 2 is 2 * 2: at another place the two differ, and the Inputs are moved to see it."""
    for value, said in [
        (2.0, lambda self, out, g, x: ([f"{out} = {x} + {x}"], [f"2.0 * {g} * {x}"])),
        (3.0, lambda self, out, g, x: ([f"{out} = {x} * {x}"], [f"2.0 * {g} * {x.replace('x', '3.0')}"])),
        (3.0, lambda self, out, g, x: ([f"{out} = {self.value}"], [f"2.0 * {g} * {x}"])),
        (0.0, lambda self, out, g, x: ([f"{out} = {self.value}"], [f"2.0 * {g} * {x}"])),
        (3.0, lambda self, out, g, x: ([f"{out} = {x} * {x}"], [f"{g} * {2 * self.inbound_nodes[0].value}"])),
    ]:
        sentence = refusal(*square(said, value))
        assert sentence.startswith("Square.source() gives ")
        assert sentence.endswith(": the text must name what it needs, and hold no self.value.")


def test_an_op_that_takes_no_other_values_is_written_all_the_same():
    class Picky(Square):
        def forward(self):
            if self.inbound_nodes[0].value != 3.0:
                raise LookupError("3 alone")
            super().forward()

    x = Input("x")
    graph = topological_sort({x: 3.0}, Picky(x))
    assert write(graph, [x], []).step()(5.0) == 25.0
    assert x.value == 3.0 and graph[-1].value == 9.0 and x.gradients[x] == 6.0


def test_what_stays_may_stand_in_the_text_as_a_number():
    """An Input that no step is given is not moved: its number now is its number for good."""

    class Times(Square):
        def __init__(self, x, c):
            Node.__init__(self, [x, c])

        def forward(self):
            x, c = self.inbound_nodes
            self.value = x.value * c.value

        def backward(self):
            x, c = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * c.value, c: self.grad_cost() * x.value}

        def source(self, out, g, x, c):
            value = float(self.inbound_nodes[1].value)
            return [f"{out} = {x} * {value}"], [f"{g} * {value}", f"{g} * {x}"]

    x, c = Input("x"), Input("c")
    graph = topological_sort({x: 3, c: 2}, Times(x, c))
    assert write(graph, [x], []).step()(5.0) == 10.0
    assert "hold no self.value" in refusal(graph, [x, c], [])


def test_rounding_is_no_other_number():
    """A sum that cancels: what is left is rounding, as large as what it is made from."""

    class Sum(Square):
        def forward(self):
            self.value = np.sum(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients[x] = self.grad_cost() * np.ones_like(x.value)

        def source(self, out, g, x):
            return [f"{out} = {x}[0] + ({x}[1] + {x}[2])"], [f"{g} * np.ones_like({x})"]

    x = Input("x")
    graph = topological_sort({x: [0.1, 0.2, -0.3]}, Sum(x))
    assert write(graph, [x], []).step()(x.value) == pytest.approx(0, abs=1e-15)
    x = Input("x")  # and a small number is none
    graph = topological_sort({x: [1e-6, 2e-6, 3e-6]}, Sum(x))
    graph[-1].source = lambda out, g, x: ([f"{out} = {x}.sum() + 1e-9"], [f"{g} * np.ones_like({x})"])
    assert "Sum.source() gives 6.001e-06 for" in refusal(graph, [x], [])


def test_infinite_numbers_are_compared_too():
    class Bounded(Square):
        def forward(self):
            self.value = np.exp(-self.inbound_nodes[0].value)

        def backward(self):
            self.gradients[self.inbound_nodes[0]] = -self.grad_cost() * self.value

        def source(self, out, g, x):
            return [f"{out} = np.exp(-{x})"], [f"-{g} * {out}"]

    for fixed in (True, False):
        x, y = Input("x"), Input("y")
        graph = topological_sort({x: np.inf, y: 1.0}, Add(Bounded(x), y))
        program = fold(write(graph, [y] if fixed else [x, y], []))
        assert program.step()(*([2.0] if fixed else [np.inf, 2.0])) == 2.0
        graph[2].source = lambda out, g, x: ([f"{out} = np.exp(-{x}) + 1.0"], [f"-{g} * {out}"])
        assert "gives 1 for q, and Bounded.forward() 0" in refusal(graph, [y], [])


def test_an_op_without_inputs_says_its_formula_too():
    class Noise(Node):
        def __init__(self):
            Node.__init__(self, [])

        def forward(self):
            self.value = np.float64(2.0)

        def backward(self):
            self.gradients = {}

    x = Input("x")
    graph = topological_sort({x: 3}, Mul(x, Noise(), name="f"))
    assert refusal(graph, [x], []).startswith("Noise has no source(self, out, g) yet")
    Noise.source = lambda self, out, g: ([f"{out} = 2.0"], [])
    program = write(graph, [x], [])
    assert program.step()(5.0) == 10.0 and list(program.gradients) == ["x"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (lambda g, d, w: (g, None, w), "data is a list of nodes, [x, f], not None, a NoneType."),
        (lambda g, d, w: (g, d[0], w), "data is a list of nodes, [x, f], not the node X."),
        (lambda g, d, w: (g, ["X"], w), "data is a list of nodes, and in it is 'X', a str, not a node: "),
        (lambda g, d, w: (g, d, w[0]), "trainables is a list of nodes, [x, f], not the node W1."),
        (lambda g, d, w: (g, [Input("Z")], w), "The graph to be trained lacks the node Z: "),
        (lambda g, d, w: (g, d, [Input("Z")]), "The graph to be trained lacks the node Z: "),
        (lambda g, d, w: (g, [g[-1]], w), "C is an op, and only Inputs are fed and trained."),
        (lambda g, d, w: (g, d, [g[-1]]), "C is an op, and only Inputs are fed and trained."),
        (lambda g, d, w: (g, d, [d[0]]), "X is both data and trainable: feed rows, train weights."),
        (lambda g, d, w: (g, d, w, -1.0), "The learning rate is a number of 0 or more, not -1.0, a float."),
        (lambda g, d, w: (g, d, w, "0.1"), "The learning rate is a number of 0 or more, not '0.1', a str."),
        (lambda g, d, w: (g, d, w, np.nan), "The learning rate is a number of 0 or more, not nan, a float."),
        (lambda g, d, w: (g[-1], d, w), "A pass needs a sorted list, as in forward_pass(f, graph), not "),
        (lambda g, d, w: ([], d, w), "The list of nodes is empty: "),
        (lambda g, d, w: ([*g, "f"], d, w), "The list has 'f', a str in it: "),
    ],
)
def test_arguments_of_write(given, sentence):
    said = refusal(*given(*network("two layers")))
    assert said.startswith(sentence.replace("None, a NoneType", "None")) and said.endswith(".")


def test_a_graph_without_values_has_the_engine_s_sentence():
    x = Input("x")
    assert "The Input x has no value" in refusal([x, Sigmoid(x)], [x], [])


# --- the shape trap ---------------------------------------------------------------------------------------


def boston_step(change=lean, jit=None):
    graph, data, weights = network("two layers")
    return change(write(graph, data, weights)).step(jit), [n.value for n in (*data, *weights)]


WRITE = ": make it one, or write another program, for this shape."
TRAPS = {
    "another batch": (
        0,
        lambda X: X[:7],
        "X must be an array of floats of shape (11, 13), not an array of ",
    ),
    "y as a column": (
        1,
        lambda y: y.reshape(-1, 1),
        "y must be an array of floats of shape (11,), not an array of ",
    ),
    "a bias as a column": (
        3,
        lambda b: b.reshape(-1, 1),
        "b1 must be an array of floats of shape (10,), not",
    ),
    "a list": (0, lambda X: X.tolist(), "X must be an array of floats of shape (11, 13), not a list"),
    "a number": (5, lambda b: float(b[0]), "b2 must be an array of floats of shape (1,), not "),
    "a number of numpy": (5, lambda b: b[0], "b2 must be an array of floats of shape (1,), not "),
    "nothing": (1, lambda y: None, "y must be an array of floats of shape (11,), not None"),
}
FOR_NUMPY = {
    "whole numbers": (
        0,
        lambda X: X.astype(np.uint8),
        "X must be an array of floats of shape (11, 13), not ",
    ),
    "half as exact": (
        0,
        lambda X: X.astype(np.float32),
        "X must be an array of floats of shape (11, 13), not ",
    ),
    "a matrix": (
        2,
        lambda W: W.view(np.matrix),
        "W1 must be an array of floats of shape (13, 10), not a matrix of shape (13, 10) and",
    ),
    "masked": (1, np.ma.masked_invalid, "y must be an array of floats of shape (11,), not a MaskedArray of "),
}


@pytest.mark.parametrize("trap", [*TRAPS, *FOR_NUMPY])
def test_the_shape_trap(trap):
    """2 / 11 stands in the text: with 7 rows it would be wrong, and nothing would crash."""
    place, spoil, sentence = (TRAPS | FOR_NUMPY)[trap]
    step, given = boston_step()
    given[place] = spoil(given[place])
    with pytest.raises(MiniFlowError) as caught:
        step(*given)
    assert str(caught.value).startswith(sentence) and str(caught.value).endswith(WRITE)
    assert caught.value.__suppress_context__


@needs_numba
@pytest.mark.parametrize("trap", TRAPS)
def test_the_shape_trap_through_numba(trap):
    import numba

    place, spoil, sentence = TRAPS[trap]
    step, given = boston_step(jit=numba.njit)
    given[place] = spoil(given[place])
    with pytest.raises(MiniFlowError) as caught:
        step(*given)
    assert str(caught.value).startswith(sentence)


def test_how_many_values_a_step_takes():
    step, given = boston_step()
    for count in (5, 7, 0):
        with pytest.raises(MiniFlowError) as caught:
            step(*(given * 2)[:count])
        assert str(caught.value) == f"This step takes (X, y, W1, b1, W2, b2), not {count} values."


def test_what_a_step_of_numbers_takes():
    step = write(*square()).step()
    assert step(4) == step(4.0) == step(np.float64(4)) == step(np.array(4.0)) == 16
    for wrong, shown in [
        ([4.0], "a list"),
        ("4", "'4', a str"),
        (np.array([4.0]), "an array of shape (1,) and kind float64"),
        (np.uint8(200), "a uint8 of shape () and kind uint8"),
        (np.array(200, np.uint8), "an array of shape () and kind uint8"),
        (type("Point", (), {"shape": ()})(), "a Point"),  # None == np.dtype(float) is True
    ]:
        with pytest.raises(MiniFlowError) as caught:
            step(wrong)
        assert str(caught.value) == f"x must be a number, not {shown}{WRITE}"


def test_floats_of_another_byte_order_or_out_of_a_file_are_no_trap():
    import pickle

    step, given = boston_step()
    again = [pickle.loads(pickle.dumps(value)) for value in given]
    assert all(np.array_equal(a, b) for a, b in zip(step(*given), step(*again), strict=True))


def test_an_error_inside_a_step_is_not_hidden():
    step = replace(write(*square()), lines=(("q", "1 / (x - x)", "forward"),)).step()
    with pytest.raises(ZeroDivisionError):
        step(3.0)


def test_another_module_in_the_place_of_numpy_has_arrays_of_its_own():
    class Other:
        shape = staticmethod(lambda one: ())

    class Number:
        shape, dtype = (), "its own"

        def __mul__(self, other):
            return "its product"

    assert drop_dead(write(*square())).step(np=Other)(Number()) == "its product"


def test_one_program_for_each_shape():
    graph, data, weights = network("two layers")
    made = []

    def make(X, y, *weights_now):
        made.append((X.shape, y.shape))
        for node, value in zip([*data, *weights], (X, y, *weights_now)):
            node.value = value
        return lean(write(graph, data, weights)).step()

    step, rng = for_each_shape(make), np.random.default_rng(2)
    start = now = [weight.value for weight in weights]
    costs = []
    for rows in (11, 11, 7, 11, 7, 1):
        X, y = rng.normal(size=(rows, 13)), rng.normal(size=rows)
        cost, *new = step(X, y, *now)
        for node, value in zip([*data, *weights], (X, y, *now)):
            node.value = value
        forward_and_backward(graph)
        sgd_update(weights)
        costs.append(cost)
        assert close(cost, graph[-1].value)
        assert all(close(a, b.value) for a, b in zip(new, weights, strict=True))
        now = new
    assert made == [((11, 13), (11,)), ((7, 13), (7,)), ((1, 13), (1,))]
    assert not close(start[0], now[0])


# --- names ------------------------------------------------------------------------------------------------


NAMES = ["for", "d_x", "new_W", "x_1", "C_diff", "層", "\ufb01", "learning rate", "", "np", "step"]
NAMES += [
    "__builtins__",
    "_x",
    "1st",
    "x.y",
    "None",
    "assert",
    "math",
    "float",
    "d_C",
    "x_",
    "x",
    "x",
    "W",
    "W",
]


def test_every_name_becomes_one_of_its_own():
    """Nodes with awkward names, two of each: the text holds, and each line has a name of its own."""
    nodes = [Input(name) for name in NAMES * 2]
    x, y = Input("x"), Input("y")
    f = Add(*(Mul(node, x) for node in nodes), x, x, name="C_diff")
    cost = MSE(y, f, name="C")
    rng = np.random.default_rng(0)
    feed = dict(zip([*nodes, x, y], rng.uniform(-1, 1, len(nodes) + 2)))
    graph = topological_sort(feed, cost)
    assert_same_as_engine(graph)
    half = nodes[::2]
    program = write(graph, [x, y], half, 0.5)
    names = [name for name, _, _ in program.lines] + list(program.shapes) + list(program.fixed)
    assert len({*names}) == len(names) and all(name.isidentifier() for name in names)
    forward_and_backward(graph)
    said, *new = lean(program).step()(*(float(node.value) for node in (x, y, *half)))
    assert close(said, cost.value)
    for node, value in zip(half, new, strict=True):
        assert close(value, node.value - 0.5 * node.gradients[node])


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("for", "for_"), ("層", "層"), ("\ufb01", "fi"), ("learning rate", "learning_rate"), ("?!", "v__"),
        ("np", "np_"), ("step", "step_"), ("__builtins__", "v__builtins__"), ("1st", "v1st"), ("x1", "x1"),
    ],
)  # fmt: skip
def test_the_name_of_a_node_in_the_text(name, becomes):
    x = Input(name)
    program = write(topological_sort({x: 2}, Sigmoid(x, name="s")), [x], [])
    assert list(program.shapes) == [becomes] and program.gradients == {becomes: f"d_{becomes}"}
    assert program.step()(2.0) == pytest.approx(1 / (1 + math.exp(-2)))


def test_names_that_the_text_makes_step_aside():
    """d_x of an Input with that name, x_1 beside x used twice, a new weight, the helper of an MSE."""
    x, d_x, new_x, diff, y = (Input(name) for name in ("x", "d_x", "new_x", "C_diff", "y"))
    graph = topological_sort(
        dict.fromkeys([x, d_x, new_x, diff, y], 2.0), MSE(y, Mul(x, x, d_x, new_x, diff), name="C")
    )
    program = write(graph, [d_x, new_x, diff, y], [x])
    names = [name for name, _, _ in program.lines]
    assert program.gradients["x"] == "d_x_" and program.update == {"x": "new_x_"} and program.cost == "C_"
    assert {"C__diff", "d_x_1", "d_x_2", "d_d_x", "d_C_"} <= {*names}


# --- passes -----------------------------------------------------------------------------------------------


def program_of(*lines, gradients=None):
    """A program of these lines, "name = formula", the last its cost."""
    split = [tuple(map(str.strip, line.split("=", 1))) for line in lines]
    lines = tuple((name, formula, "forward") for name, formula in split)
    return Program(lines, {"x": ()}, {}, split[-1][0], gradients or {}, {})


@pytest.mark.parametrize(
    ("lines", "folded"),
    [
        (["a = 2.0", "c = -a ** x"], ["c = -2.0 ** x"]),
        (["a = -2.0", "c = a ** x"], ["c = (-2.0) ** x"]),
        (["a = -2.0", "c = x - a"], ["c = x - -2.0"]),
        (["a = 0.5", "c = a ** x"], ["c = 0.5 ** x"]),
        (["a = 2.0", "b = a * 3", "c = b * x"], ["c = 6.0 * x"]),
        (["a = -2.0 / 11", "c = a * x"], ["c = -0.18181818181818182 * x"]),
        (["a = 2 - 5", "c = a * x"], ["c = -3 * x"]),
        (["a = x", "b = a", "c = b * a"], ["c = x * x"]),
        (["a = x * x", "b = a", "c = b + a"], ["a = x * x", "c = a + a"]),
        (["a = 0.0", "c = np.where(x > 0, x, 1 / a)"], ["c = np.where(x > 0, x, 1 / 0.0)"]),
        (["a = 1e+200", "c = x + a * a"], ["c = x + 1e+200 * 1e+200"]),
        (["a = 1e+200", "c = x + a * a - a * a"], ["c = x + 1e+200 * 1e+200 - 1e+200 * 1e+200"]),
        (["a = -8.0", "c = x + a ** 0.5"], ["c = x + (-8.0) ** 0.5"]),
        (["a = 10", "c = x * a ** 400"], ["c = x * 10 ** 400"]),
        (["a = True", "c = x * (a + a)"], ["c = x * 2"]),
        (["a = float('nan')", "c = x + a"], ["a = float('nan')", "c = x + a"]),
        (["a = np.inf", "c = x + a * 2"], ["a = np.inf", "c = x + a * 2"]),
        (["a = 'text'", "c = len(a) * x"], ["a = 'text'", "c = len(a) * x"]),
        (["a = 2.0", "c = x + np.exp(a)"], ["c = x + np.exp(2.0)"]),
        (["a = 2.0", "c = a"], ["c = 2.0"]),
        (["c = x"], ["c = x"]),
        (["a = 2.0", "b = a + 0.1 + 0.2", "c = x * b"], ["c = x * 2.3000000000000003"]),
        (["a = 2.0", "c = x + 0.1 + a"], ["c = x + 0.1 + 2.0"]),
        (["a = 1.0", "c = a * x"], ["c = 1.0 * x"]),
    ],
)
def test_fold(lines, folded):
    program = program_of(*lines)
    found = fold(program)
    assert [f"{name} = {formula}" for name, formula, _ in found.lines] == folded
    assert fold(found) == found
    world = {"np": np, "len": len, "float": float}
    for x in (0.5, 3.0):
        outcomes = []
        for one in (program, found):
            try:
                outcomes.append(repr(one.step(lambda step: step, **world)(x)))
            except ArithmeticError as error:
                outcomes.append(repr(error))
        assert outcomes[0] == outcomes[1]


def test_fold_keeps_the_cost_the_gradients_and_the_new_weights():
    program = replace(
        program_of("a = 1.0", "d_x = a", "new_x = x", "b = a", "c = b", gradients={"x": "d_x"}),
        update={"x": "new_x"},
    )
    assert [line[:2] for line in fold(program).lines] == [("d_x", "1.0"), ("new_x", "x"), ("c", "1.0")]
    assert replace(fold(program), lines=()) == replace(program, lines=())


def test_drop_dead_keeps_what_is_needed_by_what_is_needed():
    program = program_of("a = x * 2", "b = a + 1", "d = b * a", "e = d", "c = b")
    names = [name for name, _, _ in drop_dead(program).lines]
    assert names == ["a", "b", "c"]
    assert [name for name, _, _ in drop_dead(program, ["d"]).lines] == ["a", "b", "d", "c"]
    assert drop_dead(drop_dead(program)) == drop_dead(program)
    with pytest.raises(MiniFlowError) as caught:
        drop_dead(program, ["d", "dX"])
    assert str(caught.value) == "also= takes a list of names, and no line sets 'dX'."


def test_drop_dead_of_the_boston_step():
    whole = write(*network("two layers"))
    gone = {name for name, _, _ in whole.lines} - {name for name, _, _ in drop_dead(whole).lines}
    assert gone == {"d_X", "d_y"}
    assert "d_X" in str(drop_dead(whole, ["d_X"])) and "d_y" not in str(drop_dead(whole, ["d_X"]))


def test_a_pass_of_a_learner_s_own():
    """Lines are plain tuples: who reads one can write one."""
    graph = graphs.used_twice()
    program = write(graph, graph[:1], [])
    lines = tuple((n, formula.removeprefix("1.0 * "), part) for n, formula, part in fold(program).lines)
    mine = replace(fold(program), lines=lines)
    assert "1.0 *" in str(fold(program)) and "1.0 *" not in str(mine)
    wanted = list(program.gradients.values())
    assert run(mine, [5.0]) == run(program, [5.0]) and len(wanted) == 2


# --- what a text looks like -------------------------------------------------------------------------------


def test_the_text_of_a_number_graph():
    x, y, three = Input("x"), Input("y"), Input("three")
    graph = topological_sort({x: 2, y: 5, three: 3}, Mul(Add(x, y, name="q"), three, name="f"))
    assert (
        str(write(graph, [y], [x], 0.1))
        == """\
def step(y, x):
    assert np.shape(y) == () and np.shape(x) == ()
    # numbers
    three = 3.0
    # forward
    q = x + y
    f = q * three
    # backward
    d_f = 1.0
    d_q = d_f * three
    d_three = d_f * q
    d_x = d_q
    d_y = d_q
    # update
    new_x = x - 0.1 * d_x
    return f, new_x
"""
    )


def test_the_text_of_the_boston_step():
    graph, data, weights = network("two layers")
    assert (
        str(lean(write(graph, data, weights, 0.01)))
        == """\
def step(X, y, W1, b1, W2, b2):
    assert X.shape == (11, 13) and y.shape == (11,)
    assert W1.shape == (13, 10) and b1.shape == (10,)
    assert W2.shape == (10, 1) and b2.shape == (1,)
    # forward
    l1 = X @ W1 + b1
    s1 = 1.0 / (1.0 + np.exp(-l1))
    a = s1 @ W2 + b2
    C_diff = y.reshape((11, 1)) - a
    C = (C_diff * C_diff).sum() / 11
    # backward
    d_a = -0.18181818181818182 * C_diff
    d_s1 = d_a @ W2.T
    d_W2 = s1.T @ d_a
    d_b2 = d_a.sum(axis=0)
    d_l1 = d_s1 * s1 * (1.0 - s1)
    d_W1 = X.T @ d_l1
    d_b1 = d_l1.sum(axis=0)
    # update
    new_W1 = W1 - 0.01 * d_W1
    new_b1 = b1 - 0.01 * d_b1
    new_W2 = W2 - 0.01 * d_W2
    new_b2 = b2 - 0.01 * d_b2
    return C, new_W1, new_b1, new_W2, new_b2
"""
    )


def test_an_input_that_is_fed_in_vain_has_no_gradient_but_0():
    x, y = Input("x"), Input("y")
    cost = Sigmoid(x)
    topological_sort({x: 2, y: 3})
    graph = [y, x, cost]
    program = write(graph, [x, y], [])
    assert ("d_y", "0.0 * y", "backward") in program.lines
    assert program.shapes == {"x": (), "y": ()}


def test_a_cost_of_shape_1_starts_from_an_array():
    x = Input("x")
    graph = topological_sort({x: [2.0]}, Sigmoid(x, name="s"))
    assert ("d_s", "np.full((1,), 1.0)", "backward") in write(graph, [x], []).lines
    assert_same_as_engine(graph)


def test_arrays_that_are_not_given_stay():
    graph, (X, y), weights = network("two layers")
    program = write(graph, [X], weights)
    assert list(program.fixed) == ["y"] and program.fixed["y"] is not y.value
    forward_and_backward(graph)
    cost = graph[-1].value
    y.value[:] = 0.0  # the program has its own
    assert program.step()(X.value, *(weight.value for weight in weights))[0] == pytest.approx(cost)


# --- long, wide and quiet ---------------------------------------------------------------------------------


def wide(count):
    inputs = [Input(f"x{i}") for i in range(count)]
    return topological_sort(dict.fromkeys(inputs, 1.0), Add(*inputs)), inputs


def fan(count):
    x = Input("x")
    return topological_sort({x: 1.0}, Add(*(Mul(x) for _ in range(count)))), [x]


def chain(count):
    x = node = Input("x")
    for place in range(count):
        node = Sigmoid(node) if place % 3 else Add(node)
    return topological_sort({x: 1.0}, node), [x]


LONGEST = pytest.param(chain, 20_000, marks=pytest.mark.nightly)  # seconds


@pytest.mark.parametrize(("make", "count"), [(wide, 3000), (fan, 3000), (chain, 3000), LONGEST])
def test_a_large_graph(make, count):
    """No stack of Python's ends, and no formula is too long for it to read."""
    graph, data = make(count)
    program = write(graph, data, [])
    assert len(program.lines) < 4 * count + 10
    folded = fold(drop_dead(program, program.gradients.values()))
    said = folded.step()(*(node.value for node in data))
    assert close(np.asarray(said), np.asarray(graph[-1].value))


@pytest.mark.parametrize("make", [wide, fan, chain])
def test_the_work_grows_with_the_graph(make):
    """What is done is counted, and not timed: calls of functions, Python's and ours."""
    import sys

    def calls(count):
        graph, data = make(count)
        counted = 0

        def count_call(frame, event, argument):
            nonlocal counted
            counted += event == "call"

        sys.setprofile(count_call)
        try:
            fold(drop_dead(write(graph, data, [])))
        finally:
            sys.setprofile(None)
        return counted

    few, many = calls(100), calls(400)
    assert many < 4.4 * few


def test_the_trace_prints_nothing(capsys):
    graph, data, weights = network("two layers")
    trace.DEBUG = trace.T_DEBUG = True
    try:
        program = write(graph, data, weights)
        lean(program).step()(*(node.value for node in (*data, *weights)))
    finally:
        trace.DEBUG = trace.T_DEBUG = False
    assert capsys.readouterr() == ("", "")


def test_write_leaves_the_graph_as_a_pass_leaves_it():
    graph, data, weights = network("shared")
    forward_and_backward(graph)
    values = {node: node.value for node in graph}
    copies = {node: np.copy(node.value) for node in graph}
    grads = {node: {n: np.copy(g) for n, g in node.gradients.items()} for node in graph}
    write(graph, data, weights)
    for node in graph:
        assert np.array_equal(node.value, copies[node])
        assert node.inbound_nodes or node.value is values[node]
        assert node.gradients.keys() == grads[node].keys()
        assert all(np.array_equal(g, grads[node][n]) for n, g in node.gradients.items())


def test_a_refusal_leaves_the_graph_as_it_was():
    for said in (lambda *_: None, lambda self, out, g, x: ([f"{out} = {self.value}"], [f"2.0 * {g} * {x}"])):
        graph, (x,), _ = square(said)
        refusal(graph, [x], [])
        assert x.value == 3.0 and graph[-1].value == 9.0 and x.gradients[x] == 6.0


def test_an_overflow_while_writing_warns_of_nothing(recwarn):
    x = Input("x")
    write(topological_sort({x: -1e3}, Sigmoid(x)), [x], [])
    assert not recwarn.list


def test_where_the_inputs_are_moved_to():
    """Each number by another share, and never below 0: a root or a logarithm would have no value there."""
    seen = []

    class Look(Square):
        def forward(self):
            seen.append(self.inbound_nodes[0].value.copy())
            super().forward()

    x, y = Input("x"), Input("y")
    value = np.array([0.0, 2.0, 4.0, 1e-6])
    graph = topological_sort({x: value, y: value}, MSE(y, Look(x)))
    write(graph, [x], [])
    now, moved, back = seen
    assert np.array_equal(now, back) and np.all(moved > 0) and np.all(np.abs(moved - value) <= 0.5)
    assert not np.isclose(moved[1] / 2, moved[2] / 4, rtol=1e-3)


def test_an_own_op_that_one_node_feeds_twice():
    """A learner's op has one edge's gradient for it, and is listed by it twice."""
    for kind in (own_engine.MyAdd, own_engine.MyMul):
        x, y = own_engine.MyInput("x"), Input("y")
        assert_same_as_engine(topological_sort({x: 3.0, y: 2.0}, Mul(kind(x, x), y)))


def test_the_nearest_class_decides_which_formula():
    class MyMul(own_engine.MyAdd):
        forward, backward = own_engine.MyMul.forward, own_engine.MyMul.backward

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: 4, y: 5}, MyMul(x, y, name="q"))
    assert write(graph, [x, y], []).lines[0] == ("q", "x * y", "forward")


def test_the_first_that_is_wrong_is_named():
    x, y = Input("x"), Input("y")
    program = write(topological_sort({x: 4, y: 5}, Add(x, y)), [x, y], [])
    with pytest.raises(MiniFlowError, match="y must be a number, not a list"):
        program.step()(4, [5.0])
    with pytest.raises(MiniFlowError, match="no line sets 'dX'"):
        drop_dead(program, ["dZ", "dX"])


def test_what_is_not_a_number_on_both_sides_is_the_same():
    class NanSum(Square):
        def forward(self):
            self.value = np.nansum(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients[x] = self.grad_cost() * np.ones_like(x.value)

        def source(self, out, g, x):
            return [f"{out} = np.nansum({x})"], [f"{g} * np.ones_like({x})"]

    x = Input("x")
    graph = topological_sort({x: [np.nan, 1.0]}, NanSum(Sigmoid(x)))
    assert write(graph, [x], []).step()(x.value) == graph[-1].value
