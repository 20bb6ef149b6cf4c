"""A Brian2 device that generates C++ to be loaded into this process.

Brian2's standalone device writes a program that runs once. This device derives from it: with the same code generation,
other loops around the generated lines (templates/), and, instead of a program, one translation unit with functions
that Python calls.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout
from stdpbench.engine.network.brian import (
    CPPStandaloneCodeObject,
    CPPStandaloneDevice,
    SynapticPathway,
    all_devices,
    get_device,
    preferences,
    prepare,
    reset_device,
)
from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.build import BuiltNetwork, build
from stdpbench.engine.network.layout import AMOUNT, SPREAD
from stdpbench.engine.simulators.compiled.deliveries import delivered, described
from stdpbench.engine.simulators.compiled.parts import PARTS, REALS
from stdpbench.engine.simulators.compiled.pointers import traces
from stdpbench.engine.simulators.compiled.template_functions import (
    FILTERS,
    GLOBALS,
    WORDS,
    delay_form,
    projection_of,
    rounded_in_steps,
)
from stdpbench.engine.simulators.graded import delivers, passes
from stdpbench.engine.simulators.response import recorded

DEVICE = "stdpbench_resident"
_QUEUES = "synapses_push_spikes"
"""Template of code that pushes spikes into queues, which this device does not have."""


class ResidentCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Brian2's standalone code object with the templates of this package before those of Brian2."""

    templater = CPPStandaloneCodeObject.templater.derive(
        ("stdpbench.engine.simulators.compiled", "stdpbench.compiling"),
        env_globals=GLOBALS,
        templates_dir=("templates", "templates"),
    )
    templater.env.filters |= FILTERS


class ResidentDevice(CPPStandaloneDevice):  # type: ignore[misc]
    """Brian2's standalone device, generating code for a resident library."""

    built: BuiltNetwork
    layout: Layout

    def __init__(self) -> None:
        super().__init__()
        self.built = BuiltNetwork(None, {})

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Use this package's code objects."""
        return ResidentCodeObject if codeobj_class is None else codeobj_class


@dataclass(frozen=True)
class Symbol:
    """An array of the network in the library.

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
        Folder for the files; ``resident.cpp`` is the one to compile.

    Returns
    -------
    list of dict
        The symbol table: one `Symbol` as a mapping per array, in the order of their numbers.

    Raises
    ------
    StdpbenchError
        If Brian2 generates unexpected code.
    """
    all_devices.setdefault(DEVICE, ResidentDevice())
    b2.set_device(DEVICE, build_on_run=False)
    device = get_device()
    assert isinstance(device, ResidentDevice)
    try:
        device.reinit()
        device.activate(build_on_run=False)
        with preferences():
            device.layout, device.built = layout, BuiltNetwork(None, {})
            built = build(layout, device.built, resident=True)
            prepare(built.network)
            device.main_queue = [entry for entry in device.main_queue if entry[0] != "run_network"]
            device.build(directory=str(folder), compile=False, run=False)
            return _write_resident(layout, built, device, folder)
    except b2.BrianObjectException as error:
        if isinstance(error.__cause__, StdpbenchError):
            raise error.__cause__ from None
        raise
    finally:
        device.reinit()
        reset_device()


