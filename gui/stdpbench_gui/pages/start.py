"""The Start page: one experiment to watch, six questions to begin with, and the newest runs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QMovie, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stdpbench.experiment import Experiment
from stdpbench_gui.dialogs.experiments import ASSETS, in_colours, included, picture_of
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.machine import Machine
from stdpbench_gui.session.run_session import FIRST_MINUTE as FIRST
from stdpbench_gui.widgets.basic import (
    Label,
    Scrolling,
    explain,
    named,
    not_none,
    plain_tip,
    push_button,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, vbox

_QUESTIONS = (
    ("Digits out of noise", "best-quick", "fields-best"),
    ("A neuron finds a hidden pattern", "masquelier-2008", "fields-masquelier"),
    ("Why weights split in two", "song-abbott-2000", "fields-song-abbott"),
    ("Rhythms and delays", "polychrony-2006", "fields-polychrony"),
    ("Speech", "japanese-vowels", "fields-japanese-vowels"),
    ("Your own pictures", "", "fields-local"),
)
"""Text, experiment and picture of each question; the last one opens a dialog for the user's data."""
_TILE = QSize(240, 40)
"""Size of the picture of a question in pixels."""
_FILM = QSize(180, 180)
"""Size of the film in pixels."""
_ROOMY = 900
"""Width in pixels from which on there is room for the picture beside the first experiment, and for three columns."""
_LETTERS = 36
"""Width of a run's name, in letters; longer names are cut off at their end."""
_GONE = "gone"
_HELP = (
    "The button starts a network of spiking neurons in a separate process and opens the Train page. Each question "
    "below starts the experiment that answers it, after asking for its data if they are missing; point at it for the "
    "accuracy and the time to expect. “All experiments” lists everything that comes with the program. Ctrl+K searches "
    "all commands. (The experiments follow Diehl &amp; Cook 2015, doi:10.3389/fncom.2015.00099)"
)


