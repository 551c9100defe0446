"""Six made-up hand-ins of a lesson, as a class would have them: python -m tests.hand_ins folder 01 03 05."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.classroom.own import pieces
from tests.series import LESSONS, read, tags
from tools.clean import as_text
from tools.copies import handed_out


def part(cell: NotebookNode, kind: str) -> str:
    """MyAdd of a cell tagged exercise:MyAdd, where exercise is asked for; else ""."""
    return next((tag.partition(":")[2] for tag in tags(cell) if tag.startswith(f"{kind}:")), "")


def solutions(lesson: str) -> dict[str, str]:
    """{exercise: its solution, as a learner would have written it}"""
    found = {}
    for cell in read(lesson).cells:
        if name := part(cell, "solution"):
            owner = name.partition(".")[0]
            text = re.sub(r"\n*^check\(.*", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            found[name] = re.sub(rf"\b{owner}_solution\b", owner, text)
    return found


def mistakes(lesson: str) -> dict[str, str]:
    """{exercise: the first wrong answer that its tests have}"""
    wrong = pieces.WRONG | import_module(f"tests.lessons.exercises.lesson_{lesson}").WRONG
    return {name: wrong[name][0][0] for name in solutions(lesson) if wrong.get(name)}


def blank(lesson: str) -> NotebookNode:
    """The lesson as `make student` hands it out."""
    (path,) = (path for path in LESSONS if path.name.startswith(lesson))
    return nbformat.reads(handed_out(path, solutions=False).decode(), as_version=4)


def answered(lesson: str, answers: dict[str, str]) -> NotebookNode:
    """The lesson with these answers in the cells of their exercises, below what these import."""
    notebook = blank(lesson)
    for cell in notebook.cells:
        if answer := answers.get(part(cell, "exercise")):
            given = re.findall(r"^(?:from .* )?import .*\n", cell.source, flags=re.M)
            cell.source = "".join(given) + answer
    return notebook


def looping(lesson: str) -> NotebookNode:
    """Solved, but a cell never comes to an end, and neither does the last function when it is called."""
    answers = solutions(lesson)
    second, *_, last = (name for name, text in answers.items() if "def " in text)
    answers[second] += "\n\nwhile True:\n    pass"
    answers[last] = re.sub(
        r"^( *)(def (?!__init__).*:)$", r"\1\2\n\1    while True: pass", answers[last], flags=re.M
    )
    return answered(lesson, answers)


def older(lesson: str) -> NotebookNode:
    """As before metadata and tags: one exercise has another name, another is not there yet."""
    notebook = answered(lesson, solutions(lesson))
    *_, renamed, missing = solutions(lesson)
    del notebook.metadata["miniflow"]
    notebook.cells = [cell for cell in notebook.cells if missing not in cell.source]
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        cell.source = cell.source.replace(renamed, f"Old{renamed}")
    return notebook


def write(folder: Path, lesson: str) -> None:
    """Six files of one lesson, in the ways in which they come: flat, in folders, from Moodle and nbgrader."""
    name = next(path.name for path in LESSONS if path.name.startswith(lesson))
    texts = {
        f"perfect_{name}": as_text(answered(lesson, solutions(lesson))),
        f"empty/{name}": as_text(blank(lesson)),
        f"Loop Example_12345_assignsubmission_file_/{name}": as_text(looping(lesson)),
        f"submitted/mistaken/ps1/{name}": as_text(answered(lesson, mistakes(lesson))),
        f"older_{name}": as_text(older(lesson)),
    }
    texts[f"damaged_{name}"] = texts[f"perfect_{name}"][: len(texts[f"perfect_{name}"]) // 2]
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for number in sys.argv[2:]:
        write(Path(sys.argv[1]), number)