def _write_resident(layout: Layout, built: BuiltNetwork, device: ResidentDevice, folder: Path) -> list[dict[str, Any]]:
    """Write the files that are compiled with Brian2's files; return the symbol table."""
    by_place, symbols = _symbols(layout, built, device)
    graded = _graded(layout, by_place)
    steps, last_steps = _steps(built, by_place, device, {projection["number"]: projection for projection in graded})
    clock = built.groups[layout.cells[0].group].clock
    variables: dict[str, Any] = {
        "word": WORDS[layout.graph.precision],
        "graded": graded,
        **_of_populations(layout, built, by_place),
        **_of_projections(layout, by_place),
    }
    environment = ResidentCodeObject.templater.env
    text = environment.get_template("resident.cpp").render(
        code_object_names=[code.name for code in device.code_objects.values() if code.template_name != _QUEUES],
        steps=steps,
        last_steps=last_steps,
        arrays=symbols,
        neural=[by_place[layout.state[name].group, layout.state[name].variable] for name in layout.neural],
        all_arrays=[device.get_array_name(var, access_data=False) for var in device.arrays],
        **{name: device.get_array_name(clock.variables[name]) for name in ("timestep", "t", "dt")},
        input=None if layout.input is None else layout.input.number,
        input_before=sum(population.delay_bins for population in layout.in_flight if population.is_input),
        cells=_cells(layout, built, device, by_place),
        rows=_rows(layout, built, device, by_place),
        **variables,
    )
    (folder / "resident.cpp").write_text(text, encoding="utf-8")
    for name in ("bare.h", "resident.h", "delays.h", "graded.h", "vector_math.h", "parts.h", *PARTS):
        text = environment.get_template(name).render(**variables)
        (folder / name).write_text(text, encoding="utf-8")
    return [asdict(symbol) for symbol in symbols]


def _symbols(
    layout: Layout, built: BuiltNetwork, device: ResidentDevice
) -> tuple[dict[tuple[str, str], str], list[Symbol]]:
    """Return the C++ names of the arrays that Python uses, by group and variable, and as the symbol table."""
    places = [
        (variable.group, variable.variable) for variable in (layout.state | layout.fixed).values() if variable.group
    ]
    places += [(group, name) for group, values in layout.parameters.items() for name in values]
    places += [
        (projection.own(SPREAD), AMOUNT)
        for projection in layout.projections.values()
        if projection.spreading is not None
    ]
    by_place, symbols = dict[tuple[str, str], str](), list[Symbol]()
    for group, variable in places:
        var = built.groups[group].variables[variable]
        by_place[group, variable] = name = device.get_array_name(var, access_data=False)
        symbols.append(Symbol(f"{group}.{variable}", name, var in device.dynamic_arrays))
    return by_place, symbols


