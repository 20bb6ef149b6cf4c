"""Raster, stimulus, neuron and slow motion panels of an active run, which is started once for all tests."""

from __future__ import annotations

import numpy as np
from parts_of_window import panel_of, stop, to_front
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.declare.learned_names import FEED
from stdpbench.experiment import read_experiment
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.widgets.basic import not_none


def test_watch_inspect_and_see_stdp(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    raster, stimulus, neuron, slow = (
        panel_of(window, Raster),
        panel_of(window, Stimulus),
        panel_of(window, NeuronInspector),
        panel_of(window, SlowMotionPanel),
    )
    window.train.arrange("Inspect")
    small = {"network.n_exc": 12, "schedule.train_images": 60, "schedule.passes": 2000}
    window.run_experiment(read_experiment("digits").override(small))
    waits(qtbot, lambda: len(raster.strips) > 3 and session.split is not None)
    assert all(strip.skipped >= 0 for strip in raster.strips[1:])
    waits(qtbot, lambda: "of the last" in stimulus.summary())
    assert stimulus.verdict.text()[0] in "✓✗"

    busiest = int(np.bincount(session.live.presentation["spikes"]["exc"][0], minlength=1).argmax())
    session.selection.select_neuron(busiest)
    waits(qtbot, lambda: neuron._courses is not None)
    assert -110 < neuron._courses.v.min() < neuron._courses.v.max() < 0
    assert neuron.bars.shown[0]

    neuron.hide()
    to_front(slow)
    waits(qtbot, lambda: slow.isVisible() and slow.player.play.isEnabled())
    slow.player.play.click()
    waits(qtbot, lambda: slow.player.playing)
    assert session.state is State.PAUSED
    moment = not_none(slow.moment)
    np.testing.assert_allclose(moment.replay.end, session.live.learned(FEED)[:, busiest], atol=1e-6)

    slow.hunt.click()
    waits(qtbot, lambda: slow.moment is not moment and slow.player.playing)
    assert len(slow.moment.output)
    assert slow.moment.courses is not None
    slow.player.stop()
    slow.player.go(0)
    stop(session, qtbot)
    assert session.state is State.STOPPED
    waits(qtbot, lambda: not slow.next.isEnabled())
    assert slow.moment is not None  # it can still be shown
