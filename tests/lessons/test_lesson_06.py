"""Lesson 06's own functions beside others that compute the same: numpy loops, scikit-learn, algebra."""

from __future__ import annotations

import ast
import math
import re
import symtable
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor

from miniflow_lib import forward_and_backward, load_boston, minibatches, sgd_update, training
from tests import sealed
from tests.series import code_cells, read, tags, texts
from miniflow_classroom.widgets.explorer import end_of_walk

NOTEBOOK = read("06")
CODE = [NOTEBOOK.cells[number] for number in code_cells(NOTEBOOK)]
OF_EXERCISES = ("exercise", "check", "hint", "solution")


def tagged(tag: str) -> int:
    """The first of the code cells that have this tag."""
    return next(place for place, cell in enumerate(CODE) if tag in tags(cell))


def is_definition(statement: ast.stmt) -> bool:
    """An import, a function, or a name for numbers and texts that are written out."""
    if isinstance(statement, ast.Assign):
        return not any(isinstance(node, ast.Name) for node in ast.walk(statement.value))
    return isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef))


def printed(tag: str) -> str:
    """What the lesson has stored under the cells with this tag."""
    return "\n".join(chain(*(texts(cell) for cell in CODE if tag in tags(cell))))


@pytest.fixture(scope="module")
def page() -> SimpleNamespace:
    """What the lesson's cells import and define, and what its sealing cell makes; in `names` its globals."""
    names = {"np": np, "boston": load_boston()}
    for place, cell in enumerate(CODE):
        if any(tag.partition(":")[0] in OF_EXERCISES for tag in tags(cell)):
            continue
        for statement in ast.parse(cell.source).body:
            if is_definition(statement) or place == tagged("item:seal"):
                exec(ast.unparse(statement), names)
    return SimpleNamespace(**{"names": names} | names)


# --- the seal; test_lessons_again.py runs the lesson with other prices in the sealed rows


def test_from_the_seal_to_the_opening_the_cells_name_only_the_rows_to_work_with():
    seal, opening = tagged("item:seal"), tagged("item:open")
    known: set[str] = set()
    for cell in CODE[: seal + 1]:
        leaks(cell.source, known)  # such as `scaled` and `fresh`, which have all rows
    assert {"boston", "first_run"} < known and len(CODE[seal + 1 : opening]) > 10
    known = known - {"work", "table", "paid"} | {"order", "sealed"}
    for cell in CODE[seal + 1 : opening]:
        assert leaks(cell.source, known) == [], cell.source


def leaks(source: str, known: set[str]) -> list[str]:
    """What a cell uses that leads to the sealed rows: one of the known names, or the table's file or loader.

    What it makes of them is known from then on, and no longer what it makes of others.
    """
    found: set[str] = set()
    for statement in statements(ast.parse(source).body):
        text = ast.unparse(ast.fix_missing_locations(statement))
        for harmless in ("boston.data[work]", "boston.feature_names"):
            text = text.replace(harmless, "None")
        names = symtable.symtable(text, "a cell", "exec")
        used = known & outside(names) | {word for word in ("load_boston", "boston.csv") if word in text}
        made = {s.get_name() for s in names.get_symbols() if s.is_assigned()}
        known -= made
        known |= made if used else set()
        found |= used
    return sorted(found)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """One after another, those in a loop or a block, too; the head of a loop is an assignment."""
    for statement in body:
        if isinstance(statement, (ast.For, ast.With, ast.If)):
            yield from heads(statement)
            yield from statements(statement.body + getattr(statement, "orelse", []))
        else:
            yield statement


def heads(block: ast.For | ast.With | ast.If) -> list[ast.stmt]:
    if isinstance(block, ast.For):
        return [ast.Assign([block.target], block.iter)]
    return [ast.Expr(block.test)] if isinstance(block, ast.If) else [ast.With(block.items, [ast.Pass()])]


