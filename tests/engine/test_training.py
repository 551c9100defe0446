"""Lesson 06's loop: which rows it sees, what it returns, how it ends."""

from __future__ import annotations

import math
import signal
import threading

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Input,
    Linear,
    MiniFlowError,
    Node,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    topological_sort,
)
from miniflow_lib.training import minibatches, sgd_update, train


def line(m: int = 25, seed: int = 0):
    """A single neuron on two columns: the sorted list, the feeds, the trainables."""
    rng = np.random.default_rng(seed)
    X_ = rng.normal(size=(m, 2))
    y_ = X_ @ [2.0, -1.0] + 0.5 + 0.1 * rng.normal(size=m)
    X, y, W, b = (Input(name) for name in ("X", "y", "W", "b"))
    graph = topological_sort(
        {X: X_, y: y_, W: np.zeros((2, 1)), b: np.zeros(1)}, output=MSE(y, Linear(X, W, b))
    )
    return graph, {X: X_, y: y_}, [W, b]


class Watch(Node):
    """Hands its input on and writes down what came by."""

    def __init__(self, x):
        super().__init__([x])
        self.seen = []

    def forward(self):
        self.value = self.inbound_nodes[0].value
        self.seen.append(np.array(self.value))

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost()}


def watched(m: int):
    """A graph whose rows are numbered, and the node that sees them go by."""
    X, y, w, b = (Input(name) for name in ("X", "y", "w", "b"))
    watch = Watch(X)
    rows = np.arange(m, dtype=float)[:, None]
    graph = topological_sort({X: rows, y: np.zeros(m), w: [[0.0]], b: [0.0]}, MSE(y, Linear(watch, w, b)))
    return graph, {X: rows, y: np.zeros(m)}, [w, b], watch


@pytest.mark.parametrize("m, size", [(1, 1), (7, 3), (12, 4), (506, 11), (304, 11), (5, 100)])
def test_minibatches_hold_every_row_once(m, size):
    batches = list(minibatches(m, size, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches)) == list(range(m))
    assert [len(rows) for rows in batches[:-1]] == [size] * (len(batches) - 1)
    assert len(batches) == math.ceil(m / size)
    assert len(batches[-1]) == (m % size or min(m, size))


def test_each_epoch_sees_every_row_once_the_rest_too_and_in_an_order_of_its_own():
    graph, feeds, trainables, watch = watched(10)
    train(graph, feeds, trainables, epochs=3, batch_size=4)
    assert [len(rows) for rows in watch.seen] == [4, 4, 2] * 3
    epochs = [np.concatenate(watch.seen[3 * i : 3 * i + 3])[:, 0].tolist() for i in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_seed_decides_the_order_alone():
    runs = []
    for seed in (0, 0, 1):
        graph, feeds, trainables, watch = watched(10)
        np.random.seed(seed + 5)
        state = np.random.get_state()[1].tolist()
        train(graph, feeds, trainables, epochs=2, batch_size=4, seed=seed)
        assert np.random.get_state()[1].tolist() == state  # numpy's shared generator is left alone
        runs.append(np.concatenate(watch.seen)[:, 0].tolist())
    assert runs[0] == runs[1] != runs[2]


def test_the_costs_are_those_of_the_loop_written_out():
    graph, feeds, trainables = line()
    costs = train(graph, feeds, trainables, epochs=4, batch_size=4, learning_rate=0.05, seed=3)
    X_, y_ = feeds.values()
    w, b, rng, expected = np.zeros((2, 1)), np.zeros(1), np.random.default_rng(3), []
    for _ in range(4):
        squares = 0.0
        order = rng.permutation(25)
        for rows in np.split(order, range(4, 25, 4)):
            miss = (X_[rows] @ w + b)[:, 0] - y_[rows]
            squares += np.sum(miss**2)
            w = w - 0.05 * 2 / len(rows) * (X_[rows].T @ miss)[:, None]
            b = b - 0.05 * 2 / len(rows) * miss.sum()
        expected.append(squares / 25)  # a small last batch counts by its rows
    assert costs == pytest.approx(expected, rel=1e-12)
    assert np.allclose(trainables[0].value, w, rtol=1e-12) and np.allclose(trainables[1].value, b, rtol=1e-12)
    assert costs[-1] < 0.5 * costs[0]


def test_what_was_fed_stays_as_it_was():
    graph, feeds, trainables = line()
    arrays = [*feeds.values(), *(t.value for t in trainables)]
    before = [array.copy() for array in arrays]
    train(graph, feeds, trainables, epochs=2, l2=0.1)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before))
    assert [np.shape(node.value) for node in feeds] == [
        (25, 2),
        (25,),
    ]  # whole again, for the next forward pass


