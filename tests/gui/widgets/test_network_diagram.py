"""The diagram of a network as a widget: without a run, by pointer and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, QSize, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, kept

from stdpbench.experiment import read_experiment
from stdpbench.experiment.graph import Graph
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.network_diagram import NetworkDiagram

LAYERS = read_experiment("diehl-cook-400").graph(28, 28)


@pytest.fixture
def diagram(qtbot: QtBot) -> Iterator[NetworkDiagram]:
    theme.apply("light")
    theme.enlarge_plots(1.0)  # which the layout of another test's window may have changed
    made = kept(NetworkDiagram(), qtbot)
    made.resize(760, 300)
    with qtbot.waitExposed(made, timeout=PATIENCE_MS):
        made.show()
    made.show_graph(LAYERS)
    yield made
    theme.apply("light")


def on_arrow(diagram: NetworkDiagram, name: str) -> QPoint:
    """A point of the canvas on an arrow, next to its start."""
    x, y = diagram.diagram.arrows[name].path[0]
    return diagram.canvas.origin + QPoint(round(x + 4), round(y))


def test_boxes_and_arrows_are_chosen_by_pointer_and_keyboard(diagram: NetworkDiagram, qtbot: QtBot) -> None:
    chosen: list[str] = []
    diagram.chosen.connect(chosen.append)
    for name in ("exc", "feed"):
        qtbot.mouseClick(diagram.items[name], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(diagram.canvas, Qt.MouseButton.LeftButton, pos=on_arrow(diagram, "drive"))
    qtbot.mouseClick(diagram.canvas, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert chosen == ["exc", "feed", "drive"]
    assert not diagram.items["exc"].isChecked()  # until its owner says so

    diagram.activateWindow()
    diagram.items["input"].setFocus()
    order = []
    for _ in range(len(diagram.items)):
        focus = not_none(QApplication.focusWidget())
        order.append(focus.objectName())
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert order == ["input", "feed", "exc", "drive", "inh", "compete"]
    diagram.items["input"].setFocus()
    for key, name in (
        (Qt.Key.Key_Right, "feed"),
        (Qt.Key.Key_Right, "exc"),
        (Qt.Key.Key_Left, "feed"),
        (Qt.Key.Key_Left, "input"),
        (Qt.Key.Key_Left, "input"),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        focus = not_none(QApplication.focusWidget())
        assert focus.objectName() == name
    qtbot.keyClick(diagram.items["input"], Qt.Key.Key_Return)
    qtbot.keyClick(diagram.items["inh"], Qt.Key.Key_Space)
    assert chosen[3:] == ["input", "inh"]


def test_names_descriptions_and_rates(diagram: NetworkDiagram) -> None:
    exc, feed = diagram.items["exc"], diagram.items["feed"]
    assert (exc.accessibleName(), feed.accessibleName()) == ("Population exc", "Projection feed")
    assert "rule: diehl-cook-triplet" in feed.accessibleDescription()
    diagram.show_rates({"exc": 3.25}, "mean of 4")
    assert "3.25 Hz, mean of 4" in exc.accessibleDescription()
    assert "Hz" not in diagram.items["inh"].toolTip()  # of which no rate is known
    diagram.show_rates({})
    assert "Hz" not in exc.toolTip()
    diagram.select(["exc", "feed"])
    assert {name for name, item in diagram.items.items() if item.isChecked()} == {"feed", "exc"}


def test_a_graph_may_change_and_have_errors(diagram: NetworkDiagram, qtbot: QtBot) -> None:
    kept = diagram.items["exc"]
    populations = {name: each for name, each in LAYERS.populations.items() if name != "inh"}
    diagram.show_graph(Graph(populations, LAYERS.projections, read="exc"))
    assert set(diagram.items) == {"input", "exc", "feed"}
    assert diagram.items["exc"] is kept
    diagram.show_graph(Graph({}, {}))
    assert diagram.items == {}
    diagram.show_graph(None)
    assert diagram.diagram is None
    assert diagram.wanted_size(400) == QSize(0, 0)
    diagram.grab()
