"""Entries of the menus of panels, views and recent files, as actions with names for the palette and the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.widgets.actions import Entry

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow


def named_entries(
    menu: QMenu,
    prefix: str,
    *,
    possible: bool = True,
) -> Iterator[QAction]:
    """Yield an action with a name for each entry of a menu, and of the menus in it, as it is now.

    Parameters
    ----------
    menu : QMenu
        The menu, which is filled as if it was opened.
    prefix : str
        Beginning of the names, such as ``"panel-weights"``.
    possible : bool
        Whether the entries can be carried out, apart from those that are disabled.
    """
    seen: set[str] = set()
    for text, entry in _leaves(menu):
        name = f"{prefix}-{slug(text)}"
        if name in seen or entry.objectName():  # which stands in the menu bar, too
            continue
        seen.add(name)
        action = QAction(text)
        action.setObjectName(name)
        action.setToolTip(entry.toolTip())
        action.setEnabled(possible and entry.isEnabled())
        action.triggered.connect(partial(_trigger, menu, text))
        yield action


def _leaves(menu: QMenu, before: str = "") -> Iterator[tuple[str, QAction]]:
    """Yield the entries of a menu with their texts, after the titles of the menus that they stand in."""
    menu.aboutToShow.emit()
    for entry in menu.actions():
        inner, text = entry.menu(), before + entry.text().replace("&", "")
        if inner is not None:
            yield from _leaves(inner, f"{text}: ")
        elif text and not entry.isSeparator() and entry.isVisible():
            yield text, entry


def _trigger(menu: QMenu, text: str, _checked: bool = False) -> None:
    """Carry out an entry of a menu, which may have been filled again since its name was taken."""
    found = next((entry for each, entry in _leaves(menu) if each == text), None)
    if found is not None:
        found.trigger()


def slug(text: str) -> str:
    """Return a text as a part of a name: lower-case words with dashes."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def other_entries(window: MainWindow) -> Iterator[Entry]:
    """Yield the entries of these menus as they are now; those of pages that are not shown are disabled.

    Nothing is made for them: pages that do not exist yet have none.
    """
    if not window.is_complete:
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
    for name, page in (("evaluate", window.evaluate_made), ("rules", window.rules_made)):
        for box in () if page is None else page.findChildren(TitledBox):
            possible = shown is page and box.isVisible()
            yield from _of(box.menu, box.title, f"{name}-{slug(box.title)}", possible)


def _of(menu: QMenu, title: str, prefix: str, possible: bool) -> Iterator[Entry]:
    for action in named_entries(menu, prefix, possible=possible):
        yield Entry(title, action)
