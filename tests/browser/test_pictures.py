"""Pictures, the stepper, predictions and the game as a learner meets them: in a real JupyterLab."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from tests.graphs import EVIL, LESSONS
from tests.series import compared, read
from tools.build import build

pytestmark = pytest.mark.heavy

HEAD = f"""\
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from miniflow_lib import *
from miniflow_classroom import draw_graph, fill_in_gradients, nudge, predict, show_source, sort_game, stepper
from tests.graphs import *"""


def frame(lab, cell: int):
    """The card of the stepper that is to be seen."""
    return lab.cell(cell).locator(".jupyter-widgets.widget-html:visible").first


def says(lab, cell: int, text: str) -> None:
    lab.shows(cell, lambda shown: text in shown)


@pytest.fixture
def stepped(lab):
    lab.write("steps.ipynb", [HEAD, "stepper(x_plus_y_times_z())"])
    lab.open("steps.ipynb")
    lab.run_all()
    assert lab.errors() == []
    says(lab, 1, "Step 0 of 22")
    return lab


def test_the_stepper_moves_by_slider_number_and_keyboard(stepped):
    lab = stepped
    number = lab.cell(1).locator("input[type=number]")
    number.fill("15")
    number.press("Enter")
    says(lab, 1, "Step 15 of 22 · forward")
    says(lab, 1, "q gets -2 from x and 5 from y and makes 3.")
    number.press("ArrowUp")
    says(lab, 1, "Step 16 of 22")
    handle = lab.cell(1).locator(".noUi-handle")
    handle.focus()
    lab.page.keyboard.press("ArrowRight")
    says(lab, 1, "Step 17 of 22 · backward")
    expect(number).to_have_value("17")
    lab.page.keyboard.press("ArrowLeft")
    says(lab, 1, "Step 16 of 22")
    bar = lab.cell(1).locator(".noUi-base").bounding_box()
    lab.page.mouse.click(bar["x"] + bar["width"] - 1, bar["y"] + bar["height"] / 2)
    says(lab, 1, "-4 arrives at x from q: that is its gradient.")
    picture = frame(lab, 1).locator("svg")
    assert picture.get_attribute("role") == "img"
    assert picture.get_attribute("aria-label").startswith("Step 22: -4 arrives at x from q")
    expect(lab.cell(1).locator(".jupyter-widgets.widget-html:visible")).to_have_count(1)


def test_the_stepper_goes_back_and_on_by_a_button_also_after_a_reload_and_without_a_kernel(lab):
    lab.write("back.ipynb", [HEAD, "stepper(x_plus_y_times_z())"], lesson=False)
    lab.open("back.ipynb")
    lab.run_all()
    says(lab, 1, "Step 0 of 22")
    back, on = (lab.cell(1).get_by_role("button", name=name) for name in ("back", "next"))
    expect(back).to_have_count(0)  # there is nothing before step 0
    place = on.bounding_box()
    for step in range(1, 4):
        on.click()
        says(lab, 1, f"Step {step} of 22")
        assert on.bounding_box() == place  # so that one can click on and on
    lab.page.keyboard.press("Shift+Tab")  # from the place of the button that was clicked
    lab.page.keyboard.press("Enter")
    says(lab, 1, "Step 2 of 22")
    expect(lab.cell(1).locator("input[type=number]")).to_have_value("2")
    lab.save()
    lab.reload()
    back.click()
    says(lab, 1, "Step 1 of 22")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    back.click()
    says(lab, 1, "Step 0 of 22")
    on.click()
    says(lab, 1, "Step 1 of 22")
    lab.console[:] = [said for said in lab.console if not re.match("Could not send widget|Cannot send", said)]


def test_the_stepper_plays_by_itself_only_when_asked(stepped):
    lab = stepped
    lab.page.wait_for_timeout(2000)
    assert "Step 0 of 22" in lab.output(1)
    lab.cell(1).locator(".widget-play button").first.click()
    lab.shows(1, lambda text: re.search(r"Step ([2-9]|1\d|2[0-2]) of 22", text))
    lab.reload()  # or it plays on when its notebook is closed, and complains that the kernel is gone


def test_a_number_of_a_product_is_picked_by_click_and_arrow_key_without_a_kernel(lab):
    lab.write("product.ipynb", [HEAD, "stepper(two_neurons(), 'backward')", "1"])
    lab.open("product.ipynb")
    lab.run_all()
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    lab.cell(1).locator("input[type=number]").fill("2")
    lab.cell(1).locator("input[type=number]").press("Enter")
    says(lab, 1, "Step 2 of 6 · backward")
    to_W = lab.cell(1).locator(".miniflow-product:visible").nth(1)

    def shown() -> tuple[str, list[list[str]]]:
        """The arithmetic that is to be seen, and the numbers of each matrix that have a coloured ground."""
        said, lit = to_W.evaluate(
            """group => {
                const look = element => getComputedStyle(element);
                const said = [...group.querySelectorAll('li')].filter(l => look(l).visibility === 'visible');
                const lit = [...group.querySelectorAll('table')].map(table =>
                    [...table.querySelectorAll('td')]
                        .filter(cell => look(cell).backgroundColor !== 'rgba(0, 0, 0, 0)')
                        .map(cell => cell.innerText));
                return [said.map(line => line.innerText).join(), lit];
            }"""
        )
        return said.split("\n")[-1], lit

    assert shown() == ("3 · -3 + 2 · -2 = -13", [["3", "2"], ["-3", "-2"], ["-13"]])
    to_W.get_by_text("8", exact=True).click()
    assert shown() == ("2 · 2 + 2 · 2 = 8", [["2", "2"], ["2", "2"], ["8"]])
    lab.page.keyboard.press("ArrowRight")
    assert shown() == ("4 · -3 + 4 · -2 = -20", [["4", "4"], ["-3", "-2"], ["-20"]])
    says(lab, 1, "Step 2 of 6 · backward")
    lab.console[:] = [said for said in lab.console if not re.match("Could not send widget|Cannot send", said)]


def test_the_stepper_goes_on_without_a_kernel(lab):
    lab.write("long.ipynb", [HEAD, "stepper(two_layers())"])
    lab.open("long.ipynb")
    lab.run_all()
    says(lab, 1, "Step 0 of 42")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    handle = lab.cell(1).locator(".noUi-handle")
    handle.focus()
    for step in range(1, 4):
        lab.page.keyboard.press("ArrowRight")
        says(lab, 1, f"Step {step} of 42")
    # From the key to the page laid out again, in the browser's own time.
    times = lab.page.evaluate(
        """async handle => {
            const times = [];
            for (let i = 0; i < 31; i++) {
                const start = performance.now();
                const key = i % 2 ? 'ArrowLeft' : 'ArrowRight';
                handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
                handle.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise(done => setTimeout(done, 30));
            }
            return times;
        }""",
        handle.element_handle(),
    )
    says(lab, 1, "Step 4 of 42")
    print(f"a step: {statistics.median(times):.1f} ms")  # told, not judged: it is the machine's too
    # What ipywidgets says when there is no kernel to tell; nothing else may have been said.
    lab.console[:] = [said for said in lab.console if "Could not send widget sync message" not in said]
    lab.spent = True  # it would go on saying so in the next test


def test_a_prediction_opens_after_a_guess_and_may_be_tried_again(lab):
    ask = "predict('What is f?', lambda: 9, wrong={8: 'One too few.'}, show=lambda: print('ran'))"
    choose = "predict('Which?', 'b', choices=['a <b>', 'b'])"
    lab.write("predict.ipynb", [HEAD, ask, choose])
    lab.open("predict.ipynb")
    lab.run_all()
    assert lab.errors() == []
    show = lab.button("show", 1)
    assert show.is_disabled() and lab.button("show", 2).is_disabled()
    assert "9" not in lab.output(1)
    field = lab.cell(1).locator("input[type=text]")
    field.fill("5 = 2 + 3")
    field.press("Enter")
    lab.shows(1, lambda shown: "Write only the number" in shown)
    field.fill("8")
    show.focus()
    lab.page.keyboard.press("Space")
    text = lab.shows(1, lambda shown: "One too few." in shown)
    assert "Your guess: 8 · not right." in text and "9" not in text and "ran" not in text
    expect(lab.button("try again", 1)).to_be_disabled()
    expect(field).to_be_focused()
    field.fill("7")
    expect(lab.button("try again", 1)).to_be_enabled()
    field.press("Enter")
    text = lab.shows(1, lambda shown: "ran" in shown)
    assert "Your guesses: 8, then 7 · the answer: 9 · not right." in text
    assert show.is_disabled() and field.is_disabled()
    lab.cell(2).locator("input[type=radio]").first.check()
    lab.button("show", 2).click()
    lab.shows(2, lambda shown: "Your guess: a <b> · the answer: b" in shown)
    # Saved after all this, the file holds the questions and nothing else.
    lab.save()
    saved = nbformat.read(lab.folder / "predict.ipynb", 4)
    assert [cell.outputs[0]["data"] for cell in saved.cells[1:]] == [
        {"text/plain": "Your prediction. What is f?"},
        {"text/plain": "Your prediction. Which?\n  ( ) a <b>\n  ( ) b"},
    ]
    assert "widgets" not in saved.metadata


def test_a_copy_that_was_saved_and_opened_again_shows_the_last_picture(lab):
    cells = [HEAD, "stepper(x_plus_y_times_z())", "sort_game(x_plus_y_times_z())", "predict('What is f?', 9)"]
    lab.write("kept.ipynb", cells)
    lab.open("kept.ipynb")
    lab.run_all()
    lab.cell(1).locator("input[type=number]").fill("7")
    lab.button("x", 2).click()
    lab.save()
    lab.close()
    lab.open("kept.ipynb")
    for cell in (1, 2):
        picture = lab.cell(cell).locator("img")
        assert picture.get_attribute("src").startswith("data:image/svg+xml")
        assert picture.evaluate("async img => { await img.decode(); return img.naturalWidth > 100 }")
    assert "The last step: -4 arrives at x" in lab.cell(1).locator("img").get_attribute("alt")
    says(lab, 3, "What is f?")
    assert "model not found" not in lab.page.locator("body").inner_text().lower()


def test_the_game_says_why_not_and_takes_what_is_ready(lab):
    lab.write("game.ipynb", [HEAD, "sort_game(x_plus_y_times_z())"])
    lab.open("game.ipynb")
    lab.run_all()
    lab.button("q", 1).click()
    says(lab, 1, "Not q yet: 2 arrows into it are not crossed off.")
    for name in ("y", "x", "q", "z"):
        lab.button(name, 1).click()
        says(lab, 1, f"Yes: {name} has all it needs.")
    lab.button("f", 1).focus()
    lab.page.keyboard.press("Enter")
    says(lab, 1, "Done: y, x, q, z, f.")


def test_the_levels_of_the_game_are_played_by_keyboard(lab):
    lab.write("levels.ipynb", [HEAD, "sort_game(level=2)"])
    lab.open("levels.ipynb")
    lab.run_all()

    def press(*names: str) -> None:
        for name in names:
            expect(lab.button(name, 1)).to_be_enabled()  # else the focus goes nowhere
            lab.button(name, 1).focus()
            lab.page.keyboard.press("Enter")

    says(lab, 1, "Level 2: only the counts")
    assert lab.cell(1).locator("svg[role=img]").count() == 0
    press("b")
    says(lab, 1, "Not b yet: 3 arrows into it are not crossed off.")
    press("h")
    says(lab, 1, "Yes: h has all it needs. Now c is ready.")
    press("back")
    says(lab, 1, "Back: h is not in the list any more.")
    press("next level")
    says(lab, 1, "Level 3: a diamond.")
    press("next level")
    says(lab, 1, "Level 4: seven nodes.")
    press("none is ready")
    says(lab, 1, "One of them is")
    for name in "yxts":
        press(name)
        says(lab, 1, f"Yes: {name} has all it needs.")
    press("none is ready")
    says(lab, 1, "Right: none of the 3 is ready")


def test_a_name_in_angle_brackets_is_text_everywhere(lab):
    lab.write(
        "evil.ipynb",
        [
            HEAD,
            "graph = evil(); stepper(graph)",
            "sort_game(graph)",
            "forward_and_backward(graph)\ndraw_graph(graph, title=EVIL)",
            "predict(EVIL, EVIL, choices=[EVIL, 'b'])",
        ],
    )
    lab.open("evil.ipynb")
    lab.run_all()
    assert lab.errors() == []
    for cell in (1, 2, 4):
        says(lab, cell, EVIL)
    assert lab.page.locator("img[src='x']").count() == 0
    lab.cell(4).locator("input[type=radio]").first.check()
    lab.button("show", 4).click()
    lab.shows(4, lambda shown: f"the answer: {EVIL}" in shown)
    assert lab.page.locator("img[src='x']").count() == 0


def test_no_letter_of_a_picture_leaves_its_box_in_the_browser(lab):
    """The layout measures texts without a screen; here the browser says how wide they are."""
    measure = """\
