"""What a learner got wrong, in one sentence: what happened, in which node, and what to try."""

from __future__ import annotations

import linecache
import math
import os
from collections.abc import Mapping, Sequence

import numpy as np

FLOAT = np.dtype(float)
MOST_SHOWN = 100  # nodes with a box, a button or a picture of their own; more nobody follows
ANY = object()  # "whichever node": None is what a learner may give by mistake
_HERE = os.path.dirname(__file__) + os.sep


class MiniFlowError(ValueError):
    """A mistake that has a sentence. Jupyter shows the sentence and the learner's own line, not our stack."""

    def _render_traceback_(self) -> list[str]:
        shown, tb = f"{type(self).__name__}: {self}", self.__traceback__
        own_line = None
        while tb is not None:
            code = tb.tb_frame.f_code
            if not code.co_filename.startswith(_HERE):
                line = linecache.getline(code.co_filename, tb.tb_lineno).strip()
                own_line = f"In line {tb.tb_lineno}: {line}" if line else own_line
            tb = tb.tb_next
        return [own_line, shown] if own_line else [shown]


# --- construction -----------------------------------------------------------------------------------------


def check_name(name) -> str:
    if not isinstance(name, str):
        raise MiniFlowError(
            f"Input takes a name, not {what(name)}: write x = Input('x') and feed the value to the sort, "
            "topological_sort({x: ...})."
        )
    return name


def check_some(op, inputs: tuple) -> tuple:
    if not inputs:
        name = type(op).__name__
        raise MiniFlowError(f"{name} needs at least one node to work on: {name}(x, y).")
    return inputs


def check_inbound_nodes(op, inbound_nodes) -> tuple:
    """The inbound nodes as a tuple, each of them a node."""
    kind = type(op).__name__
    if is_node(inbound_nodes):
        raise MiniFlowError(
            f"{kind} got a single node where a list of nodes belongs: Node.__init__(self, [x])."
        )
    no_list = not hasattr(inbound_nodes, "__iter__") or getattr(inbound_nodes, "ndim", 1) == 0
    if isinstance(inbound_nodes, (str, Mapping)) or no_list:
        raise MiniFlowError(f"{kind} takes a list of nodes, not {what(inbound_nodes)}.")
    nodes = tuple(inbound_nodes)
    for place, node in enumerate(nodes, 1):
        if not is_node(node):
            raise MiniFlowError(
                f"Input number {place} of {kind} is {what(node)}, not a node: {_as_node(node)}."
            )
    return nodes


def is_node(thing) -> bool:
    return (
        not isinstance(thing, type) and hasattr(thing, "outbound_nodes") and hasattr(thing, "inbound_nodes")
    )


def _as_node(thing) -> str:
    if isinstance(thing, type):
        return f"call the class, {thing.__name__}(...), to make a node of it"
    if isinstance(thing, (list, tuple)):
        return "give the nodes one by one, Add(x, y) and not Add([x, y]); an array goes into an Input"
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        return f"{type(thing).__name__}.__init__ must first call Node.__init__(self, [...])"
    return "make an Input for it, c = Input('c'), and feed it its value, topological_sort({c: ...})"


# --- the sort ---------------------------------------------------------------------------------------------


def check_feed(feed_dict, output) -> dict:
    """{Input: its value as an array of floats}"""
    if not isinstance(feed_dict, Mapping):
        raise MiniFlowError(f"topological_sort takes a dict {{Input: value}}, not {what(feed_dict)}.")
    if not feed_dict and output is None:
        raise MiniFlowError("The feed is empty, so there is nothing to sort: topological_sort({x: 4, y: 5}).")
    if output is not None and not is_node(output):
        raise MiniFlowError(f"output= takes the node you want to know, not {what(output)}: output=f.")
    for key in feed_dict:
        if not is_node(key):
            raise MiniFlowError(
                f"The feed has {what(key)} as a key: only Inputs are fed, {{x: 4}} with x = Input('x')."
            )
        if key.inbound_nodes or not isinstance(key, _input_class()):
            raise MiniFlowError(
                f"{key.name} is a {type(key).__name__}, and only Inputs are fed: it works out its own value."
            )
    return {node: as_array(value, node) for node, value in feed_dict.items()}


def _input_class():
    from .nodes import Input

    return Input


def as_array(value, node) -> np.ndarray:
    """value as an array of floats of its own; raises what is wrong with it as a value of `node`."""
    if value is None:
        raise MiniFlowError(
            f"The Input {node.name} has no value yet: feed it, topological_sort({{{node.name}: ...}})."
        )
    return check_array(f"The Input {node.name}", value)


