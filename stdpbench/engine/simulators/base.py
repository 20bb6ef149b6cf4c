"""The interface between experiments and simulators: `Simulator.present`.

A presentation is a pure function of state, input spikes and parameters. Time is 0 at its start: no absolute time
crosses a boundary. Spikes of neurons in flight at its end are part of the state; spikes of the input can be in flight
there only in streams. Every simulator runs the network of `stdpbench.engine.network.build`, exposes its arrays as
NumPy views, and fulfils the same contract (tests/contract).

This module also has the code that all simulators share: checks of spikes and noise, detection of structural changes,
and updates of weights once per period of a stream, between two steps. A presentation is divided where such an update
is due. As with any cut of a stream, this changes no bit, since the number of steps since the last update is part of
the state.
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.signals import handled
from stdpbench.declare.expressions import Code
from stdpbench.declare.parameters import Parameters
from stdpbench.engine.network import Layout, Learned
from stdpbench.engine.network.initial import connected
from stdpbench.engine.network.layout import (
    LAST_ARRIVAL,
    RECENT,
    SINCE_UPDATE,
    PopulationLayout,
    ProjectionLayout,
    StateVariable,
)
from stdpbench.engine.simulators import learned_delays
from stdpbench.engine.simulators.currents import Drive, drive_of
from stdpbench.engine.simulators.learned_delays import Arrays
from stdpbench.engine.simulators.response import Courses, Recording, Response, recorded
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.encoding import Spikes

_NEVER = 1 << 62


def steps_to_update(layout: Layout, array: Arrays, learning: Collection[str]) -> int:
    """Return the number of steps until the next periodic update of the weights of a learning projection."""
    if not layout.periodic:
        return _NEVER
    remaining = [
        _period(projection, layout.graph.dt) - int(array(f"{projection.name}.{SINCE_UPDATE}")[0])
        for projection in _periodic(layout, learning)
    ]
    return max(1, min(remaining, default=_NEVER))


def pass_steps(layout: Layout, array: Arrays, learning: Collection[str], n_bins: int) -> None:
    """Count completed steps, and update the weights that are due."""
    for projection in _periodic(layout, learning):
        since = array(f"{projection.name}.{SINCE_UPDATE}")
        since += n_bins
        if since[0] >= _period(projection, layout.graph.dt):
            _update(array, projection)
            since[0] = 0.0


def part_of(spikes: Spikes, start: int, stop: int) -> Spikes:
    """Return the spikes of the steps `start` to `stop` - 1, with bins counted from `start`."""
    first, last = np.searchsorted(spikes.bin, [start, stop])
    factor = None if spikes.factor is None else spikes.factor[first:last]
    return Spikes(spikes.index[first:last], spikes.bin[first:last] - np.int32(start), factor=factor)


def joined(parts: list[tuple[int, dict[str, Spikes], Courses]]) -> tuple[dict[str, Spikes], Courses]:
    """Concatenate spikes and courses of consecutive parts of a presentation, each given with its first step."""
    if len(parts) == 1:
        return parts[0][1:]
    spikes = {
        name: Spikes(
            np.concatenate([by_name[name].index for _, by_name, _ in parts]),
            np.concatenate([by_name[name].bin + np.int32(first) for first, by_name, _ in parts]),
        )
        for name in parts[0][1]
    }
    courses = {
        name: {variable: np.concatenate([part[name][variable] for _, _, part in parts]) for variable in first_courses}
        for name, first_courses in parts[0][2].items()
    }
    return spikes, courses


def _periodic(layout: Layout, learning: Collection[str]) -> list[ProjectionLayout]:
    return [layout.projections[name] for name in layout.periodic.intersection(learning)]


def _period(projection: ProjectionLayout, dt: float) -> int:
    rule = projection.rule
    assert rule is not None
    return max(1, round(projection.values()[rule.period_name].si / (dt * 1e-3)))


def _update(array: Arrays, projection: ProjectionLayout) -> None:
    rule = projection.rule
    assert rule is not None
    names = ("w", *projection.synapse_variables)
    views = {name: array(f"{projection.name}.{name}") for name in names}
    changed = Code(rule.periodically).run({**rule.quantities(), **views})
    for name in changed.keys() & views.keys():
        views[name][...] = changed[name]
    if projection.at_end:
        views["w"][...] *= connected(projection)


_WHERE = {"stream": "schedule.between", "precision": "simulator.precision"}
"""Paths in an experiment of values of a graph that are not parameters of its network."""


def check_same_structure(old: Graph, new: Graph) -> None:
    """Check that two graphs differ only in parameters that do not need another network."""

    def differ(where: str) -> StdpbenchError:
        return StdpbenchError(f"{where} is structural: changing it needs another network and run")

    def compare(before: object, after: object, where: str) -> None:
        if type(before) is not type(after):
            raise differ(f"{where}.kind")
        if not isinstance(before, Parameters) or before == after:
            return
        structural = {parameter.name: parameter.structural for parameter in before.describe()}
        fields = [(name, getattr(before, name), getattr(after, name)) for name in type(before).model_fields]
        nested = [name for name, *values in fields if any(isinstance(value, Parameters) for value in values)]
        # nested declarations first, since another kind may have other values
        for name, old_value, new_value in sorted(fields, key=lambda field: field[0] not in nested):
            if name == "normalise":  # acts between presentations
                continue
            if name in nested:
                compare(old_value, new_value, f"{where}.{name}")
            elif old_value != new_value and (structural.get(name, True) or old_value is None or new_value is None):
                raise differ(f"{where}.{name}")

    for kind in ("populations", "projections"):
        before, after = getattr(old, kind), getattr(new, kind)
        if list(before) != list(after):
            raise differ(f"network.{kind}")
        for name in before:
            compare(before[name], after[name], f"network.{kind}.{name}")
    if getattr(old.file, "sha256", "") != getattr(new.file, "sha256", ""):
        raise differ("network.file")
    for name in ("dt", "conductance_step", "streams", "stream", "precision"):
        if getattr(old, name) != getattr(new, name):
            raise differ(_WHERE.get(name, f"network.{name}"))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer Ctrl+C to the end of a presentation, since an aborted presentation would leave an invalid state."""
    held: list[int] = []
    with handled(lambda number, frame: held.append(number), signal.SIGINT):
        yield
    if held:
        signal.raise_signal(signal.SIGINT)


