"""A widget that is still a page without a kernel: its stored output carries a fixed text, or a picture."""

from __future__ import annotations

import io
import math
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape

import ipywidgets

from miniflow_lib.trace_text import ASCII
from miniflow_classroom.show.plots import CARD

PAGE_MIME = "application/vnd.miniflow.page+json"
PAGE = "calc(100% - 4px)"  # a widget has a margin of 2 px: at 100%, its box would scroll sideways
STILL = {"kind": "still"}  # what a page shows in the place of a widget that it cannot play
FOR_PAGES = "MINIFLOW_SITE"  # set where `make site` runs the lessons, and nowhere else
_COLOUR = "color: var(--jp-content-font-color1, inherit); "
PROSE = _COLOUR + "line-height: 1.5; overflow-wrap: anywhere; "
CODE = (
    _COLOUR + "background: transparent; margin: 0; overflow-x: auto; white-space: pre; line-height: 1.4; "
    "font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px); "
)
# Where ipywidgets' own look cannot be read: its arrow of a dropdown is black in every theme, its handles and
# frames are lighter than 3 : 1 on white. A grid of ours is a white picture with boxes for text on it.
LOOK = """<style>
.miniflow-box {--jp-widgets-input-border-color: #888}
.miniflow-box .widget-gridbox {--jp-widgets-input-background-color: #fff; --jp-widgets-input-color: #222}
.miniflow-box .jupyter-widgets > input::placeholder {color: inherit; opacity: 0.75}
.miniflow-box .jupyter-widgets > select {
  background: linear-gradient(45deg, transparent 50%, currentColor 50%) right 12px center / 6px 6px no-repeat,
    linear-gradient(-45deg, transparent 50%, currentColor 50%) right 6px center / 6px 6px no-repeat,
    var(--jp-widgets-input-background-color)}
.miniflow-code label, .miniflow-code textarea {
  font-family: var(--jp-code-font-family, monospace) !important; white-space: pre}
.miniflow-code .widget-radio-box {overflow-x: auto}
.miniflow-code .widget-radio-box label {display: flex; flex: none}
.miniflow-code .widget-radio-box input {order: -1}
.miniflow-case .widget-html-content {min-width: 0}
.miniflow-box .noUi-target .noUi-connects {background: #888}
.miniflow-box .noUi-target .noUi-handle:not(:hover, :focus) {border-color: #666}
</style>"""


class TooMany(Exception):
    """A widget has more states than a page should hold."""


class StaticBox(ipywidgets.VBox):
    """Widgets in a column, and what a reader without a kernel sees in their place.

    text: stored as text/plain, which nbval compares: fixed, never an answer, never what a click changed.
    html: stored as text/html beside it where a picture says more (see `picture_html`).
    page: what `make site` needs to let it move without a kernel (the "kind" says which drawing it gets there,
    see tools/site.py); asked for only there, and never stored. Without it a page shows the text or html.
    """

    def __init__(
        self,
        children=(),
        text: str = "",
        html: str | None = None,
        page: Callable[[], dict] | None = None,
        **kwargs,
    ):
        self.look = ipywidgets.HTML(LOOK, layout=ipywidgets.Layout(display="none"))
        super().__init__(children, **kwargs)
        self.add_class("miniflow-box")
        self.static = {"text/plain": text} if html is None else {"text/plain": text, "text/html": html}
        self.page = page or (lambda: STILL)

    def get_state(self, *args, **kwargs) -> dict:
        """As ipywidgets has it; the page gets one child more, the look of them all."""
        state = super().get_state(*args, **kwargs)
        if "children" in state:
            state["children"] += ipywidgets.widget_serialization["to_json"]([self.look], self)
        return state

    def __repr__(self) -> str:
        return self.static["text/plain"].translate(ASCII)

    def _repr_mimebundle_(self, **kwargs):
        bundle = {**super()._repr_mimebundle_(**kwargs), **self.static}
        return {**bundle, PAGE_MIME: self.for_page()} if os.environ.get(FOR_PAGES) else bundle

    def for_page(self) -> dict:
        """What a page is told: one with more states than it should hold stays the picture."""
        try:
            return self.page()
        except TooMany:
            return STILL


def run_it() -> dict:
    """What a page shows of a cell that only means something where it runs: the sentence alone."""
    return {"kind": "run"}


