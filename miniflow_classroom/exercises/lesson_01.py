"""Lesson 01: the graph of a formula, and running all that a node needs; and its quiz.

(What the learner keeps, MyNode and the rest, is in pieces.py.)
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from miniflow_lib.errors import is_input, is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Add, Mul
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.vocabulary import close, is_function, raises, with_article
from miniflow_classroom.show.drawing import needed_by

# --- recipe: any graph that gives x · y + x, of library ops or of the learner's ----------------------------

PAIRS = [(3.0, 4.0), (5.0, -2.0), (-2.0, 7.0)]


def _built(recipe: Callable) -> SimpleNamespace:
    """.returned: what came back first; .foreign: Inputs of its own; .ran: ops that hold a value already;
    .values: what the node that came back gives, once it is run.
    """
    got = SimpleNamespace(returned=None, foreign=[], ran=[], values=[])
    for pair in PAIRS:
        x, y = inputs = Input("x"), Input("y")
        for node, number in zip(inputs, pair):
            node.forward(number)
        output = recipe(x, y)
        got.returned = output if got.returned is None else got.returned
        if not is_node(output):
            continue
        nodes = needed_by(output)
        ops = [node for node in nodes if not is_input(node)]
        got.foreign += [node for node in nodes if node not in ops and node not in inputs]
        got.ran += [node for node in ops if node.value is not None]
        if not got.foreign:
            for node in ops:
                node.forward()
            got.values.append(output.value)
    return got


def _gives(formula: Callable) -> Callable:
    """The predicate "the node that comes back computes this wrong formula"."""
    return lambda got: close(got.values, [formula(*pair) for pair in PAIRS])


def _recipe_wrong(got: SimpleNamespace) -> str | None:
    if got.returned is None:
        return "your function returns None. It must end in `return`, and the last node itself."
    if isinstance(got.returned, type):
        return f"your function returns the class {got.returned.__name__}. Calling it makes a node."
    if not is_node(got.returned):
        return f"your function returns {with_article(got.returned)}; it must return one node, the last."
    if got.foreign:
        return "your graph has Inputs of its own. Use the two nodes that the function is given."
    if got.ran:
        return "an op holds a value, so your function has run it. A recipe only builds; forward comes later."
    if not _gives(lambda x, y: x * y + x)(got):
        wrong = (p for p, value in zip(PAIRS, got.values) if not close(value, p[0] * p[1] + p[0]))
        x, y = next(wrong)
        return f"with x = {x:g} and y = {y:g}, your node does not give x · y + x. Draw your graph."
    return None


# --- run_all: any graph of library nodes, its Inputs fed ---------------------------------------------------


def _graphs() -> list[tuple[Node, float]]:
    """Graphs that are one, two and four deep, with a value used twice, and what each gives."""
    x, y, z = Input("x"), Input("y"), Input("z")
    for node, number in ((x, 4.0), (y, 5.0), (z, 10.0)):
        node.forward(number)
    q, r = Add(x, y), Add(x, y)
    deep = Add(Mul(Add(Mul(x, y), z), z), x)
    # r is read early and late: a list in which it comes once, where it was first found, runs it too late
    return [(x, 4.0), (Add(x, y, z), 19.0), (Mul(z, q), 90.0), (deep, 304.0), (Mul(r, Add(r, r)), 162.0)]


def _run_all(run: Callable) -> SimpleNamespace:
    got = SimpleNamespace(returned=[], values=[], wants=[], again=None)
    for node, want in _graphs():
        got.returned.append(run(node))
        got.values.append(node.value)
        got.wants.append(want)
    x = Input("x")
    x.forward(2)
    f = Add(Mul(x, x), x)
    run(f)
    x.forward(3)
    run(f)
    got.again = f.value
    return got


def _run_wrong(got: SimpleNamespace) -> str | None:
    if not close(got.values, got.wants):
        return "one of the graphs gives a wrong number. Print each node's name just before its forward()."
    if any(r is None for r in got.returned):
        return "each value is right, and your function returns None. End it with the value of the node."
    if not close(got.returned, got.wants):
        return "the values are right, but what your function returns is not the value of the node."
    return None if close(got.again, 12.0) else "run a second time, it gives a wrong number."


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="recipe",
        judge=Judge(look=_built, wrong=_recipe_wrong, form=is_function),
        mistakes=[
            (
                raises(TypeError, saying="NoneType"),
                "your function computes, and a value is still None. A recipe needs no .value and no "
                "forward().",
            ),
            (
                raises(AttributeError, saying="has no attribute 'outbound_nodes'"),
                "one of your ops was given something that is not a node: a list, a number, a text, a class, "
                "or what forward() returns. It takes its nodes one by one, as MyAdd(a, b) does.",
            ),
            (
                raises(ValueError, saying="values to unpack"),
                "one of your ops has too many inputs, or too few. How many does it read?",
            ),
            (
                raises(TypeError, saying="unsupported operand"),
                "Python cannot multiply or add two nodes. The signs * and + are for numbers, and the ops "
                "are for nodes.",
            ),
            (
                lambda got: not is_node(got.returned) and close(got.returned, 15.0),
                "that is a number, so the work is done already. Building computes nothing. Which two ops "
                "does the recipe need?",
            ),
            (
                _gives(lambda x, y: x * y),
                "the node that you return gives x · y. What happens to the product afterwards?",
            ),
            (
                _gives(lambda x, y: (x + y) * x),
                "your graph adds first and multiplies then. In x · y + x the product comes first.",
            ),
            (
                _gives(lambda x, y: x * (y + y)),
                "your graph gives x · y twice over. In x · y + x, what is added to the product?",
            ),
            (
                _gives(lambda x, y: x * y + y),
                "your graph is x · y + y. Which of the two is used twice?",
            ),
            (
                _gives(lambda x, y: x + y),
                "the node that you return gives x + y. Where is the product?",
            ),
        ],
    ),
    texts.exercise(
        name="run_all",
        judge=Judge(look=_run_all, wrong=_run_wrong, form=is_function),
        mistakes=[
            (
                raises(TypeError, saying="unsupported operand"),
                "a node ran while one of its inputs still had no value. Before a node runs, all nodes that "
                "feed it must have run, and before those, all nodes that feed them.",
            ),
            (
                lambda got: got.values[1] is None,
                "the node itself has not run. Where does your function run it, and all that this very node "
                "needs?",
            ),
            (
                lambda got: close(got.values, got.wants) and not close(got.again, 12.0),
                "with a new x, the second run gives the old value: you skip nodes that already have a value.",
            ),
        ],
    ),
]
