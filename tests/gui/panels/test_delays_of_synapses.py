"""Axonal delays in the panels: their map and histogram, and spikes on their way in slow motion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frames import frame, give, pair
from pytestqt.qtbot import QtBot
from synthetic import redraw, session, show
from waiting import waits

from stdpbench.engine.network import delays_of
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.slow_motion import slow_motion
from stdpbench.runs.folder.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.protocol.states import State
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

N_INPUT, N = 64, 4
EXPERIMENT: dict[str, Any] = {
    "name": "delays",
    "data": {"kind": "digits"},
    "network": {
        "kind": "graph",
        "populations": {"input": {}, "exc": {"size": N, "neuron": {"kind": "adaptive-lif"}}},
        "projections": {
            "feed": {
                "source": "input",
                "target": "exc",
                "receptor": "ge",
                "weight": {"kind": "uniform"},
                "delay": {"kind": "uniform", "high": "10 ms"},
                "plasticity": {"kind": "pair-additive"},
                "delay_plasticity": {"kind": "delay-shift"},
            },
            "fixed": {
                "source": "input",
                "target": "exc",
                "receptor": "ge",
                "weight": {"kind": "uniform"},
                "delay": {"kind": "uniform", "high": "5 ms"},
                "plasticity": {"kind": "pair-additive"},
            },
            "prompt": {
                "source": "exc",
                "target": "exc",
                "receptor": "gi",
                "weight": {"kind": "uniform"},
                "plasticity": {"kind": "pair-additive"},
            },
        },
    },
}


@pytest.fixture
def made(tmp_path: Path) -> RunSession:
    opened, random = session(tmp_path, of=Experiment.from_mapping(EXPERIMENT)), np.random.default_rng(1)
    assert opened.live.started is not None
    opened.live.started = replace(opened.live.started, shape=(8, 8))
    learned = {
        "feed.w": random.random((N_INPUT, N), np.float32),
        "feed.d": np.float32(20e-3) * random.random((N_INPUT, N), np.float32),
        "fixed.w": random.random((N_INPUT, N), np.float32),
        "prompt.w": random.random((N, N), np.float32),
        "exc.theta": np.linspace(0.02, 0.03, N),
    }
    opened.live.network = {"position": 8, "learned": learned, "total_spikes": np.arange(N)}
    opened.changed.emit({"network", "state"})
    return opened


def test_the_map_shows_delays_in_place_of_weights(made: RunSession, qtbot: QtBot) -> None:
    panel = show(WeightMap(made), qtbot, (900, 700))
    redraw(panel)
    assert panel.quantity.isVisible()
    weights = panel.mosaic.image.values.copy()
    panel.quantity.setCurrentText("delays")
    redraw(panel)
    delays = made.live.network["learned"]["feed.d"] * 1e3
    left, top = panel.mosaic.corner(2)
    np.testing.assert_allclose(
        panel.mosaic.image.values[top : top + 8, left : left + 8].ravel(), delays[:, 2], rtol=1e-5
    )
    assert not np.array_equal(panel.mosaic.image.values, weights, equal_nan=True)
    waits(qtbot, lambda: 15 < panel.levels.curve.getData()[1].max() <= 20)  # the histogram
    assert panel.levels.curve.getData()[0].max() == 1
    # they follow the run
    made.live.network = {**made.live.network, "learned": {**made.live.network["learned"], "feed.d": delays * 0.5e-3}}
    made.changed.emit({"network"})
    redraw(panel)
    np.testing.assert_allclose(
        panel.mosaic.image.values[top : top + 8, left : left + 8].ravel(), delays[:, 2] / 2, rtol=1e-5
    )


def test_delays_that_do_not_learn_are_those_that_are_drawn(made: RunSession, qtbot: QtBot) -> None:
    panel = show(WeightMap(made), qtbot, (900, 700))
    panel.quantity.setCurrentText("delays")
    made.selection.choose("fixed")
    waits(qtbot, lambda: panel.sources.now() is not None)
    redraw(panel)
    graph = Experiment.from_mapping(EXPERIMENT).graph(8, 8)
    left, top = panel.mosaic.corner(1)
    np.testing.assert_allclose(
        panel.mosaic.image.values[top : top + 8, left : left + 8].ravel(), delays_of(graph, "fixed")[:, 1] * graph.dt
    )
    messages: list[str] = []
    made.message.connect(messages.append)
    panel.sources.compare_with_start()
    assert messages == ["The delays of fixed do not learn, so there is no difference to show."]
    made.selection.choose("prompt")
    redraw(panel)
    assert not panel.quantity.isVisible()  # without delays, weights are shown
    assert panel.sources.shown() is not None
    assert panel.levels.getAxis("left").labelText == "weight"


def test_delays_of_a_checkpoint_and_their_difference(made: RunSession, qtbot: QtBot) -> None:
    learned, folder = made.live.network["learned"], not_none(made.folder)
    state = {name: np.asarray(array, np.float64) for name, array in learned.items()}
    state["feed.d"] = np.full((N_INPUT, N), 5e-3)
    write_checkpoint(folder.path, Checkpoint(4, 1, {}, 0.0, 0, {}, state, {}))
    panel = show(WeightMap(made), qtbot, (900, 700))
    panel.quantity.setCurrentText("delays")
    panel.sources.compare_with_checkpoint(4)
    waits(qtbot, lambda: panel.sources.reference is not None)
    redraw(panel)
    left, top = panel.mosaic.corner(0)
    np.testing.assert_allclose(
        panel.mosaic.image.values[top : top + 8, left : left + 8].ravel(), learned["feed.d"][:, 0] * 1e3 - 5, atol=1e-4
    )


def test_slow_motion_shows_spikes_on_their_way(made: RunSession, qtbot: QtBot) -> None:
    panel = show(SlowMotionPanel(made), qtbot, (900, 700))
    made.live.network["learned"]["feed.d"][7, 2] = 6.2e-3  # 12 steps
    made.live.state, made.live.progress = State.PAUSED, {"phase": "train", "done": 8, "total": 40}
    shown = frame(8, exc=pair((2, 130)), input=pair((7, 100), (9, 300)), plastic=["feed", "fixed", "prompt"])
    made.selection.select_neuron(2)
    give(made, shown)
    redraw(panel)
    waits(qtbot, lambda: panel.moment is not None)
    redraw(panel)
    if panel.pixel != 7:
        panel._pick(0, 7)
    spikes = panel.plots.spikes
    for step, end, arrived in ((99, None, 0), (105, 106 * 0.5, 0), (111, 112 * 0.5, 0), (113, 112.5 * 0.5, 1)):
        panel.player.go(step)
        x, y = spikes._ways["mine"].getData()
        assert (x is None or not len(x)) if end is None else x.tolist() == [100.5 * 0.5, end]
        points, _ = spikes._arrived.getData()
        assert (0 if points is None else len(points)) == arrived
    assert y.tolist() == [1 - 7.5 / N_INPUT] * 2
    assert "Delays are those after the presentation" in panel.about.text()


def test_arrivals_follow_from_the_delays_before_the_presentation(made: RunSession) -> None:
    network = {**made.live.network, "position": 9}
    before = {**made.live.network, "learned": dict(network["learned"]), "position": 8}
    before["learned"]["feed.d"] = np.full((N_INPUT, N), 3e-3, np.float32)
    shown = frame(8, exc=pair((2, 130)), input=pair((7, 100)), plastic=["feed"])
    moment = slow_motion(
        Experiment.from_mapping(EXPERIMENT), shown, network, 2, earlier={}, before=before, projection="feed"
    )
    assert moment.arrivals().tolist() == [106]
    assert not any("Delays are those after" in remark for remark in moment.remarks)
