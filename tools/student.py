"""The lessons for a class: no solutions, and nothing stored under the exercises."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbformat import NotebookNode

from tools.clean import read, write

EMPTIED = ("exercise:", "check:", "hint:")


def write_student_copy(lessons: Path, folder: Path) -> list[Path]:
    """Copies `lessons` into `folder`, which must be new or empty; returns the notebooks written.

    Raises FileExistsError, and writes nothing, where something is in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"there is something in {folder} already, somebody's work perhaps, and it was left as it is. "
            "Name a new folder: make student DIR=another_folder"
        )
    written = []
    for source in sorted(lessons.rglob("*")):
        name = source.relative_to(lessons)
        if not source.is_file() or any(part.startswith((".", "__")) for part in name.parts):
            continue
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".ipynb":
            write(without_solutions(read(source)), copy)
            written.append(copy)
        else:
            shutil.copyfile(source, copy)
    if not written:
        raise FileNotFoundError(f"there is no lesson in {lessons}")
    return written


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """The notebook itself, its solutions taken out and the outputs of its exercises emptied."""
    notebook.cells = [cell for cell in notebook.cells if not _tagged(cell, ("solution:",))]
    for cell in notebook.cells:
        if cell.cell_type == "code" and _tagged(cell, EMPTIED):
            cell.outputs, cell.execution_count = [], None
    return notebook


def _tagged(cell: NotebookNode, beginnings: tuple[str, ...]) -> bool:
    return any(tag.startswith(beginnings) for tag in cell.metadata.get("tags", []))
