"""The flags as buttons: `toggles` for the learner's own cells, `live` for one example, answering in place."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from miniflow_lib.errors import check_flag, check_function
from miniflow_lib.tracing import trace
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, captured, in_its_place, preformatted

MEANING = {"DEBUG": "the trace of the forward and backward pass", "T_DEBUG": "the trace of the sort"}

_shared: list[ipywidgets.ToggleButton] = []  # the one pair of buttons that every `toggles()` shows


def _flag_set(flag: str, on: bool) -> None:
    for button in _shared:
        if button.description == flag:
            button.value = on


trace.follow(_flag_set)


def toggles() -> StaticBox:
    """Two buttons bound to trace.DEBUG and trace.T_DEBUG, both ways, for all cells that run after a click.

    Every call shows the same two buttons, so running its cell again adds no second observer.
    """
    if not _shared or any(button.comm is None for button in _shared):  # closed, as by Widget.close_all()
        _shared[:] = [_button(flag, getattr(trace, flag)) for flag in MEANING]
        for button in _shared:
            button.observe(lambda change: setattr(trace, change["owner"].description, change["new"]), "value")
    text = "DEBUG and T_DEBUG: two buttons that switch the trace on and off"
    return StaticBox([ipywidgets.HBox(_shared)], text=text, page=lambda: {"kind": "toggles"})


def live(function: Callable[[], object], DEBUG: bool = True, T_DEBUG: bool = False) -> StaticBox:
    """What `function()` prints, under two buttons of its own: a click runs it again under the new flags.

    As the last line of a cell. The flags that other cells see stay as they are. What the first run printed
    is stored in the notebook; an error of the first run is the cell's own, a later one is shown in its place.
    """
    check_function("The first argument of live", function, "function()")
    buttons = [
        _button("DEBUG", check_flag("DEBUG", DEBUG)),
        _button("T_DEBUG", check_flag("T_DEBUG", T_DEBUG)),
    ]

    def flags() -> dict[str, bool]:
        return {button.description: button.value for button in buttons}

    def run(flags: dict[str, bool]) -> str:
        with captured() as out, trace.override(out=out, **flags):
            try:
                function()
            except BaseException as error:
                error.printed = out.getvalue()
                raise
        return out.getvalue().rstrip("\n") or "(nothing is printed: switch a flag on)"

    def show(text: str) -> None:
        view.value = preformatted(text, "what it prints", "padding: 2px 4px")

    def run_again(_) -> None:
        try:
            show(run(flags()))
        except Exception as error:
            show(error.printed + in_its_place(error))

    try:
        text = run(flags())
    except BaseException as error:
        print(error.printed, end="")
        raise
    view = ipywidgets.HTML(layout=ipywidgets.Layout(width="auto", margin="0"))
    show(text)
    latest = LatestOnly(run_again)
    for button in buttons:
        button.observe(latest, "value")

    def page() -> dict:
        texts = {f"{d:d}{t:d}": run({"DEBUG": d, "T_DEBUG": t}) for d in (False, True) for t in (False, True)}
        return {"kind": "live", "on": f"{buttons[0].value:d}{buttons[1].value:d}", "texts": texts}

    return StaticBox([ipywidgets.HBox(buttons), view], text=text, page=page)


def _button(flag: str, on: bool) -> ipywidgets.ToggleButton:
    """A button that says whether it is on by a tick, not by its shade alone."""
    button = ipywidgets.ToggleButton(
        value=bool(on), description=flag, tooltip=f"Show or hide {MEANING[flag]}"
    )

    def tick(change=None) -> None:
        button.icon = "check-square" if button.value else "square-o"

    tick()
    button.observe(tick, "value")
    return button
