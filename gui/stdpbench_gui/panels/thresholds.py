"""Distributions over the neurons of a population: adaptive thresholds and firing rates."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt

from stdpbench.base.units import thousands
from stdpbench.experiment import Experiment, n_bins
from stdpbench.results.figures.paper import Table, histogram
from stdpbench.runs.analysis.fields import NOT_COUNTED
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.observed import Observed, StoredResponses
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import neurons_of
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.widgets.axes import SmallPlot, step_up, stepped
from stdpbench_gui.widgets.basic import choice, named, not_none, wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.plot import PlotArea

_KEPT = 200  # presentations
_BINS = 40
_LITTLE = 0.3  # share of an axis
_MOST_ABOVE = 0.55  # largest share of the height above the bars, for the title and the names of the lines
_APART = 3  # pixels between a line and its name
_RATES = 0


class Histogram(SmallPlot):
    """A histogram with its mean, and a mark for the selected neuron.

    The names of both lines lie above the bars, one below the other and before the lines, so that nothing crosses them.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title, still=True)
        self.bars = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.mean, self.selected = pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=90)
        self.names = {line: pg.TextItem("") for line in (self.mean, self.selected)}
        self.addItem(self.bars, ignoreBounds=True)
        for line, name in self.names.items():
            self.add_line(line)
            name.setZValue(1)  # before both lines
            name.textItem.document().setDocumentMargin(1)
            self.addItem(name, ignoreBounds=True)
        self.getViewBox().sigResized.connect(lambda *_: self._on_resized())
        self.forget()

    def forget(self) -> None:
        """Reset the axes."""
        self._range: tuple[float, float] | None = None
        self._top, self._most = 0.0, 0.0

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        colours = theme.current()
        self.bars.setBrush(theme.faded(colours.exc, 0.43))
        self.bars.setPen(colours.pen("exc", 1))
        for line, role, style in (
            (self.mean, "ink", Qt.PenStyle.DashLine),
            (self.selected, "wrong", Qt.PenStyle.SolidLine),
        ):
            line.setPen(pg.mkPen(getattr(colours, role), width=1.5, style=style))
            name = self.names[line]
            name.setColor(getattr(colours, role))
            name.setFont(theme.plot_font())
            name.fill = pg.mkBrush(colours.base)
        self._place_names()

    def draw(self, values: NDArray[np.float64], selected: float | None, name: str) -> None:
        """Draw the histogram; axes grow in steps, and shrink if little of them is used."""
        low, high = float(values.min()), float(values.max())
        if self._range is not None and high - low < _LITTLE * (self._range[1] - self._range[0]):
            self._range = None
        self._range = stepped(low, high, self._range)
        counts, edges = np.histogram(values, _BINS, self._range)
        self.bars.setData(edges, counts)
        self._most = float(counts.max())
        self.setXRange(*self._range, padding=0.02)
        self._set_top()
        self.mean.setPos(float(values.mean()))
        self.selected.setVisible(selected is not None)
        if selected is not None:
            self.selected.setPos(selected)
        self.names[self.mean].setText("mean")
        self.names[self.selected].setText(name)
        self.names[self.selected].setVisible(selected is not None)
        self._place_names()

    def _on_resized(self) -> None:
        self._top = 0.0
        if self._most:
            self._set_top()
        self._place_names()

    def _set_top(self) -> None:
        """Leave room for the title and both names above the highest bar."""
        above = self.title_bottom() + sum(name.boundingRect().height() for name in self.names.values())
        top = self._most / (1 - min(_MOST_ABOVE, above / max(self.getViewBox().height(), 1.0)))
        self._top = step_up(top) if top < _LITTLE * self._top else max(self._top, step_up(top))
        self.setYRange(0, self._top, padding=0)

    def _place_names(self) -> None:
        """Write each name beside its line, on the side where the other line is not, and in full, if there is room."""
        view, below = self.getViewBox(), self.title_bottom()
        (left, right), (low, high) = view.viewRange()
        per_unit = view.width() / max(right - left, 1e-12)
        both = self.selected.isVisible()
        for line, other in ((self.mean, self.selected), (self.selected, self.mean)):
            name = self.names[line]
            at, width = (line.value() - left) * per_unit, name.boundingRect().width() + _APART
            wants_left = both and line.value() < other.value()
            is_left = at > width if wants_left else at + width > view.width()
            start = max(0.0, at - width) if is_left else at + _APART
            name.setPos(left + start / per_unit, high - below / max(view.height(), 1.0) * (high - low))
            below += name.boundingRect().height()


