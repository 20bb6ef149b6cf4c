"""Experiments: immutable values, read from and written to TOML, with a digest."""

from stdpbench.experiment.changes import owner_of, parse_assignment
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.draft_rows import Placed, asked_first, draft_groups, placed
from stdpbench.experiment.evaluation import Evaluation
from stdpbench.experiment.experiment import Experiment, read_experiment
from stdpbench.experiment.families import SECTIONS, family_of, kind_parameter
from stdpbench.experiment.groups import Group, group_of, parameter_groups, value_at
from stdpbench.experiment.referenced import trained_kinds, with_reference
from stdpbench.experiment.sections import About, Schedule, Simulation, Stage, without_looks
from stdpbench.experiment.shipped import shipped_experiments
from stdpbench.experiment.shown import (
    encode,
    graph_for,
    input_shape,
    n_bins,
    n_cut,
    n_input,
    n_label_images,
    n_presentations,
    training_order,
    with_pool,
)
from stdpbench.experiment.templates.diehl_cook import Network

__all__ = [
    "SECTIONS",
    "About",
    "Evaluation",
    "Experiment",
    "Group",
    "Network",
    "NetworkDraft",
    "Placed",
    "Schedule",
    "Simulation",
    "Stage",
    "asked_first",
    "draft_groups",
    "encode",
    "family_of",
    "graph_for",
    "group_of",
    "input_shape",
    "kind_parameter",
    "n_bins",
    "n_cut",
    "n_input",
    "n_label_images",
    "n_presentations",
    "owner_of",
    "parameter_groups",
    "parse_assignment",
    "placed",
    "read_experiment",
    "shipped_experiments",
    "trained_kinds",
    "training_order",
    "value_at",
    "with_pool",
    "with_reference",
    "without_looks",
]
