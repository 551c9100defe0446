"""Runs lessons from top to bottom and stores their outputs: `make notebooks`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from tools.clean import clean, read, write

SECONDS_A_CELL = 600


def execute(notebook: NotebookNode, folder: Path, env: Mapping[str, str] | None = None) -> NotebookNode:
    """Runs every cell in a new kernel that works in `folder`; returns the notebook in its normal form.

    env: the kernel's environment variables, those of this process when not said.
    A cell that raises stops the run with nbclient's CellExecutionError, unless it is tagged raises-exception.
    """
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
    )
    client.execute(**({} if env is None else {"env": dict(env)}))
    return clean(notebook)


def build(path: Path) -> bool:
    """Executes one lesson in place; says whether its file changed. A lesson that fails is left as it was."""
    before = path.read_bytes()
    write(execute(read(path), path.parent), path)
    return path.read_bytes() != before
