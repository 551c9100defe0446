"""A kernel in a folder of its own: run a cell, get what it printed or raised."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[3]
FIRST = "import numpy as np\nfrom miniflow_classroom import check, keep, mine, race, show_mine, watched"


class Kernel:
    """A notebook that runs in `folder`."""

    def __init__(self, folder: Path):
        self.file = folder / "my_miniflow.py"
        env = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
        self.manager, self.client = start_new_kernel(cwd=str(folder), env=env)
        self.run(FIRST)

    def run(self, cell: str) -> str:
        """What is under the cell: what it printed or showed, and `Error: its message`."""
        said = []

        def heard(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] in ("display_data", "execute_result"):
                said.append(content["data"].get("text/markdown", content["data"]["text/plain"]))
            elif message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(cell, timeout=120, output_hook=heard)
        return "".join(said)

    def check(self, name: str, source: str = "") -> str:
        """What check says once the cell has run, in one line."""
        stopped = self.run(source) if source else ""
        assert not stopped.strip() or "%%" in source, stopped
        return " ".join(self.run(f'check("{name}")').split())

    def mine(self, *names: str) -> str:
        """What mine says, in one line."""
        given = ", ".join(f'"{name}"' for name in names)
        return " ".join(self.run(f"found = mine({given})").split())

    def new_day(self, folder: Path) -> None:
        """All names are gone, and the folder is this one: what is cheaper than a kernel of its own."""
        self.file = folder / "my_miniflow.py"
        self.run(f"%reset -f\n{FIRST}\nfrom pathlib import Path\nfrom miniflow_classroom.own import file")
        self.run(f"file.HOME = Path({str(folder)!r})")

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def one_kernel(tmp_path_factory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("folder"))
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(one_kernel, tmp_path) -> Kernel:
    """The one kernel of the module, on a new day in a new folder."""
    one_kernel.new_day(tmp_path)
    return one_kernel


@pytest.fixture
def start() -> Iterator[Callable[[Path], Kernel]]:
    """Starts a kernel in a folder, as often as it is called; they are all stopped at the end."""
    kernels: list[Kernel] = []

    def started(folder: Path) -> Kernel:
        kernels.append(Kernel(folder))
        return kernels[-1]

    yield started
    for kernel in kernels:
        kernel.stop()
