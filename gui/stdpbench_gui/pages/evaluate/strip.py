"""The selected pictures in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap
from PyQt6.QtWidgets import QListWidgetItem

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.fields import mosaic
from stdpbench.studies.report.views import Numbers
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import choice, named, not_none, wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.pictures import PictureStrip, describe_item, inks

_SIDE = 44
_MOST = 120
_NUMBER = int(Qt.ItemDataRole.UserRole)


class Strip(Box):
    """Stimuli with true class and answer; one of them can be marked."""

    title = "Stimuli"
    topics = frozenset({"look", "readout", "clusters", "chosen"})
    help_text = (
        "The selected stimuli, each with its true class → the answer; wrong ones have a frame and ✕. Signals are "
        "drawn as the mean of each channel, recordings as the number of events of each place. Use the arrow keys to "
        "mark one in the embedding. (How they are classified: Diehl &amp; Cook 2015, section 2.6, "
        "doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "The selected stimuli appear here."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self._numbers: Numbers = np.empty(0, np.int64)
        self.which = choice(
            ("all", "wrong", "right"), "Filter of stimuli", chosen=lambda _: self._on_changed({"chosen"})
        )
        self.title_extra.addWidget(self.which)
        self.note = named(wrapped("", ""), "Selection")
        self.note.setContentsMargins(theme.GRID, 4, theme.GRID, 2)
        self.list = PictureStrip("Selected stimuli", _SIDE, self.fontMetrics().height() + 30)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.list.currentItemChanged.connect(self._on_item)
        vbox(self.note, self.list, within=self.body, spacing=0)
        state.pointed.connect(self._on_pointed)

    def shown(self) -> Numbers:
        """Return the selected pictures, including those beyond the display limit."""
        look, state = self.look, self.state
        numbers = state.pictures if state.chosen else np.arange(look.n_images)
        right = look.right(state.readout)[numbers]
        which = self.which.currentIndex()
        return numbers if which == 0 else numbers[right == (which == 2)]

    def refresh(self, topics: set[str]) -> None:
        """Show the selected pictures."""
        look = self.look
        self.title_label.setText(f"{look.noun.capitalize()}s")
        numbers = self.shown()
        if topics == {"clusters", "chosen"} and np.array_equal(numbers[:_MOST], self._numbers):
            for place, number in enumerate(self._numbers.tolist()):  # new clusters, same pictures
                describe_item(not_none(self.list.item(place)), self._about(number))
            self._say()
            return
        self._numbers = numbers[:_MOST]
        with QSignalBlocker(self.list):
            self.list.clear()
            images = inks(look.pixels[self._numbers]) if len(numbers) else []
            for number, image in zip(self._numbers.tolist(), images, strict=True):
                label, answer = int(look.labels[number]), int(look.answers[self.state.readout][number])
                wrong = label != answer
                text = f"{'✕ ' if wrong else ''}{look.named(label)}→{look.named(answer)}"
                self.list.add_picture(_icon(image, wrong), text, self._about(number), number)
        self._say()

    def _about(self, number: int) -> str:
        return self.look.describe_picture(number, self.state.readout, self.state.clustering)

    def _say(self) -> None:
        state = self.state
        if state.picture >= 0:
            self.note.setText(self._about(state.picture))
            return
        n = len(self.shown())
        more = f" · showing the first {_MOST} of {thousands(n)}" if n > _MOST else ""
        if state.chosen:
            self.note.setText(f"{state.describe()}{more} · Esc clears the selection")
        else:
            hint = "Click a point, a cell, a cluster or a neuron, or drag over points, to select in all views"
            self.note.setText(f"{hint}{more}")

    def _on_item(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.state.point_at(int(item.data(_NUMBER)))

    def _on_pointed(self, number: int) -> None:
        if self.state.look is not None:
            self._say()

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{self.note.text()}."

    def table(self) -> Table | None:
        """Return one row per picture."""
        look, state = self.look, self.state
        answers = look.answers[state.readout]
        members = state.clustering.members if state.clustering is not None else np.full(look.n_images, -1)
        rows = [
            (
                n,
                look.named(int(look.labels[n])),
                look.named(int(answers[n])),
                int(members[n]),
                int(look.spikes[n]),
                int(look.winners[n]),
            )
            for n in self.shown().tolist()
        ]
        return (look.noun, "true class", f"answer of {state.readout}", "cluster", "spikes", "winning neuron"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the shown pictures as a mosaic."""
        look = self.look
        if not len(self.shown()):
            return None
        numbers = self.shown()[:_MOST]
        return {
            "kind": "image",
            "image": mosaic(look.pixels[numbers].reshape(len(numbers), -1).T.astype(np.float64), look.shape),
            "label": {"pixels": "grey value", "counts": "events"}.get(look.static_name, look.static_name),
            "title": self.state.describe() if self.state.chosen else f"Evaluated {look.noun}s",
            "n": f"{len(numbers)} {look.noun}s",
        }


def _icon(image: QImage, wrong: bool) -> QIcon:
    pixmap = QPixmap.fromImage(image).scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)
    colours = theme.current()
    painter = QPainter(pixmap)
    painter.setPen(QPen(QColor(colours.wrong if wrong else colours.line), 3 if wrong else 1))
    painter.drawRect(pixmap.rect().adjusted(0, 0, -1, -1))
    painter.end()
    return QIcon(pixmap)
