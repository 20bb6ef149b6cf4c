"""Small widgets that several pages and panels use."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import QMimeData, QSize, Qt, QTimer
from PyQt6.QtGui import QAction, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLabel,
    QMenu,
    QMessageBox,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stdpbench.experiment import Experiment

_LONGEST_WORD = 40


def short_path(path: Path) -> str:
    """A path as a person writes it, with ``~`` for her home folder."""
    home = Path.home()
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def dropped_paths(data: QMimeData | None) -> list[Path]:
    """Files and folders of this machine in what was dropped; what lies elsewhere is left out."""
    return [Path(url.toLocalFile()) for url in (data.urls() if data is not None else []) if url.isLocalFile()]


def experiment_target(parent: QWidget, experiment: Experiment) -> Path | None:
    """Ask for the file that an experiment is written to; None if nobody names one."""
    proposed = f"{experiment.name}.toml"
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the experiment", proposed, "Experiments (*.toml)")
    return Path(chosen) if chosen else None


def action_button(action: QAction) -> QToolButton:
    """A button with the words of an action, which follows it."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    return button


def explain(parent: QWidget, title: str, text: str, now: str = "") -> QMessageBox:
    """Open a small window that tells what one is looking at: rich text with its reference, and plain text of now."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(f"{title}: what am I looking at?")
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText(f"<p>{text}</p>" + (f"<p><b>Now:</b> {escape(now)}</p>" if now else ""))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    box.open()
    return box


def title_buttons(title: str, explain: Callable[[], object], menu: QMenu) -> tuple[QToolButton, QToolButton]:
    """What stands at the right of the title of a panel or view: what it shows, and its menu."""
    question, more = QToolButton(), QToolButton()
    question.setText("?")
    question.setToolTip("What am I looking at? (F1)")
    question.setAccessibleName(f"What does {title} show?")
    question.clicked.connect(lambda: explain())
    more.setText("⋮")
    more.setToolTip("Export, copy, and what else can be done here")
    more.setAccessibleName(f"Menu of {title}")
    more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
    more.setMenu(menu)
    for button in (question, more):
        button.setAutoRaise(True)
    return question, more


class Elided(QLabel):
    """A label of one line, which leaves out the middle of its text where there is no room, and has all as a tip."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for a few letters."""
        return QSize(self.fontMetrics().horizontalAdvance("some … end"), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw what there is room for."""
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        QPainter(self).drawText(self.rect(), int(self.alignment()), text)


class Dispensable(QLabel):
    """A label that is left out where there is no room for it: what it stands beside says the same by its tooltip."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """No room at all."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw all of it, or nothing."""
        if self.width() >= self.sizeHint().width():
            super().paintEvent(event)


def scrolling(content: QWidget) -> QScrollArea:
    """Show a widget in what room there is; where it needs more, it scrolls, rather than widening the window."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def let_scroll(page: QWidget) -> None:
    """Have a page scroll where the window is smaller than what its layout needs."""
    content, held = QWidget(), QSplitter()
    content.setLayout(page.layout())
    held.addWidget(content)  # between them, since a layout with lines that break scrolls as soon as it would like to
    held.setChildrenCollapsible(False)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(scrolling(held))


def breakable(text: str) -> str:
    """A text whose very long words may break, for labels that must not widen a page; what is seen stays the same."""
    return re.sub(rf"\S{{{_LONGEST_WORD}}}(?=\S)", "\\g<0>\u200b", text)


def grow(dialog: QWidget) -> None:
    """Have room for all lines, soon: of labels that break them, an open dialog does not ask how many there are."""

    def resize() -> None:
        layout = None if sip.isdeleted(dialog) else dialog.layout()
        if layout is not None and layout.hasHeightForWidth():
            layout.activate()
            dialog.resize(dialog.width(), max(dialog.height(), layout.totalHeightForWidth(dialog.width())))

    QTimer.singleShot(0, resize)


def wrapped(text: str, name: str = "") -> QLabel:
    """A label that breaks lines; `name` is its name in the style sheet."""
    label = QLabel(text)
    label.setWordWrap(True)
    if name:
        label.setObjectName(name)
    return label
