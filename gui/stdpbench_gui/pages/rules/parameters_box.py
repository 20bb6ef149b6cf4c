"""The values of the rule: a slider and a field for each; curves follow while they change."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import read
from stdpbench.results.figures.paper import Table
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import named, scrolling, tool_button
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.parameter_row import ParameterRow, RowTexts

_TEXTS = RowTexts("Not applied yet: Enter applies it, Esc or a click here reverts it", "the default", "", True)


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
    empty_text = "The parameters of the rule appear here."

    def __init__(self, state: RulesState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)
        self.rows: dict[str, ParameterRow] = {}
        self._of: type | None = None
        self.reset = tool_button(
            "reset",
            clicked=lambda _: state.reset(),
            name="Reset all values to their defaults",
            tip="Reset all values to their defaults (Ctrl+Z undoes it)",
        )
        self.reset.setAutoRaise(True)
        self.title_extra.addWidget(self.reset)
        self.area = named(scrolling(QWidget()), "Parameters of the rule")
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        vbox(self.area, within=self.body, spacing=0)
        self._style()

    def has_content(self) -> bool:
        """Return True: every rule has at least w_max."""
        return True

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._style()
        super().restyle()

    def _style(self) -> None:
        colours = theme.current()
        self.body.setStyleSheet(
            f"QLineEdit {{ border: 1px solid {colours.line}; border-radius: 3px; padding: 1px 4px; "
            f"background: {colours.base}; }} QLineEdit:focus {{ border-color: {colours.accent}; }} "
            f"#parametererror {{ color: {colours.wrong}; }}"
        )

    def refresh(self, topics: set[str]) -> None:
        """Show the current values."""
        rule = self.state.rule
        if type(rule) is not self._of:
            self._of = type(rule)
            self._build()
        for name, row in self.rows.items():
            row.revert()
            row.show_value(getattr(rule, name), row.declared.default, ..., "")
        self.reset.setEnabled(any(row.differs for row in self.rows.values()))

    def _build(self) -> None:
        content = named(QWidget(), style="panel")
        layout = vbox(within=content, margins=(0, theme.GRID // 2, theme.GRID, theme.GRID // 2), spacing=2)
        self.rows = {}
        for declared in self.state.rule.describe():
            row = ParameterRow(f"plasticity.{declared.name}", declared, _TEXTS)
            row.committed.connect(self._taker(declared.name))
            self._follow(row)
            self.rows[declared.name] = row
            layout.addWidget(row)
        width = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.name.setMinimumWidth(width + theme.GRID)
        layout.addStretch(1)
        self.area.setWidget(content)
        before: QWidget = self.reset
        for row in self.rows.values():
            for widget in filter(None, (row.mark, row.slider, row.editor)):
                self.setTabOrder(before, widget)
                before = widget

    def _follow(self, row: ParameterRow) -> None:
        """Connect a row so that curves follow while the user drags or types."""
        name, slider, editor = row.declared.name, row.slider, row.editor
        if slider is not None:
            slider.valueChanged.connect(lambda _: self.state.drag(name, slider.chosen))
            slider.reverted.connect(self.state.let_be)
        if isinstance(editor, QLineEdit):
            editor.textEdited.connect(lambda text: self._typed(row, text))
            editor.reverted.connect(self.state.let_be)  # type: ignore[attr-defined]  # of ValueField

    def _typed(self, row: ParameterRow, text: str) -> None:
        try:
            value = read(text, row.declared.unit or "")
        except StdpbenchError:
            return
        if isinstance(value, int | float):
            self.state.drag(row.declared.name, value)

    def _taker(self, name: str) -> Callable[[str, object], None]:
        def take(path: str, value: object) -> None:
            try:
                self.state.set_value(name, value)
            except StdpbenchError as error:
                self.rows[name].show_error(str(error).removeprefix("plasticity."))

        return take

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

    def plain_figure(self) -> None:
        """Return None: there is no figure."""
        return
