"""A sentence below a panel for those who see it for the first time, which can be closed for good."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import tool_button, wrapped
from stdpbench_gui.widgets.layouts import hbox

FIRST_MINUTE = "digits-from-noise"
"""The experiment whose runs have captions."""


class Caption(QFrame):
    """A sentence with a button that closes it.

    Parameters
    ----------
    text : str
        The sentence.

    Attributes
    ----------
    closed : bool
        Whether it was closed for good.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.closed = False
        self.text = wrapped(text)
        self.close_button = tool_button(
            "✕", clicked=lambda: self._close(), name=f"Close for good: {text}", tip="Do not show this again", flat=True
        )
        hbox((self.text, 1), within=self, margins=(theme.GRID, 2, 2, 2)).addWidget(
            self.close_button, 0, Qt.AlignmentFlag.AlignTop
        )
        self.hide()

    def offer(self, wanted: bool) -> None:
        """Show it if it is wanted and was not closed."""
        self.setVisible(wanted and not self.closed)

    def _close(self) -> None:
        self.closed = True
        self.hide()
