"""Lesson 04: one number of an Input moved a little, and what every node downstream makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Node
from miniflow_lib.trace_text import number
from miniflow_classroom import arguments
from miniflow_classroom.restore import Snapshot
from miniflow_classroom.show.drawing import fit
from miniflow_classroom.show.plots import BLUE, FONT, GREY, INK, card, page_width, picture_html, text
from miniflow_classroom.show.words import wrapped
from miniflow_classroom.widgets.base import (
    LatestOnly,
    StaticBox,
    in_its_place,
    on_card,
    paragraph,
    side_by_side,
)
from miniflow_classroom.widgets.knobs import knobs_of
from miniflow_classroom.widgets.states import settings, told

SIZES = [0.1, 0.01, 0.001]  # how far a nudge may go; the slider has ten steps to each side
WIDTH, ZERO, LONGEST, BAR = 700, 465, 145, 20  # of the bars' picture, in pixels


def nudge(graph: Sequence[Node]) -> StaticBox:
    """A slider that moves one number of an Input a little, and every value downstream: old -> new.

    graph: a sorted list whose last node is the cost. Under the table, two bars on one scale show how much
    went in and how much came out, and a sentence has change / nudge, with the gradient once a backward pass
    has filled the drawers. The nudge is at most 0.1, 0.01 or 0.001. Works on a copy: the graph stays as it
    was. Raises MiniFlowError where a node has a different value each time it is run: no nudge did that.
    """
    snapshot = Snapshot(graph)
    arguments.check_size("nudge shows", snapshot.graph)
    mistakes.check_cost(snapshot.cost, snapshot.graph)
    learned = bool(graph[-1].gradients)
    snapshot.check_steady(backward=learned)
    snapshot.run(backward=learned)
    before = {node: np.array(node.value) for node in snapshot.graph}
    choices = knobs_of(snapshot, [node for node in snapshot.graph if errors.is_input(node)])
    if not choices:
        raise errors.MiniFlowError("nudge needs an Input with at most 12 numbers; this graph has none.")
    gradients = {k.label: np.asarray(k.node.gradients[k.node])[k.index] for k in choices if learned}
    which = ipywidgets.Dropdown(options=[knob.label for knob in choices], description="nudge")
    size = ipywidgets.ToggleButtons(
        options=[(f"±{size}", size) for size in SIZES],
        style={"button_width": "5.5em"},
        layout={"width": "max-content"},
    )
    # The slider keeps its range: a new one is put right by a slow browser, late, and the nudge is another.
    by = ipywidgets.FloatSlider(value=0.1, min=-0.1, max=0.1, step=0.01, description="by", readout=False)
    # With a description of its own, its buttons come under it, in a second line.
    sizes = ipywidgets.HBox([ipywidgets.Label("at most"), size], layout={"margin": "0 0 4px"})
    view = ipywidgets.HTML()

    def measure(setting: tuple[str, float, float]) -> Measured:
        label, step, most = setting
        knob = next(knob for knob in choices if knob.label == label)

        def after(step: float) -> list[tuple[str, np.ndarray, np.ndarray]]:
            try:
                knob.turn(step)
                snapshot.run()
                return [(snapshot.names[n], before[n], np.array(n.value)) for n in snapshot.graph]
            finally:
                knob.node.value = knob.start

        measured = Measured(label, step, most, after(step), gradients.get(label))
        if not measured.differ:
            return measured
        tenth = Measured(label, step / 10, most, after(step / 10), measured.gradient)
        return replace(measured, nearer=tenth.off < measured.off / 2)

    def setting() -> tuple[str, float, float]:
        return which.value, round(by.value / SIZES[0] * size.value, 10), size.value

    @LatestOnly
    def draw(setting: tuple[str, float, float]) -> None:
        try:
            view.value = measure(setting).html()
        except Exception as error:
            view.value = paragraph(escape(in_its_place(error)))

    def changed(_) -> None:
        draw(setting())

    first = measure(setting())
    view.value = first.html()
    which.observe(changed, "value")
    by.observe(changed, "value")
    size.observe(changed, "value")

    def page() -> dict:
        panel = settings((which, by, size), [view])
        _, way, most = panel["controls"]
        way["options"], most["label"] = [f"{tenths:+d} tenths" for tenths in range(-10, 11)], "at most"
        return told({"": [panel]})

    svg, alt = first.bars()
    html = first.table() + picture_html(svg, alt, WIDTH) + f"<p>{escape(first.slope())}</p>"
    return StaticBox([side_by_side(which, by, sizes), view], text=first.text(), html=html, page=page)


@dataclass(frozen=True)
class Measured:
    """What a nudge did: each node's value before and after, and the slope that this gives.

    most: how far a nudge may go, which is the scale of the bars. nearer: where the slope and the gradient
    differ, whether they do so by less than half with a tenth of the nudge.
    """

    label: str
    step: float
    most: float
    rows: list[tuple[str, np.ndarray, np.ndarray]]
    gradient: float | None
    nearer: bool = False

    @property
    def change(self) -> float:
        """Of the cost."""
        _, before, after = self.rows[-1]
        return float(after - before)

    @property
    def off(self) -> float:
        """How far the measured slope is from the gradient."""
        return abs(self.change / self.step - self.gradient)

    @property
    def differ(self) -> bool:
        """Whether they differ by more than rounding does."""
        if self.step == 0 or self.gradient is None:
            return False
        rounding = 1e-12 * float(np.abs(self.rows[-1][1]).max()) / abs(self.step)
        return self.off > 1e-6 * max(1, abs(self.gradient)) + rounding

    def cells(self) -> Iterator[tuple[str, str, str, str]]:
        """name, before, after, change of each node; an empty change for a node that did not move."""
        for name, before, after in self.rows:
            change = after - before
            scale = max(1.0, float(np.abs(before).max()))
            moved = float(np.abs(change).max()) > 1e-12 * scale
            digits = 6 if shown(before) != shown(after) else 10  # a small nudge shows late
            yield name, shown(before, digits), shown(after, digits), shown(change) if moved else ""

    def slope(self) -> str:
        """The last line: change / nudge of the cost, and the gradient when there is one."""
        if self.step == 0:
            return f"No nudge, nothing to divide by: move {self.label} a little."
        change, step = number(self.change), number(self.step)
        line = (
            f"{self.rows[-1][0]} moved by {change} for a nudge of {step} to {self.label}: "
            f"{change} / {step} = {number(self.change / self.step)}"
        )
        if self.gradient is None:
            return line
        line += f"; the gradient is {number(self.gradient)}"
        if not self.differ:
            return line
        nearer = "a smaller nudge comes nearer" if self.nearer else "a nudge a tenth as large comes no nearer"
        return f"{line}. They differ by {number(self.off, 4)}, and {nearer}."

    def bars(self) -> tuple[str, str]:
        """Two bars on one scale, as (SVG, the same in words): filled what went in, hollow what came out."""
        cost = self.rows[-1][0]
        alt = f"Went in at {self.label}: {number(self.step)}. "
        alt += f"Came out at {cost}: {number(self.change)}."
        slope = self.change / self.step if self.step else 0.0
        scale = LONGEST / (self.most * max(1.0, abs(slope)))
        drawn = ""
        for top, length, ground, name in (
            (14, self.step, BLUE, f"went in at {fit(self.label, 14)}"),
            (46, self.change, "#fff", f"came out at {fit(cost, 14)}"),
        ):
            middle, pixels = top + BAR / 2 + 5, length * scale
            drawn += text(12, middle, name, INK, "start")
            if not math.isfinite(pixels):
                continue
            place = f'x="{ZERO + min(0, pixels):.1f}" y="{top}" width="{abs(pixels):.1f}" height="{BAR}"'
            drawn += f'<rect {place} fill="{ground}" stroke="{BLUE}" stroke-width="2"/>' * (length != 0)
            beyond = ZERO + pixels + math.copysign(8, pixels)
            drawn += text(beyond, middle, number(length), INK, "end" if pixels < 0 else "start")
        drawn += f'<path d="M{ZERO} 6V74" stroke="{GREY}" stroke-width="1.5"/>'
        drawn += text(ZERO, 88, "0", GREY)
        return card(WIDTH, 96, drawn, alt, f'{FONT} font-size="14" style="{page_width(WIDTH)}"'), alt

    def text(self) -> str:
        rows = [("node", "before", "after", "change"), *self.cells()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["   ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, wrapped(self.slope())])

    def table(self, colour: str = "") -> str:
        """Each node's value, old -> new; those that moved in bold, and in this colour."""
        cell = '<{0} style="padding:2px 14px;text-align:left{2}">{1}</{0}>'
        body = "".join(cell.format("th", head, "") for head in ("node", "value", "change"))
        for name, before, after, change in self.cells():
            value = f"<b>{escape(before)} → {escape(after)}</b>" if change else f"{escape(before)}, stays"
            look = f";color:{colour}" * bool(colour) if change else ";opacity:.7"
            row = (
                cell.format("td", *told) for told in ((escape(name), ""), (value, look), (escape(change), ""))
            )
            body += f"</tr><tr>{''.join(row)}"
        return f"<table><tr>{body}</tr></table>"

    def html(self) -> str:
        line = f'<p style="margin:6px 0 0 14px">{escape(self.slope())}</p>'
        return on_card(self.table(BLUE), self.bars()[0], line)


def shown(value: np.ndarray, digits: int = 6) -> str:
    """A number, a small array on one line, or the shape of a large one."""
    value = np.asarray(value)
    if value.ndim == 0:
        return number(value, digits)
    if value.size > 12:
        return f"array {value.shape}"
    return "[" + ", ".join(shown(part, digits) for part in value) + "]"
