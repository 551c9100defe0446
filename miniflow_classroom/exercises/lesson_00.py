"""Lesson 00: the cost by hand, as a function, and of the laziest program; and its quiz."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import function, gives, is_like, raises, value

texts = Texts(__file__)
QUIZ = texts.quiz


def _misses(p: list, t: list) -> list:
    return [a - b for a, b in zip(p, t, strict=True)]


def _squares(p: list, t: list) -> list:
    return [miss**2 for miss in _misses(p, t)]


def _cost(p: list, t: list) -> float:
    return sum(_squares(p, t)) / len(t)


def _is_number(got: object) -> bool:
    return isinstance(got, (int, float, np.number)) and not isinstance(got, bool)


def _is_list(got: object) -> bool:
    return isinstance(got, (list, tuple, np.ndarray)) and np.size(got) > 0


def gives_one_of(others: Sequence[Callable]) -> Callable[[object], bool]:
    """The predicate "the function does what one of these wrong ones does"."""
    return lambda got: any(gives(other)(got) for other in others)


# What wrong functions return: whether they divide in the loop, after it, or not at all.
ONLY_THE_FIRST = (lambda p, t: _squares(p, t)[0], lambda p, t: _squares(p, t)[0] / len(t))
ONLY_THE_LAST = (lambda p, t: _squares(p, t)[-1], lambda p, t: _squares(p, t)[-1] / len(t))
ALL_PAIRS = (
    lambda p, t: [(a - b) ** 2 for a in p for b in t],
    *(lambda p, t, n=n: sum((a - b) ** 2 for a in p for b in t) / len(t) ** n for n in (0, 1, 2)),
)
ONLY_MISSES = (_misses, lambda p, t: _misses(t, p), lambda p, t: [abs(miss) for miss in _misses(p, t)])
SUM_OF_MISSES = tuple(
    lambda p, t, n=n, sign=sign: sign * sum(_misses(p, t)) / len(t) ** n for n in (0, 1) for sign in (1, -1)
)
SQUARED_SUM = tuple(lambda p, t, n=n: sum(map(abs, _misses(p, t))) ** 2 / len(t) ** n for n in (0, 1, 2))
MEDIAN = (
    lambda p, t: np.median(_squares(p, t)),
    *(lambda p, t, n=n: np.median(np.abs(_misses(p, t))) ** n for n in (1, 2)),
)
ALL_BUT_ONE = (lambda p, t: sum(_squares(p, t)[1:]) / len(t), lambda p, t: sum(_squares(p, t)[:-1]) / len(t))
ROUNDED = tuple(lambda p, t, digits=digits: round(_cost(p, t), digits) for digits in range(4))
NO_BRACKETS = tuple(
    lambda p, t, power=power: sum(a - b**2 for a, b in zip(p, t)) / len(t) ** power for power in (0, 1)
)
BOTH_SQUARED = tuple(lambda p, t, n=n: sum(a**2 - b**2 for a, b in zip(p, t)) / len(t) ** n for n in (0, 1))

EXERCISES = [
    texts.exercise(
        name="cost_of_three",
        judge=value(14 / 3, tolerance=1e-2),
        mistakes=[
            (
                is_like(14),
                "that is the sum of the squares. The cost is their average: how many homes are there?",
            ),
            (
                is_like(2),
                "that is the average miss. Square each miss first, then average. (Squaring is `** 2`: `^` is "
                "something else in Python.)",
            ),
            (
                lambda got: any(is_like(wrong, 1e-2)(got) for wrong in (-4 / 3, -8 / 3, -4)),
                "a square is never below 0. Put each miss into brackets, since `-3 ** 2` is -9 in Python. "
                "And squaring is `** 2`: `^` is something else.",
            ),
            (is_like(6), "that is the sum of the misses. Square each miss first, then average."),
            (is_like(7), "that divides by 2. How many homes are there?"),
            (
                lambda got: is_like(5)(got) or is_like(4.6)(got),
                "that is close, but rounded. Keep two decimals, or write the calculation.",
            ),
            (
                is_like(4),
                "the average of these squares is not a whole number. Square each miss by itself, add, and "
                "divide with `/`.",
            ),
            (
                lambda got: is_like([2, 3, 1])(np.abs(got)),
                "these are the misses. The cost is one number: the average of their squares.",
            ),
            (is_like([4, 9, 1]), "these are the squares. The cost is one number: their average."),
            (
                lambda got: isinstance(got, tuple) and len(got) == 2,
                "with a comma these are two numbers. Python's decimals come after a point.",
            ),
            (_is_list, "the cost is one number: leave out brackets and commas around it."),
            (is_like(0), "misses up and down cancelled out. What does squaring do to a minus?"),
            (is_like(12), "that squares the sum. Square each miss by itself, then average the squares."),
            (
                lambda got: is_like(4 + 9 + 1 / 3, 1e-2)(got) or is_like(13)(got),
                "only the last square is divided. Put brackets around the sum.",
            ),
            (
                is_like((22 - 20**2 + 27 - 30**2 + 11 - 10**2) / 3, tolerance=1e-2),
                "`22 - 20 ** 2` squares only the 20. Put each miss into brackets.",
            ),
            (is_like((14 / 3) ** 0.5, tolerance=1e-2), "that is the root of the cost. Leave the root out."),
            (
                _is_number,
                "that is not the cost. First find the three misses, one per home, and then their squares.",
            ),
        ],
    ),
    texts.exercise(
        name="cost_of",
        judge=function(
            [
                ([20, 30, 10], [22, 27, 11]),
                ([5], [8]),
                ([2.0, 1.5], [1.5, 4.0]),
                ([0, 0, 0, 0], [1, 2, 3, 6]),
            ],
            like=_cost,
        ),
        mistakes=[
            (
                gives(lambda p, t: sum(_squares(p, t))),
                "that is the sum of the squares. The cost is their average.",
            ),
            (gives(_squares), "these are the squares. The cost is one number: their average."),
            (
                gives(lambda p, t: sum(map(abs, _misses(p, t))) / len(t)),
                "that is the average miss. Square each miss before you average.",
            ),
            (
                gives_one_of(ONLY_MISSES),
                "these are the misses. The cost is one number: the average of their squares.",
            ),
            (
                gives(lambda p, t: sum(map(abs, _misses(p, t)))),
                "that is the sum of the misses. Square each miss first, then average.",
            ),
            (
                gives_one_of(SQUARED_SUM),
                "that squares all misses at once. Square each one by itself, then average the squares.",
            ),
            (
                gives_one_of(MEDIAN),
                "that is a median: only the middle counts. The cost is an average: each square counts.",
            ),
            (
                gives_one_of(SUM_OF_MISSES),
                "these are the misses themselves: up and down cancel out. What does squaring do to a minus?",
            ),
            (
                gives(lambda p, t: (sum(_misses(p, t)) / len(t)) ** 2),
                "that averages first, and misses up and down cancel out. Square each one first.",
            ),
            (
                gives(lambda p, t: sum(_misses(p, t)) ** 2 / len(t)),
                "that squares the sum, in which misses up and down cancel out. Square each one first.",
            ),
            (
                gives_one_of(ONLY_THE_FIRST),
                "only the first home is counted. Where does your function return, in the loop or after it?",
            ),
            (
                gives_one_of(ONLY_THE_LAST),
                "only the last home is counted. Does your loop add to the total, or write over it?",
            ),
            (
                gives_one_of(ALL_PAIRS),
                "each prediction meets every target: a loop in a loop makes all pairs. One loop over `zip` "
                "makes only those that belong together.",
            ),
            (
                gives_one_of(NO_BRACKETS),
                "`p - t ** 2` squares only `t`, since `**` comes first. Put the miss into brackets.",
            ),
            (
                gives_one_of(BOTH_SQUARED),
                "that squares both prices and then subtracts. First subtract, then square the miss.",
            ),
            (
                gives(lambda p, t: sum(_misses(p, t)) * 2 / len(t)),
                "`* 2` doubles a miss. Squaring is `** 2`.",
            ),
            (raises(TypeError, saying="for ^"), "`^` is something else in Python. Squaring is `** 2`."),
            (
                raises(TypeError, saying="for -: 'list' and 'list'"),
                "one list cannot be subtracted from another. Go through both in pairs.",
            ),
            (
                gives(lambda p, t: (sum(_squares(p, t)) / len(t)) ** 0.5),
                "that is the root of the cost. Leave the root out.",
            ),
            (
                gives(lambda p, t: sum(_squares(p, t)) / 3),
                "that divides by 3, whatever the lists. How many homes are there?",
            ),
            (
                gives(lambda p, t: sum(_squares(p, t)) / 2),
                "that divides by 2, whatever the lists. How many homes are there?",
            ),
            (
                gives(lambda p, t: _cost(p, t) / len(t)),
                "that divides by the number of homes twice. Once is enough, after the loop.",
            ),
            (
                gives(lambda p, t: _cost(p, t) / 2),
                "that is half of the cost. How many homes are there? Each has a prediction and a target.",
            ),
            (
                gives(lambda p, t: np.var(t)),
                "that is the cost of the lazy program. Where does your function use the predictions?",
            ),
            (
                gives(lambda p, t: sum(_squares(p, t)) // len(t)),
                "`//` and `int` cut off what comes after the point. Divide with `/`, and return that.",
            ),
            (
                gives_one_of(ROUNDED),
                "that is the cost, but rounded. Return it as it is.",
            ),
            (
                gives(lambda p, t: 14 / 3),
                "that is the cost of the three homes above, whatever the lists. Use `predictions` and "
                "`targets`.",
            ),
            (
                gives_one_of(ALL_BUT_ONE),
                "one home is left out, the first or the last. `range(len(targets))` counts them all.",
            ),
            (
                raises(TypeError, saying="'int' object is not iterable"),
                "that goes through a single number. `for` and `sum` go through a list or a range: "
                "`range(len(targets))` gives the places. (And a list grows by `.append(...)`.)",
            ),
            (
                raises(ValueError, TypeError, saying="unpack"),
                "a loop takes a pair at each step from `zip(predictions, targets)`.",
            ),
            (
                raises(IndexError),
                "your loop reaches past the end of a list. The lists may have any length, and in `for i in "
                "predictions`, i is a price and not a place: `range(len(predictions))` gives the places.",
            ),
        ],
    ),
    texts.exercise(
        name="best_price",
        judge=value(30, tolerance=1e-3),
        mistakes=[
            (
                is_like(20),
                "the middle home is right, but the dear one is missed by 40, and 40² is a lot. Go up a bit.",
            ),
            (
                is_like(35),
                "that is halfway between cheapest and dearest, but two homes are far cheaper. Go down a bit.",
            ),
            (is_like(10), "two homes are missed then, one of them by 50. Try more."),
            (is_like(60), "two homes are missed by a lot. Try less."),
            (is_like(1400 / 3, tolerance=1e-2), "that is what the best price costs. Which price is it?"),
            (
                _is_list,
                "one price for all three homes: write it once, as one number, without brackets or commas.",
            ),
            (
                lambda got: _is_number(got) and not 10 <= got <= 60,
                "no home was that cheap or that dear: the price is between 10 and 60. Or is yours a cost, "
                "or a sum?",
            ),
            (
                _is_number,
                "a price a little higher or a little lower costs less. Try both with `cost_of`: "
                "`cost_of([25, 25, 25], [10, 20, 60])` is the cost of 25.",
            ),
        ],
    ),
]
