"""What a class has handed in: whose it is, what is wrong with it, and the table."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import ClassVar

import nbformat
import psutil  # ipykernel brings it
import pytest

from tests import hand_ins
from tools import one_hand_in
from tools.__main__ import main
from tools.collect import HandIn, _rows, collect, hand_in, student_of
from tools.results import Row, as_csv, as_page
from miniflow_classroom.own.progress import of_lesson

ROOT = Path(__file__).resolve().parents[2]


def notebook(*cells: str | tuple[str, str], metadata: dict | None = None) -> str:
    """The text of a notebook with these cells; a pair is a tag and the code."""
    made = [
        nbformat.v4.new_code_cell(cell, id=f"c{n}")
        if isinstance(cell, str)
        else nbformat.v4.new_code_cell(cell[1], id=f"c{n}", metadata={"tags": [cell[0]]})
        for n, cell in enumerate(cells)
    ]
    return nbformat.writes(nbformat.v4.new_notebook(cells=made, metadata=metadata or {}))


# --- whose it is, and which lesson ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ann_03_ops.ipynb", "ann"),
        ("Ann Example - 03_ops (1).ipynb", "Ann Example"),
        ("2026_ann_03_ops.ipynb", "2026_ann"),
        ("Zoe\u0308_03_ops.ipynb", "Zo\u00eb"),
        ("03_ops_ann.ipynb", "03_ops_ann"),
        ("my homework.ipynb", "my homework"),
        ("ann/03_ops.ipynb", "ann"),
        ("ann/day 2/03_ops.ipynb", "ann"),
        ("submitted/ann/ps1/03_ops.ipynb", "ann"),
        ("Ann Example_12345_assignsubmission_file_/03_ops.ipynb", "Ann Example"),
        ("Ann Example_12345_assignsubmission_file/03_ops.ipynb", "Ann Example"),
        ("Ann Example_12345_assignsubmission_file_03_ops.ipynb", "Ann Example"),
        ("a\u202ebc\n/03_ops.ipynb", "a bc"),
    ],
)
def test_the_student_is_the_first_folder_or_what_stands_before_the_lesson(path, student):
    assert student_of(PurePosixPath(path)) == student


def read(folder: Path, name: str, text: str | bytes) -> tuple[str, list[str], list[str]]:
    """Lesson, exercises and troubles of a file of this name."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = hand_in(path, folder)
    return found.lesson, list(found.asked), found.outcome.troubles


def test_the_lesson_is_what_the_metadata_say_else_the_name_else_the_exercises(tmp_path):
    cells = [(f"exercise:{name}", "x = 1") for name in of_lesson("03")]
    marked = {"miniflow": {"lesson": "03"}}
    assert read(tmp_path, "ann_05.ipynb", notebook(*cells, metadata=marked)) == ("03", of_lesson("03"), [])
    for name in ("ann_03_ops.ipynb", "Team 02_1_assignsubmission_file_03_ops.ipynb", "homework.ipynb"):
        assert read(tmp_path, name, notebook(*cells)) == ("03", of_lesson("03"), []), name
    odd = {"miniflow": {"lesson": ["03"]}, "nbgrader": 3}
    assert read(tmp_path, "x_03_.ipynb", notebook(*cells, metadata=odd))[0] == "03"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x_03_ops.ipynb", "", "it cannot be read: it is damaged, or not a notebook"),
        ("x_03_ops.ipynb", b"%PDF-1.4 \xff\xfe", "it cannot be read: it is damaged, or not a notebook"),
        ("x_03_ops.ipynb", "[" * 100_000, "it cannot be read: it is damaged, or not a notebook"),
        ("x_03_ops.ipynb", '{"cells": [3]}', "it cannot be read: it is damaged, or not a notebook"),
        ("x_03_ops.ipynb", '{"cells": [], "metadata": []}', "it cannot be read: it is damaged"),
        ("x_03_ops.ipynb", notebook(), "it is empty: it has no code"),
        ("x_03_ops.ipynb", notebook("", " "), "it is empty: it has no code"),
        ("x_03_ops.ipynb", notebook("print(1)"), "it is not a lesson of this series"),
        ("x_03_ops.ipynb", notebook('check("Product")'), "it is of another edition"),
        ("x_03_ops.zip", b"PK", "it is a zip file: unpack it"),
        ("x_03_ops.pdf", b"%PDF", "it is not a notebook, and there is no notebook next to it"),
    ],
)
def test_what_cannot_be_judged_costs_a_sentence(tmp_path, name, text, said):
    _, asked, (trouble,) = read(tmp_path, name, text)
    assert trouble.startswith(said) and not asked


