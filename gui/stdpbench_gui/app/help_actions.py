"""What the Help menu opens that needs the whole app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

import stdpbench
from stdpbench import __version__
from stdpbench_gui.dialogs.help_windows import ProblemWindow, ShortcutsWindow, report_text
from stdpbench_gui.lessons.guide import Guide
from stdpbench_gui.session.crash import log_file
from stdpbench_gui.session.sentences import Failed

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow

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
