"""Lesson 02: the table of in-degrees, Kahn's loop, a depth-first sort; and its quiz."""

from __future__ import annotations

from types import SimpleNamespace

from miniflow_lib.errors import MiniFlowError, a_kind
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import Add, Mul
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.vocabulary import (
    function,
    is_function,
    is_like,
    out_of_order,
    raises,
    value,
)
from miniflow_classroom.judge.watchdog import GaveUp, within

IN_DEGREES = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1, "result": 3}
LEAVING = {"s": 2, "t": 2, "u": 2, "v": 1, "w": 1, "result": 0}
ANYTHING = {name: min(count, 1) for name, count in IN_DEGREES.items()}
WITH_PATHS = IN_DEGREES | {"v": 3, "w": 2, "result": 6}  # its own arrows and all those before them
ANCESTORS = IN_DEGREES | {"v": 3, "w": 3, "result": 5}


def _counts_ancestors(got: dict) -> bool:
    """Whether nodes further up are counted, of one node or of all."""
    if set(got) != set(IN_DEGREES) or got == WITH_PATHS:
        return got == WITH_PATHS
    wrong = {name for name, count in got.items() if count != IN_DEGREES[name]}
    return bool(wrong) and all(got[name] == ANCESTORS[name] for name in wrong)


# --- kahn: any valid order ----------------------------------------------------------------------------------

KAHN = """
def kahn(inputs):
    nodes = find_nodes(inputs)
    in_degree = {node: len(node.inbound_nodes) for node in nodes}
    ready = [node for node in in_degree if in_degree[node] == 0]
    # your loop goes here
    ...
    return ready
"""


def _bill() -> list[Node]:
    a, b, c = Input("a"), Input("b"), Input("c")
    p = Add(a, b, name="p")
    return [a, b, c, p, Mul(p, c, name="f")]


def _two_diamonds() -> list[Node]:
    x = Input("x")
    a, b = Add(x, name="a"), Add(x, name="b")
    c = Mul(a, b, name="c")
    return [x, a, b, c, Add(c, b, x, name="d")]


def _found_early() -> list[Node]:
    """From h a search finds p before a, which feeds it: a loop over all nodes has f before p."""
    h, w = Input("h"), Input("w")
    a = Add(w, name="a")
    p = Mul(a, h, name="p")
    return [h, w, a, p, Add(p, name="f")]


def _kahn_on_graphs(kahn: object) -> SimpleNamespace:
    got = SimpleNamespace(results=[], graphs=[], inputs=[], changed=False, cycle="")
    for nodes in (_bill(), _two_diamonds(), _found_early()):
        inputs = [node for node in nodes if not node.inbound_nodes]
        arrows = [(inbound, node) for node in nodes for inbound in node.inbound_nodes]
        lists = [(list(node.inbound_nodes), list(node.outbound_nodes)) for node in nodes]
        for feed in (inputs, inputs[::-1]):
            got.results.append(kahn(list(feed)))
            got.graphs.append((nodes, arrows))
            got.inputs.append(feed)
        got.changed |= lists != [(list(node.inbound_nodes), list(node.outbound_nodes)) for node in nodes]
    got.cycle = "" if _kahn_wrong(got) else _on_a_cycle(kahn)
    return got


def _on_a_cycle(kahn: object) -> str:
    """What a loop does that does not end there as it should: the lesson calls it on this very graph."""
    x = Input("x")
    first = Add(x, name="first")
    second = Add(first, name="second")
    first.inbound_nodes += (second,)
    second.outbound_nodes.append(first)
    try:
        within(2, lambda: kahn([x]))
    except GaveUp:
        return "never ends"
    except ValueError:  # the next section asks for one
        pass
    except Exception as error:
        return f"stops with {a_kind(error)}"
    return ""


def _lists(got: SimpleNamespace) -> list[list]:
    return [list(result) for result in got.results if isinstance(result, (list, tuple))]


def _kahn_wrong(got: SimpleNamespace) -> str | None:
    for result, (nodes, arrows) in zip(got.results, got.graphs, strict=True):
        if result is None:
            return "your function returns None: does it still end with `return ready`?"
        if not isinstance(result, (list, tuple)):
            return f"your function returns {a_kind(result)}; the answer must be a list of nodes."
        if wrong := out_of_order(list(result), nodes, arrows):
            return wrong
    if got.cycle:
        return (
            f"these graphs are right, but on a graph with a cycle your loop {got.cycle}, because some of its "
            "nodes never get onto the list. What can the loop walk along, and when does that end?"
        )
    return None


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
    """The results with their outputs. It stops at what is no list, as reversed(...): the judge says so."""
    if not all(isinstance(result, (list, tuple)) for result in got.results):
        raise TypeError
    return [
        (list(result), output)
        for result, (output,) in zip(got.results, got.cases, strict=True)
        if output.inbound_nodes
    ]


