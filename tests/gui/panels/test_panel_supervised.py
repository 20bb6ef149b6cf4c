"""The curves of a run that is trained with labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show

from stdpbench.runs.protocol.taught import Taught
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.overlays import Overlay


def part(number: int) -> Taught:
    values = {"gradient": 2.0 / number, "exc.spikes": 20.0 + number}
    return Taught(100, 1.0 / number, 0.8 + 0.01 * number, values)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Curves:
    panel = Curves(session(tmp_path, *[(100 * number, part(number)) for number in range(1, 9)]))
    show(panel, qtbot, (900, 500))
    return panel


def test_loss_and_accuracy_are_drawn_and_called_supervised(panel: Curves) -> None:
    is_complete(panel)
    x, y = panel.curves["vote"].getData()
    assert x.tolist() == [100.0 * number for number in range(1, 9)]
    np.testing.assert_allclose(y, 80 + np.arange(1, 9))
    np.testing.assert_allclose(panel.curves["theta"].getData()[1], 1 / np.arange(1, 9))
    np.testing.assert_allclose(panel.curves["spikes"].getData()[1], 20 + np.arange(1, 9))
    titles = [plot.title_text for plot in panel._placed]
    assert titles == [*("supervised accuracy (%)", "exc spikes per picture", "loss", "length of the gradient")]
    assert panel.summary() == (
        "Supervised, at training presentation 800: loss 0.125, 88.0 % of the last 100 training pictures correct."
    )
    names, rows = panel.table() or ([], [])
    assert names == ["position", "loss", "accuracy", "gradient", "exc.spikes"]
    assert len(rows) == 8
    assert panel.figure() is not None


def test_a_run_without_labels_is_not_drawn_over_it(panel: Curves, tmp_path: Path) -> None:
    panel.overlays.add(Overlay("unsupervised", {}, None))
    redraw(panel)
    assert not panel._others
