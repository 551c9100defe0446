"""Lesson 03: shapes of a layer, Mul by hand, two Linears as one, ReLU; and its quiz."""

from __future__ import annotations

import numpy as np

from ..checks import Exercise, Question, computes, function, gives, op, value

SHAPES = {"X": (11, 13), "W": (13, 10), "b": (10,), "out": (11, 10)}

FACTORS = [(4.0, 5.0, 10.0), (2.0, -3.0), (7.0,), ([1.0, 2.0, 3.0], [4.0, 0.0, -1.0]), (0.5, 3.0, 2.0, 4.0)]
ONE_NUMBER = [(-2.0,), (0.0,), (3.0,)]
TABLES = [([-1.5, 0.0, 2.0],), ([[1.0, -2.0], [-3.0, 4.0]],)]


def _product(*values: np.ndarray) -> np.ndarray:
    result = np.float64(1.0)
    for number in values:
        result = result * number
    return result


def _layers() -> list[tuple[np.ndarray, ...]]:
    """(W1, b1, W2, b2) of three pairs of layers: not square, square, and with one neuron in the middle."""
    rng = np.random.default_rng(0)
    sizes = [(3, 4, 2), (2, 2, 2), (3, 1, 3)]
    return [
        tuple(rng.integers(-4, 5, shape).astype(float) for shape in ((n, h), (h,), (h, k), (k,)))
        for n, h, k in sizes
    ]


def _right_pair(result: object, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray) -> str | None:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "two things are asked for: return W, b."
    W, b = (np.asarray(part, dtype=float) for part in result)
    if W.shape != (W1.shape[0], W2.shape[1]):
        return f"for W1 {W1.shape} and W2 {W2.shape} your W has shape {W.shape}: how many inputs and outputs?"
    if not np.allclose(W, W1 @ W2):
        return "W is not right yet. Multiply (X @ W1) @ W2 out: what stands behind X?"
    if b.shape not in (b2.shape, (1, *b2.shape)) or not np.allclose(b, b1 @ W2 + b2):
        return "W is right, and b is not yet. What becomes of b1 on its way through the second layer?"
    return None


EXERCISES = [
    Exercise(
        name="layer_shapes",
        todo="put a tuple in the place of each `...`, such as (3, 2)",
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
                lambda got: got["out"] == (13, 13),
                "in X @ W the two inner numbers vanish. Which are the outer ones?",
            ),
        ],
        hints=[
            "A row of X is one home, a column of W is one neuron, b has one number for each neuron.",
            "X has 11 rows. A row of X must be as long as a column of W.",
            "Out comes a number for each home and each neuron.",
        ],
        praise="You will meet these very shapes again in lesson 06.",
    ),
    Exercise(
        name="Product",
        todo="write the body of forward",
        judge=op(_product, FACTORS, backward=False),
        mistakes=[
            (computes(lambda *v: sum(v) * 1.0), "that adds. Which sign stands between the values?"),
            (
                computes(lambda *v: v[0] * 0.0),
                "everything comes out as 0. With which number does the product begin?",
            ),
            (
                lambda got: all(
                    np.array_equal(value, _product(*case[:2]))
                    for value, case in zip(got.values, got.cases, strict=True)
                ),
                "only the first two inputs count. There may be three of them, or one.",
            ),
            (computes(lambda *v: v[-1]), "only the last input is left. Does the loop keep what it had?"),
            (
                computes(lambda *v: v[0] * _product(*v)),
                "the first value counts twice. If you begin with it, the loop must begin with the next.",
            ),
        ],
        hints=[
            "A loop over `self.inbound_nodes`, one multiplication in each turn.",
            "Begin with a number that changes nothing in a product: `self.value = 1`.",
            "In the loop: `self.value = self.value * node.value`. (`*=` might change somebody else's array.)",
        ],
        praise="Compare it with the library's Mul: the same three lines.",
    ),
    Exercise(
        name="one_linear",
        todo="write the function; it returns W, b",
        judge=function(_layers(), right=_right_pair),
        mistakes=[
            (
                lambda got: all(
                    np.allclose(b, c[1] @ c[2]) for (_, b), c in zip(got.results, got.cases, strict=True)
                ),
                "b2 has been forgotten: the second layer still adds it at the end.",
            ),
            (
                lambda got: all(
                    np.allclose(b, c[3]) for (_, b), c in zip(got.results, got.cases, strict=True)
                ),
                "b1 has been forgotten: the first layer adds it, and the second one works on it, too.",
            ),
            (
                lambda got: all(
                    np.shape(W) == c[0].shape and np.allclose(W, c[0])
                    for (W, _), c in zip(got.results, got.cases, strict=True)
                ),
                "your W is W1. And where is W2?",
            ),
            (gives(lambda W1, b1, W2, b2: W1 @ W2), "that is W alone. Return both: W, b."),
        ],
        hints=[
            "Multiply out on paper: `(X @ W1 + b1) @ W2 + b2`. The `@ W2` works on both parts of the sum.",
            "That gives `X @ W1 @ W2 + b1 @ W2 + b2`. What stands behind X is W.",
            "Everything without X is b: two parts, added.",
        ],
        praise="So two Linears in a row can do nothing that one cannot.",
    ),
    Exercise(
        name="ReLU",
        todo="write the class, with __init__ and forward",
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
        hints=[
            "Take Tanh as it stands, and change its formula.",
            "For a single number it would be `max(x, 0)`. For a whole table numpy has a function of its own.",
            "`np.maximum(x.value, 0)` takes the larger one at each place.",
        ],
        praise="Six lines, and a curve that half of today's networks use.",
    ),
]

QUIZ = [
    Question(
        "y has shape (3,) and a has shape (3, 1). What is the shape of y - a in numpy?",
        ["(3,)", "(3, 1)", "(3, 3)"],
        "(3, 3)",
        "numpy repeats both until they fit: each of the three y meets each of the three a.",
        {
            "(3,)": "That is what one hopes for. Print its shape first.",
            "(3, 1)": "That is the shape of a. y is repeated, too. Print it.",
        },
        meets=(18,),
    ),
    Question(
        "X is (4, 3) and W is (3, 5). What is the shape of X @ W?",
        ["(3, 3)", "(4, 5)", "(5, 4)"],
        "(4, 5)",
        "The inner 3 vanishes, the outer numbers stay: rows of X, columns of W.",
        {
            "(3, 3)": "The 3 is what each sum runs over. It is gone afterwards.",
            "(5, 4)": "The rows come from X, and X is on the left.",
        },
    ),
    Question(
        "Ten Linears in a row, nothing between them. What can they do that one Linear cannot?",
        ["bend ten times", "nothing", "learn faster"],
        "nothing",
        "All of them together are one X @ W + b. The bend comes from the activation function.",
        {
            "bend ten times": "A straight line of a straight line is straight.",
            "learn faster": "They can only ever say what a single one can say.",
        },
    ),
    Question(
        "Which statement about the sigmoid is wrong?",
        ["its values are between 0 and 1", "far out it is nearly flat", "it is 0 at x = 0"],
        "it is 0 at x = 0",
        "At 0 it is 1 / (1 + 1) = 0.5.",
        {
            "its values are between 0 and 1": "That is right: 1 divided by something above 1.",
            "far out it is nearly flat": "That is right: beyond 5 on either side little happens.",
        },
    ),
]
