"""The legend of the curves: read-outs, other runs, and what the numbered lines of changes stand for."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy

from stdpbench.runs.changes import Changes, in_short
from stdpbench_gui import theme

_LISTED = 4  # changes that are spelled out


class Legend(QLabel):
    """Lines of text above plots, which break between entries only."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setContentsMargins(theme.GRID, 2, theme.GRID, 0)
        self.setAccessibleName("Legend")
        self._fitted: tuple[str, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def write(self, lines: Sequence[tuple[str, str, str]], changes: Sequence[Changes]) -> None:
        """Say what is drawn.

        Parameters
        ----------
        lines : sequence of (str, str, str)
            Colour, a mark that looks like the line, and name.
        changes : sequence of mapping
            Changes of parameters and of the rule, which are numbered from 1.
        """
        parts = [f'<span style="color:{colour}">{mark}</span>&nbsp;{_whole(name)}' for colour, mark, name in lines]
        numbered = list(enumerate(changes, 1))[-_LISTED:]
        if numbered:
            listed = ", ".join(f"{number}:&nbsp;{_whole(in_short(change))}" for number, change in numbered)
            parts.append(f"{'… ' if len(changes) > _LISTED else ''}┊&nbsp;{listed}")
        text = " &nbsp; ".join(parts)
        if text != self.text():
            self.setText(text)
        self._fit()  # it may have become wider since

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take as many lines as it needs."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fitted = self.text(), self.width()
        if fitted != self._fitted:
            self._fitted = fitted
            self.setMinimumHeight(0)  # a label does not say that it needs less than its least height
            self.setFixedHeight(max(1, self.heightForWidth(max(1, self.width()))))


def without_what_is_shared(name: str, other: str) -> str:
    """The name of a run from the first of its parts, between hyphens, that another name has not."""
    parts, others = name.split("-"), other.split("-")
    n = next((i for i, (a, b) in enumerate(zip(parts, others, strict=False)) if a != b), 0)
    return f"…{'-'.join(parts[n:])}" if n else name


def _whole(text: str) -> str:
    """A text that does not break."""
    return text.replace(" ", "&nbsp;").replace("-", "\u2011").replace("…", "…\u2060")
