"""The dialog that fits the rule of the Rules page to the data points that are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit, QTreeWidgetItem, QWidget

from stdpbench.base.files import write_text_aside
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench.studies.lab.quick import read_option
from stdpbench_gui.dialogs.job_dialog import JobDialog, Report
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.residuals import Residuals
from stdpbench_gui.session.background import check_cancelled
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import ask_for_file, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox
from stdpbench_gui.widgets.tables import add_row, table_of

_COLUMNS = (
    ("fit", "Whether the parameter is fitted"),
    ("now", "Value of the rule"),
    ("fitted", "Value at the optimum"),
    ("90 % interval", "Profile likelihood; ≤ and ≥ mark ends at a bound"),
    ("determined", "Whether the data determine the value"),
)


class FitDialog(JobDialog):
    """Asks what to fit, fits it in a process, and shows values, intervals and what the data leave open.

    Parameters
    ----------
    rule : PlasticityRule
        The rule, whose values are those of parameters that are not fitted.
    sources : sequence of str
        The data: files, or names of included sets.
    weight : float
        Weight at the start, as of the curves.
    use : callable
        Called with the fitted rule, and with the values for bootstrapped data.
    """

    def __init__(
        self,
        rule: PlasticityRule,
        sources: Sequence[str],
        weight: float,
        use: Callable[[PlasticityRule, Sequence[Mapping[str, Any]]], object],
        session: RunSession,
        parent: QWidget,
    ) -> None:
        super().__init__(f"Fit {getattr(rule, 'kind', '')}", session, "fit", parent)
        self._rule, self._sources, self._use = rule, sources, use
        self._fitted: Mapping[str, Any] = {}
        self.table = table_of("Parameters of the fit", _COLUMNS)
        for p in rule.describe():
            if p.unit is not None and not p.structural and getattr(rule, p.name) is not None:
                row = add_row(self.table, [p.name, p.show(getattr(rule, p.name)), "", "", ""], p.help)
                row.setCheckState(0, Qt.CheckState.Unchecked if p.name == "w_max" else Qt.CheckState.Checked)
        self.weight = named(QLineEdit(f"{weight:g}"), "Weight at the start of each point")
        self.relative_to = named(QLineEdit("1"), "Weight change that counts as 100 %")
        self.verdict = wrapped("")
        self.residuals = Residuals()
        self.residuals.hide()
        self.fit_button = self.main_button("Fit", self.fit)
        self.use_button = push_button("Use these values", clicked=self._take_over)
        self.save_button = push_button("Save a page…", clicked=self._choose)
        names = ", ".join(Path(source).name for source in sources)
        about = wrapped(f"Data: {names}. A change of 100 % is a Δw of 1, as the points are drawn.", "faint")
        fields = form(("weight at the start", self.weight), ("Δw of 100 %", self.relative_to))
        buttons = hbox(
            STRETCH, push_button("Close", clicked=self.reject), self.save_button, self.use_button, self.fit_button
        )
        rows = (
            about,
            (self.table, 3),
            fields,
            self.progress,
            self.problem,
            self.verdict,
            (self.residuals, 2),
            buttons,
        )
        vbox(*rows, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.show_busy(False)
        self.resize(860, 660)

    def fit(self) -> None:
        """Fit the checked parameters."""
        request = {
            "rule": self._rule.to_mapping(),
            "data": list(self._sources),
            "free": [row.text(0) for row in self.rows() if row.checkState(0) == Qt.CheckState.Checked],
        }

        def work(report: Report) -> Mapping[str, Any]:
            for name, field in (("weight", self.weight), ("relative_to", self.relative_to)):
                request[name] = read_option(field.text(), field.accessibleName(), several=False, whole=False)
            result: Mapping[str, Any]
            result, _ = carry_out_aside(
                "stdpbench.studies.lab.service",
                request,
                name="fit",
                look=check_cancelled,
                on_progress=report,
            )
            return result

        self.do(work, self._take)

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows of the table, one for each parameter."""
        return [not_none(self.table.topLevelItem(at)) for at in range(self.table.topLevelItemCount())]

    def _take(self, fitted: Mapping[str, Any]) -> None:
        self._fitted = fitted
        for row in self.rows():
            for column, text in enumerate(fitted["rows"].get(row.text(0), ("", "", "")), 2):
                row.setText(column, text)
        self.verdict.setText(" ".join(fitted["sentences"]))
        self.residuals.show_points(fitted["points"])
        self.residuals.show()
        self.show_busy(False)

    def show_busy(self, busy: bool) -> None:
        """Allow to use a fit once it has ended."""
        super().show_busy(busy)
        for button in (self.use_button, self.save_button):
            button.setEnabled(not busy and bool(self._fitted))

    def _take_over(self) -> None:
        self._use(rules.build(self._fitted["rule"], "plasticity"), self._fitted["sets"])
        self.accept()

    def _choose(self) -> None:
        page = self._fitted["page"]
        ask_for_file(
            self, "Save the fit as", "Pages (*.md)", lambda path: write_text_aside(path, page), at="fit.md", new=True
        )
