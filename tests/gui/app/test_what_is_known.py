"""The app claims nothing it does not know, and shows stored results when a run is opened again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frames import give_pictures
from parts_of_window import open_run, panel_of
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from runs_table import copy
from small_run import small_experiment
from synthetic import N_EXC, redraw, session, show
from waiting import PATIENCE_MS, waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app import window as window_module
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.curves.curves_panel import Curves, OverlaysMenu
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.machine import Machine

# -- a run that is opened again --------------------------------------------------------------------


def test_a_finished_run_that_is_opened_shows_what_its_folder_holds(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    neuron, thresholds, weights = (
        panel_of(window, NeuronInspector),
        panel_of(window, Thresholds),
        panel_of(window, WeightMap),
    )
    window.train.arrange("Inspect")
    window.open_run(finished_run.path)
    counts = np.load(finished_run.path / "label.npz")["spike_counts"]
    waits(qtbot, lambda: "over the 40 pictures of the label phase" in thresholds.numbers.text())
    np.testing.assert_allclose(thresholds._values(), counts.mean(axis=0) / 0.35)
    thresholds.what.setCurrentIndex(1)
    np.testing.assert_array_equal(thresholds._values(), counts.sum(axis=1))
    dead = int((np.load(finished_run.path / "exc_spikes.npy") == 0).sum())
    assert f"{dead} of 12 neurons never fired" in thresholds.summary()
    assert f"{dead} never fired" in weights.summary()
    window.session.selection.select_neuron(int(counts.sum(axis=0).argmax()))
    waits(qtbot, lambda: "label phase" in neuron.bars.plot.title_text and neuron.best[0].isVisible())
    labels = np.load(finished_run.path / "assignments.npz")["labels"]
    label = neuron.observed.class_name(labels[window.session.selection.neuron])
    assert f"label {label} (label phase)" in neuron.summary()


def test_a_finished_run_without_labels_shows_its_answers_to_test_pictures(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motion, "fast_flicker", True)
    made = session(tmp_path)
    counts = np.zeros((3, N_EXC), np.uint16)
    counts[2, 4], counts[1, 4] = 5, 2
    made.folder.write_arrays("test.npz", spike_counts=counts, attempts=np.ones(3, int))
    panel, thresholds = NeuronInspector(made), Thresholds(made)
    show(thresholds, qtbot)
    show(panel, qtbot, (420, 480))
    give_pictures(made, [0, 1, 1])
    made.selection.select_neuron(4)
    redraw(panel)
    assert panel.best_title.text() == "Unknown: no pictures received."
    made.live.state = State.FINISHED
    made.changed.emit({"state"})
    waits(qtbot, lambda: panel.observed.stored is not None)
    redraw(panel)
    redraw(thresholds)
    assert "excited most by picture 2 (5 spikes), picture 1 (2 spikes)" in panel.summary()
    assert "over the 3 pictures of the test phase" in thresholds.summary()


# -- curves of other runs --------------------------------------------------------------------------


def test_an_overlay_is_chosen_on_train_and_stays_drawn_whatever_is_opened(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    copy(finished_run, window.runs, "digits-a", 0.5)
    copy(finished_run, window.runs, "digits-b", 0.75)
    waiting = create_run(small_experiment(), window.runs, Options())
    curves = panel_of(window, Curves)
    open_run(window, qtbot, waiting.path)
    (menu,) = curves.findChildren(OverlaysMenu)
    menu.aboutToShow.emit()
    offered = {action.text(): action for action in menu.actions()}
    assert {"digits-a", "digits-b"} <= set(offered)
    assert waiting.path.name not in offered
    offered["digits-a"].trigger()
    waits(qtbot, lambda: curves.overlays.shown() and curves.overlays.shown()[0].blocks)
    # the parent was chosen, therefore its curves stay
    curves.overlay("digits-a", {}, window.runs / "digits-a", window.runs / "a-branch")
    for path, ending in (
        (window.runs / "digits-b", "; overlays: digits-a."),
        (waiting.path, "; overlays: digits-a."),
    ):
        open_run(window, qtbot, path)
        waits(qtbot, lambda ending=ending: curves.accessibleDescription().endswith(ending))
        waits(qtbot, lambda: "…\u2060a" in curves.runs.toPlainText() and curves.plots[0].data("…a")[0] != [])


# -- what is not known yet -------------------------------------------------------------------------


@pytest.fixture
def opened(qtbot: QtBot, settings: QSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens a window whose search for recent runs waits, and then finds these runs or fails."""
    monkeypatch.setattr(Machine, "check", lambda self: None)
    made: list[MainWindow] = []

    def open_window(found: list[Entry] | StdpbenchError) -> tuple[MainWindow, threading.Event]:
        go_on = threading.Event()

        def look(runs: Path, n: int) -> list[Entry]:
            assert go_on.wait(100)
            if isinstance(found, StdpbenchError):
                raise found
            return found

        monkeypatch.setattr(window_module, "newest", look)
        window = MainWindow(settings, tmp_path / "runs")
        made.append(window)
        window.show()
        qtbot.waitExposed(window, timeout=PATIENCE_MS)
        qtbot.wait(50)
        return window, go_on

    yield open_window
    for window in made:
        window.complete()
        window.close()
        window.deleteLater()


def test_the_start_page_says_why_runs_cannot_be_listed_once_it_knows(opened: Any, qtbot: QtBot) -> None:
    window, go_on = opened(StdpbenchError("the index is damaged"))
    recent = window.start.recent
    assert recent.isHidden()
    go_on.set()
    waits(qtbot, lambda: not recent.isHidden())
    assert "⚠ Cannot list the runs: the index is damaged." in [label.text() for label in recent.findChildren(QLabel)]
