"""A real JupyterLab with the save hook of `make edit`, in a headless Chromium.

How to use it:

    def test_something(lab):
        lab.write("mine.ipynb", ["x = 1", "print(x)"])   # or a notebook node; lessons are there already
        lab.open("mine.ipynb")                           # or lab.open("02_topological_sort.ipynb")
        lab.run_all()                                    # waits until the kernel is idle
        assert lab.errors() == []                        # what the cells raised
        lab.cell(1).locator("text=1")                    # a Playwright locator; lab.page is the page
        assert lab.output(1) == "1"                      # what an output shows, as text
        lab.button("DEBUG", cell=1).click()
        lab.save()                                       # into lab.folder / "mine.ipynb"
        lab.reload()                                     # the page; the kernel goes on
        lab.close()                                      # the notebook, and its kernel is shut down

Each test, or with `shared_lab` each file, gets a page without a notebook; at its end the page's console must
be free of errors. To load JupyterLab takes seconds, so the next one gets the same page, unless a test failed
in it or has spent it. The server runs for the whole session, in a scratch folder that holds the lessons as
learners get them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tools.copies import update_working_copy
from miniflow_classroom.folder.lab import SAVE_HOOK

SETTINGS = {
    # No question and no request about news; all cells are in the page, so that a locator finds them.
    "@jupyterlab/apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "@jupyterlab/notebook-extension/tracker": '{"windowingMode": "none"}',
}
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the fastest first
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
expect.set_options(timeout=60_000)  # a busy machine takes its time
# What JupyterLab itself says on an empty notebook, the network on a page that is left, and JupyterLab again
# where a restart comes before the new kernel has answered what it asks by itself, for its debugger above all.
# Of a cell that a restart takes its answer from it says nothing: that has to be seen in the outputs.
NOT_OURS = re.compile(
    r"favicon|net::ERR_ABORTED|WebSocket is closed before|ResizeObserver loop|Canceled future for"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a browser that fails is run again, twice at most; no other test is."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=2))


SIZE = {"width": 1300, "height": 1400}
LIGHT = "JupyterLab Light"
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.failed:
        item.stash[FAILED] = item.parent.stash[FAILED] = True
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    failed = {report.nodeid for kind in ("failed", "error") for report in terminalreporter.getreports(kind)}
    for report in terminalreporter.stats.get("rerun", []):
        if report.nodeid not in failed:
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", report.longrepr)
            terminalreporter.write_line(f"FLAKY {report.nodeid}: its {report.when} failed once: {why}")


class Lab:
    """One page of JupyterLab on the scratch folder."""

    def __init__(self, page: Page, url: str, folder: Path):
        self.page, self.url, self.folder = page, url, folder
        self.console: list[str] = []
        self.spent = False  # no other test may have this page
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self._heard(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._heard(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())

    def _heard(self, text: str) -> None:
        if not NOT_OURS.search(text):
            self.console.append(text)

    def write(
        self, name: str, cells: Sequence[str | NotebookNode] | NotebookNode, lesson: bool = True
    ) -> Path:
        """Put a notebook into the folder: code cells as strings, or whole cells, or a whole notebook.

        lesson: marked as one of the series, so that the save hook normalises it (and takes the widgets out).
        """
        if not isinstance(cells, NotebookNode):
            cells = [v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
            cells = v4.new_notebook(cells=cells, metadata={"miniflow": {"lesson": "00"}} if lesson else {})
            cells.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(cells, self.folder / name)
        return self.folder / name

    def open(self, name: str) -> None:
        """Show the notebook, alone, with its kernel ready."""
        if self.page.url.startswith(self.url):
            self.close()
            self.command("docmanager:open", {"path": name, "factory": "Notebook"})
        else:
            self.page.goto(f"{self.url}/lab/tree/{name}?reset", wait_until="domcontentloaded")
        self._wait_for_notebook()
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")  # the notebook has all the room

    def reload(self) -> None:
        """Load the page again; the kernel goes on with what it is doing."""
        self.spent = True  # JupyterLab opens again what was open, and does so late: over the next notebook
        self.page.reload(wait_until="domcontentloaded")
        self._wait_for_notebook(idle=False)

    def _wait_for_notebook(self, idle: bool = True) -> None:
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")
        self.page.wait_for_function(
            """idle => {
                const panel = window.jupyterapp?.shell.currentWidget;
                const status = panel?.sessionContext?.session?.kernel?.status;
                return idle ? status === 'idle' : ['idle', 'busy'].includes(status);
            }""",
            arg=idle,
        )
        # For idle(): how many cells were sent to this kernel and are neither done nor lost by a restart.
        self.page.evaluate(
            """() => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const send = kernel.requestExecute;
                const executing = window.executing = {cells: 0};
                kernel.requestExecute = function (...given) {
                    const future = send.apply(this, given);
                    const done = () => { executing.cells -= 1 };
                    executing.cells += 1;
                    future.done.then(done, done);
                    return future;
                };
            }"""
        )

    def command(self, command: str, arguments: dict | None = None, wait: bool = True) -> None:
        """Run one of JupyterLab's own commands, such as "notebook:run-all-cells".

        wait: until it has done its work; else idle() waits for it.
        """
        self.page.evaluate(
            """async ([command, given, wait]) => {
                window.underWay = (window.underWay ?? 0) + 1;
                const done = window.jupyterapp.commands.execute(command, given)
                    .finally(() => { window.underWay -= 1 });
                if (wait) await done;
            }""",
            [command, arguments or {}, wait],
        )

    def run_all(self, timeout: float = 180) -> None:
        """Run > Run All Cells, and wait until the last cell is done."""
        self.command("notebook:run-all-cells", wait=False)
        self.idle(timeout)

    def select(self, index: int) -> None:
        """Make this cell the one that commands are about."""
        self.page.evaluate(
            "i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index
        )

    def run_cell(self, index: int, wait: bool = True) -> None:
        """Run this cell alone."""
        self.select(index)
        self.command("notebook:run-cell", wait=False)
        if wait:
            self.idle()

    def idle(self, timeout: float = 180) -> None:
        """Wait until no command is under way, no cell waits for its answer, and the kernel says it is idle.

        Not asked of what JupyterLab shows: a cell whose source is hidden has no star, after an error (a meant
        one too) it takes the cells that still wait for done, and between two cells the kernel is idle.
        """
        self.page.wait_for_timeout(300)  # for what a click has only just sent to the kernel
        self.page.wait_for_function(
            """() => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
                return !window.underWay && !window.executing.cells && kernel?.status === 'idle';
            }""",
            timeout=timeout * 1000,
        )

    def outputs(self) -> list[list[dict]]:
        """What each cell of the open notebook holds as outputs."""
        return self.page.evaluate(
            """() => {
                const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
                return cells.map(cell => cell.outputs?.toJSON() ?? []);
            }"""
        )

    def stdout(self, index: int) -> str:
        """What this cell printed."""
        return "".join("".join(out["text"]) for out in self.outputs()[index] if out.get("name") == "stdout")

    def errors(self) -> list[str]:
        """What the cells raised, those that are meant to raise left out."""
        meant = self.page.evaluate(
            """() => {
                const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
                return cells.map(cell => (cell.getMetadata('tags') ?? []).includes('raises-exception'));
            }"""
        )
        return [
            f"cell {i}: {output['ename']}: {output['evalue']}"
            for i, cell in enumerate(self.outputs())
            for output in cell
            if output["output_type"] == "error" and not meant[i]
        ]

    def cell(self, index: int) -> Locator:
        """The cell of this number, counted from 0 over all cells."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> str:
        """What the outputs of this cell show, widgets included, as text."""
        return "\n".join(self.cell(index).locator(".jp-OutputArea-output").all_inner_texts()).strip("\n")

    def shows(self, index: int, holds: Callable[[str], bool], timeout: float = 60) -> str:
        """Wait until the text of this cell's outputs fits; returns it. Fails with what was seen."""
        return self._wait_for(index, holds, timeout, still=0)

    def stays(self, index: int, holds: Callable[[str], bool], timeout: float = 60) -> str:
        """As shows, but the text has to fit for a whole second: nothing older comes after it."""
        return self._wait_for(index, holds, timeout, still=1)

    def _wait_for(self, index: int, holds: Callable[[str], bool], timeout: float, still: float) -> str:
        begun = not_yet = time.monotonic()
        while True:
            text, now = self.output(index), time.monotonic()
            if not holds(text):
                not_yet = now
            elif now - not_yet >= still:
                return text
            assert now - begun < timeout, f"cell {index} still shows:\n{text}"
            self.page.wait_for_timeout(50)

    def button(self, label: str, cell: int) -> Locator:
        """A widget's button, by its exact label."""
        return self.cell(cell).locator("button", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))

    def theme(self, name: str) -> None:
        """Change JupyterLab's colours, if these are not on already."""
        body = self.page.locator("body")
        if body.get_attribute("data-jp-theme-name") != name:
            self.command("apputils:change-theme", {"theme": name})
            expect(body).to_have_attribute("data-jp-theme-name", name)

    def save(self) -> None:
        self.command("docmanager:save")

    def close(self) -> None:
        """Close the notebook, if there is one, and shut its kernel down."""
        self.page.evaluate(
            """async () => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                if (!panel?.sessionContext) return;
                await panel.sessionContext.shutdown();
                panel.context.model.dirty = false;
                panel.dispose();
            }"""
        )


