"""What another library gives is shown where it is installed; the stored text is one for all machines."""

import sys
from types import ModuleType

import pytest

from miniflow_lib import MiniFlowError
from miniflow_classroom import where_installed

STORED = "What torch gives, where it is installed: run the cell."


def use_torch():
    import torch

    print(f"cost {torch.cost} <b>")


def test_with_the_library_it_shows_what_is_printed(monkeypatch, capsys):
    torch = ModuleType("torch")
    torch.cost = 1.5
    monkeypatch.setitem(sys.modules, "torch", torch)
    box = where_installed("torch", use_torch)
    assert ">cost 1.5 &lt;b&gt;</pre>" in box.children[0].value
    assert box.static == {"text/plain": STORED} and capsys.readouterr().out == ""


@pytest.mark.parametrize("module", ["torch", "numba"])
def test_without_the_library_it_says_how_to_install_it_and_stores_the_same(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)  # as if it was not there
    box = where_installed(module, lambda: __import__(module))
    assert (
        f"<code>{module}</code> is not installed here. <code>pip install {module}</code>, "
        "then run this cell again.</div>"
    ) in box.children[0].value
    assert box.static == {"text/plain": STORED.replace("torch", module)}


def test_another_module_that_is_missing_is_not_told_as_this_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match="torch"):
        where_installed("numba", use_torch)


def test_a_library_that_is_there_and_does_not_load_is_not_told_to_be_missing():
    def broken():
        raise ImportError("a part of torch does not fit this machine", name="torch")

    with pytest.raises(ImportError, match="does not fit"):
        where_installed("torch", broken)


def test_without_a_compiler_it_says_how_one_is_got_and_stores_the_same_as_with_it():
    def compile_it():
        raise FileNotFoundError(2, "There is no C compiler", "cc")

    box, found = where_installed("cc", compile_it), where_installed("cc", lambda: print("0.04"))
    assert "<code>cc</code>, a C compiler, was not found here. Get one with" in box.children[0].value
    assert "0.04</pre>" in found.children[0].value and box.static == found.static
    assert box.static == {"text/plain": "What cc gives, where it is installed: run the cell."}


@pytest.mark.parametrize("missing", [ModuleNotFoundError(name="jax"), FileNotFoundError(2, "none", "cc")])
def test_in_a_browser_nobody_is_told_to_install_what_it_cannot_have(monkeypatch, missing):
    def use_it():
        raise missing

    monkeypatch.setattr(sys, "platform", "emscripten")
    said = where_installed(getattr(missing, "name", None) or missing.filename, use_it).children[0].value
    assert "here. A browser's Python cannot have it" in said.replace("&#x27;", "'")
    assert "install" not in said.replace("not installed here", "") and "apt" not in said


def test_another_file_that_is_missing_is_an_error_as_ever():
    with pytest.raises(FileNotFoundError, match=r"no such\.csv"):
        where_installed("cc", lambda: open("no such.csv"))
    with pytest.raises(ImportError, match="cannot import name"):
        where_installed("math", lambda: exec("from math import no_such_name"))


@pytest.mark.parametrize("arguments", [(5, int), ("torch", 5)])
def test_what_is_no_name_and_what_is_no_function_is_said(arguments):
    with pytest.raises(MiniFlowError, match="argument of where_installed is a"):
        where_installed(*arguments)
