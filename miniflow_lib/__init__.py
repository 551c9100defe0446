"""MiniFlow: a small engine for learning backpropagation, and what shows it at work.

The engine loads at once and needs numpy alone; pictures, widgets and checks load when they are first used.
"""

from __future__ import annotations

from importlib import import_module

from .errors import MiniFlowError
from .nodes import Input, Node
from .ops import MSE, Add, Linear, Mul, Sigmoid
from .passes import backward_pass, forward_and_backward, forward_pass
from .sorting import topological_sort
from .tracing import trace
from .training import sgd_update

_LATER = {  # name: the module that it is loaded from at first use
    "load_boston": "datasets",
    **dict.fromkeys(("minibatches", "train"), "training"),
    **dict.fromkeys(("draw_graph", "show_source"), "drawing"),
    **dict.fromkeys(("live", "toggles"), "widgets.live"),
    "stepper": "widgets.stepper",
    "predict": "widgets.predict",
    "watch_learning": "widgets.watch",
    "sort_game": "widgets.sort_game",
    **dict.fromkeys(("nudge", "tangent", "fill_in_gradients", "cost_of_one_weight"), "widgets.calculus"),
    "fault_lab": "widgets.fault_lab",
    **dict.fromkeys(("descent", "explorer"), "widgets.explorer"),
    "check_gradients": "gradient_check",
    **dict.fromkeys(("check", "hints", "quiz"), "checks"),
}

__all__ = [
    *("Node", "Input", "Add", "Mul", "Linear", "Sigmoid", "MSE"),
    *("topological_sort", "forward_pass", "backward_pass", "forward_and_backward", "sgd_update"),
    *("trace", "MiniFlowError", "load_boston"),
]


def __getattr__(name: str):
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
