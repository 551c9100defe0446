"""The one form of a stored lesson, and the commands for authors."""

from __future__ import annotations

import asyncio
import base64
import inspect
import io
import json
import os
import subprocess
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat import v4

import tools
from tests import foreign
from tests.clone import stand_in
from tools.__main__ import main
from tools.clean import VIEW, as_text, clean, problems, read, save_hook, write

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


@pytest.mark.parametrize("kind", foreign.IN_A_CELL)
@pytest.mark.parametrize("make", foreign.KINDS.values(), ids=foreign.KINDS)
def test_what_others_wrote_into_a_cell_stays(kind, make):
    written = foreign.IN_A_CELL[kind]
    for metadata in (written, {**written, "execution": {"shell.execute_reply": "2026"}, "trusted": True}):
        notebook = lesson(make("a", metadata=deepcopy(metadata)))
        assert clean(notebook).cells[0].metadata == written


@pytest.mark.parametrize("kind", foreign.IN_A_NOTEBOOK)
def test_what_others_wrote_into_a_notebook_stays(kind):
    notebook = lesson(v4.new_markdown_cell("a"))
    notebook.metadata |= deepcopy(foreign.IN_A_NOTEBOOK[kind])
    cleaned = clean(notebook).metadata
    assert {key: cleaned[key] for key in foreign.IN_A_NOTEBOOK[kind]} == foreign.IN_A_NOTEBOOK[kind]


@pytest.mark.parametrize(
    "written",
    [
        {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}},
        {"scrolled": True},
        {"trusted": True},
        {"heading_collapsed": True},
        {"jp-MarkdownHeadingCollapsed": True},
        {"collapsed": False},
        {"jupyter": {"outputs_hidden": False, "source_hidden": False}},
        {"deletable": True, "editable": True, "slideshow": {"slide_type": ""}, "tags": [], "jupyter": {}},
    ],
)
def test_what_jupyter_writes_by_itself_goes(written):
    notebook = lesson(v4.new_code_cell("a", metadata={**written, "mine": 1}))
    assert clean(notebook).cells[0].metadata == {"mine": 1}


def test_what_a_kernel_reports_goes_and_its_file_extension_stays():
    notebook = lesson(v4.new_code_cell("a"))
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "name": "python3", "of_a_hub": "small"}
    notebook.metadata["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.13.1",
    }
    metadata = clean(notebook).metadata
    assert metadata.language_info == {"file_extension": ".py", "name": "python"}
    assert metadata.kernelspec == {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
        "of_a_hub": "small",
    }
    notebook.metadata["kernelspec"] = {"display_name": "", "name": ""}  # JupyterLab's "No kernel"
    assert clean(notebook).metadata.kernelspec.name == "python3"


def test_a_lesson_that_others_wrote_into_is_in_its_normal_form_and_comes_back_to_it():
    assert as_text(clean(foreign.lesson())) == as_text(foreign.lesson())
    once = clean(foreign.as_a_student_leaves_it())
    assert as_text(clean(once)) == as_text(once)
    for cell in once.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert as_text(once) == as_text(foreign.lesson()), "of the metadata nothing is new and nothing gone"


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
    student = foreign.as_a_student_leaves_it()
    assert tools._jupyter_server_extension_points() == [{"module": "tools"}]
    seen = []
    manager = kind(root_dir=str(tmp_path))
    manager.register_pre_save_hook(lambda path, **_: seen.append(path))
    tools._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager))
    for name, notebook in (("06_x.ipynb", dirty()), ("06_y.ipynb", student)):
        model = {"type": "notebook", "format": "json", "content": deepcopy(notebook)}
        saved = manager.save(model, name)
        if inspect.isawaitable(saved):
            asyncio.run(saved)
        assert (tmp_path / name).read_text(encoding="utf-8") == as_text(clean(notebook))
    assert seen == ["06_x.ipynb", "06_y.ipynb"]


def test_a_good_lesson_has_no_problems(tmp_path):
    path = tmp_path / "06_x.ipynb"
    cell = v4.new_code_cell(PLOT, execution_count=1)
    cell.outputs = [v4.new_output("display_data", data={"image/png": png(np.eye(4))})]
    write(lesson(v4.new_markdown_cell("# Six"), cell), path)
    assert problems(path) == []


def _unmarked(notebook):
    notebook.metadata["miniflow"] = {"lesson": "05"}


def _kernel_of_its_own(notebook):
    notebook.metadata["kernelspec"] = {"display_name": "My Python", "language": "python", "name": "mine"}


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
        (_kernel_of_its_own, "06_x.ipynb asks for the kernel mine, which others do not have"),
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


@pytest.fixture
def lessons(tmp_path) -> Path:
    folder = tmp_path / "notebooks"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "graph.png").write_bytes(b"a picture")
    nbformat.write(lesson(v4.new_code_cell("x = 1"), number="01"), folder / "01_nodes.ipynb")
    return folder


