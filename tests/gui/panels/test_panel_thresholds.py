from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from synthetic import is_complete, presentation, redraw, session, show

from stdpbench.declare.learned_names import THETA
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Thresholds:
    panel = Thresholds(session(tmp_path))
    panel.session.live.presentation = presentation(0, [0, 0, 0, 0, 0, 7, 14])
    show(panel, qtbot)
    return panel


def test_is_complete(panel: Thresholds) -> None:
    is_complete(panel)
    assert panel.summary().startswith("theta 23.00 mV (20.00 to 26.00) · 1 of 7 neurons never fired")


def test_neurons_that_never_fired_are_counted_not_guessed(panel: Thresholds) -> None:
    """The threshold of a neuron that fired has decayed below the start value; a run without counts makes no claim."""
    network = panel.session.live.network
    theta, spikes = np.array([15, 19, 19, 19, 19, 19, 19]) * 1e-3, np.array([4, 2, 1, 1, 1, 3, 9])
    panel.session.live.network = {**network, "learned": {**network["learned"], THETA: theta}, "total_spikes": spikes}
    redraw(panel)
    assert "0 of 7 neurons never fired" in panel.summary()
    panel.session.live.network = {**network, "total_spikes": None}
    redraw(panel)
    assert "which neurons never fired is not known" in panel.numbers.text()


def test_rates_are_spikes_per_time_of_the_stimulus(panel: Thresholds) -> None:
    for number in (10, 20, 20):  # the same presentation counts once
        panel.session.live.presentation = presentation(number, [7, 0, 0, 0, 0, 7, 7])
        redraw(panel)
    rates = panel._values()
    assert rates[5] == pytest.approx(7 / 0.35)
    assert rates[0] == pytest.approx(14 / 3 / 0.35)
    assert "about one in 10" in panel.summary()
    assert not_none(panel.table())[1][5][2] == 7
    panel.what.setCurrentIndex(1)
    assert sorted(panel._values().tolist()) == [21.0, 21.0, 21.0]


def test_the_neuron_that_is_selected_is_marked(panel: Thresholds) -> None:
    assert not panel.theta_plot.selected.isVisible()
    panel.session.selection.select_neuron(6)
    redraw(panel)
    assert panel.theta_plot.selected.isVisible()
    assert panel.theta_plot.selected.value() == pytest.approx(26.0)
