"""The real pages of `make site`, opened from disk in Chromium with the network cut off."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from nbformat import v4
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.pages import check_page
from tools import site
from tools.clean import read
from miniflow_classroom.widgets.base import FOR_PAGES, PAGE_MIME
from miniflow_classroom.widgets.predict import Prediction, predict

LESSONS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PAGES = ["index", *LESSONS]
PAPER = [f"{lesson}.print" for lesson in LESSONS]


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory) -> tuple[Path, dict]:
    """The folder of the real pages, and {name of a lesson: the notebook as it was run for its page}."""
    folder, run, seen = tmp_path_factory.mktemp("pages"), site.played, {}

    def played(path: Path):
        seen[path.stem] = run(path)
        return seen[path.stem]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "played", played)
        list(site.build_site(root / "notebooks", folder))
    return folder, seen


@pytest.fixture
def pages(built) -> Path:
    return built[0]


@pytest.mark.heavy  # the pages are built for it: the file starts early, and stays whole
@pytest.mark.parametrize("name", LESSONS)
def test_the_page_shows_what_the_notebook_stores(root, built, name):
    stored = read(root / "notebooks" / f"{name}.ipynb").cells
    for number, (cell, other) in enumerate(zip(built[1][name].cells, stored, strict=True)):
        assert texts(cell) == texts(other), f"cell {number}"


def texts(cell) -> list:
    """What a cell shows, without plots (their bytes differ from machine to machine) and what is for pages."""
    outputs = [dict(output.get("data") or {"text": output.get("text")}) for output in cell.get("outputs", [])]
    return [{k: v for k, v in each.items() if k not in (PAGE_MIME, "image/png")} for each in outputs]


@contextmanager
def opened(browser: Browser, file: Path, **context) -> Iterator[Page]:
    """The page; at the end nothing was asked of a network, and nothing complained."""
    room = browser.new_context(offline=True, **context)
    wrong: list[str] = []
    page = room.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url))
    page.clock.install()
    page.goto(file.as_uri())
    yield page
    room.close()
    assert wrong == []


@pytest.mark.parametrize("name", [*PAGES, *PAPER])
def test_the_page_holds_all_it_needs(pages, name):
    html = (pages / f"{name}.html").read_text(encoding="utf-8")
    seen = check_page(html, {path.relative_to(pages).as_posix() for path in pages.rglob("*")})
    assert "_solution" not in seen.text(), "a solution is in plain sight"


@pytest.mark.parametrize("name", LESSONS)
def test_the_page_moves(browser, pages, name):
    with opened(browser, pages / f"{name}.html") as page:
        for form in page.locator(".predict").all():
            guess_in(form)  # which opens what follows, the next one too
        assert page.locator(".more, .after[hidden]").count() == 0
        for box in page.locator(".live").all():
            walk_through_the_flags(box)
        if page.locator(".toggles").count():
            switch_all_traces(page)
        for film in page.locator(".film").all():
            step_through(page, film)
        for question in page.locator(".quiz").all():
            for choice in question.get_by_role("radio").all():
                choice.check()
                expect(question.get_by_role("status")).to_contain_text(re.compile("Right|Not that one"))
        for fold in page.locator("main details").all():
            fold.locator("summary").focus()
            page.keyboard.press("Enter")
            assert fold.evaluate("fold => fold.open") and len(fold.inner_text()) > 20


def walk_through_the_flags(box: Locator) -> None:
    seen = set()
    for flag in ("DEBUG", "T_DEBUG", "DEBUG", "T_DEBUG"):
        button = box.get_by_role("button", name=flag, exact=True)
        before = button.get_attribute("aria-pressed")
        button.press("Space")
        assert button.get_attribute("aria-pressed") != before
        shown = box.locator("pre:visible")
        assert shown.count() == 1
        pressed = [b.get_attribute("aria-pressed") == "true" for b in box.get_by_role("button").all()]
        assert shown.get_attribute("data-flags") == "".join(str(int(on)) for on in pressed)
        assert ("topological_sort" in shown.inner_text()) == pressed[1]
        seen.add(shown.inner_text())
    assert len(seen) in (2, 4), "two where nothing is run, only sorted"


def switch_all_traces(page: Page) -> None:
    for flag, at, on in (("DEBUG", 0, "1"), ("T_DEBUG", 1, "1"), ("DEBUG", 0, "0"), ("T_DEBUG", 1, "0")):
        page.locator(".toggles").get_by_role("button", name=flag, exact=True).click()
        shown = page.locator(".live pre:visible").all()
        assert shown and {pre.get_attribute("data-flags")[at] for pre in shown} == {on}


def step_through(page: Page, film: Locator) -> None:
    last = film.locator(".frame").count() - 1
    at, slider = film.get_by_role("status"), film.get_by_role("slider")
    back, play, next_ = (film.get_by_role("button", name=name) for name in ("back", "play", "next"))
    slider.focus()
    page.keyboard.press("Home")
    expect(at).to_have_text(f"0 of {last}")
    assert back.is_disabled()
    words = {film.locator(".frame:visible").inner_html()}
    for number in range(1, last + 1):
        next_.press("Enter") if number % 2 else slider.press("ArrowRight")
        expect(at).to_have_text(f"{number} of {last}")
        assert film.locator(".frame:visible").count() == 1
        words.add(film.locator(".frame:visible").inner_html())
    assert len(words) == last + 1 and next_.is_disabled()
    play.click()  # from the end it begins again
    expect(at).to_have_text(f"0 of {last}")
    page.clock.run_for(1600)
    expect(at).to_have_text(f"1 of {last}")
    film.get_by_role("button", name="pause").click()
    page.clock.run_for(5000)
    expect(at).to_have_text(f"1 of {last}")
    back.click()
    expect(at).to_have_text(f"0 of {last}")
    play.click()
    page.clock.run_for(1500 * (last + 3))
    expect(at).to_have_text(f"{last} of {last}")
    expect(play).to_be_visible()


def guess_in(form: Locator) -> None:
    task = json.loads(base64.b64decode(form.get_attribute("data-told")))
    button, reply = form.get_by_role("button"), form.get_by_role("status")
    assert button.is_disabled() and reply.inner_text() == ""
    guesses = [task["answer"]]
    if task["field"] == "choice":
        guesses.insert(0, next(option for option in task["options"] if option != task["answer"]))
    elif task["field"] == "row":
        turned = task["answer"][::-1]
        guesses.insert(0, turned if turned != task["answer"] else ["0", *turned[1:]])
    else:
        guesses.insert(0, task["answer"] + 987654321)
    for number, guess in enumerate(guesses[-task["tries"] :]):
        before = reply.inner_text()
        if task["field"] == "choice":
            form.get_by_role("radio", name=guess, exact=True).check()
        else:
            form.get_by_role("textbox").fill(", ".join(guess) if task["field"] == "row" else str(guess))
        assert button.is_enabled() and reply.inner_text() == before, "a guess alone opens nothing"
        button.click()
        assert button.is_disabled()
        if number + 1 < task["tries"]:
            expect(button).to_have_text("try again")
            assert "not right." in reply.inner_text() and "the answer:" not in reply.inner_text()
    expect(reply).to_contain_text(f"the answer: {task['shown']} · right.")


SHOWN = """() => [...document.querySelectorAll('pre.code span, a, .note, .minutes')].slice(0, 60).map(
element => {
    let at = element, behind = 'rgba(0, 0, 0, 0)';
    while (at && behind === 'rgba(0, 0, 0, 0)') {
        behind = getComputedStyle(at).backgroundColor;
        at = at.parentElement;
    }
    return [behind, getComputedStyle(element).color, element.innerText];
})"""


@pytest.mark.parametrize("name", PAGES)
def test_the_page_fits_and_can_be_read(browser, pages, name):
    with opened(browser, pages / f"{name}.html") as page:
        for width, scheme in ((390, "dark"), (900, "light"), (1400, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
            ground, ink = page.evaluate(
                "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
            )
            assert contrast(ground, ink) > 7
            assert (luminance(ground) < 0.1) == (scheme == "dark")
            for behind, colour, text in page.evaluate(SHOWN):
                under = ground if behind == "rgba(0, 0, 0, 0)" else behind
                assert contrast(under, colour) >= 4.5, text
            if width == 390 and name in LESSONS:
                wide = page.locator("pre.code").evaluate_all(
                    "all => all.some(pre => pre.scrollWidth > pre.clientWidth)"
                )
                assert wide, "long code scrolls in itself"
        assert page.locator("img").evaluate_all("all => all.every(img => img.naturalWidth > 0)")


@pytest.fixture(scope="session")
def axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return AXE_SCRIPT


FINDS = """async (leftOut) => {
    const found = await axe.run({exclude: leftOut}, {resultTypes: ['violations']});
    return found.violations.map(each => [each.id, each.help, each.nodes.map(node => node.html.slice(0, 99))]);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_phone_in_the_dark(browser, pages, axe, name):
    # By day without the letters of code, most of what axe would look at: SHOWN has their colours.
    look_with_axe(browser, pages / f"{name}.html", axe, 390, "dark", ["pre.code code", "math"])


ONCE = ("index", "00_start_here")  # the others have the same colours, and are looked at by night


@pytest.mark.parametrize(
    "name", [n if n in ONCE else pytest.param(n, marks=pytest.mark.nightly) for n in [*PAGES, *PAPER]]
)
def test_axe_finds_nothing_on_a_desk_in_the_light(browser, pages, axe, name):
    look_with_axe(browser, pages / f"{name}.html", axe, 1200, "light")


def look_with_axe(
    browser: Browser, file: Path, axe: str, width: int, scheme: str, left_out: Sequence[str] = ()
) -> None:
    with opened(browser, file, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        show_anyway(page)
        page.evaluate(axe)
        assert page.evaluate(FINDS, list(left_out)) == []


def show_anyway(page: Page) -> None:
    page.locator(".more button").evaluate_all("all => all.forEach(button => button.click())")


def test_a_prediction_hides_what_follows_until_one_asks(browser, pages):
    with opened(browser, pages / "04_backprop_math.html") as page:
        first, more = page.locator(".predict").first, page.locator(".more").first
        after = page.locator("main > .after").first
        expect(after).to_have_attribute("hidden", "until-found")  # the browser's own search opens it
        assert not after.locator("> *").first.is_visible() and first.is_visible()
        assert page.locator("h2:visible").count() == page.locator("h2").count(), "to the end of its section"
        button = more.get_by_role("button", name="show anyway", expanded=False)
        button.press("Enter")
        expect(after).to_be_focused()
        assert after.locator("> *").first.is_visible()
        inner = page.locator(".after[hidden] h3[id]").first.get_attribute("id")
        page.goto(f"{page.url}#{inner}")
        expect(page.locator(f"#{inner}")).to_be_in_viewport()
        assert page.locator(f".after[hidden] #{inner}").count() == 0


def test_code_is_copied_with_its_imports_even_where_the_clipboard_refuses(browser, pages):
    refuse = "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no')) }"
    with opened(browser, pages / "04_backprop_math.html") as page:
        page.evaluate(refuse)
        source = page.locator(".source", has=page.locator("summary")).filter(has_text="toggles()").first
        source.hover()
        source.get_by_role("button", name="copy").click()
        expect(page.locator("#said")).to_have_text("copied")
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('textarea'), {id: 'field'}))"
        )
        page.locator("#field").focus()
        page.keyboard.press("Control+V")
        pasted = page.locator("#field").input_value()
        assert pasted.startswith("from miniflow_classroom import ") and pasted.endswith("\n\ntoggles()")
        page.clock.run_for(2100)
        expect(source.get_by_role("button")).to_have_text("copy")


