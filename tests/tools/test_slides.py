"""The slides of the class path: what the lessons hold is what is computed, and the pages show it."""

from __future__ import annotations

import base64
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.pages import check_page
from tests.series import every_lesson
from tools import clean, slides
from tools.lesson import Lesson


@every_lesson
def test_a_lesson_holds_the_slides_that_are_computed(path):
    notebook = clean.read(path)
    before = clean.as_text(notebook)
    slides.write_slides(notebook)
    assert clean.as_text(clean.clean(notebook)) == before, "`make minutes` writes the slides into the lessons"


@every_lesson
def test_the_class_path_is_on_slides_and_answers_are_not(path):
    notebook = clean.read(path)
    slides.write_slides(notebook)
    shown = [slide.cells for slide in slides.slides(notebook)]
    for cell in (cell for cells in shown for cell in cells):
        tags = cell.metadata.get("tags", [])
        assert not [tag for tag in tags if tag.startswith(("solution:", "hint:", "check:"))]
    asked = [cells for cells in shown if any(cell.source.startswith("predict(") for cell in cells)]
    assert all(len(cells) == 1 for cells in asked), "a prediction stands alone: what follows is the answer"
    assert not [
        cells for cells in shown if len(cells) > 1 and sum(map(slides.lines_of, cells)) > slides.SCREEN
    ]


def tagged(cell, *tags):
    cell.metadata["tags"] = list(tags)
    return cell


@pytest.fixture
def made():
    """One of everything: an opening, a section for class, and one that is not."""
    long = "Words, and more of them. " * 40
    cells = [
        new_markdown_cell("# 01 · A lesson"),
        tagged(new_markdown_cell("## In class"), "class"),
        new_markdown_cell("Before you look."),
        new_code_cell("predict('How much?', 3)", metadata={"jupyter": {"source_hidden": True}}),
        new_markdown_cell("It is 3."),
        new_code_cell("print('a')", outputs=[new_output("stream", text="a\n" * 30)]),
        new_markdown_cell(long),
        tagged(new_markdown_cell("Write it. (2 minutes)"), "task:it"),
        tagged(new_code_cell("it = ..."), "exercise:it"),
        tagged(new_code_cell("check('it')"), "check:it"),
        tagged(new_code_cell("hints('it')"), "hint:it"),
        tagged(new_code_cell("# Solution\nit = 1"), "solution:it"),
        new_markdown_cell("## At home"),
        new_markdown_cell("Not in class."),
    ]
    return new_notebook(cells=cells)


def test_what_begins_a_slide_and_what_is_skipped(made):
    made.cells[0].metadata["slideshow"] = {"slide_type": "notes"}  # of an earlier day
    slides.write_slides(made)
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type", "") for cell in made.cells]
    assert kinds == (
        ["slide"]  # the opening
        + ["slide", "", "subslide", "subslide"]  # the heading; what is asked; the answer
        + ["subslide", "subslide", "", ""]  # what is higher than the rest of the screen; words; a task
        + ["skip"] * 5
    )


def test_a_page_shows_each_slide_once_and_needs_nothing_from_elsewhere(made, tmp_path):
    slides.write_slides(made)
    page = slides.slides_page(Lesson(tmp_path / "01_made.ipynb", made))
    seen = check_page(page, set())
    assert [attrs["id"] for attrs in seen.all("section")] == [f"slide-{n}" for n in range(1, 7)]
    assert "Before you look." in seen.text() and "Not in class." not in page and "Solution" not in seen.text()
    assert "How much" not in page, "a folded cell holds the answer of its prediction"
    assert re.search(r'<section[^>]*aria-label="Slide 6 of 6"', page)


def test_a_drawing_counts_as_high_as_it_is():
    def lines(html: str) -> float:
        output = new_output("display_data", data={"text/html": html})
        return slides.lines_of(new_code_cell("draw()", outputs=[output]))

    def drawing(height: int) -> str:
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="{height}"></svg>'
        return f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'

    heights = [lines(drawing(270)), lines(drawing(540))]
    assert heights[1] - heights[0] == pytest.approx(10)
    assert lines("<table>" + "<tr></tr>" * 10 + "</table>") > lines("<table><tr></tr></table>") + 9
