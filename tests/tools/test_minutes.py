"""The minutes in the lessons are the counted ones."""

import re

import nbformat
import pytest

from tests.series import every_lesson
from tools import clean, minutes


@every_lesson
def test_a_lesson_says_the_minutes_that_were_counted(path):
    notebook = clean.read(path)
    before = clean.as_text(notebook)
    minutes.write_minutes(notebook)
    assert clean.as_text(notebook) == before, "`make minutes` writes the counted minutes into the lessons"
    opening = "\n".join(c.source for c in notebook.cells if "opening" in c.metadata.get("tags", []))
    halves = minutes.half_minutes(notebook)
    assert re.search(rf"\b{sum(halves)} minutes", opening)
    assert len(halves) == 1 or f"in two halves ({halves[0]} and {halves[1]})" in opening


def test_words_cells_and_exercises_are_counted():
    cell = nbformat.v4.new_markdown_cell("word " * 300)
    assert minutes.minutes_of(cell) == 2
    task = nbformat.v4.new_markdown_cell("Do it. (7 minutes)")
    task.metadata["tags"] = ["task:it"]
    assert 7 < minutes.minutes_of(task) < 7.1
    code = nbformat.v4.new_code_cell("predict('?', 3)")
    assert minutes.minutes_of(code) == pytest.approx(2 + 0.4 + 0.08)
    assert minutes.section_minutes([code] * 10) == 25 and minutes.class_minutes([code] * 10) == 35
    code.metadata["tags"] = ["solution:it"]
    assert minutes.minutes_of(code) == 0


def test_a_lesson_with_a_stop_has_two_halves():
    def section(heading: str, words: int, *tags: str):
        cell = nbformat.v4.new_markdown_cell(f"## {heading}\n\n" + "word " * words)
        cell.metadata["tags"] = list(tags)
        return cell

    opening = nbformat.v4.new_markdown_cell("0 minutes in two halves (0 and 0).")
    opening.metadata["tags"] = ["opening"]
    parts = [section("One", 3000), section("Stop here", 10, "stop"), section("Two", 1500)]
    notebook = nbformat.v4.new_notebook(cells=[opening, *parts, section("Optional", 900, "optional")])
    minutes.write_minutes(notebook)
    assert opening.source == "30 minutes in two halves (20 and 10)."
