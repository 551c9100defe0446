"""Runs lessons from top to bottom and stores their outputs: `make notebooks`."""

from __future__ import annotations

import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from tools import ToolError
from tools.clean import clean, read, write

SECONDS_A_CELL = 600


def execute(path: Path, **variables: str) -> NotebookNode:
    """Runs every cell of a lesson in a new kernel, in the lesson's folder; returns it in its normal form.

    variables: set in the kernel's environment, beside those of this process. A cell that raises stops the run
    with ToolError, unless it is tagged raises-exception. The file stays as it is.
    """
    client = NotebookClient(
        read(path),
        timeout=SECONDS_A_CELL,
        # Else an output that comes more than four seconds after its cell's end is left out without a word.
        iopub_timeout=SECONDS_A_CELL,
        raise_on_iopub_timeout=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
    )
    try:
        return clean(client.execute(env={**os.environ, **variables}))
    except (CellExecutionError, CellTimeoutError) as error:
        raise ToolError(f"{path}: a cell failed, and nothing was written.\n{error}") from error


def build(path: Path) -> bool:
    """Executes one lesson in place; says whether its file changed. A lesson that fails is left as it was."""
    before = path.read_bytes()
    write(execute(path), path)
    return path.read_bytes() != before