def test_the_colours_that_one_chooses_stay_and_paper_is_light(browser, pages):
    with opened(browser, pages / "index.html", color_scheme="light") as page:
        choose, ground = page.get_by_label("Colours"), "getComputedStyle(document.body).backgroundColor"
        choose.select_option("dark")
        assert luminance(page.evaluate(ground)) < 0.1
        page.locator("a[rel=next]").click()
        expect(page.get_by_label("Colours")).to_have_value("dark")
        assert luminance(page.evaluate(ground)) < 0.1
        page.emulate_media(media="print")
        assert luminance(page.evaluate(ground)) == 1
        page.emulate_media(media="screen", color_scheme="dark")
        page.get_by_label("Colours").select_option("light")
        assert luminance(page.evaluate(ground)) == 1


def test_a_browser_that_keeps_nothing_shows_the_page_all_the_same(browser, pages):
    with opened(browser, pages / "01_nodes.html") as page:
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
        )
        page.reload()
        page.get_by_label("Colours").select_option("dark")
        assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 0.1
        page.locator(".more button").first.click()  # the rest of the script runs


def test_where_nothing_hovers_the_copy_button_stands_below_the_code(browser, pages):
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 700}}
    with opened(browser, pages / "01_nodes.html", **phone) as page:
        source = page.locator(".source:visible").first
        code, copy = source.locator("pre").last.bounding_box(), source.locator(".copy").bounding_box()
        assert copy["y"] >= code["y"] + code["height"]


