"""A preview of the input spikes of a stimulus while parameters of the encoding change."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QFrame, QWidget

from stdpbench.data.datasets import Split
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.encoding_preview import EncodingPreview, preview_encoding
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background, Job, check_cancelled
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Label, named, number_field, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.stimulus_view import StimulusView

_WAIT_MS = 150
_LINES = 13  # of text: smallest height of the drawing


class EncodingPreviewBox(QWidget):
    """One training stimulus of an experiment, its input spikes, and numbers over several stimuli.

    Data are read and encoded in a thread, a moment after the last change; of what was asked for meanwhile, only the
    newest is computed.

    Parameters
    ----------
    session : RunSession
        Its stimuli are used if the experiment has the same data.

    Attributes
    ----------
    number : QSpinBox
        Number of the stimulus.
    view : StimulusView
        The stimulus and its spikes.
    words : QLabel
        The numbers, or why there is no preview.
    shown : EncodingPreview or None
        What is drawn.
    """

    def __init__(self, session: RunSession) -> None:
        super().__init__()
        self.setAccessibleName("Preview of the encoding")
        self._session = session
        self._background = Background(self, 1)
        self._job: Job | None = None
        self._wanted: Experiment | None = None
        self._known: tuple[object, Split] | None = None
        self.shown: EncodingPreview | None = None
        self._later = timer(self, self._ask, _WAIT_MS, once=True)
        title = named(Label("Preview"), style="cardtitle")
        self.number = number_field(
            0,
            2_000_000_000,
            0,
            "Number of the training stimulus",
            tip="Which training stimulus is shown",
            changed=lambda _: self._later.start(),
        )
        self.of = named(Label(), style="faint")
        self.view = StimulusView()
        self.surface = named(QFrame(), style="card")
        vbox(self.view, within=self.surface, margins=theme.GRID)
        self.surface.setMinimumHeight(_LINES * self.fontMetrics().height())
        self.words = named(wrapped("", "faint"), "Numbers of the preview")
        head = hbox(title, STRETCH, Label("training stimulus"), self.number, self.of, spacing=theme.GRID)
        vbox(head, (self.surface, 1), self.words, within=self, spacing=theme.GRID // 2)
        self.surface.hide()

    @property
    def busy(self) -> bool:
        """Whether a preview is awaited."""
        return self._later.isActive() or self._job is not None

    def show_for(self, experiment: Experiment | None) -> None:
        """Show the preview of an experiment; of none, what is drawn stays, since the form says what is wrong."""
        self._wanted = experiment
        if experiment is None:
            self._later.stop()
            self._give_up()
        elif experiment.schedule.is_stream:
            self._show_none("A stream has no stimuli.")
        elif experiment.encoding.currents:
            self._show_none("Stimuli reach the network as constant currents, without spikes.")
        else:
            self._later.start()

    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _ask(self) -> None:
        experiment, number = self._wanted, self.number.value()
        if experiment is None:
            return
        self._give_up()
        load = self._stimuli(experiment)

        def work() -> tuple[Split, EncodingPreview]:
            split = load()
            check_cancelled()
            return split, preview_encoding(experiment, split.train, min(number, len(split.train) - 1), check_cancelled)

        self._job = self._background.do(
            work, lambda found: self._take(experiment, *found), lambda reason: self._show_none(f"No preview: {reason}")
        )
        if self.shown is None:
            self.words.setText("reading the data …")

    def _stimuli(self, experiment: Experiment) -> Callable[[], Split]:
        """Return a function that returns the stimuli, which are read only if they are not known."""
        split, own = self._session.split, self._session.experiment
        if split is not None and own is not None and own.data == experiment.data:
            return lambda: split
        if self._known is not None and self._known[0] == experiment.data:
            known = self._known[1]
            return lambda: known
        return experiment.data.prepare

    def _take(self, experiment: Experiment, split: Split, found: EncodingPreview) -> None:
        self._job, self.shown = None, found
        self._known = experiment.data, split
        self.number.setMaximum(max(0, len(split.train) - 1))
        labels, number = split.train.labels, self.number.value()
        label = -1 if labels is None else int(labels[number])
        self.of.setText(f"class {split.class_names[label]}" if 0 <= label < len(split.class_names) else "")
        encoding = experiment.encoding
        names = encoding.copy_names if encoding.copies > 1 else experiment.data.plane_names
        self.surface.show()
        self.view.show_stimulus(found.shown, found.noun, names)
        self.words.setText(found.sentence)

    def _show_none(self, sentence: str) -> None:
        self._later.stop()
        self._give_up()
        self.shown = None
        self.surface.hide()
        self.words.setText(sentence)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.view.restyle()
