"""python -m tools: what the make targets call, for systems without make too."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import ToolError, lesson_files

# What a command needs is imported where it runs: `work` comes before each `make lab`, and should be quick.


def notebooks(paths: list[Path]) -> list[Path]:
    """The notebooks that are named, and those in the folders that are.

    Raises ToolError where one of the paths leads to no notebook.
    """
    found = []
    for path in paths:
        if path.is_dir() or not path.suffix:
            found += lesson_files(path)
        elif path.suffix == ".ipynb" and path.is_file():
            found.append(path)
        else:
            raise ToolError(f"There is no notebook {path}, and nothing was done.")
    return [path for path in found if path.suffix == ".ipynb"]


def build(args: argparse.Namespace) -> int:
    """run notebooks in place and store their outputs, normalised"""
    from tools.build import build

    failed = 0
    for path in notebooks(args.paths):
        try:
            print(f"{path}: {'changed' if build(path) else 'the same as before'}", flush=True)
        except ToolError as error:
            failed = 1
            print(error, file=sys.stderr)
    return failed


def check(args: argparse.Namespace) -> int:
    """say what keeps notebooks from being stored as they are"""
    from tools.clean import problems

    found = [line for path in notebooks(args.paths) for line in problems(path)]
    print("\n".join(found) or "All lessons are in their normal form.")
    return int(bool(found))


def minutes(args: argparse.Namespace) -> int:
    """count the minutes of lessons and write them in, and what of them is a slide"""
    from tools.clean import read, write
    from tools.minutes import lesson_minutes, write_minutes
    from tools.slides import write_slides

    for path in notebooks(args.paths):
        notebook = read(path)
        write_minutes(notebook)
        write_slides(notebook)
        write(notebook, path)
        print(f"{path}: {lesson_minutes(notebook)} minutes")
    return 0


def work(args: argparse.Namespace) -> int:
    """bring your own folder up to date with the lessons, writing over nothing of yours"""
    from tools.copies import update_working_copy
    from tools.hand_out import lessons_of

    for sentence in update_working_copy(lessons_of(args.lessons), args.folder):
        print(sentence)
    return 0


def lab(args: argparse.Namespace) -> int:
    """bring work/ up to date and open JupyterLab on it, with these arguments"""
    from miniflow_classroom.folder.lab import open_lab

    work(argparse.Namespace(folder=Path("work"), lessons=Path("notebooks")))
    return open_lab(Path("work"), args.arguments)


def edit(args: argparse.Namespace) -> int:
    """for authors: open JupyterLab on notebooks/ itself, with these arguments"""
    from miniflow_classroom.folder.lab import SAVE_HOOK, open_lab

    return open_lab(Path("notebooks"), [SAVE_HOOK, *args.arguments])


def student(args: argparse.Namespace) -> int:
    """make a hand-out for a class: lessons without solutions, what they need, and a zip of it all"""
    from tools.hand_out import write_hand_out

    for sentence in write_hand_out(args.lessons, args.folder):
        print(sentence)
    return 0


def site(args: argparse.Namespace) -> int:
    """the lessons as HTML pages that need no kernel and no network"""
    from tools.site import build_site

    for page in build_site(args.lessons, args.folder, args.url, args.repository):
        print(page, flush=True)
    print(f"Open {args.folder / 'index.html'} in a browser. The folder can be moved and handed out.")
    return 0


def collect(args: argparse.Namespace) -> int:
    """run what a class has handed in, and write a table: student by exercise"""
    from tools.collect import collect
    from tools.one_hand_in import Limits

    if hasattr(sys.stdout, "reconfigure"):  # a name that a terminal cannot show must not end it
        sys.stdout.reconfigure(errors="replace")
    try:
        for sentence in collect(args.folder, Limits(seconds=args.seconds)):
            print(sentence, flush=True)
    except KeyboardInterrupt:
        raise ToolError("Stopped, and nothing was written.") from None
    return 0


def slides(args: argparse.Namespace) -> int:
    """the two-hour path of each lesson as slides, in pages that need no kernel and no network"""
    from tools.slides import build_slides

    for page in build_slides(args.lessons, args.folder):
        print(page, flush=True)
    return 0


def lite(args: argparse.Namespace) -> int:
    """the lessons as a site that runs Python in the browser"""
    from tools.lite import build_lite

    written = build_lite(args.lessons, args.folder, args.pyodide)
    print(f"{written} lessons are in {args.folder}. A web server has to hand them out, for example:")
    print(f"python3 -m http.server --directory {args.folder} 8000, and http://localhost:8000 in a browser.")
    return 0


def guide(args: argparse.Namespace) -> int:
    """write the tables of the documents from the lessons"""
    from tools.guide import write_guide

    print("\n".join(write_guide()) or "The documents say what the lessons say.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for action in (lab, edit):  # whatever JupyterLab takes is handed on
        commands.add_parser(action.__name__, help=action.__doc__).set_defaults(action=action)
    for action in (work, student, collect, site, slides, lite, build, check, minutes, guide):
        command = commands.add_parser(action.__name__, help=action.__doc__)
        command.set_defaults(action=action)
        if action in (build, check, minutes):
            command.add_argument("paths", nargs="*", type=Path, default=[Path("notebooks")])
        elif action is collect:
            command.add_argument("folder", nargs="?", type=Path, default=Path("handed-in"))
            command.add_argument("--seconds", type=float, default=20, help="for a cell (20)")
        elif action is not guide:
            command.add_argument("folder", nargs="?", type=Path, default=Path(action.__name__))
            command.add_argument("--lessons", type=Path, default=Path("notebooks"))
        if action is lite:
            command.add_argument("--pyodide", type=Path, help="a folder with the whole of Pyodide")
        if action is site:
            command.add_argument("--url", default="", help="where the pages will be, for previews of links")
            command.add_argument(
                "--repository", default="", help="where the source is, for the pages' footer"
            )
    args, args.arguments = parser.parse_known_args(arguments)
    if args.arguments and args.action not in (lab, edit):
        parser.error(f"unrecognized arguments: {' '.join(args.arguments)}")
    try:
        return args.action(args)
    except ToolError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"That did not work: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
