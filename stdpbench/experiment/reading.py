"""The tables of an experiment, read into its sections: each by its own declaration, errors of all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.base.errors import Collector, StdpbenchError
from stdpbench.declare.parameters import Parameters, build, parameter, unknown_key
from stdpbench.experiment.changes import no_section
from stdpbench.experiment.families import FAMILIES, PLAIN
from stdpbench.experiment.templates import OPTIONAL
from stdpbench.kinds.streams import Stream


class Head(Parameters):
    """Keys of an experiment before its sections."""

    name: str = parameter("experiment", help="Name of the experiment, used for run folders.")
    seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed of start weights, delays, order and input spikes.")


def read_sections(mapping: Mapping[str, Any], fields: Mapping[str, Any], *, stand_ins: bool) -> dict[str, Any]:
    """Read the sections of an experiment from nested tables, with its name and seed as they are written.

    Parameters
    ----------
    mapping : mapping of str to Any
        Section to its table, or to an object with such a table.
    fields : mapping of str to Any
        Keys that an experiment has.
    stand_ins : bool
        Whether missing kinds get stand-ins; otherwise they are an error.

    Returns
    -------
    dict of str to Any
        By key; sections that neither the tables nor the network have are missing.

    Raises
    ------
    StdpbenchError
        One sentence per error, with the dotted path, the error and what would be right.
    """
    errors = Collector()
    mapping = {key: one.to_mapping() if hasattr(one, "to_mapping") else one for key, one in mapping.items()}
    sections: dict[str, Any] = {key: mapping[key] for key in ("name", "seed") if key in mapping}
    for name, section in PLAIN.items():
        with errors.part():
            sections[name] = build(section, mapping.get(name, {}), name)
    for name, (family, usual_kind) in FAMILIES.items():
        table, network = mapping.get(name, {}), sections.get("network")
        if name in OPTIONAL and name not in mapping and network and (network.missing or name not in network.sections):
            continue
        if name == "encoding" and isinstance(data := sections.get("data"), Stream):
            if name in mapping:
                errors.sentences.append(
                    f"encoding is not a section of an experiment with data.kind {getattr(data, 'kind', '')!r}, "
                    "which gives spikes"
                )
            continue
        with errors.part():
            if not isinstance(table, Mapping):
                raise StdpbenchError(f"{name} must be a table of parameters, not {table!r}")
            if name in OPTIONAL and network and not network.missing and name not in network.sections:
                raise no_section(name, getattr(network, "kind", ""))
            make = family.read if stand_ins else family.build
            sections[name] = make({"kind": usual_kind, **table}, name)
    unknown = Collector()
    for key in mapping:
        if key not in fields:
            with unknown.part():
                near = [name for name, made in sections.items() if key in getattr(type(made), "model_fields", ())]
                if near:
                    paths = " or ".join(f"{name}.{key}" for name in near)
                    raise StdpbenchError(f"{key} is not a known parameter; did you mean {paths}?")
                raise unknown_key(key, fields, "")
    errors.sentences[:0] = unknown.sentences
    if errors.sentences:  # check name and seed as well, even if sections are invalid
        with errors.part():
            build(Head, {key: sections[key] for key in ("name", "seed") if key in sections}, "")
    errors.check()
    return sections
