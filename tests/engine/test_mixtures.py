"""Nodes, sorts and passes of the library and of an engine that a learner wrote, in every mixture."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import own_engine
import pytest
from own_engine import MyAdd, MyInput, MyLinear, MyMSE, MyMul, MyNode, my_backward_pass, my_topological_sort

import miniflow_lib
from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    backward_pass,
    forward_and_backward,
    forward_pass,
    topological_sort,
    trace,
)
from tests.graphs import walk

PARTS = {  # what is own or the library's, each by itself
    "Input": ["Input"],
    "Add, Mul": ["Add", "Mul"],
    "Linear": ["Linear"],
    "Sigmoid": ["Sigmoid"],
    "MSE": ["MSE"],
    "sort": ["topological_sort"],
    "passes": ["forward_and_backward"],
}
MIXTURES = list(product([False, True], repeat=len(PARTS)))  # whether each part is own

rng = np.random.default_rng(0)
SHAPES = {"X": (5, 3), "W": (3, 3), "b": (3,), "c": (5, 3), "V": (3, 1), "d": (1,), "y": (5,)}
FEEDS = [{name: rng.normal(size=shape) for name, shape in SHAPES.items()} for _ in range(2)]


def mixture(own):
    """An engine made of parts of both."""
    engines = [own_engine if mine else miniflow_lib for mine in own]
    parts = {name: getattr(e, name) for e, names in zip(engines, PARTS.values()) for name in names}
    return SimpleNamespace(**parts, own=dict(zip(PARTS, own)))


LIBRARY = mixture([False] * len(PARTS))


def inputs(engine):
    return {name: engine.Input(name) for name in SHAPES}


def network(engine, x, twice=False):
    """The cost of a network in which s feeds several nodes (one of them twice) and W two layers."""
    s = engine.Sigmoid(engine.Linear(x["X"], x["W"], x["b"]))
    bent = engine.Sigmoid(engine.Linear(s, x["W"], x["b"]))
    added = engine.Add(s, engine.Mul(s, s if twice else x["c"]), engine.Mul(bent, x["c"]), bent)
    return engine.MSE(x["y"], engine.Linear(added, x["V"], x["d"]))


def in_order(engine, x, feed, cost):
    """The sorted list. A learner's sort has no output=: what the cost does not need is dropped here."""
    feed = {x[name]: value for name, value in feed.items()}
    if not engine.own["sort"]:
        return engine.topological_sort(feed, output=cost)
    needed = {cost: None}
    for node in (to_see := [cost]):
        for inbound in node.inbound_nodes:
            if inbound not in needed:
                needed[inbound] = None
                to_see.append(inbound)
    return [node for node in engine.topological_sort(feed) if node in needed]


def right(feed, twice=False):
    """The gradients of the library alone."""
    x = inputs(LIBRARY)
    cost = network(LIBRARY, x, twice)
    forward_and_backward(topological_sort({x[name]: value for name, value in feed.items()}, output=cost))
    return {name: node.gradients[node] for name, node in x.items()}


RIGHT = {(n, twice): right(feed, twice) for n, feed in enumerate(FEEDS) for twice in (False, True)}


