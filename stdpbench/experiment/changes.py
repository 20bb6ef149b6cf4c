"""Changes of an experiment's tables by dotted paths, for `Experiment.override`, which then reads the tables."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from inspect import get_annotations
from typing import Any

from stdpbench.base.errors import Collector, StdpbenchError, nearest
from stdpbench.data.datasets import PLACES, datasets
from stdpbench.declare.learned_names import listed
from stdpbench.declare.parameters import Parameters, unknown_key
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.evaluation import set_in_evaluation
from stdpbench.experiment.families import family_of
from stdpbench.experiment.graph import Projection
from stdpbench.experiment.graph.tables import MAY_BE_NONE, family_at
from stdpbench.experiment.templates import OPTIONAL, templates
from stdpbench.kinds.streams import Stream

_NEEDS = {"populations": ("neuron",), "projections": ("source", "target", "receptor")}
"""Keys that a new population or projection needs."""
_RANK = {"kind": 0, "preset": 1, "file": 1}


def apply(tables: dict[str, Any], changes: Mapping[str, Any], experiment: Parameters) -> None:
    """Change the tables of an experiment.

    Raises
    ------
    StdpbenchError
        A sentence per change that is not possible.
    """
    errors, was_stream = Collector(), tables["schedule"].get("between") == "stream"
    refused = tuple(f"network.{table}.{name}" for table, name in add_elements(tables, changes, errors))
    for path, value in ordered(changes):
        if path.startswith(refused):
            continue
        with errors.part():
            if path.endswith(".preset"):
                forget_for_preset(tables, path, str(value))
            parsed = meant(experiment, path, value) if isinstance(value, str) else value
            (set_in_evaluation if path.startswith(f"{EVALUATION}.") else set_value)(tables, path, parsed)
    _fit_to_stream(tables, changes, was_stream)
    errors.check()


def _fit_to_stream(tables: dict[str, Any], changes: Mapping[str, Any], was_stream: bool) -> None:
    """Remove what only pictures or only streams have if an experiment changes from one to the other."""
    schedule, data = tables["schedule"], tables["data"]
    changed = {path.partition(".")[2] for path in changes if path.startswith("schedule.")}
    if (schedule.get("between") == "stream") is not was_stream:
        tables["schedule"] = {name: value for name, value in schedule.items() if name in changed}
    encodes = any(path.partition(".")[0] == "encoding" for path in changes)
    if "data.kind" in changes and not encodes and isinstance(data, Mapping):
        kind = datasets.usable().get(str(data.get("kind", "")))
        if kind is not None and issubclass(kind, Stream):
            tables.pop("encoding", None)


def lost_values(
    before: Mapping[str, Parameters], after: Mapping[str, Parameters], given: Collection[str]
) -> dict[str, Any]:
    """Return the values that are lost because objects change their kind, or a schedule between pictures and a stream.

    Returned are values by dotted path, without defaults of the old kind and the paths in `given`.
    """
    lost = dict[str, Any]()
    for section, old in before.items():
        new = after.get(section)
        if type(old) is type(new) and getattr(old, "is_stream", False) is getattr(new, "is_stream", False):
            continue
        values = old.to_mapping()
        for declared in old.describe():
            name, path, value = declared.name, f"{section}.{declared.name}", getattr(old, declared.name)
            kept = value in (declared.default, getattr(new, name, None)) or path == "schedule.between"
            if not kept and path not in given and name in values:
                lost[path] = values[name]
    return lost


def ordered(changes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return changes in the order in which they apply: kind of the network, other kinds, presets, all else.

    Kinds, presets and whole populations and projections replace values and therefore come first.
    """

    def rank(change: tuple[str, Any]) -> int:
        first = change[0] == "network.kind" or _is_element(change[0])
        return -1 if first else _RANK.get(change[0].rpartition(".")[2], 2)

    return sorted(changes.items(), key=rank)


def add_elements(tables: dict[str, Any], changes: Mapping[str, Any], errors: Collector) -> list[tuple[str, str]]:
    """Append empty tables for the new populations and projections in `changes`, in the order given.

    New elements for which `changes` lack required keys are reported in `errors`, and returned.
    """
    network, keys_of_new, refused = tables["network"], dict[tuple[str, str], set[str]](), list[tuple[str, str]]()
    for path in changes:
        match path.split("."):
            case ["network", table, name, *below] if table in _NEEDS and isinstance(network.get(table), Mapping):
                if name not in network[table]:
                    keys_of_new.setdefault((table, name), set()).update(below[:1] or _NEEDS[table])
    for (table, name), declared_keys in keys_of_new.items():
        if missing := [key for key in _NEEDS[table] if key not in declared_keys]:
            errors.sentences += _no_element(table, name, missing, list(network[table])).sentences
            refused.append((table, name))
        else:
            network[table][name] = {}
    return refused


