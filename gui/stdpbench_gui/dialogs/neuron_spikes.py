"""Several neurons of a finished run beside each other: tuning, intervals between spikes, correlograms, a raster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics, QGuiApplication
from PyQt6.QtWidgets import QComboBox, QLineEdit, QMenu, QWidget

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import signed, thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import SpikeTrains
from stdpbench.results.readout.correlograms import Correlogram, correlogram, intervals, raster, rate
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State
from stdpbench_gui.dialogs.figure_export import View, add_actions
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import as_sentence
from stdpbench_gui.widgets.axes import SmallPlot
from stdpbench_gui.widgets.basic import (
    Dialog,
    Label,
    menu_action,
    menu_button,
    named,
    not_none,
    push_button,
    refill,
    wrapped,
)
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.plot import PlotArea

_NEURON_RASTER_MOST = 200  # stimuli in a band: more would be closer than pixels
_BAND = 0.88  # share of its row that a band takes
_MARK = 1 / 20  # height of a mark, share of a band, if there are more lines than that


class NeuronRaster(SmallPlot):
    """Spikes within a stimulus, of one neuron above the other; rates during stimuli stand at the right.

    In each band, the first evaluated stimulus is at the top. Of many stimuli, every n-th is drawn.
    """

    def __init__(self) -> None:
        super().__init__("spikes in each stimulus", still=True)
        self.showAxis("right")
        self.getAxis("right").setStyle(tickLength=0, tickTextOffset=3)
        self.setLabel("bottom", "time in the stimulus (ms)")

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        super().restyle()
        rates = self.getAxis("right")
        rates.restyle()
        rates.setWidth(QFontMetrics(theme.plot_font()).horizontalAdvance("100.0 Hz ") + 6)

    def draw(self, trains: SpikeTrains, neurons: Sequence[int], colours: Sequence[str]) -> None:
        """Draw neurons in these colours, the first at the top.

        Parameters
        ----------
        trains : SpikeTrains
            Responses to the evaluated stimuli.
        neurons : sequence of int
            Their numbers.
        colours : sequence of str
            As many colours.
        """
        self.clear()
        every = -(-len(trains) // _NEURON_RASTER_MOST) if len(trains) else 1
        shown = -(-len(trains) // every)
        names, rates = [], []
        for row, (neuron, colour) in enumerate(zip(reversed(neurons), reversed(colours), strict=True)):
            stimulus, time = raster(trains, neuron)
            drawn = stimulus % every == 0
            height = _BAND * max(_MARK, 1 / max(shown, 1))
            top = row + _BAND - (_BAND - height) * (stimulus[drawn] // every) / max(shown - 1, 1)
            x, y = np.repeat(time[drawn], 2), np.repeat(top, 2)
            y[1::2] -= height
            self.plot(x, y, connect="pairs", pen=pg.mkPen(colour, width=2))
            names.append((row + _BAND / 2, str(neuron)))
            rates.append((row + _BAND / 2, f"{rate(trains, neuron):.3g} Hz"))
        self.getAxis("left").setTicks([names])
        self.getAxis("right").setTicks([rates])
        self.setXRange(0, trains.n_bins * trains.dt, padding=0.01)
        self.setYRange(0, len(neurons) * (1 + 0.5 * self.room_for_title()), padding=0.01)
        n = thousands(len(trains))
        which = f"each of {n} stimuli" if every == 1 else f"one in {every} of {n} stimuli"
        self.set_title(f"spikes in {which}, the first at the top; rates at the right")


_MOST = 6  # neurons at once
_USUAL = 3
_WINDOW = 50.0  # ms of a correlogram
_BIN = 2.0  # ms of a histogram
_UNFINISHED = "Spikes appear here once the run is finished."
_NOT_STORED = "This run has no stored spikes; `stdpbench evaluate` stores them."


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a finished run has stored of its neurons.

    Attributes
    ----------
    trains : SpikeTrains
        Responses to the evaluated stimuli.
    mean_response : ndarray, float64, (n_classes, n_exc), or None
        Mean response to each class in the label phase.
    """

    trains: SpikeTrains
    mean_response: NDArray[np.float64] | None

    @classmethod
    def of(cls, folder: RunFolder) -> Recorded:
        """Read the files of a run.

        Raises
        ------
        StdpbenchError
            If it has none, or they are damaged.
        """
        if gone := folder.gone:
            raise StdpbenchError(as_sentence(gone))
        if not (folder.path / "test_spikes.npz").is_file():
            raise StdpbenchError(_NOT_STORED if state_of(folder)[0] is State.FINISHED else _UNFINISHED)
        names = ("neuron", "bin", "spikes", "n_exc", "n_bins", "dt")
        arrays = dict(zip(names, folder.read_arrays("test_spikes.npz", *names), strict=True))
        mean = None
        if (folder.path / "assignments.npz").is_file():
            (mean,) = folder.read_arrays("assignments.npz", "mean_response")
        return cls(SpikeTrains.from_arrays(arrays), mean)


