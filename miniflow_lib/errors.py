"""The exception that has a sentence, and what can be said of an argument before anything runs."""

import math
import os
import re
from collections.abc import Mapping
from numbers import Number
from traceback import extract_tb

import numpy as np

FLOAT = np.dtype(float)
OURS = [os.path.dirname(__file__) + os.sep]  # whose lines no error shows; the classroom adds its folder


class MiniFlowError(ValueError):
    """A mistake that has a sentence. Jupyter shows the sentence and the learner's own line, not our stack."""

    def _render_traceback_(self) -> list[str]:
        frames = [f for f in extract_tb(self.__traceback__) if not f.filename.startswith(tuple(OURS))]
        own_lines = [f"In line {frame.lineno}: {frame.line}" for frame in frames if frame.line]
        return [*own_lines[-1:], f"{type(self).__name__}: {self}"]


def is_node(thing) -> bool:
    return hasattr(thing, "outbound_nodes") and not isinstance(thing, type)


def is_input(thing) -> bool:
    """Whether it is a node that is fed: `fed` is True, or its class or one above it is called so."""
    if not is_node(thing) or thing.inbound_nodes:
        return False
    names = {kind.__name__ for kind in type(thing).__mro__}
    return getattr(thing, "fed", False) is True or not names.isdisjoint({"Input", "MyInput"})


def called(node) -> str:
    """The name of a node in a sentence: its class's, where `name` is a method of the learner's own."""
    name = getattr(node, "name", None)
    return type(node).__name__ if name is None or callable(name) else str(name)


def what(thing) -> str:
    """A thing in a few words, for a sentence."""
    if thing is None:
        return "None"
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if is_node(thing):
        return f"the node {called(thing)}"
    if isinstance(thing, np.ndarray):
        return f"an array of shape {thing.shape} and kind {thing.dtype}"
    try:
        shown = repr(thing) if isinstance(thing, (str, int, float, complex)) else ""
    except ValueError:  # Python does not write out a whole number of several thousand digits
        shown = "a huge number"
    shown = shown if len(shown) <= 30 else shown[:27] + "..."
    return f"{shown}{', ' * bool(shown)}{a_kind(thing)}"


def a_kind(thing) -> str:
    """The name of its class with its article, by the sound: an Add, a Mul, an MSE, a uint8."""
    kind = type(thing).__name__
    # what is spelled letter by letter, as MSE is, or begins with the sound of a vowel
    vowel = re.match("[AEFHILMNORSX]([^a-z]|$)|(?i:_*([ai]|e(?!u)|o(?!ne)|u(?!int|ni|se)))", kind)
    return f"a{'n' * bool(vowel)} {kind}"


# --- values ----------------------------------------------------------------------------------------------


def as_array(value, node) -> np.ndarray:
    """value as an array of floats of its own; raises what is wrong with it as a value of `node`."""
    if value is None:
        raise MiniFlowError(f"The Input {called(node)} has no value: feed it, {{{called(node)}: ...}}.")
    return check_array(f"The Input {called(node)}", value)


def check_array(name: str, value) -> np.ndarray:
    """value as an array of floats of its own; raises what is wrong with it. `name` begins the sentence."""
    if hasattr(value, "toarray"):
        raise MiniFlowError(f"{name} was given {what(value)}, which leaves out zeros: give it .toarray().")
    try:
        array = plain(value)
    except OverflowError:
        raise MiniFlowError(f"{name} was given a whole number that is too large for a float.") from None
    except ValueError:
        raise MiniFlowError(f"{name} was given rows of different lengths: all need the same.") from None
    if np.ma.is_masked(value):
        raise MiniFlowError(f"{name} was given a masked array: fill in what is missing, or drop those rows.")
    _check_each(name, value, array)
    if array.dtype.kind not in "biuf" or not array.size:
        raise MiniFlowError(f"{name} was given {what(value)}: give it numbers, at least one.")
    return np.array(array, dtype=FLOAT)


