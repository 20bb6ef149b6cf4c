"""The editor of a custom rule: traces, parameters and two expressions, checked while the user types."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.units import read
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.custom import CustomRule, Problem, known_names, problems, read_rule, rule_file
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.code_field import CodeField
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.pages.rules.tables import (
    parameters_of,
    parameters_table,
    rows_of_parameters,
    rows_of_traces,
    traces_of,
    traces_table,
)
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Elided, ProblemLabel, named
from stdpbench_gui.widgets.layouts import split, vbox

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
    leaves = False

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
        self.traces, self.parameters = traces_table(), parameters_table()
        self.problem = ProblemLabel()
        self.load, self.save = QPushButton("Load…"), QPushButton("Save…")
        self.load.setToolTip("Read a rule from a TOML file (format: docs/plasticity.md)")
        self.save.setToolTip("Write the rule with its current values to a TOML file")
        self.verdict = Elided()
        for widget in (self.load, self.save, self.verdict):
            self.title_extra.addWidget(widget)
        self._lay_out()
        self._timer = timer(self, self.check, _WAIT_MS, once=True)
        self.name.textEdited.connect(lambda _: self._timer.start())
        for edited in (*(field.edited for field in self.fields.values()), self.traces.edited, self.parameters.edited):
            edited.connect(self._timer.start)
        self.load.clicked.connect(lambda _: self._choose_file())
        self.save.clicked.connect(lambda _: self._choose_target())

    def _lay_out(self) -> None:
        texts = QWidget()
        fields = [(field, 1) for field in self.fields.values()]
        vbox(self.name, *fields, self.problem, within=texts, margins=theme.GRID, spacing=theme.GRID // 2)
        numbers = QWidget()
        vbox(
            (self.traces, 2),
            (self.parameters, 3),
            within=numbers,
            margins=(0, theme.GRID // 2, theme.GRID, theme.GRID),
            spacing=theme.GRID // 2,
        )
        vbox(split((texts, 1), (numbers, 1)), within=self.body, spacing=0)
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
        self.traces.show_rows(rows_of_traces(definition["traces"]))
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
        doubled = _doubled([row[0] for row in (*self.traces.rows(), *self.parameters.rows())])
        found += [Problem("", f"the name {name} is used twice") for name in doubled]
        self._show_problems(parts, found)
        if found:
            return
        try:
            made = rules.build({"kind": "custom", **self._values(parts), **parts}, "plasticity")
        except StdpbenchError as error:
            self._show_problems(parts, [Problem("", str(error).removeprefix("plasticity."))])
            return
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
        self.verdict.setObjectName("faint" if not found else "problem")
        style = self.verdict.style()
        if style is not None:
            style.polish(self.verdict)
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
        chosen, _ = QFileDialog.getOpenFileName(self, "Load a rule", "", "Rules (*.toml)")
        if chosen:
            self._try(self.read, Path(chosen))

    def _choose_target(self) -> None:
        proposed = "".join(c if c.isalnum() else "_" for c in self.name.text().strip().lower()) or "my_rule"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the rule", f"{proposed[:40]}.toml", "Rules (*.toml)")
        if chosen:
            self._try(self.write, Path(chosen))

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


def _doubled(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
