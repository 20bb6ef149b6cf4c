"""All experiments that come with the program: a list with search and kinds, and what to expect of each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QImage, QPixmap
from PyQt6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QWidget

from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.session.machine import DATA_SETS, Machine
from stdpbench_gui.widgets.basic import Dialog, Label, named, plain_tip, push_button, search_field, unbroken, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.pictures import to_image

_FIELDS = "Receptive fields that resemble digits"
_PICTURES = {
    "best": _FIELDS,
    "fast": _FIELDS,
    "diehl-cook": _FIELDS,
    "song-abbott": "How often each weight occurs, from 0 at the bottom to the largest at the top, over 1000 s",
    "masquelier": "Latency of each answer to the pattern, from 0 at the bottom to 33 ms, over the first minute",
    "vogels": "Spikes of some of the 8000 excitatory neurons, one per row, over the first 8 s",
    "polychrony": "Spikes of the 800 excitatory neurons over the first second, before the rhythm changes",
    "digits-discrete": "Receptive fields of ten discrete neurons, one for each digit",
    "digits-events": "Receptive fields of ten neurons, one for each digit: events of both polarities together",
    "conv": "Ten features, the same at all places of the picture: bright contrasts, minus dark ones",
    "local": "Receptive fields of ten neurons, each at its place in the picture",
    "stack": "Receptive fields of the first layer, summed with the weights of ten neurons of the second",
    "iris": "Weights of ten neurons: eight fields, from small to large values, of the four features of Iris",
    "japanese-vowels": "Weights of ten neurons: twelve channels of speech from left to right, large values above",
    "surrogate": "Ten neurons of the hidden layer, each with the largest weight to the output neuron of a digit",
    "spikeprop": "Ten neurons of the hidden layer: positive sums of the weights of all delays",
    "order": "When the spikes of 40 inputs arrive, in the order in which they are sent, from the top",
}
"""Prefix of experiment names, which is that of the picture `fields-<prefix>.png`, and what the picture shows."""
_FIRST = (
    *("digits", "digits-from-noise", "best-quick", "best-400", "best-1600", "best-100", "best-6400", "best-digits"),
    *("fast-400", "diehl-cook-400", "fast-100", "diehl-cook-100", "fast-1600", "diehl-cook-1600"),
)
"""Names at the beginning of the list."""
ASSETS = Path(__file__).parent.parent / "assets"
_TIMES = {"any time": (0.0, np.inf), "up to a minute": (0.0, 1.0), "up to 10 minutes": (0.0, 10.0)}
_TIMES["longer"] = (10.01, np.inf)
"""Shortest and longest time of the experiments that are listed, in minutes."""
_KINDS = ("all kinds", "pictures and signals", "streams", "supervised")


def kind_of(experiment: Experiment) -> str:
    """Return the kind of an experiment, one of those that the list can be restricted to."""
    if experiment.reference is not None:
        return "supervised"
    return "pictures and signals" if experiment.stream is None else "streams"


@cache
def included(name: str) -> Experiment:
    """Return an included experiment, which does not change while the app runs."""
    return read_experiment(name)


def picture_of(name: str) -> QPixmap:
    """Return a picture of the assets in the colours of the weight maps."""
    return in_colours(QImage(str(ASSETS / f"{name}.png")))


def in_colours(picture: QImage) -> QPixmap:
    """Return a picture of weights, white where they are large, in the colours of the weight maps."""
    image = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    content = image.constBits()
    if content is None:
        return QPixmap()
    rows = np.frombuffer(content.asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1)
    ink = rows[:, : image.width()].astype(np.float64)
    return QPixmap.fromImage(to_image(ink, 0, 255, colour_maps.sequential()))


class ExperimentsDialog(Dialog):
    """Lists the included experiments; the chosen one is described on the right, and can be run or edited.

    Attributes
    ----------
    chosen : signal of Experiment
        An experiment that is to be run, after its data have been fetched if they are missing.
    edit_wanted : signal of str
        Name of an experiment that is to be changed before it is run.
    """

    chosen = pyqtSignal(object)
    edit_wanted = pyqtSignal(str)

    def __init__(self, machine: Machine, parent: QWidget) -> None:
        super().__init__("All experiments", parent)
        self._machine = machine
        self.search = search_field("Search experiments", "Search names, summaries and times", self._restrict)
        self.kind = named(QComboBox(), "Kind of experiments")
        self.kind.addItems(_KINDS)
        self.kind.currentIndexChanged.connect(self._restrict)
        self.time = named(QComboBox(), "Time that a run takes")
        self.time.addItems(_TIMES)
        self.time.currentIndexChanged.connect(self._restrict)
        self.list = named(QListWidget(), "Experiments")
        self.list.currentItemChanged.connect(self._describe)
        self.list.itemActivated.connect(lambda _: self.run())
        self.picture, self.title, self.summary = Label(), wrapped("", "cardtitle"), wrapped("")
        self.expected, self.warning = wrapped("", "faint"), wrapped("", "problem")
        self.run_button = push_button("", clicked=lambda _=False: self.run(), style="primary")
        self.run_button.setDefault(True)
        tip = "Change anything that the experiment declares, then start, queue or save it"
        self.edit_button = push_button("Edit…", clicked=lambda _=False: self.edit(), tip=tip)
        about = vbox(
            *(self.picture, self.title, self.summary, self.expected, STRETCH, self.warning),
            hbox(STRETCH, self.edit_button, self.run_button),
            spacing=theme.GRID,
        )
        left = vbox(self.search, hbox((self.kind, 1), (self.time, 1)), (self.list, 1), spacing=theme.GRID)
        hbox((left, 1), (about, 1), within=self, margins=2 * theme.GRID, spacing=3 * theme.GRID)
        known = shipped_experiments()
        for name in (*(name for name in _FIRST if name in known), *(name for name in known if name not in _FIRST)):
            item = QListWidgetItem(included(name).about.title or name)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(plain_tip(name))
            self.list.addItem(item)
        machine.changed.connect(self._describe)
        self.list.setCurrentRow(0)
        self.search.setFocus()
        self.resize(860, 520)

    @property
    def name(self) -> str:
        """Name of the chosen experiment; empty if none is."""
        item = self.list.currentItem()
        return "" if item is None or item.isHidden() else str(item.data(Qt.ItemDataRole.UserRole))

    def _restrict(self) -> None:
        """Show the experiments of the chosen kind and time in which all words that are searched for occur."""
        words, kind = self.search.text().lower().split(), self.kind.currentText()
        least, most = _TIMES[self.time.currentText()]
        items = [item for row in range(self.list.count()) if (item := self.list.item(row)) is not None]
        for item in items:
            name = str(item.data(Qt.ItemDataRole.UserRole))
            about = included(name).about
            text = f"{name} {about.title} {about.summary} {about.expected_time}".lower()
            fits = kind in (_KINDS[0], kind_of(included(name))) and all(word in text for word in words)
            item.setHidden(not (fits and least <= about.minutes <= most))
        if not self.name:
            self.list.setCurrentItem(next((item for item in items if not item.isHidden()), None))
        self._describe()

    def _describe(self) -> None:
        """Describe the chosen experiment."""
        name = self.name
        for button in (self.run_button, self.edit_button):
            button.setEnabled(bool(name))
        for label in (self.picture, self.title, self.summary, self.expected, self.warning):
            label.setVisible(bool(name))
        if not name:
            self.run_button.setText("Run")
            return
        experiment = included(name)
        about, kind = experiment.about, str(getattr(experiment.data, "kind", ""))
        family = next((prefix for prefix in _PICTURES if name.startswith(prefix)), "")
        self.picture.setPixmap(picture_of(f"fields-{family}" if family else "fields-digits-discrete"))
        named(self.picture, _PICTURES.get(family, _FIELDS), tip=plain_tip(_PICTURES.get(family, _FIELDS)))
        self.title.setText(f"{about.title} ({name})" if about.title else name)
        self.summary.setText(about.summary)
        what = "Accuracy" if experiment.stream is None else "Expected"
        facts = ((what, about.expected_accuracy), ("Time", about.expected_time))
        self.expected.setText("\n".join(unbroken(f"{label}: {text}") for label, text in facts if text))
        missing, words = kind in self._machine.missing, DATA_SETS.get(kind, kind)
        self.warning.say(f"⚠ {words} is not on this machine." if missing else "")
        self.run_button.setText(f"Get {words}, then run…" if missing else "Run")

    def run(self) -> None:
        """Run the chosen experiment, after its data have been fetched if they are missing."""
        if name := self.name:
            self.close()
            self.chosen.emit(included(name))

    def edit(self) -> None:
        """Open the form for a new run of the chosen experiment."""
        if name := self.name:
            self.close()
            self.edit_wanted.emit(name)
