"""The weight map: receptive fields in a grid, patches at their places, or a matrix; now or earlier, or differences."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QSignalBlocker, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QComboBox, QFileDialog, QMenu, QWidget

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.fields import by_label, by_similarity, mosaic, tile
from stdpbench.runs.analysis.weight_views import Order, WeightView, patch_places, preferred_order
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.weights.levels import LevelBar
from stdpbench_gui.panels.weights.map_marks import MapMarks
from stdpbench_gui.panels.weights.matrix_plot import MatrixPlot
from stdpbench_gui.panels.weights.weight_sources import Weights, WeightSources
from stdpbench_gui.session.neuron_selection import NeuronSelection
from stdpbench_gui.session.run_session import FIRST_MINUTE, RunSession
from stdpbench_gui.session.sentences import neurons_of
from stdpbench_gui.widgets.basic import (
    Elided,
    check_action,
    choice,
    menu_action,
    named,
    not_none,
    note,
    plain_tip,
    tool_button,
)
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.mosaic import STEPS, MapGraphics, Mosaic


def about(view: WeightView, selection: NeuronSelection, matrix: MatrixPlot, order: str) -> str:
    """Describe what is shown of a projection and how; empty for fields of all to all, which say it themselves.

    Parameters
    ----------
    view : WeightView
        The form in which it is drawn.
    selection : NeuronSelection
        What is on display.
    matrix : MatrixPlot
        The matrix, if it is drawn as one.
    order : str
        The chosen order, such as ``"by theta"``.
    """
    if view.below is not None:
        return "what weights add up to in the input" + (", bright minus dark" if view.below.connect.planes > 1 else "")
    if view.synapses is None and view.form == "fields" and selection.learns:
        return ""
    ends = f"{thousands(view.n_source)} {selection.source} → {thousands(view.n_target)} {selection.population}"
    parts = [f"{ends} neurons, {thousands(view.n_weights)} synapses"]
    if view.form == "patches":
        place = f" at their {view.grid[0]} × {view.grid[1]} places, a block per unit" if order == "by number" else ""
        parts.append(
            f"patches of {view.shape[0]} × {view.shape[1]}{', the same at all places' if view.shared else place}"
        )
    elif view.form == "matrix":
        parts += [f"sorted by {_basis(view, matrix, order)}", matrix.about()]
    if view.form != "patches" and (view.synapses is not None or view.lateral is not None):
        sampled = view.form == "matrix" and matrix.bins is not None and matrix.bins.every > 1
        parts.append("tinted: no synapse of the sample" if sampled else "tinted: no synapse")
    if not selection.learns:
        parts.append("does not learn: as drawn from the seed")
        projection = None if selection.graph is None else selection.graph.projections[view.projection]
        if projection is not None and projection.scale is not None:
            parts.append("without the factor scale")
    return " · ".join(filter(None, parts))


def extent(values: NDArray[np.floating[Any]], different: bool, delays: bool) -> str:
    """Return the range of values, such as ``"weights 0 to 0.81"``."""
    unit, what = (" ms", "axonal delays") if delays else ("", "weights")
    if different:
        return f"{what} differ by {float(np.abs(values).max()):.2g}{unit}"
    low = f"{float(values.min()):.2f}" if delays else "0"
    return f"{what} {low} to {values.max():.2f}{unit}"


def _basis(view: WeightView, matrix: MatrixPlot, order: str) -> str:
    """Return what the orders of a matrix follow from."""
    sources, targets, wanted = matrix.sources.basis, matrix.targets.basis, order.removeprefix("by ")
    if not view.recurrent and sources != targets:
        return f"{sources} (rows) and {targets} (columns)"
    return f"{targets}, since {wanted} is not known" if wanted not in ("preference", targets) else targets


def table_of(
    selection: NeuronSelection,
    view: WeightView,
    shown: Weights,
    labels: NDArray[np.int64],
    different: NDArray[Any] | None,
) -> Table:
    """Return class, theta and largest weight of each neuron; with a difference, its largest value as well."""
    n, sparse, (factor, _) = view.n_drawn, view.synapses is not None, selection.theta_shown_as
    columns = [
        range(n),
        labels.tolist() if len(labels) == n else [""] * n,
        _or_empty(shown.theta[:n] * factor, 3),
        *([view.n_incoming()[:n].tolist()] if sparse else []),
        _or_empty(view.largest(shown.w)[:n], 4),
        *([] if different is None else [_or_empty(view.largest(different)[:n], 6)]),
    ]
    names = ["neuron", "label", selection.theta_label, *(["synapses"] if sparse else []), "largest weight"]
    names += [] if different is None else ["largest difference"]
    return names, list(zip(*columns, strict=True))


def matrix_figure(
    matrix: MatrixPlot, ends: tuple[str, str], levels: tuple[float, float], about: str, when: str, label: str
) -> dict[str, Any] | None:
    """Return the visible window of a matrix as a figure; None if nothing is drawn.

    Parameters
    ----------
    matrix : MatrixPlot
        The matrix.
    ends : tuple of str
        Names of source and target.
    levels : tuple of float
        Values of the first and the last colour.
    about, when : str
        What is shown, and at which presentation.
    label : str
        What values are.
    """
    image, view = matrix.image(), matrix.view
    if image is None or view is None:
        return None
    different, delays = "difference" in label, "delay" in label
    what = "delays" if delays else "weights"
    return {
        "kind": "image",
        "image": np.asarray(image, np.float64),
        "label": label,
        "map": "diverging" if levels[0] < 0 else "sequential",
        "levels": levels,
        "x_label": f"to {ends[1]}",
        "y_label": f"from {ends[0]}",
        "title": f"{f'Differences of {what}' if different else what.capitalize()} of {view.projection}",
        "n": f"one run, {when}; {about}{matrix.window()}",
    }


def fields_figure(
    image: NDArray[np.floating[Any]], title: str, levels: LevelBar, about: str, label: str
) -> dict[str, Any]:
    """Return receptive fields as a figure.

    Parameters
    ----------
    image : ndarray
        The fields as they are placed.
    title : str
        What they are, and of how many neurons.
    levels : LevelBar
        Colours of the map.
    about : str
        When, and in which order.
    label : str
        What values are.
    """
    return {
        "kind": "image",
        "image": image,
        "label": label,
        "map": "diverging" if levels.centred else "sequential",
        "levels": levels.levels,
        "title": title,
        "n": f"one run, {about}",
    }


def _or_empty(values: NDArray[np.floating[Any]], digits: int) -> list[object]:
    """Return rounded values for a table; empty texts for those that are not known."""
    return [value if np.isfinite(value) else "" for value in np.asarray(values, np.float64).round(digits).tolist()]


class DifferenceBar(QWidget):
    """Names the weights that are subtracted; hidden while no difference is shown."""

    def __init__(self, sources: WeightSources) -> None:
        super().__init__()
        self._sources = sources
        self.label = named(Elided(), "Difference")
        self.end = tool_button(
            "weights",
            clicked=lambda _: sources.compare_with_nothing(),
            tip="Show the weights instead of the difference",
            flat=True,
        )
        hbox((self.label, 1), self.end, within=self, margins=(theme.GRID, 0), spacing=theme.GRID)
        self.refresh()

    def refresh(self) -> None:
        """Update the text."""
        text = self._sources.difference()
        self.setVisible(bool(text))
        self.label.setText(text)
        self.label.setToolTip(plain_tip(text))


class SourcesMenu(QMenu):
    """Menu for weights, or their difference to the start, a checkpoint, or another run."""

    def __init__(self, sources: WeightSources, parent: QWidget) -> None:
        super().__init__("Show", parent)
        self._sources = sources
        menu_action(self, "Weights", sources.compare_with_nothing)
        menu_action(self, "Difference from the start", sources.compare_with_start)
        self._checkpoints = QMenu("Difference from a checkpoint", self)
        self.addMenu(self._checkpoints)
        menu_action(self, "Difference from another run…", self._choose_run)
        self.aboutToShow.connect(self._list_checkpoints)

    def _list_checkpoints(self) -> None:
        self._checkpoints.clear()
        for position in self._sources.checkpoints:
            compare = partial(self._sources.compare_with_checkpoint, position)
            menu_action(self._checkpoints, f"at presentation {thousands(position)}", compare)
        self._checkpoints.setEnabled(not self._checkpoints.isEmpty())

    def _choose_run(self) -> None:
        folder = self._sources.folder
        if folder is not None:
            chosen = QFileDialog.getExistingDirectory(self, "Choose a run to compare with", str(folder.path.parent))
            if chosen:
                self._sources.compare_with_run(Path(chosen))


class ProjectionChooser(QComboBox):
    """A combo box with the projections that can be shown; hidden where there is no choice."""

    def __init__(self, selection: NeuronSelection) -> None:
        super().__init__()
        self._selection = selection
        self.setAccessibleName("Projection")
        self.setToolTip("Projection whose weights are shown; the panels of neurons show its target")
        self.currentIndexChanged.connect(lambda row: selection.choose(self.itemText(row)))

    def follow(self) -> None:
        """Offer the projections of the network on display."""
        names, graph = self._selection.projections, self._selection.graph
        each = graph.projections if graph is not None else {}
        with QSignalBlocker(self):
            if names != tuple(self.itemText(row) for row in range(self.count())):
                self.clear()
                self.addItems(names)
            for row, name in enumerate(names):
                ends = f"{each[name].source} → {each[name].target}"
                self.setItemData(row, ends, Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(self.findText(self._selection.projection))
        self.setVisible(len(names) > 1)


class QuantityChooser(QComboBox):
    """A combo box with what is shown of synapses: weights or delays; hidden where they have no delays of their own."""

    def __init__(self, selection: NeuronSelection) -> None:
        super().__init__()
        self._selection = selection
        self.addItems(("weights", "delays"))
        self.setToolTip("Weights, or axonal delays: the time from a spike of the source to its arrival")
        self.setAccessibleName("Weights or delays")

    @property
    def delays(self) -> bool:
        """Whether delays are chosen, and the projection on display has some."""
        return self._selection.has_delays and self.currentIndex() == 1

    def follow(self) -> None:
        """Show itself if the projection on display has delays."""
        self.setVisible(self._selection.has_delays)


__all__ = ["WeightMap", "tile"]

_CAPTION = "Each square: one neuron's weights."

_NUMBER, _LABEL, _THETA, _SIMILARITY, _SPIKES, _PREFERENCE = range(6)
_ORDERS = ("by number", "by label", "by theta", "by similarity", "by spikes", "by preference")
_MOST_SIMILAR = 2500  # neurons; time and memory of the linkage grow with their square
_WEIGHTS = "weights that differ, or synapses between some neurons only."
_NONE = f"No projection of this network has {_WEIGHTS}"


class WeightMap(Panel):
    """Panel with the weights of a projection to each neuron of its target, as an image in the shape of the source."""

    key = "weight-map"
    title = "Weight map"
    topics = frozenset({"network", "metrics", "state", "log"})
    frames = frozenset({"network"})
    help_text = (
        "Each square is the receptive field of one neuron: its weights from all input pixels, or from all source "
        "neurons of the projection on display. Strong weights stand out from the background. Learning turns weights "
        "from pixels into a prototype of the stimuli that make the neuron fire. Click a neuron, or use the arrow "
        "keys, to select it in all panels; drag to move, use the wheel to zoom. "
        "✕ marks neurons that never fired, once there were three presentations per neuron; = marks duplicates, whose "
        "weights correlate with those of another neuron by more than 0.95. Differences are blue where weights "
        "decreased, orange where they increased. Pairs of neurons without a synapse have a different colour. Local "
        "fields are patches at their places, one block per unit. Weights within a population, and those of large "
        "sparse projections, are a matrix: rows are sources, columns targets, both sorted by preference (by class, "
        "else theta, else spikes). Where synapses have different delays, these can be shown in place of weights. A "
        "delay is axonal: the time from a spike of the source to its arrival at the synapse. (Diehl &amp; Cook 2015, "
        "figure 2A, doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "Receptive fields appear here once the network is ready: start a run, or open one."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.sources = WeightSources(session, self)
        self.mosaic = Mosaic()
        self.marks = MapMarks(session, self.mosaic, self)
        self.levels = LevelBar()
        self.graphics = MapGraphics(self._key_pressed)
        self.matrix = MatrixPlot(self.mosaic.view, self.mosaic.image)
        self.matrix.lay_out(self.graphics, self.levels)
        self.order = choice(_ORDERS, "Order of receptive fields", tip="Order of the receptive fields")
        self.title_extra.addWidget(self.order)
        self.quantity, self.projection = QuantityChooser(session.selection), ProjectionChooser(session.selection)
        for chooser in (self.quantity, self.projection):
            self.title_extra.addWidget(chooser)
        self.difference = DifferenceBar(self.sources)
        self.note = note("About the weights")
        self.caption = note("What the map shows", _CAPTION)
        self.caption.setMinimumHeight(self.caption.sizeHint().height())  # nothing moves while it is empty
        below = self.note, self.difference, self.caption
        vbox((self.graphics, 1), *below, within=self.body, spacing=0)
        self._fitted: tuple[object, ...] | None = None
        self._drawn: WeightView | None = None
        self._chosen = {"matrix": _PREFERENCE, "fields": _NUMBER}
        self._has_order = False  # whether somebody has chosen one
        self._laid: tuple[object, NDArray[np.float32]] | None = None
        self._add_actions()
        self._on_shown()
        self.restyle()
        scene = not_none(self.graphics.scene())
        scene.sigMouseClicked.connect(self._clicked)
        scene.sigMouseMoved.connect(self._hovered)
        self.order.currentIndexChanged.connect(self._on_order)
        self.order.activated.connect(self._on_chosen_order)
        self.quantity.currentIndexChanged.connect(lambda _: self._on_shown())
        self.sources.changed.connect(self._on_sources)
        session.selection.shown_changed.connect(self._on_shown)
        session.selection.choice_changed.connect(self.projection.follow)
        session.selection.view_changed.connect(self._on_shown)
        session.selection.neuron_changed.connect(self.matrix.mark)
        self.marks.changed.connect(self._on_marks)
        self.mosaic.view.sigRangeChanged.connect(lambda *_: self.mark_dirty())
        self.levels.levels_changed.connect(self.mosaic.image.set_levels)

    def _add_actions(self) -> None:
        self.menu.addMenu(SourcesMenu(self.sources, self))
        for text, toggle, on in (
            ("Mark neurons that never fired", self.marks.set_show_dead, True),
            ("Mark duplicates", self.marks.set_show_alike, False),
            ("Colour bar and histogram", self.levels.setVisible, True),
        ):
            check_action(self.menu, text, on, toggle)
        self.menu.addSeparator()
        tip = "Keep the levels of the colours, which otherwise follow the weights"
        fixed = check_action(self.menu, "Fixed levels", False, self.levels.fix, tip)
        self.levels.fixed_changed.connect(fixed.setChecked)
        self.levels.fixed_changed.connect(lambda _: self.mark_dirty())
        menu_action(self.menu, "Fit levels", self.fit_levels)
        menu_action(self.menu, "More contrast", lambda: self.levels.scale(0.8))
        menu_action(self.menu, "Less contrast", lambda: self.levels.scale(1.25))
        menu_action(self.menu, "Whole map (Home)", self._show_all)

    def reset(self) -> None:
        """Discard the previous run."""
        self.sources.reset()
        self.marks.reset()
        if not self._has_order:
            self.order.setCurrentIndex(self._chosen["matrix"] if self._is_matrix() else _NUMBER)
        self._clear()
        folder = self.session.folder
        self.caption.setVisible(folder is not None and folder.path.name.startswith(f"{FIRST_MINUTE}-seed"))

    def _clear(self) -> None:
        """Take the drawing away, before another run or projection is drawn."""
        self.mosaic.clear()
        self.mosaic.image.clear()
        self.matrix.hide()
        self._fitted = self._drawn = self._laid = None
        self.note.hide()
        self._allow_orders()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.setBackground(theme.current().base)
        self.matrix.restyle()
        self._colour(self.levels.centred)
        self.marks.restyle()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether weights have arrived."""
        return self.session.live.started is not None and self._view() is not None

    def _view(self) -> WeightView | None:
        """Return how the shown weights are drawn; None if there are none yet."""
        shown = self.sources.shown()
        view = None if shown is None else self.session.selection.view_for(shown.w)
        if view is not None and view.below is not None and self.sources.delays:
            return replace(view, below=None)  # delays do not add up to pictures
        return view

    def _show_all(self) -> None:
        (self.mosaic if self.matrix.view is None else self.matrix).show_all()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the visible part of the map."""
        shown, view = not_none(self.sources.shown()), not_none(self._view())
        if self._arrange(view):
            self._allow_orders()
            self._reorder()
        self.difference.refresh()
        self.marks.look(shown)
        values = self._values()
        fields = values if view.form == "matrix" else self._lay_out(view, values)
        values = values if view.below is None else fields
        reference = self.sources.reference
        signed = bool((values < 0).any())
        state = (reference and reference.name, bool(values.any()), signed)
        if state != self._fitted:  # first display, or other content
            self._fitted = state
            self._colour(signed)
            self.levels.fit(values)
        elif self.levels.follow(values):
            self.mark_dirty()
        self.levels.count(values)
        matrix = view.form == "matrix"
        # smooth when scaled down, sharp squares when scaled up
        self.graphics.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.mosaic.coarse and not matrix)
        if matrix:
            if self.matrix.targets.basis == "number" and self.order.currentIndex() in (_THETA, _SPIKES, _PREFERENCE):
                self._reorder()  # what they follow from may be known now
            self.matrix.draw(values, self.levels.levels)
        else:
            self.mosaic.draw(fields, self.levels.levels, gaps=view.has_gaps)
        self.note.say(self._about(view))
        self.caption.setText(_CAPTION if self.session.selection.moment is None else "")

    def _arrange(self, view: WeightView) -> bool:
        """Make room for weights in another form, or of other neurons; return whether they are."""
        new, self._drawn = view is not self._drawn, view
        if view.form == "matrix":
            return new
        self.matrix.hide()
        return self.mosaic.arrange(view.n_drawn, view.picture) or (new and view.form == "patches")

    def _lay_out(self, view: WeightView, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the values as fields, (pixels, n_target); those of synapses are laid out once."""
        if view.below is not None:
            return view.below.fields(values, self.session.selection.learned(view.below.kernels))
        if view.synapses is None:
            return values
        if self._laid is None or self._laid[0] is not values:
            self._laid = values, view.fields(values)
        return self._laid[1]

    def _about(self, view: WeightView) -> str:
        return about(view, self.session.selection, self.matrix, self.order.currentText())

    def _values(self) -> NDArray[np.float32]:
        shown, reference = not_none(self.sources.shown()), self.sources.reference
        if reference is None or reference.w.shape != shown.w.shape:
            return shown.w
        return np.asarray(shown.w - reference.w, np.float32)

    def _colour(self, signed: bool = False) -> None:
        """Choose the colours: about 0 for differences, and for weights of which some are negative."""
        about_zero = signed or self.sources.reference is not None
        found = colour_maps.diverging() if about_zero else colour_maps.sequential()
        self.mosaic.image.set_colours(found, colour_maps.absent())
        self.levels.centred = about_zero
        self.levels.show_map(found)
        self.levels.setLabel("left", self._label())

    def _label(self) -> str:
        """Return what values are."""
        what = "delay" if self.sources.delays else "weight"
        if self.sources.reference is not None:
            what += " difference"
        elif self.sources.delays:
            what = f"axonal {what}"
        return f"{what} (ms)" if self.sources.delays else what

    def fit_levels(self) -> None:
        """Fit the levels to the current values."""
        self._fitted = None
        self.mark_dirty()

    # -- sources ---------------------------------------------------------------------------------------------------

    def _on_sources(self) -> None:
        if self.order.currentIndex() in (_THETA, _SPIKES, _PREFERENCE):
            self._reorder()
        self.mark_dirty()

    def _on_shown(self) -> None:
        """Show the projection on display."""
        self.projection.follow()
        selection, view = self.session.selection, self.session.selection.view
        self.quantity.follow()
        self.sources.delays = self.quantity.delays
        matrix = view is not None and view.form == "matrix"
        what = f"Weight matrix of {selection.projection}" if matrix else "Receptive fields"
        if self.sources.delays:
            what = f"Axonal delays of {selection.projection}"
        self.graphics.setAccessibleName(f"{what}, {neurons_of(selection.population)}")
        self.marks.reset()
        self._clear()
        with QSignalBlocker(self.order):
            self.order.setCurrentIndex(self._chosen["matrix" if matrix else "fields"])
        self.sources.show_projection()

    # -- orders ----------------------------------------------------------------------------------------------------

    def _on_marks(self) -> None:
        self._allow_orders()
        if len(self.marks.labels) and self.order.currentIndex() == _NUMBER and not self._has_order:
            self.order.setCurrentIndex(_LABEL)  # fields arrange themselves by class once they have one
        if self.order.currentIndex() in (_LABEL, _PREFERENCE):
            self._reorder()
        self.marks.draw()
        self.mark_dirty()

    def _allow_orders(self) -> None:
        """Enable the available orders; the choice is kept and applied once possible."""
        n, model, matrix = self.mosaic.n, not_none(self.order.model()), self._is_matrix()
        few = "Available for receptive fields only" if matrix else f"Up to {thousands(_MOST_SIMILAR)} neurons"
        unlabelled = "A stream has no labels" if self.session.is_stream else "Neurons are labelled in the label phase"
        for row, allowed, why in (
            (_LABEL, len(self.marks.labels) > 0, unlabelled),
            (_SIMILARITY, n <= _MOST_SIMILAR and not matrix, few),
            (_SPIKES, matrix, "Available for a matrix only"),
            (_PREFERENCE, matrix, "Available for a matrix only: by label, else theta, else spikes"),
        ):
            item = named(model.item(row), tip="" if allowed else why)  # type: ignore[attr-defined]
            item.setEnabled(allowed)

    def _is_matrix(self) -> bool:
        view = self.session.selection.view
        return view is not None and view.form == "matrix"

    def _on_chosen_order(self) -> None:
        self._has_order = True

    def _on_order(self) -> None:
        """Remember the order that the user chose, for fields or for matrices."""
        self._chosen["matrix" if self._is_matrix() else "fields"] = self.order.currentIndex()
        self._reorder()
        self.mark_dirty()

    def _order_of(self, population: str, n: int) -> Order:
        """Return the order of the neurons of a population in a matrix."""
        shown, selection, order = not_none(self.sources.shown()), self.session.selection, self.order.currentIndex()
        read, wanted = population == selection.read, order == _PREFERENCE
        theta = shown.theta if population == selection.population else selection.learned(f"{population}.theta")
        spikes = self.session.total_spikes if read else None
        return preferred_order(
            n,
            self.marks.labels if read and (wanted or order == _LABEL) else None,
            theta if wanted or order in (_THETA, _LABEL) else None,
            spikes if wanted or order == _SPIKES else None,
        )

    def _reorder_matrix(self, view: WeightView) -> None:
        selection, started = self.session.selection, self.session.live.started
        targets = self._order_of(selection.population, view.n_target)
        sources = targets if view.recurrent else self._order_of(selection.source, view.n_source)
        names = f"from {selection.source}", f"to {selection.population}"
        self.matrix.show(view, sources, targets, names)
        self.matrix.name_classes(started.class_names if started is not None else ())
        self.matrix.mark(selection.neuron)

    def _reorder(self) -> None:
        shown, order, view = self.sources.shown(), self.order.currentIndex(), self._drawn
        if shown is None or view is None:
            return
        if view.form == "matrix":
            self._reorder_matrix(view)
            return
        if not len(self.mosaic.order):
            return
        n, folder, labels = view.n_drawn, self.session.folder, self.marks.labels
        fields = self._lay_out(view, shown.w)

        def take(found: NDArray[np.int64]) -> None:
            if self.session.folder is folder and self.order.currentIndex() == _SIMILARITY:
                self._take_order(found)

        if order == _SIMILARITY and n <= _MOST_SIMILAR:
            self.session.work(
                lambda: by_similarity(np.nan_to_num(fields)), take, "Cannot sort the neurons", owner=self
            )
        elif order == _LABEL and len(labels) == n:
            self._take_order(by_label(labels, shown.theta))
        elif order == _THETA:
            self._take_order(np.argsort(-shown.theta, kind="stable"))
        elif view.form == "patches":
            grid = (1, 1) if view.shared else view.grid
            self._take_order(*patch_places(grid, view.units), grid)
        else:
            self._take_order(np.arange(n))

    def _take_order(self, order: NDArray[np.int64], columns: int = 0, blocks: tuple[int, int] | None = None) -> None:
        if int((order >= 0).sum()) == self.mosaic.n:
            self.mosaic.lay_out(order, columns, blocks)
            self.marks.by_class = self.order.currentIndex() == _LABEL
            self.at_moment = "at {}, labelled later" if self.marks.by_class else "at {}"
            self.marks.draw()
            self.mark_dirty()

    # -- pointing --------------------------------------------------------------------------------------------------

    def _neuron_at(self, position: QPointF) -> int:
        view = self.mosaic.view
        if not view.sceneBoundingRect().contains(position):
            return -1
        point = view.mapSceneToView(position)
        if self.matrix.view is not None:
            return self.matrix.pair_at(point.x(), point.y())[1]
        return self.mosaic.neuron_at(point.x(), point.y())

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        neuron = self._neuron_at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and neuron >= 0:
            self.session.selection.select_neuron(neuron)
            event.accept()

    def _hovered(self, position: QPointF) -> None:
        neuron = self._neuron_at(position)
        if neuron >= 0 and self.matrix.view is not None:
            self.graphics.setToolTip(plain_tip(self._describe_pair(position)))
        else:
            self.graphics.setToolTip(plain_tip(self.marks.describe(neuron) if neuron >= 0 else ""))

    def _describe_pair(self, position: QPointF) -> str:
        """Describe the synapse at a point of the matrix."""
        if self.sources.shown() is None:
            return ""
        point, selection = self.mosaic.view.mapSceneToView(position), self.session.selection
        ends = selection.source, selection.population
        return self.matrix.describe(point.x(), point.y(), self._values(), ends, self._label())

    def _key_pressed(self, key: int) -> bool:
        selection = self.session.selection
        if key == Qt.Key.Key_Home:
            self._show_all()
        elif key in STEPS and self.matrix.view is not None:
            selection.select_neuron(self.matrix.neighbour(selection.neuron, sum(STEPS[Qt.Key(key)])))
        elif key in STEPS:
            selection.select_neuron(self.mosaic.neighbour(selection.neuron, *STEPS[Qt.Key(key)]))
        else:
            return False
        return True

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        selection = self.session.selection
        if selection.only_neurons:
            return f"No projection to {selection.population} has {_WEIGHTS}"
        if selection.graph is not None and not selection.projection:
            return _NONE
        if selection.trouble:
            return f"Not shown: {selection.trouble}."
        drawn = selection.graph is None or selection.view is not None
        return self.empty_text if drawn else f"The synapses of {selection.projection} are being drawn."

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        shown, reference, view = self.sources.shown(), self.sources.reference, self._view()
        if shown is None or view is None or self.session.live.started is None:
            return self.nothing()
        values = self._values()
        at = f" at {thousands(reference.position)}" if reference and reference.of_run else ""
        what = f"Difference from {reference.name}{at} of the" if reference else "The"
        most = extent(values, bool(reference), self.sources.delays)
        neurons = (
            f"{thousands(view.n_drawn)} {self.session.selection.population} {'units' if view.shared else 'neurons'}"
        )
        matrix, about = view.form == "matrix", self._about(view)
        drawn = f"weight matrix of {view.projection}, {neurons}," if matrix else f"receptive fields of {neurons}"
        order = "" if matrix else f", {self.order.currentText()}"
        return (
            f"{what} {drawn} at presentation {thousands(shown.position)}{order}; {most}"
            f"{' at most' if reference else ''}; {self.marks.summary()}{f'; {about}' if about else ''}."
        )

    def table(self) -> Table | None:
        """Return class, theta and largest weight of each neuron."""
        shown, view = self.sources.shown(), self._view()
        if shown is None or view is None:
            return None
        different = None if self.sources.reference is None else self._values()
        return table_of(self.session.selection, view, shown, self.marks.labels, different)

    def figure(self) -> dict[str, Any] | None:
        """Return the fields as shown, with their time, reference, order and levels."""
        started, shown, reference = self.session.live.started, self.sources.shown(), self.sources.reference
        view = self._view()
        if started is None or shown is None or view is None:
            return None
        selection, what = self.session.selection, "Differences" if reference else "Receptive fields"
        what = self._label().capitalize() if self.sources.delays else what
        when, about = self.sources.difference() or f"after {shown.position} presentations", self._about(view)
        if view.form == "matrix":
            ends = selection.source, selection.population
            return matrix_figure(self.matrix, ends, self.levels.levels, about, when, self._label())
        if self.mosaic.n != view.n_drawn:
            return None
        placed = self.mosaic.order, self.mosaic.columns if view.form == "patches" else 0
        image = mosaic(self._lay_out(view, self._values()), view.picture, *placed)
        title = f"{what} of {view.n_drawn} {selection.population} {'units' if view.shared else 'neurons'}"
        about = "; ".join(filter(None, [f"{when}, neurons {self.order.currentText()}", about]))
        return fields_figure(image, title, self.levels, about, self._label())
