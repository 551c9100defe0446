"""What a learner gets wrong gets a sentence with the names and shapes in it, and leaves the nodes usable."""

import numpy as np
import pytest

from miniflow_lib import (
    MSE,
    Add,
    Input,
    Linear,
    MiniFlowError,
    Mul,
    Node,
    Sigmoid,
    backward_pass,
    forward_and_backward,
    forward_pass,
    mistakes,
    ops,
    sgd_update,
    topological_sort,
    train,
)

x, y = Input("x"), Input("y")  # fresh ones at every test, by the fixture below


@pytest.fixture(autouse=True)
def fresh_inputs(monkeypatch):
    monkeypatch.setitem(globals(), "x", Input("x"))
    monkeypatch.setitem(globals(), "y", Input("y"))


def layer(X_, W_, b_):
    X, W, b = Input("X"), Input("W"), Input("b")
    f = Linear(X, W, b, name="layer")
    return forward_pass(f, topological_sort({X: X_, W: W_, b: b_}))


def cycle():
    a = Add(x, name="a")
    b = Add(a, name="b")
    a.inbound_nodes, b.outbound_nodes = (x, b), [a]
    topological_sort({x: 1})


class Silent(Node):
    """Forgets to set its value."""

    def __init__(self, x, name=None):
        Node.__init__(self, [x], name)

    def forward(self):
        self.inbound_nodes[0].value * 2


class NoInit(Node):
    """Forgets to call Node.__init__."""

    def __init__(self, x):
        self.x = x


class Plain(Silent):
    """Leaves a Python list as its value."""

    def forward(self):
        self.value = [1.0, 2.0]


class HalfBack(Silent):
    """Forgets its inbound node in backward."""

    def forward(self):
        self.value = 2 * self.inbound_nodes[0].value

    def backward(self):
        self.gradients = {}


def run(output, feed):
    forward_and_backward(topological_sort(feed, output))


def blown_up():
    W = Input("W")
    graph = topological_sort({W: 3.0, y: 0.0}, MSE(y, Mul(W, W)))
    for _ in range(100):
        forward_and_backward(graph)
        sgd_update([W], learning_rate=10.0)


class Log(Silent):
    """log(x), of whatever comes."""

    @np.errstate(all="ignore")
    def forward(self):
        self.value = np.log(self.inbound_nodes[0].value)

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: self.grad_cost() / x.value}


class CrossEntropy(Node):
    """The classic two-class cost, without a guard against log(0)."""

    def __init__(self, y, a):
        Node.__init__(self, [y, a])

    @np.errstate(all="ignore")
    def forward(self):
        y, a = (node.value for node in self.inbound_nodes)
        self.value = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))

    @np.errstate(all="ignore")
    def backward(self):
        y, a = self.inbound_nodes
        slope = (1 - y.value) / (1 - a.value) - y.value / a.value
        self.gradients = {y: np.zeros_like(y.value), a: self.grad_cost() * slope / len(slope)}


class OuterCost(Node):
    """Subtracts a row from a column: its gradients have n * n numbers."""

    def __init__(self, y, a):
        Node.__init__(self, [y, a])

    def forward(self):
        y, a = self.inbound_nodes
        self.value = np.mean((a.value - y.value) ** 2)

    def backward(self):
        y, a = self.inbound_nodes
        outer = 2 * (a.value.reshape(-1, 1) - y.value.reshape(1, -1))
        self.gradients = {y: -outer, a: outer}


class Twice(HalfBack):
    """2 x, whose gradient is a column."""

    def backward(self):
        (x,) = self.inbound_nodes
        self.gradients = {x: 2 * np.reshape(self.grad_cost(), (-1, 1))}


def update_after(cost, feed):
    run(cost, feed)
    sgd_update([x])


