"""The confusion matrix of the evaluated network, the accuracy of each class, and the pictures of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QIcon, QPixmap
from PyQt6.QtWidgets import QComboBox

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import INTERVAL, READOUTS, Assignment, Score, readouts
from stdpbench.runs.catalog.access_log import note_reading
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held
from stdpbench.runs.protocol.facts import LabelsRead
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.widgets.basic import (
    Label,
    named,
    refill,
)
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.matrix import Matrix
from stdpbench_gui.widgets.pictures import PictureStrip, ink

_SIDE = 36  # pixels of a thumbnail
_MOST = 200  # thumbnails
_AGAIN_MS = 500


@dataclass(frozen=True, eq=False)
class Answers:
    """Answer and spike count of each picture.

    Attributes
    ----------
    predicted : ndarray, int64, (n_images,)
        Answered class, or -1 for no answer.
    spikes : ndarray, int64, (n_images,)
        Total number of exc spikes.
    """

    predicted: NDArray[np.int64]
    spikes: NDArray[np.int64]


class Confusion(Panel):
    """Panel with the confusion matrix."""

    key = "confusion"
    title = "Confusion"
    at_moment = "after training"
    topics = frozenset({"metrics", "state"})
    help_text = (
        "Rows are the true classes of the evaluated stimuli, columns the answers of the read-out. The framed diagonal "
        "is right; “none” means no answer and counts as wrong. The more a cell stands out from the background, the "
        "larger its share of the class. Click a cell, or use the arrow keys, to see its stimuli. The vote answers "
        "with the class whose neurons fire most on average. (Diehl &amp; Cook 2015, section 2.6 and figure 3, "
        "doi:10.3389/fncom.2015.00099)"
    )
    empty_text = (
        "The confusion matrix appears here after the test phase: training stimuli label the neurons, and the "
        "labelled neurons then classify unseen ones. It requires stimuli with labels."
    )

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.readout = named(QComboBox(), "Read-out", tip="Read-out that assigns classes to spikes")
        self.readout.currentIndexChanged.connect(self.mark_dirty)
        self.title_extra.addWidget(self.readout)
        self.matrix = Matrix()
        self.matrix.cell_chosen.connect(lambda *_: self._fill_strip())
        self.label = named(Label(), "Selected cell")
        self.label.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
        self.strip = PictureStrip("Pictures in the cell", _SIDE, 20)
        vbox((self.matrix, 1), self.label, self.strip, within=self.body, spacing=0)
        self.reset()

    def reset(self) -> None:
        """Forget what was measured."""
        self._scores: dict[str, Score] = {}
        self._evaluated_on = "test"
        self._answers: dict[str, Answers] = {}
        self._asked: set[str] = set()
        self._read_at: object = None
        self.readout.hide()
        self.matrix.score, self.matrix.cell = None, None
        self._show_pictures(False)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.matrix.restyle()
        self._fill_strip()

    def has_content(self) -> bool:
        """Return whether the network was evaluated; if so, start reading the results."""
        folder, measured = self.session.folder, self.session.live.metrics.get("network")
        if folder is not None and measured is not None and self._read_at != measured:
            self._read_at = measured
            self._answers.clear()
            self._asked.clear()
            self.session.work(lambda: (folder, _metrics(folder)), self._take_metrics)
        return bool(self._scores)

    def _take_metrics(self, found: tuple[RunFolder, dict[str, Any]]) -> None:
        folder, metrics = found
        if self.session.folder is not folder:
            return
        accuracy = metrics.get("accuracy", {})
        if not accuracy:  # the file is written just after the message
            self._read_at = None
            QTimer.singleShot(_AGAIN_MS, self.mark_dirty)
            return
        self._scores = {name: Score.from_mapping(accuracy[name]) for name in READOUTS if name in accuracy}
        self._evaluated_on = str(metrics.get("evaluated_on", "test"))
        names, chosen = list(self._scores), self.readout.currentText()
        refill(self.readout, names, names.index(chosen) if chosen in names else 0)
        self.readout.show()
        self.mark_dirty()

    def refresh(self) -> None:
        """Draw the matrix."""
        score, started = self.score, self.session.live.started
        if score is not None:
            self.matrix.show_score(score, started.class_names if started is not None else ())
            self._fill_strip()

    @property
    def score(self) -> Score | None:
        """The shown score."""
        return self._scores.get(self.readout.currentText())

    # -- the pictures of a cell ------------------------------------------------------------------------------------

    def _show_pictures(self, on: bool) -> None:
        self.label.setVisible(on)
        self.strip.setVisible(on)

    def _fill_strip(self) -> None:
        """Show the pictures of the selected cell once they are known."""
        cell, score, split, folder = self.matrix.cell, self.score, self.session.split, self.session.folder
        if cell is None or score is None or folder is None:
            return
        self._show_pictures(True)
        name, part = self.readout.currentText(), self._evaluated_on
        if name not in self._answers and self.session.connected:
            self.label.setText(
                f"{self.matrix.describe(*cell)} · {noun_of(self.session)}s available once the run has ended"
            )
            return
        if name not in self._answers:
            self.label.setText(f"{self.matrix.describe(*cell)} · reading answers …")
            if name not in self._asked:
                self._asked.add(name)
                self.session.work(
                    lambda: (folder, name, _answers(folder, name, part)),
                    self._take_answers,
                    failed=self.label.setText,
                    owner=self,
                )
            return
        self.strip.clear()
        if split is None or split.test.labels is None:
            self.label.setText(f"{self.matrix.describe(*cell)} · reading the {noun_of(self.session)}s …")
            return
        answers, (row, column) = self._answers[name], cell
        answer = column if column < score.n_classes else -1
        numbers = np.flatnonzero((split.test.labels == row) & (answers.predicted == answer))
        more = f" · showing the first {_MOST}" if len(numbers) > _MOST else ""
        self.label.setText(self.matrix.describe(*cell) + more)
        self.strip.setVisible(bool(len(numbers)))  # without pictures, the matrix gets the room
        numbers = numbers[:_MOST]
        for number, drawn in zip(numbers.tolist(), split.test.chosen(numbers).drawn, strict=True):
            text = f"{self._evaluated_on} {noun_of(self.session)} {number}: {answers.spikes[number]} spikes"
            self.strip.add_picture(
                QIcon(QPixmap.fromImage(ink(drawn)).scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)),
                "",
                text,
                number,
            )

    def _take_answers(self, found: tuple[RunFolder, str, Answers]) -> None:
        folder, name, answers = found
        if self.session.folder is folder:
            self._answers[name] = answers
            self._fill_strip()

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        score = self.score
        if score is None or self.matrix.score is None:  # until it is drawn
            return self.empty_text
        low, high = score.interval
        right = (
            f"{self.readout.currentText()}: {100 * score.accuracy:.1f} % of {score.n_images} {self._evaluated_on} "
            f"{noun_of(self.session)}s right ({INTERVAL} {100 * low:.1f} to {100 * high:.1f} %), {score.n_unanswered} "
            "without an answer"
        )
        return f"{'; '.join(filter(None, (right, self.matrix.worst())))}."

    def table(self) -> Table | None:
        """Return one row per true class."""
        return self.matrix.table()

    def figure(self) -> dict[str, Any] | None:
        """Return the matrix."""
        title = f"Confusion matrix, {self.readout.currentText()}"
        return self.matrix.figure(title, f"{self._evaluated_on} {noun_of(self.session)}s")


def _metrics(folder: RunFolder) -> dict[str, Any]:
    try:
        return folder.read_json("metrics.json")
    except StdpbenchError:
        return {}


def _answers(folder: RunFolder, readout: str, part: str) -> Answers:
    """Return the answers of a read-out to the evaluated pictures; the access to their labels is recorded."""
    (counts,) = folder.read_arrays("test.npz", "spike_counts")
    assignment = Assignment(*folder.read_arrays("assignments.npz", "labels", "mean_response", "class_counts"))
    with held(folder):
        note_reading(folder, LabelsRead(part, len(counts), f"pictures {readout} classifies correctly, in the app"))
    predicted = readouts.get(readout)().predict(counts, assignment)
    return Answers(predicted, counts.sum(axis=1, dtype=np.int64))