def check_array(name: str, value) -> np.ndarray:
    """value as an array of floats of its own; raises what is wrong with it. `name` begins the sentence."""
    if is_node(value) or isinstance(value, type):
        raise MiniFlowError(
            f"{name} was given {what(value)} as its value: give it a number or an array of numbers."
        )
    try:
        array = _plain(value)
    except OverflowError:
        raise MiniFlowError(f"{name} was given a whole number that is too large for a float.") from None
    except ValueError:
        raise MiniFlowError(
            f"{name} was given rows of different lengths: every row needs the same."
        ) from None
    if np.ma.is_masked(value):
        raise MiniFlowError(
            f"{name} was given a masked array, in which numbers are missing: fill them in, or leave out "
            "their rows."
        )
    if array.dtype.kind not in "biuf":
        raise MiniFlowError(f"{name} was given {what(value)}: give it a number or an array of numbers.")
    if not array.size:
        raise MiniFlowError(
            f"{name} was given an empty array, shape {array.shape}: it needs at least one number."
        )
    return np.array(array, dtype=FLOAT)


def _plain(value) -> np.ndarray:
    """value as numpy has it; whole numbers beyond 64 bits as floats and not as objects."""
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.size and all(type(one) is int for one in array.flat):
        array = array.astype(FLOAT)
    return array


def inbound_nodes_of(node) -> Sequence:
    if not is_node(node):
        raise MiniFlowError(f"{what(node).capitalize()} is not a node: {_as_node(node)}.")
    return node.inbound_nodes


def not_fed(node, found, output) -> MiniFlowError:
    users = [str(n.name) for n in found if node in n.inbound_nodes]
    waits = f"{' and '.join(users[:3])} wait{'s' * (len(users) == 1)} for it" if users else "it is the output"
    way_out = f"add it to the feed, {{{node.name}: ...}}"
    if output is None and users:
        way_out += f"; if {users[0]} is left over from an earlier graph, say what you want: "
        way_out += "topological_sort(feed, output=f)"
    return MiniFlowError(f"The Input {node.name} was not fed, and {waits}: {way_out}.")


def cycle(nodes: Sequence) -> MiniFlowError:
    """The names along one cycle among nodes that all wait for one another."""
    waiting, path, node = set(nodes), [], nodes[0]
    while node not in path:
        path.append(node)
        node = next(n for n in node.inbound_nodes if n in waiting)
    circle = [str(n.name) for n in reversed(path[path.index(node) :])]
    shown = circle if len(circle) <= 6 else [*circle[:3], "…", *circle[-2:]]
    return MiniFlowError(
        f"The graph has a cycle, {' -> '.join([*shown, circle[0]])}: each waits for the other, so none can "
        "run. Build it again from new nodes, each made from nodes that were there before it."
    )


# --- the passes -------------------------------------------------------------------------------------------


def check_sorted(graph, output=ANY) -> Sequence:
    """The list itself, when it is one that a pass can run over and `output` is in it."""
    if type(graph) is list and graph and (output is ANY or graph[-1] is output):
        return graph
    if type(graph) is not list and (
        is_node(graph) or isinstance(graph, (str, bytes, Mapping)) or not isinstance(graph, Sequence)
    ):
        raise MiniFlowError(
            f"A pass runs over the list that topological_sort returned, not over {what(graph)}."
        )
    if not graph:
        raise MiniFlowError(
            "The list of nodes is empty: sort a graph first, graph = topological_sort({x: 4})."
        )
    if output is not ANY and not any(node is output for node in graph):
        if isinstance(output, Sequence):
            raise MiniFlowError(
                "forward_pass takes the node first and the list second: forward_pass(f, graph)."
            )
        raise MiniFlowError(
            f"{getattr(output, 'name', what(output))} is not in the sorted list: sort the graph that it "
            "belongs to, topological_sort(feed, output=...)."
        )
    return graph


def check_nodes(graph) -> Sequence:
    """The list itself, when it is one that a pass can run over and all in it are nodes."""
    for node in check_sorted(graph):
        if not is_node(node):
            raise no_node(node)
    return graph


def no_node(thing) -> MiniFlowError:
    return MiniFlowError(
        f"The list has {what(thing)} in it: it must be the list that topological_sort returned."
    )


