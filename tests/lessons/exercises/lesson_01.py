"""Wrong answers to the exercises of lesson 01, and a part of the sentence that each must get."""

SUB = """class Sub(Node):
    def __init__(self, x, y, name=None):
        super().__init__([x, y], name)

    def forward(self):
        x, y = self.inbound_nodes
        """

WRONG = {
    "feeds": [
        ('feeds = {"x": [], "y": [], "q": ["x", "y"], "f": ["q", "x"]}', "the nodes that feed each one"),
        ('feeds = {"x": ["q"], "y": ["q"], "q": ["f"], "f": []}', "in both formulas"),
        ('feeds = {"x": ["q", "f"], "y": ["q", "f"], "q": ["f"], "f": []}', "f never asks y"),
        ('feeds = {"x": ["q", "f"], "y": ["q"], "q": ["f"], "f": ["f"]}', "nobody uses f"),
        ('feeds = {"x": ["q", "f"], "y": ["q"], "q": ["f"], "f": None}', "nobody uses f"),
        ('feeds = {"x": ["q", "f"], "y": ["q"], "q": ["f"], "f": "nobody"}', "nobody uses f"),
        ('feeds = {"x": ["q", "f"], "y": ["q"], "q": ["f"]}', "no entry yet for f"),
        (
            'feeds = {"x": [q, f], "y": [q], "q": [f], "f": []}',
            "the nodes themselves. Write their names, in quotes: [",
        ),
        ('feeds = {x: ["q", "f"], y: ["q"], q: ["f"], f: []}', "the keys are the nodes themselves"),
        ('feeds = {"x": ["Mul", "Add"], "y": ["Mul"], "q": ["Add"], "f": []}', "before the = signs"),
        ('feeds = {"x": 2, "y": 1, "q": 1, "f": 0}', "these are numbers"),
        ('feeds = {"x": "q", "y": "q, f", "q": "f", "f": ""}', "not right yet: x, y. The other 2 of 4"),
    ],
    "Sub": [
        (SUB + "return x.value - y.value", "nobody catches it"),
        (
            "class Sub(Node):\n"
            "    def __init__(self, x, y, name=None):\n"
            "        super().__init__([x, y], name)\n"
            "        self.value = x.value - y.value\n"
            "\n"
            "    def forward(self):\n"
            "        return self.value",
            "in the constructor",
        ),
        (SUB + "self.value = y.value - x.value", "the second minus the first"),
        (SUB + "self.value = abs(x.value - y.value)", "leave the sign"),
        (SUB + "self.value = x.value + y.value", "that is Add"),
        (SUB + "self.value = x", "you hand on a node"),
        (SUB + "self.value = x - y", "one node from another"),
        (SUB + "self.value = 9 - 4", "the same whatever"),
        (SUB + "x, y = Input('x'), Input('y')\n        self.value = x.value - y.value", "of this very node"),
        (
            SUB + "x.value -= y.value\n        self.value = x.value",
            "Sub.forward() changes the value of x, which others read too",
        ),
        (
            SUB + "self.value = 0\n        for node in (x, y):\n            self.value -= node.value",
            "takes both inputs from 0",
        ),
        (SUB + "value = x.value - y.value", "still None"),
    ],
    "run": [
        (
            "def run(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        inbound.forward()\n"
            "    node.forward()\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run(node):\n"
            "    node.forward()\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run(inbound)\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run(inbound)\n"
            "    return node.value",
            "no op ran",
        ),
        (
            "def run(node):\n"
            "    if node.value is None:\n"
            "        for inbound in node.inbound_nodes:\n"
            "            run(inbound)\n"
            "        node.forward()\n"
            "    return node.value",
            "the old value",
        ),
        (
            "def run(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run(inbound)\n"
            "    node.forward()",
            "returns None",
        ),
    ],
}
