"""Views of numbers: confusion, agreement of clusters with classes, accuracies of read-outs and baselines."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker

from stdpbench.base.units import minus, thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import INTERVAL, NO_ANSWER
from stdpbench.studies.report.rows import GROUPS, Accuracy
from stdpbench.studies.report.views import Chosen, Clustering
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import NarrowBox, choice, not_none, note, refill
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.matrix import Matrix
from stdpbench_gui.widgets.tables import add_heading, add_row, table_of


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
        self.readout: NarrowBox = choice(
            (),
            "Read-out",
            tip="Read-out that assigns classes to spikes",
            chosen=lambda _: state.set_readout(self.readout.currentText()),
        )
        self.title_extra.addWidget(self.readout)
        self.matrix = Matrix()
        self.matrix.cell_chosen.connect(self._choose)
        self.note = note("About the matrix")
        vbox((self.matrix, 1), self.note, within=self.body, spacing=0)

    def refresh(self, topics: set[str]) -> None:
        """Draw the matrix."""
        look, state = self.look, self.state
        if "look" in topics:
            refill(self.readout, look.answers, 0)
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

    def figure(self) -> dict[str, Any] | None:
        """Return the matrix."""
        return self.matrix.figure(f"Confusion matrix, {self.state.readout}", f"{self.look.part} {self.look.noun}s")


_MEASURES = (
    ("accuracy", "match", "Accuracy with clusters matched one to one to classes (Hungarian algorithm), %"),
    ("purity", "purity", "Share of stimuli that belong to their cluster's majority class, %; grows with K up to 100"),
    ("ami", "AMI", "Adjusted mutual information: 0 is chance"),
    ("nmi", "NMI", "Normalised mutual information; chance is above 0"),
    ("ari", "ARI", "Adjusted Rand index: 0 is chance"),
)
_SHORT = {
    "read-out": "read-outs",
    "timed": "read-outs of spike times",
    "untrained": "untrained, same read-outs",
    "start": "weights of another network",
    "pixels": "without a network",
    "supervised": "trained on labels",
}


class MeasuresBox(Box):
    """Measures of the clusters, of chance level, and of the neurons as clusters."""

    title = "Measures of clusters"
    topics = frozenset({"look", "clusters"})
    help_text = (
        "Agreement of clusters with classes. Matched accuracy and purity are optimistic, as clusters are named by the "
        "same labels they are scored with; purity also grows with K. AMI and ARI are 0 at chance level. The chance "
        "row has the same clusters, permuted over the stimuli; the last row takes each neuron as a cluster. (AMI and "
        "NMI: Vinh, Epps &amp; Bailey 2010, J. Mach. Learn. Res. 11:2837; ARI: Hubert &amp; Arabie 1985, "
        "doi:10.1007/BF01908075)"
    )
    lines = 7
    empty_text = "Measures of the clusters appear here, with the chance level."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        heads = [("clusters", "Clustering"), ("K", "Number of non-empty clusters")]
        measures = [(short, tip) for _, short, tip in _MEASURES]
        self.rows = table_of("Measures of clusters", [*heads, *measures], least=(6, 5, 1))
        vbox(self.rows, within=self.body, spacing=0)

    @property
    def clustering(self) -> Clustering:
        """The clusters; only while there are some."""
        return not_none(self.state.clustering)

    def has_content(self) -> bool:
        """Return whether there are clusters."""
        return self.state.look is not None and self.state.clustering is not None

    def refresh(self, topics: set[str]) -> None:
        """Fill the table."""
        clustering = self.clustering
        self.rows.clear()
        for row in clustering.rows:
            values = [_shown(name, row[name]) for name, _, _ in _MEASURES]
            name = str(row["name"]).removesuffix(": these, permuted").removesuffix(" (winner)")
            interval = f"match: {INTERVAL} {100 * row['accuracy_low']:.1f} to {100 * row['accuracy_high']:.1f} %"
            add_row(self.rows, [name, str(row["k"]), *values], f"{row['name']}; {interval}")

    def summary(self) -> str:
        """Describe what is shown."""
        clustering = self.clustering
        parts = [
            f"{row['name']}, K = {row['k']}: " + ", ".join(f"{short} {_shown(n, row[n])}" for n, short, _ in _MEASURES)
            for row in clustering.rows
        ]
        return ". ".join(parts) + "."

    def table(self) -> Table | None:
        """Return all measures."""
        clustering = self.clustering
        names = list(clustering.rows[0])
        return names, [["" if row[name] is None else row[name] for name in names] for row in clustering.rows]

    def figure(self) -> dict[str, Any] | None:
        """Return bars for each measure."""
        clustering = self.clustering
        series = [
            {"values": np.array([row[name] for name, _, _ in _MEASURES]), "label": f"{row['name']}, K = {row['k']}"}
            for row in clustering.rows
        ]
        labels = ["matched accuracy", "purity", "AMI", "NMI", "ARI"]
        return {
            "kind": "bars",
            "labels": labels,
            "y_label": "value",
            "series": series,
            "title": "Measures of clusters",
        }


def _shown(name: str, value: float) -> str:
    return f"{100 * value:.1f}" if name in ("accuracy", "purity") else minus(f"{value:.3f}".replace("-0.000", "0.000"))


class ReadoutsBox(Box):
    """Accuracies of read-outs and baselines, with intervals; a read-out can be chosen."""

    title = "Read-outs and baselines"
    topics = frozenset({"look", "readout", "accuracies"})
    help_text = (
        f"Accuracy of each read-out with the {INTERVAL}, which does not cover variation between seeds. "
        "Select one of the first read-outs to use its answers in all views. Baselines are those measured by the run: "
        "the untrained network with the same read-outs and, from the stimuli without their timing, k-means and "
        "spherical k-means (by cosine) with one centre per neuron, and one training sample per neuron as a prototype, "
        "with nothing learned; for signals and events also k-means on filtered spike trains. "
        "The column “sup.” lists classifiers trained on the labels, from responses or stimuli. "
        "They show how much information is "
        "there, not what the network learned, and so are listed separately. These and the read-outs of spike times "
        "are computed in a separate process. The report has more baselines and repeated presentations. (Vote: Diehl "
        "&amp; Cook 2015, section 2.6, doi:10.3389/fncom.2015.00099; proportion: Hazan et al. 2018, "
        "doi:10.3389/fninf.2018.00089; likelihood: naive Bayes; intervals: Wilson 1927, "
        "doi:10.1080/01621459.1927.10502953)"
    )
    lines = 8
    empty_text = "Accuracies with intervals, and baselines, appear here."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.rows = table_of(
            "Read-outs and baselines",
            (
                ("read-out", "Read-out or baseline"),
                (
                    "right (%)",
                    "Share of right answers; labels name neurons, or estimate their mean response to each class",
                ),
                ("sup.", "The same (%) for classifiers trained on labels; not a measure of what the network learned"),
                ("95 %", INTERVAL),
            ),
            least=(3,),
        )
        self.rows.itemSelectionChanged.connect(self._on_row)
        vbox((self.rows, 1), within=self.body, spacing=0)

    def refresh(self, topics: set[str]) -> None:
        """Fill the table."""
        look = self.look
        with QSignalBlocker(self.rows):
            self.rows.clear()
            group = ""
            for one in look.accuracies:
                if one.group != group:
                    group = one.group
                    add_heading(self.rows, _SHORT.get(group, group), GROUPS.get(group, ""))
                interval = f"{100 * one.low:.1f}–{100 * one.high:.1f}"
                counted = f"{one.n_images} {look.noun}s, {one.n_unanswered} without an answer, counted as wrong"
                right = f"{100 * one.accuracy:.2f}"
                name = one.name.replace(
                    "start weights, ", "start: "
                )  # the column is narrow; the tooltip has the full name
                texts = [name, *(("", right) if one.supervised else (right, "")), interval]
                row = add_row(self.rows, texts, f"{one.note or one.name}; {counted}")
                if one.group in ("read-out", "supervised") and one.name == self.state.readout:
                    row.setSelected(True)
                    row.setFont(0, theme.font_of(self, bold=True))
            if self.state.missing:
                add_heading(self.rows, self.state.missing)
            if not {"untrained", "start", "pixels"} & {one.group for one in look.accuracies}:
                add_heading(self.rows, "no baselines in this run; the report has them", "`stdpbench report`")

    def _on_row(self) -> None:
        chosen, look = self.rows.selectedItems(), self.state.look
        if chosen and look is not None and chosen[0].text(0) in look.answers:
            self.state.set_readout(chosen[0].text(0))

    def summary(self) -> str:
        """Describe what is shown."""
        look = self.look
        parts = [
            f"{_named(one)} {100 * one.accuracy:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f} %)"
            for one in look.accuracies
        ]
        return f"{'; '.join(parts)}. {look.verdict}".rstrip()

    def table(self) -> Table | None:
        """Return all rows."""
        look = self.look
        rows = [
            (one.group, one.name, one.supervised, one.accuracy, one.low, one.high, one.n_images, one.n_unanswered)
            for one in look.accuracies
        ]
        return ("group", "read-out", "supervised", "accuracy", "low", "high", f"{look.noun}s", "no answer"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return bars with intervals."""
        look = self.look
        values = np.array([100 * one.accuracy for one in look.accuracies])
        error = 100 * np.array([[one.accuracy - one.low, one.high - one.accuracy] for one in look.accuracies]).T
        return {
            "kind": "bars",
            "labels": [_named(one) for one in look.accuracies],
            "y_label": "right (%)",
            "series": [{"values": values, "error": error}],
            "title": "Read-outs and baselines",
            "errors": INTERVAL,
        }


def _named(one: Accuracy) -> str:
    return f"{one.name} (supervised)" if one.supervised else one.name
