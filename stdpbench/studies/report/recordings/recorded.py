"""Responses of a run to evaluated stimuli, on one time axis, for other tools: spikes, potentials, metadata.

Stimuli follow each other without pauses, though each was presented from the reset state. A spike in time step k of a
stimulus is at its start plus k steps.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE, check_target, write_aside
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.studies.report.trained_network import TrainedNetwork, trained_network


@dataclass(frozen=True, eq=False)
class Course:
    """Potentials of some neurons of a population.

    Attributes
    ----------
    neurons : tuple of int
        Which neurons.
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
        Duration of each stimulus, in s; shorter than its time steps where it ends earlier.
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


def kept(folder: RunFolder, n_stimuli: int = 0) -> Recorded:
    """Return the spikes of the population that is read that a run has kept of its evaluation.

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    n_stimuli : int
        Number of stimuli, from the first; 0: all.

    Raises
    ------
    StdpbenchError
        If it has kept none.
    """
    name, path = folder.path.resolve().name, folder.path / "test_spikes.npz"
    network = trained_network(folder)
    if network.experiment.stream is not None:
        raise StdpbenchError(f"{name} is the run of a stream, of which no spikes are kept")
    if not path.is_file():
        raise StdpbenchError(
            f"{name} has kept no spikes of its evaluation; `stdpbench evaluate` labels and tests its network again"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            trains = SpikeTrains.from_arrays(arrays)
    except (StdpbenchError, *DAMAGE) as error:
        raise StdpbenchError(f"{path} is damaged: {error}") from None
    trains = trains.part(0, n_stimuli or len(trains))
    durations = np.full(len(trains), trains.n_bins * trains.dt * 1e-3)
    return recorded(folder, network, {network.graph.read: trains}, durations)


def recorded(
    folder: RunFolder,
    network: TrainedNetwork,
    trains: Mapping[str, SpikeTrains],
    durations: NDArray[np.float64],
    courses: Mapping[str, Course] | None = None,
) -> Recorded:
    """Return responses with the metadata of their run."""
    run, experiment = folder.about, network.experiment
    (n_bins,), (dt,) = ({getattr(each, name) for each in trains.values()} for name in ("n_bins", "dt"))
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
    begun = datetime.fromisoformat(str(run["started"])).astimezone()
    return Recorded(about["run"], dt * 1e-3, n_bins, durations, trains, begun, about, courses or {})


def write_file(target: Path, suffix: str, write: Callable[[Path], object], *, replace: bool) -> None:
    """Write a file by a library that wants a path: it is there once it is complete.

    Parameters
    ----------
    target : Path
        The file.
    suffix : str
        How its name must end.
    write : callable
        Writes the file at the path that it is given.
    replace : bool
        Whether to replace an existing file.

    Raises
    ------
    StdpbenchError
        If the file exists and is not to be replaced, its name ends differently, or it cannot be written.
    """
    if target.suffix.lower() != suffix:
        raise StdpbenchError(f"the name of the file must end with {suffix}, unlike {target.name!r}")
    check_target(target, replace=replace)
    with tempfile.TemporaryDirectory(prefix="stdpbench-") as folder:
        made = Path(folder) / f"recorded{suffix}"
        write(made)
        with made.open("rb") as content:
            write_aside(target, lambda file: shutil.copyfileobj(content, file))


def not_installed(files: str, packages: str, extra: str) -> StdpbenchError:
    """Return the error for packages that are not installed."""
    return StdpbenchError(f"{files} files need {packages}: pip install 'stdpbench[{extra}]'")
