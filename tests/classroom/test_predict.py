"""Predictions: the guess comes first and may be tried again, and no answer is in what is stored."""

from __future__ import annotations

import json

import numpy as np
import pytest

from miniflow_lib import MiniFlowError
from tests.classroom.test_stepper import widgets
from miniflow_classroom import predict


def enter(box, guess) -> None:
    box.field.value = guess


def shown(box) -> str:
    box.button.click()
    return box.reply.value


def test_show_opens_only_after_a_guess():
    box = predict("What is f?", 9)
    assert box.button.disabled
    assert shown(box) == ""  # a click that got through all the same
    enter(box, " ")
    assert box.button.disabled
    enter(box, "8")
    assert not box.button.disabled
    enter(box, "")
    assert box.button.disabled


@pytest.mark.parametrize("guess", ["12.7", " 12,7 ", "127/10", "1.27e1", "12.70000001", "25.4/2", "+12.7"])
def test_a_number_may_be_written_as_one_likes(guess):
    box = predict("?", 12.7)
    enter(box, guess)
    assert "· right." in shown(box)


@pytest.mark.parametrize(
    "text",
    [
        *("5 = 2 + 3", "5=5", "2 + 3", "ca. 5", "about 5", "~5", "5 km", "5%", "2 · 3", "2*3", "x"),
        *("-", "1/0", "1/2/3", "nan", "inf", "1e999", "1e", "0x5", "1_0", "5,000", "8,002,000", "1.2.3"),
    ],
)
def test_a_text_that_is_no_number_gets_a_sentence_and_costs_no_try(text):
    box = predict("?", 5, wrong={8: "One too many."})
    enter(box, text)
    assert "Write only the number, such as 0.5, 1/2 or 4000." in shown(box)
    assert 'role="status"' in box.reply.value and "Your guess" not in box.reply.value
    enter(box, "8")
    assert "Your guess: <b>8</b> · not right.<br>One too many." in shown(box)
    enter(box, text)  # what was said about the first guess stays
    assert "One too many.<br>Write only the number" in shown(box) and not box.field.disabled
    enter(box, "5")
    assert "· right." in shown(box)


@pytest.mark.parametrize("minus", ["-", "\N{MINUS SIGN}", "\N{EN DASH}", " - "])
def test_minus_signs_of_print_and_how_far_off_is_right(minus):
    box = predict("?", -0.2, tolerance=0.02)
    enter(box, f"{minus}0.19")
    assert "the answer: <b>-0.2</b> · right." in shown(box)
    box = predict("?", -0.2, tolerance=0.005)
    enter(box, f"{minus}0.19")
    assert "not right." in shown(box)


def test_a_right_guess_gets_the_answer_and_is_committed():
    box = predict("?", 9, because="4 + 5", hint="Count.", wrong={9.0000001: "no"})
    enter(box, "9")
    said = shown(box)
    assert "Your guess: <b>9</b> · the answer: <b>9</b> · right.<br>4 + 5</div>" in said
    assert box.field.disabled and box.button.disabled and box.button.description == "show"
    box.field.value = "8"
    box._show(box.button)
    assert box.reply.value == said


def a_task(**more):
    return predict("?", 9, because="4 + 5", wrong={8: "One too few.", 10: "One too many."}, **more)


def test_a_wrong_guess_gets_its_sentence_and_may_be_changed():
    box = a_task(hint="Count.", show=lambda: print("ran"))
    enter(box, "8")
    said = shown(box)
    assert "Your guess: <b>8</b> · not right.<br>One too few.</div>" in said
    assert not any(word in said for word in ("<b>9</b>", "4 + 5", "too many", "Count."))
    assert not box.more.outputs and 'role="status"' in said
    assert not box.field.disabled and box.button.disabled and box.button.description == "try again"
    assert shown(box) == said
    enter(box, "8.0")  # still the same guess
    assert box.button.disabled
    enter(box, "9")
    assert "Your guesses: <b>8</b>, then <b>9</b> · the answer: <b>9</b> · right.<br>4 + 5<" in shown(box)
    assert box.field.disabled and box.button.disabled and box.more.outputs[0]["text"] == "ran\n"


