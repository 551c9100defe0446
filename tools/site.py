"""The lessons as HTML pages that open from disk and move without a kernel: `make site`.

Each page is one file that needs no other and no network: style, script, pictures and mathematics are in it.
A lesson has a second one, NAME.print.html, with ruled space to write on. Next to the pages are the notebooks,
to be downloaded, and a picture that a link to the site is shown with.

The lessons are run in kernels that have FOR_PAGES set. There a widget says, under a MIME type of its own,
what a page needs in its stead (its "kind", see site_files/cells.html.j2); the committed notebooks never hold
that. nbconvert turns the cells into HTML, with our templates and our filters.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert as to_mathml
from markupsafe import Markup
from mistune.util import escape, striptags
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from miniflow_lib import __version__
from tools import ToolError, lesson_files
from tools.build import execute
from tools.copies import handed_out
from tools.lesson import Lesson, tags
from tools.minutes import is_heading
from miniflow_classroom.show.plots import page_width
from miniflow_classroom.show.source import unfolded
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME

FILES = Path(__file__).parent / "site_files"
ROOT = Path(__file__).parents[1]
PREVIEW = ROOT / "docs/images/stepper.png"  # beside the pages, for those who show a link with a picture
IMAGES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


def build_site(lessons: Path, folder: Path, url: str = "", repository: str = "") -> Iterator[Path]:
    """Runs the notebooks in `lessons` and writes index.html and two pages for each; yields what it wrote.

    url: where the pages will be for the previews of links to them; repository: where the source is.
    Writes over files of these names and touches no other. A cell that fails stops it with ToolError, before
    anything is written.
    """
    paths = lesson_files(lessons, target=folder)
    series = [Lesson(path, played(path)) for path in paths if path.suffix == ".ipynb"]
    site = {"series": series, "url": url.rstrip("/"), "repository": repository}
    files = {"index.html": index_page(**site).encode()}
    for lesson in series:
        files[lesson.page] = lesson_page(lesson, **site).encode()
        files[lesson.paper] = lesson_page(lesson, **site, paper=True).encode()
    files |= {f"notebooks/{path.relative_to(lessons).as_posix()}": handed_out(path) for path in paths}
    files[PREVIEW.name] = PREVIEW.read_bytes()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        yield folder / name


def played(path: Path) -> NotebookNode:
    """The lesson, run by widgets that know of the page."""
    return execute(path, **{FOR_PAGES: "1"})


# --- pages ------------------------------------------------------------------------------------------------


def index_page(series: Sequence[Lesson], **site: str) -> str:
    """What the series is, how to start, and a card for each lesson."""
    films = [
        (lesson, told)
        for lesson in series
        for cell in lesson.code
        for output in cell.outputs
        if (told := output.get("data", {}).get(PAGE_MIME, {})).get("kind") == "frames"
        and "stepper(" in cell.source
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return _page(
        Cells(),
        "MiniFlow: backpropagation, step by step",
        series,
        **site,
        resources={},
        film=min(films, key=lambda film: len(json.dumps(film[1])), default=None),
        pictures={lesson.page: Markup(last_picture(lesson)) for lesson in series},
        citation=re.search(r"^```bibtex\n(.+?)^```", readme, re.MULTILINE | re.DOTALL)[1],
        licence=(ROOT / "LICENSE").read_text(encoding="utf-8"),
        after=series[0] if series else None,
    )


def last_picture(lesson: Lesson) -> str:
    """The last one that the lesson shows, as an <img> without words; what is optional left out."""
    found = ""
    for cells in lesson.sections:
        for cell in cells if "optional" not in tags(cells[0]) else ():
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                plot = data.get("image/png", "").replace("\n", "")
                drawn = re.search(r'<img [^>]*src="(data:image/[^"]+)"', data.get("text/html", ""))
                source = f"data:image/png;base64,{plot}" if plot else drawn and drawn[1]
                found = f'<img alt="" src="{source}">' if source else found
    return found


def lesson_page(lesson: Lesson, series: Sequence[Lesson], paper: bool = False, **site: str) -> str:
    """The whole page of one lesson. paper: the one that is printed, with space to write."""
    cells = Cells()
    body, headings = cells.html(lesson, lesson.notebook, paper)
    minutes = [_minutes(cell) for cell in lesson.notebook.cells if is_heading(cell)]
    sections = [(key, Markup(html)) for key, (level, html) in headings.items() if level == 2]
    at = series.index(lesson)
    return _page(
        cells,
        f"{lesson.title} · MiniFlow",
        series,
        **site,
        here=lesson,
        paper=paper,
        sections=list(zip(sections, minutes, strict=True)),
        body=Markup(body),
        before=series[at - 1] if at else None,
        after=series[at + 1] if at + 1 < len(series) else None,
    )


def lines_to_write(lesson: Lesson) -> dict[str, int]:
    """{exercise: how many lines of paper it gets}: those of its solution, and room for a second thought."""
    return {
        tag.removeprefix("solution:"): max(4, cell.source.partition("\ncheck(")[0].rstrip().count("\n") + 2)
        for cell in lesson.code
        for tag in tags(cell)
        if tag.startswith("solution:")
    }


def _page(cells: Cells, title: str, series: Sequence[Lesson], **parts: object) -> str:
    return filled(cells, "page.html.j2", title=title, series=series, **parts)


def filled(cells: Cells, template: str, more: Sequence[str] = (), **parts: object) -> str:
    """A page of one file, with its style and its script in it; more: names of further files of these."""
    css, js = (
        "".join((FILES / f"{name}.{kind}").read_text(encoding="utf-8") for name in ("site", "player", *more))
        for kind in ("css", "js")
    )
    theme = (FILES / "theme.js").read_text(encoding="utf-8")
    scripts = () if parts.get("paper") else (theme, js)
    hashes = [base64.b64encode(hashlib.sha256(f"\n{each}".encode()).digest()).decode() for each in scripts]
    # Nothing may be fetched, and no script may run but those in the page.
    allowed = " ".join(f"'sha256-{each}'" for each in hashes) or "'none'"
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    parts |= {"css": Markup(css), "js": Markup(js), "theme": Markup(theme), "policy": Markup(policy)}
    parts |= {"version": __version__, "preview": PREVIEW.name}
    return cells.environment.get_template(template).render(**parts) + "\n"


def _minutes(heading: NotebookNode) -> str:
    spent = next((f"{tag[8:]} min" for tag in tags(heading) if tag.startswith("minutes:")), "")
    return " · ".join(part for part in (spent, "optional" * ("optional" in tags(heading))) if part)


# --- what nbconvert does not know --------------------------------------------------------------------------


class Cells(TemplateExporter):
    """nbconvert's exporter with our templates: all text is escaped, unless a filter says that it is HTML."""

    def __init__(self):
        super().__init__(
            template_name=FILES.name,
            template_file="cells.html.j2",
            extra_template_basedirs=[str(FILES.parent)],
            filters={
                "markdown": markdown,
                "cell": cell_source,
                "code": code,
                "packed": packed,
                "deflated": deflated,
            },
        )
        # The first of these that an output has is shown.
        self.config.NbConvertBase.display_data_priority = [
            PAGE_MIME,
            "text/html",
            "text/markdown",
            "image/png",
            "text/plain",
        ]

    def html(
        self, lesson: Lesson, shown: NotebookNode, paper: bool = False
    ) -> tuple[str, dict[str, tuple[int, str]]]:
        """The cells of this lesson that are in `shown`, and {id: (level, HTML)} of their headings."""
        outputs = [output for cell in lesson.notebook.cells for output in cell.get("outputs", [])]
        kinds = [output.get("data", {}).get(PAGE_MIME, {}).get("kind") for output in outputs]
        told = {
            "folder": lesson.path.parent,
            "page_mime": PAGE_MIME,
            "traces": "live" in kinds,
            "headings": {},
            "paper": paper,
            "lines": lines_to_write(lesson),
        }
        body, told = self.from_notebook_node(shown, told)
        return body, told["headings"]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        return environment


