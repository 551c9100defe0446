"""How long a lesson takes, counted and not wished: the same rule for every cell.

Prose is read at 150 words a minute, and told in class at the same pace. To that come, for each cell, the
allowances below; an exercise takes the minutes that its own text says. `make minutes` writes the sums into
the lessons, as for a learner alone. In a classroom, hands are raised for each prediction, which takes longer.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

WORDS_A_MINUTE = 150
RUN_A_CELL = 0.4  # run it and look at what it shows
READ_A_LINE = 0.08  # of code
LOOK_AT_A_PICTURE = 0.5
STEP_THROUGH = 2.0  # a stepper, a game, an explorer: played once
THINK = 2.0  # about a prediction, alone
RAISE_HANDS = 3.0  # think, raise hands for each answer, and let one of them be explained
ANSWER = 1.0  # one question of a quiz
FILL_IN = 5.0  # a gradient for each edge of a graph
FAULT_LAB = 36.0  # twelve bugs, three minutes each: guess, find the place and the line, repair

INTERACTIVE = (
    r"\b(?:fit_by_hand|turn_knobs|stepper|sort_game|stale|nudge|tangent|cost_of_one_weight"
    r"|descent|explorer)\("
)
IN_AN_EXERCISE = ("exercise:", "check:", "hint:", "solution:")


def minutes_of(cell: NotebookNode, think: float = THINK) -> float:
    """What one cell takes, an exercise's own minutes included, with so many for a prediction."""
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
    spent += think * len(re.findall(r"\bpredict\(", cell.source))
    spent += FILL_IN * len(re.findall(r"\bfill_in_gradients\(", cell.source))
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


def section_minutes(cells: list[NotebookNode], think: float = THINK) -> int:
    """A section's minutes, whole ones, one at the least."""
    return max(1, round(sum(minutes_of(cell, think) for cell in cells)))


def class_minutes(cells: list[NotebookNode]) -> int:
    """What a section takes in a classroom."""
    return section_minutes(cells, RAISE_HANDS)


def halves(found: list[list[NotebookNode]]) -> list[list[list[NotebookNode]]]:
    """The sections of each half of a lesson; without a stop, one list of all.

    A half ends with the section tagged `stop`.
    """
    parts: list[list[list[NotebookNode]]] = [[]]
    for cells in found:
        parts[-1].append(cells)
        if "stop" in cells[0].metadata.get("tags", []):
            parts.append([])
    return parts


def lesson_minutes(notebook: NotebookNode) -> int:
    """A lesson's minutes, to the next five: the sum over its sections, without those tagged optional."""
    return sum(half_minutes(notebook))


def half_minutes(notebook: NotebookNode) -> list[int]:
    """Those of each half of a lesson, to the next five; of a lesson without a stop, one number."""
    found = []
    for half in halves(sections(notebook)):
        counted = [cells for cells in half if "optional" not in cells[0].metadata.get("tags", [])]
        found.append(5 * round(sum(map(section_minutes, counted)) / 5))
    return found


def write_minutes(notebook: NotebookNode) -> None:
    """Puts the minutes in: `minutes:N` on each heading, and "N minutes" in the opening.

    Where there is a stop, the opening says "N minutes in two halves (A and B)".
    """
    for cells in sections(notebook):
        if is_heading(cells[0]):
            others = [t for t in cells[0].metadata.get("tags", []) if not t.startswith("minutes:")]
            cells[0].metadata["tags"] = [*others, f"minutes:{section_minutes(cells)}"]
    each_half = half_minutes(notebook)
    for cell in notebook.cells:
        if "opening" in cell.metadata.get("tags", []):
            cell.source = re.sub(r"\b\d+ minutes", f"{sum(each_half)} minutes", cell.source, count=1)
            if len(each_half) == 2:
                each = f"halves ({each_half[0]} and {each_half[1]})"
                cell.source = re.sub(r"\bhalves \(\d+ and \d+\)", each, cell.source, count=1)
