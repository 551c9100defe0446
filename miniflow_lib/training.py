"""Lesson 06: the update, and the loop around it."""

from __future__ import annotations

from collections.abc import Sequence

from . import errors
from .nodes import Input


def sgd_update(trainables: Sequence[Input], learning_rate: float = 1e-2) -> None:
    """One step downhill: value - learning_rate * gradient, for each trainable Input.

    The values are new arrays: what was fed stays as it was. Raises MiniFlowError where there is no gradient.
    """
    if not 0 <= learning_rate < 1e300:
        errors.check_learning_rate(learning_rate)
    try:
        for t in trainables:
            t.value = t.value - learning_rate * t.gradients[t]
    except (KeyError, AttributeError, TypeError):
        errors.check_update(trainables, learning_rate)
        raise
