"""Actions that can be copied as the command line or the Python that does the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QEvent, QObject, QPoint, Qt
from PyQt6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.queue.run_text import ActionText, literal
from stdpbench_gui.widgets.basic import menu_action, not_none

TextOf = Callable[[], ActionText]
"""Returns what does the same as an action now; both texts are empty if nothing does."""
Report = Callable[[str], object]
"""Receives a sentence about what was copied."""
WAYS = (("command line", "command"), ("Python", "python"))
"""What an action can be copied as, and the field of `ActionText`."""
_FOR_CONSOLE: Final = "# in the Python console of the app\n"


class CopyableAction(QAction):
    """An action that can be copied; one with a name, at least for the console of the app.

    Attributes
    ----------
    text_of : callable or None
        Returns what does the same elsewhere; None: nothing does.
    report : callable
        Told what was copied.
    """

    def __init__(self, text: str, parent: QObject | None, text_of: TextOf | None, report: Report) -> None:
        super().__init__(text, parent)
        self.text_of, self.report = text_of, report

    @property
    def can_be_copied(self) -> bool:
        """Whether something else does the same, at least the console of the app."""
        return self.text_of is not None or bool(self.objectName())

    def copied_text(self) -> ActionText:
        """Return what does the same as the action now; if nothing does elsewhere, what the console of the app does."""
        own, name = ActionText() if self.text_of is None else self.text_of(), self.objectName()
        return own if own != ActionText() or not name else for_console(f"app({literal(name)})")


def for_console(call: str) -> ActionText:
    """Return a call of `app` as Python for the console of the app."""
    return ActionText("", f"{_FOR_CONSOLE}{call}\n")


def copy_text(text_of: TextOf, field: str, report: Report) -> None:
    """Copy a text to the clipboard and say so, or say why there is none."""
    words = next(words for words, name in WAYS if name == field)
    try:
        found = text_of()
    except StdpbenchError as error:
        report(f"Cannot be copied: {error}.")
        return
    text = getattr(found, field)
    if not text:
        other = "Python" if found.python else "a command line"
        report(f"There is no {words} for this{' now' if found == ActionText() else f'; it can be copied as {other}'}.")
        return
    not_none(QGuiApplication.clipboard()).setText(text)
    shown = text.removeprefix(_FOR_CONSOLE)
    where = " for the console of the app" if shown != text else ""
    lines = " ".join(shown.split()) if len(shown) < 200 else f"{len(shown.splitlines())} lines"
    report(f"Copied as {words}{where}: {lines}")


def add_copy_entries(menu: QMenu, text_of: TextOf, report: Report, what: str = "Copy") -> None:
    """Add *Copy as command line* and *Copy as Python* to a menu; what is not possible is disabled."""
    try:
        found = text_of()
    except StdpbenchError:
        found = ActionText()
    for words, field in WAYS:
        entry = menu_action(menu, f"{what} as {words}", lambda field=field: copy_text(text_of, field, report))  # type: ignore[misc]
        entry.setEnabled(bool(getattr(found, field)))


def show_copy_menu(action: QAction, parent: QWidget, at: QPoint) -> QMenu | None:
    """Show a menu that copies an action; None if the action cannot be copied."""
    if not isinstance(action, CopyableAction) or not action.can_be_copied:
        return None
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(f"Copy: {action.text().replace('&', '')}")
    add_copy_entries(menu, action.copied_text, action.report)
    menu.popup(at)
    return menu


class CopyOnRightClick(QObject):
    """Lets a right click, or the menu key, on the entry of a menu copy its action.

    Parameters
    ----------
    menu : QMenu
        The menu.
    """

    def __init__(self, menu: QMenu) -> None:
        super().__init__(menu)
        self._menu = menu
        menu.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Show the menu that copies in place of carrying out the action."""
        right = isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.RightButton
        if right and isinstance(event, QMouseEvent):
            if event.type() == QEvent.Type.MouseButtonRelease:
                action = self._menu.actionAt(event.position().toPoint())
                if action is not None:
                    show_copy_menu(action, self._menu, event.globalPosition().toPoint())
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Menu:
            action = self._menu.activeAction()
            if action is not None:
                corner = self._menu.actionGeometry(action).bottomLeft()
                show_copy_menu(action, self._menu, self._menu.mapToGlobal(corner))
            return True
        return super().eventFilter(watched, event)


class ActionButton(QToolButton):
    """A button that shows and triggers an action; a right click copies it, if it can be copied."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setDefaultAction(action)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(action.text())

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the menu that copies the action."""
        action = self.defaultAction()
        if event is not None and action is not None:
            show_copy_menu(action, self, event.globalPos())


class CopyButton(QToolButton):
    """A button whose menu copies what does the same as a form.

    Parameters
    ----------
    copy : callable
        Copies a field of `ActionText`.
    """

    def __init__(self, copy: Callable[[str], object]) -> None:
        super().__init__()
        self.setText("Copy")
        self.setObjectName("menubutton")
        self.setAccessibleName("Copy as a command line or as Python")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self)
        for words, field in WAYS:
            menu_action(menu, f"As {words}", lambda field=field: copy(field))  # type: ignore[misc]
        self.setMenu(menu)
