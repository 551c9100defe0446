"""The documents say what the repository has: tables, numbers of cells, links and pictures."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

import miniflow_lib
from tools import ToolError, guide
from tools.lesson import tags

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
TEACHING = (ROOT / "docs/teaching.md").read_text(encoding="utf-8")
LESSONS = guide.lessons(ROOT)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def pages_of_lessons() -> dict[str, str]:
    """{"02": what the teacher's guide says of lesson 02, ...}"""
    parts = re.split(r"(?m)^(?=## )", TEACHING)
    return {part[3:5]: part for part in parts if re.match(r"## \d\d ", part)}


@pytest.mark.parametrize("document", guide.DOCUMENTS)
def test_tables_and_numbers_are_those_of_the_repository(document):
    now = (ROOT / document).read_text(encoding="utf-8")
    assert guide.written(ROOT, document) == now, (
        f"{document} is out of date: `make guide` brings it up to date"
    )


def test_the_documents_have_the_tables_they_need():
    def names(document: str) -> list[str]:
        return [found[2] for found in guide.TABLE.finditer((ROOT / document).read_text(encoding="utf-8"))]

    assert names("README.md") == ["lessons", "boston step"]
    assert names("docs/teaching.md") == ["paths", *(f"run-sheet {number}" for number in LESSONS)]


@pytest.mark.parametrize("sittings", [guide.SHORT, guide.LONG], ids=["short", "long"])
def test_every_lesson_is_in_one_sitting_whole_or_by_its_halves(sittings):
    taken = [name for names in sittings for name in names.split()]
    parts = [[number] if number in taken else list(LESSONS[number].halves) for number in LESSONS]
    assert taken == [name for names in parts for name in names]


@pytest.mark.parametrize(
    ("sittings", "path", "most"),
    [(guide.SHORT, guide.in_class, 105), (guide.LONG, guide.in_four_hours, 210)],
    ids=["two of the two hours", "of the four hours"],
)
def test_each_sitting_leaves_an_eighth_of_its_time_for_questions(sittings, path, most):
    counted = {names: guide.sitting(LESSONS, names, path) for names in sittings}
    assert max(counted.values()) <= most, f"untag a section: {counted}"
    assert re.search(rf"at most {most}\b", " ".join(TEACHING.split())), "the guide says how many"


def test_the_one_sitting_that_the_guide_names_fits():
    assert "take 00 and the first half of 04 on the two-hour path" in TEACHING
    assert guide.sitting(LESSONS, "00 04a", guide.in_class) <= 105


def test_the_four_hour_path_has_all_of_the_two_hour_path_and_more():
    for lesson in LESSONS.values():
        both = [cells for cells in lesson.sections if guide.in_class(cells)]
        assert all(map(guide.in_four_hours, both))
        assert lesson.class_minutes_of(guide.in_class) < lesson.class_minutes_of(guide.in_four_hours)


def test_the_pages_name_as_many_sittings_as_there_are():
    in_words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    short, long = in_words[len(guide.SHORT) - 1], in_words[len(guide.LONG) - 1]
    assert guide.SHORT[-1] == guide.LONG[-1] == "07", "it comes after the story"
    for page in (TEACHING, (ROOT / "README.md").read_text(encoding="utf-8")):
        words = " ".join(page.split())
        assert f"{short} sittings of two hours" in words and f"{long} half days" in words


def test_nothing_optional_and_no_homework_is_on_the_classroom_path():
    for lesson in LESSONS.values():
        for cells in lesson.sections[1:]:
            assert not ("class" in tags(cells[0]) and not guide.in_four_hours(cells)), guide.title(cells)


@pytest.mark.parametrize("number", LESSONS)
def test_every_prediction_of_the_classroom_path_is_in_the_guide(number):
    lesson, page = LESSONS[number], pages_of_lessons()[number]
    told = {int(found[1]) for found in guide.CELL.finditer(page)}
    for cells in lesson.sections:
        for cell in cells:
            asks = cell.cell_type == "code" and re.search(r"^predict\($", cell.source, flags=re.MULTILINE)
            if guide.in_class(cells) and asks:
                assert lesson.numbers[cell.id] in told, f"the guide says nothing about {cell.source[9:90]}"
        if guide.in_class(cells):
            for name in guide.exercises(cells):
                assert f"<!-- exercise:{name} -->" in page, f"the guide says nothing about {name}"
    for part in ("*On the board:*", "*What goes wrong:*", "*If you are late:*", "*Homework:*"):
        assert part in page


ROW = re.compile(r"^\| \[(\d+)\]<!-- .+? --> \| (.+?) \|", flags=re.MULTILINE)
PATHS = {"(four hours": guide.in_four_hours, "(for the curious": guide.is_optional}


@pytest.mark.parametrize("number", LESSONS)
def test_questions_come_in_the_order_of_their_cells_and_name_the_path_if_it_is_the_longer_one(number):
    lesson = LESSONS[number]
    asked = [(int(found[1]), found[2]) for found in ROW.finditer(pages_of_lessons()[number])]
    assert asked and [cell for cell, _ in asked] == sorted(cell for cell, _ in asked)
    for cell, question in asked:
        (section,) = (cells for cells in lesson.sections if lesson.code[cell - 1] in cells)
        named = [path for words, path in PATHS.items() if question.startswith(words)]
        (path,) = named or [guide.in_class]
        assert path(section) and bool(named) != guide.in_class(section), question


def test_the_twenty_misunderstandings_are_all_there_and_met_in_class():
    rows = re.findall(r"^\| (\d+) \| (?:[^|\n]+ \| ){3}([\d, ]+) \|$", TEACHING, flags=re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 21))
    pages = pages_of_lessons()
    for number, met in rows:
        for lesson in met.split(", "):
            if f"misunderstanding {number}" in pages[lesson]:
                break
        else:
            pytest.fail(f"misunderstanding {number} is not on the pages of {met}")


