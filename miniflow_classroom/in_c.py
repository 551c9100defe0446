"""Lesson 07: a program as C, in plain loops with the sizes written in, and compiled by the system's compiler.

    print(c_text(program))                                        # a whole epoch as a text
    epoch = c_epoch(program)                                      # the text, compiled
    total, W1, b1, W2, b2 = epoch(X_all, y_all, W1, b1, W2, b2)   # X_all: (batches, rows, columns)

These loops know nothing of BLAS: on a large network, numpy is faster.
"""

from __future__ import annotations

import ast
import ctypes
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from errno import ENOENT
from itertools import count
from math import isfinite, prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from miniflow_lib.errors import FLOAT, MiniFlowError, what
from miniflow_lib.program import Program

AXES = "ijklmn"  # the letters that loops count with
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARED = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
MATH = "exp expm1 log log1p sqrt sin cos tan sinh cosh tanh".split()  # called the same in <math.h>
CALLS = {name: f"{name}({{}})" for name in MATH} | {"abs": "fabs({})", "where": "({} ? {} : {})"}
CALLS |= {"square": "({0} * {0})", "maximum": "({0} > {1} || {0} != {0} ? {0} : {1})"}  # nan stays nan
INPUTS = dict.fromkeys(CALLS, 1) | {"where": 3, "maximum": 2}
TAKEN = {*AXES, *MATH, *"fabs pow NAN INFINITY epoch batch batches total auto case char const do".split()}
TAKEN |= {*"default double enum extern float goto inline int long register restrict short signed".split()}
TAKEN |= {*"sizeof static struct switch typedef union unsigned void volatile".split()}
FLAGS = "-std=c99 -O3 -ffp-contract=fast -shared -fPIC epoch.c -o epoch.so -lm".split()


def c_text(program: Program) -> str:
    """An epoch as C: a loop for each line of the program, and one more where something is added up."""
    loops = _Loops(program)
    for name, formula, part in program.lines:
        loops.lines += [f"/* {part} */"] * (f"/* {part} */" not in loops.lines)
        loops.put(ast.parse(formula, mode="eval").body, name)
    for weight, new in program.update.items():  # last of all, for every line reads the old weights
        loops.assign(weight, ast.Name(new))
    loops.lines += [f"total += {loops.word[program.cost]}[0];"]
    loops.lines += [f"{loops.word[name]} += {prod(program.shapes[name])};" for name in _data(program)]
    given = [f"const double *{loops.word[name]}" for name in [*_data(program), *program.fixed]]
    given += [f"double *restrict {loops.word[name]}" for name in program.update]
    text = f"#include <math.h>\n\ndouble epoch(int batches, {', '.join(given)}) {{\n    double total = 0.0;\n"
    text += "".join(f"    static double {loops.word[name]}[{n}];\n" for name, n in loops.made.items())
    text += "    for (int batch = 0; batch < batches; batch++) {\n"
    return text + "".join(f"        {line}\n" for line in loops.lines) + "    }\n    return total;\n}\n"


def _data(program: Program) -> list[str]:
    """What a step reads and does not change; an epoch is given it for all batches."""
    return [name for name in program.shapes if name not in program.update]


