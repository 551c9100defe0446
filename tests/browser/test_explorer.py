"""Lesson 06's walk and explorer in a real JupyterLab: every control answers, and the last move wins."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

HEAD = "from miniflow_classroom import descent, explorer"
NEW = """box = explorer(hidden=3, epochs=25)
made = box.explorer
box"""
DESCENT, EXPLORER, ASK, HOLD = 1, 2, 3, 4
LEARNING_RATE, HIDDEN, BATCH, EPOCHS, SEED, L2 = range(6)
STATE = """controls = {name: control.value for name, control in made.controls.items()}
print(vars(made.done.setting) == controls, made.view.value == made.picture(made.done))
print(made.done.setting)
print(made.says.value.split("<br>")[0])
print(len(made.runs))"""
# A run that is seen after ten epochs and waits there for a file: it cannot be over too early.
HELD = """import time
from pathlib import Path

run = made.homes.run

def held(setting, on_epoch):
    def after(outcome):
        if len(outcome.training) == 10:
            time.sleep(0.4)
            on_epoch(outcome)
            while not Path("go on").exists():
                time.sleep(0.05)
    return run(setting, after)

made.homes.run = held"""


@pytest.fixture(scope="module")
def notebook(shared_lab):
    shared_lab.write("explorer.ipynb", [HEAD, "descent(3, 0.03)", NEW, STATE, HELD])
    shared_lab.open("explorer.ipynb")
    shared_lab.run_cell(0)
    return shared_lab


@pytest.fixture
def page(notebook):
    """The page with a new walk and a new explorer."""
    for cell in (DESCENT, EXPLORER):
        notebook.run_cell(cell)
    assert notebook.errors() == []
    notebook.shows(DESCENT, lambda text: "11 steps" in text)
    notebook.shows(EXPLORER, lambda text: "After 25 epochs" in text)
    return notebook


@pytest.fixture
def let_go(page):
    """Each run is held after ten epochs until this is called, or the test is over."""
    go_on = page.folder / "go on"
    page.run_cell(HOLD)
    yield go_on.touch
    go_on.touch()
    page.idle()
    go_on.unlink()


def handle(lab, number: int, cell: int = EXPLORER):
    """The handle of a slider, ready for the keyboard."""
    found = lab.cell(cell).locator(".noUi-handle").nth(number)
    found.focus()
    return found


def picture(lab) -> str:
    return lab.cell(EXPLORER).locator("svg[role=img]").first.inner_html()


def settled(lab, wanted: str) -> int:
    """Waits until the wanted setting is trained and the page shows it; returns how many runs there are.

    Asked again until it holds: a fast hand's last move takes a while to reach the kernel.
    """
    deadline = time.monotonic() + 60
    while True:
        lab.run_cell(ASK)
        text = lab.stdout(ASK)
        if text.startswith("True True") and wanted in text:
            *_, says, runs = text.splitlines()
            lab.stays(EXPLORER, lambda text, says=says: says in text)
            assert lab.cell(EXPLORER).locator("svg[role=img]").count() == 1
            return int(runs)
        assert time.monotonic() < deadline, f"{wanted}: {text}"


def test_the_slider_of_rates_and_the_field_next_to_it_walk_anew(page):
    slider, typed = handle(page, 0, DESCENT), page.cell(DESCENT).locator("input[type=text]")
    slider.press("End")
    page.shows(DESCENT, lambda text: "learning rate 0.2," in text and "flew off" in text)
    slider.press("ArrowLeft")
    page.shows(DESCENT, lambda text: "learning rate 0.1," in text and "never settles" in text)
    expect(typed).to_have_value("0.1")
    typed.fill("0,0987")
    typed.press("Enter")
    page.shows(DESCENT, lambda text: "0.0987, the walk settles: 6,099 steps to x = 2.2500" in text)
    expect(page.cell(DESCENT).locator(".widget-readout")).to_have_text("0.0987")
    handle(page, 0, DESCENT).press("ArrowRight")  # from the rate that was typed
    page.shows(DESCENT, lambda text: "learning rate 0.1," in text)
    handle(page, 0, DESCENT).press("ArrowLeft")
    page.shows(DESCENT, lambda text: "learning rate 0.0987," in text)
    expect(typed).to_have_value("0.0987")
    assert page.cell(DESCENT).locator("svg[role=img]").count() == 1


def test_each_control_draws_anew(page):
    for number, key, setting in (
        (LEARNING_RATE, "ArrowRight", "learning_rate=0.12"),
        (HIDDEN, "ArrowRight", "hidden=4"),
        (BATCH, "ArrowRight", "batch_size=81"),
        (EPOCHS, "ArrowRight", "epochs=50"),
        (SEED, "ArrowRight", "seed=1"),
        (L2, "End", "l2=0.3"),
    ):
        before = picture(page)
        handle(page, number).press(key)
        settled(page, setting)
        assert picture(page) != before
    before = picture(page)
    page.button("equal updates", EXPLORER).click()
    settled(page, "equal='updates'")
    page.cell(EXPLORER).locator("svg text", has_text=re.compile("^updates$")).first.wait_for()
    assert picture(page) != before


def test_a_prediction_is_answered_by_the_previous_run(page):
    page.button("slower", EXPLORER).click()
    handle(page, LEARNING_RATE).press("Home")
    page.shows(EXPLORER, lambda text: "slower, as you predicted: the training cost fell more slowly" in text)
    page.button("faster", EXPLORER).click()
    handle(page, LEARNING_RATE).press("End")
    page.shows(EXPLORER, lambda text: "Exploded" in text and "explode, and you predicted faster: " in text)


def test_a_slider_answers_when_it_is_let_go(page):
    slider = page.cell(EXPLORER).locator(".noUi-target").nth(HIDDEN)
    slider.scroll_into_view_if_needed()
    at = slider.bounding_box()
    middle, mouse = at["y"] + at["height"] / 2, page.page.mouse
    handle(page, HIDDEN).hover()
    mouse.down()
    for step in range(100):
        mouse.move(at["x"] + at["width"] * (step * 37 % 101) / 100, middle)
    mouse.move(at["x"] + at["width"], middle)
    assert settled(page, "hidden=3") == 1
    mouse.up()
    assert settled(page, "hidden=40") == 2


def test_after_a_storm_of_keys_the_last_one_stands(page):
    slider = handle(page, HIDDEN)
    for key, times in (("ArrowRight", 30), ("ArrowLeft", 12), ("End", 1)):  # it was at 40 at no time before
        for _ in range(times):
            slider.press(key)
    settled(page, "hidden=40")


def test_a_long_run_shows_how_far_it_is_and_the_next_move_comes_after_it(page, let_go):
    handle(page, BATCH).press("Home")
    page.shows(EXPLORER, lambda text: "epoch 10 of 25 …" in text)
    handle(page, BATCH).press("End")
    let_go()
    assert settled(page, "batch_size=324") == 3


def test_a_long_run_can_be_interrupted(page, let_go):
    handle(page, BATCH).press("Home")
    page.shows(EXPLORER, lambda text: "epoch 10 of 25 …" in text)
    page.command("notebook:interrupt-kernel")
    page.shows(EXPLORER, lambda text: "Interrupted" in text)
    let_go()
    handle(page, BATCH).press("End")
    assert settled(page, "batch_size=324") == 2


def test_it_goes_on_after_the_page_was_loaded_again(page):
    """The last test of the file: from here on the page's moves are answered in a second thread."""
    page.save()
    page.reload()
    page.run_cell(EXPLORER)
    page.shows(EXPLORER, lambda text: "After 25 epochs" in text)
    handle(page, SEED).press("ArrowRight")
    settled(page, "seed=1")
    slider = handle(page, HIDDEN)
    for _ in range(20):
        slider.press("ArrowRight")
    settled(page, "hidden=23")
