"""One chart, on one white card, for every picture that is stored as HTML or plays without a kernel.

(The plots that are stored as image/png are matplotlib's, in the style of miniflow.mplstyle.)
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from miniflow_lib.trace_text import number

BLUE, VERMILLION = "#0072B2", "#D55E00"  # values and gradients, in every picture, plot and sentence
INK, GREY, PALE = "#222", "#666", "#e6e6e6"  # words and lines; what matters less; the grid of a chart
FONT = 'font-family="DejaVu Sans,Verdana,Arial,sans-serif"'
CARD = (  # of HTML beside a picture: white in the dark theme too
    f"background:#fff;color:{INK};border-radius:6px;padding:6px 10px;line-height:1.4;box-sizing:border-box"
)


def card(width: float, height: float, drawn: str, alt: str, look: str = FONT) -> str:
    """A picture as SVG: what is drawn, on a white card of this size in pixels. alt: the picture in words."""
    wide, high = f"{width:g}", f"{height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(alt)}" {look}>'
        f'<rect width="{wide}" height="{high}" rx="6" fill="#fff"/>{drawn}</svg>'
    )


def text(x: float, y: float, words: str, colour: str = INK, anchor: str = "middle", look: str = "") -> str:
    """Words in SVG whose middle, "start" or "end" is at x, on the line y. look: more attributes."""
    return (
        f'<text x="{x:.5g}" y="{y:.5g}" fill="{colour}" text-anchor="{anchor}"{look}>{escape(words)}</text>'
    )


def picture_html(svg: str, alt: str, width: float | None = None, most: float = 1) -> str:
    """An SVG as an <img> that JupyterLab shows in a notebook it does not trust yet, too."""
    data = base64.b64encode(svg.encode("utf-8", "replace")).decode()
    style = f' style="{page_width(width, most)}"' if width else ""
    return f'<img alt="{escape(alt)}"{style} src="data:image/svg+xml;base64,{data}">'


def page_width(width: float, most: float = 1) -> str:
    """CSS: as wide as the page, from two thirds of its size (then the page scrolls) to `most` times."""
    return f"width:100%;min-width:{width * 2 / 3:.0f}px;max-width:{width * most:.0f}px;height:auto"


class Chart:
    """A plot as SVG: numbers in, pixels out, no curve drawn outside its frame.

    x, y: the ranges of the axes; names: the words beside them; alt: the chart in words; size and margins
    (left, top, right, bottom) in pixels; letters: their height; title: a line above the frame; log: y in
    powers of ten; ticks: about how many numbers an axis gets; x_ticks, y_ticks: {number: text} instead.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        names: tuple[str, str],
        alt: str,
        *,
        size: tuple[float, float] = (600, 320),
        margins: tuple[float, float, float, float] = (62, 14, 14, 42),
        letters: int = 12,
        title: str = "",
        log: bool = False,
        ticks: int = 7,
        x_ticks: Mapping[float, str] | None = None,
        y_ticks: Mapping[float, str] | None = None,
    ):
        self.x, self.y, self.names, self.alt, self.title = x, y, names, alt, title
        self.width, self.height = size
        self.left, self.top, right, bottom = margins
        self.inner_width = self.width - self.left - right
        self.inner_height = self.height - self.top - bottom
        self.letters, self.log = letters, log
        rounded = powers_of_ten(*y) if log else round_numbers(*y, ticks)
        self.x_ticks = (
            {tick: number(tick) for tick in round_numbers(*x, ticks)} if x_ticks is None else x_ticks
        )
        self.y_ticks = {tick: number(tick) for tick in rounded} if y_ticks is None else y_ticks
        self.marks: list[str] = []  # inside the frame, cut off at it
        self.around: list[str] = []

    def exactly(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies, in pixels from the frame's upper left corner."""
        low, high, y = map(math.log10 if self.log else float, (*self.y, y))  # numpy's own warn of overflow
        right = (float(x) - self.x[0]) / (self.x[1] - self.x[0]) * self.inner_width
        return right, (high - y) / (high - low) * self.inner_height

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The same; of a point far outside the frame somewhere not so far outside."""
        right, down = self.exactly(x, y)
        return min(max(right, -2e3), 4e3), min(max(down, -2e3), 4e3)

    def curve(
        self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 2.5, dash: str = "none"
    ) -> None:
        points = [self.at(x, y) for x, y in zip(xs, ys) if math.isfinite(y)]
        if points:  # an empty path is an error in the browser's console
            self._path("M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points), colour, width, dash)

    def line(self, x: float, y: float, slope: float, colour: str, dash: str = "7 4") -> None:
        """The straight line of this slope through a point, from side to side."""
        # Not `at`: a clipped end would bend the line.
        (x1, y1), (x2, y2) = [self.exactly(end, y + slope * (end - x)) for end in self.x]
        self._path(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", colour, 2, dash)

    def step(self, x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
        """Across, then up or down: the two sides of a slope's triangle."""
        (ax, ay), (bx, by) = self.at(x1, y1), self.at(x2, y2)
        self._path(f"M{ax:.1f} {ay:.1f}H{bx:.1f}V{by:.1f}", colour, 1.5)

    def _path(self, path: str, colour: str, width: float, dash: str = "none") -> None:
        style = f'stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"'
        self.marks.append(f'<path d="{path}" fill="none" {style}/>')

    def dot(self, x: float, y: float, colour: str, radius: float = 6, hollow: bool = False) -> None:
        px, py = self.at(x, y)
        fill = "#fff" if hollow else colour
        self.marks.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{radius}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="2"/>'
        )

    def cloud(self, xs: Sequence[float], ys: Sequence[float], colour: str) -> None:
        """Many small dots, darker where they lie on each other; those outside at the edge."""
        dots = ""
        for x, y in zip(xs, ys):
            px, py = self.at(x, y)
            px, py = min(max(px, 3), self.inner_width - 3), min(max(py, 3), self.inner_height - 3)
            dots += f"M{px:.0f} {py:.0f}h0"
        style = f'stroke="{colour}" stroke-width="5.5" stroke-linecap="round" stroke-opacity="0.5"'
        self.marks.append(f'<path d="{dots}" {style}/>')

    def bar(self, x1: float, x2: float, y: float, colour: str, opacity: float = 1) -> None:
        """A bar from x1 to x2, from the foot of the frame up to y."""
        (left, top), (right, foot) = self.at(x1, y), self.at(x2, self.y[0])
        place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{foot - top:.1f}"'
        self.marks.append(f'<rect {place} fill="{colour}" fill-opacity="{opacity}"/>')

    def square(
        self, x: float, y1: float, y2: float, colour: str, left: bool = False, dash: str = "none"
    ) -> None:
        """The square to the right (or left) of the side from (x, y1) to (x, y2); a dashed one is empty."""
        (px, py1), (_, py2) = self.at(x, y1), self.at(x, y2)
        side = abs(py2 - py1)
        place = f'x="{px - side * left:.1f}" y="{min(py1, py2):.1f}" width="{side:.1f}" height="{side:.1f}"'
        look = f'stroke="{colour}" stroke-dasharray="{dash}" fill-opacity="{0.25 * (dash == "none"):g}"'
        self.marks.append(f'<rect {place} fill="{colour}" {look}/>')

    def words(self, x: float, y: float, words: str, colour: str, anchor: str = "end") -> None:
        """Text inside the frame that ends (or begins: "start", or has its middle: "middle") at a point."""
        self.marks.append(text(*self.at(x, y), words, colour, anchor))

    def label(self, x: float, y: float, words: str, colour: str, down: float = 0) -> None:
        """Text that begins beside a point, so many pixels lower, and may stand outside the frame."""
        px, py = self.at(x, y)
        middle = self.top + py + down + self.letters / 3
        self.around.append(text(self.left + px + 8, middle, words, colour, "start"))

    def svg(self) -> str:
        look = f'style="max-width:100%;height:auto" {FONT}'
        return card(self.width, self.height, self.drawn(), self.alt, look)

    def drawn(self, x: float = 0) -> str:
        """The chart without its card, for a card with several: this one so many pixels from its left."""
        frame = f'width="{self.inner_width:g}" height="{self.inner_height:g}"'
        inner = f'x="{self.left:g}" y="{self.top:g}" {frame}'
        middle, centre = self.left + self.inner_width / 2, self.top + self.inner_height / 2
        turned = f' transform="rotate(-90 {self.letters + 2} {centre:g})"'
        words = [
            (middle, self.height - 8, self.names[0], ""),
            (self.letters + 2, centre, self.names[1], turned),
            (middle, self.top - self.letters / 2, self.title, ""),
        ]
        place = f' transform="translate({x:g})"' if x else ""
        parts = [
            *self._grid(),
            f'<svg {inner} overflow="hidden">{"".join(self.marks)}</svg>',
            f'<rect {inner} fill="none" stroke="{GREY}"/>',
            *self.around,
            *(text(px, py, said, look=look) for px, py, said, look in words if said),
        ]
        return f'<g font-size="{self.letters}"{place}>{"".join(parts)}</g>'

    def _grid(self) -> Iterator[str]:
        foot, right = self.top + self.inner_height, self.left + self.inner_width
        for value, words in self.x_ticks.items():
            px = self.left + self.at(value, self.y[0])[0]
            yield f'<path d="M{px:.1f} {self.top:g}V{foot:g}" stroke="{PALE}"/>'
            yield text(px, foot + self.letters + 4, words)
        for value, words in self.y_ticks.items():
            py = self.top + self.at(self.x[0], value)[1]
            yield f'<path d="M{self.left:g} {py:.1f}H{right:g}" stroke="{PALE}"/>'
            yield text(self.left - 6, py + self.letters / 3, words, anchor="end")


def round_step(rough: float) -> float:
    """The next larger one of 1, 2, 5, 10, 20, 50, ..., or of 0.1, 0.2, 0.5, ..."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= rough)


def round_numbers(low: float, high: float, about: int = 7) -> list[float]:
    """About so many round numbers from low to high, for an axis."""
    step = round_step((high - low) / about)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def powers_of_ten(low: float, high: float) -> list[float]:
    """Those from low to high, both above 0."""
    ends = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return [10.0**power for power in range(ends[0], ends[1] + 1)]


def span(values: Sequence[float]) -> tuple[float, float]:
    """The range of an axis: all the values, and a little air."""
    low, high = min(values), max(values)
    air = 0.08 * (high - low) or 1.0
    return low - air, high + air