def test_an_older_edition_is_judged_as_far_as_it_goes(tmp_path):
    old = notebook('check("layer_shapes")', 'check("Product")', ("solution:x", 'check("one_linear")'))
    assert read(tmp_path, "x_03_ops.ipynb", old) == (
        "03",
        ["layer_shapes"],
        ["it is of another edition of the series: this one has no Product"],
    )
    _, asked, (trouble,) = read(tmp_path, "x_03_ops.ipynb", notebook('check("layer_shapes")'))
    assert asked == ["layer_shapes"] and trouble.startswith("its cells for my_forward_pass, MyAdd.many, ")


# --- the table --------------------------------------------------------------------------------------------


def a_class() -> list[Row]:
    states = dict.fromkeys(of_lesson("01"), ("correct", ""))
    wrong = {"run_all": ("not yet", "late"), "recipe": ("not yet", "<b>common</b>")}
    return [
        Row("=cmd()", {"01": states | wrong}, [("a.ipynb", '+1, "x"')]),
        Row("<img src=x>", {"01": states | {"recipe": ("not yet", "<b>common</b>")}}),
        Row("Zoë", {"03": {"ReLU": ("to do", "")}}),
        Row("nobody", {}, [("<b>.ipynb", "it is <b>")]),
    ]


def test_the_spreadsheet_has_a_row_for_each_student_and_runs_nothing():
    content = as_csv(a_class())
    assert content.startswith(b"\xef\xbb\xbf") and "Zoë".encode() in content
    head, *rows = csv.reader(content.decode("utf-8-sig").splitlines())
    columns = [f"{lesson} {name}" for lesson in ("01", "03") for name in of_lesson(lesson)]
    assert head == ["student", "correct", *columns, "troubles"]
    assert [row[:2] for row in rows] == [
        ["'=cmd()", "4 of 6"],
        ["<img src=x>", "5 of 6"],
        ["Zoë", "0 of 8"],
        ["nobody", ""],
    ]
    by_name = dict(zip(head, rows[2]))
    assert by_name["03 ReLU"] == "to do" and by_name["03 MyAdd.many"] == by_name["01 MyNode"] == ""
    assert not [field for row in rows for field in row if field.startswith(("=", "+", "-", "@"))]


class Tables(HTMLParser):
    """The rows of a page's tables as text, and all of its elements."""

    def __init__(self, page: str):
        super().__init__()
        self.rows: list[list[str]] = []
        self.kinds: set[str] = set()
        self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.kinds.add(tag)
        self.in_cell = tag in ("td", "th") or (self.in_cell and tag in ("code", "wbr"))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data.strip("\n")


def test_the_page_has_the_commonest_mistake_first_and_shows_names_as_they_are():
    page = as_page(a_class()).decode()
    seen = Tables(page)
    assert seen.rows[1:3] == [
        ["2", "01 recipe", "<b>common</b>", "=cmd(), <img src=x>"],
        ["1", "01 run_all", "late", "=cmd()"],
    ]
    row = next(row for row in seen.rows if row[0] == "<img src=x>")
    assert row[:7] == ["<img src=x>", "5 of 6", *["✓ correct"] * 4, "✗ not yet"]
    stuck = next(row for row in seen.rows if row[0] == "not yet, of all")
    assert stuck[2:8] == ["0", "0", "0", "0", "2", "1"] and set(stuck[8:]) == {"0"}
    assert not seen.kinds & {"img", "b", "script", "link"} and not re.search(r"https?:|url\(", page)
    assert ["nobody", "<b>.ipynb", "it is <b>"] in seen.rows
    assert as_page(a_class()).decode() == page


