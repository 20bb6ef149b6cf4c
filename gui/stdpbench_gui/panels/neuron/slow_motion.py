"""Slow motion: replay of one presentation, step by step, that shows the effect of STDP on the weights of a neuron."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QSlider, QToolButton, QWidget

from stdpbench.base.units import label, thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import NO_ANSWER
from stdpbench.runs.analysis.frame_spikes import Pairs
from stdpbench.runs.analysis.shown_stimulus import strength
from stdpbench.runs.analysis.slow_motion import SlowMotion, experiment_at, rule_starts, slow_motion, step_ends
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.look.icons import icon
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.neuron.course_plots import CoursePlot, coloured, name_units, of_potential, potential_plot
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.recording import Recorder
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.axes import SmallPlot
from stdpbench_gui.widgets.basic import RIGHT, Label, choice, named, plain_tip, push_button, tool_button, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.pictures import Picture
from stdpbench_gui.widgets.plot import PlotArea

_TARGET = 1.12
"""Lower edge of the band of the target's spikes; those of the source are between 0 and 1, both have height 1."""


class SpikePlot(SmallPlot):
    """Spikes of source and target up to a cursor; those of the selected pixel and neuron are highlighted.

    Where synapses have delays, a line follows each spike of the source on its way to the neuron, and a dot marks its
    arrival.
    """

    def __init__(self) -> None:
        super().__init__("spikes")
        self._all = {role: self.plot([], [], connect="pairs") for role in ("input", "exc")}
        self._mine = {role: self.plot([], [], connect="pairs") for role in ("input", "exc")}
        self._ways = {role: self.plot([], [], connect="pairs") for role in ("all", "mine")}
        self._arrived = self.plot([], [], pen=None, symbol="o", symbolSize=5)
        self._travel: dict[str, tuple[NDArray[np.floating[Any]], ...]] = {}
        self._dt = 0.5
        self._points: dict[int, tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = {}
        self.cursor = pg.InfiniteLine(angle=90, movable=False)
        self.addItem(self.cursor, ignoreBounds=True)
        self.disableAutoRange()
        self.setYRange(0.0, _TARGET + 1.7, padding=0.02)  # room for the title
        self.getAxis("left").setTicks([[(0.5, "source"), (_TARGET + 0.5, "target")]])

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        colours = theme.current()
        for role, line in self._all.items():
            line.setPen(pg.mkPen(getattr(colours, role), width=1 if role == "input" else 2))
            self._mine[role].setPen(pg.mkPen(colours.ink, width=2.5))
        self._ways["all"].setPen(pg.mkPen(theme.faded(colours.input, 0.27), width=1))
        self._ways["mine"].setPen(pg.mkPen(colours.ink, width=1.5))
        self._arrived.setSymbolBrush(pg.mkBrush(colours.ink))
        self._arrived.setSymbolPen(None)
        self.cursor.setPen(pg.mkPen(colours.ink, width=1))
        self._name()

    def _name(self) -> None:
        ink = theme.current().ink
        ways = f" {coloured('─● arrival', ink)}" if self._travel else ""
        self.set_title(f"spikes {coloured('┃ neuron and pixel', ink)}{ways}")

    def show_spikes(self, moment: SlowMotion, pixel: int) -> None:
        """Show the spikes of a presentation."""
        n_source = _size(moment.source_spikes, moment.n_source)
        n_target = _size(moment.target_spikes, moment.neuron + 1)
        self.getAxis("left").setTicks([[(0.5, moment.source), (_TARGET + 0.5, moment.target)]])
        self._points.clear()
        self._show_ways(moment, pixel, n_source)
        for (index, bins), base, n, line, mine, chosen in (
            (moment.source_spikes, 0.0, n_source, self._all["input"], self._mine["input"], pixel),
            (moment.target_spikes, _TARGET, n_target, self._all["exc"], self._mine["exc"], moment.neuron),
        ):
            height = max(1.2 / n, 0.012 if line is self._all["input"] else 0.04)
            factor = moment.source_factor if line is self._all["input"] else None
            size = np.ones(len(index)) if factor is None else strength(factor)
            for item, which, tall in ((line, index >= 0, height), (mine, index == chosen, 0.12)):
                y = base + 1 - (index[which] + 0.5) / n  # first neuron on top, as in the raster
                x = (bins[which] + 0.5) * moment.dt
                half = tall / 2 * size[which]
                ends = np.stack([np.clip(y - half, base, base + 1), np.clip(y + half, base, base + 1)], axis=1)
                self._points[id(item)] = (bins[which].astype(np.int64), np.repeat(x, 2), ends.reshape(-1))

    def _show_ways(self, moment: SlowMotion, pixel: int, n_source: int) -> None:
        """Find out which way spikes of the source travel to the neuron: none without delays."""
        self._travel, self._dt = {}, moment.dt
        index, bins = moment.source_spikes
        ends = moment.arrivals()
        late = np.nan_to_num(ends, nan=-1.0) > bins
        for role, which in (("all", late), ("mine", late & (index == pixel))):
            if late.any():
                y = 1 - (index[which] + 0.5) / n_source
                self._travel[role] = (bins[which] + 0.5, ends[which] + 0.5, y)
        self._name()

    def _show_travelling(self, n: int) -> None:
        """Draw how far spikes have come after `n` steps, and where those of the pixel have arrived."""
        empty = np.empty(0)
        for role, item in self._ways.items():
            start, end, y = self._travel.get(role, (empty, empty, empty))
            under_way = start < n
            start, end, y = start[under_way], end[under_way], y[under_way]
            x = np.stack([start, np.minimum(end, n)], axis=1).reshape(-1) * self._dt
            item.setData(x, np.repeat(y, 2))
            if role == "mine":
                there = end <= n
                self._arrived.setData(end[there] * self._dt, y[there])

    def show_until(self, n: int) -> None:
        """Draw the spikes of the first `n` steps."""
        self._show_travelling(n)
        for item in (*self._all.values(), *self._mine.values()):
            bins, x, y = self._points.get(id(item), (np.empty(0, np.int64), np.empty(0), np.empty(0)))
            k = 2 * int(np.searchsorted(bins, n))
            item.setData(x[:k], y[:k])


class SlowMotionPlots(PlotArea):
    """Four plots with one time axis; drag to scrub."""

    scrubbed = pyqtSignal(float)
    key_pressed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Spikes, traces, membrane potential and weight up to the cursor")
        self.setMinimumSize(200, 140)
        self.ci.layout.setContentsMargins(0, 0, 4, 0)
        self.ci.layout.setVerticalSpacing(2)
        self.spikes, self.potential = SpikePlot(), potential_plot()
        self.traces = CoursePlot("traces", {"x": "input", "y": "exc"})
        self.weight = CoursePlot("weight", {"weight": "exc"})
        self.plots = (self.spikes, self.traces, self.potential, self.weight)
        for row, plot in enumerate(self.plots):
            self.addItem(plot, row=row, col=0)
            plot.setMouseEnabled(x=False, y=False)
            plot.cursor.show()
            self.ci.layout.setRowStretchFactor(row, 4 if row == 0 else 3)
            if row:
                plot.setXLink(self.spikes)
            if row < len(self.plots) - 1:
                plot.getAxis("bottom").setStyle(showValues=False)
        self.weight.setLabel("bottom", "time in presentation (ms)")
        self._dt = 0.5

    def show_moment(self, moment: SlowMotion, pixel: int) -> None:
        """Show the courses of a presentation; pixel -1: the mean of the spiking inputs."""
        self._dt = moment.dt
        times = step_ends(moment.n_bins, moment.dt)
        self.spikes.setXRange(0.0, moment.n_bins * moment.dt, padding=0.01)
        self.spikes.show_spikes(moment, pixel)
        roles = {trace.name: "input" if trace.side == "input" else "exc" for trace in moment.traces}
        outputs = [trace.name for trace in moment.traces if trace.side == "output"]
        self.traces.set_names(roles, tuple(outputs[1:]))
        synapse, n_synapses = _first_synapse(moment, pixel), len(moment.synapses_from(pixel))
        whose = "of the pixel" if synapse >= 0 else "mean"
        courses = {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}
        self.traces.show_courses(times, courses, f"({', '.join(n for n in roles if n not in outputs)}: {whose})")
        note = "" if moment.courses is not None else "(not recorded)"
        name_units(moment.courses, self.potential)
        self.potential.show_courses(times, of_potential(moment.courses), note)
        self.weight.forget()
        if synapse >= 0:
            several = f", the first of its {n_synapses} synapses" if n_synapses > 1 else ""
            self.weight.show_courses(times, {"weight": moment.replay.weight(synapse)}, f"of the pixel{several}")
        else:
            self.weight.show_courses(times, {}, "no synapse from this pixel" if pixel >= 0 else "click a pixel")

    def show_step(self, step: int) -> None:
        """Draw everything up to the end of a step; -1: nothing."""
        for plot in self.plots:
            plot.show_until(step + 1)
            plot.cursor.setPos((step + 1) * self._dt)

    def forget(self) -> None:
        """Clear the plots."""
        for plot in (self.traces, self.potential, self.weight):
            plot.forget()
        self.spikes.show_until(0)

    def _scrub(self, event: QMouseEvent) -> None:
        place = self.spikes.getViewBox().mapSceneToView(self.mapToScene(event.position().toPoint()))
        self.scrubbed.emit(place.x())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move to the time under the mouse."""
        self.setFocus()
        if event.button() == Qt.MouseButton.LeftButton:
            self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the mouse while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Ignore the release."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pass keys on to the player."""
        event.ignore()
        self.key_pressed.emit(event)


class WeightsPair(QWidget):
    """Two pictures in the shape of the source, with a colour for no synapse; a click selects a pixel."""

    picked = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.now, self.change = Picture("Weights now"), Picture("Weight changes since the start")
        self.captions = [wrapped("", "faint", align=Qt.AlignmentFlag.AlignHCenter) for _ in range(2)]
        layout = vbox(within=self, spacing=2)
        for picture, caption in zip((self.now, self.change), self.captions, strict=True):
            picture.clicked.connect(self.picked)
            picture.let_pick()
            picture.setToolTip("Click a pixel, or use the arrow keys, to follow its trace and weight")
            layout.addWidget(picture, 1)
            layout.addWidget(caption)

    def show_step(self, moment: SlowMotion, step: int, shape: tuple[int, int], pixel: int) -> None:
        """Show the weights after a step; levels are those of the whole presentation."""
        start, end, w = moment.replay.start, moment.replay.end, moment.replay.weights(step)
        signed = bool((start < 0).any() or (end < 0).any())
        top = float(max(np.abs(start).max(initial=0.0), np.abs(end).max(initial=0.0))) or 1.0
        most, absent = float(np.abs(end - start).max(initial=0.0)), colour_maps.absent()
        span = most or 1.0
        now, change = (moment.per_source(each).reshape(shape) for each in (w, w - start))
        colours = colour_maps.diverging() if signed else colour_maps.sequential()
        self.now.show_values(now, -top if signed else 0.0, top, colours, absent)
        self.change.show_values(change, -span, span, colour_maps.diverging(), absent)
        gaps = f"; {thousands(len(start))} synapses" if np.isnan(now).any() else ""
        self.captions[0].setText(f"weights now\n{f'−{top:.3f}' if signed else '0'} to {top:.3f}{gaps}")
        moved = f"± {most:.2g}" if most else "no change"
        self.captions[1].setText(f"change so far\n{moved}")
        for picture in (self.now, self.change):
            picture.set_mark(divmod(pixel, shape[1]) if pixel >= 0 else None)

    def forget(self) -> None:
        """Clear both pictures."""
        for picture, caption in zip((self.now, self.change), self.captions, strict=True):
            picture.clear()
            caption.clear()


def in_words(moment: SlowMotion, observed: Observed, of_a_stream: bool = False) -> str:
    """Describe the replayed presentation, or piece of a stream, and the limits of the replay."""
    label = NO_ANSWER if of_a_stream else observed.label(moment.image)
    shown = f" (class {observed.class_name(label)})" if label >= 0 else ""
    again = f", presented {moment.attempts} times, showing the last" if moment.attempts > 1 else ""
    what = "piece" if of_a_stream else "presentation"
    head = f"Neuron {moment.neuron} of {moment.target}, {what} {thousands(moment.presentation)}{shown}{again}."
    return " ".join([head, *_others(moment), *moment.remarks])


def _others(moment: SlowMotion) -> list[str]:
    """Name the busiest neurons if the selected one was silent."""
    if len(moment.output) or not len(moment.target_spikes[0]):
        return []
    counts = np.bincount(moment.target_spikes[0])
    busiest = [str(n) for n in np.argsort(-counts, kind="stable")[:3].tolist() if counts[n]]
    listed = busiest[0] if len(busiest) == 1 else f"{', '.join(busiest[:-1])} and {busiest[-1]}"
    return [f"It did not spike here; {listed} did."]


def outcome(moment: SlowMotion) -> str:
    """Describe the outcome in numbers."""
    moved, n = moment.replay.end - moment.replay.start, len(moment.output)
    grew, shrank = int((moved > 0).sum()), int((moved < 0).sum())
    return (
        f"{len(moment.source_spikes[0])} spikes of {moment.source}, {n} spike{'s' if n != 1 else ''} of the neuron; "
        f"{grew} weights grew, {shrank} shrank, by at most {np.abs(moved).max(initial=0.0):.2g}."
    )


def _size(spikes: Pairs, at_least: int) -> int:
    """Return a number of neurons that includes all that spiked."""
    return max(at_least, int(spikes[0].max(initial=0)) + 1)


def _first_synapse(moment: SlowMotion, pixel: int) -> int:
    """Return the first synapse from a pixel; -1 if there is none."""
    synapses = moment.synapses_from(pixel)
    return int(synapses[0]) if len(synapses) else -1


def courses_table(moment: SlowMotion, pixel: int) -> Table:
    """Return traces, potential and the weight of a pixel (-1: none) at the end of each step."""
    columns = {"time (ms)": step_ends(moment.n_bins, moment.dt)}
    synapse = _first_synapse(moment, pixel)
    columns |= {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}
    if moment.courses is not None:
        unit = moment.courses.unit
        columns |= {label("v", unit): moment.courses.v, label("threshold", unit): moment.courses.threshold}
    if synapse >= 0:
        columns["weight"] = moment.replay.weight(synapse)
    return tuple(columns), list(zip(*(column.tolist() for column in columns.values()), strict=True))


def figure_of(moment: SlowMotion, pixel: int) -> dict[str, Any]:
    """Return the figure for a paper: spikes, traces, potential and the weight of a pixel (-1: none)."""
    label, times = "time in presentation (ms)", step_ends(moment.n_bins, moment.dt)
    end = (0.0, moment.n_bins * moment.dt)
    spikes = [
        {"t": (bins + 0.5) * moment.dt, "index": index, "label": layer, "size": n}
        for layer, (index, bins), n in (
            (moment.source, moment.source_spikes, _size(moment.source_spikes, moment.n_source)),
            (moment.target, moment.target_spikes, _size(moment.target_spikes, moment.neuron + 1)),
        )
    ]
    synapse = _first_synapse(moment, pixel)
    courses = {"traces": {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}}
    if moment.courses is not None:
        courses[moment.courses.unit or "potential"] = {
            "potential": moment.courses.v,
            "threshold": moment.courses.threshold,
        }
    if synapse >= 0:
        courses["weight of the pixel"] = {"": moment.replay.weight(synapse)}
    plots = [
        {"label": what, "lines": [{"x": times, "y": y, "label": name} for name, y in some.items()]}
        for what, some in courses.items()
        if some
    ]
    return {
        "kind": "stack",
        "parts": [
            {"kind": "raster", "x_label": label, "rows": spikes, "x_range": end},
            {"kind": "lines", "x_label": label, "plots": plots, "x_range": end},
        ][: 2 if plots else 1],
        "title": f"Neuron {moment.neuron} of {moment.target} in training presentation {moment.presentation}",
        "n": "one neuron, one presentation",
    }


SPEEDS = (1, 5, 10, 20, 50)
"""Factors by which the replay is slower than real time."""
_TICK_MS = 33


class Player(QWidget):
    """Steps through a presentation.

    Attributes
    ----------
    step : int
        The last completed step; -1: the start.
    """

    moved = pyqtSignal(int)
    play_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.step, self._n, self._dt = -1, 0, 0.5
        self._exact, self._ticked = -1.0, 0.0
        self.play = self._button("play", "Play or pause (Space)", self.play_wanted.emit)
        self.back = self._button("back", "One time step back (Left)", lambda: self.go(self.step - 1))
        self.forth = self._button("forth", "One time step forward (Right)", lambda: self.go(self.step + 1))
        speeds = [(f"1/{times}" if times > 1 else "real time", times) for times in SPEEDS]
        self.speed = choice(speeds, "Speed of the replay", at=SPEEDS.index(10), tip="Speed relative to real time")
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "Time in the presentation")
        self.slider.valueChanged.connect(self.jump)
        self.clock = named(Label(align=RIGHT), "Time in the presentation")
        hbox(
            self.play,
            self.back,
            self.forth,
            self.speed,
            (self.slider, 1),
            self.clock,
            within=self,
            spacing=theme.GRID // 2,
        )
        self._timer = timer(self, self._tick, _TICK_MS)
        self.set_steps(0, 0.5)

    @staticmethod
    def _button(name: str, tip: str, slot: Callable[[], object]) -> QToolButton:
        button = tool_button("", clicked=lambda _=False: slot(), name=tip.partition(" (")[0], tip=tip)
        button.setIcon(icon(name))
        return button

    @property
    def playing(self) -> bool:
        """Whether the replay is running."""
        return self._timer.isActive()

    def set_steps(self, n: int, dt: float) -> None:
        """Load a presentation of `n` steps of `dt` ms, positioned at its end."""
        self.stop()
        self._n, self._dt = n, dt
        with QSignalBlocker(self.slider):
            self.slider.setRange(-1, n - 1)
            self.slider.setPageStep(max(1, n // 20))
        for widget in (self.slider, self.back, self.forth):
            widget.setEnabled(n > 0)
        widest = self.fontMetrics().horizontalAdvance(self._text(max(0, n - 1)))
        self.clock.setMinimumWidth(widest + theme.GRID)
        self.go(n - 1)

    def _text(self, step: int) -> str:
        return f"{(step + 1) * self._dt:.1f} / {self._n * self._dt:.0f} ms"

    def start(self) -> None:
        """Play; from the start if at the end."""
        if not self._n:
            return
        if self.step >= self._n - 1:
            self.go(-1)
        self._exact, self._ticked = float(self.step), time.monotonic()
        self._timer.start()
        self.play.setIcon(icon("pause"))

    def stop(self) -> None:
        """Pause."""
        self._timer.stop()
        self.play.setIcon(icon("play"))

    def go(self, step: int) -> None:
        """Go to a step."""
        self.step = min(max(step, -1), self._n - 1)
        self._exact = float(self.step)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.step)
        self.clock.setText(self._text(self.step) if self._n else "")
        self.moved.emit(self.step)

    def jump(self, step: int) -> None:
        """Pause, and go to a step."""
        self.stop()
        self.go(step)

    def _tick(self) -> None:
        now = time.monotonic()
        exact = self._exact + (now - self._ticked) * 1e3 / self._dt / self.speed.currentData()
        self._ticked = now
        if exact >= self._n - 1:
            self.stop()
        if int(exact) != self.step:
            self.go(int(exact))
        self._exact = min(exact, float(self._n - 1))

    def handle_key(self, event: QKeyEvent) -> bool:
        """Handle Space (play), Left and Right (step, with Shift 10 steps), Home and End; return whether it was one."""
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        places = {
            Qt.Key.Key_Left: self.step - far,
            Qt.Key.Key_Right: self.step + far,
            Qt.Key.Key_Home: -1,
            Qt.Key.Key_End: self._n - 1,
        }
        if event.key() == Qt.Key.Key_Space:
            self.play_wanted.emit()
        elif event.key() in places and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.jump(places[Qt.Key(event.key())])
        else:
            return False
        return True


_TRIES = 100
_HUNT = "… until it spikes"
"""Maximum number of presentations to try until the neuron spikes."""
_LOW = 320
"""Height in pixels below which the plots need the room of the description."""


class SlowMotionPanel(Panel):
    """Panel with synchronised spikes, traces, membrane potential and weights of the selected neuron."""

    key = "slow-motion"
    title = "Slow motion"
    at_moment = "as recorded, not at {}"
    topics = frozenset({"presentation", "network", "state"})
    frames = frozenset({"presentation", "network"})
    most_per_second = 8.0
    help_text = (
        "A slow replay of one presentation for the selected neuron. Spikes leave decaying traces; when an input spike "
        "or a spike of the neuron meets the trace of the other side, the weight between them changes: "
        "spike-timing-dependent plasticity. Right, the current weights of the neuron, and their changes since the "
        "start; click a pixel to follow its trace and weight, click it again for the mean of all spiking inputs. The "
        "run is paused, as its weights would change otherwise. Traces and weights are recomputed from the recorded "
        "spikes with the rule of the run. Where synapses have axonal delays, a line follows each spike from the "
        "source to its arrival; input spikes with small factors have lower marks. Space "
        "plays, arrow keys step, dragging in the plots scrubs. (Rule: Diehl &amp; Cook 2015, section 2.3; triplets: "
        "Pfister &amp; Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006)"
    )
    asks = True
    empty_text = (
        "Select a neuron in the weight map or the raster to replay a presentation here, slowly enough to see how "
        "spikes, traces and weights interact."
    )

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.recorder = Recorder.of(session)
        self.moment: SlowMotion | None = None
        self.pixel = -1
        self._built_for: tuple[int, int, int, str] | None = None
        self._building = False
        self._armed = False
        self._tries, self._tried = 0, -1
        self._trouble = ""
        self.player = Player()
        self.player.moved.connect(self._show_step)
        self.player.play_wanted.connect(self.toggle)
        self.next = push_button(
            "Record next",
            clicked=lambda _: self.record_next(),
            tip="Run one presentation, record the neuron in it, and pause again",
        )
        self.hunt = push_button(
            _HUNT,
            clicked=lambda _: self._hunt(),
            name="Record presentations until the neuron spikes",
            tip=f"Run up to {_TRIES} presentations until the neuron spikes in one",
        )
        self.hunt.setMinimumWidth(self.hunt.sizeHint().width())  # it stays under the mouse as “Cancel”
        self.what = wrapped("", "empty", align=Qt.AlignmentFlag.AlignCenter)
        self.about = named(wrapped("", "faint"), "About the replay")
        self.plots = SlowMotionPlots()
        self.plots.scrubbed.connect(self._scrub)
        self.plots.key_pressed.connect(self._on_key)
        self.weights = WeightsPair()
        self.weights.picked.connect(self._pick)
        self._lay_out()
        session.selection.neuron_changed.connect(lambda _: self.reset())
        session.selection.shown_changed.connect(self.reset)
        self.restyle()

    def _lay_out(self) -> None:
        side = vbox((self.weights, 1), self.next, self.hunt, spacing=theme.GRID // 2)
        upper = vbox((self.what, 1), (self.plots, 1))
        middle = hbox((upper, 5), (side, 2))
        vbox(self.player, (middle, 1), self.about, within=self.body, margins=theme.GRID, spacing=theme.GRID // 2)

    # -- content ---------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Discard the previous run."""
        self._forget()
        self._end_hunt()

    def _end_hunt(self) -> None:
        self._armed, self._tries = False, 0
        self.session.say_doing("")
        self.mark_dirty()

    def _forget(self) -> None:
        self.moment, self.pixel, self._built_for, self._trouble = None, -1, None, ""
        self.player.set_steps(0, 0.5)
        self.plots.forget()
        self.weights.forget()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.plots.restyle()
        if self.moment is not None:
            self._show_step(self.player.step)
        self.mark_dirty()

    def _on_visible(self, visible: bool) -> None:
        super()._on_visible(visible)
        self.recorder.watch(self.key, visible)
        if not visible:
            self.player.stop()
            self._end_hunt()

    def has_content(self) -> bool:
        """Return whether a neuron is selected and a run is open."""
        chosen = self.session.selection.neuron >= 0 and self.session.live.started is not None
        return chosen and not self.session.selection.not_replayed

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        selection = self.session.selection
        if selection.only_neurons:
            return f"No projection to {selection.population} has weights that can be replayed here."
        return selection.not_replayed or self.session.not_coming() or self.empty_text

    def refresh(self) -> None:
        """Load the newest presentation, if the run is paused and it is not shown already."""
        frame, network = self.observed.presentation, self.observed.network
        still = self.session.state is not State.RUNNING and not self.session.kept.describe(self.frames)
        if frame and network and still and frame["position"] == network["position"] and not self._go_on(frame):
            self._build(frame, network)
        learns = self._learns()
        self.next.setEnabled(learns and not self._tries)
        self.hunt.setEnabled(learns)
        self.hunt.setText("Cancel" if self._tries else _HUNT)
        neuron = self.session.selection.neuron
        self.session.say_doing(f"stepping until neuron {neuron} spikes" if self._tries and learns else "")
        self.player.play.setEnabled(self.moment is not None or learns)
        self.plots.setVisible(self.moment is not None)
        self.what.setVisible(self.moment is None)
        self._write_about()
        self.what.setText(self._status())

    def _write_about(self) -> None:
        """Describe the replay below the plots, or in a tool tip if these need the room."""
        whole = self._status() if self.moment is not None else ""
        first, dot, rest = whole.partition(". ")
        short = f"{first}{dot.strip()}{' …' if rest else ''}"
        self.about.setText(short if self.body.height() < _LOW else whole)
        self.about.setToolTip(plain_tip(whole if self.body.height() < _LOW else ""))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the description to the new size."""
        super().resizeEvent(event)
        self._write_about()

    def _learns(self) -> bool:
        """Return whether the run can process another training presentation."""
        progress = self.session.live.progress
        training = progress.get("phase", "train") == "train" and progress.get("done", 0) < progress.get("total", 1)
        return self.session.connected and training and self.session.state in (State.RUNNING, State.PAUSED)

    def _status(self) -> str:
        if self._trouble:
            return f"⚠ Cannot replay: {self._trouble}."
        if self._building:
            return "Computing traces and weights …"
        if self._tries and self._learns():
            return f"Waiting for neuron {self.session.selection.neuron} to spike: {_TRIES - self._tries} tried …"
        if self._armed and self.session.state is State.RUNNING:
            return "Pausing after this presentation …"
        if self.moment is None:
            if not self.session.state.active:
                return self.session.not_coming()
            if not self._learns():
                return "The run is not training, so weights do not change."
            if self.session.state is State.RUNNING:
                return "Press Play to pause the run and replay its last presentation."
            return "Press “Record next” to run and replay one presentation."
        return in_words(self.moment, self.observed, self.is_stream)

    def _build(self, frame: Mapping[str, Any], network: Mapping[str, Any]) -> None:
        neuron, projection = self.session.selection.neuron, self.session.selection.projection
        wanted = (frame["presentation"], neuron, int(frame["recording"] is not None), projection)
        if wanted == self._built_for or self._building:
            return
        self._built_for, self._building, self._trouble = wanted, True, ""
        live, earlier, before = self.session.live, self.observed.earlier, self.observed.before

        def make() -> SlowMotion:
            experiment = experiment_at(live, frame["presentation"])
            known: dict[str, Any] = {"earlier": earlier, "before": before, "projection": projection}
            known["rule_starts"] = rule_starts(live, frame["presentation"], projection)
            known["shape"] = () if live.started is None else live.started.shape
            return slow_motion(experiment, frame, network, neuron, **known)

        def end(take: Callable[[Any], None], found: Any) -> None:
            self._building = False
            self.mark_dirty()
            if wanted == self._built_for:  # otherwise another neuron was selected in the meantime
                take(found)

        self.session.work(make, partial(end, self._take), failed=partial(end, self._fail), owner=self)

    def _fail(self, reason: str) -> None:
        self._trouble, self._armed = reason.rstrip("."), False

    def _take(self, moment: SlowMotion) -> None:
        self.moment = moment
        moved = np.abs(moment.replay.end - moment.replay.start)
        self.pixel = int(moment.sources[moved.argmax()]) if moved.any() else -1
        self.plots.weight.setLabel("bottom", f"time in {'piece' if self.is_stream else 'presentation'} (ms)")
        self.plots.show_moment(moment, self.pixel)
        self.player.set_steps(moment.n_bins, moment.dt)
        if self._armed:
            self._armed = False
            self.player.start()

    def _show_step(self, step: int) -> None:
        if self.moment is not None and self.session.live.started is not None:
            self.plots.show_step(step)
            self.weights.show_step(self.moment, step, self.session.selection.field_shape, self.pixel)

    # -- input -----------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play or pause; an active run is paused first, and its last presentation is loaded."""
        if self.player.playing or self._tries:
            self._tries = 0
            self.player.stop()
        elif self._learns() and self.session.state is State.RUNNING:
            self._armed = True
            self.session.request("pause", refused=self._on_refusal, reason="for slow motion")
            self.mark_dirty()
        else:
            self.player.start()

    def record_next(self, tries: int = 0) -> None:
        """Run one presentation with the neuron recorded, and replay it.

        Parameters
        ----------
        tries : int
            Maximum number of further presentations until the neuron spikes.
        """
        self._armed, self._tries = True, tries
        self._tried = self.observed.presentation.get("presentation", -1)
        self.player.stop()
        self.session.request("step", refused=self._on_refusal, n=1)
        self.mark_dirty()

    def _hunt(self) -> None:
        """Step until the neuron spikes, or stop doing so."""
        if self._tries:
            self._end_hunt()
        else:
            self.record_next(_TRIES)

    def _on_refusal(self, sentence: str) -> None:
        """Stop waiting for a presentation."""
        self._end_hunt()
        self.session.message.emit(sentence)

    def _go_on(self, frame: Mapping[str, Any]) -> bool:
        """Request the next presentation if the neuron should spike and did not; return whether one is pending."""
        if not self._tries:
            return False
        if frame["presentation"] == self._tried:
            return True
        if (self.session.selection.spikes(frame)[0] == self.session.selection.neuron).any() or self._tries == 1:
            self._tries = 0
            return False
        self.record_next(self._tries - 1)
        return True

    def _scrub(self, moment: float) -> None:
        if self.moment is not None:
            self.player.jump(round(moment / self.moment.dt) - 1)

    def _on_key(self, event: QKeyEvent) -> None:
        if self.player.handle_key(event):
            event.accept()

    def _pick(self, row: int, col: int) -> None:
        """Follow a pixel; if picked again, the mean of all spiking inputs."""
        if self.moment is None or self.session.live.started is None:
            return
        pixel = row * self.session.selection.field_shape[1] + col
        self.pixel = -1 if pixel == self.pixel else pixel
        self.plots.show_moment(self.moment, self.pixel)
        self._show_step(self.player.step)

    # -- summary and export ----------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        moment = self.moment
        if moment is None:
            return self._status() if self.has_content() else self.nothing()
        return f"{self._status()} {outcome(moment)} The cursor is at {(self.player.step + 1) * moment.dt:.1f} ms."

    def table(self) -> Table | None:
        """Return traces, potential and the weight of the pixel at the end of each step."""
        return None if self.moment is None else courses_table(self.moment, self.pixel)

    def figure(self) -> dict[str, Any] | None:
        """Return spikes, traces, potential and the weight of the pixel."""
        return None if self.moment is None else figure_of(self.moment, self.pixel)
