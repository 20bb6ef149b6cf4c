"""Colours of the Python console: those of the theme, also for what it printed under another one."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument

from stdpbench_gui.look.theme import Theme

_LEAST = 4.5
"""Smallest contrast of text (WCAG 2.1, success criterion 1.4.3)."""
_STEPS = 20


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of qtconsole for a theme."""
    return (
        f"QPlainTextEdit, QTextEdit {{ background-color: {theme.base}; color: {theme.ink}; "
        f"selection-background-color: {theme.line}; }}\n"
        f".inverted {{ background-color: {theme.ink}; color: {theme.base}; }}\n"
        f".error {{ color: {theme.wrong}; }}\n"
        f".in-prompt, .in-prompt-number {{ color: {theme.accent}; }}\n"
        f".out-prompt, .out-prompt-number {{ color: {theme.wrong}; }}\n"
        ".in-prompt-number, .out-prompt-number { font-weight: bold; }\n"
    )


def syntax_style(theme: Theme) -> str:
    """Return the name of Pygments' style for what is typed."""
    return "monokai" if theme.dark else "default"


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: QColor, base: QColor) -> QColor:
    """Return a colour of the same hue that can be read on a background."""
    hue, saturation, light = max(colour.hslHueF(), 0.0), colour.hslSaturationF(), colour.lightnessF()
    target, found = (1.0 if _luminance(base) < 0.2 else 0.0), colour
    for step in range(1, _STEPS + 1):
        if contrast(found, base) >= _LEAST:
            break
        found = QColor.fromHslF(hue, saturation, light + (target - light) * step / _STEPS)
    return found


def recolour(document: QTextDocument, base: QColor) -> None:
    """Give text that could hardly be read on a background a lighter or darker colour."""
    unreadable = []
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            brush = fragment.charFormat().foreground()
            if brush.style() != Qt.BrushStyle.NoBrush and contrast(brush.color(), base) < _LEAST:
                unreadable.append((fragment.position(), fragment.length(), brush.color()))
            fragments += 1
        block = block.next()
    if not unreadable:
        return
    document.setUndoRedoEnabled(False)  # undo is for what is typed
    cursor = QTextCursor(document)
    for start, length, colour in unreadable:
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        style = QTextCharFormat()
        style.setForeground(readable(colour, base))
        cursor.mergeCharFormat(style)
    document.setUndoRedoEnabled(True)


def _luminance(colour: QColor) -> float:
    """Return the relative luminance of a colour."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
