"""Exercises as a learner meets them: folded solutions, hints in steps, a quiz, a loop without an end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.series import code_cells, compared, read, tags

LESSON = read("02")


def find(beginning: str) -> list[tuple[int, str]]:
    """(number of the cell, name of the exercise) of the lesson's cells with a tag that begins so."""
    found = [(number, tag) for number, cell in enumerate(LESSON.cells) for tag in tags(cell)]
    return [(number, tag.removeprefix(beginning)) for number, tag in found if tag.startswith(beginning)]


@pytest.fixture(scope="module")
def page(shared_lab):
    """The lesson, run as far as its imports of what its exercises need; `quiz` is the last of them."""
    shared_lab.write("lesson.ipynb", LESSON)
    shared_lab.open("lesson.ipynb")
    last = next(number for number in code_cells(LESSON) if "quiz" in LESSON.cells[number].source)
    for number in code_cells(LESSON):
        if number <= last:
            shared_lab.run_cell(number)
    return shared_lab


@pytest.fixture
def lesson(page):
    """The page with its hints and its quiz new."""
    for number, _ in find("hint:") + find("quiz"):
        page.run_cell(number)
    assert page.errors() == []
    return page


def set_source(lab, index: int, source: str) -> None:
    lab.page.evaluate(
        "([i, s]) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.setSource(s)",
        [index, source],
    )


def test_solutions_are_folded_and_open_by_a_click(lesson):
    for number, name in find("solution:"):
        cell = lesson.cell(number)
        assert cell.locator(".jp-InputArea-editor").count() == 0, name
        assert "# Solution" in cell.locator(".jp-Placeholder").first.inner_text()
    first = lesson.cell(find("solution:")[0][0])
    first.locator(".jp-Placeholder").first.click()
    first.locator(".jp-InputArea-editor").wait_for()


def test_hints_are_closed_and_open_one_at_a_time_with_mouse_and_keyboard(lesson):
    for number, name in find("hint:"):
        steps = lesson.cell(number).locator("details")
        expect(steps.nth(1), name).to_be_attached()
        assert lesson.cell(number).locator("details[open]").count() == 0, name
    number, _ = find("hint:")[0]
    steps = lesson.cell(number).locator("details")
    steps.nth(0).locator("summary").click()
    assert steps.nth(0).locator("div").is_visible() and not steps.nth(1).locator("div").is_visible()
    steps.nth(1).locator("summary").focus()
    lesson.page.keyboard.press("Enter")
    assert steps.nth(1).locator("div").is_visible()
    lesson.page.keyboard.press("Enter")
    assert not steps.nth(1).locator("div").is_visible()


def test_a_quiz_is_answered_by_keyboard_and_says_why(lesson):
    ((number, _),) = find("quiz")
    cell = lesson.cell(number)
    groups = cell.locator(".widget-radio")
    radios = groups.nth(0).locator("input[type=radio]")
    assert cell.locator("input[type=radio]:checked").count() == 0
    replies = set()
    radios.nth(0).focus()
    for place in range(radios.count()):
        lesson.page.keyboard.press("Space")
        new = lesson.shows(
            number, lambda text: ("Right." in text or "Not that one." in text) and text not in replies
        )
        assert radios.nth(place).is_checked(), new
        replies.add(new)
        lesson.page.keyboard.press("Tab")
    assert sum("Right." in reply for reply in replies) == 1


def test_a_loop_without_an_end_is_given_up_and_the_kernel_goes_on(lesson):
    (exercise, name), (check, _) = find("exercise:")[-1], find("check:")[-1]
    loop = "    while True:\n        try:\n            while True: pass\n        except: pass"
    set_source(lesson, exercise, f"def {name}(*anything):\n{loop}")
    lesson.run_cell(exercise)
    lesson.run_cell(check)
    assert "still running after 4 seconds" in lesson.stdout(check)
    set_source(lesson, exercise, f"def {name}(*anything): return 1 / 0")
    lesson.run_cell(exercise)
    lesson.run_cell(check)
    assert "line 1 of your cell" in lesson.stdout(check) and "ZeroDivisionError" in lesson.stdout(check)


def test_opened_hints_and_an_answered_quiz_change_nothing_that_is_compared(lesson):
    for number, _ in find("hint:"):
        lesson.cell(number).locator("summary").first.click()
    ((number, _),) = find("quiz")
    lesson.cell(number).locator("input[type=radio]").first.wait_for()
    for group in lesson.cell(number).locator(".widget-radio").all():
        group.locator("input[type=radio]").first.click()
    lesson.shows(number, lambda text: "Right." in text or "Not that one." in text)
    lesson.save()
    saved = read(lesson.folder / "lesson.ipynb").cells
    for number, _ in find("hint:") + find("quiz"):
        assert compared(saved[number]) == compared(LESSON.cells[number])
