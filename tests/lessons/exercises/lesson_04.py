"""Wrong answers to the exercises of lesson 04, and a part of the sentence that each must get."""

SAFE_TIMES = """
class SafeTimes(Node):
    def __init__(self, x, y):
        Node.__init__(self, [x, y])

    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value * y.value

    def backward(self):
        x, y = self.inbound_nodes
        g = self.grad_cost()
        BODY
"""

MINUS = SAFE_TIMES.replace("SafeTimes", "Minus").replace("x.value * y.value", "x.value - y.value")


def _paper(a: float, b: float, c: float, d: float) -> str:
    return f"paper_gradients = {{'a': {a}, 'b': {b}, 'c': {c}, 'd': {d}}}"


def _added(first: str, second: str) -> str:
    lines = ["self.gradients = {x: 0, y: 0}"]
    lines += [f"self.gradients[{name}] += {what}" for name, what in (("x", first), ("y", second))]
    return SAFE_TIMES.replace("BODY", "\n        ".join(lines))


ONE_BY_ONE = "def one_update(weights, gradients, step):\n    for w, g in zip(weights, gradients):\n"


def _update(new: str) -> str:
    start = (
        "def one_update(weights, gradients, step):\n    new = []\n    for w, g in zip(weights, gradients):\n"
    )
    return f"{start}        new.append({new})\n    return new"


WRONG = {
    "one_update": [
        (_update("w + step * g"), "A positive gradient is uphill"),
        (_update("w - g"), "Where is the step?"),
        (_update("w - step"), "Where is the gradient?"),
        (_update("w - g / step"), "does a smaller step move less?"),
        (_update("step * g"), "From where does it start?"),
        (_update("-step * g"), "From where does it start?"),
        (_update("step * (w - g)"), "the step scaled the number, too"),
        (_update("step * w - g"), "the step scaled the number, not the gradient"),
        (_update("w - step * w"), "Where is its gradient?"),
        (_update("w - step * g").replace("    return", "        return"), "Is `return` inside the loop?"),
        (ONE_BY_ONE + "        return w - step * g", "Is `return` inside the loop?"),
        (ONE_BY_ONE + "        new = w - step * g\n    return new", "only the last number came back"),
        (
            ONE_BY_ONE + "        new = []\n        new.append(w - step * g)\n    return new",
            "only the last number came back",
        ),
        (
            "def one_update(weights, gradients, step):\n    return weights - step * gradients",
            "computes with a whole list",
        ),
        (
            "def one_update(w, g, step):\n    return [a - b for a, b in zip(w, step * g)]",
            "computes with a whole list",
        ),
        (
            _update("w - step * g").replace("new.append", "new = new.append"),
            "`append` changes the list itself, and gives None",
        ),
        (_update("w - step * g").replace("new", "weights"), "to a list with a name of its own?"),
        (_update("w - 0.01 * g"), "Where does the caller's step come in?"),
        (_update("w - step * abs(g)"), "every number went down"),
        (_update("w + step * abs(g)"), "every number went up"),
        (_update("step * g - w"), "Which of the two is the start, and which the move?"),
        (_update("w - step - g"), "became -9.1"),
        (_update("g - step * w"), "the step scaled the number, not the gradient"),
        (_update("w * (1 - step * g)"), "the number itself is a factor of its move"),
        (
            ONE_BY_ONE.replace("    for", "    new = []\n    for")
            + "        new += w - step * g\n    return new",
            "Which method adds one thing?",
        ),
        (_update("w - step if g > 0 else w + step"), "every number moved by the same step"),
        (
            _update("w - step * g").replace(
                "zip(weights, gradients)", "[(w, g) for w in weights for g in gradients]"
            ),
            "every number met",
        ),
        (ONE_BY_ONE + "        w = w - step * g\n    return weights", "the old numbers came back"),
        (_update("round(w - step * g, 2)"), "is not right yet"),
        (_update("w - step * g").replace("zip(weights, gradients)", "weights, gradients"), "makes pairs"),
        (_update("w - step * g").replace("return new", "print(new)"), "returns None"),
        (_update("w - step * g").replace("return new", "return sum(new)"), "the sum of the new ones"),
        (_update("w * step * g"), "Which of the three is the start"),
        (
            "def one_update(weights, gradients, step):\n    for i, g in enumerate(gradients):\n"
            "        weights[i] = weights[i] - step * g\n    return weights",
            "changes what it was given",
        ),
    ],
    "used_twice": [
        ('used_twice = {"x": 5, "y": 4}', "the one straight into f. And the path over q?"),
        ('used_twice = {"x": 4, "y": 4}', "the one over q. And the path straight into f?"),
        ('used_twice = {"x": 20, "y": 4}', "two paths that meet at x"),
        ('used_twice = {"x": 8, "y": 4}', "on one path x got its own value"),
        ('used_twice = {"x": 9, "y": 1}', "And from q to f?"),
        ('used_twice = {"x": 9, "y": 5}', "Which is the other one of q?"),
        ('used_twice = {"x": 9, "y": 20}', "for y: that is the value of f"),
        ('used_twice = {"x": 4, "y": 1}', "those are the values"),
        ('used_twice = {"x": 20, "y": 20}', "And if y does?"),
        ('used_twice = {"x": 9}', "no entry yet for y"),
    ],
    "paper_gradients": [
        (_paper(2, -3, 10, -2), "those are the values"),
        (_paper(6, -4, -2, -2), "a factor got its own value"),
        (_paper(-4, 6, -2, 4), "a factor got its own value"),
        (_paper(-3, 2, 1, 4), "stopped after one step"),
        (_paper(6, -4, -2, -8), "for d: that is the value of f"),
        (_paper(6, -4, -2, -6), "Which is the other factor in v · d?"),
        (_paper(6, -4, -20, 4), "how far does v move?"),
        (_paper(6, -4, 12, 4), "But v is a sum"),
        (_paper(-2, -2, -2, 4), "But u is a product"),
        (_paper(-5, 0, -1, 4), "somewhere you added along a path"),
        (_paper(-6, -4, -2, 4), "its sign is not"),
    ],
    "Minus": [
        (MINUS.replace("BODY", "self.gradients = {x: 1.0, y: -1.0}"), "self.grad_cost()?"),
        (MINUS.replace("BODY", "self.gradients = {x: -g, y: g}"), "one sign too many"),
        (MINUS.replace("BODY", "self.gradients = {x: -g, y: -g}"), "now both are turned"),
        (MINUS.replace("BODY", "self.gradients = {x: g, -y: g}"), "left or right of the colon?"),
        (MINUS.replace("BODY", "self.gradients = {x: g * y.value, y: -g * x.value}"), "belongs to a product"),
    ],
    "SafeTimes": [
        (
            SAFE_TIMES.replace("BODY", "self.gradients = {x: g * y.value, y: g * x.value}"),
            "a dict keeps one entry for each key",
        ),
        (_added("y.value", "x.value"), "Where is what arrives?"),
        (_added("g", "g"), "what does each of them carry?"),
        (
            SAFE_TIMES.replace("BODY", "self.gradients = {x: 2 * g * y.value, y: 2 * g * x.value}"),
            "how many paths does each of them take?",
        ),
        (_added("g * x.value", "g * y.value"), "each got its own value"),
        (
            SAFE_TIMES.replace(
                "BODY", "if x.value == y.value:\n            self.gradients = {x: 2 * g * x.value}"
            ),
            "May two different nodes have the same value?",
        ),
        (SAFE_TIMES.replace("BODY", "self.gradients = {x: 2 * g * x.value}"), "has no entry for input_2"),
    ],
}
