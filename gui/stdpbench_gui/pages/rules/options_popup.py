"""The options of a protocol, in a small form below the button that opens it."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.lab.quick import QUICK
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.state import Plan, RulesState
from stdpbench_gui.widgets.basic import not_none, wrapped
from stdpbench_gui.widgets.layouts import vbox


class OptionsPopup(QDialog):
    """A field for each option; Enter or OK applies them.

    Attributes
    ----------
    fields : dict of str to QLineEdit
        Fields by option name; empty: the default of the protocol.
    problem : QLabel
        The current error.
    """

    def __init__(self, state: RulesState, place: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state, self._place = state, place
        self._quick = QUICK[state.protocol(place)]
        self.setAccessibleName(f"Options of {self._quick.title}")
        form = QFormLayout()
        form.setSpacing(theme.GRID)
        self.fields: dict[str, QLineEdit] = {}
        now = state.options(place)
        for option in self._quick.options:
            field = QLineEdit(option.show(now.get(option.name)))
            usual = option.show(option.default) or "usual"
            field.setPlaceholderText(usual)
            field.setToolTip(f"{option.help}. Default: {usual} {option.unit}".strip())
            field.setAccessibleName(option.label)
            field.setAccessibleDescription(option.help)
            form.addRow(f"{option.label} ({option.unit})" if option.unit else option.label, field)
            self.fields[option.name] = field
        self.problem = wrapped("", "problem")
        self.problem.hide()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.RestoreDefaults
            | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        restore = not_none(buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults))
        restore.clicked.connect(lambda _: self._restore())
        vbox(wrapped(self._quick.about, "faint"), form, self.problem, buttons, within=self, margins=2 * theme.GRID)
        self.setMinimumWidth(340)

    def accept(self) -> None:
        """Apply the options if they are valid."""
        state, protocol = self._state, self._state.protocol(self._place)
        options: dict[str, Any] = {}
        opened = state.rule.opening.options if state.rule.opening.protocol == protocol else {}
        try:
            for option in self._quick.options:
                value = option.read(self.fields[option.name].text())
                value = option.default if value is None else value
                if value != opened.get(option.name, option.default):
                    options[option.name] = value
        except StdpbenchError as error:
            self.problem.setText(f"⚠ {error}")
            self.problem.show()
            return
        state.plan(self._place, Plan(state.plans[self._place].protocol, options))
        super().accept()

    def _restore(self) -> None:
        self._state.plan(self._place, Plan(self._state.plans[self._place].protocol))
        self.reject()
