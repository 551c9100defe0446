"""What an exception of the learner's code means: what was seen, a question, and what to write.

numpy's own messages are about its inner parts. They are told in our words, with the shapes that they name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import CodeType, FrameType

import numpy as np

Steps = tuple[str, ...]

_NODES = r"'(?:Input|Add|Mul|Linear|Sigmoid|MSE|Node|My\w+)'"
# (the kind, what its message holds, the three steps, with the groups of that): the first that fits
_STEPS: Sequence[tuple[type[BaseException] | tuple, str, Steps]] = (
    (
        ValueError,
        "truth value of an array",
        (
            "`if`, `max` and `min` need a single yes or no, and an array has one for each of its numbers.",
            "Which way works on each number of an array by itself?",
            "Arrays need a formula, or a function of numpy: `np.maximum`, `np.where`.",
        ),
    ),
    (
        ValueError,
        r"broadcast together with (?:remapped )?shapes (\(.*?\)) (\(.*?\))",
        (
            "`+`, `-`, `*` and `/` work number by number, and the shapes {0} and {1} do not fit.",
            "Which shape should each of the two have at that place?",
            "Print both shapes just before that line. A matrix product is `@`.",
        ),
    ),
    (
        ValueError,
        r"output operand with shape (\(.*?\)) doesn't match the broadcast shape (\(.*?\))",
        (
            "the left side of `+=` keeps its shape, {0}, and the result has shape {1}.",
            "Which line makes a new array instead?",
            "`total = total + ...`",
        ),
    ),
    (
        ValueError,
        r"matmul: Input operand 1 .*\(size (\d+) is different from (\d+)\)",
        (
            "in `A @ B`, a row of A must be as long as a column of B. "
            "Here a row has {1} numbers, a column {0}.",
            "Which shapes do the two have, and which order makes them fit?",
            "Print the shape of each factor just before that line.",
        ),
    ),
    (
        ValueError,
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned: (\d+) .*?!= (\d+)",
        (
            "in a matrix product of {0} and {1}, a row of the first must be as long as a column of the "
            "second. Here they have {2} and {3} numbers.",
            "Which order makes them fit? Or is number by number meant?",
            "Print the shape of each factor just before that line. Number by number is `*`.",
        ),
    ),
    (
        (ValueError, TypeError),
        r"matmul: Input operand \d does not have enough dimensions|for @: '(?:numpy\.)?(?:float|int)",
        (
            "`@` is for rows and columns, and one of the two factors is a single number.",
            "Which sign multiplies number by number?",
            "`*`",
        ),
    ),
    (
        ValueError,
        "matmul: Output operand",
        (
            "the left side of `@=` keeps its shape, and the product has a different one.",
            "Which line makes a new array instead?",
            "`W = W1 @ W2`",
        ),
    ),
    (
        ValueError,
        r"cannot reshape array of size (\d+) into shape (\(.*?\))",
        (
            "an array of {0} numbers does not fit into shape {1}.",
            "From which array could the new shape come, instead of being written out?",
            "`array.reshape(other.shape)`",
        ),
    ),
    (
        TypeError,
        r"bitwise_xor|for \^:",
        ("`^` is not a power in Python.", "How do you write a power?", "`**`, as in `3**2`."),
    ),
    (
        TypeError,
        "converted to Python scalar",
        (
            "a function there takes one number, and it got a whole array.",
            "Whose function works on each number of an array?",
            "Those of numpy do, such as `np.exp`. `float` and the functions of `math` do not.",
        ),
    ),
    (
        TypeError,
        r"only integer scalar array|'(?:numpy\.)?(?:ndarray|float\w*)' object cannot be interpreted",
        (
            "a position or a length must be a whole number, and something else is used as one there.",
            "Is it the array that is needed, or its shape, or its length?",
            "`array.shape` or `len(array)`",
        ),
    ),
    (
        (TypeError, IndexError),
        r"0-d array|0-dimensional|index to scalar|'(?:numpy\.)?float\w*' object is not (?:iter|subscr)",
        (
            "the value is a single number there, and has no rows to go through or to pick from.",
            "A value may be a number, a list or a table. Which line works for all three?",
            "Leave out the loop and the index: numpy's formulas work on all of them.",
        ),
    ),
    (
        (TypeError, AttributeError),
        rf"(?:for|between|operand|ufunc).*{_NODES}|dtype\('O'\)|ufunc .*type (?:Input|My|object)",
        (
            "your line computes with a node, and a node is not a number.",
            "Where does each node keep its number?",
            "`x.value`, not `x`.",
        ),
    ),
    (
        AttributeError,
        rf"{_NODES} object has no attribute '(shape|reshape|T|size|sum|mean|dot|ravel|flatten)'",
        (
            "a node has no `{0}`. Its value has one, if it is an array.",
            "Where does a node keep its array?",
            "`x.value.{0}`, not `x.{0}`.",
        ),
    ),
    (
        (TypeError, AttributeError),
        r"'method'|'builtin_function_or_method'|'numpy.ufunc'|'function'",
        (
            "your line computes with a function itself, not with its result.",
            "What makes Python run a function?",
            "Brackets after its name, as in `node.forward()` or `np.exp(2)`.",
        ),
    ),
    (
        AttributeError,
        r"'(tuple|list|dict)' object has no attribute '(value|gradients|forward|backward|grad_cost|run)'",
        (
            "your code asks a whole {0} for its `{1}`, which only each node in it has.",
            "How do you get at one node of it?",
            "One at a time: `for node in ...`. All at once: `x, y = self.inbound_nodes`, or `(x,) = ...`.",
        ),
    ),
    (
        AttributeError,
        r"'(?:numpy\.)?(?:ndarray|float\w*|int)' object has no attribute '(value|gradients|\w*ward)'",
        (
            "your code asks for the `.{0}` of a number or an array. Only nodes have one.",
            "Which name holds the node, and which already its value?",
            "`.value` once: `x.value` is the number, and `x` the node.",
        ),
    ),
    (
        TypeError,
        r"'(?:numpy\.)?(?:ndarray|float\w*|int\w*)' object is not callable",
        (
            "brackets come right after a number or an array, and Python takes that for a call.",
            "Is a sign missing before the bracket, or are the brackets one pair too many?",
            "A product needs its `*`: `s * (1 - s)`. A value is read without brackets: `x.value`.",
        ),
    ),
    (
        TypeError,
        r"'(\w+)' object cannot be interpreted as an integer",
        (
            "`range` takes a whole number, and it got a {0}.",
            "Do you need the places, or the things themselves?",
            "`for node in nodes:` gives each node, `range(len(nodes))` each place.",
        ),
    ),
    (
        TypeError,
        r"cannot unpack non-iterable (\w+) object",
        (
            "your code unpacks one {0} as if it were several things.",
            "What does inbound_nodes[0], or one turn of a loop, give?",
            "All of them at once: `x, y = self.inbound_nodes`. "
            "One at a time: `for node in self.inbound_nodes:`.",
        ),
    ),
    (
        TypeError,
        rf"{_NODES} object is not iterable",
        (
            "your loop goes through a single node as if it were a list.",
            "Which list did you mean, and what does an index such as [-1] give?",
            "A loop needs the list: `for node in graph:`, `for node in self.inbound_nodes:`.",
        ),
    ),
    (
        ValueError,
        r"values to unpack \(expected (\d+)",
        (
            "the number of names on the left of the `=`, {0}, is not that of the values on the right.",
            "How many nodes feed this one?",
            "One name for each: `(x,) = ...` for a single one.",
        ),
    ),
    (
        TypeError,
        r"\b(forward|backward|grad_cost)\(\) (?:takes|missing|got)",
        (
            "{0}() is called with empty brackets, and yours does not accept that.",
            "What does Python hand to a method by itself?",
            "Only `self` goes into the brackets after the method's name.",
        ),
    ),
    (
        TypeError,
        r"unhashable type|cannot use 'numpy.ndarray' as",
        (
            "an array is used as a key of a dict, or as a member of a set.",
            "What comes before the colon in a dict, and is there a colon?",
            "`{{node: its gradient}}`",
        ),
    ),
    (
        UnboundLocalError,
        r"'(\w+)'",
        (
            "`{0}` is used before it has a value.",
            "Which line gives it its first value, and when does that line run?",
            "Before the loop: `{0} = ...`.",
        ),
    ),
)
# What another exception means, before its own message: the first that fits.
_HINTS: Sequence[tuple[type[BaseException], str, str]] = (
    (RecursionError, "", "the function calls itself and never stops"),
    (
        BaseException,
        "NoneType",
        "something there is None, as after a function without `return` or before a node's forward()",
    ),
    (TypeError, "argument", "the function is called with arguments it does not take"),
    (
        TypeError,
        "not callable",
        "what comes before the brackets is not a function, so there is a pair too many or a sign missing",
    ),
    (TypeError, "", "two kinds of things meet there that do not go together"),
    (AttributeError, "", "that object has nothing of this name"),
    (IndexError, "^axis", "the array has no such axis, since the first is axis 0"),
    (IndexError, "only integers", "a place in an array must be a whole number"),
    (IndexError, "out of", "the index reaches past the end, since the last one is the length minus one"),
    (KeyError, "", "the dict has no such key"),
    (ZeroDivisionError, "", "the divisor is zero"),
    (
        ValueError,
        "shape|dimension|broadcast|aligned|matmul",
        "the shapes do not fit",
    ),
    (StopIteration, "", "it asks for a next one where there is none left"),
)
_OF_A_NODE = "value inbound_nodes outbound_nodes gradients grad_cost run forward backward".split()


def steps(error: BaseException, frames: Sequence[FrameType]) -> Steps:
    """What `error` means in three steps, empty when it is none that we know; frames: the learner's."""
    if type(error) is NameError and error.name:
        return _unknown(error.name, next((frame for frame in frames if "self" in frame.f_locals), None))
    if isinstance(error, KeyError) and error.args and hasattr(error.args[0], "outbound_nodes"):
        return (
            "your code asked a dict for the gradient of a node that is not in it.",
            "Which node's grad_cost() gives what arrives here? And which line makes the entries?",
            "`self.grad_cost()` is what arrives, and `self.gradients = {...}` makes the entries.",
        )
    for kind, message, told in _STEPS:
        found = isinstance(error, kind) and re.search(message, text_of(error), re.S)
        if found:
            groups = [re.sub(r",(?=\d)", ", ", group or "") for group in found.groups()]
            return tuple(re.sub(r"\b1 numbers", "1 number", said.format(*groups)) for said in told)
    return ()


