"""The judges of the pieces: what is right in any phrasing, and the three steps of a reply to what is not."""

from __future__ import annotations

import linecache
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.classroom.own import answers
from tests.classroom.own.pieces import RIGHT, WRONG
from miniflow_classroom.exercises.pieces import EXERCISES, SIGNS, texts
from miniflow_classroom.judge.check import judged, line, verdict
from miniflow_classroom.own import standins
from miniflow_classroom.own.file import ALL

PIECE = {exercise.name: exercise for exercise in EXERCISES}
GIVEN = {"MyInput"}  # the learner gets it whole


def run(source: str, own: dict) -> None:
    """Run a cell; its lines can be read, as in a notebook."""
    name = f"<cell {hash(source)}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    exec(compile(source, name, "exec"), own)


def notebook() -> dict:
    """The names of a notebook that took all pieces from `mine`."""
    names = ("My", "my_", "find")
    ours = {name: thing for name, thing in vars(standins).items() if name.startswith(names)}
    return {"__name__": "__main__", "np": np, **ours}


def said(piece: str, source: str, step: int = 1) -> str:
    return line(piece, *told(piece, source), step=step).removeprefix(f"[{piece}] ")


@cache
def told(piece: str, source: str) -> tuple[str, str | tuple[str, ...]]:
    run(source, own := notebook())
    # Only a loop without end may be cut short: a busy machine takes its time for the others.
    endless = any("grows without end" in parts[0] for wrong, parts in WRONG[piece] if wrong == source)
    exercise = replace(PIECE[piece], seconds=0.5) if endless else PIECE[piece]
    return judged(exercise, own[piece.partition(".")[0]], own)


def blank(piece: str) -> str:
    """The cell as it is handed out: the head of a function or class, and nothing else."""
    lines = answers.RIGHT[piece].splitlines()
    heads = [n for n, line in enumerate(lines) if line.lstrip().startswith("def ")]
    name_is_given = [lines[heads[-1] + 1]] if piece == "MyNode" else []
    return "\n".join([*lines[: heads[-1] + 1], *name_is_given, "        ..."])


def test_the_table_has_every_piece_with_three_right_answers_and_five_wrong_ones():
    assert PIECE.keys() == ALL.keys() == texts.exercises.keys()
    for piece in ALL:
        assert len(PIECE[piece].hints) >= 3, piece
        assert len(set(RIGHT[piece])) >= 4 and len(WRONG[piece]) >= 5, piece
    assert sum(map(len, WRONG.values())) >= 150


def test_every_sign_of_a_mistake_has_its_words():
    for piece, signs in SIGNS.items():
        assert signs.keys() <= texts.exercises[piece]["replies"].keys(), piece


@pytest.mark.parametrize("piece", [piece for piece in ALL if piece not in GIVEN])
def test_a_blank_is_to_do(piece):
    assert said(piece, blank(piece)) == f"to do: {PIECE[piece].todo}, then run both cells again"


@pytest.mark.parametrize("piece", ALL)
def test_what_is_right_is_correct_in_any_phrasing(piece):
    praise = f": {PIECE[piece].praise}" if PIECE[piece].praise else ""
    for source in RIGHT[piece]:
        assert said(piece, source) == f"correct{praise}", source


@pytest.mark.parametrize("piece", ALL)
def test_a_wrong_answer_is_told_what_was_seen_then_a_question_then_the_line(piece):
    for source, parts in WRONG[piece]:
        before = "not yet: "
        for step in range(1, len(parts) + 1):
            now = said(piece, source, step)
            assert now.startswith(before) and parts[step - 1] in now[len(before) - 1 :], (source, now)
            before = now
        assert said(piece, source, 3) == before, source


@pytest.mark.parametrize("node", RIGHT["MyNode"])
@pytest.mark.parametrize("piece", [piece for piece in ALL if piece.endswith(("forward", "backward", "many"))])
def test_an_op_on_a_node_that_is_written_differently_is_correct(piece, node):
    own = notebook()
    run(node, own)
    run(answers.RIGHT["MyNode.grad_cost"], own)
    name = piece.partition(".")[0]
    for part in ALL:
        if (part.partition(".")[0] == name and part.endswith("forward")) or part == name:
            run(answers.RIGHT[part], own)
    run(answers.RIGHT[piece], own)
    assert verdict(PIECE[piece], own[name], own).startswith(f"[{piece}] correct")


CLASSES = [name for name in ALL if name[:2] == "My" and "." not in name] + ["MyAdd", "MyMul", "MySigmoid"]
TAKE = f"{', '.join(CLASSES)} = mine{tuple(CLASSES)}"


def keep_to_lesson_04(kernel) -> None:
    """A learner's file with all that lessons 01 to 04 write, and its pieces in the notebook."""
    for piece in sorted(ALL, key=lambda piece: ALL[piece].lesson):
        if ALL[piece].lesson < "05":
            kernel.run(TAKE)
            assert "It is in my_miniflow.py." in kernel.check(piece, answers.RIGHT[piece]), piece
    kernel.run(TAKE)


