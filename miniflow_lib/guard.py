"""What keeps the numbers right where a learner writes: ops of their own, and walks by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from .errors import MiniFlowError, called, is_input, wrong_gradient

# --- an op keeps its hands off what others read ----------------------------------------------------------


def guard(cls: type) -> None:
    """See to it that a class that is not ours changes no array that others read.

    Its forward and backward put back what they changed of others, and raise where that was a value. What they
    hand on are copies. (A method that is put on the class later, cls.backward = ..., is not seen.)
    """
    if _is_ours(cls):
        return
    for name in ("forward", "backward"):  # they may come from a class beside Node
        method = getattr(cls, name)
        if not _is_ours(method) and not hasattr(method, "guarded"):
            setattr(cls, name, _guarded(method, name))
    cls.gradients = property(lambda node: vars(node).get("gradients"), _set_gradients)


def _is_ours(thing) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(f"{__package__}.")


class _Gradients(dict):
    """What a learner's op hands on: {a: g}, then g *= -1, then [b] = g gives a and b what each was given."""

    def __setitem__(self, node, gradient) -> None:
        super().__setitem__(node, _copied(gradient))


def _set_gradients(node, gradients) -> None:
    if isinstance(gradients, dict):
        gradients = _Gradients({inbound: _copied(gradient) for inbound, gradient in gradients.items()})
    vars(node)["gradients"] = gradients


def _guarded(function: Callable, name: str) -> Callable:
    @wraps(function)
    def method(self, *given, **named):
        read, told = list(getattr(self, "inbound_nodes", ())), []
        if name == "backward":
            run = join(self)
            read.append(self)
            said = [node.gradients for node in self.outbound_nodes if node._run is run]
            told = [gradients.get(self) for gradients in said if isinstance(gradients, dict)]
        arrays = [node.value for node in read] + told
        copies = [_copied(array) for array in arrays]
        try:
            result = function(self, *given, **named)
            if name == "backward":
                self.gradients = self.gradients  # copied once more: += changes what lies in it
            elif read:  # what it hands on may be its input's array, or one that it keeps
                self.value = _copied(self.value)
        finally:
            changed = [_put_back(array, copy) for array, copy in zip(arrays, copies)]
            for place, node in enumerate(read):
                changed[place] |= node.value is not arrays[place]
                node.value = arrays[place]
        for node in self.inbound_nodes if name == "backward" else ():
            if node.inbound_nodes and (wrong := wrong_gradient(self, node)):
                raise wrong  # an op would stretch it to its own shape; an Input's is looked at in the update
        for node, is_changed in zip(read, changed):
            if is_changed:
                raise MiniFlowError(
                    f"{type(self).__name__}.{name}() changes the value of {called(node)}, which others read "
                    "too: make a new array, z = z - ..., in the place of z -= ... or z[...] = ..."
                )
        return result

    method.guarded = True
    return method


def _copied(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _put_back(array, copy) -> bool:
    """Whether there were other numbers in the array."""
    if not isinstance(array, np.ndarray) or (array.shape == copy.shape and array.tobytes() == copy.tobytes()):
        return False
    if array.shape != copy.shape:
        array.resize(copy.shape, refcheck=False)
    array[...] = copy
    return True


# --- backward passes -------------------------------------------------------------------------------------


class Run:
    """One backward pass. The nodes that take part in it share one of these, and so know each other."""

    over = True  # of a node that took part in none yet

    def start(self, node):
        """d cost / d node for a node that nobody in this run consumes."""
        return np.float64(1.0)


class WalkByHand(Run):
    """A backward pass that a program walks itself, node.backward() by node.backward().

    Nobody says when it begins and which nodes take part: it begins with a node that nobody in it consumes.
    """

    now: WalkByHand | None = None  # the newest

    def __init__(self, cost):  # over from the start: each backward() asks anew, for the next may have begun
        self.cost = cost

    def start(self, node):
        return np.float64(1.0) if node is self.cost else np.zeros(np.shape(node.value))


def join(node) -> Run:
    """The run of a node whose backward() is called: the pass that is under way, else a walk by hand."""
    if node._run.over:
        consumers = [out for out in node.outbound_nodes if isinstance(out._run, WalkByHand)]
        for other in consumers:
            if other._run is not WalkByHand.now:
                raise MiniFlowError(
                    f"{called(node)} also feeds {called(other)}, which an earlier walk by hand went through, "
                    "or which is a second end: use backward_pass(list), or build the graph on new Inputs."
                )
        if not consumers and not (is_input(node) and WalkByHand.now):
            WalkByHand.now = WalkByHand(node)
        node._run = WalkByHand.now
    return node._run
