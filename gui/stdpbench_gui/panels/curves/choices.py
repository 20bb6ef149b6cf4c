"""Menus of the Curves panel that choose what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench_gui.session.overlays import Overlays
from stdpbench_gui.widgets.basic import menu_action, not_none


class CheckedMenu(QMenu):
    """A menu of things of which any number is chosen.

    Parameters
    ----------
    title : str
        Its title.
    names : mapping of str to str
        Title of each choice.
    usual : collection of str
        Those chosen at first.
    parent : QWidget
        Parent.
    changed : callable
        Called when the choice changes.
    """

    def __init__(
        self,
        title: str,
        names: Mapping[str, str],
        usual: Collection[str],
        parent: QWidget,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(title, parent)
        self._actions: dict[str, QAction] = {}
        for name, text in names.items():
            action = QAction(text[0].upper() + text[1:], self)
            action.setCheckable(True)
            action.setChecked(name in usual)
            action.toggled.connect(lambda _: changed())
            self.addAction(action)
            self._actions[name] = action

    @property
    def chosen(self) -> list[str]:
        """The chosen ones, in the order of the menu."""
        return [name for name, action in self._actions.items() if action.isChecked()]

    def choose(self, name: str, on: bool = True) -> None:
        """Choose one, or no longer."""
        self._actions[name].setChecked(on)

    def restore(self, names: Collection[str]) -> None:
        """Choose exactly these."""
        for name, action in self._actions.items():
            action.setChecked(name in names)


class SmoothingMenu(QMenu):
    """A menu of the number of points in the moving mean of curves.

    Parameters
    ----------
    parent : QWidget
        Parent.
    changed : callable
        Called when the choice changes.
    """

    CHOICES = (1, 3, 5, 10, 30)

    def __init__(self, parent: QWidget, changed: Callable[[], None]) -> None:
        super().__init__("Smoothing", parent)
        self._group = QActionGroup(self)
        self._actions: dict[int, QAction] = {}
        for n in self.CHOICES:
            action = QAction(f"Mean of the last {n} points" if n > 1 else "None", self)
            action.setCheckable(True)
            action.setChecked(n == 1)
            self._group.addAction(action)
            self.addAction(action)
            self._actions[n] = action
        self._group.triggered.connect(lambda _: changed())

    @property
    def n(self) -> int:
        """Number of points; 1: no smoothing."""
        return next(n for n, action in self._actions.items() if action.isChecked())

    def choose(self, n: int) -> None:
        """Choose a number of points; others than those of the menu are ignored."""
        if n in self._actions:
            self._actions[n].trigger()


class OverlaysMenu(QMenu):
    """A menu of the other runs in the plots, each of which is removed by a click, and *Clear*.

    Parameters
    ----------
    parent : QWidget
        Parent.
    overlays : Overlays
        The runs.
    """

    def __init__(self, parent: QWidget, overlays: Overlays) -> None:
        super().__init__("Overlays", parent)
        self._overlays = overlays
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        shown = self._overlays.shown()
        for overlay in shown:
            name = overlay.name
            text = (overlay.title or name).replace("&", "&&")
            action = menu_action(self, text, partial(self._overlays.remove, name), f"Remove {name}")
            action.setCheckable(True)
            action.setChecked(True)
        if not shown:
            not_none(self.addAction("None: tick runs on the Runs page")).setEnabled(False)
        self.addSeparator()
        clear = menu_action(self, "Clear", self._overlays.clear, "Remove all other runs from the plots")
        clear.setEnabled(bool(len(self._overlays)))
