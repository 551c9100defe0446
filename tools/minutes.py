"""How long a lesson takes, counted and not wished: the same rule for every cell.

Prose is read at 150 words a minute. To that come, for each cell, the allowances below; an exercise takes
the minutes that its own text says. `make minutes` writes the sums into the lessons.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

WORDS_A_MINUTE = 150
RUN_A_CELL = 0.4  # run it and look at what it shows
READ_A_LINE = 0.08  # of code
LOOK_AT_A_PICTURE = 0.5
STEP_THROUGH = 2.0  # a stepper, a game, an explorer: played once
ANSWER = 1.0  # a prediction, or one question of a quiz
FAULT_LAB = 27.0  # twelve bugs: read the code, bet, look

INTERACTIVE = (
    r"\b(?:fit_by_hand|stepper|sort_game|stale|nudge|tangent|fill_in_gradients|cost_of_one_weight"
    r"|descent|explorer)\("
)
IN_AN_EXERCISE = ("exercise:", "check:", "hint:", "solution:")


def minutes_of(cell: NotebookNode) -> float:
    """What one cell takes, an exercise's own minutes included."""
    tags = cell.metadata.get("tags", [])
    if any(tag.startswith(IN_AN_EXERCISE) for tag in tags):
        return 0.0  # in the minutes that the task says
    if cell.cell_type == "markdown":
        text = re.sub(r"<!--.*?-->", "", cell.source, flags=re.DOTALL)
        spent = len(text.split()) / WORDS_A_MINUTE + LOOK_AT_A_PICTURE * text.count("![")
        if any(tag.startswith("task:") for tag in tags):
            said = re.search(r"(\d+) minutes?", text)
            spent += int(said[1]) if said else 0
        return spent
    if not cell.source.strip():
        return 0.0
    spent = RUN_A_CELL + READ_A_LINE * len([line for line in cell.source.split("\n") if line.strip()])
    spent += ANSWER * len(re.findall(r"\bpredict\(", cell.source))
    spent += 4 * ANSWER * len(re.findall(r"\bquiz\(", cell.source))
    spent += STEP_THROUGH * len(re.findall(INTERACTIVE, cell.source))
    spent += FAULT_LAB * len(re.findall(r"\bfault_lab\(", cell.source))
    shows = [mime for output in cell.outputs for mime in output.get("data", {})]
    return spent + LOOK_AT_A_PICTURE * any(mime in ("image/png", "text/html") for mime in shows)


def is_heading(cell: NotebookNode) -> bool:
    """Whether a section starts here."""
    return cell.cell_type == "markdown" and cell.source.startswith("## ")


def sections(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """The cells of each section; the first is what stands before the first heading."""
    found: list[list[NotebookNode]] = [[]]
    for cell in notebook.cells:
        if is_heading(cell):
            found.append([])
        found[-1].append(cell)
    return found


def section_minutes(cells: list[NotebookNode]) -> int:
    """A section's minutes, whole ones, one at the least."""
    return max(1, round(sum(map(minutes_of, cells))))


def lesson_minutes(notebook: NotebookNode) -> int:
    """A lesson's minutes, to the next five: the sum over its sections, without those tagged optional."""
    parts = [cells for cells in sections(notebook) if "optional" not in cells[0].metadata.get("tags", [])]
    return 5 * round(sum(map(section_minutes, parts)) / 5)


def write_minutes(notebook: NotebookNode) -> None:
    """Puts the minutes in: `minutes:N` on each heading, and "N minutes" in the opening."""
    for cells in sections(notebook):
        if is_heading(cells[0]):
            others = [t for t in cells[0].metadata.get("tags", []) if not t.startswith("minutes:")]
            cells[0].metadata["tags"] = [*others, f"minutes:{section_minutes(cells)}"]
    whole = lesson_minutes(notebook)
    for cell in notebook.cells:
        if "opening" in cell.metadata.get("tags", []):
            cell.source = re.sub(r"\b\d+ minutes", f"{whole} minutes", cell.source, count=1)
