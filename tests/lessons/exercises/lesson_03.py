"""Wrong answers to the exercises of lesson 03, each with a part of the sentence that it must get."""


def _shapes(X: str = "(11, 13)", W: str = "(13, 10)", b: str = "(10,)", out: str = "(11, 10)") -> str:
    return f'layer_shapes = {{"X": {X}, "W": {W}, "b": {b}, "out": {out}}}'


def _relu(formula: str) -> str:
    return f"""
class ReLU(Node):
    def __init__(self, node):
        super().__init__([node])

    def forward(self):
        (x,) = self.inbound_nodes
        self.value = {formula}
"""


def _pair(result: str) -> str:
    return f"def one_linear(W1, b1, W2, b2, W3, b3):\n    return {result}"


WRONG = {
    "layer_shapes": [
        (_shapes(W="(10, 13)"), "W has a column for each neuron"),
        (_shapes(X="(13, 11)"), "numpy counts the rows first"),
        (_shapes(b="(11,)"), "not to a home"),
        (_shapes(b="(11, 10)"), "repeats b for each row"),
        (_shapes(b="(13,)"), "not to an input"),
        (_shapes(b="(10)"), "ends with a comma"),
        (_shapes(b="(1, 10)"), "neither row nor column"),
        (_shapes(out="(13, 13)"), "the two inner numbers vanish"),
        (_shapes(out="(10, 11)"), "not right yet: out"),
    ],
    "one_linear": [
        (_pair("W1 @ W2, b1 @ W2 + b2"), "that of the first two layers"),
        (_pair("W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3"), "b3 has been forgotten"),
        (_pair("W1 @ W2 @ W3, b1 @ W2 @ W3 + b3"), "b2 has been forgotten"),
        (_pair("W1 @ W2 @ W3, b2 @ W3 + b3"), "b1 has been forgotten"),
        (_pair("W1 @ W2 @ W3, b3"), "that of the third layer"),
        (_pair("W1 @ W2 @ W3"), "that is W alone"),
        (_pair("W2 @ W1 @ W3, b3"), "shapes"),
        (_pair("W1, (b1 @ W2 + b2) @ W3 + b3"), "how many inputs and outputs?"),
        ("def one_linear(W1, b1, W2, b2, W3, b3):\n    W = W1 @ W2 @ W3", "returns None"),
    ],
    "ReLU": [
        (_relu("np.abs(x.value)"), "turned positive"),
        (_relu("np.minimum(x.value, 0)"), "turn it round"),
        (_relu("x.value"), "nothing has changed"),
        (_relu("(x.value > 0) * 1.0"), "whether the number is positive"),
        (_relu("max(np.max(x.value), 0.0)"), "a single number came out"),
        (_relu("np.maximum(x.value, 0, out=x.value)"), "ReLU.forward() changes the value of input_1"),
    ],
}
