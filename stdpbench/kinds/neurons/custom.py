"""Neurons defined in the experiment file: equations, a threshold, a reset and parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

from pydantic import create_model

from stdpbench.base import units
from stdpbench.base.errors import Collector, StdpbenchError, errors_within
from stdpbench.declare.parameters import build, parameter
from stdpbench.kinds.language import DIMENSIONS, NUMBER, Dimension, checked
from stdpbench.kinds.names import check_name
from stdpbench.kinds.neurons.base import Neuron, Variable

_PARTS = ("equations", "threshold", "reset", "refractory", "parameters")
_UNITS = {"volt": "V", "second": "s", "1": ""}
_LINE = re.compile(r"(?:d(\w+)/dt\s*=\s*(.+?)|(\w+))\s*:\s*(\w+)\s*")
_RAISED = re.compile(r"(\w+)\s*\+=\s*(\w+)")
_USUAL = ("v", "g", "ge", "gi", "theta")
"""Names of variables that parameters may not have."""
_HELD = "lockout = clip(lockout - dt, 0*second, {0})\nfree = int(lockout < 0.5*dt)"
EXAMPLE: Mapping[str, Any] = {
    "equations": "dv/dt = (v_rest - v + gain*ge)/tau_m : volt\ndge/dt = -ge/tau_e : 1\ntheta : volt",
    "threshold": "v > v_thresh + theta",
    "reset": "v = v_rest\ntheta += theta_plus",
    "refractory": "t_ref",
    "parameters": {
        "tau_m": "100 ms",
        "tau_e": "1 ms",
        "t_ref": "5 ms",
        "v_rest": "-65 mV",
        "v_start": "-65 mV",
        "v_thresh": "-52 mV",
        "gain": "65 mV",
        "theta_plus": "0.05 mV",
    },
}
"""A leaky neuron with an adaptive threshold."""


class CustomNeuron(Neuron):
    """A neuron defined in the file.

    In addition to ``kind = "custom"``, a definition has ``equations``, one per line: ``dv/dt = (E - v)/tau :
    volt``, or ``theta : volt`` for a slow variable, which persists from presentation to presentation. Units are
    ``volt``, ``second`` and ``1``. ``threshold`` compares. ``reset`` has assignments; only there, by
    ``theta += PARAMETER``, a slow variable changes, and only while the network learns. ``refractory`` names the
    parameter for the time during which v is held. ``parameters`` gives values with units, such as ``tau = "20
    ms"``: ``v_start`` is the value of v in the reset state, and ``tau_theta`` the time constant with which theta
    decays in training. Spikes add to variables with the unit 1 that have an equation. A step is forward Euler: all
    equations are evaluated with the values at its start. ``kind = "custom"`` alone is a leaky neuron with an
    adaptive threshold, as a starting point.
    """

    kind: Literal["custom"] = "custom"

    summary: ClassVar[str] = "Custom neuron: equations, threshold and reset in the experiment file"
    reference: ClassVar[str] = ""
    equations: ClassVar[str] = ""
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    definition: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[CustomNeuron], dict[str, Any]]:
        """Return the class for a definition, and the values of its parameters."""
        values = dict(mapping)
        parts = {part: values.pop(part) for part in _PARTS if part in values}
        with errors_within(f"{where}."):
            return _class(json.dumps(parts or EXAMPLE, default=str, sort_keys=True)), values

    def to_mapping(self) -> dict[str, Any]:
        """Return the definition and all values, from which the same neuron can be built."""
        return {**super().to_mapping(), **self.definition}

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], CustomNeuron], tuple[dict[str, Any]]]:
        """Pickle the definition, since its class cannot be imported."""
        return _from_mapping, (self.to_mapping(),)


def _from_mapping(mapping: dict[str, Any]) -> CustomNeuron:
    return build(CustomNeuron, mapping, "neuron")


@lru_cache(maxsize=1024)
def _class(text: str) -> type[CustomNeuron]:
    """Return the class of a definition; cached, so that two experiments with the same neuron share one class."""
    definition = json.loads(text)
    errors, of_parameters = Collector(), definition.get("parameters", {})
    if not isinstance(of_parameters, dict):
        raise StdpbenchError("parameters must be a table of values by name, such as { tau = '20 ms' }")
    declared = dict[str, str]()
    for name, value in of_parameters.items():
        with errors.part():
            declared[name] = _unit(name, value, f"parameters.{name}")
    variables, derivatives = _variables(definition, errors)
    errors.check()
    names = {name: DIMENSIONS[unit] for name, unit in declared.items()}
    dimensions = {name: DIMENSIONS[_UNITS[unit]] for name, unit in variables.items()}
    slow = [name for name in variables if name not in derivatives]
    reset, learning = list[str](), tuple[str, ...]()
    with errors.part():
        reset, learning = _reset(definition.get("reset", ""), slow, declared)
    held = str(definition.get("refractory", ""))
    if held and DIMENSIONS.get(declared.get(held, "")) != DIMENSIONS["ms"]:
        errors.sentences.append(f"refractory must name one of the parameters that are times, not {held!r}")
    known = names | dimensions | {"dt": DIMENSIONS["ms"], "free": NUMBER}

    def code(lines: list[str], part: str, assignable: Mapping[str, Dimension]) -> str:
        with errors.part():
            return checked("\n".join(lines), known, part, assignable)
        return ""

    rates, steps = list[str](), list[str]()
    for name, rate in derivatives.items():  # columns of errors are those of "dv/dt = …"
        lines = [f"my_{name}  = {rate}", f"{name} = {name} + {'free*' * (name == 'v' and bool(held))}dt*my_{name}"]
        made = code(lines, f"equations: d{name}/dt", dimensions).split("\n")
        rates, steps = [*rates, made[0]], [*steps, made[-1]]
    condition = code([f"my_spike = int({definition.get('threshold', '')})"], "threshold", {})
    condition = condition.partition("1.0*int(")[2][:-2]
    if condition.startswith("(v >") and " or " not in condition:  # the form from which the threshold is drawn
        condition = condition[1:-1]
    resetting = code(reset, "reset", dimensions)
    errors.check()
    members = tuple(
        Variable(name, unit, f"{name}_start" if f"{name}_start" in declared else "", slow=name in slow)
        for name, unit in variables.items()
    )
    attributes: dict[str, Any] = {
        "definition": definition,
        "equations": definition["equations"],
        "learning": learning,
        "variables": (*members, Variable("lockout", "second")) if held else members,
        "threshold": f"{condition}{' and lockout < 0.5*dt' if held else ''}",
        "reset": f"{resetting}\nlockout = {held}" if held else resetting,
        "update": "\n".join([*(_HELD.format(held).splitlines() if held else ()), *rates, *steps]),
    }
    fields: dict[str, Any] = {
        name: (float, parameter(units.read(of_parameters[name], unit), unit=unit, help=f"The parameter {name}."))
        for name, unit in declared.items()
    }
    cls = create_model("CustomNeuron", __base__=CustomNeuron, __doc__=CustomNeuron.__doc__, **fields)
    for name, value in attributes.items():
        setattr(cls, name, value)
    return cls


def _unit(name: str, value: object, where: str) -> str:
    """Check the name and the value of a parameter; return its unit."""
    with errors_within(f"{where}: "):
        check_name(name)
    if hasattr(CustomNeuron, name) or name.startswith("my_") or name in _PARTS:
        raise StdpbenchError(f"{where}: the name {name} is reserved; choose another")
    unit = units.unit_of(value, where)
    if unit not in DIMENSIONS:
        raise StdpbenchError(f"{where}: the unit of a parameter must be one of {', '.join(filter(None, DIMENSIONS))}")
    return unit


def _variables(definition: Mapping[str, Any], errors: Collector) -> tuple[dict[str, str], dict[str, str]]:
    """Return the units of variables, and the right sides of those that have an equation."""
    variables, derivatives = dict[str, str](), dict[str, str]()
    for line in filter(str.strip, str(definition.get("equations", "")).splitlines()):
        with errors.part():
            match = _LINE.fullmatch(line.strip())
            if match is None or match[4] not in _UNITS:
                raise StdpbenchError(
                    f"equations: {line.strip()!r} must read like 'dv/dt = (E - v)/tau : volt' or 'theta : volt', with "
                    f"one of the units {', '.join(_UNITS)}"
                )
            name = match[1] or match[3]
            if name not in _USUAL:
                with errors_within("equations: "):
                    check_name(name)
            variables[name] = match[4]
            if match[2]:
                derivatives[name] = match[2]
    if not errors.sentences and not derivatives:
        errors.sentences.append("equations must have at least one equation, such as 'dv/dt = (E - v)/tau : volt'")
    return variables, derivatives


def _reset(text: str, slow: list[str], declared: Mapping[str, str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a reset, and the parameters by which slow variables rise."""
    lines, learning = [line for line in str(text).splitlines() if line.strip()], []
    for line in lines:
        raised = _RAISED.fullmatch(line.strip())
        if not any(re.match(rf"\s*{name}\b\s*[-+*/]?=", line) for name in slow):
            continue
        if raised is None or raised[2] not in declared:
            raise StdpbenchError(
                f"reset: {line.strip()!r} must read like 'theta += theta_plus', with a parameter, which is 0 while "
                "nothing learns"
            )
        learning.append(raised[2])
    return lines, tuple(learning)
