"""Asks the run for time courses of the selected neuron, while somebody looks at them."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from stdpbench_gui.session.run_session import RunSession


class Recorder(QObject):
    """One for each session: the run records for all panels or for none.

    Use `of` to get it.
    """

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session
        self._watchers: set[str] = set()
        self._asked: list[int] = []
        session.selection.neuron_changed.connect(lambda _: self._ask())
        session.opened.connect(self._forget)
        session.changed.connect(self._on_changed)

    @classmethod
    def of(cls, session: RunSession) -> Recorder:
        """The recorder of a session; made when first asked for."""
        found = session.findChild(cls)
        return found if found is not None else cls(session)

    def watch(self, who: str, visible: bool) -> None:
        """Say whether somebody looks at time courses."""
        (self._watchers.add if visible else self._watchers.discard)(who)
        self._ask()

    def _on_changed(self, topics: set[str]) -> None:
        if "state" in topics:
            if not self._session.connected:
                self._asked = []  # the next process records nothing of its own accord
            self._ask()

    def _forget(self) -> None:
        self._asked = []
        self._ask()

    def _ask(self) -> None:
        neuron = self._session.selection.neuron
        wanted = [neuron] if neuron >= 0 and self._watchers else []
        if wanted != self._asked and self._session.connected:
            self._asked = wanted
            self._session.request("record", refused=self._on_refusal, neurons=wanted)

    def _on_refusal(self, sentence: str) -> None:
        self._asked = []  # it records nothing, so that the next wish is asked anew
        if self._session.connected:
            self._session.message.emit(sentence)
