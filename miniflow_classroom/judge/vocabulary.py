"""The words in which the exercises say how an answer is judged: value, function, op and their mistakes."""

from __future__ import annotations

import copy
import linecache
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from traceback import walk_tb
from types import SimpleNamespace

import numpy as np

from miniflow_lib.errors import MiniFlowError, called, is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import MSE
from miniflow_lib.passes import forward_and_backward, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_classroom.gradients.check import check_gradients
from miniflow_classroom.judge.blank import returns
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.guard import Trouble, tidy

# --- comparing --------------------------------------------------------------------------------------------


def close(a: object, b: object, tolerance: float = 1e-6) -> bool:
    """Whether two answers are the same: one shape, and numbers within the tolerance (absolute + relative)."""
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        both = isinstance(a, Mapping) and isinstance(b, Mapping)
        return both and a.keys() == b.keys() and all(close(a[key], b[key], tolerance) for key in a)
    if isinstance(a, (str, bool, set, type(None))) or isinstance(b, (str, bool, set, type(None))):
        same = _plain(a) == _plain(b)
        return same if isinstance(same, bool) else False  # an array and a text: element by element
    try:
        # Without this numpy reads numbers in quotes, too.
        x, y = (np.asarray(one, dtype=float) for one in (a, b) if np.asarray(one).dtype.kind != "U")
    except (TypeError, ValueError):
        return _same_items(a, b, tolerance)
    return x.shape == y.shape and bool(np.allclose(x, y, rtol=tolerance, atol=tolerance))


def _same_items(a: object, b: object, tolerance: float) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return a is b


def _plain(thing: object) -> object:
    if isinstance(thing, np.bool_):
        return bool(thing)
    return " ".join(thing.split()).casefold() if isinstance(thing, str) else thing


def is_like(want: object, tolerance: float = 1e-6) -> Callable[[object], bool]:
    """The predicate "the answer is this": is_like(9)."""
    return lambda got: close(got, want, tolerance)


def _numbers_right(got: object, want: object) -> bool:
    try:
        return close(np.ravel(np.asarray(got, dtype=float)), np.ravel(np.asarray(want, dtype=float)))
    except (TypeError, ValueError):
        return False


def _generic(got: object, want: object, what: str) -> str:
    """What can be said of a wrong answer without telling the right one."""
    if got is None:
        return f"{what} is None."
    if isinstance(want, Mapping):
        return _generic_items(got, want, what)
    if is_node(got):
        return f"{what} is a node, the recipe. Its value is in .value once a forward pass has run."
    if callable(got):
        return f"{what} is a function or a class. Call it: the result is the answer."
    if isinstance(want, str) != isinstance(got, str):
        kind = "a text in quotes" if isinstance(want, str) else "a number, not a text"
        return f"{what} should be {kind}."
    if not isinstance(want, str) and _numbers_right(got, want):
        if np.ndim(want) == 0:
            return f"the number is right, but {what} is a list or an array of it, not the number itself."
        return f"the numbers are right, but {what} has shape {np.shape(got)}, and needs a different one."
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) != len(want):
        return f"{what} must have {len(want)} entries, and has {len(got)}."
    if _kind(got) is not _kind(want):
        return f"{what} is {with_article(got)}, and must be a different kind of thing."
    if isinstance(got, (float, np.ndarray)) and not np.all(np.isfinite(got)):
        return f"{what} has an inf or a nan in it: print the steps that lead to it."
    return f"{what} is not right yet. Work one small case by hand, and compare step by step."


def _kind(thing: object) -> type:
    numbers = (int, float, list, tuple, np.ndarray, np.generic)
    return np.ndarray if isinstance(thing, numbers) and not isinstance(thing, bool) else type(thing)


