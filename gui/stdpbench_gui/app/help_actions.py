"""What the Help menu opens that needs the whole app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

import stdpbench
from stdpbench import __version__
from stdpbench.engine.doctor import Finding
from stdpbench_gui.lessons.guide import Guide
from stdpbench_gui.look import theme
from stdpbench_gui.session.crash import log_file
from stdpbench_gui.session.sentences import Failed
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import Dialog, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow


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
                    item.setFont(theme.font_of(self.table, bold=True))
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


SOURCES = Path(stdpbench.__file__).parents[1]
"""The folder that the package lies in: the source tree, unless it was installed."""
_ELSEWHERE = (
    "The documentation does not come with an installed package: it is the folder docs of stdpbench's source archive, "
    "where “make docs” makes a site of it."
)

_LINES = 60  # of logs
_BYTES = 32_768  # from the end of a log


class HelpActions:
    """Opens the lessons, the list of shortcuts, the documentation, and the text for the report of a problem.

    Attributes
    ----------
    lessons : Guide
        The guided lessons.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window, self._actions, self._session = window, window.actions_, window.session
        add: Callable[..., object] = window.actions_.add
        tip = "All actions with a shortcut"
        add("shortcuts", "&Help", "Keyboard &shortcuts", self.shortcuts, "Ctrl+/", tip, before="about")
        tip = "The site that “make docs” builds, or the folder with its text"
        add("documentation", "&Help", "&Documentation", self.documentation, "", tip, before="about")
        tip = "Findings of the doctor, the current run and the log"
        add("problem", "&Help", "Report a &problem…", self.problem, "", tip, before="about")
        self.lessons = Guide(window)

    def shortcuts(self) -> ShortcutsWindow:
        """Open the list of shortcuts."""
        opened = ShortcutsWindow(self._actions, self._window)
        opened.open()
        return opened

    def documentation(self) -> None:
        """Open the documentation in the browser, or where texts or folders open; say where it is without one."""
        found = documentation(SOURCES)
        if found is None:
            self._say(_ELSEWHERE)
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(found))):
            self._say(f"Nothing on this machine opens the documentation, which is {found}.")

    def _say(self, sentence: str) -> None:
        self._session.message.emit(Failed(sentence))

    def problem(self) -> ProblemWindow:
        """Open the text for the report of a problem; the machine is checked meanwhile."""
        opened = ProblemWindow(self._window)
        opened.open()
        session = self._session
        folder, live = session.folder, session.live
        path = None if folder is None else folder.path
        run = [] if path is None else [path.name, " ".join(filter(None, (str(live.state), live.reason)))]

        def look() -> str:
            from stdpbench.engine.doctor import diagnose

            worker = [] if path is None else _end(path / "worker.log")
            return report_text(__version__, [*run, *worker], diagnose(), _end(log_file()))

        session.work(look, opened.show_text, "Cannot check the machine", owner=opened)
        return opened


def documentation(sources: Path) -> Path | None:
    """Return the first page of the documentation in a source tree: as a site if it was built, otherwise as text.

    Parameters
    ----------
    sources : Path
        The folder that may be a source tree: one with a pyproject.toml.

    Returns
    -------
    Path or None
        A file; None where there is no documentation.
    """
    if not (sources / "pyproject.toml").is_file():  # site-packages, where a folder docs may be somebody else's
        return None
    pages = (sources / "build" / "docs" / "index.html", sources / "docs" / "index.md")
    return next((page for page in pages if page.is_file()), None)


def _end(path: Path) -> list[str]:
    """Return the last lines of a log; none if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _BYTES))
            return file.read(_BYTES).decode("utf-8", "replace").splitlines()[-_LINES:]
    except OSError:
        return []