MISTAKES = {
    "an Input that was not fed": (lambda: run(Add(x, y), {x: 1}), ["y", "not fed", "Add"]),
    "the same without output": (lambda: (Add(x, y), topological_sort({x: 1})), ["y", "not fed", "output="]),
    "a key that is an op": (lambda: topological_sort({x: 1, Sigmoid(x): 2}), ["Sigmoid", "only Inputs"]),
    "a key that is text": (lambda: topological_sort({"x": 1}), ["'x'", "Input"]),
    "a key that is a class": (lambda: topological_sort({Input: 1}), ["class Input", "key"]),
    "a key of a class of one's own": (
        lambda: topological_sort({Node(name="w"): 1}),
        ["w ", "only Inputs", "fed = True in Node"],
    ),
    "an empty feed": (lambda: topological_sort({}), ["empty"]),
    "a feed that is a list": (lambda: topological_sort([x]), ["dict", "list"]),
    "a feed that is a node": (lambda: topological_sort(x), ["dict", "node x"]),
    "a cycle": (cycle, ["cycle", "a", "b"]),
    "X and W that do not fit": (
        lambda: layer(np.ones((2, 3)), np.ones((4, 5)), np.ones(5)),
        ["layer", "(2, 3)", "(4, 5)", "X @ W"],
    ),
    "a bias that does not fit": (
        lambda: layer(np.ones((2, 3)), np.ones((3, 5)), np.ones(4)),
        ["layer", "b (4,)"],
    ),
    "sums that do not fit": (lambda: run(Add(x, y), {x: [1, 2], y: [1, 2, 3]}), ["Add", "(2,)", "(3,)"]),
    "targets that do not fit": (
        lambda: run(MSE(x, y), {x: [1, 2], y: [[1], [2], [3]]}),
        ["MSE", "(2,)", "(3, 1)"],
    ),
    "text as a value": (lambda: topological_sort({x: "4"}), ["x", "'4'", "number"]),
    "None as a value": (lambda: topological_sort({x: None}), ["x", "no value"]),
    "a node as a value": (lambda: topological_sort({x: y}), ["x", "node y"]),
    "a class as a value": (lambda: topological_sort({x: Input}), ["x", "class Input"]),
    "an empty array": (
        lambda: topological_sort({x: []}),
        ["x was given a list: give it numbers, at least one."],
    ),
    "rows of different lengths": (lambda: topological_sort({x: [[1, 2], [3]]}), ["x", "length"]),
    "complex numbers": (lambda: topological_sort({x: 1j}), ["x", "number"]),
    "masked numbers": (lambda: topological_sort({x: np.ma.array([1, 2], mask=[0, 1])}), ["x"]),
    "a value set by hand to text": (lambda: run_by_hand("four"), ["x", "'four'"]),
    "a value never set": (lambda: run_by_hand(None), ["x", "no value"]),
    "a class where a node was meant": (lambda: Add(x, Input), ["Add", "number 2", "class Input", "call"]),
    "a number where a node was meant": (lambda: Add(x, 3), ["Add", "3", "Input"]),
    "a list in the place of nodes": (lambda: Add([x, y]), ["one by one", "list"]),
    "a single node where a list was meant": (lambda: Node(x), ["list of nodes"]),
    "text where a list was meant": (lambda: Node("x"), ["list of nodes"]),
    "a number of numpy where a list was meant": (lambda: Node(np.array(0.0)), ["list of nodes", "shape ()"]),
    "an op of nothing": (lambda: Mul(), ["Mul", "at least one"]),
    "a value as the name of an Input": (lambda: Input(3), ["name", "3"]),
    "a node whose class forgot Node.__init__": (lambda: Add(NoInit(x), x), ["NoInit", "Node.__init__"]),
    "the same as output": (lambda: topological_sort({x: 1}, NoInit(x)), ["output="]),
    "a node that sets no value": (lambda: run(Silent(x), {x: 1}), ["Silent", "without a value"]),
    "the same inside a graph": (lambda: run(Add(Silent(x), x), {x: 1}), ["Silent", "without a value"]),
    "a node that leaves a list": (
        lambda: run(Sigmoid(Plain(x)), {x: 1}),
        ["Plain, whose value is a list", "self.value = np.asarray("],
    ),
    "a backward that forgets an input": (lambda: run(HalfBack(x), {x: 1}), ["HalfBack", "no gradient for x"]),
    "a cost that is not a single number": (
        lambda: run(Add(x, y), {x: [1, 2], y: 3}),
        ["Add", "(2,)", "single number"],
    ),
    "a leftover that spoils the last node": (
        lambda: (Sigmoid(Sigmoid(x)), MSE(x, x), forward_and_backward(topological_sort({x: [1, 2]}))),
        ["single number", "If this Sigmoid is left over", "output=f"],
    ),
    "log(0) in a cost": (
        lambda: run(CrossEntropy(y, Sigmoid(x)), {x: [800, 1], y: [1, 0]}),
        ["CrossEntropy made it of y from 0 to 1, Sigmoid from 0.7311 to 1", "log(0)"],
    ),
    "log(0) inside a graph": (
        lambda: run(MSE(y, Log(x)), {x: [0, 2], y: [1, 0]}),
        ["MSE is inf", "Log made it of x from 0 to 2", "log(0)"],
    ),
    "an overflow inside a graph": (
        np.errstate(over="ignore")(lambda: run(MSE(y, Mul(x, x)), {x: 1e200, y: 1})),
        ["MSE is inf", "the numbers in Mul grew too large", "learning rate"],
    ),
    "an overflow in an op of one's own": (
        np.errstate(over="ignore")(lambda: run(HalfBack(x, name="double"), {x: 1e308})),
        ["double is inf", "grew too large", "learning rate"],
    ),
    "a cost that is nan": (lambda: run(Sigmoid(x), {x: np.nan}), ["nan", "x"]),
    "a learning rate that is too large": (blown_up, ["learning rate", "MSE"]),
    "a node in the place of the list": (lambda: forward_and_backward(Add(x, y)), ["list", "Add"]),
    "the feed in the place of the list": (lambda: forward_and_backward({x: 1}), ["list", "dict"]),
    "a node without its list": (
        lambda: forward_pass(Add(x, y)),
        ["a sorted list, as in forward_pass(f, graph)"],
    ),
    "None in the place of the list": (lambda: forward_pass(x, None), ["forward_pass(f, graph)"]),
    "an empty list alone": (lambda: forward_pass([]), ["empty"]),
    "a number alone": (lambda: forward_pass(3), ["list", "3"]),
    "arguments the wrong way round": (
        lambda: forward_pass(topological_sort({x: 1}), Add(x, x)),
        ["list", "Add"],
    ),
    "an empty list": (lambda: forward_and_backward([]), ["empty"]),
    "a number in the list": (lambda: forward_and_backward([*topological_sort({x: 1}, x), 3]), ["3", "list"]),
    "an output that is not in the list": (
        lambda: forward_pass(Add(x, y), topological_sort({x: 1}, x)),
        ["Add", "list"],
    ),
    "backward before forward": (
        lambda: backward_pass(topological_sort({x: 1}, Sigmoid(x))),
        ["Sigmoid", "forward"],
    ),
    "an order that is wrong": (
        lambda: forward_and_backward(topological_sort({x: 1}, Sigmoid(x))[::-1]),
        ["before", "order"],
    ),
    "two ends": (
        lambda: (Sigmoid(x), Add(x, x), forward_and_backward(topological_sort({x: 1}))),
        ["two ends", "output="],
    ),
    "a cost that sets gradients of a wrong shape": (
        lambda: update_after(OuterCost(y, Sigmoid(x)), {x: [1, 2, 3], y: [1, 0, 1]}),
        ["OuterCost.backward()", "(3, 3) for Sigmoid", "(3,)"],
    ),
    "the same under several ops": (
        lambda: update_after(OuterCost(y, Sigmoid(Log(Sigmoid(x)))), {x: [1, 2, 3], y: [1, 0, 1]}),
        ["OuterCost.backward()", "(3, 3) for Sigmoid"],
    ),
    "an op in the middle that does": (
        lambda: update_after(MSE(y, Twice(Sigmoid(Sigmoid(x)))), {x: [1, 2, 3], y: [1, 0, 1]}),
        ["Twice.backward()", "(3, 1) for Sigmoid"],
    ),
    "a wrong shape on which the op below fails": (
        lambda: small_training(cost=OuterCost),
        ["OuterCost.backward()", "(4, 4) for Linear", "(4, 1)"],
    ),
    "an update before any pass": (lambda: sgd_update([x]), ["x", "forward_and_backward"]),
    "an update of a node": (lambda: sgd_update(x), ["list of nodes", "node x"]),
    "an update of an op": (lambda: sgd_update([Add(x, y)]), ["Only Inputs are trained, and Add is an op"]),
    "an update of a node called q": (
        lambda: sgd_update([Mul(x, y, name="q")]),
        ["Only Inputs are trained, and q is an op"],
    ),
    "an update of a number": (lambda: sgd_update([3]), ["3"]),
    "a learning rate of text": (lambda: sgd_update([x], "0.1"), ["learning rate", "'0.1'"]),
    "a learning rate of nan": (lambda: sgd_update([x], float("nan")), ["learning rate", "nan"]),
    "a negative learning rate": (lambda: sgd_update([x], -0.1), ["learning rate", "-0.1"]),
    "training on rows that do not match": (lambda: small_training({"y": np.ones(3)}), ["X (4, 1)", "y (3,)"]),
    "training on nothing": (lambda: train(topological_sort({x: 1}), {}, [x]), ["data", "not an empty one"]),
    "training on a list": (lambda: train(topological_sort({x: 1}), [1], [x]), ["data", "not a list"]),
    "training on a single number": (lambda: small_training({"y": 3}), ["row"]),
    "training for half an epoch": (lambda: small_training(epochs=0.5), ["epochs", "0.5"]),
    "training in batches of none": (lambda: small_training(batch_size=0), ["batch_size", "0"]),
    "training with l2 of text": (lambda: small_training(l2="much"), ["l2", "'much'"]),
    "training that explodes": (lambda: small_training(learning_rate=1e6), ["learning rate"]),
}


