"""A Brian2 device whose generated C++ stays in the process.

Brian2's standalone device writes a program that runs once. This one derives from it: same code generation, other
loops around the generated lines (templates/), and instead of a program one translation unit with functions for
Python to call.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.errors import StdpbenchError
from stdpbench.network import Layout
from stdpbench.network.brian import (
    ArrayVariable,
    Constant,
    CPPStandaloneCodeObject,
    CPPStandaloneDevice,
    SynapticPathway,
    all_devices,
    get_device,
    preferences,
    prepare,
    reset_device,
)
from stdpbench.network.brian import brian2 as b2
from stdpbench.network.build import FIRES, BuiltNetwork, build
from stdpbench.network.layout import AMOUNT, SPREAD, PopulationLayout, ProjectionLayout
from stdpbench.simulators.compiled.arrivals import described, told_later
from stdpbench.simulators.compiled.pointers import rounded, traces
from stdpbench.simulators.compiled.quick import QuickStep, assigned, quick_step
from stdpbench.simulators.compiled.rewriting import (
    Code,
    array_at,
    array_of,
    by_target,
    changed,
    declared,
    dense_index,
    faded,
    fast,
    n_assigned,
    narrow,
    trace_array,
    with_decay,
    without_arrivals,
    without_decay,
    written,
)
from stdpbench.simulators.compiled.scalars import once, single
from stdpbench.simulators.response import recorded

DEVICE = "stdpbench_resident"
_QUEUES = "synapses_push_spikes"
"""Template of code that puts spikes into queues, of which there are none here."""
_REALS = {"float64": "double", "float32": "float"}
_WORDS = {"float64": "int64_t", "float32": "int32_t"}
"""Whole numbers as wide as those with a point, by precision: loops over both vectorise best."""


def _built() -> BuiltNetwork:
    return _device().built


def _projection(pathway: Any) -> ProjectionLayout:
    return _built().carried_by[str(pathway.synapses.name)]


def _is_dense(pathway: Any) -> bool:
    projection = _projection(pathway)
    return projection.dense and pathway.synapses.name == projection.group


def _all_pairs(group: Any) -> bool:
    """Whether a Brian2 object holds a synapse for each pair of neurons of a projection."""
    projection = _built().carried_by[str(group.name)]
    return projection.dense and group.name == projection.group


def _is_sparse(group: Any) -> bool:
    """Whether a Brian2 object holds the synapses of a sparse projection."""
    projection = _built().carried_by.get(str(group.name))
    if projection is None:
        return False
    return _spreads(group) or (projection.sparse and group.name == projection.group)


def _spreads(group: Any) -> bool:
    """Whether a Brian2 object holds the synapses by which a trace spreads."""
    projection = _built().carried_by.get(str(group.name))
    return projection is not None and str(group.name) == projection.own(SPREAD)


def _rows_of(group: Any) -> str:
    projection = _built().carried_by[str(group.name)]
    return f"rows_{projection.spread_number if _spreads(group) else projection.number}"


def _delay_form(pathway: Any) -> str:
    """How the spikes of a pathway arrive; output events are never delayed."""
    return "none" if pathway.prepost == "post" else str(_projection(pathway).delay_form)


def _needed_trace(pathway: Any) -> str:
    projection = _projection(pathway)
    if projection.rule is None or not projection.dense or pathway.name != projection.own("pre"):
        return ""
    needed = projection.rule.input_spike_needs
    return projection.own(needed) if needed else ""


def _needed_for_delays(pathway: Any) -> str:
    """The output trace without which a pathway changes no delay; empty if there is none, or for other pathways."""
    projection = _projection(pathway)
    rule = projection.delay_rule
    if rule is None or not rule.input_spike_needs or pathway.name != projection.own("shift"):
        return ""
    return projection.own_of_delay(rule.input_spike_needs)


def _needs_arrivals(pathway: Any) -> bool:
    """Whether code for output spikes reads what arrivals have left for later."""
    projection = _projection(pathway)
    return bool(pathway.name == projection.own("post") and told_later(projection))


def _without_arrivals(code: Code, pathway: Any) -> str:
    projection = _projection(pathway)
    return without_arrivals(code, told_later(projection) if pathway.name == projection.own("pre") else ())


def _population(group: Any) -> PopulationLayout | None:
    return next((each for each in _device().layout.populations.values() if each.group == group.name), None)


def _awake_list(group: Any) -> str:
    population = _population(group)
    return f"awake_{population.number}" if population is not None and population.sleeps else ""


def _scanned(group: Any) -> int | None:
    """Number of a population whose step tells whether a neuron fires; None for others."""
    population = _population(group)
    return None if population is None or group.name not in _built().scanned else population.number


def _is_step(group: Any, codeobj_name: str) -> bool:
    """Whether a code object is the step of the neurons, not the decay of traces that they carry."""
    return re.sub(r"_codeobject(_\d+)?$", "", codeobj_name) == f"{group.name}_step"


def _code_of(group: Any, codeobj_name: str) -> str:
    """The abstract code that a group runs in a code object."""
    name = re.sub(r"_codeobject(_\d+)?$", "", codeobj_name)  # with a number from the second network of a process on
    return str(next(each for each in group.contained_objects if each.name == name).abstract_code)


def _n_assigned(variables: dict[str, Any], code: str) -> int:
    return n_assigned(code, [name for name, variable in variables.items() if isinstance(variable, ArrayVariable)])


def _traces() -> dict[str, str]:
    return traces(_device().layout)


def _rounded(group: Any) -> list[str]:
    """Arrays of slow variables that the step of a group reads in float."""
    population = _population(group)
    return [] if population is None or _scanned(group) is None else rounded(_device().layout, population)


def _precision() -> str:
    return _device().layout.graph.precision


def _postponed(code: Code) -> list[str]:
    """Pointers in some code to traces whose decay is postponed."""
    text = code if isinstance(code, str) else "\n".join(code)
    return [pointer for pointer in _traces() if re.search(rf"\b{pointer}\b", text)]


def _stepped(
    code: Code, scalar_code: Code, variables: dict[str, Any], group: Any, decays: list[tuple[str, str]]
) -> str:
    """Vector code of a step of neurons; what decays by a number is appended to `decays`, and no longer in the code."""
    text, found = without_decay(_typed(fast(code), scalar_code, variables), _traces())
    decays += found
    text = with_decay(text, _traces())
    for array in _rounded(group):
        if f"_ptr{array}[_idx] = " not in text:
            text = text.replace(f" = _ptr{array}[_idx];", f" = _rounded{array}[_idx];")
    return single(text, scalar_code, variables)


def _fast(code: Code, scalar_code: Code, variables: dict[str, Any]) -> str:
    text = with_decay(_typed(fast(code), scalar_code, variables), _traces())
    return single(text, scalar_code, variables)


def _typed(code: Code, scalar_code: Code, variables: dict[str, Any]) -> str:
    """Vector code in the precision of the network; numbers that scalar code computes are double in any case."""
    text = code if isinstance(code, str) else "\n".join(code)
    if _precision() == "float64":
        return text
    constants = [name for name, one in variables.items() if isinstance(one, Constant) and one.dtype == np.float64]
    return narrow(text, [*declared(scalar_code), *constants])


def _quick(code: str, scalar_code: Code, variables: dict[str, Any], group: Any) -> QuickStep | None:
    """Return the quick form of a step of neurons, as the compiler gets it; None if there is none."""
    population = _population(group)
    if population is None or population.is_input or once(scalar_code, variables) is None:
        return None
    constants = [name for name, one in variables.items() if isinstance(one, Constant)]
    reset = assigned(population.neuron.reset) & assigned(population.neuron.update) - population.receptors
    scalars = declared(scalar_code)
    return quick_step(code, [*scalars, *(f"{name}_single" for name in scalars), *constants], reset)


def _held(pointer: str) -> str:
    """What the array of a trace holds for neuron ``_target``."""
    return f"{pointer}[_target]" + (f" * _late{pointer}" if pointer in _traces() else "")


def _late(code: str) -> str:
    return with_decay(code, _traces())


class ResidentCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Brian2's standalone code object with this package's templates before Brian2's own."""

    templater = CPPStandaloneCodeObject.templater.derive(
        "stdpbench.simulators.compiled",
        env_globals={
            "fan_out": lambda pathway: _projection(pathway).target.size,
            "n_sources": lambda pathway: _projection(pathway).source.size,
            "all_pairs": _all_pairs,
            "is_dense": _is_dense,
            "is_sparse": _is_sparse,
            "rows_of": _rows_of,
            "delay_form": _delay_form,
            "delay_bins": lambda pathway: _projection(pathway).delay_bins,
            "delays_of": lambda pathway: f"delays_{_projection(pathway).number}",
            "keeps_delays": lambda pathway: _projection(pathway).keeps_delays,
            "train": lambda pathway: f"train_{_projection(pathway).source.number}",
            "train_of": lambda group: f"train_{getattr(_population(group), 'number', '')}",
            "needed_trace": _needed_trace,
            "needed_for_delays": _needed_for_delays,
            "code_of": _code_of,
            "awake_list": _awake_list,
            "is_step": _is_step,
            "postponed": _postponed,
            "by_target": by_target,
            "arrivals": lambda pathway: f"arrivals_{_projection(pathway).number}",
            "needs_arrivals": _needs_arrivals,
            "tells_later": lambda pathway: bool(told_later(_projection(pathway))),
            "fires": lambda: FIRES,
            "word": lambda: _WORDS[_precision()],
            "real": lambda: _REALS[_precision()],
            "rounded": _rounded,
            "scanned": _scanned,
            "quick": _quick,
            "n_assigned": _n_assigned,
        },
    )
    for _filter in (array_at, array_of, changed, dense_index, faded, trace_array, written):
        templater.env.filters[_filter.__name__] = _filter
    templater.env.filters |= {
        "fast": _fast,
        "held": _held,
        "late": _late,
        "once": once,
        "stepped": _stepped,
        "typed": _typed,
        "without_arrivals": _without_arrivals,
    }


