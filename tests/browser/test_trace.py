"""The trace and its buttons as a learner meets them: in a real JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.series import compared, every_lesson, read, run, tags, texts
from tools.copies import handed_out

pytestmark = pytest.mark.heavy

SUM = """\
from miniflow_lib import Add, Input, forward_pass, topological_sort, trace
from miniflow_classroom import live, toggles

def example():
    x, y, z = Input("x"), Input("y"), Input("z")
    f = Add(x, y, z)
    forward_pass(f, topological_sort({x: 4, y: 5, z: 10}))

live(example)"""

LAYER = """\
from miniflow_lib import MSE, Input, Linear, Sigmoid, forward_and_backward, topological_sort
from miniflow_classroom import live

def layer():
    X, y, W1, b = Input("X"), Input("y"), Input("W1"), Input("b")
    MSE(y, Sigmoid(Linear(X, W1, b)))
    graph = topological_sort({X: [[-1, -2], [-1, -2]], y: [1, 2], W1: [[2], [3]], b: [-3]})
    forward_and_backward(graph)

live(layer, T_DEBUG=True)"""


# MyInput is given: in a copy its check keeps it, and the cells that tell of the file say so.
GIVEN = re.compile(r'check\("MyInput"\)|= mine\(|show_mine\(')


def trace_of(lab, cell: int) -> str:
    return lab.cell(cell).locator("pre").last.inner_text()


def test_a_click_changes_the_trace_in_place_and_a_second_one_brings_it_back(lab):
    lab.write("click.ipynb", [SUM])
    lab.open("click.ipynb")
    lab.run_all()
    first = trace_of(lab, 0)
    assert first.startswith("forward pass") and "9 + 10 (z) = 19" in first
    lab.button("DEBUG", 0).click()
    lab.shows(0, lambda text: "(nothing is printed" in text)
    lab.button("T_DEBUG", 0).click()
    lab.shows(0, lambda text: "topological_sort" in text and "forward pass" not in text)
    lab.button("DEBUG", 0).click()
    both = lab.shows(0, lambda text: "forward pass" in text)
    assert both.endswith(first)
    lab.button("T_DEBUG", 0).click()
    lab.shows(0, lambda text: "topological_sort" not in text and text.endswith(first))
    assert lab.cell(0).locator(".jp-InputPrompt").inner_text() == "[1]:", "the cell was run again"


def test_the_buttons_work_by_keyboard(lab):
    lab.write("keys.ipynb", [SUM])
    lab.open("keys.ipynb")
    lab.run_all()
    lab.button("DEBUG", 0).focus()
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Space")
    lab.shows(0, lambda text: "topological_sort" in text)


def test_button_and_flag_follow_each_other(lab):
    imports = "from miniflow_lib import trace\nfrom miniflow_classroom import toggles"
    cells = [f"{imports}\n\ntoggles()", "trace.DEBUG = True", "trace.DEBUG"]
    lab.write("flags.ipynb", cells)
    lab.open("flags.ipynb")
    lab.run_all()
    on = re.compile("mod-active")
    button = lab.button("DEBUG", 0)
    expect(button).to_have_class(on)
    button.click()
    lab.run_cell(2)
    lab.shows(2, lambda text: text == "False")
    for _ in range(3):  # the cell of the buttons again: still one pair that follows
        lab.run_cell(0)
    expect(button).not_to_have_class(on)
    button.click()
    lab.run_cell(2)
    lab.shows(2, lambda text: text == "True")
    button.click()
    expect(button).not_to_have_class(on)
    lab.run_cell(1)
    expect(button).to_have_class(on)
    expect(lab.button("T_DEBUG", 0)).not_to_have_class(on)


def test_the_flags_of_a_live_trace_are_its_own(lab):
    lab.write("own.ipynb", [SUM, "trace.DEBUG, trace.T_DEBUG", "example()"])
    lab.open("own.ipynb")
    lab.run_all()
    lab.button("T_DEBUG", 0).click()
    lab.shows(0, lambda text: "topological_sort" in text)
    lab.run_cell(1)
    lab.run_cell(2)
    lab.shows(1, lambda text: text == "(False, False)")
    assert lab.outputs()[2] == []


def test_saved_after_clicks_it_still_passes_and_reopened_it_shows_its_text(lab):
    path = lab.write("saved.ipynb", [SUM, LAYER, "toggles()"])
    lab.open("saved.ipynb")
    lab.run_all()
    assert lab.errors() == []
    lab.button("T_DEBUG", 0).click()
    lab.shows(0, lambda text: "topological_sort" in text)
    lab.button("DEBUG", 1).click()
    lab.shows(1, lambda text: "backward" not in text)
    lab.button("T_DEBUG", 2).click()
    lab.save()
    lab.close()
    assert "widget-view" not in path.read_text()
    saved = read(path)
    assert [compared(cell) for cell in saved.cells] == [compared(cell) for cell in run(saved.cells)]

    lab.open("saved.ipynb")
    # The text that was stored, not that of the last click.
    lab.shows(0, lambda text: text.startswith("forward pass"))
    lab.shows(1, lambda text: "-3.34017280e-05" in text)
    assert "Model not found" not in lab.page.content() and "model not found" not in lab.page.content()


def test_a_click_beside_a_running_cell_takes_and_adds_no_line(lab):
    """After a reload of the page JupyterLab lets callbacks run in a second thread, beside the cell."""
    slow = """
