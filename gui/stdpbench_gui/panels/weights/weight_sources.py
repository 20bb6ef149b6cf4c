"""Sources of the weight map: the weights at the moment that is shown, and the weights to compare with.

Files are read in threads; until they arrive, the previous content is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.declare.learned_names import delays_in
from stdpbench.experiment import graph_for
from stdpbench.runs.analysis.weight_views import static_delays
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.history import Moment
from stdpbench.runs.folder.past_weights import (
    common_position,
    nearest_position,
    newest_weights,
    weights_at,
    weights_near,
)
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer

_LOOK_MS = 2000


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights and thresholds at one time.

    Attributes
    ----------
    name : str
        Source, such as ``"checkpoint 1 345"``.
    position : int
        Number of completed presentations; -1: not known.
    w : ndarray, float32
        (n_source, n_target), or of a sparse projection one per synapse, (n_synapses,).
    theta : ndarray, float64, (n_exc,), volt
    of_run : bool
        Whether the name is that of another run, which does not contain the position.
    total_spikes : ndarray, int64, (n_read,), or None
        Spikes of each neuron that is read in training presentations so far; None: not counted.
    projection : str
        Name of the projection with these weights.
    past : Moment or None
        All that the network had learned then.
    """

    name: str
    position: int
    w: NDArray[np.float32]
    theta: NDArray[np.float64]
    of_run: bool = False
    total_spikes: NDArray[np.int64] | None = None
    projection: str = ""
    past: Moment | None = None


