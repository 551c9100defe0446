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
from miniflow_lib.training import train
from miniflow_classroom import arguments
from miniflow_classroom.show.plots import BLUE, CARD, INK, VERMILLION, Chart, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox, shown_by

# --- downhill on a curve ---

STEPS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2]
MOST_STEPS = 10_000
FAR = 1e3  # from here a walk does not come back


def quartic(x: float) -> float:
    """x⁴ - 3x³ + 2: flat at 0, lowest at 9/4."""
    return x**4 - 3 * x**3 + 2


def slope_of_quartic(x: float) -> float:
    """4x³ - 9x²"""
    return 4 * x**3 - 9 * x**2


def walk(start: float, step: float) -> list[float]:
    """Where gradient descent is after each step, until it hardly moves, flies off or gives up."""
    places = [start]
    while len(places) <= MOST_STEPS and abs(places[-1]) < FAR:
        x = places[-1]
        places.append(x - step * slope_of_quartic(x))
        if abs(places[-1] - x) <= 1e-5:
            break
    return places


def end_of_walk(places: Sequence[float]) -> str:
    """How a walk ended, in a sentence."""
    steps = len(places) - 1
    if abs(places[-1]) >= FAR:
        return f"flew off after {steps} steps: each step was longer than the one before"
    if steps >= MOST_STEPS:
        return "bounces from side to side for ever: each step jumps over the lowest point"
    return f"{steps} steps to x = {places[-1]:.4f}, where f = {quartic(places[-1]):.3f}"


def descent(start: float = 3.0, step: float = 0.01) -> StaticBox:
    """Gradient descent on x⁴ - 3x³ + 2, drawn as it walks from `start`, with a slider for the step size."""
    start = errors.check_number("start", start, -10, 10)
    step = errors.check_number("step", step, 0, 10)
    options = sorted({*STEPS, step})
    slider = ipywidgets.SelectionSlider(
        options=[(f"{s:g}", s) for s in options], value=step, description="step size"
    )
    low, high = min(-1.0, start - 0.4), max(3.4, start + 0.4)
    xs = [low + (high - low) * i / 150 for i in range(151)]
    tallest = max(quartic(start) * 1.1, 14.0)

    def picture(size: float) -> tuple[str, str]:
        places = walk(start, size)
        sentence = f"step size {size:g} from x = {start:g}: {end_of_walk(places)}"
        chart = Chart((low, high), (-9.0, tallest), ("x", "f(x)"), f"A walk downhill, {sentence}.")
        chart.curve(xs, [quartic(x) for x in xs], BLUE)
        seen = [x for x in places[:80] if low <= x <= high]
        chart.curve(seen, [quartic(x) for x in seen], VERMILLION, 1.2)
        for x in seen:
            chart.dot(x, quartic(x), VERMILLION, 3, hollow=True)
        chart.dot(start, quartic(start), INK, 5)
        return chart.svg(), sentence

    draw, seen = shown_by(picture)
    draw(step)
    svg, sentence = picture(step)
    slider.observe(lambda change: draw(change["new"]), "value")

    def page() -> dict:
        frames = [f'<div style="{CARD}">{escape(said)}{svg}</div>' for svg, said in map(picture, options)]
        return {"kind": "frames", "frames": frames, "at": options.index(step)}

    html = picture_html(svg, f"A walk downhill, {sentence}.")
    return StaticBox([slider, *seen], text=sentence, html=html, page=page)


# --- the network ---


@dataclass(frozen=True)
class Setting:
    """What a run is made with. `equal` says whether runs get equal "epochs" or equal "updates"."""

    learning_rate: float = 0.01
    hidden: int = 10
    batch_size: int = 11
    epochs: int = 100
    seed: int = 0
    l2: float = 0.0
    equal: str = "epochs"

    def in_words(self) -> str:
        units = f"{self.hidden} hidden unit{'s' * (self.hidden != 1)}"
        return (
            f"learning rate {self.learning_rate:.3g}, {units}, batches of {self.batch_size}, "
            f"{self.epochs} epochs, seed {self.seed}, L2 {self.l2:.3g}"
        )


@dataclass
class Outcome:
    """What came of a run: the costs after each epoch, how many updates an epoch was, and how it ended."""

    setting: Setting
    updates_an_epoch: int
    epochs: int
    training: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    test: float | None = None  # the cost on the test part, for whoever opens it
    exploded: bool = False

    @property
    def epoch_on_axis(self) -> int:
        """How long an epoch is on the axis: one epoch, or so many updates."""
        return self.updates_an_epoch if self.setting.equal == "updates" else 1

    def x(self) -> list[float]:
        """Where each epoch is on the axis."""
        return [self.epoch_on_axis * (i + 1) for i in range(len(self.training))]


