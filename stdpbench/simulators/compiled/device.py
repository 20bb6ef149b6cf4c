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

from stdpbench.errors import StdpbenchError
from stdpbench.network import Layout
from stdpbench.network.brian import (
    ArrayVariable,
    CPPStandaloneCodeObject,
    CPPStandaloneDevice,
    all_devices,
    get_device,
    preferences,
    prepare,
    reset_device,
)
from stdpbench.network.brian import brian2 as b2
from stdpbench.network.build import ONE_TO_ONE, BuiltNetwork, build
from stdpbench.simulators.base import RECORDED
from stdpbench.simulators.compiled.rewriting import (
    array_of,
    changed,
    dense_index,
    emptied,
    faded,
    fast,
    n_assigned,
    trace_array,
    written,
)

DEVICE = "stdpbench_resident"

_NEVER_CALLED = ("_write_arrays", "set_variable_by_name")
"""Functions that write or set every array: three quarters of ``objects.cpp``, and a seventh of what a network takes to
compile."""


def _built() -> BuiltNetwork:
    built = _device().built
    assert built is not None
    return built


def _synapses(pathway: Any) -> str:
    return str(pathway.synapses.name)


def _code_of(group: Any, codeobj_name: str) -> str:
    """The abstract code that a group runs in a code object."""
    name = re.sub(r"_codeobject(_\d+)?$", "", codeobj_name)  # with a number from the second network of a process on
    return str(next(each for each in group.contained_objects if each.name == name).abstract_code)


def _n_assigned(variables: dict[str, Any], code: str) -> int:
    return n_assigned(code, [name for name, variable in variables.items() if isinstance(variable, ArrayVariable)])


class ResidentCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Brian2's standalone code object with this package's templates before Brian2's own."""

    templater = CPPStandaloneCodeObject.templater.derive(
        "stdpbench.simulators.compiled",
        env_globals={
            "fan_out": lambda pathway: _built().fan_out[_synapses(pathway)],
            "is_dense": lambda pathway: _synapses(pathway) in ("plastic", "lateral"),
            "needed_trace": lambda pathway: _device().needed_trace if pathway.name == "plastic_pre" else "",
            "is_delayed": lambda pathway: _synapses(pathway) == "plastic" and _device().delays_differ,
            "code_of": _code_of,
            "awake_list": lambda group: "awake_inh" if group.name == "inh" else "",
            "n_assigned": _n_assigned,
            "n_sources": lambda pathway: int(pathway.synapses.source.stop - pathway.synapses.source.start),
        },
    )
    for _filter in (array_of, changed, dense_index, faded, fast, trace_array, written):
        templater.env.filters[_filter.__name__] = _filter


class ResidentDevice(CPPStandaloneDevice):  # type: ignore[misc]
    """Brian2's standalone device, generating code that stays."""

    built: BuiltNetwork | None
    delays_differ: bool
    needed_trace: str

    def __init__(self) -> None:
        super().__init__()
        self.built = None
        self.delays_differ = False
        self.needed_trace = ""

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
            device.delays_differ = layout.delays_differ
            device.needed_trace = layout.experiment.plasticity.input_spike_needs
            device.built = built = _BuiltNames(layout)
            made = build(layout)
            built.adopt(made)
            prepare(made.network)
            device.insert_code("before_end", "return 0;")
            device.build(directory=str(folder), compile=False, run=False)
            return _write_resident(layout, made, device, folder)
    except b2.BrianObjectException as error:
        if isinstance(error.__cause__, StdpbenchError):
            raise error.__cause__ from None
        raise
    finally:
        device.reinit()
        reset_device()


class _BuiltNames(BuiltNetwork):
    """Stands for the network while it is being built: connecting synapses generates code before `build` returns."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(None, {})
        self.fan_out = {"plastic": layout.n_exc, "lateral": layout.n_exc, **dict.fromkeys(ONE_TO_ONE, 1)}

    def adopt(self, made: BuiltNetwork) -> None:
        assert all(self.fan_out[name] == count for name, count in made.fan_out.items())
        self.network, self.groups = made.network, made.groups


def _write_resident(layout: Layout, made: BuiltNetwork, device: ResidentDevice, folder: Path) -> list[dict[str, Any]]:
    steps = [
        (obj.name, code_object.name)
        for obj in made.network.sorted_objects
        if obj.active
        for code_object in obj.code_objects
        if code_object.template_name != "synapses_push_spikes"
    ]
    symbols = []
    keys = [*layout.state, *(f"{g}.{name}" for g, values in layout.parameters().items() for name in values)]
    for key in keys:
        group, variable = key.split(".")
        var = made.groups[group].variables[variable]
        dynamic = var in device.dynamic_arrays
        symbols.append(Symbol(key, device.get_array_name(var, access_data=False), dynamic))
    by_key = {symbol.key: symbol.name for symbol in symbols}
    layers = [name for name in ("exc", "inh") if name in made.groups]
    needs = {name: [by_key[key] for key in keys] for name, keys in made.only_if_nonzero.items()}
    steps_of = [(obj, {"name": name, "needs": needs.get(obj, [])}) for obj, name in steps]
    environment = ResidentCodeObject.templater.env
    text = environment.get_template("resident.cpp").render(
        code_object_names=[code_object.name for code_object in device.code_objects.values()],
        training_steps=[step for obj, step in steps_of if obj not in made.frozen_only | made.last_only],
        last_steps=[step for obj, step in steps_of if obj in made.last_only],  # in training only, all there are
        frozen_steps=[step for obj, step in steps_of if obj not in made.training_only],
        arrays=symbols,
        neural=[by_key[key] for key in layout.neural],
        plain_arrays=[name for var, name in device.arrays.items() if var not in device.dynamic_arrays],
        dynamic_arrays=list(device.dynamic_arrays.values()),
        clock=made.groups["input"].clock.name,
        n_inh=layout.n_exc if layout.has_layer else 0,
        layers=[device.get_array_name(made.groups[name].variables["_spikespace"]) for name in layers],
        recorded=[by_key[f"exc.{variable}"] for variable in RECORDED],
    )
    (folder / "resident.cpp").write_text(text, encoding="utf-8")
    header = environment.get_template("resident.h").render()
    (folder / "resident.h").write_text(header, encoding="utf-8")
    objects = (folder / "objects.cpp").read_text(encoding="utf-8")
    for function in _NEVER_CALLED:
        objects = emptied(objects, function)
    (folder / "objects.cpp").write_text(objects, encoding="utf-8")
    return [asdict(symbol) for symbol in symbols]
