"""The raster: scrolling spikes of the latest presentations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QLabel

from stdpbench.graph import Graph
from stdpbench.learned_names import listed
from stdpbench.runs.analysis.frame_spikes import spikes_in
from stdpbench.templates.diehl_cook import Network
from stdpbench.units import thousands
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.base import Panel, Table
from stdpbench_gui.panels.raster.strips import RATE_BIN, Pairs, Strip, every
from stdpbench_gui.panels.raster.view import RasterView
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.layouts import vbox

COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""Choices for the number of presentations on the screen."""
_GLIDE = 0.30  # time a presentation takes to slide in, s
_STILL = 1.0  # time between presentations without sliding, s


class Raster(Panel):
    """Panel with the spikes of all populations on one time axis, and the rate of one of them below."""

    key = "raster"
    title = "Raster"
    topics = frozenset({"presentation", "state"})
    frames = frozenset({"presentation"})
    carries_over = True
    help_text = (
        "Each dot is a spike. There is a band for each population, with its name: input neurons (one per pixel) at "
        "the top, then the others in the order of the network. Time starts at 0 in each presentation; a dotted line "
        "marks the end of the picture and the start of the rest. The run is faster than the display, so presentations "
        "are skipped; a gap marks where. Next to the number of a presentation are its class, and 2× if the picture "
        "was presented twice until it evoked enough spikes (the last time is drawn). At the bottom, spikes per second "
        "and neuron of the population on display, in bins of 5 ms. The spikes of the selected neuron are larger. "
        "Click a spike to select its neuron; use the wheel, or + and −, to show more or fewer presentations. "
        "(Template diehl-cook: Diehl &amp; Cook 2015, figure 1; doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "Spikes appear here with the next training presentation: start or resume a run."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.view = RasterView()
        vbox(self.view, within=self.body, spacing=0)
        self.sampled = QLabel()
        self.sampled.setObjectName("faint")
        self.sampled.setStyleSheet("font-weight: 400;")
        self.title_extra.addSpacing(8)
        self.title_extra.addWidget(self.sampled)
        self.strips: list[Strip] = []
        self.count = 4
        self._from, self._since, self._taken = 0.0, 0.0, 0.0
        self._kept = False  # whether the newest strip is older than this run's process
        self._dt, self._stimulus = 0.5, 350.0
        self._group = QActionGroup(self)
        for count in COUNTS:
            action = QAction(f"{count} presentation{'s' if count > 1 else ''} on screen", self)
            action.setCheckable(True)
            action.setChecked(count == self.count)
            action.triggered.connect(lambda _, count=count: self.set_count(count))
            self._group.addAction(action)
            self.menu.addAction(action)
        self._size_sampled()
        self.view.picked.connect(session.selection.select_neuron)
        self.view.stepped.connect(self._step)
        self.view.zoomed.connect(self._zoom)
        self.view.painted.connect(session.add_cost)
        session.selection.neuron_changed.connect(lambda _: self.mark_dirty())
        session.selection.shown_changed.connect(self._on_shown)

    def reset(self) -> None:
        """Discard the previous run."""
        self.strips.clear()
        self.view.forget()
        self.sampled.clear()
        self._from = self._since = self._taken = 0.0
        self._kept = False

    def restyle(self) -> None:
        """Apply the colours and the font of the theme."""
        self._size_sampled()
        self.mark_dirty()

    def _size_sampled(self) -> None:
        """Reserve room for the longest text: a longer one would cause a new layout of all panels."""
        self.sampled.ensurePolished()
        metrics = self.sampled.fontMetrics()
        self.sampled.setFixedSize(metrics.horizontalAdvance("every 99 999th presentation"), metrics.height())

    def has_content(self) -> bool:
        """Return whether a presentation was received."""
        return bool(self.strips or self.session.live.presentation)

    def set_count(self, count: int) -> None:
        """Set the number of presentations on the screen, one of `COUNTS`."""
        self.count = count
        self._group.actions()[COUNTS.index(count)].setChecked(True)
        self.mark_dirty()

    def refresh(self) -> None:
        """Add the newest presentation once the previous one has slid in, and slide on."""
        frame, now = self.session.live.presentation, time.monotonic()
        gap = _STILL if motion.reduced else 0.0 if motion.fast_flicker else _GLIDE
        kept = bool(self.session.kept.describe(self.frames))
        self.sampled.setVisible(not kept)  # replaced by the mark in the title
        # the first presentation of a continued run may have the number of the last one before
        self._kept |= kept
        first = self._kept and not kept
        new = frame and (first or not self.strips or frame["presentation"] != self.strips[-1].presentation)
        if new and now - self._taken >= gap:
            if first and self.strips and frame["presentation"] <= self.strips[-1].presentation:
                self.reset()
            self._take(frame)
            self._taken, self._kept = now, kept
        elif new:
            self.mark_dirty()
        self._place(now)

    def _take(self, frame: Any) -> None:
        experiment = self.session.experiment
        if experiment is not None:
            self._dt, self._stimulus = experiment.network.dt, experiment.schedule.stimulus
        strip = Strip.of(frame, self._dt, self._stimulus, self._spikes(frame))
        self._from, self._since = self.view.right, time.monotonic()
        if self.strips and strip.presentation < self.strips[-1].presentation:
            self.reset()  # the run was rewound
        if self.strips:
            strip.follow(self.strips[-1])
        else:
            self._from = strip.end
            self._set_layers(frame)
        self.strips.append(strip)
        del self.strips[: -COUNTS[-1] - 1]
        label = self.observed.label(strip.image)
        name = f" · {self.observed.class_name(label)}" if label >= 0 else ""
        again = f" · {strip.attempts}×" if strip.attempts > 1 else ""
        number = thousands(strip.presentation)
        fuller = (f"№ {number}{name}{again}", f"{number}{name}{again}", f"{number}{name}", number)
        self.view.headers[strip.presentation] = tuple(dict.fromkeys(fuller))
        if len(self.view.headers) > 4 * COUNTS[-1]:
            self.view.headers = {s.presentation: self.view.headers[s.presentation] for s in self.strips}
        n = every(self.strips[-8:])
        self.sampled.setText("" if n <= 1 else f"every {_ordinal(n)} presentation")

    @property
    def _graph(self) -> Graph | None:
        """The network if each of its populations has a band; None for that of Diehl & Cook."""
        experiment = self.session.experiment
        usual = experiment is None or isinstance(experiment.network, Network)
        return None if usual else self.session.selection.graph

    def _spikes(self, frame: Any) -> dict[str, Pairs] | None:
        """Return the spikes of the input, then of the other populations in order; None: the usual layers."""
        graph = self._graph
        if graph is None:
            return None
        names = sorted(graph.populations, key=lambda name: name != graph.input)
        return {name: spikes_in(frame, graph, name) for name in names}

    def _set_layers(self, frame: Any) -> None:
        """Set the bands for the network."""
        graph = self._graph
        if graph is None:
            self.view.show_layers(self._sizes(frame), {})
            return
        names = [*filter(None, [graph.input]), *(name for name in graph.populations if name != graph.input)]
        learning = {graph.projections[name].target for name in graph.plastic} | {graph.read}
        sizes = {name: graph.populations[name].size for name in names}
        roles = {name: "exc" if name in learning else "inh" for name in names}
        if graph.input:
            roles[graph.input] = "input"
        self.view.show_layers(sizes, roles, (self.session.selection.population,))

    def _on_shown(self) -> None:
        """Mark the selected neuron in the population on display."""
        if self.view.roles:
            self.view.selectable = (self.session.selection.population,)
        self.mark_dirty()

    def _sizes(self, frame: Any) -> dict[str, int]:
        started = self.session.live.started
        n_exc = len(frame["spike_counts"])
        n_input = int(np.prod(started.shape)) if started is not None else int(frame["input"][0].max(initial=0)) + 1
        experiment = self.session.experiment
        network = None if experiment is None else experiment.network
        layer = not isinstance(network, Network) or network.inhibition == "layer"
        return {"input": n_input, "exc": n_exc, "inh": n_exc if layer else 0}

    def _place(self, now: float) -> None:
        """Set the right edge for this time."""
        newest = self.strips[-1]
        share = 1.0 if motion.reduced or motion.fast_flicker else min(1.0, (now - self._since) / _GLIDE)
        if share < 1:
            self.mark_dirty()
        self.view.right = self._from + (newest.end - self._from) * share
        self.view.span = self.count * newest.duration * 1.02
        shown = [strip for strip in self.strips if strip.end >= self.view.right - self.view.span]
        self.view.strips = shown
        self.view.selected = self.session.selection.neuron
        self.view.render_spikes()

    def _step(self, by: int) -> None:
        n = self.view.sizes.get(self.session.selection.population, 0)
        if n:
            self.session.selection.select_neuron((max(self.session.selection.neuron, -1 if by > 0 else 0) + by) % n)

    def _zoom(self, by: int) -> None:
        self.set_count(COUNTS[min(max(COUNTS.index(self.count) + by, 0), len(COUNTS) - 1)])

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        return self.session.not_coming() or self.empty_text

    def summary(self) -> str:
        """Describe what is shown."""
        if not self.strips:
            return self.nothing()
        last, neuron = self.strips[-1], self.session.selection.neuron
        n = {layer: len(pair[0]) for layer, pair in last.spikes.items()}
        counts = listed([f"{number} {layer}" for layer, number in n.items()])
        text, population = f"Presentation {last.presentation}: {counts} spikes", self.session.selection.population
        if neuron >= 0 and population in last.spikes:
            text += f", {int((last.spikes[population][0] == neuron).sum())} of {population} neuron {neuron}"
        times = every(self.strips[-8:])
        return text + (f"; showing every {_ordinal(times)} presentation." if times > 1 else ".")

    def table(self) -> Table | None:
        """Return every spike on the screen."""
        if not self.strips:
            return None
        return self._table_of(self.view.strips)

    @staticmethod
    def _table_of(strips: Sequence[Strip]) -> Table:
        rows = []
        for strip in strips:
            for layer, (index, bins) in strip.spikes.items():
                times = (bins * strip.dt).round(3)
                rows += [
                    (strip.presentation, layer, i, t) for i, t in zip(index.tolist(), times.tolist(), strict=True)
                ]
        return ("presentation", "layer", "neuron", "time (ms)"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the newest presentation: spikes by layer, and the rate of exc neurons."""
        if not self.strips:
            return None
        last = self.strips[-1]
        label = "time in presentation (ms)"
        spikes = [
            {"t": bins * last.dt, "index": index, "label": layer, "size": self.view.sizes[layer]}
            for layer, (index, bins) in last.spikes.items()
            if self.view.sizes.get(layer)
        ]
        rate = {"x": (np.arange(len(last.rate)) + 0.5) * RATE_BIN, "y": last.rate, "label": "", "steps": True}
        end = (0.0, len(last.rate) * RATE_BIN)
        plots = [{"label": f"{self.session.selection.read} rate (Hz per neuron)", "lines": [rate]}]
        lines = {"kind": "lines", "x_label": label, "plots": plots, "x_range": end}
        return {
            "kind": "stack",
            "parts": [{"kind": "raster", "x_label": label, "rows": spikes, "x_range": end}, lines],
            "table": self._table_of([last]),
            "title": f"Spikes in training presentation {last.presentation}",
            "n": "one presentation",
        }


def _ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{thousands(n)}{ending}"
