"""The file: any order of the pieces, and what a hand wrote in it. In this process, without a kernel."""

from __future__ import annotations

import ast
import random
import sys
from threading import Thread

import pytest

from tests.classroom.own.answers import FIND_NODES, RIGHT
from miniflow_classroom.own import file, keeping
from miniflow_classroom.own.file import ALL, NAMES, PIECES, Source, finished, merged
from miniflow_classroom.own.sources import NotKept


def put(text: str, name: str, source: str = "", force: bool = False) -> tuple[str, list[str]]:
    """The file with this answer in it, and what has been changed there by hand."""
    source = source or RIGHT[name]
    needs = {"find_nodes": FIND_NODES} if "find_nodes" in source else {}
    answer = ast.get_source_segment(source, ast.parse(source).body[-1])
    result, changed = merged(text, name, answer, needs, force)
    return finished(result), changed


def whole(*names: str) -> str:
    text = ""
    for name in names or PIECES:
        text, _ = put(text, name)
    return text


@pytest.mark.parametrize("seed", range(5))
def test_any_order_gives_the_same_file_and_can_be_imported_at_every_step(seed):
    order = list(PIECES)
    random.Random(seed).shuffle(order)
    text = ""
    for number, name in enumerate(order, 1):
        text, _ = put(text, name)
        exec(compile(text, "my_miniflow.py", "exec"), {"__name__": "my_miniflow"})
        there = keeping._loaded(text)
        assert len(there.yours) == number and not there.said
    assert text == whole() and "miniflow_" not in text.replace("my_miniflow", "")