class ResidentDevice(CPPStandaloneDevice):  # type: ignore[misc]
    """Brian2's standalone device, generating code that stays."""

    built: BuiltNetwork
    layout: Layout

    def __init__(self) -> None:
        super().__init__()
        self.built = BuiltNetwork(None, {})

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Use this package's code objects."""
        return ResidentCodeObject if codeobj_class is None else codeobj_class


def _device() -> ResidentDevice:
    device = get_device()
    assert isinstance(device, ResidentDevice)
    return device


@dataclass(frozen=True)
class Symbol:
    """Where an array of the network is found in the library.

    Attributes
    ----------
    key : str
        ``"group.variable"``.
    name : str
        The C++ name.
    dynamic : bool
        Whether it is a ``std::vector``.
    """

    key: str
    name: str
    dynamic: bool


def generate(layout: Layout, folder: Path) -> list[dict[str, Any]]:
    """Write the C++ source of a network.

    Parameters
    ----------
    layout : Layout
        The network.
    folder : Path
        Where the files go; ``resident.cpp`` is the one to compile.

    Returns
    -------
    list of dict
        The symbol table: one `Symbol` as a mapping per array, in the order of their numbers.

    Raises
    ------
    StdpbenchError
        If Brian2 generates other code than is expected here.
    """
    all_devices.setdefault(DEVICE, ResidentDevice())
    b2.set_device(DEVICE, build_on_run=False)
    device = _device()
    try:
        device.reinit()
        device.activate(build_on_run=False)
        with preferences():
            device.layout, device.built = layout, BuiltNetwork(None, {})
            made = build(layout, device.built, resident=True)
            prepare(made.network)
            device.main_queue = [each for each in device.main_queue if each[0] != "run_network"]
            device.build(directory=str(folder), compile=False, run=False)
            return _write_resident(layout, made, device, folder)
    except b2.BrianObjectException as error:
        if isinstance(error.__cause__, StdpbenchError):
            raise error.__cause__ from None
        raise
    finally:
        device.reinit()
        reset_device()


