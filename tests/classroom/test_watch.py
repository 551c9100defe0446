"""The film of a training: one frame a moment, its words right, its picture on its card."""

import base64
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests.charts import INK, read_charts
from miniflow_classroom import watch_learning

TARGETS = np.array([10.0, 20.0, 30.0, 40.0])
MOMENTS = {0: np.full((4, 1), np.nan), 1: np.full((4, 1), 25.0), 5: TARGETS[:, None] + 2}


@pytest.fixture
def film():
    return watch_learning({rounds: MOMENTS[rounds] for rounds in (1, 5)}, TARGETS)


def frames(film):
    return [frame.value for frame in film.children[1].children]


def test_each_moment_is_a_frame_that_says_its_cost(film):
    first, second = frames(film)
    assert "After 1 round the cost is 125." in first
    assert "After 5 rounds the cost is 4.0." in second
    assert film.static["text/plain"].endswith("The cost is 125 after 1 round, 4.0 after 5 rounds.")


def test_every_home_is_a_dot_at_its_true_and_its_predicted_price(film):
    for frame, rounds in zip(frames(film), (1, 5)):
        _, cloud = read_charts(frame)
        predicted = MOMENTS[rounds].ravel()
        assert cloud.dots == pytest.approx(np.stack([TARGETS, predicted], axis=1), abs=0.5)
        assert {"true price", "predicted"} <= set(cloud.words)
        x, y = cloud.curves[INK, False].T
        assert x == pytest.approx(y, abs=0.1)  # the line of true prices


def test_each_moment_seen_so_far_is_a_bar_as_high_as_its_cost():
    costs = [64, 16, 4]  # the average of the targets costs 125
    film = watch_learning({n: TARGETS + cost**0.5 for n, cost in enumerate(costs)}, TARGETS)
    for number, frame in enumerate(frames(film), 1):
        bars, _ = read_charts(frame)
        assert bars.bars[:, 1] == pytest.approx(costs[:number], abs=0.5)
        assert bars.curves[INK, True][:, 1] == pytest.approx([125, 125], abs=0.5)
        assert {"64", "always the average: 125"} <= set(bars.words)


def test_the_stored_clouds_are_those_of_their_moments():
    film = watch_learning({n: TARGETS * n / 4 for n in range(5)}, TARGETS)
    svg = base64.b64decode(re.search('base64,([^"]+)', film.static["text/html"])[1]).decode()
    pictures = read_charts(svg)
    for picture, shown in zip(pictures, (0, 1, 3, 4), strict=True):
        assert any(words.startswith(f"after {shown} round") for words in picture.words)
        assert picture.dots[:, 0] == pytest.approx(TARGETS, abs=0.5)
    assert pictures[0].dots[:, 1] == pytest.approx([0] * 4, abs=0.5)


def test_frames_and_stored_picture_are_sound_svg_without_ids(film):
    for frame in frames(film):
        svg = re.search(r"<svg.*</svg>", frame, re.S)[0]
        root = ET.fromstring(svg)
        assert root.get("aria-label") and not any(element.get("id") for element in root.iter())
    assert film.static["text/html"].startswith('<img alt="Predicted against true prices')


def test_a_program_that_has_lost_its_numbers_is_shown_all_the_same():
    assert "the cost is nan" in frames(watch_learning(MOMENTS, TARGETS))[0]


def test_at_most_four_clouds_are_stored():
    many = {rounds: TARGETS + rounds for rounds in range(10)}
    assert watch_learning(many, TARGETS).static["text/plain"].count("after") == 4
