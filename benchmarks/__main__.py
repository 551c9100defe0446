"""python -m benchmarks: one run of all measurements, as tables, and which targets hold.

--write puts the tables into benchmarks/README.md and the picture into docs/images/; --quick only tries it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from pathlib import Path

import numpy as np

from . import measure, peers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PICTURE = ROOT / "docs/images/speed.png"


def table(head: tuple[str, ...], lines: list[tuple]) -> str:
    """Markdown; numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [head, rule, *lines])


def compared(rows: list[measure.Row], first: str, unit: str = "µs a step", scale: float = 1.0) -> str:
    lines = [(row.name, f"{row.time * scale:.1f}", f"{row.ratio:.3g}") for row in rows]
    return table((first, unit, "ratio"), lines)


def judged(name: str, found: float | None, most: float) -> tuple[str, str, str, str]:
    """A line of the targets, to two decimals, as well as it repeats; without its peers it is not measured."""
    if not found:
        return name, f"{most:.2f}", "", "not measured"
    return name, f"{most:.2f}", f"{found:.2f}", "holds" if round(found, 2) <= most else "MISSED"


def blas() -> str:
    """The BLAS that numpy works with, and which of its kernels this processor gets."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']} (install threadpoolctl to see which kernel)"
    found = [f for f in threadpool_info() if f["user_api"] == "blas" and "numpy" in f["filepath"]]
    return "; ".join(f"{f['internal_api']} {f['version']}, {f.get('architecture')} kernel" for f in found)


def machine() -> str:
    """The machine in words."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text())
        cpu = found[1] if found else cpu
    versions = [f"Python {platform.python_version()}", f"numpy {np.__version__}"]
    for name in ("torch", "jax", "autograd", "sklearn", "numba"):
        if name in sys.modules:
            versions.append(f"{name} {getattr(sys.modules[name], '__version__', '')}".strip())
    cores = f"{os.cpu_count()} cores, {platform.system()}"
    return f"{cpu}, {cores}; {blas()}, one thread; {', '.join(versions)}"


def picture(rows: list[measure.Row], path: Path) -> None:
    """The ratios as bars on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.style.use("miniflow_classroom.miniflow")
    rows = sorted(rows, key=lambda row: -row.ratio)
    ratios = [row.ratio for row in rows]
    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.36 * len(rows)), layout="constrained")
    colours = ["#0072B2" if row.name == "MiniFlow" else "#B8C4CC" for row in rows]
    bars = axes.barh([row.name for row in rows], ratios, color=colours)
    axes.bar_label(bars, [f"{r:.3g}" for r in ratios], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(min(ratios) / 2, max(ratios) * 2.2)
    axes.axvline(1, color="#444444", linewidth=1)
    axes.set_xlabel("time per step, plain numpy = 1 (logarithmic)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--turns", type=int, default=150, help="windows of a row, at least (default: 150)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--write", action="store_true", help="write benchmarks/README.md and the picture")
    kind.add_argument("--quick", action="store_true", help="2 windows, fewer nodes: the figures mean nothing")
    args = parser.parse_args()
    turns, few, most_nodes = (2, 2, 10**4) if args.quick else (args.turns, 30, 10**6)
    boston, larger, parts = peers.boston(), peers.larger(), []

    def show(title: str, text: str) -> None:
        parts.append(f"## {title}\n\n{text}")
        print(f"\n{parts[-1]}", flush=True)

    engine = measure.engine_alone(turns)
    show("The engine: an SGD step of lesson 06, 13-10-1, batch 11, the Boston data", compared(engine, "who"))
    small = measure.peers(boston, turns)
    show("The same step in other libraries", compared(small, "who"))
    large = measure.peers(larger, turns, both=True)
    show("A larger network: 784-128-10, batch 128", compared(large, "who"))
    if missing := measure.missing():
        show("Left out", "Not installed: " + ", ".join(sorted(missing)) + ".")
    show("Training on the Boston data, with batches drawn", compared(measure.loops(boston, turns), "who"))
    counts = tuple(10**n for n in range(3, 7) if 10**n <= most_nodes)
    per_node = measure.nodes(counts, 1 if args.quick else 3)
    lines = [(f"{count:,}", f"{cost:.2f}") for count, cost in per_node.items()]
    show("Many nodes", table(("nodes", "µs a node: build, sort, both passes, free"), lines))
    loading = measure.imports(few)
    show("Importing", compared(loading, "in a fresh interpreter", "ms", 1e-3))
    redraw = measure.explorer_redraw(few)
    show("The explorer", compared(redraw, "at the lesson's size", "ms", 1e-3))
    memory, seconds = measure.run_all(ROOT / "notebooks/06_sgd_boston.ipynb")
    used = f"{seconds:.1f} CPU seconds, its own start and all imports included"
    show("A whole lesson", f"A kernel after Run All of lesson 06 holds {memory:.0f} MiB and has used {used}.")

    (ours,) = (row.ratio for row in engine if row.name == "MiniFlow")
    against, ratio = {row.name: ours / row.ratio for row in engine}, {row.name: row.ratio for row in small}
    lean = next(row.ratio for row in engine if row.name == peers.LEAN)
    epoch, scans = ratio.get("numba, a whole epoch"), [ratio[name] for name in peers.SCANS if name in ratio]
    targets = [
        ("a step against plain numpy, same gradients", against["plain numpy, same gradients"], 1.00),
        ("a step against plain numpy", against["plain numpy"], 1.05),
        ("trace off against no trace at all", against["without the trace"], 1.03),
        ("the checks of nodes and ops", against["without the checks of nodes and ops"], 1.04),
        (f"a node of {most_nodes:,} against one of 1,000", per_node[most_nodes] / per_node[1000], 2.5),
        ("import miniflow_lib against import numpy", loading[1].ratio, 1.25),
        ("MiB of a kernel after lesson 06", memory, 220),
        ("CPU seconds of that kernel", seconds, 8),
        ("the program's text without dead gradients against plain numpy", lean, 0.80),
        ("numba, a whole epoch, against plain numpy", epoch, 0.13),
        ("numba, a whole epoch, against JAX's faster scan", epoch and scans and epoch / min(scans), 1.20),
        ("C from the graph against plain numpy", ratio.get("C from the graph"), 0.06),
    ]
    verdicts = [judged(*target) for target in targets]
    show("Targets", table(("target", "at most", "measured", ""), verdicts))

    if args.write:
        picture(small, PICTURE)
        intro = (HERE / "README.md").read_text(encoding="utf-8").split("<!-- results -->")[0]
        text = f"{intro}<!-- results -->\n\nMeasured on: {machine()}.\n\n" + "\n\n".join(parts) + "\n"
        (HERE / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