def test_the_last_piece_needs_numpy_and_nothing_of_ours():
    imports = [ast.unparse(n) for n in ast.parse(whole()).body if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert imports == ["import numpy as np"]
    missing = whole("MyMul.backward", "my_train")
    assert "from miniflow_classroom.own.standins import MyMul  # ours, until yours is there" in missing


def test_a_piece_that_is_there_is_put_in_again_without_a_change():
    text = whole()
    for name in PIECES:
        assert put(text, name) == (text, [])


def test_the_forms_of_the_file_are_those_of_a_person():
    text = whole("MyNode", "MyAdd.forward", "my_topological_sort")
    rows = text.split("\n")
    assert rows[:3] == [file.HEAD.split("\n")[0], "", "import numpy as np"]
    assert "    def forward(self):\n        x, y = self.inbound_nodes" in text and "\n\n\n\n" not in text
    names = "Node = MyNode\nAdd = MyAdd\ntopological_sort = my_topological_sort\n# kept by check: "
    assert f"\n\n\n{file.ALIASES}\n{names}" in text
    assert all(len(row) <= 110 for row in whole().split("\n"))


HAND = '''#!/usr/bin/env python
"""My own words."""

from __future__ import annotations

import numpy as np
import itertools; import math  # two in a line

# about nodes

class MyNode:   # mine
    """A node."""
    kind = "node"
    count = 0

    def __init__(self, *inbound_nodes, name=None):
        self.text = """
  kept
"""


class MyAdd(
    MyNode,
):

\t# tabs
\tdef forward(self):
\t\tself.value = 1

class MyHalf(MyNode):
    def forward(self): pass



RATE = 0.01; STEP = 2
@np.errstate(over="ignore")
# a decorator
def helper(): return RATE


if __name__ == "__main__":
    x = MyNode()

    print(Linear, x)
Half = MyHalf
# the end'''


def test_what_a_hand_wrote_is_kept_to_the_letter():
    assert Source(HAND).text == HAND + "\n"
    text = HAND
    for name in PIECES:
        if name not in ("MyNode", "MyAdd.forward"):
            text, changed = put(text, name)
            assert not changed
    missing = [row for row in HAND.split("\n") if row.strip() and row not in text.split("\n")]
    assert missing == []
    places = [text.index(part) for part in ("def my_train", file.ALIASES, "class MyHalf", "if __name__")]
    assert places == sorted(places)
    assert "\tdef forward(self):\n\t\tself.value = 1\n\n\tdef backward(self):\n\t    self.gradients" in text
    assert put(text, "my_train")[0] == text and text.count("Half = MyHalf") == 1


def test_what_was_changed_by_hand_stays_until_asked():
    edited = whole().replace("1 / (1 + np.exp(-x.value))", "np.tanh(x.value / 2) / 2 + 0.5  # mine")
    assert put(edited, "MySigmoid.forward") == (finished(Source(edited)), ["MySigmoid.forward"])
    assert put(edited, "MySigmoid.forward", force=True) == (whole(), [])


def test_a_comment_of_the_learners_is_no_reason_to_complain_and_stays():
    edited = whole().replace("    for t in trainables:", "    # downhill\n    for t in trainables:")
    text, changed = put(edited, "my_sgd_update")
    assert changed == [] and "# downhill" in text


def test_a_new_answer_takes_the_place_of_one_that_check_wrote():
    better = RIGHT["MySigmoid.forward"].replace("1 / (1 + np.exp(-x.value))", "(1 + np.exp(-x.value)) ** -1")
    text, changed = put(whole(), "MySigmoid.forward", better)
    assert "** -1" in text and "1 / (1 +" not in text and changed == []


def test_only_what_was_checked_goes_into_the_file():
    both = (
        RIGHT["MyAdd.forward"] + "\n\n    def backward(self): ...\n\n    def more(self):\n        return 2\n"
    )
    text, _ = put("", "MyAdd.forward", both)
    assert "backward" not in text and "def more(self):" in text


def test_a_helper_is_above_the_piece_that_needs_it_and_goes_when_nothing_does():
    text = whole("MyNode", "my_topological_sort", "my_train")
    assert text.index("def find_nodes") == text.index("def my_topological_sort") - len(FIND_NODES) - 3
    alone = "def my_topological_sort(feed_dict):\n    return list(feed_dict)"
    assert "find_nodes" not in put(text, "my_topological_sort", alone)[0]


def test_a_number_goes_with_the_helper_that_used_it():
    needs = {"scaled": "def scaled(v):\n    return factor * v", "factor": "factor = 1.0"}
    piece = "def my_train(graph):\n    return scaled(graph)"
    source, _ = file.merged(whole("MyNode"), "my_train", piece, needs, False)
    text = file.finished(source)
    assert "factor = 1.0" in text and "def scaled(v):" in text
    text, _ = put(text, "my_train", "def my_train(graph):\n    return 1")
    assert "factor" not in text and "scaled" not in text


def test_a_helper_of_the_same_name_that_another_piece_uses_is_not_written_over():
    source = "def my_sgd_update(trainables):\n    return find_nodes(trainables)"
    with pytest.raises(NotKept, match=r"my_topological_sort in my_miniflow\.py uses another `find_nodes`"):
        merged(whole(), "my_sgd_update", source, {"find_nodes": "def find_nodes(x):\n    return x"}, False)


def test_a_class_that_was_written_on_itself_gets_its_base_when_the_first_half_comes():
    text = whole("MyMul.backward")
    assert "class MyMul(MyMul):" in text
    assert "class MyMul(MyNode):" in put(text, "MyMul.forward")[0]


@pytest.mark.parametrize(
    ("broken", "how"),
    [
        ("class MyNode(:\n    pass\n", r"invalid syntax, line 1"),
        ("x = 1\ndef f(:\n", "line 2"),
        ("\0", "cannot be read"),
        ("(" * 5000, "cannot be read"),
        ("class MyAdd(MyNode): forward = 1", "is on a single line: write it on several first"),
    ],
)
def test_a_file_that_cannot_be_used_is_left_alone(broken, how):
    with pytest.raises(NotKept, match=how):
        put(broken, "MyAdd.forward")


def test_every_piece_has_an_exercise_and_the_names_are_those_of_ours():
    from miniflow_classroom.judge.exercise import exercises

    assert {*ALL} <= {*exercises()} and all(hasattr(keeping.standins, name) for name in NAMES)
    assert sys.modules.get("my_miniflow") is None


# --- writing ----------------------------------------------------------------------------------------------


def add(row: str) -> None:
    """A row more in the file, as often as another one is faster."""
    while True:
        before = file.read()
        if file.write(before + row, instead_of=before, backup=False) is not None:
            return


def test_no_row_is_lost_when_many_write_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "HOME", tmp_path)
    threads = [Thread(target=lambda n=n: [add(f"# {n} {k}\n") for k in range(20)]) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = file.read().split("\n")
    assert sorted(rows) == sorted(["", *(f"# {n} {k}" for n in range(5) for k in range(20))])
    assert [path.name for path in tmp_path.iterdir()] == ["my_miniflow.py"]


def test_what_a_killed_kernel_left_is_in_the_way_for_a_moment_only(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "HOME", tmp_path)
    monkeypatch.setattr(file, "PATIENCE", 0.1)
    (tmp_path / ".my_miniflow.py.new").write_text("half of a fi")
    add("x = 1\n")
    assert file.read() == "x = 1\n" and [path.name for path in tmp_path.iterdir()] == ["my_miniflow.py"]


def test_each_copy_of_what_was_there_has_a_name_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "HOME", tmp_path)
    names = [file.write(f"x = {n}\n", instead_of=file.read(), backup=True) for n in range(3)]
    assert names == ["", "my_miniflow_before_1.py", "my_miniflow_before_2.py"]
    assert [(tmp_path / name).read_text() for name in names[1:]] == ["x = 0\n", "x = 1\n"]
