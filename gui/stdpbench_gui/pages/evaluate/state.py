"""What the views of the Evaluate page share: the run, its clusters, and one selection."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.report.views import NOTHING, Chosen, Clustering, Look, Numbers, Plane
from stdpbench_gui.pages.evaluate.turns import Turns

CLASS, CLUSTER, VERDICT = "class", "cluster", "right or wrong"
COLOURS = (CLASS, CLUSTER, VERDICT)
_NONE: Numbers = np.empty(0, np.int64)


class EvaluationState(QObject):
    """The run that is evaluated, and what is selected in it.

    Attributes
    ----------
    changed : signal of set of str
        Topics: ``"look"`` (another run), ``"readout"``, ``"clusters"``, ``"plane"``, ``"colour"``, ``"chosen"``,
        ``"accuracies"`` (further read-outs were read).
    pointed : signal of int
        A single picture is pointed at; -1 for none.
    missing : str
        Why not all accuracies are there; empty once they are.
    turns : Turns
        Has the views drawn one after the other.
    pictures, neurons : ndarray, int64
        What the selection stands for; empty where nothing is selected.
    """

    changed = pyqtSignal(set)
    pointed = pyqtSignal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.turns = Turns(self)
        self.look: Look | None = None
        self.clustering: Clustering | None = None
        self.plane: Plane | None = None
        self.planes: dict[str, Plane] = {}
        self.readout, self.colour = "vote", CLASS
        self.chosen: Chosen = NOTHING
        self.pictures, self.neurons = _NONE, _NONE
        self.picture = -1
        self.missing = ""

    def show(self, look: Look | None, plane: Plane | None = None) -> None:
        """Turn to a run, or to none."""
        self.look, self.plane, self.clustering = look, plane, None
        self.planes = {} if plane is None else {plane.method: plane}
        self.chosen, self.picture = NOTHING, -1
        self._find()
        self.changed.emit({"look", "readout", "clusters", "plane", "colour", "chosen"})
        self.pointed.emit(-1)

    def set_readout(self, name: str) -> None:
        """Read answers in another way."""
        if name != self.readout:
            self.readout = name
            self._find()
            self.changed.emit({"readout", "chosen"})

    def set_accuracies(self, look: Look | None, missing: str = "") -> None:
        """Take further accuracies of the run, or know why there are none yet."""
        self.look, self.missing = look or self.look, missing
        self.changed.emit({"accuracies"})

    def set_clustering(self, clustering: Clustering) -> None:
        """Take other clusters; a cluster that was selected is another one now, so it is no longer."""
        self.clustering = clustering
        if self.chosen.kind == "cluster":
            self.chosen = NOTHING
        self._find()
        self.changed.emit({"clusters", "chosen"})

    def set_plane(self, plane: Plane) -> None:
        """Put pictures elsewhere."""
        self.plane = self.planes[plane.method] = plane
        self.changed.emit({"plane"})

    def set_colour(self, colour: str) -> None:
        """Colour by class, by cluster, or by verdict."""
        self.colour = colour
        self.changed.emit({"colour"})

    def choose(self, chosen: Chosen) -> None:
        """Select something, for all views."""
        if self.look is None or chosen == self.chosen:
            return
        self.chosen = chosen
        self._find()
        self.changed.emit({"chosen"})

    def choose_pictures(self, pictures: Numbers) -> None:
        """Select some pictures; none: nothing."""
        self.choose(Chosen("pictures", tuple(pictures.tolist())) if len(pictures) else NOTHING)

    def choose_like(self, picture: int) -> None:
        """Select what a picture belongs to, by what colours mean."""
        look = self.look
        if look is None:
            return
        label = int(look.labels[picture])
        if self.colour == CLUSTER and self.clustering is not None:
            self.choose(Chosen("cluster", (int(self.clustering.members[picture]),)))
        elif self.colour == VERDICT:
            self.choose(Chosen("cell", (label, int(look.answers[self.readout][picture]))))
        else:
            self.choose(Chosen("class", (label,)))

    def point_at(self, picture: int) -> None:
        """Point at a picture, or at none."""
        if picture != self.picture:
            self.picture = picture
            self.pointed.emit(picture)

    def clear(self) -> None:
        """Select nothing, and point at nothing."""
        self.choose(NOTHING)
        self.point_at(-1)

    def describe(self) -> str:
        """The selection in words."""
        return "" if self.look is None else self.look.describe(self.chosen, self.readout, self.clustering)

    def _find(self) -> None:
        self.pictures = self.neurons = _NONE
        if self.look is not None and self.chosen:
            self.pictures = self.look.pictures(self.chosen, self.readout, self.clustering)
            self.neurons = self.look.neurons(self.chosen, self.pictures)
