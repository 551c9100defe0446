"""The vocabulary of the checks, and the guard around a learner's code."""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import random
import sys
import threading
import time
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from miniflow_lib import Add, Input, Mul, Node, forward_pass, topological_sort, trace
from tests.slopes import as_cost, assert_gradients_are_slopes, numbers
import miniflow_classroom
from miniflow_classroom.judge import check as module
from miniflow_classroom.judge.blank import is_blank
from miniflow_classroom.judge.check import check, verdict
from miniflow_classroom.judge.exercise import Exercise, Question, exercises
from miniflow_classroom.judge.guard import Trouble, guarded
from miniflow_classroom.judge.vocabulary import (
    close,
    computes,
    function,
    gives,
    hands_on,
    is_like,
    op,
    order,
    raises,
    run,
    shape,
    value,
)
from miniflow_classroom.widgets.quiz import hint_box, prose, quiz_box


def exercise(judge, mistakes=(), **more) -> Exercise:
    return Exercise(
        name="answer", todo="write it", judge=judge, mistakes=mistakes, hints=["one", "two"], **more
    )


def said(judge, source: str, mistakes=(), **more) -> str:
    """The verdict on what a cell with this source makes, as a learner would read it."""
    own: dict = {"__name__": "__main__", "Node": Node, "np": np, "Input": Input, "Add": Add}
    linecache.cache["<cell>"] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        "<cell>",
    )  # as IPython does
    exec(compile(source, "<cell>", "exec"), own)
    return verdict(exercise(judge, mistakes, **more), own.get("answer", ...), own).removeprefix("[answer] ")


TO_DO = "to do: write it, then run both cells again"
TIMES = function([(2.0, 3.0), (-2.0, 5.0)], like=lambda x, y: x * y)


# --- to do, not yet, correct ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "",
        "answer = ...",
        "answer = [1, ...]",
        "answer = {'x': 1, 'y': (2, ...)}",
        "def answer(x, y): ...",
        "def answer(x, y): pass",
        "def answer(x, y): return",
        "def answer(x, y): return ...",
        "def answer(x, y): return None",
        "def answer(x, y):\n    'What it does.'",
        "async def answer(x, y): ...",
        "answer = lambda x, y: ...",
        "answer = lambda x, y: None",
        "answer = [\n    abs,\n    lambda x, y: ...,\n][1]",
        "from functools import cache\n\n\n@cache\ndef answer(x, y):\n    # your lines go here\n    ...",
        "def answer(x, y):\n    '''What it does.'''\n    ...",
        "def answer(x, y):\n    raise NotImplementedError",
        "def answer(x, y):\n    raise NotImplementedError('not written yet')",
        "def answer(x, y):\n    product = ...\n    return product",
        "def answer(x, y):\n    product = ...\n    return product + 1",
        "class answer(Node):\n    def forward(self):\n        self.value = 1.0\n    def backward(self): ...",
        "class answer(Node):\n    @staticmethod\n    def forward(): ...",
        "class answer(Node):\n    @classmethod\n    def forward(cls):\n        'In\\\nlines.'",
    ],
)
def test_a_blank_is_to_do(source):
    assert said(TIMES, source) == TO_DO


@pytest.mark.parametrize(
    "source",
    [
        "def answer(x, y):\n    x * y",
        "def answer(x, y):\n    return x",
        "def answer(x, y):\n    raise ValueError",
        "def answer(x, y):\n    ...\n    return 0",
        "answer = lambda x, y: 0",
        "answer = max",
        "answer = np.hypot",
    ],
)
def test_a_line_of_ones_own_is_judged(source):
    assert said(TIMES, source).startswith("not yet: ")


GIVEN = """
class answer(Node):
    def __init__(self, x):
        super().__init__([x])

    def forward(self):
        (x,) = self.inbound_nodes
        self.value = x.value + 1
"""


def test_code_as_given_is_to_do_until_it_is_changed():
    given = "def answer(x, y):\n    return x + y"
    assert said(TIMES, given, given=given) == TO_DO
    assert said(TIMES, "def answer(x,y):  # hm\n\n    return (x +\n        y)", given=given) == TO_DO
    assert said(TIMES, given + " + 0", given=given).startswith("not yet")
    assert said(TIMES, "def answer(y, x):\n    return x + y", given=given).startswith("not yet")
    assert said(TIMES, given.replace("+", "*"), given=given) == "correct"
    double = op(lambda x: 2 * x, [(0.5,), (3.0,)], backward=False)
    commented = "# mine\n" + GIVEN.replace("+ 1", "+ 1  # or minus?").replace("super", "\n        super")
    assert said(double, commented, given=GIVEN) == TO_DO
    assert said(double, GIVEN.replace("+ 1", "* 2"), given=GIVEN) == "correct"
    more = GIVEN + "\n    def backward(self):\n        self.gradients = {}"
    assert said(double, more, given=GIVEN).startswith("not yet")