def run_by_hand(value):
    f = Sigmoid(x)
    graph = topological_sort({x: 1})
    x.value = value
    forward_pass(f, graph)


def small_training(data=None, cost=MSE, **settings):
    X, W, b = Input("X"), Input("W"), Input("b")
    graph = topological_sort(
        {X: np.ones((4, 1)), y: np.ones(4), W: [[3.0]], b: [0.0]}, cost(y, Linear(X, W, b))
    )
    values = {"X": np.ones((4, 1)), "y": np.ones(4)} | (data or {})
    return train(graph, {X: values["X"], y: values["y"]}, [W, b], **({"epochs": 50} | settings))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_gets_its_sentence_and_the_nodes_stay_usable(mistake):
    make, words = MISTAKES[mistake]
    with pytest.raises(MiniFlowError) as caught:
        make()
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 350
    f = Add(x, y)
    run(f, {x: 1, y: 2})
    assert f.value == 3 and x.gradients[x] == 1


def test_an_error_in_the_learners_own_op_stays_theirs_and_names_the_node():
    class Broken(Silent):
        def forward(self):
            self.value = 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        run(Broken(x), {x: [1, 2]})
    assert "Broken" in caught.value.__notes__[0] and "x (2,)" in caught.value.__notes__[0]


# --- an op that is built again ------------------------------------------------------------------------------

