"""The experiment: one immutable value with everything that a run depends on.

An `Experiment` is read from TOML and written to TOML; equal experiments give the same run. `digest` identifies it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from inspect import get_annotations
from os import PathLike
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import SerializeAsAny, model_validator

from stdpbench.datasets import PLACES, Dataset, datasets
from stdpbench.encoding import Encoder, encoders
from stdpbench.errors import Collector, StdpbenchError, several, suggestion
from stdpbench.experiment.sections import About, Network, Schedule
from stdpbench.files import parse_toml, read_toml
from stdpbench.neurons import Neuron, neurons
from stdpbench.parameters import Parameter, Parameters, build, parameter, unknown_key
from stdpbench.paths import shipped
from stdpbench.plasticity import Average, Lateral, PlasticityRule, Trace, laterals, rules
from stdpbench.registry import Family
from stdpbench.toml_lines import Lines, flat, located

_PLAIN: dict[str, type[Parameters]] = {"about": About, "network": Network, "schedule": Schedule}
_FAMILIES: dict[str, tuple[Family[Any], str]] = {
    "data": (datasets, "digits"),
    "encoding": (encoders, "poisson"),
    "exc": (neurons, "adaptive-lif"),
    "inh": (neurons, "lif"),
    "plasticity": (rules, "diehl-cook-triplet"),
    "lateral": (laterals, "fixed"),
}
_FIXED = {"kind": "fixed"}
_RANK = {"kind": 0, "preset": 1, "file": 1}
_MOST_BINS = 65_535  # a spike count must fit into 16 bits
LOOKS = ("held_out_every", "held_out_images")
"""Parameters of the schedule that do not change any result."""
SECTIONS = ("about", "data", "encoding", "network", "exc", "inh", "plasticity", "lateral", "schedule")


def family_of(section: str) -> Family[Any] | None:
    """Return the family of kinds of a section, or None if the section has no kinds."""
    return _FAMILIES[section][0] if section in _FAMILIES else None


def kind_parameter(section: str) -> Parameter | None:
    """Describe the kind of a section like a parameter; None for a section without kinds."""
    if section not in _FAMILIES:
        return None
    family, usual = _FAMILIES[section]
    help_ = f"Kind of {family.name}; each kind has its own parameters and needs another network."
    return Parameter("kind", "choice", None, usual, None, None, False, False, family.kinds(), help_, True)


class _Head(Parameters):
    """Keys of an experiment before its sections."""

    name: str = parameter("experiment", help="Name of the experiment, used for run folders.")
    seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed of start weights, delays, order and input spikes.")


class Experiment(_Head):
    """Everything that a run depends on."""

    about: About
    data: SerializeAsAny[Dataset]
    encoding: SerializeAsAny[Encoder]
    network: Network
    exc: SerializeAsAny[Neuron]
    inh: SerializeAsAny[Neuron]
    plasticity: SerializeAsAny[PlasticityRule]
    lateral: SerializeAsAny[Lateral]
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
        dt = self.network.dt
        times = {"schedule.stimulus": self.schedule.stimulus, "schedule.rest": self.schedule.rest}
        if self.network.delays == "homogeneous":
            times["network.max_delay"] = self.network.max_delay
        uneven = [name for name, time in times.items() if abs(time / dt - round(time / dt)) > 1e-6]
        for name in uneven:
            yield f"{name} ({times[name]:g} ms) must be a whole number of steps of network.dt ({dt:g} ms)"
        if "schedule.stimulus" not in uneven and not 1 <= self.stimulus_bins <= _MOST_BINS:
            yield (
                f"schedule.stimulus ({self.schedule.stimulus:g} ms) must be 1 to {_MOST_BINS} steps of network.dt "
                f"({dt:g} ms)"
            )
        if self.network.delays != "none" and self.network.max_delay >= self.schedule.stimulus:
            yield "network.max_delay must be shorter than schedule.stimulus"
        for where, neuron in (("exc", self.exc), ("inh", self.inh)):
            if not neuron.runs_in_digit_network:
                yield f"{where}.kind {getattr(neuron, 'kind', '')!r} {neuron.in_digit_network}"
        if not any(variable.name == "theta" for variable in self.exc.variables):
            yield f"exc.kind {self.exc_kind!r} has no adaptive threshold, but exc neurons need one; use 'adaptive-lif'"
        if any(variable.slow for variable in self.inh.variables):
            yield (
                f"inh.kind {getattr(self.inh, 'kind', '')!r} has an adaptive threshold, but inh neurons must not; "
                "use 'lif'"
            )
        if not self.plasticity.runs_in_digit_network:
            kind = getattr(self.plasticity, "kind", "")
            yield f"plasticity.kind {kind!r} {self.plasticity.in_digit_network}"
        yield from self._shared_names()
        if self.network.conductance_step == "euler":
            for where, neuron in (("exc", self.exc), ("inh", self.inh)):
                for _, tau in neuron.conductances:
                    if getattr(neuron, tau) <= dt:
                        yield (
                            f"{where}.{tau} must be longer than network.dt ({dt:g} ms) with "
                            "network.conductance_step = 'euler'"
                        )
        last = self.schedule.max_attempts - 1
        if not self.encoding.largest_probability(255.0, last, dt * 1e-3) < 1:
            yield (
                f"after schedule.max_attempts = {self.schedule.max_attempts} repetitions a white pixel would fire "
                "with probability 1 or more per step: lower it, or encoding.intensity_step or encoding.rate_per_grey"
            )

    def _shared_names(self) -> Iterator[str]:
        """Yield a sentence if the rule and the exc neuron use the same name with different meanings."""
        own = {variable.name for variable in self.exc.variables} | {p.name for p in self.exc.describe()}
        rule = self.plasticity
        remembered: tuple[Trace | Average, ...] = (*rule.traces, *rule.averages)
        names = [name for each in remembered for name in (each.name, each.tau)]
        words = [re.findall(r"[A-Za-z_]\w*", f"{average.of} {average.on_spike}") for average in rule.averages]
        names += [word for each in words for word in each if word != "v"]  # intentionally the neuron's
        own |= set(re.findall(r"^\s*(\w+)\s*=", self.exc.update, re.MULTILINE))
        taken = sorted(own.intersection(names))
        if taken:
            yield (
                f"plasticity.kind {getattr(self.plasticity, 'kind', '')!r} and exc.kind {self.exc_kind!r} both use "
                f"the name {', '.join(taken)}: one of them must use another"
            )

    @property
    def exc_kind(self) -> str:
        """Kind of the exc neurons."""
        return str(getattr(self.exc, "kind", ""))

    @property
    def missing_kinds(self) -> tuple[str, ...]:
        """A clause for each missing kind, which has a stand-in here: its name and the reason."""
        return tuple(clause for name in _FAMILIES if (clause := getattr(self, name).missing))

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
        for name, section in _PLAIN.items():
            with errors.part():
                sections[name] = build(section, mapping.get(name, {}), name)
        for name, (family, usual) in _FAMILIES.items():
            table = mapping.get(name, {})
            with errors.part():
                if not isinstance(table, Mapping):
                    raise StdpbenchError(f"{name} must be a table of parameters, not {table!r}")
                make = family.read if stand_ins else family.build
                sections[name] = make({"kind": usual, **table}, name)
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
        sections = {name: getattr(self, name).to_mapping() for name in SECTIONS}
        if sections["lateral"] == _FIXED:  # keeps digests and files from before other kinds existed
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
        mapping = self.to_mapping()
        mapping.setdefault("lateral", dict(_FIXED))
        errors = Collector()
        # kinds first, then presets: both replace values, whatever the order of the changes
        for path, value in sorted(changes.items(), key=lambda change: _RANK.get(change[0].rpartition(".")[2], 2)):
            with errors.part():
                if path.endswith(".preset"):
                    self._forget_for_preset(mapping, path, str(value))
                _set(mapping, path, self._meant(path, value) if isinstance(value, str) else value)
        errors.check()
        changed = Experiment.from_mapping(mapping)
        if changed.about == About() or self._same_results(changed):
            return changed
        named = {path.partition(".")[2] for path in changes if path.startswith("about.")}
        about = {name: getattr(changed.about, name) for name in named}
        return changed.model_copy(update={"about": About(**about)})

    def lost_by(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that an `override` of kinds drops: dotted path -> value.

        Defaults of the old kind and values set by `changes` themselves are not included.
        """
        changed, lost = self.override(changes), dict[str, Any]()
        for section in _FAMILIES:
            old, new = getattr(self, section), getattr(changed, section)
            if type(old) is type(new):
                continue
            values = old.to_mapping()
            for declared in old.describe():
                path, value = f"{section}.{declared.name}", getattr(old, declared.name)
                kept = value in (declared.default, getattr(new, declared.name, None))
                if not kept and path not in changes:
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

    @staticmethod
    def _forget_for_preset(mapping: dict[str, Any], path: str, preset: str) -> None:
        """Remove the values that a requested preset sets from a section."""
        section = path.rpartition(".")[0]
        if section in _FAMILIES:
            owner = _FAMILIES[section][0].get(str(mapping[section]["kind"]), f"{section}.kind")
            for name in owner.presets.get(preset, {}):
                mapping[section].pop(name, None)

    def _meant(self, path: str, text: str) -> Any:
        """Parse a typed value as TOML, but keep a text that looks like a number for parameters that are texts."""
        *sections, key = path.split(".")
        owner = getattr(self, sections[0], None) if sections else self
        field = type(owner).model_fields.get(key) if isinstance(owner, Parameters) else None
        value = _toml_value(text)
        return text if field is not None and field.annotation is str and not isinstance(value, str) else value

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