# Where the controls can be: from a lowest to a highest value, or at one of a few.
RANGES = {"learning_rate": (1e-4, 1.0), "hidden": (1, 40), "epochs": (10, 300), "seed": (0, 9)}
CHOICES = {
    "batch_size": (1, 2, 5, 11, 23, 50, 101, 304),
    "l2": (0.0, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3),
    "equal": ("epochs", "updates"),
}
TOO_MUCH = 1e6  # a cost beyond this will not come back


class Homes:
    """The Boston homes in three parts, 60, 20 and 20 in a hundred: no column B, standardised by the first."""

    def __init__(self, seed: int = 0):
        boston = load_boston()
        X, y = np.delete(boston.data, list(boston.feature_names).index("B"), axis=1), boston.target
        order = np.random.default_rng(seed).permutation(len(X))
        parts = np.split(order, [round(0.6 * len(X)), round(0.8 * len(X))])
        mean, spread = X[parts[0]].mean(axis=0), X[parts[0]].std(axis=0)
        self.training, self.validation, self.test = (((X[p] - mean) / spread, y[p]) for p in parts)
        self.mean_cost = float(np.mean((self.validation[1] - self.training[1].mean()) ** 2))

    def run(self, setting: Setting, on_epoch: Callable[[Outcome], object] = lambda outcome: None) -> Outcome:
        """Trains a network; `on_epoch` sees the outcome so far. Raises KeyboardInterrupt when interrupted."""
        with trace.silent(), np.errstate(all="ignore"):
            return self._run(setting, on_epoch)

    def _run(self, setting: Setting, on_epoch: Callable[[Outcome], object]) -> Outcome:
        m, n = self.training[0].shape
        outcome = Outcome(setting, math.ceil(m / setting.batch_size), setting.epochs)
        if setting.equal == "updates":  # as many as batches of 11 would make in these epochs
            outcome.epochs = max(1, round(setting.epochs * math.ceil(m / 11) / outcome.updates_an_epoch))
        rng, h = np.random.default_rng(setting.seed), setting.hidden
        X, y, *weights = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
        W1, b1, W2, b2 = weights
        start = {W1: rng.normal(size=(n, h)), b1: np.zeros(h), W2: rng.normal(size=(h, 1)), b2: np.zeros(1)}
        feeds = dict(zip((X, y), self.training))
        cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
        graph = topological_sort({**feeds, **start}, output=cost)

        def cost_on(part: tuple[np.ndarray, np.ndarray]) -> float:
            X.value, y.value = part
            return float(forward_pass(cost, graph))

        def after(_: int, training_cost: float) -> bool:
            outcome.exploded = training_cost > TOO_MUCH
            if not outcome.exploded:
                outcome.training.append(training_cost)
                outcome.validation.append(cost_on(self.validation))
                on_epoch(outcome)
            return not outcome.exploded

        try:
            train(
                graph,
                feeds,
                weights,
                learning_rate=setting.learning_rate,
                epochs=outcome.epochs,
                batch_size=setting.batch_size,
                seed=setting.seed,
                l2=setting.l2,
                on_epoch=after,
            )
        except errors.MiniFlowError:  # the cost is no longer a number
            outcome.exploded = True
        if not outcome.exploded:
            if len(outcome.training) < outcome.epochs:  # train takes an interrupt for a good end
                raise KeyboardInterrupt
            outcome.test = cost_on(self.test)
        return outcome


def compare(before: Outcome, now: Outcome) -> str:
    """How the training cost fell beside the run before: "faster", "slower", "the same" or "explode".

    By the mean logarithm of the cost where both curves are: what falls sooner has a smaller one.
    """
    if now.exploded:
        return "explode"
    if before.exploded:
        return "faster"
    a, b = before.x(), now.x()
    common = np.linspace(max(a[0], b[0]), max(min(a[-1], b[-1]), a[0], b[0]), 200)
    logs = [np.interp(common, run.x(), np.log(np.maximum(run.training, 1e-12))) for run in (before, now)]
    difference = float(np.mean(logs[1] - logs[0]))
    if abs(difference) < 0.01:
        return "the same"
    return "faster" if difference < 0 else "slower"


# --- the explorer ---

NO_GUESS = "just show me"
GUESSES = ("faster", "slower", "the same", "explode", NO_GUESS)
EARLIER = 5  # how many runs stay on the picture, faint
TOP = 130.0  # of the cost's axis: what is higher is cut off