COUNTED = re.compile(r"\b(six|seven|eight|nine|ten|\d+) (?:Jupyter )?(?:lessons|notebooks)\b", re.IGNORECASE)
IN_WORDS = {6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}


def test_no_page_and_no_lesson_says_another_number_of_lessons():
    """But for the changelog, which tells how many there were."""
    here = {IN_WORDS[len(LESSONS)], str(len(LESSONS))}
    pages = {path.name: path.read_text(encoding="utf-8") for path in PAGES if path.name != "CHANGELOG.md"}
    for number, lesson in LESSONS.items():
        pages[number] = "\n".join(
            cell.source for cell in lesson.notebook.cells if cell.cell_type == "markdown"
        )
        assert f"You are at lesson {int(number)} of {len(LESSONS) - 1}:" in pages[number]
    said = {name: {word.lower() for word in COUNTED.findall(text)} for name, text in pages.items()}
    assert not {name: words - here for name, words in said.items() if words - here}
    assert said["README.md"] == {IN_WORDS[len(LESSONS)]}, "its first line and its citation say how many"


def test_a_cell_that_is_gone_is_said_with_lesson_and_piece(tmp_path):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "page.md").write_text(
        "## 02 · Sort\n\nBefore [3]<!-- no such piece --> ask.\n", encoding="utf-8"
    )
    with pytest.raises(ToolError, match=r"page\.md, lesson 02: no cell has “no such piece”"):
        guide.written(tmp_path, "page.md")
    (tmp_path / "page.md").write_text(
        "## 02 · Sort\n\n[3]<!-- sort_game() --> [?]<!-- build -->", encoding="utf-8"
    )
    with pytest.raises(ToolError, match="cells have “build”"):
        guide.written(tmp_path, "page.md")
    (tmp_path / "page.md").write_text("<!-- made: nothing -->\n<!-- end -->\n", encoding="utf-8")
    with pytest.raises(ToolError, match="there is no “nothing” to make"):
        guide.written(tmp_path, "page.md")


def test_numbers_and_tables_are_filled_in(tmp_path, monkeypatch):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "page.md").write_text(
        "<!-- made: lessons -->\nold\n<!-- end -->\n## 02 · Sort\n[?]<!-- sort_game() -->\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(guide, "DOCUMENTS", ("page.md",))
    assert guide.write_guide(tmp_path) == ["page.md"]
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "old" not in text and text.count("\n| [0") == len(LESSONS)
    assert f"[{LESSONS['02'].cell('sort_game()')}]<!-- sort_game() -->" in text
    assert guide.write_guide(tmp_path) == []


def test_the_step_in_the_readme_is_the_programs_own():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    made = text.partition("<!-- made: boston step -->\n```python\n")[2].partition("```\n<!-- end -->")[0]
    exec(made, world := {"np": np})
    rng = np.random.default_rng(0)
    X, y, *weights = (rng.standard_normal(s) for s in [(11, 13), (11, 1), (13, 10), (10,), (10, 1), (1,)])
    costs = []
    for _ in range(200):
        cost, *weights = world["step"](X, y, *weights)
        costs.append(cost)
    assert costs[-1] < 0.5 * costs[0], "it learns"


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_and_pictures_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("https://"):
            name, _, place = target.partition("#")
            file = page.parent / name if name else page
            assert file.exists(), f"{page.name}: {target}"
            if place:
                assert place in anchors(file.read_text(encoding="utf-8")), f"{page.name}: {target}"


@every_page
def test_pictures_are_ours_small_and_have_words(page):
    for alt, file in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        assert len(alt.split()) >= 8, f"{file}: say in words what it shows"
        assert (page.parent / file).stat().st_size <= 200_000, f"{file} is too large for a front page"


def test_the_hooks_check_what_ci_checks():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local", "nothing is fetched from elsewhere"
    entries = {hook["entry"] for hook in repository["hooks"]}
    ci = set(re.findall(r'"(make [a-z-]+)"', (ROOT / ".ci/run").read_text(encoding="utf-8")))
    # The hooks run where the set-up is there, and the browser tests take minutes and need Chromium.
    assert {"make lint", "make test"} == ci - {"make setup", "make test-browser"} <= entries
    made = {line.split(":")[0] for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()}
    for entry in entries:
        words = entry.split()
        assert words[0] == ".venv/bin/python" or words[1] in made


def test_the_changelog_begins_with_the_version_of_the_package():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)$", changelog, re.MULTILINE)[0] == miniflow_lib.__version__
    assert f"version = {{{miniflow_lib.__version__}}}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_file_that_the_front_page_shows_is_the_engine_of_the_lessons(root):
    shown, step = re.findall(
        r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), flags=re.S
    )
    assert step.startswith("def step(X, y, W1")
    lessons = (root / "miniflow_classroom" / "own" / "standins.py").read_text(encoding="utf-8")
    assert len(ast.parse(shown).body) >= 2
    for definition in ast.parse(shown).body:
        assert ast.get_source_segment(shown, definition) in lessons
