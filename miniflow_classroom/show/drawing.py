"""A graph as a picture: boxes and arrows in SVG, by the standard library alone, the same bytes each time."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import pairwise

import numpy as np

from miniflow_lib import errors, mistakes
from miniflow_lib.nodes import Node
from miniflow_lib.trace_text import ASCII, number
from miniflow_lib.tracing import names
from miniflow_classroom import arguments
from miniflow_classroom.show.arithmetic import Factor, arriving_at, product, products
from miniflow_classroom.show.layout import MARGIN, Layout, Rect, lay_out
from miniflow_classroom.show.plots import BLUE, GREY, INK, VERMILLION, card, page_width, picture_html

SIZE, LINE = 12, 15  # of the letters and from line to line, in pixels
LARGER = 4 / 3  # of a picture where the page has room: letters of 16 pixels
LETTER = 0.61 * SIZE  # letters of one width, so that a text can be measured without a screen
MOST_NUMBERS = 6  # an array of more is shown by its shape
ROOM = 700  # pixels that a page of 900 leaves for a picture in JupyterLab
LEAST = 11  # pixels of a letter on such a page
FORMS = ((False, MOST_NUMBERS), *((True, most) for most in range(MOST_NUMBERS, 0, -1)))  # the first that fits
LONGEST_NAME, LONGEST_LINE, LONGEST_PRODUCT = 30, 26, 16  # letters
Part = tuple[str, list[tuple[str, Rect, Rect]]]  # a piece of SVG, and where its texts stand and have to stay
LETTERS = f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="{SIZE}"'


# --- numbers and names as text ----------------------------------------------------------------------------


def value_lines(value: object, most: int = MOST_NUMBERS) -> list[str]:
    """The lines that show a value in a picture: a number, the rows of a small array, else the shape.

    most: the numbers of a small array.
    """
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        return [fit(str(value), LONGEST_LINE)]
    if array.ndim == 0:
        return [short_number(float(array))]
    if array.size <= most and array.ndim <= 2 and array.size:
        cells = [[short_number(float(one)) for one in row] for row in np.atleast_2d(array)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = ["[" + " ".join(map(str.rjust, row, widths)) + "]" for row in cells]
        if array.ndim == 2:
            lines = [f"{'[' if n == 0 else ' '}{line}" for n, line in enumerate(lines)]
            lines = [f"{line}{']' if n == len(lines) - 1 else ' '}" for n, line in enumerate(lines)]
        if len(lines[0]) <= LONGEST_LINE:
            return lines
    return ["shape", str(array.shape)]


def short_number(value: float) -> str:
    """Four digits at the most, three beside a power of ten: 0.00016702 -> 1.67e-4"""
    text = number(value, 4)
    if "e" in text or 0 < abs(value) < 1e-3:
        digits, power = f"{value:.2e}".split("e")
        text = f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return text


def in_numbers(made: Sequence[Factor], gradient: object) -> str:
    """-4 · 2 = -8: what arrives times what is local, for an edge; "" where they are not single numbers."""
    if not made or any(np.ndim(value) for _, _, value in made):
        return ""
    paths: list[list[Factor]] = []
    for factor in made:
        if factor[1] == "arrives":
            paths.append([])
        paths[-1].append(factor)
    terms = [f"{short_number(path[0][2])} · {short_number(product(path[1:]))}" for path in paths]
    return f"{' + '.join(terms)} = {short_number(float(gradient))}"


def fit(text: str, letters: int) -> str:
    """The text on one line of at most so many letters, its middle left out if need be, its end kept."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    if len(text) <= letters:
        return text
    end = letters // 3
    return f"{text[: letters - end - 1]}…{text[-end:]}"


def width_of(text: str) -> float:
    """How wide a text is at the most, in pixels."""
    width = 0.0
    for letter in text:
        if not unicodedata.combining(letter):
            narrow = letter < "\u2190" and unicodedata.east_asian_width(letter) not in "WF"
            width += LETTER if narrow or letter in "∂…→" else 2.2 * LETTER
    return width


