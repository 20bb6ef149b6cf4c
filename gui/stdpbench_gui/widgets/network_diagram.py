"""A network as a diagram: boxes for populations, arrows for projections, each of which can be chosen.

Needs a `Graph` only, no run. Boxes and labels are buttons: they have the keyboard focus, names for screen readers and
tool tips. Texts keep a readable size. A diagram that does not fit leaves rules out, then gives sizes as numbers only,
and finally scrolls; tool tips have the whole text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from html import escape
from math import ceil

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QToolTip, QWidget

from stdpbench.engine.network.description import Rows, population_rows, projection_rows
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.diagram import Arrow, Box, Diagram, Measure, Rect, lay_out
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none

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
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # draws the frame below the pointer

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
            painter.fillPath(outline, theme.faded(colours.accent, 0.16))
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


def _frame(painter: QPainter, rect: QRectF, focus: bool) -> None:
    colours = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.accent if focus else colours.line), 1.0, Qt.PenStyle.DotLine))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


_SCALES = (1.0, 0.92, 0.85)
"""Sizes of the font that are tried until a diagram fits."""
_SMALLEST = 7.5  # points
_REACH = 12.0  # width in pixels within which a click on an arrow counts


class NetworkDiagram(QScrollArea):
    """A diagram of a network.

    Attributes
    ----------
    chosen : signal of str
        A population or projection was clicked, or chosen with Enter or Space: its name.
    graph : Graph or None
        The network.
    diagram : Diagram or None
        Its layout, in pixels.
    items : dict of str to QAbstractButton
        The box of each population and the label of each projection, by name.
    """

    chosen = pyqtSignal(str)

    def __init__(self, *, rules: bool = True) -> None:
        super().__init__()
        self._rules = rules
        self.graph: Graph | None = None
        self.diagram: Diagram | None = None
        self.items: dict[str, Item] = {}
        self._rates: Mapping[str, float] = {}
        self._about = ""
        self._selected: frozenset[str] = frozenset()
        self.font_ = QFont()
        # of this network with the letters of the theme, by scale and texts
        self._layouts: dict[tuple[float, bool, bool], tuple[QFont, Diagram]] = {}
        self.canvas = _Canvas(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(self.canvas)
        self.setAccessibleName("Network diagram")
        self.restyle()

    def show_graph(self, graph: Graph | None) -> None:
        """Show a network; None for none. It may have errors: what cannot be drawn is left out."""
        if graph is not self.graph and graph != self.graph:
            self.graph, self.diagram = graph, None
            self._layouts.clear()
            self._rates = {}
            self._arrange()

    def show_rates(self, rates: Mapping[str, float], about: str = "") -> None:
        """Show the rates of populations, in Hz; those that are missing show none.

        Parameters
        ----------
        rates : mapping of str to float
            Rates of populations by name.
        about : str
            What the rates are means of; shown in tool tips.
        """
        if rates == self._rates and about == self._about:
            return
        self._rates, self._about = dict(rates), about
        for name, item in self.items.items():
            if isinstance(item, BoxItem):
                item.show_rate(self._rates.get(name), about)

    def select(self, names: Iterable[str]) -> None:
        """Mark populations and projections as selected."""
        selected = frozenset(names)
        if selected != self._selected:
            self._selected = selected
            self._mark()

    @property
    def selected(self) -> frozenset[str]:
        """Names of the marked populations and projections."""
        return self._selected

    def restyle(self) -> None:
        """Apply colours and font of the theme."""
        self.setStyleSheet(f"QScrollArea, #diagram {{ background: {theme.current().base}; }}")
        self._layouts.clear()
        self._arrange()

    def reveal(self, name: str) -> None:
        """Scroll to a population or projection."""
        if name in self.items:
            self.ensureWidgetVisible(self.items[name], 2 * theme.GRID, 2 * theme.GRID)

    def wanted_size(self, width: int) -> QSize:
        """Return the size at which nothing scrolls, if possible within a width; nothing without a network."""
        if self.graph is None:
            return QSize(0, 0)
        made = self._fitting(QSize(width, 2**15))[1]
        return QSize(ceil(made.width), round(made.height) + 2)

    # -- layout ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Choose the size of the font for the new size."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Lay out the network for the size of the widget."""
        room, before = self.maximumViewportSize(), self.diagram
        self.diagram = None
        if self.graph is not None:
            self.font_, self.diagram = self._fitting(room)
        if self.diagram is None or self.diagram != before:
            self._make_items()
        self.canvas.place(room)
        self._mark()

    def _fitting(self, room: QSize) -> tuple[QFont, Diagram]:
        """Return the fullest texts in the largest font with which the network fits; the usual ones if it scrolls."""
        assert self.graph is not None
        texts = ((True, False), (False, False), (False, True)) if self._rules else ((False, False), (False, True))
        for rules, brief in texts:
            for scale in _SCALES:
                font, made = self._layout(self.graph, scale, rules, brief)
                if made.width <= room.width() and made.height <= room.height():
                    return font, made
        return self._layout(self.graph, _SCALES[0], *texts[0])

    def _layout(self, graph: Graph, scale: float, rules: bool, brief: bool) -> tuple[QFont, Diagram]:
        """Return a font and the layout of the network with it, which no resizing of the widget changes."""
        key = scale, rules, brief
        if key not in self._layouts:
            usual = theme.plot_font()
            font = QFont(usual)
            font.setPointSizeF(max(usual.pointSizeF() * scale, min(_SMALLEST, usual.pointSizeF())))
            self._layouts[key] = font, lay_out(graph, measure_of(font), rules=rules, brief=brief)
        return self._layouts[key]

    def _make_items(self) -> None:
        """Make a button for each population and projection; those with the same name are kept, with their focus."""
        boxes = {} if self.diagram is None else self.diagram.boxes
        arrows = {} if self.diagram is None else self.diagram.arrows
        for name, item in list(self.items.items()):
            if name not in (boxes if isinstance(item, BoxItem) else arrows):
                gone = self.items.pop(name)
                gone.hide()  # Qt deletes it after the next painting
                gone.deleteLater()
        before: QWidget | None = None
        for name in self._reading_order():
            assert self.graph is not None
            item = self.items.get(name) or self._new_item(name, name in boxes)
            if isinstance(item, BoxItem):
                item.rate = self._rates.get(name)
                item.take(boxes[name], population_rows(self.graph, name), self.font_)
            elif isinstance(item, LabelItem):
                item.take(arrows[name], projection_rows(self.graph, name), self.font_)
            item.show()
            if before is not None:
                QWidget.setTabOrder(before, item)
            before = item

    def _new_item(self, name: str, is_box: bool) -> Item:
        item: Item = BoxItem(name, self.canvas) if is_box else LabelItem(name, self.canvas)
        self.items[name] = item
        item.clicked.connect(lambda _=False: self.chosen.emit(name))
        item.stepped.connect(partial(self._step, item))
        return item

    def _reading_order(self) -> list[str]:
        """Return all names, column by column: each population and then its projections."""
        if self.diagram is None:
            return []
        order = []
        for column in self.diagram.columns:
            for population in column:
                order.append(population)
                order += [name for name, arrow in self.diagram.arrows.items() if arrow.source == population]
        return order

    def _mark(self) -> None:
        for name, item in self.items.items():
            item.setChecked(name in self._selected)
            item.update()
        self.canvas.update()

    def _step(self, item: Item, across: int, down: int) -> None:
        """Move the focus to the nearest population or projection in a direction."""
        here, found = item.geometry().center(), list[tuple[float, str]]()
        for name, other in self.items.items():
            there = other.geometry().center() - here
            along = there.x() * across + there.y() * down
            aside = abs(there.x() * down) + abs(there.y() * across)
            if other is not item and along > 0 and along >= aside / 2:
                found.append((along + 2.0 * aside, name))
        if found:
            name = min(found)[1]
            self.items[name].setFocus(Qt.FocusReason.OtherFocusReason)
            self.reveal(name)


