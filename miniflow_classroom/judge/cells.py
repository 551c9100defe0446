"""Which cell stopped before it was done: an answer from an earlier run must not be judged in its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from IPython import get_ipython

# What looks like a definition in a cell that Python cannot read: `x = `, `a, b = `, `class X`, also `clas X`.
_ASSIGNED = re.compile(r"^[ \t]*([\w, \t]+?)[ \t]*(?::[^=\n]*)?=(?!=)(?!.*,[ \t]*$)", re.M)
_NAMED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:cl\w*|de(?!l\b)\w*)[ \t]+(\w+)", re.M | re.I)
_WITH_NAMES_OF_THEIR_OWN = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)

_stopped: dict[str, str] = {}  # {name: how the cell that was to define it came to its end}
_before: dict[str, object] = {}  # {name: what it was when the cell that runs now began}


def stopped(name: str) -> str:
    """How the last cell that was to define `name` stopped before it did, "NameError in line 3"; else ""."""
    return _stopped.get(name, "")


def watch() -> None:
    """Follows the cells of this notebook from now on; does nothing outside IPython."""
    shell = get_ipython()
    if shell:
        shell.events.register("pre_run_cell", _begins)
        shell.events.register("post_run_cell", _ends)


def _begins(info) -> None:
    _before.clear()
    for name in defined_in(_python(info.raw_cell)):
        _before[name] = get_ipython().user_ns.get(name)


def _ends(result) -> None:
    cell = result.info.raw_cell or ""
    text, now = _python(cell), get_ipython().user_ns
    error = result.error_before_exec or result.error_in_exec
    line = 0 if cell.lstrip().startswith("%%") else _line_of(error)
    done = _names(statement for statement in _statements(text) or () if statement.end_lineno < line)
    for name in defined_in(text):
        if error is None or name in done or (name in _before and now.get(name) is not _before[name]):
            _stopped.pop(name, None)
        else:
            _stopped[name] = type(error).__name__ + (f" in line {line}" if line else "")
    _before.clear()


def _python(cell: str) -> str:
    """The cell without %magics, and without a first line like %%time."""
    cell = re.sub(r"\A\s*%%.*", "", cell or "")
    try:
        return get_ipython().transform_cell(cell)
    except SyntaxError:
        return cell


def _line_of(error: BaseException | None) -> int:
    """The line of the cell that did not get to its end; 0 when none is known."""
    tb = getattr(error, "__traceback__", None)
    while tb is not None:
        if tb.tb_frame.f_globals is get_ipython().user_ns:
            return tb.tb_lineno
        tb = tb.tb_next
    return getattr(error, "lineno", 0) or 0


def _statements(text: str) -> list[ast.stmt] | None:
    """The cell's statements; None where it cannot be read."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):
        return None


def defined_in(text: str) -> set[str]:
    """The names to which a cell gives a meaning, or seems to."""
    statements = _statements(text)
    if statements is not None:
        return _names(statements)
    return {*re.split(r"\W+", " ".join(_ASSIGNED.findall(text))), *_NAMED.findall(text)}


def _names(to_see: Iterable[ast.AST]) -> set[str]:
    found, to_see = set(), list(to_see)
    while to_see:
        node = to_see.pop()
        if isinstance(node, _WITH_NAMES_OF_THEIR_OWN):
            found.add(getattr(node, "name", ""))
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        else:
            to_see += ast.iter_child_nodes(node)
    return found


watch()
