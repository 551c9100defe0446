"""The learner's copy: it follows the series, and nothing that a learner wrote is ever lost.

That nothing appears under a question or a solution when a copy is run is seen in the browser (test_trace.py),
where each lesson is run as learners get it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbformat import NotebookNode, v4

from tests import foreign
from tests.clone import without_rights
from tests.foreign import edit
from tests.series import FOLDER, ROOT, every_lesson, tags
from tools.__main__ import main
from tools.clean import read, write
from tools.copies import handed_out, update_working_copy
from tools.hand_out import write_hand_out
from miniflow_classroom.folder.copies import fingerprint
from miniflow_classroom.folder.news import NOT_YOURS

OPS, NEW, NEW_2 = "03_ops.ipynb", "new 03_ops.ipynb", "new 2 03_ops.ipynb"
RECORD = ".miniflow.json"


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def lesson(*cells: NotebookNode) -> NotebookNode:
    return v4.new_notebook(cells=list(cells), metadata={"miniflow": {"lesson": "03"}})


def say(path: Path, *sources: str) -> None:
    """A lesson with these cells, run."""
    cells = [v4.new_code_cell(text, id=f"cell-{n}", execution_count=1) for n, text in enumerate(sources)]
    for cell in cells:
        cell.outputs = [v4.new_output("stream", text="42")]
    write(lesson(*cells), path)


def sources(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells]


class Both:
    """The series, and a learner's copy of it."""

    def __init__(self, folder: Path):
        self.series, self.work = folder / "notebooks", folder / "work"
        (self.series / "images").mkdir(parents=True)
        (self.series / "images" / "graph.svg").write_text("<svg/>")
        (self.series / ".ipynb_checkpoints").mkdir()
        (self.series / ".ipynb_checkpoints" / "03_ops-checkpoint.ipynb").write_text("{}")
        self.change("a = 1", "b = 2")
        assert self.update() == []

    def change(self, *sources: str) -> None:
        say(self.series / OPS, *sources)

    def update(self) -> list[str]:
        return update_working_copy(self.series, self.work)

    @property
    def copy(self) -> Path:
        return self.work / OPS

    @property
    def new(self) -> Path:
        return self.work / NEW

    @property
    def news(self) -> dict:
        return json.loads((self.work / RECORD).read_text())["news"]


@pytest.fixture
def both(tmp_path) -> Both:
    return Both(tmp_path)


def newer(name: str, new: str) -> str:
    return f"The series has a newer {name} than yours. Yours stays as it is, and the new one is {new}."


# --- what a copy holds ------------------------------------------------------------------------------------


def test_the_first_call_copies_the_lessons_without_outputs(both):
    assert files(both.work) == [RECORD, OPS, "images/graph.svg"]
    assert read(both.series / OPS).cells[0].outputs
    assert all(cell.outputs == [] and cell.execution_count is None for cell in read(both.copy).cells)
    assert both.copy.read_bytes() == handed_out(both.series / OPS) and both.news == {}


@every_lesson
@pytest.mark.parametrize("solutions", [True, False])
def test_in_no_copy_is_anything_under_a_question_or_a_solution(path, solutions, tmp_path):
    (tmp_path / path.name).write_bytes(handed_out(path, solutions))
    series, cells = read(path).cells, read(tmp_path / path.name).cells
    assert [cell.id for cell in cells] == [
        cell.id for cell in series if solutions or not any(tag.startswith("solution:") for tag in tags(cell))
    ]
    asked = [cell for cell in series if cell.source.startswith("predict(")]
    exercises = [tag for cell in series for tag in tags(cell) if tag.startswith("check:")]
    assert len(exercises) >= 3
    for cell in asked:  # what stands under a question after Run All is the question
        (output,) = cell.outputs
        assert output.data["text/plain"].startswith("Your prediction. ") and [*output.data] == ["text/plain"]
    for cell in cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
        if any(tag.startswith("solution:") for tag in tags(cell)):
            assert cell.metadata.jupyter.source_hidden and is_silent(cell.source), cell.source
    solved = [tag for cell in cells for tag in tags(cell) if tag.startswith("solution:")]
    assert len(solved) == solutions * len(exercises)


