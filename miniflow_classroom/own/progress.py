"""How far a learner is: the state of every exercise of a lesson, in one look."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from miniflow_lib.trace_text import say
from miniflow_classroom.folder import news
from miniflow_classroom.judge.check import state_of, tell
from miniflow_classroom.judge.exercise import LESSONS, exercises
from miniflow_classroom.judge.guard import INTERRUPTED
from miniflow_classroom.own.file import ALL
from miniflow_classroom.own.sources import FILE
from miniflow_classroom.show.words import COLUMNS, listed, wrapped

STATES = ("correct", "not yet", "to do")
AS_RUN = f"(An exercise that is no piece of {FILE} is seen only after its cell has run in this notebook.)"


class State(NamedTuple):
    """An exercise: one of STATES, and the sentence for its mistake, or where the correct answer is."""

    name: str
    state: str
    said: str


def progress(lesson: str | None = None) -> None:
    """Say of every exercise of this notebook's lesson whether it is correct, not yet, or to do.

    lesson: "03", where the front end does not tell which notebook this is, or to ask about another lesson.
    What `my_miniflow.py` already has counts as correct. Predictions and quizzes are not counted. Prints a
    table; never raises, keeps nothing, and changes nothing.
    """
    own = sys._getframe(1).f_globals
    if lesson is None:
        number = _this_lesson(own)
    else:
        number = f"{lesson:02}" if type(lesson) is int else lesson if type(lesson) is str else ""
    if number not in LESSONS:
        unclear = "Which lesson is this?" if lesson is None else "There is no such lesson."
        return tell(f'{unclear} Ask, for example, progress("03"). There are {listed(LESSONS)}.')
    found, names = [], of_lesson(number)
    try:
        for name in names:
            found.append(state_in(name, own))
    except KeyboardInterrupt:
        pass
    say(_table(number, found, len(names)))


def of_lesson(number: str) -> list[str]:
    """The names of a lesson's exercises: its pieces of the engine first."""
    own = [exercise.name for exercise in LESSONS[number].EXERCISES]
    return [name for name in exercises() if name in ALL and ALL[name].lesson == number] + own


def state_in(name: str, own: Mapping[str, object]) -> State:
    """The state of this exercise in the learner's cells. Raises KeyboardInterrupt when it is interrupted."""
    exercise = exercises()[name]
    try:
        state, said = state_of(exercise, own)
        said = said if isinstance(said, str) else said[0]
        if said == INTERRUPTED:
            raise KeyboardInterrupt
        if state == "to do" and exercise.keeper and exercise.keeper.tail(exercise, state, ..., own):
            return State(name, "correct", f"in {FILE}")
    except Exception as error:  # an object that refuses even to be asked for its class
        return State(name, "not yet", f"the answer cannot be read ({type(error).__name__}).")
    return State(name, state, said if state == "not yet" else "")


def as_json(name: str, own: Mapping[str, object]) -> str:
    """The same for tools/collect.py, which asks for it from outside the kernel."""
    return json.dumps(state_in(name, own))


def _this_lesson(own: Mapping[str, object]) -> str:
    """The lesson's number from the notebook's name; else the one whose checks this kernel has run most."""
    if found := re.search(r"(?<!\d)(\d\d)_", news.this_notebook(dict(own))):
        return found[1]
    ran = re.findall(r"""^check\(["']([\w.]+)["']\)""", "\n".join(map(str, own.get("In", []))), re.M)
    lesson_of = {name: number for number in LESSONS for name in of_lesson(number)}
    counts = Counter(lesson_of[name] for name in ran if name in lesson_of)
    return counts.most_common(1)[0][0] if counts else ""


def _table(number: str, found: list[State], of: int) -> str:
    counts = Counter(row.state for row in found)
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    head = f"Lesson {number}, {of} exercises: {listed(parts) or 'none was looked at'}."
    if len(found) < of:
        head += " (It was interrupted before it came to the others.)"
    width = max((len(row.name) for row in found), default=0)
    lines = [wrapped(head), *(_row(row, width) for row in found)]
    if any(row.state == "to do" and row.name not in ALL for row in found):
        lines.append(wrapped(AS_RUN))
    return "\n".join(lines) + "\n"


def _row(row: State, width: int) -> str:
    start = f"  {row.name:{width}}  {row.state:7}  "
    lines = textwrap.wrap(row.said, COLUMNS - len(start), max_lines=2, placeholder=" …") or [""]
    return "\n".join([(start + lines[0]).rstrip(), *(" " * len(start) + line for line in lines[1:])])