def _check_each(name: str, value, array: np.ndarray) -> None:
    """Raises where one thing among many is no number, or is missing; names the column of a table."""
    labels, dtypes, odd = [getattr(value, "name", None)], [getattr(value, "dtype", None)], []
    if is_table := hasattr(value, "columns") and hasattr(value, "dtypes"):
        labels, dtypes = list(value.columns), list(value.dtypes)
    if array.ndim and (array.dtype.kind in "OUS" or (is_table and array.dtype.kind not in "biuf")):
        odd = [(i, one) for i, one in enumerate(array.ravel().tolist()) if not _is_real(type(one))]
    elif array.size and hasattr(value, "isna"):  # pandas hands over as nan what its own dtypes miss
        missing = np.asarray(value.isna()).reshape(-1, len(labels)).any(axis=0)
        odd = [(i, None) for i, dtype in enumerate(dtypes) if missing[i] and not isinstance(dtype, np.dtype)]
    for place, one in odd[:1]:
        label = labels[place % len(labels)]
        found, way_out = what(one), "make numbers of it, or leave it out"
        if one is None or type(one).__name__ in ("NAType", "NaTType"):
            found, way_out = "a missing value", "fill in what is missing, or drop those rows"
        holds = "that holds" if label is None else f"whose column {label!r} holds"
        raise MiniFlowError(f"{name} was given {what(value)} {holds} {found}: {way_out}.")


def plain(value) -> np.ndarray:
    """value as numpy has it; objects that are all numbers, such as bools beside floats, as floats."""
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.size and all(map(_is_real, set(map(type, array.flat)))):
        array = array.astype(FLOAT)
    return array


def _is_real(kind: type) -> bool:
    """Whether things of this class are real numbers: a bool and a Decimal are, too."""
    no = (complex, np.complexfloating, np.timedelta64)
    return issubclass(kind, (Number, np.bool_)) and not issubclass(kind, no)


def numbers(value) -> np.ndarray | None:
    """value as an array of numbers; None where it is something else."""
    try:
        array = plain(value)
    except (ValueError, OverflowError):  # rows of different lengths; a whole number too large for a float
        return None
    return array if array.dtype.kind in "biuf" else None


def in_shape_of(a, y):
    """y as an array that meets `a` element by element, (m,) as (m, 1), say; never an outer difference."""
    if y.shape == a.shape:
        return y
    if a.shape != (*y.shape, 1):  # the most common: prices (m,) beside predictions (m, 1)
        short, long = sorted((y.shape, a.shape), key=len)
        ones = (1,) * (len(long) - len(short))
        if long not in (short + ones, ones + short):
            raise ValueError("shapes")
    return y.reshape(a.shape)


def check_bias(b: np.ndarray, W: np.ndarray) -> None:
    """For a b that is not (k,): raises unless it is (1, k), or one number for one neuron."""
    one_number = b.size == 1 == math.prod(W.shape[1:])
    if W.ndim > 2 or (b.shape != (1, *W.shape[1:]) and not (one_number and b.ndim <= W.ndim)):
        raise ValueError("shapes")


# --- nodes -----------------------------------------------------------------------------------------------


def check_name(name) -> str:
    if not isinstance(name, str):
        raise MiniFlowError(f"Input takes a name, not {what(name)}: x = Input('x'), and feed x its value.")
    return name


def check_some(op, inputs: tuple) -> tuple:
    if not inputs:
        raise MiniFlowError(f"{type(op).__name__} needs at least one node to work on, as in Add(x, y).")
    return inputs


def check_inbound_nodes(op, nodes) -> tuple:
    """The inbound nodes of an op as a tuple, each of them a node."""
    kind = type(op).__name__
    if isinstance(nodes, (str, Mapping)) or not np.iterable(nodes):
        raise MiniFlowError(f"{kind} takes a list of nodes, Node.__init__(self, [x]), not {what(nodes)}.")
    return tuple(check_node(node, f"Input number {i} of {kind} is") for i, node in enumerate(nodes, 1))


