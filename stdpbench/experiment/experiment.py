"""The experiment: one immutable value with everything that a run depends on.

An `Experiment` is read from TOML and written to TOML; equal experiments give the same run. `digest` identifies it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import Field, SerializeAsAny, model_validator

from stdpbench.datasets import Dataset
from stdpbench.encoding import Encoder
from stdpbench.errors import Collector, StdpbenchError, several, suggestion
from stdpbench.experiment.changes import forget_for_preset, meant, no_section, ordered, set_value
from stdpbench.experiment.conflicts import conflicts
from stdpbench.experiment.families import FAMILIES, PLAIN, SECTIONS, usual
from stdpbench.experiment.sections import About, Schedule
from stdpbench.files import parse_toml, read_toml
from stdpbench.graph import Graph
from stdpbench.neurons import Neuron
from stdpbench.parameters import Parameters, build, parameter, unknown_key
from stdpbench.paths import shipped
from stdpbench.plasticity import Lateral, PlasticityRule, rules
from stdpbench.templates import OPTIONAL, Parts, Template
from stdpbench.templates.paths import short_path
from stdpbench.toml_lines import Lines, flat, located

_FIXED = {"kind": "fixed"}
LOOKS = ("held_out_every", "held_out_images")
"""Parameters of the schedule that do not change any result."""


class _Head(Parameters):
    """Keys of an experiment before its sections."""

    name: str = parameter("experiment", help="Name of the experiment, used for run folders.")
    seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed of start weights, delays, order and input spikes.")


class Experiment(_Head):
    """Everything that a run depends on.

    The network selects which of the sections ``exc``, ``inh``, ``plasticity`` and ``lateral`` exist; see `sections`.
    The attributes of others have unused defaults.
    """

    about: About
    data: SerializeAsAny[Dataset]
    encoding: SerializeAsAny[Encoder]
    network: SerializeAsAny[Template]
    exc: SerializeAsAny[Neuron] = Field(default_factory=lambda: usual("exc"))
    inh: SerializeAsAny[Neuron] = Field(default_factory=lambda: usual("inh"))
    plasticity: SerializeAsAny[PlasticityRule] = Field(default_factory=lambda: usual("plasticity"))
    lateral: SerializeAsAny[Lateral] = Field(default_factory=lambda: usual("lateral"))
    schedule: Schedule

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        conflicts = list(self._conflicts())
        if conflicts:
            raise ValueError("\n".join(conflicts))
        return self

    def _conflicts(self) -> Iterator[str]:
        """Yield a sentence for each conflict between sections."""
        if not self.name.strip():
            yield "name must not be empty"
        if self.missing_kinds:  # nothing is known of them but their values
            return
        yield from conflicts(self.network, self.parts, self.encoding, self.schedule)

    @property
    def exc_kind(self) -> str:
        """Kind of the exc neurons."""
        return str(getattr(self.exc, "kind", ""))

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that the experiment has: all of `SECTIONS`, except what its network does not use."""
        used = self.model_fields_set if self.network.missing else self.network.sections
        return tuple(name for name in SECTIONS if name not in OPTIONAL or name in used)

    @property
    def missing_kinds(self) -> tuple[str, ...]:
        """A clause for each missing kind, which has a stand-in here: its name and the reason."""
        return tuple(dict.fromkeys(clause for owner in self._with_kinds().values() if (clause := owner.missing)))

    @property
    def parts(self) -> Parts:
        """What the network may use of the experiment in addition to its own parameters."""
        return Parts(self.exc, self.inh, self.plasticity, self.lateral, self.seed)

    def graph(self, *shape: int) -> Graph:
        """Return the network as populations and projections.

        Parameters
        ----------
        *shape : int
            Shape of the input, which the data give; without it, the input has no size.
        """
        return _expanded(self.network, self.parts).with_input(*shape) if shape else _expanded(self.network, self.parts)

    def _with_kinds(self) -> dict[str, Parameters]:
        """Return all objects with a kind by their path: sections, and what the network consists of."""
        nested = {f"network.{path}": owner for path, owner in self.network.nested().items()}
        return {name: getattr(self, name) for name in FAMILIES if name in self.sections} | nested

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, stand_ins: bool = False) -> Experiment:
        """Read an experiment from nested tables; missing keys have their defaults.

        Parameters
        ----------
        mapping : mapping of str to Any
            Section to its table.
        stand_ins : bool
            Whether missing kinds get stand-ins, which hold their values as written, so that a past run can be shown;
            otherwise they are an error.

        Raises
        ------
        StdpbenchError
            One sentence per error, with the dotted path, the error and what would be right.
        """
        errors = Collector()
        for key in mapping:
            if key not in cls.model_fields:
                errors.sentences += unknown_key(key, cls.model_fields, "").sentences
        sections: dict[str, Any] = {key: mapping[key] for key in ("name", "seed") if key in mapping}
        for name, section in PLAIN.items():
            with errors.part():
                sections[name] = build(section, mapping.get(name, {}), name)
        for name, (family, usual_kind) in FAMILIES.items():
            table, network = mapping.get(name, {}), sections.get("network")
            if (
                name in OPTIONAL
                and name not in mapping
                and network
                and (network.missing or name not in network.sections)
            ):
                continue
            with errors.part():
                if not isinstance(table, Mapping):
                    raise StdpbenchError(f"{name} must be a table of parameters, not {table!r}")
                if name in OPTIONAL and network and not network.missing and name not in network.sections:
                    raise StdpbenchError(no_section(name, network))
                make = family.read if stand_ins else family.build
                sections[name] = make({"kind": usual_kind, **table}, name)
        if errors.sentences:  # check name and seed as well, even if sections are invalid
            with errors.part():
                build(_Head, {key: sections[key] for key in ("name", "seed") if key in sections}, "")
        errors.check()
        return build(cls, sections, "")

    @classmethod
    def read(cls, name: str | PathLike[str]) -> Experiment:
        """Read a shipped experiment by name, or any TOML file by path; see `read_experiment`."""
        return read_experiment(Path(name))

    @classmethod
    def from_toml(cls, text: str) -> Experiment:
        """Read an experiment from the text of a TOML file; values that it does not give have their defaults.

        Raises
        ------
        StdpbenchError
            If it is not valid TOML, or not an experiment: a sentence per error, with line and dotted path.
        """
        return _from_tables(parse_toml(text, "the text"), lambda: text, "the text")

    def to_mapping(self) -> dict[str, Any]:
        """Return nested tables as in a file, without None and without fixed lateral inhibition."""
        sections = {name: getattr(self, name).to_mapping() for name in self.sections}
        if sections.get("lateral") == _FIXED:  # keeps digests and files from before other kinds existed
            del sections["lateral"]
        return {"name": self.name, "seed": self.seed, **sections}

    def to_toml(self) -> str:
        """Return the experiment as TOML, with every value."""
        return tomli_w.dumps(self.to_mapping())

    def override(self, changes: Mapping[str, Any]) -> Experiment:
        """Return the experiment with some values changed.

        Parameters
        ----------
        changes : mapping of str to Any
            Dotted path -> value, such as ``{"plasticity.nu_post": 0.02, "exc.tau_m": "25 ms"}``. A text is also
            parsed as a TOML value, so that ``"true"``, ``"[1, 2]"`` and ``"0.02"`` have the same meaning as in a file;
            ``"none"`` unsets a parameter.

        Notes
        -----
        A section whose kind changes starts from the defaults of the new kind, but a data set keeps the steps that all
        data sets have, such as ``data.resize``; `lost_by` returns what is not kept. The texts of ``about`` describe
        the experiment as it was measured: if more than the seed changes, only those in `changes` remain.
        """
        errors, short = Collector(), dict[str, Any]()
        for path, value in changes.items():
            with errors.part():
                short[self.short_path(path)] = value
        changes, mapping = short, self._tables()
        for path, value in ordered(changes):
            with errors.part():
                if path.endswith(".preset"):
                    forget_for_preset(mapping, path, str(value))
                set_value(mapping, path, meant(self, path, value) if isinstance(value, str) else value)
        errors.check()
        changed = Experiment.from_mapping(mapping)
        if changed.about == About() or self._same_results(changed):
            return changed
        named = {path.partition(".")[2] for path in changes if path.startswith("about.")}
        about = {name: getattr(changed.about, name) for name in named}
        return changed.model_copy(update={"about": About(**about)})

    def short_path(self, path: str) -> str:
        """Return the one path of a parameter, also for its path in the expanded network.

        Raises
        ------
        StdpbenchError
            If the expanded network has no such parameter, or the template fixes it.
        """
        return short_path(path, self.network, self.parts)

    def _tables(self) -> dict[str, Any]:
        """Return tables in which each section has its kind, to be changed."""
        tables = self.to_mapping()
        if "lateral" in self.sections:
            tables.setdefault("lateral", dict(_FIXED))
        tables["network"] = {"kind": getattr(self.network, "kind", ""), **tables["network"]}
        return tables

    def lost_by(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that an `override` of kinds drops: dotted path -> value.

        Defaults of the old kind and values set by `changes` themselves are not included.
        """
        changed, lost = self.override(changes), dict[str, Any]()
        after, given = changed._with_kinds(), {self.short_path(path) for path in changes}
        for section, old in self._with_kinds().items():
            new = after.get(section)
            if type(old) is type(new):
                continue
            values = old.to_mapping()
            for declared in old.describe():
                path, value = f"{section}.{declared.name}", getattr(old, declared.name)
                kept = value in (declared.default, getattr(new, declared.name, None))
                if not kept and path not in given:
                    lost[path] = values[declared.name]
        return lost

    def _same_results(self, other: Experiment) -> bool:
        """Whether another experiment gives the same results apart from the seed."""
        ignored = {"seed", *(f"schedule.{name}" for name in LOOKS)}
        if self.data.published is not None and type(self.data) is type(other.data):
            ignored.add("data.path")  # the same pictures in another folder
        return not self.differences(other).keys() - ignored

    def with_rule(self, rule: Mapping[str, Any]) -> Experiment:
        """Return the experiment with another plasticity rule; keys missing in its table have their defaults.

        Raises
        ------
        StdpbenchError
            If there is no such rule, or it does not run in this network.
        """
        if not isinstance(rule, Mapping) or "kind" not in rule:
            raise StdpbenchError(f"plasticity.kind is missing; known kinds are {', '.join(rules.kinds())}")
        return Experiment.from_mapping({**self.to_mapping(), "plasticity": dict(rule)})

    def differences(self, other: Experiment) -> dict[str, tuple[Any, Any]]:
        """Return the differences to `other`, without ``name`` and ``about``: dotted path -> (own value, other value).

        A value that only one of them has is paired with None.
        """
        mine, theirs = flat(self.to_mapping()), flat(other.to_mapping())
        return {
            path: (mine.get(path), theirs.get(path))
            for path in sorted({**mine, **theirs})
            if mine.get(path) != theirs.get(path) and path != "name" and not path.startswith("about.")
        }

    def same_rule(self, other: Experiment) -> bool:
        """Whether both have the same plasticity rule apart from its parameters, so that the same network runs them."""
        mine, theirs = self.plasticity, other.plasticity
        if mine.missing and theirs.missing:
            return bool(mine.to_mapping()["kind"] == theirs.to_mapping()["kind"])
        return type(mine) is type(theirs)

    def changed_live(self, changes: Mapping[str, Any]) -> Experiment:
        """Return the experiment with parameters changed that may change during a run; see `override`.

        Raises
        ------
        StdpbenchError
            If one of the parameters is structural.
        """
        changed = self.override(changes)
        if not self.same_rule(changed):
            paths = [path for path in self.differences(changed) if path.startswith("plasticity.")]
            path = "plasticity.kind" if "plasticity.kind" in paths else paths[0]
            raise StdpbenchError(
                f"{path} is structural: to use other equations, change the whole rule with stdpbench "
                "change-rule RUN RULE, or start a branch with stdpbench branch RUN --rule RULE"
            )
        for path in self.differences(changed):
            section, _, name = path.partition(".")
            owner = getattr(self, section, None)
            declared = {p.name: p for p in owner.describe()} if isinstance(owner, Parameters) else {}
            if section == "data" or name not in declared or declared[name].structural:
                raise StdpbenchError(
                    f"{path} is structural: it cannot change during a run, but a new run can start from the "
                    f"weights and thresholds of this one: stdpbench run … --from RUN --set {path}=…"
                )
        return changed

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the result depends on, hexadecimal; without ``name`` and ``about``.

        The settings of held-out measurements are not included either, since they do not change results.
        """
        mapping = without_looks(self.to_mapping())
        del mapping["name"], mapping["about"]
        return hashlib.sha256(json.dumps(mapping, sort_keys=True).encode()).hexdigest()

    @property
    def stimulus_bins(self) -> int:
        """Time steps of the stimulus."""
        return round(self.schedule.stimulus / self.network.dt)

    @property
    def rest_bins(self) -> int:
        """Time steps of the simulated rest; 0 where it is not simulated."""
        return round(self.schedule.rest / self.network.dt) if self.schedule.between == "rest" else 0


@lru_cache(maxsize=64)
def _expanded(network: Template, parts: Parts) -> Graph:
    return network.expand(parts)


def without_looks(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the parameters of held-out measurements."""
    schedule = mapping.get("schedule", {})
    if not isinstance(schedule, Mapping):
        return dict(mapping)
    return {**mapping, "schedule": {name: value for name, value in schedule.items() if name not in LOOKS}}


def shipped_experiments() -> dict[str, Path]:
    """Return name and file of every bundled experiment, sorted by name."""
    return {path.stem: path for path in sorted(shipped("experiments").glob("*.toml"))}


def read_experiment(name: str | Path, *, stand_ins: bool = False) -> Experiment:
    """Read a bundled experiment by name, or any file by path.

    Parameters
    ----------
    name : str or Path
        Name or file.
    stand_ins : bool
        As in `Experiment.from_mapping`.

    Raises
    ------
    StdpbenchError
        If there is no such experiment, or the file is invalid: one sentence per error, with file, line and path.
    """
    known = shipped_experiments()
    path = known.get(str(name)) or Path(name).expanduser()
    if not path.is_file():
        raise StdpbenchError(
            f"there is no experiment {str(name)!r}, neither bundled nor as a file; {suggestion(str(name), known)}"
        )
    mapping = read_toml(path)
    mapping.setdefault("name", path.stem)
    rule = mapping.get("plasticity")
    if isinstance(rule, dict) and isinstance(rule.get("file"), str):
        rule["file"] = str(path.parent / Path(rule["file"]).expanduser())  # relative to the experiment file
    return _from_tables(mapping, lambda: path.read_text(encoding="utf-8-sig"), path.name, stand_ins=stand_ins)


def _from_tables(
    mapping: Mapping[str, Any], text: Callable[[], str], name: str, *, stand_ins: bool = False
) -> Experiment:
    """Read the tables of a TOML text; errors name it, and the lines that they are in."""
    try:
        return Experiment.from_mapping(mapping, stand_ins=stand_ins)
    except StdpbenchError as error:
        lines = Lines(text())
        raise several(located(sentence, lines.of_sentence(sentence), name) for sentence in error.sentences) from None