def check(x, n, twice=False):
    for name, node in x.items():
        want = RIGHT[n, twice][name]
        assert np.shape(node.gradients[node]) == want.shape, name
        np.testing.assert_allclose(node.gradients[node], want, rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("own", MIXTURES, ids=lambda own: "".join("lo"[mine] for mine in own))
def test_the_gradients_are_those_of_the_library_alone(own):
    engine = mixture(own)
    x = inputs(engine)
    first_cost = network(engine, x)
    first = in_order(engine, x, FEEDS[0], first_cost)
    for _ in range(2):
        engine.forward_and_backward(first)
        check(x, 0)
    network(engine, x)  # never run
    left_over = network(engine, x)  # the cell is run again, and what it built before hangs on the Inputs
    other = forward_and_backward if engine.own["passes"] else own_engine.forward_and_backward
    other(in_order(engine, x, FEEDS[1], left_over))
    check(x, 1)
    for passes in (engine.forward_and_backward, other, engine.forward_and_backward):
        second = in_order(engine, x, FEEDS[1], network(engine, x))
        passes(second)
        check(x, 1)
        passes(second)
        check(x, 1)
    for name, node in x.items():
        node.value = FEEDS[0][name]
    engine.forward_and_backward(first)  # the first graph once more, next to all the later ones
    check(x, 0)


@pytest.mark.parametrize("own", MIXTURES, ids=lambda own: "".join("lo"[mine] for mine in own))
def test_a_value_may_be_used_twice_by_one_node(own):
    engine = mixture(own)
    x = inputs(engine)
    cost = network(engine, x, twice=True)
    if engine.own["sort"] and not engine.own["Add, Mul"]:
        # ours lists itself once in s.outbound_nodes, where the learner's sort waits for two
        with pytest.raises(ValueError, match="cycle"):
            in_order(engine, x, FEEDS[0], cost)
        return
    graph = in_order(engine, x, FEEDS[0], cost)
    for _ in range(2):
        engine.forward_and_backward(graph)
        check(x, 0, twice=True)


@pytest.mark.parametrize("Fed", [Input, MyInput])
def test_our_sort_takes_a_node_that_is_listed_twice_once_and_after_all_that_feed_it(Fed):
    x, y = Fed("x"), Fed("y")
    with trace.record() as events:
        graph = topological_sort({x: 2, y: 3}, output=(f := MyAdd(x, x, y, name="f")))
    assert graph == [x, y, f] and x.outbound_nodes == [f, f]
    assert [(e.node, e.other, e.value) for e in events if e.kind == "cross"] == [("x", "f", 1), ("y", "f", 0)]
    forward_and_backward(graph)
    assert f.value == 7 and (x.gradients[x], y.gradients[y]) == (2, 1)


# --- what a learner's pass leaves on our nodes --------------------------------------------------------------


def test_after_a_learners_pass_the_same_list_may_be_walked_by_hand():
    x, y = Input("x"), Input("y")
    Mul(x, y)
    graph = topological_sort({x: 3, y: 4}, output=Mul(Add(x, y), y))
    forward_pass(graph)
    my_backward_pass(graph)
    walk(graph)
    assert (x.gradients[x], y.gradients[y]) == (4, 11)


def test_a_walk_by_hand_that_meets_a_learners_mark_or_node_is_told():
    x, y = Input("x"), Input("y")
    first = topological_sort({x: 3, y: 4}, output=Mul(x, y))
    forward_pass(first)
    my_backward_pass(first)
    with pytest.raises(MiniFlowError, match=r"x feeds Mul, and a walk by hand .*: use backward_pass\(list\)"):
        walk(topological_sort({x: 3, y: 4}, output=Mul(x, y)))
    x, y = Input("x"), MyInput("y")
    with pytest.raises(MiniFlowError, match=r"y feeds Mul, and a walk by hand .*: use backward_pass\(list\)"):
        walk(topological_sort({x: 3, y: 4}, output=Mul(x, y)))
    x, y = Input("x"), Input("y")
    with pytest.raises(MiniFlowError, match=r"y feeds MyMul, and a walk by hand"):
        walk(topological_sort({x: 3, y: 4}, output=MyMul(x, y)))


def test_an_op_that_a_learner_wrote_on_our_node_takes_part_in_a_learners_pass():
    class Square(miniflow_lib.Node):
        def __init__(self, x):
            super().__init__([x])

        def forward(self):
            self.value = self.inbound_nodes[0].value ** 2

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: 2 * x.value * self.grad_cost()}

    for Fed, passes in product([Input, MyInput], [forward_and_backward, own_engine.forward_and_backward]):
        x = Fed("x")
        Square(x)
        first = topological_sort({x: 3}, output=MyMul(Square(x), x))
        passes(first)
        assert x.gradients[x] == 27
        passes(topological_sort({x: 2}, output=Add(Square(MyAdd(x, x)))))
        assert x.gradients[x] == 16


