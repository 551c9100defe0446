"""Lesson 06: one step, counting updates, L2, stopping early, momentum, the colleague's run; and its quiz."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import chain
from numbers import Integral, Real
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

from miniflow_lib.training import minibatches
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.guard import tidy
from miniflow_classroom.judge.vocabulary import close, function, gives, is_like, run, value, with_article

# --- stopping early ---


def _best_and_last(costs, patience, *, lower=lambda cost, lowest, before: cost < lowest, first=2, anew=True):
    """The best epoch, and the one in which the training stops; the settings make mistakes of it."""
    best, waited, epoch = 1, 0, 1
    for epoch in range(first, len(costs) + 1):
        if lower(costs[epoch - 1], costs[best - 1], costs[epoch - 2]):
            best, waited = epoch, 0 if anew else waited
        else:
            waited += 1
        if waited >= patience:
            break
    return best, epoch


def _stop_early(costs: list[float], patience: int) -> int:
    return _best_and_last(costs, patience)[0]


def _stops(**mistake: object) -> Callable[[object], bool]:
    """The predicate of a mistake in what is read; the answer is the epoch kept, or the lowest of all read."""

    def lowest_read(costs: list[float], patience: int) -> int:
        return int(np.argmin(costs[: _best_and_last(costs, patience, **mistake)[1]])) + 1

    kept = gives(lambda costs, patience: _best_and_last(costs, patience, **mistake)[0])
    return lambda got: kept(got) or gives(lowest_read)(got)


def _below_previous(cost: float, lowest: float, before: float) -> bool:
    return cost < before


def _not_above_previous(cost: float, lowest: float, before: float) -> bool:
    return cost <= before


def _last_read(costs: list[float], patience: int) -> int:
    return _best_and_last(costs, patience)[1]


def _last_if_stopped(costs: list[float], patience: int) -> int:
    best, last = _best_and_last(costs, patience)
    return last if last - best >= patience else best


def _or_else_the_last(costs: list[float], patience: int) -> int:
    best, last = _best_and_last(costs, patience)
    return best if last - best >= patience else len(costs)


def _before_the_rises(costs: list[float], patience: int) -> int:
    """The epoch before `patience` rises in a row, or the last one."""
    last = _best_and_last(costs, patience, lower=_below_previous)[1]
    rises = all(costs[epoch] >= costs[epoch - 1] for epoch in range(max(last - patience, 1), last))
    return last - patience if last > patience and rises else len(costs)


def _read_until_not_below_the_one_ago(costs: list[float], patience: int) -> int:
    """How many costs are read until one is not below that of `patience` epochs before."""
    ends = (at for at in range(patience, len(costs)) if costs[at] >= costs[at - patience])
    return next(ends, len(costs) - 1) + 1


def _lowest_until_then(costs: list[float], patience: int) -> int:
    return int(np.argmin(costs[: _read_until_not_below_the_one_ago(costs, patience)])) + 1


def _one_ago(costs: list[float], patience: int) -> int:
    read = _read_until_not_below_the_one_ago(costs, patience)
    stopped = read > patience and costs[read - 1] >= costs[read - 1 - patience]
    return read - patience if stopped else len(costs)


def _lowest_of_its_own(got: SimpleNamespace) -> bool:
    """Whether it begins with a lowest cost such as 1000 (or 0), so that no large cost is a new lowest one."""
    right = [_stop_early(*case) for case in got.cases]
    known = all(
        any(close(result, one) for one in (want, 0, 1))
        for result, want in [*zip(got.results, right, strict=True)][:-1]
    )
    return known and any(close(got.results[-1], one) for one in (0, 1, None))


def _waits_before_it_compares(costs: list[float], patience: int) -> int:
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if epoch - best >= patience:
            break
        if cost < costs[best - 1]:
            best = epoch
    return best


def _first_rise(costs: list[float], patience: int) -> int:
    return next((epoch for epoch in range(1, len(costs)) if costs[epoch] > costs[epoch - 1]), len(costs))


COSTS = [
    ([9.0, 7.0, 8.0, 7.5, 6.0, 6.5, 6.4, 6.3, 1.0], 3),
    ([9.0, 7.0, 8.0, 7.5, 6.0, 6.5], 2),
    ([5.0, 4.0, 3.0], 2),
    ([3.0, 4.0, 5.0, 1.0], 1),
    ([9.0, 8.0, 8.5, 7.0, 7.5, 6.0, 6.5, 6.4, 1.0], 2),
    ([5.0, 5.0, 5.0, 5.0], 2),
    ([5.0, 5.0, 6.0, 4.0], 2),
    ([9.0, 7.0, 8.0, 7.5, 8.0, 5.0], 2),
    ([9.0, 7.0, 8.0], 1),
    ([9.0, 7.0, 8.0], 2),
    ([5e6, 3e6, 6e6, 2e6, 4e6], 2),
]

# --- momentum ---


def _momentum(slope, x, learning_rate, keep, steps, late=0):
    """The last x. As a mistake, the slope is that where x was `late` steps before."""
    places, speed = [x], 0.0
    for step in range(steps):
        speed = keep * speed - learning_rate * slope(places[max(step - late, 0)])
        places.append(places[-1] + speed)
    return places[-1]


def _moves_first(slope, x, learning_rate, keep, steps, late=0):
    """x moves by the old speed; with `late` 1, the new speed has the slope where x was before that."""
    return _momentum(slope, x, learning_rate, keep, steps - 1, late)


def _last_speed(*walk):
    return _momentum(*walk) - _moves_first(*walk)


def _parabola_slope(x: float) -> float:
    return 2 * x


def _quartic_slope(x: float) -> float:
    return 4 * x**3 - 9 * x**2


WALKS = [
    (_parabola_slope, 4.0, 0.1, 0.5, 1),
    (_parabola_slope, 4.0, 0.1, 0.5, 3),
    (_quartic_slope, 3.0, 0.01, 0.8, 4),
]

# --- the colleague's run ---

BASE = {"hidden": 10, "learning_rate": 0.003, "epochs": 200, "l2": 0.0, "batch_size": 27, "scale": False}
WHOLE = ("hidden", "epochs", "batch_size")
ENOUGH = 3  # hands won, of 5


def _changes(settings: Mapping) -> dict[str, object]:
    """The settings that are not the colleague's."""
    return {name: number for name, number in settings.items() if number != BASE[name]}


