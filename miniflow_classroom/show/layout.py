"""Where the boxes and arrows of a graph go: in columns from left to right, each arrow in a lane of its own.

An arrow that skips a column gets a lane (an empty box) in it; labels get a column between two of boxes.
So nothing overlaps by construction: arrows bend only where there are neither boxes nor labels.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from miniflow_lib import errors

MARGIN = 12  # all lengths in pixels
HEAD = 8  # of an arrow: straight, as long as it is
SWEEPS = 12
LANES = 20_000  # takes some seconds; a hundred nodes that all use the first one have 5000


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Rect) -> bool:
        return (
            self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.x <= other.x
            and other.right <= self.right
            and self.y <= other.y
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Layout:
    """boxes: {node: Rect} · labels: {(from, to): Rect} · edges: {(from, to): points from left to right}.

    Between two points an arrow is straight when they are at the same height, else an S that stays between
    them. `turned` are the edges of a cycle that point from right to left. `texts` are (text, its Rect, the
    Rect that it has to stay in), filled in by whoever draws.
    """

    width: float
    height: float
    boxes: dict[Hashable, Rect]
    edges: dict[tuple, list[tuple[float, float]]]
    labels: dict[tuple, Rect]
    turned: frozenset
    texts: list[tuple[str, Rect, Rect]] = field(default_factory=list)


@dataclass(eq=False)
class Item:
    """What takes room in a column: a box, a label, or the lane of an arrow that passes by."""

    height: float
    node: Hashable = None
    heavy: float = 1.0  # how much it counts when neighbours pull in different directions
    middle: float = 0.0
    before: list[Item] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)


def lay_out(
    nodes: Sequence[Hashable],
    edges: Sequence[tuple],
    sizes: Mapping[Hashable, tuple[float, float]],
    label_sizes: Mapping[tuple, tuple[float, float]] | None = None,
    top: float = 0.0,
) -> Layout:
    """A place for each node of `sizes` (width, height) and each edge (from, to), the same each time.

    label_sizes: the room that the label of an edge needs. top: room to leave free above.
    """
    label_sizes = label_sizes or {}
    turned = _closing_a_cycle(nodes, edges)
    forward = {edge: (edge[::-1] if edge in turned else edge) for edge in edges}
    rank = _ranks(nodes, list(forward.values()))
    lanes = sum(rank[b] - rank[a] for a, b in forward.values())
    if lanes > LANES:
        raise errors.MiniFlowError(
            f"A picture of these {len(nodes)} nodes has {lanes} pieces of arrows, and {LANES} at most can be "
            "drawn: draw a part of the graph, draw_graph(node) with a node nearer to its beginning."
        )
    columns, chains = _columns(nodes, forward, rank, sizes, label_sizes)
    _order(columns)
    _settle(columns)
    lift = MARGIN + top - min(item.middle - item.height / 2 for column in columns for item in column)
    for column in columns:
        for item in column:
            item.middle += lift
    return _measure(columns, chains, forward, sizes, label_sizes, turned)


def _closing_a_cycle(nodes: Sequence, edges: Sequence[tuple]) -> frozenset:
    """The edges that lead back to a node that is still being followed, from what nothing feeds onwards."""
    out = {node: [] for node in nodes}
    for a, b in edges:
        out[a].append(b)
    done, following, back = set(), set(), set()
    fed = {b for _, b in edges}
    for start in sorted(nodes, key=fed.__contains__):
        to_do = [] if start in done else [(start, iter(out[start]))]
        following.update(node for node, _ in to_do)
        while to_do:
            node, rest = to_do[-1]
            for other in rest:
                if other in following:
                    back.add((node, other))
                elif other not in done:
                    following.add(other)
                    to_do.append((other, iter(out[other])))
                    break
            else:
                to_do.pop()
                following.discard(node)
                done.add(node)
    return frozenset(back)


def _ranks(nodes: Sequence, edges: Sequence[tuple]) -> dict:
    """{node: its column}: the longest way to it; what nothing feeds stands just before its first consumer."""
    waits = {node: 0 for node in nodes}
    out = {node: [] for node in nodes}
    for a, b in edges:
        waits[b] += 1
        out[a].append(b)
    fed = {node for node in nodes if waits[node]}
    rank = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waits[node]]
    for node in ready:
        for other in out[node]:
            rank[other] = max(rank[other], rank[node] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    for node in nodes:
        if node not in fed and out[node]:
            rank[node] = min(rank[other] for other in out[node]) - 1
    return rank


def _columns(nodes, forward, rank, sizes, label_sizes) -> tuple[list[list[Item]], dict]:
    """The columns in turn, boxes at the even places, labels, if any, at the odd ones; each edge's items."""
    labelled = {edge: 2 * rank[a] + 1 for edge, (a, _) in forward.items() if edge in label_sizes}
    columns = {at: [] for at in sorted({*range(0, 2 * max(rank.values()) + 1, 2), *labelled.values()})}
    fed = {b for _, b in forward.values()}
    items = {}
    for node in nodes:
        items[node] = Item(sizes[node][1] + 14, node, heavy=2.0 if node in fed else 1.0)
        columns[2 * rank[node]].append(items[node])
    chains = {}
    for edge, (a, b) in forward.items():
        chain = [items[a]]
        for place in filter(columns.__contains__, range(2 * rank[a] + 1, 2 * rank[b])):
            height = label_sizes[edge][1] + 4 if labelled.get(edge) == place else 14
            chain.append(Item(height, heavy=1.0 if place % 2 else 4.0))
            columns[place].append(chain[-1])
        chain.append(items[b])
        for left, right in pairwise(chain):
            left.after.append(right)
            right.before.append(left)
        chains[edge] = chain
    return list(columns.values()), chains


