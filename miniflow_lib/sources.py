"""Lesson 07: what each op contributes to a program, as text: names of inputs go in, formulas come out.

`out` is the name of the op's own value, and g that of d cost / d out.
"""

import ast
import math
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import numpy as np

from .errors import MiniFlowError
from .nodes import Node

Shape = tuple[int, ...]
Source = tuple[Sequence[str], Sequence[str]]  # the lines that set out, and for each input its gradient


def _add(node: Node, out: str, g: str, *inputs: str) -> Source:
    return [f"{out} = {joined(' + ', inputs)}"], [_like(g, node, inbound) for inbound in node.inbound_nodes]


def _mul(node: Node, out: str, g: str, *inputs: str) -> Source:
    others = [joined(" * ", [g, *inputs[:i], *inputs[i + 1 :]]) for i in range(len(inputs))]
    gradients = [_like(other, node, inbound) for other, inbound in zip(others, node.inbound_nodes)]
    return [f"{out} = {joined(' * ', inputs)}"], gradients


def _linear(node: Node, out: str, g: str, X: str, W: str, b: str) -> Source:
    to_b = _like(g, node, node.inbound_nodes[2])
    x_shape, w_shape = (np.shape(inbound.value) for inbound in node.inbound_nodes[:2])
    n, k = w_shape[0], math.prod(w_shape[1:])
    m = math.prod(x_shape) // n  # one example or one neuron: a matrix of one row or one column
    g = reshaped(g, np.shape(node.value), (m, k))
    to_X = reshaped(f"{g} @ {reshaped(W, w_shape, (n, k))}.T", (m, n), x_shape)
    to_W = reshaped(f"{reshaped(X, x_shape, (m, n))}.T @ {g}", (n, k), w_shape)
    return [f"{out} = {X} @ {W} + {b}"], [to_X, to_W, to_b]


def _sigmoid(node: Node, out: str, g: str, x: str) -> Source:
    return [f"{out} = 1.0 / (1.0 + np.exp(-{x}))"], [f"{g} * {out} * (1.0 - {out})"]


def _mse(node: Node, out: str, g: str, y: str, a: str) -> Source:
    y_shape, shape = (np.shape(inbound.value) for inbound in node.inbound_nodes)
    m, diff = math.prod(shape), f"{out}_diff"
    squares = f"({diff} * {diff}).sum()" if shape else f"{diff} * {diff}"
    lines = [f"{diff} = {reshaped(y, y_shape, shape)} - {a}", f"{out} = {squares} / {m}"]
    return lines, [reshaped(f"2.0 / {m} * {g} * {diff}", shape, y_shape), f"-2.0 / {m} * {g} * {diff}"]


SOURCES = {"Add": _add, "Mul": _mul, "Linear": _linear, "Sigmoid": _sigmoid, "MSE": _mse}


def joined(sign: str, terms: Sequence[str]) -> str:
    """a + b + c; many as sums of halves, for Python reads no formula with thousands of signs side by side."""
    if len(terms) <= 16:
        return sign.join(terms)
    return f"({joined(sign, terms[: len(terms) // 2])}){sign}({joined(sign, terms[len(terms) // 2 :])})"


def reshaped(formula: str, shape: Shape, wanted: Shape) -> str:
    """What has this shape in another one, with the same numbers."""
    if shape == wanted:
        return formula
    if not shape:  # a plain number has no .reshape
        return f"np.full({wanted}, {formula})"
    return f"({formula}).reshape({wanted})" if wanted else f"({formula}).sum()"


def _like(formula: str, node: Node, inbound: Node) -> str:
    """What has the shape of `node`, summed over the axes along which numpy had repeated `inbound`."""
    shape, wanted = np.shape(node.value), np.shape(inbound.value)
    new = len(shape) - len(wanted)
    repeated = [i for i, n in enumerate(shape) if n > 1 and (i < new or wanted[i - new] == 1)]
    for axis in reversed(repeated):
        formula = f"({formula}).sum(axis={axis})"
    return reshaped(formula, tuple(n for i, n in enumerate(shape) if i not in repeated), wanted)


def source_of(node: Node, out: str, g: str, inputs: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """(name, formula) of each line, and the gradient of each input, from its `source` or ours."""
    kind, source = type(node).__name__, getattr(node, "source", None)
    if not callable(source):
        bases = [base.__name__.removeprefix("My") for base in type(node).__mro__]
        if not (ours := [SOURCES[base] for base in bases if base in SOURCES]):
            wanted = f"source({', '.join(['self', 'out', 'g', *inputs])}) yet"
            raise MiniFlowError(f"{kind} has no {wanted}, which says its formulas as text: see lesson 07.")
        source = partial(ours[0], node)
    try:
        lines, gradients = source(out, g, *inputs)
        parts = [line.partition("=") for line in lines]
        pairs = [(name.strip(), _formula(formula)) for name, _, formula in parts]
        gradients = [_formula(formula) for formula in gradients]
        *helpers, last = names = [name for name, _ in pairs]
        own = all(name.startswith(f"{out}_") and name.isidentifier() for name in helpers)
        if last != out or not own or len({*names}) < len(names) or len(gradients) != len(inputs):
            counts = ((len(gradients), "gradient"), (len(inputs), "input"))
            found, fed = (f"{n} {word}{'s' * (n != 1)}" for n, word in counts)
            raise ValueError(f"lines for {', '.join(names)}, and {found} for {fed}")
    except (AttributeError, TypeError, ValueError) as error:
        must = "two lists of texts: lines, first '{out}_... = ...' for helpers and last '{out} = ...'"
        wrong = f"{kind}.source() must return {must}, and a gradient for each input"
        raise MiniFlowError(f"{wrong}. Here: {error}.") from None
    return pairs, gradients


def _formula(text: str) -> str:
    """The formula as Python writes it, when it is one that sets no variables."""
    with suppress(SyntaxError):
        tree = ast.parse(text.strip(), mode="eval")
        sets_some = (ast.NamedExpr, ast.Lambda, ast.comprehension)
        if not any(isinstance(part, sets_some) for part in ast.walk(tree)):
            return ast.unparse(tree)
    raise ValueError(f"{text!r} is not one formula")
