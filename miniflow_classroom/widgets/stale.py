"""Lesson 01: an Input is dragged, all that was made from it goes stale, and the learner runs it again."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.nodes import Node
from miniflow_lib.tracing import trace
from miniflow_classroom import arguments
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.drawing import LARGER, GraphView, Scene, fit, needed_by, short_number
from miniflow_classroom.show.plots import picture_html
from miniflow_classroom.show.words import listed
from miniflow_classroom.widgets.base import PAGE, StaticBox, in_its_place, on_card, side_by_side

REACH = 6  # how far an Input can be dragged, up and down
WIDEST = "-1.23e-4"  # of the numbers that a box may come to hold


def stale(graph: Sequence[Node] | Node) -> StaticBox:
    """A slider for each Input and a button for each op: drag, then run again what is out of date.

    graph: a sorted list or an output node, where each node holds one number. A copy of it is played with.
    """
    given = GraphView(graph).nodes
    arguments.check_size("stale has a button for", given)
    nodes = list(dict.fromkeys(needed for node in given for needed in needed_by(node)))
    copies = Snapshot(nodes).graph
    for node, copy in zip(nodes, copies):
        value = errors.numbers(copy.value)
        if value is None or value.size != 1:
            raise errors.MiniFlowError(
                f"stale needs one number per node, and {errors.called(node)} holds {errors.what(copy.value)}."
            )
        copy.value = np.float64(value.reshape(()))
    view = GraphView(copies)
    if not any(np.isfinite(node.value) for node in view.nodes if node not in view.kinds):
        raise errors.MiniFlowError(
            "stale needs an Input that holds a finite number: there is nothing to drag."
        )
    return StaleGame(view)


class StaleGame(StaticBox):
    """What each value was made from is in `made_from`, {node: {(Input, its number then), ...}}.

    An op is stale when its Inputs hold other numbers now.
    """

    def __init__(self, view: GraphView):
        self.view, self.inputs = view, [node for node in view.nodes if node not in view.kinds]
        self.ops = [node for node in view.nodes if node in view.kinds]
        self.made_from = {}
        for node in view.nodes:
            self.made_from[node] = self._from_its_inputs(node)
        self.sources = {node: {source for source, _ in pairs} for node, pairs in self.made_from.items()}
        self.runs, self.dragged, self.went_stale = 0, [], set()  # since all was up to date
        widest = dict.fromkeys(view.nodes, WIDEST)
        notes = dict.fromkeys(self.ops, "stale")
        self.drawing = view.drawing([Scene(values=widest, notes=notes, labels=view.twice)])
        layout = ipywidgets.Layout(width="240px")
        self.sliders = {
            node: ipywidgets.FloatSlider(
                value=node.value,
                min=node.value - REACH,
                max=node.value + REACH,
                step=1,
                description=fit(view.names[node], 12),
                style={"description_width": "initial"},
                readout=False,
                layout=layout,
            )
            for node in self.inputs
            if np.isfinite(node.value)
        }
        for node, slider in self.sliders.items():
            slider.observe(lambda change, node=node: self.drag(node, change.new), "value")
        layout = ipywidgets.Layout(width="auto", min_width="60px")
        # In the order of their names: the graph's own order would be an answer.
        self.buttons = {
            node: ipywidgets.Button(description=f"run {fit(view.names[node], 30)}", layout=layout)
            for node in sorted(self.ops, key=lambda node: view.names[node].casefold())
        }
        for node, button in self.buttons.items():
            button.on_click(lambda _, node=node: self.run(node))
        self.picture = ipywidgets.HTML(layout=ipywidgets.Layout(width=PAGE))
        alt = view.in_words(self._scene([]), "Drag an Input, then run again what is stale")
        html = picture_html(self.drawing.svg(self._scene([]), alt), alt, self.drawing.width, LARGER)
        super().__init__(
            [side_by_side(*self.sliders.values()), self.picture, side_by_side(*self.buttons.values())],
            text=f"A game: drag one of {len(self.sliders)} Inputs, and run again what is stale.",
            html=html,
        )
        self._show(f"All values are up to date. Drag {self._named(list(self.sliders)[:1])}.", [])

    def stale(self) -> list[Node]:
        """The ops whose value was made from other numbers than the Inputs hold now."""
        now = {node: {(source, source.value) for source in self.sources[node]} for node in self.ops}
        return [node for node in self.ops if self.made_from[node] != now[node]]

    def drag(self, node: Node, value: float) -> None:
        """An Input gets a new number; no op runs."""
        if not self.stale():
            self.runs, self.dragged, self.went_stale = 0, [], set()
        node.value = np.float64(value)
        self.made_from[node] = {(node, node.value)}
        self.dragged += [node] * (node not in self.dragged)
        now, name = self.stale(), self.view.names[node]
        self.went_stale.update(now)
        said = f"{name} is now {short_number(node.value)}. "
        if now:
            keep = "keeps the value that it" if len(now) == 1 else "keep the values that they"
            said += (
                f"Stale: {self._named(now)} still {keep} made before. What has to run again, in which order?"
            )
        else:
            said += "All values are up to date."
        self._show(said, [node])

    def run(self, node: Node) -> None:
        """The op computes from what its inputs hold now, stale or not, and the reply says what came out."""
        was_stale, wrong = node in self.stale(), [a for a in self._inputs_of(node) if a in self.stale()]
        reads = listed(f"{short_number(a.value)} from {self.view.names[a]}" for a in node.inbound_nodes)
        try:
            with trace.silent(), np.errstate(all="ignore"):
                node.forward()
            node.value = np.float64(node.value)
        except Exception as error:
            self._show(in_its_place(error), [node])
            return
        self.runs += 1
        self.made_from[node] = self._from_its_inputs(node)
        said = f"{self.view.names[node]} reads {reads}, and makes {short_number(node.value)}"
        left = self.stale()
        if wrong:
            was = "is" if len(wrong) == 1 else "are"
            said += f". But {self._named(wrong)} {was} stale ({self._older(wrong)}), so "
            said += f"{short_number(node.value)} is wrong."
        elif not was_stale:
            said += ", as before. It was up to date: a run for nothing."
        elif left:
            said += f". It is up to date. Still stale: {self._named(left)}."
        else:
            said += f". {self._done()}"
        self._show(said, [node])

    def _done(self) -> str:
        needed, runs = len(self.went_stale), f"{self.runs} run{'s' * (self.runs != 1)}"
        said = f"All values are up to date again, after {runs}"
        said += f". {needed} would have been enough." if self.runs > needed else ", and none was for nothing."
        spared = [node for node in self.ops if node not in self.went_stale]
        if spared:
            said += f" {self._named(spared)} did not have to run: no arrows lead there from "
            said += f"{self._named(self.dragged)}."
        return said

    def _inputs_of(self, node: Node) -> list[Node]:
        return list(dict.fromkeys(node.inbound_nodes))

    def _from_its_inputs(self, node: Node) -> set[tuple[Node, float]]:
        if node in self.inputs:
            return {(node, node.value)}
        return set().union(*(self.made_from[inbound] for inbound in node.inbound_nodes))

    def _older(self, nodes: Sequence[Node]) -> str:
        """Which numbers of the past are in these nodes' values: made with x = 4"""
        pairs = set().union(*(self.made_from[node] for node in nodes))
        old = [pair for pair in pairs if pair[1] != pair[0].value]
        old.sort(key=lambda pair: (self.inputs.index(pair[0]), pair[1]))
        return "made with " + listed(f"{self.view.names[i]} = {short_number(v)}" for i, v in old)

    def _named(self, nodes: Sequence[Node]) -> str:
        return listed(self.view.names[node] for node in nodes)

    def _scene(self, lit: Sequence[Node]) -> Scene:
        stale = self.stale()
        return Scene(
            values={node: node.value for node in self.view.nodes},
            notes=dict.fromkeys(stale, "stale"),
            labels=self.view.twice,
            lit=frozenset(lit),
            hatched=frozenset(stale),
        )

    def _show(self, said: str, lit: Sequence[Node]) -> None:
        scene = self._scene(lit)
        svg = self.drawing.svg(scene, self.view.in_words(scene), self.drawing.style)
        self.picture.value = on_card(
            f'<div role="status" style="min-height:4.2em">{escape(said)}</div>',
            f'<div tabindex="0" style="overflow-x:auto">{svg}</div>',
        )
