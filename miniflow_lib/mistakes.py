"""The engine's own sentences: what a learner got wrong, in which node, and what to try."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np

from . import errors, ops
from .errors import MiniFlowError, called, first_wrong, is_input, is_node, numbers, what, wrong_gradient
from .nodes import Node

LEFTOVERS = 1000  # nodes of earlier graphs that one node may feed: more are built in a loop
ANY = object()  # "whichever node": None is what a learner may give by mistake


# --- the sort --------------------------------------------------------------------------------------------


def check_feed(feed_dict, output) -> dict:
    """{Input: its value as an array of floats}"""
    if not isinstance(feed_dict, Mapping):
        raise MiniFlowError(f"topological_sort takes a dict {{Input: value}}, not {what(feed_dict)}.")
    if not feed_dict and output is None:
        raise MiniFlowError("The feed is empty, so there is nothing to sort: topological_sort({x: 4, y: 5}).")
    if output is not None and not is_node(output):
        raise MiniFlowError(f"output= takes the node you want to know, f, not {what(output)}.")
    for key in feed_dict:
        if not is_input(errors.check_node(key, "Only Inputs are fed, {x: 4}, and a key of the feed is")):
            way_out = "" if key.inbound_nodes else f": to feed it, set fed = True in {type(key).__name__}"
            raise MiniFlowError(f"{called(key)} works out its own value, and only Inputs are fed{way_out}.")
    return {node: errors.as_array(value, node) for node, value in feed_dict.items()}


def not_fed(node, found, output) -> MiniFlowError:
    users = [called(n) for n in found if node in n.inbound_nodes]
    waits = f"{' and '.join(users[:3])} wait{'s' * (len(users) == 1)} for it" if users else "it is the output"
    way_out = f"add it to the feed, {{{called(node)}: ...}}"
    if output is None:
        way_out += f"; if {users[0]} is left over from an earlier graph, say what you want: "
        way_out += "topological_sort(feed, output=f)"
    return MiniFlowError(f"The Input {called(node)} was not fed, and {waits}: {way_out}.")


def cycle(nodes: Sequence) -> MiniFlowError:
    """The names along one cycle among nodes that all wait for one another."""
    waiting, path, node = set(nodes), [], nodes[0]
    while node not in path:
        path.append(node)
        if not (feeds := [n for n in node.inbound_nodes if n in waiting]):
            return MiniFlowError(f"{called(node)} is in no list of outbound nodes: build the graph again.")
        node = feeds[0]
    circle = [called(n) for n in reversed(path[path.index(node) :])]
    shown = circle if len(circle) <= 6 else [*circle[:3], "...", *circle[-2:]]
    around = " -> ".join([*shown, circle[0]])
    then = "so none can run. Build it again from new nodes, each made from nodes that were there before it"
    return MiniFlowError(f"The graph has a cycle, {around}: each waits for the other, {then}.")


def check_leftovers(node, consumers: Sequence, in_sort) -> None:
    """Raises where a graph was built on this node, run and left, again and again.

    Such leftovers are older than the newest consumer in the sort: the younger ones are the rest of its graph.
    """
    newest = max((place for place, out in enumerate(consumers) if out in in_sort), default=0)
    count = sum(out not in in_sort and out.value is not None for out in consumers[:newest])
    if count > LEFTOVERS:
        grows = f"{called(node)} still feeds {count:,} nodes of earlier graphs, so memory and time grow"
        raise MiniFlowError(f"{grows}: build the graph once, and in the loop set only its Inputs.")


# --- the passes ------------------------------------------------------------------------------------------


def check_sorted(graph, output=ANY) -> Sequence:
    """The list itself, when it is one that a pass can run over and `output` is in it."""
    if isinstance(graph, (str, bytes)) or not isinstance(graph, (list, Sequence)):  # list: at once
        raise MiniFlowError(f"A pass needs a sorted list, as in forward_pass(f, graph), not {what(graph)}.")
    if not graph:
        raise MiniFlowError("The list of nodes is empty: sort a graph first, topological_sort({x: 4}).")
    if output is not ANY and not any(node is output for node in graph):
        raise MiniFlowError(f"The sorted list lacks {what(output)}: sort with output=f, the node you want.")
    return graph


def check_nodes(graph) -> Sequence:
    """The list itself, when it is one that a pass can run over and all in it are nodes."""
    for node in check_sorted(graph):
        if not is_node(node):
            raise no_node(node)
    return graph


def no_node(thing) -> MiniFlowError:
    return MiniFlowError(f"The list has {what(thing)} in it: it must be what topological_sort returned.")


def check_cost(cost, graph) -> None:
    value = numbers(cost.value)
    if cost.value is None:
        wrong = f"{called(cost)} has no value yet: run the forward pass before the backward pass."
    elif value is None or value.size != 1:
        wrong = f"A cost is a single number, and the value of {called(cost)}, the last node, is "
        wrong += f"{what(cost.value)}: end the graph in a cost, such as MSE(y, {called(cost)})."
    elif not np.isfinite(value).all():
        wrong = f"The cost {called(cost)} is {value.item()}: {_first_not_finite(cost, graph)}."
    else:
        return
    raise MiniFlowError(wrong + _left_over(cost, graph))


def _first_not_finite(cost, graph) -> str:
    smaller = "try a smaller learning rate and new start weights"
    node = next(node for node in graph if not _is_finite(node.value))
    if not node.inbound_nodes:
        said = [op for op in reversed(graph) if isinstance(op.gradients, dict)]  # in the run before
        bad = next((op for op in said if not all(map(_is_finite, op.gradients.values()))), node)
        if bad.inbound_nodes and type(bad) not in _SHAPE_HINTS:
            wrong = f"a gradient that {called(bad)} set before was inf or nan"
            return f"{called(node)} is not finite, for {wrong}; look in its backward() for a division by 0"
        return f"{called(node)} is not finite itself; if it is data, clean it; if it is a weight, {smaller}"
    inputs = {called(n): value for n in node.inbound_nodes if (value := numbers(n.value)) is not None}
    if type(node) in _SHAPE_HINTS or any((np.abs(value) > 1e50).any() for value in inputs.values()):
        return f"the numbers{'' if node is cost else f' in {called(node)}'} grew too large; {smaller}"
    ranges = [f"{name} from {np.min(v):.4g} to {np.max(v):.4g}" for name, v in inputs.items() if v.size]
    found = ", ".join(ranges[:3]) or "finite numbers"
    return f"{called(node)} made it of {found}; look in its forward() for log(0), 1 / 0 or exp(1000)"


def _is_finite(value) -> bool:
    array = numbers(value)
    return array is None or bool(np.isfinite(array).all())


def no_value(node) -> MiniFlowError:
    left = f"{type(node).__name__}.forward() left {called(node)} without a value"
    return MiniFlowError(f"{left}: set self.value in it.")


def check_ends(graph) -> None:
    """Raises where a node of a learner's own is an end next to the cost: it would start from 1 as well."""
    in_graph = set(graph)
    for node in graph[:-1]:
        if is_node(node) and not isinstance(node, Node) and in_graph.isdisjoint(node.outbound_nodes):
            raise two_ends(node, graph[-1], graph)