def _order(columns: list[list[Item]]) -> None:
    """Sorts each column so that few arrows cross: each item near the middle of its neighbours, to and fro."""
    best = None
    for sweep in range(SWEEPS):
        place = {item: float(at) for column in columns for at, item in enumerate(column)}
        steps = range(1, len(columns)) if sweep % 2 == 0 else range(len(columns) - 2, -1, -1)
        for at in steps:
            for item in columns[at]:
                near = item.before if sweep % 2 == 0 else item.after
                if near:
                    place[item] = sum(place[other] for other in near) / len(near)
            columns[at].sort(key=place.__getitem__)
            place.update((item, float(index)) for index, item in enumerate(columns[at]))
        crossings = _crossings(columns)
        if best is None or crossings < best[0]:
            best = crossings, [list(column) for column in columns]
        if crossings == 0:
            break
    columns[:] = best[1]


def _crossings(columns: list[list[Item]]) -> int:
    total = 0
    for left, right in pairwise(columns):
        place = {item: at for at, item in enumerate(right)}
        ends: list[int] = []
        for item in left:
            here = sorted(place[other] for other in item.after)
            total += sum(len(ends) - bisect_left(ends, end + 1) for end in here)
            for end in here:
                insort(ends, end)
    return total


def _settle(columns: list[list[Item]]) -> None:
    """Gives each item its height on the page: as level with its neighbours as its column allows."""
    for column in columns:
        _place(column, [0.0] * len(column))
    for sweep in range(SWEEPS):
        inward = columns if sweep % 2 == 0 else columns[::-1]
        for column in inward:
            _place(column, [_pull(item, sweep) for item in column])


def _pull(item: Item, sweep: int) -> float:
    both = item.before + item.after
    near = both if sweep > SWEEPS // 2 else (item.before if sweep % 2 == 0 else item.after) or both
    weight = sum(other.heavy for other in near)
    return sum(other.heavy * other.middle for other in near) / weight if near else item.middle