def with_article(thing: object) -> str:
    name = type(thing).__name__.replace("ndarray", "array")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _generic_items(got: object, want: Mapping, what: str) -> str:
    if not isinstance(got, Mapping):
        return f"{what} is {with_article(got)}, and it must be a dict."
    if any(map(is_node, got)):
        return 'the keys are the nodes themselves. Write their names, in quotes: {"x": ...}.'
    missing = [str(key) for key in want if key not in got]
    if missing:
        return f"{what} has no entry yet for {', '.join(missing)}."
    extra = [str(key) for key in got if key not in want]
    if extra:
        return f"{what} has an entry too many: {', '.join(extra)}."
    wrong = [str(key) for key in want if not close(got[key], want[key])]
    right = len(want) - len(wrong)
    others = f" The other {right} of {len(want)} {'is' if right == 1 else 'are'} right." if right else ""
    return f"look again at {', '.join(wrong)}.{others}"


# --- the vocabulary ---------------------------------------------------------------------------------------


def is_answer(thing: object) -> str | None:
    if isinstance(thing, type) or (callable(thing) and not is_node(thing)):
        return "that is a function or a class. Call it: the result is the answer."
    return None


def value(want: object, tolerance: float = 1e-6) -> Judge:
    """A number, text, list, array, or a dict of them. `got` is the learner's object as it is."""
    return Judge(
        look=lambda thing: thing,
        wrong=lambda got: None if close(got, want, tolerance) else _generic(got, want, "the answer"),
        form=is_answer,
    )


def shape(*want: int) -> Judge:
    """A shape as a tuple, shape(11, 10); an array of that shape is as good. `got` is a tuple."""

    def look(thing: object) -> tuple:
        if isinstance(thing, (int, np.integer)):
            return (int(thing),)
        return thing.shape if isinstance(thing, np.ndarray) else tuple(thing)

    def wrong(got: tuple) -> str | None:
        if got == want:
            return None
        if len(got) != len(want):
            return (
                f"that shape has {len(got)} number{'s' * (len(got) != 1)}. How many axes does the array have?"
            )
        if sorted(got) == sorted(want):
            return "the right numbers in the wrong order. Rows come first, then columns."
        return "not that shape yet. Write the shape of each array next to it first."

    return Judge(look=look, wrong=wrong, form=is_answer)


def order(*arrows: tuple[str, str]) -> Judge:
    """An order in which no node runs before what feeds it: order(("x", "q"), ("y", "q"), ...).

    Any valid order is right. The answer is a list of names or of nodes, or one text "x y q"; `got` is a
    list of names.
    """
    wanted = list(dict.fromkeys(name for arrow in arrows for name in arrow))
    return Judge(look=_names_of, wrong=lambda got: out_of_order(got, wanted, arrows), form=is_answer)


def _names_of(thing: object) -> list[str]:
    items = thing.replace(",", " ").split() if isinstance(thing, str) else list(thing)
    return [called(item) if is_node(item) else str(item) for item in items]


def out_of_order(got: Sequence, wanted: Iterable, arrows: Iterable[tuple]) -> str | None:
    """What is wrong with `got` as an order of `wanted`, None when no arrow (from, to) is broken."""
    wanted, shown = list(wanted), lambda node: str(getattr(node, "name", node))
    for node in got:
        if node not in wanted:
            return f"{tidy(shown(node))} is in the order, and it is not in the graph."
        if list(got).count(node) > 1:
            return f"{shown(node)} is in the order twice."
    missing = [shown(node) for node in wanted if node not in got]
    if missing:
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not in the order yet."
    place = {node: number for number, node in enumerate(got)}
    for before, after in arrows:
        if place[before] > place[after]:
            return f"{shown(after)} runs before {shown(before)}, which feeds it."
    return None


