"""Lesson 05: shapes of gradients, a layer backwards, a backward to repair, a diagnosis; and its quiz."""

from __future__ import annotations

import numpy as np

from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import function, gives, hands_on, op, raises, value

SHAPES = {"X": (11, 13), "W": (13, 10), "b": (10,)}

_rng = np.random.default_rng(5)
LAYERS = [  # X, W, b, g: five rows, three columns, two neurons; and one neuron
    tuple(_rng.integers(-3, 4, shape) / 2 for shape in ((5, 3), (3, 2), (2,), (5, 2))),
    tuple(_rng.integers(-3, 4, shape) / 2 for shape in ((4, 2), (2, 1), (1,), (4, 1))),
]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _to_sum(X: np.ndarray, W: np.ndarray, b: np.ndarray, g: np.ndarray) -> np.ndarray:
    """What arrives at X @ W + b through the sigmoid."""
    s = _sigmoid(X @ W + b)
    return g * s * (1 - s)


def _to_W_and_b(X: np.ndarray, to_sum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X.T @ to_sum, to_sum.sum(axis=0)


def _layer(X: np.ndarray, W: np.ndarray, b: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _to_W_and_b(X, _to_sum(X, W, b, g))


def _no_bend(X, W, b, g):
    return _to_W_and_b(X, g)


def _bent_twice(X, W, b, g):
    s = _sigmoid(_sigmoid(X @ W + b))
    return _to_W_and_b(X, g * s * (1 - s))


def _averaged(X, W, b, g):
    to_W, to_b = _layer(X, W, b, g)
    return to_W, to_b / len(X)


def _both_averaged(X, W, b, g):
    return tuple(part / len(X) for part in _layer(X, W, b, g))


def _b_of_each_row(X, W, b, g):
    return _layer(X, W, b, g)[0], _to_sum(X, W, b, g)


def _b_along_rows(X, W, b, g):
    return _layer(X, W, b, g)[0], _to_sum(X, W, b, g).sum(axis=1)


def _b_in_one(X, W, b, g):
    return _layer(X, W, b, g)[0], _to_sum(X, W, b, g).sum()


def _b_not_bent(X, W, b, g):
    return _layer(X, W, b, g)[0], g.sum(axis=0)


def _b_left_out(X, W, b, g):
    return _layer(X, W, 0 * b, g)


def _nothing_arrives(X, W, b, g):
    return _layer(X, W, b, np.ones_like(g))


def _sum_for_s(X, W, b, g):
    u = X @ W + b
    return _to_W_and_b(X, g * u * (1 - u))


def _sign_turned(X, W, b, g):
    return _layer(X, W, b, -g)


def _lying(X, W, b, g):
    to_W, to_b = _layer(X, W, b, g)
    return to_W.T, to_b


def _swapped(X, W, b, g):
    return _layer(X, W, b, g)[::-1]


def _weights_alone(X, W, b, g):
    return _layer(X, W, b, g)[0]


ROW_SUMS = '''\
class RowSums(Node):
    """What each row adds up to, as a column"""

    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        (x,) = self.inbound_nodes
        self.value = x.value.sum(axis=1, keepdims=True)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost()}
'''


def _diagnosis(ours: np.ndarray, slopes: np.ndarray) -> str:
    if np.allclose(ours, slopes, atol=1e-6):
        return "fine"
    if np.allclose(ours, -slopes, atol=1e-6):
        return "sign"
    factor = np.vdot(ours, slopes) / np.vdot(slopes, slopes)
    return "factor" if np.allclose(ours, factor * slopes, atol=1e-6) else "wrong"


_slopes = np.array([[0.0, -2.0], [3.0, -1.0]])  # their mean is 0: no help in finding a factor
_noise = np.array([[1e-10, -2e-10], [1e-10, 2e-10]])
PAIRS = [
    (_slopes + _noise, _slopes),
    (-_slopes, _slopes + _noise),
    (3 * _slopes, _slopes + _noise),
    (_slopes.T, _slopes + _noise),
    (_slopes * [[1.0, 2.0], [2.0, 1.0]], _slopes + _noise),
    (_slopes * [[3.0, 3.0], [3.0, -3.0]], _slopes + _noise),
]


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="gradient_shapes",
        judge=value(SHAPES),
        mistakes=[
            (
                lambda got: len(got["W"]) == 3,
                "that keeps one gradient for each home. You subtract it from W: which shape has W?",
            ),
            (
                lambda got: got["W"] == (10, 13),
                "W has a row for each column of X, and a column for each neuron. Which comes first?",
            ),
            (
                lambda got: got["b"] in ((11, 10), (11,)),
                "one b serves all eleven rows. How many numbers can you nudge in b?",
            ),
            (
                lambda got: got["W"] == (11, 10),
                "that is the shape of what comes out of the layer. Which shape must W have, so that X @ W "
                "has it?",
            ),
            (
                lambda got: got["b"] == 10,
                "a tuple of one number ends with a comma: (3,) is a tuple, and (3) is only 3.",
            ),
            (
                lambda got: got["b"] in ((1, 10), (10, 1)),
                "b is a plain list, neither row nor column: one number in its tuple, and a comma.",
            ),
            (
                lambda got: got["b"] in ((1,), (13,)),
                "each neuron has a bias of its own. How many neurons are there?",
            ),
            (
                lambda got: any(isinstance(shape, (int, str)) for shape in got.values()),
                "a shape is a tuple of numbers, such as (3, 2), without quotes and not multiplied out.",
            ),
            (
                lambda got: got["X"] != SHAPES["X"],
                "start with X: a gradient has one slope for each number that you can nudge.",
            ),
        ],
    ),
    texts.exercise(
        name="sigmoid_layer",
        judge=function(LAYERS, like=_layer),
        mistakes=[
            (
                raises(ValueError),
                "two shapes do not fit. Through the sigmoid it is `*`, number by number; then comes the "
                "product, `@`. For that, try (11, 13) and (11, 10): which order gives (13, 10)?",
            ),
            (gives(_swapped), "both are right, but in the other order: first W, then b."),
            (gives(_weights_alone), "W is right. Return two things: what about b?"),
            (
                gives(_lying),
                "W's gradient lies on its side: look at its shape. Which factor comes first, and which one "
                "is transposed?",
            ),
            (gives(_nothing_arrives), "that is the slope of the layer alone. Where is `g`, which arrives?"),
            (gives(_sum_for_s), "s (1 - s) wants the sigmoid's output. You have put in what goes into it."),
            (gives(_sign_turned), "the size is right, the sign is not: s (1 - s) is never negative."),
            (gives(_b_left_out), "there is no b in your s. What goes into the sigmoid is X @ W + b."),
            (
                gives(_both_averaged),
                "both are too small. The cost has divided by m already, so the rows are only added up.",
            ),
            (gives(_no_bend), "you walked past the sigmoid. Which factor does that arrow carry?"),
            (
                gives(_bent_twice),
                "you took the sigmoid twice. Its derivative wants its output, and s is the output already.",
            ),
            (
                gives(_averaged),
                "W is right, b is too small. One b served all the rows, and MSE has divided by m already.",
            ),
            (
                gives(_b_of_each_row),
                "W is right. For b you have kept a row for each home; one b served them all.",
            ),
            (
                gives(_b_along_rows),
                "W is right. For b you have added along each row: that is one number for each home. Which "
                "axis leaves one for each neuron?",
            ),
            (
                gives(_b_in_one),
                "W is right. For b you have added up everything. There is one b for each neuron, so add up "
                "the rows only.",
            ),
            (gives(_b_not_bent), "W is right. The way to b leads through the sigmoid as well."),
        ],
    ),
    texts.exercise(
        name="RowSums",
        judge=op(
            lambda x: x.sum(axis=1, keepdims=True), [([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0]],), ([[2.0, 1.0]],)]
        ),
        mistakes=[
            (
                hands_on(lambda g, x: [g]),
                "the gradient you hand to x is one column wide, and x is not. Which number of x "
                "moved which sum?",
            ),
            (
                hands_on(lambda g, x: [g * x]),
                "you multiplied by the values of x, as Mul would. What does a nudge of 1 in x do to "
                "its row's sum?",
            ),
            (
                hands_on(lambda g, x: [g * np.ones_like(x) / x.shape[1]]),
                "that shares each gradient out over the row. Nudge one number by 1: does the sum "
                "move by 1 or less?",
            ),
            (
                hands_on(lambda g, x: [np.ones_like(x)]),
                "that is the local gradient alone. Where is what arrives, `self.grad_cost()`?",
            ),
        ],
        given=ROW_SUMS,
    ),
    texts.exercise(
        name="diagnose",
        judge=function(PAIRS, like=_diagnosis),
        mistakes=[
            (
                lambda got: got.results[0] != "fine",
                "measured slopes are never exact to the last digit. Allow for a tiny difference.",
            ),
            (
                lambda got: got.results[1] == "factor",
                "a factor of -1 has a name of its own here. Ask for it first.",
            ),
            (
                lambda got: got.results[4] == "factor",
                "in one of the cases a part is right and a part doubled. A factor must be the same "
                "for all numbers.",
            ),
            (
                lambda got: got.results[2] == "wrong",
                "one of the cases is three times the slopes, and one of the slopes is 0. What do you "
                "divide by?",
            ),
            (
                lambda got: got.results[5] == "factor",
                "in one of the cases all are three times too large, and one has its sign turned. That is not "
                "one factor for all.",
            ),
        ],
    ),
]
