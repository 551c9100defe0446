"""Data as people have it: tables, objects, sparse matrices; and graphs that are copied and pickled."""

import copy
import gc
import io
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
import scipy.sparse

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    forward_and_backward,
    forward_pass,
    topological_sort,
    train,
)

# --- tables -----------------------------------------------------------------------------------------------


class NAType:
    """pandas' NA: neither a number nor None, and it refuses to be compared."""

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    def __eq__(self, other):
        return self

    __hash__ = None


NA = NAType()


class Int64Dtype:
    """A dtype that is not one of numpy's, as pandas' nullable ones, its categories and its texts."""


class Series:
    """What the engine asks of a pandas Series: pandas itself is not among the packages of the tests."""

    def __init__(self, values, name=None, dtype=None, handed_over=None):
        self.values = np.array(values) if dtype is None else np.array(values, dtype=object)
        self.name, self.dtype = name, dtype or self.values.dtype
        self.handed_over = self.values if handed_over is None else np.array(handed_over)

    def __array__(self, dtype=None, copy=None):
        return self.handed_over

    def isna(self):
        return np.array([one is None or one is NA or one != one for one in self.values], dtype=bool)


class DataFrame:
    """The same of a DataFrame: columns of different kinds become an array of objects."""

    def __init__(self, columns):
        self.series = [s if isinstance(s, Series) else Series(s) for s in columns.values()]
        self.columns, self.dtypes = list(columns), [series.dtype for series in self.series]

    def __array__(self, dtype=None, copy=None):
        arrays = [np.asarray(series) for series in self.series]
        one_kind = len({array.dtype.kind for array in arrays}) == 1
        return np.column_stack(arrays if one_kind else [array.astype(object) for array in arrays])

    def isna(self):
        return np.column_stack([series.isna() for series in self.series])


def nullable(values, **as_pandas_hands_it_over):
    return Series(values, dtype=Int64Dtype(), **as_pandas_hands_it_over)


def by_the_sort(value):
    X = Input("X")
    topological_sort({X: value})
    return X.value


def by_hand(value):
    X = Input("X")
    X.value = value
    X.forward()
    return X.value


def by_forward(value):
    X = Input("X")
    X.forward(value)
    return X.value


def by_training(value):
    X, w = Input("X"), Input("w")
    graph = topological_sort({X: 1.0, w: 0.0}, MSE(X, Mul(X, w)))
    train(graph, {X: value}, [w], epochs=1)
    return X.value


WAYS = [by_the_sort, by_hand, by_forward, by_training]