class WeightSources(QObject):
    """The shown weights, and those they are compared with.

    Attributes
    ----------
    delays : bool
        Whether delays of synapses, in ms, are shown in place of their weights.
    reference : Weights or None
        Weights that are subtracted; None: no difference.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.delays = False
        self._fixed: tuple[object, NDArray[np.float32] | None] = None, None
        self._timer = timer(self, self._look_at_parent, _LOOK_MS)
        session.selection.moment_changed.connect(self._on_moment)
        self.reset()

    def reset(self) -> None:
        """Discard the previous run."""
        self._run = self._session.folder
        self.reference: Weights | None = None
        self._past: Weights | None = None
        self._follow(None)

    def show_projection(self) -> None:
        """Discard the weights of the projection shown before, and read those of the one on display instead."""
        if self._run is not self._session.folder:
            self.reset()
        self.reference = self._past = None
        self._follow(None if self.static else self.follows)
        self.changed.emit()

    @property
    def folder(self) -> RunFolder | None:
        """Folder of the current run."""
        return self._session.folder

    @property
    def checkpoints(self) -> list[int]:
        """Positions of the checkpoints of the run, ascending."""
        return [] if self.folder is None else positions(self.folder.path)

    @property
    def static(self) -> bool:
        """Whether what is shown does not learn: the run has no other weights, or delays, than at its start."""
        selection = self._session.selection
        return not (selection.learns_delays if self.delays else selection.learns)

    @property
    def _array(self) -> str:
        """Name of the learned array that is shown."""
        selection = self._session.selection
        return delays_in(selection.projection) if self.delays else selection.weights

    def now(self) -> Weights | None:
        """Return the newest weights received from the run; of a projection that does not learn, those it has."""
        live = self._session.live
        network = live.network
        if self.static:
            return self._constant()
        if self._array not in network.get("learned", ()):
            return None
        return self._of(Moment(self._position(), network["learned"], network.get("total_spikes")), "now")

    def _position(self) -> int:
        """Return the number of presentations after which the newest weights are as they are."""
        live = self._session.live
        position = int(live.network.get("position", live.position))
        if live.started is not None:  # weights no longer change after training
            position = min(position, dict(live.started.phases).get("train", position))
        return position

    def _constant(self) -> Weights | None:
        """Return the weights of a projection that does not learn; None until they are drawn, or if not known."""
        selection = self._session.selection
        w, graph = self._fixed_delays() if self.delays else selection.weights_shown(), selection.graph
        if w is None or graph is None:
            return None
        theta = selection.learned(selection.thresholds)
        theta = np.full(graph.populations[selection.population].size, np.nan) if theta is None else theta
        counted = self._session.total_spikes if selection.is_read else None
        return Weights("now", self._position(), w, theta, False, counted, selection.projection)

    def _fixed_delays(self) -> NDArray[np.float32] | None:
        """Return delays that do not learn, which are drawn in a thread; None until then."""
        graph, name = self._session.selection.graph, self._session.selection.projection
        if graph is None:
            return None
        if self._fixed[0] != (graph, name):
            wanted = (graph, name)
            self._fixed = wanted, None

            def take(delays: NDArray[np.float32]) -> None:
                if self._fixed[0] == wanted:
                    self._fixed = wanted, delays
                    self.changed.emit()

            self._session.work(
                lambda: static_delays(graph, name), take, f"Cannot draw the delays of {name}", owner=self
            )
        return self._fixed[1]

    def _of(self, past: Moment, name: str = "", other: bool = False) -> Weights:
        """Return the selected weights of a network; a name is that of a checkpoint of this run by default."""
        selection = self._session.selection
        projection, counted = selection.projection, not other and selection.is_read
        what = "delays" if self.delays else "weights"
        w: Any = past.learned.get(self._array)
        theta: Any = past.learned.get(selection.thresholds)
        if w is None:
            raise StdpbenchError(f"{name or 'the checkpoint'} has no {what} of the projection {projection}")
        w = np.asarray(1e3 * w, np.float32) if self.delays else selection.per_synapse(w)
        name = name or f"checkpoint {thousands(past.position)}"
        graph = selection.graph
        n_target = w.shape[1] if w.ndim == 2 or graph is None else graph.populations[selection.population].size
        theta = np.full(n_target, np.nan) if theta is None else theta
        return Weights(name, past.position, w, theta, other, past.total_spikes if counted else None, projection, past)

    def shown(self) -> Weights | None:
        """Return the weights to draw; None: none yet."""
        moment = self._session.selection.moment
        if moment is None:
            return self._aligned or self.now()
        if self.static:
            return self._constant()
        if self._past is None or self._past.past is not moment:
            self._past = self._of(moment)
        return self._past

    def _on_moment(self) -> None:
        self._look_at_parent()
        self.changed.emit()

    def difference(self) -> str:
        """Describe the shown difference, and whether it shows more than the effect of a change; empty: weights."""
        shown, reference = self.shown(), self.reference
        if shown is None or reference is None:
            return ""
        since = thousands(reference.position)
        at = f" at {since}" if reference.of_run and reference.position >= 0 else ""
        found = f"at {thousands(shown.position)}, minus {reference.name}{at}"
        if self.follows is not None and reference.position != shown.position:
            return f"all learning since {since}: {found}"  # not only the effect of the change
        return found

    def compare_with_nothing(self) -> None:
        """Show weights instead of a difference."""
        self._follow(None)
        self.reference = None
        self.changed.emit()

    def compare_with_start(self) -> None:
        """Show the difference to the start weights."""
        folder = self._session.folder
        if folder is None or self._does_not_learn():
            return
        self._follow(None)

        def read() -> tuple[RunFolder, Weights]:
            from stdpbench.runs.preparation.start import arrays_at_start, load_split, normalised

            experiment = folder.experiment
            split = load_split(experiment, bool(folder.about.get("validation", False)))
            start = normalised(arrays_at_start(folder, experiment, split), graph_for(experiment, split.train))
            return folder, self._of(Moment(0, start.for_display()), "the start")

        self._session.work(read, self._take_reference, "Cannot restore the start weights")

    def compare_with_checkpoint(self, position: int) -> None:
        """Show the difference to a checkpoint."""
        folder = self._session.folder
        if folder is None or self._does_not_learn():
            return
        self._follow(None)

        def read() -> tuple[RunFolder, Weights]:
            return folder, self._of(weights_at(folder.path, position))

        self._session.work(read, self._take_reference, "Cannot read the checkpoint", owner=self)

    def compare_with_run(self, path: Path) -> None:
        """Show the difference to the weights of another run."""
        folder, shown = self._session.folder, self.shown()
        if folder is None or shown is None or self._does_not_learn():
            return
        self._follow(None)
        shape, started = shown.w.shape, self._session.live.started
        graph, projection = self._session.selection.graph, self._session.selection.projection

        def read() -> tuple[RunFolder, Weights]:
            other = RunFolder.open(path)
            found = self._of(newest_weights(other.path), other.path.name, other=True)
            if found.w.shape != shape:
                raise StdpbenchError(f"{found.name} has weights of shape {found.w.shape}, this run has {shape}")
            if graph is not None and started is not None and graph.is_sparse(projection):
                theirs = other.stored_experiment.graph(*started.shape)
                if not graph.synapses(projection).same_pairs(theirs.synapses(projection)):
                    raise StdpbenchError(f"the synapses of {projection} connect other neurons in {found.name}")
            return folder, found

        self._session.work(read, self._take_reference, "Cannot read the weights to compare with")

    # -- the parent of a branch ------------------------------------------------------------------------------------

    def compare_with_parent(self, path: Path) -> None:
        """Show the difference to the parent of this branch, at the same presentation.

        The newest checkpoint common to both runs is used, so that the difference shows only the effect of the change.
        Until there is one, or if a checkpoint was chosen, the reference is the parent's newest checkpoint not later
        than the shown weights.
        """
        if self._does_not_learn():
            return
        self._follow(path)
        self._look_at_parent()

    def _does_not_learn(self) -> bool:
        """Whether there is nothing to compare, which a message says."""
        if self.static:
            name, what = self._session.selection.projection, "delays" if self.delays else "weights"
            self._session.message.emit(f"The {what} of {name} do not learn, so there is no difference to show.")
        return self.static

    def _follow(self, path: Path | None) -> None:
        self.follows, self.follows_at, self._following = path, -1, False
        self._aligned: Weights | None = None
        if path is None:
            self._timer.stop()
        else:
            self._timer.start()

    def _look_at_parent(self) -> None:
        folder, path, newest = self._session.folder, self.follows, self._session.selection.moment is None
        if folder is None or path is None or self._following or self._session.kept.describe(["network"]):
            return
        shown = self.now() if newest else self.shown()
        position, before = shown.position if shown is not None else self._session.live.position, self.follows_at
        self._following, aligned = True, self._aligned is not None

        def read() -> tuple[RunFolder, Path, Weights | None, Weights | None]:
            own = None
            try:
                common = common_position(folder.path, path, position) if newest else None
                wanted = nearest_position(path, position) if common is None else common
                if wanted == before and aligned == (common is not None):
                    return folder, path, None, None
                if common is None:
                    past = weights_near(path, position)
                else:
                    past = weights_at(path, common)
                    own = self._of(weights_at(folder.path, common))
            except StdpbenchError:  # none yet, or pruned while being read: retried at the next update
                return folder, path, None, None
            return folder, path, self._of(past, path.name, other=True), own

        def fail(_: str) -> None:
            self._following = False

        self._session.work(read, self._take_parent, "Cannot read the parent's weights", failed=fail, owner=self)

    def _take_parent(self, found: tuple[RunFolder, Path, Weights | None, Weights | None]) -> None:
        folder, path, weights, own = found
        if not self._is_shown(folder, weights) or path != self.follows:
            return
        self._following = False
        if weights is not None:
            self.follows_at, self.reference, self._aligned = weights.position, weights, own
            self.changed.emit()

    def _is_shown(self, folder: RunFolder, weights: Weights | None = None) -> bool:
        """Return whether this run, and the projection of these weights, are still on display."""
        same = weights is None or weights.projection == self._session.selection.projection
        return same and self._session.folder is not None and folder.path == self._session.folder.path

    def _take_reference(self, found: tuple[RunFolder, Weights]) -> None:
        folder, weights = found
        if self._is_shown(folder, weights):
            self.reference = weights
            self.changed.emit()
