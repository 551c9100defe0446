"""Nothing a learner types or names becomes code or markup."""

from __future__ import annotations

import ast
import base64
import json
import re
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import ipywidgets
import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    forward_and_backward,
    topological_sort,
)
from tests.series import every_lesson, read
from miniflow_classroom import (
    check_gradients,
    draw_graph,
    fill_in_gradients,
    live,
    nudge,
    predict,
    sort_game,
    stale,
    stepper,
    turn_knobs,
    where_installed,
)
from miniflow_classroom.judge.exercise import Exercise, Question
from miniflow_classroom.judge.vocabulary import value
from miniflow_classroom.widgets.quiz import hint_box, quiz_box

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("miniflow_*/**/*.py"))
EVIL = "<img src=x onerror=alert(1)>"

# --- the code ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_unpickled_evaluated_fetched_or_started(path):
    """Widgets read what is entered as a number or a choice; a learner's code runs in their cells alone.

    But for two: the fault lab runs the repair that a learner has typed into it, when they ask for it; and
    lesson 07 runs the formulas that ops have in their source, and has a C compiler make a program of them.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    barred = {"pickle", "marshal", "shelve", "joblib", "subprocess", "socket", "requests", "http"}
    # lab.py asks whether a JupyterLab runs on this machine, and tries whether a folder holds sockets.
    may = {"in_c.py": {"subprocess"}, "lab.py": {"socket", "urllib.request"}}.get(path.name, set())
    assert {n for n in imported if n.split(".")[0] in barred or n == "urllib.request"} == may
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {func.id for func in called if isinstance(func, ast.Name)}
    dotted = {ast.unparse(func) for func in called if isinstance(func, ast.Attribute)}
    runs = {
        "faults.py": {"exec"},
        "program.py": {"eval", "exec"},
        "writer.py": {"eval"},
        "in_c.py": {"eval"},
    }
    assert names & {"eval", "exec", "__import__"} == runs.get(path.name, set())
    assert not dotted & {"os.system", "os.popen", "np.load"}


@pytest.mark.parametrize("name", ["collect", "results", "one_hand_in"])
def test_what_was_handed_in_runs_in_a_kernel_alone(name):
    """A student's notebook is read as JSON. Only one_hand_in.py has its code run, in a process of its own
    that is ended: that is what it is for, and docs/handing-in.md says with whose rights."""
    tree = ast.parse((ROOT / "tools" / f"{name}.py").read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    runs = {module for module in imported if module.startswith(("jupyter_client", "nbclient", "subprocess"))}
    assert runs == ({"jupyter_client.manager"} if name == "one_hand_in" else set())
    assert not imported & {"pickle", "runpy", "importlib", "code"}
    called = {
        node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"eval", "exec", "compile", "__import__"}


# --- what is shown -----------------------------------------------------------------------------------------


class Markup(HTMLParser):
    """What of a page could run or fetch something, with the pictures in it opened."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag in {"script", "iframe", "object", "embed", "form", "base", "meta", "link", "foreignobject"}:
            self.found.append(tag)
        for name, text in attributes:
            text = text or ""
            if name.startswith("on") or re.match(r"\s*(javascript|vbscript):", text, re.IGNORECASE):
                self.found.append(f"{tag} {name}={text}")
            if name in ("src", "href", "xlink:href", "action") and tag in ("img", "image", "use"):
                kind, _, data = text.partition(",")
                if not re.fullmatch(r"data:image/(svg\+xml|png)(;charset=utf-8)?(;base64)?", kind):
                    self.found.append(f"{tag} {name}={text[:40]}")
                elif "svg" in kind:
                    svg = base64.b64decode(data).decode() if "base64" in kind else unquote(data)
                    self.found += Markup(svg).found


def test_the_search_finds_what_it_is_for():
    inside = base64.b64encode(f"<svg><text>{EVIL}</text></svg>".encode()).decode()
    for page in (
        EVIL,
        "<script>1</script>",
        '<a href="javascript:1">',
        '<p onclick="1">',
        f'<img src="data:image/svg+xml;base64,{inside}">',
        '<img src="https://example.org/x.png">',
    ):
        assert Markup(page).found
    assert not Markup("<p>&lt;img src=x onerror=alert(1)&gt;</p>").found