def check_cost(cost, graph) -> None:
    if cost.value is None:
        raise MiniFlowError(f"{cost.name} has no value yet: run the forward pass before the backward pass.")
    value = _numbers(cost.value)
    if value is None:
        raise MiniFlowError(
            f"A backward pass starts from a single number, and the value of {cost.name}, the last node, is "
            f"{what(cost.value)}: set self.value to a number in forward(), or end the graph in a cost."
        )
    if value.size != 1:
        raise MiniFlowError(
            f"A backward pass starts from a single number, and {cost.name}, the last node, has shape "
            f"{value.shape}: end the graph in a cost, such as MSE(y, {cost.name})."
        )
    if not np.isfinite(value).all():
        raise MiniFlowError(
            f"The cost {cost.name} is {float(value.reshape(()))}: {_first_not_finite(cost, graph)}."
        )


def _numbers(value) -> np.ndarray | None:
    """value as an array of numbers; None where it is something else."""
    try:
        array = _plain(value)
    except (ValueError, OverflowError):  # rows of different lengths; a whole number too large for a float
        return None
    return array if array.dtype.kind in "biuf" else None


def _first_not_finite(cost, graph) -> str:
    smaller = "try a smaller learning rate and new start weights"
    for node in graph:
        value = _numbers(node.value)
        if value is not None and not np.isfinite(value).all():
            if node.inbound_nodes and node is not cost:
                return f"{node.name} was the first to leave the numbers; {smaller}"
            if not node.inbound_nodes:
                return (
                    f"{node.name} is not finite itself; if it is data, clean it; if it is a weight, {smaller}"
                )
    return f"the numbers grew too large; {smaller}"


def no_value(node) -> MiniFlowError:
    return MiniFlowError(
        f"{type(node).__name__}.forward() ran and left {node.name} without a value: set self.value in it."
    )


def two_ends(node, cost, graph) -> MiniFlowError:
    in_graph, seen = set(graph), set()
    for other in graph:
        seen.add(other)
        late = next((n for n in other.inbound_nodes if n in in_graph and n not in seen), None)
        if late is not None:
            return MiniFlowError(
                f"{other.name} stands in the list before {late.name}, which feeds it: "
                "run the nodes in the order of topological_sort."
            )
    return MiniFlowError(
        f"The graph has two ends, {node.name} and {cost.name}, and a backward pass starts from one: if one "
        "of them is left over from an earlier cell, sort again with the cost you mean, "
        "topological_sort(feed, output=cost)."
    )


def in_shape_of(a, y):
    """y as an array that meets `a` element by element, (m,) as (m, 1) for one; never an outer difference."""
    if y.shape == a.shape:
        return y
    if (
        (*y.shape, 1) == a.shape
        or _without_ones(y.shape, -1) == _without_ones(a.shape, -1)
        or _without_ones(y.shape, 0) == _without_ones(a.shape, 0)
    ):
        return y.reshape(a.shape)
    raise ValueError("shapes")


def _without_ones(shape: tuple, end: int) -> tuple:
    shape = list(shape)
    while shape and shape[end] == 1:
        shape.pop(end)
    return tuple(shape)


def explained(error: Exception, node, graph, direction: str) -> Exception:
    """The sentence for what went wrong when `node` ran, or the error itself when it is the learner's own."""
    if isinstance(error, (MiniFlowError, NotImplementedError)):
        return error
    if not is_node(node):
        return no_node(node)
    for inbound in node.inbound_nodes:
        if inbound.value is None:
            if any(inbound is other for other in graph) and type(inbound).__name__ != "Input":
                place = [id(n) for n in graph]
                if place.index(id(inbound)) < place.index(id(node)):
                    return no_value(inbound)
            return MiniFlowError(
                f"{node.name} ran before {inbound.name} had a value: run the nodes in the order of "
                "topological_sort."
            )
    ours = type(node).__module__ == __package__ + ".ops"
    kinds = "fc" if ours and not isinstance(error, ValueError) else "biufc"  # a ValueError is about shapes
    for inbound in node.inbound_nodes:
        is_array = isinstance(inbound.value, (np.ndarray, np.generic))
        if not is_array or inbound.value.dtype.kind not in kinds:
            way_out = "floats, self.value = np.asarray(..., dtype=float)" if is_array else _AS_NUMPY
            return MiniFlowError(
                f"{node.name} cannot work with {inbound.name}, whose value is {what(inbound.value)}: "
                f"make it {way_out}."
            )
    if direction == "backward":
        for consumer in node.outbound_nodes:
            wrong = wrong_gradient(consumer, node) if consumer.run is node.run else None
            if wrong:
                return wrong
    shapes = ", ".join(f"{n.name} {np.shape(n.value)}" for n in node.inbound_nodes)
    if isinstance(error, MemoryError):
        return MiniFlowError(
            f"There is no room in memory for what {node.name} makes of these shapes, {shapes}: print them "
            "first, and see which of them is not as you meant it."
        )
    if ours and not isinstance(error, (ArithmeticError, Warning)):  # those are an overflow's
        hint = _SHAPE_HINTS.get(type(node).__name__, "the shapes must be equal or stretch to one another")
        return MiniFlowError(f"{node.name} cannot work with these shapes, {shapes}: {hint}.")
    error.add_note(f"(in {direction}() of {node.name}, whose inputs have the shapes: {shapes})")
    return error


