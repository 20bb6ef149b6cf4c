"""The experiment: one immutable value with everything that a run depends on.

An `Experiment` is read from TOML and written to TOML; equal experiments give the same run. Each section reads its
table by its own declaration, and the errors of all are reported together. `digest` identifies an experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import Field, SerializeAsAny, model_validator

from stdpbench.base import units
from stdpbench.base.errors import Collector, StdpbenchError, nearest, several
from stdpbench.base.files import json_digest, parse_toml
from stdpbench.base.toml_lines import Lines, compact, flat, located, put
from stdpbench.data.datasets import Source
from stdpbench.declare.parameters import Parameters, build, parameter, unknown_key
from stdpbench.declare.rule_paths import SECTION, is_of_rule, projection_of, table_of_rule
from stdpbench.experiment import learning
from stdpbench.experiment.changes import (
    apply,
    check_live,
    lost_values,
    no_section,
    refuse_other_delay_rule,
    value_at,
)
from stdpbench.experiment.conflicts import conflicts
from stdpbench.experiment.evaluation import Evaluation, conflicts_in_evaluation, without_evaluation
from stdpbench.experiment.families import FAMILIES, PLAIN, SECTIONS, usual
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references import Reference
from stdpbench.experiment.sections import LOOKS, About, Schedule, Simulation, Stage, without_looks
from stdpbench.experiment.shipped import tables_of
from stdpbench.experiment.table_files import without_files
from stdpbench.experiment.templates import OPTIONAL, Parts, Template, templates
from stdpbench.experiment.templates.base import expanded
from stdpbench.experiment.templates.brian2 import BrianNetwork
from stdpbench.experiment.templates.graph import GraphNetwork
from stdpbench.experiment.templates.paths import in_short, long_path, short_path
from stdpbench.kinds.encoding import Encoder
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import Lateral, PlasticityRule, projection_rules
from stdpbench.kinds.streams import Stream


class Head(Parameters):
    """Keys of an experiment before its sections."""

    name: str = parameter("experiment", help="Name of the experiment, used for run folders.")
    seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed of start weights, delays, order and input spikes.")


def read_sections(mapping: Mapping[str, Any], fields: Mapping[str, Any], *, stand_ins: bool) -> dict[str, Any]:
    """Read the sections of an experiment from nested tables; name and seed are not parsed yet.

    Parameters
    ----------
    mapping : mapping of str to Any
        Section to its table, or to an object with such a table.
    fields : mapping of str to Any
        The keys of an experiment.
    stand_ins : bool
        Whether missing kinds get stand-ins; otherwise they are an error.

    Returns
    -------
    dict of str to Any
        Sections by key, without those that neither the tables nor the network have.

    Raises
    ------
    StdpbenchError
        One sentence per error, with the dotted path, the error and what would be right.
    """
    errors = Collector()
    mapping = {key: value.to_mapping() if hasattr(value, "to_mapping") else value for key, value in mapping.items()}
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
    inner = {name: getattr(type(section), "model_fields", ()) for name, section in sections.items()}
    for key in mapping:
        if key not in fields:
            with unknown.part():
                near = nearest(key, [*fields, *(parameter for known in inner.values() for parameter in known)])
                if near and near not in fields:
                    paths = " or ".join(f"{name}.{near}" for name, known in inner.items() if near in known)
                    raise StdpbenchError(f"{key} is not a known parameter; did you mean {paths}?")
                raise unknown_key(key, fields, "")
    errors.sentences[:0] = unknown.sentences
    if errors.sentences:  # check name and seed as well, even if sections are invalid
        with errors.part():
            build(Head, {key: sections[key] for key in ("name", "seed") if key in sections}, "")
    errors.check()
    return sections


_FIXED = {"kind": "fixed"}


class Experiment(Head):
    """Everything that a run depends on.

    The network selects which of the sections ``exc``, ``inh``, ``plasticity`` and ``lateral`` exist; see `sections`.
    The attributes of others have unused defaults.
    """

    about: About
    data: SerializeAsAny[Source]
    encoding: SerializeAsAny[Encoder] = Field(default_factory=lambda: usual("encoding"))
    network: SerializeAsAny[Template]
    exc: SerializeAsAny[Neuron] = Field(default_factory=lambda: usual("exc"))
    inh: SerializeAsAny[Neuron] = Field(default_factory=lambda: usual("inh"))
    plasticity: SerializeAsAny[PlasticityRule] = Field(default_factory=lambda: usual("plasticity"))
    lateral: SerializeAsAny[Lateral] = Field(default_factory=lambda: usual("lateral"))
    reference: SerializeAsAny[Reference] = Field(default_factory=lambda: usual("reference"))
    schedule: Schedule
    evaluation: Evaluation = Evaluation()
    simulator: Simulation = Simulation()

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
        if self.missing_kinds:  # only their values are known
            return
        problems = [
            *conflicts(self.network, self.parts, self.data, self.encoding, self.schedule, self.reference),
            *self.simulator.conflicts(
                stream=self.schedule.is_stream,
                in_few_bits=self.reference.in_few_bits,
                in_file=isinstance(self.network, BrianNetwork),
            ),
        ]
        yield from problems or conflicts_in_evaluation(self)  # which would repeat each of them

    @property
    def evaluated(self) -> Experiment:
        """The experiment with the parameters that hold while its network is labelled and tested."""
        plain: Experiment = without_evaluation(self)
        return plain.override(dict(self.evaluation.values)) if self.evaluation.values else plain

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that the experiment uses, in the order of `SECTIONS`."""
        used = self.model_fields_set if self.network.missing else self.network.sections
        unused = ("encoding",) * isinstance(self.data, Stream) + ("reference",) * (not self.reference.trains)
        return tuple(name for name in SECTIONS if (name not in OPTIONAL or name in used) and name not in unused)

    @property
    def missing_kinds(self) -> tuple[str, ...]:
        """A clause for each missing kind, which a stand-in replaces: its name and the reason."""
        return tuple(dict.fromkeys(clause for owner in self._with_kinds().values() if (clause := owner.missing)))

    @property
    def parts(self) -> Parts:
        """The sections and the seed that a template may use in addition to its own parameters."""
        return Parts(self.exc, self.inh, self.plasticity, self.lateral, self.seed)

    def graph(self, *shape: int) -> Graph:
        """Return the network as populations and projections.

        Parameters
        ----------
        *shape : int
            Shape of the input, which the data give; without it, the input has no size.
        """
        stream, precision = self.schedule.is_stream, self.simulator.precision
        return expanded(self.network, self.parts, shape, stream=stream, precision=precision)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages of the training; without any, one stage in which all plastic projections learn."""
        schedule = self.schedule
        if schedule.stages:
            return schedule.stages
        return (Stage(projections=self.graph().plastic, passes=schedule.passes, duration=schedule.duration),)

    @property
    def stream(self) -> Stream | None:
        """The stream of spikes that is the input; None where pictures are shown."""
        return self.data if isinstance(self.data, Stream) else None

    def spelled_out(self) -> Experiment:
        """Return the experiment with its network expanded to the kind ``graph``.

        Raises
        ------
        StdpbenchError
            If a file builds the network.
        """
        return self if isinstance(self.network, GraphNetwork) else self.override({"network.kind": "graph"})

    @property
    def dt(self) -> float:
        """Time step, in ms."""
        return units.milliseconds(str(self.network.dt))

    def _with_kinds(self) -> dict[str, Parameters]:
        """Return all objects with a kind by their path: sections, and the elements of the network."""
        nested = {f"network.{path}": owner for path, owner in self.network.nested().items()}
        return {name: getattr(self, name) for name in FAMILIES if name in self.sections} | nested

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, stand_ins: bool = False) -> Experiment:
        """Read an experiment from nested tables; missing keys have their defaults.

        Parameters
        ----------
        mapping : mapping of str to Any
            Section to its table, or to an object with such a table, as `stdpbench.Network`.
        stand_ins : bool
            Whether missing kinds get stand-ins, which hold their values as written, so that a past run can be shown;
            otherwise they are an error.

        Raises
        ------
        StdpbenchError
            One sentence per error, with the dotted path, the error and what would be right.
        """
        return build(cls, read_sections(mapping, cls.model_fields, stand_ins=stand_ins), "")

    @classmethod
    def read(cls, name: str | PathLike[str]) -> Experiment:
        """Read a shipped experiment by name, or any TOML file by path; see `read_experiment`."""
        return read_experiment(Path(name))

    @classmethod
    def from_toml(cls, text: str) -> Experiment:
        """Read an experiment from the text of a TOML file; missing keys have their defaults.

        Raises
        ------
        StdpbenchError
            If it is not valid TOML, or not an experiment: a sentence per error, with line and dotted path.
        """
        return _from_tables(parse_toml(text, "the text"), lambda: text, "the text")

    def to_mapping(self) -> dict[str, Any]:
        """Return nested tables as in a file, without None and without fixed lateral inhibition."""
        sections = {name: getattr(self, name).to_mapping() for name in self.sections}
        for name, usual_table in (("lateral", _FIXED), ("simulator", {})):
            if sections.get(name) == usual_table:  # defaults are left out
                del sections[name]
        if self.evaluation.is_default:
            del sections["evaluation"]
        return {"name": self.name, "seed": self.seed, **sections}

    def to_toml(self) -> str:
        """Return the experiment as TOML, with every value."""
        tables = self.to_mapping()
        if not isinstance(self.network, GraphNetwork):
            return tomli_w.dumps(tables)
        network = tables.pop("network")
        return f"{tomli_w.dumps(tables)}\n{compact({'network': network})}"

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
        mapping = self._tables(str(changes.get("network.kind", "")))
        for path, value in changes.items():
            with errors.part():
                short[self.short_path(str(path), str(mapping["network"]["kind"]))] = value
        with errors.part():
            apply(mapping, short, self)
        if "schedule.stages" in short and "schedule.passes" not in short:
            mapping["schedule"].pop("passes", None)  # the stages set them
        with errors.part():
            changed = Experiment.from_mapping(mapping)
        errors.check()
        if changed.about == About() or self._same_results(changed):
            return changed
        named = {path.partition(".")[2] for path in short if path.startswith("about.")}
        about = {name: getattr(changed.about, name) for name in named}
        return changed.model_copy(update={"about": About(**about)})

    def short_path(self, path: str, kind: str = "") -> str:
        """Translate the path of a parameter in the expanded network to its path in the experiment.

        Parameters
        ----------
        path : str
            Path in the experiment or in the expanded network.
        kind : str
            Kind of the network if it is to be changed as well.

        Raises
        ------
        StdpbenchError
            If the expanded network has no such parameter, or the template fixes it.
        """
        unchanged = kind in ("", getattr(self.network, "kind", ""))
        return short_path(path, self.network if unchanged else templates.build({"kind": kind}, "network"), self.parts)

    def in_short(self, text: str) -> str:
        """Return a text in which `short_path` has translated the paths that the experiment has."""
        return in_short(text, self.network, self.parts)

    def _tables(self, kind: str) -> dict[str, Any]:
        """Return tables to change, with the kind of each section; another `kind` replaces the network."""
        tables = {"simulator": {}, "reference": {"kind": "none"}, **self.to_mapping()}
        old_kind = getattr(self.network, "kind", "")
        if "lateral" in self.sections:
            tables.setdefault("lateral", dict(_FIXED))
        tables["network"] = {"kind": old_kind, **tables["network"]}
        if kind in ("", old_kind):
            return tables
        template = templates.get(kind, "network.kind")
        spelled_out = template is GraphNetwork and not self.missing_kinds
        if spelled_out:
            self.graph().check_declared("network.kind 'graph'")
        tables["network"] = GraphNetwork.of(self.graph()).to_mapping() if spelled_out else {"kind": kind}
        if spelled_out and self.evaluation.values:
            values = {long_path(path, self.network, self.parts): value for path, value in self.evaluation.values}
            tables["evaluation"]["values"] = values
        for name in OPTIONAL:
            if name not in template.sections:
                tables.pop(name, None)
            else:
                tables.setdefault(name, {"kind": FAMILIES[name][1]})
        return tables

    def lost_by(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that an `override` of kinds drops: dotted path -> value.

        Defaults of the old kind and values set by `changes` themselves are not included.
        """
        changed = self.override(changes)
        changed_paths = {self.short_path(path, getattr(changed.network, "kind", "")) for path in changes}
        spelled_out = isinstance(changed.network, GraphNetwork) and type(self.network) is not GraphNetwork
        replaced = ("network", *OPTIONAL) if spelled_out else ()
        kept = {name: owner for name, owner in self._with_kinds().items() if name not in replaced}
        after = {"schedule": changed.schedule, **changed._with_kinds()}
        return lost_values({"schedule": self.schedule, **kept}, after, changed_paths)

    def _same_results(self, other: Experiment) -> bool:
        """Return whether another experiment differs only in its seed and in values that do not change results."""
        ignored = {"seed", *(f"schedule.{name}" for name in LOOKS)}
        if self.data.published is not None and type(self.data) is type(other.data):
            ignored.add("data.path")  # the same pictures in another folder
        return not self.differences(other).keys() - ignored

    def with_rule(
        self, rule: Mapping[str, Any], projection: str = "", values: Mapping[str, Any] | None = None
    ) -> Experiment:
        """Return the experiment with another plasticity rule; keys missing in its table have their defaults.

        Parameters
        ----------
        rule : mapping of str to Any
            Table of the rule, with its kind.
        projection : str
            The projection that learns by it. Default: that of the section ``plasticity``, else the only one that
            learns.
        values : mapping of str to Any, optional
            Parameters of the rule to change as by `override`, by name or dotted path.

        Raises
        ------
        StdpbenchError
            If there is no such rule, it does not run in this network, or the projection cannot learn by another rule.
        """
        path = table_of_rule(self.rule_owner(projection))
        if not isinstance(rule, Mapping) or "kind" not in rule:
            raise StdpbenchError(f"{path}.kind is missing; known kinds are {', '.join(projection_rules.kinds())}")
        tables = self.to_mapping()
        put(tables, path, dict(rule))
        names = {name.removeprefix(f"{path}.").removeprefix(f"{SECTION}."): v for name, v in (values or {}).items()}
        experiment = Experiment.from_mapping(tables)
        return experiment.override({f"{path}.{name}": value for name, value in names.items()}) if names else experiment

    @property
    def rules_by_projection(self) -> dict[str, PlasticityRule]:
        """The rules that can be replaced, by projection; the key of the section ``plasticity`` is ``""``."""
        return {projection_of(path): rule for path, rule in self._rules().items() if is_of_rule(path)}

    def rule_owner(self, projection: str = "") -> str:
        """Return the key of a projection in `rules_by_projection`, with the default of `with_rule`.

        Raises
        ------
        StdpbenchError
            If it is not clear which projection is meant, or it cannot learn by another rule.
        """
        if not projection and SECTION in self.sections:
            return ""
        graph = self.graph()
        with_rule = [name for name in graph.plastic if graph.projections[name].plasticity is not None]
        paths = {name: self.short_path(table_of_rule(name)) for name in with_rule}
        replaceable = {name: path for name, path in paths.items() if is_of_rule(path)}
        return projection_of(replaceable[learning.which(projection, replaceable, graph.projections)])

    def _rules(self) -> dict[str, PlasticityRule]:
        """Return the plasticity rules by path, without the section ``lateral``."""
        owners = self._with_kinds().items()
        return {path: rule for path, rule in owners if isinstance(rule, PlasticityRule) and path != "lateral"}

    def differences(self, other: Experiment) -> dict[str, tuple[Any, Any]]:
        """Return the differences to `other`, without ``name`` and ``about``: dotted path -> (own value, other value).

        A parameter that only one of them has is paired with None.
        """
        mine, theirs = (
            flat(without_files(experiment.to_mapping()))
            | ({"network.order": order} if (order := experiment.network.order) else {})
            for experiment in (self, other)
        )
        return {
            path: (mine.get(path, value_at(self, path)), theirs.get(path, value_at(other, path)))
            for path in sorted({**mine, **theirs})
            if mine.get(path) != theirs.get(path) and path != "name" and not path.startswith("about.")
        }

    def same_rule(self, other: Experiment) -> bool:
        """Return whether both have the same kinds of plasticity rules, so that one network can run both."""
        mine, theirs = self._rules(), other._rules()
        return mine.keys() == theirs.keys() and all(learning.same_kind(mine[path], theirs[path]) for path in mine)

    def changed_live(self, changes: Mapping[str, Any]) -> Experiment:
        """Return the experiment with parameters changed that may change during a run; see `override`.

        Raises
        ------
        StdpbenchError
            If one of the parameters is structural.
        """
        refuse_other_delay_rule(self, changes)
        changed = self.override(changes)
        differences = self.differences(changed)
        if not self.same_rule(changed):
            of_rules = tuple(f"{rule_path}." for rule_path in (*self._rules(), *changed._rules()))
            path = min(differences, key=lambda p: (not p.startswith(of_rules), not p.endswith("plasticity.kind")))
            raise StdpbenchError(
                f"{path} is structural: to use other equations, change the whole rule with stdpbench "
                "change-rule RUN RULE, or start a branch with stdpbench branch RUN --rule RULE"
            )
        check_live(self, changed, differences)
        return changed

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the result depends on, hexadecimal; without ``name`` and ``about``.

        The settings of held-out measurements are not included either, since they do not change results.
        """
        mapping = without_files(without_looks(self.to_mapping()))
        del mapping["name"], mapping["about"]
        if self.network.order:
            mapping["order"] = self.network.order
        return json_digest(mapping)

    @property
    def stimulus_bins(self) -> int:
        """Time steps of the stimulus."""
        return round(self.schedule.stimulus / self.dt)

    @property
    def encoded_bins(self) -> int:
        """Time steps of a training picture that may carry spikes.

        In training without a rest, no spike comes so late that it would be in transit at the end.
        """
        return self.stimulus_bins - max(0, self.graph().input_delay_bins - self.rest_bins)

    @property
    def attempts(self) -> int:
        """Maximum number of times that a picture is shown: 1 if the encoder cannot show it more strongly."""
        return self.schedule.max_attempts if self.encoding.stronger else 1

    @property
    def rest_bins(self) -> int:
        """Time steps of the simulated rest; 0 where it is not simulated."""
        return round(self.schedule.rest / self.dt) if self.schedule.between == "rest" else 0


def read_experiment(name: str | Path, *, stand_ins: bool = False) -> Experiment:
    """Read a bundled experiment by name, or any file by path.

    A file with a table, signals or events may leave open the settings of its network, which then follow from the data
    (`stdpbench.experiment.own_stimuli.with_settings`).

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
    from stdpbench.experiment.own_stimuli import with_settings

    path, mapping = tables_of(name)
    experiment = _from_tables(mapping, lambda: path.read_text(encoding="utf-8-sig"), path.name, stand_ins=stand_ins)
    return with_settings(experiment, mapping)


def _from_tables(
    mapping: Mapping[str, Any], text: Callable[[], str], name: str, *, stand_ins: bool = False
) -> Experiment:
    """Read the tables of a TOML text; errors name the file and the line."""
    try:
        return Experiment.from_mapping(mapping, stand_ins=stand_ins)
    except StdpbenchError as error:
        lines = Lines(text())
        raise several(located(sentence, lines.of_sentence(sentence), name) for sentence in error.sentences) from None
