"""The folder that a learner was handed out: its parts, and whether its library is the one installed."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LESSONS, WORK = "lessons", "work"  # the series' own, which a newer hand-out replaces; the learner's


def is_lessons(folder: Path) -> bool:
    """Whether this is the lessons/ of a hand-out."""
    return folder.name == LESSONS and any(folder.parent.glob("miniflow_lib-*.whl"))


def newer_wheel(hand_out: Path) -> Path | None:
    """The wheel of this hand-out, where another one is installed; None where that cannot be told."""
    try:
        environment = (hand_out / "environment.yml").read_text(encoding="utf-8")
        wheel = hand_out / re.search(r"miniflow_lib-\S+?\.whl", environment).group()
        origin = json.loads(distribution("miniflow_lib").read_text("direct_url.json"))  # written by pip
        installed = origin["archive_info"]["hashes"]["sha256"]
        return None if hashlib.sha256(wheel.read_bytes()).hexdigest() == installed else wheel
    except (OSError, ValueError, LookupError, TypeError, AttributeError, PackageNotFoundError):
        return None
