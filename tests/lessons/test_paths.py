"""A class runs only the sections of its path: no cell of a path may use a name that a skipped one makes."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Iterable

import pytest

from tests.series import every_lesson, read
from tools.guide import in_class, in_four_hours
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