class Thresholds(Panel):
    """Panel with histograms of theta and of firing."""

    key = "thresholds"
    title = "Thresholds"
    topics = frozenset({"network", "presentation"})
    frames = frozenset({"network", "presentation"})
    most_per_second = 5.0
    carries_over = True
    help_text = (
        "Every spike of a neuron with an adaptive threshold raises its theta, which decays slowly. Neurons that fire "
        "often become harder to excite, so that all neurons get their share of the stimuli (homeostasis). Left: theta "
        "of all neurons of the population on display. Right: firing during the last received presentations or, after "
        "training, in the label phase. Neurons that never fired have no spike in any training presentation of this "
        "run. For neurons without an adaptive threshold, only firing is shown. The dashed line is the mean, the solid "
        "line the selected neuron. (Diehl &amp; Cook 2015, section 2.4, doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "Distributions of thresholds and firing rates appear here once the network is ready."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        name = "Quantity of the right histogram"
        self.what = choice(("rate per neuron", "spikes per presentation"), name, tip=name)
        self.what.currentIndexChanged.connect(self._on_what)
        self.title_extra.addWidget(self.what)
        self.graphics = named(PlotArea(), "Histograms of thresholds and of firing")
        self.graphics.ci.layout.setContentsMargins(2, 2, theme.GRID, 2)
        self.theta_plot, self.rate_plot = Histogram(""), Histogram("")
        self.graphics.addItem(self.theta_plot, row=0, col=0)
        self.graphics.addItem(self.rate_plot, row=0, col=1)
        self.numbers = named(wrapped(""), "Summary of thresholds and rates")
        self.numbers.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID // 2)
        vbox((self.graphics, 1), self.numbers, within=self.body, spacing=0)
        self._recent: deque[tuple[int, NDArray[np.int64], float]] = deque()  # number, spikes, seconds of the stimulus
        self._sum: NDArray[np.int64] = np.zeros(0, np.int64)
        self._population = session.selection.population
        self.observed = Observed.of(session)
        self.observed.changed.connect(self.mark_dirty)
        session.selection.neuron_changed.connect(lambda _: self.mark_dirty())
        session.selection.shown_changed.connect(self._on_shown)
        self._on_what()
        self.restyle()

    def reset(self) -> None:
        """Discard the previous run."""
        self._recent.clear()
        self._sum = np.zeros(0, np.int64)
        for plot in (self.theta_plot, self.rate_plot):
            plot.forget()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.restyle()
        self.mark_dirty()

    def _on_shown(self) -> None:
        """Show the population on display."""
        if self._population != self.session.selection.population:
            self._population = self.session.selection.population
            self.reset()
            self._on_what()
        self.mark_dirty()

    def _on_what(self) -> None:
        rates, population = self.what.currentIndex() == _RATES, self._population
        self.theta_plot.set_title(neurons_of(population))
        self.rate_plot.set_title(neurons_of(population) if rates else "presentations")
        self.rate_plot.setLabel("bottom", "firing rate (Hz)" if rates else f"{population} spikes")
        self.rate_plot.forget()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether thresholds have arrived, or spikes of neurons that have none."""
        if self.session.live.started is None:
            return False
        if self._learned() is not None:
            return True
        if self.session.selection.adapts:
            return False
        self.collect()
        return len(self._values()) > 0

    def refresh(self) -> None:
        """Draw both histograms; without thresholds, that of firing."""
        self.collect()
        neuron = self.session.selection.neuron
        theta, values = self._theta(), self._values()
        name = f"neuron {neuron}"
        self.theta_plot.setVisible(len(theta) > 0)
        if len(theta):
            self.theta_plot.setLabel("bottom", self.session.selection.theta_label)
            self.theta_plot.draw(theta, float(theta[neuron]) if 0 <= neuron < len(theta) else None, name)
        self.rate_plot.setVisible(len(values) > 0)
        if len(values):
            per_neuron = self.what.currentIndex() == _RATES and 0 <= neuron < len(values)
            self.rate_plot.draw(values, float(values[neuron]) if per_neuron else None, name)
        self.numbers.setText(self._sentence())

    def collect(self) -> None:
        """Add a new presentation."""
        frame = self.session.live.presentation
        if "spike_counts" not in frame or (self._recent and self._recent[-1][0] == frame["presentation"]):
            return
        counts = self._counts(frame)
        went_back = self._recent and frame["presentation"] < self._recent[-1][0]  # a branch from an earlier position
        if len(self._sum) != len(counts) or went_back:
            self._recent.clear()
            self._sum = np.zeros_like(counts)
        seconds = frame["stimulus_bins"] * self._experiment().dt * 1e-3
        self._recent.append((int(frame["presentation"]), counts, seconds))
        self._sum += counts
        if len(self._recent) > _KEPT:
            self._sum -= self._recent.popleft()[1]

    def _counts(self, frame: Mapping[str, Any]) -> NDArray[np.int64]:
        """Return the spikes of each neuron of the population during the stimulus."""
        selection = self.session.selection
        if selection.is_read or selection.graph is None:
            return np.asarray(frame["spike_counts"], np.int64)
        index, bins = selection.spikes(frame)
        n = selection.graph.populations[selection.population].size
        return np.bincount(index[bins < frame["stimulus_bins"]], minlength=n)

    def _theta(self) -> NDArray[np.float64]:
        learned = self._learned()
        if learned is None:
            return np.empty(0)
        return np.asarray(learned, np.float64) * self.session.selection.theta_shown_as[0]

    def _learned(self) -> Any:
        return self.session.selection.learned(self.session.selection.thresholds)

    def _means(self) -> NDArray[np.float64] | None:
        """Return mean spikes per neuron and presentation, from received presentations or else from the run folder."""
        if self.session.selection.moment is not None:
            return None
        if self._recent:
            return np.asarray(self._sum / len(self._recent), np.float64)
        stored = self._stored()
        return None if stored is None else stored.spike_counts.mean(axis=0, dtype=np.float64)

    def _stored(self) -> StoredResponses | None:
        """Return the stored responses of the population; None: not stored."""
        return self.observed.stored if self.session.selection.is_read else None

    def _values(self) -> NDArray[np.float64]:
        """Return the values of the right histogram: rates in Hz per neuron, or spikes per presentation."""
        means, stored = self._means(), self._stored()
        if means is None:
            return np.zeros(0)
        if self.what.currentIndex() == _RATES:
            return means / self._mean_seconds()
        if self._recent or stored is None:
            return np.array([float(counts.sum()) for _, counts, _ in self._recent])
        return np.asarray(stored.spike_counts.sum(axis=1), np.float64)

    def _mean_seconds(self) -> float:
        """Return the mean duration of the stimuli that `_means` is over."""
        if self._recent:
            return float(np.mean([seconds for *_, seconds in self._recent]))
        experiment, split, stored = self._experiment(), self.session.split, self._stored()
        if split is None or stored is None:
            return experiment.schedule.stimulus * 1e-3
        shown = split.test if stored.phase == "test" else split.train
        bins = [n_bins(experiment, shown, number) for number in range(min(len(shown), len(stored.spike_counts)))]
        return float(np.mean(bins)) * experiment.dt * 1e-3

    def _over(self) -> str:
        """Describe the presentations of the right histogram."""
        stored = self._stored()
        if self._recent or stored is None:
            n = len(self._recent)
            return f"the last {f'{thousands(n)} presentations' if n > 1 else 'presentation'}"
        return f"the {thousands(len(stored.spike_counts))} {noun_of(self.session)}s of the {stored.phase} phase"

    def _experiment(self) -> Experiment:
        """Return the experiment with current parameters."""
        return not_none(self.session.experiment)

    # -- summary and export ---------------------------------------------------------------------------------------

    def _never_fired(self) -> str:
        """Describe how many neurons have not fired since the start of the run."""
        counted, selection = self.session.total_spikes, self.session.selection
        if not selection.is_read:
            return f"neurons that never fired are counted for {selection.read} only"
        if counted is None:
            return NOT_COUNTED
        return f"{thousands(int((counted == 0).sum()))} of {thousands(len(counted))} neurons never fired in training"

    def _sentence(self) -> str:
        theta, (_, unit) = self._theta(), self.session.selection.theta_shown_as
        parts = [self._never_fired()]
        if len(theta):
            mean = f"theta {theta.mean():.2f} {unit}".rstrip()
            parts.insert(0, f"{mean} ({theta.min():.2f} to {theta.max():.2f})")
        values = self._values()
        if len(values):
            n = len(self._recent)
            every = round((self._recent[-1][0] - self._recent[0][0]) / (n - 1)) if n > 1 else 1
            sampled = f", about one in {every}" if every > 1 else ""
            unit, what = (" Hz", "rate") if self.what.currentIndex() == _RATES else ("", "spikes")
            parts.append(
                f"{what} {values.mean():.2f}{unit} ({values.min():.2f} to {values.max():.2f}) over "
                f"{self._over()}{sampled}"
            )
        elif self.session.selection.moment is None:
            parts.append("firing is shown while the run is active")
        return " · ".join(parts)

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{self._sentence()}." if self.has_content() else self.nothing()

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        selection = self.session.selection
        if selection.adapts:
            return self.empty_text
        return (
            f"The {neurons_of(selection.population)} have no adaptive threshold; their firing rates appear here while "
            "the run is active."
        )

    def table(self) -> Table | None:
        """Return theta and mean spikes of each neuron."""
        if not self.has_content():
            return None
        theta, means = self._theta(), self._means()
        if not len(theta) and means is not None:
            return ("neuron", "mean spikes per presentation"), list(enumerate(means.round(4).tolist()))
        known = means is not None and len(means) == len(theta)
        spikes = means.round(4).tolist() if known and means is not None else [""] * len(theta)
        rows = zip(range(len(theta)), theta.round(4).tolist(), spikes, strict=True)
        return ("neuron", self.session.selection.theta_label, "mean spikes per presentation"), list(rows)

    def figure(self) -> dict[str, Any] | None:
        """Return both histograms."""
        if not self.has_content():
            return None
        theta, values, population = self._theta(), self._values(), self._population
        label, title = neurons_of(population), "Adaptive thresholds and firing" if len(theta) else "Firing"
        shown = [histogram(theta, self.session.selection.theta_label, label)] if len(theta) else []
        parts, n = shown, f"{len(theta) or len(self._sum)} {neurons_of(population)} of one run"
        if len(values):
            rates = self.what.currentIndex() == _RATES
            rate, total = ("firing rate (Hz)", neurons_of(population)), (f"{population} spikes", "presentations")
            x_label, y_label = rate if rates else total
            parts.append(histogram(values, x_label, y_label))
            n += f", firing in {self._over()}"
        return {"kind": "stack", "parts": parts, "title": title, "n": n}
