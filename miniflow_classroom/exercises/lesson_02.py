"""Lesson 02: the table of in-degrees, a wrong order among five, a depth-first sort; and its quiz."""

from __future__ import annotations

from types import SimpleNamespace

from miniflow_lib.errors import MiniFlowError, a_kind
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Add, Mul
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import function, is_like, out_of_order, raises, value

IN_DEGREES = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1, "result": 3}
LEAVING = {"s": 2, "t": 2, "u": 2, "v": 1, "w": 1, "result": 0}
ANYTHING = {name: min(count, 1) for name, count in IN_DEGREES.items()}
WITH_PATHS = IN_DEGREES | {
    "v": 3,
    "w": 2,
    "result": 6,
}  # a node's arrows and those of all before it on the way
ANCESTORS = IN_DEGREES | {"v": 3, "w": 3, "result": 5}
ORDERS = ["x y z q f", "z y x q f", "x y q z f", "x q y z f", "y x q z f"]


# --- depth_first: any valid order of what the output needs --------------------------------------------------


def _sum_times() -> tuple[Node]:
    x, y, z = Input("x"), Input("y"), Input("z")
    return (Mul(Add(x, y, name="q"), z, name="f"),)


def _diamond() -> tuple[Node]:
    x = Input("x")
    return (Mul(Add(x, name="a"), Add(x, name="b"), name="c"),)


def _with_leftover() -> tuple[Node]:
    """x also feeds a node that the output does not need."""
    x, y = Input("x"), Input("y")
    f = Add(Mul(x, y, name="p"), y, name="f")
    Add(x, name="leftover")
    return (f,)


def _input_alone() -> tuple[Node]:
    return (Input("x"),)


def _short_cut(first: int) -> tuple[Node]:
    """f takes a, and b which takes a as well: a search from f, turned round, may have b before a."""
    a = Add(Input("x"), name="a")
    pair = (a, Mul(a, Input("y"), name="b"))
    return (Add(pair[first], pair[1 - first], name="f"),)


def _needed(output: Node) -> dict[Node, None]:
    found = {output: None}
    for node in (to_see := [output]):
        new = [n for n in node.inbound_nodes if n not in found]
        found |= dict.fromkeys(new)
        to_see += new
    return found


def _right(result: object, output: Node) -> str | None:
    if not isinstance(result, (list, tuple)):
        return f"your function returns {a_kind(result)}; the answer must be a list of nodes."
    needed = _needed(output)
    arrows = [(inbound, node) for node in needed for inbound in node.inbound_nodes]
    return out_of_order(list(result), needed, arrows)


def _all_of(got: SimpleNamespace) -> list[tuple[list, Node]]:
    return [
        (list(result), output)
        for result, (output,) in zip(got.results, got.cases, strict=True)
        if output.inbound_nodes
    ]


def _turned_round(got: SimpleNamespace) -> bool:
    """Whether nothing but an order among three that feed one another is wrong."""
    found = [_right(list(result), output) for result, (output,) in zip(got.results, got.cases, strict=True)]
    return not any(found[:4]) and "b runs before a, which feeds it." in found[4:]


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="in_degrees",
        judge=value(IN_DEGREES),
        mistakes=[
            (is_like(LEAVING), "these are the arrows that leave. At which end of an arrow is its head?"),
            (is_like(ANYTHING), "you wrote whether anything comes in. Count every arrowhead at the box."),
            (
                lambda got: any(isinstance(count, (str, list, tuple, set)) for count in got.values()),
                "each entry is one number, without quotes: how many arrowheads touch the box?",
            ),
            (
                lambda got: any(":" in str(name) for name in got),
                "the name of a box is what stands before the colon; what follows is its kind.",
            ),
            (
                lambda got: got in (WITH_PATHS, ANCESTORS),
                "you counted everybody who comes before. Only those who feed a node have an arrow to it.",
            ),
        ],
    ),
    texts.exercise(
        name="wrong_order",
        judge=value("D"),
        mistakes=[
            (is_like("A"), "A is the order of creation, and that always runs."),
            (is_like("B"), "B begins with z, and z waits for nobody. Nor does any Input."),
            (is_like("C"), "in C, z comes after q. Who waits for z? Only that one must come later."),
            (is_like("E"), "E swaps x and y. Does either of them need the other?"),
            (
                lambda got: " ".join(got if isinstance(got, list) else [got]).casefold() in ORDERS,
                "that is an order itself. Write the letter that stands before it.",
            ),
            (
                lambda got: isinstance(got, str) and got.strip().casefold() not in set("abcde"),
                "there are five letters to choose from, A to E.",
            ),
        ],
    ),
    texts.exercise(
        name="depth_first",
        judge=function(
            [
                _sum_times,
                _diamond,
                _with_leftover,
                _input_alone,
                lambda: _short_cut(0),
                lambda: _short_cut(1),
            ],
            right=_right,
        ),
        mistakes=[
            (
                raises(MiniFlowError),
                "the library stopped it. Nothing has to run or to be fed here: the list alone is asked for.",
            ),
            (
                lambda got: any(isinstance(node, str) for result in got.results for node in result),
                "your list holds names. Put the nodes themselves on it.",
            ),
            (
                lambda got: not any(result for result, _ in _all_of(got)),
                "your list stays empty: what is put on it, and when?",
            ),
            (
                lambda got: all(list(result) == [output] for result, output in _all_of(got)),
                "the output is alone in your list. Who else belongs there, and do they get onto this list?",
            ),
            (
                _turned_round,
                "where f takes a and b, and b takes a as well, your list has b before a. To turn a search "
                "round is not enough: put a node on the list only after all that feed it.",
            ),
            (
                lambda got: any(len(set(result)) < len(result) for result, _ in _all_of(got)),
                "a node that feeds two others is in your list twice. What if it has been listed already?",
            ),
            (
                lambda got: all(result[0] is output for result, output in _all_of(got)),
                "the output stands at the front. Does a node go before those that feed it, or after?",
            ),
            (
                lambda got: all(output not in result for result, output in _all_of(got)),
                "the output itself is not in your list: it runs, too.",
            ),
            (
                lambda got: any(
                    any(node.name == "leftover" for node in result) for result, _ in _all_of(got)
                ),
                "there is a node in your list that the output does not need. In which direction do you walk?",
            ),
            (
                lambda got: all(len(result) < len(_needed(output)) for result, output in _all_of(got)[:2]),
                "some of the nodes are missing. Do you ask each of the inbound nodes, or one alone?",
            ),
        ],
    ),
]
