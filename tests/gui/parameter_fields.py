"""Typing into and reading from the fields of the Parameters panel."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel


def type_in(panel: ParametersPanel, qtbot: QtBot, path: str, text: str) -> None:
    field = panel.form.row(path).editor
    waits(qtbot, field.isEnabled)  # of a run whose network is ready, with the panel's next picture
    field.selectAll()
    qtbot.keyClicks(field, text)


def retype(field: Any, qtbot: QtBot, text: str) -> None:
    """Replace the text of a field that is given the focus."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def text_of(panel: ParametersPanel, path: str) -> str:
    return panel.form.row(path).editor.text()
