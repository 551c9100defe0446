"""Ops that write in place, that are random, and that remember: what every tool says of them is true."""

from __future__ import annotations

import io
import random
import re
from html import unescape

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    MiniFlowError,
    Node,
    forward_and_backward,
    topological_sort,
    trace,
)
from tests import in_place
from tests.in_place import ReLU, Same, Shift, Subtract
from miniflow_classroom import (
    check_gradients,
    cost_of_one_weight,
    draw_graph,
    fill_in_gradients,
    nudge,
    stepper,
)
from miniflow_classroom.gradients.check import RIGHT, UNKNOWN, WRONG
from miniflow_classroom.restore import put_back
from miniflow_classroom.widgets.stepper import film

# --- the ops ------------------------------------------------------------------------------------------------


class Op(in_place.Op):
    """By itself: its input, doubled."""

    factor = 2.0

    def __init__(self, *inputs, name="op"):
        super().__init__(*inputs, name=name)

    def forward(self):
        self.value = self.inbound_nodes[0].value * self.factor

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost() * self.factor}


class Square(Op):
    """Writes into its input on the way back."""

    def forward(self):
        self.value = self.inbound_nodes[0].value ** 2

    def backward(self):
        (x,) = self.inbound_nodes
        z = x.value
        z *= 2
        self.gradients = {x: z * self.grad_cost()}


class Cut(Op):
    """Writes into its input where that is below 0, and nowhere else."""

    def forward(self):
        z = self.inbound_nodes[0].value
        z[z < 0] = 0
        self.value = z

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost() * (self.value > 0)}


class Flatten(Op):
    """Hands on its input's own array in another shape."""

    def forward(self):
        self.value = self.inbound_nodes[0].value.reshape(-1)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost().reshape(x.value.shape)}


class Dropout(Op):
    """Draws its mask anew in each forward."""

    def forward(self):
        (x,) = self.inbound_nodes
        self.factor = self.mask(np.shape(x.value))
        Op.forward(self)

    def mask(self, shape):
        return np.random.random_sample(shape) > 0.5


class ClassDropout(Dropout):
    """Its class holds the generator."""

    rng = np.random.default_rng(3)

    def mask(self, shape):
        return self.rng.random(shape) > 0.5


class OldDropout(ClassDropout):
    rng = np.random.RandomState(3)

    def mask(self, shape):
        return self.rng.random_sample(shape) > 0.5


class PlainDropout(Dropout):
    """Draws one number, and from Python."""

    def mask(self, shape):
        return random.random() > 0.5


class RareDropout(Dropout):
    """Drops one number in 40."""

    def mask(self, shape):
        return np.random.random_sample(shape) > 0.025


class FixedDropout(Op):
    """Drew its mask when it was built."""

    def __init__(self, x, name="op"):
        super().__init__(x, name=name)
        self.factor = np.array([[True, False], [True, True]])


class Noise(Op):
    def forward(self):
        (x,) = self.inbound_nodes
        self.value = x.value + np.random.normal(size=np.shape(x.value))

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost()}


class NoisyBack(Op):
    def backward(self):
        Op.backward(self)
        (x,) = self.inbound_nodes
        self.gradients[x] = self.gradients[x] + np.random.normal(size=np.shape(x.value))


class CoinBack(Op):
    """Draws a mask on the way back: now and then the gradient is the right one."""

    def backward(self):
        Op.backward(self)
        (x,) = self.inbound_nodes
        self.gradients[x] = self.gradients[x] * (np.random.random_sample() > 0.3)


class RareBack(Op):
    """Writes a 0 for a gradient once in ten times."""

    def backward(self):
        Op.backward(self)
        (x,) = self.inbound_nodes
        self.gradients[x] = self.gradients[x] * (np.random.random_sample() > 0.1)


class Counting(Op):
    """Counts its runs, which its value does not show."""

    def __init__(self, x, name="op"):
        super().__init__(x, name=name)
        self.runs, self.seen = 0, []

    def forward(self):
        self.runs += 1
        self.seen.append(np.mean(self.inbound_nodes[0].value))
        Op.forward(self)


