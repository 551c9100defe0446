"""The events of the sort and the passes as text: what DEBUG and T_DEBUG print."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import TextIO

import numpy as np

from . import errors

WIDTH = 88  # characters: what a window 900 pixels wide shows without scrolling
WHOLE, CORNER = 6, 3  # a row or column of up to 6 is shown whole, of a longer one the first 3

# for a file or a console that has none of these
ASCII = str.maketrans({"→": "->", "…": "...", "·": "*", "²": "^2", "✓": "+", "✗": "-"})


def say(text: str, out: TextIO | None = None) -> None:
    """Print the text (on stdout when not said), whatever letters the file has: none must stop the program."""
    out = sys.stdout if out is None else out
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(ASCII).encode(encoding, "replace").decode(encoding)
    print(text, end="", file=out)  # in one piece, so that two threads do not cut into each other's lines


def show_value(value: object) -> str:
    """A value in one line: `19`, `[6, 14, 3]`, or a large one's corner: `[[-0.41, 0.28, -1.28, …], …]`.

    A single number has up to 10 digits, an array up to 8 decimals, and a corner up to 4.
    """
    return _nested(*texts_of(value)) if _ndim(value) else _number(value)


def number(value: float, digits: int = 6) -> str:
    """A number as the lessons print it: 19 for 19.0, never -0."""
    return f"{float(value) or 0.0:.{digits}g}"


def _nested(texts: np.ndarray | str, cut: Sequence[bool]) -> str:
    if isinstance(texts, str):
        return texts
    shown = texts[:1] if cut[0] and texts.ndim > 1 else texts  # of rows that were cut the first is enough
    return "[" + ", ".join([*(_nested(text, cut[1:]) for text in shown), *["…"] * cut[0]]) + "]"


def sort_text(events: Sequence) -> str:
    """The story of one sort (or its beginning) in lines."""
    kinds = ("fed", "waits", "ready", "order")
    fed, waiting, ready, order = ({e.node: e.value for e in events if e.kind == kind} for kind in kinds)
    entries = [_item(node, fed[node]) + "  (not needed)" * (node not in order.get("", fed)) for node in fed]

    lines = ["topological_sort: a node is ready when all its inbound nodes are in the list"]
    lines += _labelled("fed", entries)
    lines += _labelled("edges", [f"{e.node} → {e.other}" for e in events if e.kind == "edge"])
    lines += _labelled("waiting", _wrapped(f"{node} for {count}" for node, count in waiting.items()))
    lines += _labelled("ready", _wrapped(node for node in ready if node not in waiting))
    for event in events:
        if event.kind == "take":
            of_shape = "of shape " * bool(_ndim(fed.get(event.node)))
            value = f", its value {of_shape}{_brief(fed[event.node])} is fed" if event.node in fed else ""
            lines.append(f"  {f'take {event.value + 1}':<9}{event.node}{value}")
        elif event.kind == "cross":
            left = f"waits for {event.value} more" if event.value else "is ready"
            lines.append(f"{'':<11}cross off {event.node} → {event.other}: {event.other} {left}")
        elif event.kind == "order":
            lines += _labelled("sorted", _wrapped(event.value))
            lines += _labelled("stuck", _wrapped(f"{node} for ever" for node in waiting if node not in ready))
    return "\n".join(lines)


def pass_text(event) -> str:
    """What one event of a pass says, in one line or a few."""
    if event.kind != "start":
        return "\n".join(_forward(event) if event.kind == "forward" else _backward(event))
    if event.pass_ == "forward":
        return "forward pass: each node works out its value from those of its inbound nodes"
    return "backward pass: each node hands back what arrives, times what is local"


def arithmetic(made: Sequence, gave: object, shown: Callable[[object], str] = show_value) -> str:
    """arrives -4 · local 2 = -8: the one wording of what goes back. `shown` turns a value into text."""
    said = [text for joint, name, value in made for text in (joint, name, shown(value))]
    return " ".join(filter(None, [*said, "=" * bool(made), shown(gave)]))


def _forward(event) -> list[str]:
    if event.gave:
        return _running_total(event)
    parts = [*(("", *got) for got in event.got), ("→" * bool(event.got), event.node, event.value)]
    line = f"  {', '.join(_item(*got) for got in event.got)}{' → ' * bool(event.got)}"
    lines = _told(line + _item(event.node, event.value), parts, f"  {event.node}", not event.got)
    return [*lines, *event.worked_out.get(event.node, ())]


def _running_total(event) -> list[str]:
    lines, total = [], "0" if event.other == "+" else "1"
    for (name, value), (_, after) in zip(event.got, event.gave):
        lines.append(f"{total} {event.other} {show_value(value)} ({name}) = {(total := show_value(after))}")
    return _labelled(event.node, lines, len(event.node) + 2)


def _backward(event) -> list[str]:
    own = [name for name, _ in event.gave] == [event.node]  # an Input keeps its gradient for itself
    lines = _arriving(event, own)
    for (name, value), made in zip(event.gave, event.made) if not own else ():
        if any(length > WHOLE for *_, factor in made for length in np.shape(factor)):  # corners show no sum
            lines += [f"      for {name}: {arithmetic(made, value, _brief)}", f"        {show_value(value)}"]
        else:
            parts = [*made, ("=" * bool(made), f"for {name}", value)]
            lines += _told(f"      for {name}: {arithmetic(made, value)}", parts)
            lines += event.worked_out.get(name, ())
    return lines


def _arriving(event, own: bool) -> list[str]:
    if not event.got:
        seed = f"the cost: arrives {show_value(event.value)}, the seed"
        nothing = "nothing arrives, the cost does not depend on it: its gradient is 0"
        return [f"  {event.node}  {nothing if own and not np.any(event.value) else seed}"]
    names, values = zip(*event.got)
    several = len(names) > 1
    parts = [("+" * bool(i), f"from {n}" * several, v) for i, (n, v) in enumerate(event.got)]
    parts += [("=", "together", event.value)] * several
    told = " + ".join(map(_shaped, values)) + f" = {_shaped(event.value)}" * several
    if _ndim(event.value) > 1 and not several and all(event.made):  # its numbers are in each product
        parts, told = [], _brief(event.value)
    end = f" from {' and '.join(names)}{': its gradient' * own}"
    return _told(f"  {event.node}  arrives {told}{end}", parts, f"  {event.node}  arrives{end}", own)


def _told(line: str, parts: Sequence, head: str = "", as_line: bool = False) -> list[str]:
    """The line, where it fits and (unless `as_line`) has no matrix, else the arrays beside each other."""
    if (as_line or all(_ndim(value) < 2 for *_, value in parts)) and len(line) <= WIDTH:
        return [line]
    return [head] * bool(head) + _side_by_side(parts)


def _shaped(value: object) -> str:
    return f"{value.shape} {show_value(value)}" if _ndim(value) > 1 else show_value(value)


def _brief(value: object) -> str:
    return str(value.shape) if _ndim(value) else show_value(value)


def _item(name: str, value: object) -> str:
    return f"{_named(name, value)} = {show_value(value)}"


def _named(name: str, value: object) -> str:
    return f"{name} {value.shape}" if _ndim(value) else name


def _ndim(value: object) -> int:
    return value.ndim if isinstance(value, np.ndarray) else 0


def _labelled(label: str, entries: Sequence[str], space: int = 9) -> list[str]:
    """The entries under each other, the label before the first."""
    return [f"  {'' if i else label:<{space}}{entry}" for i, entry in enumerate(entries)]


def _wrapped(entries: Iterable[str]) -> list[str]:
    """The entries in as few lines as they need, with commas: a line ends between two of them alone."""
    text = ", ".join(entry.replace(" ", "\0") for entry in entries)
    lines = wrap(text, WIDTH - 11, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _side_by_side(parts: Iterable[tuple[str, str, object]]) -> list[str]:
    """Arrays beside each other, each with its name above and its sign before, in as many bands as needed."""
    bands, room = [], 0
    for joint, name, value in parts:
        lead = f"{joint}   " * bool(joint)
        column = [_named(name, value).strip(), *_block(value)]
        column = [(lead if row == 1 else " " * len(lead)) + cell for row, cell in enumerate(column)]
        width = max(map(len, column)) + 3
        if width > room:
            bands, room = [*bands, [" " * 6] * (WHOLE + 1)], WIDTH - 6 + 3
        bands[-1] = [f"{row}{cell:<{width}}" for row, cell in zip(bands[-1], column + [""] * WHOLE)]
        room -= width
    return [row.rstrip() for band in bands for row in band if row.strip()]


def _block(value: object) -> list[str]:
    """A matrix in lines, its columns aligned; a large one's corner."""
    if _ndim(value) != 2 or not value.size:
        return [show_value(value)]
    texts, (rows_cut, columns_cut) = texts_of(value)
    width = max(len(text) for text in texts.flat)
    rows = [", ".join([*(text.rjust(width) for text in row), *["…"] * columns_cut]) for row in texts]
    lines = [f"[{row}]" for row in rows] + ["…"] * rows_cut
    return ["[ "[i > 0] + line + "],"[i < len(lines) - 1] for i, line in enumerate(lines)]


