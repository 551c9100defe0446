"""What the functions of the classroom are given: the checks that the engine has no need of."""

from __future__ import annotations

from collections.abc import Sequence

from miniflow_lib.errors import MiniFlowError, is_real, numbers, what

MOST_SHOWN = 100  # nodes with a box, a button or a picture of their own; more nobody follows


def check_size(does: str, graph: Sequence) -> None:
    """Raises where a graph has more nodes than can be shown one by one; `does`: who shows them, and how."""
    if len(graph) > MOST_SHOWN:
        raise MiniFlowError(
            f"The graph has {len(graph)} nodes, and {does} at most {MOST_SHOWN}: show a part of it, or the "
            "same on a smaller graph."
        )


def check_text(name: str, value) -> str:
    if not isinstance(value, str):
        raise MiniFlowError(f"{name} is a text, not {what(value)}.")
    return value


def check_returned(name: str, value) -> float:
    """value as a float, when a function returned a single number; nan and inf are numbers here."""
    number = numbers(value)
    if number is None or number.size != 1:
        raise MiniFlowError(f"{name} must return one number, not {what(value)}.")
    return float(number.reshape(()))


def check_choice(name: str, value, choices: Sequence):
    """The value, when it is one of a few texts or numbers."""
    if not (isinstance(value, str) or is_real(value)) or value not in choices:
        raise MiniFlowError(f"{name} is one of {', '.join(map(repr, choices))}, not {what(value)}.")
    return value
