"""The table of a class: student by exercise, for a spreadsheet and as a page that needs no network."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from miniflow_classroom.own.progress import of_lesson

RESULTS = "results"  # the folder
SIGNS = {"correct": "✓", "not yet": "✗", "to do": "○", "": ""}


@dataclass
class Row:
    """A student. lessons: {lesson: {exercise: (state, sentence)}}. troubles: (a file's name, what it met)."""

    student: str
    lessons: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    troubles: list[tuple[str, str]] = field(default_factory=list)

    def state(self, lesson: str, exercise: str) -> str:
        """As `check` says it; "" where it was not handed in, or could not be judged."""
        return self.lessons.get(lesson, {}).get(exercise, ("", ""))[0]

    @property
    def correct(self) -> str:
        """5 of 8: of the exercises of the lessons that were handed in; "" where none could be judged"""
        states = [self.state(lesson, name) for lesson in self.lessons for name in of_lesson(lesson)]
        return f"{states.count('correct')} of {len(states)}" if states else ""


def _columns(rows: Iterable[Row]) -> dict[str, list[str]]:
    """{lesson: its exercises}, of the lessons that anybody has handed in."""
    return {
        lesson: of_lesson(lesson) for lesson in sorted({lesson for row in rows for lesson in row.lessons})
    }


# --- for a spreadsheet ------------------------------------------------------------------------------------


def as_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it, and no text that a spreadsheet would run as a formula."""
    columns = [(lesson, name) for lesson, names in _columns(rows).items() for name in names]
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(["student", "correct", *(f"{lesson} {name}" for lesson, name in columns), "troubles"])
    for row in rows:
        troubles = "; ".join(f"{file}: {said}" for file, said in row.troubles)
        states = [row.state(*column) for column in columns]
        table.writerow([_as_text(text) for text in (row.student, row.correct, *states, troubles)])
    return out.getvalue().encode("utf-8-sig", "replace")


def _as_text(text: str) -> str:
    """After a semicolon too: where numbers have commas, spreadsheets take it for the end of a field."""
    return re.sub(r"(^|;\s*)(?=[=+\-@\t\r])", r"\1'", text)


# --- as a page --------------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c9ced6; --head: #f0f2f5;
  --good: #00563b; --good-back: #d9f2e6; --bad: #8a2c00; --bad-back: #ffe5d6; --quiet: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181d; --line: #3d4651;
  --head: #20262e;
  --good: #7fe0b3; --good-back: #12382a; --bad: #ffb48a; --bad-back: #47240f; --quiet: #a3adb8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 100rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; max-width: 45rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
.scroll:focus-visible { outline: 3px solid #0072b2; }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { background: var(--head); vertical-align: bottom; font-weight: 600; }
thead code, .who { white-space: normal; }
.first { border-left: 1px solid var(--line); }
.who { position: sticky; left: 0; background: var(--head); min-width: 6rem; max-width: 12rem; z-index: 1;
  overflow-wrap: anywhere; }
.said { min-width: 16rem; white-space: normal; overflow-wrap: anywhere; }
.number { text-align: right; }
.correct { color: var(--good); background: var(--good-back); }
.not-yet { color: var(--bad); background: var(--bad-back); }
.to-do { color: var(--quiet); }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_page(rows: Sequence[Row]) -> bytes:
    """The page: the commonest mistakes, the table, and the notebooks that could not be judged as they are."""
    columns = _columns(rows)
    handed_in = sum(len(row.lessons) for row in rows)
    intro = (
        f"{_several(len(rows), 'student')}, {_several(handed_in, 'notebook')} judged. "
        "The states are those that <code>check</code> prints; predictions and quizzes are not counted. "
        "The judge runs beside the student's code, so it shows who is stuck: it is no proof against cheating."
    )
    parts = [
        f"<h1>Handed in</h1>\n<p>{intro}</p>",
        _mistakes(rows),
        _grid(rows, columns) if columns else "",
        _troubles(rows),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Handed in</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, parts))
        + "\n</main>\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _mistakes(rows: Sequence[Row]) -> str:
    """Each mistake, the one that most students made first."""
    who: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for lesson, states in sorted(row.lessons.items()):
            for name, (state, said) in states.items():
                if state == "not yet":
                    who.setdefault((lesson, name, said), []).append(row.student)
    head = "<h2>The commonest mistakes</h2>\n"
    if not who:
        return head + "<p>There are none.</p>"
    lines = [
        f'<tr><td class="number">{len(students)}</td><td>{_code(f"{lesson} {name}")}</td>'
        f'<td class="said">{escape(said)}</td><td class="said">{escape(", ".join(students))}</td></tr>'
        for (lesson, name, said), students in sorted(
            who.items(),
            key=lambda item: (-len(item[1]), item[0][0], of_lesson(item[0][0]).index(item[0][1]), item[0]),
        )
    ]
    titles = '<th scope="col" class="number">students</th>' + "".join(
        f'<th scope="col">{title}</th>' for title in ("exercise", "what the check says", "who")
    )
    return head + _scrolling("mistakes", f"<thead><tr>{titles}</tr></thead>", lines)


def _grid(rows: Sequence[Row], columns: dict[str, list[str]]) -> str:
    lessons = "".join(
        f'<th scope="colgroup" class="first" colspan="{len(names)}">Lesson {lesson}</th>'
        for lesson, names in columns.items()
    )
    names = "".join(
        f'<th scope="col"{_first(n)}>{_code(name)}</th>'
        for names in columns.values()
        for n, name in enumerate(names)
    )
    head = (
        '<thead><tr><th scope="col" class="who" rowspan="2">student</th>'
        f'<th scope="col" rowspan="2">correct</th>{lessons}</tr><tr>{names}</tr></thead>'
    )
    lines = []
    for row in rows:
        cells = "".join(
            _cell(row.state(lesson, name), n)
            for lesson, names in columns.items()
            for n, name in enumerate(names)
        )
        lines.append(
            f'<tr><th scope="row" class="who">{escape(row.student)}</th><td>{row.correct}</td>{cells}</tr>'
        )
    stuck = "".join(
        f"<td{_first(n)}>{sum(row.state(lesson, name) == 'not yet' for row in rows)}</td>"
        for lesson, names in columns.items()
        for n, name in enumerate(names)
    )
    lines.append(f'<tr><th scope="row" class="who">not yet, of all</th><td></td>{stuck}</tr>')
    legend = "<p>An empty field: not handed in, or not judged; the reasons are below.</p>\n"
    return "<h2>Student by exercise</h2>\n" + legend + _scrolling("grid", head, lines)


def _first(n: int) -> str:
    return "" if n else ' class="first"'


def _cell(state: str, n: int) -> str:
    kind = f"{state.replace(' ', '-')}{'' if n else ' first'}".strip()
    return f'<td class="{kind}">{SIGNS[state]} {state}</td>' if state else f"<td{_first(n)}></td>"


def _troubles(rows: Sequence[Row]) -> str:
    lines = [
        f'<tr><td>{escape(row.student)}</td><td>{escape(file)}</td><td class="said">{escape(said)}</td></tr>'
        for row in rows
        for file, said in row.troubles
    ]
    if not lines:
        return ""
    titles = "".join(f'<th scope="col">{title}</th>' for title in ("student", "file", "what it met"))
    return "<h2>Notebooks to look at</h2>\n" + _scrolling(
        "troubles", f"<thead><tr>{titles}</tr></thead>", lines
    )


def _code(name: str) -> str:
    """A name that may be broken after _ and a full stop."""
    return f"<code>{escape(name).replace('_', '_<wbr>').replace('.', '.<wbr>')}</code>"


def _scrolling(kind: str, head: str, lines: Sequence[str]) -> str:
    """A table that scrolls by itself where it is too wide, with the keyboard as well."""
    body = "\n".join(lines)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{kind}">\n<table class="{kind}">\n'
        f"{head}\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )
