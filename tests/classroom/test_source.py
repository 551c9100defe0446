"""The library's source in a lesson, as Markdown: folded, and the same text as in its file."""

import inspect
import textwrap

from miniflow_lib import Add, Mul
from miniflow_classroom import show_source
from miniflow_classroom.show.source import unfolded


def test_it_shows_classes_and_functions_as_they_stand_in_the_library():
    before, code, after = show_source(Add, Mul.forward).data.split("```")
    method = textwrap.dedent(inspect.getsource(Mul.forward))  # out of its class it begins at the margin
    assert code == "python\n" + inspect.getsource(Add) + "\n\n" + method
    # A blank line on both sides, or the fence is taken for HTML.
    assert before.startswith("<details><summary>") and before.endswith(">\n\n")
    assert after == "\n\n</div></details>"


def test_a_page_gets_the_summary_and_the_code_apart():
    summary, code = unfolded(show_source(Add, Mul.forward).data)
    lines = code.count("\n") - 1  # without the fence's own two
    assert summary == f"Read Add, Mul.forward in the library ({lines} lines)"
    assert code.startswith("```python\nclass Add") and code.endswith("\n```")
    assert unfolded("Some *words*.") == ("", "Some *words*.")


def test_a_name_that_is_markup_stays_text():
    def function():
        pass

    function.__qualname__ = "<b>"
    text = show_source(function).data
    assert "<b>" not in text and unfolded(text)[0].startswith("Read <b> in")
