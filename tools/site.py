"""The lessons as HTML pages that open from disk and move without a kernel: `make site`.

Each page is one file that needs no other and no network: style, script, pictures and mathematics are in it.
The lessons are run in kernels that have FOR_PAGES set. There a widget says, under a MIME type of its own,
what a page needs in its stead (its "kind", see `_WIDGETS`); the committed notebooks never hold that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

import mistune
from latex2mathml.converter import convert as to_mathml
from mistune.plugins.table import table
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from tools import lesson_files
from tools.build import execute
from tools.minutes import is_heading, lesson_minutes
from miniflow_classroom.show.plots import page_width
from miniflow_classroom.show.source import AFTER, BEFORE
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME

FILES = Path(__file__).parent / "site_files"
IMAGES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
COLOURS = [  # the first that holds of a token gives its class in site.css
    (Comment, "c"),
    (String, "s"),
    (Number, "m"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Class, "n"),
    (Name.Function, "n"),
    (Name.Builtin, "n"),
]
LEFT_OUT = ("check:",)  # it looks at what a learner wrote, and a page has nobody who writes


@dataclass(frozen=True)
class Lesson:
    """One lesson, already run."""

    path: Path
    notebook: NotebookNode

    @property
    def title(self) -> str:
        found = re.search(r"^# (.+)$", self.notebook.cells[0].source, re.MULTILINE)
        return found[1] if found else self.path.stem

    @property
    def sentence(self) -> str:
        """What the lesson wants to be remembered for."""
        found = re.search(r"^> (.+)$|^\*(?!\*)(.+)\*$", self.notebook.cells[0].source, re.MULTILINE)
        return (found[1] or found[2]) if found else ""

    @property
    def page(self) -> str:
        return f"{self.path.stem}.html"


def build_site(lessons: Path, folder: Path) -> Iterator[Path]:
    """Runs the notebooks in `lessons` and writes a page for each, and index.html; yields what it wrote.

    Writes over files of these names and touches no other. A cell that fails stops it with ToolError,
    before anything is written.
    """
    paths = [path for path in lesson_files(lessons) if path.suffix == ".ipynb"]
    series = [Lesson(path, played(path)) for path in paths]
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"index.html": index_page(series)}
    pages |= {lesson.page: lesson_page(lesson, series) for lesson in series}
    for name, html in pages.items():
        (folder / name).write_bytes(html.encode())
        yield folder / name


def played(path: Path) -> NotebookNode:
    """The lesson, run by widgets that know of the page."""
    return execute(path, **{FOR_PAGES: "1"})


# --- pages ------------------------------------------------------------------------------------------------


def lesson_page(lesson: Lesson, series: Sequence[Lesson]) -> str:
    """The whole page of one lesson."""
    text = Text(lesson.path.parent, {each.path.name: each.page for each in series})
    minutes = [_minutes(cell) for cell in lesson.notebook.cells if is_heading(cell)]
    body = Page(text, lesson.notebook).html()
    rows = "".join(
        f'<li><a href="#{key}">{html}</a> <span class="minutes">{spent}</span></li>'
        for (key, html), spent in zip(text.headings, minutes, strict=True)
    )
    contents = (
        '<details class="toc"><summary>In this lesson</summary><nav aria-label="In this lesson">'
        f"<ol>{rows}</ol></nav></details>"
    )
    at = series.index(lesson)
    before, after = series[at - 1 : at] if at else [], series[at + 1 : at + 2]
    neighbours = "".join(
        [f'<a rel="prev" href="{quote(other.page)}">← {escape(other.title)}</a>' for other in before]
        or ['<a href="index.html">← The series</a>']
    ) + "".join(f'<a rel="next" href="{quote(other.page)}">{escape(other.title)} →</a>' for other in after)
    return _page(
        f"{lesson.title} · MiniFlow", contents if rows else "", body, neighbours, series, lesson.page
    )


def index_page(series: Sequence[Lesson]) -> str:
    """The list of the lessons."""
    items = ""
    for lesson in series:
        text = Text(lesson.path.parent, {})
        items += (
            f'<li><p><a href="{quote(lesson.page)}">{escape(lesson.title)}</a> '
            f'<span class="minutes">{lesson_minutes(lesson.notebook)} minutes</span></p>'
            f"{text.html(lesson.sentence)}</li>"
        )
    body = (
        "<h1>MiniFlow: backpropagation, step by step</h1>"
        "<p>A series of lessons in which a small neural network library is built from nothing, and every "
        "number in it can be followed by hand.</p>"
        "<p>These pages are for reading: they need no installation and no network. Traces, steppers and "
        "predictions work here; to change the code and to have an exercise checked, open the lessons as "
        "notebooks with <code>make lab</code>.</p>"
        f'<ol class="lessons">{items}</ol>'
    )
    first = "".join(
        f'<a rel="next" href="{quote(each.page)}">{escape(each.title)} →</a>' for each in series[:1]
    )
    return _page("MiniFlow", "", body, f"<span></span>{first}", series, "index.html")


def _page(title: str, contents: str, body: str, neighbours: str, series: Sequence[Lesson], here: str) -> str:
    links = [("index.html", "MiniFlow"), *((lesson.page, lesson.title) for lesson in series)]
    shown = "".join(
        f'<a href="{quote(page)}"{" aria-current=page" if page == here else ""}>{_shortened(name)}</a>'
        for page, name in links
    )
    css, js = ((FILES / name).read_text(encoding="utf-8") for name in ("site.css", "site.js"))
    script = base64.b64encode(hashlib.sha256(f"\n{js}".encode()).digest()).decode()
    # Nothing may be fetched, and no script may run but the one in the page.
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
    template = Template((FILES / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        policy=policy,
        css=css,
        js=js,
        series=shown,
        contents=contents,
        body=body,
        neighbours=neighbours,
    )


def _shortened(title: str) -> str:
    """The title, all but its number in a <span>, which a narrow screen leaves out."""
    number, dot, rest = title.partition(" · ")
    return f"{escape(number)}<span>{escape(dot + rest)}</span>"


def _minutes(heading: NotebookNode) -> str:
    tags = heading.metadata.get("tags", [])
    spent = next((f"{tag[8:]} min" for tag in tags if tag.startswith("minutes:")), "")
    return " · ".join(part for part in (spent, "optional" * ("optional" in tags)) if part)


# --- prose ------------------------------------------------------------------------------------------------


class Text:
    """Markdown as HTML, with the mathematics as MathML and the pictures inside.

    folder: what the addresses of pictures start from. pages: {"02_x.ipynb": "02_x.html"} for links.
    headings: (id, HTML) of every `## ` heading so far.
    """

    def __init__(self, folder: Path, pages: Mapping[str, str]):
        self.headings: list[tuple[str, str]] = []
        self._markdown = mistune.Markdown(_Renderer(folder, pages, self.headings), plugins=[table, _math])

    def html(self, markdown: str) -> str:
        """What this Markdown says. HTML in it is shown as it is written."""
        return self._markdown(markdown)


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, folder: Path, pages: Mapping[str, str], headings: list[tuple[str, str]]):
        super().__init__(escape=True)
        self.folder, self.pages, self.headings = folder, pages, headings

    def heading(self, text: str, level: int, **attrs) -> str:
        if level != 2:
            return f"<h{level}>{text}</h{level}>\n"
        key = f"section-{len(self.headings) + 1}"
        self.headings.append((key, text))
        return f'<h2 id="{key}">{text}</h2>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_html(code) if info == "python" else printed(code)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        url = self.pages.get(url, url)
        return super().link(text, url, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        path = self.folder / url
        if urlsplit(url).scheme or path.suffix not in IMAGES or not path.is_file():
            raise FileNotFoundError(f"the picture {url} is not among the files of the lessons")
        return _image(path.read_bytes(), IMAGES[path.suffix], mistune.util.striptags(text))

    def table(self, text: str) -> str:
        return f'<div class="wide" tabindex="0"><table>{text}</table></div>\n'

    def inline_math(self, text: str) -> str:
        return to_mathml(text)

    def block_math(self, text: str) -> str:
        return to_mathml(text.strip(), display="block") + "\n"


def _math(md: mistune.Markdown) -> None:
    """$...$ and $$...$$ as Jupyter reads them: mistune's own plugin wants $$ on a line of its own."""
    md.block.register(
        "block_math",
        r"^ {0,3}\$\$(?P<math_text>[^$]+)\$\$[ \t]*$",
        lambda block, found, state: _found_math(state, "block_math", found),
        before="list",
    )
    md.inline.register(
        "inline_math",
        r"\$(?!\s)(?P<inline_text>[^$\n]+?)(?<!\s)\$",
        lambda inline, found, state: _found_inline(state, found),
        before="link",
    )


