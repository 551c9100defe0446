"""A widget that is still a page without a kernel: its stored output carries a fixed text, or a picture."""

from __future__ import annotations

import io
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import ipywidgets
from IPython.display import display

from miniflow_lib import errors

PAGE_MIME = "application/vnd.miniflow.page+json"
FOR_PAGES = "MINIFLOW_SITE"  # set where `make site` runs the lessons, and nowhere else


class StaticBox(ipywidgets.VBox):
    """Widgets in a column, and what a reader without a kernel sees in their place.

    text: stored as text/plain, which nbval compares: fixed, never an answer, never what a click changed.
    html: stored as text/html beside it where a picture says more (see `picture_html`).
    page: what `make site` needs to let it move without a kernel (the "kind" says which drawing it gets there,
    see authoring/site.py); asked for only there, and never stored. Without it a page shows the text or html.
    """

    def __init__(
        self,
        children=(),
        text: str = "",
        html: str | None = None,
        page: Callable[[], dict] | None = None,
        **kwargs,
    ):
        super().__init__(children, **kwargs)
        self.static = {"text/plain": text} if html is None else {"text/plain": text, "text/html": html}
        self.page = page or (lambda: {"kind": "still"})

    def _repr_mimebundle_(self, **kwargs):
        bundle = {**super()._repr_mimebundle_(**kwargs), **self.static}
        return {**bundle, PAGE_MIME: self.page()} if os.environ.get(FOR_PAGES) else bundle


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


def bar(epochs: int) -> Callable[[int], None]:
    """Shows a bar for so many epochs; returns what moves it: train(..., epochs=100, progress=bar(100)).

    It moves twenty times a second at most, and at the end, when it is told the same number twice: beyond a
    thousand messages a second the Jupyter server stops passing on what a kernel sends, and with it what the
    cell prints. What is stored is a fixed text.
    """
    epochs = errors.check_count("epochs", epochs)
    shown = ipywidgets.IntProgress(max=epochs, description="epochs")
    moved, last = -math.inf, None

    def show(done: int) -> None:
        nonlocal moved, last
        if done == last or time.monotonic() - moved >= 0.05:
            shown.value, moved = done, time.monotonic()
        last = done

    text = f"{epochs} epoch{'s' * (epochs != 1)}"
    display(StaticBox([shown], text=text, page=lambda: {"kind": "text"}))
    return show
