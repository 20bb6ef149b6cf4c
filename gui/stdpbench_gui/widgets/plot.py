"""The area for plots, and a plot of pyqtgraph without its menu of options, which the app does not show.

pyqtgraph makes some 40 widgets for the options of each plot, even if its menu is disabled. They were half of the
widgets of the window: Qt polished them whenever the theme changed, and they outlived the plot. Here, the options are
plain values, read once from pyqtgraph's own form.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from html import escape
from typing import Any

import pyqtgraph as pg
from PyQt6 import QtWidgets
from PyQt6.QtCore import QEvent, Qt

from stdpbench.base.units import printed
from stdpbench_gui.look import theme


class PlotArea(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """pyqtgraph's area for several plots. It is opaque, so that Qt does not paint the widgets behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme to the area and its plots."""
        self.setBackground(theme.current().base)
        for plot in self.ci.items:
            plot.restyle()


class StillPlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot that the mouse does not move, in the colours of the theme."""

    def __init__(self) -> None:
        super().__init__(plotItem=Plot())
        self.getPlotItem().setMouseEnabled(x=False, y=False)

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        self.setBackground(theme.current().base)
        self.getPlotItem().restyle()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self.restyle()


_MODULE: Any = importlib.import_module("pyqtgraph.graphicsItems.PlotItem.PlotItem")
_READ = ("isChecked", "value", "maximum", "count")


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose negative numbers have a minus sign rather than a hyphen, and whose label stays in the middle."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.enableAutoSIPrefix(False)

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        self.setPen(theme.current().line)
        self.setTextPen(theme.current().ink)
        self.setTickFont(theme.plot_font())
        self.label.setFont(theme.plot_font())

    def setLabel(self, text: str | None = None, *given: Any, **more: Any) -> None:  # noqa: N802 - pyqtgraph's name
        """Set the label, which is no HTML; pyqtgraph places it only when the axis is resized."""
        super().setLabel(text and escape(text), *given, **more)
        self.resizeEvent()

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        """Return the tick labels."""
        return [printed(text).replace(" ", "\u200a") for text in super().tickStrings(values, scale, spacing)]


class Plot(pg.PlotItem):  # type: ignore[misc]
    """A plot without a menu, whose options have pyqtgraph's defaults and cannot be changed.

    Methods of `PlotItem` that set an option (`setLogMode`, `showGrid`, `setDownsampling`, `setClipToView`) raise
    AttributeError; call those of the curves and axes instead.
    """

    def __init__(self, axes: Mapping[str, Axis] | None = None) -> None:
        sides = {side: Axis(side) for side in ("left", "bottom", "top", "right")} | dict(axes or {})
        with _without_widgets():
            super().__init__(enableMenu=False, axisItems=sides)
        self.hideButtons()
        for side in ("top", "right"):
            self.hideAxis(side)

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        for side in ("left", "bottom"):
            self.getAxis(side).restyle()


class _Signal:
    """A signal that is never emitted."""

    def connect(self, slot: object) -> None:
        """Forget the slot."""


class _Option:
    """The default value of an option."""

    toggled = valueChanged = itemClicked = _Signal()

    def __init__(self, control: QtWidgets.QWidget) -> None:
        for name in _READ:
            if hasattr(control, name):
                value = getattr(control, name)()
                setattr(self, name, lambda value=value: value)

    def clear(self) -> None:
        """Empty the list of parameters to average over, which is empty."""


class _Menu:
    """Takes the place of the menu, of its submenus and of the actions in them."""

    def __init__(self, *_: object) -> None: ...

    def addMenu(self, _: str) -> _Menu:  # noqa: N802 - Qt's name
        """Return a submenu."""
        return self

    def addAction(self, _: object) -> None: ...  # noqa: N802 - Qt's name

    def setDefaultWidget(self, _: object) -> None: ...  # noqa: N802 - Qt's name

    def setParent(self, _: object) -> None: ...  # noqa: N802 - Qt's name

    def autoAdd(self, _: object) -> None: ...  # noqa: N802 - pyqtgraph's name

    def actions(self) -> list[object]:
        """Return no actions."""
        return []


class _Form:
    """Takes the place of pyqtgraph's form of options."""

    def setupUi(self, _: object) -> None:  # noqa: N802 - Qt's name
        """Add the options."""
        vars(self).update(_defaults())


class _Widgets:
    """QtWidgets as pyqtgraph's plots see it while they are made."""

    QWidget = QMenu = QWidgetAction = _Menu

    def __getattr__(self, name: str) -> Any:
        return getattr(QtWidgets, name)


class _Template:
    Ui_Form = _Form


@cache
def _defaults() -> dict[str, _Option]:
    host, form = QtWidgets.QWidget(), _TEMPLATE.Ui_Form()
    form.setupUi(host)
    return {name: _Option(control) for name, control in vars(form).items() if isinstance(control, QtWidgets.QWidget)}


_TEMPLATE: Any = getattr(_MODULE, "ui_template", None)
_INSTEAD = {"QtWidgets": _Widgets(), "WidgetGroup": _Menu, "ui_template": _Template}


@contextmanager
def _without_widgets() -> Iterator[None]:
    """Have pyqtgraph make plots without widgets, or as usual if a later version makes them differently."""
    before = {name: getattr(_MODULE, name, None) for name in _INSTEAD}
    if None in before.values():
        yield
        return
    vars(_MODULE).update(_INSTEAD)
    try:
        yield
    finally:
        vars(_MODULE).update(before)