class _Loops:
    """The lines of C of one step, and the arrays that they make, {name: size}."""

    def __init__(self, program: Program):
        given = {name: np.ones(shape) for name, shape in program.shapes.items()}
        self.world = {"np": np, **program.fixed, **given}  # numpy is asked for the shape of every formula
        self.lines: list[str] = []
        self.made: dict[str, int] = {}
        self.word: dict[str, str] = {}  # each name in C, where none can be called `int`
        for name in [*program.shapes, *program.fixed, *(name for name, _, _ in program.lines)]:
            word = name
            while word in TAKEN or word in self.word.values():
                word += "_"
            self.word[name] = word

    def shape(self, tree: ast.expr) -> tuple[int, ...]:
        with np.errstate(all="ignore"):
            return np.shape(eval(ast.unparse(tree), self.world))

    def put(self, tree: ast.expr, name: str = "") -> ast.Name:
        """A formula's numbers in an array of their own, called t1, t2, ... where the program has no name."""
        name = name or next(t for n in count(1) if (t := f"t{n}") not in self.word)
        self.word.setdefault(name, name)
        shape = self.shape(tree)
        self.assign(name, tree)
        self.world[name], self.made[name] = np.ones(shape), prod(shape)
        return ast.Name(name)

    def assign(self, name: str, tree: ast.expr) -> None:
        """The loops that write a formula's numbers into an array; what is added up begins at 0."""
        shape = sizes = self.shape(tree)
        factors, summed = [(tree, slice(None))], []
        match tree:
            case ast.BinOp(left, ast.MatMult(), right) if len(self.shape(right)) <= 2:
                left, right = self.looked_up(left), self.looked_up(right)
                inner = len(self.shape(left)) - 1
                sizes, summed = (*self.shape(left), *self.shape(right)[1:]), [inner]
                factors = [(left, slice(inner + 1)), (right, slice(inner, None))]
            case ast.Call(
                ast.Attribute(of, "sum"), [], [] | [ast.keyword("axis", ast.Constant(int()))] as axis
            ):
                sizes, factors = self.shape(of), [(of, slice(None))]
                summed = [each.value.value for each in axis] or range(len(sizes))
            case ast.BinOp(_, ast.MatMult(), _) | ast.Call(ast.Attribute(_, "sum")):
                raise _no_c(tree)
        every = AXES[: len(sizes)]
        own = "".join(letter for axis, letter in enumerate(every) if axis not in summed)
        if len(sizes) > len(AXES):
            raise _no_c(tree)
        formula = " * ".join(self.cell(factor, every[axes]) for factor, axes in factors)
        formula = formula[1:-1] if formula[0] == "(" and len(factors) == 1 else formula
        out = f"{self.word[name]}[{_index(own, shape)}]"
        if own != every:
            self.lines.append(f"{_heads(own, shape)}{out} = 0.0;")
        self.lines.append(f"{_heads(every, sizes)}{out} {'=' if own == every else '+='} {formula};")

    def looked_up(self, tree: ast.expr) -> ast.expr:
        """A factor of a product, which reads it many times: so what has to be worked out is, beforehand."""
        work = (ast.BinOp, ast.UnaryOp, ast.Compare)
        is_work = any(isinstance(n, work) or getattr(n, "id", "") == "np" for n in ast.walk(tree))
        return self.put(tree) if is_work else tree

    def cell(self, tree: ast.expr, at: Sequence[str]) -> str:
        """The number at one place of what a formula gives, in C; sums get an array beforehand."""
        shape = self.shape(tree)
        at = at[len(at) - len(shape) :]
        match tree:
            case ast.Name(name):
                return f"{self.word[name]}[{_index(at, shape)}]"
            case ast.Constant(bool() | int() | float() as number) if isfinite(number):
                return repr(float(number))
            case ast.Attribute(of, "T"):
                return self.cell(of, at[::-1])
            case ast.Call(ast.Attribute(of, "reshape"), _, []):
                of = of if isinstance(of, ast.Name) else self.put(of)
                return f"{self.word[of.id]}[{_index(at, shape)}]"
            case ast.BinOp(_, ast.MatMult(), _) | ast.Call(ast.Attribute(_, "sum")):
                return self.cell(self.put(tree), at)
            case ast.UnaryOp(ast.USub(), of):
                number = self.cell(of, at)
                return f"-({number})" if number[0] == "-" else f"-{number}"
            case ast.BinOp(left, ast.Pow(), right):
                return f"pow({self.cell(left, at)}, {self.cell(right, at)})"
            case ast.BinOp(ast.Compare(), _, ast.Compare()):
                raise _no_c(tree)  # numpy joins two truth values by `or` and `and`
            case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
                return f"({self.cell(left, at)} {SIGNS[type(sign)]} {self.cell(right, at)})"
            case ast.Compare(left, [sign], [right]) if type(sign) in COMPARED:
                return f"({self.cell(left, at)} {COMPARED[type(sign)]} {self.cell(right, at)} ? 1.0 : 0.0)"
            case ast.Call(ast.Attribute(ast.Name("np"), "full"), [_, of], []):
                return self.cell(of, at)
            case ast.Call(ast.Attribute(ast.Name("np"), name), inputs, []) if len(inputs) == INPUTS.get(name):
                return CALLS[name].format(*(self.cell(of, at) for of in inputs))
        raise _no_c(tree)


