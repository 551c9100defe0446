"""A time limit for a learner's code: a loop that does not end is stopped, whatever it catches.

When the time is over, a second thread has Python raise GaveUp in the first one. A bare `except:` in the loop
would swallow that, so from then on every line of that thread raises it too: also the lines of the handler,
which no `try` of its own protects.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable

_overdue: set[int] = set()  # the threads whose time is over
# An exception between two lines of these would leave a lock taken that others wait for, and for ever.
_HOLD_LOCKS = ("coverage", "threading", "importlib", "_frozen_importlib")


class GaveUp(BaseException):
    """Raised in code whose time is over. Not an Exception, so that `except Exception` lets it pass."""

    def __init__(self, *args: object):
        super().__init__(*args)
        _raise_at_each_line()  # an exception is made in the thread in which it is raised


def within(
    seconds: float, work: Callable[[], object], unlimited: Callable[[], object] = lambda: None
) -> object:
    """What `work` returns; raises GaveUp when that takes longer. What stands still in C is not reached.

    Where no thread can be started, there is no limit, and `unlimited` is called before the work begins.
    """
    watch = _Watch(seconds)
    try:
        return _stopped_after(watch, work, unlimited)
    except GaveUp:
        watch.stop()  # it may have come in the middle of the first stop
        raise


def _stopped_after(watch: _Watch, work: Callable[[], object], unlimited: Callable[[], object]) -> object:
    try:
        if not watch.start():
            unlimited()
        return work()
    finally:
        watch.stop()


class _Watch:
    """Raises GaveUp in the thread that made it, from `seconds` after its start until it is stopped."""

    def __init__(self, seconds: float):
        self.seconds, self.thread, self.traced = seconds, threading.get_ident(), sys.gettrace()
        self.started, self.over, self.lock = False, False, threading.Lock()
        # Locks and not an Event, whose methods are written in Python: GaveUp could stop them halfway.
        self.running = threading.Lock()
        self.running.acquire()

    def start(self) -> bool:
        """Whether it watches: a browser's Python has no threads, and a full machine may refuse one."""
        self.started = True  # before it can raise: who was started has to be stopped
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except RuntimeError:
            self.started = False
        return self.started

    def _run(self) -> None:
        wait = self.seconds
        while not self.running.acquire(timeout=wait):
            wait = 0.001
            with self.lock:
                if not self.over and _may_be_stopped(self.thread):
                    _raise_in(self.thread, GaveUp)
                    wait = 0.05

    def stop(self) -> None:
        """From here on nothing is raised any more."""
        while self.started:
            try:
                _raise_no_more(None)  # a tool that follows each line could be stopped halfway as well
                with self.lock:
                    self.over = True
                if self.running.locked():
                    self.running.release()
                _take_back(self.thread)
                _raise_no_more(self.traced)
                return
            except GaveUp:  # one that came too late
                continue


def _may_be_stopped(thread: int) -> bool:
    """Whether what runs there now leaves no lock behind when it breaks off."""
    frame = sys._current_frames().get(thread)
    return frame is not None and frame.f_globals.get("__name__", "").split(".")[0] not in _HOLD_LOCKS


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Has Python raise `error` in a thread at its next line or so; one that was still waiting is dropped."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


class _Nothing(BaseException):
    """Raised in the place of a GaveUp that is no longer wanted."""


def _take_back(thread: int) -> None:
    """Nothing is waiting any more to be raised in this thread, the present one.

    Python can be told to forget it, but then 3.11 goes on looking for it, and under a debugger or where
    coverage is measured it hangs.
    """
    try:
        _raise_in(thread, _Nothing)
        while True:
            pass
    except _Nothing:
        pass


if sys.version_info >= (3, 12):
    _TOOL = 4  # 0 to 2 and 5 are meant for debuggers, coverage, profilers and optimisers

    def _raise_at_each_line() -> None:
        _overdue.add(threading.get_ident())
        if sys.monitoring.get_tool(_TOOL) is None:
            sys.monitoring.use_tool_id(_TOOL, "miniflow")
            sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, _line)
            sys.monitoring.set_events(_TOOL, sys.monitoring.events.LINE)

    def _line(code: object, line: int) -> None:
        if threading.get_ident() in _overdue and code.co_filename != __file__:
            raise GaveUp

    def _raise_no_more(traced: object) -> None:
        _overdue.discard(threading.get_ident())
        if not _overdue and sys.monitoring.get_tool(_TOOL) == "miniflow":
            sys.monitoring.set_events(_TOOL, 0)
            sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, None)
            sys.monitoring.free_tool_id(_TOOL)

else:

    def _raise_at_each_line() -> None:
        sys.settrace(_line)
        frame = sys._getframe(2)
        while frame is not None and frame.f_code is not _stopped_after.__code__:
            frame.f_trace = _line
            frame = frame.f_back

    def _line(frame: object, event: str, arg: object) -> Callable:
        if event in ("line", "call"):
            # Python drops a trace function that raises; the one asked for here brings it back, one level up.
            _raise_in(threading.get_ident(), GaveUp)
            raise GaveUp
        return _line

    def _raise_no_more(traced: Callable | None) -> None:
        sys.settrace(traced)