LEFT_OVER = "If this {} is left over from an earlier cell, it is in the way"
WAY_OUT = "sort with the node you want, topological_sort(feed, output=f)."


def said(error):
    return " ".join([str(error), *getattr(error, "__notes__", [])])


class Crashes(HalfBack):
    def forward(self):
        self.value = 1 / 0


class CrashesBack(HalfBack):
    def backward(self):
        self.gradients = {self.inbound_nodes[0]: 1 / 0}


class Unwritten(Node):
    def __init__(self, x):
        Node.__init__(self, [x])


@pytest.mark.parametrize("broken", [Crashes, Unwritten, Silent, Plain])
def test_a_broken_op_that_still_hangs_on_the_inputs_is_said_to_be_in_the_way(broken):
    feed = {x: [1, 2], y: [1, 2]}
    MSE(y, Add(broken(x), x))
    with pytest.raises(Exception) as first:
        run(None, feed)
    assert "left over" not in said(first.value)
    cost = MSE(y, Add(Sigmoid(x), x))  # as built once more in another cell
    with pytest.raises(type(first.value)) as again:
        run(None, feed)
    sentence = said(again.value)
    assert "left over from an earlier cell, it is in the way" in sentence and sentence.endswith(WAY_OUT)
    run(cost, feed)
    assert x.gradients[x].shape == (2,)


