"""A drop-down list where there is little room."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS

from stdpbench_gui.widgets.basic import NarrowBox


@pytest.fixture
def box(qtbot: QtBot) -> NarrowBox:
    made = NarrowBox()
    made.addItems(["Pair window", "Weight dependence"])
    made.setCurrentIndex(1)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made, timeout=PATIENCE_MS):
        made.show()
    return made


def tip(box: NarrowBox) -> str:
    QToolTip.hideText()
    place = box.rect().center()
    QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, place, box.mapToGlobal(place)))
    return QToolTip.text()


def test_the_tool_tip_has_a_text_that_is_cut(box: NarrowBox) -> None:
    box.resize(box.sizeHint())
    assert box.shown_text == "Weight dependence"
    box.setToolTip("Protocol")
    assert tip(box) == "Protocol"
    box.resize(box.minimumSizeHint())
    assert box.shown_text.endswith("…")
    assert tip(box) == "Weight dependence\nProtocol"
    box.setToolTip("")
    assert tip(box) == "Weight dependence"
