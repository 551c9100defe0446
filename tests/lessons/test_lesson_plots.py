"""What the lessons' plots show: each plotting cell is run on the test's own numbers, and its data are read.

test_lessons_again.py, which runs the lessons, compares the stored pictures with what the lessons draw.
"""

from __future__ import annotations

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.plots_seen import alike, pictures
from tests.series import LESSONS, read

CELLS = {path.stem[:2]: read(path).cells for path in LESSONS}
PLOTS = {
    lesson: [n for n, cell in enumerate(cells) if cell.cell_type == "code" and "plt.show()" in cell.source]
    for lesson, cells in CELLS.items()
}
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    """plt.show() leaves the figure for the test to look at."""
    monkeypatch.setattr(plt, "show", lambda: None)
    with matplotlib.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def plotting_cell(begins: str, lesson: str):
    """The one plotting cell of a lesson whose next cell, the sentence under the plot, begins so."""
    (number,) = [n for n in PLOTS[lesson] if CELLS[lesson][n + 1].source.startswith(begins)]
    return CELLS[lesson][number]


def draw(cell, **names) -> list:
    """The axes that a plotting cell draws when its names mean what the test says."""
    plt.close("all")
    exec(cell.source, {"plt": plt, "np": np, **names})
    return plt.gcf().axes


def data(line) -> list:
    return np.transpose(line.get_data()).tolist()


def test_every_plot_is_tested_here_and_stores_its_picture():
    assert {lesson: len(numbers) for lesson, numbers in PLOTS.items() if numbers} == {"03": 3, "06": 4}
    for lesson, cells in CELLS.items():
        for number, cell in enumerate(cells):
            stored = len(pictures(cell.get("outputs", [])))
            assert stored == (number in PLOTS[lesson]), f"lesson {lesson}, cell {number}: {stored} pictures"


def test_the_curve_of_lesson_03_is_the_sigmoid():
    (axes,) = draw(plotting_cell("The curve climbs from 0 to 1", "03"))
    xs = np.linspace(-10, 10, 201)
    (curve,) = axes.lines
    assert np.allclose(data(curve), np.transpose([xs, 1 / (1 + np.exp(-xs))]))
    assert [(grey.get_x(), grey.get_x() + grey.get_width()) for grey in axes.patches] == [(-10, -5), (5, 10)]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "s(x)")


def test_two_linears_of_lesson_03_draw_the_line_of_a_single_one():
    (axes,) = draw(plotting_cell("The second line runs in the middle of the broad one", "03"))
    single, first, second = axes.lines
    x = np.linspace(-2, 2, 81)
    assert np.allclose(data(first), np.transpose([x, 2 * x + 1]))
    assert np.allclose(data(second), np.transpose([x, 3 * (2 * x + 1) - 5]))
    assert np.allclose(data(single), data(second)) and single.get_linewidth() > 2 * second.get_linewidth()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["6x - 2", "first", "second"]


def test_the_hill_of_lesson_03_is_the_difference_of_two_of_its_own_sigmoids():
    (axes,) = draw(plotting_cell("A Linear, a sigmoid, a Linear", "03"), s=np.cbrt)
    x = np.linspace(-3, 3, 121)
    *two, hill = (line.get_ydata() for line in axes.lines)
    assert np.array_equal(two, [np.cbrt(4 * x + 4), np.cbrt(4 * x - 4)])
    assert np.array_equal(hill, two[0] - two[1])


def test_the_cost_curves_of_lesson_06_are_the_costs_in_order_next_to_the_mean():
    curve = RNG.uniform(5, 100, size=(200, 2)).tolist()
    costs = iter(np.ravel(curve).tolist())

    def fit(features, prices, each, progress):
        for epoch in range(200):
            each(epoch, lambda rows: rows)

    (axes,) = draw(
        plotting_cell("After one epoch, both curves", "06"),
        table=np.zeros(3),
        paid=np.zeros(3),
        known=[0, 1],
        new=[2],
        mse=lambda said, paid: next(costs),
        fit=fit,
        bar=lambda epochs: None,
        found={"the mean": np.array([[20.0, 85.0]])},
    )
    learned, judged, mean = axes.lines
    for line, costs in ((learned, 0), (judged, 1)):
        assert data(line) == [[epoch, pair[costs]] for epoch, pair in enumerate(curve, 1)]
    assert list(mean.get_ydata()) == [85] * 2 and mean.get_linestyle() == ":"
    assert judged.get_linestyle() == "--" != learned.get_linestyle()
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert shown == ["the 324 rows that teach", "the hand of 81", "the mean, on the hand"]
    assert axes.get_xlabel() == "epoch" and "(thousand dollars)²" in axes.get_ylabel()


