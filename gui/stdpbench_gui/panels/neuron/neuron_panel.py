"""The neuron inspector: details of the selected neuron, its star and its note."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QSignalBlocker, Qt
from PyQt6.QtWidgets import QInputDialog, QMenu, QSizePolicy, QToolButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import label, thousands
from stdpbench.data.stimuli import StimulusSet
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import NO_ANSWER, Assignment
from stdpbench.runs.analysis.slow_motion import Courses, courses_of, experiment_at, step_ends
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.neuron.course_plots import (
    conductance_plot,
    name_units,
    of_conductance,
    of_potential,
    potential_plot,
)
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.recording import Recorder
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import neurons_of
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.widgets.axes import SmallPlot, step_up
from stdpbench_gui.widgets.basic import (
    Label,
    menu_action,
    named,
    not_none,
    number_field,
    plain_tip,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import grid, hbox, vbox
from stdpbench_gui.widgets.pictures import Picture
from stdpbench_gui.widgets.plot import PlotArea


class ClassBars(PlotArea):
    """A bar for each class in its colour, with its name below; that of the neuron's label is framed."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Response to each class")
        self.setMinimumSize(120, 64)
        self.plot = SmallPlot("", still=True)
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.7, pen=pg.mkPen(None))
        self.plot.addItem(self.bars)
        self.addItem(self.plot)
        self.shown: tuple[Sequence[float], Sequence[str]] = (), ()
        self.scene().sigMouseMoved.connect(self._describe)

    def show_values(self, values: Sequence[float], names: Sequence[str], label: int, note: str) -> None:
        """Show spikes per presentation of each class; `note` names their source, or why there are none."""
        self.shown, colours = (values, names), theme.current()
        self.restyle()
        self.plot.set_title(", ".join(filter(None, ("mean spikes", note))))
        frames = [pg.mkPen(colours.ink, width=2) if n == label else pg.mkPen(None) for n in range(len(values))]
        brushes = [theme.class_colour(n) for n in range(len(values))]
        looks = {"pens": frames, "brushes": brushes} if len(values) else {"pens": None, "brushes": None}
        self.bars.setOpts(x=np.arange(len(values)), height=np.asarray(values, float), **looks)
        top = step_up(max(values, default=1.0))
        self.plot.setXRange(-0.5, max(1, len(values)) - 0.5, padding=0)
        self.plot.setYRange(0, top * (1 + self.plot.room_for_title()), padding=0)
        self.plot.getAxis("bottom").setTicks([list(enumerate(names))])
        self.plot.getAxis("left").setTicks([[(0, "0"), (top, f"{top:g}")]] if len(values) else [[]])
        text = ", ".join(f"{name}: {value:.2f}" for name, value in zip(names, values, strict=True))
        self.setAccessibleDescription(f"Spikes per presentation, {note}. {text}")

    def _describe(self, place: QPointF) -> None:
        """Describe the bar under the mouse in a tool tip."""
        (values, names), view = self.shown, self.plot.getViewBox()
        number = round(view.mapSceneToView(place).x())
        inside = view.sceneBoundingRect().contains(place) and 0 <= number < len(values)
        self.setToolTip(plain_tip(f"{names[number]}: {values[number]:.3f} spikes per presentation") if inside else "")


_LONGEST = 60  # letters of a note in the menu


