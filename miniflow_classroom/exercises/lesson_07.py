"""Lesson 07: the forward half as text, an op's source, dead lines, a wrong line, a pass; and its quiz.

A look runs the learner's code, and the texts that it makes, under the guard. `got.fault` is the key of the
reply to what it found, and `got.seen` is said of what has no reply.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, fields, replace
from functools import partial
from itertools import islice
from types import SimpleNamespace

import numpy as np

import miniflow_lib
from miniflow_lib import MSE, Add, Input, Mul, Node, forward_pass, topological_sort
from miniflow_lib.errors import MiniFlowError
from miniflow_lib.program import Program, drop_dead, fold, write
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Exercise, Judge
from miniflow_classroom.judge.guard import tidy
from miniflow_classroom.judge.meaning import steps, text_of
from miniflow_classroom.judge.vocabulary import CHANGED, close, is_answer, is_function, raises, with_article

texts = Texts(__file__)
QUIZ = texts.quiz
Fault = tuple[str, str]  # the key of a reply, or "", and what is said where there is none
NOTHING = ("", "your function returns None. Does it end with `return`, on every way through it?")


def _exercise(name: str, look: Callable, form: Callable = is_function, **more: object) -> Exercise:
    """An exercise whose look finds the fault; more: the replies known by an exception, and `given`."""
    raised = {key: more.pop(key) for key in [*more] if isinstance(more[key], raises)}
    judge = Judge(look=look, wrong=lambda got: got.seen or got.fault or None, form=form)
    signs = {key: partial(_has, key) for key in texts.exercises[name]["replies"]} | raised
    return texts.exercise(name=name, judge=judge, mistakes=signs, **more)


def _has(key: str, got: SimpleNamespace) -> bool:
    return got.fault == key


def _got(result: object, fault: Fault | None) -> SimpleNamespace:
    key, seen = fault or ("", "")
    return SimpleNamespace(result=result, fault=key, seen=seen)


def _first(faults: Iterator[Fault | None]) -> Fault | None:
    return next(filter(None, faults), None)


def _run(lines: Sequence[tuple[str, str]], given: Mapping[str, object], *wanted: str) -> dict[str, object]:
    """Lines, each a name and a formula, run as the text of a program: the numbers of the wanted names."""
    shapes = {name: np.shape(value) for name, value in given.items()}
    parts = tuple((name, formula, "lines") for name, formula in lines)
    returned = {f"{number}": name for number, name in enumerate(wanted)}
    program = Program(parts, shapes, returned, "None", {}, {})
    return dict(zip(wanted, program.step()(*given.values())[1:]))


def _told(error: Exception) -> str:
    """What an exception means, of a text that was made by the learner."""
    return next(iter(steps(error, ())), f"Python says: {tidy(text_of(error))}.")


def _names(formula: str) -> set[str]:
    """The names in a formula, or in a line; raises SyntaxError where Python cannot read it."""
    return {part.id for part in ast.walk(ast.parse(formula.strip())) if isinstance(part, ast.Name)}


def _key_of(said: object, wrong: Iterable[tuple[str, object]]) -> str:
    """The key of the wrong number that this is."""
    return next((key for key, number in wrong if close(said, number)), "")


def _row_fault(text: str) -> Fault | None:
    if re.search(r"^\s|\n", text):
        return "", f"`{tidy(repr(text))}` begins with a blank or has a line break in it, and a line must not."
    return None


# --- the forward half -------------------------------------------------------------------------------------

FORWARD_LINES = """
def forward_lines(graph):
    lines = []
    # your loop goes here
    ...
    return lines
"""
# Each op: its name, what it is, and who feeds it. The rest are Inputs.
GRAPHS = (
    [("total", "Add", "p q r"), ("top", "Mul", "total p s"), ("end", "Add", "top q")],
    [("same", "Add", "w"), ("square", "Mul", "same same"), ("sum_", "Add", "square x square")],
)


def _kinds(engine: object, my: str) -> dict[str, type]:
    """Classes that are an op of the library and of the learner's engine: isinstance finds both."""
    found = {}
    for kind in ("Input", "Add", "Mul"):
        ours, theirs = getattr(miniflow_lib, kind), getattr(engine, kind, None)
        own = isinstance(theirs, type) and not issubclass(ours, theirs)
        bases = (ours,) if not own else (theirs,) if issubclass(theirs, ours) else (theirs, ours)
        found[kind] = type(my + kind, bases, {})
    return found