def in_order(spikes: Spikes, n_input: int) -> tuple[bool, bool]:
    """Return whether spikes (at least one) ascend strictly in (bin, index), and whether all their neurons exist."""
    key = spikes.bin.astype(np.int64) * max(n_input, 1) + spikes.index
    within = spikes.index.min() >= 0 and spikes.index.max() < n_input
    return bool(key[0] >= 0 and (np.diff(key) > 0).all()), bool(within)


def check_input(
    layout: Layout,
    spikes: Spikes,
    n_stimulus: int,
    n_bins: int,
    in_order: Callable[[Spikes, int], tuple[bool, bool]],
) -> None:
    """Check the input spikes of a presentation of `n_bins` steps, of which the first `n_stimulus` have a stimulus.

    Raises
    ------
    StdpbenchError
        If they are not in order, name unknown neurons, or are too late.
    """
    if not len(spikes):
        return
    ascend, within = in_order(spikes, layout.n_input)
    if not ascend:
        raise StdpbenchError("input spikes must be strictly ascending in (bin, index)")
    if not within:
        raise StdpbenchError(f"input spikes name neurons outside 0 .. {layout.n_input - 1}")
    in_flight = 0 if layout.graph.stream else layout.max_delay_bins
    last, limit = int(spikes.bin[-1]), min(n_stimulus, n_bins - in_flight)
    if last >= limit:
        raise StdpbenchError(
            f"an input spike in bin {last} would still be in flight at the end of the presentation; the last one "
            f"that may carry spikes is {limit - 1}"
        )


