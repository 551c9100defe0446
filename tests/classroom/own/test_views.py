"""What shows and checks the engine, on nodes, sorts and passes of an engine that the learner wrote."""

import re

import ipywidgets
import numpy as np
import pytest
from own_engine import (
    MyAdd,
    MyInput,
    MyLinear,
    MyMSE,
    MyMul,
    MySigmoid,
    my_forward_and_backward,
    my_forward_pass,
    my_topological_sort,
)

from miniflow_lib import MiniFlowError, Mul, forward_and_backward, topological_sort, trace, train
from miniflow_classroom import (
    check_gradients,
    cost_of_one_weight,
    draw_graph,
    fill_in_gradients,
    live,
    nudge,
    sort_game,
    stepper,
)
from miniflow_classroom.restore import Snapshot, copied, put_back
from miniflow_classroom.widgets.fill_in_gradients import Puzzle
from miniflow_classroom.widgets.one_weight import Walk
from miniflow_classroom.widgets.stepper import PARTS, film

SORTS = [topological_sort, my_topological_sort]
PASSES = [forward_and_backward, my_forward_and_backward]


def quick(sort=topological_sort):
    """f = (x + y) * z"""
    x, y, z = MyInput("x"), MyInput("y"), MyInput("z")
    f = MyMul(MyAdd(x, y, name="q"), z, name="f")
    graph = sort({x: 4, y: 5, z: -4})
    assert graph[-1] is f
    return graph


def squared(sort=topological_sort):
    """f = x * x"""
    x = MyInput("x")
    MyMul(x, x, name="f")
    return sort({x: 3})