def outside(table: symtable.SymbolTable) -> set[str]:
    """The page's names that a piece of it uses, in its functions, too."""
    own = table.get_type() == "module"
    names = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (own or s.is_global())}
    return names.union(*map(outside, table.get_children()))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("full = boston.data[work]\nlist(boston.feature_names).index('B')", []),
        ("boston.data[work].mean() + boston.data.mean()", ["boston"]),
        ("boston.target[work]", ["boston"]),
        ("from miniflow_lib import load_boston\nprint(order[-1])", ["load_boston", "order"]),
        ("np.genfromtxt('../data/boston.csv')", ["boston.csv"]),
        ("rows = library.load_boston().data", ["load_boston"]),
        ("standardise(table, by=scaled)", ["scaled"]),
        ("def mean(scaled):\n    return scaled.mean()\n\n\nmean(table)", []),
        ("for rows in hands(405):\n    scaled = table[rows]\n    scaled.mean()", []),
        ("with caught():\n    fit(table)", ["fit"]),
        ("if True:\n    fit = 3\nfit", []),
        ("[fit(rows) for rows in hands(405)]", ["fit"]),
    ],
)
def test_what_leads_to_the_sealed_rows_would_be_found(source, found):
    known = {"order"}
    leaks("from miniflow_lib import load_boston\nboston = load_boston()", known)
    leaks("scaled = standardise(boston.data)\ndef fit(x):\n    return standardise(x, scaled)", known)
    assert leaks(source, known) == found


def test_other_prices_are_in_every_copy_and_in_what_is_loaded_until_they_are_taken_out():
    real, boston = load_boston(), load_boston()
    rows = np.array([3, 500])
    names = {"boston": boston, "sealed": rows, "copy": boston.target.copy(), "data": boston.data}
    others = np.delete(np.arange(506), rows)
    for _ in range(2):  # a second time changes nothing
        sealed.put_in(names)
        for prices in (boston.target, names["copy"], load_boston().target):
            assert prices[rows].min() > 50 and np.array_equal(prices[others], real.target[others])
        assert np.array_equal(load_boston().data, real.data)
    for _ in range(2):
        sealed.take_out(names)
        for prices in (boston.target, names["copy"], load_boston().target):
            assert np.array_equal(prices, real.target)


def test_the_rows_are_dealt_once_and_column_b_is_left_out(page):
    assert sorted([*page.work, *page.sealed]) == list(range(506)) and len(page.sealed) == 101
    boston = load_boston()
    assert np.array_equal(page.table, np.delete(boston.data, 11, axis=1)[page.work])
    assert boston.feature_names[11] == "B" and np.array_equal(page.paid, boston.target[page.work])


# --- fit, judge and the rivals


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_hand(X, y, weights, epochs, rates, size=27, seed=0, l2=0.0) -> tuple[np.ndarray, ...]:
    """The weights after SGD in plain numpy, with a learning rate for each layer."""
    W1, b1, W2, b2 = weights
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for rows in (order[i : i + size] for i in range(0, len(y), size)):
            H = sigmoid(X[rows] @ W1 + b1)
            miss = 2 / len(rows) * (H @ W2 + b2 - y[rows, None])
            back = miss @ W2.T * H * (1 - H)
            W1, b1 = W1 - rates[0] * (X[rows].T @ back + 2 * l2 * W1), b1 - rates[0] * back.sum(axis=0)
            W2, b2 = W2 - rates[1] * (H.T @ miss + 2 * l2 * W2), b2 - rates[1] * miss.sum(axis=0)
    return W1, b1, W2, b2


def says(X: np.ndarray, weights: tuple[np.ndarray, ...]) -> np.ndarray:
    W1, b1, W2, b2 = weights
    return (sigmoid(X @ W1 + b1) @ W2 + b2)[:, 0]


