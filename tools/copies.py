"""Copies of the lessons: the learner's own in work/, and one for a class, without the solutions."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import suppress
from pathlib import Path

from nbformat import NotebookNode

from tools import ToolError, lesson_files
from tools.clean import is_lesson, read, write

RECORD = ".miniflow.json"  # in the learner's copy: what each lesson was when it was copied
EMPTIED = ("exercise:", "check:", "hint:")


def update_working_copy(lessons: Path, work: Path) -> list[str]:
    """Brings what is missing from `lessons` into `work`, and writes nothing over.

    Returns a sentence for each lesson that has changed in the series since it was copied.
    """
    said = []
    files = lesson_files(lessons, target=work)
    work.mkdir(parents=True, exist_ok=True)
    record = _read_record(work / RECORD)
    for source in files:
        name = source.relative_to(lessons)
        now = _fingerprint(source)
        if not (work / name).exists():
            _copy(source, work / name)
            record[name.as_posix()] = now
        elif record.setdefault(name.as_posix(), now) != now:
            said.append(
                f"{name} has changed in the series since you got your copy; yours was left as it is. For the "
                f"new one, rename yours ({name.stem}_mine{name.suffix}, say) and call this again."
            )
    (work / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return said


def write_student_copy(lessons: Path, folder: Path) -> int:
    """Copies `lessons` without solutions into `folder`, which must be new or empty; returns how many.

    Raises ToolError, and writes nothing, where something is in the folder already. A notebook that is neither
    a lesson nor has exercises is copied as it is.
    """
    files = lesson_files(lessons, target=folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ToolError(
            f"There is something in {folder} already, somebody's work perhaps, and it was left as it is. "
            "Name a new folder: make student DIR=another_folder"
        )
    notebooks = {source: read(source) for source in files if source.suffix == ".ipynb"}
    for source in files:
        copy = folder / source.relative_to(lessons)
        if source in notebooks and _is_ours(notebooks[source]):
            copy.parent.mkdir(parents=True, exist_ok=True)
            write(without_solutions(notebooks[source]), copy)
        else:
            _copy(source, copy)
    return len(notebooks)


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """The notebook itself, its solutions taken out and the outputs of its exercises emptied."""
    notebook.cells = [cell for cell in notebook.cells if not _tagged(cell, ("solution:",))]
    for cell in notebook.cells:
        if cell.cell_type == "code" and _tagged(cell, EMPTIED):
            cell.outputs, cell.execution_count = [], None
    return notebook


def _is_ours(notebook: NotebookNode) -> bool:
    return is_lesson(notebook) or any(_tagged(cell, ("solution:", *EMPTIED)) for cell in notebook.cells)


def _tagged(cell: NotebookNode, beginnings: tuple[str, ...]) -> bool:
    return any(tag.startswith(beginnings) for tag in cell.metadata.get("tags", []))


def _copy(source: Path, copy: Path) -> None:
    """The contents alone: a copy from a read-only clone has to be writable."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)


def _read_record(path: Path) -> dict[str, str]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _fingerprint(path: Path) -> str:
    """What changes when a lesson's text or code does, but not when its outputs do."""
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        with suppress(ValueError, LookupError, TypeError):  # else no notebook is in it, and each byte counts
            cells = json.loads(content)["cells"]
            content = json.dumps([[cell["cell_type"], cell["source"]] for cell in cells]).encode()
    return hashlib.sha256(content).hexdigest()
