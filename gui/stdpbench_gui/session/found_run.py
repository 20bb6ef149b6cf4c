"""Opening run folders and starting their processes. This takes time: call it in threads."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stdpbench import __version__
from stdpbench.base import paths
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_undamaged
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.past_weights import newest_weights
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage.export import import_run
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

_EXAMPLE = Path(__file__).parents[1] / "assets" / "digits-example.zip"


@dataclass(frozen=True)
class FoundRun:
    """A run that was opened or started.

    Attributes
    ----------
    folder : RunFolder
        Its folder.
    client : RunClient or None
        The connection to its process; None if it has no process.
    live : LiveRun
        State replayed from its journal.
    n_known : int
        Number of journal facts in `live`; the process sends them again.
    state : tuple of (State, str)
        State and reason of a run without a process.
    damage : list of str
        Missing or damaged files, each as a clause.
    journal : object
        `journal_mark` before the journal was read.
    missing : tuple of str
        Kinds that are not installed, each as a clause.
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
        """Close the connection, because the run is not shown after all."""
        if self.client is not None:
            self.client.close()


def example_run() -> Path:
    """Return the folder of the trained run that comes with the app, which is unpacked beside the caches at first.

    Raises
    ------
    StdpbenchError
        If it cannot be unpacked.
    """
    folder = paths.cache_folder() / f"example-{__version__}" / _EXAMPLE.stem
    if not folder.is_dir():
        import_run(_EXAMPLE, folder.parent)
    return folder


def is_example(folder: RunFolder) -> bool:
    """Return whether a run is the one that comes with the app."""
    return folder.path.name == _EXAMPLE.stem and folder.path.parent.name == f"example-{__version__}"


def start_run(folder: RunFolder) -> FoundRun:
    """Start the process of a run, or connect to a process that another window has started.

    Raises
    ------
    StdpbenchError
        If the process cannot be started.
    """
    records = read_undamaged(folder.path).records
    live = LiveRun.replay(records)
    if has_process(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records))
    check_journal(folder, "a repair, which Resume on the Runs page offers,")
    client = RunClient.start(folder.path)
    live.state, live.reason = State.BUILDING, ""
    return FoundRun(folder, client, live, len(records))


def open_run(path: Path) -> FoundRun:
    """Connect to the process of a run, or read its folder if it has no process.

    Raises
    ------
    StdpbenchError
        If the path is not a run folder or cannot be read.
    """
    folder = RunFolder.open(path)
    mark, journal = journal_mark(folder), read_undamaged(folder.path)
    records, live = journal.records, LiveRun.replay(journal.records)
    found = damage(folder, records, journal.damage)
    if has_process(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records), damage=found)
    live.network, missing = _network(folder, live), tuple[str, ...]()
    with suppress(StdpbenchError):  # reported as damage
        missing = missing_kinds(folder.stored_experiment, records)
    return FoundRun(folder, None, live, len(records), state_of(folder), found, mark, missing)


def journal_mark(folder: RunFolder) -> object:
    """Return a value that changes whenever the journal of a run is written."""
    try:
        found = (folder.path / "journal.jsonl").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _network(folder: RunFolder, live: LiveRun) -> Mapping[str, Any]:
    """Return the newest network of a run folder as a frame; empty if there is none."""
    try:
        found = newest_weights(folder.path)
    except StdpbenchError:
        return {}
    position = found.position if found.position >= 0 else live.position
    return {"position": position, "learned": found.learned, "exc_spikes": found.exc_spikes}