def standard(table: np.ndarray, by: np.ndarray) -> np.ndarray:
    return (table - np.mean(by, axis=0)) / np.std(by, axis=0)


@pytest.mark.parametrize("l2", [0, 0.01])
def test_fit_is_a_loop_in_plain_numpy_on_standardised_numbers(page, l2):
    known, new, paid = page.table[:90], page.table[90:], page.paid[:90]
    found = page.fit(known, paid, hidden=4, seed=3, epochs=20, l2=l2)(new)
    rng = np.random.default_rng(3)
    start = [rng.normal(size=(12, 4)) / 12**0.5, np.zeros(4), rng.normal(size=(4, 1)) / 2, np.zeros(1)]
    weights = by_hand(standard(known, known), standard(paid, paid), start, 20, (0.1, 0.1), seed=3, l2=l2)
    expected = says(standard(new, known), weights) * paid.std() + paid.mean()
    assert np.abs(found - expected).max() < 1e-9 and found.std() > 1


def test_a_raw_target_is_a_standardised_one_with_another_rate_in_layer_1(page):
    """Layer 1's rate times the target's variance: what the colleague's diabetes is about."""
    people, illness = load_diabetes(return_X_y=True)
    X, mean, spread, rate = standard(people, people), illness.mean(), illness.std(), 0.003
    raw = page.fit(people, illness, epochs=20, learning_rate=rate, scale=False)(people)
    W1, b1, W2, b2 = page.start(10, 10)
    start = [W1, b1, W2 / spread, b2 - mean / spread]
    weights = by_hand(X, (illness - mean) / spread, start, 20, (rate * spread**2, rate))
    assert spread**2 == pytest.approx(5900, rel=0.01)
    assert np.abs(raw - (says(X, weights) * spread + mean)).max() < 1e-8
    without = by_hand(X, (illness - mean) / spread, start, 20, (rate, rate))
    assert np.abs(raw - (says(X, without) * spread + mean)).max() > 10


def test_the_two_networks_with_a_rate_for_each_layer_are_that_loop(page, monkeypatch):
    people, illness = load_diabetes(return_X_y=True)
    X, weights = standard(people, people), page.start(10, 10)
    monkeypatch.setitem(page.names, "ten", X)
    found = page.two_rates(illness, weights, 0.01, 0.003)
    assert np.abs(found - says(X, by_hand(X, illness, weights, 5, (0.01, 0.003)))).max() < 1e-8


def test_undivided_weights_put_one_sigmoid_in_seven_on_a_flat_end_and_divided_ones_hardly_any(page):
    X = standard(page.table, page.table)
    divided = [page.start(12, 10, seed)[0] for seed in range(20)]
    for weights, share in ((12**0.5 * np.array(divided), 1 / 7), (np.array(divided), 0)):
        assert np.mean(np.abs(sigmoid(X @ weights) - 0.5) > 0.49) == pytest.approx(share, abs=0.01)


def test_a_scaled_target_makes_the_unit_of_the_price_irrelevant(page):
    known, paid = page.table[:90], page.paid[:90]
    thousands, dollars = page.fit(known, paid, epochs=20), page.fit(known, 1000 * paid, epochs=20)
    assert np.allclose(1000 * thousands(page.table), dollars(page.table), rtol=1e-9)


def test_each_hand_is_judged_once_by_what_the_other_four_have_taught(page, monkeypatch):
    seen = []

    def model(features, prices, seed, **settings):
        seen.append((features[:, 0].tolist(), prices.tolist(), seed, settings))
        return lambda rows: rows[:, 0] + 10 * (seed + 1)

    monkeypatch.setitem(page.judge.__globals__, "fit", model)
    table = np.arange(22.0)[:, None]
    costs = page.judge(model, table, table[:, 0], l2=0.5)
    judged = [sorted(set(range(22)) - set(features)) for features, *_ in seen]
    assert sorted(chain(*judged)) == list(range(22)) and [len(hand) for hand in judged] == [5, 5, 5, 5, 2]
    assert all(features == prices and told == {"l2": 0.5} for features, prices, _, told in seen)
    assert [seed for *_, seed, _ in seen] == list(range(5))  # each hand begins from its own weights
    assert costs.tolist() == [[value, value] for value in (100, 400, 900, 1600, 2500)]


