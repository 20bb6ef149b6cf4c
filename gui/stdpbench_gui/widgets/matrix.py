"""A confusion matrix with selectable cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import Score
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.basic import plain_tip
from stdpbench_gui.widgets.mosaic import STEPS

_SMALLEST = 0.6  # of the normal font size
_LOWEST = 10.7  # minimum height, in lines of text


class Matrix(QWidget):
    """Rows are true classes, columns are answers (the last one: no answer); the accuracy per class is on the right.

    The colour of a cell shows its share of the true class; right answers have a frame.
    """

    cell_chosen = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.score: Score | None = None
        self.names: tuple[str, ...] = ()
        self.cell: tuple[int, int] | None = None
        self.row = -1
        """The highlighted true class; -1 for none."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix: rows true classes, columns answers; arrow keys move")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._table: NDArray[np.uint8] = np.zeros((256, 4), np.uint8)
        self.restyle()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size suited to ten classes."""
        return QSize(360, 280)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._table = theme.lookup(colour_maps.sequential())
        self.setMinimumHeight(round(_LOWEST * self.fontMetrics().height()))
        self.update()

    def show_score(self, score: Score, names: tuple[str, ...]) -> None:
        """Draw a score."""
        if self.cell is not None and max(self.cell) > score.n_classes:
            self.cell = None
        self.score, self.names = score, names
        self.update()

    def describe(self, row: int, column: int) -> str:
        """Describe a cell."""
        assert self.score is not None
        n, total = int(self.score.confusion[row, column]), int(self.score.confusion[row].sum())
        answer = "no answer" if column == self.score.n_classes else f"answered {self.name(column)}"
        share = f" ({100 * n / total:.1f} %)" if total else ""
        return f"true {self.name(row)}, {answer}: {n} of {total}{share}"

    def name(self, number: int) -> str:
        """Return the name of a class."""
        return self.names[number] if number < len(self.names) else str(number)

    def worst(self) -> str:
        """Describe the most frequent confusion; empty if there is none."""
        if self.score is None:
            return ""
        wrong = self.score.confusion.copy()
        np.fill_diagonal(wrong, 0)
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return f"most often wrong: {self.describe(int(row), int(column))}" if wrong.any() else ""

    # -- geometry --------------------------------------------------------------------------------------------------

    def _grid(self) -> tuple[QRectF, float, float]:
        """Return the area of the cells, and the width and height of a cell."""
        assert self.score is not None
        metrics, n = self.fontMetrics(), self.score.n_classes
        longest = max(metrics.horizontalAdvance(self.name(i)) for i in range(n))
        left = metrics.height() + min(longest, self.width() // 4) + 12
        right = metrics.horizontalAdvance("right (%)") + 6
        top, bottom = metrics.height() + 4, 2 * metrics.height() + 6
        area = QRectF(left, top, max(10, self.width() - left - right), max(10, self.height() - top - bottom))
        return area, area.width() / (n + 1), area.height() / n

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        if self.score is None:
            return None
        area, width, height = self._grid()
        if not area.contains(point):
            return None
        row, column = int((point.y() - area.top()) // height), int((point.x() - area.left()) // width)
        return min(row, self.score.n_classes - 1), min(column, self.score.n_classes)

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw cells, names and accuracies."""
        painter = QPainter(self)
        colours, score = theme.current(), self.score
        painter.fillRect(self.rect(), QColor(colours.base))
        if score is None:
            return
        area, width, height = self._grid()
        shares = score.confusion / np.maximum(score.confusion.sum(axis=1, keepdims=True), 1)
        places = [(row, column) for row in range(score.n_classes) for column in range(score.n_classes + 1)]
        cells = [QRectF(area.left() + c * width, area.top() + r * height, width, height) for r, c in places]
        inks = [self._fill(painter, cell, float(shares[at])) for cell, at in zip(cells, places, strict=True)]
        if self._fit_numbers(painter, width, height):  # after all fills, which would clip numbers in flat cells
            for cell, at, ink in zip(cells, places, inks, strict=True):
                n = int(score.confusion[at])
                painter.setPen(ink if n else QColor(colours.faint))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(n) if n else "·")
        painter.setPen(QPen(QColor(colours.ink), 1.5))
        for i in range(score.n_classes):
            painter.drawRect(
                QRectF(area.left() + i * width, area.top() + i * height, width, height).adjusted(1, 1, -1, -1)
            )
        painter.setPen(QPen(QColor(colours.line), 1))
        x = area.left() + score.n_classes * width
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setFont(self.font())
        self._paint_names(painter, area, width, height)
        painter.setPen(QPen(QColor(colours.wrong), 3))
        if 0 <= self.row < score.n_classes:
            painter.drawRect(QRectF(area.left(), area.top() + self.row * height, area.width(), height))
        if self.cell is not None:
            row, column = self.cell
            painter.drawRect(QRectF(area.left() + column * width, area.top() + row * height, width, height))

    def _fit_numbers(self, painter: QPainter, width: float, height: float) -> bool:
        """Set a font size at which the largest number fits into a cell; return whether it is readable."""
        assert self.score is not None
        metrics, font = self.fontMetrics(), self.font()
        needed = metrics.horizontalAdvance("0" * max(2, len(str(int(self.score.confusion.max()))))) + 4
        share = min(1.0, width / needed, height / (metrics.height() - 3))
        font.setPointSizeF(font.pointSizeF() * share)
        painter.setFont(font)
        return share >= _SMALLEST

    def _fill(self, painter: QPainter, cell: QRectF, share: float) -> QColor:
        """Fill a cell; return a readable text colour."""
        red, green, blue, _ = (int(v) for v in self._table[round(255 * min(1.0, 0.85 * share**0.7))])
        painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), QColor(red, green, blue))
        return QColor("#1d2026" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff")

    def _paint_names(self, painter: QPainter, area: QRectF, width: float, height: float) -> None:
        assert self.score is not None
        colours, n, line = theme.current(), self.score.n_classes, self.fontMetrics().height()
        elide, right, mid = Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.ink))
        step = max(1, int(np.ceil(line / max(height, 1))))  # name only every step-th row, so that names fit
        for i in range(0, n, step):
            box = QRectF(line + 4, area.top() + i * height, area.left() - line - 10, height * step)
            painter.drawText(box, right | mid, self.fontMetrics().elidedText(self.name(i), elide, int(box.width())))
            accuracy = float(self.score.class_accuracy[i])
            text = "–" if np.isnan(accuracy) else f"{100 * accuracy:.1f}"
            box = QRectF(area.right() + 2, area.top() + i * height, self.width() - area.right() - 4, height * step)
            painter.drawText(box, right | mid, text)
        for i in range(n + 1):
            box = QRectF(area.left() + i * width - 2, area.bottom() + 2, width + 4, line)
            if i < n:
                text = self.fontMetrics().elidedText(self.name(i), elide, int(width) + 4)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            else:  # the last name may extend to the right
                box.adjust(0, 0, max(0.0, self.fontMetrics().horizontalAdvance("none") - width), 0)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "none")
        painter.setPen(QColor(colours.faint))
        below = QRectF(area.left(), area.bottom() + line + 3, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "answer")
        painter.drawText(QRectF(0, 0, self.width() - 2, line + 2), right | mid, "right (%)")
        painter.save()
        painter.translate(line, area.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, -line, area.height(), line), Qt.AlignmentFlag.AlignCenter, "true class")
        painter.restore()

    # -- choosing --------------------------------------------------------------------------------------------------

    def choose(self, row: int, column: int) -> None:
        """Select a cell, if there is a score."""
        if self.score is None:
            return
        self.cell = row, column
        self.setAccessibleDescription(self.describe(row, column))
        self.update()
        self.cell_chosen.emit(row, column)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the cell under the mouse."""
        found = self._cell_at(event.position()) if event is not None else None
        if found is not None:
            self.choose(*found)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the selection with the arrow keys."""
        assert event is not None
        if event.key() not in STEPS or self.score is None:
            super().keyPressEvent(event)
            return
        right, down = STEPS[Qt.Key(event.key())] if self.cell is not None else (0, 0)
        row, column = self.cell or (0, 0)
        n = self.score.n_classes
        self.choose(min(max(row + down, 0), n - 1), min(max(column + right, 0), n))

    def event(self, event: object) -> bool:
        """Show the description of a cell as a tooltip."""
        if isinstance(event, QHelpEvent):
            found = self._cell_at(QPointF(event.pos()))
            if found is not None:
                QToolTip.showText(event.globalPos(), plain_tip(self.describe(*found)), self)
            else:
                QToolTip.hideText()
            return True
        return bool(super().event(event))  # type: ignore[arg-type]

    # -- export ----------------------------------------------------------------------------------------------------

    def table(self) -> Table | None:
        """Return one row per true class."""
        if self.score is None:
            return None
        names = [self.name(number) for number in range(self.score.n_classes)]
        accuracy = self.score.class_accuracy.round(5).tolist()
        rows = [(name, *self.score.confusion[row].tolist(), accuracy[row]) for row, name in enumerate(names)]
        return ("true class", *(f"answered {name}" for name in names), "no answer", "accuracy"), rows

    def figure(self, title: str, noun: str) -> dict[str, Any] | None:
        """Return the figure; `noun` is what is classified, such as ``"test pictures"``."""
        if self.score is None:
            return None
        names = [self.name(number) for number in range(self.score.n_classes)]
        about = {"title": title, "n": f"{self.score.n_images} {noun}, one run"}
        return {"kind": "confusion", "score": self.score.to_mapping(), "class_names": names, **about}
