"""For those who write the lessons: running, normalising and copying the notebooks.

`make edit` starts JupyterLab with this package as a server extension, so that a lesson saved there is
normalised like one that `make notebooks` wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class ToolError(Exception):
    """What a command cannot do, and what to do about it, in a sentence."""


def lesson_files(folder: Path) -> list[Path]:
    """The notebooks and pictures in a folder of lessons; hidden files and caches are left out.

    Raises ToolError where there is no lesson.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    hidden = (".", "__")
    files = [p for p in files if not any(n.startswith(hidden) for n in p.relative_to(folder).parts)]
    if not any(path.suffix == ".ipynb" for path in files):
        raise ToolError(
            f"There is no lesson in the folder {folder}. Call this in the folder of the clone, or say "
            "where the lessons are."
        )
    return files


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tools"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from tools.clean import save_hook

    # Registered beside a hook of the user's own, never in its place.
    server_app.contents_manager.register_pre_save_hook(save_hook)
