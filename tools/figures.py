"""The drawings of the lessons: boxes and arrows as SVG, the same bytes every time.

`python -m tools.figures` writes them to notebooks/images/.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from miniflow_classroom.show import plots
from miniflow_classroom.show.plots import BLUE, GREY, INK

PALE_BLUE, PALE_GREY = "#cfe8ff", "#f4f4f4"
IMAGES = Path("notebooks/images")

LESSONS = (  # the lines that stand in each lesson's box
    ("start here",),
    ("nodes",),
    ("topological", "sort"),
    ("ops",),
    ("backprop:", "numbers"),
    ("backprop:", "layers"),
    ("SGD on", "Boston"),
    ("graph as", "program"),
)


class Sketch:
    """A white card of a given size on which boxes, arrows and words are put."""

    def __init__(self, width: int, height: int, alt: str):
        self.width, self.height, self.alt = width, height, alt
        self.parts: list[str] = []

    def box(self, x: float, y: float, w: float, h: float, text: Sequence[str], **look) -> None:
        """A box with its lines in the middle.

        lit=True: a thick blue frame and bold words. first_bold=True: the first line is a heading.
        """
        lit, size = look.get("lit", False), look.get("size", 14)
        fill = look.get("fill", PALE_BLUE if lit else PALE_GREY)
        stroke, thick = (BLUE, 3) if lit else (look.get("stroke", GREY), 1.2)
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{thick}"/>'
        )
        self._lines(x + w / 2, y + h / 2, text, size, lit or look.get("first_bold", False), lit)

    def _lines(
        self, x: float, y: float, lines: Sequence[str], size: int, first_bold=False, bold=False
    ) -> None:
        top = y - (len(lines) - 1) * (size + 3) / 2 + size * 0.36
        for number, line in enumerate(lines):
            self.text(x, top + number * (size + 3), line, size=size, bold=bold or (first_bold and not number))

    def diamond(self, x: float, y: float, w: float, h: float, text: Sequence[str], size: int = 14) -> None:
        """A question: two ways lead out of it."""
        points = f"{x:g},{y + h / 2:g} {x + w / 2:g},{y:g} {x + w:g},{y + h / 2:g} {x + w / 2:g},{y + h:g}"
        self.parts.append(f'<polygon points="{points}" fill="#fff" stroke="{INK}" stroke-width="1.4"/>')
        self._lines(x + w / 2, y + h / 2, text, size)

    def text(self, x: float, y: float, text: str, **look) -> None:
        """Words whose middle (or, with anchor="start", whose beginning) is at x, on the line y."""
        form = f' font-size="{look.get("size", 14)}"' + ' font-weight="bold"' * look.get("bold", False)
        colour, anchor = look.get("fill", INK), look.get("anchor", "middle")
        self.parts.append(plots.text(x, y, text, colour, anchor, form))

    def arrow(self, *points: tuple[float, float], colour: str = INK, dashed: bool = False) -> None:
        """A line of straight pieces through the points, with a head at its end."""
        (x0, y0), (x1, y1) = points[-2:]
        ux, uy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
        line = [*points[:-1], (x1 - 8 * ux, y1 - 8 * uy)]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in line)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        back_x, back_y, side_x, side_y = x1 - 9 * ux, y1 - 9 * uy, 5 * uy, 5 * ux
        head = [(x1, y1), (back_x - side_x, back_y - side_y), (back_x + side_x, back_y + side_y)]
        self.parts.append(f'<path d="M{"L".join(f"{x:g} {y:g}" for x, y in head)}Z" fill="{colour}"/>')

    def svg(self) -> str:
        return plots.card(self.width, self.height, "".join(self.parts), self.alt) + "\n"


def series(here: int) -> str:
    """The lessons in a row, the one with this number lit and marked "you are here"."""
    width, gap, top = 118, 10, 10
    last = len(LESSONS) - 1
    room = 10 + last * (width + gap) + width + 10
    sketch = Sketch(room, 94, f"You are at lesson {here} of 0 to {last}: {' '.join(LESSONS[here])}")
    for number, name in enumerate(LESSONS):
        x = 10 + number * (width + gap)
        done = number < here
        fill = PALE_BLUE if number == here else PALE_GREY if done else "#fff"
        sketch.box(
            x, top, width, 58, [f"0{number}" + " ✓" * done, *name], lit=number == here, size=15, fill=fill
        )
        if number:
            sketch.arrow((x - gap, top + 29), (x, top + 29), colour=GREY)
    middle = 10 + here * (width + gap) + width / 2
    sketch.text(middle, top + 77, "▲ you are here", size=15, fill=BLUE, bold=True)
    return sketch.svg()


def pipeline() -> str:
    """From data to a model in use, with the way back when it is not good enough."""
    sketch = Sketch(880, 250, "The pipeline of machine learning, from data to deployment, with a loop back")
    w, h, top, low = 180, 76, 20, 150
    steps = [
        ("data", "506 homes", "and their prices"),
        ("preprocessing", "all columns", "on one scale"),
        ("batching", "a few homes", "at a time"),
        ("training", "nudge the numbers", "of the model"),
    ]
    left = [20 + number * (w + 40) for number in range(4)]
    for x, lines in zip(left, steps, strict=True):
        sketch.box(x, top, w, h, lines, first_bold=True)
    for x in left[1:]:
        sketch.arrow((x - 40, top + h / 2), (x, top + h / 2))
    middle = low + h / 2
    sketch.box(
        left[3], low, w, h, ("evaluation", "how far off, on homes", "it has never seen?"), first_bold=True
    )
    sketch.arrow((left[3] + w / 2, top + h), (left[3] + w / 2, low))
    sketch.diamond(left[2] - 30, low - 8, w + 20, h + 16, ("good enough?",))
    sketch.arrow((left[3], middle), (left[2] + w - 10, middle))
    sketch.box(left[0], low, w, h, ("deploy", "put it to work"), first_bold=True, fill=PALE_BLUE, stroke=BLUE)
    sketch.arrow((left[2] - 30, middle), (left[0] + w, middle))
    sketch.text((left[0] + w + left[2] - 30) / 2, middle - 8, "yes")
    turn = left[2] - 30 + (w + 20) / 2
    sketch.arrow((turn, low - 8), (turn, 122), (left[1] + w / 2, 122), (left[1] + w / 2, top + h))
    sketch.text(turn - 10, 140, "no: change something, try again", anchor="end")
    return sketch.svg()


def training_loop() -> str:
    """The loop of supervised training: start at random, then predict, compare, update, and again."""
    sketch = Sketch(
        880, 262, "The loop of supervised training: start at random, predict, error, update, and again"
    )
    w, h, top = 180, 66, 100
    left = [20 + number * (w + 40) for number in range(4)]
    steps = [
        ("start at random", "the model's numbers", "mean nothing yet"),
        ("predict", "the prices", "of a few homes"),
        ("error", "how far off are they,", "on average?"),
        ("update", "nudge each number", "so that it shrinks"),
    ]
    for x, lines in zip(left, steps, strict=True):
        sketch.box(x, top, w, h, lines, first_bold=True)
    for x in left[1:]:
        sketch.arrow((x - 40, top + h / 2), (x, top + h / 2))
    for x, lines in (
        (left[1], ("features", "facts about each home")),
        (left[2], ("target", "its true price")),
    ):
        sketch.box(x - 10, 14, w + 20, 48, lines, first_bold=True, fill="#fff", stroke=BLUE)
        sketch.arrow((x + w / 2, 62), (x + w / 2, top), colour=BLUE)
    foot = top + h
    start, end = left[3] + w / 2, left[1] + w / 2
    sketch.arrow((start, foot), (start, foot + 46), (end, foot + 46), (end, foot))
    sketch.text((start + end) / 2, foot + 68, "again, 4,600 times in all")
    return sketch.svg()


def matrix_product() -> str:
    """X to the left of the product and W above it: the row and the column that meet in a number are lit."""
    sketch = Sketch(880, 276, "Row 0 of X and column 1 of W are lit; they meet in the 22 of the offers")
    size, left, right, top, low = 56, 160, 380, 20, 150

    def grid(x: float, y: float, rows: Sequence[Sequence], lit: Sequence[tuple[int, int]]) -> None:
        for i, row in enumerate(rows):
            for j, number in enumerate(row):
                sketch.box(x + j * size, y + i * size, size, size, [str(number)], lit=(i, j) in lit, size=18)

    grid(left, low, [[1, 2], [3, 4]], [(0, 0), (0, 1)])
    grid(right, top, [[5, 6], [7, 8]], [(0, 1), (1, 1)])
    grid(right, low, [[19, 22], ["?", "?"]], [(0, 1)])
    sketch.text(left - 24, low + size + 6, "X", size=18)
    sketch.text(right - 24, top + size + 6, "W", size=18)
    sketch.text(right - 46, low + size + 6, "offers", size=18)
    sketch.text(right + 2 * size + 30, low + size / 2 + 6, "1 · 6 + 2 · 8 = 22", size=18, anchor="start")
    return sketch.svg()


FIGURES = {
    **{f"series_0{number}.svg": partial(series, number) for number in range(len(LESSONS))},
    "pipeline.svg": pipeline,
    "training_loop.svg": training_loop,
    "matrix_product.svg": matrix_product,
}


def write_all(folder: Path = IMAGES) -> list[Path]:
    """Writes every drawing; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in FIGURES.items():
        (folder / name).write_bytes(draw().encode())
        written.append(folder / name)
    return written


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write_all())
