"""The way of a learner, in real kernels: days, restarts, hand edits, cells that stop, folders that refuse."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest

from tests.classroom.own.answers import FIND_NODES, IN_ORDER, RIGHT
from miniflow_classroom.own.file import PIECES

KEPT = "It is in my_miniflow.py."
UPDATE = RIGHT["my_sgd_update"]
UPHILL = UPDATE.replace("t.value - ", "t.value + ")
MANY = RIGHT["MyAdd.many"].replace("MyNode", "MyAdd")


# --- days -------------------------------------------------------------------------------------------------


def test_a_lesson_a_day_until_all_is_the_learners(start, tmp_path):
    days = [[p for p in IN_ORDER if PIECES[p].lesson == f"0{number}"] for number in range(1, 7)]
    done = 0
    for number, pieces in enumerate(days):
        if number % 2 == 0:
            kernel = start(tmp_path)  # and what the day before left is gone
        kernel.run(f"from miniflow_classroom.own.file import NAMES\n{FIND_NODES}")
        kernel.run("globals().update(zip(NAMES, mine(*NAMES)))")
        for name in pieces:
            done += 1
            assert kernel.check(name).startswith(f"[{name}] to do: ")
            said = kernel.check(name, RIGHT[name])
            assert said.startswith(f"[{name}] correct") and said.endswith(KEPT), said
            assert kernel.check(name) == said, "the same when it is checked again"
            kernel.run(f'{name.partition(".")[0]} = mine("{name.partition(".")[0]}")')
        count = kernel.mine()
        assert count.startswith(f"{done} of 20 pieces are yours." if done < 20 else "All 20 pieces"), count
    assert count == "All 20 pieces are yours: my_miniflow.py needs only numpy."
    said = kernel.check("MyNode")
    assert said.endswith("then run both cells again. One of yours is in my_miniflow.py."), said
    text = kernel.file.read_text()
    assert "ours" not in text and "miniflow_classroom" not in text
    engine = "from my_miniflow import *\nx = Input('x')\ny = Mul(x, x)\ng = topological_sort({x: 3})\n"
    engine += "forward_and_backward(g)\nassert y.value == 9 and x.gradients[x] == 6"
    by_itself = subprocess.run([sys.executable, "-c", engine], cwd=tmp_path, env={}, capture_output=True)
    assert by_itself.returncode == 0, by_itself.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["my_miniflow.py"]


def test_what_mine_says_before_anything_is_there(kernel):
    assert kernel.mine("MyNode") == "0 of 20 pieces are yours. MyNode is missing (lesson 01): ours is used."
    said = kernel.run('MyAdd, my_train = mine("MyAdd", "my_train")')
    assert said == (
        "0 of 20 pieces are yours. MyAdd.forward is missing (lesson 01) and my_train is\n"
        "missing (lesson 06): ours are used.\n"
    )
    assert kernel.mine() == "0 of 20 pieces are yours."
    assert kernel.run("print(found.MyLinear is found.Linear, found.train is my_train)") == "True True\n"
    assert kernel.run("mine()") == "0 of 20 pieces are yours.\n"
    assert kernel.run("show_mine()") == (
        "There is no my_miniflow.py yet: your first correct piece makes it.\n"
    )
    assert "The name of a piece is one of" in kernel.run('mine("MyTrain")')
    assert not kernel.file.exists()


def test_what_is_there_is_the_learners_and_can_be_read(kernel):
    kernel.check("MyNode", RIGHT["MyNode"])
    kernel.check("MyAdd.forward", RIGHT["MyAdd.forward"])
    assert kernel.mine("MyNode") == "2 of 20 pieces are yours."
    missing = "2 of 20 pieces are yours. MyMul.forward is missing (lesson 01): ours is used."
    assert kernel.mine("MyAdd", "MyMul") == missing
    assert kernel.run("print([kind.__module__ for kind in found])").startswith("['my_miniflow', 'mini")
    shown = kernel.run("show_mine()")
    assert f"\n```python\n{kernel.file.read_text()}```\n" in shown
    kernel.file.write_text(kernel.file.read_text() + '# """```````"""\n')
    assert "\n````````python\n" in kernel.run("show_mine()")


def test_the_notes_of_a_new_day_in_the_reply(kernel):
    kernel.check("MyNode", RIGHT["MyNode"])
    kernel.run("del MyNode")
    note = ", then run both cells again. One of yours is in my_miniflow.py."
    assert kernel.check("MyNode").endswith(note)
    kernel.run('MyNode = mine("MyNode")')
    assert kernel.check("MyNode").endswith(note)
    assert kernel.check("MyInput").endswith("then run both cells again")


# --- what is not the learner's ----------------------------------------------------------------------------


def test_solutions_and_wrong_answers_are_never_kept(kernel):
    kernel.run(UPDATE.replace("my_sgd_update", "my_sgd_update_solution"))
    said = kernel.run('check("my_sgd_update", my_sgd_update_solution)')
    assert said.startswith("[my_sgd_update] correct") and "my_miniflow" not in said
    assert "not yet" in kernel.check("my_sgd_update", UPHILL)
    assert not kernel.file.exists()


def test_ours_is_never_taken_for_the_learners(kernel):
    kernel.run('MyAdd, MyNode, my_train = mine("MyAdd", "MyNode", "my_train")')
    kernel.run("class MyInput(MyNode): pass\nclass MyMul: pass")
    names = [
        "MyAdd.forward",
        "MyAdd.many",
        "MyAdd.backward",
        "MyNode",
        "my_train",
        "MyInput",
        "MyMul.forward",
    ]
    for name in names:
        assert kernel.check(name).startswith(f"[{name}] to do")
    kernel.run("class MyAdd(MyAdd):\n    def backward(self): ...")
    assert "to do" in kernel.check("MyAdd.backward") and "to do" in kernel.check("MyAdd.forward")
    assert not kernel.file.exists()


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        ("MyInput", "from miniflow_lib import Input as MyInput", "Input"),
        ("MyAdd.forward", "from miniflow_lib import Add as MyAdd", "Add"),
        ("MyAdd.forward", "from miniflow_lib import Add\nclass MyAdd(Add): pass", "Add"),
        ("my_sgd_update", "from miniflow_lib import sgd_update as my_sgd_update", "sgd_update"),
    ],
)
def test_the_librarys_own_is_not_the_learners(kernel, name, source, kind):
    said = kernel.check(name, source)
    assert said == f"[{name}] not yet: that is the library's {kind}: write one of your own."


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("", "from miniflow_lib import sgd_update as step\n    step(t, rate)"),
        ("", "import miniflow_lib as lib\n    lib.sgd_update(t, rate)"),
        ("import miniflow_lib as lib", "lib.sgd_update(t, rate)"),
        ("from miniflow_lib import sgd_update as theirs", "theirs(t, rate)"),
        ("from miniflow_lib import sgd_update as theirs", "(lambda: theirs(t, rate))()"),
        ("", "from miniflow_lib.training import sgd_update as step\n    step(t, rate)"),
    ],
)
def test_a_piece_that_only_calls_the_librarys_is_not_the_learners(kernel, before, call):
    kernel.run(before)
    said = kernel.check("my_sgd_update", f"def my_sgd_update(t, rate=0.01):\n    {call}")
    assert said == "[my_sgd_update] not yet: your code uses the library's sgd_update: write it without."
    assert not kernel.file.exists()


def test_a_piece_that_imports_the_library_for_something_else_cannot_be_kept(kernel):
    source = RIGHT["my_sgd_update"].replace(":\n", ":\n    from miniflow_lib import errors\n", 1)
    said = kernel.check("my_sgd_update", source)
    assert said == "[my_sgd_update] not yet: your code uses the library's code: write it without."


def test_what_only_has_the_name_of_the_librarys_is_the_learners(kernel):
    kernel.run(
        "from miniflow_lib import sgd_update as rate\n"
        "def sgd_update(one, step):\n    one.value = one.value - step * one.gradients[one]"
    )
    source = "def my_sgd_update(trainables, rate=0.01):\n    for t in trainables:\n        "
    assert kernel.check("my_sgd_update", source + "t.value = t.value - rate * t.gradients[t]").endswith(KEPT)
    assert kernel.check("my_sgd_update", source + "sgd_update(t, rate)").startswith("[my_sgd_update] correct")


def test_a_neighbour_that_is_wrong_does_not_make_a_right_piece_wrong(kernel):
    kernel.run(f"{UPHILL}\ndef my_forward_and_backward(graph): ...")
    assert kernel.check("my_train", RIGHT["my_train"]).startswith("[my_train] correct")
    assert "not yet" in kernel.check("my_sgd_update")
    assert "my_sgd_update  # ours, until yours is there" in kernel.file.read_text()


# --- cells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("%%time\n" + RIGHT["MyNode"], id="%%time"),
        pytest.param("if True:\n" + "\n".join("    " + row for row in RIGHT["MyNode"].split("\n")), id="if"),
        pytest.param("import functools\n@functools.cache\ndef other(): ...\n" + RIGHT["MyNode"], id="others"),
    ],
)
def test_ways_to_write_a_class(kernel, source):
    assert kernel.check("MyNode", source).endswith(KEPT)
    assert RIGHT["MyNode"] in kernel.file.read_text()


def test_a_line_of_a_timed_cell_has_the_number_that_is_next_to_it(kernel):
    wrong = RIGHT["MyMul.forward"].replace("y.value", "y.value()")
    kernel.run(RIGHT["MyNode"])
    assert "your code stopped at line 4 of your cell, `" in kernel.check("MyMul.forward", wrong)
    assert "your code stopped at line 5 of your cell: " in kernel.check("MyMul.forward", f"%%time\n{wrong}")


