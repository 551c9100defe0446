"""Lesson 07: the sorted list written out as a program of plain numpy, to be read, changed and compiled.

    program = fold(drop_dead(write(graph, [X, y], [W1, b1, W2, b2], learning_rate=0.01)))
    print(program)                                              # the text
    cost, W1, b1, W2, b2 = program.step()(X, y, W1, b1, W2, b2)  # the text, run

In every step the engine asks who feeds whom, and which shapes meet. In a graph that stays the same, so do
the answers: here they are asked once, while the program is written. d_x stands for d cost / d x.
"""

import ast
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from itertools import groupby

import numpy as np

from .errors import FLOAT, MiniFlowError, a_kind, check_list_of_nodes, check_number, is_input, what
from .mistakes import check_parts
from .nodes import Input, Node
from .passes import forward_and_backward
from .tracing import trace
from .writer import Text

Shape = tuple[int, ...]
NUMBER = (int, float)
Line = tuple[str, str, str]  # name, formula, and the part that it stands in


@dataclass(frozen=True)
class Program:
    """Lines, each name once. print shows the text, step runs it; a pass, as drop_dead, makes another."""

    lines: tuple[Line, ...]
    shapes: dict[str, Shape]  # of what a step is given, data first: the text holds for these alone
    update: dict[str, str]  # {weight: the name of its new value}
    cost: str
    gradients: dict[str, str]  # {Input: the name of its gradient}
    fixed: dict[str, np.ndarray]  # the other Inputs that are no plain number: read, and not given

    def __str__(self) -> str:
        fits = [f"{n}.shape == {s}" if s else f"np.shape({n}) == ()" for n, s in self.shapes.items()]
        pairs = [" and ".join(fits[i : i + 2]) for i in range(0, len(fits), 2)]
        text = f"def step({', '.join(self.shapes)}):\n" + "".join(f"    assert {pair}\n" for pair in pairs)
        for part, lines in groupby(self.lines, lambda line: line[2]):
            text += f"    # {part}\n" + "".join(f"    {name} = {formula}\n" for name, formula, _ in lines)
        return f"{text}    return {', '.join([self.cost, *self.update.values()])}\n"

    def step(self, jit: Callable | None = None, **world: object) -> Callable:
        """The text as a function: step(*data, *weights) returns the cost and the new weights.

        Through a compiler with jit=numba.njit, or with jit=jax.jit, np=jax.numpy; what that made is its
        `__wrapped__`. Raises MiniFlowError where it is given other shapes than the text is for, or with
        numpy no floats (arrays are asked at the first call).
        """
        is_first = with_numpy = jit is None and "np" not in world
        world = {"np": np, **self.fixed, **world}
        exec(compile(str(self), "<program>", "exec", optimize=0), world)  # with its asserts, under -O too
        function = jit(world["step"]) if jit else world["step"]

        @wraps(function)
        def step(*given):
            nonlocal is_first
            if is_first:  # small whole numbers would wrap round
                self._check_given(given, with_numpy)
                is_first = not any(self.shapes.values())  # each time, a thirtieth of a step of arrays
            try:
                return function(*given)
            except Exception:
                self._check_given(given, with_numpy)
                raise

        return step

    def _check_given(self, given: Sequence, with_numpy: bool) -> None:
        """Raises where a step is given something else than the text is for."""
        if len(given) != len(self.shapes):
            raise MiniFlowError(f"This step takes ({', '.join(self.shapes)}), not {len(given)} values.")
        for (name, shape), one in zip(self.shapes.items(), given):
            is_number, kind = isinstance(one, NUMBER), getattr(one, "dtype", "")
            found = () if is_number else getattr(one, "shape", None)
            is_plain = kind == "" or type(one) is np.ndarray
            if found != shape or (with_numpy and not is_number and not (is_plain and kind == FLOAT)):
                must = f"an array of floats of shape {shape}" if shape else "a number"
                shown = what(one) if is_plain else f"{a_kind(one)} of shape {found} and kind {kind}"
                way_out = "make it one, or write another program, for this shape"
                raise MiniFlowError(f"{name} must be {must}, not {shown}: {way_out}.") from None


