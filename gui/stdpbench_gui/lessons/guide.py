"""Leads through the lessons: opens them, starts their runs, marks steps as done, and keeps progress in the settings.

The condition by which a step is done is a function of what the app shows now, quick enough to be evaluated after every
signal. Its arguments come from the declaration of the step and are keyword-only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from math import isclose, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QMenu, QScrollArea, QWidget

from stdpbench.base.lessons import Lesson, Step, lessons
from stdpbench.experiment import read_experiment, value_at
from stdpbench.kinds.plasticity.custom import CustomRule
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol.changes import changes_rule
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench_gui.lessons.pane import LessonPane
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import not_none

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow
    from stdpbench_gui.pages.evaluate.page import EvaluatePage
    from stdpbench_gui.pages.rules.page import RulesPage


_SHOWN_MS = 2500
_RULES: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "rule": lambda app: app.lab.rule,
    "edit": lambda app: app.lab.edit_button,
    "apply": lambda app: app.lab.network.apply_button,
    "use": lambda app: app.lab.network.use_button,
    "equations": lambda app: app.lab.equations,
    "values": lambda app: app.lab.values,
    "compare": lambda app: app.lab.compare,
    "keep": lambda app: app.lab.compare.keep,
    "points": lambda app: app.lab.compare.points,
    "plot-1": lambda app: app.lab.plots[0],
    "plot-2": lambda app: app.lab.plots[1],
    "plot-3": lambda app: app.lab.plots[2],
    "editor": lambda app: app.lab.editor,
}
_EVALUATE: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "run": lambda app: app.evaluate.run,
    "evaluate": lambda app: app.evaluate.go,
    "embedding": lambda app: app.evaluate.embedding,
    "confusion": lambda app: app.evaluate.matrix,
    "fields": lambda app: app.evaluate.fields,
    "readouts": lambda app: app.evaluate.with_details().readouts,
    "clusters": lambda app: app.evaluate.with_details().clusters,
    "measures": lambda app: app.evaluate.with_details().measures,
    "pictures": lambda app: app.evaluate.strip,
}
_TRAIN: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "bar": lambda app: app.train.bar,
    "speed": lambda app: app.train.bar.speed,
}


def parts_of(app: MainWindow, page: str) -> dict[str, Callable[[], QWidget]]:
    """Return the parts of a page that can be shown, by name."""
    named = {"train": _TRAIN, "rules": _RULES, "evaluate": _EVALUATE}.get(page, {})
    found: dict[str, Callable[[], QWidget]] = {name: partial(get, app) for name, get in named.items()}
    if page == "train":
        found |= {name: partial(app.train.panels.__getitem__, name) for name in app.train.panels}
    return found


def split_place(place: str) -> tuple[str, str, str]:
    """Return page, part and parameter of a place such as ``"train/parameters/exc.tau_m"``; empty where not named."""
    page, _, rest = place.partition("/")
    part, _, detail = rest.partition("/")
    return page, part, detail


def show_place(app: MainWindow, place: str, frame: Frame) -> None:
    """Show a place, and frame it.

    Parameters
    ----------
    app : MainWindow
        The main window.
    place : str
        ``PAGE``, ``PAGE/PART``, or ``train/parameters/PATH``, which looks for the parameter.
    frame : Frame
        The frame.
    """
    page, part, detail = split_place(place)
    if page == "evaluate" and app.session.folder is not None and app.session.state is not State.FINISHED:
        show_place(app, "train/bar", frame)  # which says how far the run is; the page has other runs only
        return
    app.go_to(page)
    if not part:
        frame.around(app.page(page))
        return
    panel = app.train.panels.get(part) if page == "train" else None
    if panel is not None:
        app.train.bring(panel)
    if isinstance(panel, ParametersPanel) and detail:
        panel.search.setText(detail.rpartition(".")[2])
    if page == "evaluate":
        app.evaluate.choose_shown()
    widget = parts_of(app, page)[part]()
    if panel is None:
        _scroll_to(widget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            widget.setFocus()
    frame.around(widget if widget.isVisible() else app.page(page))  # such as a view of a run that is not evaluated


def tidy_place(app: MainWindow, place: str) -> None:
    """Undo what `show_place` has searched for in the Parameters panel."""
    panel, detail = app.train.panels["parameters"], split_place(place)[2]
    if detail and isinstance(panel, ParametersPanel) and panel.search.text() == detail.rpartition(".")[2]:
        panel.search.clear()


def _scroll_to(widget: QWidget) -> None:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()


class Frame(QWidget):
    """A frame around a widget, for a moment; clicks pass through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self._over = timer(self, self.leave, _SHOWN_MS, once=True)
        self.hide()

    def around(self, widget: QWidget) -> None:
        """Frame a widget."""
        self.leave()
        self._target = widget
        widget.installEventFilter(self)
        self.setStyleSheet(f"#frame {{ border: 3px solid {theme.current().accent}; border-radius: 4px; }}")
        self._follow()
        self.raise_()
        self.show()
        self._over.start()

    def leave(self) -> None:
        """Remove the frame."""
        self._over.stop()
        if self._target is not None:
            self._target.removeEventFilter(self)
        self._target = None
        self.hide()

    @property
    def target(self) -> QWidget | None:
        """The framed widget."""
        return self._target

    def _follow(self) -> None:
        window = self.parentWidget()
        if self._target is not None and window is not None:
            corner = self._target.mapTo(window, QPoint(0, 0))
            self.setGeometry(QRect(corner, self._target.size()).adjusted(-3, -3, 3, 3))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow the widget, and go when it goes."""
        if watched is self._target and event is not None:
            if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
                self._follow()
            elif event.type() == QEvent.Type.Hide:
                self.leave()
        return super().eventFilter(watched, event)


class Sight(QObject):
    """The app as checks see it.

    Attributes
    ----------
    changed : signal
        Something that a check may depend on has changed.
    """

    changed = pyqtSignal()

    def __init__(self, app: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self.session = app.session
        self._following = False

    def follow(self) -> None:
        """Connect the signals, which creates the pages that they come from; only the first call has an effect."""
        if self._following:
            return
        self._following = True
        emit = self.changed.emit
        self._app.pages.currentChanged.connect(lambda _: emit())
        self.session.opened.connect(emit)
        self.session.changed.connect(lambda _: emit())
        self.session.selection.neuron_changed.connect(lambda _: emit())
        for panel in self.panels.values():
            panel.visibilityChanged.connect(lambda _: emit())
        self.slow_motion.player.moved.connect(lambda _: emit())
        self.curves.overlays.changed.connect(emit)
        self.rules.state.changed.connect(lambda _: emit())
        self.rules.editor.checked.connect(emit)
        self.evaluate.state.changed.connect(lambda _: emit())

    @property
    def page_name(self) -> str:
        """Name of the page that is shown; empty if it is not known."""
        shown, app = self._app.pages.currentWidget(), self._app
        return next((name for name in app.page_names if app.page(name) is shown), "")

    @property
    def run_name(self) -> str:
        """Name of the experiment of the current run; empty before its network is ready."""
        started = self.session.live.started
        return "" if started is None else str(started.experiment.get("name", ""))

    @property
    def panels(self) -> dict[str, Panel]:
        """The panels of the Train page."""
        return self._app.train.panels

    @property
    def slow_motion(self) -> SlowMotionPanel:
        """The slow motion panel."""
        panel = self.panels["slow-motion"]
        assert isinstance(panel, SlowMotionPanel)
        return panel

    @property
    def curves(self) -> Curves:
        """The curves panel."""
        panel = self.panels["curves"]
        assert isinstance(panel, Curves)
        return panel

    @property
    def rules(self) -> RulesPage:
        """The Rules page."""
        return self._app.lab

    @property
    def evaluate(self) -> EvaluatePage:
        """The Evaluate page."""
        return self._app.evaluate


_DONE, _AT, _OPEN = "lessons/done", "lessons/at", "lessons/open"


class Progress:
    """Steps that are done, the step that each lesson is at, and the lesson that is open.

    Steps are known by their titles, so that progress stays right where a later version adds or moves steps.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._done = {name: set(map(str, titles)) for name, titles in self._read(_DONE).items()}
        self._at = {name: str(title) for name, title in self._read(_AT).items()}

    def _read(self, key: str) -> dict[str, Any]:
        with suppress(ValueError):
            stored = json.loads(str(self._settings.value(key, "{}")))
            if isinstance(stored, dict):
                return {str(name): value for name, value in stored.items() if isinstance(value, list | str)}
        return {}

    def is_done(self, lesson: Lesson, step: int) -> bool:
        """Return whether a step is done."""
        return lesson.steps[step].title in self._done.get(lesson.name, ())

    def n_done(self, lesson: Lesson) -> int:
        """Return the number of steps that are done."""
        return sum(self.is_done(lesson, step) for step in range(len(lesson.steps)))

    def set_done(self, lesson: Lesson, step: int) -> None:
        """Note that a step is done."""
        self._done.setdefault(lesson.name, set()).add(lesson.steps[step].title)
        self._settings.setValue(_DONE, json.dumps({name: sorted(titles) for name, titles in self._done.items()}))

    def step(self, lesson: Lesson) -> int:
        """Return the step that a lesson is at: from 0; their number stands for the question."""
        titles = [step.title for step in lesson.steps]
        at = self._at.get(lesson.name, titles[0])
        return titles.index(at) if at in titles else len(titles) if at == "" else 0

    def go_to(self, lesson: Lesson, step: int) -> None:
        """Note the step that a lesson is at."""
        self._at[lesson.name] = lesson.steps[step].title if step < len(lesson.steps) else ""
        self._settings.setValue(_AT, json.dumps(self._at))

    def start_again(self, lesson: Lesson) -> None:
        """Forget what was done of a lesson."""
        self._done.pop(lesson.name, None)
        self._settings.setValue(_DONE, json.dumps({name: sorted(titles) for name, titles in self._done.items()}))
        self.go_to(lesson, 0)

    @property
    def open(self) -> str:
        """Name of the open lesson; ``"*"`` for the list; empty if the pane is closed."""
        return str(self._settings.value(_OPEN, ""))

    @open.setter
    def open(self, name: str) -> None:
        self._settings.setValue(_OPEN, name)


