"""Lesson 04's widgets: what they say, which mistakes they know, and that the graph stays as it was."""

from __future__ import annotations

import re
import threading

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    topological_sort,
    trace,
)
from tests.charts import BLUE, VERMILLION, read_charts
from miniflow_classroom import cost_of_one_weight, fill_in_gradients, nudge, tangent
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.widgets.fill_in_gradients import CROSS, TICK, Puzzle, read_number

EVIL = "<img src=x onerror=alert(1)>"


def product(x=-2.0, y=5.0, z=-4.0, name="x"):
    """The sorted list of (x + y) · z."""
    a, b, c = Input(name), Input("y"), Input("z")
    f = Mul(Add(a, b, name="q"), c, name="f")
    return topological_sort({a: x, b: y, c: z}, output=f)


def one_weight(w=1.0):
    """The sorted list of (6 - 2 w)², and its weight."""
    x, weight, y = Input("x"), Input("w"), Input("y")
    cost = MSE(y, Mul(weight, x, name="a"), name="cost")
    return topological_sort({x: 2, weight: w, y: 6}, output=cost), weight


def state(graph):
    return [(node.value, dict(node.gradients), node.run, list(node.outbound_nodes)) for node in graph]


def nudge_parts(box):
    (which, by), view = box.children[0].children, box.children[1]
    return which, by, view


def entries(box):
    return list(box.children[0].children[1:])


def answers(box):
    return box.children[1].value


# --- nudge


def test_nudge_stores_every_value_before_and_after():
    assert nudge(product()).static == {
        "text/plain": "node   before   after   change\n"
        "x      -2       -1.9    0.1\n"
        "y      5        5\n"
        "z      -4       -4\n"
        "q      3        3.1     0.1\n"
        "f      -12      -12.4   -0.4\n"
        "f moved by -0.4 for a nudge of 0.1 to x: -0.4 / 0.1 = -4"
    }


@pytest.mark.parametrize(("name", "slope"), [("x", -4), ("y", -4), ("z", 3)])
def test_the_measured_slope_stands_beside_the_gradient(name, slope):
    graph = product()
    forward_and_backward(graph)
    which, by, view = nudge_parts(nudge(graph))
    which.value = name
    for step in (-0.1, -0.03, 0.05):
        by.value = step
        assert f"= {slope}; the gradient says {slope}" in view.value


def test_no_nudge_divides_by_nothing():
    _which, by, view = nudge_parts(nudge(product()))
    by.value = 0.0
    assert "nothing to divide by" in view.value
    assert "→" not in view.value


def test_elements_of_an_array_are_nudged_one_by_one():
    x, w = Input("x"), Input("w")
    cost = MSE(x, Mul(w, x, name="a"), name="cost")
    which, _by, view = nudge_parts(nudge(topological_sort({x: [1.0, 2.0], w: 2.0}, output=cost)))
    assert which.options == ("x[0]", "x[1]", "w")
    which.value = "x[1]"
    assert "[1, 2] → [1, 2.1]" in view.value
    assert "2.5 → 2.705" in view.value


@pytest.mark.parametrize("by_hand", [None, 2])
def test_an_input_of_ones_own_is_nudged_too(by_hand):
    class MyInput(Node):
        def __init__(self, name):
            Node.__init__(self, name=name)

        def forward(self): ...

        def backward(self):
            self.gradients = {self: self.grad_cost()}

    x, w = MyInput("x"), MyInput("w")
    graph = topological_sort({x: 3.0, w: 2.0}, output=Mul(w, x))
    if by_hand is None:
        forward_and_backward(graph)
    else:  # a plain number, which has no shape
        w.value = by_hand
        forward_pass(graph)
    which, by, view = nudge_parts(nudge(graph))
    assert which.options == ("x", "w")
    which.value, by.value = "w", 0.1
    assert "2 → 2.1" in view.value and "6 → 6.3" in view.value


def test_an_input_with_too_many_numbers_is_left_out_and_none_at_all_is_said():
    x, w = Input("x"), Input("w")
    cost = MSE(x, Mul(w, x))
    which, _, _ = nudge_parts(nudge(topological_sort({x: np.ones(30), w: 2.0}, output=cost)))
    assert which.options == ("w",)
    y = Input("y")
    with pytest.raises(MiniFlowError, match="at most 12"):
        nudge(topological_sort({x: np.ones(30), y: np.ones(30)}, output=MSE(y, x)))


# --- nothing reaches the learner's graph


