"""The fault lab in a real JupyterLab: the bet, the answer in place, the keyboard, a fast hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

CELL = "from miniflow_classroom import fault_lab\nfault_lab()"


@pytest.fixture(scope="module")
def notebook(shared_lab):
    shared_lab.write("lab.ipynb", [CELL])
    shared_lab.open("lab.ipynb")
    return shared_lab


@pytest.fixture
def lab(notebook):
    """The page with a new fault lab."""
    notebook.run_all()
    assert notebook.errors() == []
    expect(notebook.button("Run it", cell=0)).to_be_disabled()
    return notebook


def test_a_bet_is_answered_in_place(lab):
    cell = lab.cell(0)
    run = lab.button("Run it", cell=0)
    assert run.is_disabled()
    cell.get_by_label("looks fine").check()
    run.click()
    cell.locator("text=You said:").wait_for()
    assert "stalls" in cell.locator("text=You said:").inner_text()
    assert cell.locator("img").get_attribute("alt").startswith("The cost over 200 steps")
    assert cell.locator("td", has_text="W1").count() == 1
    assert cell.locator("text=What s hands to l1: the sign is wrong.").count() == 1


def test_it_works_by_keyboard(lab):
    cell = lab.cell(0)
    cell.locator("select").focus()
    lab.page.keyboard.press("2")  # a closed list goes to the bug of that number
    cell.locator("pre", has_text="self.diff").wait_for()
    cell.get_by_label("explodes").focus()
    lab.page.keyboard.press("Space")
    expect(lab.button("Run it", cell=0)).to_be_enabled()
    lab.button("Run it", cell=0).focus()
    lab.page.keyboard.press("Enter")
    cell.locator("text=You said:").wait_for()
    assert "the factor 2/m is missing" in cell.inner_text()


def test_the_last_bug_picked_is_the_one_that_is_shown(lab):
    cell = lab.cell(0)
    cell.get_by_label("stalls").check()
    lab.button("Run it", cell=0).click()
    select = cell.locator("select")
    for number in (3, 7, 5, 11, 1, 9):
        select.select_option(index=number)
    cell.locator("pre", has_text="t.value + learning_rate").wait_for()
    expect(cell.locator("text=You said:")).to_have_count(0)
    cell.get_by_label("explodes").check()
    lab.button("Run it", cell=0).click()
    cell.locator("text=✓ It does.").wait_for()
    assert cell.locator("text=You said:").count() == 1