class StartPage(Scrolling):
    """One experiment to watch, questions, the newest runs, and problems of the machine if there are any."""

    experiment_chosen = pyqtSignal(object)
    first_minute_chosen = pyqtSignal(str)
    """Name of the experiment that is about to be chosen, whose first pictures should be slow enough to follow."""
    run_chosen = pyqtSignal(object)
    own_data_wanted = pyqtSignal()
    data_wanted_for = pyqtSignal(str, object)
    experiments_wanted = pyqtSignal()
    machine_wanted = pyqtSignal()
    new_network_wanted = pyqtSignal()
    lessons_wanted = pyqtSignal()
    drawing_wanted = pyqtSignal()

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self.setAccessibleName("Start")
        layout = vbox(self._first_minute(), margins=(4 * theme.GRID, 3 * theme.GRID), spacing=2 * theme.GRID)
        self.setWidget(holding(layout))
        self.questions = {text: self._question(text, name) for text, name, _ in _QUESTIONS}
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.GRID)
        self._place_questions(3)
        layout.addLayout(self._grid)
        self.experiments_button = push_button("All experiments…", clicked=self.experiments_wanted)
        self.network_button = push_button("Build a network…", clicked=self.new_network_wanted)
        self.machine_button = push_button("", clicked=self.machine_wanted)
        self.machine_button.hide()
        layout.addLayout(hbox(self.experiments_button, self.network_button, STRETCH, self.machine_button))
        self.recent = named(QFrame(), style="card")
        vbox(wrapped("Recent runs", "cardtitle"), within=self.recent, margins=2 * theme.GRID)
        layout.addWidget(self.recent)
        layout.addStretch(1)
        self.restyle()
        self.show_recent(None)
        machine.changed.connect(self._show_machine)

    def _first_minute(self) -> QFrame:
        card = named(QFrame(), style="card")
        heading = wrapped("Watch a network of spiking neurons learn digits")
        heading.setFont(theme.font_of(heading, 1.5))
        self.first_button = push_button("Digits in a minute", clicked=self._begin_first_minute, style="primary")
        self.draw_button = push_button(
            "Draw a digit…", clicked=self.drawing_wanted, tip="Draw a digit and see the answer of a trained network"
        )
        self.lessons_button = push_button(
            "Lessons…",
            clicked=self.lessons_wanted,
            tip="Six guided lessons of a quarter of an hour, beside the program",
        )
        self.fields = named(
            Label(),
            "Digits appear in the weights of neurons",
            tip="The weights of each neuron come to look like the digits that it answers",
        )
        self.fields.setFixedSize(_FILM)
        self.film = QMovie(str(ASSETS / f"{FIRST}.webp"))
        self.film.jumpToFrame(0)
        self.film.frameChanged.connect(self._show_frame)
        buttons = hbox(self.first_button, self.draw_button, self.lessons_button, STRETCH, spacing=theme.GRID)
        text = vbox(
            heading,
            wrapped("100 neurons, no labels, about half a minute.", "faint"),
            STRETCH,
            buttons,
            spacing=2 * theme.GRID,
        )
        hbox((text, 1), self.fields, within=card, margins=3 * theme.GRID, spacing=3 * theme.GRID)
        return card

    def _begin_first_minute(self) -> None:
        self.first_minute_chosen.emit(FIRST)
        self.experiment_chosen.emit(included(FIRST))

    def _question(self, text: str, name: str) -> QToolButton:
        tile = tool_button(text, style="tile")
        tile.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        tile.setIconSize(_TILE)
        tile.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if name:
            about = included(name).about
            facts = (about.summary, about.expected_accuracy, about.expected_time)
            tile.setToolTip(plain_tip(f"{about.title} ({name}). {' · '.join(filter(None, facts))}"))
            tile.clicked.connect(lambda: self.choose(included(name)))
        else:
            tile.setToolTip(plain_tip("Pictures, signals, events or a table; they can also be dropped on the window."))
            tile.clicked.connect(lambda: self.own_data_wanted.emit())
        return tile

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Place the questions in fewer columns where there is little room."""
        width = not_none(self.viewport()).width()
        self.fields.setVisible(width >= _ROOMY)
        columns = 3 if width >= _ROOMY else 2
        if columns != self._columns:
            self._place_questions(columns)
        super().resizeEvent(event)

    def _place_questions(self, columns: int) -> None:
        self._columns = columns
        for number, tile in enumerate(self.questions.values()):
            self._grid.addWidget(tile, number // columns, number % columns)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._show_frame()
        for text, _, picture in _QUESTIONS:
            self.questions[text].setIcon(QIcon(picture_of(picture)))

    def _show_frame(self) -> None:
        """Show a moment of the film, which goes on while it is seen; with reduced motion, a picture."""
        if motion.reduced or not self.isVisible():
            self.film.setPaused(True)
        shown = picture_of("fields") if motion.reduced else in_colours(self.film.currentImage())
        self.fields.setPixmap(shown.scaled(_FILM, Qt.AspectRatioMode.KeepAspectRatio))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on with the film, once it has begun."""
        super().showEvent(event)
        self.film.setPaused(False)

    def choose(self, experiment: Experiment) -> None:
        """Request the start of an experiment, or first its data if they are missing."""
        kind = str(getattr(experiment.data, "kind", ""))
        if kind in self._machine.missing:
            self.data_wanted_for.emit(kind, experiment)
        else:
            self.experiment_chosen.emit(experiment)

    def explain(self) -> None:
        """Show the explanation of this view."""
        explain(self, "Start", _HELP, self.summary())

    def summary(self) -> str:
        """Describe the state of the machine, which shows only where something is wrong."""
        return self._machine.in_words()

    def show_recent(
        self, runs: list[tuple[Path, str]] | None, problem: str = "", titles: Mapping[Path, str] | None = None
    ) -> None:
        """Show the newest runs with a short status each, or why they cannot be listed; None: not yet known.

        Runs are called by their titles, those without by their names.
        """
        layout = self.recent.layout()
        assert isinstance(layout, QVBoxLayout)
        while layout.count() > 1:
            _discard(not_none(layout.takeAt(1)))
        self.recent.setVisible(bool(runs or problem))
        if problem:
            layout.addWidget(wrapped(f"⚠ Cannot list the runs: {problem.rstrip('.')}.", "problem"))
        for path, words in runs or ():
            name = (titles or {}).get(path) or path.name
            room = _LETTERS * self.fontMetrics().horizontalAdvance("n")
            button = push_button(
                self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room),
                clicked=lambda _, path=path: self.run_chosen.emit(path),
                name=name,
                tip=plain_tip(str(path)),
            )
            button.setFlat(True)
            button.setStyleSheet("text-align: left; padding: 2px;")
            layout.addLayout(hbox(button, STRETCH, named(Label(words), style="faint")))
        self._order_keys()

    def _show_machine(self) -> None:
        """Show that something is wrong with this machine, if the check has found that."""
        wrong = ", ".join(self._machine.wrong)
        self.machine_button.setText(f"⚠ {wrong}…")
        self.machine_button.setAccessibleName(f"Problems of this machine: {wrong}")
        self.machine_button.setVisible(bool(wrong))

    def _order_keys(self) -> None:
        """Order the Tab key from top to bottom, independent of the order of creation."""
        first = [self.first_button, self.draw_button, self.lessons_button]
        below = [self.experiments_button, self.network_button, self.machine_button]
        runs = [button for button in self.recent.findChildren(QPushButton) if button.objectName() != _GONE]
        for one, following in pairwise([*first, *self.questions.values(), *below, *runs]):
            QWidget.setTabOrder(one, following)


def _discard(item: Any) -> None:
    widget, inner = item.widget(), item.layout()
    if widget is not None:
        widget.hide()
        widget.setObjectName(_GONE)
        widget.deleteLater()
    elif inner is not None:
        while inner.count():
            _discard(inner.takeAt(0))