def two_ends(node, cost, graph) -> MiniFlowError:
    place = {other: i for i, other in enumerate(graph)}
    early = ((other, n) for other in graph for n in other.inbound_nodes if place.get(n, 0) > place[other])
    for other, late in early:
        return MiniFlowError(f"{called(other)} comes before {called(late)}, which feeds it: {_ORDER}.")
    ends = f"two ends, {called(node)} and {called(cost)}, and a backward pass starts from one"
    return MiniFlowError(f"The graph has {ends}: sort it with topological_sort(feed, output=cost).")


def _left_over(node, graph) -> str:
    """The way out where the node may be left over: its class was replaced, or not all ends need it."""
    kind, nodes, needs = type(node), [n for n in graph if is_node(n)], {node}
    now = getattr(sys.modules.get(kind.__module__), kind.__qualname__, kind)  # a cell may define it anew
    for n in nodes:
        if not needs.isdisjoint(n.inbound_nodes):
            needs.add(n)
    needs.update(*(n.inbound_nodes for n in nodes))
    name, way_out = kind.__name__, "sort with the node you want, topological_sort(feed, output=f)."
    if now is not kind and isinstance(now, type):
        return f" This {name} was built before its class was defined again: build it again and {way_out}"
    if any(n.inbound_nodes and n not in needs for n in nodes):
        return f" If this {name} is left over from an earlier cell, it is in the way: {way_out}"
    return ""


def explained(error: Exception, node, graph, direction: str) -> Exception:
    """The sentence for what went wrong when `node` ran, or the error itself when it is the learner's own."""
    if not is_node(node):
        return no_node(node)
    found = _explained(error, node, graph, direction)
    left_over = _left_over(node, graph)
    if isinstance(found, MiniFlowError):
        found.args = (f"{found}{left_over * ('output=' not in str(found))}",)
    elif left_over:
        found.add_note(left_over.strip())
    return found


