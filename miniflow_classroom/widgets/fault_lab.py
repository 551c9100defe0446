"""Lesson 05: twelve bugs to bet on, each with its cost beside the healthy one and the check's verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import ipywidgets

from miniflow_lib.trace_text import number
from miniflow_lib.tracing import trace
from miniflow_classroom.gradients.faults import FATES, FAULTS, STEPS, Fault, Run, check_step, fate, run
from miniflow_classroom.show.plots import BLUE, INK, Chart, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, paragraph, pick_one, preformatted, wide

TEXT = (
    f"The fault lab: {len(FAULTS)} bugs. Pick one, say what the cost will do, then look.\n"
    + "\n".join(f"{place:2}. {fault.title}" for place, fault in enumerate(FAULTS, 1))
    + f"\nIts cost: {', '.join(FATES[:-1])} or {FATES[-1]}?"
)
LOWEST, HIGHEST = 1e-2, 1e4  # of the drawing: a cost that explodes leaves it at the top
WIDTH = 600  # of the drawing, in pixels


def fault_lab() -> StaticBox:
    """Pick a bug, read its code, say its fate, then see: the cost beside the healthy one, and the check.

    Nothing of it reaches the notebook: each run builds its own network. What is stored names the bugs and
    tells no fate.
    """
    bug = ipywidgets.Dropdown(
        options=[(f"{place}. {fault.title}", fault) for place, fault in enumerate(FAULTS, 1)],
        description="Bug:",
        layout=ipywidgets.Layout(width="auto", max_width="34em"),
    )
    code, question, result = wide(), wide(paragraph("Say first. The cost …")), wide()
    guess = pick_one(FATES)
    look = ipywidgets.Button(description="Run it", tooltip="train with this bug and check its gradients")

    def pick(fault: Fault) -> None:
        place = paragraph(f"This stands {escape(fault.place)}:")
        framed = "margin: 4px 0; padding: 6px 10px; border-left: 4px solid #777"
        code.value = place + preformatted(fault.source, "the code", framed)
        result.value, guess.index, guess.disabled, look.disabled = "", None, False, True

    def show(fault: Fault) -> None:
        said = guess.value
        if said is None:
            return
        guess.disabled = look.disabled = True  # the bet stands beside the answer
        answer = report(fault, said)
        if bug.value is fault:
            result.value = answer

    picked, shown = LatestOnly(pick), LatestOnly(show)
    bug.observe(lambda change: picked(change["new"]), "value")
    guess.observe(lambda change: setattr(look, "disabled", change["new"] is None or guess.disabled), "value")
    look.on_click(lambda _: shown(bug.value))
    pick(bug.value)
    return StaticBox([bug, code, question, guess, look, result], text=TEXT)


def report(fault: Fault, said: str) -> str:
    """The page that answers a bet, as HTML: the curves, the fate, why, and the verdict of the check."""
    with trace.silent():
        healthy, faulty, checked = run(), run(fault), check_step(fault)
    end = fate(faulty, healthy)
    svg, alt = curves(healthy, faulty, end)
    bet = f"You said: <i>{escape(said)}</i>. "
    right = "✓ It does. " if said == end else f"It <b>{escape(end)}</b>. "
    sentences = [bet + right + escape(fault.because)]
    if faulty.stopped:
        sentences.append(f"Step {len(faulty.costs)} was the last one: {escape(faulty.stopped)}")
    sentences.append(f"What was meant: <code>{escape(fault.meant)}</code>")
    text = "".join(paragraph(sentence, "margin: 6px 0") for sentence in sentences)
    heading = (
        '<p style="margin: 10px 0 4px"><b>The gradient check</b>: '
        "what a training step used, beside the measured slopes</p>"
    )
    return picture_html(svg, alt, WIDTH) + text + heading + checked._repr_mimebundle_()["text/html"]


def curves(healthy: Run, faulty: Run, end: str) -> tuple[str, str]:
    """Both costs over the steps as (SVG, the same in words). Up and down in powers of ten."""
    alt = (
        f"The cost over {STEPS} steps. Healthy: from {healthy.costs[0]:.3g} to {healthy.costs[-1]:.2g}. "
        f"With the bug: {end}, from {faulty.costs[0]:.3g} to {faulty.costs[-1]:.2g}."
    )
    frame = {"size": (WIDTH, 270), "margins": (62, 14, 148, 42), "log": True}
    chart = Chart((0, STEPS), (LOWEST, HIGHEST), ("steps", "cost"), alt, **frame)
    drawn = [_inside(run.costs) for run in (healthy, faulty)]
    below = chart.at(0, drawn[0][-1])[1] - chart.at(0, drawn[1][-1])[1]
    together = len(drawn[1]) > STEPS and abs(below) < 16  # two labels need room for two lines
    apart = math.copysign(8 - abs(below) / 2, below) if together else 0
    for name, trained, costs, colour, dash, down in (
        ("healthy", healthy, drawn[0], BLUE, "none", apart),
        ("with the bug", faulty, drawn[1], INK, "6 3", -apart),
    ):
        last = number(trained.costs[-1], 2) if trained.costs[-1] <= HIGHEST else "off the page"
        chart.curve(range(len(costs)), costs, colour, dash=dash)
        lower = 10 if costs[-1] == HIGHEST else down  # under the frame's upper line
        chart.label(len(costs) - 1, costs[-1], f"{name}: {last}", colour, lower)
    return chart.svg(), alt


def _inside(costs: Sequence[float]) -> list[float]:
    """The costs up to where they leave the drawing at the top; those too low to be seen at its foot."""
    leaves = next((step for step, cost in enumerate(costs) if not cost <= HIGHEST), len(costs))
    return [max(cost, LOWEST) for cost in costs[:leaves]] + [HIGHEST] * (leaves < len(costs))
