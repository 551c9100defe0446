"""The events, their text, and who hears them."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    load_boston,
    sgd_update,
    topological_sort,
    trace,
)
from miniflow_lib.guard import Run
from miniflow_lib.trace_text import WIDTH, pass_text, say, show_value, sort_text
from miniflow_lib.tracing import Event
import miniflow_classroom  # noqa: F401  it knows what is local, and tells the trace


@pytest.fixture(autouse=True)
def flags_as_they_were():
    yield
    trace.DEBUG = trace.T_DEBUG = False
    trace.limit = 400


def plus():
    x, y, z = Input("x"), Input("y"), Input("z")
    f = Add(x, y, z)
    return f, {x: 4, y: 5, z: 10}


def one_layer():
    X, y, W1, b = Input("X"), Input("y"), Input("W1"), Input("b")
    cost = MSE(y, Sigmoid(Linear(X, W1, b)))
    return cost, {X: [[-1, -2], [-1, -2]], y: [1, 2], W1: [[2], [3]], b: [-3]}


def boston_step() -> None:
    data = load_boston()
    X_ = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    X, y, W1, b1, W2, b2 = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    rng = np.random.default_rng(0)
    start = {
        W1: rng.standard_normal((13, 10)),
        b1: np.zeros(10),
        W2: rng.standard_normal((10, 1)),
        b2: np.zeros(1),
    }
    forward_and_backward(topological_sort({X: X_[:11], y: data.target[:11], **start}))
    sgd_update(list(start))


def plain(event: Event) -> tuple:
    """An event as numbers and lists, which can be compared."""
    value = event.value.tolist() if hasattr(event.value, "tolist") else event.value
    pairs = [[(name, v.tolist()) for name, v in pairs] for pairs in (event.got, event.gave)]
    return (event.kind, event.node, event.other, value, *pairs)


# Events.


def test_events_of_a_sort():
    _, feed = plus()
    with trace.record() as events:
        topological_sort(feed)
    assert [plain(event)[:4] for event in events] == [
        ("fed", "x", "", 4),
        ("fed", "y", "", 5),
        ("fed", "z", "", 10),
        ("edge", "x", "Add", None),
        ("edge", "y", "Add", None),
        ("edge", "z", "Add", None),
        ("waits", "Add", "", 3),
        ("ready", "x", "", None),
        ("ready", "y", "", None),
        ("ready", "z", "", None),
        ("take", "x", "", 0),
        ("cross", "x", "Add", 2),
        ("take", "y", "", 1),
        ("cross", "y", "Add", 1),
        ("take", "z", "", 2),
        ("cross", "z", "Add", 0),
        ("ready", "Add", "", None),
        ("take", "Add", "", 3),
        ("order", "", "", ("x", "y", "z", "Add")),
    ]
    assert {event.pass_ for event in events} == {"sort"}


def test_events_of_both_passes():
    x, y, z = Input("x"), Input("y"), Input("z")
    f = Mul(Add(x, y), z)
    graph = topological_sort({x: -2, y: 5, z: -4}, output=f)
    with trace.record() as events:
        forward_and_backward(graph)
    order = tuple(event.node for event in events if event.kind == "forward")
    assert order == ("x", "y", "z", "Add", "Mul")
    told = {(event.kind, event.node): plain(event) for event in events}
    assert told["start", ""][3] == order[::-1]
    assert told["forward", "x"] == ("forward", "x", "", -2, [], [])
    assert told["forward", "Add"] == (
        "forward", "Add", "+", 3, [("x", -2), ("y", 5)], [("x", -2), ("y", 3)]
    )  # fmt: skip
    assert told["forward", "Mul"] == (
        "forward", "Mul", "·", -12, [("Add", 3), ("z", -4)], [("Add", 3), ("z", -12)]
    )  # fmt: skip
    assert told["backward", "Mul"] == ("backward", "Mul", "", 1, [], [("Add", -4), ("z", 3)])
    made = next(event.made for event in events if (event.kind, event.node) == ("backward", "Mul"))
    assert not any(event.worked_out for event in events), "no matrix"
    assert made == ([("", "arrives", 1), ("·", "local", -4)], [("", "arrives", 1), ("·", "local", 3)])
    assert told["backward", "Add"] == ("backward", "Add", "", -4, [("Mul", -4)], [("x", -4), ("y", -4)])
    assert told["backward", "z"] == ("backward", "z", "", 3, [("Mul", 3)], [("z", 3)])
    assert len(events) == 2 + 10


@pytest.mark.parametrize("op", [Add, Mul])
def test_a_sum_or_product_of_one_has_no_running_total(op):
    x = Input("x")
    f = op(x)
    with trace.record() as events:
        forward_pass(f, topological_sort({x: 4}))
    assert plain(events[-1]) == ("forward", op.__name__, "", 4, [("x", 4)], [])
    assert pass_text(events[-1]) == f"  x = 4 → {op.__name__} = 4"


@pytest.mark.parametrize(
    "told",
    [
        lambda name: Event("forward", "forward", "f", value=1.0, got=((name, 2.0),)),
        lambda name: Event("backward", "backward", "f", value=2.0, got=((name, 2.0),)),
    ],
)
def test_a_line_is_as_wide_as_the_window_and_not_a_character_wider(told):
    room = WIDTH - len(pass_text(told("")))
    assert len(pass_text(told("n" * room))) == WIDTH and "\n" not in pass_text(told("n" * room))
    assert max(map(len, pass_text(told("n" * (room + 1))).splitlines())) <= WIDTH


def test_names_in_a_list_leave_room_for_their_comma():
    """Found by a changed line: 89 characters stood in a window of 88."""
    for room in range(60, 77):
        with trace.record() as events:
            topological_sort({Input(name): 1 for name in ("n" * room, "abc", "d")})
        lines = ("  sorted" + sort_text(events).partition("  sorted")[2]).splitlines()
        assert max(map(len, lines)) <= WIDTH and "".join(lines).endswith("d")


def test_a_value_used_twice_tells_both_paths_and_their_sum():
    x, three = Input("x"), Input("three")
    Add(Mul(x, x, name="square"), Mul(three, x, name="triple"))
    with trace.record() as events:
        forward_and_backward(topological_sort({x: 2, three: 3}))
    last = next(event for event in events if event.kind == "backward" and event.node == "x")
    assert plain(last) == ("backward", "x", "", 7, [("square", 4), ("triple", 3)], [("x", 7)])
    assert pass_text(last) == "  x  arrives 4 + 3 = 7 from square and triple: its gradient"


def test_recorded_values_stay_what_they_were():
    X, W = Input("X"), Input("W")
    graph = topological_sort({X: [1.0, 2.0], W: [3.0, 4.0]}, output=Add(X, W))
    with trace.record() as events:
        forward_pass(graph[-1], graph)
    X.value[:] = 99
    graph[-1].value[:] = 99
    assert events[1].value.tolist() == [1, 2] and events[-1].value.tolist() == [4, 6]


# The text, whole.

SUM_TEXT = """\
topological_sort: a node is ready when all its inbound nodes are in the list
  fed      x = 4
           y = 5
           z = 10
  edges    x → Add
           y → Add
           z → Add
  waiting  Add for 3
  ready    x, y, z
  take 1   x, its value 4 is fed
           cross off x → Add: Add waits for 2 more
  take 2   y, its value 5 is fed
           cross off y → Add: Add waits for 1 more
  take 3   z, its value 10 is fed
           cross off z → Add: Add is ready
  take 4   Add
  sorted   x, y, z, Add
