"""Brian2's runtime mode: the reference, which works everywhere.

Code is generated once, by a run of duration 0. The objects are then stepped here, in Brian2's order, because preparing
`Network.run` again takes longer than a presentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.toolchain import find_compiler
from stdpbench.engine.network import Layout
from stdpbench.engine.network.brian import LearnedQueue, preferences, prepare, queue_by_python, run_by_python
from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.build import BuiltNetwork, When, build
from stdpbench.engine.network.layout import LEARNING_SPIKE, LEFT_WITH, PopulationLayout, ProjectionLayout
from stdpbench.engine.network.pathways import set_parameters
from stdpbench.engine.simulators import learned_delays
from stdpbench.engine.simulators.base import Simulator
from stdpbench.engine.simulators.currents import Drive
from stdpbench.engine.simulators.graded import Graded, delivers
from stdpbench.engine.simulators.response import Courses, recorded
from stdpbench.engine.simulators.stepping import Step, step_of
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes

_BEFORE_NOISE = ("start", "groups", "thresholds")
"""Slots of a step up to the detection of spikes; noise arrives after them."""


@dataclass(frozen=True, eq=False)
class _Step:
    """A step of a Brian2 object.

    Attributes
    ----------
    run : callable
        The function to call.
    slot : str
        Brian2's slot within a step.
    when : When or None
        Steps in which it runs; None: all.
    graded : Graded or None
        Replaces `run` if input spikes carry factors; None: `run` serves both.
    """

    run: Step
    slot: str
    when: When | None
    graded: Graded | None


def cython_works() -> bool:
    """Return whether Brian2's Cython target works; it needs Python's headers and a compiler known to setuptools."""
    from brian2.codegen.runtime.cython_rt import CythonCodeObject

    return bool(CythonCodeObject.is_available())


class RuntimeSimulator(Simulator):
    """The network in Brian2's runtime mode; see `Simulator`.

    Parameters
    ----------
    target : {"cython", "numpy"}
        Brian2's code generation target; Cython needs a C++ compiler.
    """

    name = "runtime"

    @classmethod
    def open(cls, graph: Graph, delays: Mapping[str, NDArray[np.int32]], target: str | None) -> tuple[Simulator, str]:
        """Build the network; without Cython in NumPy mode, which the remark says."""
        target = target or ("cython" if cython_works() else "numpy")
        remark = ""
        if target == "numpy":
            lacking = "No C++ compiler was found" if find_compiler() is None else "Cython cannot compile here"
            remark = (
                f"{lacking}, so the network runs in Brian2's NumPy mode, which is much slower; `stdpbench doctor` "
                "may explain how to fix that."
            )
        return cls(graph, delays, target=target), remark

    def __init__(self, graph: Graph, delays: Mapping[str, NDArray[np.int32]], *, target: str = "cython") -> None:
        super().__init__(graph, delays)
        b2.set_device("runtime")
        with preferences(codegen__target="numpy"):  # compiling code that creates synapses once would take seconds
            self._built = build(self.layout)
            self._delayed = _set_delays(self._built, self.layout, delays)
        self._bins: dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        if self.layout.input is not None:
            run_by_python(self._built.groups[self.layout.input.group])  # never runs, since its spikes are set here
        queue_by_python(self._built.network)
        with preferences(codegen__target=target):
            prepare(self._built.network)
        objects = [o for o in self._built.network.sorted_objects if o.active and o.code_objects]
        self._clock = self._built.groups[self.layout.cells[0].group].clock
        self._spikespace = None
        if self.layout.input is not None:
            objects = [o for o in objects if o.name != self.layout.input.group]
            self._spikespace = self._spikes_of(self.layout.input.group)
        steps = [self._step_of(o) for o in objects]
        self._steps = [step for step in steps if step.when is None or step.when.mode != "last"]
        self._last_steps = [step for step in steps if step.when is not None and step.when.mode == "last"]
        self._learning: frozenset[str] | None = None
        self._closed = False
        learned_delays.start(self.layout, self.array, self._delays)
        self.reset()

    def _step_of(self, obj: Any) -> _Step:
        graded = Graded(self._built, obj) if delivers(self._built, obj) else None
        return _Step(step_of(obj), obj.when, self._built.when.get(obj.name), graded)

    def _spikes_of(self, group: str) -> NDArray[np.int32]:
        """Return the array with the spikes of a group in this step; its last element is their number."""
        space: NDArray[np.int32] = self._built.groups[group].variables["_spikespace"].get_value()
        return space

    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        if self._closed:
            raise StdpbenchError("this simulator is closed")
        values: NDArray[np.float64] = self._built.groups[group].variables[variable].get_value()
        return values.reshape(self._shapes[group, variable])

    @cached_property
    def _shapes(self) -> dict[tuple[str, str], tuple[int, ...]]:
        variables = (self.layout.state | self.layout.fixed).values()
        return {(variable.group, variable.variable): variable.shape for variable in variables}

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        set_parameters(self._built.groups, parameters)
        self._learning = None
        self._refresh(self._built.network.sorted_objects)

    @staticmethod
    def _refresh(objects: list[Any]) -> None:
        """Let generated code read its constants again, which it has copied."""
        for obj in objects:
            for code_object in obj.code_objects:
                code_object.variables_to_namespace()

    def _let_learn(self, plastic: frozenset[str]) -> None:
        if plastic == self._learning:
            return
        for cells in self.layout.cells:
            group = self._built.groups[cells.group]
            for name, value in self.layout.learning_parameters(cells.name, plastic).items():
                group.variables[name].set_value(value)
            self._refresh(list(group.contained_objects))
        self._learning = plastic

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
        if self._closed:
            raise StdpbenchError("this simulator is closed")
        self._let_learn(plastic)
        self._restore_spikes_in_flight(earlier)
        learns = [name in plastic for name in self.layout.projections]
        steps, last = ([s for s in group if _runs(s.when, learns)] for group in (self._steps, self._last_steps))
        t, step = (self._clock.variables[name].get_value() for name in ("t", "timestep"))
        before = [obj.run for obj in steps if obj.slot in _BEFORE_NOISE]
        after = [self._in_presentation(obj, spikes, step) for obj in steps if obj.slot not in _BEFORE_NOISE]
        dt, first = float(self._clock.dt_), np.searchsorted(spikes.bin, np.arange(n_bins + 1))
        cells = {population.name: population for population in self.layout.cells}
        spaces = {name: self._spikes_of(population.group) for name, population in cells.items()}
        events_by_population: dict[str, list[tuple[int, NDArray[np.int32]]]] = {name: [] for name in cells}
        courses: Courses = {
            name: {variable: np.empty((n_bins, len(neurons))) for variable in recorded(cells[name])}
            for name, neurons in record.items()
        }
        watched = [
            (course, values := self.array(f"{name}.{variable}"), record[name] % len(values))  # neurons may share them
            for name, of_population in courses.items()
            for variable, course in of_population.items()
        ]
        noisy = [self._noise_of(name, events, n_bins) for name, events in noise.items()]
        contests = [
            (
                spaces[name],
                self._array(population.group, "v"),
                [self.array(f"{name}.{variable}") for variable in population.raising],
                population.winner_of,
            )
            for name, population in cells.items()
            if population.winner_of > 1
        ]
        learners = [
            (
                spaces[name],
                self._built.groups[population.group].variables[f"_{LEARNING_SPIKE}space"].get_value(),
                self._array(population.group, "v"),
                [self.array(f"{name}.{variable}") for variable in population.raising],
                population.population.learning_spikes,
            )
            for name, population in cells.items()
            if population.population.learning_spikes
        ]
        learned = [0] * len(learners)
        driven = [(self._array(self.layout.populations[p].group, r), rows) for (p, r), rows in drive.items()]
        for now in range(n_bins):
            step[0], t[0] = now, now * dt
            if self._spikespace is not None:
                start, stop = first[now], first[now + 1]
                self._spikespace[: stop - start] = spikes.index[start:stop]
                self._spikespace[-1] = stop - start
            for run in before:
                run()
            for contest in contests:
                _keep_winners(*contest)
            for number, (fired, learning, v, raising, most) in enumerate(learners):
                learned[number] += _keep_learners(fired, learning, v, raising, most - learned[number])
            for receptor, weight, index, places in noisy:
                np.add.at(receptor, index[places[now] : places[now + 1]], weight)
            for receptor, rows in driven:
                if now < rows.n_steps:
                    receptor += rows.of(now)
            for run in after:
                run()
            for name, space in spaces.items():
                if count := int(space[-1]):
                    events_by_population[name].append((now, space[:count].copy()))
            for course, values, neurons in watched:
                course[now] = values[neurons]
        for obj in last:
            obj.run()
        step[0], t[0] = 0, 0.0
        return {name: _joined(events) for name, events in events_by_population.items()}, courses

    def _in_presentation(self, step: _Step, spikes: Spikes, timestep: NDArray[np.int64]) -> Step:
        """Return the step function of an object in a presentation, whose input spikes may carry factors."""
        graded = step.graded
        if graded is None or spikes.factor is None:
            return step.run
        delays = self.delays(graded.projection.name)
        return graded.step_of(spikes, graded.projection.delay_bins if delays is None else delays, timestep)

    def _noise_of(
        self, name: str, spikes: Spikes, n_bins: int
    ) -> tuple[NDArray[np.float64], float, NDArray[np.int32], NDArray[np.int64]]:
        """Return receptor and weight of the noise into a population, its neurons, and their first index per step."""
        population = self.layout.populations[name]
        noise = population.population.noise
        assert noise is not None
        places = np.searchsorted(spikes.bin, np.arange(n_bins + 1))
        return self._array(population.group, noise.receptor), noise.weight, spikes.index, places

    def _restore_spikes_in_flight(self, earlier: Mapping[str, Spikes]) -> None:
        """Push the spikes of previous steps into Brian2's queues, so that these hold the spikes in flight."""
        for pathway, population in self._delayed:
            queue, spikes = pathway.queue, earlier.get(population.name)
            learned = self._bins.get(self._built.carried_by[pathway.synapses.name].name)
            if learned is not None:
                queue.set_delays(learned[0])
            for _ in range(population.delay_bins + 1):
                queue.advance()  # empty the queue
            if spikes is not None:
                for back in range(population.delay_bins, 0, -1):
                    queue.push(spikes.index[spikes.bin == -back])
                    queue.advance()
            if learned is not None:
                queue.set_delays(learned[1])

    def _put_delays(self, projection: ProjectionLayout) -> bool:
        delays = self.array(f"{projection.name}.d")
        if not learned_delays.within_bounds(projection, delays):
            return False
        now = learned_delays.rounded(projection, delays)
        before = np.empty(0, np.int32)  # no spikes in flight
        if projection.keeps_delays:
            before = learned_delays.rounded(projection, self.array(f"{projection.name}.{LEFT_WITH}"))
        self._bins[projection.name] = before.reshape(-1), now.reshape(-1)
        return True

    def close(self) -> None:
        """Release the Brian2 objects; modules compiled by Cython stay loaded."""
        self._closed = True
        self._steps, self._last_steps, self._delayed = [], [], []
        self._built = BuiltNetwork(None, {})


