"""Bars below the weight map: a slider over the checkpoints of a run, and the reference of a difference."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QSlider, QToolButton, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.panels.weights.weight_sources import WeightSources
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Elided, Label, named, plain_tip, tool_button
from stdpbench_gui.widgets.layouts import hbox

_STEP_MS = 500  # at most three changes a second, because of flashing


class HistoryBar(QWidget):
    """Chooses the shown weights; hidden while there are no checkpoints."""

    def __init__(self, sources: WeightSources) -> None:
        super().__init__()
        self._sources = sources
        self.play = named(QToolButton(), "Play the history", tip="Play from the first checkpoint to now")
        self.play.setAutoRaise(True)
        self.play.setCheckable(True)
        self.play.toggled.connect(self._play)
        self.slider = named(
            QSlider(Qt.Orientation.Horizontal),
            "Shown checkpoint; right end: current weights",
            tip="Weights of an earlier checkpoint; right end: current weights",
        )
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._choose)
        self.label = Label()
        self.label.setMinimumWidth(self.label.fontMetrics().horizontalAdvance("at 60 000 (reading)") + theme.GRID)
        self.back = tool_button("now", clicked=lambda _: self._go_to_now(), tip="Back to the newest weights")
        self.back.setAutoRaise(True)
        hbox(
            self.play,
            (self.slider, 1),
            self.label,
            self.back,
            within=self,
            margins=(theme.GRID, 0, theme.GRID, 2),
            spacing=theme.GRID,
        )
        self._timer = timer(self, self._next, _STEP_MS)
        self._play(False)
        self.refresh()

    def refresh(self) -> None:
        """Show the available checkpoints and the current choice."""
        sources = self._sources
        known, now = sources.positions, sources.now()
        self.setVisible(bool(known) and not sources.static)
        last = len(known) if now is not None else max(0, len(known) - 1)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            if sources.wanted is None:
                self.slider.setValue(last)
            elif sources.wanted in known:
                self.slider.setValue(known.index(sources.wanted))
        shown = sources.shown()
        if shown is not None:
            text = f"at {thousands(shown.position)}"
            self.label.setText(f"{text} (reading)" if sources.reading else text)
        self.back.setEnabled(sources.wanted is not None and now is not None)

    def _choose(self, place: int) -> None:
        known = self._sources.positions
        self._sources.show(known[place] if place < len(known) else None)
        self.refresh()

    def _go_to_now(self) -> None:
        self.play.setChecked(False)
        self._sources.show(None)
        self.refresh()

    def _play(self, on: bool) -> None:
        self.play.setText("⏸" if on else "▶")
        if on:
            if self.slider.value() == self.slider.maximum():
                self.slider.setValue(0)
            self._timer.start()
        else:
            self._timer.stop()

    def _next(self) -> None:
        if self._sources.reading:
            return
        if self.slider.value() >= self.slider.maximum() or not self.isVisible():
            self.play.setChecked(False)
        else:
            self.slider.setValue(self.slider.value() + 1)


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
        )
        self.end.setAutoRaise(True)
        hbox((self.label, 1), self.end, within=self, margins=(theme.GRID, 0), spacing=theme.GRID)
        self.refresh()

    def refresh(self) -> None:
        """Update the text."""
        text = self._sources.difference()
        self.setVisible(bool(text))
        if text != self.label.text():
            self.label.setText(text)
            self.label.setToolTip(plain_tip(text))
