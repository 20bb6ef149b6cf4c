"""Execution of the Python file that builds a network with Brian2."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import brian2 as b2
import numpy as np
from brian2.core.base import BrianObject
from brian2.core.network import Network
from brian2.devices.device import all_devices
from brian2.groups.group import Group
from brian2.input.spikegeneratorgroup import SpikeGeneratorGroup
from brian2.units.fundamentalunits import Quantity, Unit, get_dimensions

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.trust import check_trusted
from stdpbench.engine.network.values import Value, values_of
from stdpbench.experiment.graph import Graph, NetworkFile

_MONITORS = (b2.SpikeMonitor, b2.StateMonitor, b2.PopulationRateMonitor, b2.EventMonitor)


@dataclass(frozen=True)
class BuiltByFile:
    """What a file has built.

    Attributes
    ----------
    input : SpikeGeneratorGroup
        The group whose spikes are those of the stimulus.
    groups : dict of str to Any
        Groups and synapses by the names of populations and projections.
    objects : list of BrianObject
        All objects of the network, without monitors.
    names : dict of str to Any
        What equations may refer to: names of the file, then of the function ``build``.
    values : frozenset of str
        Constants of the file that values replace and equations can refer to.
    """

    input: SpikeGeneratorGroup
    groups: dict[str, Any]
    objects: list[Any]
    names: dict[str, Any]
    values: frozenset[str]


def run_file(graph: Graph) -> BuiltByFile:
    """Execute the file of a network, on the active device.

    Raises
    ------
    StdpbenchError
        If it is not trusted, has changed, fails, or does not build what the experiment declares.
    """
    file = graph.file
    assert file is not None
    source = file.read()
    check_trusted(file.sha256, file.path)
    module: dict[str, Any] = {"__name__": Path(file.path).stem, "__file__": file.path}
    with _told(file), _without_runs(file):
        before = _objects()
        exec(compile(source, file.path, "exec"), module)
        if b2.get_device() is not all_devices["resident"]:
            raise StdpbenchError(f"{file.name} chooses a device (set_device); leave that out")
        if _objects() - before:
            raise StdpbenchError(f"{file.name} makes objects of Brian2 when it is imported; make them in build(P)")
        build = module.get("build")
        if not callable(build) or not isinstance(code := getattr(build, "__code__", None), CodeType):
            raise StdpbenchError(
                f"{file.name} has no function build(P), which returns the groups and synapses of the network by name"
            )
        for name, value in values_of(file.values).items():
            module[name] = constant(file, name, value, module)
        source_group = SpikeGeneratorGroup(graph.populations[graph.input].size, [], [] * b2.second)
        before = _objects()
        result, local = _result_and_names(build, code, source_group)
        made = [obj for obj in _objects() - before if obj.add_to_magic_network and not isinstance(obj, _MONITORS)]
    if not isinstance(result, dict):
        raise StdpbenchError(f"{file.name}: build must return a dict of groups and synapses by name, not {result!r}")
    parts = {part for obj in made for part in obj.contained_objects if part is not obj}
    groups = {name: result[name] for name in _declared(graph) if name in result}
    for problem in _problems(graph, source_group, groups, result, made):
        raise StdpbenchError(f"{file.name}: {problem}")
    values = frozenset(name for name in values_of(file.values) if name not in local)
    return BuiltByFile(
        source_group, groups, [source_group, *(obj for obj in made if obj not in parts)], module | local, values
    )


def constant(file: NetworkFile, name: str, value: Value, module: dict[str, Any]) -> Any:
    """Return a value as the constant of a file that it replaces: a quantity, a whole number or a number.

    Raises
    ------
    StdpbenchError
        If the file has no such constant, or it has another dimension.
    """
    path, old = f"network.values.{name}", module.get(name)
    if not isinstance(old, int | float | np.number | Quantity) or np.ndim(old):
        numbers = [
            key for key, x in module.items() if isinstance(x, int | float | Quantity) and not isinstance(x, Unit)
        ]
        raise StdpbenchError(f"{path}: {file.name} has no constant {name!r}; {suggestion(name, numbers)}")
    unit = b2.DEFAULT_UNITS[value.unit] if value.unit != "1" else 1.0
    if get_dimensions(unit) != get_dimensions(old):
        raise StdpbenchError(f"{path} has another dimension than {name} in {file.name}, which is {old}")
    if not isinstance(old, int | np.integer):
        return value.si * unit
    if value.si != int(value.si):
        raise StdpbenchError(f"{path} must be a whole number, as {name} in {file.name} ({old})")
    return type(old)(value.si)


def _declared(graph: Graph) -> list[str]:
    return [*(name for name in graph.populations if name != graph.input), *graph.projections]


def _problems(
    graph: Graph, source: Any, groups: dict[str, Any], result: dict[str, Any], made: Collection[Any]
) -> Iterator[str]:
    """Yield a clause for each way in which groups are not those that an experiment declares."""
    for name in _declared(graph):
        if name not in result:
            yield f"build returns no {name!r}; it returns {', '.join(map(repr, result)) or 'nothing'}"
            return
        if groups[name] not in made:
            yield f"{name!r} is not made by build, or only a part of what is; return whole groups that build makes"
    for name, population in graph.populations.items():
        group = groups.get(name)
        if group is None:
            continue
        if not isinstance(group, Group) or not hasattr(group, "spikes"):
            yield f"{name!r} must be a group that fires, such as a NeuronGroup, not {type(group).__name__}"
        elif len(group) != population.size:
            yield f"{name!r} has {len(group)} neurons, but network.populations.{name}.size is {population.size}"
    ends = groups | {graph.input: source}
    for name, projection in graph.projections.items():
        synapses = groups[name]
        if not isinstance(synapses, b2.Synapses):
            yield f"{name!r} must be Synapses, not {type(synapses).__name__}"
        elif (synapses.source, synapses.target) != (ends[projection.source], ends[projection.target]):
            yield (
                f"{name!r} does not connect {projection.source} with {projection.target}, each as a whole; leave "
                "synapses of subgroups out of the table"
            )


def _objects() -> set[Any]:
    """Return the objects of Brian2 that exist."""
    return {obj for made in list(BrianObject.__instances__()) if (obj := made()) is not None}


def _result_and_names(build: Callable[..., Any], code: CodeType, source: Any) -> tuple[Any, dict[str, Any]]:
    """Call a function; return its result and its local names, to which equations may refer."""
    names: dict[str, Any] = {}

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "return" and frame.f_code is code:
            names.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return build(source), names
    finally:
        sys.setprofile(before)


@contextmanager
def _without_runs(file: NetworkFile) -> Iterator[None]:
    """Refuse runs of networks while a file is executed."""

    def refuse(*arguments: object, **options: object) -> None:
        raise StdpbenchError(
            f"{file.name} runs a network; build it in build(P), and call run only if __name__ == '__main__'"
        )

    run = Network.run
    Network.run = refuse
    try:
        yield
    finally:
        Network.run = run


@contextmanager
def _told(file: NetworkFile) -> Iterator[None]:
    """Convert any error of a file to a sentence with the line."""
    try:
        yield
    except StdpbenchError:
        raise
    except (Exception, SystemExit) as error:
        lines = [entry.lineno for entry in traceback.extract_tb(error.__traceback__) if entry.filename == file.path]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        where = f"{file.name}, line {line}" if line else file.name
        text = " ".join(str(error).split()) or "no message"
        raise StdpbenchError(f"{where}: {type(error).__name__}: {text}") from error
