"""The one form of a stored lesson, and the learner's own copy."""

from __future__ import annotations

import asyncio
import base64
import inspect
import io
import json
import os
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat import v4

import tools
from tools.__main__ import main
from tools.clean import VIEW, as_text, clean, problems, read, save_hook, write
from tools.copies import update_working_copy

PLOT = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2, 3])\nplt.show()"


def lesson(*cells: nbformat.NotebookNode, number: str = "06") -> nbformat.NotebookNode:
    return v4.new_notebook(cells=list(cells), metadata={"miniflow": {"lesson": number}})


def png(pixels: np.ndarray) -> str:
    import matplotlib.image

    file = io.BytesIO()
    matplotlib.image.imsave(file, pixels, format="png")
    return base64.b64encode(file.getvalue()).decode()


def dirty() -> nbformat.NotebookNode:
    """A lesson as JupyterLab leaves it after some clicking."""
    view = {VIEW: {"model_id": "0f", "version_major": 2}}
    code = v4.new_code_cell("a = 1\na", execution_count=17, id="aaaa1111")
    code.metadata = {
        "execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"},
        "tags": ["exercise:sum"],
        "editable": True,
        "slideshow": {"slide_type": ""},
        "trusted": True,
        "collapsed": False,
        "jupyter": {"outputs_hidden": False},
        "deletable": False,
        "nbgrader": {"grade": True, "points": 0},
    }
    code.outputs = [
        v4.new_output("stream", name="stdout", text="one\n"),
        v4.new_output("stream", name="stdout", text="two\n"),
        v4.new_output("display_data", data={"text/plain": "buttons", **view}),
        v4.new_output("display_data", data=dict(view)),
        v4.new_output("stream", name="stdout", text="three\n"),
        v4.new_output("execute_result", data={"text/plain": "1"}, execution_count=17),
    ]
    fails = v4.new_code_cell("1 / 0", execution_count=19)
    fails.metadata = {"tags": ["raises-exception"]}
    fails.outputs = [
        v4.new_output(
            "error", ename="ZeroDivisionError", evalue="division by zero", traceback=["/home/me/x.py", "…"]
        )
    ]
    solution = v4.new_code_cell("# Solution\na = 2", execution_count=20)
    solution.metadata = {"tags": ["solution:sum"], "jupyter": {"source_hidden": False}}
    slide = v4.new_markdown_cell("# A title")
    slide.metadata = {"slideshow": {"slide_type": "slide"}, "tags": ["class"], "heading_collapsed": True}
    notebook = lesson(
        slide, code, fails, solution, v4.new_code_cell("predict('?', 1)"), v4.new_markdown_cell("# A title")
    )
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata["jupytext"] = {"formats": "ipynb,py"}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    return notebook


def test_cleaning_takes_away_what_nobody_typed():
    before = dirty()
    unchanged = json.dumps(before)
    notebook = clean(before)
    nbformat.validate(notebook)
    assert json.dumps(before) == unchanged, "clean has to work on a copy"
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "name": "python"},
        "miniflow": {"lesson": "06"},
        "jupytext": {"formats": "ipynb,py"},
    }
    slide, code, fails, solution, prediction, _ = notebook.cells
    assert slide.metadata == {"slideshow": {"slide_type": "slide"}, "tags": ["class"]}
    kept = {"deletable": False, "nbgrader": {"grade": True, "points": 0}}
    assert code.metadata == {"tags": ["exercise:sum"], **kept}, "what Jupyter did not write stays"
    assert solution.metadata == {"tags": ["solution:sum"], "jupyter": {"source_hidden": True}}
    assert prediction.metadata == {"jupyter": {"source_hidden": True}}, "its code holds the answer"
    assert [cell.get("execution_count") for cell in notebook.cells[1:5]] == [1, 2, 3, None]
    assert [(o.output_type, o.get("text"), o.get("data")) for o in code.outputs] == [
        ("stream", "one\ntwo\n", None),
        ("display_data", None, {"text/plain": "buttons"}),
        ("stream", "three\n", None),
        ("execute_result", None, {"text/plain": "1"}),
    ]
    assert code.outputs[-1].execution_count == 1
    assert fails.outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert prediction.outputs == []


def test_cleaning_twice_is_cleaning_once():
    once = as_text(clean(dirty()))
    assert as_text(clean(nbformat.reads(once, as_version=4))) == once


def test_a_cell_keeps_its_id_and_one_without_an_id_of_its_own_gets_one():
    notebook = dirty()
    before = [cell.id for cell in notebook.cells]
    for cell in notebook.cells:
        cell.source += " changed"
    assert [cell.id for cell in clean(notebook).cells] == before
    twice, broken, missing, *_ = notebook.cells
    twice.id, broken.id = before[5], "no id: it has spaces"
    del missing["id"]
    first, again = ([cell.id for cell in clean(notebook).cells] for _ in range(2))
    assert first == again and len(set(first)) == 6, "the second of two equal ids, and all else, are made anew"
    assert [first[0], *first[3:5]] == [before[5], *before[3:5]]
    for cell in notebook.cells:
        cell.pop("id", None)
        cell.source = "# A title"
    assert len({cell.id for cell in clean(notebook).cells}) == 6, "equal cells get ids of their own"


