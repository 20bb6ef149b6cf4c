"""The actions of the Runs page, for the menu, buttons, context menu and command palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.store import DAMAGED, Entry
from stdpbench.runs.protocol.states import State
from stdpbench_gui.pages.runs.note_actions import NoteActions
from stdpbench_gui.pages.runs.row_actions import RowActions
from stdpbench_gui.widgets.actions import Actions


@dataclass(frozen=True)
class OnPage:
    """What the page itself does with runs."""

    show: Callable[[list[Entry]], object]
    evaluate: Callable[[list[Entry]], object]
    compare: Callable[[list[Entry]], object]
    tick: Callable[[list[Entry]], object]
    show_parent: Callable[[list[Entry]], object]
    write: Callable[[str], Callable[[list[Entry]], object]]
    """Returns what edits a column of a run in place."""


def specs(doing: RowActions, noting: NoteActions, on: OnPage) -> list[ActionSpec | None]:
    """Return the actions in the order of the menu; None: a separator."""
    return [
        ActionSpec("open", "&Open in Train", on.show, whole, "Open the run on the Train page (Enter)", one=True),
        ActionSpec(
            "evaluate",
            "E&valuate",
            on.evaluate,
            is_finished,
            "Evaluate what the network has learned",
            one=True,
        ),
        None,
        ActionSpec(
            "pause",
            "&Pause",
            doing.pause,
            can_pause,
            "Pause after the current presentation",
        ),
        ActionSpec("resume", "&Resume", doing.resume, can_resume, "Start or continue the run"),
        ActionSpec("stop", "&Stop", doing.stop, is_active, "Stop the run; it can be resumed"),
        ActionSpec(
            "enqueue",
            "Add to the &queue",
            doing.put_into_queue,
            can_wait,
            "Resume it when its turn in the queue comes",
        ),
        None,
        ActionSpec(
            "branch",
            "&Branch…",
            _one(doing.ask_for_branch),
            whole,
            "Continue with a change",
            "Ctrl+B",
            one=True,
        ),
        ActionSpec(
            "rewind",
            "Re&wind…",
            _one(doing.ask_for_rewind),
            whole,
            "Go back to an earlier presentation",
            one=True,
        ),
        ActionSpec(
            "reproduce",
            "Repro&duce",
            _one(doing.reproduce),
            is_finished,
            "Run it again and compare",
            one=True,
        ),
        ActionSpec(
            "hardware",
            "Chec&k chips…",
            _one(doing.check_chips),
            is_finished,
            "Whether the trained network fits neuromorphic chips, with sources",
            one=True,
        ),
        ActionSpec(
            "export",
            "&Export…",
            _one(doing.ask_where_to_export),
            at_rest,
            "Export the run folder as a zip file",
            one=True,
        ),
        ActionSpec(
            "export-nir",
            "Export networ&k…",
            _one(partial(doing.ask_where_to_export, kind="nir")),
            is_finished,
            "Export the trained network as a NIR file, for other simulators and chips",
            one=True,
        ),
        ActionSpec(
            "export-responses",
            "Export respon&ses…",
            _one(doing.ask_for_responses),
            is_finished,
            "Export spikes that answered evaluated stimuli, and potentials, as an NWB or Neo file",
            one=True,
        ),
        None,
        ActionSpec(
            "compare",
            "&Compare",
            on.compare,
            whole,
            "Compare the selected runs",
            "Ctrl+M",
            fewest=2,
        ),
        ActionSpec(
            "tick",
            "&Tick or untick",
            on.tick,
            whole,
            "Draw in the comparison and on the Train page (Space)",
        ),
        ActionSpec("parent", "Show parent ru&n", on.show_parent, has_parent, one=True),
        None,
        ActionSpec(
            "star",
            "&Star",
            noting.star,
            always,
            "Give it a star, or take the star away (*)",
        ),
        ActionSpec(
            "title",
            "Edit t&itle",
            on.write("title"),
            always,
            "Name the run in place",
            "F2",
            one=True,
        ),
        ActionSpec(
            "tags",
            "Edit ta&gs",
            on.write("tags"),
            always,
            "Tag it in place",
            "Shift+F2",
            one=True,
        ),
        ActionSpec(
            "notes",
            "&Notes…",
            _one(noting.open),
            always,
            "Title, tags, star and notes of the run",
            one=True,
        ),
        None,
        ActionSpec(
            "delete",
            "De&lete",
            doing.delete,
            at_rest,
            "Move to the bin; can be undone (Delete)",
        ),
    ]


def _one(do: Callable[[Entry], object]) -> Callable[[list[Entry]], object]:
    return lambda entries: do(entries[0])


_MENU = "R&uns"
_BUTTONS = ("open", "evaluate", "pause", "resume", "stop", "branch", "compare", "export", "delete")


@dataclass(frozen=True)
class ActionSpec:
    """An action on the selected runs.

    Attributes
    ----------
    do : callable
        Performs the action on the runs it applies to.
    fits : callable
        Whether it applies to a run.
    one : bool
        Whether it takes exactly one run.
    fewest : int
        Minimum number of runs.
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
    """Return whether a run can be paused."""
    return entry.state in (State.RUNNING, State.BUILDING)


