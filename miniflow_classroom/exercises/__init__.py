"""What each lesson asks (lesson_NN.toml) and how it is judged (lesson_NN.py, with EXERCISES and QUIZ).

The sentence for a mistake is beside the line that recognises the mistake; all other words, and the quiz, are
in the .toml file. The pieces of the learner's own engine, of all lessons, are in pieces.py.
"""

from miniflow_classroom.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    pieces,
)
from miniflow_classroom.judge.exercise import LESSONS, MORE

_LESSONS = (lesson_00, lesson_01, lesson_02, lesson_03, lesson_04, lesson_05, lesson_06, lesson_07)
for _module in _LESSONS:
    LESSONS[_module.__name__[-2:]] = _module
MORE.append(pieces)
