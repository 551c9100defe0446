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
from tests.graphs import own_op
from miniflow_classroom import cost_of_one_weight, fill_in_gradients, nudge, tangent
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.widgets.base import read_number
from miniflow_classroom.widgets.fill_in_gradients import ASKED, CROSS, TICK, Puzzle

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
    (which, by, most), view = box.children[0].children, box.children[1]
    return which, by, most.children[1], view


def entries(box):
    return list(box.children[0].children[1:])


def answers(box):
    return box.children[1].value


# --- nudge


def test_nudge_stores_every_value_before_and_after():
    static = nudge(product()).static
    assert static["text/plain"] == (
        "node   before   after   change\n"
        "x      -2       -1.9    0.1\n"
        "y      5        5\n"
        "z      -4       -4\n"
        "q      3        3.1     0.1\n"
        "f      -12      -12.4   -0.4\n"
        "f moved by -0.4 for a nudge of 0.1 to x: -0.4 / 0.1 = -4"
    )
    assert 'alt="Went in at x: 0.1. Came out at f: -0.4."' in static["text/html"]
    cells = re.findall("<t[dh][^>]*>(?:<b>)?([^<]*)<", static["text/html"])
    assert cells[:3] == ["node", "value", "change"] and cells[-3:] == ["f", "-12 → -12.4", "-0.4"]


@pytest.mark.parametrize(("name", "slope"), [("x", -4), ("y", -4), ("z", 3)])
def test_the_measured_slope_comes_with_the_gradient(name, slope):
    graph = product()
    forward_and_backward(graph)
    which, by, size, view = nudge_parts(nudge(graph))
    which.value = name
    for most in (0.1, 0.01, 0.001):
        size.value = most
        for step in (-most, -0.3 * most, 0.5 * most):
            by.value = step
            assert f"= {slope}; the gradient is {slope}<" in view.value


def curved(w=4.0):
    """The sorted list of (22 - 5 w)², with its gradients."""
    x, weight, y = Input("x"), Input("w"), Input("y")
    cost = MSE(y, Mul(weight, x, name="a"), name="cost")
    graph = topological_sort({weight: w, x: 5, y: 22}, output=cost)
    forward_and_backward(graph)
    return graph


def test_on_a_curve_the_slope_settles_on_the_gradient():
    _which, by, size, view = nudge_parts(nudge(curved()))
    for most, slope, off in ((0.1, "-17.5", "2.5"), (0.01, "-19.75", "0.25"), (0.001, "-19.975", "0.025")):
        size.value = most
        assert (by.value, by.max, by.min, by.step) == (0.1, 0.1, -0.1, 0.01)  # the handle stays where it is
        sentence = f"= {slope}; the gradient is -20. They differ by {off}, and a smaller nudge comes nearer.<"
        assert sentence in view.value
    by.value = -0.03
    assert "for a nudge of -0.0003 to w" in view.value
    size.value = 0.1
    assert "= -20.75; the gradient is -20. They differ by 0.75" in view.value


def test_a_wrong_gradient_comes_no_nearer():
    class Wrong(Mul):
        def backward(self):
            super().backward()
            self.gradients = {node: -gradient for node, gradient in self.gradients.items()}

    x, w = Input("x"), Input("w")
    graph = topological_sort({x: 3.0, w: 2.0}, output=Wrong(x, w, name="f"))
    forward_and_backward(graph)
    text = repr(nudge(graph)).replace("\n", " ")
    assert text.endswith(
        "= 2; the gradient is -2. They differ by 4, and a nudge a tenth as large comes no nearer."
    )


def bars(view) -> list[tuple[float, float, str]]:
    """(left end, right end, colour inside) of each bar, in pixels from zero."""
    svg = view.value[view.value.index("<svg") :]
    zero = float(re.search(r'd="M(\d+) 6V', svg)[1])
    found = re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="20" fill="([^"]+)"', svg)
    return [(float(x) - zero, float(x) + float(width) - zero, colour) for x, width, colour in found]


def test_two_bars_on_one_scale_are_what_went_in_and_what_came_out():
    _which, by, size, view = nudge_parts(nudge(product()))
    for most in (0.1, 0.001):
        size.value = most
        assert bars(view) == [(0, pytest.approx(36.25, abs=0.1), BLUE), (-145, 0, "#fff")]  # -4 for 1
        by.value = -0.05
        assert bars(view) == [(pytest.approx(-18.1, abs=0.1), 0, BLUE), (0, 72.5, "#fff")]
        by.value = 0.1
    by.value = 0
    assert bars(view) == []
    by.value = 0.05
    words = re.findall("<text[^>]*>([^<]+)<", view.value)
    assert words == ["went in at x", "0.0005", "came out at f", "-0.002", "0"]


