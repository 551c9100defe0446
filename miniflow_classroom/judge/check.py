"""The learner's `check`: it looks at what they wrote, and the first mistake it knows gets its sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import numpy as np

from miniflow_lib.trace_text import say
from miniflow_classroom.judge.blank import has_dots, is_blank
from miniflow_classroom.judge.cells import stopped
from miniflow_classroom.judge.exercise import Exercise, exercises
from miniflow_classroom.judge.guard import Trouble, guarded, tidy
from miniflow_classroom.judge.vocabulary import raises, with_article

_NOT_GIVEN = object()
_OLDER = (
    "the cell that defines {name} stopped with an error ({how}), so any {name} that is there is older. "
    "Correct the cell, run it, and check again."
)


def check(name: str, answer: object = _NOT_GIVEN) -> None:
    """Say how far exercise `name` is: to do, not yet (and which mistake it is), or correct.

    Looks at the object called `name` in the cells of the caller, or at `answer`; an object that is older than
    the last run of its cell is not judged. Prints one line, never raises, and leaves values, lists, flags and
    random numbers as they were.
    """
    own = sys._getframe(1).f_globals
    try:
        exercise = exercises().get(name) if isinstance(name, str) else None
        if exercise is None:
            known = ", ".join(exercises())
            say(f"[{tidy(str(name))}] to do: there is no exercise of this name; there are {known}\n")
            return
        if answer is _NOT_GIVEN and stopped(name):
            say(f"[{name}] not yet: {_OLDER.format(name=name, how=stopped(name))}\n")
            return
        say(verdict(exercise, own.get(name, ...) if answer is _NOT_GIVEN else answer, own) + "\n")
    except KeyboardInterrupt:
        say(f"[{name}] not yet: the check was interrupted before it came to its end.\n")


def verdict(exercise: Exercise, answer: object, own: Mapping[str, object]) -> str:
    """The line that `check` prints for this answer; own: the globals of the learner's cells."""
    try:
        state, sentence = _judged(exercise, answer, own)
    except Exception:  # an object that refuses even to be compared
        state, sentence = "not yet", f"the answer is {with_article(answer)}, and the check cannot read it."
    return f"[{exercise.name}] {state}{': ' if sentence else ''}{sentence}"


def _judged(exercise: Exercise, answer: object, own: Mapping[str, object]) -> tuple[str, str]:
    to_do = "to do", f"{exercise.todo}, then run both cells again"
    judge = exercise.judge
    if is_blank(answer, exercise.given):
        return to_do
    sentence = judge.form(answer)
    if sentence:
        return "not yet", sentence
    try:
        got = guarded(lambda: judge.look(answer), own, exercise.seconds)
    except Trouble as trouble:
        if isinstance(trouble.cause, NotImplementedError) or "ellipsis" in str(trouble.cause).lower():
            return to_do
        for predicate, sentence in exercise.mistakes:
            if isinstance(predicate, raises) and predicate(trouble.cause):
                return "not yet", sentence
        return "not yet", str(trouble)
    if has_dots(vars(got) if isinstance(got, SimpleNamespace) else got):
        return to_do
    wrong = judge.wrong(got)
    if wrong is None:
        return "correct", exercise.praise
    for predicate, sentence in exercise.mistakes:
        if not isinstance(predicate, raises) and holds(predicate, got):
            return "not yet", sentence
    return "not yet", wrong


def holds(predicate: Callable[[object], object], got: object) -> bool:
    """Whether a predicate says yes; one that cannot be asked of such an answer says no."""
    try:
        with np.errstate(all="ignore"):
            return bool(predicate(got))
    except Exception:
        return False
