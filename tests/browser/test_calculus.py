"""The widgets of lessons 03 and 04 in a real JupyterLab, in place, by keyboard and under fast drags."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

GRAPH = """from miniflow_lib import MSE, Add, Input, Mul, topological_sort
from miniflow_classroom import cost_of_one_weight, fill_in_gradients, nudge, tangent, turn_knobs
x, y, z = Input("x"), Input("y"), Input("z")
graph = topological_sort({x: -2, y: 5, z: -4}, output=Mul(Add(x, y, name="q"), z, name="f"))
a, w, b = Input("x"), Input("w"), Input("y")
one = topological_sort({a: 2, w: 1, b: 6}, output=MSE(b, Mul(w, a, name="a"), name="cost"))"""
WIDGETS = ["nudge(graph)", "tangent(lambda x: x**2, at=1, label='x²')", "fill_in_gradients(graph)"]
WIDGETS += ["cost_of_one_weight(one, w, low=-1, high=6)", "turn_knobs(one, [w], turns=2)"]
NUDGE, TANGENT, FILL_IN, WEIGHT, KNOBS = 1, 2, 3, 4, 5


@pytest.fixture(scope="module")
def notebook(shared_lab):
    shared_lab.write("calculus.ipynb", [GRAPH, *WIDGETS])
    shared_lab.open("calculus.ipynb")
    return shared_lab


@pytest.fixture
def page(notebook):
    """The page with each widget new."""
    notebook.run_all()
    assert notebook.errors() == []
    return notebook


def handle(lab, cell: int, number: int = 0):
    """The handle of a slider, ready for the arrow keys."""
    found = lab.cell(cell).locator(".noUi-handle").nth(number)
    found.focus()
    return found


def test_nudge_answers_to_the_arrow_keys_and_the_list(page):
    page.shows(NUDGE, lambda text: "-12 → -12.4" in text)
    for _ in range(5):
        handle(page, NUDGE).press("ArrowLeft")
    page.shows(NUDGE, lambda text: "-12 → -12.2" in text and "-0.2 / 0.05 = -4" in text)
    page.cell(NUDGE).locator("select").select_option("z")
    page.shows(NUDGE, lambda text: "-12 → -11.85" in text and "= 3" in text)
    assert page.cell(NUDGE).locator("table").count() == 1  # redrawn in its place


def test_a_smaller_size_moves_no_handle_and_ten_times_less(page):
    for _ in range(2):
        handle(page, NUDGE).press("ArrowLeft")
    page.shows(NUDGE, lambda text: "-0.32 / 0.08 = -4" in text)
    slider = page.cell(NUDGE).locator(".noUi-handle")
    before = slider.bounding_box()["x"]
    page.button("±0.001", NUDGE).click()
    page.stays(NUDGE, lambda text: "-0.0032 / 0.0008 = -4" in text and "0.0008" in text.split("\n"))
    assert slider.bounding_box()["x"] == pytest.approx(before, abs=1)
    handle(page, NUDGE).press("ArrowRight")
    page.shows(NUDGE, lambda text: "-0.0036 / 0.0009 = -4" in text)
    page.button("±0.1", NUDGE).click()
    page.stays(NUDGE, lambda text: "-0.36 / 0.09 = -4" in text and "0.09" in text.split("\n"))


def test_the_last_setting_wins_after_fast_dragging(page):
    slider = page.cell(NUDGE).locator(".noUi-target").bounding_box()
    middle = slider["y"] + slider["height"] / 2
    page.page.mouse.move(slider["x"] + slider["width"], middle)
    page.page.mouse.down()
    for step in range(200):
        page.page.mouse.move(slider["x"] + slider["width"] * (step * 37 % 101) / 100, middle)
    page.page.mouse.move(slider["x"] + 1, middle)
    page.page.mouse.up()
    page.stays(NUDGE, lambda text: "-2 → -2.1" in text and "0.4 / -0.1 = -4" in text)


def test_tangent_turns_as_the_nudge_shrinks(page):
    page.shows(TANGENT, lambda text: "slope 3 / 1 = 3" in text)
    before = page.cell(TANGENT).locator("svg").first.inner_html()
    for _ in range(5):  # to the left is towards zero
        handle(page, TANGENT).press("ArrowLeft")
    page.shows(TANGENT, lambda text: "= 2.001" in text and "0.001" in text.split("\n"))
    assert page.cell(TANGENT).locator("svg[role=img]").count() == 1
    assert page.cell(TANGENT).locator("svg").first.inner_html() != before
    handle(page, TANGENT, 1).press("ArrowRight")
    page.shows(TANGENT, lambda text: "from x = 1.1" in text)


def test_fill_in_judges_each_box_by_keyboard_alone(page):
    boxes = page.cell(FILL_IN).locator("input[type=text]")
    expect(boxes).to_have_count(4)
    boxes.nth(0).focus()
    for entry in ("-4", "-4", "1", "-4"):  # q to f, z to f, x to q, y to q
        page.page.keyboard.type(entry)
        page.page.keyboard.press("Tab")
    text = page.shows(FILL_IN, lambda text: text.count("is right") == 2)
    assert "Hold q = 3 still and raise z by 1" in text
    assert "That is from x to q. And from q to f?" in text
    boxes.nth(1).fill("3")
    boxes.nth(1).press("Enter")
    page.shows(FILL_IN, lambda text: text.count("is right") == 3)
    boxes.nth(2).fill("-4")
    boxes.nth(2).press("Enter")
    page.shows(FILL_IN, lambda text: "All of them" in text)


def test_each_box_stands_on_its_edge(page):
    expect(page.cell(FILL_IN).locator("input[type=text]")).to_have_count(4)
    # All at one moment: what is above may still grow and push them down.
    svg, *boxes = page.cell(FILL_IN).evaluate(
        """cell => [...cell.querySelectorAll('svg[role=img], input[type=text]')]
            .map(each => each.getBoundingClientRect().toJSON())"""
    )
    for box in boxes:
        assert svg["x"] < box["x"] and box["x"] + box["width"] < svg["x"] + svg["width"]
        assert svg["y"] < box["y"] and box["y"] + box["height"] < svg["y"] + svg["height"]
    boxes.sort(key=lambda box: (box["x"], box["y"]))
    assert all(
        abs(a["x"] - b["x"]) > 60 or abs(a["y"] - b["y"]) > a["height"]
        for a in boxes
        for b in boxes
        if a != b
    )


def test_the_weight_steps_downhill_and_uphill(page):
    page.shows(WEIGHT, lambda text: "w = 1: cost 16, slope -16" in text)
    down = page.button("step downhill: - 0.1 · slope", WEIGHT)
    down.focus()
    down.press("Enter")
    page.shows(WEIGHT, lambda text: "w = 2.6: cost 0.64, slope -3.2" in text)
    for _ in range(6):  # every click counts, however fast
        down.click(no_wait_after=True)
    page.shows(WEIGHT, lambda text: "Almost flat" in text)
    page.button("start again", WEIGHT).click()
    page.shows(WEIGHT, lambda text: "w = 1: cost 16" in text)
    page.button("step uphill: + 0.1 · slope", WEIGHT).click()
    page.shows(WEIGHT, lambda text: "w = -0.6" in text and "cost 51.84" in text)
    assert page.cell(WEIGHT).locator("svg[role=img]").count() == 1
    page.button("step uphill: + 0.1 · slope", WEIGHT).click()
    page.shows(WEIGHT, lambda text: "w = -3.48" in text and "The picture has grown" in text)


def test_the_weight_can_be_dragged_to_the_other_side(page):
    slider = handle(page, WEIGHT)
    slider.press("End")
    page.shows(WEIGHT, lambda text: "w = 6: cost 36, slope 24" in text and "downhill is to the left" in text)


def test_knobs_are_turned_by_keyboard_until_no_turn_is_left(page):
    page.shows(KNOBS, lambda text: "The cost is 16. Turns left: 2." in text)
    page.button("w down", KNOBS).focus()
    page.page.keyboard.press("Tab")  # to the button next to it
    page.page.keyboard.press("Enter")
    page.shows(KNOBS, lambda text: "w up: the cost went from 16 to 4. Turns left: 1." in text)
    page.page.keyboard.press("Space")
    text = page.shows(KNOBS, lambda text: "No turns are left" in text)
    assert "w = 3" in text and "the cost went from 16 to 0. Your best so far: 0." in text
    expect(page.button("w up", KNOBS)).to_be_disabled()
    page.button("start again", KNOBS).press("Enter")
    page.shows(KNOBS, lambda text: "The cost is 16. Turns left: 2. Your best so far: 0." in text)
    expect(page.button("w up", KNOBS)).to_be_enabled()
    assert page.cell(KNOBS).locator("svg[role=img]").count() == 1