def _made(ops: Sequence[tuple[str, str, str]], kinds: Mapping[str, type]) -> list:
    """A sorted list of nodes that only stand there, whatever an __init__ takes: two, or any number."""
    nodes = {}
    fed = dict.fromkeys(name for *_, inputs in ops for name in inputs.split())
    rows = [(name, "Input", "") for name in fed if name not in {op for op, *_ in ops}]
    for name, kind, inputs in [*rows, *ops]:
        node = nodes[name] = object.__new__(kinds[kind])
        node.name, node.value, node.gradients = name, np.array(float(len(nodes))), {}
        node.inbound_nodes, node.outbound_nodes = tuple(nodes[one] for one in inputs.split()), []
        for inbound in dict.fromkeys(node.inbound_nodes):
            inbound.outbound_nodes.append(node)
    return list(nodes.values())


def _look_lines(function: Callable) -> SimpleNamespace:
    engine = getattr(function, "__globals__", {}).get("engine")
    result: list = []
    faults = [_world_fault(function, kinds, result) for kinds in (_kinds(engine, "My"), _kinds(engine, ""))]
    if all(faults):  # does it ask for exactly the classes of one engine?
        owners = [owner for owner in (engine, miniflow_lib) if hasattr(owner, "Add")]
        kinds = [{kind: getattr(owner, kind) for kind in ("Input", "Add", "Mul")} for owner in owners]
        exact = [_world_fault(function, some, result) for some in kinds]
        return _got(result, faults[0] if all(exact) else ("one_engine", ""))
    return _got(result, ("one_engine", "") if any(faults) else None)


def _world_fault(function: Callable, kinds: Mapping[str, type], result: list) -> Fault | None:
    for ops in GRAPHS:
        nodes = [*(graph := _made(ops, kinds))]
        before = [(node, node.name, str(node.value), *node.inbound_nodes) for node in nodes]
        said = function(graph)
        result.append([*islice(said, 100)] if isinstance(said, Iterator) else said)
        if fault := _lines_fault(result[-1], ops):
            return fault
        if graph != nodes or before != [(n, n.name, str(n.value), *n.inbound_nodes) for n in nodes]:
            return "", CHANGED
    return None


def _lines_fault(said: object, ops: Sequence[tuple[str, str, str]]) -> Fault | None:
    ours = [name for name, *_ in ops]
    if said is None:
        return NOTHING
    if not isinstance(said, (list, tuple)):
        return ("text", "") if isinstance(said, str) else ("", f"return a list, not {with_article(said)}.")
    if not said:
        return "empty", ""
    if not all(isinstance(line, str) for line in said):
        return "not_texts", ""
    if all(len(line) == 1 for line in said):
        return "letters", ""
    if fault := _first(map(_row_fault, said)):
        return fault
    whole = "\n".join(said)
    if "{" in whole:
        return "braces", ""
    if re.search(r"<|[\[(]['\"]|\bname=", whole):
        return "node_itself", ""
    parts = [[part.strip() for part in line.split("=", 1)] for line in said]
    if not all(len(part) == 2 for part in parts):
        return "no_name", ""
    left = [name for name, _ in parts]
    inputs = {name for *_, fed in ops for name in fed.split()} - set(ours)
    if inputs & set(left):
        return "inputs", ""
    if left != ours:
        for key, found in {
            "class_name": set(left) <= {"Add", "Mul", "MyAdd", "MyMul"},
            "order": sorted(left) == sorted(ours),
            "repeated": list(dict.fromkeys(left)) == ours,
            "early": left in (ours[:1], ours[-1:]),
        }.items():
            if found:
                return key, ""
        return "", f"for the ops {', '.join(ours)}, in this order, your lines set {tidy(', '.join(left))}."
    return _formulas_fault([formula for _, formula in parts], ops)