def is_silent(source: str) -> bool:
    """Whether code defines names and does nothing else that could be seen."""
    silent = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Import, ast.ImportFrom)
    body = ast.parse(source).body
    said = {"check", "hints", "mine", "print", "display"}
    called = {ast.unparse(n.func) for n in ast.walk(ast.Module(body, [])) if isinstance(n, ast.Call)}
    return all(isinstance(node, silent) for node in body) and not said & called


def test_a_solutions_check_goes_however_it_is_laid_out(both):
    last = ['check("a", a_solution)', 'check(\n    "a",\n    a_solution,\n)', 'check("a", a)\ncheck("b", b)']
    solution = "# Solution\ndef a_solution():\n    return check(1)"
    cells = [v4.new_code_cell(f"{solution}\n\n\n{end}", metadata={"tags": ["solution:a"]}) for end in last]
    write(lesson(*cells, v4.new_code_cell('check("a")')), both.series / OPS)
    both.update()
    assert sources(both.copy) == [solution] * 3 + ['check("a")']


def test_both_copies_and_the_hubs_are_the_same_lesson(tmp_path):
    """`make lab`, and a hub that hands out what `make student` makes, which has no solutions."""
    write_hand_out(FOLDER, tmp_path / "class")
    update_working_copy(FOLDER, tmp_path / "work")
    assert main(["work", str(tmp_path / "hub"), "--lessons", str(tmp_path / "class")]) == 0
    assert files(tmp_path / "hub") == files(tmp_path / "work")
    for name in files(tmp_path / "class" / "lessons"):
        content = (tmp_path / "class" / "lessons" / name).read_bytes()
        assert (tmp_path / "hub" / name).read_bytes() == content
        if name.endswith(".ipynb"):
            kept = [cell for cell in read(tmp_path / "work" / name).cells if "# Solution" not in cell.source]
            assert read(tmp_path / "hub" / name).cells == kept
        else:
            assert (tmp_path / "work" / name).read_bytes() == content


def test_what_others_wrote_into_a_lesson_is_in_the_copy_too(both):
    nbformat.write(foreign.as_a_student_leaves_it(), both.series / "06_x.ipynb")
    both.update()
    wanted, copied = foreign.lesson(), read(both.work / "06_x.ipynb")
    assert copied.metadata.miniflow.pop("copy") and copied == wanted


def test_a_notebook_of_somebody_else_is_copied_as_it_is_and_followed(both):
    extra, copy = both.series / "extra.ipynb", both.work / "extra.ipynb"
    for text in ("x = 1", "x = 2"):
        cell = v4.new_code_cell(text, outputs=[v4.new_output("stream", text="42")])
        nbformat.write(v4.new_notebook(cells=[cell]), extra)
        both.update()
        assert copy.read_bytes() == extra.read_bytes()


def test_a_file_that_holds_no_notebook_does_not_keep_the_lessons_from_the_learner(both):
    for number, text in enumerate(("", "[]", "{}", "half a noteb", '{"cells": [{}]}', '{"cells": 3}')):
        (both.series / f"1{number}_broken.ipynb").write_text(text)
    for _ in range(2):
        assert both.update() == []
    assert len(files(both.work)) == 9
    say(both.series / "10_broken.ipynb", "mended")
    both.update()
    assert sources(both.work / "10_broken.ipynb") == ["mended"]


def test_a_copy_from_a_read_only_clone_can_be_written_to(both):
    (both.series / OPS).chmod(0o444)
    both.copy.unlink()
    both.update()
    assert os.access(both.copy, os.W_OK) and both.copy.stat().st_mode & 0o200


