"""Wrong answers to the exercises of lesson 06, and the sentence that each must get."""


def _l2(returned: str) -> str:
    return f"def with_l2(gradient, W, l2):\n    return {returned}\n"


def _stop(*lines: str) -> str:
    return "def stop_early(costs, patience):\n" + "".join(f"    {line}\n" for line in lines)


def _walk(*lines: str, start: str = "speed = 0", end: str = "    return x") -> str:
    head = f"def momentum(slope, x, learning_rate, keep, steps):\n    {start}\n    for _ in range(steps):\n"
    return head + "".join(f"        {line}\n" for line in lines) + end + "\n"


BEST = (
    "best = 1",
    "for epoch, cost in enumerate(costs, start=1):",
    "    if cost < costs[best - 1]:",
    "        best = epoch",
)
LOWEST = (BEST[1], "    if cost < lowest:", "        lowest, best = cost, epoch")
AGO = (
    "for at in range(patience, len(costs)):",
    "    if costs[at] >= costs[at - patience]:",
)
EQUAL = (*BEST[:2], BEST[2].replace("<", "<="), BEST[3])
DOWN = "speed, down = 0, learning_rate * slope(x)"
SPEED = "speed = keep * speed - learning_rate * slope(x)"

WRONG = {
    "new_weight": [
        ("new_weight = 2 + 0.1 * 3", "Which way is down?"),
        ("new_weight = 2 - 0.1", "only the learning rate"),
        ("new_weight = 2 - 0.1 * 2", "multiplied by the weight"),
        ("new_weight = 2 - 3", "too long a step"),
        ("new_weight = -0.1 * 3", "that is the step."),
        ("new_weight = 3 - 0.1 * 2", "you moved the gradient"),
        ("new_weight = 0.1 * 3", "the length of the step"),
    ],
    "updates": [
        ("updates = 30 * (405 // 40)", "you left out the rows"),
        ("updates = 405 // 40 + 1", "that is one epoch. How many"),
        ("updates = 301", "come once there"),
        ("updates = 405 // 40", "that is one epoch, and without"),
        ("updates = 30 * 405", "one update per row"),
        ("updates = 30 * 405 / 40", "no partial update"),
        ("updates = 304", "of all epochs together"),
    ],
    "with_l2": [
        (_l2("gradient + l2 * W"), "the derivative of W² is not W"),
        (_l2("gradient + 2 * l2 * W**2"), "is not 2 W²"),
        (_l2("gradient + 2 * l2"), "is not 2."),
        (_l2("gradient + 2 * l2 * sum(W)"), "numbers of several weights"),
        (_l2("gradient + 2 * W"), "you forgot l2"),
        (_l2("gradient - 2 * l2 * W"), "the sign"),
        (_l2("gradient + l2 * W**2"), "what L2 adds to the cost"),
        (_l2("gradient + l2 * (W**2).sum()"), "numbers of several weights"),
        (_l2("gradient + 2 * l2 * W.sum()"), "numbers of several weights"),
        (_l2("2 * l2 * W"), "only L2's part"),
        (_l2("W - 2 * l2 * W"), "already moves the weights"),
        (
            "def with_l2(gradient, W, l2):\n    gradient += 2 * l2 * W\n    return gradient",
            "changes what it was given",
        ),
        ("def with_l2(gradient, W, l2):\n    gradient + 2 * l2 * W", "returns None"),
    ],
    "stop_early": [
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        break", "return best - 1"),
            "you count from 0",
        ),
        (_stop("return len(costs)"), "you return the last epoch"),
        (_stop("return costs.index(min(costs)) + 1"), "you read all the costs"),
        (_stop("return min(costs)"), "you read all the costs"),
        (
            _stop(*BEST, "    if epoch - best == patience:", "        return best", "return len(costs)"),
            "before the patience does",
        ),
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        return epoch", "return len(costs)"),
            "the epoch in which it stopped",
        ),
        (
            _stop(
                "for epoch in range(1, len(costs)):",
                "    if costs[epoch] > costs[epoch - 1]:",
                "        return epoch",
                "return len(costs)",
            ),
            "you stop at the first rise",
        ),
        (
            _stop(
                "best, waited = 1, 0",
                "for epoch in range(2, len(costs) + 1):",
                "    if costs[epoch - 1] < costs[best - 1]:",
                "        best = epoch",
                "    else:",
                "        waited += 1",
                "    if waited >= patience:",
                "        break",
                "return best",
            ),
            "you count all epochs without",
        ),
        (
            _stop(
                "best = 1",
                "for epoch in range(2, len(costs) + 1):",
                "    if costs[epoch - 1] < costs[epoch - 2]:",
                "        best = epoch",
                "    elif epoch - best >= patience:",
                "        break",
                "return best",
            ),
            "with the previous one",
        ),
        (
            _stop(
                "best, waited, before = 1, 0, costs[0]",
                "for epoch, cost in enumerate(costs, start=1):",
                "    if cost < costs[best - 1]:",
                "        best = epoch",
                "    waited = waited + 1 if cost > before else 0",
                "    before = cost",
                "    if waited == patience:",
                "        break",
                "return best",
            ),
            "with the previous one",
        ),
        (
            _stop(*BEST[:2], "    if epoch - best >= patience:", "        break", *BEST[2:], "return best"),
            "before you compare the last epoch",
        ),
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        break", "    return best"),
            "you always return 1",
        ),
        (
            _stop(
                "best, waited = 1, 0",
                "for epoch, cost in enumerate(costs, start=1):",
                "    if cost < costs[best - 1]:",
                "        best, waited = epoch, 0",
                "    elif cost > costs[best - 1]:",
                "        waited += 1",
                "    if waited >= patience:",
                "        break",
                "return best",
            ),
            "an equal cost",
        ),
        (
            _stop(*EQUAL, "    if epoch - best >= patience:", "        break", "return best"),
            "an equal cost",
        ),
        (
            _stop(
                "lowest, best, waited = costs[0], 1, 0",
                "for epoch, cost in enumerate(costs, start=1):",
                "    if cost < lowest:",
                "        lowest, best, waited = cost, epoch, 0",
                "    else:",
                "        waited += 1",
                "    if waited == patience:",
                "        break",
                "return best",
            ),
            "your epoch 1 counts",
        ),
        (
            _stop(*BEST, "    if epoch - best > patience:", "        break", "return best"),
            "one epoch too long",
        ),
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        break", "return costs[best - 1]"),
            "the number of its epoch",
        ),
        (
            _stop(
                "lowest, best = 1000, 1",
                *LOWEST,
                "    if epoch - best >= patience:",
                "        break",
                "return best",
            ),
            "with a number of your own",
        ),
        (
            _stop(
                "lowest, best = 0, 0",
                *LOWEST,
                "    if epoch - best > patience:",
                "        break",
                "return best",
            ),
            "with a number of your own",
        ),
        (_stop(*AGO, "        return at - patience + 1", "return len(costs)"), "of `patience` epochs before"),
        (
            _stop(*AGO, "        break", "return costs.index(min(costs[: at + 1])) + 1"),
            "of `patience` epochs before",
        ),
        (
            _stop(
                "rises = 0",
                "for at in range(1, len(costs)):",
                "    rises = rises + 1 if costs[at] >= costs[at - 1] else 0",
                "    if rises == patience:",
                "        return at + 1 - patience",
                "return len(costs)",
            ),
            "with the previous one",
        ),
    ],
    "momentum": [
        (_walk("x = x - learning_rate * slope(x)"), "plain gradient descent"),
        (_walk("speed = keep * speed + learning_rate * slope(x)", "x = x + speed"), "rolls uphill"),
        (
            _walk("before = slope(x)", "x = x + speed", "speed = keep * speed - learning_rate * before"),
            "your x is where it was. Even the first",
        ),
        (_walk("x = x + speed", SPEED), "your x is where it was. Even the first"),
        (
            _walk("speed = keep * speed - (1 - keep) * learning_rate * slope(x)", "x = x + speed"),
            "`keep` changes the slope's part",
        ),
        (
            _walk("speed = keep * (speed - learning_rate * slope(x))", "x = x + speed"),
            "`keep` changes the slope's part",
        ),
        (_walk("speed = keep * speed - slope(x)", "x = x + speed"), "the learning rate is missing"),
        (_walk("speed = speed - learning_rate * slope(x)", "x = x + speed"), "all of its old speed"),
        (_walk(SPEED, "x = x + speed", end="    return speed"), "the speed of the last step"),
        (_walk(SPEED, end="    return x + speed"), "x moves only once"),
        (
            _walk("speed = keep * speed - down", "x = x + speed", start=DOWN),
            "the slope only at the first x",
        ),
        (_walk(SPEED, "x = x + speed").replace("(steps)", "(1, steps)"), "your x is where it was"),
        (_walk(SPEED, "x = x + speed", end="        return x"), "inside the loop"),
        (_walk(SPEED, "x = x + speed", end=""), "returns None"),
    ],
    "colleague": [
        ("colleague = {}", "nothing is changed"),
        ('colleague = {"hidden": 10, "scale": False}', "nothing is changed"),
        ("colleague = 0.01", "must be a dict of changes, and is a float"),
        ('colleague = {"rate": 0.01}', "there is no setting 'rate'. The settings are hidden,"),
        ('colleague = {"hidden": 2.5}', "hidden must be a whole number"),
        ('colleague = {"learning_rate": "small"}', "learning_rate must be a number"),
        ('colleague = {"learning_rate": 0}', "learning_rate must be above 0"),
        ('colleague = {"l2": -0.1}', "l2 must be 0 or more"),
        ('colleague = {"scale": "True"}', "scale must be True or False, without quotes"),
        ('colleague = {"hidden": 0}', "hidden must be a whole number, 1 or more"),
        ('colleague = {"epochs": True}', "epochs must be a number"),
        ('colleague = {"learning_rate": float("inf")}', "learning_rate must be a number"),
        ('colleague = {"scale": np.True_}', "you are half way"),
        ('colleague = {"epochs": 10**9}', "take too long here"),
        ('colleague = {"epochs": 600}', "take too long here"),
        ('colleague = {"epochs": 500}', "of 5 hands against linear regression"),
        ('colleague = {"hidden": 60}', "take too long here"),
        ('colleague = {"hidden": 5, "l2": 0.1}', "change one thing at a time"),
        ('colleague = {"learning_rate": 10.0, "scale": True}', "the cost is no longer a number"),
        ('colleague = {"hidden": 5}', "won 0 of 5 hands against linear regression. That treats a symptom"),
        ('colleague = {"l2": 0.1}', "won 1 of 5 hands against linear regression. That treats a symptom"),
        ('colleague = {"epochs": 20}', "That treats a symptom"),
        ('colleague = {"batch_size": 150}', "won 3 of 5 hands against linear regression. That helps"),
        ('colleague = {"scale": True}', "you are half way. You found the cause, and the network won 1 of 5"),
        ('colleague = {"scale": True, "learning_rate": 0.1}', "the network won 1 of 5 hands"),
        ('colleague = {"scale": True, "learning_rate": 0.01, "epochs": 150}', "one more change is enough"),
    ],
}