class Warming(Counting):
    """Counts its runs, and multiplies by the count."""

    def forward(self):
        self.factor = self.runs + 1.0
        Counting.forward(self)


class RunningMean(Op):
    """Takes away the mean of all that it saw, which it keeps in an array of its own."""

    start = 0.0

    def __init__(self, x, name="op"):
        super().__init__(x, name=name)
        self.mean = np.array([self.start])

    def forward(self):
        (x,) = self.inbound_nodes
        self.mean *= 0.9
        self.mean += 0.1 * x.value.mean()
        self.value = x.value - self.mean

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost()}


class RestingMean(RunningMean):
    """The same, when its mean has come to rest: on the same inputs it stays where it is."""

    start = -0.25


X = [[-1.0, 2.0], [3.0, -5.0]]  # its mean is -0.25


def skip(op):
    """cost = MSE(y, x + op(x)), its graph sorted."""
    x, y = Input("x"), Input("y")
    return topological_sort(
        {x: X, y: np.zeros((2, 2))}, output=MSE(y, Add(x, op(x, name="op"), name="sum"), name="cost")
    )


def after(first, op):
    """cost = MSE(y, h + op(h)), where h is what `first` hands on."""
    x, y = Input("x"), Input("y")
    h = first(x, name="h")
    cost = MSE(y, Add(h, op(h, name="op"), name="sum"), name="cost")
    return topological_sort({x: X, y: np.zeros(4 if first is Flatten else (2, 2))}, output=cost)


def subtraction():
    a, b, y = Input("a"), Input("b"), Input("y")
    feed = {a: [3.0, 4.0], b: [1.0, 1.0], y: [0.0, 0.0]}
    return topological_sort(feed, output=MSE(y, Subtract(a, b, name="op"), name="cost"))


def number(op):
    """cost = MSE(y, op(x)) of single numbers."""
    x, y = Input("x"), Input("y")
    return topological_sort({x: 3.0, y: 0.0}, output=MSE(y, op(x, name="op"), name="cost"))


GRAPHS = {
    "subtract": subtraction,
    "same, relu": lambda: after(Same, ReLU),
    "flatten, relu": lambda: after(Flatten, ReLU),
    "same, shift": lambda: after(Same, Shift),
    "flatten, shift": lambda: after(Flatten, Shift),
    **{
        kind.__name__: lambda kind=kind: skip(kind)
        for kind in (
            *(ReLU, Shift, Square, FixedDropout, Dropout, ClassDropout, OldDropout, PlainDropout),
            *(Noise, NoisyBack, CoinBack, Counting, Warming, RunningMean, RestingMean),
        )
    },
}
# What is right: {graph: {Input: d cost / d Input}}, worked out by hand.
GRADIENTS = {
    "ReLU": {"x": [[-0.5, 4], [6, -2.5]], "y": [[0.5, -2], [-3, 2.5]]},
    "subtract": {"a": [2, 3], "b": [-2, -3], "y": [-2, -3]},
    "same, relu": {"x": [[-0.5, 4], [6, -2.5]], "y": [[0.5, -2], [-3, 2.5]]},
    "flatten, relu": {"x": [[-0.5, 4], [6, -2.5]], "y": [0.5, -2, -3, 2.5]},
    "FixedDropout": {"x": [[-2, 1], [6, -10]], "y": [[1, -1], [-3, 5]]},
    "Counting": {"x": [[-4.5, 9], [13.5, -22.5]], "y": [[1.5, -3], [-4.5, 7.5]]},
}
IN_PLACE = {  # the op that is to blame, and what it changed
    "Shift": r"Shift\.forward\(\) changes the value of x, which others read too: ",
    "Square": r"Square\.backward\(\) changes the value of x, which others read too: ",
    "same, shift": r"Shift\.forward\(\) changes the value of h, which others read too: ",
    "flatten, shift": r"Shift\.forward\(\) changes the value of h, which others read too: ",
}
FORWARD_VARIES = (
    "op does not have the same value each time forward() runs on the same inputs, so no slope can be "
    "measured. If it draws random numbers, let each forward() draw the same ones while you measure, from a "
    "new rng = np.random.default_rng(0); if it keeps a count or a mean between runs, hold that still."
)
UNSTEADY = [
    *("Dropout", "ClassDropout", "OldDropout", "PlainDropout", "Noise"),
    *("Warming", "RunningMean", "RestingMean"),
]
BACKWARD_VARIES = "backward() of op gives a different gradient when it is run again on the same values"


