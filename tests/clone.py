"""A folder in which `make` works as in a clone that is set up, and a command that rights stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def stand_in(root: Path, folder: Path) -> None:
    """Makes it one, without lessons; this environment stands in for the one that make installs."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, folder)
    run = folder / ".venv" / "bin" / "python"
    run.parent.mkdir(parents=True)
    run.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    run.chmod(0o755)
    key = 'printf "%s\\n" "$(pwd) $(cat pyproject.toml constraints.txt | cksum)" > .venv/stamp'
    subprocess.run(["sh", "-c", key], cwd=folder, check=True)


def without_rights(command: list[str]) -> list[str]:
    """The same command as somebody whom rights on files stop: root is stopped by none."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return command
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]
