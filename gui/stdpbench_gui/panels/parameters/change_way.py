"""How a change is applied: to this run, in a branch, or after a rewind; and from which position."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox

HERE, BRANCH, REWIND = range(3)
_WAYS = (
    ("to this run", "From the next presentation on. Undo reverses the change; what was learned in between is kept."),
    (
        "in a branch, to compare",
        "A second run continues with the change and receives the same input spikes; this run is unchanged. The "
        "curves show both, the weight map their difference: a controlled experiment.",
    ),
    (
        "after rewinding",
        "This run is stopped, rewound to a checkpoint, and continues from there with the change. The later part is "
        "kept as another run.",
    ),
)


class ChangeWay(QWidget):
    """Choice of how to apply changes, with an explanation, and of a position if needed."""

    chosen = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.way = QComboBox()
        for number, (word, explanation) in enumerate(_WAYS):
            self.way.addItem(word)
            self.way.setItemData(number, explanation, Qt.ItemDataRole.ToolTipRole)
        self.way.setAccessibleName("How to apply a change")
        self.way.setMinimumContentsLength(8)
        self.way.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.position = QComboBox()
        self.position.setAccessibleName("Position at which to branch, or to which to rewind")
        self.position.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.message = wrapped("", "faint")
        self.message.setAccessibleName("Effect of a change")
        label = Label("Apply changes")
        label.setBuddy(self.way)
        row = hbox(label, (self.way, 1), self.position, spacing=theme.GRID)
        vbox(row, self.message, within=self, spacing=theme.GRID // 2)
        self.way.currentIndexChanged.connect(self._on_way)
        self._on_way()

    @property
    def current(self) -> int:
        """`HERE`, `BRANCH` or `REWIND`."""
        return self.way.currentIndex()

    @property
    def at(self) -> int | None:
        """The chosen position; None: the current position of the run."""
        found: int | None = self.position.currentData()
        return found

    @property
    def possible(self) -> bool:
        """Whether there is a position to start from."""
        return self.current == HERE or self.position.count() > 0

    def reset(self) -> None:
        """Restore the default."""
        self.way.setCurrentIndex(HERE)
        self.position.clear()

    def show_pending(self, sentence: str) -> None:
        """Show the pending operation; if `sentence` is empty, explain the current choice."""
        text = sentence or ("" if self.current == HERE else _WAYS[self.current][1])
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def offer(self, checkpoints: Sequence[int], training_over: bool) -> None:
        """Offer positions to start from: checkpoints before the end of training, newest first."""
        newest_first = sorted(checkpoints, reverse=True)
        if self.current == REWIND:
            offered: list[tuple[str, int | None]] = [(f"to {thousands(at)}", at) for at in newest_first]
            offered.append(("to the start", 0))
        else:
            offered = [(f"from {thousands(at)}", at) for at in newest_first]
            if not training_over:
                offered.insert(0, ("from now", None))
        if [self.position.itemData(i) for i in range(self.position.count())] == [at for _, at in offered]:
            return
        before = self.position.currentData() if self.position.currentIndex() > 0 else None
        self.position.clear()
        for text, at in offered:
            self.position.addItem(text, at)
        self.position.setCurrentIndex(max(0, self.position.findData(before)) if before is not None else 0)

    def _on_way(self) -> None:
        self.way.setToolTip(_WAYS[self.current][1])
        self.position.setVisible(self.current != HERE)
        self.position.clear()
        self.show_pending("")
        self.chosen.emit()
