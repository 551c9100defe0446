"""The graph and numbers as pictures."""
