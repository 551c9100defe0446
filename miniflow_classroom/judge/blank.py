"""Whether an answer is still blank: `...`, a function that does nothing, or the code as it was handed out."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator, Mapping
from types import CodeType

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_blank(answer: object, given: str = "") -> bool:
    """Whether nothing of the learner's is in it; given: the code as handed out, if that is more than a blank.

    A class is blank when one of its functions does nothing. A function is read in the text of its cell or
    file: of one that has no such text nothing is known, and it is not blank.
    """
    if has_dots(answer):
        return True
    functions = list(_functions_of(answer))
    if any(function is not None and _does_nothing(function) for function in functions):
        return True
    handed_out = {_essence(node) for node in ast.walk(ast.parse(given)) if isinstance(node, _Function)}
    return bool(functions) and all(_essence(function) in handed_out for function in functions)


def has_dots(answer: object) -> bool:
    """Whether it is `...`, or a list, tuple, set or dict with `...` somewhere in it."""
    if isinstance(answer, (list, tuple, set, Mapping)):
        return any(map(has_dots, answer.values() if isinstance(answer, Mapping) else answer))
    return answer is ...


def _functions_of(answer: object) -> Iterator[_Function | None]:
    """The syntax tree of a function, or of each function of a class; None where there is no text."""
    for thing in vars(answer).values() if isinstance(answer, type) else [answer]:
        code = getattr(inspect.unwrap(thing), "__code__", None)  # without its decorators
        if isinstance(code, CodeType):
            yield _tree(code)


def _tree(code: CodeType) -> _Function | None:
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError):  # a file that is no Python text
        return None
    for node in ast.walk(tree):
        if isinstance(node, _Function) and getattr(node, "name", "<lambda>") == code.co_name:
            decorators = getattr(node, "decorator_list", [])
            if code.co_firstlineno in (node.lineno, *(decorator.lineno for decorator in decorators)):
                return node
    return None


def _does_nothing(function: _Function) -> bool:
    if isinstance(function, ast.Lambda):
        return _is_nothing(function.body)
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))  # `...` and a docstring
        or (isinstance(line, ast.Return) and _is_nothing(line.value))
        or (isinstance(line, ast.Raise) and "NotImplemented" in ast.dump(line))
        for line in function.body
    )


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value in (None, ...))


def _essence(function: _Function | None) -> str:
    """What is the same for two functions that differ in comments, blank lines and line breaks alone."""
    return "no text" if function is None else ast.dump(function)
