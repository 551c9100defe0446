"""Run again, get the same: each cell twice, then each section from its heading, the last one first.

In lesson 06 the sealed rows have other prices meanwhile, and nothing may show them before the opening.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

from tests.plots_seen import alike, pictures
from tests.series import ROOT, code_cells, compared, every_lesson, kernel, read, run, tags
from tools import clean

pytestmark = pytest.mark.heavy

SEAL, OPENING = "item:seal", "item:open"  # the code cells that seal rows, and that open them again


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


def rounds(notebook: NotebookNode) -> list[tuple[str, list[int], bool]]:
    """(when, numbers of cells, whether they give what is stored): all code in order.

    From a seal on, the sealed rows have other prices. The opening is run with these, and then once more with
    the real ones, as is what follows. Two cells that exchange them are appended to the notebook.
    """
    code = code_cells(notebook)
    seal, opening = ([n for n in code if tag in tags(notebook.cells[n])][:1] for tag in (SEAL, OPENING))
    if not (seal and opening):
        return [("", code, True)]
    (last,), (first,) = seal, opening
    (section,) = (numbers for numbers in sections(notebook) if first in numbers)
    other, back = len(notebook.cells), len(notebook.cells) + 1
    for change in ("put_in", "take_out"):
        lines = f"sys.path.insert(0, {str(ROOT)!r})", "from tests import sealed", f"sealed.{change}(page)"
        program = "; ".join(["import sys", *lines])
        notebook.cells.append(v4.new_code_cell(f"exec({program!r}, {{'page': globals()}})"))
    when = ", with other prices in the sealed rows"
    return [
        ("", [n for n in code if n <= last], True),
        (when, [other, *(n for n in code if last < n < first)], True),
        (f"{when}, which are opened", [n for n in section if n >= first], False),
        ("", [back, *(n for n in code if n >= first)], True),
    ]


def difference(cell: NotebookNode, before: NotebookNode) -> str:
    """How the outputs of a cell differ from the stored ones; "" when they do not."""
    if not alike(pictures(cell.outputs), pictures(before.outputs)):
        return "another picture than the stored one"
    now, then = compared(cell), compared(before)
    return "" if now == then else f"{now}\n{then}"


@every_lesson
def test_run_again_and_get_the_same(path):
    notebook = read(path)
    backwards = [number for section in reversed(sections(notebook)) for number in section]
    ordered = [
        (f"each cell twice{when}", [number for number in numbers for _ in range(2)], same)
        for when, numbers, same in rounds(notebook)
    ]
    stored, differs = deepcopy(notebook), []
    with kernel(notebook) as run_cell:
        for when, numbers, same in [*ordered, ("the sections backwards", backwards, True)]:
            ran = [(number, difference(run_cell(number), stored.cells[number])) for number in numbers]
            found = [f"cell {n}: {stored.cells[n].source[:70]!r}\n{how}" for n, how in ran if how]
            if same:
                differs += [f"{when}: {text}" for text in found]
            elif not found:
                differs.append(f"{when}: no cell shows it")
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