def test_the_rivals_are_the_usual_ones(page):
    known, new, paid = page.table[:300], page.table[300:], page.paid[:300]
    assert page.mean_for_all(known, paid)(new).tolist() == [paid.mean()] * 105
    by_algebra = np.linalg.lstsq(np.c_[known, np.ones(300)], paid, rcond=None)[0]
    assert np.allclose(page.linear(known, paid)(new), np.c_[new, np.ones(105)] @ by_algebra)
    nearest = KNeighborsRegressor(3).fit(known / known.std(axis=0), paid).predict(new / known.std(axis=0))
    assert np.allclose(page.neighbours(known, paid)(new), nearest)


def test_equal_updates_are_counted_right(page, monkeypatch):
    """The numbers of updates and of rows that the lesson prints are those that `fit` makes."""
    found = []  # updates and rows of each training

    def passes(graph):
        forward_and_backward(graph)
        found[-1] += np.array([0, len(graph[-1].inbound_nodes[0].value)])

    def update(trainables, learning_rate):
        found[-1] += np.array([1, 0])

    monkeypatch.setattr(training, "sgd_update", update)
    monkeypatch.setattr(training, "forward_and_backward", passes)
    for size, epochs in ((27, 25), (324, 25), (324, 300)):
        found.append(np.zeros(2, dtype=int))
        page.fit(page.table[:324], page.paid[:324], hidden=1, batch_size=size, epochs=epochs)
    told = re.findall(r"(\d+) updates, (\d+) rows", printed("item:epochs-or-updates-table"))
    assert np.array(told, dtype=int).tolist() == np.array(found).tolist()
    assert [updates for updates, _ in found] == [300, 25, 300]


# --- gaps, noise, towns, and the opening


def test_in_five_turns_each_hand_teaches_once_watches_once_and_judges_three_times(page):
    turns = [page.turn(i, 405) for i in range(5)]
    for parts in turns:
        assert [len(rows) for rows in parts] == [81, 243, 81] and sorted(chain(*parts)) == list(range(405))
    for place, times in ((0, 1), (1, 3), (2, 1)):
        assert set(Counter(chain(*(turn[place] for turn in turns))).values()) == {times}
    assert all(set(turns[i][2]) == set(turns[(i + 1) % 5][0]) for i in range(5))  # the next one watches


def test_what_noise_is_judged_by_is_linear_regression(page):
    columns = np.column_stack([np.ones(405), page.table, np.random.default_rng(0).normal(size=(405, 3))])
    learn, *others = np.split(np.random.default_rng(1).permutation(405), [243, 324])
    w = np.linalg.lstsq(columns[learn], page.paid[learn], rcond=None)[0]
    expected = [np.mean((columns[rows] @ w - page.paid[rows]) ** 2) for rows in others]
    assert np.allclose(page.two_costs(columns, [learn, *others]), expected)


def test_no_town_teaches_the_hand_that_it_is_in(page):
    (source,) = [cell.source for cell in CODE if "towns = [" in cell.source]
    exec(source, page.names)
    of_town = page.boston.data[page.work][:, [1, 2, 8, 9, 10]]
    for rows in page.names["towns"]:
        inside, outside = ({tuple(of_town[row]) for row in r} for r in (rows, np.delete(range(405), rows)))
        assert not inside & outside
    assert sorted(chain(*page.names["towns"])) == list(range(405))


