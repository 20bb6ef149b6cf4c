"""Where a change acts: here, in a branch, or after going back; and from which position."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import wrapped

HERE, BRANCH, REWIND = range(3)
_WAYS = (
    ("here", "From the next presentation on. Undo makes the opposite change; what is learned in between stays."),
    (
        "in a branch, to compare",
        "A second run goes its own way with the change, and sees the same input spikes. This run stays as it is; the "
        "curves of both are drawn over each other, the weight map their difference: a controlled experiment.",
    ),
    (
        "after going back",
        "This run is stopped, taken back to a checkpoint, and goes on from there with the change. What it leaves "
        "behind is kept as another run.",
    ),
)


class ChangeWay(QWidget):
    """A choice of the way, with an explanation, and of a position where the way needs one."""

    chosen = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.way = QComboBox()
        for number, (word, explanation) in enumerate(_WAYS):
            self.way.addItem(word)
            self.way.setItemData(number, explanation, Qt.ItemDataRole.ToolTipRole)
        self.way.setAccessibleName("Where a change acts")
        self.way.setMinimumContentsLength(8)
        self.way.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.position = QComboBox()
        self.position.setAccessibleName("Position from which a branch begins, or to which the run goes back")
        self.position.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.message = wrapped("", "faint")
        self.message.setAccessibleName("What a change does")
        label = QLabel("Changes act")
        label.setBuddy(self.way)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(label)
        row.addWidget(self.way, 1)
        row.addWidget(self.position)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self.message)
        self.way.currentIndexChanged.connect(self._on_way)
        self._on_way()

    @property
    def current(self) -> int:
        """`HERE`, `BRANCH` or `REWIND`."""
        return self.way.currentIndex()

    @property
    def at(self) -> int | None:
        """The position that is chosen; None for where the run is."""
        found: int | None = self.position.currentData()
        return found

    @property
    def possible(self) -> bool:
        """Whether there is anywhere to begin from."""
        return self.current == HERE or self.position.count() > 0

    def reset(self) -> None:
        """Back to the usual way."""
        self.way.setCurrentIndex(HERE)
        self.position.clear()

    def say(self, sentence: str) -> None:
        """Say what is under way; with an empty sentence, what the way that is chosen does."""
        text = sentence or ("" if self.current == HERE else _WAYS[self.current][1])
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def offer(self, checkpoints: Sequence[int], training_over: bool) -> None:
        """Offer positions to begin from: checkpoints before the end of training, the newest first."""
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
        self.say("")
        self.chosen.emit()
