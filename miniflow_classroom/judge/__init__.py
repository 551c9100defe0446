"""How an answer is looked at, and what is said of it."""
