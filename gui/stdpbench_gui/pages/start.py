"""The Start page: experiments to start, recent runs, and the state of the machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QImage, QPixmap, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench_gui.dialogs.data_fetch import WORDS
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.basic import (
    Label,
    explain,
    not_none,
    plain_tip,
    unbroken,
    wrapped,
)
from stdpbench_gui.widgets.caption import FIRST_MINUTE as FIRST
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.pictures import to_image

_FIELDS = (
    "Receptive fields that resemble digits",
    "Receptive fields of ten neurons, one for each digit, after 20 000 pictures (of a network of 100 neurons)",
)
_WEIGHTS = (
    "Weights that separate into two groups",
    "How often each weight occurs, from 0 at the bottom to the largest at the top, over 1000 s",
)
_LATENCIES = (
    "Latencies that fall to a few milliseconds",
    "Latency of each answer to the pattern, from 0 at the bottom to 33 ms, over the first minute",
)
_SPIKES = (
    "Spikes that become sparse and irregular",
    "Spikes of some of the 8000 excitatory neurons, one per row, over the first 8 s",
)
_RHYTHM = (
    "Spikes in a slow rhythm",
    "Spikes of the 800 excitatory neurons over the first second, before the rhythm changes",
)
_DIGITS = (
    "Receptive fields that resemble digits",
    "Receptive fields of ten discrete neurons, one for each digit, after training",
)
_EDGES = (
    "Receptive fields that resemble the edges of digits",
    "Receptive fields of ten neurons, one for each digit: events of both polarities together, after training",
)
_PATCHES = (
    "Receptive fields that resemble strokes",
    "Receptive fields of ten neurons, each at its place in the picture",
)
_THROUGH = (
    "Receptive fields of a second layer",
    "Receptive fields of the first layer, summed with the weights of ten neurons of the second",
)
_ROWS = (
    "Receptive fields of rows of a table",
    "Weights of ten neurons: eight fields, from small to large values, of each of the four features of Iris",
)
_TAUGHT = (
    "Weights that were trained with labels",
    "Ten neurons of the hidden layer, each with the largest weight to the output neuron of a digit: positive weights "
    "from the pixels, smoothed, after training with labels",
)
_TIMED = (
    "Weights that were trained with labels",
    "Ten neurons of the hidden layer, each with the largest weights to the output neuron of a digit: sums of the "
    "weights of all delays, where they are positive, after training with labels",
)
_VOICES = (
    "Receptive fields of voices",
    "Weights of ten neurons: twelve channels of speech from left to right, eight fields of each, large values above",
)
_ARRIVALS = (
    "Spikes that arrive together",
    "When the spikes of 40 inputs arrive, in the order in which they are sent, from the top: four classes, each at a "
    "different neuron, after training",
)
FAMILIES = {
    "best": _FIELDS,
    "fast": _FIELDS,
    "diehl-cook": _FIELDS,
    "song-abbott": _WEIGHTS,
    "masquelier": _LATENCIES,
    "vogels": _SPIKES,
    "polychrony": _RHYTHM,
    "digits-discrete": _DIGITS,
    "digits-events": _EDGES,
    "local": _PATCHES,
    "stack": _THROUGH,
    "iris": _ROWS,
    "japanese-vowels": _VOICES,
    "surrogate": _TAUGHT,
    "spikeprop": _TIMED,
    "order": _ARRIVALS,
}
"""Prefixes of experiment names, with name and description of a picture: `fields-<family>.png` shows receptive fields
of the smallest one of the family, its weights over time, its latencies, or its spikes."""


_ORDER = (
    *("best-quick", "best-400", "best-1600", "best-100", "best-6400", "best-digits"),
    *("fast-400", "diehl-cook-400", "fast-100", "diehl-cook-100", "fast-1600", "diehl-cook-1600"),
    "fast-1600-long",
)
_COLUMNS = 3
_CARD = 370
"""Room in pixels for a card and what is beside it."""
_ROOMY = 1100
"""Width in pixels from which on there is room for the picture beside the first card."""
_GONE = "gone"
_LETTERS = 36
"""Width of a run's name, in letters; longer names are elided in the middle."""
_ASSETS = Path(__file__).parent.parent / "assets"
_HELP = (
    "Each card is an experiment. Its button starts a network of spiking neurons in a separate process and opens the "
    "Train page; “Edit…” opens the form for a new run first. Accuracies are those expected after training. “This "
    "machine” lists problems with the installation and how to fix them. Ctrl+K searches all commands. (The "
    "experiments follow Diehl &amp; Cook 2015, doi:10.3389/fncom.2015.00099)"
)