def _turned_round(got: SimpleNamespace) -> bool:
    """Whether all nodes are there once and the output is last: only what is in between is out of order."""
    return all(
        set(result) == set(_needed(output)) and len(set(result)) == len(result) and result[-1] is output
        for result, output in _all_of(got)
    )


def _one_list(got: SimpleNamespace) -> bool:
    """Whether two calls gave the same list: a default argument, or a list outside the function."""
    lists = [result for result in got.results if isinstance(result, list)]
    return len({id(result) for result in lists}) < len(lists)


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
                "the name of a box is what comes before the colon; what follows is its kind.",
            ),
            (
                lambda got: got.get("s") not in (0, None) and got.get("t") not in (0, None),
                "s and t are Inputs: we feed them, and no node does. Does an arrow lead into them?",
            ),
            (
                _counts_ancestors,
                "you counted nodes that come earlier on the way, too. Only a node with an arrow straight "
                "into this box counts.",
            ),
        ],
    ),
    texts.exercise(
        name="kahn",
        given=KAHN,
        judge=Judge(look=_kahn_on_graphs, wrong=_kahn_wrong, form=is_function),
        mistakes=[
            (
                lambda got: got.changed,
                "afterwards the nodes' own lists are not as they were. Count down in `in_degree`, and leave "
                "inbound_nodes and outbound_nodes alone.",
            ),
            (
                lambda got: any(isinstance(node, str) for result in _lists(got) for node in result),
                "your list holds names. Put the nodes themselves on it.",
            ),
            (
                lambda got: all(list(a) == list(b) for a, b in zip(_lists(got), got.inputs, strict=True)),
                "only the Inputs are on your list. Which count goes down when an arrow is crossed off, and "
                "when does a node join the list?",
            ),
            (
                lambda got: any(len(set(result)) < len(result) for result in _lists(got)),
                "a node is on your list twice. Which node joins it, and how many arrows into that node are "
                "left at that moment?",
            ),
            (
                lambda got: any(
                    node not in result
                    for result, feed in zip(_lists(got), got.inputs, strict=True)
                    for node in feed
                ),
                "an Input is missing from your list. The loop only walks along `ready` and appends: nothing "
                "is taken off it, and it is not begun anew.",
            ),
            (
                lambda got: all(
                    len(result) < len(nodes)
                    for result, (nodes, _) in zip(_lists(got), got.graphs, strict=True)
                ),
                "your list ends too early. Does the loop reach each node on it, and each arrow that leaves "
                "that node, and does the `if` look at each count? Is `return` outside the loop?",
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
                "the library stopped it. Nothing has to run or to be fed here: only the list is needed.",
            ),
            (
                _one_list,
                "the second call went on with the list of the first. A list in the line with `def`, or "
                "outside the function, is made once for all calls: begin with a new one inside.",
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
                "only the output is in your list. Which nodes does it need, and do they get onto this list?",
            ),
            (
                _turned_round,
                "all nodes are there and the output is last, but a node comes before one that feeds it. "
                "Reversing a search is not enough: when may a node go on the list?",
            ),
            (
                lambda got: any(len(set(result)) < len(result) for result, _ in _all_of(got)),
                "a node that feeds two others is in your list twice. What if it has been listed already?",
            ),
            (
                lambda got: all(result[0] is output for result, output in _all_of(got)),
                "the output comes first in your list. Does a node go before those that feed it, or after?",
            ),
            (
                lambda got: all(output not in result for result, output in _all_of(got)),
                "the output itself is not in your list, and it has to run, too.",
            ),
            (
                lambda got: any(
                    any(node.name == "leftover" for node in result) for result, _ in _all_of(got)
                ),
                "your list has a node that the output does not need. In which direction do you walk?",
            ),
            (
                lambda got: all(len(result) < len(_needed(output)) for result, output in _all_of(got)[:2]),
                "some of the nodes are missing. Do you go to each of the inbound nodes, or only to one?",
            ),
        ],
    ),
]
