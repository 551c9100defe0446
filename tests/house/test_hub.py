"""How the hub starts a student's server: the real script, with a stand-in for JupyterHub."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tests.clone import without_rights

if os.name != "posix":
    pytest.skip("a script for sh", allow_module_level=True)


# Stands for JupyterHub's: says what it was told, and what JupyterLab makes of the settings that it finds.
SINGLEUSER = """
import random, sys
from jupyterlab_server.config import get_page_config
from jupyterlab_server.settings_utils import _get_overrides
print(*sys.argv[1:])
print(get_page_config([])["disabledExtensions"])
print(_get_overrides("")[0])
"""


@pytest.fixture
def series(root, tmp_path) -> Path:
    """A clone that is not set up, with one lesson."""
    clone = tmp_path / "mini flow"
    shutil.copytree(root / "docs" / "jupyterhub", clone / "docs" / "jupyterhub")
    (clone / "notebooks").mkdir()
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), clone / "notebooks" / "01_nodes.ipynb")
    return clone


@pytest.fixture
def home(tmp_path) -> Path:
    """A student's, with files that are called like modules."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("random", "tools", "jupyterhub"):
        (home / f"{name}.py").write_text("raise SystemExit('This is the student\\'s own.')\n")
    return home


def start(series: Path, home: Path, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        without_rights([str(series / "docs" / "jupyterhub" / "start-lessons"), "--port=1"]),
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)} | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )


def python(path: Path, options: str = "") -> None:
    """A program there that is this Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {options} "$@"\n')
    path.chmod(0o755)


def test_it_brings_the_lessons_and_then_starts_the_server(root, series, home, tmp_path):
    python(series / ".venv" / "bin" / "python")
    hub = tmp_path / "packages" / "jupyterhub"
    hub.mkdir(parents=True)
    (hub / "__init__.py").touch()
    (hub / "singleuser.py").write_text(SINGLEUSER)
    run = start(series, home, PYTHONPATH=f"{root}{os.pathsep}{hub.parent}")
    assert (run.returncode, run.stderr) == (0, "")
    arguments, left_out, settings = run.stdout.splitlines()
    assert arguments == "--KernelManager.transport=ipc --port=1"
    assert left_out == "['@jupyterlab/debugger-extension']" and "'fetchNews': 'false'" in settings
    (lesson,) = (home / "miniflow").glob("*.ipynb")
    assert lesson.stat().st_mode & 0o077 == 0, "nobody else may read a student's copy"


def in_a_home_that_is_closed(venv: Path, tmp_path: Path) -> None:
    """As `make setup` leaves it where python3 is one of uv or pyenv, in the home of root."""
    python(tmp_path / "root" / "python3")
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "root" / "python3")
    (tmp_path / "root").chmod(0)


def gone(venv: Path, tmp_path: Path) -> None:
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "nowhere")


def gone_with_all_of_it(venv: Path, tmp_path: Path) -> None:
    venv.symlink_to(tmp_path / "nowhere")


@pytest.mark.parametrize("left", [in_a_home_that_is_closed, gone, gone_with_all_of_it])
def test_an_environment_that_cannot_be_run_is_said_and_no_other_python_taken(series, home, tmp_path, left):
    venv = series / ".venv"
    left(venv, tmp_path)
    try:
        run = start(series, home)
    finally:
        for folder in tmp_path.glob("root"):
            folder.chmod(0o700)
    assert run.returncode == 1 and run.stdout == "" and not (home / "miniflow").exists()
    assert f"cannot run {venv}/bin/python" in run.stderr and len(run.stderr.splitlines()) == 1
    assert "setup PYTHON=/usr/bin/python3" in run.stderr


def test_a_python_that_lacks_the_packages_is_said(series, home, tmp_path):
    python(tmp_path / "bin" / "python3", "-S")  # without all that is installed
    run = start(series, home, PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert run.returncode == 1 and run.stdout == "" and not (home / "miniflow").exists()
    assert "python3 lacks tools jupyterlab jupyterhub" in run.stderr and len(run.stderr.splitlines()) == 1
