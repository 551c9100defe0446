"""Lesson 00: the cost by hand, as a function, and of the laziest program; and its quiz."""

from __future__ import annotations

from miniflow_classroom.judge.exercise import Exercise, Question
from miniflow_classroom.judge.vocabulary import function, gives, is_like, value

EXERCISES = [
    Exercise(
        name="cost_of_three",
        todo="put the cost, or its calculation, in the place of the dots",
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
        hints=[
            "For each home: by how much is the program wrong? Three misses, some up, some down.",
            "Square each miss, add the three squares, and divide by the number of homes.",
        ],
        praise="the miss of 3 counts most: squares punish large misses.",
    ),
    Exercise(
        name="cost_of",
        todo="let the function return the average of the squared misses",
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
        hints=[
            "`zip(predictions, targets)` goes through both lists side by side.",
            "Collect `(p - t) ** 2` for each pair.",
            "Divide the sum of them by how many there are, and `return` that.",
        ],
        praise="this function is the goal of the whole series: make it small.",
    ),
    Exercise(
        name="best_price",
        todo="put the price in the place of the dots",
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
        hints=[
            "Try some: what do 20, 25 and 35 cost?",
            "Misses up and down should balance. Which number of school mathematics does that?",
        ],
        praise="nobody who looks at no fact can do better.",
    ),
]

QUIZ = [
    Question(
        text="A thousand photos, and for each somebody has written down what is on it. A program learns to "
        "say what is on a new one. Which kind of learning is that?",
        choices=["supervised", "unsupervised", "semi-supervised"],
        right="supervised",
        because="Every example comes with its answer.",
        wrong={
            "unsupervised": "Then nobody would have written down anything.",
            "semi-supervised": "Then most photos would have no answer. Here each has one.",
        },
    ),
    Question(
        text="A program says 20 for a home that costs 25, and is right about another. What does that cost?",
        choices=["5", "12.5", "25"],
        right="12.5",
        because="5² = 25 and 0² = 0, and the average of both is 12.5.",
        wrong={
            "5": "That is the miss. It is squared, and averaged with the other home's.",
            "25": "That is the square of the one miss. There are two homes.",
        },
    ),
    Question(
        text="Pick the wrong sentence.",
        choices=[
            "The target of a home is what the program says.",
            "Training changes numbers in the model.",
            "Before training the numbers are random.",
        ],
        right="The target of a home is what the program says.",
        because="That is the prediction. The target is the true price.",
        wrong={
            "Training changes numbers in the model.": "That one is true: predict, find the error, update.",
            "Before training the numbers are random.": "That one is true: that is the first box of the loop.",
        },
    ),
]
