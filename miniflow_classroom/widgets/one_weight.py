"""Lesson 04: the cost as one weight changes, and a walk up or down on it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Input, Node
from miniflow_lib.trace_text import number
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.plots import BLUE, VERMILLION, Chart, picture_html, round_step, span
from miniflow_classroom.widgets.base import StaticBox, shown_by, side_by_side
from miniflow_classroom.widgets.states import View, control, key, panel, stops_of, told

STOPS, STRAIGHT, MIXED = 31, 10, 3  # on a page: of the slider, and steps of a walk one way or in turns
FAR = 10  # times the picture's first width: so far away a step still counts


def cost_of_one_weight(
    graph: Sequence[Node], weight: Input, low: float, high: float, step: float = 0.1
) -> StaticBox:
    """The cost as one weight goes from low to high, the tangent where the weight is, and a step each way.

    graph: a sorted list whose last node is the cost; weight: an Input that holds a single number.
    A step adds step * slope to the weight, or takes it away; where it leads out of the picture, the picture
    grows. Works on a copy of the graph.
    """
    low, high = errors.check_number("low", low, -1e6, 1e6), errors.check_number("high", high, -1e6, 1e6)
    step = errors.check_number("step", step)
    if high - low < 1e-3:
        raise errors.MiniFlowError(
            f"low is {low:g} and high is {high:g}: low must be the smaller one, by 0.001 or more."
        )
    walk = Walk(graph, weight, low, high, step)
    name = walk.name
    slider = ipywidgets.FloatSlider(
        value=walk.w,
        min=low,
        max=high,
        step=round_step((high - low) / 150),
        description=name,
        readout=False,
    )
    wide = ipywidgets.Layout(width="auto", flex="0 0 auto")
    uphill = ipywidgets.Button(description=f"step uphill: + {step:g} · slope", layout=wide)
    downhill = ipywidgets.Button(description=f"step downhill: - {step:g} · slope", layout=wide)
    again = ipywidgets.Button(description="start again", layout=wide)
    draw, seen = shown_by(walk.picture)

    def show() -> None:
        walk.moving_slider = True
        # At a stop: the browser answers any other place with the nearest stop, late on a busy machine.
        stops = round((min(max(walk.w, low), high) - low) / slider.step)
        slider.value = min(round(low + stops * slider.step, 10), high)
        walk.moving_slider = False
        draw(walk.trail)

    def dragged(change) -> None:
        # The browser answers a step in arithmetic of its own, 0.30000000000000004 for 0.3: that is no drag.
        echo = abs(change["new"] - min(max(walk.w, low), high)) <= 0.51 * slider.step
        if not walk.moving_slider and not echo:
            walk.trail = (change["new"],)
            draw(walk.trail)

    def clicked(move: Callable[[], None]) -> Callable:
        def on_click(_) -> None:
            move()
            show()

        return on_click

    slider.observe(dragged, "value")
    uphill.on_click(clicked(lambda: walk.go(+step)))
    downhill.on_click(clicked(lambda: walk.go(-step)))
    again.on_click(clicked(walk.restart))
    draw(walk.trail)
    svg, sentence = walk.picture(walk.trail)
    alt = f"The cost against {name}, and the tangent: {sentence}"

    def page() -> dict:
        moves = [{"name": way, "label": button.description} for way, button in zip("-+", (downhill, uphill))]
        moves.append({"do": "again", "label": again.description})
        return told({"": [walk.panel(slider, moves)]})

    return StaticBox(
        [slider, side_by_side(downhill, uphill, again), *seen],
        text=f"The cost against {name}: {sentence}",
        html=picture_html(svg, alt),
        page=page,
    )


class Walk:
    """A weight that walks along the curve of its cost."""

    moving_slider = False

    def __init__(self, graph: Sequence[Node], weight: Input, low: float, high: float, step: float):
        self.lock = threading.Lock()
        self.snapshot = Snapshot(graph)
        self.snapshot.check_steady(backward=True)
        self.weight = self.snapshot.input(weight, graph)
        if self.weight.value.size != 1:
            raise errors.MiniFlowError(
                f"{weight.name} holds {self.weight.value.size} numbers: pick an Input that holds one."
            )
        self.name = self.snapshot.names[self.weight]
        self.start = float(self.weight.value.reshape(()))
        self.shape = self.weight.value.shape
        self.trail: tuple[float, ...] = (self.start,)  # where it was, step by step; the last is now
        self.low, self.high, self.step = low, high, step
        self.curves = {(low, high): [self.cost_and_slope(x)[0] for x in points(low, high)]}

    @property
    def w(self) -> float:
        return self.trail[-1]

    def cost_and_slope(self, w: float) -> tuple[float, float]:
        with self.lock:  # a click and a redraw may come in two threads
            self.weight.value = np.full(self.shape, w)
            cost = self.snapshot.run(backward=True)
            mistakes.check_gradient(self.weight)
            return float(cost), float(np.reshape(self.weight.gradients[self.weight], ()))

    def go(self, rate: float) -> None:
        """One step of rate * slope; far away from where the picture began, it stays where it is."""
        if self.near(self.w):
            self.trail = (*self.trail[-30:], self.w + rate * self.cost_and_slope(self.w)[1])

    def restart(self) -> None:
        self.trail = (self.start,)

    def walks(self, begin: float) -> Iterator[tuple[tuple[str, ...], tuple[float, ...]]]:
        """Every walk from here that a page holds: its moves, "+" uphill and "-" downhill, and its trail."""
        todo = [((), (begin,))]
        for moves, trail in todo:
            yield moves, trail
            for way in "-+":
                longer = (*moves, way)
                if len(longer) <= (STRAIGHT if len(set(longer)) == 1 else MIXED) and self.near(trail[-1]):
                    self.trail = trail
                    self.go(float(f"{way}{self.step}"))
                    todo.append((longer, self.trail))

    def panel(self, slider: ipywidgets.FloatSlider, moves: Sequence[dict]) -> dict:
        """The walks on a page: they begin where this one did, or at one of some stops of the slider."""
        every = list(stops_of(slider))
        some = [every[round(stop * (len(every) - 1) / (STOPS - 1))] for stop in range(STOPS)]
        begins = {"start": self.start, **dict(enumerate(some))}
        now, view, says, at = self.trail, View(), View(area=1), {}
        for begin, w in begins.items():
            for made, trail in self.walks(w):
                here = key([begin], made)
                svg, sentence = self.picture(trail)
                view[here], says[here] = svg, escape(sentence)
                at[here] = min(range(len(some)), key=lambda stop: abs(some[stop] - trail[-1]))
        self.trail = now
        knob = control(slider) | {"options": [number(w) for w in some], "at": "start"}
        note = f"On this page, a walk has up to {STRAIGHT} steps one way, or {MIXED} both ways."
        areas = ("", "status")
        return panel([view, says], areas=areas, controls=[knob], moves=moves, at=at, note=note)

    def near(self, w: float) -> bool:
        """Whether there is a cost here, and a further step does not make the picture too wide."""
        room = FAR * (self.high - self.low)
        return self.low - room <= w <= self.high + room and math.isfinite(self._cost(w))

    def curve(self, low: float, high: float) -> list[float]:
        """The costs from low to high, nan where there is none; kept, since a click draws them again."""
        if (low, high) not in self.curves:
            self.curves[low, high] = [self._cost(x) for x in points(low, high)]
        return self.curves[low, high]

    def _cost(self, w: float) -> float:
        try:
            return self.cost_and_slope(w)[0]
        except Exception:  # of a curve that was well where it began
            return math.nan

    def picture(self, trail: tuple[float, ...]) -> tuple[str, str]:
        w = trail[-1]
        cost, slope = self.cost_and_slope(w)
        low, high = min(self.low, *trail), max(self.high, *trail)
        if grown := (low, high) != (self.low, self.high):
            air = 0.04 * (high - low)
            low, high = low - air * (low < self.low), high + air * (high > self.high)
        ys = self.curve(low, high)
        olds = [(old, self.cost_and_slope(old)[0]) for old in trail[:-1]]
        seen = [y for y in (*ys, cost, *(y for _, y in olds)) if math.isfinite(y)]
        sentence = f"{self.name} = {number(w, 4)}: cost {number(cost, 4)}, slope {number(slope, 4)}. "
        if not self.near(w):
            sentence += "That is too far away for a further step: start again."
        elif slope == 0:
            sentence += "Flat here: no step leads away."
        elif self.flat(slope, max(seen) - min(seen)):
            sentence += f"Almost flat here: the steps are tiny now, {number(abs(self.step * slope), 2)}."
        else:
            up, down = ("right", "left") if slope > 0 else ("left", "right")
            sentence += f"Uphill is to the {up}, so downhill is to the {down}."
            sentence += " The picture has grown to show it." * grown
        chart = Chart((low, high), span(seen), (self.name, "cost"), f"The cost: {sentence}")
        chart.curve(points(low, high), ys, BLUE)
        chart.line(w, cost, slope, VERMILLION)
        for old, height in olds:
            chart.dot(old, height, BLUE, radius=4, hollow=True)
        chart.dot(w, cost, BLUE)
        return chart.svg(), sentence

    def flat(self, slope: float, height: float) -> bool:
        """Whether neither the slope nor a step can be seen in the picture where the walk began."""
        width = self.high - self.low
        return abs(slope) * width <= 0.01 * height and abs(self.step * slope) <= width / 500


def points(low: float, high: float) -> list[float]:
    """Where the curve is worked out."""
    return [low + (high - low) * i / 120 for i in range(121)]
