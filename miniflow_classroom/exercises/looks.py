"""What the check of each piece of the learner's own engine looks at, and when it is right.

A look makes `got` from the answer; a wrong is None, what was seen, or the key of a reply and what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace as Got

import numpy as np

from miniflow_classroom.judge.guard import tidy
from miniflow_classroom.judge.vocabulary import close, out_of_order, with_article
from miniflow_classroom.judge.watchdog import GaveUp, within
from miniflow_classroom.own import standins as ours

Wrong = str | tuple[str, str] | tuple[str] | None


def _short(thing: object) -> str:
    if hasattr(thing, "outbound_nodes"):
        return f"the node {getattr(thing, 'name', '')}"
    if isinstance(thing, (list, tuple)) and not thing:
        return f"an empty {type(thing).__name__}"
    if isinstance(thing, (list, tuple)) and any(hasattr(node, "outbound_nodes") for node in thing):
        return f"({_names(thing)})"
    try:
        if not isinstance(thing, (str, bool)) and thing is not None:
            thing = np.round(np.asarray(thing, dtype=float), 4).tolist()
    except (TypeError, ValueError):
        pass
    text = tidy(f"{thing:g}" if isinstance(thing, float) else str(thing), 60)
    rows = text.rpartition("], ")[0] if isinstance(thing, list) and text.endswith("…") else ""
    return f"{rows}], …]" if rows else text  # a table ends with a whole row


def _kind(thing: object) -> str:
    kinds = {np.ndarray: "an array", np.float64: "a number", float: "a number", type(None): "None"}
    return kinds.get(type(thing)) or with_article(thing)


def _names(nodes: object) -> str:
    nodes = nodes if isinstance(nodes, (list, tuple, dict)) else [nodes]
    texts = (f"the text {node!r}" if isinstance(node, str) else "" for node in nodes)
    names = (text or getattr(node, "name", None) or _short(node) for node, text in zip(nodes, texts))
    return ", ".join(names) or "nothing"


def same(a: object, b: object) -> bool:
    """Whether the numbers are the same; one number is the same as an array that is full of it."""
    a, b = (np.ravel(np.asarray(thing, dtype=float)) for thing in (a, b))
    fit = a.size > 0 and (a.size == b.size or 1 in (a.size, b.size))
    return fit and bool(np.allclose(a, b, equal_nan=True))


# --- a node -----------------------------------------------------------------------------------------------


def look_node(cls: type) -> Got:
    x, y = cls(name="x"), cls(name="y")
    q = cls(x, y, name="q")
    nodes = {"x": x, "y": y, "q": q, "f": cls(q, x, name="f"), "m": cls(y, y, name="m")}
    got = Got(**nodes, nodes=nodes, called=(getattr(x, "name", None), getattr(cls(), "name", None)))
    parts = ("name", "value", "inbound_nodes", "outbound_nodes", "gradients")
    got.lacks = [part for part in parts if not hasattr(q, part)]
    got.feeds = {name: getattr(node, "outbound_nodes", None) for name, node in nodes.items()}
    return got


def node_wrong(got: Got) -> Wrong:
    x, y, q, f, m = got.nodes.values()
    if got.lacks:
        return "lacks", f"A new node has no {got.lacks[0]}."
    for node, inbound in ((x, []), (q, [x, y]), (f, [q, x]), (m, [y, y])):
        if not isinstance(node.inbound_nodes, (list, tuple)) or list(node.inbound_nodes) != inbound:
            return "inbound", f"{_names(node)}.inbound_nodes holds {_names(node.inbound_nodes)}."
    for name, out in {"x": [q, f], "y": [q, m, m], "q": [f], "f": []}.items():
        if not isinstance(got.feeds[name], list):
            return "list", f"{name}.outbound_nodes is {_kind(got.feeds[name])}."
        if got.feeds[name] != out:
            fed = _names(out).replace(", ", ", then ")
            return f"{name} feeds {fed}, and {name}.outbound_nodes holds {_names(got.feeds[name])}."
    for node in (x, q):
        if node.value is not None:
            return "value", f"{node.name}.value is {_short(node.value)} before anything has run."
    if got.called != ("x", type(x).__name__):
        return "name", f'MyNode(name="x") is called {got.called[0]}, and MyNode() is called {got.called[1]}.'
    for name, node in got.nodes.items():
        if node.gradients != {}:
            held = "not empty" if isinstance(node.gradients, dict) else _short(node.gradients)
            return "gradients", f"{name}.gradients is {held} at first."
    return ("gradients", "x and y share one dict of gradients.") if x.gradients is y.gradients else None


def look_input(cls: type) -> Got:
    got = Got(trouble=_trouble(cls), name=None, value=None, inbound=None, floats=False)
    if not got.trouble:
        x = cls("x")
        got.name, got.inbound = (getattr(x, part, None) for part in ("name", "inbound_nodes"))
        x.value = [[1, 2], [3, 4]]
        x.forward()
        x.forward()
        got.value, got.floats = x.value, isinstance(x.value, np.ndarray) and x.value.dtype == float
    return got


def input_wrong(got: Got) -> Wrong:
    if got.trouble:
        return (got.trouble,)
    if got.inbound is None or len(got.inbound):
        return ("inbound",)
    right = close(got.value, [[1, 2], [3, 4]]) and got.floats and got.name == "x"
    return None if right else f"value = [[1, 2], [3, 4]] and forward() gave {_short(got.value)}."


# --- ops --------------------------------------------------------------------------------------------------


def _base(cls: type) -> type | None:
    return next((kind for kind in cls.__mro__ if kind.__name__ == "MyNode"), None)


def _trouble(cls: type, way: str = "forward") -> str:
    """What is wrong with what a class rests on, as the key of a reply; empty where nothing is."""
    if _base(cls) is None:
        return "no_base"
    trouble = "loose_base"
    try:
        x, mark = _base(cls)(name="x"), object()
        q = _base(cls)(x, x, name="q")
        if list(q.inbound_nodes) == [x, x] and list(x.outbound_nodes) == [q, q]:
            trouble = "no_grad_cost"
            x.run, q.run, q.gradients = mark, mark, {x: np.array([3.0, 4.0])}
            trouble = "" if way == "forward" or close(x.grad_cost(), [6.0, 8.0]) else trouble
    except Exception:
        return trouble
    return trouble


def look_op(cls: type, op: Got) -> Got:
    got = Got(trouble=_trouble(cls, op.way), rows=[], op=op)
    for g, *arrays in op.cases if got.trouble not in ("no_base", "loose_base") else ():
        row = Got(g=g, arrays=arrays, twice=arrays[0] is arrays[-1] and len(arrays) > 1, trouble="")
        try:
            _run(cls, op, row)
        except Exception:
            got.trouble = got.trouble or row.trouble
            if got.trouble or op_wrong(got):  # that says more than that a later case stopped
                return got
            raise
        got.rows.append(row)
        got.trouble = got.trouble or row.trouble
    return got


def _run(cls: type, op: Got, row: Got) -> None:
    named = zip(op.names, row.arrays)  # one node for an array that is used twice
    nodes, mark = {id(array): _base(cls)(name=name) for name, array in named}, object()
    inputs = [nodes[id(array)] for array in row.arrays]
    if op.owner == "MyInput":
        inputs = [node := cls("x")]
    else:
        node = cls(*inputs, name="f")
        tied = list(getattr(node, "inbound_nodes", ())) == inputs
        row.trouble = "" if tied and all(node in n.outbound_nodes for n in inputs) else "own_init"
    for n, array in zip(inputs, row.arrays):
        n.value, n.run = array.copy(), mark
    row.want = op.formula(*row.arrays)
    (_run_forward if op.way == "forward" else _run_backward)(cls, op, row, node, inputs, mark)


def _run_forward(cls: type, op: Got, row: Got, node: object, inputs: list, mark: object) -> None:
    row.returned = node.forward()
    row.value = np.copy(node.value)[()] if _number(node.value) else node.value
    node.forward()
    row.again, row.changed = node.value, not close([n.value for n in inputs], row.arrays)
    _raise(inputs)
    node.forward()
    row.later, row.want_later = node.value, op.formula(*(n.value for n in inputs))
    row.kept = {name: np.copy(getattr(node, name)) for name in op.keeps if hasattr(node, name)}
    row.wants = {name: keep(*(n.value for n in inputs)) for name, keep in op.keeps.items()}


def _written(gradients: object) -> bool:
    """Whether something is in what was an empty dict; an array has no single yes or no."""
    return bool(gradients) if isinstance(gradients, dict) else gradients is not None


def _raise(inputs: list) -> None:
    """Raises each by another number, since a difference stays when both are raised by the same."""
    for by, node in enumerate(dict.fromkeys(inputs), 1):
        node.value = node.value + by


def _run_backward(cls: type, op: Got, row: Got, node: object, inputs: list, mark: object) -> None:
    with suppress(Exception):
        node.forward()
    forward_is_right = close(node.value, row.want)
    if not forward_is_right:
        node.value = row.want
        if op.owner != "MyAdd":  # whose forward of lesson 01 takes two inputs
            row.trouble = row.trouble or "no_forward"
    node.run = mark
    consumers = []
    if row.g is not None:  # two nodes consume it, and the one of an earlier pass does not count
        for share in (0.375, 0.625):
            consumers.append(consumer := _base(cls)(node, name="ab"[len(consumers)]))
            consumer.gradients, consumer.run = {node: share * row.g}, mark
    old = _base(cls)(node, name="old")
    old.gradients, old.run = {node: 100.0 + 0.0 * row.want}, object()
    row.returned = node.backward()
    row.entries = dict(node.gradients) if isinstance(node.gradients, dict) else node.gradients
    row.gradients = [row.entries.get(n) for n in inputs] if isinstance(row.entries, dict) else []
    row.gradients = [np.copy(entry)[()] if _number(entry) else entry for entry in row.gradients]
    row.node, row.at_inputs = node, [n.name for n in inputs if n is not node and _written(n.gradients)]
    row.changed = not close([n.value for n in inputs], row.arrays)
    node.backward()
    row.again = _entries(node, inputs)
    _raise(inputs)
    row.raised = raised = [n.value for n in inputs]
    if forward_is_right:
        node.forward()
    else:
        node.value = op.formula(*raised)
    for consumer in consumers:
        consumer.gradients = {node: -consumer.gradients[node]}
    node.backward()
    row.later = _entries(node, inputs)
    row.want_later = _slopes(op, row, None if row.g is None else -row.g, raised)


def _entries(node: object, inputs: list) -> list | None:
    return [node.gradients.get(n) for n in inputs] if isinstance(node.gradients, dict) else None


def _slopes(op: Got, row: Got, g: object, arrays: list) -> list:
    """What each input must get. A node used twice lists the op twice, and so counts its entry twice."""
    slopes = op.slopes(np.ones_like(row.want) if g is None else g, *arrays)
    return [sum(slopes) / len(slopes)] * len(slopes) if row.twice else slopes


def _number(thing: object) -> bool:
    return isinstance(thing, (np.ndarray, np.generic, int, float))


def op_wrong(got: Got) -> Wrong:
    wrong = _forward_wrong if got.op.way == "forward" else _backward_wrong
    found = next(filter(None, (wrong(got.op, row) for row in got.rows)), None)
    if got.trouble and (found or got.trouble == "own_init" or len(got.rows) < len(got.op.cases)):
        return (got.trouble,)
    if found or len(got.rows) < len(got.op.cases):  # what a later case shows says more than what is not kept
        return found
    missing = [name for name in got.op.keeps if any(name not in row.kept for row in got.rows)]
    return (missing[0], f"The value is right, and there is no self.{missing[0]}.") if missing else None


def _with(op: Got, row: Got) -> str:
    return ", ".join(f"{name} = {_brief(array)}" for name, array in zip(op.names, row.arrays))


def _brief(array: np.ndarray) -> str:
    return _short(array) if array.size <= 4 else f"a table {array.shape}"


def _forward_wrong(op: Got, row: Got) -> Wrong:
    if row.value is None:
        return ("still_none",) if row.returned is None else ("returned",)
    if not close(row.value, row.want):
        if _number(row.value) and np.shape(row.value) != np.shape(row.want):
            shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in zip(op.names, row.arrays))
            return f"Shapes: {shapes}. The value has shape {np.shape(row.value)}."
        return f"{_with(op, row)}: the value is {_short(row.value)}."
    if row.changed:
        return ("in_place",)
    if not close(row.again, row.want):
        return "again", f"{_with(op, row)}: forward() gave {_short(row.value)}, then {_short(row.again)}."
    if not close(row.later, row.want_later):
        later = f"{_with(op, row)}: right. With other inputs, the value is {_short(row.later)}, and wrong."
        return ("stale",) if close(row.later, row.want) else later
    for name, kept in row.kept.items():
        if not close(kept, row.wants[name]):
            return (
                name,
                f"The value is right, and self.{name} is not y - a in the shape of a: it is {_brief(kept)}.",
            )
    return None


def _backward_wrong(op: Got, row: Got) -> Wrong:
    if not isinstance(row.entries, dict):
        return "not_dict", f"self.gradients is {_kind(row.entries)}."
    if row.changed:
        return ("in_place",)
    if not row.entries and row.at_inputs:
        return (
            "at_inputs",
            f"Your method wrote into the gradients of {row.at_inputs[0]}, which feeds this node.",
        )
    if not row.entries and row.twice:
        return "same_node", f"With one node used twice, {op.owner}(x, x), self.gradients is still empty."
    if not row.entries:
        return ("empty",) if row.returned is None else ("returned_dict",)
    if any(isinstance(key, str) for key in row.entries):
        return ("by_name",)
    if op.owner != "MyInput" and row.node in row.entries:
        return ("own_key",)
    slopes = _slopes(op, row, row.g, row.arrays)
    for name, entry in zip(op.names, row.gradients):
        if entry is None:
            keys = ", ".join(getattr(key, "name", None) or _short(key) for key in row.entries)
            return "lacks", f"self.gradients has no entry for {name}. What it has is for {keys}."
    for name, array, entry, slope in zip(op.names, row.arrays, row.gradients, slopes):
        if not _number(entry):
            return "no_number", f"The entry for {name} is {_kind(entry)}."
        if np.shape(entry) != array.shape:
            shape = np.shape(entry) or "is a single number"
            return "shape", f"{name} has shape {array.shape}, its gradient {shape}."
        if not close(entry, slope):
            return _entry_wrong(op, row, name, entry, slope)
    if not close(row.again, row.gradients):
        return "again", "Called twice, backward() gave two results."
    if row.later is None or not all(map(close, row.later, row.want_later)):
        later = f"{_with(op, row)}: right. With other numbers, your gradients are wrong."
        return ("stale_gradients",) if _is_kept(op, row) else later
    return None


def _is_kept(op: Got, row: Got) -> bool:
    """Whether each gradient of the second call is right, or made with something of the first."""
    if row.later is None:
        return True
    arrived = (row.g, None if row.g is None else -row.g)
    made = [_slopes(op, row, g, arrays) for g in arrived for arrays in (row.arrays, row.raised)]
    return all(any(close(entry, way) for way in ways) for entry, *ways in zip(row.later, *made))


def _entry_wrong(op: Got, row: Got, name: str, entry: object, slope: object) -> Wrong:
    arrives = "it is the cost" if row.g is None else f"{_brief(row.g)} arrives"
    seen = f"{_with(op, row)}, and {arrives}: {name} gets {_short(entry)}."
    if row.twice:
        both = close(entry, 2 * slope)
        wrong = "counts both edges, and is counted twice" if both else "is not what one edge carries"
        seen = f"With two nodes it is right. With one used twice, {op.owner}(x, x), your entry {wrong}."
        return "twice" if both else "same_node", seen
    if not np.all(np.isfinite(entry)):
        return "not_finite", seen
    over = np.ones_like(row.want) if row.g is None else row.g
    counted = [0.0 * over if row.g is None else None, over + 100.0, 100.0 + 0.0 * over, 0.375 * over]
    for g in counted:
        if g is not None and close(entry, op.slopes(g, *row.arrays)[op.names.index(name)]):
            return "own_sum", seen
    return seen


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def diff(y, a):
    return np.reshape(y, np.shape(a)) - a


def both_ways(y, a, g):
    """What an MSE hands to y and to a when g arrives."""
    slope = g * 2 / np.size(a) * diff(y, a)
    return [np.reshape(slope, np.shape(y)), -slope]


def linear_back(g, X, W, b):
    return [g @ W.T, X.T @ g, g.sum(axis=0)]


A, B = np.array([[1.0, 2.0, 0.0], [-2.0, 0.5, 3.0]]), np.array([[3.0, -1.0, 4.0], [2.0, 0.0, -0.5]])
G = np.array([[3.0, -2.0, 0.5], [1.0, 4.0, 0.0]])
# What arrives comes first; an array that is in a case twice is a node used twice.
PAIRS = [(3.0, 2.0, 5.0), (-1.5, 0.0, -4.0), (0.0, 1.5, -4.0), (G, A, B), (G, A, A)]
MANY = [(3.0, 4.0, 5.0, 10.0), (0.5, 7.0), (G, A, B, A + B), (-2.0, 1.0, 0.0, 3.0, 4.0)]
HOMES = np.outer([1.0, 2, -1, 0.5], [2.0, -3, 1]) + 1
LAYERS = [
    ([[3.0, -2], [1, 0], [0.5, 4], [-1, 2]], HOMES, A.T, [4.0, -6]),
    ([[3.0], [-1], [0.5]], [[1.0, 2], [3, 4], [0, -1]], [[2.0], [-1]], [1.0]),
    ([[2.5, -1, 4]], [[1.0, -2]], B, [1.0, 2, 3]),
]
POINTS = [(8.0, 0.0), (G, A), ([[2.0], [-1.0]], [[2.0], [-0.3]])]
COSTS = [
    (3.0, [1.0, 2.0, 3.0], [[4.5], [5.0], [10.0]]),
    (-2.0, [[18.0, 2.0], [14.0, 4.0]], [[12.0, 6.0], [10.0, 8.0]]),
    (0.5, [2.0, -1.0], [1.0, -1.5]),
    (2.0, [[3.0], [1.0]], [[2.5], [2.0]]),
]
OPS = {  # the names of the inputs, the formula, what backward hands on, the cases
    "MyInput": ("x", lambda x: x, lambda g, x: [g], [([8.0, -3.0], [5.0, 6.0]), (3.0, 0.0)]),
    "MyAdd": ("xyzw", lambda *v: sum(v), lambda g, *v: [g for _ in v], [*PAIRS, *MANY]),
    "MyMul": ("xy", lambda x, y: x * y, lambda g, x, y: [g * y, g * x], PAIRS),
    "MyLinear": ("XWb", lambda X, W, b: X @ W + b, linear_back, LAYERS),
    "MySigmoid": ("x", sigmoid, lambda g, x: [g * sigmoid(x) * (1 - sigmoid(x))], POINTS),
    "MyMSE": ("ya", lambda y, a: np.mean(diff(y, a) ** 2), lambda g, y, a: both_ways(y, a, g), COSTS),
}
FEWER = {"MyAdd.forward": ("xy", PAIRS), "MyAdd.many": ("xyzw", MANY)}


def op_of(name: str, owner: str, way: str) -> Got:
    names, formula, slopes, cases = OPS[owner]
    names, cases = FEWER.get(name, (names, cases))
    arrays: dict = {}  # what is in the cases once stays one array, which is one node
    cases = [[arrays.setdefault(id(a), np.array(a, dtype=float)) for a in case] for case in cases]
    if way == "backward" and owner in ("MyAdd", "MyMul", "MySigmoid", "MyMSE"):  # it may be the cost itself
        cases.append([None, *cases[0][1:]])
    keeps = {"diff": diff} if name == "MyMSE.forward" else {}
    return Got(owner=owner, way=way, names=names, formula=formula, slopes=slopes, cases=cases, keeps=keeps)


# --- what arrives -----------------------------------------------------------------------------------------


def look_grad_cost(cls: type) -> Got:
    mark, earlier = object(), object()

    def asked(name: str, *told: tuple[object, object], edges: int = 1) -> object:
        node = cls(name=name)
        node.run = mark
        for gradient, run in told:
            consumer = cls(*[node] * edges, name="consumer")
            consumer.gradients, consumer.run = {node: gradient}, run
        return node

    x = asked("x", (3.0, mark), (5.0, mark), (100.0, earlier))
    got = Got(x=x.grad_cost(), end=asked("cost").grad_cost())
    got.zero = asked("x", (3.0, mark), (-3.0, mark)).grad_cost()
    if got.x == 8 and not close(got.zero, 0.0):  # `if total == 0` would stop at an array
        return got
    X = asked("X", (np.array([1.0, 2.0]), mark), (np.array([10.0, 20.0]), mark))
    got.X = [np.copy(X.grad_cost()) for _ in range(2)]
    got.used = asked("cost", (100.0, earlier)).grad_cost()
    got.m = asked("m", (7.0, mark), edges=2).grad_cost()
    own = [vars(kind) for kind in cls.__mro__ if not kind.__module__.startswith("miniflow_classroom.")]
    got.has_run = any("run" in names for names in (vars(cls(name="x")), *own))
    if close(got.x, 8.0):
        cls(x, name="new")  # it took part in no pass yet
        got.x = x.grad_cost()
    return got


def grad_cost_wrong(got: Got) -> Wrong:
    if got.x is None or got.end is None:
        return ("none",)
    if not close(got.x, 8.0):
        return f"a and b are of this pass and hand 3 and 5 to x. Your method gave {_short(got.x)}."
    if not close(got.end, 1.0):
        return "end", f"The cost feeds no node, and your method gave {_short(got.end)}."
    if not close(got.zero, 0.0):
        return "zero", f"a and b hand 3 and -3 to x. Your method gave {_short(got.zero)}."
    if not close(got.X[0], [11.0, 22.0]):
        return "arrays", f"a and b hand [1, 2] and [10, 20] to X. Your method gave {_short(got.X[0])}."
    if not close(got.X[1], got.X[0]):
        return "again", f"Asked twice what arrives at X: {_short(got.X[0])}, then {_short(got.X[1])}."
    if not close(got.used, 1.0):
        return "used", f"The cost feeds a node of an earlier pass. Your method gave {_short(got.used)}."
    if not got.has_run:
        return ("no_run",)
    return None if close(got.m, 14.0) else ("square", f"MyMul(m, m) hands 7 to m: m got {_short(got.m)}.")


# --- functions --------------------------------------------------------------------------------------------

X_GRADIENT, AT_FIVE = 253.0, 310.0  # f is (q² + z) q = q³ + 10 q, whose slope is 3 q² + 10; q is 9 or 10


def _graph(inputs: Sequence = ()) -> list:
    """x, y, z, q = x + y, d = q · q (a node used twice), r = d + z, f = r · q (a diamond); x 4, y 5, z 10."""
    x, y, z = inputs or (ours.MyInput(name) for name in "xyz")
    q = ours.MyAdd(x, y, name="q")
    d = ours.MyMul(q, q, name="d")
    r = ours.MyAdd(d, z, name="r")
    for node, value in ((x, 4.0), (y, 5.0), (z, 10.0)):
        node.value = np.array(value)
    return [x, y, z, q, d, r, ours.MyMul(r, q, name="f")]


def _rows(ends: int) -> list:
    """x, and for each end three nodes in a row."""
    nodes = [x := ours.MyInput("x")]
    for row in "ab"[:ends]:
        for place in "123":
            nodes.append(ours.MySigmoid(x if place == "1" else nodes[-1], name=row + place))
    return nodes


def _cycle() -> ours.MyInput:
    """x feeds s, s feeds a, a feeds b, and b feeds a: more than the Inputs can be sorted."""
    x = ours.MyInput("x")
    s = ours.MySigmoid(x, name="s")
    a = ours.MyAdd(s, s, name="a")
    b = ours.MySigmoid(a, name="b")
    a.inbound_nodes = (s, b)
    s.outbound_nodes.remove(a)
    b.outbound_nodes.append(a)
    return x


def look_sort(sort: Callable) -> Got:
    got = Got(tries=[], cycle=ValueError(), raised=True)
    for nodes in (_graph(), _rows(1), _rows(2)):
        feed = dict(zip((node for node in nodes if not node.inbound_nodes), (4, 5, 10)))
        edges = [(list(node.inbound_nodes), list(node.outbound_nodes)) for node in nodes]
        for fed in (feed, dict(reversed(feed.items()))):  # twice, and in a different order
            for node in nodes:
                node.value = None
            tried = Got(nodes=nodes, order=sort(dict(fed)), inputs=set(feed))
            tried.unfed = [n.name for n in feed if n.value is None or not close(np.sum(n.value), feed[n])]
            now = [(list(node.inbound_nodes), list(node.outbound_nodes)) for node in nodes]
            tried.changed = [node.name for node, a, b in zip(nodes, edges, now) if a != b]
            got.tries.append(tried)
    try:
        if not sort_wrong(got):  # a wrong sort may never end here
            got.cycle, got.raised = within(2, lambda: sort({_cycle(): 4})), False
    except (Exception, GaveUp) as error:
        got.cycle = error
    return got


def sort_wrong(got: Got) -> Wrong:
    for tried in got.tries:
        nodes, order = tried.nodes, tried.order
        if order is None:
            return ("none",)
        if not isinstance(order, (list, tuple)):
            return "kind", f"Your function returned {_kind(order)}."
        if order and all(isinstance(node, str) for node in order):
            return ("texts",)
        if tried.changed:
            return "edges", f"After your sort the lists of {tried.changed[0]} are not as they were."
        if {*order} == tried.inputs:
            return ("inputs",)
        found = out_of_order(
            order, nodes, [(inbound, node) for node in nodes for inbound in node.inbound_nodes]
        )
        if found:
            return found
        if tried.unfed:
            return "unfed", f"The order is right, and {tried.unfed[0]} was fed and does not have its value."
    if isinstance(got.cycle, GaveUp):
        return ("endless",)
    if got.raised:
        right = isinstance(got.cycle, ValueError)
        return None if right else ("other_error", f"A graph with a cycle raised {type(got.cycle).__name__}.")
    if isinstance(got.cycle, Exception):
        return ("not_raised",)
    size = (
        f"a list of {len(got.cycle)} of its 4 nodes"
        if isinstance(got.cycle, (list, tuple))
        else _short(repr(got.cycle) if isinstance(got.cycle, str) else got.cycle)
    )
    return "cycle", f"A graph with a cycle came back as {size}."


def look_forward(function: Callable) -> Got:
    nodes, got = _graph(), Got(called=[], early=False, left=True, runs=[], returned=[])
    for node in nodes:

        def forward(node=node, work=node.forward) -> None:
            got.called.append(node.name)
            work()

        node.forward = forward
    for x in (4.0, 5.0):
        got.called, graph = [], list(nodes)
        nodes[0].value = np.array(x)
        try:
            got.returned.append(function(nodes[3], graph))
        except TypeError:
            got.early = got.called != [node.name for node in nodes[: len(got.called)]]
            if not got.early:
                raise
        got.left &= graph == nodes
        got.runs.append(got.called)
    got.names = [node.name for node in nodes]
    return got


def forward_pass_wrong(got: Got) -> Wrong:
    if not got.left:
        return ("list_changed",)
    for called in got.runs:
        if called != got.names:
            ran = ", ".join(called) or "none"
            return "some", f"The list is {', '.join(got.names)}, and forward() ran on {ran}."
    for x, returned in zip((4, 5), got.returned):
        if not close(returned, x + 5.0):
            return (
                "value",
                f"At x = {x}, the value of q is {x + 5}. Your function returned {_short(returned)}.",
            )
    return None


def look_backward(function: Callable) -> Got:
    got, inputs = Got(calls=[], forwards=0, x=[], left=[], runs=[]), ()

    def forward(node: object) -> None:
        got.forwards += 1
        type(node).forward(node)

    for _ in range(2):  # the second graph is built on the same inputs, as when a cell is run again
        inputs = (nodes := _graph(inputs))[:3]
        for node in nodes:
            type(node).forward(node)
            node.forward = lambda n=node: forward(n)
            work = type(node).backward
            node.backward = lambda n=node, work=work: (got.calls[-1].append((n.name, n.run)), work(n))
        for _ in range(2):
            graph = list(nodes)
            got.calls.append([])
            function(graph)
            got.x.append(nodes[0].gradients.get(nodes[0]))
            got.left.append(graph == nodes)
            got.runs.append({id(node.run) for node in nodes if node.run is not None})
    got.order, got.names = [name for name, _ in got.calls[0]], [node.name for node in nodes]
    return got


def backward_pass_wrong(got: Got) -> Wrong:
    if not all(got.left):
        return ("list_changed",)
    if len(got.order) < len(got.names):
        return (
            "some",
            f"{len(got.names)} nodes are on the list, and backward() ran on {', '.join(got.order)}.",
        )
    if got.forwards:
        return ("both",)
    wrong = [x for x in got.x if not close(x, X_GRADIENT)]
    return f"The gradient of x is {_short(wrong[0])}. Nudging x gives {X_GRADIENT:g}." if wrong else None


def look_both(function: Callable) -> Got:
    nodes, got = _graph(), Got(x=[], f=[], left=True, asked=[])
    names = getattr(function, "__globals__", {})
    forward = names.get("my_forward_pass")

    def noted(output: object, graph: object) -> object:
        got.asked.append(output is nodes[-1])
        return forward(output, graph)

    if forward:  # the right one, while this one is judged
        names["my_forward_pass"] = noted
    for value in (4.0, 5.0, 5.0, None):
        if value is None:  # a second graph on the same inputs
            nodes = _graph(nodes[:3])
        else:
            nodes[0].value = np.array(value)
        function(graph := list(nodes))
        got.left &= graph == nodes
        got.x.append(nodes[0].gradients.get(nodes[0]))
        got.f.append(nodes[-1].value)
    got.q = nodes[3].value
    return got


def both_wrong(got: Got) -> Wrong:
    if not got.left:
        return ("list_changed",)
    if not close(got.x[:3], [X_GRADIENT, AT_FIVE, AT_FIVE]) or not close(
        got.f, [819.0, 1100.0, 1100.0, 819.0]
    ):
        f, x, second = (_short(number) for number in (got.f[0], *got.x[:2]))
        return f"f has the value {f} and x the gradient {x}; with x = 5 the gradient is {second}."
    if not close(got.x[3], X_GRADIENT):
        return ("marks",)
    if len(got.asked) == len(got.f) * len(_graph()):
        return ("each_node",)
    return None if all(got.asked) else ("other_output",)


W0, TO_W = np.array([[2.0, -1.0, 0.0]]), np.array([[3.0, 4.0, -5.0]])
B0, TO_B = np.array([0.5]), np.array([-2.0])


def look_update(function: Callable) -> Got:
    w, b, got = ours.MyInput("W"), ours.MyInput("b"), Got(fed=W0.copy())
    w.value, b.value = got.fed, B0.copy()
    w.gradients, b.gradients = {w: TO_W.copy()}, {b: TO_B.copy()}
    ours.MyAdd(w, b).gradients = w.gradients | b.gradients  # so grad_cost() gives them, too
    function([w, b], 0.1)
    got.W, got.b = np.copy(w.value), np.copy(b.value)
    function([w, b])
    got.W2, got.b2 = w.value, b.value
    return got


def update_wrong(got: Got) -> Wrong:
    if not close(got.W, W0 - 0.1 * TO_W):
        return f"W = {_short(W0)} with the gradient {_short(TO_W)} and a rate of 0.1 became {_short(got.W)}."
    if not close(got.b, B0 + 0.2):
        return f"b = [0.5] with the gradient [-2] and a rate of 0.1 became {_short(got.b)}."
    if not close(got.fed, W0):
        return ("in_place",)
    right = close(got.W2, got.W - 0.01 * TO_W) and close(got.b2, got.b + 0.02)
    return None if right else ("again", f"A second step, of 0.01, took W to {_short(got.W2)}.")


M, BATCH, EPOCHS = 20, 6, 3
SIZES = [6, 6, 6, 2]


def trained(function: Callable, learning_rate: float = 0.05) -> Got:
    """What a training loop does with 20 rows in batches of 6: its costs, and each step's rows and W."""
    rng = np.random.default_rng(1)
    data, prices, start = rng.normal(size=(M, 3)), rng.normal(size=M), rng.normal(size=(3, 1))
    x, y, w, b = inputs = [ours.MyInput(name) for name in "XyWb"]
    cost = ours.MyMSE(y, ours.MyLinear(x, w, b))
    for node, value in zip(inputs, (data, prices, start, np.zeros(1))):
        node.value = value.copy()
    got = Got(rows=[], pairs=True, seen=[], last=None, forward=cost.forward, weights=[], fed=w.value)

    def forward() -> None:
        rows = [int(np.abs(data - row).sum(axis=1).argmin()) for row in np.atleast_2d(x.value)]
        new, got.last = x.value is not got.last, x.value  # a second forward pass over a batch is no new step
        got.rows += [rows] * new
        got.weights += [w.value.copy()] * new
        got.pairs &= close(prices[rows], y.value)
        got.forward()
        got.seen += [float(cost.value)] * new

    cost.forward, feeds = forward, {x: data.copy(), y: prices.copy()}
    settings = dict(epochs=EPOCHS, batch_size=BATCH, learning_rate=learning_rate, seed=2)
    got.costs = function([*inputs, cost.inbound_nodes[1], cost], feeds, [w, b], **settings)
    got.W, got.sizes = w.value, [len(rows) for rows in got.rows]
    got.in_place = not close(got.fed, start)
    got.changed = not (close(feeds[x], data) and close(feeds[y], prices))
    return got