forward pass: each node works out its value from those of its inbound nodes
  x = 4
  y = 5
  z = 10
  Add  0 + 4 (x) = 4
       4 + 5 (y) = 9
       9 + 10 (z) = 19
"""

LAYER_TEXT = """\
forward pass: each node works out its value from those of its inbound nodes
  X (2, 2) = [[-1, -2], [-1, -2]]
  y (2,) = [1, 2]
  W1 (2, 1) = [[2], [3]]
  b (1,) = [-3]
  Linear
      X (2, 2)     W1 (2, 1)   b (1,)       Linear (2, 1)
      [[-1, -2],   [[2],       [-3]     →   [[-11],
       [-1, -2]]    [3]]                     [-11]]
      Linear[0, 0], row 0 of X, column 0 of W1 and b[0]: -1 · 2 + -2 · 3 + -3 = -11
  Sigmoid
      Linear (2, 1)       Sigmoid (2, 1)
      [[-11],         →   [[1.67014218e-05],
       [-11]]              [1.67014218e-05]]
  MSE
      y (2,)   Sigmoid (2, 1)           MSE
      [1, 2]   [[1.67014218e-05],   →   2.499949896
                [1.67014218e-05]]
backward pass: each node hands back what arrives, times what is local
  MSE  the cost: arrives 1, the seed
      arrives       local               (y - a) (2,)
      1         ·   2       /   2   ·   [0.9999833, 1.9999833]
          for y (2,)
      =   [0.9999833, 1.9999833]
      arrives       local               (y - a) (2, 1)       for Sigmoid (2, 1)
      1         ·   -2      /   2   ·   [[0.9999833],    =   [[-0.9999833],
                                         [1.9999833]]         [-1.9999833]]
  Sigmoid  arrives (2, 1) from MSE
      arrives (2, 1)       local (2, 1)             (2, 1)
      [[-0.9999833],   ·   [[1.67014218e-05],   ·   [[0.9999833],
       [-1.9999833]]        [1.67014218e-05]]        [0.9999833]]
          for Linear (2, 1)
      =   [[-1.67008640e-05],
           [-3.34020069e-05]]
  Linear  arrives (2, 1) from Sigmoid
      arrives (2, 1)            W.T (1, 2)       for X (2, 2)
      [[-1.67008640e-05],   @   [[2, 3]]     =   [[-3.34017280e-05, -5.01025919e-05],
       [-3.34020069e-05]]                         [-6.68040138e-05, -1.00206021e-04]]
      for X[0, 0], row 0 of what arrives and column 0 of W.T:
        -1.67008640e-05 · 2 = -3.34017280e-05
      X.T (2, 2)       arrives (2, 1)            for W1 (2, 1)
      [[-1, -1],   @   [[-1.67008640e-05],   =   [[5.01028709e-05],
       [-2, -2]]        [-3.34020069e-05]]        [1.00205742e-04]]
      for W1[0, 0], row 0 of X.T and column 0 of what arrives:
        -1 · -1.67008640e-05 + -1 · -3.34020069e-05 = 5.01028709e-05
                             arrives (2, 1)            for b (1,)
      sum over the rows of   [[-1.67008640e-05],   =   [-5.01028709e-05]
                              [-3.34020069e-05]]
      for b[0], column 0 of what arrives:
        -1.67008640e-05 + -3.34020069e-05 = -5.01028709e-05
  b  arrives [-5.01028709e-05] from Linear: its gradient
  W1  arrives (2, 1) [[5.01028709e-05], [1.00205742e-04]] from Linear: its gradient
  y  arrives [0.9999833, 1.9999833] from MSE: its gradient
  X  arrives from Linear: its gradient
      (2, 2)
      [[-3.34017280e-05, -5.01025919e-05],
       [-6.68040138e-05, -1.00206021e-04]]
