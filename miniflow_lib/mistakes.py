"""The engine's own sentences: what a learner got wrong, in which node, and what to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import dropwhile

import numpy as np

from . import errors, ops
from .errors import MiniFlowError, is_input, is_node, numbers, what

LEFTOVERS = 1000  # nodes of earlier graphs that one node may feed: more are built in a loop
ANY = object()  # "whichever node": None is what a learner may give by mistake


# --- the sort --------------------------------------------------------------------------------------------


def check_feed(feed_dict, output) -> dict:
    """{Input: its value as an array of floats}"""
    if not isinstance(feed_dict, Mapping):
        raise MiniFlowError(f"topological_sort takes a dict {{Input: value}}, not {what(feed_dict)}.")
    if not feed_dict and output is None:
        raise MiniFlowError("The feed is empty, so there is nothing to sort: topological_sort({x: 4, y: 5}).")
    if output is not None:
        errors.check_node(output, "output= takes the node you want to know, and was given")
    for key in feed_dict:
        if not is_input(errors.check_node(key, "Only Inputs are fed, {x: 4}, and a key of the feed is")):
            raise MiniFlowError(f"{key.name} works out its own value, and only Inputs are fed.")
    return {node: errors.as_array(value, node) for node, value in feed_dict.items()}


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
    shown = circle if len(circle) <= 6 else [*circle[:3], "...", *circle[-2:]]
    return MiniFlowError(
        f"The graph has a cycle, {' -> '.join([*shown, circle[0]])}: each waits for the other, so none can "
        "run. Build it again from new nodes, each made from nodes that were there before it."
    )


def check_leftovers(node, consumers: Sequence, in_sort) -> None:
    """Raises where a graph was built on this node, run and left, again and again.

    Such leftovers are older than the newest consumer in the sort: the younger ones are the rest of its graph.
    """
    older = dropwhile(lambda out: out not in in_sort, reversed(consumers))
    count = sum(out not in in_sort and out.value is not None for out in older)
    if count > LEFTOVERS:
        raise MiniFlowError(
            f"{node.name} still feeds {count:,} nodes of earlier graphs, so memory and time grow with every "
            "graph that is built on it: build the graph once, before the loop, and in the loop only set the "
            "values of its Inputs."
        )


# --- the passes ------------------------------------------------------------------------------------------


def check_sorted(graph, output=ANY) -> Sequence:
    """The list itself, when it is one that a pass can run over and `output` is in it."""
    if type(graph) is list and graph and (output is ANY or graph[-1] is output):
        return graph
    if isinstance(graph, (str, bytes)) or not isinstance(graph, Sequence):
        raise MiniFlowError(f"A pass runs over the list that topological_sort gave, not over {what(graph)}.")
    if not graph:
        raise MiniFlowError("The list of nodes is empty: sort a graph first, topological_sort({x: 4}).")
    if output is not ANY and not any(node is output for node in graph):
        if isinstance(output, Sequence):
            raise MiniFlowError("forward_pass takes the node first, then the list: forward_pass(f, graph).")
        name = getattr(output, "name", what(output))
        raise MiniFlowError(f"{name} is not in the sorted list: topological_sort(feed, output={name}).")
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
    if cost.value is None:
        raise MiniFlowError(f"{cost.name} has no value yet: run the forward pass before the backward pass.")
    value = numbers(cost.value)
    if value is None or value.size != 1:
        found = what(cost.value) if value is None else f"an array of shape {value.shape}"
        raise MiniFlowError(
            f"A backward pass starts from a single number, and the value of {cost.name}, the last node, is "
            f"{found}: end the graph in a cost, such as MSE(y, {cost.name})."
        )
    if not np.isfinite(value).all():
        raise MiniFlowError(f"The cost {cost.name} is {value.item()}: {_first_not_finite(cost, graph)}.")


def _first_not_finite(cost, graph) -> str:
    smaller = "try a smaller learning rate and new start weights"
    for node in graph:
        value = numbers(node.value)
        if node is cost or value is None or np.isfinite(value).all():
            continue
        if node.inbound_nodes:
            return f"{node.name} was the first to leave the numbers; {smaller}"
        return f"{node.name} is not finite itself; if it is data, clean it; if it is a weight, {smaller}"
    return f"the numbers grew too large; {smaller}"


def no_value(node) -> MiniFlowError:
    kind = type(node).__name__
    return MiniFlowError(f"{kind}.forward() ran and left {node.name} without a value: set self.value in it.")


def two_ends(node, cost, graph) -> MiniFlowError:
    in_graph, seen = set(graph), set()
    for other in graph:
        seen.add(other)
        late = next((n for n in other.inbound_nodes if n in in_graph and n not in seen), None)
        if late is not None:
            return MiniFlowError(f"{other.name} comes before {late.name}, which feeds it: {_ORDER}.")
    return MiniFlowError(
        f"The graph has two ends, {node.name} and {cost.name}, and a backward pass starts from one: if one "
        "of them is left over from an earlier cell, sort again with the cost you mean, "
        "topological_sort(feed, output=cost)."
    )


def explained(error: Exception, node, graph, direction: str) -> Exception:
    """The sentence for what went wrong when `node` ran, or the error itself when it is the learner's own."""
    if isinstance(error, (MiniFlowError, NotImplementedError)):
        return error
    if not is_node(node):
        return no_node(node)
    for inbound in node.inbound_nodes:
        if inbound.value is None:
            ran = graph[: [n is node for n in graph].index(True)]
            if not is_input(inbound) and any(n is inbound for n in ran):
                return no_value(inbound)
            return MiniFlowError(f"{node.name} ran before {inbound.name} had a value: {_ORDER}.")
    hint = _SHAPE_HINTS.get(type(node))
    ours = hint is not None
    kinds = "fc" if ours and not isinstance(error, ValueError) else "biufc"  # a ValueError is about shapes
    for inbound in node.inbound_nodes:
        is_array = isinstance(inbound.value, (np.ndarray, np.generic))
        if not is_array or inbound.value.dtype.kind not in kinds:
            way_out = "floats, self.value = np.asarray(..., dtype=float)" if is_array else _AS_NUMPY
            odd = f"{inbound.name}, whose value is {what(inbound.value)}"
            return MiniFlowError(f"{node.name} cannot work with {odd}: make it {way_out}.")
    if direction == "backward":
        for consumer in node.outbound_nodes:
            wrong = wrong_gradient(consumer, node) if consumer.run is node.run else None
            if wrong:
                return wrong
    shapes = ", ".join(f"{n.name} {np.shape(n.value)}" for n in node.inbound_nodes)
    if isinstance(error, MemoryError):
        return MiniFlowError(f"{node.name} finds no room in memory: are the shapes {shapes} what you meant?")
    if ours and not isinstance(error, (ArithmeticError, Warning)):  # those are an overflow's
        return MiniFlowError(f"{node.name} cannot work with these shapes, {shapes}: {hint}.")
    error.add_note(f"(in {direction}() of {node.name}, whose inputs have the shapes: {shapes})")
    return error


