"""In a hand-out: brings your own copy of the lessons, work/, up to date and opens JupyterLab on it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from miniflow_classroom.folder.copies import bring_up_to_date, files_in
from miniflow_classroom.folder.hand_out import LESSONS, WORK, newer_wheel
from miniflow_classroom.folder.lab import open_lab


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit code. What it does not know is for JupyterLab."""
    parser = argparse.ArgumentParser(prog="python -m miniflow_classroom", description=__doc__)
    newer = "where a newer hand-out was unpacked, if not here"
    parser.add_argument("hand_out", nargs="?", type=Path, default=Path(), help=newer)
    parser.add_argument("--no-lab", action="store_true", help="only bring work/ up to date")
    args, for_lab = parser.parse_known_args(arguments)
    lessons = args.hand_out / LESSONS
    files = files_in(lessons)
    if not any(path.suffix == ".ipynb" for path in files):
        return _refuse(f"There are no lessons in {lessons}. Call this in the folder of your hand-out.")
    if wheel := newer_wheel(args.hand_out):
        return _refuse(
            "The library of this hand-out is not the one that is installed. Install it:\n"
            f'   {_python()} -m pip install --force-reinstall --no-deps "{wheel.as_posix()}"\n'
            "Then call this again."
        )
    try:
        series = ((path.relative_to(lessons), path.read_bytes()) for path in files)
        for sentence in bring_up_to_date(series, Path(WORK)):
            print(sentence)
    except OSError as error:
        return _refuse(str(error))
    if not args.no_lab:
        return open_lab(Path(WORK), for_lab)
    return 0


def _python() -> str:
    """How this Python is called here: .venv/bin/python, or python where an environment is active."""
    here = Path(sys.executable)
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else "python"


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