class NeuronSpikes(View, Dialog):
    """Draws the chosen neurons over each other, the correlogram of two of them, and the raster of all.

    Parameters
    ----------
    folder : RunFolder
        The run.
    chosen : int
        The neuron to begin with, and those most active beside it; -1 for none.
    session : RunSession
        Provides threads.
    parent : QWidget
        The main window.

    Attributes
    ----------
    title, body
        What is exported.
    """

    title = "Spikes of neurons"

    def __init__(self, folder: RunFolder, chosen: int, session: RunSession, parent: QWidget) -> None:
        super().__init__(f"Spikes of neurons: {folder.path.name}", parent)
        self.recorded: Recorded | None = None
        self.drawn: list[int] = []
        self.found: Correlogram | None = None
        self.session, self._run, self._first = session, folder.path.name, chosen
        self.neurons = named(QLineEdit(), "Neurons", tip=f"Numbers of up to {_MOST} neurons")
        self.neurons.setEnabled(False)
        self.neurons.textChanged.connect(lambda _: self.draw())
        self.pair = named(QComboBox(), "Pair of neurons")
        self.pair.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.pair.currentIndexChanged.connect(lambda _: self._draw_pair())
        self.tuning = SmallPlot("spikes per stimulus, by class", still=True)
        self.gaps = SmallPlot(f"intervals per {_BIN:g} ms (%)", still=True)
        self.cross = SmallPlot("pairs of spikes", still=True)
        self.raster = NeuronRaster()
        self.area = named(PlotArea(), "Tuning, intervals, correlogram and raster")
        self.body: QWidget = self.area
        self.area.addItem(self.tuning, row=0, col=0)
        self.area.addItem(self.gaps, row=0, col=1)
        self.area.addItem(self.cross, row=1, col=0, colspan=2)
        self.area.addItem(self.raster, row=2, col=0, colspan=2)
        for row, share in enumerate((2, 2, 3)):
            self.area.ci.layout.setRowStretchFactor(row, share)
        for plot, words in ((self.tuning, "class"), (self.gaps, "interval (ms)"), (self.cross, "lag (ms)")):
            plot.setLabel("bottom", words)
        self.legend = Label(rich=True)
        self.note = named(wrapped("Reading spikes …", "faint"), "About these neurons")
        menu = QMenu(self)
        add_actions(menu, self)
        menu_action(
            menu,
            "Copy correlogram",
            lambda: not_none(QGuiApplication.clipboard()).setText(self.correlogram_table()),
            "Copy lags and pairs as a table",
        )
        export = menu_button("Export", menu, tip="Export or copy what is drawn")
        head = hbox(Label("neurons"), (self.neurons, 1), Label("correlogram of"), self.pair, spacing=theme.GRID)
        foot = hbox((self.note, 1), export, push_button("Close", clicked=self.close), spacing=theme.GRID)
        vbox(head, self.legend, (self.area, 1), foot, within=self, margins=theme.GRID, spacing=theme.GRID)
        self.restyle()
        self.resize(760, 640)
        session.work(lambda: Recorded.of(folder), self._show, failed=self.note.setText, owner=self)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.area.restyle()
        self.draw()

    def _show(self, recorded: Recorded) -> None:
        self.recorded = recorded
        active = np.argsort(-np.bincount(recorded.trains.neuron, minlength=recorded.trains.n_exc), kind="stable")
        first = [self._first] if 0 <= self._first < recorded.trains.n_exc else []
        wanted = [*first, *(int(neuron) for neuron in active if neuron not in first)][:_USUAL]
        self.neurons.setEnabled(True)
        self.neurons.setText(" ".join(map(str, wanted)))

    def chosen(self) -> list[int]:
        """Return the numbers in the field.

        Raises
        ------
        StdpbenchError
            If they are not numbers of neurons.
        """
        words, n = re.split(r"[\s,;]+", self.neurons.text().strip()), not_none(self.recorded).trains.n_exc
        if not all(word.isdecimal() and int(word) < n for word in words):
            raise StdpbenchError(f"Give numbers of neurons, 0 to {n - 1}, separated by spaces.")
        found = list(dict.fromkeys(map(int, words)))
        if len(found) > _MOST:
            raise StdpbenchError(f"At most {_MOST} neurons are drawn at once.")
        return found

    def draw(self) -> None:
        """Draw the neurons in the field; what is wrong with them is said below."""
        if self.recorded is None:
            return
        try:
            wanted = self.chosen()
        except StdpbenchError as error:
            self.note.setText(str(error))
            return
        self.drawn = wanted
        names = (f'<span style="color:{_colour(slot)}">━</span> {neuron}' for slot, neuron in enumerate(wanted))
        self.legend.setText("&nbsp;&nbsp; ".join(names))
        self.tuning.clear()
        self.gaps.clear()
        mean, longest, most = self.recorded.mean_response, 1.0, 0.0
        for slot, neuron in enumerate(wanted):
            colour = _colour(slot)
            pen, dots = pg.mkPen(colour, width=1.5), {"symbol": "o", "symbolSize": 5, "symbolBrush": colour}
            if mean is not None:
                self.tuning.plot(np.arange(len(mean)), mean[:, neuron], pen=pen, symbolPen=None, **dots)
            between = intervals(self.recorded.trains, neuron)
            if len(between):
                middle, share = _shares(between)
                self.gaps.plot(np.append(middle, middle[-1] + _BIN) - _BIN / 2, share, stepMode="center", pen=pen)
                most = max(most, float(share.max()))
                longest = max(longest, float(np.quantile(between, 0.99)))
        self.gaps.setXRange(0, longest, padding=0.02)
        highest = 0.0 if mean is None else float(mean[:, wanted].max())
        for plot, top in ((self.tuning, highest), (self.gaps, most)):
            plot.setYRange(0, (top or 1.0) * (1 + plot.room_for_title()), padding=0.02)
        self.raster.draw(self.recorded.trains, wanted, [_colour(slot) for slot in range(len(wanted))])
        pairs = [(a, b) for place, a in enumerate(wanted) for b in wanted[place:]]
        kept = self.pair.currentData()
        usual = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        texts = [(f"{a} with itself" if a == b else f"{a} and {b}", (a, b)) for a, b in pairs]
        refill(self.pair, texts, pairs.index(kept if kept in pairs else usual))
        self._draw_pair()

    def _draw_pair(self) -> None:
        data = self.pair.currentData()
        if self.recorded is None or data is None:
            return
        first, second = data
        trains = self.recorded.trains
        self.found = found = correlogram(trains, first, second, min(_WINDOW, (trains.n_bins - 1) * trains.dt))
        self.cross.clear()
        edges = np.append(found.lag, found.lag[-1] + trains.dt) - trains.dt / 2
        self.cross.plot(edges, found.pairs, stepMode="center", pen=theme.current().pen("exc", 1.5))
        self.cross.plot(found.lag, found.expected, pen=pg.mkPen(theme.current().wrong, style=Qt.PenStyle.DashLine))
        spikes = np.bincount(trains.neuron, minlength=trains.n_exc)
        each = ", ".join(f"{neuron}: {spikes[neuron] / len(trains):.2f}" for neuron in self.drawn)
        excess = found.pairs.sum() - found.expected.sum()
        self.note.setText(
            f"Spikes per evaluated stimulus: {each}. {found.pairs.sum()} pairs within ± {found.lag[-1]:g} ms, "
            f"{signed(excess, '.0f')} against the dashed line, which pairs answers to different stimuli (shift "
            "predictor)."
        )

    def correlogram_table(self) -> str:
        """Return the correlogram on display as a table, columns separated by tabs."""
        if self.found is None:
            return ""
        rows = zip(self.found.lag, self.found.pairs, self.found.expected, strict=True)
        return "\n".join(["lag_ms\tpairs\texpected", *(f"{a:g}\t{b}\t{c:g}" for a, b, c in rows)]) + "\n"

    # -- export ----------------------------------------------------------------------------------------------------

    def has_content(self) -> bool:
        """Return whether spikes have been read."""
        return self.recorded is not None and self.found is not None

    def table(self) -> Table | None:
        """Return the raster: a row for each spike of the neurons on display."""
        trains = not_none(self.recorded).trains
        rows: list[tuple[object, ...]] = []
        for neuron in self.drawn:
            stimulus, time = raster(trains, neuron)
            rows += [(neuron, *spike) for spike in zip(stimulus.tolist(), time.tolist(), strict=True)]
        return ("neuron", "stimulus", "time in the stimulus (ms)"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return tuning, intervals, correlogram and raster below each other."""
        recorded = not_none(self.recorded)
        trains, mean = recorded.trains, recorded.mean_response
        parts: list[dict[str, Any]] = []
        if mean is not None:
            tuned = [{"x": np.arange(len(mean)), "y": mean[:, n], "label": f"neuron {n}"} for n in self.drawn]
            label = "spikes per stimulus"
            parts.append({"kind": "lines", "x_label": "class", "plots": [{"label": label, "lines": tuned}]})
        shares = {neuron: _shares(intervals(trains, neuron)) for neuron in self.drawn}
        spread = [{"x": x, "y": y, "label": f"neuron {n}", "steps": True} for n, (x, y) in shares.items()]
        label = f"intervals per {_BIN:g} ms (%)"
        parts.append({"kind": "lines", "x_label": "interval (ms)", "plots": [{"label": label, "lines": spread}]})
        found, (first, second) = not_none(self.found), self.pair.currentData()
        pairs = [
            {"x": found.lag, "y": found.pairs, "label": f"{first} and {second}", "steps": True},
            {"x": found.lag, "y": found.expected, "label": "different stimuli", "style": "--"},
        ]
        parts.append({"kind": "lines", "x_label": "lag (ms)", "plots": [{"label": "pairs of spikes", "lines": pairs}]})
        rows = []
        for neuron in self.drawn:
            stimulus, time = raster(trains, neuron)
            rows.append({"t": time, "index": stimulus, "label": f"neuron {neuron}", "size": len(trains)})
        limits = (0.0, trains.n_bins * trains.dt)
        parts.append({"kind": "raster", "x_label": "time in the stimulus (ms)", "rows": rows, "x_range": limits})
        rates = ", ".join(f"{neuron}: {rate(trains, neuron):.3g} Hz" for neuron in self.drawn)
        words = (
            f"Spikes of neurons of {self._run}: tuning, intervals between spikes, correlogram, and raster with a "
            f"line for each of {len(trains)} evaluated stimuli. Mean rates in stimuli: {rates}. "
            f"stdpbench {__version__}."
        )
        return {"kind": "stack", "parts": parts, "caption": words}


def _shares(between: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middles of bins of intervals in ms, and the share of the intervals in each in %."""
    if not len(between):
        return np.zeros(0), np.zeros(0)
    edges = np.arange(0.0, between.max() + 2 * _BIN, _BIN)
    return edges[:-1] + _BIN / 2, 100 * np.histogram(between, edges)[0] / len(between)


def _colour(slot: int) -> str:
    return theme.class_colour(slot).name()
