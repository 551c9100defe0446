"""The Littlest JupyterHub: goes into /opt/tljh/config/jupyterhub_config.d/ (see docs/shared-server.md)."""

c = get_config()  # noqa: F821 (JupyterHub brings it)

c.Spawner.cmd = ["/opt/miniflow/docs/jupyterhub/start-lessons"]
c.Spawner.notebook_dir = "~/miniflow"
c.Spawner.default_url = "/lab/tree/00_start_here.ipynb"
# Small matrices gain nothing from a second thread, and thirty students would fight over the processors.
c.Spawner.environment = {"OPENBLAS_NUM_THREADS": "1"}
# A folder /tmp of their own for each student.
c.SystemdSpawner.isolate_tmp = True
