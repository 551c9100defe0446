"""A class runs only the sections of its path: no cell of a path may use a name that a skipped one makes.

At night the two-hour path is run for real: by a class that watches, by one that types one piece a lesson,
and by a teacher whose kernel has run the whole lesson the evening before.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Callable, Iterable

import pytest
from nbformat import NotebookNode

from tests.lessons.test_lessons import as_pattern, bold, prose
from tests.series import FOLDER, LESSONS, code_cells, compared, every_lesson, kernel, read, tags, texts
from tools.guide import exercises, in_class, in_four_hours
from tools.minutes import sections

NAMELESS = ("lambda", "genexpr", "listcomp", "setcomp", "dictcomp")  # pieces that run where they are written
BLOCKS = (ast.For, ast.While, ast.With, ast.If, ast.Try)


def used(table: symtable.SymbolTable, whole: bool = True) -> set[str]:
    """The page's names that a piece reads when it runs; not whole: its functions and methods left out."""
    own = table.get_type() == "module"
    names = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (own or s.is_global())}
    at_once = [t for t in table.get_children() if t.get_name() in NAMELESS or t.get_type() == "class"]
    inner = table.get_children() if whole else at_once
    return names.union(*(used(t, whole or t.get_type() != "class") for t in inner))


def missing(cells: Iterable[str]) -> list[str]:
    """The names that these cells, run in order, read before they are there.

    Whoever reads a function's name is taken to call it, so all that the function reads must be there, too.
    """
    there, needs, found = set(dir(builtins)), dict[str, set[str]](), []

    def read_name(name: str, callers: tuple[str, ...] = ()) -> None:
        if name not in there:
            found.append(name)
        elif name not in callers:
            for inner in sorted(needs.get(name, ())):
                read_name(inner, (*callers, name))

    for statement in (s for cell in cells for s in ast.parse(cell).body):
        table = symtable.symtable(ast.unparse(statement), "a cell", "exec")
        made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        defined = {t.get_name(): t for t in table.get_children() if t.get_name() not in NAMELESS}
        for name in made:
            needs.pop(name, None)
        needs |= {name: used(inner) for name, inner in defined.items()}
        if isinstance(statement, (*BLOCKS, ast.FunctionDef, ast.ClassDef)):
            there |= made
        for name in sorted(used(table, whole=False)):
            read_name(name)
        there |= made
    return found


@every_lesson
@pytest.mark.parametrize("on_path", [in_class, in_four_hours])
def test_a_class_that_follows_a_path_meets_no_name_of_a_skipped_section(path, on_path: Callable):
    cells = [cell for section in sections(read(path)) if on_path(section) for cell in section]
    assert missing(cell.source for cell in cells if cell.cell_type == "code") == []


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["x = 1", "x + 1\nlen('x')"], []),
        (["print(x)", "x = 1"], ["x"]),
        (["x = x + 1"], ["x"]),
        (["import numpy as np\nfrom math import ceil", "np.array(ceil(1.5))"], []),
        (["plt.show()"], ["plt"]),
        (["def f():\n    return g(1)", "def g(x):\n    return x", "f()"], []),
        (["def f():\n    return g(1)", "f()", "def g(x):\n    return x"], ["g"]),
        (["def f():\n    return g(1)", "call = print\ncall(f)"], ["g"]),
        (["def f(n):\n    return f(n - 1)", "f(3)"], []),
        (["def f(x=start):\n    return x"], ["start"]),
        (["def f():\n    return [x * a for x in b]", "a = 1", "f()"], ["b"]),
        (["[x * a for x in range(3)]"], ["a"]),
        (["key = lambda x: x * a"], ["a"]),
        (["for x in [1]:\n    y = x\n    print(x, y)", "y"], []),
        (["class A:\n    def f(self):\n        return late", "A()"], ["late"]),
        (["class A:\n    b = later", "later = 1"], ["later"]),
        (["class A:\n    def f(self):\n        return late", "late = 1", "A()"], []),
    ],
)
def test_a_name_that_is_not_there_would_be_found(cells, names):
    assert missing(cells) == names


# --- the words of a path