# --- the capstone's reader of tables ---

READER = """def read_table(path, target):
    names = np.genfromtxt(path, delimiter=",", dtype=str, max_rows=1).tolist()
    if target not in names:
        raise ValueError(f"no column {target}: there are {', '.join(names)}")
    numbers = np.genfromtxt(path, delimiter=",", skip_header=1)
    for row, column in np.argwhere(np.isnan(numbers)):
        raise ValueError(f"row {row + 1} has no number in the column {names[column]}")
    place = names.index(target)
    features, paid = np.delete(numbers, place, axis=1), numbers[:, place]
    return features, paid, names[:place] + names[place + 1 :]
"""


def _reader(old: str, new: str) -> str:
    assert READER.count(old) == 1, old
    return READER.replace(old, new)


LOOK = READER[READER.index("    if target") : READER.index("    numbers =")]
CHECK = READER[READER.index("    for row") : READER.index("    place =")]
SAYS = 'f"row {row + 1} has no number in the column {names[column]}"'
RETURNS = "return features, paid, names[:place] + names[place + 1 :]"
NAMES = 'names = np.genfromtxt(path, delimiter=",", dtype=str, max_rows=1).tolist()'

NUMBERS = 'numbers = np.genfromtxt(path, delimiter=",", skip_header=1)\n'
BY_FLOAT = "rows = [line.split(',') for line in open(path).read().splitlines()[1:]]\n    "
ONLY_BLANKS = """    for line in open(path):
        if ",," in line:
            raise ValueError("row 2 has no km to sea")
"""

