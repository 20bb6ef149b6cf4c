"""Labels with line wrapping that remember their heights."""

from __future__ import annotations

from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from stdpbench_gui.widgets.basic import wrapped

TEXT = "Spiking networks learn from the timing of spikes, without labels. " * 4


def of_qt(text: str, width: int, style: str = "") -> int:
    """Height of a plain label."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setStyleSheet(style)
    label.ensurePolished()
    return label.heightForWidth(width)


def test_heights_are_those_of_qt_after_every_change(qtbot: QtBot) -> None:
    label = wrapped(TEXT)
    qtbot.addWidget(label)
    for width in (100, 300, 100):
        assert label.heightForWidth(width) == of_qt(TEXT, width)
    label.setText(TEXT[:70])
    assert label.heightForWidth(100) == of_qt(TEXT[:70], 100)
    label.setText(TEXT)
    large = "font-size: 30px;"
    label.setStyleSheet(large)
    label.ensurePolished()
    assert label.heightForWidth(100) == of_qt(TEXT, 100, large) > of_qt(TEXT, 100)