TAKEN = {
    "bools beside floats, as get_dummies makes them": (
        DataFrame({"rooms": [6.5, 7.25], "river_no": [True, False], "river_yes": [False, True]}),
        [[6.5, 1, 0], [7.25, 0, 1]],
    ),
    "bools alone": (DataFrame({"no": [True, False], "yes": [False, True]}), [[1, 0], [0, 1]]),
    "a nullable column, as objects": (
        DataFrame({"age": nullable([3, 4]), "x": [0.5, 1]}),
        [[3, 0.5], [4, 1]],
    ),
    "a nullable column, as whole numbers": (nullable([3, 4], handed_over=[3, 4]), [3, 4]),
    "two columns of one name": (DataFrame({1: [1.0], 2: [True]}), [[1, 1]]),
    "a Series": (Series([1, 2], "age"), [1, 2]),
    "a nan of numpy's": (DataFrame({"a": [1.0, np.nan], "b": [True, False]}), [[1, 1], [np.nan, 0]]),
    "a nan alone": (Series([1.0, np.nan], "a"), [1, np.nan]),
    "objects": (
        np.array([True, np.bool_(False), 2, 2.5, np.float32(0.5), np.int8(-7)], object),
        [1, 0, 2, 2.5, 0.5, -7],
    ),
    "objects that are exact": ([[Decimal("1.5"), Fraction(1, 4)], [10**30, -1]], [[1.5, 0.25], [1e30, -1]]),
    "objects in three dimensions": (np.array([[[True, 2.5]]], dtype=object), [[[1, 2.5]]]),
    "a float nan among objects": (np.array([True, float("nan")], dtype=object), [1, np.nan]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", TAKEN)
def test_numbers_are_taken_as_floats_in_whatever_they_come(case, way):
    value, floats = TAKEN[case]
    if way is by_training and np.isnan(floats).any():
        with pytest.raises(MiniFlowError, match=r"The cost MSE is nan: X is not finite itself"):
            way(value)
        return
    found = way(value)
    assert type(found) is np.ndarray and found.dtype == float
    np.testing.assert_array_equal(found, floats, strict=False)
    assert found.shape == np.shape(floats)


def test_one_number_that_is_an_object():
    assert by_the_sort(Fraction(1, 2)) == 0.5 and by_the_sort(Decimal("0.1")) == 0.1


A_ROW = "fill in what is missing, or drop those rows."
NO_NUMBER = "make numbers of it, or leave it out."
REFUSED = {
    "None in a list": ([1, None], f"a list that holds a missing value: {A_ROW}"),
    "None in a list of lists": ([[1, 2], [3, None]], f"a list that holds a missing value: {A_ROW}"),
    "NA in a list": ([1, NA], f"a list that holds a missing value: {A_ROW}"),
    "a column of text": (
        DataFrame({"rooms": [6.5, 7], "town": ["Salem", "Lynn"]}),
        f"a DataFrame whose column 'town' holds 'Salem', a str: {NO_NUMBER}",
    ),
    "a text far down": (
        DataFrame({"town": Series([1, "Lynn"], dtype=np.dtype(object)), "rooms": [6.5, 7]}),
        f"a DataFrame whose column 'town' holds 'Lynn', a str: {NO_NUMBER}",
    ),
    "nothing but text": (
        DataFrame({("a", 1): ["Salem"], ("a", 2): ["Lynn"]}),
        "a DataFrame whose column ('a', 1) holds",
    ),
    "NA, as an object": (
        DataFrame({"rooms": [6.5, 7], "age": nullable([3, NA])}),
        f"a DataFrame whose column 'age' holds a missing value: {A_ROW}",
    ),
    "NA, as nan": (
        DataFrame({"rooms": [np.nan, 7], "age": nullable([3, NA], handed_over=[3, np.nan])}),
        f"a DataFrame whose column 'age' holds a missing value: {A_ROW}",
    ),
    "NA in a Series, as nan": (
        nullable([3, NA], name="age", handed_over=[3, np.nan]),
        f"a Series whose column 'age' holds a missing value: {A_ROW}",
    ),
    "None in a column of objects": (
        DataFrame({"age": Series([3, None], dtype=np.dtype(object)), "x": [True, False]}),
        f"a DataFrame whose column 'age' holds a missing value: {A_ROW}",
    ),
    "text in a Series without a name": (
        Series([1, "2"], dtype=np.dtype(object)),
        f"a Series that holds '2', a str: {NO_NUMBER}",
    ),
    "a time among objects": (
        np.array([1, np.timedelta64(1, "s")], dtype=object),
        "holds a timedelta64: make",
    ),
    "a complex number among objects": (np.array([1, 2j], dtype=object), "holds 2j, a complex: make"),
    "numpy's complex among objects": (
        np.array([1, np.complex64(2j)], dtype=object),
        "holds a complex64: make",
    ),
    "a list among objects": (np.array([[1, 2], [3]], dtype=object), "holds a list: make"),
    "a sparse matrix": (
        scipy.sparse.csr_matrix(np.eye(3)),
        "a csr_matrix, which leaves out zeros: give it .toarray().",
    ),
    "a sparse array": (
        scipy.sparse.coo_array(np.eye(3)),
        "a coo_array, which leaves out zeros: give it .toarray().",
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_number_is_named_with_its_column(case, way):
    value, says = REFUSED[case]
    with pytest.raises(MiniFlowError) as caught:
        way(value)
    sentence = str(caught.value)
    assert sentence.startswith("The Input X was given ") and says in sentence
    assert sentence.endswith(".") and "\n" not in sentence


class NoColumns(DataFrame):
    """As pandas hands over a table of which no column was picked."""

    def __array__(self, dtype=None, copy=None):
        return np.empty((2, 0))

    isna = __array__


def test_a_table_without_columns_is_refused():
    with pytest.raises(MiniFlowError, match="was given a NoColumns: give it numbers, at least one"):
        by_the_sort(NoColumns({}))


def test_what_toarray_gives_is_taken():
    np.testing.assert_array_equal(by_the_sort(scipy.sparse.csr_matrix(np.eye(3)).toarray()), np.eye(3))


def test_the_callers_table_is_not_written_to():
    table = Series([1.0, 2.0])
    X = Input("X")
    topological_sort({X: table})
    X.value -= 1
    assert table.values.tolist() == [1, 2]


# --- copies -----------------------------------------------------------------------------------------------


class Twice(Node):
    """A learner's op."""

    def __init__(self, x):
        super().__init__([x])

    def forward(self):
        self.value = 2 * self.inbound_nodes[0].value

    def backward(self):
        self.gradients = {self.inbound_nodes[0]: 2 * self.grad_cost()}


class Half(Twice):
    def forward(self):
        self.value = self.inbound_nodes[0].value / 2


class Says(Twice):
    """Says itself what of it is kept, and how it is filled again."""

    def __init__(self, x):
        super().__init__(x)
        self.function = lambda: 1  # cannot be pickled

    def __getstate__(self):
        return {name: held for name, held in vars(self).items() if name != "function"}

    def __setstate__(self, state):
        vars(self).update(state, function=len)


class Slotted(Twice):
    __slots__ = ("rate",)


class Fresh(Input):
    """Has a way of its own to be copied and pickled: as a new Input."""

    def __reduce__(self):
        return Input, ("fresh",)


class Shared(Input):
    """One for all: a copy of it is itself."""

    def __deepcopy__(self, memo):
        return self


def by_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


def in_python(thing, protocol=0):
    """By the pickle module that is written in Python, whose stack ends first."""
    return pickle._loads(pickle._dumps(thing, protocol))


COPIES = [copy.deepcopy, by_pickle, in_python]


def chain(length, kind=Sigmoid):
    """[x, kind(x), kind(kind(x)), ...]"""
    nodes = [Input("x")]
    for _ in range(length):
        nodes.append(kind(nodes[-1]))
    return nodes


def joined(nodes):
    """Where the inputs and the consumers of each stand in the list."""
    place = {id(node): i for i, node in enumerate(nodes)}
    return [[[place[id(n)] for n in part] for part in (m.inbound_nodes, m.outbound_nodes)] for m in nodes]


@pytest.mark.parametrize(
    "duplicate, length",
    [(copy.deepcopy, 81), (copy.deepcopy, 10_000), (by_pickle, 81), (by_pickle, 10_000), (in_python, 1000)],
)
@pytest.mark.parametrize("kind", [Sigmoid, Half])
def test_a_long_chain_is_copied(duplicate, length, kind):
    nodes = chain(length, kind)
    forward_pass(nodes[-1], topological_sort({nodes[0]: 0.5}))
    twins = [duplicate(nodes[-1])]
    while twins[-1].inbound_nodes:
        twins.append(twins[-1].inbound_nodes[0])
    twins.reverse()
    assert joined(twins) == joined(nodes)
    assert not set(twins) & set(nodes)
    assert {type(twin) for twin in twins[1:]} == {kind}
    assert all(twin.value == node.value for twin, node in zip(twins, nodes))
    forward_pass(twins[-1], topological_sort({twins[0]: 8.0}))
    assert twins[1].value != nodes[1].value and nodes[0].value == 0.5


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_list_and_dicts_of_nodes_share_their_copies(duplicate):
    nodes = chain(1000)
    graph, values, names, first = duplicate((nodes, dict.fromkeys(nodes, 1.0), {"cost": nodes[-1]}, nodes[0]))
    assert joined(graph) == joined(nodes)
    assert list(values) == graph and names["cost"] is graph[-1] and first is graph[0]
    assert list(duplicate(dict(zip(nodes, range(9**9)))).values()) == list(range(1001))
    assert [type(node) for node in duplicate({nodes[-1]: 0})] == [Sigmoid]


def network():
    X, y, W1, b1, W2, b2 = map(Input, ("X", "y", "W1", "b1", "W2", "b2"))
    rng = np.random.default_rng(0)
    shapes = {X: (5, 3), y: (5,), W1: (3, 2), b1: (2,), W2: (2, 1), b2: (1,)}
    cost = MSE(y, Linear(Twice(Sigmoid(Linear(X, W1, b1))), W2, b2))
    graph = topological_sort({node: rng.normal(size=shape) for node, shape in shapes.items()}, cost)
    forward_and_backward(graph)
    return graph


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_copied_network_learns_what_the_first_one_does_and_leaves_it_alone(duplicate):
    graph, other = network(), network()
    before = [node.value for node in graph]
    twins = duplicate(graph)
    for node, twin in zip(graph, twins):
        assert [graph.index(n) for n in node.gradients] == [twins.index(n) for n in twin.gradients]
        np.testing.assert_array_equal(twin.value, node.value)
        for one, two in zip(node.gradients.values(), twin.gradients.values()):
            np.testing.assert_array_equal(two, one)
    costs = [train(g, {g[0]: g[0].value, g[1]: g[1].value}, g[2:6], epochs=5) for g in (twins, other)]
    assert costs[0] == costs[1]
    assert all(node.value is value for node, value in zip(graph, before))


@pytest.mark.parametrize("duplicate", COPIES)
def test_what_hangs_on_a_graph_is_copied_with_it(duplicate):
    x = Input("x")
    q, left_over = Add(x, x), Sigmoid(x)
    twin = duplicate(q)
    (x2,) = set(twin.inbound_nodes)
    assert [type(node) for node in x2.outbound_nodes] == [Add, Sigmoid] and x2.outbound_nodes[0] is twin
    assert x.outbound_nodes == [q, left_over]


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_class_may_say_how_it_is_copied(duplicate):
    x = Input("x")
    says, slotted = Says(x), Slotted(x)
    slotted.rate = 0.5
    x2, says2, slotted2, free = duplicate([x, says, slotted, Slotted(Input())])
    assert says2.function is len and says2.inbound_nodes == (x2,) and not hasattr(free, "rate")
    assert slotted2.rate == 0.5 and x2.outbound_nodes == [says2, slotted2]


def test_a_class_may_have_a_way_of_its_own_to_be_copied():
    x, shared = Input("x"), Shared("one")
    total = Add(x, shared)
    assert copy.deepcopy(total).inbound_nodes[1] is shared
    for duplicate in COPIES:
        total = duplicate(Add(Fresh("x"), Input("y")))
        assert [type(node) for node in total.inbound_nodes] == [Input, Input]
        assert [node.name for node in total.inbound_nodes] == ["fresh", "y"]


@pytest.mark.parametrize("kind", [Twice, Says])
def test_copy_copy_gives_another_node_that_holds_the_same(kind):
    x = Input("x")
    node = kind(x)
    twin = copy.copy(node)
    assert twin is not node and type(twin) is kind and twin.inbound_nodes is node.inbound_nodes
    twin.value = 3
    assert node.value is None and x.outbound_nodes == [node]
    slotted = Slotted(x)
    slotted.rate = 2
    assert copy.copy(slotted).rate == 2


@pytest.mark.parametrize("duplicate", COPIES)
def test_edges_that_were_cut_and_nodes_that_only_an_attribute_holds(duplicate):
    x = Input("x")
    q = Twice(x)
    x.outbound_nodes.clear()  # q still knows x, and x nobody
    far = Twice(Input("far"))
    q.friend, far.friend = far, q
    for order in permutations((x, q, far)):
        twins = dict(zip(order, duplicate(order)))
        assert twins[q].inbound_nodes == (twins[x],) and not twins[x].outbound_nodes
        assert twins[q].friend is twins[far] and twins[far].friend is twins[q]
        assert joined([*twins[far].inbound_nodes, twins[far]]) == [[[], [1]], [[0], []]]


def test_a_graph_that_has_grown_is_copied_as_it_then_is():
    nodes = chain(3)
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(nodes)  # it remembers what it saw
    nodes.append(Add(*nodes))
    assert joined(copy.deepcopy(nodes)) == joined(nodes) == joined(by_pickle(nodes))
    assert joined(copy.deepcopy(chain(3)[::-1])) == joined(chain(3)[::-1])
    pickler.dump(nodes[-1])
    file.seek(0)
    assert len(pickle.load(file)) == 4


def test_a_copying_that_breaks_off_leaves_nothing_behind():
    nodes = chain(3)
    with pytest.raises(TypeError, match="no"):
        copy.deepcopy([*nodes, Stubborn(nodes[-1])])
    nodes[-1].outbound_nodes.clear()
    assert joined(copy.deepcopy(nodes)) == joined(nodes)


class Stubborn(Twice):
    def __getstate__(self):
        raise TypeError("no")


def test_nothing_is_kept_alive_by_a_copying():
    nodes = chain(50)
    alive = [weakref.ref(node) for node in (*nodes, *copy.deepcopy(nodes), *by_pickle(nodes))]
    del nodes
    gc.collect()
    assert not any(node() for node in alive)


def test_a_node_whose_init_was_forgotten_is_copied():
    class NoInit(Node):
        def __init__(self):
            self.x = [1]

    node = NoInit()
    twin = copy.deepcopy(node)
    assert twin.x == [1] and twin.x is not node.x


def test_threads_that_copy_the_same_graph_each_get_a_whole_one():
    nodes = chain(300)
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: copy.deepcopy(nodes), range(24)))
    assert all(joined(one) == joined(nodes) for one in copies)
    assert len({id(node) for one in copies for node in one}) == 24 * 301
