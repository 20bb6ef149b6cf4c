"""The curves of a stream, and the other panels beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from parts_of_window import draw_every_panel, open_run, panel_of
from PyQt6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot
from synthetic import draw_chosen, draw_resized, is_complete, redraw, session, show
from waiting import waits

from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import ParametersChanged, Piece, Record
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.session.overlays import Overlay
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.button_row import ActionButton

STREAM = """
name = "listening"
[data]
kind = "poisson"
n = 60
rate = "30 Hz"
[network]
kind = "graph"
[network.populations.input]
[network.populations.cells]
size = 6
neuron = { kind = "lif" }
[network.projections.feed]
source = "input"
target = "cells"
receptor = "ge"
weight = { kind = "uniform", low = 0.1, high = 0.9 }
plasticity = { kind = "pair-additive" }
[schedule]
between = "stream"
duration = "4000 s"
piece = "0.5 s"
"""


def piece(number: int, *, patterns: bool) -> Piece:
    shown = ((0.5 * number, 0, (4.0 + number, None)),) if patterns else ()
    cv = None if number < 2 else 0.8
    rates = {"exc": 10.0 + number, "inh": 5.0}
    weights = {"feed": (10, *[0] * 18, 30)}
    synchrony, alarms = {"exc": 0.2, "inh": None}, (1, 0) if patterns else ()
    gamma = {"exc": 0.5 * number, "inh": 0.0}
    return Piece(rates, {"exc": cv, "inh": cv}, synchrony, weights, shown, alarms, {"exc": None, "inh": None}, gamma)


@pytest.fixture(params=[True, False])
def panel(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Curves:
    made = session(tmp_path, *[(number, piece(number, patterns=request.param)) for number in range(1, 9)])
    made.live.started.experiment["schedule"]["piece"] = "0.5 s"  # type: ignore[index,union-attr]
    return show(Curves(made), qtbot, (480, 500))


def test_is_complete(panel: Curves) -> None:
    is_complete(panel)
    start = "At 4 s: exc 18.0 Hz, irregularity 0.80, synchrony 0.20, at 30–70 Hz 4.00; inh 5.0 Hz"
    assert panel.summary().startswith(start)
    assert panel.figure() is not None


def test_draws_rates_over_time(panel: Curves) -> None:
    assert (panel.shown[0].title, panel.shown[-1].plot.getAxis("bottom").labelText) == ("rate (Hz)", "time (s)")
    x, y = panel.plots[0].data("exc")
    assert x == [0.5 * number for number in range(1, 9)]
    assert y == [10.0 + number for number in range(1, 9)]
    draw_chosen(panel, 1, "cv")
    assert len(panel.plots[1].data("exc")[0]) == 7


def test_the_second_plot_shows_latencies_or_weights(panel: Curves) -> None:
    plot = panel.plots[1]
    if panel.session.live.pieces[1].occurrences:
        assert plot.data("each answer")[1] == [4.0 + number for number in range(1, 9)]
        draw_chosen(panel, 1, "weights")
    np.testing.assert_allclose(plot.data("feed")[1], (10 * 0.025 + 30 * 0.975) / 40)


def test_expected_values_and_histograms_of_weights_are_drawn(panel: Curves) -> None:
    panel.session.live.started.experiment["about"] = {"expected": [["rate.exc", 14.0], ["latency", 6.5]]}  # type: ignore[union-attr]
    panel.resize(480, 900)
    draw_chosen(panel, 2, "weights")
    rate, _, weights = panel.shown
    assert rate.level == 14.0
    assert weights.level is None
    (image,) = [item for item in weights.plot.items if isinstance(item, pg.ImageItem)]
    assert image.isVisible()
    assert (image.image**2).sum(axis=1) == pytest.approx(1)
    if panel.session.live.pieces[1].occurrences:
        draw_chosen(panel, 1, "answers")
        assert panel.shown[1].level == 6.5
    change = ParametersChanged({"network.projections.feed.plasticity.a_plus": (0.005, 0.01)})
    panel.session.live.take_record(Record(99, 8, "", change))
    redraw(panel)
    assert panel.shown[0].level is None  # a run that was changed is another experiment


def test_rhythms_can_be_chosen_where_they_are_defined(panel: Curves) -> None:
    panel.as_grid.setChecked(True)
    draw_resized(panel, 1500, 500)
    titles = [plot.title for plot in panel.shown]
    assert titles[-1] == "power at 30–70 Hz (1: no rhythm)"
    assert not any("2–4 Hz" in title for title in titles)  # not in pieces of half a second
    gamma = panel.grid["gamma"]
    np.testing.assert_allclose(gamma.data("exc")[1], np.log10(0.5 * np.arange(1, 9)))
    assert gamma.data("inh") == ([], [])  # 0 has no logarithm
    low, high = gamma.plot.getViewBox().viewRange()[1]
    assert low < np.log10(0.5)
    assert high > np.log10(4.0)
    table = not_none(panel.table())
    assert "gamma.exc" in table[0]


def test_what_one_neuron_cannot_have_is_not_offered(panel: Curves) -> None:
    live = panel.session.live
    for number, one in list(live.pieces.items()):
        live.pieces[number] = replace(one, synchrony={"exc": None, "inh": None}, gamma={})
    panel.as_grid.setChecked(True)
    draw_resized(panel, 1500, 500)
    titles = {plot.title for plot in panel.shown} - {"latency of answers (ms)"}
    assert titles == {"rate (Hz)", "irregularity (CV of intervals)", "weights / w_max"}


def test_another_stream_is_drawn_beside_by_name(panel: Curves, tmp_path: Path) -> None:
    patterns = bool(panel.session.live.pieces[1].occurrences)
    live = LiveRun(pieces={number: piece(number + 90, patterns=patterns) for number in range(1, 13)})
    panel.overlays.add(Overlay("another", {}, None, 2, live))
    redraw(panel)
    rate, last = panel.plots[:2]
    x, y = rate.data("another")
    assert (len(x), max(y)) == (12, 10.0 + 102)
    assert rate.plot.getViewBox().viewRange()[1][1] > 112
    assert len(rate.data("this run")[0]) == 8
    assert rate.data("inh") == ([], [])  # one line of each run
    assert max(last.data("another")[1]) == (4.0 + 102 if patterns else pytest.approx(0.7375))
    assert "another" in panel.runs.toPlainText()
    looks = {item.opts["symbol"] for item in last._items.values()}
    assert looks == ({"o", "d"} if patterns else {None})
    panel.session.selection.population = "inh"
    redraw(panel)
    assert max(rate.data("another")[1]) == 5.0
    panel.overlays.clear()
    redraw(panel)
    assert rate.data("another") == ([], [])
    assert len(rate.data("exc")[0]) == 8


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_the_app_follows_a_stream(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> None:
    session = window.session
    curves = panel_of(window, Curves)
    window.run_experiment(Experiment.from_toml(STREAM))
    waits(qtbot, lambda: len(session.live.pieces) > 3)
    before = panel_of(window, Stimulus)
    waits(qtbot, lambda: before.isHidden() and not window.train.panels["raster"].visibleRegion().isEmpty())
    for layout in ("Watch", "Inspect"):
        window.train.arrange(layout)
        n = len(session.live.pieces)
        waits(qtbot, lambda n=n: len(session.live.pieces) > n + 2)  # type: ignore[misc]
    confusion = window.train.panels["confusion"]
    assert confusion.isHidden(), "a stream has no labels"
    assert not confusion.toggleViewAction().isEnabled()
    offered = [button.text() for button in window.train.bar.findChildren(ActionButton) if button.isVisible()]
    assert not {"Draw a digit", "Evaluate"} & set(offered)
    session.selection.select_neuron(2)
    draw_every_panel(window, qtbot)
    window.train.arrange("Watch")
    waits(qtbot, lambda: "cells" in curves.summary())
    metrics = QFontMetrics(theme.font_of(curves, bold=True))
    titles = [plot.chooser for plot in curves.shown]
    assert all(title.width() > metrics.horizontalAdvance(title.text()) for title in titles), "none is cut off"
    window.train.arrange_for_now("Learn")
    client = session._client
    session.request("stop")
    waits(qtbot, lambda: session.state is State.STOPPED)
    if client is not None:
        client.wait_for_process(60)
    open_run(window, qtbot, finished_run.path)
    assert not window.train.panels["parameters"].isHidden(), "Learn shows them, Watch does not"
