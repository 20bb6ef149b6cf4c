"""The actions of the Runs page: in a menu, as buttons, in the context menu and in the palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.store import DAMAGED, Entry
from stdpbench.runs.protocol.states import State
from stdpbench_gui.widgets.actions import Actions

_MENU = "R&uns"
_BUTTONS = ("open", "evaluate", "pause", "resume", "stop", "branch", "compare", "export", "delete")


@dataclass(frozen=True)
class Deed:
    """Something that can be done with the runs that are selected.

    Attributes
    ----------
    do : callable
        Does it with the runs that it is for.
    fits : callable
        Whether it is for a run.
    one : bool
        Whether it is for one run at a time.
    fewest : int
        How many there must be.
    """

    key: str
    text: str
    do: Callable[[list[Entry]], object]
    fits: Callable[[Entry], bool]
    tip: str = ""
    shortcut: str = ""
    one: bool = False
    fewest: int = 1


def can_pause(entry: Entry) -> bool:
    """Whether a run can be paused."""
    return entry.state in (State.RUNNING, State.BUILDING)


def can_resume(entry: Entry) -> bool:
    """Whether a run can go on."""
    return entry.state in (State.PAUSED, State.STOPPED, State.FAILED, State.QUEUED)


def at_rest(entry: Entry) -> bool:
    """Whether no process works on a run."""
    return not columns.is_active(entry)


def can_wait(entry: Entry) -> bool:
    """Whether a run can be put into the queue."""
    return at_rest(entry) and can_resume(entry)


def is_active(entry: Entry) -> bool:
    """Whether a process works on a run."""
    return columns.is_active(entry)


def is_finished(entry: Entry) -> bool:
    """Whether a run came to its end."""
    return entry.state == State.FINISHED


def has_parent(entry: Entry) -> bool:
    """Whether a run goes on from another one."""
    return bool(entry.parent)


def whole(entry: Entry) -> bool:
    """Whether the files of a run can be read."""
    return entry.state != DAMAGED


class RunActions:
    """The actions on selected runs, which follow the selection.

    Parameters
    ----------
    actions : Actions
        Of the window.
    chosen : callable
        Gives the selected runs.
    deeds : sequence of Deed
        What can be done, in the order of the menu; None draws a line.
    """

    def __init__(self, actions: Actions, chosen: Callable[[], list[Entry]], deeds: Sequence[Deed | None]) -> None:
        self._chosen = chosen
        self._deeds = [deed for deed in deeds if deed is not None]
        self._order = list(deeds)
        self.actions: dict[str, QAction] = {}
        for deed in deeds:
            if deed is None:
                actions.separator(_MENU)
                continue
            self.actions[deed.key] = actions.add(
                f"runs-{deed.key}", _MENU, deed.text, partial(self._do, deed), deed.shortcut, deed.tip
            )
            self.actions[deed.key].setIconText(deed.text.replace("&", ""))  # Qt's own takes the dots off
        actions.separator(_MENU)
        self.refresh()

    def buttons(self) -> list[QAction]:
        """Those that are used most."""
        return [self.actions[key] for key in _BUTTONS]

    def menu(self, parent: QWidget) -> QMenu:
        """A context menu."""
        menu = QMenu(parent)
        for deed in self._order:
            if deed is None:
                menu.addSeparator()
            else:
                menu.addAction(self.actions[deed.key])
        return menu

    def refresh(self) -> None:
        """Enable what can be done with the runs that are selected now."""
        chosen = self._chosen()
        for deed in self._deeds:
            self.actions[deed.key].setEnabled(self._possible(deed, chosen))

    def do(self, key: str) -> None:
        """Do something, if it can be done now."""
        self._do(next(deed for deed in self._deeds if deed.key == key))

    def _do(self, deed: Deed) -> None:
        chosen = self._chosen()
        if self._possible(deed, chosen):
            deed.do([entry for entry in chosen if deed.fits(entry)])

    @staticmethod
    def _possible(deed: Deed, chosen: Sequence[Entry]) -> bool:
        fit = [entry for entry in chosen if deed.fits(entry)]
        return len(fit) >= deed.fewest and not (deed.one and len(chosen) != 1)
