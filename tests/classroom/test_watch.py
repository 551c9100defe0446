"""The film of a training: one frame a moment, its words right, its picture on its card."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

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


def test_every_home_is_a_dot_at_its_place(film):
    dots = re.findall(r"M(\d+) (\d+)h0", frames(film)[1])
    assert len(dots) == len(TARGETS)
    across, down = np.array(dots, dtype=float).T
    assert (np.diff(across) > 0).all() and (np.diff(down) < 0).all()  # dearer is to the right, and higher


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
