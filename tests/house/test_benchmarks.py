"""`make bench` runs, and compares what it says it compares. No test judges a time."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def measure():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", {})  # it asks for one thread, which is none of the other tests' business
        from benchmarks import measure
    return measure


def test_peers_that_compute_other_numbers_are_not_compared(measure):
    from benchmarks.by_hand import plain_step, tight_step
    from benchmarks.peers import boston, by_hand, miniflow

    def slower(weights, asked, rate, X, y):
        return plain_step(weights, asked, 0.99 * rate, X, y)

    def other_way(weights, asked, rate, X, y):
        plain_step(weights, asked, rate, X, y)
        asked[0] = -asked[0]

    work = boston()
    measure.check_same(
        {"a": by_hand(plain_step, work, True), "b": by_hand(tight_step, work, True), "c": miniflow(work)}
    )
    for step in (slower, other_way):
        with pytest.raises(AssertionError, match="b computes other numbers"):
            measure.check_same({"a": miniflow(work), "b": by_hand(step, work, True)})


def test_what_is_cut_out_of_the_engine_is_gone(measure, capsys):
    def one_step(name, cuts, files, target):
        engine = measure.engine_without(name, cuts, files)
        x, y = engine.Input("x"), engine.Input("y")
        graph = engine.topological_sort({x: [1.0, 2.0], y: [target, 2.0]}, engine.MSE(y, x))
        with engine.trace.override(DEBUG=True):
            engine.forward_and_backward(graph)
        return capsys.readouterr().out

    whole, passes = measure.NODES + measure.PASSES, measure.PASSES
    assert "backward" in one_step("copy_whole", {}, (), 3.0)
    assert one_step("copy_no_trace", measure.TRACE, passes, 3.0) == ""
    with pytest.raises(ValueError, match="nan"):
        one_step("copy_checked", {}, (), np.nan)
    assert "nan" in one_step("copy_no_checks", measure.CHECKS, whole, np.nan)
    with pytest.raises(AssertionError, match="written otherwise now"):
        measure.engine_without("copy_missed", {"no line says this": ""}, whole)


def test_the_texts_and_what_is_compiled_from_them_train_as_the_engine_does(measure):
    from benchmarks.peers import PEERS, TEXTS, boston

    work, tasks = boston(), {}
    for name in ("MiniFlow", *TEXTS, "numba, step by step", "numba, a whole epoch", "C from the graph"):
        make, ways = PEERS[name]
        with suppress(ImportError, FileNotFoundError):
            tasks[name] = make(work, ways[0])
    assert {"MiniFlow", *TEXTS} <= tasks.keys()
    measure.check_same(tasks)
    assert all(task.units == 46 for task in tasks.values())


def test_a_target_whose_peer_is_missing_has_not_held(measure):
    from benchmarks.__main__ import judged

    assert judged("a", None, 0.13) == ("a", "0.13", "", "not measured") == judged("a", [], 0.13)
    assert judged("a", 0.134, 0.13)[2:] == ("0.13", "holds") and judged("a", 0.136, 0.13)[3] == "MISSED"


@pytest.mark.nightly
def test_the_whole_run_ends_with_a_verdict_on_each_target():
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    targets = done.stdout.partition("## Targets")[2]
    assert len(re.findall(r"\| (holds|MISSED|not measured) \|", targets)) == 12
    assert "MiniFlow, train()" in done.stdout and "784-128-10" in done.stdout