"""


def test_the_printed_trace_of_x_plus_y_plus_z(capsys):
    f, feed = plus()
    trace.DEBUG = trace.T_DEBUG = True
    assert forward_pass(f, topological_sort(feed)) == 19
    assert capsys.readouterr().out == SUM_TEXT


def test_the_printed_trace_of_the_one_layer_example(capsys):
    _, feed = one_layer()
    graph = topological_sort(feed)
    trace.DEBUG = True
    forward_and_backward(graph)
    assert capsys.readouterr().out == LAYER_TEXT


def test_one_step_on_boston_stays_below_120_lines(capsys):
    trace.DEBUG = trace.T_DEBUG = True
    boston_step()
    lines = capsys.readouterr().out.splitlines()
    assert 60 < len(lines) < 120
    assert max(map(len, lines)) <= WIDTH
    assert "  X (11, 13) = [[-0.4198, 0.2848, -1.2879, …], …]" in lines
    assert not any("row 0 of" in line for line in lines), "corners show no sum"
    assert all(line.strip() for line in lines), "an empty line is a line without news"
    assert "not shown" not in lines[-1]


def test_a_students_op_in_six_lines_is_told_like_a_built_in_one(capsys):
    class Tanh(Node):
        def __init__(self, x):
            Node.__init__(self, [x])

        def forward(self):
            self.value = np.tanh(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: self.grad_cost() * (1 - self.value**2)}

    x = Input("x")
    Tanh(x)
    trace.DEBUG = trace.T_DEBUG = True
    forward_and_backward(topological_sort({x: 0}))
    out = capsys.readouterr().out
    assert "  x = 0 → Tanh = 0\n" in out and "           x → Tanh\n" not in out.partition("edges")[0]
    told = "  Tanh  the cost: arrives 1, the seed\n      for x: 1\n  x  arrives 1 from Tanh: its gradient\n"
    assert out.endswith(told)


class Odd(Node):
    """A learner's op in the middle of being written: nothing in it is what the engine expects."""

    def __init__(self, x):
        Node.__init__(self, [x])
        self.name = 7

    def forward(self):
        self.value = {"not": "a number"}

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: "no gradient"}

    def grad_cost(self):
        raise RuntimeError("never asked for")


