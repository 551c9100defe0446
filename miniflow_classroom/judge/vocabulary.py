"""The words in which the exercises say how an answer is judged: value, function, op and their mistakes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace

import numpy as np

from miniflow_lib.errors import called, is_node
from miniflow_lib.nodes import Input, Node
from miniflow_lib.ops import MSE
from miniflow_lib.passes import forward_and_backward, forward_pass
from miniflow_lib.sorting import topological_sort
from miniflow_classroom.gradients.check import check_gradients
from miniflow_classroom.judge.exercise import Judge
from miniflow_classroom.judge.guard import tidy

# --- comparing --------------------------------------------------------------------------------------------


def close(a: object, b: object, tolerance: float = 1e-6) -> bool:
    """Whether two answers are the same: one shape, and numbers within the tolerance (absolute + relative)."""
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        both = isinstance(a, Mapping) and isinstance(b, Mapping)
        return both and a.keys() == b.keys() and all(close(a[key], b[key], tolerance) for key in a)
    if isinstance(a, (str, bool, set, type(None))) or isinstance(b, (str, bool, set, type(None))):
        same = _plain(a) == _plain(b)
        return same if isinstance(same, bool) else False  # an array beside a text: element by element
    try:
        x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
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
        return f"{what} is a node, the recipe; its value is in .value once a forward pass has run."
    if callable(got):
        return f"{what} is a function or a class, and the result of calling it is asked for."
    if isinstance(want, str) != isinstance(got, str):
        kind = "a text in quotes" if isinstance(want, str) else "a number, not a text"
        return f"{what} should be {kind}."
    if not isinstance(want, str) and _numbers_right(got, want):
        return (
            f"the numbers are right, but {what} has shape {np.shape(got)}, which is not the shape asked for."
        )
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) != len(want):
        return f"{what} has {len(got)} entries, and {len(want)} are asked for."
    if _kind(got) is not _kind(want):
        return f"{what} is {with_article(got)}, and that is not the kind of thing asked for."
    if isinstance(got, (float, np.ndarray)) and not np.all(np.isfinite(got)):
        return f"{what} has an inf or a nan in it: print the steps that lead to it."
    return f"{what} is not right yet. Work one small case by hand, and compare step by step."


def _kind(thing: object) -> type:
    numbers = (int, float, list, tuple, np.ndarray, np.generic)
    return np.ndarray if isinstance(thing, numbers) and not isinstance(thing, bool) else type(thing)


def with_article(thing: object) -> str:
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _generic_items(got: object, want: Mapping, what: str) -> str:
    if not isinstance(got, Mapping):
        return f"{what} is {with_article(got)}, and a dict is asked for."
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
    return f"not right yet: {', '.join(wrong)}.{f' The other {right} of {len(want)} are.' if right else ''}"


# --- the vocabulary ---------------------------------------------------------------------------------------


def is_answer(thing: object) -> str | None:
    if isinstance(thing, type) or (callable(thing) and not is_node(thing)):
        return "that is a function or a class, and an answer is asked for: write the result."
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
            return f"that shape has {len(got)} number{'s' * (len(got) != 1)}: how many axes has the array?"
        if sorted(got) == sorted(want):
            return "the right numbers in the wrong order: rows first, then columns."
        return "not that shape yet: write the shape of each array beside it first."

    return Judge(look=look, wrong=wrong, form=is_answer)


def order(*arrows: tuple[str, str]) -> Judge:
    """An order in which nobody runs before what feeds it: order(("x", "q"), ("y", "q"), ...).

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
                return "your function returns None: does it end with `return`, on every way through it?"
            sentence = right(result, *arguments) if right else None
            if right is None and not close(result, want, tolerance):
                sentence = _generic(result, want, shown)
            if sentence:
                return sentence
        return CHANGED if got.changed else None

    return Judge(look=look, wrong=wrong, form=is_function)


CHANGED = (
    "your function changes what it was given: the caller's list or array is different afterwards. "
    "Make a new one (a copy) and change that."
)


def is_function(thing: object) -> str | None:
    return (
        None
        if callable(thing)
        else f"that is {with_article(thing)}, and a function is asked for: def ...(...)."
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
    """An op of the learner's own: its forward values beside the formula, then its gradients beside slopes.

    formula: from the inputs' arrays to the value. cases: tuples of arrays, one for each input node (two equal
    ones stay two nodes). make(cls, *nodes): how a node is made, cls(*nodes) when not said. backward=False:
    forward alone.
    `got` has, a list each: .cases, .values, .arriving (the gradient that came in) and .gradients (what went
    out, one for each input); predicates: computes(wrong_formula), hands_on(wrong_backward).
    """

    def look(cls: type) -> SimpleNamespace:
        got = SimpleNamespace(cases=[], values=[], arriving=[], gradients=[], checks=[])
        for case in cases:
            arrays = [np.array(array, dtype=float) for array in case]
            _run_op(cls, make, formula if backward else None, arrays, got)
        return got

    def wrong(got: SimpleNamespace) -> str | None:
        for arrays, result in zip(got.cases, got.values, strict=True):
            want = formula(*arrays)
            if not close(result, want):
                shown = f"the value for ({', '.join(_short(a) for a in arrays)})"
                return "forward: " + _generic(result, want, shown)
        for found in got.checks:
            if not found.ok:
                return f"forward is right; backward is not: {found.sentence or NO_PATTERN}"
        return None

    return Judge(look=look, wrong=wrong, form=_is_op)


def _is_op(thing: object) -> str | None:
    if isinstance(thing, type) and (
        issubclass(thing, Node) or any(kind.__name__ == "MyNode" for kind in thing.__mro__)
    ):
        return None
    return f"that is {with_article(thing)}, and an op is asked for, a class that begins with class ...(Node):"


NO_PATTERN = "its gradients differ from the slopes that nudging gives. Work out one input by hand."


def _run_op(
    cls: type, make: Callable | None, formula: Callable | None, arrays: list, got: SimpleNamespace
) -> None:

    inputs = [Input(f"input_{number}") for number in range(1, len(arrays) + 1)]
    node = (make or (lambda cls, *nodes: cls(*nodes)))(cls, *inputs)
    feed = dict(zip(inputs, arrays, strict=True))
    got.cases.append(arrays)
    got.values.append(np.array(forward_pass(node, topological_sort(feed, output=node)), copy=True))
    if formula is None:
        return
    want = np.asarray(formula(*arrays), dtype=float)
    if not close(got.values[-1], want):  # no use in looking at gradients of another function
        return
    target = Input("target")
    # A target at a different distance from each number: what arrives differs, and is never 1 or 2.
    arriving = 2.75 + 1.25 * len(got.arriving) + np.arange(want.size).reshape(want.shape)
    feed[target] = want - arriving * want.size / 2.0
    cost = MSE(target, node)
    forward_and_backward(topological_sort(feed, output=cost))
    got.arriving.append(np.array(cost.gradients[node], copy=True))
    got.gradients.append([np.array(node.gradients[n], copy=True) for n in inputs])
    got.checks.append(check_gradients(cost, feed, inputs))


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
    of which one is enough."""

    def __init__(self, *kinds: type[BaseException], saying: str | Sequence[str] = ""):
        self.kinds, self.saying = kinds, (saying,) if isinstance(saying, str) else saying

    def __call__(self, error: object) -> bool:
        return isinstance(error, self.kinds) and any(part in str(error) for part in self.saying)
