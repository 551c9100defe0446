"""The source of the library, shown in a lesson."""

from __future__ import annotations

import inspect
import re
import textwrap
from html import escape, unescape

from IPython.display import Markdown

from miniflow_lib import errors

# JupyterLab breaks a long line of code, in the middle of a word too; in a column as wide as the longest line
# it scrolls. In letters of 12 pixels the lines that a lesson shows fit a page of 900 pixels, nearly all of
# them. Its sanitizer leaves these styles, so a notebook that is not trusted yet has them too.
BEFORE = (
    '<div style="display: grid; grid-template-columns: max-content; overflow-x: auto; font-size: 12px">\n\n'
)
AFTER = "\n\n</div>"
_FOLD = re.compile("<details><summary>(.*?)</summary>\n(.*)</details>", re.DOTALL)


def show_source(*things: object) -> Markdown:
    """The source of classes or functions as it stands in the library, folded, coloured by the notebook."""
    sources = "\n\n\n".join(map(_source, things))
    named = ", ".join(getattr(thing, "__qualname__", "") for thing in things)
    summary = f"Read {named} in the library ({len(sources.splitlines())} lines)"
    code = f"{BEFORE}```python\n{sources}\n```{AFTER}"
    return Markdown(f"<details><summary>{escape(summary)}</summary>\n{code}</details>")


def unfolded(text: str) -> tuple[str, str]:
    """(what is clicked to see it, the text without our HTML); the first is empty where nothing is folded."""
    fold = _FOLD.fullmatch(text)
    summary, text = (unescape(fold[1]), fold[2]) if fold else ("", text)
    return summary, text.removeprefix(BEFORE).removesuffix(AFTER)


def _source(thing: object) -> str:
    try:
        return textwrap.dedent(inspect.getsource(thing)).rstrip()
    except (TypeError, OSError):  # an object, a built-in, or something that stands in no file
        raise errors.MiniFlowError(
            f"show_source takes classes and functions written in Python, not {errors.what(thing)}."
        ) from None
