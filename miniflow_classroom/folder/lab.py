"""JupyterLab on a folder of lessons: one server for each folder, and kernels reached over files."""

from __future__ import annotations

import os
import socket
import urllib.request
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

# With `make edit` alone a lesson is saved in its normal form: `tools` is the server extension that does it.
SAVE_HOOK = "--ServerApp.jpserver_extensions=tools=True"


def open_lab(folder: Path, arguments: list[str]) -> int:
    """Opens JupyterLab on `folder`, which has to be there, and returns when it has ended.

    Where one runs on it, that one is shown in its place: two would write into the same notebooks.
    arguments: JupyterLab's own. Returns the exit code.
    """
    if server := running_server(folder):
        _show(server, folder, in_browser="--no-browser" not in arguments)
        return 0
    from jupyter_core.paths import jupyter_runtime_dir
    from jupyterlab.labapp import LabApp

    settings = ["--ServerApp.ip=localhost", f"--ServerApp.root_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        settings.append("--allow-root")  # it refuses to start as root without being told that it is meant
    if holds_sockets(Path(jupyter_runtime_dir())):
        # Over ports of the machine, each kernel warns that anybody with an account on it could listen.
        settings.append("--KernelManager.transport=ipc")
    LabApp.launch_instance([*settings, *arguments])
    return 0


def running_server(folder: Path) -> dict[str, Any] | None:
    """What Jupyter has noted of the server that shows this folder and answers; None where there is none."""
    from jupyter_server.serverapp import list_running_servers

    with suppress(OSError):  # a file that went away, or that is not ours to read
        for server in list_running_servers():
            if os.path.realpath(server["root_dir"]) == os.path.realpath(folder) and _answers(server):
                return server
    return None


def _answers(server: dict[str, Any]) -> bool:
    """Whether it is that server: after a crash its number and its port may belong to somebody else's."""
    page = "api/status" if server["token"] else "api"  # the first wants the token, and not with a password
    request = urllib.request.Request(server["url"] + page)
    request.add_header("Authorization", f"token {server['token']}")
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    )  # a proxy does not know this machine
    try:
        with direct.open(request, timeout=5) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def _show(server: dict[str, Any], folder: Path, in_browser: bool) -> None:
    """Says where it is, and opens it in the browser."""
    from jupyter_core.paths import jupyter_runtime_dir

    token = "?" + urlencode({"token": server["token"]}) if server["token"] else ""
    print(
        f"JupyterLab runs on {folder} already. Its address, to open in a browser:\n{server['url']}lab{token}"
    )
    # By a file that leads there, as Jupyter does: others can see the arguments of a program, and so a token.
    page = Path(jupyter_runtime_dir()) / f"jpserver-{server['pid']}-open.html"
    if in_browser and page.is_file():
        webbrowser.open(page.resolve().as_uri())


def holds_sockets(runtime: Path) -> bool:
    """Whether kernels can be reached over files in this folder of Jupyter's, as they are called there.

    Windows has no such files, some disks of a network hold none, and the length of their path is limited.
    """
    if not hasattr(socket, "AF_UNIX"):
        return False
    like_a_kernels = runtime / f"kernel-{uuid4()}-ipc-1"
    try:
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as tried:
            tried.bind(str(like_a_kernels))
        like_a_kernels.unlink()
    except OSError:
        return False
    return True