def wrong_gradient(node, inbound, any_shape: bool = False) -> MiniFlowError | None:
    """What is wrong with the gradient that `node` has for one of its inbound nodes; None where nothing is."""
    said = f"{type(node).__name__}.backward() set"
    if not isinstance(node.gradients, Mapping):
        return MiniFlowError(
            f"{said} self.gradients to {what(node.gradients)}: it is a dict, {{node: its gradient}}."
        )
    if inbound not in node.gradients:
        return MiniFlowError(
            f"{said} no gradient for {inbound.name}: self.gradients needs an entry for every inbound node."
        )
    gradient = _numbers(node.gradients[inbound])
    if gradient is None:
        return MiniFlowError(
            f"{said} {what(node.gradients[inbound])} as the gradient for {inbound.name}: it is a number, or "
            "an array of numbers."
        )
    if gradient.shape != np.shape(inbound.value) and not any_shape:
        return MiniFlowError(
            f"{said} a gradient of shape {gradient.shape} for {inbound.name}, whose value has the shape "
            f"{np.shape(inbound.value)}: a gradient has the shape of its value."
        )
    return None


_AS_NUMPY = "a numpy array or number (np.tanh and not math.tanh, np.array(rows) and not rows)"
_SHAPE_HINTS = {
    "Linear": "in X @ W + b the last number of X must be the first of W, and b needs one number for each "
    "column of W",
    "MSE": "the target y and the prediction a need one number each for the same things, (m,) or (m, 1)",
}


# --- the update -------------------------------------------------------------------------------------------


def check_update(trainables) -> None:
    if not isinstance(trainables, (list, tuple)):
        raise MiniFlowError(f"sgd_update takes a list of Inputs, [W, b], not {what(trainables)}.")
    for node in trainables:
        if not is_node(node):
            raise MiniFlowError(f"sgd_update takes a list of Inputs, and {what(node)} is in it.")
        if node not in node.gradients:
            kind = (
                "an Input"
                if isinstance(node, _input_class())
                else f"a {type(node).__name__}, and only Inputs are trained"
            )
            raise MiniFlowError(
                f"{node.name} has no gradient to step along ({kind}): run forward_and_backward first, on a "
                "graph that it is part of."
            )
        as_array(node.value, node)
        if not isinstance(node.value, (np.ndarray, np.generic)):
            raise MiniFlowError(
                f"{node.name} was set by hand to {what(node.value)}: run forward_and_backward before this."
            )
        check_gradient(node)


def check_gradient(node, any_shape: bool = False) -> None:
    """Raises what is wrong with the gradient of an Input, in the name of the consumer that it comes from."""
    for consumer in (*node.outbound_nodes, node):
        wrong = wrong_gradient(consumer, node, any_shape) if consumer.run is node.run else None
        if wrong:
            raise wrong


def check_batches(m, batch_size, rng) -> None:
    check_count("m", m, 0, 1e7)  # the order of more would take minutes and the memory
    check_count("batch_size", batch_size, 1)
    if not isinstance(rng, np.random.Generator):
        raise MiniFlowError(f"rng is a source of random numbers, np.random.default_rng(0), not {what(rng)}.")