def side_by_side(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """In a row, or one below the other where the page is narrow."""
    return ipywidgets.HBox(widgets, layout={"flex_flow": "row wrap"})


_buffer: ContextVar[io.StringIO | None] = ContextVar("buffer", default=None)


class _Stdout:
    """stdout, save that what is printed in a block of `captured` goes to that block's buffer."""

    def __init__(self, real):
        self.real = real

    def write(self, text: str) -> int:
        return (_buffer.get() or self.real).write(text)

    def __getattr__(self, name: str):
        return getattr(self.real, name)


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """What this block prints, and no other thread: after a page reload a click runs beside a running cell.

    (contextlib.redirect_stdout takes the running cell's lines too.) The wrapper stays in place afterwards:
    taken away while another thread has stdout redirected, it would take that redirection with it.
    """
    if not isinstance(sys.stdout, _Stdout):
        sys.stdout = _Stdout(sys.stdout)
    token = _buffer.set(buffer := io.StringIO())
    try:
        yield buffer
    finally:
        _buffer.reset(token)


class LatestOnly:
    """Runs `work(setting)` for the newest setting alone: a click during a run waits, an older one is dropped.

    JupyterLab calls back in the main thread or, after a page reload, in a second one; the last setting wins.
    """

    def __init__(self, work):
        self.work, self.lock, self.newest = work, threading.RLock(), None

    def __call__(self, setting) -> None:
        self.newest = ticket = object()
        with self.lock:
            if self.newest is ticket:
                self.work(setting)


def prose(text: str) -> str:
    """A sentence as HTML: all of it escaped, `code` as code, line ends kept."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip())).replace("\n", "<br>")


def shown_by(picture: Callable[..., tuple[str, str]]) -> tuple[LatestOnly, list[ipywidgets.HTML]]:
    """What draws `picture(setting)`, an SVG and a sentence, for the newest setting; and where it is seen."""
    view, says = ipywidgets.HTML(), ipywidgets.HTML()

    def draw(setting) -> None:
        try:
            svg, sentence = picture(setting)
        except Exception as error:
            if not view.value:  # the first picture: the error is the cell's own
                raise
            svg, sentence = view.value, in_its_place(error)
        view.value, says.value = svg, escape(sentence)

    return LatestOnly(draw), [view, says]


def in_its_place(error: Exception) -> str:
    """What is shown where a click ended in an error: raised there, it would reach the browser's log alone."""
    return f"{type(error).__name__}: {error}"


def paragraph(html: str, look: str = "", role: str = "") -> str:
    """HTML of sentences in the letters of the page. look: more CSS; role: "status" has it read aloud."""
    read = f' role="{role}"' if role else ""
    return f'<div style="{PROSE}{look}"{read}>{html}</div>'


def preformatted(text: str, label: str, look: str = "") -> str:
    """Code, or what was printed, letter by letter; it scrolls, and is reached by the Tab key.

    label: what it is, for those who do not see it. look: more CSS.
    """
    return f'<pre tabindex="0" aria-label="{label}" style="{CODE}{look}">{escape(text)}</pre>'


def on_card(*html: str) -> str:
    """Words and pictures under one another on a card, which is white in the dark theme too."""
    return f'<div style="{CARD}">{"".join(html)}</div>'


def wide(html: str = "") -> ipywidgets.HTML:
    """HTML as wide as the page."""
    return ipywidgets.HTML(html, layout=ipywidgets.Layout(width=PAGE))


def pick_one(options: Sequence[str]) -> ipywidgets.RadioButtons:
    """Radio buttons, none of them pressed."""
    layout = ipywidgets.Layout(width="auto", max_width="100%")
    return ipywidgets.RadioButtons(options=list(options), index=None, layout=layout)


NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
THOUSANDS = r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+"


def read_number(text: str) -> float | None:
    """-2, \u22122, 0.5, 0,5 or 1/2 as a number, else None. 4,000 is none: it may be meant as 4000 or as 4."""
    plain = re.sub(r"\s", "", text).replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
    parts = plain.replace(",", ".").split("/")
    if re.fullmatch(THOUSANDS, plain) or len(parts) > 2 or not all(map(NUMBER.fullmatch, parts)):
        return None
    top, bottom = (*map(float, parts), 1.0)[:2]
    return top / bottom if bottom and math.isfinite(top / bottom) else None
