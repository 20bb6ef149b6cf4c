"""The Network panel: the diagram of the run, its rates, and what a choice in it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from frames import draw_frame
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from synthetic import N_EXC, is_complete, presentation, redraw, session, show

from stdpbench.experiment import Experiment
from stdpbench_gui.panels.network import NetworkPanel
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

NONE = np.zeros(0, np.int32), np.zeros(0, np.int32)


@pytest.fixture
def layers(tmp_path: Path) -> RunSession:
    """A run of the network with an inhibitory layer."""
    made = session(tmp_path)
    made.live.started.experiment["network"]["inhibition"] = "layer"
    made.changed.emit({"network"})
    return made


@pytest.fixture
def panel(layers: RunSession, qtbot: QtBot) -> NetworkPanel:
    return show(NetworkPanel(layers), qtbot, (760, 260))


def frame(number: int, n: int) -> dict[str, object]:
    exc = np.arange(n, dtype=np.int32) % N_EXC, np.zeros(n, np.int32)
    return dict(presentation(number, [n] * N_EXC, spikes={"input": NONE, "exc": exc, "inh": NONE}))


def test_contract_of_the_panel(panel: NetworkPanel) -> None:
    assert panel.has_content()
    is_complete(panel)
    assert panel.diagram.items.keys() == {"input", "exc", "inh", "feed", "drive", "compete"}


def test_rates_are_those_of_the_received_presentations_or_none(panel: NetworkPanel) -> None:
    assert "Hz" not in panel.summary()
    draw_frame(panel, frame(4, 7))
    assert "exc 2.86 Hz" in panel.summary()  # one spike of each in 350 ms
    draw_frame(panel, frame(9, 21))
    table = not_none(panel.table())
    assert ("population", "inh", "rate (Hz), mean of 2 received presentations, to 9", 0.0) in table[1]
    spec = not_none(panel.figure())
    assert "5.71 Hz" in [text for box in spec["boxes"] for text in box["texts"]]
    panel.reset()
    panel.session.live.presentation = {}
    redraw(panel)
    assert "Hz" not in str(panel.figure())


def test_a_choice_shows_the_population_and_the_projection(panel: NetworkPanel, qtbot: QtBot) -> None:
    selection, items = panel.session.selection, panel.diagram.items
    weights = show(WeightMap(panel.session), qtbot)
    assert weights.has_content()

    def choose(name: str) -> tuple[str, str, frozenset[str]]:
        qtbot.mouseClick(items[name], Qt.MouseButton.LeftButton)
        redraw(panel)
        redraw(weights)
        assert {each for each, item in items.items() if item.isChecked()} == panel.diagram.selected
        return selection.population, selection.projection, panel.diagram.selected

    assert choose("feed") == ("exc", "feed", {"exc", "feed"})
    selection.select_neuron(3)
    assert (choose("inh"), (selection.neuron, weights.has_content())) == (("inh", "", {"inh"}), (-1, False))
    assert choose("compete") == ("exc", "feed", {"exc", "compete"})  # its weights cannot be shown
    assert weights.has_content()
    assert choose("drive") == ("inh", "", {"inh", "drive"})
    assert choose("input") == ("inh", "", {"inh", "input"})  # which has no neurons to show
    selection.select_read_neuron(2)
    assert (selection.population, selection.projection, selection.neuron) == ("exc", "feed", 2)
    redraw(panel)
    assert panel.diagram.selected == {"exc", "feed"}


def test_a_network_without_input_has_a_raster_and_no_stimulus(qtbot: QtBot, tmp_path: Path) -> None:
    balanced = Experiment.from_mapping(
        {
            "data": {"kind": "none"},
            "network": {"kind": "balanced", "n_exc": N_EXC, "n_inh": 2, "p": 0.5},
            "schedule": {"between": "stream", "duration": "20 s", "piece": "0.5 s"},
        }
    )
    made = session(tmp_path)
    assert made.live.started is not None
    made.live.started = replace(made.live.started, experiment=balanced.to_mapping())
    made.live.network = {}
    made.changed.emit({"network"})
    exc = np.arange(7, dtype=np.int32) % N_EXC, np.zeros(7, np.int32)
    made.live.presentation = frame(4, 7) | {
        "spikes": {"exc": exc, "inh": (np.array([1], np.int32), np.array([5], np.int32))},
        "image": 4,
        "attempts": 1,
        "n_bins": 5000,
        "stimulus_bins": 5000,
    }
    panel, raster, stimulus = NetworkPanel(made), Raster(made), Stimulus(made)
    for each in (panel, raster, stimulus):
        show(each, qtbot)
        redraw(each)
        assert "Cannot draw" not in each.accessibleDescription()
    assert "exc 2.00 Hz and inh 1.00 Hz" in panel.summary()
    seen = "Stream, 0 to 2.5 s, of which 2 s were not seen (hatched)"
    assert raster.summary() == f"{seen}: 7 exc and 1 inh spikes."
    assert stimulus.summary() == "This network has no input, so there is no stimulus to show."
    assert stimulus.table() is None
