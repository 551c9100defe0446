"""A matrix product, number by number: which row and which column made it, in the trace and in the stepper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import count
from textwrap import wrap
from typing import NamedTuple

import numpy as np

from miniflow_lib.trace_text import WHOLE, WIDTH, texts_of
from miniflow_lib.tracing import Event, trace
from miniflow_classroom.show.drawing import short_number
from miniflow_classroom.show.plots import BLUE, GREY, VERMILLION
from miniflow_classroom.show.words import listed

Named = tuple[str, np.ndarray]


def short(array: np.ndarray) -> np.ndarray:
    """Its numbers as texts of four digits, as pictures show them."""
    return np.array([short_number(float(one)) for one in array.flat], dtype=object).reshape(array.shape)


class Product(NamedTuple):
    """left @ right + bias, or, where there is no left, the sum over the rows of right; and what that made."""

    back: bool
    made: Named
    right: Named
    left: Named | None = None
    bias: Named | None = None

    def worked_out(self, at: tuple[int, ...], texts: Callable = short) -> list[str]:
        """The number at this place, in words and then its terms.

        ["for W[0, 0], row 0 of X.T and column 0 of what arrives:", "3 · -3", "+ 2 · -2", "= -13"]
        texts: turns an array into one of the texts of its numbers.
        """

        def called(name: str) -> str:
            return "what arrives" if self.back and name == "arrives" else name

        *row, column = at
        places = [f"column {column} of {called(self.right[0])}"]
        terms = list(texts(self.right[1])[:, column])
        if self.left:
            places.insert(0, f"row {row[0]} of {called(self.left[0])}")
            terms = [f"{a} · {b}" for a, b in zip(texts(self.left[1])[row[0]], terms)]
        if self.bias:
            places.append(f"{self.bias[0]}[{column}]")
            terms.append(texts(self.bias[1])[column])
        # What is a sum of one number is that number.
        result = [f"= {texts(self.made[1])[at]}"] if self.left or len(terms) > 1 else []
        words = f"{'for ' * self.back}{self.made[0]}{list(at)}, {listed(places)}:"
        return [words, terms[0], *(f"+ {term}" for term in terms[1:]), *result]


def products_in(event: Event) -> list[Product]:
    """The matrix products of a step of a pass: those that came out and are small enough to be shown whole."""
    back, found = event.pass_ == "backward", []
    for (name, value), factors in zip(event.gave if back else [(event.node, event.value)], event.made):
        joints = [joint for joint, *_ in factors]
        if joints not in (["", "@"], ["", "@", "+"], ["sum over the rows of"]):
            continue
        arrays, made = [tuple(named) for _, *named in factors], (name, np.asarray(value))
        if not back:  # under the names of the nodes
            arrays = [(name, array) for (name, _), (_, array) in zip(event.got, arrays)]
        whole = [array for _, array in [made, *arrays] if array.dtype.kind in "biuf"]
        if len(whole) > len(arrays) and all(0 < length <= WHOLE for array in whole for length in array.shape):
            left = arrays.pop(0) if len(arrays) > 1 else None
            found.append(Product(back, made, arrays[0], left, *arrays[1:]))
    return found


def first_numbers(event: Event) -> dict[str, list[str]]:
    """{what was made: the lines of the trace that work out its first number}"""
    found = {}
    for product in products_in(event):
        name, value = product.made
        words, *terms = product.worked_out((0,) * value.ndim, lambda array: texts_of(array)[0])
        found[name] = [f"      {words} {' '.join(terms)}"]
        if len(found[name][0]) > WIDTH:
            whole = " ".join(term.replace(" ", "\0") for term in terms)
            lines = wrap(whole, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
            found[name] = [f"      {words}", *(f"        {line}".replace("\0", " ") for line in lines)]
    return found


trace.worked_out = first_numbers


# --- as HTML that needs no script: a number that is picked lights its row and its column -------------------

LAYOUT = """<style>
.miniflow-products {display:grid}
.miniflow-products > * {grid-area:1/1;min-width:0}
.miniflow-products > * {display:flex;flex-wrap:wrap;gap:12px 28px;align-content:flex-start}
.miniflow-products > div > p {flex-basis:100%;margin:0}
</style>"""


def _rules() -> str:
    lit = "{background:var(--pale);--edge:var(--strong)}"
    rules = """