def test_a_function_without_its_text_is_blank_when_it_does_nothing():
    """As in a cell with %%time, or in a file that has changed since."""
    for number, text in enumerate(["def answer(x: ...\n", "def other(x): ...\n", "\ndef answer(x): ...\n"]):
        own: dict = {}
        linecache.cache[f"<file {number}>"] = len(text), None, text.splitlines(keepends=True), "<file>"
        exec(compile("def answer(x): ...", f"<file {number}>", "exec"), own)
        assert is_blank(own["answer"], "def answer(x): ...")
    for body, blank in {
        "pass": True,
        "return": True,
        "return ...": True,
        "return 5": False,
        "x = 2": False,
    }.items():
        exec(f"def answer(x): {body}\n\n\nclass Answer:\n    def forward(self): {body}", own)
        assert is_blank(own["answer"]) == is_blank(own["Answer"]) == blank, body


def test_correct_says_its_praise():
    assert said(value(6), "answer = 6") == "correct"
    assert said(value(6), "answer = 6", praise="Well seen.") == "correct: Well seen."


def test_the_first_mistake_that_holds_speaks_and_a_predicate_that_fails_is_no_mistake():
    mistakes = [
        (lambda got: got["no"] == 1, "a dict."),
        (lambda got: got > 6, "too large."),
        (lambda got: got > 7, "far too large."),
    ]
    assert said(value(6), "answer = 9", mistakes) == "not yet: too large."
    assert said(value(6), "answer = 5", mistakes).startswith("not yet: the answer is not right yet")


def test_check_looks_at_the_object_of_the_cell_it_stands_in(monkeypatch, capsys):
    monkeypatch.setattr(module, "exercises", lambda: {"answer": exercise(value(6))})
    own = {"check": check}
    for source, state in [
        ("check('answer')", "to do"),
        ("answer = 5; answer_solution = 6; check('answer')", "not yet"),
        ("check('answer', answer_solution)", "correct"),
        ("answer = 6; check('answer')", "correct"),
        ("answer = None; check('answer')", "not yet: the answer is None"),
    ]:
        exec(source, own)
        out = capsys.readouterr().out
        assert out.startswith(f"[answer] {state}") and out.endswith("\n"), source
        assert max(map(len, out.split("\n"))) <= 80
    check("nothing of that name")
    assert "there is no exercise of this name" in capsys.readouterr().out


@pytest.mark.parametrize(
    "encoding, shown", [("ascii", "40^2 is ? * 2."), ("cp1252", "40^2 is ? * 2."), ("utf-8", "40² is Ω · 2.")]
)
def test_what_check_says_goes_into_any_file(monkeypatch, encoding, shown):
    answer = exercise(value(6), [(is_like(20), "40² is Ω · 2.")])
    monkeypatch.setattr(module, "exercises", lambda: {"answer": answer})
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) as out:
        check("answer", 20)
    out.flush()
    assert out.buffer.getvalue().decode(encoding) == f"[answer] not yet: {shown}\n"


def test_every_public_word_is_reached_from_the_package():
    for name in ("check", "hints", "quiz", "check_gradients"):
        assert callable(getattr(miniflow_classroom, name))


# --- the vocabulary ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("want", "got", "right"),
    [
        (6, "6.0", True),
        (6, "np.float64(6 + 1e-9)", True),
        (6, "'6'", False),
        (6, "[6]", False),
        (6, "True", False),
        (True, "np.bool_(True)", True),
        ("None", "' none '", True),
        ([1, 2], "(1, 2)", True),
        ([1, 2], "np.array([1.0, 2.0])", True),
        ([1, 2], "np.array([[1.0, 2.0]])", False),
        ({"x": 1}, "{'x': 1.0}", True),
        ({"x": 1}, "{'x': 1, 'y': 2}", False),
        ({"x": "a"}, "{'x': 'A'}", True),
        (["a", "b"], "['a', 'b']", True),
        ({1, 2}, "{2, 1}", True),
        (6, "float('nan')", False),
        (6, "6 + 0j", False),
    ],
)
def test_values(want, got, right):
    assert said(value(want), f"answer = {got}").startswith("correct" if right else "not yet")


@pytest.mark.parametrize(
    ("want", "got", "part"),
    [
        (6, "None", "is None"),
        (6, "Add", "a function or a class"),
        (6, "Add(Input('x'))", "a node, the recipe"),
        (6, "'six'", "a number, not a text"),
        ("six", "6", "a text in quotes"),
        ([1, 2], "[1, 2, 3]", "must have 2 entries, and has 3"),
        ([1, 2], "np.array([[1.0], [2.0]])", "shape (2, 1)"),
        (6.0, "float('nan')", "inf or a nan"),
        ({"x": 1, "y": 2}, "{'x': 1}", "no entry yet for y"),
        ({"x": 1, "y": 2}, "{'x': 1, 'y': 3}", "look again at y. The other 1 of 2 is right"),
        ({"x": 1}, "{'x': 1, 'z': 3}", "an entry too many: z"),
        ({"x": 1}, "[1]", "it must be a dict"),
        (6, "{'x': 6}", "is a dict, and must be a different kind of thing"),
    ],
)
def test_values_that_are_wrong_are_told_how_and_never_the_answer(want, got, part):
    printed = said(value(want), f"answer = {got}")
    assert part in printed
    assert f"{want!r}" not in printed


