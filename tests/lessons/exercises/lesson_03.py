"""Wrong answers to the exercises of lesson 03, each with a part of the sentence that it must get."""


def _shapes(X: str = "(8, 5)", W: str = "(5, 4)", b: str = "(4,)", out: str = "(8, 4)") -> str:
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


_IF_BELOW = """
class ReLU(Node):
    def __init__(self, node):
        super().__init__([node])

    def forward(self):
        (x,) = self.inbound_nodes
        if x.value < 0:
            self.value = 0
        else:
            self.value = x.value
"""
_NO_INIT = """
class ReLU(Node):
    def forward(self):
        (x,) = self.inbound_nodes
        self.value = np.maximum(x.value, 0)
"""
_KEEPS = """
class ReLU(Node):
    def __init__(self, node):
        super().__init__([node])

    def forward(self):
        (x,) = self.inbound_nodes
        if self.value is None:
            self.value = np.maximum(x.value, 0)
"""


def _pair(result: str) -> str:
    return f"def one_linear(W1, b1, W2, b2, W3, b3):\n    return {result}"


WRONG = {
    "layer_shapes": [
        (_shapes(W="(4, 5)"), "W has a column for each neuron"),
        (_shapes(W="(8, 4)"), "the same for any number of homes"),
        (_shapes(W="(8, 5)"), "the homes are in X, not in W"),
        (_shapes(W="(5, 8)"), "the homes are in X, not in W"),
        (_shapes(out="'(8, 4)'"), "without quotes"),
        (_shapes(X="(5, 8)"), "numpy counts the rows first"),
        (_shapes(X="(5, 8)", W="(8, 4)", out="(5, 4)"), "numpy counts the rows first"),
        (_shapes(b="(8,)"), "not to a home"),
        (_shapes(b="(8, 4)"), "repeats b for each row"),
        (_shapes(b="(5,)"), "not to an input"),
        (_shapes(b="(5, 4)"), "but only one bias"),
        (_shapes(W="(4,)"), "a weight for each fact"),
        (_shapes(b="(4)"), "ends with a comma"),
        (_shapes(b="(1, 4)"), "neither row nor column"),
        (_shapes(out="(5, 5)"), "the two inner numbers vanish"),
        (_shapes(out="(4, 8)"), "comes out has a row"),
        (_shapes(W="(5,)"), "the weights of only one neuron"),
        (_shapes(b="(1,)"), "a bias of its own"),
        (_shapes(out="(8,)"), "How many neurons look at it"),
        (_shapes(out="(4,)"), "the numbers of only one home"),
        (_shapes(out="(8, 5)"), "go into the sums"),
        (_shapes(out="(8, 3)"), "look again at out"),
    ],
    "one_linear": [
        (_pair("(b1 @ W2 + b2) @ W3 + b3, W1 @ W2 @ W3"), "your b comes first"),
        (_pair("W1 @ W2, b1 @ W2 + b2"), "that of the first two layers"),
        (_pair("W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3"), "b3 is missing"),
        (_pair("W1 @ W2 @ W3, b1 @ W2 @ W3 + b3"), "b2 is missing"),
        (_pair("W1 @ W2 @ W3, b2 @ W3 + b3"), "b1 is missing"),
        (_pair("W1 @ W2 @ W3, b3"), "that of the third layer"),
        (_pair("W1 @ W2 @ W3"), "that is only W"),
        (_pair("W3 @ W2 @ W1, (b1 @ W2 + b2) @ W3 + b3"), "a row of A must be as long as a column of B"),
        (_pair("W2 @ W1 @ W3, b3"), "a row of A must be as long as a column of B"),
        (_pair("W1 * W2 * W3, b3"), "work number by number, and the shapes (3, 4) and (4, 2) do not fit"),
        (_pair("W1 @ W2 @ W3, b1 + b2 + b3"), "you add biases that differ in length"),
        (_pair("W1 @ W2 @ W3, b1 @ W2 @ W3 + b2 + b3"), "you add biases that differ in length"),
        (_pair("W1, (b1 @ W2 + b2) @ W3 + b3"), "How many inputs are there"),
        ("def one_linear(W1, b1, W2, b2, W3, b3):\n    W = W1 @ W2 @ W3", "returns None"),
    ],
    "ReLU": [
        (_NO_INIT, "Which lines of Tanh see to that"),
        (_relu("np.maximum(x.value, 0)").replace("[node]", "node"), "Which lines of Tanh see to that"),
        (_relu("np.maximum(x.value, 0)").replace("(Node)", "(MyNode)"), "From which class does Tanh come"),
        (_relu("np.clip(x.value, 0, 1)"), "the value for"),
        (_relu("np.abs(x.value)"), "turned positive"),
        (_relu("np.minimum(x.value, 0)"), "Turn it round"),
        (_relu("x.value"), "nothing has changed"),
        (_relu("(x.value > 0) * 1.0"), "whether it is positive"),
        (_relu("max(np.max(x.value), 0.0)"), "a single number came out"),
        (_relu("np.max(x.value, 0)"), "looks for the largest number along an axis"),
        (_relu("np.max(0, x.value)"), "takes one array, and then the number of an axis"),
        (_relu("max(x.value, 0)"), "an array has one for each of its numbers"),
        (_relu("0 if x.value < 0 else x.value"), "an array has one for each of its numbers"),
        (_IF_BELOW, "an array has one for each of its numbers"),
        (_KEEPS, "and the value stayed"),
        (_relu("np.maximum(x.value, 0, out=x.value)"), "ReLU.forward() changes the value of input_1"),
    ],
}
