"""A network that a Python file builds with Brian2, on the device `stdpbench.resident`."""

from __future__ import annotations

import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import brian2 as b2
import numpy as np
from brian2.core.clocks import Clock
from brian2.core.tracking import InstanceFollower, InstanceTrackerSet
from brian2.core.variables import ArrayVariable
from brian2.devices.device import all_devices
from brian2.units.fundamentalunits import Quantity, get_dimensions
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.compiling.toolchain import find_compiler
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.engine.network.values import values_of
from stdpbench.engine.simulators.base import Simulator
from stdpbench.engine.simulators.currents import Drive
from stdpbench.engine.simulators.program_file import constant, run_file
from stdpbench.engine.simulators.response import Courses, recorded
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.templates.brian2 import FileRule, FileWeight
from stdpbench.kinds.encoding import Spikes
from stdpbench.resident import ResidentDevice

_DEVICES = sys.modules["brian2.devices.device"]  # the attribute of the package is the active device
_TIMES = ("lastspike", "lastupdate")
"""Variables that hold times, whose origin moves to the start of each presentation."""
_TRIAL, _OFTEN = 200, 0.05  # steps of a first, frozen presentation, and the probability that an input fires in one
_TRANSIENT = ("_spikespace", "_lastindex")
_UNITS = {"1": 1.0, "volt": b2.volt, "second": b2.second, "amp": b2.amp}


