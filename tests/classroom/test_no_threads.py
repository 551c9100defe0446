"""A Python that starts no thread and no program, like a browser's: what is ours works there, or says why."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
from IPython.core.displaypub import DisplayPublisher

from miniflow_lib import MSE, Input, Linear, Sigmoid, topological_sort
from miniflow_lib.program import Program
from miniflow_classroom import bar, check, explorer, predict, race, stepper, where_installed
from miniflow_classroom.gradients.faults import FAULTS
from miniflow_classroom.in_c import c_epoch
from miniflow_classroom.judge import guard, watchdog
from miniflow_classroom.judge.watchdog import within
from miniflow_classroom.widgets.fault_lab import check_repair

SAYS = "(There is no time limit here, because this Python cannot start a second thread."


@pytest.fixture(autouse=True)
def browser(monkeypatch):
    """Threads and processes are refused in the words that a browser's Python was seen to have for it."""

    def no_thread(*_):
        raise RuntimeError("can't start new thread")

    def no_process(*_, **__):
        raise OSError(errno.ENOTSUP, "emscripten does not support processes.")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    monkeypatch.setattr(subprocess, "Popen", no_process)
    monkeypatch.setattr(guard, "_told", [False])
    for name in ("resource", "zmq"):
        monkeypatch.setitem(sys.modules, name, None)


def asked(capsys, name: str, source: str) -> str:
    """What `check(name)` prints of a cell, on one line."""
    own: dict = {"__name__": "__main__", "np": np, "check": check}
    exec(f"{source}\ncheck({name!r})", own)
    return " ".join(capsys.readouterr().out.split())


def test_a_check_runs_without_a_limit_and_says_so_once_before_it_begins(capsys):
    first = asked(capsys, "my_sgd_update", "def my_sgd_update(trainables, learning_rate=1e-2): 1 / 0")
    assert (
        first.startswith(SAYS) and "restart the kernel.) [my_sgd_update] not yet: your code stopped" in first
    )
    again = asked(capsys, "my_sgd_update", "def my_sgd_update(trainables, learning_rate=1e-2): 1 / 0")
    assert again.startswith("[my_sgd_update] not yet")


def test_it_is_said_while_the_learners_code_is_still_running(capsys):
    """An answer that does not come to its end would keep what is said afterwards for ever."""
    seen = []
    guard.guarded(lambda: (print("the learner's"), seen.append(capsys.readouterr().out)), {}, 5)
    assert seen[0].startswith("(There is no time limit here") and "learner's" not in seen[0]


def test_where_nothing_watches_nothing_is_stopped_by_what_a_browsers_python_lacks(monkeypatch):
    monkeypatch.setattr(watchdog, "_take_back", lambda thread: pytest.fail("ctypes has no pythonapi there"))
    assert within(5, lambda: 42) == 42


def test_without_a_limit_it_is_told_and_the_work_is_done_also_when_it_takes_longer():
    told = []
    assert within(0.001, lambda: time.sleep(0.01) or 42, lambda: told.append(True)) == 42 and told == [True]
    with pytest.raises(ZeroDivisionError):
        within(0.001, lambda: 1 / 0)


def test_with_threads_nothing_is_said(monkeypatch, capsys):
    monkeypatch.undo()
    monkeypatch.setattr(guard, "_told", [False])
    assert guard.guarded(lambda: 7, {}, 5) == 7 and capsys.readouterr().out == "" and guard._told == [False]


def test_what_an_answer_displays_is_not_shown_where_the_kernel_has_no_hooks(monkeypatch):
    """The publisher of a browser's kernel is IPython's own with another `publish`."""
    shown = []

    class Publisher(DisplayPublisher):
        def publish(self, data, **more):
            shown.append(data)

    shell = SimpleNamespace(display_pub=Publisher())
    monkeypatch.setattr(guard, "get_ipython", lambda: shell)
    show = shell.display_pub.publish
    with pytest.raises(guard.Trouble):
        guard.guarded(lambda: (shell.display_pub.publish({"text/plain": "the answer's"}), 1 / 0), {}, 5)
    shell.display_pub.publish({"text/plain": "ours"})
    assert shown == [{"text/plain": "ours"}] and shell.display_pub.publish == show


def network():
    X, W, b, y = (Input(name) for name in "XWby")
    data = {X: [[1.0, 2.0], [3.0, 4.0]], W: [[0.5], [-0.5]], b: [0.1], y: [[1.0], [0.0]]}
    return topological_sort(data, MSE(y, Sigmoid(Linear(X, W, b))))


def test_the_explorer_trains_when_a_control_is_moved():
    box = explorer(epochs=25)
    before = box.explorer.says.value
    box.explorer.controls["learning_rate"].value /= 10
    assert box.explorer.says.value != before and "After 25 epochs" in box.explorer.says.value


def test_the_stepper_a_prediction_the_bar_and_a_race_work():
    assert "steps through sort, forward and backward" in stepper(network()).static["text/plain"]
    asks = predict("1 + 1?", 2, because="Two.")
    (entry,) = [part for part in parts(asks) if isinstance(part, ipywidgets.Text)]
    entry.value = "2"
    next(part for part in parts(asks) if isinstance(part, ipywidgets.Button)).click()
    assert any("Two." in part.value for part in parts(asks) if isinstance(part, ipywidgets.HTML))
    bar(10)(10)
    assert "times</b> as long" in race(lambda: sum(range(99)), lambda: sum(range(9))).children[0].value


def parts(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [widget, *(inner for child in getattr(widget, "children", ()) for inner in parts(child))]


def test_the_fault_lab_judges_a_repair():
    right, said = check_repair(FAULTS[0].place, "no formula (")
    assert not right and "Python cannot read" in said


def test_a_compiler_that_cannot_be_started_is_told_like_one_that_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    program = Program((("C", "A * 2.0", "forward"),), {"A": ()}, {}, "C", {}, {})
    with pytest.raises(FileNotFoundError, match="does not support processes") as caught:
        c_epoch(program)
    assert caught.value.filename == "cc"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for platform, said in (("linux", "Get one with"), ("emscripten", "browser's Python cannot have it")):
        monkeypatch.setattr(sys, "platform", platform)
        box = where_installed("cc", lambda: c_epoch(program))
        assert said in box.children[0].value.replace("&#x27;", "'")
