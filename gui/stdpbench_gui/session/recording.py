"""Requests time courses of the selected neuron from the run while a visible panel shows them."""

from __future__ import annotations

from typing import Any

from stdpbench_gui.session.run_session import PartOfSession, RunSession

_NOTHING = "", -1


class Recorder(PartOfSession):
    """Recording requests of all panels of a session; use `of` to get it."""

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._watchers: set[str] = set()
        self._asked = _NOTHING
        session.selection.neuron_changed.connect(lambda _: self._ask())
        session.opened.connect(self._forget)
        session.changed.connect(self._on_changed)

    def watch(self, panel: str, visible: bool) -> None:
        """Set whether a panel shows time courses."""
        (self._watchers.add if visible else self._watchers.discard)(panel)
        self._ask()

    def _on_changed(self, topics: set[str]) -> None:
        if "state" in topics:
            if not self._session.connected:
                self._asked = _NOTHING  # a new process records nothing until requested
            self._ask()

    def _forget(self) -> None:
        self._asked = _NOTHING
        self._ask()

    def _ask(self) -> None:
        selection = self._session.selection
        wanted = (selection.population, selection.neuron) if selection.neuron >= 0 and self._watchers else _NOTHING
        if wanted != self._asked and self._session.connected:
            self._asked = wanted
            population, neuron = wanted
            arguments: dict[str, Any] = {"neurons": [] if neuron < 0 else [neuron]}
            if population not in ("", selection.read):
                arguments["population"] = population
            self._session.request("record", refused=self._on_refusal, **arguments)

    def _on_refusal(self, sentence: str) -> None:
        self._asked = _NOTHING  # nothing is recorded: send the next request again
        if self._session.connected:
            self._session.message.emit(sentence)
