"""Every exercise in its three states, in its own notebook: blank, solved, and each known wrong answer."""

from __future__ import annotations

import re
import subprocess
import sys
from copy import deepcopy
from functools import cache
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools.clean import clean, read
from miniflow_classroom.judge.exercise import LESSONS as EXERCISES
from miniflow_classroom.judge.exercise import exercises

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSONS = [path.name[:2] for path in NOTEBOOKS]
WITH_EXERCISES = [lesson for lesson in LESSONS if lesson != "00"]
PARTS = ("task", "exercise", "check", "hint", "solution")


def notebook(lesson: str) -> NotebookNode:
    return read(next(path for path in NOTEBOOKS if path.name.startswith(lesson)))


def of_lesson(lesson: str) -> dict:
    return {e.name: e for e in EXERCISES[lesson].EXERCISES}


def wrong_answers(lesson: str) -> dict[str, list[tuple[str, str]]]:
    return import_module(f"exercises.lesson_{lesson}").WRONG


def place(cell: NotebookNode) -> tuple[str, str]:
    """("exercise", NAME) of a cell with that tag; ("", "") of one that belongs to no exercise."""
    found = [tag.split(":", 1) for tag in cell.metadata.get("tags", []) if tag.split(":")[0] in PARTS]
    return tuple(found[0]) if found else ("", "")


