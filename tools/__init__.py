"""For those who write the lessons: running, normalising and copying the notebooks.

`make edit` starts JupyterLab with this package as a server extension, so that a lesson saved there is
normalised like one that `make notebooks` wrote.
"""

from __future__ import annotations

from typing import Any

from tools.clean import save_hook


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tools"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    # Registered beside a hook of the user's own, never in its place.
    server_app.contents_manager.register_pre_save_hook(save_hook)
