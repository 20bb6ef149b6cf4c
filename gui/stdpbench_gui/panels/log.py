"""The log of a run, in sentences."""

from __future__ import annotations

from PyQt6.QtGui import QColor, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextOption
from PyQt6.QtWidgets import QTextEdit

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import named, not_none
from stdpbench_gui.widgets.layouts import vbox

_WARNINGS = (
    "failed",
    "damaged",
    "not whole",
    "no longer finite",
    "differ",
    "will never fire",
    "cannot be written",
    "are replaced",
)


class Log(Panel):
    """Panel with all facts that have a sentence."""

    key = "log"
    title = "Log"
    at_moment = "the whole run"
    topics = frozenset({"log", "state", "parameters", "metrics"})
    help_text = (
        "Events of this run, each with the number of completed training presentations. The run folder records them in "
        "journal.jsonl. Warnings are marked with ⚠."
    )
    empty_text = "Events of the run appear here."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.text = named(QTextEdit(), "Log")
        self.text.setReadOnly(True)
        self.text.setFrameShape(QTextEdit.Shape.NoFrame)
        self.text.document().setMaximumBlockCount(5000)  # type: ignore[union-attr]
        vbox(self.text, within=self.body, spacing=0)
        self._shown = 0

    def reset(self) -> None:
        """Discard the previous run."""
        self.text.clear()
        self._shown = 0

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.reset()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether there are any events."""
        return bool(self.session.live.log)

    def refresh(self) -> None:
        """Append new events."""
        bar = not_none(self.text.verticalScrollBar())
        at_end = bar.value() >= bar.maximum() - 4
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        hanging = QTextBlockFormat()
        room = self.text.fontMetrics().horizontalAdvance(f"{thousands(1_000_000)}  ")
        hanging.setLeftMargin(room)
        hanging.setTextIndent(-room)
        hanging.setTabPositions([QTextOption.Tab(room, QTextOption.TabType.LeftTab)])
        cursor.setBlockFormat(hanging)
        for position, _, sentence in self.session.live.log[self._shown :]:
            warning = sentence in self.session.live.warnings or any(word in sentence for word in _WARNINGS)
            whole = sentence.replace(" %", "\u00a0%")  # a number and its sign stay on one line
            style = QTextCharFormat()
            style.setForeground(QColor(theme.current().wrong if warning else theme.current().ink))
            if not self.text.document().isEmpty():  # type: ignore[union-attr]
                cursor.insertBlock()
            cursor.insertText(f"{thousands(position)}\t{'⚠ ' if warning else ''}{whole}", style)
        self._shown = len(self.session.live.log)
        if at_end:
            bar.setValue(bar.maximum())

    def summary(self) -> str:
        """Return the last sentence."""
        log = self.session.live.log
        return log[-1][2] if log else self.empty_text

    def table(self) -> Table | None:
        """Return position, time and sentence of each event."""
        return ("presentation", "time", "event"), list(self.session.live.log)

    def figure(self) -> None:
        """Return None: there is nothing to draw."""
