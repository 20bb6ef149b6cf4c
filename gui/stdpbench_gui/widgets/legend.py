"""The legend of curves: read-outs, other runs, and the numbered changes of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy

from stdpbench_gui.look import theme

_LISTED = 4  # maximum number of changes in the legend
_SHARE, _LINES = 0.3, 3
"""Maximum share of the panel's height, and the number of lines that are always allowed."""


class Legend(QLabel):
    """Lines of text above plots, which wrap between entries, and after commas within one that is wider than that.

    Its height is limited to a share of the panel; entries that do not fit are counted, and listed in the tooltip.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setContentsMargins(theme.GRID, 2, theme.GRID, 0)
        self.setAccessibleName("Legend")
        self._parts: list[str] = []
        self._lines: list[tuple[str, str, str]] = []
        self._fitted: tuple[list[str], int, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def write(self, lines: Sequence[tuple[str, str, str]], marks: Sequence[str]) -> None:
        """Set the entries.

        Parameters
        ----------
        lines : sequence of (str, str, str)
            Colour, a symbol that looks like the line, and name.
        marks : sequence of str
            Short descriptions of changes, numbered from 1.
        """
        parts = []
        numbered = list(enumerate(marks, 1))[-_LISTED:]
        if numbered:
            listed = ", ".join(f"{number}:&nbsp;{_whole(text)}" for number, text in numbered)
            parts.append(f"{'… ' if len(marks) > _LISTED else ''}┊&nbsp;{listed}")
        self._lines, self._parts = list(lines), parts
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the entries to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        around = self.parentWidget()
        most = max(_LINES * self.fontMetrics().lineSpacing() + 2, round(_SHARE * around.height()) if around else 0)
        fitted = [*map(self._entry, self._lines), *self._parts], self.width(), most
        if fitted == self._fitted:
            return
        self._fitted, parts = fitted, fitted[0]
        self.setMinimumHeight(0)  # heightForWidth is never less than the minimum height
        for n in range(len(parts), -1, -1):
            left = len(parts) - n
            self.setText("&nbsp;&nbsp; ".join([*parts[:n], *([f"…&nbsp;{left}&nbsp;more"] if left else [])]))
            needed = self.heightForWidth(max(1, self.width()))
            if needed <= most:
                break
        self.setToolTip("<br>".join(parts) if left else "")
        self.setFixedHeight(max(1, needed))

    def _entry(self, line: tuple[str, str, str]) -> str:
        colour, mark, name = line
        room = self.width() - 2 * theme.GRID - self.fontMetrics().horizontalAdvance(f"{mark} ")
        text = _whole(name)
        if 0 < room < self.fontMetrics().horizontalAdvance(unescape(name)):
            text = text.replace(",&nbsp;", ", ")
        return f'<span style="color:{colour}">{mark}</span>&nbsp;{text}'


def distinct_part(name: str, other: str) -> str:
    """Return the name of a run without the leading hyphenated parts that it shares with another name."""
    parts, others = name.split("-"), other.split("-")
    n = next((i for i, (a, b) in enumerate(zip(parts, others, strict=False)) if a != b), 0)
    return f"…{'-'.join(parts[n:])}" if n else name


def _whole(text: str) -> str:
    """Return a text that does not wrap."""
    return text.replace(" ", "&nbsp;").replace("-", "\u2011").replace("…", "…\u2060")