def test_an_input_of_ours_that_a_learners_pass_does_not_need_has_gradient_zero():
    x, u = Input("x"), Input("u")
    graph = [*topological_sort({u: [1.0, 2.0]}), *topological_sort({x: 3}, output=MyMul(x, x))]
    forward_pass(graph)
    my_backward_pass(graph)
    assert x.gradients[x] == 6 and u.gradients[u].tolist() == [0, 0]


# --- what a learner's nodes hand to ours --------------------------------------------------------------------


@pytest.mark.parametrize("passes", [forward_and_backward, own_engine.forward_and_backward])
def test_a_learners_cost_may_hand_on_a_plain_number(passes):
    x, w, b, k = (Input(name) for name in "xwbk")
    cost = MyAdd(Add(Linear(x, w, b), k), k)
    passes(topological_sort({x: [1.0, 2.0], w: [3.0, 4.0], b: 5.0, k: 6.0}, output=cost))
    assert x.gradients[x].tolist() == [3, 4] and w.gradients[w].tolist() == [1, 2]
    assert (b.gradients[b], k.gradients[k]) == (1, 2)


def test_truth_values_as_gradients_are_added_as_numbers():
    class Passes(MyNode):
        def forward(self):
            self.value = np.sum(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: x.value > 0}

    x = Input("x")
    forward_and_backward(topological_sort({x: [1.0, -1.0]}, output=MyAdd(Passes(x), Passes(x))))
    assert x.gradients[x].tolist() == [2, 0]


@pytest.mark.parametrize("passes", [backward_pass, my_backward_pass])
def test_a_gradient_of_a_wrong_shape_names_the_learners_node(passes):
    class Mean(MyNode):
        def forward(self):
            self.value = np.mean(self.inbound_nodes[0].value)

        def backward(self):
            (x,) = self.inbound_nodes
            self.gradients = {x: 1 / np.size(x.value)}

    x, y = Input("x"), Input("y")
    graph = topological_sort({x: [[1.0, 2.0]], y: [1.0, 2.0]}, output=Mean(Add(x, y, name="q")))
    forward_pass(graph)
    with pytest.raises(MiniFlowError, match=r"^Mean\.backward\(\) set .* shape \(\) for q, .*\(1, 2\)"):
        passes(graph)


# --- ends and leftovers of a learner's own ------------------------------------------------------------------


def test_two_ends_of_own_nodes_are_not_summed_in_silence():
    x, y = MyInput("x"), MyInput("y")
    MyMSE(y, x, name="old")
    cost = MyMSE(y, x, name="new")
    both = topological_sort({x: [1.0], y: [3.0]})
    for passes in (forward_and_backward, backward_pass):
        with pytest.raises(MiniFlowError, match=r"two ends, old and new, .*output=cost"):
            passes(both)
    for _ in range(2):
        forward_and_backward(topological_sort({x: [1.0], y: [3.0]}, output=cost))
        assert x.gradients[x].tolist() == [-4]
    with pytest.raises(MiniFlowError, match="two ends, old and new"):
        forward_and_backward(both)


def test_an_own_input_that_the_cost_does_not_need_is_an_end_as_well():
    x, u = MyInput("x"), MyInput("u")
    with pytest.raises(MiniFlowError, match="two ends, u and f"):
        MyMul(x, x, name="f")
        forward_and_backward(topological_sort({u: 1.0, x: 2.0}))


