"""Lesson 06's walk and explorer in a real JupyterLab: every control answers, and the last move wins."""

from __future__ import annotations

import re
import time

import pytest

HEAD = """import time
import psutil
from miniflow_classroom import descent, explorer
box = explorer(hidden=3, epochs=20)
made = box.explorer"""
DESCENT, EXPLORER, ASK = 1, 2, 3
LEARNING_RATE, HIDDEN, BATCH, EPOCHS, SEED, L2 = range(6)
CHECK = """while made.busy: time.sleep(0.01)
stale = made.view.value != made.picture(made.done)
setting = made.done.setting
print("stale" if stale else "fresh", setting, {n: c.value for n, c in made.controls.items()})"""
SEEDS = """
def redraw(times):
    for i in range(times):
        made.moved_at = 0  # each an experiment of its own
        made.controls["seed"].value = (made.controls["seed"].value + 1) % 10
        while made.busy: time.sleep(0.002)
    return psutil.Process().memory_info().rss / 2**20
redraw(60)
before = redraw(1)
print(f"{redraw(200) - before:.1f} MiB more")"""


@pytest.fixture
def page(lab):
    lab.write("explorer.ipynb", [HEAD, "descent(3, 0.03)", "box", CHECK, SEEDS])
    lab.open("explorer.ipynb")
    for cell in (0, DESCENT, EXPLORER):
        lab.run_cell(cell)
    assert lab.errors() == []
    lab.shows(EXPLORER, lambda text: "After 20 epochs" in text)
    return lab


def handle(lab, number: int, cell: int = EXPLORER):
    """The handle of a slider, ready for the keyboard."""
    found = lab.cell(cell).locator(".noUi-handle").nth(number)
    found.focus()
    return found


def says(lab) -> str:
    return lab.output(EXPLORER)


def picture(lab) -> str:
    return lab.cell(EXPLORER).locator("svg[role=img]").first.inner_html()


def settled(lab, *wanted: str) -> str:
    """What the kernel says when the worker has nothing left to do: it must be what the controls say.

    Asked again until it holds what is wanted: a fast hand's last move takes a while to reach the kernel.
    """
    deadline = time.monotonic() + 20
    while True:
        lab.run_cell(ASK)
        text = lab.stdout(ASK)
        assert text.startswith("fresh"), text
        for name, value in re.findall(r"'(\w+)': '?([\w.]+)", text):
            assert re.search(rf"\b{name}='?{re.escape(value)}\b", text), f"{name}: {text}"
        if all(each in text for each in wanted):
            return text
        assert time.monotonic() < deadline, f"{wanted}: {text}"


def test_the_step_slider_walks_anew(page):
    page.shows(DESCENT, lambda text: "11 steps" in text)
    slider = handle(page, 0, DESCENT)
    slider.press("Home")
    page.shows(DESCENT, lambda text: "step size 0.0002" in text)
    slider.press("End")
    page.shows(DESCENT, lambda text: "step size 0.2" in text and "flew off" in text)
    slider.press("ArrowLeft")
    page.shows(DESCENT, lambda text: "step size 0.1" in text and "for ever" in text)
    assert page.cell(DESCENT).locator("svg[role=img]").count() == 1


def test_each_control_draws_anew(page):
    for number, key in (
        (LEARNING_RATE, "ArrowRight"),
        (HIDDEN, "ArrowRight"),
        (BATCH, "ArrowRight"),
        (EPOCHS, "ArrowRight"),
        (SEED, "ArrowRight"),
        (L2, "End"),
    ):
        before = picture(page)
        (old,) = re.findall(r"After \d+ epochs.*", says(page))
        handle(page, number).press(key)
        page.shows(EXPLORER, lambda text, old=old: re.search(r"After \d+ epochs", text) and old not in text)
        settled(page)
        assert picture(page) != before
    before = picture(page)
    page.button("equal updates", EXPLORER).click()
    settled(page, "equal='updates'", "batch_size=23", "l2=0.3")
    page.cell(EXPLORER).locator("svg text", has_text=re.compile("^updates$")).first.wait_for()
    assert picture(page) != before
    assert page.cell(EXPLORER).locator("svg[role=img]").count() == 1