def without_looks(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the parameters of held-out measurements."""
    schedule = mapping.get("schedule", {})
    if not isinstance(schedule, Mapping):
        return dict(mapping)
    return {**mapping, "schedule": {name: value for name, value in schedule.items() if name not in LOOKS}}


def _set(mapping: dict[str, Any], path: str, value: Any) -> None:
    *sections, key = path.split(".")
    table = mapping
    for name in sections:
        inner = table.get(name)
        if not isinstance(inner, dict):
            raise unknown_key(name, {k: None for k, v in table.items() if isinstance(v, dict)}, "")
        table = inner
    if isinstance(table.get(key), dict):
        raise StdpbenchError(
            f"{path} is a section; name one of its parameters, such as {path}.{next(iter(table[key]))}"
        )
    if key == "kind" and table.get("kind") != value:
        kept = _shared(sections[0], table, value) if sections else {}
        table.clear()  # parameters of another kind are not kept
        table.update(kept)
    if key == "file" and table.get("kind") == "custom":
        table.clear()  # nor those of another rule
        table["kind"] = "custom"
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _shared(section: str, table: Mapping[str, Any], kind: object) -> dict[str, Any]:
    """Return what a data set of another kind keeps: parameters with a common declaration, except file paths."""
    if section != "data" or str(kind) not in datasets.kinds():
        return {}
    old, new = datasets.get(str(table["kind"])), datasets.get(str(kind))
    names = old.model_fields.keys() & new.model_fields.keys() & table.keys() - {"kind", *PLACES}
    return {name: table[name] for name in table if name in names and _owner(old, name) is _owner(new, name)}


def _owner(cls: type[Parameters], name: str) -> type:
    """Return the class that declares a parameter."""
    return next(one for one in cls.__mro__ if name in get_annotations(one))


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # not TOML, or a number with thousands of digits
        return text


def parse_assignment(text: str) -> tuple[str, str]:
    """Split the argument of ``--set`` into dotted path and value."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise StdpbenchError(f"{text!r} must be PATH=VALUE, such as plasticity.nu_post=0.02")
    return path.strip(), value.strip()


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
