"""The trace of a learner's own pass."""

from __future__ import annotations

import pytest

from miniflow_lib import Add, Input, MiniFlowError, Mul, forward_and_backward, topological_sort, trace
from miniflow_classroom import live, watched
from miniflow_classroom.own.standins import (
    MyAdd,
    MyInput,
    MyMul,
    my_backward_pass,
    my_forward_and_backward,
    my_forward_pass,
    my_topological_sort,
)


def library() -> list:
    x, y = Input("x"), Input("y")
    f = Mul(Add(x, y, name="q"), x, name="f")
    return topological_sort({x: 4, y: 5}, f)


def own() -> list:
    x, y = MyInput("x"), MyInput("y")
    MyMul(MyAdd(x, y, name="q"), x, name="f")
    return my_topological_sort({x: 4, y: 5})


def told(work) -> list[tuple]:
    with trace.record() as events, trace.silent():
        work()
    return [(event.pass_, event.kind, event.node) for event in events]


def test_what_an_own_pass_does_is_told_as_the_librarys_is():
    graph = own()
    assert told(lambda: my_forward_and_backward(graph)) == []
    librarys = library()
    theirs = told(lambda: forward_and_backward(librarys))
    assert told(lambda: watched(my_forward_and_backward)(graph)) == theirs
    assert [vars(node).keys() & {"forward", "backward"} for node in graph] == [set()] * 4


def test_each_call_is_told_in_the_order_in_which_it_is_made_also_a_wrong_one():
    graph = library()

    def backwards(graph):
        for node in reversed(graph[2:]):
            node.forward()

    graph[2].value = 9.0
    assert told(lambda: watched(backwards)(graph)) == [
        ("forward", "start", ""),
        ("forward", "forward", "f"),
        ("forward", "forward", "q"),
    ]


def test_the_list_is_found_wherever_it_is_and_what_is_returned_is_handed_on():
    graph = own()
    assert (
        watched(my_forward_pass)(graph[2], graph)
        == 9
        == watched(my_forward_pass)(output=graph[2], graph=graph)
    )
    assert watched(lambda: 7)() == 7 and watched(len)([1, graph[0], "x"]) == 3
    assert len(told(lambda: watched(my_forward_pass)(graph[2], graph))) == 5


def test_a_pass_that_stops_leaves_the_nodes_as_they_were():
    graph, forward = own(), lambda: 1 / 0
    graph[2].forward = forward
    with pytest.raises(ZeroDivisionError):
        watched(my_forward_pass)(graph[2], graph)
    assert vars(graph[2])["forward"] is forward and "forward" not in vars(graph[0])


def test_it_answers_to_the_switch_of_a_live_trace():
    graph = own()
    my_forward_pass(graph[-1], graph)
    box = live(lambda: watched(my_backward_pass)(graph), DEBUG=True)
    rows = box.static["text/plain"].split("\n")
    assert rows[0].startswith("backward pass:") and [row.split()[0] for row in rows[1:] if row[2] != " "] == [
        "f",
        "q",
        "y",
        "x",
    ]
    assert rows[-1] == "  x  arrives 4 + 9 = 13 from q and f: its gradient"
    off = live(lambda: watched(my_backward_pass)(graph), DEBUG=False)
    assert off.static["text/plain"] == "(nothing is printed: switch a flag on)"


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: watched(5), "The argument of watched is a function"),
    ],
)
def test_what_is_no_function_is_said(work, words):
    with pytest.raises(MiniFlowError, match=words):
        work()