def test_the_save_hook_touches_lessons_alone():
    other = dirty()
    del other.metadata["miniflow"]
    for model in (
        {"type": "notebook", "content": other},
        {"type": "notebook", "content": None},
        {"type": "file", "content": "miniflow"},
        {"type": "directory", "content": []},
    ):
        before = json.dumps(model)
        save_hook(model=model, path="x", contents_manager=None)
        assert json.dumps(model) == before
    model = {"type": "notebook", "content": json.loads(json.dumps(dirty()))}
    save_hook(model=model, path="x", contents_manager=None)
    assert model["content"] == clean(dirty())


@pytest.mark.parametrize("kind", [FileContentsManager, AsyncFileContentsManager, AsyncLargeFileManager])
def test_the_hook_works_in_every_contents_manager_beside_a_hook_of_the_users_own(tmp_path, kind):
    assert tools._jupyter_server_extension_points() == [{"module": "tools"}]
    seen = []
    manager = kind(root_dir=str(tmp_path))
    manager.register_pre_save_hook(lambda path, **_: seen.append(path))
    tools._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager))
    model = {"type": "notebook", "format": "json", "content": dirty()}
    saved = manager.save(model, "06_x.ipynb")
    if inspect.isawaitable(saved):
        asyncio.run(saved)
    assert (tmp_path / "06_x.ipynb").read_text(encoding="utf-8") == as_text(clean(dirty()))
    assert seen == ["06_x.ipynb"]


def test_a_good_lesson_has_no_problems(tmp_path):
    path = tmp_path / "06_x.ipynb"
    cell = v4.new_code_cell(PLOT, execution_count=1)
    cell.outputs = [v4.new_output("display_data", data={"image/png": png(np.eye(4))})]
    write(lesson(v4.new_markdown_cell("# Six"), cell), path)
    assert problems(path) == []


def _unmarked(notebook):
    notebook.metadata["miniflow"] = {"lesson": "05"}


def _never_run(notebook):
    notebook.cells[0].execution_count = None


def _fails(notebook):
    notebook.cells[0].outputs.append(v4.new_output("error", ename="E", evalue="", traceback=[]))


def _warns(notebook):
    notebook.cells[0].outputs.append(v4.new_output("stream", name="stderr", text="DeprecationWarning"))


def _no_picture(notebook):
    notebook.cells[0].outputs = [v4.new_output("display_data", data={"text/plain": "<Figure>"})]


def _blank(notebook):
    notebook.cells[0].outputs = [v4.new_output("display_data", data={"image/png": png(np.ones((4, 4)))})]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_unmarked, "06_x.ipynb is not marked as lesson 06"),
        (_never_run, "06_x.ipynb, cell 0: was never run. `make notebooks` runs it"),
        (_fails, "cell 0: stores an error"),
        (_warns, "cell 0: stores a warning"),
        (_no_picture, "cell 0: draws a plot, but stores no picture"),
        (_blank, "cell 0: draws a plot, but stores no picture"),
    ],
)
def test_each_problem_gets_one_sentence(tmp_path, spoil, words):
    cell = v4.new_code_cell(PLOT, execution_count=1)
    cell.outputs = [v4.new_output("display_data", data={"image/png": png(np.eye(4))})]
    notebook = lesson(cell)
    spoil(notebook)
    path = tmp_path / "06_x.ipynb"
    write(notebook, path)
    (problem,) = problems(path)
    assert words in problem


@pytest.mark.parametrize(
    "change", [lambda text: text + "\n", lambda text: text.replace('"id": "', '"id": "?')]
)
def test_a_file_that_is_not_normalised_is_named(tmp_path, change):
    path = tmp_path / "06_x.ipynb"
    write(lesson(v4.new_code_cell("1", execution_count=1)), path)
    path.write_text(change(path.read_text()))
    (problem,) = problems(path)
    assert "06_x.ipynb is not normalised: `make notebooks` does it" in problem


def test_a_build_run_twice_gives_the_same_bytes(tmp_path, capfd):
    path = tmp_path / "06_x.ipynb"
    cells = [
        v4.new_code_cell("import os\n\nprint(sorted(os.listdir()))"),
        v4.new_code_cell("import ipywidgets\n\nipywidgets.IntSlider(value=3)"),
        v4.new_code_cell(PLOT),
        v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
    ]
    nbformat.write(lesson(*cells), path)
    assert main(["build", str(tmp_path)]) == 0
    first = path.read_bytes()
    assert main(["build", str(path)]) == 0
    assert path.read_bytes() == first
    assert capfd.readouterr().out == f"{path}: changed\n{path}: the same as before\n"
    assert problems(path) == []
    listing, slider, _, error = read(path).cells
    assert listing.outputs[0].text == "['06_x.ipynb']\n", "a lesson runs in its own folder"
    assert slider.outputs[0].data == {"text/plain": "IntSlider(value=3)"}
    assert error.outputs[0].traceback == ["ZeroDivisionError: division by zero"]


