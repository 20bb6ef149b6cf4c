"""Notices about the results of actions, and long tasks with progress and a Cancel button."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QPushButton, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.session.sentences import reading_ms
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import breakable, named, push_button, tool_button, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar

_MOST = 4


class Notice(QFrame):
    """A sentence with an optional action button and a close button; a brief one goes once it can have been read."""

    gone = pyqtSignal()

    def __init__(
        self,
        sentence: str,
        failed: bool = False,
        action_text: str = "",
        action: Callable[[], object] | None = None,
        about: str = "",
        brief: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._over = timer(self, self._go, reading_ms(sentence), once=True)
        if brief and reading_ms(sentence):
            self._over.start()
        self.sentence, self.about = sentence, about
        self.text = f"⚠ {sentence}" if failed else sentence
        self.label = named(
            wrapped(breakable(self.text), "problem" if failed else ""), "Error" if failed else "Message"
        )
        self.button = QPushButton(action_text)
        self.button.setVisible(bool(action_text))
        close = tool_button("✕", clicked=self.gone, name="Close this message", tip="Close", flat=True)
        if action is not None:
            self.button.clicked.connect(lambda _=False: action())
            self.button.clicked.connect(self.gone)
        hbox((self.label, 1), self.button, close, within=self, margins=(theme.GRID, 2, 2, 2))

    def _go(self) -> None:
        """Take the notice away, unless the mouse rests on it."""
        if self.underMouse():
            self._over.start()
        else:
            self.gone.emit()


class Task(QFrame):
    """A long task with its description, progress and a Cancel button.

    Attributes
    ----------
    cancelled : bool
        Whether the task was cancelled; polled by threads.
    left : bool
        Whether the window is closing, so that the result is not needed.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.cancelled = False
        self.left = False
        self.done, self.total, self.phase = 0, 0, ""
        self._words = words
        self.label = named(wrapped(breakable(words)), "Current task")
        self.bar = ProgressBar("Progress")
        self.bar.setRange(0, 0)
        self.bar.setFixedWidth(180)
        self.cancel = push_button("Cancel", clicked=self._cancel, name=f"Cancel: {words}")
        hbox((self.label, 1), self.bar, self.cancel, within=self, margins=(theme.GRID, 2))

    def look(self) -> None:
        """Show the progress that the thread has written."""
        if self.total and not self.cancelled:
            self.bar.show_part(self.done, self.total)
            self.label.setText(f"{self._words} {self.phase} {100 * self.done / self.total:.0f} %".replace("  ", " "))

    def _cancel(self) -> None:
        self.cancelled = True
        self.cancel.setEnabled(False)
        self.bar.setRange(0, 0)
        self.label.setText(f"{self._words} Cancelling …")


class Notices(QWidget):
    """The notices and tasks of a page, the newest at the bottom; hidden if there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = vbox(within=self, spacing=2)
        self._notices: list[Notice] = []
        self.tasks: list[Task] = []
        self.hide()

    def add_notice(
        self,
        sentence: str,
        failed: bool = False,
        action_text: str = "",
        action: Callable[[], object] | None = None,
        about: str = "",
        brief: bool = False,
    ) -> Notice:
        """Show a sentence. It replaces an equal one and, if `about` is given, notices about the same subject.

        A brief one confirms what can be seen anyway: it goes by itself.
        """
        sentence = sentence if sentence.endswith((".", "…")) else f"{sentence}."
        self.withdraw_about(about)
        for old in [old for old in self._notices if old.sentence == sentence]:
            self.withdraw(old)
        notice = Notice(sentence, failed, action_text, action, about, brief)
        notice.gone.connect(lambda: self.withdraw(notice))
        self._notices.append(notice)
        self._layout.addWidget(notice)
        while len(self._notices) > _MOST:
            self.withdraw(self._notices[0])
        self._fit()
        return notice

    def texts(self) -> list[str]:
        """Return the texts of all notices."""
        return [notice.text for notice in self._notices]

    def clear(self) -> None:
        """Remove all notices; tasks continue."""
        for notice in list(self._notices):
            self.withdraw(notice)

    def withdraw_about(self, about: str) -> None:
        """Remove the notices about a subject, because they are outdated."""
        for old in [old for old in self._notices if about and old.about == about]:
            self.withdraw(old)

    def add_task(self, words: str) -> Task:
        """Show a task."""
        task = Task(words)
        self.tasks.append(task)
        self._layout.addWidget(task)
        self._fit()
        return task

    def end_task(self, task: Task) -> None:
        """Remove a task that has ended."""
        self.tasks.remove(task)
        self._layout.removeWidget(task)
        task.hide()
        task.deleteLater()
        self._fit()

    def withdraw(self, notice: Notice) -> None:
        """Remove a notice, if it is still shown."""
        if notice in self._notices:
            self._notices.remove(notice)
            self._layout.removeWidget(notice)
            notice.hide()
            notice.deleteLater()
            self._fit()

    def _fit(self) -> None:
        self.setVisible(bool(self._notices or self.tasks))
