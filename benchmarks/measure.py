"""What is measured, and how: short windows in turns, the processor's time, the least of many."""

from __future__ import annotations

import gc
import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NamedTuple

import numpy as np

import miniflow_lib
from miniflow_lib import Add, Input, Sigmoid, forward_and_backward, topological_sort
from miniflow_classroom.in_c import compiler_and_options

from .by_hand import plain_step
from .peers import PEERS, TEXTS, Task, Work, by_hand, drawn, miniflow, miniflow_train, text

WINDOW = 2.5e-3  # seconds: short enough that on a busy machine, too, many pass undisturbed
HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in ("jax", "numba", "torch"):  # what a lesson uses where it is installed
            raise ModuleNotFoundError(f"{name} is hidden", name=name)

sys.meta_path.insert(0, Hidden())
"""


class Row(NamedTuple):
    """One line of a table: microseconds a unit, and the ratio to the first row."""

    name: str
    time: float
    ratio: float


def rows(least: dict[str, float]) -> list[Row]:
    first = next(iter(least.values()))
    return [Row(name, seconds * 1e6, seconds / first) for name, seconds in least.items()]


def window(task: Task) -> float:
    """Seconds a unit: the quickest run within one window. Whatever else the machine does only adds to it."""
    least, begin = math.inf, task.clock()
    end = begin
    while end - begin < WINDOW:
        start = task.clock()
        task.run()
        end = task.clock()
        least = min(least, end - start)
    return least / task.units


def in_turns(makers: dict[str, Callable[[], Task]], turns: int) -> list[Row]:
    """The quickest run of each task, over a window of each a turn, in changing order."""
    least, rng = dict.fromkeys(makers, math.inf), np.random.default_rng(0)
    gc.disable()
    try:
        for turn in range(turns):
            if turn % 25 == 0:  # made anew: 1 or 2 % hang on where its arrays lie in memory
                tasks = {name: make() for name, make in makers.items()}
                gc.collect()
            if turn == 0:
                check_same(tasks)
                every = {name: 1 + int(window(t) * t.units / WINDOW / 4) for name, t in tasks.items()}
            for name in rng.permutation([n for n in tasks if turn % every[n] == 0]):  # slow ones less often
                least[name] = min(least[name], window(tasks[name]))
    finally:
        gc.enable()
    return rows(least)


def check_same(tasks: dict[str, Task]) -> None:
    """All tasks come to the same weights and gradients from the same start, or the comparison is void."""
    most = max(task.units for task in tasks.values())
    for task in tasks.values():
        for _ in range(most // task.units):
            task.run()
    expected = max((task.results() for task in tasks.values()), key=len)
    for name, task in tasks.items():
        for ours, theirs in zip(expected, task.results()):
            apart = float(np.max(np.abs(ours - np.reshape(theirs, ours.shape))))
            if not apart < 1e-10:
                raise AssertionError(f"{name} computes other numbers than plain numpy: {apart:.1e} apart")


def missing() -> set[str]:
    """What peers need and is not installed: packages, and a compiler."""
    needed = {"torch", "jax", "autograd", "sklearn", "numba"}
    compiler = set() if shutil.which(compiler_and_options()[0]) else {"a C compiler"}
    return {name for name in needed if importlib.util.find_spec(name) is None} | compiler


def peers(work: Work, turns: int, both: bool = False) -> list[Row]:
    """All peers on the same work, as far as installed. both: each with the gradients of X and y too."""
    makers = {}
    for name, (make, ways) in PEERS.items():
        for asked in ways if both or name == "plain numpy" else ways[:1]:
            with suppress(ImportError, FileNotFoundError):
                make(work, asked)
                makers[name + ", same gradients" * (asked and len(ways) > 1)] = partial(make, work, asked)
    return in_turns(makers, turns)


def loops(work: Work, turns: int) -> list[Row]:
    """Training as one does it, with batches drawn at random: epochs enough that the start counts little."""
    epochs = 10
    loop = partial(drawn, epochs=epochs)
    makers = {
        "plain numpy": partial(by_hand, plain_step, work, False, loop),
        "plain numpy, same gradients": partial(by_hand, plain_step, work, True, loop),
        "MiniFlow, the loop written out": partial(miniflow, work, loop=loop),
        "MiniFlow, train()": partial(miniflow_train, work, epochs),
    }
    return in_turns(makers, turns)


# What is cut out of the engine's text to see what it costs: a pattern, and what takes its place.
TRACE = {
    r"tell, run = trace\.teller\([^()]*\), ": "run = ",
    r"tell = trace\.teller\([^()]*\)": "pass",
    r"if tell:\n +tell\(node\)": "pass",
}
CALL = r"((errors|mistakes)\.check|guard\.)"
CHECKS = {rf"^( *)(if [^\n]*\n\1    (raise|{CALL}|[\w.]+ = {CALL})|{CALL})[^\n]*$": r"\1pass"}
NODES, PASSES = ("nodes.py", "ops.py"), ("passes.py", "training.py")  # what a step runs


def engine_without(name: str, cuts: dict[str, str], files: tuple[str, ...]) -> ModuleType:
    """A copy of miniflow_lib under another name, with something cut out of some of its files."""
    with TemporaryDirectory() as folder:
        copy = shutil.copytree(Path(miniflow_lib.__file__).parent, Path(folder) / name)
        found = dict.fromkeys(cuts, 0)
        for file in files:
            text = (copy / file).read_text(encoding="utf-8")
            for pattern, instead in cuts.items():
                text, count = re.subn(pattern, instead, text, flags=re.MULTILINE)
                found[pattern] += count
            (copy / file).write_text(text, encoding="utf-8")
        assert all(found.values()), f"the engine is written otherwise now: {found}"
        sys.path.insert(0, folder)
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(folder)


def engine(work: Work, turns: int) -> list[Row]:
    """The engine next to numpy, and with something cut out. What its second copy differs by is the error."""
    cuts = {
        "MiniFlow": ({}, ()),
        "a second copy of it": ({}, ()),
        "without the trace": (TRACE, PASSES),
        "without the checks of nodes and ops": (CHECKS, NODES),
        "without any check": (CHECKS, NODES + PASSES),
    }
    copies = [engine_without(f"miniflow_copy_{place}", *cut) for place, cut in enumerate(cuts.values())]
    makers = {
        "plain numpy": partial(by_hand, plain_step, work, False),
        "plain numpy, same gradients": partial(by_hand, plain_step, work, True),
    }
    makers |= {name: partial(miniflow, work, engine=copy) for name, copy in zip(cuts, copies)}
    makers |= {name: partial(text, work, False, passes) for name, passes in TEXTS.items()}
    return in_turns(makers, turns)


def engine_alone(turns: int) -> list[Row]:
    """The medians of seven interpreters without the peers: where its code lies makes one faster or slower.

    Not a multiprocessing.Pool: as deep in calls as it works, Python 3.11 took a quarter more for a step.
    """
    call = f"measure.engine(peers.boston(), {turns})"
    program = f"import json; from benchmarks import measure, peers; print(json.dumps({call}))"
    command = [sys.executable, "-c", program]
    done = [subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True) for _ in range(7)]
    found = zip(*(json.loads(process.stdout) for process in done))
    columns = [list(zip(*same)) for same in found]
    return [Row(name[0], float(np.median(time)), float(np.median(ratio))) for name, time, ratio in columns]


def nodes(counts: tuple[int, ...], turns: int) -> dict[int, float]:
    """{number of nodes: microseconds a node} to build, sort, run and free a graph, garbage collector on.

    A million nodes take seconds, in which no machine is undisturbed: so the mean, over a like time for each.
    """

    def life(count: int) -> None:
        x = top = Input("x")
        for _ in range(count // 3):
            top = Add(Sigmoid(top), Sigmoid(top))
        forward_and_backward(topological_sort({x: 1}, output=top))

    spent = dict.fromkeys(counts, 0.0)
    repeats = {count: max(1, max(counts) // 2 // count) for count in counts}
    gc.collect()
    gc.freeze()  # what is there already is none of the graph's garbage
    for _ in range(turns):
        for count in counts:
            start = time.process_time()
            for _ in range(repeats[count]):
                life(count)
                gc.collect()
            spent[count] += time.process_time() - start
    gc.unfreeze()
    return {count: spent[count] / (turns * repeats[count] * count) * 1e6 for count in counts}


def imports(turns: int) -> list[Row]:
    """To import numpy, and what miniflow_lib adds, in a fresh interpreter, compiled beforehand.

    Too long for a quiet moment: the median of the ratios, each taken within one interpreter.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = (
        "from time import process_time as t; a = t(); import numpy; b = t(); import miniflow_lib; "
        "print(b - a, t() - a)"
    )
    command, times = [sys.executable, "-c", program], []
    with TemporaryDirectory() as folder:
        environment["PYTHONPYCACHEPREFIX"] = folder  # the first turn writes it, and does not count
        for _ in range(turns + 1):
            found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            times.append([float(text) for text in found.stdout.split()])
    numpy, both = np.array(times[1:]).T
    ratio = float(np.median(both / numpy))
    least = float(np.min(numpy)) * 1e6
    return [
        Row("import numpy", least, 1.0),
        Row("import miniflow_lib, which imports numpy", least * ratio, ratio),
    ]


def explorer_redraw(turns: int) -> list[Row]:
    """From a control's change to the finished redraw at the lesson's size, beside the training alone.

    In the kernel; the way to the browser and back comes on top.
    """
    from miniflow_classroom.widgets.explorer import Explorer, Homes, Setting

    made = Explorer(Homes(), Setting())
    seed = made.controls["seed"]

    def move() -> None:
        seed.value = (seed.value + 1) % 10

    works = {"the training alone": lambda: made.homes.run(Setting()), "move to redraw": move}
    return in_turns({name: partial(Task, run) for name, run in works.items()}, turns)


def run_all(path: Path) -> tuple[float, float]:
    """MiB that a kernel holds after it has run all cells of a notebook, and CPU seconds that it has used.

    Without the peers that lessons use where they are installed: as after `make lab`.
    """
    import nbformat
    import psutil
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(HIDE))
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}})
    with client.setup_kernel():
        for number, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, number)
        kernel = psutil.Process(client.km.provisioner.pid)
        return kernel.memory_info().rss / 2**20, sum(kernel.cpu_times()[:4])  # its children's, too
