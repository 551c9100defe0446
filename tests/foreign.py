"""A lesson in which others have left something: nbgrader, otter, jupytext, an author, a student."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from tools.clean import read

# What tools and people write into a cell's metadata and into a notebook's. Nobody but they may take it out.
IN_A_CELL = {
    "nbgrader": {"nbgrader": {"grade": True, "grade_id": "sum-of-two", "points": 2, "schema_version": 3}},
    "nbgrader's locked": {  # as nbgrader 0.9 hands it out
        "deletable": False,
        "editable": False,
        "nbgrader": {
            "cell_type": "code",
            "checksum": "7d1340fb60ce9e7cd6d6e1208e666bc0",
            "grade": True,
            "grade_id": "a",
            "locked": True,
            "points": 1,
            "schema_version": 3,
            "solution": False,
            "task": False,
        },
    },
    "otter": {"otter": {"tests": ["q1"]}},
    "deletable": {"deletable": False},
    "editable": {"editable": False},
    "slideshow": {"slideshow": {"slide_type": "fragment"}},
    "jupytext": {"jupytext": {"outputs_hidden": False}, "lines_to_next_cell": 2},
    "name": {"name": "the-first-sum"},
    "comments": {"comments": [{"author": "Ada", "text": "Is this too long?", "open": False}]},
    "tags": {"tags": ["remove-cell", "parameters"]},
    "papermill": {"papermill": {"duration": 0.01, "exception": False}},
    "folded": {"collapsed": True},
    "in jupyter's own": {"jupyter": {"outputs_hidden": True, "of_an_extension": False}},
    "empty": {"mine": {}, "yours": None, "theirs": False},
}
IN_A_NOTEBOOK = {
    "jupytext": {"jupytext": {"formats": "ipynb,py:percent", "text_representation": {"extension": ".py"}}},
    "otter": {"otter": {"OK_FORMAT": True, "tests": {"q1": {"points": 1}}}},
    "nbgrader": {"celltoolbar": "Create Assignment"},
    "author": {"authors": [{"name": "Ada"}], "title": "Sums", "comment": "for class 7b"},
    "rise": {"rise": {"theme": "sky", "enabled": False}},
    "kernel": {"kernelspec": {"display_name": "Python (class 7)", "language": "python", "name": "class-7"}},
    "environment": {
        "language_info": {"file_extension": ".py", "name": "python", "of_an_extension": {"a": 1}}
    },
}
KINDS = {"code": v4.new_code_cell, "text": v4.new_markdown_cell, "raw": v4.new_raw_cell}
VIEW = {"model_id": "0f", "version_major": 2, "version_minor": 0}
STATE = {"application/vnd.jupyter.widget-state+json": {"state": {"0f": {"state": {"value": 3}}}}}


def lesson() -> NotebookNode:
    """All of it in one lesson, in its normal form."""
    cells = []
    for number, (name, metadata) in enumerate(IN_A_CELL.items()):
        for kind, make in KINDS.items():
            cells.append(make(f"# {name}", id=f"{kind}-{number}", metadata=deepcopy(metadata)))
    notebook = v4.new_notebook(cells=cells, metadata={"miniflow": {"lesson": "06"}})
    for metadata in IN_A_NOTEBOOK.values():
        notebook.metadata |= deepcopy(metadata)
    return notebook


def as_a_student_leaves_it() -> NotebookNode:
    """The same after a run in JupyterLab: a widget's state, a whole traceback, timings, counts of runs."""
    notebook = lesson()
    notebook.metadata["widgets"] = deepcopy(STATE)
    notebook.metadata["language_info"]["version"] = "3.11.7"
    first, second = (cell for cell in notebook.cells[:6] if cell.cell_type == "code")
    first.execution_count, second.execution_count = 17, 4
    first.metadata |= {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "scrolled": True}
    first.outputs = [
        v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": dict(VIEW)}),
        v4.new_output("stream", name="stdout", text="one\n"),
        v4.new_output("stream", name="stdout", text="two\n"),
    ]
    traceback = [
        "Traceback (most recent call last)",
        "Cell In[4], line 1",
        "ZeroDivisionError: division by zero",
    ]
    second.outputs = [
        v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=traceback)
    ]
    return notebook


def edit(path: Path, *sources: str) -> bytes:
    """What a learner does; returns what is in the file then."""
    notebook = read(path)
    for cell, text in zip(notebook.cells, sources):
        cell.source = text
    nbformat.write(notebook, path)
    return path.read_bytes()
