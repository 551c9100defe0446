"""Copies of the lessons: the learner's own in work/, and what a class is handed out (hand_out.py).

Both hold what `handed_out` makes of a lesson. How a copy follows the series is in
miniflow_classroom/folder/copies.py, since a learner who was handed one out has no `tools`.
"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from tools import ToolError, lesson_files
from tools.clean import MARK, as_text, clean, is_lesson, read
from miniflow_classroom.folder.copies import bring_up_to_date, fingerprint, put_beside

EXERCISES = ("solution:", "exercise:", "check:", "hint:")


def update_working_copy(lessons: Path, work: Path) -> list[str]:
    """Brings `work` up to date with `lessons` (see bring_up_to_date); returns what there is to say."""
    left_out = put_beside(lessons.parent)  # of a hand-out, whose lesson a teacher has changed
    files = [path for path in lesson_files(lessons, target=work) if path not in left_out]
    return bring_up_to_date(((source.relative_to(lessons), _content(source)) for source in files), work)


def handed_out(source: Path, solutions: bool = True) -> bytes:
    """A file of the series as learners get it.

    A lesson has no outputs and no counts of runs, and its solutions have no line that checks them, so that
    nothing appears under a folded solution, even after Run All. Raises ToolError for a notebook that cannot
    be read.
    """
    if source.suffix != ".ipynb":
        return source.read_bytes()
    notebook = read(source)
    if not is_lesson(notebook) and not any(_tagged(cell, *EXERCISES) for cell in notebook.cells):
        return source.read_bytes()
    notebook = clean(notebook)
    if not solutions:
        notebook.cells = [cell for cell in notebook.cells if not _tagged(cell, "solution:")]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if _tagged(cell, "solution:"):
                cell.source = re.sub(r"\n*^check\(.*", "", cell.source, flags=re.MULTILINE | re.DOTALL)
    if isinstance(notebook.metadata.get(MARK), dict):
        notebook.metadata[MARK]["copy"] = fingerprint(as_text(notebook).encode(), source.suffix)
    return as_text(notebook).encode()


def _tagged(cell: NotebookNode, *beginnings: str) -> bool:
    return any(tag.startswith(beginnings) for tag in cell.metadata.get("tags", []))


def _content(source: Path) -> bytes:
    """As handed_out; a notebook that cannot be read is as it is, and keeps no other from the learner."""
    try:
        return handed_out(source)
    except ToolError:
        return source.read_bytes()
