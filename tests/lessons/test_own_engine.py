"""The learner's engine grows through lessons 01 to 06, trains the first network, and is written out in 07."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import miniflow_lib as library
from tests.case import of_the_page
from tests.series import compared, read, run, tags
from miniflow_classroom.own.file import ALL, PIECES

LESSONS = ("01", "02", "03", "04", "05", "06")  # those with pieces
FILE = "my_miniflow.py"
OURS = ("numpy", "miniflow_lib", "miniflow_classroom")  # plots and scikit-learn take long to import


def piece(cell: nbformat.NotebookNode, part: str) -> str:
    """The name of the piece whose task, exercise, check or solution this cell is, else ""."""
    names = (tag.partition(":")[2] for tag in tags(cell) if tag.startswith(f"{part}:"))
    return next((name for name in names if name in ALL), "")


def solutions(cells: list[nbformat.NotebookNode]) -> dict[str, str]:
    """{piece: its solution, as the learner would have written it}"""
    found = {}
    for cell in cells:
        if name := piece(cell, "solution"):
            owner = name.partition(".")[0]
            text = "\n".join(cell.source.splitlines()[:-1]).rstrip()
            found[name] = re.sub(rf"\b{owner}_solution\b", owner, text)
    return found


def is_needed(statement: ast.stmt) -> bool:
    """Whether a piece may need it: an import, a function, or names that `mine` gives."""
    if isinstance(statement, ast.ImportFrom):
        return str(statement.module).partition(".")[0] in OURS
    if isinstance(statement, ast.Import):
        return statement.names[0].name in OURS
    if isinstance(statement, ast.FunctionDef):
        return not statement.decorator_list
    gives = statement.value if isinstance(statement, ast.Assign) else None
    if isinstance(gives, ast.Name):
        return gives.id == "pieces"  # what `mine` gave in the line before
    return isinstance(gives, ast.Call) and isinstance(gives.func, ast.Name) and gives.func.id == "mine"


def needed(source: str) -> str:
    return "\n".join(ast.unparse(statement) for statement in ast.parse(source).body if is_needed(statement))


def shortened(lesson: str) -> Iterator[tuple[str, str]]:
    """(piece whose check this is or "", source): the cells of a lesson that its pieces need, all solved."""
    cells = read(lesson).cells
    solved = solutions(cells)
    for cell in cells:
        if name := piece(cell, "exercise"):
            yield "", solved[name]
        elif name := piece(cell, "check"):
            yield name, cell.source
        elif cell.cell_type == "code" and not re.search(r"'(exercise|check|solution):", str(tags(cell))):
            if source := needed(cell.source):
                yield "", source


class Solved:
    """What the checks said, {piece: text}; the file after each, and what the last `mine` said."""

    def __init__(self, folder: Path):
        self.folder, self.said, self.files, self.last = folder, {}, {}, ""

    def work_through(self, lesson: str) -> None:
        steps = list(shortened(lesson))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for _, source in steps])
        resources = {"metadata": {"path": str(self.folder)}}
        client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources)
        with client.setup_kernel():
            for number, (name, _) in enumerate(steps):
                cell = client.execute_cell(notebook.cells[number], number)
                printed = "".join(out.get("text", "") for out in cell.outputs)
                if name:
                    self.said[name] = " ".join(printed.split())
                    self.files[name] = (self.folder / FILE).read_text(encoding="utf-8")
                elif printed:
                    self.last = " ".join(printed.split())


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> Solved:
    found = Solved(tmp_path_factory.mktemp("a learner's folder"))
    for lesson in LESSONS:
        found.work_through(lesson)
    return found


def loaded(text: str, folder: Path, name: str) -> ModuleType:
    """The file as a module of its own, in this process."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.heavy
def test_the_pieces_of_each_lesson_are_those_that_the_engine_is_made_of():
    found = [name for lesson in LESSONS for name in solutions(read(lesson).cells)]
    assert sorted(found) == sorted(ALL) and len(PIECES) == 20
    for lesson in LESSONS:
        for name in solutions(read(lesson).cells):
            assert ALL[name].lesson == lesson, name


