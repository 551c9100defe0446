"""A class that clicks faster than it reads: the last click decides, and an interrupted cell trains on."""

from __future__ import annotations

import pytest
from nbformat import v4

from tools.build import build

pytestmark = pytest.mark.heavy

LIVE = """\
from miniflow_lib import Add, Input, forward_pass, topological_sort, trace
from miniflow_classroom import live, toggles

def example():
    x, y = Input("x"), Input("y")
    f = Add(x, y)
    forward_pass(f, topological_sort({x: 4, y: 5}))

live(example)"""
EVIL = "<img src=x onerror=window.caught=1>"
VIEWS = f"""\
from IPython.display import display
from miniflow_lib import *
from miniflow_classroom import *

name = {EVIL!r}
x, y = Input(name), Input(name + "y")
f = Add(Mul(x, y), x)
graph = topological_sort({{x: 2, y: 3}}, f)
forward_and_backward(graph)

def example():
    print(name)
    with trace.override(DEBUG=True, T_DEBUG=True):
        topological_sort({{x: 2, y: 3}}, f)

display(draw_graph(graph, title=name), stepper(graph), sort_game(graph), nudge(graph))
display(fill_in_gradients(graph), check_gradients(f, {{x: 2, y: 3}}))
display(predict(name, name, choices=[name, "no"], wrong={{"no": name}}, because=name))
display(predict(name, [name, "b"], because=name))
live(example, T_DEBUG=True)"""


def test_after_a_storm_on_the_toggles_the_last_click_holds(lab):
    lab.write("storm.ipynb", [LIVE, "toggles()", "trace.DEBUG, trace.T_DEBUG"])
    lab.open("storm.ipynb")
    lab.run_all()
    first = lab.shows(0, lambda text: "forward pass" in text)
    lab.button("T_DEBUG", 1).wait_for()
    for cell, clicks in ((0, 31), (1, 31)):
        lab.cell(cell).evaluate(
            """(cell, clicks) => {
                const buttons = [...cell.querySelectorAll('.widget-toggle-button')];
                for (let i = 0; i < clicks; i++) buttons[i % 2].click();
            }""",
            clicks,
        )
    # 16 clicks on DEBUG leave it as it was, 15 on T_DEBUG turn it.
    last = first.splitlines()[-1]
    lab.stays(0, lambda text: "topological_sort" in text and text.endswith(last))
    lab.idle()
    lab.run_cell(2)
    assert lab.output(2) == "(False, True)"


def test_an_interrupted_training_cell_is_run_again_and_gives_what_it_gives(lab):
    train = """\
import numpy as np
from miniflow_lib import MSE, Input, Linear, topological_sort, train
from miniflow_classroom import bar

def fit(epochs):
    X, y, W, b = map(Input, ("X", "y", "W", "b"))
    rng = np.random.default_rng(0)
    rows = {X: rng.standard_normal((50, 3)), y: rng.standard_normal(50)}
    graph = topological_sort({**rows, W: np.zeros((3, 1)), b: np.zeros(1)}, MSE(y, Linear(X, W, b)))
    return train(graph, rows, [W, b], epochs=epochs, batch_size=50, progress=bar(epochs))

EPOCHS = 10**7"""
    run = 'costs = fit(EPOCHS)\nprint(f"{costs[0]:.4g}")'
    lab.write("interrupt.ipynb", [train, run, "EPOCHS = 1"])
    lab.open("interrupt.ipynb")
    lab.run_cell(0)
    lab.run_cell(1, wait=False)
    lab.cell(1).locator(".widget-hprogress").wait_for()
    lab.page.wait_for_timeout(4000)  # thousands of epochs, and the server still passes on what is said
    lab.command("notebook:interrupt-kernel")
    lab.idle()
    said, first = lab.stdout(1).splitlines()
    assert said.startswith("Interrupted in epoch") and lab.errors() == []
    lab.run_cell(2)
    lab.run_cell(1)
    assert lab.stdout(1).splitlines() == [first]


RESTARTED = [
    "from miniflow_lib import Add, Input, forward_pass, topological_sort",
    "x, y = Input('x'), Input('y')\nf = Add(x, y)\nf.name",
    v4.new_code_cell("forward_pass(f, [])", metadata={"tags": ["raises-exception"]}),
    "graph = topological_sort({x: 4, y: 5}, f)\nprint(len(graph))",
    "forward_pass(f, graph)",
    "x.value + y.value",
]


@pytest.mark.parametrize("moment", ["before the first cell", "in the middle"])
def test_a_restart_in_the_middle_and_run_all_gives_what_is_stored(lab, moment):
    build(lab.write("restart.ipynb", RESTARTED))
    lab.open("restart.ipynb")
    texts = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map(
        cell => (cell.outputs?.toJSON() ?? []).map(out => out.text ?? out.data?.['text/plain']).join('|'))"""
    stored = lab.page.evaluate(texts)
    if moment == "in the middle":
        lab.select(len(stored) // 2)
        lab.command("notebook:run-all-above", wait=False)
        lab.idle()
        assert lab.errors() == []
    # First the answers to what JupyterLab asks a kernel by itself about its widgets: or the old kernel closes
    # what the page no longer knows, and the page complains.
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    lab.page.evaluate(f"() => {kernel}.requestCommInfo({{}})")
    lab.idle()
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    lab.idle()
    lab.run_all()
    assert lab.errors() == [] and lab.page.evaluate(texts) == stored


def test_a_node_named_like_a_picture_that_runs_code_runs_none(lab):
    lab.write("evil.ipynb", [VIEWS])
    lab.open("evil.ipynb")
    lab.run_all()
    assert lab.errors() == []
    lab.cell(0).locator("input[type=radio]").first.wait_for()
    for selector in ("button:not(:disabled)", "input[type=radio], summary"):
        lab.cell(0).locator(".jp-OutputArea").first.evaluate(
            """async (area, selector) => {
                for (const control of area.querySelectorAll(selector)) {
                    control.click();
                    await new Promise(done => setTimeout(done, 100));
                }
            }""",
            selector,
        )
    for field in lab.cell(0).locator(".jp-OutputArea input[type=text]:visible").all()[:10]:
        field.fill(EVIL)
        field.press("Enter")
    lab.idle()
    assert lab.page.evaluate("() => window.caught") is None
    assert "<img src=x" in lab.cell(0).inner_text()
