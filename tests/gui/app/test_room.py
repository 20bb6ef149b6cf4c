"""Layout: restored panels, small screens, long names, large fonts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from parts_of_window import open_run
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QImageReader, QMovie
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QPushButton,
    QScrollArea,
    QToolButton,
)
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, kept, waits

from stdpbench.base.lessons import lessons
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.widgets.basic import around, not_none

NOWHERE = Qt.DockWidgetArea.NoDockWidgetArea
SMALL = (800, 560)
"""Width and height of the smallest supported screen."""
PROGRESS = {"phase": "train", "done": 12_431, "total": 60_000, "images_per_second": 214, "seconds_left": 222}


def again(window: MainWindow, settings: QSettings, qtbot: QtBot) -> MainWindow:
    """Return a window as it opens at the next start."""
    window.train.save()
    other = kept(MainWindow(settings, window.runs), qtbot)
    other.show()
    qtbot.waitExposed(other, timeout=PATIENCE_MS)
    other.go_to("train")
    return other


def shown(window: MainWindow) -> set[str]:
    return {key for key, panel in window.train.panels.items() if not panel.isHidden()}


def test_a_layout_is_the_same_at_the_next_start(window: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    window.go_to("train")
    window.resize(1280, 1000)
    for layout in ("Watch", "Inspect", "Present"):
        window.train.arrange(layout)
        before = shown(window)
        other = again(window, settings, qtbot)
        assert shown(other) == before, layout
        other.resize(1280, 720)
        assert (other.width(), other.height()) == (1280, 720), layout
    window.train.arrange("Watch")  # the font is shared with all other tests


@pytest.mark.shared_window
def test_a_panel_that_a_layout_leaves_out_opens_as_a_tab(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    for layout in ("Watch", "Present"):
        window.train.arrange(layout)
        docks, before = window.train.docks, shown(window)
        missing = set(window.train.panels) - before
        assert missing
        for key in missing:
            window.actions_[f"panel-{key}"].trigger()
            panel = window.train.panels[key]
            waits(qtbot, lambda panel=panel: not panel.visibleRegion().isEmpty())
            assert docks.dockWidgetArea(panel) != NOWHERE
            assert window.train.focused_panel() is panel
            assert key == "parameters" or docks.tabifiedDockWidgets(panel)
            assert not docks.tabifiedDockWidgets(panel) or panel.title_label.isHidden(), "the tab has it"
            map_ = window.train.panels["weight-map"]
            waits(qtbot, lambda panel=panel, map_=map_: not map_.geometry().intersects(panel.geometry()))
    window.train.arrange("Watch")


def test_present_shows_the_run_and_nothing_else(window: MainWindow, qtbot: QtBot) -> None:
    window.train.arrange("Inspect")
    before = shown(window)
    for leave in ("layout-present", "clear"):
        window.actions_["layout-present"].trigger()
        waits(qtbot, lambda: shown(window) == {"weight-map", "raster", "curves"})
        assert window.isFullScreen()
        chrome = [window.menuBar(), window.statusBar(), window.rail, window.train.top, window.train.handle]
        assert all(widget.isHidden() for widget in chrome)
        window.actions_[leave].trigger()
        waits(qtbot, lambda: shown(window) == before)
        assert not any(widget.isHidden() for widget in chrome)
        assert not window.isFullScreen()
    window.train.arrange("Watch")


@pytest.mark.shared_window
def test_every_page_makes_do_with_a_small_window(window: MainWindow, qtbot: QtBot) -> None:
    for page in window.page_names:
        window.go_to(page)
        window.resize(*SMALL)
        waits(qtbot, lambda: (window.width(), window.height()) == SMALL)


@pytest.mark.shared_window
def test_the_keyboard_brings_a_panel_to_the_front(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    window.train.arrange("Watch")
    window.activateWindow()
    behind = window.train.panels["thresholds"]
    waits(qtbot, lambda: behind.visibleRegion().isEmpty())
    behind.findChildren(QToolButton)[0].setFocus(Qt.FocusReason.TabFocusReason)
    waits(qtbot, lambda: not behind.visibleRegion().isEmpty())
    assert window.train.focused_panel() is behind


def test_the_tab_key_goes_down_the_start_page(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.activateWindow()
    waits(qtbot, lambda: not window.session.background.busy)  # which look for recent runs themselves
    one, two = tmp_path / "one", tmp_path / "two"
    window.start.show_recent([(one, "finished"), (two, "failed")], titles={one: "The first", two: ""})
    window.machine.take([SimpleNamespace(name="C++ compiler", state="fault", detail="none", fix="")])
    waits(qtbot, lambda: all(button.isVisible() for button in window.start.recent.findChildren(QPushButton)))
    widget: QAbstractButton = window.start.first_button
    widget.setFocus()
    found = [widget.text()]
    for _ in range(13):
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
        waits(qtbot, lambda: isinstance(QApplication.focusWidget(), QAbstractButton))
        widget = QApplication.focusWidget()
        assert isinstance(widget, QAbstractButton)
        found.append(widget.text())
    first = ["Digits in a minute", "Draw a digit…", "Lessons…", *window.start.questions]
    assert found == [*first, "All experiments…", "Build a network…", "⚠ C++ compiler…", "The first", "two"]


@pytest.mark.parametrize("layout", ["Watch", "Inspect", "Learn"])
def test_nothing_scrolls_on_a_small_screen(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, layout: str
) -> None:
    open_run(window, qtbot, finished_run.path)
    window.resize(1024, 700)
    window.session.live.state, window.session.live.progress = State.RUNNING, PROGRESS
    window.train.bar.refresh()  # which is higher while a run is in progress
    window.train.arrange(layout)
    window.train.panels["parameters"].show()
    area = not_none(around(window.train.docks, QScrollArea))
    waits(qtbot, lambda: area.width() > 900 and window.train.docks.size() == not_none(area.viewport()).size())
    raster = window.train.panels["raster"]
    assert isinstance(raster, Raster)
    room = area.height() - raster.note.sizeHint().height()  # which a larger network has
    assert window.train.docks.minimumSizeHint().height() <= room
    assert window.train.panels["weight-map"].caption.isHidden(), "not of a first run"  # type: ignore[attr-defined]


@pytest.mark.shared_window
def test_beside_a_lesson_no_page_scrolls_sideways_on_a_small_screen(window: MainWindow, qtbot: QtBot) -> None:
    window.help.lessons.open(lessons()[0])
    window.resize(1024, 700)
    for page, also in (("runs", lambda: None), ("rules", lambda: None), ("rules", window.lab.edit)):
        window.go_to(page)
        also()
        area = not_none(not_none(window.pages.currentWidget()).findChild(QScrollArea))
        waits(qtbot, lambda area=area: area.width() < 700 and area.horizontalScrollBar().maximum() == 0)
    not_none(window.help.lessons.pane).close()


def test_the_film_on_start_plays_while_it_is_seen_and_motion_is_not_reduced(window: MainWindow, qtbot: QtBot) -> None:
    film, shown = window.start.film, window.start.fields
    assert Path(film.fileName()).stat().st_size < 400_000
    waits(qtbot, lambda: film.state() is QMovie.MovieState.Running)
    assert shown.isVisible()
    reader = QImageReader(film.fileName())
    assert all(reader.read() and reader.nextImageDelay() >= 340 for _ in range(reader.imageCount())), "no flashing"
    before = shown.pixmap().toImage()
    waits(qtbot, lambda: shown.pixmap().toImage() != before)
    window.go_to("rules")
    waits(qtbot, lambda: film.state() is QMovie.MovieState.Paused)
    window.go_to("start")
    assert film.state() is QMovie.MovieState.Running
    window.actions_["reduce"].trigger()
    waits(qtbot, lambda: film.state() is QMovie.MovieState.Paused)
    assert shown.pixmap().width() == shown.width() > shown.pixmap().height(), "a picture, which is not square"
    window.actions_["reduce"].trigger()
