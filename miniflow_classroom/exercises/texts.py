"""The words of a lesson's exercises, and its quiz: read from the .toml file beside the lesson's module."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from miniflow_classroom.judge.exercise import Exercise, Judge, Question, Sentence

# The fields of each kind of table, and what each holds.
EXERCISE = {"todo": str, "hints": list, "praise": str, "meets": list, "replies": dict}
QUESTION = {"text": str, "right": str, "replies": dict, "meets": list}
OPTIONAL = {"praise", "meets", "replies"}
KINDS = {str: "a text in quotes", list: "a list", dict: "a table"}


class Texts:
    """What lesson_NN.toml says: the words of each exercise, and the questions of the quiz.

    [exercise.NAME] has todo, hints, praise and meets, as `Exercise` describes them. [[question]] has text,
    right and meets, and [question.replies] has each choice with its reply, as `Question` describes them.
    [exercise.NAME.replies], and [replies] for all of them, may have the sentences of the mistakes, by a key.
    A file with a mistake raises ValueError, which names the file, the place and the mistake.
    """

    def __init__(self, module: str):
        path = Path(module).with_suffix(".toml")
        self.file = path.name
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{self.file}: {error}") from None
        self.exercises: Mapping[str, Mapping] = tables.pop("exercise", {})
        self.shared: Mapping[str, str | list[str]] = tables.pop("replies", {})
        questions = tables.pop("question", [])
        if tables or not isinstance(questions, list):
            raise ValueError(f"{self.file}: its tables must be [exercise.NAME] and [[question]]")
        for name, fields in self.exercises.items():
            _check(fields, EXERCISE, f"{self.file}, exercise {name}")
        self.quiz = [
            _question(fields, f"{self.file}, question {number}") for number, fields in enumerate(questions, 1)
        ]

    def exercise(
        self,
        *,
        name: str,
        judge: Judge,
        mistakes: Sequence[tuple[Callable[[object], object], str]] | Mapping[str, Callable[[object], object]],
        **more: object,
    ) -> Exercise:
        """The exercise of this name: its words from the file, and here how it is judged; mistakes with their
        sentences, or by the keys of their replies; more: what else an `Exercise` has."""
        if name not in self.exercises:
            raise ValueError(f"{self.file}: there is no [exercise.{name}]")
        words = {field: told for field, told in self.exercises[name].items() if field != "replies"}
        if isinstance(mistakes, Mapping):
            mistakes = [(predicate, self.replies(name, key)) for key, predicate in mistakes.items()]
        return Exercise(name=name, judge=judge, mistakes=mistakes, **more, **words)

    def replies(self, name: str, key: str, *seen: str) -> Sentence:
        """What is said of a mistake: a text; or what was seen, a question, and the line or the last hint.

        Before them may be the exception that the mistake is known by, which is not said: "! KeyError: ...".
        """
        words = self.exercises[name]
        told = (self.shared | words.get("replies", {}))[key]
        if isinstance(told, str):
            return told
        return (*seen, *told[told[0].startswith("! ") :], words["hints"][-1])[:3]


def _question(fields: Mapping, where: str) -> Question:
    _check(fields, QUESTION, where)
    question = Question(**fields)
    for choice, reply in question.replies.items():
        if not isinstance(reply, str) or not reply:
            raise ValueError(f'{where}: choice and reply are texts in quotes, "{choice}" = "..."')
    if question.right not in question.replies:
        choices = ", ".join(f"“{choice}”" for choice in question.replies)
        raise ValueError(f"{where}: “{question.right}” is right, but the choices are {choices}")
    return question


def _check(fields: Mapping, kinds: Mapping[str, type], where: str) -> None:
    for name in [*fields, *kinds]:
        if name not in kinds:
            raise ValueError(f"{where}: there is no field “{name}”; there are {', '.join(kinds)}")
        if name not in fields and name not in OPTIONAL:
            raise ValueError(f"{where}: “{name}” is missing")
        if name in fields and not isinstance(fields[name], kinds[name]):
            raise ValueError(f"{where}: “{name}” must be {KINDS[kinds[name]]}")