def _form(settings: object) -> str | None:
    """What is wrong with the changes before anything is trained with them."""
    if not isinstance(settings, Mapping):
        return f"the answer must be a dict of changes, and is {with_article(settings)}."
    for name, number in settings.items():
        if name not in BASE:
            return f"there is no setting {tidy(repr(name))}. The settings are {', '.join(BASE)}."
        if sentence := _senseless(name, number):
            return sentence
    changes = _changes(settings)
    if not changes:
        return "nothing is changed, so this is the colleague's own run. Which one thing do you change?"
    run = BASE | changes
    if run["epochs"] * max(math.ceil(356 / run["batch_size"]), 0.7 * run["hidden"]) > 7000:
        return "that would take too long here. Try fewer epochs or hidden units, or larger batches."
    if len(changes) > 1 and not run["scale"]:
        return "change one thing at a time. After two changes at once, you cannot tell which one did it."
    return None


def _senseless(name: str, number: object) -> str | None:
    if name == "scale":
        return (
            None if isinstance(number, (bool, np.bool_)) else "scale must be True or False, without quotes."
        )
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, Real) or not math.isfinite(number):
        return f"{name} must be a number."
    if name in WHOLE and (not isinstance(number, Integral) or number < 1):
        return f"{name} must be a whole number, 1 or more."
    if number < 0 or (name == "learning_rate" and number == 0):
        return f"{name} must be {'above 0' if name == 'learning_rate' else '0 or more'}."
    return None


