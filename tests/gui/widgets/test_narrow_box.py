"""A drop-down list where there is little room."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, waits

from stdpbench_gui.widgets.basic import NarrowBox, not_none
from stdpbench_gui.widgets.parameter_fields import Choice, show_windows


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


def test_a_list_of_rules_is_as_wide_as_its_longest_name(qtbot: QtBot) -> None:
    made = Choice(("oja", "pair-multiplicative", *(f"rule-{number}" for number in range(20))))
    show_windows(made)
    qtbot.addWidget(made)
    made.resize(130, made.sizeHint().height())
    with qtbot.waitExposed(made, timeout=PATIENCE_MS):
        made.show()
    made.showPopup()
    view = not_none(made.view())
    waits(qtbot, view.isVisible)
    assert not_none(view.viewport()).width() >= view.sizeHintForColumn(0)
    made.hidePopup()
    made.setCurrentIndex(1)
    assert made.shown_text.endswith("…")