def test_the_callback_hears_each_epoch_and_may_end_the_training():
    graph, feeds, trainables = line()
    heard = []

    def on_epoch(epoch, cost):
        heard.append((epoch, cost))
        return epoch < 3

    costs = train(graph, feeds, trainables, epochs=10, on_epoch=on_epoch)
    assert heard == [(1, costs[0]), (2, costs[1]), (3, costs[2])] and len(costs) == 3
    heard.clear()
    assert len(train(graph, feeds, trainables, epochs=4, on_epoch=lambda e, c: None)) == 4


class Interrupts(Node):
    """Hands its input on, and in the middle of the nth backward pass somebody presses the stop button."""

    def __init__(self, x, when):
        super().__init__([x])
        self.left = when

    def forward(self):
        self.value = self.inbound_nodes[0].value

    def backward(self):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        self.gradients = {self.inbound_nodes[0]: self.grad_cost()}


def interrupted(when: int):
    rng = np.random.default_rng(0)
    X_, y_ = rng.normal(size=(20, 2)), rng.normal(size=20)
    X, y, W, b = (Input(name) for name in ("X", "y", "W", "b"))
    stop = Interrupts(Linear(X, W, b), when)
    graph = topological_sort({X: X_, y: y_, W: np.zeros((2, 1)), b: np.zeros(1)}, MSE(y, stop))
    return graph, {X: X_, y: y_}, [W, b]


def test_an_interrupt_leaves_the_weights_of_the_last_whole_step_and_the_costs_so_far(capsys):
    graph, feeds, trainables = interrupted(
        when=4 * 2 + 3
    )  # 4 batches an epoch: in the third of the third epoch
    costs = train(graph, feeds, trainables, epochs=9, batch_size=5)
    assert "Interrupted in epoch 3" in capsys.readouterr().out

    graph2, feeds2, trainables2 = interrupted(when=10**9)
    whole = train(graph2, feeds2, trainables2, epochs=2, batch_size=5)
    assert costs == whole
    rng = np.random.default_rng(0)  # and two steps of the third epoch
    batches = [rows for _ in range(3) for rows in minibatches(20, 5, rng)][8:10]
    for rows in batches:
        for node, array in feeds2.items():
            node.value = array[rows]
        forward_and_backward(graph2)
        sgd_update(trainables2)
    for one, other in zip(trainables, trainables2):
        assert np.array_equal(one.value, other.value)
    assert math.isfinite(forward_pass(graph[-1], graph))  # all rows are fed again


def test_an_interrupt_within_the_update_is_not_half_a_step(monkeypatch):
    graph, feeds, trainables = line()
    left = 5

    def half(trainables, learning_rate):
        nonlocal left
        left -= 1
        trainables[0].value = trainables[0].value - learning_rate * trainables[0].gradients[trainables[0]]
        if left == 0:
            raise KeyboardInterrupt
        sgd_update(trainables[1:], learning_rate)

    monkeypatch.setattr("miniflow_lib.training.sgd_update", half)
    train(graph, feeds, trainables, epochs=9, batch_size=25)
    after_interrupt = [t.value for t in trainables]
    monkeypatch.undo()
    graph, feeds, trainables = line()
    train(graph, feeds, trainables, epochs=4, batch_size=25)
    assert all(np.allclose(a, t.value, rtol=1e-13) for a, t in zip(after_interrupt, trainables))


