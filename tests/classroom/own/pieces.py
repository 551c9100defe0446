"""The table of pieces.txt: right answers in several phrasings, and wrong ones with what is said to them.

An answer is what differs from the one in answers.py, as a diff shows it: lines that go (-), and those that
come in their place (+), with @ before the next place where that is not plain. Below it is `= correct`, or a
part of what is said at the first check, and of what the second and the third add: `= first | second | third`;
one part where there is nothing to add.
"""

from __future__ import annotations

from pathlib import Path

from tests.classroom.own import answers


def _changed(source: str, hunks: list[tuple[list[str], list[str]]]) -> str:
    lines, at = source.splitlines(), 0
    for old, new in hunks:
        at = next(n for n in range(at, len(lines)) if lines[n : n + len(old)] == old)
        lines[at : at + len(old)] = new
        at += len(new)
    return "\n".join(lines) + "\n"


def _read() -> tuple[dict[str, list[str]], dict[str, list[tuple[str, list[str]]]]]:
    right = {piece: [source] for piece, source in answers.RIGHT.items()}
    wrong, hunks, before = {piece: [] for piece in right}, [], "="
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        sign, rest = line[:1], line[1:]
        if sign == "[":
            piece = line.strip("[]")
        elif sign == "-":
            hunks += [([], [])] if before != "-" else []
            hunks[-1][0].append(rest)
        elif sign == "+":
            hunks[-1][1].append(rest)
        elif sign == "=":
            source, hunks = _changed(answers.RIGHT[piece], hunks), []
            if rest == " correct":
                right[piece].append(source)
            else:
                wrong[piece].append((source, rest.strip().split(" | ")))
        before = sign
    return right, wrong


RIGHT, WRONG = _read()
