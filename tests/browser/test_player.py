"""The player of stored states: a page opened from disk, and the notebook's own widgets, click by click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import v4
from playwright.sync_api import Browser, Locator, Page, expect

from miniflow_lib import Add, Input, topological_sort
from tests.played import MAKE, smaller
from tools import site
from miniflow_classroom import sort_game
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME, StaticBox

SAME = """(places, htmls) => places.map((place, n) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = htmls[n];
    return [place.innerHTML, fresh.innerHTML];
})"""


EVIL = "<img src=x onerror=alert(1)>"


def evil() -> StaticBox:
    x = Input(EVIL)
    return sort_game(topological_sort({x: 1}, output=Add(x, name="f")))


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """A page with all six."""
    cells = [v4.new_markdown_cell("# 01 · A")]
    with smaller(), pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOR_PAGES, "1")
        for name, make in (MAKE | {"evil": evil}).items():
            bundle = make()._repr_mimebundle_()
            kinds = ("text/plain", "text/html", PAGE_MIME)
            data = {kind: bundle[kind] for kind in kinds if kind in bundle}
            cells.append(v4.new_code_cell(name, outputs=[v4.new_output("display_data", data=data)]))
    folder = tmp_path_factory.mktemp("played")
    lesson = site.Lesson(folder / "01_a.ipynb", v4.new_notebook(cells=cells))
    (folder / "01_a.html").write_bytes(site.lesson_page(lesson, [lesson]).encode())
    return folder / "01_a.html"


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The page, with every widget set up; nothing complains, and nothing is asked of a network."""
    room = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
    page, wrong = room.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator(".player.plays")).to_have_count(len(MAKE) + 1)
    yield page
    room.close()
    assert wrong == []


def played(page: Page, name: str) -> Locator:
    return page.locator(".player").nth(list(MAKE).index(name))


def shows(box: Locator, *htmls: str) -> None:
    """Its places hold this HTML, as the browser reads it."""
    found = box.locator(".played .shown, .played .says")
    for has, wanted in found.evaluate_all(SAME, list(htmls)):
        assert has == wanted
    assert found.count() == len(htmls)


def test_sliders_and_lists_show_what_the_notebook_shows(page):
    box, twin = played(page, "nudge"), MAKE["nudge"]()
    (which, by, sizes), view = twin.children[0].children, twin.children[1]
    shows(box, view.value)
    slider = box.get_by_role("slider", name="by")
    slider.focus()
    for key, moved in (("ArrowLeft", 0.09), ("Home", -0.1), ("ArrowRight", -0.09)):
        page.keyboard.press(key)
        by.value = moved
        shows(box, view.value)
    expect(slider).to_have_attribute("aria-valuetext", "-9 tenths")
    box.get_by_label("at most").select_option("±0.001")
    sizes.children[1].value = 0.001
    box.get_by_label("nudge").select_option("rooms")
    which.value = "rooms"
    shows(box, view.value)

    box, twin = played(page, "tangent"), MAKE["tangent"]()
    (by, where), view, says = twin.children[0].children, *twin.children[1:]
    box.get_by_role("slider", name="nudge").press("Home")
    box.get_by_role("slider", name="x").press("ArrowRight")
    by.value, where.value = 0.001, 1.1
    shows(box, view.value, says.value)
    assert box.locator("output").all_inner_texts() == ["0.001", "1.1"]


def test_a_walk_and_its_slider(page):
    box, twin = played(page, "weight"), MAKE["weight"]()
    slider, row, view, says = twin.children
    downhill, uphill, again = row.children
    ways = {
        "down": (downhill, "step downhill"),
        "up": (uphill, "step uphill"),
        "again": (again, "start again"),
    }
    for way in ("down", "down", "up", "again", "up", "up", "up", "up", "up"):
        ways[way][0].click()
        box.get_by_role("button", name=ways[way][1]).click()
        shows(box, view.value, says.value)
    assert "The picture has grown" in box.inner_text()
    expect(box.get_by_role("slider")).to_have_value("0")  # where the weight is beyond its end
    assert box.get_by_role("button", name="step downhill").is_disabled(), "a walk both ways ends here"
    box.get_by_role("slider").press("End")
    again.click()
    slider.value = slider.max
    box.get_by_role("button", name="step downhill").click()
    downhill.click()
    shows(box, view.value, says.value)


