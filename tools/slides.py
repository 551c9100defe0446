"""The two-hour path of a lesson as slides: `make slides`, from the metadata that `make minutes` writes in.

The metadata are Jupyter's own (`slideshow`), which JupyterLab shows in its property inspector and other tools
read. A section of that path begins a slide, and what does not fit on the screen comes on a subslide. A
prediction has one of its own: what follows it is the answer. The pages are made like those of `make site`, so
what moves there moves here, without a kernel and without a network.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode

from tools import lesson_files
from tools.guide import in_class
from tools.lesson import Lesson, tags
from tools.minutes import IN_AN_EXERCISE, sections
from tools.site import Cells, filled, played

SCREEN = 19  # lines of prose, on a screen of 1280 by 720 pixels
LETTERS = 110  # of prose in one of them
PICTURE = 14  # lines that a plot takes, or another picture of a size that is not said
LINE = 27  # the height of a line, where that of a drawing is counted
NOT_SHOWN = tuple(part for part in IN_AN_EXERCISE if part != "exercise:")


def write_slides(notebook: NotebookNode) -> None:
    """Puts into each cell what it is on the slides: slide, subslide or skip; nothing where it follows on."""
    for cells in sections(notebook):
        kinds = _on_slides(cells) if in_class(cells) else ["skip"] * len(cells)
        for cell, kind in zip(cells, kinds):
            cell.metadata.pop("slideshow", None)
            if kind:
                cell.metadata["slideshow"] = {"slide_type": kind}


def _on_slides(cells: list[NotebookNode]) -> list[str]:
    kinds, height, alone = [], math.inf, False  # lines on this slide; whether it is for what is on it alone
    for number, cell in enumerate(cells):
        if any(tag.startswith(NOT_SHOWN) for tag in tags(cell)):
            kinds.append("skip")
            continue
        lines, asks = lines_of(cell), cell.source.startswith("predict(")
        if number == 0 or alone or asks or height + lines > SCREEN:
            kinds.append("subslide" if number else "slide")
            height = 0
        else:
            kinds.append("")
        height, alone = height + lines, asks
    return kinds


def lines_of(cell: NotebookNode) -> float:
    """How high a cell is, in lines of prose, about."""
    if cell.cell_type == "markdown":
        return sum(map(_lines_of_block, re.split(r"\n{2,}", cell.source)))
    folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    code = 1 if folded else 1 + 0.8 * (1 + cell.source.count("\n"))
    return code + sum(map(_lines_of_output, cell.outputs))


def _lines_of_block(text: str) -> float:
    if text.startswith("#"):
        return 2.5
    if "![" in text:
        return PICTURE / 2
    return 0.7 + sum(math.ceil(len(line) / LETTERS) for line in text.split("\n"))


def _lines_of_output(output: NotebookNode) -> float:
    data = output.get("data", {})
    if "image/png" in data:
        return PICTURE
    if html := data.get("text/html"):
        drawn = [base64.b64decode(found) for found in re.findall(r"svg\+xml;base64,([\w+/=]+)", html)]
        heights = [
            float(found[1]) for svg in drawn if (found := re.search(rb'<svg [^>]*?height="([\d.]+)', svg))
        ]
        rows = 1.2 * html.count("<tr")
        return 1 + sum(heights) / LINE + rows if heights or rows else PICTURE
    text = output.get("text", data.get("text/plain", ""))
    return 1 + 0.8 * unescape(text).count("\n")


# --- the pages --------------------------------------------------------------------------------------------


def build_slides(lessons: Path, folder: Path) -> Iterator[Path]:
    """Runs the notebooks in `lessons` and writes the slides of each; yields what it wrote.

    Writes over files of these names and touches no other. A cell that fails stops it with ToolError, before
    anything is written.
    """
    paths = [path for path in lesson_files(lessons, target=folder) if path.suffix == ".ipynb"]
    pages = {lesson.page: slides_page(lesson) for lesson in (Lesson(path, played(path)) for path in paths)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in pages.items():
        (folder / name).write_bytes(html.encode())
        yield folder / name


def slides_page(lesson: Lesson) -> str:
    """The slides of a lesson that was run for pages."""
    cells = Cells()
    shown = [Markup(cells.html(lesson, slide)[0]) for slide in slides(lesson.notebook)]
    return filled(cells, "slides.html.j2", ["slides"], title=f"{lesson.title} · MiniFlow", slides=shown)


def slides(notebook: NotebookNode) -> list[NotebookNode]:
    """A notebook for each slide, with the cells on it."""
    found: list[list[NotebookNode]] = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "")
        if kind in ("slide", "subslide"):
            found.append([])
        if kind not in ("skip", "notes") and found:
            found[-1].append(cell)
    return [NotebookNode({**notebook, "cells": cells}) for cells in found]
