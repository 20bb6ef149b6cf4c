"""A field for the expression of a rule, with coloured names, completion, and underlined errors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PyQt6.QtCore import QRegularExpression, QSignalBlocker, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor
from PyQt6.QtWidgets import QCompleter, QPlainTextEdit, QTextEdit, QWidget

from stdpbench.kinds.plasticity.custom import Problem
from stdpbench.kinds.plasticity.language import FUNCTIONS
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label, named, not_none, wrapped
from stdpbench_gui.widgets.layouts import vbox

_WORD = QRegularExpression(r"[A-Za-z_][A-Za-z_0-9]*|\d+\.?\d*(?:[eE][-+]?\d+)?")
_LINES = (2, 6)
"""Minimum and maximum number of visible lines."""
_ACCEPT = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)


class _Colours(QSyntaxHighlighter):
    """Colours names by their role."""

    def __init__(self, field: CodeEdit) -> None:
        super().__init__(field.document())
        self._field = field

    def highlightBlock(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Colour the names in a line."""
        found = _WORD.globalMatch(text or "")
        while found.hasNext():
            match = found.next()
            form = self._field.format_of(match.captured())
            if form is not None:
                self.setFormat(match.capturedStart(), match.capturedLength(), form)


class CodeEdit(QPlainTextEdit):
    """The text editor. Ctrl+Space completes at any time; Tab leaves the field."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        self.setFont(font)
        self.input_traces: frozenset[str] = frozenset()
        self.output_traces: frozenset[str] = frozenset()
        self.names: Sequence[str] = ()
        self.problem: Problem | None = None
        self._words = QStringListModel(self)
        self.completer = QCompleter(self._words, self)
        self.completer.setWidget(self)
        self.completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completer.activated[str].connect(self._complete)
        not_none(self.completer.popup()).setAccessibleName("Completions")
        self._colours = _Colours(self)
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * _LINES[0] + 2 * theme.GRID)
        self.setMaximumHeight(self.fontMetrics().lineSpacing() * _LINES[1] + 2 * theme.GRID)

    def know(self, names: Sequence[str], inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """Set the known names."""
        known = tuple(names), frozenset(inputs), frozenset(outputs)
        if known != (self.names, self.input_traces, self.output_traces):
            self.names, self.input_traces, self.output_traces = known
            self._words.setStringList(sorted(names, key=lambda name: str(name).lower()))
            self._colours.rehighlight()

    def format_of(self, word: str) -> QTextCharFormat | None:
        """Return the format of a word; None: the default format."""
        colours, form = theme.current(), QTextCharFormat()
        if word[0].isdigit():
            form.setForeground(QColor(colours.faint))
        elif word in self.input_traces:
            form.setForeground(QColor(colours.inh))
        elif word in self.output_traces:
            form.setForeground(QColor(colours.exc))
        elif word in FUNCTIONS or word in ("and", "or", "not"):
            form.setFontWeight(QFont.Weight.Bold)
        elif word in self.names and word != "w":
            form.setForeground(QColor(colours.right))
        else:
            return None
        return form

    def show_problem(self, problem: Problem | None) -> None:
        """Underline an error."""
        self.problem = problem
        chosen = []
        if problem is not None and problem.line >= 0:
            block = self.document().findBlockByNumber(problem.line)  # type: ignore[union-attr]
            mark = QTextEdit.ExtraSelection()
            mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.format.setUnderlineColor(QColor(theme.current().wrong))
            faint = QColor(theme.current().wrong)
            faint.setAlpha(50)
            mark.format.setBackground(faint)
            length = max(0, block.length() - 1)
            cursor = QTextCursor(block)
            first = min(problem.column, max(0, length - 1))
            cursor.setPosition(block.position() + first)
            cursor.setPosition(block.position() + min(max(problem.end, first + 1), length), _KEEP)
            mark.cursor = cursor
            chosen.append(mark)
        self.setExtraSelections(chosen)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._colours.rehighlight()
        self.show_problem(self.problem)

    # -- completion ------------------------------------------------------------------------------------------------

    def prefix(self) -> str:
        """Return the part of a name that ends at the cursor."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        found = re.search(r"[A-Za-z_][A-Za-z_0-9]*$", before)
        return found[0] if found else ""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Offer completions while a name is typed."""
        assert event is not None
        popup = not_none(self.completer.popup())
        if popup.isVisible() and event.key() in (*_ACCEPT, Qt.Key.Key_Escape):
            event.ignore()  # handled by the list
            return
        wanted = event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if not wanted:
            super().keyPressEvent(event)
        typed = event.text()
        self._offer(wanted, bool(typed) and (typed.isalnum() or typed in "_\b"))

    def _offer(self, wanted: bool, typed: bool) -> None:
        prefix, popup = self.prefix(), self.completer.popup()
        assert popup is not None
        if not (wanted or (typed and len(prefix) > 1)) or prefix in self.names:
            popup.hide()
            return
        self.completer.setCompletionPrefix(prefix)
        if not self.completer.completionCount():
            popup.hide()
            return
        popup.setCurrentIndex(self.completer.completionModel().index(0, 0))  # type: ignore[union-attr]
        place = self.cursorRect()
        bar = popup.verticalScrollBar()
        place.setWidth(
            popup.sizeHintForColumn(0) + (bar.sizeHint().width() if bar is not None else 0) + 2 * theme.GRID
        )
        self.completer.complete(place)

    def _complete(self, word: str) -> None:
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Left, _KEEP, len(self.prefix()))
        cursor.insertText(f"{word}(" if word in FUNCTIONS else word)
        self.setTextCursor(cursor)


_KEEP = QTextCursor.MoveMode.KeepAnchor


class CodeField(QWidget):
    """An expression with its label above and its errors below.

    Attributes
    ----------
    edited : signal
        The user changed the text.
    """

    edited = pyqtSignal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.edit = CodeEdit(name)
        label = Label(name)
        label.setBuddy(self.edit)
        self.message = named(wrapped("", "faint"), f"Errors: {name}")
        vbox(label, self.edit, self.message, within=self, spacing=2)
        self.edit.textChanged.connect(self.edited)

    @property
    def text(self) -> str:
        """The expression."""
        return self.edit.toPlainText().strip("\n")

    def show_text(self, text: str) -> None:
        """Replace the text without emitting `edited`."""
        if text != self.text:
            with QSignalBlocker(self.edit):
                self.edit.setPlainText(text)

    def show_problem(self, problem: Problem | None) -> None:
        """Show an error below the field and underline it."""
        self.edit.show_problem(problem)
        self.message.setObjectName("problem" if problem is not None else "faint")
        style = self.message.style()
        if style is not None:
            style.polish(self.message)
        if problem is None:
            self.message.setText("" if self.text.strip() else "no effect")
            return
        lines = f"line {problem.line + 1}, " if "\n" in self.text else ""
        place = f"{lines}column {problem.column + 1}: " if problem.column >= 0 else ""
        self.message.setText(f"⚠ {place}{problem.sentence}")