@pytest.mark.parametrize(
    ("got", "part"),
    [
        ("(11, 10)", "correct"),
        ("[11, 10]", "correct"),
        ("np.zeros((11, 10))", "correct"),
        ("(10, 11)", "in the wrong order"),
        ("(11,)", "has 1 number."),
        ("11", "has 1 number."),
        ("(11, 13)", "not that shape yet"),
        ("np.zeros", "Call it: the result is the answer"),
    ],
)
def test_shapes(got, part):
    assert part in said(shape(11, 10), f"answer = {got}")


ARROWS = [("x", "q"), ("y", "q"), ("q", "f"), ("z", "f")]


@pytest.mark.parametrize(
    ("got", "part"),
    [
        ("['x', 'y', 'q', 'z', 'f']", "correct"),
        ("'z y x q f'", "correct"),
        ("'z, y, x, q, f'", "correct"),
        ("[Input(name) for name in 'xyzqf']", "correct"),
        ("'x q y z f'", "q runs before y, which feeds it"),
        ("'x y q f'", "z is not in the order yet"),
        ("'x x y q z f'", "x is in the order twice"),
        ("'x y q z g'", "g is in the order, and it is not in the graph"),
        ("7", "your code stopped"),
    ],
)
def test_orders(got, part):
    assert part in said(order(*ARROWS), f"answer = {got}")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("def answer(x, y): return x * y", "correct"),
        ("answer = lambda x, y: y * x", "correct"),
        ("def answer(x, y): return x + y", "not yet: that adds."),
        ("def answer(x, y): x * y", "returns None"),
        ("answer = 6", "must be a function"),
        ("def answer(x): return x", "called with arguments it does not take"),
        ("def answer(x, y): return x * y * 2", "the result for (2.0, 3.0) is not right yet"),
        ("def answer(x, y): return [x * y]", "not the number itself"),
        ("def answer(x, y): print(x); return x * y", "correct"),
    ],
)
def test_functions(source, part):
    assert part in said(TIMES, source, [(gives(lambda x, y: x + y), "that adds.")])


def test_a_function_that_changes_what_it_was_given_is_told():
    judge = function([([3, 1, 2],)], like=sorted)
    in_place = "def answer(xs):\n    xs.sort()\n    return xs"
    assert "changes what it was given" in said(judge, in_place)
    assert said(judge, "answer = sorted") == "correct"
    allowed = function([([3, 1, 2],)], like=sorted, in_place=True)
    assert said(allowed, in_place) == "correct"
    arrays = function([(np.array([3.0, 1.0]),)], like=lambda v: v - 1)
    assert "changes what it was given" in said(arrays, "def answer(v):\n    v -= 1\n    return v")


def test_many_right_answers_and_cases_made_afresh():
    def graph():
        x = Input("x")
        return (Mul(Add(x, x), x),)

    def right(result, output):
        return None if result[-1] is output else "the output comes last."

    judge = function([graph], right=right)
    walk = "def answer(out):\n    return [*out.inbound_nodes, out]"
    assert said(judge, walk) == "correct"
    assert (
        said(judge, "def answer(out): return [out, out.inbound_nodes[0]]")
        == "not yet: the output comes last."
    )
    assert "returns None" in said(judge, "def answer(out): out")


def test_a_mistake_that_shows_as_a_crash():
    mistakes = [(raises(IndexError), "the last place is one less than the length.")]
    source = "def answer(x, y): return [x][1]"
    assert said(TIMES, source, mistakes) == "not yet: the last place is one less than the length."


TANH = op(np.tanh, [(0.5,), ([[-1.0, 2.0]],)])
HEAD = "class answer(Node):\n    def __init__(self, x):\n        Node.__init__(self, [x])\n"
FORWARD = "    def forward(self):\n        self.value = np.tanh(self.inbound_nodes[0].value)\n"
BACKWARD = "    def backward(self):\n        (x,) = self.inbound_nodes\n        self.gradients = {{x: {}}}\n"


@pytest.mark.parametrize(
    ("backward", "part"),
    [
        ("self.grad_cost() * (1 - self.value**2)", "correct"),
        ("1 - self.value**2", "not yet: that is the local slope."),
        ("-self.grad_cost() * (1 - self.value**2)", "the sign is wrong"),
        (
            "self.grad_cost() * (1 - x.value**2)",
            "at (0.5), 2.75 arrives and 2.0625 goes out.",
        ),
    ],
)
def test_ops(backward, part):
    mistakes = [(hands_on(lambda g, x: [1 - np.tanh(x) ** 2]), "that is the local slope.")]
    assert part in said(TANH, HEAD + FORWARD + BACKWARD.format(backward), mistakes)


