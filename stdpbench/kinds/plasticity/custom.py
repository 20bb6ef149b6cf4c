"""Custom rules, defined in an experiment file or in a separate file that can be shared.

A definition is checked completely (names, units, brackets) before anything is built. It becomes a class like those of
this package: its parameters have bounds, units and help, can change in a running network, and can be set with ``--set
plasticity.NAME=…``. Equal definitions give the same class.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import create_model

from stdpbench.base import units
from stdpbench.base.errors import Collector, StdpbenchError, errors_within, several, suggestion
from stdpbench.base.files import read_toml
from stdpbench.declare.parameters import build, parameter, unknown_key
from stdpbench.kinds.language import (
    DIMENSIONS,
    FUNCTIONS,
    NUMBER,
    Dimension,
    ExpressionError,
    checked,
)
from stdpbench.kinds.names import check_name
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace

_TEXTS = ("title", "about", "source")
_PARTS = (*_TEXTS, "on_input_spike", "on_output_spike", "traces", "parameters")
_LARGEST = 100_000  # bytes of a rule file
_MOST = 50  # parameters, traces

EXAMPLE: Mapping[str, Any] = {
    "title": "Additive pair rule",
    "on_input_spike": "w = clip(w - a_minus*y, 0, w_max)",
    "on_output_spike": "w = clip(w + a_plus*x, 0, w_max)",
    "traces": {
        "x": {"side": "input", "tau": "tau_plus", "on_spike": "add"},
        "y": {"side": "output", "tau": "tau_minus", "on_spike": "add"},
    },
    "parameters": {
        "a_plus": {"default": 0.01, "help": "Potentiation by a pair at Δt = 0."},
        "a_minus": {"default": 0.0105, "help": "Depression by a pair at Δt = 0."},
        "tau_plus": {"default": "20 ms", "unit": "ms", "help": "Time constant of the input trace x."},
        "tau_minus": {"default": "20 ms", "unit": "ms", "help": "Time constant of the output trace y."},
    },
}
"""Definition used for ``kind = "custom"`` without any other key, as a starting point."""


class CustomRule(PlasticityRule):
    """A custom rule, defined in the experiment file.

    In addition to ``kind = "custom"``, a definition has ``on_input_spike`` and ``on_output_spike`` (at least one of
    them), a table ``traces`` of NAME = { side, tau, on_spike }, a table ``parameters`` of NAME = { default, unit, min,
    max, help }, and the descriptive texts ``title``, ``about`` and ``source``. Other keys set parameters to values
    other than their defaults. Alternatively, ``file`` names a TOML file with these keys; the experiment file in a run
    folder contains the complete definition. ``kind = "custom"`` alone is the additive pair rule, as a starting point.
    """

    kind: Literal["custom"] = "custom"

    summary: ClassVar[str] = "Custom rule: traces, parameters and two expressions in the experiment file"
    reference: ClassVar[str] = ""
    traces: ClassVar[tuple[Trace, ...]] = ()
    definition: ClassVar[Mapping[str, Any]] = {}
    in_digit_network: ClassVar[str] = "runs; whether it learns depends on your equations"

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[CustomRule], dict[str, Any]]:
        """Return the class for a definition, and the values of its parameters."""
        values = dict(mapping)
        if "file" in values:
            if conflicting := [part for part in _PARTS if part in values]:
                raise StdpbenchError(
                    f"{where}.{conflicting[0]} and {where}.file exclude each other: the file is a rule"
                )
            values |= {**read_rule(values.pop("file"), f"{where}.file"), **values}
        elif not any(part in values for part in _PARTS):
            values |= EXAMPLE
        parts = {part: values.pop(part) for part in _PARTS if part in values}
        return _class(json.dumps(_definition(parts, where), sort_keys=True)), values

    def to_mapping(self) -> dict[str, Any]:
        """Return the definition and all values, from which the same rule can be built."""
        return {**super().to_mapping(), **self.definition}

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], CustomRule], tuple[dict[str, Any]]]:
        """Pickle the definition, since its class cannot be imported."""
        return _from_mapping, (self.to_mapping(),)


def _from_mapping(mapping: dict[str, Any]) -> CustomRule:
    return build(CustomRule, mapping, "plasticity")


def read_rule(path: object, where: str) -> dict[str, Any]:
    """Read the file of a custom rule.

    Raises
    ------
    StdpbenchError
        If the file does not exist, is not valid TOML, or has unknown keys.
    """
    if not isinstance(path, str):
        raise StdpbenchError(f"{where} must be the name of a file, not {path!r}")
    with errors_within(f"{where}: "):
        content = read_toml(Path(path).expanduser(), _LARGEST)
    known = {*_PARTS, "w_max", *content.get("parameters", {})}
    if unknown := [str(unknown_key(key, dict.fromkeys(_PARTS), where)) for key in content if key not in known]:
        raise several(unknown)
    return content


def rule_file(rule: CustomRule) -> str:
    """Return the text of a rule file for a custom rule, with its current values as defaults."""
    import tomli_w

    content = {**rule.definition, "parameters": {n: dict(p) for n, p in rule.definition["parameters"].items()}}
    values = rule.to_mapping()
    for name, declared in content["parameters"].items():
        declared["default"] = values[name]
    return tomli_w.dumps({**content, "w_max": rule.w_max})


@dataclass(frozen=True)
class Problem:
    """An error in a definition.

    Attributes
    ----------
    part : str
        Part with the error: ``"on_input_spike"``, ``"traces.x"``, ``"parameters.eta"``, or empty for the whole.
    sentence : str
        The error, and what would be right.
    line, column, end : int
        Position in an expression, counted from 0, with `end` after the last character; -1 if unknown.
    """

    part: str
    sentence: str
    line: int = -1
    column: int = -1
    end: int = -1


def problems(parts: Mapping[str, Any]) -> list[Problem]:
    """Return all errors in a definition, part by part, for an editor.

    Parameters
    ----------
    parts : mapping of str to Any
        The keys of a rule file.
    """
    errors: list[Problem] = []
    declared: dict[str, Any] = {}
    traces: dict[str, Any] = {}
    for table, check, result in (
        ("parameters", lambda name, entry: _parameter(name, entry, name), declared),
        ("traces", lambda name, entry: _trace(name, entry, declared, name), traces),
    ):
        for name, entry in dict(parts.get(table, {})).items():
            try:
                result[name] = check(name, entry)
            except StdpbenchError as error:
                errors.append(Problem(f"{table}.{name}", str(error)))
    names = _names(traces, declared)
    for spot in ("on_input_spike", "on_output_spike"):
        try:
            checked(parts.get(spot, ""), names, spot)
        except ExpressionError as error:
            errors.append(Problem(spot, error.message, error.line, error.column, error.end))
        except StdpbenchError as error:
            errors.append(Problem(spot, str(error)))
    if not errors:
        try:
            _definition(parts, "rule")
        except StdpbenchError as error:
            errors.append(Problem("", str(error)))
    return errors


def known_names(parts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that an expression may use: weight, traces, parameters and functions."""
    return ("w", "w_max", *parts.get("traces", {}), *parts.get("parameters", {}), *FUNCTIONS)


