"""Experiments: immutable values, read from and written to TOML, with a digest."""

from stdpbench.experiment.experiment import (
    SECTIONS,
    Experiment,
    family_of,
    kind_parameter,
    parse_assignment,
    read_experiment,
    shipped_experiments,
    without_looks,
)
from stdpbench.experiment.sections import About, Network, Schedule

__all__ = [
    "SECTIONS",
    "About",
    "Experiment",
    "Network",
    "Schedule",
    "family_of",
    "kind_parameter",
    "parse_assignment",
    "read_experiment",
    "shipped_experiments",
    "without_looks",
]