@every_lesson
def test_no_output_of_a_lesson_can_run_anything(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            for mime, text in output.get("data", {}).items():
                assert mime in {"text/plain", "text/html", "text/markdown", "text/latex", "image/png"}, mime
                if mime == "text/html":
                    assert Markup(text).found == []
        if cell.cell_type == "markdown":
            assert not re.search(r"<script|javascript:|\son\w+\s*=\s*[\"']", cell.source, re.IGNORECASE)


class Evil(Node):
    """A learner's op with a name that is markup, in a class whose name cannot be."""

    def __init__(self, *nodes):
        super().__init__(nodes, name=EVIL)

    def forward(self):
        self.value = sum(node.value.sum() for node in self.inbound_nodes)

    def backward(self):
        self.gradients = {node: np.ones_like(node.value) * self.grad_cost() for node in self.inbound_nodes}


def graph() -> list[Node]:
    x, y = Input(EVIL), Input(EVIL + "y")
    f = Evil(Mul(x, y), Add(x, y))
    made = topological_sort({x: 2.0, y: 3.0}, f)
    forward_and_backward(made)
    return made


def layer() -> list[Node]:
    X, W, b, y = (Input(EVIL + name) for name in "XWby")
    feed = {X: [[1, 2]], W: [[3], [4]], b: [5], y: [6]}
    return topological_sort(feed, output=MSE(y, Linear(X, W, b, name=EVIL)))


class Clicked:
    """What `live` is to run: well at first, with an error that has the name in it from then on."""

    def __init__(self):
        self.before = False

    def __call__(self) -> None:
        print(EVIL)
        topological_sort({Input(EVIL): EVIL if self.before else 1})
        self.before = True


def wrongly() -> object:
    """The table of a gradient check that finds a mistake, and names the node in its sentence."""

    class Wrong(Evil):
        def backward(self):
            super().backward()
            self.gradients = {node: -gradient for node, gradient in self.gradients.items()}

    x, y = Input(EVIL), Input(EVIL + "y")
    checked = check_gradients(Wrong(x, y), {x: [2.0, 1.0], y: 3.0})
    assert not checked.ok and EVIL in checked.sentence
    return checked


def well_labelled() -> object:
    nodes = graph()
    labels = {(inbound, node): EVIL for node in nodes for inbound in node.inbound_nodes}
    return draw_graph(
        nodes, title=EVIL, labels=labels, path=[nodes[0], nodes[-1].inbound_nodes[0], nodes[-1]]
    )


EXERCISE = Exercise(name=EVIL, todo=EVIL, judge=value(1), mistakes=[], hints=[EVIL, f"`{EVIL}`"])
QUESTION = Question(text=EVIL, replies={EVIL: EVIL, "b": EVIL}, right=EVIL)
VIEWS = {
    "draw_graph": well_labelled,
    "draw_graph with words": lambda: draw_graph(graph(), alt=EVIL),
    "stepper": lambda: stepper(graph()),
    "stepper through a layer": lambda: stepper(layer()),
    "sort_game": lambda: sort_game(graph()),
    "stale": lambda: stale(graph()),
    "predict a number": lambda: predict(EVIL, 1, wrong={2: EVIL}, because=EVIL, show=lambda: print(EVIL)),
    "predict a choice": lambda: predict(EVIL, EVIL, choices=[EVIL, "b"], wrong={"b": EVIL}, because=EVIL),
    "predict an order": lambda: predict(EVIL, [EVIL, "b"], because=EVIL),
    "turn_knobs": lambda: turn_knobs(nodes := graph(), nodes[:1]),
    "nudge": lambda: nudge(graph()),
    "fill_in_gradients": lambda: fill_in_gradients(graph()),
    "check_gradients": wrongly,
    "live": lambda: live(Clicked(), T_DEBUG=True),
    "where_installed": lambda: where_installed(EVIL, lambda: print(EVIL)),
    "where it is not": lambda: where_installed(EVIL, lambda: import_module(EVIL)),
    "hints": lambda: hint_box(EXERCISE),
    "quiz": lambda: quiz_box("00", [QUESTION]),
}


def widgets_in(thing) -> list[ipywidgets.Widget]:
    return [thing, *(w for child in getattr(thing, "children", ()) for w in widgets_in(child))]


def dangers(thing) -> list[str]:
    found = []
    for widget in widgets_in(thing) if isinstance(thing, ipywidgets.Widget) else []:
        if isinstance(widget, ipywidgets.HTML):
            found += Markup(widget.value).found
        if getattr(widget, "description_allow_html", False):
            found += Markup(widget.description).found
    return found


def used(thing) -> int:
    """Enters, chooses and presses all there is; how many different pages that came to show."""
    pages = set()

    def look() -> None:
        assert dangers(thing) == []
        pages.add("".join(w.value for w in widgets_in(thing) if isinstance(w, ipywidgets.HTML)))

    look()
    for entered in (EVIL, "2", "1", f"{EVIL}, b", f"b {EVIL}"):
        for widget in widgets_in(thing):
            if isinstance(widget, ipywidgets.Text):
                widget.value = entered
            elif isinstance(widget, ipywidgets.ToggleButton):
                widget.value = not widget.value
            elif hasattr(widget, "index") and hasattr(widget, "options"):
                for place in range(len(widget.options)):
                    widget.index = place
                    look()
            elif isinstance(widget, ipywidgets.Button):
                widget.click()
            look()
    return len(pages)


@pytest.mark.parametrize("name", VIEWS)
def test_a_name_that_is_markup_is_shown_as_text(name):
    thing = VIEWS[name]()
    bundle = thing._repr_mimebundle_()
    assert Markup(bundle.get("text/html", "")).found == []
    assert "img src" in json.dumps(bundle) or "PHN2Zy" in json.dumps(bundle), (
        "the name, or a picture, was to be there"
    )
    if isinstance(thing, ipywidgets.Widget):
        pages = used(thing)
        assert pages > 1 or name.startswith(("hints", "stepper", "where"))


def test_a_name_that_is_markup_goes_through_a_sentence_as_it_is():
    """Jupyter shows an error as text, so nothing is to be escaped there."""
    with pytest.raises(MiniFlowError, match=re.escape(EVIL)) as caught:
        topological_sort({Input(EVIL): "text"})
    assert all("&lt;" not in line for line in caught.value._render_traceback_())