def as_custom(rule: PlasticityRule) -> dict[str, Any]:
    """Convert a rule to the table of a custom rule with the same traces and expressions, as a starting point.

    Its current values become the defaults of the custom rule.

    Raises
    ------
    StdpbenchError
        If the rule has averages, synapse variables or updates in each step.
    """
    if isinstance(rule, CustomRule):
        return rule.to_mapping()
    kind = str(getattr(rule, "kind", "rule"))
    unsupported = {
        "averages": bool(rule.averages),
        "synapse variables": bool(rule.synapse_variables or rule.each_step),
    }
    for feature, present in unsupported.items():
        if present:
            raise StdpbenchError(
                f"{kind} has {feature}, but a custom rule supports only traces and expressions on spikes"
            )
    parameters: dict[str, Any] = {}
    for declared in rule.describe():
        if declared.name == "w_max":
            continue
        entry: dict[str, Any] = {"default": declared.show(getattr(rule, declared.name)), "unit": declared.unit or ""}
        for key, bound in (("min", declared.minimum), ("max", declared.maximum)):
            if bound is not None:
                entry[key] = declared.show(bound)
        parameters[declared.name] = entry | {"help": declared.help}
    texts = {"on_input_spike": rule.on_input_spike, "on_output_spike": rule.on_output_spike}
    return {
        "kind": "custom",
        "title": f"{kind}, changed",
        "source": rule.reference,
        **{spot: text.strip() for spot, text in texts.items() if text.strip()},
        "traces": {t.name: {"side": t.side, "tau": t.tau, "on_spike": t.on_spike} for t in rule.traces},
        "parameters": parameters,
        "w_max": rule.w_max,
    }


