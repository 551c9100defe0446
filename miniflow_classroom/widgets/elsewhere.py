"""What another library or a compiler gives, where it is installed: shown live, and never stored."""

from __future__ import annotations

import sys
from collections.abc import Callable

from miniflow_lib.errors import check_function
from miniflow_classroom import arguments
from miniflow_classroom.widgets.base import StaticBox, captured, paragraph, preformatted, prose, run_it, wide


def where_installed(module: str, run: Callable[[], object]) -> StaticBox:
    """Show what run() prints, which imports `module`; where that is missing, say how to install it.

    "cc": run() needs a C compiler, and raises FileNotFoundError where there is none. A browser has neither a
    compiler nor, mostly, the library, and nothing can be installed there.
    """
    arguments.check_text("The first argument of where_installed", module)
    check_function("The second argument of where_installed", run, "run()")
    try:
        with captured() as printed:
            run()
        shown = preformatted(printed.getvalue().rstrip(), "what it printed")
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        shown = _missing(
            f"`{module}` is not installed here.", f"`pip install {module}`, then run this cell again."
        )
    except FileNotFoundError as error:
        if error.filename != module:
            raise
        get = "`sudo apt install gcc` (Debian, Ubuntu) or `xcode-select --install` (macOS)"
        named = "or name another one in the environment variable `CC`, then run this cell again."
        shown = _missing(f"`{module}`, a C compiler, was not found here.", f"Get one with {get}, {named}")
    return StaticBox(
        [wide(shown)], text=f"What {module} gives, where it is installed: run the cell.", page=run_it
    )


def _missing(said: str, what_to_do: str) -> str:
    """That something is missing, and how it is got, which in a browser it is not."""
    if sys.platform == "emscripten":
        what_to_do = "A browser's Python cannot have it: this cell needs Python on a machine of your own."
    return paragraph(prose(f"{said} {what_to_do}"))
