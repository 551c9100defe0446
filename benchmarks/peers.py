"""One epoch of SGD on the same network in each library, written as its own documentation would write it.

Two layers with a sigmoid between them and the mean squared error, float64, plain SGD. `asked`: with the
gradients of X and y too, which MiniFlow always works out. A peer that is not installed raises ImportError,
and one without its compiler FileNotFoundError.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np

import miniflow_lib
from miniflow_lib import load_boston
from miniflow_lib.program import Program, drop_dead, fold, write

from .by_hand import Buffers, plain_step, tight_step


@dataclass
class Work:
    """What all have to do: the data, (m, features) and (m, outputs), and the weights to begin with."""

    X: np.ndarray
    y: np.ndarray
    hidden: int
    batch: int
    rate: float = 0.01

    def __post_init__(self):
        n, h, k = self.X.shape[1], self.hidden, self.y.shape[1]
        rng = np.random.default_rng(0)
        W1, W2 = rng.standard_normal((n, h)) / n**0.5, rng.standard_normal((h, k)) / h**0.5
        self.start = [W1, np.zeros(h), W2, np.zeros(k)]
        whole = range(0, len(self.X), self.batch)
        self.batches = [(self.X[i : i + self.batch], self.y[i : i + self.batch]) for i in whole]


@dataclass
class Task:
    """What is timed: `run()` does `units` steps, `results()` are the weights and the gradients of X and y."""

    run: Callable[[], object]
    units: int = 1
    results: Callable[[], list] = list
    clock: Callable[[], float] = time.process_time


def over_batches(work: Work, step: Callable, results: Callable[[], list], epoch: list | None = None) -> Task:
    """A task that calls step(X, y) with each batch."""
    epoch = work.batches if epoch is None else epoch

    def run() -> None:
        for X, y in epoch:
            step(X, y)

    return Task(run, len(epoch), results)


def drawn(work: Work, step: Callable, results: Callable[[], list], epochs: int) -> Task:
    """A task that draws its batches as lesson 06 does, and adds up the cost."""
    m = len(work.X)

    def run() -> None:
        rng, costs = np.random.default_rng(0), []
        for _ in range(epochs):
            order, total = rng.permutation(m), 0.0
            for start in range(0, m, work.batch):
                rows = order[start : start + work.batch]
                total += step(work.X[rows], work.y[rows]) * len(rows)
            costs.append(total / m)

    return Task(run, epochs * len(work.batches), results)


def by_hand(step: Callable, work: Work, asked: bool, loop: Callable[..., Task] = over_batches) -> Task:
    """numpy, written out."""
    weights, gradients = [w.copy() for w in work.start], [] if asked else None
    return loop(work, partial(step, weights, gradients, work.rate), lambda: weights + (gradients or []))


def with_buffers(work: Work, asked: bool) -> Task:
    """numpy, written out with every array made beforehand."""
    return by_hand(Buffers(work.start, *work.batches[0]).step, work, asked)


def network(work: Work, engine=miniflow_lib) -> tuple[list, list, Callable[[], list]]:
    """MiniFlow's sorted graph, its Inputs (X, y and the weights), and what they hold in the end."""
    X, y, W1, b1, W2, b2 = inputs = [engine.Input(name) for name in ("X", "y", "W1", "b1", "W2", "b2")]
    cost = engine.MSE(y, engine.Linear(engine.Sigmoid(engine.Linear(X, W1, b1)), W2, b2))
    graph = engine.topological_sort(dict(zip(inputs, [work.X, work.y, *work.start])), cost)
    return graph, inputs, lambda: [n.value for n in inputs[2:]] + [n.gradients[n] for n in inputs[:2]]


def miniflow(work: Work, asked: bool = True, loop: Callable[..., Task] = over_batches, engine=miniflow_lib):
    """This library, with the loop that lesson 06 writes out."""
    graph, (X, y, *trainables), results = network(work, engine)
    forward_and_backward, sgd_update, rate = engine.forward_and_backward, engine.sgd_update, work.rate

    def step(X_: np.ndarray, y_: np.ndarray) -> float:
        X.value, y.value = X_, y_
        forward_and_backward(graph)
        sgd_update(trainables, rate)
        return graph[-1].value

    return loop(work, step, results)


def miniflow_train(work: Work, epochs: int) -> Task:
    """This library's own loop."""
    graph, (X, y, *trainables), results = network(work)
    settings = {"learning_rate": work.rate, "epochs": epochs, "batch_size": work.batch, "seed": 0}
    train = partial(miniflow_lib.train, graph, {X: work.X, y: work.y}, trainables, **settings)
    return Task(train, epochs * len(work.batches), results)


SCANS = ("JAX, scan over an epoch", "JAX, the same text, scan")
LEAN = "its text without dead gradients"
Passes = tuple[Callable[[Program], Program], ...]
TEXTS: dict[str, Passes] = {
    "the program's text": (),
    LEAN: (drop_dead,),
    "... and folded": (drop_dead, fold),
}


