"""A bar that moves while a network is trained: train(..., epochs=100, progress=bar(100))."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import ipywidgets
from IPython import get_ipython
from IPython.display import display

from miniflow_lib import errors
from miniflow_classroom.widgets.base import StaticBox


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
    if get_ipython():  # a plain program has nowhere to show it
        display(StaticBox([shown], text=text, page=lambda: {"kind": "text"}))
    return show
