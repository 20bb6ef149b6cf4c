"""Small widgets shared by pages and panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QEvent, QMimeData, QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QAction, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QSplitter,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QToolTip,
    QWidget,
)

from stdpbench.experiment import Experiment
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from PyQt6.QtCore import PYQT_SLOT

    from stdpbench_gui.session.background import Job

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LONGEST_WORD = 40
_TEXT_MARGIN = 4  # pixels around the text of a drop-down list
_TOGETHER = re.compile(r"(?<=\d) (?=%|×|±|(?:ms|mV|Hz|s|min|px)\b)|(?<=[×±]) (?=\d)")
"""Spaces between numbers, their signs and their units."""
_SENTENCE = re.compile(r"(?<=[.)]) (?=[A-Z(“]|<b>)|(?<=\.) (?=[☆✕✎↺…Δ]|theta\b|t-SNE\b)")
"""Spaces before sentences of a help text, also before those that begin with a symbol or a lower-case name."""
_T = TypeVar("_T")
_W = TypeVar("_W", bound=QWidget)


def not_none(value: _T | None) -> _T:
    """Return a value that the type stubs of Qt declare optional, but that is never None where this is called."""
    assert value is not None
    return value


def around(widget: QWidget | None, kind: type[_T]) -> _T | None:
    """Return the widget of a kind that a widget is in, or is; None if there is none."""
    while widget is not None and not isinstance(widget, kind):
        widget = widget.parentWidget()  # `parent` may be something else in a widget of qtconsole
    return widget


def short_path(path: Path) -> str:
    """Return a path with ``~`` for the home folder."""
    home = Path.home()
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def dropped_paths(data: QMimeData | None) -> list[Path]:
    """Return the local files and folders among dropped URLs."""
    return [Path(url.toLocalFile()) for url in (data.urls() if data is not None else []) if url.isLocalFile()]


def ask_for_file(
    parent: QWidget, title: str, kinds: str, take: Callable[[Path], object], *, at: str = "", new: bool = False
) -> None:
    """Ask for a file, or a `new` one to write, and call a function with it unless that is cancelled."""
    ask = QFileDialog.getSaveFileName if new else QFileDialog.getOpenFileName
    chosen, _ = ask(parent, title, at, kinds)
    if chosen:
        take(Path(chosen))


def experiment_target(parent: QWidget, experiment: Experiment) -> Path | None:
    """Ask for the file to save an experiment to; return None if cancelled.

    The proposed name has the suffix by which a desktop opens experiments with the app (gui/desktop).
    """
    proposed = f"{experiment.name}.stdpbench.toml"
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the experiment", proposed, "Experiments (*.toml)")
    return Path(chosen) if chosen else None


def question(
    parent: QWidget, title: str, text: str, yes: str, do: Callable[[], object], no: str = "Cancel", more: str = ""
) -> QMessageBox:
    """Return a window that asks whether to do something; `yes` and `no` are its buttons, and `no` is the default."""
    box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(more)
    agree = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(no, QMessageBox.ButtonRole.RejectRole))
    box.buttonClicked.connect(lambda button: do() if button is agree else None)
    return box


def menu_action(menu: QMenu, text: str, slot: Callable[[], object], tip: str = "") -> QAction:
    """Append an action to a menu."""
    action = not_none(menu.addAction(text))
    if tip:
        action.setToolTip(tip)
    action.triggered.connect(lambda _=False: slot())
    return action


def check_action(
    menu: QMenu, text: str, on: bool, toggled: Callable[[bool], object] | None = None, tip: str = ""
) -> QAction:
    """Append an action to a menu that can be on or off."""
    action = not_none(menu.addAction(text))
    action.setToolTip(tip or text)
    action.setCheckable(True)
    action.setChecked(on)
    if toggled is not None:
        action.toggled.connect(toggled)
    return action


def explain(parent: QWidget, title: str, text: str, now: str = "") -> QMessageBox:
    """Open a window that explains a panel: rich text with references, and a plain text about the current state."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(f"{title}: what am I looking at?")
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText((f"<p><b>Now:</b> {escape(now)}</p>" if now else "") + as_bullets(text))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    box.open()
    return box


