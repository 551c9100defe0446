"""The sort by hand: the learner takes one node after another, and is told why one is not ready yet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets

from miniflow_lib.nodes import Node
from miniflow_classroom import arguments
from miniflow_classroom.show.drawing import GraphView, Scene, fit
from miniflow_classroom.show.plots import page_width, picture_html
from miniflow_classroom.widgets.base import StaticBox, on_card
from miniflow_classroom.widgets.stepper import PAGE


def sort_game(graph: Sequence[Node] | Node) -> StaticBox:
    """A picture of the graph and a button a node: take them in an order in which each follows what feeds it.

    graph: a sorted list or an output node; nothing in it is run or changed.
    """
    return SortGame(GraphView(graph))


class SortGame(StaticBox):
    """The list so far stands in `taken`; a node that is not ready is not taken, and the reply says why."""

    def __init__(self, view: GraphView):
        arguments.check_size("the game has a button for", view.nodes)
        self.view, self.taken = view, []
        self.waits_for = {node: [a for a, b in view.edges if b is node] for node in view.nodes}
        number = f"no. {len(view.nodes)}"
        widest = Scene(notes=dict.fromkeys(view.nodes, max("waits: 9", number, key=len)), labels=view.twice)
        self.drawing = view.drawing([widest])
        layout = ipywidgets.Layout(width="auto", min_width="60px")
        # In the order of their names: the graph's own order would be an answer.
        self.buttons = {
            node: ipywidgets.Button(description=fit(view.names[node], 30), layout=layout)
            for node in sorted(view.nodes, key=lambda node: view.names[node].casefold())
        }
        for node, button in self.buttons.items():
            button.on_click(lambda _, node=node: self.take(node))
        self.again = ipywidgets.Button(description="start again", icon="undo", layout=layout)
        self.again.on_click(lambda _: self.start())
        self.picture = ipywidgets.HTML(layout=ipywidgets.Layout(width=PAGE))
        row = ipywidgets.Layout(flex_flow="row wrap")
        alt = view.in_words(Scene(), "Which node runs first, and which after it?")
        still = self.drawing.svg(Scene(labels=view.twice), alt)
        super().__init__(
            [self.picture, ipywidgets.HBox([*self.buttons.values(), self.again], layout=row)],
            text=f"A game: take the {len(view.nodes)} nodes in an order in which each follows what feeds it.",
            html=picture_html(still, alt, self.drawing.width),
        )
        self.start()

    def start(self) -> None:
        """Everything back to the beginning."""
        self.taken = []
        self._show("Which one can run first? Take a node that waits for nobody.", [])

    def take(self, node: Node) -> None:
        """Puts the node into the list, when all that feed it are there already."""
        name, missing = self.view.names[node], [a for a in self.waits_for[node] if a not in self.taken]
        if node in self.taken:
            return
        if missing:
            who = " and ".join(self.view.names[a] for a in missing)
            arrows = "one arrow into it is" if len(missing) == 1 else f"{len(missing)} arrows into it are"
            said = f"Not {name} yet: {arrows} not crossed off. It waits for {who}."
            self._show(said, missing, [(a, node) for a in missing])
            return
        self.taken.append(node)
        freed = [
            self.view.names[b]
            for b in self.view.consumers(node)
            if all(a in self.taken for a in self.waits_for[b])
        ]
        said = f"Yes: {name} has all it needs."
        if freed:
            said += f" Now {' and '.join(freed)} wait{'s' * (len(freed) == 1)} for nobody any more."
        if len(self.taken) == len(self.view.nodes):
            order = ", ".join(self.view.names[n] for n in self.taken)
            said = f"Done: {order}. No arrow leads back: this is a valid order. Is there another one?"
        self._show(said, [node])

    def _show(self, said: str, lit: Sequence[Node], arrows: Sequence[tuple] = ()) -> None:
        view = self.view
        notes = {n: f"waits: {left}" for n in view.nodes if (left := self._waits(n)) and n not in self.taken}
        notes |= {n: f"no. {at}" for at, n in enumerate(self.taken, 1)}
        scene = Scene(
            notes=notes,
            labels=view.twice,
            lit=frozenset(lit),
            arrows=frozenset(arrows),
            gone=frozenset(edge for edge in view.edges if edge[0] in self.taken),
        )
        svg = self.drawing.svg(scene, view.in_words(Scene()), page_width(self.drawing.width))
        order = ", ".join(view.names[n] for n in self.taken) or "(empty)"
        self.picture.value = on_card(
            f'<div role="status" style="min-height:2.8em">{escape(said)}<br>'
            f"<b>list:</b> {escape(order)}</div>",
            f'<div style="overflow-x:auto">{svg}</div>',
        )
        for node, button in self.buttons.items():
            button.disabled = node in self.taken

    def _waits(self, node: Node) -> int:
        return sum(a not in self.taken for a in self.waits_for[node])
