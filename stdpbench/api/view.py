"""What can be read of a run: while it goes on from its process, afterwards from its folder."""

from __future__ import annotations

import threading
import weakref
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.api import plots
from stdpbench.api.following import Follower
from stdpbench.api.showing import html_table
from stdpbench.api.tables import (
    Change,
    Entry,
    held_out_table,
    history_table,
    live_columns,
    metric_columns,
    metrics_table,
)
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.readout import INTERVAL
from stdpbench.runs.folder.checkpoints import newest_checkpoint
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.past_weights import learned_at
from stdpbench.runs.folder.run_folder import RunFolder, reading
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import Changes, changes_rule, describe_changes, tables_with
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class RunView:
    """A run as it is read: state, arrays, tables, plots.

    Parameters
    ----------
    path : path
        The run folder.

    Raises
    ------
    StdpbenchError
        If it is none.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._folder = RunFolder.open(Path(path).expanduser().absolute())
        self._lock = threading.RLock()
        self._follower: Follower | None = None
        self._replayed: tuple[tuple[int, int], LiveRun] = ((-1, -1), LiveRun())

    # -- where it is -----------------------------------------------------------------------------------------------

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
        """What ``run.json`` says: how it was started, versions, machine."""
        return self._folder.read_json("run.json")

    @property
    def state(self) -> State:
        """``"queued"``, ``"building"``, ``"running"``, ``"paused"``, ``"finished"``, ``"stopped"`` or ``"failed"``."""
        follower = self._following()
        return state_of(self._folder)[0] if follower is None else follower.live().state

    @property
    def reason(self) -> str:
        """Why it is in this state, where that is known; else empty."""
        follower = self._following()
        return state_of(self._folder)[1] if follower is None else follower.live().reason

    @property
    def position(self) -> int:
        """Presentations that are over, counted through training, labelling and testing."""
        live = self._live()
        return max(live.position, int(live.progress.get("position", 0)))

    @property
    def total(self) -> int:
        """Presentations in all; 0 before the network stands for the first time."""
        started = self._live().started
        return 0 if started is None else sum(n for _, n in started.phases)

    @property
    def experiment(self) -> Experiment:
        """The experiment with the parameters and the rule that are in force.

        Kinds that are missing here have stand-ins; ``experiment.missing_kinds`` names them.
        """
        start = self._folder.stored_experiment.to_mapping()
        return Experiment.from_mapping(tables_with(start, self._live().changes), stand_ins=True)

    # -- the network -----------------------------------------------------------------------------------------------

    @property
    def weights(self) -> NDArray[np.floating[Any]]:
        """Weights from input to exc, (n_input, n_exc), dimensionless: a read-only copy.

        To write into it changes nothing in the run, so NumPy refuses; ``run.weights.copy()`` can be written, and
        `Run.set_learned` gives a paused run other weights.

        While the run trains: float32, after the last presentation, not older than what `position` told. Afterwards:
        float64, as the test phase saw them, each column scaled to ``network.weight_sum``. Of a run that died: those of
        its newest checkpoint.

        Raises
        ------
        StdpbenchError
            If there are none yet.
        """
        return self._network("weights.npy", "w")

    @property
    def theta(self) -> NDArray[np.floating[Any]]:
        """Adaptive thresholds of the exc neurons, float64, (n_exc,), volt; read-only, see `weights`."""
        return self._network("theta.npy", "theta")

    # -- tables ----------------------------------------------------------------------------------------------------

    @property
    def history(self) -> Any:
        """Curves over training, by position.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray where there is no pandas
            Per block of presentations: ``spikes_per_image``; ``repeats``, the share of pictures shown again;
            ``mean_theta``, mV; ``weight_change``, mean per synapse; ``accuracy_vote`` and so on, running accuracy on
            training labels, for the eye only.
        """
        return history_table(self._live())

    @property
    def held_out(self) -> Any:
        """Measures on held-out pictures during training, by the position that they are of.

        Returns
        -------
        pandas.DataFrame, or dict of str to ndarray where there is no pandas
            Per measurement: ``images``, how many pictures were shown; ``accuracy_vote`` and so on, cross-fitted;
            ``purity`` (of ``clusters`` winning neurons), ``nmi``, ``ami``, ``ari``; means over neurons
            ``neuron_purity``, ``neuron_entropy`` (bit), ``selectivity``, ``lifetime_sparseness``;
            ``population_sparseness``; ``dead`` and ``duplicates``, neurons; ``spikes_per_image``; ``silent_images``.
        """
        return held_out_table(self._live())

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Accuracies on pictures that were not trained on, and those of baselines.

        Name of read-out or baseline to ``accuracy``, ``low`` and ``high`` (95 % Wilson interval), ``n_images``;
        bounds come when the run is through. Empty before anything was measured.
        """
        following = self._following() is not None
        if not following and (self.path / "metrics.json").is_file():
            return metric_columns(self._folder.read_json("metrics.json"))
        return live_columns(self._live())

    @property
    def metrics(self) -> Any:
        """`scores` as a table, one column each: a pandas.DataFrame, or the dict itself where there is no pandas."""
        return metrics_table(self.scores)

    @property
    def changes(self) -> list[Change]:
        """What was changed in the course of the run, in order; ``plasticity.kind`` comes with all that a rule has."""
        return [
            Change(position, path, old, new)
            for position, changed in self._live().changes
            for path, (old, new) in changed.items()
        ]

    def changes_by_position(self) -> list[tuple[int, Changes]]:
        """The same, what was changed at once together: position, and dotted path to (old, new)."""
        return list(self._live().changes)

    @property
    def log(self) -> list[Entry]:
        """All that happened, as sentences, in order."""
        return [Entry(*entry) for entry in self._live().log]

    # -- plots -----------------------------------------------------------------------------------------------------

    def plot_weights(self) -> Axes:
        """Draw the receptive field of every exc neuron; with its class, where neurons have one."""
        return plots.plot_weights(self.weights, self._live(), self._labels(), self.name)

    def plot_confusion(self, readout: str = "vote") -> Axes:
        """Draw how many test pictures of each class were answered how, by one of the read-outs.

        Raises
        ------
        StdpbenchError
            If the run has not been tested, or not with this read-out.
        """
        path = self.path / "metrics.json"
        metrics = self._folder.read_json("metrics.json") if path.is_file() else {}
        return plots.plot_confusion(metrics, readout, self._live(), self.name)

    def plot_accuracy(self, ax: Axes | None = None, *, readout: str | None = None, label: str | None = None) -> Axes:
        """Draw running accuracy on training labels over training.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw, for instance what another plot gave back; new ones if not said.
        readout : str, optional
            Only this read-out, such as ``"vote"``.
        label : str, optional
            What stands in the legend; the run's name if not said.
        """
        return plots.plot_accuracy(self._live(), ax, readout, label or self.name)

    def plot_held_out(
        self, measure: str = "accuracy_vote", ax: Axes | None = None, *, label: str | None = None
    ) -> Axes:
        """Draw a measure on held-out pictures over training; see `plot_accuracy`.

        Parameters
        ----------
        measure : str
            A column of `held_out`.
        ax, label
            As in `plot_accuracy`.

        Raises
        ------
        StdpbenchError
            If there is no such measure.
        """
        return plots.plot_held_out(self._live(), measure, ax, label or self.name)

    def plot_theta(self, ax: Axes | None = None, *, label: str | None = None) -> Axes:
        """Draw the mean adaptive threshold of the exc neurons over training; see `plot_accuracy`."""
        return plots.plot_curve(self._live(), "mean_theta", "mean theta (mV)", ax, label or self.name)

    def plot_spikes(self, ax: Axes | None = None, *, label: str | None = None) -> Axes:
        """Draw exc spikes per picture over training; see `plot_accuracy`."""
        return plots.plot_curve(self._live(), "spikes_per_image", "exc spikes per picture", ax, label or self.name)

    def plot_weight_change(self, ax: Axes | None = None, *, label: str | None = None) -> Axes:
        """Draw how far weights moved from block to block of training presentations; see `plot_accuracy`."""
        return plots.plot_curve(self._live(), "weight_change", "mean change of a weight", ax, label or self.name)

    def __repr__(self) -> str:
        """Name, state and position."""
        total = self.total
        return f"<Run {self.name}: {self.state} at {self.position}{f' of {total}' if total else ''}>"

    def _repr_html_(self) -> str:
        experiment, total = self.experiment, self.total
        rows = {
            "state": f"{self.state}{f': {self.reason}' if self.reason else ''}",
            "position": f"{self.position} of {total} presentations" if total else f"{self.position} presentations",
            "experiment": f"{experiment.name}, seed {experiment.seed}, {experiment.network.n_exc} exc neurons",
        }
        for position, changes in self.changes_by_position()[-5:]:
            new = ", ".join(f"{path} = {value}" for path, (_, value) in changes.items())
            rows[f"from {position} on"] = describe_changes(changes) if changes_rule(changes) else new
        for name, score in list(self.scores.items())[:8]:
            interval = (
                f" ({INTERVAL} {100 * score['low']:.1f} – {100 * score['high']:.1f} %)" if "low" in score else ""
            )
            rows[f"accuracy, {name}"] = f"{100 * score['accuracy']:.2f} %{interval}"
        rows["folder"] = str(self.path)
        return html_table(self.name, rows)

    # -- how it is known -------------------------------------------------------------------------------------------

    def _following(self) -> Follower | None:
        """Who follows the run's process; None where no process works on it."""
        with self._lock:
            if self._follower is not None and not self._follower.over:
                return self._follower
            self._follower = None
            if has_process(self.path):
                self._follow(Follower.attach(self._folder))
            return self._follower

    def _follow(self, follower: Follower) -> None:
        self._follower = follower
        weakref.finalize(self, follower.leave)

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

    def _network(self, name: str, variable: str) -> NDArray[np.floating[Any]]:
        """A read-only array of the network."""
        array = self._current(name, variable)
        array.flags.writeable = False
        return array

    def _current(self, name: str, variable: str) -> NDArray[np.floating[Any]]:
        """An array of the network: from the process while it trains, else from a file."""
        live, follower = self._live(), self._following()
        n_train = 0 if live.started is None else dict(live.started.phases)["train"]
        trained = live.started is not None and self.position > n_train
        if follower is not None and not trained:
            frame = follower.network()
            if frame:
                return np.array(frame[variable])
        written = (self.path / name).is_file()
        if written and (trained or state_of(self._folder)[0] in (State.FINISHED, State.STOPPED)):
            with reading(self.path / name):
                return np.asarray(np.load(self.path / name, allow_pickle=False))
        checkpoint, _ = newest_checkpoint(self.path)
        if checkpoint is not None:
            array: NDArray[np.floating[Any]] = getattr(learned_at(self.path, checkpoint), variable)
            return array
        raise StdpbenchError(f"{self.name} has no weights and thresholds yet: it is {self.state}")

    def _labels(self) -> NDArray[np.int64] | None:
        """Classes of the exc neurons, where they were labelled."""
        if self._following() is not None or not (self.path / "assignments.npz").is_file():
            return None
        return self._folder.read_arrays("assignments.npz", "labels")[0]
