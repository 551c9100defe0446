"""The learner's `check`: it looks at what they wrote, and the first mistake it knows gets its sentence."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Mapping
from types import CodeType, SimpleNamespace

import numpy as np

from miniflow_classroom.judge.exercise import Exercise, exercises
from miniflow_classroom.judge.guard import Trouble, guarded, tidy
from miniflow_classroom.judge.vocabulary import raises, with_article

_NOT_GIVEN = object()


def check(name: str, answer: object = _NOT_GIVEN) -> None:
    """Say how far exercise `name` is: to do, not yet (and which mistake it is), or correct.

    Looks at the object called `name` in the cells of the caller, or at `answer`. Prints one line, never
    raises, and leaves values, lists, flags and random numbers as they were.
    """
    own = sys._getframe(1).f_globals
    try:
        exercise = exercises().get(name) if isinstance(name, str) else None
        if exercise is None:
            known = ", ".join(exercises())
            print(f"[{tidy(str(name))}] to do: there is no exercise of this name; there are {known}")
            return
        print(verdict(exercise, own.get(name, ...) if answer is _NOT_GIVEN else answer, own))
    except KeyboardInterrupt:
        print(f"[{name}] not yet: the check was interrupted before it came to its end.")


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
    if _has_dots(vars(got) if isinstance(got, SimpleNamespace) else got):
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


# --- what is blank ----------------------------------------------------------------------------------------


def is_blank(answer: object, given: str = "") -> bool:
    """Whether nothing of the learner's is in it: `...`, a function that does nothing, the code as given."""
    if _has_dots(answer):
        return True
    codes = _codes_of(answer)
    if not codes:
        return False
    handed_out = _compiled(given)
    return any(_does_nothing(code) for code in codes.values()) or (
        bool(handed_out) and all(_same(code, handed_out.get(name)) for name, code in codes.items())
    )


def _has_dots(answer: object) -> bool:
    if isinstance(answer, (list, tuple, set, Mapping)):
        return any(map(_has_dots, answer.values() if isinstance(answer, Mapping) else answer))
    return answer is ...


def _codes_of(answer: object) -> dict[str, CodeType]:
    """{name: code} of a function, or of the functions of a class."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    codes = [f.__code__ for f in functions if isinstance(getattr(f, "__code__", None), CodeType)]
    return {code.co_name: code for code in codes}


def _compiled(given: str) -> dict[str, CodeType]:
    found, to_see = {}, [compile(given, "<given>", "exec")]
    for code in to_see:
        inner = [const for const in code.co_consts if isinstance(const, CodeType)]
        found |= {code.co_name: code for code in inner}
        to_see += inner
    return found


def _does_nothing(code: CodeType) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.opname.startswith(("LOAD", "RETURN"))]
    others = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS"} | {step.opname for step in steps}
    idle = all(step.opname in others for step in dis.get_instructions(code))
    return idle and all(step.argval is None for step in steps)


def _same(code: CodeType, other: CodeType | None) -> bool:
    def essence(c: CodeType) -> tuple:
        return c.co_code, c.co_names, c.co_varnames, [k for k in c.co_consts if not isinstance(k, CodeType)]

    return other is not None and essence(code) == essence(other)