def _found_math(state, kind: str, found: re.Match) -> int:
    state.append_token({"type": kind, "raw": found["math_text"]})
    return found.end() + 1


def _found_inline(state, found: re.Match) -> int:
    state.append_token({"type": "inline_math", "raw": found["inline_text"]})
    return found.end()


def _image(data: bytes, kind: str, alt: str) -> str:
    """A picture inside the page; alt: as HTML. A drawing scrolls before its letters become too small."""
    width = re.search(rb'^<svg [^>]*?\bwidth="(\d+)"', data)
    style = f' style="{page_width(float(width[1]))}"' if width else ""
    return f'<img alt="{alt}"{style} src="data:{kind};base64,{base64.b64encode(data).decode()}">'


def code_html(source: str) -> str:
    """Python with its colours."""
    parts = []
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source.strip("\n")):
        name = next((name for family, name in COLOURS if kind in family), None)
        parts.append(f'<span class="{name}">{escape(text)}</span>' if name else escape(text))
    return f'<pre class="code" tabindex="0"><code>{"".join(parts)}</code></pre>\n'


def printed(text: str, more: str = "") -> str:
    """What a cell prints, letter by letter; more: attributes."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).rstrip("\n")
    return f'<pre class="printed" tabindex="0"{more}>{escape(text)}</pre>\n'


# --- cells ------------------------------------------------------------------------------------------------


class Page:
    """The cells of one lesson, one after another."""

    def __init__(self, text: Text, notebook: NotebookNode):
        self.text, self.cells, self.groups = text, notebook.cells, 0
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        kinds = [output.get("data", {}).get(PAGE_MIME, {}).get("kind") for output in outputs]
        self.traces = "live" in kinds

    def html(self) -> str:
        """All of them."""
        return "\n".join(filter(None, map(self.cell, self.cells)))

    def cell(self, cell: NotebookNode) -> str:
        """One of them, or "" when a page has no use for it."""
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            return self.text.html(cell.source)
        if not cell.source.strip() or any(tag.startswith(LEFT_OUT) for tag in tags):
            return ""
        shown = "".join(map(self.output, cell.outputs))
        if any(tag.startswith("solution:") for tag in tags):
            code = code_html(cell.source.removeprefix("# Solution\n"))
            return f"<details><summary>Solution</summary>{code}{shown}</details>"
        for tag in tags:
            if tag.startswith("exercise:"):
                name = escape(tag.partition(":")[2])
                look = (
                    f'<p class="note">In the notebook, <code>check("{name}")</code> looks at your answer.</p>'
                )
                return code_html(cell.source) + look
        # A folded cell holds the answer of its prediction, and the call of the hints says nothing.
        folded = cell.metadata.get("jupyter", {}).get("source_hidden")
        hidden = folded or "quiz" in tags or any(tag.startswith("hint:") for tag in tags)
        return shown if hidden else code_html(cell.source) + shown

    def output(self, output: NotebookNode) -> str:
        """One output, in the best form that a page can show."""
        if output.output_type == "stream":
            return printed(output.text)
        if output.output_type == "error":
            return printed("\n".join(output.traceback))
        data = output.data
        if PAGE_MIME in data:
            return self.widget(data[PAGE_MIME], data)
        if "text/html" in data:
            return f'<div class="shown" tabindex="0">{data["text/html"]}</div>\n'
        if "text/markdown" in data:
            markdown = data["text/markdown"].removeprefix(BEFORE).removesuffix(AFTER)  # a page's code scrolls
            return self.text.html(markdown)
        if "image/png" in data:
            alt = "A plot; the text below says what it shows."
            return (
                f'<div class="shown">{_image(base64.b64decode(data["image/png"]), "image/png", alt)}</div>\n'
            )
        return printed(data.get("text/plain", ""))

    # --- widgets: what each "kind" becomes

    def widget(self, told: Mapping, data: Mapping) -> str:
        """What stands in the place of a widget; told: what it said for the page."""
        return getattr(self, f"_{told['kind']}")(told, data)

    def _text(self, told: Mapping, data: Mapping) -> str:
        return printed(data["text/plain"])

    def _still(self, told: Mapping, data: Mapping) -> str:
        shown = (
            f'<div class="shown" tabindex="0">{data["text/html"]}</div>'
            if "text/html" in data
            else f'<pre class="said">{escape(data["text/plain"])}</pre>'
        )
        return f'<div class="box">{shown}<p class="note">This one moves in the notebook.</p></div>\n'

    def _toggles(self, told: Mapping, data: Mapping) -> str:
        if not self.traces:
            words = "In the notebook two buttons stand here, DEBUG and T_DEBUG; they switch the traces."
            return f'<p class="note">{words}</p>\n'
        return (
            f'<div class="box toggles"><div class="row controls">{_flag("DEBUG", False)}'
            f'{_flag("T_DEBUG", False)}</div><p class="note">Here they switch every trace on this page; in '
            "the notebook, what all cells print that you run afterwards.</p></div>\n"
        )

    def _live(self, told: Mapping, data: Mapping) -> str:
        on = told["on"]
        texts = "".join(
            printed(text, f' data-flags="{key}"{" hidden" * (key != on)} aria-label="what it prints"')
            for key, text in sorted(told["texts"].items())
        )
        flags = _flag("DEBUG", on[0] == "1") + _flag("T_DEBUG", on[1] == "1")
        return f'<div class="box live"><div class="row controls">{flags}</div>{texts}</div>\n'

    def _frames(self, told: Mapping, data: Mapping) -> str:
        frames, last = told["frames"], len(told["frames"]) - 1
        start, still = told.get("at", 0), told.get("at", last)
        shown = "".join(
            f'<div class="frame{" still" * (n == still)}"{" hidden" * (n != still)}>{frame}</div>'
            for n, frame in enumerate(frames)
        )
        return (
            '<div class="film" role="group" aria-label="Step by step">'
            '<div class="row controls" hidden><button type="button" data-do="back">◀ back</button>'
            '<button type="button" data-do="play">▶ play</button>'
            '<button type="button" data-do="next">next ▶</button>'
            f'<input type="range" data-do="slider" min="0" max="{last}" value="{start}" aria-label="step" '
            'autocomplete="off">'
            f'<span class="at" data-do="at" role="status"></span></div>{shown}</div>\n'
        )

    def _hints(self, told: Mapping, data: Mapping) -> str:
        hints = told["hints"]
        return "".join(
            f"<details><summary>Hint {number} of {len(hints)}</summary><p>{hint}</p></details>\n"
            for number, hint in enumerate(hints, 1)
        )

    def _predict(self, told: Mapping, data: Mapping) -> str:
        if told["field"] == "choice":
            field = self._choices(told["options"], "Your prediction", told["options"])
        else:
            hint = escape(told["placeholder"])
            field = (
                f'<input type="text" aria-label="Your prediction" placeholder="{hint}" autocomplete="off">'
            )
        return (
            f'<form class="box predict" {_packed(told)}><p><b>Your prediction.</b> {told["question"]}</p>'
            f'<div class="row controls">{field}<button disabled>show</button>'
            f'<span class="note">opens when you have entered {escape(told["wish"])}</span></div>'
            '<div class="reply" role="status"></div></form>\n'
        )

    def _quiz(self, told: Mapping, data: Mapping) -> str:
        return "".join(
            f'<div class="box quiz" {_packed(question["replies"])}><p>{number}. {question["text"]}</p>'
            f"{self._choices(question['choices'], f'Question {number}', range(len(question['choices'])))}"
            '<div class="reply" role="status"></div></div>\n'
            for number, question in enumerate(told["questions"], 1)
        )

    def _choices(self, choices: Sequence[str], legend: str, values: Sequence) -> str:
        self.groups += 1
        rows = "".join(
            f'<label class="choice"><input type="radio" name="group-{self.groups}" autocomplete="off" '
            f'value="{escape(str(value))}"> {escape(choice)}</label>'
            for choice, value in zip(choices, values)
        )
        return f'<fieldset><legend class="hide">{escape(legend)}</legend>{rows}</fieldset>'


def _flag(name: str, on: bool) -> str:
    state = str(bool(on)).lower()
    return f'<button type="button" data-flag="{name}" aria-pressed="{state}">{name}</button>'


def _packed(told: object) -> str:
    """An attribute with all of it, packed so that no look at the source gives an answer away."""
    return f'data-told="{base64.b64encode(json.dumps(told).encode()).decode()}"'
