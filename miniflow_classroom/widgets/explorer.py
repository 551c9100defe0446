"""Lesson 06: a walk downhill with a step to choose, and a network that trains again at every move."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.datasets import load_boston
from miniflow_lib.nodes import Input
from miniflow_lib.ops import MSE, Linear, Sigmoid
from miniflow_lib.passes import forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.trace_text import number
from miniflow_lib.tracing import trace
from miniflow_lib.training import minibatches, train
from miniflow_classroom import arguments
from miniflow_classroom.show.plots import BLUE, CARD, INK, VERMILLION, Chart, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, read_number, shown_by, side_by_side, wide

# --- downhill on a curve ---

STOPS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2]
RATES = 1e-4, 10.0  # what may be typed
MOST_STEPS = 10_000
FAR = 1e3  # from here a walk does not come back


def quartic(x: float) -> float:
    """x⁴ - 3x³ + 2: flat at 0, lowest at 9/4."""
    return x**4 - 3 * x**3 + 2


def slope_of_quartic(x: float) -> float:
    """4x³ - 9x²"""
    return 4 * x**3 - 9 * x**2


def walk(start: float, rate: float) -> list[float]:
    """Where gradient descent is after each step, until it hardly moves, flies off or gives up."""
    places = [start]
    while len(places) <= MOST_STEPS and abs(places[-1]) < FAR:
        x = places[-1]
        places.append(x - rate * slope_of_quartic(x))
        if abs(places[-1] - x) <= 1e-5:
            break
    return places


def end_of_walk(places: Sequence[float], rate: float) -> str:
    """How a walk ended, in words that go on after "the walk"."""
    x, n = places[-1], len(places) - 1
    steps = f"{n:,} step{'s' * (n != 1)}"
    if abs(x) >= FAR:
        return f"flew off: after {steps} it is more than {FAR:,.0f} away and does not come back"
    if n < MOST_STEPS:
        where = " on the flat place at 0, not at the lowest point" if abs(x) < 1 else ""
        return f"settles{where}: {steps} to x = {x:.4f}, where f = {quartic(x):.3f}"
    if rate * 20.25 < 2:  # near 9/4 a step multiplies the distance by 1 - 20.25 * rate
        return f"has not settled after {steps}"
    return f"never settles: it bounces from side to side, still after {steps}"


def descent(start: float = 3.0, learning_rate: float = 0.01) -> StaticBox:
    """Gradient descent on x⁴ - 3x³ + 2, drawn as it walks from `start`, at a rate to slide to or to type."""
    start = errors.check_number("start", start, -10, 10)
    first = errors.check_number("learning_rate", learning_rate, *RATES)
    low, high = min(-1.0, start - 0.4), max(3.4, start + 0.4)
    xs = [low + (high - low) * i / 150 for i in range(151)]
    tallest = max(quartic(start) * 1.1, 14.0)

    def picture(rate: float) -> tuple[str, str]:
        places = walk(start, rate)
        sentence = f"From x = {start:g} with learning rate {rate:g}, the walk {end_of_walk(places, rate)}."
        chart = Chart((low, high), (-9.0, tallest), ("x", "f(x)"), f"A walk downhill. {sentence}")
        chart.curve(xs, [quartic(x) for x in xs], BLUE)
        seen = [x for x in places[:80] if low <= x <= high]
        chart.curve(seen, [quartic(x) for x in seen], VERMILLION, 1.2)
        for x in seen:
            chart.dot(x, quartic(x), VERMILLION, 3, hollow=True)
        chart.dot(start, quartic(start), INK, 5)
        return chart.svg(), sentence

    def stops(rate: float) -> list[tuple[str, float]]:
        """Those of the slider: the rate is one of them."""
        return [(f"{stop:g}", stop) for stop in sorted({*STOPS, rate})]

    look = {"style": {"description_width": "initial"}}
    slider = ipywidgets.SelectionSlider(
        options=stops(first), value=first, description="learning rate", **look
    )
    typed = ipywidgets.Text(f"{first:g}", description="or type it", continuous_update=False, **look)

    def moved(_) -> None:
        typed.value = f"{slider.value:g}"

    def entered(_) -> None:
        rate = slider.value
        if typed.value != f"{rate:g}":  # it was typed, so the slider is to follow
            rate = read_number(typed.value)
            if rate is None or not RATES[0] <= rate <= RATES[1]:
                says.value = "That is not a number from 0.0001 to 10. Type one such as 0.05."
                return
            slider.unobserve(moved, "value")
            slider.options, slider.value = stops(rate), rate
            slider.observe(moved, "value")
        draw(rate)

    draw, (view, says) = shown_by(picture)
    draw(first)
    slider.observe(moved, "value")
    typed.observe(entered, "value")
    svg, sentence = picture(first)

    def page() -> dict:
        rates = [rate for _, rate in stops(first)]
        frames = [f'<div style="{CARD}">{escape(said)}{svg}</div>' for svg, said in map(picture, rates)]
        return {"kind": "frames", "frames": frames, "at": rates.index(first)}

    html = picture_html(svg, f"A walk downhill. {sentence}")
    return StaticBox([side_by_side(slider, typed), view, says], text=sentence, html=html, page=page)


# --- the network ---

USUAL = 27  # the batches whose updates others are given at "equal updates"


@dataclass(frozen=True)
class Setting:
    """What a run is made with. `equal` says whether runs get equal "epochs" or equal "updates"."""

    learning_rate: float = 0.1
    hidden: int = 10
    batch_size: int = USUAL
    epochs: int = 200
    seed: int = 0
    l2: float = 0.0
    equal: str = "epochs"


@dataclass
class Outcome:
    """What came of a run: the costs after each epoch, how many updates an epoch was, and how it ended."""

    setting: Setting
    updates_per_epoch: int
    epochs: int
    training: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    exploded: bool = False

    def x(self, equal: str) -> range:
        """Where each epoch is on an axis of epochs or of updates."""
        step = self.updates_per_epoch if equal == "updates" else 1
        return range(step, step * self.epochs + 1, step)


# Where the controls can be: from a lowest to a highest value, or at one of a few.
RANGES = {"learning_rate": (1e-3, 3.0), "hidden": (1, 40), "epochs": (25, 300), "seed": (0, 9)}
CHOICES = {
    "batch_size": (1, 3, 9, USUAL, 81, 162, 324),
    "l2": (0.0, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3),
    "equal": ("epochs", "updates"),
}
TOO_MUCH = 1e6  # a cost beyond this will not come back


class Homes:
    """The 405 homes that lesson 06 works with, without column B: the first of its five hands judges.

    The network learns from the other four, 324 homes, by which columns and prices are standardised. The 101
    sealed rows are not in here.
    """

    def __init__(self):
        boston = load_boston()
        rows = np.random.default_rng(6).permutation(506)[:405]
        table = np.delete(boston.data[rows], list(boston.feature_names).index("B"), axis=1)
        judge = next(minibatches(405, 81, np.random.default_rng(0)))
        known = np.setdiff1d(np.arange(405), judge)
        scaled = [(a - a[known].mean(axis=0)) / a[known].std(axis=0) for a in (table, boston.target[rows])]
        self.training, self.validation = ([a[part] for a in scaled] for part in (known, judge))
        self.unit = float(boston.target[rows[known]].var())  # a cost of 1, in (thousand dollars)²
        self.mean_cost = self.unit * float(np.mean(self.validation[1] ** 2))

    def run(self, setting: Setting, on_epoch: Callable[[Outcome], object] = lambda outcome: None) -> Outcome:
        """Trains a network; `on_epoch` sees the outcome so far. Raises KeyboardInterrupt when interrupted."""
        (m, n), h = self.training[0].shape, setting.hidden
        outcome = Outcome(setting, math.ceil(m / setting.batch_size), setting.epochs)
        if setting.equal == "updates":
            outcome.epochs = max(1, round(setting.epochs * m / USUAL / outcome.updates_per_epoch))
        rng = np.random.default_rng(setting.seed)
        settings = {name: getattr(setting, name) for name in ("learning_rate", "batch_size", "seed", "l2")}
        X, y, *weights = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
        W1, b1, W2, b2 = weights
        start = {W1: rng.normal(size=(n, h)) / np.sqrt(n), b1: np.zeros(h)}
        start |= {W2: rng.normal(size=(h, 1)) / np.sqrt(h), b2: np.zeros(1)}
        feeds = dict(zip((X, y), self.training))
        cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))

        def after(_: int, training_cost: float) -> bool:
            outcome.exploded = self.unit * training_cost > TOO_MUCH
            if not outcome.exploded:
                X.value, y.value = self.validation
                outcome.training.append(self.unit * training_cost)
                outcome.validation.append(self.unit * float(forward_pass(cost, graph)))
                on_epoch(outcome)
            return not outcome.exploded

        with trace.silent(), np.errstate(all="ignore"):
            graph = topological_sort({**feeds, **start}, output=cost)
            try:
                train(graph, feeds, weights, epochs=outcome.epochs, on_epoch=after, **settings)
            except errors.MiniFlowError:  # the cost is no longer a number
                outcome.exploded = True
        if not outcome.exploded and len(outcome.training) < outcome.epochs:
            raise KeyboardInterrupt  # train takes an interrupt for a good end
        return outcome


def compare(before: Outcome, now: Outcome) -> str:
    """How the training cost fell compared with the previous run: a word of VERDICTS.

    By the mean logarithm of the cost where both curves are: what falls sooner has a smaller one.
    """
    if now.exploded:
        return "explode"
    if before.exploded:
        return "faster"
    a, b = (run.x(now.setting.equal) for run in (before, now))
    common = np.linspace(max(a[0], b[0]), max(min(a[-1], b[-1]), a[0], b[0]), 200)
    was, new = (np.log(np.maximum(run.training, 1e-12)) for run in (before, now))
    difference = float(np.mean(np.interp(common, b, new) - np.interp(common, a, was)))
    if abs(difference) < 0.01:
        return "the same"
    return "faster" if difference < 0 else "slower"


# --- the explorer ---

VERDICTS = {  # what each guess means: "the training cost …"
    "faster": "fell faster than in the previous run",
    "slower": "fell more slowly than in the previous run",
    "the same": "fell as in the previous run, within 1 % on average",
    "explode": "went over a million",
}
NO_GUESS = "just show me"
EARLIER = 5  # how many runs stay on the picture, faint
TOP = 130.0  # of the cost's axis: what is higher is cut off


class Explorer:
    """The controls and the picture. Each move trains a network anew and is compared with the previous run.

    A guess holds as long as the same control moves on (a key of the keyboard is a small move); a different
    control needs a new one.
    """

    def __init__(self, homes: Homes, setting: Setting):
        self.homes, self.runs = homes, [homes.run(setting)]
        self.moved: ipywidgets.Widget | None = None  # what the guess is about; None: what moves next
        self.train = LatestOnly(self._train)
        self.controls = {name: _control(name, value) for name, value in vars(setting).items()}
        guesses = [*VERDICTS, NO_GUESS]
        self.guess = ipywidgets.ToggleButtons(options=guesses, value=NO_GUESS, style={"button_width": "auto"})
        self.view = ipywidgets.HTML(self.picture(self.done))
        self.says = ipywidgets.HTML(self._sentence())
        self.guess.observe(self._guessed, "value")
        for control in self.controls.values():
            control.observe(self._moved, "value")

    @property
    def done(self) -> Outcome:
        """The newest run."""
        return self.runs[-1]

    def _guessed(self, change) -> None:
        self.moved = None

    def _moved(self, change) -> None:
        if self.moved not in (None, change["owner"]):
            self.guess.value = NO_GUESS
        self.moved = change["owner"]
        self.train(Setting(**{name: control.value for name, control in self.controls.items()}))

    def _train(self, setting: Setting) -> None:
        shown = time.monotonic()

        def progress(outcome: Outcome) -> None:
            nonlocal shown
            if time.monotonic() - shown > 0.3:  # only a long run
                shown = time.monotonic()
                self.view.value = self.picture(outcome)
                self.says.value = (
                    f"epoch {len(outcome.training)} of {outcome.epochs} … "
                    "If you move a control now, its run comes after this one."
                )

        try:
            self.runs = [*self.runs[-EARLIER:], self.homes.run(setting, progress)]
            says = self._sentence() + self._verdict()
        except KeyboardInterrupt:
            says = "Interrupted. The picture shows the previous run."
        self.view.value, self.says.value = self.picture(self.done), says

    def _verdict(self) -> str:
        guess, came = self.guess.value, compare(*self.runs[-2:])
        said = {NO_GUESS: "", came: ", as you predicted"}.get(guess, f", and you predicted <b>{guess}</b>")
        return f"<br><b>{came}</b>{said}: the training cost {VERDICTS[came]}."

    def _sentence(self) -> str:
        training, validation = self.done.training, self.done.validation
        if self.done.exploded:
            return (
                f"Exploded in epoch {len(training) + 1}, as the steps overshot. Try a smaller learning rate."
            )
        lowest = min(validation)
        return (
            f"After {len(training)} epochs, the training cost is {training[-1]:.3g} and the validation cost "
            f"{validation[-1]:.3g} (lowest {lowest:.3g}, in epoch {validation.index(lowest) + 1})."
        )

    def picture(self, outcome: Outcome) -> str:
        """The costs of a run over its epochs or updates, and earlier runs, faint."""
        x, mean = outcome.x(outcome.setting.equal), self.homes.mean_cost
        earlier = [run for run in self.runs if run is not outcome]
        chart = Chart(
            (0.0, float(x[-1])),
            (0.0, TOP),
            (outcome.setting.equal, "cost, (thousand dollars)²"),
            "Training cost (solid) and validation cost (dashed) while the network learns, "
            "and the cost of always predicting the mean (dotted).",
        )
        for run in earlier:
            chart.curve(run.x(outcome.setting.equal), run.training, "#c9d7e0", 1.5)
        chart.line(0.0, mean, 0.0, INK, "2 4")
        chart.curve(x, outcome.training, BLUE)
        chart.curve(x, outcome.validation, VERMILLION, 2, dash="7 4")
        words = [
            (mean + 3, f"dotted: always the mean, on the hand that judges, {number(mean, 3)}", INK),
            (0.62 * TOP, "solid: training, on the four hands it learns from", BLUE),
            (0.55 * TOP, "dashed: validation, on the hand that judges", VERMILLION),
            (0.48 * TOP, "faint: training of earlier runs", "#5c7a8c"),
        ]
        for height, said, colour in words if earlier else words[:-1]:
            chart.words(0.98 * x[-1], height, said, colour)
        return chart.svg()

    def box(self) -> StaticBox:
        c = self.controls
        left = ipywidgets.VBox([c["learning_rate"], c["hidden"], c["batch_size"]])
        right = ipywidgets.VBox([c["epochs"], c["seed"], c["l2"]])
        numbers = [f"{each.description} {each.value:.3g}" for each in (*left.children, *right.children)]
        text = f"The explorer: {', '.join(numbers)}."
        meanings = "; ".join(f"<b>{word}</b>: it {meaning}" for word, meaning in VERDICTS.items())
        return StaticBox(
            [
                wide("First predict what the training cost does in the next run, then move one control."),
                self.guess,
                wide(f"{meanings}."),
                side_by_side(left, right),
                c["equal"],
                self.view,
                self.says,
            ],
            text=text,
            html=picture_html(self.picture(self.done), f"{text} The curves of the first run."),
        )


def _control(name: str, value: float | str) -> ipywidgets.Widget:
    """The control of one part of a setting. A slider answers when it is let go."""
    if name == "equal":
        options = [(f"equal {what}", what) for what in CHOICES[name]]
        return ipywidgets.ToggleButtons(options=options, value=value, style={"button_width": "auto"})
    words = {"hidden": "hidden units", "l2": "L2"}.get(name, name.replace("_", " "))
    style = {"description_width": "100px"}
    look = {"value": value, "description": words, "style": style, "continuous_update": False}
    if name in CHOICES:
        return ipywidgets.SelectionSlider(options=[(f"{each:g}", each) for each in CHOICES[name]], **look)
    low, high = RANGES[name]
    if name == "learning_rate":
        return ipywidgets.FloatLogSlider(min=math.log10(low), max=math.log10(high), step=0.1, **look)
    return ipywidgets.IntSlider(min=low, max=high, step=25 if name == "epochs" else 1, **look)


def explorer(**setting: float | str) -> StaticBox:
    """Trains a network on lesson 06's homes again at every move of a control and draws its costs.

    First predict how the training cost will fall compared with the previous run. setting: where the controls
    are first, for example learning_rate=0.2. Raises MiniFlowError where a control cannot be there.
    """
    for name, value in setting.items():
        arguments.check_choice("A setting of the explorer", name, (*RANGES, *CHOICES))
        if name in CHOICES:
            arguments.check_choice(name, value, CHOICES[name])
        else:
            check = errors.check_number if name == "learning_rate" else errors.check_count
            check(name, value, *RANGES[name])
    made = Explorer(Homes(), Setting(**setting))
    box = made.box()
    box.explorer = made
    return box