def can_resume(entry: Entry) -> bool:
    """Return whether a run can be started or resumed."""
    return entry.state in (State.PAUSED, State.STOPPED, State.FAILED, State.QUEUED)


def at_rest(entry: Entry) -> bool:
    """Return whether a run has no process."""
    return not columns.is_active(entry)


def can_wait(entry: Entry) -> bool:
    """Return whether a run can be added to the queue."""
    return at_rest(entry) and can_resume(entry)


def is_active(entry: Entry) -> bool:
    """Return whether a run has a process."""
    return columns.is_active(entry)


def is_finished(entry: Entry) -> bool:
    """Return whether a run is finished."""
    return entry.state == State.FINISHED


def has_parent(entry: Entry) -> bool:
    """Return whether a run is a branch of another one."""
    return bool(entry.parent)


def always(entry: Entry) -> bool:
    """Return True: it applies to every run."""
    return bool(entry.name)


def whole(entry: Entry) -> bool:
    """Return whether the files of a run are readable."""
    return entry.state != DAMAGED


class RunActions:
    """The actions on selected runs, which follow the selection.

    Parameters
    ----------
    actions : Actions
        Actions of the window.
    chosen : callable
        Returns the selected runs.
    specs : sequence of ActionSpec
        Actions in the order of the menu; None: a separator.
    """

    def __init__(
        self,
        actions: Actions,
        chosen: Callable[[], list[Entry]],
        specs: Sequence[ActionSpec | None],
    ) -> None:
        self._chosen = chosen
        self._specs = [spec for spec in specs if spec is not None]
        self._order = list(specs)
        self.actions: dict[str, QAction] = {}
        for spec in specs:
            if spec is None:
                actions.separator(_MENU)
                continue
            self.actions[spec.key] = actions.add(
                f"runs-{spec.key}",
                _MENU,
                spec.text,
                partial(self._do, spec),
                spec.shortcut,
                spec.tip,
            )
            self.actions[spec.key].setIconText(spec.text.replace("&", ""))  # Qt's default drops the dots
        actions.separator(_MENU)
        self.refresh()

    def buttons(self) -> list[QAction]:
        """The most frequent actions."""
        return [self.actions[key] for key in _BUTTONS]

    def menu(self, parent: QWidget) -> QMenu:
        """Return a context menu."""
        menu = QMenu(parent)
        for spec in self._order:
            if spec is None:
                menu.addSeparator()
            else:
                menu.addAction(self.actions[spec.key])
        return menu

    def refresh(self) -> None:
        """Enable the actions that apply to the selected runs."""
        chosen = self._chosen()
        for spec in self._specs:
            self.actions[spec.key].setEnabled(self._possible(spec, chosen))

    def do(self, key: str) -> None:
        """Perform an action if it is enabled."""
        self._do(next(spec for spec in self._specs if spec.key == key))

    def _do(self, spec: ActionSpec) -> None:
        chosen = self._chosen()
        if self._possible(spec, chosen):
            spec.do([entry for entry in chosen if spec.fits(entry)])

    @staticmethod
    def _possible(spec: ActionSpec, chosen: Sequence[Entry]) -> bool:
        fit = [entry for entry in chosen if spec.fits(entry)]
        return len(fit) >= spec.fewest and not (spec.one and len(chosen) != 1)