@cache
def _included(name: str) -> Experiment:
    """Return an included experiment, which does not change while the app runs."""
    return read_experiment(name)


class Card(QFrame):
    """Card of an experiment: summary, expected accuracy and time, and buttons to start it and to edit it first."""

    def __init__(
        self,
        experiment: Experiment,
        start: Callable[[], None],
        edit: Callable[[], None],
        button: str,
        primary: bool,
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFrameShape(QFrame.Shape.NoFrame)
        about = experiment.about
        what = "Accuracy" if experiment.stream is None else "Expected"
        expected = ((what, about.expected_accuracy), ("Time", about.expected_time))
        self.kind = str(getattr(experiment.data, "kind", ""))
        self._words = button
        self.warning = wrapped("", "problem")
        self.warning.hide()
        self.button = QPushButton(button)
        self.button.setAccessibleName(f"{button}: {about.title or experiment.name}")
        if primary:
            self.button.setObjectName("primary")
        self.button.clicked.connect(lambda: start())
        self.edit_button = QPushButton("Edit…")
        self.edit_button.setAccessibleName(f"Edit…: {about.title or experiment.name}")
        self.edit_button.setToolTip(
            "Change anything that the experiment declares, then start or queue the run, or save it as a file"
        )
        self.edit_button.clicked.connect(lambda: edit())
        self._buttons = hbox(self.button, self.edit_button, STRETCH)
        self._column = vbox(
            wrapped(about.title or experiment.name, "cardtitle"),
            wrapped(about.summary),
            *(wrapped(unbroken(f"{label}: {text}"), "faint") for label, text in expected if text),
            STRETCH,
            self.warning,
            self._buttons,
            spacing=theme.GRID,
        )
        self._text = hbox((self._column, 1), within=self, margins=2 * theme.GRID, spacing=2 * theme.GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_picture(self, picture: QWidget) -> None:
        """Show a picture to the right of the text."""
        self._text.addWidget(picture, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_choice(self, text: str, about: str, slot: Callable[[], None]) -> QPushButton:
        """Add a button beside the others, with what it does in the text of the card, and return it."""
        button = QPushButton(text)
        button.clicked.connect(lambda: slot())
        button.setToolTip(plain_tip(about))
        self._buttons.insertWidget(2, button)
        self._column.insertWidget(self._column.count() - 3, wrapped(about, "faint"))
        return button

    def show_above(self, name: str, description: str) -> Label:
        """Add a label for a picture above the text, and return it."""
        label = Label()
        label.setAccessibleName(name)
        label.setToolTip(plain_tip(description))
        self._column.insertWidget(0, label)
        return label

    def show_missing(self, missing: bool) -> None:
        """Show or hide the warning that the data set is missing."""
        words = WORDS.get(self.kind, self.kind)
        self.warning.setText(f"⚠ {words} is not on this machine.")
        self.warning.setVisible(missing)
        self.button.setText(f"Get {words}, then run…" if missing else self._words)


class StartPage(QScrollArea):
    """Cards of experiments, recent runs, the user's own data, and the state of the machine."""

    experiment_chosen = pyqtSignal(object)
    first_minute_chosen = pyqtSignal(str)
    """Name of the experiment that is about to be chosen, whose first pictures should be slow enough to follow."""
    run_chosen = pyqtSignal(object)
    own_data_wanted = pyqtSignal()
    check_wanted = pyqtSignal()
    data_wanted = pyqtSignal(str, str)
    data_wanted_for = pyqtSignal(str, object)
    edit_wanted = pyqtSignal(str)
    new_network_wanted = pyqtSignal()
    lessons_wanted = pyqtSignal()
    drawing_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Start")
        content = QWidget()
        self._layout = vbox(within=content, margins=(4 * theme.GRID, 3 * theme.GRID), spacing=2 * theme.GRID)
        self.setWidget(content)
        self.cards: dict[str, Card] = {}
        self.missing: set[str] = set()
        self._first_minute()
        self.recent = self._box("Recent runs")
        self.machine = self._box("This machine")
        self._layout.addLayout(hbox((self.recent, 1), (self.machine, 1), spacing=2 * theme.GRID))
        self._experiments()
        self.restyle()
        self._layout.addStretch(1)
        self.show_recent(None)
        self.show_machine([])

    def _first_minute(self) -> None:
        heading = Label("Watch a network of spiking neurons learn digits without labels")
        font = heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        heading.setFont(font)
        heading.setWordWrap(True)
        self.lessons_button = QPushButton("Lessons…")
        self.lessons_button.setToolTip("Six guided lessons of a quarter of an hour, beside the running program")
        self.lessons_button.clicked.connect(self.lessons_wanted.emit)
        self.draw_button = QPushButton("Draw a digit…")
        self.draw_button.setToolTip("Draw a digit and see the answer of the network on the Train page")
        self.draw_button.clicked.connect(self.drawing_wanted.emit)
        self._layout.addLayout(hbox((heading, 1), self.draw_button, self.lessons_button, spacing=theme.GRID))
        digits, samples = _included(FIRST), _included("digits")
        first = Card(
            digits,
            self._begin_first_minute,
            lambda: self.edit_wanted.emit(FIRST),
            "Digits in a minute",
            primary=True,
        )
        accuracy = samples.about.expected_accuracy.partition(",")[0]
        self.samples_button = first.add_choice(
            "Start from samples",
            f"At full speed, without the noise: the experiment digits starts from blurred pictures ({accuracy}).",
            lambda: self.experiment_chosen.emit(samples),
        )
        self.cards[FIRST] = first
        own = QFrame()
        own.setObjectName("card")
        self.own_button = QPushButton("Choose data…")
        self.own_button.clicked.connect(self.own_data_wanted.emit)
        self.network_button = QPushButton("Build a network…")
        self.network_button.clicked.connect(self.new_network_wanted.emit)
        vbox(
            wrapped("Your own data", "cardtitle"),
            wrapped(
                "Pictures (a folder of PNG or JPEG, a pair of IDX files, an npz file), signals, events or a table. "
                "You can also drop them here."
            ),
            hbox(self.own_button, STRETCH, margins=(0, 0, 0, theme.GRID)),
            STRETCH,
            wrapped("Your own network", "cardtitle"),
            wrapped("Populations and projections in a form, from scratch or from a template."),
            hbox(self.network_button, STRETCH),
            within=own,
            margins=2 * theme.GRID,
        )
        row = hbox((first, 2), (own, 1), spacing=2 * theme.GRID)
        self.fields = Label()
        self.fields.setAccessibleName("Receptive fields that resemble digits")
        self.fields.setToolTip(
            "Receptive fields of 32 neurons after two passes over these digits (network of 100 neurons)"
        )
        self._pictures = {self.fields: "fields"}
        self.fields.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        first.set_picture(self.fields)
        self._layout.addLayout(row)

    def _begin_first_minute(self) -> None:
        self.first_minute_chosen.emit(FIRST)
        self.experiment_chosen.emit(_included(FIRST))

    def _experiments(self) -> None:
        self._layout.addWidget(self._heading("Included experiments"))
        grid = QGridLayout()
        grid.setSpacing(2 * theme.GRID)
        known = shipped_experiments()
        placed = {*_ORDER, FIRST, "digits"}
        names = [*(name for name in _ORDER if name in known), *(name for name in known if name not in placed)]
        for number, name in enumerate(names):
            experiment = _included(name)
            edit = partial(self.edit_wanted.emit, name)
            card = Card(experiment, partial(self.choose, experiment), edit, f"Run {name}", primary=False)
            for family, words in FAMILIES.items():
                if name.startswith(family):
                    self._pictures[card.show_above(*words)] = f"fields-{family}"
            self.cards[name] = card
            grid.addWidget(card, number // _COLUMNS, number % _COLUMNS)
        self._grid, self._columns = grid, _COLUMNS
        self._layout.addLayout(grid)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Place the cards in fewer columns where there is little room."""
        width = not_none(self.viewport()).width()
        self.fields.setVisible(width >= _ROOMY)
        columns = min(_COLUMNS, max(1, width // _CARD))
        if columns != self._columns:
            self._columns = columns
            cards = [card for name, card in self.cards.items() if name != FIRST]
            for number, card in enumerate(cards):
                self._grid.addWidget(card, number // columns, number % columns)
        super().resizeEvent(event)  # lays out the cards for the width, which takes long

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        known: dict[str, QPixmap] = {}
        for label, name in self._pictures.items():
            if name not in known:
                known[name] = _fields(_ASSETS / f"{name}.png")
            label.setPixmap(known[name])

    def choose(self, experiment: Experiment) -> None:
        """Request the start of an experiment, or first its data if they are missing."""
        kind = str(getattr(experiment.data, "kind", ""))
        if kind in self.missing:
            self.data_wanted_for.emit(kind, experiment)
        else:
            self.experiment_chosen.emit(experiment)

    @staticmethod
    def _heading(text: str) -> QLabel:
        label = Label(text)
        font = label.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        label.setFont(font)
        return label

    def _box(self, title: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        layout = vbox(wrapped(title, "cardtitle"), within=frame, margins=2 * theme.GRID)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        return frame

    def explain(self) -> None:
        """Show the explanation of this view."""
        explain(self, "Start", _HELP, self.summary())

    def summary(self) -> str:
        """Describe what is shown: the recent runs, and the state of the machine."""
        return f"{self._about_runs} {self._about_machine}"

    def show_recent(
        self, runs: list[tuple[Path, str]] | None, problem: str = "", titles: Mapping[Path, str] | None = None
    ) -> None:
        """Show the newest runs with a short status each, or why they cannot be listed; None: not yet known.

        Runs are called by their titles, those without by their names.
        """
        layout = self._cleared(self.recent)
        self._about_runs = _about_runs(runs, problem, titles or {})
        if problem:
            layout.addWidget(wrapped(f"⚠ Cannot list the runs: {problem.rstrip('.')}.", "problem"))
        elif not runs:
            words = "Loading…" if runs is None else "No runs yet. The first one will appear here."
            layout.addWidget(wrapped(words, "faint"))
        for path, words in runs or ():
            room = _LETTERS * self.fontMetrics().horizontalAdvance("n")
            name = (titles or {}).get(path) or path.name
            button = QPushButton(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room))
            button.setAccessibleName(name)
            button.setFlat(True)
            button.setStyleSheet("text-align: left; padding: 2px;")
            button.setToolTip(plain_tip(str(path)))
            button.clicked.connect(lambda _=False, path=path: self.run_chosen.emit(path))
            known = Label(words)
            known.setObjectName("faint")
            layout.addLayout(hbox(button, STRETCH, known))
        self._order_keys()

    def show_machine(self, findings: Sequence[Any]) -> None:
        """Show the findings of `doctor`: state, name, detail and fix."""
        layout = self._cleared(self.machine)
        self._about_machine = _about_machine(findings)
        if not findings:
            layout.addWidget(wrapped("Checking…", "faint"))
        for finding in findings:
            if finding.state != "ok":
                self._show_fault(layout, finding)
        fine = [finding for finding in findings if finding.state == "ok"]
        if fine:
            all_fine = len(fine) == len(findings)
            label = wrapped(
                "✓  No problems found."
                if all_fine
                else f"✓  OK: {', '.join(WORDS.get(f.name, f.name) for f in fine)}.",
                "" if all_fine else "faint",
            )
            label.setToolTip("\n".join(f"{finding.name}: {finding.detail}" for finding in fine))
            layout.addWidget(label)
        self.missing = {finding.name for finding in findings if finding.state != "ok" and finding.name in WORDS}
        for card in self.cards.values():
            card.show_missing(card.kind in self.missing)
        if findings:
            again = QPushButton("Check again")
            again.clicked.connect(self.check_wanted.emit)
            layout.addLayout(hbox(again, STRETCH))
        self._order_keys()

    def _order_keys(self) -> None:
        """Order the Tab key from top to bottom, independent of the order of creation."""
        digits = self.cards[FIRST]
        card = [digits.button, digits.edit_button, self.samples_button]
        first = [self.draw_button, self.lessons_button, *card, self.own_button, self.network_button]
        boxes = [*self._buttons_of(self.recent), *self._buttons_of(self.machine)]
        cards = [card for name, card in self.cards.items() if name != FIRST]
        others = [button for card in cards for button in (card.button, card.edit_button)]
        for one, following in pairwise([*first, *boxes, *others]):
            QWidget.setTabOrder(one, following)

    @staticmethod
    def _buttons_of(box: QFrame) -> list[QPushButton]:
        """Return the buttons of a box from top to bottom, without those about to be deleted."""
        return [button for button in box.findChildren(QPushButton) if button.objectName() != _GONE]

    def _show_fault(self, layout: QVBoxLayout, finding: Any) -> None:
        """Show a problem with the button or the command that fixes it."""
        if finding.name in WORDS and finding.state != "fault":
            self._show_missing_data(layout, finding.name)
            return
        mark = "✗" if finding.state == "fault" else "!"
        layout.addWidget(wrapped(f"{mark}  {WORDS.get(finding.name, finding.name)}: {finding.detail}"))
        line = hbox(margins=(2 * theme.GRID, 0, 0, 0))
        if finding.name in WORDS:
            button = QPushButton(f"Get {WORDS[finding.name]} again…")
            button.clicked.connect(lambda _=False: self.data_wanted.emit(finding.name, ""))
            line.addWidget(button)
            line.addStretch(1)
        elif finding.fix:
            command = wrapped(finding.fix)
            command.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            command.setAccessibleName(f"Fix for {finding.name}")
            copy = QPushButton("Copy")
            copy.setToolTip("Copy the fix")
            copy.setAccessibleName(f"Copy the fix for {finding.name}")
            copy.clicked.connect(lambda _=False, text=finding.fix: _copy(text))
            line.addWidget(command, 1)
            line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(line)

    def _show_missing_data(self, layout: QVBoxLayout, name: str) -> None:
        needed, words = any(card.kind == name for card in self.cards.values()), WORDS[name]
        text = f"!  {words} is missing; experiments below need it." if needed else f"·  {words} is not installed."
        line = hbox((wrapped(text, "" if needed else "faint"), 1))
        ways = (("Download", "download"), ("Choose folder…", "folder")) if needed else (("Get…", ""),)
        for label, way in ways:
            button = QPushButton(label)
            button.setAccessibleName(f"{label} {words}")
            button.clicked.connect(lambda _=False, way=way: self.data_wanted.emit(name, way))
            line.addWidget(button)
        layout.addLayout(line)

    @staticmethod
    def _cleared(frame: QFrame) -> QVBoxLayout:
        layout = frame.layout()
        assert isinstance(layout, QVBoxLayout)
        while layout.count() > 1:
            _discard(not_none(layout.takeAt(1)))
        return layout


def _about_runs(runs: Sequence[tuple[Path, str]] | None, problem: str, titles: Mapping[Path, str]) -> str:
    """Say what the list of recent runs shows."""
    if problem:
        return f"The runs cannot be listed: {problem.rstrip('.')}."
    if not runs:
        return "The runs are being listed." if runs is None else "There are no runs yet."
    path, words = runs[0]
    newest = f"{titles.get(path) or path.name}{f' ({words})' if words else ''}"
    return f"The only run is {newest}." if len(runs) == 1 else f"The newest of {len(runs)} recent runs is {newest}."


def _about_machine(findings: Sequence[Any]) -> str:
    """Say in what state this machine is."""
    wrong = [WORDS.get(finding.name, finding.name) for finding in findings if finding.state != "ok"]
    if not findings:
        return "This machine is being checked."
    return f"To look at on this machine: {', '.join(wrong)}." if wrong else "This machine has no problems."


def _fields(path: Path) -> QPixmap:
    """Return a picture of receptive fields in the colours of the weight maps."""
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_Grayscale8)
    content = image.constBits()
    if content is None:
        return QPixmap()
    rows = np.frombuffer(content.asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1)
    ink = rows[:, : image.width()].astype(np.float64)
    return QPixmap.fromImage(to_image(ink, 0, 255, colour_maps.sequential()))


def _copy(text: str) -> None:
    not_none(QGuiApplication.clipboard()).setText(text)


def _discard(item: Any) -> None:
    widget, inner = item.widget(), item.layout()
    if widget is not None:
        widget.hide()
        widget.setObjectName(_GONE)
        widget.deleteLater()
    elif inner is not None:
        while inner.count():
            _discard(inner.takeAt(0))
