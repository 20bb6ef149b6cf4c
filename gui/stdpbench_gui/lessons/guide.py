"""Leads through the lessons: opens them, starts their runs, and marks steps as done."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtWidgets import QMainWindow, QMenu

from stdpbench.base.lessons import Lesson, RunOfLesson, Step, lessons
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol.options import Options
from stdpbench_gui.lessons import places
from stdpbench_gui.lessons.checks import CHECKS
from stdpbench_gui.lessons.pane import LessonPane
from stdpbench_gui.lessons.progress import Progress
from stdpbench_gui.lessons.sight import App, Sight
from stdpbench_gui.widgets.basic import not_none

_LAYOUT = "Learn"
"""Layout of the Train page while a lesson is open; the layout from before comes back afterwards."""
_LIST = "*"
"""Why runs are stopped."""
_SHARE = 0.22
"""Share of the width of the window that the pane gets, within the limits below."""
_WIDTHS = 300, 400


def experiment_of(run: RunOfLesson) -> Experiment:
    """Return the experiment of the run of a lesson."""
    return read_experiment(run.experiment).override({"name": run.name, **run.set})


class Guide(QObject):
    """The lessons of a window.

    Attributes
    ----------
    pane : LessonPane or None
        The dock; None before it is made.
    lesson : Lesson or None
        The open lesson.
    number : int
        The step that it is at; the number of steps stands for its question.
    frame : Frame
        Frames what *Show me* leads to.
    """

    def __init__(self, window: QMainWindow, app: App) -> None:
        super().__init__(window)
        self._window, self._app = window, app
        self.progress = Progress(app.settings)
        self.sight = Sight(app, self)
        self.sight.changed.connect(self._look)
        self.frame = places.Frame(window)
        self.pane: LessonPane | None = None
        self.lesson: Lesson | None = None
        self.number = 0
        self._runs: dict[Path, Lesson] = {}  # runs of lessons that this window has shown while they were active
        app.session.opened.connect(self._on_run)
        app.start.lessons_wanted.connect(self.open_list)
        self._add_actions()
        QTimer.singleShot(0, self._reopen)

    def _add_actions(self) -> None:
        add, actions, keys = self._app.actions_.add, self._app.actions_, ["lessons"]
        add("lessons", "&Help", "&All lessons", self.open_list, "", "Guided lessons beside the running program")
        for lesson in lessons():
            keys.append(f"lesson-{lesson.name}")
            text = f"Lesson &{lesson.number}: {lesson.title}"
            add(keys[-1], "&Help", text, partial(self.open, lesson), "", lesson.summary)
        bar = not_none(self._window.menuBar())
        help_menu = next(menu for a in bar.actions() if (menu := a.menu()) is not None and menu.title() == "&Help")
        menu = QMenu("&Lessons", self._window)
        for key in keys:
            help_menu.removeAction(actions[key])
            menu.addAction(actions[key])
        help_menu.insertMenu(help_menu.actions()[0], menu)

    def _reopen(self) -> None:
        """Open what was open when the app was closed."""
        name = self.progress.open
        lesson = next((one for one in lessons() if one.name == name), None)
        if lesson is not None:
            self.open(lesson)
        elif name == _LIST:
            self.open_list()

    # -- opening and closing ---------------------------------------------------------------------------------------

    def open_list(self) -> None:
        """Show the list of lessons."""
        pane = self._opened()
        self.lesson = None
        self.progress.open = _LIST
        for lesson in lessons():
            pane.list.show_progress(lesson, self.progress.n_done(lesson))
        pane.show_list()
        first = next((one for one in lessons() if self.progress.n_done(one) < len(one.steps)), lessons()[0])
        pane.list.buttons[first.name].setFocus()

    def open(self, lesson: Lesson) -> None:
        """Show a lesson at the step that it was left at; one that is done begins again."""
        pane = self._opened()
        if self.progress.n_done(lesson) == len(lesson.steps) and self.progress.step(lesson) == len(lesson.steps):
            self.progress.start_again(lesson)
        self.lesson = lesson
        self.progress.open = lesson.name
        self.sight.follow()
        self._go_to(self.progress.step(lesson))
        if self._place:
            self._app.go_to(places.split(self._place)[0])
        pane.show_lesson()
        pane.step.next.setFocus()

    def made(self) -> LessonPane:
        """Return the pane, which is made before it is needed, or now."""
        pane = self.pane
        if pane is None:
            pane = self.pane = LessonPane()
            pane.closed.connect(self._on_closed)
            pane.list.chosen.connect(self.open)
            view = pane.step
            view.list_wanted.connect(self.open_list)
            view.back_wanted.connect(lambda: self._go_to(self.number - 1))
            view.next_wanted.connect(self._next)
            view.place_wanted.connect(self.show_place)
            view.run_wanted.connect(self.start_run)
            pane.hide()
            self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, pane)
        return pane

    def _opened(self) -> LessonPane:
        """Return the pane after showing it."""
        pane = self.made()
        if not pane.isVisible():
            self._app.train.remember_layout()  # before the pane makes the page narrower
            pane.show()
            narrow, wide = _WIDTHS
            width = min(max(narrow, round(_SHARE * self._window.width())), wide)
            self._window.resizeDocks([pane], [width], Qt.Orientation.Horizontal)
            self._app.train.arrange_for_now(_LAYOUT)
        return pane

    def _on_closed(self) -> None:
        self.progress.open = ""
        self.lesson = None
        self.frame.leave()
        self._app.train.put_back()

    # -- steps -----------------------------------------------------------------------------------------------------

    @property
    def step(self) -> Step | None:
        """The current step; None at the question, and if no lesson is open."""
        lesson = self.lesson
        return lesson.steps[self.number] if lesson is not None and self.number < len(lesson.steps) else None

    @property
    def _place(self) -> str:
        """What the current step or question shows."""
        if self.lesson is None:
            return ""
        return self.lesson.question.show if self.step is None else self.step.show

    def _go_to(self, number: int) -> None:
        lesson, pane = self.lesson, self.pane
        if lesson is None or pane is None:
            return
        self.frame.leave()
        places.tidy(self._app, self._place)
        self.number = min(max(number, 0), len(lesson.steps))
        self.progress.go_to(lesson, self.number)
        is_open = lesson.run is not None and self.sight.run_name == lesson.run.name
        pane.step.show_step(lesson, self.number, is_open, sum(map(has_process, self._runs_of(lesson))))
        self._show_state()
        self._look()

    def _next(self) -> None:
        lesson, step = self.lesson, self.step
        if lesson is None:
            return
        if step is None:
            self._end_runs()
            self.open_list()
            return
        if not step.check:
            self.progress.set_done(lesson, self.number)
        self._go_to(self.number + 1)

    def _look(self) -> None:
        """Mark the current step as done if it is."""
        lesson, step = self.lesson, self.step
        if lesson is None or step is None or not step.check or self.progress.is_done(lesson, self.number):
            return
        if CHECKS[step.check](self.sight, **step.arguments):
            self.progress.set_done(lesson, self.number)
            self._show_state()

    def _show_state(self) -> None:
        lesson, pane, step = self.lesson, self.pane, self.step
        if lesson is None or pane is None:
            return
        done = [self.progress.is_done(lesson, number) for number in range(len(lesson.steps))]
        pane.step.show_steps(done, self.number)
        waits = step is not None and bool(step.check)
        pane.step.show_state(waits and done[self.number], waits)

    # -- the buttons of a step -------------------------------------------------------------------------------------

    def show_place(self) -> None:
        """Show and frame the place of the current step or question."""
        if self._place:
            places.show(self._app, self._place, self.frame)

    def start_run(self) -> None:
        """Start the run of the lesson; curves of other runs, which would be drawn with its own, are removed."""
        run = None if self.lesson is None else self.lesson.run
        if run is not None:
            self._end_runs()
            self.sight.curves.overlays.clear()
            self._app.run_experiment(experiment_of(run), Options(checkpoint_every=run.checkpoint_every))

    def _runs_of(self, lesson: Lesson) -> list[Path]:
        """Return the runs of a lesson."""
        return [path for path, owner in self._runs.items() if owner is lesson]

    def _end_runs(self) -> None:
        """Stop the runs of the lesson, also one that a branch has left: they would train for a long time yet."""
        session, lesson = self._app.session, self.lesson
        for path in [] if lesson is None else self._runs_of(lesson):
            del self._runs[path]
            session.background.do(partial(_stop, path), lambda _: None, lambda _: None, owner=self)

    def _on_run(self) -> None:
        """Give the run of a lesson, and a branch of it, the speed of the lesson when it is first shown.

        So a run and its branch see the same pictures at about the same time.
        """
        lesson, folder, session = self.lesson, self._app.session.folder, self._app.session
        run = None if lesson is None else lesson.run
        if lesson is None or run is None or folder is None or not session.connected:
            return
        if folder.path.name.startswith(run.name) and folder.path not in self._runs:
            self._runs[folder.path] = lesson
            if run.seconds:
                session.request("pace", refused=lambda _: None, seconds=run.seconds)


def _stop(path: Path) -> None:
    from stdpbench.api import Run

    Run(path).stop()
