"""Runs of networks that are spelled out: two layers, of which the panels show one or the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from parameter_fields import enter, text_of
from parts_of_window import dialog_of, draw_every_panel, panel_of, stop, to_front
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from synthetic import session, show
from waiting import waits

from stdpbench.experiment import Experiment
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.network import NetworkPanel
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.widgets.basic import not_none

N_EXC, N_TOP = 10, 6


def two_layers(**schedule: object) -> Experiment:
    """Return the experiment: input → exc → top, both of which learn, with inhibition in each."""
    learns = {"kind": "diehl-cook-triplet"}
    neuron = {"kind": "adaptive-lif", "tau_theta": "1e6 ms"}
    inhibits = {"receptor": "gi", "connect": {"kind": "others"}, "weight": 17, "delay": "0.5 ms"}
    weak, strong = {"kind": "uniform", "low": 0.003, "high": 0.303}, {"kind": "uniform", "low": 0.5, "high": 3.0}
    up = {"receptor": "ge", "plasticity": learns | {"w_max": 10}}
    mapping = {
        "name": "two-layers",
        "data": {"kind": "digits"},
        "network": {
            "kind": "graph",
            "populations": {
                "input": {},
                "exc": {"shape": [N_EXC], "neuron": neuron},
                "top": {"size": N_TOP, "neuron": {"kind": "lif"}},
            },
            "projections": {
                "feed": {
                    **{"source": "input", "target": "exc", "receptor": "ge", "weight": weak},
                    **{"plasticity": learns, "normalise": {"kind": "sum", "value": 20}},
                },
                "compete": {"source": "exc", "target": "exc", **inhibits},
                "up": {"source": "exc", "target": "top", "weight": strong, **up},
                "rival": {"source": "top", "target": "top", **inhibits},
            },
        },
        "schedule": {"train_images": 30, "label_images": 20, "test_images": 20, "passes": 1, **schedule},
    }
    return Experiment.from_mapping(mapping)


@pytest.fixture
def no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that the app logs no warning and no error."""
    yield
    logged = [each for when in ("setup", "call") for each in caplog.get_records(when)]
    assert [each.getMessage() for each in logged if each.levelno >= logging.WARNING] == []