def _formulas_fault(formulas: Sequence[str], ops: Sequence[tuple[str, str, str]]) -> Fault | None:
    found, feeds = [], {name: {op for op, _, fed in ops if name in fed.split()} for name, *_ in ops}
    for formula, (name, _, fed) in zip(formulas, ops):
        fed, line = fed.split(), f"{name} = {formula}"
        if re.search(r"[-+*/]$|^[+*/]", formula):
            return "trailing", ""
        if (chain := _chain(formula)) is None:
            key = "no_sign" if re.fullmatch(r"[\w\s,]+", formula) else ""
            return key, f"`{tidy(line)}` is neither a sum nor a product of names."
        sign, terms = chain
        if any(isinstance(term, ast.Constant) for term in terms):
            return "values", ""
        if Counter(terms) != Counter(fed):
            for key, wrong in {
                "no_sign": len(terms) == 1 and "".join(fed) == terms[0],
                "twice": set(terms) == set(fed) and len(terms) < len(fed),
                "some": terms and set(terms) < set(fed),
                "itself": name in terms,
                "outbound": set(terms) <= feeds[name],
            }.items():
                if wrong:
                    return key, ""
            return "", f"{name} is fed by {', '.join(fed)}, and your line is `{tidy(line)}`."
        found.append(sign)
    want = ["+" if kind == "Add" else "*" for _, kind, _ in ops]
    wrong = [i for i, sign in enumerate(found) if sign not in ("", want[i])]
    if not wrong:
        return None
    if len({*found} - {""}) == 1:
        return "one_sign", ""
    if all(sign in ("", {"+": "*", "*": "+"}[right]) for sign, right in zip(found, want)):
        return "swapped", ""
    return "", f"look at the sign in `{ops[wrong[0]][0]} = {formulas[wrong[0]]}`."


def _chain(formula: str) -> tuple[str, list] | None:
    """The sign of a sum or a product of names, and its terms: what is no name, as its tree. Else None."""
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if isinstance(tree, ast.Tuple):
        return None
    signs, terms, left = set(), [], [tree]
    while left:
        part = left.pop()
        if isinstance(part, ast.BinOp):
            signs.add({ast.Add: "+", ast.Mult: "*"}.get(type(part.op)))
            left += [part.right, part.left]
        else:
            terms.append(part.id if isinstance(part, ast.Name) else part)
    return None if len(signs) > 1 or None in signs else ("".join(signs), terms)


# --- an op as text ----------------------------------------------------------------------------------------


class _Tanh(Node):
    """The op of the lesson. Its name is not the one that its source is given as `out`."""

    def __init__(self, fed: Node):
        Node.__init__(self, [fed], "op")

    def forward(self) -> None:
        (x,) = self.inbound_nodes
        self.value = np.tanh(x.value)

    def backward(self) -> None:
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * (1 - self.value**2)}


HERE = np.array([[0.4, -1.1]])  # what the op holds while its source is asked for
SOURCE_CASES = [  # out, g, x; and what x and g are when the program runs
    ("t", "d_t", "z", HERE, np.array([[3.0, -2.0]])),
    ("t", "d_t", "z", np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.3]]), np.arange(1.0, 7.0).reshape(2, 3)),
    ("hidden", "d_hidden_2", "l1", np.array([-0.7, 1.2]), np.array([0.5, -4.0])),
    ("h_", "d_h_", "km_", np.array(0.9), np.array(-1.5)),
]
SLOPES = [  # wrong gradients, from g, x and t = tanh(x)
    ("local", lambda g, x, t: 1 - t**2),
    ("sign", lambda g, x, t: g * (t**2 - 1)),
    ("squared", lambda g, x, t: g * (1 - x**2)),
    ("squared", lambda g, x, t: g * (1 - g**2)),
    ("squared", lambda g, x, t: g * (1 - t) ** 2),
    ("squared", lambda g, x, t: g * (1 - 2 * t)),
    ("squared", lambda g, x, t: 1 - 2 * t),
    ("sigmoid", lambda g, x, t: g * t * (1 - t)),
    ("half", lambda g, x, t: g * (1 - t)),
    ("square", lambda g, x, t: g * t**2),
    ("plus", lambda g, x, t: g * (1 + t**2)),
    ("brackets", lambda g, x, t: g * 1 - t**2),
    ("brackets", lambda g, x, t: 1 - t**2 * g),
    ("twice", lambda g, x, t: g * (1 - np.tanh(t) ** 2)),
    ("added", lambda g, x, t: g + (1 - t**2)),
    ("passed", lambda g, x, t: g),
    ("value", lambda g, x, t: g * t),
]


