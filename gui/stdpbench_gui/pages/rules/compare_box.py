"""Kept curves and data points to compare the rule with, in one list."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QModelIndex, QRect, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from stdpbench.studies.lab.data_sets import PUBLISHED
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules import line_styles
from stdpbench_gui.pages.rules.plot_text import told_apart
from stdpbench_gui.pages.rules.state import RulesState, name_of
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import menu_action, menu_button, named, not_none, note, plain_tip, push_button
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_TOLD = Qt.ItemDataRole.UserRole
"""What is drawn of a name: without the values that all have."""


class _Told(QStyledItemDelegate):
    """Draws what tells a name apart from the others; what is edited is the whole name."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem | None, index: QModelIndex
    ) -> None:
        """Replace the name."""
        super().initStyleOption(option, index)
        told = index.data(_TOLD)
        if option is not None and told:
            option.text = str(told)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size with the name wrapped to the width of the list, which a tree of Qt does not consider."""
        whole, view = super().sizeHint(option, index), self.parent()
        width = not_none(view.viewport()).width() if isinstance(view, QTreeWidget) else 0
        if not 0 < width < whole.width():
            return whole
        text = str(index.data(_TOLD) or index.data())
        metrics = option.fontMetrics
        beside = whole.width() - metrics.horizontalAdvance(text)
        room = QRect(0, 0, max(width - beside - theme.GRID, metrics.averageCharWidth()), 16_777_215)
        wrapped_text = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
        return QSize(width, max(whole.height(), wrapped_text.height() + 4))


class CompareList(QTreeWidget):
    """Rows with a check box, a symbol and a name; Del removes, F2 renames.

    Attributes
    ----------
    removed : signal of int
        Request to remove a row.
    """

    removed = pyqtSignal(int)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Wrap long names anew."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Remove the current row on Del or Backspace."""
        row = self.indexOfTopLevelItem(self.currentItem()) if self.currentItem() is not None else -1
        if event is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row >= 0:
            self.removed.emit(row)
        else:
            super().keyPressEvent(event)


class CompareBox(TitledBox):
    """Box with the list of kept curves and data points.

    Attributes
    ----------
    keep_wanted, file_wanted : signal
        Request to keep the rule; request to choose a file of data points.
    shipped_wanted : signal of str
        Request to draw one of the included data sets.
    taken_up : signal of int
        Request to edit a kept rule again.
    """

    title = "Compare with"
    topics = frozenset({"kept", "points"})
    help_text = (
        "A kept rule stays in all plots with its values, in its own colour and symbol, while you edit the rule or "
        "choose another. Clear the check box to hide it, F2 to rename, Del to remove; double-click to edit a kept "
        "rule again. Experimental data points are read from a CSV file whose first line names its columns: dt (ms) "
        "and change (%), and, if they are known, error (%), frequency (Hz), repeats, protocol and dt2 (ms). (A "
        "comparison of rules: Morrison, Diesmann &amp; Gerstner 2008, doi:10.1007/s00422-008-0233-1)"
    )
    lines = 8
    empty_text = "No kept curves or data points."
    exports = False

    keep_wanted = pyqtSignal()
    file_wanted = pyqtSignal()
    shipped_wanted = pyqtSignal(str)
    taken_up = pyqtSignal(int)

    def __init__(self, state: RulesState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)
        self.list = named(CompareList(), "Kept rules and data points; Space checks, F2 renames, Del removes")
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setWordWrap(True)
        self.list.setItemDelegate(_Told(self.list))
        self.list.setIconSize(QSize(30, 16))
        self.list.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.list.setEditTriggers(QTreeWidget.EditTrigger.EditKeyPressed)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.hint = note(
            "",
            "Keep this curve, then change the rule. Drop a CSV file to add data points.",
        )
        self.keep = push_button(
            "Keep this curve",
            clicked=lambda _: self.keep_wanted.emit(),
            tip="Keep the rule with its values in all plots (Ctrl+Shift+K)",
        )
        add = "Add experimental data points"
        self.points = menu_button("Data points", self._points_menu(), name=add, tip=add)
        self.remove = push_button(
            "Remove", clicked=lambda _: self.list.removed.emit(self._row()), tip="Remove the selected row (Del)"
        )
        self.remove.setMaximumWidth(self.fontMetrics().horizontalAdvance("Remove") + 3 * theme.GRID)
        parts = self.keep, self.points, self.remove, STRETCH
        buttons = hbox(*parts, margins=(theme.GRID, theme.GRID // 2), spacing=theme.GRID // 2)
        vbox((self.list, 1), self.hint, buttons, within=self.body, spacing=0)
        self._stack.setCurrentWidget(self.body)
        self.list.removed.connect(state.remove_compared)
        self.list.itemChanged.connect(self._on_change)
        self.list.itemDoubleClicked.connect(lambda item, _: self.taken_up.emit(self.list.indexOfTopLevelItem(item)))
        self.list.currentItemChanged.connect(lambda *_: self.remove.setEnabled(self._row() >= 0))
        self.refresh(set())

    def _points_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name, make in PUBLISHED.items():
            menu_action(menu, make().title, partial(self.shipped_wanted.emit, name), plain_tip(make().about))
        menu.addSeparator()
        menu_action(menu, "From a CSV file…", self.file_wanted.emit)
        return menu

    def has_content(self) -> bool:
        """Return True: the buttons are always shown."""
        return True

    def refresh(self, topics: set[str]) -> None:
        """Fill the list with the kept curves and data points."""
        row = self._row()
        with QSignalBlocker(self.list):
            self.list.clear()
            told = told_apart([kept.name for kept in self.state.kept])
            for kept, name in zip(self.state.kept, told, strict=True):
                item = self._add(kept.name, kept.visible)
                item.setData(0, _TOLD, name)
                item.setIcon(0, line_styles.icon_of(line_styles.of_rule(kept.number), True))
                item.setToolTip(0, f"{name_of(kept.rule)}\nDouble-click to edit it again")
            for shown in self.state.points:
                item = self._add(shown.points.label, shown.visible)
                item.setIcon(0, line_styles.icon_of(line_styles.of_points(shown.number), False))
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                item.setToolTip(0, plain_tip(shown.points.about))
        count = self.list.topLevelItemCount()
        if count and row >= 0:
            self.list.setCurrentItem(self.list.topLevelItem(min(row, count - 1)))
        self.hint.setVisible(not count)
        self.remove.setEnabled(self._row() >= 0)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.refresh(set())

    def _add(self, name: str, visible: bool) -> QTreeWidgetItem:
        item = QTreeWidgetItem([name])
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
        item.setCheckState(0, Qt.CheckState.Checked if visible else Qt.CheckState.Unchecked)
        self.list.addTopLevelItem(item)
        return item

    def _row(self) -> int:
        item = self.list.currentItem()
        return self.list.indexOfTopLevelItem(item) if item is not None else -1

    def _on_change(self, item: QTreeWidgetItem, _: int) -> None:
        place, visible = self.list.indexOfTopLevelItem(item), item.checkState(0) == Qt.CheckState.Checked
        what: dict[str, object] = {"visible": visible}
        if place < len(self.state.kept) and item.text(0).strip():
            what["name"] = item.text(0).strip()
        self.state.change_compared(place, **what)

    def summary(self) -> str:
        """Describe what is shown."""
        names = [kept.name + ("" if kept.visible else " (hidden)") for kept in self.state.kept]
        names += [shown.points.label + ("" if shown.visible else " (hidden)") for shown in self.state.points]
        return f"Compared with: {'; '.join(names)}." if names else self.empty_text
