"""What a form has changed in the experiment that it started from, each with an undo."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton

from stdpbench.experiment.draft_changes import DraftChange
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import breakable, plain_tip, tool_button, wrapped
from stdpbench_gui.widgets.layouts import hbox, holding, vbox


class ChangeList(QScrollArea):
    """A list of changes.

    Attributes
    ----------
    undo_wanted : signal of DraftChange
        Request to take a change back.
    buttons : dict of str to QToolButton
        The undo of each change, by its path.
    """

    undo_wanted = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Changes")
        self.buttons: dict[str, QToolButton] = {}
        self._shown: tuple[str, tuple[DraftChange, ...]] | None = None
        self.restyle()

    def show_changes(self, title: str, changes: Sequence[DraftChange], *, fixed: bool = False) -> None:
        """Show changes under a title; with `fixed`, they cannot be undone."""
        shown = title, tuple(changes)
        if shown == self._shown:
            return
        focused = next((path for path, button in self.buttons.items() if button.hasFocus()), "")
        place = list(self.buttons).index(focused) if focused else -1
        self._shown, self.buttons = shown, {}
        layout = vbox(wrapped(title, "cardtitle"), margins=theme.GRID, spacing=theme.GRID // 2)
        for change in changes:
            if fixed:
                layout.addWidget(wrapped(breakable(change.text)))
            else:
                layout.addLayout(self._row(change))
        if not changes and not fixed:
            layout.addWidget(wrapped("What you change is listed here, and can be taken back one by one.", "faint"))
        layout.addStretch(1)
        self.setWidget(holding(layout, "panel"))
        if place >= 0 and self.buttons:
            list(self.buttons.values())[min(place, len(self.buttons) - 1)].setFocus()

    def _row(self, change: DraftChange) -> QHBoxLayout:
        button = tool_button(
            "↺",
            clicked=lambda _=False: self.undo_wanted.emit(change),
            name=f"Undo {change.path}",
            tip=plain_tip(f"Back to {change.before}"),
            flat=True,
        )
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.buttons[change.path] = button
        return hbox((wrapped(breakable(change.text)), 1), (button, 0), spacing=theme.GRID // 2)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.setStyleSheet(f"ChangeList, #panel {{ background: {theme.current().base}; }}")
