"""A prediction: the learner guesses first, may change a wrong guess once, and only then sees the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from numbers import Real

import ipywidgets
import numpy as np

from miniflow_lib import errors
from miniflow_classroom import arguments
from miniflow_classroom.widgets.base import StaticBox, captured, paragraph, pick_one, prose, read_number


def predict(
    question: str,
    answer: object,
    *,
    choices: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    wrong: Mapping | None = None,
    hint: str = "",
    because: str = "",
    show: Callable[[], object] | None = None,
) -> StaticBox:
    """A question, a field for the learner's guess, and a button *show* that opens once there is one.

    A wrong guess may be tried once more, unless there are only two choices: its sentence must not give the
    answer away. answer: a number, one of `choices`, or a list (an order of names, a shape); or a function
    that returns it, so that it is not in the cell. order: the names that the learner has to put in order.
    tolerance: how far off a number may be. wrong: {likely guess: a sentence for those who made it}.
    hint: the sentence for all other wrong guesses; without it, a general one. because: a sentence shown with
    the answer, at the end. show: called then too; what it prints or returns is shown.
    What the notebook stores is the question, never the answer.
    """
    arguments.check_text("The question", question)
    arguments.check_text("hint", hint)
    arguments.check_text("because", because)
    if show is not None:
        errors.check_function("show", show, "show()")
    if callable(answer):
        answer = answer()
    one_number = isinstance(answer, (int, float, np.number, np.ndarray)) and np.size(answer) == 1
    if choices is not None:
        task = Choice(_texts("choices", choices), str(answer))
    elif order is not None or (isinstance(answer, (list, tuple, np.ndarray)) and not one_number):
        task = Row(_texts("The answer", answer), _texts("order", () if order is None else order))
    elif one_number:
        number = errors.check_number("The answer", arguments.check_returned("The answer", answer))
        task = Amount(number, errors.check_number("tolerance", tolerance, 0))
    else:
        raise errors.MiniFlowError(
            "predict takes a number, a list, or one of its choices=[...] as the answer."
        )
    replies = _checked({} if wrong is None else wrong, task)
    return Prediction(question, task, replies, hint, because, show)


def _texts(name: str, parts) -> list[str]:
    """The parts of a list as texts."""
    if not isinstance(parts, (list, tuple, np.ndarray)) or not getattr(parts, "ndim", 1):
        raise errors.MiniFlowError(f"{name} is a list here, such as ['x', 'f'].")
    return [str(part) for part in parts]


def _checked(wrong, task: Amount | Choice | Row) -> dict:
    """The replies to wrong guesses, when each guess is one that could be made."""
    if not isinstance(wrong, Mapping):
        raise errors.MiniFlowError("wrong is a dict, {a likely guess: the sentence for it}.")
    for guess, sentence in wrong.items():
        arguments.check_text(f"wrong[{guess!r}]", sentence)
        if not task.could_be(guess):
            raise errors.MiniFlowError(
                f"wrong has a sentence for {guess!r}, and nobody can guess that: a guess is {task.wish}."
            )
    return dict(wrong)


# --- kinds of answers -------------------------------------------------------------------------------------


class Amount:
    """A number: 0.5, 1/3, -2e-3."""

    kind = "amount"
    unread = "Write only the number, such as 0.5, 1/2 or 4000."
    again = "Work it out once more, one step at a time."

    def __init__(self, answer: float, tolerance: float):
        self.answer, self.tolerance = answer, tolerance
        self.wish, self.told = "a number", ""
        self.field = _text_field("a number, e.g. 0.5 or 1/2")

    def read(self, text: str) -> float | None:
        return read_number(text)

    def could_be(self, guess: object) -> bool:
        return isinstance(guess, Real)

    def same(self, guess: float, other: object) -> bool:
        other = float(other)
        return abs(guess - other) <= self.tolerance + 1e-9 * abs(other)

    def show(self, value: float) -> str:
        return f"{value:.9g}"


class Choice:
    """One of a few."""

    kind = "choice"
    unread = ""
    again = "Read the question once more. Which of the other choices fits?"

    def __init__(self, choices: list[str], answer: str):
        if answer not in choices:
            raise errors.MiniFlowError(f"The answer {answer!r} is not one of the choices {choices}.")
        self.answer, self.wish = answer, "a choice"
        self.told = "".join(f"\n  ( ) {choice}" for choice in choices)
        self.field = pick_one(choices)

    def read(self, choice: str | None) -> str | None:
        return choice

    def could_be(self, guess: object) -> bool:
        return str(guess) in self.field.options

    def same(self, guess: str, other: object) -> bool:
        return guess == str(other)

    def show(self, value: str) -> str:
        return value


class Row:
    """Names or numbers one after another: an order, a shape."""

    kind = "row"
    again = "Go through it once more, one after another."

    def __init__(self, answer: list[str], names: list[str]):
        if names and sorted(names) != sorted(answer):
            raise errors.MiniFlowError(
                f"order= has to name what the answer puts in order: {', '.join(answer)}."
            )
        self.answer, self.names = answer, names
        self.wish = "each name once" if names else "all of it"
        self.told = f"\n  to be put in order: {', '.join(names)}" if names else ""
        self.unread = "Write them with a comma between two of them."
        if names:
            self.unread = f"Write each of {', '.join(names)} once, with a comma between two of them."
            self.again = "Go through it once more. What has to come before what?"
        self.field = _text_field(", ".join(names) if names else "one, two, ...")

    def read(self, text: str) -> list[str] | None:
        parts = re.split(r"[\s,;]+|->|→", text.strip(" ()[]\t,"))
        parts = [part for part in parts if part]
        if not self.names:
            return parts or None
        exact = {name.casefold(): name for name in self.names}
        if len(exact) == len(self.names):  # capitals matter only where X and x are two names
            parts = [exact.get(part.casefold(), part) for part in parts]
        return parts if sorted(parts) == sorted(self.names) else None

    def could_be(self, guess: object) -> bool:
        parts = guess if isinstance(guess, str) else ", ".join(map(str, guess)) if np.iterable(guess) else ""
        return self.read(parts) is not None

    def same(self, guess: list[str], other: object) -> bool:
        if isinstance(other, str):
            other = self.read(other) or []
        return [part.casefold() if not self.names else part for part in guess] == [
            str(part).casefold() if not self.names else str(part) for part in other
        ]

    def show(self, value: list[str]) -> str:
        return ", ".join(value)


def _text_field(placeholder: str) -> ipywidgets.Text:
    return ipywidgets.Text(placeholder=placeholder, layout=ipywidgets.Layout(width="260px"))


# --- the widget -------------------------------------------------------------------------------------------


class Prediction(StaticBox):
    """The question, the guess and the button; the answer stays in the kernel until the last guess is made."""

    def __init__(
        self,
        question: str,
        task: Amount | Choice | Row,
        wrong: dict,
        hint: str,
        because: str,
        show: Callable | None,
    ):
        self.task, self.wrong, self.hint, self.because, self.see = task, wrong, hint, because, show
        self.tries = 1 if task.kind == "choice" and len(task.field.options) <= 2 else 2
        self.guesses: list = []
        self.judged = ""  # the text of the last guess
        self.field = task.field
        self.button = ipywidgets.Button(
            description="show",
            disabled=True,
            tooltip=f"opens when you have entered {task.wish}",
            layout=ipywidgets.Layout(margin="2px 2px 2px 12px"),  # not part of the last choice
        )
        self.reply = ipywidgets.HTML()
        self.more = ipywidgets.Output()
        self.field.observe(self._entered, "value")
        self.field.on_msg(lambda _, message, __: message.get("event") == "submit" and self._show())
        self.button.on_click(self._show)
        ask = ipywidgets.HTML(paragraph(f"<b>Your prediction.</b> {prose(question)}"))
        row = ipywidgets.HBox(
            [self.field, self.button], layout=ipywidgets.Layout(align_items="flex-end", flex_flow="row wrap")
        )
        text = f"Your prediction. {question.strip()}{task.told}"
        super().__init__([ask, row, self.reply, self.more], text=text, page=lambda: self._page(question))

    def _entered(self, change) -> None:
        longer = self.judged and change.new != self.judged and change.new.startswith(self.judged)
        if longer and (self.field.disabled or self.task.read(change.new) not in (None, self.guesses[-1])):
            # Letters that a busy kernel got after the Enter that came after them: the guess was not complete.
            self.guesses.pop()
            self.judged = ""
            if self.field.disabled:
                self.field.disabled = self.button.disabled = False
                return self._show()
        empty = change.new is None or not change.new.strip()
        self.button.disabled = self.field.disabled or empty or [self.task.read(change.new)] == self.guesses

    def _show(self, button=None) -> None:
        """Reply to what is entered, to the last guess with the answer and before that with what may help."""
        if self.button.disabled:
            return
        guess = self.task.read(self.field.value)
        if guess is None:  # that is no guess yet
            before = [self._words()] if self.guesses else []
            self.reply.value = paragraph("<br>".join([*before, prose(self.task.unread)]), role="status")
            return
        self.guesses.append(guess)
        self.judged = self.field.value if isinstance(self.field, ipywidgets.Text) else ""
        done = self._right() or len(self.guesses) == self.tries
        self.button.disabled, self.field.disabled = True, done  # running the cell again asks anew
        self.button.description = "show" if done else "try again"
        self.reply.value = paragraph(self._words(), role="status")
        if done and self.see and not self.more.outputs:
            self._show_more()
        elif not done and isinstance(self.field, ipywidgets.Text):
            self.field.focus()  # the button that was pressed is closed now

    def _right(self) -> bool:
        return self.task.same(self.guesses[-1], self.task.answer)

    def _words(self) -> str:
        """The guesses with the answer and why, or the first guess with what may help."""
        task, right = self.task, self._right()
        guesses = ", then ".join(f"<b>{escape(task.show(guess))}</b>" for guess in self.guesses)
        verdict = [f"Your guess{'es' if len(self.guesses) > 1 else ''}: {guesses}"]
        said = next(
            (why for other, why in self.wrong.items() if not right and task.same(self.guesses[-1], other)), ""
        )
        if right or len(self.guesses) == self.tries:
            verdict.append(f"the answer: <b>{escape(task.show(task.answer))}</b>")
            lines = [said, self.because]
        else:
            lines = [said or self.hint or task.again]
        verdict.append("right." if right else "not right.")
        return "<br>".join([" · ".join(verdict), *(prose(line) for line in lines if line)])

    def _page(self, question: str) -> dict:
        """All that the page needs to reply as `_show` does; only `show` stays with the notebook."""
        task = self.task
        wrong = [[other, prose(why)] for other, why in self.wrong.items()]
        if task.kind == "row":
            wrong = [
                [(task.read(o) or []) if isinstance(o, str) else [*map(str, o)], why] for o, why in wrong
            ]
        elif task.kind == "amount":
            wrong = [[float(other), why] for other, why in wrong]
        return {
            "kind": "predict",
            "field": task.kind,
            "question": prose(question),
            "options": task.field.options if task.kind == "choice" else getattr(task, "names", []),
            "placeholder": getattr(task.field, "placeholder", ""),
            "wish": task.wish,
            "unread": prose(task.unread),
            "tries": self.tries,
            "answer": task.answer,
            "shown": task.show(task.answer),
            "tolerance": getattr(task, "tolerance", 0.0),
            "wrong": wrong,
            "hint": prose(self.hint or task.again),
            "because": prose(self.because),
            "more": self.see is not None,
        }

    def _show_more(self) -> None:
        with captured() as printed:
            try:
                shown = self.see()
            except Exception as error:  # in a click it would be seen in the log console alone
                shown = None
                print(f"{type(error).__name__}: {error}")
        if printed.getvalue():
            self.more.append_stdout(printed.getvalue())
        if shown is not None:
            self.more.append_display_data(shown)
