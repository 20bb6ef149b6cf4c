"""What the time of a presentation depends on: parameters by which runs are compared, and the work that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, Final

from stdpbench.experiment import Experiment
from stdpbench.registry import MissingKindError
from stdpbench.templates import templates

NETWORK: Final = "network.kind"
N_INPUT: Final = "number of inputs"
_DIEHL_COOK: Final = "diehl-cook"
_OF_DIEHL_COOK: Final = ("n_exc", "dt", "inhibition", "delays")
_SCHEDULE: Final = ("schedule.stimulus", "schedule.rest", "schedule.between", "schedule.stages")
_SECTIONS: Final = ("exc", "inh", "plasticity", "lateral")
_OF_STREAM: Final = re.compile(r"data\.(?!path$|.*file$)")
_NOT_OF_GRAPH: Final = re.compile(
    r"network\.populations\.\w+\.(neuron|noise)\.(?!kind$)"
    r"|network\.projections\.\w+\.(plasticity|delay)\.(?!kind$|title$)"
    r"|network\.projections\.\w+\.(weight|normalise|scale|receptor)\b"
    r"|network\.(read$|conductance_step$|streams\b)"
)


def speed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Select the parameters that determine the time of a presentation, except the number of inputs.

    They are kinds of neurons and rules, and what the size of the network follows from: of a network that is spelled
    out, populations and projections by name; of a template, its structural parameters. The input of a stream counts,
    too. Values of other parameters hardly matter, although they decide how many spikes there are.

    Parameters
    ----------
    values : mapping of str to Any
        All parameters of an experiment by dotted path.
    """
    kind = str(values.get(NETWORK) or _DIEHL_COOK)
    found = {path: value for path, value in values.items() if path.startswith("network.") and _matters(path, kind)}
    found[NETWORK] = kind
    found |= {f"{section}.kind": values.get(f"{section}.kind") for section in _SECTIONS}
    found |= {path: values.get(path) for path in _SCHEDULE}
    if kind == _DIEHL_COOK:
        found["lateral.kind"] = found["lateral.kind"] or "fixed"
    if found["schedule.between"] == "stream":
        found |= {path: value for path, value in values.items() if _OF_STREAM.match(path)}
    if found["schedule.between"] != "rest":
        found["schedule.rest"] = None
    found["schedule.stages"] = _learning(found["schedule.stages"])
    for path in [path for path, value in found.items() if value == "custom" and path.endswith("plasticity.kind")]:
        title = found.pop(f"{path.removesuffix('kind')}title", values.get(f"{path.removesuffix('kind')}title", ""))
        found[path] = f"custom {title}"
    return {path: value for path, value in found.items() if value is not None}


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the paths in which two selections of `speed` differ; where a kind does, not its parameters as well."""
    paths = [path for path in {**first, **second} if first.get(path) != second.get(path)]
    tables = tuple(path.removesuffix("kind") for path in paths if path.endswith(".kind"))
    return [path for path in paths if path.endswith(".kind") or not path.startswith(tables)]


def work(experiment: Experiment, n_input: int) -> float:
    """Return the work of a presentation: synapses and neurons times time steps.

    A projection that adds one number for all its synapses counts as its target neurons.

    Raises
    ------
    StdpbenchError
        If the network does not fit this number of inputs.
    """
    graph = experiment.graph(*([n_input] if n_input else []))
    n = float(sum(population.size for name, population in graph.populations.items() if name != graph.input))
    for projection in graph.projections.values():
        source, target = (graph.populations[name].shape for name in (projection.source, projection.target))
        summed = projection.connect.at_end and projection.one_weight
        n += prod(target) if summed else prod(source) * projection.connect.mean_out_degree(source, target)
    rest = experiment.rest_bins if experiment.schedule.between == "rest" else 0
    return n * (experiment.stimulus_bins + rest)


def _matters(path: str, kind: str) -> bool:
    if kind == "graph":
        return not _NOT_OF_GRAPH.match(path)
    name = path.partition(".")[2]
    if kind == _DIEHL_COOK:
        return name in _OF_DIEHL_COOK
    try:
        return name in {each.name for each in templates.get(kind).describe() if each.structural}
    except MissingKindError:
        return True


def _learning(stages: object) -> tuple[tuple[str, ...], ...] | None:
    """Return which projections learn in each stage, for however long."""
    if not isinstance(stages, Iterable) or isinstance(stages, str):
        return None
    return tuple(tuple(stage.get("projections", ())) for stage in stages if isinstance(stage, Mapping))
