"""Lesson 04: the update, gradients on paper, and `backward` of ops on single numbers; and its quiz."""

from __future__ import annotations

from collections.abc import Callable

from miniflow_classroom.exercises.texts import Texts
from miniflow_classroom.judge.vocabulary import close, function, gives, hands_on, op, raises, value

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

# Weights, gradients and the step: the home of the lesson is not among them.
UPDATES = [
    ([1.0, -3.0], [10.0, -20.0], 0.1),
    ([0.5, 2.0, 4.0, -1.0], [-4.0, 0.0, 8.0, 3.0], 0.25),
    ([6.123], [2.5], 0.05),
]

PAIRS = [(2.0, 5.0), (-3.0, 0.5), (1.5, -4.0)]


def _any_entry(**wrong: float) -> Callable[[object], bool]:
    """The predicate "one of the entries is this wrong number"."""
    return lambda got: any(close(got[key], number) for key, number in wrong.items())


def _updated(weights: list[float], gradients: list[float], step: float) -> list[float]:
    return [w - step * g for w, g in zip(weights, gradients)]


def _gives_any(*others: Callable) -> Callable[[object], bool]:
    """The predicate "the function does what one of these wrong ones does"."""
    return lambda got: any(gives(other)(got) for other in others)


texts = Texts(__file__)
QUIZ = texts.quiz