def program(work: Work, passes: Passes = (drop_dead, fold)) -> Program:
    """The step of lesson 07: this library's graph written out, and what the passes make of it."""
    graph, inputs, _ = network(work)
    for node, array in zip(inputs, work.batches[0]):
        node.value = array
    return reduce(lambda made, change: change(made), passes, write(graph, inputs[:2], inputs[2:], work.rate))


def stepwise(work: Work, step: Callable) -> Task:
    """A task that calls step(X, y, *weights) with each batch, which returns the cost and the new weights."""
    weights = list(work.start)

    def run(X: np.ndarray, y: np.ndarray) -> None:
        _, *weights[:] = step(X, y, *weights)

    return over_batches(work, run, lambda: weights)


def at_once(work: Work, epoch: Callable) -> Task:
    """A task that calls epoch(X_all, y_all, *weights), which returns the costs' sum and the new weights."""
    weights, stacked = list(work.start), [np.stack(arrays) for arrays in zip(*work.batches)]

    def run() -> None:
        _, *weights[:] = epoch(*stacked, *weights)

    return Task(run, len(work.batches), lambda: weights)


def text(work: Work, asked: bool, passes: Passes) -> Task:
    """The program's text, run by Python."""
    return stepwise(work, program(work, passes).step())


def numba_step(work: Work, asked: bool) -> Task:
    """The program's text compiled by numba, and called once a batch."""
    import numba

    return stepwise(work, program(work).step(numba.njit))


def numba_epoch(work: Work, asked: bool) -> Task:
    """The same, with the loop over the batches compiled too."""
    import numba

    step = program(work).step(numba.njit).__wrapped__

    @numba.njit
    def epoch(X_all, y_all, W1, b1, W2, b2):
        total = 0.0
        for i in range(len(X_all)):  # zip(X_all, y_all) would hide from numba that each batch is in one piece
            cost, W1, b1, W2, b2 = step(X_all[i], y_all[i], W1, b1, W2, b2)
            total += cost
        return total, W1, b1, W2, b2

    return at_once(work, epoch)


def in_c(work: Work, asked: bool) -> Task:
    """The program as an epoch in C; FileNotFoundError where there is no compiler."""
    from miniflow_classroom.in_c import c_epoch  # here, for the classroom loads Jupyter's widgets

    return at_once(work, c_epoch(program(work)))


def torch_raw(work: Work, asked: bool) -> Task:
    """PyTorch's tensors and its autograd alone."""
    import torch

    torch.set_num_threads(1)
    weights, given = [torch.tensor(w, requires_grad=True) for w in work.start], []
    W1, b1, W2, b2 = weights

    def step(X, y) -> None:
        cost = torch.mean((y - (torch.sigmoid(X @ W1 + b1) @ W2 + b2)) ** 2)
        gradients = torch.autograd.grad(cost, [*weights, X, y] if asked else weights)
        with torch.no_grad():
            for w, g in zip(weights, gradients):
                w.sub_(g, alpha=work.rate)
        given[:] = gradients[4:]

    epoch = [tuple(torch.tensor(a, requires_grad=asked) for a in batch) for batch in work.batches]
    return over_batches(work, step, lambda: [t.detach().numpy() for t in weights + given], epoch)


def torch_nn(work: Work, asked: bool) -> Task:
    """PyTorch as its tutorials write it: a Sequential, its loss, its optimiser."""
    import torch

    torch.set_num_threads(1)
    (n, h), k = work.start[0].shape, work.y.shape[1]
    model = torch.nn.Sequential(torch.nn.Linear(n, h), torch.nn.Sigmoid(), torch.nn.Linear(h, k)).double()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), work.start):
            parameter.copy_(torch.from_numpy(value.T))  # the transpose of a bias is the bias
    optimiser, loss = torch.optim.SGD(model.parameters(), lr=work.rate), torch.nn.MSELoss()

    def step(X, y) -> None:
        optimiser.zero_grad()
        X.grad = y.grad = None
        loss(model(X), y).backward()
        optimiser.step()

    def results() -> list:
        return [p.detach().numpy().T for p in model.parameters()] + [
            t.grad.numpy() for t in epoch[-1] if asked
        ]

    epoch = [tuple(torch.tensor(a, requires_grad=asked) for a in batch) for batch in work.batches]
    return over_batches(work, step, results, epoch)


