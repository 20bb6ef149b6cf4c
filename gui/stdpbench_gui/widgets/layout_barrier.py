"""Where texts may change often without all of the window being laid out anew."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QWidget


class LayoutBarrier(QWidget):
    """Holds a widget, and passes on that it wants another room only where it does.

    A label whose text changes asks its layout for room, which asks the one around it, up to the window: Qt lays out
    and repaints all docks then, ten times a second for a number that counts presentations. Here the question ends,
    unless what the widget needs has changed.

    Parameters
    ----------
    content : QWidget
        Fills it.
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
        """What the content would like."""
        return self._needs()[0]

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """What the content needs."""
        return self._needs()[1]

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Give all room to the content."""
        self._content.setGeometry(self.rect())

    def event(self, event: QEvent | None) -> bool:
        """Look whether the content needs another room: without a layout, this is what Qt asks."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            needed = self._needs()
            if needed != self._needed:
                self._needed = needed
                self.updateGeometry()
        return super().event(event)
