"""Gradients beside what was measured: the check, and the bugs it finds."""
