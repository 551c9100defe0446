"""What a class is handed out: a folder that runs without this clone, and a zip of it (`make student`).

The folder follows the series like a learner's own: what somebody changed in it stays. Students write in a
copy of its lessons/, which `python -m miniflow_classroom` makes: work/ is in no zip, so a newer zip can be
unpacked over an older one, and nothing is lost.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from tools import ToolError, lesson_files
from tools.copies import handed_out
from miniflow_classroom.folder.copies import (
    bring_up_to_date,
    files_in,
    fingerprint,
    put_beside,
    read_record,
    write_whole,
)
from miniflow_classroom.folder.hand_out import LESSONS, WORK

ROOT = Path(__file__).resolve().parents[1]
OURS = b"A hand-out of MiniFlow"  # the zip's comment
WHEN = (2020, 2, 2, 0, 0, 0)  # of each file in the zip; hatchling gives the same to those in the wheel
README = """\
MiniFlow: a small neural network engine, which you write yourself
=================================================================

1. Set it up, once. You need Python 3.11 to 3.14, and the network for a minute or two.
   Open a terminal in this folder:

   macOS, Linux:
      python3 -m venv .venv
      .venv/bin/python -m pip install -c constraints.txt "./{wheel}[lab]"

   Windows (PowerShell):
      py -m venv .venv
      .venv\\Scripts\\python -m pip install -c constraints.txt "./{wheel}[lab]"

   or conda, on any system:
      conda env create -f environment.yml
      conda activate miniflow

2. Each time. It opens JupyterLab on your own copy of the lessons, in work/. Begin with 00_start_here.

   macOS, Linux:
      .venv/bin/python -m miniflow_classroom

   Windows:
      .venv\\Scripts\\python -m miniflow_classroom

   conda:
      python -m miniflow_classroom

   Write in work/, and nowhere else: what you write there is never written over.

3. A newer zip? Unpack it over this folder, and let it replace what is here: work/ is in no zip. Then go on
   with 2. If it was unpacked elsewhere, put the name of that folder at the end of the command, for example
      .venv/bin/python -m miniflow_classroom "../{name} 2"
   A lesson in which you wrote nothing is replaced. Otherwise yours stays, and the new one comes next to it as
   "new 03_ops.ipynb". To change to the new one, rename yours and use the command again; my_miniflow.py serves
   both. Where the library has changed too, you are shown the line that installs it.

The lessons hold no solutions. The library itself is a solution of what you write, and it knows the answers
to its questions: if you unfold a question's cell or read the library's files, you find them, and learn less.
"""


def write_hand_out(lessons: Path, folder: Path) -> list[str]:
    """Makes or renews the hand-out in `folder` and its zip beside it; returns what there is to say.

    In a folder that was made by this before, what somebody changed stays, with the new beside it. Raises
    ToolError, and writes nothing, where something else is in the way, or a lesson cannot be read.
    """
    folder = folder.resolve()
    packed = folder.with_name(f"{folder.name}.zip")
    series = _series(lessons, folder)
    before = set(read_record(folder)["copied"])
    is_ours = "environment.yml" in before
    if not is_ours and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ToolError(
            f"There is something in {folder} already that no `make student` made, and it was left as it is. "
            "Name a new folder: make student DIR=another_folder"
        )
    if packed.exists() and not _is_our_zip(packed):
        raise ToolError(f"No `make student` made {packed}, and nothing was written. Name a new folder.")
    left = {folder / name for name in before} - {folder / name for name in series} - put_beside(folder)
    gone = [path for path in left if _is_unchanged(folder, path)]
    said = bring_up_to_date(series.items(), folder)
    for path in gone:  # a lesson that was renamed, the wheel of an older version
        path.unlink()
    content, own = _in_the_zip(folder, series)
    write_whole(_zipped(folder.name, content), packed)
    if own:
        said.append(f"In {packed.name} are these as you have them: {', '.join(own)}.")
    count = sum(path.suffix == ".ipynb" for path in series)
    return [*said, f"{count} lessons without their solutions are in {folder}, and all of it is in {packed}."]


def lessons_of(folder: Path) -> Path:
    """Where the lessons are: in the folder itself, or in its lessons/ where it is a hand-out."""
    return folder / LESSONS if (folder / LESSONS).is_dir() else folder


def _series(lessons: Path, folder: Path) -> dict[Path, bytes]:
    """{name in the hand-out: content}."""
    files = {
        Path(LESSONS, source.relative_to(lessons)): handed_out(source, solutions=False)
        for source in lesson_files(lessons, target=folder)
    }
    wheel, content = build_wheel()
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8").partition("name:")
    texts = {
        "README.txt": README.format(wheel=wheel, name=folder.name),
        "environment.yml": "".join(environment[1:]).replace("-e .[lab]", f"./{wheel}[lab]"),
        "constraints.txt": (ROOT / "constraints.txt").read_text(encoding="utf-8"),
    }
    return {Path(name): text.encode() for name, text in texts.items()} | {Path(wheel): content} | files


def build_wheel() -> tuple[str, bytes]:
    """The name and the content of the wheel with both packages and the data; needs no network."""
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ImportError as error:
        raise ToolError("The wheel is built by hatchling: python -m pip install hatchling") from error
    with tempfile.TemporaryDirectory() as folder:
        (wheel,) = WheelBuilder(str(ROOT)).build(directory=folder, versions=["standard"])
        return Path(wheel).name, Path(wheel).read_bytes()


def _is_unchanged(folder: Path, path: Path) -> bool:
    written = read_record(folder)["copied"][path.relative_to(folder).as_posix()]
    return path.is_file() and fingerprint(path.read_bytes(), path.suffix) == written


# --- the zip ------------------------------------------------------------------------------------------------


def _is_our_zip(path: Path) -> bool:
    try:
        with ZipFile(path) as packed:
            return packed.comment == OURS
    except (OSError, BadZipFile):
        return False


def _in_the_zip(folder: Path, series: dict[Path, bytes]) -> tuple[dict[Path, bytes], list[str]]:
    """What students get, by name: what is in the folder; and the names of what is not the series' own.

    A teacher's changes and own files are in it. The series' new files beside changed ones are not, nor is a
    work/ in which somebody tried the hand-out. A lesson that was run has no outputs, and solutions go.
    """
    beside = put_beside(folder)
    content, own = {}, []
    for path in files_in(folder):
        name = path.relative_to(folder)
        if path in beside or name.parts[0] == WORK:
            continue
        content[name] = handed_out(path, solutions=False)
        fresh = series.get(name)
        if fresh is None or fingerprint(content[name], name.suffix) != fingerprint(fresh, name.suffix):
            own.append(name.as_posix())
    return content, own


def _zipped(name: str, content: dict[Path, bytes]) -> bytes:
    """A zip with all of it in the folder `name`; the same bytes for the same content."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        packed.comment = OURS
        for path in sorted(content):
            entry = ZipInfo(f"{name}/{path.as_posix()}", WHEN)
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o100644 << 16, ZIP_DEFLATED
            packed.writestr(entry, content[path])
    return file.getvalue()