def test_the_trace_stops_no_pass_that_runs_without_it(capsys):
    x = Input("x\x1b[31m\n")
    odd = Odd(x)
    graph = topological_sort({x: 1})
    trace.DEBUG = True
    with trace.record() as events:
        forward_pass(odd, graph)
        told = trace.teller("backward", graph)
        odd.run = Run()
        with pytest.raises(MiniFlowError, match="set 'no gradient', a str as the gradient"):
            odd.backward()
        told(odd)
    out = capsys.readouterr().out
    assert "x?[31m? = 1\n" in out and "7 = {'not': 'a number'}" in out and "\x1b" not in out
    assert events[-1].kind == "backward" and events[-1].gave == (("x?[31m?", "no gradient"),)


def test_a_node_that_forgot_its_name_has_its_classs():
    class Nameless(Node):
        @property
        def name(self):
            raise AttributeError("never set")

        @name.setter
        def name(self, value):
            pass

        def forward(self):
            self.value = self.inbound_nodes[0].value

    x = Input("x")
    f = Nameless([x])
    with trace.record() as events:
        topological_sort({x: 1})
    assert events[-1].value == ("x", "Nameless")
    assert f.inbound_nodes == [x] or f.inbound_nodes == (x,)


def test_without_the_classroom_the_trace_tells_what_each_got_and_gave():
    script = """
from miniflow_lib import Input, Mul, forward_and_backward, topological_sort, trace
x, y = Input("x"), Input("y")
graph = topological_sort({x: 3, y: 5}, Mul(x, y, name="f"))
trace.DEBUG = True
forward_and_backward(graph)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    told = "  f  the cost: arrives 1, the seed\n      for x: 5\n      for y: 3\n"
    assert told in run.stdout.decode().replace("\r", "")


def test_matrices_that_meet_are_told_beside_each_other_and_large_ones_by_their_shapes():
    def text(size: int) -> str:
        X, y = Input("X"), Input("y")
        h = Sigmoid(X, name="h")
        cost = MSE(y, Add(Mul(h, h, name="p"), h, name="s"), name="cost")
        with trace.record() as events:
            forward_and_backward(
                topological_sort({X: np.zeros((size, 1)), y: np.ones((size, 1))}, output=cost)
            )
        return next(pass_text(e) for e in events if e.kind == "backward" and e.node == "h")

    assert (
        text(2)
        == """\
  h  arrives from p and s
      from p (2, 1)       from s (2, 1)       together (2, 1)
      [[-0.25],       +   [[-0.25],       =   [[-0.5],
       [-0.25]]            [-0.25]]            [-0.5]]
      arrives (2, 1)       local (2, 1)       (2, 1)        for X (2, 1)
      [[-0.5],         ·   [[0.5],        ·   [[0.5],   =   [[-0.125],
       [-0.5]]              [0.5]]             [0.5]]        [-0.125]]"""
    )
    assert text(7).splitlines()[-2:] == [
        "      for X: arrives (7, 1) · local (7, 1) · (7, 1) = (7, 1)",
        "        [[-0.0357], …]",
    ]


def test_totals_are_told_only_where_they_lead_to_the_value(capsys):
    class Add(Node):  # a learner's own, with a mistake in it
        def forward(self):
            self.value = self.inbound_nodes[0].value - self.inbound_nodes[1].value

    x, y = Input("x"), Input("y")
    f = Add([x, y])
    trace.DEBUG = True
    forward_pass(f, topological_sort({x: 4, y: 5}))
    assert capsys.readouterr().out.endswith("  x = 4, y = 5 → Add = -1\n")


def test_an_unused_input_is_told_as_such(capsys):
    x, y = Input("x"), Input("unused")
    f = Mul(x, x)
    graph = topological_sort({x: 3, y: 1})
    graph = [y, x, f]
    trace.DEBUG = True
    forward_and_backward(graph)
    assert capsys.readouterr().out.endswith(
        "  unused  nothing arrives, the cost does not depend on it: its gradient is 0\n"
    )


def test_an_input_that_the_output_does_not_need_is_told_as_such(capsys):
    x, y = Input("x"), Input("y")
    trace.T_DEBUG = True
    topological_sort({x: 3, y: 1}, output=Mul(x, x))
    assert "           y = 1  (not needed)\n" in capsys.readouterr().out


def test_a_cycle_is_told_up_to_where_the_sort_stuck(capsys):
    x = Input("x")
    a = Add(x, x, name="a")
    b = Add(a, x, name="b")
    a.inbound_nodes = [*a.inbound_nodes, b]
    b.outbound_nodes.append(a)
    trace.T_DEBUG = True
    with pytest.raises(MiniFlowError):
        topological_sort({x: 1})
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["  sorted   x", "  stuck    a for ever, b for ever"]


def test_what_was_done_before_an_error_is_told(capsys):
    X, W, b = Input("X"), Input("W"), Input("b")
    f = Linear(X, W, b)
    graph = topological_sort({X: np.ones((2, 3)), W: np.ones((2, 1)), b: 0})
    trace.DEBUG = True
    with pytest.raises(MiniFlowError):
        forward_pass(f, graph)
    assert capsys.readouterr().out.splitlines()[-1] == "  b = 0"


# Values.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (19, "19"),
        (19.0, "19"),
        (np.float64(-0.0), "0"),
        (12.7, "12.7"),
        (np.array(23.416666666666668), "23.41666667"),
        (1.6701421848095181e-05, "1.670142185e-05"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (-float("inf"), "-inf"),
        (np.array([6.0, 14.0, 3.0]), "[6, 14, 3]"),
        (np.array([0.5, 0.25, 1.4]), "[0.50, 0.25, 1.40]"),
        (np.array([[18.0, 21.0], [42.0, 49.0]]), "[[18, 21], [42, 49]]"),
        (np.array([1.23394576e-04, 9.82013790e-01]), "[1.23394576e-04, 9.82013790e-01]"),
        (np.array([0.0, 0.5, np.nan, np.inf]), "[0, 0.5, nan, inf]"),
        (np.array([999_999_999.0, 2.0]), "[999999999, 2]"),
        (np.array([1e9, 2.0]), "[1e+09, 2e+00]"),
        (np.arange(7), "[0, 1, 2, …]"),
        (np.arange(14).reshape(2, 7), "[[0, 1, 2, …], [7, 8, 9, …]]"),
        (np.arange(14).reshape(7, 2), "[[0, 1], …]"),
        (np.zeros((0, 3)), "[]"),
        (np.array([]), "[]"),
        (np.ones((2, 1, 2)), "[[[1, 1]], [[1, 1]]]"),
        (np.zeros((7, 2, 7)), "[[[0, 0, 0, …], [0, 0, 0, …]], …]"),
        (np.array([True, False]), "[True, False]"),
        (None, "None"),
        ("text", "'text'"),
        (object(), "an object"),
        ([0.0] * 60, "a list"),
        (2j, "2j"),
        (np.array([1j]), "[1j]"),
    ],
)
def test_a_value_in_one_line(value, text):
    assert show_value(value) == text


def test_large_arrays_by_shape_and_corner_beside_each_other():
    big = np.arange(130.0).reshape(13, 10) / 3
    event = Event("forward", "forward", "f", "", big, (("X", big), ("c", np.zeros((2, 2)))))
    assert (
        pass_text(event)
        == """\
  f
      X (13, 10)                      c (2, 2)       f (13, 10)
      [[     0, 0.3333, 0.6667, …],   [[0, 0],   →   [[     0, 0.3333, 0.6667, …],
       [3.3333, 3.6667, 4.0000, …],    [0, 0]]        [3.3333, 3.6667, 4.0000, …],
       [6.6667, 7.0000, 7.3333, …],                   [6.6667, 7.0000, 7.3333, …],
       …]                                             …]"""
    )


def test_an_empty_and_a_deep_array_have_a_text():
    event = Event("forward", "forward", "f", "", np.zeros((0, 2)), (("X", np.ones((2, 1, 2))),))
    assert pass_text(event) == (
        "  f\n      X (2, 1, 2)                f (0, 2)\n      [[[1, 1]], [[1, 1]]]   →   []"
    )


def test_a_long_list_of_names_is_broken_into_lines():
    names = tuple(f"node_{i}" for i in range(20))
    lines = sort_text([Event("sort", "order", value=names)]).splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= WIDTH
    assert " ".join(lines[1:]).replace("  sorted", "").split() == ", ".join(names).split()


def test_a_line_of_names_ends_between_two_names_and_never_inside_one():
    names = tuple(f"a two-word name {i}" for i in range(12))
    lines = sort_text([Event("sort", "order", value=names)]).splitlines()[1:]
    assert len(lines) > 2
    told = [name for line in lines for name in line.removeprefix("  sorted").strip(" ,").split(", ")]
    assert tuple(told) == names


def test_an_op_whose_gradient_cannot_be_read_is_not_said_to_get_nothing():
    event = Event("backward", "backward", "f", value=None, gave=(("x", 3.0),), made=((),))
    assert pass_text(event) == "  f  the cost: arrives None, the seed\n      for x: 3"


# Who hears.


def test_off_by_default_and_nobody_listens(capsys):
    assert trace.teller("forward", []) is None and not trace.DEBUG
    boston_step()
    assert capsys.readouterr() == ("", "")


def test_each_flag_switches_its_own_part(capsys):
    f, feed = plus()
    trace.DEBUG = True
    graph = topological_sort(feed)
    assert capsys.readouterr().out == ""
    trace.DEBUG, trace.T_DEBUG = False, True
    forward_pass(f, graph)
    assert capsys.readouterr().out == ""
    topological_sort(feed)
    assert capsys.readouterr().out.startswith("topological_sort")


def test_a_follower_hears_of_the_flags_alone():
    heard = []
    before, trace._followers = trace._followers, ()  # buttons of another test set the flag once more
    trace.follow(lambda name, value: heard.append((name, value)))
    try:
        trace.DEBUG, trace.limit = True, 7
    finally:
        trace._followers = before
    assert heard == [("DEBUG", True)]


def test_a_flag_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match=r"no 'debug'.*DEBUG \(the passes\), T_DEBUG \(the sort\)"):
        trace.debug = True


def test_override_is_for_its_block_and_thread_alone(capsys):
    f, feed = plus()
    graph = topological_sort(feed)
    trace.DEBUG = True
    with trace.override(DEBUG=False):
        forward_pass(f, graph)
        assert trace.DEBUG and capsys.readouterr().out == ""
        other = threading.Thread(target=forward_pass, args=(f, graph))
        other.start()
        other.join()
        assert "= 19" in capsys.readouterr().out
    with pytest.raises(ZeroDivisionError), trace.override(DEBUG=False):
        1 / 0  # noqa: B018
    forward_pass(f, graph)
    assert "= 19" in capsys.readouterr().out


def test_record_hears_with_all_flags_off_and_records_nest(capsys):
    f, feed = plus()
    with trace.record() as outer:
        with trace.record() as inner, trace.override(DEBUG=True, out=io.StringIO()):
            forward_pass(f, topological_sort(feed))
        forward_pass(f, topological_sort(feed))
    assert len(outer) == 2 * len(inner) and capsys.readouterr().out == ""


def test_text_goes_to_the_file_that_was_asked_for(capsys):
    f, feed = plus()
    out = io.StringIO()
    with trace.override(DEBUG=True, T_DEBUG=True, out=out):
        forward_pass(f, topological_sort(feed))
    assert out.getvalue() == SUM_TEXT and capsys.readouterr().out == ""


def test_each_event_is_printed_in_one_piece():
    """Two threads must not cut into each other's lines."""

    class Pieces(io.StringIO):
        def write(self, text):
            pieces.append(text)
            return len(text)

    pieces = []
    _, feed = one_layer()
    with trace.override(DEBUG=True, T_DEBUG=True, out=Pieces()):
        forward_and_backward(topological_sort(feed))
    pieces = [piece for piece in pieces if piece]
    assert len(pieces) == 1 + 2 * 8 and all(piece.endswith("\n") for piece in pieces)


