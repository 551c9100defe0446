"""Predictions: the guess comes first, the answer stays out of all that is stored, a likely mistake is met."""

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
    for not_yet in ("", " ", "-", "nine", "1/0", "nan", "1e999"):
        enter(box, not_yet)
        assert box.button.disabled, not_yet
    enter(box, "8")
    assert not box.button.disabled


@pytest.mark.parametrize("guess", ["12.7", " 12,7 ", "127/10", "1.27e1", "12.70000001"])
def test_a_number_may_be_written_as_one_likes(guess):
    box = predict("?", 12.7)
    enter(box, guess)
    assert "as you said." in shown(box)


def test_minus_signs_of_print_and_how_far_off_is_right():
    box = predict("?", -0.2, tolerance=0.02)
    enter(box, "\N{MINUS SIGN}0.19")
    assert "the answer: <b>-0.2</b> · as you said." in shown(box)
    box = predict("?", -0.2, tolerance=0.005)
    enter(box, "-0.19")
    assert "not what you said." in shown(box)


def test_the_guess_stays_beside_the_answer_and_is_committed():
    box = predict("?", 9, because="4 + 5", wrong={8: "One too few.", 10: "One too many."})
    enter(box, "8")
    said = shown(box)
    assert "Your guess: <b>8</b> · the answer: <b>9</b> · not what you said." in said
    assert said.index("One too few.") < said.index("4 + 5") and "One too many." not in said
    assert box.field.disabled and box.button.disabled
    box.field.value = "9"
    box._show(box.button)
    assert box.reply.value == said


def test_the_sentence_for_a_wrong_guess_is_not_said_to_one_that_is_right():
    box = predict("?", 9.0, wrong={9.0000001: "no"})
    enter(box, "9")
    assert "as you said." in shown(box) and "no" not in box.reply.value.split("said.")[1]


def test_a_choice():
    box = predict("Is it?", "no", choices=["yes", "no"], wrong={"yes": "Follow the arrowheads."})
    assert box.field.value is None and box.button.disabled
    enter(box, "yes")
    assert "Follow the arrowheads." in shown(box)
    with pytest.raises(MiniFlowError, match="not one of the choices"):
        predict("Is it?", "maybe", choices=["yes", "no"])


def test_an_order():
    box = predict(
        "?", ["x", "y", "Add"], order=["Add", "x", "y"], wrong={("Add", "x", "y"): "Nobody fed it."}
    )
    for not_yet in ("x, y", "x, y, y", "x y Mul"):
        enter(box, not_yet)
        assert box.button.disabled, not_yet
    enter(box, "add -> x → y")
    assert not box.button.disabled
    assert "Your guess: <b>Add, x, y</b>" in shown(box) and "Nobody fed it." in box.reply.value
    with pytest.raises(MiniFlowError, match="order="):
        predict("?", ["x", "y"], order=["x", "z"])


def test_capitals_count_where_two_names_differ_by_them_alone():
    box = predict("?", ["X", "x"], order=["x", "X"])
    enter(box, "x, X")
    assert "not what you said" in shown(box)


def test_a_shape():
    box = predict("?", (13, 10), wrong={"(10, 13)": "turned"})
    enter(box, "(10,13)")
    assert "turned" in shown(box)
    box = predict("?", np.zeros((13, 10)).shape)
    enter(box, "13, 10")
    assert "as you said." in shown(box)


def test_the_answer_may_be_worked_out_so_that_it_does_not_stand_in_the_cell():
    box = predict("?", lambda: np.float64(4) + 5)
    enter(box, "9")
    assert "as you said." in shown(box)
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
    page = shown(box) + "".join(getattr(widget, "value", "") or "" for widget in widgets(box)[1:2])
    assert "<img" not in page and "<code>a &lt; b</code>" in page
