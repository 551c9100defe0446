"""Lesson 05: twelve networks with a bug each: symptoms first, then place, line and repair, its name last."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from textwrap import dedent
from typing import NamedTuple

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.trace_text import number
from miniflow_classroom.gradients import faults
from miniflow_classroom.gradients.faults import FATES, FAULTS, PLACES, STEPS, Fault, Used
from miniflow_classroom.judge.exercise import SECONDS
from miniflow_classroom.judge.guard import Trouble, guarded
from miniflow_classroom.show.plots import BLUE, INK, Chart, picture_html
from miniflow_classroom.show.words import listed
from miniflow_classroom.widgets.base import (
    LatestOnly,
    StaticBox,
    paragraph,
    pick_one,
    preformatted,
    prose,
    wide,
)
from miniflow_classroom.widgets.states import View, key, panel, question, told

TEXT = (
    f"The fault lab: {len(FAULTS)} bugs, each in a network of its own, without a name.\n"
    "What will the cost do? Where is the bug? Which line is it? Then repair it."
)
FIRST = 10  # steps that are shown before the guess
LOWEST, HIGHEST = 1e-2, 1e4  # of the drawing: a cost that explodes leaves it at the top
WIDTH = 600  # of the drawing, in pixels
REPAIR = "<b>4. The repair.</b> Change the code, so that each step uses the measured slopes."
ON_A_PAGE = " The notebook runs your repair and judges it. On this page, work it out, then look."
SHOW = "Show the line as meant"
FRAMED = "margin: 4px 0; padding: 6px 10px; border-left: 4px solid #777"


def fault_lab(seed: int = 0) -> StaticBox:
    """Twelve cases in an order that the seed makes: find each bug by its symptoms, and repair it.

    What you do in a case is still there when you come back to it. Nothing of it reaches the notebook.
    """
    errors.check_count("The seed", seed)
    order = np.random.default_rng(seed).permutation(len(FAULTS))
    cases: dict[int, Case] = {}
    options = [(f"case {place + 1}", place) for place in range(len(order))]
    pick, room = ipywidgets.Dropdown(options=options, description="Pick a"), ipywidgets.VBox()

    @LatestOnly
    def show(place: int) -> None:
        if place not in cases:
            cases[place] = Case(FAULTS[order[place]])
        room.children = [cases[place]]

    pick.observe(lambda change: show(change["new"]), "value")
    show(0)

    def page() -> dict:
        cases = {name: Case(FAULTS[order[place]]).panels() for name, place in options}
        return told(cases, pick="Pick a")

    return StaticBox([pick, room], text=TEXT, page=page)


class Question(NamedTuple):
    """What a stage asks. judge: of the choices tried, whether that is the end, and the reply."""

    html: str
    options: Sequence[str]
    judge: Callable[[list[int]], tuple[bool, str]]


class Case(ipywidgets.VBox):
    """One bug, stage by stage. Each stage is added when the one before it is done, and stays."""

    def __init__(self, fault: Fault):
        super().__init__()
        self.add_class("miniflow-case")  # code that is wider than the page scrolls in its own box
        self.fault, self.parts = fault, faults.program(fault.place, fault.code)
        self.costs, self.steps = faults.run(self.parts), faults.steps_used(self.parts)
        self.ask(self.about_the_fate(), self.ask_place)

    def tell(self, html: str) -> None:
        self.children = [*self.children, wide(paragraph(html, "margin: 10px 0 0"))]

    def ask(self, asked: Question, then: Callable[[], None]) -> ipywidgets.RadioButtons:
        """Asks, and judges until that is the end. then: asks the next."""
        choice, reply, tried = pick_one(asked.options), wide(), []
        button = ipywidgets.Button(description="Answer", disabled=True)

        def chosen(_=None) -> None:
            button.disabled = choice.disabled or choice.index is None or choice.index in tried

        def answer(_) -> None:
            if button.disabled:
                return
            tried.append(choice.index)
            choice.disabled, said = asked.judge(tried)
            reply.value += paragraph(said, role="status")  # an earlier reply stays
            chosen()
            if choice.disabled:
                then()

        choice.observe(chosen, "index")
        button.on_click(answer)
        self.tell(asked.html)
        self.children = [*self.children, choice, button, reply]
        return choice

    def about_the_fate(self) -> Question:
        return Question(
            f"<b>1. The cost.</b> These are the first {FIRST} of {STEPS} steps. A cost that ends above its "
            "start <i>explodes</i>. One that ends below, but above three times the healthy, <i>stalls</i>. "
            f"Any other <i>looks fine</i>.<br>{curves(self.costs, FIRST)}<br>By step {STEPS}, the cost …",
            FATES,
            self.fate,
        )

    def fate(self, tried: list[int]) -> tuple[bool, str]:
        said, end = FATES[tried[0]], faults.fate(self.costs)
        verdict = "✓ It does." if said == end else f"It <b>{end}</b>."
        return True, f"You said: <i>{said}</i>. {verdict}<br>{curves(self.costs, STEPS)}"

    def about_the_steps(self) -> str:
        return (
            "<b>2. The steps.</b> For one number of each weight: what the step <i>used</i>, (before - after) "
            "/ learning rate, and the slope that nudging <i>measured</i>. For a wrong weight, that number "
            f"is the one furthest off.{table(self.steps)}"
        )

    def about_the_place(self) -> Question:
        return Question("Where is the bug?", [words for words, _ in PLACES.values()], self.place)

    def ask_place(self) -> None:
        self.tell(self.about_the_steps())
        self.ask(self.about_the_place(), self.ask_line)

    def place(self, tried: list[int]) -> tuple[bool, str]:
        place = list(PLACES)[tried[-1]]
        if place == self.fault.place:
            return True, "✓ Yes, there it is."
        said, allowed = faults.reasoning(place, self.steps)
        shown = preformatted(faults.code(place), "the code", FRAMED) if allowed else "<br>"
        if len(tried) == 2:
            last = f"The bug is <b>{PLACES[self.fault.place][0]}</b>."
        else:
            wrong = faults.wrong_without_steps(self.parts)
            given = f"wrong gradients for {listed(wrong)}" if wrong else "six right gradients"
            last = f"More to see: two forward and backward passes, without a step, give {given}."
        return len(tried) == 2, f"Not {PLACES[place][0]}. {escape(said)}{shown}{last}"

    def about_the_line(self) -> Question:
        lines = [f"{row:2}  {line}" for row, line in enumerate(self.fault.code.split("\n"), 1)]
        return Question("<b>3. The line.</b> This is the code there. Which line is wrong?", lines, self.line)

    def ask_line(self) -> None:
        self.ask(self.about_the_line(), self.ask_repair).add_class("miniflow-code")

    def line(self, tried: list[int]) -> tuple[bool, str]:
        row, blamed = tried[-1] + 1, self.fault.lines
        if row in blamed:
            return True, "✓ Yes."
        does = faults.does(self.fault.place, self.fault.code.split("\n")[row - 1])
        told = f"Not right: {listed(f'line {row}' for row in blamed)}."
        more = told if len(tried) == 2 else "What should each of the other lines give?"
        return len(tried) == 2, f"Line {row} is right: {escape(does)}. {more}"

    def ask_repair(self) -> None:
        self.tell(REPAIR)
        # Sent when the editor is left, so before the click: what is sent letter by letter may come after it.
        more = {"continuous_update": False, "layout": {"width": "auto"}}
        text = ipywidgets.Textarea(self.fault.code, rows=self.fault.code.count("\n") + 2, **more)
        text.add_class("miniflow-code")
        check, show = (
            ipywidgets.Button(description=label, layout=ipywidgets.Layout(width="auto"))
            for label in ("Check the repair", SHOW)
        )
        reply, tried = wide(), []

        def end() -> None:
            check.disabled = show.disabled = True
            self.tell(self.name())

        def judge(_) -> None:
            if check.disabled:
                return
            right, said = check_repair(self.fault.place, text.value)
            tried.append(text.value)
            # Numbered, for the same reply a second time would look as if nothing had been judged.
            reply.value = paragraph(f"<b>Try {len(tried)}.</b> {said}", role="status")
            if right:
                end()
            else:
                show.layout.display = None if len(tried) > 1 else "none"

        def give_up(_) -> None:
            if show.disabled:
                return
            said = f"Not repaired in {len(tried)} tries. What was meant comes next, with the story."
            reply.value = paragraph(said, role="status")
            end()

        check.on_click(judge)
        show.on_click(give_up)
        show.layout.display = "none"
        self.children = [*self.children, text, ipywidgets.HBox([check, show]), reply]

    def panels(self) -> list[dict]:
        """The case on a page, where no code can be run: in the place of a repair it shows what was meant."""
        html = paragraph(REPAIR + ON_A_PAGE) + preformatted(self.fault.code, "the code", FRAMED)
        name = View({key(moves=[SHOW]): paragraph(self.name())}, area=1)
        moves = [{"name": SHOW, "label": SHOW}]
        end = panel([View({"": html}, of=[]), name], areas=("", "status"), moves=moves)
        steps, place = paragraph(self.about_the_steps(), "margin: 0 0 10px"), self.about_the_place()
        asked = self.about_the_fate(), place._replace(html=steps + place.html)
        return [*(question(*each) for each in asked), question(*self.about_the_line(), "lines"), end]

    def name(self) -> str:
        """The end of a case: the bug's name, where such bugs come from, and why the cost did what it did."""
        fault = self.fault
        return (
            f"<b>5. Its name: {escape(fault.title)}.</b> What was meant:"
            f"{preformatted(dedent(fault.meant_lines), 'what was meant', FRAMED)}"
            + "".join(
                paragraph(prose(said), "margin: 8px 0 0")
                for said in (
                    fault.history,
                    fault.because,
                    f"`check_gradients` on this network: {faults.check_words(self.parts)}",
                )
            )
        )


