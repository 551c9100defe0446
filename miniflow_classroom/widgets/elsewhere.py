"""What another library or a compiler gives, where it is installed: shown live, and never stored."""

from __future__ import annotations

from collections.abc import Callable

from miniflow_lib.errors import check_function
from miniflow_classroom import arguments
from miniflow_classroom.widgets.base import StaticBox, captured, paragraph, preformatted, prose, run_it, wide


def where_installed(module: str, run: Callable[[], object]) -> StaticBox:
    """Show what run() prints, which imports `module`; where that is missing, say how to install it.

    "cc": run() needs a C compiler, and raises FileNotFoundError where there is none.
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
        said = f"`{module}` is not installed here. `pip install {module}`, then run this cell again."
        shown = paragraph(prose(said))
    except FileNotFoundError as error:
        if error.filename != module:
            raise
        get = "`sudo apt install gcc` (Debian, Ubuntu) or `xcode-select --install` (macOS)"
        named = "or name another one in the environment variable `CC`, then run this cell again."
        shown = paragraph(prose(f"`{module}`, a C compiler, was not found here: get one with {get}, {named}"))
    return StaticBox(
        [wide(shown)], text=f"What {module} gives, where it is installed: run the cell.", page=run_it
    )
