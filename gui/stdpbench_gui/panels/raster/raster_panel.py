"""The raster: scrolling spikes of the latest presentations."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu

from stdpbench.base.units import thousands
from stdpbench.declare.learned_names import listed
from stdpbench.experiment.graph.diagram import roles_of
from stdpbench.results.figures.paper import Table
from stdpbench.runs.analysis.stream_series import occurrences, unseen
from stdpbench.runs.protocol.facts import Piece
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.raster.strips import RATE_BIN, Pairs, Strip, every
from stdpbench_gui.panels.raster.view import RasterView
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import neurons_of
from stdpbench_gui.widgets.basic import Elided, Label, check_action, choice, named, not_none, plain_tip
from stdpbench_gui.widgets.layouts import vbox

SPANS = (1, 5, 20)
"""Choices for the seconds on the screen."""
_RATE_BINS = {1: RATE_BIN, 5: 20.0, 20: 100.0}  # ms


class StreamPieces:
    """Keeps the pieces of the longest span that can be shown.

    Attributes
    ----------
    strips : list of Strip
        Pieces in order, each at its time from the start of the stream.
    span : int
        Seconds on the screen, one of `SPANS`.
    """

    def __init__(self) -> None:
        self.strips: list[Strip] = []
        self.span = SPANS[1]
        self._read: dict[int, tuple[Pairs, int]] = {}  # spikes of the neurons that are read, and their number

    def forget(self) -> None:
        """Discard all pieces."""
        self.strips.clear()
        self._read.clear()

    def add(self, strip: Strip, read: Pairs, n: int) -> None:
        """Add a piece; later ones, of before a rewind, are discarded.

        Parameters
        ----------
        strip : Strip
            The piece.
        read : tuple of ndarray
            Spikes of the population that is read, of which the rate is.
        n : int
            Number of its neurons.
        """
        while self.strips and self.strips[-1].presentation >= strip.presentation:
            self._read.pop(self.strips.pop().presentation)
        strip.place_in_stream(self.strips[-1] if self.strips else None)
        self._read[strip.presentation] = read, n
        self.strips.append(strip.with_rate_bins(_RATE_BINS[self.span], read, n))
        while self.strips[0].end < strip.end - 1e3 * SPANS[-1]:
            self._read.pop(self.strips.pop(0).presentation)

    def set_span(self, span: int) -> None:
        """Set the seconds on the screen, and the bins of rates that suit them."""
        self.span, width = span, _RATE_BINS[span]
        self.strips[:] = [strip.with_rate_bins(width, *self._read[strip.presentation]) for strip in self.strips]

    @property
    def end(self) -> float:
        """Right end of the axis once the newest piece is shown, in ms; the axis begins at 0."""
        return max(self.strips[-1].end, 1e3 * self.span) if self.strips else 1e3 * self.span

    @property
    def stretch(self) -> tuple[float, float]:
        """The last seconds up to the newest piece, in ms, not before the start of the stream."""
        end = self.strips[-1].end if self.strips else 0.0
        return max(0.0, end - 1e3 * self.span), end

    def gaps(self) -> list[tuple[float, float]]:
        """Return what was not seen of all that can be on the screen while the newest piece slides in, in ms."""
        if not self.strips:
            return []
        start, end = self.stretch
        start = max(0.0, start - (self.strips[-1].duration if len(self.strips) > 1 else 0.0))
        return unseen([(strip.start, strip.end) for strip in self.strips], start, end)

    def not_seen(self) -> float:
        """Return how much of the stretch was not seen, in s."""
        seen = [(strip.start, strip.end) for strip in self.strips]
        return 1e-3 * sum(last - first for first, last in unseen(seen, *self.stretch))

    def patterns(self, pieces: Mapping[int, Piece], pattern: float) -> list[tuple[float, float, int]]:
        """Return the patterns of the stretch, in ms; `pattern` is the duration of one, in ms."""
        if not self.strips or not pattern:
            return []
        (start, end), length = self.stretch, 1e-3 * self.strips[-1].duration
        found = occurrences(pieces, length, 1e-3 * pattern, 1e-3 * start, 1e-3 * end)
        return [(1e3 * first, 1e3 * last, number) for first, last, number in found]


def table_of(strips: Sequence[Strip], *, stream: bool = False) -> Table:
    """Return every spike of some presentations or, of a stream, of some pieces, in time from its start."""
    rows, (what, unit) = [], ("piece", "s") if stream else ("presentation", "ms")
    for strip in strips:
        for layer, (index, bins) in strip.spikes.items():
            ms = bins * strip.dt
            times = (1e-3 * (strip.start + ms)).round(6) if stream else ms.round(3)
            rows += [(strip.presentation, layer, i, t) for i, t in zip(index.tolist(), times.tolist(), strict=True)]
    return (what, "layer", "neuron", f"time ({unit})"), rows


def figure_of(last: Strip, sizes: dict[str, int], read: str) -> dict[str, Any]:
    """Return the figure of a presentation: spikes by layer, and the rate of the population that is read."""
    label = "time in presentation (ms)"
    spikes = [
        {"t": bins * last.dt, "index": index, "label": layer, "size": sizes[layer]}
        for layer, (index, bins) in last.spikes.items()
        if sizes.get(layer)
    ]
    rate = {"x": (np.arange(len(last.rate)) + 0.5) * last.rate_bin, "y": last.rate, "label": "", "steps": True}
    end = (0.0, len(last.rate) * last.rate_bin)
    plots = [{"label": f"{read} rate (Hz per neuron)", "lines": [rate]}]
    lines = {"kind": "lines", "x_label": label, "plots": plots, "x_range": end}
    return {
        "kind": "stack",
        "parts": [{"kind": "raster", "x_label": label, "rows": spikes, "x_range": end}, lines],
        "table": table_of([last]),
        "title": f"Spikes in training presentation {last.presentation}",
        "n": "one presentation",
    }


# -- a stream --------------------------------------------------------------------------------------------------------


def drawn_neurons(view: RasterView) -> str:
    """Say which neurons of each layer are drawn, if not all are."""
    steps = {layer: n * view.sampled.get(layer, 1) for layer, n in view.film.every.items()}
    thinned = [f"1 in {n} {neurons_of(layer)}" for layer, n in steps.items() if n > 1]
    return f"spikes of {listed(thinned)}" if thinned else ""


def stream_summary(pieces: StreamPieces, view: RasterView, seen: str) -> str:
    """Describe the stretch of a stream on the screen."""
    counts = [
        f"{thousands(sum(len(strip.spikes[layer][0]) for strip in view.strips))} {layer}"
        for layer, n in view.sizes.items()
        if n
    ]
    text = f"Stream, {seen}: {listed(counts)} spikes" if counts else f"Stream, {seen}"
    thinned = drawn_neurons(view)
    text += f"; {thinned}" if thinned else ""
    return f"{text}; {len(view.patterns)} patterns." if view.patterns else f"{text}."


def stream_figure(pieces: StreamPieces, view: RasterView, read: str, seen: str) -> dict[str, Any]:
    """Return the figure of the stretch on the screen, with the neurons that are drawn there; gaps are empty."""
    start, end = (1e-3 * each for each in pieces.stretch)
    spikes = []
    for layer, size in view.sizes.items():
        every = view.film.every.get(layer, 1)
        parts = [(strip, *strip.spikes[layer]) for strip in view.strips]
        index = np.concatenate([each for _, each, _ in parts])
        t = np.concatenate([1e-3 * (strip.start + bins * strip.dt) for strip, _, bins in parts])
        kept = (index % every == 0) & (t >= start)
        if size:
            spikes.append({"t": t[kept], "index": index[kept], "label": layer, "size": size})
    x: list[NDArray[np.floating[Any]]] = []
    y: list[NDArray[np.floating[Any]]] = []
    for strip in view.strips:
        at = 1e-3 * (strip.start + (np.arange(len(strip.rate)) + 0.5) * strip.rate_bin)
        if strip.skipped > 0:
            x, y = [*x, np.array([at[0]])], [*y, np.array([np.nan])]
        x, y = [*x, at], [*y, strip.rate]
    rate = {"x": np.concatenate(x), "y": np.concatenate(y), "label": ""}
    plots = [{"label": f"{read} rate (Hz per neuron)", "lines": [rate]}]
    lines = {"kind": "lines", "x_label": "time (s)", "plots": plots, "x_range": (start, end)}
    missed = [f"{1e-3 * first:g} to {1e-3 * last:g} s" for first, last in pieces.gaps() if last > 1e3 * start]
    notes = ["one run", f"not seen: {', '.join(missed)}" if missed else "", drawn_neurons(view)]
    return {
        "kind": "stack",
        "parts": [{"kind": "raster", "x_label": "time (s)", "rows": spikes, "x_range": (start, end)}, lines],
        "table": table_of(view.strips, stream=True),
        "title": f"Spikes of a stream, {seen.partition(',')[0]}",
        "n": "; ".join(filter(None, notes)),
    }


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
        "Each dot is a spike. There is a band for each population, with its name: input neurons at the top, then the "
        "others in the order of the network. Time starts at 0 in each presentation; a dotted line marks the end of "
        "the stimulus and the start of the rest. The run is faster than the display, so presentations are skipped; a "
        "gap marks where. Next to the number of a presentation are its class, and 2× if the stimulus was presented "
        "twice until it evoked enough spikes (the last time is drawn). Signals and recordings may differ in length. "
        "At the bottom, spikes per second and neuron of the population on display, in bins of 5 ms. The spikes of the "
        "selected neuron are larger, and input spikes with small factors are fainter. Click a "
        "spike to select its neuron; use the wheel, or + and −, to show more or fewer presentations. A stream has one "
        "time axis, in seconds from its start, over the last 1, 5 or 20 s: shaded stretches are patterns, each in the "
        "colour of its number, and hatched ones are pieces that were not seen, in which there may have been spikes. "
        "Bins of its rate are 5, 20 or 100 ms wide. If there are very many spikes, only those of every nth neuron are "
        "drawn, and the line below says so. (Template diehl-cook: Diehl &amp; Cook 2015, figure 1; "
        "doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "Spikes appear here with the next training presentation: start or resume a run."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.observed = Observed.of(session)
        self.view = RasterView()
        self.note = named(Elided(), "What is drawn", style="faint")
        self.note.setContentsMargins(theme.GRID, 0, 0, 0)
        self.note.hide()
        vbox((self.view, 1), self.note, within=self.body, spacing=0)
        self.pieces = StreamPieces()
        spans = [f"last {span} s" for span in SPANS]
        at = SPANS.index(self.pieces.span)
        self.span = choice(spans, "Seconds on screen", at=at, tip="Seconds of the stream on the screen")
        self.span.currentIndexChanged.connect(lambda row: self.set_span(SPANS[row]))
        self.span.hide()
        self.title_extra.addWidget(self.span)
        self.sampled = named(Label(), style="faint")
        self.sampled.setStyleSheet("font-weight: 400;")
        self.title_extra.addSpacing(8)
        self.title_extra.addWidget(self.sampled)
        self.strips: list[Strip] = []
        self.count = 4
        self._from, self._since, self._taken = 0.0, 0.0, 0.0
        self._longest = 0.0
        self._kept = False  # whether the newest strip is older than this run's process
        self._dt = 0.5
        self._group = QActionGroup(self)
        for count in COUNTS:
            text = f"{count} presentation{'s' if count > 1 else ''} on screen"
            action = check_action(self.menu, text, count == self.count)
            action.triggered.connect(lambda _, count=count: self.set_count(count))
            self._group.addAction(action)
        self.hidden: set[str] = set()
        self.bands = QMenu("Populations", self)
        self.menu.addSeparator()
        self.menu.addMenu(self.bands)
        self._arrived: list[Any] = []
        session.changed.connect(self._collect)
        self._size_sampled()
        self.view.picked.connect(session.selection.select_neuron)
        self.view.stepped.connect(self._step)
        self.view.zoomed.connect(self._zoom)
        self.view.painted.connect(session.add_cost)
        session.selection.neuron_changed.connect(lambda _: self.mark_dirty())
        session.selection.shown_changed.connect(self._on_shown)
        session.selection.moment_changed.connect(self._on_moment)

    def reset(self) -> None:
        """Discard the previous run."""
        self.strips.clear()
        self.pieces.forget()
        self._arrived.clear()
        self.view.forget()
        self.sampled.clear()
        self.span.hide()
        self._from = self._since = self._taken = self._longest = 0.0
        self._kept = False

    def restyle(self) -> None:
        """Apply the colours and the font of the theme."""
        self._size_sampled()
        self.mark_dirty()

    def _size_sampled(self) -> None:
        """Reserve room for the longest text: a longer one would cause a new layout of all panels."""
        self.sampled.ensurePolished()
        metrics = self.sampled.fontMetrics()
        self.sampled.setFixedSize(metrics.horizontalAdvance("1 in 99 999 shown"), metrics.height())

    def has_content(self) -> bool:
        """Return whether a presentation was received."""
        return bool(self.strips or self.pieces.strips or self.session.presentation)

    def not_stored(self) -> str:
        """Return a sentence if the chosen earlier moment has no spikes: a history has those of streams only."""
        return "" if self.is_stream and self.session.presentation else "No spikes are stored."

    def _on_moment(self) -> None:
        """Show the piece of a stream at another moment alone."""
        self.sampled.setVisible(False)
        self.pieces.forget()
        self._arrived = [self.session.presentation] if self.session.presentation else []
        self._taken = 0.0

    def set_count(self, count: int) -> None:
        """Set the number of presentations on the screen, one of `COUNTS`."""
        self.count = count
        self._group.actions()[COUNTS.index(count)].setChecked(True)
        self.mark_dirty()

    def set_span(self, span: int) -> None:
        """Set the seconds of a stream on the screen, one of `SPANS`."""
        self.pieces.set_span(span)
        with QSignalBlocker(self.span):
            self.span.setCurrentIndex(SPANS.index(span))
        self.view.restart_rate()
        self._from = self.view.right = self.pieces.end
        self.mark_dirty()

    def refresh(self) -> None:
        """Add what has arrived once the previous has slid in, and slide on."""
        stream = self.is_stream
        if stream != self.view.seconds:
            self.view.seconds = stream
            for action in self._group.actions():
                action.setVisible(not stream)
        self.span.setVisible(stream)
        self._refresh_stream() if stream else self._refresh_presentations()
        self.view.sampled = self.session.presentation.get("sampled", {})
        texts = [
            self._newest() if stream and self.session.selection.moment is None else "",
            drawn_neurons(self.view).removeprefix("spikes of "),
        ]
        text = " · ".join(filter(None, texts))
        self.note.say(text)
        self.note.setToolTip(plain_tip(text))

    def _share_slid(self, now: float) -> float:
        """Return how far the newest has slid in, as a share; less than 1: it goes on."""
        share = 1.0 if motion.reduced or motion.fast_flicker else min(1.0, (now - self._since) / _GLIDE)
        if share < 1:
            self.mark_dirty()
        return share

    # -- a stream --------------------------------------------------------------------------------------------------

    def _collect(self, topics: set[str]) -> None:
        """Keep each piece of a stream that arrives, also while the previous one slides in."""
        now = self.session.selection.moment is None
        if "presentation" in topics and self.is_stream and self.session.live.presentation and now:
            self._arrived.append(self.session.live.presentation)
            del self._arrived[:-256]

    def _refresh_stream(self) -> None:
        """Add the pieces that have arrived, and scroll on."""
        now, kept = time.monotonic(), bool(self.session.kept.describe(self.frames))
        gap = _STILL if motion.reduced else 0.0 if motion.fast_flicker else _GLIDE
        self.sampled.setVisible(False)
        if not self._arrived and not self.pieces.strips:
            self._arrived.append(self.session.presentation)
        if self._arrived and now - self._taken >= gap:
            if self._kept and not kept:  # of before a branch: they may not be of this run
                self.pieces.forget()
            first = not self.pieces.strips
            for frame in self._arrived:
                self._take_piece(frame)
            self._from = self.pieces.end if first else self.view.right
            self._since = self._taken = now
            self._arrived.clear()
            self._kept = kept
        elif self._arrived:
            self.mark_dirty()
        share = self._share_slid(now)
        pieces, span, live = self.pieces, 1e3 * self.pieces.span, self.session.live
        self._from = min(self._from, pieces.end)  # after a rewind
        right = self._from + (pieces.end - self._from) * share
        shown = [strip for strip in pieces.strips if strip.end >= right - span]
        experiment = self.session.experiment
        stream = None if experiment is None else experiment.stream
        patterns = pieces.patterns(live.pieces, getattr(stream, "pattern", 0.0))
        self.view.show_stream(shown, right, span, pieces.gaps(), patterns)
        self.view.selected = self.session.selection.neuron
        self.view.render_spikes()

    def _take_piece(self, frame: Any) -> None:
        if not self.pieces.strips:
            self._set_layers(frame)
        strip = Strip.of(frame, not_none(self.session.experiment).network.dt)
        self.pieces.add(strip, frame["spikes"][frame["read"]], len(frame["spike_counts"]))

    def _seen(self) -> str:
        """Describe how much of the stretch on the screen was seen."""
        start, end = self.pieces.stretch
        missed, length = self.pieces.not_seen(), 1e-3 * (end - start)
        if not length:
            return ""
        text = f"{1e-3 * start:g} to {1e-3 * end:g} s"
        return f"{text}, all seen" if missed < 1e-9 else f"{text}, of which {missed:.3g} s were not seen (hatched)"

    def _newest(self) -> str:
        """Describe the newest stretch, which the picture slides to."""
        seen = self._seen()
        return f"newest: {seen}" if seen else ""

    # -- presentations ---------------------------------------------------------------------------------------------

    def _refresh_presentations(self) -> None:
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
            self._dt = experiment.network.dt
        strip = Strip.of(frame, self._dt)
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
        self.sampled.setText("" if n <= 1 else f"1 in {thousands(n)} shown")

    def _set_layers(self, frame: Any) -> None:
        """Set the bands for the network: the input, then the other populations in order."""
        graph = self.session.selection.graph
        if graph is None:  # of a kind that is not installed
            sizes = {name: int(index.max(initial=0)) + 1 for name, (index, _) in frame["spikes"].items()}
            roles = dict.fromkeys(sizes, "inh") | {frame["read"]: "exc"}
        else:
            names = sorted(graph.populations, key=lambda name: name != graph.input)
            sizes = {name: graph.populations[name].size for name in names}
            roles = {name: theme.ROLES[role] for name, role in roles_of(graph).items()}
        self._offer_bands(list(sizes))
        shown = {name: 0 if name in self.hidden else size for name, size in sizes.items()}
        self.view.show_layers(shown, roles, self.session.selection.population)

    def _offer_bands(self, names: Sequence[str]) -> None:
        """Offer the choice of the populations that have a band."""
        if [action.text() for action in self.bands.actions()] == list(names):
            return
        self.bands.clear()
        self.hidden.clear()
        for name in names:
            check_action(self.bands, name, True, partial(self.show_population, name))

    def show_population(self, name: str, on: bool) -> None:
        """Show or hide the band of a population; the last one stays."""
        names = {action.text() for action in self.bands.actions()}
        hidden = self.hidden - {name} if on else self.hidden | {name}
        if hidden < names:
            self.hidden = hidden
        for action in self.bands.actions():
            with QSignalBlocker(action):
                action.setChecked(action.text() not in self.hidden)
        if self.session.live.presentation:
            self._set_layers(self.session.live.presentation)
            self.view.film.forget()
        self.mark_dirty()

    def _on_shown(self) -> None:
        """Mark the selected neuron in the population on display."""
        self.view.selectable = self.session.selection.population
        self.mark_dirty()

    def _place(self, now: float) -> None:
        """Set the right edge for this time."""
        newest = self.strips[-1]
        share = self._share_slid(now)
        self.view.right = self._from + (newest.end - self._from) * share
        self._longest = max(self._longest, newest.duration)  # the scale stays where lengths differ
        self.view.span = self.count * self._longest * 1.02
        self.view.strips = [strip for strip in self.strips if strip.end >= self.view.right - self.view.span]
        self.view.selected = self.session.selection.neuron
        self.view.render_spikes()

    def _step(self, by: int) -> None:
        n = self.view.sizes.get(self.session.selection.population, 0)
        if n:
            self.session.selection.select_neuron((max(self.session.selection.neuron, -1 if by > 0 else 0) + by) % n)

    def _zoom(self, by: int) -> None:
        if self.view.seconds:
            self.set_span(SPANS[min(max(SPANS.index(self.pieces.span) + by, 0), len(SPANS) - 1)])
        else:
            self.set_count(COUNTS[min(max(COUNTS.index(self.count) + by, 0), len(COUNTS) - 1)])

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        # the Stimulus panel says why
        return "No spikes to show." if self.session.not_coming() else self.empty_text

    def summary(self) -> str:
        """Describe what is shown."""
        if self.pieces.strips:
            return stream_summary(self.pieces, self.view, self._seen())
        if not self.strips:
            return self.nothing()
        last, neuron = self.strips[-1], self.session.selection.neuron
        n = {layer: len(pair[0]) for layer, pair in last.spikes.items()}
        counts = listed([f"{number} {layer}" for layer, number in n.items()])
        text, population = f"Presentation {last.presentation}: {counts} spikes", self.session.selection.population
        if neuron >= 0 and population in last.spikes:
            text += f", {int((last.spikes[population][0] == neuron).sum())} of {population} neuron {neuron}"
        times = every(self.strips[-8:])
        return text + (f"; 1 in {thousands(times)} shown." if times > 1 else ".")

    def table(self) -> Table | None:
        """Return every spike on the screen."""
        if self.pieces.strips:
            return table_of(self.view.strips, stream=True)
        return table_of(self.view.strips) if self.strips else None

    def figure(self) -> dict[str, Any] | None:
        """Return the newest presentation, or the stretch of a stream: spikes by layer, and the rate below."""
        read = self.session.selection.read
        if self.pieces.strips:
            return stream_figure(self.pieces, self.view, read, self._seen())
        return figure_of(self.strips[-1], self.view.sizes, read) if self.strips else None
