"""Responses of a run to evaluated stimuli for other tools, as Neo (``.nix``) or NWB (``.nwb``).

The responses are those that the run has stored or, with potentials, those of a process that presents the stimuli
again. All are on one time axis: stimuli follow each other without pauses, although each was presented from the reset
state. A spike in time step k of a stimulus is at its start plus k steps.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_values
from datetime import datetime
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import check_target, write_aside
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.training_spikes import read_training_spikes
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.studies.report.evaluated_run import TrainedNetwork, stored_trains, trained_network


@dataclass(frozen=True, eq=False)
class Course:
    """Potentials of some neurons of a population.

    Attributes
    ----------
    neurons : tuple of int
        Numbers of the neurons.
    unit : str
        ``"V"``, or ``"dimensionless"``.
    values : ndarray, float64, (n_steps, n_neurons)
        The potential at the end of each time step of all stimuli.
    """

    neurons: tuple[int, ...]
    unit: str
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recorded:
    """Responses to evaluated stimuli.

    Attributes
    ----------
    name : str
        Name of the run.
    dt : float
        Time step, in s.
    n_bins : int
        Time steps of a stimulus.
    durations : ndarray, float64, (n_stimuli,)
        Duration of each stimulus, in s; shorter than its time steps if it ends earlier.
    trains : mapping of str to SpikeTrains
        Spikes of populations.
    courses : mapping of str to Course
        Potentials of neurons of populations.
    started : datetime
        When the run began.
    about : mapping of str to str
        Metadata.
    """

    name: str
    dt: float
    n_bins: int
    durations: NDArray[np.float64]
    trains: Mapping[str, SpikeTrains]
    started: datetime
    about: Mapping[str, str]
    courses: Mapping[str, Course] = field(default_factory=dict)

    @property
    def starts(self) -> NDArray[np.float64]:
        """Start of each stimulus, float64, (n_stimuli,), in s."""
        return np.asarray(np.arange(len(self.durations)) * (self.n_bins * self.dt), np.float64)

    @property
    def duration(self) -> float:
        """Duration of all stimuli, in s."""
        return len(self.durations) * self.n_bins * self.dt

    def times(self, population: str) -> list[NDArray[np.float64]]:
        """Return the spike times of each neuron of a population, in s, ascending."""
        trains = self.trains[population]
        step = trains.image * self.n_bins + trains.bin
        order = np.lexsort((step, trains.neuron))
        ends = np.cumsum(np.bincount(trains.neuron, minlength=trains.n_exc))
        return np.split(step[order] * self.dt, ends[:-1])


def stored_responses(folder: RunFolder, n_stimuli: int = 0) -> Recorded:
    """Return the stored spikes from the evaluation of a run, of the population that is read.

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    n_stimuli : int
        Number of stimuli, from the first; 0: all.

    Raises
    ------
    StdpbenchError
        If it has stored none.
    """
    name, path = folder.path.resolve().name, folder.path / "test_spikes.npz"
    network = trained_network(folder)
    if network.experiment.stream is not None:
        raise StdpbenchError(f"{name} is the run of a stream, whose spikes are not stored")
    if not path.is_file():
        raise StdpbenchError(
            f"{name} has no spikes of its evaluation; `stdpbench evaluate` labels and tests its network again"
        )
    trains = stored_trains(path)
    trains = trains.part(0, n_stimuli or len(trains))
    durations = np.full(len(trains), trains.n_bins * trains.dt * 1e-3)
    return recording_of(folder, network, {network.graph.read: trains}, durations)


def training_responses(folder: RunFolder) -> Recorded:
    """Return the spikes that a run has recorded while it was trained, as responses to its training stimuli.

    Raises
    ------
    StdpbenchError
        If it has recorded none.
    """
    network, recorded = trained_network(folder), read_training_spikes(folder.path)
    schedule, graph = network.experiment.schedule, network.graph
    if not any(rows.size for rows in recorded.spikes.values()):
        raise StdpbenchError(f"{folder.path.resolve().name} has recorded no spikes while it was trained")
    n_bins = network.experiment.stimulus_bins + network.experiment.rest_bins
    presentations = np.concatenate([rows[0] for rows in recorded.spikes.values()])
    first = int(presentations.min())
    n = int(presentations.max()) + 1 - first
    trains = {
        name: SpikeTrains(
            rows[1].astype(np.uint32),
            rows[2].astype(np.uint16),
            np.searchsorted(rows[0], np.arange(first, first + n + 1)).astype(np.int64),
            graph.populations[name].size,
            n_bins,
            network.experiment.dt,
        )
        for name, rows in recorded.spikes.items()
    }
    durations = np.full(n, n_bins * network.experiment.dt * 1e-3)
    responses = recording_of(folder, network, trains, durations)
    axis = f"training presentations from {first} on, without pauses, with learning; the last attempt of each"
    about = {"stimuli": f"training presentations, in the order {schedule.order!r}", "axis": axis}
    return with_values(responses, about={**responses.about, **about})


def recording_of(
    folder: RunFolder,
    network: TrainedNetwork,
    trains: Mapping[str, SpikeTrains],
    durations: NDArray[np.float64],
    courses: Mapping[str, Course] | None = None,
) -> Recorded:
    """Return responses with the metadata of their run."""
    run, experiment = folder.about, network.experiment
    (n_bins,), (dt,) = ({getattr(train, name) for train in trains.values()} for name in ("n_bins", "dt"))
    part = "validation" if run.get("validation") else "test"
    about = {
        "run": folder.path.resolve().name,
        "experiment": experiment.name,
        "digest": folder.stored_experiment.digest,
        "seed": str(experiment.seed),
        "stimuli": f"{part} stimuli of {getattr(experiment.data, 'kind', '')}, in order from the first",
        "axis": "stimuli follow each other without pauses; each was presented from the reset state, without learning",
        "stdpbench": __version__,
        "supervised": {True: "yes", False: "no", None: "unknown"}[origin_of(folder.path).supervised],
        "experiment.toml": experiment.to_toml(),
    }
    if experiment.encoding.graded and network.graph.input in trains:
        about["axis"] += "; spikes of the input carry factors, which are not in this file"
    started = datetime.fromisoformat(str(run["started"])).astimezone()
    return Recorded(about["run"], dt * 1e-3, n_bins, durations, trains, started, about, courses or {})


def not_installed(files: str, packages: str, extra: str) -> StdpbenchError:
    """Return the error for packages that are not installed."""
    return StdpbenchError(f"{files} files need {packages}: pip install 'stdpbench[{extra}]'")


def write_neo(recording: Recorded, path: Path) -> None:
    """Write a Neo file, in the format NIX.

    A block with one segment: a spike train for each neuron, also those that never fired, an epoch for each stimulus,
    and a signal for the potentials of each population, if recorded. Neo reads it
    (``neo.io.NixIO(path, "ro").read_block()``), and Elephant computes with its spike trains.
    """
    try:
        import neo
        import nixio  # noqa: F401, without which NixIO fails later
        import quantities as pq
    except ImportError:
        raise not_installed("Neo", "neo and nixio", "neo") from None
    block = neo.Block(
        name=recording.name, **{name.replace(".", "_"): value for name, value in recording.about.items()}
    )
    segment = neo.Segment(name="evaluated stimuli", rec_datetime=recording.started.replace(tzinfo=None))
    block.segments.append(segment)
    stop, rate = recording.duration * pq.s, 1 / (recording.dt * pq.s)
    for population in recording.trains:
        for number, times in enumerate(recording.times(population)):
            annotations = {"name": f"{population} {number}", "population": population, "neuron": number}
            segment.spiketrains.append(neo.SpikeTrain(times * pq.s, t_stop=stop, sampling_rate=rate, **annotations))
    numbers = np.array([str(number) for number in range(len(recording.durations))])
    stimuli = neo.Epoch(recording.starts * pq.s, durations=recording.durations * pq.s, labels=numbers, name="stimuli")
    segment.epochs.append(stimuli)
    for population, course in recording.courses.items():
        unit = pq.V if course.unit == "V" else pq.dimensionless
        annotations = {"name": f"v of {population}", "population": population, "neurons": list(course.neurons)}
        segment.analogsignals.append(neo.AnalogSignal(course.values, units=unit, sampling_rate=rate, **annotations))

    with neo.io.NixIO(str(path), "ow") as file:
        file.write_block(block)


_KEYWORDS = ("simulation", "spiking neural network")
_METHODS = {"yes": ("supervised",), "no": ("learning without labels",), "unknown": ()}
_TRAINED = {
    "yes": ", whose weights were trained with labels (supervised)",
    "no": "",
    "unknown": ", the origin of whose weights is unknown",
}


def write_nwb(recording: Recorded, path: Path) -> None:
    """Write a file of Neurodata Without Borders (NWB).

    Each neuron is a unit with its spike times, population and number; each stimulus is a trial; potentials, if
    recorded, are a series of acquired data for each population.
    """
    try:
        from pynwb import NWBHDF5IO, NWBFile, TimeSeries
        from pynwb.file import Subject
    except ImportError:
        raise not_installed("NWB", "pynwb", "nwb") from None
    about = recording.about
    network = f"spiking neural network{_TRAINED[about['supervised']]}"
    nwb = NWBFile(
        session_description=f"Simulated responses of a {network}; {about['axis']}.",
        identifier=f"{about['run']} {about['digest']}",
        session_start_time=recording.started,
        session_id=about["run"],
        experiment_description=f"Experiment {about['experiment']}, seed {about['seed']}: {about['stimuli']}.",
        notes=about["experiment.toml"],
        keywords=[*_KEYWORDS, *_METHODS[about["supervised"]]],
        source_script=f"stdpbench {about['stdpbench']}",
        source_script_file_name="stdpbench",
        # NWB requires a subject with age and sex: the age of a network starts with its run; it has no species
        subject=Subject(
            subject_id=about["run"],
            description="A simulated network of spiking neurons.",
            date_of_birth=recording.started,
            sex="O",
        ),
    )
    nwb.add_trial_column("stimulus", "Number of the stimulus in the evaluated part of the data set.")
    for number, (start, duration) in enumerate(zip(recording.starts, recording.durations, strict=True)):
        nwb.add_trial(start_time=float(start), stop_time=float(start + duration), stimulus=number)
    nwb.add_unit_column("population", "Name of the population of the neuron.")
    nwb.add_unit_column("neuron", "Number of the neuron in its population.")
    observed = [[0.0, recording.duration]]
    for population in recording.trains:
        for number, times in enumerate(recording.times(population)):
            nwb.add_unit(spike_times=times, obs_intervals=observed, population=population, neuron=number)
    if nwb.units is not None:
        nwb.units.resolution = recording.dt
    for population, course in recording.courses.items():
        nwb.add_acquisition(
            TimeSeries(
                name=f"v_{population}",
                data=course.values,
                unit="volts" if course.unit == "V" else "n.a.",
                rate=1 / recording.dt,
                starting_time=0.0,
                description=f"Potential of neurons {', '.join(map(str, course.neurons))} of {population}.",
            )
        )

    with NWBHDF5IO(str(path), "w") as file:
        file.write(nwb)


WRITERS = {".nix": write_neo, ".nwb": write_nwb}
"""Writer of a file by its suffix."""
_PROCESS = "stdpbench.studies.report.replayed"


@dataclass(frozen=True)
class Written:
    """Amount of data in the written files.

    Attributes
    ----------
    spikes : int
        Number of spikes in each file.
    stimuli : int
        Number of stimuli.
    """

    spikes: int
    stimuli: int


def files_for(neo: str | PathLike[str] | None, nwb: str | PathLike[str] | None) -> list[Path]:
    """Return the requested files of both types.

    Raises
    ------
    StdpbenchError
        If the suffix of a file is not that of its type.
    """
    paths = list[Path]()
    for target, suffix in ((neo, ".nix"), (nwb, ".nwb")):
        if target is not None:
            path = Path(target).expanduser()
            if path.suffix.lower() != suffix:
                raise StdpbenchError(f"the name of the file must end with {suffix}, unlike {path.name!r}")
            paths.append(path)
    return paths


def write_responses(
    folder: RunFolder,
    targets: Sequence[Path],
    neurons: Mapping[str, Sequence[int]] | None = None,
    n_stimuli: int = 0,
    *,
    training: bool = False,
    replace: bool = False,
    look: Callable[[], object] = lambda: None,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> Written:
    """Write responses to evaluated stimuli, as Neo (``.nix``) or NWB (``.nwb``).

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    targets : sequence of Path
        The files, with the suffixes of `WRITERS`.
    neurons : mapping of str to sequence of int, optional
        Neurons whose potentials are recorded, by population; the empty name is that of the population that is read.
        Then stimuli are presented again, in another process, and the file has the spikes of all populations.
    n_stimuli : int
        Number of stimuli, from the first; 0: all, or if they are presented again, at most
        `stdpbench.studies.report.replayed.STIMULI`.
    training : bool
        Whether to write what the run has recorded while it was trained instead.
    replace : bool
        Whether to replace existing files.
    look : callable
        Called while stimuli are presented again; its exceptions end the presentations.
    on_progress : callable
        Called meanwhile with the number of presented stimuli, and that of all.

    Returns
    -------
    Written
        Amount of data in each file.

    Raises
    ------
    StdpbenchError
        If the run has stored no spikes, there are no such neurons, a package is not installed, or a file exists or
        cannot be written.
    """
    for target in targets:
        check_target(target, replace=replace)
    if training:
        return write_recorded(training_responses(folder), targets)
    if not neurons:
        return write_recorded(stored_responses(folder, n_stimuli), targets)
    request = {
        "folder": str(folder.path.absolute()),
        "targets": [str(target.absolute()) for target in targets],
        "neurons": {name: [int(number) for number in numbers] for name, numbers in neurons.items()},
        "n_stimuli": n_stimuli,
    }
    return Written(**carry_out_aside(_PROCESS, request, look=look, on_progress=on_progress))


def write_recorded(recording: Recorded, targets: Iterable[Path]) -> Written:
    """Write responses to files; each file appears when it is complete."""
    for target in targets:
        with tempfile.TemporaryDirectory(prefix="stdpbench-") as folder:
            file = Path(folder) / f"recorded{target.suffix}"
            WRITERS[target.suffix.lower()](recording, file)
            with file.open("rb") as content:
                write_aside(target, partial(shutil.copyfileobj, content))
    return Written(sum(len(trains.neuron) for trains in recording.trains.values()), len(recording.durations))


def neurons_named(texts: Iterable[str]) -> dict[str, list[int]]:
    """Return neurons by population from texts such as ``exc=0,3,7``, or ``0,3,7`` without a population.

    Raises
    ------
    StdpbenchError
        If a text contains no neurons.
    """
    neurons = dict[str, list[int]]()
    for text in texts:
        population, _, numbers = text.rpartition("=")
        try:
            neurons.setdefault(population, []).extend(int(number) for number in numbers.split(","))
        except ValueError:
            raise StdpbenchError(f"expected neurons such as 0,3,7 or exc=0,3,7, not {text!r}") from None
    return neurons
