"""The log panel marks warnings."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot
from synthetic import session, show

from stdpbench.runs.protocol import facts
from stdpbench_gui.panels.log import Log

WARNINGS = (
    "From here on, results differ from those before the run was interrupted.",
    "This change comes before presentation 14, which the run had reached when it was interrupted; the results in "
    "between are replaced.",
)
OF_RESULTS = "No neuron of exc fired in the 100 evaluated pictures: the input is too weak for their thresholds."
OTHERS = ("A network with the rule oja is being built in the background; training continues until it is ready.",)


def test_warnings_are_marked(qtbot: QtBot, tmp_path: Path) -> None:
    remarks = [(10, facts.Remarked(text, once=True)) for text in (*OTHERS, *WARNINGS)]
    panel = show(Log(session(tmp_path, *remarks, (12, facts.Remarked(OF_RESULTS)))), qtbot)
    lines = panel.text.toPlainText().splitlines()
    assert [line.partition("⚠ ")[2] for line in lines if "⚠ " in line] == [*WARNINGS, OF_RESULTS]
    assert any(OTHERS[0] in line for line in lines)
