"""The widgets that pages play, each in two forms: as the notebook has it, and as its page was told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import ipywidgets
import pytest

from miniflow_lib import MSE, Add, Input, Mul, forward_and_backward, topological_sort
from miniflow_classroom import cost_of_one_weight, fault_lab, fill_in_gradients, nudge, sort_game, tangent
from miniflow_classroom.widgets import fault_lab as lab_module
from miniflow_classroom.widgets import one_weight
from miniflow_classroom.widgets.base import StaticBox
from miniflow_classroom.widgets.states import ENTERED, LIST, key


def one_fact() -> list:
    """cost = (22 - rooms · w)², with its gradients."""
    rooms, w, y = Input("rooms"), Input("w"), Input("y")
    price = Mul(rooms, w, name="price")
    graph = topological_sort({rooms: 5, w: 4, y: 22}, output=MSE(y, price, name="cost"))
    forward_and_backward(graph)
    return graph


def classic() -> list:
    """f = (x + y) · z at -2, 5, -4."""
    x, y, z = Input("x"), Input("y"), Input("z")
    return topological_sort({x: -2, y: 5, z: -4}, output=Mul(Add(x, y, name="q"), z, name="f"))


def _weight() -> StaticBox:
    graph = one_fact()
    w = next(node for node in graph if node.name == "w")
    return cost_of_one_weight(graph, w, low=3, high=6, step=0.01)


MAKE: dict[str, Callable[[], StaticBox]] = {
    "nudge": lambda: nudge(one_fact()),
    "tangent": lambda: tangent(lambda x: x**2, at=1, label="x²"),
    "weight": _weight,
    "game": sort_game,
    "boxes": lambda: fill_in_gradients(classic()),
    "lab": fault_lab,
}


@contextmanager
def smaller() -> Iterator[None]:
    """Fewer cases in the lab, and fewer places where a walk begins: the same code in a part of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab_module, "FAULTS", lab_module.FAULTS[:2])
        patch.setattr(one_weight, "STOPS", 4)
        yield


def seen(box: StaticBox) -> list[str]:
    """What the notebook's widget shows now, place by place, its buttons and fields left out."""
    found, todo = [], list(box.children)
    while todo:
        widget = todo.pop(0)
        if isinstance(widget, ipywidgets.HTML):
            found.append(
                widget.value.replace(' role="status"', "")
                if isinstance(box, lab_module.Case)
                else widget.value
            )
        todo = [*getattr(widget, "children", ()), *todo]
    return found


def told_of(
    told: dict,
    values: Sequence[int | str] = (),
    moves: Sequence[str] = (),
    by: str = "",
    *,
    entered: Sequence[str] = (),
    case: int = 0,
    panel: int = 0,
) -> list[str]:
    """The HTML of each place of a panel in this state, as player.js puts it together."""
    here = told["cases"][case]["panels"][panel]
    ordered = sorted(moves) if here.get("sorted") else moves
    labels = {move.get("name"): move["label"] for move in here.get("moves", [])}
    places = [""] * len(here["areas"])
    for view in here["views"]:
        of = view["of"]
        at = key(values, ordered, by) if of is None else " ".join(str(values[n]) for n in of)
        html = "".join(told["pieces"][piece] for piece in view["states"].get(at, []))
        if of:
            html = html.replace(ENTERED, entered[of[0]])
        html = html.replace(LIST, ", ".join(labels.get(move, move) for move in moves))
        places[view["area"]] += re.sub(
            "[\ue000-\uf8fe]", lambda slot: str(list(moves).index(slot[0]) + 1), html
        )
    return places
