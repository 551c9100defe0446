"""For those who write the lessons: running, normalising and copying the notebooks.

`make edit` starts JupyterLab with this package as a server extension, so that a lesson saved there is
normalised like one that `make notebooks` wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.errors import ToolError


def no_lesson(folder: Path) -> ToolError:
    """What to raise where lessons were looked for and there is none."""
    said = f"There is no lesson in the folder {folder}."
    if folder.is_file():
        said = f"{folder} is a file, not a folder of lessons."
    return ToolError(f"{said} Call this in the folder of the clone, or say where the lessons are.")


def lesson_files(folder: Path, target: Path | None = None) -> list[Path]:
    """The notebooks and pictures in a folder of lessons (see files_in).

    target: where the caller will write. Raises ToolError where there is no lesson, and where the target is in
    the folder of the lessons: what is written there would be taken for lessons the next time.
    """
    from miniflow_classroom.folder.copies import files_in  # here: the save hook needs no classroom

    files = files_in(folder)
    if not any(path.suffix == ".ipynb" for path in files):
        raise no_lesson(folder)
    if target is not None and target.resolve().is_relative_to(folder.resolve()):
        raise ToolError(
            f"{target} is the folder of the lessons or in it, and nothing was written. Name a folder "
            "outside it."
        )
    return files


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tools"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from tools.clean import save_hook

    # Registered beside a hook of the user's own, never in its place.
    server_app.contents_manager.register_pre_save_hook(save_hook)
