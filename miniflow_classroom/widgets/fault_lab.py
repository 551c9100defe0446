"""Lesson 05: twelve bugs to bet on, each with its cost beside the healthy one and the check's verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import ipywidgets

from miniflow_lib.tracing import trace
from miniflow_classroom.gradients.faults import FATES, FAULTS, STEPS, Fault, Run, check, fate, run
from miniflow_classroom.show.plots import BLUE, GREY, INK, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox

TEXT = (
    f"The fault lab: {len(FAULTS)} bugs. Pick one, say what the cost will do, then look.\n"
    + "\n".join(f"{number:2}. {fault.title}" for number, fault in enumerate(FAULTS, 1))
    + f"\nIts cost: {', '.join(FATES[:-1])} or {FATES[-1]}?"
)
CODE = (
    "margin: 4px 0; padding: 6px 10px; overflow-x: auto; line-height: 1.4; border-left: 4px solid #777; "
    "color: var(--jp-content-font-color1, inherit); background: transparent; "
    "font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px)"
)
WIDE = {"width": "100%"}
HIGHEST, LOWEST = 1e4, 1e-2  # of the drawing: a cost that explodes leaves it at the top
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 600, 270, 56, 148, 16, 40


def fault_lab() -> StaticBox:
    """Pick a bug, read its code, say its fate, then see: the cost beside the healthy one, and the check.

    Nothing of it reaches the notebook: each run builds its own network. What is stored names the bugs and
    tells no fate.
    """
    bug = ipywidgets.Dropdown(
        options=[(f"{number}. {fault.title}", fault) for number, fault in enumerate(FAULTS, 1)],
        description="Bug:",
        layout=ipywidgets.Layout(width="auto", max_width="34em"),
    )
    code, question, result = (ipywidgets.HTML(layout=ipywidgets.Layout(**WIDE)) for _ in range(3))
    guess = ipywidgets.RadioButtons(options=list(FATES), index=None, layout=ipywidgets.Layout(width="auto"))
    look = ipywidgets.Button(description="Run it", tooltip="train with this bug and check its gradients")
    question.value = '<div style="line-height: 1.5">Say first. The cost …</div>'

    def pick(fault: Fault) -> None:
        code.value = (
            f'<div style="line-height: 1.5">This stands {escape(fault.place)}:</div>'
            f'<pre tabindex="0" aria-label="the code" style="{CODE}">{escape(fault.source)}</pre>'
        )
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
        healthy, faulty, checked = run(), run(fault), check(fault)
    end = fate(faulty, healthy)
    svg, alt = curves(healthy, faulty, end)
    bet = f"You said: <i>{escape(said)}</i>. "
    right = "✓ It does. " if said == end else f"It <b>{escape(end)}</b>. "
    sentences = [bet + right + escape(fault.because)]
    if faulty.stopped:
        sentences.append(f"Step {len(faulty.costs)} was the last one: {escape(faulty.stopped)}")
    sentences.append(f"What was meant: <code>{escape(fault.meant)}</code>")
    text = "".join(f'<p style="margin: 6px 0; line-height: 1.5">{sentence}</p>' for sentence in sentences)
    heading = (
        '<p style="margin: 10px 0 4px"><b>The gradient check</b>: '
        "what a training step used, beside the measured slopes</p>"
    )
    return picture_html(svg, alt, WIDTH) + text + heading + checked._repr_mimebundle_()["text/html"]


def curves(healthy: Run, faulty: Run, end: str) -> tuple[str, str]:
    """Both costs over the steps as (SVG, the same in words). Up and down in powers of ten."""
    marks = "".join(_mark(power) for power in (-2, -1, 0, 1, 2, 3, 4))
    steps = "".join(
        f'<text x="{_x(step):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{step}</text>'
        for step in range(0, STEPS + 1, 50)
    )
    last = [_y(run.costs[-1]) for run in (healthy, faulty)]
    if abs(last[0] - last[1]) < 30 and len(faulty.costs) > STEPS:  # two labels need room for two lines each
        middle, sign = sum(last) / 2, 1 if last[0] >= last[1] else -1
        last = [middle + sign * 15, middle - sign * 15]
    right, faulty_right = _x(STEPS) + 8, _x(len(faulty.costs) - 1) + 8
    labels = f"healthy: {healthy.costs[-1]:.2g}", f"with the bug: {_short(faulty.costs[-1])}"
    alt = (
        f"The cost over {STEPS} steps. Healthy: from {healthy.costs[0]:.3g} to {healthy.costs[-1]:.2g}. "
        f"With the bug: {end}, from {faulty.costs[0]:.3g} to {faulty.costs[-1]:.2g}."
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(alt)}" font-size="12" '
        f'font-family="DejaVu Sans,Verdana,Arial,sans-serif" fill="{INK}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff" rx="6"/>{marks}{steps}'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">steps</text>'
        f'<text x="8" y="{TOP}">cost</text>'
        f'<path d="{_line(healthy.costs)}" fill="none" stroke="{BLUE}" stroke-width="2.5"/>'
        f'<path d="{_line(faulty.costs)}" fill="none" stroke="{INK}" stroke-width="2" '
        'stroke-dasharray="6 3"/>'
        f'<text x="{right:.1f}" y="{last[0] + 4:.1f}" fill="{BLUE}">{labels[0]}</text>'
        f'<text x="{faulty_right:.1f}" y="{last[1] + 4:.1f}">{labels[1]}</text></svg>'
    )
    return svg, alt


def _x(step: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * step / STEPS


def _y(cost: float) -> float:
    share = math.log10(min(max(cost, LOWEST), HIGHEST) / LOWEST) / math.log10(HIGHEST / LOWEST)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP - 10) * share


def _mark(power: int) -> str:
    y = _y(10.0**power)
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{GREY}">{10.0**power:g}</text>'
    )


def _line(costs: Sequence[float]) -> str:
    """The path up to where it leaves the drawing."""
    inside = next((n + 1 for n, cost in enumerate(costs) if not cost <= HIGHEST), len(costs))
    return "M" + "L".join(f"{_x(step):.1f} {_y(cost):.1f}" for step, cost in enumerate(costs[:inside]))


def _short(cost: float) -> str:
    return f"{cost:.2g}" if cost <= HIGHEST else "off the page"