def panel_shown(sight: Sight, *, name: str) -> bool:
    """Whether a panel of the Train page is in front."""
    panel = sight.panels[name]
    return sight.page_name == "train" and panel.isVisible() and not panel.visibleRegion().isEmpty()


def run_open(sight: Sight, *, name: str) -> bool:
    """Whether a run of an experiment is open and its network is ready."""
    return sight.run_name == name


def state_reached(sight: Sight, *, name: str, state: str) -> bool:
    """Whether a run of an experiment is open and in this state."""
    return sight.run_name == name and sight.session.state == State(state)


def position_reached(sight: Sight, *, name: str, at_least: int) -> bool:
    """Whether a run of an experiment has completed a number of presentations, or pieces of its stream."""
    live = sight.session.live
    training = live.progress.get("phase") == "train"
    done = max(live.position, int(live.progress.get("done", 0)) if training else 0)
    return sight.run_name == name and done >= at_least


def neuron_selected(sight: Sight) -> bool:
    """Whether a neuron is selected."""
    return sight.session.selection.neuron >= 0


def presentation_replayed(sight: Sight, *, after: str = "") -> bool:
    """Whether slow motion shows the recorded potential of a neuron that spikes, after the change of a parameter.

    Parameters
    ----------
    sight : Sight
        The app.
    after : str
        Path of the parameter; empty: any presentation.
    """
    moment = sight.slow_motion.moment
    if moment is None or moment.courses is None or not len(moment.output):
        return False
    changed = [at for at, change in sight.session.live.changes if after in change]
    return not after or (bool(changed) and moment.presentation >= changed[-1])


