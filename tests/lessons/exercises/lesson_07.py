"""Answers to the exercises of lesson 07: wrong ones, with the sentence that each must get, and right ones."""


def _lines(*body: str, end: str = "return lines") -> str:
    rows = ["lines = []", *body, *([end] if end else [])]
    return "def forward_lines(graph):\n" + "".join(f"    {row}\n" for row in rows)


LOOP, ASK = "for node in graph:", "    if node.inbound_nodes:"
NAMES = "        names = [inbound.name for inbound in node.inbound_nodes]"
SIGN = '        sign = " + " if "Add" in type(node).__name__ else " * "'
PUT = '        lines.append(f"{node.name} = {sign.join(names)}")'


def _with(old: str = "", new: str = "", end: str = "return lines") -> str:
    """The right loop, with one line changed."""
    rows = [LOOP, ASK, NAMES, SIGN, PUT]
    assert not old or sum(old in row for row in rows) == 1, old
    return _lines(*(row.replace(old, new) if old else row for row in rows), end=end)


def _source(lines: str, gradients: str, before: str = "") -> str:
    return f"def tanh_source(self, out, g, x):\n{before}    return {lines}, {gradients}\n"


LINE = '[f"{out} = np.tanh({x})"]'


def _gradient(formula: str) -> str:
    return _source(LINE, f'[f"{formula}"]')


def _repaired(formula: str, name: str = "d_l1") -> str:
    return f"repaired = {{'name': {name!r}, 'formula': {formula!r}}}"


def _pass(*body: str, put: str = "lines.append((name, formula, part))", end: str = "") -> str:
    rows = [*body, *([put] if put else [])]
    return (
        "def without_ones(program):\n    lines = []\n    for name, formula, part in program.lines:\n"
        + "".join(f"        {row}\n" for row in rows)
        + f"    {end or 'return replace(program, lines=tuple(lines))'}\n"
    )


START = ('while formula.startswith("1.0 * "):', '    formula = formula.removeprefix("1.0 * ")')
END = ('while formula.endswith(" * 1.0"):', '    formula = formula.removesuffix(" * 1.0")')

ONE_EACH = 'formula = formula.removeprefix("1.0 * ").removesuffix(" * 1.0")'

