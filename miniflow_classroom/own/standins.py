"""The pieces that a learner has not written yet: the engine as the lessons mean it.

A node has `name`, `value`, `inbound_nodes`, `outbound_nodes`, `gradients` and `run`. So these, the
learner's pieces and the library's nodes may be in one graph.
"""

import numpy as np


class MyNode:
    def __init__(self, *inbound_nodes, name=None):
        self.name = name or type(self).__name__
        self.value = None
        self.inbound_nodes = inbound_nodes
        self.outbound_nodes = []
        self.gradients = {}
        for node in inbound_nodes:
            node.outbound_nodes.append(self)

    run = None  # the backward pass that it last took part in

    def grad_cost(self):
        arriving = [node.gradients[self] for node in self.outbound_nodes if node.run is self.run]
        return sum(arriving) if arriving else 1.0


class MyInput(MyNode):
    def __init__(self, name="Input"):
        MyNode.__init__(self, name=name)

    def forward(self):
        self.value = np.asarray(self.value, dtype=float)

    def backward(self):
        self.gradients = {self: self.grad_cost()}


class MyAdd(MyNode):
    def forward(self):
        total = 0.0
        for node in self.inbound_nodes:
            total = total + node.value
        self.value = total

    def backward(self):
        self.gradients = {node: self.grad_cost() for node in self.inbound_nodes}


class MyMul(MyNode):
    def forward(self):
        x, y = self.inbound_nodes
        self.value = x.value * y.value

    def backward(self):
        x, y = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * y.value, y: self.grad_cost() * x.value}


class MyLinear(MyNode):
    def forward(self):
        X, W, b = self.inbound_nodes
        self.value = X.value @ W.value + b.value

    def backward(self):
        X, W, b = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {X: g @ W.value.T, W: X.value.T @ g, b: g.sum(axis=0)}


class MySigmoid(MyNode):
    def forward(self):
        (x,) = self.inbound_nodes
        self.value = 1 / (1 + np.exp(-x.value))

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() * self.value * (1 - self.value)}


class MyMSE(MyNode):
    def forward(self):
        y, a = self.inbound_nodes
        self.diff = y.value.reshape(a.value.shape) - a.value
        self.value = np.mean(self.diff**2)

    def backward(self):
        y, a = self.inbound_nodes
        g = self.grad_cost() * 2 / self.diff.size * self.diff
        self.gradients = {y: g.reshape(y.value.shape), a: -g}


def find_nodes(inputs):
    found = dict.fromkeys(inputs)  # a dict keeps the order, and each node once
    to_see = list(inputs)
    for node in to_see:
        for out in node.outbound_nodes:
            if out not in found:
                found[out] = None
                to_see.append(out)
    return found


def my_topological_sort(feed_dict):
    for node, value in feed_dict.items():
        node.value = np.array(value, dtype=float)
    in_degree = {node: len(node.inbound_nodes) for node in find_nodes(feed_dict)}
    ready = [node for node in in_degree if in_degree[node] == 0]
    for node in ready:
        for out in node.outbound_nodes:
            in_degree[out] -= 1
            if in_degree[out] == 0:
                ready.append(out)
    if len(ready) < len(in_degree):
        raise ValueError("there is a cycle: some nodes wait for each other")
    return ready


def my_forward_pass(output, graph):
    for node in graph:
        node.forward()
    return output.value


def my_backward_pass(graph):
    run = object()
    for node in reversed(graph):
        node.run = run
        node.backward()


def my_forward_and_backward(graph):
    my_forward_pass(graph[-1], graph)
    my_backward_pass(graph)


def my_sgd_update(trainables, learning_rate=0.01):
    for t in trainables:
        t.value = t.value - learning_rate * t.gradients[t]


def my_train(graph, feeds, trainables, epochs=100, batch_size=11, learning_rate=0.01, seed=0):
    rng, costs = np.random.default_rng(seed), []
    m = len(next(iter(feeds.values())))
    for _ in range(epochs):
        order, total = rng.permutation(m), 0.0
        for start in range(0, m, batch_size):
            rows = order[start : start + batch_size]
            for node, array in feeds.items():
                node.value = array[rows]
            my_forward_and_backward(graph)
            my_sgd_update(trainables, learning_rate)
            total += graph[-1].value * len(rows)
        costs.append(total / m)
    return costs