@pytest.mark.parametrize(
    "use",
    [
        lambda graph: setattr(nudge_parts(nudge(graph))[1], "value", -0.1),
        lambda graph: setattr(entries(fill_in_gradients(graph))[0], "value", "3"),
        lambda graph: cost_of_one_weight(graph, graph[0], -4, 4).children[1].children[0].click(),
    ],
    ids=["nudge", "fill in", "one weight"],
)
@pytest.mark.parametrize("passes", [forward_pass, forward_and_backward])
def test_the_graph_stays_as_it_was_and_nothing_is_traced(use, passes, capsys):
    graph = product()
    passes(graph) if passes is forward_and_backward else passes(graph[-1], graph)
    before = state(graph)
    with trace.override(DEBUG=True, T_DEBUG=True):
        use(graph)
    assert state(graph) == before
    assert capsys.readouterr().out == ""


def test_a_widget_goes_on_showing_the_graph_it_was_made_from():
    graph = product()
    _which, by, view = nudge_parts(nudge(graph))
    graph[0].value = np.float64(100.0)
    forward_pass(graph[-1], graph)
    by.value = 0.05
    assert "-2 → -1.95" in view.value


def test_a_node_of_another_graph_is_named():
    graph, _ = one_weight()
    with pytest.raises(MiniFlowError, match="not in this graph"):
        cost_of_one_weight(graph, Input("stranger"), -1, 1)


# --- tangent


def test_tangent_settles_on_the_derivative():
    box = tangent(lambda x: x**2, at=1, label="x²")
    by, where = box.children[0].children
    seen = []
    for _, h in by.options:
        by.value = h
        seen.append(float(box.children[2].value.rpartition("= ")[2]))
    assert seen == [3, 2.5, 2.2, 2.1, 2.01, 2.001]
    where.value = 2.0
    assert box.children[2].value.endswith("= 4.001")


def test_tangent_says_where_the_curve_breaks():
    with pytest.raises(MiniFlowError, match="not a finite number"):
        tangent(lambda x: float("inf") if x == 1 else x, at=1)


def test_the_picture_of_a_tangent_is_the_curve_and_the_line_through_two_of_its_points():
    box = tangent(lambda x: x**2, at=1, label="x²")
    for h, slope in ((1.0, 3), (0.001, 2.001)):
        box.children[0].children[0].value = h
        (read,) = read_charts(box.children[1].value)
        assert {"x", "x²"} <= set(read.words)
        x, y = read.curves[BLUE, False].T
        assert y == pytest.approx(x**2, abs=0.1) and (x[0], x[-1]) == pytest.approx((-1, 3), abs=0.01)
        (x1, y1), (x2, y2) = read.curves[VERMILLION, True]
        assert (y2 - y1) / (x2 - x1) == pytest.approx(slope, abs=0.02)
        assert np.interp(1, [x1, x2], [y1, y2]) == pytest.approx(1, abs=0.05)


# --- fill in the gradients


def test_nothing_entered_says_nothing_and_no_answer_is_stored():
    box = fill_in_gradients(product())
    assert answers(box) == ""
    assert [entry.value for entry in entries(box)] == ["", "", "", ""]
    assert box.static["text/plain"] == (
        "Fill in the gradients: 4 boxes, one on each edge (q to f, z to f, x to q, y to q)"
    )


@pytest.mark.parametrize(
    ("edge", "entry", "says"),
    [
        ("q to f", "3", "value of q itself. Hold z = -4 still"),
        ("z to f", "-4", "Hold q = 3 still and raise z by 1"),  # misunderstanding 10
        ("x to q", "1", "That is from x to q. And from q to f?"),  # 8
        ("x to q", "-3", "You added 1 and -4"),  # 9
        ("x to q", "-2", "backward does not undo forward"),  # 7
        ("y to q", "5", "backward does not undo forward"),
        ("y to q", "4", "does f rise or fall?"),
        ("q to f", "-12", "That is the value of f"),
        ("x to q", "17", "17 is not it"),
        ("x to q", "minus four", "is not a number"),
        ("x to q", "1/0", "is not a number"),
    ],
)
def test_each_known_mistake_gets_its_own_sentence(edge, entry, says):
    box = fill_in_gradients(product())
    puzzle = Puzzle(product())
    entries(box)[puzzle.titles().index(edge)].value = entry
    assert says in answers(box)
    assert answers(box).startswith(CROSS)
    assert TICK not in answers(box)


def test_right_entries_are_right_one_by_one_and_all_together():
    box = fill_in_gradients(product())
    for number, (entry, right) in enumerate(zip(entries(box), ["-4", "3.0", "\N{MINUS SIGN}4", "-8/2"]), 1):
        assert "All of them" not in answers(box)
        entry.value = right
        assert answers(box).count("is right") == number
    assert "All of them" in answers(box)


def test_a_rounded_gradient_is_right_and_the_one_taken_after_the_activation_is_not():
    x = Input("x")
    puzzle = Puzzle(topological_sort({x: 1.0}, output=Sigmoid(x, name="s")))
    (edge,) = puzzle.edges
    assert puzzle.reply(edge, "0.20")[0] is True
    assert puzzle.reply(edge, "0.197")[0] is True
    assert puzzle.reply(edge, "0.22")[0] is False


