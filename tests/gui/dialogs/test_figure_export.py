"""Export of a panel: as files drawn by a process with matplotlib, to the clipboard, as a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from parts_of_window import to_front
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, waits

from stdpbench.results.figures.paper import draw
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs import figure_export
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def curves(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> Panel:
    if window.session.folder is None:
        window.open_run(finished_run.path)
    window.go_to("train")
    waits(qtbot, lambda: window.session.live.blocks)
    panel = window.train.panels["curves"]
    waits(qtbot, lambda: panel._stack.currentWidget() is panel.body)
    return panel


def clipboard_text() -> str:
    return not_none(QGuiApplication.clipboard()).text()


@pytest.mark.shared_window
def test_what_is_on_screen_is_copied(curves: Panel) -> None:
    figure_export.copy_picture(curves)
    clipboard = not_none(QGuiApplication.clipboard())
    assert clipboard.pixmap().size() == curves.body.size() * curves.devicePixelRatioF()


@pytest.mark.shared_window
def test_numbers_are_copied_for_a_spreadsheet(curves: Panel) -> None:
    figure_export.copy_numbers(curves)
    rows = [line.split("\t") for line in clipboard_text().splitlines()]
    table = not_none(curves.table())
    assert rows[0] == list(table[0])
    assert len(rows) == 1 + len(table[1])


def test_an_empty_panel_says_that_there_is_nothing(window: MainWindow) -> None:
    panel = window.train.panels["curves"]
    figure_export.copy_numbers(panel)
    assert "no numbers yet" in window.message.text()
    assert figure_export.show_numbers(panel) is None
    assert figure_export.export(panel) is None
    assert "has nothing to draw yet" in window.message.text()


@pytest.mark.shared_window
def test_panels_say_what_a_paper_would_draw(curves: Panel, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.session.selection.select_neuron(3)
    panels = window.train.panels
    window.train.arrange("Watch")
    to_front(panels["confusion"])
    waits(qtbot, lambda: panels["confusion"].table() is not None)
    fields = not_none(panels["weight-map"].figure())
    assert fields["image"].shape == (3 * 29 - 1, 4 * 29 - 1)  # 12 fields of 28 × 28
    assert np.shape(not_none(panels["confusion"].figure())["score"]["confusion"]) == (10, 11)
    assert panels["log"].figure() is None
    for key in ("weight-map", "confusion", "thresholds", "neuron"):
        spec = panels[key].figure()
        assert spec is not None, key
        assert panels[key].caption_of(spec)
        assert draw(spec, 88, 8, 100).axes, key


@pytest.mark.shared_window
def test_a_figure_is_drawn_by_a_process_with_all_that_belongs_to_it(
    curves: Panel, window: MainWindow, qtbot: QtBot, tmp_path: Path, finished_run: RunFolder
) -> None:
    dialog = not_none(figure_export.export(curves))
    assert dialog.target.text().endswith(".pdf")
    dialog.target.setText(str(tmp_path / "curves"))
    dialog.format.setCurrentIndex(dialog.format.findData("png"))
    assert dialog.target.text() == str(tmp_path / "curves.png")
    dialog.width_.setValue(120)
    dialog.dpi.setValue(100)
    dialog.go.click()
    waits(qtbot, lambda: "Exported " in window.message.text())
    assert {path.name for path in tmp_path.glob("curves.*")} == {"curves.png", "curves.csv", "curves.txt"}
    caption = (tmp_path / "curves.txt").read_text(encoding="utf-8")
    settings = "Settings that differ from the shipped experiment digits: network.n_exc = 12, "
    running = "Running accuracy is that of read-outs on training labels"
    for part in (finished_run.path.name, "seed 0", "stdpbench ", running, settings, "n: ", "No error bars"):
        assert part in caption
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(not_none(curves.table())[1])
    from PIL import Image

    with Image.open(tmp_path / "curves.png") as picture:
        assert abs(picture.width - round(120 / 25.4 * 100)) <= 1
        assert np.asarray(picture.convert("L"))[0, 0] == 255  # light, whatever the theme of the app
    again = not_none(figure_export.export(curves))
    assert again.width_.value() == 120  # remembered
    again.close()


@pytest.mark.shared_window
def test_a_figure_that_cannot_be_drawn_is_told_in_the_dialog(curves: Panel, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = not_none(figure_export.export(curves))
    (tmp_path / "curves.svg").mkdir()
    dialog.target.setText(str(tmp_path / "curves.svg"))
    dialog.go.click()
    assert not dialog.go.isEnabled()
    waits(qtbot, lambda: dialog.problem.text())
    assert "curves.svg" in dialog.problem.text()
    assert "Traceback" not in dialog.problem.text()
    assert dialog.go.isEnabled()
    dialog.close()


@pytest.mark.shared_window
def test_a_missing_folder_is_named_in_the_dialog(curves: Panel, tmp_path: Path) -> None:
    dialog = not_none(figure_export.export(curves))
    dialog.target.setText(str(tmp_path / "absent" / "curves.pdf"))
    dialog.export()
    assert dialog.problem.text() == f"The folder {tmp_path / 'absent'} does not exist."
    dialog.target.setText(str(tmp_path / "curves.gif"))
    dialog.export()
    assert "must end in .pdf, .svg or .png" in dialog.problem.text()
    assert dialog.isVisible()
    dialog.close()


@pytest.mark.shared_window
def test_a_figure_of_several_runs_has_them_all(curves: Panel, finished_run: RunFolder) -> None:
    assert isinstance(curves, Curves)
    own = finished_run.path.name
    other = f"{own.rpartition('-')[0]}-another"
    curves.overlay(other, curves.session.live.blocks)
    spec = not_none(curves.figure())
    labels = {plot["label"]: [line["label"] for line in plot["lines"]] for plot in spec["plots"]}
    assert labels["spikes per stimulus"] == labels["running accuracy (%)"]
    this, that = labels["spikes per stimulus"]
    assert (this, that[-8:]) == ("this run", "-another")
    assert f"n: 2 runs, {own}, {other}; " in curves.caption_of(spec)
    curves.overlays.clear()


@pytest.mark.shared_window
def test_numbers_are_those_of_the_figure_though_the_run_goes_on(curves: Panel, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = figure_export.export(curves)
    numbers = figure_export.show_numbers(curves)
    blocks = curves.session.live.blocks
    n = len(blocks)
    end, last = max(blocks.items())
    blocks[end + 10] = last
    dialog.target.setText(str(tmp_path / "curves.svg"))
    with qtbot.waitSignal(dialog.accepted, timeout=PATIENCE_MS):  # the dialog is deleted once it is closed
        dialog.go.click()
    assert len((tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()) == 1 + n
    next(button for button in numbers.findChildren(QPushButton) if button.text() == "Copy").click()
    assert len(clipboard_text().splitlines()) == 1 + n
    numbers.close()
    del blocks[end + 10]