def test_no_nudge_divides_by_nothing():
    _which, by, _size, view = nudge_parts(nudge(product()))
    by.value = 0.0
    assert "nothing to divide by" in view.value
    assert "→" not in view.value


def test_elements_of_an_array_are_nudged_one_by_one():
    x, w = Input("x"), Input("w")
    cost = MSE(x, Mul(w, x, name="a"), name="cost")
    which, _by, _size, view = nudge_parts(nudge(topological_sort({x: [1.0, 2.0], w: 2.0}, output=cost)))
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
    which, by, _size, view = nudge_parts(nudge(graph))
    assert which.options == ("x", "w")
    which.value, by.value = "w", 0.1
    assert "2 → 2.1" in view.value and "6 → 6.3" in view.value


def test_an_input_with_too_many_numbers_is_left_out_and_none_at_all_is_said():
    x, w = Input("x"), Input("w")
    cost = MSE(x, Mul(w, x))
    which, _, _, _ = nudge_parts(nudge(topological_sort({x: np.ones(30), w: 2.0}, output=cost)))
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
    _which, by, _size, view = nudge_parts(nudge(graph))
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
    assert by.value == 1.0 and by.index == len(by.options) - 1
    seen = []
    for place in reversed(range(len(by.options))):  # to the left, towards zero
        by.index = place
        seen.append(float(box.children[2].value.rpartition("= ")[2]))
    assert seen == [3, 2.5, 2.2, 2.1, 2.01, 2.001]
    assert "goes from 1 to 1.002001: slope 0.002001 / 0.001 = 2.001" in box.children[2].value
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
        ("x to q", "1", "That is from x to q. And from q to f? You need what arrives at q, too."),  # 8
        ("x to q", "-3", "You added 1 and -4"),  # 9
        ("x to q", "-2", "backward does not undo forward"),  # 7
        ("y to q", "5", "backward does not undo forward"),
        ("y to q", "4", "does f rise or fall?"),
        ("q to f", "-12", "That is the value of f"),
        ("x to q", "-12", "That is the value of f. How far would f move for a nudge to x?"),
        ("y to q", "-12", "That is the value of f"),
        ("x to q", "5", "That is the value of y"),
        ("x to q", "-20", "q is a sum: raise x by 1, and how far does q move?"),
        ("y to q", "-20", "q is a sum"),
        ("q to f", "1", "That is what arrives at f. Times what is local"),
        ("x to q", "17", "17 is not it: arrives ? · local ? = ? First, what arrives at q from the right?"),
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
        assert answers(box).count("is right: arrives ") == number
    assert "All of them" in answers(box)
    assert "-8/2 is right: arrives -4 · local 1 = -4." in answers(box)
    assert "3.0 is right: arrives 1 · local 3 = 3." in answers(box)


def test_no_box_and_no_reply_to_a_wrong_entry_gives_the_answer_away():
    box, puzzle = fill_in_gradients(product()), Puzzle(product())
    for entry, edge in zip(entries(box), puzzle.edges, strict=True):
        answer = f"{puzzle.gradient(edge):g}"
        assert "what arrives at" in entry.tooltip and "what is local" in entry.tooltip
        assert not re.search(rf"(?<![\d-]){answer}(?!\d)", entry.tooltip)
        right, said = puzzle.reply(edge, "17")
        assert right is False and not re.search(rf"(?<![\d-]){answer}(?!\d)", said)
    assert ASKED in box.children[0].children[0].value.replace("\N{NO-BREAK SPACE}", " ")


def test_the_right_answer_of_an_op_that_is_not_known_has_no_arithmetic():
    puzzle = Puzzle(own_op())
    replies = {puzzle.title(edge): puzzle.reply(edge, f"{puzzle.gradient(edge):g}") for edge in puzzle.edges}
    assert replies["Add to Tanh"] == (True, "1 is right.")
    assert replies["w to Mul"] == (True, "2 is right: arrives 1 · local 2 = 2.")


def test_the_boxes_are_on_a_larger_picture_where_the_page_has_room():
    puzzle = Puzzle(product())
    assert puzzle.width == pytest.approx(puzzle.drawing.width * 4 / 3) and puzzle.width < 760
    assert f"width:{puzzle.width:.0f}px" in puzzle.svg([None] * 4)
    for entry, edge in zip(entries(fill_in_gradients(product())), puzzle.edges, strict=True):
        top, *_, left = re.findall(r"(\d+)px", f"{entry.layout.margin}")
        place = puzzle.drawing.layout.labels[edge]
        assert abs(int(left) - (place.x + 2) * 4 / 3) <= 1
        assert abs(int(top) + 15 - place.middle[1] * 4 / 3) <= 1  # a box is about 30 px high
    x = node = Input("x")
    for _ in range(9):
        node = Add(node)
    long = Puzzle(topological_sort({x: 1.0}, output=node))
    assert long.scale == 1 and long.width == long.drawing.width > 760