def test_the_contents_stand_beside_the_text_where_there_is_room_and_say_where_one_is(browser, pages):
    with opened(browser, pages / "04_backprop_math.html", viewport={"width": 1000, "height": 700}) as page:
        toc, main = page.locator(".toc"), page.locator("main")
        assert toc.bounding_box()["x"] + toc.bounding_box()["width"] < main.bounding_box()["x"]
        headings = [link.get_attribute("href") for link in toc.get_by_role("link").all()]
        entry = toc.get_by_role("link").nth(4)
        entry.press("Enter")
        expect(toc.locator("[aria-current]")).to_have_attribute("href", entry.get_attribute("href"))
        expect(entry).to_be_in_viewport()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # a jump over many sections, and back
        expect(toc.locator("[aria-current]")).to_have_attribute("href", headings[-1])
        page.evaluate("scrollTo(0, 0)")
        expect(toc.locator("[aria-current]")).to_have_count(0)
        page.set_viewport_size({"width": 999, "height": 700})
        expect(toc).not_to_have_attribute("open", "")
        assert toc.bounding_box()["y"] < main.bounding_box()["y"]


def test_pictures_are_dark_in_the_dark_and_blue_stays_blue(browser, pages):
    with opened(browser, pages / "04_backprop_math.html", color_scheme="dark") as page:
        show_anyway(page)
        for picture in (page.locator(".shown img").first, page.locator(".frame:visible svg").first):
            picture.scroll_into_view_if_needed()
            image = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
            seen = image.getcolors(image.width * image.height)
            ground = max(seen)[1]
            assert max(ground) < 40, f"a slab of {ground}"
            r, g, b = max((each for _, each in seen), key=lambda each: each[2] - each[0])
            assert r < g < b and contrast(f"rgb({r}, {g}, {b})", f"rgb{ground}") >= 4.5
    with opened(browser, pages / "06_sgd_boston.html", color_scheme="dark") as page:
        show_anyway(page)
        plot = page.locator('.shown img[src^="data:image/png"]').first
        plot.scroll_into_view_if_needed()
        image = Image.open(io.BytesIO(plot.screenshot())).convert("RGB")
        assert max(max(image.getcolors(image.width * image.height))[1]) < 40


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_one_walks_through_the_whole_series_by_its_links(browser, pages):
    with opened(browser, pages / "index.html") as page:
        visited = []
        while page.locator("a[rel=next]").count():
            assert page.locator("a[rel=next]").count() == (2 if visited else 1), "at both ends of a lesson"
            onward = page.locator("a[rel=next]").last
            visited.append(onward.get_attribute("href").removesuffix(".html"))
            onward.click()
            expect(page).to_have_url((pages / f"{visited[-1]}.html").as_uri())
            expect(page.locator("header [aria-current]")).to_have_attribute("href", f"{visited[-1]}.html")
            for link in page.locator(".toc a").all():
                assert page.locator(link.get_attribute("href")).count() == 1
        assert visited == LESSONS