EXERCISES = [
    texts.exercise(
        name="one_update",
        judge=function(UPDATES, _updated),
        mistakes=[
            (
                gives(lambda ws, gs, step: [w + step * g for w, g in zip(ws, gs)]),
                "1 with the gradient 10 became 2. A positive gradient is uphill. Which way is down?",
            ),
            (
                gives(lambda ws, gs, step: [w - g for w, g in zip(ws, gs)]),
                "1 with the gradient 10 became -9: that is the whole gradient. Where is the step?",
            ),
            (
                gives(lambda ws, gs, step: [w - step for w, g in zip(ws, gs)]),
                "1 with the gradient 10 and the step 0.1 became 0.9. Where is the gradient?",
            ),
            (
                gives(lambda ws, gs, step: [w - g / step for w, g in zip(ws, gs)]),
                "1 with the gradient 10 became -99. You divided by the step: does a smaller step move less?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [step * g for g in gs], lambda ws, gs, step: [-step * g for g in gs]
                ),
                "that is how far each number moves. From where does it start?",
            ),
            (
                gives(lambda ws, gs, step: [step * (w - g) for w, g in zip(ws, gs)]),
                "the step scaled the number, too. Which of the two should it scale?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [step * w - g for w, g in zip(ws, gs)],
                    lambda ws, gs, step: [g - step * w for w, g in zip(ws, gs)],
                ),
                "the step scaled the number, not the gradient. Which of the two should it scale?",
            ),
            (
                gives(lambda ws, gs, step: [w - step * w for w, g in zip(ws, gs)]),
                "each number moved by the step times itself. Where is its gradient?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [w - step * g * w for w, g in zip(ws, gs)],
                    lambda ws, gs, step: [w + step * g * w for w, g in zip(ws, gs)],
                ),
                "the number itself is a factor of its move. Which two numbers give the move?",
            ),
            (
                gives(lambda ws, gs, step: [step * g - w for w, g in zip(ws, gs)]),
                "-3 with the gradient -20 became 1. Which of the two is the start, and which the move?",
            ),
            (
                gives(lambda ws, gs, step: [w - step - g for w, g in zip(ws, gs)]),
                "1 with the gradient 10 became -9.1. How far is the step times the gradient?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [ws[0] - step * gs[0]], lambda ws, gs, step: ws[0] - step * gs[0]
                ),
                "only the first number came back. Is `return` inside the loop?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: ws[-1] - step * gs[-1], lambda ws, gs, step: [ws[-1] - step * gs[-1]]
                ),
                "only the last number came back. Are the new ones collected, in a list made before the loop?",
            ),
            (
                gives(lambda ws, gs, step: sum(_updated(ws, gs, step))),
                "one number came back, the sum of the new ones. Where does each of them go?",
            ),
            (
                gives(lambda ws, gs, step: [w * step * g for w, g in zip(ws, gs)]),
                "each number was multiplied. Which of the three is the start, and which two give the move?",
            ),
            (
                gives(lambda ws, gs, step: [w - 0.01 * g for w, g in zip(ws, gs)]),
                "your step is always 0.01. Where does the caller's step come in?",
            ),
            (
                gives(lambda ws, gs, step: [w - step * abs(g) for w, g in zip(ws, gs)]),
                "every number went down, -3 with the gradient -20 as well. Does the cost fall there?",
            ),
            (
                gives(lambda ws, gs, step: [w + step * abs(g) for w, g in zip(ws, gs)]),
                "every number went up, 1 with the gradient 10 as well. Does the cost fall there?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [w - step if g > 0 else w + step for w, g in zip(ws, gs)],
                    lambda ws, gs, step: [w + step if g < 0 else w - step for w, g in zip(ws, gs)],
                ),
                "every number moved by the same step. How does the size of its gradient come in?",
            ),
            (
                _gives_any(
                    lambda ws, gs, step: [w - step * g for w in ws for g in gs],
                    lambda ws, gs, step: [w - step * g for g in gs for w in ws],
                ),
                "every number met every gradient. Which one belongs to the first number?",
            ),
            (
                gives(lambda ws, gs, step: []),
                "an empty list came back. Is each new number appended, to a list with a name of its own?",
            ),
            (
                gives(lambda ws, gs, step: list(ws)),
                "the old numbers came back. Where do you collect the new ones?",
            ),
            (
                raises(TypeError, saying="'float' object is not iterable"),
                "`+=` adds the members of a list, and a number has none. Which method adds one thing?",
            ),
            (
                raises(AttributeError, saying="'NoneType' object has no attribute 'append'"),
                "`append` changes the list itself, and gives None. Does that line need a name and an `=`?",
            ),
            (
                raises(ValueError, saying=" values to unpack"),
                "your loop takes a whole list at a time. What makes pairs of the two lists?",
            ),
            (
                raises(
                    TypeError, saying=("can't multiply sequence", "unsupported operand type(s) for -: 'list'")
                ),
                "your line computes with a whole list. Take its numbers one by one, in a loop.",
            ),
        ],
    ),
    texts.exercise(
        name="used_twice",
        judge=value({"x": 9, "y": 4}),
        mistakes=[
            (
                lambda got: close(got["x"], 4) and close(got["y"], 1),
                "those are the values. Backward does not undo forward: if x rose a little, how would f move?",
            ),
            (
                lambda got: close(got["x"], 20) and close(got["y"], 20),
                "that is the value of f. How far does f move if x moves by a little? And if y does?",
            ),
            (_any_entry(x=5), "that is what one path carries, the one straight into f. And the path over q?"),
            (_any_entry(x=4), "that is what one path carries, the one over q. And the path straight into f?"),
            (_any_entry(x=20), "along one path slopes multiply, but these are two paths that meet at x."),
            (_any_entry(x=8), "on one path x got its own value. Which is the other factor in x · q?"),
            (_any_entry(x=6, y=1), "you stopped after the step through x + y. And from q to f?"),
            (_any_entry(y=20), "for y: that is the value of f. How far does f move if y moves by a little?"),
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
                "in a product, a factor got its own value. Hold the other factor still, raise this one by 1.",
            ),
            (
                _any_entry(a=-3, b=2, c=1),
                "somewhere you stopped after one step: that is the way to the next node. And on to f?",
            ),
            (_any_entry(d=-8), "for d: that is the value of f. How far does f move if d moves by a little?"),
            (_any_entry(d=-6), "for d: -6 is the value of u. Which is the other factor in v · d?"),
            (_any_entry(c=-20), "for c: its value came in. Raise c by 1: how far does v move?"),
            (_any_entry(c=12), "for c: u came in. But v is a sum: when c rises by 1, what does v do?"),
            (
                _any_entry(a=-2, b=-2),
                "what arrives at u went on as through a sum. But u is a product: which factor comes in?",
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
            (
                raises(TypeError, saying="bad operand type for unary -"),
                "your minus is before a node. Which number does it belong to, left or right of the colon?",
            ),
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
                "you counted both paths, but what does each of them carry?",
            ),
            (
                hands_on(lambda g, x, y=None: [2 * g * x] if y is None else [2 * g * y, 2 * g * x]),
                "x · x is right. In a product of two different nodes, how many paths does each of them take?",
            ),
            (
                hands_on(lambda g, x, y=None: [2 * g * x] if y is None else [g * x, g * y]),
                "x · x is right. Of two different nodes, each got its own value. Whose value should it get?",
            ),
            (
                raises(ValueError, saying="truth value"),
                "you compare two values. May two different nodes have the same value?",
            ),
        ],
    ),
]