def test_a_console_without_arrows_gets_ascii():
    script = """
from miniflow_lib import Add, Input, topological_sort, trace
trace.T_DEBUG = True
x = Input("ä")
topological_sort({x: 1}, Add(x))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env={"PYTHONIOENCODING": "ascii"}, timeout=60
    )
    assert run.returncode == 0, run.stderr.decode()
    assert b"? -> Add" in run.stdout


class TextFile(io.TextIOWrapper):
    """A file that is kept in memory, in a given encoding."""

    def __init__(self, encoding):
        super().__init__(io.BytesIO(), encoding=encoding)

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize(
    "encoding, shown", [("cp1252", "ä * 2 -> 3..."), ("latin-1", "ä * 2 -> 3..."), ("ascii", "? * 2 -> 3...")]
)
def test_a_file_gets_the_letters_that_it_has(encoding, shown):
    out = TextFile(encoding)
    say("ä · 2 → 3…", out)
    assert out.text() == shown
    out = TextFile("utf-8")
    say("ä · 2 → 3…", out)
    assert out.text() == "ä · 2 → 3…"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_the_trace_and_the_words_of_a_training_go_into_any_file(encoding):
    out = TextFile(encoding)
    x = Input("a name with a \N{GREEK SMALL LETTER THETA}")
    with trace.override(DEBUG=True, T_DEBUG=True, out=out):
        forward_pass(f := Mul(x, x), topological_sort({x: np.arange(9.0)}, f))
    assert "cross off" in out.text() and "-> " in out.text()


# The limit.


def test_outside_a_notebook_each_call_has_its_own_count(capsys):
    f, feed = plus()
    graph = topological_sort(feed)
    trace.DEBUG, trace.limit = True, 3
    for _ in range(2):
        forward_pass(f, graph)
        assert capsys.readouterr().out == (
            "forward pass: each node works out its value from those of its inbound nodes\n"
            "  x = 4\n  y = 5\n"
            "… 3 events told; the rest of this cell is not shown: "
            "set trace.limit, or trace one step in a cell of its own.\n"
        )


@contextmanager
def shell():
    """A running IPython, as in a kernel."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()


