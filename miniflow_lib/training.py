"""Lesson 06: the update, the batches, and the loop around them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from . import errors, mistakes
from .nodes import Input, Node
from .passes import forward_and_backward


def sgd_update(trainables: Sequence[Input], learning_rate: float = 1e-2) -> None:
    """One step downhill: value - learning_rate * gradient, for each trainable Input.

    The values are new arrays: what was fed stays as it was. Raises MiniFlowError where there is no gradient,
    or one of another shape than the value.
    """
    if type(learning_rate) is not float or not 0.0 <= learning_rate < 1e300:
        errors.check_number("The learning rate", learning_rate, 0)
    rate = np.array(learning_rate)
    try:
        values = dict.fromkeys(trainables)  # one that is named twice takes one step
        for t in values:
            value, gradient = t.value, t.gradients[t]
            if getattr(gradient, "shape", ()) != value.shape:
                mistakes.check_update(trainables)
            values[t] = value - rate * gradient
        for t, value in values.items():  # all of them, or none
            t.value = value
    except (KeyError, AttributeError, TypeError):
        mistakes.check_update(trainables)
        raise


def minibatches(m: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The row numbers 0 to m - 1 in a random order, `batch_size` at a time: each row once.

    What does not fill a batch comes last, as a smaller one.
    """
    mistakes.check_batches(m, batch_size, rng)
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]


def train(
    graph: Sequence[Node],
    feeds: Mapping[Input, np.ndarray],
    trainables: Sequence[Input],
    *,
    learning_rate: float = 1e-2,
    epochs: int = 100,
    batch_size: int = 11,
    seed: int = 0,
    l2: float = 0.0,
    on_epoch: Callable[[int, float], object] | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[float]:
    """Train by minibatch SGD; returns the cost of each epoch, the mean over its rows while they were learned.

    graph: the sorted list, its last node the cost. feeds: {X: (m, ...), y: (m, ...)}, batched row by row.
    l2: adds l2 * (sum of W²) over the trainable matrices, and so 2 * l2 * W to their gradients.
    on_epoch: called with (epoch from 1, cost); training ends early when it returns False.
    progress: called with the number of epochs done, after each and once more at the end.
    Raises MiniFlowError with `.costs` when the cost is no longer finite. An interrupt ends the training
    with the weights of the last whole step; the costs so far are returned.
    """
    mistakes.check_settings(learning_rate, epochs, batch_size, seed, l2, on_epoch, progress)
    arrays = mistakes.check_training(graph, feeds, trainables)
    m, rng, costs = len(next(iter(arrays.values()))), np.random.default_rng(seed), []
    trainables = list(dict.fromkeys(trainables))
    matrices = [t for t in trainables if np.ndim(t.value) == 2] if l2 else []
    weights = [t.value for t in trainables]
    try:
        for epoch in range(1, epochs + 1):
            total = 0.0
            for rows in minibatches(m, batch_size, rng):
                for node, array in arrays.items():
                    node.value = array[rows]
                forward_and_backward(graph)
                for W in matrices:
                    W.gradients[W] = W.gradients[W] + 2.0 * l2 * W.value
                sgd_update(trainables, learning_rate)
                total += np.asarray(graph[-1].value, dtype=float).item() * len(rows)
                weights = [t.value for t in trainables]
            costs.append(total / m)
            if progress is not None:
                progress(epoch)
            go_on = on_epoch is None or on_epoch(epoch, costs[-1])
            weights = [t.value for t in trainables]  # on_epoch may have set them
            if isinstance(go_on, (bool, np.bool_)) and not go_on:
                break
    except errors.MiniFlowError as error:
        error.costs = costs
        raise
    except KeyboardInterrupt:
        print(f"Interrupted in epoch {len(costs) + 1}: the weights are those of the last whole step.")
    finally:
        for t, value in zip(trainables, weights):
            t.value = value
        for node, array in arrays.items():
            node.value = array
        if progress is not None:
            progress(len(costs))
    return costs