def hint(error: BaseException) -> str:
    """What an exception usually means whose own message is shown."""
    text = text_of(error)
    found = (told for kind, part, told in _HINTS if isinstance(error, kind) and re.search(part, text))
    return next(found, "")


def text_of(error: BaseException) -> str:
    """What Python says of an error; the dict in which a run keeps gradients is called a dict there."""
    return str(error).replace("'_Gradients'", "'dict'")


def _unknown(name: str, method: FrameType | None) -> Steps:
    """A name without a value: of the node of a method, of numpy, or one that was to be made first."""
    me = method and method.f_locals["self"]
    if hasattr(me, "inbound_nodes"):
        if name in _OF_A_NODE or hasattr(type(me), name):
            seen = f"inside a method, Python does not find `{name}` by itself."
            call = "()" * callable(getattr(type(me), name, None))
            return seen, f"Whose `{name}` do you mean?", f"`self.{name}{call}`"
    if name == "self":
        seen = "`self` has no value there."
        question = "Is it a method of a class? Then what comes first in its brackets?"
        return seen, question, "`def forward(self):`. A function has no self: use the names in its brackets."
    if name in ("forward", "backward"):
        seen = f"`{name}` is a method, and Python looks for it in a node."
        return seen, f"Which node's {name} should run?", f"`node.{name}()`"
    if hasattr(np, name):
        return f"Python by itself has no `{name}`.", "Which library has it?", f"`np.{name}`"
    return not_made(f"`{name}` has no value there.", method and method.f_code)


def not_made(seen: str, method: CodeType | None) -> Steps:
    """A name that the method or function has not made: what was seen, and where its things come from."""
    if method and "inbound_nodes" in method.co_names:
        question = "What does your method call the nodes that feed this one, and is it one of those names?"
        return seen, question, "Use one of those names, or give this one a value before that line."
    if method:
        line = "Before it is used, unpack it from `self.inbound_nodes`."
        return seen, "Where does a node keep the nodes that feed it?", line
    question = "Which things does your function get in its brackets, and which does it make?"
    return seen, question, "Use the names in its brackets, or give the name a value before that line."
