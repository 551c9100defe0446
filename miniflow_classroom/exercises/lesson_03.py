"""Lesson 03: shapes of a layer, three Linears as one, ReLU; and its quiz."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import close, computes, function, gives, op, value

SHAPES = {"X": (11, 13), "W": (13, 10), "b": (10,), "out": (11, 10)}

ONE_NUMBER = [(-2.0,), (0.0,), (3.0,)]
TABLES = [([-1.5, 0.0, 2.0],), ([[1.0, -2.0], [-3.0, 4.0]],)]


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
        return "two things are asked for: return W, b."
    W, b = (np.asarray(part, dtype=float) for part in result)
    right_W, right_b = _one_linear(*layers)
    if W.shape != right_W.shape:
        shapes = ", ".join(f"W{number} {layer.shape}" for number, layer in enumerate(layers[::2], 1))
        return f"for {shapes} your W has shape {W.shape}: how many inputs and outputs?"
    if not np.allclose(W, right_W):
        return "W is not right yet. Multiply ((X @ W1) @ W2) @ W3 out: what stands behind X?"
    if b.shape not in (right_b.shape, (1, *right_b.shape)) or not np.allclose(b, right_b):
        return "W is right, and b is not yet. What becomes of b1 on its way through the layers behind it?"
    return None


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="layer_shapes",
        judge=value(SHAPES),
        mistakes=[
            (
                lambda got: got["W"] == (10, 13),
                "W has a column for each neuron. How many numbers has one of its columns, then?",
            ),
            (
                lambda got: got["X"] == (13, 11),
                "X has a row for each home, and numpy counts the rows first.",
            ),
            (
                lambda got: got["b"] in {(11,), (11, 1)},
                "a bias belongs to a neuron, not to a home: all homes share it.",
            ),
            (
                lambda got: got["b"] == (11, 10),
                "numpy repeats b for each row by itself. How many biases does the layer own?",
            ),
            (
                lambda got: got["b"] == (13,),
                "a bias belongs to a neuron, not to an input. How many neurons are there?",
            ),
            (
                lambda got: got["b"] == 10,
                "a tuple of one number ends with a comma: (3,) is a tuple, and (3) is only 3.",
            ),
            (
                lambda got: got["b"] in {(1, 10), (10, 1)},
                "b is a plain list, neither row nor column: one number in its tuple, and a comma.",
            ),
            (
                lambda got: got["out"] == (13, 13),
                "in X @ W the two inner numbers vanish. Which are the outer ones?",
            ),
        ],
    ),
    texts.exercise(
        name="one_linear",
        judge=function(_layers(), right=_right_pair),
        mistakes=[
            (
                _part_is(0, lambda W1, b1, W2, b2, W3, b3: W1 @ W2),
                "your W is that of the first two layers. And the third?",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: (b1 @ W2 + b2) @ W3),
                "b3 has been forgotten: the third layer still adds it at the end.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b1 @ W2 @ W3 + b3),
                "b2 has been forgotten: the second layer adds it, and the third one works on it, too.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b2 @ W3 + b3),
                "b1 has been forgotten: the first layer adds it, and two more work on it.",
            ),
            (
                _part_is(1, lambda W1, b1, W2, b2, W3, b3: b3),
                "your b is that of the third layer. And what became of b1 and b2?",
            ),
            (gives(lambda W1, b1, W2, b2, W3, b3: W1 @ W2 @ W3), "that is W alone. Return both: W, b."),
        ],
    ),
    texts.exercise(
        name="ReLU",
        judge=op(lambda x: np.maximum(x, 0), ONE_NUMBER + TABLES, backward=False),
        mistakes=[
            (computes(np.abs), "a negative number turned positive. It should become 0."),
            (
                computes(lambda x: np.minimum(x, 0)),
                "the negative numbers stayed, and the others became 0: turn it round.",
            ),
            (computes(lambda x: x), "nothing has changed. What should become of -2?"),
            (
                computes(lambda x: (x > 0) * 1.0),
                "you keep whether the number is positive. Keep the number itself.",
            ),
            (
                lambda got: all(np.shape(value) == () for value in got.values),
                "a table went in, and a single number came out. Work on each number of the table by itself.",
            ),
        ],
    ),
]