def test_the_game_by_keyboard(page):
    box, twin = played(page, "game"), MAKE["game"]()

    def press(label: str) -> None:
        button = box.get_by_role("button", name=label, exact=True)
        button.press("Enter")
        expect(button if label != "next level" else box.get_by_role("button").first).to_be_focused()

    for label in ("c", "s", "a", "back", "a", "b", "none is ready", "t", "s", "f"):
        press(label)
        node = next((node for node in twin.view.nodes if twin.view.names[node] == label), None)
        {"back": twin.take_back, "none is ready": twin.say_none}.get(
            label, lambda node=node: twin.take(node)
        )()
        shows(box, twin.picture.value)
    assert "Done: c, a, b, t, s, f." in box.get_by_role("status").inner_text()
    assert box.get_by_role("button", name="none is ready").is_disabled()
    press("start again")
    twin.start()
    shows(box, twin.picture.value)
    assert box.get_by_role("button", name="back").is_disabled()
    for level in range(1, 5):
        press("next level")
        twin.begin(level)
        shows(box, twin.picture.value)
    assert box.get_by_role("button", name="next level").is_disabled()
    status = box.get_by_role("status").element_handle()
    press("X")
    assert status.evaluate("status => status.isConnected"), "else nothing is read aloud"


def test_a_name_stays_text(page):
    box, twin = page.locator(".player").last, evil()
    box.get_by_role("button").first.click()
    twin.take(twin.view.nodes[0])
    shows(box, twin.picture.value)
    assert f"list: {EVIL}" in box.get_by_role("status").inner_text()
    assert box.locator(".played img").count() == 0


def test_entries_are_read_and_answered_as_in_the_notebook(page):
    box, twin = played(page, "boxes"), MAKE["boxes"]()
    view, *entries = twin.children[0].children
    fields = box.get_by_role("textbox")
    tried = (
        ("-4", "3", "-3.9999", "-8/2"),
        ("4,000", "<b>", "\N{MINUS SIGN}4", "1e-400"),
        ("", "0,5", "17", "1"),
    )
    for texts in (*tried, tried[0]):
        for n, text in enumerate(texts):
            fields.nth(n).fill(text)
            fields.nth(n).press("Enter")
            entries[n].value = text
        shows(box, view.value, twin.children[1].value)
    expect(box.get_by_role("status")).to_contain_text("All of them")
    svg = box.locator("svg").bounding_box()
    for field in fields.all():  # each on its edge
        place = field.bounding_box()
        assert svg["x"] < place["x"] and place["x"] + place["width"] < svg["x"] + svg["width"]
        assert svg["y"] < place["y"] and place["y"] + place["height"] < svg["y"] + svg["height"]


def test_a_case_of_the_lab_from_the_guess_to_the_line_as_meant(page):
    box = played(page, "lab")
    with smaller():
        twin = MAKE["lab"]()
        twin.children[0].value = 1
    (case,) = twin.children[1].children
    box.get_by_label("Pick a").select_option("case 2")
    for stage, choices in enumerate(((2,), range(6), range(30))):
        *_, choice, button, reply = case.children
        group = box.locator("fieldset").nth(stage)
        answer = box.get_by_role("button", name="Answer").nth(stage)
        assert answer.is_disabled()
        for n in choices:
            if choice.disabled:
                break
            group.get_by_role("radio").nth(n).check()
            answer.press("Enter")
            expect(answer).to_be_focused()
            assert answer.is_disabled()
            choice.index = n
            button.click()
            status = box.get_by_role("status").nth(stage)
            ((has, wanted),) = status.locator("xpath=.").evaluate_all(
                SAME, [reply.value.replace(' role="status"', "")]
            )
            assert has == wanted
        expect(group.get_by_role("radio").first).to_be_disabled()
    assert case.fault.title not in box.inner_text()
    show = box.get_by_role("button", name="Show the line as meant")
    show.press("Enter")
    expect(show).to_be_focused()
    expect(box.get_by_role("status").last).to_contain_text(f"Its name: {case.fault.title}")
    box.get_by_label("Pick a").select_option("case 1")
    expect(box.locator("fieldset")).to_have_count(1)
    box.get_by_label("Pick a").select_option("case 2")
    expect(box.locator("fieldset")).to_have_count(3)  # what was done is still there


def test_a_phone_has_room_for_all_of_it(page):
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator(".played").locator("button, select, input:not([type=radio]), .choice").all():
        size = control.bounding_box()
        assert size["height"] >= 24 and size["width"] >= 24
        assert control.evaluate("control => (control.ariaLabel || control.textContent).length")
    for board in page.locator(".panels > .shown, .panels > .says, .panels > .sheet").all():
        width = board.bounding_box()["width"]
        assert 0 <= board.bounding_box()["x"] and width <= 390


def test_without_a_script_and_on_paper_a_picture_stands_still(browser, page, file):
    page.emulate_media(media="print")
    assert page.locator(".played:visible").count() == 0
    expect(page.locator(".player .still:visible")).to_have_count(len(MAKE) + 1)
    with_none = browser.new_context(offline=True, java_script_enabled=False)
    bare = with_none.new_page()
    bare.goto(file.as_uri())
    expect(bare.locator(".player .still:visible")).to_have_count(len(MAKE) + 1)
    assert bare.locator(".player").locator("button, input, select").count() == 0
    with_none.close()
