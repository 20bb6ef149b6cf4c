"""A network in this process, for spikes of one's own: `stdpbench.open_network`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.engine.network import draw_noise
from stdpbench.engine.simulators import Simulator, open_graph
from stdpbench.experiment import Experiment, input_shape, read_experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes

Floats = NDArray[np.float64]
_CLOSE = 1e-6  # of a step: a time this close to the next step is in it


@dataclass(frozen=True, eq=False)
class Activity:
    """What a network did in one presentation; times are in ms from its start.

    Attributes
    ----------
    spikes : mapping of str to (ndarray, ndarray)
        By population: neuron, int32, and time, float64, of each spike, in the order of time.
    courses : mapping of str to mapping of str to ndarray
        Of neurons that were recorded, by population and variable: float64, (n_steps, n_neurons), at the end of each
        step, in SI units; conductances in units of the leak.
    """

    spikes: Mapping[str, tuple[NDArray[np.int32], Floats]]
    courses: Mapping[str, Mapping[str, Floats]]


class Session:
    """A network that is open in this process; see `open_network`.

    Attributes
    ----------
    graph : Graph
        The network.
    remark : str
        A sentence if a slower simulator had to be used; else empty.
    """

    def __init__(self, simulator: Simulator, remark: str) -> None:
        self._simulator, self.graph, self.remark = simulator, simulator.graph, remark
        self._steps, self._presented = 0, 0

    @property
    def time(self) -> float:
        """Time in ms since the start, over all presentations."""
        return self._steps * self.graph.dt

    def present(
        self,
        neuron: ArrayLike,
        time: ArrayLike,
        duration: float,
        *,
        plastic: Collection[str] | bool = False,
        record: Mapping[str, Sequence[int]] | None = None,
    ) -> Activity:
        """Let the network run, with spikes of the input.

        Parameters
        ----------
        neuron, time : array_like, (n_spikes,)
            Neurons of the input, and when they fire, in ms from the start of the presentation, in any order; each time
            is rounded down to the start of its step.
        duration : float
            How long the network runs, in ms, whole steps. Unless the network is a stream, all spikes must have arrived
            by then.
        plastic : bool, str or collection of str
            Projections that learn; True: all that have a rule. Others, and thresholds of populations into which no
            projection learns, stay as they are.
        record : mapping of str to sequence of int, optional
            Neurons whose variables are recorded, by population.

        Returns
        -------
        Activity

        Raises
        ------
        StdpbenchError
            If a name, a neuron, a time or the duration does not fit the network, or its state is no longer finite.
        """
        dt, duration = self.graph.dt, float(_plain(duration, "the duration"))
        n_steps = round(duration / dt) if np.isfinite(duration) else 0
        if n_steps < 1 or abs(n_steps * dt - duration) > _CLOSE * dt:
            raise StdpbenchError(
                f"the duration must be a positive multiple of the time step, {dt:g} ms, not {duration:g} ms"
            )
        spikes = self._input(np.asarray(neuron), _plain(time, "times of spikes"), n_steps)
        plastic = [plastic] if isinstance(plastic, str) else plastic
        first, number = (self._steps, 0) if self.graph.stream else (0, self._presented)
        noise = draw_noise(self.graph, (self.graph.seed, number), first, n_steps)
        response = self._simulator.present(spikes, n_steps, plastic=plastic, record=record, noise=noise)
        self._steps, self._presented = self._steps + n_steps, self._presented + 1
        if variables := self._simulator.not_finite():
            raise StdpbenchError(
                f"{', '.join(variables)} are no longer finite: a plasticity or neuron parameter is too large"
            )
        fired = {name: (each.index, np.asarray(each.bin * dt, np.float64)) for name, each in response.spikes.items()}
        return Activity(fired, {name: each.courses for name, each in response.recordings.items()})

    def _input(self, neuron: NDArray[Any], time: Floats, n_steps: int) -> Spikes:
        if neuron.shape != time.shape or neuron.ndim != 1:
            raise StdpbenchError(f"each spike has a neuron and a time: {neuron.shape} neurons, {time.shape} times")
        size = self.graph.populations[self.graph.input].size if self.graph.input else 0
        if len(neuron) and (neuron.dtype.kind not in "iu" or neuron.min() < 0 or neuron.max() >= size):
            raise StdpbenchError(f"neurons of the input are whole numbers from 0 to {size - 1}")
        end = n_steps * self.graph.dt
        if not ((time >= 0) & (time < end)).all():  # also if one is nan
            worst = time[~((time >= 0) & (time < end))][0]
            raise StdpbenchError(f"a spike at {worst:g} ms is not within 0 and {end:g} ms")
        steps = np.minimum(np.floor(time / self.graph.dt + _CLOSE).astype(np.int64), n_steps - 1)
        order = np.lexsort((neuron, steps))
        index, steps = neuron[order].astype(np.int64), steps[order]
        twice = np.flatnonzero((np.diff(index) == 0) & (np.diff(steps) == 0))
        if len(twice):
            at = steps[twice[0]] * self.graph.dt
            raise StdpbenchError(f"neuron {index[twice[0]]} of the input fires twice in the step at {at:g} ms")
        return Spikes(index.astype(np.int32), steps.astype(np.int32))

    def weights(self, projection: str) -> Floats:
        """Return the weights of a projection, which may be changed in place between presentations.

        (n_source, n_target); one-to-one (n,), sparse (n_synapses,), shared (field, field, units, units).
        """
        return self._simulator.weights(self._known(projection))

    def delays(self, projection: str) -> Floats | None:
        """Return the delay of each synapse in ms, in the order of its weights; None if all are equal."""
        steps = self._simulator.delays(self._known(projection))
        return None if steps is None else np.asarray(steps * self.graph.dt, np.float64)

    def _known(self, projection: str) -> str:
        if projection not in self.graph.projections:
            raise StdpbenchError(
                f"there is no projection {projection!r}; {suggestion(projection, self.graph.projections)}"
            )
        return projection

    def array(self, name: str) -> Floats:
        """Return a variable, such as ``"exc.theta"``, in SI units, which may be changed in place."""
        return self._simulator.array(name)

    def normalise(self) -> None:
        """Scale the weights of all projections that declare it, as a run does before each presentation."""
        for name, projection in self.graph.projections.items():
            if projection.normalise is not None:
                self._simulator.normalise(name)

    def reset(self) -> None:
        """Set neurons and traces to their start; weights and slow variables such as thresholds stay."""
        self._simulator.reset()

    def close(self) -> None:
        """Free the network."""
        self._simulator.close()


def open_network(
    network: Graph | Experiment | str | Path, shape: tuple[int, ...] | int | None = None, simulator: str | None = None
) -> Session:
    """Open a network in this process, to give it spikes of one's own.

    Parameters
    ----------
    network : Graph, Experiment, str or Path
        The network: a graph, an experiment, the name of a shipped experiment, or a TOML file.
    shape : int or tuple of int, optional
        Number of inputs, or rows and columns, of an experiment; default: those of its data, which are loaded.
    simulator : {"compiled", "runtime"}, optional
        The simulator; default: compiled if there is a C++ compiler.

    Returns
    -------
    Session
        Weights and thresholds are at their start. Weights that an experiment takes from its pictures are 0.

    Raises
    ------
    StdpbenchError
        If there is no such network, or it cannot be opened.
    """
    if isinstance(network, str | Path):
        network = read_experiment(network)
    if isinstance(network, Experiment):
        if shape is None and network.stream is None:
            shape = input_shape(network, network.data.prepare().train)
        sides = np.atleast_1d(() if shape is None else shape)
        if shape is not None and (sides.dtype.kind not in "iu" or not 1 <= sides.size <= 2 or sides.min() < 1):
            raise StdpbenchError(f"shape must be a number of inputs, or rows and columns, not {shape!r}")
        network = network.graph(*map(int, sides))
    return Session(*open_graph(network, simulator))


def _plain(value: ArrayLike, what: str) -> Floats:
    """Return numbers in ms; quantities of Brian2 are refused, since they would be read as seconds."""
    if hasattr(value, "dim"):
        raise StdpbenchError(f"{what} must be plain numbers in ms: divide by brian2.ms")
    return np.asarray(value, np.float64)