def _cells(
    layout: Layout, built: BuiltNetwork, device: ResidentDevice, by_place: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Describe each population of neurons for templates."""
    return [
        {
            "number": population.number,
            "size": population.size,
            "sleeps": population.sleeps,
            "delay_bins": population.delay_bins,
            "events": device.get_array_name(built.groups[population.group].variables["_spikespace"]),
            "recorded": [
                by_place[state.group, state.variable]
                for name in recorded(population)
                if (state := layout.state[f"{population.name}.{name}"])
            ],
        }
        for population in layout.cells
    ]


def _rows(
    layout: Layout, built: BuiltNetwork, device: ResidentDevice, by_place: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Describe the synapses of sparse projections and of those that pass spikes on: their number and their arrays."""

    def n_synapses(group: str) -> str:
        return str(device.get_array_name(built.groups[group].variables["N"]))

    variables = [*(layout.state | layout.fixed).values()]
    rows = [
        {
            "number": projection.number,
            "n": n_synapses(projection.group),
            "arrays": [
                by_place[variable.group, variable.variable]
                for variable in variables
                if variable.group == projection.group
            ],
        }
        for projection in layout.projections.values()
        if projection.sparse
    ]
    return rows + [
        {
            "number": projection.passing_number,
            "n": n_synapses(projection.passing_on[0]),
            "arrays": [by_place[projection.own(SPREAD), AMOUNT]] if projection.spreading is not None else [],
        }
        for projection in layout.projections.values()
        if projection.passing_on is not None
    ]


def _of_populations(layout: Layout, built: BuiltNetwork, by_place: dict[tuple[str, str], str]) -> dict[str, list[Any]]:
    """Return lists of populations by their names in templates."""
    return {
        "trains": [population.number for population in layout.populations.values()],
        "noisy": [
            {"number": population.number, "receptor": by_place[population.group, population.population.noise.receptor]}
            for population in layout.cells
            if population.population.noise is not None
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
        "sleeping": [population.number for population in layout.cells if population.sleeps],
        "late": list(traces(layout).values()),
        "scanned": [population.number for population in layout.cells if population.group in built.scanned],
        "rounded": [
            array for population in layout.cells for array in rounded_in_steps(built.groups[population.group])
        ],
    }


def _of_projections(layout: Layout, by_place: dict[tuple[str, str], str]) -> dict[str, list[Any]]:
    """Return lists of projections by their names in templates."""
    projections = layout.projections.values()
    return {
        "delayed": [projection.number for projection in projections if projection.delays_differ],
        "delays_kept": [projection.number for projection in projections if projection.keeps_delays],
        "sparse": [projection.number for projection in projections if projection.sparse]
        + [projection.passing_number for projection in projections if projection.passing_on is not None],
        "deferred": described(layout, by_place),
        "deliveries": [
            {
                "number": projection.number,
                "source": projection.source.number,
                "n_targets": projection.target.size,
                "real": REALS[layout.graph.precision],
            }
            for projection in projections
            if delivered(layout, projection)
        ],
    }


def _graded(layout: Layout, by_place: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Describe each projection from the input, whose spikes may carry factors, for templates."""
    return [
        {
            "number": projection.number,
            "real": REALS[layout.graph.precision],
            "source": projection.source.number,
            "delays_differ": projection.delays_differ,
            "delay_bins": projection.delay_bins,
            "sparse": projection.sparse,
            "dense": projection.dense,
            "n_targets": projection.target.size,
            "has_weights": projection.has_weights,
            "weights": by_place[projection.weights_group, "w"],
            "scale": None if projection.projection.scale is None else by_place[projection.group, "scale"],
            "receptor": by_place[projection.target.group, projection.projection.receptor],
        }
        for projection in layout.projections.values()
        if passes(projection)
    ]


def _if_spikes(obj: Any, code_object: Any, device: ResidentDevice) -> list[str]:
    """Return the C++ condition under which code for spiking neurons or their synapses has to run."""
    if code_object.template_name == "reset":
        source, event = obj.group, "spike"
    elif isinstance(obj, SynapticPathway) and delay_form(obj) == "one":
        projection = projection_of(obj)
        return [f"train_{projection.source.number}.count(now - {projection.delay_bins})"]
    elif isinstance(obj, SynapticPathway) and delay_form(obj) == "none":
        source, event = obj.source, obj.event
    else:
        return []
    events = device.get_array_name(source.variables[f"_{event}space"], access_data=False)
    return [f"{events}[_num_{events} - 1]"]


def _steps(
    built: BuiltNetwork,
    by_place: dict[tuple[str, str], str],
    device: ResidentDevice,
    graded: dict[int, dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the code objects of each step, and those of the last step only, with their conditions in C++.

    `graded` holds the projections from the input by number, for steps in which spikes with factors act.
    """
    steps, last_steps = list[dict[str, Any]](), list[dict[str, Any]]()
    for obj in built.network.sorted_objects:
        for code_object in obj.code_objects if obj.active else ():
            if code_object.template_name == _QUEUES:
                continue
            conditions, when = list[str](), built.when.get(obj.name)
            if when is not None:
                conditions.append(f"{'!' if when.mode == 'frozen' else ''}learns[{when.projection}]")
            if needed := built.only_if_nonzero.get(obj.name):
                group, variable = needed.split(".")
                array = by_place[group, variable]
                conditions.append(f"any({array}, _num_{array})")
            conditions += _if_spikes(obj, code_object, device)
            step = {"name": code_object.name, "conditions": conditions, "slot": obj.when}
            step["graded"] = graded[projection_of(obj).number] if delivers(built, obj) else None
            (last_steps if when is not None and when.mode == "last" else steps).append(step)
    spiking = [number for number, step in enumerate(steps) if step["slot"] == "thresholds"]
    for number, step in enumerate(steps):
        step["spikes_known"] = number == spiking[-1]
    return steps, last_steps