@lru_cache
def _people() -> SimpleNamespace:
    """The people with diabetes, five hands of them, and what linear regression costs on each hand."""
    from sklearn.datasets import load_diabetes

    columns, illness = load_diabetes(return_X_y=True)
    hands = list(minibatches(len(illness), 89, np.random.default_rng(0)))
    known = [np.setdiff1d(np.arange(len(illness)), new) for new in hands]
    table = np.array([(columns - columns[k].mean(axis=0)) / columns[k].std(axis=0) for k in known])
    linear = []
    for A, k, new in zip(np.concatenate([table, np.ones((*table.shape[:2], 1))], axis=2), known, hands):
        says = A @ np.linalg.lstsq(A[k], illness[k], rcond=None)[0]
        linear.append(np.mean((says[new] - illness[new]) ** 2))
    return SimpleNamespace(table=table, illness=illness, hands=hands, known=known, linear=np.array(linear))


def costs_of(
    hidden: int, learning_rate: float, epochs: int, l2: float, batch_size: int, scale: bool
) -> np.ndarray:
    """What the lesson's network costs on each of the five hands, when the other four have taught it.

    All five are trained at the same time, one in each place of the first axis: five calls of `train` would
    take six times as long. Hands differ in size, so a weight of 0 fills up the batches of the smaller ones.
    """
    people, hand = _people(), np.arange(5)[:, None]
    taught = [people.illness[k] for k in people.known]
    scales = [(prices.mean(), prices.std()) if scale else (0.0, 1.0) for prices in taught]
    middle, spread = np.transpose(scales)[..., None]
    y_, (_, _, n), most = (people.illness - middle) / spread, people.table.shape, max(map(len, taught))
    start = [np.random.default_rng(seed) for seed in range(5)]
    W1 = np.array([rng.normal(size=(n, hidden)) for rng in start]) / np.sqrt(n)
    W2 = np.array([rng.normal(size=(hidden, 1)) for rng in start]) / np.sqrt(hidden)
    b1, b2, rngs = np.zeros((5, 1, hidden)), np.zeros((5, 1, 1)), list(map(np.random.default_rng, range(5)))
    there = np.array([np.arange(most) < len(k) for k in people.known])
    for _ in range(epochs):
        order = np.array([np.resize(rng.permutation(k), most) for k, rng in zip(people.known, rngs)])
        for at in range(0, most, batch_size):
            rows, counts = order[:, at : at + batch_size], there[:, at : at + batch_size, None]
            size = counts.sum(axis=1, keepdims=True)
            keep = 1 - 2 * learning_rate * l2 * (size > 0)
            X = people.table[hand, rows]
            H = 1 / (1 + np.exp(-(X @ W1 + b1)))
            share = 2 * learning_rate * counts / np.maximum(size, 1)
            step = share * (H @ W2 + b2 - y_[hand, rows][..., None])
            back = step @ W2.swapaxes(1, 2) * H * (1 - H)
            W2, b2 = keep * W2 - H.swapaxes(1, 2) @ step, b2 - step.sum(axis=1, keepdims=True)
            W1, b1 = keep * W1 - X.swapaxes(1, 2) @ back, b1 - back.sum(axis=1, keepdims=True)
    says = (1 / (1 + np.exp(-(people.table @ W1 + b1))) @ W2 + b2)[..., 0] * spread + middle
    missed = (says - people.illness) ** 2
    return np.array([missed[i, new].mean() for i, new in enumerate(people.hands)])


@lru_cache
def _judged(*settings: float) -> tuple[int, bool]:
    """How many of the five hands it wins against linear regression, and whether all its costs are numbers."""
    with np.errstate(all="ignore"):
        costs = costs_of(*settings)
    return int((costs < _people().linear).sum()), bool(np.all(np.isfinite(costs)))


def _run(settings: Mapping) -> SimpleNamespace:
    changes = _changes(settings)
    won, finite = _judged(*(BASE | changes).values())
    return SimpleNamespace(changes=changes, won=won, finite=finite)


