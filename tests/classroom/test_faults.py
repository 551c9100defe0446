"""The fault lab: each bug has its symptoms, each reply is true, a repair is judged, the name comes last."""

from __future__ import annotations

import re
import threading
from functools import cache
from html import unescape
from itertools import pairwise
from textwrap import dedent

import ipywidgets
import numpy as np
import pytest

from miniflow_lib import ops, trace
from miniflow_lib.passes import backward_pass, forward_pass
from tests.charts import BLUE, INK, read_charts
from miniflow_classroom.gradients import faults
from miniflow_classroom.gradients.faults import EXPLODES, FAULTS, LOOKS_FINE, PLACES, STALLS, WEIGHTS
from miniflow_classroom.widgets import fault_lab as lab

BELOW = ("W1", "b1")
# title: (fate, the weights whose steps are wrong, what check_gradients says)
EXPECTED = {
    "a sign": (STALLS, BELOW, "What s hands to l1: the sign is wrong"),
    "a missing 2/m": (LOOKS_FINE, WEIGHTS, "m/2 with m = 6: the factor 2/m is missing"),
    "m counted over the wrong axis": (EXPLODES, WEIGHTS, "m was counted along the wrong axis"),
    "a missing transpose on the square layer": (LOOKS_FINE, BELOW, "What l2 hands to s.*A .T is missing"),
    "the last path instead of the sum over paths": (LOOKS_FINE, BELOW, "the sum over all of them"),
    "the derivative taken after the activation": (LOOKS_FINE, BELOW, "no name"),
    "the bias gradient averaged once more": (LOOKS_FINE, ("b1", "b3"), "divided by m once more"),
    "a gradient not reset between steps": (EXPLODES, WEIGHTS, "adds to what was left from the run before"),
    "the batch's last row only": (STALLS, WEIGHTS, "no name"),
    "an update that adds": (EXPLODES, WEIGHTS, "all six gradients are right"),
    "targets broadcast to (m, m)": (STALLS, ("W1", "b1", "W2", "W3"), "no name"),
    "a weight updated before the layer below has used it": (
        LOOKS_FINE,
        ("W1", "b1", "W2", "b2"),
        "all six gradients are right",
    ),
}
# title: what may be put in place of the bug besides the line that was meant, and what may not
ALSO_RIGHT = {
    "the derivative taken after the activation": ["s = 1 - self.value"],
    "an update that adds": ["w.value + -learning_rate"],
    "a weight updated before the layer below has used it": [
        "    for w in weights:\n        backward_pass(graph)"
    ],
}
COLLECT = "        g = np.zeros(a.value.shape)\n        for row in range({}):\n            g[row] = "
LOOP = "    for w in reversed(weights):\n        "
NEAR_MISSES = {
    "a sign": ["s * (1 + s)", "(1 - s)", "-s * (1 - s)"],
    "a missing 2/m": ["2 / 6 * self.diff", "self.diff / m", "2 * self.diff"],
    "m counted over the wrong axis": ["ndim", "shape[0] - 1", "size * 2"],
    "a missing transpose on the square layer": ["W.value[::-1]", "-W.value.T", "W.value.T.T"],
    "the last path instead of the sum over paths": [
        "g = node.gradients[self] * 2",
        "g = g * node.gradients[self]",
        "g = (g + node.gradients[self]) / 2",
    ],
    "the derivative taken after the activation": [
        "s = x.value",
        "s = self.value / 2",
        "s = self.value.round(2)",
    ],
    "the bias gradient averaged once more": ["g.mean(axis=0) * 6", "g.sum(axis=1)", "g.sum()"],
    "a gradient not reset between steps": [
        "self.gradients[self] = self.gradients.get(self, self.grad_cost())",
        "self.gradients[self] = self.gradients.get(self, 0) * 0.9 + self.grad_cost()",
        "self.gradients[self] = self.gradients.get(self, 0) - self.grad_cost()",
    ],
    "the batch's last row only": [
        f"{COLLECT.format('m')}self.diff[row]",
        f"{COLLECT.format('5')}2 / m * self.diff[row]",
        "        for row in range(m):\n            g = 2 / m * self.diff[row]",
    ],
    "an update that adds": [
        "-w.value + learning_rate",
        "w.value - 2 * learning_rate",
        "w.value - learning_rate**2",
    ],
    "targets broadcast to (m, m)": [
        "2 / m * (y.value - a.value).sum(axis=1, keepdims=True)",
        "2 / m * (y.value - a.value).mean(axis=0, keepdims=True).T",
        "2 / m * (y.value - a.value)",
    ],
    "a weight updated before the layer below has used it": [
        f"{LOOP}forward_pass(graph)\n        backward_pass(graph)",
        "    for w in reversed(weights):",
        "    for w in reversed(weights[1:]):\n        backward_pass(graph)",
    ],
}

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)