def function(
    cases: Sequence[tuple | Callable[[], tuple]],
    like: Callable | None = None,
    *,
    right: Callable[..., str | None] | None = None,
    in_place: bool = False,
    tolerance: float = 1e-6,
) -> Judge:
    """A function, called on each of the cases.

    cases: tuples of arguments (the learner gets copies), or functions that make them.
    like: a function that is right; or, for what has many right answers, right(result, *arguments): None or
    a sentence.
    `got` has .results and .cases (a list each); predicates: gives(other_function), or anything of your own.
    """

    def look(thing: Callable) -> SimpleNamespace:
        got = SimpleNamespace(results=[], cases=[], changed=False)
        for case in cases:
            arguments = case() if callable(case) else copy.deepcopy(case)
            before = None if in_place or callable(case) else copy.deepcopy(case)
            got.results.append(thing(*arguments))
            got.cases.append(arguments if before is None else before)
            got.changed |= before is not None and not close(list(arguments), list(before), 0.0)
        return got

    def wrong(got: SimpleNamespace) -> str | None:
        for result, arguments in zip(got.results, got.cases, strict=True):
            want = None if like is None else like(*copy.deepcopy(arguments))
            shown = f"the result for ({', '.join(_short(a) for a in arguments)})"
            if result is None and (right is not None or want is not None):
                return "your function returns None. Does it end with `return`, on every way through it?"
            sentence = right(result, *arguments) if right else None
            if right is None and not close(result, want, tolerance):
                sentence = _generic(result, want, shown)
            if sentence:
                return sentence
        return CHANGED if got.changed else None

    return Judge(look=look, wrong=wrong, form=is_function)


CHANGED = (
    "your function changes what it was given, so the caller's list or array is different afterwards. "
    "Make a new one (a copy) and change that."
)


def is_function(thing: object) -> str | None:
    return (
        None if callable(thing) else f"that is {with_article(thing)}, and must be a function, def ...(...)."
    )


def _short(thing: object) -> str:
    return tidy(str(thing.tolist()) if isinstance(thing, np.ndarray) else str(thing), 40)


def gives(other: Callable, tolerance: float = 1e-6) -> Callable[[object], bool]:
    """The predicate "the function does what this wrong one does", on all the cases."""

    def predicate(got: SimpleNamespace) -> bool:
        wants = [other(*copy.deepcopy(arguments)) for arguments in got.cases]
        return all(close(result, want, tolerance) for result, want in zip(got.results, wants, strict=True))

    return predicate


def op(
    formula: Callable, cases: Sequence[tuple], *, make: Callable | None = None, backward: bool = True
) -> Judge:
    """An op of the learner's own: its forward values against the formula, then its gradients against slopes.

    formula: from the inputs' arrays to the value. cases: tuples of arrays, one for each input node (two equal
    ones stay two nodes). make(cls, *nodes): how a node is made, cls(*nodes) when not said. backward=False:
    forward alone. It runs again on raised inputs, on zeros, and, where all cases are numbers, on tables.
    `got` has, a list each: .cases, .values, .arriving (the gradient that came in) and .gradients (what went
    out, one for each input); predicates: computes(wrong_formula), hands_on(wrong_backward).
    """

    def look(cls: type) -> SimpleNamespace:
        got = SimpleNamespace(cases=[], values=[], later=[], arriving=[], gradients=[], checks=[])
        got.more = copy.deepcopy(got)  # what the predicates of wrong ones do not see
        given = [[np.array(array, dtype=float) for array in case] for case in cases]
        for seen, some in ((got, given), (got.more, _more(formula, given))):
            for arrays in some:
                _run_op(cls, make, formula, backward, arrays, seen)
        return got

    def wrong(got: SimpleNamespace) -> str | None:
        return _op_wrong(formula, got) or _op_wrong(formula, got.more)

    return Judge(look=look, wrong=wrong, form=_is_op)


def _more(formula: Callable, cases: Sequence[list]) -> list[list]:
    """More cases: zeros, and tables that are not square where the cases have only numbers."""
    more = [[0.0 * array for array in case] for case in cases[:1]]
    if not any(np.ndim(array) for case in cases for array in case):
        numbers = np.resize([np.ravel(case) for case in cases], (len(cases[0]), 2, 3))
        more.append(list(numbers + 0.25 * np.arange(6.0).reshape(2, 3)))
    with np.errstate(all="ignore"):
        return [case for case in more if np.all(np.isfinite(formula(*case)))]


