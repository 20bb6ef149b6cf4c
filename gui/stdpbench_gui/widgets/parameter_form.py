"""The form of parameters, generated from their declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QApplication, QSizePolicy, QWidget

from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Group
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Scrolling, around, not_none, tool_button, wrapped
from stdpbench_gui.widgets.layouts import holding, vbox
from stdpbench_gui.widgets.parameter_row import ParameterRow, RowTexts

_NOTHING = {"lateral": "Lateral inhibition does not learn in this run; choose another kind to make it plastic."}
"""Texts of sections whose only parameter is the kind."""


class Section(QWidget):
    """Collapsible group of parameters; rows are created when first shown."""

    def __init__(self, group: Group, form: ParameterForm) -> None:
        super().__init__()
        self.group, self._form, self.title = group, form, ""
        self.rows: dict[str, ParameterRow] = {}
        self.header = tool_button("", style="sectionheader", flat=True, checkable=True)
        self.header.setChecked(group.primary)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.header.toggled.connect(self.fold)
        self._body = QWidget()
        self._note = wrapped(_NOTHING.get(group.path, "This section has no other parameters."), "faint")
        self._note.setContentsMargins(3 * theme.GRID, 0, 0, 0)
        self._rows = vbox(self._note, within=self._body, margins=(0, 0, theme.GRID // 2, theme.GRID // 2), spacing=2)
        self._layout = vbox(self.header, self._body, within=self, spacing=0)
        self._below: QWidget | None = None
        self._below_words = ""

    def write_title(self) -> None:
        """Write as much of the title as there is room for: Qt would leave out its middle."""
        room = self.header.width() - self.header.iconSize().width() - 3 * theme.GRID
        text = self.header.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        self.header.setText(text if self.isVisible() else self.title)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the title."""
        super().resizeEvent(event)
        self.write_title()

    def fold(self, is_open: bool) -> None:
        """Expand or collapse the section."""
        self.header.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        if self._below is not None:
            self._below.setVisible(is_open)
        if is_open:
            self._form.fill(self)

    def put_below(self, widget: QWidget | None, words: str = "") -> None:
        """Show a widget below the rows, while the section is expanded; `words` are what a search finds it by."""
        self._below, self._below_words = widget, words.lower()
        if widget is not None:
            self._layout.addWidget(widget)
            widget.setVisible(self.header.isChecked())

    def build(self) -> None:
        """Create the rows that are missing; those of parameters that are declared as before are kept."""
        wanted = self.group.paths
        for path in [path for path, row in self.rows.items() if row.declared != wanted.get(path)]:
            row = self.rows.pop(path)
            row.blockSignals(True)  # hiding ends the editing
            row.hide()
            row.deleteLater()
        for place, (path, declared) in enumerate(wanted.items()):
            if path not in self.rows:
                row = self.rows[path] = ParameterRow(path, declared, self._form.texts)
                row.committed.connect(self._form.committed)
                row.edited.connect(self._form.edited)
                row.new_run_wanted.connect(self._form.new_run_wanted)
            self._rows.insertWidget(place, self.rows[path])
        self.rows = {path: self.rows[path] for path in wanted}
        self._note.setVisible(self.group.parameters.keys() <= {"kind"})
        width = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.name.setMinimumWidth(width + theme.GRID)

    def search(self, words: list[str]) -> bool:
        """Show only what has all words in its path or help; return whether there is anything."""
        found = {
            path
            for path, parameter in self.group.paths.items()
            if all(word in f"{path} {parameter.help}".lower() for word in words)
        }
        below = bool(self._below_words) and all(word in self._below_words for word in words)
        self.setVisible(bool(found) or below or not words)
        self.fold(bool(found) or below if words else self.header.isChecked())
        for path, row in self.rows.items():
            row.setVisible(path in found)
        if self._below is not None and self._below_words and words:
            self._below.setVisible(below)
        return bool(found) or below


