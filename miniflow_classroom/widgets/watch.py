"""A program learning, as a film: the cloud of predictions that closes in on the line of true prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from miniflow_lib import errors
from miniflow_classroom.show.plots import BLUE, FONT, INK, Chart, card, page_width, picture_html
from miniflow_classroom.widgets.base import StaticBox, on_card
from miniflow_classroom.widgets.stepper import played

SIDE = 330  # of the square in which the cloud is drawn, in pixels


def watch_learning(snapshots: Mapping[int, np.ndarray], targets: np.ndarray) -> StaticBox:
    """A film of a training: {rounds: predictions (m,) or (m, 1)} against the true prices `targets` (m,).

    Each picture shows the cost so far, beside what you pay for always saying the average, and the cloud of
    predicted against true. Without a kernel a row of four clouds is seen.
    """
    targets, clouds = _checked(snapshots, targets)
    costs = {rounds: float(np.mean((cloud - targets) ** 2)) for rounds, cloud in clouds.items()}
    lazy = float(np.mean((targets - targets.mean()) ** 2))
    frames = []
    for number, (rounds, cloud) in enumerate(clouds.items()):
        words = f"After {_rounds(rounds)} the cost is {_short(costs[rounds])}."
        bars, dots = _bars(list(costs), list(costs.values())[: number + 1], lazy), _cloud(targets, cloud)
        width = bars.width + dots.width
        look = f'{FONT} style="{page_width(width)}"'
        svg = card(width, bars.height, bars.drawn() + dots.drawn(bars.width), words, look)
        # On a screen narrower than its letters need, it scrolls.
        scrolls = f'<div tabindex="0" style="overflow-x:auto">{svg}</div>'
        frames.append(on_card(f"<div>{words}</div>", scrolls))
    stored = _stored(targets, clouds, costs)
    return StaticBox(played(frames), **stored, page=lambda: {"kind": "frames", "frames": frames})


def _checked(snapshots, targets) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Both as flat arrays, the same number of prices in each."""
    targets = np.ravel(errors.check_array("targets", targets))
    if not np.isfinite(targets).all() or targets.max() <= 0 or np.ptp(targets) == 0:
        raise errors.MiniFlowError("targets are finite prices, not all the same, and at least one above 0.")
    if not isinstance(snapshots, Mapping) or not snapshots:
        raise errors.MiniFlowError("snapshots is a dict with an entry at least, {rounds: predictions}.")
    clouds = {}
    for rounds, predicted in snapshots.items():
        errors.check_count("The rounds of a snapshot", rounds)
        cloud = clouds[rounds] = np.ravel(errors.check_array(f"The snapshot {rounds}", predicted))
        if len(cloud) != len(targets):
            raise errors.MiniFlowError(
                f"The snapshot {rounds} has {len(cloud)} predictions, and the targets are {len(targets)}: "
                "it needs one for each."
            )
    return targets, clouds


def _stored(targets: np.ndarray, clouds: Mapping[int, np.ndarray], costs: Mapping[int, float]) -> dict:
    """What a reader without a kernel gets: four clouds in a row, and their costs in words."""
    rounds = list(clouds)
    four = [rounds[round(place * (len(rounds) - 1) / 3)] for place in range(4)] if len(rounds) > 4 else rounds
    told = ", ".join(f"{_short(costs[r])} after {_rounds(r)}" for r in four)
    alt = f"Predicted against true prices while the program learns. The cost is {told}."
    parts, x = "", 0
    for r in four:
        chart = _cloud(targets, clouds[r], f"after {_rounds(r)}: cost {_short(costs[r])}", first=x == 0)
        parts += chart.drawn(x)
        x += chart.width
    return {"text": alt, "html": picture_html(card(x, chart.height, parts, alt), alt, 880)}


def _cloud(targets: np.ndarray, predicted: np.ndarray, title: str = "", first: bool = True) -> Chart:
    """Dots at (true price, predicted price) in a square, what would fall outside at its edge.

    title: for one of a row, whose letters are larger; not the first one: without a name and numbers upwards.
    """
    high = float(targets.max())
    ends = -0.15 * high, 1.1 * high  # room for the nonsense of the first guesses
    letters = 25 if title else 14
    left, top, foot = (3.7 * letters if first else 12), (1.8 * letters if title else 14), 3.1 * letters
    chart = Chart(
        ends,
        ends,
        ("true price", "predicted" if first else ""),
        alt="",
        size=(left + SIDE + 12, top + SIDE + foot),
        margins=(left, top, 12, foot),
        letters=letters,
        title=title,
        ticks=4,
        y_ticks=None if first else {},
    )
    chart.line(0, 0, 1, INK, "none")
    chart.cloud(targets, np.nan_to_num(predicted, nan=ends[0]), BLUE)
    return chart


def _bars(rounds: Sequence[int], seen: Sequence[float], lazy: float) -> Chart:
    """One bar a picture seen so far, its height the cost; a dashed line where the lazy program stands."""
    chart = Chart(
        (-0.15, len(rounds) + 0.15),
        (0, 1.5 * lazy),
        ("after so many rounds", "cost"),
        alt="",
        size=(62 + SIDE + 12, 14 + SIDE + 3.1 * 14),
        margins=(62, 14, 12, 3.1 * 14),
        letters=13,
        x_ticks={place + 0.5: str(r) for place, r in enumerate(rounds)},
    )
    for place, cost in enumerate(seen):
        tall = cost if cost <= 1.4 * lazy else 1.4 * lazy  # nan is too high as well
        chart.bar(place + 0.1, place + 0.9, tall, BLUE, 1 if place == len(seen) - 1 else 0.35)
        above = _short(cost) + "↑" * (not cost <= 1.4 * lazy)
        chart.words(place + 0.5, tall + 0.02 * lazy, above, INK, "middle")
    chart.line(0, lazy, 0, INK, "6 4")
    chart.words(0.99 * len(rounds), 1.03 * lazy, f"always the average: {_short(lazy)}", INK)
    return chart


def _short(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 10 else f"{cost:.1f}"


def _rounds(rounds: int) -> str:
    return f"{rounds} round{'s' * (rounds != 1)}"
