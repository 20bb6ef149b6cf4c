"""A row of buttons for actions; those that do not fit are in a menu at its end."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import menu_button

_FEWEST = 2
"""Buttons that are shown in any case."""


class ActionButton(QToolButton):
    """A button that shows and triggers an action."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setDefaultAction(action)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAccessibleName(action.text())


class ButtonRow(QWidget):
    """The row.

    Parameters
    ----------
    actions : iterable of QAction
        The actions, the most important first.
    name : str
        Name of the menu for screen readers.

    Attributes
    ----------
    buttons : list of ActionButton
        A button for each action, shown or not.
    more : QToolButton
        Opens the menu of those that are not shown.
    """

    def __init__(self, actions: Iterable[QAction], name: str) -> None:
        super().__init__()
        self.buttons = [ActionButton(action) for action in actions]
        self._menu = QMenu(self)
        self.more = menu_button("…", self._menu, name=name, tip=name, style="dots")
        for button in (*self.buttons, self.more):
            button.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @staticmethod
    def _width_of(button: QToolButton) -> int:
        """Return the width of a button; that of the dots is too small by itself to be seen and hit."""
        return max(button.sizeHint().width(), 3 * theme.GRID)

    def _width(self, shown: list[QToolButton]) -> int:
        return sum(map(self._width_of, shown)) + theme.GRID * max(0, len(shown) - 1)

    def _height(self) -> int:
        return max(each.sizeHint().height() for each in (*self.buttons, self.more))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size with all buttons."""
        return QSize(self._width([*self.buttons]), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size with few buttons and the menu."""
        return QSize(self._width([*self.buttons[:_FEWEST], self.more]), self._height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show as many buttons as fit."""
        super().resizeEvent(event)
        room, shown = self.width(), [*self.buttons]
        while self._width([*shown]) > room and len(shown) > _FEWEST:
            shown = shown[:-1]
            if self._width([*shown, self.more]) <= room:
                break
        hidden = self.buttons[len(shown) :]
        self._menu.clear()
        self._menu.addActions([action for each in hidden if (action := each.defaultAction()) is not None])
        for each in hidden:
            each.hide()
        x, visible = 0, list[QToolButton](shown) + ([self.more] if hidden else [])
        for button in visible:
            width = self._width_of(button)
            button.setGeometry(x, 0, width, self.height())
            button.show()
            x += width + theme.GRID
        self.more.setVisible(bool(hidden))