def parameter_set(sight: Sight, *, path: str, at_least: float | None = None, at_most: float | None = None) -> bool:
    """Whether a parameter was changed in the run, and its value now, in the unit that the app shows, is in a range."""
    experiment = sight.session.experiment
    if experiment is None or not any(path in change for _, change in sight.session.live.changes):
        return False
    value = value_at(experiment, path)
    if not isinstance(value, int | float):
        return False
    return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)


def compared(sight: Sight) -> bool:
    """Whether another run, such as the one that a branch left, is drawn beside the current one."""
    return bool(sight.curves.overlays.shown())


def rule_changed(sight: Sight) -> bool:
    """Whether the run learns by another rule than it began with."""
    return any(changes_rule(change) for _, change in sight.session.live.changes)


def run_evaluated(sight: Sight, *, name: str) -> bool:
    """Whether the Evaluate page shows a run of an experiment."""
    look = sight.evaluate.state.look
    return look is not None and look.experiment == name


def answers_selected(sight: Sight, *, name: str) -> bool:
    """Whether the Evaluate page shows a run of an experiment, and something is selected in it."""
    return run_evaluated(sight, name=name) and bool(sight.evaluate.state.chosen)


def rule_chosen(sight: Sight, *, kind: str, values: Mapping[str, float] | None = None) -> bool:
    """Whether the Rules page shows a rule, with these values."""
    rule = sight.rules.state.rule
    return getattr(rule, "kind", "") == kind and all(
        isclose(getattr(rule, name, nan), value) for name, value in (values or {}).items()
    )