def _no_c(tree: ast.expr) -> MiniFlowError:
    known = f"+ - * / ** @ > <, .T, .reshape(...), .sum(axis=0), np.{', np.'.join(CALLS)}"
    return MiniFlowError(f"{ast.unparse(tree)} cannot be written in C here, where there is only {known}.")


def _heads(letters: str, sizes: Sequence[int]) -> str:
    return "".join(f"for (int {i} = 0; {i} < {n}; {i}++) " for i, n in zip(letters, sizes) if n > 1)


def _index(at: Sequence[str], shape: Sequence[int]) -> str:
    """Where a number lies in an array whose rows come one after another."""
    steps = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    terms = [i if step == 1 else f"{i} * {step}" for i, n, step in zip(at, shape, steps) if n > 1]
    return " + ".join(terms) or "0"


def compiler_and_options() -> list[str]:
    """What the environment variable CC says, else cc."""
    return shlex.split(os.environ.get("CC", "")) or ["cc"]


def c_epoch(program: Program) -> Callable[..., tuple]:
    """epoch(X_all, y_all, *weights): the sum of the costs, and new weights; no array of yours is changed.

    Raises FileNotFoundError where no C compiler can be started: `cc`, or what the variable CC names.
    """
    compiler, *options = compiler_and_options()
    if shutil.which(compiler) is None:
        raise FileNotFoundError(ENOENT, f"There is no C compiler {compiler}", "cc")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # once it is loaded, nobody needs the file
        Path(folder, "epoch.c").write_text(c_text(program), encoding="utf-8")
        for more in (["-march=native"], []):  # for this very processor, where the compiler can
            command = [compiler, *options, *FLAGS, *more]
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            except OSError as error:  # it is there, and this system starts no program
                raise FileNotFoundError(
                    ENOENT, f"{compiler} cannot be started here: {error}", "cc"
                ) from error
            if done.returncode == 0:
                break
        else:
            raise MiniFlowError(f"{compiler} cannot compile the program: {done.stderr.strip()}")
        library = ctypes.PyDLL(str(Path(folder, "epoch.so")))  # keeps Python's lock: its arrays are shared
    library.epoch.restype = ctypes.c_double
    shapes, data = [*program.shapes.values()], len(program.shapes) - len(program.update)

    def epoch(*given: np.ndarray) -> tuple:
        fit = all(isinstance(one, float) or (type(one) is np.ndarray and one.dtype == FLOAT) for one in given)
        fit = fit and [np.shape(one)[i < data :] for i, one in enumerate(given)] == shapes
        if not fit or len(batches := {np.shape(one)[:1] for one in given[:data]}) != 1 or () in batches:
            raise _wrong(program, given)
        read = [*map(np.ascontiguousarray, [*given[:data], *program.fixed.values()])]
        weights = [np.array(one, order="C") for one in given[data:]]
        places = [ctypes.c_void_p(array.ctypes.data) for array in read]
        places += [ctypes.byref(ctypes.c_double.from_buffer(array)) for array in weights]  # quicker
        return library.epoch(len(read[0]), *places), *weights

    return epoch


def _wrong(program: Program, given: Sequence) -> MiniFlowError:
    """That this epoch is for other shapes or kinds."""
    shapes = [("batches",) * (name in _data(program)) + shape for name, shape in program.shapes.items()]
    takes = ", ".join(map("{} {}".format, program.shapes, shapes)).replace("'", "")
    found = ", ".join(map(what, given)) or "nothing"
    return MiniFlowError(f"This epoch takes floats, {takes}; it was given {found}.")
