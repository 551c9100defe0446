"""One machine, accounts of the machine, one JupyterLab for each student (see docs/shared-server.md)."""

import sys
from pathlib import Path

HUB = Path(sys.prefix)  # the environment that the hub itself runs in
HERE = Path(__file__).resolve().parent

c = get_config()  # noqa: F821 (JupyterHub brings it)

# Only this machine: what the outside sees is a web server in front, which has the certificate.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [str(HUB / "node_modules" / ".bin" / "configurable-http-proxy")]

# Who may come in: members of the group `miniflow`, with their own account and password. Nobody is an admin,
# and nobody can become another student from the hub's pages.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"miniflow"}

# What they get.
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.cmd = [str(HERE / "start-lessons")]
c.Spawner.notebook_dir = "~/miniflow"
c.Spawner.default_url = "/lab/tree/00_start_here.ipynb"
# Small matrices gain nothing from a second thread, and thirty students would fight over the processors.
c.Spawner.environment = {"OPENBLAS_NUM_THREADS": "1"}
# A class that arrives at once is let in a few at a time, and nobody waits so long that the hub gives up.
c.JupyterHub.concurrent_spawn_limit = 10
c.Spawner.http_timeout = 120
c.Spawner.start_timeout = 120

# An hour without a keystroke or a running cell, and a server is stopped: the notebooks are on the disk.
c.JupyterHub.services = [
    {"name": "cull", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]},
]
c.JupyterHub.load_roles = [
    {
        "name": "cull",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["cull"],
    },
]
