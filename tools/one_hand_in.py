"""One handed-in notebook, run within bounds in a kernel of its own, and its exercises judged there.

What is run is a student's code, with the rights of whoever runs it. Bounded are its time, its memory (where
the system can), the size of a file that it writes, and what it prints, which nobody reads. It starts in a
scratch folder; nothing keeps it from going elsewhere.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from textwrap import shorten

from jupyter_client.manager import KernelManager

from miniflow_classroom.own.progress import STATES

ROOT = Path(__file__).resolve().parents[1]
OWN_FILE = "my_miniflow.py"
STARTS_WITHIN = 60  # seconds
STOPS_WITHIN = 3  # seconds, after an interrupt
BOUNDS = """
try:
    import resource as _r
    for _which, _most in ((_r.RLIMIT_AS, {memory}), (_r.RLIMIT_FSIZE, {file}), (_r.RLIMIT_CPU, {cpu})):
        try:
            _r.setrlimit(_which, (_most, _most))
        except (ValueError, OSError):
            pass
    del _r, _which, _most
except ImportError:
    pass
import miniflow_classroom as _m
del _m
"""
# The reply to an expression comes beside what the code prints, on a channel of its own: no print can fake it.
ASK = "__import__('miniflow_classroom.own.progress').own.progress.as_json({name!r}, get_ipython().user_ns)"


@dataclass(frozen=True)
class Limits:
    """seconds: for a cell, and for an answer that is judged. total: seconds for the notebook. In bytes:
    memory, and file, the largest that it may write."""

    seconds: float = 20
    total: float = 300
    memory: int = 6 << 30
    file: int = 200 << 20


@dataclass
class Outcome:
    """states: {exercise: (state, sentence)}. troubles: what the notebook itself has met, a sentence each."""

    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


class Stopped(Exception):
    """The teacher has stopped all of it."""


class Lost(Exception):
    """The kernel has ended, or does not answer any more."""


class TimeIsOver(Exception):
    """The notebook has had all its time."""


def run(
    cells: Sequence[str],
    asked: Mapping[str, int],
    *,
    name: str,
    own_file: Path | None = None,
    limits: Limits = Limits(),
    stopping: threading.Event | None = None,
) -> Outcome:
    """Runs cells of code from the first to the last, and judges each exercise where it was asked for.

    asked: {exercise: the number of the cell after which it is judged}, since a later cell may use its name
    anew. name: the notebook's. own_file: the student's my_miniflow.py. A cell that ends the kernel, or does
    not let itself be stopped, is left out of a second run, and so on. Raises Stopped when `stopping` is set.
    """
    one = _Run(cells, asked, limits, stopping or threading.Event())
    while True:
        with TemporaryDirectory(prefix="miniflow-", ignore_cleanup_errors=True) as scratch:
            try:
                return one.attempt(Path(scratch), name, own_file)
            except Lost:
                continue


@dataclass
class _Run:
    """All attempts with one notebook."""

    cells: Sequence[str]
    asked: Mapping[str, int]
    limits: Limits
    stopping: threading.Event

    def __post_init__(self) -> None:
        self.end = time.monotonic() + self.limits.total
        self.left_out: dict[int | str, str] = {}  # {a cell or an exercise: why}
        self.earlier: dict[str, tuple[str, str]] = {}  # what was judged before an attempt was lost

    def attempt(self, scratch: Path, name: str, own_file: Path | None) -> Outcome:
        """One run in a new kernel. Raises Lost where it is to be tried again without one cell or answer."""
        found = Outcome()
        folder = scratch / "work"
        folder.mkdir()
        if own_file:
            shutil.copyfile(own_file, folder / OWN_FILE)
        kernel = _Kernel(scratch, folder / name, self.stopping)
        try:
            self._start(kernel)
            for number, cell in enumerate(self.cells):
                self._run_cell(kernel, number, cell, found)
                for exercise in (e for e, place in self.asked.items() if place == number):
                    found.states[exercise] = self._judged(kernel, exercise, found)
        except TimeIsOver:
            found.troubles.append(
                f"it was stopped after {self.limits.total:g} seconds, before it came to its end"
            )
        except _NoKernel as why:
            found.troubles.append(str(why))
        except Lost:
            self.earlier |= found.states
            raise
        finally:
            kernel.end()
        found.states = self.earlier | found.states
        return found

    def _start(self, kernel: _Kernel) -> None:
        bounds = BOUNDS.format(
            memory=self.limits.memory, file=self.limits.file, cpu=int(self.limits.total) + 60
        )
        try:
            reply = kernel.ask(bounds, STARTS_WITHIN, silent=True)
        except Lost:
            reply = None
        if reply is None or reply["status"] != "ok":
            raise _NoKernel("no kernel could be started for it" + (f" ({_error(reply)})" if reply else ""))

    def _run_cell(self, kernel: _Kernel, number: int, cell: str, found: Outcome) -> None:
        if number in self.left_out:
            found.troubles.append(f"code cell {number + 1} {self.left_out[number]}")
            return
        reply, in_time = self._within_limits(kernel, number, cell)
        if not in_time:
            found.troubles.append(f"code cell {number + 1} was stopped after {self.limits.seconds:g} seconds")
        elif reply["status"] != "ok":
            found.troubles.append(f"code cell {number + 1} stopped: {_error(reply)}")

    def _judged(self, kernel: _Kernel, exercise: str, found: Outcome) -> tuple[str, str]:
        why = self.left_out.get(self.asked[exercise]) or self.left_out.get(exercise)
        if why:
            return "not yet", f"its code {why}."
        reply, _ = self._within_limits(kernel, exercise, "", answer=ASK.format(name=exercise))
        said = reply.get("user_expressions", {}).get("answer", reply)
        try:
            _, state, sentence = json.loads(ast.literal_eval(said["data"]["text/plain"]))
            if state not in STATES:
                raise ValueError
            return state, str(sentence)[:500]
        except (LookupError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            found.troubles.append(f"{exercise} could not be judged ({_error(said)})")
            return "", ""

    def _within_limits(
        self, kernel: _Kernel, what: int | str, code: str, **expressions: str
    ) -> tuple[dict, bool]:
        """The kernel's reply, and whether it came in time; else it is the reply to an interrupt."""
        seconds = min(self.limits.seconds, self.end - time.monotonic())
        if seconds <= 0:
            raise TimeIsOver
        try:
            reply = kernel.ask(code, seconds, silent=bool(expressions), **expressions)
            if reply is not None:
                return reply, True
            if self.end <= time.monotonic():
                raise TimeIsOver
            if (reply := kernel.interrupted()) is not None:
                return reply, False
            self.left_out[what] = f"could not be stopped after {self.limits.seconds:g} seconds"
        except Lost:
            self.left_out[what] = "ended the kernel"
        raise Lost


