"""Stop: wherever the Interrupt button or a kernel restart meets it, the work goes on afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jupyter_client.manager import start_new_kernel

from miniflow_lib import (
    MSE,
    Input,
    Linear,
    Sigmoid,
    forward_and_backward,
    sgd_update,
    topological_sort,
    train,
)

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = str(ROOT / "miniflow_lib")


class Learner:
    """A small network, its start weights always the same."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.X, self.y, *self.weights = map(Input, ("X", "y", "W1", "b1", "W2", "b2"))
        hidden = Sigmoid(Linear(self.X, *self.weights[:2]))
        cost = MSE(self.y, Linear(hidden, *self.weights[2:]))
        self.rows = {self.X: rng.standard_normal((6, 2)), self.y: rng.standard_normal(6)}
        start = (rng.standard_normal((2, 3)), np.zeros(3), rng.standard_normal((3, 1)), np.zeros(1))
        self.graph = topological_sort({**self.rows, **dict(zip(self.weights, start))}, cost)

    def train(self, epochs: int = 2) -> list[float]:
        return train(self.graph, self.rows, self.weights, epochs=epochs, batch_size=3)

    def by_hand(self) -> None:
        for _ in range(2):
            forward_and_backward(self.graph)
            sgd_update(self.weights, 0.1)

    def state(self) -> list[np.ndarray]:
        return [w.value.copy() for w in self.weights]


def interrupted(work: Callable[[], object], line: int) -> bool:
    """Whether `work` came to this many lines of the library; it meets KeyboardInterrupt at the last one."""
    left, traced = line, sys.gettrace()

    def look(frame, event, arg):
        nonlocal left
        if not frame.f_code.co_filename.startswith(LIBRARY):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return look

    sys.settrace(look)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(traced)
    return left <= 0


def lines_to_stop_at(make: Callable[[], Callable[[], object]], step: int) -> list[int]:
    """Every `step`th line of the library that the work comes to."""
    lines = 1
    while interrupted(make(), lines):
        lines += step
    return list(range(1, lines, step))


def gradients(learner: Learner) -> list[np.ndarray]:
    learner.X.value, learner.y.value = learner.rows.values()
    forward_and_backward(learner.graph)
    return [w.gradients[w] for w in learner.weights]


def test_a_loop_stopped_at_any_line_leaves_nodes_that_train_on():
    lines = lines_to_stop_at(lambda: Learner().by_hand, 5)
    assert len(lines) > 30
    for line in lines:
        stopped, fresh = Learner(), Learner()
        assert interrupted(stopped.by_hand, line)
        for one, other in zip(fresh.weights, stopped.state()):
            one.value = other
        for one, other in zip(gradients(stopped), gradients(fresh)):
            np.testing.assert_array_equal(one, other)


def after_each_step() -> list[list[np.ndarray]]:
    """The weights before `Learner.train` and after each of its steps, from a loop written out here."""
    learner, rng = Learner(), np.random.default_rng(0)
    seen = [learner.state()]
    for _ in range(2):
        order = rng.permutation(6)
        for rows in (order[:3], order[3:]):
            for node, array in learner.rows.items():
                node.value = array[rows]
            forward_and_backward(learner.graph)
            sgd_update(learner.weights, 0.01)
            seen.append(learner.state())
    return seen


def test_training_stopped_at_any_line_keeps_the_weights_of_a_whole_step(capsys):
    whole = after_each_step()
    assert len(whole) == 1 + 2 * 2  # the start, and two epochs of two batches
    lines = lines_to_stop_at(lambda: Learner().train, 7)
    assert len(lines) > 40
    for line in lines:
        stopped = Learner()
        assert interrupted(stopped.train, line)
        now = stopped.state()
        assert any(all(map(np.array_equal, now, then)) for then in whole), f"half a step, at line {line}"
        fresh = Learner()
        for one, other in zip(fresh.weights, now):
            one.value = other
        assert stopped.train() == fresh.train(), f"it trains on in another way, at line {line}"


def test_the_costs_so_far_come_back_and_a_sentence_says_where_it_stopped(capsys):
    def stop(epoch: int, cost: float) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    learner = Learner()
    costs = train(learner.graph, learner.rows, learner.weights, batch_size=3, on_epoch=stop)
    assert costs == Learner().train(3)
    assert capsys.readouterr().out == (
        "Interrupted in epoch 4: the weights are those of the last whole step.\n"
    )


# --- in a kernel ------------------------------------------------------------------------------------------

LOOP = """
from miniflow_lib import MSE, Input, Mul, forward_and_backward, sgd_update, topological_sort

x, y, w = Input("x"), Input("y"), Input("w")
graph = topological_sort({x: [1.0, 2.0, 3.0], y: [2.0, 4.0, 6.0], w: 0.0}, MSE(y, Mul(x, w)))
for step in range(10**9):
    forward_and_backward(graph)
    sgd_update([w], 1e-9)
    if step == 100:
        print("on its way", flush=True)
"""
ON = """
for step in range(300):
    forward_and_backward(graph)
    sgd_update([w], 0.05)
assert step == 299 and abs(w.value - 2) < 1e-9, w.value
"""


def test_a_cell_stopped_in_a_real_kernel_leaves_a_kernel_that_trains_on():
    manager, client = start_new_kernel()
    try:
        # Or ipykernel drops what is asked right after the interrupt, as if by one who saw no error.
        client.execute(LOOP, stop_on_error=False)
        while (message := client.get_iopub_msg(timeout=120))["msg_type"] != "stream":
            assert message["msg_type"] != "error", message["content"]
        manager.interrupt_kernel()
        while (message := client.get_shell_msg(timeout=120))["msg_type"] != "execute_reply":
            pass  # what the kernel says of itself at its start
        assert message["content"]["ename"] == "KeyboardInterrupt"
        assert client.execute_interactive(ON, timeout=120)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
