"""What a run folder holds when it is opened or its process is started. Takes time: for threads."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_undamaged
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.folder.past_weights import newest_weights
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State


@dataclass(frozen=True)
class FoundRun:
    """A run that was opened or started.

    Attributes
    ----------
    folder : RunFolder
        Where it lies.
    client : RunClient or None
        The connection to its process; None where no process works on it.
    live : LiveRun
        What its journal says.
    n_known : int
        Facts of the journal in `live`; the process sends them once more.
    state : tuple of (State, str)
        Of a run without a process: its state and the reason.
    damage : list of str
        What is missing or damaged, each as a clause.
    journal : object
        `journal_mark` before the journal was read.
    missing : tuple of str
        Kinds of it that are missing here, each as a clause.
    """

    folder: RunFolder
    client: RunClient | None
    live: LiveRun = field(default_factory=LiveRun)
    n_known: int = 0
    state: tuple[State, str] = (State.QUEUED, "")
    damage: list[str] = field(default_factory=list)
    journal: object = None
    missing: tuple[str, ...] = ()

    def close(self) -> None:
        """Let go of it: it is not shown after all."""
        if self.client is not None:
            self.client.close()


def start_run(folder: RunFolder) -> FoundRun:
    """Start the process of a run, or connect to the one that another window started meanwhile.

    Raises
    ------
    StdpbenchError
        If it cannot be started.
    """
    records = read_undamaged(folder.path).records
    live = LiveRun.replay(records)
    if at_work(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records))
    check_journal(folder, "a repair, which Resume on the Runs page offers,")
    client = RunClient.start(folder.path)
    live.state, live.reason = State.BUILDING, ""
    return FoundRun(folder, client, live, len(records))


def open_run(path: Path) -> FoundRun:
    """Connect to the process of a run, or read its folder where no process works on it.

    Raises
    ------
    StdpbenchError
        If it is not a run folder, or cannot be read.
    """
    folder = RunFolder.open(path)
    mark, journal = journal_mark(folder), read_undamaged(folder.path)
    records, live = journal.records, LiveRun.replay(journal.records)
    found = damage(folder, records, journal.damage)
    if at_work(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records), damage=found)
    live.network, missing = _network(folder, live), tuple[str, ...]()
    with suppress(StdpbenchError):  # it is among the damage
        missing = missing_kinds(folder.stored_experiment, records)
    return FoundRun(folder, None, live, len(records), state_of(folder), found, mark, missing)


def journal_mark(folder: RunFolder) -> object:
    """Something that changes whenever the journal of a run is written."""
    try:
        found = (folder.path / "journal.jsonl").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _network(folder: RunFolder, live: LiveRun) -> Mapping[str, Any]:
    """The newest network of a run folder as a frame; empty where it holds none."""
    try:
        found = newest_weights(folder.path)
    except StdpbenchError:
        return {}
    position = found.position if found.position >= 0 else live.position
    return {"position": position, "w": found.w, "theta": found.theta, "exc_spikes": found.exc_spikes}