def test_shapes_that_a_leftover_does_not_fit_say_so_too():
    W, b = Input("W"), Input("b")
    feed = {x: np.ones((4, 3)), W: np.ones((3, 2)), b: np.ones(2)}
    Linear(W, x, b)
    f = Linear(x, W, b)
    with pytest.raises(MiniFlowError) as caught:
        forward_pass(topological_sort(feed))
    assert LEFT_OVER.format("Linear") in str(caught.value) and len(str(caught.value)) < 350
    assert forward_pass(f, topological_sort(feed, output=f)).shape == (4, 2)


def test_a_backward_that_is_in_the_way_says_so_too():
    CrashesBack(x)
    Sigmoid(x)
    with pytest.raises(ZeroDivisionError) as caught:
        run(None, {x: 1})
    assert LEFT_OVER.format("CrashesBack") in said(caught.value)


def test_a_graph_of_one_end_has_no_leftover():
    Add(Sigmoid(y), Crashes(Sigmoid(x)))
    with pytest.raises(ZeroDivisionError) as caught:
        run(None, {x: 1, y: 1, Input("unused"): 1})
    assert "left over" not in said(caught.value)


@pytest.mark.parametrize("output", [False, True])
def test_a_node_of_a_class_that_was_defined_again_says_to_build_it_again(output, monkeypatch):
    cell = "class Cube(Silent):\n  def forward(self):\n    self.value = self.inbound_nodes[0].value {} 3"
    monkeypatch.setitem(globals(), "Cube", None)
    exec(cell.format("@"), globals())
    f = globals()["Cube"](x)
    exec(cell.format("**"), globals())
    with pytest.raises((TypeError, ValueError)) as caught:
        forward_pass(topological_sort({x: 2}, output=f if output else None))
    assert "This Cube was built before its class was defined again" in said(caught.value)
    assert said(caught.value).endswith(WAY_OUT)
    f = globals()["Cube"](x)
    assert forward_pass(topological_sort({x: 2}, output=f)) == 8


def test_a_gradient_that_was_not_finite_is_said_where_it_began():
    """The forward of this op is on its guard against 0, its backward is not."""

    class GuardedLog(Log):
        def forward(self):
            self.value = np.log(np.maximum(self.inbound_nodes[0].value, 1e-12))

        @np.errstate(all="ignore")
        def backward(self):
            Log.backward(self)

    w = Input("w")
    graph = topological_sort({x: 0.0, w: 3.0, y: 1.0}, MSE(y, GuardedLog(Mul(Sigmoid(w), x), name="log")))
    with np.errstate(all="ignore"):
        forward_and_backward(graph)
        sgd_update([w])
        with pytest.raises(MiniFlowError, match=r"w is not finite.*gradient that log set.*division by 0"):
            forward_and_backward(graph)


def test_a_promise_not_kept_is_said_with_the_class():
    class Empty(Node):
        def __init__(self, x):
            Node.__init__(self, [x])

    with pytest.raises(NotImplementedError, match="Empty"):
        run(Empty(x), {x: 1})


def test_jupyter_shows_the_sentence_and_the_learners_line_and_not_our_stack():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=quiet)
    try:
        with capture_output() as shown:
            shell.run_cell("from miniflow_lib import Add, Input\nx = Input('x')\nf = Add(x, 3)")
            shell.run_cell("from miniflow_classroom import tangent\ntangent(3)")
    finally:
        InteractiveShell.clear_instance()
    assert "Input number 2 of Add is 3, an int" in shown.stdout and "In line 3: f = Add(x, 3)" in shown.stdout
    assert "The first argument of tangent" in shown.stdout and "In line 2: tangent(3)" in shown.stdout
    assert not [part for part in ("errors.py", "nodes.py", "check_", "raise ") if part in shown.stdout]


def test_every_op_of_ours_says_which_shapes_it_takes():
    kinds = {kind for kind in vars(ops).values() if isinstance(kind, type) and issubclass(kind, Node)}
    assert kinds - {Node} == set(mistakes._SHAPE_HINTS)
