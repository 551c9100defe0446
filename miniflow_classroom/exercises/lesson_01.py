"""Lesson 01: who feeds whom, an op of one's own, running a graph without a list; and its quiz."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from miniflow_lib.errors import is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Add, Mul
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.vocabulary import close, raises, value

FEEDS = {"x": ["q", "f"], "y": ["q"], "q": ["f"], "f": []}
FED_BY = {"x": [], "y": [], "q": ["x", "y"], "f": ["q", "x"]}


# --- feeds: the lists may be in any order, and tuples or sets ----------------------------------------------


def _sorted_lists(answer: object) -> object:
    """The learner's dict with each entry as a sorted list of names; one text "q, f" is a list, too."""
    if not isinstance(answer, Mapping):
        return answer
    return {key: _sorted_list(names) for key, names in answer.items()}


def _sorted_list(names: object) -> object:
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    return sorted(names, key=str) if isinstance(names, (list, tuple, set)) else names


def _in_order(feeds: dict) -> dict:
    return {key: sorted(names) for key, names in feeds.items()}


# --- Sub: forward alone, since backward belongs to lesson 04 -----------------------------------------------

PAIRS = [(9.0, 4.0), (4.0, 9.0), (-2.0, 5.0), (6.0, 0.0)]


def _run_sub(cls: type) -> SimpleNamespace:
    """.values: what forward left in .value; .returned: what it gave back; .born: the value before it ran;
    .wired: it knows its two inputs. (The engine stops an op that changes their values.)
    """
    got = SimpleNamespace(values=[], returned=[], born=[], wired=True)
    for first, second in PAIRS:
        x, y = Input("x"), Input("y")
        x.forward(first)
        y.forward(second)
        node = cls(x, y)
        got.wired = got.wired and isinstance(node, Node) and getattr(node, "inbound_nodes", ()) == (x, y)
        got.born.append(getattr(node, "value", None))
        got.returned.append(node.forward())
        got.values.append(node.value)
        x.forward(first + 1)  # what was worked out too early is now out of date
        node.forward()
        got.values.append(node.value)
    return got


def _sub_values(formula: Callable) -> list[float]:
    return [formula(first + step, second) for first, second in PAIRS for step in (0, 1)]


def _is_sub(formula: Callable) -> Callable:
    return lambda got: close(got.values, _sub_values(formula))


def _sub_wrong(got: SimpleNamespace) -> str | None:
    if not got.wired:
        return "the node does not know its two inputs: leave `super().__init__([x, y], name)` as it was."
    if close(got.values, _sub_values(lambda a, b: a - b)):
        return None
    if any(v is None for v in got.values):
        return "after forward() the node's value is still None. Where does a node keep its result?"
    return "for x = 9 and y = 4 or another pair the value is not x - y yet. Print what forward fetches."


# --- run: any graph of library nodes, its Inputs fed -------------------------------------------------------


def _graphs() -> list[tuple[Node, float]]:
    """Graphs that are one, two and four deep, with a value used twice, and what each comes to."""
    x, y, z = Input("x"), Input("y"), Input("z")
    for node, number in ((x, 4.0), (y, 5.0), (z, 10.0)):
        node.forward(number)
    q = Add(x, y)
    deep = Add(Mul(Add(Mul(x, y), z), z), x)
    return [(x, 4.0), (Add(x, y, z), 19.0), (Mul(z, q), 90.0), (deep, 304.0), (Mul(q, Add(q, q)), 162.0)]


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
        return "one of the graphs comes to another number. Print each node just before its forward()."
    if any(r is None for r in got.returned):
        return "each value is right, and your function returns None: end it with the value of the node."
    if not close(got.returned, got.wants):
        return "the values are right, but what your function returns is not the value of the node."
    return None if close(got.again, 12.0) else "run a second time, it gives another number than it should."


def _function(thing: object) -> str | None:
    return None if callable(thing) else "a function is asked for: def run(node): ..."


