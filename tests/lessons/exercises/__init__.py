"""The wrong answers that learners give: WRONG = {exercise: [(source, part of the sentence), ...]}."""
