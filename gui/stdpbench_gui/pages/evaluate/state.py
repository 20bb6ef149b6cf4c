"""Shared state of the views on the Evaluate page: the run, its clusters, and one selection."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.results.readout.embedding import Embedding
from stdpbench.results.readout.over_time import AnswersOverTime
from stdpbench.studies.report.views import NOTHING, Chosen, Clustering, Numbers, ViewData

CLASS, CLUSTER, VERDICT = "class", "cluster", "right or wrong"
COLOURS = (CLASS, CLUSTER, VERDICT)
_NONE: Numbers = np.empty(0, np.int64)


class EvaluationState(QObject):
    """The evaluated run and the selection in it.

    Attributes
    ----------
    changed : signal of set of str
        Topics: ``"look"`` (another run), ``"readout"``, ``"clusters"``, ``"plane"``, ``"colour"``, ``"chosen"``,
        ``"accuracies"`` (further read-outs were computed), ``"over-time"`` (so were answers over time).
    pointed : signal of int
        The marked picture; -1: none.
    missing : str
        Why accuracies are missing; empty once all are available.
    over_time : mapping of str to AnswersOverTime
        Answers over the time within the presentation, by read-out; empty until they are computed.
    no_over_time : str
        Why they are missing; empty while they are computed.
    pictures, neurons : ndarray, int64
        Pictures and neurons of the selection; empty without a selection.
    """

    changed = pyqtSignal(set)
    pointed = pyqtSignal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.look: ViewData | None = None
        self.clustering: Clustering | None = None
        self.plane: Embedding | None = None
        self.planes: dict[str, Embedding] = {}
        self.readout, self.colour = "vote", CLASS
        self.chosen: Chosen = NOTHING
        self.pictures, self.neurons = _NONE, _NONE
        self.picture = -1
        self.missing = ""
        self.over_time: Mapping[str, AnswersOverTime] = {}
        self.no_over_time = ""

    def show(self, look: ViewData | None, plane: Embedding | None = None) -> None:
        """Show a run, or none."""
        self.look, self.plane, self.clustering = look, plane, None
        self.planes = {} if plane is None else {plane.method: plane}
        self.chosen, self.picture = NOTHING, -1
        self.over_time, self.no_over_time = {}, ""
        self._find()
        self.changed.emit({"look", "readout", "clusters", "plane", "colour", "chosen"})
        self.pointed.emit(-1)

    def set_readout(self, name: str) -> None:
        """Use the answers of another read-out."""
        if name != self.readout:
            self.readout = name
            self._find()
            self.changed.emit({"readout", "chosen"})

    def set_accuracies(self, look: ViewData | None, missing: str = "") -> None:
        """Set further accuracies of the run, or why they are missing."""
        self.look, self.missing = look or self.look, missing
        self.changed.emit({"accuracies"})

    def set_over_time(self, found: Mapping[str, AnswersOverTime], missing: str = "") -> None:
        """Set answers over time by read-out, or why they are missing."""
        self.over_time, self.no_over_time = found, missing
        self.changed.emit({"over-time"})

    def set_clustering(self, clustering: Clustering) -> None:
        """Set new clusters; a selected cluster is deselected, as its number now has another meaning."""
        self.clustering = clustering
        if self.chosen.kind == "cluster":
            self.chosen = NOTHING
        self._find()
        self.changed.emit({"clusters", "chosen"})

    def set_plane(self, plane: Embedding) -> None:
        """Set a new embedding."""
        self.plane = self.planes[plane.method] = plane
        self.changed.emit({"plane"})

    def set_colour(self, colour: str) -> None:
        """Colour by class, cluster or correctness."""
        self.colour = colour
        self.changed.emit({"colour"})

    def choose(self, chosen: Chosen) -> None:
        """Set the selection of all views."""
        if self.look is not None and chosen != self.chosen:
            self.chosen = chosen
            self._find()
            self.changed.emit({"chosen"})

    def choose_pictures(self, pictures: Numbers) -> None:
        """Select pictures; empty: clear the selection."""
        self.choose(Chosen("pictures", tuple(pictures.tolist())) if len(pictures) else NOTHING)

    def choose_like(self, picture: int) -> None:
        """Select the group of a picture, according to the current colouring."""
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
        """Mark a picture, or none."""
        if picture != self.picture:
            self.picture = picture
            self.pointed.emit(picture)

    def clear(self) -> None:
        """Clear selection and mark."""
        self.choose(NOTHING)
        self.point_at(-1)

    def describe(self) -> str:
        """Describe the selection."""
        return "" if self.look is None else self.look.describe(self.chosen, self.readout, self.clustering)

    def _find(self) -> None:
        self.pictures = self.neurons = _NONE
        if self.look is not None and self.chosen:
            self.pictures = self.look.pictures(self.chosen, self.readout, self.clustering)
            self.neurons = self.look.neurons(self.chosen, self.pictures)
