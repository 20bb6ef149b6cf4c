"""The items of a network diagram: the box of a population, and the label of a projection."""

from __future__ import annotations

from html import escape

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QEnterEvent, QFont, QFontMetricsF, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QWidget

from stdpbench.engine.network.description import Rows
from stdpbench.experiment.graph.diagram import Arrow, Box, Measure, Rect
from stdpbench_gui.look import theme

"""Colours of populations, as in the raster."""
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Item(QAbstractButton):
    """A population or a projection of a diagram.

    Attributes
    ----------
    stepped : signal of (int, int)
        An arrow key was pressed: its direction across and down.
    """

    stepped = pyqtSignal(int, int)

    def __init__(self, name: str, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.name = name
        self.font_ = QFont()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """Change nothing: what is selected is for the owner of the diagram to say."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the focus with the arrow keys; choose with Enter."""
        assert event is not None
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in _STEPS and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            self.stepped.emit(*_STEPS[key])
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the frame below the pointer."""
        self.update()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw without the frame."""
        self.update()

    def explain(self, heading: str, rows: Rows) -> None:
        """Set tool tip and description."""
        lines = "".join(f"<tr><td>{escape(what)}&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>" for what, text in rows)
        self.setToolTip(f"<b>{escape(heading)}</b><table>{lines}</table>")
        self.setAccessibleName(heading)
        self.setAccessibleDescription("; ".join(f"{what}: {text}" for what, text in rows))


class BoxItem(Item):
    """A population."""

    def __init__(self, name: str, canvas: QWidget) -> None:
        super().__init__(name, canvas)
        self.box: Box | None = None
        self.rate: float | None = None
        self._rows: Rows = ()
        self._about = ""

    def take(self, box: Box, rows: Rows, font: QFont) -> None:
        """Show a population, with what its tool tip says."""
        self.box, self._rows, self.font_ = box, rows, font
        self.show_rate(self.rate, self._about)

    def show_rate(self, rate: float | None, about: str) -> None:
        """Show a rate in Hz, and say what it is the mean of; None for no rate."""
        self.rate, self._about = rate, about
        text = "" if rate is None else ", ".join(filter(None, (rate_text(rate), about)))
        self.explain(f"Population {self.name}", (*self._rows, ("rate", text)) if text else self._rows)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the box and its texts."""
        assert self.box is not None
        colours, line = theme.current(), QFontMetricsF(self.font_).lineSpacing()
        role = QColor(getattr(colours, theme.ROLES[self.box.role]))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = self.isChecked()
        edge = 2.5 if selected else 1.2
        inner = QRectF(self.rect()).adjusted(edge / 2 + 1, edge / 2 + 1, -edge / 2 - 1, -edge / 2 - 1)
        outline = QPainterPath()
        outline.addRoundedRect(inner, 4, 4)
        painter.fillPath(outline, QColor(colours.window))
        if selected:
            painter.fillPath(outline, tint(colours.accent))
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(inner.left(), inner.top(), 5, inner.height()), role)
        painter.restore()
        painter.setPen(QPen(QColor(colours.accent if selected else colours.faint), edge))
        painter.drawPath(outline)
        texts = [self.name, *self.box.lines, "" if self.rate is None else rate_text(self.rate)]
        top = (self.height() - line * len(texts)) / 2
        for k, text in enumerate(texts):
            painter.setFont(_bold(self.font_) if k == 0 else self.font_)
            painter.setPen(QColor(colours.ink if k in (0, len(texts) - 1) else colours.faint))
            painter.drawText(QRectF(5, top + k * line, self.width() - 5, line), Qt.AlignmentFlag.AlignCenter, text)
        if self.hasFocus() or self.underMouse():
            _frame(painter, QRectF(self.rect()), self.hasFocus())


class LabelItem(Item):
    """The label of a projection."""

    def __init__(self, name: str, canvas: QWidget) -> None:
        super().__init__(name, canvas)
        self.arrow: Arrow | None = None
        self.origin = QPointF()
        """Where the label is in the coordinates of the diagram."""

    def take(self, arrow: Arrow, rows: Rows, font: QFont) -> None:
        """Show a projection, with what its tool tip says."""
        self.arrow, self.font_ = arrow, font
        self.explain(f"Projection {self.name}", rows)
        self.update()

    def place(self, origin: QPointF) -> None:
        """Place the label in a canvas that has the origin of the diagram at a point."""
        assert self.arrow is not None
        around = QRectF()
        for label in self.arrow.labels:
            around = around.united(rect_of(label.rect))
        self.setGeometry(around.translated(origin).toAlignedRect().adjusted(-3, -1, 3, 1))
        self.origin = QPointF(self.pos()) - origin

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the name above the arrow and the rule below."""
        assert self.arrow is not None
        colours, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for k, label in enumerate(self.arrow.labels):
            painter.setFont(self.font_ if k else _bold(self.font_))
            painter.setPen(QColor(colours.accent if self.isChecked() else colours.faint if k else colours.ink))
            where = rect_of(label.rect).translated(-self.origin).adjusted(0, 0, 2, 0)
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label.text)
        if self.hasFocus() or self.underMouse():
            _frame(painter, QRectF(self.rect()), self.hasFocus())


def measure_of(font: QFont) -> Measure:
    """Return the size of texts in a font and its bold form, in pixels."""
    usual, bold = QFontMetricsF(font), QFontMetricsF(_bold(font))
    return Measure(
        lambda text, is_bold: (bold if is_bold else usual).horizontalAdvance(text) + 1,
        max(usual.lineSpacing(), bold.lineSpacing()),
    )


def rate_text(rate: float) -> str:
    """Return a rate in Hz."""
    return f"{rate:.1f} Hz" if rate >= 10 or rate == 0 else f"{rate:.2f} Hz"


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def rect_of(rect: Rect) -> QRectF:
    """Return a rectangle of a diagram as Qt's."""
    return QRectF(rect.x, rect.y, rect.width, rect.height)


def tint(colour: str, alpha: int = 40) -> QColor:
    """Return a transparent colour."""
    tint = QColor(colour)
    tint.setAlpha(alpha)
    return tint


def _frame(painter: QPainter, rect: QRectF, focus: bool) -> None:
    colours = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.accent if focus else colours.line), 1.0, Qt.PenStyle.DotLine))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
