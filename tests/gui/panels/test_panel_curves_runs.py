"""Other runs in the plots of Curves: each line that is drawn has a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from synthetic import block, draw_resized, experiment, redraw, session, show

from stdpbench_gui.panels.curves.curve_plot import CurvePlot
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.overlays import Overlay
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Curves:
    made = session(tmp_path, *[(end, block(0.5 + end / 1000, 20 + end / 100)) for end in range(10, 130, 10)])
    return show(Curves(made), qtbot, (420, 330))


def legend(panel: Curves) -> str:
    """Return the legend of the runs as text."""
    return panel.runs.toPlainText().replace("\u00a0", " ").replace("\u2011", "-").replace("\u2060", "")


def runs_in(plot: CurvePlot) -> list[tuple[int, str]]:
    """Return line style and name of the runs whose lines a plot draws."""
    return sorted(key for key, item in plot._items.items() if len(item.getData()[0]))


def add(panel: Curves, *names: str, title: str = "") -> None:
    for name in names:
        taken = [overlay.slot for overlay in panel.overlays.shown()]
        slot = next(slot for slot in range(99) if slot not in taken)
        panel.overlays.add(Overlay(name, {20: block(0.3), 40: block(0.35)}, slot=slot, title=title))
    redraw(panel)
    redraw(panel)


def test_other_runs_lie_beside_it_and_are_named(panel: Curves) -> None:
    panel.resize(480, 500)
    assert len(panel.plots[0].data("proportion")[0]) == 12
    panel.overlay("another-run", {20: block(0.3), 40: block(0.35)})
    redraw(panel)
    assert re.fullmatch(r"\ufffc this run\s+\ufffc another-run", legend(panel))
    assert panel.plots[0].data("another-run")[1] == [30.0, 35.0]
    assert panel.plots[1].data("another-run")[1] == [11.0, 11.0]
    assert panel.plots[0].data("this run")[0] == list(range(10, 130, 10))
    assert panel.plots[0].data("proportion") == ([], [])
    assert panel.plots[0].note.text() == "while learning; vote; others without overlays"
    assert "overlays: another-run" in panel.summary()
    assert panel.plots[0].plot.getViewBox().viewRange()[1][0] <= 30
    table = not_none(panel.table())
    assert {row[0] for row in table[1]} == {panel.session.folder.path.name, "another-run"}  # type: ignore[union-attr]
    menu = next(each for each in panel.findChildren(QMenu) if each.title() == "Overlays")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["another-run", "", "No other run to draw", "", "Clear"]
    menu.actions()[0].trigger()
    redraw(panel)
    assert panel.plots[0].data("another-run") == ([], [])
    assert len(panel.plots[0].data("proportion")[0]) == 12
    assert panel.runs.isHidden()
    menu.aboutToShow.emit()
    assert not any(action.isEnabled() for action in menu.actions() if action.text())


def test_all_runs_are_drawn_and_named_in_a_legend_that_scrolls(panel: Curves) -> None:
    names = [f"number-{number}-of-runs-that-have-nothing-in-common" for number in range(16)]
    add(panel, *names)
    for size in ((420, 330), (900, 700)):
        draw_resized(panel, *size)
        assert [len(runs_in(plot)) for plot in panel.shown] == [17] * len(panel.shown)
        assert legend(panel).count("\ufffc") == 17
        assert panel.runs.height() <= 0.35 * panel.body.height()
    assert len(not_none(panel.figure())["plots"][-1]["lines"]) == 17


def test_two_runs_of_one_title_are_both_drawn_and_named(panel: Curves) -> None:
    add(panel, "digits-seed1-20260101-101500", "digits-seed2-20260101-101500", title="stronger")
    add(panel, "digits-seed3-20260101-101500", title="weaker <5 %")
    assert [len(runs_in(plot)) for plot in panel.shown] == [4, 4]
    assert all(name in legend(panel) for name in ("seed1", "seed2", "weaker <5 %"))
    assert "stronger, digits-seed2-20260101-101500" in panel.runs.toolTip()


def made_of(number: int, folder: Path, **changes: object) -> Overlay:
    """Return an overlay as a branch has it: of the same name but for the time, with other parameters."""
    of = experiment().override({path.replace("__", "."): value for path, value in changes.items()})
    live = session(folder / str(number), (20, block(0.3)), of=of).live
    name = f"digits-seed0-20260101-10150{number}"
    return Overlay(name, live.blocks, slot=number, live=live)


def test_the_values_that_differ_are_named(panel: Curves, tmp_path: Path) -> None:
    nu, tau = "plasticity__nu_post", "plasticity__tau_x"
    panel.overlays.add(made_of(0, tmp_path, **{nu: 0.02}))
    panel.overlays.add(made_of(1, tmp_path, **{nu: 0.05}))
    redraw(panel)
    assert re.fullmatch(r"\ufffc this run\s+\ufffc nu_post 0.02\s+\ufffc nu_post 0.05", legend(panel))
    panel.overlays.add(made_of(2, tmp_path))  # only another seed or time
    redraw(panel)
    assert re.search("nu_post 0.01, …[-0-9]*101502", legend(panel))
    panel.overlays.add(made_of(3, tmp_path, **{tau: "30 ms"}))
    redraw(panel)
    assert "nu_post 0.05, tau_x 20 ms" in legend(panel)
    assert "nu_post 0.01, tau_x 30 ms" in legend(panel)
    panel.overlays.add(made_of(4, tmp_path, plasticity__kind="triplet"))
    redraw(panel)
    assert "plasticity triplet" in legend(panel)
    assert re.search("plasticity diehl-cook-triplet, …[-0-9]*101501", legend(panel))
    panel.overlays.add(Overlay("no-network-yet", {20: block(0.3)}, slot=5))
    redraw(panel)
    assert "no-network-yet" in legend(panel)