def _look_source(function: Callable) -> SimpleNamespace:
    kind = type("Tanh", (_Tanh,), {"source": lambda self, out, g, x: function(self, out, g, x)})
    fed, y, results = Input("fed"), Input("y"), []
    graph = topological_sort({fed: HERE, y: HERE - 1.0}, MSE(y, node := kind(fed)))
    forward_pass(node, graph)  # the op holds a number while its source is asked for

    def grad_cost() -> str:  # nothing arrives at the node yet: called or not, the name shows in a text
        return "grad_cost()"

    node.grad_cost = grad_cost
    for out, g, x, *arrays in SOURCE_CASES:
        results.append(said := function(node, out, g, x))
        if fault := _form_fault(said, out, g, x) or _source_fault(*said, out, g, x, *arrays):
            return _got(results, fault)
    del node.grad_cost
    try:
        write(graph, [fed, y], [])
    except MiniFlowError as error:
        return _got(results, ("", f"`write` says: {error}"))
    return _got(results, None)


def _form_fault(said: object, out: str, g: str, x: str) -> Fault | None:
    """What is wrong with the two lists before anything runs."""
    if said is None:
        return NOTHING
    if not isinstance(said, (list, tuple)) or len(said) != 2:
        return "two", ""
    if any(isinstance(some, str) for some in said):
        return "one_text", ""
    if not all(isinstance(some, (list, tuple)) and len(some) for some in said):
        return "two", ""
    lines, gradients = said
    if not all(isinstance(text, str) for text in (*lines, *gradients)):
        return "numbers", ""
    whole = "\n".join((*lines, *gradients))
    named = [bool(re.match(r"[^(=!<>]*=(?!=)", text)) for text in (*lines, *gradients)]
    for key, found in {
        "braces": re.search(r"\{(self|out|g|x)\b", whole),
        "self_in_text": "self" in whole,
        "arrives": "grad_cost" in whole,
        "baked": re.search(r"\[[\[\s\d.-]", whole),  # an array as Python prints it
        "power": "^" in whole,
        "swapped": not any(named[: len(lines)]) and all(named[len(lines) :]),
        "no_name": not all(named[: len(lines)]),
        "gradient_named": any(named[len(lines) :]),
        "two_gradients": len(gradients) != 1,
    }.items():
        if found:
            return key, ""
    found = _first(_line_fault(text, out, {g, x, "np"}) for text in (*lines, *gradients))
    return found or (("last", "") if _target(lines[-1]) != out else None)


def _line_fault(text: str, out: str, given: set[str]) -> Fault | None:
    if fault := _row_fault(text):
        return fault
    try:
        statements, names = ast.parse(text.strip()).body, _names(text)
    except (SyntaxError, ValueError):
        return "", f"Python cannot read `{tidy(text)}`."
    if len(statements) != 1:
        return "", "each text of your lists must be one line."
    if {"tanh", "numpy", "math"} & names:
        return "np", ""
    if {"array"} & names:
        return "baked", ""
    if _target(text) in given and "=" in text:
        return "overwrites", ""
    strange = {n for n in names - given - {out, *dir(builtins)} if not n.startswith(f"{out}_")}
    if not strange:
        return None
    return ("helper" if strange == {_target(text)} != {"out"} else "names"), ""


def _target(line: str) -> str:
    return line.partition("=")[0].strip()