@pytest.mark.parametrize("case", [(0.5,), ([0.5],), ([[0.5, -1.0]],)])
@pytest.mark.parametrize("number", ["0", "1", "2", "2.0", "np.full_like(x.value, 2)", "self.value"])
def test_a_number_in_the_place_of_what_arrives_is_wrong(case, number):
    source = HEAD + FORWARD + BACKWARD.format(f"{number} * (1 - self.value**2)")
    assert said(op(np.tanh, [case]), source).startswith("not yet: ")


def test_ops_are_judged_forward_first():
    mistakes = [(computes(np.sinh), "that is sinh.")]
    good = BACKWARD.format("self.grad_cost() * (1 - self.value**2)")
    assert said(TANH, HEAD + FORWARD.replace("tanh", "sinh") + good, mistakes) == "not yet: that is sinh."
    assert "forward: the value for (0.5)" in said(TANH, HEAD + FORWARD.replace("tanh", "cosh") + good)
    assert said(op(np.tanh, [(0.5,)], backward=False), HEAD + FORWARD) == "correct"
    assert said(TANH, HEAD + FORWARD) == TO_DO  # no backward yet
    assert "must be an op" in said(TANH, "answer = np.tanh")
    nothing = "    def backward(self):\n        self.gradients = {}\n"
    assert "after backward(), self.gradients is still empty" in said(TANH, HEAD + FORWARD + nothing)


def test_an_op_on_one_node_used_twice():
    class Product(Node):
        def __init__(self, a, b):
            Node.__init__(self, [a, b])

        def forward(self):
            a, b = self.inbound_nodes
            self.value = a.value * b.value

        def backward(self):
            a, b = self.inbound_nodes
            self.gradients = {a: self.grad_cost() * b.value, b: self.grad_cost() * a.value}

    twice = op(lambda x: x * x, [(3.0,)], make=lambda cls, x: cls(x, x))
    assert verdict(exercise(twice), Product, {}).startswith(
        "[answer] not yet: forward is right; backward is not"
    )
    assert verdict(exercise(twice), Mul, {}) == "[answer] correct"


PRODUCT = op(lambda x, y: x * y, [(2.0, 5.0), (-3.0, 0.5)])
CURVE = op(lambda x: np.maximum(x, 0), [(-2.0,), ([[1.0, -2.0], [-3.0, 4.0]],)], backward=False)
TWO = """class answer(Node):
    def __init__(self, x, y):
        super().__init__([x, y])

    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value * y.value

    def backward(self):
        {}"""
UNPACK, ONE = "x, y = self.inbound_nodes", "(x,) = self.inbound_nodes"
MIXED = "{x: self.grad_cost() * y.value, y: self.grad_cost() * x.value}"


@pytest.mark.parametrize(
    ("judge", "lines", "part"),
    [
        (
            CURVE,
            [ONE, "if self.value is None:", "    self.value = np.maximum(x.value, 0)"],
            "the value stayed",
        ),
        (CURVE, [ONE, "if x.value < 0:", "    self.value = 0"], "need a single yes or no"),
        (CURVE, [ONE, "self.value = max(x.value, 0)"], "need a single yes or no"),
        (CURVE, [ONE, "return np.maximum(x.value, 0)"], "your forward returns its result"),
        (CURVE, ["self.value = np.maximum(x.value, 0)"], "`x` has no value there"),
        (CURVE, ["self.value = np.maximum(t, 0)"], "your method reads `t`, which was made outside it"),
        (CURVE, ["self.value = np.maximum(q.value, 0)"], "your method reads `q`, which was made outside it"),
        (CURVE, ["x = self.inbound_nodes", "self.value = x.value"], "asks a whole tuple for its `value`"),
        (CURVE, [ONE, "self.value = np.maximum(x, 0)"], "a node is not a number"),
        (PRODUCT, [UNPACK, "self.gradients = {'x': y.value, 'y': x.value}"], "self.gradients are texts"),
        (PRODUCT, [UNPACK, f"return {MIXED}"], "your backward returns its result"),
        (PRODUCT, [f"self.gradients = {MIXED}"], "has no value there"),
        (
            PRODUCT,
            [
                UNPACK,
                "g = self.grad_cost()",
                "self.gradients = {n: g * self.value / n.value for n in (x, y)}",
            ],
            "hands on an inf or a nan at (0.0, 0.0)",
        ),
        (PRODUCT, [UNPACK, "self.gradients = {x: y.value}"], "has no entry for input_2. Its keys: input_1"),
        (PRODUCT, [UNPACK, "self.gradients = {x: x.grad_cost(), y: 0}"], "asks input_1 what arrives there"),
        (PRODUCT, [UNPACK, "self.gradients = [y.value, x.value]"], "self.gradients is a list"),
        (PRODUCT, [UNPACK, "self.gradients[x] += y.value"], "asked a dict for the gradient of a node"),
        (
            PRODUCT,
            [UNPACK, "g = self.grad_cost()", "self.gradients = {x: g + y.value, y: g + x.value}"],
            "at (2.0, 5.0), 2.75 arrives and 7.75 and 4.75 go out",
        ),
    ],
)
def test_a_likely_mistake_in_an_op_is_told_without_words_of_numpy_or_of_the_engine(judge, lines, part):
    body = "\n        ".join(lines)
    source = HEAD + f"    def forward(self):\n        {body}\n" if judge is CURVE else TWO.format(body)
    own: dict = {"__name__": "__main__", "Node": Node, "np": np, "t": np.arange(3.0), "q": Input("q")}
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    exec(compile(source, "<cell>", "exec"), own)
    told = verdict(exercise(judge), own["answer"], own, 3)
    assert part in told and "set no gradient" not in told and "ambiguous" not in told


