"""The preview of an encoding in the form of a new run, and in the Parameters panel of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from synthetic import session, show
from waiting import kept, waits

from stdpbench.experiment import read_experiment
from stdpbench.runs.queue.new_run import NewRun
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.look import theme
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> ParametersPanel:
    return show(ParametersPanel(session(tmp_path)), qtbot, (460, 480))


@pytest.fixture
def form(qtbot: QtBot, tmp_path: Path) -> NewRunForm:
    digits = read_experiment("digits")
    form = kept(NewRunForm(NewRun.of(digits, "digits"), session(tmp_path), tmp_path / "runs", None), qtbot)
    form.show()
    return form


def test_parameters_move_and_the_spikes_follow(form: NewRunForm, qtbot: QtBot) -> None:
    preview = form.preview
    waits(qtbot, lambda: preview.shown is not None and not preview.busy)
    assert preview.view.isVisible()
    assert preview.shown.shown.n_input == 784  # the session has stimuli of these data
    form.set_value("network.n_exc", 200)
    light = preview.view.still.grab().toImage()
    theme.apply("dark")
    form.restyle()
    assert preview.view.still.grab().toImage() != light, "drawn in the colours of the theme"
    qtbot.wait(1)
    assert form.form.row("network.n_exc").name.font().bold(), "what is not default stays bold"
    theme.apply("light")
    form.restyle()
    form.set_value("encoding.kind", "latency")
    waits(qtbot, lambda: preview.shown is not None and preview.shown.shown.fires_once)
    form.set_value("encoding.duration", "80 ms")
    waits(qtbot, lambda: not preview.busy)
    assert preview.shown.shown.first[~(preview.shown.shown.counts == 0)].max() < 80
    before = preview.shown
    preview.number.setValue(4)
    waits(qtbot, lambda: preview.shown is not before and not preview.busy)
    form.set_value("encoding.duration", "900 ms")
    assert "must be at most" in form.problem.text()  # the form says why; what is drawn stays
    qtbot.wait(200)
    assert preview.view.isVisible()
