"""Lesson 04: gradients on paper, and `backward` of ops on single numbers; and its quiz."""

from __future__ import annotations

from collections.abc import Callable

from miniflow_classroom.exercises.texts import Texts
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


def _any_entry(**wrong: float) -> Callable[[object], bool]:
    """The predicate "one of the entries is this wrong number"."""
    return lambda got: any(close(got[key], number) for key, number in wrong.items())


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="used_twice",
        judge=value({"x": 7, "y": 2}),
        mistakes=[
            (_any_entry(x=5), "that is what one road carries, the one straight into f. And the road over q?"),
            (_any_entry(x=2), "that is what one road carries, the one over q. And the road straight into f?"),
            (_any_entry(x=10), "along one road slopes multiply, but these are two roads that meet at x."),
            (_any_entry(x=6, y=1), "that is from one end of x + y to the other. And from q to f?"),
            (_any_entry(y=5), "for y: a factor's slope is the other factor. Which is the other one of q?"),
        ],
    ),
    texts.exercise(
        name="paper_gradients",
        judge=value(PAPER),
        mistakes=[
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
    ),
    texts.exercise(
        name="Minus",
        judge=op(lambda x, y: x - y, PAIRS),
        mistakes=[
            (
                hands_on(lambda g, x, y: [1.0, -1.0]),
                "those are the local gradients. Where is what arrives, self.grad_cost()?",
            ),
            (hands_on(lambda g, x, y: [-g, g]), "one sign too many: raise x a little, and x - y rises."),
            (hands_on(lambda g, x, y: [-g, -g]), "now both are turned. Raise x a little: does x - y fall?"),
            (hands_on(lambda g, x, y: [g * y, -g * x]), "that belongs to a product. Here nothing is scaled."),
        ],
        given=MINUS,
    ),
    texts.exercise(
        name="SafeTimes",
        judge=op(
            lambda x, y=None: x * (x if y is None else y),
            [([3.0, -0.5],), (2.0, 5.0)],  # the same node twice, and two nodes
            make=lambda cls, x, y=None: cls(x, x if y is None else y),
        ),
        mistakes=[
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
    ),
]
