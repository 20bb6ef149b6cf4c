"""The rows of a form for the draft of a network, and the rows to which its problems belong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stdpbench.declare.parameters import Parameter
from stdpbench.declare.registry import Family
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.graph import Population, Projection
from stdpbench.experiment.graph.checks import neural, receptors
from stdpbench.experiment.graph.tables import POPULATION, PROJECTION
from stdpbench.experiment.groups import (
    SHAPE,
    SIZE,
    Group,
    population_parameters,
    projection_parameters,
    section_groups,
)

_POPULATIONS = "network.populations."
_PICTURES = ("schedule.train_images", "schedule.test_images")
_ENDS = ("source", "target", "receptor")
_PATH = re.compile(r"\w+(?:\.\w+)+|\w+")
_INPUT_HELP = "Sides of the input; none: the data give its shape."
_PRESET = "Published parameters, which replace those of the neuron."


def draft_groups(draft: NetworkDraft) -> tuple[Group, ...]:
    """Return the parameters of a draft in groups; all of them can change.

    They are, in this order: the network as a whole, its populations, its projections, then the sections that are not
    part of it, such as the schedule. Paths are those of the expanded network, also in a template.
    """
    return tuple(_groups(draft))


def _groups(draft: NetworkDraft) -> Iterator[Group]:
    usual = {group.path: group for group in section_groups(draft.unchecked)}
    neurons, rules = _able(POPULATION["neuron"]), ("none", *_able(PROJECTION["plasticity"]))
    network = usual.pop("network")
    parameters = dict(network.parameters)
    if not draft.template:
        parameters["read"] = replace(parameters["read"], type="choice", choices=neural(draft.populations))
        if not parameters["read"].choices:
            del parameters["read"]
    yield _group("network", network.heading, parameters)
    for name, population in draft.populations.items():
        yield _population(name, population, neurons)
    for name, projection in draft.projections.items():
        yield _projection(draft, name, projection, rules)
    inside = ("network", "exc", "inh", "plasticity", "lateral")
    for path, group in usual.items():
        if path.partition(".")[0] not in inside:
            yield _group(path, group.heading, group.parameters)


def _population(name: str, population: Population, kinds: tuple[str, ...]) -> Group:
    path = f"network.populations.{name}"
    neuron = population.neuron
    if neuron is None:
        parameters = {"shape": replace(SHAPE, help=_INPUT_HELP, required=False, default=None)}
        return _group(path, (name, "spikes of the data"), parameters)
    parameters = {"size": SIZE, "shape": SHAPE}
    parts = population_parameters(path, population)
    parts["neuron.kind"] = replace(parts["neuron.kind"], choices=kinds)
    for key, declared in parts.items():
        parameters[key] = declared
        if key == "neuron.kind" and neuron.presets:
            choices = tuple(neuron.presets)
            parameters["neuron.preset"] = _choice("neuron.preset", choices, _PRESET)
    if "noise.receptor" in parameters:
        now = getattr(population.noise, "receptor", "")
        parameters["noise.receptor"] = _one_of(parameters["noise.receptor"], receptors(neuron), now)
    size = f"{population.size} neuron{'' if population.size == 1 else 's'}"
    return _group(path, (name, size, str(getattr(neuron, "kind", ""))), parameters)


def _projection(draft: NetworkDraft, name: str, projection: Projection, rules: tuple[str, ...]) -> Group:
    path = f"network.projections.{name}"
    parts = projection_parameters(path, projection)
    target = draft.populations.get(projection.target)
    receptor_names = receptors(target.neuron) if target is not None and target.neuron is not None else ()
    choices = {"source": tuple(draft.populations), "target": neural(draft.populations), "receptor": receptor_names}
    parameters = {end: _one_of(parts.pop(end), choices[end], getattr(projection, end)) for end in _ENDS}
    parts["plasticity.kind"] = replace(parts["plasticity.kind"], choices=rules)
    parameters |= {key: parts[key] for key in parts if key.startswith("connect.")}
    parameters |= {key: parts[key] for key in parts if key.startswith("weight.")}
    parameters |= {"scale": parts["scale"], **parts}
    return _group(path, (name, f"{projection.source} → {projection.target}"), parameters)


def _able(family: Family[Any]) -> tuple[str, ...]:
    """Return the kinds of neurons or rules that run in a network."""
    return tuple(kind for kind, cls in family.usable().items() if cls.runs_in_digit_network)


def _one_of(declared: Parameter, choices: tuple[str, ...], now: str) -> Parameter:
    """Return a declaration with choices that include the current value, even if it is invalid."""
    return replace(declared, type="choice", choices=choices if now in choices else (now, *choices))


def _choice(name: str, choices: tuple[str, ...], help_: str) -> Parameter:
    return Parameter(name, "choice", None, None, None, None, False, False, ("", *choices), help_, False)


def _group(path: str, heading: tuple[str, ...], parameters: Mapping[str, Parameter]) -> Group:
    live = {name: replace(parameter, name=name, structural=False) for name, parameter in parameters.items()}
    return Group(path, heading, live, primary=True)


@dataclass(frozen=True)
class Placed:
    """A problem and its place.

    Attributes
    ----------
    sentence : str
        What is wrong, and what would be right.
    group : str
        Path of its group; empty for none.
    row : str
        Path of the parameter; empty if it concerns the whole group.
    """

    sentence: str
    group: str = ""
    row: str = ""


def placed(sentences: Iterable[str], groups: Iterable[Group]) -> tuple[Placed, ...]:
    """Assign problems to rows by the path with which a sentence begins."""
    known = sorted(groups, key=lambda group: -len(group.path))
    return tuple(_placed(sentence, known) for sentence in sentences)


def _placed(sentence: str, groups: Iterable[Group]) -> Placed:
    match = _PATH.match(sentence)
    path = match[0] if match else ""
    for group in groups:
        if path == group.path or path.startswith(f"{group.path}."):
            below = path.removeprefix(group.path).removeprefix(".")
            rows = [name for name in (below, f"{below}.kind") if name in group.parameters]
            return Placed(sentence, group.path, f"{group.path}.{rows[0]}" if rows else "")
    return Placed(sentence)


def asked_first(draft: NetworkDraft, groups: Iterable[Group]) -> dict[str, Parameter]:
    """Return the parameters that a form asks for first, by dotted path, as far as an experiment has them.

    They are the size of the network, its start weights, and the length and amount of training.
    """
    graph, stream = draft.graph(), draft.unchecked.schedule.is_stream
    size = draft.unchecked.in_short(f"{_POPULATIONS}{graph.read}.size")
    length = ("schedule.duration",) if stream else ("schedule.passes", *_PICTURES)
    start = ("network.start", f"network.projections.{graph.shown}.weight.kind")
    known = {path: parameter for group in groups for path, parameter in group.paths.items()}
    layers = "network.hidden"
    wanted = (layers if layers in known else size, *start, *length)
    return {path: known[path] for path in wanted if path in known}
