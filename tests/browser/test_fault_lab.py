"""The fault lab in a real JupyterLab: a case from the guess to the repair, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

# Case 1 of this seed is a sign in the sigmoid, so that a test can work on it.
CELL = "from miniflow_classroom import fault_lab\nfault_lab(16)"
WRONG, RIGHT = "s * (s - 1)", "s * (1 - s)"


@pytest.fixture(scope="module")
def notebook(shared_lab):
    shared_lab.write("lab.ipynb", [CELL])
    shared_lab.open("lab.ipynb")
    return shared_lab


@pytest.fixture
def lab(notebook):
    """The page with a new fault lab."""
    notebook.command("notebook:clear-all-cell-outputs")  # else a test may begin on the lab of the one before
    notebook.run_all()
    assert notebook.errors() == []
    expect(notebook.button("Answer", cell=0)).to_be_disabled()
    return notebook


def answer(lab, choice):
    """Chooses in the last question, and presses its button."""
    cell = lab.cell(0)
    cell.locator(".widget-radio-box").last.locator("label", has_text=choice).locator("input").check()
    lab.button("Answer", cell=0).last.click()


def test_a_case_from_the_first_guess_to_the_repair(lab):
    cell = lab.cell(0)
    answer(lab, "looks fine")
    cell.locator("text=It stalls.").wait_for()
    answer(lab, "in the cost, C")
    cell.locator("text=The same lines also serve W2, b2, W3 and b3").wait_for()
    answer(lab, "in the sigmoid, s")
    cell.locator("text=3. The line.").wait_for()
    answer(lab, WRONG)
    editor = cell.locator("textarea")
    editor.wait_for()
    editor.fill(editor.input_value().replace(WRONG, "s * (1 - s"))
    lab.button("Check the repair", cell=0).click()
    cell.locator("text=Python cannot read line 10").wait_for()
    editor.fill(editor.input_value().replace("s * (1 - s", RIGHT))
    lab.button("Check the repair", cell=0).click()
    cell.locator("text=Its name: a sign.").wait_for()
    pictures = [image.get_attribute("alt") for image in cell.locator("img").all()]
    assert [alt.split(",")[0] for alt in pictures] == ["The cost over 10 steps", "The cost over 200 steps"]


def test_a_case_by_keyboard_alone(lab):
    """Tab goes on from each button that was pressed and closed, and leaves the editor."""
    cell, press = lab.cell(0), lab.page.keyboard.press
    cell.locator("select").focus()

    def answer_with(row, rows, then):
        button = lab.button("Answer", cell=0).last
        expect(cell.locator(".widget-radio-box").last.locator("input")).to_have_count(rows)
        button.wait_for()
        for _ in range(row):
            press("Tab")
        press("Space")
        expect(button).to_be_enabled()
        for _ in range(rows - row + 1):
            press("Tab")
        press("Enter")
        cell.locator(then).wait_for()

    answer_with(2, 3, "text=2. The steps.")
    answer_with(4, 6, "text=3. The line.")
    answer_with(10, 10, "textarea")
    press("Tab")
    press("Control+End")
    for _ in "1)}":
        press("ArrowLeft")
    for _ in "s - ":
        press("Backspace")
    lab.page.keyboard.type("1 - s")
    press("Delete")
    assert RIGHT in cell.locator("textarea").input_value()
    press("Tab")
    press("Enter")
    cell.locator("text=Its name: a sign.").wait_for()


def test_cases_that_are_switched_fast_keep_what_was_done(lab):
    cell = lab.cell(0)
    answer(lab, "explodes")
    cell.locator("text=You said: explodes").wait_for()
    select = cell.locator("select")
    for number in (3, 7, 5, 11, 1, 9):
        select.select_option(index=number)
    cell.locator("img[alt*='with the bug: 0.065']").wait_for()  # the last one picked
    expect(cell.locator("text=You said:")).to_have_count(0)
    answer(lab, "stalls")
    cell.locator("text=You said: stalls").wait_for()
    select.select_option(index=0)
    cell.locator("text=You said: explodes").wait_for()
    expect(cell.locator("text=You said:")).to_have_count(1)
    select.select_option(index=9)
    cell.locator("text=You said: stalls").wait_for()
