"""The form of all parameters, generated from their declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QScrollArea, QSizePolicy, QToolButton, QWidget

from stdpbench.experiment import Experiment, kind_parameter
from stdpbench.parameters import Parameter
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.parameter_row import ParameterRow

SECTIONS = ("plasticity", "lateral", "exc", "inh", "encoding", "network", "schedule", "data")
_OPEN = ("plasticity", "exc")
_NOTHING = {"lateral": "Lateral inhibition does not learn in this run; choose another kind to make it plastic."}
"""Texts of sections whose only parameter is the kind."""


def declared_in(experiment: Experiment, section: str) -> dict[str, Parameter]:
    """Return the declarations of a section, kind first; data has no live parameters."""
    owner = getattr(experiment, section)
    kind = None if section == "network" else kind_parameter(section)  # another kind has other sections
    if kind is not None and owner.missing:  # no list of kinds has it
        kind = replace(kind, choices=(), help=f"As stored: {owner.missing}.")
    found = {} if kind is None else {"kind": kind}
    for p in owner.describe():
        if p.name != "stages":  # a list of tables, which no row can show
            found[p.name] = replace(p, structural=True) if section == "data" else p
    return found


class Section(QWidget):
    """Collapsible section with parameters of the experiment; rows are created when first shown."""

    def __init__(self, name: str, form: ParameterForm) -> None:
        super().__init__()
        self.name, self._form = name, form
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
        vbox(self.header, self._body, within=self, spacing=0)
        self.header.setChecked(name in _OPEN)
        self.fold(name in _OPEN)

    def fold(self, is_open: bool) -> None:
        """Expand or collapse the section."""
        self.header.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        if is_open:
            self._form.fill(self)

    def build(self, declared: Mapping[str, Parameter]) -> None:
        """Create the rows, or a note if there is nothing else to set."""
        for name, parameter in declared.items():
            row = ParameterRow(self.name, parameter)
            row.committed.connect(self._form.committed)
            row.new_run_wanted.connect(self._form.new_run_wanted)
            self.rows[name] = row
            self._rows.addWidget(row)
        if declared.keys() <= {"kind"}:
            note = wrapped(_NOTHING.get(self.name, "This section has no other parameters."), "faint")
            note.setContentsMargins(3 * theme.GRID, 0, 0, 0)
            self._rows.addWidget(note)
        width = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.name.setMinimumWidth(width + theme.GRID)

    def search(self, words: list[str], known: Mapping[str, Parameter]) -> bool:
        """Show only parameters with all words in their path or help; return whether there are any."""
        found = {
            name
            for name, parameter in known.items()
            if all(word in f"{self.name}.{name} {parameter.help}".lower() for word in words)
        }
        self.setVisible(bool(found) or not words)
        self.fold(bool(found) if words else self.header.isChecked())
        for name, row in self.rows.items():
            row.setVisible(name in found)
        return bool(found)


class ParameterForm(QScrollArea):
    """Form with a section of rows for each section of the experiment."""

    committed = pyqtSignal(str, object)
    new_run_wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Parameters")
        self._experiment: Experiment | None = None
        self._start: Experiment | None = None
        self._in_flight: Mapping[str, Any] = {}
        self._why_not: Callable[[Parameter], str] = lambda _: ""
        self._kinds: tuple[type, ...] = ()
        self._words: list[str] = []
        self._declared: dict[str, tuple[object, dict[str, Parameter]]] = {}
        self.sections: dict[str, Section] = {}

    def rows(self) -> dict[str, ParameterRow]:
        """The created rows, by dotted path."""
        return {row.path: row for section in self.sections.values() for row in section.rows.values()}

    def row(self, path: str) -> ParameterRow:
        """Return the row of a parameter, expanding its section."""
        name, _, key = path.partition(".")
        self.sections[name].header.setChecked(True)
        return self.sections[name].rows[key]

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
        self._experiment, self._start, self._in_flight, self._why_not = experiment, start, in_flight, why_not
        kinds = tuple(type(getattr(experiment, name)) for name in SECTIONS if name in experiment.sections)
        if kinds != self._kinds:
            self._kinds = kinds
            self._build()
        for section in self.sections.values():
            self.fill(section)

    def fill(self, section: Section) -> None:
        """Update a section, or only its header if it is collapsed."""
        if self._experiment is None or self._start is None:
            return
        owner, start = getattr(self._experiment, section.name), getattr(self._start, section.name)
        known = self.declared(section.name)
        if (not section.rows and section.header.isChecked()) or (self._words and not section.rows):
            section.build(known)
            section.search(self._words, known) if self._words else None
        for name, row in section.rows.items():
            value = getattr(owner, name)
            row.show_value(
                value, getattr(start, name), self._in_flight.get(row.path, ...), self._why_not(row.declared)
            )
        differ = sum(getattr(owner, name) != p.default for name, p in known.items() if name != "kind")
        kind = getattr(owner, "kind", "") if "kind" in known else ""
        parts = [section.name, *([kind] if kind else []), *([f"{differ} not default"] if differ else [])]
        parts += ["missing here"] if owner.missing else []
        section.header.setText(" · ".join(parts))
        section.header.setAccessibleName(f"Section {', '.join(parts)}")

    def declared(self, section: str) -> dict[str, Parameter]:
        """Return the declarations of a section."""
        assert self._experiment is not None
        owner = getattr(self._experiment, section)
        known = self._declared.get(section)
        if known is None or known[0] is not owner:
            known = self._declared[section] = owner, declared_in(self._experiment, section)
        return known[1]

    def search(self, text: str) -> None:
        """Show only parameters with all words in their path or help."""
        self._words = text.lower().split()
        for section in self.sections.values():
            if self._words and not section.rows:
                self.fill(section)
            section.search(self._words, self.declared(section.name))

    def _build(self) -> None:
        content = QWidget()
        content.setObjectName("panel")
        layout = vbox(within=content, spacing=0)
        self.sections = {}
        assert self._experiment is not None
        for name in SECTIONS:
            if name not in self._experiment.sections:
                continue
            section = Section(name, self)
            self.sections[name] = section
            layout.addWidget(section)
        layout.addStretch(1)
        self.setWidget(content)