def wrong_gradient(node, inbound, any_shape: bool = False) -> MiniFlowError | None:
    """What is wrong with the gradient that `node` has for one of its inbound nodes; None where nothing is."""
    gradients, want = node.gradients, np.shape(inbound.value)
    if not isinstance(gradients, Mapping):
        wrong = f"self.gradients to {what(gradients)}: it is a dict, {{node: its gradient}}"
    elif inbound not in gradients:
        wrong = f"no gradient for {inbound.name}: self.gradients needs an entry for every inbound node"
    elif (gradient := numbers(gradients[inbound])) is None:
        wrong = f"{what(gradients[inbound])} as the gradient for {inbound.name}: give it a number or an array"
    elif gradient.shape != want and not any_shape:
        wrong = f"a gradient of shape {gradient.shape} for {inbound.name}, not the shape of its value, {want}"
    else:
        return None
    return MiniFlowError(f"{type(node).__name__}.backward() set {wrong}.")


# --- the training ----------------------------------------------------------------------------------------


def check_update(trainables) -> None:
    for node in errors.check_list_of_nodes("What sgd_update takes", trainables):
        if node not in node.gradients:
            kind = "an Input" if is_input(node) else f"a {type(node).__name__}, and only Inputs are trained"
            raise MiniFlowError(f"{node.name} has no gradient ({kind}): run forward_and_backward first.")
        errors.as_array(node.value, node)
        if not isinstance(node.value, (np.ndarray, np.generic)):
            raise MiniFlowError(f"{node.name} was set by hand, {what(node.value)}: run both passes first.")
        check_gradient(node)


