"""Layout: restored panels, small screens, long names, large fonts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from parts_of_window import open_run
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QImageReader, QMovie
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, kept, waits

from stdpbench.base.lessons import lessons
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.widgets.basic import around, not_none
from stdpbench_gui.widgets.tables import add_row, table_of
from stdpbench_gui.widgets.timeline_strip import TimelineStrip

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


@pytest.mark.shared_window
def test_watch_is_a_stage_for_the_weights(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    window.resize(1280, 800)
    window.train.arrange("Watch")
    train, weights = window.train, window.train.panels["weight-map"]
    waits(qtbot, lambda: weights.width() > 0.55 * train.width())
    in_sight = {key for key, panel in train.panels.items() if not panel.visibleRegion().isEmpty()}
    assert in_sight == {"weight-map", "stimulus", "curves", "raster"}
    parameters = train.panels["parameters"]
    train.handle.click()
    waits(qtbot, lambda: parameters.isVisible() and parameters.width() >= 280)
    narrow = weights.width()
    window.resize(1600, 800)
    waits(qtbot, lambda: weights.width() > narrow + 100)
    train.handle.click()
    assert parameters.isHidden()


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


def test_the_bar_of_a_run_lets_the_window_become_narrow(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    open_run(window, qtbot, finished_run.path)
    live = window.session.live
    live.progress = PROGRESS
    for state in State:
        window.resize(1280, 560)
        live.state = state
        window.train.bar.refresh()
        window.resize(640, 560)
        waits(qtbot, lambda: window.width() == 640)


@pytest.mark.shared_window
def test_a_long_name_does_not_widen_the_window(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    window.resize(*SMALL)
    bar = window.train.bar
    bar.title.setText("an-experiment-with-a-name-that-somebody-thought-about-for-a-long-time · seed 123456789")
    bar.speed_text.setText("1000 images/s · 12 h 34 min left · display cost 100 %")
    window.show_message("A sentence that is much longer than any window is wide. " * 10)
    qtbot.wait(50)
    assert window.width() == SMALL[0]


def test_columns_without_room_are_hidden_and_their_values_are_in_the_tool_tip(qtbot: QtBot) -> None:
    rows = kept(table_of("Something", [("what", "Its name"), ("right (%)", ""), ("95 %", "")], least=(2,)), qtbot)
    row = add_row(rows, ["start weights", "82.50", "80.1–84.2"], "with the start weights")
    rows.resize(600, 120)
    rows.show()
    assert not rows.isColumnHidden(2)
    narrow = next(width for width in range(600, 50, -10) if rows.resize(width, 120) or rows.isColumnHidden(2))
    assert narrow > 100
    assert rows.viewport().width() >= rows.columnWidth(0) + rows.columnWidth(1)  # type: ignore[union-attr]
    assert row.toolTip(0) == "with the start weights\n95 %: 80.1–84.2"
    rows.resize(600, 120)
    assert not rows.isColumnHidden(2)
    assert row.toolTip(0) == "with the start weights"


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


@pytest.mark.shared_window
def test_the_start_page_is_short(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("start")
    window.resize(1280, 800)
    window.start.show_recent([])
    window.machine.take([SimpleNamespace(name="Python", state="ok", detail="", fix="")])
    texts = [
        widget.text()
        for widget in [*window.start.findChildren(QAbstractButton), *window.start.findChildren(QLabel)]
        if widget.isVisible()
    ]
    assert len(" ".join(texts).split()) <= 60
    assert not window.start.verticalScrollBar().isVisible()


def words_in_sight(window: MainWindow) -> list[str]:
    """Return the words besides numbers that widgets of the page show, and the timeline draws."""
    page, texts = window.pages.currentWidget(), list[str]()
    for widget in page.findChildren(QWidget) if page is not None else ():
        if widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, QTabBar):
            texts += [widget.tabText(number) for number in range(widget.count())]
        elif isinstance(widget, TimelineStrip):
            texts += [stage.name for stage in widget.stages]
        elif isinstance(widget, (QLabel, QAbstractButton)):
            texts.append(widget.text())
        elif isinstance(widget, QComboBox):
            texts.append(widget.currentText())
    return [word for word in " ".join(texts).split() if re.search("[A-Za-z]", word)]


def test_train_is_calm_now_and_at_an_earlier_moment(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> None:
    shutil.copytree(finished_run.path, window.runs / "digits-from-noise-seed0-1")  # whose map has a sentence
    open_run(window, qtbot, window.runs / "digits-from-noise-seed0-1")
    window.go_to("train")
    timeline, panels = window.train.timeline.timeline, window.train.panels
    waits(qtbot, lambda: len(timeline.positions) > 2 and window.session.split is not None)
    weights = panels["weight-map"]
    assert isinstance(weights, WeightMap)
    waits(qtbot, lambda: weights.order.currentText() == "by label")
    for position, size in ((None, (1920, 1080)), (timeline.positions[-2], (1280, 800))):
        window.resize(*size)
        timeline.go(position)
        waits(qtbot, lambda size=size: not timeline.reading and (window.width(), window.height()) == size)
        start = "" if position is None else f"at {position}"
        waits(
            qtbot,
            lambda start=start: weights.as_of.text().startswith(start) and bool(start) is bool(weights.as_of.text()),
        )
        for panel in panels.values():
            panel.mark_dirty()
        window.train.redraw()
        found = words_in_sight(window)
        assert 20 < len(found) <= 60, " ".join(found)
        titled = [panel for panel in panels.values() if not panel.visibleRegion().isEmpty()]
        assert len(titled) <= 9
    assert weights.caption.isVisible(), "of a first run, whose words count"


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
