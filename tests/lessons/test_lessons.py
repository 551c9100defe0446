"""How the lessons are written: what holds for every notebook, read from the files as they are committed."""

from __future__ import annotations

import ast
import base64
import re
import statistics
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.series import FOLDER, LESSONS, ROOT, every_lesson, read, tags, texts
from miniflow_classroom.show.drawing import LEAST, LETTERS, ROOM, SIZE

SYLLABUS = tomllib.loads((ROOT / "tests/syllabus.toml").read_text(encoding="utf-8"))["item"]


@cache
def cells_of(path: Path) -> list:
    return read(path).cells


def prose(cell) -> str:
    """What a markdown cell says in words: no code, no formula, no address, no picture."""
    text = re.sub(r"```.*?```", " ", cell.source, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " formula ", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|`[^`\n]*`|<!--.*?-->", " ", text, flags=re.DOTALL)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-zÀ-ÿ0-9][\w'.-]*", text)


def test_the_series_is_whole():
    assert [path.stem for path in LESSONS] == [
        *("00_start_here", "01_nodes", "02_topological_sort", "03_ops"),
        *("04_backprop_math", "05_backprop_layers", "06_sgd_boston", "07_graph_as_program"),
    ]


@every_lesson
def test_nothing_is_loaded_from_elsewhere(path):
    for number, cell in enumerate(cells_of(path)):
        for text in [cell.source, *texts(cell)]:
            assert not re.search(r"!\[[^\]]*\]\(\s*https?:", text), f"cell {number}: a remote picture"
            assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", text), (
                f"cell {number}: something remote"
            )
            assert "<script" not in text.lower(), f"cell {number}: a script"


@every_lesson
def test_a_page_of_900_pixels_shows_each_graph_whole_in_letters_that_can_be_read(path):
    for number, cell in enumerate(cells_of(path)):
        for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", " ".join(texts(cell))):
            svg = base64.b64decode(data).decode()
            if LETTERS in svg:
                width = float(re.search(r'width="([\d.]+)"', svg)[1])
                assert SIZE * ROOM / width >= LEAST, f"cell {number}: a graph of {width:g} pixels"


@every_lesson
def test_every_picture_has_a_text_alternative(path):
    for number, cell in enumerate(cells_of(path)):
        if cell.cell_type == "markdown":
            for alt, file in re.findall(r"!\[([^\]]*)\]\(([^)\s]*)", cell.source):
                assert len(words(alt)) >= 4, f"cell {number}: {file} needs words that tell what it shows"
                assert (path.parent / file).is_file(), f"cell {number}: {file} is not there"
        for text in texts(cell):
            for tag in re.findall(r"<img\b[^>]*>", text):
                assert len(words("".join(re.findall(r'alt="([^"]*)"', tag)))) >= 4, (
                    f"cell {number}: {tag[:80]}"
                )
            for tag in re.findall(r"<svg\b[^>]*>", text):
                assert "aria-label=" in tag, f"cell {number}: a drawing without words"


@every_lesson
def test_every_plot_is_followed_by_what_it_shows(path):
    cells = cells_of(path)
    for number, cell in enumerate(cells):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            after = cells[number + 1] if number + 1 < len(cells) else None
            assert after is not None and after.cell_type == "markdown", (
                f"cell {number}: no sentence after a plot"
            )
            assert len(words(prose(after))) >= 8, f"cell {number + 1}: too little about the plot above it"


@every_lesson
def test_cells_are_small(path):
    code = [c for c in cells_of(path) if c.cell_type == "code"]
    lines = {
        number: sum(bool(line.strip()) for line in c.source.split("\n")) for number, c in enumerate(code)
    }
    assert max(lines.values()) <= 15, [code[n].source[:60] for n, k in lines.items() if k > 15]
    assert statistics.median(lines.values()) <= 4
    for cell in cells_of(path):
        if cell.cell_type == "markdown":
            assert len(words(prose(cell))) <= 120, cell.source[:80]


@pytest.mark.parametrize("path", [*LESSONS[:6], *LESSONS[7:]], ids=lambda path: path.stem)
def test_no_line_of_code_is_longer_than_a_page_of_900_pixels(path):
    for number, cell in enumerate(cells_of(path)):
        if cell.cell_type == "code" and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            assert max(map(len, cell.source.split("\n"))) <= 90, f"cell {number} scrolls sideways"


@every_lesson
def test_a_lesson_opens_and_closes(path):
    cells = cells_of(path)
    opening = "\n".join(c.source for c in cells if "opening" in tags(c))
    close = "\n".join(c.source for c in cells if "close" in tags(c))
    assert cells[0].source.startswith("# ") and "opening" in tags(cells[0])
    assert f"images/series_{path.name[:2]}.svg" in opening, "the drawing of where we are"
    for part in ("After this lesson you can", "minutes", "Needs", "drop"):
        assert part.lower() in opening.lower(), f"the opening lacks: {part}"
    assert any("words" in tags(c) for c in cells), "the list of new words"
    place = [p.name for p in LESSONS].index(path.name)
    for neighbour in LESSONS[max(place - 1, 0) : place] + LESSONS[place + 1 : place + 2]:
        assert f"({neighbour.name})" in close, f"the close has no link to {neighbour.name}"


@every_lesson
def test_links_between_lessons_lead_somewhere(path):
    for number, cell in enumerate(cells_of(path)):
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
                if not re.match(r"https?:|#", target):
                    assert (path.parent / target.partition("#")[0]).is_file(), f"cell {number}: {target}"


def bold(cell) -> list[str]:
    return [word.strip().lower() for word in re.findall(r"\*\*(.+?)\*\*", prose(cell))]


@cache
def new_words(path: Path) -> list[str]:
    """The words of the lesson's own list, as it spells them."""
    listed = [c for c in cells_of(path) if "words" in tags(c)]
    return [word for cell in listed for word in bold(cell)]


def as_pattern(word: str) -> re.Pattern:
    """The word as it stands in a sentence, in the plural too; "stochastic gradient descent (SGD)" is two."""
    spellings = [part for part in re.split(r"\s*[()]\s*|\s*,\s*", word) if part]
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, spellings)) + r")(?:s|es)?(?![\w-])", re.I)


@every_lesson
def test_a_bold_word_is_in_the_list_of_new_words_and_each_of_those_is_bold_where_it_is_explained(path):
    body = [c for c in cells_of(path) if c.cell_type == "markdown" and "words" not in tags(c)]
    said = [word for cell in body for word in bold(cell)]
    assert new_words(path), "no new word"
    assert sorted(set(said)) == sorted(new_words(path))


@every_lesson
def test_a_new_word_is_not_used_before_it_is_explained(path):
    early = []
    for word in new_words(path):
        pattern = as_pattern(word)
        for other in LESSONS[: LESSONS.index(path) + 1]:
            for number, cell in enumerate(cells_of(other)):
                if cell.cell_type != "markdown" or {"map", "opening", "words", "close"} & set(tags(cell)):
                    continue
                if other == path and word in bold(cell):
                    break
                found = pattern.search(prose(cell).replace("*", ""))
                if found:
                    early.append(f"{word}: {other.stem} cell {number}: …{prose(cell)[:60]!r}")
    assert not early, "\n".join(early)


# --- the syllabus


@every_lesson
def test_what_is_told_of_a_first_wrong_guess_does_not_hold_the_answer(path):
    for number, cell in enumerate(cells_of(path)):
        if cell.cell_type != "code" or not cell.source.startswith("predict("):
            continue
        call = ast.parse(cell.source).body[0].value
        given = {argument.arg: argument.value for argument in call.keywords}
        choices = [ast.unparse(choice) for choice in getattr(given.get("choices"), "elts", [])]
        if len(choices) == 2:  # the first guess is the last
            continue
        answer = given.get("answer") or call.args[1]
        if isinstance(answer, ast.Lambda):
            continue
        told = [*getattr(given.get("wrong"), "values", []), *filter(None, [given.get("hint")])]
        for sentence in map(ast.literal_eval, told):
            whole = rf"(?<![\w.-]){re.escape(str(ast.literal_eval(answer)))}(?![\w]|[.,]\d)"
            assert not re.search(whole, sentence), f"cell {number}: {sentence}"


def test_the_syllabus_has_every_lesson():
    assert {item["lesson"] for item in SYLLABUS} == {path.stem for path in LESSONS}
    assert len({(item["lesson"], item["tag"]) for item in SYLLABUS}) == len(SYLLABUS)


@pytest.mark.parametrize("item", SYLLABUS, ids=lambda item: f"{item['lesson'][:2]}-{item['tag'][5:]}")
def test_every_item_of_the_syllabus_is_in_its_lesson(item):
    cells = cells_of(FOLDER / f"{item['lesson']}.ipynb")
    assert any(item["tag"] in tags(cell) for cell in cells), f"no cell tagged {item['tag']}: {item['text']}"
    stored = "\n".join(text for cell in cells for text in texts(cell))
    for number in item.get("numbers", []):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", stored), f"{number} is in no stored output"


@every_lesson
def test_every_item_tag_is_in_the_syllabus(path):
    listed = {item["tag"] for item in SYLLABUS if item["lesson"] == path.stem}
    on_cells = {tag for cell in cells_of(path) for tag in tags(cell) if tag.startswith("item:")}
    assert on_cells <= listed
