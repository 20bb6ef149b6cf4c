"""Themes: palette, style sheet, and colours with a meaning.

A thing has the same colour everywhere. Plots take their background and ink from Qt's palette, which is light or dark,
as the system or the user prefers. Colours with a meaning are those of Okabe and Ito (2008), which are distinct for
colour-blind viewers. They are always accompanied by names, marks or numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication, QCheckBox, QWidget

_ASSETS = Path(__file__).parent.parent / "assets"
GRID = 8
"""Unit of margins and gaps in pixels."""
ROLES = {"input": "input", "learns": "exc", "other": "inh"}
"""Names of the colours of populations, by their role in a diagram of the network."""


@dataclass(frozen=True)
class Theme:
    """Colours of a theme."""

    dark: bool
    window: str
    base: str
    ink: str
    faint: str
    line: str
    accent: str
    input: str
    exc: str
    inh: str
    right: str
    wrong: str

    def pen(self, role: str, width: float = 1.5) -> pg.QtGui.QPen:
        """Return a pen in the colour of a role, such as ``"exc"``."""
        return pg.mkPen(getattr(self, role), width=width)


LIGHT = Theme(
    dark=False,
    window="#f4f5f7",
    base="#ffffff",
    ink="#1d2026",
    faint="#5d6470",
    line="#d3d7de",
    accent="#0067b0",
    input="#707783",
    exc="#0072b2",
    inh="#c2410c",
    right="#00795a",
    wrong="#b8400a",
)
DARK = Theme(
    dark=True,
    window="#1c1e23",
    base="#14161a",
    ink="#e8eaee",
    faint="#a2a9b5",
    line="#3a3f48",
    accent="#5ab4ff",
    input="#9aa2af",
    exc="#56b4e9",
    inh="#f08a4b",
    right="#3cc79a",
    wrong="#f08a4b",
)
CLASS_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#b8a800",
    "#7a5195",
    "#8c6d46",
    "#6b7280",
)
_AT_ONCE = 200
"""Hidden widgets that are given new colours in one turn of the event loop."""
_hidden: list[QWidget] = []
_OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QTextEdit", "QPlainTextEdit", "QMenu", "QSlider")
"""Widgets that can be seen by their outline only."""
_RULED = ("QListView", "QTreeView", "QTableView")
"""Widgets with lines and boxes to tick, which need not be as strong."""
_current = LIGHT
_times = 1.0


def enlarge_plots(times: float) -> None:
    """Set the factor by which the font of plots exceeds the app's font; applied when plots are restyled."""
    global _times
    _times = times


def letters() -> str:
    """Return the style sheet that gives widgets the font size of plots; empty if that is the app's."""
    return f"* {{ font-size: {plot_font().pointSizeF():.1f}pt; }}" if _times != 1 else ""


def plot_font() -> QFont:
    """Return the font of plots, which style sheets do not apply to."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * _times)
    return font


def font_of(widget: QWidget, times: float = 1.0, *, bold: bool = False) -> QFont:
    """Return the font of a widget, larger by a factor, or bold."""
    font = widget.font()
    font.setPointSizeF(font.pointSizeF() * times)
    font.setBold(bold)
    return font


def current() -> Theme:
    """Return the active theme."""
    return _current


def system_is_dark() -> bool:
    """Return whether the system prefers a dark theme."""
    hints = QGuiApplication.styleHints()
    return hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark


def apply(choice: str) -> Theme:
    """Activate a theme for all widgets: ``"light"``, ``"dark"``, or ``"system"``."""
    global _current
    _current = DARK if choice == "dark" or (choice == "system" and system_is_dark()) else LIGHT
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    palette = _palette(_current)
    stale = bool(app.palette() != palette)
    if not app.styleSheet():
        app.setStyle("Fusion")
    app.setPalette(palette)
    outlines = ((_OUTLINED, QColor(_current.faint).darker(120)), (_RULED, QColor(_current.line).lighter(150)))
    for names, colour in outlines if _current.dark else ():  # the palette of all widgets has replaced earlier ones
        palette.setColor(QPalette.ColorRole.Window, colour)
        for name in names:  # Fusion draws outlines darker than the window, which nobody sees in a dark theme
            app.setPalette(palette, name)
    if app.styleSheet() != _STYLE:  # setting it takes 0.3 ms for each widget; therefore it holds for both themes
        app.setStyleSheet(_STYLE)
        stale = False
    pg.setConfigOptions(background=_current.base, foreground=_current.ink, antialias=False, imageAxisOrder="row-major")
    if stale:
        _polish_all()
    return _current


def _polish_all() -> None:
    """Give all widgets the colours: those that can be seen at once, the others in turns of the event loop."""
    global _hidden
    everything = QApplication.allWidgets()
    polish([widget for widget in everything if not sip.isdeleted(widget) and widget.isVisible()])
    _hidden = [widget for widget in everything if sip.isdeleted(widget) or not widget.isVisible()]
    QTimer.singleShot(0, _polish_some)


def _polish_some() -> None:
    some = _hidden[:_AT_ONCE]
    del _hidden[:_AT_ONCE]
    polish(some)
    if _hidden:
        QTimer.singleShot(0, _polish_some)


def polish(widgets: Iterable[QWidget]) -> None:
    """Give widgets the colours of the palette, which the style sheet refers to."""
    for widget in widgets:
        if sip.isdeleted(widget):  # its parent went meanwhile
            continue
        if isinstance(widget, QCheckBox):
            mark(widget)
        style = widget.style()
        if style is not None and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            style.unpolish(widget)
            style.polish(widget)
            widget.update()


def mark(box: QCheckBox) -> None:
    """Say which theme a box is shown in: the style sheet chooses the picture of its mark by that."""
    box.setProperty("dark", _current.dark)


def class_colour(number: int) -> QColor:
    """Return the colour of a class; grey for a neuron without a class."""
    return QColor(CLASS_COLOURS[number % len(CLASS_COLOURS)]) if number >= 0 else QColor(_current.faint)


def faded(colour: str | QColor, alpha: float) -> QColor:
    """Return a colour with an opacity, 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def lookup(table: pg.ColorMap, n: int = 256) -> NDArray[np.uint8]:
    """Return a colour map as a table of n colours: uint8, (n, 4)."""
    return np.asarray(table.getLookupTable(0.0, 1.0, n, alpha=True), np.uint8)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.ink,
        QPalette.ColorRole.Base: theme.base,
        QPalette.ColorRole.AlternateBase: theme.window,
        QPalette.ColorRole.Text: theme.ink,
        QPalette.ColorRole.Button: theme.window,
        QPalette.ColorRole.ButtonText: theme.ink,
        QPalette.ColorRole.BrightText: theme.wrong,
        QPalette.ColorRole.ToolTipBase: theme.base,
        QPalette.ColorRole.ToolTipText: theme.ink,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: "#ffffff" if not theme.dark else "#101215",
        QPalette.ColorRole.PlaceholderText: theme.faint,
        QPalette.ColorRole.Mid: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.Accent):  # the filled part of a slider
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.line))
    return palette


