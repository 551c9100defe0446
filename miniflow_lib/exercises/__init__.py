"""What each lesson asks and how it is judged: a module a lesson with EXERCISES and QUIZ (see checks.py)."""