def values(graph) -> dict:
    return {node: node.value for node in graph if not node.inbound_nodes}


def checked(graph):
    return check_gradients(graph[-1], values(graph))


# --- check_gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_check_finds_what_writes_in_place_right_and_its_slopes_are_those_by_hand(name):
    check = checked(GRAPHS[name]())
    assert check.sentence == "" and {row.verdict for row in check.rows} == {RIGHT}
    for row in check.rows:
        assert row.gradient.tolist() == GRADIENTS[name][row.name]
        assert row.slope == pytest.approx(np.array(GRADIENTS[name][row.name]), rel=1e-6)


@pytest.mark.parametrize("name", IN_PLACE)
def test_the_check_names_the_op_that_changes_what_it_reads(name):
    with pytest.raises(MiniFlowError, match="^" + IN_PLACE[name]):
        checked(GRAPHS[name]())


@pytest.mark.parametrize("at", [[0.0, 1.0], [1.0, 0.0], [1e-5, 1.0]])
def test_the_check_names_it_too_when_it_does_so_only_where_the_input_is_nudged_to(at):
    x, y = Input("x"), Input("y")
    with pytest.raises(MiniFlowError, match=r"^Cut\.forward\(\) changes the value of x,"):
        check_gradients(MSE(y, Cut(x)), {x: at, y: [0.5, 0.5]})


@pytest.mark.parametrize("name", UNSTEADY)
def test_the_check_names_the_op_whose_value_varies_and_blames_nothing(name):
    check = checked(GRAPHS[name]())
    assert check.sentence == FORWARD_VARIES
    assert [row.cells for row in check.rows] == [
        ("x", "(2, 2)", "-", "? cannot be checked"),
        ("y", "(2, 2)", "-", "? cannot be checked"),
    ]


def test_the_check_names_an_op_that_keeps_a_mean_also_where_that_moves_no_cost():
    x, y = Input("x"), Input("y")  # up and down from 0 the cost is the same, whatever the mean is
    check = check_gradients(MSE(y, RunningMean(x)), {x: [-1.0, 1.0], y: [0.0, 0.0]})
    assert check.sentence == FORWARD_VARIES


@pytest.mark.parametrize("op", [NoisyBack, CoinBack])
def test_the_check_names_the_op_whose_gradient_varies_however_often_it_is_right(op):
    for seed in range(12):
        np.random.seed(seed)
        for graph in skip(op), number(op):
            check = checked(graph)
            assert [row.verdict for row in check.rows] == [WRONG, RIGHT]
            assert check.rows[0].difference > 1e-3
            assert check.sentence == (
                f"{BACKWARD_VARIES}: something in it changes from run to run, such as random numbers, a "
                "counter, or a sum that is not reset."
            )


def test_an_op_that_seldom_drops_a_number_is_never_said_to_be_something_else():
    """Where it dropped none while it was checked, the check has nothing to find fault with."""
    said = set()
    for seed in range(40):
        np.random.seed(seed)
        for graph in number(RareDropout), skip(RareDropout):
            check = checked(graph)
            said.add((check.sentence, *{row.verdict for row in check.rows}))
    assert said == {(FORWARD_VARIES, UNKNOWN), ("", RIGHT)}


def test_an_op_that_seldom_hands_on_another_gradient_is_not_said_to_add_up():
    said = set()
    for seed in range(40):
        np.random.seed(seed)
        check = checked(number(RareBack))
        said.add((check.sentence[:120], check.rows[0].verdict))
    varies = f"{BACKWARD_VARIES}: something in it changes from run to run, such"
    assert said == {(varies[:120], WRONG), ("", RIGHT)}


# --- nudge --------------------------------------------------------------------------------------------------


