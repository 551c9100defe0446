"""A lesson as the documents and the pages see it: title, sentence, sections, the numbers of its cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from tools import ToolError
from tools.minutes import class_minutes, halves, lesson_minutes, sections


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


@dataclass(eq=False)
class Lesson:
    """A lesson's file, and what stands in it or came of a run."""

    path: Path
    notebook: NotebookNode

    @property
    def number(self) -> str:
        return self.path.name[:2]

    @property
    def title(self) -> str:
        """Its heading: "02 · Topological sort"."""
        found = re.search(r"^# (.+)$", self.notebook.cells[0].source, re.MULTILINE)
        return found[1] if found else self.path.stem

    @property
    def sentence(self) -> str:
        """What the lesson wants to be remembered for."""
        opening = "\n".join(cell.source for cell in self.sections[0])
        found = re.search(r"^> (.+)$|^\*(?!\*)(.+)\*$", opening, re.MULTILINE)
        return (found[1] or found[2]) if found else ""

    @property
    def page(self) -> str:
        return f"{self.path.stem}.html"

    @property
    def paper(self) -> str:
        """The page that is printed."""
        return f"{self.path.stem}.print.html"

    @cached_property
    def sections(self) -> list[list[NotebookNode]]:
        return sections(self.notebook)

    @cached_property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """{id of a code cell: the number beside it after Run All}"""
        return {cell.id: number for number, cell in enumerate(self.code, start=1)}

    @property
    def minutes(self) -> int:
        """What it takes, to the next five, without what is optional."""
        return lesson_minutes(self.notebook)

    @property
    def halves(self) -> dict[str, list[list[NotebookNode]]]:
        """{"03": all sections}, or {"03a": those up to the stop, "03b": those after it}"""
        found = halves(self.sections)
        names = [self.number] if len(found) == 1 else [self.number + letter for letter in "ab"]
        return dict(zip(names, found, strict=True))

    def class_minutes_of(self, wanted: Callable[[list[NotebookNode]], bool]) -> int:
        """What the sections take in a classroom for which `wanted` is true."""
        return sum(class_minutes(cells) for cells in self.sections if wanted(cells))

    def cell(self, name: str) -> int:
        """The number of the one code cell with this tag, or with this piece of source."""
        found = [cell for cell in self.code if name in tags(cell)]
        piece = " ".join(name.split())
        found = found or [cell for cell in self.code if piece in " ".join(cell.source.split())]
        if len(found) != 1:
            how_many = f"{len(found)} cells have" if found else "no cell has"
            raise ToolError(f"lesson {self.number}: {how_many} “{name}”; say which one the guide means")
        return self.numbers[found[0].id]
