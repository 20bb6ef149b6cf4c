"""What the colours of the theme say."""

from __future__ import annotations

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QCheckBox, QSlider, QWidget
from pytestqt.qtbot import QtBot
from waiting import kept, waits

from stdpbench_gui.look import theme


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_slider_that_cannot_be_moved_looks_like_it(name: str, qtbot: QtBot) -> None:
    slider = kept(QSlider(Qt.Orientation.Horizontal), qtbot)
    slider.resize(120, 24)
    slider.setValue(60)

    def has_accent() -> bool:
        image = slider.grab().toImage()
        points = ((x, y) for x in range(image.width()) for y in range(image.height()))
        return any(image.pixelColor(x, y).hsvSaturation() > 120 for x, y in points)

    theme.apply(name)
    assert has_accent()
    slider.setEnabled(False)
    assert not has_accent()
    theme.apply("light")


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
