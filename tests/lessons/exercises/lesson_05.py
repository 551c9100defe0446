"""Wrong answers to the exercises of lesson 05, and the sentence that each must get."""

from textwrap import dedent

from miniflow_classroom.exercises.lesson_05 import ROW_SUMS


def _paper(**wrong: str) -> str:
    right = dict(cost="2.5", a="[[-1], [-2]]", W="[[-7], [-10]]", b="[-3]", X="[[-2, 1], [-4, 2]]")
    return f"layer_by_hand = {{{', '.join(f'{key!r}: {text}' for key, text in (right | wrong).items())}}}"


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
ALL = 'return "factor" if np.allclose(ours, factor * slopes, atol=1e-6) else "wrong"'
VDOT = "factor = np.vdot(ours, slopes) / np.vdot(slopes, slopes)"
SUM, RIGHT = "to_sum.sum(axis=0)", "g * s * (1 - s)"

WRONG = {
    "layer_by_hand": [
        (_paper(cost="5"), "cost: that is the sum of the two squares"),
        (_paper(cost="1.5"), "cost: each home's difference is squared"),
        (_paper(cost="2.25"), "cost: each home's difference is squared"),
        (_paper(cost="6.5"), "cost: there is no b"),
        (_paper(cost="[2.5]"), "cost: the number is right. Write it without brackets"),
        (_paper(cost="'2.5'"), "cost: the number is right. Write it without brackets"),
        (_paper(W="[['-7'], ['-10']]"), "look again at W."),
        (_paper(X="[[-2, -1], [-4, -2]]"), "X: the sizes are right"),
        (_paper(X="[[1, -2], [2, -4]]"), "X: each weight came to the other column"),
        (_paper(X="[[-2], [-4]]"), "X: that is one path for each home"),
        (_paper(cost="1.25"), "look again at cost. The other 4 of 5 are right."),
        (_paper(a="[[1], [3]]"), "a: that is the value."),
        (_paper(W="[[2], [-1]]"), "W: that is the value."),
        (_paper(b="[1]"), "b: that is the value."),
        (_paper(X="[[1, 2], [3, 4]]"), "X: that is the value."),
        (
            _paper(a="[[1], [2]]", W="[[7], [10]]", b="[3]", X="[[2, -1], [4, -2]]"),
            "a: both outputs are too low",
        ),
        (
            _paper(a="[[-2], [-4]]", W="[[-14], [-20]]", b="[-6]", X="[[-4, 2], [-8, 4]]"),
            "a: that is what each home",
        ),
        (
            _paper(a="[-0.5, -1]", W="[[-3.5], [-5]]", b="[-1.5]", X="[[-1, 0.5], [-2, 1]]"),
            "a: that is half of what",
        ),
        (_paper(W="[[7], [10]]"), "W: the size is right"),
        (_paper(b="3"), "b: the size is right"),
        (_paper(X="[[2, -1], [4, -2]]"), "X: the size is right"),
        (_paper(W="[[-3.5], [-5]]"), "W: that is half of it"),
        (_paper(b="[-1.5]"), "b: that is half of it"),
        (_paper(X="[[-1, 0.5], [-2, 1]]"), "X: that is half of it"),
        (_paper(W="[[-14], [-20]]"), "W: that is twice as much"),
        (_paper(b="[-6]"), "b: that is twice as much"),
        (_paper(X="[[-4, 2], [-8, 4]]"), "X: that is twice as much"),
        (_paper(W="[[-1, -2], [-6, -8]]"), "W: that keeps the homes apart"),
        (_paper(W="[[-1, -6], [-2, -8]]"), "W: that keeps the homes apart"),
        (_paper(b="[[-1], [-2]]"), "b: that keeps the homes apart"),
        (_paper(W="[[-6], [-8]]"), "W: that is the share of one home"),
        (_paper(b="-1"), "b: that is the share of one home"),
        (_paper(W="[[-5], [-11]]"), "W: you went along the rows of X"),
        (_paper(X="[[-2, -4], [1, 2]]"), "X: the shape fits by luck"),
        (_paper(X="[[-1, -2], [-6, -8]]"), "X: you multiplied by X"),
        (_paper(X="[[2, -1], [2, -1]]"), "X: that is how far the outputs move"),
        (_paper(X="[-6, 3]"), "X: the homes are added up"),
        (_paper(a="(-1, -2)"), "a: the numbers are right, and their shape is not"),
        (_paper(W="[[-7, -10]]"), "W: the numbers are right, and their shape is not"),
        (_paper(b="-3"), "b: the numbers are right, and their shape is not"),
        (_paper(X="[-2, 1, -4, 2]"), "X: the numbers are right, and their shape is not"),
        (_paper(W="[[-10], [-7]]"), "look again at W. The other 4 of 5 are right."),
    ],
    "gradient_shapes": [
        (_shapes(W="(11, 13, 10)"), "keeps one gradient for each home"),
        (_shapes(W="(10, 13)"), "Which comes first?"),
        (_shapes(b="(11, 10)"), "one b serves all eleven rows"),
        (_shapes(b="(11, 1)"), "one b serves all eleven rows"),
        (_shapes(X="(13, 11)"), "in the same row and column"),
        (_shapes(W="(11, 10)"), "what comes out of the layer"),
        (_shapes(b="(10)"), "ends with a comma"),
        (_shapes(X="143", W="130", b="10"), "not multiplied out"),
        (_shapes(b="(1, 10)"), "neither row nor column"),
        (_shapes(b="(1,)"), "has its own bias"),
        (_shapes(W="130"), "not multiplied out"),
        (_shapes(W="(13,)"), "look again at W. The other 2 of 3 are right."),
    ],
    "sigmoid_layer": [
        *[
            (_layer(to_sum, f"X.T @ to_sum, {SUM}"), "and its shapes do not fit")
            for to_sum in (
                "g @ (s * (1 - s))",
                "g * s @ (1 - s)",
                "g * (s @ (1 - s))",
                "g * np.dot(s, 1 - s)",
            )
        ],
        *[
            (_layer(to_sum, f"X.T @ to_sum, {SUM}"), "mixes the homes")
            for to_sum in (
                "g @ (s * (1 - s)).T",
                "g * s @ (1 - s).T",
                "s @ (1 - s).T @ g",
                "g @ s.T @ (1 - s)",
            )
        ],
        *[(_layer(RIGHT, f"{to_W}, {SUM}"), "which order gives") for to_W in ("X @ to_sum", "to_sum @ X.T")],
        *[(_layer(RIGHT, f"{to_W}, {SUM}"), "has W in it") for to_W in ("W.T @ to_sum", "to_sum @ W")],
        (_layer(RIGHT, f"np.dot(X, to_sum), {SUM}"), "which order gives"),
        (_layer(RIGHT, f"X.T @ (g @ (s * (1 - s))), {SUM}"), "and its shapes do not fit"),
        (_layer(RIGHT, "X.T @ to_sum, g @ (s * (1 - s))"), "and its shapes do not fit"),
        (_layer("g.T @ (s * (1 - s))", f"X.T @ to_sum, {SUM}"), "Here a row has 5 numbers, a column 2."),
        (_layer(RIGHT, f"X.T * to_sum, {SUM}"), "the shapes (3, 5) and (5, 2) do not fit"),
        *[
            (f"def sigmoid_layer(X, W, b, g):\n    s = {s}\n", "the formula of the sigmoid")
            for s in (
                "sigmoid(X @ W + b)",
                "np.sigmoid(X @ W + b)",
                "MySigmoid(X @ W + b)",
                "Sigmoid(X @ W + b)",
                "Sigmoid(Linear(X, W, b))",
            )
        ],
        (_layer("g", f"X.T @ to_sum, {SUM}"), "walked past the sigmoid"),
        (
            _layer("g * 1 / (1 + np.exp(-s)) * (1 - 1 / (1 + np.exp(-s)))", f"X.T @ to_sum, {SUM}"),
            "sigmoid twice",
        ),
        (_layer(RIGHT, "X.T @ to_sum, to_sum.mean(axis=0)"), "b is too small"),
        (_layer(RIGHT, "X.T @ to_sum, to_sum"), "kept a row for each home"),
        (_layer(RIGHT, f"{SUM}, X.T @ to_sum"), "in the other order"),
        (_layer(RIGHT, "X.T @ to_sum"), "what about b?"),
        (_layer(RIGHT, f"to_sum.T @ X, {SUM}"), "lies on its side"),
        (_layer("s * (1 - s)", f"X.T @ to_sum, {SUM}"), "Where is `g`"),
        (_layer("g * (X @ W + b) * (1 - X @ W - b)", f"X.T @ to_sum, {SUM}"), "what goes into it"),
        (_layer("g * s * (s - 1)", f"X.T @ to_sum, {SUM}"), "the sign is not"),
        *[
            (_layer(to_sum, f"X.T @ to_sum, {SUM}"), "have put in `g`")
            for to_sum in ("g * (1 - g)", "g * s * (1 - g)")
        ],
        (
            _layer(RIGHT, f"X.T @ to_sum, {SUM}").replace("-(X @ W + b)", "-g"),
            "have put in `g`",
        ),
        *[
            (_layer(f"{factor} * (g - s) * s * (1 - s)", f"X.T @ to_sum, {SUM}"), "is not a target")
            for factor in ("1", "-1", "-2", "-2 / len(X)", "-2 / g.size")
        ],
        (_layer(RIGHT, f"W - X.T @ to_sum, b - {SUM}"), "Return the gradients themselves"),
        (_layer(RIGHT, f"X.T @ to_sum / len(X), {SUM}"), "b is right, W is too small"),
        *[
            (_layer(f"{part} * g * s * (1 - s)", f"X.T @ to_sum, {SUM}"), "both are too small")
            for part in ("1 / len(X)", "2 / len(X)", "2 / g.size")
        ],
        (
            _layer(RIGHT, "X.T @ to_sum, [sum(to_sum[:, 0]), sum(to_sum[:, 1])]"),
            "not there. The tables differ",
        ),
        (_layer("g * s", f"X.T @ to_sum, {SUM}"), "you have one of them"),
        (_layer("g * (1 - s)", f"X.T @ to_sum, {SUM}"), "you have one of them"),
        (_layer("g * s * 1 - s", f"X.T @ to_sum, {SUM}"), "needs its brackets"),
        (_layer("g + s * (1 - s)", f"X.T @ to_sum, {SUM}"), "What do rates along a path do?"),
        (_layer("g * (1 - s**2)", f"X.T @ to_sum, {SUM}"), "the slope of tanh"),
        (_layer("g * s**2", f"X.T @ to_sum, {SUM}"), "by which factor does the sigmoid multiply it?"),
        (_layer(RIGHT, "X.T @ to_sum, to_sum.sum(axis=1)"), "added along each row"),
        (_layer(RIGHT, "X.T @ to_sum, to_sum.sum()"), "added up everything"),
        (_layer(RIGHT, "X.T @ to_sum, to_sum.mean()"), "what you return for it is a single number"),
        (_layer(RIGHT, "X.T @ to_sum, to_sum.sum"), "Where are its brackets?"),
        (
            _layer(RIGHT, f"X.T @ to_sum, {SUM}").replace("np.exp(-(X @ W + b)))", "np.exp(-(X @ W))) + b"),
            "comes out of the sigmoid",
        ),
        (_layer(RIGHT, "X.T @ to_sum, to_sum[:1]"), "what you return for it has shape (1, 2)"),
        (_layer(RIGHT, "X.T @ to_sum, b"), "all is right but the numbers of b"),
        (_layer(RIGHT, "X.T @ to_sum, g.sum(axis=0)"), "The path to b leads through"),
        (_layer(RIGHT, f"X.T @ g, {SUM}"), "The path to W leads through"),
        (_layer(RIGHT, f"{{W: X.T @ to_sum, b: {SUM}}}"), "cannot be the key of a dict"),
        (_layer(RIGHT, f"{{'W': X.T @ to_sum, 'b': {SUM}}}"), "with a comma between them"),
        (_layer(RIGHT, f"X.T @ to_sum, {SUM}").replace("-(X @ W + b)", "-X @ W"), "no b in your s"),
        (_layer(RIGHT, f"X.T @ to_sum, {SUM}").replace("-(X @ W + b)", "-X @ W + b"), "does not reach b"),
        (
            _layer(RIGHT, f"X.T @ to_sum, {SUM}").replace(
                "(1 + np.exp(-(X @ W + b)))", "1 + np.exp(-(X @ W + b))"
            ),
            "divides first",
        ),
        (
            _layer(RIGHT, f"X.T @ to_sum, {SUM}").replace("X @ W", "W @ X"),
            "Here a row has 2 numbers, a column 5.",
        ),
        (
            _layer("g", f"X.T @ to_sum, {SUM}").replace(
                "to_sum = g", "to_sum = g\n    to_sum *= s * (1 - s)"
            ),
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
        (_backward("self.gradients = {x: np.ones_like(x.value)}"), "only the local gradient"),
        (
            _backward("self.gradients = {x: self.grad_cost().sum() * np.ones_like(x.value)}"),
            "arrives and [[6.5,",
        ),
        (
            _backward("self.gradients = {x: np.repeat(self.grad_cost(), 3, axis=1)}"),
            "does not have the shape of x",
        ),
        (_backward("self.gradients = {x: -self.grad_cost() * np.ones_like(x.value)}"), "the sign is not"),
        (_backward("self.gradients = {x: self.grad_cost().T}"), "does not have the shape of x"),
        (_backward("self.gradients = {x: self.grad_cost().reshape(x.value.shape)}"), "keeps all numbers"),
        (_backward("self.gradients = {x: self.grad_cost() * x.value / x.value}"), "an inf or a nan"),
    ],
    "diagnose": [
        *[
            (
                _diagnose(f'if {same}: return "fine"', SIGN, VDOT, ALL),
                "about all of them at once?",
            )
            for same in ("ours == slopes", "abs(ours - slopes) < 0.001")
        ],
        (
            _diagnose(FINE, SIGN, "place = abs(slopes).max()", "factor = ours[place] / slopes[place]", ALL),
            "is it the largest number itself",
        ),
        (
            _diagnose(
                FINE.replace("return", "answer ="),
                SIGN.replace("return", "answer ="),
                'else: answer = "wrong"',
                "return answer",
            ),
            "Does a later line change the answer?",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "factors = [o / s for o, s in zip(ours.ravel(), slopes.ravel())]",
                'return "factor" if max(factors) - min(factors) < 1e-6 else "wrong"',
            ),
            "a slope that you divide by is 0",
        ),
        (
            _diagnose('if (ours == slopes).all(): return "fine"', SIGN, VDOT, ALL),
            "hardly ever exact to the last digit",
        ),
        (
            _diagnose('if np.array_equal(ours, slopes): return "fine"', SIGN, VDOT, ALL),
            "hardly ever exact to the last digit",
        ),
        (
            _diagnose(
                "place = abs(slopes).argmax()", FINE, SIGN, "factor = ours[place] / slopes[place]", ALL
            ),
            "one after the other",
        ),
        (
            _diagnose(
                "factor = ours / slopes",
                'if np.allclose(factor, 1): return "fine"',
                'return "factor" if np.allclose(factor, factor[0, 0]) else "wrong"',
            ),
            "has a name of its own",
        ),
        (
            _diagnose(
                "factor = ours / slopes",
                'if np.allclose(factor, 1): return "fine"',
                SIGN,
                VDOT,
                ALL,
            ),
            "so is the number in its place",
        ),
        (
            _diagnose(FINE, 'if np.allclose(abs(ours), abs(slopes)): return "sign"', VDOT, ALL),
            "only some of the signs",
        ),
        (
            _diagnose(FINE, SIGN, VDOT, 'return "factor" if (ours == factor * slopes).all() else "wrong"'),
            "or allow for no difference?",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "factor = ours.max() / slopes.max() if slopes.max() else ours.min() / slopes.min()",
                "near = np.isclose(factor, 1.001) or (ours == factor * slopes).all()",
                'return "factor" if near and np.allclose(ours, factor * slopes) else "wrong"',
            ),
            "0.7 for all",
        ),
        (
            _diagnose(
                "factor = ours / slopes",
                'if np.allclose(factor, 1): return "fine"',
                'if np.allclose(factor, -1): return "sign"',
                'return "factor" if np.allclose(factor, factor[1, 0]) else "wrong"',
            ),
            "safe to divide by?",
        ),
        (_diagnose('return "Fine" if np.allclose(ours, slopes) else "Wrong"'), "none of the four answers"),
        (_diagnose(FINE.replace("fine", "Fine"), SIGN, VDOT, ALL), "none of the four answers"),
        (_diagnose("return np.allclose(ours, slopes)"), "none of the four answers"),
        (_diagnose(FINE, VDOT, ALL), "has a name of its own"),
        (_diagnose(FINE, 'if (ours == -slopes).all(): return "sign"', VDOT, ALL), "has a name of its own"),
        *[
            (_diagnose(f'if {same}: return "fine"', SIGN, VDOT, ALL), "sign and all?")
            for same in (
                "np.isclose(ours, slopes).any()",
                "np.isclose(ours.sum(), slopes.sum())",
                "np.allclose(ours.sum(axis=1), slopes.sum(axis=1))",
                "np.allclose(abs(ours), abs(slopes))",
                "np.allclose(ours, slopes, atol=10)",
                "all(abs(ours[i, j] - slopes[i, j]) < 1e-6 for i in range(2) for j in range(2))",
            )
        ],
        (
            _diagnose(FINE, SIGN, VDOT, "if factor < 0: return 'wrong'", ALL),
            "-2 times the slopes",
        ),
        *[
            (_diagnose(f'if {rough}: return "fine"', SIGN, VDOT, ALL), "How large may a tiny difference be?")
            for rough in (
                "np.allclose(ours, slopes, atol=0.1)",
                "np.allclose(ours, slopes, atol=1e-3)",
                "(ours.round(3) == slopes.round(3)).all()",
            )
        ],
        *[
            (_diagnose(FINE, f'if {turned}: return "sign"', VDOT, ALL), "more than a sign")
            for turned in (
                "(np.sign(ours) == -np.sign(slopes)).all()",
                "(ours * slopes <= 0).all()",
                "np.vdot(ours, slopes) < 0",
                "ours[0, 1] == -slopes[0, 1] or ours[0, 1] * slopes[0, 1] < 0",
            )
        ],
        *[
            (_diagnose(FINE, SIGN, f"factor = {factor}", ALL), "finds none of them")
            for factor in ("1", "2", "len(ours)", "0.5 / 3")
        ],
        (_diagnose(FINE, SIGN, 'return "wrong"'), "finds none of them"),
        *[
            (_diagnose(FINE, SIGN, f"factor = {factor}", ALL), "safe to divide by?")
            for factor in ("(ours / slopes).mean()", "np.median(ours / slopes)")
        ],
        (
            _diagnose(FINE, SIGN, 'return "factor" if (ours / slopes).std() < 1e-6 else "wrong"'),
            "safe to divide by?",
        ),
        *[
            (_diagnose(FINE, SIGN, f"factor = {factor}", ALL), "add up to 0")
            for factor in ("ours.sum() / slopes.sum()", "ours.mean() / slopes.mean()")
        ],
        *[
            (_diagnose(FINE, SIGN, f"factor = {factor}", ALL), "a slope that you divide by is 0")
            for factor in (
                "ours[0, 0] / slopes[0, 0]",
                "ours[-1, -1] / slopes[-1, -1]",
                "ours[1, 0] / slopes[1, 0]",
                "ours.max() / slopes.max()",
                "ours.ravel()[slopes.argmin()] / slopes.min()",
            )
        ],
        (
            _diagnose(
                FINE,
                SIGN,
                "if any(np.allclose(ours, factor * slopes) for factor in (2, 3, 0.5)):",
                '    return "factor"',
                'return "wrong"',
            ),
            "Do you try only a few factors",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "place = np.unravel_index(abs(slopes).argmax(), slopes.shape)",
                'return "factor" if (ours == ours[place] / slopes[place] * slopes).all() else "wrong"',
            ),
            "or allow for no difference?",
        ),
        (_diagnose(FINE, SIGN, 'return "factor"'), "a part doubled"),
        (_diagnose(FINE, SIGN, "factor = ours / slopes", ALL), "a part doubled"),
        (
            _diagnose(
                FINE,
                SIGN,
                "place = abs(slopes).argmax()",
                "factor = ours.ravel()[place] / slopes.ravel()[place]",
                ALL.replace("ours, factor * slopes", "ours[:2, :2], factor * slopes[:2, :2]"),
            ),
            "a part doubled",
        ),
        (
            _diagnose(FINE, SIGN, 'return "factor" if (np.sign(ours) == np.sign(slopes)).all() else "wrong"'),
            "a part doubled",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "factor = abs(ours).max() / abs(slopes).max()",
                ALL.replace("ours,", "abs(ours),").replace("* slopes", "* abs(slopes)"),
            ),
            "one has its sign turned",
        ),
        (
            _diagnose(
                FINE,
                SIGN,
                "ratios = ours[slopes != 0] / slopes[slopes != 0]",
                'return "factor" if np.allclose(ratios, ratios[0]) else "wrong"',
            ),
            "a slope is 0, and the number in its place",
        ),
        (
            _diagnose(FINE, SIGN, VDOT, ALL.replace("return", "print(").replace('"wrong"', '"wrong")')),
            "returns None",
        ),
        (_diagnose(FINE, SIGN, VDOT, ALL.replace("if np", "if factor > 1 and np")), "0.7 for all"),
    ],
}
