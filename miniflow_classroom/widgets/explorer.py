"""Lesson 06: a walk downhill with a step to choose, and a network that trains again at every move."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_lib.datasets import load_boston
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import MSE, Linear, Sigmoid
from miniflow_lib.passes import forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_lib.trace_text import number
from miniflow_lib.tracing import trace
from miniflow_lib.training import train
from miniflow_classroom import arguments
from miniflow_classroom.show.plots import BLUE, CARD, INK, VERMILLION, Chart, picture_html
from miniflow_classroom.widgets.base import LatestOnly, StaticBox

# --- downhill on a curve ---

STEPS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2]


def quartic(x: float) -> float:
    """x⁴ - 3x³ + 2: flat at 0, lowest at 9/4."""
    return x**4 - 3 * x**3 + 2


def slope_of_quartic(x: float) -> float:
    """4x³ - 9x²"""
    return 4 * x**3 - 9 * x**2


def walk(start: float, step: float, until: float = 1e-5, most: int = 10_000) -> list[float]:
    """Where gradient descent stands after each step, until it hardly moves, flies off or gives up."""
    places = [start]
    while len(places) <= most and abs(places[-1]) < 1e3:
        x = places[-1]
        places.append(x - step * slope_of_quartic(x))
        if abs(places[-1] - x) <= until:
            break
    return places


def fate(places: Sequence[float], most: int = 10_000) -> str:
    """How a walk ended, in a sentence."""
    steps = len(places) - 1
    if abs(places[-1]) >= 1e3:
        return f"flew off after {steps} steps: each step was longer than the one before"
    if steps >= most:
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
    view, says = ipywidgets.HTML(), ipywidgets.HTML()
    low, high = min(-1.0, start - 0.4), max(3.4, start + 0.4)
    xs = [low + (high - low) * i / 150 for i in range(151)]
    tallest = max(quartic(start) * 1.1, 14.0)

    def picture(size: float) -> tuple[str, str]:
        places = walk(start, size)
        sentence = f"step size {size:g} from x = {start:g}: {fate(places)}"
        chart = Chart((low, high), (-9.0, tallest), ("x", "f(x)"), f"A walk downhill, {sentence}.")
        chart.curve(xs, [quartic(x) for x in xs], BLUE)
        seen = [x for x in places[:80] if low <= x <= high]
        chart.curve(seen, [quartic(x) for x in seen], VERMILLION, 1.2)
        for x in seen:
            chart.dot(x, quartic(x), VERMILLION, 3, hollow=True)
        chart.dot(start, quartic(start), INK, 5)
        return chart.svg(), sentence

    @LatestOnly
    def draw(size: float) -> None:
        svg, sentence = picture(size)
        view.value, says.value = svg, escape(sentence)

    draw(step)
    slider.observe(lambda change: draw(change["new"]), "value")
    svg, sentence = picture(step)

    def page() -> dict:
        frames = [f'<div style="{CARD}">{escape(said)}{svg}</div>' for svg, said in map(picture, options)]
        return {"kind": "frames", "frames": frames, "at": options.index(step)}

    html = picture_html(svg, f"A walk downhill, {sentence}.")
    return StaticBox([slider, view, says], text=sentence, html=html, page=page)


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

    def x(self) -> list[float]:
        """Where each epoch stands on the axis."""
        each = self.updates_an_epoch if self.setting.equal == "updates" else 1
        return [each * (i + 1) for i in range(len(self.training))]


RANGES = {"learning_rate": (1e-4, 1.0), "hidden": (1, 40), "epochs": (10, 300), "seed": (0, 9)}
CHOICES = {
    "batch_size": (1, 2, 5, 11, 23, 50, 101, 304),
    "l2": (0.0, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3),
    "equal": ("epochs", "updates"),
}


def check_setting(given: Mapping[str, object]) -> Setting:
    """The setting, when the explorer's controls can stand there."""
    for name, value in given.items():
        arguments.check_choice("A setting of the explorer", name, (*RANGES, *CHOICES))
        if name in CHOICES:
            arguments.check_choice(name, value, CHOICES[name])
        else:
            check = errors.check_number if name == "learning_rate" else errors.check_count
            check(name, value, *RANGES[name])
    return Setting(**given)


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

    def run(self, setting: Setting, on_epoch: Callable[[Outcome], bool] = lambda outcome: True) -> Outcome:
        """Trains a network; `on_epoch` sees the outcome so far, and ends the run by returning False."""
        with trace.silent(), np.errstate(all="ignore"):
            return self._run(setting, on_epoch)

    def _run(self, setting: Setting, on_epoch: Callable[[Outcome], bool]) -> Outcome:
        (X_, y_), m = self.training, len(self.training[0])
        outcome = Outcome(setting, math.ceil(m / setting.batch_size), setting.epochs)
        if setting.equal == "updates":  # as many as batches of 11 would make in these epochs
            outcome.epochs = max(1, round(setting.epochs * math.ceil(m / 11) / outcome.updates_an_epoch))
        rng = np.random.default_rng(setting.seed)
        n, h = X_.shape[1], setting.hidden
        start = (rng.normal(size=(n, h)), np.zeros(h), rng.normal(size=(h, 1)), np.zeros(1))
        weights = [Input(name) for name in ("W1", "b1", "W2", "b2")]

        X, y = Input("X"), Input("y")

        def graph_for(X: Input, y: Input, features: np.ndarray, prices: np.ndarray) -> list[Node]:
            W1, b1, W2, b2 = weights
            cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
            return topological_sort({X: features, y: prices, **dict(zip(weights, start))}, output=cost)

        graph = graph_for(X, y, X_, y_)
        validation, test = (graph_for(Input("X"), Input("y"), *part) for part in (self.validation, self.test))

        def after(_: int, cost: float) -> bool:
            outcome.exploded = cost > TOO_MUCH
            if outcome.exploded:
                return False
            outcome.training.append(cost)
            outcome.validation.append(float(forward_pass(validation[-1], validation)))
            return on_epoch(outcome)

        try:
            train(
                graph,
                {X: X_, y: y_},
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
            outcome.test = float(forward_pass(test[-1], test))
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
EARLIER = 4  # how many runs stay on the picture, faint
TOP = 130.0  # of the cost's axis: what is higher is cut off
LINGER = (
    10.0  # seconds that the worker waits for a move: the kernel keeps a socket for each thread that speaks
)
PAUSE = 1.0  # seconds without a move; after them a move of the same slider begins a new experiment


class Explorer:
    """The controls, the picture, and one worker thread that always trains the newest setting.

    An experiment is one drag of one control: what it comes to is compared with the run from before the drag.
    """

    def __init__(self, homes: Homes, setting: Setting):
        self.homes, self.done, self.newest = homes, homes.run(setting), setting
        self.before = self.done  # the run from before the present experiment
        self.earlier: list[Outcome] = []
        self.opened, self.fresh_guess = False, False
        self.moved, self.moved_at = "", 0.0  # the control of the present experiment, and its last move
        self.wake = threading.Condition()
        self.worker: threading.Thread | None = None
        self.busy = False  # whether a move is not yet answered
        self.controls = self._controls(setting)
        self.guess = ipywidgets.ToggleButtons(options=GUESSES, value=NO_GUESS, style={"button_width": "auto"})
        self.guess.observe(self._guessed, "value")
        self.ask = ipywidgets.HTML("First your guess. After the next move the training cost will fall")
        self.view, self.says = ipywidgets.HTML(), ipywidgets.HTML()
        self.open = ipywidgets.Button(
            description="open the test part (once, at the end)", layout=ipywidgets.Layout(width="auto")
        )
        self.test = ipywidgets.HTML()
        self.open.on_click(self._open)
        for control in self.controls.values():
            control.observe(self._moved, "value")
        self._show(self.done)
        self.says.value = self._sentence(self.done)

    def _controls(self, s: Setting) -> dict[str, ipywidgets.Widget]:
        def look(name: str, description: str) -> dict:
            """What all sliders have, and the ends of those that run over a range."""
            low, high = RANGES.get(name, (None, None))
            ends = {} if low is None else {"min": low, "max": high}
            style = {"description_width": "100px"}
            return {"value": getattr(s, name), "description": description, "style": style, **ends}

        def stops(name: str) -> list[tuple[str, float]]:
            return [(f"{value:g}", value) for value in CHOICES[name]]

        rate = look("learning_rate", "learning rate")
        rate |= {end: math.log10(rate[end]) for end in ("min", "max")}
        return {
            "learning_rate": ipywidgets.FloatLogSlider(step=0.1, **rate),
            "hidden": ipywidgets.IntSlider(**look("hidden", "hidden units")),
            "batch_size": ipywidgets.SelectionSlider(
                options=stops("batch_size"), **look("batch_size", "batch size")
            ),
            "epochs": ipywidgets.IntSlider(step=10, **look("epochs", "epochs")),
            "seed": ipywidgets.IntSlider(**look("seed", "seed")),
            "l2": ipywidgets.SelectionSlider(options=stops("l2"), **look("l2", "L2")),
            "equal": ipywidgets.ToggleButtons(
                options=[(f"equal {what}", what) for what in CHOICES["equal"]],
                value=s.equal,
                style={"button_width": "auto"},
            ),
        }

    # A move: note the newest setting, wake the worker. A run that is not the newest is given up.

    def _guessed(self, change) -> None:
        self.fresh_guess = change["new"] != NO_GUESS

    def _moved(self, change) -> None:
        setting = Setting(**{name: control.value for name, control in self.controls.items()})
        name = next(name for name, control in self.controls.items() if control is change["owner"])
        with self.wake:
            resting = not self.busy and time.monotonic() - self.moved_at > PAUSE
            if name != self.moved or resting or self.fresh_guess:
                self._new_experiment()
            self.moved, self.moved_at, self.newest = name, time.monotonic(), setting
            self.busy = True
            self.wake.notify()
            if self.worker is None:
                self.worker = threading.Thread(target=self._work, daemon=True)
                self.worker.start()

    def _new_experiment(self) -> None:
        if self.done is not self.before:
            self.before, self.earlier = self.done, [*self.earlier, self.before][-EARLIER:]
        if not self.fresh_guess:
            self.guess.value = NO_GUESS  # each experiment wants a guess of its own
        self.fresh_guess = False

    def _work(self) -> None:
        try:
            while True:
                with self.wake:
                    setting = self.newest
                    if setting == self.done.setting:
                        self._tell(self.done)  # over what a run that was given up has left there
                        self.busy = False
                        if not self.wake.wait_for(lambda: self.busy, LINGER):
                            self.worker = None
                            return
                        continue
                self._train(setting)
        except Exception as error:  # else it would be seen in the server's log alone
            with self.wake:
                self.says.value = escape(f"{type(error).__name__}: {error}")
                self.worker, self.busy = None, False

    def _train(self, setting: Setting) -> None:
        shown, given_up = time.monotonic(), False

        def on_epoch(outcome: Outcome) -> bool:
            nonlocal shown, given_up
            given_up = given_up or self.newest != setting
            if not given_up and time.monotonic() - shown > 0.3:  # a long run shows how far it is
                shown = time.monotonic()
                self.says.value = f"epoch {len(outcome.training)} of {outcome.epochs} …"
                self._show(outcome)
            return not given_up

        outcome = self.homes.run(setting, on_epoch)
        if not given_up:
            self.done = outcome

    def _tell(self, outcome: Outcome) -> None:
        self._show(outcome)
        self.says.value = self._sentence(outcome) + self._verdict()

    def _verdict(self) -> str:
        guess = self.guess.value
        if guess == NO_GUESS or self.done is self.before:
            return ""
        came = compare(self.before, self.done)
        right = "as you said" if guess == came else f"you said: {guess}"
        return f"<br>Beside the run before, its training cost: <b>{escape(came)}</b> ({escape(right)})."

    def _sentence(self, outcome: Outcome) -> str:
        if outcome.exploded:
            return (
                f"Exploded in epoch {len(outcome.training) + 1}: each step overshot more than the last, "
                "and the cost went over a million. Try a smaller learning rate."
            )
        best = min(range(len(outcome.validation)), key=outcome.validation.__getitem__)
        return (
            f"After {len(outcome.training)} epochs: training {outcome.training[-1]:.3g}, "
            f"validation {outcome.validation[-1]:.3g} "
            f"(lowest {outcome.validation[best]:.3g}, in epoch {best + 1})."
        )

    def _open(self, _) -> None:
        if self.opened:
            return
        self.opened, self.open.disabled = True, True
        cost = self.done.test
        found = "has no cost: that run exploded" if cost is None else f"costs {cost:.3g}"
        self.test.value = (
            f"The test part {found}, with {escape(self.done.setting.in_words())}. "
            "It was opened: whatever you choose from now on, you choose knowing it."
        )

    def _show(self, outcome: Outcome) -> None:
        self.view.value = self.picture(outcome)

    def picture(self, outcome: Outcome) -> str:
        """The costs of a run over its epochs or updates, earlier runs faint behind it."""
        runs = [*self.earlier, self.before] if outcome is not self.before else self.earlier
        same_axis = [run for run in runs if run.training and run.setting.equal == outcome.setting.equal]
        each = outcome.updates_an_epoch if outcome.setting.equal == "updates" else 1
        right = float(max([outcome.epochs * each, *(run.x()[-1] for run in same_axis)]))
        chart = Chart(
            (0.0, right),
            (0.0, TOP),
            ("updates" if outcome.setting.equal == "updates" else "epochs", "cost"),
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
        text = f"The explorer: {self.done.setting.in_words()}."
        return StaticBox(
            [
                self.ask,
                self.guess,
                ipywidgets.HBox([left, right], layout=ipywidgets.Layout(flex_flow="row wrap")),
                c["equal"],
                self.view,
                self.says,
                ipywidgets.HBox([self.open, self.test], layout=ipywidgets.Layout(flex_flow="row wrap")),
            ],
            text=text,
            html=picture_html(self.picture(self.done), f"{text} The curves of the first run."),
        )


def explorer(**setting: float) -> StaticBox:
    """Trains a network on Boston again at every move of a slider, and draws its training and validation cost.

    Guess first how the training cost will fall beside the run before. Runs are judged on the validation part;
    the test part opens once. setting: where the controls stand first, for example learning_rate=0.02.
    """
    made = Explorer(Homes(), check_setting(setting))
    box = made.box()
    box.explorer = made
    return box
