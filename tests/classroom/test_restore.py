"""Whatever is done to nodes, lists and arrays inside `put_back`, they are afterwards as they were."""

from __future__ import annotations

import numpy as np
import pytest

from miniflow_lib import MSE, Add, Input, forward_and_backward, topological_sort
from miniflow_classroom.restore import put_back


def test_nodes_are_put_back_with_all_that_they_lead_to():
    x, y = Input("x"), Input("y")
    f = MSE(x, y)
    graph = topological_sort({x: [1.0, 2.0], y: [3.0, 3.0]}, output=f)
    forward_and_backward(graph)
    value, run, gradients = x.value, x.run, dict(x.gradients)
    with pytest.raises(KeyError, match="on the way"), put_back(f):
        x.value[0] = 99.0
        x.value = y.value = 0.0
        y.name, y.mark = "z", True
        Add(f, x)
        forward_and_backward(graph)
        raise KeyError("on the way")
    assert x.value is value and x.value.tolist() == [1.0, 2.0] and y.value.tolist() == [3.0, 3.0]
    assert x.run is run and x.gradients.keys() == gradients.keys() and x.gradients[x] is gradients[x]
    assert y.name == "y" and not hasattr(y, "mark")
    assert x.outbound_nodes == [f] and f.outbound_nodes == []


def test_containers_arrays_and_generators_are_put_back():
    array, rng = np.arange(6.0).reshape(2, 3), np.random.default_rng(0)
    names, table, pair, known = ["a", ["b"]], {"k": [1]}, ([1], array[0]), {3, 4}
    state = rng.bit_generator.state
    with put_back(array, rng, names, table, pair, known):
        array[:] = 0
        names[1].append("c")
        del names[0]
        table["k"].append(2)
        table.update(more=1)
        pair[0].clear()
        known |= {5}
        rng.normal()
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (names, table, pair[0], known) == (["a", ["b"]], {"k": [1]}, [1], {3, 4})
    assert rng.bit_generator.state == state


def test_an_array_gets_its_shape_back_and_a_locked_one_its_numbers():
    reshaped, longer, locked = np.arange(6.0).reshape(2, 3), np.arange(2.0), np.arange(3.0)
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    with put_back(fixed, reshaped, longer, locked):
        reshaped.resize((3, 2), refcheck=False)
        reshaped[0] = 7
        longer.resize(4, refcheck=False)
        locked[0] = 7
        locked.flags.writeable = False
    assert reshaped.tolist() == [[0, 1, 2], [3, 4, 5]] and longer.tolist() == [0, 1]
    assert locked.tolist() == fixed.tolist() == [0, 1, 2] and not fixed.flags.writeable


def test_an_array_that_cannot_be_put_back_does_not_keep_the_others_from_it():
    before, view, after = np.arange(2.0), np.arange(4.0)[:2], np.arange(2.0)
    with put_back(before, view, after):
        for array in (before, view, after):
            array[:] = 7
        view.base.flags.writeable = view.flags.writeable = False
    assert view.tolist() == [7, 7]
    assert before.tolist() == after.tolist() == [0, 1]


def test_an_array_that_nobody_could_copy_without_noticing_is_left_out():
    large, small = np.zeros(6_250_001), np.zeros(6_250_000)
    with put_back(large, small):
        large[0] = small[0] = 1.0
    assert large[0] == 1.0 and small[0] == 0.0


def test_a_dict_in_which_exec_ran_is_put_back_and_python_goes_on():
    """`exec` puts Python's own names into it: without them for a moment, nothing would run."""
    world = {"a": 1}
    exec("b = a + 1", world)
    with put_back(world):
        world["b"] = 5
    assert world["b"] == 2 and len([world]) == 1
