"""The pages of the window: made in steps after the first is painted, and restyled in steps.

A page that is needed before it is whole is finished at once. Modules of pages and dialogs are imported ahead in a
thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QSettings, Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QLabel, QStackedWidget, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Job
from stdpbench_gui.session.in_steps import InSteps, Making, Part, Then
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Label, not_none

if TYPE_CHECKING:
    from stdpbench_gui.app.window_services import WindowServices
    from stdpbench_gui.pages.evaluate.page import EvaluatePage
    from stdpbench_gui.pages.rules.page import RulesPage
    from stdpbench_gui.pages.runs.page import RunsPage
    from stdpbench_gui.pages.start import StartPage
    from stdpbench_gui.pages.train import TrainPage
    from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
    from stdpbench_gui.widgets.undo import UndoActions

_MODULES: Final = (
    "pages.train",
    "pages.runs.page",
    "app.window_services",
    "app.console",
    "app.help_actions",
    "pages.evaluate.actions",
    "pages.evaluate.page",
    "pages.rules.actions",
    "pages.rules.page",
)


def import_pages() -> None:
    """Import the modules of all pages and dialogs, and list the rules, which their steps would import."""
    from stdpbench.kinds.plasticity import projection_rules

    for module in _MODULES:
        import_module(f"stdpbench_gui.{module}")
    projection_rules.kinds()


def read_kinds() -> None:
    """Import all kinds, which the forms for runs and networks list."""
    from stdpbench.experiment import trained_kinds
    from stdpbench.experiment.families import FAMILIES
    from stdpbench.kinds.plasticity import projection_rules

    for family in (*(family for family, _ in FAMILIES.values()), projection_rules):
        family.usable()
    trained_kinds()


_AT_ONCE = 200
"""Widgets that are polished in one step."""


class Page(Protocol):
    """What all pages have in common."""

    def restyle(self) -> None:
        """Apply the colours of the theme."""


class App(Protocol):
    """The parts of the main window that its pages use."""

    settings: QSettings
    runs: Path
    session: RunSession
    start: StartPage
    parameters: ParametersPanel
    undo: UndoActions

    @property
    def train(self) -> TrainPage:
        """The Train page."""

    @property
    def runs_page(self) -> RunsPage:
        """The Runs page."""

    @property
    def services(self) -> WindowServices:
        """Dialogs and opening of files."""

    def make_main(self) -> Making[bool]:
        """Make the Train and Runs pages, all menus and the services."""

    def complete(self) -> None:
        """Have them made."""

    def go_to(self, name: str) -> None:
        """Show a page."""


class Pages(QStackedWidget):
    """The pages, of which one is shown.

    Parameters
    ----------
    window : App
        The window.

    Attributes
    ----------
    main : Part
        The Train and Runs pages, all menus and the services.
    evaluate, rules : Part of QWidget
        The other pages.
    in_steps : InSteps
        Makes and restyles them.
    is_making_ahead : bool
        Whether pages are made before they are needed, or the window has closed.
    completed : signal
        All pages have been made ahead.
    """

    completed = pyqtSignal()

    def __init__(self, window: App) -> None:
        super().__init__()
        self._window = window
        self.in_steps = InSteps(self)
        self.main: Part[bool] = Part(window.make_main)
        self.evaluate: Part[EvaluatePage] = Part(self._make_evaluate)
        self.rules: Part[RulesPage] = Part(self._make_rules)
        self._restyling: Part[bool] | None = None
        self._late = _WhenShown()
        self._coming: QLabel | None = None
        self._importing: Job | None = None
        self.is_making_ahead = False

    def make_ahead(self, then: Callable[[], object] = lambda: None) -> None:
        """Make all pages that do not exist, in steps, once their modules are imported in a thread.

        Parameters
        ----------
        then : callable
            Called as soon as the Train and Runs pages, all menus and the services exist.
        """
        if not self.is_making_ahead:
            self.is_making_ahead = True
            begin = partial(self._begin, then)
            do = self._window.session.background.do
            self._importing = do(import_pages, lambda _: begin(), lambda _: begin(), owner=self)

    def _begin(self, then: Callable[[], object]) -> None:
        self.in_steps.add(self.main, Then(then), self.evaluate, self.rules, Then(self.completed.emit))
        self._window.session.background.do(read_kinds, lambda _: None)

    def stop(self) -> None:
        """Make nothing more, since the window closes."""
        self.is_making_ahead = True
        if self._importing is not None:
            self._importing.cancel()
        self.in_steps.stop()

    def announce(self, title: str) -> None:
        """Show at once that a page is coming, before the steps that are left of it."""
        if self._coming is None:
            self._coming = Label(f"Opening {title} …")
            self._coming.setObjectName("empty")
            self._coming.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.addWidget(self._coming)
            self.setCurrentWidget(self._coming)
            self.repaint()

    def show_page(self, page: QWidget) -> None:
        """Show a page, with the colours of the theme."""
        if self._restyling is not None:
            self._restyling.whole()
        self.setCurrentWidget(page)
        if self._coming is not None:
            self.removeWidget(self._coming)
            self._coming.deleteLater()
            self._coming = None

    # -- steps -----------------------------------------------------------------------------------------------------

    def _make_evaluate(self) -> Making[EvaluatePage]:
        from stdpbench_gui.pages.evaluate.page import EvaluatePage

        window = self._window
        window.complete()
        page = EvaluatePage(window.runs, window.session, window.settings)
        page.wanted.connect(lambda: window.go_to("evaluate"))
        self.addWidget(page)
        yield from page.fill()
        return page

    def _make_rules(self) -> Making[RulesPage]:
        from stdpbench_gui.pages.rules.page import RulesPage

        window = self._window
        window.complete()
        page = RulesPage(window.session, window.parameters.changes, window.settings)
        page.wanted.connect(lambda: window.go_to("rules"))
        page.use_wanted.connect(window.services.forms.use_rule)
        page.dropped.connect(window.services.open_dropped)
        self.addWidget(page)
        yield from page.fill()
        return page

    # -- theme -----------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Apply the colours of the theme: to widgets that can be seen at once, to plots and the rest in steps."""
        for part in (self.main, self.evaluate, self.rules):
            if part.is_begun:
                part.whole()
        if self._restyling is not None:
            self.in_steps.drop(self._restyling)
        self._restyling = Part(self._restyle)
        self._restyling.step()
        self.in_steps.add(self._restyling)

    def _restyle(self) -> Making[bool]:
        widgets = QApplication.allWidgets()
        seen = [widget for widget in widgets if widget.isVisible()]
        theme.polish(seen)
        window = self._window
        rest = set(widgets).difference(seen)
        self._late.watch(rest)
        yield
        yield  # these are painted in a turn of their own
        pages: list[Page | None] = [window.start, window.train, window.runs_page, self.evaluate.made, self.rules.made]
        shown: object = self.currentWidget()
        for page in sorted(filter(None, pages), key=lambda page: page is not shown):
            if page is window.train:  # what is seen first
                for panel in sorted(window.train.panels.values(), key=lambda panel: panel.visibleRegion().isEmpty()):
                    panel.follow_theme()
                    yield
            else:
                page.restyle()
                yield
        while rest:
            now = list(islice(rest, _AT_ONCE))
            rest.difference_update(now)
            theme.polish(widget for widget in now if not sip.isdeleted(widget))
            yield
        return True


class _WhenShown(QObject):
    """Gives widgets the colours of the theme that are shown before their turn."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: set[QWidget] = set()

    def watch(self, waiting: set[QWidget]) -> None:
        """Watch widgets that do not have the colours yet, until the set is empty."""
        self._waiting = waiting
        not_none(QApplication.instance()).installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Polish a widget that is being shown."""
        if not self._waiting:
            not_none(QApplication.instance()).removeEventFilter(self)
        elif event is not None and event.type() == QEvent.Type.Show and watched in self._waiting:
            assert isinstance(watched, QWidget)
            self._waiting.discard(watched)
            theme.polish([watched])
        return False
