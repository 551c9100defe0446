"""MiniFlow: a small engine for learning backpropagation. It needs numpy alone.

What shows it at work and judges exercises is `miniflow_classroom`.
"""

from .datasets import load_boston
from .errors import MiniFlowError
from .nodes import Input, Node
from .ops import MSE, Add, Linear, Mul, Sigmoid
from .passes import backward_pass, forward_and_backward, forward_pass
from .sorting import topological_sort
from .tracing import trace
from .training import minibatches, sgd_update, train

__version__ = "1.1.0"

__all__ = ["MSE", "Add", "Input", "Linear", "Mul", "Node", "Sigmoid", "forward_pass", "topological_sort"]
__all__ += ["backward_pass", "forward_and_backward", "load_boston", "minibatches", "sgd_update", "train"]
__all__ += ["MiniFlowError", "trace"]
