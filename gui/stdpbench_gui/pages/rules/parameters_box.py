"""The values of the rule: a slider and a field for each; curves follow while they change."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Group
from stdpbench.results.figures.paper import Table
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import tool_button
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import ParameterRow, RowTexts

_PATH = "plasticity"
_TEXTS = RowTexts("the default", "", sent=False)


class ValuesBox(TitledBox):
    """Box with a row for each parameter."""

    title = "Parameters"
    topics = frozenset({"rule", "values"})
    help_text = (
        "All parameters of the rule. Curves follow while you drag a slider or type; Enter, or releasing the slider, "
        "makes the change a step that Ctrl+Z undoes. Bold: not the default. ↺ restores the default. Hover over a name "
        "for its meaning and bounds. Runs are unaffected until you apply the rule. (The reference for the defaults is "
        "below the name of the rule.)"
    )
    lines = 9

    def __init__(self, state: RulesState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)
        self.reset = tool_button(
            "reset",
            clicked=lambda _: state.reset(),
            name="Reset all values to their defaults",
            tip="Reset all values to their defaults (Ctrl+Z undoes it)",
            flat=True,
        )
        self.title_extra.addWidget(self.reset)
        self.form = ParameterForm(_TEXTS)
        self.form.committed.connect(self._take)
        self.form.edited.connect(lambda path, text: self.state.drag(_name(path), text))
        vbox(self.form, within=self.body, spacing=0)
        self._style()

    @property
    def rows(self) -> dict[str, ParameterRow]:
        """The rows by the name of their parameter."""
        return {_name(path): row for path, row in self.form.rows().items()}

    def has_content(self) -> bool:
        """Return True: every rule has at least w_max."""
        return True

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._style()
        super().restyle()

    def _style(self) -> None:
        self.body.setStyleSheet(sheet())

    def refresh(self, topics: set[str]) -> None:
        """Show the current values; those that were refused stay."""
        rule, before = self.state.rule, self.rows
        group = Group(_PATH, (_PATH,), {p.name: p for p in rule.describe()}, primary=True).all_live
        for name, row in before.items():
            if name not in self.state.refused:
                row.revert()
        defaults = group.paths
        self.form.show_groups([group], lambda path: getattr(rule, _name(path)), lambda path: defaults[path].default)
        self.form.sections[_PATH].header.hide()  # the box has a title
        if self.rows != before:
            self._order_tabs()
        self.reset.setEnabled(any(row.differs for row in self.rows.values()))

    def _order_tabs(self) -> None:
        before: QWidget = self.reset
        for row in self.rows.values():
            for widget in filter(None, (row.mark, row.slider, row.editor)):
                self.setTabOrder(before, widget)
                before = widget

    def _take(self, path: str, value: object) -> None:
        try:
            self.state.set_value(_name(path), value)
        except StdpbenchError as error:
            self.form.refuse(path, value, str(error).removeprefix(f"{_PATH}."))
        else:
            self.refresh(set())  # before anything else is typed

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        rule = self.state.rule
        parts = [f"{p.name} {p.show(getattr(rule, p.name))}" for p in rule.describe()]
        differ = [p.name for p in rule.describe() if getattr(rule, p.name) != p.default]
        return f"{', '.join(parts)}; not the default: {', '.join(differ) or 'none'}."

    def table(self) -> Table | None:
        """Return name, value, default, bounds and help of each parameter."""
        rule = self.state.rule
        rows = [(p.name, p.show(getattr(rule, p.name)), p.show(p.default), p.bounds, p.help) for p in rule.describe()]
        return ("parameter", "value", "default", "bounds", "help"), rows

    def figure(self) -> None:
        """Return None: there is no figure."""
        return


def _name(path: str) -> str:
    return path.removeprefix(f"{_PATH}.")
