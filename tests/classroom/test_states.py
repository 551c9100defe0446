"""What a page is told of a widget is what the widget itself shows, setting by setting and click by click."""

from __future__ import annotations

import random

import ipywidgets
import pytest

from miniflow_lib import Add, Input, topological_sort
from tests.played import MAKE, classic, seen, smaller, told_of
from miniflow_classroom import sort_game
from miniflow_classroom.widgets.base import STILL
from miniflow_classroom.widgets.fault_lab import Case
from miniflow_classroom.widgets.fill_in_gradients import Puzzle
from miniflow_classroom.widgets.states import stops_of


@pytest.fixture(scope="module")
def told() -> dict[str, dict]:
    found = {}
    with smaller():
        for name, make in MAKE.items():
            box = make()
            before = seen(box)
            found[name] = box.for_page()
            assert seen(box) == before, "working out the states has changed what is shown"
    return found


def controls(box) -> list[ipywidgets.Widget]:
    """The sliders and lists of a widget, in their order."""
    kinds = (
        ipywidgets.FloatSlider,
        ipywidgets.SelectionSlider,
        ipywidgets.Dropdown,
        ipywidgets.ToggleButtons,
    )
    rows = [child for row in box.children for child in (row, *getattr(row, "children", ()))]
    return [w for child in rows for w in (child, *getattr(child, "children", ())) if isinstance(w, kinds)]


@pytest.mark.parametrize("name", ["nudge", "tangent"])
def test_each_setting_shows_what_the_widget_shows(told, name):
    box, draw = MAKE[name](), random.Random(1)
    knobs = list(dict.fromkeys(controls(box)))
    before, stops = seen(box), [list(stops_of(knob)) for knob in knobs]
    labels = [control["label"] for control in told[name]["cases"][0]["panels"][0]["controls"]]
    assert labels == {"nudge": ["nudge", "by", "at most"], "tangent": ["nudge", "x"]}[name]
    shown = set()
    for _ in range(40):
        at = [draw.randrange(len(values)) for values in stops]
        for knob, values, stop in zip(knobs, stops, at):
            knob.value = values[stop]
        assert [html for html in seen(box) if html in told_of(told[name], at)] == told_of(told[name], at)
        shown.add(told_of(told[name], at)[0])
    assert len(shown) > 30
    first = [control["at"] for control in told[name]["cases"][0]["panels"][0]["controls"]]
    assert set(told_of(told[name], first)) <= set(before), "it begins as the notebook does"


def test_each_walk_shows_what_the_widget_shows(told):
    box = MAKE["weight"]()
    slider, row, view, says = box.children
    downhill, uphill, again = row.children
    for moves in ("", "-", "+", "--", "-+", "+-", "+-+", "-" * 10, "+" * 7):
        again.click()
        for move in moves:
            (downhill if move == "-" else uphill).click()
        assert told_of(told["weight"], ["start"], moves) == [view.value, says.value]
    assert "The picture has grown" in told_of(told["weight"], ["start"], "+++++")[1]
    panel = told["weight"]["cases"][0]["panels"][0]
    for stop, text in enumerate(panel["controls"][0]["options"]):
        again.click()
        slider.value = float(text)
        downhill.click()
        assert told_of(told["weight"], [stop], "-") == [view.value, says.value]
        assert abs(float(panel["controls"][0]["options"][panel["at"][f"{stop}|-|"]]) - slider.value) <= 0.5


def test_every_game_shows_what_the_widget_shows(told):
    game, draw, done = MAKE["game"](), random.Random(2), 0
    for level, case in enumerate(told["game"]["cases"]):
        game.begin(level)
        (panel,) = case["panels"]
        named = {move["label"]: move.get("name") for move in panel["moves"]}
        names = {node: named[game.view.names[node]] for node in game.view.nodes}
        for _ in range(6):
            game.start()
            moves: list[str] = []
            for _ in range(25):
                node = draw.choice([*names, *names, None, "back"])
                if node is None:
                    game.say_none()
                    by = "?none"
                elif node == "back":
                    if not moves:
                        continue
                    game.take_back()
                    by = f"-{moves.pop()}"
                elif names[node] in moves:
                    continue
                else:
                    game.take(node)
                    by = ("+" if node in game.taken else "?") + names[node]
                    moves += [names[node]] * (node in game.taken)
                if len(moves) == len(names):
                    done += 1
                    assert "That is a valid order" in game.picture.value
                if by == "?none" and len(moves) == len(names):
                    continue
                assert told_of(told["game"], (), moves, by, case=level) == [game.picture.value]
    assert done > 5