def as_bullets(text: str) -> str:
    """Return a help text with a bullet for each sentence, and its source below them; one with bullets as it is."""
    if "<ul>" in text:
        return text
    parts = _SENTENCE.split(text)
    source = f"<p>{parts.pop()}</p>" if parts[-1].startswith("(") and len(parts) > 1 else ""
    return f"<ul>{''.join(f'<li>{part}</li>' for part in parts)}</ul>{source}"


class Label(QLabel):
    """A label that shows text as it is, or as HTML if it is `rich`: names from files of others may look like HTML.

    The field that it names is its `buddy`; the text is at the left of its middle line, or where `align` says.
    """

    def __init__(
        self, text: str = "", buddy: QWidget | None = None, *, rich: bool = False, align: Qt.AlignmentFlag = LEFT
    ) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        self.setAlignment(align)
        self.setBuddy(buddy)

    def say(self, text: str) -> None:
        """Show a text; without one, nothing, not even the room for it."""
        self.setText(text)
        self.setVisible(bool(text))

    def warn(self, sentence: str) -> None:
        """Say what is wrong; empty: nothing is."""
        self.say(f"⚠ {sentence}" if sentence else "")


class Elided(Label):
    """A single-line label that cuts off the end of its text if it does not fit."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a few characters."""
        return QSize(self.fontMetrics().horizontalAdvance("some text …"), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the elided text."""
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        QPainter(self).drawText(room, int(self.alignment()), text)


class NarrowBox(QComboBox):
    """A drop-down list that is as wide as its longest item, or narrower where there is no room.

    The tool tip then has the whole text.
    """

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a few letters and the arrow."""
        least = self.fontMetrics().horizontalAdvance("by label") + 32
        return QSize(min(least, super().minimumSizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the box with its text elided, which Qt cuts off."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    @property
    def shown_text(self) -> str:
        """The chosen text, elided if there is no room."""
        option, style = QStyleOptionComboBox(), not_none(self.style())
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - _TEXT_MARGIN
        room -= 0 if option.currentIcon.isNull() else self.iconSize().width() + _TEXT_MARGIN
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)

    def event(self, event: QEvent | None) -> bool:
        """Show the whole text before the tool tip, if it is elided."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cut = self.shown_text != self.currentText()
            tip = "\n".join(filter(None, (self.currentText() if cut else "", self.toolTip())))
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)


class CheckBox(QCheckBox):
    """A box to tick, whose mark is a picture in the colour of the theme."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        theme.mark(self)


def named(widget: _W, name: str = "", *, tip: str = "", style: str = "") -> _W:
    """Return a widget after setting its accessible name, its tool tip and its name in the style sheet."""
    if name:
        widget.setAccessibleName(name)
    if tip:
        widget.setToolTip(tip)
    if style:
        widget.setObjectName(style)
    return widget


def style_as(widget: QWidget, style: str) -> None:
    """Give a widget another name in the style sheet, and its look."""
    widget.setObjectName(style)
    not_none(widget.style()).polish(widget)


def push_button(
    text: str,
    *,
    clicked: PYQT_SLOT | None = None,
    name: str = "",
    tip: str = "",
    style: str = "",
    checkable: bool = False,
) -> QPushButton:
    """Return a button with its action; `name`, `tip` and `style` as for `named`."""
    button = named(QPushButton(text), name, tip=tip, style=style)
    button.setCheckable(checkable)
    if clicked is not None:
        button.clicked.connect(clicked)
    return button


def tool_button(
    text: str,
    *,
    clicked: PYQT_SLOT | None = None,
    name: str = "",
    tip: str = "",
    style: str = "",
    flat: bool = False,
    checkable: bool = False,
) -> QToolButton:
    """Return a tool button with its action, `flat` without a frame; `name`, `tip` and `style` as for `named`."""
    button = named(QToolButton(), name, tip=tip, style=style)
    button.setText(text)
    button.setAutoRaise(flat)
    button.setCheckable(checkable)
    if clicked is not None:
        button.clicked.connect(clicked)
    return button


def menu_button(text: str, menu: QMenu, *, name: str = "", tip: str = "", style: str = "menubutton") -> QToolButton:
    """Return a button that opens a menu; `name`, `tip` and `style` as for `named`."""
    button = tool_button(text, name=name, tip=tip, style=style)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(menu)
    return button


def choice(
    items: Iterable[str | tuple[str, object]],
    name: str,
    *,
    at: int = 0,
    tip: str = "",
    chosen: PYQT_SLOT | None = None,
) -> NarrowBox:
    """Return a drop-down list of texts, or of texts with their data; `chosen` is called when the user chooses."""
    box = named(NarrowBox(), name, tip=tip)
    refill(box, items, at)
    if chosen is not None:
        box.activated.connect(chosen)
    return box


def refill(box: QComboBox, items: Iterable[str | tuple[str, object]], at: int) -> None:
    """Put other texts, or texts with their data, into a drop-down list, and choose one; no signal tells of it."""
    with QSignalBlocker(box):
        box.clear()
        for item in items:
            text, data = item if isinstance(item, tuple) else (item, None)
            box.addItem(text, data)
        box.setCurrentIndex(at)


def search_field(name: str, hint: str, changed: PYQT_SLOT | None = None) -> QLineEdit:
    """Return a field for words to search for, with a hint while it is empty."""
    field = named(QLineEdit(), name)
    field.setPlaceholderText(hint)
    field.setClearButtonEnabled(True)
    if changed is not None:
        field.textChanged.connect(changed)
    return field


def note(name: str, text: str = "", *, rich: bool = False) -> Label:
    """Return a label for what is said about a drawing, above or below it."""
    label = wrapped(text, "faint", name=name, rich=rich)
    label.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
    return label


def number_field(
    low: int,
    high: int,
    value: int,
    name: str,
    *,
    tip: str = "",
    prefix: str = "",
    suffix: str = "",
    least: str = "",
    changed: PYQT_SLOT | None = None,
) -> QSpinBox:
    """Return a field for an integer within bounds; `least` is the text in place of the lower one."""
    field = named(QSpinBox(), name, tip=tip)
    field.setRange(low, high)
    field.setValue(value)
    field.setPrefix(prefix)
    field.setSuffix(suffix)
    field.setSpecialValueText(least)
    if changed is not None:
        field.valueChanged.connect(changed)
    return field


def keep_room(widget: QWidget) -> None:
    """Hide a widget whose room is kept while it is hidden, so that nothing moves when it is shown."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
    widget.hide()


class Scrolling(QScrollArea):
    """A scroll area without a frame, whose widget takes the room that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)


def scrolling(content: QWidget) -> QScrollArea:
    """Return a scroll area with a widget, which scrolls instead of enlarging the window."""
    area = Scrolling()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def content_of(page: QWidget) -> QWidget:
    """Return the widget to lay a page out in: it scrolls if the window is smaller than the layout requires."""
    content, splitter = QWidget(), QSplitter()
    # through a splitter, since a layout with wrapped labels would scroll below its preferred, not its minimum size
    splitter.addWidget(content)
    splitter.setChildrenCollapsible(False)
    vbox(scrolling(splitter), within=page)
    return content


def plain_tip(text: str) -> str:
    """Return a tooltip that shows a text as it is, also one that Qt would take for HTML."""
    if not re.search(r"<[a-zA-Z/!]|&\w+;", text):
        return text
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


def breakable(text: str) -> str:
    """Insert invisible break points into very long words, for labels that must not widen a page."""
    return re.sub(rf"\S{{{_LONGEST_WORD}}}(?=\S)", "\\g<0>\u200b", text)


def unbroken(text: str) -> str:
    """Return a text that keeps numbers, their signs and their units on one line."""
    return _TOGETHER.sub("\u00a0", text)


class ProblemLabel(Label):
    """A label for what is wrong, hidden while nothing is."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setWordWrap(True)
        named(self, name, style="problem").hide()


class Dialog(QDialog):
    """A dialog that is deleted when it is closed, and whose work is given up then."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)

    def done(self, result: int) -> None:
        """Cancel the work that is under way."""
        if self._job is not None:
            self._job.cancel()
        super().done(result)


def wrapped(
    text: str, style: str = "", *, name: str = "", rich: bool = False, align: Qt.AlignmentFlag = LEFT
) -> Label:
    """Return a label with line wrapping; `name` and `style` as for `named`, `rich` and `align` as for `Label`."""
    label = named(Label(text, rich=rich, align=align), name, style=style)
    label.setWordWrap(True)
    return label
