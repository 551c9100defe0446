"""A learner's own engine as a module in the place of the library: the stand-ins, under both names."""

from miniflow_classroom.own import standins
from miniflow_classroom.own.file import NAMES, plain

for _name in NAMES:
    globals()[_name] = globals()[plain(_name)] = getattr(standins, _name)
