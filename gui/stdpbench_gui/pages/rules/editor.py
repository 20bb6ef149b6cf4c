"""The editor of a custom rule: traces, parameters and two expressions, checked while the user types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QRegularExpression, QSignalBlocker, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QTextEdit,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.units import read
from stdpbench.kinds.language import DIMENSIONS, FUNCTIONS
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.custom import CustomRule, Problem, known_names, problems, read_rule, rule_file
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.state import RulesState, lowest_free
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import (
    Elided,
    Label,
    ProblemLabel,
    ask_for_file,
    named,
    not_none,
    push_button,
    refill,
    style_as,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, split, vbox

Row = tuple[str, ...]


class Table(QWidget):
    """Table of texts, some chosen from a list, with buttons to add and remove rows.

    Parameters
    ----------
    name : str
        Name of the table.
    columns : mapping of str to sequence of str
        Headings with their choices; empty: free text.
    new : str
        Prefix of the name of an added row.
    fresh : sequence of str
        Other cells of an added row.
    """

    edited = pyqtSignal()

    def __init__(self, name: str, columns: Mapping[str, Sequence[str]], new: str, fresh: Sequence[str]) -> None:
        super().__init__()
        self._columns, self._new, self._fresh = columns, new, fresh
        self.table = named(QTableWidget(0, len(columns)), name)
        self.table.setHorizontalHeaderLabels(list(columns))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(3 * self.fontMetrics().height())
        down, across = self.table.verticalHeader(), self.table.horizontalHeader()
        assert down is not None
        assert across is not None
        down.hide()
        down.setDefaultSectionSize(self.fontMetrics().height() + theme.GRID)
        across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        across.setStretchLastSection(True)
        self.table.itemChanged.connect(lambda _: self.edited.emit())
        self.add = push_button("Add", clicked=lambda _: self.add_row(), name=f"Add to {name}")
        self.remove = push_button("Remove", clicked=lambda _: self.remove_row(), name=f"Remove from {name}")
        self.message = ProblemLabel(f"Errors: {name}")
        head = hbox(Label(name, self.table), STRETCH, self.add, self.remove)
        vbox(head, (self.table, 1), self.message, within=self, spacing=2)

    def rows(self) -> list[Row]:
        """Return the rows."""
        return [tuple(self._text(row, k) for k in range(len(self._columns))) for row in range(self.table.rowCount())]

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows without emitting `edited`."""
        if list(rows) == self.rows():
            return
        with QSignalBlocker(self.table):
            self.table.setRowCount(0)
            for row in rows:
                self._put(row)

    def offer(self, column: int, names: Sequence[str]) -> None:
        """Set the choices of a column."""
        for row in range(self.table.rowCount()):
            box = self.table.cellWidget(row, column)
            if isinstance(box, QComboBox):
                now = box.currentText()
                wanted = list(names) if now in names else [*names, now]
                if [box.itemText(k) for k in range(box.count())] != wanted:
                    refill(box, wanted, wanted.index(now))

    def add_row(self) -> None:
        """Add a row with a free name."""
        taken = [row[0] for row in self.rows()]
        number = lowest_free([int(name[len(self._new) :]) for name in taken if name[len(self._new) :].isdigit()])
        with QSignalBlocker(self.table):
            self._put((f"{self._new}{number}", *self._fresh))
        self.table.setCurrentCell(self.table.rowCount() - 1, 0)
        self.table.setFocus()
        self.edited.emit()

    def remove_row(self) -> None:
        """Remove the current row."""
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())
            self.edited.emit()

    def show_problems(self, found: Mapping[str, Problem]) -> None:
        """Mark rows with errors, by name, and list the errors."""
        colour = theme.faded(theme.current().wrong, 0.24)
        with QSignalBlocker(self.table):
            for row in range(self.table.rowCount()):
                item = self.table.item(row, 0)
                if item is not None:
                    problem = found.get(item.text().strip())
                    item.setBackground(colour if problem is not None else QColor(theme.current().base))
                    item.setToolTip(problem.sentence if problem is not None else "")
        self.message.say("\n".join(f"⚠ {problem.sentence}" for problem in found.values()))

    def _put(self, row: Row) -> None:
        at = self.table.rowCount()
        self.table.insertRow(at)
        for k, (heading, choices) in enumerate(self._columns.items()):
            if choices:
                box = named(QComboBox(), f"{heading} of {row[0]}")
                box.addItems([*choices, *([row[k]] if row[k] not in choices else [])])
                box.setCurrentText(row[k])
                box.setFrame(False)
                box.currentTextChanged.connect(lambda _: self.edited.emit())
                self.table.setCellWidget(at, k, box)
            else:
                self.table.setItem(at, k, QTableWidgetItem(row[k]))

    def _text(self, row: int, column: int) -> str:
        box = self.table.cellWidget(row, column)
        if isinstance(box, QComboBox):
            return box.currentText()
        item = self.table.item(row, column)
        return item.text().strip() if item is not None else ""


