"""Typing into and reading from the rows of forms, such as those of the Parameters panel."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel


def type_in(form: Any, qtbot: QtBot, path: str, text: str) -> None:
    field = form.form.row(path).editor
    waits(qtbot, field.isEnabled)  # of a run whose network is ready, with the panel's next picture
    retype(field, qtbot, text)


def enter(form: Any, qtbot: QtBot, path: str, text: str) -> None:
    """Type a value into a row of a form, and confirm it."""
    type_in(form, qtbot, path, text)
    qtbot.keyClick(form.form.row(path).editor, Qt.Key.Key_Return)


def retype(field: Any, qtbot: QtBot, text: str) -> None:
    """Replace the text of a field that is given the focus."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def text_of(panel: ParametersPanel, path: str) -> str:
    return panel.form.row(path).editor.text()