def _write_resident(layout: Layout, made: BuiltNetwork, device: ResidentDevice, folder: Path) -> list[dict[str, Any]]:
    places = [(each.group, each.variable) for each in (layout.state | layout.fixed).values() if each.group]
    places += [(group, name) for group, values in layout.parameters.items() for name in values]
    spreading = [each for each in layout.projections.values() if each.spreading is not None]
    places += [(each.own(SPREAD), AMOUNT) for each in spreading]
    by_place, symbols = dict[tuple[str, str], str](), []
    for group, variable in places:
        var = made.groups[group].variables[variable]
        by_place[group, variable] = name = device.get_array_name(var, access_data=False)
        symbols.append(Symbol(f"{group}.{variable}", name, var in device.dynamic_arrays))
    steps, last_steps = _steps(made, by_place, device)
    clock = made.groups[layout.cells[0].group].clock
    cells = [
        {
            "number": each.number,
            "size": each.size,
            "sleeps": each.sleeps,
            "delay_bins": each.delay_bins,
            "events": device.get_array_name(made.groups[each.group].variables["_spikespace"]),
            "recorded": [by_place[each.group, variable] for variable in recorded(each)],
        }
        for each in layout.cells
    ]
    names: dict[str, list[Any]] = {
        "noisy": [
            {"number": each.number, "receptor": by_place[each.group, each.population.noise.receptor]}
            for each in layout.cells
            if each.population.noise is not None
        ],
        "driven": [
            {
                "number": number,
                "receptor": by_place[layout.populations[population].group, receptor],
                "cells": layout.populations[population].number,
                "sleeps": layout.populations[population].sleeps,
                "size": layout.populations[population].size,
            }
            for number, (population, receptor) in enumerate(layout.driven)
        ],
        "trains": [each.number for each in layout.populations.values()],
        "delayed": [each.number for each in layout.projections.values() if each.delays_differ],
        "delays_kept": [each.number for each in layout.projections.values() if each.keeps_delays],
        "sparse": [each.number for each in layout.projections.values() if each.sparse]
        + [each.spread_number for each in spreading],
        "sleeping": [each.number for each in layout.cells if each.sleeps],
        "told_later": described(layout, by_place),
        "late": list(traces(layout).values()),
        "scanned": [each.number for each in layout.cells if each.group in made.scanned],
        "rounded": [array for each in layout.cells for array in _rounded(made.groups[each.group])],
    }
    environment = ResidentCodeObject.templater.env
    text = environment.get_template("resident.cpp").render(
        code_object_names=[each.name for each in device.code_objects.values() if each.template_name != _QUEUES],
        steps=steps,
        last_steps=last_steps,
        arrays=symbols,
        neural=[by_place[layout.state[name].group, layout.state[name].variable] for name in layout.neural],
        all_arrays=[device.get_array_name(var, access_data=False) for var in device.arrays],
        **{name: device.get_array_name(clock.variables[name]) for name in ("timestep", "t", "dt")},
        input=None if layout.input is None else layout.input.number,
        input_before=sum(each.delay_bins for each in layout.in_flight if each.is_input),
        cells=cells,
        rows=[
            {
                "number": each.number,
                "n": device.get_array_name(made.groups[each.group].variables["N"]),
                "arrays": [
                    by_place[variable.group, variable.variable]
                    for variable in (layout.state | layout.fixed).values()
                    if variable.group == each.group
                ],
            }
            for each in layout.projections.values()
            if each.sparse
        ]
        + [
            {
                "number": each.spread_number,
                "n": device.get_array_name(made.groups[each.own(SPREAD)].variables["N"]),
                "arrays": [by_place[each.own(SPREAD), AMOUNT]],
            }
            for each in spreading
        ],
        **names,
    )
    (folder / "resident.cpp").write_text(text, encoding="utf-8")
    header = environment.get_template("resident.h").render(word=_WORDS[layout.graph.precision], **names)
    (folder / "resident.h").write_text(header, encoding="utf-8")
    return [asdict(symbol) for symbol in symbols]