@pytest.fixture(scope="session")
def server(root: Path, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """JupyterLab's address and the folder it serves. A person's own set-up is neither read nor written."""
    scratch = tmp_path_factory.mktemp("jupyterlab")
    folder = scratch / "lessons"
    update_working_copy(root / "notebooks", folder)
    for name, text in SETTINGS.items():
        file = scratch / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    env = dict(os.environ)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        env[name] = str(scratch / name)
    env["JUPYTERLAB_SETTINGS_DIR"] = str(scratch / "settings")
    env["JUPYTERLAB_WORKSPACES_DIR"] = str(scratch / "workspaces")
    with _server(folder, env, scratch / "server.log") as url:
        yield url, folder


@contextmanager
def _server(folder: Path, env: dict[str, str], log_file: Path) -> Iterator[str]:
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
        *("--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),  # a port that it finds free itself
        SAVE_HOOK,
        # Open to this machine alone, for as long as the tests run.
        *("--ServerApp.ip=localhost", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    with open(log_file, "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
        try:
            deadline = time.monotonic() + 180
            while not (url := _address(Path(env["JUPYTER_RUNTIME_DIR"]))):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail("JupyterLab did not start:\n" + log_file.read_text())
                time.sleep(0.3)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)


def _address(runtime: Path) -> str | None:
    """Where the server that writes into this folder answers; its file is there before it is whole."""
    for file in runtime.glob("jpserver-*.json"):
        try:
            url = json.loads(file.read_text())["url"].rstrip("/")
            urllib.request.urlopen(f"{url}/api", timeout=5).close()
            return url
        except (OSError, ValueError, KeyError):
            continue
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not (found := [path for name in PROGRAMS if (path := shutil.which(name))]):
        pytest.fail(
            "The browser tests need Chromium: `apt-get install chromium`, or your system's package of it."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found[0], args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def idle_pages() -> list[Lab]:
    """Those that no test uses now."""
    return []


@contextmanager
def _page(
    node: pytest.Item | pytest.Module, idle_pages: list[Lab], browser: Browser, server: tuple[str, Path]
) -> Iterator[Lab]:
    lab = idle_pages.pop() if idle_pages else Lab(browser.new_context(viewport=SIZE).new_page(), *server)
    lab.console.clear()
    yield lab
    console = lab.console[:]
    lab.close()
    if lab.spent or console or node.stash.get(FAILED, False):
        lab.page.context.close()
    else:
        lab.page.set_viewport_size(SIZE)
        lab.theme(LIGHT)
        idle_pages.append(lab)
    assert console == [], "errors in the browser's console"


@pytest.fixture
def lab(request, idle_pages: list[Lab], browser: Browser, server: tuple[str, Path]) -> Iterator[Lab]:
    with _page(request.node, idle_pages, browser, server) as lab:
        yield lab


@pytest.fixture(scope="module")
def shared_lab(request, idle_pages: list[Lab], browser: Browser, server: tuple[str, Path]) -> Iterator[Lab]:
    """One page for all tests of a file; its console is judged at the end of the file."""
    with _page(request.node, idle_pages, browser, server) as lab:
        yield lab
