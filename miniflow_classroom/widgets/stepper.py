"""The sort and the passes step by step on a picture of the graph, played in the browser alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets

from miniflow_lib import errors
from miniflow_lib.nodes import Node
from miniflow_lib.passes import backward_pass, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.trace_text import arithmetic
from miniflow_lib.tracing import Event, trace
from miniflow_classroom import arguments
from miniflow_classroom.restore import put_back
from miniflow_classroom.show.drawing import LARGER, LEAST, SIZE, GraphView, Scene, in_a_row, in_numbers
from miniflow_classroom.show.matrix_product import Product, as_html, products_in, room_for
from miniflow_classroom.show.plots import GREY, picture_html
from miniflow_classroom.show.words import listed
from miniflow_classroom.widgets.base import PAGE, StaticBox, on_card

PARTS = ("sort", "forward", "backward")
LETTERS_A_LINE = 100  # of a caption, about: the longest one keeps the picture where it is


@dataclass(frozen=True)
class Step:
    """One frame: the picture, a sentence, and (name, text) of what stands beside it."""

    part: str
    scene: Scene
    caption: str
    beside: tuple[tuple[str, str], ...] = ()
    products: Sequence[Product] = ()


def stepper(graph: Sequence[Node] | Node, show: Sequence[str] = PARTS) -> StaticBox:
    """The graph at work, to be stepped through with back and next, the slider, the number or Play.

    graph: a sorted list or an output node; it runs once more on what its Inputs hold, and is left as it was.
    show: which of "sort", "forward" and "backward", or one of them. Raises what the run itself raises.
    """
    view, steps = film(graph, show)
    drawing = view.drawing([step.scene for step in steps])
    last, longest = len(steps) - 1, max(len(step.caption) for step in steps)
    rooms = {part: "".join(room_for(step.products) for step in steps if step.part == part) for part in PARTS}
    lines = math.ceil(longest / LETTERS_A_LINE)
    frames = []
    for number, step in enumerate(steps):
        svg = drawing.svg(step.scene, f"Step {number}: {step.caption}", drawing.style)
        heading = f"Step {number} of {last} · {step.part}"
        products = as_html(step.products, rooms[step.part])
        frames.append(_frame(heading, step, svg, drawing.width, lines, products))
    parts = listed(list(dict.fromkeys(step.part for step in steps)))
    text = f"{last} steps through {parts}, to be played in Jupyter"
    final = f"The last step: {steps[-1].caption}"
    html = picture_html(drawing.svg(steps[-1].scene, final), final, drawing.width, LARGER)
    return StaticBox(played(frames), text=text, html=html, page=lambda: {"kind": "frames", "frames": frames})


# A button for each step, of which only those next to the present one are seen, as "back" and "next": so a
# link in the browser is enough. The present step's own is a gap that keeps the keyboard's place, and only
# the keyboard's: after a click no frame is drawn round it.
BACK_AND_NEXT = """<style>
.miniflow-steps button.jupyter-button {display:none; font-size:0; width:76px; margin:2px}
.miniflow-steps button.mod-active {display:inline-block; width:8px; padding:0}
.miniflow-steps button.mod-active {background:none; box-shadow:none}
.miniflow-steps button.mod-active:not(:focus-visible) {outline:none}
.miniflow-steps button.mod-active:first-child {margin-left:82px}
.miniflow-steps button:has(+ .mod-active), .miniflow-steps .mod-active + button {display:inline-block}
.miniflow-steps button:has(+ .mod-active)::before {content:"\\25C4  back "; font-size:13px}
.miniflow-steps .mod-active + button::before {content:"next  \\25BA "; font-size:13px}
</style>"""


def played(frames: Sequence[str]) -> list[ipywidgets.Widget]:
    """Widgets that show one frame at a time. The links live in the browser, so it moves without a kernel."""
    last, same = len(frames) - 1, ipywidgets.Layout(width=PAGE)
    steps = ipywidgets.ToggleButtons(options=[str(step) for step in range(len(frames))])
    steps.layout.width = "180px"
    steps.add_class("miniflow-steps")
    play = ipywidgets.Play(max=last, interval=1500, show_repeat=False)
    slider = ipywidgets.IntSlider(max=last, description="step", readout=False)
    number = ipywidgets.BoundedIntText(max=last, layout=ipywidgets.Layout(width="70px"))
    pictures = [ipywidgets.HTML(frame, layout=same) for frame in frames]
    stack = ipywidgets.Stack(pictures, selected_index=0, layout=ipywidgets.Layout(width="100%"))
    for widget, trait in ((play, "value"), (number, "value"), (steps, "index"), (stack, "selected_index")):
        ipywidgets.jslink((slider, "value"), (widget, trait))
    row = ipywidgets.Layout(flex_flow="row wrap")
    return [ipywidgets.HBox([ipywidgets.HTML(BACK_AND_NEXT), steps, play, slider, number], layout=row), stack]


def _frame(heading: str, step: Step, svg: str, width: float, lines: int, products: str) -> str:
    caption = re.sub(r"(\de-)(\d)", "\\1\N{WORD JOINER}\\2", escape(step.caption))  # 1e-4 on one line
    beside = "".join(
        f'<div style="flex:1 1 140px"><b>{escape(name)}</b><br>{escape(text)}</div>'
        for name, text in step.beside
    )
    if beside:
        # Beside the picture under one another; where there is no room for that, under it in a row.
        columns = "display:flex;flex-wrap:wrap;gap:6px 12px;align-content:flex-start"
        beside = f'<div style="flex:1 1 140px;{columns}">{beside}</div>'
    return on_card(
        f'<div style="min-height:{1.4 * lines + 2:.1f}em;overflow-wrap:anywhere">'
        f'<span style="color:{GREY}">{escape(heading)}</span><br>{caption}</div>',
        '<div style="display:flex;flex-wrap:wrap;gap:4px 20px">'
        f'<div tabindex="0" style="flex:4 1 {width * LEAST / SIZE:.0f}px;overflow-x:auto">{svg}</div>'
        f"{beside}</div>",
        products,
    )


# --- from what happened to steps ---------------------------------------------------------------------------


def film(graph: Sequence[Node] | Node, show: Sequence[str]) -> tuple[GraphView, list[Step]]:
    """Runs the graph once more and tells it step by step. The nodes are as before afterwards."""
    parts = show if isinstance(show, (list, tuple)) else [show]
    for part in parts or [None]:
        arguments.check_choice("What a stepper shows", part, PARTS)
    nodes = GraphView(graph).nodes
    arguments.check_size("a stepper plays", nodes)
    with put_back(*nodes), trace.silent(), trace.record() as events:
        if "sort" in parts or errors.is_node(graph):
            nodes = _sort_again(nodes, events)
        view = GraphView(nodes)
        teller = Teller(view)
        steps = list(teller.sort_steps(events)) if "sort" in parts else []
        if {"forward", "backward"} & set(parts):
            events.clear()
            forward_pass(nodes[-1], nodes)
            told = list(teller.forward_steps(events))
            steps += told if "forward" in parts else []
        if "backward" in parts:
            events.clear()
            backward_pass(nodes)
            steps += teller.backward_steps(events)
    return view, steps


def _sort_again(nodes: list[Node], events: list[Event]) -> list[Node]:
    """The list that the sort makes of these nodes and no others, and in `events` how it came about."""
    feed = {node: node.value for node in nodes if not node.inbound_nodes}
    try:
        with trace.record() as own:
            again = topological_sort(feed, output=nodes[-1])
    finally:
        events[:] = own
    if set(again) != set(nodes):  # several ends, or an Input that nothing needs
        events.clear()
        again = topological_sort(feed)
    return again


class Teller:
    """Turns the events of a run into steps: what is lit, what is shown, and a sentence."""

    def __init__(self, view: GraphView):
        self.node = {name: node for node, name in view.names.items()}
        self.view, self.values, self.gradients, self.products, self.sums = view, {}, {}, {}, {}

    def scene(self, **more) -> Scene:
        """What is known by now, as copies: the film goes on."""
        return Scene(
            values=dict(self.values),
            gradients=dict(self.gradients),
            products=dict(self.products),
            sums=dict(self.sums),
            labels=self.view.twice,
            **more,
        )

    def sort_steps(self, events: Sequence[Event]) -> Iterator[Step]:
        fed = [event for event in events if event.kind == "fed" and event.node in self.node]
        waits = {event.node: event.value for event in events if event.kind == "waits"}
        queue, done, gone = [], [], frozenset()

        def step(caption: str, lit=(), arrows=()) -> Step:
            notes = {name: f"waits: {left}" for name, left in waits.items()}
            notes |= dict.fromkeys(queue, "ready") | {name: f"no. {n}" for n, name in enumerate(done, 1)}
            scene = self.scene(
                notes={self.node[name]: note for name, note in notes.items()},
                lit=frozenset(self.node[name] for name in lit),
                arrows=frozenset(arrows),
                gone=gone,
            )
            return Step("sort", scene, caption, self._beside(queue, done, waits))

        for event in fed:
            self.values[self.node[event.node]] = event.value
        counted = next(n for n, event in enumerate(events) if event.kind == "take")
        queue += [event.node for event in events[:counted] if event.kind == "ready"]
        waiting = [f"{name} for {left}" for name, left in waits.items()]
        are = "waits for nothing and is" if len(queue) == 1 else "wait for nothing and are"
        others = f" The others wait: {listed(waiting)}." if waiting else ""
        yield step(f"{listed(queue)} {are} in the queue.{others}")
        for event in events[counted:]:
            if event.kind == "take":
                queue.remove(event.node)
                done.append(event.node)
                yield step(
                    f"{event.node} is the first in the queue: it is number {len(done)} in the list.",
                    [event.node],
                )
            elif event.kind == "cross":
                other, left = event.other, event.value
                edge = self.node[event.node], self.node[other]
                gone |= {edge}
                if left:
                    waits[other] = left
                    what = f"{other} still waits for {left}"
                else:
                    del waits[other]
                    queue.append(other)
                    what = f"that was the last, and {other} joins the queue"
                yield step(f"{event.node} → {other} is crossed off: {what}.", [other], [edge])
        yield step(f"Done: {', '.join(done)}. Each comes after all that feed it.")

    @staticmethod
    def _beside(queue, done, waits) -> tuple[tuple[str, str], ...]:
        waiting = ", ".join(f"{name} {left}" for name, left in waits.items())
        return (
            ("queue", ", ".join(queue) or "(empty)"),
            ("sorted list", ", ".join(done) or "(empty)"),
            ("waits for how many", waiting or "(none waits)"),
        )

    def forward_steps(self, events: Sequence[Event]) -> Iterator[Step]:
        self.values = {node: node.value for node in self.view.nodes if not node.inbound_nodes}
        yield Step("forward", self.scene(), f"Forward along the list: {', '.join(events[0].value)}.")
        for event in events[1:]:
            node = self.node[event.node]
            self.values[node] = event.value
            result = in_a_row(event.value)
            caption = f"{event.node} holds {result}."
            if event.got:
                got = listed([f"{in_a_row(value)} from {name}" for name, value in event.got])
                caption = f"{event.node} gets {got} and makes {result}."
            scene = self.scene(lit=frozenset([node]), arrows=self._into(node))
            yield Step("forward", scene, caption, products=products_in(event))

    def backward_steps(self, events: Sequence[Event]) -> Iterator[Step]:
        yield Step(
            "backward", self.scene(back=True), f"Backward along the list: {', '.join(events[0].value)}."
        )
        for event in events[1:]:
            node = self.node[event.node]
            arrows = self._into(node)
            for (name, gradient), made in zip(event.gave, event.made):
                if (inbound := self.node.get(name)) is not node:
                    self.gradients[inbound, node] = gradient
                    if told := in_numbers(made, gradient):
                        self.products[inbound, node] = told
            if not node.inbound_nodes:
                arrows = frozenset(edge for edge in self.view.edges if edge[0] is node)
            if len(event.got) > 1 or (not event.got and node.inbound_nodes):
                self.sums[node] = event.value
            scene = self.scene(lit=frozenset([node]), arrows=arrows, back=True)
            yield Step("backward", scene, self._handed(event, node), products=products_in(event))

    def _handed(self, event: Event, node: Node) -> str:
        """-4 arrives at q from f. To x: arrives -4 · local 1 = -4."""
        arrives = " + ".join(in_a_row(gradient) for _, gradient in event.got)
        if len(event.got) > 1:
            arrives += f" = {in_a_row(event.value)}"
        arrives += f" arrives at {event.node} from {listed([name for name, _ in event.got])}"
        if not node.inbound_nodes:
            if not event.got:
                return f"Nothing arrives at {event.node}: the cost does not depend on it."
            return f"{arrives}: that is its gradient."
        if not event.got:
            arrives = f"{event.node} is the cost, the seed {in_a_row(event.value)} arrives"
        told = zip(event.gave, event.made)
        gave = [f"To {name}: {arithmetic(made, gradient, in_a_row)}." for (name, gradient), made in told]
        return " ".join([f"{arrives}.", *gave])

    def _into(self, node: Node) -> frozenset:
        return frozenset(edge for edge in self.view.edges if edge[1] is node)
