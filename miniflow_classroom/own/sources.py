"""Where a learner wrote it: the text of a function or class of a cell, and of what it leans on."""

from __future__ import annotations

import ast
import builtins
import linecache
import symtable
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType, ModuleType

import numpy as np
from IPython import get_ipython

from miniflow_classroom.judge.blank import codes_of
from miniflow_classroom.own import standins

FILE = "my_miniflow.py"


class NotKept(Exception):
    """A right answer that cannot go into the file, or a file that cannot be used: why."""


def origin(thing: object) -> str:
    """Who wrote it: "cell" (the learner, here), "file" (the learner, earlier), "ours", or ""."""
    try:
        module = str(thing.__module__)
    except Exception:  # it has none, or an object of the learner's refuses to be asked
        return ""
    return {"__main__": "cell", FILE.removesuffix(".py"): "file", standins.__name__: "ours"}.get(module, "")


def text_of(thing: object, name: str) -> str:
    """The text of the definition of `thing` under this name, as it was typed, its decorators included."""
    for code in codes_of(thing):
        text = "".join(linecache.getlines(code.co_filename))
        if found := _segment(text, name, code.co_firstlineno):
            return found
    for text in _history():  # %%time and the like compile the cell under a name that has no lines
        if found := _segment(text, name):
            return found
    raise NotKept(f"the text of {name} was not found: write it in a cell as `class {name}` or `def {name}`")


def _segment(text: str, name: str, line: int | None = None) -> str:
    """The last definition of `name` in a text, or the one that has this line; "" when there is none."""
    found = ""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        names = [getattr(target, "id", "") for target in getattr(node, "targets", ())]
        if name in names if isinstance(node, ast.Assign) else getattr(node, "name", "") == name:
            start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            if line is None or start <= line <= node.end_lineno:
                found = shifted(text.split("\n")[start - 1 : node.end_lineno], node.col_offset)
    return found


def shifted(rows: Sequence[str], columns: int) -> str:
    """The rows without so many columns of space at their left."""
    return "\n".join(row[min(columns, len(row) - len(row.lstrip())) :].rstrip() for row in rows)


def _history() -> Iterator[str]:
    """The cells that were run, the last one first, as Python."""
    shell = get_ipython()
    for raw in reversed(shell.history_manager.input_hist_raw if shell else []):
        try:
            yield shell.transform_cell(raw.partition("\n")[2] if raw.startswith("%%") else raw)
        except SyntaxError:
            continue


# --- what it leans on -------------------------------------------------------------------------------------


def loads(text: str) -> set[str]:
    """The names that are read in a text."""
    return {
        n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def _from_around(text: str) -> list[str]:
    """The names that a text takes from around it, in alphabetical order; not Python's own."""
    found, tables = set(), [symtable.symtable(text, "", "exec")]
    own = {s.get_name() for s in tables[0].get_symbols() if s.is_assigned() or s.is_imported()}
    for table in tables:
        tables += table.get_children()
        outer = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (outer or s.is_global())}
    return sorted(found - own - {*dir(builtins)})


def leans_on(text: str, around: Mapping[str, object], known: set[str]) -> dict[str, str]:
    """{name: its text} of the imports, helpers and numbers that a text needs, but for the `known` names."""
    needed: dict[str, str] = {}
    for name in _from_around(text):
        if name in known or origin(around.get(name)) == "file":
            continue
        if name not in around:
            raise NotKept(f"it needs `{name}`, which is not defined now: put it into the cell")
        thing = around[name]
        if isinstance(thing, (type, FunctionType)) and origin(thing) == "cell":
            own = text_of(thing, name)
            needed |= leans_on(own, around, {*known, name}) | {name: own}
        else:
            needed[name] = _import_of(name, thing) or _as_written(name, thing)
    return needed


def _as_written(name: str, thing: object) -> str:
    if isinstance(thing, (int, float, str, tuple, type(None))):
        try:
            if ast.literal_eval(repr(thing)) == thing:
                return f"{name} = {thing!r}"
        except (ValueError, SyntaxError):
            pass
    raise NotKept(f"it leans on `{name}`, a {type(thing).__name__} of this notebook: put it into the cell")


def _import_of(name: str, thing: object) -> str:
    """The line that imports it; "" when it is no import."""
    if isinstance(thing, ModuleType):
        module, line = (
            thing.__name__,
            f"import {thing.__name__} as {name}".removesuffix(f" as {thing.__name__}"),
        )
    else:
        module = "numpy" if isinstance(thing, np.ufunc) else str(getattr(thing, "__module__", None))
        real = getattr(thing, "__name__", "")
        line = f"from {module} import {real} as {name}".removesuffix(f" as {real}")
        if getattr(sys.modules.get(module), str(real), None) is not thing or module == "__main__":
            return ""
    if module.partition(".")[0] in ("miniflow_lib", "miniflow_classroom"):
        raise NotKept(f"it leans on the library's {name}, and your engine has to work by itself")
    return line
