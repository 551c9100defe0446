"""A learner's ops that write into what others read, or hand it on."""

from __future__ import annotations

import numpy as np

from miniflow_lib import Node


class Op(Node):
    def __init__(self, *inputs, name=None):
        Node.__init__(self, inputs, name)


class ReLU(Op):
    """Writes into the gradient that it got."""

    def forward(self):
        self.value = np.maximum(self.inbound_nodes[0].value, 0)

    def backward(self):
        (x,) = self.inbound_nodes
        g = self.grad_cost()
        if np.ndim(g):
            g[x.value <= 0] = 0
        else:
            g = g * (x.value > 0)
        self.gradients = {x: g}


class Subtract(Op):
    """Hands one array to both, and turns its sign in between."""

    def forward(self):
        a, b = self.inbound_nodes
        self.value = a.value - b.value

    def backward(self):
        a, b = self.inbound_nodes
        g = self.grad_cost()
        self.gradients = {a: g}
        g *= -1
        self.gradients[b] = g


class Same(Op):
    """Its value is its input's own array, its gradient its consumer's."""

    def forward(self):
        self.value = self.inbound_nodes[0].value

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.grad_cost()}


class Shift(Op):
    """Writes into its input: z is no copy."""

    def forward(self):
        z = self.inbound_nodes[0].value
        z -= z.max()
        self.value = np.exp(z)

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: self.value * self.grad_cost()}