def rule_value_changed(sight: Sight, *, kind: str, name: str) -> bool:
    """Whether a value of a rule differs from its default, on the Rules page or in a curve kept there."""
    state = sight.rules.state
    for rule in (state.rule, *(kept.rule for kept in state.kept)):
        if getattr(rule, "kind", "") == kind:
            declared = next((p for p in rule.describe() if p.name == name), None)
            if declared is not None and getattr(rule, name) != declared.default:
                return True
    return False


def curve_kept(sight: Sight, *, kind: str = "") -> bool:
    """Whether the curve of a rule, or any curve, is kept on the Rules page."""
    return any(kind in ("", getattr(kept.rule, "kind", "")) for kept in sight.rules.state.kept)


def data_points_shown(sight: Sight) -> bool:
    """Whether measured data points are drawn on the Rules page."""
    return bool(sight.rules.state.points)


def protocol_shown(sight: Sight, *, name: str) -> bool:
    """Whether a plot of the Rules page shows a protocol."""
    state = sight.rules.state
    return any(state.protocol(place) == name for place in range(len(state.plans)))


def expression_wrong(sight: Sight) -> bool:
    """Whether the editor of the Rules page marks an error."""
    return bool(sight.rules.editor.found)


def expression_valid(sight: Sight, *, spot: str, has: str = "", lacks: str = "") -> bool:
    """Whether a custom rule is valid, and has or lacks a name in one of its expressions.

    Parameters
    ----------
    sight : Sight
        The app.
    spot : str
        ``"on_input_spike"`` or ``"on_output_spike"``.
    has, lacks : str
        Names; empty: any.
    """
    rule = sight.rules.state.rule
    if not isinstance(rule, CustomRule) or sight.rules.editor.found:
        return False
    names = set(re.findall(r"[A-Za-z_]\w*", str(rule.definition.get(spot, ""))))
    return (not has or has in names) and (not lacks or lacks not in names)