def _set_delays(
    built: BuiltNetwork, layout: Layout, delays: Mapping[str, NDArray[np.int32]]
) -> list[tuple[Any, PopulationLayout]]:
    """Set the delays of Brian2's pathways; return the pathways with delays, each with its source."""
    delayed = []
    for name, projection in built.carried_by.items():
        if projection.delay_form == "none":
            continue
        bins = delays[projection.name].reshape(-1) if projection.delays_differ else projection.delay_bins
        for pathway in built.groups[name]._pathways:
            if pathway.prepost == "pre":
                pathway.delay = bins * layout.graph.dt * b2.ms
                if projection.delay_rule is not None:
                    LearnedQueue.give(pathway, projection.source.size, projection.delay_bins)
                delayed.append((pathway, projection.source))
    return delayed


def _keep_winners(
    spikes: NDArray[np.int32], v: NDArray[np.float64], raising: Iterable[NDArray[np.float64]], n: int
) -> None:
    """Keep of the spikes of each `n` consecutive neurons that farthest above its threshold, the first of equals."""
    fired = spikes[: spikes[-1]].copy()
    order = np.lexsort((fired, -_excess(fired, v, raising), fired // n))
    winners = fired[order][np.unique((fired // n)[order], return_index=True)[1]]
    spikes[: len(winners)] = winners
    spikes[-1] = len(winners)


def _keep_learners(
    spikes: NDArray[np.int32],
    learning: NDArray[np.int32],
    v: NDArray[np.float64],
    raising: Iterable[NDArray[np.float64]],
    most: int,
) -> int:
    """Set the learning spikes of a step: at most the given number, of neurons farthest above threshold; return it."""
    fired = spikes[: spikes[-1]]
    chosen = np.sort(fired[np.argsort(-_excess(fired, v, raising), kind="stable")[:most]])
    learning[: len(chosen)] = chosen
    learning[-1] = len(chosen)
    return len(chosen)


def _excess(
    fired: NDArray[np.int32], v: NDArray[np.float64], raising: Iterable[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return by how much the potential of neurons exceeds their adaptive thresholds, less a constant."""
    excess = v[fired]
    for values in raising:
        excess = excess - values[fired % len(values)]
    return excess


def _runs(when: When | None, learns: list[bool]) -> bool:
    """Return whether an object runs, given which projections learn."""
    return when is None or learns[when.projection] != (when.mode == "frozen")


def _joined(events: list[tuple[int, NDArray[np.int32]]]) -> Spikes:
    if not events:
        return Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
    index = np.concatenate([indices for _, indices in events]).astype(np.int32)
    bins = np.repeat(np.array([b for b, _ in events], np.int32), [len(indices) for _, indices in events])
    return Spikes(index, bins)
