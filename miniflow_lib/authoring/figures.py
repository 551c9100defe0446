"""The drawings of the lessons: boxes and arrows as SVG, the same bytes every time.

`python -m miniflow_lib.authoring.figures` writes them to notebooks/images/.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

BLUE, VERMILLION, INK, GREY = "#0072B2", "#D55E00", "#1a1a1a", "#777"
PALE_BLUE, PALE_GREY = "#cfe8ff", "#f4f4f4"
FONT = "DejaVu Sans,Verdana,Arial,sans-serif"
IMAGES = Path("notebooks/images")

LESSONS = (
    "start here",
    "nodes",
    "topological sort",
    "ops",
    "backprop: numbers",
    "backprop: layers",
    "SGD on Boston",
)


class Sketch:
    """A white card of a given size on which boxes, arrows and words are put."""

    def __init__(self, width: int, height: int, alt: str):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(alt)}" font-family="{FONT}">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
        ]

    def box(self, x: float, y: float, w: float, h: float, text: str | Sequence[str], **look) -> None:
        """A box with its words in the middle; lit=True marks it by a thick blue frame and bold words."""
        lit, size = look.get("lit", False), look.get("size", 14)
        fill = look.get("fill", PALE_BLUE if lit else PALE_GREY)
        stroke, thick = (BLUE, 3) if lit else (look.get("stroke", GREY), 1.2)
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{look.get("round", 6)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{thick}"/>'
        )
        lines = [text] if isinstance(text, str) else list(text)
        top = y + h / 2 - (len(lines) - 1) * (size + 3) / 2 + size * 0.36
        for number, line in enumerate(lines):
            self.text(x + w / 2, top + number * (size + 3), line, size=size, bold=lit)

    def diamond(self, x: float, y: float, w: float, h: float, text: Sequence[str], size: int = 14) -> None:
        """A question: two ways lead out of it."""
        points = f"{x:g},{y + h / 2:g} {x + w / 2:g},{y:g} {x + w:g},{y + h / 2:g} {x + w / 2:g},{y + h:g}"
        self.parts.append(f'<polygon points="{points}" fill="#fff" stroke="{INK}" stroke-width="1.4"/>')
        top = y + h / 2 - (len(text) - 1) * (size + 3) / 2 + size * 0.36
        for number, line in enumerate(text):
            self.text(x + w / 2, top + number * (size + 3), line, size=size)

    def text(self, x: float, y: float, text: str, **look) -> None:
        """Words whose middle (or, with anchor="start", whose beginning) is at x, on the line y."""
        weight = ' font-weight="bold"' if look.get("bold") else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{look.get("size", 14)}" fill="{look.get("fill", INK)}" '
            f'text-anchor="{look.get("anchor", "middle")}"{weight}>{escape(text)}</text>'
        )

    def arrow(self, *points: tuple[float, float], colour: str = INK, dashed: bool = False) -> None:
        """A line of straight pieces through the points, with a head at its end."""
        (x0, y0), (x1, y1) = points[-2:]
        ux, uy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
        line = [*points[:-1], (x1 - 8 * ux, y1 - 8 * uy)]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in line)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        head = [
            (x1, y1),
            (x1 - 9 * ux - 5 * uy, y1 - 9 * uy - 5 * ux),
            (x1 - 9 * ux + 5 * uy, y1 - 9 * uy + 5 * ux),
        ]
        self.parts.append(f'<path d="M{"L".join(f"{x:g} {y:g}" for x, y in head)}Z" fill="{colour}"/>')

    def svg(self) -> str:
        return "".join(self.parts) + "</svg>\n"


def series(here: int) -> str:
    """The seven lessons in a row, the one with this number lit and marked "you are here"."""
    width, gap, top = 116, 12, 10
    sketch = Sketch(7 * width + 6 * gap + 20, 92, f"Lesson {here} of 0 to 6: {LESSONS[here]}")
    for number, name in enumerate(LESSONS):
        x = 10 + number * (width + gap)
        words = name.split(": ") if ": " in name else name.split(" ", 1) if len(name) > 13 else [name]
        done = number < here
        fill = PALE_BLUE if number == here else "#fff" if number > here else PALE_GREY
        sketch.box(
            x, top, width, 56, [f"0{number}" + " ✓" * done, *words], lit=number == here, size=12, fill=fill
        )
        if number:
            sketch.arrow((x - gap, top + 28), (x, top + 28), colour=GREY)
    sketch.text(
        10 + here * (width + gap) + width / 2, top + 74, "▲ you are here", size=12, fill=BLUE, bold=True
    )
    return sketch.svg()


FIGURES = {f"series_0{number}.svg": (lambda number=number: series(number)) for number in range(7)}


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