def parts(box):
    (which, by, _size), view = box.children[0].children, box.children[1]
    return which, by, view


def last_line(view) -> str:
    return unescape(re.findall(r">([^<>]+)<", view.value)[-1])


def numbers(line: str) -> tuple[float, float]:
    """The slope and the gradient."""
    return tuple(
        map(float, re.search(r"= (\S+); the gradient is (\S+?)(?:\.?$|\. They differ)", line).groups())
    )


@pytest.mark.parametrize("name", GRADIENTS)
def test_nudge_sets_the_slope_of_an_op_that_writes_in_place_beside_its_gradient(name):
    graph = GRAPHS[name]()
    forward_and_backward(graph)
    which, by, view = parts(nudge(graph))
    for label in which.options:
        node, place = label.split("[")
        index = tuple(map(int, place.rstrip("]").split(", ")))
        right = np.array(GRADIENTS[name][node])[index]
        found = []
        which.value = label
        for step in (0.05, -0.05):
            by.value = step
            slope, gradient = numbers(last_line(view))
            assert gradient == right
            found.append(slope)
        # the cost is a square: the slopes up and down have the gradient in their middle
        assert np.mean(found) == pytest.approx(right, abs=2e-3)


def test_nudge_shows_each_value_of_a_graph_that_writes_in_place():
    graph = skip(ReLU)
    forward_and_backward(graph)
    assert nudge(graph).static["text/plain"] == (
        "node   before               after                  change\n"
        "x      [[-1, 2], [3, -5]]   [[-0.9, 2], [3, -5]]   [[0.1, 0], [0, 0]]\n"
        "y      [[0, 0], [0, 0]]     [[0, 0], [0, 0]]\n"
        "op     [[0, 2], [3, 0]]     [[0, 2], [3, 0]]\n"
        "sum    [[-1, 4], [6, -5]]   [[-0.9, 4], [6, -5]]   [[0.1, 0], [0, 0]]\n"
        "cost   19.5                 19.4525                -0.0475\n"
        "cost moved by -0.0475 for a nudge of 0.1 to x[0, 0]: -0.0475 / 0.1 = -0.475; the\n"
        "gradient is -0.5. They differ by 0.025, and a smaller nudge comes nearer."
    )


@pytest.mark.parametrize("name", [name for name in IN_PLACE if name != "Square"])
def test_nudge_names_the_op_that_changes_what_it_reads(name):
    with pytest.raises(MiniFlowError, match="^" + IN_PLACE[name]):
        nudge(GRAPHS[name]())


def test_nudge_runs_backward_only_where_that_ran_before():
    graph = skip(Square)
    assert last_line(parts(nudge(graph))[2]) == (
        "cost moved by 0.002025 for a nudge of 0.1 to x[0, 0]: 0.002025 / 0.1 = 0.02025"
    )
    with pytest.raises(MiniFlowError, match=IN_PLACE["Square"]):
        forward_and_backward(graph)
    with pytest.raises(MiniFlowError, match=IN_PLACE["Square"]):  # the cost has its gradients now
        nudge(graph)


def test_nudge_says_in_its_place_that_an_op_changes_what_it_reads_from_here_on():
    x, y = Input("x"), Input("y")
    graph = topological_sort({x: [0.05, 1.0], y: [0.0, 0.0]}, output=MSE(y, Cut(x), name="cost"))
    _which, by, view = parts(nudge(graph))
    assert last_line(view).startswith("cost moved by 0.01 for a nudge of 0.1 to x[0]")
    by.value = -0.1
    assert last_line(view).startswith("MiniFlowError: Cut.forward() changes the value of x, which others")
    by.value = -0.01
    assert last_line(view).startswith("cost moved by -0.00045 for a nudge of -0.01 to x[0]")


@pytest.mark.parametrize("name", UNSTEADY)
@pytest.mark.parametrize("ran", [False, True])
def test_nudge_takes_no_credit_for_what_an_op_does_by_itself(name, ran):
    graph = GRAPHS[name]()
    if ran:
        forward_and_backward(graph)
    with pytest.raises(MiniFlowError) as caught:
        nudge(graph)
    assert str(caught.value) == FORWARD_VARIES


