"""What is measured, and how: what is compared runs in turns in one run, and ratios are taken turn by turn."""

from __future__ import annotations

import ast
import gc
import inspect
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .peers import PEERS, MiniFlow, Work


@dataclass
class Row:
    """One line of a table: microseconds a step and the ratio to the first row, turn by turn."""

    name: str
    times: list[float]
    ratios: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


def in_turns(works: dict[str, Callable[[], object]], size: dict[str, int], turns: int) -> list[Row]:
    """Each callable once a turn, in changing order; times in microseconds a unit, `size` units a call."""
    times: dict[str, list[float]] = {name: [] for name in works}
    rng = np.random.default_rng(0)
    gc.collect()
    gc.disable()
    try:
        for _ in range(turns):
            for name in rng.permutation(list(works)):
                start = time.perf_counter()
                works[name]()
                times[name].append((time.perf_counter() - start) / size[name] * 1e6)
    finally:
        gc.enable()
    first = times[next(iter(works))]
    return [Row(name, t, [a / b for a, b in zip(t, first)]) for name, t in times.items()]


def peers(work: Work, turns: int) -> tuple[list[Row], list[str]]:
    """All peers on the same work, once they were seen to compute the same weights; and who is missing."""
    there, missing = {}, []
    for name, make in PEERS.items():
        try:
            there[name] = make(work)
        except ImportError as error:
            missing.append(f"{name} ({error.name} is not installed)")
    for peer in there.values():
        peer.steps(work.batches)
    expected = there["numpy by hand, plain"].weights()
    for name, peer in there.items():
        for ours, theirs in zip(expected, peer.weights()):
            difference = float(np.max(np.abs(ours - np.reshape(theirs, ours.shape))))
            if not difference < 1e-10:
                raise AssertionError(
                    f"{name} computes other weights than plain numpy: {difference:.1e} apart"
                )
    works, size = {}, {}
    for name, peer in there.items():
        peer.steps(work.batches)
        start = time.perf_counter()
        peer.steps(work.batches)
        one = time.perf_counter() - start
        epochs = max(1, round(0.03 / one))
        if name.startswith("scikit"):
            epochs = max(epochs, 20)  # its fit has a start of its own, which must not count
        works[name] = lambda peer=peer, batches=work.batches * epochs: peer.steps(batches)
        size[name] = epochs * len(work.batches)
    return in_turns(works, size, turns), missing


def without_hooks() -> types.ModuleType:
    """The passes with every trace of the trace cut out: no `tell`, and nothing that asks for it."""
    import miniflow_lib.passes as passes

    class Cut(ast.NodeTransformer):
        def visit_If(self, node):
            return None if ast.unparse(node.test) == "tell" else self.generic_visit(node)

        def visit_Assign(self, node):
            target = ast.unparse(node.targets[0])
            if target == "tell":
                return None
            if isinstance(node.targets[0], ast.Tuple) and ast.unparse(node.targets[0].elts[0]) == "tell":
                node.targets, node.value = [node.targets[0].elts[1]], node.value.elts[1]
            return node

    tree = ast.fix_missing_locations(Cut().visit(ast.parse(inspect.getsource(passes))))
    assert "tell" not in ast.unparse(tree)
    module = types.ModuleType("miniflow_lib.passes_without_hooks")
    module.__package__ = "miniflow_lib"
    exec(compile(tree, "passes_without_hooks", "exec"), module.__dict__)
    return module


def trace_off(work: Work, turns: int) -> list[Row]:
    """A training step without the hooks, and with them while nobody listens."""
    plain, hooked = MiniFlow(work), MiniFlow(work)
    plain.forward_and_backward = without_hooks().forward_and_backward
    batches = work.batches * 12
    works = {"without the hooks": lambda: plain.steps(batches), "trace off": lambda: hooked.steps(batches)}
    return in_turns(works, dict.fromkeys(works, len(batches)), 4 * turns)


def nodes(counts: tuple[int, ...] = (10**3, 10**4, 10**5, 10**6)) -> dict[int, float]:
    """{number of nodes: microseconds a node of the sort and both passes}, the best of some tries."""
    from miniflow_lib import Add, Input, Sigmoid, forward_and_backward, topological_sort

    found = {}
    for count in counts:
        best = float("inf")
        x = top = Input("x")
        for _ in range(count // 3):
            top = Add(Sigmoid(top), Sigmoid(top))
        gc.collect()
        gc.disable()
        for _ in range(max(2, min(200, 2 * 10**5 // count))):
            start = time.perf_counter()
            forward_and_backward(topological_sort({x: 1}, output=top))
            best = min(best, time.perf_counter() - start)
        gc.enable()
        found[count] = best / count * 1e6
    return found


def imports(turns: int) -> list[Row]:
    """Seconds to import numpy, and to import miniflow_lib, each in a fresh interpreter."""

    def run(module: str) -> float:
        program = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
        return float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        )

    times: dict[str, list[float]] = {"numpy": [], "miniflow_lib": []}
    for _ in range(turns):
        for module, found in times.items():
            found.append(run(module) * 1e6)
    return [Row(f"import {m}", t, [a / b for a, b in zip(t, times["numpy"])]) for m, t in times.items()]


def brought_in() -> list[str]:
    """The heavy packages that `import miniflow_lib` brings in: none, if all is well."""
    program = (
        "import sys, miniflow_lib; "
        "print(*sorted({'matplotlib', 'ipywidgets', 'sklearn'} & {m.partition('.')[0] for m in sys.modules}))"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()


def explorer_redraw(turns: int = 20) -> list[Row]:
    """From a control's change to the finished redraw at the lesson's size, beside the training alone.

    In the kernel; the way to the browser and back comes on top.
    """
    from miniflow_classroom.widgets.explorer import Explorer, Homes, Setting

    made = Explorer(Homes(), Setting())
    times: dict[str, list[float]] = {"the training alone": [], "move to redraw": []}
    for turn in range(turns):
        start = time.perf_counter()
        made.homes.run(Setting(seed=turn % 10))
        times["the training alone"].append((time.perf_counter() - start) * 1e6)
        start = time.perf_counter()
        made.controls["seed"].value = (turn + 1) % 10
        times["move to redraw"].append((time.perf_counter() - start) * 1e6)
    first = times["the training alone"]
    return [Row(name, t, [a / b for a, b in zip(t, first)]) for name, t in times.items()]


def kernel_memory(path) -> float:
    """MiB that the kernel holds after all cells of a notebook have run."""
    import nbformat
    import psutil
    from nbclient import NotebookClient

    client = NotebookClient(
        nbformat.read(path, 4), timeout=600, resources={"metadata": {"path": str(path.parent)}}
    )
    with client.setup_kernel():
        for number, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, number)
        return psutil.Process(client.km.provisioner.pid).memory_info().rss / 2**20