def check_repair(place: str, text: str) -> tuple[bool, str]:
    """Whether a text repairs the program at this place, and the reply, as HTML. Never raises."""
    own = dict(faults.NAMES)
    try:
        right, said, steps = guarded(lambda: faults.repaired(faults.program(place, text, own)), own, SECONDS)
    except Trouble as trouble:
        said = trouble.said[0].replace("your code stopped:", "the program stopped:")
        if isinstance(error := trouble.cause, SyntaxError):
            at = f"line {error.lineno} of your cell" if error.lineno else "this"
            said = f"Python cannot read {at}: {error.msg}."
        if isinstance(error, faults.Unfit):
            said = f"Not yet. {error}"
        said = re.sub(r"line (\d+) of your cell", lambda found: quoted(text, int(found[1])), said)
        return False, prose(said[0].upper() + said[1:])
    return right, escape(said) + table(steps)


def quoted(text: str, row: int) -> str:
    """A line of the editor, which has no numbers, by its number and its code."""
    lines = text.split("\n")
    line = lines[row - 1].strip() if row <= len(lines) else ""
    return f"line {row}, `{line}`" if line and "`" not in line else f"line {row}"


def table(steps: Mapping[int, Sequence[Used]]) -> str:
    """What each weight used and what was measured, at the checked steps, as HTML."""
    cell = '<{0} style="text-align: left; padding: 0.2em 1.5em 0.2em 0">{1}</{0}>'
    lines = ["".join(cell.format("th", f"step {step}") for step in steps)]
    for weight in zip(*steps.values()):
        verdicts = (f"{'✓ right' if used.right else '✗ wrong'}: {used.example}" for used in weight)
        lines.append("".join(cell.format("td", escape(verdict)) for verdict in verdicts))
    return f"<table><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def curves(faulty: Sequence[float], steps: int) -> str:
    """The cost of the healthy network and of this one over the steps, as HTML."""
    return picture_html(*picture(faulty, steps), WIDTH)


