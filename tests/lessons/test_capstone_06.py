"""The capstone of lesson 06: the case on one's own engine, a table of one's own, other libraries."""

from __future__ import annotations

import csv
import re
import sys
import warnings
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from exercises.lesson_06 import RIGHT_READERS

import miniflow_lib as library
from tests import own_engine
from tests.case import of_the_page
from tests.series import read
from miniflow_classroom import check
from miniflow_classroom.judge.check import verdict
from miniflow_classroom.judge.exercise import exercises
from miniflow_classroom.own import standins

CASE = ("standardise", "network", "usual", "chosen", "start", "fit", "mse", "hands", "judge")
STORED = "What torch gives, where it is installed: run the cell."


def source(begins: str) -> str:
    """The one code cell with a line that begins like this."""
    cells = [cell.source for cell in read("06").cells if cell.cell_type == "code"]
    (found,) = [text for text in cells if re.search(f"(?m)^{re.escape(begins)}", text)]
    return found


def last_line_of(begins: str, space: dict) -> object:
    """What the cell shows, run in this namespace."""
    *lines, last = source(begins).splitlines()
    exec("\n".join(lines), space)
    return eval(last, space)


@pytest.fixture
def case() -> dict:
    """The page after the cell before `on_engine`."""
    space = of_the_page(*CASE, "on_engine", "in_pytorch")
    exec(source("scaled_paid = standardise(paid"), space)
    return space


@pytest.fixture
def elsewhere() -> dict:
    """The page before the first step of scikit-learn's network."""
    space = of_the_page(*CASE, "on_engine", "in_pytorch")
    cells = [cell.source for cell in read("06").cells]
    begin, end = (cells.index(source(begins)) for begins in ("prices = standardise", "def their_network("))
    for cell in read("06").cells[begin : end + 1]:
        if cell.cell_type == "code":
            exec(cell.source, space)
    return space


# --- your engine on the case ---


def test_an_engine_of_one_s_own_predicts_the_prices_that_the_library_predicts(case):
    yours, ours = case["on_engine"](own_engine), case["on_engine"](library)
    assert len(ours) == 81 and np.abs(yours - ours).max() < 1e-12


def test_a_wrong_piece_would_be_seen(case):
    class Wrong(standins.MySigmoid):
        def backward(self):
            self.gradients = {self.inbound_nodes[0]: self.grad_cost() * self.value}

    wrong = SimpleNamespace(**{**vars(own_engine), "Sigmoid": Wrong})
    yours, ours = case["on_engine"](wrong, 3), case["on_engine"](library, 3)
    assert np.abs(yours - ours).max() > 0.1


def test_its_cost_is_the_one_that_the_judge_found_for_this_hand_and_the_highest(case):
    prices = case["on_engine"](library)
    cost = case["mse"](prices, case["paid"][case["new"]])
    found = case["judge"](case["fit"], case["table"], case["paid"])[:, 1]
    assert abs(found[0] - cost) < 1e-9 and found.argmax() == 0 and f"{cost:.2f}" == "34.99"


# --- a table of one's own ---


@pytest.fixture
def read_table():
    space = {"np": np, "check": lambda *_: None}
    exec(source("def read_table_solution"), space)
    return space["read_table_solution"]


LINES = ["rooms,km,age,rent", "3,2.5,12,14.5", "2,0.5,40,9.8", "4,1,8,21"]


def test_a_table_is_read_from_a_path_or_from_lines(read_table, tmp_path):
    path = tmp_path / "a table.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    for table in (LINES, path, str(path)):
        features, target, names = read_table(table, "age")
        assert names == ["rooms", "km", "rent"] and target.tolist() == [12, 40, 8]
        assert features.tolist() == [[3, 2.5, 14.5], [2, 0.5, 9.8], [4, 1, 21]]