def test_a_later_game_holds_its_own_level_and_those_after_it():
    page = sort_game(level=4).for_page()
    assert [case["name"] for case in page["cases"]] == ["level 4", "level 5"]
    assert not any(move.get("do") == "next" for move in one_game()["cases"][0]["panels"][0]["moves"])


def one_game() -> dict:
    return sort_game(classic()).for_page()


def test_each_entry_gets_the_reply_of_the_widget(told):
    box, puzzle = MAKE["boxes"](), Puzzle(classic())
    view, *entries = box.children[0].children
    panel = told["boxes"]["cases"][0]["panels"][0]
    numbers = ["-4", "-3.9999", "3.0", "\N{MINUS SIGN}4", "-8/2", "1", "-12", "17", "5", "2"]
    texts = ["", "minus four", "<b>&", "1/0", *numbers]
    draw = random.Random(3)
    for _ in range(60):
        entered = [draw.choice(texts) for _ in entries]
        values = []
        for entry, text, edge, control in zip(entries, entered, puzzle.edges, panel["controls"]):
            entry.value = text
            values.append(judged(puzzle, edge, text))
            assert [value for value, _ in control["rules"]] == [value for value, _ in puzzle.answers(edge)]
        escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in entered]
        assert told_of(told["boxes"], values, entered=escaped) == [view.value, box.children[1].value]
    assert "All of them" in told_of(told["boxes"], [0, 0, 0, 0], entered=["-4", "3", "-4", "-4"])[1]


def judged(puzzle: Puzzle, edge, text: str) -> int | str:
    """Which answer an entry is, by the sentence that it gets."""
    right, said = puzzle.reply(edge, text)
    if right is None:
        return ""
    if "is not a number" in said:
        return "unread"
    ways = [reply.replace("\ue000", text) for _, reply in puzzle.answers(edge)]
    return ways.index(said) if said in ways else "other"


def test_each_case_of_the_lab_asks_and_replies_as_the_widget_does(told):
    with smaller():
        box = MAKE["lab"]()
        for place in range(2):
            box.children[0].value = place
            (case,) = box.children[1].children
            assert isinstance(case, Case)
            for tries in ([1], [0, 3, 1, 2, 4, 5], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]):
                panel = [1, 6].index(len(tries)) if len(tries) < 7 else 2
                *_, question, choice, button, reply = case.children
                made: list[str] = []
                for n in tries:
                    if choice.disabled or n >= len(choice.options):
                        continue
                    choice.index = n
                    button.click()
                    made.append(str(n))
                    asked, said = told_of(told["lab"], (), made, case=place, panel=panel)
                    assert said == reply.value.replace(' role="status"', "")
                    assert asked.endswith(question.value.split(">", 1)[1])
                assert choice.disabled
                done = told["lab"]["cases"][place]["panels"][panel]["done"]
                assert f"|{' '.join(made)}|" in done
            repair, code = told["lab"]["cases"][place]["panels"][3], case.fault.code.split("\n")[0]
            assert code.split("(")[0] in told_of(told["lab"], (), case=place, panel=3)[0]
            (show,) = repair["moves"]
            assert case.fault.title in told_of(told["lab"], (), [show["name"]], case=place, panel=3)[1]


def test_a_widget_with_too_many_states_stays_a_picture():
    inputs = [Input(f"i{n}") for n in range(15)]
    graph = topological_sort(dict.fromkeys(inputs, 1), output=Add(*inputs, name="f"))
    assert sort_game(graph).for_page() == STILL