def _class(thing: object) -> str | None:
    return None if isinstance(thing, type) else "a class is asked for: class Sub(Node): ..."


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="feeds",
        judge=Judge(look=_sorted_lists, wrong=value(_in_order(FEEDS)).wrong, form=value(FEEDS).form),
        mistakes=[
            (
                lambda got: got == _in_order(FED_BY),
                "these are the nodes that feed each one. Look at the other end: whom does it feed?",
            ),
            (
                lambda got: got == _in_order(FEEDS | {"x": ["q"]}),
                "x stands in both formulas. Each time it is used, an arrow leaves it.",
            ),
            (
                lambda got: got == _in_order(FEEDS | {"x": ["f", "q"], "y": ["f", "q"]}),
                "y is used in one formula alone. f depends on it in the end, but f never asks y.",
            ),
            (
                lambda got: any(is_node(name) for names in got.values() for name in names),
                'your lists hold the nodes themselves. Write their names, in quotes: ["q"].',
            ),
            (
                lambda got: any(name in ("Add", "Mul") for names in got.values() for name in names),
                "Add and Mul are kinds of nodes. The names of these two stand before the = signs.",
            ),
            (
                lambda got: all(isinstance(names, int) for names in got.values()),
                "these are numbers. Which nodes are they? List the names.",
            ),
            (
                lambda got: got == _in_order(FEEDS) | {"f": got["f"]},
                "nobody uses f: an empty list says so, [].",
            ),
        ],
    ),
    texts.exercise(
        name="Sub",
        judge=Judge(look=_run_sub, wrong=_sub_wrong, form=_class),
        mistakes=[
            (
                lambda got: close(got.returned, _sub_values(lambda a, b: a - b)[::2]) and None in got.values,
                "forward returns the result, and nobody catches it. A node keeps it: self.value = ...",
            ),
            (
                lambda got: close(got.born, _sub_values(lambda a, b: a - b)[::2]),
                "it is worked out in the constructor. Building computes nothing: move it into forward.",
            ),
            (
                _is_sub(lambda a, b: b - a),
                "that is the second minus the first. With x = 9 and y = 4 the value is 5.",
            ),
            (_is_sub(lambda a, b: abs(a - b)), "4 - 9 is -5: leave the sign as it comes out."),
            (_is_sub(lambda a, b: a + b), "that is Add. Which sign takes one from the other?"),
            (
                _is_sub(lambda a, b: -a - b),
                "that takes both inputs from 0. Which one is there at first, and which is taken from it?",
            ),
            (
                lambda got: close(got.values, [got.values[0]] * len(got.values)),
                "the value is the same whatever this node is fed. Its own inputs are in self.inbound_nodes; "
                "an x from another cell is not one of them.",
            ),
            (
                raises(TypeError, saying="'Input' and 'Input'"),
                "your line takes one node from another: nodes are no numbers. Where does each keep its own?",
            ),
            (
                raises(TypeError, saying="'NoneType' and 'NoneType'"),
                "the x and y in that line hold nothing: they come from elsewhere. The two inputs of "
                "this very node are in self.inbound_nodes.",
            ),
            (
                lambda got: any(isinstance(v, Node) for v in got.values),
                "you hand on a node. What do you want of an inbound node: the node itself, or what it holds?",
            ),
        ],
    ),
    texts.exercise(
        name="run",
        judge=Judge(look=_run_all, wrong=_run_wrong, form=_function),
        mistakes=[
            (
                raises(TypeError),
                "a node ran while one of its inputs still had no value. Before a node runs, all that feed "
                "it must have run, and before those, all that feed them.",
            ),
            (
                lambda got: got.values[1] is None,
                "you walked back to the Inputs, and no op ran on the way: when does the node itself run?",
            ),
            (
                lambda got: close(got.values, got.wants) and close(got.again, 6.0),
                "with another x, the second run gives the old value: you skip what has a value already.",
            ),
        ],
    ),
]
