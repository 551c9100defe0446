"""Sentences as a notebook shows them: wrapped at words, since JupyterLab breaks a long line inside a word."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from miniflow_lib.errors import MiniFlowError
from miniflow_lib.trace_text import say

COLUMNS = 80


def wrapped(text: str) -> str:
    """The text with each of its lines wrapped at words, to at most 80 columns; a longer word stays whole."""
    return "\n".join(
        textwrap.fill(line, COLUMNS, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def listed(parts: Iterable[str]) -> str:
    """a, b and c"""
    parts = list(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


@contextmanager
def caught() -> Iterator[None]:
    """Print the sentence of the MiniFlowError that the lines below raise, and go on; else print "No error."

    with caught():
        Add(x, 5)
    """
    try:
        yield
    except MiniFlowError as error:
        say(wrapped(f"MiniFlowError: {error}") + "\n")
    else:
        say("No error.\n")
