"""Experiments: immutable values, read from and written to TOML, with a digest."""

from stdpbench.experiment.changes import owner_of, parse_assignment
from stdpbench.experiment.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.experiment.families import SECTIONS, family_of, kind_parameter
from stdpbench.experiment.groups import Group, parameter_groups, value_at
from stdpbench.experiment.sections import About, Schedule, Stage, without_looks
from stdpbench.templates.diehl_cook import Network

__all__ = [
    "SECTIONS",
    "About",
    "Experiment",
    "Group",
    "Network",
    "Schedule",
    "Stage",
    "family_of",
    "kind_parameter",
    "owner_of",
    "parameter_groups",
    "parse_assignment",
    "read_experiment",
    "shipped_experiments",
    "value_at",
    "without_looks",
]