class ParameterForm(Scrolling):
    """Form with a section of rows for each group of parameters.

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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Parameters")
        self.texts = texts
        self._value: Callable[[str], Any] | None = None
        self._before: Callable[[str], Any] = lambda _: None
        self._in_flight: Mapping[str, Any] = {}
        self._why_not: Callable[[str], str] = lambda _: ""
        self._words: list[str] = []
        self._revealed = ""
        self._below: dict[str, tuple[QWidget, str]] = {}
        self._refused: dict[str, tuple[str, str]] = {}  # value and sentence of rows whose group is not shown
        self.sections: dict[str, Section] = {}

    # -- rows ------------------------------------------------------------------------------------------------------

    def rows(self) -> dict[str, ParameterRow]:
        """The created rows, by dotted path."""
        return {path: row for section in self.sections.values() for path, row in section.rows.items()}

    def row(self, path: str) -> ParameterRow:
        """Return the row of a parameter, expanding its section."""
        section = not_none(self._section_of(path))
        section.header.setChecked(True)
        return section.rows[path]

    def declared(self, path: str) -> Parameter | None:
        """Return the declaration of a parameter; None if the form does not have it."""
        section = self._section_of(path)
        return None if section is None else section.group.paths[path]

    def _section_of(self, path: str) -> Section | None:
        return next((section for section in self.sections.values() if path in section.group.paths), None)

    def edited_texts(self) -> dict[str, str]:
        """The texts that are typed but not confirmed, by dotted path."""
        rows = self.rows().items()
        return {path: row.edited_text for path, row in rows if row.edited_text is not None}

    def commit(self) -> None:
        """Confirm everything that is typed."""
        for row in self.rows().values():
            row.commit()

    def revert(self, *paths: str) -> None:
        """Discard what is typed for these parameters; without paths, for all."""
        for path, row in self.rows().items():
            if path in paths or not paths:
                row.revert()
        self._refused = {path: refused for path, refused in self._refused.items() if paths and path not in paths}

    def refuse(self, path: str, value: Any, sentence: str) -> None:
        """Show that a value is invalid, in its row."""
        self.row(path).refuse(value, sentence)

    def refusals(self) -> list[str]:
        """Return what is wrong with the values that were refused, also where they are not shown."""
        shown = (row.refusal for row in self.rows().values() if row.refusal)
        return [*shown, *(sentence for _, sentence in self._refused.values())]

    def keep_refused(self, paths: Iterable[str]) -> None:
        """Forget refused values of parameters that no longer exist, unlike those whose group is not shown now."""
        self._refused = {path: self._refused[path] for path in paths if path in self._refused}

    def show_problems(self, by_row: Mapping[str, str]) -> None:
        """Show sentences in the rows that they belong to, whose sections are expanded."""
        for path in by_row:
            if self.declared(path) is not None:
                self.row(path)
        for path, row in self.rows().items():
            row.show_error(row.refusal or by_row.get(path, ""))

    # -- places ----------------------------------------------------------------------------------------------------

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
        self._set_aside(widget)
        if path in self.sections:
            self.sections[path].put_below(widget, words)

    def _set_aside(self, widget: QWidget) -> None:
        """Hide a widget whose section is not shown; it is deleted with the form."""
        widget.setParent(self)
        widget.hide()

    def take_away(self, path: str) -> None:
        """Remove the widget below the rows of a section, and delete it."""
        widget, _ = self._below.pop(path, (None, ""))
        if path in self.sections:
            self.sections[path].put_below(None)
        if widget is not None:
            widget.hide()
            widget.deleteLater()

    # -- showing ---------------------------------------------------------------------------------------------------

    def show_groups(
        self,
        groups: Sequence[Group],
        value: Callable[[str], Any],
        before: Callable[[str], Any],
        why_not: Callable[[str], str] = lambda _: "",
        in_flight: Mapping[str, Any] | None = None,
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
        in_flight : mapping of str to Any, optional
            Sent values that are not confirmed yet.
        """
        focused = around(QApplication.focusWidget(), ParameterRow)
        path = "" if focused is None or not self.isAncestorOf(focused) else focused.path
        self._value, self._before, self._why_not, self._in_flight = value, before, why_not, in_flight or {}
        if [group.path for group in groups] != list(self.sections):
            self._build(groups)
        for group in groups:
            section = self.sections[group.path]
            changed, section.group = section.group.paths != group.paths, group
            if changed and section.rows:
                section.build()
            self.fill(section)
        row = self.rows().get(path)
        if row is not None and row is not focused:  # it is made anew where choices change
            row.editor.setFocus()

    def fill(self, section: Section) -> None:
        """Update a section, or only its header if it is collapsed."""
        if self._value is None:
            return
        if not section.rows and (section.header.isChecked() or self._words):
            section.build()
            if self._words:
                section.search(self._words)
        for path, row in section.rows.items():
            row.show_value(self._value(path), self._before(path), self._in_flight.get(path, ...), self._why_not(path))
            if path in self._refused:
                row.refuse(*self._refused.pop(path))
        group = section.group
        differ = group.not_default(self._value)
        parts = [*group.heading, *(["missing here"] if group.missing else [])]
        section.title = " · ".join(parts)
        section.write_title()
        unusual = [f"{differ} not default"] if differ else []  # which bold names show
        section.header.setAccessibleName(f"Section {', '.join([*parts, *unusual])}")

    def search(self, text: str) -> None:
        """Show only parameters with all words in their path or help."""
        self._words = text.lower().split()
        for section in self.sections.values():
            if self._words and not section.rows:
                self.fill(section)
            section.search(self._words)

    def _build(self, groups: Sequence[Group]) -> None:
        layout = vbox(spacing=0)
        for path, row in self.rows().items():
            row.blockSignals(True)  # deleting it ends the editing
            if row.refusal:
                self._refused[path] = row.text, row.refusal
        for widget, _ in self._below.values():
            self._set_aside(widget)  # out of the section that is deleted
        self.sections = {}
        for group in groups:
            section = self.sections[group.path] = Section(group, self)
            section.fold(group.primary)
            layout.addWidget(section)
            if group.path in self._below:
                section.put_below(*self._below[group.path])
        layout.addStretch(1)
        self.setWidget(holding(layout, "panel"))


def sheet() -> str:
    """Return the style sheet of a widget with a form, in the colours of the theme."""
    colours = theme.current()
    field = f"border: 1px solid {colours.line}; border-radius: 3px; padding: 1px 4px;"
    return (
        f"ParameterForm {{ background: {colours.base}; }} "
        f"#sectionheader {{ font-weight: 600; text-align: left; padding: 5px; border: none; color: {colours.ink}; "
        f"background: {colours.window}; }} #sectionheader:focus {{ border: 1px solid {colours.accent}; }} "
        f"QLineEdit {{ {field} background: {colours.base}; }} "
        f"QLineEdit:focus {{ border-color: {colours.accent}; }} "
        f"QLineEdit:disabled {{ color: {colours.faint}; background: {colours.window}; }} "
        f"#newrun {{ color: {colours.accent}; text-align: left; }} #parametererror {{ color: {colours.wrong}; }}"
    )
