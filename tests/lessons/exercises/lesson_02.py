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
        (
            'in_degrees = {"s": 0, "t": 0, "u": 2, "v": 3, "w": 3, "result": 5}',
            "everybody who comes before",
        ),
        (
            'in_degrees = {"s": "0", "t": "0", "u": "2", "v": "2", "w": "1", "result": "3"}',
            "each entry is one number",
        ),
        (
            'in_degrees = {"s": 0, "t": 0, "u": ["s", "t"], "v": 2, "w": ["u"], "result": 3}',
            "each entry is one number",
        ),
        (
            'in_degrees = {"s": 0, "t": 0, "u: Add": 2, "v: Mul": 2, "w: Add": 1, "result: Mul": 3}',
            "before the colon",
        ),
        ("in_degrees = {s: 0, t: 0, u: 2, v: 2, w: 1, result: 3}", "the keys are the nodes themselves"),
        ('in_degrees = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1, "result": 2}', "not right yet: result"),
        ('in_degrees = {"s": 0, "t": 0, "u": 2, "v": 2, "w": 1}', "no entry yet for result"),
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
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            for inbound in node.inbound_nodes:
                visit(inbound)
            order.append(node.name)
    visit(output)
    return order
""",
            "your list holds names",
        ),
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            for inbound in node.inbound_nodes:
                visit(inbound)
            node.forward()
            order.append(node)
    visit(output)
    return order
""",
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
        (
            """
def depth_first(output):
    return kahn(find_nodes([output]))
""",
            "stays empty",
        ),
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
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            order.append(node)
            for inbound in node.inbound_nodes:
                visit(inbound)
    visit(output)
    return order[::-1]
""",
            "b runs before x",
        ),
        (
            """
def depth_first(output):
    order = []
    def visit(node):
        if node not in order:
            order.append(node)
            for inbound in node.inbound_nodes[::-1]:
                visit(inbound)
    visit(output)
    return order[::-1]
""",
            "a runs before x",
        ),
    ],
}
