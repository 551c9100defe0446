"""my_miniflow.py: plain Python that a learner reads, edits and runs, and into which `check` puts pieces.

A unit is a function (`my_train`) or a member of a class (`MyAdd.forward`). A unit that still reads as check
wrote it may be replaced. One that was changed by hand stays, unless the learner asks with `keep`.
"""

from __future__ import annotations

import ast
import errno
import hashlib
import linecache
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from miniflow_classroom.own.sources import FILE, NotKept, loads, shifted

HOME = Path.cwd()  # where the kernel starts, the folder of the notebook; os.chdir does not move it
HEAD = '"""My MiniFlow: an engine that I wrote in the lessons 01 to 06."""\n\nimport numpy as np\n'
OURS = "  # ours, until yours is there"
ALIASES = "# The names by which programs know them."
KEPT = "# kept by check: "
LARGEST = 1_000_000  # bytes
PATIENCE = 10  # seconds; another notebook that writes at the same time takes a moment


class Piece(NamedTuple):
    """An exercise: its lesson, and the units that it is made of; the last one is the one that counts."""

    lesson: str
    units: tuple[str, ...]


_TABLE = """
01 MyNode MyNode.__init__, 04 MyNode.grad_cost MyNode.run MyNode.grad_cost,
01 MyInput MyInput.__init__ MyInput.forward, 04 MyInput.backward, 01 MyAdd.forward, 04 MyAdd.backward,
01 MyMul.forward, 04 MyMul.backward, 03 MyLinear.forward, 05 MyLinear.backward, 03 MySigmoid.forward,
04 MySigmoid.backward, 03 MyMSE.forward, 05 MyMSE.backward, 02 my_topological_sort, 03 my_forward_pass,
04 my_backward_pass, 05 my_forward_and_backward, 06 my_sgd_update, 06 my_train"""
PIECES = {  # in the order of the file, which is not that of the lessons
    name: Piece(lesson, tuple(units) or (name,)) for lesson, name, *units in map(str.split, _TABLE.split(","))
}
ALL = PIECES | {"MyAdd.many": Piece("03", ("MyAdd.forward",))}  # it takes the place of the one for two inputs
UNITS = [unit for piece in PIECES.values() for unit in piece.units]
NAMES = list(dict.fromkeys(unit.partition(".")[0] for unit in UNITS))


def plain(name: str) -> str:
    """The name by which programs know a piece: Linear, of MyLinear."""
    return re.sub("^(My|my_)", "", name)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


# --- its text ---------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Block:
    """A statement as it is written, without its indent and with the comments just above it.

    gap: the blank lines above it. rows: as it is in the file, with its indent, unless check writes it anew.
    Of the class of a piece, `text` is the head, and `members` the rest.
    """

    text: str
    gap: int = 2
    node: ast.stmt | None = None
    members: list[Block] | None = None
    indent: str = "    "
    rows: Sequence[str] = ()

    @property
    def name(self) -> str:
        """What a function, a class or `name = ...` is called; else ""."""
        named = self.node.targets[0] if isinstance(self.node, ast.Assign) else self.node
        return getattr(named, "id", getattr(named, "name", ""))

    @property
    def stands_on_itself(self) -> bool:
        """class MyAdd(MyAdd): written in a later lesson, before the first half was there."""
        return self.name in (getattr(base, "id", "") for base in getattr(self.node, "bases", ()))

    def written(self, indent: str = "") -> str:
        rows = self.rows or [indent + row if row else "" for row in self.text.split("\n")]
        return "\n".join(rows) + _joined(self.members or (), self.indent)


def _joined(blocks: Sequence[Block], indent: str = "") -> str:
    return "".join("\n" * (block.gap + 1) + block.written(indent) for block in blocks)


class Source:
    """A text of Python as a list of blocks. Raises NotKept when Python cannot read it."""

    def __init__(self, text: str):
        self.kept = set(" ".join(re.findall(f"^{KEPT}(.*)$", text, re.M)).split())
        rows: list[str] = []
        for row in text.rstrip().split("\n"):
            if not _is_ours(row):
                rows.append(row)
            else:
                while rows and not rows[-1].strip():
                    rows.pop()
        try:
            nodes = ast.parse("\n".join(rows)).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if getattr(error, "lineno", None) else ""
            what = getattr(error, "msg", type(error).__name__)
            raise NotKept(f"{FILE} cannot be read ({what}{line}): correct it there first") from None
        self.blocks = _blocks(rows, nodes, 0)
        end = rows[nodes[-1].end_lineno if nodes else 0 :]
        if any(end):  # comments
            gap = next(n for n, row in enumerate(end) if row)
            self.blocks.append(Block("\n".join(end[gap:]), gap))

    @property
    def text(self) -> str:
        return _joined(self.blocks).strip("\n") + "\n"

    @property
    def units(self) -> dict[str, Block]:
        found = {block.name: block for block in self.blocks if block.members is None}
        for block in self.blocks:
            found |= {f"{block.name}.{member.name}": member for member in block.members or ()}
        return found

    def top(self, name: str) -> Block | None:
        return next((block for block in self.blocks if block.name == name), None)