def test_fill_in_wants_single_numbers():
    x, y = Input("x"), Input("y")
    with pytest.raises(MiniFlowError, match="single numbers"):
        fill_in_gradients(topological_sort({x: [1, 2], y: [1, 2]}, output=MSE(x, y)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" -4 ", -4),
        ("\N{MINUS SIGN}0,5", -0.5),
        ("1/4", 0.25),
        ("", None),
        ("nan", None),
        ("x", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert read_number(text) == value


# --- the cost against one weight


def parts(box):
    slider, (down, up, again), view, says = box.children[0], box.children[1].children, *box.children[2:]
    return slider, down, up, again, view, says


def test_downhill_lowers_the_cost_and_uphill_raises_it():
    graph, w = one_weight()
    _slider, down, up, again, _view, says = parts(cost_of_one_weight(graph, w, -1, 6))
    assert says.value.startswith("w = 1: cost 16, slope -16. Uphill is to the left")
    down.click()
    assert says.value.startswith("w = 2.6: cost 0.64, slope -3.2")
    again.click()
    up.click()
    assert says.value.startswith("w = -0.6: cost 51.84")
    up.click()
    up.click()  # outside it stays where it is
    assert says.value.startswith("w = -3.48") and "start again" in says.value
    again.click()
    for _ in range(8):
        down.click()
    assert "Almost flat" in says.value


def test_the_picture_is_the_cost_over_the_weight_and_the_slope_where_it_stands():
    graph, w = one_weight()
    _slider, down, _up, _again, view, _says = parts(cost_of_one_weight(graph, w, -1, 6))
    for at, slope in ((1, -16), (2.6, -3.2)):
        (read,) = read_charts(view.value)
        x, y = read.curves[BLUE, False].T
        assert y == pytest.approx((6 - 2 * x) ** 2, abs=0.5) and {"w", "cost"} <= set(read.words)
        (x1, y1), (x2, y2) = read.curves[VERMILLION, True]
        assert (y2 - y1) / (x2 - x1) == pytest.approx(slope, rel=0.01)
        assert np.interp(at, [x1, x2], [y1, y2]) == pytest.approx((6 - 2 * at) ** 2, abs=0.3)
        down.click()


def test_the_slider_sets_the_weight_and_its_own_stops_do_not():
    graph, w = one_weight()
    slider, down, _up, _again, _view, says = parts(cost_of_one_weight(graph, w, -1, 6))
    slider.value = 5.0
    assert "w = 5: cost 16, slope 16" in says.value and "downhill is to the left" in says.value
    down.click()
    assert "w = 3.4" in says.value
    down.click()
    assert "w = 3.08" in says.value
    slider.value = 3.1  # what the browser makes of 3.08
    assert "w = 3.08" in says.value


def test_a_weight_is_a_single_number():
    x, w = Input("x"), Input("w")
    graph = topological_sort({x: [1, 2], w: [1, 2]}, output=MSE(x, w))
    with pytest.raises(MiniFlowError, match="holds 2 numbers"):
        cost_of_one_weight(graph, w, -1, 1)


# --- for all of them


def test_names_are_shown_as_text():
    graph = product(name=EVIL)
    _which, _by, view = nudge_parts(nudge(graph))
    assert "<img" not in view.value and "&lt;img" in view.value
    box = fill_in_gradients(graph)
    entries(box)[2].value = "1"
    assert "<img" not in answers(box) and "&lt;img" in answers(box)
    assert "<img" not in box.children[0].children[0].value
    walk = cost_of_one_weight(graph, graph[0], -4, 4)
    assert "<img" not in walk.children[2].value + walk.children[3].value
    curve = tangent(abs, label=EVIL)
    assert "<img" not in curve.children[1].value + curve.children[2].value


def test_pictures_have_words_and_no_ids():
    graph, w = one_weight()
    for box in (tangent(abs), cost_of_one_weight(graph, w, -1, 6)):
        svg = next(child.value for child in box.children if "<svg" in str(getattr(child, "value", "")))
        assert re.search(r'role="img" aria-label="[^"]{20,}"', svg)
        assert " id=" not in svg and "<script" not in svg


def test_two_threads_leave_the_newest_setting():
    _which, by, view = nudge_parts(nudge(product()))
    steps = [round(n / 100, 2) for n in range(-10, 10)]

    def drag():
        for step in steps:
            by.value = step

    threads = [threading.Thread(target=drag) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by.value = -0.1
    assert "-2 → -2.1" in view.value


def test_a_snapshot_takes_leftover_graphs_for_what_they_are():
    x, y, z = Input("x"), Input("y"), Input("z")
    Mul(x, y, name="leftover")
    f = Mul(Add(x, y), z)
    snapshot = Snapshot(topological_sort({x: 1, y: 2, z: 3}, output=f))
    assert snapshot.run(backward=True) == 9
    assert snapshot.graph[0].gradients[snapshot.graph[0]] == 3