def _if_spikes(obj: Any, code_object: Any, device: ResidentDevice) -> list[str]:
    """Condition in C++ without which code for neurons that spike, or for their synapses, has nothing to do."""
    if code_object.template_name == "reset":
        source, event = obj.group, "spike"
    elif isinstance(obj, SynapticPathway) and _delay_form(obj) == "one":
        projection = _projection(obj)
        return [f"train_{projection.source.number}.count(now - {projection.delay_bins})"]
    elif isinstance(obj, SynapticPathway) and _delay_form(obj) == "none":
        source, event = obj.source, obj.event
    else:
        return []
    events = device.get_array_name(source.variables[f"_{event}space"], access_data=False)
    return [f"{events}[_num_{events} - 1]"]


def _steps(
    made: BuiltNetwork, by_place: dict[tuple[str, str], str], device: ResidentDevice
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what runs in each step, and what runs in the last step only, with conditions in C++."""
    steps, last_steps = list[dict[str, Any]](), list[dict[str, Any]]()
    for obj in made.network.sorted_objects:
        for code_object in obj.code_objects if obj.active else ():
            if code_object.template_name == _QUEUES:
                continue
            conditions, when = list[str](), made.when.get(obj.name)
            if when is not None:
                conditions.append(f"{'!' if when.mode == 'frozen' else ''}learns[{when.projection}]")
            if needed := made.only_if_nonzero.get(obj.name):
                group, variable = needed.split(".")
                array = by_place[group, variable]
                conditions.append(f"any({array}, _num_{array})")
            conditions += _if_spikes(obj, code_object, device)
            step = {"name": code_object.name, "conditions": conditions, "slot": obj.when}
            (last_steps if when is not None and when.mode == "last" else steps).append(step)
    spiking = [number for number, step in enumerate(steps) if step["slot"] == "thresholds"]
    for number, step in enumerate(steps):
        step["spikes_known"] = number == spiking[-1]
    return steps, last_steps