def _is_ours(row: str) -> bool:
    """Whether check writes this line anew each time."""
    left, _, right = row.partition(" = ")
    alias = right in NAMES and left == plain(right)
    return alias or row == ALIASES or row.startswith(KEPT) or row.endswith(OURS)


def _blocks(rows: list[str], nodes: Sequence[ast.stmt], start: int) -> list[Block]:
    """The rows from `start` on, cut after each of the nodes."""
    found, begin = [], start
    for node in nodes:
        if node.lineno > start:  # else it is a second statement in a line, and belongs to the one before
            begin = start
            found.append(Block("", node=node))
        block, start = found[-1], node.end_lineno
        block.gap = next(n for n, row in enumerate(rows[begin:start]) if row.strip())
        end = start
        if isinstance(node, ast.ClassDef) and node.name in NAMES and node.body[0].lineno > node.lineno:
            ends = (row.partition("#")[0].rstrip().endswith(":") for row in rows[node.lineno - 1 :])
            end = node.lineno + next(n for n, is_end in enumerate(ends) if is_end)
            block.indent = re.match(r"\s*", rows[node.body[0].lineno - 1])[0]
            block.members = _blocks(rows[:start], node.body, end)
        block.rows = rows[begin + block.gap : end]
        block.text = shifted(block.rows, node.col_offset)
    return found


# --- putting a piece in -----------------------------------------------------------------------------------


def merged(
    text: str, name: str, piece: str, needs: Mapping[str, str], force: bool
) -> tuple[Source, list[str]]:
    """`text` with the units of exercise `name` from `piece`, a function or class, and what it needs.

    And the names of those that stay as they are, since a hand has changed them in the file.
    """
    to, new = Source(text if text.strip() else HEAD), Source(piece).blocks[0]
    order = [unit.partition(".")[2] for unit in UNITS if unit.startswith(f"{new.name}.")]
    units, owner, changed = ALL[name].units, to.top(new.name), []
    if new.members:
        new.members = [m for m in new.members if m.name not in order or f"{new.name}.{m.name}" in units]
    if new.members is None:
        changed = _put(to, to.blocks, NAMES, [new], force)
    elif owner is None:
        new.members[0].gap = 0
        _insert(to.blocks, _place(to.blocks, NAMES, new.name), new, 2)
        to.kept |= {digest(member.text) for member in new.members}
    elif owner.members is None:
        raise NotKept(f"the class {new.name} in {FILE} is on a single line: write it on several first")
    else:
        if owner.stands_on_itself and not new.stands_on_itself:
            owner.text, owner.node, owner.rows = new.text, new.node, ()
        named = [member for member in new.members if member.name]
        changed = [f"{new.name}.{name}" for name in _put(to, owner.members, order, named, force)]
    if not changed:
        for needed, own in needs.items():
            _put_needed(to, new.name, needed, Source(own).blocks[0])
        _drop_idle(to)
    return to, changed


def _put(
    to: Source, blocks: list[Block], order: Sequence[str], new: Sequence[Block], force: bool
) -> list[str]:
    changed = []
    for block in new:
        old = next((old for old in blocks if old.name == block.name), None)
        if old is None:
            _insert(blocks, _place(blocks, order, block.name), block, 2 if order is NAMES else 1)
        elif old.text == block.text or digest(old.text) in to.kept or force:
            old.text, old.node, old.rows = block.text, block.node, ()
        elif ast.dump(old.node) != ast.dump(block.node):  # they differ in more than comments
            changed.append(block.name)
        to.kept |= {digest(block.text)}
    return changed


def _place(blocks: list[Block], order: Sequence[str], name: str) -> int:
    """Where a new one goes: after what comes before it in the order; what is no piece stays where it is."""
    before = order[: order.index(name)] if name in order else order
    return max([n for n, block in enumerate(blocks, 1) if block.name in before], default=_imports(blocks))


def _imports(blocks: list[Block]) -> int:
    """The number of imports, with the docstring, with which it begins."""
    kinds = (ast.Import, ast.ImportFrom, ast.Expr)
    return next((n for n, block in enumerate(blocks) if not isinstance(block.node, kinds)), len(blocks))


def _insert(blocks: list[Block], at: int, new: Block, gap: int) -> None:
    new.gap, new.rows = gap if at else 0, ()
    for after in blocks[at : at + 1]:
        after.gap = max(gap, after.gap)
    blocks.insert(at, new)