WRONG = {
    "forward_lines": [
        (_with(end=""), "returns None"),
        (
            _with("inbound.name for inbound in node.inbound_nodes", "node.inbound_nodes.name"),
            "How do you get",
        ),
        (_with("inbound.name for", "inbound for"), "What of each node is a text"),
        (
            _with(
                "names = [inbound.name for inbound in",
                "x, y =",
            ).replace("node.inbound_nodes]", "node.inbound_nodes; names = [x.name, y.name]"),
            "fixed number",
        ),
        (
            _with(
                "[inbound.name for inbound in node.inbound_nodes]",
                "[node.inbound_nodes[0].name, node.inbound_nodes[1].name]",
            ),
            "an input is missing",
        ),
        (_with("if node.inbound_nodes:", "if node.inbound_nodes[1]:"), "fixed number"),
        (_with(end='return "\\n".join(lines)'), "returns one text"),
        (_with(end="return set(lines)"), "not a set"),
        (_with("lines.append", "print"), "your list is empty"),
        (_with('f"{node.name} = {sign.join(names)}"', "(node.name, sign.join(names))"), "is not a text"),
        (_with("lines.append(f", "lines += (f"), "a single letter"),
        (_with('(f"', '("'), "there are braces"),
        (_with("{node.name}", "{node}"), "as Python prints it"),
        (_with("{sign.join(names)}", "{names}"), "as Python prints it"),
        (_with("inbound.name for", "str(inbound) for"), "as Python prints it"),
        (_with("{node.name} = ", ""), "not every line sets"),
        (_with("if node.inbound_nodes:", "if True:"), "an Input has a line"),
        (_with("{node.name}", "{type(node).__name__}"), "on the left is the name"),
        (_with("in graph", "in reversed(graph)"), "in a different order"),
        (_lines(LOOP, ASK, NAMES, SIGN, "        for name in names:", "    " + PUT), "several lines"),
        (_with(PUT, PUT + "\n            return lines"), "Is your `return` inside"),
        (_with(PUT, PUT + "\n        return lines"), "your list is empty"),
        (_with('"Add" in type(node).__name__', "type(node) is engine.Add"), "of one engine"),
        (_with("sign.join(names)", "''.join(name + sign for name in names)"), "begins or ends with a sign"),
        (_with("sign.join(names)", "' '.join(names)"), "there is no sign"),
        (_with("sign.join(names)", "', '.join(names)"), "there is no sign"),
        (_with("sign.join(names)", "''.join(names)"), "there is no sign"),
        (_with("inbound.name for", "str(inbound.value) for"), "there are numbers"),
        (
            _with(
                "inbound.name for inbound in node.inbound_nodes",
                "inbound.name for inbound in dict.fromkeys(node.inbound_nodes)",
            ),
            "in your line it comes once",
        ),
        (_with("node.inbound_nodes]", "node.inbound_nodes[:2]]"), "an input is missing"),
        (
            _with(
                "[inbound.name for inbound in node.inbound_nodes]",
                "[node.name] + [inbound.name for inbound in node.inbound_nodes]",
            ),
            "made from itself",
        ),
        (
            _with("in node.inbound_nodes]", "in node.outbound_nodes or [node.inbound_nodes[0]]]"),
            "whom a node feeds",
        ),
        (_with('"Add" in', '"Sum" in'), "have the same sign"),
        (_with('"Add" in', '"Add" not in'), "the signs are swapped"),
        (_with('"Add" in', '"Mul" in'), "the signs are swapped"),
        (_with('"Add" in', '"MyAdd" =='), "of one engine"),
        (_with('"Add" in', '"Add" =='), "of one engine"),
        (_with("in type(node).__name__", "in type(node)"), "Where is the name of the class"),
        (_with('"Add" in', '"Add" or "MyAdd" in'), "each side is a question by itself"),
        (_lines(LOOP, "    lines = []", ASK, NAMES, SIGN, PUT), "or your `lines = []`"),
        (_lines(LOOP, ASK, NAMES, SIGN, PUT, "graph.clear()"), "changes what it was given"),
        (_lines("while graph:", "    node = graph.pop(0)", ASK, NAMES, SIGN, PUT), "changes what it was"),
        (_lines(LOOP, "    node.value *= 3", ASK, NAMES, SIGN, PUT), "changes what it was given"),
        (_with('(f"', '(f" '), "begins with a blank"),
        (_with('names)}"', 'names)}\\n"'), "has a line break in it"),
        (_with("in graph", "in home"), "reads `home`"),
        (_lines("while True:", "    pass"), "still running"),
    ],
    "tanh_source": [
        (
            _source('[f"{out} = {np.tanh(x)}"]', '[f"{g} * (1 - {out}**2)"]'),
            "Your function must not calculate",
        ),
        (_source(LINE, "[g * (1 - out**2)]"), "Your function must not calculate"),
        ("def tanh_source(self, out, g, x):\n    print(out)\n", "returns None"),
        (
            'def tanh_source(self, out, g, x):\n    return f"{out} = np.tanh({x})"\n',
            "return two lists: first",
        ),
        (_source('f"{out} = np.tanh({x})"', 'f"{g} * (1 - {out}**2)"'), "there is a text by itself"),
        (_source(LINE, 'f"{g} * (1 - {out}**2)"'), "there is a text by itself"),
        (_source(LINE, "[]"), "return two lists: first"),
        (_source(LINE, "[1 - self.value**2]"), "that is not a text"),
        (_source(LINE, "[g * (1 - self.value**2)]"), "Your function must not calculate"),
        (_gradient("{g} * {1 - self.value**2}"), "the numbers that the node has"),
        (_gradient(" {g} * (1 - {out}**2)"), "begins with a blank"),
        (_source('["{out} = np.tanh({x})"]', '["{g} * (1 - {out}**2)"]'), "there are braces"),
        (_gradient("{g} * (1 - self.value**2)"), "`self` is in your text"),
        (_gradient("self.grad_cost() * (1 - {out}**2)"), "`self` is in your text"),
        (_gradient("{g} * (1 - {out}^2)"), "not a power"),
        (_source('[f"{g} * (1 - {out}**2)"]', LINE), "come in the order"),
        (_source('[f"np.tanh({x})"]', '[f"{g} * (1 - {out}**2)"]'), "sets no name"),
        (_gradient("d_{x} = {g} * (1 - {out}**2)"), "a gradient is only the formula"),
        (_source(LINE, '[f"{g} * (1 - {out}**2)", f"{g}"]'), "How many inputs does tanh have"),
        (_source('[f"{out} = tanh({x})"]', '[f"{g} * (1 - {out}**2)"]'), "knows only numpy"),
        (_source('[f"{out} = math.tanh({x})"]', '[f"{g} * (1 - {out}**2)"]'), "knows only numpy"),
        (
            _source('[f"{out} = {self.value!r}"]', '[f"{g} * (1 - {out}**2)"]'),
            "the numbers that the node has",
        ),
        (_gradient("{g} * {float((1 - self.value**2)[0, 0])}"), "the numbers that the node has"),
        (_gradient("{g} * np.{(1 - self.value**2)!r}"), "the numbers that the node has"),
        (
            _source('["slope = 1 - np.tanh(" + x + ")**2", f"{out} = np.tanh({x})"]', '[f"{g} * slope"]'),
            "another op might use",
        ),
        (_source('["out = np.tanh(x)"]', '["g * (1 - out**2)"]'), "none of those your function"),
        (_source('["t = np.tanh(z)"]', '["d_t * (1 - t**2)"]'), "none of those your function"),
        (
            _source('[f"{out} = np.tanh({self.inbound_nodes[0].name})"]', '[f"{g} * (1 - {out}**2)"]'),
            "none of those your function",
        ),
        (
            _source('[f"{out} = np.tanh({x})", f"{out}_slope = 1 - {out}**2"]', '[f"{g} * {out}_slope"]'),
            "the last line must set",
        ),
        (
            _source('[f"{out} = 1.0 / (1.0 + np.exp(-{x}))"]', '[f"{g} * {out} * (1.0 - {out})"]'),
            "still the sigmoid",
        ),
        (_source('[f"{out} = np.tan({x})"]', '[f"{g} * (1 - {out}**2)"]'), "do not set t to the tanh"),
        (_source('[f"{out} = np.tanh{x}"]', '[f"{g} * (1 - {out}**2)"]'), "Python says"),
        (_source('[f"{out} = np.tanh({x}"]', '[f"{g} * (1 - {out}**2)"]'), "Python cannot read"),
        (_gradient("1 - {out}**2"), "only the slope of tanh"),
        (_gradient("{g} * ({out}**2 - 1)"), "has the wrong sign"),
        *(
            (_gradient(formula), "tanh that is multiplied by itself")
            for formula in (
                "{g} * (1 - {x}**2)",
                "{g} * (1 - {g}**2)",
                "{g} * (1 - {out})**2",
                "{g} * (1 - 2 * {out})",
                "1 - 2 * {out}",
            )
        ),
        (_gradient("{self.grad_cost()} * (1 - {out}**2)"), "stands for what arrives"),
        (_gradient("{self.grad_cost} * (1 - {out}**2)"), "stands for what arrives"),
        (_gradient("{g} * (1 - {self.value} ** 2)"), "the numbers that the node has"),
        (_source('[f"{out} = {np.tanh(x.value)}"]', '[f"{g}"]'), "Your function must not calculate"),
        (_source('[f"{out} = np.tanh(float({x}))"]', '[f"{g}"]'), "it got a whole array"),
        (_source('[f"{x} = np.tanh({x})", f"{out} = {x}"]', '[f"{g}"]'), "Which names may your op set"),
        (_source('[f"{out} = np.tanh({x}, out={x})"]', '[f"{g}"]'), "Which names may your op set"),
        (_source('[f"{out} = np.tanh({x}, {g})"]', '[f"{g}"]'), "Which names may your op set"),
        (_gradient("np.multiply({g}, 1 - {out}**2, out={g})"), "Which names may your op set"),
        (_gradient("({g} * (1 - {out}**2)).sum(axis=0)"), "the value is right, and your gradient"),
        (_gradient("{g} * {out} * (1 - {out})"), "that of a sigmoid"),
        (_gradient("{g} * (1 - {out})"), "what is missing from your 1 - tanh?"),
        (_gradient("{g} * {out}**2"), "only a part of"),
        (_gradient("{g} * (1 + {out}**2)"), "steepest at 0, or far out"),
        (_gradient("{g} * 1 - {out}**2"), "Which part of your formula"),
        (_gradient("1 - {out}**2 * {g}"), "Which part of your formula"),
        (_gradient("{g} * (1 - np.tanh({out})**2)"), "the tanh of a tanh. Which name holds"),
        (_gradient("{g} + (1 - {out}**2)"), "You added the slope"),
        (_gradient("{g}"), "The gradient walks past"),
        (_gradient("{g} * {out}"), "by the value of the op"),
        (_gradient("{g} * (1 - {out}**3)"), "the value is right, and your gradient"),
        ("def tanh_source(self, out, g, x):\n    while True:\n        pass\n", "still running"),
    ],
    "dead_lines": [
        ("dead_lines = set()", "your set is empty"),
        ("dead_lines = {'d_y', 'd_X', 'd_w1'}", "is no line of that text"),
        ("dead_lines = {'W1', 'b1', 'X', 'y'}", "is no line of that text"),
        ("dead_lines = {'d_C', 'd_a', 'd_W2', 'd_b2'}", "these are lines that are needed"),
        ("dead_lines = {'d_y', 'd_X', 'd_W1', 'd_b1', 'new_W1', 'new_b1'}", "That the update of layer 1"),
        ("dead_lines = {'d_y', 'd_X', 'd_s1', 'd_l1', 'd_W1', 'd_b1', 'l1', 's1'}", "the whole forward part"),
        ("dead_lines = {'d_y', 'd_X', 'd_s1', 'd_l1', 'd_W1', 'd_b1', 'd_C'}", "Which of them reads it"),
        ("dead_lines = {'d_y', 'd_X', 'd_s1', 'd_l1', 'd_W2', 'd_b2'}", "the second layer is still trained"),
        ("dead_lines = {'d_y', 'd_X', 'd_a', 'd_s1', 'd_l1', 'd_W1', 'd_b1'}", "there is no step for W2"),
        ("dead_lines = {'d_y', 'd_X'}", "even when all is returned"),
        ("dead_lines = ['d_y', 'd_X', 'd_l1', 'd_s1']", "layer 1 gets no step"),
        ("dead_lines = {'d_s1', 'd_l1', 'd_W1', 'd_b1'}", "layer 1 is right"),
        ("dead_lines = {'d_W1', 'd_b1', 'd_y', 'd_X'}", "and there are more"),
        ("dead_lines = 'd_y'", "and there are more"),
        ("dead_lines = [4, 5]", "a text in quotes"),
        ("dead_lines = 6", "must be a set of names"),
    ],
    "repaired": [
        ("repaired = 'd_l1'", "a dict with two entries"),
        ("repaired = {'d_l1': 'd_t1 * (1.0 - t1 * t1)'}", "a dict with two entries"),
        ("repaired = {'name': 'd_l1', 'formula': 3}", "both entries are texts"),
        (_repaired("d_t1 * (1.0 - t1 * t1)", "d_L1"), "no line of that program"),
        (_repaired("(C_diff * C_diff).sum() / 11", "C"), "were a forward line wrong"),
        (_repaired("-2.0 / 11 * C_diff", "d_a"), "would only `new_W1`"),
        (_repaired("d_s2 * l2 * (1.0 - s2)", "d_l2"), "would only `new_W1`"),
        (_repaired("W1 - 0.01 * d_W1", "new_W1"), "would only `new_W1`"),
        (_repaired("d_l1.T @ X", "d_W1"), "Which line do they share"),
        (_repaired("d_l1.sum(axis=1)", "d_b1"), "Which line do they share"),
        (_repaired("d_l1 @ W2.T", "d_t1"), "that line is shared by both"),
        (_repaired("d_t1 * (1.0 - d_l1 * d_l1)"), "only set there or further down"),
        (_repaired("d_t1 * (1.0 - s2 * s2)"), "something of layer 2"),
        (_repaired("d_t1 * (1.0 - l1 * l1)"), "the line that is there"),
        (_repaired("d_t1 * (1 - l1**2)"), "the line that is there"),
        (_repaired("d_t1 * t1 * (1.0 - t1)"), "the slope of a sigmoid"),
        (_repaired("d_t1 * l1 * (1 - l1)"), "the slope of a sigmoid"),
        (_repaired("d_t1 * (1 - t1 * l1)"), "Where does your formula differ"),
        (_repaired("d_t1 * (1 - t1) ** 2"), "Where does your formula differ"),
        (_repaired("d_t1 * (1 - d_t1 ** 2)"), "Where does your formula differ"),
        (_repaired("d_t1 * (1 - 2 * t1)"), "Where does your formula differ"),
        (_repaired("d_t1 * t1"), "by the value of the tanh"),
        (_repaired("1"), "one number for the whole array"),
        (_repaired("(d_t1 * (1.0 - t1 * t1)).sum()"), "one number for the whole array"),
        (_repaired("(d_t1 * (1.0 - t1 * t1)).sum(axis=0)"), "gives shape (5,)"),
        (_repaired(" "), "your formula is empty"),
        (_repaired("1.0 - t1 * t1"), "and so is the slope"),
        (_repaired("d_t1 * (1.0 - t1)"), "What is missing?"),
        (_repaired("d_t1 * 1.0 - t1 * t1"), "Which part needs brackets"),
        (_repaired("1.0 - t1 * t1 * d_t1"), "Which part needs brackets"),
        (_repaired("d_t1 * (t1 * t1 - 1.0)"), "Can tanh fall where l1"),
        (_repaired("d_t1 * (1.0 + t1 * t1)"), "the line is found. Is tanh steepest"),
        (_repaired("d_t1 * (1.0 - np.tanh(t1)**2)"), "Which name is already the output"),
        (_repaired("d_t1"), "Your formula walks past"),
        (_repaired("d_s1 * s1 * (1.0 - s1)"), "no name d_s1 there"),
        (_repaired("d_t1 * (1.0 - t1^2)"), "not a power"),
        (_repaired("d_t1 * (1.0 - tanh(l1) ** 2)"), "Which library has it?"),
        (_repaired("d_t1 * (1.0 - t1 * t1"), "Python cannot read"),
        (_repaired("d_t1 @ (1.0 - t1 * t1)"), "a row of A must be"),
        (_repaired("d_t1 * (1.0 - t1 ** 3)"), "not right yet"),
    ],
    "without_ones": [
        (_pass("program.lines = formula"), "a program cannot be changed"),
        (_pass("program.lines[0] = formula"), "a tuple cannot be changed"),
        (_pass().replace("for name, formula, part", "for name, formula"), "How many names does your loop"),
        (_pass().replace("program.lines", "program"), "Where does it keep its lines"),
        (
            _pass('line = line.removeprefix("1.0 * ")').replace("for name, formula, part in", "for line in"),
            "treats a whole line",
        ),
        (_pass(*START, *END, end="return lines"), "returns only the lines"),
        (_pass(end='return str(program).replace("1.0 * ", "")'), "returns a text"),
        (_pass(*START, *END, put="lines.append((name, formula))"), "Name, formula, and what else"),
        (_pass(START[0], START[1], "    lines.append((name, formula, part))", put=""), "number of lines"),
        (_pass('formula.removeprefix("1.0 * ")'), "changes no text, it returns another"),
        (_pass("return program"), "get into the program that you return"),
        *((_pass(*(n * (ONE_EACH,))), "not all of them go") for n in (1, 2, 6)),
        (_pass('if formula.startswith("1.0 * "):', "    formula = formula[6:]", *END), "not all of them go"),
        (_pass(*START, 'while formula.endswith("* 1.0"):', "    formula = formula[:-5]"), "leaves a blank"),
        (_pass('formula = "0.0 + " + formula + " + 0.0"'), "is left in what became"),
        (_pass(*START, 'formula += " + 0.0"'), "What about its end"),
        (_pass(*START), "What about its end"),
        (_pass(*END), "What about its beginning"),
        (_pass('formula = formula.removeprefix("1.0 * ")'), "is left in what became"),
        (_pass('formula = formula.replace("1.0 * ", "")'), "you cut a number in two"),
        (_pass('formula = formula.replace(" * 1.0", "").replace("1.0 * ", "")'), "you cut a number in two"),
        (
            _pass('if formula.startswith("1.0 * "):', '    formula = formula.replace("1.0 * ", "")'),
            "you cut a number in two",
        ),
        (
            _pass("import re", r'formula = re.sub(r"\b1\.0 \* ", "", formula)'),
            "What does `q / 1.0 * p` divide by",
        ),
        (
            _pass("import re", *START, r'formula = re.sub(r" \* 1\.0\b", "", formula)'),
            "What is left of `q * 1.0 ** p`",
        ),
        (_pass('formula = formula.lstrip("1.0 * ")'), "`strip` and its relatives"),
        (_pass('formula = formula.rstrip(" * 1.0")'), "`strip` and its relatives"),
        (
            _pass('formula = formula.removeprefix("-").removeprefix("1.0 * ")', *START, *END),
            "a minus is gone",
        ),
        (
            _pass("""formula = " * ".join(f for f in formula.split(" * ") if f != "1.0")"""),
            "a 1.0 that is no factor",
        ),
        (_pass("formula = formula[6:]"), "Is that the same?"),
        (_pass("import ast", "formula = ast.parse(formula)"), "are texts"),
        (_pass('name = "x"'), "only the formulas may change"),
        (_pass("formula = eval(formula)"), "pass works nothing out"),
        (_pass('formula = "(" + formula + ")"'), "is left in what became"),
        (_pass('formula = formula.replace("1.0 * ", "1 * ")', *END), "is left in what became"),
        (_pass(end="return replace(program, lines=(line for line in lines))"), "yours are a generator"),
        (_pass("while True:", "    pass"), "still running"),
    ],
}

