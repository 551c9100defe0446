"""The sort by hand: the learner takes one node after another, and is told why one is not ready yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets

from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import MSE, Add, Linear, Mul, Sigmoid
from miniflow_classroom import arguments
from miniflow_classroom.show.drawing import LARGER, Drawing, GraphView, Scene, fit
from miniflow_classroom.show.plots import picture_html
from miniflow_classroom.widgets.base import PAGE, StaticBox, on_card
from miniflow_classroom.widgets.states import LIST, View, key, panel, slot, told


def sort_game(graph: Sequence[Node] | Node | None = None, level: int = 1) -> StaticBox:
    """A button for each node: take them in an order in which each follows what feeds it.

    graph: a sorted list or an output node; nothing in it is run or changed. Without one there are five
    levels, and `level` is the one to begin with.
    """
    if graph is not None:
        return SortGame([("", True, lambda: GraphView(graph))])
    return SortGame(LEVELS, arguments.check_choice("level", level, range(1, len(LEVELS) + 1)) - 1)


# --- the levels -------------------------------------------------------------------------------------------


def _two_sums() -> list[Node]:
    a, b, c = Input("a"), Input("b"), Input("c")
    s, t = Add(a, b, name="s"), Add(b, c, name="t")
    return [a, b, c, s, t, Mul(s, t, name="f")]


def _counts() -> list[Node]:
    h, w = Input("h"), Input("w")
    c = Add(h, name="c")
    g = Mul(c, w, name="g")
    b = Add(g, h, w, name="b")
    return [h, w, c, g, b, Add(b, name="d")]


def _diamond() -> list[Node]:
    x = Input("x")
    a, b = Add(x, name="a"), Add(x, name="b")
    return [x, a, b, Mul(a, b, name="c")]


def _cycle() -> list[Node]:
    """p waits for r, r for q, and q for p: forced, since no constructor builds it."""
    x, y = Input("x"), Input("y")
    s, t = Add(x, y, name="s"), Add(y, name="t")
    p = Add(s, name="p")
    q = Mul(p, t, name="q")
    r = Add(q, name="r")
    p.inbound_nodes = (*p.inbound_nodes, r)
    r.outbound_nodes.append(p)
    return [x, y, s, t, p, q, r]


def _price_network() -> list[Node]:
    """The network of lesson 00, its nodes in no order of running."""
    X, W1, b1, W2, b2, y = (Input(name) for name in ("X", "W1", "b1", "W2", "b2", "y"))
    l1 = Linear(X, W1, b1, name="l1")
    s = Sigmoid(l1, name="s")
    l2 = Linear(s, W2, b2, name="l2")
    return [X, W1, b1, W2, b2, y, l1, s, l2, MSE(y, l2, name="cost")]


Level = tuple[str, bool, Callable[[], GraphView]]  # its title, whether there is a picture, its graph

LEVELS: list[Level] = [
    (title, picture, lambda nodes=nodes: GraphView(nodes()))
    for title, picture, nodes in (
        ("two sums and a product", True, _two_sums),
        ("only the counts, no picture", False, _counts),
        ("a diamond", True, _diamond),
        ("seven nodes", True, _cycle),
        ("ten nodes", True, _price_network),
    )
]


# --- the game ---------------------------------------------------------------------------------------------


class SortGame(StaticBox):
    """The list so far is `taken`; a node that is not ready is not taken, and the reply says why."""

    def __init__(self, levels: Sequence[Level], at: int = 0):
        self.levels = levels
        row = ipywidgets.Layout(flex_flow="row wrap")
        self.picture = ipywidgets.HTML(layout=ipywidgets.Layout(width=PAGE))
        self.row, rest = ipywidgets.HBox(layout=row), ipywidgets.HBox(layout=row)
        self.none, self.back, self.again, self.next = (
            _button(name, icon, click)
            for name, icon, click in (
                ("none is ready", "ban", self.say_none),
                ("back", "step-backward", self.take_back),
                ("start again", "undo", self.start),
                ("next level", "forward", lambda: self.begin(self.at + 1)),
            )
        )
        rest.children = [self.none, self.back, self.again, *[self.next] * (len(levels) > 1)]
        self.begin(at)
        view, alt = self.view, self.view.in_words(Scene(), "Which node runs first, and which after it?")
        still = self.drawing.svg(Scene(labels=view.twice), alt)
        text = f"A game: take the {len(view.nodes)} nodes in an order in which each follows what feeds it."
        if len(levels) > 1:
            text = f"A game, level {at + 1} of {len(levels)}{text.removeprefix('A game')}"
        html = picture_html(still, alt, self.drawing.width, LARGER) if self.pictured else None
        super().__init__([self.picture, self.row, rest], text=text, html=html, page=self._page)

    def _page(self) -> dict:
        """This level and those that can still be reached from it."""
        game, cases = Stored(self.levels, self.at), {}
        for level in range(self.at, len(self.levels)):
            game.begin(level)
            cases[f"level {level + 1}"] = [game.panel()]
        return told(cases)

    def begin(self, at: int) -> None:
        """Begin a level."""
        self.at = at
        self.title, self.pictured, make = self.levels[at]
        self.view = view = make()
        arguments.check_size("the game has a button for", view.nodes)
        self.waits_for = {node: [a for a, b in view.edges if b is node] for node in view.nodes}
        number = f"no. {len(view.nodes)}"
        widest = Scene(notes=dict.fromkeys(view.nodes, max("waits: 9", number, key=len)), labels=view.twice)
        self.drawing = view.drawing([widest])
        # In the order of their names: the graph's own order would be an answer.
        self.buttons = {
            node: _button(fit(view.names[node], 30), "", lambda node=node: self.take(node))
            for node in sorted(view.nodes, key=lambda node: view.names[node].casefold())
        }
        self.row.children = list(self.buttons.values())
        self.next.disabled = at + 1 == len(self.levels)
        self.start()

    def start(self) -> None:
        """Everything back to the beginning of the level."""
        self.taken: list[Node] = []
        self._show("Which one can run first? Take a node that waits for nothing.")

    def take_back(self) -> None:
        """The node that was taken last is not taken any more."""
        if self.taken:
            name = self.view.names[self.taken.pop()]
            self._show(f"Back: {name} is not in the list any more.")

    def take(self, node: Node) -> None:
        """Puts the node into the list, when all that feed it are there already."""
        name, missing = self.view.names[node], self._missing(node)
        if node in self.taken:
            return
        if missing:
            arrows = "one arrow into it is" if len(missing) == 1 else f"{len(missing)} arrows into it are"
            said = f"Not {name} yet: {arrows} not crossed off. It waits for {self._named(missing)}."
            self._show(said, missing, [(a, node) for a in missing])
            return
        self.taken.append(node)
        freed = [b for b in self.view.consumers(node) if not self._missing(b)]
        said = f"Yes: {name} has all it needs."
        if freed:
            said += f" Now {self._named(freed)} {'is' if len(freed) == 1 else 'are'} ready."
        if len(self.taken) == len(self.view.nodes):
            said = f"Done: {self._order()}. That is a valid order. Is there another one?"
        self._show(said, [node])

    def say_none(self) -> None:
        """The learner says that no node is ready: right where each that is left waits for another."""
        left = [node for node in self.view.nodes if node not in self.taken]
        if not left:
            return
        if any(not self._missing(node) for node in left):
            self._show("One of them is: look for a node that is not taken and waits for nothing.")
            return
        waits = ", ".join(f"{self.view.names[n]} waits for {self._named(self._missing(n))}" for n in left)
        arrows = [(a, b) for b in left for a in self._missing(b)]
        said = f"Right: none of the {len(left)} is ready, and none will ever be. {waits}. There is no order."
        self._show(said, left, arrows)

    def _order(self) -> str:
        return ", ".join(self.view.names[node] for node in self.taken)

    def _place(self, node: Node) -> int | str:
        return self.taken.index(node) + 1

    def _missing(self, node: Node) -> list[Node]:
        """What feeds the node and is not in the list."""
        return [a for a in self.waits_for[node] if a not in self.taken]

    def _named(self, nodes: Sequence[Node]) -> str:
        return " and ".join(self.view.names[node] for node in nodes)

    def _show(self, said: str, lit: Sequence[Node] = (), arrows: Sequence[tuple] = ()) -> None:
        view = self.view
        notes = {n: f"waits: {left}" for n in view.nodes if (left := len(self._missing(n)))}
        notes |= {n: f"no. {self._place(n)}" for n in self.taken}
        scene = Scene(
            notes=notes,
            labels=view.twice,
            lit=frozenset(lit),
            arrows=frozenset(arrows),
            gone=frozenset(edge for edge in view.edges if edge[0] in self.taken),
        )
        title = f"<b>Level {self.at + 1}: {escape(self.title)}.</b> " if len(self.levels) > 1 else ""
        order = self._order() or "(empty)"
        seen = self.drawing.svg(scene, view.in_words(Scene()), _legible(self.drawing))
        self.picture.value = on_card(
            f'<div role="status" style="min-height:2.8em">{title}{escape(said)}<br>'
            f"<b>list:</b> {escape(order)}</div>",
            f'<div style="overflow-x:auto">{seen if self.pictured else self._table()}</div>',
        )
        for node, button in self.buttons.items():
            button.disabled = node in self.taken
        self.back.disabled = not self.taken

    def _table(self) -> str:
        """The in-degrees in place of a picture; a node that was taken has no count."""
        cell = '<td style="padding:2px 12px;text-align:center">'
        columns = [
            (self.view.names[node], "" if node in self.taken else str(len(self._missing(node))))
            for node in self.buttons
        ]
        rows = zip(("node", "waits for"), *columns, strict=True)
        html = "".join(f"<tr>{''.join(f'{cell}{escape(text)}</td>' for text in row)}</tr>" for row in rows)
        return f'<table style="border-collapse:collapse">{html}</table>'


class Stored(SortGame):
    """The same game for a page, which keeps each set of nodes taken once: it has slots for their order."""

    def _order(self) -> str:
        return LIST if self.taken else ""

    def _place(self, node: Node) -> str:
        return slot(list(self.buttons).index(node))

    def panel(self) -> dict:
        """All that the level can show: after each move in each set of nodes that can have been taken."""
        names = {node: self._place(node) for node in self.buttons}
        self.start()
        seen = View({key(): self.picture.value})

        def after(move: Callable[[], None], taken: Sequence[Node], name: str) -> list[Node]:
            self.taken = list(taken)
            move()
            sign = {0: "?", 1: "+", -1: "-"}[len(self.taken) - len(taken)]
            seen[key((), sorted(names[node] for node in self.taken), sign + name)] = self.picture.value
            return self.taken

        todo, known = [()], {frozenset()}
        for taken in todo:
            left = [node for node in self.buttons if node not in taken]
            for node in left:
                longer = tuple(after(lambda node=node: self.take(node), taken, names[node]))
                if len(longer) > len(taken):
                    after(self.take_back, longer, names[node])
                if frozenset(longer) not in known:
                    known.add(frozenset(longer))
                    todo.append(longer)
            if left:
                after(self.say_none, taken, "none")
        moves = [{"name": name, "label": self.view.names[node]} for node, name in names.items()]
        moves.append({"name": "none", "label": "none is ready"})
        moves += [{"do": "back", "label": "back"}, {"do": "again", "label": "start again"}]
        moves += [{"do": "next", "label": "next level"}] * (len(self.levels) > 1)
        return panel([seen], moves=moves, sorted=True)


def _button(description: str, icon: str, click: Callable[[], None]) -> ipywidgets.Button:
    layout = ipywidgets.Layout(width="auto", min_width="60px")
    button = ipywidgets.Button(description=description, icon=icon, layout=layout)
    button.on_click(lambda _: click())
    return button


def _legible(drawing: Drawing) -> str:
    """CSS: a wide picture scrolls before its letters fall under 11 pixels."""
    return f"{drawing.style};min-width:{drawing.width * 11 / 12:.0f}px"
