"""What the menus of panels, of views and of recent files offer, for the command palette and the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from stdpbench.runs.queue.run_text import literal
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.widgets.actions import Entry
from stdpbench_gui.widgets.copyable import TextOf, for_console
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

    def show_message(self, sentence: str) -> None:
        """Show a sentence in the status bar."""


def other_entries(window: App) -> Iterator[Entry]:
    """Yield the entries of these menus as they are now; those of pages that are not shown are disabled.

    Nothing is made for them: pages that do not exist yet have none.
    """
    if not window.pages.main.made:
        return
    shown = window.pages.currentWidget()
    yield from _of(window, window.services.recent.menu, "Open recent", "recent", True, _opens)
    for key, panel in window.train.panels.items():
        opens = panel.toggleViewAction()
        if opens is not None and opens.isChecked():  # also behind another one
            yield from _of(window, panel.menu, panel.title, f"panel-{key}", shown is window.train)
    runs = window.runs_page
    for view in (runs.comparison, runs.explore):
        possible = shown is runs and view.isVisible()
        yield from _of(window, view.menu, view.title, f"runs-{slug(view.title)}", possible)
    for name, page in (("evaluate", window.pages.evaluate.made), ("rules", window.pages.rules.made)):
        for box in () if page is None else page.findChildren(TitledBox):
            possible = shown is page and box.isVisible()
            yield from _of(window, box.menu, box.title, f"{name}-{slug(box.title)}", possible)


def _of(
    window: App,
    menu: QMenu,
    title: str,
    prefix: str,
    possible: bool,
    text_of: Callable[[QAction], TextOf | None] = lambda _: None,
) -> Iterator[Entry]:
    for action in named_entries(menu, prefix, window.show_message, possible=possible, text_of=text_of):
        yield Entry(title, action)


def _opens(entry: QAction) -> TextOf | None:
    """Return what opens a recent file or run, which the tool tip names; None for other entries."""
    path = entry.toolTip()
    return None if path == entry.text() else lambda: for_console(f"app.open({literal(path)})")
