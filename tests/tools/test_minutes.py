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
    assert re.search(rf"\b{minutes.lesson_minutes(notebook)} minutes", opening)


def test_words_cells_and_exercises_are_counted():
    cell = nbformat.v4.new_markdown_cell("word " * 300)
    assert minutes.minutes_of(cell) == 2
    task = nbformat.v4.new_markdown_cell("Do it. (7 minutes)")
    task.metadata["tags"] = ["task:it"]
    assert 7 < minutes.minutes_of(task) < 7.1
    code = nbformat.v4.new_code_cell("predict('?', 3)")
    assert minutes.minutes_of(code) == pytest.approx(1 + 0.4 + 0.08)
    code.metadata["tags"] = ["solution:it"]
    assert minutes.minutes_of(code) == 0