def test_a_node_that_was_built_before_the_learner_had_marks_counts_for_nothing():
    class Bare:
        """MyNode of lesson 01: no run, no grad_cost."""

        def __init__(self, *inbound_nodes):
            self.value, self.inbound_nodes, self.outbound_nodes = None, inbound_nodes, []
            for node in inbound_nodes:
                node.outbound_nodes.append(self)
            self.name, self.gradients = "bare", {node: 100.0 for node in inbound_nodes}

    x = Input("x")
    Bare(x)
    graph = topological_sort({x: 3.0}, output=Mul(x, x))
    for passes in (forward_and_backward, own_engine.forward_and_backward, forward_and_backward):
        passes(graph)
        assert x.gradients[x] == 6
    Bare(x)
    walk(topological_sort({(z := Input("z")): 2.0}, output=Mul(z, z)))
    forward_and_backward(graph)
    assert x.gradients[x] == 6


def test_a_pass_that_is_broken_off_does_not_count():
    class Breaks(MyNode):
        broken = True

        def forward(self):
            self.value = 2 * self.inbound_nodes[0].value

        def backward(self):
            if self.broken:
                raise ZeroDivisionError
            self.gradients = {self.inbound_nodes[0]: 2 * self.grad_cost()}

    x = Input("x")
    node = Breaks(Mul(x, x))
    graph = topological_sort({x: 3.0}, output=MyMul(node, x))
    for passes in (forward_and_backward, own_engine.forward_and_backward):
        node.broken = True
        with pytest.raises(ZeroDivisionError):
            passes(graph)
        node.broken = False
        passes(graph)
        assert x.gradients[x] == 54


# --- the learner's engine alone -----------------------------------------------------------------------------


def classic_program(engine, epochs=100):
    """The loop that public programs write: the cost of each epoch, and the weights at the end."""
    features, prices = miniflow_lib.load_boston(return_X_y=True)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((13, 10)), np.zeros(10), rng.standard_normal((10, 1)), np.zeros(1)
    X, y, W1, b1, W2, b2 = (engine.Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
    engine.MSE(y, engine.Linear(engine.Sigmoid(engine.Linear(X, W1, b1)), W2, b2))
    trainables = [W1, b1, W2, b2]
    graph = engine.topological_sort({X: features, y: prices, **dict(zip(trainables, weights))})
    costs = []
    for _ in range(epochs):
        total = 0.0
        for _ in range(506 // 11):
            rows = rng.integers(0, 506, 11)
            X.value, y.value = features[rows], prices[rows]
            engine.forward_and_backward(graph)
            engine.sgd_update(trainables)
            total += graph[-1].value
        costs.append(total / 46)
    return costs, [t.value for t in trainables]


def test_a_learners_engine_trains_the_boston_network_to_the_librarys_numbers():
    """The module itself in the place of ours: its own sort, passes and update."""
    (costs, weights), (want, right_weights) = classic_program(own_engine), classic_program(miniflow_lib)
    assert len(costs) == 100 and costs[-1] < costs[0] / 10
    np.testing.assert_allclose(costs, want, rtol=1e-12)
    for own, ours in zip(weights, right_weights):
        np.testing.assert_allclose(own, ours, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("Fed", [Input, MyInput])
@pytest.mark.parametrize("sort", [topological_sort, my_topological_sort])
def test_either_train_trains_either_engine(sort, Fed):
    features, prices = FEEDS[0]["X"], FEEDS[0]["y"]
    ends = []
    for Layer, Cost, train in [
        (Linear, MSE, miniflow_lib.train),
        (MyLinear, MyMSE, miniflow_lib.train),
        (MyLinear, MSE, own_engine.train),
        (Linear, MyMSE, own_engine.train),
    ]:
        X, y, W, b = (Fed(name) for name in "XyWb")
        Cost(y, Layer(X, W, b))
        graph = sort({X: features, y: prices, W: [[0.1], [0.2], [0.3]], b: [0.0]})
        costs = train(graph, {X: features, y: prices}, [W, b], epochs=20, batch_size=2, learning_rate=0.05)
        ends.append((*costs, *W.value.ravel(), *b.value))
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=1e-12)
