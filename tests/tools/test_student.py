"""What a teacher hands out: it runs without the clone, gives nothing away, and a newer one loses nothing."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import nbformat
import pytest
import yaml
from nbconvert.exporters import ScriptExporter
from nbformat import NotebookNode, v4
from packaging.requirements import Requirement

from tests import foreign
from tests.foreign import edit
from tests.series import FOLDER, LESSONS, ROOT, every_lesson, tags
from tools.__main__ import main
from tools.clean import clean, read, write
from miniflow_classroom.__main__ import main as at_home
from miniflow_classroom.folder import hand_out
from miniflow_classroom.folder.copies import RECORD

WHEEL = f"miniflow_lib-{__import__('miniflow_lib').__version__}-py3-none-any.whl"
PARTS = ["README.txt", "constraints.txt", "environment.yml", WHEEL]
OPS, NEW = "lessons/03_ops.ipynb", "lessons/new 03_ops.ipynb"


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "für die Klasse 7"
    assert main(["student", str(folder), "--lessons", str(FOLDER)]) == 0
    return folder


def files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if not any(p.startswith(".") for p in path.parts))


def packed(folder: Path) -> dict[str, bytes]:
    """What is in the zip of a hand-out, by its name in the folder."""
    with ZipFile(f"{folder}.zip") as zipped:
        assert all(name.startswith(f"{folder.name}/") for name in zipped.namelist())
        return {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}


def is_solution(cell: NotebookNode) -> bool:
    return any(tag.startswith("solution:") for tag in tags(cell))


# --- what is in it ----------------------------------------------------------------------------------------


def test_every_lesson_and_picture_is_in_it_with_what_they_need(copy):
    assert files(copy / "lessons") == files(FOLDER)
    assert files(copy) == sorted([*PARTS, *(f"lessons/{name}" for name in files(FOLDER))])
    assert packed(copy) == {name: (copy / name).read_bytes() for name in files(copy)}


@every_lesson
def test_solutions_and_outputs_are_gone_and_nothing_else(copy, path):
    before, after = read(path).cells, read(copy / "lessons" / path.name).cells
    kept = [cell for cell in before if not is_solution(cell)]
    for cell in kept:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert after == kept and len(kept) < len(before)
    text = nbformat.writes(read(copy / "lessons" / path.name))
    assert "# Solution" not in text and "_solution" not in text
    questions = [cell for cell in after if cell.source.startswith("predict(")]
    assert all(cell.metadata.jupyter.source_hidden for cell in questions), "an answer in plain sight"


# Solution lines that stand in the classroom too: `mine` hands out the pieces, hints and replies end with a
# line, a judge has to know what is right, and a fault of the fault lab differs from it by a word.
MAY_HOLD_ANY = r"miniflow_lib/.*|miniflow_classroom/own/standins\.py|miniflow_classroom/exercises/\w+\.toml"
MAY_HOLD = {
    "miniflow_classroom/exercises/lesson_03.py": {"return W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3"},
    "miniflow_classroom/exercises/lesson_06.py": {
        "for epoch, cost in enumerate(costs, start=1):",
        "if cost < costs[best - 1]:",
        "if epoch - best >= patience:",
        "place = names.index(target)",
        "return np.delete(numbers, place, axis=1), numbers[:, place], names[:place] + names[place + 1 :]",
    },
    "miniflow_classroom/gradients/faults.py": {
        "g = self.grad_cost()",
        "self.gradients = {y: g.reshape(y.value.shape), a: -g}",
    },
}


def all_texts(folder: Path) -> dict[str, str]:
    """Every file of a hand-out that can be read, those in its wheel included."""
    texts = {name: (folder / name).read_bytes() for name in files(folder) if not name.endswith(".whl")}
    with ZipFile(folder / WHEEL) as wheel:
        texts |= {name: wheel.read(name) for name in wheel.namelist()}
    found = {}
    for name, content in texts.items():
        cells = json.loads(content)["cells"] if name.endswith(".ipynb") else [{"source": content.decode()}]
        found[name] = "\n".join("".join(cell["source"]) for cell in cells)
    return found


def solution_lines(texts: dict[str, str]) -> set[str]:
    """The lines of solutions that are more than trivial, and that neither a lesson nor the library shows."""
    shown, lines = "", set()
    for cell in (cell for path in LESSONS for cell in read(path).cells):
        if is_solution(cell):
            lines |= {line.strip() for line in cell.source.splitlines()}
        else:
            shown += cell.source
    shown += "".join(text for name, text in texts.items() if name.startswith("miniflow_lib/"))
    return {line for line in lines if len(line) >= 20 and line[0] != "#" and line not in shown}


def test_no_line_of_a_solution_is_in_it(copy):
    texts = all_texts(copy)
    lines = solution_lines(texts)
    assert len(lines) > 150 and len(texts) > 100
    found = {name: {line for line in lines if line in text} for name, text in texts.items()}
    found = {name: held for name, held in found.items() if held and not re.fullmatch(MAY_HOLD_ANY, name)}
    assert found == MAY_HOLD


def test_the_search_for_solutions_finds_them(tmp_path):
    """In a hand-out in which a teacher has put solutions that are not tagged as such."""
    lessons, folder = tmp_path / "lessons", tmp_path / "class"
    lessons.mkdir()
    solutions = [cell for path in LESSONS for cell in read(path).cells if is_solution(cell)]
    cells = [v4.new_code_cell(cell.source) for cell in solutions]
    write(v4.new_notebook(cells=cells), lessons / "extra.ipynb")
    assert main(["student", str(folder), "--lessons", str(lessons)]) == 0
    texts = all_texts(folder)
    assert all(line in texts["lessons/extra.ipynb"] for line in solution_lines(texts))


def test_no_answer_of_a_quiz_and_no_hint_is_in_plain_sight(copy):
    """They are in the wheel, which somebody has to unpack to read them; the README says so.

    What a lesson tells in its own text may be a reply as well.
    """
    said = set()
    for path in ROOT.glob("miniflow_classroom/exercises/*.toml"):
        texts = tomllib.loads(path.read_text(encoding="utf-8"))
        said |= {reply for question in texts.get("question", []) for reply in question["replies"].values()}
        said |= {hint for exercise in texts["exercise"].values() for hint in exercise.get("hints", [])}
    plain = b"\n".join((copy / name).read_bytes() for name in PARTS)
    assert len(said) > 100 and not [text for text in said if len(text) >= 20 and text.encode() in plain]
    assert "The lessons hold no solutions. The library itself is" in (copy / "README.txt").read_text()


# --- it runs without the clone ----------------------------------------------------------------------------


def commands(folder: Path) -> list[list[str]]:
    lines = (folder / "README.txt").read_text(encoding="utf-8").splitlines()
    return [shlex.split(line.replace("\\", "/")) for line in lines if line.startswith("      ")]


def test_the_commands_of_its_readme_name_what_is_there(copy):
    told = commands(copy)
    linux, windows = ([".venv/bin/python", "-m"], [".venv/Scripts/python", "-m"])
    for python in (linux, windows):
        assert [*python, "pip", "install", "-c", "constraints.txt", f"./{WHEEL}[lab]"] in told
        assert [*python, "miniflow_classroom"] in told
    assert ["conda", "env", "create", "-f", "environment.yml"] in told
    assert [*linux, "miniflow_classroom", f"../{copy.name} 2"] in told
    with ZipFile(copy / WHEEL) as wheel:
        names = wheel.namelist()
        (metadata,) = (wheel.read(name).decode() for name in names if name.endswith("/METADATA"))
    assert "Provides-Extra: lab\n" in metadata and "miniflow_classroom/__main__.py" in names
    assert {"miniflow_lib/data/boston.csv", "miniflow_lib/ops.py"} <= set(names)
    assert not [name for name in names if not name.startswith(("miniflow_lib", "miniflow_classroom/"))]


def test_its_environment_has_the_packages_of_ours_and_the_wheel(copy):
    ours = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    theirs = yaml.safe_load((copy / "environment.yml").read_text(encoding="utf-8"))
    assert ours["dependencies"].pop() == {"pip": ["-e .[lab]"]}
    assert theirs.pop("dependencies") == [*ours.pop("dependencies"), {"pip": [f"./{WHEEL}[lab]"]}]
    assert theirs == ours and ["conda", "activate", ours["name"]] in commands(copy)
    pins = (copy / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert {"numpy", "jupyterlab"} <= {Requirement(pin).name for pin in pins if not pin.startswith("#")}


def test_made_twice_and_elsewhere_it_has_the_same_bytes(school):
    first = Path(f"{school.folder}.zip").read_bytes()
    for folder in (school.folder, school.home / "class"):
        school.folder = folder
        assert school.make() == 0 and Path(f"{folder}.zip").read_bytes() == first


def test_without_hatchling_it_says_what_is_missing(school, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "hatchling.builders.wheel", None)
    school.folder = school.home
    assert school.make() == 1
    assert "pip install hatchling" in capsys.readouterr().err and not school.home.exists()


# --- made again -------------------------------------------------------------------------------------------


class Class:
    """A series of two lessons, what is handed out of it, and a student who got it."""

    def __init__(self, folder: Path):
        self.series, self.folder = folder / "notebooks", folder / "class"
        self.home = folder / "home"
        for name in ("03_ops.ipynb", "04_x.ipynb"):
            self.change(name, "a = 1", "b = 2")

    def change(self, name: str, *sources: str) -> None:
        self.series.mkdir(exist_ok=True)
        cells = [v4.new_code_cell(text, id=f"cell-{n}") for n, text in enumerate(sources)]
        write(v4.new_notebook(cells=cells, metadata={"miniflow": {"lesson": name[:2]}}), self.series / name)

    def make(self) -> int:
        return main(["student", str(self.folder), "--lessons", str(self.series)])

    def unpack(self, where: Path | None = None) -> None:
        with ZipFile(f"{self.folder}.zip") as zipped:
            zipped.extractall(where or self.home)


@pytest.fixture
def school(tmp_path) -> Class:
    school = Class(tmp_path)
    assert school.make() == 0
    return school


def sources(path: Path | bytes) -> list[str]:
    notebook = nbformat.reads(path.decode(), 4) if isinstance(path, bytes) else read(path)
    return [cell.source for cell in notebook.cells]


def test_what_nobody_changed_is_replaced(school, capsys):
    notebook = read(school.folder / OPS)
    notebook.cells[0].outputs, notebook.cells[0].execution_count = [v4.new_output("stream", text="1")], 1
    nbformat.write(notebook, school.folder / OPS)  # it was tried out
    school.change("03_ops.ipynb", "a = 1", "b = 3")
    assert school.make() == 0 and "lessons/03_ops.ipynb is newer now." in capsys.readouterr().out
    assert sources(school.folder / OPS) == ["a = 1", "b = 3"]
    assert files(school.folder) == sorted([*PARTS, OPS, "lessons/04_x.ipynb"])
    assert packed(school.folder)[OPS] == (school.folder / OPS).read_bytes()


def test_what_somebody_changed_stays_and_is_handed_out(school, capsys):
    mine = edit(school.folder / OPS, "a = mine")
    (school.folder / "README.txt").write_text("Ask me in room 7.")
    (school.folder / "lessons" / "extra.ipynb").write_text(nbformat.writes(v4.new_notebook()))
    (school.folder / "work").mkdir()
    (school.folder / "work" / "tried.ipynb").write_text("mine alone")
    school.change("03_ops.ipynb", "a = 1", "b = 3")
    for _ in range(2):
        assert school.make() == 0
        said = capsys.readouterr().out
        assert "Yours stays as it is, and the new one is new 03_ops.ipynb." in said
        assert "class.zip are these as you have them: README.txt, lessons/03_ops.ipynb, lessons/ext" in said
        assert (school.folder / OPS).read_bytes() == mine and sources(school.folder / NEW)[1] == "b = 3"
    content = packed(school.folder)
    assert sorted(content) == sorted([*PARTS, OPS, "lessons/04_x.ipynb", "lessons/extra.ipynb"])
    assert sources(content[OPS]) == ["a = mine", "b = 2"] and content["README.txt"] == b"Ask me in room 7."
    assert (school.folder / "work" / "tried.ipynb").read_text() == "mine alone"
    assert main(["work", str(school.home), "--lessons", str(school.folder)]) == 0
    assert files(school.home) == ["03_ops.ipynb", "04_x.ipynb", "extra.ipynb"], "a hub hands out the same"


def test_what_a_teacher_marks_for_grading_stays_too(school):
    notebook = read(school.folder / OPS)
    for cell, key in zip(notebook.cells, ("nbgrader", "otter")):
        cell.metadata |= foreign.IN_A_CELL[key]
        cell.outputs = [v4.new_output("stream", text="an answer")]
    nbformat.write(notebook, school.folder / OPS)
    mine = (school.folder / OPS).read_bytes()
    school.change("03_ops.ipynb", "a = 1", "b = 3")
    assert school.make() == 0 and (school.folder / OPS).read_bytes() == mine
    cells = nbformat.reads(packed(school.folder)[OPS].decode(), 4).cells
    assert [cell.metadata for cell in cells] == [foreign.IN_A_CELL[key] for key in ("nbgrader", "otter")]
    assert all(cell.outputs == [] for cell in cells)


def test_a_lesson_that_was_renamed_goes_unless_somebody_changed_it(school):
    mine = edit(school.folder / OPS, "a = mine")
    for name in ("03_ops.ipynb", "04_x.ipynb"):
        (school.series / name).rename(school.series / f"1{name}")
    assert school.make() == 0
    now = [OPS, "lessons/103_ops.ipynb", "lessons/104_x.ipynb"]
    assert files(school.folder) == sorted(packed(school.folder)) == sorted([*PARTS, *now])
    assert (school.folder / OPS).read_bytes() == mine


def test_it_refuses_a_folder_with_something_in_it(school, capsys):
    school.folder = school.home
    school.home.mkdir()
    mine = school.home / "mine.ipynb"
    mine.write_text("a day of work")
    assert school.make() == 1 and "was left as it is" in capsys.readouterr().err
    assert files(school.home) == ["mine.ipynb"] and mine.read_text() == "a day of work"


def test_a_learners_own_copy_is_no_hand_out(school, capsys):
    assert main(["work", str(school.home), "--lessons", str(school.series)]) == 0
    before, school.folder = files(school.home), school.home
    assert school.make() == 1
    assert "was left as it is" in capsys.readouterr().err and files(school.home) == before


def test_it_refuses_a_file_in_the_place_of_the_folder_or_of_the_zip(school, capsys):
    school.home.mkdir()
    for name in ("file", "class.zip"):
        (school.home / name).write_text("mine")
    with ZipFile(school.home / "other.zip", "w") as zipped:
        zipped.writestr("mine", "mine")
    before = {path: path.read_bytes() for path in school.home.iterdir()}
    for name in ("file", "class", "other"):
        school.folder = school.home / name
        assert school.make() == 1
    assert {path: path.read_bytes() for path in school.home.iterdir()} == before


def test_an_empty_folder_will_do_and_no_lessons_are_an_error(school, capsys):
    shutil.rmtree(school.folder)  # its zip is still there
    assert school.make() == 0
    school.folder = school.home
    school.home.mkdir()
    assert school.make() == 0
    school.series = school.series / "nowhere"
    assert school.make() == 1


# --- at a student's ---------------------------------------------------------------------------------------


@pytest.fixture
def at_work(school, monkeypatch) -> Class:
    """The student has unpacked the hand-out, and written in one of two lessons."""
    school.unpack()
    monkeypatch.chdir(school.home / "class")
    assert at_home(["--no-lab"]) == 0
    assert files(Path("work")) == ["03_ops.ipynb", "04_x.ipynb"]
    school.mine = edit(Path("work/03_ops.ipynb"), "a = mine")
    Path("work/my_miniflow.py").write_text("# mine")
    for name in ("03_ops.ipynb", "04_x.ipynb"):
        school.change(name, "a = 1", "b = 3")
    assert school.make() == 0
    return school


@pytest.mark.parametrize("where", ["over it", "beside it"])
def test_a_newer_zip_loses_nothing_of_a_students(at_work, where, capsys):
    if where == "over it":
        at_work.unpack()
    else:
        at_work.unpack(at_work.home / "again")
    for _ in range(2):
        assert at_home(["--no-lab", *(["../again/class"] if where == "beside it" else [])]) == 0
        assert "the new one is new 03_ops.ipynb" in capsys.readouterr().out
    assert Path("work/03_ops.ipynb").read_bytes() == at_work.mine
    assert Path("work/my_miniflow.py").read_text() == "# mine"
    assert sources(Path("work/new 03_ops.ipynb")) == sources(Path("work/04_x.ipynb")) == ["a = 1", "b = 3"]
    news = json.loads(Path("work", RECORD).read_text())["news"]
    assert news == {"03_ops.ipynb": "new 03_ops.ipynb"}, "the lesson says it, by news.py"


def test_it_opens_jupyterlab_on_the_students_copy(at_work, monkeypatch):
    opened = []
    lab = SimpleNamespace(LabApp=SimpleNamespace(launch_instance=opened.append))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", lab)
    assert at_home(["--no-browser"]) == 0
    assert "--ServerApp.root_dir=work" in opened[0] and opened[0][-1] == "--no-browser"


def test_a_newer_library_is_asked_for_before_newer_lessons_come(at_work, monkeypatch, capsys):
    with ZipFile(WHEEL) as wheel:
        (record,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/RECORD"))
    compiled = "miniflow_lib/__pycache__/nodes.cpython-311.pyc,,\n"
    older = re.sub(r"(?m)^(miniflow_lib/nodes\.py,sha256=).*$", r"\1another,1", record)
    from_a_clone = "_miniflow_lib.pth,sha256=x,20\nminiflow_lib/data/boston.csv,sha256=x,1\n"
    monkeypatch.setattr(sys, "executable", str(Path.cwd() / ".venv" / "bin" / "python"))
    for text, code in ((record + compiled, 0), (older, 1), (from_a_clone, 0), ("", 0), (None, 0)):
        installed = SimpleNamespace(read_text=lambda name, text=text: {"RECORD": text}[name])
        monkeypatch.setattr(hand_out, "distribution", lambda name, found=installed: found)
        assert at_home(["--no-lab"]) == code, text
        asked = (
            f'  .venv/bin/python -m pip install --force-reinstall --no-deps "{WHEEL}"'
            in capsys.readouterr().err
        )
        assert asked == bool(code)


def test_elsewhere_it_says_where_it_should_be_called(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert at_home([]) == 1 and "Call this in the folder of your hand-out." in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


# --- what others have written -----------------------------------------------------------------------------


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
    assert packed(folder)["lessons/06_x.ipynb"] == (folder / "lessons/06_x.ipynb").read_bytes()
    copied = read(folder / "lessons/06_x.ipynb")
    *cells, last = copied.cells
    wanted = foreign.lesson()
    assert [(cell.id, cell.metadata) for cell in cells] == [(cell.id, cell.metadata) for cell in wanted.cells]
    assert last.id == "exercise" and last.metadata == exercise.metadata and last.execution_count is None
    assert copied.metadata.miniflow.pop("copy") and copied.metadata == wanted.metadata, "the class's kernel"


def test_a_notebook_of_somebody_else_is_copied_as_it_is(tmp_path):
    lessons, folder = tmp_path / "lessons", tmp_path / "class"
    lessons.mkdir()
    notebook = foreign.as_a_student_leaves_it()
    del notebook.metadata["miniflow"]
    nbformat.write(notebook, lessons / "extra.ipynb")
    solution = nbformat.v4.new_code_cell("# Solution", id="solution", metadata={"tags": ["solution:a"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[solution]), lessons / "mine.ipynb")
    assert main(["student", str(folder), "--lessons", str(lessons)]) == 0
    assert (folder / "lessons/extra.ipynb").read_bytes() == (lessons / "extra.ipynb").read_bytes()
    assert read(folder / "lessons/mine.ipynb").cells == [], "a solution is never handed out"


def test_a_lesson_that_cannot_be_read_leaves_no_half_copy_with_solutions_in_it(tmp_path, capsys):
    lessons = tmp_path / "lessons"
    shutil.copytree(FOLDER, lessons)
    (lessons / "07_new.ipynb").write_text("half a noteb")
    assert main(["student", str(tmp_path / "class"), "--lessons", str(lessons)]) == 1
    assert "07_new.ipynb cannot be read as a notebook" in capsys.readouterr().err
    assert files(tmp_path) == [f"lessons/{name}" for name in files(lessons)]


# What else is made of a lesson and of its copies.


@every_lesson
def test_a_script_made_of_a_lesson_is_python(copy, path):
    for file in (path, copy / "lessons" / path.name):
        source, resources = ScriptExporter().from_filename(str(file))
        assert resources["output_extension"] == ".py"
        compile(source, path.stem, "exec")
        assert all(cell.source in source for cell in read(file).cells if cell.cell_type == "code")


def test_nbconvert_writes_the_script_into_a_python_file(copy, tmp_path):
    (lesson, *_) = sorted(copy.glob("lessons/01*.ipynb"))
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
