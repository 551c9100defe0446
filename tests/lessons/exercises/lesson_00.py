"""Wrong answers to the exercises of lesson 00, and a part of the sentence that each must get."""

WRONG = {
    "cost_of_three": [
        ("cost_of_three = (22 - 20) ** 2 + (27 - 30) ** 2 + (11 - 10) ** 2", "sum of the squares"),
        ("cost_of_three = (2 + 3 + 1) / 3", "the average miss"),
        ("cost_of_three = ((22 - 20) + (27 - 30) + (11 - 10)) / 3", "cancelled out"),
        ("cost_of_three = (2 + 3 + 1) ** 2 / 3", "squares the sum"),
        ("cost_of_three = '14/3'", "a number, not a text"),
    ],
    "cost_of": [
        (
            "def cost_of(predictions, targets):\n"
            "    return sum((p - t) ** 2 for p, t in zip(predictions, targets))",
            "Divide it by the number",
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
            "cuts off",
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
    ],
    "best_price": [
        ("best_price = 20", "the middle home"),
        ("best_price = (10 + 60) / 2", "halfway between"),
        ("best_price = 10", "Try more"),
        ("best_price = 60", "Try less"),
        ("best_price = 27", "not right yet"),
    ],
}