def test_what_an_answer_takes_from_its_own_cell_is_no_stranger():
    source = "half = 0.5\n\n\ndef answer(x, y):\n    return half * x * y"
    assert "the result for (2.0, 3.0)" in said(TIMES, source)
    source = "def answer(x, y):\n    return Add and helper(x, y)\n\n\ndef helper(x, y):\n    return x * y"
    assert said(TIMES, source) == "correct"


def test_an_op_is_run_on_zeros_and_on_tables():
    numbers = op(lambda x: x * x, [(2.0,), (-3.0,)], backward=False)
    head = HEAD + "    def forward(self):\n        (x,) = self.inbound_nodes\n        self.value = "
    assert said(numbers, head + "x.value**2") == "correct"
    assert "the value for (0.0)" in said(numbers, head + "x.value**3 / x.value")
    assert "whole array" in said(numbers, head + "float(x.value) ** 2")
    assert "as long as a column" in said(numbers, head + "x.value.dot(x.value)")


MATRICES = function([(np.ones((2, 3)), np.ones((3, 4)), np.ones(3))], like=lambda W1, W2, b: b @ W2)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("W2 @ W1", "Here a row has 4 numbers, a column 2."),
        ("np.dot(W2, W1)", "in a matrix product of (3, 4) and (2, 3)"),
        ("W1 + W2", "the shapes (2, 3) and (3, 4) do not fit"),
        ("W1 * W2", "work number by number"),
        ("b @ 2.0", "one of the two factors is a single number"),
        ("W1.reshape(4, 2)", "an array of 6 numbers does not fit into shape (4, 2)"),
        ("max(b, 0)", "need a single yes or no"),
        ("b if b > 0 else 0", "need a single yes or no"),
        ("b ^ 2", "`^` is not a power in Python"),
        ("float(b)", "takes one number, and it got a whole array"),
        ("W1.reshape(b)", "must be a whole number"),
        ("[v for v in b[0]]", "a single number there"),
        ("b[0][0]", "a single number there"),
        ("b(2)", "takes that for a call"),
        ("b.value", "asks for the `.value` of a number or an array"),
        ("exp(b)", "Python by itself has no `exp`"),
        ("np.exp * b", "computes with a function itself"),
        ("{b: 1}", "as a key of a dict"),
    ],
)
def test_what_numpy_says_of_a_shape_is_told_in_our_words(line, part):
    told = said(MATRICES, f"def answer(W1, W2, b):\n    return {line}")
    assert part in told
    for word in ("Error", "gufunc", "operand", "ufunc", "ambiguous", "a.any()", "casting"):
        assert word not in told, told


def test_an_array_that_is_changed_in_place_into_a_different_shape_is_told():
    head = "def answer(W1, W2, b):\n    "
    assert "keeps its shape, (3,), and the result has shape (2, 3)" in said(
        MATRICES, head + "b += W1\n    return b"
    )
    assert "`@=` keeps its shape" in said(MATRICES, head + "W1 @= W2\n    return b")


class Minus(Node):
    """Turns the sign of the one array that it hands to both."""

    def __init__(self, x, y):
        Node.__init__(self, [x, y])

    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value - y.value

    def backward(self):
        x, y = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {x: g}
        g *= -1
        self.gradients[y] = g


class Times(Minus):
    """Scales the gradient that it got."""

    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value * y.value

    def backward(self):
        x, y = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {x: g * y.value}
        g *= x.value
        self.gradients[y] = g


class TanhBack(Node):
    """Writes its slope into the gradient that it got."""

    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        self.value = np.tanh(self.inbound_nodes[0].value)

    def backward(self):
        g = self.grad_cost()
        g *= 1 - self.value**2
        self.gradients = {self.inbound_nodes[0]: g}


