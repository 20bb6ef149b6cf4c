"""Icons, drawn from paths so that they need no sign of a font, in the colours of the theme that is on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from stdpbench_gui.look import theme

PATHS: Final = {
    "start": "M3 11 12 4l9 7 M6 9v11h12V9 M10 20v-6h4v6",
    "train": "M4 4h6v6H4z M14 4h6v6h-6z M4 14h6v6H4z M14 14h6v6h-6z",
    "rules": "M2 12h20 M12 3v18 M3 13q7 0 8 7 M13 4q1 7 8 7",
    "evaluate": "M4 20h16 M6 20v-6 M11 20V6 M16 20v-9",
    "runs": "M9 6h11 M9 12h11 M9 18h11 M4 6h1 M4 12h1 M4 18h1",
    "play": "M7 5l12 7-12 7z",
    "pause": "M8 5v14 M16 5v14",
    "undo": "M8 5 4 9l4 4 M4 9h10a5 5 0 0 1 0 10h-3",
    "redo": "M16 5l4 4-4 4 M20 9H10a5 5 0 0 0 0 10h3",
    "earlier": "M5 15l7-7 7 7",
    "later": "M5 9l7 7 7-7",
    "back": "M15 5l-7 7 7 7",
    "forth": "M9 5l7 7-7 7",
}
"""Paths of SVG in a square of 24, by name."""


WINDOW: Final = QSize(40, 20)
"""Size of the picture of a rule."""


class _Engine(QIconEngine):
    """Draws one path, or another one while the button is checked; `box` is what the paths lie in."""

    def __init__(self, path: str, checked: str, box: str = "0 0 24 24") -> None:
        super().__init__()
        self._path, self._checked, self._box = path, checked, box

    def paint(self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the icon."""
        colours = theme.current()
        colour = colours.faint if mode == QIcon.Mode.Disabled else colours.ink
        path = self._checked if state == QIcon.State.On else self._path
        style = f"fill='none' stroke='{colour}' stroke-width='1.8' stroke-linecap='round' stroke-linejoin='round'"
        picture = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{self._box}'><path d='{path}' {style}/></svg>"
        QSvgRenderer(picture.encode()).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the icon as a picture."""
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        """Return a copy."""
        return _Engine(self._path, self._checked, self._box)


def icon(name: str, checked: str = "") -> QIcon:
    """Return an icon by its name; `checked` is that of a button while it is checked."""
    return QIcon(_Engine(PATHS[name], PATHS[checked or name]))


@cache
def _windows() -> dict[str, list[float]]:
    found: dict[str, list[float]] = json.loads((Path(__file__).parent.parent / "assets" / "windows.json").read_text())
    return found


def window_icon(kind: str) -> QIcon:
    """Return the weight change by a pair of spikes over their distance in time; empty if it is not known."""
    change = _windows().get(kind, [])
    points = [f"{1 + 38 * n / (len(change) - 1):.1f} {10 - 8 * y:.1f}" for n, y in enumerate(change)]
    half = len(points) // 2
    path = " ".join(
        ["M1 10H39", *(f"M{' L'.join(part)}" for part in (points[:half], points[half:]))] if points else ["M0 0"]
    )
    return QIcon(_Engine(path, path, f"0 0 {WINDOW.width()} {WINDOW.height()}"))
