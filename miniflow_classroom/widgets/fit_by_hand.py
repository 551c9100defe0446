"""Lesson 00: a price from the number of rooms, fitted by hand with two sliders."""

from __future__ import annotations

from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.trace_text import number
from miniflow_classroom.show.plots import (
    BLUE,
    FONT,
    INK,
    VERMILLION,
    Chart,
    card,
    page_width,
    picture_html,
    span,
)
from miniflow_classroom.widgets.base import StaticBox, on_card, shown_by, side_by_side

B, W, STEP = (0, 40), (-5, 20), 0.5  # where the sliders go
USUAL = 6  # rooms: b is the price of a home that has so many
SQUARES = 12  # homes whose squares are drawn; all of them would be one dark cloud
HIGH, FOOT = 330, 42  # of the frame and of what is under it, in pixels


def fit_by_hand(rooms: np.ndarray, prices: np.ndarray) -> StaticBox:
    """Sliders for b and w of price = b + w · (rooms - 6), the homes, the line, and squares of its misses.

    rooms, prices: an entry for each home. The cost, the average of all the squares, is shown in words and as
    a square, next to that of the lazy program, which gives the average price for every home.
    """
    rooms, prices = _checked(rooms, prices)
    lazy = float(np.mean((prices - prices.mean()) ** 2))
    start = min(max(round(float(prices.mean()) / STEP) * STEP, B[0]), B[1]), 0.0
    sliders = [
        ipywidgets.FloatSlider(
            value=value,
            min=low,
            max=high,
            step=STEP,
            description=name,
            readout_format=".1f",
            style={"description_width": "2em"},
            layout={"width": "340px"},
        )
        for name, value, (low, high) in zip("bw", start, (B, W), strict=True)
    ]

    def picture(setting: tuple[float, float]) -> tuple[str, str]:
        b, w = setting
        line = b + w * (rooms - USUAL)
        cost = float(np.mean((line - prices) ** 2))
        sentence = f"price = {number(b)} {_signed(w)} · (rooms - {USUAL}): {_verdict(cost, lazy)}"
        homes, squares = _homes(rooms, prices, b, w), _average_squares(prices, cost, lazy)
        width = homes.width + squares.width
        alt = f"The homes, a line through them, squares of its misses. {sentence}"
        look = f'{FONT} style="{page_width(width)}"'
        return card(width, homes.height, homes.drawn() + squares.drawn(homes.width), alt, look), sentence

    draw, seen = shown_by(picture)
    draw(start)
    for slider in sliders:
        slider.observe(lambda _: draw(tuple(each.value for each in sliders)), "value")

    def page() -> dict:
        """A page has one slider: w, while b stays where it begins."""
        ways = [picture((start[0], float(w))) for w in range(0, W[1] + 1)]
        note = f"Here the slider is w, and b stays {number(start[0])}. In the notebook both move."
        # On a screen narrower than its letters need, the picture scrolls.
        frames = [
            on_card(
                f"<div>{escape(said)}</div>",
                f'<div tabindex="0" style="overflow-x:auto">{svg}</div>',
                f"<div>{note}</div>",
            )
            for svg, said in ways
        ]
        return {"kind": "frames", "frames": frames, "at": 0}

    svg, sentence = picture(start)
    text = f"Two sliders, b and w, move a line through the homes. {sentence}"
    return StaticBox([side_by_side(*sliders), *seen], text=text, html=picture_html(svg, text), page=page)


def _checked(rooms, prices) -> tuple[np.ndarray, np.ndarray]:
    """Both as flat arrays, an entry for each home."""
    rooms = np.ravel(errors.check_array("rooms", rooms))
    prices = np.ravel(errors.check_array("prices", prices))
    if len(rooms) != len(prices):
        raise errors.MiniFlowError(
            f"rooms has {len(rooms)} numbers and prices has {len(prices)}: every home must have one of each."
        )
    if not np.all(np.abs([rooms, prices]) <= 1e6):
        raise errors.MiniFlowError("rooms and prices must be numbers from -1000000 to 1000000.")
    return rooms, prices


def _signed(w: float) -> str:
    return f"{'-' if w < 0 else '+'} {number(abs(w))}"


def _verdict(cost: float, lazy: float) -> str:
    """The cost in words, next to what is to beat. Compared as it is shown, to one decimal."""
    mine, theirs = f"{cost:.1f}", f"{lazy:.1f}"
    if mine == theirs:
        return f"the cost is {mine}, the same as the lazy program's."
    if cost < lazy:
        return f"the cost is {mine}. The lazy program's is {theirs}, so it is beaten."
    return f"the cost is {mine}. The lazy program's is {theirs}, so it is not beaten."


def _homes(rooms: np.ndarray, prices: np.ndarray, b: float, w: float) -> Chart:
    """A dot for each home, the line, and for some homes the square of the miss."""
    chart = Chart(
        span(rooms),
        _upwards(prices),
        ("rooms", "price"),
        alt="",
        size=(62 + 1.2 * HIGH + 12, 26 + HIGH + FOOT),
        margins=(62, 26, 12, FOOT),
        letters=14,
        title="each dot a home",
    )
    for at in np.linspace(*np.quantile(rooms, (0.02, 0.98)), SQUARES):
        home = np.argmin(np.abs(rooms - at))
        left = rooms[home] > USUAL  # towards the middle, where there is room
        chart.square(rooms[home], prices[home], b + w * (rooms[home] - USUAL), VERMILLION, left)
    chart.cloud(rooms, prices, BLUE)
    chart.line(USUAL, b, w, INK, "none")
    return chart


def _average_squares(prices: np.ndarray, cost: float, lazy: float) -> Chart:
    """The cost as a square, and the lazy program's, on the scale of the prices."""
    low, high = _upwards(prices)
    chart = Chart(
        (0, 1),
        (0, high - low),
        ("", ""),
        alt="",
        size=(0.6 * HIGH + 12, 26 + HIGH + FOOT),
        margins=(0, 26, 12, FOOT),
        letters=14,
        title="the average square",
        x_ticks={},
        y_ticks={},
    )
    told = (cost, VERMILLION, "none", "yours, filled"), (lazy, INK, "6 4", "lazy, dashed")
    for line, (area, colour, dash, name) in enumerate(told, 1):
        chart.square(0.03, 0, area**0.5, colour, dash=dash)
        chart.words(0.04, (1 - 0.06 * line) * (high - low), f"{name}: {area:.1f}", INK, "start")
    return chart


def _upwards(prices: np.ndarray) -> tuple[float, float]:
    """The range of the prices, from 0."""
    return min(0.0, float(prices.min())), 1.08 * max(1.0, float(prices.max()))
