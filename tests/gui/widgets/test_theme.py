"""What the colours of the theme say."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtWidgets import QCheckBox, QWidget
from pytestqt.qtbot import QtBot
from waiting import kept, waits

from stdpbench_gui.look import theme


def test_a_widget_that_goes_while_the_theme_changes_is_left_out(qtbot: QtBot) -> None:
    gone, there = QWidget(), QCheckBox()
    qtbot.addWidget(there)
    sip.delete(gone)
    theme.polish([gone, there])
    assert there.property("dark") is theme.current().dark


def test_hidden_widgets_follow_the_theme_soon(qtbot: QtBot) -> None:
    hidden = kept(QCheckBox(), qtbot)
    theme.apply("light")
    for name, dark in (("dark", True), ("light", False)):
        theme.apply(name)
        waits(qtbot, lambda dark=dark: hidden.property("dark") is dark)
