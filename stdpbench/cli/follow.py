"""Follow a run or other work on the terminal: show progress, handle Ctrl+C, and print the results."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any

from rich.progress import TaskID

from stdpbench.api.bars import Bars, progress_of
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import NOTHING, remove_folder
from stdpbench.base.signals import handled
from stdpbench.cli.output import write_json
from stdpbench.cli.terminal import Console, new_table
from stdpbench.experiment import Experiment
from stdpbench.results.readout import INTERVAL, Score
from stdpbench.results.readout.baselines import K_MEANS, SAMPLES
from stdpbench.results.readout.verdict import FLATTERS
from stdpbench.runs.catalog.comparison import Account, verdict_of
from stdpbench.runs.client.run_client import LOG, RunClient
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun, describe, duration, held_out_words
from stdpbench.runs.protocol.messages import STEPPED
from stdpbench.runs.protocol.states import State

INTERRUPTED = 130
_STOPPING = "Stopping after this presentation; press Ctrl+C again to end at once."
_BASELINES = {
    **{key: f"{name}, one centre per neuron" for key, name in K_MEANS.items()},
    "samples": f"{SAMPLES}, nothing learned",
}
_AT_ONCE = 0.5  # s; shorter waits are not shown


class Display(Bars):
    """Shows the events of a run: progress, facts of interest, and its results."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._stream = False
        self._waits_for, self._waits_since = "", 0.0
        self._waits_on: TaskID | None = None

    def record(self, record: Record) -> None:
        """Print a fact, if it is of interest during the run."""
        fact = record.fact
        if isinstance(fact, facts.Started):
            self._stream = fact.experiment.get("schedule", {}).get("between") == "stream"
            graph = Experiment.from_mapping(fact.experiment).graph()
            _, self.theta_unit = graph.shown_as(graph.read)
            self.console.print(f"simulator:  {fact.simulator}")
            if fact.remark:
                self.console.print(fact.remark)
        elif isinstance(fact, facts.Estimated):
            estimate = f"{duration(fact.seconds)}, {fact.memory / 2**30:.1f} GiB"
            without = "" if self._stream else ", without k-means"
            self.console.print(f"estimate:   {estimate}{without}")
        elif isinstance(fact, facts.StateChanged):
            if fact.reason and fact.state != State.BUILDING:  # that is shown by `building`
                self.console.print(describe(record), soft_wrap=True)
        elif isinstance(fact, facts.HeldOut):
            vote = fact.values.get("accuracy_vote")
            self.held_out = "" if vote is None else f"held out {100 * vote:.0f} %"
            if not self.console.is_terminal:
                line = f"held out at {record.position}: {held_out_words(fact)}"
                self.console.print(line, soft_wrap=True)
        elif isinstance(fact, facts.Remarked | facts.Intervention | facts.Branched | facts.Rewound):
            self.console.print(describe(record), soft_wrap=True)

    def building(self, step: str) -> None:
        """Show the current step of building a network and its duration; called repeatedly, at last with an empty step.

        Short steps, and earlier ones in the history of a run, are not shown.
        """
        now = time.monotonic()
        if step != self._waits_for:
            if self._waits_on is not None:
                self.bars.remove_task(self._waits_on)
                self.console.print(f"{self._waits_for} took {now - self._waits_since:.0f} s")
            self._waits_for, self._waits_since, self._waits_on = step, now, None
        elif step and now - self._waits_since > _AT_ONCE:
            if self._waits_on is None:
                self._waits_on = self.bars.add_task(step, total=None, note="")
                if not self.console.is_terminal:
                    self.console.print(f"{step} …")
            self.bars.update(self._waits_on, note=f"{now - self._waits_since:.0f} s")

    def summarise(self, folder: RunFolder, metrics: Mapping[str, Any]) -> None:
        """Print the results, and whether learning helped."""
        rows = [(name, score) for name, score in metrics.get("accuracy", {}).items()]
        origin, account = origin_of(folder.path), Account.of(folder)
        if "supervised" in metrics and rows:  # all read-outs choose the output neuron that fires most
            rows = [("output neurons", rows[0][1])]
        for baseline, result in metrics.get("baselines", {}).items():
            if "accuracy" in result:
                rows.append((_BASELINES.get(baseline, baseline), result))
            else:
                mark = f"; {FLATTERS}" if account.start_flatters else ""
                rows.append((f"{baseline.replace('_', ' ')} (vote{mark})", result["vote"]))
        if rows:
            shown = f"{metrics['evaluated_on']} {metrics.get('noun', 'picture')}s"
            title = f"accuracy on {metrics['n_test_images']} {shown}"
            uneven = any(Score.from_mapping(score).uneven for _, score in rows if "confusion" in score)
            headings = ("read-out", "%", *(("balanced %",) if uneven else ()), INTERVAL)
            table = new_table(*headings, right_from=1, title=f"{origin.word}: {title}" if origin.word else title)
            for name, score in rows:
                low, high = score["interval_95"]
                balanced = (f"{100 * Score.from_mapping(score).balanced_accuracy:.2f}",) if uneven else ()
                table.add_row(name, f"{100 * score['accuracy']:.2f}", *balanced, f"{100 * low:.1f} – {100 * high:.1f}")
            self.console.print(table)
        if judged := verdict_of(account):
            self.console.print(judged)
        for warning in account.warnings:
            self.console.print(f"warning: {warning}", style="yellow", soft_wrap=True)
        self.console.print(f"run folder: {folder.path}", soft_wrap=True)


