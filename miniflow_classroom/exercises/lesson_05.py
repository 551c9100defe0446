"""Lesson 05: a layer on paper, shapes, a layer backward, a backward to repair, a diagnosis; and its quiz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from miniflow_lib.errors import MiniFlowError
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import close, function, gives, hands_on, op, raises, value

# X [[1, 2], [3, 4]], W [[2], [-1]], b [1], y [2, 5]
BY_HAND = {"cost": 2.5, "a": [[-1], [-2]], "W": [[-7], [-10]], "b": [-3], "X": [[-2, 1], [-4, 2]]}
ON_PAPER = {  # wrong numbers, by the reply that they get and by their entry; a tuple has several
    "summed": {"cost": 5},
    "late": {"cost": (1.5, -1.5, 2.25)},
    "no_bias": {"cost": 6.5},
    "listed": {"cost": 2.5},
    "value": {"a": [1, 3], "W": [2, -1], "b": 1, "X": [1, 2, 3, 4]},
    "sign": {"a": ([1, 2], [2, 4], [0.5, 1])},
    "alone": {"a": [-2, -4]},
    "slope_of_square": {"a": [-0.5, -1]},
    "lost_sign": {"W": [7, 10], "b": 3, "X": [2, -1, 4, -2]},
    "signs": {"X": ([-2, -1, -4, -2], [2, 1, 4, 2])},
    "other_weight": {"X": [1, -2, 2, -4]},
    "one_weight": {"X": ([-2, -4], [1, 2])},
    "half": {"W": [-3.5, -5], "b": -1.5, "X": [-1, 0.5, -2, 1]},
    "double": {"W": [-14, -20], "b": -6, "X": [-4, 2, -8, 4]},
    "apart": {"W": ([-1, -2, -6, -8], [-1, -6, -2, -8]), "b": [-1, -2]},
    "one_home": {"W": ([-1, -2], [-6, -8]), "b": (-1, -2)},
    "along_rows": {"W": [-5, -11]},
    "luck": {"X": [-2, -4, 1, 2]},
    "shares": {"X": [-1, -2, -6, -8]},
    "outputs": {"X": [2, -1, 2, -1]},
    "homes_added": {"X": [-6, 3]},
}
SHAPES = {"X": (11, 13), "W": (13, 10), "b": (10,)}


def _has_numbers(entry: str, *wrong: object) -> Callable[[dict], bool]:
    """The predicate "this entry is not right, and has one of these numbers", in whatever shape."""

    def predicate(got: dict) -> bool:
        given = np.ravel(float(got[entry]) if isinstance(got[entry], str) else got[entry])
        numbers = any(close(given, np.ravel(one)) for one in wrong)
        return numbers and not close(got[entry], BY_HAND[entry])

    return predicate


def _on_paper() -> list[tuple[Callable[[dict], bool], str]]:
    """The mistakes of layer_by_hand, each of one entry; the last are right numbers in a wrong shape."""
    wrong = [(key, entry, some) for key, entries in ON_PAPER.items() for entry, some in entries.items()]
    wrong += [("shape", entry, BY_HAND[entry]) for entry in "aWbX"]
    return [
        (
            _has_numbers(entry, *(some if isinstance(some, tuple) else (some,))),
            f"{entry}: {texts.replies('layer_by_hand', key)}",
        )
        for key, entry, some in wrong
    ]


# --- a sigmoid on a layer -----------------------------------------------------------------------------------

_rng = np.random.default_rng(5)
LAYERS = [  # X, W, b, g: five rows, three columns, two neurons; and one neuron
    tuple(_rng.integers(-3, 4, shape) / 2 for shape in ((5, 3), (3, 2), (2,), (5, 2))),
    tuple(_rng.integers(-3, 4, shape) / 2 for shape in ((4, 2), (2, 1), (1,), (4, 1))),
]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _layer(
    to_sum: Callable = lambda g, s, u: g * s * (1 - s),
    to_W: Callable = lambda X, d, g: X.T @ d,
    to_b: Callable = lambda d, g: d.sum(axis=0),
    u: Callable = lambda X, W, b: X @ W + b,
) -> Callable:
    """A sigmoid and its layer backward; to_sum: what comes through the sigmoid, from g, s and its input u."""

    def backward(X: np.ndarray, W: np.ndarray, b: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        d = to_sum(g, _sigmoid(u(X, W, b)), u(X, W, b))
        return to_W(X, d, g), to_b(d, g)

    return backward


def _layer_wrong(got: object, *case: np.ndarray) -> str | None:
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return "return two things, with a comma between them: the gradient of W, then that of b."
    pairs = list(zip("Wb", got, _layer()(*case), strict=True))
    for name, one, want in pairs:
        if callable(one):
            return f"what you return for {name} is a function that was not called. Where are its brackets?"
        if np.shape(one) != want.shape:
            shape = f"has shape {np.shape(one)}" if np.ndim(one) else "is a single number"
            return f"{name} has shape {want.shape}, and what you return for it {shape}. What must it be?"
    wrong = [name for name, one, want in pairs if not close(one, want)]
    if len(wrong) == 2:
        return (
            "the shapes are right, the numbers are not. Work it by hand for one number of s: what arrives "
            "there, and by which factor does the sigmoid multiply it?"
        )
    return f"all is right but the numbers of {wrong[0]}. Work out one of them by hand." if wrong else None


def _through(*to_sums: Callable) -> Callable[[object], bool]:
    """The predicate "this wrong one goes through the sigmoid", or one of these."""
    return lambda got: any(gives(_layer(to_sum))(got) for to_sum in to_sums)


def _b_after(X: np.ndarray, W: np.ndarray, b: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward, if b were added to what comes out of the sigmoid."""
    s = _sigmoid(X @ W) + b
    d = g * s * (1 - s)
    return X.T @ d, d.sum(axis=0)