def test_the_second_wrong_guess_gets_the_answer():
    box = a_task(show=lambda: print("ran"))
    enter(box, "8")
    shown(box)
    enter(box, "10")
    said = shown(box)
    assert "Your guesses: <b>8</b>, then <b>10</b> · the answer: <b>9</b> · not right." in said
    assert said.endswith("One too many.<br>4 + 5</div>") and "too few" not in said
    assert box.field.disabled and box.button.disabled and box.more.outputs[0]["text"] == "ran\n"
    enter(box, "9")
    assert shown(box) == said


@pytest.mark.parametrize(
    ("box", "guess", "general"),
    [
        (lambda **more: predict("?", 9, **more), "7", "Work it out once more"),
        (
            lambda **more: predict("?", "a", choices=["a", "b", "c"], **more),
            "b",
            "Which of the other",
        ),
        (lambda **more: predict("?", ["x", "f"], order=["f", "x"], **more), "f x", "What has to come before"),
        (lambda **more: predict("?", (2, 3), **more), "3, 2", "one after another"),
    ],
)
def test_a_guess_without_a_sentence_gets_the_hint_or_a_general_one(box, guess, general):
    for asked, wanted in ((box(because="so"), general), (box(because="so", hint="Think of `x`."), "<code>x")):
        enter(asked, guess)
        said = shown(asked)
        assert wanted in said and "answer" not in said and said.count("<br>") == 1
        if asked.hint:
            assert general not in said


def test_of_two_choices_the_first_guess_is_the_last():
    box = predict("Is it?", "no", choices=["yes", "no"], wrong={"yes": "Look."}, hint="Hm.", because="So.")
    enter(box, "yes")
    assert "<b>yes</b> · the answer: <b>no</b> · not right.<br>Look.<br>So.<" in shown(box)
    assert box.field.disabled


def test_enter_in_the_field_is_a_click():
    box = a_task()
    for text in ("", "8", "8"):  # the second 8 is not changed
        enter(box, text)
        box.field._handle_custom_msg({"event": "submit"}, [])
    assert box.guesses == [8] and "One too few." in box.reply.value


def test_letters_that_come_after_their_enter_belong_to_the_guess():
    """JupyterLab holds typed letters back while the kernel works, and sends the click at once."""
    box = predict("?", 2, wrong={21: "Too many."}, because="1 + 1", show=lambda: print("seen"))
    enter(box, "2")
    assert "the answer: <b>2</b> · right." in shown(box)
    enter(box, "21")
    assert "Your guess: <b>21</b> · not right.<br>Too many." in box.reply.value
    assert not box.field.disabled and box.button.description == "try again"
    enter(box, "3")
    assert "Your guesses: <b>21</b>, then <b>3</b> · the answer: <b>2</b>" in shown(box)
    assert [output["text"] for output in box.more.outputs] == ["seen\n"]
    box = predict("?", 21, hint="Count.")
    enter(box, "2")
    shown(box)
    enter(box, "21")  # it costs no try
    assert "Your guess: <b>21</b> · the answer: <b>21</b> · right." in shown(box)
    box = predict("?", 21)
    for guess in ("12", "2"):
        enter(box, guess)
        shown(box)
    enter(box, "21")
    assert "Your guesses: <b>12</b>, then <b>21</b> · the answer: <b>21</b> · right." in box.reply.value


def test_a_choice():
    box = predict("Is it?", "no", choices=["yes", "no", "both"], wrong={"yes": "Follow the arrowheads."})
    assert box.field.value is None and box.button.disabled
    enter(box, "yes")
    assert "Follow the arrowheads." in shown(box) and box.button.disabled
    enter(box, "both")
    assert "<b>yes</b>, then <b>both</b> · the answer: <b>no</b>" in shown(box)
    with pytest.raises(MiniFlowError, match="not one of the choices"):
        predict("Is it?", "maybe", choices=["yes", "no"])


