"""The same on every machine: other languages, clocks, hash seeds, processors' cores, folders and rights."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clone import without_rights

ROOT = Path(__file__).resolve().parents[2]

# Says in ASCII all that a learner would see: traces, a picture, a table, a training run.
PROGRAM = r"""
import contextlib, io, locale, os, sys
with contextlib.suppress(locale.Error):  # what a program with windows does when it starts
    locale.setlocale(locale.LC_ALL, "")
if os.environ.get("ONE_CORE") and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np
if "TERSE" in os.environ:
    np.set_printoptions(precision=2, suppress=True, floatmode="fixed", linewidth=20, sign="+")
from miniflow_lib import *
from miniflow_classroom import check_gradients, draw_graph, stepper
from miniflow_classroom.widgets.explorer import Homes, Setting

def seen(*things):
    print(*map(ascii, things))

names = ["X", "y", "W\u2081", "b"]
X, y, W, b = map(Input, names)
cost = MSE(y, Sigmoid(Linear(X, W, b)))
feed = {X: [[-1, -2.5], [-1, 1e-7]], y: [1, 2], W: [[2], [3]], b: [-3]}
with trace.override(DEBUG=True, T_DEBUG=True), contextlib.redirect_stdout(io.StringIO()) as told:
    graph = topological_sort(feed)
    forward_and_backward(graph)
seen(told.getvalue())
picture = draw_graph(graph)
seen(picture.svg, picture._repr_mimebundle_())
seen(stepper(graph).static)
seen(check_gradients(cost, feed)._repr_mimebundle_())
seen([node.name for node in topological_sort(dict.fromkeys(map(Input, map(str, range(50))), 1))])
boston = load_boston()
seen(float(boston.data.sum()), boston.feature_names.tolist(), boston.DESCR)
seen(f"{Homes().run(Setting(epochs=3)).training[-1]:.4g}")
try:
    topological_sort({X: 1234567.5, y: "1,5"})
except MiniFlowError as error:
    seen(str(error))