def even(width: float) -> int:
    """The next even number of pixels: its half, too, is a round number."""
    return 2 * math.ceil(width / 2)


# --- what is drawn ----------------------------------------------------------------------------------------


@dataclass
class Scene:
    """What one picture of a graph shows beside its boxes and arrows.

    lit and arrows: the boxes and the edges that are drawn strong, in blue or, with back=True, in vermillion
    with arrowheads that point back. products: the arithmetic of gradients, {edge: "-4 · 2 = -8"}. gone: the
    edges that are crossed off, drawn dashed. hatched: the boxes with stripes, which hold a value that is out
    of date.
    """

    values: Mapping[Hashable, object] = field(default_factory=dict)
    notes: Mapping[Hashable, str] = field(default_factory=dict)
    sums: Mapping[Hashable, object] = field(default_factory=dict)
    gradients: Mapping[tuple, object] = field(default_factory=dict)
    products: Mapping[tuple, str] = field(default_factory=dict)
    labels: Mapping[tuple, str] = field(default_factory=dict)
    lit: frozenset = frozenset()
    arrows: frozenset = frozenset()
    gone: frozenset = frozenset()
    hatched: frozenset = frozenset()
    back: bool = False

    def in_box(self, node, most: int) -> list[tuple[str, str]]:
        """(text, colour) of each line under the name of a node. most: see `value_lines`."""
        lines = [(line, BLUE) for line in value_lines(self.values[node], most)] if node in self.values else []
        lines += [(self.notes[node], GREY)] if node in self.notes else []
        return lines + (_marked(self.sums[node], most) if node in self.sums else [])

    def on_edge(self, edge) -> list[tuple[str, str]]:
        """(text, colour) of the label of an edge."""
        return [(fit(self.labels[edge], LONGEST_NAME), INK)] if edge in self.labels else []

    def flowing(self, edge, most: int) -> list[tuple[str, str]]:
        """(text, colour) of each line of the gradient that flows back along an edge."""
        if edge in self.products:
            return _broken(f"∂ {self.products[edge]}")
        return _marked(self.gradients[edge], most) if edge in self.gradients else []


def _marked(gradient, most: int) -> list[tuple[str, str]]:
    lines = value_lines(gradient, most)
    return [(f"{'∂' if n == 0 else ' '} {line}", VERMILLION) for n, line in enumerate(lines)]


def _broken(text: str) -> list[tuple[str, str]]:
    """On one line, or its result on a second: an edge is as long as its longest line."""
    made, _, result = text.rpartition(" = ")
    lines = [text] if len(text) <= LONGEST_PRODUCT else [made, f"  = {result}"]
    return [(line, VERMILLION) for line in lines]