def test_an_order():
    box = predict(
        "?", ["x", "y", "Add"], order=["Add", "x", "y"], wrong={("Add", "x", "y"): "Nobody fed it."}
    )
    for not_yet in ("x, y", "x, y, y", "x y Mul", ","):
        enter(box, not_yet)
        assert "Write each of Add, x, y once" in shown(box), not_yet
    enter(box, "add -> x → y")
    assert not box.button.disabled
    assert "Your guess: <b>Add, x, y</b>" in shown(box) and "Nobody fed it." in box.reply.value
    with pytest.raises(MiniFlowError, match="order="):
        predict("?", ["x", "y"], order=["x", "z"])


def test_capitals_count_where_two_names_differ_by_them_alone():
    box = predict("?", ["X", "x"], order=["x", "X"])
    enter(box, "x, X")
    assert "not right." in shown(box)


def test_a_shape():
    box = predict("?", (13, 10), wrong={"(10, 13)": "turned"})
    enter(box, "(10,13)")
    assert "turned" in shown(box)
    box = predict("?", np.zeros((13, 10)).shape)
    enter(box, "13, 10")
    assert "· right." in shown(box)


def test_the_answer_may_be_worked_out_so_that_it_does_not_stand_in_the_cell():
    box = predict("?", lambda: np.float64(4) + 5)
    enter(box, "9")
    assert "· right." in shown(box)
    with pytest.raises(MiniFlowError, match="predict takes"):
        predict("?", "free text")


def stored(box) -> str:
    """All that a notebook could keep: the output, and the state of every widget with its id in hex."""
    states = [{k: repr(v) for k, v in widget.get_state().items()} for widget in widgets(box)]
    return json.dumps([box._repr_mimebundle_(), states])


def test_neither_the_stored_output_nor_the_state_of_the_widgets_knows_the_answer():
    for box, guess, secret in (
        (predict("?", 79.19, because="a hundredth of a prime", wrong={79.18: "even"}), "5", "79.19"),
        (predict("?", ["n3", "n1"], order=["n1", "n3"], because="hidden"), "n1 n3", "n3, n1"),
    ):
        before = dict(box.static)
        assert secret not in stored(box) and "prime" not in stored(box) and "even" not in stored(box)
        enter(box, guess)
        assert secret not in stored(box)
        assert secret not in shown(box) and secret not in stored(box)
        enter(box, secret)
        assert secret in shown(box)
        assert box.static == before


def test_what_a_reader_without_a_kernel_sees():
    assert predict("What is f?", 9).static == {"text/plain": "Your prediction. What is f?"}
    assert predict("Is it?", "no", choices=["yes", "no"]).static == {
        "text/plain": "Your prediction. Is it?\n  ( ) yes\n  ( ) no"
    }
    assert predict("?", ["x", "y"], order=["y", "x"]).static == {
        "text/plain": "Your prediction. ?\n  to be put in order: y, x"
    }


def test_what_show_draws_or_prints_comes_with_the_answer():
    box = predict("?", 1, show=lambda: print("as it ran"))
    enter(box, "1")
    assert not box.more.outputs
    shown(box)
    assert box.more.outputs[0]["text"] == "as it ran\n"
    box = predict("?", 1, show=lambda: 1 / 0)
    enter(box, "1")
    shown(box)
    assert "ZeroDivisionError" in box.more.outputs[0]["text"]


def test_questions_and_guesses_are_text():
    evil = "<img src=x onerror=alert(1)>"
    box = predict(f"`a < b` {evil}", ["x", "y"], because=evil, wrong={"z": evil})
    enter(box, evil)
    page = shown(box)
    enter(box, "other")
    page += shown(box) + "".join(getattr(widget, "value", "") or "" for widget in widgets(box)[1:2])
    assert "<img" not in page and "<code>a &lt; b</code>" in page
