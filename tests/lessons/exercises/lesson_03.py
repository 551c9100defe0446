"""Wrong answers to the exercises of lesson 03, each with a part of the sentence that it must get."""


def _product(body: str) -> str:
    return f"""
class Product(Node):
    def __init__(self, *inputs):
        super().__init__(inputs)

    def forward(self):
        {body}
"""


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
        (
            'layer_shapes = {"X": (11, 13), "W": (10, 13), "b": (10,), "out": (11, 10)}',
            "W has a column for each neuron",
        ),
        (
            'layer_shapes = {"X": (13, 11), "W": (13, 10), "b": (10,), "out": (11, 10)}',
            "numpy counts the rows first",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (11,), "out": (11, 10)}',
            "not to a home",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (11, 10), "out": (11, 10)}',
            "repeats b for each row",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (13,), "out": (11, 10)}',
            "not to an input",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (10), "out": (11, 10)}',
            "ends with a comma",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (1, 10), "out": (11, 10)}',
            "neither row nor column",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (10,), "out": (13, 13)}',
            "the two inner numbers vanish",
        ),
        (
            'layer_shapes = {"X": (11, 13), "W": (13, 10), "b": (10,), "out": (10, 11)}',
            "not right yet: out",
        ),
    ],
    "Product": [
        (_product("self.value = sum(node.value for node in self.inbound_nodes)"), "that adds"),
        (
            _product(
                "self.value = 0\n        for node in self.inbound_nodes:\n"
                "            self.value = self.value * node.value"
            ),
            "everything comes out as 0",
        ),
        (
            _product(
                "nodes = self.inbound_nodes\n        self.value = nodes[0].value\n"
                "        if len(nodes) > 1:\n            self.value = nodes[0].value * nodes[1].value"
            ),
            "only the first two",
        ),
        (
            _product("for node in self.inbound_nodes:\n            self.value = node.value"),
            "only the last input is left",
        ),
        (
            _product(
                "self.value = self.inbound_nodes[0].value\n        for node in self.inbound_nodes:\n"
                "            self.value = self.value * node.value"
            ),
            "the first value counts twice",
        ),
        (_product("return 1"), "left Product without a value"),
        (
            _product(
                "self.value = self.inbound_nodes[0].value\n        for node in self.inbound_nodes[1:]:\n"
                "            self.value *= node.value"
            ),
            "changes the value of a node that feeds it",
        ),
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
        (_relu("np.maximum(x.value, 0, out=x.value)"), "changes the value of a node that feeds it"),
    ],
}