def _no_element(table: str, name: str, missing: Sequence[str], known: Sequence[str]) -> StdpbenchError:
    path, near = f"network.{table}.{name}", nearest(name, known)
    needed = ", ".join(f"{path}.{key}{'.kind' if key == 'neuron' else ''}" for key in missing)
    hint = (
        f"did you mean network.{table}.{near}? A new one needs {needed} as well"
        if near
        else f"to add it, set {needed}"
    )
    return StdpbenchError(f"{path} is not a known parameter; {hint}")


def _is_element(path: str) -> bool:
    match path.split("."):
        case ["network", table, _]:
            return table in _NEEDS
    return False


def set_value(tables: dict[str, Any], path: str, value: Any) -> None:
    """Set a value in nested tables; None removes it.

    Raises
    ------
    StdpbenchError
        If there is no such table, or the path is that of a table.
    """
    above, _, key = path.rpartition(".")
    if key == "kind" and value == "none" and above.rpartition(".")[2] in MAY_BE_NONE and family_at(above) is not None:
        path = above
    *sections, key = path.split(".")
    if (missing := path.partition(".")[0]) in OPTIONAL and missing not in tables:
        raise no_section(missing, str(tables["network"]["kind"]))
    table = tables
    for number, name in enumerate(sections):
        inner = table.get(name)
        if (inner is None or isinstance(inner, str)) and family_at(".".join(sections[: number + 1])) is not None:
            inner = table[name] = {} if inner is None else {"kind": inner}
        if not isinstance(inner, dict):
            known = {k: None for k, v in table.items() if isinstance(v, dict)}
            raise unknown_key(name, known, ".".join(sections[:number]))
        table = inner
    if family_at(path) is not None:
        if value in (None, "none"):
            table.pop(key, None)
        else:
            table[key] = value
        return
    if _is_element(path) and (value in (None, "none") or isinstance(value, Mapping)):
        if isinstance(value, Mapping):
            table[key] = dict(value)
        elif table.pop(key, None) in (None, {}):  # {}: added by the same changes
            raise unknown_key(key, table, path.rpartition(".")[0])
        return
    if isinstance(table.get(key), dict):
        first = next(iter(table[key]), "neuron" if path.startswith("network.populations.") else "source")
        example = "kind" if "kind" in table[key] else first
        raise StdpbenchError(f"{path} is a section; name one of its parameters, such as {path}.{example}")
    if key == "kind" and table.get("kind") != value:
        kept = _shared(sections[0], table, value) if sections else {}
        table.clear()  # drop parameters of the old kind
        table.update(kept)
    if key == "file" and table.get("kind") == "custom":
        table.clear()  # drop parameters of the old rule
        table["kind"] = "custom"
    if key == "file" and table.get("kind") in ("table", "brian2"):
        table.pop("sha256", None)  # digest of the old file
    if value is not None:
        table[key] = value
        return
    table.pop(key, None)
    if not table and family_at(".".join(sections)) is not None:  # an object without values, such as a removed delay
        set_value(tables, ".".join(sections), None)


def forget_for_preset(tables: dict[str, Any], path: str, preset: str) -> None:
    """Remove from a section the values that a new preset sets."""
    section = path.rpartition(".")[0]
    family = family_of(section)
    if family is not None:
        table: Any = tables
        for name in section.split("."):
            table = table.get(name, {})
        owner = family.get(str(table.get("kind", "")), f"{section}.kind")
        for name in owner.presets.get(preset, {}):
            table.pop(name, None)


def meant(experiment: Parameters, path: str, text: str) -> Any:
    """Parse a typed value as TOML; for parameters that are texts, keep a text that looks like a number."""
    owner, key = owner_of(experiment, path)
    field = type(owner).model_fields.get(key) if owner is not None else None
    value = _toml_value(text)
    return text if field is not None and field.annotation is str and not isinstance(value, str) else value


def owner_of(experiment: Parameters, path: str) -> tuple[Parameters | None, str]:
    """Return the object that has a parameter (None if there is none), and the name of the parameter."""
    *above, key = path.split(".")
    owner: Any = experiment
    for name in above:
        owner = owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)
    return owner if isinstance(owner, Parameters) else None, key


def value_at(experiment: Parameters, path: str) -> Any:
    """Return the value of a parameter, also if files omit it as a default; None if there is no such parameter."""
    owner, name = owner_of(experiment, path)
    return getattr(owner, name) if owner is not None and name in type(owner).model_fields else None