def _source_fault(
    lines: Sequence[str], gradients: Sequence[str], out: str, g: str, x: str, *arrays: np.ndarray
) -> Fault | None:
    """What is wrong with the numbers; the learner's texts run here."""
    x_is, g_is = map(np.copy, arrays)
    for array in (x_is, g_is):
        array.flags.writeable = False
    pairs = [(_target(line), line.partition("=")[2].strip()) for line in lines]
    pairs.append(("gradient_", gradients[0].strip()))
    for number, (name, formula) in enumerate(pairs, 1):
        try:
            said = _run(pairs[:number], {x: x_is, g: g_is}, out if number >= len(lines) else name, name)
        except Exception as error:
            key = "overwrites" if "read-only" in str(error) else ""
            return key, f"a program stops at `{tidy(formula)}`: {_told(error)}"
    value, gradient, t = said[out], said["gradient_"], np.tanh(x_is)
    if x not in set().union(*map(_names, lines)):
        return "baked", ""
    if not close(value, t):
        if close(value, 1 / (1 + np.exp(-x_is))):
            return "sigmoid_value", ""
        return "", f"with {x} = {x_is.tolist()}, your lines do not set {out} to the tanh of {x}."
    found = _key_of(gradient, [(key, slope(g_is, x_is, t)) for key, slope in SLOPES])
    if not found and _names(gradients[0]) <= {g, "np"}:
        return "baked", ""
    if close(gradient, g_is * (1 - t**2)):
        return None
    return found, f"the value is right, and your gradient, `{tidy(gradients[0])}`, is not."


# --- dead lines -------------------------------------------------------------------------------------------

DEAD = {"d_y", "d_s1", "d_l1", "d_X", "d_W1", "d_b1"}
NEEDED = {"d_C", "d_a", "d_W2", "d_b2"}
FORWARD = {"l1", "s1", "a", "C_diff", "C"}
UPDATE = {"new_W1", "new_b1", "new_W2", "new_b2"}


def _look_dead(answer: object) -> SimpleNamespace:
    """Any collection of names, or one text of them."""
    some = [answer] if isinstance(answer, str) else answer
    if not isinstance(some, (list, tuple, set, frozenset, dict)):
        return _got(answer, ("", f"the answer must be a set of names, and is {with_article(answer)}."))
    if not all(isinstance(name, str) for name in some):
        return _got(answer, ("", "each name is a text in quotes."))
    return _got(answer, _dead_fault({name for text in some for name in re.split(r"[\s,]+", text) if name}))


def _dead_fault(got: set[str]) -> Fault | None:
    if got == DEAD:
        return None
    unknown = sorted(got - DEAD - NEEDED - FORWARD - UPDATE)
    for key, found in {
        "none": not got,
        "unknown": unknown,
        "turned": got and got <= NEEDED,
        "update": got & UPDATE,
        "forward": got & FORWARD,
        "start": "d_C" in got,
        "own_layer": got & {"d_W2", "d_b2"},
        "output": "d_a" in got,
        "first": got == {"d_y", "d_X"},
        "weights": got == DEAD - {"d_W1", "d_b1"},
        "data": got and DEAD - got <= {"d_y", "d_X"},
    }.items():
        if found:
            return key, ""
    return "more", ""


# --- the wrong line ---------------------------------------------------------------------------------------