def run(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells after a run from the first to the last, in a new kernel."""
    ran = nbformat.v4.new_notebook(cells=deepcopy(cells))
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(ran, timeout=300, kernel_name="python3", resources=resources).execute()
    return clean(ran).cells


def compared(cell: NotebookNode) -> list:
    """What nbval compares of a cell's outputs."""
    skipped = ("image/png", "application/vnd.jupyter.widget-view+json")
    return [
        out.get("text") or {kind: text for kind, text in out.get("data", {}).items() if kind not in skipped}
        for out in cell.get("outputs", [])
    ]


def said(cell: NotebookNode) -> str:
    return "".join(out.get("text", "") for out in cell.outputs if out.output_type == "stream").rstrip("\n")


def code(source: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source)


# --- the data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_the_cells_of_an_exercise_stand_together_in_their_order(lesson):
    names = list(of_lesson(lesson))
    assert len(names) >= 3
    cells = notebook(lesson).cells
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
            assert cell.source.endswith(f'check("{name}", {name}_solution)'), name


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_ends_in_a_quiz(lesson):
    questions = EXERCISES[lesson].QUIZ
    assert len(questions) >= 2
    for question in questions:
        assert question.right in question.choices, question.text
        assert len(set(question.choices)) == len(question.choices) >= 2, question.text
        others = [choice for choice in question.choices if choice != question.right]
        assert sorted(question.wrong) == sorted(others), question.text
        assert question.because and all(question.wrong.values()), question.text
    asked = [cell for cell in notebook(lesson).cells if "quiz" in cell.metadata.get("tags", [])]
    assert [cell.source for cell in asked] == [f'quiz("{lesson}")']
    (stored,) = [out.data["text/plain"] for out in asked[0].outputs]
    hidden = [q.because for q in questions] + [reply for q in questions for reply in q.wrong.values()]
    assert not [text for text in hidden if text in stored]


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_each_exercise_has_hints_and_each_mistake_a_wrong_answer_that_makes_it(lesson):
    wrong = wrong_answers(lesson)
    assert sorted(wrong) == sorted(of_lesson(lesson))
    for name, exercise in of_lesson(lesson).items():
        assert len(exercise.hints) >= 2 and all(exercise.hints), name
        assert len(wrong[name]) >= 2, name
        sentences = [sentence for _, sentence in exercise.mistakes]
        assert sentences and len(set(sentences)) == len(sentences), name
        unmet = [s for s in sentences if not any(part in s for _, part in wrong[name])]
        assert not unmet, f"{name}: no wrong answer gets {unmet}"


def test_names_are_used_once_and_every_misunderstanding_is_met():
    names = [e.name for lesson in EXERCISES.values() for e in getattr(lesson, "EXERCISES", ())]
    assert len(set(names)) == len(names) == len(exercises())
    met = {number for e in exercises().values() for number in e.meets}
    met |= {number for module in EXERCISES.values() for q in module.QUIZ for number in q.meets}
    assert met == set(range(1, 21))


def test_every_lesson_is_there():
    assert LESSONS == sorted(EXERCISES) == [f"0{number}" for number in range(7)]


# --- the three states -------------------------------------------------------------------------------------


@cache
def all_answers(lesson: str) -> tuple[dict[tuple[str, int], str], list[tuple[NotebookNode, NotebookNode]]]:
    """One run of the lesson in which each exercise is answered in every wrong way, one after the other.

    Returns what check says, {(name, number): text}, the blank under -1, and the pairs (stored, run again) of
    the cells that belong to no exercise or are its hint or solution.
    """
    cells, keys, others = [], {}, {}
    wrong = wrong_answers(lesson)
    for cell in notebook(lesson).cells:
        if cell.cell_type != "code":
            continue
        part, name = place(cell)
        if part not in ("exercise", "check"):
            others[len(cells)] = cell
        cells.append(cell)
        if part == "check":
            keys[len(cells) - 1] = name, -1
            for number, (source, _) in enumerate(wrong[name]):
                cells += [code(source), code(f'check("{name}")')]
                keys[len(cells) - 1] = name, number
    ran = run(cells)
    pairs = [(stored, ran[index]) for index, stored in others.items()]
    return {key: said(ran[index]) for index, key in keys.items()}, pairs


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_the_blank_is_to_do_and_each_wrong_answer_gets_its_own_sentence(lesson):
    answers, _ = all_answers(lesson)
    for name, exercise in of_lesson(lesson).items():
        assert answers[name, -1] == f"[{name}] to do: {exercise.todo}, then run both cells again"
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
            assert "\n" not in printed


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_stored_blanks_and_solutions_say_what_they_should(lesson):
    for cell in notebook(lesson).cells:
        part, name = place(cell)
        if part == "check":
            assert said(cell).startswith(f"[{name}] to do: ")
        elif part == "solution":
            assert said(cell).startswith(f"[{name}] correct"), name
        elif part == "hint":
            (out,) = cell.outputs
            steps = len(of_lesson(lesson)[name].hints)
            assert out.data["text/plain"] == f"[{name}] {steps} hints, opened one at a time"


# --- what answers leave alone -----------------------------------------------------------------------------


def answered_notebook(lesson: str, answers: dict[str, str]) -> list[NotebookNode]:
    """The lesson's cells, the given answers in their exercises."""
    cells = notebook(lesson).cells
    for cell in cells:
        part, name = place(cell)
        if part == "exercise" and name in answers:
            cell.source = answers[name]
    return cells


def assert_the_rest_is_as_stored(lesson: str, ran: list[NotebookNode]) -> None:
    for stored, cell in zip(notebook(lesson).cells, ran, strict=True):
        if stored.cell_type == "code" and place(stored)[0] not in ("exercise", "check"):
            assert compared(cell) == compared(stored), stored.source


def solutions(lesson: str) -> dict[str, str]:
    """{name: its solution, as the learner would have written it}"""
    found = {}
    for cell in notebook(lesson).cells:
        part, name = place(cell)
        if part == "solution":
            lines = cell.source.splitlines()[:-1]
            found[name] = re.sub(rf"\b{name}_solution\b", name, "\n".join(lines))
    return found


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_every_solution_in_its_place_is_correct_and_changes_nothing_after_it(lesson):
    answers = solutions(lesson)
    assert sorted(answers) == sorted(of_lesson(lesson))
    ran = run(answered_notebook(lesson, answers))
    for cell in ran:
        part, name = place(cell)
        if part == "check":
            praise = of_lesson(lesson)[name].praise
            assert said(cell) == f"[{name}] correct" + (f": {praise}" if praise else "")
    assert_the_rest_is_as_stored(lesson, ran)


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_wrong_answers_leave_the_rest_of_the_lesson_as_it_was(lesson):
    for stored, cell in all_answers(lesson)[1]:
        assert compared(cell) == compared(stored), stored.source


def test_a_solved_notebook_that_was_saved_passes_nbval(root, tmp_path):
    lesson = WITH_EXERCISES[0]
    solved = notebook(lesson)
    solved.cells = run(answered_notebook(lesson, solutions(lesson)))
    path = tmp_path / "solved.ipynb"
    nbformat.write(clean(solved), path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_stored_text_but_the_solutions_holds_a_hint(lesson):
    hints = [hint for e in getattr(EXERCISES[lesson], "EXERCISES", ()) for hint in e.hints]
    stored = nbformat.writes(notebook(lesson))
    assert not [hint for hint in hints if hint in stored]