def train_wrong(got: Got) -> Wrong:
    want, sizes = trained(ours.my_train), ", ".join(map(str, got.sizes[: len(SIZES)]))
    if got.costs is None:
        return ("none",)
    if np.ndim(got.costs) == 1 and not isinstance(got.costs, list):
        return "array", f"Your function returned {_kind(got.costs)}."
    if not isinstance(got.costs, list):
        return "kind", f"Your function returned {_kind(got.costs)}."
    if len(got.costs) != EPOCHS:
        costs = f"{len(got.costs)} cost{'s' * (len(got.costs) != 1)}"
        return "count", f"After {EPOCHS} epochs your list has {costs}."
    if got.sizes != want.sizes:
        steps = f"{len(got.sizes)} steps, the first with {sizes} rows"
        return "sizes", f"{EPOCHS} epochs of {M} rows in batches of {BATCH}: {steps}."
    if got.changed:
        return ("feeds",)
    if not got.pairs:
        return ("pairs",)
    if got.rows != want.rows:
        step = next(step for step, rows in enumerate(got.rows) if rows != want.rows[step])
        place = f"Epoch {step // len(SIZES) + 1}, batch {step % len(SIZES) + 1}"
        return "rows", f"{place}: not the rows that the task's generator gives."
    if not close(got.W, want.W, 1e-9):
        return "steps", "The batches are right, and W ends at wrong numbers."
    if not close(got.costs, want.costs, 1e-9):
        costs, mine = ", ".join(map(_short, got.seen[: len(SIZES)])), _short(got.costs[0])
        return "mean", f"The batches of epoch 1 cost {costs}. Your mean is {mine}."
    return ("in_place",) if got.in_place else None