def test_a_line_of_another_cell_is_not_called_one_of_your_cell(kernel):
    wrong = RIGHT["MyMul.forward"].replace("y.value", "twice(y)")
    kernel.run(RIGHT["MyNode"])
    kernel.run("def twice(x):\n    return 2 * x")
    assert "line 2 of another cell, `return 2 * x`: " in kernel.check("MyMul.forward", wrong)


def test_ways_to_write_a_function(kernel):
    a_lambda = "my_forward_pass = lambda output, graph: [[n.forward() for n in graph], output.value][1]"
    assert kernel.check("my_forward_pass", a_lambda).endswith(KEPT) and a_lambda in kernel.file.read_text()
    decorated = "@np.errstate(over='ignore')\n" + RIGHT["my_forward_pass"]
    assert kernel.check("my_forward_pass", decorated).endswith(KEPT)
    assert decorated in kernel.file.read_text() and "lambda" not in kernel.file.read_text()
    twice = "def my_forward_pass(output, graph):\n    return 1\n\n" + RIGHT["my_forward_pass"]
    assert kernel.check("my_forward_pass", twice).endswith(KEPT)
    assert "return 1" not in kernel.file.read_text() and "errstate" not in kernel.file.read_text()


def test_methods_with_decorators_and_lambdas(kernel):
    kernel.check("MyNode", RIGHT["MyNode"])
    decorated = "class MyAdd(MyNode):\n    @np.errstate(over='ignore')\n" + "\n".join(
        RIGHT["MyAdd.forward"].split("\n")[1:]
    )
    assert kernel.check("MyAdd.forward", decorated).endswith(KEPT)
    assert decorated in kernel.file.read_text()
    product = "setattr(self, 'value', self.inbound_nodes[0].value * self.inbound_nodes[1].value)"
    a_lambda = f"class MyMul(MyNode):\n    forward = lambda self: {product}"
    assert kernel.check("MyMul.forward", a_lambda).endswith(KEPT) and a_lambda in kernel.file.read_text()