def layers(sort=topological_sort, bend=MySigmoid):
    X, y, W1, b1, W2, b2 = (MyInput(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
    MyMSE(y, MyLinear(bend(MyLinear(X, W1, b1)), W2, b2), name="C")
    shapes = {X: (4, 2), y: (4,), W1: (2, 3), b1: (3,), W2: (3, 1), b2: (1,)}
    rng = np.random.default_rng(0)
    return sort({node: rng.normal(size=shape) for node, shape in shapes.items()})


def told(events):
    return [(e.node, e.got, e.value, e.gave) for e in events if e.kind == "backward"]


# --- the trace ----------------------------------------------------------------------------------------------


def test_own_nodes_are_told_like_ours(capsys):
    x, y, z = MyInput("x"), MyInput("y"), MyInput("z")
    MyMul(MyAdd(x, y, z, name="q"), z, name="f")
    with trace.override(DEBUG=True):
        forward_and_backward(topological_sort({x: 4, y: 5, z: 10}))
    assert capsys.readouterr().out == (
        "forward pass: each node works out its value from those of its inbound nodes\n"
        "  x = 4\n"
        "  y = 5\n"
        "  z = 10\n"
        "  q  0 + 4 (x) = 4\n"
        "     4 + 5 (y) = 9\n"
        "     9 + 10 (z) = 19\n"
        "  f  1 · 19 (q) = 19\n"
        "     19 · 10 (z) = 190\n"
        "backward pass: each node hands back what arrives, times what is local\n"
        "  f  the cost: arrives 1, the seed\n"
        "      for q: arrives 1 · local 10 = 10\n"
        "      for z: arrives 1 · local 19 = 19\n"
        "  q  arrives 10 from f\n"
        "      for x: arrives 10 · local 1 = 10\n"
        "      for y: arrives 10 · local 1 = 10\n"
        "      for z: arrives 10 · local 1 = 10\n"
        "  z  arrives 10 + 19 = 29 from q and f: its gradient\n"
        "  y  arrives 10 from q: its gradient\n"
        "  x  arrives 10 from q: its gradient\n"
    )


def test_a_node_that_is_listed_twice_is_told_twice_and_crossed_off_once(capsys):
    with trace.override(DEBUG=True, T_DEBUG=True):
        forward_and_backward(squared())
    out = capsys.readouterr().out
    assert "      for x: arrives 1 · local 3 = 3\n" in out
    assert "  x  arrives 3 + 3 = 6 from f and f: its gradient\n" in out
    assert out.count("cross off x → f: f is ready") == 1 and "f for 1" in out


@pytest.mark.parametrize("sort", SORTS)
def test_live_shows_an_own_engine(sort):
    def run_example():
        forward_and_backward(quick(sort))

    shown = live(run_example, DEBUG=True)._repr_mimebundle_()["text/plain"]
    assert "q  0 + 4 (x) = 4" in shown and "f  the cost: arrives 1, the seed" in shown


# --- pictures, the stepper and the games --------------------------------------------------------------------


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("passes", PASSES)
def test_a_picture_shows_whose_the_ops_are_and_what_they_hold(sort, passes):
    graph = quick(sort)
    passes(graph)
    picture = draw_graph(graph)
    assert picture.alt == (
        "A graph of 5 nodes\n"
        "x, value 4, gradient -4 · 1 = -4\n"
        "y, value 5, gradient -4 · 1 = -4\n"
        "z, value -4, gradient 1 · 9 = 9\n"
        "q = MyAdd(x, y), value 9, gradient 1 · -4 = -4\n"
        "f = MyMul(q, z), value -36"
    )
    assert "q: MyAdd" in re.sub("<[^>]*>", "", picture.svg)
    assert draw_graph(graph[-1]).alt == picture.alt


@pytest.mark.parametrize("passes", PASSES)
def test_a_picture_of_a_value_used_twice_shows_each_share_and_the_sum(passes):
    graph = squared()
    passes(graph)
    picture = draw_graph(graph)
    assert "x, value 3, gradient 1 · 3 = 3 and 1 · 3 = 3, together 6\n" in picture.alt
    shown = re.findall(r">(∂[^<]*)<", picture.svg)
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown].count("∂ 6") == 1


@pytest.mark.parametrize("sort", SORTS)
def test_the_stepper_plays_an_own_engine_and_leaves_it_as_it_was(sort):
    graph = quick(sort)
    my_forward_and_backward(graph)
    before = [(dict(vars(node)), dict(node.gradients)) for node in graph]
    captions = [step.caption for step in film(graph, PARTS)[1]]
    assert "q gets 4 from x and 5 from y and makes 9." in captions
    told = "To q: arrives 1 · local -4 = -4. To z: arrives 1 · local 9 = 9."
    assert f"f is the cost, the seed 1 arrives. {told}" in captions
    assert "3 + 3 = 6 arrives at x from f and f: that is its gradient." in [
        step.caption for step in film(squared(sort), PARTS)[1]
    ]
    assert [(dict(vars(node)), dict(node.gradients)) for node in graph] == before
    assert "steps through sort, forward and backward" in repr(stepper(graph))


def test_the_sort_game_takes_an_own_graph():
    game = sort_game(quick(my_topological_sort))
    x, y, z, q, f = game.view.nodes
    game.take(f)
    assert "It waits for q and z" in game.picture.value
    for node in (x, y, z, q, f):
        game.take(node)
    assert "Done: x, y, z, q, f" in game.picture.value


# --- what nudges and measures -------------------------------------------------------------------------------


@pytest.mark.parametrize("passes", PASSES)
def test_nudge_moves_an_own_input(passes):
    graph = quick(my_topological_sort)
    passes(graph)
    assert "-0.4 / 0.1 = -4; the gradient is -4" in repr(nudge(graph))
    assert [node.value for node in graph] == [4, 5, -4, 9, -36]


@pytest.mark.parametrize("graph", [quick, squared])
def test_one_weight_of_an_own_engine_walks(graph):
    graph = graph(my_topological_sort)
    walk = Walk(graph, graph[0], -5, 5, 0.1)
    cost, slope = walk.cost_and_slope(2.0)
    assert (cost, slope) == ((-28, -4) if len(graph) == 5 else (4, 4))
    assert isinstance(cost_of_one_weight(graph, graph[0], -5, 5), ipywidgets.Widget)
    with pytest.raises(MiniFlowError, match="f works out its own value: pick an Input"):
        cost_of_one_weight(graph, graph[-1], -5, 5)


def test_fill_in_gradients_judges_an_own_graph():
    graph = quick(my_topological_sort)
    puzzle = Puzzle(graph)
    at = {puzzle.title(edge): edge for edge in puzzle.edges}
    assert puzzle.reply(at["x to q"], "-4") == (True, "-4 is right: arrives -4 · local 1 = -4.")
    assert puzzle.reply(at["z to f"], "9")[0]
    assert puzzle.reply(at["q to f"], "9")[1].startswith(
        "That takes the value of q itself. Hold z = -4 still"
    )
    assert "4 boxes, one on each edge" in repr(fill_in_gradients(graph))
    twice = Puzzle(squared(my_topological_sort))
    both = "2 paths, arrives 1 · local 3 + arrives 1 · local 3 = 6"
    assert twice.reply(twice.edges[0], "6") == (True, f"6 is right: {both}.")
    assert not twice.reply(twice.edges[0], "5")[0]
    assert twice.reply(twice.edges[0], "3")[1].startswith("That is for one of the two factors.")


# --- the gradient check -------------------------------------------------------------------------------------


def checked(graph, **more):
    return check_gradients(graph[-1], {node: node.value for node in graph if not node.inbound_nodes}, **more)


@pytest.mark.parametrize("build", [quick, squared, layers])
@pytest.mark.parametrize("passes", PASSES)
def test_right_gradients_of_an_own_engine_are_found_right(build, passes):
    graph = build(my_topological_sort)
    build_again = MyAdd(*graph[:1])  # a leftover
    result = checked(graph, passes=passes)
    assert result.ok and {row.verdict for row in result.rows} == {"right"} and not result.sentence
    assert build_again.value is None


class Turned(MySigmoid):
    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * self.value * (self.value - 1)}