def test_the_mark_of_an_entry_is_right_after_its_box():
    puzzle = Puzzle(product())
    marks = re.findall(r'<text x="([\d.]+)" y="[\d.]+" font-size="18"', puzzle.svg([True, False, True, True]))
    for box, mark in zip(entries(fill_in_gradients(product())), marks, strict=True):
        end = int(box.layout.margin.split()[-1][:-2]) + float(box.layout.width[:-2])
        assert 8 < float(mark) * puzzle.scale - end < 16  # to its middle, and half of it is 8


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
        ("\N{EN DASH}1/4", -0.25),
        ("4,000", None),
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
    assert says.value.startswith("w = -0.6: cost 51.84") and "grown" not in says.value
    again.click()
    for _ in range(4):
        down.click()
    assert says.value == (
        "w = 2.997: cost 4.096e-05, slope -0.0256. Almost flat here: the steps are tiny now, 0.0026."
    )


def test_flat_is_said_where_neither_slope_nor_step_can_be_seen():
    graph, w = one_weight()
    _slider, down, _up, _again, _view, says = parts(cost_of_one_weight(graph, w, -1, 6, step=0.05))
    slopes = []
    for _ in range(20):
        flat = "Almost flat here: the steps are tiny now" in says.value
        slopes.append((flat, abs(float(re.search(r"slope (\S+)\. ", says.value)[1]))))
        assert flat != ("Uphill is to the left, so downhill is to the right." in says.value)
        down.click()
    assert min(slope for flat, slope in slopes if not flat) > max(slope for flat, slope in slopes if flat)
    assert sum(flat for flat, _ in slopes) > 5


def test_the_picture_grows_with_a_walk_that_leaves_it():
    graph, w = one_weight(5.0)
    box = cost_of_one_weight(graph, w, -1, 6)
    slider, _down, up, again, view, says = parts(box)
    up.click()
    up.click()
    assert says.value == (
        "w = 9.48: cost 168, slope 51.84. Uphill is to the right, so downhill is to the left. "
        "The picture has grown to show it."
    )
    assert slider.value == 6
    (read,) = read_charts(view.value)
    x, y = read.curves[BLUE, False].T
    assert x[0] == pytest.approx(-1, abs=0.05) and x[-1] > 9.6 and y.max() > 168
    assert y == pytest.approx((6 - 2 * x) ** 2, abs=2)
    (x1, y1), (x2, y2) = read.curves[VERMILLION, True]
    assert (y2 - y1) / (x2 - x1) == pytest.approx(51.84, rel=0.01)
    for _ in range(6):
        up.click()
    far = says.value
    assert far.endswith("That is too far away for a further step: start again.")
    up.click()
    assert says.value == far
    again.click()
    (read,) = read_charts(view.value)
    assert read.curves[BLUE, False].T[0][-1] == pytest.approx(6, abs=0.05)
    assert box.static["text/plain"].startswith("The cost against w: w = 5: cost 16, slope 16.")


def test_a_curve_with_gaps_outside_the_first_picture_is_drawn_around_them():
    class Root(Node):
        def __init__(self, x, name):
            super().__init__([x], name)

        def forward(self):
            (x,) = self.inbound_nodes
            if x.value < 0 or 10 < x.value < 11:
                raise ValueError("no root here")
            self.value = np.sqrt(x.value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * 0.5 / self.value}

    x = Input("x")
    graph = topological_sort({x: 4.0}, output=Root(x, name="cost"))
    _slider, down, up, again, view, says = parts(cost_of_one_weight(graph, x, 1, 9, step=40))
    up.click()
    assert says.value.startswith("x = 14: cost 3.742") and "grown" in says.value
    (read,) = read_charts(view.value)
    drawn = read.curves[BLUE, False].T[0]
    assert drawn[-1] > 14 and np.diff(drawn).max() > 1
    for _ in range(3):
        down.click()
    assert "no root here" in says.value
    down.click()  # from there, no step leads anywhere
    again.click()
    assert says.value.startswith("x = 4: cost 2, slope 0.25.")


def test_the_buttons_say_their_step():
    graph = curved()
    _slider, down, up, _again, _view, says = parts(cost_of_one_weight(graph, graph[0], 3.4, 5.4, step=0.01))
    assert (down.description, up.description) == (
        "step downhill: - 0.01 · slope",
        "step uphill: + 0.01 · slope",
    )
    down.click()
    assert says.value.startswith("w = 4.2: cost 1, slope -10.")
    up.click()
    up.click()
    up.click()
    assert says.value.startswith("w = 3.725: cost 11.39") and "grown" not in says.value


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
    _which, _by, _size, view = nudge_parts(nudge(graph))
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
    _which, by, _size, view = nudge_parts(nudge(product()))
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