def write(
    graph: Sequence[Node], data: Sequence[Input], trainables: Sequence[Input], learning_rate: float = 1e-2
) -> Program:
    """One step of SGD as text: forward, backward with every gradient there is, update.

    graph: the sorted list, its last node the cost, with values: the text holds for their shapes. Inputs that
    are neither data nor trainable stay what they are now. Raises MiniFlowError for an op without `source`,
    or with one that gives other numbers than the op, on the values of now or on others close to them, where
    the op takes those. (A `source` that itself chooses by a value, `if self.value > 0`, is not noticed:
    np.where belongs in it.)
    """
    rate = check_number("The learning rate", learning_rate, 0)
    check_list_of_nodes("data", data)
    check_parts(graph, data, trainables)
    now = {node: node.value for node in (*data, *trainables)}
    with trace.silent(), np.errstate(all="ignore"):
        forward_and_backward(graph)  # from here on there are shapes, and numbers to compare with
        text = Text(graph, now)
        text.forward()
        text.backward()
        update = {text.word[node]: text.update(node, rate) for node in dict.fromkeys(trainables)}
        text.compare("compare the two")
        text.compare_elsewhere()
    lines = tuple(sorted(text.lines, key=lambda line: line[2] != "numbers"))
    shapes = {text.word[node]: np.shape(node.value) for node in now}
    gradients = {text.word[node]: text.d[node] for node in graph if is_input(node)}
    return Program(lines, shapes, update, text.word[graph[-1]], gradients, text.fixed)


# --- passes: each takes a program, and returns one that gives the same -------------------------------------


def drop_dead(program: Program, also: Sequence[str] = ()) -> Program:
    """Without the lines that neither the cost, a new weight nor a name in `also` needs: X's gradient, say."""
    needed, kept = {program.cost, *program.update.values(), *also}, []
    if unknown := sorted({*also} - {name for name, _, _ in program.lines}):
        raise MiniFlowError(f"also= takes a list of names, and no line sets {unknown[0]!r}.")
    for name, formula, part in reversed(program.lines):
        if name in needed:
            needed |= {node.id for node in ast.walk(ast.parse(formula)) if isinstance(node, ast.Name)}
            kept.append((name, formula, part))
    return replace(program, lines=tuple(reversed(kept)))


def fold(program: Program) -> Program:
    """With numbers worked out now, and no second name for the same thing."""
    stay, known, kept = {program.cost, *program.update.values(), *program.gradients.values()}, {}, []
    for name, formula, part in program.lines:
        tree = _Fold(known).visit(ast.parse(formula, mode="eval").body)
        if name not in stay and (isinstance(tree, ast.Name) or _is_number(tree)):
            known[name] = tree
        else:
            kept.append((name, ast.unparse(tree), part))
    return replace(program, lines=tuple(kept))


def _is_number(tree: ast.AST) -> bool:
    """2.0, and -2.0, which is a minus and a number"""
    tree = tree.operand if isinstance(tree, ast.UnaryOp) else tree
    return isinstance(tree, ast.Constant) and isinstance(tree.value, NUMBER)


class _Fold(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]):
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.known.get(node.id, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if _is_number(node.left) and _is_number(node.right):
            with suppress(ArithmeticError, TypeError, ValueError):  # 1 / 0.0 stays as it is, and so does inf
                number = eval(ast.unparse(node))
                if isinstance(number, NUMBER) and math.isfinite(number):
                    return ast.parse(repr(number), mode="eval").body
        return node


def for_each_shape(make: Callable[..., Callable]) -> Callable:
    """step(*given) which asks make(*given) for a step once for each shape that comes along, as JAX does."""
    steps: dict[tuple[Shape, ...], Callable] = {}

    def step(*given):
        shapes = tuple(map(np.shape, given))
        if shapes not in steps:
            steps[shapes] = make(*given)
        return steps[shapes](*given)

    return step
