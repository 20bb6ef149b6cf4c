"""Fields for the parameters of a kind, with its defaults or the current values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QLabel, QLineEdit, QScrollArea, QSizePolicy, QWidget

from stdpbench.parameters import Parameter, Parameters
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.parameter_fields import Choice

_MOST_SEEN = 9
"""Maximum number of visible fields; more fields scroll."""


class ValueEntry:
    """Input widget for the value of a parameter."""

    def __init__(self, declared: Parameter, value: Any) -> None:
        self.shown = "none" if value is None else declared.show(value)
        self.widget: Choice | QLineEdit
        if declared.choices or declared.type == "bool":
            self.widget = Choice(declared.choices or ("true", "false"))
            self.widget.setCurrentText(self.shown)
            self.changed = self.widget.currentTextChanged
        else:
            self.widget = QLineEdit(self.shown)
            self.widget.setCursorPosition(0)
            self.changed = self.widget.textChanged
        self.widget.setToolTip(declared.help)

    @property
    def text(self) -> str:
        """The entered text."""
        widget = self.widget
        return (widget.currentText() if isinstance(widget, Choice) else widget.text()).strip()


class KindFields(QScrollArea):
    """Fields for all parameters of a kind.

    Attributes
    ----------
    changed : signal
        A value was edited.
    entries : dict of str to ValueEntry
        Input widgets by name of the parameter.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Parameters of the kind")
        self.entries: dict[str, ValueEntry] = {}

    def show_kind(self, cls: type[Parameters], section: str, now: Parameters | None) -> None:
        """Show the parameters of a kind, with the values of `now` if it has this kind, else with defaults."""
        content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, theme.GRID, 0)
        form.setSpacing(theme.GRID // 2)
        self.entries = {}
        same = getattr(now, "kind", "") == getattr(cls.model_fields.get("kind"), "default", None)
        described = type(now).describe() if same and now is not None else cls.describe()
        for declared in described:
            entry = ValueEntry(declared, getattr(now, declared.name) if same else declared.default)
            entry.widget.setAccessibleName(f"{section}.{declared.name}")
            entry.changed.connect(lambda _: self.changed.emit())
            label = QLabel(declared.name)
            label.setToolTip(declared.help)
            label.setBuddy(entry.widget)
            form.addRow(label, entry.widget)
            self.entries[declared.name] = entry
        self.setWidget(content)
        shown = min(len(self.entries), _MOST_SEEN)
        row = max((entry.widget.sizeHint().height() for entry in self.entries.values()), default=0)
        self.setFixedHeight(shown * (row + theme.GRID // 2))
        self.setVisible(bool(self.entries))

    def values(self) -> Mapping[str, str]:
        """Return the edited values by name."""
        return {name: entry.text for name, entry in self.entries.items() if entry.text != entry.shown}