_STYLE = """
QToolTip {{ color: palette(window-text); background: palette(base); border: 1px solid palette(mid); padding: 4px; }}
QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; }}
QComboBox {{ combobox-popup: 0; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; button-layout: 3; }}
QComboBox QAbstractItemView {{ background: palette(base); }}
QMainWindow::separator {{ background: palette(window); width: 6px; height: 6px; }}
QMainWindow::separator:hover {{ background: palette(highlight); }}
#rail {{ background: palette(base); border-right: 1px solid palette(mid); }}
#rail QToolButton {{ border: none; border-left: 3px solid transparent; padding: {grid}px 4px;
    color: palette(placeholder-text); }}
#rail QToolButton:checked {{ border-left: 3px solid palette(highlight); color: palette(window-text);
    font-weight: 600; }}
#rail QToolButton:hover {{ color: palette(window-text); }}
#runbar {{ background: palette(base); border-bottom: 1px solid palette(mid); }}
#runtitle {{ font-weight: 600; }}
QMenu::separator {{ height: 1px; margin: 3px {grid}px; background: palette(mid); }}
#panel {{ background: palette(base); }}
#paneltitle {{ background: palette(window); }}
#paneltitle QLabel {{ font-weight: 600; color: palette(window-text); }}
#empty {{ color: palette(placeholder-text); }}
#faint {{ color: palette(placeholder-text); }}
#card {{ background: palette(base); border: 1px solid palette(mid); border-radius: 6px; }}
#card QLabel {{ background: transparent; }}
#tile {{ background: palette(base); border: 1px solid palette(mid); border-radius: 6px; padding: {grid}px; }}
#tile:hover, #tile:focus {{ border-color: palette(highlight); }}
#cardtitle {{ font-weight: 600; }}
#verdict {{ font-size: 120%; }}
QPushButton#primary {{ background: palette(highlight); color: palette(base); border: none; border-radius: 4px;
    padding: 6px 14px; font-weight: 600; }}
QPushButton#primary:disabled {{ background: palette(mid); color: palette(placeholder-text); }}
QPushButton#primary:focus {{ border: 2px solid palette(window-text); padding: 4px 12px; }}
#notice {{ background: palette(base); border: 1px solid palette(mid); border-left: 3px solid palette(highlight);
    border-radius: 4px; }}
#notice QLabel {{ background: transparent; border: none; }}
#rows::item {{ padding: 3px {grid}px 3px 4px; }}
#rows QHeaderView::section {{ background: palette(window); color: palette(placeholder-text); border: none;
    padding: 4px {grid}px 4px 4px; border-right: 1px solid palette(mid); border-bottom: 1px solid palette(mid); }}
QCheckBox::indicator {{ width: 0.9em; height: 0.9em; border: 1px solid palette(placeholder-text); border-radius: 2px;
    background: palette(base); }}
QCheckBox::indicator:checked {{ image: url("{assets}/check-light.png"); }}
QCheckBox[dark="true"]::indicator:checked {{ image: url("{assets}/check-dark.png"); }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: palette(highlight); }}
QCheckBox::indicator:disabled {{ border-color: palette(mid); }}
#menubutton {{ padding: 2px 20px 2px 4px; }}
#menubutton::menu-indicator {{ subcontrol-origin: padding; subcontrol-position: right center; right: 5px; }}
#chooser {{ font-weight: 600; }}
#chooser::menu-indicator, #dots::menu-indicator {{ image: none; }}
#changed {{ font-weight: 700; }}
#problem {{ color: palette(bright-text); font-weight: 600; }}
""".format(grid=GRID, assets=_ASSETS.as_posix())
"""Colours are roles of the palette, so that another theme needs no other style sheet."""
