from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from parameter_fields import enter, text_of, type_in
from PyQt6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show
from waiting import PATIENCE_MS, waits

from stdpbench.experiment import read_experiment
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.states import State
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.parameter_row import RowState

PATH = "plasticity.nu_post"


class Run:
    """A substitute for the process of a run, which accepts or refuses requests."""

    def __init__(self, panel: ParametersPanel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refusal = ""
        self._panel = panel
        monkeypatch.setattr(panel.session, "request", self._request)

    def _request(
        self, name: str, then: Callable[[Any], None], refused: Callable[[str], None], *, changes: dict[str, Any]
    ) -> None:
        assert name == "set"
        self.asked.append(changes)
        QTimer.singleShot(0, lambda: self._answer(then, refused, changes))

    def _answer(self, then: Callable[[Any], None], refused: Callable[[str], None], changes: dict[str, Any]) -> None:
        experiment = not_none(self._panel.session.experiment)
        if self.refusal:
            refused(self.refusal)
        else:
            then(dict(experiment.differences(experiment.changed_live(changes))))

    def confirm(self, **changes: tuple[Any, Any]) -> None:
        """Confirm changes, as the run does."""
        live = self._panel.session.live
        fact = facts.ParametersChanged({path.replace("__", "."): values for path, values in changes.items()})
        live.take_record(Record(100 + len(live.changes), 50, "", fact))
        redraw(self._panel)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ParametersPanel:
    monkeypatch.setattr(RunSession, "connected", True)
    return show(ParametersPanel(session(tmp_path)), qtbot, (340, 440))


@pytest.fixture
def run(panel: ParametersPanel, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(panel, monkeypatch)


# -- the form ---------------------------------------------------------------------------------------------------------


def test_is_complete(panel: ParametersPanel) -> None:
    is_complete(panel)
    assert "exc.theta_plus = 0.2 mV" in panel.summary()


def test_shows_every_declared_parameter_with_its_unit(panel: ParametersPanel) -> None:
    experiment = not_none(panel.session.experiment)
    for name, section in panel.form.sections.items():
        section.header.setChecked(True)
        kind = ["kind"] if name not in ("network", "schedule", "evaluation", "simulator") else []
        assert [path.partition(".")[2] for path in section.rows] == [
            *kind,
            *(p.name for p in getattr(experiment, name).describe() if p.name not in ("stages", "values")),
        ]
    assert (text_of(panel, "plasticity.tau_x"), text_of(panel, "schedule.train_images")) == ("20 ms", "all")
    assert panel.form.row("network.inhibition").editor.currentText() == "direct-undelayed"
    assert all(r.editor.accessibleName() == path for path, r in panel.form.rows().items())


def test_search_finds_paths_and_help_and_opens_sections(panel: ParametersPanel) -> None:
    panel.search.setText("inhibition weight")
    shown = {path for path, row in panel.form.rows().items() if row.isVisible()}
    assert shown == {"network.w_inh_exc"}
    panel.search.setText("")
    assert panel.form.row(PATH).isVisible()
    assert not panel.form.sections["network"].rows["network.n_exc"].isVisible()
    assert panel.form.sections["lateral"].isVisible()


def test_stages_are_shown_and_a_new_run_can_have_other_ones(qtbot: QtBot, tmp_path: Path) -> None:
    panel = show(ParametersPanel(session(tmp_path, of=read_experiment("stack-digits"))), qtbot, (340, 440))
    panel.form.sections["schedule"].header.setChecked(True)
    assert panel.stages.isVisible()
    with qtbot.waitSignal(panel.new_run_wanted, timeout=PATIENCE_MS) as asked:
        panel.stages.new_run.click()
    assert asked.args == ["schedule.stages", {}]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda live: setattr(live, "state", State.FINISHING), "The run is finishing"),
        (lambda live: setattr(live, "position", 400), "Training is over"),
        (lambda live: setattr(live, "progress", {"phase": "label"}), "Training is over"),
    ],
)
def test_says_why_nothing_can_be_changed(panel: ParametersPanel, change: Callable[[Any], None], why: str) -> None:
    change(panel.session.live)
    redraw(panel)
    row = panel.form.row(PATH)
    assert not row.editor.isEnabled()
    assert not row.slider.isEnabled()
    assert why in row.editor.toolTip()


