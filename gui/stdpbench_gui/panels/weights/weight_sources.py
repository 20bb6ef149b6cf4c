"""Which weights the weight map shows: those of now or of a checkpoint, and what they are compared with.

Files are read in threads; until they are there, what was shown stays.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from stdpbench.errors import StdpbenchError
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.past_weights import (
    PastWeights,
    common_position,
    nearest_position,
    newest_weights,
    weights_at,
    weights_near,
)
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.units import thousands
from stdpbench_gui.session.run_session import RunSession

_KEPT = 6
_LOOK_MS = 2000


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights and thresholds at some time.

    Attributes
    ----------
    name : str
        Where they are from, such as ``"checkpoint 1 345"``.
    position : int
        Presentations that were over; -1 where that is not known.
    w : ndarray, float32, (n_input, n_exc)
    theta : ndarray, float64, (n_exc,), volt
    of_run : bool
        Whether the name is that of another run, which does not tell the position.
    exc_spikes : ndarray, int64, (n_exc,), or None
        Spikes of each exc neuron in training presentations up to then; None where they were not counted.
    """

    name: str
    position: int
    w: NDArray[np.float32]
    theta: NDArray[np.float64]
    of_run: bool = False
    exc_spikes: NDArray[np.int64] | None = None

    @classmethod
    def at_checkpoint(cls, past: PastWeights) -> Weights:
        """Those of a checkpoint of the run that is shown."""
        name = f"checkpoint {thousands(past.position)}"
        return cls(name, past.position, past.w, past.theta, exc_spikes=past.exc_spikes)


