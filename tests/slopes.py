"""Gradients against central differences."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from miniflow_lib import MSE, Input, forward_and_backward, forward_pass, topological_sort

STEP = 1e-5


def slopes(cost, inputs, values):
    """d cost / d each number of each Input, by central differences."""
    result = []
    for node, value in zip(inputs, values):
        slope = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] += sign * STEP
                feed = dict(zip(inputs, values)) | {node: moved}
                ends.append(float(forward_pass(cost, topological_sort(feed, cost))))
            slope[place] = (ends[0] - ends[1]) / (2 * STEP)
        result.append(slope)
    return result


def assert_gradients_are_slopes(cost, inputs, values):
    values = [np.array(v, dtype=float) for v in values]
    measured = slopes(cost, inputs, values)
    forward_and_backward(topological_sort(dict(zip(inputs, values)), cost))
    for node, value, slope in zip(inputs, values, measured):
        worked_out = node.gradients[node]
        assert np.shape(worked_out) == value.shape, node
        room = 1e-6 * np.maximum(1, np.maximum(abs(worked_out), abs(slope)))
        assert np.all(abs(worked_out - slope) <= room), (node, worked_out, slope)


def numbers(shape, seed):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def as_cost(node, weights_seed=0):
    """A single number that depends on each element of `node` in its own way: MSE against random targets."""
    y = Input("target")
    return y, MSE(y, node)


seeds = st.integers(0, 10**6)
