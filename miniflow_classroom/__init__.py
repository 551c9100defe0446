"""What shows the engine at work and judges an answer: pictures, widgets, the gradient check, exercises."""

from __future__ import annotations

import os

from miniflow_lib import errors
from miniflow_classroom import exercises as exercises  # it fills the list that check looks into
from miniflow_classroom.folder import news
from miniflow_classroom.gradients.check import check_gradients
from miniflow_classroom.judge.check import check
from miniflow_classroom.own.keeping import keep, mine, show_mine
from miniflow_classroom.own.progress import progress
from miniflow_classroom.own.watched import watched
from miniflow_classroom.show.drawing import draw_graph
from miniflow_classroom.show.source import show_source
from miniflow_classroom.show.words import caught
from miniflow_classroom.widgets.bar import bar
from miniflow_classroom.widgets.elsewhere import where_installed
from miniflow_classroom.widgets.explorer import descent, explorer
from miniflow_classroom.widgets.fault_lab import fault_lab
from miniflow_classroom.widgets.fill_in_gradients import fill_in_gradients
from miniflow_classroom.widgets.fit_by_hand import fit_by_hand
from miniflow_classroom.widgets.knobs import turn_knobs
from miniflow_classroom.widgets.live import live, toggles
from miniflow_classroom.widgets.nudge import nudge
from miniflow_classroom.widgets.one_weight import cost_of_one_weight
from miniflow_classroom.widgets.predict import predict
from miniflow_classroom.widgets.quiz import hints, quiz
from miniflow_classroom.widgets.race import race, ratios
from miniflow_classroom.widgets.sort_game import sort_game
from miniflow_classroom.widgets.stale import stale
from miniflow_classroom.widgets.stepper import stepper
from miniflow_classroom.widgets.tangent import tangent
from miniflow_classroom.widgets.watch import watch_learning

errors.OURS.append(os.path.dirname(__file__) + os.sep)

__all__ = [
    "bar",
    "caught",
    "check",
    "check_gradients",
    "cost_of_one_weight",
    "descent",
    "draw_graph",
    "explorer",
    "fault_lab",
    "fill_in_gradients",
    "fit_by_hand",
    "hints",
    "keep",
    "live",
    "mine",
    "nudge",
    "predict",
    "progress",
    "quiz",
    "race",
    "ratios",
    "show_mine",
    "show_source",
    "sort_game",
    "stale",
    "stepper",
    "tangent",
    "toggles",
    "turn_knobs",
    "watch_learning",
    "watched",
    "where_installed",
]

news.tell()