def _place(column: list[Item], wanted: list[float]) -> None:
    """The heights nearest to the wanted ones that keep the order and let nothing overlap."""
    if not column:
        return
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + (upper.height + lower.height) / 2)
    groups = []  # [mean, weight, how many]: neighbours that push against each other move as one
    for item, want, offset in zip(column, wanted, offsets):
        groups.append([want - offset, item.heavy, 1])
        while len(groups) > 1 and groups[-2][0] >= groups[-1][0]:
            mean, weight, count = groups.pop()
            last = groups[-1]
            last[0] = (last[0] * last[1] + mean * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += count
    means = [mean for mean, _, count in groups for _ in range(count)]
    for item, mean, offset in zip(column, means, offsets):
        item.middle = round(mean + offset, 1)


def _measure(columns, chains, forward, sizes, label_sizes, turned) -> Layout:
    """From heights to rectangles and points: the widths of the columns and the room to bend between them."""
    boxed = [[item for item in column if item.node is not None] for column in columns]
    widths = [max((sizes[item.node][0] for item in items), default=0) for items in boxed]
    at_of = {item: at for at, column in enumerate(columns) for item in column}
    for edge, (width, _) in label_sizes.items():
        at = at_of[chains[edge][1]]
        widths[at] = max(widths[at], width)
    ports = _ports(columns, chains, forward)
    x, starts = float(MARGIN), []
    for at, width in enumerate(widths):
        starts.append(x)
        x += width
        if at + 1 < len(columns):
            rise = max(
                (abs(ports[a, b][1] - ports[a, b][0]) for a in columns[at] for b in a.after), default=0
            )
            least, most = (22, 38) if boxed[at] and boxed[at + 1] else (16, 28)
            x += round(min(max(0.3 * rise, least), most))
    boxes, labels, edges = {}, {}, {}
    for at, items in enumerate(boxed):
        for item in items:
            width, height = sizes[item.node]
            left = starts[at] + (widths[at] - width) / 2
            boxes[item.node] = Rect(left, round(item.middle - height / 2, 1), width, height)
    for edge, chain in chains.items():
        a, b = forward[edge]
        points = [(boxes[a].right, chain[0].middle)]
        for item, following in pairwise(chain):
            at = at_of[item]
            points.append((starts[at] + widths[at], ports[item, following][0]))
            head = HEAD if following.node is not None else 0
            points.append((starts[at + 1] - head, ports[item, following][1]))
        points.append((boxes[b].x, points[-1][1]))
        edges[edge] = [point for point, last in zip(points, [None, *points]) if point != last]
        if edge in label_sizes:
            width, height = label_sizes[edge]
            at = at_of[chain[1]]
            left = starts[at] + (widths[at] - width) / 2
            labels[edge] = Rect(left, round(chain[1].middle - height / 2, 1), width, height)
    bottom = max(item.middle + item.height / 2 for column in columns for item in column)
    return Layout(x + MARGIN, round(bottom + MARGIN - 7, 1), boxes, edges, labels, turned)


def _ports(columns, chains, forward) -> dict:
    """{(item, next item): (height where the arrow leaves, height where it arrives)}

    It leaves a box at its middle; those that arrive stand under one another, as near to where they come from
    as the box allows.
    """
    ports = {}
    for column in columns:
        for item in column:
            arriving = sorted(dict.fromkeys(item.before), key=lambda other: other.middle)
            if item.node is None:
                ports.update({(other, item): (other.middle, item.middle) for other in arriving})
                continue
            half = item.height / 2 - 7 - 8
            gap = min(12.0, 2 * half / max(len(arriving) - 1, 1))
            slots = [Item(gap) for _ in arriving]
            lowest = [item.middle + half - gap * (len(slots) - 1 - at) for at in range(len(slots))]
            _place(
                slots,
                [
                    min(max(other.middle, item.middle - half + gap * at), low)
                    for at, (other, low) in enumerate(zip(arriving, lowest))
                ],
            )
            ports.update({(other, item): (other.middle, slot.middle) for other, slot in zip(arriving, slots)})
    return ports
