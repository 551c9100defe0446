"""The game of stale values: what a drag makes stale, what a run gives, and what is said of it."""

import re

import numpy as np
import pytest

from miniflow_lib import Add, Input, MiniFlowError, Mul, Node, topological_sort
from miniflow_classroom import stale


def the_graph() -> list[Node]:
    """f = (x + y + z) · (z · u), in steps; x does not reach p."""
    x, y, z, u = (Input(name) for name in "xyzu")
    q, p = Add(x, y, name="q"), Mul(z, u, name="p")
    f = Mul(Add(q, z, name="r"), p, name="f")
    return topological_sort({x: 4, y: 5, z: 10, u: 2}, output=f)


class Played:
    """A game, and what it says."""

    def __init__(self, graph):
        self.game = stale(graph)
        self.node = {name: node for node, name in self.game.view.names.items()}

    def said(self) -> str:
        return re.search(r'role="status"[^>]*>(.*?)</div>', self.game.picture.value)[1]

    def drag(self, name: str, value: float) -> str:
        self.game.sliders[self.node[name]].value = value
        return self.said()

    def run(self, *names: str) -> str:
        for name in names:
            self.game.buttons[self.node[name]].click()
        return self.said()

    def stale(self) -> list[str]:
        return [self.game.view.names[node] for node in self.game.stale()]


def test_a_drag_makes_stale_what_is_downstream_and_nothing_else():
    played = Played(the_graph())
    assert played.stale() == [] and "All values are up to date. Drag x" in played.said()
    assert "x is now 6. Stale: q, r and f still keep the values" in played.drag("x", 6)
    assert sorted(played.stale()) == ["f", "q", "r"]
    assert played.node["q"].value == 9, "no op has run"
    assert played.game.picture.value.count(">stale<") == 3
    assert played.game.picture.value.count('stroke="#c4c4bc"') == 3, "and in stripes, not by colour"


def test_a_run_too_early_shows_the_wrong_number_and_why():
    played = Played(the_graph())
    played.drag("x", 6)
    assert played.run("f") == (
        "f reads 19 from r and 20 from p, and makes 380. But r is stale (made with x = 4), so 380 is wrong."
    )
    assert sorted(played.stale()) == ["f", "q", "r"]
    assert "before. It was up to date: a run for nothing." in played.run("p")
    assert "q reads 6 from x and 5 from y, and makes 11. It is up to date. Still stale: " in played.run("q")
    assert "But r is stale" in played.run("f")
    assert "and makes 420. All values are up to date again, after 6 runs. 3 would" in played.run("r", "f")
    assert "p did not have to run: no arrows lead there from x." in played.said()
    assert played.stale() == [] and played.node["f"].value == 420


def test_the_shortest_way_is_said_to_be_the_shortest():
    played = Played(the_graph())
    played.drag("z", 7)
    assert "after 3 runs, and none was for nothing. q did not have to run" in played.run("p", "r", "f")


def test_a_drag_back_is_no_change():
    played = Played(the_graph())
    played.drag("x", 6)
    assert "x is now 4. All values are up to date." in played.drag("x", 4)
    played.drag("x", 7)
    played.run("q")
    assert "f" in played.stale() and "q" not in played.stale()
    played.drag("x", 4)
    assert sorted(played.stale()) == ["q"], "r and f were made with 4, and q with 7"


def test_two_inputs_can_be_dragged_one_after_the_other():
    played = Played(the_graph())
    played.drag("x", 6)
    played.drag("u", 3)
    assert sorted(played.stale()) == ["f", "p", "q", "r"]
    assert "But r and p are stale (made with x = 4 and u = 2)" in played.run("f")
    assert "none was for nothing." not in played.run("q", "r", "p", "f")
    assert played.node["f"].value == 21 * 30


def test_every_op_ends_at_its_right_value_whatever_was_dragged_and_run():
    played = Played(the_graph())
    for name, value in (("x", 1), ("z", 12), ("u", -3), ("y", 8), ("x", 4)):
        played.drag(name, value)
        played.run("f", "p", "q", "r", "f")
        x, y, z, u = (played.node[name].value for name in "xyzu")
        assert played.stale() == [] and played.node["f"].value == (x + y + z) * (z * u)


def test_the_learners_graph_stays_as_it_was_and_the_stored_text_is_the_same_after_a_click():
    graph = the_graph()
    values = [node.value for node in graph]
    played = Played(graph[-1])
    stored = dict(played.game.static)
    played.drag("x", 6)
    played.run("q")
    assert all(node.value is value for node, value in zip(graph, values, strict=True))
    assert played.game.static == stored
    assert stored["text/plain"] == "A game: drag one of 4 Inputs, and run again what is stale."
    assert stored["text/html"].startswith("<img alt=") and "q = Add(x, y), value 9" in stored["text/html"]
    assert [button.description for button in played.game.buttons.values()] == [
        *("run f", "run p", "run q", "run r"),
    ]


def test_an_op_that_fails_says_so_in_its_place():
    class Root(Node):
        def __init__(self, x, name=None):
            super().__init__([x], name)

        def forward(self):
            (x,) = self.inbound_nodes
            if x.value < 0:
                raise ValueError("no root")
            self.value = np.sqrt(x.value)

    x = Input("x")
    played = Played(topological_sort({x: 4}, output=Root(x, name="f")))
    played.drag("x", -1)
    assert "no root" in played.run("f") and played.stale() == ["f"]
    played.drag("x", 9)
    assert "and makes 3. All values are up to date again" in played.run("f")


@pytest.mark.parametrize(
    ("value", "words"),
    [([1.0, 2.0], "one number per node, and x holds"), (float("inf"), "there is nothing to drag")],
)
def test_what_cannot_be_dragged_is_said(value, words):
    x = Input("x")
    graph = topological_sort({x: value}, output=Add(x, x))
    with pytest.raises(MiniFlowError, match=words):
        stale(graph)