def is_live(before: Parameters, after: Parameters, path: str) -> bool:
    """Return whether a parameter in which two experiments differ may change during a run."""
    owner, key = owner_of(before, path)
    declared = {p.name: p for p in owner.describe()} if owner is not None else {}
    return may_change(before, after, path, not declared[key].structural if key in declared else None)


def check_live(before: Parameters, after: Parameters, paths: Collection[str]) -> None:
    """Check that the parameters in which two experiments differ may change during a run.

    Raises
    ------
    StdpbenchError
        If one of them is structural.
    """
    for path in sorted(paths, key=lambda path: path == "network.order"):  # last: users do not set it
        if not is_live(before, after, path):
            raise StdpbenchError(
                f"{path} is structural: it cannot change during a run, but a new run can start from the "
                f"weights and thresholds of this one: stdpbench run … --from RUN --set {path}=…"
            )


def may_change(before: Parameters, after: Parameters, path: str, live: bool | None) -> bool:
    """Return whether a parameter may change during a run.

    `live` is the declaration: whether the parameter is live, or None if `before` does not have it.
    """
    projections = [p for e in (before, after) if isinstance(p := _projection(e, path), Projection)]
    match path.split("."):
        case ["data", *_] | [_]:  # `[_]`: the seed
            return False
        case ["evaluation", *_]:
            return True
        case ["schedule", "between"] if "stream" in {
            getattr(owner_of(experiment, path)[0], "between", "") for experiment in (before, after)
        }:
            return False
        case ["network", "projections", _, "scale"] if any(projection.scale is None for projection in projections):
            return False
        case ["network", "projections", _, "weight", *_] if not all(
            projection.one_weight for projection in projections
        ):
            return False  # start weights of learning
        case ["network", "projections", _, "normalise", "kind"]:
            return len(projections) == 2
        case ["network", "projections", _, "normalise", _] if live is None:
            return len(projections) == 2
    return bool(live)


def _projection(experiment: Parameters, path: str) -> Parameters | None:
    return owner_of(experiment, ".".join([*path.split(".")[:3], ""]))[0]


def no_section(name: str, network: str) -> StdpbenchError:
    """Return the error for a section that a network does not use."""
    used = templates.get(network).sections
    hint = f"which uses {', '.join(used)}" if used else "whose populations and projections have neurons and rules"
    return StdpbenchError(f"{name} is not a section of an experiment with the network {network!r}, {hint}")


def parse_assignment(text: str) -> tuple[str, str]:
    """Split the argument of ``--set`` into dotted path and value."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise StdpbenchError(f"{text!r} must be PATH=VALUE, such as plasticity.nu_post=0.02")
    return path.strip(), value.strip()


def _shared(section: str, table: Mapping[str, Any], kind: object) -> dict[str, Any]:
    """Return the values that a data set keeps when its kind changes: shared parameters, except file paths."""
    if section != "data" or str(kind) not in datasets.kinds():
        return {}
    old, new = datasets.get(str(table["kind"])), datasets.get(str(kind))
    names = old.model_fields.keys() & new.model_fields.keys() & table.keys() - {"kind", *PLACES}
    return {name: table[name] for name in table if name in names and _owner(old, name) is _owner(new, name)}


def _owner(cls: type[Parameters], name: str) -> type:
    """Return the class that declares a parameter."""
    return next(base for base in cls.__mro__ if name in get_annotations(base))


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # not TOML, or a number with thousands of digits
        return text


def refuse_other_delay_rule(experiment: Parameters, changes: Mapping[str, Any]) -> None:
    """Check that no change replaces, adds or removes the delay rule of a projection during a run.

    Raises
    ------
    StdpbenchError
        If one does; the message says what can change, and how to continue with another rule.
    """
    for path, value in changes.items():
        part, _, key = path.rpartition(".")
        if key != "kind" or part.rpartition(".")[2] != "delay_plasticity":
            continue
        rule = owner_of(experiment, path)[0]
        if str(value) == (getattr(rule, "kind", None) or "none"):
            continue
        live = [] if rule is None else [parameter.name for parameter in rule.describe() if not parameter.structural]
        can = (
            f"; what can change are its values {listed(live)}, and rates of 0 keep delays as they are" if live else ""
        )
        raise StdpbenchError(
            f"{path} is structural: whether delays learn, and by which rule, cannot change during a run{can}. A new "
            "run can start from the weights, delays and thresholds of this one: stdpbench run … --from RUN --set "
            f"{path}={value}"
        )
