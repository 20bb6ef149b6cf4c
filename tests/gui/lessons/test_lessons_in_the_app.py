"""The lessons in the app: names that exist, one whole lesson by clicks, progress that is remembered."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace

import pytest
from parts_of_window import panel_of
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.lessons import Lesson, RunOfLesson, lessons
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.lessons import guide
from stdpbench_gui.lessons.guide import CHECKS, Guide, Progress
from stdpbench_gui.lessons.pane import StepView
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.parameters.parameters_panel import BRANCH, ParametersPanel
from stdpbench_gui.session.overlays import Overlay
from stdpbench_gui.widgets.basic import not_none

BY_NAME = {lesson.name: lesson for lesson in lessons()}
SMALL = {
    "network.n_exc": 12,
    "network.weight_sum": 78.0,
    "schedule.passes": 100,
    "schedule.train_images": 60,
    "schedule.label_images": 40,
    "schedule.test_images": 20,
}


def click(qtbot: QtBot, button: QPushButton) -> None:
    assert button.isVisible(), button.text()
    assert button.isEnabled(), button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def view_of(guide: Guide) -> StepView:
    return guide.pane.step


@pytest.fixture
def closed_afterwards(window: MainWindow) -> Iterator[MainWindow]:
    yield window
    if window.help.lessons.pane is not None:
        window.help.lessons.pane.close()


@pytest.mark.shared_window
@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_places_and_checks_exist(window: MainWindow, lesson: Lesson) -> None:
    for step in lesson.steps:
        if step.check:
            inspect.signature(CHECKS[step.check]).bind(window.help.lessons.sight, **step.arguments)
            assert CHECKS[step.check](window.help.lessons.sight, **step.arguments) in (True, False)
    for place in [lesson.question.show, *(step.show for step in lesson.steps if step.show)]:
        page, part, detail = guide.split_place(place)
        assert page in window.page_names, place
        assert not part or part in guide.parts_of(window, page), place
        assert not detail or part == "parameters", place


@pytest.mark.shared_window
def test_they_are_in_the_help_menu_and_on_the_start_page(closed_afterwards: MainWindow, qtbot: QtBot) -> None:
    window, guide = closed_afterwards, closed_afterwards.help.lessons
    click(qtbot, window.start.lessons_button)
    assert guide.pane.isVisible()
    assert set(guide.pane.list.buttons) == set(BY_NAME)
    for name in BY_NAME:
        window.actions_[f"lesson-{name}"].trigger()
        assert guide.lesson is BY_NAME[name]
    window.actions_["lessons"].trigger()
    assert guide.lesson is None


@pytest.mark.shared_window
@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_show_me_frames_a_visible_place(closed_afterwards: MainWindow, qtbot: QtBot, lesson: Lesson) -> None:
    window, guide = closed_afterwards, closed_afterwards.help.lessons
    guide.open(lesson)
    for number, step in enumerate(lesson.steps):
        guide._go_to(number)
        if step.show and not view_of(guide).show_me.isHidden():
            guide.show_place()
            target = not_none(guide.frame.target)
            waits(qtbot, target.isVisible)

            def is_around(target: QWidget = target) -> bool:
                corner = target.mapTo(window, target.rect().topLeft())
                return guide.frame.isVisible() and guide.frame.geometry().contains(corner)

            waits(qtbot, is_around)


@pytest.mark.shared_window
def test_the_layout_from_before_comes_back(closed_afterwards: MainWindow, qtbot: QtBot) -> None:
    window, guide = closed_afterwards, closed_afterwards.help.lessons
    window.go_to("train")
    window.train.arrange("Inspect")
    shown = {key for key, panel in window.train.panels.items() if not panel.isHidden()}
    window.go_to("start")
    guide.open_list()
    guide.open(BY_NAME["neuron"])
    map_ = window.train.panels["weight-map"]
    waits(qtbot, lambda: map_.width() >= 400 and map_.height() >= 350)
    assert not window.train.panels["raster"].isHidden()
    guide.pane.close()
    assert {key for key, panel in window.train.panels.items() if not panel.isHidden()} == shown
    guide.open(BY_NAME["neuron"])
    window.train.save()  # as the window does when it is closed
    assert {key for key, panel in window.train.panels.items() if not panel.isHidden()} == shown
    window.train.arrange("Watch")


def test_a_whole_lesson_by_clicks(window: MainWindow, qtbot: QtBot) -> None:
    guide, session = window.help.lessons, window.session
    whole = BY_NAME["neuron"]
    # far enough that the run is not there before it is paused, however late that is
    few = [{**s.arguments, "at_least": 600} if "at_least" in s.arguments else s.arguments for s in whole.steps]
    steps = tuple(replace(step, arguments=arguments) for step, arguments in zip(whole.steps, few, strict=True))
    lesson = replace(whole, run=RunOfLesson(whole.run.name, "digits", SMALL, 0.05, 20), steps=steps)
    overlays = guide.sight.curves.overlays
    overlays.add(Overlay("of the Runs page", {}))
    guide.open(lesson)
    view = view_of(guide)

    def done() -> bool:
        return view.done.text() == "✓ Done"

    assert not done()
    click(qtbot, view.start)
    waits(qtbot, done)
    waits(qtbot, lambda: session.live.progress.get("pace") == 0.05)
    assert not overlays.shown()
    assert session.folder.read_json("run.json")["options"]["checkpoint_every"] == 20

    click(qtbot, view.next)  # pause, and choose a neuron
    assert not done()
    window.actions_["pause"].trigger()
    waits(qtbot, lambda: session.state is State.PAUSED)
    session.selection.select_neuron(3)
    assert done()

    click(qtbot, view.next)  # slow motion
    assert not done()
    click(qtbot, view.show_me)
    slow = panel_of(window, SlowMotionPanel)
    waits(qtbot, lambda: slow.hunt.isVisible() and slow.hunt.isEnabled())
    click(qtbot, slow.hunt)
    waits(qtbot, done)

    click(qtbot, view.next)  # the neuron
    assert not done()
    click(qtbot, view.show_me)
    waits(qtbot, done)

    click(qtbot, view.next)  # thresholds
    assert not done()
    waits(qtbot, lambda: session.state is State.PAUSED)  # the hunt for a spike may not have ended yet
    window.actions_["pause"].trigger()  # its text is Resume now
    session.request("pace", seconds=0.0)
    waits(qtbot, done)
    session.request("pace", seconds=0.05)

    click(qtbot, view.next)  # the leak
    assert not done()
    click(qtbot, view.show_me)
    parameters = panel_of(window, ParametersPanel)
    assert parameters.search.text() == "tau_m"
    parameters.way.way.setCurrentIndex(BRANCH)
    parent = session.folder.path
    parameters.form.committed.emit("exc.tau_m", "20 ms")
    waits(qtbot, lambda: session.folder is not None and session.folder.path != parent and done())
    waits(qtbot, lambda: session.live.progress.get("pace") == 0.05)  # as the run that it leaves
    assert has_process(parent)

    click(qtbot, view.next)
    assert not parameters.search.text()
    assert not view.answer.isVisible()
    click(qtbot, view.reveal)
    assert view.answer.isVisible()
    click(qtbot, view.all)
    assert guide.pane.list.states["neuron"].text() == "✓ done"
    assert has_process(parent)
    assert session.connected
    guide.open(lesson)
    guide._go_to(len(lesson.steps))
    click(qtbot, view.next)
    assert guide.lesson is None
    waits(qtbot, lambda: not session.connected)  # its runs would train for a long time yet
    assert session.state is State.STOPPED
    waits(qtbot, lambda: not has_process(parent))


def test_progress_is_remembered(window: MainWindow, qtbot: QtBot, settings: QSettings) -> None:
    guide = window.help.lessons
    guide.open(BY_NAME["synapse"])
    window.lab.choose("pair-additive")
    view = view_of(guide)
    assert view.done.text() == "✓ Done"
    click(qtbot, view.next)
    again = Progress(settings)
    lesson = BY_NAME["synapse"]
    assert (again.open, again.step(lesson)) == ("synapse", 1)
    assert (again.is_done(lesson, 0), again.n_done(lesson)) == (True, 1)
    other = Guide(window)
    assert other.progress.step(lesson) == 1
    settings.setValue("lessons/done", "[broken")
    assert Progress(settings).n_done(lesson) == 0


@pytest.mark.shared_window
def test_the_keyboard_reaches_everything(closed_afterwards: MainWindow, qtbot: QtBot) -> None:
    guide = closed_afterwards.help.lessons
    guide.progress.start_again(BY_NAME["neuron"])
    guide.open(BY_NAME["neuron"])
    view, reached = view_of(guide), set()
    closed_afterwards.activateWindow()
    view.all.setFocus()
    for _ in range(12):
        focused = closed_afterwards.focusWidget()
        reached.add(focused)
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert {view.all, view.area, view.start, view.show_me, view.next} <= reached
