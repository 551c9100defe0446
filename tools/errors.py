"""What a command raises. In a file of its own: what the package imports (the save hook) raises it too."""


class ToolError(Exception):
    """What a command cannot do, and what to do about it, in a sentence."""
