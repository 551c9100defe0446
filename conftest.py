"""What every test run starts from, the notebooks' run by nbval included."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from jupyter_client.manager import KernelManager


def pytest_configure(config) -> None:
    if hasattr(config, "workerinput"):  # one of several workers: they share the cores
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # Nothing of the person's own set-up may reach a kernel: a start-up script of theirs could print.
    own = config._miniflow_own = tempfile.TemporaryDirectory(prefix="miniflow-tests-")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = os.path.join(own.name, name.lower())
    _reach_kernels_by_files(own.name)
    # Jupyter and matplotlib keep files in the home, and one that cannot be written to stops or warns them.
    if not os.access(os.path.expanduser("~"), os.W_OK):
        os.environ["HOME"] = os.path.join(own.name, "home")
        os.mkdir(os.environ["HOME"])
    # The first import on a machine looks for fonts, for seconds, and says so: here, not in a lesson's output.
    import matplotlib.font_manager  # noqa: F401

    # The same examples in each run, and no verdict by the clock of a busy machine.
    unhurried = [HealthCheck.too_slow]
    settings.register_profile("miniflow", deadline=None, derandomize=True, suppress_health_check=unhurried)
    settings.load_profile("miniflow")


def _reach_kernels_by_files(folder: str) -> None:
    """A port that jupyter_client picks is free when it looks, and may be another run's a moment later."""
    made = KernelManager.__init__

    def make(self, *args, **kwargs) -> None:
        made(self, *args, transport="ipc", ip=os.path.join(folder, uuid4().hex), **kwargs)

    if os.name == "posix" and len(folder) < 60:  # the path of a socket may not be long
        KernelManager.__init__ = make


def pytest_unconfigure(config) -> None:
    config._miniflow_own.cleanup()


# --- on several workers: pytest -n auto


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return max(2, os.cpu_count() or 2)  # a lesson waits for its kernel, so two fit on one core


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: not (item.path.suffix == ".ipynb" or item.get_closest_marker("heavy")))


@cache
def _may_be_split(file: Path) -> bool:
    # The process that hands out the work collects no tests: it cannot ask for the marker itself.
    return file.suffix == ".py" and "\npytestmark = pytest.mark.heavy" in file.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file stays on one worker, a notebook's cells with its kernel above all, unless all of it is heavy."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if _may_be_split(config.rootpath / file) else file

    config.option.loadscopereorder = False  # as the workers have sorted them
    return Files(config, log)
