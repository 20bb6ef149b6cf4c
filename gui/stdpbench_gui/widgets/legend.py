"""The legend of curves above plots, and names of runs that tell them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import takewhile

from PyQt6.QtGui import QResizeEvent, QTextDocument
from PyQt6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from stdpbench_gui.look import theme

_SHARE, _LINES = 0.3, 3
"""Maximum share of the parent's height, and the number of lines that are always allowed."""
_MARK = 30  # width of a mark and of the gap before the next entry, in pixels
_MADE = re.compile(r"(?P<stem>.+?)-(?P<date>\d{8})-(?P<time>\d{6}.*)")
"""Name of a run folder: experiment and seed, date and time."""


class Legend(QTextBrowser):
    """Names of lines, each in full; it scrolls beyond a share of its parent's height."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName("Legend")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._text: QTextDocument = self.document() or QTextDocument(self)
        self._parts: list[tuple[str, str]] = []
        self._written = ""

    def write(self, entries: Sequence[tuple[str, str, str]], links: Sequence[int] = ()) -> None:
        """Set the entries: colour, a mark that looks like the line (HTML), and name; `links` makes them links."""
        ink = theme.current().ink
        style = f"color: {ink}; text-decoration: none"
        marked = [(f'<span style="color: {colour}">{mark}</span>', name) for colour, mark, name in entries]
        parts = [(f'{mark}&nbsp;<span style="color: {ink}">{_whole(name)}</span>', name) for mark, name in marked]
        if links:
            parts = [
                (f'<a href="{link}" style="{style}">{part}</a>', name)
                for link, (part, name) in zip(links, parts, strict=True)
            ]
        if parts != self._parts:
            self._parts = parts
            self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the lines to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Begin lines between entries: Qt would begin them after a mark, too."""
        metrics, around, taken, text = self.fontMetrics(), self.parentWidget(), 0, ""
        for part, name in self._parts:
            width = metrics.horizontalAdvance(f"  {name}") + _MARK
            new = taken + width > self.width() and bool(text)
            text += f"{'<br>' if new else '&nbsp;&nbsp; ' if text else ''}{part}"
            taken = width if new else taken + width
        if text != self._written:
            self._written = text
            self.setHtml(text)
        most = max(_LINES * metrics.lineSpacing(), round(_SHARE * around.height()) if around else 0)
        self._text.setDocumentMargin(2)
        self._text.setTextWidth(max(1, self.width()))
        self.setFixedHeight(min(most, round(self._text.size().height())))


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


def _shared(every: Sequence[Sequence[str]]) -> int:
    """Return how many leading parts are the same in all names, at most all but the last one of the shortest."""
    if len(every) < 2:
        return 0
    most = min(map(len, every)) - 1
    return len(list(takewhile(lambda same: len(set(same)) == 1, list(zip(*every, strict=False))[:most])))


def _whole(text: str) -> str:
    """Return a text that does not wrap."""
    return escape(text).replace(" ", "&nbsp;").replace("-", "\u2011").replace("…", "…\u2060")