_EFFECTS = {"add": "adds 1", "set": "sets to 1"}
"""Effects of a spike on a trace: the words of a definition, and those of the table."""
_TRACE_COLUMNS = {
    "name": (),
    "spikes": ("input", "output"),
    "time constant": ("tau",),
    "a spike": (*_EFFECTS.values(),),
}
_PARAMETER_COLUMNS = {"name": (), "value": (), "unit": (*DIMENSIONS,), "min": (), "max": (), "description": ()}
"""Columns of the tables, and what can be chosen in them; empty: any text."""


def traces_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the traces that rows define."""
    words = {text: verb for verb, text in _EFFECTS.items()}
    return {name: {"side": side, "tau": tau, "on_spike": words[verb]} for name, side, tau, verb in rows}


def rows_of_parameters(parameters: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return table rows for the parameters of a definition."""
    found: list[Row] = []
    for name, parameter in parameters.items():
        numbers = [parameter.get(key, "") for key in ("default", "min", "max")]
        value, low, high = (f"{one:g}" if isinstance(one, int | float) else str(one) for one in numbers)
        found.append((name, value, str(parameter.get("unit", "")), low, high, str(parameter.get("help", ""))))
    return found


def parameters_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the parameters that rows define; text that is not a number is kept and refused by the check."""
    found: dict[str, Any] = {}
    for name, value, unit, low, high, text in rows:
        parameter: dict[str, Any] = {"unit": unit, "help": text}
        for key, cell in (("default", value), ("min", low), ("max", high)):
            if cell:
                parameter[key] = _cell(cell)
        found[name] = parameter
    return found


def _cell(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


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
            mark.format.setBackground(theme.faded(theme.current().wrong, 0.2))
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
        self.message = named(wrapped("", "faint"), f"Errors: {name}")
        vbox(Label(name, self.edit), self.edit, self.message, within=self, spacing=2)
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
        style_as(self.message, "problem" if problem is not None else "faint")
        self.message.setToolTip(problem.sentence if problem is not None else "")
        if problem is None:
            self.message.setText("" if self.text.strip() else "no effect")
            return
        lines = f"line {problem.line + 1}, " if "\n" in self.text else ""
        place = f"{lines}column {problem.column + 1}: " if problem.column >= 0 else ""
        short, _, _ = problem.sentence.partition("; known names")  # the tool tip lists them
        self.message.setText(f"⚠ {place}{short}")


_WAIT_MS = 250
_SPOTS = ("on_input_spike", "on_output_spike")


class EditorBox(TitledBox):
    """Shows the definition of a custom rule and applies it whenever it is valid.

    Attributes
    ----------
    found : list of Problem
        The current errors.
    checked : signal
        `found` was determined again.
    """

    checked = pyqtSignal()

    title = "Custom rule"
    topics = frozenset({"rule", "values"})
    help_text = (
        "Traces remember spikes; the two expressions define what an input and an output spike do to the weight w. "
        "They use Brian2's syntax: one statement per line, w = … or my_NAME = … for an intermediate result, with + - "
        "* / **, the names of the rule, w_max, and functions such as exp, clip and maximum. Ctrl+Space completes a "
        "name. As soon as the definition is valid, it becomes active and its equations and curves are drawn; until "
        "then the last valid definition stays active. Expressions are checked, not executed: they cannot run code on "
        "this machine. (Brian2: Stimberg, Brette &amp; Goodman 2019, doi:10.7554/eLife.47314)"
    )
    empty_text = "Choose “Edit as custom rule” to change the expressions."
    exports = False

    def __init__(self, state: RulesState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)
        self.found: list[Problem] = []
        self._made: PlasticityRule | None = None
        self.name = named(QLineEdit(), "Title of the rule")
        self.name.setPlaceholderText("Title")
        self.fields = {
            "on_input_spike": CodeField("on an input spike"),
            "on_output_spike": CodeField("on an output spike"),
        }
        self.traces = Table("Traces", _TRACE_COLUMNS, "x", ("input", "", "adds 1"))
        self.parameters = Table("Parameters", _PARAMETER_COLUMNS, "p", ("0.01", "", "0", "", ""))
        self.problem = ProblemLabel()
        self.load = push_button(
            "Load…",
            clicked=lambda _: self._choose_file(),
            tip="Read a rule from a TOML file (format: docs/plasticity.md)",
        )
        self.save = push_button(
            "Save…",
            clicked=lambda _: self._choose_target(),
            tip="Write the rule with its current values to a TOML file",
        )
        self.verdict = Elided()
        for widget in (self.load, self.save, self.verdict):
            self.title_extra.addWidget(widget)
        self._lay_out()
        self._timer = timer(self, self.check, _WAIT_MS, once=True)
        self.name.textEdited.connect(lambda _: self._timer.start())
        for edited in (*(field.edited for field in self.fields.values()), self.traces.edited, self.parameters.edited):
            edited.connect(self._timer.start)

    def _lay_out(self) -> None:
        fields = [(field, 1) for field in self.fields.values()]
        texts = vbox(self.name, *fields, self.problem, margins=theme.GRID, spacing=theme.GRID // 2)
        numbers = vbox(
            (self.traces, 2),
            (self.parameters, 3),
            margins=(0, theme.GRID // 2, theme.GRID, theme.GRID),
            spacing=theme.GRID // 2,
        )
        vbox(split((holding(texts), 1), (holding(numbers), 1)), within=self.body, spacing=0)
        self._style()

    def _style(self) -> None:
        colours = theme.current()
        self.body.setStyleSheet(
            f"QLineEdit, QPlainTextEdit, QTableWidget {{ border: 1px solid {colours.line}; border-radius: 3px; "
            f"background: {colours.base}; gridline-color: {colours.line}; }} "
            f"QLineEdit {{ padding: 1px 4px; }} QTableWidget QLineEdit {{ padding: 0; }} "
            f"QLineEdit:focus, QPlainTextEdit:focus, QTableWidget:focus {{ border-color: {colours.accent}; }} "
            f"QHeaderView::section {{ background: {colours.window}; color: {colours.faint}; border: none; "
            f"border-right: 1px solid {colours.line}; border-bottom: 1px solid {colours.line}; padding: 2px 4px; }}"
        )

    def has_content(self) -> bool:
        """Return whether the rule can be edited."""
        return isinstance(self.state.rule, CustomRule)

    def refresh(self, topics: set[str]) -> None:
        """Show the definition of the rule, unless this editor made it."""
        rule = self.state.rule
        if not isinstance(rule, CustomRule):
            return
        known, self._made = self._made, rule
        if type(rule) is type(known):  # the same definition: keep what the user is typing
            return
        definition = rule.definition
        self.name.setText(str(definition.get("title", "")))
        for spot in _SPOTS:
            self.fields[spot].show_text(str(definition.get(spot, "")))
        self.traces.show_rows(
            [
                (name, trace["side"], trace["tau"], _EFFECTS[trace["on_spike"]])
                for name, trace in definition["traces"].items()
            ]
        )
        self.parameters.show_rows(rows_of_parameters(definition["parameters"]))
        self._show_problems(self.parts(), [])

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._style()
        for field in self.fields.values():
            field.edit.restyle()

    def parts(self) -> dict[str, Any]:
        """Return the definition in the fields."""
        rule = self.state.rule
        kept = (
            {key: rule.definition[key] for key in ("about", "source") if key in rule.definition}
            if isinstance(rule, CustomRule)
            else {}
        )
        texts = {spot: field.text for spot, field in self.fields.items() if field.text.strip()}
        if title := self.name.text().strip():
            texts["title"] = title
        traces, parameters = traces_of(self.traces.rows()), parameters_of(self.parameters.rows())
        return {**kept, **texts, "traces": traces, "parameters": parameters}

    def check(self) -> None:
        """Check the definition and apply it if it is valid."""
        self._timer.stop()
        if not self.has_content():
            return
        parts = self.parts()
        found = problems(parts)
        named = Counter(row[0] for row in (*self.traces.rows(), *self.parameters.rows()))
        found += [Problem("", f"the name {name} is used twice") for name in sorted(named) if named[name] > 1]
        self._show_problems(parts, found)
        if found:
            return
        try:
            made = rules.build({"kind": "custom", **self._values(parts), **parts}, "plasticity")
        except StdpbenchError as error:
            self._show_problems(parts, [Problem("", str(error).removeprefix("plasticity."))])
        else:
            self._made = made
            self.state.show(made, "edit the rule")

    def _values(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that were set on top of the definition and still apply."""
        rule, kept = self.state.rule, {"w_max": self.state.rule.w_max}
        before = getattr(rule, "definition", {}).get("parameters", {})
        for name, row in parts["parameters"].items():
            same = name in before and before[name]["unit"] == row["unit"]
            if same and name in type(rule).model_fields:
                with suppress(StdpbenchError):
                    if read(before[name]["default"], row["unit"]) == read(row["default"], row["unit"]):
                        kept[name] = rule.to_mapping()[name]
        return kept

    def _show_problems(self, parts: Mapping[str, Any], found: list[Problem]) -> None:
        self.found = found
        names = known_names(parts)
        sides: dict[str, list[str]] = {"input": [], "output": []}
        for name, row in parts["traces"].items():
            sides[row["side"]].append(name)
        for spot, field in self.fields.items():
            field.edit.know(names, sides["input"], sides["output"])
            field.show_problem(next((one for one in found if one.part == spot), None))
        times = [name for name, row in parts["parameters"].items() if row["unit"] in ("ms", "s")]
        self.traces.offer(2, times)
        for table, key in ((self.traces, "traces."), (self.parameters, "parameters.")):
            table.show_problems({one.part.removeprefix(key): one for one in found if one.part.startswith(key)})
        others = [one.sentence.removeprefix("rule: ") for one in found if not one.part]
        said = f"{_count(found)}; still using the last valid rule"
        self.problem.say("\n".join([said, *(f"⚠ {sentence}" for sentence in others)]) if found else "")
        self.verdict.setText("✓ active" if not found else f"⚠ {_count(found)}")
        self.verdict.setToolTip("" if not found else said)
        style_as(self.verdict, "faint" if not found else "problem")
        self.checked.emit()

    # -- files -----------------------------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Read a rule from a file.

        Raises
        ------
        StdpbenchError
            If the file contains no valid rule.
        """
        definition = read_rule(str(path), path.name)
        self._made = None
        self.state.show(rules.build({"kind": "custom", **definition}, "plasticity"), path.stem)

    def write(self, path: Path) -> None:
        """Write the rule to a file.

        Raises
        ------
        StdpbenchError
            If the file cannot be written.
        """
        assert isinstance(self.state.rule, CustomRule)
        write_text_aside(path, rule_file(self.state.rule))
        self.session.message.emit(f"Saved the rule to {path}.")

    def _choose_file(self) -> None:
        ask_for_file(self, "Load a rule", "Rules (*.toml)", partial(self._try, self.read))

    def _choose_target(self) -> None:
        proposed = "".join(c if c.isalnum() else "_" for c in self.name.text().strip().lower()) or "my_rule"
        name, write = f"{proposed[:40]}.toml", partial(self._try, self.write)
        ask_for_file(self, "Save the rule", "Rules (*.toml)", write, at=name, new=True)

    def _try(self, work: Any, path: Path) -> None:
        try:
            work(path)
        except StdpbenchError as error:
            self.session.message.emit(f"{error}.")

    def summary(self) -> str:
        """Describe what is shown."""
        if not self.has_content():
            return self.empty_text
        wrong = [one.sentence for one in self.found]
        return f"Errors: {'; '.join(wrong)}." if wrong else "No errors; the rule is active."


def _count(found: list[Problem]) -> str:
    return f"{len(found)} error{'' if len(found) == 1 else 's'}"