STEP = """\
    # forward
    l1 = X @ W1 + b1
    t1 = np.tanh(l1)
    l2 = t1 @ W2 + b2
    s2 = 1.0 / (1.0 + np.exp(-l2))
    a = s2 @ W3 + b3
    C_diff = y - a
    C = (C_diff * C_diff).sum() / 20
    # backward
    d_a = -0.1 * C_diff
    d_s2 = d_a @ W3.T
    d_W3 = s2.T @ d_a
    d_b3 = d_a.sum(axis=0)
    d_l2 = d_s2 * s2 * (1.0 - s2)
    d_t1 = d_l2 @ W2.T
    d_W2 = t1.T @ d_l2
    d_b2 = d_l2.sum(axis=0)
    d_l1 = d_t1 * (1.0 - l1 * l1)
    d_W1 = X.T @ d_l1
    d_b1 = d_l1.sum(axis=0)
"""
WRONG_LINE, REPAIRED = "d_l1", "d_t1 * (1.0 - t1 * t1)"
LINES = dict(line.strip().split(" = ") for line in STEP.splitlines() if " = " in line)
REPAIRS = {  # wrong formulas
    LINES[WRONG_LINE]: "unchanged",
    "d_t1 * t1 * (1.0 - t1)": "sigmoid",
    "d_t1 * l1 * (1.0 - l1)": "sigmoid",
    "1.0 - t1 * t1": "local",
    "d_t1 * (1.0 - t1)": "half",
    "d_t1 * (1.0 - t1 * l1)": "squared",
    "d_t1 * (1.0 - d_t1 * d_t1)": "squared",
    "d_t1 * (1.0 - t1) ** 2": "squared",
    "d_t1 * (1.0 - 2 * t1)": "squared",
    "d_t1 * 1.0 - t1 * t1": "brackets",
    "1.0 - t1 * t1 * d_t1": "brackets",
    "d_t1 * (t1 * t1 - 1.0)": "sign",
    "d_t1 * (1.0 + t1 * t1)": "plus",
    "d_t1 * (1.0 - np.tanh(t1) ** 2)": "twice",
    "d_t1": "passed",
    "d_t1 * t1": "value",
}


def _weights(seed: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    """What the step is given, at random."""
    shapes = {"X": (20, 3), "y": (20, 1), "W1": (3, 5), "b1": (5,), "W2": (5, 4), "b2": (4,)}
    shapes |= {"W3": (4, 1), "b3": (1,)}
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) * scale for name, shape in shapes.items()}


def _look_repaired(answer: object) -> SimpleNamespace:
    return _got(answer, _repaired_fault(answer))


def _repaired_fault(answer: object) -> Fault | None:
    if not isinstance(answer, Mapping) or not {"name", "formula"} <= answer.keys():
        return "", 'the answer must be a dict with two entries, "name" and "formula".'
    name, formula = answer["name"], answer["formula"]
    if not isinstance(name, str) or not isinstance(formula, str):
        return "", "both entries are texts in quotes: the name of a line, and a formula."
    name, (left, sign, right) = name.partition("=")[0].strip(), formula.partition("=")
    formula = (right if sign and left.strip() == name else formula).strip()
    if name != WRONG_LINE:
        rest = {f"new_{t}{i}" for t in "Wb" for i in "123"}
        forward = [*LINES][: [*LINES].index("d_a")]
        key = {"d_t1": "line_above", "d_W1": "one_of_two", "d_b1": "one_of_two"}.get(name, "other_layer")
        return "no_line" if name not in {*LINES, *rest} else "cost" if name in forward else key, ""
    return _formula_fault(formula)


def _formula_fault(formula: str) -> Fault | None:
    if not formula:
        return "", "the line is found, and your formula is empty."
    try:
        names = _names(formula)
        ast.parse(formula, mode="eval")
    except (SyntaxError, ValueError):
        return "", f"the line is found, and Python cannot read your formula, `{tidy(formula)}`."
    above = [*LINES.items()][: [*LINES].index(WRONG_LINE)]
    known = {"np", *dir(builtins), *_weights(0), *dict(above)}
    if "^" in formula:
        return "", "the line is found. `^` is not a power in Python."
    if names & (LINES.keys() - known):
        return "later", ""
    if unknown := sorted(names - known):
        numpys = " Which library has it?" if hasattr(np, unknown[0]) else ""
        return "", f"the line is found, and the program has no name {unknown[0]} there.{numpys}"
    for seed in (1, 2, 3):
        wrong = {f"wrong_{i}": formula for i, formula in enumerate(REPAIRS)}
        want = _run([*above, ("right", REPAIRED), *wrong.items()], _weights(seed), "right", *wrong)
        try:
            said = _run([*above, ("said", formula)], _weights(seed), "said")["said"]
        except Exception as error:
            key = "layer_two" if names & {"s2", "l2"} else ""
            return key, f"the line is found, and your formula does not run. {_told(error)}"
        right, *others = want.values()
        if np.shape(said) != np.shape(right):
            gives = f"shape {np.shape(said)}" if np.shape(said) else "one number for the whole array"
            return "", f"the line is found. Your formula gives {gives}, and each number of l1 has a gradient."
        if not close(said, right):
            not_yet = "the line is found, and your formula is not right yet. What is the slope of tanh?"
            return _key_of(said, zip(REPAIRS.values(), others)), not_yet
    return None


