"""The legend of curves: read-outs, other runs, and the numbered changes of parameters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from itertools import takewhile

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label

_LISTED = 4  # maximum number of changes in the legend
_SHARE, _LINES = 0.3, 3
"""Maximum share of the panel's height, and the number of lines that are always allowed."""
_MADE = re.compile(r"(?P<stem>.+?)-(?P<date>\d{8})-(?P<time>\d{6}.*)")
"""Name of a run folder: experiment and seed, date and time."""


class Legend(Label):
    """Lines of text above plots, which wrap between entries, and after commas within one that is wider than that.

    Its height is limited to a share of the panel; entries that do not fit are counted, and listed in the tooltip.

    Attributes
    ----------
    named : int
        Number of lines whose names fit.
    named_changed : signal
        Another number of names fits since the size of the legend or of the panel changed.
    """

    named_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.named = 0
        self._cut: Callable[[int], str] | None = None
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setContentsMargins(theme.GRID, 2, theme.GRID, 0)
        self.setAccessibleName("Legend")
        self._parts: list[str] = []
        self._lines: list[tuple[str, str, str]] = []
        self._fitted: tuple[object, ...] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def write(
        self, lines: Sequence[tuple[str, str, str]], marks: Sequence[str], cut: Callable[[int], str] | None = None
    ) -> None:
        """Set the entries.

        Parameters
        ----------
        lines : sequence of (str, str, str)
            Colour, a symbol that looks like the line, and name.
        marks : sequence of str
            Short descriptions of changes, numbered from 1.
        cut : callable, optional
            Returns what the legend adds, as HTML, if it names so many lines. Default: the number of the others, with
            all names in the tooltip.
        """
        parts = []
        numbered = list(enumerate(marks, 1))[-_LISTED:]
        if numbered:
            listed = ", ".join(f"{number}:&nbsp;{_whole(text)}" for number, text in numbered)
            parts.append(f"{'… ' if len(marks) > _LISTED else ''}┊&nbsp;{listed}")
        self._lines, self._parts, self._cut = list(lines), parts, cut
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the entries to the new width."""
        super().resizeEvent(event)
        before = self.named
        self._fit()
        if self.named != before:
            self.named_changed.emit()

    def _fit(self) -> None:
        around = self.parentWidget()
        most = max(_LINES * self.fontMetrics().lineSpacing() + 2, round(_SHARE * around.height()) if around else 0)
        parts = [*map(self._entry, self._lines), *self._parts]
        cut = self._cut or (lambda n: f"…&nbsp;{len(parts) - n}&nbsp;more" if n < len(parts) else "")
        fitted = parts, cut(0), cut(len(parts)), self.width(), most
        if fitted == self._fitted:
            return
        self._fitted = fitted
        self.setMinimumHeight(0)  # heightForWidth is never less than the minimum height

        def needed(n: int) -> int:
            self.setText(self._joined([*parts[:n], *([cut(n)] if cut(n) else [])]))
            return self.heightForWidth(max(1, self.width()))

        n = len(parts)
        if needed(n) > most:  # the largest number of entries that fit is less
            n = max(0, bisect_right(range(n), most, key=needed) - 1)
        self.named = min(n, len(self._lines))
        if self._cut is None:
            self.setToolTip("<br>".join(parts) if n < len(parts) else "")
        self.setFixedHeight(max(1, needed(n)))

    def _joined(self, parts: Sequence[str]) -> str:
        """Return the text of the legend."""
        return "&nbsp;&nbsp; ".join(parts)

    def _entry(self, line: tuple[str, str, str]) -> str:
        colour, mark, name = line
        room = self.width() - 2 * theme.GRID - self.fontMetrics().horizontalAdvance(f"{mark} ")
        text = _whole(name)
        if 0 < room < self.fontMetrics().horizontalAdvance(unescape(name)):
            text = text.replace(",&nbsp;", ", ")
        return f'<span style="color:{colour}">{mark}</span>&nbsp;{text}'


def distinct_names(names: Sequence[str], own: str = "") -> dict[str, str]:
    """Shorten names of runs to what tells them apart from each other and from one more run.

    Dates and times are left out where experiment and seed differ, and so are the hyphenated parts that all share, at
    the beginning and at the end.

    Parameters
    ----------
    names : sequence of str
        Names of run folders, all different.
    own : str
        Name of the run on display, which the legend calls otherwise.
    """
    every = list(dict.fromkeys([*names, own])) if own else list(names)
    stems = {name: found["stem"] if (found := _MADE.fullmatch(name)) else name for name in every}
    often = Counter(stems.values())
    parts = {name: (stems[name] if often[stems[name]] == 1 else name).split("-") for name in every}
    first, last = _shared(list(parts.values())), _shared([some[::-1] for some in parts.values()])
    if any(len(parts[name]) <= first + last for name in names):
        last = 0
    return {name: f"{'…' if first else ''}{'-'.join(parts[name][first : len(parts[name]) - last])}" for name in names}


def terse_names(names: Mapping[str, str]) -> dict[str, str]:
    """Shorten names further: parts that all have after the first one, or before the last one, become "…"."""
    parts = {name: re.split(r"(?<=[-\s])", text) for name, text in names.items()}
    every = list(parts.values())
    first, last = _shared(every), _shared([some[::-1] for some in every])
    found = {}
    for name, some in parts.items():
        middle = some[first : len(some) - min(last, len(some) - first - 1)]
        found[name] = "".join([some[0] if first else "", "…" if first > 1 else "", *middle, "…" if last else ""])
    return found if len(set(found.values())) == len(found) else dict(names)


def _shared(every: Sequence[Sequence[str]]) -> int:
    """Return how many leading parts are the same in all names, at most all but the last one of the shortest."""
    if len(every) < 2:
        return 0
    most = min(map(len, every)) - 1
    return len(list(takewhile(lambda same: len(set(same)) == 1, list(zip(*every, strict=False))[:most])))


def _whole(text: str) -> str:
    """Return a text that does not wrap."""
    return text.replace(" ", "&nbsp;").replace("-", "\u2011").replace("…", "…\u2060")
