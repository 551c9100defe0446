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


WRONG = {
    "used_twice": [
        ('used_twice = {"x": 5, "y": 2}', "the one straight into f. And the road over q?"),
        ('used_twice = {"x": 2, "y": 2}', "the one over q. And the road straight into f?"),
        ('used_twice = {"x": 10, "y": 2}', "two roads that meet at x"),
        ('used_twice = {"x": 7, "y": 1}', "And from q to f?"),
        ('used_twice = {"x": 7, "y": 5}', "Which is the other one of q?"),
        ('used_twice = {"x": 7}', "no entry yet for y"),
    ],
    "paper_gradients": [
        (_paper(2, -3, 10, -2), "those are the values"),
        (_paper(6, -4, -2, -2), "somebody got its own value"),
        (_paper(-4, 6, -2, 4), "somebody got its own value"),
        (_paper(-3, 2, 1, 4), "stopped after one step"),
        (_paper(-5, 0, -1, 4), "somewhere you added along a path"),
        (_paper(-6, -4, -2, 4), "its sign is not"),
    ],
    "Minus": [
        (MINUS.replace("BODY", "self.gradients = {x: 1.0, y: -1.0}"), "self.grad_cost()?"),
        (MINUS.replace("BODY", "self.gradients = {x: -g, y: g}"), "one sign too many"),
        (MINUS.replace("BODY", "self.gradients = {x: -g, y: -g}"), "now both are turned"),
        (MINUS.replace("BODY", "self.gradients = {x: g * y.value, y: -g * x.value}"), "belongs to a product"),
    ],
    "SafeTimes": [
        (
            SAFE_TIMES.replace("BODY", "self.gradients = {x: g * y.value, y: g * x.value}"),
            "a dict keeps one entry for each key",
        ),
        (_added("y.value", "x.value"), "Where is what arrives?"),
        (_added("g", "g"), "what does each of them carry?"),
        (SAFE_TIMES.replace("BODY", "self.gradients = {x: 2 * g * x.value}"), "set no gradient for"),
    ],
}
