"""Text of others in the app: shown as it is, never taken for HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from waiting import kept

import stdpbench_gui
from stdpbench_gui.widgets.basic import Elided, Label, plain_tip, wrapped
from stdpbench_gui.widgets.plot import Axis

EVIL = '<img src="file:///etc/passwd"> & <b>bold</b>'


@pytest.mark.parametrize("make", [Label, Elided, wrapped])
def test_labels_show_text_as_it_is(qtbot: QtBot, make: type[Label]) -> None:
    assert kept(make(EVIL), qtbot).textFormat() == Qt.TextFormat.PlainText


def test_all_labels_of_the_app_are_such(qtbot: QtBot) -> None:
    for path in Path(*stdpbench_gui.__path__).rglob("*.py"):
        if path.name != "basic.py":
            assert not re.search(r"\bQLabel\(|\(QLabel\)", path.read_text(encoding="utf-8")), path


def test_tool_tips_and_axes_show_text_as_it_is(qtbot: QtBot) -> None:
    assert plain_tip(EVIL) == "<p>&lt;img src=&quot;file:///etc/passwd&quot;&gt; &amp; &lt;b&gt;bold&lt;/b&gt;</p>"
    axis = Axis("left")
    axis.setLabel(EVIL)
    assert axis.label.toPlainText().strip() == EVIL
