"""What lesson 05 says of the library's code, and of its two test cases, holds."""

from __future__ import annotations

import inspect
import re

import numpy as np

from miniflow_lib import MSE, Input, Linear, Sigmoid, forward_and_backward, ops, sgd_update, topological_sort
from tests.series import read


def test_the_lines_of_backward_in_the_lessons_table_are_lines_of_the_library():
    (table,) = [c.source for c in read("05").cells if "line of `backward` |" in c.source]
    rows = [row.split("|")[3] for row in table.split("\n") if "→" in row]
    assert len(rows) == 5
    for row in rows:
        op = getattr(ops, row.split(":")[0].strip())
        pieces = re.findall(r"`([^`]+)`", row.split(";")[0])
        assert pieces
        for piece in pieces:
            assert piece in inspect.getsource(op.backward)


def costs(second_layer: bool, updates: int, step: float, moved: set[str]) -> list[float]:
    """The cost before each update of a test case of the first MiniFlow, and after the last; what is moved."""
    X, y, W1, b1, W2, b2 = nodes = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    a = Sigmoid(Linear(X, W1, b1))
    feed = {X: [[-1, -2], [-1, -2]], y: [1, 2], W1: [[2], [3]], b1: [-3]}
    if second_layer:
        a = Linear(a, W2, b2)
        feed |= {W2: [[2]], b2: [-3]}
    graph = topological_sort(feed, output=MSE(y, a))
    found = []
    for _ in range(updates + 1):
        forward_and_backward(graph)
        found.append(float(graph[-1].value))
        sgd_update([node for node in nodes if node.name in moved], step)
    return found


def test_one_layer_hardly_moves_and_never_gets_below_a_half():
    little = costs(False, 1000, 0.1, {"W1", "b1"})
    assert round(little[0], 5) == round(little[-1], 5) == 2.49995
    much = costs(False, 10_000, 1.0, {"W1", "b1"})
    assert 0.5 < min(much) < 0.501  # it does leave the flat end at last


def test_two_layers_learn_by_b2_alone_and_never_get_below_a_quarter():
    alone = costs(True, 20, 0.1, {"b2"})
    assert round(alone[0], 1) == 20.5 and round(alone[-1], 4) == 0.2527
    everything = costs(True, 20, 0.1, {"W1", "b1", "W2", "b2"})
    np.testing.assert_allclose(everything, alone, rtol=1e-6)  # the others add nothing
    assert min(costs(True, 200, 0.1, {"W1", "b1", "W2", "b2"})) >= 0.25 - 1e-12
