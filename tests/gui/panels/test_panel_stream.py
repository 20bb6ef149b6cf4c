"""The curves of a stream, and the other panels beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show

from stdpbench.experiment import Experiment
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.pieces import Piece
from stdpbench.runs.protocol.states import State
from stdpbench.simulators import find_compiler
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.overlays import Overlay

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
    panel = Curves(made)
    show(panel, qtbot)
    return panel


def test_is_complete(panel: Curves) -> None:
    is_complete(panel)
    start = "At 4 s: exc 18.0 Hz, irregularity 0.80, synchrony 0.20, at 30–70 Hz 4.00; inh 5.0 Hz"
    assert panel.summary().startswith(start)
    assert panel.figure() is not None


def test_draws_rates_over_time(panel: Curves) -> None:
    x, y = panel.stream._items["rate.exc"].getData()
    assert x.tolist() == [0.5 * number for number in range(1, 9)]
    assert y.tolist() == [10.0 + number for number in range(1, 9)]
    assert len(panel.stream._items["cv.exc"].getData()[0]) == 7
    assert {plot.title_text for plot in panel._placed} >= {"rate (Hz)", "synchrony"}


def test_the_last_plot_shows_latencies_or_weights(panel: Curves) -> None:
    title = panel.stream.plots["last"].title_text
    if panel.session.live.pieces[1].occurrences:
        assert "latency" in title
        assert panel.stream._items["last.latency"].getData()[1].tolist() == [4.0 + number for number in range(1, 9)]
    else:
        assert "weight" in title
        np.testing.assert_allclose(panel.stream._items["last.feed"].getData()[1], (10 * 0.025 + 30 * 0.975) / 40)


def test_rhythms_are_drawn_where_they_are_defined(panel: Curves, qtbot: QtBot) -> None:
    panel.resize(1500, 500)
    qtbot.waitUntil(lambda: panel.graphics.width() > 1400)
    redraw(panel)
    titles = [plot.title_text for plot in panel._placed]
    assert titles[-1] == "power, 30–70 Hz"
    assert len(titles) == 5  # no power at 2 to 4 Hz in pieces of half a second
    gamma = panel.stream.plots["gamma"]
    np.testing.assert_allclose(panel.stream._items["gamma.exc"].getData()[1], np.log10(0.5 * np.arange(1, 9)))
    assert panel.stream._items["gamma.inh"].getData()[1] is None  # 0 has no logarithm
    low, high = gamma.getViewBox().viewRange()[1]
    assert low < np.log10(0.5)
    assert high > np.log10(4.0)
    panel.stream.choose("synchrony", False)
    redraw(panel)
    assert "synchrony" not in [plot.title_text for plot in panel._placed]
    panel.resize(360, 240)
    qtbot.waitUntil(lambda: panel.graphics.width() < 400)
    redraw(panel)
    assert gamma in panel._placed  # in the place of what was not chosen
    panel.stream.choose("synchrony")
    redraw(panel)
    assert gamma not in panel._placed
    table = panel.table()
    assert table is not None
    assert "gamma.exc" in table[0]


def test_what_one_neuron_cannot_have_takes_no_room(panel: Curves) -> None:
    live = panel.session.live
    for number, one in list(live.pieces.items()):
        live.pieces[number] = replace(one, synchrony={"exc": None, "inh": None}, gamma={})
    panel.reset()
    redraw(panel)
    assert [plot.title_text for plot in panel._placed][:2] == ["rate (Hz)", "irregularity (CV)"]
    assert len(panel._placed) == 3


def test_populations_that_inhibit_have_the_colour_of_inhibition(panel: Curves) -> None:
    colours = theme.current()
    panel.stream.forget()
    panel.stream.draw(panel.session.live, whole=True, roles={"exc": "inh", "inh": "exc"})
    assert [colour for colour, _, _ in panel.stream.entries()] == [colours.inh, colours.exc]


def test_another_run_starts_empty(panel: Curves) -> None:
    panel.reset()
    assert not panel.stream._items
    panel.session.live.take_record(Record(99, 9, "", piece(9, patterns=False)))
    redraw(panel)
    assert panel.stream._items["rate.exc"].getData()[1][-1] == 19.0


def test_another_stream_is_drawn_beside_by_name(panel: Curves, tmp_path: Path) -> None:
    patterns = bool(panel.session.live.pieces[1].occurrences)
    live = LiveRun(pieces={number: piece(number + 90, patterns=patterns) for number in range(1, 13)})
    panel.overlays.add(Overlay("another", {}, None, 2, live))
    redraw(panel)
    others = dict(panel.stream._others)
    assert [plot for plot, _ in panel.stream._others].count("rate") == 2
    x, y = panel.stream._others[0][1].getData()
    assert (len(x), y.max()) == (12, 10.0 + 102)
    assert panel.stream.plots["rate"].getViewBox().viewRange()[1][1] > 112
    assert others["last"].getData()[1].max() == (4.0 + 102 if patterns else pytest.approx(0.7375))
    assert "another" in panel.legend.text()
    assert len(panel.stream._items["rate.exc"].getData()[0]) == 8
    panel.overlays.clear()
    redraw(panel)
    assert not panel.stream._others


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_the_app_follows_a_stream(window: MainWindow, qtbot: QtBot) -> None:
    session, panels = window.session, window.train.panels
    curves = panels["curves"]
    assert isinstance(curves, Curves)
    window.run_experiment(Experiment.from_toml(STREAM))
    qtbot.waitUntil(lambda: len(session.live.pieces) > 3, timeout=120_000)
    for layout in ("Watch", "Inspect"):
        window.train.arrange(layout)
        n = len(session.live.pieces)
        qtbot.waitUntil(lambda n=n: len(session.live.pieces) > n + 2, timeout=60_000)  # type: ignore[misc]
    session.selection.select_neuron(2)
    for panel in panels.values():
        panel.show()
        panel.raise_()
        redraw(panel)
        assert panel.summary().endswith(".")
    window.train.arrange("Watch")
    qtbot.waitUntil(lambda: "cells" in curves.summary(), timeout=60_000)
    client = session._client
    session.request("stop")
    qtbot.waitUntil(lambda: session.state is State.STOPPED, timeout=60_000)
    if client is not None:
        client.wait_for_process(60)
