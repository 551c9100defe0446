"""Lesson 03: shapes of a layer, three Linears as one, ReLU; and its quiz."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from miniflow_lib.errors import MiniFlowError
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import close, computes, function, gives, op, raises, value

SHAPES = {"X": (8, 5), "W": (5, 4), "b": (4,), "out": (8, 4)}

LISTS = [f"shapes ({length},) (" for length in (2, 4, 5)]  # of biases that cannot be added, as numpy tells it
ONE_NUMBER = [(-2.0,), (0.0,), (3.0,)]
TABLES = [([-1.5, 0.5, 2.0],), ([[1.0, -2.0], [-3.0, 4.0]],)]


def _layers() -> list[tuple[np.ndarray, ...]]:
    """(W1, b1, W2, b2, W3, b3), three times: not square, square, and with one neuron in the middle."""
    rng = np.random.default_rng(0)
    return [
        tuple(
            rng.integers(-4, 5, shape).astype(float)
            for before, after in pairwise(sizes)
            for shape in ((before, after), (after,))
        )
        for sizes in [(3, 4, 2, 5), (2, 2, 2, 2), (3, 4, 1, 3)]
    ]


def _one_linear(W1, b1, W2, b2, W3, b3) -> tuple[np.ndarray, np.ndarray]:
    return W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3


def _part_is(number: int, wrong: Callable) -> Callable[[object], bool]:
    """The predicate "this one of the two results (0: W, 1: b) is this wrong one"."""
    return lambda got: all(
        close(pair[number], wrong(*case)) for pair, case in zip(got.results, got.cases, strict=True)
    )


def _right_pair(result: object, *layers: np.ndarray) -> str | None:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "the function must return two things: W, b."
    W, b = (np.asarray(part, dtype=float) for part in result)
    right_W, right_b = _one_linear(*layers)
    if W.shape != right_W.shape:
        shapes = ", ".join(f"W{number} {layer.shape}" for number, layer in enumerate(layers[::2], 1))
        return f"for {shapes} your W has shape {W.shape}. How many inputs are there, and how many outputs?"
    if not np.allclose(W, right_W):
        return "W is not right yet. Multiply out ((X @ W1) @ W2) @ W3. By what is X multiplied?"
    if b.shape not in (right_b.shape, (1, *right_b.shape)) or not np.allclose(b, right_b):
        return "W is right, and b is not yet. What do the layers after the first one make of b1?"
    return None


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="layer_shapes",
        judge=value(SHAPES),
        mistakes=[
            (
                lambda got: any(isinstance(shape, str) for shape in got.values()),
                "each shape is a tuple of numbers, without quotes, such as (3, 2).",
            ),
            (
                lambda got: got["X"] == (5, 8),
                "X has a row for each home, and numpy counts the rows first.",
            ),
            (
                lambda got: got["W"] == (4, 5),
                "W has a column for each neuron. How many numbers are in one of its columns, then?",
            ),
            (
                lambda got: got["W"] == (8, 4),
                "W is the same for any number of homes. How long is a row of X, so how long a column of W?",
            ),
            (
                lambda got: got["W"] in {(8, 5), (5, 8)},
                "the homes are in X, not in W. How many neurons are there, and how many weights has each?",
            ),
            (
                lambda got: got["W"] in {(5,), (5, 1)},
                "W would be the weights of only one neuron. The layer has a column for each of its neurons.",
            ),
            (
                lambda got: got["W"] in {(4,), (4, 1)},
                "W would be one number for each neuron. A neuron has a weight for each fact.",
            ),
            (
                lambda got: got["b"] == (5, 4),
                "each neuron has many weights, but only one bias. How many biases are there?",
            ),
            (
                lambda got: got["b"] in {(8,), (8, 1)},
                "a bias belongs to a neuron, not to a home. All homes share it.",
            ),
            (
                lambda got: got["b"] == (8, 4),
                "numpy repeats b for each row by itself. How many biases does the layer own?",
            ),
            (
                lambda got: got["b"] == (5,),
                "a bias belongs to a neuron, not to an input. How many neurons are there?",
            ),
            (
                lambda got: got["b"] in {(1,), 1},
                "each neuron has a bias of its own. How many neurons are there?",
            ),
            (
                lambda got: got["b"] == 4,
                "a tuple of one number ends with a comma. (3,) is a tuple, and (3) is only 3.",
            ),
            (
                lambda got: got["b"] in {(1, 4), (4, 1)},
                "b is a plain list, neither row nor column. Its tuple has one number, and a comma.",
            ),
            (
                lambda got: got["out"] == (5, 5),
                "in X @ W the two inner numbers vanish. Which are the outer ones?",
            ),
            (
                lambda got: got["out"] == (4, 8),
                "what comes out has a row for each home, as X has.",
            ),
            (
                lambda got: got["out"] in {(8,), (8, 1)},
                "out would be only one number for each home. How many neurons look at it?",
            ),
            (
                lambda got: got["out"] in {(4,), (1, 4)},
                "out would be the numbers of only one home. How many homes are there?",
            ),
            (
                lambda got: got["out"] == (8, 5),
                "the five facts of a home go into the sums. How many sums come out?",
            ),
        ],
    ),
    texts.exercise(
        name="one_linear",
        judge=function(_layers(), right=_right_pair),
        mistakes=[
            (
                raises(ValueError, saying=LISTS),
                "you add biases that differ in length, because each layer has its own number of neurons. "
                "What do the next layers make of a bias before it comes out?",
            ),
            (
                _part_is(0, lambda *layers: _one_linear(*layers)[1]),
                "your b comes first. The task asks for W and b, in this order.",
            ),
            (
                _part_is(0, lambda W1, b1, W2, b2, W3, b3: W1 @ W2),
                "your W is that of the first two layers. And the third?",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: (b1 @ W2 + b2) @ W3),
                "b3 is missing. The third layer still adds it at the end.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b1 @ W2 @ W3 + b3),
                "b2 is missing. The second layer adds it, and the third one works on it, too.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b2 @ W3 + b3),
                "b1 is missing. The first layer adds it, and two more work on it.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b3),
                "your b is that of the third layer. What became of b1 and b2?",
            ),
            (gives(lambda W1, b1, W2, b2, W3, b3: W1 @ W2 @ W3), "that is only W. Return both, W and b."),
        ],
    ),
    texts.exercise(
        name="ReLU",
        judge=op(lambda x: np.maximum(x, 0), ONE_NUMBER + TABLES, backward=False),
        mistakes=[
            (
                raises(MiniFlowError, saying="takes a list of nodes"),
                "the constructor of Node wants a list of nodes, and got one node. Which lines of Tanh see "
                "to that?",
            ),
            (
                raises(AttributeError, saying="'list' object has no attribute 'outbound_nodes'"),
                "the constructor of MyNode takes the nodes one by one, and got a list. From which class does "
                "Tanh come?",
            ),
            (
                raises(TypeError, saying="integer scalar"),
                "`np.max` takes one array, and then the number of an axis. You want the larger of two "
                "numbers, at each place of the table. Which function of numpy has a name almost like it?",
            ),
            (
                computes(lambda x: np.max(np.atleast_1d(x), axis=0)),
                "`np.max` looks for the largest number along an axis. You want the larger of two numbers, "
                "at each place of the table.",
            ),
            (computes(np.abs), "a negative number turned positive. It should become 0."),
            (
                computes(lambda x: np.minimum(x, 0)),
                "the negative numbers stayed, and the positive ones became 0. Turn it round.",
            ),
            (computes(lambda x: x), "nothing has changed. What should become of -2?"),
            (
                computes(lambda x: (x > 0) * 1.0),
                "you return whether it is positive, not the number.",
            ),
            (
                lambda got: all(np.shape(value) == () for value in got.values),
                "a table went in, and a single number came out. Work on each number of the table by itself.",
            ),
        ],
    ),
]
