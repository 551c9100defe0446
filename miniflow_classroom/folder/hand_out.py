"""The folder that a learner was handed out: its parts, and whether its library is the one installed."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zipfile import BadZipFile, ZipFile

LESSONS, WORK = "lessons", "work"  # the series' own, which a newer hand-out replaces; the learner's


def is_lessons(folder: Path) -> bool:
    """Whether this is the lessons/ of a hand-out."""
    return folder.name == LESSONS and any(folder.parent.glob("miniflow_lib-*.whl"))


def newer_wheel(hand_out: Path) -> Path | None:
    """The wheel of this hand-out, where another one is installed; None where that cannot be told.

    Both the wheel and what is installed have a list of their files with a digest of each, RECORD.
    """
    try:
        environment = (hand_out / "environment.yml").read_text(encoding="utf-8")
        wheel = hand_out / re.search(r"miniflow_lib-\S+?\.whl", environment).group()
        with ZipFile(wheel) as files:
            (record,) = (name for name in files.namelist() if name.endswith(".dist-info/RECORD"))
            brought = _of_packages(files.read(record).decode())
        installed = _of_packages(distribution("miniflow_lib").read_text("RECORD"))
    except (OSError, ValueError, AttributeError, BadZipFile, PackageNotFoundError):
        return None
    return wheel if installed and not brought <= installed else None


def _of_packages(record: str) -> set[str]:
    """The lines of a RECORD for the two packages. An installation from a clone lists the data alone: none."""
    return {line for line in record.splitlines() if re.match(r"miniflow_\w+/(?!data/)", line)}