@pytest.fixture
def interruptible():
    """In the background, as a shell's `&` starts it, a process is told to ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_real_signal_stops_it(interruptible):
    graph, feeds, trainables = line()
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    costs = train(graph, feeds, trainables, epochs=10**7)
    timer.join()
    assert 0 < len(costs) < 10**7 and all(map(math.isfinite, costs))


def test_an_explosion_stops_with_a_sentence_and_the_costs_until_then():
    graph, feeds, trainables = line()
    with pytest.raises(MiniFlowError, match="smaller learning rate") as caught:
        train(graph, feeds, trainables, learning_rate=50.0, epochs=500)
    costs = caught.value.costs
    assert 0 < len(costs) < 500 and all(map(math.isfinite, costs)) and costs[-1] > costs[0]
    assert all(np.all(np.isfinite(t.value)) for t in trainables)


def test_an_explosion_says_no_warning(recwarn):
    graph, feeds, trainables = line()
    with pytest.raises(MiniFlowError):
        train(graph, feeds, trainables, learning_rate=1e6, epochs=500)
    assert [str(w.message) for w in recwarn] == []


def test_l2_adds_its_part_to_the_gradients_of_matrices_alone():
    graph, feeds, trainables = line()
    W, b = trainables
    W.value, b.value = np.array([[3.0], [-2.0]]), np.array([1.0])
    plain = line()
    plain[2][0].value, plain[2][1].value = W.value, b.value
    train(*plain, epochs=1, batch_size=25, learning_rate=0.1)
    train(graph, feeds, trainables, epochs=1, batch_size=25, learning_rate=0.1, l2=0.25)
    assert W.value == pytest.approx(plain[2][0].value - 0.1 * 2 * 0.25 * np.array([[3.0], [-2.0]]))
    assert b.value == pytest.approx(plain[2][1].value)


def test_l2_is_the_gradient_of_what_it_adds_to_the_cost():
    """One step on the whole data against slopes of cost + l2 * sum of squares."""
    graph, feeds, trainables = line()
    W = trainables[0]
    start = np.array([[0.7], [-0.4]])
    W.value = start

    def penalised(w):
        W.value = w
        return float(forward_pass(graph[-1], graph)) + 0.3 * float(np.sum(w**2))

    slopes = [
        [(penalised(start + e) - penalised(start - e)) / 2e-6]
        for e in (np.array([[1e-6], [0]]), np.array([[0], [1e-6]]))
    ]
    W.value = start
    train(graph, feeds, trainables, epochs=1, batch_size=25, learning_rate=0.01, l2=0.3)
    assert (start - W.value) / 0.01 == pytest.approx(np.array(slopes), rel=1e-6)


def test_a_network_of_two_layers_learns_a_bend():
    rng = np.random.default_rng(0)
    X_ = np.linspace(-2, 2, 60)[:, None]
    y_ = np.abs(X_[:, 0])
    X, y, W1, b1, W2, b2 = inputs = [Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    start = [rng.normal(size=(1, 8)), np.zeros(8), rng.normal(size=(8, 1)), np.zeros(1)]
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    graph = topological_sort(dict(zip(inputs, [X_, y_, *start])), output=cost)
    costs = train(graph, {X: X_, y: y_}, inputs[2:], learning_rate=0.1, epochs=400)
    assert costs[-1] < 0.02 < np.var(y_)  # no straight line gets below the variance


def test_what_a_learner_does_not_set_is_as_the_lesson_shows_it():
    graph, feeds, trainables, watch = watched(23)
    told = []
    train(graph, feeds, trainables, progress=told.append)
    assert told[-1] == 100 and [len(rows) for rows in watch.seen[:3]] == [11, 11, 1]
    as_said = {"learning_rate": 0.01, "epochs": 100, "batch_size": 11, "seed": 0, "l2": 0.0}
    runs = []
    for settings in ({}, as_said):
        graph, feeds, trainables = line()
        costs = train(graph, feeds, trainables, **settings)
        runs.append([*costs, *trainables[0].value[:, 0], *trainables[1].value])
    assert runs[0] == runs[1]


def test_an_error_in_the_learners_own_input_stays_theirs():
    class Fixed(Input):
        """Its value can be set once."""

        def __setattr__(self, name, value):
            if name == "value" and getattr(self, "value", None) is not None:
                raise AttributeError("fixed for good")
            super().__setattr__(name, value)

    w, y = Fixed("w"), Input("y")
    forward_and_backward(topological_sort({w: 2.0, y: 1.0}, MSE(y, w)))
    with pytest.raises(AttributeError, match="fixed for good"):
        sgd_update([w])
    assert w.value == 2


def test_progress_is_told_after_each_epoch_and_once_more_at_the_end():
    graph, feeds, trainables = line()
    told = []
    train(graph, feeds, trainables, epochs=3, progress=told.append)
    assert told == [1, 2, 3, 3]
    told.clear()
    train(graph, feeds, trainables, epochs=9, progress=told.append, on_epoch=lambda epoch, cost: epoch < 2)
    assert told == [1, 2, 2]


def test_nothing_is_printed(capsys):
    graph, feeds, trainables = line()
    assert len(train(graph, feeds, trainables, epochs=2)) == 2
    assert capsys.readouterr() == ("", "")
