"""Running and saving a lesson in JupyterLab leaves its file as it was: nobody typed anything."""

from __future__ import annotations

import pytest
from nbformat import v4

from tools.build import build

pytestmark = pytest.mark.heavy

CELLS = [
    v4.new_markdown_cell("# Every kind of output"),
    v4.new_code_cell("import sys\n\nprint('printed')\n[1, 2]", metadata={"tags": ["exercise:one"]}),
    v4.new_code_cell("import matplotlib.pyplot as plt\n\nplt.plot([1, 3, 2])\nplt.show()"),
    v4.new_code_cell("import ipywidgets\n\nipywidgets.IntSlider(value=3)"),
    v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
    v4.new_code_cell("# Solution\n2 + 2", metadata={"tags": ["solution:one"]}),
]


@pytest.mark.parametrize("runs", [1, 2])
def test_run_all_and_save_leave_the_file_as_it_was(lab, runs):
    path = lab.write("saved.ipynb", CELLS)
    build(path)
    before = path.read_bytes()
    lab.open("saved.ipynb")
    for _ in range(runs):
        lab.run_all()
    lab.save()
    assert path.read_bytes() == before


def test_one_changed_word_changes_its_own_cell_alone(lab):
    path = lab.write("saved.ipynb", CELLS)
    build(path)
    before = path.read_text(encoding="utf-8").splitlines()
    lab.open("saved.ipynb")
    lab.page.evaluate(
        "text => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource(text)",
        "# Each kind",
    )
    lab.save()
    after = path.read_text(encoding="utf-8").splitlines()
    assert len(after) == len(before)
    changed = [line.strip() for line, old in zip(after, before) if line != old]
    assert changed == ['"# Each kind"'], "the cell's id stays"


@pytest.mark.parametrize("first", ["print('done')", "1 / 0"])
def test_run_all_waits_for_every_cell(lab, first):
    """Of a hidden cell no prompt is in the page, and after an error JupyterLab takes the others for done."""
    source = "import time\n\ntime.sleep(0.03)\nprint('done')"
    hidden = {"jupyter": {"source_hidden": True}}
    cells = [v4.new_code_cell(source, metadata=hidden) for _ in range(40)]
    lab.write("hidden.ipynb", [v4.new_code_cell(first, metadata={"tags": ["raises-exception"]}), *cells])
    lab.open("hidden.ipynb")
    lab.run_all()
    assert [len(outputs) for outputs in lab.outputs()] == [1] * 41
