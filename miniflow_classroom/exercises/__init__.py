"""What each lesson asks and how it is judged: a module a lesson, with EXERCISES and QUIZ."""

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
