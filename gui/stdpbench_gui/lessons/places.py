"""What *Show me* leads to: a page, and a part of it that is framed for a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PyQt6.QtWidgets import QScrollArea, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.session.timers import timer

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow

_SHOWN_MS = 2500
_RULES: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "rule": lambda app: app.lab.rule,
    "edit": lambda app: app.lab.edit_button,
    "apply": lambda app: app.lab.network.apply_button,
    "use": lambda app: app.lab.network.use_button,
    "equations": lambda app: app.lab.equations,
    "values": lambda app: app.lab.values,
    "compare": lambda app: app.lab.compare,
    "keep": lambda app: app.lab.compare.keep,
    "points": lambda app: app.lab.compare.points,
    "plot-1": lambda app: app.lab.plots[0],
    "plot-2": lambda app: app.lab.plots[1],
    "plot-3": lambda app: app.lab.plots[2],
    "editor": lambda app: app.lab.editor,
}
_EVALUATE: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "run": lambda app: app.evaluate.run,
    "evaluate": lambda app: app.evaluate.go,
    "embedding": lambda app: app.evaluate.embedding,
    "confusion": lambda app: app.evaluate.matrix,
    "fields": lambda app: app.evaluate.fields,
    "readouts": lambda app: app.evaluate.readouts,
    "clusters": lambda app: app.evaluate.clusters,
    "measures": lambda app: app.evaluate.measures,
    "pictures": lambda app: app.evaluate.strip,
}
_TRAIN: Mapping[str, Callable[[MainWindow], QWidget]] = {
    "bar": lambda app: app.train.bar,
    "speed": lambda app: app.train.bar.speed,
}


def parts(app: MainWindow, page: str) -> dict[str, Callable[[], QWidget]]:
    """Return the parts of a page that can be shown, by name."""
    named = {"train": _TRAIN, "rules": _RULES, "evaluate": _EVALUATE}.get(page, {})
    found: dict[str, Callable[[], QWidget]] = {name: partial(get, app) for name, get in named.items()}
    if page == "train":
        found |= {name: partial(app.train.panels.__getitem__, name) for name in app.train.panels}
    return found


def split(place: str) -> tuple[str, str, str]:
    """Return page, part and parameter of a place such as ``"train/parameters/exc.tau_m"``; empty where not named."""
    page, _, rest = place.partition("/")
    part, _, detail = rest.partition("/")
    return page, part, detail


def show(app: MainWindow, place: str, frame: Frame) -> None:
    """Show a place, and frame it.

    Parameters
    ----------
    app : MainWindow
        The main window.
    place : str
        ``PAGE``, ``PAGE/PART``, or ``train/parameters/PATH``, which looks for the parameter.
    frame : Frame
        The frame.
    """
    page, part, detail = split(place)
    app.go_to(page)
    if not part:
        frame.around(app.page(page))
        return
    panel = app.train.panels.get(part) if page == "train" else None
    if panel is not None:
        app.train.bring(panel)
    if isinstance(panel, ParametersPanel) and detail:
        panel.search.setText(detail.rpartition(".")[2])
    if page == "evaluate":
        app.evaluate.choose_shown()
    widget = parts(app, page)[part]()
    if panel is None:
        _scroll_to(widget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            widget.setFocus()
    frame.around(widget if widget.isVisible() else app.page(page))  # such as a view of a run that is not evaluated


def tidy(app: MainWindow, place: str) -> None:
    """Undo what `show` has searched for in the Parameters panel."""
    panel, detail = app.train.panels["parameters"], split(place)[2]
    if detail and isinstance(panel, ParametersPanel) and panel.search.text() == detail.rpartition(".")[2]:
        panel.search.clear()


def _scroll_to(widget: QWidget) -> None:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()


class Frame(QWidget):
    """A frame around a widget, for a moment; clicks pass through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self._over = timer(self, self.leave, _SHOWN_MS, once=True)
        self.hide()

    def around(self, widget: QWidget) -> None:
        """Frame a widget."""
        self.leave()
        self._target = widget
        widget.installEventFilter(self)
        self.setStyleSheet(f"#frame {{ border: 3px solid {theme.current().accent}; border-radius: 4px; }}")
        self._follow()
        self.raise_()
        self.show()
        self._over.start()

    def leave(self) -> None:
        """Remove the frame."""
        self._over.stop()
        if self._target is not None:
            self._target.removeEventFilter(self)
        self._target = None
        self.hide()

    @property
    def target(self) -> QWidget | None:
        """The framed widget."""
        return self._target

    def _follow(self) -> None:
        window = self.parentWidget()
        if self._target is not None and window is not None:
            corner = self._target.mapTo(window, QPoint(0, 0))
            self.setGeometry(QRect(corner, self._target.size()).adjusted(-3, -3, 3, 3))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow the widget, and go when it goes."""
        if watched is self._target and event is not None:
            if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
                self._follow()
            elif event.type() == QEvent.Type.Hide:
                self.leave()
        return super().eventFilter(watched, event)
