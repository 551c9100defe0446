"""The stepper and the game of the sort: what is lit, what is shown, and what is said, step by step."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    forward_and_backward,
    topological_sort,
    trace,
)
from tests.graphs import (
    EVIL,
    LESSONS,
    by_chance,
    evil,
    neuron,
    one_layer,
    own_op,
    two_layers,
    two_neurons,
    used_twice,
    x_plus_y_plus_z,
    x_plus_y_times_z,
)
from miniflow_classroom import sort_game, stepper
from miniflow_classroom.show.drawing import GraphView
from miniflow_classroom.widgets.sort_game import SortGame
from miniflow_classroom.widgets.stepper import film

ALL = ("sort", "forward", "backward")


def captions(graph, *show: str) -> list[str]:
    return [step.caption for step in film(graph, show)[1]]


def widgets(box) -> list:
    """The box and all that is in it."""
    return [box, *(below for child in getattr(box, "children", ()) for below in widgets(child))]


def test_the_captions_of_the_sort():
    assert captions(x_plus_y_plus_z(), "sort") == [
        "x, y and z wait for nothing and are in the queue. The others wait: Add for 3.",
        "x is the first in the queue: it is number 1 in the list.",
        "x → Add is crossed off: Add still waits for 2.",
        "y is the first in the queue: it is number 2 in the list.",
        "y → Add is crossed off: Add still waits for 1.",
        "z is the first in the queue: it is number 3 in the list.",
        "z → Add is crossed off: that was the last, and Add joins the queue.",
        "Add is the first in the queue: it is number 4 in the list.",
        "Done: x, y, z, Add. Each comes after all that feed it.",
    ]


def test_the_captions_of_both_passes():
    assert captions(x_plus_y_times_z(), "forward", "backward") == [
        "Forward along the list: x, y, z, q, f.",
        "x holds -2.",
        "y holds 5.",
        "z holds -4.",
        "q gets -2 from x and 5 from y and makes 3.",
        "f gets 3 from q and -4 from z and makes -12.",
        "Backward along the list: f, q, z, y, x.",
        "f is the cost, the seed 1 arrives. To q: arrives 1 · local -4 = -4. To z: arrives 1 · local 3 = 3.",
        "-4 arrives at q from f. To x: arrives -4 · local 1 = -4. To y: arrives -4 · local 1 = -4.",
        "3 arrives at z from f: that is its gradient.",
        "-4 arrives at y from q: that is its gradient.",
        "-4 arrives at x from q: that is its gradient.",
    ]


def test_the_captions_of_a_value_used_twice_say_the_sum():
    said = captions(used_twice(), "backward")
    assert "4 + 3 = 7 arrives at x from square and triple: that is its gradient." in said
    twice = "To x: 2 paths, arrives 1 · local 2 + arrives 1 · local 2 = 4."
    assert f"1 arrives at square from f. {twice}" in said


def test_the_captions_of_layers_name_each_layer():
    said = captions(two_layers(), "backward")
    assert said[1] == (
        "MSE is the cost, the seed 1 arrives. To y: arrives 1 · local 2 / 2 · (y - a) [4 5] = [4 5]. "
        "To Linear_2: arrives 1 · local -2 / 2 · (y - a) [[4] [5]] = [[-4] [-5]]."
    )
    assert said[2] == (
        "[[-4] [-5]] arrives at Linear_2 from MSE. "
        "To Sigmoid: arrives [[-4] [-5]] @ W.T [[2]] = [[-8] [-10]]. "
        "To W2: X.T [[1.67e-5 1.67e-5]] @ arrives [[-4] [-5]] = [[-1.5e-4]]. "
        "To b2: sum over the rows of arrives [[-4] [-5]] = [-9]."
    )
    assert any(line.startswith("[[-1.34e-4] [-1.67e-4]] arrives at Linear_1 from Sigmoid.") for line in said)
    assert any("shape (11, 13) from X" in line for line in captions(LESSONS["boston"](), "forward"))


def test_a_small_number_in_a_caption_is_not_broken_at_its_minus():
    frames = stepper(two_layers(), "backward").children[1].children
    captions = [frame.value.partition("<svg")[0] for frame in frames]
    assert any("e-\N{WORD JOINER}4" in caption for caption in captions)
    assert not any(re.search(r"\de-\d", caption) for caption in captions)


def test_the_longest_caption_of_a_film_leaves_its_picture_where_it_is():
    short, long = (stepper(make(), "backward").children[1].children for make in (neuron, two_layers))
    rooms = [{re.search(r"min-height:([\d.]+)em", f.value)[1] for f in film} for film in (short, long)]
    assert [len(room) for room in rooms] == [1, 1] and rooms[0] != rooms[1]


def test_what_is_lit_and_shown_in_the_sort():
    view, steps = film(x_plus_y_times_z(), ("sort",))
    x, y, z, q, f = view.nodes
    first, cross, last = steps[0], steps[4], steps[-1]
    assert first.scene.notes == {x: "ready", y: "ready", z: "ready", q: "waits: 2", f: "waits: 2"}
    assert {node: float(v) for node, v in first.scene.values.items()} == {x: -2, y: 5, z: -4}
    assert not first.scene.lit and not first.scene.gone
    assert first.beside[:2] == (("queue", "x, y, z"), ("sorted list", "(empty)"))
    assert cross.caption.startswith("y → q") and cross.scene.lit == {q} and cross.scene.arrows == {(y, q)}
    assert cross.scene.gone == {(x, q), (y, q)}
    assert cross.scene.notes == {x: "no. 1", y: "no. 2", z: "ready", q: "ready", f: "waits: 2"}
    assert [text for _, text in cross.beside] == ["z, q", "x, y", "f 2"]
    assert [text for _, text in last.beside] == ["(empty)", "x, y, z, q, f", "(none waits)"]
    assert last.scene.gone == set(view.edges)


def test_values_appear_as_they_are_made_and_gradients_as_they_flow_back():
    view, steps = film(x_plus_y_times_z(), ("forward", "backward"))
    x, y, z, q, f = view.nodes
    assert [len(step.scene.values) for step in steps] == [3, 3, 3, 3, 4, 5] + [5] * 6
    assert [len(step.scene.gradients) for step in steps] == [0] * 7 + [2, 4, 4, 4, 4]
    adds = steps[4].scene
    assert adds.lit == {q} and adds.arrows == {(x, q), (y, q)} and not adds.back
    back = steps[8].scene
    assert back.lit == {q} and back.arrows == {(x, q), (y, q)} and back.back
    assert float(back.gradients[x, q]) == -4 and (z, f) in back.gradients
    assert [len(step.scene.products) for step in steps] == [0] * 7 + [2, 4, 4, 4, 4]
    assert back.products == {(q, f): "1 · -4 = -4", (z, f): "1 · 3 = 3"} | dict.fromkeys(
        [(x, q), (y, q)], "-4 · 1 = -4"
    )
    assert steps[-1].scene.lit == {x} and steps[-1].scene.arrows == {(x, q)}
    assert float(steps[-1].scene.sums[f]) == 1


def test_the_sum_at_a_node_with_several_consumers_appears_when_it_is_made():
    view, steps = film(used_twice(), ("backward",))
    x = view.nodes[0]
    seen = [float(step.scene.sums[x]) if x in step.scene.sums else None for step in steps]
    assert seen[-1] == 7 and None in seen


def test_an_op_of_the_learners_own_is_stepped_like_a_built_in_one():
    said = captions(own_op(), *ALL)
    assert "Tanh gets 0 from Add and makes 0." in said
    assert "Tanh is the cost, the seed 1 arrives. To Add: 1." in said


def test_parts_can_be_chosen_one_alone_too():
    assert captions(neuron(), "forward")[0].startswith("Forward")
    assert [step.part for step in film(one_layer(), ALL)[1]] == ["sort"] * 15 + ["forward"] * 8 + [
        "backward"
    ] * 8
    assert stepper(x_plus_y_plus_z(), show="sort").static["text/plain"] == (
        "8 steps through sort, to be played in Jupyter"
    )
    for nothing in ((), ("sideways",)):
        with pytest.raises(MiniFlowError, match="What a stepper shows is one of 'sort', 'forward'"):
            stepper(x_plus_y_plus_z(), show=nothing)


def test_a_sort_whose_end_is_no_number_steps_forward_and_says_why_not_backward():
    X, W, b = Input("X"), Input("W"), Input("b")
    graph = topological_sort({X: [[1, 2], [3, 4]], W: [[5, 6], [7, 8]], b: [-1, -1]}, output=Linear(X, W, b))
    assert captions(graph, "sort", "forward")[-1].endswith("makes [[18 21] [42 49]].")
    with pytest.raises(MiniFlowError, match="single number"):
        stepper(graph)


def test_two_ends_and_an_input_that_nothing_needs_are_stepped_through_the_sort():
    x, y, z = Input("x"), Input("y"), Input("z")
    Add(x, y, name="sum")
    Mul(x, y, name="product")
    said = captions(topological_sort({x: 1, y: 2, z: 3}), "sort", "forward")
    assert "Done: x, y, z, sum, product. Each comes after all that feed it." in said
    f = Add(x, name="f")
    assert captions(f, "sort")[-1] == "Done: x, f. Each comes after all that feed it."


def test_an_input_that_the_cost_does_not_need_gets_nothing():
    x, z = Input("x"), Input("z")
    graph = topological_sort({x: 3, z: 5})
    graph.append(Mul(x, x, name="f"))
    graph[-1].forward()
    said = captions(graph, "forward", "backward")
    assert "Nothing arrives at z: the cost does not depend on it." in said
    assert "6 arrives at x from f: that is its gradient." in said


def test_the_graph_is_left_as_it_was_and_nothing_is_printed(capsys):
    graph = two_layers()
    forward_and_backward(graph)
    before = [(node.value, dict(node.gradients), node.run) for node in graph]
    with trace.override(DEBUG=True, T_DEBUG=True):
        stepper(graph)
    assert capsys.readouterr().out == ""
    for node, (value, gradients, run) in zip(graph, before, strict=True):
        assert node.value is value and node.run is run and node.gradients.keys() == gradients.keys()
    fresh = x_plus_y_times_z()
    stepper(fresh)
    assert fresh[-1].value is None and not fresh[-1].gradients


def test_an_input_without_a_value_gets_the_sentence_of_the_sort():
    with pytest.raises(MiniFlowError, match="has no value"):
        stepper(Add(Input("x"), Input("y")))


def test_the_stored_output_is_one_line_and_the_last_picture_and_small():
    box = stepper(two_layers())
    frames = box.children[1].children
    assert len(frames) == 43
    assert box.static["text/plain"] == "42 steps through sort, forward and backward, to be played in Jupyter"
    stored = {mime: data for mime, data in box._repr_mimebundle_().items() if "widget-view" not in mime}
    assert len(json.dumps(stored)) < 20_000
    assert stored["text/html"].startswith('<img alt="The last step: [[-2.67e-4')


def test_play_slider_number_and_picture_are_linked_in_the_browser():
    box = stepper(x_plus_y_plus_z())
    (_, steps, play, slider, number), stack = box.children[0].children, box.children[1]
    assert play.playing is False and play.max == slider.max == number.max == len(stack.children) - 1
    assert len(steps.options) == len(stack.children)
    # No observer in the kernel moves anything: the links are the browser's.
    slider.value = 3
    assert stack.selected_index == number.value == steps.index == 0


def test_each_frame_has_a_caption_a_picture_with_words_and_no_id():
    box = stepper(x_plus_y_times_z())
    steps = film(x_plus_y_times_z(), ALL)[1]
    for number, (frame, step) in enumerate(zip(box.children[1].children, steps, strict=True)):
        assert step.caption in frame.value
        assert f'role="img" aria-label="Step {number}: {step.caption}"' in frame.value
        assert f"Step {number} of 22 · {step.part}" in frame.value
        assert " id=" not in frame.value and "<script" not in frame.value


def test_names_are_text_in_every_frame_and_in_the_game():
    by_counts = SortGame([(EVIL, False, lambda: GraphView(evil()))] * 2)
    for box in (stepper(evil()), sort_game(evil()), by_counts):
        stored = [value for value in box.static.values()]
        shown = [getattr(widget, "value", "") for widget in widgets(box)]
        texts = [text for text in (*shown, *stored) if isinstance(text, str)]
        assert any("&lt;img src=x" in text for text in texts)
        assert not any("<img src=x" in text.replace(EVIL, "") or "<img src=x" in text for text in texts)


def test_graphs_made_by_chance_can_be_stepped_through():
    for seed in range(8):
        graph = by_chance(seed, most=20)
        view, steps = film(graph, ALL)
        assert steps[-1].scene.values.keys() == set(graph)
        assert set(steps[-1].scene.gradients) == set(view.edges)
        assert steps[-1].scene.gradients.keys() == {(a, b) for b in graph for a in b.inbound_nodes}


# --- the matrices of a product under the picture -----------------------------------------------------------


def matrices(html: str) -> list[list]:
    """Of each group in a frame: its tables as (look, {place: number}), and {place: the arithmetic}."""
    groups = []
    for group in html.split('<div class="miniflow-product"')[1:]:
        tables = []
        for look, rows in re.findall(r'<table class="(\w+)".*?<tbody>(.*?)</tbody>', group):
            cells = re.findall(r'<td class="([^"]*)">(?:<label><input [^>]*>)?([^<]*)<', rows)
            tables.append((look, dict(cells)))
        said = re.findall(r'<li class="([^"]*)">(.*?)</li>', group)
        groups.append([tables, {place: re.sub("<[^>]*>", " ", text) for place, text in said}])
    return groups


def frames_of(graph, *show: str) -> list[str]:
    return [frame.value for frame in stepper(graph, show).children[1].children]


def test_a_layers_step_shows_its_products_with_the_arithmetic_of_each_number():
    forward, backward = (frame for frame in frames_of(two_neurons(), *ALL) if "<table" in frame)
    ((tables, said),) = matrices(forward)
    assert [(look, len(cells)) for look, cells in tables] == [
        ("left", 6), ("right", 6), ("right", 2), ("made", 4)
    ]  # fmt: skip
    assert said["row1 column0"] == (
        "a[1, 0], row 1 of X, column 0 of W and b[0]:  2 · 2   + 2 · 3   + 4 · -1   + 4   = 10 "
    )
    to_X, to_W, to_b = matrices(backward)
    assert to_X[1]["row0 column2"].startswith(
        "for X[0, 2], row 0 of what arrives and column 2 of W.T:  -3 · -1"
    )
    assert to_W[0][-1] == (
        "made", {"row0 column0": "-13", "row0 column1": "10", "row1 column0": "-10", "row1 column1": "8",
                 "row2 column0": "-20", "row2 column1": "16"}
    )  # fmt: skip
    assert to_b[0][-1] == ("made", {"column0": "-5", "column1": "4"})
    assert to_b[1] == {
        "column0": "for b[0], column 0 of what arrives:  -3   + -2   = -5 ",
        "column1": "for b[1], column 1 of what arrives:  2   + 2   = 4 ",
    }


def lit(cells: dict, axis: str) -> list[str]:
    return [text for place, text in cells.items() if axis in place.split()]


def test_the_arithmetic_of_a_number_is_made_of_the_row_and_the_column_that_are_lit_with_it():
    numbers = 0
    for frame in [*frames_of(two_neurons(), *ALL), *frames_of(two_layers(), *ALL)]:
        for tables, said in matrices(frame):
            left = [cells for look, cells in tables if look == "left"]
            right, *bias = [cells for look, cells in tables if look == "right"]
            made = dict(tables)["made"]
            assert made.keys() == said.keys()
            for place, number in made.items():
                numbers += 1
                *row, column = place.split()
                factors = [*(lit(cells, row[0]) for cells in left), lit(right, column)]
                terms = [" · ".join(term) for term in zip(*factors, strict=True)]
                terms += [one for cells in bias for one in lit(cells, column)]
                result = f" = {number}" if left or len(terms) > 1 else ""
                assert " ".join(said[place].partition(":")[2].split()) == " + ".join(terms) + result
    assert numbers == 33


def test_one_number_of_each_product_is_picked_and_no_other_product_is_changed_by_a_click():
    frames = [*frames_of(two_neurons(), *ALL), *frames_of(two_neurons(), *ALL)]
    groups = [group for frame in frames for group in frame.split('<div class="miniflow-product"')[1:]]
    names = [set(re.findall(r'name="([^"]+)"', group)) for group in groups]
    assert len(groups) == 2 * 4 and all(len(name) == 1 for name in names)
    assert len(set.union(*names)) == len(groups)
    for group in groups:
        (picked,) = re.findall(r'<td class="([^"]*)"><label><input [^>]* checked [^>]*>', group)
        assert picked in ("row0 column0", "column0")


def test_every_frame_of_a_pass_has_the_room_that_its_products_take():
    for part, there in (("sort", False), ("forward", True), ("backward", True)):
        frames = frames_of(two_layers(), part)
        rooms = [frame.partition('<div aria-hidden="true"')[2] for frame in frames]
        assert len(set(rooms)) == 1 and bool(rooms[0]) == there
        assert (
            all(".miniflow-products {" in frame for frame in frames) == there
        )  # one is in the page at a time


def test_without_small_matrices_the_frames_are_as_they_were():
    X, W, b, y = (Input(name) for name in "XWby")
    single = topological_sort({X: [5, 3], W: [4, -2], b: 7, y: 23}, output=MSE(y, Linear(X, W, b)))
    for graph in (single, x_plus_y_times_z(), LESSONS["boston"]()):
        assert not any("miniflow-product" in frame for frame in frames_of(graph, *ALL))


# --- the game ---------------------------------------------------------------------------------------------


def click(game, name: str) -> str:
    next(button for button in game.buttons.values() if button.description == name).click()
    return game.picture.value


def test_a_node_that_is_not_ready_is_not_taken_and_the_reply_says_for_whom_it_waits():
    game = sort_game(x_plus_y_times_z())
    assert "Not q yet: 2 arrows into it are not crossed off. It waits for x and y." in click(game, "q")
    click(game, "x")
    assert "Not q yet: one arrow into it is not crossed off. It waits for y." in click(game, "q")
    assert [node.name for node in game.taken] == ["x"]


def test_any_valid_order_wins_and_the_game_can_start_again():
    game = sort_game(x_plus_y_times_z()[-1])
    for name in "zyx":
        click(game, name)
    assert "Now f is ready." in click(game, "q")
    assert "Done: z, y, x, q, f." in click(game, "f")
    assert all(button.disabled for button in game.buttons.values())
    assert game.next not in widgets(game)  # one graph has no levels
    game.back.click()
    assert "Back: f is not in the list any more." in game.picture.value and len(game.taken) == 4
    game.again.click()
    assert (
        game.back.disabled
        and game.taken == []
        and not any(button.disabled for button in game.buttons.values())
    )


def test_the_game_stores_no_order_and_changes_no_node():
    graph = x_plus_y_times_z()
    before = [node.value for node in graph]
    game = sort_game(graph)
    assert [button.description for button in game.buttons.values()] == ["f", "q", "x", "y", "z"]
    assert game.static["text/plain"] == (
        "A game: take the 5 nodes in an order in which each follows what feeds it."
    )
    click(game, "x")
    game.take(graph[0])  # a second click on its way when the first one was done
    assert game.taken == [graph[0]]
    assert all(node.value is value for node, value in zip(graph, before, strict=True))
    assert np.array_equal(graph[0].value, -2.0)


def test_the_levels_can_be_played_to_their_end_one_after_another():
    game = sort_game()
    orders = ["c b t a s f", "w h c g b d", "x b a c", "y t x s", "y b2 W2 b1 W1 X l1 s l2 cost"]
    for level, order in enumerate(orders, 1):
        assert f"Level {level}: " in game.picture.value and game.taken == []
        assert ("<svg" in game.picture.value) == (level != 2)
        names = [button.description for button in game.row.children]
        assert names == sorted(names, key=str.casefold)
        game.none.click()
        assert "One of them is: look for a node" in game.picture.value
        for name in order.split():
            said = click(game, name)
        if level == 4:
            assert "Not q yet: one arrow into it is not crossed off. It waits for p." in click(game, "q")
            game.none.click()
            assert "none of the 3 is ready" in game.picture.value
            assert "p waits for r, q waits for p, r waits for q. There is no order." in game.picture.value
        else:
            assert f"Done: {order.replace(' ', ', ')}." in said
            game.none.click()
            assert game.picture.value == said  # nothing is left to be ready
        assert game.next.disabled == (level == 5)
        if level < 5:
            game.next.click()


def test_a_level_without_a_picture_shows_the_counts_and_stores_no_picture():
    game = sort_game(level=2)
    assert "<td" in game.picture.value and "<svg" not in game.picture.value
    text = "A game, level 2 of 5: take the 6 nodes in an order in which each follows what feeds it."
    assert game.static == {"text/plain": text}
    counts = [cell.partition("<")[0] for cell in game.picture.value.split('center">')[1:]]
    assert counts == ["node", *"bcdghw", "waits for", *"311200"]
    counts = [cell.partition("<")[0] for cell in click(game, "h").split('center">')[1:]]
    assert counts[-6:] == ["2", "0", "1", "2", "", "0"]
    for wrong in (0, 6, True, "two", None):
        with pytest.raises(MiniFlowError, match="level is one of 1, 2, 3, 4, 5"):
            sort_game(level=wrong)