COMMANDS = ["work", "student", "site", "build", "check", "minutes", "guide"]
COPYING = COMMANDS[:3]
IN_PLACE = COMMANDS[3:6]


def everything() -> dict[Path, bytes | None]:
    """{each file and folder under the current one: what is in the file}"""
    return {path: path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


def refused(capsys, *arguments: str) -> str:
    """What a command says that fails; the folder in which it was called has to be as it was."""
    before = everything()
    assert main(list(arguments)) == 1
    assert everything() == before
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_lessons_is_an_error_and_stays_as_it_is(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    said = "There is no lesson in the folder notebooks. Call this in the folder of the clone"
    assert refused(capsys, command).startswith(said)
    (tmp_path / "notebooks" / "notes.md").write_text("no lesson")
    (tmp_path / "notebooks" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "notebooks" / ".ipynb_checkpoints" / "01_nodes-checkpoint.ipynb").write_text("{}")
    assert refused(capsys, command).startswith(said)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_wrong_folder_is_an_error_and_stays_as_it_is(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    assert refused(capsys, command).startswith("There is no lesson in the folder notebooks. Call this in")
    (tmp_path / "docs").mkdir()
    for document in ("README.md", "docs/teaching.md"):
        (tmp_path / document).write_text("# Another project\n\n## 02 · Its own\n")
    assert refused(capsys, command).startswith("There is no lesson in the folder notebooks. Call this in")


@pytest.mark.parametrize("command", COPYING)
def test_lessons_that_are_said_to_be_where_none_are_is_an_error(lessons, monkeypatch, capsys, command):
    monkeypatch.chdir(lessons.parent)
    said = refused(capsys, command, "new", "--lessons", "nowhere")
    assert said.startswith("There is no lesson in the folder nowhere. Call this in the folder of the clone")
    said = refused(capsys, command, "new", "--lessons", "notebooks/images")
    assert said.startswith(f"There is no lesson in the folder {Path('notebooks/images')}. Call this")
    said = refused(capsys, command, "new", "--lessons", "notebooks/01_nodes.ipynb")
    assert said.startswith(f"{Path('notebooks/01_nodes.ipynb')} is a file, not a folder of lessons. Call")


@pytest.mark.parametrize("command", COPYING)
@pytest.mark.parametrize("target", ["notebooks", "notebooks/new", "other/../notebooks/images/new"])
def test_nothing_is_copied_into_the_folder_of_the_lessons(lessons, monkeypatch, capsys, command, target):
    monkeypatch.chdir(lessons.parent)
    assert "is the folder of the lessons or in it, and nothing was written" in refused(
        capsys, command, target
    )


@pytest.mark.parametrize("command", IN_PLACE)
def test_a_path_that_leads_to_no_notebook_is_an_error(lessons, monkeypatch, capsys, command):
    monkeypatch.chdir(lessons.parent)
    (lessons.parent / "notes.md").write_text("no lesson")
    (lessons.parent / "LICENSE").write_text("no lesson")
    for path in ("notes.md", "nowhere.ipynb", "nowhere.md"):
        said = f"There is no notebook {path}, and nothing was done.\n"
        assert refused(capsys, command, path) == said
        assert refused(capsys, command, "notebooks", path) == said, "all paths are looked at before the first"
    assert refused(capsys, command, "nowhere").startswith("There is no lesson in the folder nowhere.")
    assert refused(capsys, command, "LICENSE").startswith("LICENSE is a file, not a folder of lessons.")


@pytest.mark.parametrize("command", COMMANDS[1:])
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "half a noteb", '{"nbformat": 4', '{"nbformat": 4}', '{"cells": 3, "nbformat": 4}'],
)
def test_a_file_that_holds_no_notebook_is_an_error(tmp_path, monkeypatch, capsys, command, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_nodes.ipynb").write_text(text)
    said = (
        f"{Path('notebooks/01_nodes.ipynb')} cannot be read as a notebook. Remove it, or put an intact copy"
    )
    assert refused(capsys, command).startswith(said)


def test_a_document_that_names_a_cell_of_a_lesson_that_is_gone_is_an_error(lessons, monkeypatch, capsys):
    monkeypatch.chdir(lessons.parent)
    Path("README.md").write_text("## 07 · A lesson\n\nBefore [?]<!-- x = 1 --> ask.\n")
    assert refused(capsys, "guide") == "README.md, there is no lesson 07, and a cell of it is named\n"


def test_make_hands_the_failure_on(root, tmp_path):
    """In a clone that has lost its lessons."""
    stand_in(root, tmp_path)
    env = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    env["PYTHONPATH"] = str(root)
    for target in (["student", "DIR=class"], ["lab"]):
        ended = subprocess.run(["make", *target], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert ended.returncode == 2 and ended.stdout == ""
        assert ended.stderr.startswith("There is no lesson in the folder notebooks. Call this in the folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [".venv", "Makefile", "constraints.txt", "pyproject.toml"]
    )
