"""The populations and projections of a network as a list that is edited: choose, rename."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from stdpbench.base.units import thousands
from stdpbench.engine.network.costs import Cost
from stdpbench.experiment import Group, NetworkDraft
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none, plain_tip
from stdpbench_gui.widgets.tables import as_table

_POPULATIONS, _PROJECTIONS = "network.populations", "network.projections"
_COLUMNS = ("Name", "Description")
_PATH = Qt.ItemDataRole.UserRole


class NetworkTree(QTreeWidget):
    """A list of a network's parts: the network as a whole, its populations, its projections, other sections.

    Attributes
    ----------
    chosen : signal of str
        Another part was chosen: path of its group.
    renamed : signal of (str, str)
        A part was given another name: path of its group, and the name.
    """

    chosen = pyqtSignal(str)
    renamed = pyqtSignal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rows")
        self.setAccessibleName("Populations and projections")
        self.setColumnCount(len(_COLUMNS))
        self.setHeaderLabels(_COLUMNS)
        as_table(self)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        head = not_none(self.header())
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)  # takes what the others leave
        head.setStretchLastSection(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._items: dict[str, QTreeWidgetItem] = {}
        self.currentItemChanged.connect(lambda item, _: self._choose(item))
        self.itemDoubleClicked.connect(lambda *_: self.edit_name())
        self.itemChanged.connect(self._change)

    @property
    def path(self) -> str:
        """Path of the chosen group; empty for none."""
        item = self.currentItem()
        return "" if item is None else str(item.data(0, _PATH) or "")

    def show_draft(
        self,
        draft: NetworkDraft,
        groups: Sequence[Group],
        costs: Mapping[str, Cost],
        wrong: Mapping[str, Sequence[str]],
        path: str,
    ) -> None:
        """Show a draft.

        Parameters
        ----------
        draft : NetworkDraft
            The draft.
        groups : sequence of Group
            Its groups; those outside of the network come last.
        costs : mapping of str to Cost
            Costs of projections, by name.
        wrong : mapping of str to sequence of str
            Problems by path of the group.
        path : str
            The group to choose.
        """
        blocker = QSignalBlocker(self)
        self.clear()
        self._items = {}
        heads = {
            _POPULATIONS: self._head("Populations", "none yet" if not draft.populations else ""),
            _PROJECTIONS: self._head("Projections", "none yet" if not draft.projections else ""),
        }
        for group in groups:
            above, _, name = group.path.rpartition(".")
            item = QTreeWidgetItem(heads.get(above))
            first = "Network as a whole" if group.path == "network" else group.heading[0]
            cost = costs.get(name) if above == _PROJECTIONS else None
            size = [f"{'≈ ' if cost.expected else ''}{thousands(cost.synapses)} synapses"] if cost else []
            texts = [first, " · ".join([*group.heading[1:], *size])]
            self._fill(item, group.path, texts, wrong.get(group.path, ()))
            if above in heads:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            elif group.path == "network":
                self.insertTopLevelItem(0, item)
            else:
                self.addTopLevelItem(item)
        self.expandAll()
        self.setCurrentItem(self._items.get(path))
        blocker.unblock()
        self.scrollToItem(self.currentItem())

    def choose(self, path: str) -> None:
        """Choose a group."""
        if path in self._items:
            self.setCurrentItem(self._items[path])

    def edit_name(self) -> None:
        """Let the user type another name of the chosen population or projection."""
        item = self.currentItem()
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
            self.editItem(item, 0)

    def texts(self) -> dict[str, tuple[str, ...]]:
        """The texts of each row, by path."""
        return {
            path: tuple(item.text(column) for column in range(len(_COLUMNS))) for path, item in self._items.items()
        }

    def _head(self, title: str, text: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, [title, text])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)  # not selectable; disabled, its children would be as well
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        for column in range(len(_COLUMNS)):
            item.setForeground(column, QBrush(QColor(theme.current().faint)))
        return item

    def _fill(self, item: QTreeWidgetItem, path: str, texts: Iterable[str], problems: Sequence[str]) -> None:
        item.setData(0, _PATH, path)
        for column, text in enumerate(texts):
            item.setText(column, text)
        if problems:
            item.setText(1, f"⚠ {item.text(1)}")
            item.setForeground(1, QBrush(QColor(theme.current().wrong)))
        item.setToolTip(0, plain_tip("\n".join(problems)))
        item.setToolTip(1, plain_tip("\n".join(problems) or item.text(1)))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, [*texts, *problems])))
        self._items[path] = item

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:  # of a heading: that of the network
            self.chosen.emit(str(item.data(0, _PATH) or "network"))

    def _change(self, item: QTreeWidgetItem, column: int) -> None:
        path = str(item.data(0, _PATH) or "")
        name = item.text(0).strip()
        if column == 0 and path and name != path.rpartition(".")[2]:
            self.renamed.emit(path, name)