def test_a_class_without_mistakes_has_none():
    assert "There are none." in as_page([Row("a", {"01": {}})]).decode()


def test_letters_that_no_file_can_hold_cost_nobody_the_table():
    """A name in another system's letters, as an old zip leaves it, or half a letter in a message."""
    states = dict.fromkeys(of_lesson("01"), ("correct", "")) | {"recipe": ("not yet", "half \ud83d")}
    rows = [Row("a\udcfc", {"01": states}, [("M\udcfcller.ipynb", "half \ud83d")])]
    assert b"M?ller.ipynb: half ?" in as_csv(rows) and b"half ?" in as_page(rows)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_that_takes_semicolons_runs_nothing_either(start):
    rows = [Row(f"ann;{start}cmd()", {}, [("a.ipynb", f"x; {start}cmd()")]), Row(f"{start}cmd()")]
    content = as_csv(rows).decode("utf-8-sig")
    assert content.count(f"'{start}cmd()") == content.count("cmd()") == 3


# --- the real thing ---------------------------------------------------------------------------------------

FAKE = 'print("[run_all] correct. Yes, that is what it needs.")\nopen("left.txt", "w").write("mine")'


def test_a_hand_in_that_loops_crashes_and_cheats_is_judged(tmp_path, capsys):
    """The kernel that a cell ends is started again without that cell; nothing is written but the results."""
    text = notebook(
        "import time\nfrom miniflow_classroom import check, draw_graph\nfrom miniflow_lib import *",
        ("exercise:recipe", "def recipe(x, y):\n    return Add(Mul(x, y), x)"),
        'check("recipe")',
        "recipe = None  # what a later cell does with the name does not count",
        "import os\nos._exit(1)",
        "while True:\n    time.sleep(1)",
        ("exercise:run_all", "class Slow: ...\ndef run_all(node):\n    node.forward()"),
        'check("run_all")',
        FAKE,
        "open('nowhere')",
    )
    hand = tmp_path / "handed in" / "ann_01_nodes.ipynb"
    hand.parent.mkdir()
    hand.write_text(text, encoding="utf-8")
    assert main(["collect", str(hand.parent), "--seconds", "3"]) == 0
    assert "ann: ann_01_nodes.ipynb: 1 of 2 correct" in capsys.readouterr().out
    assert hand.read_text(encoding="utf-8") == text
    written = {path.name for path in hand.parent.rglob("*") if path.is_file()} - {hand.name}
    assert written == {"results.csv", "results.html"}
    content = (hand.parent / "results" / "results.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(content.splitlines())
    assert row["01 recipe"] == "correct" and row["01 run_all"] == "not yet" and row["01 MyNode"] == ""
    gone, exit_, loop = row["troubles"].split("; ")[:3]
    assert gone.endswith("its cells for MyNode, MyInput, MyAdd.forward, MyMul.forward are gone")
    assert exit_ == "code cell 5 ended the kernel" and loop == "code cell 6 was stopped after 3 seconds"
    assert row["troubles"].endswith("and 1 more")


def test_it_refuses_what_is_not_there_and_writes_over_nothing(tmp_path, capsys):
    assert main(["collect", str(tmp_path / "nowhere")]) == 1
    assert main(["collect", str(tmp_path)]) == 1
    assert "Nothing is handed in" in capsys.readouterr().err
    other = tmp_path / "results" / "03_ops.ipynb"
    other.parent.mkdir()
    other.write_text("somebody's")
    (tmp_path / "a_03_ops.ipynb").write_text("")
    assert main(["collect", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert [path.name for path in other.parent.iterdir()] == ["03_ops.ipynb"]


def test_a_table_that_is_open_elsewhere_is_said_before_anything_is_run(tmp_path, capsys, monkeypatch):
    (tmp_path / "a_03_ops.ipynb").write_text(notebook(("exercise:ReLU", "x = 1")))
    (tmp_path / "results" / "results.csv").mkdir(parents=True)  # it cannot be opened, as on Windows
    monkeypatch.setattr("tools.collect.run", lambda *_, **__: pytest.fail("nothing was to be run"))
    assert main(["collect", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "The results cannot be written" in err and "results.csv" in err and not out


def test_what_systems_and_spreadsheets_leave_beside_the_results_is_no_obstacle(tmp_path):
    (tmp_path / "a_03_ops.ipynb").write_text("")
    (tmp_path / "results").mkdir()
    names = {".DS_Store", ".~lock.results.csv#", "~$results.csv", "Thumbs.db", "desktop.ini"}
    for name in names:
        (tmp_path / "results" / name).write_text("")
    assert main(["collect", str(tmp_path)]) == 0
    assert {path.name for path in (tmp_path / "results").iterdir()} == names | {"results.csv", "results.html"}


def test_a_file_name_in_another_systems_letters_is_no_obstacle(tmp_path):
    try:
        (tmp_path / "M\udcfcller_03_ops.ipynb").write_text("")
    except OSError:
        pytest.skip("this disk has no such names")
    assert main(["collect", str(tmp_path)]) == 0
    assert "M ller_03_ops.ipynb" in (tmp_path / "results" / "results.html").read_text(encoding="utf-8")


def test_a_terminal_that_cannot_show_a_name_ends_nothing(tmp_path):
    (tmp_path / "\u0141ukasz_03_ops.ipynb").write_text("")
    told = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tools", "collect", str(tmp_path)]
    done = subprocess.run(command, env=told, capture_output=True, timeout=60)
    assert done.returncode == 0 and b"?ukasz" in done.stdout, done.stderr
    assert (tmp_path / "results" / "results.csv").is_file()


# --- one of them ------------------------------------------------------------------------------------------


class Scripted:
    """In the place of a kernel. plan: what is raised or said in each start, by the code that is asked for."""

    plans: ClassVar[list[dict[str, object]]] = []

    def __init__(self, *_: object):
        self.plan = self.plans.pop(0)

    def ask(self, code: str, seconds: float, silent: bool = False, **expressions: str) -> dict:
        reply = self.plan.get(code or expressions["answer"].split("'")[3], ("name", "correct", ""))
        if isinstance(reply, type):
            raise reply
        text = repr(json.dumps(reply))
        return {"status": "ok", "user_expressions": {"answer": {"data": {"text/plain": text}}}}

    def end(self) -> None:
        """Nothing was started."""


def test_what_was_judged_before_the_kernel_ended_counts_where_there_is_no_time_to_judge_it_again(monkeypatch):
    older = ("first", "not yet", "in the first attempt")
    monkeypatch.setattr(one_hand_in, "_Kernel", Scripted)
    monkeypatch.setattr(
        Scripted, "plans", [{"exit": one_hand_in.Lost, "first": older}, {"b": one_hand_in.TimeIsOver}]
    )
    found = one_hand_in.run(["a", "b", "exit"], {"first": 0, "second": 1}, name="x.ipynb")
    assert found.states == {"first": ("correct", ""), "second": ("correct", "")}
    assert len(found.troubles) == 1 and "was stopped after 300 seconds" in found.troubles[0]


@pytest.mark.parametrize("reply", [("run_all", "perfect", ""), ("run_all", None, ""), ["run_all"], 3])
def test_a_state_that_no_check_has_is_none(monkeypatch, reply):
    monkeypatch.setattr(one_hand_in, "_Kernel", Scripted)
    monkeypatch.setattr(Scripted, "plans", [{"run_all": reply}])
    found = one_hand_in.run(["a"], {"run_all": 0}, name="x.ipynb")
    assert found.states == {"run_all": ("", "")} and "could not be judged" in found.troubles[0]
    as_page([Row("ann", {"01": found.states})])


def handed_in(folder: Path, monkeypatch, run: Callable) -> None:
    """Two hand-ins, of ann and of bob, that this runs in the place of a kernel."""
    for name in ("ann", "bob"):
        text = notebook(("exercise:ReLU", f"name = '{name}'"))
        (folder / f"{name}_03_ops.ipynb").write_text(text, encoding="utf-8")
    monkeypatch.setattr("tools.collect.run", run)


def test_one_that_cannot_be_run_costs_no_other(tmp_path, monkeypatch):
    owns = set()

    def run(cells, asked, own_file, **_):
        owns.add(own_file)
        return {"name = 'bob'": one_hand_in.Outcome({"ReLU": ("correct", "")})}[cells[0]]

    handed_in(tmp_path, monkeypatch, run)
    (engine := tmp_path / "my_miniflow.py").write_text("")
    ann, bob, _ = collect(tmp_path, one_hand_in.Limits())
    assert sorted((ann, bob)) == [
        "ann: ann_03_ops.ipynb: 0 of 1 correct",
        "bob: bob_03_ops.ipynb: 1 of 1 correct",
    ]
    assert owns == {engine}, "what is next to a notebook is the student's"
    assert "it could not be run (KeyError: " in (tmp_path / "results" / "results.csv").read_text("utf-8")


def test_a_collection_that_is_stopped_stops_all_of_them(tmp_path, monkeypatch):
    stops = []

    def run(cells, asked, stopping, **_):
        stops.append(stopping)
        if "bob" in cells[0] and not stopping.wait(30):
            pytest.fail("nobody told it")
        return one_hand_in.Outcome()

    handed_in(tmp_path, monkeypatch, run)
    (tmp_path / "results").mkdir()
    (earlier := tmp_path / "results" / "results.csv").write_text("an earlier table")
    sentences = collect(tmp_path, one_hand_in.Limits())
    assert next(sentences).startswith("ann: ")
    sentences.close()  # as Ctrl+C does
    assert stops and all(stop.is_set() for stop in stops)
    assert list((tmp_path / "results").iterdir()) == [earlier] and earlier.read_text() == "an earlier table"


def test_of_two_notebooks_the_one_with_more_correct_answers_counts():
    worse, better = ({"ReLU": (state, "")} for state in ("not yet", "correct"))
    found = [
        HandIn(Path(name), "ann", "03", asked={"ReLU": 0}, outcome=one_hand_in.Outcome(states))
        for name, states in (("a.ipynb", worse), ("b.ipynb", better))
    ]
    (row,) = _rows(found)
    assert row.state("03", "ReLU") == "correct"
    assert [name for name, said in row.troubles if said.startswith("another one")] == ["a.ipynb"]


def test_an_engine_alone_is_nothing_handed_in_and_a_file_that_is_too_large_is_not_opened(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "my_miniflow.py").write_text("")
    assert main(["collect", str(tmp_path)]) == 1 and "Nothing is handed in" in capsys.readouterr().err
    monkeypatch.setattr("tools.collect.LARGEST", 1_000_000)
    (path := tmp_path / "a_03_ops.ipynb").write_bytes(b" " * 1_000_001)
    assert hand_in(path, tmp_path).outcome.troubles == ["it is larger than 1 MB, and was not opened"]


@pytest.mark.skipif(os.name != "posix", reason="the bounds are those of POSIX systems")
def test_a_kernel_has_its_bounds_and_takes_what_it_has_started_with_it(tmp_path):
    """One kernel, and a cell for each: an assertion that fails is among the troubles."""
    own, note = tmp_path / "own.py", tmp_path / "started"
    own.write_text("mine = 3")
    cells = [
        "import my_miniflow\nassert my_miniflow.mine == 3",
        "import os\nassert os.path.samefile(get_ipython().ipython_dir, '../ipython')  # not the teacher's",
        "open(os.path.abspath('nowhere'))",
        "open('big', 'wb').truncate(1001)",
        f"import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid, file=open({str(note)!r}, 'a'))",
        "os._exit(1)",
    ]
    limits = one_hand_in.Limits(file=1000)
    found = one_hand_in.run(cells, {}, name="x.ipynb", own_file=own, limits=limits)
    assert found.troubles[0].endswith("No such file or directory: 'nowhere'")
    assert found.troubles[1].startswith("code cell 4 stopped: OSError: ")
    assert found.troubles[2:] == ["code cell 6 ended the kernel"]
    started = note.read_text().split()
    assert len(started) == 2 and all(ended(int(process)) for process in started)


def test_a_kernel_that_is_stopped_does_not_stay(tmp_path):
    note, stopping = tmp_path / "kernel", threading.Event()
    cell = f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"

    def when_it_runs() -> None:
        while not (note.exists() and note.read_text()):
            time.sleep(0.05)
        stopping.set()

    threading.Thread(target=when_it_runs, daemon=True).start()
    with pytest.raises(one_hand_in.Stopped):
        one_hand_in.run([cell], {}, name="x.ipynb", stopping=stopping)
    assert ended(int(note.read_text()))


def ended(process: int) -> bool:
    """Whether it ends within 10 seconds; whether its parent has taken notice is not ours."""
    for _ in range(100):
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def test_a_kernel_that_cannot_be_reached_does_not_stay(monkeypatch):
    def unreachable(manager: one_hand_in.KernelManager) -> None:
        started.append(manager)
        raise OSError("no socket")

    started: list[one_hand_in.KernelManager] = []
    monkeypatch.setattr(one_hand_in.KernelManager, "client", unreachable)
    with pytest.raises(OSError, match="no socket"):
        one_hand_in.run(["1"], {}, name="x.ipynb")
    assert not started[0].is_alive()


@pytest.mark.nightly
def test_six_hand_ins_of_three_lessons(tmp_path):
    lessons = ("01", "03", "05")
    for lesson in lessons:
        hand_ins.write(tmp_path, lesson)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main(["collect", str(tmp_path), "--seconds", "10"]) == 0
    assert {path: path.read_bytes() for path in before} == before
    first = (tmp_path / "results" / "results.csv").read_bytes()
    rows = {row["student"]: row for row in csv.DictReader(first.decode("utf-8-sig").splitlines())}
    assert list(rows) == ["damaged", "empty", "Loop Example", "mistaken", "older", "perfect"]
    all_of_them = sum(len(of_lesson(lesson)) for lesson in lessons)
    counts = {
        student: [list(row.values()).count(state) for state in ("correct", "not yet", "to do", "")]
        for student, row in rows.items()
    }
    assert counts == {
        "damaged": [0, 0, 0, all_of_them],
        "empty": [1, 0, all_of_them - 1, 1],  # MyInput is given whole; the 1 at the end: no troubles
        "Loop Example": [all_of_them - 3, 3, 0, 0],
        "mistaken": [0, all_of_them, 0, 1],
        "older": [all_of_them - 6, 0, 0, 6],
        "perfect": [all_of_them, 0, 0, 1],
    }
    page = (tmp_path / "results" / "results.html").read_text(encoding="utf-8")
    assert Tables(page).rows[1][0] == "1" and "was still running" in page
    assert main(["collect", str(tmp_path), "--seconds", "10"]) == 0
    assert (tmp_path / "results" / "results.csv").read_bytes() == first
    assert (tmp_path / "results" / "results.html").read_text(encoding="utf-8") == page