class Drawing:
    """A graph with places for all that its scenes show, so that nothing moves from one to the next.

    One that would be too wide for a page of 900 pixels is drawn narrower, with the kind of an op under its
    name and the gradient of a node with one consumer in its box; then with more of the arrays as shapes.

    nodes: {node: its name} in order. edges: (from, to). kinds: {node: its class's name}; what has none is an
    Input and gets square corners.
    """

    def __init__(
        self,
        nodes: Mapping[Hashable, str],
        edges: Sequence[tuple],
        kinds: Mapping[Hashable, str],
        scenes: Iterable[Scene] = (),
        title: str = "",
    ):
        self.heads = {node: _heading(name, kinds.get(node, "")) for node, name in nodes.items()}
        self.ops, self.edges = set(kinds), [edge for edge in edges if edge[0] is not edge[1]]
        self.title, scenes = fit(title, 100), list(scenes)
        summed = {node for scene in scenes for node in scene.sums}
        consumers = Counter(a for a, _ in self.edges)
        lone = {a: (a, b) for a, b in self.edges if consumers[a] == 1 and a not in summed}
        sizes, self.width = (), math.inf
        for self.narrow, self.most in FORMS:
            self.lone = lone if self.narrow else {}
            before, sizes = sizes, self._sizes(scenes)
            if sizes != before:
                self.layout = lay_out(list(nodes), self.edges, *sizes, top=24 if title else 0)
                self.width = max(self.layout.width, even(width_of(self.title)) + 2 * MARGIN)
            if self.width * LEAST <= ROOM * SIZE:
                break
        self.style = page_width(self.width, LARGER)
        # From one scene to the next most boxes stay as they are.
        self._box, self._label = cache(self._box), cache(self._label)
        self._paths = {edge: _path(points) for edge, points in self.layout.edges.items()}

    def _sizes(self, scenes: Sequence[Scene]) -> tuple[dict, dict]:
        """What the boxes and the labels of all the scenes need in the present form."""
        arriving = Counter(b for _, b in self.edges)
        sizes, label_sizes = {}, {}
        for node in self.heads:
            texts = [self._in_box(node, scene) for scene in scenes or [Scene()]]
            height = max(LINE * max(map(len, texts)) + 12, 9 * arriving[node] + 16)
            sides = 12 if self.narrow else 22 if node in self.ops else 16
            sizes[node] = even(_widest(texts) + sides), height
        for edge in self.edges:
            texts = [text for text in (self._on_edge(edge, scene) for scene in scenes) if text]
            if texts:
                label_sizes[edge] = even(_widest(texts) + 6), LINE * max(map(len, texts)) + 2
        return sizes, label_sizes

    def _in_box(self, node, scene: Scene) -> list[tuple[str, str]]:
        """(text, colour) of each line in a box, the name first."""
        head = self.heads[node] if self.narrow else [": ".join(self.heads[node])]
        lines = [*((text, INK) for text in head), *scene.in_box(node, self.most)]
        return lines + (scene.flowing(self.lone[node], self.most) if node in self.lone else [])

    def _on_edge(self, edge, scene: Scene) -> list[tuple[str, str]]:
        """(text, colour) of each line on an edge."""
        return scene.on_edge(edge) + ([] if edge[0] in self.lone else scene.flowing(edge, self.most))

    def svg(self, scene: Scene, alt: str = "", style: str = "") -> str:
        """The picture of one scene, with CSS where it is to stand in a page itself.

        What the texts are and where they stand goes to `layout.texts`.
        """
        labels = [(edge, self._on_edge(edge, scene)) for edge in self.layout.labels]
        parts = [self._arrow(edge, scene) for edge in self.edges if edge not in scene.arrows]
        parts += [self._arrow(edge, scene) for edge in self.edges if edge in scene.arrows]
        parts += [self._label(edge, tuple(lines)) for edge, lines in labels if lines]
        for node in self.heads:
            look = node in scene.lit, scene.back, node in scene.hatched
            parts.append(self._box(node, tuple(self._in_box(node, scene)), *look))
        if self.title:
            page = Rect(0, 0, self.width, self.layout.height)
            parts.append(_lines([(self.title, INK)], self.width / 2, 6, page))
        self.layout.texts[:] = [text for _, texts in parts for text in texts]
        look = f'{LETTERS} text-anchor="middle" fill="none" style="{style}"'
        return card(self.width, self.layout.height, "".join(part for part, _ in parts), alt, look)

    def _arrow(self, edge, scene: Scene) -> Part:
        lit = edge in scene.arrows
        colour = (VERMILLION if scene.back else BLUE) if lit else "#888"
        points = self.layout.edges[edge]
        backwards = (lit and scene.back) != (edge in self.layout.turned)
        (x, y), way = (points[0], 1) if backwards else (points[-1], -1)
        style = f'stroke="{colour}" stroke-width="{3 if lit else 1.3}"'
        if edge in scene.gone:
            style += ' stroke-dasharray="2 5"'
        head = f'<path d="M{x:g} {y:g}l{8 * way} -4.5v9z" fill="{colour}"/>'
        return f'<path d="{self._paths[edge]}" {style}/>{head}', []

    def _label(self, edge, lines) -> Part:
        rect = self.layout.labels[edge]
        width, height = max(width_of(line) for line, _ in lines) + 4, LINE * len(lines)
        x, y = rect.middle
        place = f'x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" height="{height}"'
        text, texts = _lines(lines, x, y - height / 2, rect)
        return f'<rect {place} fill="#fff"/>{text}', texts

    def _box(self, node, lines, lit: bool, back: bool, hatched: bool) -> Part:
        box, op = self.layout.boxes[node], node in self.ops
        stroke, ground = (VERMILLION, "#fdebdd") if back else (BLUE, "#dceefa")
        if not lit:
            stroke, ground = "#555", "#f1f1ec" if op else "#fff"
        radius = f' rx="{min(18, box.height / 2):g}"' if op else ""
        x, y = box.middle
        top, ((head, _), *under) = y - LINE * len(lines) / 2, lines
        name = self.heads[node][0]
        text, texts = _lines(under, x, top + LINE, box)
        return (
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"{radius} '
            f'fill="{ground}" stroke="{stroke}" stroke-width="{3 if lit else 1.2}"/>'
            f"{_stripes(box, 0.3 * min(18, box.height / 2)) if hatched else ''}"
            f'<text x="{x:g}" y="{top + 11:g}" fill="{INK}">'
            f'<tspan font-weight="bold">{escape(name)}</tspan>{escape(head[len(name) :])}</text>{text}'
        ), [_standing(head, x, top, box), *texts]