def _definition(parts: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check all parts of a definition, and return it in canonical form."""
    texts = {name: parts.get(name, "") for name in _TEXTS}
    errors = Collector()
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 2000:
            errors.sentences.append(f"{where}.{name} must be a text of at most 2000 characters")
    declared: dict[str, dict[str, Any]] = {}
    for name, entry in _table(parts, "parameters", where).items():
        with errors.part():
            declared[name] = _parameter(name, entry, f"{where}.parameters.{name}")
    errors.check()  # traces refer to parameters, and expressions to both
    traces: dict[str, dict[str, str]] = {}
    for name, entry in _table(parts, "traces", where).items():
        with errors.part():
            traces[name] = _trace(name, entry, declared, f"{where}.traces.{name}")
    errors.check()
    mapped = [name.rpartition("_")[0] + "_rate" for name in declared if name.endswith(("_pre", "_post"))]
    mapped += [f"{name}_syn" for name in declared]
    if double := {*declared}.intersection(traces) | {*declared}.intersection(mapped):
        raise StdpbenchError(
            f"{where}: {sorted(double)[0]} is used twice: names must differ, also with _rate for _pre or _post, "
            "or with _syn added"
        )
    names = _names(traces, declared)
    codes: dict[str, str] = {}
    for name in ("on_input_spike", "on_output_spike"):
        with errors.part():
            if checked(parts.get(name, ""), names, f"{where}.{name}"):
                codes[name] = parts[name].strip()
    errors.check()
    if not codes:
        raise StdpbenchError(f"{where}: a custom rule needs on_input_spike or on_output_spike, or both")
    return {**{name: text for name, text in texts.items() if text}, **codes, "traces": traces, "parameters": declared}


def _names(traces: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Dimension]:
    """Return the names that expressions may read."""
    names: dict[str, Dimension] = {"w": NUMBER, "w_max": NUMBER, **dict.fromkeys(traces, NUMBER)}
    return names | {name: DIMENSIONS[entry["unit"]] for name, entry in declared.items()}


def _table(parts: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = parts.get(name, {})
    if not isinstance(table, Mapping) or len(table) > _MOST or not all(isinstance(e, Mapping) for e in table.values()):
        raise StdpbenchError(f"{where}.{name} must be a table with one table per name, of at most {_MOST}")
    return table


def _check_name(name: str, where: str) -> None:
    with errors_within(f"{where}: "):
        check_name(name)
    if hasattr(CustomRule, name) or name.startswith("my_") or name in (*_PARTS, "kind", "file", "preset"):
        raise StdpbenchError(f"{where}: the name {name} is reserved; choose another")


def _parameter(name: str, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    _check_name(name, where)
    for key in entry:
        if key not in ("default", "unit", "min", "max", "help"):
            raise unknown_key(key, dict.fromkeys(("default", "unit", "min", "max", "help")), where)
    unit = entry.get("unit", "")
    if not isinstance(unit, str) or unit not in DIMENSIONS:
        raise StdpbenchError(
            f"{where}.unit: {unit!r} is not a unit of a parameter; {suggestion(str(unit), DIMENSIONS)}"
        )
    if "default" not in entry:
        raise StdpbenchError(f"{where}.default is missing; every parameter needs a default value")
    declared: dict[str, Any] = {"unit": unit, "help": entry.get("help", "")}
    if not isinstance(declared["help"], str) or len(declared["help"]) > 500:
        raise StdpbenchError(f"{where}.help must be a text of at most 500 characters")
    for key in ("default", "min", "max"):
        if key not in entry:
            continue
        with errors_within(f"{where}.{key}: "):
            value = units.read(entry[key], unit)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise StdpbenchError(f"{where}.{key} must be a number, not {entry[key]!r}")
        declared[key] = units.show(float(value), unit) if unit else float(value)
    return declared


def _trace(name: str, entry: Mapping[str, Any], declared: Mapping[str, Any], where: str) -> dict[str, str]:
    _check_name(name, where)
    if name.endswith(("_pre", "_post")):
        raise StdpbenchError(f"{where}: the name of a trace must not end in _pre or _post")
    for key in entry:
        if key not in ("side", "tau", "on_spike"):
            raise unknown_key(key, dict.fromkeys(("side", "tau", "on_spike")), where)
    if entry.get("side") not in ("input", "output"):
        raise StdpbenchError(f"{where}.side must be 'input' or 'output', not {entry.get('side')!r}")
    if entry.get("on_spike") not in ("set", "add"):
        raise StdpbenchError(f"{where}.on_spike must be 'set' or 'add', not {entry.get('on_spike')!r}")
    tau, times = entry.get("tau"), [key for key, parameter in declared.items() if parameter["unit"] in ("ms", "s")]
    if tau not in times:
        known = ", ".join(times) or "none"
        raise StdpbenchError(f"{where}.tau must name one of the parameters with unit ms or s ({known}), not {tau!r}")
    return {"side": entry["side"], "tau": tau, "on_spike": entry["on_spike"]}


@lru_cache(maxsize=4096)
def _class(text: str) -> type[CustomRule]:
    """Return the class of a definition; cached, so that two experiments with the same rule share one class."""
    definition = json.loads(text)
    taus = {trace["tau"] for trace in definition["traces"].values()}
    fields: dict[str, Any] = {}
    for name, entry in definition["parameters"].items():
        number: dict[str, Any] = {
            key: units.read(entry[key], entry["unit"]) for key in ("default", "min", "max") if key in entry
        }
        low = number.get("min")
        above = {"gt": 0.0} if name in taus and (low is None or low <= 0) else {"ge": low}
        declared = parameter(
            number["default"],
            help=entry["help"] or "No description.",
            unit=entry["unit"],
            le=number.get("max"),
            **above,
        )
        fields[name] = (float, declared)
    cls = create_model("CustomRule", __base__=CustomRule, **fields)
    cls.__doc__ = definition.get("about", CustomRule.__doc__)
    cls.summary = definition.get("title", CustomRule.summary)
    cls.reference = definition.get("source", "")
    cls.traces = tuple(Trace(name, t["side"], t["tau"], t["on_spike"]) for name, t in definition["traces"].items())
    names = _names(definition["traces"], definition["parameters"])
    cls.on_input_spike = checked(definition.get("on_input_spike", ""), names, "on_input_spike")
    cls.on_output_spike = checked(definition.get("on_output_spike", ""), names, "on_output_spike")
    cls.definition = definition
    return cls
