"""Numbers in the sentences of the lessons: worked out, bound to an output, in the code around, or listed."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

from miniflow_lib import load_boston
from tests.series import ROOT, every_lesson, read, tags

NUMBER = r"(?:(?<![\w)\]])-)?(?<![\w.,])\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e[-+]\d+)?"
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

# A sentence, and the code or output that it repeats. # is a number: both have the same ones in order.
REPEATED = {
    "00": [
        ("Three homes sold at #, # and #. A lazy", "best_price_solution = (# + # + #) / 3"),
    ],
    "01": [
        ("We fed #, and it holds #:", 'x.value = # x.forward() print(x.name, "holds", x.value) x holds #'),
        ("shows its value: # + # = # and", "x, value # y, value # z, value 10 q = MyAdd(x, y), value #"),
        ("q still remembered #.", "q = #, f = 90"),
        ("(1 + 5) · 10 = #, and all", "q = 6, f = #"),
    ],
    "02": [
        ("just run with x = #. Now x becomes #,", "build(#, 5, 10) run_all([x, y, z, q, f]) x.forward(#)"),
        ("so it begins with # and must", "waiting Add for #"),
        ("# for x + y + z: the Inputs", "count_orders(x_plus_y_times_z)) # 8"),
        ("And # for (x + y) · z", "count_orders(x_plus_y_times_z)) 6 #"),
        ("- # against #n + #.", "{2 ** (n + 2) - #:11} {# * n + #:6}"),
    ],
    "03": [
        ("There is a line for each step: # + # = #, then", "Add # + # (x) = #"),
        ("then # + # = #, then", "4 (x) = 4 # + # (y) = #"),
        ("then # + # = #. A picture", "5 (y) = 9 # + # (z) = #"),
        ("Then # · # = #, then", "Mul # · # (x) = #"),
        ("then # · # = #, then", "(x) = 4 # · # (y) = #"),
        ("then # · # = #. Here is", "· 5 (y) = 20 # · # (z) = #"),
        ("A home has # rooms and is # km", "{rooms: #, w_rooms: 4, km: #,"),
        ("**weight**, here # and -2", "w_rooms: #, km"),
        ("here 4 and #: each room adds", "w_km: #}"),
        ("The price is # thousand dollars", "price = MyAdd(sum, b), value #"),
        ("The home was sold for #.", "The price is 21, and minus_y is -#."),
        ("`minus_y` holds #,", "minus_y is #."),
        ("too low, and this costs #.", "cost = MyMul(miss, miss), value #"),
        (
            "for the rooms is at #, W[1] for the km at #, and b at #.",
            "At the start W[0] = #, W[1] = # and b = #.",
        ),
        ("The two homes cost #.", "The cost is #."),
        ("Two of the # places cost #, and", "# places (2, 2, 7) costs #"),
        ("(#, #, #) is a place that is more than six", "(#, #, #) costs 0; third home: 37"),
        (
            "third home the prices #, # and #.",
            "7) costs 0; third home: # (3, -1, 11) costs 0; third home: # (1, 5, 3) costs 0; third home: #",
        ),
        ("y = [#, #, #] and a = [#, #, #].", "{y: [#, #, #], a: [#, #, #]})"),
        ("a third of it is #.", "→ MSE = #"),
        ("first = #x + #, and then second = # · first - #.", "first = #x + #, second = # · first - #."),
        ("A single neuron, #x - #, does", "plt.plot(x, # * x - #,"),
        ("and tanh(#) is about #.", "Linear = # → Tanh = #"),
        ("e^# still fits; e^# does not,", "e^# = 8.218e+307 s(-709) = 1.217e-308 e^# = inf"),
    ],
    "04": [
        ("the slope is not # any more", "-1.75 / 0.1 = #"),
        ("whose price of 21 missed #:", "minus_y: -#"),
    ],
    "05": [
        ("with the weights # and # and the bias #.", "W = np.array([[#], [#]]) b = np.array([#])"),
        ("the cost is (4 + 16) / 2 = #.", "cost: #"),
        ("number of W, the #, is", "W = np.array([[#], [-2.0]])"),
        ("home 0 rises by #, that of home 1 by #.", "[[#, 3.0], [#, 2.0]]"),
        ("# and #, in the shape of", "[3. 2.]] [[#.] [#.]]"),
        ("is # for the price and # for the months.", "W = np.array([[#, #],"),
        ("It was sold for #, after # months.", "y = np.array([[#, #],"),
        ("step of #:", 'print(f"{cost_after(#):.4f}")'),
        ("From # down to that", "step 0: cost #"),
        ("with the prices # and #. They", "homes, prices = [[1, 2], [3, 4]], [#, #]"),
        ("The slope of w³ at # is", "(cube(# + h) - cube(2)) / h"),
        ("*the same*, with the targets # and #", "y: [#, #], W1: [[2], [3]], b: [-3]}"),
        ('The cost shouts "# and #,', "hands to the sigmoid: # and #"),
        ("each with a step of #?", "sgd_update(first[2:4], #)"),
        ("target of one is #, and that of the other is #.", "np.array([#, #]) - price"),
        ("which can give #.", "# for both: cost 0.25"),
        ("Its W2 is #, its b2 is #,", "b1=[-3], W2=[[#]], b2=[#])"),
    ],
    "06": [
        ("f(x) = x⁴ - #x³ + #.", "return x**4 - # * x**3 + #"),
        ("derivative is #x³ - #x².", "return # * x**3 - # * x**2"),
        ("We start at x = #,", "places = walk(#, learning_rate)"),
        ("other still jumps after # steps", "walk(x, learning_rate, most=#)"),
        ("from x = # with a learning rate of #. At", 'places = walk(#, #) print("first'),
        ("And # leaps further", "# : 6.00 -4.53"),
        ("Here are # made-up homes that cost about # for", "size=#) price = # * rooms"),
        ("or # at a time", "minibatches(500, #,"),
        ("for # rough ones", "# rough steps: w"),
        ("all # rows, all # columns, ten hidden", "homes, columns: (#, #)"),
        ("# batches of # in an epoch.", "506 rows: # batches, the last of #"),
        ("# small steps, and the cost", "update #: cost 5.348"),
        ("units, a learning rate of #, and", "learning_rate: float = #"),
        ("Its learning rate is #", "their_network(#, 27)"),
        ("where ours is #.", "train(graph, feeds, inputs[2:], learning_rate=#, batch"),
        ("happens to be # · #.", "506 rows: # batches, the last of #"),
        ("deal them out like cards, # at", "batches = deal(m, #,"),
        ("A weight is #, its", "new_weight_solution = # - 0.1"),
        ("gradient is #, and the learning rate is", "new_weight_solution = 2 - 0.1 * #"),
        ("the learning rate is #. What", "new_weight_solution = 2 - # * 3"),
        ("with #, #, # and # hidden units", "zip(plots.flat, (#, #, #, #))"),
        ("`batch_size` #, `epochs` #, `l2` 0", '"batch_size": #, "epochs": #}'),
        ("ten units, rate #, batches of #, # epochs", '"learning_rate": #, "batch_size": #, "epochs": #}'),
        ("In the hands it was #, from # to #.", "ours learned 9.3, new # (# to #)"),
        ("Ours costs 8.9 here, and # over the five hands", "ours learned 9.3, new # (10.3"),
        ("So 8.9 does not beat #.", "ours learned 9.3, new # (10.3"),
        ("taught by all # rows.", "# rows to work with"),
    ],
    "07": [
        ("So all # rows may take part.", "range(0, #, 11)"),
        ("It starts at `d_cost = #`.", "d_cost = #"),
        ("five rooms, # km, weights # and #, bias #,", "step(5, #, -23, #, #, #)"),
        ("and # as the true price.", "step(5, 3, -#,"),
        ("go through the # batches once", "# batches, each of"),
        ("No weight differs by # or more.", "by_text()) < #"),
        ("no weight has changed by # or more.", "by_lean()) < #"),
        (
            "never change: `d_C = #`, and the # / # in `# / # * d_C",
            "d_C = # d_y = # / # * d_C * C_diff d_a = # / # * d_C",
        ),
        ("works out # / # by itself", "d_y = # / # * d_C"),
        ("Here is one with # columns", "size=(128, #)), rng"),
        ("columns, # hidden units", "network(*large[0], hidden=#)"),
        ("hidden units, # outputs", "784)), rng.normal(size=(128, #))"),
        ("outputs, and # rows in a batch", "large = [(rng.normal(size=(#, 784))"),
    ],
}


def of_the_engine(table: str, row: str) -> float:
    """What benchmarks/README.md says of a row in one of its tables, as a part of the engine's time."""
    text = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    (part,) = re.findall(rf"^## {re.escape(table)}.*?\n(.*?)^## ", text, flags=re.MULTILINE | re.DOTALL)
    times = dict(re.findall(r"^\| (.+?) \| [\d.]+ \| ([\d.]+) \|$", part, flags=re.MULTILINE))
    return float(times[row]) / float(times["MiniFlow"])