@cache
def parts_of(fault):
    return faults.program(fault.place, fault.code)


@cache
def costs_of(fault):
    return faults.run(parts_of(fault))


@cache
def steps_of(fault):
    return faults.steps_used(parts_of(fault))


def fault_called(part):
    (fault,) = [fault for fault in FAULTS if part in fault.title]
    return fault


# --- the program and its bugs -----------------------------------------------------------------------------


def test_there_are_twelve_and_all_three_fates_are_worth_a_guess():
    assert [fault.title for fault in FAULTS] == list(EXPECTED) == list(NEAR_MISSES)
    assert len(FAULTS) == 12
    fates = [fate for fate, _, _ in EXPECTED.values()]
    assert min(map(fates.count, (EXPLODES, STALLS, LOOKS_FINE))) >= 3


def test_the_healthy_program_learns_at_every_step_and_no_alarm_is_raised():
    costs = faults.healthy()
    assert len(costs) == faults.STEPS + 1
    assert all(later < earlier for earlier, later in pairwise(costs))
    assert costs[-1] < costs[0] / 100
    assert faults.wrong_ones(faults.steps_used(faults.program())) == []
    assert faults.check_words(faults.program()) == "all six gradients are right."


def test_the_network_of_the_lesson_is_that_of_the_program():
    theirs, ours = (faults.network(parts) for parts in (None, faults.program()))
    for graph, _ in (theirs, ours):
        forward_pass(graph)
        backward_pass(graph)
    for a, b in zip(theirs[1], ours[1]):
        np.testing.assert_allclose(a.gradients[a], b.gradients[b], rtol=1e-12)


def test_every_line_of_the_program_is_explained():
    for place in PLACES:
        for line in faults.code(place).split("\n"):
            assert re.fullmatch(r"[^A-Z].*[^.]", faults.does(place, line)) or line.startswith(
                ("class", "    def")
            )
            assert faults.does(place, line)


@every_fault
def test_a_bug_is_one_to_three_lines_of_the_program_and_its_code_does_not_tell(fault):
    healthy = faults.code(fault.place)
    assert healthy.count(fault.meant) == 1 and fault.code.count(fault.written) == 1
    assert 1 <= len(fault.lines) <= 3
    lines = fault.code.split("\n")
    right = [line for row, line in enumerate(lines, 1) if row not in fault.lines]
    assert all(line in healthy.split("\n") for line in right)
    assert any(lines[row - 1] not in healthy.split("\n") for row in fault.lines)
    before, after = lines[: fault.lines[0] - 1], lines[fault.lines[-1] :]
    assert "\n".join([*before, fault.meant_lines, *after]) == healthy
    for word in ("wrong", "bug", "fault", "#"):
        assert word not in fault.code


@every_fault
def test_a_fault_has_its_fate_and_that_does_not_hang_on_a_hair(fault):
    costs, healthy, end = costs_of(fault), faults.healthy(), EXPECTED[fault.title][0]
    assert faults.fate(costs) == end
    near = {  # another processor rounds otherwise: the borders between the fates must be far
        EXPLODES: len(costs) <= faults.STEPS and not np.isfinite(costs[-1]),
        STALLS: 10 * healthy[-1] < costs[-1] < 0.9 * costs[0],
        LOOKS_FINE: costs[-1] < 2 * healthy[-1],
    }
    assert near[end] and np.isfinite(costs[:-1]).all()


