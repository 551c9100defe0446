"""Wrong answers to the exercises of lesson 05, and the sentence that each must get."""

from textwrap import dedent

from miniflow_classroom.exercises.lesson_05 import ROW_SUMS


def _shapes(X: str = "(11, 13)", W: str = "(13, 10)", b: str = "(10,)") -> str:
    return f'gradient_shapes = {{"X": {X}, "W": {W}, "b": {b}}}'


def _layer(to_sum: str, returned: str) -> str:
    return dedent(f"""\
        def sigmoid_layer(X, W, b, g):
            s = 1 / (1 + np.exp(-(X @ W + b)))
            to_sum = {to_sum}
            return {returned}
        """)


def _backward(line: str) -> str:
    return ROW_SUMS.replace("self.gradients = {x: self.grad_cost()}", line)


def _diagnose(*lines: str) -> str:
    return "def diagnose(ours, slopes):\n" + "".join(f"    {line}\n" for line in lines)


FINE = 'if np.allclose(ours, slopes, atol=1e-6): return "fine"'
SIGN = 'if np.allclose(ours, -slopes, atol=1e-6): return "sign"'
LARGEST = "place = np.unravel_index(abs(slopes).argmax(), slopes.shape)"
FACTOR = 'if np.allclose(ours, ours[place] / slopes[place] * slopes, atol=1e-6): return "factor"'
WRONG_END = 'return "wrong"'

WRONG = {
    "gradient_shapes": [
        (_shapes(W="(11, 13, 10)"), "keeps one gradient for each home"),
        (_shapes(W="(10, 13)"), "Which comes first?"),
        (_shapes(b="(11, 10)"), "one b serves all eleven rows"),
        (_shapes(X="(13, 11)"), "start with X"),
        (_shapes(W="(11, 10)"), "what comes out of the layer"),
        (_shapes(b="(10)"), "ends with a comma"),
        (_shapes(b="(1, 10)"), "neither row nor column"),
        (_shapes(b="(1,)"), "a bias of its own"),
        (_shapes(W="130"), "not multiplied out"),
    ],
    "sigmoid_layer": [
        (_layer("g * s * (1 - s)", "X @ to_sum, to_sum.sum(axis=0)"), "which order gives"),
        (_layer("g", "X.T @ to_sum, to_sum.sum(axis=0)"), "walked past the sigmoid"),
        (
            _layer(
                "g * 1 / (1 + np.exp(-s)) * (1 - 1 / (1 + np.exp(-s)))", "X.T @ to_sum, to_sum.sum(axis=0)"
            ),
            "took the sigmoid twice",
        ),
        (_layer("g * s * (1 - s)", "X.T @ to_sum, to_sum.mean(axis=0)"), "b is too small"),
        (_layer("g * s * (1 - s)", "X.T @ to_sum, to_sum"), "kept a row for each home"),
        (_layer("g @ (s * (1 - s))", "X.T @ to_sum, to_sum.sum(axis=0)"), "Through the sigmoid it is `*`"),
        (_layer("g * s * (1 - s)", "to_sum.sum(axis=0), X.T @ to_sum"), "in the other order"),
        (_layer("g * s * (1 - s)", "X.T @ to_sum"), "what about b?"),
        (_layer("g * s * (1 - s)", "to_sum.T @ X, to_sum.sum(axis=0)"), "lies on its side"),
        (_layer("s * (1 - s)", "X.T @ to_sum, to_sum.sum(axis=0)"), "Where is `g`"),
        (
            _layer("g * (X @ W + b) * (1 - X @ W - b)", "X.T @ to_sum, to_sum.sum(axis=0)"),
            "what goes into it",
        ),
        (_layer("g * s * (s - 1)", "X.T @ to_sum, to_sum.sum(axis=0)"), "the sign is not"),
        (_layer("g * s * (1 - s) / len(X)", "X.T @ to_sum, to_sum.sum(axis=0)"), "both are too small"),
        (_layer("g * s * (1 - s)", "X.T @ to_sum, to_sum.sum(axis=1)"), "added along each row"),
        (_layer("g * s * (1 - s)", "X.T @ to_sum, to_sum.sum()"), "added up everything"),
        (_layer("g * s * (1 - s)", "X.T @ to_sum, g.sum(axis=0)"), "through the sigmoid as well"),
        (
            "def sigmoid_layer(X, W, b, g):\n    s = 1 / (1 + np.exp(-X @ W))\n"
            "    g = g * s * (1 - s)\n    return X.T @ g, g.sum(axis=0)",
            "no b in your s",
        ),
        (
            "def sigmoid_layer(X, W, b, g):\n    s = 1 / (1 + np.exp(-(X @ W + b)))\n    g *= s * (1 - s)\n"
            "    return X.T @ g, g.sum(axis=0)",
            "changes what it was given",
        ),
    ],
    "RowSums": [
        (_backward("self.gradients = {x: 1 * self.grad_cost()}"), "one column wide"),
        (_backward("self.gradients = {x: self.grad_cost() * x.value}"), "as Mul would"),
        (
            _backward("self.gradients = {x: self.grad_cost() * np.ones_like(x.value) / x.value.shape[1]}"),
            "shares each gradient out",
        ),
        (_backward("self.gradients = {x: np.ones_like(x.value)}"), "local gradient alone"),
    ],
    "diagnose": [
        (
            _diagnose('if (ours == slopes).all(): return "fine"', SIGN, LARGEST, FACTOR, WRONG_END),
            "never exact to the last digit",
        ),
        (_diagnose(FINE, LARGEST, FACTOR, WRONG_END), "has a name of its own"),
        (
            _diagnose(
                FINE,
                SIGN,
                'if np.isclose(ours[1, 1], slopes[1, 1]): return "factor"',
                LARGEST,
                FACTOR,
                WRONG_END,
            ),
            "the same for all numbers",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                'with np.errstate(all="ignore"):',
                "    ratios = ours / slopes",
                'return "factor" if np.allclose(ratios, ratios[0, 0]) else "wrong"',
            ),
            "What do you divide by?",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "factor = abs(ours).max() / abs(slopes).max()",
                'return "factor" if np.allclose(abs(ours), factor * abs(slopes), atol=1e-6) else "wrong"',
            ),
            "one has its sign turned",
        ),
    ],
}