def check_gradient(node, any_shape: bool = False) -> None:
    """Raises what is wrong with the gradient of an Input, in the name of the consumer that it comes from."""
    for consumer in (*node.outbound_nodes, node):
        wrong = wrong_gradient(consumer, node, any_shape) if consumer.run is node.run else None
        if wrong:
            raise wrong


def check_batches(m, batch_size, rng) -> None:
    errors.check_count("m", m, 0, 1e7)  # the order of more would take minutes and the memory
    errors.check_count("batch_size", batch_size, 1)
    if not isinstance(rng, np.random.Generator):
        raise MiniFlowError(f"rng is a source of random numbers, np.random.default_rng(0), not {what(rng)}.")


def check_training(graph, feeds, trainables) -> dict:
    """{Input: its rows as an array of floats}, all of the same number of rows."""
    check_nodes(graph)
    if not isinstance(feeds, Mapping) or not feeds:
        raise MiniFlowError(f"train takes the data as a dict, {{X: X_train, y: y_train}}, not {what(feeds)}.")
    errors.check_list_of_nodes("trainables", trainables)
    in_graph = set(graph)
    for node in (*feeds, *trainables):
        if node not in in_graph:
            name = node.name if is_node(node) else what(node)
            raise MiniFlowError(f"{name} is not in the graph to be trained: sort it with {name} in its feed.")
        if node in feeds and node in trainables:
            raise MiniFlowError(f"{node.name} is both data and trainable: feed the rows, train the weights.")
    arrays = {node: errors.as_array(rows, node) for node, rows in feeds.items()}
    lengths = {len(rows) if rows.ndim else 0 for rows in arrays.values()}
    if len(lengths) > 1 or 0 in lengths:
        shown = ", ".join(f"{node.name} {rows.shape}" for node, rows in arrays.items())
        raise MiniFlowError(f"The data must have a row for each example, the same number in each: {shown}.")
    return arrays


def check_settings(learning_rate, epochs, batch_size, seed, l2, on_epoch, progress) -> None:
    errors.check_number("The learning rate", learning_rate, 0)
    errors.check_count("epochs", epochs)
    errors.check_count("batch_size", batch_size, 1)
    errors.check_count("seed", seed)
    errors.check_number("l2", l2, 0)
    for given, name, call in (on_epoch, "on_epoch", "epoch, cost"), (progress, "progress", "epoch"):
        if given is not None:
            errors.check_function(name, given, f"{name}({call})")


_ORDER = "run the nodes in the order of topological_sort"
_AS_NUMPY = "a numpy array or number (np.tanh and not math.tanh, np.array(rows) and not rows)"
_SHAPE_HINTS = {
    **dict.fromkeys((ops.Add, ops.Mul, ops.Sigmoid), "the shapes must be equal or stretch to one another"),
    ops.Linear: "in X @ W + b the last number of X must be the first of W, and b needs one number for each "
    "column of W",
    ops.MSE: "the target y and the prediction a need one number each for the same things, (m,) or (m, 1)",
}
