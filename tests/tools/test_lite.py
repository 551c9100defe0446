"""The site that runs Python in the browser: what goes into it. Its kernel needs Pyodide, not here."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tools import ToolError, lite
from tools.__main__ import main
from tools.copies import handed_out

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ROOT / "notebooks"
# What Pyodide 314.0.6 has, the one that our JupyterLite is made for; the one before it had Python 3.13.
PYODIDE = {"numpy": "2.4.6", "matplotlib": "3.10.8", "scikit-learn": "1.8.0"}
PYTHONS = ["3.13.2", "3.14.2"]


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_our_bounds_admit_what_pyodide_has(project):
    wanted = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["lab"]])
    bounds = {requirement.name: requirement.specifier for requirement in wanted}
    assert all(bounds[name].contains(version) for name, version in PYODIDE.items())
    assert all(SpecifierSet(project["requires-python"]).contains(python) for python in PYTHONS)


def test_what_the_lite_environment_brings_is_bounded_on_both_sides_where_the_site_depends_on_it(project):
    for text in project["optional-dependencies"]["lite"]:
        requirement = Requirement(text)
        operators = sorted(each.operator for each in requirement.specifier)
        assert operators == (["<", ">="] if requirement.name.startswith("jupyterlite") else [">="]), text


def test_a_kernel_begins_with_our_wheels_wherever_the_site_is_and_asks_nobody_else():
    wheels = [
        Path("/somewhere/comm-0.2.3-py3-none-any.whl"),
        Path("/somewhere/miniflow_lib-9-py3-none-any.whl"),
    ]
    (kernel,) = lite.settings(wheels)["jupyter-config-data"]["litePluginSettings"].values()
    assert kernel == {
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "packages": ["ipython", "numpy", *(f"../../../../pypi/{wheel.name}" for wheel in wheels)]
        },
    }


def test_what_the_lessons_import_at_first_is_named_or_in_our_wheel():
    """A cell's own imports are loaded by Pyodide; those of our package have to be there before."""
    of_ours = set()
    for path in [*ROOT.glob("miniflow_lib/**/*.py"), *ROOT.glob("miniflow_classroom/**/*.py")]:
        of_ours |= set(re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    from_elsewhere = {name for name in of_ours if name not in sys.stdlib_module_names}
    from_elsewhere -= {"miniflow_lib", "miniflow_classroom"}
    assert {name.lower() for name in from_elsewhere} == {*lite.NEEDED, "ipywidgets"}


def test_pictures_stay_what_they_show_and_have_letters_that_jupyterlite_can_read():
    pictures = sorted(LESSONS.glob("images/*.svg"))
    changed = 0
    for path in pictures:
        shown = lite.as_shown(path)
        changed += shown != path.read_bytes()
        before, after = (
            ElementTree.canonicalize(text) for text in (path.read_text("utf-8"), shown.decode("ascii"))
        )
        assert before == after
    assert pictures and changed
    lesson = LESSONS / "01_nodes.ipynb"
    assert lite.as_shown(lesson) == handed_out(lesson)


def test_a_folder_that_is_none_of_ours_stays_as_it_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lite, "collect_wheels", lambda folder: pytest.fail("nothing was to be begun"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert main(["lite", str(tmp_path / "mine"), "--lessons", str(LESSONS)]) == 1
    assert "name a new folder" in capsys.readouterr().err
    with pytest.raises(ToolError, match=r"does not hold Pyodide.*pyodide-lock\.json"):
        lite.build_lite(LESSONS, tmp_path / "new", pyodide=tmp_path / "mine")
    # A project of JupyterLite's that is somebody else's, and a file in the place of the folder.
    (tmp_path / "mine" / "jupyter-lite.json").write_text('{"jupyter-config-data": {"appName": "Mine"}}')
    for name in ("mine", "mine/letter.txt"):
        assert main(["lite", str(tmp_path / name), "--lessons", str(LESSONS)]) == 1
        assert "name a new folder" in capsys.readouterr().err
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_earlier_site_is_replaced(tmp_path, monkeypatch):
    site = tmp_path / "site"

    def build(*command: object, cwd: Path) -> None:
        (cwd / "site").mkdir()
        shutil.copy(cwd / "jupyter-lite.json", cwd / "site")

    monkeypatch.setattr(lite, "collect_wheels", lambda folder: [])
    monkeypatch.setattr(lite, "_run", build)
    lite.build_lite(LESSONS, site)
    (site / "of an older one").touch()
    assert lite.build_lite(LESSONS, site) > 0
    assert [path.name for path in site.iterdir()] == ["jupyter-lite.json"]


def test_without_jupyterlite_it_says_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "collect_wheels", lambda folder: [])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ToolError, match="`make lite` sets up what it needs"):
        lite.build_lite(LESSONS, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.nightly
def test_the_site_is_built_and_lists_the_lessons_in_a_browser(tmp_path):
    from playwright.sync_api import expect, sync_playwright

    from tests.browser.conftest import ARGUMENTS, PROGRAMS

    env, site = tmp_path / "env", tmp_path / "site"
    python = env / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", env], check=True)
    install = ["-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{ROOT}[lite]"]
    subprocess.run([python, *install], check=True)
    subprocess.run([python, "-m", "tools", "lite", site], cwd=ROOT, check=True)
    config = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    names = {each["name"] for each in config["federated_extensions"]}
    assert {"@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension"} <= names
    (kernel,) = config["litePluginSettings"].values()
    worker = next(site.glob("extensions/@jupyterlite/pyodide-kernel-extension/static/comlink.worker.*.js"))
    found = [name for name in kernel["loadPyodideOptions"]["packages"] if name.endswith(".whl")]
    assert len(found) == 1 + len(lite.ADDED) and all((worker.parent / name).is_file() for name in found)

    serve = functools.partial(SimpleHTTPRequestHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = next(filter(None, map(shutil.which, PROGRAMS)))
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(f"http://localhost:{server.server_port}/lab/index.html?path=01_nodes.ipynb")
        listed = page.locator(".jp-DirListing-itemText", has_text=".ipynb")
        expect(listed).to_have_count(len(list(LESSONS.glob("*.ipynb"))), timeout=60_000)
        expect(page.locator(".jp-Notebook h1").first).to_contain_text("01 · Nodes", timeout=60_000)
        picture = page.locator(".jp-Notebook img").first
        expect(picture).to_have_js_property("complete", True)
        expect(picture).not_to_have_js_property("naturalWidth", 0)
        browser.close()
        server.shutdown()
