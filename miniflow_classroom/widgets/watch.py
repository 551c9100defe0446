"""A program learning, as a film: the cloud of predictions that closes in on the line of true prices."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from miniflow_lib import errors
from miniflow_classroom.show.plots import BLUE, CARD, INK, picture_html
from miniflow_classroom.widgets.base import StaticBox
from miniflow_classroom.widgets.stepper import played

GREY = "#777"
FONT = 'font-family="DejaVu Sans,Verdana,Arial,sans-serif"'
SIDE = 330  # of the square in which the cloud is drawn, in pixels
BARS = 360  # the width of the costs beside it


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
        seen = dict(list(costs.items())[: number + 1])
        parts = _bars(seen, list(costs), lazy) + _cloud(targets, cloud, BARS + 70)
        svg = _svg(BARS + SIDE + 80, SIDE + 90, parts, words)
        frames.append(f'<div style="{CARD}"><div>{words}</div>{svg}</div>')
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
    parts = []
    for place, r in enumerate(four):
        x = place * (SIDE + 30)
        parts += _cloud(targets, clouds[r], x + 50, size=24)
        parts.append(_text(x + 50 + SIDE / 2, 32, f"after {_rounds(r)}: cost {_short(costs[r])}", 23))
    width = len(four) * (SIDE + 30) + 30
    return {"text": alt, "html": picture_html(_svg(width, SIDE + 100, parts, alt), alt, 860)}


def _cloud(targets: np.ndarray, predicted: np.ndarray, left: float, size: int = 14) -> list[str]:
    """Dots at (true price, predicted price) in a square, what would fall outside at its edge."""
    high = float(targets.max())
    low, high = -0.15 * high, 1.1 * high  # room for the nonsense of the first guesses

    def along(price):
        return SIDE * (np.clip(np.nan_to_num(price, nan=low), low, high) - low) / (high - low)

    foot = 45 + SIDE
    dots = "".join(f"M{left + x:.0f} {foot - y:.0f}h0" for x, y in zip(along(targets), along(predicted)))
    parts = [
        f'<rect x="{left}" y="45" width="{SIDE}" height="{SIDE}" fill="#fff" stroke="{GREY}"/>',
        f'<path d="M{left} {foot}L{left + SIDE} 45" stroke="{INK}" stroke-width="1.5"/>',
        f'<path d="{dots}" stroke="{BLUE}" stroke-width="5.5" stroke-linecap="round" stroke-opacity="0.5"/>',
    ]
    for price in np.linspace(0, targets.max(), 3):
        at = float(along(price))
        parts.append(_text(left + at, foot + size + 2, f"{price:g}", size))
        parts.append(_text(left - 5, foot - at + size / 3, f"{price:g}", size, "end"))
    parts.append(_text(left + SIDE / 2, foot + 2 * size + 4, "true price →", size))
    parts.append(_text(left + 8, 45 + size + 4, "↑ predicted", size, "start"))
    return parts


def _bars(seen: Mapping[int, float], all_rounds: list[int], lazy: float) -> list[str]:
    """One bar a picture seen so far, its height the cost; a dashed line where the lazy program stands."""
    top, size, highest = 45, SIDE, lazy * 1.4
    wide = (BARS - 20) / len(all_rounds)
    parts = [_text(10 + BARS / 2, 28, "cost after so many rounds", 15)]
    for number, rounds in enumerate(all_rounds):
        x = 10 + number * wide
        parts.append(_text(x + wide / 2, top + size + 22, str(rounds), 13))
        if rounds not in seen:
            continue
        cost = seen[rounds]
        tall = size * (cost if cost <= highest else highest) / highest  # nan is too high as well
        bar = f'x="{x + 3:.1f}" y="{top + size - tall:.1f}" width="{wide - 6:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect {bar} fill="{BLUE}" fill-opacity="{1 if rounds == list(seen)[-1] else 0.35}"/>')
        above = top + size - tall - 5 if cost <= highest else top - 4
        parts.append(_text(x + wide / 2, above, _short(cost) + "↑" * (not cost <= highest), 13))
    level = top + size - size * lazy / highest
    parts.append(f'<path d="M10 {level:.1f}h{BARS - 20}" stroke="{INK}" stroke-dasharray="6 4"/>')
    parts.append(_text(BARS - 12, level - 6, f"always the average: {_short(lazy)}", 13, "end"))
    parts.append(f'<path d="M10 {top + size}h{BARS - 20}" stroke="{GREY}"/>')
    return parts


def _svg(width: float, height: float, parts: list[str], words: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
    look = f'style="width:100%;max-width:{width:g}px" aria-label="{escape(words)}" {FONT}>'
    ground = f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>'
    return head + look + ground + "".join(parts) + "</svg>"


def _text(x: float, y: float, words: str, size: int, anchor: str = "middle") -> str:
    look = f'font-size="{size}" fill="{INK}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'


def _short(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 10 else f"{cost:.1f}"


def _rounds(rounds: int) -> str:
    return f"{rounds} round{'s' * (rounds != 1)}"
