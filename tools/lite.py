"""The lessons as a site that brings its own Python: JupyterLite, for machines where nothing can be installed.

Pyodide, a Python for browsers, runs in the page. It comes from its makers' server, or from a folder. Its
lock file names what it has (numpy, matplotlib, scikit-learn, IPython), and loads that when a cell imports it.
What it does not have is put into the site as wheels, and loaded when a kernel starts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import ToolError, lesson_files
from tools.copies import handed_out

ROOT = Path(__file__).resolve().parents[1]
APP = "MiniFlow"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
# Pure Python that Pyodide does not have. The site's Jupyter stands in for what else ipywidgets names.
ADDED = ("comm", "ipywidgets", "jupyterlab_widgets")
# From Pyodide, before the first cell: only a cell's own imports are looked for, not those of our package.
NEEDED = ("ipython", "numpy")
# The kernel runs in a worker, a script of its extension: a wheel is looked for from there. So the site does
# not need to know at which address it will be.
FROM_WORKER = "../../../../pypi/"


def build_lite(lessons: Path, folder: Path, pyodide: Path | None = None) -> int:
    """Writes the site into `folder`, which must be new, empty or an earlier site; returns how many lessons.

    pyodide: a folder with the whole of Pyodide; without it, each browser fetches what it needs. Raises
    ToolError where JupyterLite is not installed or refuses, and where a folder is not what it should be.
    """
    files = lesson_files(lessons, target=folder)
    if folder.exists() and not _is_our_site(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise ToolError(f"There is something in {folder} that is not such a site: name a new folder.")
    if pyodide and not (pyodide / "pyodide-lock.json").is_file():
        raise ToolError(f"{pyodide} does not hold Pyodide: its folder has a file pyodide-lock.json.")
    with TemporaryDirectory() as made:
        work = Path(made)
        wheels = collect_wheels(work / "wheels")
        for source in files:
            copy = work / "lessons" / source.relative_to(lessons)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(as_shown(source))
        (work / "jupyter-lite.json").write_text(json.dumps(settings(wheels)), encoding="utf-8")
        command = ["jupyterlite_core", "build", "--apps=lab", "--contents=lessons", "--output-dir=site"]
        command += [f"--piplite-wheels={wheel}" for wheel in wheels]
        if pyodide:  # where JupyterLite looks for it; its option --pyodide takes archives, not folders
            (work / "static").mkdir()
            (work / "static" / "pyodide").symlink_to(pyodide.resolve(), target_is_directory=True)
        _run(*command, cwd=work)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(work / "site", folder)
    return sum(source.suffix == ".ipynb" for source in files)


def _is_our_site(folder: Path) -> bool:
    """Whether this made it: all of it is replaced, and any project of JupyterLite has such a file."""
    try:
        told = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))
        return told["jupyter-config-data"]["appName"] == APP
    except (OSError, ValueError, LookupError, TypeError):
        return False


def as_shown(source: Path) -> bytes:
    """A file as it is handed out; a picture with its letters past ASCII as numbers.

    JupyterLite shows no cell whose picture has letters that are not Latin-1.
    """
    content = handed_out(source)
    if source.suffix == ".svg":
        return content.decode("utf-8").encode("ascii", "xmlcharrefreplace")
    return content


def collect_wheels(folder: Path) -> list[Path]:
    """Our package, made from this clone, and what Pyodide does not have, as constraints.txt pins it."""
    _run("pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=ROOT)
    constraints = ["-c", ROOT / "constraints.txt"]
    _run("pip", "download", "--no-deps", "--only-binary=:all:", *constraints, "-d", folder, *ADDED, cwd=ROOT)
    return sorted(folder.glob("*.whl"))


def settings(wheels: list[Path]) -> dict:
    """What JupyterLite is told: what a kernel begins with, and that nobody else is asked for packages."""
    packages = [*NEEDED, *(FROM_WORKER + wheel.name for wheel in wheels)]
    kernel = {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": packages}}
    data = {"appName": APP, "litePluginSettings": {KERNEL: kernel}}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def _run(*command: object, cwd: Path) -> None:
    """A module's command in this environment. Raises ToolError with the end of what it printed."""
    done = subprocess.run([sys.executable, "-m", *map(str, command)], cwd=cwd, text=True, capture_output=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-2000:]
        raise ToolError(f"`{command[0]}` could not do its part (`make lite` sets up what it needs):\n{said}")
