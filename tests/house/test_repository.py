"""The repository as a whole: what is installed, what make says, and how the lessons are stored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import v4
from packaging.markers import Marker
from packaging.requirements import Requirement

from tests.series import every_lesson
from tools.clean import problems

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# Names that differ on conda-forge: matplotlib there brings a window system too.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@every_lesson
def test_each_lesson_is_stored_in_its_normal_form_with_its_outputs(path):
    found = problems(path)
    assert not found, "\n" + "\n".join(found)


# What is installed.


def test_environment_yml_names_the_packages_and_bounds_of_pyproject(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *packages, pip, from_pip = environment["dependencies"]
    assert pip == "pip" and from_pip == {"pip": ["-e .[lab]"]}, "the series itself is installed by pip"
    needed = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    wanted = [re.sub(r"^[\w-]+", lambda m: CONDA_NAMES.get(m[0], m[0]), each) for each in needed]
    assert packages == [f"python{project['requires-python']},<3.15", *wanted]


def test_the_engine_needs_numpy_alone_and_every_dependency_has_a_lower_bound(project):
    assert [Requirement(text).name for text in project["dependencies"]] == ["numpy"]
    own, *tools = project["optional-dependencies"]["test"]
    assert own == "miniflow_lib[lab]", "the tests run the lessons"
    for text in [*project["dependencies"], *project["optional-dependencies"]["lab"], *tools]:
        (specifier,) = Requirement(text).specifier
        assert specifier.operator == ">=", text


def test_numba_and_what_else_is_fast_stays_optional(project):
    extras = project["optional-dependencies"]
    assert [Requirement(text).name for text in extras["fast"]] == ["numba"]
    assert all(">=" in text for text in extras["fast"]) and "miniflow_lib[fast]" in extras["bench"]
    assert not any("numba" in text or "fast" in text for text in [*extras["lab"], *extras["test"]])


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_every_dependency_once_and_within_its_bounds(project, python):
    here = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "extra": "",
    }
    pins: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        pin = Requirement(line)
        if pin.marker is None or Marker(str(pin.marker)).evaluate(here):
            assert pin.name not in pins, f"{pin.name} is pinned twice for Python {python}"
            (specifier,) = pin.specifier
            assert specifier.operator == "==", line
            pins[pin.name] = specifier.version
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["lab"], *extras["test"]]:
        wanted = Requirement(text)
        if wanted.name not in ("pip", "miniflow_lib"):  # Python's own venv brings pip
            assert wanted.specifier.contains(pins[wanted.name]), f"constraints.txt and pyproject.toml: {text}"


# What make says.


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    # Under `make test` the outer make would hand its own flags and variables down.
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**outer, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def clone(tmp_path) -> Path:
    """What the set-up reads, alone in a folder with a space and letters past ASCII in its name."""
    folder = tmp_path / "Übung 1"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("miniflow_lib", "miniflow_classroom", "data"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def test_make_help_lists_every_target():
    told = make(ROOT, "help")
    assert told.returncode == 0
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    listed = re.findall(r"^make ([a-z-]+) +\S", told.stdout, flags=re.MULTILINE)
    assert listed == [name for name in targets if name != "setup"]
    assert {"lab", "edit", "test", "test-browser", "test-matrix", "lint", "notebooks", "bench"} <= set(listed)
    assert make(ROOT).stdout == told.stdout, "make alone helps too"


def test_a_python_that_is_too_old_or_missing_is_said(clone):
    old = clone / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in ("./no-such-python", "./old python"):
        told = make(clone, "test", f"PYTHON={python}")
        assert told.returncode != 0
        assert "MiniFlow needs Python 3.11 or newer" in told.stderr and "make test PYTHON=" in told.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.heavy
def test_a_set_up_that_fails_says_what_to_do_and_is_tried_again(clone):
    # pip without an index is what a machine without a network looks like.
    told = make(
        clone,
        "lab",
        f"PYTHON={sys.executable}",
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
    )
    assert told.returncode != 0
    assert "The packages could not be installed. Is the network up" in told.stderr
    assert (clone / ".venv" / "bin" / "python").exists() and not (clone / ".venv" / "stamp").exists()
    assert not (clone / "work").exists()


def test_a_second_set_up_does_nothing_until_the_packages_change(clone):
    # An environment whose pip only writes down that it was called.
    run = clone / ".venv" / "bin" / "python"
    run.parent.mkdir(parents=True)
    run.write_text('#!/bin/sh\n[ "$3" != install ] || echo "$@" >> calls\n')
    run.chmod(0o755)
    for calls in (1, 1):
        assert make(clone, "setup").returncode == 0
        assert len((clone / "calls").read_text().splitlines()) == calls
    assert "-c constraints.txt -e .[test]" in (clone / "calls").read_text()
    with (clone / "constraints.txt").open("a") as file:
        file.write("# changed\n")
    assert make(clone, "setup").returncode == 0
    assert len((clone / "calls").read_text().splitlines()) == 2
    moved = clone.with_name("moved")
    clone.rename(moved)
    assert make(moved, "setup").returncode == 0
    assert len((moved / "calls").read_text().splitlines()) == 3, "an environment does not survive being moved"


def test_what_make_is_told_for_jupyterlab_is_handed_on(clone):
    run = clone / ".venv" / "bin" / "python"
    run.parent.mkdir(parents=True)
    run.write_text('#!/bin/sh\n[ "$2" != tools ] || echo "$@"\n')
    run.chmod(0o755)
    for target in ("lab", "edit"):
        told = make(clone, target, "LAB_ARGS=--no-browser").stdout
        assert told.endswith(f"-m tools {target} --no-browser\n")


def test_no_document_switches_the_save_hook_on():
    names = "Makefile environment.yml README.md docs/jupyterhub/**/* docs/shared-server.md".split()
    files = [path for name in names for path in ROOT.glob(name) if path.is_file()]
    assert len(files) > 8
    assert not [path for path in files if "jpserver_extensions" in path.read_text(encoding="utf-8")]


def test_binder_opens_the_lesson_that_its_build_has_put_into_work(tmp_path):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path}
    subprocess.run([ROOT / "postBuild"], cwd=tmp_path, env=env, check=True)
    told = (ROOT / "docs/shared-server.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"urlpath=lab/tree/(\S+)", told)
    assert (tmp_path / link).is_file()


# What a bare pytest runs.


def test_pytest_collects_the_library_and_the_lessons_and_nothing_else(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    test = "def test_it():\n    pass\n"
    for name in (
        "tests/test_a.py",
        "tests/browser/test_b.py",
        "work/test_c.py",
        ".venv/test_d.py",
        "site/test_e.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(test)
    notebook = nbformat.writes(v4.new_notebook(cells=[v4.new_code_cell("1")]))
    for name in ("notebooks/n.ipynb", "work/n.ipynb", "notebooks/.ipynb_checkpoints/n-checkpoint.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(notebook)
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--nbval", "-p", "no:cacheprovider"]

    def collected(*arguments: str) -> list[str]:
        told = subprocess.run(
            [*collect, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        return [line for line in told.stdout.splitlines() if "::" in line]

    assert collected() == ["tests/test_a.py::test_it", "notebooks/n.ipynb::Cell 0"]
    assert collected("tests/browser") == ["tests/browser/test_b.py::test_it"]


def test_the_workflow_runs_make_test_on_every_supported_python(project):
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"]
    pythons = [each.rsplit(" ", 1)[1] for each in project["classifiers"] if "Python :: 3." in each]
    assert jobs["test"]["strategy"]["matrix"]["python"] == pythons == PYTHONS
    assert [step["run"] for step in jobs["test"]["steps"] if "run" in step] == ["make test"]
    setup, compilers, compiled, matrix = [step["run"] for step in jobs["nightly"]["steps"] if "run" in step]
    assert (setup, matrix) == ("make setup", "make test-matrix")
    assert ".[fast]" in compilers and "jax" in compilers  # else their tests would be skipped for ever
    assert compiled.endswith("tests/engine/test_program.py tests/house/test_benchmarks.py")


def test_the_gate_brings_a_browser_where_there_is_none(tmp_path):
    """A function of the script named `chromium` was once taken for the browser itself."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname"):
        (programs / name).symlink_to(shutil.which(name))
    apt_get = 'echo apt-get "$@"; [[ "$*" != *" $lacking" ]]'
    for name, does in {"apt-get": apt_get, "make": 'echo make "$@"', "id": "echo 0"}.items():
        (programs / name).write_text(f"#!{programs / 'bash'}\n{does}\n")
        (programs / name).chmod(0o755)

    def called(lacking: str = "nothing") -> list[str]:
        gate, env = [programs / "bash", ROOT / ".ci" / "run"], {"PATH": str(programs), "lacking": lacking}
        done = subprocess.run(gate, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return re.findall(r"^(?:apt-get|make) .+", done.stdout, re.MULTILINE)

    made = ["make setup", "make lint", "make test", "make test-browser"]
    without_windows, whole = "chromium-headless-shell", "chromium"
    for lacking, brought in (("nothing", [without_windows]), (without_windows, [without_windows, whole])):
        calls = called(lacking)  # the browser comes while the packages do, so the lines of both may be mixed
        assert [call for call in calls if call.startswith("make")] == made
        assert [call.split()[-1] for call in calls if call.startswith("apt-get install")] == brought
    (programs / "chromium").symlink_to(programs / "id")
    assert called() == made
