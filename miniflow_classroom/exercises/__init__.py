"""What each lesson asks and how it is judged: for each lesson its words (.toml) and how answers are judged (.py).

A lesson's module has EXERCISES and QUIZ. The sentence for a mistake is beside the line that recognises it; all
other words, and the questions of the quiz, are in the .toml file of the same name.
"""

from miniflow_classroom.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
)
from miniflow_classroom.judge.exercise import LESSONS

for _module in (lesson_00, lesson_01, lesson_02, lesson_03, lesson_04, lesson_05, lesson_06):
    LESSONS[_module.__name__[-2:]] = _module
