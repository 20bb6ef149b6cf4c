"""The parameters of an experiment in groups, as forms show them.

A group is a section, or in a network that is spelled out, a population or a projection. Parameters of what these
consist of belong to the group: ``plasticity.nu_post`` to the projection ``network.projections.feed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from stdpbench.base import units
from stdpbench.declare.parameters import Parameter, Parameters
from stdpbench.experiment.changes import may_change, owner_of
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.evaluation import VALUES
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.families import kind_parameter
from stdpbench.experiment.graph import Population, Projection
from stdpbench.experiment.graph.tables import MAY_BE_NONE, POPULATION, PROJECTION
from stdpbench.experiment.templates.brian2 import BrianNetwork
from stdpbench.experiment.templates.graph import GraphNetwork

_SECTIONS = (
    "reference",
    "plasticity",
    "lateral",
    "exc",
    "inh",
    "encoding",
    "network",
    "schedule",
    "evaluation",
    "data",
    "simulator",
)
_OPEN = ("plasticity", "exc")
_PARTS = ("plasticity", "delay_plasticity", "release", "normalise", "weight", "delay", "connect")
"""Parts of a projection; those that can change during a run come first."""
SIZE = Parameter(
    "size", "int", None, None, 1, None, False, False, (), "Number of neurons.", structural=True, required=True
)
"""Size of a population, which files may give in place of a shape."""
SHAPE = replace(next(parameter for parameter in Population.describe() if parameter.name == "shape"), required=True)
"""Sides of a population."""
_NO_KIND = {
    "noise": "Spikes that reach the neurons in addition to those of projections; none: there are none.",
    "plasticity": "Rule by which the weights learn; none: they do not.",
    "delay_plasticity": "Rule by which the axonal delays learn, from a spike to its arrival; none: they do not.",
    "release": "Short-term plasticity: what a spike delivers depends on those before; none: it delivers the weight.",
    "normalise": "How the weights are scaled before each training presentation; none: they are not.",
}


@dataclass(frozen=True)
class Group:
    """Parameters with a common heading.

    Attributes
    ----------
    path : str
        Path of the group: a section, ``network.populations.NAME`` or ``network.projections.NAME``; empty if it has
        parameters of several sections.
    heading : tuple of str
        Name of the group, and further texts, such as its kind.
    parameters : mapping of str to Parameter
        Declarations by path below that of the group; structural where a value cannot change during a run.
    primary : bool
        Whether forms show it first.
    missing : bool
        Whether a kind of the group is not installed here.
    """

    path: str
    heading: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    primary: bool = False
    missing: bool = False

    @cached_property
    def paths(self) -> Mapping[str, Parameter]:
        """The declarations by dotted path."""
        return {f"{self.path}.{name}".removeprefix("."): declared for name, declared in self.parameters.items()}

    @property
    def all_live(self) -> Group:
        """The group for a form in which all parameters can change, structural ones as well."""
        live = {name: replace(declared, structural=False) for name, declared in self.parameters.items()}
        return replace(self, parameters=live)

    def not_default(self, value: Callable[[str], Any]) -> int:
        """Return how many parameters, apart from kinds, do not have their default.

        Parameters
        ----------
        value : callable
            Returns the value of a parameter, given its dotted path.
        """
        return sum(
            value(path) != declared.default
            for path, declared in self.paths.items()
            if not declared.required and path.rpartition(".")[2] != "kind"
        )


def value_at(experiment: Experiment, path: str) -> Any:
    """Return the value of a parameter; None if it is unset, or if the experiment does not have it."""
    if path.startswith(VALUES):
        path = path.removeprefix(VALUES)
        value = dict(experiment.evaluation.values).get(path)
        declared = _declared(experiment, path)
        unit = None if declared is None else declared.unit
        return units.read(value, unit) if isinstance(value, str) and unit is not None else value
    owner, key = owner_of(experiment, path)
    return None if owner is None else getattr(owner, key, None)


def parameter_groups(experiment: Experiment) -> tuple[Group, ...]:
    """Return the groups of an experiment, without ``about`` and parameters that a form cannot show."""
    return (*_elements(experiment), *section_groups(experiment))


def group_of(experiment: Experiment, name: str) -> str:
    """Return the path of the group with the parameters of a population or projection of the expanded network.

    In a template, this is the section of its neuron or rule, else another one with parameters of it. Empty if none of
    its parameters can be set.
    """
    if isinstance(experiment.network, GraphNetwork):
        for table in ("projections", "populations"):
            if name in getattr(experiment.network, table):
                path = f"network.{table}.{name}"
                return path if any(group.path == path for group in parameter_groups(experiment)) else ""
        return ""
    paths = experiment.network.paths(experiment.parts)
    matches = [long for long in paths if long.split(".")[2] == name]
    first = sorted(matches, key=lambda long: not long.endswith((".neuron", ".plasticity")))
    return paths[first[0]].partition(".")[0] if first else ""


def section_groups(experiment: Experiment) -> tuple[Group, ...]:
    """Return the groups of `parameter_groups` that are sections."""
    return tuple(_section_groups(experiment))


def _elements(experiment: Experiment) -> Iterator[Group]:
    if isinstance(experiment.network, GraphNetwork):
        yield from _projections(experiment, experiment.network)
        yield from _populations(experiment, experiment.network)
    elif isinstance(experiment.network, BrianNetwork) and (declared := experiment.network.values.describe()):
        values = {parameter.name: parameter for parameter in declared}
        yield _group(experiment, "network.values", ("values",), values, True, False)


def _section_groups(experiment: Experiment) -> Iterator[Group]:
    for section in _SECTIONS:
        if section == EVALUATION and experiment.schedule.is_stream:
            continue  # a stream is neither labelled nor tested
        if section in experiment.sections:
            owner = getattr(experiment, section)
            kinds = section != "network"  # networks of another kind have other sections
            declared = dict(_of_part(owner, section, "") if kinds else {p.name: p for p in owner.describe()})
            declared.pop("stages", None)  # a list of tables
            if section == EVALUATION:
                declared = {"thresholds": declared["thresholds"], **_in_evaluation(experiment)}
            kind = (str(owner.kind),) if "kind" in declared else ()
            yield _group(experiment, section, (section, *kind), declared, section in _OPEN, bool(owner.missing))


def _in_evaluation(experiment: Experiment) -> dict[str, Parameter]:
    """Return the declarations of the parameters that differ in evaluation, by their path below the section."""
    declared = dict[str, Parameter]()
    for path, _ in experiment.evaluation.values:
        parameter = _declared(experiment, path)
        if parameter is not None:
            below = f"{VALUES}{path}".removeprefix(f"{EVALUATION}.")
            declared[below] = replace(
                parameter,
                name=below,
                help=f"In evaluation; none: as in training. {parameter.help}",
                default=value_at(experiment, path),
                optional=True,
            )
    return declared


def _declared(experiment: Experiment, path: str) -> Parameter | None:
    """Return the declaration of a parameter; None if the experiment does not have it."""
    owner, name = owner_of(experiment, path)
    return (
        None if owner is None else next((parameter for parameter in owner.describe() if parameter.name == name), None)
    )


def _projections(experiment: Experiment, network: GraphNetwork) -> Iterator[Group]:
    shown = "" if experiment.missing_kinds else experiment.graph().shown
    for name, projection in network.projections.items():
        path = f"network.projections.{name}"
        declared = projection_parameters(path, projection)
        rule = getattr(projection.plasticity, "kind", "")
        heading = (name, f"{projection.source} → {projection.target}", *([str(rule)] if rule else []))
        yield _group(experiment, path, heading, declared, name == shown, _any_missing(projection, PROJECTION))


def _populations(experiment: Experiment, network: GraphNetwork) -> Iterator[Group]:
    read = "" if experiment.missing_kinds else experiment.graph().read
    for name, population in network.populations.items():
        path = f"network.populations.{name}"
        declared = population_parameters(path, population)
        if len(population.shape) == 1:
            declared["size"] = SIZE
        elif population.shape:
            declared["shape"] = SHAPE
        if declared:  # otherwise the input, whose shape the data give
            size = (f"{population.size} neuron{'' if population.size == 1 else 's'}",) if population.size else ()
            heading = (name, *size, *([str(kind)] if (kind := getattr(population.neuron, "kind", "")) else []))
            yield _group(experiment, path, heading, declared, name == read, _any_missing(population, POPULATION))


def projection_parameters(path: str, projection: Projection) -> dict[str, Parameter]:
    """Return the declarations of a projection and of its parts, by their path below the projection."""
    declared = dict[str, Parameter]()
    for part in _PARTS:
        if part == "normalise" and projection.one_weight and projection.normalise is None:
            continue  # needs weights that differ or learn
        declared |= _of_part(getattr(projection, part), f"{path}.{part}", f"{part}.")
    return declared | {
        parameter.name: parameter for parameter in Projection.describe() if parameter.name not in PROJECTION
    }


def population_parameters(path: str, population: Population) -> dict[str, Parameter]:
    """Return the declarations of the parts of a population, by their path below it; none for the input."""
    if population.neuron is None:
        return {}
    neuron = _of_part(population.neuron, f"{path}.neuron", "neuron.")
    return neuron | _of_part(population.noise, f"{path}.noise", "noise.")


def _of_part(owner: Parameters | None, path: str, prefix: str) -> dict[str, Parameter]:
    """Return the declarations of an object, with its kind first if it has one."""
    kind, name = kind_parameter(path), path.rpartition(".")[2]
    declared: dict[str, Parameter] = {}
    if kind is not None:
        if owner is not None and owner.missing:  # no list of kinds has it
            kind = replace(kind, choices=(), help=f"As stored: {owner.missing}.")
        elif prefix and name in _NO_KIND:
            kind = replace(kind, choices=("none", *kind.choices), help=_NO_KIND[name])
        elif prefix and name in MAY_BE_NONE:
            kind = replace(kind, required=True)
        declared[f"{prefix}kind"] = replace(kind, name=f"{prefix}kind")
    for parameter in owner.describe() if owner is not None else ():
        declared[prefix + parameter.name] = replace(parameter, name=prefix + parameter.name)
    return declared


def _group(
    experiment: Experiment,
    path: str,
    heading: tuple[str, ...],
    parameters: Mapping[str, Parameter],
    primary: bool,
    missing: bool,
) -> Group:
    """Return a group whose parameters are structural unless they may change during a run of the experiment."""
    declared = {
        name: replace(
            parameter, structural=not may_change(experiment, experiment, f"{path}.{name}", not parameter.structural)
        )
        for name, parameter in parameters.items()
    }
    return Group(path, heading, declared, primary, missing)


def _any_missing(owner: Parameters, parts: Mapping[str, Any]) -> bool:
    return any(kind is not None and bool(kind.missing) for kind in (getattr(owner, part) for part in parts))
