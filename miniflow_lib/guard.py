"""What keeps the numbers right where a learner writes: ops of their own, and walks by hand."""

from collections import defaultdict
from collections.abc import Callable, MutableMapping
from functools import reduce, wraps
from threading import local
from types import MappingProxyType

import numpy as np

from .errors import MiniFlowError, called, consumers, first_wrong, is_input, mark, numbers, wrong_gradient

# --- an op keeps its hands off what others read ----------------------------------------------------------


def guard(cls: type) -> None:
    """See to it that a class that is not ours changes no array that others read.

    Its forward and backward undo what they changed of others, and raise if it was a value. What they
    hand on are copies. (A method that is put on the class later, cls.backward = ..., is not seen.)
    """
    if _is_ours(cls):
        return
    if callable(vars(cls).get("run")):
        raise MiniFlowError(f"A node's run marks its backward pass: {cls.__name__}.run needs another name.")
    for name in ("forward", "backward"):  # they may come from a second base class
        method = next(vars(kind)[name] for kind in cls.__mro__ if name in vars(kind))
        if not _is_ours(method) and not hasattr(method, "guarded"):
            setattr(cls, name, _guarded(method, name))
    if not hasattr(cls, "gradients"):  # a class may have its own
        cls.gradients = property(lambda node: vars(node).get("gradients"), _set_gradients)


def _is_ours(thing) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(f"{__package__}.")


class _Gradients(defaultdict):
    """What a learner's op hands on, copied when it is set: {a: g}, then g *= -1, then [b] = g keeps a's.

    An array of zeros may be filled after it was set; `source`, the dict that was given, may be, too.
    """

    def __init__(self, factory: Callable | None = None, source: dict = MappingProxyType({})):
        super().__init__(factory)
        self.source, self.seen, self.given = source, dict(source), {}
        self.update(source)

    __repr__ = dict.__repr__

    def __setitem__(self, node, gradient) -> None:
        self.given.pop(node, None)
        if isinstance(gradient, np.ndarray):
            for other, (array, then) in list(self.given.items()):
                if np.shares_memory(array, gradient) and np.any(then) and not _same(array, then):
                    del self.given[other]  # the array is another's now
            self.given[node] = gradient, gradient.copy()
        super().__setitem__(node, _own_array(gradient, list, tuple))  # + would join two lists

    update = MutableMapping.update  # a dict's own goes past __setitem__

    def setdefault(self, node, default=None):
        if node not in self:
            self[node] = default
        return self[node]

    def settle(self, op) -> None:
        """At the end of the op's backward: take what was filled since it was set, and keep nobody's array."""
        self.update({n: gradient for n, gradient in self.source.items() if gradient is not self.seen.get(n)})
        for node, (array, then) in self.given.items():
            if not _same(array, then):
                if np.any(then):
                    changed = f"{type(op).__name__}.backward() changes the gradient for {called(node)}"
                    raise MiniFlowError(f"{changed} after it was set: make a new array, g = g * ...")
                super().__setitem__(node, _own_array(array))
        for node, gradient in self.items():
            super().__setitem__(node, _copied(gradient))
        self.seen, self.given = dict(self.source), {}


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _set_gradients(node, gradients) -> None:
    if isinstance(gradients, dict) and gradients is not vars(node).get("gradients"):
        gradients = _Gradients(getattr(gradients, "default_factory", None), gradients)
    vars(node)["gradients"] = gradients


def _guarded(function: Callable, name: str) -> Callable:
    @wraps(function)
    def method(self, *given, **named):
        read, told, outbound = list(getattr(self, "inbound_nodes", ())), [], self.outbound_nodes
        if name == "backward":
            join(self)
            read.append(self)
            # classic programs ask all of them: those of earlier graphs must not count
            self.outbound_nodes = consumers(self)
            told = [out.gradients.get(self) for out in self.outbound_nodes if isinstance(out.gradients, dict)]
        arrays = [node.value for node in read] + told
        copies = [_copied(array) for array in arrays]
        try:
            result = function.__get__(self, type(self))(*given, **named)
            if name == "backward":
                if isinstance(self.gradients, _Gradients):
                    self.gradients.settle(self)
            else:  # what it hands on may be its input's array, or one that it keeps
                self.value = _own_array(self.value)
        finally:
            self.outbound_nodes = outbound
            changed = [_put_back(array, copy) for array, copy in zip(arrays, copies)]
            for place, node in enumerate(read):
                if (now := node.value) is not arrays[place]:
                    changed[place] |= not np.array_equal(now, copies[place])
                    node.value = arrays[place]
        if name == "backward":
            _check_gradients(self)
        for node in [node for node, is_changed in zip(read, changed) if is_changed]:
            wrong = f"{type(self).__name__}.{name}() changes the value of {called(node)}"
            way_out = "make a new array, z = z - ..., instead of z -= ... or z[...] = ..."
            raise MiniFlowError(f"{wrong}, which others read too: {way_out}")
        return result

    method.guarded = True
    return method


