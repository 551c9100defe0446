"""The folder that a learner works in: copies of the lessons, the hand-out, the JupyterLab on it."""
