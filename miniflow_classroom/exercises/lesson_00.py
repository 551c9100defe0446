"""Lesson 00: the cost by hand, as a function, and of the laziest program; and its quiz."""

from __future__ import annotations

from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import function, gives, is_like, value

texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="cost_of_three",
        judge=value(14 / 3, tolerance=1e-2),
        mistakes=[
            (
                is_like(14),
                "that is the sum of the squares. The cost is their average: how many homes are there?",
            ),
            (is_like(2), "that is the average miss. Square each miss first, then average."),
            (is_like(0), "misses up and down cancelled out. What does squaring do to a minus?"),
            (is_like(12), "that squares the sum. Square each miss by itself, then average the squares."),
        ],
    ),
    texts.exercise(
        name="cost_of",
        judge=function(
            [
                ([20, 30, 10], [22, 27, 11]),
                ([5], [8]),
                ([1.5, 2.0], [1.5, 4.0]),
                ([0, 0, 0, 0], [1, 2, 3, 4]),
            ],
            like=lambda p, t: sum((a - b) ** 2 for a, b in zip(p, t, strict=True)) / len(t),
        ),
        mistakes=[
            (
                gives(lambda p, t: sum((a - b) ** 2 for a, b in zip(p, t, strict=True))),
                "that is the sum of the squares. Divide it by the number of homes.",
            ),
            (
                gives(lambda p, t: sum(abs(a - b) for a, b in zip(p, t, strict=True)) / len(t)),
                "that is the average miss. Square each miss before you average.",
            ),
            (
                gives(lambda p, t: (sum(a - b for a, b in zip(p, t, strict=True)) / len(t)) ** 2),
                "that averages first and squares then, so misses up and down cancel. Square each one first.",
            ),
            (
                gives(lambda p, t: sum((a - b) ** 2 for a, b in zip(p, t, strict=True)) // len(t)),
                "`//` cuts off what comes after the point. Divide with `/`.",
            ),
        ],
    ),
    texts.exercise(
        name="best_price",
        judge=value(30, tolerance=1e-3),
        mistakes=[
            (
                is_like(20),
                "the middle home is hit, but the dear one is missed by 40, and 40² is a lot. Try a bit more.",
            ),
            (is_like(35), "halfway between the cheapest and the dearest: two homes sit low. Try a bit less."),
            (is_like(10), "two homes are missed then, one of them by 50. Try more."),
            (is_like(60), "two homes are missed by a lot. Try less."),
        ],
    ),
]
