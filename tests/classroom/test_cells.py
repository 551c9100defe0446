"""A check never judges an answer that is older than the last run of the cell that defines it."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from miniflow_classroom.judge import cells
from miniflow_classroom.show.words import wrapped

SETUP = """
from miniflow_classroom import check
from miniflow_classroom.judge import check as checks
from miniflow_classroom.judge.exercise import Exercise
from miniflow_classroom.judge.vocabulary import function, value
judges = {"answer": function([(2,), (-3,)], like=abs), "letter": value("D")}
found = {
    name: Exercise(name=name, todo="write it", judge=judge, mistakes=[], hints=["one", "two"])
    for name, judge in judges.items()
}
checks.exercises = lambda: found
"""
RIGHT = "def answer(x):\n    return abs(x)"
CORRECT = "[answer] correct\n"


def said_after(*sources: str, ask: str = "check('answer')", store_history: bool = True) -> list[str]:
    """What check says after each of these cells, in a kernel of their own."""
    runs = [SETUP]
    for source in sources:
        runs += [source, ask]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(run) for run in runs])
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index, store_history=store_history)
    return ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells[2::2]]


def older(name: str, how: str) -> str:
    return wrapped(
        f"[{name}] not yet: the cell that defines {name} stopped with an error ({how}), so any {name} that "
        "is there is older. Correct the cell, run it, and check again.\n"
    )


def test_an_answer_is_not_judged_when_its_cell_has_stopped_since():
    cells_and_replies = [
        ("def answer(x)\n    return abs(x)", older("answer", "SyntaxError in line 1")),  # no earlier one
        (RIGHT, CORRECT),
        ("# a try\ndef answer(x):\n    return abs(x", older("answer", "SyntaxError in line 3")),
        ("other = 1", older("answer", "SyntaxError in line 3")),
        ("2 +", older("answer", "SyntaxError in line 3")),
        (RIGHT, CORRECT),
        ("  answer = abs\nother = 2", older("answer", "IndentationError in line 1")),
        (RIGHT, CORRECT),
        ("print(undefined)\n" + RIGHT, older("answer", "NameError in line 1")),
        (RIGHT, CORRECT),
        ("%time print(1)\n\nanswer = undefined", older("answer", "NameError in line 3")),
        (RIGHT, CORRECT),
        ("def answer(x=undefined):\n    return abs(x)", older("answer", "NameError in line 1")),
        (RIGHT, CORRECT),
        (
            "if True:\n    raise KeyboardInterrupt\n    answer = abs",
            older("answer", "KeyboardInterrupt in line 2"),
        ),
        (RIGHT, CORRECT),
        ("%%time\nundefined\nanswer = abs", older("answer", "NameError")),
        ("%%time\nanswer = abs", CORRECT),
        ("%%time\ndef answer(x):\n    ...", "[answer] to do: write it, then run both cells again\n"),
        ("return 1\nanswer = abs", older("answer", "SyntaxError in line 1")),
        ("from miniflow_lib import nothing as answer", older("answer", "ImportError in line 1")),
        ("for answer in [abs]: pass", CORRECT),
    ]
    replies = said_after(*(cell for cell, _ in cells_and_replies))
    for (cell, want), said in zip(cells_and_replies, replies, strict=True):
        assert said == want, cell


def test_under_nbval_that_keeps_no_history_it_is_the_same():
    replies = said_after(RIGHT, "def answer(x", RIGHT, store_history=False)
    assert replies == [CORRECT, older("answer", "SyntaxError in line 1"), CORRECT]


def test_an_answer_that_its_cell_has_made_before_it_stopped_is_judged():
    cells_and_replies = [
        (RIGHT + "\nprint(undefined)", CORRECT),
        ("answer = len\nif True:\n    def answer(x): return abs(x)\n    1 / 0", CORRECT),
        ("answer = len\nreturn 1", "not yet: your code stopped"),
        (
            "def helper(answer):\n    return [answer for answer in (1, 2)] + answer\nhelper(3)",
            "not yet: your code",
        ),
        ("print(undefined, (lambda answer: 1))", "not yet: your code"),
        ("answer == 3 +", "not yet: your code"),
        ("check(name=\n    answer=3,\n", "not yet: your code"),
        (RIGHT, CORRECT),
        ("del answer\n1 / 0", "[answer] to do: "),
    ]
    replies = said_after(*(cell for cell, _ in cells_and_replies))
    for (cell, part), said in zip(cells_and_replies, replies, strict=True):
        assert part in said, cell


def test_a_value_is_new_when_its_line_was_reached_even_if_it_is_the_same_as_before():
    replies = said_after(
        'letter = "D"',
        'letter = "D"\nundefined',
        'undefined\nletter = "D"',
        'letter = "D"',
        ask="check('letter')",
    )
    right = "[letter] correct\n"
    assert replies == [right, right, older("letter", "NameError in line 1"), right]


def test_a_solution_is_judged_whatever_happened_to_the_answer():
    (said,) = said_after("answer = ", ask="check('answer', abs)")
    assert said == CORRECT


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("class Sub(Node)\n    pass", {"Sub"}),
        ("clas Sub(Node):\n    pass", {"Sub"}),
        ("Def run(node):\n    pass", {"run"}),
        ("async def run(node:\n    pass", {"run"}),
        ("a, b = = 1", {"a", "b"}),
        ("a: dict[str, int] = {1", {"a"}),
        ("  a = 1\nb = 2\n", {"a", "b"}),
        ("print(a == 1", set()),
        ("f(\n    a=1,\n    b=2, \n", set()),
        ("del a +", set()),
    ],
)
def test_of_a_cell_that_cannot_be_read_the_names_are_found_that_it_seems_to_define(cell, names):
    assert cells.defined_in(cell) - {""} == names


def test_outside_a_notebook_nothing_is_followed():
    source = "from miniflow_classroom.judge import cells; cells.watch(); print([cells.stopped('answer')])"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "['']\n"
