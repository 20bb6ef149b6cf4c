"""Actions on the selected runs: their texts, shortcuts, and the states in which they apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from stdpbench.runs.catalog.store import Entry
from stdpbench_gui.pages.runs.note_actions import NoteActions
from stdpbench_gui.pages.runs.row_actions import RowActions
from stdpbench_gui.pages.runs.run_actions import (
    ActionSpec,
    always,
    at_rest,
    can_pause,
    can_resume,
    can_wait,
    has_parent,
    is_active,
    is_finished,
    whole,
)


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
