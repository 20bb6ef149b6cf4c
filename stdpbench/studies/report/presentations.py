"""Simulate presentations for a report: trained and untrained networks, other input spikes, disturbances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from types import TracebackType

from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment, input_shape
from stdpbench.runs.presentation.processes import Part, Processes, respond
from stdpbench.studies.report.disturbances import Disturbance


@dataclass(frozen=True)
class Presentation:
    """A presentation of several pictures to a network.

    Attributes
    ----------
    network : str
        Name of the weights and thresholds.
    phase : {"label", "test"}
        Phase whose pictures are presented.
    n_images : int
        Number of pictures, from the first.
    repeat : int
        0: the same input spikes as in the run; other numbers: other input spikes.
    disturbance : Disturbance or None
        Disturbance of pictures, network or duration.
    """

    network: str
    phase: str
    n_images: int
    repeat: int = 0
    disturbance: Disturbance | None = None


class Presenter(AbstractContextManager["Presenter"]):
    """Context manager that simulates presentations in several processes, which live as long as it.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the current parameters.
    pictures : mapping of str to StimulusSet
        Phase -> pictures.
    networks : mapping of str to Learned
        Name -> weights, as in a presentation, and thresholds.
    simulator : str or None
        Name of the simulator.
    workers : int
        Number of processes, including the current one.
    """

    def __init__(
        self,
        experiment: Experiment,
        pictures: Mapping[str, StimulusSet],
        networks: Mapping[str, Learned],
        simulator: str | None,
        workers: int,
    ) -> None:
        self._experiment, self._pictures, self._networks, self._workers = experiment, pictures, networks, workers
        shape = input_shape(experiment, next(iter(pictures.values())))
        self._simulator, _ = open_simulator(experiment, shape, simulator)
        self._processes = Processes("a simulation process")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        self._processes.close()
        self._simulator.close()

    def present(self, presentations: Sequence[Presentation]) -> Iterator[tuple[int, Presentation, Part | None]]:
        """Simulate presentations.

        Yields
        ------
        done : int
            Total number of pictures presented so far.
        presentation : Presentation
            Presentation that made progress.
        responses : Part or None
            Responses to all its pictures, once they are complete.
        """
        done = 0
        for presentation in presentations:
            learned, experiment, disturb = self._networks[presentation.network], self._experiment, None
            if (disturbance := presentation.disturbance) is not None:
                learned = disturbance.network(learned, self._simulator.graph, experiment.seed)
                experiment, disturb = disturbance.experiment(experiment), disturbance.stimuli
            self._simulator.set_learned(learned)
            responses = respond(
                self._simulator,
                experiment,
                self._pictures[presentation.phase].part(0, presentation.n_images),
                presentation.phase,
                workers=self._workers,
                processes=self._processes,
                repeat=presentation.repeat,
                disturb=disturb,
            )
            parts, end = list[Part](), done + presentation.n_images
            with closing(responses):
                for part in responses:
                    parts.append(part)
                    done += len(part.attempts)
                    yield done, presentation, Part.joined(parts) if done == end else None
