"""The program as C: its text says what it should, and compiled it gives the engine's numbers."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from itertools import pairwise

import graphs
import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Sigmoid,
    forward_and_backward,
    sgd_update,
    topological_sort,
)
from miniflow_lib.program import Program, drop_dead, fold, write
from miniflow_classroom.in_c import c_epoch, c_text, compiler_and_options

COMPILER = compiler_and_options()[0]
compiled = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="there is no C compiler")
RATE = 0.05


Tanh = graphs.TanhAsText


class Relu(graphs.Tanh):
    def forward(self):
        self.value = np.maximum(self.inbound_nodes[0].value, 0.0)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients[x] = self.grad_cost() * (x.value > 0)

    def source(self, out, g, x):
        return [f"{out} = np.maximum({x}, 0.0)"], [f"{g} * ({x} > 0)"]


def layers(sizes, op):
    """A network for batches of 7 rows: its cost, X, y, and its weights."""
    node, X, y, feed = None, Input("X"), Input("y"), {}
    rng, node = np.random.default_rng(0), X
    feed[X], feed[y] = rng.standard_normal((7, sizes[0])), rng.standard_normal((7, sizes[-1]))
    for n, (into, out) in enumerate(pairwise(sizes), 1):
        W, b = Input(f"W{n}"), Input(f"b{n}")
        feed[W], feed[b] = rng.standard_normal((into, out)), rng.standard_normal(out)
        node = Linear(op(node) if n > 1 else node, W, b)
    return topological_sort(feed, MSE(y, node)), [X, y], [*feed][2:]


def odd_words():
    """Names that are words of C, a network whose input is added to its output, and an Input that stays."""
    X, y, W, b, s, c = (Input(name) for name in ("int", "i", "exp", "exp_", "t1", "double"))
    rng = np.random.default_rng(1)
    feed = {X: rng.standard_normal((7, 3)), y: rng.standard_normal((7, 3)), W: rng.standard_normal((3, 3))}
    feed |= {b: rng.standard_normal(3), s: 0.7, c: np.asfortranarray(rng.standard_normal((7, 3)))}
    out = Add(Mul(Relu(Linear(X, W, b)), s, c), X, b)
    return topological_sort(feed, MSE(y, out)), [X, y], [W, b, s]


def one_neuron():
    """A column without an axis for columns; weights that are a vector and a number."""
    X, y, w, b = (Input(name) for name in ("X", "y", "w", "b"))
    rng = np.random.default_rng(2)
    feed = {X: rng.standard_normal((7, 3)), y: rng.standard_normal((7, 1)), w: rng.standard_normal(3), b: 0.5}
    return topological_sort(feed, MSE(y, Sigmoid(Linear(X, w, b)))), [X, y], [w, b]


NETWORKS = {
    "three layers": lambda: layers((4, 5, 3, 1), Sigmoid),
    "an own op": lambda: layers((3, 6, 2), Tanh),
    "names of C": odd_words,
    "one neuron": one_neuron,
}


def by_engine(graph, data, weights, batches):
    """The sum of the costs, and the new weights, as the engine has them."""
    total = 0.0
    for arrays in batches:
        for node, array in zip(data, arrays):
            node.value = array
        forward_and_backward(graph)
        sgd_update(weights, RATE)
        total += graph[-1].value
    return total, *(weight.value for weight in weights)


@compiled
@pytest.mark.parametrize("name", NETWORKS)
def test_fifty_steps_give_the_engines_numbers_and_change_no_array_of_the_caller(name):
    graph, data, weights = NETWORKS[name]()
    program, rng = fold(drop_dead(write(graph, data, weights, RATE))), np.random.default_rng(3)
    whole = [rng.standard_normal((50, *np.shape(node.value))) for node in data]
    given = [*whole, *(np.array(weight.value, order="F") for weight in weights)]
    for array in given:
        array.flags.writeable = False  # so that writing into it would be an error, if numpy did it
    before = [array.copy() for array in given]
    epoch, expected = c_epoch(program), by_engine(graph, data, weights, zip(*whole))
    for _ in range(2):  # nothing stays in it from one call to the next
        for ours, theirs in zip(epoch(*given), expected, strict=True):
            assert np.shape(ours) == np.shape(theirs)
            assert np.all(np.abs(ours - theirs) <= 1e-12 * np.maximum(1, np.abs(theirs)))
    assert all(np.array_equal(a, b) for a, b in zip(given, before))


@compiled
def test_every_line_reads_the_old_weights():
    w, v, y = Input("w"), Input("v"), Input("y")
    graph = topological_sort({w: 2.0, v: 3.0, y: 1.0}, Mul(Mul(w, v), y))
    program = fold(drop_dead(write(graph, [y], [w, v], RATE)))
    epoch = c_epoch(program)
    assert epoch(np.array([1.0]), 2.0, 3.0) == (6.0, 2.0 - RATE * 3.0, 3.0 - RATE * 2.0)
    with pytest.raises(
        MiniFlowError, match=r"takes floats, y \(batches,\), w \(\), v \(\); it was given 1\.0"
    ):
        epoch(1.0, 2.0, 3.0)


def program_of(op=Sigmoid):
    graph, data, weights = layers((2, 2, 1), op)
    return fold(drop_dead(write(graph, data, weights, RATE)))


def test_the_text_has_the_sizes_and_sums_what_a_product_sums():
    text = c_text(program_of())
    assert "double epoch(int batches, const double *X, const double *y, double *restrict W1, " in text
    assert "    static double Sigmoid[14];\n" in text and "+= X[i * 2 + j] * W1[j * 2 + k];" in text
    assert "Sigmoid[i * 2 + j] = 1.0 / (1.0 + exp(-Linear_1[i * 2 + j]));" in text
    assert "X += 14;" in text and "y += 7;" in text and text.count("{") == text.count("}")
    new, last = text.index("new_W1["), text.rindex(" W1[i * 2 + j] = new_W1[i * 2 + j];")
    assert new < text.index("new_b2[0] = ") < last, "the weights change when all new ones are known"


def test_no_array_is_called_as_a_word_of_c():
    graph, data, weights = odd_words()
    declared = re.findall(
        r"(?:double \*|restrict |double )(\w+)[,)\[]", c_text(write(graph, data, weights, RATE))
    )
    assert {"int_", "i_", "double_"} <= {*declared} and not {"int", "i", "exp", "double"} & {*declared}
    assert len(declared) == len({*declared}), "and no two have the same name"


@pytest.mark.parametrize(
    "formula",
    [
        "A.sum(axis=-1)",
        "A.sum(axis=(0, 1))",
        "A.sum(axis=None)",
        "np.sum(A)",
        "A @ B",
        "(A > 0) + (A > 1)",
        "np.exp(A, A)",
        "A * 1e999",
        "A + np.ones((1,) * 7)",
    ],
)
def test_a_line_that_is_nothing_else_is_refused_too(formula):
    with pytest.raises(MiniFlowError, match="cannot be written in C here"):
        c_text(Program((("C", formula, "forward"),), {"A": (2, 3), "B": (2, 3, 2)}, {}, "C", {}, {}))


class Odd(graphs.Tanh):
    formula = "np.tanh({x})"

    def source(self, out, g, x):
        return [f"{out} = {self.formula.format(x=x)}"], [f"{g} * (1 - np.tanh({x}) * np.tanh({x}))"]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("np.arctanh(np.tanh(np.tanh({x})))", "np.arctanh(np.tanh(np.tanh(Linear_1)))"),
        ("np.tanh({x}) + 0 * {x}.sum(axis=1, keepdims=True)", "Linear_1.sum(axis=1, keepdims=True)"),
        ("np.tanh({x}) + 0 * np.sum({x})", "np.sum(Linear_1)"),
        ("np.tanh({x}[:])", "Linear_1[:]"),
    ],
)
def test_a_formula_without_c_is_named(monkeypatch, formula, words):
    monkeypatch.setattr(Odd, "formula", formula)
    with pytest.raises(MiniFlowError, match=re.escape(words) + r" cannot be written in C here.*np\.tanh"):
        c_text(program_of(Odd))


@compiled
@pytest.mark.parametrize(
    "formula",
    [
        "np.tanh({x} + 0 * {x}.sum()) - -0.0 * -(-{x})",
        "np.where({x} < 0, -np.tanh(-{x}), np.tanh(np.abs({x})))",
        "np.tanh({x}.T).reshape((2, 7)).T * np.square(np.full((7, 2), 1.0))",
        "np.tanh(({x} + 0) @ np.full((2, 2), 0.0) + {x})",
        "np.tanh({x} * ({x} * {x}).sum(axis=0) ** 0)",
        "np.tanh({x}) + 0.0 * ((({x} > 0).T @ {x}).sum() + ({x} > 0).sum())",
        "np.tanh({x}) + 0.0 / (1.0 + np.square({x} + 1.0))",
    ],
)
def test_what_a_learner_may_write(monkeypatch, formula):
    monkeypatch.setattr(Odd, "formula", formula)
    graph, data, weights = layers((2, 2, 1), Odd)
    program = fold(drop_dead(write(graph, data, weights, RATE)))
    given = [node.value for node in data + weights]
    ours = c_epoch(program)(*(array[None] for array in given[:2]), *given[2:])
    for a, b in zip(ours, program.step()(*given), strict=True):
        assert np.allclose(a, b, 1e-12, 1e-12)


@compiled
@pytest.mark.parametrize(
    "change",
    [
        lambda X, y, *weights: (X[0], y[0], *weights),
        lambda X, y, *weights: (X, y[1:], *weights),
        lambda X, y, *weights: (X[:, :6], y[:, :6], *weights),
        lambda X, y, *weights: (X.astype(np.float32), y, *weights),
        lambda X, y, *weights: (X, y, *weights[1:]),
        lambda X, y, W1, *weights: (X, y, W1[0], *weights),
        lambda X, y, W1, *weights: (X, y, None, *weights),
        lambda X, y, W1, *weights: (X, y, W1.astype(int), *weights),
        lambda X, y, W1, *weights: (X, y, W1.tolist(), *weights),
        lambda X, *given: (np.ma.masked_array(X), *given),
        lambda X, *given: (1.0, *given),
        lambda *given: (),
    ],
)
def test_what_the_epoch_is_not_for_is_said(change):
    graph, data, weights = layers((2, 2, 1), Sigmoid)
    epoch = c_epoch(fold(drop_dead(write(graph, data, weights, RATE))))
    given = [node.value[None] for node in data] + [weight.value for weight in weights]
    assert len(epoch(*given)) == 5
    with pytest.raises(
        MiniFlowError, match=r"takes floats, X \(batches, 7, 2\), .* W1 \(2, 2\), .*was given"
    ):
        epoch(*change(*given))


def of_numbers(formula):
    """The epoch whose cost is this formula of one number A."""
    return c_epoch(Program((("C", formula, "forward"),), {"A": ()}, {}, "C", {}, {}))


@compiled
@pytest.mark.parametrize("number", [-1.5, 0.0, 2.0, np.nan])
@pytest.mark.parametrize(
    "formula",
    [
        "np.maximum(A, 1.0)",
        "1.0 / np.square(A + 3.0)",
        "(A > 0) / (1.0 + (A > 1))",
        "1.0 / ((A > -1) * 2.0 + 1.0) / 2.0",
    ],
)
def test_numbers_that_are_none_and_truth_values_count_as_in_numpy(formula, number):
    ours, theirs = of_numbers(formula)(np.array([number]))[0], eval(formula, {"np": np, "A": number})
    assert np.isclose(ours, theirs, 1e-15, 0.0, equal_nan=True)


@compiled
def test_whole_numbers_are_no_floats():
    for wrong in [1], np.array([1]), (1.0,):
        with pytest.raises(MiniFlowError, match="This epoch takes floats, A"):
            of_numbers("A * A")(wrong)


@compiled
def test_a_compiler_that_does_not_know_this_processor_is_asked_without_it(monkeypatch, tmp_path):
    fake = tmp_path / "fake_cc.py"
    fake.write_text(
        "import subprocess, sys\n"
        "sys.exit('not native' if '-march=native' in sys.argv else "
        f"subprocess.call([{shutil.which(COMPILER)!r}, *sys.argv[1:]]))\n"
    )
    monkeypatch.setenv("CC", shlex.join([sys.executable, str(fake)]))
    assert of_numbers("A * A")(np.array([1.0, 3.0])) == (10.0,)


def test_an_empty_CC_is_cc(monkeypatch):
    for empty in ("", " "):
        monkeypatch.setenv("CC", empty)
        assert compiler_and_options() == ["cc"]


def test_without_a_compiler_its_name_is_in_the_error(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -O1")
    with pytest.raises(FileNotFoundError) as caught:
        c_epoch(program_of())
    assert "no-such-compiler" in str(caught.value)
    assert caught.value.filename == "cc", "by this name where_installed knows it, whatever CC says"


def test_what_the_compiler_says_is_told(monkeypatch):
    program = program_of()
    monkeypatch.setenv("CC", f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(\"no memory\")'")
    with pytest.raises(MiniFlowError, match="cannot compile the program: no memory"):
        c_epoch(program)
