"""python -m benchmarks: one run of all measurements, as tables, and which targets hold.

--write puts the tables into benchmarks/README.md and the picture into docs/images/.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import sys
from pathlib import Path

import numpy as np

from . import measure, peers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PICTURE = ROOT / "docs/images/speed.png"


def table(rows: list[measure.Row], first: str, unit: str = "µs a step", scale: float = 1.0) -> str:
    """Medians and ranges as a Markdown table."""
    lines = [f"| {first} | {unit}, median (range) | ratio, median (range) |", "| --- | ---: | ---: |"]
    for row in rows:
        times = [t * scale for t in row.times]
        lines.append(
            f"| {row.name} | {statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f}) "
            f"| {row.ratio:.3g} ({min(row.ratios):.3g} to {max(row.ratios):.3g}) |"
        )
    return "\n".join(lines)


def ratio(rows: list[measure.Row], name: str, to: str) -> float | None:
    """The median over the turns of one row's time against another's; None when one is not there."""
    by_name = {row.name: row for row in rows}
    if name not in by_name or to not in by_name:
        return None
    return statistics.median(a / b for a, b in zip(by_name[name].times, by_name[to].times))


def machine() -> str:
    """The machine in words."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text())
        cpu = found[1] if found else cpu
    versions = [f"Python {platform.python_version()}", f"numpy {np.__version__}"]
    for name in ("torch", "jax", "autograd", "sklearn"):
        if name in sys.modules:
            versions.append(f"{name} {getattr(sys.modules[name], '__version__', '')}".strip())
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}; one thread; {', '.join(versions)}"


def verdicts(figures: dict[str, tuple[float | None, float]]) -> str:
    """Which targets hold."""
    lines = ["| target | at most | measured | |", "| --- | ---: | ---: | --- |"]
    for name, (found, limit) in figures.items():
        if found is None:
            lines.append(f"| {name} | {limit:g} | not measured | |")
        else:
            lines.append(f"| {name} | {limit:g} | {found:.3g} | {'holds' if found <= limit else 'MISSED'} |")
    return "\n".join(lines)


def picture(rows: list[measure.Row], path: Path) -> None:
    """The ratios as bars on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.style.use("miniflow_classroom.miniflow")
    rows = sorted(rows, key=lambda row: -row.ratio)
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    colours = ["#0072B2" if row.name == "MiniFlow" else "#B8C4CC" for row in rows]
    bars = axes.barh([row.name for row in rows], [row.ratio for row in rows], color=colours)
    axes.bar_label(bars, [f"{row.ratio:.3g}" for row in rows], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(0.05, max(row.ratio for row in rows) * 2.2)
    axes.axvline(1, color="#444444", linewidth=1)
    axes.set_xlabel("time per step, plain numpy = 1 (logarithmic)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--turns", type=int, default=30, help="how often each row is measured")
    parser.add_argument("--write", action="store_true", help="write benchmarks/README.md and the picture")
    args = parser.parse_args()

    parts: list[str] = []

    def show(title: str, text: str) -> None:
        parts.append(f"## {title}\n\n{text}")
        print(f"\n{parts[-1]}", flush=True)

    small, missing = measure.peers(peers.boston(), args.turns)
    show("An SGD step of lesson 06: 13-10-1, batch 11, the Boston data", table(small, "who"))
    large, _ = measure.peers(peers.larger(), max(args.turns // 2, 5))
    show("A larger network: 784-128-10, batch 128, float64", table(large, "who"))
    if missing:
        show("Left out", "\n".join(f"- {who}" for who in missing))

    hooks = measure.trace_off(peers.boston(), args.turns)
    show("What the trace costs when nobody listens", table(hooks, "a step of lesson 06"))

    per_node = measure.nodes()
    lines = ["| nodes | µs a node, sort and both passes |", "| ---: | ---: |"]
    show("Many nodes", "\n".join(lines + [f"| {count:,} | {cost:.2f} |" for count, cost in per_node.items()]))

    loading = measure.imports(max(args.turns // 2, 5))
    show("Importing", table(loading, "in a fresh interpreter", "ms", 1e-3))
    heavy = measure.brought_in()

    redraw = measure.explorer_redraw()
    show("The explorer", table(redraw, "at the lesson's size", "ms", 1e-3))

    memory = measure.kernel_memory(ROOT / "notebooks/06_sgd_boston.ipynb")
    show("Memory", f"A kernel after Run All of lesson 06 holds {memory:.0f} MiB.")

    figures = {
        "MiniFlow step against plain numpy by hand": (ratio(small, "MiniFlow", "numpy by hand, plain"), 1.00),
        "MiniFlow step against PyTorch eager": (ratio(small, "MiniFlow", "PyTorch eager"), 0.14),
        "MiniFlow step against scikit-learn": (ratio(small, "MiniFlow", "scikit-learn MLPRegressor"), 0.30),
        "the larger network against PyTorch eager": (ratio(large, "MiniFlow", "PyTorch eager"), 1.10),
        "trace off against no trace at all": (hooks[1].ratio, 1.03),
        "cost per node, 10^6 nodes against 10^3": (per_node[10**6] / per_node[10**3], 2),
        "import miniflow_lib against import numpy": (loading[1].ratio, 1.5),
        "heavy packages that the import brings in": (float(len(heavy)), 0),
        "MiB of a kernel after lesson 06": (memory, 220),
    }
    show("Targets", verdicts(figures))

    if args.write:
        picture(small, PICTURE)
        intro = (HERE / "README.md").read_text(encoding="utf-8").split("<!-- results -->")[0]
        text = f"{intro}<!-- results -->\n\nMeasured on: {machine()}.\n\n" + "\n\n".join(parts) + "\n"
        (HERE / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
