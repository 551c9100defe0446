"""progress(): the state of every exercise of a lesson, in one look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import hand_ins
from tests.classroom.own.answers import RIGHT
from miniflow_classroom import progress
from miniflow_classroom.exercises import lesson_01
from miniflow_classroom.own import file


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "HOME", tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


@pytest.fixture
def said(capsys):
    """What progress(...) prints below cells of this code, by lines."""

    def run(source: str, call: str = 'progress("01")', **own: object) -> list[str]:
        own |= {"__name__": "__main__", "progress": progress}
        exec(source, own)
        before = dict(own)
        exec(call, own)
        assert own == before
        return capsys.readouterr().out.splitlines()

    return run


def test_each_exercise_has_its_line_and_its_mistake(said):
    node = "class MyNode:\n    def __init__(self, *nodes, name=None):\n        self.name = name\n"
    ours = "from miniflow_lib import Add as MyAdd, Mul as MyMul\n"
    lines = said(ours + node + hand_ins.solutions("01")["recipe"])
    assert lines == [
        "Lesson 01, 6 exercises: 1 correct, 3 not yet and 2 to do.",
        "  MyNode         not yet  A new node has no value.",
        "  MyInput        to do",
        "  MyAdd.forward  not yet  that is the library's Add: write one of your own.",
        "  MyMul.forward  not yet  that is the library's Mul: write one of your own.",
        "  recipe         correct",
        "  run_all        to do",
        "(An exercise that is no piece of my_miniflow.py is seen only after its cell has",
        "run in this notebook.)",
    ]


def test_a_loop_without_end_costs_its_limit_and_the_others_are_told(said, monkeypatch):
    quick = [replace(exercise, seconds=0.1) for exercise in lesson_01.EXERCISES]
    monkeypatch.setattr(lesson_01, "EXERCISES", quick)
    lines = said("def recipe(x, y):\n    while True: pass\ndef run_all(node): return 3")
    text = " ".join(" ".join(lines).split())
    assert "recipe not yet your code was still running after 0.1 seconds" in text
    assert "run_all not yet" in text and "4 to do" in text


def test_an_interrupt_ends_it_with_what_it_has_found(said):
    lines = said("def recipe(x, y): raise KeyboardInterrupt\ndef run_all(node): return 3")
    text = " ".join(" ".join(lines).split())
    assert "(It was interrupted before it came to the others.)" in text
    assert "recipe" not in text and "run_all" not in text and "4 to do" in text


def test_what_the_file_has_is_correct_and_the_file_stays_as_it_is(said, tmp_path):
    pieces = ("MyNode", "MyAdd.forward", "MyLinear.forward")
    text = "import numpy as np\n" + "\n".join(RIGHT[name] for name in pieces)
    own = tmp_path / "my_miniflow.py"
    own.write_text(text)
    lines = said("")
    assert lines[0] == "Lesson 01, 6 exercises: 2 correct and 4 to do."
    assert "  MyAdd.forward  correct  in my_miniflow.py" in lines
    at_first = said("", "progress(3)")
    assert "  MyLinear.forward   correct  in my_miniflow.py" in at_first
    assert "  MyAdd.many         to do" in at_first
    many = RIGHT["MyAdd.many"].replace("(MyAdd)", "(MyNode)")
    own.write_text(text.replace(RIGHT["MyAdd.forward"], many))
    assert "  MyAdd.many         correct  in my_miniflow.py" in said("", "progress('03')")
    assert own.read_text().startswith("import numpy as np\n") and len(list(tmp_path.glob("*.py"))) == 1


def test_the_lesson_is_that_of_the_notebook(said, monkeypatch):
    assert said("", "progress()")[0].startswith("Which lesson is this? Ask, for example, ")
    ran = {"In": ["", 'check("recipe")', "check('run_all')", 'check("ReLU")', "x = 1", 'check("nothing")']}
    assert said("", "progress()", **ran)[0].startswith("Lesson 01, ")
    monkeypatch.setenv("JPY_SESSION_NAME", "/work/new 05_backprop_layers.ipynb")
    assert said("", "progress()", **ran)[0].startswith("Lesson 05, ")
    assert said("", "progress('02')")[0].startswith("Lesson 02, ")
    for odd in ("9", "[1]", "3.5", "'three'"):
        assert said("", f"progress({odd})")[0].startswith("There is no such lesson. ")


def test_no_answer_makes_it_raise(said):
    evil = """
class Evil:
    def __getattribute__(self, name): raise RuntimeError(name)
    def __eq__(self, other): raise RuntimeError
    __hash__ = None
recipe = MyNode = Evil()
"""
    lines = said(evil, "progress('01')")
    assert lines[0] == "Lesson 01, 6 exercises: 2 not yet and 4 to do."
