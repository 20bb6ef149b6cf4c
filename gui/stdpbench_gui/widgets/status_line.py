"""The message in the status bar, which goes by itself once it can have been read, unless it is a lasting one."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from stdpbench_gui.session.sentences import Failed, Lasting, reading_ms
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Elided, named, plain_tip, tool_button
from stdpbench_gui.widgets.layouts import hbox


class StatusLine(QWidget):
    """A sentence, and a button that closes it.

    Attributes
    ----------
    close_button : QToolButton
        Shown beside a sentence that stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self._label = named(Elided(), "Message")
        self._failed = False
        self.close_button = tool_button(
            "✕", clicked=lambda _: self.show_sentence(""), name="Close this message", tip="Close this message"
        )
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = self.close_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the panels above do not move
        self.close_button.setSizePolicy(policy)
        self.close_button.hide()
        self._over = timer(self, self._go, once=True)
        hbox((self._label, 1), self.close_button, within=self)

    def text(self) -> str:
        """Return the sentence; empty if there is none."""
        return self._label.text()

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence; an empty one takes the last one away."""
        self._label.setText(sentence)
        self._label.setToolTip(plain_tip(sentence))
        self._failed = isinstance(sentence, Failed)
        self.close_button.setVisible(isinstance(sentence, Lasting))
        self._over.stop()
        if reading_ms(sentence):
            self._over.start(reading_ms(sentence))

    def forget_failure(self) -> None:
        """Take away what went wrong with an action, since another begins or another page is shown."""
        if self._failed:
            self.show_sentence("")

    def _go(self) -> None:
        """Take the sentence away, unless the mouse rests on it."""
        if self.underMouse():
            self._over.start(reading_ms(self.text()))
        else:
            self.show_sentence("")