def test_without_a_script_the_pages_are_still_whole(browser, pages):
    for name in LESSONS:
        with opened(browser, pages / f"{name}.html", java_script_enabled=False) as page:
            for film in page.locator(".film").all():
                assert film.locator(".frame:visible").count() == 1
            for box in page.locator(".live").all():
                assert box.locator("pre:visible").count() == 1
            for form in page.locator(".predict").all():
                assert form.get_by_role("button").is_disabled()
            assert page.locator("h3:visible").count() == page.locator("h3").count()


def test_paper_gets_the_questions_and_no_buttons(browser, pages):
    with opened(browser, pages / "02_topological_sort.html", color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.locator("button:visible").count() == 0
        assert page.locator("header:visible, footer:visible, .more:visible").count() == 0
        assert page.locator("h3:visible").count() == page.locator("h3").count(), "also after a prediction"
        assert page.locator(".predict input:visible").count() > 0
        last = page.locator(".film").first.locator(".frame").last
        expect(last).to_be_visible()
        assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 1


# The page's own reading of a guess, beside the notebook's.

ORDER = {"answer": ["x", "y", "f"], "order": ["f", "x", "y"], "wrong": {"f, x, y": "backwards"}}
CASES: list[tuple[Callable[[], Prediction], list[str]]] = [
    (
        lambda: predict("?", 0.5, tolerance=0.01, wrong={2: "upside down"}, hint="`h`", because="because"),
        [
            "0.5",
            "1/2",
            "0,5",
            "0.505",
            "0.52",
            "2",
            "+.5",
            "-0.5",
            "\N{MINUS SIGN}1/2",
            "5e-1",
            " 1 / 2 ",
            "abc",
            "5 = 2 + 3",
            "1,000",
            "\N{EN DASH}12",
            " ",
        ],
    ),
    (
        lambda: predict("?", -3),
        ["-3", "", "1/0", "1/2/3", "1.5/3", "1e999", "nan", "0x1", "1e", "123456789.123", "3"],
    ),
    (
        lambda: predict("?", **ORDER, because="because"),
        ["x y f", "x, y, f", "X -> Y -> F", "(x; y; f)", "x\N{RIGHTWARDS ARROW}y->f", "", "f x y"],
    ),
    (
        lambda: predict("?", **ORDER),
        ["x y", "x y f f", "x y z", "[f, x, y]", "x(y f", "y, x, f"],
    ),
    (lambda: predict("?", ["x", "X"], order=["X", "x"]), ["x X", "X x", "x x", "X, x"]),
    (
        lambda: predict("?", (11, 10), wrong={(13, 10): "that is W"}),
        ["11, 10", "(11, 10)", "13 10", "11", "", "a b"],
    ),
]


@pytest.fixture
def task_page(browser, tmp_path, monkeypatch) -> Iterator[Callable[[Prediction], Page]]:
    """Opens a page with this prediction alone."""
    monkeypatch.setenv(FOR_PAGES, "1")
    rooms = []

    def show(box: Prediction) -> Page:
        data = {PAGE_MIME: box._repr_mimebundle_()[PAGE_MIME], "text/plain": ""}
        code = v4.new_code_cell("", outputs=[v4.new_output("display_data", data=data)])
        code.source = "predict()"
        notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# 01 · A"), code])
        lesson = site.Lesson(tmp_path / "01_a.ipynb", notebook)
        (tmp_path / "01_a.html").write_bytes(site.lesson_page(lesson, [lesson]).encode())
        rooms.append(browser.new_context(offline=True))
        page = rooms[-1].new_page()
        page.goto((tmp_path / "01_a.html").as_uri())
        return page

    yield show
    for room in rooms:
        room.close()


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_guess_is_read_and_answered_as_in_the_notebook(task_page, case):
    make, guesses = CASES[case]
    page = task_page(make())
    for first, second in zip(guesses, guesses[1:] + guesses[:1], strict=True):
        box = make()
        page.reload()
        for text in (first, second):
            box.field.value = text
            form = page.locator(".predict")
            if form.get_by_role("textbox").is_enabled():
                form.get_by_role("textbox").fill(text)
            button, other = form.get_by_role("button"), box.button
            assert (button.is_disabled(), button.inner_text()) == (other.disabled, other.description)
            form.get_by_role("textbox").press("Enter")
            box._show(box.button)
            words = unescape(re.sub(r"<br>", "\n", re.sub(r"</?(?:div|b|code)\b[^>]*>", "", box.reply.value)))
            assert re.sub(r"\n+", "\n", form.get_by_role("status").inner_text()) == words, text
