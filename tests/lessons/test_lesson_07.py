"""What lesson 07 says in words or asks for, next to what its cells store and what numpy gives."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

from tests.series import read, tags, texts

CELLS = read("07").cells
PROSE = " ".join(cell.source for cell in CELLS if cell.cell_type == "markdown")


def stored(tag: str) -> str:
    (cell,) = [cell for cell in CELLS if f"item:{tag}" in tags(cell)]
    return " ".join(texts(cell))


def formulas(tag: str) -> dict[str, str]:
    """The lines of a stored program, {name: formula}."""
    return dict(re.findall(r"(?m)^    (\w+) = (.+)$", stored(tag)))


HOME, BOSTON = formulas("number-text"), formulas("boston-text")
STORED = " ".join(text for cell in CELLS for text in texts(cell))
SHARES = [float(share) for share in re.findall(r"step is ([\d.]+) of", stored("shape-trap"))]


def readers(name: str, lines: dict[str, str] = BOSTON) -> list[str]:
    return [line for line, formula in lines.items() if re.search(rf"\b{name}\b", formula)]


def operations(formula: str) -> int:
    """How many times a formula goes through an array."""
    return sum(isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Call)) for part in ast.walk(ast.parse(formula)))


@pytest.mark.parametrize(
    "sentence, said, is_so",
    [
        ("Ten nodes: the layers, the cost", re.findall(r"(\d+) nodes", STORED), ["10"]),
        (
            "are the shares of two paths",
            [n for n in HOME if re.match(r"d_miss_\d", n)],
            ["d_miss_1", "d_miss_2"],
        ),
        ("and `d_miss` adds them", HOME["d_miss"], "d_miss_1 + d_miss_2"),
        ("from l1 come `d_X`, `d_W1` and `d_b1`", readers("d_l1"), ["d_X", "d_W1", "d_b1"]),
        ("From a come `d_s1`, `d_W2` and `d_b2`", readers("d_a"), ["d_s1", "d_W2", "d_b2"]),
        ("returns the cost and four new weights", len([n for n in BOSTON if n.startswith("new_")]), 4),
        ("`d_X` is a whole matrix product", BOSTON["d_X"], "d_l1 @ W1.T"),
        ("one of six in the step", sum(formula.count(" @ ") for formula in BOSTON.values()), 6),
        ("a step that is almost a fifth too small", {0.17 < 1 - share < 0.2 for share in SHARES}, {True}),
        ("goes through an array four times", operations(BOSTON["s1"]), 4),
        ("the last batch of an epoch has nine rows", (506 - 101) % 11, 9),
        ("Two, for 370 steps", len(re.findall(r"\(\d+, \d+\)", stored("one-per-shape"))), 2),
    ],
)
def test_what_a_sentence_says_in_words_is_so(sentence, said, is_so):
    assert sentence in PROSE and said == is_so


def test_the_answers_to_the_predictions_are_what_the_cells_under_them_give():
    calls = [ast.parse(cell.source).body[0].value for cell in CELLS if cell.source.startswith("predict(")]
    answers = [ast.literal_eval(call.args[1]) for call in calls]
    dead, trap, shape = answers
    assert stored("dead-lines-found").splitlines()[-1] == f"dead: {sorted(dead.split(' and '))}"
    assert trap == "too small a step" and max(SHARES) < 1 and len(SHARES) == 4
    assert shape == str((np.ones((11, 10)) @ np.ones((13, 10)).T).shape)
