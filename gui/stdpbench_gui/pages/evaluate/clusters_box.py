"""Clusters of responses: method, K, and one row per cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QIcon, QPixmap
from PyQt6.QtWidgets import QSlider

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout.clustering import METHODS
from stdpbench.studies.report.views import NEURONS, Chosen
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import choice, named, note, number_field, push_button
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.tables import add_row, table_of

_SLIDING_MS = 250
_MOST = 60
_NUMBER = int(Qt.ItemDataRole.UserRole)
_NO_K = (NEURONS, "hdbscan")


class ClustersBox(Box):
    """Controls of the clustering, and a list of the clusters.

    Attributes
    ----------
    wanted : signal of str, object
        Request for a method and K; None: the K with the best silhouette.
    given_up : signal
        Request to cancel the clustering.
    """

    title = "Clusters"
    topics = frozenset({"look", "clusters", "chosen"})
    help_text = (
        "Responses are clustered without labels, on 50 principal components of the square roots of spike counts. K is "
        "the number of clusters; “auto” chooses the number with the best silhouette, while HDBSCAN and neurons "
        "determine their own. Majority and purity are the most frequent class in a cluster and its share; labels are "
        "used only for these. “sel.” counts selected stimuli. Select a row to highlight the cluster in all views. "
        "(Silhouette: Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7; HDBSCAN: Campello, Moulavi &amp; Sander 2013, "
        "doi:10.1007/978-3-642-37456-2_14)"
    )
    lines = 11
    empty_text = "Clusters of responses, found without labels, appear here."

    wanted = pyqtSignal(str, object)
    given_up = pyqtSignal()

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.method = choice([*METHODS, NEURONS], "Clustering method", chosen=lambda _: self._ask())
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "Number of clusters, K")
        self.slider.setMinimumWidth(60)
        self.slider.setRange(2, _MOST)
        self.slider.setValue(10)
        self.spin = number_field(2, _MOST, 10, "K", prefix="K ")
        self.auto = push_button(
            "auto",
            name="Number of clusters with the best silhouette",
            tip="K with the best silhouette, found without labels",
            checkable=True,
        )
        self.auto.setMaximumWidth(self.fontMetrics().horizontalAdvance("auto") + 4 * theme.GRID)
        self.cancel = push_button("Cancel", clicked=self.given_up, name="Cancel clustering")
        self.cancel.hide()
        self.title_extra.addWidget(self.method)
        controls = hbox((self.slider, 1), self.spin, self.auto, self.cancel, margins=(theme.GRID, 2))
        self.note = note("About the clusters")
        self.rows = table_of(
            "Clusters",
            (
                ("cluster", "Number and colour of the cluster"),
                ("size", "Number of stimuli in the cluster"),
                ("majority", "Most frequent class in the cluster"),
                ("purity", "Share of the majority class (%)"),
                ("sel.", "Number of selected stimuli in the cluster"),
            ),
            least=(1,),
        )
        self.rows.itemSelectionChanged.connect(self._on_row)
        vbox(controls, (self.rows, 1), self.note, within=self.body, spacing=0)
        self._sliding = timer(self, self._ask, _SLIDING_MS, once=True)
        self.slider.valueChanged.connect(self._on_k)
        self.spin.valueChanged.connect(self._on_k)
        self.auto.toggled.connect(self._ask)

    @property
    def k(self) -> int | None:
        """Number of clusters; None: the number with the best silhouette."""
        return None if self.auto.isChecked() else self.spin.value()

    def _on_k(self, k: int) -> None:
        for widget in (self.slider, self.spin):
            if widget.value() != k:
                widget.setValue(k)
        if not self.auto.isChecked():
            self._sliding.start()

    def _ask(self) -> None:
        self._sliding.stop()
        method = self.method.currentText()
        free = method not in _NO_K
        self.auto.setEnabled(free)
        for widget in (self.slider, self.spin):
            widget.setEnabled(free and not self.auto.isChecked())
        self.wanted.emit(method, self.k if free else None)

    def begin(self, k: int) -> None:
        """Request the first clusters of a run."""
        for widget in (self.slider, self.spin):
            with QSignalBlocker(widget):
                widget.setMaximum(max(2, min(_MOST, self.state.look.n_images if self.state.look else _MOST)))
                widget.setValue(k)
        self._ask()

    def show_busy(self, busy: bool) -> None:
        """Show that clustering is in progress."""
        self.cancel.setVisible(busy)
        self._say("clustering …" if busy else "")

    def _say(self, instead: str = "") -> None:
        self.note.setText(instead or self._about())

    # -- drawing ---------------------------------------------------------------------------------------------------

    def refresh(self, topics: set[str]) -> None:
        """List the clusters."""
        look, clustering, chosen = self.look, self.state.clustering, self.state.chosen
        with QSignalBlocker(self.rows):
            if topics & {"look", "clusters"}:
                self.rows.clear()
                for line in [] if clustering is None else clustering.lines(look.labels, look.n_classes):
                    name = "none" if line.number < 0 else str(line.number)
                    texts = [name, thousands(line.size), look.named(line.majority), f"{100 * line.purity:.1f}", ""]
                    row = add_row(self.rows, texts)
                    row.setData(0, _NUMBER, line.number)
                    row.setIcon(0, _chip(theme.class_colour(line.number)))
            self._count_selected()
            self.rows.clearSelection()
            for row in self._items():
                if chosen.kind == "cluster" and row.data(0, _NUMBER) == chosen.numbers[0]:
                    row.setSelected(True)
                    self.rows.scrollToItem(row)
        self._say("clustering …" if self.cancel.isVisibleTo(self) else "")

    def _items(self) -> list[Any]:
        return [self.rows.topLevelItem(place) for place in range(self.rows.topLevelItemCount())]

    def _count_selected(self) -> None:
        clustering = self.state.clustering
        if clustering is None:
            return
        inside = clustering.members[self.state.pictures] if self.state.chosen else np.empty(0, np.int64)
        for row in self._items():
            n = int((inside == row.data(0, _NUMBER)).sum())
            row.setText(4, str(n) if self.state.chosen else "")

    def _on_row(self) -> None:
        chosen = self.rows.selectedItems()
        if chosen:
            self.state.choose(Chosen("cluster", (int(chosen[0].data(0, _NUMBER)),)))

    # -- summary and export ---------------------------------------------------------------------------------------

    def _about(self) -> str:
        look, clustering = self.state.look, self.state.clustering
        if look is None or clustering is None:
            return ""
        found = [line for line in clustering.lines(look.labels, look.n_classes) if line.number >= 0]
        named = len({line.majority for line in found})
        return f"{len(found)} clusters, K: {clustering.k_from}; majorities of {named} of {look.n_classes} classes"

    def summary(self) -> str:
        """Describe what is shown."""
        return self._about() or self.empty_text

    def table(self) -> Table | None:
        """Return one row per cluster."""
        look, clustering = self.look, self.state.clustering
        if clustering is None:
            return None
        rows = [
            (line.number, line.size, look.named(line.majority), round(line.purity, 5))
            for line in clustering.lines(look.labels, look.n_classes)
        ]
        return ("cluster", f"{look.noun}s", "majority class", "purity"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the number of pictures of each class in each cluster."""
        look, clustering = self.look, self.state.clustering
        if clustering is None:
            return None
        lines = clustering.lines(look.labels, look.n_classes)
        of = [look.labels[clustering.members == line.number] for line in lines]
        counts = [np.bincount(labels, minlength=look.n_classes) for labels in of]
        return {
            "kind": "image",
            "image": np.array(counts, np.float64),
            "label": f"{look.noun}s",
            "x_label": "true class",
            "y_label": "cluster",
            "x_ticks": list(look.class_names),
            "y_ticks": [str(line.number) if line.number >= 0 else "none" for line in lines],
            "title": f"Clusters of responses, {clustering.method}, K = {len(lines)}",
        }


def _chip(colour: QColor) -> QIcon:
    pixmap = QPixmap(10, 10)
    pixmap.fill(colour)
    return QIcon(pixmap)
