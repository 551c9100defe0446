"""What a class has handed in: every notebook is run, and a table says who is stuck, and at what.

Who handed it in is the first folder below the one that is named; for a file without a folder, what its name
has before the lesson's number (ann_03_ops.ipynb). Which lesson it is, its metadata say, else its name.
"""

from __future__ import annotations

import json
import os
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from tools import ToolError
from tools.clean import MARK
from tools.one_hand_in import OWN_FILE, Limits, Outcome, Stopped, run
from tools.results import RESULTS, Row, as_csv, as_page
from miniflow_classroom.judge.exercise import LESSONS, exercises
from miniflow_classroom.own.progress import of_lesson

LARGEST = 50_000_000  # bytes of a notebook
PASSED_OVER = {"submitted", "__MACOSX", "__pycache__"}
NUMBER = re.compile(r"(?<!\d)(0\d)(?=[_. -])")
MOODLE = re.compile(r"(?P<who>.+?)_\d+_assignsubmission_[a-z]+_?(?P<file>.*)")
CHECK = re.compile(r"""^check\(\s*["']([\w.]+)["']\s*\)""", re.M)


@dataclass
class HandIn:
    """A file that was handed in. cells: its code. asked: {exercise: the cell after which it is judged}."""

    path: Path
    student: str
    lesson: str = ""
    cells: Sequence[str] = ()
    asked: dict[str, int] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def correct(self) -> int:
        return sum(state == "correct" for state, _ in self.outcome.states.values())


def collect(folder: Path, limits: Limits) -> Iterator[str]:
    """Judges all that is handed in, and writes results.csv and results.html into `folder`/results.

    Yields a sentence for each file as it is done. Raises ToolError where nothing was handed in, where
    results/ holds anything else, and where it cannot be written to.
    """
    if not folder.is_dir():
        raise ToolError(f"There is no folder {folder}. Say where the notebooks are: make collect DIR=folder")
    files = _files(folder)
    if not files:
        raise ToolError(f"Nothing is handed in: there is no file in {folder}.")
    results = _results(folder)
    found = [hand_in(path, folder) for path in files]
    yield from _run_all(found, limits)
    rows = _rows(found)
    (results / "results.csv").write_bytes(as_csv(rows))
    (results / "results.html").write_bytes(as_page(rows))
    yield f"The table is in {results / 'results.html'}, and for a spreadsheet in {results / 'results.csv'}."


def _results(folder: Path) -> Path:
    """The folder of the results, made. Raises ToolError where something is in it that is not ours.

    It is tried out before anything is run: Windows lets nobody write a table that is open in Excel.
    """
    results, ours = folder / RESULTS, {"results.csv", "results.html"}
    if results.exists() and (
        not results.is_dir() or {path.name for path in results.iterdir() if not _is_systems(path)} - ours
    ):
        raise ToolError(
            f"{results} is where the results go, and it holds something else: move that away first."
        )
    try:
        results.mkdir(exist_ok=True)
        for name in ours:
            if (results / name).exists():
                (results / name).open("ab").close()
    except OSError as error:
        raise ToolError(
            f"The results cannot be written: {error.strerror}: {error.filename}. Is it open elsewhere?"
        ) from None
    return results


def _is_systems(path: Path) -> bool:
    """Whether a system or a spreadsheet put this file there: .DS_Store, .~lock.results.csv#, ~$results.csv"""
    return path.name.startswith((".", "~$")) or path.name.lower() in ("thumbs.db", "desktop.ini")


def _files(folder: Path) -> list[Path]:
    """What counts as handed in: every notebook, and one file of who handed in no notebook at all."""
    files = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in PASSED_OVER - {"submitted"} for part in parts)
        if path.is_file() and not hidden and parts[0] != RESULTS and path.name != OWN_FILE:
            files.append(path)
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    have = {student_of(path.relative_to(folder)) for path in notebooks}
    for path in files:
        if (student := student_of(path.relative_to(folder))) not in have:
            have.add(student)
            notebooks.append(path)
    return notebooks


# --- one file ---------------------------------------------------------------------------------------------


def student_of(path: PurePath) -> str:
    """Whose file it is, by its path below the folder that was collected."""
    folders = [part for part in path.parts[:-1] if part not in PASSED_OVER]
    moodle = MOODLE.fullmatch(folders[0] if folders else path.name)
    if moodle:
        name = moodle["who"]
    elif folders:
        name = folders[0]
    else:
        number = NUMBER.search(path.stem + ".")
        name = (path.stem[: number.start()] if number else "").strip(" _-.") or path.stem
    return _plain(name)


def _plain(name: str) -> str:
    """A name without characters that control how others are shown, in one form of its letters."""
    name = "".join(
        c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", name)
    )
    return " ".join(name.split())[:80] or "?"


