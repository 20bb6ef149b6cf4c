"""Tables: how well clusters agree with classes, and what read-outs and baselines reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtGui import QFont

from stdpbench.figures.paper import Table
from stdpbench.readout import INTERVAL
from stdpbench.report.rows import GROUPS, Accuracy
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.pages.evaluate.trees import add_heading, add_row, table_of
from stdpbench_gui.panels.base import column
from stdpbench_gui.session.run_session import RunSession

_MEASURES = (
    ("accuracy", "match", "Accuracy with clusters matched one to one to classes (Hungarian algorithm), %"),
    ("purity", "purity", "Share of pictures that are of their cluster's majority class, %; grows with K up to 100"),
    ("ami", "AMI", "Adjusted mutual information: 0 is chance"),
    ("nmi", "NMI", "Normalised mutual information; chance is above 0"),
    ("ari", "ARI", "Adjusted Rand index: 0 is chance"),
)
_SHORT = {
    "read-out": "read-outs",
    "timed": "read-outs of spike times",
    "untrained": "untrained, read in the same way",
    "pixels": "pixels, without network",
    "supervised": "learned from labels",
}


class MeasuresBox(Box):
    """Measures of the clusters, of chance, and of the neurons as clusters."""

    title = "Measures of clusters"
    topics = frozenset({"look", "clusters"})
    help_text = (
        "How well clusters agree with classes. Matched accuracy and purity take names from the labels that they are "
        "scored with, which flatters; purity grows with K, so K stands beside it. AMI and ARI are 0 for chance. The "
        "row of chance is of the same clusters, permuted over the pictures. The last takes each neuron as a cluster. "
        "(AMI and NMI: Vinh, Epps &amp; Bailey 2010, J. Mach. Learn. Res. 11:2837; ARI: Hubert &amp; Arabie 1985, "
        "doi:10.1007/BF01908075)"
    )
    lines = 8
    empty_text = "Measures of the clusters appear here, with what chance gives."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        heads = [("clusters", "What was measured"), ("K", "Clusters that have a member")]
        self.rows = table_of("Measures of clusters", [*heads, *((short, tip) for _, short, tip in _MEASURES)])
        column(self.body).addWidget(self.rows)

    def has_content(self) -> bool:
        """Whether there are clusters."""
        return self.state.look is not None and self.state.clustering is not None

    def refresh(self, topics: set[str]) -> None:
        """Write the rows."""
        clustering = self.state.clustering
        assert clustering is not None
        self.rows.clear()
        for row in clustering.rows:
            values = [_shown(name, row[name]) for name, _, _ in _MEASURES]
            name = str(row["name"]).removesuffix(": these, permuted").removesuffix(" (winner)")
            interval = f"match: {INTERVAL} {100 * row['accuracy_low']:.1f} to {100 * row['accuracy_high']:.1f} %"
            add_row(self.rows, [name, str(row["k"]), *values], f"{row['name']}; {interval}")

    def summary(self) -> str:
        """In words."""
        clustering = self.state.clustering
        if clustering is None or not clustering.rows:
            return self.empty_text
        said = [
            f"{row['name']}, K = {row['k']}: " + ", ".join(f"{short} {_shown(n, row[n])}" for n, short, _ in _MEASURES)
            for row in clustering.rows
        ]
        return ". ".join(said) + "."

    def table(self) -> Table | None:
        """All measures."""
        clustering = self.state.clustering
        if clustering is None or not clustering.rows:
            return None
        names = list(clustering.rows[0])
        return names, [["" if row[name] is None else row[name] for name in names] for row in clustering.rows]

    def plain_figure(self) -> dict[str, Any] | None:
        """Bars for each measure."""
        clustering = self.state.clustering
        if clustering is None or not clustering.rows:
            return None
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
    return f"{100 * value:.1f}" if name in ("accuracy", "purity") else f"{value:.3f}".replace("-0.000", "0.000")


class ReadoutsBox(Box):
    """Accuracies of read-outs and baselines, with intervals; a read-out can be chosen."""

    title = "Read-outs and baselines"
    topics = frozenset({"look", "readout", "accuracies"})
    help_text = (
        f"What each read-out answers right, with the {INTERVAL}: it is of the pictures and says nothing about "
        "other seeds. Select one of the first to see its answers everywhere. Baselines are those that the run "
        "measured: the untrained network, read in the same way, and k-means on pixels, a centre for each neuron. "
        "The column “supervised” is of what learns from labels: what somebody can read off the responses, or the "
        "pixels, who is told the classes; it is not what the network learned by itself, and stands apart for that. "
        "Those and read-outs of spike times are read in a process of their own. More baselines, and repeated "
        "presentations, are in the report. (Vote: Diehl &amp; Cook 2015, section 2.6, doi:10.3389/fncom.2015.00099; "
        "proportion: Hazan et al. 2018, doi:10.3389/fninf.2018.00089; intervals: Wilson 1927, "
        "doi:10.1080/01621459.1927.10502953)"
    )
    lines = 8
    empty_text = "Accuracies with intervals appear here, and baselines beside them."

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        self.rows = table_of(
            "Read-outs and baselines",
            (
                ("what reads", "Read-out or baseline"),
                ("right (%)", "Share of right answers; labels name neurons, and nothing else"),
                ("sup. (%)", "The same of what learns from labels: no part of what the network learned"),
                ("95 %", INTERVAL),
            ),
        )
        self.rows.itemSelectionChanged.connect(self._on_row)
        column(self.body).addWidget(self.rows)
        self._filling = False

    def refresh(self, topics: set[str]) -> None:
        """Write the rows."""
        look = self.state.look
        assert look is not None
        self._filling = True
        self.rows.clear()
        group = ""
        for one in look.accuracies:
            if one.group != group:
                group = one.group
                add_heading(self.rows, _SHORT.get(group, group), GROUPS.get(group, ""))
            interval = f"{100 * one.low:.1f}–{100 * one.high:.1f}"
            counted = f"{one.n_images} pictures, {one.n_unanswered} without an answer, which count as wrong"
            right = f"{100 * one.accuracy:.2f}"
            name = one.name.replace("start weights, ", "start: ")  # the column is narrow, and the tip has all
            texts = [name, *(("", right) if one.supervised else (right, "")), interval]
            row = add_row(self.rows, texts, f"{one.note or one.name}; {counted}")
            if one.group == "read-out" and one.name == self.state.readout:
                row.setSelected(True)
                font = QFont(self.font())
                font.setBold(True)
                row.setFont(0, font)
        if self.state.missing:
            add_heading(self.rows, self.state.missing)
        if not {"untrained", "pixels"} & {one.group for one in look.accuracies}:
            add_heading(self.rows, "the run measured no baselines; the report does", "`stdpbench report`")
        self._filling = False

    def _on_row(self) -> None:
        chosen, look = self.rows.selectedItems(), self.state.look
        if chosen and look is not None and not self._filling and chosen[0].text(0) in look.answers:
            self.state.set_readout(chosen[0].text(0))

    def summary(self) -> str:
        """In words."""
        look = self.state.look
        if look is None:
            return self.empty_text
        said = [
            f"{_named(one)} {100 * one.accuracy:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f} %)"
            for one in look.accuracies
        ]
        return "; ".join(said) + "."

    def table(self) -> Table | None:
        """All rows."""
        look = self.state.look
        if look is None:
            return None
        rows = [
            (one.group, one.name, one.supervised, one.accuracy, one.low, one.high, one.n_images, one.n_unanswered)
            for one in look.accuracies
        ]
        return ("group", "what reads", "supervised", "accuracy", "low", "high", "pictures", "no answer"), rows

    def plain_figure(self) -> dict[str, Any] | None:
        """Bars with intervals."""
        look = self.state.look
        if look is None:
            return None
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