@pytest.mark.parametrize("op", [NoisyBack, CoinBack])
def test_nudge_shows_no_gradient_that_is_another_one_each_time(op):
    graph = skip(op)
    assert last_line(parts(nudge(graph))[2]) == (
        "cost moved by -0.4275 for a nudge of 0.1 to x[0, 0]: -0.4275 / 0.1 = -4.275"
    )
    forward_and_backward(graph)
    with pytest.raises(MiniFlowError) as caught:
        nudge(graph)
    assert str(caught.value) == f"{BACKWARD_VARIES}, so none can be shown."


# --- the stepper --------------------------------------------------------------------------------------------


def captions(graph) -> list[str]:
    return [step.caption for step in film(graph, ("forward", "backward"))[1]]


def test_the_stepper_says_what_each_got_before_it_wrote_into_it():
    said = captions(skip(ReLU))
    assert said[3:5] == [
        "op gets [[-1 2] [3 -5]] from x and makes [[0 2] [3 0]].",
        "sum gets [[-1 2] [3 -5]] from x and [[0 2] [3 0]] from op and makes [[-1 4] [6 -5]].",
    ]
    assert said[8:] == [
        "[[-0.5 2] [3 -2.5]] arrives at sum from cost. "
        "To x: arrives [[-0.5 2] [3 -2.5]] · local 1 = [[-0.5 2] [3 -2.5]]. "
        "To op: arrives [[-0.5 2] [3 -2.5]] · local 1 = [[-0.5 2] [3 -2.5]].",
        "[[-0.5 2] [3 -2.5]] arrives at op from sum. To x: [[0 2] [3 0]].",
        "[[0.5 -2] [-3 2.5]] arrives at y from cost: that is its gradient.",
        "[[0 2] [3 0]] + [[-0.5 2] [3 -2.5]] = [[-0.5 4] [6 -2.5]] arrives at x from op and sum: "
        "that is its gradient.",
    ]


def test_the_stepper_says_what_an_op_handed_on_and_not_what_it_made_of_it_afterwards():
    assert captions(subtraction())[8:] == [
        "[2 3] arrives at op from cost. To a: [2 3]. To b: [-2 -3].",
        "[-2 -3] arrives at y from cost: that is its gradient.",
        "[-2 -3] arrives at b from op: that is its gradient.",
        "[2 3] arrives at a from op: that is its gradient.",
    ]


@pytest.mark.parametrize(("first", "h"), [(Same, "[[-1 2] [3 -5]]"), (Flatten, "[-1 2 3 -5]")])
def test_the_stepper_of_an_op_that_hands_on_its_inputs_array(first, h):
    said = captions(after(first, ReLU))
    assert said[3] == f"h gets [[-1 2] [3 -5]] from x and makes {h}."
    assert said[-1] == "[[-0.5 4] [6 -2.5]] arrives at x from h: that is its gradient."


@pytest.mark.parametrize("name", IN_PLACE)
def test_the_stepper_names_the_op_that_changes_what_it_reads(name):
    with pytest.raises(MiniFlowError, match="^" + IN_PLACE[name]):
        stepper(GRAPHS[name]())


def test_the_stepper_plays_one_run_of_a_random_op_from_its_first_step_to_its_last():
    graph = skip(Dropout)
    np.random.seed(1)  # 0.42, 0.72, 0.0001, 0.30
    box = stepper(graph)
    frames = box.children[1].children
    said = [
        "op gets [[-1 2] [3 -5]] from x and makes [[0 2] [0 0]].",
        "[[-0.5 2] [1.5 -2.5]] arrives at op from sum. To x: [[0 2] [0 0]].",
        "[[0 2] [0 0]] + [[-0.5 2] [1.5 -2.5]] = [[-0.5 4] [1.5 -2.5]] arrives at x from op and sum: "
        "that is its gradient.",
    ]
    shown = [unescape(frame.value) for frame in frames]
    assert [any(line in frame for frame in shown) for line in said] == [True] * 3
    assert said[2] in shown[-1] and said[2] in box.static["text/html"]
    # It took no random number away: the next run is the one that was played.
    forward_and_backward(graph)
    x = graph[0]
    assert x.gradients[x].tolist() == [[-0.5, 4], [1.5, -2.5]]