def _op_wrong(formula: Callable, got: SimpleNamespace) -> str | tuple[str, ...] | None:
    for arrays, result, later in zip(got.cases, got.values, got.later, strict=True):
        want, shown = formula(*arrays), f"the value for ({', '.join(map(_short, arrays))})"
        if np.shape(result) == np.shape(want) and np.all(np.isfinite(result)) and not close(result, want):
            return f"forward: {shown} is {_short(result)}. Work this case by hand, and compare step by step."
        if not close(result, want):
            return "forward: " + _generic(result, want, shown)
        if not close(later, formula(*_raised(arrays))):
            if not close(later, want):
                return f"forward: {shown} is right, and with other inputs it is not: {_short(later)}."
            return (
                "the inputs were raised, forward() ran again, and the value stayed.",
                "On what does your value depend?",
                "Compute self.value in each call, from the values of the inputs.",
            )
    for found, arriving, gradients, arrays in zip(got.checks, got.arriving, got.gradients, got.cases):
        place = f"({', '.join(map(_short, arrays))})"
        if not all(np.all(np.isfinite(gradient)) for gradient in gradients):
            return (
                f"forward is right; backward hands on an inf or a nan at {place}.",
                "By which number does your line divide, and may it be 0?",
                "Take the factor itself, not a quotient.",
            )
        if not found.ok and found.sentence:
            return f"forward is right; backward is not: {found.sentence}"
        if not found.ok:
            went_out = " and ".join(map(_short, gradients))
            return (
                f"forward is right; backward is not: at {place}, {_short(arriving)} arrives and "
                f"{went_out} {'goes' if len(gradients) == 1 else 'go'} out.",
                "Nudge one input and hold the others still: how many times as far does the value move?",
                "Multiply what arrives by that slope.",
            )
    return None


def _is_op(thing: object) -> str | None:
    if isinstance(thing, type) and (
        issubclass(thing, Node) or any(kind.__name__ == "MyNode" for kind in thing.__mro__)
    ):
        return None
    if isinstance(thing, type):
        return (
            f"your class does not come from Node. What goes into the brackets of class {thing.__name__}(...)?"
        )
    return (
        f"the answer is {with_article(thing)}, and must be an op, a class that begins with class ...(Node):"
    )


def _run_op(
    cls: type, make: Callable | None, formula: Callable, backward: bool, arrays: list, got: SimpleNamespace
) -> None:
    inputs = [Input(f"input_{number}") for number in range(1, len(arrays) + 1)]
    node = (make or (lambda cls, *nodes: cls(*nodes)))(cls, *inputs)
    if any(n not in getattr(node, "inbound_nodes", ()) for n in inputs):
        raise Trouble(
            "your node is not connected to the nodes that it was made from.",
            "What does __init__ of Node need, to connect them?",
            "`super().__init__([node])`",
        )
    feed = dict(zip(inputs, arrays, strict=True))
    got.cases.append(arrays)
    for values, now in ((got.values, arrays), (got.later, _raised(arrays))):
        try:
            graph = topological_sort(dict(zip(inputs, now)), output=node)
            values.append(np.array(forward_pass(node, graph), copy=True))
        except MiniFlowError:
            if getattr(node, "value", ...) is None:
                raise _kept_nothing(node, "forward") from None
            raise
    want = np.asarray(formula(*arrays), dtype=float)
    if not backward or not close(got.values[-1], want):  # no use in looking at gradients of another function
        return
    target = Input("target")
    # A target at a different distance from each number: what arrives differs, and is never 1 or 2.
    arriving = 2.75 + 1.25 * len(got.arriving) + np.arange(want.size).reshape(want.shape)
    feed[target] = want - arriving * want.size / 2.0
    cost = MSE(target, node)
    try:
        forward_and_backward(topological_sort(feed, output=cost))
    except MiniFlowError as error:
        raise _no_gradient(node, error) or error from None
    got.arriving.append(np.array(cost.gradients[node], copy=True))
    got.gradients.append([np.array(node.gradients[n], copy=True) for n in inputs])
    got.checks.append(check_gradients(cost, feed, inputs))


