"""Lesson 06: a walk downhill with a step to choose, and a network that trains again at every move."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

import ipywidgets
import numpy as np

from .. import errors
from ..datasets import load_boston
from ..drawing import BLUE, INK, VERMILLION, picture_html
from ..nodes import Input, Node
from ..ops import MSE, Linear, Sigmoid
from ..passes import forward_pass
from ..sorting import topological_sort
from ..tracing import trace
from ..training import train
from .base import LatestOnly, StaticBox
from .calculus import Chart, number

# --- downhill on a curve ---

STEPS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2]


def quartic(x: float) -> float:
    """x⁴ - 3x³ + 2: flat at 0, lowest at 9/4."""
    return x**4 - 3 * x**3 + 2


def slope_of_quartic(x: float) -> float:
    """4x³ - 9x²"""
    return 4 * x**3 - 9 * x**2


def walk(start: float, step: float, until: float = 1e-5, most: int = 10_000) -> list[float]:
    """Where gradient descent stands after each step, until it moves less than `until`, flies off or gives up."""
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
    options = sorted({*STEPS, step})
    slider = ipywidgets.SelectionSlider(
        options=[(f"{s:g}", s) for s in options], value=step, description="step size"
    )
    view, says = ipywidgets.HTML(), ipywidgets.HTML()
    low, high = -1.0, max(3.4, start + 0.4)
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
    return StaticBox(
        [slider, view, says], text=sentence, html=picture_html(svg, f"A walk downhill, {sentence}.")
    )


# --- the network ---


@dataclass(frozen=True)
class Setting:
    """What a run of the explorer is made with. `equal` says whether runs get equal epochs or equal updates."""

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


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the costs after each epoch, how many updates an epoch was, and how it ended."""

    setting: Setting
    updates_an_epoch: int
    epochs: int
    training: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    test: float | None = None  # the cost on the test part, for whoever opens it
    exploded: bool = False

    def x(self) -> list[float]:
        """Where each epoch stands on the axis."""
        each = self.updates_an_epoch if self.setting.equal == "updates" else 1
        return [each * (i + 1) for i in range(len(self.training))]


class Homes:
    """The Boston homes in three parts, 60, 20 and 20 in a hundred, without column B, standardised by the first."""

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
        (X_, y_), m = self.training, len(self.training[0])
        updates = math.ceil(m / setting.batch_size)
        epochs = setting.epochs
        if setting.equal == "updates":  # as many as batches of 11 would make in these epochs
            epochs = max(1, round(setting.epochs * math.ceil(m / 11) / updates))
        rng = np.random.default_rng(setting.seed)
        X, y, *weights = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
        n, h = X_.shape[1], setting.hidden
        start = (
            rng.standard_normal((n, h)) / math.sqrt(n),
            np.zeros(h),
            rng.standard_normal((h, 1)) / math.sqrt(h),
            np.zeros(1),
        )
        feed = {X: X_, y: y_, **dict(zip(weights, start))}
        graph = topological_sort(feed, _network(X, y, *weights))
        judges = []
        for features, prices in (self.validation, self.test):
            X2, y2 = Input("X"), Input("y")
            judges.append(
                topological_sort(
                    {X2: features, y2: prices, **dict(zip(weights, start))}, _network(X2, y2, *weights)
                )
            )
        outcome = Outcome(setting, updates, epochs)

        def after(_: int, cost: float) -> bool:
            nonlocal outcome
            seen = float(forward_pass(judges[0][-1], judges[0]))
            outcome = replace(
                outcome, training=(*outcome.training, cost), validation=(*outcome.validation, seen)
            )
            return on_epoch(outcome)

        settings = {
            "batch_size": setting.batch_size,
            "seed": setting.seed,
            "l2": setting.l2,
            "progress": False,
        }
        try:
            with trace.override(DEBUG=False, T_DEBUG=False), np.errstate(all="ignore"):
                train(
                    graph,
                    {X: X_, y: y_},
                    weights,
                    learning_rate=setting.learning_rate,
                    epochs=epochs,
                    on_epoch=after,
                    **settings,
                )
                return replace(outcome, test=float(forward_pass(judges[1][-1], judges[1])))
        except errors.MiniFlowError:
            return replace(outcome, exploded=True)


def _network(X: Node, y: Node, W1: Node, b1: Node, W2: Node, b2: Node) -> MSE:
    return MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))


def compare(before: Outcome, now: Outcome) -> str:
    """How the training cost fell beside the run before: "faster", "slower", "the same" or "explode"."""
    if now.exploded:
        return "explode"
    if before.exploded:
        return "faster"
    a, b = _mean_log(before), _mean_log(now)
    if abs(a - b) < 0.01:
        return "the same"
    return "faster" if b < a else "slower"


def _mean_log(outcome: Outcome) -> float:
    """The mean logarithm of the training cost: a curve that falls sooner has the smaller one."""
    return float(np.mean(np.log(np.maximum(outcome.training, 1e-12))))


# --- the explorer ---

NO_GUESS = "just show me"
GUESSES = ("faster", "slower", "the same", "explode", NO_GUESS)
EARLIER = 4  # how many runs stay on the picture, faint
TOP = 130.0  # of the cost's axis: what is higher is cut off


