"""Follow a run on the terminal until it ends."""

from __future__ import annotations

import json as json_format
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import NOTHING, remove_folder
from stdpbench.base.signals import handled
from stdpbench.cli.progress import Display
from stdpbench.cli.terminal import Console
from stdpbench.runs.client.run_client import LOG, RunClient
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol.facts import Progress, StateChanged
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

INTERRUPTED = 130
_STOPPING = "Stopping after this presentation; press Ctrl+C again to end at once."


class Interrupt:
    """Handles Ctrl+C between two messages; a second one exits at once."""

    def __init__(self, console: Console, message: str) -> None:
        self.asked = False
        self._console = console
        self._message = message

    @contextmanager
    def heard(self) -> Iterator[Interrupt]:
        """Handle Ctrl+C, and restore the previous handler afterwards."""
        with handled(self._hear, signal.SIGINT):
            yield self

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._console.print(self._message)


def follow(
    client: RunClient,
    console: Console,
    *,
    own: bool,
    interrupt: Interrupt | None = None,
    ready: Callable[[], None] = lambda: None,
) -> LiveRun:
    """Show the progress of a run until it ends; return its final state.

    Parameters
    ----------
    client : RunClient
        Connected to the run.
    console : Console
        Console for the output.
    own : bool
        Whether Ctrl+C stops the run; otherwise it only stops watching.
    interrupt : Interrupt, optional
        Handler of Ctrl+C that is already installed. Default: a new one.
    ready : callable
        Called once the network is ready.
    """
    live, announced, begun = LiveRun(), False, False
    heard = nullcontext(interrupt) if interrupt else Interrupt(console, "Stopped watching.").heard()
    with Display(console) as display, heard as interrupt:
        while not client.over:
            for message in client.drain(budget=0.05, wait=0.1):
                live.take(message)
                display.building(live.reason if live.state is State.BUILDING else "")
                if message[0] == "record" and not (own and message[1].fact == _failure(live)):
                    display.record(message[1])
            display.building(live.reason if live.state is State.BUILDING else "")
            if live.started is not None and not begun:
                begun = True
                ready()
            if live.progress:
                display.progress(_progress(live.progress))
            if interrupt.asked and not announced:
                announced = True
                if not own:
                    break
                client.request("stop", reason="Ctrl+C")
            if live.state is State.PAUSED and live.reason and own and not announced:
                announced = _paused(client, console, live)
    return live


def _failure(live: LiveRun) -> StateChanged | None:
    """Return the fact that a run failed, or None; a failed run exits with an error."""
    return StateChanged(State.FAILED, live.reason) if live.state is State.FAILED else None


def _paused(client: RunClient, console: Console, live: LiveRun) -> bool:
    """Report a pause that was not requested; without a terminal, stop the run."""
    if console.is_terminal:
        console.print(
            f"Paused. Fix the problem and continue with `stdpbench resume {client.folder}` "
            "in another terminal; Ctrl+C stops.",
            soft_wrap=True,
        )
    else:
        client.request("stop", reason=live.reason)
    return not console.is_terminal


def _progress(frame: Any) -> Progress:
    return Progress(**{name: frame[name] for name in Progress.__dataclass_fields__})


def carry_out(folder: RunFolder, console: Console, *, new: bool, json: bool) -> None:
    """Start the process of a run, follow it to its end, and print the results.

    Raises
    ------
    StdpbenchError
        If the run fails; a new one that fails before its first presentation leaves no folder behind.
    SystemExit
        If it is stopped.
    """

    def announce() -> None:
        console.print(f"run folder: {folder.path}", soft_wrap=True)

    with Interrupt(console, _STOPPING).heard() as interrupt:  # before a process exists that would continue unattended
        if not new:
            announce()
        client = RunClient.start(folder.path)
        try:
            client.wait_for_connection()
            client.want("progress")
            ready = announce if new else lambda: None  # a new folder is removed if the run cannot begin
            live = follow(client, console, own=True, interrupt=interrupt, ready=ready)
        except KeyboardInterrupt:
            client.terminate()
            console.print(f"`stdpbench resume {folder.path}` continues.", soft_wrap=True)
            raise
        finally:
            client.close()
    client.wait_for_process(10)
    if live.state.active:
        raise StdpbenchError(
            f"the process of the run exited unexpectedly ({client.why_ended()}); `stdpbench resume {folder.path}` "
            "continues from its newest checkpoint"
        )
    if live.state is State.FAILED:
        log = folder.path / LOG
        if new and live.started is None and not log.stat().st_size:
            with suppress(OSError):
                remove_run(folder)
                remove_folder(folder.path.parent, NOTHING)  # unless it holds other runs
            raise StdpbenchError(live.reason)
        raise StdpbenchError(f"{live.reason} (details are in the run folder {folder.path})")
    report(folder, console, stopped=live.state is State.STOPPED, json=json)


def report(folder: RunFolder, console: Console, *, stopped: bool, json: bool) -> None:
    """Print the results of a run, and exit with status 130 if it was stopped."""
    path = folder.path / "metrics.json"
    metrics = folder.read_json("metrics.json") if path.is_file() else {}
    if stopped:
        console.print(
            f"Stopped. `stdpbench resume {folder.path}` continues; `stdpbench evaluate {folder.path}` labels and "
            "tests the network as it is.",
            soft_wrap=True,
        )
    else:
        Display(console).summarise(folder, metrics)
    if json:
        record = {"path": str(folder.path.resolve()), "stopped": stopped, "metrics": metrics}
        record["supervised"] = origin_of(folder.path).supervised
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
    if stopped:
        sys.exit(INTERRUPTED)
