"""Weights of sparse projections, and those within a population, in the panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from frames import frame, give, pair, some
from pytestqt.qtbot import QtBot
from synthetic import redraw, session, show
from waiting import waits

from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look import colour_maps
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

RULE = {"kind": "diehl-cook-triplet"}
LOCAL = {
    "name": "patches",
    "data": {"kind": "digits"},
    "network": {"kind": "local", "units": 5, "rows": 3, "columns": 3, "field": 4, "stride": 2, "weight_sum": 6.0},
    "schedule": {"train_images": 40, "label_images": 20, "test_images": 20, "passes": 1},
}


def recurrent(**within: Any) -> dict[str, Any]:
    """Return an experiment: input → exc at random, and exc → exc in a given form."""
    loop = {"source": "exc", "target": "exc", "receptor": "ge", "weight": {"kind": "uniform"}} | within
    feed = {"source": "input", "target": "exc", "receptor": "ge", "weight": {"kind": "uniform"}}
    feed |= {"connect": {"kind": "random", "p": 0.2}, "plasticity": RULE}
    return {
        "name": "loop",
        "data": {"kind": "digits"},
        "network": {
            "kind": "graph",
            "populations": {"input": {}, "exc": {"size": 12, "neuron": {"kind": "adaptive-lif"}}},
            "projections": {"feed": feed, "loop": loop},
        },
    }


def opened(tmp_path: Path, mapping: Mapping[str, Any], *more: tuple[int, Any]) -> tuple[RunSession, Graph]:
    """Return a session with a run of an experiment, and its network; all that learns has random weights."""
    made = session(tmp_path, *more)
    experiment = Experiment.from_mapping(mapping)
    assert made.live.started is not None
    made.live.started = replace(made.live.started, experiment=experiment.to_mapping(), shape=(8, 8))
    graph, random = experiment.graph(8, 8), np.random.default_rng(1)
    learned = {f"{name}.w": random.random(len(graph.synapses(name))).astype(np.float32) for name in graph.plastic}
    n = graph.populations["exc"].size
    learned["exc.theta"] = np.linspace(0.02, 0.03, n)
    made.live.network = {"position": 8, "learned": learned, "total_spikes": np.arange(n)}
    made.changed.emit({"network", "state"})
    return made, graph


def drawn(panel: WeightMap, qtbot: QtBot) -> np.ndarray:
    """Return the drawn values, once there are any."""

    def ready() -> bool:
        redraw(panel)
        return panel.mosaic.image.values is not None

    waits(qtbot, ready)
    assert panel.mosaic.image.values is not None
    return panel.mosaic.image.values


def choose(panel: Panel, projection: str, qtbot: QtBot) -> None:
    selection = panel.session.selection
    selection.choose(projection)
    waits(qtbot, lambda: selection.view is not None and selection.weights_shown() is not None)
    redraw(panel)


def test_patches_are_drawn_at_their_places(qtbot: QtBot, tmp_path: Path) -> None:
    made, graph = opened(tmp_path, LOCAL)
    panel = show(WeightMap(made), qtbot, (900, 700))
    image, dense = drawn(panel, qtbot), graph.synapses("feed").dense(made.live.learned("feed.w"), absent=np.nan)
    for row, column, unit in np.ndindex(3, 3, 5):
        neuron = (row * 3 + column) * 5 + unit
        left, top = panel.mosaic.corner(int(np.flatnonzero(panel.mosaic.order == neuron)[0]))
        assert (top // 5 % 3, left // 5 % 3) == (row, column)
        picture = dense[:, neuron].reshape(8, 8)[2 * row : 2 * row + 4, 2 * column : 2 * column + 4]
        np.testing.assert_allclose(image[top : top + 4, left : left + 4], picture, rtol=1e-6)
        assert panel.mosaic.neuron_at(left + 1, top + 1) == neuron
    table, figure = not_none(panel.table()), panel.figure()
    assert table[0] == ["neuron", "label", "theta (mV)", "synapses", "largest weight"]
    assert {row[3] for row in table[1]} == {16}
    first = dense[:, panel.mosaic.order[0]].reshape(8, 8)[:4, :4]
    np.testing.assert_allclose(figure["image"][:4, :4], first, rtol=1e-6)
    panel.order.setCurrentText("by theta")
    assert panel.mosaic.order.tolist() == list(range(45))[::-1]
    assert "at their" not in panel.summary()


def test_neurons_above_pooled_features_are_drawn_as_pictures(qtbot: QtBot, tmp_path: Path) -> None:
    table = {"kind": "conv", "n_exc": 4, "units": 3, "rows": 6, "columns": 6, "field": 3, "pool": 3}
    delay = {"network.projections.upward.delay": {"kind": "uniform", "high": "4 ms"}}
    conv = Experiment.from_mapping({"data": {"kind": "digits"}, "network": table, "exc": {"kind": "lif-discrete"}})
    made, random = session(tmp_path, of=conv.spelled_out().override(delay)), np.random.default_rng(2)
    made.live.started = replace(not_none(made.live.started), shape=(8, 8))
    learned = {"feed.w": random.random((3, 3, 1, 3)), "upward.w": np.eye(12, 4, dtype=np.float32)}
    made.live.network = {"position": 8, "learned": learned, "total_spikes": np.arange(4)}
    made.changed.emit({"network", "state"})
    panel = show(WeightMap(made), qtbot, (900, 700))
    choose(panel, "upward", qtbot)
    image, (left, top) = drawn(panel, qtbot), panel.mosaic.corner(1)
    field = np.zeros((8, 8))  # of neuron 1, which the second feature of the first square reaches
    for row, column in np.ndindex(3, 3):
        field[row : row + 3, column : column + 3] += learned["feed.w"][:, :, 0, 1] / 9
    np.testing.assert_allclose(image[top : top + 8, left : left + 8], field, rtol=1e-5)
    assert "add up to in the input" in panel.summary()
    panel.quantity.setCurrentText("delays")
    waits(qtbot, lambda: panel.sources.now() is not None)
    redraw(panel)
    assert panel.mosaic.shape == (3, 4)  # delays from 12 pooled neurons are no picture


def test_unconnected_pixels_have_a_colour_of_their_own(qtbot: QtBot, tmp_path: Path) -> None:
    made, graph = opened(tmp_path, recurrent())
    made.live.learned("feed.w")[:20] = 0
    panel, neuron = WeightMap(made), NeuronInspector(made)
    for each in (panel, neuron):
        show(each, qtbot, (900, 700))
    image = drawn(panel, qtbot)
    pixels = panel.mosaic.image.image[..., :3] @ np.array([1 << 16, 1 << 8, 1])
    assert np.array_equal(pixels == int(colour_maps.absent()[1:], 16), np.isnan(image))
    assert np.isnan(image).any()
    made.selection.select_neuron(3)
    waits(qtbot, lambda: "synapses from" in _drawn_text(neuron))
    n = int((graph.synapses("feed").target == 3).sum())
    assert f"synapses from {n} of 64 pixels" in neuron.about.text()
    assert neuron.outgoing.isHidden()
    figure = not_none(neuron.figure())
    field = figure if figure["kind"] == "image" else figure["parts"][0]
    assert np.isfinite(field["image"]).sum() == n


def _drawn_text(panel: NeuronInspector) -> str:
    redraw(panel)
    return panel.about.text()


@pytest.mark.parametrize("learns", [True, False])
def test_weights_within_a_population_are_a_matrix_sorted_by_preference(
    qtbot: QtBot, tmp_path: Path, learns: bool
) -> None:
    more = {"connect": {"kind": "random", "p": 0.4}} | ({"plasticity": RULE} if learns else {})
    made, graph = opened(tmp_path, recurrent(**more), (400, facts.Labelled((3, 3, 3), 3, "")))
    panel, neuron, slow = WeightMap(made), NeuronInspector(made), SlowMotionPanel(made)
    show(panel, qtbot, (900, 700))
    show(neuron, qtbot, (600, 600))
    choose(panel, "loop", qtbot)
    w = not_none(made.selection.weights_shown())
    dense = graph.synapses("loop").dense(w.astype(float), absent=np.nan)
    assert panel.order.currentText() == "by preference"
    order = np.arange(12)[::-1]  # theta rises with the number, and the largest comes first
    np.testing.assert_allclose(drawn(panel, qtbot), dense[np.ix_(order, order)], rtol=1e-6)
    assert ("does not learn: as drawn from the seed" in panel.note.text()) is not learns

    labels = np.array([0, 1, 2, -1] * 3)
    made.folder.write_arrays("assignments.npz", labels=labels, mean_response=np.ones((3, 12)), class_counts=np.ones(3))
    panel.marks.reset()
    waits(qtbot, lambda: "sorted by label" in (redraw(panel), panel.note.text())[1])  # type: ignore[func-returns-value]
    order = np.array([8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3])
    np.testing.assert_allclose(drawn(panel, qtbot), dense[np.ix_(order, order)], rtol=1e-6)
    assert panel.matrix.targets.groups == ((0, 0), (3, 1), (6, 2), (9, -1))
    assert [text for _, text in panel.matrix.left._tickLevels[0]] == ["a", "b", "c", "–"]
    assert panel.matrix.pair_at(1.5, 0.5) == (8, 4)
    made.selection.select_neuron(5)  # in the fifth column
    curves = [item for item in panel.mosaic.view.allChildren() if isinstance(item, pg.PlotCurveItem)]
    assert [4, 4, 5, 5] in [curve.getData()[0][:4].tolist() for curve in curves]
    panel.order.setCurrentText("by number")
    np.testing.assert_allclose(drawn(panel, qtbot), dense, rtol=1e-6)
    figure, table = not_none(panel.figure()), panel.table()
    np.testing.assert_allclose(figure["image"], dense, rtol=1e-6)
    assert (figure["x_label"], figure["y_label"]) == ("to exc", "from exc")
    assert [row[3] for row in table[1]] == np.isfinite(dense).sum(axis=0).tolist()

    redraw(panel)
    waits(qtbot, lambda: "synapses in" in _drawn_text(neuron))
    n_in, n_out = np.isfinite(dense[:, 5]).sum(), np.isfinite(dense[5]).sum()
    assert f"{n_in} synapses in, {n_out} out" in neuron.about.text()
    assert not neuron.outgoing.isHidden()
    assert slow.has_content() is learns
    messages: list[str] = []
    made.message.connect(messages.append)
    panel.sources.compare_with_start()
    assert bool(messages) is not learns


def test_slow_motion_of_sparse_weights(qtbot: QtBot, tmp_path: Path) -> None:
    made, graph = opened(tmp_path, recurrent())
    panel, neuron = SlowMotionPanel(made), 3
    show(panel, qtbot, (900, 700))
    made.live.state, made.live.progress = State.PAUSED, {"phase": "train", "done": 8, "total": 40}
    made.selection.select_neuron(neuron)
    synapses = graph.synapses("feed")
    mine = np.flatnonzero(synapses.target == neuron)
    exc = pair((neuron, 100), (neuron, 400))
    spikes = {"input": some(7, 300, 64), "exc": exc, "spike_counts": np.bincount(exc[0], minlength=12)}
    give(made, frame(7, **spikes))
    redraw(panel)
    waits(qtbot, lambda: panel.moment is not None)
    redraw(panel)
    assert panel.summary().endswith(".")
    with_synapse = set(synapses.source[mine].tolist())
    assert panel.pixel in with_synapse
    pixels = np.isfinite(panel.moment.per_source(panel.moment.replay.end))
    assert set(np.flatnonzero(pixels).tolist()) == with_synapse
    table = not_none(panel.table())
    assert table[1][-1][-1] == pytest.approx(
        made.live.learned("feed.w")[mine[synapses.source[mine] == panel.pixel][0]]
    )
    without = next(number for number in range(64) if number not in with_synapse)
    panel._pick(*divmod(without, 8))
    assert panel.plots.weight.note == "no synapse from this pixel"
    table = not_none(panel.table())
    assert "weight" not in table[0]
    assert panel.figure() is not None


def test_weights_that_follow_from_pictures_and_do_not_learn_are_said_to_be_unknown(
    qtbot: QtBot, tmp_path: Path
) -> None:
    mapping = recurrent()
    mapping["network"]["projections"]["feed"] |= {"weight": {"kind": "samples"}, "connect": {"kind": "all"}}
    del mapping["network"]["projections"]["feed"]["plasticity"]
    made, _ = opened(tmp_path, mapping)
    panel = show(WeightMap(made), qtbot)
    made.selection.choose("feed")
    waits(qtbot, lambda: "start from pictures and do not learn" in (redraw(panel), panel.summary())[1])  # type: ignore[func-returns-value]
    assert panel.table() is None