# --- the trace ----------------------------------------------------------------------------------------------


def traced(graph) -> tuple[list, str]:
    """What is recorded and what is printed while both passes run, the error of a pass as the last line."""
    out = io.StringIO()
    with trace.record() as events, trace.override(DEBUG=True, out=out):
        try:
            forward_and_backward(graph)
        except MiniFlowError as error:
            out.write(f"{error}\n")
    return events, out.getvalue()


def told(events, kind: str, node: str):
    """(what it got, its value, what it gave) as lists."""
    (event,) = (e for e in events if e.kind == kind and e.node == node)
    plain = [{name: np.asarray(array).tolist() for name, array in pairs} for pairs in (event.got, event.gave)]
    return plain[0], np.asarray(event.value).tolist(), plain[1]


def test_the_trace_tells_what_an_op_got_before_it_wrote_into_it():
    events, text = traced(skip(ReLU))
    g = [[-0.5, 2], [3, -2.5]]
    assert told(events, "backward", "sum") == ({"cost": g}, g, {"x": g, "op": g})
    assert told(events, "backward", "op") == ({"sum": g}, g, {"x": [[0, 2], [3, 0]]})
    assert told(events, "backward", "x")[:2] == ({"op": [[0, 2], [3, 0]], "sum": g}, [[-0.5, 4], [6, -2.5]])
    assert text.endswith(
        "  op  arrives from sum\n"
        "      (2, 2)\n"
        "      [[-0.5,  2.0],\n"
        "       [ 3.0, -2.5]]\n"
        "      for x (2, 2)\n"
        "      [[0, 2],\n"
        "       [3, 0]]\n"
        "  y  arrives (2, 2) [[0.5, -2.0], [-3.0, 2.5]] from cost: its gradient\n"
        "  x  arrives from op and sum: its gradient\n"
        "      from op (2, 2)       from sum (2, 2)       together (2, 2)\n"
        "      [[0, 2],         +   [[-0.5,  2.0],    =   [[-0.5,  4.0],\n"
        "       [3, 0]]              [ 3.0, -2.5]]         [ 6.0, -2.5]]\n"
    )


def test_the_trace_of_an_op_that_hands_one_array_to_two_inputs_and_changes_one_after():
    _, text = traced(subtraction())
    assert text.endswith(
        "  op  arrives [2, 3] from cost\n      for a: [2, 3]\n      for b: [-2, -3]\n"
        "  y  arrives [-2, -3] from cost: its gradient\n"
        "  b  arrives [-2, -3] from op: its gradient\n  a  arrives [2, 3] from op: its gradient\n"
    )


@pytest.mark.parametrize("name", IN_PLACE)
def test_the_trace_ends_before_the_op_that_changes_what_it_reads(name):
    graph = GRAPHS[name]()
    events, text = traced(graph)
    assert re.match(IN_PLACE[name], text.splitlines()[-1])
    assert "op" not in [event.node for event in events if event.pass_ == events[-1].pass_]
    assert events[-1].node == ("sum" if name == "Square" else "y" if name == "Shift" else "h")
    assert told(events, "forward", "x")[1] == X


def test_the_trace_of_a_random_op_is_that_of_the_run():
    graph = skip(Dropout)
    x, op = graph[0], graph[2]
    np.random.seed(1)
    events, text = traced(graph)
    assert told(events, "forward", "op") == ({"x": X}, [[0, 2], [0, 0]], {})
    assert told(events, "backward", "op")[2] == {"x": [[0, 2], [0, 0]]}
    assert told(events, "backward", "x")[1] == x.gradients[x].tolist() == [[-0.5, 4], [1.5, -2.5]]
    assert op.value.tolist() == [[0, 2], [0, 0]]
    assert (
        "  op\n"
        "      x (2, 2)         op (2, 2)\n"
        "      [[-1,  2],   →   [[0, 2],\n"
        "       [ 3, -5]]        [0, 0]]\n"
    ) in text