@pytest.mark.parametrize(
    ("kind", "formula"), [(Minus, lambda x, y: x - y), (Times, lambda x, y: x * y), (TanhBack, np.tanh)]
)
def test_an_op_that_is_correct_on_numbers_is_right_on_arrays_too(kind, formula):
    on_numbers = op(formula, [(0.5,)] if kind is TanhBack else [(2.0, 5.0)])
    assert verdict(exercise(on_numbers), kind, {}) == "[answer] correct"
    a, b = Input("a"), Input("b")
    node = kind(a) if kind is TanhBack else kind(a, b)
    y, cost = as_cost(Add(node, a, b))
    for size in ((3,), (2, 2)):
        assert_gradients_are_slopes(cost, [a, b, y], [numbers(size, seed) for seed in range(3)])


def test_an_op_of_lesson_04_that_writes_into_its_inputs_is_not_correct():
    class Times(Minus):
        def forward(self):
            x, y = self.inbound_nodes
            self.value = x.value
            self.value *= y.value

    assert "Times.forward() changes the value of" in verdict(exercises()["SafeTimes"], Times, {})


def test_a_run_of_a_training():
    judge = run(lambda f: f(10), lambda got: None if got < 0.1 else "the cost is still too high.")
    mistakes = [(is_like(10), "it has not learned at all.")]
    assert said(judge, "def answer(n): return 0.5 ** n", mistakes) == "correct"
    assert said(judge, "def answer(n): return n", mistakes) == "not yet: it has not learned at all."
    assert said(judge, "def answer(n): return 2 ** n", mistakes) == "not yet: the cost is still too high."


def test_close_compares_anything_without_raising():
    things = [
        None,
        ...,
        1,
        "1",
        [1, "a"],
        {"a": np.ones(2)},
        np.ones((2, 2)),
        Input("x"),
        object(),
        {1},
        [[1], [1, 2]],
        [[3.0], [4.0]],
        [["3.0"], ["4.0"]],
        np.array([["3.0"], ["4.0"]]),
    ]
    for a in things:
        assert close(a, a), a
        assert not any(close(a, b) for b in things if b is not a), a


# --- a crash, in the learner's line ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("x / 0", "the divisor is zero (ZeroDivisionError: float division by zero)."),
        ("[x][1]", "minus one (IndexError: list index out of range)."),
        ("{}['k']", "the dict has no such key (KeyError: 'k')."),
        ("xx * y", "`xx` has no value there."),
        ("x.shpae", "AttributeError"),
        ("x @ np.ones(3)", "`@` is for rows and columns, and one of the two factors is a single number."),
        ("None + x", "something there is None"),
        ("x + 'a'", "two kinds of things"),
        ("answer(x, y)", "RecursionError"),
        ("np.ones(2) @ np.ones(3)", "Here a row has 2 numbers, a column 3."),
        ("Input('x').forward() or forward_pass", "The Input x has no value"),
        ("object().x", "'object' object has no attribute 'x'"),
        ("next(iter([]))", "where there is none left (StopIteration)."),
        ("[].pop()", "`return [].pop()`: IndexError: pop from empty list."),
        ("np.ones(2)[x]", "a place in an array must be a whole number (IndexError: only integers"),
        ("np.ones(2).sum(axis=1)", "since the first is axis 0 (AxisError: axis 1 is out of bounds"),
    ],
)
def test_a_crash_names_the_line_of_the_cell_and_what_it_means(body, part):
    printed = said(TIMES, f"def answer(x, y):\n    z = 1\n    return {body}")
    assert printed.startswith("not yet: your code stopped at line 3 of your cell") and part in printed
    assert "Traceback" not in printed and " at 0x" not in printed and "\n" not in printed


@pytest.mark.parametrize(
    "what", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "MemoryError('x' * 999)"]
)
def test_nothing_that_is_raised_gets_out(what):
    printed = said(TIMES, f"def answer(x, y):\n    raise {what}")
    assert printed.startswith("not yet: ") and len(printed) < 400


def test_an_interrupted_check_says_so():
    printed = said(TIMES, "def answer(x, y):\n    raise KeyboardInterrupt")
    assert printed == "not yet: the check was interrupted before it came to its end."


def test_a_message_of_several_lines_or_with_an_address_is_told_on_one_line():
    source = "def answer(x, y):\n    raise OSError(f'first line\\n  then {object()}')"
    where = "your code stopped at line 2 of your cell, `raise OSError(f'first line\\n  then {object()}')`"
    assert said(TIMES, source) == f"not yet: {where}: OSError: first line then <object object>."


def test_an_object_that_refuses_everything():
    source = """
class Odd:
    def __eq__(self, other): raise KeyError
    def __len__(self): raise ValueError
    def __array__(self, *a, **k): raise OSError
    def __repr__(self): raise RuntimeError
    def __iter__(self): raise ZeroDivisionError
"""
    for judge in (value(6), value([1]), value({"x": 1}), shape(2, 3), order(*ARROWS), TIMES, TANH):
        for last in ("answer = Odd()", "answer = [Odd()]", "def answer(*a): return Odd()", "answer = Odd"):
            assert said(judge, source + last).startswith("not yet: ")