@pytest.mark.parametrize(
    ("old", "new", "target", "sentence"),
    [
        ("2,0.5", "2,", "rent", "row 2 has no number in column km: write one there, or leave out the row"),
        (
            ",8,",
            ",new,",
            "rent",
            "row 3 has no number in column age: write one there, or leave out the row",
        ),
        ("14.5", "", "rent", "row 1 has no number in column rent: write one"),
        ("", "", "price", "there is no column price: choose one of rooms, km, age, rent"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_with_its_column_and_a_way_out(
    read_table, old, new, target, sentence
):
    lines = [line.replace(old, new) for line in LINES]
    with pytest.raises(ValueError, match=f"^{sentence}"):
        read_table(lines, target)


def test_the_page_uses_no_file_and_its_text_becomes_nan_in_silence():
    space = {"np": np}
    exec(source("flat_lines = ["), space)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = np.genfromtxt(space["flat_lines"], delimiter=",", skip_header=1)
    assert np.argwhere(np.isnan(rows)).tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("reader", RIGHT_READERS)
def test_a_right_reader_may_be_written_in_other_ways(reader):
    space = {"np": np}
    exec(reader, space)
    assert verdict(exercises()["read_table"], space["read_table"], space).startswith("[read_table] correct")


def test_a_reader_without_numpy_that_counts_lines_is_right_too(capsys):
    def by_hand(path, target):
        with open(path, newline="") as file:
            names, *rows = csv.reader(file)
        if target not in names:
            raise ValueError(f"{target}? The file has {names}")
        for number, row in enumerate(rows, start=2):
            for name, field in zip(names, row):
                try:
                    float(field)
                except ValueError:
                    raise ValueError(f"line {number}, column {name}: {field!r} is no number") from None
        others = [name for name in names if name != target]
        table = [dict(zip(names, map(float, row))) for row in rows]
        features = np.array([[row[name] for name in others] for row in table])
        return features, np.array([row[target] for row in table]), others

    check("read_table", by_hand)
    assert capsys.readouterr().out.startswith("[read_table] correct")


# --- the same network elsewhere ---


def test_scikit_learn_s_gradients_are_half_of_ours(elsewhere):
    net, arrays = elsewhere["their_network"](1, 324)
    net.partial_fit(elsewhere["features"], elsewhere["prices"])
    for weight, array, gradient in zip(elsewhere["weights"], arrays, elsewhere["gradients"]):
        assert np.abs(gradient - 2 * (weight - array)).max() < 1e-14 < np.abs(gradient).max() / 1e9


@pytest.mark.parametrize(("rate", "is_same"), [(0.2, True), (0.1, False)])
def test_only_twice_our_learning_rate_gives_our_weights(elsewhere, rate, is_same):
    exec(source("costs = train(graph, feeds, inputs[2:], learning_rate=0.1, batch_size=27"), elsewhere)
    cell = source("net, arrays = their_network(0.2, 27)")
    assert cell.count("their_network(0.2, 27)") == 1
    exec(cell.replace("their_network(0.2, 27)", f"their_network({rate}, 27)"), elsewhere)
    assert (elsewhere["far"] < 1e-12) == is_same and (elsewhere["far"] < 1e-3) == is_same


class Tensor(np.ndarray):
    """As much of a tensor as the lesson uses; its gradient is put there by `mean_of`."""

    grad = None


def a_torch(gradients: list[np.ndarray]) -> ModuleType:
    """A module in the place of PyTorch: forward by numpy, and these gradients."""
    torch, made = ModuleType("torch"), []

    def tensor(array, requires_grad=False):
        new = np.array(array).view(Tensor)
        if requires_grad:
            made.append(new)
        return new

    def mean(values):
        def backward():
            for new, gradient in zip(made, gradients, strict=True):
                new.grad = SimpleNamespace(numpy=lambda g=gradient: g)

        return SimpleNamespace(item=lambda: float(np.mean(np.asarray(values))), backward=backward)

    torch.tensor, torch.mean = tensor, mean
    torch.sigmoid = lambda x: 1 / (1 + np.exp(-x))
    return torch


def test_where_pytorch_is_installed_both_are_seen_side_by_side(elsewhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", a_torch(elsewhere["gradients"]))
    box = last_line_of("where_installed(", elsewhere)
    shown = box.children[0].value
    assert "cost 1.344896" in shown and re.search(r"all 141 gradients: 0\b(?!\.)", shown)
    assert shown.count("[-0.0582 -0.0487 -0.0049]") == 2 and box.static == {"text/plain": STORED}


def test_where_pytorch_is_missing_the_same_text_is_stored(elsewhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    box = last_line_of("where_installed(", elsewhere)
    assert "pip install torch" in box.children[0].value and box.static == {"text/plain": STORED}