def test_the_opening_says_what_other_programs_and_another_bootstrap_say(page):
    known, paid, new = page.table, page.paid, np.delete(page.boston.data[page.sealed], 11, axis=1)
    linear = np.linalg.lstsq(np.c_[known, np.ones(405)], paid, rcond=None)[0]
    nearest = KNeighborsRegressor(3).fit(known / known.std(axis=0), paid)
    network = by_hand(standard(known, known), standard(paid, paid), page.start(12, 10), 200, (0.1, 0.1))
    said = {
        "the mean": paid.mean(),
        "linear regression": np.c_[new, np.ones(101)] @ linear,
        "three nearest": nearest.predict(new / known.std(axis=0)),
        "ours": says(standard(new, known), network) * paid.std() + paid.mean(),
    }
    squares = {name: (prices - page.boston.target[page.sealed]) ** 2 for name, prices in said.items()}
    squares["linear less ours"] = squares["linear regression"] - squares["ours"]
    squares["nearest less ours"] = squares["three nearest"] - squares["ours"]
    # How often each row comes in a redraw, twenty times 2,000 of them.
    times = np.random.default_rng(5).multinomial(101, [1 / 101] * 101, size=(20, 2000))
    stored = re.findall(r"(.+?) +(-?[\d.]+) +\((-?[\d.]+) to (-?[\d.]+)\)", printed("item:open"))
    assert [name for name, *_ in stored] == list(squares)
    for name, *numbers in stored:
        cost, *interval = map(float, numbers)
        ends = np.percentile(times @ squares[name] / 101, [2.5, 97.5], axis=1)
        assert abs(squares[name].mean() - cost) <= 0.0501, name
        assert np.all(np.abs(ends.mean(axis=1) - interval) < 4 * ends.std(axis=1) + 0.05), name


# --- the engine beside scikit-learn


def test_the_first_100_steps_are_scikit_learns_with_the_learning_rate_doubled(page):
    """From the same weights on the same batches, to ten digits; with half the rate they part at once."""
    X, y, weights = standard(page.table, page.table), page.paid, page.start(12, 10)
    rng = np.random.default_rng(1)
    batches = [rows for _ in range(7) for rows in minibatches(405, 27, rng)][:100]

    def apart(their_rate: float) -> float:
        graph, inputs = page.network(X, y, weights)
        model = MLPRegressor(
            hidden_layer_sizes=(10,),
            activation="logistic",
            solver="sgd",
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            learning_rate_init=their_rate,
            batch_size=27,
            shuffle=False,
        )
        model.partial_fit(X[:27], y[:27])  # makes its arrays, which then get our weights
        theirs = [model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1]]
        for array, start in zip(theirs, weights):
            array[...] = start
        most = 0.0
        for rows in batches:
            inputs[0].value, inputs[1].value = X[rows], y[rows]
            forward_and_backward(graph)
            sgd_update(inputs[2:], learning_rate=0.01)
            model.partial_fit(X[rows], y[rows])
            theirs = [model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1]]
            most = max(most, *(np.abs(t.value - array).max() for t, array in zip(inputs[2:], theirs)))
        assert math.dist(inputs[2].value.ravel(), weights[0].ravel()) > 1  # they have gone some way
        return most

    assert apart(0.02) < 1e-10 and apart(0.01) > 0.1


# --- the walks


def test_the_walks_of_the_syllabus(page):
    assert len(page.walk(3, 0.0005)) - 1 == 600
    assert len(page.walk(3, 0.03)) - 1 == 11
    assert "never settles" in end_of_walk(page.walk(3, 0.1), 0.1)
    places = page.walk(6, 0.01)
    assert len(places) - 1 == 70 and f"{places[-1]:.6f}" == "2.249965" and places[1] == pytest.approx(0.6)
    assert f"{page.f(9 / 4):.3f}" == "-6.543"
    assert page.walk(6, 1 / 90)[-1] == pytest.approx(0, abs=1e-9)
    assert "flew off" in end_of_walk(page.walk(6, 0.0195), 0.0195)