# --- a pass -----------------------------------------------------------------------------------------------

WITHOUT_ONES = """
def without_ones(program):
    lines = []
    for name, formula, part in program.lines:
        # what becomes of the formula?
        lines.append((name, formula, part))
    return replace(program, lines=tuple(lines))
"""
TRAPS = {  # formulas, by the reply that they get when they come to another number
    "": ("1.0 * (p + q) * q", "(p + q) * 1.0", "1.0 * p + q * 1.0", "p * q", "1.0 * -q", "p * (1.0 * q)"),
    "strip": ("0.5 * q", "p * 0.1", "p * 10.0", "1.0 * 10.0 * q", "1.0 * 0.1 * p"),
    "bare": ("1.0", "1.0 * 1.0", "1.0 + p", "p - 1.0", "(p + 1.0) * q"),
    "number": ("21.0 * p", "p * 1.05", "1.0 * 21.0 * q", "p * 1.05 * 1.0"),
    "before": ("q / 1.0 * p", "p ** 1.0 * q", "1.0 * p / 1.0 * q", "p ** -1.0 * q", "q % 1.0 * p"),
    "after": ("q * 1.0 ** p", "p * 1.0 ** q * 1.0", "1.0 ** p * q", "1.0 * 1.0 ** q"),
    "minus": ("-1.0 * p", "2.0 - 1.0 * q", "np.exp(-1.0 * p)"),
}
BEFORE = ("1.0 * p", *("1.0 * " * n + "q" for n in (2, 3, 7, 40)))
AFTER = ("p * 1.0", *("q" + " * 1.0" * n for n in (2, 3, 7, 40)))


def _programs() -> Iterator[Program]:
    """One that `write` makes, one of traps, and one of a single line."""
    p, q, r = (Input(name) for name in "pqr")
    end = Mul(Add(Mul(p, q, name="u"), r, name="v"), p, name="end")
    written = fold(drop_dead(write(topological_sort({p: 2, q: 3, r: 4}, end), [p, q], [r], 0.1)))
    formulas = [formula for some in TRAPS.values() for formula in some]
    formulas += [*BEFORE, *AFTER, "1.0 * q * 1.0"]
    lines = [(f"a{i}", formula, "forward" if i % 3 else "backward") for i, formula in enumerate(formulas)]
    made = Program(tuple(lines), {"p": (), "q": ()}, {}, lines[-1][0], {}, {})
    yield from (made, written, replace(made, lines=(("c", "p * q", "forward"),), cost="c"))


def _look_pass(function: Callable) -> SimpleNamespace:
    results, faults = [], []
    for program in _programs():
        before = program.lines
        said = function(program)
        results.append(said)
        faults.append(_pass_fault(said, replace(program, lines=before)))
        if not faults[-1] and program.lines != before:
            faults.append(("", "your function changes the program that it was given. Return a new one."))
    changed = [fault for fault in faults if fault and fault[0] not in LEFT]
    return _got(results, _first(iter(changed + faults)))


def _pass_fault(said: object, program: Program) -> Fault | None:
    if said is None:
        return NOTHING
    if not isinstance(said, Program):
        kinds = {"text": str, "lines_only": (list, tuple, Iterator)}
        kind = next((key for key, kind in kinds.items() if isinstance(said, kind)), "")
        return kind, f"return a program, not {with_article(said)}."
    if not isinstance(said.lines, (list, tuple)):
        return "", f"the lines of a program are a tuple, and yours are {with_article(said.lines)}."
    if not all(isinstance(line, (list, tuple)) and len(line) == 3 for line in said.lines):
        return "part", ""
    if len(said.lines) != len(program.lines):
        return "dropped", ""
    if not all(isinstance(word, str) for line in said.lines for word in line):
        return "", "the three entries of a line are texts. `ast.unparse(tree)` is the text of a tree."
    kept = [(name, part) for name, _, part in said.lines] == [(name, part) for name, _, part in program.lines]
    same = [getattr(said, field.name) == getattr(program, field.name) for field in fields(program)[1:]]
    if not kept or not all(same):
        return "", "only the formulas may change. Names, parts, and all else stay as they are."
    pairs = [(old, new) for (_, old, _), (_, new, _) in zip(program.lines, said.lines)]
    return _changed_fault(pairs, program) or _left_fault(pairs)


