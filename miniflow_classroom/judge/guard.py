"""Running a learner's code: it may loop for ever, crash, print and change things, and nothing comes of it."""

from __future__ import annotations

import linecache
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType

import numpy as np
from IPython import get_ipython

from miniflow_lib.errors import MiniFlowError
from miniflow_lib.trace_text import say
from miniflow_lib.tracing import trace
from miniflow_classroom.judge import meaning
from miniflow_classroom.judge.watchdog import GaveUp, within
from miniflow_classroom.restore import put_back
from miniflow_classroom.show.words import wrapped

NO_LIMIT = (
    "(There is no time limit here, because this Python cannot start a second thread. If a check does not "
    "end, restart the kernel.)"
)
_told = [False]  # whether this kernel was told so

INTERRUPTED = "the check was interrupted before it came to its end."


class Trouble(Exception):
    """The learner's code did not get to its end: what is said of it, in one step or three, and the exception
    that it met, if any."""

    def __init__(self, *said: str, cause: BaseException | None = None):
        super().__init__(" ".join(said))
        self.said, self.cause = said, cause


def guarded(work: Callable[[], object], own: Mapping[str, object], seconds: float) -> object:
    """What `work` returns, with the time limited and everything else as it was before.

    own: the globals of the learner's cells, which tell their lines from others. Raises Trouble with a
    sentence when `work` raises, or when it is still at it after `seconds`; where the time cannot be limited,
    that is said, once, before it begins: afterwards may be too late.
    """
    shown = sys.stdout

    def unlimited() -> None:
        if not _told[0]:
            _told[0] = True
            say(wrapped(NO_LIMIT) + "\n", shown)

    with ExitStack() as stack:
        stack.enter_context(_kept(own))
        stack.enter_context(_quiet())
        try:
            return within(seconds, work, unlimited)
        except GaveUp:
            sentence = (
                f"your code was still running after {seconds:g} seconds and was stopped. Is there a loop "
                "whose condition never becomes False, or a list that grows without end while it is walked?"
            )
            raise Trouble(sentence) from None
        except KeyboardInterrupt as error:
            raise Trouble(INTERRUPTED, cause=error) from None
        except Trouble:  # what a judge says itself
            raise
        except BaseException as error:
            raise Trouble(*_crash(error, own), cause=error) from None


# --- the traces it leaves ---------------------------------------------------------------------------------


@contextmanager
def _kept(own: Mapping[str, object]) -> Iterator[None]:
    """Puts back what the learner's cells can see: names, lists, arrays, nodes, flags and random numbers."""
    names = {name: thing for name, thing in own.items() if not name.startswith("_")}
    things = [thing for name, thing in names.items() if name not in ("In", "Out")]
    flags = trace.DEBUG, trace.T_DEBUG
    try:
        with put_back(*things), trace.silent():
            yield
    finally:
        for name in [name for name in own if not name.startswith("_") and name not in names]:
            del own[name]
        own.update(names)
        trace.DEBUG, trace.T_DEBUG = flags


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing that this thread prints, displays or warns of is shown; other threads print as before."""
    outer = sys.stdout, sys.stderr
    here = threading.get_ident()
    sys.stdout, sys.stderr = (_Silent(stream, here) for stream in outer)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), _nothing_displayed():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout, sys.stderr = outer


class _Silent:
    """A stream that takes what one thread writes and passes on what the others do."""

    def __init__(self, stream: object, thread: int):
        self._stream, self._thread = stream, thread

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() == self._thread else self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _drop(*message: object, **more: object) -> None:
    """In the place of what shows something, or asked by ipykernel before it does: None shows nothing."""


@contextmanager
def _nothing_displayed() -> Iterator[None]:
    """No picture is shown: ipykernel asks hooks, a list for each thread; a browser's kernel has none."""
    publisher = getattr(get_ipython(), "display_pub", None)
    if hasattr(publisher, "register_hook"):
        publisher.register_hook(_drop)
        try:
            yield
        finally:
            publisher.unregister_hook(_drop)
    elif publisher:
        publish, publisher.publish = publisher.publish, _drop
        try:
            yield
        finally:
            publisher.publish = publish
    else:
        yield


# --- the sentence -----------------------------------------------------------------------------------------


def _crash(error: BaseException, own: Mapping[str, object]) -> tuple[str, ...]:
    """Where the learner's code stopped, in a line of their own, and what that means."""
    where, frames = _own_line(error.__traceback__, own)
    told = meaning.steps(error, frames)
    if told:
        return f"{where}{told[0]}", *told[1:]
    said = tidy(
        repr(error.args[0] if error.args else "") if isinstance(error, KeyError) else meaning.text_of(error)
    )
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, MiniFlowError):
        return (f"{where}{said}",)
    what, hint = what.rstrip("."), meaning.hint(error)
    return (f"{where}{f'{hint} ({what})' if hint else what}.",)


def _own_line(tb: TracebackType | None, own: Mapping[str, object]) -> tuple[str, list[FrameType]]:
    place, frames, first = "", [], None
    while tb is not None:
        if tb.tb_frame.f_globals is own:
            frames.append(tb.tb_frame)
            file = tb.tb_frame.f_code.co_filename
            line = linecache.getline(file, tb.tb_lineno).strip()
            number = tb.tb_lineno + (file == "<timed exec>")  # %%time is the first line of its cell
            first = first or file
            whose = "your" if file == first else "another"
            place = f"line {number} of {whose} cell" + (f", `{line}`" if line else "")
        tb = tb.tb_next
    return f"your code stopped at {place}: " if place else "your code stopped: ", frames


def tidy(text: str, longest: int = 200) -> str:
    """A message on one line, without addresses, and not too long."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(text.split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"
