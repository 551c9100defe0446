"""Reads a chart back from its SVG: what a reader takes from it by the numbers that stand along its axes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
BLUE, VERMILLION, INK = "#0072B2", "#D55E00", "#222"


@dataclass
class Read:
    """words: all of its texts; curves: {(colour, dashed): points (n, 2)}; dots and bars' (middle, height)."""

    words: list[str]
    curves: dict[tuple[str, bool], np.ndarray]
    dots: np.ndarray
    bars: np.ndarray


def read_charts(page: str, log: bool = False) -> list[Read]:
    """Every chart on a page, from left to right."""
    root = ET.fromstring(re.search(r"<svg.*</svg>", page, re.S)[0])
    return [_read(group, log) for group in root.iter(f"{SVG}g")]


def _read(group: ET.Element, log: bool) -> Read:
    frame = group.find(f"{SVG}svg")
    left, top, height = (float(frame.get(name)) for name in ("x", "y", "height"))
    letters = int(group.get("font-size"))
    texts = [(float(t.get("x")), float(t.get("y")), t) for t in group.findall(f"{SVG}text")]
    across = [(x - left, float(t.text)) for x, y, t in texts if abs(y - top - height - letters - 4) < 0.1]
    upwards = [
        (y - letters / 3 - top, float(t.text))
        for x, y, t in texts
        if x < left and t.get("text-anchor") == "end"
    ]
    scale = np.log10 if log else np.asarray

    def points(pairs) -> np.ndarray:
        pixels = np.array(pairs, dtype=float).reshape(-1, 2)
        columns = []
        for pixel, (marks, form) in zip(pixels.T, ((across, np.asarray), (upwards, scale))):
            at, value = np.array(marks).T if marks else ([0, 1], [1, 10])
            value = np.polyval(np.polyfit(at, form(value), 1), pixel)
            columns.append(10**value if log and form is scale else value)
        return np.stack(columns, axis=1)

    curves, dots = {}, np.zeros((0, 2))
    for path in frame.findall(f"{SVG}path"):
        pairs = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d"))
        if path.get("stroke-linecap") == "round":
            dots = points(pairs)
        else:
            curves[path.get("stroke"), path.get("stroke-dasharray") != "none"] = points(pairs)
    rects = [
        [float(r.get("x")) + float(r.get("width")) / 2, float(r.get("y"))]
        for r in frame.findall(f"{SVG}rect")
    ]
    return Read([t.text for t in group.iter(f"{SVG}text")], curves, dots, points(rects))