class Explorer:
    """The controls, the picture, and one worker thread that always trains the newest setting."""

    def __init__(self, homes: Homes, setting: Setting):
        self.homes, self.done, self.newest = homes, homes.run(setting), setting
        self.earlier: list[Outcome] = []
        self.opened = False
        self.wake = threading.Condition()
        self.worker: threading.Thread | None = None
        self.controls = self._controls(setting)
        wide = {"style": {"button_width": "auto"}}
        self.guess = ipywidgets.ToggleButtons(
            options=GUESSES, value=NO_GUESS, description="It will fall", **wide
        )
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
        slow = {"style": {"description_width": "100px"}}
        return {
            "learning_rate": ipywidgets.FloatLogSlider(
                value=s.learning_rate, min=-4, max=0, step=0.1, description="learning rate", **slow
            ),
            "hidden": ipywidgets.IntSlider(value=s.hidden, min=1, max=40, description="hidden units", **slow),
            "batch_size": ipywidgets.SelectionSlider(
                options=[1, 2, 5, 11, 23, 50, 101, 304], value=s.batch_size, description="batch size", **slow
            ),
            "epochs": ipywidgets.IntSlider(
                value=s.epochs, min=10, max=300, step=10, description="epochs", **slow
            ),
            "seed": ipywidgets.IntSlider(value=s.seed, min=0, max=9, description="seed", **slow),
            "l2": ipywidgets.SelectionSlider(
                options=[("0", 0.0), *((f"{v:g}", v) for v in (1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3))],
                value=s.l2,
                description="L2",
                **slow,
            ),
            "equal": ipywidgets.ToggleButtons(
                options=[("equal epochs", "epochs"), ("equal updates", "updates")],
                value=s.equal,
                style={"button_width": "auto"},
            ),
        }

    # A move: note the newest setting, wake the worker. The worker gives up a run as soon as it is not the newest.

    def _moved(self, _) -> None:
        setting = Setting(**{name: control.value for name, control in self.controls.items()})
        with self.wake:
            self.newest = setting
            if self.worker is None:
                self.worker = threading.Thread(target=self._work, daemon=True)
                self.worker.start()

    def _work(self) -> None:
        while True:
            with self.wake:
                setting = self.newest
                if setting == self.done.setting:
                    self.worker = None
                    return
            try:
                self._train(setting)
            except Exception as error:  # else it would be seen in the server's log alone
                self.says.value = escape(f"{type(error).__name__}: {error}")
                with self.wake:
                    self.worker = None
                return

    def _train(self, setting: Setting) -> None:
        shown = time.monotonic()

        def on_epoch(outcome: Outcome) -> bool:
            nonlocal shown
            if self.newest != setting:
                return False
            if time.monotonic() - shown > 0.3:  # a long run shows how far it is
                shown = time.monotonic()
                self.says.value = f"epoch {len(outcome.training)} of {outcome.epochs} …"
                self._show(outcome)
            return True

        outcome = self.homes.run(setting, on_epoch)
        with self.wake:
            if self.newest != setting:
                return
            before, self.done = self.done, outcome
            self.earlier = [*self.earlier, before][-EARLIER:]
        verdict = self._verdict(before, outcome)
        self._show(outcome)
        self.says.value = self._sentence(outcome) + verdict

    def _verdict(self, before: Outcome, now: Outcome) -> str:
        guess, came = self.guess.value, compare(before, now)
        if guess == NO_GUESS:
            return ""
        self.guess.value = NO_GUESS  # the next run wants a guess of its own
        right = "as you said" if guess == came else f"you said: {guess}"
        return f"<br>Beside the run before: <b>{escape(came)}</b> ({escape(right)})."

    def _sentence(self, outcome: Outcome) -> str:
        if outcome.exploded:
            return (
                f"Exploded in epoch {len(outcome.training) + 1}: the cost is no longer a number. "
                "Try a smaller learning rate."
            )
        best = min(range(len(outcome.validation)), key=outcome.validation.__getitem__)
        return (
            f"After {len(outcome.training)} epochs: training {outcome.training[-1]:.3g}, "
            f"validation {outcome.validation[-1]:.3g} (lowest {outcome.validation[best]:.3g}, in epoch {best + 1})."
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
        same_axis = [run for run in self.earlier if run.setting.equal == outcome.setting.equal]
        each = outcome.updates_an_epoch if outcome.setting.equal == "updates" else 1
        right = float(max([outcome.epochs * each, *(run.x()[-1] for run in same_axis if run.training)]))
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
        chart.words(
            0.98 * right, self.homes.mean_cost + 3, f"the mean: {number(self.homes.mean_cost, 3)}", INK
        )
        chart.words(0.98 * right, TOP - 12, "training: solid", BLUE)
        chart.words(0.98 * right, TOP - 21, "validation: dashed", VERMILLION)
        return chart.svg()

    def box(self) -> StaticBox:
        c = self.controls
        left = ipywidgets.VBox([c["learning_rate"], c["hidden"], c["batch_size"]])
        right = ipywidgets.VBox([c["epochs"], c["seed"], c["l2"]])
        text = f"The explorer: {self.done.setting.in_words()}."
        return StaticBox(
            [
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
    made = Explorer(Homes(), Setting(**setting))
    box = made.box()
    box.explorer = made
    return box