from IPython.display import HTML
forward_and_backward(graph := {name}())
HTML(draw_graph(graph).svg)"""
    names = list(LESSONS)
    lab.write("letters.ipynb", [HEAD, *(measure.format(name=name) for name in names)])
    lab.page.set_viewport_size({"width": 2400, "height": 1400})
    lab.open("letters.ipynb")
    lab.run_all()
    assert lab.errors() == []
    for cell in range(1, len(names) + 1):
        out = (
            lab.cell(cell)
            .locator("svg[role=img]")
            .evaluate(
                """svg => {
                const boxes = [...svg.querySelectorAll('rect')].map(rect => rect.getBBox());
                return [...svg.querySelectorAll('text')].filter(text => {
                    const t = text.getBBox();
                    return !boxes.slice(1).some(b => b.x <= t.x && t.x + t.width <= b.x + b.width
                        && b.y - 1 <= t.y && t.y + t.height <= b.y + b.height + 1);
                }).map(text => text.textContent);
            }"""
            )
        )
        assert out == [], f"{names[cell - 1]}: {out}"


def test_four_writers_store_the_same(lab):
    """nbconvert, `jupyter execute`, JupyterLab and `make notebooks`: the last is what CI compares with."""
    trace = "live(lambda: forward_and_backward(two_layers()))"
    cells = [
        HEAD + "\nfrom miniflow_classroom import live, toggles",
        "stepper(x_plus_y_times_z())",
        "sort_game(x_plus_y_times_z())",
        "predict('What is f?', 9, show=lambda: print('ran'))",
        "draw_graph(two_layers())",
        "show_source(Tanh)",
        trace,
        "toggles()",
    ]
    written = []
    for writer in (["nbconvert", "--to", "notebook", "--execute", "--inplace"], ["execute", "--inplace"]):
        written.append(lab.write(f"{writer[0]}.ipynb", cells))
        command = [sys.executable, "-m", "jupyter", *writer, str(written[-1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
    written.append(lab.write("lab.ipynb", cells))
    lab.open("lab.ipynb")
    lab.run_all()
    lab.cell(1).locator("input[type=number]").fill("7")
    lab.button("x", 2).click()
    lab.cell(3).locator("input[type=text]").type("9")
    lab.button("show", 3).click()
    lab.shows(3, lambda shown: "ran" in shown)
    lab.button("T_DEBUG", 6).click()
    lab.shows(6, lambda shown: "topological_sort" in shown)
    lab.save()
    built = lab.write("built.ipynb", cells)
    build(built)
    assert "stepper" in built.read_text() and "The last step" in built.read_text()
    for path in written:
        for cell, wanted in zip(read(path).cells, read(built).cells, strict=True):
            assert compared(cell) == compared(wanted), (path.name, cell.source)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_page_of_900_pixels_is_wide_enough_in_both_themes(lab, theme):
    cells = ["stepper(two_layers())", "sort_game(x_plus_y_times_z())", "predict('What is f?', 9)"]
    cells += [f"{name}(x_plus_y_times_z())" for name in ("nudge", "fill_in_gradients")]
    cells.append("forward_and_backward(graph := two_layers())\ndraw_graph(graph)")
    cells.append("show_source(train)")
    lab.write("narrow.ipynb", [HEAD, *cells])
    lab.page.set_viewport_size({"width": 900, "height": 1000})
    lab.open("narrow.ipynb")
    lab.theme(theme)
    lab.run_all()
    says(lab, 1, "Step 0 of 42")
    for cell in range(1, len(cells) + 1):
        area = lab.cell(cell).locator(".jp-OutputArea-output").first
        assert area.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), cells[cell - 1]
    lab.cell(len(cells)).locator("summary").click()
    code = lab.cell(len(cells)).locator("pre:has(span)")  # in colours, and its lines whole
    lines = code.inner_text().count("\n") + 1
    assert code.evaluate(
        "pre => pre.scrollWidth > 7 * Math.max(...pre.innerText.split('\\n').map(l => l.length))"
    )
    assert lines * 13 < code.bounding_box()["height"] < lines * 20
    card = lab.cell(1).locator("svg[role=img]:visible > rect").first
    assert card.evaluate("node => getComputedStyle(node).fill") == "rgb(255, 255, 255)"
    look = "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundImage]"
    colour, arrow = lab.cell(4).locator("select").evaluate(look)
    assert ("255" in colour) == theme.endswith("Dark") and colour in arrow, "the arrow, as the words"
    entry = lab.cell(5).locator("input").first
    style = "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    assert entry.evaluate(style) == ["rgb(34, 34, 34)", "rgb(255, 255, 255)"], "as the picture it is on"


def test_graphs_grow_by_a_third_where_the_page_has_room_and_stay_legible_at_900_pixels(lab):
    names = ("x_plus_y_times_z", "used_twice", "neuron", "two_layers_of_lesson_5")
    lab.write(
        "large.ipynb", [HEAD, *(f"forward_and_backward(graph := {n}())\ndraw_graph(graph)" for n in names)]
    )
    lab.open("large.ipynb")
    letters = """async img => { await img.decode(); return 12 * img.clientWidth / img.naturalWidth }"""
    for width, least in ((1600, 15.9), (900, 11)):
        lab.page.set_viewport_size({"width": width, "height": 1000})
        lab.run_all()
        for cell in range(1, len(names) + 1):
            assert least <= lab.cell(cell).locator("img").evaluate(letters) <= 16.1, (width, names[cell - 1])
            area = lab.cell(cell).locator(".jp-OutputArea-output").first
            assert area.evaluate("node => node.scrollWidth <= node.clientWidth"), (width, names[cell - 1])
