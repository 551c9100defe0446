"""`make lab`, started once: who can reach it, what it shows, and that it saves as JupyterLab saves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
import pytest
from jupyterlab.labapp import LabApp
from nbformat import v4

from tests.clone import stand_in
from tests.foreign import as_a_student_leaves_it
from tools.__main__ import main
from miniflow_classroom.folder.lab import SAVE_HOOK, holds_sockets, running_server


class Lab(NamedTuple):
    url: str
    token: str
    clone: Path
    session: int  # of the server and all that it starts
    env: dict[str, str]
    log: Path

    @property
    def runtime(self) -> Path:
        return Path(self.env["JUPYTER_RUNTIME_DIR"])

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
def runtime() -> Iterator[Path]:
    """A folder for what belongs to running servers: its path is short, as pytest's own may not be."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def lab(root, runtime, tmp_path_factory) -> Iterator[Lab]:
    """`make lab` in a copy of the clone, in a folder with a space and letters past ASCII in its name."""
    own = tmp_path_factory.mktemp("lab")
    clone, log = own / "Übung für die Klasse", own / "log"
    (clone / "notebooks").mkdir(parents=True)
    stand_in(root, clone)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), clone / "notebooks" / "01_nodes.ipynb")
    left_out = ("MAKE", "MFLAGS", "JUPYTER")
    env = {name: text for name, text in os.environ.items() if not name.startswith(left_out)}
    env |= {"PYTHONPATH": str(root), "NO_COLOR": "1", "JUPYTER_RUNTIME_DIR": str(runtime)}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
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
            yield Lab(url, token, clone, process.pid, env, log)
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
    ports = listening(lab.session)
    assert ports and {address for address, _ in ports} <= {"127.0.0.1", "::1"}, ports


def test_its_kernels_are_reached_over_files_that_nobody_else_can_open(lab):
    before = listening(lab.session)
    status, kernel = lab.ask("api/kernels", method="POST", body={})
    assert status == 201
    sockets = f"kernel-{kernel['id']}-ipc-*"
    deadline = time.monotonic() + 60
    while len(found := list(lab.runtime.glob(sockets))) < 5 and time.monotonic() < deadline:
        time.sleep(0.1)  # the kernel opens its five
    assert len(found) == 5 and all(file.is_socket() for file in found)
    assert lab.runtime.stat().st_mode & 0o077 == 0
    # One port at most, at which it says nothing: what a fork of a kernel prints comes in by it.
    assert len(listening(lab.session) - before) <= 1
    assert "without encryption" not in lab.log.read_text()
    assert lab.ask(f"api/kernels/{kernel['id']}", method="DELETE")[0] == 204
    assert not list(lab.runtime.glob(f"kernel-{kernel['id']}*")), "and they go with it"


def test_a_second_make_lab_shows_the_one_that_runs(lab, tmp_path):
    """In the browser too, without the token in the arguments of a program, which others can see."""
    note = tmp_path / "opened"
    env = lab.env | {"BROWSER": f"'{sys.executable}' -c \"open('{note}', 'w').write('%s')\""}
    run = subprocess.run(["make", "lab"], cwd=lab.clone, env=env, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == f"{lab.url}lab?token={lab.token}" and "work" in run.stdout
    (page,) = lab.runtime.glob("jpserver-*-open.html")
    assert note.read_text() == page.as_uri() and lab.token in page.read_text()
    note.unlink()
    quietly = ["make", "lab", "LAB_ARGS=--no-browser"]
    again = subprocess.run(quietly, cwd=lab.clone, env=env, capture_output=True, text=True, timeout=60)
    assert again.stdout == run.stdout and not note.exists()
    assert len(list(lab.runtime.glob("jpserver-*.json"))) == 1, "and no second one was started"


def test_a_server_counts_only_where_it_shows_this_folder_and_answers(lab, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(lab.runtime))
    assert running_server(lab.clone / "work")["token"] == lab.token
    assert running_server(lab.clone / "notebooks") is None and running_server(lab.clone) is None
    # What a crash left: the number belongs to another program by now, and the port to another clone's server.
    (record,) = lab.runtime.glob("jpserver-*.json")
    crashed = json.loads(record.read_text()) | {
        "root_dir": str(lab.clone),
        "token": "old",
        "pid": os.getpid(),
    }
    left = lab.runtime / "jpserver-1.json"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        for url in (lab.url, f"http://127.0.0.1:{closed.getsockname()[1]}/"):
            left.write_text(json.dumps(crashed | {"url": url}))
            assert running_server(lab.clone) is None
    left.unlink()


def test_a_learners_save_keeps_all_that_jupyterlab_wrote(lab):
    content = as_a_student_leaves_it()
    body = {"type": "notebook", "format": "json", "content": content}
    assert lab.ask("api/contents/01_nodes.ipynb", method="PUT", body=body)[0] == 200
    assert nbformat.read(lab.clone / "work" / "01_nodes.ipynb", 4) == content


# --- what JupyterLab is told ------------------------------------------------------------------------------


@pytest.fixture
def told(root, runtime, tmp_path, monkeypatch) -> list[str]:
    """The arguments of a JupyterLab that was not started, called in a clone where none runs."""
    arguments: list[str] = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda given: arguments.extend(given))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    (tmp_path / "notebooks").mkdir()
    nbformat.write(v4.new_notebook(), tmp_path / "notebooks" / "01_nodes.ipynb")
    monkeypatch.chdir(tmp_path)
    return arguments


def test_what_was_asked_of_jupyterlab_comes_last_and_the_save_hook_with_edit_alone(told):
    assert main(["lab", "--no-browser", "--ServerApp.port", "0"]) == 0
    assert {"--ServerApp.ip=localhost", "--ServerApp.root_dir=work"} < set(told) and SAVE_HOOK not in told
    assert told[-3:] == ["--no-browser", "--ServerApp.port", "0"]
    told.clear()
    assert main(["edit"]) == 0
    assert {"--ServerApp.ip=localhost", "--ServerApp.root_dir=notebooks", SAVE_HOOK} < set(told)


@pytest.mark.parametrize("user", [0, 1000])
def test_it_is_told_of_root_only_when_it_is_root(told, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert main(["edit"]) == 0 and ("--allow-root" in told) == (user == 0)


def test_kernels_are_reached_over_ports_where_the_system_has_no_files_for_it(told, runtime, monkeypatch):
    over_files = "--KernelManager.transport=ipc"
    assert main(["edit"]) == 0 and over_files in told
    told.clear()
    too_long = runtime / ("x" * 80)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(too_long))
    assert main(["edit"]) == 0 and told and over_files not in told
    assert list(too_long.iterdir()) == []
    file = runtime / "file"
    file.touch()
    assert holds_sockets(runtime) and not holds_sockets(file), "a folder that cannot be made"
    monkeypatch.delattr(socket, "AF_UNIX")
    assert not holds_sockets(runtime), "Windows"