def _explained(error: Exception, node, graph, direction: str) -> Exception:
    if isinstance(error, (MiniFlowError, NotImplementedError)):
        return error
    for inbound in node.inbound_nodes:
        if inbound.value is None:
            ran = graph[: [n is node for n in graph].index(True)]
            if not is_input(inbound) and any(n is inbound for n in ran):
                return no_value(inbound)
            return MiniFlowError(f"{called(node)} ran before {called(inbound)} had a value: {_ORDER}.")
    for name, value in [(called(n), n.value) for n in node.inbound_nodes]:
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "biufc":
            odd = f"{name}, whose value is {what(value)}: set self.value = np.asarray(..., dtype=float)"
            return MiniFlowError(f"{called(node)} cannot work with {odd}.")
    if direction == "backward" and (wrong := first_wrong(node)):
        return wrong
    shapes = ", ".join(f"{called(n)} {np.shape(n.value)}" for n in node.inbound_nodes)
    if isinstance(error, MemoryError):
        return MiniFlowError(f"{called(node)} finds no room in memory: check the shapes, {shapes}.")
    hint = _SHAPE_HINTS.get(type(node))
    if hint and not isinstance(error, (ArithmeticError, Warning)):  # those are an overflow's
        return MiniFlowError(f"{called(node)} cannot work with these shapes, {shapes}: {hint}.")
    error.add_note(f"(in {direction}() of {called(node)}, whose inputs have the shapes: {shapes})")
    return error


# --- the training ----------------------------------------------------------------------------------------


def check_update(trainables) -> None:
    for node in errors.check_list_of_nodes("What sgd_update takes", trainables):
        if not is_input(node):
            raise MiniFlowError(f"Only Inputs are trained, and {called(node)} is an op.")
        if node not in node.gradients:
            raise MiniFlowError(f"{called(node)} has no gradient: run forward_and_backward first.")
        errors.as_array(node.value, node)
        if not isinstance(node.value, (np.ndarray, np.generic)):
            raise MiniFlowError(f"{called(node)} was set by hand to {what(node.value)}: run the passes.")
        check_gradient(node)


def check_gradient(node, any_shape: bool = False) -> None:
    """Raises what is wrong with the gradient of an Input, in the name of the consumer that it comes from."""
    if wrong := first_wrong(node, any_shape) or wrong_gradient(node, node, any_shape):
        raise wrong


def check_batches(m, batch_size, rng) -> None:
    errors.check_count("m", m, 0, 1e7)  # the order of more would take minutes and the memory
    errors.check_count("batch_size", batch_size, 1)
    if not isinstance(rng, np.random.Generator):
        raise MiniFlowError(f"rng is a source of random numbers, np.random.default_rng(0), not {what(rng)}.")


def check_training(graph, feeds, trainables) -> dict:
    """{Input: its rows as an array of floats}, all of the same number of rows."""
    if not isinstance(feeds, Mapping) or not feeds:
        found = "an empty one" if isinstance(feeds, Mapping) else what(feeds)
        raise MiniFlowError(f"train takes the data as a dict, {{X: X_train, y: y_train}}, not {found}.")
    check_parts(graph, feeds, trainables)
    arrays = {node: errors.as_array(rows, node) for node, rows in feeds.items()}
    lengths = {len(rows) if rows.ndim else 0 for rows in arrays.values()}
    if len(lengths) > 1 or 0 in lengths:
        shown = ", ".join(f"{called(node)} {rows.shape}" for node, rows in arrays.items())
        raise MiniFlowError(f"The data must have a row for each example, the same number in each: {shown}.")
    return arrays


def check_parts(graph, data, trainables) -> None:
    """Raises where one of these is no Input of the graph, or is both."""
    check_nodes(graph)
    errors.check_list_of_nodes("trainables", trainables)
    in_graph = set(graph)
    for node in (*data, *trainables):
        if node not in in_graph:
            raise MiniFlowError(f"The graph to be trained lacks {what(node)}: sort it with that in its feed.")
        if not is_input(node):
            raise MiniFlowError(f"{called(node)} is an op, and only Inputs are fed and trained.")
        if node in data and node in trainables:
            raise MiniFlowError(f"{called(node)} is both data and trainable: feed rows, train weights.")


def check_settings(learning_rate, epochs, batch_size, seed, l2, on_epoch, progress) -> None:
    errors.check_number("The learning rate", learning_rate, 0)
    for name, count, low in ("epochs", epochs, 0), ("batch_size", batch_size, 1), ("seed", seed, 0):
        errors.check_count(name, count, low)
    errors.check_number("l2", l2, 0)
    for given, name, call in (on_epoch, "on_epoch", "epoch, cost"), (progress, "progress", "epoch"):
        if given is not None:
            errors.check_function(name, given, f"{name}({call})")


_ORDER = "run the nodes in the order of topological_sort"
_SHAPE_HINTS = {
    **dict.fromkeys((ops.Add, ops.Mul, ops.Sigmoid), "the shapes must be equal or stretch to one another"),
    ops.Linear: "in X @ W the last number of X must be W's first; b needs one number for each column of W",
    ops.MSE: "the target y and the prediction a need one number each for the same things, (m,) or (m, 1)",
}