HOME = """
rooms, km, bias, minus_y = (MyInput(name) for name in ("rooms", "km", "b", "minus_y"))
w0, w1 = MyInput("w0"), MyInput("w1")
price = MyAdd(MyMul(w0, rooms), MyMul(w1, km), bias, name="price")
miss = MyAdd(price, minus_y, name="miss")
cost = MyMul(miss, miss, name="cost")
graph = my_topological_sort({rooms: 5, km: 3, w0: 4, w1: -2, bias: 7, minus_y: -23})
for _ in range(2):
    my_forward_pass(cost, graph)
    my_backward_pass(graph)
arrives = [price.grad_cost(), *(node.gradients[node] for node in (w0, w1, bias, rooms, km))]
print([f"{float(number):g}" for number in (price.value, cost.value, *arrives)])
"""


def test_the_cost_of_a_home_as_a_product_of_one_node_with_itself_goes_backward(kernel):
    keep_to_lesson_04(kernel)
    # The two edges from miss to the cost carry -2 each. The price is 21, y 23 and the cost 4.
    assert kernel.run(HOME) == "['21', '4', '-4', '-20', '-12', '-4', '-16', '8']\n"


TWICE = """
x, y = self.inbound_nodes
if x is y:
    self.gradients = {x: self.grad_cost() * 2 * x.value}
else:
    self.gradients = {x: self.grad_cost() * y.value, y: self.grad_cost() * x.value}"""


def test_a_mend_that_counts_both_edges_of_a_square_is_told_that_grad_cost_does_so(kernel):
    mended = "class MyMul(MyMul):\n    def backward(self):" + TWICE.replace("\n", "\n        ")
    kernel.run('MyMul = mine("MyMul")')
    told = kernel.check("MyMul.backward", mended)
    assert "With one used twice, MyMul(x, x), your entry counts both edges, and is counted twice." in told
    keep_to_lesson_04(kernel)
    kernel.run(mended)
    assert kernel.run(HOME) == "['21', '4', '-8', '-40', '-24', '-8', '-32', '16']\n"  # twice as much


NOTEBOOK = """
x, y, f, q = MyInput("x"), MyInput("y"), MyInput("f"), MyInput("q")
x.value, y.value, t, s = 3.0, np.array([1.0, 2.0]), np.linspace(-5, 5, 11), 0.7
"""


@pytest.mark.parametrize(
    ("piece", "lines", "name"),
    [
        (
            "MyMul.backward",
            "self.gradients = {x: self.grad_cost() * y.value, y: self.grad_cost() * x.value}",
            "x",
        ),
        ("MySigmoid.forward", "self.value = 1 / (1 + np.exp(-x.value))", "x"),
        ("MySigmoid.forward", "self.value = 1 / (1 + np.exp(-t))", "t"),
        ("MySigmoid.backward", "self.gradients = {q: self.grad_cost() * s * (1 - s)}", "q"),
        (
            "MySigmoid.backward",
            "(x,) = self.inbound_nodes\nself.gradients = {x: self.grad_cost() * s * (1 - s)}",
            "s",
        ),
        ("MyInput.backward", "self.gradients = {x: self.grad_cost()}", "x"),
        ("my_forward_pass", "for node in graph:\n    node.forward()\nreturn q.value", "q"),
    ],
)
def test_a_name_that_happens_to_exist_in_the_notebook_is_told(piece, lines, name):
    own = notebook()
    exec(NOTEBOOK, own)
    head = answers.RIGHT[piece].partition("self):\n" if "." in piece else "graph):\n")
    indent = " " * (8 if "." in piece else 4)
    run("".join(head[:2]) + "\n".join(indent + line for line in lines.splitlines()), own)
    told = verdict(PIECE[piece], own[piece.partition(".")[0]], own)
    what = "method" if "." in piece else "function"
    assert told == f"[{piece}] not yet: your {what} reads `{name}`, which was made outside it."


@pytest.mark.parametrize("number", ["1", "1.0", "2", "2.0", "0", "0 * self.value + 2", "self.value"])
@pytest.mark.parametrize("piece", [piece for piece in ALL if piece.endswith(".backward")])
def test_a_number_in_the_place_of_what_arrives_is_wrong(piece, number):
    source = answers.RIGHT[piece]
    assert "self.grad_cost()" in source
    assert said(piece, source.replace("self.grad_cost()", number)).startswith("not yet: ")


def test_every_reply_is_given_to_some_wrong_answer():
    heard = {piece: [said(piece, source, 3) for source, _ in WRONG[piece]] for piece in WRONG}
    heard[""] = [text for texts_of_piece in heard.values() for text in texts_of_piece]
    replies = {("", key): reply for key, reply in texts.shared.items()}
    for piece, words in texts.exercises.items():
        replies |= {(piece, key): reply for key, reply in words.get("replies", {}).items()}
    unmet = [key for key, reply in replies.items() if not any(_is_in(reply, text) for text in heard[key[0]])]
    assert not unmet


def _is_in(reply: list[str], text: str) -> bool:
    return all(sentence in text for sentence in reply[reply[0][:2] in ("= ", "! ", "? ") :])
