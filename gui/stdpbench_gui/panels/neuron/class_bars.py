"""Response of one neuron to each class, as bars."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.axes import step_up
from stdpbench_gui.widgets.basic import plain_tip


class ClassBars(QWidget):
    """A bar for each class in its colour, with its name below; the neuron's label is framed and bold."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Response to each class")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._values: Sequence[float] = ()
        self._names: Sequence[str] = ()
        self._label = -1
        self._top = 1.0
        self._note = ""

    def show_values(self, values: Sequence[float], names: Sequence[str], label: int, note: str) -> None:
        """Show spikes per presentation of each class; `note` names their source, or why there are none."""
        self._values, self._names, self._label, self._note = values, names, label, note
        self._top = step_up(max(values, default=1.0))
        text = ", ".join(f"{name}: {value:.2f}" for name, value in zip(names, values, strict=True))
        self.setAccessibleDescription(f"Spikes per presentation, {note}. {text}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size for ten classes."""
        return QSize(220, 120)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the smallest readable size."""
        return QSize(120, 84)

    def _titles(self) -> list[str]:
        """Return the title in one line, or in two if it is too long for one."""
        title = ["spikes per presentation", *filter(None, [self._note])]
        whole = ", ".join(title)
        return [whole] if self.fontMetrics().horizontalAdvance(whole) <= self.width() else title

    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        above = (0.6 + len(self._titles())) * line
        left = self.fontMetrics().horizontalAdvance("0.75") + 6
        return QRectF(left, above, self.width() - left - 4, self.height() - above - line - 6)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint title, axis and bars."""
        painter, area, colours = QPainter(self), self._area(), theme.current()
        line = self.fontMetrics().height()
        painter.setPen(QColor(colours.faint))
        for row, title in enumerate(self._titles()):
            text = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(QRectF(0, row * line, self.width(), line), Qt.AlignmentFlag.AlignLeft, text)
        if self._values:
            self._paint_bars(painter, area)
        painter.end()

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        colours, line = theme.current(), self.fontMetrics().height()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, y in ((self._top, area.top()), (0.0, area.bottom())):
            painter.setPen(QColor(colours.line))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colours.ink))
            painter.drawText(QRectF(0, y - line / 2, area.left() - 4, line), right, f"{value:g}")
        room = area.width() / len(self._values)
        plain, bold = self.font(), self.font()
        bold.setBold(True)
        for number, (value, name) in enumerate(zip(self._values, self._names, strict=True)):
            left, high = area.left() + number * room, value / self._top * area.height()
            bar = QRectF(left + 0.15 * room, area.bottom() - high, 0.7 * room, high)
            painter.fillRect(bar, theme.class_colour(number))
            if number == self._label:
                painter.setPen(QPen(QColor(colours.ink), 2))
                painter.drawRect(bar)
            painter.setFont(bold if number == self._label else plain)
            painter.setPen(QColor(colours.ink if number == self._label else colours.faint))
            text = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room))
            place = QRectF(left, area.bottom() + 2, room, line)
            if text != "…" and self.fontMetrics().horizontalAdvance(text) <= room + 1:
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)

    def event(self, event: QEvent | None) -> bool:
        """Show a tooltip with the value of the bar under the mouse."""
        if isinstance(event, QHelpEvent) and self._values:
            area = self._area()
            number = int((event.pos().x() - area.left()) // (area.width() / len(self._values)))
            if 0 <= number < len(self._values):
                text = f"{self._names[number]}: {self._values[number]:.3f} spikes per presentation"
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)
