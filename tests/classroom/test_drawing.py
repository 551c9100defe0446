"""The picture of a graph: nothing overlaps, nothing runs out, and it says what the nodes hold."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from miniflow_lib import Add, Input, MiniFlowError, Mul, forward_and_backward, forward_pass, topological_sort
from tests.graphs import (
    EVIL,
    LESSONS,
    by_chance,
    one_layer,
    own_op,
    two_layers,
    two_layers_of_lesson_5,
    two_neurons,
    used_twice,
    x_plus_y_times_z,
)
from miniflow_classroom import draw_graph, stepper
from miniflow_classroom.gradients.faults import network
from miniflow_classroom.show.drawing import (
    LARGER,
    LEAST,
    ROOM,
    SIZE,
    Drawing,
    Scene,
    in_a_row,
    short_number,
    value_lines,
)
from miniflow_classroom.show.layout import HEAD, Layout, Rect, lay_out


def texts(picture) -> list[str]:
    return [text for text, _, _ in picture.layout.texts]


def segments(points) -> list[Rect]:
    """What an arrow covers from point to point; an S stays between its two points."""
    return [Rect(x, min(y, low), right - x, abs(low - y)) for (x, y), (right, low) in pairwise(points)]


def touch(a: Rect, b: Rect) -> bool:
    return a.x < b.right and b.x < a.right and a.y <= b.bottom and b.y <= a.bottom


def faults(layout: Layout, width: float | None = None) -> list[str]:
    """All that overlaps, runs through what is not its own, or runs out."""
    found = []
    solid = [(f"box {n}", rect) for n, rect in layout.boxes.items()]
    solid += [(f"label {n}", rect) for n, rect in layout.labels.items()]
    found += [f"{m} overlaps {n}" for (m, a), (n, b) in combinations(solid, 2) if a.overlaps(b)]
    for edge, points in layout.edges.items():
        assert all(x <= right for (x, _), (right, _) in pairwise(points)), f"{edge} goes to and fro"
        (x, y), (end, last) = points[-2:]
        assert y == last and end - x >= HEAD, f"the head of {edge} is on a bend"
        for part in segments(points):
            found += [
                f"{edge} through box {n}" for n, b in layout.boxes.items() if n not in edge and touch(part, b)
            ]
            found += [
                f"{edge} through label {n}" for n, b in layout.labels.items() if n != edge and touch(part, b)
            ]
        for end in edge:
            inner = layout.boxes[end]
            inner = Rect(inner.x + 1, inner.y, inner.width - 2, inner.height)
            found += [f"{edge} runs over its own {end}" for part in segments(points) if touch(part, inner)]
    page = Rect(0, 0, width or layout.width, layout.height)
    found += [f"{name} leaves the page" for name, rect in solid if not page.holds(rect)]
    found += [f"{text!r} runs out of its box" for text, rect, owner in layout.texts if not owner.holds(rect)]
    return found


@pytest.mark.parametrize("name", LESSONS)
def test_the_lessons_graphs_have_room_for_all_they_show(name):
    graph = LESSONS[name]()
    assert faults(draw_graph(graph, values=False).layout) == []
    forward_pass(graph[-1], graph)
    assert faults(draw_graph(graph).layout) == []
    if np.size(graph[-1].value) == 1:
        forward_and_backward(graph)
        labels = {(a, b): "∂f/∂x = 12.7" for b in graph for a in b.inbound_nodes}
        assert faults(draw_graph(graph, labels=labels).layout) == []


@pytest.mark.parametrize("seed", range(60))
def test_graphs_made_by_chance_have_room_too(seed):
    graph = by_chance(seed)
    assert len(graph) <= 40
    assert faults(draw_graph(graph, gradients=False).layout) == []
    forward_and_backward(graph)
    labels = {(a, b): "times 3" for b in graph[::3] for a in b.inbound_nodes}
    picture = draw_graph(graph, labels=labels)
    assert faults(picture.layout) == []
    ElementTree.fromstring(picture.svg)


def test_the_check_of_overlaps_sees_one():
    layout = draw_graph(x_plus_y_times_z()).layout
    x, f = next(iter(layout.boxes)), list(layout.boxes)[-1]
    layout.boxes[f] = layout.boxes[x]
    assert faults(layout)


def test_what_a_node_holds_stands_in_blue_and_what_flows_back_in_vermillion_behind_a_mark():
    graph = used_twice()
    forward_and_backward(graph)
    picture = draw_graph(graph)
    root = ElementTree.fromstring(picture.svg)
    by_colour = {}
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        shown = "".join(text.itertext()).replace("\xa0", " ")
        by_colour.setdefault(text.get("fill"), []).append(shown)
    assert sorted(by_colour["#0072B2"]) == sorted(["2", "3", "4", "6", "10"])
    # on the edges what arrives times what is local (x twice into the square); at x the sum; at f the seed
    on_edges = ["∂ 1 · 2 + 1 · 2", "  = 4", "∂ 1 · 3 = 3", "∂ 1 · 2 = 2", "∂ 1 · 1 = 1", "∂ 1 · 1 = 1"]
    assert sorted(by_colour["#D55E00"]) == sorted([*on_edges, "∂ 7", "∂ 1"])
    assert "twice" in by_colour["#222"]


def test_without_gradients_no_product_is_drawn():
    graph = x_plus_y_times_z()
    forward_and_backward(graph)
    assert (
        "∂" not in draw_graph(graph, gradients=False).svg
        and "gradient" not in draw_graph(graph, gradients=False).alt
    )


def test_a_picture_may_grow_by_a_third_and_shrink_by_a_third():
    graph = x_plus_y_times_z()
    picture = draw_graph(graph)
    for html in (
        picture._repr_mimebundle_()["text/html"],
        stepper(graph, "sort").children[1].children[0].value,
    ):
        least, most = map(int, re.search(r"width:100%;min-width:(\d+)px;max-width:(\d+)px", html).groups())
        assert abs(most - 2 * least) <= 1 and most > picture.width


def test_inputs_have_square_corners_and_ops_round_ones():
    root = ElementTree.fromstring(draw_graph(x_plus_y_times_z()).svg)
    boxes = [r for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("stroke")]
    assert sorted(bool(box.get("rx")) for box in boxes) == [False] * 3 + [True] * 2


def test_a_name_that_does_not_tell_the_op_gets_its_kind_beside_it():
    assert {"q: Add", "f: Mul"} <= set(texts(draw_graph(x_plus_y_times_z())))
    assert {"Linear_1", "Linear_2", "Sigmoid", "MSE"} <= set(texts(draw_graph(two_layers())))


def test_an_op_of_the_learners_own_is_drawn_like_a_built_in_one():
    graph = own_op()
    forward_and_backward(graph)
    picture = draw_graph(graph)
    assert {"Tanh", "∂ 1", "0"} <= set(texts(picture))
    assert "Tanh = Tanh(Add), value 0" in picture.alt


def test_small_arrays_are_shown_as_numbers_and_large_ones_as_shapes():
    graph = one_layer()
    forward_and_backward(graph)
    assert {"[[-1 -2] ", " [-1 -2]]", "∂ [1 2]", "2.5"} <= set(texts(draw_graph(graph)))
    large = LESSONS["boston"]()
    forward_and_backward(large)
    assert {"shape", "(11, 13)", "∂ shape", "  (13, 10)", "(11, 1)"} <= set(texts(draw_graph(large)))


def letters(picture) -> float:
    """How high they are on a page of 900 pixels."""
    return SIZE * min(ROOM / picture.width, 1)


@pytest.mark.parametrize("make", [two_layers, two_layers_of_lesson_5, two_neurons, lambda: network()[0]])
def test_a_graph_with_layers_is_legible_as_a_whole_on_a_page_of_900_pixels(make):
    graph = make()
    forward_pass(graph[-1], graph)
    before = draw_graph(graph)
    forward_and_backward(graph)
    after = draw_graph(graph, path=[graph[-1], *graph[-1].inbound_nodes[1:]], title="from the cost back")
    film = stepper(graph)._repr_mimebundle_()["text/html"]
    for picture in (before, after):
        assert letters(picture) >= LEAST
        assert faults(picture.layout, picture.width) == []
    assert SIZE * ROOM / float(re.search(r"max-width:(\d+)px", film)[1]) * LARGER >= LEAST


def test_the_gradients_of_a_wide_graph_are_in_its_boxes_save_the_shares_of_a_node_with_several_consumers():
    graph = two_layers_of_lesson_5()
    forward_and_backward(graph)
    wide = draw_graph(graph)
    assert wide.layout.labels == {}
    node = {node.name: node for node in graph}
    inside = {text for text, _, owner in wide.layout.texts if owner == wide.layout.boxes[node["l1"]]}
    assert inside == {"l1", "Linear", "[[-1] ", " [ 1]]", "∂ [[ 0.846] ", "   [-1.632]]"}
    graph, _ = network()
    forward_and_backward(graph)
    node = {node.name: node for node in graph}
    labels = draw_graph(graph).layout.labels
    assert set(labels) == {(node["s"], node["l2"]), (node["s"], node["l2"].outbound_nodes[0])}


@pytest.mark.parametrize(
    "number, text",
    [
        *((19.0, "19"), (-12.0, "-12"), (0.0, "0"), (-0.0, "0"), (1 / 3, "0.3333"), (23.41666, "23.42")),
        *((1.67014218e-05, "1.67e-5"), (-3.0061834e-4, "-3.01e-4"), (1e-4, "1e-4"), (123456.0, "1.23e5")),
        *((1e300, "1e300"), (float("nan"), "nan"), (float("-inf"), "-inf"), (506.0, "506")),
    ],
)
def test_numbers_are_short(number, text):
    assert short_number(number) == text


def test_values_that_are_no_numbers_are_shown_on_one_short_line():
    assert value_lines("two\nlines") == ["two\N{REPLACEMENT CHARACTER}lines"]
    assert len(value_lines("long " * 50)[0]) == 26
    assert value_lines([[1, 2], [3]]) == ["[[1, 2], [3]]"]
    assert value_lines(np.zeros((0, 3))) == ["shape", "(0, 3)"]
    assert value_lines(np.ones((1, 2, 2))) == ["shape", "(1, 2, 2)"]
    assert value_lines(np.array([True, False])) == ["[1 0]"]
    assert in_a_row([[1e-5, 2], [300, 4]]) == "[[1e-5 2] [300 4]]"


def test_a_path_is_lit_in_either_direction():
    graph = two_layers()
    forward_and_backward(graph)
    node = {n.name if n.name != "Linear" else len(n.outbound_nodes[0].inbound_nodes): n for n in graph}
    w1, l1, s, l2, cost = node["W1"], node[1], node["Sigmoid"], node[2], node["MSE"]
    forwards = draw_graph(graph, path=[w1, l1, s, l2, cost]).svg
    back = draw_graph(graph, path=[cost, l2, s, l1, w1]).svg
    assert forwards.count('stroke-width="3"') == back.count('stroke-width="3"') == 4 + 5
    # The way back is vermillion, and its arrowheads point to the left: from h8 to h-8.
    assert 'stroke="#0072B2"' in forwards and 'stroke="#D55E00"' not in forwards
    assert 'stroke="#D55E00"' in back and len(re.findall(r"l8 -4\.5", back)) == 4
    assert "l8 -4.5" not in forwards


def test_a_path_or_a_label_where_there_is_no_edge_gets_a_sentence():
    graph = x_plus_y_times_z()
    x, q, f = graph[0], graph[3], graph[4]
    with pytest.raises(MiniFlowError, match="no edge between x and f"):
        draw_graph(graph, path=[x, f])
    with pytest.raises(MiniFlowError, match=r"no edge .* of f and x"):
        draw_graph(graph, labels={(f, x): "?"})
    assert "1" in texts(draw_graph(graph, labels={(x, q): "1"}))


def test_an_output_node_stands_for_all_it_depends_on():
    x, y, z, q, f = x_plus_y_times_z()
    assert draw_graph(f).svg == draw_graph([x, y, z, q, f]).svg
    assert set(draw_graph(q).layout.boxes) == {x, y, q}


def test_leftovers_of_an_earlier_cell_are_not_drawn():
    x, y = Input("x"), Input("y")
    Add(x, y, name="old")
    new = Add(x, y, name="new")
    assert "old" not in "".join(texts(draw_graph(topological_sort({x: 1, y: 2}, output=new))))
    assert "old" not in "".join(texts(draw_graph(new)))


def test_a_graph_with_a_cycle_made_by_force_is_drawn_with_its_arrow_back():
    x = Input("x")
    a = Add(x)
    b = Mul(a)
    a.inbound_nodes = (x, b)
    picture = draw_graph([x, a, b])
    assert picture.layout.turned == {(b, a)}
    assert faults(picture.layout) == []


def test_a_thousand_nodes_in_a_row_need_no_recursion():
    node = x = Input("x")
    for _ in range(1200):
        node = Add(node)
    boxes = draw_graph(node).layout.boxes
    assert len(boxes) == 1201 and x in boxes


def test_inputs_stand_from_top_to_bottom_as_in_the_code():
    x, y, z, q, f = x_plus_y_times_z()
    boxes = draw_graph(f).layout.boxes
    assert boxes[x].y < boxes[y].y and boxes[q].y < boxes[z].y


def test_names_are_shown_as_text_and_bad_letters_break_nothing():
    graph = LESSONS["evil"]()
    forward_and_backward(graph)
    picture = draw_graph(graph, title="<b>", labels={(graph[0], graph[1]): "</svg>"})
    assert "<img" not in picture.svg and "</svg>" not in picture.svg[:-6]
    assert "".join(ElementTree.fromstring(picture.svg).itertext()).count(EVIL) == 2
    html = picture._repr_mimebundle_()["text/html"]
    assert html.count("<") == html.count(">") == 1
    x = Input("a\x00b\ud800\n]]>&")
    ElementTree.fromstring(draw_graph(Add(x)).svg)
    draw_graph(Add(x))._repr_mimebundle_()


def test_the_picture_has_words_and_is_an_image_that_needs_no_trust():
    graph = x_plus_y_times_z()
    forward_and_backward(graph)
    picture = draw_graph(graph)
    assert (
        repr(picture).replace("*", "·")
        == picture._repr_mimebundle_()["text/plain"]
        == (
            "A graph of 5 nodes\n"
            "x, value -2, gradient -4 · 1 = -4\n"
            "y, value 5, gradient -4 · 1 = -4\n"
            "z, value -4, gradient 1 · 3 = 3\n"
            "q = Add(x, y), value 3, gradient 1 · -4 = -4\n"
            "f = Mul(q, z), value -12"
        )
    )
    html = picture._repr_mimebundle_()["text/html"]
    assert html.startswith('<img alt="A graph of 5 nodes')
    assert base64.b64decode(re.search('base64,([^"]+)', html)[1]).decode() == picture.svg
    assert not re.search(r"<script| id=|href|url\(|http(?!://www.w3.org/2000/svg)", picture.svg)
    assert '<rect width="' in picture.svg and 'fill="#fff"' in picture.svg  # a white card in the dark too
    assert draw_graph(graph, alt="mine").alt == "mine"


def test_a_graph_of_forty_nodes_is_drawn_in_a_moment_and_shows_them_all():
    graph = max((by_chance(seed) for seed in range(60)), key=len)
    assert len(graph) == 40
    forward_and_backward(graph)
    picture = draw_graph(graph)
    assert len(picture.layout.boxes) == 40
    assert len(picture.layout.edges) == sum(len(set(node.inbound_nodes)) for node in graph)


SAME = """
import hashlib
from tests.graphs import LESSONS, by_chance
from miniflow_lib import forward_pass
from miniflow_classroom import draw_graph, stepper
text = ""
for make in (*LESSONS.values(), lambda: by_chance(1), lambda: by_chance(2)):
    graph = make()
    forward_pass(graph[-1], graph)
    text += draw_graph(graph).svg + draw_graph(graph[-1]).svg
