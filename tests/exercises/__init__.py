"""For each exercise the wrong answers that learners give: WRONG = {name: [(source, part of the sentence), ...]}."""
