"""The source of the library, shown in a lesson."""

from __future__ import annotations

import inspect

from IPython.display import Markdown

from miniflow_lib import errors

# JupyterLab breaks a long line of code, in the middle of a word too; in a column as wide as the longest line
# it scrolls. Its sanitizer leaves these styles, so a notebook that is not trusted yet scrolls too.
BEFORE = '<div style="display: grid; grid-template-columns: max-content; overflow-x: auto">\n\n'
AFTER = "\n\n</div>"


def show_source(*things: object) -> Markdown:
    """The source of classes or functions as it stands in the library, coloured by the notebook."""
    sources = "\n\n\n".join(map(_source, things))
    return Markdown(f"{BEFORE}```python\n{sources}\n```{AFTER}")


def _source(thing: object) -> str:
    try:
        return inspect.getsource(thing).rstrip()
    except (TypeError, OSError):  # an object, a built-in, or something that stands in no file
        raise errors.MiniFlowError(
            f"show_source takes classes and functions written in Python, not {errors.what(thing)}."
        ) from None
