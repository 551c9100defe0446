"""The weights as knobs: what each turn says and shows, the best try, and that the graph stays as it was."""

from __future__ import annotations

import re
import threading

import ipywidgets
import numpy as np
import pytest
from own_engine import MyInput, MyLinear, MyMSE, my_topological_sort

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    forward_and_backward,
    topological_sort,
)
from tests.charts import BLUE, read_charts
from miniflow_classroom import turn_knobs


def homes(w=(4.0, -2.0), y=(23.0, 15.0)):
    """The sorted list of the cost of two homes, and its weights."""
    X, W, b, prices = (Input(name) for name in ("X", "w", "b", "y"))
    cost = MSE(prices, Linear(X, W, b, name="a"), name="cost")
    return topological_sort({X: [[5, 3], [2, 2]], W: list(w), b: 7, prices: list(y)}, output=cost), [W, b]


class Played:
    """The parts of the widget by what they are for."""

    def __init__(self, box):
        *rows, foot, self.said_in, self.view = box.children
        (self.again,) = foot.children
        self.values_in = [row.children[0] for row in rows]
        self.buttons = {button.description: button for row in rows for button in row.children[1:]}

    def turn(self, *labels: str) -> str:
        for label in labels:
            self.buttons[label].click()
        return self.said

    @property
    def said(self) -> str:
        return re.sub("<[^>]+>", "", self.said_in.value).replace("&quot;", '"')

    @property
    def values(self) -> list[str]:
        return [re.sub("<[^>]+>", "", value.value) for value in self.values_in]

    @property
    def words(self) -> list[str]:
        return re.findall(r"<text[^>]*>([^<]+)<", self.view.value)

    @property
    def costs(self) -> np.ndarray:
        (read,) = read_charts(self.view.value)
        return read.curves[BLUE, False]


def test_the_start_is_stored_and_no_turn_changes_it():
    graph, weights = homes()
    box = turn_knobs(graph, weights)
    stored = dict(box.static)
    assert stored["text/plain"].replace("\n", " ") == (
        "6 turns of a knob, 1 each, to lower the cost. At the start w[0] = 4, w[1] = -2 and b = 7. "
        "home 0: prediction 21, target 23. home 1: prediction 11, target 15. The cost is 10."
    )
    assert max(map(len, stored["text/plain"].split("\n"))) <= 80
    assert stored["text/html"].startswith('<img alt="6 turns of a knob, 1 each, to lower the cost. At the')
    Played(box).turn("b up")
    assert box.static == stored


def test_six_turns_can_bring_the_cost_to_nothing():
    game = Played(turn_knobs(*homes()))
    assert list(game.buttons) == ["w[0] down", "w[0] up", "w[1] down", "w[1] up", "b down", "b up"]
    assert game.values == ["w[0] = 4", "w[1] = -2", "b = 7"]
    assert game.said == "The cost is 10. Turns left: 6."
    assert game.turn("w[0] down") == (
        "w[0] down: the cost went from 10 to 42.5. Turns left: 5. Your best so far: 42.5."
    )
    assert game.turn("w[1] up", "b up", "b up", "b up").endswith("Turns left: 1. Your best so far: 1.")
    assert game.turn("b up") == (
        "b up: the cost went from 1 to 0. No turns are left. Over all of them, the cost went from 10 to 0. "
        'Your best so far: 0. Press "start again" to begin anew.'
    )
    assert game.values == ["w[0] = 3", "w[1] = -1", "b = 11"]
    assert game.words[-6:] == ["0", "23", "23", "1", "15", "15"]
    assert all(button.disabled for button in game.buttons.values())


def test_the_chart_is_the_cost_after_each_turn():
    game = Played(turn_knobs(*homes()))
    game.turn("w[0] down", "w[1] up", "b up")
    assert game.costs == pytest.approx(np.array([[0, 10], [1, 42.5], [2, 16], [3, 9]]), abs=0.1)
    assert {"turns", "cost", "home", "prediction", "target", "20", "12"} <= set(game.words)


def test_a_new_start_keeps_the_best_and_nothing_else():
    game = Played(turn_knobs(*homes(), turns=2))
    game.turn("b up", "b up")
    assert "Your best so far: 2." in game.said
    assert game.turn("b down") == game.said  # no turn is left
    game.again.click()
    assert game.said == "The cost is 10. Turns left: 2. Your best so far: 2."
    assert game.values == ["w[0] = 4", "w[1] = -2", "b = 7"]
    assert not any(button.disabled for button in game.buttons.values())
    assert game.costs == pytest.approx(np.array([[0, 10]]), abs=0.1)
    assert game.turn("b down").endswith("Turns left: 1. Your best so far: 2.")


