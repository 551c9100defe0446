"""The line that is fitted by hand: its cost, its verdict in words, its squares, and what is stored."""

from __future__ import annotations

import base64
import re
from html import unescape

import numpy as np
import pytest

from miniflow_lib import load_boston
from tests.charts import INK, read_charts
from miniflow_classroom import fit_by_hand

ROOMS, PRICES = np.array([4.0, 5.0, 7.0, 8.0]), np.array([10.0, 18.0, 30.0, 42.0])
LAZY = float(np.var(PRICES))  # 147


@pytest.fixture
def box():
    return fit_by_hand(ROOMS, PRICES)


def moved(box, b: float, w: float) -> tuple[str, str]:
    """The picture and the sentence after the sliders went there."""
    sliders, picture, says = box.children
    sliders.children[0].value, sliders.children[1].value = b, w
    return picture.value, says.value


def test_it_starts_as_the_lazy_program_and_stores_that_alone(box):
    stored = dict(box.static)
    assert stored["text/plain"] == (
        "Two sliders, b and w, move a line through the homes. "
        "price = 25 + 0 · (rooms - 6): the cost is 147.0, the same as the lazy program's."
    )
    svg = base64.b64decode(re.search('base64,([^"]+)', stored["text/html"])[1]).decode()
    assert "the cost is 147.0" in svg and 'alt="Two sliders' in stored["text/html"]
    moved(box, 20, 9)
    assert box.static == stored


@pytest.mark.parametrize(
    ("b", "w", "verdict"),
    [
        (25, 0, "147.0, the same as the lazy program's."),
        (25, 1, "111.5. The lazy program's is 147.0, so it is beaten."),
        (25, -1, "187.5. The lazy program's is 147.0, so it is not beaten."),
        (20, 0, "172.0. The lazy program's is 147.0, so it is not beaten."),
    ],
)
def test_it_says_in_words_whether_the_lazy_program_is_beaten(box, b, w, verdict):
    _, said = moved(box, b, w)
    sign = "-" if w < 0 else "+"
    assert unescape(said) == f"price = {b} {sign} {abs(w)} · (rooms - 6): the cost is {verdict}"


def test_a_cost_that_looks_the_same_is_called_the_same():
    """The average is 22.53 and a stop of the slider 22.5: no "84.4, and not beaten by 84.4"."""
    boston = load_boston()
    assert (
        fit_by_hand(boston.data[:, 5], boston.target)
        .static["text/plain"]
        .endswith("price = 22.5 + 0 · (rooms - 6): the cost is 84.4, the same as the lazy program's.")
    )


def test_the_picture_has_the_homes_the_line_and_both_average_squares(box):
    svg, _ = moved(box, 20, 8)
    homes, average = read_charts(svg)
    assert homes.dots == pytest.approx(np.stack([ROOMS, PRICES], axis=1), abs=0.5)
    x, y = homes.curves[INK, False].T
    assert y == pytest.approx(20 + 8 * (x - 6), abs=0.5)
    cost = np.mean((20 + 8 * (ROOMS - 6) - PRICES) ** 2)
    assert {f"yours, filled: {cost:.1f}", f"lazy, dashed: {LAZY:.1f}"} <= set(average.words)


def test_each_square_has_the_miss_as_its_side(box):
    svg, _ = moved(box, 20, 0)
    homes, _ = read_charts(svg)
    pixels = 330 / (1.08 * 42)  # of one unit of the price
    sides = {float(side) for side in re.findall(r'width="([\d.]+)" height="\1"', svg)}
    wanted = [*abs(PRICES - 20), np.mean((PRICES - 20) ** 2) ** 0.5, LAZY**0.5]
    assert sorted(sides) == pytest.approx(sorted(pixels * side for side in set(wanted)), abs=0.06)
    tops = sorted(set(homes.bars[:, 1].round(1)))
    assert tops == pytest.approx(sorted({*np.maximum(PRICES, 20)}), abs=0.3)


def test_a_page_has_a_picture_for_each_w(box):
    page = box.page()
    assert page["kind"] == "frames" and page["at"] == 0 and len(page["frames"]) == 21
    assert "price = 25 + 9 · (rooms - 6)" in page["frames"][9]


def test_the_best_line_through_the_boston_homes_costs_what_the_lesson_says():
    boston = load_boston()
    box = fit_by_hand(boston.data[:, 5], boston.target)
    costs = {
        (b, w): float(re.search(r"the cost is ([\d.]+\d)", moved(box, b, w)[1])[1])
        for b, w in [(22.5, 0), (22.5, 1), (20, 9), (20, 9.5), (20, 8.5), (19.5, 9), (20.5, 9)]
    }
    assert min(costs, key=costs.get) == (20, 9) and costs[20, 9] == 43.6
    assert costs[22.5, 1] < costs[22.5, 0] == 84.4
