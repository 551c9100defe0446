"""Every exercise in its three states, in its own notebook: blank, solved, and each known wrong answer."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests import series
from tests.classroom.own.pieces import WRONG
from tests.series import compared, read, run
from miniflow_classroom.exercises import pieces
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import LESSONS as EXERCISES
from miniflow_classroom.judge.exercise import Exercise, Question, exercises
from miniflow_classroom.judge.vocabulary import value
from miniflow_classroom.own.file import ALL

LESSONS = [path.name[:2] for path in series.LESSONS]
PARTS = ("task", "exercise", "check", "hint", "solution")
GIVEN = {"MyInput"}  # a piece that the learner gets whole, and that is never to do


def of_lesson(lesson: str) -> dict:
    return {e.name: e for e in EXERCISES[lesson].EXERCISES}


def with_pieces(lesson: str) -> dict:
    """The exercises of a lesson and its pieces of the engine, whose judges have tests/classroom/own."""
    return of_lesson(lesson) | {e.name: e for e in pieces.EXERCISES if ALL[e.name].lesson == lesson}


def owner(name: str) -> str:
    """The class or function in which an exercise is written: MyAdd for MyAdd.forward."""
    return name.partition(".")[0]


def of_quiz(lesson: str) -> dict:
    return {question.text: question for question in EXERCISES[lesson].QUIZ}


def wrong_answers(lesson: str) -> dict[str, list[tuple[str, str]]]:
    return import_module(f"exercises.lesson_{lesson}").WRONG


def wrong_pieces(name: str) -> list[tuple[str, list[str]]]:
    """Two wrong answers to a piece, with parts of what is said; tests/classroom/own tries all of them."""
    return WRONG.get(name, [])[:2]


def place(cell: NotebookNode) -> tuple[str, str]:
    """("exercise", NAME) of a cell with that tag; ("", "") of one that belongs to no exercise."""
    found = [tag.split(":", 1) for tag in cell.metadata.get("tags", []) if tag.split(":")[0] in PARTS]
    return tuple(found[0]) if found else ("", "")


def said(cell: NotebookNode) -> str:
    """What a cell printed, its lines joined again where they were wrapped."""
    text = "".join(out.get("text", "") for out in cell.outputs if out.output_type == "stream")
    return " ".join(text.split())


def solutions(lesson: str) -> dict[str, str]:
    """{name: its solution, as the learner would have written it}"""
    found = {}
    for cell in read(lesson).cells:
        part, name = place(cell)
        if part == "solution":
            lines = cell.source.splitlines()[:-1]
            found[name] = re.sub(rf"\b{owner(name)}_solution\b", owner(name), "\n".join(lines))
    return found


# --- the data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_cells_of_an_exercise_stand_together_in_their_order(lesson):
    names = list(with_pieces(lesson))
    assert len(names) >= 3
    cells = read(lesson).cells
    found = [place(cell) for cell in cells if place(cell)[0]]
    in_order = list(dict.fromkeys(name for _, name in found))
    assert sorted(in_order) == sorted(names)
    assert found == [(part, name) for name in in_order for part in PARTS]
    for cell in cells:
        part, name = place(cell)
        if part == "task":
            assert cell.cell_type == "markdown" and "minute" in cell.source, name
        elif part == "check":
            assert cell.source == f'check("{name}")'
        elif part == "hint":
            assert cell.source == f'hints("{name}")'
        elif part == "solution":
            assert cell.metadata.jupyter.source_hidden, name
            assert cell.source.startswith("# Solution\n"), name
            assert cell.source.endswith(f'check("{name}", {owner(name)}_solution)'), name


def names_in(source: str, kind: type) -> set[str]:
    """The names that code reads (ast.Load) or writes (ast.Store)."""
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, kind)}


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_other_cell_reads_an_answer(lesson):
    """So whatever a learner answers, the rest of the lesson is as it was. (What only a click runs may.)"""
    for cell in read(lesson).cells:
        if cell.cell_type == "code" and place(cell)[0] != "exercise":
            source = re.sub(r"(?m)^    show=lambda: .*", "", cell.source)
            reads = names_in(source, ast.Load) - names_in(source, ast.Store)
            assert not reads & of_lesson(lesson).keys(), cell.source


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_ends_in_a_quiz(lesson):
    questions = of_quiz(lesson).values()
    assert len(questions) == len(EXERCISES[lesson].QUIZ) >= 2
    assert all(len(question.replies) >= 2 for question in questions)
    assert "`" not in "".join(
        choice for question in questions for choice in question.replies
    )  # shown as it is
    asked = [cell for cell in read(lesson).cells if "quiz" in cell.metadata.get("tags", [])]
    assert [cell.source for cell in asked] == [f'quiz("{lesson}")']
    (stored,) = [out.data["text/plain"] for out in asked[0].outputs]
    assert not [reply for q in questions for reply in q.replies.values() if reply in stored]


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_exercise_has_hints_and_each_mistake_a_wrong_answer_that_makes_it(lesson):
    wrong = wrong_answers(lesson)
    assert sorted(wrong) == sorted(of_lesson(lesson)) == sorted(EXERCISES[lesson].texts.exercises)
    for name, exercise in of_lesson(lesson).items():
        assert len(exercise.hints) >= 2 and all(exercise.hints), name
        assert len(wrong[name]) >= 2, name
        sentences = [sentence for _, sentence in exercise.mistakes]
        assert sentences and len(set(sentences)) == len(sentences), name
        unmet = [s for s in sentences if not any(part in s for _, part in wrong[name])]
        assert not unmet, f"{name}: no wrong answer gets {unmet}"


def test_every_lesson_is_there_and_every_name_is_used_once():
    assert LESSONS == sorted(EXERCISES)
    names = [name for lesson in LESSONS for name in of_lesson(lesson)]
    assert list(exercises()) == names + [e.name for e in pieces.EXERCISES]


QUESTION = """
[[question]]
text = "What is 1 + 1?"
right = "2"
[question.replies]
"2" = "Yes."
"11" = "Those are two texts."
"""
EXERCISE = """
[exercise.sum]
todo = "add"
hints = ["Count.", "On your fingers."]
"""


def texts(folder: Path, text: str) -> Texts:
    (folder / "lesson.toml").write_text(text, encoding="utf-8")
    return Texts(str(folder / "lesson.py"))


def test_a_file_of_words_is_read(tmp_path):
    read = texts(tmp_path, EXERCISE + QUESTION)
    assert read.quiz == [
        Question(text="What is 1 + 1?", replies={"2": "Yes.", "11": "Those are two texts."}, right="2")
    ]
    exercise = read.exercise(name="sum", judge=value(2), mistakes=[], seconds=9)
    assert (exercise.todo, exercise.hints, exercise.praise) == ("add", ["Count.", "On your fingers."], "")
    assert (exercise.seconds, exercise.given, exercise.meets) == (9, "", ())


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('right = "2"', 'right = "3"', "question 1: “3” is right, but the choices are “2”, “11”"),
        ('right = "2"', "", "question 1: “right” is missing"),
        ('right = "2"', "right = 2", "question 1: “right” must be a text in quotes"),
        ("right =", "rihgt =", "question 1: there is no field “rihgt”; there are text, right"),
        ('"11" =', "1.1 =", 'question 1: choice and reply are texts in quotes, "1" = "..."'),
        ('"Yes."', '""', 'question 1: choice and reply are texts in quotes, "2" = "..."'),
        ('"11" =', '"2" =', r"lesson.toml: .*\(at line"),
        ("[[question]]", "[question]", r"lesson.toml: its tables must be \[exercise.NAME\] and"),
        ("[exercise.sum]", "[task.sum]", r"lesson.toml: its tables must be \[exercise.NAME\] and"),
        ("todo", "to_do", "exercise sum: there is no field “to_do”; there are todo, hints"),
        ('todo = "add"', "", "exercise sum: “todo” is missing"),
        ('["Count.", "On your fingers."]', '"Count."', "exercise sum: “hints” must be a list"),
        ("exercise.sum", "exercise.total", r"lesson.toml: there is no \[exercise.sum\]"),
    ],
)
def test_a_mistake_in_a_file_of_words_is_named_with_its_place(tmp_path, old, new, sentence):
    assert old in EXERCISE + QUESTION
    with pytest.raises(ValueError, match=sentence):
        read = texts(tmp_path, (EXERCISE + QUESTION).replace(old, new))
        read.exercise(name="sum", judge=value(2), mistakes=[])


# --- the misunderstandings --------------------------------------------------------------------------------

# By which words an exercise or a question names each of the twenty of docs/teaching.md.
NAMED_BY = {
    1: "Which call cooks|Building computes nothing|as soon as both its inputs hold a value",
    2: "Whose forward ran since|gives the old value|as soon as both its inputs hold a value",
    3: "swap x and z",
    4: "Which node waits for z",
    5: "every node that feeds it",
    6: "do you get back",
    7: "If x rose a little|does not undo forward",
    8: "one step: that is the way to the next node|how far does b move, and then c",
    9: "added along a path|You added. Nudge",
    10: "its own value|Hold q = 3|Hold y = 5",
    11: "what one path carries|what does each of them carry|What does each path carry",
    12: "is the output already|is already the output",
    13: "Read the cost, then s",
    14: "Which way is down",
    15: "You subtract it from W",
    16: "which order gives",
    17: "MSE has divided by m already",
    18: "Print its shape first",
    19: "Each step is graded on other homes",
    20: "Which (?:homes|rows) had it seen|Longer is not better|worse on new ones",
}


def words(thing: Exercise | Question) -> str:
    """All that a learner may read of an exercise or a question."""
    if isinstance(thing, Question):
        return "\n".join([thing.text, *thing.replies, *thing.replies.values()])
    told = [[said] if isinstance(said, str) else said for _, said in thing.mistakes]
    return "\n".join([thing.todo, *thing.hints, *chain(*told)])


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_numbers_of_misunderstandings_are_those_that_the_words_name(lesson):
    for name, thing in (with_pieces(lesson) | of_quiz(lesson)).items():
        named = [number for number, pattern in NAMED_BY.items() if re.search(pattern, words(thing))]
        assert sorted(thing.meets) == named, name


def test_every_misunderstanding_is_met_in_a_lesson_that_the_guide_names(root):
    guide = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| .* \| ([\d, ]+) \|$", guide, flags=re.MULTILINE)
    told = {int(number): set(lessons.split(", ")) for number, lessons in rows}
    assert sorted(told) == list(range(1, 21))
    met = {number: set() for number in told}
    for lesson in LESSONS:
        for thing in (with_pieces(lesson) | of_quiz(lesson)).values():
            for number in thing.meets:
                met[number].add(lesson)
    assert met == told


# --- the three states -------------------------------------------------------------------------------------

NOT_KEPT = " (Not kept: this is the series' own folder. In your own copy it goes into my_miniflow.py.)"


@cache
def answered(lesson: str) -> tuple[dict[tuple[str, int | str], str], list[NotebookNode]]:
    """One run of the lesson in which each exercise stays blank, gets every wrong answer, then its solution.

    Returns what check says, {(name, number): text}, of the blank under "blank" and of the solution under
    "solved"; and the lesson's own cells after the run, each exercise as it ended, with its solution.
    """
    wrong, right = wrong_answers(lesson), solutions(lesson)
    cells, keys, own = [], {}, []
    for cell in read(lesson).cells:
        own.append(len(cells))
        cells.append(cell)
        part, name = place(cell)
        if part != "check":
            continue
        keys[name, "blank"] = own[-1]
        answers = [source for source, _ in wrong.get(name) or wrong_pieces(name)]
        for number, source in [*enumerate(answers), ("solved", right[name])]:
            cells += [nbformat.v4.new_code_cell(text) for text in (source, cell.source)]
            keys[name, number] = len(cells) - 1
        own[-2:] = [len(cells) - 2, len(cells) - 1]
    ran = run(cells)
    return {key: said(ran[index]) for key, index in keys.items()}, [ran[index] for index in own]


@pytest.mark.heavy
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_blank_is_to_do_and_each_wrong_answer_gets_its_own_sentence(lesson):
    answers, _ = answered(lesson)
    for name, exercise in with_pieces(lesson).items():
        if name not in GIVEN:
            assert answers[name, "blank"] == f"[{name}] to do: {exercise.todo}, then run both cells again"
        for number, (source, parts) in enumerate(wrong_pieces(name)):
            printed = answers[name, number]  # only the first step: the mistake is made once
            assert printed.startswith(f"[{name}] not yet: ") and parts[0] in printed, source
            assert not any(part in printed.replace(parts[0], "") for part in parts[1:]), source
    for name, exercise in of_lesson(lesson).items():
        sentences = [sentence for _, sentence in exercise.mistakes]
        for number, (source, part) in enumerate(wrong_answers(lesson)[name]):
            printed = answers[name, number]
            own = [sentence for sentence in sentences if part in sentence]
            assert len(own) <= 1, f"{name}: {part!r} is in more than one sentence"
            if own:
                assert printed == f"[{name}] not yet: {own[0]}", source
            else:
                assert printed.startswith(f"[{name}] not yet: ") and part in printed, source
                assert not [sentence for sentence in sentences if sentence in printed], (source, printed)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_solution_in_its_place_is_correct(lesson):
    answers, _ = answered(lesson)
    for name, exercise in with_pieces(lesson).items():
        praise = f": {exercise.praise}" if exercise.praise else ""
        solved = answers[name, "solved"].removesuffix(NOT_KEPT).removesuffix("." * (not praise))
        assert solved == f"[{name}] correct{praise}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_answers_wrong_and_right_leave_the_rest_of_the_lesson_as_it_was(lesson):
    for stored, cell in zip(read(lesson).cells, answered(lesson)[1], strict=True):
        if stored.cell_type == "code" and place(stored)[0] not in ("exercise", "check"):
            assert compared(cell) == compared(stored), stored.source


@pytest.mark.parametrize("lesson", LESSONS)
def test_stored_blanks_and_solutions_say_what_they_should(lesson):
    for cell in read(lesson).cells:
        part, name = place(cell)
        if part == "check":
            assert said(cell).startswith(f"[{name}] {'correct' if name in GIVEN else 'to do: '}")
        elif part == "solution":
            assert said(cell).startswith(f"[{name}] correct"), name
        elif part == "hint":
            (out,) = cell.outputs
            steps = len(with_pieces(lesson)[name].hints)
            assert out.data["text/plain"] == f"[{name}] {steps} hints, opened one at a time"


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_stored_text_but_the_solutions_holds_a_hint(lesson):
    hints = [hint for exercise in with_pieces(lesson).values() for hint in exercise.hints]
    stored = nbformat.writes(read(lesson))
    assert not [hint for hint in hints if hint in stored]
