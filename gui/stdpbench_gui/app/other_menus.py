"""What the menus of panels, of views and of recent files offer, for the command palette and the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from PyQt6.QtWidgets import QMenu

from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.widgets.actions import Entry
from stdpbench_gui.widgets.menu_entries import named_entries, slug

if TYPE_CHECKING:
    from stdpbench_gui.app.window_pages import Pages
    from stdpbench_gui.app.window_services import WindowServices
    from stdpbench_gui.pages.runs.page import RunsPage
    from stdpbench_gui.pages.train import TrainPage


class App(Protocol):
    """The parts of the main window that have menus."""

    pages: Pages

    @property
    def services(self) -> WindowServices:
        """Recent runs and files."""

    @property
    def train(self) -> TrainPage:
        """The Train page."""

    @property
    def runs_page(self) -> RunsPage:
        """The Runs page."""


def other_entries(window: App) -> Iterator[Entry]:
    """Yield the entries of these menus as they are now; those of pages that are not shown are disabled.

    Nothing is made for them: pages that do not exist yet have none.
    """
    if not window.pages.main.made:
        return
    shown = window.pages.currentWidget()
    yield from _of(window.services.recent.menu, "Open recent", "recent", True)
    for key, panel in window.train.panels.items():
        opens = panel.toggleViewAction()
        if opens is not None and opens.isChecked():  # also behind another one
            yield from _of(panel.menu, panel.title, f"panel-{key}", shown is window.train)
    runs = window.runs_page
    for view in (runs.comparison, runs.explore):
        possible = shown is runs and view.isVisible()
        yield from _of(view.menu, view.title, f"runs-{slug(view.title)}", possible)
    for name, page in (("evaluate", window.pages.evaluate.made), ("rules", window.pages.rules.made)):
        for box in () if page is None else page.findChildren(TitledBox):
            possible = shown is page and box.isVisible()
            yield from _of(box.menu, box.title, f"{name}-{slug(box.title)}", possible)


def _of(menu: QMenu, title: str, prefix: str, possible: bool) -> Iterator[Entry]:
    for action in named_entries(menu, prefix, possible=possible):
        yield Entry(title, action)