@every_fault
def test_the_steps_show_a_fault_and_check_gradients_calls_it_by_no_other_name(fault):
    _, wrong, words = EXPECTED[fault.title]
    assert tuple(faults.wrong_ones(steps_of(fault))) == wrong
    said = faults.check_words(parts_of(fault))
    assert re.search(words, said)
    assert not any(re.search(other, said) for _, _, other in EXPECTED.values() if other != words)


def test_what_a_step_used_is_the_gradient_with_its_sign():
    rows = {used.name: used for used in steps_of(fault_called("that adds"))[1]}
    assert rows["b3"].example == "b3[0]: used 3.89, measured -3.89"
    for used in rows.values():
        np.testing.assert_allclose(used.used, -used.slope, rtol=1e-6)


def test_only_a_gradient_that_is_not_reset_needs_a_second_step_to_show():
    first = {fault.title for fault in FAULTS if all(used.right for used in steps_of(fault)[1])}
    assert first == {"a gradient not reset between steps"}


def test_nothing_leaks_and_nothing_is_printed(capsys):
    kinds = (ops.Linear, ops.Sigmoid, ops.MSE, ops.Add, faults.Input)
    before = [dict(vars(kind)) for kind in kinds]
    trace.DEBUG = trace.T_DEBUG = True
    try:
        case = lab.Case(FAULTS[0])
        lab.check_repair(FAULTS[0].place, f"print(1)\n{FAULTS[0].code}")
        case.name()
    finally:
        trace.DEBUG = trace.T_DEBUG = False
    assert capsys.readouterr().out == ""
    assert [dict(vars(kind)) for kind in kinds] == before
    assert faults.wrong_ones(faults.steps_used(faults.program())) == []


# --- the stories ------------------------------------------------------------------------------------------


def steps_of_W1_and_b1(fault, count=2):
    """The cosine between what each step used for W1 and b1 and their gradients, in the weights of the bug.

    count: 1 for W1 and not b1."""
    (graph, weights), (right, twins) = faults.network(parts_of(fault)), faults.network(faults.program())
    found = []
    for _ in range(faults.STEPS):
        before = [w.value for w in weights]
        for twin, value in zip(twins, before):
            twin.value = value.copy()
        forward_pass(right)
        backward_pass(right)
        parts_of(fault)["my_training_step"](graph, weights, faults.LEARNING_RATE)
        used = np.concatenate([(old - w.value).ravel() for old, w in zip(before[:count], weights[:count])])
        slope = np.concatenate([w.gradients[w].ravel() for w in twins[:count]])
        found.append(used @ slope / np.linalg.norm(used) / np.linalg.norm(slope))
    return np.array(found)


def test_the_weights_above_would_learn_nearly_as_well_if_W1_and_b1_never_moved():
    """That is told of two bugs of W1 and b1 alone; theirs are the only wrong steps."""
    told = [fault for fault in FAULTS if "if W1 and b1 never moved" in fault.because]
    assert [EXPECTED[fault.title][:2] for fault in told] == [(LOOKS_FINE, BELOW)] * 2
    graph, weights = faults.network(parts := faults.program())
    still = [w.value for w in weights[:2]]
    for _ in range(faults.STEPS):
        parts["my_training_step"](graph, weights, faults.LEARNING_RATE)
        for w, value in zip(weights, still):
            w.value = value
    assert forward_pass(graph) < 2 * faults.healthy()[-1]


def factors(fault, step=1):
    return [used.used / used.slope for used in steps_of(fault)[step] if not used.right]


def test_a_missing_2_over_m_is_a_longer_step_that_helps():
    fault = fault_called("missing 2/m")
    np.testing.assert_allclose(np.concatenate([f.ravel() for f in factors(fault)]), 3, rtol=1e-5)
    graph, weights = faults.network()
    for _ in range(faults.STEPS):
        forward_pass(graph)
        backward_pass(graph)
        for w in weights:
            w.value = w.value - 0.15 * w.gradients[w]
    assert costs_of(fault)[-1] == pytest.approx(forward_pass(graph))
    assert costs_of(fault)[-1] < faults.healthy()[-1]