@pytest.mark.heavy
def test_every_solution_is_correct_and_kept(solved):
    for name in ALL:
        said = solved.said[name]
        assert said.startswith(f"[{name}] correct") and said.endswith(f"It is in {FILE}."), said
    assert solved.last == f"All 20 pieces are yours: {FILE} needs only numpy."


@pytest.mark.heavy
def test_the_file_can_be_imported_after_every_step(solved, tmp_path):
    for number, (name, text) in enumerate(solved.files.items()):
        module = loaded(text, tmp_path, f"step_{number}")
        assert hasattr(module, name.partition(".")[0]), name
        if number < len(ALL) - 1:
            assert text != solved.files["my_train"], name


@pytest.mark.heavy
def test_in_the_end_it_needs_only_numpy(solved):
    text = solved.files["my_train"]
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
    assert "# ours" not in text


@pytest.mark.heavy
def test_it_trains_the_first_network_as_the_library_does(solved, tmp_path):
    """With the very program of lesson 06; and my_train gives the costs of the library's train."""
    own = loaded(solved.files["my_train"], tmp_path, "whole")
    space, boston = {"np": np, "library": library}, library.load_boston()
    for cell in read("06").cells:
        if re.search(r"^def (standardise|network|resampled|first_run|deal)\b", cell.source, re.MULTILINE):
            exec(needed(cell.source), space)
    features, target = space["standardise"](boston.data, by=boston.data), boston.target
    space |= {"boston": boston, "scaled": features}
    for draw, cost in (("resampled", "5.348"), ("deal", "6.510")):
        yours, ours = (space["first_run"](engine, draw=space[draw]) for engine in (own, library))
        assert len(yours) == 100 and f"{yours[-1]:.3f}" == cost
        assert np.abs(yours - ours).max() < 1e-12

    costs = []
    for engine in own, library:
        weights = space["first_weights"](np.random.default_rng(1))
        graph, (X, y, *trainables) = space["network"](features, target, weights, engine)
        costs.append(engine.train(graph, {X: features, y: target}, trainables, epochs=10, batch_size=25))
    assert len(costs[0]) == 10 and np.abs(np.subtract(*costs)).max() < 1e-12


@pytest.mark.heavy
def test_it_trains_the_case_as_the_library_does(solved, tmp_path):
    """With the program of the lesson's first capstone."""
    own = loaded(solved.files["my_train"], tmp_path, "on_the_case")
    space = of_the_page("standardise", "network", "start", "hands", "on_engine")
    known, _ = space["known"], space["new"] = space["hands"](405)[0]
    for name, column in (("homes", "table"), ("scaled_paid", "paid")):
        space[name] = space["standardise"](space[column], by=space[column][known])
    yours, ours = (space["on_engine"](engine, 20) for engine in (own, library))
    assert len(yours) == 81 and np.abs(yours - ours).max() < 1e-12


@pytest.mark.heavy
def test_lesson_07_stores_of_the_librarys_engine_what_a_learners_gives(solved):
    """Up to the last cell that uses it, all outputs but the line that says whose engine it is."""
    stored = read("07").cells
    calls = re.compile(r"\bengine\b[.)]")
    code = [(number, cell) for number, cell in enumerate(stored) if cell.cell_type == "code"]
    last = max(number for number, cell in code if calls.search(cell.source))
    assert "item:boston-same" in tags(stored[last])
    ran = run(stored[: last + 1], solved.folder)
    (other,) = [cell for cell, ours in zip(ran, stored) if compared(cell) != compared(ours)]
    assert other.source == "engine = mine()"
    assert compared(other) == [("stdout", f"All 20 pieces are yours: {FILE} needs only numpy.\n")]


@pytest.mark.heavy
def test_its_add_takes_any_number_and_its_leftovers_do_not_count(solved, tmp_path):
    own = loaded(solved.files["my_train"], tmp_path, "engine")
    x, y, z = inputs = [own.Input(name) for name in "xyz"]
    for _ in range(2):
        total = own.Add(x, y, z)
        for node, value in zip(inputs, (4, 5, 10)):
            node.value = value
        own.forward_and_backward([*inputs, total])
        assert total.value == 19 and [node.gradients[node] for node in inputs] == [1, 1, 1]