class BrianSimulator(Simulator):
    """A network that a file builds; see `stdpbench.experiment.templates.brian2`."""

    name = "brian2"

    @classmethod
    def open(cls, graph: Graph, delays: Mapping[str, NDArray[np.int32]], target: str | None) -> tuple[Simulator, str]:
        """Execute the file, and compile the network."""
        if graph.file is None:
            raise StdpbenchError("the simulator 'brian2' is for networks of the kind 'brian2'; choose another")
        if find_compiler() is None:
            raise StdpbenchError(
                "network.kind 'brian2' needs a C++ compiler, and there is none; `stdpbench doctor` says how to get one"
            )
        return cls(graph, delays), ""

    def __init__(self, graph: Graph, delays: Mapping[str, NDArray[np.int32]]) -> None:
        super().__init__(graph, delays)
        file = graph.file
        assert file is not None
        self._file = file
        self._arrays = dict[tuple[str, str], NDArray[np.float64]]()
        self._matrices = list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]]()
        self._learned = set[ArrayVariable]()
        self._courses = dict[str, Any]()
        with self._active(), _names_of_its_own():
            self._build(graph)
        self._rest = self._rest_of()
        self._queues = [obj.queue for obj in self._sorted() if getattr(obj, "queue", None) is not None]
        self._reset_state = {name: array.copy() for name, array in self._rest.items()}
        live = {each.name for each in vars(self._network)["_stdpbench_resident"].source.externals}
        self._live = self._built.values & live
        self._try_frozen()

    # -- the network -----------------------------------------------------------------------------------------------

    def _build(self, graph: Graph) -> None:
        """Execute the file, and compile the network."""
        device: ResidentDevice = all_devices["resident"]
        device.activate()
        device.defaultclock = self._clock = Clock(dt=graph.dt * b2.ms, name="defaultclock")
        b2.seed(graph.seed % 2**32)
        before = b2.prefs.codegen.target
        b2.prefs.codegen.target = "numpy"  # making synapses, once: compiling the code for it would take seconds
        try:
            self._built = run_file(graph)
        finally:
            b2.prefs.codegen.target = before
        if self._clock.dt_ != graph.dt * 1e-3:
            raise StdpbenchError(
                f"{self._file.name} sets defaultclock.dt to {self._clock.dt}; leave that out, and set network.dt"
            )
        self._names = dict(self._built.names)
        self._check_plastic()
        self._find_arrays()
        self._spikes = {cells.name: b2.SpikeMonitor(self._built.groups[cells.name]) for cells in self.layout.cells}
        self._network = b2.Network(*self._built.objects, *self._spikes.values())
        self._run_for(0)

    def _check_plastic(self) -> None:
        """Check that the file has the constants by which projections learn."""
        for name, projection in self.graph.projections.items():
            if isinstance(rule := projection.plasticity, FileRule) and rule.plastic not in self._names:
                raise StdpbenchError(
                    f"{self._file.name} has no constant {rule.plastic!r}, by which the learning of {name} is switched "
                    f"off: add the line {rule.plastic} = 1, and multiply all that learning changes by it"
                )

    def _try_frozen(self) -> None:
        """Refuse a file whose learning cannot be switched off now, rather than after hours of training."""
        start = self.state()
        step, index = (np.random.default_rng(0).random((_TRIAL, self.layout.n_input)) < _OFTEN).nonzero()
        self.present(Spikes(index.astype(np.int32), step.astype(np.int32)), _TRIAL, plastic=False)
        self.set_state(start)

    def _find_arrays(self) -> None:
        """Find the arrays of the variables that the experiment declares."""
        for cells in self.layout.cells:
            for declared in cells.neuron.variables:
                variable = self._variable(cells.name, declared.name, cells.size, declared.unit)
                self._arrays[cells.group, declared.name] = variable.get_value()
                if declared.slow:
                    self._learned.add(variable)
        for projection in self.layout.projections.values():
            if isinstance(weight := projection.projection.weight, FileWeight):
                synapses = self._built.groups[projection.name]
                variable = self._variable(projection.name, weight.variable, len(synapses), "1")
                self._arrays[projection.group, "w"] = self._matrix(projection, variable.get_value())
                if projection.learns:
                    self._learned.add(variable)

    def _variable(self, owner: str, name: str, size: int, unit: str) -> ArrayVariable:
        group = self._built.groups[owner]
        variable = group.variables.get(name)
        if not isinstance(variable, ArrayVariable) or variable.size != size or variable.scalar:
            known = [key for key, each in group.variables.items() if _holds_state(each, group) and each.size == size]
            raise StdpbenchError(f"{owner} has no variable {name!r} in {self._file.name}; {suggestion(name, known)}")
        if variable.dim is not get_dimensions(_UNITS[unit]):
            of_weight = "weights have none: multiply by it in on_pre" if owner in self.graph.projections else ""
            raise StdpbenchError(
                f"{owner}.{name} has the unit {variable.unit} in {self._file.name}, but "
                f"{of_weight or f'network.populations.{owner} says {unit}'}"
            )
        return variable

    def _matrix(self, projection: ProjectionLayout, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights of synapses as a matrix, which is a view if all pairs are connected in order."""
        synapses = self._built.groups[projection.name]
        place = np.asarray(synapses.i[:], np.int64) * projection.target.size + synapses.j[:]
        if len(np.unique(place)) < len(place):
            raise StdpbenchError(
                f"{self._file.name}: {projection.name} connects a pair of neurons twice; a weight is of one pair"
            )
        if np.array_equal(place, np.arange(projection.source.size * projection.target.size)):
            return values.reshape(projection.shape)
        matrix = np.zeros(projection.shape)
        matrix.reshape(-1)[place] = values
        self._matrices.append((matrix, place, values))
        return matrix

    def _sorted(self) -> list[Any]:
        """Return all objects of the network in the order of their names, which the file alone determines."""
        parts = [part for owner in self._built.objects for part in owner.contained_objects if part is not owner]
        return sorted([*self._built.objects, *parts], key=lambda obj: str(obj.name))

    def _rest_of(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the state that the experiment does not declare as learned, by name."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, obj in enumerate(self._sorted()):
            if obj is self._built.input:
                continue
            for name, variable in sorted(getattr(obj, "variables", {}).items()):
                if _holds_state(variable, obj) and variable not in self._learned:
                    arrays[f"{number}.{name}"] = variable.get_value()
        return arrays

    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        return self._arrays[group, variable]

    def _put_delays(self, projection: ProjectionLayout) -> bool:
        raise AssertionError("delays of such a network do not learn")

    # -- presentations ---------------------------------------------------------------------------------------------

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
        if drive or spikes.factor is not None:
            raise StdpbenchError(
                "network.kind 'brian2' takes spikes, not currents or graded spikes; use another encoding"
            )
        with self._active():
            for name in record:
                if name not in self._courses:
                    self._record(name)
            self._built.input.set_spikes(spikes.index, Quantity(spikes.bin * self._dt, dim=b2.second.dim), sorted=True)
            digest = hashlib.sha256(b"%d" % self.graph.seed + spikes.index.tobytes() + spikes.bin.tobytes()).digest()
            b2.seed(int.from_bytes(digest[:4], "little"))
            for name, projection in self.graph.projections.items():
                if isinstance(rule := projection.plasticity, FileRule):
                    self._names[rule.plastic] = type(self._built.names[rule.plastic])(name in plastic)
            frozen = {name: self.array(name).tobytes() for name in self._frozen(plastic)}
            for matrix, place, values in self._matrices:
                values[...] = matrix.reshape(-1)[place]
            self._run_for(n_bins)
            for matrix, place, values in self._matrices:
                matrix.reshape(-1)[place] = values
            for name, before in frozen.items():
                if self.array(name).tobytes() != before:
                    rules = (each.plasticity for each in self.graph.projections.values())
                    constants = " or ".join(sorted({rule.plastic for rule in rules if isinstance(rule, FileRule)}))
                    python = any(isinstance(obj, b2.NetworkOperation) for obj in self._built.objects)
                    raise StdpbenchError(
                        f"{self._file.name}: {name} has changed while learning was off; multiply the whole change by "
                        f"{constants}, also that by clip: w += plastic*(clip(…) - w)"
                        + python
                        * f"; a network_operation does not see {constants}: normalise in the table instead"
                    )
            for name, times in self._rest.items():
                if name.rpartition(".")[2] in _TIMES:
                    times -= n_bins * self._dt
            fired = {name: self._taken(monitor) for name, monitor in self._spikes.items()}
            courses = {name: self._course(name, neurons) for name, neurons in record.items()}
            for monitors in self._courses.values():
                monitors.resize(0)
            return fired, courses

    def _run_for(self, n_bins: int) -> None:
        self._network.t_ = 0.0
        try:
            self._network.run(n_bins * self.graph.dt * b2.ms, namespace=self._names)
        except StdpbenchError:
            raise
        except Exception as error:  # from Brian2, when it generates code
            made_at = re.findall(rf"{re.escape(self._file.path)}', line (\d+)", str(error))
            where = f"{self._file.name}, line {made_at[-1]}" if made_at else self._file.name
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            text = " ".join(str(cause).split())
            raise StdpbenchError(f"{where}: {type(cause).__name__}: {text}") from error

    def _frozen(self, plastic: Collection[str]) -> Iterator[str]:
        """Yield the learned arrays that a presentation must not change."""
        for name in self.layout.learned:
            owner = name.partition(".")[0]
            learns = owner in plastic or not set(plastic).isdisjoint(self.layout.learned_by(owner))
            if not learns:
                yield name

    def _taken(self, monitor: Any) -> Spikes:
        """Return the spikes of a presentation, and forget them."""
        index = np.array(monitor.i[:], np.int32)
        bins = np.rint(np.asarray(monitor.t_[:]) / self._dt).astype(np.int32)
        order = np.lexsort((index, bins))
        monitor.resize(0)
        return Spikes(index[order], bins[order])

    def _record(self, population: str) -> None:
        """Record all neurons of a population from now on, which needs another library."""
        cells = self.layout.populations[population]
        if names := recorded(cells):
            group = self._built.groups[population]
            monitor = b2.StateMonitor(group, names, record=True, when="end", clock=self._clock)
            self._courses[population] = monitor
            self._network.add(monitor)

    def _course(self, population: str, neurons: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        monitor = self._courses.get(population)
        names = recorded(self.layout.populations[population]) if monitor is not None else ()
        return {name: np.array(getattr(monitor, f"{name}_").T[:, neurons], np.float64) for name in names}

    @contextmanager
    def _active(self) -> Iterator[None]:
        """Make the device that of Brian2."""
        before = vars(_DEVICES)["active_device"]
        vars(_DEVICES)["active_device"] = all_devices["resident"]
        try:
            yield
        finally:
            vars(_DEVICES)["active_device"] = before

    # -- state and parameters --------------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return copies of all arrays that a presentation may change: learned arrays, others, spikes in flight."""
        arrays = {name: self.array(name) for name, variable in self.layout.state.items() if variable.reset is None}
        arrays |= self._rest
        queues = {f"queue.{number}": _flat(queue._full_state()) for number, queue in enumerate(self._queues)}
        return {name: np.array(array, np.float64) for name, array in arrays.items()} | queues

    def set_state(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Restore the result of `state`."""
        mine = self.state()
        odd = {name for name in mine if name not in state or _shape_of(state, name) != _shape_of(mine, name)}
        if odd := odd | (state.keys() - mine):
            raise StdpbenchError(f"this state is from another network: {', '.join(sorted(odd))} do not match")
        for name, variable in self.layout.state.items():
            if variable.reset is None:
                self.array(name)[...] = state[name]
        for name, array in self._rest.items():
            array[...] = state[name]
        for number, queue in enumerate(self._queues):
            queue._restore_from_full_state(_unflat(state[f"queue.{number}"]))

    def reset(self) -> None:
        """Reset all state except learned arrays."""
        for name, array in self._reset_state.items():
            self._rest[name][...] = array
        for queue in self._queues:
            offset, steps = queue._full_state()
            queue._restore_from_full_state((offset, [np.empty(0, np.int32) for _ in steps]))

    def check_graph(self, graph: Graph) -> None:
        """Check that the network can use the parameters of another graph; see `Simulator.check_graph`."""
        super().check_graph(graph)
        assert graph.file is not None
        before = values_of(self._file.values)
        for name, value in values_of(graph.file.values).items():
            constant(graph.file, name, value, self._built.names)
            if name not in self._live and value != before.get(name):
                raise StdpbenchError(
                    f"network.values.{name} is used only while {self._file.name} builds the network: changing it "
                    "needs another run"
                )

    def _write_parameters(self, parameters: Mapping[str, Mapping[str, float]]) -> None:
        assert self.graph.file is not None
        self._file = self.graph.file
        for name, value in values_of(self._file.values).items():
            if name in self._live:
                self._names[name] = constant(self._file, name, value, self._built.names)

    def close(self) -> None:
        """Release the network."""
        with self._active():
            del self._network, self._built


@contextmanager
def _names_of_its_own() -> Iterator[None]:
    """Give objects the names that they have in a new process.

    Brian2 runs objects of the same `when` and `order` in the order of their names, which it numbers within a process.
    """
    before = InstanceFollower.instance_sets
    InstanceFollower.instance_sets = defaultdict(InstanceTrackerSet)
    try:
        yield
    finally:
        InstanceFollower.instance_sets = before


def _holds_state(variable: object, owner: Any) -> bool:
    """Return whether a variable is one of its owner that a run may change."""
    return (
        isinstance(variable, ArrayVariable)
        and not variable.constant
        and variable.name not in _TRANSIENT
        and getattr(variable.owner, "name", None) == owner.name
    )


def _flat(state: tuple[int, list[Any]]) -> NDArray[np.float64]:
    """Return the spikes of a queue as one array: how far it has turned, spikes in each of its steps, synapses."""
    offset, steps = state
    counts = [len(step) for step in steps]
    return np.asarray(np.concatenate([[offset, len(steps)], counts, *steps]), np.float64)


def _unflat(array: NDArray[np.float64]) -> tuple[int, list[Any]]:
    values = array.astype(np.int32)
    ends = 2 + values[1] + np.concatenate([[0], np.cumsum(values[2 : 2 + values[1]])])
    return int(values[0]), [values[start:end] for start, end in pairwise(ends)]


def _shape_of(state: Mapping[str, NDArray[np.float64]], name: str) -> tuple[int, ...]:
    """Return the shape of an array of a state, of queues without the number of their spikes."""
    return (int(state[name][1]),) if name.startswith("queue.") else state[name].shape
