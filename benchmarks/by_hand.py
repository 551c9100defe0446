"""The same SGD step written out by hand in numpy: plainly, tightly, and with every array made beforehand.

Two layers, sigmoid between them, mean squared error: the network of lesson 06. `weights` is the list
[W1, b1, W2, b2], which a step changes. `asked` is None, or a list into which the gradients of X and y go.
"""

from __future__ import annotations

import numpy as np

Arrays = list[np.ndarray]


def plain_step(weights: Arrays, asked: Arrays | None, rate: float, X: np.ndarray, y: np.ndarray) -> float:
    """As one writes it down from the formulas; returns the cost."""
    W1, b1, W2, b2 = weights
    hidden = 1 / (1 + np.exp(-(X @ W1 + b1)))
    difference = y - (hidden @ W2 + b2)
    cost = np.mean(np.square(difference))

    to_output = -2 / difference.size * difference
    to_W2 = hidden.T @ to_output
    to_b2 = np.sum(to_output, axis=0)
    to_sum = to_output @ W2.T * hidden * (1 - hidden)
    to_W1 = X.T @ to_sum
    to_b1 = np.sum(to_sum, axis=0)
    if asked is not None:
        asked[:] = to_sum @ W1.T, -to_output

    weights[:] = W1 - rate * to_W1, b1 - rate * to_b1, W2 - rate * to_W2, b2 - rate * to_b2
    return cost


def tight_step(weights: Arrays, asked: Arrays | None, rate: float, X: np.ndarray, y: np.ndarray) -> float:
    """With numpy's methods instead of its functions, and every array changed where it is."""
    W1, b1, W2, b2 = weights
    hidden = X.dot(W1)
    hidden += b1
    np.negative(hidden, out=hidden)
    np.exp(hidden, out=hidden)
    hidden += 1.0
    np.reciprocal(hidden, out=hidden)
    difference = hidden.dot(W2)
    difference += b2
    difference -= y
    cost = np.vdot(difference, difference) / difference.size

    difference *= 2.0 * rate / difference.size  # the rate once, in the smallest array
    to_sum = difference.dot(W2.T)
    to_sum *= hidden
    W2 -= hidden.T.dot(difference)
    b2 -= difference.sum(axis=0)
    np.subtract(1.0, hidden, out=hidden)
    to_sum *= hidden
    if asked is not None:
        asked[:] = (to_sum / rate).dot(W1.T), difference / -rate
    W1 -= X.T.dot(to_sum)
    b1 -= to_sum.sum(axis=0)
    return cost


class Buffers:
    """The tight step with `out=`: every array is made once, for one size of batch."""

    def __init__(self, weights: Arrays, X: np.ndarray, y: np.ndarray):
        m, hidden = len(X), weights[0].shape[1]
        self.ones = np.ones(m)
        self.hidden, self.to_sum, self.scaled = (np.empty((m, hidden)) for _ in range(3))
        self.difference, self.to_weights = np.empty(y.shape), [np.empty(w.shape) for w in weights]
        self.to_X, self.to_y = np.empty(X.shape), np.empty(y.shape)

    def step(self, weights: Arrays, asked: Arrays | None, rate: float, X: np.ndarray, y: np.ndarray) -> float:
        W1, b1, W2, b2 = weights
        to_W1, to_b1, to_W2, to_b2 = self.to_weights
        hidden, to_sum, difference, ones = self.hidden, self.to_sum, self.difference, self.ones
        X.dot(W1, hidden)
        np.add(hidden, b1, hidden)
        np.negative(hidden, hidden)
        np.exp(hidden, hidden)
        np.add(hidden, 1.0, hidden)
        np.reciprocal(hidden, hidden)
        hidden.dot(W2, difference)
        np.add(difference, b2, difference)
        np.subtract(difference, y, difference)
        cost = np.vdot(difference, difference) / difference.size

        np.multiply(difference, 2.0 * rate / difference.size, difference)
        difference.dot(W2.T, to_sum)
        np.multiply(to_sum, hidden, to_sum)
        np.subtract(W2, hidden.T.dot(difference, to_W2), W2)
        np.subtract(b2, ones.dot(difference, to_b2), b2)
        np.subtract(1.0, hidden, hidden)
        np.multiply(to_sum, hidden, to_sum)
        if asked is not None:
            np.divide(to_sum, rate, self.scaled).dot(W1.T, self.to_X)
            asked[:] = self.to_X, np.divide(difference, -rate, self.to_y)
        np.subtract(W1, X.T.dot(to_sum, to_W1), W1)
        np.subtract(b1, ones.dot(to_sum, to_b1), b1)
        return cost