def test_m_over_the_wrong_axis_is_a_factor_of_6_and_each_step_lands_higher():
    fault = fault_called("wrong axis")
    np.testing.assert_allclose(np.concatenate([f.ravel() for f in factors(fault)]), 6, rtol=1e-5)
    assert all(later > earlier for earlier, later in pairwise(costs_of(fault)))


def test_the_last_path_alone_is_within_60_degrees_of_the_sum():
    graph, _ = faults.network()
    (s,) = [node for node in graph if node.name == "s"]
    assert [node.name for node in s.outbound_nodes] == ["l2", "Add"]
    assert steps_of_W1_and_b1(fault_called("last path")).min() > 0.5


def test_after_the_activation_the_slope_is_never_flat_and_the_way_is_often_wrong():
    bent = 1 / (1 + np.exp(-np.linspace(0, 1, 101)))
    assert 0.5 <= bent.min() and bent.max() < 0.735 and 0.19 < (bent * (1 - bent)).min()
    graph, _ = faults.network()
    forward_pass(graph)
    (s,) = [node.value for node in graph if node.name == "s"]
    assert (s * (1 - s)).min() < 0.03
    assert (steps_of_W1_and_b1(fault_called("activation"), count=1) < 0).mean() > 0.5


def test_averaged_biases_take_steps_6_times_too_short():
    np.testing.assert_allclose(np.concatenate(factors(fault_called("averaged"))), 1 / 6, rtol=1e-5)


def test_a_sign_makes_the_cost_fall_and_rise():
    costs = costs_of(fault_called("a sign"))
    assert costs[16] < 0.5 < 3 < costs[40] and costs[104] < 1 < 3 < costs[120]
    assert all((used.used * used.slope < 0).all() for used in steps_of(fault_called("a sign"))[1][:2])


def trained(fault):
    graph, weights = faults.network(parts_of(fault))
    for _ in range(faults.STEPS):
        parts_of(fault)["my_training_step"](graph, weights, faults.LEARNING_RATE)
    forward_pass(graph)
    return {node.name: node for node in graph}


def test_of_the_last_row_only_one_home_is_learned():
    off = np.abs(trained(fault_called("last row"))["C"].diff.ravel())
    assert off[-1] < 1e-6 and (off[:-1] > 0.1).all() and 1.8 < off.max() < 1.9
    loop = fault_called("last row").code.split("\n")
    loop[4:6] = [loop[5].replace("            ", "        ", 1), loop[4]]
    assert lab.check_repair("MyMSE", "\n".join(loop))[0]


def test_targets_broadcast_end_near_the_mean():
    nodes = trained(fault_called("(m, m)"))
    assert np.abs(nodes["l3"].value - nodes["y"].value.mean()).max() < 0.1


def test_a_gradient_that_is_not_reset_swings():
    costs = costs_of(fault_called("not reset"))
    assert costs[1] == pytest.approx(faults.healthy()[1])
    tops = [b for a, b, c in zip(costs, costs[1:], costs[2:]) if a < b > c]
    assert len(tops) >= 5 and max(tops[:2]) < 4 < tops[-1]


def test_an_early_update_is_nearly_the_right_one():
    assert steps_of_W1_and_b1(fault_called("layer below")).min() > 0.95


# --- symptom two: what is said of a wrong place -----------------------------------------------------------


def reached(place):
    """The weights whose steps depend on what is at this place, by the arrows of the graph."""
    _, weights = faults.network()
    at = {
        "MyLinear": ["l1", "l3"],
        "MyMiddle": ["l2"],
        "MySigmoid": ["s"],
        "MyMSE": ["C"],
        "MyInput": WEIGHTS,
    }

    def passes(node):
        return node.name in at[place] or any(passes(out) for out in node.outbound_nodes)

    return [w.name for w in weights if place == "my_training_step" or passes(w)]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_knows_the_weights_it_reaches(place):
    assert list(PLACES[place][1]) == reached(place)


def named(text):
    return re.findall(r"\b[Wb][123]\b", text)


