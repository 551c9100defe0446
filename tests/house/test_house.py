"""The house: the engine stays small, imports run one way, and importing costs numpy and little else."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import miniflow_lib

HERE = Path(miniflow_lib.__file__).parent


def lines_of_code(source: str) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            docstrings.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    skipped = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    rows = {row for t in tokens if t.type not in skipped for row in range(t.start[0], t.end[0] + 1)}
    return len(rows - docstrings)


def test_lines_of_code_counts_what_it_says():
    assert (
        lines_of_code(
            '"""Doc."""\n\n# why\ndef f():\n    """Doc\n    more."""\n    return (1 +\n            2)\n'
        )
        == 3
    )


def sgd_update_source() -> str:
    source = (HERE / "training.py").read_text()
    (function,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == "sgd_update")
    return ast.get_source_segment(source, function)


def test_the_engine_can_be_read_aloud():
    sources = [(HERE / f"{name}.py").read_text() for name in ("nodes", "sorting", "ops", "passes")]
    assert sum(map(lines_of_code, [*sources, sgd_update_source()])) <= 300
    assert lines_of_code((HERE / "ops.py").read_text()) <= 110


def test_ops_neither_print_nor_ask_for_debug():
    source = (HERE / "ops.py").read_text()
    assert "print" not in source and "DEBUG" not in source and "trace" not in source


def imports_of(module: str) -> set[str]:
    """The modules of ours that it imports at its top level."""
    found = set()
    for node in ast.parse((HERE / f"{module}.py").read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found


def test_imports_run_one_way():
    allowed = {
        "errors": set(),
        "tracing": {"errors"},
        "nodes": {"errors"},
        "ops": {"errors", "nodes", "tracing"},
        "sorting": {"errors", "nodes", "tracing"},
        "passes": {"errors", "nodes", "tracing"},
        "datasets": {"errors"},
        "training": {"errors", "nodes", "passes"},
    }
    for module, may in allowed.items():
        assert imports_of(module) <= may, module


def test_importing_the_library_brings_numpy_and_little_else():
    program = (
        "import sys, miniflow_lib\n"
        "heavy = {'matplotlib', 'ipywidgets', 'sklearn', 'IPython', 'scipy', 'pandas'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    for extra in ("", "from miniflow_lib import *\n", "miniflow_lib.train, miniflow_lib.load_boston()\n"):
        done = subprocess.run(
            [sys.executable, "-c", program.replace("\n", "\n" + extra, 1)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.stdout == "[]\n", done.stdout + done.stderr


def test_every_public_name_is_there_and_has_a_docstring():
    for name in {*miniflow_lib.__all__, *miniflow_lib._LATER}:
        thing = getattr(miniflow_lib, name)
        assert getattr(thing, "__doc__", None), name


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(miniflow_lib, "DEBUG") and "train" in dir(miniflow_lib)
