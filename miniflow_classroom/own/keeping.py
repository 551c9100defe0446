"""What `check` finds correct is kept in my_miniflow.py, and the lessons run on it: mine, keep, show_mine."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from types import ModuleType, SimpleNamespace

from IPython.display import Markdown

from miniflow_classroom import arguments
from miniflow_classroom.judge.check import judged, of_cells, tell
from miniflow_classroom.judge.exercise import Exercise, Keeper, exercises
from miniflow_classroom.judge.guard import Trouble, guarded
from miniflow_classroom.own import file, standins
from miniflow_classroom.own.file import ALL, NAMES, PIECES
from miniflow_classroom.own.sources import FILE, NotKept, leans_on, origin, text_of
from miniflow_classroom.show.source import AFTER, BEFORE
from miniflow_classroom.show.words import listed

SECONDS = 4.0  # for the definitions in the file


class Engine(SimpleNamespace):
    """All pieces, under the learner's names and the library's: engine.MyLinear is engine.Linear."""

    def _ipython_display_(self) -> None:
        """Nothing: a cell that ends in mine() shows its sentence."""


def mine(*names: str) -> object:
    """The pieces of these names: the learner's own where the file has them, else ours; says which.

    mine("MyNode") is one piece, mine("MyAdd", "MyMul") a tuple of two, and mine() an engine with all of them.
    """
    for name in names:
        arguments.check_choice("The name of a piece", name, NAMES)
    there = _there()
    tell(" ".join(_said(there, names)))
    found = {name: there.found.get(name, getattr(standins, name)) for name in names or NAMES}
    if not names:
        return Engine(**found, **{file.plain(name): thing for name, thing in found.items()})
    return tuple(found[name] for name in names) if len(names) > 1 else found[names[0]]


def show_mine() -> Markdown | None:
    """The file as it is now, to read. It is changed in an editor, or by `check`."""
    try:
        text = file.read()
    except NotKept as why:
        return tell(f"{why}.")
    if not text:
        return tell(f"There is no {FILE} yet: your first correct piece makes it.")
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`+", text))])
    return Markdown(f"{BEFORE}{fence}python\n{text.rstrip()}\n{fence}{AFTER}")


def keep(name: str) -> None:
    """Put this notebook's answer into my_miniflow.py, also in place of one that was changed there by hand."""
    arguments.check_choice("The name of a piece", name, ALL)
    tell(of_cells(exercises()[name], sys._getframe(1).f_globals, force=True))


# --- what the file has ------------------------------------------------------------------------------------


@dataclass
class There:
    """found: {name: the learner's}. yours: the pieces. said: {name: what is wrong there}."""

    found: dict[str, object] = field(default_factory=dict)
    yours: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)


def _there() -> There:
    try:
        return _loaded(file.read())
    except NotKept as why:
        return There(said={"": f"{why}. Until then ours is used."})
    except Exception as error:
        return There(said={"": f"{FILE} cannot be used ({type(error).__name__}). Until then ours is used."})


@lru_cache(maxsize=4)
def _loaded(text: str) -> There:
    module, source, there = _completed(text), file.Source(text), There()
    for name in NAMES:
        thing = vars(module).get(name)
        if origin(thing) != "file":
            continue
        bases = [kind.__name__ for kind in getattr(thing, "__mro__", ())[1:] if kind.__name__ in there.said]
        if bases:
            there.said[name] = f"{name} is built on {bases[0]}, which is not right there. Ours is used."
        elif wrong := _wrong(name, module, source):
            there.said[name] = f"{name} was changed in {FILE} and is not right there: {wrong} Ours is used."
        else:
            there.found[name] = thing
            there.yours += [p for p in PIECES if _owner(p) == name and PIECES[p].units[-1] in source.units]
        vars(module)[name] = there.found.get(name, getattr(standins, name))
    return there


def _owner(piece: str) -> str:
    return piece.partition(".")[0]


def _completed(text: str) -> ModuleType:
    """The pieces of the file as a module, with our methods where a class does not have its own yet."""
    units = file.Source(text).units
    try:
        module = guarded(lambda: file.load(text), {}, SECONDS)
    except Trouble as trouble:
        if isinstance(trouble.cause, KeyboardInterrupt):
            raise trouble.cause from None
        how = type(trouble.cause).__name__ if trouble.cause else "a loop without end"
        raise NotKept(f"{FILE} stops with {how}: correct it there first") from None
    for unit in file.UNITS:
        name, _, part = unit.partition(".")
        if part and unit not in units and origin(vars(module).get(name)) == "file":
            setattr(vars(module)[name], part, vars(getattr(standins, name))[part])
    return module


def _wrong(name: str, module: ModuleType, source: file.Source) -> str:
    """What is wrong with a piece that was changed by hand; what check wrote is right."""
    for piece, (_, units) in PIECES.items():
        texts = [source.units[unit].text for unit in units if unit in source.units]
        if _owner(piece) == name and not {*map(file.digest, texts)} <= source.kept:
            if sentence := _not_right(piece, vars(module)[name], vars(module)):
                return sentence
    return ""


def _not_right(piece: str, answer: object, own: Mapping[str, object]) -> str:
    state, said = judged(exercises()[piece], answer, own)
    return "" if state == "correct" else said if isinstance(said, str) else said[0]