def test_a_hypothesis_is_answered_beside_the_run_before(page):
    page.button("slower", EXPLORER).click()
    slider = handle(page, LEARNING_RATE)
    for _ in range(8):
        slider.press("ArrowLeft")
    settled(page)
    page.shows(EXPLORER, lambda text: "slower (as you said)" in text)
    page.button("faster", EXPLORER).click()
    handle(page, LEARNING_RATE).press("End")
    settled(page)
    page.shows(EXPLORER, lambda text: "Exploded" in text and "explode (you said: faster)" in text)


def test_the_test_part_opens_once(page):
    page.button("open the test part (once, at the end)", EXPLORER).click()
    text = page.shows(EXPLORER, lambda text: "The test part costs" in text)
    assert page.button("open the test part (once, at the end)", EXPLORER).is_disabled()
    cost = re.search(r"The test part costs [\d.]+", text)[0]
    handle(page, SEED).press("ArrowRight")
    settled(page)
    page.shows(EXPLORER, lambda text: cost in text)


def test_after_a_hundred_fast_moves_the_last_one_stands(page):
    slider = page.cell(EXPLORER).locator(".noUi-target").nth(HIDDEN).bounding_box()
    middle = slider["y"] + slider["height"] / 2
    mouse = page.page.mouse
    mouse.move(slider["x"] + 2, middle)
    mouse.down()
    for step in range(100):
        mouse.move(slider["x"] + slider["width"] * (step * 37 % 101) / 100, middle)
    mouse.move(slider["x"] + slider["width"], middle)
    mouse.up()
    settled(page, "hidden=40")
    last = picture(page)
    page.page.wait_for_timeout(700)  # nothing older comes after it
    assert picture(page) == last
    assert page.cell(EXPLORER).locator("svg[role=img]").count() == 1


def test_a_run_in_progress_shows_how_far_it_is_and_is_given_up(page):
    handle(page, EPOCHS).press("End")
    handle(page, BATCH).press("Home")
    page.shows(EXPLORER, lambda text: re.search(r"epoch \d+ of 300 …", text))
    handle(page, BATCH).press("End")
    page.shows(EXPLORER, lambda text: "After 300 epochs" in text)
    settled(page, "batch_size=304")


def test_it_goes_on_after_the_page_was_loaded_again(page):
    page.save()
    page.reload()
    page.run_cell(EXPLORER)
    page.shows(EXPLORER, lambda text: "After 20 epochs" in text)
    (said,) = re.findall(r"After 20 epochs.*", says(page))
    handle(page, SEED).press("ArrowRight")
    page.shows(EXPLORER, lambda text: "After 20 epochs" in text and said not in text)
    settled(page)


def test_each_move_at_the_lessons_size_is_followed_by_its_redraw(lab):
    lab.write("full.ipynb", ["from miniflow_lib import explorer\nexplorer()"])
    lab.open("full.ipynb")
    lab.run_all()
    lab.shows(0, lambda text: "After 100 epochs" in text)
    slider, times = lab.cell(0).locator(".noUi-handle").nth(SEED), []
    for i in range(10):
        (before,) = re.findall(r"After 100 epochs.*", lab.output(0))
        slider.focus()
        start = time.monotonic()
        slider.press("ArrowLeft" if i % 2 else "ArrowRight")
        lab.shows(0, lambda text, before=before: "After 100 epochs" in text and before not in text)
        times.append(time.monotonic() - start)
    print(f"a move to its redraw: {min(times):.2f} s at best")  # told, not judged: it is the machine's too


def test_the_kernels_memory_does_not_grow_over_two_hundred_redraws(page):
    page.run_cell(4)
    more = float(re.search(r"(-?[\d.]+) MiB more", page.stdout(4))[1])
    assert more < 4