def hand_in(path: Path, folder: Path) -> HandIn:
    """The file, read; what keeps it from being run is among the troubles of its outcome."""
    found = HandIn(path, student_of(path.relative_to(folder)))
    try:
        notebook = _read(path)
        cells = [(_source(cell), _tags(cell)) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        marked = notebook.get("metadata", {}).get(MARK, {})
        found.lesson = str(marked.get("lesson", "")) if isinstance(marked, dict) else ""
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        found.outcome.troubles.append(_unreadable(path, error))
        return found
    if found.lesson not in LESSONS:
        moodle = MOODLE.fullmatch(path.name)
        number = NUMBER.search(moodle["file"] if moodle else path.name)
        found.lesson = number[1] if number and number[1] in LESSONS else ""
    found.cells = [source for source, _ in cells]
    trouble = _look_through(found, cells)
    if trouble:
        found.outcome.troubles.append(trouble)
    return found


def _read(path: Path) -> dict:
    if path.suffix != ".ipynb":
        raise LookupError
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1_000_000} MB, and was not opened")
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _unreadable(path: Path, error: Exception) -> str:
    if path.suffix == ".zip":
        return "it is a zip file: unpack it into a folder with the student's name, and collect again"
    if path.suffix != ".ipynb":
        return "it is not a notebook, and there is no notebook next to it"
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror})"
    return str(error) if "larger" in str(error) else "it cannot be read: it is damaged, or not a notebook"


def _source(cell: dict) -> str:
    return "".join(cell["source"])


def _tags(cell: dict) -> list[str]:
    return [str(tag) for tag in cell.get("metadata", {}).get("tags", [])]


def _look_through(found: HandIn, cells: list[tuple[str, list[str]]]) -> str:
    """Finds the exercises that a notebook asks; returns what is to be said of it, "" when all are there."""
    asked: dict[str, int] = {}
    for number, (source, tags) in enumerate(cells):
        if not any(tag.startswith("solution:") for tag in tags):
            names = [tag.partition(":")[2] for tag in tags if tag.startswith(("exercise:", "check:"))]
            asked |= dict.fromkeys([*names, *CHECK.findall(source)], number)
    if not any(source.strip() for source, _ in cells):
        return "it is empty: it has no code"
    known = {name: number for name, number in asked.items() if name in exercises()}
    if not found.lesson and known:  # neither marked nor named as a lesson: what it asks tells
        found.lesson = max(LESSONS, key=lambda lesson: len(known.keys() & set(of_lesson(lesson))))
    if not asked:
        return "it is not a lesson of this series: it has none of its exercises"
    names = of_lesson(found.lesson) if found.lesson else []
    found.asked = {name: known[name] for name in names if name in known}
    if not found.asked:
        return "it is of another edition of the series: it has none of this one's exercises"
    if other := [name for name in asked if name not in known]:
        return f"it is of another edition of the series: this one has no {', '.join(other)[:100]}"
    lacks = [name for name in names if name not in known]
    return f"its cells for {', '.join(lacks)} are gone" if lacks else ""


# --- all of them ------------------------------------------------------------------------------------------


def _run_all(found: list[HandIn], limits: Limits) -> Iterator[str]:
    stopping = threading.Event()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        try:
            jobs = {pool.submit(_run_one, one, limits, stopping): one for one in found}
            for job in as_completed(jobs):
                job.result()
                one = jobs[job]
                judged = f"{one.correct} of {len(one.asked)} correct"
                said = judged if one.asked else one.outcome.troubles[0]
                yield f"{one.student}: {_plain(one.path.name)}: {said}"
        except BaseException:  # Ctrl+C too: the kernels must not outlive this
            stopping.set()
            pool.shutdown(cancel_futures=True)
            raise


def _run_one(one: HandIn, limits: Limits, stopping: threading.Event) -> None:
    if not one.asked:
        return
    own = one.path.with_name(OWN_FILE)
    try:
        outcome = run(
            one.cells,
            one.asked,
            name=f"{one.lesson}_lesson.ipynb",
            own_file=own if own.is_file() else None,
            limits=limits,
            stopping=stopping,
        )
    except Stopped:
        raise
    except Exception as error:  # one hand-in must not cost the others
        outcome = Outcome(troubles=[f"it could not be run ({type(error).__name__}: {error})"])
    one.outcome = Outcome(outcome.states, one.outcome.troubles + outcome.troubles)


def _rows(found: list[HandIn]) -> list[Row]:
    """A row for each student. Of two notebooks for one lesson counts the one with more that is correct."""
    rows: dict[str, Row] = {}
    for one in sorted(found, key=lambda one: (one.lesson, -one.correct, str(one.path))):
        row = rows.setdefault(one.student, Row(one.student))
        troubles = one.outcome.troubles
        if one.asked and one.lesson in row.lessons:
            troubles = ["another one of this lesson has more correct answers, or as many, and counts"]
        elif one.asked:
            row.lessons[one.lesson] = {name: one.outcome.states.get(name, ("", "")) for name in one.asked}
        if troubles:
            more = f"; and {len(troubles) - 3} more" if len(troubles) > 3 else ""
            row.troubles.append((_plain(one.path.name), "; ".join(troubles[:3]) + more))
    return [rows[student] for student in sorted(rows, key=lambda name: (name.casefold(), name))]