OF_MSE = [  # factors of MSE: what may come before (g - s), if `g` is taken for a target
    lambda g: 1,
    lambda g: -1,
    lambda g: -2,
    lambda g: -2 / len(g),
    lambda g: -2 / g.size,
    lambda g: -1 / len(g),
]


def _stepped(case: tuple) -> list[np.ndarray]:
    """W and b after a step of 1: each less its gradient."""
    return [old - gradient for old, gradient in zip(case[1:3], _layer()(*case), strict=True)]


def _mixed(got: object) -> bool:
    """Whether a matrix product replaces a product number by number, and the shapes let it pass."""
    return np.shape(got.results[0][0]) == (3, 5) or _through(
        lambda g, s, u: s @ (1 - s).T @ g, lambda g, s, u: g @ s.T @ (1 - s)
    )(got)


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


def _other_shape(got: object) -> bool:
    """Whether backward hands on arrays, and one of them is not in the shape of its value."""
    pairs = [
        pair
        for case, out in zip(got.cases, got.gradients, strict=True)
        for pair in zip(case, out, strict=False)
    ]
    return any(isinstance(one, np.ndarray) and one.shape != array.shape for array, one in pairs)


# --- a diagnosis ------------------------------------------------------------------------------------------


def _with_noise(slopes: np.ndarray) -> np.ndarray:
    return slopes * (1 + 1e-10)


_full = np.array([[1.0, -2.0], [3.0, -2.0]])  # no 0 in it, and their sum is 0, as in the next
_first = np.array([[0.0, -2.0], [3.0, -1.0]])
_last = np.array([[4.0, 1.0], [2.0, 0.0]])
_one = np.array([[0.0, 0.0, 0.0], [0.0, -2.0, 0.0]])
_uneven = np.array([[0.1, -0.7, 1.3], [2.1, 0.3, -0.9]])  # no 0 in it, and their sum is not 0
_ragged = _uneven * (1 + np.array([[1e-10, -1e-10, 0.0], [-1e-10, 1e-10, 0.0]]))  # the noise differs
CASES = {  # ours and the slopes, and what is to be said of them
    "fine": (_with_noise(_first), _first, "fine"),
    "same": (_uneven, _uneven, "fine"),
    "whole": (_ragged, _uneven, "fine"),
    "sign": (-_full, _with_noise(_full), "sign"),
    "small": (-1e-4 * _full, 1e-4 * _with_noise(_full), "sign"),
    "near": (1.001 * _full, _with_noise(_full), "factor"),
    "three": (3 * _first, _with_noise(_first), "factor"),
    "half": (_last / 2, _with_noise(_last), "factor"),
    "one": (3 * _one, _with_noise(_one), "factor"),
    "uneven": (0.7 * _uneven, _ragged, "factor"),
    "minus": (-2 * _uneven, _ragged, "factor"),
    "some": (_full * [[1.0, -1.0], [-1.0, -1.0]], _with_noise(_full), "wrong"),
    "turned": (_first.T, _with_noise(_first), "wrong"),
    "part": (_full * [[1.0, 2.0], [2.0, 1.0]], _with_noise(_full), "wrong"),
    "swapped": (_uneven[:, ::-1], _ragged, "wrong"),  # the rows add up to the same
    "corner": (_uneven * [[1.0, 1.0, 1.0], [1.0, 1.0, 2.0]], _ragged, "wrong"),  # the first two columns agree
    "sizes": (_full * [[-1.0, -2.0], [-3.0, -1.0]], _with_noise(_full), "wrong"),
    "mixed": (_first * [[3.0, 3.0], [3.0, -3.0]], _with_noise(_first), "wrong"),
    "shifted": (_full + 1, _with_noise(_full), "wrong"),
    "extra": (3 * _first + [[5.0, 0.0], [0.0, 0.0]], _with_noise(_first), "wrong"),
}
ANSWERS = {answer for *_, answer in CASES.values()}
FACTORS = [case for case, (*_, want) in CASES.items() if want == "factor"]
FAR = [case for case, (*_, want) in CASES.items() if want != "fine" and case not in ("near", "small")]