@every_fault
def test_what_the_table_says_of_a_wrong_place_is_true(fault):
    wrong = EXPECTED[fault.title][1]
    assert set(wrong) <= set(reached(fault.place))
    for place in PLACES.keys() - {fault.place}:
        said, allowed = faults.reasoning(place, steps_of(fault))
        outside = [name for name in wrong if name not in reached(place)]
        spared = [name for name in reached(place) if name not in wrong]
        assert allowed == (not outside)
        assert list(dict.fromkeys(named(said))) == (outside or spared)
        assert ("never passes there" in said) == bool(outside)
        on_the_way = place in faults.HANDS_ON and set(wrong) == set(faults.HANDS_ON[place])
        assert ("so the table allows it" in said) == on_the_way
        assert ("would have to spare" in said) == bool(spared and not outside and not on_the_way)
        assert ("step 1 is right" in said) == (allowed and "not reset" in fault.title)
        assert not re.search("impossible|cannot|Only", said)  # passes without a step may rule it out, too


@every_fault
def test_passes_without_a_step_tell_the_update_from_the_backward(fault):
    wrong = EXPECTED[fault.title][1]
    in_the_update = fault.place == "my_training_step"
    assert tuple(faults.wrong_without_steps(parts_of(fault))) == (() if in_the_update else wrong)


# --- the repair -------------------------------------------------------------------------------------------


@every_fault
def test_a_repair_is_accepted_and_near_misses_are_refused(fault):
    for repaired in (fault.meant, *ALSO_RIGHT.get(fault.title, ())):
        right, said = lab.check_repair(fault.place, fault.code.replace(fault.written, repaired))
        assert right, said
        assert "✗" not in said and "ends at 0.0213" in said
    assert len(NEAR_MISSES[fault.title]) == 3
    for repaired in (fault.written, *NEAR_MISSES[fault.title]):
        right, said = lab.check_repair(fault.place, fault.code.replace(fault.written, repaired))
        assert not right, repaired
        assert "✗ wrong" in said or "stopped" in said or "has the shape" in said


SHAPES = {  # what may be put in the place of g.sum(axis=0) or of the update, and what is said of it
    "g": r"The gradient of b1 has the shape \(6, 3\), not \(3,\)\.",
    "g.sum(axis=1)": r"The gradient of b1 has the shape \(6,\), not \(3,\)\.",
    "g.sum()": r"The gradient of b1 has the shape \(\), not \(3,\)\.",
    "g.sum(axis=0, keepdims=True)": r"The gradient of b1 has the shape \(1, 3\), not \(3,\)\.",
}


@pytest.mark.parametrize("sum_", SHAPES)
def test_a_gradient_of_the_wrong_shape_is_told_by_its_weight(sum_):
    right, said = lab.check_repair("MyLinear", faults.code("MyLinear").replace("g.sum(axis=0)", sum_))
    assert not right and re.fullmatch(f"Not yet\\. {SHAPES[sum_]}", said)


def test_gradients_that_are_no_dict_are_told_so():
    text = faults.code("MyInput").replace("{self: self.grad_cost()}", "self.grad_cost()")
    assert lab.check_repair("MyInput", text) == (
        False,
        "Not yet. The gradients of W1 must be a dict, {node: its gradient}.",
    )


def test_python_s_own_error_is_one_sentence_with_the_line_and_without_our_inner_names():
    def told(place, old, new):
        right, said = lab.check_repair(place, faults.code(place).replace(old, new))
        assert not right
        return unescape(re.sub("</?code>", "`", said))

    assert told("my_training_step", "gradients[w]", "gradients") == (
        "Your code stopped at line 5, `w.value = w.value - learning_rate * w.gradients`: two kinds of things "
        "meet there that do not go together "
        "(TypeError: unsupported operand type(s) for *: 'float' and 'dict')."
    )
    assert told("MyMSE", "shape[0]", "shape[2]") == (
        "Your code stopped at line 4, `m = a.value.shape[2]`: the index reaches past the end, since the last "
        "one is the length minus one (IndexError: tuple index out of range)."
    )


def test_a_repair_that_knows_the_batch_by_heart_is_told_so():
    text = faults.code("MyMSE").replace("2 / m", "2 / 6")
    right, said = lab.check_repair("MyMSE", text)
    assert not right and "right for the 6 homes, and wrong for a batch of 4" in said


