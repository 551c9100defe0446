"""The fault lab: each bug runs, has the fate that makes it worth a bet, and the gradient check finds it."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

from miniflow_lib import ops, trace
from tests.charts import BLUE, INK, read_charts
from tests.series import read
from miniflow_classroom.gradients import faults
from miniflow_classroom.gradients.check import UNKNOWN, WRONG
from miniflow_classroom.gradients.faults import EXPLODES, FAULTS, LOOKS_FINE, STALLS, Fault
from miniflow_classroom.widgets import fault_lab as lab

# title: (fate, the weights whose gradients are wrong, what the check calls it or None where it has no name)
ALL = ("W1", "b1", "W2", "b2", "W3", "b3")
BELOW = ("W1", "b1")
EXPECTED = {
    "a sign": (STALLS, BELOW, "What s hands to l1: the sign is wrong"),
    "a missing 2/m": (LOOKS_FINE, ALL, "m/2 with m = 6: the factor 2/m is missing"),
    "m counted over the wrong axis": (EXPLODES, ALL, "m was counted along the wrong axis"),
    "a missing transpose on the square layer": (LOOKS_FINE, BELOW, "What l2 hands to s.*A .T is missing"),
    "the last consumer instead of the sum over consumers": (LOOKS_FINE, BELOW, "the sum over all of them"),
    "the derivative taken after the activation": (LOOKS_FINE, BELOW, None),
    "the bias gradient averaged once more": (LOOKS_FINE, ("b1", "b2", "b3"), "divided by m once more"),
    "a gradient not reset between steps": (EXPLODES, ALL, "adds to what was left from the run before"),
    "the batch's last row only": (STALLS, ALL, None),
    "an update that adds": (EXPLODES, ALL, "gradient of W1.*the sign is wrong"),
    "targets broadcast to (m, m)": (STALLS, ("W1", "b1", "W2", "W3"), None),
    "a weight updated before the layer below has used it": (LOOKS_FINE, ("W1", "b1", "W2", "b2"), None),
}

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)


@pytest.fixture(scope="module")
def healthy():
    return faults.run()


def test_there_are_twelve_and_all_three_fates_are_worth_a_bet():
    assert [fault.title for fault in FAULTS] == list(EXPECTED)
    assert len(FAULTS) == 12
    fates = [fate for fate, _, _ in EXPECTED.values()]
    assert min(map(fates.count, (EXPLODES, STALLS, LOOKS_FINE))) >= 3


def test_the_healthy_network_learns_at_every_step(healthy):
    assert not healthy.stopped
    assert len(healthy.costs) == faults.STEPS + 1
    assert all(later < earlier for earlier, later in zip(healthy.costs, healthy.costs[1:]))
    assert healthy.costs[-1] < healthy.costs[0] / 100


def test_the_check_raises_no_alarm_on_the_healthy_network():
    checked = faults.check_step()
    assert checked.ok and not checked.sentence
    assert [row.name for row in checked.rows] == list(ALL)
    assert not any(row.verdict == UNKNOWN for row in checked.rows)


@every_fault
def test_a_fault_has_its_fate(fault, healthy):
    assert faults.fate(faults.run(fault), healthy) == EXPECTED[fault.title][0]


@every_fault
def test_a_fate_does_not_hang_on_a_hair(fault, healthy):
    """Another processor rounds otherwise: the borders between the fates must be far."""
    run = faults.run(fault)
    last = run.costs[-1]
    near = {
        EXPLODES: bool(run.stopped) and last > 1e6,
        STALLS: 10 * healthy.costs[-1] < last < 0.9 * run.costs[0],
        LOOKS_FINE: last < 2 * healthy.costs[-1],
    }
    assert near[faults.fate(run, healthy)]


def test_a_missing_2_over_m_looks_even_better(healthy):
    fault = next(fault for fault in FAULTS if fault.title == "a missing 2/m")
    assert faults.run(fault).costs[-1] < healthy.costs[-1]


def test_targets_broadcast_end_at_the_mean():
    fault = next(fault for fault in FAULTS if "(m, m)" in fault.title)
    graph, _ = faults.network(fault.parts)
    y = next(node for node in graph if node.name == "y")
    assert faults.run(fault).costs[-1] == pytest.approx(np.var(y.value), rel=0.2)


@every_fault
def test_the_gradient_check_finds_a_fault_and_calls_no_other_name(fault):
    _, wrong, sentence = EXPECTED[fault.title]
    checked = faults.check_step(fault)
    assert not checked.ok
    assert tuple(row.name for row in checked.rows if row.verdict == WRONG) == wrong
    if sentence is None:
        assert checked.sentence == ""
    else:
        assert re.search(sentence, checked.sentence)
    others = {said for _, _, said in EXPECTED.values() if said} - {sentence}
    assert not any(re.search(other, checked.sentence) for other in others)


@every_fault
def test_a_run_that_stops_says_its_sentence_and_keeps_its_curve(fault):
    run = faults.run(fault)
    assert 2 <= len(run.costs) <= faults.STEPS + 1
    assert np.isfinite(run.costs[:-1]).all()
    assert bool(run.stopped) == (len(run.costs) <= faults.STEPS)
    if run.stopped:
        assert run.stopped.endswith(".") and "Traceback" not in run.stopped


@every_fault
def test_a_fault_runs_the_same_again(fault):
    assert faults.run(fault) == faults.run(fault)


def test_nothing_leaks_out_of_a_run():
    parts = [*(ops.Linear, ops.Sigmoid, ops.MSE, ops.Add), faults.Input]
    before = [dict(vars(part)) for part in parts]
    for fault in FAULTS:
        lab.report(fault, LOOKS_FINE)
    assert [dict(vars(part)) for part in parts] == before
    assert faults.check_step().ok


def test_a_flag_that_is_on_prints_nothing_of_the_lab(capsys):
    trace.DEBUG = trace.T_DEBUG = True
    try:
        lab.report(FAULTS[0], STALLS)
    finally:
        trace.DEBUG = trace.T_DEBUG = False
    assert capsys.readouterr().out == ""


@every_fault
def test_the_code_that_is_shown_is_the_code_that_runs(fault):
    owners = {part.__name__: part for part in fault.parts.values()}
    name = fault.code.__qualname__.split(".")[0]
    assert name in owners or fault.code is fault.update
    assert fault.source.startswith("def ")
    for word in ("wrong", "bug", "fault", "#"):
        assert word not in fault.source, "the code must not tell"


@every_fault
def test_a_report_has_the_curves_in_words_the_fate_and_the_verdict(fault, healthy):
    html = lab.report(fault, STALLS)
    end = EXPECTED[fault.title][0]
    assert f"With the bug: {end}" in re.search(r'alt="([^"]*)"', html)[1]
    assert ("✓ It does." in html) == (end == STALLS)
    assert "You said: <i>stalls</i>" in html and "✗ wrong" in html
    faulty = faults.run(fault)
    svg, _ = lab.curves(healthy, faulty, end)
    (chart,) = read_charts(svg, log=True)
    for curve, run in ((chart.curves[BLUE, False], healthy), (chart.curves[INK, True], faulty)):
        inside = next((n for n, cost in enumerate(run.costs) if not cost <= 1e4), len(run.costs))
        assert curve[:inside, 0] == pytest.approx(range(inside), abs=0.1)
        assert curve[:inside, 1] == pytest.approx(run.costs[:inside], rel=0.02)
        assert inside == len(run.costs) or curve[inside:, 1] == pytest.approx([1e4], rel=0.02)
    assert "nan" not in svg and "inf" not in svg.replace("info", "")
    assert "<script" not in svg and " id=" not in svg


def test_names_are_escaped():
    evil = Fault("<b>x</b>", FAULTS[0].code, "<img src=x>", "<script>", FAULTS[0].parts)
    html = lab.report(evil, "<i>")
    assert "<script>" not in html and "<img src=x>" not in html


# --- the widget ---


def parts(box):
    bug, code, _, guess, look, result = box.children
    return bug, code, guess, look, result


def test_what_is_stored_names_the_bugs_and_tells_no_fate():
    box = lab.fault_lab()
    text = box._repr_mimebundle_()["text/plain"]
    assert all(fault.title in text and fault.because not in text for fault in FAULTS)
    assert text == lab.fault_lab()._repr_mimebundle_()["text/plain"]


def test_a_bet_comes_first_and_stays_beside_the_answer():
    _, code, guess, look, result = parts(lab.fault_lab())
    assert look.disabled and result.value == "" and guess.value is None
    assert "s * (s - 1)" in code.value and "in the sigmoid, s" in code.value
    look.click()
    assert result.value == ""
    guess.value = LOOKS_FINE
    assert not look.disabled
    look.click()
    assert "You said: <i>looks fine</i>. It <b>stalls</b>." in result.value
    assert guess.value == LOOKS_FINE and guess.disabled and look.disabled


def test_another_bug_starts_afresh():
    bug, code, guess, look, result = parts(lab.fault_lab())
    guess.value = STALLS
    look.click()
    bug.index = 9
    assert result.value == "" and guess.value is None and not guess.disabled and look.disabled
    assert "t.value + learning_rate" in code.value and "in the update" in code.value
    guess.value = EXPLODES
    look.click()
    assert "✓ It does." in result.value


# --- what the lesson says beside the code ---


def test_the_lines_of_backward_in_the_lessons_tables_are_lines_of_the_library():
    tables = [c.source for c in read("05").cells if "line of `backward`" in c.source]
    rows = [row.split("|")[3] for table in tables for row in table.split("\n")[2:]]
    assert len(rows) == 6
    for row in rows:
        op = getattr(ops, row.split(":")[0].strip())
        pieces = re.findall(r"`([^`]+)`", row.split(";")[0])
        assert pieces
        for piece in pieces:
            assert piece in inspect.getsource(op.backward)
