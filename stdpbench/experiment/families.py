"""The sections of an experiment, and the families of their kinds."""

from __future__ import annotations

from typing import Any

from stdpbench.data.datasets import datasets
from stdpbench.declare.parameters import Parameter, Parameters
from stdpbench.declare.registry import Family
from stdpbench.experiment.evaluation import Evaluation
from stdpbench.experiment.graph import Projection
from stdpbench.experiment.graph.tables import family_at
from stdpbench.experiment.references import references
from stdpbench.experiment.sections import About, Schedule, Simulation
from stdpbench.experiment.templates import templates
from stdpbench.kinds.encoding import encoders
from stdpbench.kinds.neurons import neurons
from stdpbench.kinds.plasticity import laterals, rules

PLAIN: dict[str, type[Parameters]] = {
    "about": About,
    "schedule": Schedule,
    "evaluation": Evaluation,
    "simulator": Simulation,
}
"""Sections without kinds."""
FAMILIES: dict[str, tuple[Family[Any], str]] = {
    "network": (templates, "diehl-cook"),
    "data": (datasets, "digits"),
    "encoding": (encoders, "poisson"),
    "exc": (neurons, "adaptive-lif"),
    "inh": (neurons, "lif"),
    "plasticity": (rules, "diehl-cook-triplet"),
    "lateral": (laterals, "fixed"),
    "reference": (references, "none"),
}
"""Sections with kinds: family, and the usual kind."""
SECTIONS = (
    *("about", "data", "encoding", "network", "exc", "inh", "plasticity", "lateral"),
    *("reference", "schedule", "evaluation", "simulator"),
)


def family_of(section: str) -> Family[Any] | None:
    """Return the family of kinds of a section, or None if the section has no kinds.

    Parts of a network count as sections: ``network.projections.feed.delay``, where feed may be any name.
    """
    return FAMILIES[section][0] if section in FAMILIES else family_at(section)


def kind_parameter(section: str) -> Parameter | None:
    """Describe the kind of a section like a parameter; None for a section without kinds.

    Its default is None where the kind must be given.
    """
    family = family_of(section)
    if family is None:
        return None
    default = Projection.model_fields.get(section.rpartition(".")[2])
    usual = FAMILIES[section][1] if section in FAMILIES else getattr(default and default.default, "kind", None)
    help_ = f"Kind of {family.name}; each kind has its own parameters and needs another network."
    return Parameter("kind", "choice", None, usual, None, None, False, False, family.kinds(), help_, True)


def usual(section: str) -> Any:
    """Return a section with its usual kind and default parameters."""
    family, kind = FAMILIES[section]
    return family.build({"kind": kind}, section)