def test_no_sentence_says_which_way_is_best():
    game = Played(turn_knobs(*homes()))
    seen = [game.said]
    for label in game.buttons:
        seen.append(game.turn(label))
    assert not re.search("should|try|better|wrong way|too (far|much)", " ".join(seen))


def test_the_graph_stays_as_it_was():
    graph, weights = homes()
    forward_and_backward(graph)
    before = [(np.copy(node.value), dict(node.gradients)) for node in graph]
    Played(turn_knobs(graph, weights)).turn("w[0] down", "b up")
    for (value, gradients), node in zip(before, graph):
        assert np.array_equal(value, node.value) and gradients == node.gradients


def test_a_cost_that_is_no_mse_has_no_homes():
    w, x = Input("w"), Input("x")
    graph = topological_sort({w: 2.0, x: -3.0}, output=Mul(w, x, name="cost"))
    box = turn_knobs(graph, [w])
    assert box.static["text/plain"].endswith("At the start w = 2. The cost is\n-6.")
    game = Played(box)
    assert game.turn("w up").startswith("w up: the cost went from -6 to -9.")
    assert game.costs == pytest.approx(np.array([[0, -6], [1, -9]]), abs=0.1)
    assert "home" not in game.words


def test_the_learners_own_engine_has_knobs_too():
    X, w, b, y = (MyInput(name) for name in ("X", "w", "b", "y"))
    MyMSE(y, MyLinear(X, w, b), name="cost")
    graph = my_topological_sort(
        {X: np.array([[5.0, 3.0]]), w: np.array([4.0, -2.0]), b: 7.0, y: np.array([23.0])}
    )
    game = Played(turn_knobs(graph, (w, b)))
    assert game.turn("b up").startswith("b up: the cost went from 4 to 1.")
    assert game.words[-3:] == ["0", "22", "23"]


class Fragile(Node):
    """What a learner may write: it fails for numbers above 1."""

    def __init__(self, x):
        super().__init__([x])

    def forward(self):
        (x,) = self.inbound_nodes
        self.value = 1 / (2 - x.value) if x.value != 2 else float("inf")

    def backward(self): ...


def test_a_turn_that_leads_nowhere_is_taken_back():
    w = Input("w")
    game = Played(turn_knobs(topological_sort({w: 1.0}, output=Fragile(w)), [w]))
    assert "inf" in game.turn("w up") and game.values == ["w = 1"]
    assert game.turn("w down").startswith("w down: the cost went from 1 to 0.5. Turns left: 5.")


@pytest.mark.parametrize(
    ("weights", "turns", "words"),
    [
        (lambda graph: [graph[-1]], 6, "cost works out its own value: pick an Input"),
        (lambda graph: [Input("stranger")], 6, "not in this graph"),
        (lambda graph: [], 6, "needs 1 to 12 numbers, and these weights hold 0"),
        (lambda graph: graph[0], 6, "weights is a list of nodes"),
        (lambda graph: [graph[0]], 0, "turns is a whole number from 1 to 100"),
    ],
)
def test_what_has_no_knob_is_said(weights, turns, words):
    graph, _ = homes()
    with pytest.raises(MiniFlowError, match=words):
        turn_knobs(graph, weights(graph), turns)


def test_more_than_twelve_knobs_are_too_many():
    x, w = Input("x"), Input("w")
    graph = topological_sort({x: np.ones(13), w: np.ones(13)}, output=MSE(x, Add(x, w)))
    with pytest.raises(MiniFlowError, match="these weights hold 13"):
        turn_knobs(graph, [w])
    scale = Input("scale")
    graph = topological_sort({x: np.ones(13), scale: 2.0}, output=MSE(x, Mul(x, scale), name="cost"))
    box = turn_knobs(graph, [scale, scale])  # one knob, and the homes are too many for a table
    assert "At the start scale = 2. The" in box.static["text/plain"]


def test_two_threads_take_each_turn_once():
    game = Played(turn_knobs(*homes(), turns=100))
    threads = [threading.Thread(target=lambda: game.turn(*["b up"] * 30)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert game.values[-1] == "b = 67" and "Turns left: 40." in game.said


def test_names_are_shown_as_text():
    w = Input("<img src=x onerror=alert(1)>")
    box = turn_knobs(topological_sort({w: 1.0}, output=Mul(w, w, name="cost")), [w])
    Played(box).buttons[box.children[0].children[1].description].click()
    shown = [
        child.value
        for child in (*box.children, *box.children[0].children)
        if isinstance(child, ipywidgets.HTML)
    ]
    assert len(shown) == 3 and "<img" not in "".join(shown)