# --- the picture, and the other widgets that run a graph ----------------------------------------------------


@pytest.mark.parametrize("kind", [ReLU, Dropout])
def test_the_picture_shows_what_the_nodes_hold_and_runs_nothing(kind):
    graph = skip(kind)
    np.random.seed(1)
    forward_and_backward(graph)
    held = {
        "ReLU": ("[[0 2] [3 0]]", "[[-0.5 2] [3 -2.5]]"),
        "Dropout": ("[[0 2] [0 0]]", "[[-0.5 2] [1.5 -2.5]]"),
    }
    op, arriving = held[kind.__name__]
    for _ in range(2):
        lines = draw_graph(graph).alt.splitlines()
        assert lines[1].startswith(f"x, value [[-1 2] [3 -5]], gradient {op} and {arriving}, together ")
        assert lines[3] == f"op = {kind.__name__}(x), value {op}, gradient {arriving}"


@pytest.mark.parametrize(
    "tool", [fill_in_gradients, lambda graph: cost_of_one_weight(graph, graph[0], -1, 4)]
)
@pytest.mark.parametrize(
    ("op", "said"),
    [
        *((kind, FORWARD_VARIES) for kind in (Dropout, Noise, Warming, PlainDropout)),
        (NoisyBack, f"{BACKWARD_VARIES}, so none can be shown."),
    ],
)
def test_no_box_and_no_curve_for_numbers_that_are_other_ones_each_time(tool, op, said):
    with pytest.raises(MiniFlowError) as caught:
        tool(number(op))
    assert str(caught.value) == said


def test_a_curve_says_in_its_place_where_an_op_changes_what_it_reads():
    """Between two of the numbers at which the curve was drawn: a click leads there."""

    class Picky(Op):
        def forward(self):
            (x,) = self.inbound_nodes
            if x.value == 2.0:
                x.value[...] = 7.0
            Op.forward(self)

    graph = number(Picky)
    box = cost_of_one_weight(graph, graph[0], 0.5, 4.7)
    slider, says = box.children[0], box.children[-1]
    assert says.value.startswith("x = 3: cost 36, slope 24.")
    slider.value = 2.0
    assert unescape(says.value).startswith("MiniFlowError: Picky.forward() changes the value of x, which")
    slider.value = 1.0
    assert says.value.startswith("x = 1: cost 4, slope 8.")


# --- nothing is left behind ---------------------------------------------------------------------------------


def frozen(thing):
    """What a thing holds, and which array it is."""
    if isinstance(thing, np.ndarray):
        return id(thing), thing.tolist()
    if isinstance(thing, dict):
        return [(str(key), frozen(held)) for key, held in thing.items()]
    if isinstance(thing, (list, tuple)) and not any(isinstance(held, Node) for held in thing):
        return list(map(frozen, thing))
    return thing


def state(graph) -> list:
    held = [(node.name, frozen(vars(node))) for node in graph]
    draws = np.random.get_state(), random.getstate(), ClassDropout.rng.bit_generator.state
    return [held, *map(repr, (*draws, OldDropout.rng.get_state()))]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("ran", [False, True])
@pytest.mark.parametrize("tool", [checked, nudge, stepper, draw_graph])
def test_all_is_as_it_was_after_a_tool_also_where_the_op_raised(tool, name, ran):
    np.random.seed(1)
    random.seed(1)
    graph = GRAPHS[name]()
    if ran:
        try:
            forward_and_backward(graph)
        except MiniFlowError:
            assert name in IN_PLACE
    before = state(graph)
    try:
        tool(graph)
    except MiniFlowError as error:
        assert re.match(
            IN_PLACE.get(name, "op does not have the same value|backward.. of op gives"), str(error)
        )
    assert state(graph) == before


def test_random_numbers_are_put_back_wherever_they_are_drawn():
    node = ClassDropout(Input("x"))
    node.old = np.random.RandomState(5)
    draws = [np.random.random_sample, random.random, node.rng.random, node.old.random_sample]
    with put_back(node):
        first = [draw() for draw in draws]
    assert [draw() for draw in draws] == first
