"""The seam between an experiment and whatever computes it: `Simulator.present`.

A presentation is a pure function of state, input spikes and parameters. Time is 0 at its start: no absolute time
crosses a boundary. Spikes of neurons in flight at its end are state; spikes of the input are in flight there in
streams only. Every simulator runs the network that `stdpbench.engine.network.build` makes, keeps its arrays as NumPy
views, and is held to one contract (tests/contract).

What all simulators share is here, too: checks of spikes and noise, which changes need another network, and weights
that are updated once per period of a stream, between two steps. A presentation is cut where such an update is due.
The cut of a stream changes no bit, so neither do these cuts: how many steps have passed since the last update is
state.
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
from stdpbench.engine.simulators.response import Courses, Recording, Response, recorded
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.encoding import Spikes

Arrays = Callable[[str], NDArray[np.float64]]
"""Views of the arrays of a simulator by name."""
_NEVER = 1 << 62


def steps_to_update(layout: Layout, array: Arrays, learning: Collection[str]) -> int:
    """Return the number of steps until the weights of a projection that learns are updated."""
    if not layout.periodic:
        return _NEVER
    left = [
        _period(each, layout.graph.dt) - int(array(f"{each.name}.{SINCE_UPDATE}")[0])
        for each in _periodic(layout, learning)
    ]
    return max(1, min(left, default=_NEVER))


def pass_steps(layout: Layout, array: Arrays, learning: Collection[str], n_bins: int) -> None:
    """Count steps that have been taken, and update the weights that are due."""
    for each in _periodic(layout, learning):
        since = array(f"{each.name}.{SINCE_UPDATE}")
        since += n_bins
        if since[0] >= _period(each, layout.graph.dt):
            _update(array, each)
            since[0] = 0.0


def part_of(spikes: Spikes, start: int, stop: int) -> Spikes:
    """Return the spikes of some steps, with bins counted from the first of these."""
    first, last = np.searchsorted(spikes.bin, [start, stop])
    factor = None if spikes.factor is None else spikes.factor[first:last]
    return Spikes(spikes.index[first:last], spikes.bin[first:last] - np.int32(start), factor=factor)


def joined(parts: list[tuple[int, dict[str, Spikes], Courses]]) -> tuple[dict[str, Spikes], Courses]:
    """Return spikes and courses of consecutive parts of a presentation, each with its first step, as of one."""
    if len(parts) == 1:
        return parts[0][1:]
    spikes = {
        name: Spikes(
            np.concatenate([found[name].index for _, found, _ in parts]),
            np.concatenate([found[name].bin + np.int32(first) for first, found, _ in parts]),
        )
        for name in parts[0][1]
    }
    courses = {
        name: {variable: np.concatenate([each[name][variable] for _, _, each in parts]) for variable in made}
        for name, made in parts[0][2].items()
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
"""Where an experiment says what is not a parameter of its network."""


def check_same_structure(old: Graph, new: Graph) -> None:
    """Check that two graphs differ in parameters only that may change without another network."""

    def differ(where: str) -> StdpbenchError:
        return StdpbenchError(f"{where} is structural: changing it needs another network and run")

    def compare(mine: object, theirs: object, where: str) -> None:
        if type(mine) is not type(theirs):
            raise differ(f"{where}.kind")
        if not isinstance(mine, Parameters) or mine == theirs:
            return
        structural = {each.name: each.structural for each in mine.describe()}
        fields = [(name, getattr(mine, name), getattr(theirs, name)) for name in type(mine).model_fields]
        nested = [name for name, *each in fields if any(isinstance(value, Parameters) for value in each)]
        # nested declarations first: another kind may bring other values along
        for name, one, other in sorted(fields, key=lambda each: each[0] not in nested):
            if name == "normalise":  # acts between presentations
                continue
            if name in nested:
                compare(one, other, f"{where}.{name}")
            elif one != other and (structural.get(name, True) or one is None or other is None):
                raise differ(f"{where}.{name}")

    for kind in ("populations", "projections"):
        mine, theirs = getattr(old, kind), getattr(new, kind)
        if list(mine) != list(theirs):
            raise differ(f"network.{kind}")
        for name in mine:
            compare(mine[name], theirs[name], f"network.{kind}.{name}")
    for name in ("dt", "conductance_step", "streams", "stream", "precision"):
        if getattr(old, name) != getattr(new, name):
            raise differ(_WHERE.get(name, f"network.{name}"))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl+C back: a presentation that is cut off would leave a state that no presentation leaves."""
    held: list[int] = []
    with handled(lambda number, frame: held.append(number), signal.SIGINT):
        yield
    if held:
        signal.raise_signal(signal.SIGINT)


def in_order(spikes: Spikes, n_input: int) -> tuple[bool, bool]:
    """Whether spikes, of which there are some, ascend strictly in (bin, index), and are those of known neurons."""
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
    """Check the input spikes of a presentation of `n_bins` steps, `n_stimulus` of them with a stimulus.

    Raises
    ------
    StdpbenchError
        If they are not in order, not of known neurons, or too late.
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
        If it is not that of the network, not sorted, has factors, or is outside presentation or population.
    """
    noisy = layout.noisy
    if noisy.keys() != noise.keys():
        wanted, given = (", ".join(names) or "no population" for names in (noisy, noise))
        raise StdpbenchError(f"the network has noise into {wanted}, but noise into {given} was given")
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
        """See `stdpbench.engine.simulators.base.in_order`; a simulator may be faster."""
        return in_order(spikes, n_input)