def _widest(texts: Iterable[Sequence[tuple[str, str]]]) -> float:
    return max(width_of(line) for lines in texts for line, _ in lines)


def _stripes(box: Rect, inset: float) -> str:
    """Stripes from the lower left to the upper right, within the round corners of a box."""
    x, y, width, height = box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset
    path = ""
    for n in range(6, math.ceil(width + height), 8):
        right, down = min(n, width), min(n, height)
        path += f"M{x + n - down:g} {y + down:g}L{x + right:g} {y + n - right:g}"
    return f'<path d="{path}" stroke="#c4c4bc" stroke-width="1.5"/>'


def _lines(lines, x: float, top: float, owner: Rect) -> Part:
    """Lines of text under one another, around x."""
    parts = []
    for n, (line, colour) in enumerate(lines):
        shown = escape(line).replace(" ", "\N{NO-BREAK SPACE}")
        parts.append(f'<text x="{x:g}" y="{top + LINE * n + 11:g}" fill="{colour}">{shown}</text>')
    return "".join(parts), [_standing(line, x, top + LINE * n, owner) for n, (line, _) in enumerate(lines)]


def _standing(text: str, x: float, top: float, owner: Rect) -> tuple[str, Rect, Rect]:
    width = width_of(text)
    return text, Rect(x - width / 2, top, width, LINE), owner


def _heading(name: str, kind: str) -> list[str]:
    """What is at the top of a box: the name and, when it does not tell, the kind."""
    name = fit(name, LONGEST_NAME)
    told = not kind or name == kind or name.startswith(f"{kind}_")
    return [name] if told else [name, fit(kind, LONGEST_NAME)]


def _path(points: list[tuple[float, float]]) -> str:
    (x, y), *rest = points
    steps = [f"M{x:g} {y:g}"]
    for right, low in rest:
        half = (x + right) / 2
        steps.append(f"H{right:g}" if low == y else f"C{half:g} {y:g} {half:g} {low:g} {right:g} {low:g}")
        x, y = right, low
    return "".join(steps)


# --- what a lesson calls ----------------------------------------------------------------------------------


class Picture:
    """A picture that a notebook shows, with words for those who do not see it.

    svg: the picture itself, and its width · alt: the words · layout: where everything is, for tests.
    """

    def __init__(self, svg: str, alt: str, layout: Layout, width: float):
        self.svg, self.alt, self.layout, self.width = svg, alt, layout, width

    def __repr__(self) -> str:
        return self.alt.translate(ASCII)

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        html = picture_html(self.svg, self.alt, self.width, LARGER)
        return {"text/plain": self.alt, "text/html": html}


