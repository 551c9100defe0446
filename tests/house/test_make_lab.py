"""`make lab`, started once: who can reach it, what it shows, and that it saves as JupyterLab saves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
import pytest
from nbformat import v4

from tests.clone import stand_in
from tests.foreign import as_a_student_leaves_it


class Lab(NamedTuple):
    url: str
    token: str
    clone: Path
    session: int  # of the server and all that it starts

    def ask(self, path: str, token: str | None = None, method: str = "GET", body: dict | None = None):
        """The status, and what the server answered as JSON. token: its own when not said."""
        token = self.token if token is None else token
        request = urllib.request.Request(self.url + path, method=method)
        request.data = None if body is None else json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"token {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, None


def wait_for(what: Callable[[], object], process: subprocess.Popen, log: Path) -> object:
    """The first thing that is there; fails with the server's own words."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        if found := what():
            return found
        time.sleep(0.2)
    pytest.fail("JupyterLab did not come so far:\n" + log.read_text())


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory) -> Iterator[Lab]:
    """`make lab` in a copy of the clone, in a folder with a space and letters past ASCII in its name."""
    own = tmp_path_factory.mktemp("lab")
    clone, log, runtime = own / "Übung für die Klasse", own / "log", own / "JUPYTER_RUNTIME_DIR"
    (clone / "notebooks").mkdir(parents=True)
    stand_in(root, clone)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), clone / "notebooks" / "01_nodes.ipynb")
    left_out = ("MAKE", "MFLAGS", "JUPYTER")
    env = {name: text for name, text in os.environ.items() if not name.startswith(left_out)}
    env |= {"PYTHONPATH": str(root), "NO_COLOR": "1"}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        env[name] = str(own / name)

    def answering() -> tuple[str, str] | None:
        # The file is there before it is whole, and it is whole before the server answers.
        for file in runtime.glob("jpserver-*.json"):
            try:
                server = json.loads(file.read_text())
                urllib.request.urlopen(server["url"] + "api", timeout=60).close()
                return server["url"], server["token"]
            except (OSError, ValueError):
                continue
        return None

    command = ["make", "lab", "LAB_ARGS=--no-browser --ServerApp.port=0"]
    with open(log, "w") as said:
        process = subprocess.Popen(
            command,
            cwd=clone,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            url, token = wait_for(answering, process, log)
            yield Lab(url, token, clone, process.pid)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def listening(session: int) -> set[str]:
    """The addresses and ports at which the processes of this session wait for a connection."""
    found = set()
    for process in psutil.process_iter(["pid"]):
        try:
            if os.getsid(process.pid) == session or any(p.pid == session for p in process.parents()):
                ports = process.net_connections(kind="inet")
                found |= {(p.laddr.ip, p.laddr.port) for p in ports if p.status == psutil.CONN_LISTEN}
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def test_it_serves_the_learners_copy_and_nothing_else(lab):
    status, listing = lab.ask("api/contents/")
    assert status == 200 and [entry["path"] for entry in listing["content"]] == ["01_nodes.ipynb"]
    assert (lab.clone / "work" / "01_nodes.ipynb").is_file()
    assert lab.ask("api/contents/../pyproject.toml")[0] == 404, "the server shows work/ alone"


def test_it_keeps_its_token_and_listens_on_this_machine_alone(lab):
    assert lab.url.startswith(("http://localhost:", "http://127.0.0.1:")) and len(lab.token) >= 32
    assert lab.ask("api/contents", token="")[0] == 403
    assert lab.ask("api/contents", token="x")[0] == 403
    assert lab.ask("api/kernels", token="", method="POST", body={})[0] == 403
    status, kernel = lab.ask("api/kernels", method="POST", body={})
    assert status == 201
    deadline = time.monotonic() + 60
    while len(ports := listening(lab.session)) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)  # the kernel opens its five
    assert len(ports) >= 6 and {address for address, _ in ports} <= {"127.0.0.1", "::1"}, ports
    assert lab.ask(f"api/kernels/{kernel['id']}", method="DELETE")[0] == 204


def test_a_learners_save_keeps_all_that_jupyterlab_wrote(lab):
    content = as_a_student_leaves_it()
    body = {"type": "notebook", "format": "json", "content": content}
    assert lab.ask("api/contents/01_nodes.ipynb", method="PUT", body=body)[0] == 200
    assert nbformat.read(lab.clone / "work" / "01_nodes.ipynb", 4) == content
