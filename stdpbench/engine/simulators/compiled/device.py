"""A Brian2 device whose generated C++ stays in the process.

Brian2's standalone device writes a program that runs once. This one derives from it: same code generation, other
loops around the generated lines (templates/), and instead of a program one translation unit with functions for
Python to call.
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
from stdpbench.engine.network.layout import AMOUNT, SPREAD, ProjectionLayout
from stdpbench.engine.simulators.compiled.deliveries import delivered, described
from stdpbench.engine.simulators.compiled.parts import PARTS, REALS
from stdpbench.engine.simulators.compiled.pointers import traces
from stdpbench.engine.simulators.compiled.questions import (
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
"""Template of code that puts spikes into queues, of which there are none here."""


class ResidentCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Brian2's standalone code object with this package's templates before Brian2's own."""

    templater = CPPStandaloneCodeObject.templater.derive(
        "stdpbench.engine.simulators.compiled",
        env_globals=GLOBALS,
    )
    templater.env.filters |= FILTERS


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
    device = get_device()
    assert isinstance(device, ResidentDevice)
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
    """Write what is compiled besides Brian2's files; return the symbol table."""
    by_place, symbols = _symbols(layout, made, device)
    graded = _graded(layout, by_place)
    steps, last_steps = _steps(made, by_place, device, {each["number"]: each for each in graded})
    clock = made.groups[layout.cells[0].group].clock
    of_network: dict[str, Any] = {
        "word": WORDS[layout.graph.precision],
        "graded": graded,
        **_of_populations(layout, made, by_place),
        **_of_projections(layout, by_place),
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
        cells=_cells(layout, made, device, by_place),
        rows=_rows(layout, made, device, by_place),
        **of_network,
    )
    (folder / "resident.cpp").write_text(text, encoding="utf-8")
    for name in ("bare.h", "resident.h", "delays.h", "graded.h", "vector_math.h", "parts.h", *PARTS):
        text = environment.get_template(name).render(**of_network)
        (folder / name).write_text(text, encoding="utf-8")
    return [asdict(symbol) for symbol in symbols]


def _symbols(
    layout: Layout, made: BuiltNetwork, device: ResidentDevice
) -> tuple[dict[tuple[str, str], str], list[Symbol]]:
    """Return the C++ names of the arrays that Python uses, by group and variable, and as the symbol table."""
    places = [(each.group, each.variable) for each in (layout.state | layout.fixed).values() if each.group]
    places += [(group, name) for group, values in layout.parameters.items() for name in values]
    places += [(each.own(SPREAD), AMOUNT) for each in _spreading(layout)]
    by_place, symbols = dict[tuple[str, str], str](), list[Symbol]()
    for group, variable in places:
        var = made.groups[group].variables[variable]
        by_place[group, variable] = name = device.get_array_name(var, access_data=False)
        symbols.append(Symbol(f"{group}.{variable}", name, var in device.dynamic_arrays))
    return by_place, symbols


def _spreading(layout: Layout) -> list[ProjectionLayout]:
    """Return the projections whose rule spreads a trace to neighbouring inputs, by synapses of its own."""
    return [each for each in layout.projections.values() if each.spreading is not None]


def _cells(
    layout: Layout, made: BuiltNetwork, device: ResidentDevice, by_place: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Return what templates need of each population of neurons."""
    return [
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


def _rows(
    layout: Layout, made: BuiltNetwork, device: ResidentDevice, by_place: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Return the number of synapses, and the arrays of them, of all that connects only some pairs of neurons."""

    def n_synapses(group: str) -> str:
        return str(device.get_array_name(made.groups[group].variables["N"]))

    variables = [*(layout.state | layout.fixed).values()]
    rows = [
        {
            "number": each.number,
            "n": n_synapses(each.group),
            "arrays": [by_place[one.group, one.variable] for one in variables if one.group == each.group],
        }
        for each in layout.projections.values()
        if each.sparse
    ]
    return rows + [
        {
            "number": each.spread_number,
            "n": n_synapses(each.own(SPREAD)),
            "arrays": [by_place[each.own(SPREAD), AMOUNT]],
        }
        for each in _spreading(layout)
    ]


def _of_populations(layout: Layout, made: BuiltNetwork, by_place: dict[tuple[str, str], str]) -> dict[str, list[Any]]:
    """Return which populations need what, by the names that templates use."""
    return {
        "trains": [each.number for each in layout.populations.values()],
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
        "sleeping": [each.number for each in layout.cells if each.sleeps],
        "late": list(traces(layout).values()),
        "scanned": [each.number for each in layout.cells if each.group in made.scanned],
        "rounded": [array for each in layout.cells for array in rounded_in_steps(made.groups[each.group])],
    }


def _of_projections(layout: Layout, by_place: dict[tuple[str, str], str]) -> dict[str, list[Any]]:
    """Return which projections need what, by the names that templates use."""
    projections = layout.projections.values()
    return {
        "delayed": [each.number for each in projections if each.delays_differ],
        "delays_kept": [each.number for each in projections if each.keeps_delays],
        "sparse": [each.number for each in projections if each.sparse]
        + [each.spread_number for each in _spreading(layout)],
        "told_later": described(layout, by_place),
        "deliveries": [
            {
                "number": each.number,
                "source": each.source.number,
                "n_targets": each.target.size,
                "real": REALS[layout.graph.precision],
            }
            for each in projections
            if delivered(layout, each)
        ],
    }


def _graded(layout: Layout, by_place: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Return what templates need of each projection from the input, whose spikes may carry factors."""
    return [
        {
            "number": each.number,
            "real": REALS[layout.graph.precision],
            "source": each.source.number,
            "delays_differ": each.delays_differ,
            "delay_bins": each.delay_bins,
            "sparse": each.sparse,
            "dense": each.dense,
            "n_targets": each.target.size,
            "has_weights": each.has_weights,
            "weights": by_place[each.group, "w"],
            "scale": None if each.projection.scale is None else by_place[each.group, "scale"],
            "receptor": by_place[each.target.group, each.projection.receptor],
        }
        for each in layout.projections.values()
        if passes(each)
    ]


def _if_spikes(obj: Any, code_object: Any, device: ResidentDevice) -> list[str]:
    """Condition in C++ without which code for neurons that spike, or for their synapses, has nothing to do."""
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
    made: BuiltNetwork,
    by_place: dict[tuple[str, str], str],
    device: ResidentDevice,
    graded: dict[int, dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what runs in each step, and what runs in the last step only, with conditions in C++.

    `graded` are the projections from the input by number, of which steps say where spikes with factors act.
    """
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
            step["graded"] = graded[projection_of(obj).number] if delivers(made, obj) else None
            (last_steps if when is not None and when.mode == "last" else steps).append(step)
    spiking = [number for number, step in enumerate(steps) if step["slot"] == "thresholds"]
    for number, step in enumerate(steps):
        step["spikes_known"] = number == spiking[-1]
    return steps, last_steps