import time

answered = 0

def slow():
    global answered
    for _ in range(10):  # long enough to meet the other cell's lines
        example()
        time.sleep(0.03)
    answered += 1

live(slow)"""
    loop = """\
lines, goal, give_up = 0, answered + 4, time.monotonic() + 60
while answered < goal and time.monotonic() < give_up:
    print("line", lines)
    lines += 1
    example()
    time.sleep(0.01)
print(goal - answered, "clicks too few;", trace.DEBUG, trace.T_DEBUG)"""
    lab.write("busy.ipynb", [SUM + slow, loop], lesson=False)  # unmarked: the widgets survive the reload
    lab.open("busy.ipynb")
    lab.run_cell(0)
    first = trace_of(lab, 0)
    assert len(first.splitlines()) == 10 * 7
    lab.save()
    lab.reload()
    for expected in (True, False):  # the first of them makes JupyterLab start the second thread
        lab.button("T_DEBUG", 0).click()
        lab.shows(0, lambda text, on=expected: ("topological_sort" in text) is on)
    lab.run_cell(1, wait=False)
    lab.shows(1, lambda text: "line 5" in text)
    for expected in (True, False, True, False):
        lab.button("T_DEBUG", 0).click()
        lab.shows(0, lambda text, on=expected: ("topological_sort" in text) is on)
    assert trace_of(lab, 0) == first
    lab.idle()
    *lines, last = lab.stdout(1).splitlines()
    assert lines == [f"line {i}" for i in range(len(lines))]
    assert last == "0 clicks too few; False False", "the clicks are answered beside the running cell"


def test_clicks_during_a_running_cell_are_answered_by_the_last_one(lab):
    lab.write("queue.ipynb", [SUM, "import time\n\nfor i in range(20):\n    print(i)\n    time.sleep(0.05)"])
    lab.open("queue.ipynb")
    lab.run_cell(0)
    lab.run_cell(1, wait=False)
    lab.shows(1, lambda text: "3" in text)
    for _ in range(3):
        lab.button("T_DEBUG", 0).click()
    lab.idle()
    lab.stays(0, lambda text: "topological_sort" in text and "forward pass" in text)
    assert lab.stdout(1) == "".join(f"{i}\n" for i in range(20))


def test_an_error_after_a_click_is_shown_in_place(lab):
    cell = """\
from miniflow_lib import Input, topological_sort, trace
from miniflow_classroom import live

calls = []

def example():
    calls.append(1)
    print("before")
    topological_sort({Input("<b>x</b>"): "text" if len(calls) > 1 else 1})

live(example)"""
    lab.write("error.ipynb", [cell])
    lab.open("error.ipynb")
    lab.run_all()
    lab.button("T_DEBUG", 0).click()
    text = lab.shows(0, lambda text: "MiniFlowError" in text)
    assert "before\n" in text and "<b>x</b>" in text


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_and_buttons_can_be_read(lab, theme):
    """At least 4.5 : 1 between text and what is behind it; no line cut off in a window 900 pixels wide."""
    lab.write("theme.ipynb", [LAYER])
    lab.page.set_viewport_size({"width": 900, "height": 1000})
    lab.open("theme.ipynb")
    lab.theme(theme)
    lab.run_all()
    contrast = """element => {
        const light = colour => {
            const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255)
                .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        let behind = element;
        while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(behind).backgroundColor)) {
            behind = behind.parentElement;
        }
        const a = light(getComputedStyle(element).color);
        const b = light(getComputedStyle(behind).backgroundColor);
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }"""
    pre = lab.cell(0).locator("pre").last
    assert pre.evaluate(contrast) > 7
    assert lab.button("DEBUG", 0).evaluate(contrast) > 4.5
    assert pre.evaluate("element => element.scrollWidth <= element.clientWidth")
    lab.button("T_DEBUG", 0).click()
    lab.shows(0, lambda text: "topological_sort" not in text)
    assert lab.button("T_DEBUG", 0).evaluate(contrast) > 4.5


@every_lesson
def test_every_lesson_runs_and_stores_the_same_when_saved_after_clicks(lab, path):
    """As learners get it: also after Run All no answer is under a question, and nothing under a solution."""
    (lab.folder / "my_miniflow.py").unlink(missing_ok=True)  # of the lesson before
    (lab.folder / path.name).write_bytes(handed_out(path))  # no outputs, also when it is tried again
    lab.open(path.name)
    assert not any(lab.outputs())
    lab.run_all(timeout=600)
    assert lab.errors() == []
    assert "Error displaying widget" not in lab.page.content()
    buttons = lab.page.locator(".jp-Cell .widget-toggle-button", has_text=re.compile("DEBUG"))
    for button in buttons.all():
        button.click()
    lab.idle()
    lab.save()
    series, saved = read(path).cells, read(lab.folder / path.name).cells
    for number, (cell, stored) in enumerate(zip(saved, series, strict=True)):
        if any(tag.startswith("solution:") for tag in tags(cell)):
            assert cell.outputs == [] and lab.output(number) == "", cell.source
            continue
        if path.stem == "01_nodes" and GIVEN.search(cell.source):
            assert re.search("of 20 pieces|MyInput", "".join(texts(cell))), cell.source
            continue
        assert compared(cell) == compared(stored), stored.source
        if cell.source.startswith("predict("):
            assert "Your prediction." in lab.output(number) and "the answer:" not in lab.output(number)
