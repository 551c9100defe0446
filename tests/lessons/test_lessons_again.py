"""Run again, get the same: each cell twice, then each section from its heading, the last one first."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

from tests.plots_seen import alike, pictures
from tests.series import code_cells, compared, every_lesson, kernel, read, run
from tools import clean

pytestmark = pytest.mark.heavy


def sections(notebook: NotebookNode) -> list[list[int]]:
    """The numbers of the code cells under each heading."""
    found: list[list[int]] = [[]]
    code = set(code_cells(notebook))
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        elif number in code:
            found[-1].append(number)
    return found


@every_lesson
def test_run_again_and_get_the_same(path):
    stored, notebook = read(path), read(path)
    twice = [number for number in code_cells(notebook) for _ in range(2)]
    backwards = [number for section in reversed(sections(notebook)) for number in section]
    differs = []
    with kernel(notebook) as run_cell:
        for when, numbers in (("each cell twice", twice), ("the sections backwards", backwards)):
            for number in numbers:
                cell, before = run_cell(number), stored.cells[number]
                if not alike(pictures(cell.outputs), pictures(before.outputs)):
                    differs.append(f"{when}: cell {number}: another picture than the stored one")
                if compared(cell) != compared(before):
                    texts = f"{compared(cell)}\n{compared(before)}"
                    differs.append(f"{when}: cell {number}: {cell.source[:70]!r}\n{texts}")
    assert not differs, "\n\n".join(differs[:5])


COUNTS = ["n = 0", "n += 1\nprint(n)"]
LEFT_OVER = ["try:\n    print(late)\nexcept NameError:\n    print('not yet')", "## Later", "late = 1"]


@pytest.mark.parametrize(
    ("cells", "when"), [(COUNTS, "each cell twice"), (LEFT_OVER, "the sections backwards")]
)
def test_what_depends_on_what_was_run_before_would_be_found(tmp_path, cells, when):
    kinds = [v4.new_markdown_cell if text.startswith("#") else v4.new_code_cell for text in cells]
    made = [new(text) for new, text in zip(kinds, cells)]
    path: Path = tmp_path / "00_counts.ipynb"
    clean.write(v4.new_notebook(cells=run(made)), path)
    with pytest.raises(AssertionError, match=when):
        test_run_again_and_get_the_same(path)