def test_the_dots_of_lesson_06_are_stated_to_the_right_and_predicted_upwards():
    table, paid, new = RNG.normal(size=9), RNG.uniform(5, 50, size=9), [1, 4, 5, 7]
    (axes,) = draw(
        plotting_cell("Three dots at the right edge", "06"),
        table=table,
        paid=paid,
        new=new,
        says=lambda features: 2 * features,
    )
    (dots,), (equal,) = axes.collections, axes.lines
    assert dots.get_offsets().tolist() == np.transpose([paid[new], 2 * table[new]]).tolist()
    assert data(equal) == [[0, 0], [50, 50]] and equal.get_linestyle() == ":"
    assert "stated" in axes.get_xlabel() and "predicted" in axes.get_ylabel()


def test_the_bends_of_lesson_06_are_the_units_and_their_sum():
    lstat, paid, axis = RNG.normal(size=(9, 1)), RNG.uniform(5, 50, size=9), np.linspace(-2, 3, 7)
    units = {hidden: RNG.normal(size=(7, hidden)) for hidden in (1, 2, 5)}
    plots = draw(
        plotting_cell("Without a unit there is a straight line", "06"),
        lstat=lstat,
        paid=paid,
        axis=axis,
        straight=22 - 4 * axis,
        bent=lambda hidden: (units[hidden], 20.0 + hidden),
    )
    assert [plot.get_title() for plot in plots] == [f"hidden units: {hidden}" for hidden in (0, 1, 2, 5)]
    for plot, hidden in zip(plots, (0, 1, 2, 5)):
        assert plot.collections[0].get_offsets().tolist() == np.c_[lstat, paid].tolist()
        *faint, thick = (line.get_ydata() for line in plot.lines)
        if hidden:
            assert np.array_equal(np.transpose(faint), units[hidden])
            assert np.allclose(thick, units[hidden].sum(axis=1) + 20 + hidden)
        else:
            assert not faint and np.allclose(thick, 22 - 4 * axis)
        assert all(np.array_equal(line.get_xdata(), axis) for line in plot.lines)


def test_the_two_gaps_of_lesson_06_are_the_means_of_five_turns():
    of_homes, of_people = RNG.uniform(1, 40, (5, 20, 3)), RNG.uniform(1000, 5000, (5, 20, 3))
    plots = draw(plotting_cell("On the left, the gap grows", "06"), of_homes=of_homes, of_people=of_people)
    assert [plot.get_title() for plot in plots] == ["homes", "people"]
    for plot, costs in zip(plots, (of_homes, of_people)):
        for line, part in zip(plot.lines, (0, 1), strict=True):
            assert np.allclose(data(line), np.transpose([range(25, 501, 25), costs[:, :, part].mean(axis=0)]))
        assert [line.get_linestyle() for line in plot.lines] == ["-", "--"] and plot.get_ylim()[0] == 0
    assert [text.get_text() for text in plots[0].get_legend().get_texts()] == [
        "those that teach",
        "the judges",
    ]


def test_two_pictures_are_alike_when_they_show_the_same_and_only_then():
    """A picture is like itself drawn a little larger, and unlike one of the same curve from right to left."""
    costs = 8 + 160 / np.arange(1, 101) ** 1.2
    drawn = []
    for values, dots in ((costs, 72), (costs, 80), (costs[::-1], 72), (RNG.uniform(0, 130, 100), 72)):
        plt.figure(figsize=(7, 4), dpi=dots)
        plt.plot(values)
        plt.axhline(84)
        plt.ylim(0, 130)
        drawn.append(io.BytesIO())
        plt.savefig(drawn[-1])
    one, larger, reversed_, noise = (file.getvalue() for file in drawn)
    assert alike([], []) and alike([one], [one]) and alike([one], [larger])
    assert not alike([one], [reversed_]) and not alike([one], [noise])
    assert not alike([one], []) and not alike([one, noise], [noise, one])
