"""A button that copies the command line or the Python that does the same as a form."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QMenu, QToolButton

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.queue.run_text import ActionText
from stdpbench_gui.widgets.basic import menu_action, not_none

TextOf = Callable[[], ActionText]
"""Returns what does the same as a form now."""
Report = Callable[[str], object]
"""Receives a sentence about what was copied."""
WAYS = (("command line", "command"), ("Python", "python"))
"""What a form can be copied as, and the field of `ActionText`."""


def copy_text(text_of: TextOf, field: str, report: Report) -> None:
    """Copy a text to the clipboard and say so, or say why there is none."""
    words = next(words for words, name in WAYS if name == field)
    try:
        found = text_of()
    except StdpbenchError as error:
        report(f"Cannot be copied: {error}.")
        return
    text = getattr(found, field)
    if not text:
        report(f"There is no {words} for this.")
        return
    not_none(QGuiApplication.clipboard()).setText(text)
    lines = " ".join(text.split()) if len(text) < 200 else f"{len(text.splitlines())} lines"
    report(f"Copied as {words}: {lines}")


class CopyButton(QToolButton):
    """A button whose menu copies what does the same as a form.

    Parameters
    ----------
    copy : callable
        Copies a field of `ActionText`.
    """

    def __init__(self, copy: Callable[[str], object]) -> None:
        super().__init__()
        self.setText("Copy")
        self.setObjectName("menubutton")
        self.setAccessibleName("Copy as a command line or as Python")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self)
        for words, field in WAYS:
            menu_action(menu, f"As {words}", lambda field=field: copy(field))  # type: ignore[misc]
        self.setMenu(menu)