def test_every_page_and_panel_of_a_network_with_two_layers(
    window: MainWindow, qtbot: QtBot, no_errors: None, tmp_path: Path
) -> None:
    shown, panels = window.session, window.train.panels
    weights, raster, thresholds, neuron = (
        panel_of(window, WeightMap),
        panel_of(window, Raster),
        panel_of(window, Thresholds),
        panel_of(window, NeuronInspector),
    )
    curves = panel_of(window, Curves)
    for panel in panels.values():
        panel.show()
    window.run_experiment(two_layers(passes=200))
    waits(qtbot, lambda: shown.connected)
    shown.request("pace", seconds=0.02)
    waits(qtbot, lambda: len(raster.strips) > 2 and weights.mosaic.shape == (2, 5))  # of ten exc neurons
    assert list(raster.view.sizes.items()) == [("input", 64), ("exc", N_EXC), ("top", N_TOP)]
    assert raster.view.selectable == "top"  # which is read
    assert shown.selection.projection == "up"
    waits(qtbot, thresholds.has_content)
    thresholds.refresh()
    assert thresholds.theta_plot.isVisible() is False  # top neurons have no adaptive threshold
    assert thresholds.rate_plot.isVisible()
    assert len(not_none(thresholds.table())[1]) == N_TOP
    shown.selection.select_neuron(3)
    neuron.raise_()
    waits(qtbot, lambda: neuron._courses is not None)
    assert neuron.summary().startswith("Neuron 3: no adaptive threshold")
    slow = panel_of(window, SlowMotionPanel)
    slow.raise_()
    slow.toggle()
    waits(qtbot, lambda: slow.about.text().startswith("Neuron 3 of top, presentation "))
    assert (slow.moment.projection, slow.moment.source, slow.moment.target) == ("up", "exc", "top")
    image = not_none(slow.weights.now._image)
    assert (image.height(), image.width()) == (2, 5)
    shown.request("resume")

    curves.as_grid.setChecked(True)
    curves.setFloating(True)
    curves.resize(900, 600)
    waits(qtbot, lambda: "change" in curves.grid and curves.grid["change"].data("this run")[0] != [])
    titles = [plot.title for plot in curves.shown]
    assert "top spikes per stimulus" in titles
    assert not any("theta" in title for title in titles)  # which these neurons do not have

    weights.raise_()
    assert not weights.projection.isHidden()
    assert [weights.projection.itemText(row) for row in range(2)] == ["feed", "up"]
    weights.projection.setFocus()
    qtbot.keyClick(weights.projection, Qt.Key.Key_Up)
    assert (shown.selection.projection, shown.selection.population) == ("feed", "exc")
    assert shown.selection.neuron == -1
    waits(qtbot, lambda: weights.mosaic.shape == (8, 8) and len(weights.mosaic.order) == N_EXC)
    waits(qtbot, lambda: raster.view.selectable == "exc")
    curves.raise_()
    waits(qtbot, lambda: curves.grid["spikes"].title == "exc spikes per stimulus")
    _, theta = curves.grid["theta"].data("this run")
    assert theta[0] == pytest.approx(shown.live.blocks[min(shown.live.blocks)].others["exc.theta"])
    network = panel_of(window, NetworkPanel)
    network.raise_()
    waits(qtbot, lambda: network.recent.n > 3 and "exc" in network.diagram.items)
    waits(qtbot, lambda: "Hz" in network.diagram.items["exc"].toolTip())
    waits(qtbot, lambda: network.diagram.selected == {"exc", "feed"})

    shown.selection.select_neuron(4)
    neuron.raise_()
    waits(qtbot, lambda: thresholds.has_content() and "neuron 4" in neuron.about.text())
    assert "theta" in neuron.summary()
    waits(qtbot, lambda: neuron._courses is not None)
    waits(qtbot, lambda: (shown.live.presentation["recording"] or {}).get("population") == "exc")
    waits(qtbot, lambda: "neurons that never fired are counted for top only" in thresholds.summary())
    thresholds.raise_()
    waits(qtbot, lambda: len(thresholds._sum) == N_EXC)
    waits(qtbot, lambda: "of exc neuron 4" in raster.summary())
    _all_of_it(window, qtbot, "start", "runs")
    stop(shown, qtbot)
    assert shown.state is State.STOPPED


def test_parameters_of_populations_and_projections_change_during_a_run(
    window: MainWindow, qtbot: QtBot, no_errors: None
) -> None:
    shown, panel = window.session, panel_of(window, ParametersPanel)
    window.run_experiment(two_layers(passes=400))
    to_front(panel)
    waits(qtbot, lambda: bool(panel.form.sections and shown.live.blocks))
    shown.request("pace", seconds=0.02)
    form, live, undo = panel.form, shown.live, window.actions_["undo"]
    assert [section.group.path.rpartition(".")[2] for section in form.sections.values() if section.rows] == [
        "up",
        "top",
    ]

    nu_post = "network.projections.feed.plasticity.nu_post"
    enter(panel, qtbot, nu_post, "0.02")
    waits(qtbot, undo.isEnabled)
    assert [dict(changes) for _, changes in live.changes] == [{nu_post: (0.01, 0.02)}]
    undo.trigger()
    waits(qtbot, lambda: len(live.changes) == 2 and text_of(panel, nu_post) == "0.01")

    kind = form.row("network.projections.feed.normalise.kind").editor
    value = "network.projections.feed.normalise.value"
    kind.setFocus()
    qtbot.keyClick(kind, Qt.Key.Key_Up)
    qtbot.keyClick(kind, Qt.Key.Key_Return)
    waits(qtbot, lambda: len(live.changes) == 3 and value not in form.rows())
    assert dict(live.changes[-1][1])[value] == (20.0, None)
    waits(qtbot, undo.isEnabled)
    undo.trigger()
    waits(qtbot, lambda: len(live.changes) == 4 and value in form.rows() and text_of(panel, value) == "20")

    scale = form.row("network.projections.feed.scale")
    assert not scale.editor.isEnabled()
    plasticity = "network.projections.feed.plasticity.kind"
    scale.new_run.click()
    opened = dialog_of(window, qtbot, NewRunForm)
    assert opened.run.start_from == shown.folder.path
    assert not opened.changes.buttons  # what was changed in the run has been undone
    assert opened.text().command.startswith(f"stdpbench stop {shown.folder.path.name} ")
    opened.set_value(plasticity, "symmetric")
    assert opened.go.isEnabled()
    opened._closing = True
    opened.reject()
    panel.search.setText("nu_post")
    assert {path for path, row in form.rows().items() if row.isVisible()} == {
        f"network.projections.{name}.plasticity.nu_post" for name in ("feed", "up")
    }
    table = not_none(panel.table())
    assert [nu_post, "0.01", "0.01", "0.01", "live"] in [list(row[:5]) for row in table[1]]
    stop(shown, qtbot)
    assert shown.state is State.STOPPED


