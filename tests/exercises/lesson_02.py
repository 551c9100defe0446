"""Wrong answers to the exercises of lesson 02, each with a part of the sentence that it must get."""

WRONG = {
    "in_degrees": [
        (
            'in_degrees = {"s": 2, "t": 2, "u": 2, "v": 1, "w": 1, "result": 0}',
            "these are the arrows that leave",
        ),
        (
            'in_degrees = {"s": 0, "t": 0, "u": 1, "v": 1, "w": 1, "result": 1}',
            "whether anything comes in",
        ),
        (
            'in_degrees = {"s": 0, "t": 0, "u": 2, "v": 3, "w": 2, "result": 6}',
            "everybody who comes before",
        ),
        ('in_degrees = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1, "result": 2}', "not right yet: result"),
        ('in_degrees = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1}', "no entry yet for result"),
    ],
    "wrong_order": [
        ('wrong_order = "A"', "the order of creation"),
        ('wrong_order = "B"', "z waits for nobody"),
        ('wrong_order = "c"', "Who waits for z"),
        ('wrong_order = "E"', "swaps x and y"),
        ("wrong_order = 4", "a text in quotes"),
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
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            order.append(node)
            for inbound in node.inbound_nodes:
                visit(inbound)
    visit(output)
    return order
""",
            "The output stands at the front".lower(),
        ),
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        for inbound in node.inbound_nodes:
            if inbound not in order:
                visit(inbound)
                order.append(inbound)
    visit(output)
    return order
""",
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
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            for inbound in node.inbound_nodes:
                visit(inbound)
            order.append(node)
    visit(output)
""",
            "returns None",
        ),
    ],
}
