"""The equations of the rule, typeset from its source."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication

from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.curves import RuleProcess
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Label, menu_action, named, not_none, scrolling, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, holding, vbox

_SETTLE_MS = 120


class EquationsBox(TitledBox):
    """A picture of the equations with notes below, drawn with matplotlib in a separate process.

    Attributes
    ----------
    picture : QLabel
        The picture of the equations.
    """

    title = "Equations"
    topics = frozenset({"rule"})
    help_text = (
        "The traces of the rule, and what an input and an output spike do to a weight. The equations are typeset from "
        "the code that Brian2 runs, custom rules included. The menu copies them as TeX. (The reference of the rule is "
        "below its name; Brian2: Stimberg, Brette &amp; Goodman 2019, doi:10.7554/eLife.47314)"
    )
    lines = 9
    empty_text = "The equations appear in a moment."
    exports = False

    def __init__(self, state: RulesState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)
        self.empty.clear()  # the first plot says that something is coming
        self.process = RuleProcess(self)
        self._tex: list[tuple[str, str]] = []
        self._width = 0
        self._number = 0
        self.picture = named(Label(align=Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), "Equations")
        self.notes = wrapped("", "faint", rich=True)
        content = vbox(self.picture, self.notes, STRETCH, margins=(theme.GRID, theme.GRID // 2))
        self.area = named(scrolling(holding(content, "panel")), "Equations (scroll area)")
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        vbox(self.area, within=self.body, spacing=0)
        menu_action(self.menu, "Copy as TeX", self.copy_tex)
        menu_action(self.menu, "Copy picture", self.copy_picture)
        self._settle = timer(self, self.ask, _SETTLE_MS, once=True)
        not_none(self.area.viewport()).installEventFilter(self)

    def has_content(self) -> bool:
        """Return whether a picture has arrived."""
        return bool(self._tex)

    def refresh(self, topics: set[str]) -> None:
        """Do nothing: the picture arrives asynchronously."""

    def restyle(self) -> None:
        """Request the picture in the colours of the theme; until then, the present one has the ink of the theme."""
        picture = QPixmap(self.picture.pixmap())
        if not picture.isNull():
            painter = QPainter(picture)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(picture.rect(), QColor(theme.current().ink))
            painter.end()
            self.picture.setPixmap(picture)
        self.ask()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Request a new picture when the width changes."""
        if event is not None and event.type() == QEvent.Type.Resize and self._tex:
            viewport = self.area.viewport()
            if viewport is not None and abs(viewport.width() - self._width) > theme.GRID:
                self._settle.start()
        return super().eventFilter(watched, event)

    def ask(self) -> None:
        """Request the typeset rule."""
        viewport, colours = self.area.viewport(), theme.current()
        assert viewport is not None
        self._width = viewport.width() if self.isVisible() else 320
        per_point = self.logicalDpiY() / 72
        self._number += 1
        number = self._number
        self.process.ask(
            "equations",
            lambda value, _: self._take(value) if number == self._number else None,
            lambda reason: self._fail(reason) if number == self._number else None,
            rule=self.state.rule.to_mapping(),
            colour=colours.ink,
            faint=colours.faint,
            width=max(120.0, self._width - 2 * theme.GRID - 4) / per_point,
            size=QApplication.font().pointSizeF(),
            dpi=self.logicalDpiY() * self.devicePixelRatioF(),
        )

    def _take(self, value: Mapping[str, Any]) -> None:
        picture = QPixmap()
        picture.loadFromData(base64.b64decode(value["png"]), "PNG")
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        self.picture.setPixmap(picture)
        self._tex = [(label, tex) for label, tex in value["tex"]]
        self.notes.setText("<br>".join(escape(note) for note in value["notes"]))
        self._stack.setCurrentWidget(self.body)
        self.picture.setAccessibleDescription(self.summary())
        self.setAccessibleDescription(self.summary())

    def _fail(self, reason: str) -> None:
        self._tex = []
        self.empty.setText(f"Cannot typeset the equations: {reason}.")
        self._stack.setCurrentWidget(self.empty)

    @property
    def settled(self) -> bool:
        """Whether the picture shows the current rule in the current theme."""
        return not self.process.busy and not self._settle.isActive()

    def copy_tex(self) -> None:
        """Copy the equations to the clipboard as TeX."""
        clipboard = not_none(QGuiApplication.clipboard())
        lines = [rf"\text{{{label}}}\quad {tex} \\" if label else rf"{tex} \\" for label, tex in self._tex]
        clipboard.setText("\n".join(lines))
        self.session.message.emit("Copied the equations as TeX.")

    def copy_picture(self) -> None:
        """Copy the picture to the clipboard."""
        not_none(QGuiApplication.clipboard()).setPixmap(self.picture.pixmap())
        self.session.message.emit("Copied the picture of the equations.")

    def summary(self) -> str:
        """Describe the rule in its source expressions."""
        rule = self.state.rule
        verbs = {"add": "raised by 1", "set": "set to 1"}
        traces = [
            f"{trace.name} is {verbs[trace.on_spike]} by an {trace.side} spike and decays with {trace.tau}"
            for trace in rule.traces
        ]
        texts = [("on an input spike", rule.on_input_spike), ("on an output spike", rule.on_output_spike)]
        texts += [("in every step", rule.each_step)]
        parts = [f"{label}: {' ; '.join(text.split(chr(10)))}" for label, text in texts if text.strip()]
        return f"{'. '.join([*traces, *parts])}."
