"""python -m tools: what the make targets call, for systems without make too."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def _lessons(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
    if not found:
        raise FileNotFoundError(f"There is no notebook in {', '.join(map(str, paths))}.")
    return found


def _build(args: argparse.Namespace) -> int:
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    from tools.build import build

    failed = 0
    for path in _lessons(args.paths):
        try:
            print(f"{path}: {'changed' if build(path) else 'the same as before'}", flush=True)
        except (CellExecutionError, CellTimeoutError) as error:
            failed = 1
            print(f"{path}: a cell failed, and the file was left as it was.\n{error}", file=sys.stderr)
    return failed


def _clean(args: argparse.Namespace) -> int:
    from tools.clean import read, write

    for path in _lessons(args.paths):
        write(read(path), path)
    return 0


def _check(args: argparse.Namespace) -> int:
    from tools.clean import problems

    found = [line for path in _lessons(args.paths) for line in problems(path)]
    print("\n".join(found) if found else "All lessons are in their normal form.")
    return int(bool(found))


def _minutes(args: argparse.Namespace) -> int:
    from tools.clean import read, write
    from tools.minutes import lesson_minutes, write_minutes

    for path in _lessons(args.paths):
        notebook = read(path)
        write_minutes(notebook)
        write(notebook, path)
        print(f"{path}: {lesson_minutes(notebook)} minutes")
    return 0


def _work(args: argparse.Namespace) -> int:
    from tools.workspace import update_working_copy

    for sentence in update_working_copy(args.lessons, args.folder):
        print(sentence)
    return 0


def _student(args: argparse.Namespace) -> int:
    from tools.student import write_student_copy

    written = write_student_copy(args.lessons, args.folder)
    print(f"{len(written)} lessons without their solutions are in {args.folder}.")
    return 0


def _site(args: argparse.Namespace) -> int:
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    from tools.site import build_site

    try:
        for page in build_site(args.lessons, args.folder):
            print(page, flush=True)
    except (CellExecutionError, CellTimeoutError) as error:
        print(f"A cell failed, and no page was written.\n{error}", file=sys.stderr)
        return 1
    print(f"Open {args.folder / 'index.html'} in a browser. The folder can be moved and handed out.")
    return 0


def _guide(args: argparse.Namespace) -> int:
    from tools.guide import GuideError, write_guide

    try:
        changed = write_guide()
    except GuideError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(changed) if changed else "The documents say what the lessons say.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, action, text in [
        ("build", _build, "run notebooks in place and store their outputs, normalised"),
        ("clean", _clean, "normalise notebooks without running them"),
        ("minutes", _minutes, "count the minutes of lessons and write them in"),
        ("check", _check, "say what keeps notebooks from being stored as they are"),
    ]:
        command = commands.add_parser(name, help=text)
        command.add_argument("paths", nargs="*", type=Path, default=[Path("notebooks")])
        command.set_defaults(action=action)
    work = commands.add_parser("work", help="bring the lessons into your own folder, writing nothing over")
    work.add_argument("folder", nargs="?", type=Path, default=Path("work"))
    work.add_argument("--lessons", type=Path, default=Path("notebooks"))
    work.set_defaults(action=_work)
    student = commands.add_parser("student", help="copy the lessons without solutions into a new folder")
    student.add_argument("folder", type=Path)
    student.add_argument("--lessons", type=Path, default=Path("notebooks"))
    student.set_defaults(action=_student)
    site = commands.add_parser("site", help="the lessons as HTML pages that need no kernel and no network")
    site.add_argument("folder", nargs="?", type=Path, default=Path("site"))
    site.add_argument("--lessons", type=Path, default=Path("notebooks"))
    site.set_defaults(action=_site)

    guide = commands.add_parser("guide", help="write the tables of the documents from lessons and tests")
    guide.set_defaults(action=_guide)

    args = parser.parse_args(arguments)
    try:
        return args.action(args)
    except OSError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
