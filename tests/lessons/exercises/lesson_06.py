"""Wrong answers to the exercises of lesson 06, and the sentence that each must get."""


def _l2(returned: str) -> str:
    return f"def with_l2(gradient, W, l2):\n    return {returned}\n"


def _stop(*lines: str) -> str:
    return "def stop_early(costs, patience):\n" + "".join(f"    {line}\n" for line in lines)


def _walk(*lines: str, start: str = "speed = 0", end: str = "    return x") -> str:
    head = f"def momentum(slope, x, learning_rate, keep, steps):\n    {start}\n    for _ in range(steps):\n"
    return head + "".join(f"        {line}\n" for line in lines) + end + "\n"


def _settings(hidden, learning_rate, epochs, l2) -> str:
    return (
        f'diabetes_settings = {{"hidden": {hidden}, "learning_rate": {learning_rate}, '
        f'"epochs": {epochs}, "l2": {l2}}}'
    )


BEST = (
    "best = 1",
    "for epoch, cost in enumerate(costs, start=1):",
    "    if cost < costs[best - 1]:",
    "        best = epoch",
)
SPEED = "speed = keep * speed - learning_rate * slope(x)"

WRONG = {
    "new_weight": [
        ("new_weight = 2 + 0.1 * 3", "Which way is down?"),
        ("new_weight = 2 - 3", "too long a step"),
        ("new_weight = -0.1 * 3", "that is the step alone"),
        ("new_weight = 3 - 0.1 * 2", "you moved the gradient"),
        ("new_weight = 0.1 * 3", "how long the step is"),
    ],
    "updates": [
        ("updates = 30 * (404 // 25)", "you left out the homes"),
        ("updates = 404 // 25 + 1", "that is one epoch. How many"),
        ("updates = 404 // 25", "that is one epoch, and without"),
        ("updates = 30 * 404", "an update for each home"),
        ("updates = 30 * 404 / 25", "a part of an update"),
    ],
    "with_l2": [
        (_l2("gradient + l2 * W"), "the derivative of W² is not W"),
        (_l2("gradient - 2 * l2 * W"), "the sign"),
        (_l2("gradient + l2 * W**2"), "what L2 adds to the cost"),
        (_l2("gradient + l2 * (W**2).sum()"), "one number for all weights?"),
        (_l2("2 * l2 * W"), "L2's part alone"),
        (_l2("W - 2 * l2 * W"), "moves the weights already"),
        (
            "def with_l2(gradient, W, l2):\n    gradient += 2 * l2 * W\n    return gradient",
            "changes what it was given",
        ),
        ("def with_l2(gradient, W, l2):\n    gradient + 2 * l2 * W", "returns None"),
    ],
    "stop_early": [
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        break", "return best - 1"),
            "that counts from 0",
        ),
        (_stop("return len(costs)"), "always the last epoch"),
        (_stop("return costs.index(min(costs)) + 1"), "you read all the costs"),
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        return epoch", "return len(costs)"),
            "that is where it stopped",
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
            "the count starts at 0",
        ),
        (
            _stop(*BEST, "    if epoch - best > patience:", "        break", "return best"),
            "one epoch too long",
        ),
        (
            _stop(*BEST, "    if epoch - best >= patience:", "        break", "return costs[best - 1]"),
            "the number of its epoch",
        ),
    ],
    "momentum": [
        (_walk("x = x - learning_rate * slope(x)"), "plain gradient descent"),
        (_walk("speed = keep * speed + learning_rate * slope(x)", "x = x + speed"), "rolls uphill"),
        (
            _walk("before = slope(x)", "x = x + speed", "speed = keep * speed - learning_rate * before"),
            "the old speed. First",
        ),
        (
            _walk("speed = keep * speed - (1 - keep) * learning_rate * slope(x)", "x = x + speed"),
            "(1 - keep)",
        ),
        (_walk(SPEED, "x = x + speed", end="        return x"), "inside the loop"),
        (_walk(SPEED, "x = x + speed", end=""), "returns None"),
    ],
    "diabetes_settings": [
        (_settings(10, 10, 20, 0), "it explodes"),
        (_settings(10, 0.01, 100, 0), "the settings that were given"),
        (_settings(30, 0.01, 200, 0), "by heart even more"),
        (_settings(2, 0.000001, 5, 0), "too timid"),
        (_settings(10, "'small'", 100, 0), "has to be a number"),
        (_settings(1.5, 0.01, 100, 0), "a whole number"),
        ('diabetes_settings = {"hidden": 10}', "exactly these keys"),
    ],
}
