"""The sort: right, linear, without recursion, and the same in every process."""

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    forward_pass,
    topological_sort,
    trace,
)


def diamonds(n):
    """n diamonds one after the other: 3 n + 1 nodes."""
    top = x = Input("x")
    for _ in range(n):
        top = Add(Sigmoid(top), Sigmoid(top))
    return x, top


def count_visits(feed, output=None):
    with trace.record() as events:
        topological_sort(feed, output)
    return sum(event.kind == "take" for event in events), sum(event.kind == "cross" for event in events)


@pytest.mark.parametrize("n", [1, 2, 18, 500])
def test_diamonds_cost_one_visit_a_node_and_an_edge(n):
    x, _ = diamonds(n)
    assert count_visits({x: 1.0}) == (3 * n + 1, 4 * n)


@pytest.mark.parametrize("n", [10, 18, 200])
def test_every_list_of_outbound_nodes_is_read_a_fixed_number_of_times(n, monkeypatch):
    """Counted on the nodes and not on what the trace says: it grows with the nodes, not the paths."""
    reads = []
    x, _ = diamonds(n)
    monkeypatch.setattr(Node, "outbound_nodes", _CountingAttribute(reads), raising=False)
    topological_sort({x: 1.0})
    assert len(reads) <= 3 * (3 * n + 1) + 3


class _CountingAttribute:
    """A data descriptor over the instance's own dict, which notes each reading."""

    def __init__(self, reads):
        self.reads = reads

    def __get__(self, node, owner):
        self.reads.append(node)
        return node.__dict__["outbound_nodes"]

    def __set__(self, node, value):
        node.__dict__["outbound_nodes"] = value


def test_with_output_too(monkeypatch):
    reads = []
    x, top = diamonds(200)
    monkeypatch.setattr(Node, "outbound_nodes", _CountingAttribute(reads), raising=False)
    topological_sort({x: 1.0}, top)
    assert len(reads) <= 3 * 601 + 3


def test_a_chain_of_100_000_nodes_needs_no_recursion():
    x = top = Input("x")
    for _ in range(100_000):
        top = Add(top)
    graph = topological_sort({x: 2.5})
    assert len(graph) == 100_001 and forward_pass(top, graph) == 2.5


def test_a_fan_of_100_000_inputs():
    xs = [Input() for _ in range(100_000)]
    total = Add(*xs)
    graph = topological_sort(dict.fromkeys(xs, 1))
    assert graph == [*xs, total] and forward_pass(total, graph) == 100_000


def test_the_order_is_the_same_in_processes_with_different_hash_seeds():
    program = (
        "from miniflow_lib import *\n"
        "xs = [Input(f'x{i}') for i in range(30)]\n"
        "ops = [Add(xs[i], xs[(7 * i) % 30], name=f'a{i}') for i in range(30)]\n"
        "top = Mul(*(Add(ops[i], ops[(11 * i) % 30], name=f'b{i}') for i in range(30)))\n"
        "print([n.name for n in topological_sort(dict.fromkeys(xs, 1))])\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": str(seed)}, stdout=subprocess.PIPE
        )
        for seed in range(3)
    ]
    assert len({run.communicate(timeout=120)[0] for run in runs}) == 1


def test_feed_order_decides_among_valid_orders():
    x, y, z = Input("x"), Input("y"), Input("z")
    total = Add(x, y, z)
    assert topological_sort({z: 1, x: 2, y: 3}) == [z, x, y, total]


@st.composite
def graphs(draw):
    """A random graph: Inputs, then ops over nodes that were there before, some used more than once."""
    inputs = [Input(f"x{i}") for i in range(draw(st.integers(1, 5)))]
    nodes = list(inputs)
    for _ in range(draw(st.integers(1, 12))):
        of = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4))
        nodes.append(draw(st.sampled_from([Add, Mul]))(*of))
    return inputs, nodes


@given(graphs())
def test_nobody_runs_before_what_feeds_it_and_nobody_is_left_out(graph):
    inputs, nodes = graph
    order = topological_sort(dict.fromkeys(inputs, 1.0))
    place = {node: i for i, node in enumerate(order)}
    assert sorted(map(id, order)) == sorted(map(id, nodes))
    assert all(place[inbound] < place[node] for node in order for inbound in node.inbound_nodes)


@given(graphs(), st.data())
def test_output_keeps_what_it_depends_on_and_nothing_else(graph, data):
    inputs, nodes = graph
    output = data.draw(st.sampled_from(nodes))
    needed, to_see = {output}, [output]
    for node in to_see:
        for inbound in node.inbound_nodes:
            if inbound not in needed:
                needed.add(inbound)
                to_see.append(inbound)
    order = topological_sort(dict.fromkeys(inputs, 1.0), output=output)
    assert set(order) == needed and order[-1] is output


def test_a_node_without_inputs_that_is_no_input_is_ready_at_once():
    class Seven(Node):
        def forward(self):
            self.value = np.float64(7)

    x = Input("x")
    total = Add(x, Seven())
    graph = topological_sort({x: 1})
    assert forward_pass(total, graph) == 8


def test_the_callers_arrays_are_copied():
    x, data = Input("x"), np.array([1.0, 2.0])
    topological_sort({x: data})
    data[0] = 99
    assert x.value.tolist() == [1.0, 2.0]


