"""Wrong answers to the exercises of lesson 01, and a part of the sentence that each must get."""

WRONG = {
    "recipe": [
        ("def recipe(x, y):\n    return x * y + x", "Python cannot multiply or add two nodes"),
        ("def recipe(x, y):\n    return MyMul(x, y) + x", "Python cannot multiply or add two nodes"),
        ("def recipe(x, y):\n    return x.value * y.value + x.value", "Building computes nothing"),
        (
            "def recipe(x, y):\n"
            "    p = MyMul(x, y)\n"
            "    f = MyAdd(p, x)\n"
            "    p.forward()\n"
            "    f.forward()\n"
            "    return f.value",
            "Building computes nothing",
        ),
        (
            "def recipe(x, y):\n"
            "    p = MyMul(x, y)\n"
            "    f = MyAdd(p, x)\n"
            "    p.forward()\n"
            "    f.forward()\n"
            "    return f",
            "an op holds a value, so",
        ),
        (
            "def recipe(x, y):\n    p = MyMul(x, y)\n    f = MyAdd(p, x)\n    return f.forward()",
            "needs no .value and no forward()",
        ),
        ("def recipe(x, y):\n    return MyAdd(MyMul(x, y), x).value", "returns None"),
        ("def recipe(x, y):\n    return MyAdd(MyMul(x), x)", "How many does it read"),
        ("def recipe(x, y):\n    return MyAdd([MyMul([x, y]), x])", "not a node: a list"),
        ("def recipe(x, y):\n    return MyAdd", "the class MyAdd"),
        ("def recipe(x, y):\n    MyAdd(MyMul(x, y), x)", "returns None"),
        ("def recipe(x, y):\n    return MyMul(x, y)", "What happens to the product"),
        (
            "def recipe(x, y):\n    p = MyMul(x, y)\n    MyAdd(p, x)\n    return p",
            "What happens to the product",
        ),
        ("def recipe(x, y):\n    return MyMul(MyAdd(x, y), x)", "the product comes first"),
        ("def recipe(x, y):\n    return MyMul(x, MyAdd(y, y))", "twice over"),
        ("def recipe(x, y):\n    return MyAdd(MyMul(x, y), y)", "Which of the two is used twice"),
        ("def recipe(x, y):\n    return MyAdd(x, y)", "Where is the product"),
        (
            "def recipe(x, y):\n    x, y = MyInput('x'), MyInput('y')\n    return MyAdd(MyMul(x, y), x)",
            "Inputs of its own",
        ),
        ("def recipe(x, y):\n    p = MyMul(x, y)\n    return p, MyAdd(p, x)", "returns a tuple"),
        ("def recipe(x, y):\n    return MyMul(x, x)", "does not give x · y + x"),
        ("def recipe(x, y):\n    return MyMul(MyAdd(x, x), y)", "twice over"),
        ("def recipe(x, y):\n    return MyAdd(MyMul(x, y).forward(), x)", "what forward() returns"),
        ("def recipe(x, y):\n    return MyMul(x, MyAdd(y, 1))", "a number, a text"),
        (
            "def recipe(x, y):\n    x.value, y.value = 3, 4\n    return MyAdd(MyMul(x, y), x)",
            "with x = 5 and y = -2",
        ),
        ("recipe = MyAdd", "Where is the product"),
        ("recipe = 15", "a function"),
    ],
    "run_all": [
        (
            "def run_all(node):\n"
            "    needed = [node]\n"
            "    for one in needed:\n"
            "        needed += one.inbound_nodes\n"
            "    for one in needed.reverse():\n"
            "        one.forward()\n"
            "    return node.value",
            "a function without `return`",
        ),
        (
            "def run_all(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        inbound.forward()\n"
            "    node.forward()\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run_all(node):\n"
            "    node.forward()\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run_all(inbound)\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run_all(node):\n"
            "    needed = [node]\n"
            "    for one in needed:\n"
            "        for inbound in one.inbound_nodes:\n"
            "            needed.append(inbound)\n"
            "    for one in needed:\n"
            "        one.forward()\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run_all(node):\n"
            "    needed = [node]\n"
            "    for one in needed:\n"
            "        for inbound in one.inbound_nodes:\n"
            "            if inbound not in needed:\n"
            "                needed.append(inbound)\n"
            "    for one in reversed(needed):\n"
            "        one.forward()\n"
            "    return node.value",
            "still had no value",
        ),
        (
            "def run_all(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        if inbound.value is None:\n"
            "            run_all(inbound)\n"
            "    node.forward()\n"
            "    return node.value",
            "already have a value",
        ),
        (
            "def run_all(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run_all(inbound)\n"
            "    return node.value",
            "the node itself has not run",
        ),
        (
            "def run_all(node):\n"
            "    for one in reversed(needed):\n"
            "        one.forward()\n"
            "    return node.value",
            "the node itself has not run",
        ),
        (
            "def run_all(node):\n"
            "    if node.value is None:\n"
            "        for inbound in node.inbound_nodes:\n"
            "            run_all(inbound)\n"
            "        node.forward()\n"
            "    return node.value",
            "already have a value",
        ),
        (
            "def run_all(node):\n"
            "    for inbound in node.inbound_nodes:\n"
            "        run_all(inbound)\n"
            "    node.forward()",
            "returns None",
        ),
    ],
}
