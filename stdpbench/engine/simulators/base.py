"""The seam between an experiment and whatever computes it: `Simulator.present`.

A presentation is a pure function of state, input spikes and parameters. Time is 0 at its start: no absolute time
crosses a boundary. Spikes of neurons in flight at its end are state; spikes of the input are in flight there in
streams only. Every simulator runs the network that `stdpbench.engine.network.build` makes, keeps its arrays as NumPy
views, and is held to one contract (tests/contract).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.engine.network import Layout, Learned
from stdpbench.engine.network.layout import LAST_ARRIVAL, RECENT, PopulationLayout, ProjectionLayout, StateVariable
from stdpbench.engine.simulators import learned_delays
from stdpbench.engine.simulators.currents import Drive, drive_of
from stdpbench.engine.simulators.given import check_factor, check_input, check_noise, in_order, uninterrupted
from stdpbench.engine.simulators.response import Courses, Recording, Response, recorded
from stdpbench.engine.simulators.structure import check_same_structure
from stdpbench.engine.simulators.updates import joined, part_of, pass_steps, steps_to_update
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.encoding import Spikes


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
        ``"compiled"`` or ``"runtime"``.
    layout : Layout
        What the network consists of.
    """

    name: str

    def __init__(self, graph: Graph, delays: Mapping[str, NDArray[np.int32]]) -> None:
        self.layout = Layout(graph)
        rules = [each.plasticity for each in graph.projections.values() if each.plasticity is not None]
        if not graph.stream and any(rule.periodically for rule in rules):
            raise StdpbenchError("rules that update weights once per period need a stream (schedule.between)")
        self._experiment: Experiment | None = None
        self._traces_moved = True
        self._delays = {
            each.name: delays[each.name] for each in self.layout.projections.values() if each.delays_differ
        }
        self._kept = {v.name: np.zeros(v.shape) for v in self.layout.state.values() if not v.group}

    # -- what a simulator provides ---------------------------------------------------------------------------------

    @abstractmethod
    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        """View of an array of the Brian2 model."""

    @abstractmethod
    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        """Put shared parameters in force, by group and name, SI units."""

    @abstractmethod
    def _put_delays(self, projection: ProjectionLayout) -> bool:
        """Have the delays that a projection has learned act, rounded to steps.

        Returns whether they are within bounds, that is between 0 and d_max.
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

        In each step, when spikes are known and before projections act, every spike of `noise` adds the weight of its
        population's noise to the receptor of a neuron, and `drive` what it has for this step. Where an input spike has
        a factor, what it delivers is multiplied by it; the weight is that before the rule acts on the spike.
        `earlier` contains the spikes of populations with delayed projections in the steps before, with bins below 0.
        Returns the spikes of all populations of neurons, and the courses that were asked for.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the simulator holds; it cannot be used afterwards."""

    # -- what all simulators share ---------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment whose parameters are in force, if the network was opened from one."""
        if self._experiment is None:
            raise StdpbenchError("this network was not opened from an experiment")
        return self._experiment

    @property
    def n_read(self) -> int:
        """Number of neurons of the population that is read."""
        return self.layout.populations[self.graph.read].size

    @property
    def graph(self) -> Graph:
        """The network with the parameters in force."""
        return self.layout.graph

    def array(self, name: str) -> NDArray[np.float64]:
        """View of an array by its public name, which may be written between presentations.

        Numbers are float64. With the precision float32, those of neurons and synapses are float32, but for slow
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
        return self._view(variable)

    @cached_property
    def _variables(self) -> dict[str, StateVariable]:
        return {**self.layout.state, **self.layout.fixed}

    def _view(self, variable: StateVariable) -> NDArray[np.float64]:
        return self._array(variable.group, variable.variable) if variable.group else self._kept[variable.name]

    def weights(self, projection: str) -> NDArray[np.float64]:
        """View of the weights of a projection, (n_source, n_target), one-to-one (n,), sparse (n_synapses,)."""
        return self.array(f"{projection}.w")

    def normalise(self, projection: str) -> NDArray[np.int64]:
        """Scale the weights of a projection as it declares; return the target neurons that could not be scaled."""
        scaling = self.graph.projections[projection].normalise
        if scaling is None:
            return np.empty(0, np.int64)
        targets = self.synapses(projection).target if self.graph.is_sparse(projection) else None
        return scaling.apply(self.weights(projection), targets)

    def synapses(self, projection: str) -> Synapses:
        """Return which neurons a sparse projection connects."""
        return self.layout.projections[projection].synapses

    def delays(self, projection: str) -> NDArray[np.int32] | None:
        """Delay of each synapse in steps, int32, as it acts in the next presentation; None if all have the same."""
        layout = self.layout.projections.get(projection)
        if layout is not None and layout.delay_rule is not None:
            return learned_delays.rounded(layout, self.array(f"{projection}.d"))
        return self._delays.get(projection)

    @property
    def w(self) -> NDArray[np.float64]:
        """View of the weights of the projection that is shown where only one can be, (n_source, n_target)."""
        return self.weights(self.graph.shown)

    @property
    def shown_weights(self) -> NDArray[np.float64]:
        """As `w`, with 0 for pairs that are not connected; without a projection that learns, zeros.

        Of one-to-one weights, and of sparse ones that do not come from the input, a row.
        """
        shown = self.graph.shown
        if not shown:
            return np.zeros((1, self.n_read))
        if self.graph.is_sparse(shown) and self.graph.projections[shown].source == self.graph.input:
            return self.synapses(shown).dense(self.w)
        return self.w if self.w.ndim == 2 else self.w[None]

    @property
    def theta(self) -> NDArray[np.float64]:
        """View of the thresholds of the population that is read, float64, (n,), volt."""
        return self.array(f"{self.graph.read}.theta")

    @property
    def lateral(self) -> NDArray[np.float64] | None:
        """View of the weights of the second projection that learns, if there is one."""
        return self.weights(self.graph.plastic[1]) if len(self.graph.plastic) > 1 else None

    @property
    def learned_views(self) -> Learned:
        """Views of all that a frozen presentation depends on, which may be written between presentations."""
        return Learned({name: self.array(name) for name in self.layout.learned})

    @property
    def learned(self) -> Learned:
        """Copies of all that a frozen presentation depends on, in float64, which holds every number of float32."""
        return Learned({name: array.astype(np.float64) for name, array in self.learned_views.items()})

    def set_learned(self, learned: Learned) -> None:
        """Have a network that has learned this, between two presentations; what it does not name stays as it is.

        A network with the precision float32 rounds weights to it.

        Raises
        ------
        StdpbenchError
            If the network has no array of such a name, or one of another shape.
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
            Input spikes, strictly ascending in (bin, index), all within the stimulus; the last `max_delay_bins` of the
            presentation must be free of them, so that none is in flight at its end, except in a stream. If they carry
            factors (`Spikes.factor`), each delivers weight times factor through projections from the input.
        n_bins : int
            Time steps of the stimulus.
        plastic : collection of str, or bool
            Projections that learn; True: all that have a rule. Others, and thresholds of populations into which no
            projection learns, keep every bit; what rules remember of input spikes is then not advanced.
        n_rest : int
            Time steps without input after the stimulus.
        record : mapping of str to sequence of int, optional
            Neurons by population whose variables to record in every step; changes no other result.
        noise : mapping of str to Spikes, optional
            What `stdpbench.engine.network.draw_noise` drew for this presentation; of each population that has noise.
        currents : ndarray, float64, (n_input,) or (n_bins, n_input), optional
            Constant currents, or those of each step of the stimulus. In each step, a projection from the input adds
            its weights times the currents to its receptor, as if spikes of these sizes arrived. Default: those of
            `spikes`, if it has any.
        meanwhile : callable, optional
            Called once, when the network is about to run, to start what other threads do meanwhile: while a compiled
            network runs, they have the interpreter to themselves.

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
        recording = {name: each for name, each in watched.items() if len(each)}
        if meanwhile is not None:
            meanwhile()
        with uninterrupted():
            parts, done = list[tuple[int, dict[str, Spikes], Courses]](), 0
            while done < total or not parts:
                n_part = min(total - done, steps_to_update(self.layout, self.array, learning))
                mine = spikes if n_part == total else part_of(spikes, done, done + n_part)
                drawn = noise if n_part == total else {k: part_of(v, done, done + n_part) for k, v in noise.items()}
                driven = {key: each.part(done, done + n_part) for key, each in drive.items()}
                parts.append((done, *self._advance(mine, n_part, learning, recording, drawn, driven)))
                done += n_part
            found, courses = joined(parts)
        recordings = {
            name: Recording(neurons, courses[name]) if name in courses else self._no_recording(name, total)
            for name, neurons in watched.items()
        }
        return Response(found, spikes, n_bins, self.layout.sizes, recordings)

    def _advance(
        self,
        spikes: Spikes,
        n_bins: int,
        learning: frozenset[str],
        recording: Mapping[str, NDArray[np.int64]],
        noise: Mapping[str, Spikes],
        drive: Drive,
    ) -> tuple[dict[str, Spikes], Courses]:
        """Take some steps, in which no weight is updated, and update those that are due then."""
        found, courses = self._run(spikes, n_bins, learning, self._earlier(), recording, noise, drive)
        if self._in_flight:
            self._remember(found if self.layout.input is None else {**found, self.layout.input.name: spikes}, n_bins)
        for name in learning:
            projection = self.layout.projections[name]
            if projection.delays_differ:
                # the origin of time moves to the end of this presentation
                self.array(f"{name}.{LAST_ARRIVAL}")[...] -= n_bins * self._tick
        if self.layout.periodic:
            pass_steps(self.layout, self.array, learning, n_bins)
        return found, courses

    @property
    def _in_flight(self) -> tuple[PopulationLayout, ...]:
        """Populations whose spikes of the last steps are kept here; a simulator may keep those of some by itself."""
        return self.layout.in_flight

    @property
    def _dt(self) -> float:
        return self.graph.dt * 1e-3

    @property
    def _tick(self) -> float:
        """One step in the unit of times that synapses remember."""
        return 1.0 if self.graph.stream else self._dt

    def _learning_in(self, plastic: Collection[str] | bool) -> frozenset[str]:
        known = self.layout.plastic
        if isinstance(plastic, bool):
            return known if plastic else frozenset()
        for name in plastic:
            if name not in known:
                what = "does not learn" if name in self.graph.projections else "does not exist"
                raise StdpbenchError(f"projection {name!r} {what}; {suggestion(name, self.graph.plastic)}")
        return frozenset(plastic)

    def _to_record(self, population: str, neurons: Sequence[int]) -> NDArray[np.int64]:
        sizes = self.layout.sizes
        if population not in sizes:
            raise StdpbenchError(f"there is no population {population!r} to record; {suggestion(population, sizes)}")
        which = np.asarray(neurons, dtype=np.int64)
        if len(which) and (which.min() < 0 or which.max() >= sizes[population]):
            raise StdpbenchError(f"recorded neurons must lie in 0 .. {sizes[population] - 1}, not {which.tolist()}")
        return which

    def _no_recording(self, population: str, n_bins: int) -> Recording:
        variables = recorded(self.layout.populations[population])
        return Recording(np.empty(0, np.int64), {variable: np.empty((n_bins, 0)) for variable in variables})

    def _earlier(self) -> dict[str, Spikes]:
        """Spikes that may still be in flight, of each population with delayed projections."""
        found = {}
        for each in self._in_flight:
            bins, index = self._kept[f"{each.name}.{RECENT}"].nonzero()
            found[each.name] = Spikes(index.astype(np.int32), (bins - each.delay_bins).astype(np.int32))
        return found

    def _remember(self, found: Mapping[str, Spikes], n_bins: int) -> None:
        """Keep the spikes of the last steps of populations with delayed projections."""
        for each in self._in_flight:
            recent, spikes = self._kept[f"{each.name}.{RECENT}"], found[each.name]
            stay = max(0, each.delay_bins - n_bins)
            if stay:
                recent[:stay] = recent[each.delay_bins - stay :].copy()
            recent[stay:] = 0.0
            first = int(spikes.bin.searchsorted(n_bins - each.delay_bins))
            recent[spikes.bin[first:] - (n_bins - each.delay_bins), spikes.index[first:]] = 1.0

    def not_finite(self) -> tuple[str, ...]:
        """Names of the neurons' state arrays that held infinite values or NaN after the last presentation."""
        return tuple(name for name in self.layout.neural if not np.isfinite(self.array(name)).all())

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Copy every array that a presentation may change, by public name, in the numbers that the network holds."""
        return {name: self.array(name).copy() for name in self.layout.state}

    def set_state(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Put back what `state` gave, in this network or in one of the other precision, which rounds.

        Raises
        ------
        StdpbenchError
            If arrays are missing, unknown, or of another shape.
        """
        wanted = self.layout.state
        if set(state) != set(wanted):
            odd = sorted(set(state) ^ set(wanted))
            raise StdpbenchError(f"this state is from another network: {', '.join(odd)} do not match")
        for name, variable in wanted.items():
            if state[name].shape != variable.shape:
                raise StdpbenchError(f"the state of {name} has the shape {state[name].shape}, not {variable.shape}")
        for name in wanted:
            self.array(name)[...] = state[name]
        self._traces_moved = True

    def copy_state_from(self, other: Simulator, changed: Collection[str]) -> None:
        """Continue from the state of a network with other rules, between two presentations.

        Parameters
        ----------
        other : Simulator
            The network to continue from.
        changed : collection of str
            Projections with another rule, which has seen no spikes: what it remembers is in the reset state. All else
            is copied.

        Raises
        ------
        StdpbenchError
            If the two networks differ in their populations.
        """
        mine, theirs = self.layout, other.layout
        sizes = [{each.name: each.size for each in layout.populations.values()} for layout in (mine, theirs)]
        if sizes[0] != sizes[1]:
            texts = [" and ".join(f"{size} {name}" for name, size in each.items()) for each in sizes]
            raise StdpbenchError(f"a network of {texts[0]} neurons cannot continue from one of {texts[1]}")
        new = {name for each in changed for name in mine.projections[each].remembered}
        for name, variable in mine.state.items():
            if name in theirs.state and name not in new:
                self.array(name)[...] = other.array(name)
            elif variable.reset is not None or name in new:
                self.array(name)[...] = variable.reset or 0.0
        self._traces_moved = True

    def reset(self) -> None:
        """Bring all but weights and thresholds to the reset state."""
        for name, variable in self.layout.state.items():
            if variable.reset is not None and (self._traces_moved or not variable.per_synapse):
                self.array(name)[...] = variable.reset
        self._traces_moved = False

    # -- parameters ------------------------------------------------------------------------------------------------

    def set_parameters(self, experiment: Experiment) -> None:
        """Put the parameters of another experiment in force, from the next presentation on, without recompiling.

        Raises
        ------
        StdpbenchError
            If it differs in something structural.
        """
        graph = self.graph
        shape = graph.populations[graph.input].shape if graph.input else ()
        self.set_graph(experiment.graph(*shape))
        self._experiment = experiment

    def set_graph(self, graph: Graph) -> None:
        """Put the parameters of another graph in force, from the next presentation on, without recompiling.

        Raises
        ------
        StdpbenchError
            If it differs in something structural.
        """
        check_same_structure(self.graph, graph)
        drawn = [each.name for each in self.layout.projections.values() if each.sparse or each.delays_differ]
        if drawn and graph.seed != self.graph.seed:
            raise StdpbenchError(
                f"the seed is structural because connections or delays of {drawn[0]} are drawn from it: changing it "
                "needs another run"
            )
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
        """See `stdpbench.engine.simulators.given.in_order`; a simulator may be faster."""
        return in_order(spikes, n_input)