def test_what_a_cell_leans_on_comes_along(kernel):
    kernel.run("from math import prod as product\nimport itertools as it\nfrom numpy import exp")
    kernel.run("RATE = 0.01\ndef unit(g): return g\n")
    kernel.run("def scaled(g):\n    # by nothing\n    return unit(g) * product([1.0]) * exp(0)")
    source = UPDATE.replace("0.01", "RATE").replace("in trainables", "in it.chain(trainables)")
    source = source.replace("t.gradients[t]", "scaled(t.gradients[t])")
    assert kernel.check("my_sgd_update", source).endswith(KEPT)
    text = kernel.file.read_text()
    needed = ["import itertools as it", "from math import prod as product", "from numpy import exp"]
    for line in (*needed, "RATE = 0.01", "    # by nothing", "def unit(g): return g"):
        assert line in text.split("\n"), text
    by_itself = subprocess.run([sys.executable, "-I", str(kernel.file)], capture_output=True)
    assert by_itself.returncode == 0, by_itself.stderr


@pytest.mark.parametrize(
    ("before", "source", "why"),
    [
        (
            "from miniflow_lib import minibatches as theirs",
            f"{UPDATE}\n    theirs",
            "Not kept: it leans on the library's theirs, and your engine has to work by itself.",
        ),
        (
            "table = {1: 2}",
            f"{UPDATE}\n    table",
            "Not kept: it leans on `table`, a dict of this notebook: put it into the cell.",
        ),
        (
            UPDATE.replace("my_sgd_update", "other"),
            "my_sgd_update = other",
            "Not kept: where it was written it is called other, and here my_sgd_update.",
        ),
    ],
)
def test_what_cannot_be_in_a_file_is_correct_and_not_kept(kernel, before, source, why):
    kernel.run(before)
    said = kernel.check("my_sgd_update", source)
    assert said.startswith("[my_sgd_update] correct") and said.endswith(why), said
    assert not kernel.file.exists()


