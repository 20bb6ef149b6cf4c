"""Pictures of the app for the documentation: each waits until what it shows is complete, on a busy machine, too."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image
from PyQt6.QtCore import QBuffer, QByteArray, QEvent, QIODevice
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication, QWidget

from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.background import Background

SIZES = ((1280, 800), (1920, 1080))
THEMES = ("light", "dark")
_COLOURS = 256
LONGEST = 120.0
"""Seconds until a picture that is not complete is given up."""
_STILL = 0.3
"""Seconds over which a complete picture does not change."""


class Camera:
    """Controls a window and saves screenshots of it.

    Parameters
    ----------
    app : QApplication
        The application.
    window : MainWindow
        The window.
    folder : Path
        Target folder.
    """

    def __init__(self, app: QApplication, window: MainWindow, folder: Path) -> None:
        self.app = app
        self.window = window
        self.folder = folder
        self.bytes = 0
        self.incomplete: list[str] = []

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Process events for some seconds, or until a condition holds; return whether it does."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                return False
            self.app.processEvents()
            self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # as Qt's own event loop does
            time.sleep(0.005)
        return True

    @property
    def busy(self) -> bool:
        """Whether the window is waiting for something that is computed."""
        window = self.window
        jobs = [window.session.background, *window.findChildren(Background)]
        return any(one.busy for one in jobs)

    def until_still(self, widget: QWidget, ready: Callable[[], bool]) -> bool:
        """Wait until a widget is ready, nothing is being computed, and its picture stays the same."""
        before: list[QImage] = []

        def still() -> bool:
            self.wait(_STILL)
            if self.busy or not ready():
                before.clear()
                return False
            before.append(widget.grab().toImage())
            return len(before) > 1 and before[-1] == before[-2]

        return self.wait(LONGEST, still)

    def until_drawn(self, panels: Iterable[Panel]) -> bool:
        """Wait until panels of a run in progress, as far as they can be seen, are drawn with their present size."""
        self.wait(2 * _STILL)
        seen = [panel for panel in panels if not panel.visibleRegion().isEmpty()]
        filled = self.wait(LONGEST, lambda: all(map(_is_filled, seen)))
        begun = time.perf_counter()
        for panel in seen:
            panel.mark_dirty()
        return self.wait(LONGEST, lambda: all(panel.drawn_at > begun for panel in seen)) and filled

    def take(self, widget: QWidget, name: str) -> None:
        """Save a screenshot of a widget with a reduced palette."""
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        widget.grab().save(buffer, "PNG")
        picture = Image.open(io.BytesIO(content.data())).convert("RGB")
        path = self.folder / f"{name}.png"
        few = picture.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        self.bytes += path.stat().st_size

    def check(self, complete: bool, name: str) -> None:
        """Remember a picture that was not complete in time."""
        if not complete:
            self.incomplete.append(name)
            print(f"{name} is not complete after {LONGEST:g} s.")

    def set_theme(self, theme: str) -> None:
        """Choose a theme."""
        self.window.set_theme(theme)

    def in_all_looks(
        self,
        name: str,
        prepare: Callable[[], object],
        ready: Callable[[], bool] = lambda: True,
        *,
        learns: bool = False,
    ) -> None:
        """Save the window in both themes and sizes; a page that `learns` does not become still."""
        window = self.window
        for theme in THEMES:
            self.set_theme(theme)
            for width, height in SIZES:
                window.resize(width, height)
                prepare()
                done = self.until_drawn(window.train.panels.values()) if learns else self.until_still(window, ready)
                full = f"{name}-{theme}-{width}"
                self.check(done, full)
                self.take(window, full)
        window.resize(*SIZES[0])

    def in_both_themes(self, name: str, make: Callable[[], QWidget], ready: Callable[[], bool] = lambda: True) -> None:
        """Save a dialog or panel in both themes."""
        for theme in THEMES:
            self.set_theme(theme)
            widget = make()
            done = self.until_drawn([widget]) if isinstance(widget, Panel) else self.until_still(widget, ready)
            self.check(done, f"{name}-{theme}")
            self.take(widget, f"{name}-{theme}")


def _is_filled(panel: Panel) -> bool:
    """Return whether a panel has something to draw; that of a neuron records its potential first."""
    return panel.has_content() and (panel.key != "neuron" or panel.table() is not None)
