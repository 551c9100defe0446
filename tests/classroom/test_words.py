"""Sentences wrapped at words, and an error that a lesson shows on purpose."""

from __future__ import annotations

import pytest

from miniflow_lib import Add, Input
from miniflow_classroom.show.words import caught, wrapped


def test_a_line_is_wrapped_at_words_and_a_long_word_stays_whole():
    text = "word " * 40 + "x" * 100
    lines = wrapped(text).split("\n")
    assert " ".join(lines) == text
    assert lines[-1] == "x" * 100 and max(map(len, lines[:-1])) <= 80
    assert wrapped("one\n\ntwo  three") == "one\n\ntwo  three"


def test_the_sentence_of_an_error_is_printed_and_the_cell_goes_on(capsys):
    with caught():
        Add(Input("x"), 5)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("MiniFlowError: Input number 2 of Add is 5") and max(map(len, lines)) <= 80


def test_where_nothing_went_wrong_it_says_so(capsys):
    with caught():
        Input("x")
    assert capsys.readouterr().out == "No error.\n"


def test_another_error_is_not_hidden():
    with pytest.raises(ZeroDivisionError), caught():
        raise ZeroDivisionError
