"""Present evaluated stimuli again, as in evaluation, and record spikes and potentials, which a run does not store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.helper import ProgressCallback, serve
from stdpbench.engine.simulators import Response, open_simulator
from stdpbench.experiment import n_bins
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.presentation.frozen import present_frozen, put_in_force
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.evaluated_run import trained_network
from stdpbench.studies.report.recordings import Course, Recorded, recording_of, write_recorded

STIMULI = 100
"""Default number of stimuli that are presented again."""


def replay(
    folder: RunFolder, neurons: Mapping[str, Sequence[int]], n_stimuli: int = 0
) -> Iterator[Progress | Recorded]:
    """Present stimuli again.

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    neurons : mapping of str to sequence of int
        Neurons whose potentials are recorded, by population; the empty name is that of the population that is read.
    n_stimuli : int
        Number of stimuli, from the first; 0: at most `STIMULI`.

    Yields
    ------
    Progress
        After each stimulus.
    Recorded
        Finally, the responses.

    Raises
    ------
    StdpbenchError
        If the run has no trained network, its data are missing, or there are no such neurons.
    """
    network = trained_network(folder)
    experiment, graph = network.experiment, network.graph
    if experiment.stream is not None:
        raise StdpbenchError(f"{folder.path.resolve().name} is the run of a stream, which has no stimuli")
    recorded_neurons = {name or graph.read: tuple(numbers) for name, numbers in neurons.items()}
    _check(graph, recorded_neurons)
    run = folder.about
    stimuli = load_split(experiment, folder.validation).test.unlabelled()
    n = min(n_stimuli or STIMULI, len(stimuli))
    shape = graph.populations[graph.input].shape
    simulator = open_simulator(experiment, (shape[0], shape[1]), run.get("simulator"))[0]
    responses = list[Response]()
    try:
        simulator.set_learned(network.learned)
        presented = put_in_force(simulator, experiment)
        for number in range(n):
            responses.append(present_frozen(simulator, presented, stimuli, "test", number, record=recorded_neurons)[0])
            yield Progress("presented again", number + 1, n)
    finally:
        simulator.close()
    dt, steps = presented.dt, presented.stimulus_bins
    durations = np.array([n_bins(presented, stimuli, number) for number in range(n)]) * (dt * 1e-3)
    trains = {}
    for name, population in graph.populations.items():
        if name == graph.input and experiment.encoding.currents:
            continue
        spikes = [
            _during(response.input if name == graph.input else response.spikes[name], response.n_bins)
            for response in responses
        ]
        trains[name] = SpikeTrains.of_pictures(spikes, population.size, steps, dt)
    courses = {name: _course(graph, name, numbers, responses, steps) for name, numbers in recorded_neurons.items()}
    yield recording_of(folder, network, trains, durations, courses)


def _check(graph: Graph, recorded_neurons: Mapping[str, Sequence[int]]) -> None:
    neurons = {
        name: population.neuron for name, population in graph.populations.items() if population.neuron is not None
    }
    for name, numbers in recorded_neurons.items():
        if name not in neurons:
            raise StdpbenchError(f"there is no population {name!r} with potentials; {suggestion(name, neurons)}")
        if not any(variable.name == "v" for variable in neurons[name].variables):
            raise StdpbenchError(f"the neurons of {name} have no potential")
        size = graph.populations[name].size
        if unknown := [number for number in numbers if not 0 <= number < size]:
            raise StdpbenchError(f"{name} has neurons 0 to {size - 1}, and no neuron {unknown[0]}")


def _during(spikes: Spikes, n_bins: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return neuron and time step of the spikes during a stimulus."""
    kept = spikes.bin < n_bins
    return spikes.index[kept], spikes.bin[kept]


def _course(graph: Graph, name: str, numbers: Sequence[int], responses: Sequence[Response], steps: int) -> Course:
    """Return the potentials of all stimuli; NaN after the end of a shorter one."""
    values = np.full((len(responses), steps, len(numbers)), np.nan)
    for number, response in enumerate(responses):
        recording = response.recordings[name]
        order = [recording.neurons.tolist().index(item) for item in numbers]
        values[number, : response.n_bins] = recording.courses["v"][: response.n_bins, order]
    neuron = graph.populations[name].neuron
    assert neuron is not None
    unit = {item.name: item.unit for item in neuron.variables}["v"]
    return Course(tuple(numbers), "V" if unit == "volt" else "dimensionless", values.reshape(-1, len(numbers)))


def _replay(_: str, request: Mapping[str, Any], tell: ProgressCallback) -> dict[str, Any]:
    for event in replay(RunFolder.open(Path(request["folder"])), request["neurons"], request["n_stimuli"]):
        if isinstance(event, Progress):
            tell(event.phase, event.done, event.total)
        else:
            written = write_recorded(event, map(Path, request["targets"]))
    return asdict(written)


if __name__ == "__main__":
    serve(_replay)
