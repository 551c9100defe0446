"""The library's source in a lesson, as Markdown."""

import inspect

from miniflow_lib import Add, Mul
from miniflow_classroom import show_source


def test_it_shows_classes_and_functions_as_they_stand_in_the_library():
    before, code, after = show_source(Add, Mul.forward).data.split("```")
    assert code == "python\n" + inspect.getsource(Add) + "\n\n" + inspect.getsource(Mul.forward)
    # A blank line on both sides, or the fence is taken for HTML.
    assert before.startswith("<div ") and before.endswith("\n\n") and after == "\n\n</div>"
