"""What the documents say of the lessons, written from the lessons themselves: `make guide`.

A table, or the text of a program, stands between `<!-- made: NAME -->` and `<!-- end -->`. A cell of a lesson
is named by a piece of its source or by one of its tags, `[7]<!-- item:by-hand -->`: the 7, the number beside
the cell after Run All, is filled in here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from miniflow_lib import MSE, Input, Linear, Sigmoid, topological_sort
from miniflow_lib.program import drop_dead, fold, write
from tools import ToolError, no_lesson
from tools.clean import read
from tools.lesson import Lesson, tags
from tools.minutes import class_minutes, is_heading, section_minutes

SHORT = ("00 01", "02 03", "04", "05", "06", "07")  # what is in each sitting of two hours
LONG = ("00 01 02", "03 04a", "04b 05", "06", "07")  # and of four; 04a is the first half of lesson 04
TABLE = re.compile(r"(<!-- made: (.+?) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)
CELL = re.compile(r"\[(\d+|\?)\]<!-- (.+?) -->")
DOCUMENTS = ("README.md", "docs/teaching.md")


def title(cells: list[NotebookNode]) -> str:
    """A section's heading, or "(opening)" for the cells before the first."""
    return cells[0].source.split("\n")[0].removeprefix("## ") if is_heading(cells[0]) else "(opening)"


def in_class(cells: list[NotebookNode]) -> bool:
    """Whether a section is on the two-hour path: the opening is, and all headings tagged `class`."""
    return not is_heading(cells[0]) or "class" in tags(cells[0])


def is_optional(cells: list[NotebookNode]) -> bool:
    return "optional" in tags(cells[0])


def is_homework(cells: list[NotebookNode]) -> bool:
    """Whether a section is for after class, where the learner writes a piece; in class `mine` supplies it."""
    return "homework" in tags(cells[0])


def in_four_hours(cells: list[NotebookNode]) -> bool:
    return not (is_optional(cells) or is_homework(cells))


def exercises(cells: list[NotebookNode]) -> list[str]:
    """What is written in a section, by name."""
    found = [re.fullmatch(r"exercise:(.+)", tag) for cell in cells for tag in tags(cell)]
    return [each[1] for each in found if each]


def lessons(root: Path) -> dict[str, Lesson]:
    """{"00": the lesson, ...}. Raises ToolError where there is none."""
    paths = sorted(root.glob("notebooks/[0-9]*.ipynb"))
    if not paths:
        raise no_lesson(root / "notebooks")
    return {path.name[:2]: Lesson(path, read(path)) for path in paths}


def _name(lesson: Lesson) -> str:
    """Number and title, without the dot between them."""
    return lesson.title.replace(" · ", " ", 1)


def _rows(head: str, rows: list[str]) -> str:
    rule = "|" + " --- |" * (head.count("|") - 1)
    return "\n".join([head, rule, *rows]) + "\n"


def series(root: Path) -> str:
    """The lessons with their sentences and minutes, for the front page."""
    return _rows(
        "| lesson | in a sentence | minutes |",
        [
            f"| [{_name(each)}](notebooks/{each.path.name}) | {each.sentence} | {each.minutes} |"
            for each in lessons(root).values()
        ],
    )


def paths(root: Path) -> str:
    """What each lesson takes on the two paths, and each sitting."""
    known = lessons(root)
    rows = [
        f"| {_name(each)} | {each.class_minutes_of(in_class)} | {each.class_minutes_of(in_four_hours)} |"
        for each in known.values()
    ]
    rows += [f"| *{_together(names)}* | *{sitting(known, names, in_class)}* | |" for names in SHORT]
    rows += [f"| *{_together(names)}* | | *{sitting(known, names, in_four_hours)}* |" for names in LONG]
    return _rows("| lesson | two-hour path | four-hour path |", rows)


def _together(names: str) -> str:
    """ "00 01 02" in words: "00 to 02 together"."""
    words = [re.sub(r"(\d\d)([ab])", _half, name) for name in names.split()]
    if len(words) == 1:
        return f"{words[0]} by itself"
    return f"{words[0]} {'and' if len(words) == 2 else 'to'} {words[-1]} together"


