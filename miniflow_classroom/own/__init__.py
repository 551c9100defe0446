"""The learner's own: the engine that `check` keeps in my_miniflow.py, and how far they are."""
