"""The game of stale values in JupyterLab: the arrow keys are enough, and each click is answered in words."""

import re

from playwright.sync_api import expect

GRAPH = """\
from miniflow_lib import Add, Input, Mul, topological_sort
from miniflow_classroom import stale

x, y, z = Input("x"), Input("y"), Input("z")
f = Mul(Add(x, y, name="q"), z, name="f")
topological_sort({x: 4, y: 5, z: 10})
q, *_ = x.outbound_nodes
q.forward()
f.forward()"""


def test_the_keys_drag_and_run_and_each_is_answered(lab):
    lab.write("stale.ipynb", [GRAPH, "stale(f)"])
    lab.page.set_viewport_size({"width": 900, "height": 1000})
    lab.open("stale.ipynb")
    lab.run_all()
    assert lab.errors() == []
    says = lab.cell(1).get_by_role("status")
    expect(says).to_contain_text("All values are up to date. Drag x")
    lab.cell(1).locator(".noUi-handle").first.focus()
    lab.page.keyboard.press("ArrowRight")
    expect(says).to_contain_text("x is now 5. Stale: q and f")
    expect(lab.cell(1).locator("svg[role=img]")).to_have_attribute("aria-label", re.compile("value 9, stale"))
    lab.button("run f", cell=1).focus()
    lab.page.keyboard.press("Enter")
    expect(says).to_contain_text("But q is stale (made with x = 4), so 90 is wrong.")
    for op in ("q", "f"):
        lab.button(f"run {op}", cell=1).focus()
        lab.page.keyboard.press("Enter")
        expect(says).to_contain_text(f"{op} reads ")
    expect(says).to_contain_text("and makes 100. All values are up to date again, after 3 runs. 2 would have")
    lab.cell(1).locator(".noUi-handle").last.focus()
    lab.page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("z is now 9. Stale: f still keeps the value that it made before.")
    area = lab.cell(1).locator(".jp-OutputArea-output").first
    assert area.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
