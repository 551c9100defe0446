"""The copy that a teacher hands out."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.series import FOLDER, every_lesson, tags
from tools.__main__ import main
from tools.clean import read


def stored(cell) -> list:
    """A cell's outputs; what counts the runs is left out, since the emptied cells do not count."""
    return [(out.output_type, out.get("text"), out.get("data")) for out in cell.get("outputs", [])]


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
def test_only_solutions_are_gone_and_only_exercises_are_emptied(copy, path):
    before, after = read(path).cells, read(copy / path.name).cells
    kept = [cell for cell in before if not any(tag.startswith("solution:") for tag in tags(cell))]
    assert [cell.source for cell in after] == [cell.source for cell in kept]
    for cell, was in zip(after, kept, strict=True):
        if any(tag.startswith(("exercise:", "check:", "hint:")) for tag in tags(cell)):
            assert cell.cell_type == "code" and cell.outputs == [] and cell.execution_count is None
        else:
            assert stored(cell) == stored(was)
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
