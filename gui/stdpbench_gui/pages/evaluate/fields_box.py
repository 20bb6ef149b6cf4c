"""Receptive fields, sorted by class or cluster; those of the selection are framed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QHelpEvent
from PyQt6.QtWidgets import QToolTip

from stdpbench.base.units import label
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.fields import mosaic
from stdpbench.studies.report.views import Chosen, Numbers
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import neurons_of
from stdpbench_gui.widgets.basic import choice, named, note, plain_tip
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.mosaic import STEPS, MapGraphics, Mosaic

_ORDERS = ("class", "cluster", "purity", "number")


class FieldsBox(Box):
    """The weights of every neuron that is read as a picture."""

    title = "Receptive fields"
    topics = frozenset({"look", "clusters", "chosen"})
    help_text = (
        "Each square is the receptive field of one neuron that is read; strong weights stand out from the background, "
        "and pixels without a synapse have a different colour. The line below it has the colour of the neuron's class "
        "or, when sorted by cluster, of the cluster whose stimuli it wins most often. A neuron wins a stimulus if it "
        "fires most. Frames mark the neurons of the selected class, or the winners of the selected stimuli. Click a "
        "neuron, or use the arrow keys, to select the stimuli it wins. (Diehl &amp; Cook 2015, figure 2A, "
        "doi:10.3389/fncom.2015.00099)"
    )
    lines = 13
    empty_text = "Receptive fields appear here, sorted by class or cluster."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        orders = [f"by {name}" for name in _ORDERS]
        self.sort = choice(orders, "Order of fields", chosen=lambda _: self._on_changed({"look"}))
        self.title_extra.addWidget(self.sort)
        self.mosaic = Mosaic()
        self.graphics = named(
            MapGraphics(self._on_key), "Receptive fields; use the arrow keys to move between neurons"
        )
        self.graphics.ci.layout.setContentsMargins(2, 2, 2, 2)
        self.graphics.addItem(self.mosaic.view)
        self._frames = pg.PlotCurveItem(connect="pairs")
        self.mosaic.view.addItem(self._frames, ignoreBounds=True)
        self._bars: list[pg.PlotCurveItem] = []
        self.mosaic.view.sigRangeChanged.connect(lambda *_: self._draw())
        self.graphics.scene().sigMouseClicked.connect(self._on_click)
        self.graphics.viewport().installEventFilter(self)
        self.note = note("About the neurons")
        vbox((self.graphics, 1), self.note, within=self.body, spacing=0)
        self._levels, self._gaps = (0.0, 1.0), False
        self.restyle()

    def refresh(self, topics: set[str]) -> None:
        """Draw the changes."""
        look = self.look
        by = _ORDERS[self.sort.currentIndex()]
        if topics & {"look", "clusters"}:
            if "look" in topics:
                strong, self._gaps = look.w[look.w > 0], bool(np.isnan(look.w).any())
                self._levels = (0.0, float(np.quantile(strong, 0.995)) if len(strong) else 1.0)
            self.mosaic.arrange(look.n_exc, look.field_shape)
            self.mosaic.order = look.order_of_neurons(by, self.state.clustering)
            self._draw()
            self._draw_bars(by)
        self._draw_frames()
        self.note.setText(self._about())

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.setBackground(theme.current().base)
        self.mosaic.image.set_colours(colour_maps.sequential(), colour_maps.absent())
        self._frames.setPen(theme.current().pen("wrong", 2))
        self._on_changed({"clusters"})

    def _draw(self) -> None:
        if self.state.look is not None and len(self.mosaic.order) == self.state.look.n_exc:
            self.mosaic.draw(self.state.look.w, self._levels, gaps=self._gaps)

    def _groups(self, by: str) -> Numbers:
        look, clustering = self.look, self.state.clustering
        return look.neuron_clusters(clustering) if by == "cluster" and clustering is not None else look.neuron_labels

    def _draw_bars(self, by: str) -> None:
        for old in self._bars:
            self.mosaic.view.removeItem(old)
        self._bars.clear()
        groups = self._groups(by)[self.mosaic.order]
        height, width = self.mosaic.shape
        lefts, tops = np.array([self.mosaic.corner(place) for place in range(len(groups))]).reshape(-1, 2).T
        for group in np.unique(groups[groups >= 0]).tolist():
            mine = groups == group
            x = np.column_stack([lefts[mine], lefts[mine] + width]).reshape(-1)
            y = np.repeat(tops[mine] + height + 0.3, 2)
            pen = pg.mkPen(QColor(theme.class_colour(group)), width=2)
            self._bars.append(pg.PlotCurveItem(x.astype(float), y.astype(float), connect="pairs", pen=pen))
            self.mosaic.view.addItem(self._bars[-1], ignoreBounds=True)

    def _draw_frames(self) -> None:
        height, width = self.mosaic.shape
        places = np.flatnonzero(np.isin(self.mosaic.order, self.state.neurons))
        if not len(places):
            self._frames.setData([], [])
            return
        left, top = np.array([self.mosaic.corner(int(place)) for place in places], float).T
        right, bottom = left + width, top + height
        x = np.column_stack([left, right, right, right, right, left, left, left]).reshape(-1)
        y = np.column_stack([top, top, top, bottom, bottom, bottom, bottom, top]).reshape(-1)
        self._frames.setData(x, y)

    # -- choosing --------------------------------------------------------------------------------------------------

    def _neuron_at(self, scene: QPointF) -> int:
        point = self.mosaic.view.mapSceneToView(scene)
        return self.mosaic.neuron_at(point.x(), point.y())

    def _on_click(self, event: Any) -> None:
        neuron = self._neuron_at(event.scenePos()) if self.state.look is not None else -1
        if event.double():
            self.mosaic.show_all()
        elif neuron >= 0:
            self.state.choose(Chosen("neuron", (neuron,)))

    def _on_key(self, key: int) -> bool:
        step = STEPS.get(Qt.Key(key))
        if step is None or self.state.look is None:
            return False
        at = self.state.chosen.numbers[0] if self.state.chosen.kind == "neuron" else -1
        self.state.choose(Chosen("neuron", (self.mosaic.neighbour(at, *step),)))
        return True

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Describe a neuron in a tooltip."""
        look = self.state.look
        if isinstance(event, QHelpEvent) and look is not None:
            neuron = self._neuron_at(self.graphics.mapToScene(QPoint(event.pos())))
            QToolTip.showText(
                event.globalPos(), plain_tip(look.describe_neuron(neuron) if neuron >= 0 else ""), self.graphics
            )
            return True
        return super().eventFilter(watched, event)

    # -- summary and export ---------------------------------------------------------------------------------------

    def _about(self) -> str:
        look = self.look
        n = len(self.state.neurons)
        if self.state.chosen.kind == "neuron":
            text = look.describe_neuron(self.state.chosen.numbers[0])
            return f"{text[0].upper()}{text[1:]}"
        if n:
            which = "have this class" if self.state.chosen.kind == "class" else f"win the selected {look.noun}s"
            return f"{n} of {look.n_exc} neurons {which} (framed)"
        silent = int((look.neuron_labels < 0).sum())
        return f"{look.n_exc} neurons" + (f", {silent} of them without a class" if silent else "")

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{self._about()}."

    def table(self) -> Table | None:
        """Return one row per neuron, in the shown order."""
        look, clustering = self.look, self.state.clustering
        clusters = look.neuron_clusters(clustering) if clustering is not None else np.full(look.n_exc, -1)
        wins = np.bincount(look.winners[look.winners >= 0], minlength=look.n_exc)
        factor = 1e3 if look.theta_unit == "mV" else 1.0
        rows = [
            (
                n,
                look.named(int(look.neuron_labels[n])),
                round(float(look.neuron_purity[n]), 5),
                int(clusters[n]),
                int(wins[n]),
                round(factor * float(look.theta[n]), 4) if np.isfinite(look.theta[n]) else "",
            )
            for n in self.mosaic.order.tolist()
        ]
        return ("neuron", "class", "purity", "cluster", f"{look.noun}s it wins", label("theta", look.theta_unit)), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the fields in the shown order."""
        look = self.look
        return {
            "kind": "image",
            "image": mosaic(look.w[:, self.mosaic.order], look.field_shape),
            "label": "weight",
            "levels": self._levels,
            "title": f"Receptive fields of {look.n_exc} {neurons_of(look.population)}, {self.sort.currentText()}",
            "n": f"{look.n_exc} neurons of one run",
        }
