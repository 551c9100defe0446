"""Wrong answers to the exercises of lesson 00, and a part of the sentence that each must get."""

WRONG = {
    "cost_of_three": [
        ("cost_of_three = (22 - 20) ** 2 + (27 - 30) ** 2 + (11 - 10) ** 2", "sum of the squares"),
        ("cost_of_three = (2 + 3 + 1) / 3", "the average miss"),
        ("cost_of_three = ((22 - 20) + (27 - 30) + (11 - 10)) / 3", "cancelled out"),
        ("cost_of_three = (2 + 3 + 1) ** 2 / 3", "squares the sum"),
        ("cost_of_three = (22 - 20) ** 2 + (27 - 30) ** 2 + (11 - 10) ** 2 / 3", "only the last square"),
        ("cost_of_three = (22 - 20 ** 2 + 27 - 30 ** 2 + 11 - 10 ** 2) / 3", "squares only the 20"),
        ("cost_of_three = (((22 - 20) ** 2 + (27 - 30) ** 2 + (11 - 10) ** 2) / 3) ** 0.5", "the root"),
        ("cost_of_three = '14/3'", "a number, not a text"),
        ("cost_of_three = (2^2 + 3^2 + 1^2) / 3", "the average miss"),
        ("cost_of_three = ((22 - 20)^2 + (27 - 30)^2 + (11 - 10)^2) / 3", "never below 0"),
        ("cost_of_three = ((20 - 22)^2 + (30 - 27)^2 + (10 - 11)^2) / 3", "never below 0"),
        ("cost_of_three = 2 + 3 + 1", "the sum of the misses"),
        ("cost_of_three = (4 + 9 + 1) / 2", "divides by 2"),
        ("cost_of_three = round(14 / 3)", "but rounded"),
        ("cost_of_three = 14 // 3", "not a whole number"),
        ("cost_of_three = [4, 9, 1]", "these are the squares"),
        ("cost_of_three = 4, 67", "with a comma"),
        ("cost_of_three = 9", "the three misses"),
        ("cost_of_three = (2**2 + -3**2 + 1**2) / 3", "never below 0"),
        ("cost_of_three = (22 - 20)**2 + (27 - 30)**2 + (11 - 10)**2 // 3", "only the last square"),
        ("cost_of_three = [2, -3, 1]", "these are the misses"),
        ("cost_of_three = [14 / 3]", "leave out brackets"),
    ],
    "cost_of": [
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in zip(predictions, targets))",
            "The cost is their average",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum(abs(p - t) for p, t in zip(predictions, targets)) / len(targets)",
            "the average miss",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return (sum(p - t for p, t in zip(predictions, targets)) / len(targets)) ** 2",
            "averages first",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in zip(predictions, targets)) // len(targets)",
            "cut off",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    print(sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets))",
            "returns None",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    m = len(targets)\n"
            "    return sum((predictions.pop() - targets.pop()) ** 2 for _ in range(m)) / m",
            "changes what it was given",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for p, t in zip(predictions, targets):\n"
            "        total += (p - t) ** 2\n"
            "        return total / len(targets)",
            "only the first home",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    for p, t in zip(predictions, targets):\n"
            "        return (p - t) ** 2",
            "only the first home",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    for p, t in zip(predictions, targets):\n"
            "        total = (p - t) ** 2\n"
            "    return total / len(targets)",
            "only the last home",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for p in predictions:\n"
            "        for t in targets:\n"
            "            total += (p - t) ** 2\n"
            "    return total / len(targets)",
            "a loop in a loop",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    squares = [(p - t) ** 2 for p in predictions for t in targets]\n"
            "    return sum(squares) / len(squares)",
            "a loop in a loop",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for p, t in zip(predictions, targets):\n"
            "        total += p - t ** 2\n"
            "    return total / len(targets)",
            "squares only `t`",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return [(p - t) ** 2 for p, t in zip(predictions, targets)]",
            "these are the squares",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum(p**2 - t**2 for p, t in zip(predictions, targets)) / len(targets)",
            "squares both prices",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) * 2 for p, t in zip(predictions, targets)) / len(targets)",
            "doubles a miss",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ^ 2 for p, t in zip(predictions, targets)) / len(targets)",
            "something else in Python",
        ),
        (
            "def cost_of(predictions, targets):\n    return sum((predictions - targets) ** 2) / len(targets)",
            "one list cannot be subtracted",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return (sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets)) ** 0.5",
            "the root of the cost",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in zip(predictions, targets)) / 3",
            "divides by 3",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in zip(predictions, targets)) / 2",
            "divides by 2",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum(p - t for p, t in zip(predictions, targets)) / len(targets)",
            "misses themselves",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum(p - t for p, t in zip(predictions, targets)) ** 2 / len(targets)",
            "squares the sum",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return round(sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets), 2)",
            "but rounded",
        ),
        ("def cost_of(predictions, targets):\n    return (4 + 9 + 1) / 3", "the three homes above"),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for i in range(len(targets) - 1):\n"
            "        total += (predictions[i] - targets[i]) ** 2\n"
            "    return total / len(targets)",
            "left out",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for i in predictions:\n"
            "        total += (predictions[i] - targets[i]) ** 2\n"
            "    return total / len(targets)",
            "not a place",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    pairs = zip(sorted(predictions), sorted(targets))\n"
            "    return sum((p - t) ** 2 for p, t in pairs) / len(targets)",
            "not right yet",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for i in len(targets):\n"
            "        total += (predictions[i] - targets[i]) ** 2\n"
            "    return total / len(targets)",
            "a single number",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    total = 0\n"
            "    for p, t in predictions, targets:\n"
            "        total += (p - t) ** 2\n"
            "    return total / len(targets)",
            "a pair at each step",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in predictions) / len(targets)",
            "a pair at each step",
        ),
        (
            "def cost_of(predictions, targets):\n"
            "    return int(sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets))",
            "cut off",
        ),
        *(
            (
                "def cost_of(predictions, targets):\n    pairs = [*zip(predictions, targets)]\n    " + line,
                part,
            )
            for line, part in (
                ("return np.median([(p - t) ** 2 for p, t in pairs])", "a median"),
                ("return np.median([abs(p - t) for p, t in pairs])", "a median"),
                ("return [(p - t) ** 2 for p in predictions for t in targets]", "a loop in a loop"),
                ("return [t - p for p, t in pairs]", "these are the misses."),
                ("return sum(abs(p - t) for p, t in pairs)", "the sum of the misses"),
                ("return sum(t - p for p, t in pairs)", "misses themselves"),
                ("return (sum(abs(p - t) for p, t in pairs) / len(pairs)) ** 2", "all misses at once"),
                ("return sum(p**2 - t**2 for p, t in pairs)", "squares both prices"),
                ("return sum((p - t) ** 2 for p, t in pairs) / len(pairs) ** 2", "twice"),
                (
                    "return sum((p - t) ** 2 for p, t in pairs) / len(predictions + targets)",
                    "half of the cost",
                ),
                ("return np.mean((targets - np.mean(targets)) ** 2)", "the lazy program"),
                ("return sum((predictions[i] - targets[i]) ** 2 for i in range(3)) / 3", "any length"),
                ("return sum((predictions[i] - targets[i]) ** 2 for i in range(targets))", "`range` takes"),
                ("return [sum((p - t) ** 2 for p, t in pairs) / len(pairs)]", "not the number itself"),
            )
        ),
    ],
    "best_price": [
        ("best_price = 20", "the middle home"),
        ("best_price = (10 + 60) / 2", "halfway between"),
        ("best_price = 10", "Try more"),
        ("best_price = 60", "Try less"),
        ("best_price = ((30 - 10) ** 2 + (30 - 20) ** 2 + (30 - 60) ** 2) / 3", "what the best price costs"),
        ("best_price = 27", "a little higher or a little lower"),
        ("best_price = [30, 30, 30]", "write it once"),
        ("best_price = [30]", "write it once"),
        ("best_price = 10 + 20 + 60", "between 10 and 60"),
        ("best_price = ((20 - 10) ** 2 + (60 - 20) ** 2) / 3", "between 10 and 60"),
    ],
}