def _not_level(got: SimpleNamespace) -> tuple[str, ...] | None:
    seen = f"the network won {got.won} of 5 hands against linear regression."
    if "scale" not in got.changes and got.won >= ENOUGH:
        key, seen = (
            "symptom",
            f"{seen} That helps. But what makes layer 1's steps so long is still there.",
        )
    elif "scale" not in got.changes:
        key, seen = "symptom", f"{seen} That treats a symptom at best, and the cause is still there."
    elif len(got.changes) == 1:
        key, seen = "half_way", f"you are half way. You found the cause, and {seen}"
    elif len(got.changes) > 2:
        key, seen = "too_many", f"{seen} With scale True, one more change is enough."
    elif got.won < ENOUGH:
        key = "too_far" if got.changes.get("learning_rate", 0) > 0.02 else "other_change"
    else:
        return None
    return texts.replies("colleague", key, seen)


_rng = np.random.default_rng(6)
L2_CASES = [
    (_rng.integers(-4, 5, (3, 2)) / 2, _rng.integers(-4, 5, (3, 2)) / 2, 0.25),
    (np.array([[1.0], [-2.0]]), np.array([[3.0], [0.5]]), 0.1),
]

texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="new_weight",
        judge=value(2 - 0.1 * 3),
        mistakes=[
            (
                is_like(2 + 0.1 * 3),
                "a positive gradient says that uphill is to the right. Which way is down?",
            ),
            (is_like(2 - 0.1), "you subtracted only the learning rate. Where does the gradient come in?"),
            (is_like(2 - 0.1 * 2), "you multiplied by the weight. Where does the gradient come in?"),
            (is_like(2 - 3), "the whole gradient is too long a step. What is the learning rate for?"),
            (is_like(-0.1 * 3), "that is the step. From where does the weight make it?"),
            (is_like(3 - 0.1 * 2), "you moved the gradient. Which of the two numbers is the weight?"),
            (is_like(0.1 * 3), "that is the length of the step. From where does the weight make it?"),
        ],
    ),
    texts.exercise(
        name="with_l2",
        judge=function(L2_CASES, like=lambda gradient, W, l2: gradient + 2 * l2 * W),
        mistakes=[
            (
                gives(lambda g, W, l2: g + l2 * W),
                "the derivative of W² is not W. Nudge and measure, if in doubt.",
            ),
            (
                gives(lambda g, W, l2: g + 2 * l2 * W**2),
                "the derivative of W² is not 2 W². Nudge and measure, if in doubt.",
            ),
            (
                gives(lambda g, W, l2: g + 2 * l2),
                "the derivative of W² is not 2. Nudge and measure, if in doubt.",
            ),
            (
                gives(lambda g, W, l2: g + 2 * W),
                "you forgot l2. Whatever its size, your function returns the same.",
            ),
            (
                gives(lambda g, W, l2: g - 2 * l2 * W),
                "look at the sign. L2 is *added* to the cost, so what happens to the gradient?",
            ),
            (
                gives(lambda g, W, l2: g + l2 * W**2),
                "that is what L2 adds to the cost. Add its derivative to the gradient.",
            ),
            (
                lambda got: any(
                    gives(wrong)(got)
                    for wrong in (
                        lambda g, W, l2: g + l2 * np.sum(W**2),
                        lambda g, W, l2: g + 2 * l2 * np.sum(W),
                        lambda g, W, l2: g + 2 * l2 * np.mean(W),
                        lambda g, W, l2: g + 2 * l2 * sum(W),
                    )
                ),
                "you add up numbers of several weights. Each weight has a derivative of its own.",
            ),
            (
                gives(lambda g, W, l2: 2 * l2 * W),
                "that is only L2's part. The cost without L2 has a gradient, too.",
            ),
            (
                gives(lambda g, W, l2: W - 2 * l2 * W),
                "that already moves the weights. Return only the gradient, since sgd_update makes the step.",
            ),
        ],
    ),
    texts.exercise(
        name="stop_early",
        judge=function(COSTS, like=_stop_early),
        mistakes=[
            (
                gives(lambda costs, patience: _stop_early(costs, patience) - 1),
                "you count from 0. The first epoch is 1.",
            ),
            (
                gives(lambda costs, patience: len(costs)),
                "you return the last epoch. Longer is not better, as the costs show.",
            ),
            (
                lambda got: any(
                    gives(wrong)(got)
                    for wrong in (
                        lambda costs, patience: int(np.argmin(costs)) + 1,
                        lambda costs, patience: int(np.argmin(costs)),
                        lambda costs, patience: min(costs),
                    )
                ),
                "you read all the costs. Which of them come after the training has stopped?",
            ),
            (
                lambda got: any(gives(wrong)(got) for wrong in (_last_read, _last_if_stopped)),
                "you return the epoch in which it stopped. At which epoch was the cost lowest until then?",
            ),
            (
                gives(_or_else_the_last),
                "where the costs end before the patience does, you return their number. Which is best?",
            ),
            (
                gives(_first_rise),
                "you stop at the first rise. Costs go up and down: wait for `patience` epochs.",
            ),
            (
                lambda got: (
                    gives(_before_the_rises)(got)
                    or any(_stops(lower=lower)(got) for lower in (_below_previous, _not_above_previous))
                ),
                "you compare a cost with the previous one. Is what lies below it always a new lowest cost?",
            ),
            (
                gives(_waits_before_it_compares),
                "you stop before you compare the last epoch of the patience. It may be a new lowest one.",
            ),
            (
                lambda got: any(_stops(anew=False, first=first)(got) for first in (1, 2)),
                "you count all epochs without a new lowest cost. What happens to the count at a new lowest?",
            ),
            (
                _stops(first=1),
                "your epoch 1 counts as one without progress. With patience 1, epoch 2 is never read.",
            ),
            (
                _stops(lower=lambda cost, lowest, before: cost <= lowest),
                "an equal cost is not a new lowest one, so its epoch counts as one without progress.",
            ),
            (
                gives(lambda costs, patience: _stop_early(costs, patience + 1)),
                "you wait one epoch too long. With patience 1, the first epoch without a new lowest ends it.",
            ),
            (
                gives(lambda costs, patience: costs[_stop_early(costs, patience) - 1]),
                "you return the lowest cost. The answer must be the number of its epoch.",
            ),
            (
                lambda got: any(gives(wrong)(got) for wrong in (_one_ago, _lowest_until_then)),
                "you compare a cost with that of `patience` epochs before. Was none between them lower?",
            ),
            (
                gives(lambda costs, patience: 1),
                "you always return 1. Is the `return` inside the loop, or is no cost ever a new lowest one?",
            ),
            (
                _lowest_of_its_own,
                "your lowest cost begins with a number of your own. What if all costs are in the millions?",
            ),
        ],
    ),
    texts.exercise(
        name="updates",
        judge=value(30 * math.ceil(405 / 40)),
        mistakes=[
            (
                is_like(30 * (405 // 40)),
                "you left out the rows that do not fill a batch. They get an update, too.",
            ),
            (is_like(math.ceil(405 / 40)), "that is one epoch. How many are there?"),
            (
                is_like(30 * (405 // 40) + 1),
                "the rows that do not fill a batch come once there. In which epochs are they read?",
            ),
            (is_like(405 // 40), "that is one epoch, and without the rows that do not fill a batch."),
            (is_like(30 * 405), "that is one update per row. Here, 40 rows share one."),
            (
                lambda got: any(is_like(n)(got) for n in (30 * 405 // 40, math.ceil(30 * 405 / 40))),
                "you deal out the rows of all epochs together. What happens to the last rows of each epoch?",
            ),
            (is_like(30 * 405 / 40), "there is no partial update. What happens to the last few rows?"),
        ],
    ),
    texts.exercise(
        name="momentum",
        judge=function(WALKS, like=_momentum),
        mistakes=[
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, rate, 0, steps)),
                "that is plain gradient descent. Each step forgets the old speed.",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, -rate, keep, steps)),
                "the ball rolls uphill. Which sign does the slope's part need?",
            ),
            (
                lambda got: any(gives(partial(_moves_first, late=late))(got) for late in (0, 1)),
                "after one step, your x is where it was. Even the first step sets the speed, then moves x.",
            ),
            (
                lambda got: any(
                    gives(wrong)(got)
                    for wrong in (
                        lambda slope, x, rate, keep, steps: _momentum(
                            slope, x, (1 - keep) * rate, keep, steps
                        ),
                        lambda slope, x, rate, keep, steps: _momentum(slope, x, keep * rate, keep, steps),
                    )
                ),
                "`keep` changes the slope's part, too. Here, only the old speed is multiplied by it.",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, 1, keep, steps)),
                "the learning rate is missing. Where does it come in?",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, rate, 1, steps)),
                "the ball keeps all of its old speed. What is `keep` for?",
            ),
            (
                gives(_last_speed),
                "that is the speed of the last step. The answer must be the last x.",
            ),
            (
                gives(lambda slope, x, *others: x + _last_speed(lambda _: slope(x), x, *others)),
                "x moves only once, after the loop. Each step has to move it.",
            ),
            (
                gives(lambda slope, x, *others: _momentum(lambda _: slope(x), x, *others)),
                "you take the slope only at the first x. Each step needs the slope where x is by then.",
            ),
            (
                gives(lambda slope, x, rate, keep, steps: _momentum(slope, x, rate, keep, 1)),
                "that is one step. Is the `return` inside the loop?",
            ),
        ],
        seconds=8,
    ),
    texts.exercise(
        name="colleague",
        judge=Judge(look=_run, wrong=_not_level, form=_form),
        mistakes=[
            (
                lambda got: not got.finite,
                "the cost is no longer a number. Which of your changes can do that?",
            ),
        ],
        seconds=30,
    ),
]


