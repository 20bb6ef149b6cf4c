"""Frames received from the current run, and the answers of neurons in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import pyqtSignal

from stdpbench.data.stimuli import StimulusSet
from stdpbench.results.readout import NO_ANSWER, Assignment
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.recent_answers import RecentResponses, best_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.session.run_session import PartOfSession, RunSession

_FRAMES = ("network", "presentation")


@dataclass(frozen=True, eq=False)
class StoredResponses:
    """Stored responses of the trained network of a run.

    Attributes
    ----------
    phase : str
        ``"label"`` for responses to training pictures; ``"test"`` if the pictures have no labels.
    spike_counts : ndarray, uint16, (n_images, n_exc)
        Exc spikes for each picture.
    assignment : Assignment or None
        Classes of the neurons; None if the pictures have no labels.
    """

    phase: str
    spike_counts: NDArray[np.uint16]
    assignment: Assignment | None


class Observed(PartOfSession):
    """Frames and answers of a session, limited to the frames that visible panels request; use `of` to get it.

    Attributes
    ----------
    presentation, network : mapping
        The newest frames; empty before the first.
    earlier, before : mapping
        The previous frames of ``presentation`` and ``network``.
    answer : int
        Vote in the newest presentation, with classes from the responses before it; `NO_ANSWER` for none.
    right : deque of bool or None
        Whether the answers to the last labelled presentations, up to a hundred, were right; None: neurons fired, but
        their class is not known here, since no labelled picture during which they fired was received.
    recent : RecentResponses or None
        Responses to the last presentations.
    stored : StoredResponses or None
        Stored responses of the completed label phase, or of the test phase of a finished run without labels.
    """

    changed = pyqtSignal()
    winner_shown = pyqtSignal(int)
    """The neuron that fired most in the presentation on display; -1: none fired."""

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._forget()
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.pictures_ready.connect(self._on_pictures)

    def label(self, image: int) -> int:
        """Return the class of a training picture; `NO_ANSWER` if unknown."""
        split = self._session.split
        if split is None or split.train.labels is None or not 0 <= image < len(split.train):
            return NO_ANSWER
        return int(split.train.labels[image])

    def class_name(self, number: int) -> str:
        """Return the name of a class; a dash for `NO_ANSWER`."""
        if number < 0:
            return "–"
        started = self._session.live.started
        names = started.class_names if started is not None else ()
        return names[number] if number < len(names) else str(number)

    def assignment(self) -> Assignment | None:
        """Return the classes of neurons, from the label phase if complete, else from recent responses; or None."""
        if self.stored is not None and self.stored.assignment is not None:
            return self.stored.assignment
        if self.recent is None or not self.recent.n_labelled:
            return None
        return self.recent.assignment()

    def answer_to(self, frame: Mapping[str, Any]) -> int:
        """Return the vote in a frame of ``presentation``, by the present classes of neurons; `NO_ANSWER` for none."""
        assignment, counts = self.assignment(), frame["spike_counts"]
        if assignment is None or not counts.any():
            return NO_ANSWER
        return int(Vote().predict(counts[None], assignment)[0])

    def best_images(self, neuron: int, n: int) -> list[tuple[int, int]]:
        """Return the pictures with most spikes of a neuron: (index within `best_of_images`, spikes)."""
        if self.recent is not None and self.recent.n_seen:
            return self.recent.best_images(neuron, n)
        if self.stored is not None:
            counts = self.stored.spike_counts[:, neuron]
            return best_of(np.arange(len(counts)), counts, n)
        return []

    def best_of_images(self) -> StimulusSet | None:
        """Return the pictures that `best_images` indexes; None until they are loaded."""
        split, stored = self._session.split, self.stored
        if split is None:
            return None
        live = self.recent is not None and self.recent.n_seen
        return split.test if not live and stored is not None and stored.phase == "test" else split.train

    def _on_opened(self) -> None:
        if self._session.kept.describe(_FRAMES):  # keep the data of frames that are still shown
            self._asked = False
        else:
            self._forget()

    def _forget(self) -> None:
        self.presentation: Mapping[str, Any] = {}
        self.earlier: Mapping[str, Any] = {}
        self.network: Mapping[str, Any] = {}
        self.before: Mapping[str, Any] = {}
        self.answer = NO_ANSWER
        self.right: deque[bool | None] = deque(maxlen=100)
        self.recent: RecentResponses | None = None
        self.stored: StoredResponses | None = None
        self._stored_of: RunFolder | None = None
        self._asked = False

    def _on_changed(self, topics: set[str]) -> None:
        live, folder = self._session.live, self._session.folder
        if self.stored is not None and self._stored_of != folder and not self._session.kept.describe(["network"]):
            self.stored = None  # it belongs to the parent of a branch, which now has its own network
        if "network" in topics and live.network:
            if self.network.get("position") != live.network["position"]:
                self.before = self.network
            self.network = live.network
        if "presentation" in topics and live.presentation:
            self._take(live.presentation)
        over = live.labelled is not None or self._session.state is State.FINISHED
        experiment = self._session.experiment
        answers = experiment is None or not experiment.schedule.is_stream
        if topics & {"metrics", "state"} and over and not self._asked and folder is not None and answers:
            self._asked = True
            self._session.work(lambda: _stored(folder), self._take_stored)

    def _take(self, frame: Mapping[str, Any]) -> None:
        if frame["presentation"] < self.presentation.get("presentation", 0):  # a branch from an earlier position
            self.earlier, self.recent = {}, None
            self.right.clear()
        if frame["presentation"] != self.presentation.get("presentation"):
            self.earlier = self.presentation
            if self.recent is None:
                split = self._session.split
                self.recent = RecentResponses(len(frame["spike_counts"]), len(split.class_names) if split else 0)
            label = self.label(frame["image"])
            known = self.recent.n_labelled > 0
            self.answer = self.recent.add(frame["image"], label, frame["spike_counts"])
            if known and label >= 0:
                unknown = self.answer < 0 and bool(np.any(frame["spike_counts"]))
                self.right.append(None if unknown else self.answer == label)
        self.presentation = frame

    def _on_pictures(self) -> None:
        if self.recent is not None and not self.recent.n_labelled:
            self.recent = None  # responses from before the pictures were loaded have no labels

    def _take_stored(self, found: tuple[RunFolder, StoredResponses]) -> None:
        if self._session.folder is not None and found[0].path == self._session.folder.path:
            self._stored_of, self.stored = found
            self.changed.emit()


def _stored(folder: RunFolder) -> tuple[RunFolder, StoredResponses]:
    """Read the responses of a run whose label or test phase is complete."""
    phase, assignment = "test", None
    if (folder.path / "assignments.npz").is_file():
        phase = "label"
        assignment = Assignment(*folder.read_arrays("assignments.npz", "labels", "mean_response", "class_counts"))
    (counts,) = folder.read_arrays(f"{phase}.npz", "spike_counts")
    return folder, StoredResponses(phase, counts, assignment)