# -- changing ---------------------------------------------------------------------------------------------------------


def test_a_number_is_sent_with_enter_and_marked_until_it_is_in_force(
    panel: ParametersPanel, run: Run, qtbot: QtBot
) -> None:
    row = panel.form.row(PATH)
    type_in(panel, qtbot, PATH, "0.02")
    assert row.state is RowState.EDITED
    assert not run.asked
    qtbot.keyClick(row.editor, Qt.Key.Key_Return)
    redraw(panel)
    assert row.state is RowState.IN_FLIGHT
    assert text_of(panel, PATH) == "0.02"
    waits(qtbot, lambda: panel.changes.history.count() == 1)
    redraw(panel)
    assert run.asked == [{PATH: 0.02}]
    assert row.state is RowState.IN_FLIGHT
    run.confirm(plasticity__nu_post=(0.01, 0.02))
    assert row.state is RowState.ACTIVE


def test_a_slider_sends_when_it_is_let_go_of(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    row = panel.form.row(PATH)
    qtbot.mousePress(row.slider, Qt.MouseButton.LeftButton, pos=row.slider.rect().center())
    row.slider.setValue(300)
    chosen = row.slider.chosen
    assert row.state is RowState.EDITED
    assert text_of(panel, PATH) == f"{chosen:g}"
    assert not run.asked
    qtbot.mouseRelease(row.slider, Qt.MouseButton.LeftButton)
    waits(qtbot, lambda: run.asked == [{PATH: chosen}])


def test_units_are_read_and_escape_takes_back(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    path = "plasticity.tau_x"
    editor = panel.form.row(path).editor
    type_in(panel, qtbot, path, "0.025 s")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert text_of(panel, path) == "20 ms"
    enter(panel, qtbot, path, "0.025 s")
    waits(qtbot, lambda: run.asked == [{path: "25 ms"}])


def test_arrow_keys_step_and_nothing_is_sent_without_a_change(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    row = panel.form.row(PATH)
    qtbot.keyClick(row.editor, Qt.Key.Key_Return)
    assert not run.asked
    qtbot.keyClick(row.editor, Qt.Key.Key_Up)
    assert text_of(panel, PATH) == "0.011"
    assert row.state is RowState.EDITED
    qtbot.keyClick(row.editor, Qt.Key.Key_Down)
    qtbot.keyClick(row.editor, Qt.Key.Key_Return)
    qtbot.wait(50)
    assert not run.asked
    assert row.state is RowState.ACTIVE


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (PATH, "-1", "must be at least 0"),
        (PATH, "much", "a plain number"),
        ("plasticity.tau_x", "3 mV", "got '3 mV'"),
        ("schedule.min_spikes", "2.5", "whole number"),
    ],
)
def test_what_is_wrong_is_said_in_the_row(
    panel: ParametersPanel, run: Run, qtbot: QtBot, path: str, text: str, message: str
) -> None:
    row = panel.form.row(path)
    enter(panel, qtbot, path, text)
    assert message in row.error.text()
    assert text_of(panel, path) == text
    assert not run.asked
    row.revert()
    assert not row.error.text()


def test_a_refusal_is_told_where_it_was_asked_for(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    run.refusal = "the brightest pixel would fire with probability 2"
    row = panel.form.row(PATH)
    enter(panel, qtbot, PATH, "0.5")
    waits(qtbot, lambda: "brightest pixel" in row.error.text())
    redraw(panel)
    assert not panel.changes.in_flight
    assert text_of(panel, PATH) == "0.01"
    assert not panel.changes.history.count()


def test_what_others_change_is_shown_and_what_is_being_typed_stays(
    panel: ParametersPanel, run: Run, qtbot: QtBot
) -> None:
    type_in(panel, qtbot, "exc.tau_m", "90")
    run.confirm(plasticity__nu_post=(0.01, 0.03))
    assert (text_of(panel, PATH), text_of(panel, "exc.tau_m")) == ("0.03", "90")
    assert not panel.changes.history.count()


def test_undo_makes_the_opposite_change_and_redo_makes_it_again(
    panel: ParametersPanel, run: Run, qtbot: QtBot
) -> None:
    panel.changes.here({PATH: 0.02})
    waits(qtbot, lambda: panel.changes.history.count() == 1)
    assert not panel.changes.history.can_undo  # it is not active yet
    run.confirm(plasticity__nu_post=(0.01, 0.02))
    assert panel.changes.history.can_undo
    panel.changes.history.undo()
    waits(qtbot, lambda: panel.changes.history.index() == 0)
    run.confirm(plasticity__nu_post=(0.02, 0.01))
    assert text_of(panel, PATH) == "0.01"
    panel.changes.history.redo()
    waits(qtbot, lambda: panel.changes.history.index() == 1)
    run.confirm(plasticity__nu_post=(0.01, 0.02))
    run.refusal = "no"
    panel.changes.history.undo()
    waits(qtbot, lambda: not panel.changes.in_flight)
    assert text_of(panel, PATH) == "0.02"
    assert panel.changes.history.count() == 0  # a step that cannot be undone does not stand before others
    assert [next(iter(asked.values())) for asked in run.asked] == [0.02, 0.01, 0.02, 0.01]


def test_nothing_can_become_something_and_back(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    path = "network.weight_sum"
    row = panel.form.row(path)
    enter(panel, qtbot, path, "none")
    waits(qtbot, lambda: panel.changes.history.count() == 1)
    run.confirm(network__weight_sum=(78.0, "none"))
    assert text_of(panel, path) == "no scaling"
    assert not row.slider.isEnabled()
    panel.changes.history.undo()
    waits(qtbot, lambda: run.asked[-1] == {path: 78.0})


def test_another_run_begins_without_what_was_under_way(panel: ParametersPanel, run: Run, qtbot: QtBot) -> None:
    panel.changes.here({PATH: 0.02})
    panel.way.way.setCurrentIndex(1)
    panel.session.opened.emit()
    assert not panel.changes.in_flight
    qtbot.wait(50)
    assert not panel.changes.history.count()
    assert panel.way.current == 0


def test_a_run_with_fewer_changes_than_the_previous_one_confirms_its_own(panel: ParametersPanel, run: Run) -> None:
    run.confirm(plasticity__nu_post=(0.01, 0.02))
    run.confirm(plasticity__nu_post=(0.02, 0.03))
    panel.session.live.changes.clear()  # of another run, which has none
    panel.session.opened.emit()
    panel.changes.here({PATH: 0.05})
    run.confirm(plasticity__nu_post=(0.01, 0.05))
    assert not panel.changes.in_flight


def test_a_branch_begins_at_the_moment_on_the_timeline(panel: ParametersPanel, qtbot: QtBot) -> None:
    folder, timeline = not_none(panel.session.folder), Timeline.of(panel.session)
    for position in (100, 200):
        (folder.path / "checkpoints" / f"{position:09d}").mkdir(parents=True)
    panel.way.way.setCurrentIndex(1)
    redraw(panel)
    assert "controlled experiment" in panel.way.message.text()
    assert panel.form.row(PATH).editor.isEnabled()
    panel.session.live.position = 400
    redraw(panel)
    assert "Training is over: choose an earlier moment" in panel.form.row(PATH).editor.toolTip()
    timeline.look()
    waits(qtbot, lambda: timeline.positions == [100, 200])
    timeline.wanted = 200
    redraw(panel)
    assert panel.form.row(PATH).editor.isEnabled()
