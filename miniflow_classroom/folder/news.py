"""The note in a lesson: that the series has a newer version of it, or that a hand-out will replace it."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from miniflow_classroom.folder.hand_out import is_lessons
from miniflow_classroom.show.words import wrapped

RECORD = ".miniflow.json"  # written by copies.py, in learners' folders and hand-outs only
NOT_YOURS = "This is the hand-out's own lesson, and the next hand-out replaces it. Write in yours, in work/: \
the README says how you get there."


def tell() -> None:
    """Show the note under the cell that is running. Does nothing outside a kernel, and never raises."""
    with suppress(Exception):
        shell = sys.modules["IPython"].get_ipython()
        if not hasattr(shell, "kernel"):
            return
        newer = newer_lessons(Path.cwd(), this_notebook(shell.user_ns))
        from IPython.display import display

        if newer:
            display({"text/markdown": in_markdown(newer), "text/plain": in_words(newer)}, raw=True)
        elif is_lessons(Path.cwd()):
            display({"text/markdown": f"> {NOT_YOURS}", "text/plain": wrapped(NOT_YOURS)}, raw=True)


def this_notebook(user_ns: dict) -> str:
    """The file name of the notebook that this kernel runs; "" where the front end does not say."""
    path = os.environ.get("JPY_SESSION_NAME") or user_ns.get("__vsc_ipynb_file__", "")
    name = Path(unquote(path)).name
    return name if name.endswith(".ipynb") else ""


def newer_lessons(folder: Path, notebook: str) -> dict[str, str]:
    """{a lesson in this folder: the newer one}, of this notebook, or of all where `notebook` is ""."""
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        news = json.loads((folder / RECORD).read_text(encoding="utf-8"))["news"].items()
        there = {name for name in os.listdir(folder) if name.endswith(".ipynb")}
        return {name: new for name, new in news if {name, new} <= there and notebook in ("", name)}
    return {}


def in_words(newer: dict[str, str]) -> str:
    """The note as plain text, in lines of at most 80 columns."""
    return wrapped(" ".join(_sentences(newer)))


def in_markdown(newer: dict[str, str]) -> str:
    """The note with links that open the newer lessons."""
    return "> " + " ".join(_sentences({name: f"[{to}]({quote(to)})" for name, to in newer.items()}))


def _sentences(newer: dict[str, str]) -> list[str]:
    each = [
        f"The series has a newer {name} than yours. Yours stays as it is, and the new one is {to}."
        for name, to in newer.items()
    ]
    return [*each, "The engine in my_miniflow.py serves both."]
