"""Thresholds and potentials of discrete neurons, which have no unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frames import N_BINS, frame, give
from pytestqt.qtbot import QtBot
from synthetic import N_EXC, block, experiment, presentation, redraw, session, show

from stdpbench.declare.learned_names import THETA
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.usefixtures("unlimited_redraws")


@pytest.fixture
def discrete(tmp_path: Path) -> RunSession:
    made = session(tmp_path, (4, block(theta=21.5)), of=experiment().override({"exc.kind": "adaptive-lif-discrete"}))
    made.live.network["learned"][THETA] = np.linspace(20.0, 26.0, N_EXC)
    made.selection.neuron = 2
    made.live.presentation = presentation(0, [0, 0, 0, 0, 0, 7, 14])
    made.changed.emit({"started", "network", "presentation"})
    return made


def test_the_histogram_of_thresholds(discrete: RunSession, qtbot: QtBot) -> None:
    panel = show(Thresholds(discrete), qtbot)
    assert "theta 23.00 (20.00 to 26.00)" in panel.summary()
    table = not_none(panel.table())
    assert (table[0][1], table[1][2][1]) == ("theta", 22.0)


def test_the_neuron(discrete: RunSession, qtbot: QtBot) -> None:
    panel = show(NeuronInspector(discrete), qtbot)
    assert panel.summary() == "Neuron 2: theta 22.00."
    ramp = np.linspace(-1.0, 4.0, N_BINS)[:, None]
    names = ("v", "theta", "I_exc", "I_inh")
    give(discrete, frame(4, recording={"neurons": np.array([2]), **dict.fromkeys(names, ramp)}))
    redraw(panel)
    assert panel.summary().endswith("v ranged from -1.0 to 4.0.")
    table = not_none(panel.table())
    assert table[0] == ("time (ms)", "v", "threshold", "I_exc", "I_inh")
    assert table[1][0][1:] == (-1.0, 19.0, -1.0, -1.0)
    figure = not_none(panel.figure())
    assert [plot["label"] for plot in figure["parts"][1]["plots"]] == ["potential", "input"]
