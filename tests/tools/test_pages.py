"""The pages of `make site`, from a made-up lesson that has one of everything in it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import pytest
from nbformat import v4

from miniflow_lib import Input, Mul, topological_sort
from tests.pages import Seen, check_page
from tools import site
from tools.__main__ import main
from tools.clean import read, write
from miniflow_classroom import race, stepper, where_installed
from miniflow_classroom.judge.exercise import LESSONS as EXERCISES
from miniflow_classroom.judge.exercise import exercises
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME

NASTY = "<img src=x onerror=alert(1)>"
OPENING = f"""# 01 · A <b>lesson</b>

![You are <here> & "there"](images/strip.svg)

> One *sentence* to keep.

After this: inline $a_i$ and

$$\\frac{{\\partial C}}{{\\partial a}} = 2$$

{NASTY} stays text, and 5 < 6. [Next](02_other.ipynb), [far](https://example.org/).

| a | b |
| --- | --- |
| 1 | `x - y` |
"""
CODE = f"""
from miniflow_lib import *
from miniflow_classroom import *

toggles()
---
def multiply():
    x, y = Input("x"), Input("y")
    graph = topological_sort({{x: 4, y: 5}}, output=Mul(x, y))
    print("it is", forward_pass(graph[-1], graph))


live(multiply)
---
x, y = Input("{NASTY}"), Input("y")
graph = topological_sort({{x: 2, y: 3}}, output=Mul(x, y))
stepper(graph)
---
print("{NASTY}")
draw_graph(graph, title="{NASTY}")
---
predict("How much is `2 * 3`?", 6, wrong={{5: "That adds: {NASTY}"}}, because="two threes are half a dozen")
---
predict("Which?", "the left", choices=["the left", "{NASTY}"], because="as everybody says")
---
predict("In which order?", ["x", "y", "f"], order=["f", "x", "y"], because="f waits for both")
---
sort_game(graph)
---
turn_knobs(graph, [x])
---
quiz("00")
---
show_source(Mul.forward)
---
import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.show()
---
raise ValueError("{NASTY}")
"""


def write_lessons(folder: Path) -> Path:
    name = next(iter(exercises()))
    code = [v4.new_code_cell(source.strip()) for source in CODE.split("---\n")]
    for cell in code:
        if cell.source.startswith("predict("):
            cell.metadata["jupyter"] = {"source_hidden": True}
    code[-1].metadata["tags"] = ["raises-exception"]
    cells = [
        v4.new_markdown_cell(OPENING),
        v4.new_markdown_cell("## Try `it` & see", metadata={"tags": ["minutes:7", "optional"]}),
        *code,
        v4.new_markdown_cell("## The task", metadata={"tags": ["minutes:2"]}),
        v4.new_code_cell("draw_graph(graph)"),
        v4.new_code_cell("answer = ...", metadata={"tags": [f"exercise:{name}"]}),
        v4.new_code_cell("print('never on a page')", metadata={"tags": [f"check:{name}"]}),
        v4.new_code_cell(f'hints("{name}")', metadata={"tags": [f"hint:{name}"]}),
        v4.new_code_cell(
            "# Solution\nthe_solution = 1234\nprint(the_solution)", metadata={"tags": ["solution:x"]}
        ),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    (folder / "images").mkdir(parents=True)
    (folder / "images/strip.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="20" viewBox="0 0 600 20"></svg>'
    )
    for file, contents in (
        ("01_a.ipynb", cells),
        ("02_other.ipynb", [v4.new_markdown_cell("# 02 · Other", id="other")]),
    ):
        metadata = {"miniflow": {"lesson": file[:2]}}
        write(v4.new_notebook(cells=contents, metadata=metadata), folder / file)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, str]:
    """{name of the page: its HTML}"""
    folder = tmp_path_factory.mktemp("site")
    source = write_lessons(folder / "lessons")
    before = {path.name: path.read_bytes() for path in source.glob("*.ipynb")}
    assert main(["site", str(folder / "pages"), "--lessons", str(source)]) == 0
    assert {path.name: path.read_bytes() for path in source.glob("*.ipynb")} == before, "the notebooks stay"
    return read_site(folder / "pages")


def read_site(folder: Path) -> dict[str, str | bytes]:
    """{a file's name in the site: what is in it}"""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() if path.suffix == ".png" else path.read_text(encoding="utf-8")
        for name, path in files.items()
    }


@pytest.fixture(scope="module")
def page(built) -> str:
    return built["01_a.html"]


def told(page: str) -> list:
    """What the page packed away for its guesses."""
    return [json.loads(base64.b64decode(text)) for text in re.findall(r'data-told="([^"]*)"', page)]


def test_each_page_needs_nothing_from_elsewhere_and_every_link_leads_somewhere(built):
    pages = {name for name in built if name.endswith(".html")}
    assert pages == {"index.html"} | {
        f"{n}{kind}.html" for n in ("01_a", "02_other") for kind in ("", ".print")
    }
    assert set(built) - pages == {
        *("stepper.png", "notebooks/01_a.ipynb", "notebooks/02_other.ipynb", "notebooks/images/strip.svg")
    }
    for name in pages:
        check_page(built[name], set(built))


def test_the_index_lists_the_lessons_with_minutes_and_their_sentence(built):
    text = Seen(built["index.html"]).text()
    assert "01 · A <b>lesson</b>" in text and "One sentence to keep." in text and "minutes" in text
    assert built["index.html"].index("01_a.html") < built["index.html"].index("02_other.html")


def test_the_index_shows_what_it_is_a_film_a_picture_of_each_lesson_and_how_to_cite(built, root):
    index = built["index.html"]
    assert re.findall(r'<h2 id="(\w+)"', index) == [*"lessons what who start teachers cite licence".split()]
    assert index.count('class="film"') == 1 and "make lab" in index and "git clone" not in index
    (card,) = re.findall(r'<li><img alt="" src="(data:image/[^"]+)"', index)
    assert card.startswith("data:image/svg+xml") and card in built["01_a.html"], (
        "the plot is in an optional part"
    )
    seen = Seen(index)
    assert (root / "LICENSE").read_text() in seen.text(without="nothing")
    (citation,) = re.findall(r"@software.*?\n}\n", (root / "README.md").read_text(), re.DOTALL)
    assert citation in seen.text()


def test_a_link_to_a_page_is_shown_with_words_and_where_the_address_is_known_with_a_picture(built, tmp_path):
    def meta(html: str) -> dict:
        return {
            a.get("name") or a.get("property"): a["content"] for a in Seen(html).all("meta") if "content" in a
        }

    plain = meta(built["01_a.html"])
    assert plain["description"] == plain["og:description"] == "One sentence to keep."
    assert "og:image" not in plain and "og:url" not in plain, "a relative address is none"
    (tmp_path / "lessons").mkdir()
    write(v4.new_notebook(cells=[v4.new_markdown_cell("# 01 · A")]), tmp_path / "lessons/01_a.ipynb")
    arguments = ["--url", "https://example.org/m/", "--repository", "https://example.org/code"]
    assert main(["site", str(tmp_path / "pages"), "--lessons", str(tmp_path / "lessons"), *arguments]) == 0
    told = read_site(tmp_path / "pages")
    full = meta(told["01_a.html"])
    assert full["og:url"] == "https://example.org/m/01_a.html"
    assert full["og:image"] == "https://example.org/m/stepper.png" and "stepper.png" in told
    assert "git clone https://example.org/code miniflow" in told["index.html"]
    assert '<a href="https://example.org/code">Source</a>' in told["01_a.html"]


def test_each_lesson_can_be_taken_along_as_learners_get_it(built):
    assert '<a download href="notebooks/01_a.ipynb">' in built["01_a.html"]
    cells = json.loads(built["notebooks/01_a.ipynb"])["cells"]
    assert [cell for cell in cells if cell["cell_type"] == "code"]
    assert not [cell for cell in cells if cell.get("outputs")]


def test_headings_are_links_to_themselves_named_by_their_words(page):
    assert '<h2 id="try-it-see"><a href="#try-it-see">Try <code>it</code> &amp; see</a></h2>' in page
    prose = site.Prose(Path(), headings := {})
    names = [prose.heading(words, 3) for words in ("Core: it (2 minutes)", "Core: it", "· ·", "Main")]
    assert list(headings) == ["core-it", "core-it-2", "section", "main-2"]
    assert 'href="#core-it-2"' in names[1]


@pytest.mark.parametrize(
    "source, head, rest",
    [
        ("import a\nfrom b import (\n    c,\n)\n\nc()", "import a\nfrom b import (\n    c,\n)", "c()"),
        ("import a", "import a", ""),
        ("a()\nimport a", "", "a()\nimport a"),
        ("import a  # why\na()", "", "import a  # why\na()"),
        ("%pip install a\nimport a", "", "%pip install a\nimport a"),
    ],
)
def test_imports_are_folded_where_a_cell_begins_with_them(source, head, rest):
    assert site.imports_first(source) == (head, rest)
    html = site.cell_source(source)
    assert ("<details><summary>imports a" in html) == bool(head)
    seen = Seen(html)
    assert seen.text(without="details").strip() == rest
    words = [data for tags, data in seen.texts if "summary" not in tags and "pre" in tags]
    assert "".join(words) == head + rest


def test_the_printable_page_has_space_to_write_and_no_answers(built):
    paper = built["01_a.print.html"]
    seen = Seen(paper)
    assert not seen.all("script") and not seen.all("button") and not seen.all("select")
    for words in ("the_solution", "Hint 1", "data-told", "half a dozen", "def forward(self)", "<form"):
        assert words not in paper
    exercise = paper[paper.index("answer") :]
    assert re.search(r'<div class="ruled">((?:<i></i>)+)</div>', exercise)[1].count("<i>") == 4
    assert "<summary>imports" in built["01_a.html"] and "<summary>imports" not in paper
    assert paper.count('class="ruled"') == 1 + 2, "and a prediction that is a number or a row"
    assert paper.count('class="frame still"') == paper.count('class="film"') and 'class="frame" ' not in paper
    assert 'href="01_a.print.html"' in built["01_a.html"] and 'href="01_a.html"' in paper


def test_an_exercise_gets_lines_by_its_solution():
    def solution(name: str, source: str):
        return v4.new_code_cell(source, metadata={"tags": [f"solution:{name}"]})

    cells = [v4.new_markdown_cell("# 01"), solution("short", "# Solution\nx = 1\n\ncheck('short')")]
    cells.append(solution("long", "# Solution\n" + "x = 1\n" * 9 + "\ncheck('long')"))
    lines = site.lines_to_write(site.Lesson(Path("01_a.ipynb"), v4.new_notebook(cells=cells)))
    assert lines["short"] == 4 and 9 < lines["long"] < 14


def test_a_time_is_told_to_be_taken_in_the_notebook_and_not_to_move(monkeypatch):
    monkeypatch.setenv(FOR_PAGES, "1")
    for box in (race(int, int), race({"a": int, "b": int}), where_installed("no_such_module", int)):
        data = box._repr_mimebundle_()
        cell = v4.new_code_cell("race()", outputs=[v4.new_output("display_data", data=data)])
        notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# 01 · A"), cell])
        lesson = site.Lesson(Path("01_a.ipynb"), notebook)
        html = site.lesson_page(lesson, [lesson])
        assert "run the cell in the notebook.</p>" in html and "This one moves" not in html


def test_names_and_texts_stay_text(page):
    seen = Seen(page)
    assert NASTY in seen.text()
    assert not [attrs for attrs in seen.all("img") if not attrs["src"].startswith("data:")]
    assert "alert(1)" not in re.sub(r"&lt;img src=x onerror=alert\(1\)&gt;", "", page)
    assert 'You are <here> & "there"' in [attrs["alt"] for attrs in seen.all("img")]


def test_prose_mathematics_tables_and_links_come_through(page):
    seen = Seen(page)
    assert len(seen.all("math")) == 2 and "$" not in seen.text().replace("${", "")
    assert seen.all("mfrac") and seen.all("table")
    assert "x - y" in seen.text() and "5 < 6" in seen.text()
    hrefs = [attrs["href"] for attrs in seen.all("a")]
    assert "02_other.html" in hrefs and "https://example.org/" in hrefs
    assert re.findall(r'[^">]*\.ipynb', page) == ["notebooks/01_a.ipynb"]


def test_the_contents_lead_to_the_sections_and_say_their_minutes(page):
    contents = page[page.index('class="toc"') : page.index("</details>")]
    assert re.findall(r'href="#([^"]+)"', contents) == re.findall(r'<h2 id="([^"]+)"', page)
    assert "7 min · optional" in contents and "2 min" in contents
    assert "Try <code>it</code> &amp; see" in contents


def test_a_live_trace_has_all_four_texts_and_shows_one(page):
    box = page[page.index('class="box live"') :].split("</div>\n")[0]
    texts = dict(re.findall(r'<pre[^>]*data-flags="(\d\d)"[^>]*>(.*?)</pre>', box, re.DOTALL))
    assert list(texts) == ["00", "01", "10", "11"] and len(set(texts.values())) == 4
    assert all("it is 20.0" in text for text in texts.values())
    assert "forward" in texts["10"] and "forward" not in texts["01"]
    assert re.findall(r'data-flags="(\d\d)" hidden', box) == ["00", "01", "11"]
    assert re.findall(r'data-flag="(\w+)" aria-pressed="(\w+)"', box) == [
        ("DEBUG", "true"),
        ("T_DEBUG", "false"),
    ]


def test_a_stepper_brings_every_frame_and_shows_the_last_without_a_script(page, monkeypatch):
    monkeypatch.setenv(FOR_PAGES, "1")
    x, y = Input(NASTY), Input("y")
    frames = stepper(topological_sort({x: 2, y: 3}, output=Mul(x, y)))._repr_mimebundle_()[PAGE_MIME][
        "frames"
    ]
    at = [page.index(frame) for frame in frames]
    assert len(at) > 8 and at == sorted(at)
    film = page[page.index('class="film"') :]
    assert film.count('<div class="frame" hidden>') == len(frames) - 1
    assert film.count('<div class="frame still">') == 1
    assert f'max="{len(frames) - 1}" value="0"' in film


def test_answers_are_packed_away_until_there_is_a_guess(page):
    for words in ("half a dozen", "as everybody says", "f waits for both", "That adds", "answer: 6"):
        assert words not in page
    assert "predict(" not in Seen(page).text(without="details"), "the cell holds the answer"
    predictions = [task for task in told(page) if isinstance(task, dict)]
    assert [task["field"] for task in predictions] == ["amount", "choice", "row"]
    assert [task["answer"] for task in predictions] == [6.0, "the left", ["x", "y", "f"]]
    assert "half a dozen" in predictions[0]["because"] and "&lt;img" in predictions[0]["wrong"][0][1]
    assert page.count("<button disabled>show</button>") == 3


def test_the_quiz_has_a_reply_to_each_choice(page):
    questions = EXERCISES["00"].QUIZ
    replies = [task for task in told(page) if isinstance(task, list)]
    assert [len(each) for each in replies] == [len(question.replies) for question in questions]
    for question, each in zip(questions, replies):
        right = list(question.replies).index(question.right)
        assert ["✓ Right." in reply for reply in each] == [n == right for n in range(len(each))]
        assert all(choice in Seen(page).text() for choice in question.replies)


def test_solutions_and_hints_are_folded_and_the_check_is_left_to_the_notebook(page):
    seen = Seen(page)
    assert "the_solution" not in seen.text() and "1234" not in seen.text()
    assert "the_solution" in seen.text(without="nothing") and "# Solution" not in seen.text(without="nothing")
    hints = next(iter(exercises().values())).hints
    assert page.count("<summary>Hint ") == len(hints)
    assert "never on a page" not in page and "looks at your answer" in page
    assert not [attrs for attrs in seen.all("details") if "open" in attrs]


def test_what_moves_in_the_notebook_alone_is_a_picture_and_says_so(page):
    knobs = page[: page.index("This one moves in the notebook.")][-20000:]
    assert "6 turns of a knob, 1 each, to lower the cost" in knobs
    assert page.count("This one moves in the notebook.") == 1


def test_what_is_played_is_packed_and_has_its_picture_without_a_script(page):
    note = "This one moves where scripts may run, and in the notebook."
    game = page[: page.index(note)][-20000:]
    assert "Which node runs first" in game
    assert page.count(note) == page.count("data-states=") == 1
    assert "That is a valid order" not in page, "what it replies is in plain sight"
    told = json.loads(zlib.decompress(base64.b64decode(re.search('data-states="(.+?)"', page)[1])))
    assert any("That is a valid order" in piece for piece in told["pieces"])


def test_plots_source_and_errors_are_shown(page):
    seen = Seen(page)
    (plot,) = [attrs for attrs in seen.all("img") if attrs["src"].startswith("data:image/png")]
    assert plot["alt"].startswith("A plot")
    folded = [text for tags, text in seen.texts if "details" in tags and "summary" not in tags]
    assert "def forward(self)" in "".join(folded) and "Read Mul.forward in the library (" in page
    assert f"ValueError: {NASTY}" in seen.text() and "\x1b" not in page and "Traceback" not in page


def test_toggles_without_a_trace_on_the_page_are_words_alone(tmp_path):
    folder = tmp_path / "lessons"
    folder.mkdir()
    cells = [
        v4.new_markdown_cell("# 01 · A"),
        v4.new_code_cell("from miniflow_classroom import toggles\ntoggles()"),
    ]
    write(v4.new_notebook(cells=cells), folder / "01_a.ipynb")
    list(site.build_site(folder, tmp_path / "pages"))
    html = (tmp_path / "pages/01_a.html").read_text(encoding="utf-8")
    assert (
        "In the notebook two buttons stand here" in html and "data-flag=" not in html.partition("<script>")[0]
    )


def test_the_same_lessons_give_the_same_bytes(built, tmp_path):
    source = write_lessons(tmp_path / "lessons")
    written = {
        path.relative_to(tmp_path / "pages").as_posix()
        for path in site.build_site(source, tmp_path / "pages")
    }
    again = read_site(tmp_path / "pages")
    assert again == built and written == set(again)


def test_outside_of_the_site_no_widget_says_anything_for_a_page(monkeypatch):
    monkeypatch.delenv(FOR_PAGES, raising=False)
    x = Input("x")
    box = stepper(topological_sort({x: 1}, output=Mul(x, x)))
    assert PAGE_MIME not in box._repr_mimebundle_()


def test_no_committed_lesson_holds_what_is_for_pages(root):
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        assert PAGE_MIME not in path.read_text(encoding="utf-8"), path.name


def test_a_cell_that_fails_leaves_no_page(tmp_path, capsys):
    source = write_lessons(tmp_path / "lessons")
    broken = read(source / "02_other.ipynb")
    broken.cells.append(v4.new_code_cell("1 / 0"))
    write(broken, source / "02_other.ipynb")
    (source / "01_a.ipynb").unlink()
    assert main(["site", str(tmp_path / "pages"), "--lessons", str(source)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not (tmp_path / "pages").exists()


def test_a_folder_without_lessons_and_a_picture_that_is_missing_are_told(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["site", str(tmp_path / "pages"), "--lessons", str(tmp_path / "empty")]) == 1
    assert "There is no lesson" in capsys.readouterr().err
    (tmp_path / "lessons").mkdir()
    cells = [v4.new_markdown_cell("# 01 · A\n\n![words](images/gone.svg)")]
    write(v4.new_notebook(cells=cells), tmp_path / "lessons/01_a.ipynb")
    assert main(["site", str(tmp_path / "pages"), "--lessons", str(tmp_path / "lessons")]) == 1
    assert "images/gone.svg" in capsys.readouterr().err


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "lessons").mkdir()
    write(v4.new_notebook(cells=[v4.new_markdown_cell("# 01 · A")]), tmp_path / "lessons/01_a.ipynb")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/mine.txt").write_text("mine")
    list(site.build_site(tmp_path / "lessons", tmp_path / "pages"))
    assert (tmp_path / "pages/mine.txt").read_text() == "mine"
