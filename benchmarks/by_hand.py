"""The same SGD step written out by hand in numpy, twice: plainly, and as tight as it still reads well.

Two layers, sigmoid between them, mean squared error: the network of lesson 06.
"""

from __future__ import annotations

import numpy as np


def plain_step(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray, learning_rate: float) -> float:
    """As one writes it down from the formulas; returns the cost, and changes the list of weights."""
    W1, b1, W2, b2 = weights
    target = y.reshape(len(X), -1)
    hidden = 1 / (1 + np.exp(-(X @ W1 + b1)))
    difference = target - (hidden @ W2 + b2)
    cost = np.mean(np.square(difference))

    to_output = -2 / difference.size * difference
    to_W2 = hidden.T @ to_output
    to_b2 = np.sum(to_output, axis=0)
    to_sum = to_output @ W2.T * hidden * (1 - hidden)
    to_W1 = X.T @ to_sum
    to_b1 = np.sum(to_sum, axis=0)

    weights[:] = (
        W1 - learning_rate * to_W1,
        b1 - learning_rate * to_b1,
        W2 - learning_rate * to_W2,
        b2 - learning_rate * to_b2,
    )
    return cost


def tight_step(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray, learning_rate: float) -> float:
    """With numpy's methods in the place of its functions, and every array changed where it stands."""
    W1, b1, W2, b2 = weights
    hidden = X.dot(W1)
    hidden += b1
    np.negative(hidden, out=hidden)
    np.exp(hidden, out=hidden)
    hidden += 1.0
    np.reciprocal(hidden, out=hidden)
    difference = hidden.dot(W2)
    difference += b2
    difference -= y.reshape(difference.shape)
    cost = np.vdot(difference, difference) / difference.size

    difference *= 2.0 * learning_rate / difference.size  # the learning rate once, in the smallest array
    to_sum = difference.dot(W2.T)
    to_sum *= hidden
    W2 -= hidden.T.dot(difference)
    b2 -= difference.sum(axis=0)
    np.subtract(1.0, hidden, out=hidden)
    to_sum *= hidden
    W1 -= X.T.dot(to_sum)
    b1 -= to_sum.sum(axis=0)
    return cost
