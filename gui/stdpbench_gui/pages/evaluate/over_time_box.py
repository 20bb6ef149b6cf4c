"""When answers settle: accuracy of the chosen read-out from the spikes before each moment of the presentation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QResizeEvent

from stdpbench.results.figures.paper import Table
from stdpbench.results.readout.over_time import AnswersOverTime
from stdpbench.runs.protocol.stages import Stage
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import SmallPlot
from stdpbench_gui.widgets.basic import named, note
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.plot import PlotArea
from stdpbench_gui.widgets.timeline_strip import TimelineStrip, Track

_LABEL = "time in presentation (ms)"


class OverTimeBox(Box):
    """Accuracy over the time within the presentation, and the moment from which half of the answers stay."""

    title = "When answers settle"
    topics = frozenset({"look", "readout", "chosen", "over-time"})
    help_text = (
        "Accuracy of the chosen read-out if it gets only the spikes before each of 50 moments of the presentation. "
        "Neurons keep the classes of their whole responses, and a missing answer counts as wrong. An answer is "
        "settled once it no longer changes until the end; at the dashed line, half of the answers are settled. After "
        "the end of a shorter stimulus, its answer stays. While stimuli are selected, only these are counted. Whether "
        "the network uses the times of input spikes is another question, which <i>schedule.timing</i> answers. (Guo "
        "et al. 2021, Front. Neurosci. 15:638474, doi:10.3389/fnins.2021.638474, compare codes by this latency)"
    )
    lines = 14
    empty_text = "Accuracy over the time within a presentation appears here."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.graphics = named(PlotArea(), "Accuracy over time")
        self.graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot = SmallPlot("right (%) · time in presentation (ms)", still=True)
        self.plot.getAxis("left").most = 100.0
        self.curve = self.plot.plot([], [])
        self.median = pg.InfiniteLine(angle=90)
        self.plot.add_line(self.median)
        self.graphics.addItem(self.plot)
        self.note = note("About the time of answers")
        self.strip = TimelineStrip(lane=False)
        self.strip.chosen.connect(self._go)
        self.strip.stepped.connect(self._step)
        self.shown = pg.InfiniteLine(angle=90)
        self.plot.add_line(self.shown)
        vbox((self.graphics, 1), self.strip, self.note, within=self.body, spacing=0)
        self._restyle()

    def refresh(self, topics: set[str]) -> None:
        """Draw the curve."""
        found = self._found
        self.graphics.setVisible(found is not None)
        if found is not None:
            time, accuracy = self._curve(found)
            self.curve.setData(time, accuracy)
            self.plot.setXRange(0, float(time[-1]), padding=0.01)
            self._leave_room()
            median = found.settled_ms(self._labels)["median"]
            self.median.setVisible(median is not None)
            self.median.setValue(median or 0.0)
            positions, end = tuple(range(len(time))), len(time) - 1
            at = self.strip.track.at if self.strip.track.positions == positions else None
            self.strip.show_track(
                Track(
                    (Stage("presentation", end, end),),
                    positions,
                    at=at,
                    words=f"{time[end if at is None else at]:.4g} of {time[-1]:.4g} ms",
                )
            )
            self.shown.setVisible(at is not None)
            self.shown.setValue(float(time[at or 0]))
        self.strip.setVisible(found is not None)
        self.note.setText(self._about())

    def _go(self, place: int | None) -> None:
        """Show another moment of the presentation; None: the end."""
        self.strip.show_track(replace(self.strip.track, at=place))
        self.refresh({"over-time"})

    def _step(self, by: int) -> None:
        positions, at = self.strip.track.positions, self.strip.track.at
        self._go(min(max(0, (positions[-1] if at is None else at) + by), positions[-1]))

    def _leave_room(self) -> None:
        """Leave room for the title above 100 %."""
        self.plot.setYRange(0, 100 * (1 + self.plot.room_for_title()), padding=0.03)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave as much room as the title takes at the new size."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self._leave_room)  # after the plot has its size

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._restyle()
        super().restyle()

    def _restyle(self) -> None:
        colours = theme.current()
        self.graphics.restyle()
        self.curve.setPen(colours.pen("exc", 2))
        self.shown.setPen(pg.mkPen(colours.wrong, width=2))
        self.median.setPen(pg.mkPen(colours.ink, width=1, style=Qt.PenStyle.DashLine))

    @property
    def _found(self) -> AnswersOverTime | None:
        """The answers of the chosen read-out to the selected stimuli, or to all; None: not known."""
        found, state = self.state.over_time.get(self.state.readout), self.state
        if found is None or state.look is None:
            return None
        kept = state.pictures if state.chosen else slice(None)
        part = AnswersOverTime(found.time, found.answers[:, kept])
        return part if part.answers.shape[1] else None

    @property
    def _labels(self) -> NDArray[np.int64]:
        look, state = self.look, self.state
        return look.labels[state.pictures] if state.chosen else look.labels

    def _curve(self, found: AnswersOverTime) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return moments in ms and accuracy in %, from the start, when there is no answer yet."""
        accuracy = 100 * found.accuracy(self._labels)
        return np.concatenate([[0.0], found.time]), np.concatenate([[0.0], accuracy])

    # -- summary and export ---------------------------------------------------------------------------------------

    def _about(self) -> str:
        look, state, found = self.look, self.state, self._found
        if found is None:
            nothing = f"no {look.noun} is selected" if state.over_time and state.chosen else "computing …"
            return state.no_over_time or nothing
        settled = found.settled_ms(self._labels)
        n = found.answers.shape[1]
        of = f"{n} {'selected ' if state.chosen else ''}{look.noun}{'' if n == 1 else 's'}"
        if settled["median"] is None:
            return f"{state.readout}: no answer to {of}"
        known = {name: settled[f"median_{name}"] for name in ("right", "wrong")}
        parts = [f"{name} {value:.4g} ms" for name, value in known.items() if value is not None]
        time, accuracy = self._curve(found)
        at = self.strip.track.at
        share = f"at {time[at]:.4g} ms {accuracy[at]:.1f} % right; " if at is not None and at < len(time) else ""
        return (
            f"{share}{state.readout}, {of}: half settled after {settled['median']:.4g} ms ({', '.join(parts)}), "
            f"nine tenths after {settled['nine_tenths']:.4g} ms"
        )

    def summary(self) -> str:
        """Describe what is shown."""
        found = self._found
        if found is None:
            return f"{self._about()}."
        time, accuracy = self._curve(found)
        quarter = np.searchsorted(time, 0.25 * time[-1])
        return (
            f"{self._about()}. Right: {accuracy[quarter]:.1f} % at {time[quarter]:.4g} ms, {accuracy[-1]:.1f} % at "
            f"{time[-1]:.4g} ms."
        )

    def table(self) -> Table | None:
        """Return accuracy and share of settled answers at each moment."""
        found = self._found
        if found is None:
            return None
        time, accuracy = self._curve(found)
        settled = found.settled
        rows = [
            (
                round(moment, 4),
                round(right, 4),
                round(100 * float(np.mean(settled <= moment + 1e-9)), 4),
                round(100 * float(np.mean(answers >= 0)), 4) if answers is not None else 0.0,
            )
            for moment, right, answers in zip(time.tolist(), accuracy.tolist(), [None, *found.answers], strict=True)
        ]
        return (_LABEL, "right (%)", "settled (%)", "with an answer (%)"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the curve, with a mark at the median."""
        found = self._found
        if found is None:
            return None
        time, accuracy = self._curve(found)
        median = found.settled_ms(self._labels)["median"]
        plot: dict[str, Any] = {
            "label": "right (%)",
            "lines": [{"x": time, "y": accuracy, "label": self.state.readout}],
        }
        if median is not None:
            plot["marks"] = [(median, "median")]
        n = found.answers.shape[1]
        return {
            "kind": "lines",
            "x_label": _LABEL,
            "plots": [plot],
            "x_range": (0.0, float(time[-1])),
            "title": f"When answers settle, {self.state.readout}",
            "n": f"{n} {self.look.part} {self.look.noun}{'' if n == 1 else 's'}, one run",
        }
