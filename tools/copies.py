"""Copies of the lessons: the learner's own in work/, and one for a class, without the solutions.

Both hold what `handed_out` makes of a lesson. Each lesson carries a mark of what it was handed out as, so
that a copy tells by itself whether anything was written in it, also where the record of the folder is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from nbformat import NotebookNode

from tools import ToolError, lesson_files
from tools.clean import MARK, as_text, clean, is_lesson, read

RECORD = ".miniflow.json"  # in work/: what each file was handed out as, and the news (told by news.py)
EXERCISES = ("solution:", "exercise:", "check:", "hint:")


def update_working_copy(lessons: Path, work: Path) -> list[str]:
    """Brings `work` up to date with `lessons`, and writes over nothing that a learner wrote.

    A file in which nothing was written follows the series. One that has changed on both sides stays as it is,
    and the series' own is put next to it as "new NAME". Returns what there is to say, a sentence each. Raises
    ToolError where nothing can be written and no lesson is there.
    """
    files = lesson_files(lessons, target=work)
    work.mkdir(parents=True, exist_ok=True)
    before = _read_record(work / RECORD)
    copied, news, said = dict(before["copied"]), {}, []
    try:
        for source in files:
            name = source.relative_to(lessons)
            said += _bring(_content(source), work, name, copied, news)
        record = {"copied": copied, "news": news}
        if record != before:
            _write((json.dumps(record, indent=1, sort_keys=True) + "\n").encode(), work / RECORD)
    except OSError as error:
        refused = f"The lessons in {work} could not be brought up to date: {error.strerror}."
        if not any(work.glob("*.ipynb")):
            raise ToolError(refused) from error
        said.append(refused)
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
    contents = {source: handed_out(source, solutions=False) for source in files}
    for source, content in contents.items():
        _write(content, folder / source.relative_to(lessons))
    return sum(source.suffix == ".ipynb" for source in files)


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


def fingerprint(content: bytes, suffix: str) -> str:
    """What changes with a lesson's text or code, but not when it is run, saved, or gets an empty cell."""
    cells = _cells(content) if suffix == ".ipynb" else None
    if cells is not None:
        # In lines, as the file has them: so it was in the records that the first edition wrote.
        lines = [[kind, text.splitlines(keepends=True)] for kind, text in cells if text]
        content = json.dumps(lines).encode()
    return hashlib.sha256(content).hexdigest()


def _cells(content: bytes) -> list[tuple[str, str]] | None:
    """Kind and text of each cell of a notebook; None where the file holds none."""
    try:
        return [(cell["cell_type"], "".join(cell["source"]).strip()) for cell in json.loads(content)["cells"]]
    except (ValueError, LookupError, TypeError):
        return None


def _tagged(cell: NotebookNode, *beginnings: str) -> bool:
    return any(tag.startswith(beginnings) for tag in cell.metadata.get("tags", []))


def _content(source: Path) -> bytes:
    """As handed_out; a notebook that cannot be read is as it is, and keeps no other from the learner."""
    try:
        return handed_out(source)
    except ToolError:
        return source.read_bytes()


# --- one file of the learner's folder ---------------------------------------------------------------------


def _bring(fresh: bytes, work: Path, name: Path, copied: dict, news: dict) -> list[str]:
    """Sees to it that this file of the series is in `work`, under its own name or the next that is free.

    Older ones that a learner has written in are put into `news`, with the name of the newest. Returns what
    there is to say.
    """
    said, older, newest = [], [], None
    for copy in _names(name):
        if newest and not (work / copy).exists():
            break
        became = _brought(fresh, work / copy, copy.as_posix(), copied)
        if became == "kept":
            older.append(copy)
            continue
        newest = newest or copy
        if became == "replaced" and copy == name:
            said.append(f"{copy} is newer now. You had written nothing in yours, and it was replaced.")
    for copy in older:
        news[copy.as_posix()] = newest.name
        said.append(
            f"The series has a newer {copy} than yours. Yours stays as it is, and the new one is "
            f"{newest.name}."
        )
    return said


def _names(name: Path) -> Iterator[Path]:
    """03_ops.ipynb, new 03_ops.ipynb, new 2 03_ops.ipynb, …: JupyterLab cuts long names at their end."""
    yield name
    yield name.with_name(f"new {name.name}")
    for number in count(2):
        yield name.with_name(f"new {number} {name.name}")


def _brought(fresh: bytes, copy: Path, key: str, copied: dict) -> str:
    """Writes this one file if nothing of a learner's is in it.

    Returns "kept" for one that stays, begun with an older one of the series or not from there at all;
    "replaced" for an older one in which nothing was written; else "current".
    """
    now = fingerprint(fresh, copy.suffix)
    try:
        content = copy.read_bytes()
    except FileNotFoundError:
        _write(fresh, copy)
        copied[key] = now
        return "current"
    except IsADirectoryError:
        return "kept"
    have, begun_with = fingerprint(content, copy.suffix), _mark(content) or copied.get(key)
    if have == now:
        copied[key] = now
        return "current"
    if have == begun_with:
        _write(fresh, copy)
        copied[key] = now
        return "replaced"
    broken = copy.suffix == ".ipynb" and _cells(content) is None
    return "current" if begun_with == now and not broken else "kept"


def _mark(content: bytes) -> str | None:
    """The fingerprint that a lesson was handed out with; None where it does not say (the first edition's)."""
    try:
        return json.loads(content)["metadata"][MARK]["copy"]
    except (ValueError, LookupError, TypeError):
        return None


def _write(content: bytes, path: Path) -> None:
    """In one step, so that neither a full disk nor a second call leaves half a file.

    The contents alone: a copy from a read-only clone has to be writable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def _read_record(path: Path) -> dict[str, dict]:
    """What the record says, with nothing in it where it cannot be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    if not isinstance(record, dict):
        record = {}
    if not isinstance(record.get("copied"), dict):  # the first edition's had the files alone
        record = {"copied": record, "news": {}}
    return record