.miniflow-product {max-width:100%;min-width:22em;overflow-x:auto;padding:2px;box-sizing:border-box}
.miniflow-product > div {display:flex;flex-wrap:wrap;gap:8px 10px;--edge:transparent}
.miniflow-product > div > div {display:flex;gap:10px;line-height:1.2;white-space:nowrap}
.miniflow-product .joint {padding-top:2.2em}
.miniflow-product table {border-collapse:separate;border-spacing:0;margin:6px 2px 0}
.miniflow-product table {box-shadow:-2px 0 #444,2px 0 #444}
.miniflow-product td {padding:.15em .45em;text-align:right;color:inherit;background:none;border:0}
.miniflow-product td {font:1em/1.4 "DejaVu Sans Mono",Menlo,Consolas,monospace;
  box-shadow:inset var(--left,0px) 0 var(--edge),inset var(--right,0px) 0 var(--edge),
  inset 0 var(--top,0px) var(--edge),inset 0 var(--bottom,0px) var(--edge)}
.miniflow-product .left td {--top:2px;--bottom:-2px}
.miniflow-product .left td:first-child, .miniflow-product .right td {--left:2px}
.miniflow-product .left td:last-child, .miniflow-product .right td {--right:-2px}
.miniflow-product .right tr:first-child td {--top:2px}
.miniflow-product .right tr:last-child td {--bottom:-2px}
.miniflow-product .made td {--top:2px;--bottom:-2px;--left:2px;--right:-2px;--edge:#ddd;padding:0}
.miniflow-product .made td:has(:focus-visible) {outline:2px solid #222}
.miniflow-product label {display:block;padding:.15em .45em;cursor:pointer}
.miniflow-product label:hover {background:#eee}
.miniflow-product input {position:absolute;opacity:0;width:1px;height:1px;margin:0}
.miniflow-product ol {display:grid;list-style:none;margin:6px 0 0;padding:0;width:0;min-width:100%}
.miniflow-product li {grid-area:1/1;margin:0}
.miniflow-product li span {white-space:nowrap}
""".strip()
    for n in range(WHOLE):
        rules += f"""
.miniflow-product:has(.row{n} :checked) .left .row{n},
.miniflow-product:has(.column{n} :checked) .right .column{n} {lit}
.miniflow-product:has(.row{n} :checked) li:not(.row{n}),
.miniflow-product:has(.column{n} :checked) li:not(.column{n}) {{visibility:hidden}}"""
    return rules + f"\n.miniflow-product td:has(:checked) {lit}"


STYLE = f"<style>{_rules()}</style>"
_groups = count()  # radio buttons of one name are one group, in all of a page


def as_html(products: Sequence[Product], room: str) -> str:
    """The matrices, played with in the browser alone. room: that for other steps, so that nothing moves."""
    note = "Pick a number of the result by click or arrow keys: the row and the column that made it are lit."
    groups = "".join(map(_group, products))
    html = f'<div><p style="color:{GREY}">{note}</p>{groups}</div>' if products else ""
    shown = (
        f'{LAYOUT}<div class="miniflow-products">{html}{room}</div>'  # of a stack, one frame is in the page
    )
    return f"{STYLE * bool(html)}{shown}" if html or room else ""


def room_for(products: Sequence[Product]) -> str:
    """About as much room as the matrices take in a page of any width, with nothing in it."""
    if not products:
        return ""
    boxes = "<p>\N{NO-BREAK SPACE}</p>"
    for product in products:
        width, rows = 0.0, 0
        for _, _, (name, value) in _tables(product):
            texts = np.atleast_2d(short(value))
            letters = sum(max(map(len, column)) for column in texts.T)
            width += max(0.5 * len(f"{name} {value.shape}"), 0.61 * letters + 0.9 * len(texts.T)) + 2
            rows = max(rows, len(texts))
        boxes += f'<i style="width:{max(width, 22):.1f}em;height:{1.7 * rows + 6.8:.1f}em"></i>'
    return f'<div aria-hidden="true" style="visibility:hidden">{boxes}</div>'


def _group(product: Product) -> str:
    strong, pale = (VERMILLION, "#fdebdd") if product.back else (BLUE, "#dceefa")
    row = said = ""
    for look, joint, (name, value) in _tables(product):
        row += _table(look, joint, name, value)
    for at in np.ndindex(product.made[1].shape):
        words, *terms = map(escape, product.worked_out(at))
        terms = " ".join(f"<span>{term}</span>" for term in terms)
        said += f'<li class="{_place(at)}">{words}<br>{terms}</li>'
    return (
        f'<div class="miniflow-product" style="--strong:{strong};--pale:{pale}">'
        f'<div>{row}</div><ol aria-live="polite">{said}</ol></div>'
    )


def _tables(product: Product) -> list[tuple[str, str, Named]]:
    """Each matrix with its look and with the sign before it."""
    back, (name, value), right, left, bias = product
    tables = [("left", "", left), ("right", "@" if left else "sum over<br>the rows of", right)]
    tables += [("right", "+", bias), ("made", "=", ("for " * back + name, value))]
    return [table for table in tables if table[2]]


def _table(look: str, joint: str, name: str, value: np.ndarray) -> str:
    """A matrix, its name above it and its sign before it; in what was made, each number is a button."""
    texts, name, group, rows = short(value), escape(name), next(_groups), ""
    for row in np.ndindex(value.shape[:-1]):
        cells = ""
        for column, text in enumerate(texts[row]):
            at = (*row, column)
            if look == "made":
                # Else JupyterLab goes to the next cell at an arrow key.
                first = f"data-lm-suppress-shortcuts{'' if any(at) else ' checked'}"
                button = f'type="radio" name="miniflow-product-{group}" autocomplete="off" {first}'
                text = f'<label><input {button} aria-label="{name}{list(at)} = {text}">{text}</label>'
            cells += f'<td class="{_place(at)}">{text}</td>'
        rows += f"<tr>{cells}</tr>"
    role = f' role="radiogroup" aria-label="{name}"' if look == "made" else ""
    table = f'<table class="{look}"{role}><tbody>{rows}</tbody></table>'
    joint = joint and f'<span class="joint">{joint}</span>'
    return f"<div>{joint}<div>{name} {value.shape}{table}</div></div>"


def _place(at: tuple[int, ...]) -> str:
    return " ".join(f"{axis}{n}" for axis, n in zip(("row", "column")[-len(at) :], at))
