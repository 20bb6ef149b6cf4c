"""The dock with the lessons: a list of them, or one step of a lesson."""

from __future__ import annotations

from itertools import pairwise

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QDockWidget,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from stdpbench.base.lessons import Lesson, lessons
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import (
    Label,
    Scrolling,
    named,
    not_none,
    push_button,
    scrolling,
    tool_button,
    unbroken,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, vbox

_NARROW, _USUAL = 250, 320
"""Smallest and preferred width of the pane in pixels."""
_ROOM = 2 * theme.GRID


def marked_down() -> QLabel:
    """Return an empty label for Markdown whose text can be selected with mouse and keyboard."""
    label = wrapped("", align=Qt.AlignmentFlag.AlignTop)
    label.setTextFormat(Qt.TextFormat.MarkdownText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.LinksAccessibleByMouse
    )
    label.setOpenExternalLinks(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


class LessonList(Scrolling):
    """A card for each lesson, with what was done of it.

    Attributes
    ----------
    chosen : signal of Lesson
        A lesson was chosen.
    """

    chosen = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        about = "Six lessons of a quarter of an hour, beside the running program. They need no download."
        column = vbox(wrapped(about, "faint"), margins=theme.GRID, spacing=theme.GRID)
        self.buttons: dict[str, QPushButton] = {}
        self.states: dict[str, QLabel] = {}
        for lesson in lessons():
            column.addWidget(self._card(lesson))
        column.addStretch(1)
        self.setWidget(holding(column, "panel"))

    def _card(self, lesson: Lesson) -> QFrame:
        card = named(QFrame(), style="card")
        button = self.buttons[lesson.name] = push_button("", clicked=lambda _=False: self.chosen.emit(lesson))
        state = self.states[lesson.name] = wrapped("", "faint")
        vbox(
            wrapped(f"{lesson.number}. {lesson.title}", "cardtitle"),
            wrapped(lesson.summary),
            hbox((state, 1), button, spacing=theme.GRID),
            within=card,
            margins=theme.GRID,
            spacing=theme.GRID // 2,
        )
        return card

    def show_progress(self, lesson: Lesson, n_done: int) -> None:
        """Show how many steps of a lesson are done."""
        n, button = len(lesson.steps), self.buttons[lesson.name]
        words = f"{n_done} of {n} steps done" if n_done < n else "✓ done"
        self.states[lesson.name].setText(words if n_done else f"{lesson.minutes} minutes")
        button.setText("Begin" if not n_done else "Continue" if n_done < n else "Repeat")
        button.setAccessibleName(f"{button.text()} lesson {lesson.number}: {lesson.title}")


def _finish(n_running: int) -> str:
    """Return the text of the button that ends a lesson."""
    runs = "run" if n_running == 1 else "runs"
    return f"Finish: stop the {runs}" if n_running else "Finish"


class StepView(QWidget):
    """One step of a lesson, or its question.

    Attributes
    ----------
    list_wanted, back_wanted, next_wanted, place_wanted, run_wanted : signal
        A button was pressed.
    """

    list_wanted = pyqtSignal()
    back_wanted = pyqtSignal()
    next_wanted = pyqtSignal()
    place_wanted = pyqtSignal()
    run_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._is_done = False
        self.done = named(wrapped(""), "State of this step")
        self.all = push_button(
            "All lessons",
            clicked=self.list_wanted,
            tip="Back to the list; the lesson remembers where you are, and its run continues",
        )
        self.steps = named(Label(), style="faint")
        self.lesson = wrapped("", "faint")
        self.title = wrapped("", "cardtitle")
        self.introduction, self.text = marked_down(), marked_down()
        self.do = marked_down()
        self.show_me = push_button("Show me", clicked=self.place_wanted, tip="Open the right page and frame the place")
        self.start = push_button(
            "Start the network",
            clicked=self.run_wanted,
            tip="Start the run of this lesson. Another run in progress continues in the background",
        )
        self.reveal = push_button("Show the answer", checkable=True)
        self.answer = marked_down()
        self.back = push_button("Back", clicked=self.back_wanted)
        self.next = push_button("Next", clicked=self.next_wanted, style="primary")
        self._lay_out()
        self.reveal.toggled.connect(self._reveal)

    def _lay_out(self) -> None:
        self.task = named(QFrame(), style="card")
        vbox(
            self.do,
            hbox(self.start, self.show_me, STRETCH, spacing=theme.GRID),
            self.done,
            within=self.task,
            margins=theme.GRID,
            spacing=theme.GRID,
        )
        self._column = vbox(
            self.lesson,
            self.title,
            self.introduction,
            self.text,
            self.task,
            hbox(self.reveal, STRETCH),
            self.answer,
            margins=(_ROOM, theme.GRID),
            spacing=theme.GRID,
        )
        self._column.addStretch(1)
        self.area = scrolling(holding(self._column, "panel"))
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the arrow keys scroll
        head = hbox(self.all, STRETCH, self.steps, margins=(theme.GRID, theme.GRID, theme.GRID, 0))
        foot = hbox(self.back, STRETCH, self.next, margins=theme.GRID)
        vbox(head, (self.area, 1), foot, within=self, spacing=0)
        order = (self.all, self.area, self.start, self.show_me, self.reveal, self.back, self.next)
        for first, second in pairwise(order):
            QWidget.setTabOrder(first, second)

    def show_step(self, lesson: Lesson, number: int, run_is_open: bool, n_running: int) -> None:
        """Show a step; the one after the last is the question, whose last button stops the runs in progress."""
        n = len(lesson.steps)
        asks = number >= n
        step = None if asks else lesson.steps[number]
        self.lesson.setText(f"Lesson {lesson.number}: {lesson.title}")
        self.title.setText("Question" if step is None else step.title)
        self.introduction.setText(unbroken(lesson.text))
        self.introduction.setVisible(number == 0)
        self.text.setText(unbroken(lesson.question.text if step is None else step.text))
        self.do.setText(unbroken(lesson.question.do if step is None else step.do))
        self.task.setVisible(bool(self.do.text()))
        self.show_me.setVisible(bool(lesson.question.show if step is None else step.show))
        self.start.setVisible(step is not None and step.starts)
        self.start.setText("Start again" if run_is_open else "Start the network")
        self.reveal.setVisible(asks)
        self.reveal.setChecked(False)
        self.answer.setText(unbroken(lesson.question.answer))
        self._reveal(False)
        self.back.setEnabled(number > 0)
        self.next.setText(_finish(n_running) if asks else "To the question" if number == n - 1 else "Next")
        self.next.setToolTip("End the lesson and go back to the list" if asks else "")
        not_none(self.area.verticalScrollBar()).setValue(0)

    def show_steps(self, done: list[bool], number: int) -> None:
        """Show which steps are done, and which one is shown."""
        marks = [("✓" if is_done else "●" if place == number else "○") for place, is_done in enumerate(done)]
        n = len(done)
        where = f"{number + 1}/{n}" if number < n else "?"
        self.steps.setText(f"{''.join(marks)}  {where}")
        words = f"step {number + 1} of {n}" if number < n else "the question"
        self.steps.setAccessibleName(f"{words}; {sum(done)} steps done".capitalize())
        self.steps.setToolTip(self.steps.accessibleName())

    def show_state(self, done: bool, waits: bool) -> None:
        """Show whether the step is done, or waits for the reader; neither: there is nothing to notice."""
        self._is_done = done
        self.done.say("✓ Done" if done else "○ Not done yet" if waits else "")
        self._colour()

    def _colour(self) -> None:
        colours = theme.current()
        self.done.setStyleSheet(f"color: {colours.right if self._is_done else colours.faint}; font-weight: 600;")

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _reveal(self, shown: bool) -> None:
        self.answer.setVisible(shown)
        self.reveal.setText("Hide the answer" if shown else "Show the answer")


class LessonPane(QDockWidget):
    """The dock.

    Attributes
    ----------
    stack : QStackedWidget
        Shows the list, or the step.
    closed : signal
        The pane was closed.
    """

    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("Lessons")
        self.setObjectName("lessons")
        self.setAccessibleName("Lessons")
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.list, self.step = LessonList(), StepView()
        self.stack = named(QStackedWidget(), style="panel")
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.step)
        self.stack.setMinimumWidth(_NARROW)
        self.setWidget(self.stack)
        close = tool_button(
            "✕",
            clicked=lambda _=False: self.close(),
            name="Close the lessons",
            tip="Close the lessons; they remember where you are",
            flat=True,
        )
        bar = hbox(Label("Lessons"), STRETCH, close, margins=(theme.GRID, 2, 2, 2))
        self.setTitleBarWidget(holding(bar, "paneltitle"))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the preferred size."""
        return QSize(_USUAL, super().sizeHint().height())

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Report that the pane is closed."""
        super().closeEvent(event)
        self.closed.emit()
