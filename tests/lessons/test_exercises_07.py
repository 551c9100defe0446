"""Lesson 07's exercises: right answers in other words, and what the task of the wrong line says of it."""

from __future__ import annotations

import linecache
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import miniflow_lib
from tests.series import read, tags
from miniflow_classroom import mine
from miniflow_classroom.exercises import lesson_07
from miniflow_classroom.judge.check import verdict
from miniflow_classroom.judge.exercise import exercises

RIGHT = import_module("exercises.lesson_07").RIGHT
ANSWERS = [(name, source) for name, sources in RIGHT.items() for source in sources]


def told(name: str, source: str) -> str:
    """What check says of an answer in a cell of the lesson."""
    own = {"np": np, "miniflow_lib": miniflow_lib, "engine": mine(), "replace": replace}
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    exec(compile(source, "<cell>", "exec"), own)
    return verdict(exercises()[name], own[name], own)


@pytest.mark.parametrize(("name", "source"), ANSWERS)
def test_a_right_answer_in_other_words_is_correct(name, source):
    assert told(name, source).startswith(f"[{name}] correct"), source


# --- the wrong line ---------------------------------------------------------------------------------------


def gradients(seed: int, scale: float = 1.0, **lines: str) -> dict[str, np.ndarray]:
    """All numbers of the step with random weights, some of its lines replaced."""
    given, lines = lesson_07._weights(seed, scale), lesson_07.LINES | lines
    return given | lesson_07._run([*lines.items()], given, *lines)


def distance(scale: float) -> float:
    """How far apart the two steps' gradients of W1 are, as a share of the right one."""
    right = gradients(0, scale, d_l1=lesson_07.REPAIRED)["d_W1"]
    return np.abs(gradients(0, scale)["d_W1"] - right).max() / np.abs(right).max()


def test_the_task_shows_the_step_that_is_judged():
    (task,) = (cell.source for cell in read("07").cells if "task:repaired" in tags(cell))
    assert f"```python\n{lesson_07.STEP}```" in task


def test_the_symptoms_of_the_task_are_those_of_the_wrong_line():
    wrong, right = gradients(3), gradients(3, d_l1=lesson_07.REPAIRED)
    same = [
        name for name in ("C", "d_W3", "d_b3", "d_W2", "d_b2") if np.array_equal(wrong[name], right[name])
    ]
    assert same == ["C", "d_W3", "d_b3", "d_W2", "d_b2"]
    assert not any(np.allclose(wrong[name], right[name]) for name in ("d_W1", "d_b1"))
    assert distance(0.01) < 1e-4 < distance(0.1) < distance(0.5) < distance(1.0)


def test_the_repaired_step_has_the_gradients_of_the_engine():
    right = gradients(5, d_l1=lesson_07.REPAIRED)
    X, y, W1, b1, W2, b2, W3, b3 = inputs = [miniflow_lib.Input(n) for n in "X y W1 b1 W2 b2 W3 b3".split()]
    t1 = lesson_07._Tanh(miniflow_lib.Linear(X, W1, b1))
    s2 = miniflow_lib.Sigmoid(miniflow_lib.Linear(t1, W2, b2))
    cost = miniflow_lib.MSE(y, miniflow_lib.Linear(s2, W3, b3))
    graph = miniflow_lib.topological_sort({node: right[node.name] for node in inputs}, cost)
    miniflow_lib.forward_and_backward(graph)
    for node in inputs[2:]:
        assert np.allclose(node.gradients[node], right[f"d_{node.name}"]), node.name
