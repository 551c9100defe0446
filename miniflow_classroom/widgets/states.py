"""A widget on a page of `make site`: all that it can show, worked out ahead by the widget itself.

A page has no kernel, so it stores the HTML of each setting, and site_files/player.js shows it. A widget is
told as one panel or more: its controls, the moves that its reader can make, and views, which are tables of
HTML by key. The key is made of what the controls are set to and of the moves so far. No number is worked out
on the page. Where a piece depends on what its reader did, it has a slot.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import product

import ipywidgets

from miniflow_lib.trace_text import number
from miniflow_classroom.widgets.base import TooMany, paragraph

MOST = 2000  # states in a widget; one with more stays a picture
ENTERED = "\ue000"  # the slot of what was typed into the entry that a view belongs to
LIST = "\uf8ff"  # the slot of the moves made so far, by their labels


class View(dict):
    """What a place shows, as {key: HTML}. of: the controls that its key is made of, if not of all."""

    def __init__(
        self, states: Mapping[str, str] | Iterable = (), of: Sequence[int] | None = None, area: int = 0
    ):
        super().__init__(states)
        self.of, self.area = of, area

    def __setitem__(self, key: str, html: str) -> None:
        if len(self) == MOST:
            raise TooMany
        super().__setitem__(key, html)


def key(values: Iterable[int | str] = (), moves: Iterable[str] = (), by: str = "") -> str:
    """The key of a state, as player.js makes it.

    by: where the order of the moves does not matter, the last one: "+a" was made, "-a" was taken back, and
    "?a" was refused.
    """
    return f"{' '.join(map(str, values))}|{' '.join(moves)}|{by}"


def slot(move: int) -> str:
    """The name of a move that is also the slot of its place in the list of those made, from 1."""
    return chr(ord(ENTERED) + move)


def panel(views: Sequence[View], *, areas: Sequence[str] = ("",), **more: object) -> dict:
    """A panel of a widget. areas: the role of each place, "status" where it is read aloud.

    more: controls, moves (buttons, see player.js), choices (radio buttons whose answers are the moves),
    done (the keys at which the next panel opens), sorted (whether the order of the moves does not matter),
    at (where the first control stands at a key), note (a sentence under all of it).
    """
    return {"views": list(views), "areas": list(areas), **more}


def told(cases: Mapping[str, Sequence[dict]], pick: str = "") -> dict:
    """What a page is told of a widget. cases: {name: its panels}, one of them seen; pick: of their list."""
    pieces: dict[str, int] = {}

    def numbers(html: str) -> list[int]:
        return [pieces.setdefault(piece, len(pieces)) for piece in re.split("(?=<)", html) if piece]

    def stored(view: View) -> dict:
        states = {key: numbers(html) for key, html in view.items()}
        return {"of": None if view.of is None else list(view.of), "area": view.area, "states": states}

    cases_ = [
        {"name": name, "panels": [{**panel, "views": [*map(stored, panel["views"])]} for panel in panels]}
        for name, panels in cases.items()
    ]
    return {"kind": "states", "pick": pick, "cases": cases_, "pieces": list(pieces)}


# --- what widgets have in common ---------------------------------------------------------------------------


def stops_of(widget: ipywidgets.Widget) -> dict[object, str]:
    """{value: its text} of all that a slider or a list can be set to."""
    if isinstance(widget, ipywidgets.FloatSlider):
        count = round((widget.max - widget.min) / widget.step)
        values = (min(round(widget.min + stop * widget.step, 10), widget.max) for stop in range(count + 1))
        return {value: number(value) for value in values}
    pairs = (option if isinstance(option, tuple) else (option, option) for option in widget.options)
    return {value: str(text) for text, value in pairs}


def control(widget: ipywidgets.Widget) -> dict:
    """A slider or a list as a page has it, where it stands now."""
    slider = isinstance(widget, (ipywidgets.FloatSlider, ipywidgets.SelectionSlider))
    values = list(stops_of(widget))
    at = (
        min(range(len(values)), key=lambda stop: abs(values[stop] - widget.value)) if slider else widget.index
    )
    return {
        "kind": "slider" if slider else "list",
        "label": widget.description,
        "options": list(stops_of(widget).values()),
        "readout": getattr(widget, "readout", False),
        "at": at,
    }


def settings(
    controls: Sequence[ipywidgets.Widget],
    seen: Sequence[ipywidgets.HTML],
    areas: Sequence[str] = ("",),
) -> dict:
    """A panel with what `seen` shows at each setting of the controls: each is set once, and put back."""
    values, before = [list(stops_of(widget)) for widget in controls], [widget.value for widget in controls]
    if math.prod(map(len, values)) > MOST:
        raise TooMany
    views = [View(area=area) for area in range(len(seen))]
    told = [*map(control, controls)]
    with ExitStack() as quiet:
        for widget in (*controls, *seen):  # no browser has to follow
            quiet.enter_context(widget.hold_sync())
        for setting in product(*(range(len(options)) for options in values)):
            for widget, options, stop in zip(controls, values, setting):
                widget.value = options[stop]
            for view, html in zip(views, seen):
                view[key(setting)] = html.value
        for widget, value in zip(controls, before):
            widget.value = value
    return panel(views, areas=areas, controls=told)


def question(
    html: str, options: Sequence[str], judge: Callable[[list[int]], tuple[bool, str]], look: str = ""
) -> dict:
    """A panel that asks. judge: of the choices tried, whether that is the end, and the reply.

    look: "lines" for choices that are lines of code.
    """
    replies, done = View(area=1), []
    todo = [[choice] for choice in range(len(options))]
    for tried in todo:
        end, said = judge(tried)
        earlier = replies.get(key(moves=map(str, tried[:-1])), "")  # it stays
        replies[here := key(moves=map(str, tried))] = earlier + paragraph(said)
        if end:
            done.append(here)
        else:
            todo += [[*tried, choice] for choice in range(len(options)) if choice not in tried]
    views = [View({"": paragraph(html)}, of=[]), replies]
    return panel(views, areas=("", "status"), choices=list(options), done=done, look=look)