def test_a_method_that_was_put_on_from_outside(kernel):
    kernel.run('MyNode = mine("MyNode")\nclass MyAdd(MyNode):\n    pass')
    kernel.run(f"class Other(MyNode):\n{RIGHT['MyAdd.forward'].partition(chr(10))[2]}")
    said = kernel.check("MyAdd.forward", "MyAdd.forward = Other.forward")
    assert said.endswith("Not kept: forward has to be written in the class MyAdd itself.")
    assert not kernel.file.exists()


def test_what_another_file_has_is_not_kept(kernel, tmp_path):
    (tmp_path / "other.py").write_text(UPDATE)
    kernel.run(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})")
    said = kernel.check("my_sgd_update", "from other import my_sgd_update")
    assert said.endswith("Not kept: it was not written in a cell of this notebook."), said


def test_an_answer_that_is_older_than_its_cell_is_not_judged(kernel):
    kernel.run('MyNode = mine("MyNode")')
    assert kernel.check("MyAdd.forward", RIGHT["MyAdd.forward"]).endswith(KEPT)
    kernel.run(RIGHT["MyAdd.forward"].replace("self):", "self)"))
    said = kernel.check("MyAdd.forward")
    assert "not yet: the cell that defines MyAdd stopped with an error (SyntaxError in line 2)" in said
    assert kernel.check("MyAdd.forward", RIGHT["MyAdd.forward"]).endswith(KEPT)


def test_a_class_of_two_lessons_and_the_one_that_takes_any_number(kernel):
    for name in ("MyNode", "MyNode.grad_cost", "MyAdd.forward", "MyAdd.backward"):
        assert kernel.check(name, RIGHT[name]).endswith(KEPT), name
        kernel.run('MyNode = mine("MyNode")' if "MyNode" in name else 'MyAdd = mine("MyAdd")')
    assert "to do" in kernel.check("MyAdd.many")
    assert kernel.check("MyAdd.many", MANY).endswith(KEPT)
    text = kernel.file.read_text()
    assert "total = total + node.value" in text and "x, y" not in text and "def backward" in text
    said = kernel.check("MyAdd.forward", RIGHT["MyAdd.forward"])
    assert said.endswith("In my_miniflow.py your MyAdd takes any number of inputs, so that one stays.")
    assert kernel.file.read_text() == text
    assert kernel.check("MyAdd.forward", MANY).endswith(KEPT) and kernel.file.read_text() == text


