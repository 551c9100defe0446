"""One SGD step of the same network in each library, behind one face: `steps(batches)` and `weights()`.

Two layers with a sigmoid between them and the mean squared error, float64, plain SGD. Each peer is written
as its own documentation would write it. A peer that is not installed raises ImportError when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .by_hand import plain_step, tight_step

Batches = list[tuple[np.ndarray, np.ndarray]]


@dataclass
class Work:
    """What all of them have to do: the batches of one epoch, (m, features) and (m, outputs), and a start."""

    name: str
    batches: Batches
    start: list[np.ndarray]
    learning_rate: float

    @property
    def outputs(self) -> int:
        return self.start[2].shape[1]


class ByHand:
    """numpy, written out."""

    def __init__(self, work: Work, step=plain_step):
        self.work, self.step, self.now = work, step, [w.copy() for w in work.start]

    def steps(self, batches: Batches) -> None:
        for X, y in batches:
            self.step(self.now, X, y, self.work.learning_rate)

    def weights(self) -> list[np.ndarray]:
        return self.now


def tight(work: Work) -> ByHand:
    """numpy, written out with an eye on the clock."""
    return ByHand(work, tight_step)


class MiniFlow:
    """This library, with the loop that lesson 06 writes out."""

    def __init__(self, work: Work):
        from miniflow_lib import (
            MSE,
            Input,
            Linear,
            Sigmoid,
            forward_and_backward,
            sgd_update,
            topological_sort,
        )

        self.forward_and_backward, self.sgd_update, self.rate = (
            forward_and_backward,
            sgd_update,
            work.learning_rate,
        )
        self.X, self.y, *self.trainables = (Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2"))
        W1, b1, W2, b2 = self.trainables
        cost = MSE(self.y, Linear(Sigmoid(Linear(self.X, W1, b1)), W2, b2))
        X_, y_ = work.batches[0]
        self.graph = topological_sort(
            {self.X: X_, self.y: y_, **dict(zip(self.trainables, work.start))}, cost
        )

    def steps(self, batches: Batches) -> None:
        for X, y in batches:
            self.X.value, self.y.value = X, y
            self.forward_and_backward(self.graph)
            self.sgd_update(self.trainables, self.rate)

    def weights(self) -> list[np.ndarray]:
        return [t.value for t in self.trainables]


class PyTorch:
    """PyTorch eager: a Sequential, its loss, its optimiser."""

    def __init__(self, work: Work):
        import torch

        torch.set_num_threads(1)
        (n, h), (_, k) = work.start[0].shape, work.start[2].shape
        self.model = torch.nn.Sequential(
            torch.nn.Linear(n, h), torch.nn.Sigmoid(), torch.nn.Linear(h, k)
        ).double()
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), work.start):
                parameter.copy_(torch.from_numpy(value.T if value.ndim == 2 else value))
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=work.learning_rate)
        self.loss = torch.nn.MSELoss()
        self.tensors = {id(X): (torch.from_numpy(X), torch.from_numpy(y)) for X, y in work.batches}

    def steps(self, batches: Batches) -> None:
        for X, _ in batches:
            inputs, targets = self.tensors[id(X)]
            self.optimiser.zero_grad()
            self.loss(self.model(inputs), targets).backward()
            self.optimiser.step()

    def weights(self) -> list[np.ndarray]:
        return [p.detach().numpy().T if p.ndim == 2 else p.detach().numpy() for p in self.model.parameters()]


class Jax:
    """JAX: the step jitted, called once a batch."""

    def __init__(self, work: Work):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jnp, rate = jax.numpy, work.learning_rate

        def cost(weights, X, y):
            W1, b1, W2, b2 = weights
            return self.jnp.mean((y - (jax.nn.sigmoid(X @ W1 + b1) @ W2 + b2)) ** 2)

        def step(weights, batch):
            gradients = jax.grad(cost)(weights, *batch)
            return [w - rate * g for w, g in zip(weights, gradients)], None

        self.step, self.scan = (
            jax.jit(step),
            jax.jit(lambda weights, epoch: jax.lax.scan(step, weights, epoch)[0]),
        )
        self.now = [self.jnp.asarray(w) for w in work.start]
        self.arrays = {id(X): (self.jnp.asarray(X), self.jnp.asarray(y)) for X, y in work.batches}

    def steps(self, batches: Batches) -> None:
        for X, _ in batches:
            self.now, _ = self.step(self.now, self.arrays[id(X)])
        self.now[0].block_until_ready()

    def weights(self) -> list[np.ndarray]:
        return [np.asarray(w) for w in self.now]


class JaxScan(Jax):
    """JAX: a whole epoch in one call, by lax.scan."""

    def __init__(self, work: Work):
        super().__init__(work)
        self.length = len(work.batches)
        self.epoch = tuple(self.jnp.asarray(np.stack(arrays)) for arrays in zip(*work.batches))

    def steps(self, batches: Batches) -> None:
        whole, rest = divmod(len(batches), self.length)
        assert rest == 0, "the scan runs over whole epochs"
        for _ in range(whole):
            self.now = self.scan(self.now, self.epoch)
        self.now[0].block_until_ready()


class Autograd:
    """HIPS autograd."""

    def __init__(self, work: Work):
        import autograd.numpy as anp
        from autograd import grad

        def cost(weights, X, y):
            W1, b1, W2, b2 = weights
            hidden = 1 / (1 + anp.exp(-(anp.dot(X, W1) + b1)))
            return anp.mean((y - (anp.dot(hidden, W2) + b2)) ** 2)

        self.gradient, self.rate, self.now = grad(cost), work.learning_rate, list(work.start)

    def steps(self, batches: Batches) -> None:
        for X, y in batches:
            self.now = [w - self.rate * g for w, g in zip(self.now, self.gradient(self.now, X, y))]

    def weights(self) -> list[np.ndarray]:
        return self.now


class ScikitLearn:
    """scikit-learn's MLPRegressor, over whole epochs, so that its start costs little.

    It minimises half the squared error summed over the outputs, so the same step has 2 / outputs the rate.
    """

    def __init__(self, work: Work):
        from sklearn.neural_network import MLPRegressor

        self.X = np.concatenate([X for X, _ in work.batches])
        y = np.concatenate([y for _, y in work.batches])
        self.y = y.ravel() if work.outputs == 1 else y
        self.length = len(work.batches)
        self.settings = {
            "hidden_layer_sizes": (work.start[0].shape[1],),
            "activation": "logistic",
            "solver": "sgd",
            "alpha": 0,
            "batch_size": len(work.batches[0][0]),
            "learning_rate_init": 2 / work.outputs * work.learning_rate,
            "momentum": 0,
            "nesterovs_momentum": False,
            "shuffle": False,
            "tol": 0,
            "n_iter_no_change": 10**9,
            "warm_start": True,
            "random_state": 0,
        }
        self.model = MLPRegressor(max_iter=1, **self.settings)
        self._fit(1)
        W1, b1, W2, b2 = (w.copy() for w in work.start)
        self.model.coefs_, self.model.intercepts_ = [W1, W2], [b1, b2]

    def _fit(self, epochs: int) -> None:
        import warnings

        self.model.set_params(max_iter=epochs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged after so many epochs is meant
            self.model.fit(self.X, self.y)

    def steps(self, batches: Batches) -> None:
        whole, rest = divmod(len(batches), self.length)
        assert rest == 0, "it runs over whole epochs"
        self._fit(whole)

    def weights(self) -> list[np.ndarray]:
        (W1, W2), (b1, b2) = self.model.coefs_, self.model.intercepts_
        return [W1, b1, W2, b2]


PEERS = {
    "numpy by hand, plain": ByHand,
    "numpy by hand, tight": tight,
    "MiniFlow": MiniFlow,
    "PyTorch eager": PyTorch,
    "JAX, jitted step": Jax,
    "JAX, scan over an epoch": JaxScan,
    "HIPS autograd": Autograd,
    "scikit-learn MLPRegressor": ScikitLearn,
}


def boston() -> Work:
    """The network of lesson 06 on the real data: 13-10-1, 46 batches of 11."""
    from miniflow_lib import load_boston

    X, y = load_boston(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return _work("13-10-1, batch 11", X, y.reshape(-1, 1), hidden=10, batch=11, learning_rate=0.01)


def larger() -> Work:
    """784-128-10, batch 128, on random numbers: 4 batches."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((512, 784)), rng.standard_normal((512, 10))
    return _work("784-128-10, batch 128", X, y, hidden=128, batch=128, learning_rate=0.01)


def _work(name: str, X: np.ndarray, y: np.ndarray, hidden: int, batch: int, learning_rate: float) -> Work:
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    batches = [(X[rows], y[rows]) for rows in order.reshape(-1, batch)]
    sizes = [(X.shape[1], hidden), (hidden,), (hidden, y.shape[1]), (y.shape[1],)]
    scales = [X.shape[1] ** -0.5, 0, hidden**-0.5, 0]
    return Work(
        name, batches, [s * rng.standard_normal(size) for s, size in zip(scales, sizes)], learning_rate
    )