class Interrupt:
    """Handles Ctrl+C between two messages; a second one exits at once.

    Parameters
    ----------
    console : Console
        Console for the message.
    message : str
        Message printed on the first Ctrl+C.
    stop : callable
        Called after the message.
    """

    def __init__(self, console: Console, message: str, stop: Callable[[], None] = lambda: None) -> None:
        self.asked = False
        self._console, self._message, self._stop = console, message, stop

    @contextmanager
    def heard(self, *signals: signal.Signals) -> Iterator[Interrupt]:
        """Handle Ctrl+C and other signals, and restore the previous handlers afterwards."""
        with handled(self._handle, signal.SIGINT, *signals):
            yield self

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._console.print(self._message)
        self._stop()


def follow_events(events: Generator[object, None, dict[str, Any]], console: Console) -> dict[str, Any]:
    """Show the progress and remarks of work in this process, and return its result.

    Raises
    ------
    SystemExit
        With status 130 if it is stopped by Ctrl+C, after the current part.
    """
    interrupt = Interrupt(console, "Stopping after this part; press Ctrl+C again to end at once.")
    with Display(console) as display, closing(events):
        while not interrupt.asked:
            try:
                with interrupt.heard():  # installed repeatedly: importing brian2 installs its own handler
                    event = next(events)
            except StopIteration as end:
                return dict(end.value)
            if isinstance(event, facts.Progress):
                display.progress(event)
            elif isinstance(event, facts.Remarked):
                console.print(event.text, soft_wrap=True)
    sys.exit(INTERRUPTED)


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
                if message[0] != "record":
                    continue
                if not own or message[1].fact != facts.StateChanged(State.FAILED, live.reason):  # that is the error
                    display.record(message[1])
                announced = announced or (own and _handle_pause(client, console, message[1].fact))
            display.building(live.reason if live.state is State.BUILDING else "")
            if live.started is not None and not begun:
                begun = True
                ready()
            if live.progress:
                display.progress(progress_of(live.progress))
            if interrupt.asked and not announced:
                announced = True
                if not own:
                    break
                client.request("stop", reason="Ctrl+C")
    return live


def _handle_pause(client: RunClient, console: Console, fact: facts.Fact) -> bool:
    """Report a pause by a problem; without a terminal, stop the run, and return True."""
    if not isinstance(fact, facts.StateChanged) or fact.state != State.PAUSED or fact.reason in ("", STEPPED):
        return False
    with suppress(StdpbenchError):  # a folder that cannot be read
        if state_of(RunFolder.open(client.folder))[0] is not State.PAUSED:  # a resumed run sends earlier pauses, too
            return False
    if console.is_terminal:
        console.print(
            f"Paused. Fix the problem and continue with `stdpbench resume {client.folder}` "
            "in another terminal; Ctrl+C stops.",
            soft_wrap=True,
        )
    else:
        client.request("stop", reason=fact.reason)
    return not console.is_terminal


def carry_out(folder: RunFolder, console: Console, *, new: bool, json: bool) -> None:
    """Start the process of a run, follow it to its end, and print the results.

    Raises
    ------
    StdpbenchError
        If the run fails. The folder of a new run that fails before its first presentation is removed.
    SystemExit
        If it is stopped.
    """

    def announce() -> None:
        console.print(f"run folder: {folder.path}", soft_wrap=True)

    with Interrupt(console, _STOPPING).heard() as interrupt:  # before the process starts
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
                remove_folder(folder.path.parent, NOTHING)  # only if it is empty
            raise StdpbenchError(live.reason)
        raise StdpbenchError(f"{live.reason} (details are in the run folder {folder.path})")
    report(folder, console, stopped=live.state is State.STOPPED, json=json)


def report(folder: RunFolder, console: Console, *, stopped: bool, json: bool) -> None:
    """Print the results of a run, and exit with status 130 if it was stopped."""
    metrics = folder.metrics
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
        write_json(record)
    if stopped:
        sys.exit(INTERRUPTED)