class Explorer:
    """The controls and the picture. Each move trains a network anew and is compared with the run before it.

    A guess holds as long as the same control moves on (a key of the keyboard is a small move); for another
    control a new one is wanted.
    """

    def __init__(self, homes: Homes, setting: Setting):
        self.homes, self.runs = homes, [homes.run(setting)]
        self.moved: ipywidgets.Widget | None = None  # what the guess is about; None: what moves next
        self.train = LatestOnly(self._train)
        self.controls = {name: _control(name, value) for name, value in vars(setting).items()}
        self.guess = ipywidgets.ToggleButtons(options=GUESSES, value=NO_GUESS, style={"button_width": "auto"})
        self.view = ipywidgets.HTML(self.picture(self.done))
        self.says = ipywidgets.HTML(self._sentence())
        self.open = ipywidgets.Button(
            description="open the test part (once, at the end)", layout=ipywidgets.Layout(width="auto")
        )
        self.test = ipywidgets.HTML()
        self.guess.observe(self._guessed, "value")
        self.open.on_click(self._open)
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
            says = "Interrupted. The picture shows the run before it."
        self.view.value, self.says.value = self.picture(self.done), says

    def _verdict(self) -> str:
        guess = self.guess.value
        if guess == NO_GUESS:
            return ""
        came = compare(*self.runs[-2:])
        right = "as you said" if guess == came else f"you said: {guess}"
        return f"<br>Beside the run before, its training cost: <b>{escape(came)}</b> ({escape(right)})."

    def _sentence(self) -> str:
        training, validation = self.done.training, self.done.validation
        if self.done.exploded:
            return (
                f"Exploded in epoch {len(training) + 1}: each step overshot more than the last, "
                "and the cost went over a million. Try a smaller learning rate."
            )
        return (
            f"After {len(training)} epochs: training {training[-1]:.3g}, validation {validation[-1]:.3g} "
            f"(lowest {min(validation):.3g}, in epoch {validation.index(min(validation)) + 1})."
        )

    def _open(self, _) -> None:
        if self.open.disabled:
            return
        self.open.disabled = True
        cost = self.done.test
        found = "has no cost: that run exploded" if cost is None else f"costs {cost:.3g}"
        self.test.value = (
            f"The test part {found}, with {escape(self.done.setting.in_words())}. "
            "It was opened: whatever you choose from now on, you choose knowing it."
        )

    def picture(self, outcome: Outcome) -> str:
        """The costs of a run over its epochs or updates, earlier runs faint behind it."""
        equal = outcome.setting.equal
        same_axis = [
            run for run in self.runs if run is not outcome and run.training and run.setting.equal == equal
        ]
        right = float(max([outcome.epochs * outcome.epoch_on_axis, *(run.x()[-1] for run in same_axis)]))
        chart = Chart(
            (0.0, right),
            (0.0, TOP),
            (equal, "cost"),
            "Training cost (solid) and validation cost (dashed) while the network learns, "
            "and the cost of always predicting the mean (dotted).",
        )
        for run in same_axis:
            chart.curve(run.x(), run.training, "#c9d7e0", 1.5)
        chart.line(0.0, self.homes.mean_cost, 0.0, INK, "2 4")
        if outcome.training:
            chart.curve(outcome.x(), outcome.training, BLUE)
            chart.curve(outcome.x(), outcome.validation, VERMILLION, 2, dash="7 4")
        mean = f"the mean, on the validation part: {number(self.homes.mean_cost, 3)}"
        chart.words(0.98 * right, self.homes.mean_cost + 3, mean, INK)
        chart.words(0.98 * right, 0.72 * TOP, "training: solid", BLUE)
        chart.words(0.98 * right, 0.65 * TOP, "validation: dashed", VERMILLION)
        if same_axis:
            chart.words(0.98 * right, 0.58 * TOP, "training of earlier runs: faint", "#5c7a8c")
        return chart.svg()

    def box(self) -> StaticBox:
        c = self.controls
        left = ipywidgets.VBox([c["learning_rate"], c["hidden"], c["batch_size"]])
        right = ipywidgets.VBox([c["epochs"], c["seed"], c["l2"]])
        wraps = ipywidgets.Layout(flex_flow="row wrap")
        text = f"The explorer: {self.done.setting.in_words()}."
        return StaticBox(
            [
                ipywidgets.HTML("First your guess. After the next move the training cost will fall"),
                self.guess,
                ipywidgets.HBox([left, right], layout=wraps),
                c["equal"],
                self.view,
                self.says,
                ipywidgets.HBox([self.open, self.test], layout=wraps),
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
    return ipywidgets.IntSlider(min=low, max=high, step=10 if name == "epochs" else 1, **look)


def explorer(**setting: float | str) -> StaticBox:
    """Trains a network on Boston again at every move of a control and draws its training and validation cost.

    Guess first how the training cost will fall beside the run before. Runs are judged on the validation part;
    the test part opens once. setting: where the controls are first, for example learning_rate=0.02. Raises
    MiniFlowError where a control cannot be there.
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
