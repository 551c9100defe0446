"""The flags as buttons, without a browser: what is stored, what a click does, who sees which flag."""

from __future__ import annotations

import contextlib
import io
import sys
import threading

import ipywidgets
import pytest

from miniflow_lib import Add, Input, MiniFlowError, forward_pass, topological_sort, trace
from miniflow_classroom import live, toggles
from miniflow_classroom.widgets.base import captured


@pytest.fixture(autouse=True)
def flags_as_they_were():
    yield
    trace.DEBUG = trace.T_DEBUG = False


def example() -> None:
    x, y, z = Input("x"), Input("y"), Input("z")
    print(forward_pass(f := Add(x, y, z), topological_sort({x: 4, y: 5, z: 10}, output=f)))


def parts(box):
    """The DEBUG button, the T_DEBUG button, and the text that is shown now."""
    debug, t_debug = box.children[0].children
    return debug, t_debug, lambda: box.children[1].value


def stored(box) -> str:
    return box._repr_mimebundle_()["text/plain"]


# live


def test_what_the_first_run_printed_is_stored_and_shown():
    box = live(example)
    assert stored(box).startswith("forward pass") and stored(box).endswith("9 + 10 (z) = 19\n19.0")
    assert stored(box) in parts(box)[2]()


def test_a_click_replaces_what_is_shown_and_not_what_is_stored():
    box = live(example)
    debug, t_debug, shown = parts(box)
    first, text = shown(), stored(box)
    t_debug.value = True
    assert "topological_sort" in shown() and "forward pass" in shown()
    debug.value = False
    assert "topological_sort" in shown() and "forward pass" not in shown()
    assert stored(box) == text
    debug.value, t_debug.value = True, False
    assert shown() == first


@pytest.mark.parametrize(
    ("flags", "words"), [({}, "forward"), ({"DEBUG": False, "T_DEBUG": True}, "topolog")]
)
def test_the_initial_flags(flags, words):
    assert stored(live(example, **flags)).startswith(words)


def test_where_nothing_is_printed_it_is_said():
    box = live(lambda: None)
    assert stored(box) == "(nothing is printed: switch a flag on)"


def test_the_flags_that_other_cells_see_stay_as_they_are(capsys):
    trace.T_DEBUG = True
    seen = []
    box = live(lambda: seen.append((trace.DEBUG, trace.T_DEBUG)) or example())
    parts(box)[0].value = False
    assert seen == [(False, True)] * 2 and (trace.DEBUG, trace.T_DEBUG) == (False, True)
    assert "topological_sort" not in stored(box), "its own T_DEBUG is off"
    assert capsys.readouterr().out == ""
    example()
    assert capsys.readouterr().out.startswith("topological_sort")


def test_an_error_of_the_first_run_is_the_cells_own(capsys):
    def fails():
        print("before")
        topological_sort({})

    with pytest.raises(MiniFlowError):
        live(fails)
    assert capsys.readouterr().out == "before\n", "what was printed before it is not lost"


def test_a_later_error_is_shown_in_its_place_and_the_next_click_works():
    names = iter(["x", "<b>", "x"])

    def fails_second():
        name = next(names)
        if name == "<b>":
            raise MiniFlowError(f"{name} was not fed")
        print("fine")

    box = live(fails_second)
    debug, _, shown = parts(box)
    debug.value = False
    assert "MiniFlowError: &lt;b&gt; was not fed" in shown() and "<b>" not in shown()
    debug.value = True
    assert ">fine</pre>" in shown()


def test_names_are_shown_as_text():
    bad = "<img src=x onerror=alert(1)>"
    box = live(lambda: topological_sort({Input(bad): 1}), T_DEBUG=True)
    assert bad in stored(box)
    assert "<img" not in parts(box)[2]() and "&lt;img src=x onerror=alert(1)&gt;" in parts(box)[2]()


def test_each_click_has_a_limit_of_its_own():
    def loop():
        x = Input("x")
        graph = topological_sort({x: 1}, output=Add(x, x))
        for _ in range(200):
            forward_pass(graph[-1], graph)

    box = live(loop)
    assert stored(box).count("400 events told") == 1
    debug, _, shown = parts(box)
    first = shown()
    debug.value = False
    debug.value = True
    assert shown() == first


def test_a_click_from_another_thread_takes_nothing_from_this_one():
    started, go_on = threading.Event(), threading.Event()

    def waits():
        print("from the click")
        started.set()
        assert go_on.wait(20)

    go_on.set()
    box = live(waits)
    started.clear()
    go_on.clear()
    click = threading.Thread(target=lambda: setattr(parts(box)[1], "value", True))
    click.start()
    assert started.wait(20)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print("from the cell")
        example()
    go_on.set()
    click.join()
    assert out.getvalue() == "from the cell\n19.0\n", "no line less, and no line of the other's trace"
    assert ">from the click</pre>" in parts(box)[2]()


# captured


def test_captured_blocks_nest_and_leave_stdout_working(capsys):
    with captured() as outer:
        print("a")
        with captured() as inner:
            print("b")
        print("c")
    print("d")
    assert (outer.getvalue(), inner.getvalue(), capsys.readouterr().out) == ("a\nc\n", "b\n", "d\n")
    assert sys.stdout.encoding and sys.stdout.flush() is None


def test_captured_takes_this_threads_prints_alone(capsys):
    with captured() as out:
        other = threading.Thread(target=print, args=("theirs",))
        other.start()
        other.join()
        print("mine")
    assert (out.getvalue(), capsys.readouterr().out) == ("mine\n", "theirs\n")


# toggles


def test_flag_and_button_follow_each_other():
    debug, t_debug = toggles().children[0].children
    assert (debug.description, t_debug.description) == ("DEBUG", "T_DEBUG")
    trace.DEBUG = True
    assert debug.value and debug.icon == "check-square"
    debug.value = False
    assert not trace.DEBUG and debug.icon == "square-o"
    t_debug.value = True
    assert trace.T_DEBUG and not trace.DEBUG


def observers() -> int:
    return len(trace._followers)


def test_running_its_cell_again_leaves_no_observer_behind():
    first = toggles()
    count = observers()
    for _ in range(5):
        again = toggles()
    assert observers() == count
    again.children[0].children[0].value = True
    assert first.children[0].children[0].value, "two cells with buttons show the same"


def test_buttons_that_were_closed_are_made_anew():
    old = toggles()
    count = observers()
    trace.DEBUG = True
    ipywidgets.Widget.close_all()
    new = toggles()
    debug, t_debug = new.children[0].children
    assert debug is not old.children[0].children[0] and observers() == count
    assert debug.value and not t_debug.value, "they show the flags as they are"
    trace.DEBUG, trace.T_DEBUG = False, True
    assert t_debug.value and not debug.value and old.children[0].children[0].value
    debug.value = True
    assert trace.DEBUG


def test_a_click_from_another_thread_sets_the_flag_for_every_cell(capsys):
    debug, _ = toggles().children[0].children
    click = threading.Thread(target=setattr, args=(debug, "value", True))
    click.start()
    click.join()
    assert trace.DEBUG and debug.icon == "check-square"
    example()
    assert capsys.readouterr().out.startswith("forward pass")


def test_what_the_buttons_store_never_changes():
    text = stored(toggles())
    trace.DEBUG = True
    assert stored(toggles()) == text == "DEBUG and T_DEBUG: two buttons that switch the trace on and off"
