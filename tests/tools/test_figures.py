"""The drawings of the lessons are what the code draws, and nothing but boxes, arrows and words."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tools.figures import FIGURES, Sketch, write_all

IMAGES = Path(__file__).parents[2] / "notebooks" / "images"


@pytest.mark.parametrize("name", FIGURES)
def test_the_committed_image_is_what_the_code_draws(name):
    assert (IMAGES / name).read_text(encoding="utf-8") == FIGURES[name](), (
        f"{name} is not what the code draws: python -m tools.figures writes it anew."
    )


@pytest.mark.parametrize("name", FIGURES)
def test_an_image_stays_on_its_card_and_loads_nothing(name):
    root = ET.fromstring(FIGURES[name]())
    width, height = float(root.get("width")), float(root.get("height"))
    assert root.get("aria-label")
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        assert kind in {"svg", "rect", "polygon", "path", "text"}
        assert not {"id", "href", "onload"} & set(element.keys())
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        if kind == "rect":
            x, y = x + float(element.get("width")), y + float(element.get("height"))
        assert x <= width and y <= height, ET.tostring(element)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    first = {path.name: path.read_bytes() for path in write_all(tmp_path)}
    assert first == {path.name: path.read_bytes() for path in write_all(tmp_path)}
    assert sorted(first) == sorted(FIGURES)


def test_words_are_escaped():
    sketch = Sketch(100, 50, 'a "quoted" <title>')
    sketch.box(0, 0, 90, 40, ["<b> & co"])
    assert "&lt;b&gt; &amp; co" in sketch.svg()
    assert "<title>" not in sketch.svg()
