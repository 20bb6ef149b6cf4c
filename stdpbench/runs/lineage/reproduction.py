"""Run a finished run again and say whether its numbers came out, in one call, with progress and a way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.lineage.agreement import Agreement, compare
from stdpbench.runs.lineage.reproduction_folder import opened, prepare
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

GO_ON, STOP, LEAVE = "go on", "stop", "leave"
"""What whoever waits may wish: nothing; that the second run is stopped; or left to itself, and nobody waits for it."""


@dataclass(frozen=True)
class Reproduced:
    """What came of running a run again.

    Attributes
    ----------
    path : Path
        The second run.
    agreement : Agreement or None
        Whether its numbers are those of the first; None where it did not come to its end.
    sentence : str
        The same in words.
    """

    path: Path
    agreement: Agreement | None
    sentence: str


def reproduce(
    source: Path,
    runs: Path,
    told: Callable[[Mapping[str, Any]], None] = lambda progress: None,
    wish: Callable[[], str] = lambda: GO_ON,
    about: Mapping[str, Any] | None = None,
) -> Reproduced:
    """Run a finished run again, in a process of its own, and compare.

    Parameters
    ----------
    source : Path
        A run folder, or the zip of one.
    runs : Path
        Where the folder of the second run is made.
    told : callable
        Gets frames of progress (`stdpbench.runs.protocol.messages`) as they come.
    wish : callable
        Says `GO_ON`, `STOP` or `LEAVE`; asked several times a second.
    about : mapping, optional
        More for ``run.json`` of the second run.

    Raises
    ------
    StdpbenchError
        If the run cannot be run again, or the second run fails.
    """
    with opened(source) as original:
        again, remark = prepare(original, runs, about=about)
        if wish() != GO_ON:
            with suppress(OSError):
                remove_run(again)  # nothing has happened in it
            return Reproduced(again.path, None, f"{original.path.name} is not run again.")
        live, left = _follow(again, told, wish)
        if left or live.state is State.STOPPED:
            how = "goes on by itself" if left else "was stopped, and can be resumed"
            return Reproduced(again.path, None, f"{again.path.name} {how}; nothing was compared.")
        if live.state is not State.FINISHED:
            raise StdpbenchError(f"{again.path.name}, the second run, failed: {live.reason or 'without a word'}")
        agreement = compare(original, again)
        sentence = f"{original.path.name} again as {again.path.name}: {agreement.verdict}"
        return Reproduced(again.path, agreement, f"{sentence} {remark}".strip())


def _follow(
    folder: RunFolder, told: Callable[[Mapping[str, Any]], None], wish: Callable[[], str]
) -> tuple[LiveRun, bool]:
    """Start the process of a run and follow it to its end; also whether it was left before."""
    client, live, stopping = RunClient.start(folder.path), LiveRun(), False
    try:
        client.wait_for_connection()
        client.want("progress")
        while not client.over:
            for message in client.drain(budget=0.05, wait=0.1):
                if "progress" in live.take(message):
                    told(live.progress)
            wished = wish()
            if wished == LEAVE:
                return live, True
            if wished == STOP and not stopping:
                stopping = True
                client.request("stop", reason="the reproduction was given up")
    finally:
        client.close()
    client.wait_for_process(10)
    return live, False
