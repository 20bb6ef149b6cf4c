"""The confusion matrix of the selected pictures, or of all."""

from __future__ import annotations

from typing import Any

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import INTERVAL, NO_ANSWER
from stdpbench.studies.report.views import Chosen
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import NarrowBox, named, wrapped
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.matrix import Matrix


class MatrixBox(Box):
    """True classes and answers; cells, and classes (by their names at the left), can be selected."""

    title = "Confusion"
    topics = frozenset({"look", "readout", "chosen", "clusters"})
    help_text = (
        "Rows are true classes, columns the answers of the read-out. The framed diagonal is right; “none” means no "
        "answer and counts as wrong. Click a cell, or use the arrow keys, to select its stimuli in all views. While "
        "a cluster, a neuron or stimuli are selected, only those are counted. (Diehl &amp; Cook 2015, "
        "figure 3, doi:10.3389/fncom.2015.00099)"
    )
    lines = 13
    empty_text = "The confusion matrix appears here."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.readout = named(NarrowBox(), "Read-out", tip="Read-out that assigns classes to spikes")
        self.readout.activated.connect(lambda _: state.set_readout(self.readout.currentText()))
        self.title_extra.addWidget(self.readout)
        self.matrix = Matrix()
        self.matrix.cell_chosen.connect(self._choose)
        self.note = named(wrapped("", "faint"), "About the matrix")
        self.note.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
        vbox((self.matrix, 1), self.note, within=self.body, spacing=0)

    def refresh(self, topics: set[str]) -> None:
        """Draw the matrix."""
        look, state = self.look, self.state
        if "look" in topics:
            self.readout.clear()
            self.readout.addItems(list(look.answers))
        self.readout.setCurrentText(state.readout)
        part = state.chosen.kind in ("cluster", "neuron", "pictures")
        counted = look.score_of(state.readout, state.pictures if part else None)
        row, column = (*state.chosen.numbers, 0, 0)[:2] if state.chosen.kind == "cell" else (0, 0)
        shown = state.chosen.kind == "cell"
        self.matrix.cell = (row, look.n_classes if column == NO_ANSWER else column) if shown else None
        self.matrix.row = state.chosen.numbers[0] if state.chosen.kind == "class" else -1
        if counted is not None:
            self.matrix.show_score(counted, look.class_names)
        self.note.setText(self._about())

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.matrix.restyle()

    def _about(self) -> str:
        look, state = self.look, self.state
        if state.chosen.kind in ("cluster", "neuron", "pictures"):
            return f"{thousands(len(state.pictures))} selected {look.noun}s, {state.readout}; Esc: all"
        if state.chosen.kind == "cell" and self.matrix.cell is not None:
            return self.matrix.describe(*self.matrix.cell)
        row = next((one for one in look.accuracies if one.name == state.readout), None)
        if row is None:
            return ""
        return (
            f"{state.readout}: {100 * row.accuracy:.1f} % of {thousands(row.n_images)} right "
            f"({INTERVAL} {100 * row.low:.1f} to {100 * row.high:.1f}\u00a0%)"
        )

    def _choose(self, row: int, column: int) -> None:
        look = self.state.look
        if look is not None:
            self.state.choose(Chosen("cell", (row, column if column < look.n_classes else NO_ANSWER)))

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{'; '.join(filter(None, (self._about(), self.matrix.worst())))}."

    def table(self) -> Table | None:
        """Return one row per true class."""
        return self.matrix.table()

    def plain_figure(self) -> dict[str, Any] | None:
        """Return the matrix."""
        return self.matrix.figure(f"Confusion matrix, {self.state.readout}", f"{self.look.part} {self.look.noun}s")