def jax(work: Work, asked: bool, scan: bool = False, same_text: bool = False) -> Task:
    """JAX: the step jitted and called once a batch, or a whole epoch in one call by lax.scan.

    same_text: the step is the program's text, and not JAX's own gradients.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    def cost(weights, X, y):
        W1, b1, W2, b2 = weights
        return jnp.mean((y - (jax.nn.sigmoid(X @ W1 + b1) @ W2 + b2)) ** 2)

    def step(weights, batch):
        to_weights, *given = jax.grad(cost, argnums=(0, 1, 2) if asked else (0,))(weights, *batch)
        return [w - work.rate * g for w, g in zip(weights, to_weights)], given

    if same_text:
        written = program(work).step(np=jnp)

        def step(weights, batch):
            _, *weights = written(*batch, *weights)
            return weights, []

    by_step, by_epoch = jax.jit(step), jax.jit(lambda *start: jax.lax.scan(step, *start))
    batches = [tuple(map(jnp.asarray, batch)) for batch in work.batches]
    stacked = tuple(jnp.stack(arrays) for arrays in zip(*batches))
    now, given = [jnp.asarray(w) for w in work.start], []

    def run() -> None:
        nonlocal now, given
        if scan:
            now, given = by_epoch(now, stacked)
        else:
            for batch in batches:
                now, given = by_step(now, batch)
        jax.block_until_ready((now, given))

    def results() -> list:
        return [np.asarray(w) for w in now] + [np.asarray(g[-1] if scan else g) for g in given]

    return Task(run, len(batches), results, clock=time.perf_counter)  # part of its work is in another thread


def autograd(work: Work, asked: bool) -> Task:
    """HIPS autograd."""
    import autograd.numpy as anp
    from autograd import grad

    def cost(weights, X, y):
        W1, b1, W2, b2 = weights
        hidden = 1 / (1 + anp.exp(-(anp.dot(X, W1) + b1)))
        return anp.mean((y - (anp.dot(hidden, W2) + b2)) ** 2)

    gradient, weights, given = grad(cost, (0, 1, 2) if asked else (0,)), list(work.start), []

    def step(X: np.ndarray, y: np.ndarray) -> None:
        to_weights, *given[:] = gradient(weights, X, y)
        weights[:] = [w - work.rate * g for w, g in zip(weights, to_weights)]

    return over_batches(work, step, lambda: weights + given)


def scikit_learn(work: Work, asked: bool) -> Task:
    """scikit-learn's MLPRegressor, 20 epochs a call, so that the start of its `fit` costs little.

    It minimises half the squared error summed over the outputs, so the same step has 2 / outputs the rate.
    """
    from sklearn.neural_network import MLPRegressor

    outputs, X, y = work.y.shape[1], work.X, work.y
    model = MLPRegressor(
        hidden_layer_sizes=(work.hidden,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        batch_size=work.batch,
        learning_rate_init=2 / outputs * work.rate,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
        tol=0,
        n_iter_no_change=10**9,
        max_iter=20,
        warm_start=True,
        random_state=0,
    )

    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged after so many epochs is meant
            model.fit(X, y.ravel() if outputs == 1 else y)

    run()
    W1, b1, W2, b2 = (w.copy() for w in work.start)
    model.coefs_, model.intercepts_ = [W1, W2], [b1, b2]
    return Task(
        run, 20 * len(work.batches), lambda: [a for c in zip(model.coefs_, model.intercepts_) for a in c]
    )


# Each with the ways there are: False as one would train, True with the gradients of X and y too.
PEERS: dict[str, tuple[Callable[[Work, bool], Task], tuple[bool, ...]]] = {
    "plain numpy": (partial(by_hand, plain_step), (False, True)),
    "tight numpy": (partial(by_hand, tight_step), (False, True)),
    "numpy with out=": (with_buffers, (False, True)),
    "MiniFlow": (miniflow, (True,)),
    "PyTorch, raw": (torch_raw, (False, True)),
    "PyTorch, nn and optim": (torch_nn, (False, True)),
    "JAX, jitted step": (jax, (False, True)),
    "JAX, scan over an epoch": (partial(jax, scan=True), (False, True)),
    "HIPS autograd": (autograd, (False, True)),
    "scikit-learn": (scikit_learn, (False,)),
    **{name: (partial(text, passes=passes), (not passes,)) for name, passes in TEXTS.items()},
    "numba, step by step": (numba_step, (False,)),
    "numba, a whole epoch": (numba_epoch, (False,)),
    "JAX, the same text, jitted step": (partial(jax, same_text=True), (False,)),
    "JAX, the same text, scan": (partial(jax, scan=True, same_text=True), (False,)),
    "C from the graph": (in_c, (False,)),
}


def boston() -> Work:
    """The network of lesson 06 on the real data: 13-10-1, 46 batches of 11."""
    X, y = load_boston(return_X_y=True)
    return Work((X - X.mean(axis=0)) / X.std(axis=0), y.reshape(-1, 1), hidden=10, batch=11)


def larger() -> Work:
    """784-128-10, batch 128, on random numbers: 2 batches."""
    rng = np.random.default_rng(1)
    return Work(rng.standard_normal((256, 784)), rng.standard_normal((256, 10)), hidden=128, batch=128)