def texts_of(array: np.ndarray) -> tuple[np.ndarray, list[bool]]:
    """The numbers of an array, or of its corner, as an array of texts; and which axes were cut."""
    cut = [length > WHOLE for length in array.shape]
    corner = array[tuple(slice(CORNER if c else None) for c in cut)]
    texts = _numbers(corner.ravel().tolist(), 4 if any(cut) else 8)
    return np.array(texts, dtype=object).reshape(corner.shape), cut


def _number(value: object) -> str:
    """A single number, or whatever else a student's node may hold."""
    value = value.item() if isinstance(value, np.generic | np.ndarray) else value
    if type(value) in (int, float):
        return number(value, 10)
    text = " ".join(repr(value).split())
    return errors.a_kind(value) if " at 0x" in text or len(text) > WIDTH else text


def _numbers(values: list, decimals: int) -> list[str]:
    """The numbers of an array in one common form: whole ones as such, else with equally many decimals."""
    are_numbers = all(type(value) in (int, float) for value in values)
    sizes = [abs(value) for value in values if are_numbers and math.isfinite(value) and value]
    if all(size == int(size) and size < 1e9 for size in sizes):
        return [_number(value) for value in values]
    small, large = min(sizes), max(sizes)
    form = "e" if large >= 1e8 or small < 1e-4 or large / small > 1000 else "f"  # numpy's own rule
    exact = [f"{size:.{decimals}{form}}".partition("e")[0].rstrip("0") for size in sizes]
    needed = max(len(text.partition(".")[2]) for text in exact)
    return [f"{value:.{needed}{form}}" if value else "0" for value in values]
