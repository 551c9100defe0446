"""Lesson 03: the numbers of the weights as knobs, turned by hand to lower the cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Input, Node
from miniflow_lib.trace_text import number
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.drawing import fit
from miniflow_classroom.show.plots import (
    BLUE,
    FONT,
    GREY,
    INK,
    Chart,
    card,
    page_width,
    picture_html,
    round_numbers,
    span,
    text,
)
from miniflow_classroom.show.words import listed, wrapped
from miniflow_classroom.widgets.base import StaticBox, in_its_place, paragraph, side_by_side, wide

MOST = 12  # knobs, and homes: a longer list is hard to follow
WIDTH, HEIGHT, TABLE, LINE = 400, 240, 280, 22  # of the chart, of the table on its right and of its lines


@dataclass(frozen=True, eq=False)
class Knob:
    """One number that can be changed: an Input, or one element of it."""

    label: str
    node: Node
    index: tuple[int, ...]
    start: np.ndarray

    @property
    def value(self) -> float:
        return float(np.asarray(self.node.value)[self.index])

    def turn(self, by: float) -> None:
        """Adds to this one number. `start` stays as it is: the array is a new one."""
        turned = np.array(self.node.value, dtype=float)
        turned[self.index] += by
        self.node.value = turned


def knobs_of(snapshot: Snapshot, nodes: Sequence[Node]) -> list[Knob]:
    """Every number of these nodes, save those of an array of more than 12."""
    found = []
    for node in nodes:
        if np.size(node.value) <= MOST:
            for index in np.ndindex(np.shape(node.value)):
                place = f"[{', '.join(map(str, index))}]" if index else ""
                found.append(Knob(snapshot.names[node] + place, node, index, node.value))
    return found


def turn_knobs(graph: Sequence[Node], weights: Sequence[Input], turns: int = 6) -> StaticBox:
    """Each number of the weights is a knob: turn it down or up by 1, and see the predictions and the cost.

    graph: a sorted list whose last node is the cost; weights: its Inputs that may be changed; turns: how many
    there are until a new start. Works on a copy: the graph stays as it was.
    """
    game = Turns(graph, weights, turns)
    lock = threading.RLock()  # after a page reload clicks come in a second thread
    names = [fit(knob.label, 20) for knob in game.knobs]
    room = {"width": f"{6 + 0.6 * max(map(len, names)):g}em"}
    values = [ipywidgets.HTML(layout=room) for _ in names]
    said, view, buttons = wide(), wide(), []

    def show() -> None:
        for knob, name, value in zip(game.knobs, names, values):
            value.value = paragraph(f"{escape(name)} = <b>{number(knob.value)}</b>", "line-height: 28px")
        for button in buttons:
            button.disabled = not game.left
        said.value = paragraph(escape(game.said), role="status")
        view.value = game.picture()

    def button(label: str, move: Callable[[], None]) -> ipywidgets.Button:
        def clicked(_) -> None:
            with lock:
                move()
                show()

        made = ipywidgets.Button(description=label, layout={"width": "auto", "min_width": "100px"})
        made.on_click(clicked)
        return made

    rows = []
    for knob, name, value in zip(game.knobs, names, values):
        ways = [
            button(f"{name} {way}", lambda knob=knob, way=way: game.turn(knob, way)) for way in ("down", "up")
        ]
        buttons += ways
        rows.append(ipywidgets.HBox([value, *ways]))
    again = button("start again", game.start_again)
    show()
    start = f"{game.turns} turns of a knob, 1 each, to lower the cost. At the start {game.in_words()}"
    return StaticBox(
        [*rows, side_by_side(again), said, view],
        text=wrapped(start),
        html=picture_html(game.picture(True), start, WIDTH + TABLE),
    )


class Turns:
    """The knobs of a copy of the graph, and what each turn made of the cost."""

    def __init__(self, graph: Sequence[Node], weights: Sequence[Input], turns: int):
        self.turns = errors.check_count("turns", turns, 1, 100)
        weights = list(dict.fromkeys(errors.check_list_of_nodes("weights", weights)))
        self.snapshot = Snapshot(graph)
        mistakes.check_cost(self.snapshot.cost, self.snapshot.graph)
        self.snapshot.check_steady()
        self.knobs = knobs_of(self.snapshot, [self.snapshot.input(node, graph) for node in weights])
        count = sum(np.size(node.value) for node in weights)
        if not 1 <= count <= MOST:
            raise errors.MiniFlowError(
                f"turn_knobs needs 1 to {MOST} numbers, and these weights hold {count}."
            )
        self.best: float | None = None
        self.start_again()

    @property
    def left(self) -> int:
        return self.turns + 1 - len(self.costs)

    def start_again(self) -> None:
        for knob in self.knobs:
            knob.node.value = knob.start
        self.costs = [self._cost()]
        self.said = f"The cost is {number(self.costs[0])}. {self._where()}"

    def turn(self, knob: Knob, way: str) -> None:
        """One turn "up" or "down"; where the cost cannot be worked out the knob goes back."""
        if not self.left:
            return
        before = knob.node.value
        knob.turn(1 if way == "up" else -1)
        try:
            cost = self._cost()
        except Exception as error:
            knob.node.value = before
            self.snapshot.run()
            self.said = in_its_place(error)
            return
        self.said = f"{knob.label} {way}: the cost {_moved(self.costs[-1], cost)}. "
        self.costs.append(cost)
        self.best = cost if self.best is None else min(cost, self.best)
        self.said += self._where()

    def _cost(self) -> float:
        self.snapshot.run()
        mistakes.check_cost(self.snapshot.cost, self.snapshot.graph)
        return float(np.reshape(self.snapshot.cost.value, ()))

    def _where(self) -> str:
        """How many turns are left, and the best cost of all tries."""
        best = "" if self.best is None else f" Your best so far: {number(self.best)}."
        if self.left:
            return f"Turns left: {self.left}.{best}"
        over = f"Over all of them, the cost {_moved(self.costs[0], self.costs[-1])}."
        return f'No turns are left. {over}{best} Press "start again" to begin anew.'

    def homes(self) -> list[tuple[float, float]]:
        """(prediction, target) of each home; none where the cost is no MSE, or there are too many."""
        cost = self.snapshot.cost
        if {"MSE", "MyMSE"}.isdisjoint(kind.__name__ for kind in type(cost).__mro__):
            return []
        y, a = (np.ravel(errors.numbers(node.value)) for node in cost.inbound_nodes)
        return list(zip(a, y)) if a.size == y.size <= MOST else []

    def in_words(self) -> str:
        homes = [
            f"home {place}: prediction {number(a)}, target {number(y)}. "
            for place, (a, y) in enumerate(self.homes())
        ]
        knobs = listed(f"{knob.label} = {number(knob.value)}" for knob in self.knobs)
        return f"{knobs}. {''.join(homes)}The cost is {number(self.costs[-1])}."

    def picture(self, knobs: bool = False) -> str:
        """The cost after each turn, and the table of the homes; with knobs=True theirs over it."""
        told = f"The cost after 0, 1, … turns: {', '.join(map(number, self.costs))}. {self.in_words()}"
        room = 0.05 * self.turns
        chart = Chart(
            (-room, self.turns + room),
            span([0, *self.costs]),
            ("turns", "cost"),
            alt="",
            size=(WIDTH, HEIGHT),
            ticks=5,
            x_ticks={n: number(n) for n in round_numbers(0, self.turns, min(self.turns, 7)) if n % 1 == 0},
        )
        chart.curve(range(len(self.costs)), self.costs, BLUE, 1.5)
        for turn, cost in enumerate(self.costs):
            chart.dot(turn, cost, BLUE, 4.5)
        rows = [("knob", "", "value"), *((fit(k.label, 20), "", number(k.value)) for k in self.knobs)]
        rows = [*rows, ("", "", "")] if knobs else []
        if homes := self.homes():
            rows.append(("home", "prediction", "target"))
            rows += [(str(place), number(a), number(y)) for place, (a, y) in enumerate(homes)]
        drawn = ""
        for line, row in enumerate(rows, 1):
            colour = GREY if row[0] in ("knob", "home") else INK
            places = zip(row, (10, 160, 260), ("start", "end", "end"))
            drawn += "".join(text(WIDTH + x, 10 + LINE * line, said, colour, end) for said, x, end in places)
        width = WIDTH + TABLE * bool(rows)
        look = f'{FONT} font-size="14" style="{page_width(width)}"'
        return card(width, max(HEIGHT, LINE * len(rows) + 30), chart.drawn() + drawn, told, look)


def _moved(before: float, after: float) -> str:
    same = number(before) == number(after)
    return f"stays {number(after)}" if same else f"went from {number(before)} to {number(after)}"