# --- a table of the learner's own (capstone) ---

_TABLE = "rooms,price,km to sea,year\n3,250,1.5,12\n2,180.5,0.4,40\n4,310,12,8\n5,420,7.25,3\n6,500,2,30\n"
GOOD_TABLES = [  # the target is in the middle, at the end and at the beginning
    (_TABLE, "price"),
    ("dose,answer\n1,2.5\n2,4\n4,9\n", "answer"),
    ("rent,rooms,km\n9,2,4\n14.5,3,2.5\n21,4,1\n", "rent"),
]
BAD_TABLES = {  # what is wrong: the file, the target asked for, the column to be named, and the row
    "blank": (_TABLE.replace(",0.4,", ",,"), "price", "km to sea", 2),
    "text": (_TABLE.replace(",8\n", ",new\n"), "price", "year", 3),
    "target": (_TABLE.replace(",420,", ",,"), "price", "price", 4),
    "missing": (_TABLE, "prize", "prize", 0),
}


def _parts(text: str, target: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """What read_table should return for a good table."""
    header, *rows = text.splitlines()
    names, numbers = header.split(","), np.array([row.split(",") for row in rows], dtype=float)
    place = names.index(target)
    return np.delete(numbers, place, axis=1), numbers[:, place], names[:place] + names[place + 1 :]


def _read(function) -> SimpleNamespace:
    """What the learner's function returns for the good tables, and what it returns or raises for the bad."""
    got = SimpleNamespace(good=[], bad={}, raised=set(), refused=False)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "table.csv"
        for text, target in GOOD_TABLES:
            path.write_text(text, encoding="utf-8")
            try:
                got.good.append(function(str(path), target))
            except ValueError as error:
                if not any(name in str(error) for name in text.split("\n")[0].split(",")):
                    raise  # not the learner's sentence
                got.refused = True
                return got
        for fault, (text, target, _, _) in BAD_TABLES.items():
            path.write_text(text, encoding="utf-8")
            try:
                got.bad[fault] = function(str(path), target)
            except Exception as error:
                got.bad[fault] = error
                got.raised.add(fault)
    return got


def _table_fault(got: SimpleNamespace) -> str:
    """The key of the first thing that is wrong, "" when nothing is."""
    if got.refused:
        return "refused"
    good = (_good_fault(result, *_parts(*table)) for result, table in zip(got.good, GOOD_TABLES))
    faults = ("missing", "blank", "text", "target")
    bad = (_bad_fault(fault, got.bad[fault], fault in got.raised) for fault in faults)
    return next(filter(None, chain(good, bad)), "")


def _is_names(thing: object) -> bool:
    """Whether it is a list of the features' names, and not text that should be numbers."""
    return np.ndim(thing) == 1 and all(isinstance(name, str) and re.search("[a-z]", name) for name in thing)


def _is_three(result: object) -> bool:
    return isinstance(result, (tuple, list)) and len(result) == 3


def _good_fault(result: object, features: np.ndarray, target: np.ndarray, names: list[str]) -> str:
    if not _is_three(result):
        return "three"
    if _is_names(result[0]) or _is_names(result[1]) or np.ndim(result[0]) < np.ndim(result[1]):
        return "order"
    x, y = np.asarray(result[0]), np.asarray(result[1])
    if x.dtype.kind not in "if" or y.dtype.kind not in "if":
        return "structured" if x.dtype.names else "letters"
    m, k = features.shape
    if not y.ndim:  # nor has x fewer axes
        return "shape"
    if x.shape == (k, m):
        return "turned"
    if len(x) != m or len(y) != m:
        return {m + 1: "header", m - 1: "lost"}.get(len(x), "rows")
    if x.ndim == 2 and x.shape[1] == k + 1:
        return "left"
    if close(y.ravel(), features[:, -1]):
        return "last"
    if x.shape != (m, k) or y.shape != (m,):
        return "shape"
    if not close(x, features) or not close(y, target):
        return "columns"
    if not all(isinstance(part, np.ndarray) for part in result[:2]):
        return "lists"
    if not isinstance(result[2], (list, tuple, np.ndarray)):
        return "names"
    told = [str(name) for name in result[2]]
    if told != names:
        return "renamed" if [name.replace("_", " ") for name in told] == names else "names"
    return ""


PYTHONS_OWN = re.compile("not in list|unpack|could not convert|truth value|errors were detected")


def _bad_fault(fault: str, result: object, raised: bool) -> str:
    text, _, column, row = BAD_TABLES[fault]
    there = text.split("\n")[0].split(",")
    said, numbers = str(result), set(re.findall(r"\d+", str(result)))
    if not raised:
        if fault == "missing":
            return "any"
        if not _is_three(result):
            return "silent"
        values = np.asarray(result[0]), np.asarray(result[1])
        if any(np.isnan(value).any() for value in values):
            return f"{fault} nan"
        return "dropped" if len(values[0]) < len(text.splitlines()) - 1 else "filled"
    own = isinstance(result, ValueError) and (column in said or not PYTHONS_OWN.search(said))
    if fault == "missing":
        crash = not own or ("year" not in said and PYTHONS_OWN.search(said))
        return "missing crash" if crash else "" if "year" in said and column in said else "missing bare"
    if not own:
        return "crash" if isinstance(result, ValueError) else "kind"
    if column not in said:
        return "moved" if sum(name in said for name in there) == 1 else "column"
    if all(name in said for name in there):
        return "column"  # to name them all is to name none
    if str(row) in numbers or (str(row + 1) in numbers and "line" in said):
        return ""
    return "from 0" if str(row - 1) in numbers else "from 2" if str(row + 1) in numbers else "row"


def _of_table(fault: str) -> Callable[[SimpleNamespace], bool]:
    return lambda got: _table_fault(got) == fault


def _table_wrong(got: SimpleNamespace) -> str | None:
    return "that is not what the task describes yet." if _table_fault(got) else None


EXERCISES.append(
    texts.exercise(
        name="read_table",
        judge=run(_read, _table_wrong),
        mistakes={fault: _of_table(fault) for fault in texts.exercises["read_table"]["replies"]},
    )
)