WRONG["read_table"] = [
    (_reader(RETURNS, "return features, paid"), "return three things"),
    (_reader(RETURNS, ""), "return three things"),
    (_reader("return features, paid", "return paid, features"), "a different order"),
    (_reader(RETURNS, "return features, names[:place] + names[place + 1 :], paid"), "a different order"),
    (_reader(RETURNS, "return features, paid, names.remove(target)"), "the names must be those"),
    (_reader(", skip_header=1)", ")"), "for a table without faults"),
    (
        "def read_table(path, target):\n"
        '    rows = np.genfromtxt(path, delimiter=",", names=True)\n'
        "    return rows, rows[target], [name for name in rows.dtype.names if name != target]\n",
        "in place of a second axis",
    ),
    (_reader("skip_header=1)\n" + CHECK, "dtype=str, skip_header=1)\n"), "still text"),
    (_reader(", skip_header=1)\n" + CHECK, ")\n"), "names were read as a row"),
    (_reader("skip_header=1", "skip_header=2"), "a row is missing"),
    (_reader(NUMBERS + CHECK, NUMBERS + "    numbers = numbers[::2]\n"), "the number of rows"),
    (_reader("np.delete(numbers, place, axis=1)", "numbers"), "it can copy"),
    (_reader("place = names.index(target)", "place = len(names) - 1"), "you took the last column"),
    (_reader("place = names.index(target)", "place = 1"), "in their order, without"),
    (_reader(NAMES, 'names = open(path).readline().split(",")'), "for a table without faults"),
    (_reader("numbers[:, place]", "numbers[:, [place]]"), "features needs two axes"),
    (_reader("features, paid, names[", "features.tolist(), paid, names["), "must be arrays"),
    (_reader("features, paid, names[", "features, paid.tolist(), names["), "must be arrays"),
    (_reader("axis=1)", "axis=1).T"), "rows and columns are swapped"),
    (_reader("axis=1)", "axis=1)[:, ::-1]"), "in their order, without"),
    (
        _reader(NAMES, 'names = list(np.genfromtxt(path, delimiter=",", names=True).dtype.names)'),
        "has rewritten a name",
    ),
    (_reader(RETURNS, "return features, paid, names"), "the names must be those"),
    (_reader(LOOK, "    target = target if target in names else names[-1]\n"), "was asked for, and your"),
    (
        _reader(LOOK, "").replace("names.index(target)", "np.where(np.array(names) == target)[0][0]"),
        "a ValueError of yours",
    ),
    (_reader(LOOK, ""), "a ValueError of yours"),
    (_reader("{', '.join(names)}", "{len(names)}"), "that was asked for, and the names"),
    (_reader('raise ValueError(f"no', 'return ValueError(f"no'), "returned something"),
    (_reader(f"raise ValueError({SAYS})", f"return print({SAYS})"), "returns something else"),
    (_reader(f"raise ValueError({SAYS})", f"return ValueError({SAYS})"), "returns something else"),
    (_reader(CHECK, ""), "a blank came back as nan"),
    (_reader(CHECK, ONLY_BLANKS), "a text in a column of numbers"),
    (
        _reader("np.isnan(numbers)", "np.isnan(np.delete(numbers, names.index(target), axis=1))").replace(
            "names[column]", "np.delete(names, names.index(target))[column]"
        ),
        "only at the features",
    ),
    (_reader(CHECK, "    numbers = numbers[~np.isnan(numbers).any(axis=1)]\n"), "you left out a row"),
    (_reader(CHECK, "    numbers = np.nan_to_num(numbers)\n"), "where the file has none"),
    (_reader(f"raise ValueError({SAYS})", f"raise KeyError({SAYS})"), "a different kind of error"),
    (_reader(SAYS, 'f"row {row + 1} has no number"'), "which column is meant"),
    (_reader(SAYS, 'f"row {row + 1} has no number in one of {names}"'), "which column is meant"),
    (
        _reader(NUMBERS + CHECK, BY_FLOAT + "numbers = np.array(rows, dtype=float)\n"),
        "stops with Python's own error",
    ),
    (_reader("for row, column in", "for column, row in"), "names a different column"),
    (_reader(SAYS, 'f"no number in the column {names[column]}"'), "and not the row"),
    (_reader("row {row + 1}", "row {row}"), "counted from 0"),
    (_reader("row {row + 1}", "row {row + 2}"), "the line of the names, too"),
    (_reader(RETURNS, "return names[:place] + names[place + 1 :], paid, features"), "a different order"),
    (_reader("features, paid, names[", "features, paid.astype(str), names["), "still text"),
    (_reader("features, paid, names[", "features, paid[0], names["), "features needs two axes"),
    (_reader("features, paid, names[", "features[0, 0], paid[0], names["), "features needs two axes"),
    (_reader("features, paid, names[", "features[:, 0], paid, names["), "features needs two axes"),
    (_reader("features, paid, names[", "features, paid[1:], names["), "the number of rows"),
    (_reader("features, paid, names[", "features[1:], paid, names["), "a row is missing"),
    (_reader("features, paid, names[", "features, paid + 1, names["), "in their order, without"),
    (
        _reader("names[:place] + names[place + 1 :]", "(names[:place] + names[place + 1 :])[::-1]"),
        "the names must",
    ),
    (_reader(LOOK, "    raise KeyError(target)\n"), "KeyError"),
    (_reader(NUMBERS, "numbers = np.array([int(n) for n in '1.5'.split()])\n"), "invalid literal for int()"),
    (_reader(LOOK, "    [target] = [name for name in names if name == target]\n"), "a ValueError of yours"),
    (_reader("no column {target}: there", "there"), "that was asked for, and the names"),
    (_reader(SAYS, 'f"row {row + 1}: {names[column - 1]} or {names[column - 2]}"'), "which column is meant"),
    (
        _reader(CHECK, "    bad = np.argwhere(np.isnan(numbers))\n    if len(bad) and bad[0]: ...\n"),
        "stops with Python's own error",
    ),
    (
        _reader(
            'genfromtxt(path, delimiter=",", skip',
            "genfromtxt([line.replace(',,', ',') for line in open(path)], delimiter=\",\", skip",
        ),
        "stops with Python's own error",
    ),
]

RIGHT_READERS = [
    READER,
    _reader(RETURNS, "return [features, paid, names[:place] + names[place + 1 :]]"),
    _reader("names[:place] + names[place + 1 :]", "tuple(names[:place] + names[place + 1 :])"),
    _reader("names[:place] + names[place + 1 :]", "np.array(names[:place] + names[place + 1 :])"),
    _reader(
        RETURNS, f"features = features.astype(int) if (features % 1 == 0).all() else features\n    {RETURNS}"
    ),
    _reader(SAYS, 'f"could not convert row {row + 1}, column {names[column]}"'),
    _reader(SAYS, 'f"row {row + 1}: {names[column]} has no number, next to {names[column - 1]}"'),
    _reader("no column {target}: there are", "{target} is not in list"),
]
