"""Other prices in the sealed rows of lesson 06, put in from its kernel: what shows them has looked."""

from __future__ import annotations

import numpy as np

from miniflow_lib import datasets

_read = datasets._read_checked
_real: np.ndarray | None = None  # the prices of the table, while others are in their place


def put_in(names: dict) -> None:
    """Other prices of the sealed rows in each array that has them, and in whatever is loaded from now on."""
    global _real
    take_out(names)
    _real, sealed = names["boston"].target.copy(), names["sealed"]
    other = _real.copy()
    other[sealed] = np.random.default_rng(1).uniform(100, 1000, size=len(sealed))  # no price is above 50
    _exchange(names, _real, other)

    def read(path) -> str:
        head, *rows = _read(path).splitlines()
        changed = [f"{row.rpartition(',')[0]},{price}" for row, price in zip(rows, other, strict=True)]
        return "\n".join([head, *changed])

    datasets._read_checked = read


def take_out(names: dict) -> None:
    """The real prices again."""
    global _real
    if _real is not None:
        _exchange(names, names["boston"].target.copy(), _real)
    datasets._read_checked, _real = _read, None


def _exchange(names: dict, old: np.ndarray, new: np.ndarray) -> None:
    for array in [names["boston"].target, *names.values()]:
        if isinstance(array, np.ndarray) and np.array_equal(array, old):
            array[...] = new