AST_PASS = """
import ast


class WithoutOnes(ast.NodeTransformer):
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, ast.Constant) and one.value == 1.0:
                    return other
        return node


def without_ones(program):
    lines = [(n, ast.unparse(WithoutOnes().visit(ast.parse(f))), p) for n, f, p in program.lines]
    return replace(program, lines=tuple(lines))
"""
RIGHT = {
    "forward_lines": [
        _with(end="return tuple(lines)"),
        _with(end="yield from lines"),
        _with('"Add" in type(node).__name__', "isinstance(node, engine.Add)"),
        _with('"Add" in type(node).__name__', "isinstance(node, miniflow_lib.Add)"),
        _with('"Add" in type(node).__name__', 'type(node).__name__ in ("Add", "MyAdd")'),
        _with('"Add" in type(node).__name__', 'node.__class__.__name__.endswith("Add")'),
        _with("= {sign.join(names)}", "= ({sign.join(names)})"),
        _with("sign.join(names)", "'(' * len(names) + (')' + sign).join(names) + ')'"),
        _with(" = {sign.join(names)}", "={sign.strip().join(names)}"),
        _with("if node.inbound_nodes:", 'if "Input" not in type(node).__name__:'),
        _with("lines.append(f", "lines += (f").replace('names)}")', 'names)}",)'),
        _lines(
            *(
                LOOP,
                ASK,
                '        line = node.name + " ="',
                "        for number, x in enumerate(node.inbound_nodes):",
            ),
            '            line += (" + " if "Add" in str(type(node)) else " * ") if number else " "',
            *("            line += x.name", "        lines.append(line)"),
        ),
    ],
    "tanh_source": [
        _gradient("{g} * (1 - np.tanh({x})**2)"),
        _gradient("(1 - {out}**2) * {g}"),
        _gradient("{g} * (1 - {out}) * (1 + {out})"),
        _gradient("{g} / np.cosh({x})**2"),
        _gradient("{g} - {g} * {out} * {out}"),
        _source('(out + "=np.tanh(" + x + ")",)', '(g + "*(1-" + out + "**2)",)'),
        _source(
            '[f"{out}_t = np.tanh({x})", f"{out}_slope = 1 - {out}_t**2", f"{out} = {out}_t"]',
            '[f"{g} * {out}_slope"]',
        ),
        _source(
            '["%s = (np.exp(%s) - np.exp(-%s)) / (np.exp(%s) + np.exp(-%s))" % (out, x, x, x, x)]',
            '["{} * (1 - {} ** 2)".format(g, out)]',
        ),
        _source(
            '[f"{out}_e = np.exp(2 * {x})", f"{out} = ({out}_e - 1) / ({out}_e + 1)"]',
            '[f"{g} * (1 - {out} ** 2)"]',
        ),
    ],
    "dead_lines": [
        "dead_lines = ['d_y', 'd_s1', 'd_l1', 'd_X', 'd_W1', 'd_b1']",
        "dead_lines = ('d_b1', 'd_y ', ' d_s1', 'd_l1', 'd_X', 'd_W1', 'd_y')",
        "dead_lines = 'd_y, d_s1, d_l1, d_X d_W1 d_b1'",
        "dead_lines = frozenset({'d_y', 'd_s1', 'd_l1', 'd_X', 'd_W1', 'd_b1'})",
    ],
    "repaired": [
        _repaired("d_t1*(1-t1**2)"),
        _repaired("(1 - t1) * (1 + t1) * d_t1", " d_l1 "),
        _repaired("d_l1 = d_t1 * (1.0 - np.tanh(l1) ** 2)"),
        _repaired(" (d_l2 @ W2.T) * (1 - t1 * t1)"),
        _repaired("d_t1 * (1.0 - t1 * t1)", "d_l1 = d_t1 * (1.0 - l1 * l1)"),
        _repaired("d_t1 - d_t1 * np.square(t1)"),
        _repaired("d_t1 * (1.0 - abs(t1) * abs(t1))"),
    ],
    "without_ones": [
        AST_PASS,
        _pass(*END, *START),
        _pass(*START, *END, 'formula = "(" + formula + ")"'),
        _pass("for _ in range(len(formula)):", "    " + ONE_EACH),
        _pass(*START, *END).replace("tuple(lines)", "lines"),
        _pass(*START, *END, put="lines += [(name, formula, part)]"),
        _pass("import re", r'formula = re.sub(r"^(1\.0 \* )+|( \* 1\.0)+$", "", formula)'),
        _pass(
            'factors = formula.split(" * ")',
            'formula = " * ".join(f for f in factors if f != "1.0") or "1.0"',
        ),
    ],
}