def test_a_repair_that_knows_the_learning_rate_by_heart_is_told_so():
    text = faults.code("my_training_step").replace("- learning_rate", "- 0.05")
    right, said = lab.check_repair("my_training_step", text)
    assert not right and "right with the learning rate 0.05, and wrong with 0.02" in said


def test_the_update_of_the_lessons_is_accepted():
    text = "def my_training_step(graph, weights, learning_rate):\n    forward_and_backward(graph)\n"
    right, said = lab.check_repair("my_training_step", f"{text}    sgd_update(weights, learning_rate)")
    assert right, said


def test_a_step_may_turn_the_list_of_weights_round():
    turned = "    weights.reverse()\n    for w in weights:"
    text = faults.code("my_training_step").replace("    for w in reversed(weights):", turned)
    assert lab.check_repair("my_training_step", text)[0]


def test_what_a_layer_hands_on_may_be_wrong_where_its_own_weights_are_right():
    said, _ = faults.reasoning("MyMiddle", steps_of(fault_called("a sign")))
    assert "the table allows it" in said and "speaks against" not in said
    said, _ = faults.reasoning("MyLinear", steps_of(fault_called("layer below")))
    assert "the table allows it" in said


def test_a_repair_that_goes_wrong_later_is_found():
    text = "count = []\n" + faults.code("my_training_step").replace(
        "    forward_pass(graph)",
        "    count.append(1)\n    learning_rate = learning_rate / (1 + (len(count) > 50))\n"
        "    forward_pass(graph)",
    )
    right, said = lab.check_repair("my_training_step", text)
    assert not right and "These steps are right, but the training ends at" in said


