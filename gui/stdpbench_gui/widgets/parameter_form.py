"""The form of all parameters, generated from their declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QScrollArea, QSizePolicy, QToolButton, QWidget

from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Experiment, Group, parameter_groups, value_at
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none, wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.parameter_row import ParameterRow, RowTexts

_NOTHING = {"lateral": "Lateral inhibition does not learn in this run; choose another kind to make it plastic."}
"""Texts of sections whose only parameter is the kind."""


class Section(QWidget):
    """Collapsible group of parameters; rows are created when first shown."""

    def __init__(self, group: Group, form: ParameterForm) -> None:
        super().__init__()
        self.group, self._form = group, form
        self.rows: dict[str, ParameterRow] = {}
        self.header = QToolButton()
        self.header.setObjectName("sectionheader")
        self.header.setCheckable(True)
        self.header.setAutoRaise(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.header.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.header.toggled.connect(self.fold)
        self._body = QWidget()
        self._rows = vbox(within=self._body, margins=(0, 0, theme.GRID // 2, theme.GRID // 2), spacing=2)
        self._layout = vbox(self.header, self._body, within=self, spacing=0)
        self._below: QWidget | None = None
        self._below_words = ""
        self.header.setChecked(group.primary)
        self.fold(group.primary)

    def take(self, group: Group) -> None:
        """Show a group of the same path; if it has other parameters, their rows are created anew."""
        if group.parameters != self.group.parameters:
            self.rows = {}
            while (item := self._rows.takeAt(0)) is not None:
                row = not_none(item.widget())
                row.hide()
                row.deleteLater()
        self.group = group

    def fold(self, is_open: bool) -> None:
        """Expand or collapse the section."""
        self.header.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        if self._below is not None:
            self._below.setVisible(is_open)
        if is_open:
            self._form.fill(self)

    def put_below(self, widget: QWidget, words: str = "") -> None:
        """Show a widget below the rows, while the section is expanded; `words` are what a search finds it by."""
        self._below, self._below_words = widget, words.lower()
        self._layout.addWidget(widget)
        widget.setVisible(self.header.isChecked())

    def take_away(self) -> None:
        """Forget the widget below the rows."""
        self._below = None

    def build(self) -> None:
        """Create the rows, or a note if there is nothing else to set."""
        for name, parameter in self.group.parameters.items():
            row = ParameterRow(self.group.path, parameter, self._form.texts)
            row.committed.connect(self._form.committed)
            row.edited.connect(self._form.edited)
            row.new_run_wanted.connect(self._form.new_run_wanted)
            self.rows[name] = row
            self._rows.addWidget(row)
        if self.group.parameters.keys() <= {"kind"}:
            note = wrapped(_NOTHING.get(self.group.path, "This section has no other parameters."), "faint")
            note.setContentsMargins(3 * theme.GRID, 0, 0, 0)
            self._rows.addWidget(note)
        width = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.name.setMinimumWidth(width + theme.GRID)

    def search(self, words: list[str]) -> bool:
        """Show only what has all words in its path or help; return whether there is anything."""
        found = {
            name
            for name, parameter in self.group.parameters.items()
            if all(word in f"{self.group.path}.{name} {parameter.help}".lower() for word in words)
        }
        below = bool(self._below_words) and all(word in self._below_words for word in words)
        self.setVisible(bool(found) or below or not words)
        self.fold(bool(found) or below if words else self.header.isChecked())
        for name, row in self.rows.items():
            row.setVisible(name in found)
        if self._below is not None and self._below_words and words:
            self._below.setVisible(below)
        return bool(found) or below


class ParameterForm(QScrollArea):
    """Form with a section of rows for each group of parameters of the experiment.

    Parameters
    ----------
    texts : RowTexts, optional
        Texts of the rows about their state. Default: those of the parameters of a run.

    Attributes
    ----------
    sections : dict of str to Section
        By path: sections of the experiment, and the populations and projections of a network that is spelled out.
    """

    committed = pyqtSignal(str, object)
    edited = pyqtSignal(str, object)
    new_run_wanted = pyqtSignal(str)

    def __init__(self, texts: RowTexts | None = None) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Parameters")
        self.texts = texts
        self._experiment: Experiment | None = None
        self._value: Callable[[str], Any] | None = None
        self._before: Callable[[str], Any] = lambda _: None
        self._in_flight: Mapping[str, Any] = {}
        self._why_not: Callable[[ParameterRow], str] = lambda _: ""
        self._words: list[str] = []
        self._revealed = ""
        self._below: dict[str, tuple[QWidget, str]] = {}
        self.sections: dict[str, Section] = {}

    def rows(self) -> dict[str, ParameterRow]:
        """The created rows, by dotted path."""
        return {row.path: row for section in self.sections.values() for row in section.rows.values()}

    def edited_texts(self) -> dict[str, str]:
        """The texts that are typed but not confirmed, by dotted path."""
        rows = self.rows().items()
        return {path: row.edited_text for path, row in rows if row.edited_text is not None}

    def reveal(self, path: str) -> None:
        """Expand a section and scroll to it, or to the row of a parameter, which gets the focus; if there is one."""
        section = self.sections.get(path) or self._section_of(path)
        if section is not None:
            section.header.setChecked(True)
            self._revealed = path
            QTimer.singleShot(0, self._scroll)  # after the layout

    def _scroll(self) -> None:
        section, bar = self.sections.get(self._revealed), self.verticalScrollBar()
        row = self.rows().get(self._revealed)
        if section is not None and bar is not None:
            bar.setValue(section.y())
        elif row is not None:
            self.ensureWidgetVisible(row)
            row.editor.setFocus()

    def put_below(self, path: str, widget: QWidget, words: str = "") -> None:
        """Show a widget below the rows of a section, also of one of this path that is shown later.

        With `words`, a search shows the widget only if they contain what is searched for.
        """
        self._below[path] = widget, words
        if path in self.sections:
            self.sections[path].put_below(widget, words)

    def take_away(self, path: str) -> None:
        """Remove the widget below the rows of a section, and delete it."""
        widget, _ = self._below.pop(path, (None, ""))
        if path in self.sections:
            self.sections[path].take_away()
        if widget is not None:
            widget.hide()
            widget.deleteLater()

    def row(self, path: str) -> ParameterRow:
        """Return the row of a parameter, expanding its section."""
        section = self._section_of(path)
        assert section is not None
        section.header.setChecked(True)
        return section.rows[path.removeprefix(f"{section.group.path}.")]

    def declared(self, path: str) -> Parameter | None:
        """Return the declaration of a parameter; None if the experiment does not have it."""
        section = self._section_of(path)
        return None if section is None else section.group.parameters.get(path.removeprefix(f"{section.group.path}."))

    def _section_of(self, path: str) -> Section | None:
        found = [name for name in self.sections if path.startswith(f"{name}.")]
        return self.sections[max(found, key=len)] if found else None

    def show_experiment(
        self,
        experiment: Experiment,
        start: Experiment,
        in_flight: Mapping[str, Any],
        why_not: Callable[[Parameter], str],
    ) -> None:
        """Show the current values.

        Parameters
        ----------
        experiment, start : Experiment
            Experiment with current parameters, and as the run started.
        in_flight : mapping of str to Any
            Sent values that are not confirmed yet.
        why_not : callable
            Returns why a parameter cannot be changed now; empty if it can.
        """
        known, self._experiment = self._experiment, experiment
        if experiment is not known:
            self._take(parameter_groups(experiment))
        self._in_flight, self._why_not = in_flight, lambda row: why_not(row.declared)
        self._show(partial(value_at, experiment), partial(value_at, start))

    def show_groups(
        self,
        groups: Sequence[Group],
        value: Callable[[str], Any],
        before: Callable[[str], Any],
        why_not: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Show groups of parameters.

        Parameters
        ----------
        groups : sequence of Group
            The groups, in the order of the form.
        value, before : callable
            Return the current value of a parameter, and the one that its row can go back to, given its dotted path.
        why_not : callable
            Returns why a parameter cannot be changed, given its dotted path; empty if it can. Default: all can.
        """
        self._why_not = lambda row: why_not(row.path)
        self._take(groups)
        self._show(value, before)

    def _take(self, groups: Sequence[Group]) -> None:
        if [group.path for group in groups] != list(self.sections):
            self._build(groups)
        for group in groups:
            self.sections[group.path].take(group)

    def _show(self, value: Callable[[str], Any], before: Callable[[str], Any]) -> None:
        self._value, self._before = value, before
        for section in self.sections.values():
            self.fill(section)

    def fill(self, section: Section) -> None:
        """Update a section, or only its header if it is collapsed."""
        if self._value is None:
            return
        group = section.group
        if not section.rows and (section.header.isChecked() or self._words):
            section.build()
            if self._words:
                section.search(self._words)
        for name, row in section.rows.items():
            path = f"{group.path}.{name}"
            value, before = self._value(path), self._before(path)
            row.show_value(value, before, self._in_flight.get(row.path, ...), self._why_not(row))
        differ = group.not_default(self._value)
        parts = [*group.heading, *([f"{differ} not default"] if differ else [])]
        parts += ["missing here"] if group.missing else []
        section.header.setText(" · ".join(parts))
        section.header.setAccessibleName(f"Section {', '.join(parts)}")

    def search(self, text: str) -> None:
        """Show only parameters with all words in their path or help."""
        self._words = text.lower().split()
        for section in self.sections.values():
            if self._words and not section.rows:
                self.fill(section)
            section.search(self._words)

    def _build(self, groups: Sequence[Group]) -> None:
        content = QWidget()
        content.setObjectName("panel")
        layout = vbox(within=content, spacing=0)
        self.sections = {}
        for group in groups:
            section = Section(group, self)
            self.sections[group.path] = section
            layout.addWidget(section)
            if group.path in self._below:
                section.put_below(*self._below[group.path])  # out of the section that is deleted
        for path in self._below.keys() - self.sections.keys():
            self.take_away(path)
        layout.addStretch(1)
        self.setWidget(content)


def sheet() -> str:
    """Return the style sheet of a widget with a form, in the colours of the theme."""
    colours = theme.current()
    field = f"border: 1px solid {colours.line}; border-radius: 3px; padding: 1px 4px;"
    return (
        f"#sectionheader {{ font-weight: 600; text-align: left; padding: 5px; border: none; color: {colours.ink}; "
        f"background: {colours.window}; }} #sectionheader:focus {{ border: 1px solid {colours.accent}; }} "
        f"QLineEdit {{ {field} background: {colours.base}; }} "
        f"QLineEdit:focus {{ border-color: {colours.accent}; }} "
        f"QLineEdit:disabled {{ color: {colours.faint}; background: {colours.window}; }} "
        f"#newrun {{ color: {colours.accent}; text-align: left; }} #parametererror {{ color: {colours.wrong}; }}"
    )