class StarBar(QWidget):
    """A button for the star of the selected neuron, with a menu of noted neurons and for its note."""

    def __init__(self, session: RunSession) -> None:
        super().__init__()
        self._session = session
        self.notes = NeuronNotes.of(session)
        self.dialog: QInputDialog | None = None
        self.button = tool_button("", flat=True, checkable=True)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.button.toggled.connect(lambda on: self.notes.put(session.selection.neuron, starred=on))
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self.fill)
        self.button.setMenu(self.menu)
        hbox(self.button, within=self, spacing=theme.GRID // 2)
        for signal in (session.selection.neuron_changed, session.selection.shown_changed, self.notes.changed):
            signal.connect(lambda *_: self.refresh())
        session.opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the star of the selected neuron."""
        neuron = self._session.selection.neuron
        note = self.notes.note(neuron)
        with QSignalBlocker(self.button):
            self.button.setChecked(note.starred)
        self.button.setText("★" if note.starred else "☆")
        self.button.setEnabled(self._session.folder is not None)
        word = "Take the star away" if note.starred else "Star the selected neuron"
        text = f"\n{note.text}" if note.text else ""
        self.button.setToolTip(plain_tip(f"{word}; the menu lists all that have one{text}"))
        self.button.setAccessibleName(f"{'Starred' if note.starred else 'Not starred'} neuron; menu of noted neurons")

    def fill(self) -> None:
        """List the noted neurons of the population on display; choosing one selects it."""
        self.menu.clear()
        selection = self._session.selection
        menu_action(self.menu, "Note on this neuron…", self.ask).setEnabled(selection.neuron >= 0)
        noted = [
            (number, note)
            for (population, number), note in self.notes.notes.neurons.items()
            if population == selection.population
        ]
        if noted:
            self.menu.addSeparator()
        for number, note in noted:
            words = " ".join(note.text.split()).replace("&", "&&")
            short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
            text = f"{'★ ' if note.starred else ''}{selection.population} {number}{f': {short}' if short else ''}"
            menu_action(self.menu, text, partial(selection.select_neuron, number))
        if not noted:
            not_none(self.menu.addAction("No neuron is noted yet")).setEnabled(False)

    def ask(self) -> None:
        """Ask for the note on the selected neuron."""
        neuron = self._session.selection.neuron
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(f"Note on neuron {neuron}")
        dialog.setLabelText(f"Note on neuron {neuron} of {self._session.selection.population}:")
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue(self.notes.note(neuron).text)
        dialog.textValueSelected.connect(lambda text: self.notes.put(neuron, text))
        self.dialog = dialog
        dialog.open()


_BEST = 5


class NeuronInspector(Panel):
    """Panel with receptive field, threshold, label, time courses and preferred pictures of the selected neuron."""

    key = "neuron"
    title = "Neuron"
    topics = frozenset({"presentation", "network", "metrics", "state"})
    frames = frozenset({"presentation", "network"})
    most_per_second = 8.0
    carries_over = True
    help_text = (
        "The selected neuron of the population on display. Receptive field: its weights from all pixels, or from all "
        "source neurons of the projection, with a different colour where there is no synapse. Beside it, for a "
        "projection within a population, its weights to the others. theta, where it adapts: the increase of its "
        "threshold due to its own spikes, which keeps all neurons involved (homeostasis). Label: the class it "
        "responds to most, with the mean response to each class. Below, the last presentation: membrane potential, "
        "firing threshold, and the conductances of excitation and of inhibition by other neurons, in units of the "
        "leak conductance. At the bottom, the training stimuli that evoked the most spikes, a signal as the mean of "
        "each channel and a recording as the number of events of each place. ☆ above stars the neuron, which marks it "
        "in the weight map; the menu beside it adds a note. (Diehl &amp; Cook 2015, sections 2.2, 2.5 and 2.6; "
        "doi:10.3389/fncom.2015.00099)"
    )
    asks = True
    empty_text = "Select a neuron: click it in the weight map or the raster, or enter its number above."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.recorder = Recorder.of(session)
        name = "Number of the selected neuron"
        self.number = number_field(-1, 0, -1, name, tip=name, least="none", changed=session.selection.select_neuron)
        self.title_extra.addWidget(self.number)
        self.star = StarBar(session)
        self.title_extra.addWidget(self.star)
        self.about = wrapped("", name="About the neuron", rich=True)
        self.field = Picture("Receptive field")
        self.outgoing = Picture("Outgoing weights")
        self.outgoing.hide()
        self.bars = ClassBars()
        self.graphics = named(PlotArea(), "Membrane potential, threshold and conductances")
        self.graphics.setMinimumHeight(130)
        self.graphics.ci.layout.setContentsMargins(0, 0, 4, 0)
        self.potential, self.conductance = potential_plot(), conductance_plot()
        for row, plot in enumerate((self.potential, self.conductance)):
            self.graphics.addItem(plot, row=row, col=0)
        self.conductance.setXLink(self.potential)
        self.potential.getAxis("bottom").setStyle(showValues=False)
        self.conductance.setLabel("bottom", "time in presentation (ms)")
        self.best = [Picture(f"Picture {place + 1} that excites it most", 24) for place in range(_BEST)]
        self.best_captions = [named(Label(align=Qt.AlignmentFlag.AlignHCenter), style="faint") for _ in range(_BEST)]
        self._lay_out()
        self._shown: Mapping[str, Any] = {}
        self._courses: Courses | None = None
        self._changed_at, self._has_best = 0.0, True
        session.selection.neuron_changed.connect(self._on_neuron)
        session.selection.shown_changed.connect(lambda: self._on_neuron(session.selection.neuron))
        session.selection.view_changed.connect(self.mark_dirty)
        self.observed.changed.connect(self.mark_dirty)
        self._on_neuron(session.selection.neuron)
        self.restyle()

    def _lay_out(self) -> None:
        top = hbox((self.field, 2), (self.outgoing, 2), (self.bars, 3))
        row = QWidget()
        row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        cells = self._cells = grid(row, 2)
        self.best_title = wrapped("excited most by", "faint")
        self.best_title.setMinimumWidth(self.fontMetrics().horizontalAdvance("excited most") + theme.GRID)
        cells.addWidget(self.best_title, 0, 0, 2, 1)
        for place, (picture, caption) in enumerate(zip(self.best, self.best_captions, strict=True)):
            cells.addWidget(picture, 0, place + 1)
            cells.addWidget(caption, 1, place + 1)
            cells.setColumnStretch(place + 1, 1)
        cells.setRowStretch(0, 1)
        vbox(
            self.about,
            (top, 3),
            (self.graphics, 6),
            (row, 1),
            within=self.body,
            margins=theme.GRID,
            spacing=theme.GRID // 2,
        )

    def reset(self) -> None:
        """Discard the previous run."""
        self._forget_courses()
        with QSignalBlocker(self.number):  # this panel must not change the selection here
            self.number.setRange(-1, max(0, self.session.selection.neuron))

    def _forget_courses(self) -> None:
        self._shown, self._courses, self._changed_at = {}, None, 0.0
        self.potential.forget()
        self.conductance.forget()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.restyle()
        self._changed_at = 0.0
        self.mark_dirty()

    def _on_neuron(self, neuron: int) -> None:
        self._forget_courses()
        with QSignalBlocker(self.number):
            self.number.setMaximum(max(self.number.maximum(), neuron))
            self.number.setValue(neuron)
        self.mark_dirty()

    def _on_visible(self, visible: bool) -> None:
        super()._on_visible(visible)
        self.recorder.watch(self.key, visible)

    def has_content(self) -> bool:
        """Return whether a neuron is selected and weights have arrived."""
        n = self._n()
        if n and self.number.maximum() != n - 1:
            self.number.setMaximum(n - 1)
        return 0 <= self.session.selection.neuron < n and self.session.live.started is not None

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        selection = self.session.selection
        if selection.graph is None or selection.projection:
            return self.empty_text
        which = f"to {selection.population}" if selection.only_neurons else "of this network"
        return f"No projection {which} has weights that can be shown here."

    def _n(self) -> int:
        """Return the number of neurons; 0 before weights have arrived."""
        selection = self.session.selection
        view = selection.view_for(selection.weights_shown())
        return 0 if view is None else view.n_target

    def _of_theta(self, neuron: int) -> str:
        """Describe the threshold of a neuron."""
        theta = self._theta()
        known = neuron < len(theta)
        return self.session.selection.theta_text(float(theta[neuron])) if known else "no adaptive threshold"

    def _assignment(self) -> Assignment | None:
        """Return the classes of the neurons; None if not known, or if the population is not the one with classes."""
        found = self.observed.assignment() if self.session.selection.is_read else None
        return found if found is not None and found.n_exc == self._n() else None

    def _theta(self) -> Any:
        """Return the thresholds, in SI units; empty before they have arrived."""
        theta = self.session.selection.learned(self.session.selection.thresholds)
        return () if theta is None else theta

    def refresh(self) -> None:
        """Show the neuron, once the previous content was shown long enough."""
        now = time.monotonic()
        remaining = motion.shortest_gap - (now - self._changed_at)
        if remaining > 0:
            self.draw_later(remaining)
            return
        self._changed_at = now
        self._show_field()
        self._show_courses()
        self._show_best()

    def _show_field(self) -> None:
        selection, neuron = self.session.selection, self.session.selection.neuron
        weights = not_none(selection.weights_shown())
        view = not_none(selection.view_for(weights))
        pixels = selection.graph is None or selection.source == selection.graph.input
        sources = "pixels" if pixels else neurons_of(selection.source)
        w = view.incoming(weights, neuron)
        which = "all" if not np.isnan(w).any() else f"{thousands(int(np.isfinite(w).sum()))} of {thousands(len(w))}"
        top = _show(self.field, w, selection.field_shape)
        self.field.setToolTip(f"Weights from {which} {sources}, 0 to {top:.3f}")
        self.outgoing.setVisible(view.recurrent)
        synapses = ""
        if view.recurrent:
            out = view.outgoing(weights, neuron)
            top = _show(self.outgoing, out, selection.field_shape)
            n_in, n_out = (thousands(int(np.isfinite(each).sum())) for each in (w, out))
            self.outgoing.setToolTip(f"Weights to {n_out} {neurons_of(selection.population)}, 0 to {top:.3f}")
            synapses = f"{n_in} synapses in, {n_out} out"
        elif view.synapses is not None:
            synapses = f"synapses from {which} {sources}"
        assignment = self._assignment()
        self.bars.setVisible(not self.is_stream)  # which has no labels
        parts = [self._of_theta(neuron)]
        if assignment is None:
            awaited = "once labels arrive" if selection.is_read else f"of {selection.read} only"
            self.bars.show_values((), (), -1, awaited)
        else:
            label, values = int(assignment.labels[neuron]), assignment.mean_response[:, neuron].tolist()
            names = [self.observed.class_name(number) for number in range(len(values))]
            self.bars.show_values(values, names, label, self._source())
            parts.insert(
                0, f"label {self.observed.class_name(label)}" if label >= 0 else f"no label: {self._silent()}"
            )
        parts += [synapses] if synapses else []
        frame = self.session.presentation
        if frame and (selection.moment is None or selection.is_read):
            counts, what = frame["spike_counts"], "piece" if self.is_stream else "presentation"
            n = int(counts[neuron] if selection.is_read else (selection.spikes(frame)[0] == neuron).sum())
            parts.append(f"{n} spike{'s' if n != 1 else ''} in {what} {thousands(frame['presentation'])}")
        self.about.setText(f"<b>neuron {neuron}</b> · {escape(' · '.join(parts))}")

    def _source(self) -> str:
        if self.observed.stored is not None and self.observed.stored.assignment is not None:
            return "label phase"
        recent = self.observed.recent
        return f"last {recent.n_labelled} received" if recent is not None else ""

    def _silent(self) -> str:
        """Describe the period in which an unlabelled neuron was silent; it may have fired before."""
        return f"silent in the {self._source()}" if self._source() else "silent so far"

    def _show_courses(self) -> None:
        live, neuron = self.session.live, self.session.selection.neuron
        frame, now = live.presentation, self.session.selection.moment is None
        if frame and frame is not self._shown:
            population = self.session.selection.population
            try:
                found = courses_of(experiment_at(live, frame["presentation"]), frame, neuron, population)
            except StdpbenchError:
                found = None
            if found is not None or self._courses is None:
                self._shown, self._courses = frame, found
        times: NDArray[np.float64] = np.empty(0)
        what = "piece" if self.is_stream else "presentation"
        courses = self._courses if now else None
        graph, population = self.session.selection.graph, self.session.selection.population
        model = graph.populations[population].neuron if graph is not None and population in graph.populations else None
        awaited = "(not stored)" if not now or self.session.not_coming() else f"(recorded with the next {what})"
        if model is not None and "v" not in {variable.name for variable in model.variables}:
            awaited = "(these neurons have no v, or it is not recorded)"
        self.conductance.setLabel("bottom", f"time in {what} (ms)")
        note = "" if courses else awaited
        if courses is not None:
            experiment = self.session.experiment
            dt = experiment.network.dt if experiment is not None else 0.5
            times = step_ends(len(courses.v), dt)
        name_units(courses, self.potential, self.conductance)
        self.potential.show_courses(times, of_potential(courses), note)
        self.conductance.show_courses(times, of_conductance(courses), "")
        self.conductance.getAxis("bottom").setStyle(showValues=bool(len(times)))

    def _show_best(self) -> None:
        images = self.observed.best_of_images()
        found = self._best() if images is not None else []
        self.best_title.setText(self._best_title(images, bool(found)))
        if bool(found) != self._has_best:  # without pictures, the sentence has the whole row
            self._has_best = bool(found)
            self._cells.addWidget(self.best_title, 0, 0, 2, 1 if found else -1)
        part = "Test" if self.session.split is not None and images is self.session.split.test else "Training"
        for place, (picture, caption) in enumerate(zip(self.best, self.best_captions, strict=True)):
            picture.setVisible(place < len(found))
            caption.setVisible(place < len(found))
            if place < len(found) and images is not None:
                image, n = found[place]
                pixels = np.asarray(images.part(image, image + 1).drawn[0], np.float64)
                low = min(0.0, float(pixels.min()))
                picture.show_values(pixels, low, float(pixels.max()) or 1.0, colour_maps.sequential())
                label = NO_ANSWER if images.labels is None else int(images.labels[image])
                name = self.observed.class_name(label)
                caption.setText(f"{name}: {n}" if label >= 0 else str(n))
                tip = f"{part} {noun_of(self.session)} {image}{f', class {name}' if label >= 0 else ''}: {n} spikes"
                picture.setToolTip(plain_tip(tip))
                picture.setAccessibleDescription(tip)

    def _best(self) -> list[tuple[int, int]]:
        """Return the pictures that excite the neuron most, of those that were counted."""
        selection = self.session.selection
        known = selection.is_read and not self.is_stream
        return self.observed.best_images(selection.neuron, _BEST) if known else []

    def _best_title(self, images: StimulusSet | None, any_found: bool) -> str:
        if self.is_stream:
            return "A stream has no pictures."
        if not self.session.selection.is_read:
            return (
                f"Responses to {noun_of(self.session)}s are known for {neurons_of(self.session.selection.read)} only."
            )
        if images is None:
            return f"Reading the {noun_of(self.session)}s …"
        if any_found:
            return f"excited most by ({'class: ' if images.labels is not None else ''}spikes)"
        if self.observed.stored is None and (self.observed.recent is None or not self.observed.recent.n_seen):
            return f"Unknown: no {noun_of(self.session)}s received."
        return f"No received {noun_of(self.session)} evoked a spike."

    def summary(self) -> str:
        """Describe what is shown."""
        neuron = self.session.selection.neuron
        if not self.has_content():
            return self.nothing()
        text = f"Neuron {neuron}: {self._of_theta(neuron)}"
        assignment = self._assignment()
        if assignment is not None:
            label = int(assignment.labels[neuron])
            text += (
                f", label {self.observed.class_name(label)} ({self._source()})"
                if label >= 0
                else f", no label: {self._silent()}"
            )
        best = self._best()
        if best:
            text += ", excited most by " + ", ".join(
                f"{noun_of(self.session)} {image} ({n} spikes)" for image, n in best
            )
        if self._courses is not None:
            low, high = float(self._courses.v.min()), float(self._courses.v.max())
            text += f"; in presentation {self._shown['presentation']}, v ranged from {low:.1f} to {high:.1f} "
            text = (text + self._courses.unit).rstrip()
        return text + "."

    def table(self) -> Table | None:
        """Return the recorded time courses."""
        courses, experiment = self._courses, self.session.experiment
        if courses is None or experiment is None:
            return None
        unit, both = courses.unit, ("ge (1/leak)", "gi (1/leak)") if courses.unit else ("I_exc", "I_inh")
        names = ("time (ms)", label("v", unit), label("threshold", unit), *both)
        times = step_ends(len(courses.v), experiment.network.dt)
        columns = (times, courses.v, courses.threshold, courses.ge, courses.gi)
        return names, list(zip(*(column.round(6).tolist() for column in columns), strict=True))

    def figure(self) -> dict[str, Any] | None:
        """Return the receptive field, and the time courses below it."""
        selection, weights = self.session.selection, self.session.selection.weights_shown()
        view = selection.view_for(weights)
        if not self.has_content() or weights is None or view is None:
            return None
        moment = "" if selection.moment is None else f", weights at {thousands(selection.moment.position)}"
        title = f"{selection.population.capitalize()} neuron {selection.neuron}"
        pixels = np.asarray(view.incoming(weights, selection.neuron)).reshape(selection.field_shape)
        field = {"kind": "image", "image": pixels, "label": "weight", "title": f"{title}{moment}"}
        courses, experiment = self._courses, self.session.experiment
        if courses is None or experiment is None:
            return field
        times = step_ends(len(courses.v), experiment.network.dt)
        named = (
            (courses.unit or "potential", of_potential),
            ("conductance (1/leak)" if courses.unit else "input", of_conductance),
        )
        plots = [
            {"label": label, "lines": [{"x": times, "y": y, "label": name} for name, y in curves(courses).items()]}
            for label, curves in named
        ]
        time = {"kind": "lines", "x_label": "time in presentation (ms)", "plots": plots, "x_range": (0, times[-1])}
        return {
            "kind": "stack",
            "parts": [field, time],
            "title": f"{title}: receptive field{moment}, and time courses in one presentation",
            "n": "one neuron, one presentation",
        }


def _show(picture: Picture, w: NDArray[np.float32], shape: tuple[int, int]) -> float:
    """Draw weights, NaN where there is no synapse; return the largest one."""
    top = float(np.nanmax(w)) if np.isfinite(w).any() else 0.0
    picture.show_values(w.reshape(shape), 0.0, top or 1.0, colour_maps.sequential(), colour_maps.absent())
    return top