def test_a_finished_network_with_two_layers(window: MainWindow, qtbot: QtBot, no_errors: None) -> None:
    shown, panels = window.session, window.train.panels
    weights, neuron = panel_of(window, WeightMap), panel_of(window, NeuronInspector)
    for panel in panels.values():
        panel.show()
    window.run_experiment(two_layers())
    waits(qtbot, lambda: shown.state is State.FINISHED and not shown.connected)
    window.open_run(shown.folder.path)
    waits(qtbot, lambda: len(weights.marks.labels) == N_TOP and len(weights.mosaic.order) == N_TOP)
    table = not_none(weights.table())
    assert [row[2] for row in table[1]] == [""] * N_TOP  # no thresholds
    assert all(row[1] != "" for row in table[1])
    shown.selection.choose("feed")
    waits(qtbot, lambda: len(weights.mosaic.order) == N_EXC)
    table = not_none(weights.table())
    assert [row[1] for row in table[1]] == [""] * N_EXC  # classes are those of top
    assert np.isfinite([row[2] for row in table[1]]).all()
    shown.selection.select_neuron(2)
    neuron.raise_()
    waits(qtbot, lambda: "neuron 2" in neuron.about.text())
    assert neuron.bars.plot.title_text.endswith(", of top only")
    _all_of_it(window, qtbot, "start", "rules", "runs", "evaluate")
    weights.sources.compare_with_start()
    waits(qtbot, lambda: weights.sources.reference is not None)
    shown.selection.choose("up")
    assert weights.sources.reference is None
    weights.sources.compare_with_start()
    waits(qtbot, lambda: weights.sources.reference is not None)
    assert weights.sources.reference.w.shape == (N_EXC, N_TOP)

    window.go_to("evaluate")
    page, state = window.evaluate, window.evaluate.state
    waits(qtbot, lambda: page.run.count() == 1)
    page.run.setFocus()
    qtbot.keyClick(page.run, Qt.Key.Key_Return)
    waits(qtbot, lambda: state.clustering is not None and not page.fields.due)
    assert (state.look.field_shape, state.look.shape) == ((2, 5), (8, 8))
    shown.selection.choose("feed")
    shown.selection.select_read_neuron(5)  # as a click on a neuron there
    assert (shown.selection.projection, shown.selection.neuron) == ("up", 5)


def test_a_network_in_which_nothing_learns_shows_no_weights(qtbot: QtBot, tmp_path: Path) -> None:
    fixed = session(tmp_path)
    mapping = two_layers().to_mapping()
    for projection in mapping["network"]["projections"].values():
        projection.pop("plasticity", None)
        projection.pop("normalise", None)
        projection["weight"] = 0.2
    assert fixed.live.started is not None
    fixed.live.started = replace(fixed.live.started, experiment=mapping)
    fixed.live.network = {"position": 8, "learned": {"exc.theta": np.zeros(N_EXC)}, "total_spikes": np.zeros(N_TOP)}
    fixed.changed.emit({"network"})
    assert (fixed.selection.projection, fixed.selection.population) == ("", "top")
    panel, neuron = WeightMap(fixed), NeuronInspector(fixed)
    for each in (panel, neuron):
        show(each, qtbot)
        assert each.summary().startswith("No projection of this network has weights that ")
        assert each.table() is None
        assert each.figure() is None


def _all_of_it(window: MainWindow, qtbot: QtBot, *pages: str) -> None:
    """Visit some pages, and everything that panels say and export."""
    for page in (*pages, "train"):
        window.go_to(page)
    draw_every_panel(window, qtbot)
