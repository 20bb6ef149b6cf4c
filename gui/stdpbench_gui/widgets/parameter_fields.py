"""Input widgets for parameters: field, slider and drop-down list. They ignore the mouse wheel, so the form scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QSlider, QStyle, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import read
from stdpbench.declare.parameters import Parameter
from stdpbench_gui.look.icons import WINDOW, window_icon
from stdpbench_gui.widgets.basic import NarrowBox, not_none
from stdpbench_gui.widgets.parameter_scale import Scale, nudged

_STEPS = 400
_UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Choice(NarrowBox):
    """A drop-down list of names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.addItems(names)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ignore the wheel, so that the form scrolls."""
        _ignore(event)

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list as wide as its longest name, whose middle Qt would leave out."""
        view = not_none(self.view())
        bar = not_none(view.style()).pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        view.setMinimumWidth(view.sizeHintForColumn(0) + bar + 2 * view.frameWidth())
        super().showPopup()


def show_windows(rules: QComboBox) -> None:
    """Show the windows of rules beside their names."""
    rules.setIconSize(WINDOW)
    for number in range(rules.count()):
        rules.setItemIcon(number, window_icon(rules.itemText(number)))


class ValueField(QLineEdit):
    """A value with its unit, formatted as in an experiment file."""

    committed = pyqtSignal()
    reverted = pyqtSignal()

    def __init__(self, declared: Parameter, parent: QWidget) -> None:
        super().__init__(parent)
        self._declared = declared
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def event(self, event: QEvent | None) -> bool:
        """Handle Esc while the text is modified; leave Ctrl+Z to the window while it is not."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape and self.isModified():
                event.accept()
                return True
            if not self.isModified() and any(event.matches(key) for key in _UNDO):
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Commit on Enter, revert on Esc, step on arrow keys."""
        assert event is not None
        if event.key() in _ENTER:
            self.committed.emit()
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.reverted.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._declared.type in ("int", "float"):
            self._step(event.key() == Qt.Key.Key_Up)
        else:
            super().keyPressEvent(event)

    def _step(self, up: bool) -> None:
        try:
            value = read(self.text(), self._declared.unit or "")
        except StdpbenchError:
            return
        if not isinstance(value, int | float):
            return
        whole = self._declared.type == "int"
        found = nudged(float(value), up, whole)
        low, high = self._declared.minimum, self._declared.maximum
        if (low is None or found >= low) and (high is None or found <= high):
            self.setText(self._declared.show(int(found) if whole else found))
            self.setModified(True)
            self.textEdited.emit(self.text())


class ValueSlider(QSlider):
    """A slider over a `Scale`, which commits on release or Enter."""

    committed = pyqtSignal()
    reverted = pyqtSignal()
    left = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, _STEPS)
        self.setPageStep(_STEPS // 20)
        self.setMinimumWidth(24)
        self._scale = Scale(0, 1, False, False)
        self._taken = 0

    @property
    def _is_moved(self) -> bool:
        return self.value() != self._taken

    @property
    def chosen(self) -> float | int:
        """The selected value."""
        value = self._scale.value(self.value() / _STEPS)
        return int(value) if self._scale.whole else value

    def take(self, scale: Scale, value: float) -> None:
        """Set the value without emitting signals; ignored while the slider is dragged."""
        if not self.isSliderDown():
            self._scale = scale
            with QSignalBlocker(self):
                self.setValue(round(_STEPS * scale.share(value)))
            self._taken = self.value()

    def event(self, event: QEvent | None) -> bool:
        """Handle Esc while there is something to revert; otherwise it is the window's."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Escape
            and self._is_moved
        ):
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Say that the slider is left."""
        super().focusOutEvent(event)
        self.left.emit()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Commit."""
        super().mouseReleaseEvent(event)
        self.committed.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Commit on Enter, revert on Esc."""
        assert event is not None
        if event.key() in _ENTER:
            self.committed.emit()
        elif event.key() == Qt.Key.Key_Escape and self._is_moved:
            self.reverted.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ignore the wheel, so that the form scrolls."""
        _ignore(event)


def _ignore(event: QWheelEvent | None) -> None:
    if event is not None:
        event.ignore()
