"""Every notebook on each supported Python, with the oldest and newest packages, as several processors would.

    make test-matrix                                     all of it
    make test-matrix MATRIX_ARGS="--pythons 3.11"        some of it

An environment for each pair stands in .matrix/ and is used again until pyproject.toml changes.
"Oldest" pins each runtime dependency to its lower bound in pyproject.toml; "newest" is what the package
index has today. numpy's linear algebra (OpenBLAS) is told which processor to compute as, and for the older
ones numpy its own functions too, so that one machine shows the differences that a class with many laptops
would see. A processor that this one cannot stand in for is left out and said so; three must be left.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What a processor must be able to do before OpenBLAS may compute as if on that one.
NEEDS = {"Nehalem": "sse4_2", "Sandybridge": "avx", "Haswell": "avx2", "SkylakeX": "avx512f"}
CORES = tuple(NEEDS)
OLD = ("Nehalem", "Sandybridge")  # numpy's own functions have nothing between these and Haswell


def find_python(version: str) -> str | None:
    """A Python of this version: from the path, or from pyenv's folder."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
    for python in [sys.executable, *filter(None, candidates)]:
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        # A shim of pyenv stands on the path for versions too that are not switched on: it fails.
        answer = subprocess.run([python, "-c", asked], capture_output=True, text=True)
        if answer.stdout.strip() == version:
            return python
    return None


def lower_bounds() -> list[str]:
    """What pyproject.toml says the engine and the classroom need, each pinned to its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    return [requirement.replace(">=", "==") for requirement in needed]


def environment(version: str, python: str, packages: str) -> Path:
    """The Python of an environment with these packages, made when it is not there yet."""
    folder = ROOT / ".matrix" / f"{version}-{packages}"
    stamp = folder / "stamp"
    key = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    run = folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text() == key:
        return run
    print(f"Setting up {version} with the {packages} packages ...", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    pins = folder / "pins.txt"
    pins.write_text("\n".join(lower_bounds() if packages == "oldest" else []) + "\n", encoding="utf-8")
    install = [
        run,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-c",
        pins,
        "-e",
        ".[test]",
    ]
    subprocess.run(install, check=True, cwd=ROOT)
    stamp.write_text(key)
    return run


def compute_as(python: Path, core: str) -> dict[str, str]:
    """The variables that make numpy compute as on this processor."""
    asked = "import numpy; print(*numpy.show_config(mode='dicts')['SIMD Extensions'].get('found', []))"
    found = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    own = {"NPY_DISABLE_CPU_FEATURES": found} if core in OLD and found else {}
    return {**os.environ, "OPENBLAS_CORETYPE": core, **own}


def computed_as(python: Path, env: dict[str, str]) -> str:
    """Which processor OpenBLAS says that it computes as; one that was not built for all takes no orders."""
    asked = (
        "import numpy, threadpoolctl; print(*{pool.get('architecture') for pool in "
        "threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'})"
    )
    return subprocess.run([python, "-c", asked], env=env, capture_output=True, text=True).stdout.strip()


def run_notebooks(python: Path, core: str) -> tuple[bool, str]:
    """Whether every stored output came out again, computed as on this processor; and pytest's last line."""
    env = compute_as(python, core)
    if (really := computed_as(python, env)) != core:
        return False, f"OpenBLAS computes as on {really or 'an unknown processor'}"
    done = subprocess.run(
        [python, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "notebooks"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["no output"]
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
    return done.returncode == 0, lines[-1]


def versions(python: Path) -> str:
    """Which numpy and which ipywidgets an environment has."""
    asked = "import numpy, ipywidgets; print(numpy.__version__, ipywidgets.__version__)"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def can_compute_as(core: str) -> bool:
    """Whether this processor knows the instructions; where the system does not tell, yes."""
    flags = Path("/proc/cpuinfo")
    return not flags.is_file() or re.search(rf"\b{NEEDS[core]}\b", flags.read_text()) is not None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pythons", nargs="+", default=["3.11", "3.12", "3.13", "3.14"])
    parser.add_argument("--packages", nargs="+", default=["oldest", "newest"], choices=["oldest", "newest"])
    parser.add_argument("--cores", nargs="+", default=list(CORES), choices=CORES)
    args = parser.parse_args()

    rows, all_well = [], True
    for version in args.pythons:
        python = find_python(version)
        if python is None:
            all_well = False
            rows.append(
                (version, "", "", "", f"FAILED: no Python {version} found on the path or in ~/.pyenv")
            )
            continue
        for packages in args.packages:
            run = environment(version, python, packages)
            for core in args.cores:
                row = (version, packages, versions(run), core)
                if not can_compute_as(core):
                    rows.append((*row, f"left out: this processor has no {NEEDS[core]}"))
                    continue
                well, line = run_notebooks(run, core)
                all_well &= well
                rows.append((*row, ("" if well else "FAILED: ") + line.strip("= ")))
                print(*rows[-1], sep="  ", flush=True)
    able = [core for core in args.cores if can_compute_as(core)]
    if len(able) < min(3, len(args.cores)):
        all_well = False
        rows.append(("", "", "", "", f"FAILED: only {len(able)} of the processors can be computed as here"))
    titles = ("Python", "packages", "numpy, ipywidgets", "computed as on", "notebooks")
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    print()
    for row in [titles, tuple("-" * width for width in widths), *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
