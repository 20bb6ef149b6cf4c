"""A dialog with one piece of work at a time, its progress, and why it failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtWidgets import QPushButton, QWidget

from stdpbench_gui.session.background import call_in_app, check_cancelled
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Dialog, ProblemLabel, push_button
from stdpbench_gui.widgets.progress_bar import ProgressBar

if TYPE_CHECKING:
    from PyQt6.QtCore import PYQT_SLOT

T = TypeVar("T")
Report = Callable[[int, int], None]
"""Called in the thread of the work with the amount done and the total; it raises an exception once it is cancelled."""


class JobDialog(Dialog):
    """Does work in a thread; closing the dialog cancels it.

    Attributes
    ----------
    progress, problem : widget
        For subclasses to lay out.
    """

    def __init__(self, title: str, session: RunSession, what: str, parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self._session = session
        self.progress, self.problem = ProgressBar(f"Progress of the {what}", thin=False), ProblemLabel()
        self.progress.hide()

    def main_button(self, text: str, begin: PYQT_SLOT) -> QPushButton:
        """Return the default button, which begins the work and is off during it."""
        self._main = push_button(text, clicked=begin, style="primary")
        self._main.setDefault(True)
        return self._main

    def do(self, work: Callable[[Report], T], take: Callable[[T], object]) -> None:
        """Do work, and hand its result to `take`."""

        def report(done: int, total: int) -> None:
            check_cancelled()
            call_in_app(lambda: None if self._job is None else self.progress.show_part(done, total))

        def taken(result: T) -> None:
            self._end()
            take(result)

        self.problem.hide()
        self.progress.setRange(0, 0)
        self.show_busy(True)
        self._job = self._session.work(lambda: work(report), taken, failed=self.fail, owner=self)

    def fail(self, reason: str) -> None:
        """Say why the work failed."""
        self._end()
        self.problem.say(f"⚠ {reason.rstrip('.')}.")

    def _end(self) -> None:
        self._job = None
        self.show_busy(False)

    def show_busy(self, busy: bool) -> None:
        """Show whether work is under way."""
        self.progress.setVisible(busy)
        self._main.setEnabled(not busy)

    def done(self, result: int) -> None:
        """Cancel the work, and show that it has ended."""
        super().done(result)
        if self._job is not None:
            self._end()
