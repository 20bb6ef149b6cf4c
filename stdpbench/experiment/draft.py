"""The network of an experiment while the user edits it: each operation returns a new draft.

A draft holds values that are each valid, but not necessarily together: a projection may name a receptor that its
target does not have. `NetworkDraft.problems` says what is wrong; if nothing is, `NetworkDraft.finished` returns the
experiment.

A template stays a template as long as only its parameters change. Every other change expands the network to
populations and projections (``kind = "graph"``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import build
from stdpbench.experiment.changes import forget_for_preset, meant, set_value
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.evaluation import set_in_evaluation
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.families import FAMILIES, PLAIN
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import name_problem, neural, new_name_problem, receptors
from stdpbench.experiment.graph.tables import MAY_BE_NONE
from stdpbench.experiment.groups import value_at
from stdpbench.experiment.sections import Schedule
from stdpbench.experiment.templates.graph import GraphNetwork

_FIRST: Mapping[tuple[str, str], Mapping[str, Any]] = {("connect", "random"): {"p": 0.1}}
"""Initial values of required parameters of a kind, by part and kind."""
_EITHER = ({"p", "in_degree"}, {"size", "shape"})
"""Parameters that exclude each other."""
_OUTSIDE = ("data", "encoding", "schedule", "seed")
"""Sections that are not part of the network."""
_NUMBERS = 10_000


@dataclass(frozen=True)
class NetworkDraft:
    """An experiment whose network is edited.

    Attributes
    ----------
    unchecked : Experiment
        The experiment with the values of the draft. Its sections may contradict each other.
    """

    unchecked: Experiment

    @classmethod
    def empty(cls, experiment: Experiment) -> NetworkDraft:
        """Return a draft without populations, with the time step and the other sections of an experiment."""
        bare = experiment.spelled_out()
        network = build(GraphNetwork, {"dt": experiment.dt}, "network")
        return cls(bare.model_copy(update={"network": network, "schedule": _without_stages(bare.schedule)}))

    # -- contents ---------------------------------------------------------------------------------------------------

    @property
    def template(self) -> str:
        """Kind of the template; empty if the network is spelled out."""
        network = self.unchecked.network
        return "" if isinstance(network, GraphNetwork) else str(getattr(network, "kind", ""))

    @cached_property
    def expanded(self) -> Experiment:
        """The experiment with its network spelled out, also unchecked."""
        network = self.unchecked.network
        if isinstance(network, GraphNetwork):
            return self.unchecked
        return self.unchecked.model_copy(update={"network": GraphNetwork.of(self.unchecked.graph())})

    @property
    def populations(self) -> Mapping[str, Population]:
        """The populations, by name."""
        return self._network.populations

    @property
    def projections(self) -> Mapping[str, Projection]:
        """The projections, by name, in the order in which they act."""
        return self._network.projections

    @property
    def input(self) -> str:
        """Name of the population without neurons; empty if there is none."""
        return self.graph().input

    def graph(self, *shape: int) -> Graph:
        """Return the network without checks; its parts may contradict each other.

        Parameters
        ----------
        *shape : int
            Shape of the input, which the data give; without it, the input has no size.
        """
        graph = self.unchecked.network.expand(self.unchecked.parts)
        return graph.with_input(*shape) if shape and graph.input else graph

    def value(self, path: str) -> Any:
        """Return the value of a parameter by its path, also in the expanded network of a template; None if unset."""
        if path == "network.read" and not self.template:
            return self.graph().read
        owner = self.expanded if path.startswith(("network.populations.", "network.projections.")) else self.unchecked
        value = value_at(owner, path)
        return None if not value and path.endswith((".size", ".shape")) else value

    def ending_at(self, population: str) -> tuple[str, ...]:
        """Return the names of the projections from and to a population, which go if it is removed."""
        return tuple(
            name
            for name, projection in self.projections.items()
            if population in (projection.source, projection.target)
        )

    # -- checks ----------------------------------------------------------------------------------------------------

    def finished(self, *shape: int) -> Experiment:
        """Return the experiment.

        Parameters
        ----------
        *shape : int
            Shape of the input, which the data give; without it, the network is not checked against them.

        Raises
        ------
        StdpbenchError
            If sections contradict each other: a sentence per error, as for a file.
        """
        experiment = Experiment.from_mapping(self.unchecked.to_mapping())
        if shape:
            experiment.graph(*shape)
        return experiment

    def problems(self, *shape: int) -> tuple[str, ...]:
        """Return a sentence for each error of the draft; see `finished`."""
        try:
            self.finished(*shape)
        except StdpbenchError as error:
            return error.sentences
        return ()

    # -- changes of values -----------------------------------------------------------------------------------------

    def named(self, name: str) -> NetworkDraft:
        """Return the draft of an experiment with another name."""
        return NetworkDraft(self.unchecked.model_copy(update={"name": name}))

    def spelled_out(self) -> NetworkDraft:
        """Return the draft with populations and projections in place of the template."""
        return NetworkDraft(self.unchecked.spelled_out()) if self.template else self

    def without_stages(self) -> NetworkDraft:
        """Return the draft in which all plastic projections learn, for the total length of the stages."""
        return NetworkDraft(self.unchecked.model_copy(update={"schedule": _without_stages(self.unchecked.schedule)}))

    def spells_out(self, path: str, value: Any = None) -> bool:
        """Return whether a change expands the template, which lacks the parameter or does not allow this kind."""
        if not self.template:
            return False
        part, _, key = path.rpartition(".")
        is_kind = key == "kind" and path.startswith("network.p")
        if is_kind and value == "none" and part.rpartition(".")[2] in MAY_BE_NONE:
            return True
        try:
            self.unchecked.short_path(path)
        except StdpbenchError:
            return True
        if not is_kind:
            return False
        try:
            self.unchecked.override({path: value})
        except StdpbenchError:
            try:
                self.spelled_out()._with_value(path, value)
            except StdpbenchError:  # no such kind
                return False
            return True
        return False

    def with_value(self, path: str, value: Any) -> NetworkDraft:
        """Return the draft with another value of a parameter.

        Parameters
        ----------
        path : str
            Path in the experiment, or in the expanded network.
        value : Any
            As in `Experiment.override`; texts are read as in a file.

        Raises
        ------
        StdpbenchError
            If the value is invalid. Values that contradict others are problems of the draft, except parameters of a
            template.
        """
        if path.partition(".")[0] in _OUTSIDE:
            return self._with_value(path, value)
        if self.template and not self.spells_out(path, value):
            return NetworkDraft(self.unchecked.override({path: value}))
        return self.spelled_out()._with_value(path, value)

    def _with_value(self, path: str, value: Any) -> NetworkDraft:
        tables = {"simulator": {}, **self.unchecked.to_mapping()}
        if isinstance(value, str):
            value = meant(self.unchecked, path, value)
        if path.endswith(".preset"):
            forget_for_preset(tables, path, str(value))
        part, _, key = path.rpartition(".")
        if key in ("size", "shape") and value in (None, "none", ""):
            value = None
        if value is not None:
            for pair in _EITHER:
                for other in pair - {key} if key in pair else ():
                    _forget(tables, f"{part}.{other}")
        if path == "schedule.between" and (value == "stream") != self.unchecked.schedule.is_stream:
            tables["schedule"] = {}  # schedules of pictures and of streams share no other keys
        if path == "schedule.stages":
            _forget(tables, "schedule.passes")  # the stages set them
        (set_in_evaluation if path.startswith(f"{EVALUATION}.") else set_value)(tables, path, value)
        if key == "kind":
            for name, first in self._first_values(part, value).items():
                set_value(tables, f"{part}.{name}", first)
        return self._with_section(path.partition(".")[0], tables)

    def _first_values(self, part: str, kind: Any) -> Mapping[str, Any]:
        name = part.rpartition(".")[2]
        if name != "noise" or kind == "none":
            return _FIRST.get((name, str(kind)), {})
        neuron = self.populations[part.split(".")[2]].neuron
        names = () if neuron is None else receptors(neuron)
        return {"receptor": names[0]} if names else {}

    def with_sections_of(self, other: Experiment, sections: Iterable[str]) -> NetworkDraft:
        """Return the draft with whole sections of another experiment."""
        return NetworkDraft(self.unchecked.model_copy(update={name: getattr(other, name) for name in sections}))

    def with_part_of(self, other: Experiment, path: str) -> NetworkDraft:
        """Return the draft with a section, a part of it or a value copied from another experiment.

        If the other experiment has nothing at this path, or a default that files omit, it is removed.

        Raises
        ------
        StdpbenchError
            If the value is invalid here.
        """
        section, _, below = path.partition(".")
        if not below:
            return self.with_sections_of(other, (section,))
        tables, theirs = {"simulator": {}, **self.unchecked.to_mapping()}, {"simulator": {}, **other.to_mapping()}
        *above, key = path.split(".")
        target: Any = tables
        source: Any = theirs
        for name in above:
            target = target.setdefault(name, {})
            source = source.get(name, {})
        if key in source:
            target[key] = source[key]
            in_order = {
                name: target[name] for name in source if name in target
            } | target  # keep the order of projections in `other`
            target.clear()
            target.update(in_order)
        else:
            target.pop(key, None)
        return self._with_section(section, tables)

    # -- changes of structure --------------------------------------------------------------------------------------

    def add_population(self, name: str = "", table: Mapping[str, Any] | None = None) -> NetworkDraft:
        """Return the draft with another population, at the end.

        Parameters
        ----------
        name : str
            Its name. Default: an unused name.
        table : mapping of str to Any, optional
            As in a file. Default: 100 neurons of the kind of the last population.

        Raises
        ------
        StdpbenchError
            If the name or the table is invalid, here and in the following.
        """
        draft = self.spelled_out()
        name = name or draft.free_name("exc")
        draft._check_name(name)
        if table is None:
            kinds = [
                str(getattr(population.neuron, "kind", ""))
                for population in draft.populations.values()
                if population.neuron
            ]
            table = {"size": 100, "neuron": {"kind": (kinds or ["adaptive-lif"])[-1]}}
        new = build(Population, table, f"network.populations.{name}")
        return draft._with_elements(populations={**draft.populations, name: new})

    def add_input(self) -> NetworkDraft:
        """Return the draft with an input, a population without neurons, in front.

        Raises
        ------
        StdpbenchError
            If there is an input already.
        """
        draft = self.spelled_out()
        if draft.input:
            raise StdpbenchError(f"{draft.input} is the input already; a network has one")
        name = draft.free_name("input")
        return draft._with_elements(populations={name: Population(), **draft.populations})

    def duplicate(self, table: str, name: str) -> NetworkDraft:
        """Return the draft with a copy of an element of ``populations`` or ``projections`` after it.

        The copy of a population has no projections.
        """
        draft, copy = self.spelled_out(), self.free_name(name)
        elements: Any = _changed(getattr(draft, table), name, lambda original: {name: original, copy: original})
        return draft._with_elements(**{table: elements})

    def rename_population(self, name: str, new: str) -> NetworkDraft:
        """Return the draft with another name of a population, also in projections."""
        if new == name:
            return self
        self._check_name(new)
        draft = self.spelled_out()

        def renamed(projection: Projection) -> Projection:
            ends = {end: new for end in ("source", "target") if getattr(projection, end) == name}
            return projection.model_copy(update=ends) if ends else projection

        return draft._with_elements(
            populations=_changed(draft.populations, name, lambda population: {new: population}),
            projections={key: renamed(projection) for key, projection in draft.projections.items()},
            read=new if draft._network.read == name else draft._network.read,
        )

    def remove_population(self, name: str) -> NetworkDraft:
        """Return the draft without a population and the projections from and to it; see `ending_at`."""
        gone, draft = self.ending_at(name), self.spelled_out()
        return draft._without(gone)._with_elements(
            populations=_changed(draft.populations, name, lambda population: {}),
            read="" if draft._network.read == name else draft._network.read,
        )

    def add_projection(
        self, name: str = "", source: str = "", target: str = "", table: Mapping[str, Any] | None = None
    ) -> NetworkDraft:
        """Return the draft with another projection, which acts last.

        Parameters
        ----------
        name : str
            Its name. Default: made of its populations.
        source, target : str
            Names of its populations. Default: from the first population to the last one with neurons.
        table : mapping of str to Any, optional
            Other keys, as in a file. Default: the first receptor of the target, and else as in a file.
        """
        draft = self.spelled_out()
        targets = neural(draft.populations)
        if not targets:
            raise StdpbenchError("a projection needs a population with neurons; add one first")
        source = source or next(iter(draft.populations))
        target = target or targets[-1]
        keys = dict(table or {})
        neuron = draft.populations[target].neuron if target in draft.populations else None
        if "receptor" not in keys and neuron is not None:
            keys["receptor"] = (*receptors(neuron), "")[0]
        table = {"source": source, "target": target, **keys}
        name = name or draft.free_name(self.usual_name(build(Projection, table, "network.projections")))
        draft._check_name(name)
        new = build(Projection, table, f"network.projections.{name}")
        return draft._with_elements(projections={**draft.projections, name: new})

    @staticmethod
    def usual_name(projection: Projection) -> str:
        """Return the name of a projection that is named after its populations."""
        name = f"{projection.source}_{projection.target}"
        return "projection" if name_problem(name) else name

    def rename_projection(self, name: str, new: str) -> NetworkDraft:
        """Return the draft with another name of a projection, also in the stages of the training.

        Random numbers derive from the name, except that delays with a numbered stream keep it.
        """
        if new == name:
            return self
        self._check_name(new)
        draft = self.spelled_out()
        network, schedule = draft._network, draft.unchecked.schedule
        if schedule.stages:
            stages = [
                {**stage.to_mapping(), "projections": [new if other == name else other for other in stage.projections]}
                for stage in schedule.stages
            ]
            schedule = _with_stages(schedule, stages)
        return draft._with_elements(
            projections=_changed(draft.projections, name, lambda projection: {new: projection}),
            streams={new if other == name else other: number for other, number in network.streams.items()},
            schedule=schedule,
        )

    def remove_projection(self, name: str) -> NetworkDraft:
        """Return the draft without a projection, also in the stages of the training."""
        return self.spelled_out()._without((name,))

    def move_projection(self, name: str, by: int) -> NetworkDraft:
        """Return the draft with a projection moved in the order of action: earlier (-1) or later (1)."""
        names = list(self.projections)
        place = names.index(name)
        names.insert(min(max(place + by, 0), len(names) - 1), names.pop(place))
        if names == list(self.projections):
            return self
        draft = self.spelled_out()
        return draft._with_elements(projections={key: draft.projections[key] for key in names})

    def free_name(self, like: str) -> str:
        """Return an unused name: `like`, or `like` with a number."""
        names, stem = self._names, like.rstrip("0123456789").rstrip("_")
        candidates = (like, *(f"{stem[:26]}_{number}" for number in range(2, _NUMBERS)))
        return next(candidate for candidate in candidates if not new_name_problem(candidate, names))

    # -- private ---------------------------------------------------------------------------------------------------

    @property
    def _network(self) -> GraphNetwork:
        network = self.expanded.network
        assert isinstance(network, GraphNetwork)
        return network

    @property
    def _names(self) -> set[str]:
        return {*self.populations, *self.projections}

    def _check_name(self, name: str) -> None:
        if problem := new_name_problem(name, self._names):
            raise StdpbenchError(f"the name {name!r} {problem}")

    def _with_elements(self, schedule: Schedule | None = None, **changes: Any) -> NetworkDraft:
        network = self._network.model_copy(update=changes)
        kept = self.unchecked.schedule if schedule is None else schedule
        return NetworkDraft(self.unchecked.model_copy(update={"network": network, "schedule": kept}))

    def _without(self, projections: Iterable[str]) -> NetworkDraft:
        gone, schedule = set(projections), self.unchecked.schedule
        if schedule.stages:
            kept = [(stage, [key for key in stage.projections if key not in gone]) for stage in schedule.stages]
            stages = [{**stage.to_mapping(), "projections": names} for stage, names in kept if names]
            schedule = _with_stages(schedule, stages) if stages else _without_stages(schedule)
        return self._with_elements(
            projections={name: projection for name, projection in self.projections.items() if name not in gone},
            streams={name: number for name, number in self._network.streams.items() if name not in gone},
            schedule=schedule,
        )

    def _with_section(self, section: str, tables: Mapping[str, Any]) -> NetworkDraft:
        content: Any
        if section in FAMILIES:
            family, kind = FAMILIES[section]
            content = family.build({"kind": kind, **tables[section]}, section)
        elif section in PLAIN:
            content = build(PLAIN[section], tables[section], section)
        else:
            content = Experiment.from_mapping({section: tables[section]}).seed
        return NetworkDraft(self.unchecked.model_copy(update={section: content}))


def _changed(elements: Mapping[str, Any], name: str, change: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """Return elements with one of them replaced by the result of `change`, in the same order."""
    changed: dict[str, Any] = {}
    for key, element in elements.items():
        changed |= change(element) if key == name else {key: element}
    return changed


def _forget(tables: dict[str, Any], path: str) -> None:
    *above, key = path.split(".")
    table = tables
    for name in above:
        table = table.get(name, {})
    table.pop(key, None)


def _with_stages(schedule: Schedule, stages: list[dict[str, Any]]) -> Schedule:
    return build(Schedule, {**schedule.to_mapping(), "stages": stages}, "schedule")


def _without_stages(schedule: Schedule) -> Schedule:
    """Return a schedule without stages, with their total length."""
    table = schedule.to_mapping()
    if table.pop("stages", None) in (None, "none"):
        return schedule
    whole = {"duration": schedule.duration} if schedule.is_stream else {"passes": schedule.passes}
    return build(Schedule, {**table, **whole}, "schedule")