def _check_gradients(op) -> None:
    """Raises what is wrong with what an op hands on. (An Input's shape is looked at in the update.)"""
    for node in sorted(op.inbound_nodes, key=is_input):
        if wrong := wrong_gradient(op, node, any_shape=is_input(node)):
            raise wrong
    for node in op.gradients if isinstance(op.gradients, dict) else ():
        if node is not op and node not in op.inbound_nodes:
            wrong = f"{type(op).__name__}.backward() set a gradient for {called(node)}"
            raise MiniFlowError(f"{wrong}, which does not feed it: name it in Node.__init__(self, [...]).")


def _copied(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _own_array(value, *also: type):
    """A copy, as floats: small whole numbers wrap round, and bools have no minus."""
    array = numbers(value) if isinstance(value, (np.ndarray, np.generic, *also)) else None
    return _copied(value) if array is None else array.astype(float)[()]


def _put_back(array, copy) -> bool:
    """Whether there were other numbers in the array."""
    if not isinstance(array, np.ndarray) or _same(array, copy):
        return False
    if array.shape != copy.shape:
        array.resize(copy.shape, refcheck=False)
    array[...] = copy
    return True


# --- backward passes -------------------------------------------------------------------------------------


def added(total, grad, node):
    """total + grad; raises where their shapes differ, for numpy would stretch one."""
    if np.shape(total) != np.shape(grad):
        raise first_wrong(node)
    return np.add(total, grad, dtype=float)  # True + True is True


def arriving(node):
    """grad_cost() next to nodes of a learner's own engine, or in its pass: a mark may be anything."""
    if wrong := first_wrong(node, any_shape=is_input(node)):
        raise wrong
    grads = [out.gradients[node] for out in consumers(node)]
    run = node.run if isinstance(node.run, Run) else Run()
    return reduce(lambda total, grad: added(total, grad, node), grads) if grads else run.start(node)


class Run:
    """One backward pass. The nodes that take part in it share one of these, and so know each other."""

    over, cost = True, None  # of a node that took part in none yet

    def start(self, node):
        """d cost / d node for a node that no other in this run consumes: an Input may be fed in vain."""
        return (np.zeros if is_input(node) and node is not self.cost else np.ones)(np.shape(node.value))[()]


class WalkByHand(Run):
    """A backward pass that a program walks itself, node.backward() by node.backward().

    Nothing tells when it begins and which nodes take part: it begins with a node that nobody in it consumes,
    and is over when another begins. (So each backward() asks again.) Two things are not noticed: a node that
    is left out, and that a walk is broken off, if the next one begins inside it.
    """

    def __init__(self, cost):
        self.cost = self.last = cost


here = local()  # .walk: the walk by hand that is under way in this thread; a pass of ours ends it


def join(node) -> Run:
    """The run of a node whose backward() is called: the pass that is under way, else a walk by hand."""
    if not getattr(mark(node), "over", False):  # under way, or a learner's own
        return mark(node)
    walk = getattr(here, "walk", None)
    odd = walked = [out for out in node.outbound_nodes if isinstance(mark(out), WalkByHand)]
    begins = not walked and not (is_input(node) and walk)
    if begins:  # a consumer with a value: it ran, so its backward() should come first
        odd = [out for out in node.outbound_nodes if out.value is not None]
    elif node.run is not walk or walk.last is node or is_input(node):  # not yet in this walk, or just called
        odd = [out for out in walked if out.run is not walk]
    early = [n for n in node.inbound_nodes if mark(n) is walk and node.run is not walk and not begins]
    early += [n for n in node.inbound_nodes if not isinstance(mark(n), Run)]  # a walk marks ours alone
    for feeds, fed in [*((node, out) for out in odd), *((n, node) for n in early)]:
        walks = "a walk by hand begins with the cost, the only end, and goes back, each node once"
        way_out = "use backward_pass(list), or build the graph on new Inputs"
        raise MiniFlowError(f"{called(feeds)} feeds {called(fed)}, and {walks}: {way_out}.")
    if begins:
        here.walk = walk = WalkByHand(node)
    node.run, walk.last = walk, node
    return walk