def _put_needed(to: Source, piece: str, name: str, new: Block) -> None:
    """An import goes to the others, a helper or a number just above the piece that needs it."""
    old = to.top(name)
    if isinstance(new.node, (ast.Import, ast.ImportFrom)):
        if new.text not in (block.text for block in to.blocks):
            _insert(to.blocks, _imports(to.blocks), new, 0)
    elif old is None:
        _insert(to.blocks, to.blocks.index(to.top(piece)), new, 2)
        to.kept.add(digest(new.text))
    elif old.text != new.text and digest(old.text) in to.kept:
        for block in to.blocks:
            if block.name != piece and name in loads(block.written()):
                raise NotKept(f"{block.name} in {FILE} uses another `{name}`: give this one a new name")
        old.text, old.node, old.rows = new.text, new.node, ()
        to.kept.add(digest(new.text))


def _drop_idle(to: Source) -> None:
    """Takes out the helpers that check put in, as they were, and that nothing uses any more."""
    idle = True
    while idle:  # what only an idle helper used is idle too
        used = {"", *NAMES}.union(*(loads(block.written()) - {block.name} for block in to.blocks))
        idle = [block for block in to.blocks if block.name not in used and digest(block.text) in to.kept]
        to.blocks = [block for block in to.blocks if block not in idle]


def finished(source: Source) -> str:
    """The whole file: with ours for missing pieces that others need, the other names, and the digests."""
    whole, used = Source(source.text), loads(source.text)
    for name in NAMES:
        top = source.top(name)
        if name in used and (top is None or top.stands_on_itself):
            line = f"from miniflow_classroom.own.standins import {name}{OURS}"
            _insert(whole.blocks, _imports(whole.blocks), Block(line, node=ast.Import()), 0)
    rows = [ALIASES, *(f"{plain(name)} = {name}" for name in NAMES if source.top(name))]
    marks = sorted(source.kept & {digest(block.text) for block in source.units.values()})
    rows += [KEPT + " ".join(marks[n : n + 12]) for n in range(0, len(marks), 12)]
    last = max(n for n, block in enumerate(whole.blocks, 1) if block.name in NAMES)
    _insert(whole.blocks, last, Block("\n".join(rows)), 2)
    return whole.text


# --- loading and writing ----------------------------------------------------------------------------------


def path() -> Path:
    return HOME / FILE


def allowed() -> bool:
    """Not among the series' own notebooks: what is committed there stays as it is."""
    return not (HOME.name == "notebooks" and (HOME.parent / "miniflow_lib").is_dir())


def read() -> str:
    """What is in the file; "" where there is none, or none is used. Raises NotKept when it cannot be read."""
    try:
        if not allowed() or not path().exists():
            return ""
        if not path().is_file() or path().stat().st_size > LARGEST:
            raise NotKept(f"{FILE} is no file, or too large: move it away first")
        return path().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise NotKept(f"{FILE} cannot be read ({getattr(error, 'strerror', 'it is not text')})") from None


class _Definitions(InspectLoader):
    """Imports the definitions of a text. A program at its end is not run."""

    def __init__(self, text: str):
        self.text, self.file = text, f"{FILE} {digest(text)}"  # the file itself may be newer

    def get_source(self, name: str) -> str:
        return self.text

    def source_to_code(self, text: str, path: str = "") -> CodeType:
        tree = ast.parse(text)
        tree.body = [node for node in tree.body if _defines(node)]
        return compile(tree, self.file, "exec", dont_inherit=True)


def load(text: str) -> ModuleType:
    """The pieces of a text, as a module that only the caller sees."""
    loader = _Definitions(text)
    linecache.cache[loader.file] = len(text), None, text.splitlines(True), loader.file
    module = module_from_spec(spec_from_loader(FILE.removesuffix(".py"), loader))
    loader.exec_module(module)
    return module


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        calls = any(isinstance(part, ast.Call) for part in ast.walk(node))
        return isinstance(node.value, ast.Lambda) or not calls
    return isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))


def write(new: str, instead_of: str, backup: bool) -> str | None:
    """Writes the file in one piece; None when it is not `instead_of` any more: another notebook was faster.

    Else the name of the copy of what was there, "" when there is none. A link stays a link.
    """
    target, saved = path().resolve(), ""
    for place in (target.parent, target) if target.exists() else (target.parent,):
        if not os.access(place, os.W_OK) or not place.stat().st_mode & 0o222:  # root may, but should not
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    fresh = target.with_name(f".{FILE}.new")  # only one notebook at a time can make it
    for _ in range(int(50 * PATIENCE)):
        try:
            out = fresh.open("x", encoding="utf-8")
            break
        except FileExistsError:
            time.sleep(0.02)
    else:
        fresh.unlink(missing_ok=True)  # a kernel that was killed left it
        return None
    with out:
        out.write(new)
    if read() != instead_of:
        fresh.unlink()
        return None
    if backup and instead_of:
        saved = next(name for n in count(1) if not (HOME / (name := f"my_miniflow_before_{n}.py")).exists())
        shutil.copy(target, HOME / saved)
    if target.exists():
        shutil.copymode(target, fresh)
    fresh.replace(target)
    return saved
