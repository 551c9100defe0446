"""A folder of the learner's own that follows the lessons: nothing that was written in it is ever lost.

Used by `make lab` and a hub, where the lessons come out of the clone, by `make student`, and by a learner who
has a hand-out (`python -m miniflow_classroom`). Each lesson carries a mark of what it was handed out as, so
that a copy tells by itself whether anything was written in it, also where the record of the folder is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from miniflow_classroom.folder.news import RECORD  # what each file was handed out as, and the news

MARK = "miniflow"  # in a lesson's metadata
PARTS = ("copied", "written", "news")  # of the record: fingerprints, digests of whole files, newer names
GRADING = ("nbgrader", "otter")  # the metadata in which a teacher writes what is graded


def files_in(folder: Path) -> list[Path]:
    """The lessons and pictures in a folder: no hidden files, no caches, and no engine of a learner's."""
    left_out = (".", "__", "my_miniflow")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [p for p in files if not any(n.startswith(left_out) for n in p.relative_to(folder).parts)]


def bring_up_to_date(series: Iterable[tuple[Path, bytes]], folder: Path) -> list[str]:
    """Brings `folder` up to date with the series, and writes over nothing that was written in it.

    series: each file's name and content. A file in which nothing was written follows the series. One that has
    changed on both sides stays as it is, and the series' own is put next to it as "new NAME". Returns what
    there is to say, a sentence each. Raises OSError where nothing can be written and no lesson is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = read_record(folder)
    record, said = {part: dict(there) for part, there in before.items()} | {"news": {}}, []
    try:
        for name, fresh in series:
            said += _bring(fresh, folder, name, record)
        if record != before:
            write_whole((json.dumps(record, indent=1, sort_keys=True) + "\n").encode(), folder / RECORD)
    except OSError as error:
        refused = f"The lessons in {folder} could not be brought up to date: {error.strerror}."
        if not any(folder.glob("*.ipynb")):
            raise OSError(refused) from error
        said.append(refused)
    return said


def fingerprint(content: bytes, suffix: str) -> str:
    """What changes with a lesson's text, code or grading, but not with a run, a save, or an empty cell."""
    cells = _cells(content) if suffix == ".ipynb" else None
    return _digest(content if cells is None else json.dumps(cells).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _cells(content: bytes) -> list[list] | None:
    """Kind, lines and grading of each cell that is not empty; None where the file holds no notebook.

    The lines are as the file has them, and nothing stands for "no grading": so it was in the records that the
    first edition wrote.
    """
    try:
        notebook = json.loads(content)
        cells = [
            [cell["cell_type"], "".join(cell["source"]).strip().splitlines(keepends=True), *_grading(cell)]
            for cell in notebook["cells"]
        ]
        return [cell for cell in cells if any(cell[1:])] + _grading(notebook)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _grading(of: dict) -> list[dict]:
    return [{key: of["metadata"][key]} for key in GRADING if key in of.get("metadata", ())]


# --- one file of the folder --------------------------------------------------------------------------------


def _bring(fresh: bytes, folder: Path, name: Path, record: dict[str, dict]) -> list[str]:
    """Sees to it that this file of the series is in `folder`, under its own name or the next that is free.

    Older ones that a learner has written in are put into the news, with the name of the newest. Returns what
    there is to say.
    """
    said, older, newest = [], [], None
    for copy in _names(name):
        if newest and not (folder / copy).exists():
            break
        became = _brought(fresh, folder / copy, copy.as_posix(), record)
        if became == "kept":
            older.append(copy)
            continue
        newest = newest or copy
        if became == "replaced" and copy == name:
            said.append(f"{copy} is newer now. You had written nothing in yours, and it was replaced.")
    for copy in older:
        record["news"][copy.as_posix()] = newest.name
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


def put_beside(folder: Path) -> set[Path]:
    """The files of the series that were put next to changed ones, in this folder and those in it."""
    names = map(Path, read_record(folder)["copied"])
    return {folder / name for name in names if name.name.startswith("new ")}


def _brought(fresh: bytes, copy: Path, key: str, record: dict[str, dict]) -> str:
    """Writes this one file if nothing of a learner's is in it.

    Returns "kept" for one that stays, begun with an older one of the series or not from there at all;
    "replaced" for an older one in which nothing was written; else "current".
    """
    now = fingerprint(fresh, copy.suffix)

    def write() -> None:
        write_whole(fresh, copy)
        record["copied"][key], record["written"][key] = now, _digest(fresh)

    try:
        content = copy.read_bytes()
    except FileNotFoundError:
        write()
        return "current"
    except IsADirectoryError:
        return "kept"
    have, begun_with = fingerprint(content, copy.suffix), _mark(content) or record["copied"].get(key)
    if have == now:
        record["copied"][key] = now
        # Tags and folds may be new. A copy that was saved since has others of its own, and keeps them.
        if content != fresh and _digest(content) == record["written"].get(key):
            write()
        return "current"
    if have == begun_with:
        write()
        return "replaced"
    broken = copy.suffix == ".ipynb" and _cells(content) is None
    return "current" if begun_with == now and not broken else "kept"


def _mark(content: bytes) -> str | None:
    """The fingerprint that a lesson was handed out with; None where it does not say (the first edition's)."""
    try:
        return json.loads(content)["metadata"][MARK]["copy"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def write_whole(content: bytes, path: Path) -> None:
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


def read_record(folder: Path) -> dict[str, dict]:
    """What the record of a folder says, with nothing in it where it cannot be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    if not isinstance(record, dict):
        record = {}
    if not isinstance(record.get("copied"), dict):  # the first edition's had the files alone
        record = {"copied": record}
    return {part: there if isinstance(there := record.get(part), dict) else {} for part in PARTS}