def picture(faulty: Sequence[float], steps: int) -> tuple[str, str]:
    """The same as (SVG, its words). Up and down in powers of ten."""
    runs = {"healthy": faults.healthy()[: steps + 1], "with the bug": faulty[: steps + 1]}
    ends = {
        name: number(costs[-1], 2) if costs[-1] <= HIGHEST else "off the page" for name, costs in runs.items()
    }
    alt = f"The cost over {steps} steps, from {faulty[0]:.3g}. " + ", ".join(
        f"{name}: {end}" for name, end in ends.items()
    )
    frame = {"size": (WIDTH, 270), "margins": (62, 14, 148, 42), "log": True}
    chart = Chart((0, steps), (LOWEST, HIGHEST), ("steps", "cost"), alt, **frame)
    drawn = {name: _inside(costs) for name, costs in runs.items()}
    below = chart.at(0, drawn["healthy"][-1])[1] - chart.at(0, drawn["with the bug"][-1])[1]
    together = len(drawn["with the bug"]) > steps and abs(below) < 16  # two labels need room for two lines
    apart = math.copysign(8 - abs(below) / 2, below) if together else 0
    for (name, costs), colour, dash, down in zip(
        drawn.items(), (BLUE, INK), ("none", "6 3"), (apart, -apart)
    ):
        chart.curve(range(len(costs)), costs, colour, dash=dash)
        lower = 10 if costs[-1] == HIGHEST else down  # under the frame's upper line
        chart.label(len(costs) - 1, costs[-1], f"{name}: {ends[name]}", colour, lower)
    return chart.svg(), alt


def _inside(costs: Sequence[float]) -> list[float]:
    """The costs up to where they leave the drawing at the top; those too low to be seen at its foot."""
    leaves = next((step for step, cost in enumerate(costs) if not cost <= HIGHEST), len(costs))
    return [max(cost, LOWEST) for cost in costs[:leaves]] + [HIGHEST] * (leaves < len(costs))