class Prose(IPythonRenderer):
    """Markdown with mathematics as MathML, pictures inside the page, and links that lead to pages."""

    def __init__(self, folder: Path, headings: dict[str, tuple[int, str]]):
        super().__init__(escape=True, allow_harmful_protocols=False)
        self.folder, self.headings = folder, headings

    def heading(self, text: str, level: int, **attrs: object) -> str:
        """A heading that is a link to itself; its name comes from its words, not from its place."""
        if level == 1:
            return f"<h1>{text}</h1>\n"
        words = re.sub(r"\(\d+ minutes?\)", "", unescape(striptags(text))).lower()
        name = key = re.sub(r"\W+", "-", words).strip("-") or "section"
        number = 1
        while key in self.headings or key == "main":
            number += 1
            key = f"{name}-{number}"
        self.headings[key] = (level, text)
        return f'<h{level} id="{key}"><a href="#{key}">{text}</a></h{level}>\n'

    def block_code(self, code_: str, info: str | None = None) -> str:
        if info == "python":
            return code(code_)
        return f'<pre class="printed" tabindex="0">{escape(code_.rstrip())}</pre>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, re.sub(r"^([^/:]+)\.ipynb", r"\1.html", url), title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        path = self.folder / url
        if urlsplit(url).scheme or path.suffix not in IMAGES or not path.is_file():
            raise ToolError(f"The picture {url} is not among the files of the lessons.")
        data = path.read_bytes()
        # A drawing scrolls before its letters become too small.
        width = re.search(rb'^<svg [^>]*?\bwidth="(\d+)"', data)
        style = f' style="{page_width(float(width[1]))}"' if width else ""
        source = f"data:{IMAGES[path.suffix]};base64,{base64.b64encode(data).decode()}"
        return f'<img alt="{striptags(text)}"{style} src="{source}">'

    def paragraph(self, text: str) -> str:
        # What may scroll sideways must be reached by the Tab key.
        return f"<p{' tabindex=0' if text.startswith('<img ') else ''}>{text}</p>\n"

    def table(self, text: str) -> str:
        text = re.sub(r"<th(?: [^>]*)?></th>", "<td></td>", text)  # a corner that is empty heads nothing
        return f'<div class="wide" tabindex="0"><table>{text}</table></div>\n'

    def inline_math(self, body: str) -> str:
        return to_mathml(body)

    def block_math(self, body: str) -> str:
        return to_mathml(body.strip(), display="block")