"""

SETTINGS = {
    "no language": {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "another clock": {"TZ": "Asia/Kathmandu"},
    "another hash": {"PYTHONHASHSEED": "1"},
    "a third hash": {"PYTHONHASHSEED": "4242"},
    "one core": {"ONE_CORE": "1"},
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "four threads": {"OPENBLAS_NUM_THREADS": "4", "MKL_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"},
    "numbers printed otherwise": {"TERSE": "1"},
    "no colour": {"NO_COLOR": "1", "TERM": "dumb"},
}


def environment(**settings: str) -> dict[str, str]:
    left_out = ("LC_", "LANG", "PYTHON", "TZ", "OPENBLAS", "MKL", "OMP", "PYTEST", "COV")
    plain = {name: text for name, text in os.environ.items() if not name.startswith(left_out)}
    return {**plain, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **settings}


def said(**settings: str) -> str:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
    )
    assert run.returncode == 0 and run.stderr == b"", run.stderr.decode(errors="replace")
    return run.stdout.decode("ascii")


@pytest.fixture(scope="module")
def plain() -> str:
    text = said()
    assert "topological_sort" in text and "data:image/svg+xml" in text and len(text.splitlines()) == 8
    return text


# As many at once as do not contradict each other; the decimal comma has a test of its own.
TOGETHER = [
    ["no language", "another clock", "another hash", "one thread", "no colour"],
    ["Latin-1", "a third hash", "one core", "four threads", "numbers printed otherwise"],
]


def test_each_setting_is_met():
    assert sorted(name for names in TOGETHER for name in names) == sorted(SETTINGS)


@pytest.mark.parametrize(
    "names",
    [*TOGETHER, *(pytest.param([name], marks=pytest.mark.nightly) for name in SETTINGS)],
    ids=" and ".join,
)
def test_a_program_says_the_same(plain, names):
    settings = {variable: text for name in names for variable, text in SETTINGS[name].items()}
    assert said(**settings) == plain


COMMA = 'LC_NUMERIC\ndecimal_point "<U002C>"\nthousands_sep "<U002E>"\ngrouping 3;3\nEND LC_NUMERIC\n'


def test_a_program_says_the_same_where_numbers_have_a_comma(plain, tmp_path):
    settings = {"LC_ALL": "de_DE.UTF-8"}
    probe = "import locale; locale.setlocale(locale.LC_ALL, ''); print(f'{1.5:n}')"

    def number() -> str:
        run = [sys.executable, "-c", probe]
        return subprocess.run(run, env=environment(**settings), capture_output=True, text=True).stdout

    if number() != "1,5\n":  # not every system has German: a language of our own, which knows the comma alone
        (tmp_path / "comma").write_text(COMMA)
        make = ["localedef", "--no-archive", "-c", "-i", str(tmp_path / "comma"), str(tmp_path / "comma_XX")]
        subprocess.run(make, capture_output=True)
        settings = {"LC_ALL": "comma_XX", "LOCPATH": str(tmp_path)}
    assert number() == "1,5\n", "a comma was to be the decimal point here"
    assert said(**settings) == plain


# --- a lesson in a folder that is hard to work in ----------------------------------------------------------


@pytest.fixture
def locked(tmp_path) -> Path:
    """A clone with blanks and letters past ASCII in its path, and a home: neither can be written to."""
    clone = tmp_path / "Übung 1 - Ж日本"
    clone.mkdir()
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    for name in ("miniflow_lib", "miniflow_classroom", "data", "notebooks"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (tmp_path / "home").mkdir()
    folders = [tmp_path / "home", clone, *(path for path in clone.rglob("*") if path.is_dir())]
    for path in [*(path for path in clone.rglob("*") if path.is_file()), *folders]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield clone
    for path in folders:
        path.chmod(0o755)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "lessons", ["00 02", pytest.param("01 03 04 05 06 07", marks=pytest.mark.nightly)], ids=str
)
def test_the_lessons_give_their_stored_outputs_in_a_locked_folder_of_a_user_without_a_home(locked, lessons):
    env = environment(
        **SETTINGS["no language"],
        **SETTINGS["another clock"],
        **SETTINGS["no colour"],
        PYTHONPATH=str(locked),
        PYTHONHASHSEED="7",
        HOME=str(locked.parent / "home"),
    )
    settings = {"cwd": locked, "env": env, "capture_output": True, "timeout": 600}
    probe = "import os, miniflow_lib; print(ascii(miniflow_lib.__file__)); open('written', 'w')"
    run = subprocess.run(without_rights([sys.executable, "-c", probe]), **settings)
    assert b"bung 1 " in run.stdout and b"PermissionError" in run.stderr, run

    files = [str(next(locked.glob(f"notebooks/{lesson}_*.ipynb"))) for lesson in lessons.split()]
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", *files]
    run = subprocess.run(without_rights(command), stdin=subprocess.DEVNULL, **settings)
    said = (run.stdout + run.stderr).decode(errors="replace")
    assert run.returncode == 0, said[-4000:]


@pytest.mark.parametrize(
    "targets", [["help"], ["lint"], ["test", "TEST_ARGS=-n0 tests/tools/test_figures.py"]]
)
def test_the_make_targets_work_without_a_terminal_and_in_plain_letters(targets):
    settings = environment(**SETTINGS["no colour"], **SETTINGS["no language"])
    run = subprocess.run(  # in the present environment: setting up another one is test_repository's
        ["make", "-o", "setup", f"RUN={shlex.quote(sys.executable)}", *targets],
        cwd=ROOT,
        env={name: text for name, text in settings.items() if not name.startswith(("MAKE", "MFLAGS"))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
    )
    assert run.returncode == 0 and run.stdout.strip(), (run.stdout + run.stderr).decode(errors="replace")
    assert b"\x1b" not in run.stdout + run.stderr


def test_the_commands_answer_without_a_terminal_and_in_plain_letters(tmp_path):
    for command in (["check", "--help"], ["no-such-command"]):
        run = subprocess.run(
            [sys.executable, "-m", "tools", *command],
            cwd=tmp_path,
            env=environment(**SETTINGS["no colour"], **SETTINGS["no language"]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert b"\x1b" not in run.stdout + run.stderr and b"Traceback" not in run.stderr
        assert b"usage:" in run.stdout + run.stderr
