"""Lesson 00 promises what the other lessons keep: each word of its map, and each piece of the engine."""

from __future__ import annotations

import re

from tests.series import FOLDER, LESSONS, read, tags
from miniflow_classroom.own.file import PIECES

FIRST = read(FOLDER / "00_start_here.ipynb")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table with this heading row, row by row."""
    (source,) = [cell.source for cell in FIRST.cells if heading in cell.source]
    lines = [line for line in source.split("\n") if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:]]


def bold(lesson: str) -> set[str]:
    """The words that the lesson explains: those of its list."""
    (path,) = [path for path in LESSONS if path.stem.startswith(lesson)]
    listed = " ".join(cell.source for cell in read(path).cells if "words" in tags(cell))
    return set(re.findall(r"\*\*(.+?)\*\*", listed))


def test_each_word_of_the_map_is_explained_where_the_map_leads():
    found = rows("| in this series | elsewhere, too | lesson |")
    assert len(found) > 5
    for words, _, lessons in found:
        where = re.findall(r"\[(\d\d)\]", lessons) + ["00"] * ("here" in lessons)
        explained = set().union(*map(bold, where))
        assert set(words.split(", ")) <= explained, (words, where)


def test_the_fields_words_for_what_is_ours_are_named():
    elsewhere = " ".join(row[1] for row in rows("| in this series | elsewhere, too | lesson |"))
    for word in ("input layer", "output layer", "forward propagation", "backward propagation", "error"):
        assert word in elsewhere


def test_each_piece_is_listed_with_the_lesson_in_which_it_is_written():
    table = rows("| lesson | pieces of your engine |")
    promised = {re.search(r"\d\d", lesson)[0]: re.findall(r"`(.+?)`", names) for lesson, names in table}
    kept = {}
    for name, piece in PIECES.items():
        kept.setdefault(piece.lesson, set()).add(name)
    assert {lesson: set(names) for lesson, names in promised.items()} == kept
    assert sum(map(len, promised.values())) == 20  # as the sentence above the table says
