"""What every test run starts from, the notebooks' run by nbval included."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings


def pytest_configure(config) -> None:
    # Nothing of the person's own set-up may reach a kernel: a start-up script of theirs could print.
    own = config._miniflow_own = tempfile.TemporaryDirectory(prefix="miniflow-tests-")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = os.path.join(own.name, name.lower())
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


def pytest_unconfigure(config) -> None:
    config._miniflow_own.cleanup()
