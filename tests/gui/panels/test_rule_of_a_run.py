"""A rule change in the current run: panels mark it, and use the new parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
from parts_of_window import panel_of, stop, to_front
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from synthetic import block, experiment, redraw, session, show
from waiting import waits

from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look.icons import WINDOW
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

TRIPLET = experiment().plasticity.to_mapping()
OJA = experiment().with_rule({"kind": "oja", "eta": 0.02}).plasticity.to_mapping()
CHANGED = facts.RuleChanged(TRIPLET, OJA)


def take(shown: RunSession, number: int, position: int, fact: facts.Fact) -> None:
    shown.live.take_record(Record(number, position, "2026-01-01T00:00:00+00:00", fact))


def test_the_curves_mark_it_and_say_which(qtbot: QtBot, tmp_path: Path) -> None:
    blocks = [(end, block()) for end in range(10, 130, 10)]
    set_before = facts.ParametersChanged({"plasticity.nu_post": ("0.01", "0.02")})
    panel = show(Curves(session(tmp_path, *blocks, (30, set_before), (60, CHANGED))), qtbot)
    lines = panel.plots[0].lines
    assert [(line.value(), line.toolTip()) for line in lines] == [
        (30, "nu_post → 0.02 from presentation 30 on"),
        (60, "rule → oja from presentation 60 on"),
    ]


def test_the_parameters_become_those_of_the_rule(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunSession, "connected", True)
    panel = show(ParametersPanel(session(tmp_path)), qtbot, (340, 440))
    assert "plasticity.nu_post" in panel.form.rows()
    panel.changes.history.do("nu_post", {"plasticity.nu_post": "0.01"}, {"plasticity.nu_post": "0.02"})
    take(panel.session, 90, 50, CHANGED)
    redraw(panel)
    rows = panel.form.rows()
    assert "plasticity.nu_post" not in rows
    assert rows["plasticity.eta"].editor.text() == "0.02"
    assert not panel.changes.history.can_undo
    panel.changes.refused.emit(["plasticity.nu_post"], "There is no such parameter.")  # which was sent before
    take(panel.session, 91, 60, facts.ParametersChanged({"plasticity.eta": (0.02, 0.05)}))
    redraw(panel)


def test_a_session_says_whether_a_rule_can_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = session(tmp_path)
    assert "This run is not active" in shown.cannot_change_rule()
    monkeypatch.setattr(RunSession, "connected", True)
    assert shown.cannot_change_rule() == ""
    shown.live.state = State.BUILDING
    assert shown.cannot_change_rule() == "The run is building."
    shown.live.position = 400
    assert "Training is over" in shown.cannot_change_rule()
    assert "The network is not ready" in RunSession().cannot_change_rule()


@pytest.mark.slow
def test_a_run_that_learns_is_given_another_rule(window: MainWindow, qtbot: QtBot) -> None:
    shown = window.session
    window.train.arrange("Inspect")
    window.run_experiment(small_experiment(schedule__passes=2000))
    waits(qtbot, lambda: shown.cannot_change_rule() == "" and shown.live.position > 10)
    refusals: list[str] = []
    shown.change_rule({"kind": "clopath"}, refused=refusals.append)
    waits(qtbot, lambda: refusals)
    assert "'clopath'" in refusals[0]
    window.go_to("rules")
    window.lab.choose("pair-additive")
    window.lab.state.set_value("a_plus", 0.02)
    window.lab.network.apply_here()
    assert "Building the network with" in window.lab.notices.texts()[-1]
    assert "Another rule change is in progress" in shown.cannot_change_rule()
    before = shown.live.position
    waits(qtbot, lambda: "is active" in window.lab.notices.texts()[-1])
    window.go_to("train")
    ((at, _),) = shown.live.changes
    assert at >= before
    parameters, slow = panel_of(window, ParametersPanel), panel_of(window, SlowMotionPanel)
    parameters.show()
    waits(qtbot, lambda: "plasticity.a_plus" in parameters.form.rows())
    shown.selection.select_neuron(3)
    to_front(slow)
    waits(qtbot, lambda: slow.isVisible() and slow.player.play.isEnabled())
    slow.player.play.click()
    waits(qtbot, lambda: slow.moment is not None)
    assert [trace.name for trace in slow.moment.traces] == ["x", "y"]
    slow.player.stop()
    parent = not_none(shown.folder)
    parameters.changes.branch({}, rule={"kind": "pair-additive"})
    waits(qtbot, lambda: shown.folder is not None and shown.folder.path != parent.path)
    waits(qtbot, lambda: len(shown.live.changes) == 2)
    stop(shown, qtbot)
    ask(parent.path, "stop")  # it continued while its branch ran
    waits(qtbot, lambda: not has_process(parent.path))


def test_another_rule_is_chosen_among_the_parameters_and_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    shown, panel = window.session, panel_of(window, ParametersPanel)
    window.run_experiment(small_experiment(schedule__passes=2000, about__summary="Measured."))
    waits(qtbot, lambda: shown.cannot_change_rule() == "" and shown.live.position > 10)
    form = window.services.forms.new_run()
    waits(qtbot, lambda: form.about.text() == "Measured.")
    form.reject()
    window.train.bring(panel)
    waits(qtbot, lambda: "plasticity.kind" in panel.form.rows() and panel.form.row("plasticity.kind").isEnabled())
    row = panel.form.row("plasticity.kind")
    assert isinstance(row.editor, QComboBox)
    assert row.editor.findText("custom") < 0  # its equations cannot be entered here
    assert not row.editor.itemIcon(row.editor.findText("symmetric")).pixmap(WINDOW).toImage().isNull()
    row.committed.emit(row.path, "clopath")
    assert ("'clopath'" in row.error.text(), row.editor.currentText()) == (True, "diehl-cook-triplet")
    row.committed.emit(row.path, "bcm")
    waits(qtbot, lambda: "plasticity · bcm" in panel.form.sections["plasticity"].title)
    assert "it depends on theta_m, which is not recorded" in shown.selection.not_replayed
    form = window.services.forms.new_run()
    waits(qtbot, form.form.rows)
    assert form.about.text() == "", "another rule was not measured"
    form.reject()
    row = panel.form.row("plasticity.kind")
    assert row.mark.text() == "↺"
    row.mark.click()
    waits(qtbot, lambda: "plasticity · diehl-cook-triplet" in panel.form.sections["plasticity"].title)
    assert shown.selection.not_replayed == ""
    stop(shown, qtbot)
