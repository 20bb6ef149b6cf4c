"""The timeline: stages of a run from left to right, what happened in them, and a handle at the moment shown."""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, inf

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.protocol.stages import Stage, share_done
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import plain_tip

_GAP = 2
_NARROW = 48
_ROOM = 3  # characters beside the longest text of a stage
_FILL = 0.28  # opacity of the part that is done
_RADIUS = 3
_KNOB = 5  # half the width of the handle, in pixels


@dataclass(frozen=True)
class Track:
    """A run as the timeline draws it.

    Attributes
    ----------
    stages : tuple of Stage
        Its stages.
    positions : tuple of int
        Positions of the moments that can be shown, ascending.
    checkpoints : tuple of int
        Positions of checkpoints.
    marks : tuple of (int, str)
        Positions and descriptions of changes.
    accuracy : tuple of (int, float)
        Positions and accuracy, from 0 to 1.
    at : int or None
        Position of the handle; None: now.
    words : str
        What is written and said in place of the stages.
    """

    stages: tuple[Stage, ...] = ()
    positions: tuple[int, ...] = ()
    checkpoints: tuple[int, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    accuracy: tuple[tuple[int, float], ...] = ()
    at: int | None = None
    words: str = ""


class TimelineStrip(QWidget):
    """The stages of a run, with a handle that is moved by mouse, wheel and keyboard; and a lane for names above."""

    chosen = pyqtSignal(object)
    """A position that the user chose; None: now."""
    stepped = pyqtSignal(int)
    """The user wants a moment so many later; negative: earlier."""

    def __init__(self, *, lane: bool = True) -> None:
        super().__init__()
        self._lines = 1 + lane
        self.setAccessibleName("Timeline of the run")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.track = Track()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages on display."""
        return self.track.stages

    def show_track(self, course: Track) -> None:
        """Display a run."""
        if course == self.track:
            return
        self.track = course
        words = self.in_words()
        self.setAccessibleDescription(words)
        self.setToolTip(plain_tip(words))
        self.update()

    def in_words(self) -> str:
        """Describe the stages, the moment shown and the changes, in a sentence each."""
        stages, at = self.track.stages, self.track.at
        if self.track.words or not stages:
            return self.track.words
        parts = "; ".join(f"{stage.name}: {thousands(stage.done)} of {thousands(stage.total)}" for stage in stages)
        shown = "" if at is None else f" Shown: presentation {thousands(at)}."
        changes = "".join(f" {words} at {thousands(position)}." for position, words in self.track.marks)
        return f"{100 * share_done(stages):.0f} % of all presentations. {parts}.{shown}{changes}"

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a lane for labels and a track, each a line of text high."""
        return QSize(4 * self._least("baselines"), self._lines * self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return little: what does not fit is left out, and the tooltip has it."""
        return QSize(_NARROW, self.sizeHint().height())

    def _least(self, name: str) -> int:
        return self.fontMetrics().horizontalAdvance(f"{name} 100 %" + _ROOM * "n") + _GAP

    def places(self) -> list[QRectF]:
        """Return the rectangles of the stages: wider with more presentations, but not too narrow for their text."""
        stages, top = self.track.stages, (self._lines - 1) * self.fontMetrics().height() + 1.5
        least = [self._least(stage.name) for stage in stages]
        fit = min(1.0, self.width() / max(1, sum(least)))
        least = [int(fit * width) for width in least]
        spare, total = max(0, self.width() - sum(least)), sum(stage.total for stage in stages)
        places, left = [], 0.0
        for stage, narrowest in zip(stages, least, strict=True):
            width = narrowest + (spare * stage.total / total if total else 0.0)
            places.append(QRectF(left, top, width - _GAP, self.height() - top - 0.5))
            left += width
        return places

    # -- the handle ------------------------------------------------------------------------------------------------

    def x_of(self, position: float) -> float:
        """Return where a training position is, in pixels."""
        train = self.places()[0]
        return train.left() + train.width() * position / max(1, self.track.stages[0].total)

    def _choose(self, x: float) -> None:
        course = self.track
        if not course.stages or not course.positions:
            return
        train = self.places()[0]
        at = (x - train.left()) / max(1.0, train.width()) * course.stages[0].total
        newest = course.positions[-1]
        beyond = at > newest + max(1.0, _KNOB * course.stages[0].total / max(1.0, train.width()))
        self.chosen.emit(None if beyond else min(course.positions, key=lambda position: abs(position - at)))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the handle to the mouse."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Drag the handle."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event.position().x())

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the next or the previous moment."""
        if event is not None and (turned := event.angleDelta().y() or event.angleDelta().x()):
            self.stepped.emit(-1 if turned > 0 else 1)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move by moments, with Page Up and Page Down by ten; Home is the first, End is now."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageUp: -10,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_Home: -len(self.track.positions) - 1,
        }
        if event is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_End:
            self.chosen.emit(None)
        elif event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the stages, what happened, and the handle."""
        if not self.track.stages:
            return
        painter, places = QPainter(self), self.places()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stage, place in zip(self.track.stages, places, strict=True):
            self._paint_stage(painter, stage, place)
        self._paint_accuracy(painter, places[0])
        for stage, place in zip(self.track.stages, places, strict=True):
            painter.setPen(QColor(theme.current().ink if stage.done or stage.is_current else theme.current().faint))
            text = next(
                (
                    text
                    for text in (self.track.words or text_of(stage), stage.name)
                    if self.fontMetrics().horizontalAdvance(text) + 2 * abs(self._aside(place, text)) < place.width()
                ),
                "",
            )
            painter.drawText(self.beside_handle(place, text), Qt.AlignmentFlag.AlignCenter, text)
        self._paint_events(painter, places[0])
        self._paint_handle(painter, places[0])
        painter.end()

    def beside_handle(self, place: QRectF, text: str) -> QRectF:
        """Return where a text that is centred in a stage stands, or as much beside it as the handle covers."""
        return place.translated(self._aside(place, text), 0)

    def _aside(self, place: QRectF, text: str) -> float:
        away = place.center().x() - self.handle
        return copysign(max(0.0, self.fontMetrics().horizontalAdvance(text) / 2 + 2 * _KNOB - abs(away)), away)

    @property
    def handle(self) -> float:
        """Where the handle is, in pixels; far away if there is none."""
        at = self.track.stages[0].done if self.track.at is None else self.track.at
        return self.x_of(at) if self.track.positions else -inf

    def _paint_stage(self, painter: QPainter, stage: Stage, place: QRectF) -> None:
        colours = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        painter.setBrush(theme.faded(colours.right if stage.is_over else colours.accent, _FILL))
        share = stage.done / stage.total if stage.total else 1.0
        painter.save()
        painter.setClipRect(QRectF(place.left(), place.top(), place.width() * share, place.height()))
        painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        painter.restore()
        if stage.is_current:
            painter.setPen(colours.pen("accent", 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place.adjusted(0.5, 0, -0.5, 0), _RADIUS, _RADIUS)

    def _paint_accuracy(self, painter: QPainter, train: QRectF) -> None:
        points = [QPointF(self.x_of(at), train.bottom() - share * train.height()) for at, share in self.track.accuracy]
        if len(points) > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(theme.current().accent, _FILL))
            ends = QPointF(points[-1].x(), train.bottom()), QPointF(points[0].x(), train.bottom())
            painter.drawPolygon(QPolygonF([*points, *ends]))

    def _paint_events(self, painter: QPainter, train: QRectF) -> None:
        """Paint checkpoints as ticks, and changes as diamonds, with names in the lane above where there is room."""
        colours, metrics = theme.current(), self.fontMetrics()
        painter.setPen(QColor(colours.faint))
        for at in self.track.checkpoints:
            painter.drawLine(QPointF(self.x_of(at), train.bottom() - 4), QPointF(self.x_of(at), train.bottom()))
        end = float(self.width())
        for at, words in sorted(self.track.marks, reverse=True):
            x, y = self.x_of(at), train.top()
            painter.setBrush(QColor(colours.ink))
            painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in ((0, -4), (4, 0), (0, 4), (-4, 0))]))
            if end - x - 2 * _KNOB > metrics.horizontalAdvance(words):
                painter.setPen(QColor(colours.ink))
                painter.drawText(QPointF(x + _KNOB, metrics.ascent()), words)
                painter.setPen(QColor(colours.faint))
            end = x

    def _paint_handle(self, painter: QPainter, train: QRectF) -> None:
        if not self.track.positions:
            return
        colour = QColor(theme.current().accent if self.track.at is None else theme.current().wrong)
        painter.setPen(QColor(theme.current().base))
        painter.setBrush(colour)
        knob = QRectF(self.handle - _KNOB, train.top() - 1, 2 * _KNOB, train.height() + 1)
        painter.drawRoundedRect(knob, _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setPen(theme.current().pen("ink", 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


def text_of(stage: Stage) -> str:
    """Return what is written on a stage."""
    if stage.is_over:
        return f"✓ {stage.name}"
    if stage.is_current:
        return f"{stage.name} {100 * stage.done / stage.total if stage.total else 100:.0f} %"
    return stage.name
