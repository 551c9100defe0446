"""Wrong answers to the exercises of lesson 02, each with a part of the sentence that it must get."""


def _degrees(**counts: object) -> str:
    return f"in_degrees = {counts}"


def _search(*lines: str, end: str = "return order") -> str:
    """A search with a list and a function `visit`, of which the lines are the body."""
    head = "def depth_first(output):\n    order = []\n    def visit(node):\n"
    return head + "".join(f"        {line}\n" for line in lines) + f"    visit(output)\n    {end}\n"


def _loop(*lines: str, walk: str = "for node in ready:", take: str = "", end: str = "return ready") -> str:
    """A sort whose inner loop has these lines; walk and take: the outer one and its first line."""
    head = """
def kahn(inputs):
    feed = inputs
    in_degree = {node: len(node.inbound_nodes) for node in find_nodes(inputs)}
    ready = [node for node in in_degree if in_degree[node] == 0]
"""
    inner = "".join(f"            {line}\n" for line in lines or ["pass"])
    return f"{head}    {walk}\n        {take}\n        for out in node.outbound_nodes:\n{inner}    {end}\n"


WHEN_0, NEXT = "if in_degree[out] == 0:", "    ready.append(out)"
UNTIL_ALL = "turn = 0\n    while len(ready) < len(in_degree):"
UNSEEN = "if node not in order:"
INTO_ALL = ("    for inbound in node.inbound_nodes:", "        visit(inbound)")