def said(cell: NotebookNode) -> str:
    """What a class hears of a cell: its prose, or the question and the replies of a prediction."""
    if cell.cell_type == "markdown":
        return "" if {"opening", "map", "words"} & set(tags(cell)) else prose(cell).replace("*", "")
    return cell.source if cell.source.startswith("predict(") else ""


def unexplained(on_path: Callable) -> list[str]:
    """The new words that a path uses after it has skipped the section that explains them."""
    skipped, found = {}, []
    for path in LESSONS:
        for section in sections(read(path)):
            if on_path(section):
                text = " ".join(map(said, section))
                found += [word for word, pattern in skipped.items() if pattern.search(text)]
            else:
                explained = [bold(cell) for cell in section if cell.cell_type == "markdown" and said(cell)]
                skipped |= {word: as_pattern(word) for words in explained for word in words}
    return found


@pytest.mark.parametrize("on_path", [in_class, in_four_hours])
def test_a_class_that_follows_a_path_meets_no_word_that_a_skipped_section_explains(on_path: Callable):
    assert unexplained(on_path) == []


def test_a_word_that_is_not_explained_would_be_found():
    def without_the_sigmoid(section: list[NotebookNode]) -> bool:
        return in_class(section) and not section[0].source.startswith("## Sigmoid\n")

    assert "sigmoid" in unexplained(without_the_sigmoid)


# --- the two-hour path, run for real


def class_cells(notebook: NotebookNode) -> list[int]:
    """The numbers of the code cells on the two-hour path."""
    wanted = {cell.id for section in sections(notebook) if in_class(section) for cell in section}
    return [number for number in code_cells(notebook) if notebook.cells[number].id in wanted]


def typed(notebook: NotebookNode) -> list[str]:
    """The names of what is written on the two-hour path."""
    return [name for section in sections(notebook) if in_class(section) for name in exercises(section)]


def write_in(notebook: NotebookNode, name: str) -> None:
    """Puts the solution of an exercise in its place, and takes the cell of the solution out."""
    (given,) = (cell for cell in notebook.cells if f"exercise:{name}" in tags(cell))
    (solved,) = (cell for cell in notebook.cells if f"solution:{name}" in tags(cell))
    lines = solved.source.splitlines()[1:-1]  # without "# Solution" and its check
    owner = name.partition(".")[0]
    given.source = re.sub(rf"\b{owner}_solution\b", owner, "\n".join(lines)).strip()
    solved.source = ""


@every_lesson
def test_on_the_two_hour_path_one_thing_is_typed_in_each_lesson_but_the_first(path):
    assert len(typed(read(path))) == (path.stem != "00_start_here")


@pytest.mark.nightly
@every_lesson
@pytest.mark.parametrize("evening_before", [False, True], ids=["fresh kernel", "after Run All"])
def test_a_class_that_watches_sees_what_is_stored(path, evening_before):
    notebook, stored = read(path), read(path)
    before = code_cells(notebook) if evening_before else []
    with kernel(notebook, FOLDER) as run_cell:
        for number in before:
            run_cell(number)
        for number in class_cells(notebook):
            assert compared(run_cell(number)) == compared(stored.cells[number]), stored.cells[number].source


@pytest.mark.nightly
def test_a_class_needs_no_piece_but_the_one_that_it_types_in_each_lesson(tmp_path):
    """From the first lesson to the last in one folder, with all homework left out."""
    kept = []
    for path in LESSONS:
        notebook = read(path)
        for name in typed(notebook):
            write_in(notebook, name)
            kept.append(name)
        with kernel(notebook, tmp_path) as run_cell:
            for number in class_cells(notebook):
                cell = run_cell(number)
                if any(tag.startswith("check:") for tag in tags(cell)):
                    assert "] correct" in "".join(texts(cell)), path.stem
    mine = (tmp_path / "my_miniflow.py").read_text(encoding="utf-8")
    assert [name for name in kept if name.partition(".")[0] in mine] == [
        *("MyNode", "my_forward_pass", "MyMul.backward", "MyLinear.backward", "my_sgd_update")
    ]
