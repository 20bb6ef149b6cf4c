"""Controls for slow replay of time steps: play and pause, step, scrub, speed."""

from __future__ import annotations

import time

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QComboBox, QSlider, QToolButton, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Label
from stdpbench_gui.widgets.layouts import hbox

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
        self.play = self._button("▶", "Play or pause (Space)", self.play_wanted.emit)
        self.back = self._button("◂", "One time step back (Left)", lambda: self.go(self.step - 1))
        self.forth = self._button("▸", "One time step forward (Right)", lambda: self.go(self.step + 1))
        self.speed = QComboBox()
        for times in SPEEDS:
            self.speed.addItem(f"1/{times}" if times > 1 else "real time", times)
        self.speed.setCurrentIndex(SPEEDS.index(10))
        self.speed.setToolTip("Speed relative to real time")
        self.speed.setAccessibleName("Speed of the replay")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Time in the presentation")
        self.slider.setRange(-1, -1)
        self.slider.valueChanged.connect(self._scrubbed)
        self.clock = Label()
        self.clock.setAccessibleName("Time in the presentation")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
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
    def _button(text: str, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.clicked.connect(lambda _=False: slot())  # type: ignore[operator]
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
        self.play.setText("❚❚")

    def stop(self) -> None:
        """Pause."""
        self._timer.stop()
        self.play.setText("▶")

    def go(self, step: int) -> None:
        """Go to a step."""
        self.step = min(max(step, -1), self._n - 1)
        self._exact = float(self.step)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.step)
        self.clock.setText(self._text(self.step) if self._n else "")
        self.moved.emit(self.step)

    def _scrubbed(self, step: int) -> None:
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
            self.stop()
            self.go(places[Qt.Key(event.key())])
        else:
            return False
        return True