def _half(found: re.Match) -> str:
    return f"the {'first' if found[2] == 'a' else 'second'} half of {found[1]}"


def sitting(known: dict[str, Lesson], names: str, wanted: Callable[[list[NotebookNode]], bool]) -> int:
    """The minutes, in a classroom, of the wanted sections of these lessons and halves: "03 04a"."""
    parts = {number: each.sections for number, each in known.items()}
    parts |= {name: half for each in known.values() for name, half in each.halves.items()}
    return sum(class_minutes(cells) for name in names.split() for cells in parts[name] if wanted(cells))


def run_sheet(root: Path, number: str) -> str:
    """A lesson's sections: the numbers of their cells, their minutes, who takes them, what is typed in class.

    The minutes are those of a classroom, but for what a learner does alone.
    """
    lesson, rows = lessons(root)[number], []
    for cells in lesson.sections:
        inside = [lesson.numbers[cell.id] for cell in cells if cell.cell_type == "code"]
        span = f"[{inside[0]}] to [{inside[-1]}]" if len(inside) > 1 else f"[{inside[0]}]" if inside else ""
        path = "two hours" if in_class(cells) else "four hours"
        path = "for the curious" if is_optional(cells) else "homework" if is_homework(cells) else path
        path += "".join(f": type `{name}`" for name in exercises(cells) if in_class(cells))
        minutes = class_minutes(cells) if in_four_hours(cells) else section_minutes(cells)
        rows.append(f"| {span} | {title(cells)} | {minutes} | {path} |")
    return _rows("| cells | section | minutes | path |", rows)


def boston_step(root: Path) -> str:
    """A training step of lesson 06 as lesson 07 writes it out, named as there."""
    shapes = {"X": (11, 13), "y": (11, 1), "W1": (13, 10), "b1": (10,), "W2": (10, 1), "b2": (1,)}
    rng, (X, y, W1, b1, W2, b2) = np.random.default_rng(0), (inputs := [*map(Input, shapes)])
    a = Linear(Sigmoid(Linear(X, W1, b1, name="l1"), name="s1"), W2, b2, name="a")
    feed = {node: rng.standard_normal(shape) for node, shape in zip(inputs, shapes.values())}
    program = write(topological_sort(feed, MSE(y, a, name="C")), inputs[:2], inputs[2:], learning_rate=0.01)
    return f"```python\n{fold(drop_dead(program))}```\n"


def made_text(root: Path, name: str) -> str:
    """The table or the program of this name, as it has to stand in a document."""
    made = {"lessons": series, "paths": paths, "boston step": boston_step}
    made |= {f"run-sheet {number}": partial(run_sheet, number=number) for number in lessons(root)}
    if name not in made:
        raise ToolError(f"there is no “{name}” to make; there are {', '.join(made)}")
    return made[name](root)


def written(root: Path, document: str) -> str:
    """The document's text with every table and every cell's number as the repository has them now."""
    known = lessons(root)
    text = (root / document).read_text(encoding="utf-8")
    try:
        text = TABLE.sub(lambda found: found[1] + made_text(root, found[2]) + found[4], text)
        parts = re.split(r"(?m)^(?=## )", text)
        for place, part in enumerate(parts):
            heading = re.match(r"## (\d\d) ", part)
            if heading and CELL.search(part):
                if heading[1] not in known:
                    raise ToolError(f"there is no lesson {heading[1]}, and a cell of it is named")
                lesson = known[heading[1]]
                parts[place] = CELL.sub(lambda c, of=lesson: f"[{of.cell(c[2])}]<!-- {c[2]} -->", part)
    except ToolError as error:
        raise ToolError(f"{document}, {error}") from None
    return "".join(parts)


def write_guide(root: Path = Path(".")) -> list[str]:
    """Brings all documents up to date; returns those that changed."""
    changed = []
    for document in DOCUMENTS:
        text = written(root, document)
        if text != (root / document).read_text(encoding="utf-8"):
            (root / document).write_text(text, encoding="utf-8")
            changed.append(document)
    return changed