def _says(answers: str, *cases: str) -> Callable[[object], bool]:
    """The predicate "the function says one of these in one of the cases"."""
    return lambda got: any(got.results[list(CASES).index(case)] in answers.split() for case in cases)


def _misses(*cases: str) -> Callable[[object], bool]:
    """The predicate "of the cases with one factor, the function sees all but these"."""
    return lambda got: [case for case in FACTORS if not _says("factor", case)(got)] == list(cases)


def _diagnosis_wrong(said: object, ours: np.ndarray, slopes: np.ndarray) -> str | None:
    (want,) = (want for a, b, want in CASES.values() if np.array_equal([a, b], [ours, slopes]))
    if isinstance(said, str) and said == want:  # to the letter, for a program compares it
        return None
    a, b = (np.round(array, 6).tolist() for array in (ours, slopes))
    return (
        f"for ours = {a} and slopes = {b} your function returns {said!r}. Compare the two number by number."
    )


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="layer_by_hand",
        judge=value(BY_HAND),
        mistakes=_on_paper(),
    ),
    texts.exercise(
        name="gradient_shapes",
        judge=value(SHAPES),
        mistakes={
            "apart": lambda got: len(got["W"]) == 3,
            "turned": lambda got: got["W"] == (10, 13),
            "b_of_homes": lambda got: got["b"] in ((11, 10), (11,), (11, 1)),
            "outputs": lambda got: got["W"] == (11, 10),
            "comma": lambda got: got["b"] == 10 and not isinstance(got["W"], int),
            "not_a_table": lambda got: got["b"] in ((1, 10), (10, 1)),
            "one_b": lambda got: got["b"] in ((1,), (13,)),
            "product": lambda got: any(isinstance(shape, (int, str)) for shape in got.values()),
            "start_with_X": lambda got: got["X"] != SHAPES["X"],
        },
    ),
    texts.exercise(
        name="sigmoid_layer",
        judge=function(LAYERS, right=_layer_wrong),
        mistakes={
            "W_for_X": raises(ValueError, line=r"^[^X]*(\bW(\.T)?\s*@|@\s*W\b(?!\.T))[^X]*$"),
            "matrix_product": raises(ValueError, line=r"^[^X]*(@|dot|matmul)[^X]*$|X\.T\s*@[^@]*@"),
            "order": raises(
                ValueError,
                saying=("size 5 is different from", "size 3 is different from 2", "aligned"),
                line=r"\bX\s*@(?!\s*W\b)|[^W\s]\s*@\s*X\b|dot\(X, (?!W)",
            ),
            "formula": raises(
                *(NameError, AttributeError, MiniFlowError),
                saying=("'sigmoid'", "'MySigmoid'", "bound_nodes'", "Input number 1 of"),
            ),
            "sizes": raises(IndexError, saying="out of bounds"),
            "keys": raises(TypeError, saying=("unhashable", "as a dict key", "as a set element")),
            "mixed": _mixed,
            "swapped": gives(lambda *case: _layer()(*case)[::-1]),
            "only_W": gives(lambda *case: _layer()(*case)[0]),
            "lying": gives(_layer(to_W=lambda X, d, g: d.T @ X)),
            "nothing_arrives": _through(lambda g, s, u: s * (1 - s)),
            "sum_for_s": _through(lambda g, s, u: g * u * (1 - u)),
            "g_for_s": _through(
                lambda g, s, u: g * (1 - g),
                lambda g, s, u: g * s * (1 - g),
                lambda g, s, u: g * _sigmoid(g) * (1 - _sigmoid(g)),
            ),
            "target": _through(*(lambda g, s, u, f=f: f(g) * (g - s) * s * (1 - s) for f in OF_MSE)),
            "updated": gives(lambda *case: _stepped(case)),
            "sign": _through(lambda g, s, u: -g * s * (1 - s)),
            "no_b": gives(_layer(u=lambda X, W, b: X @ W)),
            "b_after": gives(_b_after),
            "minus": gives(_layer(u=lambda X, W, b: X @ W - b)),
            "fraction": _through(lambda g, s, u: g * (1 + np.exp(-u)) * -np.exp(-u)),
            "averaged": _through(*(lambda g, s, u, f=f: abs(f(g)) * g * s * (1 - s) for f in OF_MSE[3:])),
            "passed": _through(lambda g, s, u: g),
            "half": _through(lambda g, s, u: g * s, lambda g, s, u: g * (1 - s)),
            "brackets": _through(lambda g, s, u: g * s - s, lambda g, s, u: g * s - s**2),
            "added": _through(lambda g, s, u: g + s * (1 - s)),
            "tanh": _through(lambda g, s, u: g * (1 - s**2), lambda g, s, u: g * (1 - np.tanh(u) ** 2)),
            "twice": _through(lambda g, s, u: g * _sigmoid(s) * (1 - _sigmoid(s))),
            "W_mean": gives(_layer(to_W=lambda X, d, g: X.T @ d / len(d))),
            "b_mean": gives(_layer(to_b=lambda d, g: d.mean(axis=0))),
            "b_of_homes": gives(_layer(to_b=lambda d, g: d)),
            "b_along_rows": gives(_layer(to_b=lambda d, g: d.sum(axis=1))),
            "b_in_one": gives(_layer(to_b=lambda d, g: d.sum())),
            "b_not_bent": gives(_layer(to_b=lambda d, g: g.sum(axis=0))),
            "W_not_bent": gives(_layer(to_W=lambda X, d, g: X.T @ g)),
        },
    ),
    texts.exercise(
        name="RowSums",
        judge=op(
            lambda x: x.sum(axis=1, keepdims=True), [([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0]],), ([[2.0, 1.0]],)]
        ),
        mistakes={
            "narrow": hands_on(lambda g, x: [g]),
            "wide": _other_shape,
            "reshaped": raises(ValueError, saying="cannot reshape"),
            "times_x": hands_on(lambda g, x: [g * x]),
            "shared": hands_on(lambda g, x: [g * np.ones_like(x) / x.shape[1]]),
            "local": hands_on(lambda g, x: [np.ones_like(x)]),
            "sign": hands_on(lambda g, x: [-g * np.ones_like(x)]),
        },
        given=ROW_SUMS,
    ),
    texts.exercise(
        name="diagnose",
        judge=function([case[:2] for case in CASES.values()], right=_diagnosis_wrong),
        mistakes={
            "none": lambda got: None in got.results,
            "words": lambda got: any(str(said) not in ANSWERS for said in got.results),
            "truth": raises(ValueError, saying="truth value"),
            "place_itself": raises(IndexError, saying="only integers"),
            "table": raises(IndexError, line="arg(max|min)|ours|slopes"),
            "skipped": lambda got: not _says("fine", "same")(got),
            "exact": lambda got: not _says("fine", "whole")(got),
            "not_all": _says("fine", *FAR),
            "too_much": _says("fine", "near", "small"),
            "sign": lambda got: not _says("sign", "sign")(got),
            "more_than_sign": _says("sign", "turned", "part", "sizes", "mixed", "shifted", "extra"),
            "some_signs": _says("sign", "some"),
            "never": _misses(*FACTORS),
            "part": _says("factor", "part", "corner"),
            "mixed": _says("factor", "mixed"),
            "extra": _says("factor", "extra"),
            "negative": _misses("minus"),
            "zero": _misses("three", "half", "one"),
            "sums": _misses("near", "three"),
            "few": lambda got: not _says("factor", "near")(got),
            "tight": lambda got: not _says("factor", "uneven")(got),
            "place": lambda got: _says("wrong", "half", "one")(got),
            "at_zero": lambda got: not _says("fine", "fine")(got),
        },
    ),
]