SIGMOID = faults.code("MySigmoid")
BROKEN = {
    "an open bracket": (
        SIGMOID.replace("(1 - s)", "(1 - s"),
        r"Python cannot read line 10, `self\.gradients = .* \(1 - s}`: .*",
    ),
    "no colon": (
        SIGMOID.replace("(self):", "(self)", 1),
        r"Python cannot read line 2, `def grad_cost\(self\)`: .*",
    ),
    "a zero byte": (SIGMOID + "\x00", r".*null bytes\."),
    "another name": (
        SIGMOID.replace("s * (", "S * ("),
        r"Your code stopped at line 10, `self\.gradients.*`: `?S`? has no value .*",
    ),
    "shapes": (SIGMOID.replace("s * (", "s @ ("), r"Your code stopped at line 10, .*"),
    "no return": (SIGMOID.replace("return g", "pass"), r"Your code stopped at line 10, .*"),
    "an error of its own": (
        "1 / 0\n" + SIGMOID,
        r"Your code stopped at line 1, `1 / 0`: the divisor is zero .*",
    ),
    "another class": (
        SIGMOID.replace("MySigmoid", "Mine"),
        "The program stopped: nothing in this text is called MySigmoid\\.",
    ),
    "no class": ("MySigmoid = 3", r"The program stopped: brackets .*"),
    "nothing": ("", "The program stopped: nothing in this text is called MySigmoid\\."),
    "leaving": ("import sys\nsys.exit()", r"Your code stopped at line 2, `sys.exit\(\)`: SystemExit.*"),
    "markup": (
        SIGMOID.replace("s = self", "raise ValueError('<b>x</b>')\n        s = self"),
        r".*line 9, .*<b>x</b>.*",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_text_that_does_not_run_gets_a_sentence(name):
    text, sentence = BROKEN[name]
    right, said = lab.check_repair("MySigmoid", text)
    assert not right and "Traceback" not in said and "<b>" not in said and "cell" not in said
    assert re.fullmatch(sentence, unescape(said.replace("<code>", "`").replace("</code>", "`")))


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(lab, "SECONDS", 0.3)
    right, said = lab.check_repair("MySigmoid", SIGMOID.replace("return g", "while True: pass"))
    assert not right and said.startswith("Your code was still running after 0.3 seconds and was stopped.")


def test_where_no_thread_can_be_started_a_repair_is_judged_all_the_same(monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert lab.check_repair("MySigmoid", SIGMOID)[0]
    assert not lab.check_repair("MySigmoid", FAULTS[0].code)[0]


# --- the widget -------------------------------------------------------------------------------------------


class Learner:
    """Works on a case as a learner does, by what it shows."""

    def __init__(self, case):
        self.case = case

    def all(self, kind):
        return [child for child in self.case.children if isinstance(child, kind)]

    @property
    def text(self):
        """All that the case shows, as text."""
        shown = "\n".join(child.value for child in self.all(ipywidgets.HTML))
        return unescape(re.sub("<[^>]*>", "", re.sub(r'<img alt="([^"]*)"', r"\1<", shown)))

    @property
    def question(self):
        return self.all(ipywidgets.RadioButtons)[-1]

    def answer(self, index):
        """Chooses and presses the button; returns the reply."""
        choice, place = self.question, self.case.children.index(self.question)
        button, reply = self.case.children[place + 1 : place + 3]
        choice.index = index
        assert not button.disabled
        button.click()
        return unescape(re.sub("<[^>]*>", "", reply.value))

    @property
    def editor(self):
        return self.all(ipywidgets.Textarea)[-1]

    @property
    def buttons(self):
        return self.all(ipywidgets.HBox)[-1].children

    def answers(self):
        """The right answer to each of the three questions."""
        fault = self.case.fault
        fate = faults.FATES.index(EXPECTED[fault.title][0])
        return fate, list(PLACES).index(fault.place), fault.lines[-1] - 1

    def to_the_repair(self):
        for index in self.answers():
            self.answer(index)
        return self


@every_fault
def test_a_case_goes_from_the_symptoms_to_the_name(fault):
    learner = Learner(lab.Case(fault))
    fate, place, line = learner.answers()
    assert learner.answer(fate).startswith(f"You said: {faults.FATES[fate]}. ✓ It does.")
    assert learner.answer(place) == "✓ Yes, there it is."
    assert learner.question.options == tuple(f"{n:2}  {t}" for n, t in enumerate(fault.code.split("\n"), 1))
    assert learner.answer(line) == "✓ Yes."
    assert learner.editor.value == fault.code
    learner.editor.value = faults.code(fault.place)
    learner.buttons[0].click()
    assert "Try 1. ✓ The steps are right" in learner.text and "Not repaired" not in learner.text
    assert f"Its name: {fault.title}." in learner.text
    assert all(part.replace("`", "") in learner.text for part in (fault.history, fault.because))
    assert all(w.disabled for w in (*learner.all(ipywidgets.RadioButtons), *learner.buttons))


@pytest.mark.parametrize("fault", FAULTS[::3], ids=lambda fault: fault.title)
def test_no_stage_tells_what_comes_after_it_and_wrong_answers_lead_to_the_end(fault):
    case = lab.Case(fault)
    learner = Learner(case)
    fate, place, _ = learner.answers()
    assert "Where is the bug?" not in learner.text
    assert f"It {faults.FATES[fate]}." in learner.answer((fate + 1) % 3)
    others = [n for n in range(len(PLACES)) if n != place]
    first = learner.answer(others[0])
    assert (
        first.startswith(f"Not {PLACES[list(PLACES)[others[0]]][0]}.") and PLACES[fault.place][0] not in first
    )
    assert "two forward and backward passes, without a step, give" in first
    assert "3. The line." not in learner.text
    assert learner.answer(others[1]).endswith(f"The bug is {PLACES[fault.place][0]}.")
    rows = [n for n in range(len(fault.code.split("\n"))) if n + 1 not in fault.lines]
    assert learner.answer(rows[0]).endswith("What should each of the other lines give?")
    assert "4. The repair." not in learner.text
    assert "Not right: line" in learner.answer(rows[1])
    check, show = learner.buttons
    check.click()
    assert show.layout.display == "none" and "Try 1. Not yet." in learner.text
    learner.editor.value += "\n1 +"
    check.click()
    assert show.layout.display is None and "Try 2. Python cannot read" in learner.text
    check.click()
    assert "Try 3. Python cannot read" in learner.text and "Try 2." not in learner.text
    for part in (fault.title, fault.history, fault.because, faults.check_words(case.parts), "Its name"):
        assert part not in learner.text
    show.click()
    assert "Not repaired in 3 tries." in learner.text and "Python cannot read" not in learner.text
    assert f"Its name: {fault.title}." in learner.text and dedent(fault.meant_lines) in learner.text
    assert learner.editor.value.endswith("1 +")


def test_the_code_that_is_shown_is_the_code_that_runs():
    for fault in FAULTS[:3]:
        learner = Learner(lab.Case(fault)).to_the_repair()
        assert faults.run(faults.program(fault.place, learner.editor.value)) == learner.case.costs


def test_a_choice_that_was_tried_cannot_be_tried_again():
    learner = Learner(lab.Case(FAULTS[0]))
    learner.answer(0)
    learner.answer(0)
    button = learner.all(ipywidgets.Button)[-1]
    assert button.disabled
    learner.question.index = 1
    assert not button.disabled
    learner.question.index = 0
    assert button.disabled
    button.click()
    assert learner.text.count("Not in") == 1


def test_the_name_of_a_bug_is_escaped():
    fault = faults.Fault(
        "<b>x</b>",
        "MyMSE",
        "2 / m * ",
        "",
        "<img src=x>",
        "<i>",
    )
    assert "<img" not in lab.Case(fault).name() and "&lt;b&gt;" in lab.Case(fault).name()


def cases(box):
    """The bugs of all cases, in order."""
    pick, room = box.children
    found = []
    for index in range(len(pick.options)):
        pick.index = index
        found.append(room.children[0].fault)
    return found


def test_a_seed_makes_the_order_and_no_bug_is_left_out(monkeypatch):
    monkeypatch.setattr(
        lab.Case,
        "__init__",
        lambda case, fault: ipywidgets.VBox.__init__(case) or vars(case).update(fault=fault),
    )
    orders = [[fault.title for fault in cases(lab.fault_lab(seed))] for seed in (0, 1, 1)]
    assert orders[0] != orders[1] == orders[2]
    assert all(sorted(order) == sorted(EXPECTED) for order in orders)


def test_what_is_done_in_a_case_is_there_when_you_come_back():
    pick, room = lab.fault_lab(5).children
    learner = Learner(room.children[0]).to_the_repair()
    learner.editor.value += "# mine"
    before = learner.text
    pick.index = 7
    assert room.children[0] is not learner.case and "# mine" not in Learner(room.children[0]).text
    other = Learner(room.children[0])
    other.question.index = 2
    pick.index = 0
    again = Learner(room.children[0])
    assert again.text == before and again.editor.value.endswith("# mine")
    pick.index = 7
    assert Learner(room.children[0]).question.index == 2


def test_what_is_stored_has_no_answer_and_is_the_same_for_each_seed():
    box = lab.fault_lab()
    text = box._repr_mimebundle_()["text/plain"]
    assert text == lab.fault_lab(3)._repr_mimebundle_()["text/plain"] and "12 bugs" in text
    assert not any(fault.title in text for fault in FAULTS)
    assert [label for label, _ in box.children[0].options] == [f"case {n}" for n in range(1, 13)]


@every_fault
@pytest.mark.parametrize("steps", [lab.FIRST, faults.STEPS])
def test_the_picture_has_both_costs(fault, steps):
    html = lab.curves(costs_of(fault), steps)
    alt = re.search(r'alt="([^"]*)"', html)[1]
    assert alt.startswith(f"The cost over {steps} steps, from 4.31. healthy: ") and ", with the bug: " in alt
    (chart,) = read_charts(lab.picture(costs_of(fault), steps)[0], log=True)
    for curve, run in (
        (chart.curves[BLUE, False], faults.healthy()),
        (chart.curves[INK, True], costs_of(fault)),
    ):
        run = run[: steps + 1]
        inside = next((n for n, cost in enumerate(run) if not cost <= lab.HIGHEST), len(run))
        assert curve[:inside, 0] == pytest.approx(range(inside), abs=0.1)
        assert curve[:inside, 1] == pytest.approx(run[:inside], rel=0.02)
        assert inside == len(run) or curve[inside:, 1] == pytest.approx([lab.HIGHEST], rel=0.02)