def check_factor(layout: Layout, spikes: Spikes, learning: Collection[str]) -> None:
    """Check the factors of the input spikes of a presentation, if they have any.

    Raises
    ------
    StdpbenchError
        If they are not one finite number per spike, or cannot pass a projection in this presentation.
    """
    factor = spikes.factor
    if factor is None:
        return
    if factor.shape != (len(spikes),) or factor.dtype not in (np.float32, np.float64):
        shown = " × ".join(map(str, factor.shape)) or "a single value"
        raise StdpbenchError(
            f"the factors of input spikes must be {len(spikes)} numbers of type float64 or float32, one per spike, "
            f"not {shown} of type {factor.dtype}"
        )
    if not np.isfinite(factor).all():
        raise StdpbenchError("the factors of input spikes must be finite numbers")
    if layout.input in layout.in_flight:
        raise StdpbenchError(
            "spikes with factors cannot be shown in a stream whose input has delays: between two pieces, spikes in "
            "flight keep no factor"
        )
    for projection in layout.projections.values():
        if not projection.source.is_input:
            continue
        if projection.at_end:
            raise StdpbenchError(f"spikes with factors cannot pass {projection.name!r}, which connects to all others")
        if projection.release is not None:
            raise StdpbenchError(f"spikes with factors cannot pass the short-term plasticity of {projection.name!r}")
        if projection.name in learning and projection.rule is not None and projection.rule.each_step:
            raise StdpbenchError(
                f"spikes with factors cannot pass {projection.name!r} while it learns by a rule that changes weights "
                "in every step; leave it out of plastic"
            )


def check_noise(layout: Layout, noise: Mapping[str, Spikes], n_bins: int) -> None:
    """Check the noise of a presentation.

    Raises
    ------
    StdpbenchError
        If populations do not match, or spikes are not sorted, have factors, or lie outside presentation or population.
    """
    noisy = layout.noisy
    if noisy.keys() != noise.keys():
        expected, given = (", ".join(names) or "no population" for names in (noisy, noise))
        raise StdpbenchError(f"the network has noise into {expected}, but noise into {given} was given")
    for name, spikes in noise.items():
        if spikes.factor is not None:
            raise StdpbenchError(
                f"the spikes of the noise into {name} must not have factors: all have the same weight"
            )
        for values, limit in ((spikes.bin, n_bins), (spikes.index, noisy[name])):
            if len(values) and (values.min() < 0 or values.max() >= limit):
                raise StdpbenchError(f"the noise into {name} has spikes outside the presentation or population")
        if (np.diff(spikes.bin) < 0).any():
            raise StdpbenchError(f"the noise into {name} must be sorted by bins")