text += str(stepper(LESSONS["two_layers"]()).static)
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_three_processes_draw_the_same_bytes(root):
    seen = set()
    for seed in range(3):  # PYTHONHASHSEED changes the order of sets from one to the next
        env = dict(os.environ, PYTHONHASHSEED=str(seed), PYTHONPATH=str(root))
        run = subprocess.run(
            [sys.executable, "-c", SAME], env=env, capture_output=True, text=True, timeout=120
        )
        assert run.returncode == 0, run.stderr
        seen.add(run.stdout)
    assert len(seen) == 1


def test_a_layout_of_nothing_but_one_box():
    layout = lay_out(["a"], [], {"a": (40, 20)})
    assert layout.boxes["a"].width == 40 and faults(layout) == []


def test_in_a_narrow_picture_a_gradient_that_is_summed_in_the_box_is_not_told_there_again():
    """A node that one op gets twice has one arrow, and the sum of two shares."""
    names = [f"node {n}" for n in range(7)]
    wide = np.full((1, 4), -0.1234)
    edges = list(pairwise(names))
    scene = Scene(
        values=dict.fromkeys(names, wide),
        gradients=dict.fromkeys(edges, wide),
        sums={names[0]: 2 * wide},
    )
    drawing = Drawing(dict(zip(names, names)), edges, {}, [scene])
    assert drawing.narrow and drawing.lone.keys() == set(names[1:-1])
