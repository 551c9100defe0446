"""The one form in which a lesson is stored.

A notebook is written by three tools (`make notebooks`, JupyterLab, an editor), and each leaves
something of its own behind: timings, widget views, a count of runs. `clean` takes that away, so that
one changed word changes one line of the file and a second build changes nothing. What other tools
keep in the metadata (nbgrader, otter, jupytext) stays.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tools.errors import ToolError

MARK = "miniflow"
VIEW = "application/vnd.jupyter.widget-view+json"
# What Jupyter writes into a cell's metadata by itself: of passing use, or a default written out.
PASSING = ("execution", "heading_collapsed", "jp-MarkdownHeadingCollapsed", "scrolled", "trusted")
DEFAULTS = {
    "collapsed": False,
    "deletable": True,
    "editable": True,
    "jupyter": {},
    "slideshow": {"slide_type": ""},
    "tags": [],
}
FOLDS = ("outputs_hidden", "source_hidden")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "name": "python"}  # without the extension nbconvert writes a .txt
# What a kernel reports of its language beside that; it differs from one machine to the next.
REPORTED = ("codemirror_mode", "mimetype", "nbconvert_exporter", "pygments_lexer", "version")


def is_lesson(notebook: NotebookNode | dict) -> bool:
    """Whether a notebook is of this series: its metadata say {"miniflow": {"lesson": "06"}} or the like."""
    return bool(notebook.get("metadata", {}).get(MARK))


def clean(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook in its normal form, which changes only with its cells and their outputs."""
    notebook = nbformat.from_dict(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("widgets", None)
    if _kernel(notebook) == KERNEL["name"]:  # another one was chosen by somebody; `check` names it
        notebook.metadata.kernelspec = notebook.metadata.get("kernelspec", {}) | KERNEL
    language = notebook.metadata.get("language_info", {})
    kept = {key: value for key, value in language.items() if key not in REPORTED}
    notebook.metadata.language_info = nbformat.from_dict(kept | LANGUAGE)
    taken: set[str] = set()
    runs = 0
    for cell in notebook.cells:
        _clean_id(cell, taken)
        _clean_metadata(cell)
        if cell.cell_type != "code":
            continue
        cell.outputs = _clean_outputs(cell.outputs)
        if cell.get("execution_count") is not None:
            # A cell that was run twice counts once: the numbers are those of Run All.
            runs += 1
            cell.execution_count = runs
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = runs
    return notebook


def _kernel(notebook: NotebookNode) -> str:
    """The name of the kernel that it asks for; JupyterLab leaves it empty where none was chosen."""
    return notebook.metadata.get("kernelspec", {}).get("name") or KERNEL["name"]


def _clean_id(cell: NotebookNode, taken: set[str]) -> None:
    """A cell keeps its id. One without an id, or with one that is taken, gets one made from its source."""
    name, number = cell.get("id", ""), 1
    if not re.fullmatch(r"[\w-]{1,64}", name, flags=re.ASCII) or name in taken:
        made = name = hashlib.sha1((cell.cell_type + cell.source).encode()).hexdigest()[:8]
        while name in taken:
            number += 1
            name = f"{made}-{number}"
    taken.add(name)
    cell.id = name


def _clean_metadata(cell: NotebookNode) -> None:
    kept = {key: value for key, value in cell.metadata.items() if key not in PASSING}
    folds = {k: v for k, v in kept.pop("jupyter", {}).items() if k not in FOLDS or v is not False}
    # Reading a solution, or a prediction's answer, unfolds it: no reason to store it unfolded.
    is_solution = any(tag.startswith("solution:") for tag in kept.get("tags", []))
    if cell.cell_type == "code" and (is_solution or cell.source.startswith("predict(")):
        folds["source_hidden"] = True
    kept["jupyter"] = folds
    written = {key: value for key, value in kept.items() if key not in DEFAULTS or value != DEFAULTS[key]}
    cell.metadata = nbformat.from_dict(written)


def _clean_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    kept: list[NotebookNode] = []
    for output in outputs:
        last = kept[-1] if kept else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text
            continue
        if output.output_type == "error":
            # The stack names the folders of the machine that ran it.
            output.traceback = [f"{output.ename}: {output.evalue}"]
        if "data" in output:
            output.data.pop(VIEW, None)
            if not output.data:
                continue
        kept.append(output)
    return kept


def as_text(notebook: NotebookNode) -> str:
    """The notebook as it stands in its file, line end at the end included."""
    return nbformat.writes(notebook) + "\n"


def read(path: Path) -> NotebookNode:
    """The notebook of a file. Raises ToolError where the file holds none."""
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        if isinstance(notebook.metadata, dict) and isinstance(notebook.cells, list):
            return notebook
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError):
        pass  # nbformat raises each of these, by what is missing
    raise ToolError(f"{path} cannot be read as a notebook. Remove it, or put an intact copy in its place.")


def write(notebook: NotebookNode, path: Path) -> None:
    """Writes the notebook in its normal form, with the same line ends on every system."""
    path.write_bytes(as_text(clean(notebook)).encode())


def problems(path: Path) -> list[str]:
    """What keeps a lesson from being stored as it is: a sentence each, none when all is well."""
    notebook = read(path)
    found = []
    if notebook.metadata.get(MARK, {}).get("lesson") != path.name[:2]:
        found.append(
            f'{path.name} is not marked as lesson {path.name[:2]}: its metadata need {{"{MARK}": {{"lesson": '
            f'"{path.name[:2]}"}}}}, so that the save hook knows it.'
        )
    if path.read_bytes() != as_text(clean(notebook)).encode():
        found.append(f"{path.name} is not normalised: `make notebooks` does it, then commit the file.")
    if _kernel(notebook) != KERNEL["name"]:
        found.append(
            f"{path.name} asks for the kernel {_kernel(notebook)}, which others do not have: choose "
            f"{KERNEL['display_name']} in JupyterLab and save."
        )
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip():
            found += [f"{path.name}, cell {number}: {what}" for what in _cell_problems(cell)]
    return found


def _cell_problems(cell: NotebookNode) -> list[str]:
    if cell.execution_count is None:
        return ["was never run. `make notebooks` runs it and stores its outputs."]
    tags = cell.metadata.get("tags", [])
    found = []
    if "raises-exception" not in tags and any(output.output_type == "error" for output in cell.outputs):
        found.append(
            "stores an error. Mend the cell, or tag it raises-exception when the error is the lesson."
        )
    if any(output.get("name") == "stderr" for output in cell.outputs):
        found.append("stores a warning (stderr). Mend what it warns of.")
    if "plt.show()" in cell.source and not any(_shows_something(output) for output in cell.outputs):
        found.append("draws a plot, but stores no picture with something on it.")
    return found


def _shows_something(output: NotebookNode) -> bool:
    """Whether an output is a PNG that is not all of one colour."""
    import matplotlib.image

    png = output.get("data", {}).get("image/png")
    if png is None:
        return False
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(png)), format="png")
    return bool((pixels != pixels[0, 0]).any())


def save_hook(model: dict[str, Any], **_: Any) -> None:
    """What JupyterLab calls before a save: normalises a lesson of this series, leaves other files alone."""
    if model.get("type") != "notebook" or not model.get("content"):
        return
    if model["content"].get("nbformat") == 4 and is_lesson(model["content"]):
        model["content"] = clean(model["content"])
