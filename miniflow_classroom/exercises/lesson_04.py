"""Lesson 04: gradients on paper, and `backward` of ops on single numbers; and its quiz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from miniflow_classroom.judge.exercise import Exercise, Question
from miniflow_classroom.judge.vocabulary import close, hands_on, op, value

# paper_gradients: u = a · b, v = u + c, f = v · d at a = 2, b = -3, c = 10, d = -2
PAPER = {"a": 6, "b": -4, "c": -2, "d": 4}

MINUS = """
class Minus(Node):
    def __init__(self, x, y):
        Node.__init__(self, [x, y])

    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value - y.value

    def backward(self):
        x, y = self.inbound_nodes
        self.gradients = {x: self.grad_cost(), y: self.grad_cost()}
"""

PAIRS = [(2.0, 5.0), (-3.0, 0.5), (1.5, -4.0)]
POINTS = [(0.5,), (-1.0,), (2.0,)]


def _any_entry(**wrong: float) -> Callable[[object], bool]:
    """The predicate "one of the entries is this wrong number"."""
    return lambda got: any(close(got[key], number) for key, number in wrong.items())


EXERCISES = [
    Exercise(
        "used_twice",
        "write the gradients of x and y",
        value({"x": 7, "y": 2}),
        [
            (_any_entry(x=5), "that is what one road carries, the one straight into f. And the road over q?"),
            (_any_entry(x=2), "that is what one road carries, the one over q. And the road straight into f?"),
            (_any_entry(x=10), "along one road slopes multiply, but these are two roads that meet at x."),
            (_any_entry(x=6, y=1), "that is from one end of x + y to the other. And from q to f?"),
            (_any_entry(y=5), "for y: a factor's slope is the other factor. Which is the other one of q?"),
        ],
        [
            "Draw the graph. How many edges leave x? How many leave y?",
            "Straight into f, x is a factor: its slope is the other factor, q. Over q there are two steps.",
            "Multiply the steps along each road, then add what arrives at x.",
        ],
        praise="Along each road you multiplied, and where the roads meet you added.",
        meets=(11,),
    ),
    Exercise(
        "Times",
        "write backward",
        op(lambda x, y: x * y, PAIRS),
        [
            (
                hands_on(lambda g, x, y: [g * x, g * y]),
                "each input gets its own value. Hold the one still and raise the other by 1: what does f do?",
            ),
            (
                hands_on(lambda g, x, y: [y, x]),
                "those are the local gradients. Where is what arrives, self.grad_cost()?",
            ),
            (
                hands_on(lambda g, x, y: [g + y, g + x]),
                "you add what arrives to the local gradient. Along a path, what do slopes do?",
            ),
            (hands_on(lambda g, x, y: [g, g]), "that is what a sum hands on. A product scales a nudge."),
            (
                hands_on(lambda g, x, y: [g * x * y, g * x * y]),
                "that has self.value, the whole product, in it. Raise x by 1: by how much does x · y rise?",
            ),
        ],
        [
            "Two entries: self.gradients = {x: ..., y: ...}. What does a nudge of x do to x · y?",
            "A factor's local gradient is the other factor's `.value`.",
            "Multiply it by what arrives: `self.grad_cost() * y.value` is the entry of x.",
        ],
        praise="This is the heart of the library's Mul.",
        meets=(10,),
    ),
    Exercise(
        "paper_gradients",
        "write the four gradients",
        value(PAPER),
        [
            (
                lambda got: close(got["a"], 2) and close(got["c"], 10),
                "those are the values. Backward does not undo forward: if a rose a little, how would f move?",
            ),
            (
                _any_entry(d=-2, a=-4, b=6),
                "in a product somebody got its own value. Hold the other factor still, raise this one by 1.",
            ),
            (
                _any_entry(a=-3, b=2, c=1),
                "somewhere you stopped after one step: that is the way to the next node. And on to f?",
            ),
            (_any_entry(a=-5, b=0, c=-1), "somewhere you added along a path. There slopes multiply."),
            (
                _any_entry(a=-6, b=4, c=2, d=-4),
                "a size is right and its sign is not. Raise that number a little: does f rise or fall?",
            ),
        ],
        [
            "Work out the values first: u, v and f. Then start at f and go back.",
            "v and d are the two factors of f: each one's gradient is the other one's value.",
            "u and c are only added, so both get what arrives at v. For a multiply that by the value of b.",
        ],
        praise="A backward pass, on paper.",
        meets=(7, 8, 9, 10),
    ),
    Exercise(
        "Minus",
        "repair backward",
        op(lambda x, y: x - y, PAIRS),
        [
            (
                hands_on(lambda g, x, y: [1.0, -1.0]),
                "those are the local gradients. Where is what arrives, self.grad_cost()?",
            ),
            (hands_on(lambda g, x, y: [-g, g]), "one sign too many: raise x a little, and x - y rises."),
            (hands_on(lambda g, x, y: [-g, -g]), "now both are turned. Raise x a little: does x - y fall?"),
            (hands_on(lambda g, x, y: [g * y, -g * x]), "that belongs to a product. Here nothing is scaled."),
        ],
        [
            "Raise x by 1: what does x - y do? Raise y by 1: and now?",
            "The local gradient of x is 1, that of y is -1. One entry needs a minus.",
        ],
        praise="A wrong sign raises no error; only measuring finds it.",
        given=MINUS,
    ),
    Exercise(
        "TanhBack",
        "write backward",
        op(np.tanh, POINTS),
        [
            (
                hands_on(lambda g, x: [g * (1 - np.tanh(np.tanh(x)) ** 2)]),
                "you take tanh once more: self.value is the output already.",
            ),
            (
                hands_on(lambda g, x: [g * (1 - x**2)]),
                "that has the input in it; the derivative wants the output, self.value.",
            ),
            (
                hands_on(lambda g, x: [1 - np.tanh(x) ** 2]),
                "that is the local gradient. Where is what arrives, self.grad_cost()?",
            ),
            (
                hands_on(lambda g, x: [g * np.tanh(x) * (1 - np.tanh(x))]),
                "that is the derivative of the sigmoid. The one of tanh is 1 - t · t.",
            ),
        ],
        [
            "One entry: self.gradients = {x: ...}. What arrives is `self.grad_cost()`.",
            "The local gradient is 1 - t · t, where t is the output: `self.value`.",
            "So: what arrives, times `(1 - self.value**2)`.",
        ],
        praise="Your op can now stand in any network.",
        meets=(12,),
    ),
    Exercise(
        "SafeTimes",
        "write backward",
        op(
            lambda x, y=None: x * (x if y is None else y),
            [([3.0, -0.5],), (2.0, 5.0)],  # the same node twice, and two nodes
            make=lambda cls, x, y=None: cls(x, x if y is None else y),
        ),
        [
            (
                hands_on(lambda g, x, y=None: [g * x] if y is None else [g * y, g * x]),
                "a dict keeps one entry for each key: the second x replaced the first.",
            ),
            (
                hands_on(lambda g, x, y=None: [2 * x] if y is None else [y, x]),
                "those are the local gradients. Where is what arrives?",
            ),
            (
                hands_on(lambda g, x, y=None: [2 * g] if y is None else [g, g]),
                "you counted both roads, but what does each of them carry?",
            ),
        ],
        [
            "Start with an entry of 0 for each inbound node, then add to it, as our five lines did.",
            "Go through the two inputs one by one: `gradients[node] = gradients[node] + ...`",
            "The first input adds g · (value of the second), the second adds g · (value of the first).",
        ],
        praise="Where paths meet, gradients add: within one op, too.",
        meets=(11,),
    ),
]

QUIZ = [
    Question(
        "After the backward pass of (x + y) · z at -2, 5, -4: what is `x.value`?",
        ["-2, as before", "-4, the gradient", "0, it was used up"],
        "-2, as before",
        "Values stay. Backward fills the drawer `gradients`, and nothing else.",
        {
            "-4, the gradient": "The gradient has its own drawer. Did anybody feed x again?",
            "0, it was used up": "Values stay. If x rose a little, how would f move?",
        },
        meets=(7,),
    ),
    Question(
        "f = q · z, with q = 3 and z = -4. What is the gradient of z?",
        ["3", "-4", "-12"],
        "3",
        "Raise z by 1 and f rises by q, that is by 3.",
        {"-4": "Hold q = 3 and raise z by 1.", "-12": "That is the value of f. By how much would it move?"},
        meets=(10,),
    ),
    Question(
        "The slope from a to b is 5, from b to c it is -2. What is the slope from a to c?",
        ["3", "-10", "-2.5"],
        "-10",
        "Exchange rates along a path multiply.",
        {
            "3": "You added. Nudge a by 0.1: how far does b move, and then c?",
            "-2.5": "You divided. One unit of a buys 5 of b, and each of them buys -2 of c.",
        },
        meets=(8, 9),
    ),
    Question(
        "A sigmoid node holds the value s = 0.5. What is its local gradient?",
        ["0.25", "0.235", "0.5"],
        "0.25",
        "s is the output already: s (1 - s).",
        {
            "0.235": "That takes the sigmoid once more. s is the output already.",
            "0.5": "That is s, or 1 - s. Which two numbers are multiplied?",
        },
        meets=(12,),
    ),
    Question(
        "A weight's gradient is +3. What lowers the cost?",
        ["raising the weight a little", "lowering the weight a little", "leaving it: 3 is small"],
        "lowering the weight a little",
        "The gradient points uphill, so we step the other way.",
        {
            "raising the weight a little": "Positive is uphill. Which way is down?",
            "leaving it: 3 is small": "Only where the slope is 0 does no small step help.",
        },
        meets=(14,),
    ),
    Question(
        "Which sentence about gradients is wrong?",
        [
            "They hold for small nudges",
            "They have a sign",
            "A gradient of 2 means that the value is 2",
        ],
        "A gradient of 2 means that the value is 2",
        "It says that f moves 2 units for each unit of nudge, whatever the value is.",
        {
            "They hold for small nudges": "That is true: on a curve a large nudge breaks the promise.",
            "They have a sign": "That is true: it says which way the cost moves.",
        },
    ),
]