WRONG = {
    "in_degrees": [
        (_degrees(s=2, t=2, u=2, v=1, w=1, result=0), "these are the arrows that leave"),
        (_degrees(s=0, t=0, u=1, v=1, w=1, result=1), "whether anything comes in"),
        (_degrees(s=0, t=0, u=2, v=3, w=2, result=6), "earlier on the way"),
        (_degrees(s=0, t=0, u=2, v=3, w=3, result=5), "earlier on the way"),
        (_degrees(s=0, t=0, u=2, v=3, w=1, result=3), "earlier on the way"),
        (_degrees(s=0, t=0, u=2, v=2, w=1, result=5), "earlier on the way"),
        (_degrees(s=1, t=1, u=2, v=2, w=1, result=3), "s and t are Inputs"),
        (_degrees(s=1, t=1, u=3, v=3, w=2, result=4), "s and t are Inputs"),
        (_degrees(s="0", t="0", u="2", v="2", w="1", result="3"), "each entry is one number"),
        (_degrees(s=0, t=0, u=["s", "t"], v=2, w=["u"], result=3), "each entry is one number"),
        (
            'in_degrees = {"s": 0, "t": 0, "u: Add": 2, "v: Mul": 2, "w: Add": 1, "result: Mul": 3}',
            "comes before the colon",
        ),
        ("in_degrees = {s: 0, t: 0, u: 2, v: 2, w: 1, result: 3}", "the keys are the nodes themselves"),
        (_degrees(s=0, t=0, u=2, v=2, w=1, result=2), "look again at result. The other 5 of 6 are right"),
        (_degrees(s=0, t=0, u=2, v=2, w=1), "no entry yet for result"),
    ],
    "kahn": [
        (_loop(), "only the Inputs are on your list"),
        (_loop("in_degree[out] - 1", WHEN_0, NEXT), "only the Inputs are on your list"),
        (_loop("in_degree[node] -= 1", WHEN_0, NEXT), "only the Inputs are on your list"),
        (_loop("in_degree[out] -= 1", "if in_degree[out] < 0:", NEXT), "only the Inputs are on your list"),
        (
            _loop("in_degree[out] -= 1", WHEN_0, NEXT, end="return [*feed]"),
            "only the Inputs are on your list",
        ),
        (_loop("in_degree[out] -= 1", "ready.append(out)"), "a node is on your list twice"),
        (_loop("ready.append(out)"), "a node is on your list twice"),
        (_loop("in_degree[out] -= 1", WHEN_0, "    ready.append(node)"), "a node is on your list twice"),
        (_loop("in_degree[out] -= 1", "if in_degree[out] == 1:", NEXT), "runs before"),
        (_loop("if out not in ready:", NEXT), "runs before"),
        (_loop("in_degree[out] -= 1", WHEN_0, NEXT, walk="for node in list(in_degree):"), "runs before p"),
        (
            _loop("in_degree[out] -= 1", WHEN_0, NEXT, walk="while ready:", take="node = ready.pop(0)"),
            "is missing",
        ),
        (_loop("in_degree[out] -= 1", WHEN_0, NEXT, take="ready.remove(node)"), "an Input is missing"),
        (_loop("in_degree[out] -= 1", WHEN_0, NEXT, "return ready"), "your list ends too early"),
        (_loop("in_degree[out] -= 1", WHEN_0, NEXT, "break"), "not in the order yet"),
        (
            _loop(
                "in_degree[out] -= 1",
                end="if in_degree[out] == 0:\n        ready.append(out)\n    return ready",
            ),
            "does the `if` look at each count?",
        ),
        (_loop("in_degree[out] -= 1", WHEN_0, "    ready.append(out.name)"), "your code stopped"),
        (
            _loop("in_degree[out] -= 1", WHEN_0, NEXT, end="return [node.name for node in ready]"),
            "holds names",
        ),
        (
            _loop("in_degree[out] -= 1", WHEN_0, NEXT, end="return in_degree"),
            "the answer must be a list of nodes",
        ),
        (_loop("in_degree[out] -= 1", WHEN_0, NEXT, end=""), "returns None"),
        (
            _loop("node.outbound_nodes.remove(out)", "in_degree[out] -= 1", WHEN_0, NEXT),
            "lists are not as they were",
        ),
        (_loop("in_degree[out] -= 1", "if in_degree == 0:", NEXT), "only the Inputs are on your list"),
        ("def kahn(inputs):\n    return list(find_nodes(inputs))", "runs before"),
        (
            _loop("in_degree[out] -= 1", WHEN_0, NEXT, walk=UNTIL_ALL, take="node = ready[turn]; turn += 1"),
            "on a graph with a cycle your loop stops with an IndexError",
        ),
        (
            _loop(
                *("in_degree[out] -= 1", WHEN_0, NEXT),
                walk=UNTIL_ALL,
                take="if turn == len(ready): continue\n        node = ready[turn]; turn += 1",
            ),
            "on a graph with a cycle your loop never ends",
        ),
        ("kahn = ['x', 'y', 'q']", "must be a function"),
    ],
    "depth_first": [
        (
            """
def depth_first(output, order=[]):
    for node in output.inbound_nodes:
        if node not in order:
            depth_first(node, order)
    order.append(output)
    return order
""",
            "went on with the list of the first",
        ),
        (
            """
seen = []

def depth_first(output):
    for node in output.inbound_nodes:
        if node not in seen:
            depth_first(node)
    seen.append(output)
    return seen
""",
            "went on with the list of the first",
        ),
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
        (_search(UNSEEN, "    order.append(node)", *INTO_ALL), "the output comes first in your list"),
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
            "your list has a node that the output",
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
        (
            _search(UNSEEN, *INTO_ALL, "    order.append(node)", end="return reversed(order)"),
            "the answer must be a list of nodes",
        ),
        (
            _search(UNSEEN, *INTO_ALL, "    order.append(node)", end="return dict.fromkeys(order)"),
            "the answer must be a list of nodes",
        ),
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
            "only the output is in your list",
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
            "Reversing a search",
        ),
        (
            _search(UNSEEN, "    order.append(node)", *INTO_ALL, end="return order[::-1]"),
            "Reversing a search",
        ),
        (
            _search(
                UNSEEN,
                "    order.append(node)",
                "    for inbound in node.inbound_nodes[::-1]:",
                "        visit(inbound)",
                end="return order[::-1]",
            ),
            "Reversing a search",
        ),
    ],
}