def _raised(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Each raised by another number, since a difference stays when both are raised by the same."""
    return [array + by for by, array in enumerate(arrays, 1)]


def _kept_nothing(node: object, way: str) -> Trouble:
    kept, still = ("self.value", "None") if way == "forward" else ("self.gradients", "empty")
    seen = f"after {way}(), {kept} is still {still}."
    if returns(getattr(type(node), way)):
        seen = f"your {way} returns its result, and {kept} is still {still}."
    return Trouble(seen, "Where does a node keep its result, so that other nodes find it?", f"`{kept} = ...`")


def _no_gradient(node: object, error: MiniFlowError) -> Trouble | None:
    """What is said of a backward that did not fill self.gradients as it should; None where it did."""
    asked = [frame.f_locals.get("self") for frame, _ in walk_tb(error.__traceback__)]
    asked = [n for n in asked if is_node(n) and n is not node and n in node.inbound_nodes]
    if asked:
        return Trouble(
            f"your backward asks {called(asked[0])} what arrives there, before it has handed anything on.",
            "Which node's grad_cost() tells what arrives at this op?",
            "`self.grad_cost()`",
        )
    gradients = getattr(node, "gradients", None)
    if not isinstance(gradients, dict):
        return Trouble(
            f"self.gradients is {with_article(gradients)}.",
            "Each input needs a gradient of its own. What has an entry for each key?",
            "A dict: `{x: ..., y: ...}`.",
        )
    if not gradients:
        return _kept_nothing(node, "backward")
    if any(isinstance(key, str) for key in gradients):
        return Trouble(
            "the keys of self.gradients are texts.",
            "What looks up the entries later: a name, or a node?",
            "Without quotes: `{x: ...}`, where x is the node.",
        )
    missing = [called(n) for n in node.inbound_nodes if n not in gradients]
    if missing:
        keys = ", ".join(called(key) if is_node(key) else tidy(str(key)) for key in gradients)
        return Trouble(
            f"self.gradients has no entry for {missing[0]}. Its keys: {keys}.",
            "Which nodes feed this one, and does each have an entry?",
            "One entry for each node of `self.inbound_nodes`.",
        )
    return None


def computes(formula: Callable) -> Callable[[object], bool]:
    """The predicate "forward does what this wrong formula does", on all the cases."""
    return lambda got: all(close(v, formula(*case)) for case, v in zip(got.cases, got.values, strict=True))


def hands_on(backward: Callable) -> Callable[[object], bool]:
    """The predicate "backward does what this wrong one does".

    backward(arriving, *arrays) returns a list with the gradient of each input.
    """

    def predicate(got: SimpleNamespace) -> bool:
        rows = zip(got.arriving, got.cases, got.gradients, strict=True)
        return all(
            len(went_out) == len(wants := list(backward(arriving, *case)))
            and all(map(close, went_out, wants))
            for arriving, case, went_out in rows
        )

    return predicate


def run(look: Callable[[object], object], wrong: Callable[[object], str | None]) -> Judge:
    """A whole training, or anything else that takes the learner's function to a result.

    look(function) runs it and returns what is to be judged (`got`); wrong(got) is None or a sentence.
    """
    return Judge(look=look, wrong=wrong, form=is_function)


class raises:
    """A mistake that shows as an exception of the learner's code; saying: a part of its message, or several
    of which one is enough; line: a pattern of the line at which the code stopped."""

    def __init__(self, *kinds: type[BaseException], saying: str | Sequence[str] = "", line: str = ""):
        self.kinds, self.saying, self.line = kinds, (saying,) if isinstance(saying, str) else saying, line

    def __call__(self, error: object) -> bool:
        if not isinstance(error, self.kinds) or not any(part in str(error) for part in self.saying):
            return False
        places = ((frame.f_code.co_filename, number) for frame, number in walk_tb(error.__traceback__))
        return not self.line or any(re.search(self.line, linecache.getline(*place)) for place in places)
