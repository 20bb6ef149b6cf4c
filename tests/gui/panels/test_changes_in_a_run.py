"""Parameters of a real run: slider ranges, changes, undo, a branch."""

from __future__ import annotations

import math
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest
from parameter_fields import enter, text_of, type_in
from parts_of_window import open_run, panel_of, stop
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.base.wire import Listener
from stdpbench.declare.parameters import build
from stdpbench.experiment import read_experiment
from stdpbench.runs.client import run_client
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.parameter_row import RowState
from stdpbench_gui.widgets.parameter_scale import Scale, nudged

PATH = "plasticity.nu_post"


def test_sliders_cover_every_live_number_within_its_bounds() -> None:
    experiment = read_experiment("diehl-cook-400")
    for section in ("plasticity", "exc", "inh", "encoding", "network", "schedule"):
        owner = getattr(experiment, section)
        for declared in owner.describe():
            value = getattr(owner, declared.name)
            if declared.type not in ("int", "float") or value is None:
                continue
            scale = Scale.of(declared, float(value))
            assert scale.value(scale.share(value)) == pytest.approx(value)
            for share in (0.0, 0.3, 0.77, 1.0):
                found = scale.value(share)
                build(
                    type(owner), {**owner.to_mapping(), declared.name: int(found) if scale.whole else found}, section
                )
                assert scale.low <= found <= scale.high
                assert found == pytest.approx(float(f"{found:.3g}")) or not scale.log


@pytest.mark.parametrize(
    ("value", "up", "whole", "expected"),
    [
        (0.01, True, False, 0.011),
        (0.01, False, False, 0.0099),
        (350.0, True, False, 360.0),
        (-65.0, True, False, -64.0),
        (5.0, False, True, 4.0),
        (0.0, True, False, 0.1),
    ],
)
def test_steps_are_of_the_second_digit(value: float, up: bool, whole: bool, expected: float) -> None:
    assert math.isclose(nudged(value, up, whole), expected, rel_tol=1e-12)


@pytest.fixture
def learning(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with a slow run of 12 exc neurons in the middle of its training, which lasts longer than any test."""
    small = {"network.n_exc": 12, "schedule.passes": 100, "schedule.train_images": 200, "schedule.test_images": 20}
    window.run_experiment(read_experiment("digits").override(small))
    waits(qtbot, lambda: len(window.session.live.blocks) > 1)
    window.session.request("pace", seconds=0.04)
    yield window
    for path in window.runs.iterdir():
        with suppress(StdpbenchError):
            ask(path, "stop")
    waits(qtbot, lambda: not window.session.connected)
    window.session.leave()


@pytest.fixture
def held(learning: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Processes of further runs, which are stopped as they start (where there is such a signal)."""
    begin, started = run_client.spawn, list[subprocess.Popen[bytes]]()

    def spawn(module: str, folder: Path, output: IO[bytes]) -> tuple[Listener, subprocess.Popen[bytes]]:
        listener, process = begin(module, folder, output)
        if hasattr(signal, "SIGSTOP"):
            process.send_signal(signal.SIGSTOP)
            started.append(process)
        return listener, process

    monkeypatch.setattr(run_client, "spawn", spawn)
    return started


def test_changes_undoes_branches_and_resumes_a_run(
    learning: MainWindow, held: list[subprocess.Popen[bytes]], qtbot: QtBot, finished_run: RunFolder
) -> None:
    window, live, said = learning, learning.session.live, list[str]()
    window.session.message.connect(said.append)
    panel, curves = panel_of(window, ParametersPanel), panel_of(window, Curves)
    window.train.bring(panel)
    waits(qtbot, lambda: panel.form.sections)
    undo = window.actions_["undo"]
    assert not undo.isEnabled()

    enter(panel, qtbot, PATH, "0.02")
    waits(qtbot, undo.isEnabled)
    assert [dict(changes) for _, changes in live.changes] == [{PATH: (0.01, 0.02)}]
    waits(qtbot, lambda: panel.form.row(PATH).state is RowState.ACTIVE)
    assert text_of(panel, PATH) == "0.02"

    row, selection = panel.form.row(PATH), window.session.selection
    selection.select_neuron(3)
    type_in(panel, qtbot, PATH, "0.5")
    qtbot.keyClick(row.editor, Qt.Key.Key_Escape)  # handled by the field, although it also clears the selection
    assert (text_of(panel, PATH), selection.neuron) == ("0.02", 3)

    qtbot.keyClick(row.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    waits(qtbot, window.actions_["redo"].isEnabled)
    assert dict(live.changes[-1][1]) == {PATH: (0.02, 0.01)}
    waits(qtbot, lambda: row.state is RowState.ACTIVE and text_of(panel, PATH) == "0.01")  # drawn at intervals
    assert not undo.isEnabled()

    parent = not_none(window.session.folder)
    panel.way.way.setCurrentIndex(1)
    enter(panel, qtbot, PATH, "0.05")
    session = window.session
    waits(qtbot, lambda: session.folder is not None and session.folder.path != parent.path)
    session.request("pace", seconds=0.2)
    assert_kept(window, qtbot, "parent at ", held)
    waits(qtbot, lambda: session.live.state is State.RUNNING)
    assert dict(session.live.changes[-1][1]) == {PATH: (0.01, 0.05)}
    waits(qtbot, lambda: panel.form.sections and text_of(panel, PATH) == "0.05")
    waits(qtbot, lambda: [overlay.name for overlay in curves.overlays.shown()] == [parent.path.name])
    assert len(curves.overlays.shown()[0].blocks) > 1

    weights = panel_of(window, WeightMap)
    assert weights.sources.follows == parent.path
    (sentence,) = [one for one in said if "weight map shows their difference" in one]
    assert parent.path.name in sentence
    waits(qtbot, lambda: weights.sources.reference is not None)
    assert weights.sources.reference.position <= session.live.position
    waits(qtbot, lambda: weights.summary().startswith(f"Difference from {parent.path.name} at "))
    weights.sources.compare_with_nothing()
    assert weights.sources.follows is None

    stop(session, qtbot)
    last = session.live.network["position"]
    session.resume()
    assert_kept(window, qtbot, f"as of {thousands(last)}", held)
    waits(qtbot, lambda: session.live.network["position"] > last)
    assert [overlay.name for overlay in curves.overlays.shown()] == [parent.path.name]

    open_run(window, qtbot, finished_run.path)
    assert not len(curves.overlays)  # the parent's curves were removed with the branch


def assert_kept(window: MainWindow, qtbot: QtBot, of: str, held: list[subprocess.Popen[bytes]]) -> None:
    """The last frames stay, with a label, until the new process has built its network."""
    kept = [window.train.panels[key] for key in ("weight-map", "raster")]
    waits(qtbot, lambda: all(panel.as_of.text().startswith(of) for panel in kept))
    assert window.session.state is State.BUILDING
    for panel in kept:
        assert panel.has_content()
        assert panel.body.isVisible()
    while held:
        held.pop().send_signal(signal.SIGCONT)
    waits(qtbot, lambda: not any(panel.as_of.isVisible() for panel in kept))
