"""The window that compares neurons of a finished run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from parts_of_window import open_run
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.results.figures.paper import Order, export
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none


def test_neurons_are_drawn_over_each_other_with_the_correlogram_of_two(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, tmp_path: Path
) -> None:
    open_run(window, qtbot, finished_run.path)
    opened = not_none(window.services.compare_neurons())
    waits(qtbot, lambda: opened.found is not None)
    spikes = np.bincount(opened.recorded.trains.neuron, minlength=opened.recorded.trains.n_exc)
    assert opened.drawn[0] == int(spikes.argmax())
    assert (len(opened.drawn), opened.pair.count(), len(opened.tuning.listDataItems())) == (3, 6, 3)
    first = opened.found
    opened.pair.setCurrentIndex(0)  # a neuron with itself
    assert opened.found is not first
    assert opened.found.pairs[len(opened.found.lag) // 2] == 0
    assert opened.correlogram_table().splitlines()[0] == "lag_ms\tpairs\texpected"
    assert len(opened.correlogram_table().splitlines()) == 1 + len(opened.found.lag)
    opened.neurons.setText("0, 1")
    assert (opened.drawn, len(opened.raster.listDataItems())) == ([0, 1], 2)
    table = not_none(opened.table())
    assert len(table[1]) == spikes[0] + spikes[1]  # a row for each spike
    spec = not_none(opened.figure())
    assert [part["kind"] for part in spec["parts"]] == ["lines", "lines", "lines", "raster"]
    path = export(spec, table, Order(str(tmp_path / "neurons.png"), 88.0, 8.0, 60, spec["caption"]))[0]
    assert path.stat().st_size > 1000
    window.set_theme("dark")
    assert opened.area.backgroundBrush().color().name() == theme.current().base
    window.set_theme("light")
    for text, said in (
        ("0 x", "Give numbers of neurons, 0 to "),
        ("0 1 2 3 4 5 6", "At most 6"),
        ("", "Give numbers"),
    ):
        opened.neurons.setText(text)
        assert said in opened.note.text()
        assert opened.drawn == [0, 1]
    opened.close()


def test_a_run_without_spikes_says_what_is_needed(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> None:
    assert window.services.compare_neurons() is None
    assert "Open a run first" in window.message.text()
