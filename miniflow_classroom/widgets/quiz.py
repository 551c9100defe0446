"""Hints that open one at a time, and questions whose reply says why a choice is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets

from miniflow_classroom import arguments
from miniflow_classroom.judge.exercise import LESSONS, Exercise, Question, exercises
from miniflow_classroom.widgets.base import StaticBox, paragraph, pick_one, prose, wide

_REPLY = "margin: 0 0 0.8em; padding: 0.2em 0.7em; border-left: 4px solid"


def hint_box(exercise: Exercise) -> StaticBox:
    """The hints of one exercise as closed folds. They open in the browser alone, by a click or by Enter."""
    steps = len(exercise.hints)
    folds = [
        '<details style="margin: 0.2em 0; line-height: 1.5; white-space: normal">'
        f'<summary style="cursor: pointer">Hint {number} of {steps}</summary>'
        f"{paragraph(prose(hint), 'padding: 0.2em 1.2em')}</details>"
        for number, hint in enumerate(exercise.hints, 1)
    ]
    text = f"[{exercise.name}] {steps} hints, opened one at a time"
    page = {"kind": "hints", "hints": [prose(hint) for hint in exercise.hints]}
    return StaticBox([wide(fold) for fold in folds], text=text, page=lambda: page)


def quiz_box(lesson: str, questions: Sequence[Question]) -> StaticBox:
    """The questions of one lesson, none answered. Stored: questions and choices, no answer."""
    rows, lines = [], [f"Self-quiz of lesson {lesson}"]
    for number, question in enumerate(questions, 1):
        lines += ["", f"{number}. {question.text}", *(f"   ( ) {choice}" for choice in question.replies)]
        rows += _question(number, question)
    page = {"kind": "quiz", "questions": [_for_page(question) for question in questions]}
    return StaticBox(rows, text="\n".join(lines), page=lambda: page)


def _for_page(question: Question) -> dict:
    """The question with the reply to each of its choices."""
    replies = [_reply(question, choice) for choice in question.replies]
    return {"text": prose(question.text), "choices": list(question.replies), "replies": replies}


def _reply(question: Question, choice: str) -> str:
    right = choice == question.right
    look = f"{_REPLY} {'#0072B2' if right else '#777'}"
    word = "✓ Right." if right else "Not that one."
    return paragraph(f"<b>{word}</b> {prose(question.replies[choice])}", look)


def _question(number: int, question: Question) -> list[ipywidgets.Widget]:
    text, reply = wide(paragraph(f"{number}. {prose(question.text)}")), wide()
    choices = pick_one(question.replies)

    def answered(change: dict) -> None:
        reply.value = "" if change["new"] is None else _reply(question, change["new"])

    choices.observe(answered, "value")
    return [text, choices, reply]


def hints(name: str) -> StaticBox:
    """The hints of an exercise, closed, each step opened by itself."""
    arguments.check_choice("The name of an exercise", name, exercises())
    return hint_box(exercises()[name])


def quiz(lesson: str) -> StaticBox:
    """The self-quiz of a lesson, quiz("02"): a choice for each question, and a reply to each choice."""
    arguments.check_choice("The number of a lesson with a quiz", lesson, LESSONS)
    return quiz_box(lesson, LESSONS[lesson].QUIZ)
