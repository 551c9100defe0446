"""Lesson 07: how a program is written, and compared with the engine line by line."""

import keyword
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from unicodedata import normalize

import numpy as np

from .errors import MiniFlowError, is_input, numbers
from .nodes import Input, Node
from .passes import forward_and_backward
from .sources import joined, reshaped, source_of
from .trace_text import show_value
from .tracing import names


class Text:
    """The lines as they are written, and what the engine says to them."""

    def __init__(self, graph: Sequence[Node], given: Collection[Input]):
        self.graph, self.given, self.fixed = graph, given, {}
        self.lines, self.writers = [], []  # line by line, and whose it is
        self.claims = defaultdict(list)  # {a line: what can be compared after it, see `compare`}
        self.word, self.d = {}, {}  # {node: the name of its value}, {node: that of d cost / d node}
        self.taken = {"np", "step", *keyword.kwlist}

    def forward(self) -> None:
        for node, shown in names(self.graph).items():
            name = _identifier(shown)
            if not is_input(node):
                name = self._op(node, name)
            elif node not in self.given and np.ndim(node.value) == 0 and np.isfinite(node.value):
                name = self._put(node, name, repr(float(node.value)), "numbers")
            else:
                name = self._fresh(name)
                if node not in self.given:
                    self.fixed[name] = np.array(node.value, dtype=float)
            self.word[node] = name

    def _op(self, node: Node, name: str) -> str:
        inputs = [self.word[inbound] for inbound in node.inbound_nodes]
        while not self.taken.isdisjoint(dict(pairs := source_of(node, name, "g", inputs)[0])):
            name += "_"
        for of, formula in pairs:
            self._put(node, of, formula, "forward")
        self.claims[name].append((None, [name], inputs))
        return name

    def backward(self) -> None:
        terms: dict[Node, list[str]] = {node: [] for node in self.graph}
        uses = Counter(inbound for node in self.graph for inbound in node.inbound_nodes)
        for node in reversed(self.graph):
            word, found = self.word[node], defaultdict(list)
            if len(terms[node]) != 1:  # several add up; nobody: the cost, or an Input that is fed in vain
                one = reshaped("1.0", (), np.shape(node.value))
                total = joined(" + ", terms[node]) or (one if node is self.graph[-1] else f"0.0 * {word}")
                terms[node] = [self._put(node, f"d_{word}", total, "backward")]
            (self.d[node],) = terms[node]
            if is_input(node):
                continue
            words = [self.word[inbound] for inbound in node.inbound_nodes]
            formulas = source_of(node, word, self.d[node], words)[1]
            for inbound, name, formula in zip(node.inbound_nodes, words, formulas):
                number = f"_{len(terms[inbound]) + 1}" if uses[inbound] > 1 else ""
                name = self._put(node, f"d_{name}{number}", formula, "backward")
                terms[inbound].append(name)
                found[inbound].append(name)
            for inbound, said in found.items():
                self.claims[name].append((inbound, said, [self.d[node]]))

    def update(self, node: Node, rate: float) -> str:
        weight = self.word[node]
        return self._put(node, f"new_{weight}", f"{weight} - {rate!r} * {self.d[node]}", "update")

    def _put(self, node: Node, name: str, formula: str, part: str) -> str:
        self.lines.append((name := self._fresh(name), formula, part))
        self.writers.append(node)
        return name

    def _fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def compare(self, way_out: str) -> None:
        """Run each line, and raise where what an op wrote gives other numbers than the op has now."""
        inputs = filter(is_input, self.graph)
        world = {"np": np} | {self.word[node]: np.array(node.value, dtype=float) for node in inputs}
        for (name, formula, _), writer in zip(self.lines, self.writers):
            kind = type(writer).__name__
            try:
                world[name] = eval(formula, world)
            except Exception as error:
                wrong = f"{kind}.source() says {name} = {formula}, and Python says"
                raise MiniFlowError(f"{wrong}: {error}.") from None
            for inbound, terms, made_from in self.claims[name]:
                method, of, ours = "forward", name, writer.value
                if inbound is not None:
                    method, of = "backward", f"the gradient of {self.word[inbound]}"
                    # a learner's op that x feeds twice is listed by x twice, and has the gradient of one edge
                    # (to count takes as long as x has consumers, so only where it matters)
                    edges = inbound.outbound_nodes.count(writer) if len(terms) > 1 else 1
                    ours = edges * writer.gradients[inbound]
                said = [world[term] for term in terms]
                if not _same(said, ours, [world[one] for one in made_from]):
                    wrong = f"{kind}.source() gives {' + '.join(map(show_value, said))} for {of}"
                    raise MiniFlowError(f"{wrong}, and {kind}.{method}() {show_value(ours)}: {way_out}.")

    def compare_elsewhere(self) -> None:
        """The same on other values: a number of now that stands in the text is right for now alone."""
        now, chance = {node: node.value for node in self.given}, np.random.default_rng(0)
        try:
            for node, value in now.items():
                node.value = chance.uniform(0.9, 1.1, np.shape(value)) * value + 1e-3
            try:
                forward_and_backward(self.graph)
            except Exception:
                return  # an op need not take these
            self.compare("the text must name what it needs, and hold no self.value")
        finally:
            for node, value in now.items():
                node.value = value
            forward_and_backward(self.graph)


def _same(said: Sequence, ours: object, made_from: Sequence) -> bool:
    """Whether their sum is `ours`, but for rounding, which goes with the size of what it is made from."""
    terms = [numbers(one) for one in said]
    if any(term is None or term.dtype == bool for term in terms) or np.shape(sum(terms)) != np.shape(ours):
        return False
    size = max(np.max(np.abs(one), where=np.isfinite(one), initial=0.0) for one in (*made_from, ours))
    return np.allclose(sum(terms), ours, rtol=1e-6, atol=1e-9 * size, equal_nan=True)


def _identifier(shown: str) -> str:
    """The name that a node is shown by as a name of Python: "learning rate" as learning_rate."""
    word = "".join(c if f"v{c}".isidentifier() else "_" for c in normalize("NFKC", shown))
    return word if word.isidentifier() and word[0] != "_" else f"v{word}"