def test_the_same_mistake_is_told_in_three_steps(kernel):
    kernel.run(
        "from dataclasses import replace\n"
        "from miniflow_classroom.judge import check as module\n"
        "old = module.exercises()['my_sgd_update']\n"
        "steps = ('It goes up.', 'Which way is down?', 'Subtract.')\n"
        "one = replace(old, mistakes=[(lambda got: True, steps)])\n"
        "module.exercises = lambda: {'my_sgd_update': one}"
    )
    said = [kernel.check("my_sgd_update", UPHILL) for _ in range(4)]
    begins = "[my_sgd_update] not yet: It goes up."
    assert said[:2] == [begins, f"{begins} Which way is down?"]
    assert said[2:] == [f"{begins} Which way is down? Subtract."] * 2
    kernel.run("from miniflow_classroom.judge.exercise import exercises\nmodule.exercises = exercises")


# --- the file as others left it ---------------------------------------------------------------------------


def test_what_was_changed_by_hand(kernel):
    for name in ("MyNode", "MyAdd.forward", "MyMul.forward"):
        kernel.check(name, RIGHT[name])
    first = kernel.file.read_text()
    kernel.file.write_text(first.replace("x.value + y.value", "y.value + x.value  # mine"))
    said = kernel.check("MyAdd.forward")
    assert said.endswith(
        "In my_miniflow.py you have changed MyAdd.forward since: that stays as it is. To have this one there "
        'instead, run these two lines: from miniflow_classroom import keep keep("MyAdd.forward")'
    )
    assert "# mine" in kernel.file.read_text() and kernel.mine("MyAdd") == "3 of 20 pieces are yours."
    two_lines = kernel.run('del keep\ncheck("MyAdd.forward")').splitlines()[-2:]  # no lesson imports keep
    kept = " ".join(kernel.run("\n".join(two_lines)).split())
    assert kept.endswith(f"{KEPT} What was there is in my_miniflow_before_1.py.")
    assert kernel.file.read_text() == first
    assert "# mine" in kernel.file.with_name("my_miniflow_before_1.py").read_text()
    kernel.file.write_text(first.replace("x.value + y.value", "x.value - y.value"))
    said = kernel.mine("MyAdd", "MyMul")
    assert said.startswith("2 of 20 pieces are yours. MyAdd was changed in my_miniflow.py and is not right")
    assert said.endswith("Ours is used.")
    assert kernel.run("print(found[0].__module__)") == "miniflow_classroom.own.standins\n"
    kernel.file.write_text(first.replace("self.value = None", "self.value = 0"))
    said = kernel.mine("MyMul")
    assert said == (
        "0 of 20 pieces are yours. MyMul is built on MyNode, which is not right there. Ours is used."
    )
    assert kernel.mine("MyNode").startswith("0 of 20 pieces are yours. MyNode was changed in my_miniflow.py")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"class MyMul(MyNode)\n    pass", "cannot be read (expected ':', line 1): correct it there first"),
        (b"\xff\xfe\x00binary\x00", "cannot be read (it is not text)"),
        (b"import nothing_of_this_name", "stops with ModuleNotFoundError: correct it there first"),
        (b"class A:\n    raise SystemExit", "stops with SystemExit: correct it there first"),
        (
            b"class A:\n    while True:\n        print(1)",
            "stops with a loop without end: correct it there first",
        ),
        (b"x" * 1_000_001, "is no file, or too large: move it away first"),
        (None, "is no file, or too large: move it away first"),
    ],
)
def test_a_file_that_cannot_be_used(kernel, text, why):
    kernel.run("from miniflow_classroom.own import keeping\nkeeping.SECONDS = 0.5")
    if text is None:
        kernel.file.mkdir()
    else:
        kernel.file.write_bytes(text)
    assert kernel.mine("MyMul") == f"my_miniflow.py {why}. Until then ours is used."
    assert kernel.run("print(found.__module__)") == "miniflow_classroom.own.standins\n"
    assert kernel.check("my_sgd_update", UPDATE).endswith(f" Not kept: my_miniflow.py {why}.")
    if text is not None:
        assert kernel.file.read_bytes() == text


