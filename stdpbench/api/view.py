"""Read access to a run: from its process while it is active, afterwards from its folder."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.api.display import html_table
from stdpbench.api.follower import Follower
from stdpbench.api.named_arrays import NamedArrays
from stdpbench.api.tables import (
    Change,
    Entry,
    held_out_table,
    history_table,
    live_columns,
    metric_columns,
    metrics_table,
    stream_arrays,
)
from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.hardware import ChipCheck
from stdpbench.declare.learned_names import is_delay, is_weight
from stdpbench.experiment import Experiment
from stdpbench.results.readout import INTERVAL
from stdpbench.results.readout.polychrony import Group, find_groups
from stdpbench.runs.analysis.wiring import wiring_of
from stdpbench.runs.catalog.comparison import Account, read_population, verdict_of
from stdpbench.runs.folder.checkpoints import newest_checkpoint
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, learned_names
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.past_weights import learned_at
from stdpbench.runs.folder.run_folder import RunFolder, reading
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import Changes, changes_rule, describe_changes, tables_with
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench.studies.report.chip_check import check_run

_THETA = ".theta"


class RunView:
    """Read access to a run: state, arrays, tables, plots.

    Parameters
    ----------
    path : path
        The run folder.

    Raises
    ------
    StdpbenchError
        If the path is not a run folder.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._folder = RunFolder.open(Path(path).expanduser().absolute())
        self._lock = threading.RLock()
        self._follower: Follower | None = None
        self._replayed: tuple[tuple[int, int], LiveRun] = ((-1, -1), LiveRun())

    # -- state -----------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.path.name

    @property
    def about(self) -> dict[str, Any]:
        """What the run says of itself: command, versions, machine."""
        return self._folder.about

    @property
    def state(self) -> State:
        """``"queued"``, ``"building"``, ``"running"``, ``"paused"``, ``"finished"``, ``"stopped"`` or ``"failed"``."""
        follower = self._following()
        return state_of(self._folder)[0] if follower is None else follower.live().state

    @property
    def reason(self) -> str:
        """Reason for the state, if known; otherwise empty."""
        follower = self._following()
        return state_of(self._folder)[1] if follower is None else follower.live().reason

    @property
    def position(self) -> int:
        """Number of completed presentations, counted through training, labelling and testing."""
        live = self._live()
        return max(live.position, int(live.progress.get("position", 0)))

    @property
    def total(self) -> int:
        """Total number of presentations; 0 until the network is ready for the first time."""
        started = self._live().started
        return 0 if started is None else sum(n for _, n in started.phases)

    @property
    def experiment(self) -> Experiment:
        """The experiment with the active parameters and rule.

        Kinds that are not installed are replaced by stand-ins; ``experiment.missing_kinds`` names them.
        """
        start = self._folder.stored_experiment.to_mapping()
        return Experiment.from_mapping(tables_with(start, self._live().changes), stand_ins=True)

    # -- the network -----------------------------------------------------------------------------------------------

    @property
    def weights(self) -> NamedArrays:
        """Weights of the projections that learn, dimensionless: read-only copies.

        ``run.weights["feed"]`` are those from input to exc, (n_input, n_exc), and ``run.weights["compete"]`` those of
        lateral inhibition if they learn, (n_exc, n_exc). ``run.weights`` itself is the array of one projection as
        well: that of ``"feed"``, or in other networks of the one that `Graph.shown` names.

        Since writing to it would not affect the run, NumPy refuses it; ``run.weights.copy()`` is writable, and
        `Run.set_learned` replaces the weights of a paused run.

        During training: float32, after the last presentation, not older than the last value of `position`. Afterwards:
        float64, as used in the test phase, each column scaled to ``network.weight_sum``. If the process died: the
        weights of the newest checkpoint.

        Raises
        ------
        StdpbenchError
            If there are no weights yet.
        """
        arrays = self._learned(is_weight)
        return NamedArrays({name.removesuffix(".w"): array for name, array in arrays.items()}, self._shown[0])

    @property
    def delays(self) -> NamedArrays:
        """Axonal delays of the projections whose delays learn, in ms: read-only copies, see `weights`.

        ``run.delays["feed"]`` has the shape of the weights: the time from a spike of each source to its arrival.
        What acts in a presentation is the delay rounded to time steps.

        Raises
        ------
        StdpbenchError
            If there are no delays yet, or none learn.
        """
        arrays = self._learned(is_delay)
        if not arrays:
            raise StdpbenchError(f"no delays of {self.name} learn; fixed ones follow from experiment and seed")
        return NamedArrays({name.removesuffix(".d"): 1e3 * array for name, array in arrays.items()}, self._shown[0])

    @property
    def thresholds(self) -> NamedArrays:
        """Adaptive thresholds of the populations that have any, float64, (n,), volt; read-only, see `weights`.

        ``run.thresholds["exc"]`` are those of the exc neurons; ``run.thresholds`` itself is the array of one
        population as well: of the one that is read, if it has any.

        Raises
        ------
        StdpbenchError
            If there are no thresholds yet, or no population has any.
        """
        arrays = self._learned(lambda name: name.endswith(_THETA))
        if not arrays:
            raise StdpbenchError(f"no population of {self.name} has adaptive thresholds")
        return NamedArrays({name.removesuffix(_THETA): array for name, array in arrays.items()}, self._shown[1])

    @property
    def _shown(self) -> tuple[str, str]:
        """Names of the projection and of the population that stand for all; empty if the network is not known."""
        experiment = self._folder.stored_experiment
        if experiment.missing_kinds:
            return "", ""
        graph = experiment.graph()
        return graph.shown, graph.read

    @property
    def theta(self) -> NDArray[np.floating[Any]]:
        """Adaptive thresholds of the population that is read, float64, (n,), volt; read-only, see `weights`."""
        return np.asarray(self.thresholds)

    # -- tables ----------------------------------------------------------------------------------------------------

    @property
    def history(self) -> Any:
        """Curves over training, by position.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray without pandas
            Per block of presentations: ``spikes_per_image``; ``repeats``, fraction of pictures presented again;
            ``mean_theta``, mV or without unit; ``weight_change``, mean per synapse; ``accuracy_vote`` and so on,
            running accuracy on training labels, which only indicates progress.
        """
        return history_table(self._live())

    @property
    def held_out(self) -> Any:
        """Measures on held-out pictures during training, by position.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray without pandas
            Per measurement: ``images``, number of pictures presented; ``accuracy_vote`` and so on, cross-fitted;
            ``purity`` (of ``clusters`` winning neurons), ``nmi``, ``ami``, ``ari``; means over neurons
            ``neuron_purity``, ``neuron_entropy`` (bit), ``selectivity``, ``lifetime_sparseness``;
            ``population_sparseness``; ``dead`` and ``duplicates``, numbers of neurons; ``spikes_per_image``;
            ``silent_images``.
        """
        return held_out_table(self._live())

    @property
    def stream(self) -> dict[str, NDArray[Any]]:
        """Measures of a stream, as arrays with a value per piece; empty for a run that shows pictures.

        Returns
        -------
        dict of str to ndarray
            ``position``; ``time``, s; ``rate.POPULATION``, Hz; ``cv.POPULATION``, irregularity of intervals;
            ``synchrony.POPULATION``; ``delta.POPULATION`` and ``gamma.POPULATION``, rhythms;
            ``weights.PROJECTION``, (n_pieces, 20), histograms from 0 to w_max. With patterns, per occurrence:
            ``patterns.start``, s; ``patterns.pattern``; ``patterns.latency``, ms, (n, n_neurons), NaN for neurons that
            did not fire.
        """
        live = self._live()
        return stream_arrays(live, self.experiment.schedule.piece or 1.0) if live.pieces else {}

    def polychronous_groups(self, mothers: Iterable[int] | None = None) -> list[Group]:
        """Find groups of neurons that fire in a fixed pattern because of their delays, after Izhikevich (2006).

        Needs a network of the neuron ``izhikevich`` with sparse projections and dt = 1 ms, whose neurons are numbered
        population by population; see `stdpbench.results.readout.polychrony`. It takes seconds of CPU time per mother.

        Parameters
        ----------
        mothers : iterable of int, optional
            Neurons to start from. Default: all excitatory ones.

        Raises
        ------
        StdpbenchError
            If the network is another one, or there are no weights yet.
        """
        weights = {name: np.asarray(array, np.float64) for name, array in self.weights.items()}
        return find_groups(wiring_of(self.experiment.graph(), weights), mothers)

    def hardware(self, *targets: str) -> list[ChipCheck]:
        """Compare the trained network with neuromorphic chips, by published figures; see `stdpbench.bridges.hardware`.

        Parameters
        ----------
        *targets : str
            Names of chips, such as ``"loihi"``. Default: all that are known.

        Raises
        ------
        StdpbenchError
            If there is no such chip, or the network has not been trained.
        """
        return check_run(self._folder, targets)

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Accuracies on pictures that were not used for training, and those of baselines.

        For each read-out or baseline: ``accuracy``, ``low`` and ``high`` (95 % Wilson interval), ``n_images``; the
        interval is available once the run is finished. Empty before the first measurement.
        """
        following = self._following() is not None
        if not following and (self.path / "metrics.json").is_file():
            return metric_columns(self._folder.read_json("metrics.json"))
        return live_columns(self._live())

    @property
    def metrics(self) -> Any:
        """`scores` as a table with one column each: a pandas.DataFrame, or the dict itself without pandas."""
        return metrics_table(self.scores)

    @property
    def warnings(self) -> list[str]:
        """What is wrong with the results so far, such as that no neuron fires, one sentence each."""
        return list(self._live().warnings)

    @property
    def changes(self) -> list[Change]:
        """Changes during the run, in order; a change of ``plasticity.kind`` includes all parameters of the rules."""
        return [
            Change(position, path, old, new)
            for position, changed in self._live().changes
            for path, (old, new) in changed.items()
        ]

    def changes_by_position(self) -> list[tuple[int, Changes]]:
        """Return the changes, grouped: position, and (old, new) by dotted path of simultaneous changes."""
        return list(self._live().changes)

    @property
    def log(self) -> list[Entry]:
        """All events of the run as sentences, in order."""
        return [Entry(*entry) for entry in self._live().log]

    def __repr__(self) -> str:
        """Return name, state and position."""
        total = self.total
        return f"<Run {self.name}: {self.state} at {self.position}{f' of {total}' if total else ''}>"

    def _repr_html_(self) -> str:
        experiment, total = self.experiment, self.total
        rows = {
            "state": f"{self.state}{f': {self.reason}' if self.reason else ''}",
            "position": f"{self.position} of {total} presentations" if total else f"{self.position} presentations",
            "experiment": f"{experiment.name}, seed {experiment.seed}, {_read_neurons(experiment)}",
        }
        for position, changes in self.changes_by_position()[-5:]:
            new = ", ".join(f"{path} = {value}" for path, (_, value) in changes.items())
            rows[f"from {position} on"] = describe_changes(changes) if changes_rule(changes) else new
        for name, score in list(self.scores.items())[:8]:
            interval = (
                f" ({INTERVAL} {100 * score['low']:.1f} – {100 * score['high']:.1f} %)" if "low" in score else ""
            )
            rows[f"accuracy, {name}"] = f"{100 * score['accuracy']:.2f} %{interval}"
        if judged := verdict_of(Account.of(self._folder)):
            rows["did learning help?"] = judged
        rows["folder"] = str(self.path)
        return html_table(self.name, rows)

    # -- sources ---------------------------------------------------------------------------------------------------

    def _following(self) -> Follower | None:
        """Return the follower of the run's process; None if the run is not active."""
        with self._lock:
            if self._follower is not None and not self._follower.over:
                return self._follower
            self._follower = None
            if has_process(self.path):
                self._follow(Follower.attach(self._folder))
            return self._follower

    def _follow(self, follower: Follower) -> None:
        self._follower = follower
        weakref.finalize(self, follower.detach)

    def _moved_to(self, path: Path) -> None:
        """Follow the run folder to another place."""
        with self._lock:
            self._folder = RunFolder.open(path)

    def _live(self) -> LiveRun:
        follower = self._following()
        if follower is not None:
            return follower.live()
        with self._lock:
            try:
                stat = (self.path / JOURNAL).stat()
            except OSError:
                return LiveRun()
            key = (stat.st_mtime_ns, stat.st_size)
            if self._replayed[0] != key:
                self._replayed = (key, LiveRun.replay(read_journal(self.path)))
            return self._replayed[1]

    def _learned(self, wanted: Callable[[str], bool]) -> dict[str, NDArray[np.floating[Any]]]:
        """Return learned arrays with wanted names: from the process during training, otherwise from files."""
        live, follower = self._live(), self._following()
        n_train = 0 if live.started is None else dict(live.started.phases)["train"]
        trained = live.started is not None and self.position > n_train
        if follower is not None and not trained:
            frame = follower.network()
            if frame:
                return {name: np.array(array) for name, array in frame["learned"].items() if wanted(name)}
        files = {name: self.path / learned_file(name) for name in learned_names(self._folder) if wanted(name)}
        written = all(path.is_file() for path in files.values())
        if written and (trained or state_of(self._folder)[0] in (State.FINISHED, State.STOPPED)):
            return {name: _read(path) for name, path in files.items()}
        checkpoint, _ = newest_checkpoint(self.path)
        if checkpoint is not None:
            return {name: array for name, array in learned_at(self.path, checkpoint).items() if wanted(name)}
        raise StdpbenchError(f"{self.name} has no weights and thresholds yet: it is {self.state}")

    def _labels(self) -> NDArray[np.int64] | None:
        """Return the classes of the neurons that are read; None if they have not been labelled."""
        if self._following() is not None or not (self.path / "assignments.npz").is_file():
            return None
        return self._folder.read_arrays("assignments.npz", "labels")[0]


def _read_neurons(experiment: Experiment) -> str:
    """Return number and name of the neurons that are read."""
    if not (read := read_population(experiment)):
        return "unknown network"
    return f"{experiment.graph().n_read} {read} neurons"


def _read(path: Path) -> NDArray[np.floating[Any]]:
    with reading(path):
        return np.asarray(np.load(path, allow_pickle=False))
