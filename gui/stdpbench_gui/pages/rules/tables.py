"""The tables of a custom rule: traces and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from stdpbench.kinds.plasticity.custom import Problem
from stdpbench.kinds.plasticity.language import DIMENSIONS
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.state import lowest_free
from stdpbench_gui.widgets.basic import Label, ProblemLabel, named
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

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
        self.add, self.remove = QPushButton("Add"), QPushButton("Remove")
        self.add.setAccessibleName(f"Add to {name}")
        self.remove.setAccessibleName(f"Remove from {name}")
        self.add.clicked.connect(lambda _: self.add_row())
        self.remove.clicked.connect(lambda _: self.remove_row())
        self.message = ProblemLabel(f"Errors: {name}")
        label = Label(name)
        label.setBuddy(self.table)
        head = hbox(label, STRETCH, self.add, self.remove)
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
                    with QSignalBlocker(box):
                        box.clear()
                        box.addItems(wanted)
                        box.setCurrentText(now)

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
        colour = QColor(theme.current().wrong)
        colour.setAlpha(60)
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


def traces_table() -> Table:
    """Return an empty table of traces: name, side, time constant, and effect of a spike."""
    columns = {
        "name": (),
        "spikes": ("input", "output"),
        "time constant": ("tau",),
        "a spike": ("adds 1", "sets to 1"),
    }
    return Table("Traces", columns, "x", ("input", "", "adds 1"))


def parameters_table() -> Table:
    """Return an empty table of parameters: name, value, unit, bounds and help."""
    columns = {"name": (), "value": (), "unit": tuple(DIMENSIONS), "min": (), "max": (), "description": ()}
    return Table("Parameters", columns, "p", ("0.01", "", "0", "", ""))


def rows_of_traces(traces: Mapping[str, Mapping[str, str]]) -> list[Row]:
    """Return table rows for the traces of a definition."""
    words = {"add": "adds 1", "set": "sets to 1"}
    return [(name, trace["side"], trace["tau"], words[trace["on_spike"]]) for name, trace in traces.items()]


def traces_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the traces that rows define."""
    words = {"adds 1": "add", "sets to 1": "set"}
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