def _said(there: There, names: tuple[str, ...]) -> list[str]:
    """How many pieces are the learner's, and which of those that the lessons have asked for are missing."""
    if "" in there.said:
        return [there.said[""]]
    done, reached = len(there.yours), max((PIECES[piece].lesson for piece in there.yours), default="")
    count = f"{done} of {len(PIECES)} pieces {'is' if done == 1 else 'are'} yours."
    if done == len(PIECES):
        count = f"All {done} pieces are yours: {FILE} needs only numpy."
    missing: dict[str, list[str]] = {}
    begun = {*there.found, *there.said}  # of the others, the first piece is missing whatever the lesson
    for piece, (lesson, _) in PIECES.items():
        due = lesson <= reached or (names and _owner(piece) not in begun)
        asked = _owner(piece) in (names or NAMES) and _owner(piece) not in there.said
        if due and asked and piece not in there.yours:
            missing.setdefault(lesson, []).append(piece)
        begun.add(_owner(piece))
    parts = [
        f"{listed(pieces)} {'are' if pieces[1:] else 'is'} missing (lesson {lesson})"
        for lesson, pieces in sorted(missing.items())
    ]
    ours = "ours are used." if len([*chain(*missing.values())]) > 1 else "ours is used."
    told = [said for name, said in there.said.items() if name in (names or NAMES)]
    return [count, *([f"{listed(parts)}: {ours}"] if parts else []), *told]


# --- what becomes of an answer ----------------------------------------------------------------------------


def _written(name: str, answer: object) -> tuple[object, object]:
    """The function that an exercise is about, and the class or function in which it was written."""
    part = ALL[name].units[-1].partition(".")[2]
    if not part or not isinstance(answer, type):
        return answer, answer
    kinds = [kind for kind in answer.__mro__[:-1] if part in vars(kind)]
    return (vars(kinds[0])[part], kinds[0]) if kinds else (None, None)


def _whose(name: str, answer: object) -> str:
    thing = _written(name, answer)[1]
    package = str(getattr(thing, "__module__", "")).partition(".")[0]
    return origin(thing) or ("library" if package in ("miniflow_lib", "miniflow_classroom") else "")


def _neighbours(name: str) -> dict[str, object]:
    return {other: getattr(standins, other) for other in NAMES if other != _owner(name)}


def _is_in_file(name: str) -> bool:
    """Whether the file has this piece, and it is right there."""
    there = _there()
    if name == "MyAdd.many":  # its text is that of MyAdd.forward, which may still take two inputs
        return "MyAdd.forward" in there.yours and not _not_right(name, there.found["MyAdd"], {})
    return name in there.yours


def _tail(exercise: Exercise, state: str, answer: object, own: Mapping, force: bool = False) -> str:
    if state == "to do" and _is_in_file(exercise.name):
        return f"One of yours is in {FILE}."
    if state != "correct":
        return ""
    if not file.allowed():
        return f"(Not kept: this is the series' own folder. In your own copy it goes into {FILE}.)"
    try:
        return _kept(exercise.name, answer, own, force)
    except NotKept as why:
        return f"Not kept: {why}."
    except OSError as error:
        return f"Not kept, since {FILE} cannot be written ({error.strerror})."
    except Exception as error:
        return f"Not kept ({type(error).__name__}: {error})."


def _kept(name: str, answer: object, own: Mapping[str, object], force: bool) -> str:
    """Keeps a correct answer; returns the sentence on what became of it."""
    owner, unit = _owner(name), ALL[name].units[-1]
    if _whose(name, answer) != "cell":
        raise NotKept("it was not written in a cell of this notebook")
    if getattr(answer, "__name__", owner) not in (owner, "<lambda>"):
        raise NotKept(f"where it was written it is called {answer.__name__}, and here {owner}")
    piece = text_of(_written(name, answer)[1], owner)
    if unit not in file.Source(piece).units:
        raise NotKept(f"{unit.partition('.')[2]} has to be written in the class {owner} itself")
    needs = leans_on(piece, own, {owner, *NAMES})
    for _ in range(20):
        text = file.read()
        if name == "MyAdd.forward" and unit in file.Source(text).units:
            many = ("MyAdd.many", vars(_completed(text))[owner], {}), ("MyAdd.many", answer, own)
            if not _not_right(*many[0]) and _not_right(*many[1]):
                return f"In {FILE} your MyAdd takes any number of inputs, so that one stays."
        source, changed = file.merged(text, name, piece, needs, force)
        if changed:
            return (
                f"In {FILE} you have changed {listed(changed)} since: that stays as it is. "
                "To have this one there instead, run these two lines:\n"  # not wrapped, so as to be copied
                f'from miniflow_classroom import keep\nkeep("{name}")'
            )
        new = file.finished(source)
        if new == text:
            return f"It is in {FILE}."
        module = _completed(new)
        if wrong := _not_right(name, vars(module)[owner], vars(module)):
            raise NotKept(f"by itself in a file it is not right: {wrong.rstrip('.')}")
        saved = file.write(new, text, backup=force)
        if saved is not None:
            return f"It is in {FILE}." + (f" What was there is in {saved}." if saved else "")
    raise NotKept("other notebooks write it at the same time: check again")


def _part(name: str, answer: object) -> object:
    """The function that an exercise is about. Without it: None if one may be misspelled, else `...`."""
    part, kind = _written(name, answer)
    if kind is not None or not isinstance(answer, type):
        return part
    known = {unit.partition(".")[2] for unit in file.UNITS}
    return None if {member for member, thing in vars(answer).items() if callable(thing)} - known else ...


KEEPER = Keeper(part=_part, whose=_whose, neighbours=_neighbours, tail=_tail)