def draw_graph(
    graph: Sequence[Node] | Node,
    *,
    values: bool = True,
    gradients: bool = True,
    path: Sequence[Node] = (),
    labels: Mapping[tuple[Node, Node], str] | None = None,
    title: str = "",
    alt: str | None = None,
) -> Picture:
    """A picture of a graph: a sorted list, or an output node and all that it depends on.

    Inputs have square corners, ops round ones. In blue the value of each node; in vermillion after a ∂ the
    gradients, if there are any: each on the edge it flows back along, as what arrives times what is local
    where both are single numbers, and their sum at a node with several.
    Small arrays are shown as numbers, larger ones by their shape. What would be too wide for a page of 900
    pixels is drawn narrower, with the only gradient that a node gets in its box.

    path: nodes in a row whose edges are lit, from an input to the cost or, for the way back, from the cost.
    labels: {(from, to): text} for edges. title: a line above. alt: words in the place of the usual ones.
    """
    errors.check_flag("values", values)
    errors.check_flag("gradients", gradients)
    arguments.check_text("title", title)
    arguments.check_text("alt", "" if alt is None else alt)
    view = GraphView(graph)
    backwards, arrows = view.follow(path)
    scene = Scene(
        values=view.values() if values else {},
        sums=view.sums() if gradients else {},
        gradients=view.gradients() if gradients else {},
        products=view.products() if gradients else {},
        labels=view.check_labels({} if labels is None else labels),
        lit=frozenset(path),
        arrows=arrows,
        back=backwards,
    )
    drawing = view.drawing([scene], title)
    alt = view.in_words(scene, title) if alt is None else alt
    return Picture(drawing.svg(scene, alt), alt, drawing.layout, drawing.width)


