"""Windows of the Help menu: all shortcuts, and what to send with the report of a problem."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtGui import QFont, QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from stdpbench.engine.doctor import Finding
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import Dialog, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_IN_PLOTS = (
    ("Plots", "Move in time, and enlarge", "Drag, wheel"),
    ("Plots", "Show everything again", "Double-click"),
    ("Plots", "Select a neuron, a picture or a run", "Click"),
)
"""What the mouse does where there is no menu."""


class ShortcutsWindow(Dialog):
    """Lists every action that has a shortcut, menu by menu."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__("Keyboard shortcuts", parent)
        rows = [
            (entry.menu.replace("&", ""), entry.action.text().replace("&", "").rstrip("…"), shortcut)
            for entry in actions
            if (shortcut := entry.action.shortcut().toString())
        ]
        rows = sorted(rows, key=lambda row: list(dict.fromkeys(menu for menu, _, _ in rows)).index(row[0]))
        rows += list(_IN_PLOTS)
        self.table = named(QTableWidget(len(rows), 3), "Keyboard shortcuts")
        self.table.setHorizontalHeaderLabels(["menu", "action", "keys"])
        not_none(self.table.verticalHeader()).hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        before = ""
        for number, (menu, what, keys) in enumerate(rows):
            for column, text in enumerate(("" if menu == before else menu, what, keys)):
                item = QTableWidgetItem(text)
                if not column:
                    font = QFont(item.font())
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(number, column, item)
            before = menu
        header = not_none(self.table.horizontalHeader())
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        close = push_button("Close", clicked=self.close)
        about = wrapped("The command palette, Ctrl+K, finds every action, also those without a shortcut.", "faint")
        vbox((self.table, 1), about, hbox(STRETCH, close), within=self, margins=theme.GRID, spacing=theme.GRID)
        self.resize(560, 620)


class ProblemWindow(Dialog):
    """Shows what a report of a problem should contain, and copies it.

    Parameters
    ----------
    parent : QWidget
        The main window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Report a problem", parent)
        about = wrapped(
            "Say what you did, what you expected and what happened instead, and add the text below. Nothing is sent "
            "from here: read it, and remove anything private, such as names of folders, before you share it."
        )
        self.text = named(QPlainTextEdit("Checking the machine …"), "Text for the report")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy = push_button("Copy", clicked=lambda _=False: self._copy())
        self.copy.setEnabled(False)
        close = push_button("Close", clicked=self.close)
        buttons = hbox(STRETCH, self.copy, close)
        vbox(about, (self.text, 1), buttons, within=self, margins=theme.GRID, spacing=theme.GRID)
        self.resize(720, 520)

    def show_text(self, text: str) -> None:
        """Show the text, which can be edited and copied from now on."""
        self.text.setPlainText(text)
        self.copy.setEnabled(True)

    def _copy(self) -> None:
        not_none(QGuiApplication.clipboard()).setText(self.text.toPlainText())
        self.copy.setText("Copied")


def report_text(version: str, run: Sequence[str], findings: Sequence[Finding], log: Sequence[str]) -> str:
    """Return the text for the report of a problem.

    Parameters
    ----------
    version : str
        Version of stdpbench.
    run : sequence of str
        Lines about the run on display; empty without one.
    findings : sequence of Finding
        Findings of `stdpbench doctor`.
    log : sequence of str
        The last lines of the app's log; empty if nothing went wrong.
    """
    lines = [f"stdpbench {version}", ""]
    lines += [f"{one.state:8}{one.name}: {one.detail}{f' (fix: {one.fix})' if one.fix else ''}" for one in findings]
    lines += ["", "run:", *(f"  {line}" for line in run or ["none is open"])]
    lines += ["", "log of the app:", *(f"  {line}" for line in log or ["empty"])]
    return "\n".join(lines) + "\n"
