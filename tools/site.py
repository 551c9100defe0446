"""The lessons as HTML pages that open from disk and move without a kernel: `make site`.

Each page is one file that needs no other and no network: style, script, pictures and mathematics are in it.
The lessons are run in kernels that have FOR_PAGES set. There a widget says, under a MIME type of its own,
what a page needs in its stead (its "kind", see site_files/cells.html.j2); the committed notebooks never hold
that. nbconvert turns the cells into HTML, with our templates and our filters.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Sequence
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

from tools import ToolError, lesson_files
from tools.build import execute
from tools.lesson import Lesson, tags
from tools.minutes import is_heading
from miniflow_classroom.show.plots import page_width
from miniflow_classroom.show.source import unfolded
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME

FILES = Path(__file__).parent / "site_files"
IMAGES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


def build_site(lessons: Path, folder: Path) -> Iterator[Path]:
    """Runs the notebooks in `lessons` and writes a page for each, and index.html; yields what it wrote.

    Writes over files of these names and touches no other. A cell that fails stops it with ToolError, before
    anything is written.
    """
    paths = [path for path in lesson_files(lessons, target=folder) if path.suffix == ".ipynb"]
    series = [Lesson(path, played(path)) for path in paths]
    pages = {"index.html": index_page(series)}
    pages |= {lesson.page: lesson_page(lesson, series) for lesson in series}
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in pages.items():
        (folder / name).write_bytes(html.encode())
        yield folder / name


def played(path: Path) -> NotebookNode:
    """The lesson, run by widgets that know of the page."""
    return execute(path, **{FOR_PAGES: "1"})


# --- pages ------------------------------------------------------------------------------------------------


def index_page(series: Sequence[Lesson]) -> str:
    """The list of the lessons."""
    return _page(Cells(), "MiniFlow", series, after=series[0] if series else None)


def lesson_page(lesson: Lesson, series: Sequence[Lesson]) -> str:
    """The whole page of one lesson."""
    cells = Cells()
    outputs = [output for cell in lesson.notebook.cells for output in cell.get("outputs", [])]
    kinds = [output.get("data", {}).get(PAGE_MIME, {}).get("kind") for output in outputs]
    told = {"folder": lesson.path.parent, "page_mime": PAGE_MIME, "traces": "live" in kinds}
    body, _ = cells.from_notebook_node(lesson.notebook, told)
    headings = re.findall(r'<h2 id="([^"]+)">(.+?)</h2>', body)
    minutes = [_minutes(cell) for cell in lesson.notebook.cells if is_heading(cell)]
    sections = [
        {"id": key, "title": Markup(html), "minutes": spent}
        for (key, html), spent in zip(headings, minutes, strict=True)
    ]
    at = series.index(lesson)
    return _page(
        cells,
        f"{lesson.title} · MiniFlow",
        series,
        here=lesson,
        sections=sections,
        body=Markup(body),
        before=series[at - 1] if at else None,
        after=series[at + 1] if at + 1 < len(series) else None,
    )


def _page(cells: Cells, title: str, series: Sequence[Lesson], **parts: object) -> str:
    css, js = (
        "".join((FILES / f"{name}.{kind}").read_text(encoding="utf-8") for name in ("site", "player"))
        for kind in ("css", "js")
    )
    script = base64.b64encode(hashlib.sha256(f"\n{js}".encode()).digest()).decode()
    # Nothing may be fetched, and no script may run but the one in the page.
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
    template = cells.environment.get_template("page.html.j2")
    parts |= {"css": Markup(css), "js": Markup(js), "policy": Markup(policy)}
    return template.render(title=title, series=series, **parts) + "\n"


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
            filters={"markdown": markdown, "code": code, "packed": packed, "deflated": deflated},
        )
        # The first of these that an output has is shown.
        self.config.NbConvertBase.display_data_priority = [
            PAGE_MIME,
            "text/html",
            "text/markdown",
            "image/png",
            "text/plain",
        ]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        return environment


class Prose(IPythonRenderer):
    """Markdown with mathematics as MathML, pictures inside the page, and links that lead to pages."""

    def __init__(self, folder: Path, section: str):
        super().__init__(escape=True, allow_harmful_protocols=False)
        self.folder, self.section = folder, section

    def heading(self, text: str, level: int, **attrs: object) -> str:
        name = f' id="{self.section}"' if level == 2 else ""
        return f"<h{level}{name}>{text}</h{level}>\n"

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

    def table(self, text: str) -> str:
        return f'<div class="wide" tabindex="0"><table>{text}</table></div>\n'

    def inline_math(self, body: str) -> str:
        return to_mathml(body)

    def block_math(self, body: str) -> str:
        return to_mathml(body.strip(), display="block")


@pass_context
def markdown(context: Context, text: str, key: str = "") -> Markup:
    """Prose, or what a cell shows as Markdown. HTML in it is shown as it is written. key: of its heading."""
    folder = context.get("resources", {}).get("folder", Path())
    summary, text = unfolded(text)  # a page's code scrolls by itself
    html = MarkdownWithMath(Prose(folder, f"section-{key}")).render(text)
    return Markup(f"<details><summary>{escape(summary)}</summary>{html}</details>\n" if summary else html)


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
