"""The pieces of the learner's own engine: each with its judge and the mistakes that are known of it.

The words are in pieces.toml. A mistake has three sentences, what was seen, a question, and the line, which is
the last hint where it has none. What has only a question and a line is seen by the judge, with the numbers.
What the judge looks at, and when an answer is right, is in looks.py.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from itertools import product

import numpy as np

from miniflow_classroom.exercises.looks import (
    B0,
    BATCH,
    EPOCHS,
    SIZES,
    TO_B,
    TO_W,
    W0,
    X_GRADIENT,
    Got,
    M,
    backward_pass_wrong,
    both_ways,
    both_wrong,
    diff,
    forward_pass_wrong,
    grad_cost_wrong,
    input_wrong,
    linear_back,
    look_backward,
    look_both,
    look_forward,
    look_grad_cost,
    look_input,
    look_node,
    look_op,
    look_sort,
    look_update,
    node_wrong,
    op_of,
    op_wrong,
    same,
    sigmoid,
    sort_wrong,
    train_wrong,
    trained,
    update_wrong,
)
from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.exercise import Exercise, Judge
from miniflow_classroom.judge.vocabulary import close, is_function, raises, with_article
from miniflow_classroom.own import standins as ours
from miniflow_classroom.own.keeping import KEEPER

texts = Texts(__file__)


# --- the signs of a mistake -------------------------------------------------------------------------------


def _computes(*wrongs: Callable) -> Callable[[Got], bool]:
    """The predicate "forward computes what one of these wrong formulas does"."""
    return _like(lambda row, wrong: same(row.value, wrong(*row.arrays)), wrongs)


def _hands_on(*wrongs: Callable) -> Callable[[Got], bool]:
    """The predicate "backward hands on what one of these wrong ones does", which get what arrives first."""

    def is_like(row: Got, wrong: Callable) -> bool:
        return bool(row.gradients) and all(map(same, row.gradients, wrong(row.g, *row.arrays)))

    return _like(is_like, wrongs)


def _turned(place: int, wrong: Callable) -> Callable[[Got], bool]:
    """The predicate "backward hands on what this wrong one does", in that place with its shape, too."""

    def is_like(row: Got, wrong: Callable) -> bool:
        parts = wrong(row.g, *row.arrays)
        return all(map(same, row.gradients, parts)) and np.shape(row.gradients[place]) == parts[place].shape

    return _like(is_like, (wrong,))


def _like(is_like: Callable[[Got, Callable], object], wrongs: tuple[Callable, ...]) -> Callable[[Got], bool]:
    def predicate(got: Got) -> bool:
        rows = [row for row in got.rows if not row.twice and row.g is not None]
        return not got.trouble and len(rows) > 0 and any(all(is_like(r, w) for r in rows) for w in wrongs)

    return predicate


def _raises(kinds: str) -> raises:
    """The predicate of an exception, given as its kind and parts of its message: KeyError: 'x' | 'y'."""
    kind, _, parts = kinds.partition(": ")
    return raises(getattr(builtins, kind), saying=parts.split(" | "))


ONE_NUMBER = (lambda b: b[0], lambda b: b[-1], np.sum, np.mean)  # what is added in the place of b

# By what a mistake is known, under the key of its words in pieces.toml.
SIGNS: dict[str, dict[str, Callable[[Got], object]]] = {
    "MyNode": {
        "shared": lambda got: got.x.outbound_nodes is got.y.outbound_nodes,
        "not_told": lambda got: not got.lacks and got.q.inbound_nodes and (not any(got.feeds.values())),
        "backward": lambda got: got.x in got.feeds["q"],
        "itself": lambda got: got.x in got.feeds["x"],
        "own_list": lambda got: got.q in got.feeds["q"],
        "last": lambda got: got.feeds["x"] == [got.f],
        "once": lambda got: got.feeds["y"] == [got.q, got.m],
        "texts": lambda got: "q" in got.feeds["x"],
    },
    "MyInput": {
        "name": lambda got: got.inbound is not None and got.name != "x",
        "gone": lambda got: got.inbound is not None and got.value is None,
        "as_it_came": lambda got: got.inbound is not None and (not got.floats),
    },
    "MyAdd.forward": {
        "times": _computes(lambda x, y: x * y),
        "minus": _computes(lambda x, y: x - y),
        "first": _computes(lambda x, y: x),
        "last": _computes(lambda x, y: y),
        "twice": _computes(lambda x, y: x + x),
        "from_one": _computes(lambda x, y: x + y + 1),
    },
    "MyMul.forward": {
        "plus": _computes(lambda x, y: x + y),
        "power": _computes(lambda x, y: x**y),
        "square": _computes(lambda x, y: x * x),
        "zero": _computes(lambda x, y: 0 * x),
    },
    "my_topological_sort": {
        "twice": lambda got: any(
            isinstance(tried.order, (list, tuple)) and len(tried.order) > len({*tried.order})
            for tried in got.tries
        ),
    },
    "my_forward_pass": {
        "early": lambda got: got.early,
        "not_called": lambda got: got.left and not got.runs[0],
        "inside": lambda got: got.left and got.runs[0] == ["x"],
        "skipped": lambda got: got.left and got.runs[0] == got.names[3:],
        "until": lambda got: got.left and got.runs[0] == got.names[:4],
        "none": lambda got: got.left and got.runs[0] == got.names and got.returned[0] is None,
        "node": lambda got: got.left and getattr(got.returned[0], "name", "") in got.names,
        "last": lambda got: got.left and close(got.returned[0], 819),
    },
    "MyAdd.many": {
        "last": _computes(lambda *v: v[-1]),
        "first": _computes(lambda *v: v[0]),
        "not_last": _computes(lambda *v: sum(v[:-1])),
        "last_twice": _computes(lambda *v: 2 * v[-1]),
        "from_one": _computes(lambda *v: sum(v) + 1),
        "times": _computes(lambda *v: np.prod(v, axis=0)),
        "nothing": lambda got: got.rows[0].value is not None and close(got.rows[0].value, 0),
        "list": lambda got: close(got.rows[0].value, [4, 5, 10]),
        "flat": lambda got: close(got.rows[0].value, 19) and np.shape(got.rows[2].value) == (),
    },
    "MyLinear.forward": {
        "no_bias": _computes(lambda X, W, b: X @ W),
        "minus": _computes(lambda X, W, b: X @ W - b),
        "times": _computes(lambda X, W, b: X @ W * b),
        "b_first": _computes(lambda X, W, b: X @ (W + b)),
        "one_b": _computes(*(lambda X, W, b, one=one: X @ W + one(b) for one in ONE_NUMBER)),
        "last_axis": lambda got: np.shape(got.rows[0].value) == (4,),
        "fixed": lambda got: np.shape(got.rows[0].value) == (2, 2),
    },
    "MySigmoid.forward": {
        "rounded": lambda got: (
            not got.trouble
            and not any(row.changed for row in got.rows)
            and all(np.allclose(row.value, row.want, atol=1e-3) for row in got.rows)
            and any(
                not close(row.later, row.want_later) or not close(row.value, row.want) for row in got.rows
            )
        ),
        "sign": _computes(lambda x: 1 / (1 + np.exp(x))),
        "brackets": _computes(lambda x: 1 / 1 + np.exp(-x)),
        "tanh": _computes(lambda x: np.tanh(x)),
        "bent": _computes(
            lambda x: np.maximum(x, 0), lambda x: np.minimum(np.maximum(x, 0), 1), lambda x: (x > 0) * 1.0
        ),
        "no_one": _computes(lambda x: 1 / np.exp(-x)),
        "minus": _computes(lambda x: 1 / (1 - np.exp(-x))),
        "flat": lambda got: close(got.rows[0].value, 0.5) and np.shape(got.rows[1].value) == (),
    },
    "MyMSE.forward": {
        "all_with_all": _computes(lambda y, a: np.mean((y - a) ** 2), lambda y, a: np.mean((y.T - a) ** 2)),
        "new_axis": _computes(lambda y, a: np.mean((y[:, None] - a) ** 2)),
        "no_mean": lambda got: np.shape(got.rows[0].value) == (3, 1),
        "sum": _computes(lambda y, a: np.sum(diff(y, a) ** 2)),
        "rows": _computes(lambda y, a: np.sum(diff(y, a) ** 2) / len(a)),
        "three": _computes(lambda y, a: np.sum(diff(y, a) ** 2) / 3),
        "nan": lambda got: np.isnan(got.rows[0].value),
        "added": _computes(lambda y, a: np.mean((np.reshape(y, np.shape(a)) + a) ** 2)),
        "one_axis": lambda got: np.shape(got.rows[0].value) in ((1,), (1, 1)),
        "root": _computes(lambda y, a: np.sqrt(np.mean(diff(y, a) ** 2))),
        "abs": _computes(lambda y, a: np.mean(np.abs(diff(y, a)))),
        "late": _computes(lambda y, a: np.mean(diff(y, a)) ** 2),
        "no_square": _computes(lambda y, a: np.mean(diff(y, a))),
        "doubled": _computes(lambda y, a: np.mean(2 * diff(y, a))),
        "half": _computes(lambda y, a: np.mean(diff(y, a) ** 2) / 2),
    },
    "MyNode.grad_cost": {
        "old": lambda got: close(got.x, 108),
        "only_old": lambda got: close(got.x, 100),
        "reset": lambda got: close(got.x, 1),
        "nothing": lambda got: close(got.x, 0),
        "counted": lambda got: close(got.X[0], 2.0),  # where a and b hand [1, 2] and [10, 20]
        "one": lambda got: close(got.x, 5) or close(got.x, 3),
        "product": lambda got: close(got.x, 15),
        "mean": lambda got: close(got.x, 4),
        "from_one": lambda got: close(got.x, 9),
    },
    "MyInput.backward": {
        "one": _hands_on(lambda g, x: [1.0]),
        "value": _hands_on(lambda g, x: [x]),
        "scaled": _hands_on(lambda g, x: [g * x]),
    },
    "MyAdd.backward": {
        "local": _hands_on(lambda g, *v: [1.0 for _ in v]),
        "scaled": _hands_on(lambda g, *v: [g * value for value in v]),
        "shared": _hands_on(lambda g, *v: [g / len(v) for _ in v]),
        "grown": _hands_on(lambda g, *v: [g * len(v) for _ in v], lambda g, *v: [2 * g for _ in v]),
        "added": _hands_on(lambda g, *v: [g + value for value in v]),
        "plus_one": _hands_on(lambda g, *v: [g + 1 for _ in v]),
        "whole": _hands_on(lambda g, *v: [sum(v) for _ in v]),
        "sign": _hands_on(lambda g, *v: [-g for _ in v]),
    },
    "MyMul.backward": {
        "own": _hands_on(lambda g, x, y: [g * x, g * y]),
        "local": _hands_on(lambda g, x, y: [y, x]),
        "as_sum": _hands_on(lambda g, x, y: [g, g]),
        "added": _hands_on(lambda g, x, y: [g + y, g + x]),
        "whole": _hands_on(lambda g, x, y: [g * x * y, g * x * y]),
        "both": _hands_on(lambda g, x, y: [g * (x + y), g * (x + y)]),
        "doubled": _hands_on(lambda g, x, y: [2 * g * y, 2 * g * x]),
        "one_twice": _hands_on(lambda g, x, y: [g * y, g * y]),
        "sign": _hands_on(
            *(lambda g, x, y, a=a, b=b: [a * g * y, b * g * x] for a, b in ((-1, 1), (1, -1), (-1, -1)))
        ),
    },
    "MySigmoid.backward": {
        "local": _hands_on(lambda g, x: [sigmoid(x) * (1 - sigmoid(x))]),
        "sign": _hands_on(lambda g, x: [g * sigmoid(x) * (sigmoid(x) - 1)]),
        "input": _hands_on(lambda g, x: [g * x * (1 - x)]),
        "sigmoid": _hands_on(lambda g, x: [g * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x)))]),
        "half": _hands_on(lambda g, x: [g * sigmoid(x)], lambda g, x: [g * (1 - sigmoid(x))]),
        "plus": _hands_on(lambda g, x: [g * sigmoid(x) * (1 + sigmoid(x))]),
        "brackets": _hands_on(lambda g, x: [g * sigmoid(x) * 1 - sigmoid(x)]),
        "late": _hands_on(lambda g, x: [g * sigmoid(x) - sigmoid(x) ** 2]),
        "added": _hands_on(lambda g, x: [g + sigmoid(x) * (1 - sigmoid(x))]),
        "passed": _hands_on(lambda g, x: [g]),
        "mixed": _hands_on(lambda g, x: [g * sigmoid(x) * (1 - x)], lambda g, x: [g * x * (1 - sigmoid(x))]),
        "always": _hands_on(lambda g, x: [g / 4]),
        "square": _hands_on(lambda g, x: [g * sigmoid(x) ** 2], lambda g, x: [g * sigmoid(-x) ** 2]),
        "power": _hands_on(lambda g, x: [g * np.exp(-x)]),
        "tanh": _hands_on(lambda g, x: [g * (1 - sigmoid(x) ** 2)]),
    },
    "my_backward_pass": {
        "forward": lambda got: all(got.left) and got.order == got.names,
        "not_called": lambda got: all(got.left) and not got.order,
        "inside": lambda got: all(got.left) and got.order == got.names[-1:],
        "not_first": lambda got: all(got.left) and got.order == got.names[:0:-1],
        "no_mark": lambda got: not any(got.runs),
        "late_mark": lambda got: got.calls[0][0][1] is None and len(got.runs[0]) == 1,
        "own_marks": lambda got: len(got.runs[0]) > 1 and len(got.order) == len(got.names),
        "one_mark": lambda got: got.runs[0] == got.runs[-1] and close(got.x[0], X_GRADIENT),
    },
    "MyLinear.backward": {
        "b_whole": _hands_on(lambda g, X, W, b: [g @ W.T, X.T @ g, g]),
        "b_mean": _hands_on(lambda g, X, W, b: [g @ W.T, X.T @ g, g.mean(axis=0)]),
        "b_rows": _hands_on(lambda g, X, W, b: [g @ W.T, X.T @ g, g.sum(axis=1)]),
        "b_all": _hands_on(lambda g, X, W, b: [g @ W.T, X.T @ g, g.sum()]),
        "b_value": _hands_on(lambda g, X, W, b: [g @ W.T, X.T @ g, b * g.sum(axis=0)]),
        "b_one_home": _hands_on(
            lambda g, X, W, b: [g @ W.T, X.T @ g, g[0]], lambda g, X, W, b: [g @ W.T, X.T @ g, g[-1]]
        ),
        "W_turned": _turned(1, lambda g, X, W, b: [g @ W.T, g.T @ X, g.sum(axis=0)]),
        "X_turned": _turned(0, lambda g, X, W, b: [W @ g.T, X.T @ g, g.sum(axis=0)]),
        "averaged": _hands_on(
            lambda g, X, W, b: [g @ W.T, X.T @ g / len(X), g.sum(axis=0)],
            lambda g, X, W, b: [g @ W.T, X.T @ g / len(X), g.mean(axis=0)],
            lambda g, X, W, b: [part / len(X) for part in linear_back(g, X, W, b)],
            lambda g, X, W, b: [g @ W.T / len(X), X.T @ g, g.sum(axis=0)],
        ),
        "sign": _hands_on(
            *(
                lambda g, X, W, b, signs=signs: [
                    s * part for s, part in zip(signs, linear_back(g, X, W, b), strict=True)
                ]
                for signs in product((1, -1), repeat=3)
                if -1 in signs
            )
        ),
        "last": _hands_on(
            lambda g, X, W, b: [g @ W.T, np.outer(X[-1], g[-1]), g.sum(axis=0)],
            lambda g, X, W, b: [np.outer(g[:, -1], W[:, -1]), X.T @ g, g.sum(axis=0)],
            lambda g, X, W, b: [np.outer(g[:, -1], W[:, -1]), np.outer(X[-1], g[-1]), g.sum(axis=0)],
        ),
        "reshaped": _hands_on(
            lambda g, X, W, b: [g @ W.reshape(W.shape[::-1]), X.reshape(X.shape[::-1]) @ g, g.sum(axis=0)],
            lambda g, X, W, b: [g @ W.reshape(W.shape[::-1]), X.T @ g, g.sum(axis=0)],
            lambda g, X, W, b: [g @ W.T, X.reshape(X.shape[::-1]) @ g, g.sum(axis=0)],
            lambda g, X, W, b: [g @ W.T, g.T @ X, g.sum(axis=0)],
            lambda g, X, W, b: [W @ g.T, X.T @ g, g.sum(axis=0)],
        ),
        "local": _hands_on(lambda g, X, W, b: [(0 * g + 1) @ W.T, X.T @ (0 * g + 1), 0 * b + len(X)]),
    },
    "MyMSE.backward": {
        "signs": _hands_on(lambda g, y, a: both_ways(y, a, -g)),
        "one_sign": _hands_on(
            lambda g, y, a: [both_ways(y, a, g)[0]] * 2, lambda g, y, a: [both_ways(y, a, g)[1]] * 2
        ),
        "no_two": _hands_on(lambda g, y, a: both_ways(y, a, g / 2)),
        "no_mean": _hands_on(lambda g, y, a: both_ways(y, a, g * a.size)),
        "bare": _hands_on(lambda g, y, a: both_ways(y, a, g * a.size / 2)),
        "squares": _hands_on(
            *(
                lambda g, y, a, k=k, sign=sign: [
                    k * g * diff(y, a) ** 2 / a.size,
                    sign * k * g * diff(y, a) ** 2 / a.size,
                ]
                for k in (1, 2)
                for sign in (1, -1)
            )
        ),
        "rows": _hands_on(lambda g, y, a: both_ways(y, a, g * a.size / len(a))),
        "added": _hands_on(lambda g, y, a: [g + 2 / a.size * diff(y, a), -g - 2 / a.size * diff(y, a)]),
        "one_axis": raises(
            TypeError, IndexError, saying=("float64' has no len()", "tuple index out of range")
        ),
        "local": _hands_on(lambda g, y, a: both_ways(y, a, 1.0)),
        "half_local": _hands_on(
            lambda g, y, a: [both_ways(y, a, 1.0)[0], both_ways(y, a, g)[1]],
            lambda g, y, a: [both_ways(y, a, g)[0], both_ways(y, a, 1.0)[1]],
        ),
    },
    "my_forward_and_backward": {
        "no_gradients": lambda got: got.x[0] is None and close(got.f[0], 819),
        "reversed": lambda got: got.left and close(got.x[0], 1) and close(got.f[0], 819),
        "old_values": lambda got: close(got.x[0], X_GRADIENT) and close(got.f[1], 819),
        "cut_short": lambda got: got.left and got.f[0] is None and got.q is not None,
        "nothing": lambda got: got.left and got.f[0] is None,
    },
    "my_sgd_update": {
        "uphill": lambda got: close(got.W, W0 + 0.1 * TO_W) and close(got.b, B0 + 0.1 * TO_B),
        "whole": lambda got: close(got.W, W0 - TO_W) and close(got.b, B0 - TO_B),
        "still": lambda got: close(got.W, W0) and close(got.b, B0),
        "rate_only": lambda got: close(got.W, W0 - 0.1),
        "own_rate": lambda got: close(got.W, W0 - 0.01 * TO_W),
        "swapped": lambda got: close(got.W, TO_W - 0.1 * W0),
        "step_only": lambda got: close(got.W, -0.1 * TO_W),
        "first": lambda got: close(got.b, B0) and not close(got.W, W0),
    },
    "my_train": {
        "each_step": lambda got: len(got.costs) == len(got.sizes) == EPOCHS * len(SIZES),
        "one_batch": lambda got: {*got.sizes} == {BATCH} and len({*map(tuple, got.rows[:4])}) == 1,
        "no_rest": lambda got: got.sizes == [BATCH] * EPOCHS * 3 and len(set().union(*got.rows[:3])) == 18,
        "all_rows": lambda got: {*got.sizes} == {M},
        "afterwards": lambda got: got.sizes == [*SIZES, M] * EPOCHS,
        "no_update": lambda got: close(got.W, trained(lambda *_, **settings: []).W),
        "in_order": lambda got: got.rows[0] == list(range(BATCH)),
        "same_epochs": lambda got: got.rows[:4] == got.rows[4:8],
        "one_update": lambda got: (
            close(got.weights[0], got.weights[3]) and not close(got.weights[3], got.weights[4])
        ),
        "uphill": lambda got: close(got.W, trained(ours.my_train, -0.05).W),
        "own_rate": lambda got: close(got.W, trained(ours.my_train, 0.01).W),
        "late": lambda got: (
            close(got.W, got.weights[-1]) and close(got.weights, trained(ours.my_train).weights)
        ),
        "plain_mean": lambda got: close(got.costs[0], np.mean(got.seen[:4])),
        "sum": lambda got: close(got.costs[0], np.dot(got.seen[:4], SIZES)),
        "last": lambda got: close(got.costs[0], got.seen[3]),
        "plain_sum": lambda got: close(got.costs[0], np.sum(got.seen[:4])),
        "carried": lambda got: close(got.costs, np.cumsum(trained(ours.my_train).costs)),
    },
}


# --- all of them ------------------------------------------------------------------------------------------

JUDGES = {
    "MyNode": (look_node, node_wrong),
    "MyInput": (look_input, input_wrong),
    "MyNode.grad_cost": (look_grad_cost, grad_cost_wrong),
    "my_topological_sort": (look_sort, sort_wrong),
    "my_forward_pass": (look_forward, forward_pass_wrong),
    "my_backward_pass": (look_backward, backward_pass_wrong),
    "my_forward_and_backward": (look_both, both_wrong),
    "my_sgd_update": (look_update, update_wrong),
    "my_train": (trained, train_wrong),
}
GIVEN = {
    "MyNode": "class MyNode:\n    def __init__(self, *inbound_nodes, name=None):\n"
    "        self.name = name or type(self).__name__\n        ...\n"
}


def _exercise(name: str) -> Exercise:
    owner, _, way = name.partition(".")
    look, wrong = JUDGES.get(name, (None, op_wrong))
    op, replies = None, texts.exercises[name]["replies"]
    if look is None:
        op = op_of(name, owner, "backward" if way == "backward" else "forward")
        replies = texts.shared | replies
        look = lambda cls: look_op(cls, op)  # noqa: E731
    signs, heads = SIGNS.get(name, {}), {key: told[0] for key, told in replies.items()}
    mistakes = {
        key: signs[key] if key in signs else _raises(head.removeprefix("! "))
        for key, head in heads.items()
        if key in signs or head.startswith("! ")
    }

    def said(got: Got) -> tuple[str, ...] | None:
        found = wrong(got)
        if found is None or isinstance(found, tuple):
            return found and texts.replies(name, *found)
        return found, *texts.exercises[name]["hints"][-2:]

    def is_class(thing: object) -> str | None:
        return None if isinstance(thing, type) else f"{owner} must be a class, and is {with_article(thing)}."

    judge = Judge(look=look, wrong=said, form=is_function if name.startswith("my") else is_class)
    return texts.exercise(name=name, judge=judge, mistakes=mistakes, given=GIVEN.get(name, ""), keeper=KEEPER)


EXERCISES = [_exercise(name) for name in texts.exercises]