class _Canvas(QWidget):
    """The arrows, and the buttons above them."""

    def __init__(self, owner: NetworkDiagram) -> None:
        super().__init__()
        self._owner = owner
        self.origin = QPoint()
        self.setObjectName("diagram")
        self.setMouseTracking(True)
        self._paths: dict[str, QPainterPath] = {}

    def place(self, room: QSize) -> None:
        """Place everything in the middle of the room, or from its upper left corner if it is too small."""
        made = self._owner.diagram
        self._paths = {}
        if made is None:
            self.resize(room)
            return
        needed = QSize(round(made.width) + 1, round(made.height) + 1)
        area = self._owner.maximumViewportSize()
        bars = [self._owner.horizontalScrollBar(), self._owner.verticalScrollBar()]
        width, height = area.width(), area.height()
        if needed.width() > width and bars[0] is not None:
            height -= bars[0].sizeHint().height()
        if needed.height() > height and bars[1] is not None:
            width -= bars[1].sizeHint().width()
        size = needed.expandedTo(QSize(width, height))
        self.origin = QPoint((size.width() - needed.width()) // 2, (size.height() - needed.height()) // 2)
        self.resize(size)
        for name, box in made.boxes.items():
            self._owner.items[name].setGeometry(rect_of(box.rect).translated(QPointF(self.origin)).toAlignedRect())
        for name, arrow in made.arrows.items():
            item = self._owner.items[name]
            assert isinstance(item, LabelItem)
            item.place(QPointF(self.origin))
            path = QPainterPath(QPointF(*arrow.path[0]))
            for k in range(1, len(arrow.path), 3):
                path.cubicTo(*(QPointF(*point) for point in arrow.path[k : k + 3]))
            self._paths[name] = path.translated(QPointF(self.origin))

    def at(self, point: QPointF) -> str:
        """Return the name of the projection whose arrow is nearest to a point; empty if none is near."""
        stroker = QPainterPathStroker()
        for width in (_REACH / 3, _REACH):
            stroker.setWidth(width)
            for name, path in self._paths.items():
                if stroker.createStroke(path).contains(point):
                    return name
        return ""

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show that an arrow can be clicked."""
        over = bool(self.at(not_none(event).position()))
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Choose the projection of an arrow."""
        assert event is not None
        name = self.at(event.position()) if event.button() == Qt.MouseButton.LeftButton else ""
        if name:
            self._owner.items[name].setFocus(Qt.FocusReason.MouseFocusReason)
            self._owner.chosen.emit(name)

    def event(self, event: QEvent | None) -> bool:
        """Explain the arrow below the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            name = self.at(QPointF(event.pos()))
            if name:
                QToolTip.showText(event.globalPos(), self._owner.items[name].toolTip(), self, QRect())
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the arrows: a triangle excites, a disc inhibits, a thick line learns."""
        made = self._owner.diagram
        if made is None:
            return
        colours, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for name, path in self._paths.items():
            arrow = made.arrows[name]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if name in self._owner.selected:
                pen = QPen(theme.faded(colours.accent, 0.35), 9.0)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawPath(path)
            role = {True: colours.inh, False: colours.exc, None: colours.input}[arrow.inhibits]
            pen = QPen(QColor(role), 2.4 if arrow.learns else 1.2)
            painter.setPen(pen)
            painter.drawPath(path)
            _draw_head(painter, arrow, path.currentPosition(), made.head, QColor(role))


def _draw_head(painter: QPainter, arrow: Arrow, tip: QPointF, length: float, colour: QColor) -> None:
    along = -1.0 if arrow.from_left else 1.0  # from the tip back
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if arrow.inhibits:
        radius = 0.36 * length
        painter.drawEllipse(QPointF(tip.x() + along * radius, tip.y()), radius, radius)
        return
    half = 0.38 * length
    head = QPainterPath(tip)
    head.lineTo(tip.x() + along * 0.85 * length, tip.y() - half)
    head.lineTo(tip.x() + along * 0.85 * length, tip.y() + half)
    head.closeSubpath()
    if arrow.inhibits is None:  # open
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(QColor(theme.current().base))
    painter.drawPath(head)
