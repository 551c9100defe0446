"""The learner's `check`: it looks at what they wrote, and the first mistake it knows gets its sentence."""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dis import get_instructions
from itertools import chain
from types import CodeType, ModuleType, SimpleNamespace

import numpy as np

from miniflow_lib.trace_text import say
from miniflow_classroom.judge.blank import codes_of, has_dots, is_blank
from miniflow_classroom.judge.cells import defined_in, stopped
from miniflow_classroom.judge.exercise import Exercise, Sentence, exercises
from miniflow_classroom.judge.guard import INTERRUPTED, Trouble, guarded, tidy
from miniflow_classroom.judge.meaning import not_made
from miniflow_classroom.judge.vocabulary import raises, with_article
from miniflow_classroom.show.words import wrapped

_NOT_GIVEN = object()
_OLDER = (
    "the cell that defines {name} stopped with an error ({how}), so any {name} that is there is older. "
    "Correct the cell, run it, and check again."
)


_times: Counter[tuple] = Counter()  # {(exercise, sentence): how often this kernel was told it}


def check(name: str, answer: object = _NOT_GIVEN) -> None:
    """Say how far exercise `name` is: to do, not yet (and which mistake it is), or correct.

    Looks at the object called `name` (for "MyAdd.forward" at `MyAdd`) in the cells of the caller, or at
    `answer`; an object that is older than the last run of its cell is not judged. A correct piece of the
    learner's own engine is kept. Prints a paragraph, never raises, and leaves values, lists, flags and random
    numbers as they were.
    """
    own = sys._getframe(1).f_globals
    exercise = exercises().get(name) if isinstance(name, str) else None
    try:
        if exercise is None:
            known = ", ".join(exercises())
            tell(line(tidy(str(name)), "to do", f"there is no exercise of this name; there are {known}"))
        else:
            given = answer is not _NOT_GIVEN
            tell(verdict(exercise, answer, own) if given else of_cells(exercise, own))
    except KeyboardInterrupt:
        tell(line(name, "not yet", INTERRUPTED))


def tell(text: str) -> None:
    """Print a paragraph, wrapped at words."""
    say(wrapped(text) + "\n")


def of_cells(exercise: Exercise, own: Mapping[str, object], **how: bool) -> str:
    """The line for what is in the learner's cells; how: for the keeper."""
    keeper, answer = exercise.keeper, own.get(exercise.name.partition(".")[0], ...)
    state, said = state_of(exercise, own)
    _times[exercise.name, said] += 1
    tail = keeper.tail(exercise, state, answer, own, **how) if keeper else ""
    return line(exercise.name, state, said, tail, _times[exercise.name, said])


def state_of(exercise: Exercise, own: Mapping[str, object]) -> tuple[str, Sentence]:
    """The state of what is in the learner's cells, and what is to be said of it; keeps and counts nothing."""
    name, keeper = exercise.name.partition(".")[0], exercise.keeper
    if how := stopped(name):
        return "not yet", _OLDER.format(name=name, how=how)
    answer = own.get(name, ...)
    if keeper and keeper.whose(exercise.name, answer) in ("ours", "file"):
        return to_do(exercise)
    return judged(exercise, answer, own)


def verdict(exercise: Exercise, answer: object, own: Mapping[str, object], step: int = 1) -> str:
    """The line that `check` prints for this answer, the first time or the `step`th that it sees its mistake.

    own: the globals of the learner's cells.
    """
    return line(exercise.name, *judged(exercise, answer, own), step=step)


def line(name: str, state: str, said: Sentence, tail: str = "", step: int = 1) -> str:
    """[name] state: what is said, as many sentences of a tuple as there are steps; and a tail."""
    said = said if isinstance(said, str) else " ".join(said[:step])
    text = f"[{name}] {state}{': ' if said else ''}{said}"
    return text + (("" if text[-1] in ".!?" else ".") + " " + tail if tail else "")


def judged(exercise: Exercise, answer: object, own: Mapping[str, object]) -> tuple[str, Sentence]:
    """The state of an answer, and what there is to say of it."""
    try:
        return _judged(exercise, answer, own)
    except Exception:  # an object that refuses even to be compared
        return "not yet", f"the answer is {with_article(answer)}, and the check cannot read it."


def to_do(exercise: Exercise) -> tuple[str, str]:
    """The state of an exercise that is not begun, and what is said of it."""
    return "to do", f"{exercise.todo}, then run both cells again"


