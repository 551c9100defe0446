"""The copy that a teacher hands out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import ScriptExporter

from tests import foreign
from tests.series import FOLDER, every_lesson, tags
from tools.__main__ import main
from tools.clean import clean, read


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "für die Klasse 7"
    assert main(["student", str(folder), "--lessons", str(FOLDER)]) == 0
    return folder


def test_every_lesson_and_picture_is_in_it(copy):
    def names(folder: Path) -> list[str]:
        found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return sorted(str(path) for path in found if not any(p.startswith(".") for p in path.parts))

    assert names(copy) == names(FOLDER) and names(copy)


@every_lesson
def test_solutions_and_outputs_are_gone_and_nothing_else(copy, path):
    before, after = read(path).cells, read(copy / path.name).cells
    kept = [cell for cell in before if not any(tag.startswith("solution:") for tag in tags(cell))]
    for cell in kept:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert after == kept and len(kept) < len(before)
    text = nbformat.writes(read(copy / path.name))
    assert "# Solution" not in text and "_solution" not in text


def test_it_refuses_a_folder_with_something_in_it(tmp_path, capsys):
    mine = tmp_path / "mine.ipynb"
    mine.write_text("a day of work")
    assert main(["student", str(tmp_path), "--lessons", str(FOLDER)]) == 1
    assert "was left as it is" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [
        "mine.ipynb"
    ] and mine.read_text() == "a day of work"


def test_it_refuses_a_file_in_the_place_of_the_folder(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("mine")
    assert main(["student", str(file), "--lessons", str(FOLDER)]) == 1
    assert file.read_text() == "mine"


def test_an_empty_folder_will_do_and_no_lessons_are_an_error(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["student", str(tmp_path / "empty"), "--lessons", str(FOLDER)]) == 0
    assert main(["student", str(tmp_path / "new"), "--lessons", str(tmp_path / "nowhere")]) == 1


def test_what_others_wrote_into_a_lesson_is_in_the_copy_too(tmp_path):
    lessons, folder = tmp_path / "lessons", tmp_path / "class"
    lessons.mkdir()
    exercise = nbformat.v4.new_code_cell("a = 2", id="exercise", execution_count=1)
    exercise.metadata = {"tags": ["exercise:a"], "nbgrader": {"solution": True}, "deletable": False}
    solution = nbformat.v4.new_code_cell("# Solution", id="solution", metadata={"tags": ["solution:a"]})
    notebook = foreign.as_a_student_leaves_it()
    notebook.cells += [exercise, solution]
    nbformat.write(notebook, lessons / "06_x.ipynb")
    assert main(["student", str(folder), "--lessons", str(lessons)]) == 0
    *cells, last = read(folder / "06_x.ipynb").cells
    wanted = foreign.lesson()
    assert [(cell.id, cell.metadata) for cell in cells] == [(cell.id, cell.metadata) for cell in wanted.cells]
    assert last.id == "exercise" and last.metadata == exercise.metadata and last.execution_count is None
    metadata = read(folder / "06_x.ipynb").metadata
    assert metadata.miniflow.pop("copy") and metadata == wanted.metadata, "the kernel of the class too"


def test_a_notebook_of_somebody_else_is_copied_as_it_is(tmp_path):
    lessons, folder = tmp_path / "lessons", tmp_path / "class"
    lessons.mkdir()
    notebook = foreign.as_a_student_leaves_it()
    del notebook.metadata["miniflow"]
    nbformat.write(notebook, lessons / "extra.ipynb")
    solution = nbformat.v4.new_code_cell("# Solution", id="solution", metadata={"tags": ["solution:a"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[solution]), lessons / "mine.ipynb")
    assert main(["student", str(folder), "--lessons", str(lessons)]) == 0
    assert (folder / "extra.ipynb").read_bytes() == (lessons / "extra.ipynb").read_bytes()
    assert read(folder / "mine.ipynb").cells == [], "a solution is never handed out"


def test_a_lesson_that_cannot_be_read_leaves_no_half_copy_with_solutions_in_it(tmp_path, capsys):
    lessons = tmp_path / "lessons"
    shutil.copytree(FOLDER, lessons)
    (lessons / "07_new.ipynb").write_text("half a noteb")
    assert main(["student", str(tmp_path / "class"), "--lessons", str(lessons)]) == 1
    assert "07_new.ipynb cannot be read as a notebook" in capsys.readouterr().err
    assert not (tmp_path / "class").exists()


# What else is made of a lesson and of its copies.


@every_lesson
def test_a_script_made_of_a_lesson_is_python(copy, path):
    for file in (path, copy / path.name):
        source, resources = ScriptExporter().from_filename(str(file))
        assert resources["output_extension"] == ".py"
        compile(source, path.stem, "exec")
        assert all(cell.source in source for cell in read(file).cells if cell.cell_type == "code")


def test_nbconvert_writes_the_script_into_a_python_file(copy, tmp_path):
    (lesson, *_) = sorted(copy.glob("01*.ipynb"))
    command = [sys.executable, "-m", "nbconvert", "--to", "script", "--output-dir", str(tmp_path)]
    subprocess.run([*command, str(lesson)], check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == [f"{lesson.stem}.py"]


@pytest.mark.parametrize(
    "reports", [{}, {"name": "python"}, {"name": ""}, {"version": "3.13", "name": "python"}]
)
def test_a_lesson_that_is_saved_by_an_author_still_becomes_a_python_script(reports):
    notebook = foreign.lesson()
    notebook.metadata["language_info"] = reports
    source, resources = ScriptExporter().from_notebook_node(clean(notebook))
    assert resources["output_extension"] == ".py" and "# nbgrader" in source
