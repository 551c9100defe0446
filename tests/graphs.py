"""The graphs of the lessons, and graphs made by chance, for the tests of what shows them."""

from __future__ import annotations

import random

import numpy as np

from miniflow_lib import MSE, Add, Input, Linear, Mul, Node, Sigmoid, topological_sort

EVIL = "<img src=x onerror=alert(1)>"


class Tanh(Node):
    """An op as a learner writes it: no name=, no word about traces or pictures."""

    def __init__(self, x):
        Node.__init__(self, [x])

    def forward(self):
        self.value = np.tanh(self.inbound_nodes[0].value)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients[x] = self.grad_cost() * (1 - self.value**2)


class TanhAsText(Tanh):
    """It can be written out in a program, too: one method more."""

    def source(self, out, g, x):
        return [f"{out} = np.tanh({x})"], [f"{g} * (1 - {out} * {out})"]


def x_plus_y_plus_z():
    x, y, z = Input("x"), Input("y"), Input("z")
    return topological_sort({x: 4, y: 5, z: 10}, output=Add(x, y, z))


def x_plus_y_times_z():
    x, y, z = Input("x"), Input("y"), Input("z")
    return topological_sort({x: -2, y: 5, z: -4}, output=Mul(Add(x, y, name="q"), z, name="f"))


def used_twice():
    x, three = Input("x"), Input("three")
    f = Add(Mul(x, x, name="square"), Mul(three, x, name="triple"), name="f")
    return topological_sort({x: 2, three: 3}, output=f)


def diamonds(count: int = 3):
    x = node = Input("x")
    for _ in range(count):
        node = Add(Add(node), Mul(node))
    return topological_sort({x: 1}, output=node)


def neuron():
    w0, x0, w1, x1, w2 = (Input(name) for name in ("w0", "x0", "w1", "x1", "w2"))
    s = Sigmoid(Add(Mul(w0, x0), Mul(w1, x1), w2))
    return topological_sort({w0: 2, x0: -1, w1: -3, x1: -2, w2: -3}, output=s)


def one_layer():
    X, W1, b1, y = (Input(name) for name in ("X", "W1", "b1", "y"))
    feed = {X: [[-1, -2], [-1, -2]], W1: [[2], [3]], b1: [-3], y: [1, 2]}
    return topological_sort(feed, output=MSE(y, Sigmoid(Linear(X, W1, b1))))


def two_neurons():
    X, W, b, y = (Input(name) for name in ("X", "W", "b", "y"))
    feed = {X: [[3, 2, 4], [2, 2, 4]], W: [[2, -2], [3, -3], [-1, 3]], b: [4, 6], y: [[18, 2], [14, 4]]}
    return topological_sort(feed, output=MSE(y, Linear(X, W, b, name="a"), name="cost"))


def two_layers():
    X, W1, b1, W2, b2, y = (Input(name) for name in ("X", "W1", "b1", "W2", "b2", "y"))
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    feed = {X: [[-1, -2], [-1, -2]], W1: [[2], [3]], b1: [-3], W2: [[2]], b2: [-3], y: [1, 2]}
    return topological_sort(feed, output=cost)


def two_layers_of_lesson_5():
    X, y, W1, b1, W2, b2 = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
    s = Sigmoid(Linear(X, W1, b1, name="l1"), name="s")
    feed = {X: [[1, 2], [3, 4]], y: [1, 6], W1: [[2], [-1]], b1: [-1], W2: [[4]], b2: [1]}
    return topological_sort(feed, output=MSE(y, Linear(s, W2, b2, name="l2"), name="C"))


def own_op():
    x, w, b = Input("x"), Input("w"), Input("b")
    return topological_sort({x: 2, w: 0.5, b: -1}, output=Tanh(Add(Mul(w, x), b)))


def boston():
    rng = np.random.default_rng(0)
    X, W1, b1, W2, b2, y = (Input(name) for name in ("X", "W1", "b1", "W2", "b2", "y"))
    cost = MSE(y, Linear(Sigmoid(Linear(X, W1, b1)), W2, b2))
    shapes = {X: (11, 13), W1: (13, 10), b1: (10,), W2: (10, 1), b2: (1,), y: (11,)}
    return topological_sort({node: rng.normal(size=shape) for node, shape in shapes.items()}, output=cost)


def evil():
    x = Input(EVIL)
    return topological_sort({x: 3}, output=Mul(x, x, name=EVIL))


LESSONS = {
    make.__name__: make
    for make in (
        *(x_plus_y_plus_z, x_plus_y_times_z, used_twice, diamonds, neuron),
        *(one_layer, two_layers, own_op, boston, evil),
    )
}


def by_chance(seed: int, most: int = 40):
    """A sorted graph of up to `most` nodes: long edges, crossings, shared nodes, names of all lengths."""
    chance = random.Random(seed)
    names = [
        "x",
        "W1",
        "learning rate",
        "ein sehr langer Name, der kaum passt",
        "m" * 30,
        "\u5c64\u306e\u91cd\u307f",
        EVIL,
    ]
    inputs = [Input(chance.choice(names)) for _ in range(chance.randint(1, 8))]
    nodes = list(inputs)
    for _ in range(chance.randint(0, most - 1 - len(inputs))):
        reach = nodes if chance.random() < 0.3 else nodes[-6:]
        picked = [chance.choice(reach) for _ in range(chance.randint(1, 4))]
        node = chance.choice([Add, Mul])(*picked)
        if chance.random() < 0.2:
            node.name = chance.choice(names)
        nodes.append(node)
    used = {a for node in nodes for a in node.inbound_nodes}
    cost = Add(*(node for node in nodes if node not in used), name="cost")
    return topological_sort({node: chance.choice([1, -0.5, 1e-7, 1 / 3]) for node in inputs}, output=cost)


def walk(graph: list) -> None:
    """Both passes by hand, node by node, as classic programs do."""
    for node in graph:
        node.forward()
    for node in reversed(graph):
        node.backward()