def _judged(exercise: Exercise, answer: object, own: Mapping[str, object]) -> tuple[str, Sentence]:
    judge, keeper = exercise.judge, exercise.keeper
    part = keeper.part(exercise.name, answer) if keeper else answer
    misspelled = isinstance(answer, type) and part is None  # a class without the method: the judge says so
    if (keeper and part is None and not misspelled) or is_blank(part, exercise.given):
        return to_do(exercise)
    sentence = judge.form(answer)
    if keeper and keeper.whose(exercise.name, answer) == "library":
        theirs = getattr(part, "__qualname__", exercise.name).partition(".")[0]
        sentence = f"that is the library's {theirs}: write one of your own."
    elif keeper and (theirs := _leant(exercise.name, part, own)):
        sentence = f"your code uses the library's {theirs}: write it without."
    if sentence:
        return "not yet", sentence

    def look() -> object:
        if keeper:  # a piece calls others by name: a wrong one must not make it look wrong
            own.update(keeper.neighbours(exercise.name))
        return judge.look(answer)

    try:
        got = guarded(look, own, exercise.seconds)
    except Trouble as trouble:
        # Calculated with `...`? But numpy names the ellipsis, too, where a place is not a whole number.
        cause, dots = trouble.cause, "ellipsis" in str(trouble.cause).lower()
        if isinstance(cause, NotImplementedError) or (dots and not isinstance(cause, IndexError)):
            return to_do(exercise)
        if isinstance(cause, KeyboardInterrupt):
            return "not yet", trouble.said
        return "not yet", (
            borrowed(exercise, part, own, sure=True)
            or _known(exercise, cause)
            or borrowed(exercise, part, own)
            or trouble.said
        )
    if has_dots(vars(got) if isinstance(got, SimpleNamespace) else got):
        return to_do(exercise)
    wrong = judge.wrong(got)
    if wrong is None:
        return "correct", exercise.praise
    if said := borrowed(exercise, part, own, sure=True):
        return "not yet", said
    for predicate, sentence in exercise.mistakes:
        if not isinstance(predicate, raises) and holds(predicate, got):
            return "not yet", sentence
    return "not yet", borrowed(exercise, part, own) or wrong


def borrowed(exercise: Exercise, answer: object, own: Mapping[str, object], sure: bool = False) -> Sentence:
    """What is said of an answer that reads a node, or what else another cell has made and is no function.

    The forgotten line that should have made the name would raise an error, were it not for that cell. sure:
    only what is certainly a mistake, since a method has all from its node, and no answer needs a node.
    """
    for code in chain.from_iterable(map(_with_inner, codes_of(answer))):
        here = defined_in("".join(linecache.getlines(code.co_filename)))
        for name in (step.argval for step in get_instructions(code) if step.opname == "LOAD_GLOBAL"):
            thing = own.get(name)
            data = name in own and not callable(thing) and not isinstance(thing, ModuleType)
            node = hasattr(thing, "outbound_nodes")
            method = code if code.co_varnames[:1] == ("self",) else None
            if data and (node or name not in here) and (node or method or not sure):
                seen = f"your {'method' if method else 'function'} reads `{name}`, which was made outside it."
                missing = NameError(f"name '{name}' is not defined")  # which would be told without that cell
                return seen, *(_known(exercise, missing) or not_made(seen, method))[1:]
    return ""


def _leant(name: str, answer: object, own: Mapping[str, object]) -> str:
    """What a piece has from the library: its own task, done there, or what it imports inside itself."""
    task = name.removeprefix("my_")
    for code in chain.from_iterable(map(_with_inner, codes_of(answer))):
        for step in get_instructions(code):
            if step.opname == "IMPORT_NAME" and step.argval.partition(".")[0] == "miniflow_lib":
                return task if task in code.co_names else "code"
            thing = own.get(step.argval) if step.opname == "LOAD_GLOBAL" else None
            if isinstance(thing, ModuleType):
                module, names = thing.__name__, code.co_names
            else:
                module, names = getattr(thing, "__module__", ""), (getattr(thing, "__name__", ""),)
            if str(module).partition(".")[0] == "miniflow_lib" and task in names:
                return task
    return ""


def _known(exercise: Exercise, error: BaseException | None) -> Sentence:
    """What the exercise itself says of an exception, or else nothing."""
    told = (said for sign, said in exercise.mistakes if isinstance(sign, raises) and sign(error))
    return next(told, "")


def _with_inner(code: CodeType) -> list[CodeType]:
    """A code and those of the functions, loops and lambdas inside it."""
    inner = [thing for thing in code.co_consts if isinstance(thing, CodeType)]
    return [code, *chain.from_iterable(map(_with_inner, inner))]


def holds(predicate: Callable[[object], object], got: object) -> bool:
    """Whether a predicate is true; of an answer that it cannot look at, it is not."""
    try:
        with np.errstate(all="ignore"):
            return bool(predicate(got))
    except Exception:
        return False