def check_training(graph, feeds, trainables) -> dict:
    """{Input: its rows as an array of floats}, all of the same number of rows."""
    check_nodes(graph)
    if not isinstance(feeds, Mapping) or not feeds:
        raise MiniFlowError(f"train takes the data as a dict, {{X: X_train, y: y_train}}, not {what(feeds)}.")
    check_list_of_nodes("trainables", trainables)
    in_graph = set(graph)
    for node in (*feeds, *trainables):
        if node not in in_graph:
            name = node.name if is_node(node) else what(node)
            raise MiniFlowError(
                f"{name} is not in the graph that is to be trained: sort it with {name} in its feed."
            )
        if node in feeds and node in trainables:
            raise MiniFlowError(f"{node.name} is both data and trainable: feed the rows, train the weights.")
    arrays = {node: as_array(rows, node) for node, rows in feeds.items()}
    lengths = {node.name: len(rows) if rows.ndim else 0 for node, rows in arrays.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        shown = ", ".join(f"{name} {arrays[node].shape}" for node, name in zip(arrays, lengths))
        raise MiniFlowError(f"The data must have a row for each example, the same number in each: {shown}.")
    return arrays


def check_settings(learning_rate, epochs, batch_size, seed, l2, on_epoch, progress) -> None:
    check_learning_rate(learning_rate)
    check_count("epochs", epochs)
    check_count("batch_size", batch_size, 1)
    check_count("seed", seed)
    check_number("l2", l2, 0)
    check_flag("progress", progress)
    if on_epoch is not None:
        check_function("on_epoch", on_epoch, "on_epoch(epoch, cost)")


def check_learning_rate(learning_rate) -> None:
    check_number("The learning rate", learning_rate, 0)


# --- what a function is given beside a graph --------------------------------------------------------------


def check_number(name: str, value, low: float = -math.inf, high: float = math.inf) -> float:
    """value as a float, when it is a finite number from `low` to `high`."""
    try:
        number = float(value) if _is_real(value) else math.nan
    except OverflowError:  # a whole number too large for a float
        number = math.inf
    if not low <= number <= high or math.isinf(number):
        raise MiniFlowError(f"{name} is a number{_range(low, high)}, not {what(value)}.")
    return number


def check_count(name: str, value, low: int = 0, high: float = math.inf) -> int:
    """value as an int, when it is a whole number from `low` to `high`."""
    if not _is_real(value) or isinstance(value, (float, np.floating)) or not low <= value <= high:
        raise MiniFlowError(f"{name} is a whole number{_range(low, high)}, not {what(value)}.")
    return int(value)


def _is_real(value) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _range(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    return f" of {low:g} or more" if math.isinf(high) else f" from {low:g} to {high:g}"


def check_list_of_nodes(name: str, value) -> Sequence:
    if not isinstance(value, (list, tuple)) or not all(map(is_node, value)):
        raise MiniFlowError(f"{name} is a list of nodes, [x, f], not {what(value)}.")
    return value


def check_flag(name: str, value) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise MiniFlowError(f"{name} is True or False, not {what(value)}.")
    return bool(value)


def check_text(name: str, value) -> str:
    if not isinstance(value, str):
        raise MiniFlowError(f"{name} is a text, not {what(value)}.")
    return value


def check_size(does: str, graph: Sequence) -> None:
    """Raises where a graph has more nodes than can be shown one by one; `does`: who shows them, and how."""
    if len(graph) > MOST_SHOWN:
        raise MiniFlowError(
            f"The graph has {len(graph)} nodes, and {does} at most {MOST_SHOWN}: show a part of it, or the "
            "same on a smaller graph."
        )


def check_choice(name: str, value, choices: Sequence):
    """The value, when it is one of a few texts or numbers."""
    if not (isinstance(value, str) or _is_real(value)) or value not in choices:
        raise MiniFlowError(f"{name} is one of {', '.join(map(repr, choices))}, not {what(value)}.")
    return value


def check_returned(name: str, value) -> float:
    """value as a float, when a function returned a single number; nan and inf are numbers here."""
    number = _numbers(value)
    if number is None or number.size != 1:
        raise MiniFlowError(f"{name} must return one number, not {what(value)}.")
    return float(number.reshape(()))


def check_function(name: str, value, call: str):
    """The value, when it can be called; `call` shows how it will be."""
    if not callable(value):
        raise MiniFlowError(f"{name} is a function, which is called as {call}, not {what(value)}.")
    return value


def what(thing) -> str:
    """A thing in a few words, for a sentence."""
    if thing is None:
        return "None"
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if is_node(thing):
        return f"the node {thing.name}"
    if isinstance(thing, np.ndarray):
        return f"an array of shape {thing.shape} and kind {thing.dtype}"
    try:
        shown = repr(thing) if isinstance(thing, (str, int, float, complex)) else ""
    except ValueError:  # Python does not write out a whole number of some thousand digits
        shown = "a huge number"
    article = "an" if type(thing).__name__[0] in "aeiou" else "a"
    shown = shown if len(shown) <= 30 else shown[:29] + "…"
    return f"{shown}{', ' * bool(shown)}{article} {type(thing).__name__}"
