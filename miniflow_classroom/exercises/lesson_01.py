"""Lesson 01: who feeds whom, an op of one's own, running a graph without a list; and its quiz."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from miniflow_lib.errors import is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Add, Mul
from miniflow_classroom.judge.exercise import Exercise, Judge, Question
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

OTHERS_VALUE = (
    "the result is right, but forward has changed the value of an input. Others may be fed by it, too: "
    "change self.value alone."
)
PAIRS = [(9.0, 4.0), (4.0, 9.0), (-2.0, 5.0), (6.0, 0.0)]


def _run_sub(cls: type) -> SimpleNamespace:
    """.values: what forward left in .value; .returned: what it gave back; .born: the value before it ran;
    .wired: it knows its two inputs; .kept: it left their values alone.
    """
    got = SimpleNamespace(values=[], returned=[], born=[], wired=True, kept=True)
    for first, second in PAIRS:
        x, y = Input("x"), Input("y")
        x.forward(first)
        y.forward(second)
        node = cls(x, y)
        got.wired = got.wired and isinstance(node, Node) and getattr(node, "inbound_nodes", ()) == (x, y)
        got.born.append(getattr(node, "value", None))
        got.returned.append(node.forward())
        got.values.append(node.value)
        got.kept = got.kept and x.value == first and y.value == second
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
        return None if got.kept else OTHERS_VALUE
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


EXERCISES = [
    Exercise(
        name="feeds",
        todo='put a list of names in the place of each `...`, such as ["q"], or [] for nobody',
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
        hints=[
            "Draw four circles. For each formula draw arrows from what is in the brackets to the left side.",
            "Now list for each circle where its arrows lead. One of the circles has two, and one has none.",
        ],
        praise="and each list is what the constructors would have written.",
    ),
    Exercise(
        name="Sub",
        todo="write the forward of Sub",
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
        hints=[
            "Look at MyAdd above: fetch the inbound nodes, compute with their values, keep the result.",
            "`x, y = self.inbound_nodes` gives you both nodes, and `x.value` is a number.",
            "The result goes into `self.value`.",
        ],
        praise="a new op, and nothing else had to change.",
        meets=(1,),
    ),
    Exercise(
        name="run",
        todo="write a function that runs what the node needs, then the node, and returns its value",
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
        hints=[
            "Before a node runs, all its inbound nodes must have run. And before those, theirs.",
            "So for each inbound node do the very same thing as for the node: call `run` of it.",
            "After that loop come two lines: `node.forward()`, and `return node.value`.",
        ],
        praise="and it works for graphs that nobody has built yet.",
        meets=(2,),
    ),
]

QUIZ = [
    Question(
        text="x holds 4 and y holds 5. What is `Add(x, y).value`, right after that line?",
        choices=["9", "None", "an error"],
        right="None",
        because="The line builds a node. Nobody has called its forward.",
        wrong={
            "9": "This is the recipe. Which call cooks?",
            "an error": "Asking for a value is always allowed. Which one did the constructor write?",
        },
        meets=(1,),
    ),
    Question(
        text="f = Add(x, y) has run with x = 4 and y = 5. Then x is fed 10. What is f.value?",
        choices=["15", "9", "None"],
        right="9",
        because="A value is a memory of the last run.",
        wrong={
            "15": "A graph is no spreadsheet. Whose forward ran since?",
            "None": "It has run once. Does feeding x make f forget?",
        },
        meets=(2,),
    ),
    Question(
        text="q = Add(x, y) is written. Who writes q into the list of nodes that x feeds?",
        choices=["x", "the constructor of q", "q.forward()"],
        right="the constructor of q",
        because="The newcomer goes to each of its inputs and tells them.",
        wrong={
            "x": "x was there before q, and does nothing when q is built. Who is at work in this line?",
            "q.forward()": "It has not run yet, and x knows q all the same.",
        },
    ),
    Question(
        text="Pick the wrong sentence.",
        choices=[
            "An op runs as soon as both its inputs hold a value.",
            "An Input has no inbound nodes.",
            "The same node may feed several others.",
        ],
        right="An op runs as soon as both its inputs hold a value.",
        because="It runs when somebody calls its forward, and never by itself.",
        wrong={
            "An Input has no inbound nodes.": "That one is true: its value comes from outside.",
            "The same node may feed several others.": "That one is true: its list is longer then.",
        },
        meets=(1, 2),
    ),
]