class GraphView:
    """The nodes of a graph, their names and edges, and what they hold at present."""

    def __init__(self, graph: Sequence[Node] | Node):
        nodes = needed_by(graph) if errors.is_node(graph) else mistakes.check_nodes(graph)
        self.nodes = list(dict.fromkeys(nodes))
        self.names = names(self.nodes)
        self.edges = [(a, b) for b in self.nodes for a in dict.fromkeys(b.inbound_nodes) if a in self.names]
        self.twice = {(a, b): "twice" for a, b in self.edges if list(b.inbound_nodes).count(a) > 1}
        self._consumers = {node: [] for node in self.nodes}
        for a, b in self.edges:
            self._consumers[a].append(b)
        self.kinds = {node: type(node).__name__ for node in self.nodes if node.inbound_nodes}

    def consumers(self, node: Node) -> list[Node]:
        """Those in this graph that the node feeds."""
        return self._consumers[node]

    def values(self) -> dict[Node, object]:
        return {node: node.value for node in self.nodes if node.value is not None}

    def gradients(self) -> dict[tuple, object]:
        """{(from, to): d cost / d from, by way of to}"""
        return {(a, b): b.gradients[a] for a, b in self.edges if a in b.gradients}

    def products(self) -> dict[tuple, str]:
        """{(from, to): "-4 · 2 = -8"}, of those gradients that are what arrives times what is local"""
        found = {}
        for node in self.nodes:
            if node.inbound_nodes and node.gradients:
                told = products(node, arriving_at(node), node.gradients)
                found |= {(a, node): in_numbers(made, node.gradients[a]) for a, made in told.items()}
        return {edge: text for edge, text in found.items() if text}

    def sums(self) -> dict[Node, object]:
        """{node: d cost / d node} for those with several consumers, and the 1 that the cost starts from."""
        found = {}
        for node in self.nodes:
            told = [b.gradients[node] for b in node.outbound_nodes if b in self.names and node in b.gradients]
            if len(told) > 1:
                found[node] = sum(told[1:], told[0])
        last = self.nodes[-1]
        if last.inbound_nodes and last.gradients and not self.consumers(last):
            found[last] = np.ones(np.shape(last.value))
        return found

    def follow(self, path: Sequence[Node]) -> tuple[bool, frozenset]:
        """Whether a path runs against the arrows, and its edges; raises MiniFlowError where there is none."""
        errors.check_list_of_nodes("path", path)
        edges, arrows, backwards = set(self.edges), [], False
        for a, b in pairwise(path):
            if (a, b) not in edges and (b, a) not in edges:
                raise errors.MiniFlowError(
                    f"There is no edge between {self.called(a)} and {self.called(b)}: a path names its nodes "
                    "one after another, each joined to the next."
                )
            backwards = (a, b) not in edges
            arrows.append((b, a) if backwards else (a, b))
        return backwards, frozenset(arrows)

    def check_labels(self, labels: Mapping[tuple, str]) -> dict[tuple, str]:
        if not isinstance(labels, Mapping):
            raise errors.MiniFlowError("labels is a dict, {(x, f): 'a text'}, with an entry for each edge.")
        for edge in labels:
            if edge not in self.edges:
                ends = " and ".join(map(self.called, edge if isinstance(edge, tuple) else (edge,)))
                raise errors.MiniFlowError(
                    f"There is no edge for this label: none leads from the one to the other of {ends}."
                )
        return {**self.twice, **{edge: str(text) for edge, text in labels.items()}}

    def called(self, node) -> str:
        return self.names.get(node) or str(getattr(node, "name", node))

    def drawing(self, scenes: Iterable[Scene], title: str = "") -> Drawing:
        """Places for all the scenes. The inputs of a node stand from top to bottom as they do in the code."""
        heads = {node: self.names[node] for node in self._from_the_last()}
        return Drawing(heads, self.edges, self.kinds, scenes, title)

    def _from_the_last(self) -> list[Node]:
        ends = [node for node in self.nodes if node.inbound_nodes and not self._consumers[node]]
        found, to_do = {}, [*self.nodes, *reversed(ends)]
        while to_do:
            node = to_do.pop()
            if node in self.names and node not in found:
                found[node] = None
                to_do += reversed(node.inbound_nodes)
        return list(found)

    def in_words(self, scene: Scene, title: str = "") -> str:
        """The picture for those who do not see it: a line a node."""
        lines = [title or f"A graph of {len(self.nodes)} node{'s' * (len(self.nodes) != 1)}"]
        for node in self.nodes:
            line = fit(self.names[node], LONGEST_NAME)
            if node in self.kinds:
                fed_by = ", ".join(fit(self.called(a), LONGEST_NAME) for a in node.inbound_nodes)
                line = f"{line} = {self.kinds[node]}({fed_by})"
            if node in scene.values:
                line += f", value {in_a_row(scene.values[node])}"
            line += f", {scene.notes[node]}" if node in scene.notes else ""
            told = [(node, b) for b in node.outbound_nodes if (node, b) in scene.gradients]
            if told:
                parts = [scene.products.get(edge) or in_a_row(scene.gradients[edge]) for edge in told]
                line += f", gradient {' and '.join(parts)}"
                line += f", together {in_a_row(scene.sums[node])}" if node in scene.sums else ""
            lines.append(line)
        return "\n".join(lines)


def in_a_row(value: object) -> str:
    """A value within a sentence."""
    return " ".join(" ".join(value_lines(value)).split()).replace("[ ", "[")


def needed_by(output: Node) -> list[Node]:
    """The node and all that it depends on, each after what feeds it, Inputs first."""

    def inputs_of(node) -> Iterator[Node]:
        return iter(errors.check_node(node, "What feeds a node is").inbound_nodes)

    order, on_the_way, to_do = [], {output}, [(output, inputs_of(output))]
    while to_do:
        node, rest = to_do[-1]
        for inbound in rest:
            if inbound not in on_the_way:
                on_the_way.add(inbound)
                to_do.append((inbound, inputs_of(inbound)))
                break
        else:
            order.append(node)
            to_do.pop()
    return sorted(order, key=lambda node: bool(node.inbound_nodes))
