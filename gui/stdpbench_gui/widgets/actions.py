"""The list of all actions of the app, which menus, shortcuts and the command palette are built from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PyQt6.QtCore import QModelIndex, QRegularExpression, QSize, QSortFilterProxyModel, QStringListModel, Qt
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPalette
from PyQt6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QMainWindow,
    QMenu,
    QMenuBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label, named, not_none
from stdpbench_gui.widgets.layouts import vbox

_BEFORE_KEYS = "    "


@dataclass(frozen=True)
class Entry:
    """An action and the title of its menu."""

    menu: str
    action: QAction


class Actions:
    """The actions of a window.

    Parameters
    ----------
    window : QMainWindow
        The window with the menus.

    Attributes
    ----------
    begins : callable
        Called before each action.
    others : callable
        Returns actions of menus that are not in the menu bar, as they are now, with the titles of these menus.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.begins: Callable[[], object] = lambda: None
        self.others: Callable[[], Iterable[Entry]] = tuple
        self._entries: dict[str, Entry] = {}
        self._menus: dict[str, QMenu] = {}
        self._withheld: dict[str, str] = {}  # tool tips without the reason

    def add(
        self,
        key: str,
        menu: str,
        text: str,
        slot: Callable[[], object],
        shortcut: str = "",
        tip: str = "",
        checkable: bool = False,
        before: str = "",
    ) -> QAction:
        """Add an action to a menu, which is created on first use: at its end, or before the action with a key."""
        action = QAction(text, self._window)
        action.setObjectName(key)
        action.setCheckable(checkable)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.setToolTip(f"{tip or text.replace('&', '')}{f' ({shortcut})' if shortcut else ''}")
        action.setStatusTip(tip)
        action.triggered.connect(lambda _checked=False: self.begins())
        action.triggered.connect(lambda _checked=False: slot())
        if menu not in self._menus:
            self.use(not_none(not_none(self._window.menuBar()).addMenu(menu)))
        self._menus[menu].insertAction(self[before] if before else None, action)
        self._window.addAction(action)
        self._entries[key] = Entry(menu, action)
        return action

    def withhold(self, keys: Iterable[str], why: str) -> None:
        """Disable actions, with a sentence that says why as tool tip; an empty one enables them again.

        Keys without an action, such as one that is added later, are left out.
        """
        for key in keys:
            entry = self._entries.get(key)
            if entry is None:
                continue
            if why:
                self._withheld.setdefault(key, entry.action.toolTip())
                entry.action.setEnabled(False)
                entry.action.setToolTip(why)
            elif key in self._withheld:
                entry.action.setEnabled(True)
                entry.action.setToolTip(self._withheld.pop(key))

    def separator(self, menu: str) -> None:
        """Add a separator to a menu."""
        not_none(self.menu(menu)).addSeparator()

    def use(self, menu: QMenu) -> None:
        """Add actions to this menu, which may be outside the menu bar, if they name its title."""
        self._menus[menu.title()] = menu

    def menu(self, title: str) -> QMenu | None:
        """Return the menu with a title; None if it does not exist yet."""
        return self._menus.get(title)

    def __getitem__(self, key: str) -> QAction:
        """Return an action by its key."""
        return self._entries[key].action

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the actions in the order of the menu bar; those of other menus are last."""
        order = {action: number for number, action in enumerate(_leaves(not_none(self._window.menuBar())))}
        return iter(sorted(self._entries.values(), key=lambda entry: order.get(entry.action, len(order))))

    def everything(self) -> list[Entry]:
        """Return these actions and those of other menus, such as the menus of panels."""
        return [*self, *self.others()]


def _leaves(menu: QMenu | QMenuBar) -> Iterator[QAction]:
    """Yield the actions of a menu and of the menus in it."""
    for action in menu.actions():
        inner = action.menu()
        if inner is None:
            yield action
        else:
            yield from _leaves(inner)


class _LineWithKeys(QStyledItemDelegate):
    """Draws an action on the left and its shortcut on the right."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw an entry."""
        line = QStyleOptionViewItem(option)
        self.initStyleOption(line, index)
        line.text, _, keys = (line.text or "").partition(_BEFORE_KEYS)
        style = line.widget.style() if line.widget is not None else None
        if style is None or painter is None:
            return
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, line, painter, line.widget)
        selected = bool(line.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.PlaceholderText
        painter.setPen(line.palette.color(role))
        at = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line.rect.adjusted(0, 0, -theme.GRID, 0), at, keys)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Add spacing between lines."""
        return super().sizeHint(option, index) + QSize(0, theme.GRID // 2)


class Palette(QDialog):
    """The command palette: type a few letters of an action and press Enter to trigger it."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName("Command palette")
        self._actions = {self._line(entry): entry.action for entry in actions.everything() if entry.action.isEnabled()}
        self.field = named(QLineEdit(), "Find an action")
        self.field.setPlaceholderText("Type to find an action")
        self.filter = QSortFilterProxyModel()
        self.filter.setSourceModel(QStringListModel(list(self._actions)))
        self.filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = named(QListView(), "Matching actions")
        self.view.setModel(self.filter)
        self.view.setItemDelegate(_LineWithKeys(self.view))
        self.view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.nothing = named(Label("No matching action. Esc closes the list."), style="faint")
        self.nothing.hide()
        vbox(self.field, self.nothing, self.view, within=self, margins=theme.GRID, spacing=theme.GRID // 2)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room = parent.size() - QSize(4, 4) * theme.GRID
        wanted = QSize(self.view.sizeHintForColumn(0) + 6 * theme.GRID, 20 * self.fontMetrics().lineSpacing())
        self.resize(wanted.expandedTo(QSize(560, 360)).boundedTo(room))
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._do)
        self.view.activated.connect(lambda _: self._do())
        self._search("")

    @staticmethod
    def _line(entry: Entry) -> str:
        text, keys = entry.action.text().replace("&", ""), entry.action.shortcut().toString()
        return f"{entry.menu.replace('&', '')}: {text}{f'{_BEFORE_KEYS}{keys}' if keys else ''}"

    def _search(self, text: str) -> None:
        self.filter.setFilterRegularExpression(".*".join(map(QRegularExpression.escape, text.split())))
        self.view.setCurrentIndex(self.filter.index(0, 0))
        self.nothing.setVisible(not self.filter.rowCount())

    def _do(self) -> None:
        chosen = self._actions.get(str(self.view.currentIndex().data()))
        if chosen is not None:
            self.accept()
            chosen.trigger()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move in the list with the arrow keys while the field has the focus."""
        if event is not None and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            row = (self.view.currentIndex().row() + step) % max(1, self.filter.rowCount())
            self.view.setCurrentIndex(self.filter.index(row, 0))
            return
        super().keyPressEvent(event)