def test_in_a_notebook_each_cell_has_its_own_count(capsys):
    f, feed = plus()
    graph = topological_sort(feed)
    trace.limit = 8
    with shell() as ipython:
        ipython.push({"f": f, "graph": graph, "forward_pass": forward_pass, "trace": trace})
        ipython.run_cell("trace.DEBUG = True\nfor _ in range(50): forward_pass(f, graph)")
        first = capsys.readouterr().out
        assert first.count("forward pass") == 2 and first.count("not shown") == 1
        assert first.splitlines()[-1].startswith("… 8 events told")
        ipython.run_cell("forward_pass(f, graph);")
        assert "not shown" not in capsys.readouterr().out, "a new cell begins at 0"
        ipython.run_cell("with trace.record() as events:\n    for _ in range(50): forward_pass(f, graph)")
        assert len(ipython.user_ns["events"]) == 250, "a record has no limit"


def test_a_forgotten_flag_in_a_training_loop_buries_nothing_and_costs_little():
    f, feed = plus()
    graph = topological_sort(feed)
    trace.DEBUG = True
    out = io.StringIO()
    with trace.override(out=out):
        for _ in range(200):
            forward_pass(f, graph)
        assert trace.teller("forward", graph) is None, "past the limit nothing is copied or written any more"
    assert out.getvalue().count("\n") < 700
    assert out.getvalue().count("not shown") == 1