# --- it follows the series --------------------------------------------------------------------------------


def as_it_is(notebook: NotebookNode) -> None:
    pass


def run(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.execution_count, cell.outputs = number + 1, [v4.new_output("stream", text="ran\n")]


def with_empty_cells(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, v4.new_markdown_cell(" "))
    notebook.cells.append(v4.new_code_cell(""))


def saved_by_jupyterlab(notebook: NotebookNode) -> None:
    notebook.metadata.language_info.version = "3.14.0"
    notebook.metadata.widgets = foreign.STATE
    for cell in notebook.cells:
        cell.metadata = {"scrolled": True, "editable": True, "jupyter": {"source_hidden": False}}


@pytest.mark.parametrize("touch", [as_it_is, run, with_empty_cells, saved_by_jupyterlab])
@pytest.mark.parametrize("record", ["there", "lost", "broken"])
def test_a_copy_in_which_nothing_was_written_follows_the_series(both, touch, record):
    notebook = read(both.copy)
    touch(notebook)
    nbformat.write(notebook, both.copy)
    if record == "lost":
        (both.work / RECORD).unlink()
    elif record == "broken":
        (both.work / RECORD).write_text("[not json")
    both.change("a = 1", "b = 3")
    assert both.update() == [f"{OPS} is newer now. You had written nothing in yours, and it was replaced."]
    assert both.copy.read_bytes() == handed_out(both.series / OPS)
    assert both.update() == [] and both.news == {} and not both.new.exists()


def test_new_outputs_alone_are_no_news(both):
    notebook, before = read(both.series / OPS), both.copy.read_bytes()
    notebook.cells[0].outputs[0].text = "43"
    write(notebook, both.series / OPS)
    assert both.update() == [] and both.copy.read_bytes() == before


def test_new_tags_and_folds_come_into_a_copy_that_was_never_saved(both):
    def tag(name: str) -> None:
        notebook = read(both.series / OPS)
        notebook.cells[0].metadata["tags"] = [name]
        write(notebook, both.series / OPS)

    tag("item:one")
    assert both.update() == [] and both.copy.read_bytes() == handed_out(both.series / OPS)
    notebook = read(both.copy)
    run(notebook)
    nbformat.write(notebook, both.copy)
    mine = both.copy.read_bytes()
    tag("item:two")
    assert both.update() == [] and both.copy.read_bytes() == mine


@pytest.mark.parametrize("key", ["nbgrader", "otter"])
def test_a_copy_in_which_a_teacher_wrote_what_is_graded_counts_as_written_in(both, key):
    notebook = read(both.copy)
    notebook.cells[0].metadata |= foreign.IN_A_CELL[key]
    nbformat.write(notebook, both.copy)
    mine = both.copy.read_bytes()
    both.change("a = 1", "b = 3")
    assert both.update() == [newer(OPS, NEW)] and both.copy.read_bytes() == mine


@pytest.mark.parametrize("key", ["nbgrader", "otter"])
def test_what_is_graded_in_the_series_is_news(both, key):
    graded = read(both.series / OPS)
    graded.cells.append(v4.new_code_cell("", metadata=foreign.IN_A_CELL[key]))
    write(graded, both.series / OPS)
    assert both.update() == [f"{OPS} is newer now. You had written nothing in yours, and it was replaced."]
    assert both.update() == [] and read(both.copy).cells[-1].metadata == foreign.IN_A_CELL[key]


def test_pictures_follow_too_and_one_that_was_painted_over_stays(both):
    picture, copy = both.series / "images" / "graph.svg", both.work / "images" / "graph.svg"
    picture.write_text("<svg>2</svg>")
    both.update()
    assert copy.read_text() == "<svg>2</svg>"
    copy.write_text("my own")
    picture.write_text("<svg>3</svg>")
    assert both.update() == [newer("images/graph.svg", "new graph.svg")]
    assert copy.read_text() == "my own"
    assert copy.with_name("new graph.svg").read_text() == "<svg>3</svg>"


def test_new_lessons_come_and_renamed_or_removed_ones_stay(both):
    mine = edit(both.copy, "a = mine")
    (both.series / OPS).rename(both.series / "03_all_ops.ipynb")
    assert both.update() == []
    assert both.copy.read_bytes() == mine
    assert files(both.work) == [RECORD, "03_all_ops.ipynb", OPS, "images/graph.svg"]
    (both.series / OPS).write_bytes((both.series / "03_all_ops.ipynb").read_bytes())
    assert both.update() == [], "nothing is new when it comes back as it was"


# --- nothing that was written is written over -------------------------------------------------------------


def test_an_edited_copy_stays_and_the_new_lesson_comes_next_to_it(both):
    mine = edit(both.copy, "a = mine")
    assert both.update() == [] and not both.new.exists(), "the series has not changed"
    for text in ("b = 3", "b = 4"):
        both.change("a = 1", text)
        for _ in range(2):
            assert both.update() == [newer(OPS, NEW)]
            assert both.copy.read_bytes() == mine and both.news == {OPS: NEW}
        assert both.new.read_bytes() == handed_out(both.series / OPS), "it is kept current"


def test_a_new_one_that_was_edited_stays_too(both):
    mine = edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    both.update()
    later = edit(both.new, "a = mine, later")
    assert both.update() == [newer(OPS, NEW)], "it was begun with the newest"
    for text in ("b = 4", "b = 5"):
        both.change("a = 1", text)
        assert both.update() == [newer(OPS, NEW_2), newer(NEW, NEW_2)]
        assert both.copy.read_bytes() == mine and both.new.read_bytes() == later
        assert sources(both.work / NEW_2) == ["a = 1", text] and both.news == {OPS: NEW_2, NEW: NEW_2}


def test_a_learner_who_goes_on_with_the_new_one_hears_no_more(both):
    edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    both.update()
    mine = edit(both.new, "a = mine, later")
    both.new.rename(both.copy)
    assert both.update() == [] and both.news == {} and both.copy.read_bytes() == mine


def test_a_learner_who_wants_the_lesson_as_it_is_renames_or_deletes_theirs(both):
    mine = edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    both.update()
    both.copy.rename(both.work / "my ops.ipynb")
    assert both.update() == [] and both.news == {}
    assert sources(both.copy) == ["a = 1", "b = 3"] and (both.work / "my ops.ipynb").read_bytes() == mine
    both.change("a = 1", "b = 4")
    both.update()
    assert sources(both.copy) == sources(both.new) == ["a = 1", "b = 4"], "both are untouched"
    mine = edit(both.new, "a = mine, later")
    both.change("a = 1", "b = 5")
    assert newer(NEW, OPS) in both.update() and both.news == {NEW: OPS}
    assert sources(both.copy) == ["a = 1", "b = 5"] and both.new.read_bytes() == mine


def test_in_a_lost_record_an_edited_copy_says_itself_what_it_was(both):
    mine = edit(both.copy, "a = mine")
    (both.work / RECORD).unlink()
    assert both.update() == []
    both.change("a = 1", "b = 3")
    (both.work / RECORD).write_text('{"copied": 3}')
    assert both.update() == [newer(OPS, NEW)] and both.copy.read_bytes() == mine


@pytest.mark.parametrize("content", ["", "half a noteb", "{}", '{"cells": 3}', "[]", "null"])
def test_a_copy_that_is_broken_stays_and_the_lesson_comes_next_to_it(both, content):
    both.copy.write_text(content)
    assert both.update() == [newer(OPS, NEW)]
    assert both.copy.read_text() == content and sources(both.new) == ["a = 1", "b = 2"]


def test_a_folder_of_a_lessons_name_stays(both):
    both.copy.unlink()
    both.copy.mkdir()
    assert both.update() == [newer(OPS, NEW)] and both.copy.is_dir()


def test_files_that_a_learner_called_new_stay(both):
    mine = edit(both.copy, "a = mine")
    for name, content in ((NEW, "my own notes"), (NEW_2, handed_out(both.copy).decode())):
        (both.work / name).write_text(content)
    (both.work / "07_my_own.ipynb").write_text("mine")
    theirs = edit(both.work / NEW_2, "a = another")
    both.change("a = 1", "b = 3")
    say(both.series / "07_my_own.ipynb", "c = 1")
    both.update()
    assert both.copy.read_bytes() == mine
    assert both.new.read_text() == "my own notes" and (both.work / NEW_2).read_bytes() == theirs
    assert sources(both.work / "new 3 03_ops.ipynb") == ["a = 1", "b = 3"]
    assert (both.work / "07_my_own.ipynb").read_text() == "mine"
    assert sources(both.work / "new 07_my_own.ipynb") == ["c = 1"]


def test_the_learners_engine_is_never_touched(both):
    names = ("my_miniflow.py", "my_miniflow_before_1.py")
    for folder, text in (
        (both.work, "# mine"),
        (both.series, "# of an author who solved them here"),
    ):
        for name in names:
            (folder / name).write_text(text)
    assert both.update() == []
    assert [(both.work / name).read_text() for name in names] == ["# mine"] * 2
    write_hand_out(both.series, both.work.with_name("class"))
    assert files(both.work.with_name("class") / "lessons") == [OPS, "images/graph.svg"]


# --- a copy of the first edition --------------------------------------------------------------------------


def first_edition(both: Both, *sources: str) -> None:
    """A copy with outputs and the checks of solutions, and its record, as the first edition made them."""
    solution = v4.new_code_cell('# Solution\nx = 1\n\ncheck("x", x)', metadata={"tags": ["solution:x"]})
    notebook = lesson(*map(v4.new_code_cell, sources), solution)
    run(notebook)
    write(notebook, both.series / OPS)
    both.copy.write_bytes((both.series / OPS).read_bytes())
    record = {}
    for name in (OPS, "images/graph.svg"):
        content = (both.series / name).read_bytes()
        if name == OPS:
            cells = json.loads(content)["cells"]
            content = json.dumps([[cell["cell_type"], cell["source"]] for cell in cells]).encode()
        record[name] = hashlib.sha256(content).hexdigest()
    (both.work / RECORD).write_text(json.dumps(record))


@pytest.mark.parametrize("touch", [as_it_is, run, with_empty_cells, saved_by_jupyterlab])
@pytest.mark.parametrize("changed", [True, False])
def test_an_untouched_copy_of_the_first_edition_becomes_one_of_this(both, touch, changed):
    first_edition(both, "a = 1\n\n\na", "b = 2")
    notebook = read(both.copy)
    touch(notebook)
    nbformat.write(notebook, both.copy)
    if changed:
        both.change("a = 1", "b = 3")
    (said,) = both.update()
    assert said.startswith(f"{OPS} is newer now.")
    assert both.copy.read_bytes() == handed_out(both.series / OPS) and both.update() == []


@pytest.mark.parametrize("record", ["there", "lost"])
def test_an_edited_copy_of_the_first_edition_stays(both, record):
    first_edition(both, "a = 1", "b = 2")
    mine = edit(both.copy, "a = mine")
    if record == "lost":
        (both.work / RECORD).unlink()
    for _ in range(2):
        assert both.update() == [newer(OPS, NEW)]
    assert both.copy.read_bytes() == mine and both.new.read_bytes() == handed_out(both.series / OPS)


def test_without_its_record_a_copy_of_the_first_edition_counts_as_written_in(both):
    first_edition(both, "a = 1", "b = 2")
    (both.work / RECORD).unlink()
    mine = both.copy.read_bytes()
    assert both.update() == [newer(OPS, NEW)] and both.copy.read_bytes() == mine


@every_lesson
def test_a_fingerprint_is_the_one_that_the_first_edition_wrote(path):
    cells = json.loads(path.read_bytes())["cells"]
    wanted = json.dumps([[cell["cell_type"], cell["source"]] for cell in cells]).encode()
    assert fingerprint(path.read_bytes(), ".ipynb") == hashlib.sha256(wanted).hexdigest()


# --- a disk that refuses, and two calls at once -----------------------------------------------------------


def called(both: Both) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tools", "work", str(both.work), "--lessons", str(both.series)]
    return subprocess.run(without_rights(command), cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_folder_that_cannot_be_written_to_is_one_sentence_and_the_lessons_open(both):
    for name in ("04_x.ipynb", "05_x.ipynb"):
        say(both.series / name, "x")
    before = files(both.work)
    both.work.chmod(0o555)
    try:
        ended = called(both)
    finally:
        both.work.chmod(0o755)
    wanted = f"The lessons in {both.work} could not be brought up to date: Permission denied.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, wanted, "")
    assert files(both.work) == before
    assert called(both).returncode == 0 and "05_x.ipynb" in files(both.work)


def test_a_folder_that_cannot_be_written_to_and_has_no_lesson_is_an_error(both):
    both.work = both.work.with_name("empty")
    both.work.mkdir()
    both.work.chmod(0o555)
    ended = called(both)
    both.work.chmod(0o755)
    assert ended.returncode == 1 and ended.stderr.endswith("brought up to date: Permission denied.\n")


def test_a_read_only_folder_in_which_nothing_is_new_is_not_mentioned(both):
    both.work.chmod(0o555)
    ended = called(both)
    both.work.chmod(0o755)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_no_half_lesson(both, monkeypatch, room):
    """room: how many files there is still room for."""
    before, names = both.copy.read_bytes(), files(both.work)
    both.change("a = 1", "b = 3")
    written, write_bytes = [], Path.write_bytes

    def fill(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) <= room:
            return write_bytes(path, content)
        write_bytes(path, content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    assert both.update()[-1].endswith("could not be brought up to date: No space left on device.")
    assert both.copy.read_bytes() == (handed_out(both.series / OPS) if room else before)
    assert files(both.work) == names and json.loads((both.work / RECORD).read_text())


def test_two_calls_at_once_leave_what_one_leaves(both):
    for number in range(4, 7):
        say(both.series / f"0{number}_x.ipynb", f"x = {number}")
    mine = edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    with ThreadPoolExecutor(2) as pool:
        assert [ended.returncode for ended in pool.map(called, [both] * 2)] == [0, 0]
    lessons = [f"0{number}_x.ipynb" for number in range(4, 7)]
    assert files(both.work) == [RECORD, OPS, *lessons, "images/graph.svg", NEW]
    assert both.copy.read_bytes() == mine and both.news == {OPS: NEW}
    for name, source in zip([*lessons, NEW], [*lessons, OPS], strict=True):
        assert (both.work / name).read_bytes() == handed_out(both.series / source)


def test_the_copy_from_the_command_line(both, tmp_path, capsys):
    command = ["work", str(both.work), "--lessons", str(both.series)]
    edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    assert main(command) == 0 and capsys.readouterr().out == newer(OPS, NEW) + "\n"
    (tmp_path / "file").write_text("")
    assert main(["work", str(tmp_path / "file"), "--lessons", str(both.series)]) == 1
    assert "That did not work" in capsys.readouterr().err


# --- the note in the lesson -------------------------------------------------------------------------------

NOTE = (
    f"> The series has a newer {OPS} than yours. Yours stays as it is, and the new one is "
    "[new 03_ops.ipynb](new%2003_ops.ipynb). The engine in my_miniflow.py serves both."
)


def notes(folder: Path, notebook: str | None, *cells: str) -> list[list[dict]]:
    """What each cell shows in a kernel that belongs to this notebook (None: nobody says to which)."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("JPY_SESSION_NAME", None)
    if notebook:
        env["JPY_SESSION_NAME"] = str(folder / notebook)
    manager, client = start_new_kernel(cwd=str(folder), env=env)
    try:
        shown = []
        for cell in cells:
            outputs: list[dict] = []
            reply = client.execute_interactive(
                cell, timeout=120, output_hook=lambda message, to=outputs: to.append(message["content"])
            )
            assert reply["content"]["status"] == "ok", reply["content"]
            shown.append([content["data"] for content in outputs if "data" in content])
        return shown
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


IMPORT = "from miniflow_classroom import check"


@pytest.fixture
def outdated(both) -> Both:
    """With an edited copy of a lesson that has changed since."""
    edit(both.copy, "a = mine")
    both.change("a = 1", "b = 3")
    both.update()
    return both


def test_the_first_import_tells_it_once_in_the_lesson_concerned(outdated):
    first, again = notes(outdated.work, OPS, IMPORT, f"{IMPORT}\nimport miniflow_classroom")
    (data,) = first
    assert data["text/markdown"] == NOTE and again == []
    assert data["text/plain"].replace("\n", " ") == NOTE[2:].replace(
        "[new 03_ops.ipynb](new%2003_ops.ipynb)", NEW
    )
    assert max(map(len, data["text/plain"].splitlines())) <= 80


@pytest.mark.parametrize("notebook", [NEW, "04_x.ipynb"])
def test_another_lesson_says_nothing(outdated, notebook):
    assert notes(outdated.work, notebook, IMPORT) == [[]]


def test_a_lesson_that_is_opened_in_the_hand_out_itself_says_where_to_write(both):
    folder = both.work.with_name("class")
    write_hand_out(both.series, folder)
    for series in (folder / "lessons", both.series):
        ((*told,),) = notes(series, OPS, IMPORT)
        assert [data["text/markdown"] for data in told] == [f"> {NOT_YOURS}"] * (series != both.series)


def test_where_the_front_end_does_not_say_which_lesson_it_is_all_are_named(outdated):
    ((data,),) = notes(outdated.work, None, IMPORT)
    assert data["text/markdown"] == NOTE


def test_vs_code_says_it_in_its_own_way(outdated):
    vs_code = f"__vsc_ipynb_file__ = {str(outdated.work / '04_x.ipynb')!r}"
    assert notes(outdated.work, None, vs_code, IMPORT) == [[], []]


@pytest.mark.parametrize("shell", ["", "from IPython import InteractiveShell as S; S.instance()"])
def test_a_program_of_a_learners_and_a_terminal_say_nothing(outdated, shell):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JPY_SESSION_NAME": OPS}
    command = [sys.executable, "-c", f"{shell}\n{IMPORT}"]
    ended = subprocess.run(command, cwd=outdated.work, env=env, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


NO_NEWS = [
    "",
    "[not json",
    "[]",
    "null",
    '{"copied": {}}',
    '{"news": 3}',
    '{"news": {"03_ops.ipynb": 3}}',
    '{"news": {"03_ops.ipynb": ["x"]}}',
    '{"news": {"03_ops.ipynb": "../../secret.ipynb"}}',
    '{"news": {"03_ops.ipynb": "it is gone.ipynb"}}',
]


def test_a_record_that_is_broken_is_no_news(outdated, monkeypatch):
    from miniflow_classroom.folder.news import newer_lessons

    assert newer_lessons(outdated.work, OPS) == newer_lessons(outdated.work, "") == {OPS: NEW}
    assert newer_lessons(outdated.series, "") == newer_lessons(outdated.work / "no", "") == {}
    for text in NO_NEWS:
        (outdated.work / RECORD).write_text(text)
        assert newer_lessons(outdated.work, OPS) == {}, text
