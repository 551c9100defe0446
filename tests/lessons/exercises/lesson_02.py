"""Wrong answers to the exercises of lesson 02, each with a part of the sentence that it must get."""


def _degrees(**counts: object) -> str:
    return f"in_degrees = {counts}"


def _search(*lines: str, end: str = "return order") -> str:
    """A search with a list and a function `visit`, of which the lines are the body."""
    head = "def depth_first(output):\n    order = []\n    def visit(node):\n"
    return head + "".join(f"        {line}\n" for line in lines) + f"    visit(output)\n    {end}\n"


UNSEEN = "if node not in order:"
INTO_ALL = ("    for inbound in node.inbound_nodes:", "        visit(inbound)")

WRONG = {
    "in_degrees": [
        (_degrees(s=2, t=2, u=2, v=1, w=1, result=0), "these are the arrows that leave"),
        (_degrees(s=0, t=0, u=1, v=1, w=1, result=1), "whether anything comes in"),
        (_degrees(s=0, t=0, u=2, v=3, w=2, result=6), "everybody who comes before"),
        (_degrees(s=0, t=0, u=2, v=3, w=3, result=5), "everybody who comes before"),
        (_degrees(s="0", t="0", u="2", v="2", w="1", result="3"), "each entry is one number"),
        (_degrees(s=0, t=0, u=["s", "t"], v=2, w=["u"], result=3), "each entry is one number"),
        (
            'in_degrees = {"s": 0, "t": 0, "u: Add": 2, "v: Mul": 2, "w: Add": 1, "result: Mul": 3}',
            "before the colon",
        ),
        ("in_degrees = {s: 0, t: 0, u: 2, v: 2, w: 1, result: 3}", "the keys are the nodes themselves"),
        (_degrees(s=0, t=0, u=2, v=2, w=1, result=2), "not right yet: result"),
        (_degrees(s=0, t=0, u=2, v=2, w=1), "no entry yet for result"),
    ],
    "wrong_order": [
        ('wrong_order = "A"', "the order of creation"),
        ('wrong_order = "B"', "z waits for nobody"),
        ('wrong_order = "c"', "Who waits for z"),
        ('wrong_order = "E"', "swaps x and y"),
        ("wrong_order = 4", "a text in quotes"),
        ('wrong_order = "x q y z f"', "Write the letter"),
        ('wrong_order = orders["D"]', "Write the letter"),
        ('wrong_order = "none of them"', "five letters"),
    ],
    "depth_first": [
        (
            """
def depth_first(output):
    order = []
    for node in output.inbound_nodes:
        order += depth_first(node)
    return [*order, output]
""",
            "in your list twice",
        ),
        (_search(UNSEEN, "    order.append(node)", *INTO_ALL), "the output stands at the front"),
        (
            _search(
                "for inbound in node.inbound_nodes:",
                "    if inbound not in order:",
                "        visit(inbound)",
                "        order.append(inbound)",
            ),
            "the output itself is not in your list",
        ),
        (
            """
def depth_first(output):
    inputs, to_see = [], [output]
    for node in to_see:
        to_see += node.inbound_nodes
        if not node.inbound_nodes and node not in inputs:
            inputs.append(node)
    return kahn(inputs)
""",
            "that the output does not need",
        ),
        (
            """
def depth_first(output):
    order = []
    node = output
    while node.inbound_nodes:
        order.append(node)
        node = node.inbound_nodes[0]
    order.append(node)
    return order[::-1]
""",
            "some of the nodes are missing",
        ),
        (_search(UNSEEN, *INTO_ALL, "    order.append(node)", end=""), "returns None"),
        (_search(UNSEEN, *INTO_ALL, "    order.append(node.name)"), "your list holds names"),
        (
            _search(UNSEEN, *INTO_ALL, "    node.forward()", "    order.append(node)"),
            "the library stopped it",
        ),
        (
            """
def depth_first(output):
    order = []
    for node in output.inbound_nodes:
        depth_first(node)
    order.append(output)
    return order
""",
            "alone in your list",
        ),
        ("def depth_first(output):\n    return kahn(find_nodes([output]))", "stays empty"),
        (
            """
def depth_first(output):
    order = [output]
    for node in order:
        order += [n for n in node.inbound_nodes if n not in order]
    return order[::-1]
""",
            "To turn a search",
        ),
        (
            _search(UNSEEN, "    order.append(node)", *INTO_ALL, end="return order[::-1]"),
            "b runs before x",
        ),
        (
            _search(
                UNSEEN,
                "    order.append(node)",
                "    for inbound in node.inbound_nodes[::-1]:",
                "        visit(inbound)",
                end="return order[::-1]",
            ),
            "a runs before x",
        ),
    ],
}