class _NoKernel(Exception):
    """Nothing could be run: why."""


class _Kernel:
    """A kernel whose outputs nobody hears: only whether a cell came to its end, and what an expression is."""

    def __init__(self, scratch: Path, notebook: Path, stopping: threading.Event):
        self.stopping, self.asked = stopping, ""
        self.manager = KernelManager(kernel_name="python3")
        self.manager.connection_file = str(scratch / "kernel.json")
        if os.name == "posix":  # a socket file in the scratch folder, and no port that others could reach
            self.manager.transport, self.manager.ip = "ipc", str(scratch / "kernel")
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "IPYTHONDIR": str(scratch / "ipython"),  # neither start-up files nor the history of the teacher
            "JPY_SESSION_NAME": str(notebook),
            "MPLBACKEND": "agg",
            "OPENBLAS_NUM_THREADS": "1",  # several notebooks run at once
        }
        with open(os.devnull, "wb") as nowhere:
            self.manager.start_kernel(cwd=str(notebook.parent), env=env, stdout=nowhere, stderr=nowhere)
        try:
            self.client = self.manager.client()
            self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
        except BaseException:  # nobody else knows of the kernel yet
            self._kill()
            raise

    def ask(self, code: str, seconds: float, silent: bool = False, **expressions: str) -> dict | None:
        """The reply to this code; None where none came in these seconds. Raises Lost, and Stopped."""
        self.asked = self.client.execute(
            code, silent=silent, user_expressions=expressions, allow_stdin=False, stop_on_error=False
        )
        return self._reply(seconds)

    def interrupted(self) -> dict | None:
        """The reply to what was asked last, after an interrupt; None where that does not help."""
        self.manager.interrupt_kernel()
        return self._reply(STOPS_WITHIN)

    def _reply(self, seconds: float) -> dict | None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.stopping.is_set():
                raise Stopped
            try:
                reply = self.client.get_shell_msg(timeout=min(left, 0.2))
            except Empty:
                if not self.manager.is_alive():
                    raise Lost from None
                continue
            if reply["parent_header"].get("msg_id") == self.asked:
                return reply["content"]
        return None

    def end(self) -> None:
        """Ends the kernel and what it has started."""
        self.client.stop_channels()
        self._kill()

    def _kill(self) -> None:
        group = getattr(self.manager.provisioner, "pgid", None)
        if group and hasattr(os, "killpg") and group != os.getpgrp():
            with suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        with suppress(Exception):
            self.manager.shutdown_kernel(now=True)


def _error(reply: Mapping) -> str:
    """NameError: name 'x' is not defined"""
    text = f"{reply.get('ename', 'error')}: {reply.get('evalue', '')}"
    # The scratch folder has a new name each time.
    text = re.sub(r"[^\s'\"]*miniflow-\w+[/\\]work[/\\]?", "", text)
    return shorten(text.rstrip(": ."), 120, placeholder=" …")