def check_node(thing, begins: str):
    """The thing, when it is a node; `begins` is how the sentence begins that says what it is."""
    if not is_node(thing):
        raise MiniFlowError(f"{begins} {what(thing)}, not a node: {_as_node(thing)}.")
    return thing


def _as_node(thing) -> str:
    if isinstance(thing, str):
        return "give the node itself, x, and not its name"
    if isinstance(thing, type):
        return f"call the class, {thing.__name__}(...), to make a node of it"
    if isinstance(thing, (list, tuple)):
        return "give the nodes one by one, Add(x, y) and not Add([x, y]); an array goes into an Input"
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        kind, base = type(thing).__name__, type(thing).__base__
        call = f"first call {base.__name__}.__init__(self, ...)"
        return f"{kind}.__init__ must {'set self.outbound_nodes = []' if base is object else call}"
    return "make an Input for it, c = Input('c'), and feed it its value, topological_sort({c: ...})"


def check_list_of_nodes(name: str, value) -> list:
    if not isinstance(value, (list, tuple)):
        raise MiniFlowError(f"{name} is a list of nodes, [x, f], not {what(value)}.")
    return [check_node(node, f"{name} is a list of nodes, and in it is") for node in value]


def wrong_gradient(node, inbound, any_shape: bool = False) -> MiniFlowError | None:
    """What is wrong with the gradient that `node` has for one of its inbound nodes; None where nothing is."""
    gradients, want = node.gradients, np.shape(inbound.value)
    if not isinstance(gradients, Mapping):
        wrong = f"self.gradients to {what(gradients)}: it is a dict, {{node: its gradient}}"
    elif inbound not in gradients:
        wrong = f"no gradient for {called(inbound)}: self.gradients needs an entry for every inbound node"
    elif (gradient := numbers(gradients[inbound])) is None:
        wrong = f"{what(gradients[inbound])} as the gradient for {called(inbound)}: give a number or an array"
    elif gradient.shape != want and not any_shape:
        wrong = f"a gradient of shape {gradient.shape} for {called(inbound)}, not that of its value, {want}"
    else:
        return None
    return MiniFlowError(f"{type(node).__name__}.backward() set {wrong}.")


def first_wrong(node, any_shape: bool = False) -> MiniFlowError | None:
    """What is wrong with the first wrong gradient that a node gets from a consumer, or None."""
    return next(filter(None, (wrong_gradient(out, node, any_shape) for out in consumers(node))), None)


def consumers(node) -> list:
    """Those of its outbound nodes that took part in the same backward pass."""
    return [out for out in node.outbound_nodes if mark(out) is mark(node)]


def mark(node):
    """The backward pass that a node took part in; a learner's own may have none yet."""
    return getattr(node, "run", None)


# --- other arguments -------------------------------------------------------------------------------------


def check_number(name: str, value, low: float = -math.inf, high: float = math.inf) -> float:
    """value as a float, when it is a finite number from `low` to `high`."""
    # a whole number may be too large for a float, and `numbers` then says None
    if not is_real(value) or numbers(value) is None or not (math.isfinite(value) and low <= value <= high):
        raise MiniFlowError(f"{name} is a number{_range(low, high)}, not {what(value)}.")
    return float(value)


def check_count(name: str, value, low: int = 0, high: float = math.inf) -> int:
    """value as an int, when it is a whole number from `low` to `high`."""
    if not is_real(value) or isinstance(value, (float, np.floating)) or not low <= value <= high:
        raise MiniFlowError(f"{name} is a whole number{_range(low, high)}, not {what(value)}.")
    return int(value)


def is_real(value) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return "" if math.isinf(low) else f" of {low:g} or more"
    return f" from {low:g} to {high:g}"


def check_flag(name: str, value) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise MiniFlowError(f"{name} is True or False, not {what(value)}.")
    return bool(value)


def check_function(name: str, value, call: str):
    """The value, when it can be called; `call` shows how it will be."""
    if not callable(value):
        raise MiniFlowError(f"{name} is a function, which is called as {call}, not {what(value)}.")
    return value