# --- a loop without an end --------------------------------------------------------------------------------

ENDLESS = [
    "while True: pass",
    "while True:\n        x += 1\n",
    "for i in iter(int, 1): y = i",
    "sum(1 for _ in iter(int, 1))",
    "xs = [1]\n    for v in xs: xs.append(v)",
    "while True:\n        try:\n            x += 1\n        except: pass",
    "while True:\n        try:\n            while True: pass\n        except: pass",
    "while True:\n        try:\n            x += 1\n        except BaseException: continue",
    "while True:\n        try: x += 1\n        finally: continue",
    """def inner():
        while True:
            try:
                while True: pass
            except: pass
    while True:
        try: inner()
        except: pass""",
    "while True: print(x)",
]


@pytest.mark.parametrize("body", ENDLESS)
def test_a_loop_without_an_end_is_given_up_whatever_it_catches(body):
    before, traced = time.monotonic(), sys.gettrace()
    printed = said(TIMES, f"def answer(x, y):\n    {body}", seconds=0.3)
    assert "still running after 0.3 seconds" in printed
    assert time.monotonic() - before < 10
    assert sys.gettrace() is traced and (sys.version_info < (3, 12) or sys.monitoring.get_tool(4) is None)
    assert sum(range(1000)) == 499500  # nothing of it is left to go off later


def test_a_lock_of_coverage_is_given_back_before_a_loop_is_given_up():
    # As coverage's own tracer does: a lock is taken and given back by functions in Python, at every line.
    tool: dict = {"__name__": "coverage.collector", "lock": threading.Lock(), "taken": []}
    source = """
def trace(frame, event, arg):
    take()
    give_back()
    return trace

def take():
    if not lock.acquire(blocking=False):
        taken.append("coverage would wait here, and for ever")
    for number in range(20): pass

def give_back():
    lock.release()
"""
    exec(source, tool)

    def endless() -> None:
        number = 0
        while True:
            number += 1

    traced = sys.gettrace()
    for _ in range(15):
        sys.settrace(tool["trace"])
        try:
            with pytest.raises(Trouble, match="still running"):
                guarded(endless, {}, 0.005)
        finally:
            sys.settrace(traced)
        assert not tool["taken"] and not tool["lock"].locked()


def test_a_loop_in_another_thread_than_the_main_one_is_given_up():
    printed = []
    source = "def answer(x, y):\n    while True: pass"
    thread = threading.Thread(target=lambda: printed.append(said(TIMES, source, seconds=0.3)))
    thread.start()
    thread.join(10)
    assert printed and "still running" in printed[0]


def test_many_quick_answers_leave_no_late_stop_behind():
    traced = sys.gettrace()
    for _ in range(300):
        with contextlib.suppress(Trouble):  # on a busy machine even this is not always in time
            assert guarded(lambda: 7, {}, random.random() / 500) == 7
    for _ in range(20):
        time.sleep(0.01)
    assert sys.gettrace() is traced and (sys.version_info < (3, 12) or sys.monitoring.get_tool(4) is None)