class Simulator(ABC):
    """A network to which stimuli can be presented.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    delays : mapping of str to ndarray, int32
        Delay of each synapse in steps, for projections whose delays differ: (n_source, n_target), one-to-one (n,),
        sparse (n_synapses,).

    Attributes
    ----------
    name : str
        Its name among the `simulators`, such as ``"compiled"``.
    layout : Layout
        Groups, state and parameters of the network.
    """

    name: str

    def __init__(self, graph: Graph, delays: Mapping[str, NDArray[np.int32]]) -> None:
        self.layout = Layout(graph)
        rules = [p.plasticity for p in graph.projections.values() if p.plasticity is not None]
        if not graph.stream and any(rule.periodically for rule in rules):
            raise StdpbenchError("rules that update weights once per period need a stream (schedule.between)")
        self._experiment: Experiment | None = None
        self._traces_moved = True
        self._delays = {
            projection.name: delays[projection.name]
            for projection in self.layout.projections.values()
            if projection.delays_differ
        }
        self._kept = {v.name: np.zeros(v.shape) for v in self.layout.state.values() if not v.group}

    # -- abstract methods ------------------------------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def open(cls, graph: Graph, delays: Mapping[str, NDArray[np.int32]], target: str | None) -> tuple[Simulator, str]:
        """Build a network.

        Parameters
        ----------
        graph, delays
            See the class.
        target : {"cython", "numpy"}, optional
            Code generation target, where it can be chosen; by default the best one.

        Returns
        -------
        simulator : Simulator
            The network.
        remark : str
            A sentence for the user if something other than the best was chosen; else empty.

        Raises
        ------
        StdpbenchError
            If this simulator cannot be used here.
        """

    @abstractmethod
    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        """Return a view of an array of the Brian2 model."""

    @abstractmethod
    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        """Set shared parameters, by group and name, in SI units."""

    @abstractmethod
    def _put_delays(self, projection: ProjectionLayout) -> bool:
        """Apply the learned delays of a projection, rounded to steps.

        Returns whether all are within bounds, between 0 and d_max.
        """

    @abstractmethod
    def _run(
        self,
        spikes: Spikes,
        n_bins: int,
        plastic: frozenset[str],
        earlier: Mapping[str, Spikes],
        record: Mapping[str, NDArray[np.int64]],
        noise: Mapping[str, Spikes],
        drive: Drive,
    ) -> tuple[dict[str, Spikes], Courses]:
        """Take `n_bins` steps from time 0.

        In each step, after spikes are detected and before projections act, every spike of `noise` adds the weight of
        its population's noise to the receptor of a neuron, and `drive` adds its row for this step. If an input spike
        has a factor, it delivers the factor times the weight before the rule acts on the spike. `earlier` contains the
        spikes of populations with delayed projections in previous steps, with bins below 0. Returns the spikes of all
        populations of neurons, and the requested courses.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the resources of the simulator; it cannot be used afterwards."""

    # -- properties and arrays -------------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment with the current parameters, if the network was opened from one."""
        if self._experiment is None:
            raise StdpbenchError("this network was not opened from an experiment")
        return self._experiment

    @property
    def n_read(self) -> int:
        """Number of neurons of the population that is read."""
        return self.layout.populations[self.graph.read].size

    @property
    def graph(self) -> Graph:
        """The network with the current parameters."""
        return self.layout.graph

    def array(self, name: str) -> NDArray[np.float64]:
        """Return a view of an array by its public name, which may be written between presentations.

        The dtype is float64. With the precision float32, variables of neurons and synapses are float32, except slow
        variables such as theta, averages of rules, and delays.

        Parameters
        ----------
        name : str
            A state variable such as ``"exc.theta"`` or ``"feed.w"``, or weights that do not learn.

        Raises
        ------
        StdpbenchError
            If there is no such array.
        """
        variable = self._variables.get(name)
        if variable is None:
            raise StdpbenchError(f"there is no array {name!r}; {suggestion(name, self._variables)}")
        return self._array(variable.group, variable.variable) if variable.group else self._kept[variable.name]

    @cached_property
    def _variables(self) -> dict[str, StateVariable]:
        return {**self.layout.state, **self.layout.fixed}

    def weights(self, projection: str) -> NDArray[np.float64]:
        """Return a view of the weights: (n_source, n_target), one-to-one (n,), sparse (n_synapses,), or shared.

        Shared weights of a local projection are (field, field, units of the source, units of the target).
        """
        return self.array(f"{projection}.w")

    def normalise(self, projection: str) -> NDArray[np.int64]:
        """Scale the weights of a projection as it declares; return the target neurons that could not be scaled."""
        return self.graph.normalise(projection, self.weights(projection))

    def synapses(self, projection: str) -> Synapses:
        """Return the synapses of a sparse projection."""
        return self.layout.projections[projection].synapses

    def delays(self, projection: str) -> NDArray[np.int32] | None:
        """Return the delay of each synapse in the next presentation, in steps, int32; None if all are equal."""
        layout = self.layout.projections.get(projection)
        if layout is not None and layout.delay_rule is not None:
            return learned_delays.rounded(layout, self.array(f"{projection}.d"))
        return self._delays.get(projection)

    @property
    def w(self) -> NDArray[np.float64]:
        """View of the weights of the projection `Graph.shown`, (n_source, n_target)."""
        return self.weights(self.graph.shown)

    @property
    def shown_weights(self) -> NDArray[np.float64]:
        """The weights `w` as `Graph.fields`; zeros if no projection learns."""
        shown = self.graph.shown
        return self.graph.fields(shown, self.w) if shown else np.zeros((1, self.n_read))

    @property
    def theta(self) -> NDArray[np.float64]:
        """View of the thresholds of the population that is read, float64, (n,), volt."""
        return self.array(f"{self.graph.read}.theta")

    @property
    def learned_views(self) -> Learned:
        """Views of the learned arrays, which may be written between presentations."""
        return Learned({name: self.array(name) for name in self.layout.learned})

    @property
    def learned(self) -> Learned:
        """Copies of the learned arrays in float64, also with the precision float32."""
        return Learned({name: array.astype(np.float64) for name, array in self.learned_views.items()})

    def set_learned(self, learned: Learned) -> None:
        """Load learned arrays between two presentations; arrays that are not named stay unchanged.

        A network with the precision float32 rounds weights.

        Raises
        ------
        StdpbenchError
            If a name is unknown, or a shape differs.
        """
        views = self.learned_views
        views.replace(learned)  # checks names and shapes
        for name, array in learned.items():
            views[name][...] = array

    # -- presentations ---------------------------------------------------------------------------------------------

    def present(
        self,
        spikes: Spikes,
        n_bins: int,
        *,
        plastic: Collection[str] | bool,
        n_rest: int = 0,
        record: Mapping[str, Sequence[int]] | None = None,
        noise: Mapping[str, Spikes] | None = None,
        currents: NDArray[np.float64] | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> Response:
        """Present one stimulus.

        Parameters
        ----------
        spikes : Spikes
            Input spikes, strictly ascending in (bin, index), all within the stimulus. Except in a stream, the last
            `max_delay_bins` of the presentation must not contain any, so that none is in flight at its end. If they
            carry factors (`Spikes.factor`), each delivers weight times factor through projections from the input.
        n_bins : int
            Time steps of the stimulus.
        plastic : collection of str, or bool
            Projections that learn; True: all that have a rule. Others, and thresholds of populations into which no
            projection learns, stay bit-identical; their traces of input spikes are not advanced.
        n_rest : int
            Time steps without input after the stimulus.
        record : mapping of str to sequence of int, optional
            Neurons, by population, whose variables are recorded in every step; changes no other result.
        noise : mapping of str to Spikes, optional
            Spikes of `stdpbench.engine.network.draw_noise` for each population with noise.
        currents : ndarray, float64, (n_input,) or (n_bins, n_input), optional
            Constant currents, or currents of each step of the stimulus. In each step, a projection from the input adds
            its weights times the currents to its receptor, as if spikes with these factors arrived. Default: the
            currents of `spikes`, if any.
        meanwhile : callable, optional
            Called once, just before the network runs, to start work in other threads: while a compiled network runs,
            it releases the interpreter.

        Returns
        -------
        Response

        Raises
        ------
        StdpbenchError
            If a name, a neuron or the spikes do not fit the network.
        """
        learning = self._learning_in(plastic)
        total = n_bins + n_rest
        check_input(self.layout, spikes, n_bins, total, self._in_order)
        check_factor(self.layout, spikes, learning)
        noise = noise or {}
        if noise or self.layout.noisy:
            check_noise(self.layout, noise, total)
        currents = spikes.currents if currents is None else currents
        drive = {} if currents is None else drive_of(self.layout, self.array, currents, n_bins, learning)
        watched = {name: self._to_record(name, neurons) for name, neurons in record.items()} if record else {}
        if self.layout.learn_delays:
            learned_delays.take(self.layout, self.array, total, self._put_delays)
        self._traces_moved |= bool(learning)
        recording = {name: neurons for name, neurons in watched.items() if len(neurons)}
        if meanwhile is not None:
            meanwhile()
        with uninterrupted():
            parts, done = list[tuple[int, dict[str, Spikes], Courses]](), 0
            while done < total or not parts:
                n_part = min(total - done, steps_to_update(self.layout, self.array, learning))
                part_spikes = spikes if n_part == total else part_of(spikes, done, done + n_part)
                part_noise = (
                    noise if n_part == total else {k: part_of(v, done, done + n_part) for k, v in noise.items()}
                )
                part_drive = {key: rows.part(done, done + n_part) for key, rows in drive.items()}
                parts.append((done, *self._advance(part_spikes, n_part, learning, recording, part_noise, part_drive)))
                done += n_part
            spikes_by_population, courses = joined(parts)
        recordings = {
            name: Recording(neurons, courses[name]) if name in courses else self._no_recording(name, total)
            for name, neurons in watched.items()
        }
        return Response(spikes_by_population, spikes, n_bins, self.layout.sizes, recordings)

    def _advance(
        self,
        spikes: Spikes,
        n_bins: int,
        learning: frozenset[str],
        recording: Mapping[str, NDArray[np.int64]],
        noise: Mapping[str, Spikes],
        drive: Drive,
    ) -> tuple[dict[str, Spikes], Courses]:
        """Take steps without a periodic update, then update the weights that are due."""
        outputs, courses = self._run(spikes, n_bins, learning, self._earlier(), recording, noise, drive)
        if self._in_flight:
            self._remember(
                outputs if self.layout.input is None else {**outputs, self.layout.input.name: spikes}, n_bins
            )
        for name in learning:
            projection = self.layout.projections[name]
            if projection.delays_differ:
                # the origin of time moves to the end of this presentation
                self.array(f"{name}.{LAST_ARRIVAL}")[...] -= n_bins * self._tick
        if self.layout.periodic:
            pass_steps(self.layout, self.array, learning, n_bins)
        return outputs, courses

    @property
    def _in_flight(self) -> tuple[PopulationLayout, ...]:
        """Populations whose recent spikes are stored here; subclasses may store some of them elsewhere."""
        return self.layout.in_flight

    @property
    def _dt(self) -> float:
        return self.graph.dt * 1e-3

    @property
    def _tick(self) -> float:
        """One step in the unit of the times stored in synapses."""
        return 1.0 if self.graph.stream else self._dt

    def _learning_in(self, plastic: Collection[str] | bool) -> frozenset[str]:
        known = self.layout.plastic
        if isinstance(plastic, bool):
            return known if plastic else frozenset()
        for name in plastic:
            if name not in known:
                problem = "does not learn" if name in self.graph.projections else "does not exist"
                raise StdpbenchError(f"projection {name!r} {problem}; {suggestion(name, self.graph.plastic)}")
        return frozenset(plastic)

    def _to_record(self, population: str, neurons: Sequence[int]) -> NDArray[np.int64]:
        sizes = self.layout.sizes
        if population not in sizes:
            raise StdpbenchError(f"there is no population {population!r} to record; {suggestion(population, sizes)}")
        indices = np.asarray(neurons, dtype=np.int64)
        if len(indices) and (indices.min() < 0 or indices.max() >= sizes[population]):
            raise StdpbenchError(f"recorded neurons must lie in 0 .. {sizes[population] - 1}, not {indices.tolist()}")
        return indices

    def _no_recording(self, population: str, n_bins: int) -> Recording:
        variables = recorded(self.layout.populations[population])
        return Recording(np.empty(0, np.int64), {variable: np.empty((n_bins, 0)) for variable in variables})

    def _earlier(self) -> dict[str, Spikes]:
        """Return the spikes that may still be in flight, of each population with delayed projections."""
        in_flight = {}
        for population in self._in_flight:
            bins, index = self._kept[f"{population.name}.{RECENT}"].nonzero()
            in_flight[population.name] = Spikes(
                index.astype(np.int32), (bins - population.delay_bins).astype(np.int32)
            )
        return in_flight

    def _remember(self, outputs: Mapping[str, Spikes], n_bins: int) -> None:
        """Store the recent spikes of populations with delayed projections."""
        for population in self._in_flight:
            recent, spikes = self._kept[f"{population.name}.{RECENT}"], outputs[population.name]
            n_kept = max(0, population.delay_bins - n_bins)
            if n_kept:
                recent[:n_kept] = recent[population.delay_bins - n_kept :].copy()
            recent[n_kept:] = 0.0
            first = int(spikes.bin.searchsorted(n_bins - population.delay_bins))
            recent[spikes.bin[first:] - (n_bins - population.delay_bins), spikes.index[first:]] = 1.0

    def not_finite(self) -> tuple[str, ...]:
        """Return the names of the neurons' state arrays with infinite values or NaN after the last presentation."""
        return tuple(name for name in self.layout.neural if not np.isfinite(self.array(name)).all())

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return copies of all arrays that a presentation may change, by public name, in their dtype."""
        return {name: self.array(name).copy() for name in self.layout.state}

    def set_state(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Restore the result of `state`; a network with another precision rounds it.

        Raises
        ------
        StdpbenchError
            If arrays are missing, unknown, or of another shape.
        """
        variables = self.layout.state
        if set(state) != set(variables):
            mismatched = sorted(set(state) ^ set(variables))
            raise StdpbenchError(f"this state is from another network: {', '.join(mismatched)} do not match")
        for name, variable in variables.items():
            if state[name].shape != variable.shape:
                raise StdpbenchError(f"the state of {name} has the shape {state[name].shape}, not {variable.shape}")
        for name in variables:
            self.array(name)[...] = state[name]
        self._traces_moved = True

    def copy_state_from(self, other: Simulator, changed: Collection[str]) -> None:
        """Continue from the state of a network with other rules, between two presentations.

        Parameters
        ----------
        other : Simulator
            The network to continue from.
        changed : collection of str
            Projections with another rule, which has seen no spikes: its traces start in the reset state. All other
            state is copied.

        Raises
        ------
        StdpbenchError
            If the two networks differ in their populations.
        """
        mine, theirs = self.layout, other.layout
        sizes = [{p.name: p.size for p in layout.populations.values()} for layout in (mine, theirs)]
        if sizes[0] != sizes[1]:
            texts = [" and ".join(f"{size} {name}" for name, size in by_name.items()) for by_name in sizes]
            raise StdpbenchError(f"a network of {texts[0]} neurons cannot continue from one of {texts[1]}")
        new = {name for projection in changed for name in mine.projections[projection].remembered}
        for name, variable in mine.state.items():
            if name in theirs.state and name not in new:
                self.array(name)[...] = other.array(name)
            elif variable.reset is not None or name in new:
                self.array(name)[...] = variable.reset or 0.0
        self._traces_moved = True

    def reset(self) -> None:
        """Reset all state except weights and thresholds."""
        for name, variable in self.layout.state.items():
            if variable.reset is not None and (self._traces_moved or not variable.per_synapse):
                self.array(name)[...] = variable.reset
        self._traces_moved = False

    # -- parameters ------------------------------------------------------------------------------------------------

    def set_parameters(self, experiment: Experiment) -> None:
        """Use the parameters of another experiment from the next presentation on, without recompiling.

        Raises
        ------
        StdpbenchError
            If a structural value differs.
        """
        graph = self.graph
        shape = graph.populations[graph.input].shape if graph.input else ()
        self.set_graph(experiment.graph(*shape))
        self._experiment = experiment

    def check_graph(self, graph: Graph) -> None:
        """Check that the network can use the parameters of another graph, before anything records or changes them.

        Raises
        ------
        StdpbenchError
            If a structural value differs.
        """
        check_same_structure(self.graph, graph)
        drawn = [
            projection.name
            for projection in self.layout.projections.values()
            if projection.sparse or projection.delays_differ
        ]
        if drawn and graph.seed != self.graph.seed:
            raise StdpbenchError(
                f"the seed is structural because connections or delays of {drawn[0]} are drawn from it: changing it "
                "needs another run"
            )

    def set_graph(self, graph: Graph) -> None:
        """Use the parameters of another graph from the next presentation on, without recompiling.

        Raises
        ------
        StdpbenchError
            As by `check_graph`; nothing changes in this case.
        """
        self.check_graph(graph)
        new = Layout(graph)
        for name, projection in new.projections.items():
            if projection.delays_differ and projection.learns:
                before = self.layout.projections[name]
                learned_delays.bring_traces_up_to_date(before, projection, self.array, self._tick)
            learned_delays.clip_to_bounds(projection, self.array)
        self.layout = new
        self.__dict__.pop("_variables", None)
        self._write_parameters(new.parameters)

    def _in_order(self, spikes: Spikes, n_input: int) -> tuple[bool, bool]:
        """Call `stdpbench.engine.simulators.base.in_order`; subclasses may be faster."""
        return in_order(spikes, n_input)
