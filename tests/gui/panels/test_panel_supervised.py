"""The curves of a run that is trained with labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from synthetic import block, draw_chosen, is_complete, redraw, session, show

from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.protocol.facts import HeldOut, Taught
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.overlays import Overlay


def part(number: int) -> Taught:
    values = {"gradient": 2.0 / number, "exc.spikes": 20.0 + number}
    values |= {"exc.gradient": 1.0 / number, "exc.dead": 0.1, "exc.always": 0.01 * number}
    return Taught(100, 1.0 / number, 0.8 + 0.01 * number, values)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Curves:
    made = session(tmp_path, *[(100 * number, part(number)) for number in range(1, 9)])
    return show(Curves(made), qtbot, (900, 500))


def test_loss_and_accuracy_are_drawn_and_called_supervised(panel: Curves) -> None:
    is_complete(panel)
    assert [plot.title for plot in panel.shown] == ["supervised accuracy (%)", "loss"]
    x, y = panel.plots[0].data("training pictures")
    assert x == [100.0 * number for number in range(1, 9)]
    np.testing.assert_allclose(y, 80 + np.arange(1, 9))
    np.testing.assert_allclose(panel.plots[1].data("training pictures")[1], 1 / np.arange(1, 9))
    panel.choose(0, "gradient")
    draw_chosen(panel, 1, "spikes")
    np.testing.assert_allclose(panel.plots[0].data("training pictures")[1], 2 / np.arange(1, 9))
    np.testing.assert_allclose(panel.plots[1].data("training pictures")[1], 20 + np.arange(1, 9))
    panel.choose(0, "of_layer")
    draw_chosen(panel, 1, "always")
    np.testing.assert_allclose(panel.plots[1].data("training pictures")[1], np.arange(1, 9))
    assert panel.summary() == (
        "Supervised, at training presentation 800: loss 0.125, 88.0 % of the last 100 training pictures correct."
    )
    names, rows = panel.table() or ([], [])
    assert names[:5] == ["position", "loss", "accuracy", "gradient", "exc.spikes"]
    assert len(rows) == 8
    assert panel.figure() is not None


def test_accuracy_on_pictures_left_out_is_drawn_beside_it(panel: Curves) -> None:
    live = panel.session.live
    values = {**dict.fromkeys(MEASURES), "accuracy_vote": 0.75}
    live.held_out |= {at: HeldOut(60, "spare", values) for at in (0, 800)}
    panel.mark_dirty()
    redraw(panel)
    x, y = panel.plots[0].data("held-out pictures")
    assert (x, y) == ([0.0, 800.0], [75.0, 75.0])
    assert "on 60 held-out pictures at 800: vote 75.0 %" in panel.summary()


def test_only_runs_with_labels_are_drawn_over_it(panel: Curves) -> None:
    panel.overlays.add(Overlay("unsupervised", {10: block()}, None))
    panel.overlays.add(Overlay("supervised", {}, None, live=LiveRun(taught={100: part(4), 200: part(5)})))
    redraw(panel)
    assert "supervised" in panel.runs.toPlainText()
    assert "unsupervised" not in panel.runs.toPlainText()
    assert panel.plots[1].data("supervised")[1] == [1 / 4, 1 / 5]
