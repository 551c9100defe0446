"""Lesson 04: a curve, and the line through two of its points that come together."""

from __future__ import annotations

import math
from collections.abc import Callable

import ipywidgets

from miniflow_lib import errors
from miniflow_lib.trace_text import number
from miniflow_classroom import arguments
from miniflow_classroom.show.plots import BLUE, INK, VERMILLION, Chart, picture_html, span
from miniflow_classroom.widgets.base import StaticBox, shown_by, side_by_side
from miniflow_classroom.widgets.states import settings, told


def tangent(
    function: Callable[[float], float], at: float = 1.0, around: float = 2.0, label: str = "f(x)"
) -> StaticBox:
    """A curve and the line through two of its points, x and x + nudge: drag the nudge towards zero.

    The smallest nudge, 0.001, is at the slider's left end and 1 at its right, where it is at first.
    function: of one number; at: where the point is at first; around: how far the curve is drawn to both
    sides; label: the name of the curve. slope = (f(x + nudge) - f(x)) / nudge.
    """
    errors.check_function("The first argument of tangent", function, "function(x)")
    arguments.check_text("label", label)
    at, around = errors.check_number("at", at, -1e6, 1e6), errors.check_number("around", around, 1e-3, 1e6)
    low, high = at - around, at + around

    def f(x: float) -> float:
        """The function's value, nan where it has none."""
        try:
            y = function(x)
        except (ArithmeticError, ValueError):
            return math.nan
        return arguments.check_returned(f"The function {label}", y)

    xs = [low + (high - low) * i / 120 for i in range(121)]
    ys = [f(x) for x in xs]
    if not all(map(math.isfinite, ys)):
        raise errors.MiniFlowError(f"{label} is not a finite number everywhere from {low:g} to {high:g}.")
    nudges = [0.001, 0.01, 0.1, 0.2, 0.5, 1.0]
    by = ipywidgets.SelectionSlider(
        options=[(number(h), h) for h in nudges], value=1.0, description="nudge", continuous_update=True
    )
    where = ipywidgets.FloatSlider(value=at, min=low, max=high, step=around / 20, description="x")

    def picture(setting: tuple[float, float]) -> tuple[str, str]:
        x, h = setting
        y, y2 = f(x), f(x + h)
        slope = (y2 - y) / h
        way = f"from x = {number(x)} to {number(x + h)}, {label}"
        if math.isfinite(slope):
            rise = f"slope {number(y2 - y, 7)} / {number(h)} = {number(slope, 7)}"
            sentence = f"{way} goes from {number(y, 9)} to {number(y2, 9)}: {rise}"
        else:
            sentence = f"{way} leaves the finite numbers: take another x or nudge"
        chart = Chart((low, high), span(ys), ("x", label), f"The curve {label} and a line: {sentence}")
        chart.curve(xs, ys, BLUE)
        if math.isfinite(slope):
            chart.line(x, y, slope, VERMILLION)
            chart.step(x, y, x + h, y2, INK)
            chart.dot(x + h, y2, BLUE, hollow=True)
            chart.dot(x, y, BLUE)
        return chart.svg(), sentence

    draw, seen = shown_by(picture)

    def changed(_) -> None:
        draw((round(where.value, 10), by.value))

    draw((at, by.value))
    where.observe(changed, "value")
    by.observe(changed, "value")

    def page() -> dict:
        return told({"": [settings((by, where), seen, ("", "status"))]})

    svg, sentence = picture((at, by.value))
    html = picture_html(svg, f"The curve {label} and a line: {sentence}")
    return StaticBox([side_by_side(by, where), *seen], text=f"{label}: {sentence}", html=html, page=page)