class Untransposed(MyLinear):
    def backward(self):
        X, W, b = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {X: g @ W.value.T, W: g.T @ X.value, b: g.sum(axis=0)}


class OneShare(MyMul):
    def grad_cost(self):
        return self.outbound_nodes[0].gradients[self] if self.outbound_nodes else 1.0


@pytest.mark.parametrize("passes", PASSES)
def test_the_check_names_the_mistake_of_an_own_op(passes):
    graph = layers(my_topological_sort, bend=lambda node: Turned(node, name="s"))
    assert checked(graph, passes=passes).sentence == "What s hands to MyLinear_1: the sign is wrong."
    x, y, z = (MyInput(name) for name in "xyz")
    p = OneShare(x, y, name="p")
    MyAdd(MyMul(p, z), p, name="f")
    graph = my_topological_sort({x: 2.0, y: 3.0, z: 5.0})
    sentence = checked(graph, passes=passes).sentence
    assert sentence.startswith("p feeds several nodes, and only one of their shares is counted")


@pytest.mark.parametrize("passes", PASSES)
def test_a_value_that_a_layer_uses_as_two_things_is_found_wrong(passes):
    """The dict of MyLinear(X, X, b) has one entry for X, and it is the wrong one twice: nothing is silent."""
    X, b = MyInput("X"), MyInput("b")
    graph = my_topological_sort({X: [[1.0, 2.0], [3.0, 5.0]], b: [1.0, 1.0], (y := MyInput("y")): np.eye(2)})
    graph = [*graph, layer := MyLinear(X, X, b), MyMSE(y, layer)]
    rows = {row.name: row.verdict for row in checked(graph, passes=passes).rows}
    assert rows == {"X": "wrong", "b": "right", "y": "right"}


# --- the rest -----------------------------------------------------------------------------------------------


def test_own_nodes_are_copied_and_put_back():
    graph = layers(my_topological_sort)
    my_forward_and_backward(graph)
    MyAdd(graph[0])
    twins = copied(graph)
    assert [type(node) for node in twins] == [type(node) for node in graph]
    assert not set(twins) & set(graph)
    x, f = copied(squared())
    assert x.outbound_nodes == [f, f]
    assert all(set(twin.outbound_nodes) <= set(twins) and twin.run is None for twin in twins)
    before = [dict(vars(node)) for node in graph]
    with put_back(*graph):
        forward_and_backward(graph)
    assert all(vars(node)[name] is held for node, was in zip(graph, before) for name, held in was.items())
    Snapshot(graph).check_steady(backward=True)


def test_our_training_trains_an_own_graph():
    graph = layers(my_topological_sort)
    X, y, *weights = (node for node in graph if not node.inbound_nodes)
    costs = train(graph, {X: X.value, y: y.value}, weights, epochs=30, batch_size=2, learning_rate=0.1)
    assert costs[-1] < costs[0] / 2


def test_what_is_said_of_an_own_node_is_true_of_it():
    class NoCall(MyAdd):
        def __init__(self, *nodes):
            self.inbound_nodes = nodes

    class NoList(MyInput):
        def __init__(self):
            self.value = None

    class MyNode:
        def __init__(self, *nodes):
            self.inbound_nodes = nodes

        def forward(self): ...

        def backward(self): ...

    x = MyInput("x")
    for thing, says in [
        (NoCall(x), r"NoCall\.__init__ must first call MyAdd\.__init__\(self, \.\.\.\)"),
        (NoList(), r"NoList\.__init__ must first call MyInput\.__init__\(self, \.\.\.\)"),
        (MyNode(x), r"MyNode\.__init__ must set self\.outbound_nodes = \[\]"),
    ]:
        with pytest.raises(MiniFlowError, match=says):
            Mul(x, thing)
    with pytest.raises(
        MiniFlowError, match=r"^The Input y was not fed, and q waits for it: .*q is left over"
    ):
        MyAdd(x, MyInput("y"), name="q")
        topological_sort({x: 1.0})
    f = MyAdd(x, name="f")
    with pytest.raises(MiniFlowError, match=r"^f works out its own value, and only Inputs are fed"):
        topological_sort({f: 1.0})
    assert my_forward_pass(f, topological_sort({x: 2.0}, output=f)) == 2
