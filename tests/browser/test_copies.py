"""The note in an edited copy of a lesson that has a newer version in the series."""

from __future__ import annotations

from nbformat import v4
from playwright.sync_api import expect

from tools import clean
from tools.copies import update_working_copy

IMPORT = "from miniflow_classroom import check"


def test_the_note_has_a_link_that_opens_the_new_lesson(lab, tmp_path):
    def change(text: str) -> None:
        cells = [v4.new_code_cell(IMPORT, id="import"), v4.new_markdown_cell(text, id="text")]
        lesson = v4.new_notebook(cells=cells, metadata={"miniflow": {"lesson": "08"}})
        clean.write(lesson, tmp_path / "08_x.ipynb")
        update_working_copy(tmp_path, lab.folder)

    change("the first edition")
    copy = lab.folder / "08_x.ipynb"
    copy.write_text(copy.read_text().replace("the first edition", "mine"))
    change("the second edition")
    lab.open("08_x.ipynb")
    lab.run_all()
    assert lab.output(0).startswith("The series has a newer 08_x.ipynb than yours. Yours stays as it is,")
    lab.spent = True
    lab.cell(0).locator(".jp-OutputArea-output a", has_text="new 08_x.ipynb").click()
    lab.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.context?.path === 'new 08_x.ipynb'"
    )
    expect(lab.cell(1)).to_contain_text("the second edition")
    lab.close()  # this one; the fixture closes the other
