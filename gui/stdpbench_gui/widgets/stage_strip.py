"""The stages of a run, side by side, each filled as far as it is done."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
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


class StageStrip(QWidget):
    """A run's stages from left to right: done, under way, still to come."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Stages of the run")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._stages: tuple[Stage, ...] = ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages on display."""
        return self._stages

    def show_stages(self, stages: tuple[Stage, ...]) -> None:
        """Display the stages of a run."""
        if stages == self._stages:
            return
        self._stages = stages
        words = self.in_words()
        self.setAccessibleDescription(words)
        self.setToolTip(plain_tip(words))
        self.update()

    def in_words(self) -> str:
        """Describe the stages in a sentence."""
        if not self._stages:
            return ""
        each = "; ".join(f"{one.name}: {thousands(one.done)} of {thousands(one.total)}" for one in self._stages)
        return f"{100 * share_done(self._stages):.0f} % of all presentations. {each}"

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a line of text high, with room for the texts of four stages."""
        return QSize(4 * self._least("baselines"), self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return little: what does not fit is left out, and the tooltip has it."""
        return QSize(_NARROW, self.sizeHint().height())

    def _least(self, name: str) -> int:
        return self.fontMetrics().horizontalAdvance(f"{name} 100 %" + _ROOM * "n") + _GAP

    def places(self) -> list[QRectF]:
        """Return the rectangles of the stages: wider with more presentations, but not too narrow for their text."""
        least = [self._least(stage.name) for stage in self._stages]
        fit = min(1.0, self.width() / max(1, sum(least)))
        least = [int(fit * each) for each in least]
        spare, total = max(0, self.width() - sum(least)), sum(stage.total for stage in self._stages)
        places, left = [], 0.0
        for stage, narrowest in zip(self._stages, least, strict=True):
            width = narrowest + (spare * stage.total / total if total else 0.0)
            places.append(QRectF(left, 0.5, width - _GAP, self.height() - 1))
            left += width
        return places

    def _fits(self, text: str, place: QRectF) -> bool:
        return self.fontMetrics().horizontalAdvance(text) < place.width()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the stages."""
        painter, colours = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stage, place in zip(self._stages, self.places(), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.line))
            painter.drawRoundedRect(place, _RADIUS, _RADIUS)
            fill = QColor(colours.right if stage.is_over else colours.accent)
            fill.setAlphaF(_FILL)
            painter.setBrush(fill)
            share = stage.done / stage.total if stage.total else 1.0
            painter.save()
            painter.setClipRect(QRectF(place.left(), place.top(), place.width() * share, place.height()))
            painter.drawRoundedRect(place, _RADIUS, _RADIUS)
            painter.restore()
            if stage.is_current:
                painter.setPen(theme.current().pen("accent", 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(place.adjusted(0.5, 0, -0.5, 0), _RADIUS, _RADIUS)
            painter.setPen(QColor(colours.ink if stage.done or stage.is_current else colours.faint))
            text = next((text for text in (text_of(stage), stage.name) if self._fits(text, place)), "")
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


def text_of(stage: Stage) -> str:
    """Return what is written on a stage."""
    if stage.is_over:
        return f"✓ {stage.name}"
    if stage.is_current:
        return f"{stage.name} {100 * stage.done / stage.total if stage.total else 100:.0f} %"
    return stage.name
