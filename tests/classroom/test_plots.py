"""The one chart: what is drawn is the data, read back by the numbers that stand along the axes."""

import re

import numpy as np
import pytest

from tests.charts import BLUE, INK, VERMILLION, read_charts
from miniflow_classroom.show.plots import Chart, card, powers_of_ten, round_numbers


@pytest.mark.parametrize("log", [False, True])
def test_a_curve_is_its_data_in_their_order(log):
    xs, ys = [0, 1, 2, 5, 10], [1, 30, 20, 900, 3]
    chart = Chart((0, 10), (0.5, 1000), ("time", "size"), "a chart", log=log)
    chart.curve(xs, ys, BLUE)
    (read,) = read_charts(chart.svg(), log)
    assert {"time", "size", "10", "1000" if log else "800"} <= set(read.words)
    assert read.curves[BLUE, False] == pytest.approx(np.stack([xs, ys], axis=1), rel=0.01, abs=3)


@pytest.mark.filterwarnings("error")
def test_dots_bars_and_a_line_stand_where_their_numbers_are():
    chart = Chart((0, 10), (0, 100), ("x", "y"), "a chart", title="above")
    chart.cloud([2, 5, 9], np.array([10, 1e308, np.inf]), BLUE)
    chart.bar(3, 5, 40, BLUE)
    chart.line(5, 50, 4, VERMILLION)
    chart.words(5, 50, "inside", INK)
    chart.label(10, 50, "outside", INK)
    (read,) = read_charts(chart.svg())
    assert read.dots == pytest.approx(np.array([[2, 10], [5, 100], [9, 100]]), abs=1.5)
    assert read.bars == pytest.approx(np.array([[4, 40]]), abs=0.1)
    assert read.curves[VERMILLION, True] == pytest.approx(np.array([[0, 30], [10, 70]]), abs=0.1)
    assert {"inside", "outside", "above"} <= set(read.words)


def test_the_line_of_a_tangent_is_straight_however_steep():
    chart = Chart((0, 1), (0, 1), ("x", "y"), "a chart of nothing")
    chart.line(0.5, 0.5, 1e4, "#000")
    x1, y1, x2, y2 = map(float, re.findall(r"-?[\d.]+", chart.marks[0])[:4])
    assert (y1 + y2) / 2 == pytest.approx(chart.inner_height / 2)
    assert (x1, x2) == (0, chart.inner_width)


def test_charts_side_by_side_do_not_move_what_they_show():
    chart = Chart((0, 4), (0, 16), ("x", "y"), "")
    chart.curve([1, 2, 3], [1, 4, 9], BLUE)
    both = read_charts(card(1200, 320, chart.drawn() + chart.drawn(chart.width), "two"))
    assert len(both) == 2
    for read in both:
        assert read.curves[BLUE, False] == pytest.approx(np.array([[1, 1], [2, 4], [3, 9]]), abs=0.1)


@pytest.mark.parametrize("ends", [(-1, 6), (0, 0.003), (-1200, 3400), (2.25, 2.26)])
def test_an_axis_has_a_handful_of_round_numbers(ends):
    ticks = round_numbers(*ends)
    assert 3 <= len(ticks) <= 9
    assert all(ends[0] - 1e-9 <= tick <= ends[1] + 1e-9 for tick in ticks)
    assert all(len(f"{tick:g}") <= 6 for tick in ticks)


def test_an_axis_of_powers_of_ten_has_all_of_them():
    assert powers_of_ten(0.01, 1000) == pytest.approx([0.01, 0.1, 1, 10, 100, 1000])
    assert powers_of_ten(0.02, 999) == pytest.approx([0.1, 1, 10, 100])


def test_words_are_escaped_and_no_id_is_used():
    chart = Chart((0, 1), (0, 1), ("<x>", "<y>"), '"<alt>"', title="<title>")
    chart.words(0.5, 0.5, "<words>", INK)
    svg = card(10, 10, chart.drawn(), chart.alt) + chart.svg()
    assert not re.search(r"<(x|y|alt|title|words)>| id=|<script", svg)
    assert 'aria-label="&quot;&lt;alt&gt;&quot;"' in svg
