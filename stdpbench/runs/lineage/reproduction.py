"""Run a finished run again and compare the results, in one call with progress reports that can be cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.lineage.agreement import Agreement, compare
from stdpbench.runs.lineage.reproduction_folder import open_source, prepare
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

CONTINUE, STOP, DETACH = "continue", "stop", "detach"
"""Commands to a reproduction: continue, stop the second run, or let it run and return without waiting for it."""


@dataclass(frozen=True)
class Reproduction:
    """Result of running a run again.

    Attributes
    ----------
    path : Path
        Folder of the second run.
    agreement : Agreement or None
        Comparison with the first run; None if the second run did not finish.
    sentence : str
        The result in a sentence.
    """

    path: Path
    agreement: Agreement | None
    sentence: str


def reproduce(
    source: Path,
    runs: Path,
    on_progress: Callable[[Mapping[str, Any]], None] = lambda progress: None,
    command: Callable[[], str] = lambda: CONTINUE,
    about: Mapping[str, Any] | None = None,
    *,
    places: Mapping[str, Any] | None = None,
    workers: int = 0,
    simulator: str | None = None,
) -> Reproduction:
    """Run a finished run again in a separate process and compare the results.

    Parameters
    ----------
    source : Path
        A run folder, or the zip file of one.
    runs : Path
        Folder in which the folder of the second run is created.
    on_progress : callable
        Called with progress frames (`stdpbench.runs.protocol.messages`) as they arrive.
    command : callable
        Returns `CONTINUE`, `STOP` or `DETACH`; called several times per second.
    about : mapping, optional
        Additional entries of `RunFolder.about` of the second run.
    places, workers, simulator
        See `stdpbench.runs.lineage.reproduction_folder.prepare`.

    Raises
    ------
    StdpbenchError
        If the run cannot be reproduced, or the second run fails.
    """
    with open_source(source) as original:
        again, remark = prepare(original, runs, places=places, workers=workers, simulator=simulator, about=about)
        if command() != CONTINUE:
            with suppress(OSError):
                remove_run(again)  # it has not been started
            return Reproduction(again.path, None, f"The reproduction of {original.path.name} was cancelled.")
        live, detached = _follow(again, on_progress, command)
        if detached or live.state is State.STOPPED:
            how = "continues in the background" if detached else "was stopped and can be resumed"
            return Reproduction(again.path, None, f"{again.path.name} {how}; nothing was compared.")
        if live.state is not State.FINISHED:
            reason = live.reason or "the process exited unexpectedly"
            raise StdpbenchError(f"{again.path.name}, the second run, failed: {reason}")
        agreement = compare(original, again)
        sentence = f"Reproduced {original.path.name} as {again.path.name}. {agreement.verdict}"
        return Reproduction(again.path, agreement, f"{sentence} {remark}".strip())


def _follow(
    folder: RunFolder, on_progress: Callable[[Mapping[str, Any]], None], command: Callable[[], str]
) -> tuple[LiveRun, bool]:
    """Start the process of a run and follow it until it ends; also return whether it was detached before."""
    client, live, stopping = RunClient.start(folder.path), LiveRun(), False
    try:
        client.wait_for_connection()
        client.want("progress")
        while not client.over:
            for message in client.drain(budget=0.05, wait=0.1):
                if "progress" in live.take(message):
                    on_progress(live.progress)
            current = command()
            if current == DETACH:
                return live, True
            if current == STOP and not stopping:
                stopping = True
                client.request("stop", reason="the reproduction was cancelled")
    finally:
        client.close()
    client.wait_for_process(10)
    return live, False
