"""Run again, get the same: each cell twice, the whole lesson twice, and each section from its heading."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbclient import NotebookClient

from tests.plots_seen import alike, pictures
from tools import clean

pytestmark = pytest.mark.heavy
LESSONS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9]*.ipynb"))


def compared(cell) -> list:
    """What nbval would compare: all text, pictures and widgets left out."""
    found = []
    for output in clean._clean_outputs(cell.outputs):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        else:
            text = {mime: data for mime, data in output.data.items() if mime != "image/png"}
            if text:
                found.append((output.output_type, text))
    return found


def sections(cells: list) -> list[list[int]]:
    """The numbers of the code cells under each heading."""
    found: list[list[int]] = [[]]
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        elif cell.cell_type == "code" and cell.source.strip():
            found[-1].append(number)
    return [section for section in found if section]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_run_again_and_get_the_same(path):
    notebook = clean.read(path)
    stored = {n: compared(cell) for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    drawn = {n: pictures(notebook.cells[n].outputs) for n in stored}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    differs = []

    def run(numbers, when):
        for number in numbers:
            cell = notebook.cells[number]
            client.execute_cell(cell, number)
            if not alike(pictures(cell.outputs), drawn[number]):
                differs.append(f"{when}: cell {number}: another picture than the stored one")
            if compared(cell) != stored[number]:
                differs.append(
                    f"{when}: cell {number}: {cell.source[:70]!r}\n{compared(cell)}\n{stored[number]}"
                )

    all_cells = [
        n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()
    ]
    with client.setup_kernel():
        for number in all_cells:
            run([number, number], "each cell twice")
        run(all_cells, "Run All a second time")
        for section in sections(notebook.cells):
            run(section, "a section again")
    assert not differs, "\n\n".join(differs[:5])


def test_a_cell_that_counts_its_runs_would_be_found(tmp_path):
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("n = globals().get('n', 0) + 1\nprint(n)")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path = tmp_path / "00_counts.ipynb"
    NotebookClient(notebook, timeout=60).execute()
    clean.write(notebook, path)
    with pytest.raises(AssertionError, match="each cell twice"):
        test_run_again_and_get_the_same(path)
