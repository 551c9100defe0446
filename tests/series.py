"""The lessons of the series as the tests meet them: found, read, run and compared in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools import clean

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9]*.ipynb"))

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path: Path | str) -> NotebookNode:
    """The notebook at this path, or the lesson of this number ("06"): each caller gets a copy."""
    if isinstance(path, str):
        (path,) = (lesson for lesson in LESSONS if lesson.stem.startswith(path))
    return clean.read(path)


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook: NotebookNode) -> list[int]:
    """The numbers of the cells that hold code."""
    return [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


@contextmanager
def kernel(notebook: NotebookNode, folder: Path = FOLDER) -> Iterator[Callable[[int], NotebookNode]]:
    """A kernel in this folder. Yields what runs the cell of a number, and returns that cell."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources)

    def run_cell(number: int) -> NotebookNode:
        return client.execute_cell(notebook.cells[number], number)

    with client.setup_kernel():
        yield run_cell


def run(cells: list[NotebookNode], folder: Path = FOLDER) -> list[NotebookNode]:
    """The cells after a run from the first to the last, in a new kernel, as they would be stored."""
    notebook = nbformat.v4.new_notebook(cells=deepcopy(cells))
    with kernel(notebook, folder) as run_cell:
        for number in code_cells(notebook):
            run_cell(number)
    return clean.clean(notebook).cells


def compared(cell: NotebookNode) -> list[tuple]:
    """What nbval compares of a cell's outputs: all text, pictures and widgets left out."""
    (cell,) = clean.clean(nbformat.v4.new_notebook(cells=[cell])).cells
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        elif text := {mime: data for mime, data in output.data.items() if mime != "image/png"}:
            found.append((output.output_type, text))
    return found


def texts(cell: NotebookNode) -> list[str]:
    """All text that the outputs of a cell hold: printed, plain, HTML, markdown."""
    found = []
    for output in cell.get("outputs", []):
        found.append(output.get("text", ""))
        found += [str(text) for mime, text in output.get("data", {}).items() if mime != "image/png"]
    return found