def test_cycle_by_force_names_the_nodes_on_it():
    x = Input("x")
    a = Add(x, name="a")
    b = Add(a, name="b")
    a.inbound_nodes, b.outbound_nodes = (x, b), [a]
    with pytest.raises(MiniFlowError, match="cycle") as caught:
        topological_sort({x: 1})
    assert "a -> b -> a" in str(caught.value) or "b -> a -> b" in str(caught.value)


@pytest.mark.parametrize("length, shown", [(6, "abcdef"), (7, "abc…fg")])
def test_a_cycle_is_told_along_its_arrows_and_a_long_one_in_part(length, shown):
    x = Input("x")
    first = last = Add(x, name="a")
    for name in "bcdefg"[: length - 1]:
        last = Add(last, name=name)
    first.inbound_nodes, last.outbound_nodes = (x, last), [first]
    with pytest.raises(MiniFlowError) as caught:
        topological_sort({x: 1})
    told = re.search(r"cycle, (.*?):", str(caught.value))[1].split(" -> ")
    assert told[0] == told[-1] and len(told) == len(shown) + 1 and ("..." in told) == ("…" in shown)
    place = "abcdefg"[:length].index(told[0])  # it may begin anywhere
    around = "abcdefg"[:length][place:] + "abcdefg"[:length][:place]
    assert "".join(told[:3]) == around[:3] and "".join(told[-3:-1]) == around[-2:]


def test_in_one_pass_the_places_rise_by_one():
    x, _ = diamonds(3)
    with trace.record() as events:
        topological_sort({x: 1})
    places = [event.value for event in events if event.kind == "take"]
    assert places[0] == 0 and all(b - a == 1 for a, b in pairwise(places))


# --- graphs that are built anew in every step ------------------------------------------------------------


def rebuilt(times, build):
    """Builds, sorts and runs a graph again and again; how often that went well, and what was said then."""
    for step in range(times):
        feed, cost = build()
        try:
            graph = topological_sort(feed, output=cost)
        except MiniFlowError as error:
            return step, str(error)
        forward_pass(cost, graph)
    return times, ""


def test_a_graph_that_is_built_anew_in_every_step_is_refused_before_it_fills_the_memory():
    X, y, W, b = map(Input, ("X", "y", "W", "b"))
    feed = {X: [[1.0, 2.0]], y: [3.0], W: [[0.5], [0.5]], b: [0.0]}
    steps, says = rebuilt(1100, lambda: (feed, MSE(y, Linear(X, W, b))))
    assert steps == 1001
    assert says == (
        "y still feeds 1,001 nodes of earlier graphs, so memory and time grow: build the graph "
        "once, and in the loop set only its Inputs."
    )
    all_of_it = topological_sort({X: 1, y: 1, W: 1, b: 1})
    assert len(all_of_it) == 4 + 2 * 1002, "without output nothing is left over"


def test_a_refused_sort_leaves_the_values_as_they_were():
    x = Input("x")
    steps, _ = rebuilt(1100, lambda: ({x: 1.0}, Sigmoid(x)))
    assert steps == 1001
    with pytest.raises(MiniFlowError, match=r"x still feeds 1,001 nodes"):
        topological_sort({x: 2.0}, output=x.outbound_nodes[-1])
    assert x.value == 1.0


def test_also_beside_a_penalty_that_was_built_once():
    x, w = Input("x"), Input("w")
    penalty = Mul(w, w)
    steps, says = rebuilt(1100, lambda: ({x: 1.0, w: 2.0}, Add(Mul(x, w), penalty)))
    assert steps == 1001 and says.startswith("Mul still feeds 1,001 nodes")


def test_also_on_an_op_that_was_built_once():
    v = Input("v")
    features = Sigmoid(v, name="features")
    steps, says = rebuilt(1100, lambda: ({v: 1.0}, Sigmoid(features)))
    assert steps == 1001 and says.startswith("features still feeds 1,001 nodes")


def test_two_graphs_that_are_built_in_turn_on_the_same_weights():
    x, x_test, w = Input("x"), Input("x_test"), Input("w")

    def build():
        cost, test = Mul(x, w), Mul(x_test, w)
        forward_pass(test, topological_sort({x_test: 1.0, w: 1.0}, output=test))
        return {x: 1.0, w: 2.0}, cost

    with pytest.raises(MiniFlowError, match=r"w still feeds 1,002 nodes of earlier graphs"):
        rebuilt(1100, build)


def test_fan_out_within_the_sort_is_never_refused():
    x = Input("x")
    ops = [Sigmoid(x) for _ in range(3000)]
    total = Add(*ops)
    for _ in range(3):
        forward_pass(total, topological_sort({x: 1.0}, output=total))


def test_a_part_of_a_wide_graph_is_never_refused():
    """What is younger than the part, and what never ran, is no leftover of a loop."""
    x, w = Input("x"), Input("w")
    state, states = x, []
    for _ in range(3000):  # one weight at every step of a recurrent network
        state = Mul(state, w)
        states.append(state)
    forward_pass(state, topological_sort({x: 1.0, w: 1.0}, output=state))
    assert len(topological_sort({x: 1.0, w: 1.0}, output=states[9])) == 12

    x = Input("x")
    heads = [Sigmoid(x) for _ in range(3000)]
    assert topological_sort({x: 1.0}, output=heads[-1]) == [x, heads[-1]]


def test_a_thousand_leftovers_are_let_be():
    x = Input("x")
    assert rebuilt(1001, lambda: ({x: 1.0}, Sigmoid(x))) == (1001, "")