def test_a_check_in_a_kernel_gives_up_and_leaves_it_usable():
    cells = [
        "from miniflow_classroom import check\nfrom miniflow_classroom.judge import check as checks\n"
        "from miniflow_classroom.judge.exercise import Exercise\n"
        "from miniflow_classroom.judge.vocabulary import function\n"
        "loop = Exercise(name='answer', todo='write it', judge=function([(1,)], like=abs),\n"
        "                mistakes=[], hints=['a', 'b'])\n"
        "checks.exercises = lambda: {'answer': loop}",
        "def answer(x):\n    while True:\n        try:\n            while True: x += 1\n        except: pass",
        "check('answer')",
        "from IPython.display import display\n\n\n"
        "def answer(x):\n    display('mine')\n    print('mine')\n    return 1 / 0\ncheck('answer')\n"
        "display('shown')",
        "answer = abs\ncheck('answer')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    texts = ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells]
    printed = [" ".join(text.split()) for text in texts]
    assert printed[2].startswith("[answer] not yet: your code was still running after 4 seconds")
    assert printed[3].startswith(
        "[answer] not yet: your code stopped at line 7 of your cell, `return 1 / 0`: the divisor is zero"
    )
    shown = [out.data["text/plain"] for out in notebook.cells[3].outputs if "data" in out]
    assert shown == ["'shown'"]  # the answer's own is hidden, and what comes after the check is not
    assert printed[4] == "[answer] correct"


# --- what a check leaves alone ----------------------------------------------------------------------------


def test_names_lists_arrays_nodes_flags_and_random_numbers_are_put_back(capsys):
    own: dict = {"__name__": "__main__", "trace": trace, "np": np, "Mul": Mul}
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    forward_pass(f, topological_sort({x: 4.0, y: [1.0, 2.0]}))
    own.update(
        x=x, y=y, f=f, data=np.arange(6.0).reshape(2, 3), names=["a", ["b"]], table={"k": [1]}, count=3
    )
    own["rng"] = np.random.default_rng(0)
    source = """
def answer(a, b):
    global count, made
    count, made = 99, 1
    names.append("c"); names[1].append("d"); table["k"].append(2); table["new"] = 1
    data[0] = -1
    x.value = 0.0; y.value[0] = 77.0; f.gradients[x] = 5; g = Mul(x, f)
    trace.DEBUG = True; trace.T_DEBUG = True
    np.random.seed(1); rng.normal(); np.seterr(all="raise")
    print("loud")
    raise ValueError("and it crashes too")
"""
    exec(compile(source, "<cell>", "exec"), own)
    np.random.seed(5)
    random.seed(5)
    states = np.random.get_state()[1].tolist(), random.getstate(), own["rng"].bit_generator.state, np.geterr()
    printed = verdict(exercise(TIMES), own["answer"], own)
    assert "your function reads `x`, which was made outside it" in printed
    assert capsys.readouterr() == ("", "")
    assert own["count"] == 3 and "made" not in own
    assert own["names"] == ["a", ["b"]] and own["table"] == {"k": [1]}
    np.testing.assert_array_equal(own["data"], np.arange(6.0).reshape(2, 3))
    assert x.value == 4.0 and y.value.tolist() == [1.0, 2.0] and f.gradients == {}
    assert x.outbound_nodes == [f] and f.outbound_nodes == []
    assert not trace.DEBUG and not trace.T_DEBUG
    after = np.random.get_state()[1].tolist(), random.getstate(), own["rng"].bit_generator.state, np.geterr()
    assert after == states


def test_other_threads_go_on_printing(capsys):
    def other() -> None:
        for _ in range(20):
            print("line")
            time.sleep(0.01)

    thread = threading.Thread(target=other)
    with pytest.raises(Trouble):
        guarded(lambda: (thread.start(), thread.join(), print("mine"), 1 / 0), {}, 10)
    assert capsys.readouterr().out == "line\n" * 20


# --- hints and quiz ---------------------------------------------------------------------------------------

QUIZ = [
    Question(
        text="What is `a < b`?",
        replies={"yes": "Because `a` is 1.", "<b>no</b>": "Look again."},
        right="yes",
    ),
    Question(
        text="And 2?",
        replies={"one": "No one.", "two": "It is.", "three": "No three."},
        right="two",
    ),
]


class Unbalanced(HTMLParser):
    """Collects the tags of a piece of HTML."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def test_no_line_of_a_box_is_wider_than_the_box():
    """Each HTML has a margin of 2 pixels, so at a width of 100% there is a scrollbar under all of them."""
    exercise = Exercise(name="answer", todo="", judge=value(1), mistakes=[], hints=["1", "2"])
    for child in hint_box(exercise).children:
        assert child.layout.width == "calc(100% - 4px)"


def test_hints_are_closed_steps_with_one_fixed_line():
    hints = ["Look at `x < y`.", "<script>alert(1)</script>", "3"]
    box = hint_box(Exercise(name="answer", todo="", judge=value(1), mistakes=[], hints=hints))
    assert box._repr_mimebundle_()["text/plain"] == "[answer] 3 hints, opened one at a time"
    assert "text/html" not in box._repr_mimebundle_()
    assert len(box.children) == 3
    for number, child in enumerate(box.children, 1):
        assert f"Hint {number} of 3" in child.value and " open" not in child.value.split(">")[0]
        assert set(Unbalanced(child.value).tags) <= {"details", "summary", "div", "code"}


def test_a_quiz_replies_to_each_choice_and_stores_none_of_it():
    box = quiz_box("02", QUIZ)
    before = box._repr_mimebundle_()["text/plain"]
    assert before.splitlines()[0] == "Self-quiz of lesson 02"
    assert "( ) yes" in before and "( ) three" in before
    for number, question in enumerate(QUIZ):
        _, choices, reply = box.children[3 * number : 3 * number + 3]
        assert choices.index is None and reply.value == ""
        for choice, sentence in question.replies.items():
            choices.value = choice
            right = choice == question.right
            assert ("✓ Right." in reply.value) == right and ("Not that one." in reply.value) == (not right)
            assert prose(sentence) in reply.value
        choices.index = None
        assert reply.value == ""
        choices.value = question.right
    assert box._repr_mimebundle_()["text/plain"] == before
    assert not any(sentence in before for q in QUIZ for sentence in q.replies.values())


def test_a_quiz_sends_no_answer_to_the_page_before_one_is_chosen():
    box = quiz_box("02", QUIZ)
    state = json.dumps([child.get_state(drop_defaults=True) for child in box.children], default=str)
    assert "Because" not in state and "It is." not in state and "Look again." not in state


def test_prose_escapes_everything_but_code():
    assert prose("a `b<c` & <img>\nd") == "a <code>b&lt;c</code> &amp; &lt;img&gt;<br>d"