def test_a_lesson_that_fails_is_named_and_left_as_it_was(tmp_path, capfd):
    path = tmp_path / "06_x.ipynb"
    nbformat.write(lesson(v4.new_code_cell("print(1)"), v4.new_code_cell("undefined_name")), path)
    before = path.read_bytes()
    assert main(["build", str(path)]) == 1
    assert path.read_bytes() == before
    said = capfd.readouterr().err
    assert "06_x.ipynb: a cell failed, and nothing was written" in said and "undefined_name" in said


def test_check_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "06_x.ipynb"
    nbformat.write(lesson(v4.new_code_cell("1", execution_count=5)), path)
    assert main(["check", str(tmp_path)]) == 1
    assert "06_x.ipynb is not normalised" in capsys.readouterr().out
    write(read(path), path)
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "All lessons are in their normal form.\n"


@pytest.mark.parametrize("command", ["work", "student", "site", "build", "check", "minutes"])
def test_a_folder_without_lessons_is_an_error_and_stays_as_it_is(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    assert main([command]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("There is no lesson in the folder notebooks.") and said.out == ""
    assert files(tmp_path) == [] and [path.name for path in tmp_path.iterdir()] == ["notebooks"]


# The learner's copy.


@pytest.fixture
def lessons(tmp_path) -> Path:
    folder = tmp_path / "notebooks"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "graph.png").write_bytes(b"a picture")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01_nodes-checkpoint.ipynb").write_text("{}")
    nbformat.write(lesson(v4.new_code_cell("x = 1"), number="01"), folder / "01_nodes.ipynb")
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_first_call_copies_the_lessons(lessons, tmp_path):
    work = tmp_path / "work"
    lesson_file = lessons / "01_nodes.ipynb"
    lesson_file.chmod(0o444)
    assert update_working_copy(lessons, work) == []
    assert files(work) == [".miniflow.json", "01_nodes.ipynb", "images/graph.png"]
    assert (work / "01_nodes.ipynb").read_bytes() == lesson_file.read_bytes()
    assert os.access(work / "01_nodes.ipynb", os.W_OK), "a copy from a read-only clone can be written to"


def test_later_calls_write_nothing_over(lessons, tmp_path):
    work = tmp_path / "work"
    update_working_copy(lessons, work)
    (work / "01_nodes.ipynb").write_text("what the learner wrote")
    nbformat.write(lesson(v4.new_code_cell("y = 2"), number="02"), lessons / "02_topological_sort.ipynb")
    assert update_working_copy(lessons, work) == []
    assert "02_topological_sort.ipynb" in files(work)
    assert (work / "01_nodes.ipynb").read_text() == "what the learner wrote"


def test_a_lesson_that_changed_is_named_until_it_is_taken(lessons, tmp_path):
    work = tmp_path / "work"
    update_working_copy(lessons, work)
    mine = (work / "01_nodes.ipynb").read_bytes()
    nbformat.write(lesson(v4.new_code_cell("x = 2"), number="01"), lessons / "01_nodes.ipynb")
    for _ in range(2):
        (said,) = update_working_copy(lessons, work)
        assert said.startswith("01_nodes.ipynb has changed in the series") and "01_nodes_mine.ipynb" in said
        assert (work / "01_nodes.ipynb").read_bytes() == mine
    (work / "01_nodes.ipynb").rename(work / "01_nodes_mine.ipynb")
    assert update_working_copy(lessons, work) == []
    assert (work / "01_nodes.ipynb").read_bytes() == (lessons / "01_nodes.ipynb").read_bytes()
    assert (work / "01_nodes_mine.ipynb").read_bytes() == mine


def test_new_outputs_alone_are_no_news(lessons, tmp_path):
    work = tmp_path / "work"
    update_working_copy(lessons, work)
    notebook = read(lessons / "01_nodes.ipynb")
    notebook.cells[0].execution_count = 1
    write(notebook, lessons / "01_nodes.ipynb")
    assert update_working_copy(lessons, work) == []


def test_a_lost_record_loses_no_work(lessons, tmp_path):
    work = tmp_path / "work"
    update_working_copy(lessons, work)
    (work / "01_nodes.ipynb").write_text("mine")
    (work / ".miniflow.json").write_text("[not json")
    assert update_working_copy(lessons, work) == []
    assert (work / "01_nodes.ipynb").read_text() == "mine"


def test_the_copy_from_the_command_line(lessons, tmp_path, capsys):
    work = tmp_path / "work"
    assert main(["work", str(work), "--lessons", str(lessons)]) == 0
    assert files(work) == [".miniflow.json", "01_nodes.ipynb", "images/graph.png"]
    (lessons / "images" / "graph.png").write_bytes(b"another picture")
    assert main(["work", str(work), "--lessons", str(lessons)]) == 0
    assert "graph.png has changed in the series" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    assert main(["work", str(tmp_path / "file"), "--lessons", str(lessons)]) == 1
    assert "That did not work" in capsys.readouterr().err
