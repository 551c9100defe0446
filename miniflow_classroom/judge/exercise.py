"""What an exercise is: its name, how it is judged, and the mistakes that have a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

SECONDS = 4.0
Sentence = str | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Judge:
    """What is looked at, and what is wrong with it.

    look: from the learner's object to what the check sees of it (`got`); the learner's own code runs here.
    wrong: None when `got` is right, else a sentence that helps without telling the answer.
    form: None when the object is of the right kind, else a sentence; asked before `look`.
    """

    look: Callable[[object], object]
    wrong: Callable[[object], str | None]
    form: Callable[[object], str | None] = lambda thing: None


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """What an exercise asks of own/keeping.py when it is a piece of the learner's own engine.

    part(name, answer): the function of a class that the exercise is about; `...` if there is none yet.
    whose(name, answer): "cell" (the learner's, of this notebook), "file", "ours", "library", or "".
    neighbours(name): what the names of the other pieces mean while this one is judged.
    tail(exercise, state, answer, own): keeps a correct one; returns what is said after the verdict.
    """

    part: Callable[[str, object], object]
    whose: Callable[[str, object], str]
    neighbours: Callable[[str], dict[str, object]]
    tail: Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: the name the learner gives it, how it is judged, and the mistakes that have a sentence.

    todo: what there is to do, in a few words. mistakes: pairs (predicate of `got`, sentence), the first that
    holds speaks; of a tuple of up to three sentences, `check` gives one more each time. hints: at least two
    steps. praise: one sentence after "correct". meets: the numbers of the misunderstandings that it is for.
    given: the code as handed out, where that is more than a blank.
    seconds: how long the learner's code may take. keeper: for a piece of the learner's own engine.
    """

    name: str
    todo: str
    judge: Judge
    mistakes: Sequence[tuple[Callable[[object], object], Sentence]]
    hints: Sequence[str]
    praise: str = ""
    meets: Sequence[int] = ()
    given: str = ""
    seconds: float = SECONDS
    keeper: Keeper | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of a quiz.

    replies: the reply to each choice, {choice: reply}, in the order in which they are shown. right: the right
    choice. meets: the numbers of the misunderstandings that it is for.
    """

    text: str
    replies: Mapping[str, str]
    right: str
    meets: Sequence[int] = ()


MORE: list[ModuleType] = []  # modules of exercises that belong to no quiz

# {"01": its module of exercises, ...}, filled by miniflow_classroom.exercises
LESSONS: dict[str, ModuleType] = {}


def exercises() -> dict[str, Exercise]:
    """{name: exercise} of all lessons, in their order; those that belong to no quiz come last."""
    return {e.name: e for module in (*LESSONS.values(), *MORE) for e in getattr(module, "EXERCISES", ())}
