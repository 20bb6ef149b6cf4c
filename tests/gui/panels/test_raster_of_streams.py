"""The raster of a stream: pieces on one time axis, with what was not seen and where patterns are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frames import Pair, pair
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QWheelEvent
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show

from stdpbench.experiment import Experiment
from stdpbench.runs.protocol.facts import Piece, Record
from stdpbench_gui.look import theme
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.usefixtures("unlimited_redraws")

N_BINS, N_INPUT, N_CELLS = 1000, 8, 3
STREAM = {
    "name": "listening",
    "data": {"kind": "patterns", "n": N_INPUT, "n_pattern": 4, "patterns": 2},
    "network": {
        "kind": "graph",
        "dt": "0.5 ms",
        "populations": {"input": {}, "cells": {"size": N_CELLS, "neuron": {"kind": "lif"}}},
        "projections": {
            "feed": {
                **{"source": "input", "target": "cells", "receptor": "ge"},
                **{"weight": {"kind": "uniform"}, "plasticity": {"kind": "pair-additive"}},
            }
        },
    },
    "schedule": {"between": "stream", "duration": "100 s", "piece": "0.5 s"},
}


def frame(number: int, cells: Pair | None = None) -> Mapping[str, Any]:
    """Return the frame of a piece, in which input 2 spikes at its start and a cell in the middle."""
    cells = pair((1, 500)) if cells is None else cells
    return {
        "position": number + 1,
        "presentation": number,
        "image": 0,
        "attempts": 1,
        "spike_counts": np.bincount(cells[0], minlength=N_CELLS),
        "n_bins": N_BINS,
        "stimulus_bins": N_BINS,
        "read": "cells",
        "spikes": {"input": pair((2, 0)), "cells": cells},
        "recording": None,
    }


def see(panel: Raster, *numbers: int) -> None:
    """Send pieces, all of which arrive before the panel is drawn again."""
    for number in numbers:
        panel.session.live.presentation = frame(number)
        panel.session.changed.emit({"presentation"})
    redraw(panel)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Raster:
    made = session(tmp_path)
    assert made.live.started is not None
    mapping = Experiment.from_mapping(STREAM).to_mapping()
    made.live.started = replace(made.live.started, experiment=mapping, shape=(1, N_INPUT), class_names=())
    made.live.network = {}
    made.changed.emit({"network", "state"})
    return show(Raster(made), qtbot, (700, 400))


def column_of(panel: Raster, seconds: float) -> int:
    return round(1e3 * seconds * panel.view._scale()) - panel.view.film.left


def has_colour(panel: Raster, seconds: float, role: str) -> bool:
    """Whether something in the colour of a role is drawn within a pixel of a time."""
    at, colour = column_of(panel, seconds), QColor(getattr(theme.current(), role)).rgba()
    return bool((panel.view.film.pixels[:, max(0, at - 1) : at + 2] == colour).any())


def test_pieces_lie_at_their_times_and_all_that_arrive_are_shown(panel: Raster) -> None:
    see(panel, 0, 1, 2)
    is_complete(panel)
    assert [(strip.start, strip.end) for strip in panel.pieces.strips] == [(0, 500), (500, 1000), (1000, 1500)]
    assert (panel.view.seconds, panel.span.isHidden()) == (True, False)
    assert (panel.view.right, panel.view.gaps) == (5000, ()), "the axis begins at 0"
    assert panel.summary() == "Stream, 0 to 1.5 s, all seen: 3 input and 3 cells spikes."
    for piece in range(3):
        assert has_colour(panel, 0.5 * piece + 0.25, "exc")
        assert not has_colour(panel, 0.5 * piece + 0.4, "exc")
    table = not_none(panel.table())
    assert table[0] == ("piece", "layer", "neuron", "time (s)")
    assert [row[3] for row in table[1] if row[1] == "cells"] == [0.25, 0.75, 1.25]


def test_the_axis_goes_on_and_pieces_that_were_not_seen_are_gaps_not_silence(panel: Raster) -> None:
    see(panel, 0, 1)
    see(panel, 5, 6)
    assert panel.view.gaps == ((1000.0, 2500.0),)
    assert panel.note.text() == "newest: 0 to 3.5 s, of which 1.5 s were not seen (hatched)"
    image = panel.view.grab().toImage()
    area, scale = panel.view._areas().spikes, panel.view._areas().spikes.width() / panel.view.span
    left = panel.view.right - panel.view.span

    def colours(seconds: float) -> set[str]:
        x = round(area.left() + (1e3 * seconds - left) * scale)
        return {image.pixelColor(x + dx, round(area.top()) + 8 + dy).name() for dx in range(8) for dy in range(8)}

    assert QColor(theme.current().window).name() in colours(1.2)
    assert colours(0.7) == {QColor(theme.current().base).name()}
    figure = not_none(panel.figure())
    y = figure["parts"][1]["plots"][0]["lines"][0]["y"]
    assert np.isnan(y).sum() == 1
    see(panel, *range(7, 30))
    assert (panel.view.right, panel.view.gaps) == (15_000, ())


def test_a_run_that_is_opened_late_did_not_see_what_came_before(panel: Raster) -> None:
    see(panel, 40)
    assert panel.view.gaps == ((15_500.0, 20_000.0),)
    panel.view.right = 17_800  # as the newest piece slides in
    image, area = panel.view.grab().toImage(), panel.view._areas().spikes
    edge = {image.pixelColor(int(area.right()) - 1, y).name() for y in range(int(area.top()), int(area.bottom()))}
    assert edge == {QColor(getattr(theme.current(), role)).name() for role in ("window", "line")}, "no cut letter"


def test_one_five_or_twenty_seconds_are_shown_by_choice_and_wheel(panel: Raster, qtbot: QtBot) -> None:
    see(panel, *range(50))
    spans = {}
    for text in ("last 1 s", "last 5 s", "last 20 s"):
        panel.span.setCurrentText(text)
        redraw(panel)
        spans[text] = (panel.view.span, panel.view.right, len(panel.view.strips[-1].rate))
        assert panel.view.strips[0].start <= panel.view.right - panel.view.span
    assert spans == {
        "last 1 s": (1000, 25_000, 100),
        "last 5 s": (5000, 25_000, 25),
        "last 20 s": (20_000, 25_000, 5),
    }
    wheel = QWheelEvent(
        *(QPointF(9, 9), QPointF(9, 9), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton),
        *(Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )
    panel.view.wheelEvent(wheel)
    assert panel.span.currentText() == "last 5 s"


def test_patterns_are_shaded_as_facts_name_them(panel: Raster) -> None:
    see(panel, 0, 1)
    shown = Piece({}, {}, {}, {}, ((0.1, 0, (None,) * 3), (0.6, 1, (None,) * 3)), (0, 0, 0))
    panel.session.live.take_record(Record(99, 2, "", shown))
    before = panel.view.film.image
    redraw(panel)
    assert panel.view.film.image is not before
    assert [number for *_, number in panel.view.patterns] == [0, 1]
    np.testing.assert_allclose([each[:2] for each in panel.view.patterns], [(100, 150), (600, 650)])


def test_after_a_rewind_later_pieces_are_gone(panel: Raster) -> None:
    see(panel, *range(8))
    see(panel, 4)
    assert ([strip.presentation for strip in panel.pieces.strips], panel.view.right) == ([0, 1, 2, 3, 4], 5000)


def test_populations_are_chosen_and_one_stays(panel: Raster) -> None:
    see(panel, 0, 1)
    assert [action.text() for action in panel.bands.actions()] == ["input", "cells"]
    panel.bands.actions()[0].trigger()
    redraw(panel)
    assert [band.layer for band in panel.view._bands] == ["cells"]
    assert "input" not in panel.summary()
    panel.bands.actions()[1].trigger()
    redraw(panel)
    assert panel.bands.actions()[1].isChecked()
    panel.bands.actions()[0].trigger()
    redraw(panel)
    assert [band.layer for band in panel.view._bands] == ["input", "cells"]


def test_the_neuron_panel_says_that_a_stream_has_no_labels_and_no_pictures(panel: Raster, qtbot: QtBot) -> None:
    made = panel.session
    made.live.network = {"position": 1, "learned": {"feed.w": np.ones((N_INPUT, N_CELLS), np.float32)}}
    neuron = show(NeuronInspector(made), qtbot, (600, 600))
    made.selection.select_neuron(1)
    see(panel, 0)
    redraw(neuron)
    assert neuron.bars.isHidden()
    assert "1 spike in piece 0" in neuron.about.text()