def test_a_program_at_the_end_of_the_file_is_not_run(kernel):
    kernel.check("my_sgd_update", UPDATE)
    kernel.file.write_text(kernel.file.read_text() + "\nprint('hello')\nwhile True:\n    pass\n")
    assert kernel.mine("my_sgd_update") == "1 of 20 pieces is yours."
    assert kernel.check("my_forward_pass", RIGHT["my_forward_pass"]).endswith(KEPT)
    assert kernel.file.read_text().endswith("\nprint('hello')\nwhile True:\n    pass\n")


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_folder_or_a_file_that_refuses(kernel, tmp_path, what):
    if what == "file":
        kernel.check("MyNode", RIGHT["MyNode"])
        kernel.file.chmod(0o400)
    else:
        tmp_path.chmod(0o500)
    said = kernel.check("my_sgd_update", UPDATE)
    tmp_path.chmod(0o700)
    assert said.endswith("Not kept, since my_miniflow.py cannot be written (Permission denied).")
    assert "sgd" not in (kernel.file.read_text() if what == "file" else "")
    assert len([*tmp_path.iterdir()]) == (what == "file")


def test_a_link_stays_a_link_and_the_mode_of_the_file_its_mode(kernel, tmp_path):
    (tmp_path / "disk").mkdir()
    target = tmp_path / "disk" / "engine.py"
    target.write_text("")
    target.chmod(0o640)
    kernel.file.symlink_to(target)
    assert kernel.check("my_sgd_update", UPDATE).endswith(KEPT)
    assert kernel.file.is_symlink() and "def my_sgd_update" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640 and [*target.parent.iterdir()] == [target]


def test_nothing_is_written_or_read_among_the_series_own_notebooks(kernel, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "miniflow_lib").mkdir()
    kernel.new_day(tmp_path / "notebooks")
    said = kernel.check("my_sgd_update", UPDATE)
    assert said.endswith(
        "(Not kept: this is the series' own folder. In your own copy it goes into my_miniflow.py.)"
    )
    assert not [*(tmp_path / "notebooks").iterdir()]
    kernel.file.write_text(UPDATE)
    assert kernel.mine("my_sgd_update").startswith("0 of 20 pieces are yours.")


# --- several kernels --------------------------------------------------------------------------------------


def test_two_notebooks_at_once_lose_nothing(start, tmp_path):
    """Both check all their pieces at the same time, and one has changed its folder."""
    one, other = start(tmp_path), start(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    one.run("import os\nos.chdir('elsewhere')")
    functions = [name for name in IN_ORDER if name.startswith("my_")]
    for kernel, names in ((one, functions[::2]), (other, functions[1::2])):
        cell = "\n\n".join([FIND_NODES, *(RIGHT[name] for name in names)])
        kernel.client.execute(cell + "".join(f'\ncheck("{name}")' for name in names))
    for kernel in (one, other):
        kernel.run("")
    text = (tmp_path / "my_miniflow.py").read_text()
    assert [name for name in functions if f"def {name}(" not in text] == []
    assert other.mine(*functions) == "6 of 20 pieces are yours."
    (tmp_path / "elsewhere").rmdir()
    assert [path.name for path in tmp_path.iterdir()] == ["my_miniflow.py"]


@pytest.mark.parametrize("command", ["execute", "nbconvert --execute --to notebook"])
def test_a_notebook_that_is_run_from_outside(tmp_path, command):
    cells = ["from miniflow_classroom import check", UPDATE, 'check("my_sgd_update")']
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    (tmp_path / "work").mkdir()
    nbformat.write(notebook, tmp_path / "work" / "lesson.ipynb")
    run = [sys.executable, "-m", "jupyter", *command.split(), "work/lesson.ipynb"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "def my_sgd_update" in (tmp_path / "work" / "my_miniflow.py").read_text()