@pass_context
def markdown(context: Context, text: str) -> Markup:
    """Prose, or what a cell shows as Markdown. HTML in it is shown as it is written."""
    told = context.get("resources", {})
    summary, text = unfolded(text)  # a page's code scrolls by itself
    if summary and told.get("paper"):
        return Markup()  # the library's code is the answer to an exercise, and cannot be folded there
    html = MarkdownWithMath(Prose(told.get("folder", Path()), told.get("headings", {}))).render(text)
    return Markup(f"<details><summary>{escape(summary)}</summary>{html}</details>\n" if summary else html)


def cell_source(source: str, paper: bool = False) -> Markup:
    """The code of a cell, its first lines folded where they only import, but on paper."""
    head, rest = ("", source) if paper else imports_first(source.strip("\n"))
    if not head:
        return Markup(f'<div class="source">{code(rest)}</div>\n')
    names = [name.asname or name.name for node in ast.parse(head).body for name in node.names]
    summary = f"imports {', '.join('everything' if name == '*' else name for name in names)}"
    folded = f"<details><summary>{escape(summary)}</summary>{code(head)}</details>"
    return Markup(f'<div class="source">{folded}{code(rest) if rest else ""}</div>\n')


def imports_first(source: str) -> tuple[str, str]:
    """What a cell imports at its beginning, and the rest; nothing and all of it where a comment is there."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic
        return "", source
    count = next(
        (n for n, each in enumerate(body) if not isinstance(each, ast.Import | ast.ImportFrom)), len(body)
    )
    end = body[count - 1].end_lineno if count else 0
    lines = source.split("\n")
    head, rest = "\n".join(lines[:end]), "\n".join(lines[end:]).strip("\n")
    return ("", source) if "#" in head else (head, rest)


def code(source: str) -> Markup:
    """Python with its colours."""
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    html = highlight(source.strip("\n"), lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    return Markup(f'<pre class="code" tabindex="0"><code>{html}</code></pre>\n')


def packed(told: object) -> str:
    """All of it, packed so that no look at the source gives an answer away."""
    return base64.b64encode(json.dumps(told).encode()).decode()


def deflated(told: object) -> str:
    """The same of a widget with many states, compressed; player.js unpacks it."""
    return base64.b64encode(zlib.compress(json.dumps(told, ensure_ascii=False).encode(), 9)).decode()
