"""The house: the engine stays small and needs numpy alone, and imports run one way, wherever they stand."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import miniflow_lib
import miniflow_classroom

ROOT = Path(miniflow_lib.__file__).parents[1]
ENGINE = ROOT / "miniflow_lib"
PACKAGES = ("miniflow_lib", "miniflow_classroom", "tools")
FLOORS = [  # each may import from itself and from those below it, which stand further down
    "tools",
    "miniflow_classroom",  # its __init__, which hands all of it out
    "miniflow_classroom.exercises",
    "miniflow_classroom.widgets",
    "miniflow_classroom.own",
    "miniflow_classroom.judge",
    "miniflow_classroom.gradients",
    "miniflow_classroom.folder",
    "miniflow_classroom.show",
    "miniflow_classroom.in_c",
    "miniflow_classroom.restore",
    "miniflow_classroom.steady",
    "miniflow_classroom.arguments",
    "miniflow_lib",
]


def lines_of_code(source: str) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            docstrings.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    layout = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = [t for t in tokens if tokenize.tok_name[t.type] not in layout]
    return len({row for t in code for row in range(t.start[0], t.end[0] + 1)} - docstrings)


def test_lines_of_code_counts_what_it_says():
    source = '"""Doc."""\n\n# why\ndef f():\n    """Doc\n    more."""\n    return (1 +\n            2)\n'
    assert lines_of_code(source) == 3


def test_the_engine_is_small():
    assert sum(lines_of_code(path.read_text(encoding="utf-8")) for path in ENGINE.rglob("*.py")) <= 1600


def test_the_program_is_short_to_read():
    """The text, the step, `write` and its passes; `writer` and `sources` stand behind it."""
    assert lines_of_code((ENGINE / "program.py").read_text(encoding="utf-8")) <= 200


def sgd_update_source() -> str:
    source = (ENGINE / "training.py").read_text(encoding="utf-8")
    (function,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == "sgd_update")
    return ast.get_source_segment(source, function)


def test_the_engine_can_be_read_aloud():
    sources = [
        (ENGINE / f"{n}.py").read_text(encoding="utf-8") for n in ("nodes", "sorting", "ops", "passes")
    ]
    assert sum(map(lines_of_code, [*sources, sgd_update_source()])) <= 300
    assert lines_of_code(sources[2]) <= 110


def test_ops_neither_print_nor_ask_for_debug():
    source = (ENGINE / "ops.py").read_text(encoding="utf-8")
    assert "print" not in source and "DEBUG" not in source and "trace" not in source


@pytest.mark.parametrize("path", sorted(ENGINE.glob("*.py")), ids=lambda path: path.stem)
def test_what_the_engine_says_has_letters_that_every_file_has(path):
    """The trace alone has arrows, and it asks the file that it goes to."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and ast.get_docstring(n)
    }
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    odd = [n.value for n in texts if id(n) not in docstrings and not n.value.isascii()]
    assert path.stem in ("tracing", "trace_text") or not odd


# --- who imports whom -------------------------------------------------------------------------------------


def modules() -> dict[str, Path]:
    """{"miniflow_lib.nodes": its file, …} of all packages."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """All that a module imports, wherever in it the import stands; ours by the module's own name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {full if full in known else base for full in names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            raise AssertionError(f"{path}, line {node.lineno}: an import by a text hides who needs whom")
    return found - {name}


KNOWN = modules()
IMPORTS = {name: imports_of(name, path, KNOWN) for name, path in KNOWN.items()}


def floor_of(name: str) -> int:
    return next(
        n for n, floor in sorted(enumerate(FLOORS), key=lambda f: -len(f[1])) if name.startswith(floor)
    )


def test_the_engine_needs_numpy_and_the_standard_library_alone():
    others = {
        (name, other)
        for name, imports in IMPORTS.items()
        if name.startswith("miniflow_lib")
        for other in imports
        if other.partition(".")[0] not in {"miniflow_lib", "numpy", *sys.stdlib_module_names}
    }
    assert others == set()


def test_imports_run_one_way():
    upwards = {
        (name, other)
        for name, imports in IMPORTS.items()
        for other in imports & set(KNOWN)
        if floor_of(other) < floor_of(name)
    }
    assert upwards == set()


def test_no_import_comes_back_to_where_it_started():
    left = {name: imports & set(KNOWN) for name, imports in IMPORTS.items()}
    while free := {name for name, imports in left.items() if not imports & left.keys()}:
        left = {name: imports for name, imports in left.items() if name not in free}
    assert left == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f():\n    from .nodes import Input", {"miniflow_lib.nodes"}),
        ("from . import errors", {"miniflow_lib.errors"}),
        ("if True:\n    import numpy as np", {"numpy"}),
        ("from miniflow_lib import Input, nodes", {"miniflow_lib", "miniflow_lib.nodes"}),
    ],
)
def test_an_import_is_found_wherever_it_stands(tmp_path, source, found):
    (tmp_path / "new.py").write_text(source)
    assert imports_of("miniflow_lib.new", tmp_path / "new.py", KNOWN) == found


def test_an_import_by_a_text_is_refused(tmp_path):
    (tmp_path / "new.py").write_text("from importlib import import_module\nimport_module('miniflow_lib')")
    with pytest.raises(AssertionError, match="hides who needs whom"):
        imports_of("miniflow_lib.new", tmp_path / "new.py", KNOWN)


# --- what an import brings --------------------------------------------------------------------------------


def test_the_engine_runs_and_tells_with_numpy_alone():
    program = (
        "import sys\n"
        "class Only:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] not in {'miniflow_lib', 'numpy', *sys.stdlib_module_names}:\n"
        "            raise ImportError(f'{name} is not there')\n"
        "sys.meta_path.insert(0, Only())\n"
        "from miniflow_lib import *\n"
        "x, y, W, b = map(Input, 'xyWb')\n"
        "cost = MSE(y, Linear(x, W, b))\n"
        "trace.DEBUG = trace.T_DEBUG = True\n"
        "graph = topological_sort({x: [[1, 2]], y: [3], W: [[1], [1]], b: [1]}, cost)\n"
        "forward_and_backward(graph)\n"
        "trace.DEBUG = trace.T_DEBUG = False\n"
        "train(graph, {x: [[1, 2]], y: [3]}, [W, b], epochs=2)\n"
        "assert load_boston().data.shape == (506, 13)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split(":")[0] for line in told] == ["topological_sort", "forward pass", "backward pass"]


def test_importing_the_engine_brings_numpy_and_nothing_else_of_weight():
    heavy = "{'traitlets', 'IPython', 'ipywidgets', 'matplotlib', 'sklearn', 'scipy', 'pandas'}"
    program = (
        f"import sys, miniflow_lib\nprint(sorted({heavy} & {{n.partition('.')[0] for n in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[]\n", done.stdout + done.stderr


@pytest.mark.parametrize("package", [miniflow_lib, miniflow_classroom])
def test_every_public_name_is_there_and_has_a_docstring(package):
    for name in package.__all__:
        assert getattr(getattr(package, name), "__doc__", None), name


def test_a_flag_is_never_exported_by_itself():
    assert not hasattr(miniflow_lib, "DEBUG") and not hasattr(miniflow_lib, "T_DEBUG")