CHECKS: Mapping[str, Callable[..., bool]] = {
    check.__name__.replace("_", "-"): check
    for check in (
        panel_shown,
        run_open,
        state_reached,
        position_reached,
        neuron_selected,
        presentation_replayed,
        parameter_set,
        compared,
        rule_changed,
        run_evaluated,
        answers_selected,
        rule_chosen,
        rule_value_changed,
        curve_kept,
        data_points_shown,
        protocol_shown,
        expression_wrong,
        expression_valid,
    )
}
"""By the name that declarations use."""


_LAYOUT = "Learn"
"""Layout of the Train page while a lesson is open; the layout from before comes back afterwards."""
_LIST = "*"
"""Why runs are stopped."""
_SHARE = 0.22
"""Share of the width of the window that the pane gets, within the limits below."""
_WIDTHS = 300, 400


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

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.progress = Progress(window.settings)
        self.sight = Sight(window, self)
        self.sight.changed.connect(self._look)
        self.frame = Frame(window)
        self.pane: LessonPane | None = None
        self.lesson: Lesson | None = None
        self.number = 0
        self._runs: dict[Path, Lesson] = {}  # runs of lessons that this window has shown while they were active
        window.session.opened.connect(self._on_run)
        window.start.lessons_wanted.connect(self.open_list)
        self._add_actions()
        QTimer.singleShot(0, self._reopen)

    def _add_actions(self) -> None:
        add, actions, keys = self._window.actions_.add, self._window.actions_, ["lessons"]
        add("lessons", "&Help", "&All lessons", self.open_list, "", "Guided lessons beside the running program")
        for lesson in lessons():
            keys.append(f"lesson-{lesson.name}")
            text = f"Lesson &{lesson.number}: {lesson.title}"
            add(keys[-1], "&Help", text, partial(self.open, lesson), "", lesson.summary)
        help_menu = not_none(actions.menu("&Help"))
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
        pane.stack.setCurrentWidget(pane.list)
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
            self._window.go_to(split_place(self._place)[0])
        pane.stack.setCurrentWidget(pane.step)
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
            self._window.train.remember_layout()  # before the pane makes the page narrower
            pane.show()
            narrow, wide = _WIDTHS
            width = min(max(narrow, round(_SHARE * self._window.width())), wide)
            self._window.resizeDocks([pane], [width], Qt.Orientation.Horizontal)
            self._window.train.arrange_for_now(_LAYOUT)
        return pane

    def _on_closed(self) -> None:
        self.progress.open = ""
        self.lesson = None
        self.frame.leave()
        self._window.train.put_back()

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
        tidy_place(self._window, self._place)
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
            show_place(self._window, self._place, self.frame)

    def start_run(self) -> None:
        """Start the run of the lesson; curves of other runs, which would be drawn with its own, are removed."""
        run = None if self.lesson is None else self.lesson.run
        if run is not None:
            self._end_runs()
            self.sight.curves.overlays.clear()
            experiment = read_experiment(run.experiment).override({"name": run.name, **run.set})
            self._window.run_experiment(experiment, Options(checkpoint_every=run.checkpoint_every))

    def _runs_of(self, lesson: Lesson) -> list[Path]:
        """Return the runs of a lesson."""
        return [path for path, owner in self._runs.items() if owner is lesson]

    def _end_runs(self) -> None:
        """Stop the runs of the lesson, also one that a branch has left: they would train for a long time yet."""
        session, lesson = self._window.session, self.lesson
        for path in [] if lesson is None else self._runs_of(lesson):
            del self._runs[path]
            session.background.do(partial(_stop, path), lambda _: None, lambda _: None, owner=self)

    def _on_run(self) -> None:
        """Give the run of a lesson, and a branch of it, the speed of the lesson when it is first shown.

        So a run and its branch see the same pictures at about the same time.
        """
        lesson, folder, session = self.lesson, self._window.session.folder, self._window.session
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