class WeightSources(QObject):
    """The weights that are shown, and those that they are compared with.

    Attributes
    ----------
    positions : list of int
        Checkpoints of the run, ascending.
    wanted : int or None
        The checkpoint that was chosen; None: now.
    reference : Weights or None
        What is taken off the weights that are shown.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look_at_parent)
        self.reset()

    def reset(self) -> None:
        """Forget the run that was shown before."""
        self.positions: list[int] = []
        self.wanted: int | None = None
        self.reference: Weights | None = None
        self._past: Weights | None = None
        self._known: OrderedDict[int, Weights] = OrderedDict()
        self._counted = -1
        self._follow(None)

    @property
    def folder(self) -> RunFolder | None:
        """Where the run lies that is shown."""
        return self._session.folder

    def look(self) -> bool:
        """Look for checkpoints, where there may be other ones than before; whether there are."""
        folder, n = self._session.folder, len(self._session.live.checkpoints)
        if folder is None or n == self._counted:
            return False
        self._counted = n
        found = positions(folder.path)
        changed = found != self.positions
        self.positions = found
        if self.now() is None and not self._session.connected and self.wanted is None and found:
            self.show(found[-1])  # its process died before it could write its weights
        return changed

    def now(self) -> Weights | None:
        """The newest weights that came from the run."""
        network, started = self._session.live.network, self._session.live.started
        if "w" not in network:
            return None
        position = int(network["position"])
        if started is not None:  # weights stay as they are once training is over
            position = min(position, dict(started.phases).get("train", position))
        return Weights("now", position, network["w"], network["theta"], exc_spikes=network.get("exc_spikes"))

    def shown(self) -> Weights | None:
        """What is to be drawn; None before there is anything."""
        return (self._beside or self.now()) if self.wanted is None else self._past

    @property
    def reading(self) -> bool:
        """Whether the checkpoint that was chosen is still being read."""
        return self.wanted is not None and (self._past is None or self._past.position != self.wanted)

    def difference(self) -> str:
        """What is drawn where weights are compared, in words; empty where they are not."""
        shown, reference = self.shown(), self.reference
        if shown is None or reference is None:
            return ""
        at = f" at {thousands(reference.position)}" if reference.of_run and reference.position >= 0 else ""
        return f"at {thousands(shown.position)}, less {reference.name}{at}"

    def show(self, position: int | None) -> None:
        """Show the weights of a checkpoint, or those of now."""
        self.wanted = position
        if position is None:
            self._past = None
            self.changed.emit()
        elif position in self._known:
            self._past = self._known[position]
            self.changed.emit()
        else:
            if self._past is None:
                self._past = self.now()
            self._read(position, self._take_past)
        self._look_at_parent()

    def compare_with_nothing(self) -> None:
        """Show weights as they are."""
        self._follow(None)
        self.reference = None
        self.changed.emit()

    def compare_with_start(self) -> None:
        """Show what was learned: the difference to the weights of the start."""
        folder = self._session.folder
        if folder is None:
            return
        self._follow(None)

        def read() -> tuple[RunFolder, Weights]:
            from stdpbench.runs.preparation.start import load_split, normalised, start_arrays

            experiment = folder.experiment
            split = load_split(experiment, bool(folder.read_json("run.json").get("validation", False)))
            w, theta, _ = start_arrays(folder, experiment, split)
            return folder, Weights("the start", 0, np.asarray(normalised(w, experiment), np.float32), theta)

        self._session.work(read, self._take_reference, "The weights of the start cannot be made", owner=self)

    def compare_with_checkpoint(self, position: int) -> None:
        """Show the difference to a checkpoint."""
        self._follow(None)
        self._read(position, self._take_reference)

    def compare_with_run(self, path: Path) -> None:
        """Show the difference to the weights of another run."""
        folder, shown = self._session.folder, self.shown()
        if folder is None or shown is None:
            return
        self._follow(None)
        shape = shown.w.shape

        def read() -> tuple[RunFolder, Weights]:
            other = RunFolder.open(path)
            found = newest_weights(other.path)
            if found.w.shape != shape:
                raise StdpbenchError(
                    f"{other.path.name} has weights of shape {found.w.shape}, but those that are shown have {shape}"
                )
            return folder, Weights(other.path.name, found.position, found.w, found.theta, True)

        self._session.work(read, self._take_reference, "There is nothing to compare with", owner=self)

    # -- the parent of a branch ------------------------------------------------------------------------------------

    @property
    def follows(self) -> Path | None:
        """The run whose checkpoints the reference keeps up with; None where it stays as it is."""
        return self._followed

    def compare_with_parent(self, path: Path) -> None:
        """Show the difference to the run that this one branched off from, at the same presentation.

        As both go on, the newest checkpoint that both have is taken, so that nothing but the change is in the
        difference. Until there is one, and where a checkpoint was chosen, it is the parent's newest that is not beyond
        the weights that are shown.
        """
        self._follow(path)
        self._look_at_parent()

    def _follow(self, path: Path | None) -> None:
        self._followed, self._followed_at, self._following = path, -1, False
        self._beside: Weights | None = None
        if path is None:
            self._timer.stop()
        else:
            self._timer.start()

    def _look_at_parent(self) -> None:
        folder, path, newest = self._session.folder, self._followed, self.wanted is None
        if folder is None or path is None or self._following or self._session.kept.describe(["network"]):
            return
        shown = self.now() if newest else self._past
        position, before = shown.position if shown is not None else self._session.live.position, self._followed_at
        self._following, aligned = True, self._beside is not None

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
                    own = Weights.at_checkpoint(weights_at(folder.path, common))
            except StdpbenchError:  # none yet, or thinned out while it was read: the next look finds another one
                return folder, path, None, None
            return folder, path, Weights(path.name, past.position, past.w, past.theta, True), own

        def fail(_: str) -> None:
            self._following = False

        self._session.work(read, self._take_parent, "The parent's weights cannot be read", failed=fail, owner=self)

    def _take_parent(self, found: tuple[RunFolder, Path, Weights | None, Weights | None]) -> None:
        folder, path, weights, own = found
        if not self._is_shown(folder) or path != self._followed:
            return
        self._following = False
        if weights is not None:
            self._followed_at, self.reference, self._beside = weights.position, weights, own
            self.changed.emit()

    def _read(self, position: int, take: object) -> None:
        folder = self._session.folder
        if folder is None:
            return

        def read() -> tuple[RunFolder, Weights]:
            return folder, Weights.at_checkpoint(weights_at(folder.path, position))

        assert callable(take)
        self._session.work(read, take, "The checkpoint cannot be shown", owner=self)

    def _is_shown(self, folder: RunFolder) -> bool:
        return self._session.folder is not None and folder.path == self._session.folder.path

    def _take_past(self, found: tuple[RunFolder, Weights]) -> None:
        folder, weights = found
        if not self._is_shown(folder):
            return
        self._known[weights.position] = weights
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        if weights.position == self.wanted:
            self._past = weights
            self.changed.emit()

    def _take_reference(self, found: tuple[RunFolder, Weights]) -> None:
        folder, weights = found
        if self._is_shown(folder):
            self.reference = weights
            self.changed.emit()