def _changed_fault(pairs: Sequence[tuple[str, str]], program: Program) -> Fault | None:
    """Whether a formula comes to another number; the learner's texts run here."""
    lines = [(name, formula) for name, formula, _ in program.lines]
    for p, q in ((2.5, 3.25), (-0.75, 4.0)):
        given = {"p": p, "q": q, "r": 1.75}
        want = _run(lines, given, *dict(lines))
        for (old, new), name in zip(pairs, want):
            try:
                right = close(_run([*lines, ("said", new.strip())], given, "said")["said"], want[name])
            except Exception:
                right = False
            if not right:
                key = next((key for key, some in TRAPS.items() if old in some), "")
                became = f"`{tidy(new)}`" if new else "an empty text"
                return key, f"`{old}` became {became}. Is that the same?"
    return None


LEFT = ("unchanged", "once", "only_start", "only_end", "blank")


def _ones(formula: str) -> int:
    """How often a 1 stands in a formula."""
    return sum(isinstance(part, ast.Constant) and part.value == 1 for part in ast.walk(ast.parse(formula)))


def _left_fault(pairs: Sequence[tuple[str, str]]) -> Fault | None:
    """Whether a factor of 1 is left that began or ended a formula, be it between brackets or zeros now."""
    ends = r"^(1\.0 \* )+|( \* 1\.0)+$"
    left = {old: new for old, new in pairs if _ones(new.strip()) > _ones(re.sub(ends, "", old))}
    if not left:
        return None
    if all(old == new for old, new in pairs):
        return "unchanged", ""
    for key, found in {
        "blank": any(new != new.strip() for new in left.values()),
        "only_start": left.keys().isdisjoint(BEFORE) and left.keys() >= {*AFTER},
        "only_end": left.keys().isdisjoint(AFTER) and left.keys() >= {*BEFORE},
        "once": left.keys().isdisjoint((BEFORE[0], AFTER[0])),
    }.items():
        if found:
            return key, ""
    return "", f"a factor of 1 is left in what became of `{min(left, key=len)}`."


NOT_TEXT = ("ufunc '", "unsupported operand", "can't multiply", "concatenate str", "must be str", "'str' ob")
EXERCISES = [
    _exercise(
        "forward_lines",
        _look_lines,
        given=FORWARD_LINES,
        list_name=raises(
            AttributeError, saying=("'tuple' object has no attribute 'name'", "'list' object has")
        ),
        join_nodes=raises(TypeError, saying=("expected str instance", "can only join")),
        class_itself=raises(TypeError, saying="argument of type"),
        two_only=raises(ValueError, IndexError, saying=("to unpack", "out of range")),
    ),
    _exercise("tanh_source", _look_source, as_numbers=raises(TypeError, AttributeError, saying=NOT_TEXT)),
    _exercise("dead_lines", _look_dead, is_answer),
    _exercise("repaired", _look_repaired, is_answer),
    _exercise(
        "without_ones",
        _look_pass,
        given=WITHOUT_ONES,
        frozen=raises(FrozenInstanceError),
        item=raises(TypeError, saying="does not support item assignment"),
        three=raises(ValueError, saying="values to unpack", line=r"lines|= *line\b"),
        worked_out=raises(NameError, saying=("'p'", "'q'")),
        walk=raises(TypeError, saying="'Program' object is not iterable"),
        of_line=raises(AttributeError, saying="'tuple' object has no attribute"),
    ),
]
