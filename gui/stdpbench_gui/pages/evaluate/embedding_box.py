"""The embedding: responses as points, coloured by class, cluster or correctness."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec
from typing import Any

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout.embedding import Embedding
from stdpbench.studies.report.views import Numbers
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.scatter import Scatter
from stdpbench_gui.pages.evaluate.state import CLUSTER, COLOURS, VERDICT, EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Label, NarrowBox, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.inks import ink
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar

_WORDS = {"pca": "PCA", "t-sne": "t-SNE", "umap": "UMAP"}
_MOST_NAMES = 60
_MOST_LEGEND = 12


class EmbeddingBox(Box):
    """Each evaluated picture at the position of its response.

    Attributes
    ----------
    plane_wanted : signal of str
        Request for an embedding with this method.
    given_up : signal
        Request to cancel the embedding being computed.
    """

    title = "Embedding"
    topics = frozenset({"look", "plane", "colour", "clusters", "readout", "chosen"})
    help_text = (
        "Each point is an evaluated stimulus; those with similar responses are close to each other. PCA shows the "
        "two directions of largest variance. t-SNE keeps neighbours together, but its distances and sizes have no "
        "meaning. Trustworthiness, 0 to 1, measures how many neighbours in the plane are true neighbours. Hover over "
        "a point to see it. Click to select the group of that colour, drag to select several; the wheel "
        "zooms, the right button moves the view, and a double-click shows all. Esc clears the selection. When "
        "coloured by correctness, ● is right and ✕ is wrong. Embeddings are for exploration, not for measurement. "
        "(t-SNE: van der Maaten &amp; Hinton 2008, J. Mach. Learn. Res. 9:2579; trustworthiness: Venna &amp; Kaski "
        "2001, doi:10.1007/3-540-44668-0_68)"
    )
    lines = 13
    empty_text = "Each stimulus appears here as a point, placed by the network's response."

    plane_wanted = pyqtSignal(str)
    given_up = pyqtSignal()

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.method, self.colour = NarrowBox(), NarrowBox()
        for name in ("pca", "t-sne", *(["umap"] if find_spec("umap") else [])):
            self.method.addItem(_WORDS[name], name)
        self.method.setAccessibleName("Embedding")
        self.method.setToolTip("Method of the embedding; t-SNE takes a minute or two for 10 000 stimuli")
        self.method.activated.connect(lambda _: self.plane_wanted.emit(self.method.currentData()))
        self.colour.addItems([f"by {name}" for name in COLOURS])
        self.colour.setAccessibleName("Colour of points")
        self.colour.activated.connect(lambda place: state.set_colour(COLOURS[place]))
        self.title_extra.addWidget(self.method)
        self.title_extra.addWidget(self.colour)
        self.scatter = Scatter(self._picture)
        self.note = named(wrapped("", "faint"), "About the embedding")
        self.note.setTextFormat(Qt.TextFormat.RichText)
        self.note.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
        self.under_way = Label()
        self.bar = ProgressBar("Progress of the embedding")
        self.cancel = push_button("Cancel", clicked=self.given_up, name="Cancel the embedding")
        busy = hbox(margins=(theme.GRID, 2))
        for widget in (self.under_way, self.bar, self.cancel):
            busy.addWidget(widget, 1 if widget is self.bar else 0)
            widget.hide()
        vbox((self.scatter, 1), busy, self.note, within=self.body, spacing=0)
        self.scatter.pointed.connect(state.point_at)
        self.scatter.banded.connect(state.choose_pictures)
        self.scatter.clicked.connect(self._on_click)
        state.pointed.connect(self._on_pointed)

    def has_content(self) -> bool:
        """Return whether there is an embedding of the run."""
        return self.state.look is not None and self.state.plane is not None

    @property
    def plane(self) -> Embedding:
        """The embedding; only while there is one."""
        return not_none(self.state.plane)

    def refresh(self, topics: set[str]) -> None:
        """Draw the changes."""
        state, look, plane = self.state, self.look, self.plane
        self.colour.setCurrentIndex(COLOURS.index(state.colour))
        if "plane" in topics:
            self.scatter.show_points(plane.points)
            self.method.setCurrentIndex(max(0, self.method.findData(plane.method)))
        if topics & {"plane", "colour", "clusters", "readout"}:
            groups = self._groups()
            self.scatter.show_looks(groups, self._looks(groups), self._names(groups))
        strong = None
        if state.chosen:
            strong = np.zeros(look.n_images, bool)
            strong[state.pictures] = True
        self.scatter.show_strong(strong)
        self.note.setText(self._about() + self._legend())

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._on_changed({"colour"})

    def show_progress(self, words: str, done: int = 0, total: int = 0) -> None:
        """Show the progress of a new embedding; empty `words`: none is being computed."""
        for widget in (self.under_way, self.bar, self.cancel):
            widget.setVisible(bool(words))
        self.under_way.setText(words)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        if not words and self.state.plane is not None:
            self.method.setCurrentIndex(max(0, self.method.findData(self.state.plane.method)))

    # -- colours ---------------------------------------------------------------------------------------------------

    def _groups(self) -> Numbers:
        """Return the group that colours each point."""
        look, clustering = self.look, self.state.clustering
        if self.state.colour == VERDICT:
            return look.right(self.state.readout).astype(np.int64)
        if self.state.colour == CLUSTER:
            return clustering.members if clustering is not None else np.full(look.n_images, -1)
        return look.labels

    def _looks(self, groups: Numbers) -> dict[int, tuple[QColor, str]]:
        """Return colour and symbol of each group."""
        colours = theme.current()
        if self.state.colour == VERDICT:
            return {0: (QColor(colours.wrong), "x"), 1: (QColor(colours.right), "o")}
        return {number: (theme.class_colour(number), "o") for number in np.unique(groups).tolist()}

    def _names(self, groups: Numbers) -> list[tuple[float, float, str]]:
        """Return a name at the centre of each group: ten colours alone are hard to distinguish."""
        look, plane = self.look, self.plane
        found = np.unique(groups[groups >= 0])
        if self.state.colour == VERDICT or len(found) > _MOST_NAMES:
            return []
        names = []
        for number in found.tolist():
            x, y = np.median(plane.points[groups == number], axis=0)
            names.append((float(x), float(y), str(number) if self.state.colour == CLUSTER else look.named(number)))
        return names

    def _group_name(self, number: int) -> str:
        look = self.look
        if self.state.colour == VERDICT:
            return ("wrong", "right")[number]
        if self.state.colour == CLUSTER:
            return f"cluster {number}" if number >= 0 else "in no cluster"
        return look.named(number)

    def _picture(self, number: int) -> tuple[QImage, list[str]]:
        look = self.look
        head, *rest = look.describe_picture(number, self.state.readout, self.state.clustering).split(", ")
        return ink(look.pixels[number]), [part.capitalize() for part in head.split(": ")] + rest

    # -- choosing --------------------------------------------------------------------------------------------------

    def _on_click(self, number: int) -> None:
        if number < 0:
            self.state.clear()
        else:
            self.state.choose_like(number)

    def _on_pointed(self, number: int) -> None:
        self.scatter.point_at(number)
        look = self.state.look
        text = "" if look is None or number < 0 else look.describe_picture(number, "vote", self.state.clustering)
        self.scatter.setAccessibleDescription(text)

    # -- summary and export ---------------------------------------------------------------------------------------

    def _about(self) -> str:
        look, plane = self.look, self.plane
        text = f"{_WORDS.get(plane.method, plane.method)} of {thousands(look.n_images)} responses"
        if not np.isnan(plane.trustworthiness):
            text += f" · trustworthiness {plane.trustworthiness:.2f}"
            text += " (first 2000)" if look.n_images > 2000 else ""
        if self.state.colour == VERDICT:
            return f"{text} · ● right  ✕ wrong, by {self.state.readout}"
        if self.state.colour == CLUSTER and self.state.clustering is None:
            return f"{text} · clustering …"
        return f"{text} · coloured by {'cluster' if self.state.colour == CLUSTER else 'class'}"

    def _legend(self) -> str:
        groups = np.unique(self._groups())
        if self.state.colour == VERDICT or len(groups) > _MOST_LEGEND:
            return ""
        marks = [
            f'<span style="color: {theme.class_colour(number).name()}">■</span>&nbsp;'
            f"{escape(self._group_name(number).removeprefix('cluster '))}"
            for number in groups.tolist()
        ]
        return f"<br>{' &nbsp;'.join(marks)}"

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{self._about()}. {self.state.describe()}."

    def table(self) -> Table | None:
        """Return one row per picture."""
        look, plane, clustering = self.look, self.plane, self.state.clustering
        answers = look.answers[self.state.readout]
        members = clustering.members if clustering is not None else np.full(look.n_images, -1)
        rows = [
            (n, round(x, 5), round(y, 5), look.named(label), look.named(answer), member)
            for n, ((x, y), label, answer, member) in enumerate(
                zip(plane.points.tolist(), look.labels.tolist(), answers.tolist(), members.tolist(), strict=True)
            )
        ]
        return (look.noun, "x", "y", "true class", f"answer of {self.state.readout}", "cluster"), rows

    def plain_figure(self) -> dict[str, Any] | None:
        """Return the points, one group per colour."""
        plane, groups, shown = self.plane, self._groups(), []
        for number in np.unique(groups).tolist():
            x, y = plane.points[groups == number].T
            shown.append({"x": x, "y": y, "label": self._group_name(number)})
        trust = plane.trustworthiness
        text = "" if np.isnan(trust) else f", trustworthiness {trust:.2f}"
        return {
            "kind": "points",
            "groups": shown,
            "title": f"{_WORDS.get(plane.method, plane.method)} of responses{text}",
        }
