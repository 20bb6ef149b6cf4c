"""A container whose labels can change often without a new layout of the whole window."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QWidget


class LayoutBarrier(QWidget):
    """Contains a widget and forwards its layout requests only if its size hints changed.

    When its text changes, a label sends a layout request to its parent layout, which forwards it up to the window. Qt
    would then lay out and repaint all docks, ten times a second for a counter of presentations. The barrier stops the
    request unless the required size has changed.

    Parameters
    ----------
    content : QWidget
        The widget.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setSizePolicy(content.sizePolicy())
        self._content = content
        self._needed = self._needs()
        content.setParent(self)

    def _needs(self) -> tuple[QSize, QSize]:
        return self._content.sizeHint(), self._content.minimumSizeHint().expandedTo(self._content.minimumSize())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the preferred size of the content."""
        return self._needs()[0]

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the minimum size of the content."""
        return self._needs()[1]

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Resize the content to fill the widget."""
        self._content.setGeometry(self.rect())

    def event(self, event: QEvent | None) -> bool:
        """Forward a layout request, which Qt sends to widgets without a layout, if the size hints changed."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            needed = self._needs()
            if needed != self._needed:
                self._needed = needed
                self.updateGeometry()
        return super().event(event)
