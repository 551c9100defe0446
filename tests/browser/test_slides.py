"""The slides in Chromium, from disk, with the network cut off: moved by keys, and what moves on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from tools.lesson import Lesson
from tools.slides import slides_page, write_slides
from miniflow_classroom.widgets.base import PAGE_MIME


def shows(told: dict):
    return [new_output("display_data", data={"text/plain": "the widget", PAGE_MIME: told})]


@pytest.fixture
def page(browser: Browser, tmp_path: Path):
    """Four slides: words, a film of two steps, a trace with its toggles, and words that do not fit."""
    film = {"kind": "frames", "frames": ["<p>the first step</p>", "<p>the last step</p>"], "at": 0}
    texts = {flags: f"printed under {flags}" for flags in ("00", "01", "10", "11")}
    headings = [
        new_markdown_cell(f"## {name}", metadata={"tags": ["class"]}) for name in ("Film", "Trace", "Long")
    ]
    cells = [
        new_markdown_cell("# 01 · Made"),
        *(headings[0], new_code_cell("stepper(graph)", outputs=shows(film))),
        *(
            headings[1],
            new_code_cell("live(run)", outputs=shows({"kind": "live", "on": "10", "texts": texts})),
        ),
        *(headings[2], new_code_cell("print('line')", outputs=[new_output("stream", text="line\n" * 13)])),
    ]
    notebook = new_notebook(cells=cells)
    write_slides(notebook)
    (tmp_path / "01.html").write_text(slides_page(Lesson(tmp_path / "01.ipynb", notebook)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto((tmp_path / "01.html").as_uri())
    yield opened
    assert errors == []
    context.close()


def on_slide(page: Page, number: int) -> None:
    expect(page.locator("#place")).to_have_text(f"{number} of 4")
    expect(page.locator(".slide:visible")).to_have_id(f"slide-{number}")


def test_keys_and_buttons_turn_the_slides_and_a_page_loaded_again_stays(page):
    on_slide(page, 1)
    page.keyboard.press("ArrowLeft")
    on_slide(page, 1)
    for number, key in enumerate(("ArrowRight", "PageDown"), 2):
        page.keyboard.press(key)
        on_slide(page, number)
    page.reload()
    on_slide(page, 3)
    page.get_by_role("button", name="next").last.click()
    on_slide(page, 4)
    expect(page.locator("footer button").last).to_be_disabled()
    page.keyboard.press("PageUp")
    on_slide(page, 3)
    page.keyboard.press("Space")
    on_slide(page, 4)


def test_toggles_and_steppers_move_and_their_arrows_turn_no_slide(page):
    page.keyboard.press("PageDown")
    page.get_by_label("step", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("the last step")).to_be_visible()
    on_slide(page, 2)
    page.keyboard.press("PageDown")
    expect(page.get_by_text("printed under 10")).to_be_visible()
    page.locator("[data-flag=T_DEBUG]").press("Space")
    expect(page.get_by_text("printed under 11")).to_be_visible()
    on_slide(page, 3)


def test_a_slide_is_no_higher_than_the_screen(page):
    for number in range(1, 5):
        slide = page.locator(f"#slide-{number}")
        assert slide.evaluate("slide => slide.scrollHeight <= slide.clientHeight"), number
        page.keyboard.press("PageDown")
