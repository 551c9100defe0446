"""Lesson 04: the cost as one weight changes, and a walk up or down on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Input, Node
from miniflow_lib.trace_text import number
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.plots import BLUE, VERMILLION, Chart, picture_html, round_step, span
from miniflow_classroom.widgets.base import StaticBox, shown_by, side_by_side


def cost_of_one_weight(
    graph: Sequence[Node], weight: Input, low: float, high: float, step: float = 0.1
) -> StaticBox:
    """The cost as one weight goes from low to high, the tangent where it stands, and a step each way.

    graph: a sorted list whose last node is the cost; weight: an Input that holds a single number.
    A step adds step * slope to the weight, or takes it away. Works on a copy of the graph.
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
        slider.value = min(max(walk.w, low), high)
        walk.moving_slider = False
        draw(walk.trail)

    def dragged(change) -> None:
        # The browser answers a step with the nearest stop of the slider: that is no drag.
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
    return StaticBox(
        [slider, side_by_side(downhill, uphill, again), *seen],
        text=f"The cost against {name}: {sentence}",
        html=picture_html(svg, alt),
    )


class Walk:
    """A weight that walks along the curve of its cost."""

    moving_slider = False

    def __init__(self, graph: Sequence[Node], weight: Input, low: float, high: float, step: float):
        self.lock = threading.Lock()
        self.snapshot = Snapshot(graph)
        self.snapshot.check_steady(backward=True)
        self.weight = self.snapshot.named(weight, graph)
        if not errors.is_input(self.weight):
            raise errors.MiniFlowError(f"{weight.name} works out its own value: pick an Input.")
        if self.weight.value.size != 1:
            raise errors.MiniFlowError(
                f"{weight.name} holds {self.weight.value.size} numbers: pick an Input that holds one."
            )
        self.name = self.snapshot.names[self.weight]
        self.start = float(self.weight.value.reshape(()))
        self.shape = self.weight.value.shape
        self.trail: tuple[float, ...] = (self.start,)  # where it stood, step by step; the last is now
        self.low, self.high, self.step = low, high, step
        self.xs = [low + (high - low) * i / 120 for i in range(121)]
        self.ys = [self.cost_and_slope(x)[0] for x in self.xs]

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
        """One step of rate * slope; far outside the picture it stays where it is."""
        if self.inside(self.w):
            self.trail = (*self.trail[-30:], self.w + rate * self.cost_and_slope(self.w)[1])

    def restart(self) -> None:
        self.trail = (self.start,)

    def inside(self, w: float) -> bool:
        return self.low <= w <= self.high

    def picture(self, trail: tuple[float, ...]) -> tuple[str, str]:
        w = trail[-1]
        cost, slope = self.cost_and_slope(w)
        chart_says = f"{self.name} = {number(w, 4)}: cost {number(cost, 4)}, slope {number(slope, 4)}"
        if not self.inside(w):
            sentence = f"{chart_says}. That is outside the picture: start again."
        elif abs(slope) < 1e-3 * max(1.0, max(self.ys) - min(self.ys)):
            sentence = f"{chart_says}. Almost flat: no way is down any more."
        else:
            up, down = ("right", "left") if slope > 0 else ("left", "right")
            sentence = f"{chart_says}. Uphill is to the {up}, so downhill is to the {down}."
        chart = Chart((self.low, self.high), span(self.ys), (self.name, "cost"), f"The cost: {sentence}")
        chart.curve(self.xs, self.ys, BLUE)
        chart.line(w, cost, slope, VERMILLION)
        for old in trail[:-1]:
            chart.dot(old, self.cost_and_slope(old)[0], BLUE, radius=4, hollow=True)
        chart.dot(w, cost, BLUE)
        return chart.svg(), sentence
