"""Whether an answer is still blank: `...`, a function that does nothing, or the code as it was handed out."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator, Mapping
from types import CodeType

_IDLE = {function.__code__.co_code for function in (lambda: None, lambda: ...)}  # as this Python has them
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_blank(answer: object, given: str = "") -> bool:
    """Whether nothing of the learner's is in it; given: the code as handed out, if that is more than a blank.

    A class is blank when one of its functions does nothing. A function is read in the text of its cell or
    file. One that has no such text, as in a cell with %%time, is compared with functions that do nothing.
    """
    if has_dots(answer):
        return True
    codes = list(codes_of(answer))
    functions = [_tree(code) for code in codes]
    if any(_is_idle(code) if tree is None else _does_nothing(tree) for code, tree in zip(codes, functions)):
        return True
    handed_out = {_essence(node) for node in ast.walk(ast.parse(given)) if isinstance(node, _Function)}
    return bool(functions) and all(_essence(function) in handed_out for function in functions)


def has_dots(answer: object) -> bool:
    """Whether it is `...`, or a list, tuple, set or dict with `...` somewhere in it."""
    if isinstance(answer, (list, tuple, set, Mapping)):
        return any(map(has_dots, answer.values() if isinstance(answer, Mapping) else answer))
    return answer is ...


def codes_of(answer: object) -> Iterator[CodeType]:
    """The code of a function, or of each function of a class."""
    for thing in vars(answer).values() if isinstance(answer, type) else [answer]:
        code = getattr(inspect.unwrap(thing), "__code__", None)  # without its decorators
        if isinstance(code, CodeType):
            yield code


def returns(function: object) -> bool:
    """Whether the text of a function has a `return` with something after it."""
    trees = [_tree(code) for code in codes_of(function)]
    nodes = [node for tree in trees if tree for node in ast.walk(tree)]
    return any(isinstance(node, ast.Return) and not _is_nothing(node.value) for node in nodes)


def _is_idle(code: CodeType) -> bool:
    return code.co_code in _IDLE and set(code.co_consts) <= {None, ...}


def _tree(code: CodeType) -> _Function | None:
    """The syntax tree of a function; None where there is no text."""
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
