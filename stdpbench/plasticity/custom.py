"""Rules of one's own, which stand in an experiment file or in a small file that can be shared.

A definition is checked as a whole before anything is built: names, units, brackets, columns. It becomes a class like
those of this package, whose parameters are declared by the definition: with bounds, units and help, live, and settable
by ``--set plasticity.NAME=…``. The same definition gives the same class.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import create_model

from stdpbench import units
from stdpbench.errors import Collector, StdpbenchError, several, suggestion
from stdpbench.files import read_toml
from stdpbench.parameters import parameter, unknown_key
from stdpbench.plasticity.base import PlasticityRule, Trace
from stdpbench.plasticity.language import (
    DIMENSIONS,
    FUNCTIONS,
    NUMBER,
    Dimension,
    ExpressionError,
    checked,
)
from stdpbench.plasticity.names import check_name

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
        "a_plus": {"default": 0.01, "help": "Potentiation per pair without delay."},
        "a_minus": {"default": 0.0105, "help": "Depression per pair without delay."},
        "tau_plus": {"default": "20 ms", "unit": "ms", "help": "Time constant of the input trace x."},
        "tau_minus": {"default": "20 ms", "unit": "ms", "help": "Time constant of the output trace y."},
    },
}
"""What ``kind = "custom"`` alone stands for: something to start from."""


class CustomRule(PlasticityRule):
    """A rule of one's own, written in the experiment file.

    Beside ``kind = "custom"`` stand ``on_input_spike`` and ``on_output_spike`` (one of them may be missing), a table
    ``traces`` of NAME = { side, tau, on_spike }, a table ``parameters`` of NAME = { default, unit, min, max, help },
    and, for people, ``title``, ``about`` and ``source``. Other keys give parameters other values than their defaults.
    Or ``file`` names a TOML file in which all this stands; the experiment that a run keeps has it spelled out. With
    ``kind = "custom"`` alone, the additive pair rule stands there, to start from.
    """

    kind: Literal["custom"] = "custom"

    summary: ClassVar[str] = "A rule of one's own: traces, parameters and two expressions, in the experiment file"
    reference: ClassVar[str] = ""
    traces: ClassVar[tuple[Trace, ...]] = ()
    definition: ClassVar[Mapping[str, Any]] = {}
    in_digit_network: ClassVar[str] = "runs; whether it learns is up to you"

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[CustomRule], dict[str, Any]]:
        """The class that a definition makes, and the values beside it."""
        given = dict(mapping)
        if "file" in given:
            if beside := [part for part in _PARTS if part in given]:
                raise StdpbenchError(f"{where}.{beside[0]} stands beside {where}.file, which has a rule of its own")
            given |= {**read_rule(given.pop("file"), f"{where}.file"), **given}
        elif not any(part in given for part in _PARTS):
            given |= EXAMPLE
        parts = {part: given.pop(part) for part in _PARTS if part in given}
        return _class(json.dumps(_definition(parts, where), sort_keys=True)), given

    def to_mapping(self) -> dict[str, Any]:
        """The definition, and all values: enough to make the same rule again."""
        return {**super().to_mapping(), **self.definition}


def read_rule(path: object, where: str) -> dict[str, Any]:
    """What a file of one rule says.

    Raises
    ------
    StdpbenchError
        If there is no such file, or it is no TOML.
    """
    if not isinstance(path, str):
        raise StdpbenchError(f"{where} must be the name of a file, not {path!r}")
    file = Path(path).expanduser()
    try:
        if not file.is_file():
            raise StdpbenchError(f"there is no file {path!r}")
        if file.stat().st_size > _LARGEST:
            raise StdpbenchError(f"{path!r} is too large for a rule")
        said = read_toml(file)
    except OSError as error:
        raise StdpbenchError(f"{where}: {path!r} cannot be read: {error.strerror or error}") from None
    except StdpbenchError as error:
        raise StdpbenchError(f"{where}: {error}") from None
    known = {*_PARTS, "w_max", *said.get("parameters", {})}
    if unknown := [str(unknown_key(key, dict.fromkeys(_PARTS), where)) for key in said if key not in known]:
        raise several(unknown)
    return said


def rule_file(rule: CustomRule) -> str:
    """A custom rule as the text of a file of its own, with the values in force as defaults."""
    import tomli_w

    said = {**rule.definition, "parameters": {n: dict(p) for n, p in rule.definition["parameters"].items()}}
    values = rule.to_mapping()
    for name, declared in said["parameters"].items():
        declared["default"] = values[name]
    return tomli_w.dumps({**said, "w_max": rule.w_max})


@dataclass(frozen=True)
class Problem:
    """Something wrong in a definition.

    Attributes
    ----------
    part : str
        Where: ``"on_input_spike"``, ``"traces.x"``, ``"parameters.eta"``, or empty for the whole.
    sentence : str
        What is wrong, and what would be right.
    line, column, end : int
        Of an expression: where, counted from 0, `end` after the last character; -1 where there is no place.
    """

    part: str
    sentence: str
    line: int = -1
    column: int = -1
    end: int = -1


def problems(parts: Mapping[str, Any]) -> list[Problem]:
    """All that is wrong in a definition, part by part, for somebody who is writing it; empty where it is fine.

    Parameters
    ----------
    parts : mapping of str to Any
        As in a file of a rule.
    """
    found: list[Problem] = []
    declared: dict[str, Any] = {}
    traces: dict[str, Any] = {}
    for table, check, into in (
        ("parameters", lambda name, said: _parameter(name, said, name), declared),
        ("traces", lambda name, said: _trace(name, said, declared, name), traces),
    ):
        for name, said in dict(parts.get(table, {})).items():
            try:
                into[name] = check(name, said)
            except StdpbenchError as error:
                found.append(Problem(f"{table}.{name}", str(error)))
    names = _names(traces, declared)
    for spot in ("on_input_spike", "on_output_spike"):
        try:
            checked(parts.get(spot, ""), names, spot)
        except ExpressionError as error:
            found.append(Problem(spot, error.what, error.line, error.column, error.end))
        except StdpbenchError as error:
            found.append(Problem(spot, str(error)))
    if not found:
        try:
            _definition(parts, "rule")
        except StdpbenchError as error:
            found.append(Problem("", str(error)))
    return found


def known_names(parts: Mapping[str, Any]) -> tuple[str, ...]:
    """What an expression of a definition may name: weight, traces, parameters, and functions."""
    return ("w", "w_max", *parts.get("traces", {}), *parts.get("parameters", {}), *FUNCTIONS)


def as_custom(rule: PlasticityRule) -> dict[str, Any]:
    """Another rule as a table of a custom one with the same traces and expressions: something to start from.

    Its values are the defaults of the new one.

    Raises
    ------
    StdpbenchError
        If the rule has more than traces and expressions on spikes.
    """
    if isinstance(rule, CustomRule):
        return rule.to_mapping()
    kind = str(getattr(rule, "kind", "rule"))
    beyond = {
        "averages, which outlast presentations": bool(rule.averages),
        "variables of the synapse": bool(rule.synapse_variables or rule.each_step),
    }
    for what, has in beyond.items():
        if has:
            raise StdpbenchError(f"{kind} has {what}, and a custom rule has traces and expressions on spikes only")
    parameters: dict[str, Any] = {}
    for declared in rule.describe():
        if declared.name == "w_max":
            continue
        said: dict[str, Any] = {"default": declared.show(getattr(rule, declared.name)), "unit": declared.unit or ""}
        for key, bound in (("min", declared.minimum), ("max", declared.maximum)):
            if bound is not None:
                said[key] = declared.show(bound)
        parameters[declared.name] = said | {"help": declared.help}
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
    """A definition in its one form, every part of it checked."""
    texts = {name: parts.get(name, "") for name in _TEXTS}
    errors = Collector()
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 2000:
            errors.sentences.append(f"{where}.{name} must be a text of at most 2000 characters")
    declared: dict[str, dict[str, Any]] = {}
    for name, said in _table(parts, "parameters", where).items():
        with errors.part():
            declared[name] = _parameter(name, said, f"{where}.parameters.{name}")
    errors.check()  # traces name parameters, and expressions both
    traces: dict[str, dict[str, str]] = {}
    for name, said in _table(parts, "traces", where).items():
        with errors.part():
            traces[name] = _trace(name, said, declared, f"{where}.traces.{name}")
    errors.check()
    mapped = [name.rpartition("_")[0] + "_rate" for name in declared if name.endswith(("_pre", "_post"))]
    mapped += [f"{name}_syn" for name in declared]
    if double := {*declared}.intersection(traces) | {*declared}.intersection(mapped):
        raise StdpbenchError(
            f"{where}: {sorted(double)[0]} is named twice: names must differ, also with _rate for _pre or _syn added"
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
    """What expressions may read."""
    names: dict[str, Dimension] = {"w": NUMBER, "w_max": NUMBER, **dict.fromkeys(traces, NUMBER)}
    return names | {name: DIMENSIONS[said["unit"]] for name, said in declared.items()}


def _table(parts: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = parts.get(name, {})
    if not isinstance(table, Mapping) or not all(isinstance(each, Mapping) for each in table.values()):
        raise StdpbenchError(f"{where}.{name} must be a table of tables, one for each name")
    if len(table) > _MOST:
        raise StdpbenchError(f"{where}.{name} has {len(table)} entries; at most {_MOST} are possible")
    return table


def _check_name(name: str, where: str) -> None:
    try:
        check_name(name)
    except StdpbenchError as error:
        raise StdpbenchError(f"{where}: {error}") from None
    if hasattr(CustomRule, name) or name.startswith("my_") or name in (*_PARTS, "kind", "file", "preset"):
        raise StdpbenchError(f"{where}: the name {name} is taken; choose another")


def _parameter(name: str, said: Mapping[str, Any], where: str) -> dict[str, Any]:
    _check_name(name, where)
    for key in said:
        if key not in ("default", "unit", "min", "max", "help"):
            raise unknown_key(key, dict.fromkeys(("default", "unit", "min", "max", "help")), where)
    unit = said.get("unit", "")
    if unit not in DIMENSIONS:
        raise StdpbenchError(f"{where}.unit: {unit!r} is no unit of a parameter; {suggestion(str(unit), DIMENSIONS)}")
    if "default" not in said:
        raise StdpbenchError(f"{where}.default is missing: the value when nothing else is said")
    found: dict[str, Any] = {"unit": unit, "help": said.get("help", "")}
    if not isinstance(found["help"], str) or len(found["help"]) > 500:
        raise StdpbenchError(f"{where}.help must be a text of at most 500 characters")
    for key in ("default", "min", "max"):
        if key not in said:
            continue
        try:
            value = units.read(said[key], unit)
        except StdpbenchError as error:
            raise StdpbenchError(f"{where}.{key}: {error}") from None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise StdpbenchError(f"{where}.{key} must be a number, not {said[key]!r}")
        found[key] = units.show(float(value), unit) if unit else float(value)
    return found


def _trace(name: str, said: Mapping[str, Any], declared: Mapping[str, Any], where: str) -> dict[str, str]:
    _check_name(name, where)
    if name.endswith(("_pre", "_post")):
        raise StdpbenchError(f"{where}: the name of a trace must not end in _pre or _post")
    for key in said:
        if key not in ("side", "tau", "on_spike"):
            raise unknown_key(key, dict.fromkeys(("side", "tau", "on_spike")), where)
    if said.get("side") not in ("input", "output"):
        raise StdpbenchError(f"{where}.side must be 'input' or 'output', not {said.get('side')!r}")
    if said.get("on_spike") not in ("set", "add"):
        raise StdpbenchError(f"{where}.on_spike must be 'set' or 'add', not {said.get('on_spike')!r}")
    tau = said.get("tau")
    if not isinstance(tau, str) or tau not in declared:
        known = ", ".join(declared) or "none"
        raise StdpbenchError(f"{where}.tau must name one of the parameters ({known}), not {tau!r}")
    if declared[tau]["unit"] not in ("ms", "s"):
        raise StdpbenchError(f"{where}.tau: {tau} is no time; its unit should be ms or s")
    return {"side": said["side"], "tau": tau, "on_spike": said["on_spike"]}


@lru_cache(maxsize=4096)
def _class(text: str) -> type[CustomRule]:
    """The class of a definition; one for each, so that two experiments with the same rule are of one kind."""
    definition = json.loads(text)
    taus = {trace["tau"] for trace in definition["traces"].values()}
    fields: dict[str, Any] = {}
    for name, said in definition["parameters"].items():
        number: dict[str, Any] = {
            key: units.read(said[key], said["unit"]) for key in ("default", "min", "max") if key in said
        }
        low = number.get("min")
        above = {"gt": 0.0} if name in taus and (low is None or low <= 0) else {"ge": low}
        declared = parameter(
            number["default"], help=said["help"] or "No description.", unit=said["unit"], le=number.get("max"), **above
        )
        fields[name] = (float, declared)
    made = create_model("CustomRule", __base__=CustomRule, **fields)
    made.__doc__ = definition.get("about", CustomRule.__doc__)
    made.summary = definition.get("title", CustomRule.summary)
    made.reference = definition.get("source", "")
    made.traces = tuple(Trace(name, t["side"], t["tau"], t["on_spike"]) for name, t in definition["traces"].items())
    names = _names(definition["traces"], definition["parameters"])
    made.on_input_spike = checked(definition.get("on_input_spike", ""), names, "on_input_spike")
    made.on_output_spike = checked(definition.get("on_output_spike", ""), names, "on_output_spike")
    made.definition = definition
    return made