# What no cell of its section says: what is worked out here, dates, the world outside.
OWN = {
    "00": [
        ("Here are # homes in and around Boston in #,", [506, 1970]),
        ("holds all # prices, `prices - average` is # differences", [506, 506]),
        ("the average of all # squares", [506]),
        ("A miss of # costs", [3]),
        ("(The # dots in a row at the top are at exactly #: dearer", [sum(load_boston().target == 50), 50]),
        ("homes were written down as #.)", [load_boston().target.max()]),
        ("Twelve facts, # parameters", [12 * 10 + 10 + 10 + 1]),
        ("homes a hundred times, # at a time, and nudged its # parameters", [11, 12 * 10 + 10 + 10 + 1]),
        ("*# homes with their prices.*", [506]),
        ("# homes in groups of # are # groups, so # rounds", [506, 11, 506 / 11, 100]),
        ("Then predict again, # times in all.]", [100 * 46]),
        ("is true of # of the # parameters; the other # start at #.)", [12 * 10 + 10, 141, 10 + 1, 0]),
    ],
    "01": [
        ("If they hold # and #, its value is #.", [3, 8, 3 + 8]),
        ("If its two inputs hold # and #, its value is #.", [3, 8, 3 * 8]),
        ("after `a, b = (#, #)`, a is # and b is #", [3, 8, 3, 8]),
    ],
    "02": [
        ("Arthur Kahn's (#)", [1962]),
        ("looks are # for each:", [8 / 4]),
        ("only by looking back, and takes #.", [12 / 4]),
        ("it is #, # or # looks for each edge", [8 / 4, 12 / 4, 16 / 4]),
        ("At # diamonds that is a million against #.", [18, 3 * 18 + 1]),
    ],
    "03": [
        ("# + # + # has three numbers", [4, 5, 10]),
        ("By hand at x = #: e^# =", [0, 0]),
        ("when it is far below #?", [0]),
        ("climbs from # to #, steepest in the middle, where s(#) = #.", [0, 1, 0, 0.5]),
        ("if all facts were #.", [0]),
        ("makes nearly # of the first and nearly # of the second.", [0, 1]),
        ("as # changes nothing in a sum", [0]),
        ("Add began at #.", [0]),
        ("It begins at #, which", [1]),
        ("each room adds # thousand", [4]),
        ("each km takes # away", [2]),
        ("A home with # facts would need # Muls", [13, 13]),
        ("a weight of # would make", [0]),
        ("The differences are #, # and #,", [1 - 4.5, 2 - 5, 3 - 10]),
        ("their squares #, # and #.", [3.5**2, 3**2, 7**2]),
        ("That makes #, and", [3.5**2 + 3**2 + 7**2]),
        ("# is twice #, but", [7, 7 / 2]),
        ("# of the #.", [7**2, 70.25]),
        ("Lesson made # updates", [100 * 46]),
        ("Change b to [-1, #]", [100]),
        ("The number e is about #,", [math.e]),
        ("how Python writes # · 10⁻⁴,", [1.23394576]),
        ("By broadcasting it would have been #.", [(2**2 + 6**2 + 12**2 + 4**2) / 4]),
        ("from # to #. Our library", [-1, 1]),
        ("The weighted sum is #, the bias takes # away", [6 * 0.5 + 14 * 0.25 + 3 * 1.4, 12]),
        ("A float has about # digits", [16]),
        ("ends at about # · 10³⁰⁸", [1.7976931348623157]),
        ("begins with # zeros", [308]),
    ],
    "04": [
        ("Its miss, price - y, is #.", [4 * 5 - 22]),
        ("one dollar buys # yen, one euro buys 2 · # yen", [100, 100]),
        ("The price is # and the miss", [2 * 3]),
        ("where the seed # arrives", [1]),
        ("which is # · miss", [2]),
        ("at w = #: the price is #, and", [5, 5 * 5]),
        ("times s · (# - s). The library", [1]),
        ("never fall below #.", [0]),
    ],
    "05": [
        ("homes would get # and #;", [-2 / 1 * 2, -2 / 1 * 4]),
        ("the seed # when", [1]),
        ("Home 0 alone had # and #", [-4 * 5, -4 * 3]),
        (
            "w³ at 2 is #. One side misses it by #, and both sides miss it by #, which is # times less",
            [12, 0.0601, 0.0001, 601],
        ),
        ("and m is #. The second", [2]),
        ("| C → l2 | #/m (y - l2) | MSE: `# / self", [-2, 2]),
        ("| s → l1 | s (# - s) |", [1]),
        ("Its factor s (# - s) is never more than #, so", [1, 0.5 * (1 - 0.5)]),
        ("A sigmoid gives less than #, so the cost stays above #,", [1, ((1 - 1) ** 2 + (2 - 1) ** 2) / 2]),
        (
            "numbers near # and # arrive at one node, and numbers between # and # go out",
            [-8, -10, -0.0001, -0.0002],
        ),
    ],
    "06": [
        ("of the census of #.", [1970]),
        ("would begin within # of # or of #, on a flat end", [0.01, 0, 1]),
        ("counts #, #, # and so on.", [0, 11, 2 * 11]),
        ("`table` has # columns", [13 - 1]),
        ("`np.full(#, #)` is an array of three sevens", [3, 7]),
        ("`chosen(epochs=#)` gives the usual settings but for # epochs", [50, 50]),
        ("is # in the first hand and # in the last", [0, 4]),
        ("only # parameters to learn anything by heart", [12 + 1]),
        ("The # steps of the first epoch", [405 / 27]),
        ("where predicting the mean costs #.", [1]),
        ("against LSTAT, for all # rows", [405]),
        ("after # events it falls silent", [400]),
        ("with all # columns and with the #,", [13, 13 - 1]),
        ("costs # less on average (from # less to # more)", [0.31, 0.87, 0.30]),
        ("over the twelve seeds, by # to #", [0.26, 1.44]),
        ("after # epochs, over ten seeds, it costs # more (from # less to # more)", [200, 0.17, 0.71, 1.64]),
        ("Harrison and Rubinfeld (#,", [1978]),
        ("(version #),", [1.2]),
        ("both of about # % or more", [26]),
        ("and in # of all #.", [sum(load_boston().data[:, 11] <= 136.9), 506]),
        ("M. Carlisle (#,", [2019]),
        ("How well do the # columns", [12]),
        ("Guessing would be right in #.", [100 / 2]),
        ("Without these three of its # rows", [405 / 5]),
        ("on the # rows that teach, and judges it on the first hand of #.", [405 - 81, 405 / 5]),
        ("was lower by # % or more on average", [1]),
        ("was higher by # % or more", [1]),
        ("within # % on average", [1]),
        ("an epoch is # updates; with", [324 / 27]),
        ("they made # times as many updates", [324 / 27]),
        ("have read # times as many rows", [97200 / 8100]),
        ('may need `encoding="utf-#-sig"`', [8]),
        ("With PyTorch # we got the cost", [2.14]),
        ("gradients within # of ours", [3e-16]),
        ("turns make an array (#, #, #)", [5, 500 / 25, 3]),
        ("# that choose, and # that stay fresh", [324 - 243, 405 - 324]),
        ("and # rows taught, not #.", [405, 405 - 81]),
    ],
    "07": [
        ("This network has # edges.", [3 + 1 + 3 + 2]),
        ("and `d_b` is #. Which", [2 * (5 * 4 + 3 * -2 + 7 - 23)]),
        ("goes from # to # (an optional", [-1, 1]),
        ("have about # digits instead of #, unless", [7, 16]),
        ("it took # of the engine's time.", [of_the_engine("The engine", "the program's text")]),
        ("the text, folded | # |", [of_the_engine("The same step", "... and folded")]),
        (
            "numba | # | # |",
            [of_the_engine("The same step", f"numba, {how}") for how in ("step by step", "a whole epoch")],
        ),
        (
            "JAX | # | # |",
            [of_the_engine("The same step", f"JAX, the same text, {how}") for how in ("jitted step", "scan")],
        ),
        ("C | | # |", [of_the_engine("The same step", "C from the graph")]),
        ("the text took # of the engine's", [of_the_engine("A larger network", "the program's text")]),
        ("the lean text #, and", [of_the_engine("A larger network", "... and folded")]),
        ("and C #. Most", [of_the_engine("A larger network", "C from the graph")]),
        ("who feeds it: #. Backward", [9]),
        ("what arrives: #. Every step", [2 * 9]),
        ("adds them: that is # · miss.", [2]),
        ("with # rows, and # = # · # + #: the", [506 - 101, 405, 405 // 11, 11, 405 % 11]),
        ("in one batch of #.", [math.ceil(405 / 11)]),
        ("Two, for # steps.", [10 * math.ceil(405 / 11)]),
        ("`# / (# + np.exp(-l1))` goes", [1, 1]),
        ("such as `if cost < #` in", [1]),
        ("(C_diff * C_diff).sum() / #", [20]),
        ("d_a = # * C_diff d_s2", [-2 / 20]),
        ("d_a.sum(axis=#)", [0]),
        ("near # before the tanh,", [0]),
        ("further away from # they are", [0]),
        ("d_l2.sum(axis=#)", [0]),
        ("d_l1.sum(axis=#) ```", [0]),
        ("while `# * x` and", [21]),
    ],
}


def in_words(cell) -> str:
    """A markdown cell without addresses, and without what guides the reader: minutes, lessons, list marks."""
    text = re.sub(r"\]\([^)]*\)", "]", cell.source)
    text = re.sub(r"(?<!-)\b\d+ minutes?\b|(?<![-.])\b0\d\b|(?m:^\d\. )", " ", text)
    return " ".join(text.split())


def in_code(cell) -> str:
    """The source of a code cell and the text that it stores."""
    found = [cell.source]
    for output in cell.outputs:
        data = output.get("data", {})
        found += [output.get("text", ""), data.get("text/plain", ""), data.get("text/markdown", "")]
    return " ".join(" ".join(found).split())


@cache
def sections(lesson: Path | str) -> list[tuple[list[str], str]]:
    """The sentences under each heading, a text a cell, and all code and outputs there."""
    found: list[list] = [[]]
    for cell in read(lesson).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        found[-1].append(cell)
    frame = {"opening", "words", "close", "map"}  # what repeats the lesson in general words
    return [
        (
            [in_words(c) for c in cells if c.cell_type == "markdown" and not frame & set(tags(c))],
            " ".join(in_code(c) for c in cells if c.cell_type == "code"),
        )
        for cells in found
    ]


def value(number: str) -> float:
    return float(number.replace(",", "").replace("_", ""))


def equal(said: str, exact: float) -> bool:
    """Whether a number is what a sentence says it is, in the decimals that it says."""
    places = len(said.partition(".")[2])
    return value(said) == exact or (places > 0 and abs(value(said) - exact) <= 0.501 * 10**-places)


def pattern(fragment: str) -> re.Pattern:
    return re.compile(re.escape(fragment).replace(r"\#", f"({NUMBER})").replace(r"\ ", r"\s*"))


# 4 + 5 = 9, and 540 / 90 is 6
SUM = re.compile(
    r"(?<![\w.^])(?P<sum>[(\d-][\d.()⁰¹²³⁴⁵⁶⁷⁸⁹ +·/-]*[\d)⁰¹²³⁴⁵⁶⁷⁸⁹])(?: = |, about | is )"
    r"(?P<result>-?\d[\d,.]*\d|-?\d)(?![\d/]| [·+/])"
)


def sums(text: str) -> list[re.Match]:
    """The calculations that a sentence writes out."""
    return [match for match in SUM.finditer(text) if re.search(r"[·/+⁰¹²³⁴⁵⁶⁷⁸⁹]| - ", match["sum"])]


def worked_out(text: str) -> float:
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: "**" + power[0].translate(POWERS), text)
    return eval(text.replace("·", "*"), {"__builtins__": {}})


@every_lesson
def test_what_a_sentence_works_out_is_right(path):
    for texts, _ in sections(path):
        for text in texts:
            for match in sums(text):
                assert equal(match["result"], worked_out(match["sum"])), match[0]


def test_a_wrong_sum_would_be_found():
    right = "By hand 4 + 5 = 9, then (-1) · 2 - 3 = -5; 540 / 90 is 6, and (505 / 506)⁵⁰⁶, about 0.37."
    found = sums(right)
    assert [match["result"] for match in found] == ["9", "-5", "6", "0.37"]
    assert all(equal(match["result"], worked_out(match["sum"])) for match in found)
    assert not equal("0.36", worked_out(found[3]["sum"])) and not equal("8", worked_out(found[0]["sum"]))


@pytest.mark.parametrize("lesson, said, stored", [(k, *row) for k, rows in REPEATED.items() for row in rows])
def test_a_sentence_says_the_number_that_the_cell_has(lesson, said, stored):
    texts = " ".join(text for section, _ in sections(lesson) for text in section)
    code = " ".join(code for _, code in sections(lesson))
    in_sentence, in_cell = pattern(said).search(texts), pattern(stored).search(code)
    assert in_sentence and in_cell, "no such sentence" if in_cell else "no such code or output"
    assert len(in_sentence.groups()) == len(in_cell.groups()) > 0
    for one, other in zip(in_sentence.groups(), in_cell.groups()):
        assert equal(one, value(other)), (in_sentence[0], in_cell[0])


@every_lesson
def test_every_number_in_a_sentence_is_in_the_code_around_it_or_worked_out_or_listed(path):
    lesson, unknown = path.stem[:2], []
    own = [(pattern(said), said, values) for said, values in OWN[lesson]]
    listed = [*(pattern(said) for said, _ in REPEATED[lesson]), *(one for one, _, _ in own)]
    whole = " ".join(text for texts, _ in sections(path) for text in texts)
    for one, said, values in own:
        found = one.search(whole)
        assert found, f"no such sentence any more: {said}"
        assert all(equal(number, exact) for number, exact in zip(found.groups(), values, strict=True)), said
    for texts, code in sections(path):
        known = [value(number) for number in re.findall(NUMBER, code)]
        for text in texts:
            told = sums(text) + [match for one in listed for match in one.finditer(text)]
            for number in re.finditer(NUMBER, text):
                if any(match.start() <= number.start() < match.end() for match in told):
                    continue
                if not any(equal(number[0], exact) for exact in known):
                    unknown.append(f"{number[0]}: {text[:80]}")
    assert not unknown, "\n".join(unknown)
