"""Populations and projections as tables of a file: reading and writing their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from stdpbench.base.errors import Collector, StdpbenchError
from stdpbench.declare.parameters import Parameters, build, explain, unknown_key
from stdpbench.declare.registry import Family
from stdpbench.kinds.connections import connections
from stdpbench.kinds.delay_plasticity import delay_rules
from stdpbench.kinds.delays import delays
from stdpbench.kinds.neurons import neurons
from stdpbench.kinds.noises import noises
from stdpbench.kinds.normalisations import normalisations
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.kinds.release import releases
from stdpbench.kinds.weights import weights

POPULATION: Mapping[str, Family[Any]] = {"neuron": neurons, "noise": noises}
"""Parameters of a population that have kinds."""
PROJECTION: Mapping[str, Family[Any]] = {
    "connect": connections,
    "weight": weights,
    "delay": delays,
    "plasticity": projection_rules,
    "delay_plasticity": delay_rules,
    "release": releases,
    "normalise": normalisations,
}
"""Parameters of a projection that have kinds."""
MAY_BE_NONE = ("neuron", "noise", "plasticity", "delay_plasticity", "release", "normalise")
"""Optional parameters with kinds."""
_CONSTANT = ("weight", "delay")


def family_at(path: str) -> Family[Any] | None:
    """Return the family of a parameter with kinds, such as ``network.projections.feed.delay``; None for others."""
    match path.split("."):
        case ["network", "populations", _, name]:
            return POPULATION.get(name)
        case ["network", "projections", _, name]:
            return PROJECTION.get(name)
    return None


def with_kinds(
    cls: type[Parameters], table: Mapping[str, Any], where: str, families: Mapping[str, Family[Any]]
) -> dict[str, Any]:
    """Return the values of a table, with an object for each parameter that has kinds.

    Raises
    ------
    StdpbenchError
        A sentence per error, of the whole table.
    """
    errors, values = Collector(), dict[str, Any]()
    for key, value in table.items():
        with errors.part():
            if key not in cls.model_fields:
                raise unknown_key(key, cls.model_fields, where)
            values[key] = read_kind(value, f"{where}.{key}", families[key]) if key in families else value
    if errors.sentences:  # report errors of the other parameters as well
        try:
            cls.model_validate(values)
        except ValidationError as error:
            failed = tuple(f"{where}.{key} " for key in table.keys() - values.keys())  # reported already
            errors.sentences += [sentence for sentence in explain(error, where) if not sentence.startswith(failed)]
    errors.check()
    return values


def read_elements(
    mapping: Mapping[str, Any], elements: Mapping[str, type[Parameters]], where: str, errors: Collector
) -> dict[str, dict[str, Any]]:
    """Return the objects of tables of tables, such as populations by name; `errors` collects those of each object.

    Raises
    ------
    StdpbenchError
        If one of them is no table.
    """
    values: dict[str, dict[str, Any]] = {}
    for name, element in elements.items():
        path, tables = f"{where}.{name}", mapping.get(name, {})
        if not isinstance(tables, Mapping):
            raise StdpbenchError(f"{path} must be a table of {name} by name, not {tables!r}")
        values[name] = {}
        for key, table in tables.items():
            with errors.part():
                values[name][key] = table if isinstance(table, element) else build(element, table, f"{path}.{key}")
    return values


def read_kind(value: Any, where: str, family: Family[Any]) -> Any:
    """Create an object from its table, or from a short form: the name of its kind, or the value of a constant."""
    name = where.rpartition(".")[2]
    none = value is None or (isinstance(value, str) and value == "none")
    if isinstance(value, family.base) or (none and name in MAY_BE_NONE):
        return None if none else value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name in _CONSTANT and (number or (isinstance(value, str) and value[:1] in tuple("+-.0123456789"))):
        value = {"kind": "constant", "value": value}
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, Mapping):
        of_synapses = "; a file gives those of single synapses (connect.kind 'table')" if name in _CONSTANT else ""
        raise StdpbenchError(
            f"{where} must be a table with a kind, such as {{ kind = {family.kinds()[0]!r} }}{of_synapses}"
        )
    return family.nested(value, where)


def mapping_of(owner: Parameters, defaults: Mapping[str, object]) -> dict[str, Any]:
    """Return a population or projection as a table, without values that are None or equal to `defaults`."""
    table: dict[str, Any] = {}
    for name in type(owner).model_fields:
        value = getattr(owner, name)
        if value is None or (name in defaults and value == defaults[name]):
            continue
        table[name] = _with_kind_first(value) if isinstance(value, Parameters) else value
    return table


def _with_kind_first(owner: Parameters) -> dict[str, Any]:
    mapping = owner.to_mapping()
    return {"kind": mapping.pop("kind"), **mapping}
