"""Panels and dialogs of a window by their class, and its run."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from PyQt6.QtWidgets import QComboBox, QDialog, QMessageBox
from pytestqt.qtbot import QtBot
from synthetic import redraw
from waiting import waits

from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession

P = TypeVar("P", bound=Panel)
D = TypeVar("D", bound=QDialog)


def panel_of(window: MainWindow, kind: type[P]) -> P:
    found = window.train.panels[kind.key]
    assert isinstance(found, kind)
    return found


def dialog_of(window: MainWindow, qtbot: QtBot, kind: type[D]) -> D:
    """Wait until the window shows a dialog of a kind, and return it."""
    waits(qtbot, lambda: isinstance(window.services.dialog, kind) and window.services.dialog.isVisible())
    found = window.services.dialog
    assert isinstance(found, kind)
    return found


def close(dialog: QDialog) -> None:
    """Close a dialog whose changes are lost."""
    dialog.reject()
    for box in dialog.findChildren(QMessageBox):
        next(each for each in box.buttons() if each.text() == "Discard them").click()
    assert not dialog.isVisible()


def keep_editing(dialog: QDialog) -> None:
    """Answer a dialog that asks before it closes that its changes are to be kept."""
    dialog.reject()
    (box,) = dialog.findChildren(QMessageBox)
    box.reject()
    assert dialog.isVisible()


def choose(box: QComboBox, text: str) -> None:
    """Choose an item of a drop-down list."""
    assert box.findText(text) >= 0, [box.itemText(place) for place in range(box.count())]
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def open_run(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Open a run, and wait until it is shown."""
    window.open_run(path)
    waits(qtbot, lambda: window.session.folder is not None and window.session.folder.path == path)


def to_front(panel: Panel) -> None:
    """Show a panel, in front of those that share its place."""
    panel.show()
    panel.raise_()


def draw_every_panel(window: MainWindow, qtbot: QtBot) -> dict[str, str]:
    """Raise and draw each panel, ask for all that it says and exports, and return the summaries."""
    summaries = {}
    for key, panel in window.train.panels.items():
        to_front(panel)
        waits(qtbot, lambda panel=panel: not panel.visibleRegion().isEmpty())
        redraw(panel)
        assert "Cannot draw" not in panel.accessibleDescription()
        summaries[key] = panel.summary()
        assert summaries[key].endswith(".")
        panel.table()
        panel.figure()
    return summaries


def stop(session: RunSession, qtbot: QtBot) -> None:
    """Stop the run on display, and wait for the end of its process."""
    session.request("stop")
    waits(qtbot, lambda: not session.connected)
