"""The case of lesson 06 as its page has it: its functions, run from its cells, and the working rows."""

import ast
import math

import numpy as np

import miniflow_lib
from tests.series import read


def of_the_page(*names: str) -> dict[str, object]:
    """A namespace with numpy, the library, the working rows, and these names of the lesson's cells."""
    boston = miniflow_lib.load_boston()
    work = np.random.default_rng(6).permutation(506)[:405]
    space = {"np": np, "math": math, "library": miniflow_lib, "paid": boston.target[work]}
    space |= {name: getattr(miniflow_lib, name) for name in miniflow_lib.__all__}
    space["table"] = np.delete(boston.data[work], list(boston.feature_names).index("B"), axis=1)
    code = [cell.source for cell in read("06").cells if cell.cell_type == "code"]
    for statement in [part for source in code for part in ast.parse(source).body]:
        named = statement.targets[0] if isinstance(statement, ast.Assign) else statement
        if getattr(named, "id", getattr(named, "name", "")) in names:
            exec(ast.unparse(statement), space)
    return space
