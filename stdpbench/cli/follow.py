"""Follow work on the terminal: bars and lines while it goes on, results at its end, Ctrl+C in between."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import NOTHING, remove_folder
from stdpbench.base.signals import handled
from stdpbench.cli.output import write_json
from stdpbench.cli.terminal import Console
from stdpbench.experiment import Experiment
from stdpbench.results.readout import INTERVAL, Score
from stdpbench.results.readout.baselines import SAMPLES
from stdpbench.results.readout.verdict import FLATTERS
from stdpbench.runs.catalog.comparison import Account, verdict_of
from stdpbench.runs.client.run_client import LOG, RunClient
from stdpbench.runs.folder.run_folder import RunFolder, remove_run
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun, describe, duration, held_out_words
from stdpbench.runs.protocol.states import State

INTERRUPTED = 130
_STOPPING = "Stopping after this presentation; press Ctrl+C again to end at once."
_BASELINES = {"k_means": "k-means, one centre per neuron", "samples": f"{SAMPLES}, nothing learned"}
_AT_ONCE = 0.5  # s; shorter waits are not shown


class _Speed(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:6.0f}/s" if speed and task.total and task.total > 1 else "", style="cyan")


class _Done(MofNCompleteColumn):
    """Count of items; empty for tasks without a total."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


class _Remaining(TimeRemainingColumn):
    """Remaining time; empty for tasks without a total."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


class Bars:
    """Progress bars that are drawn in a ``with`` block."""

    _bars: Progress

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop drawing, and restore the terminal."""
        self._bars.stop()


class Display(Bars):
    """Shows the events of a run: a bar per phase on a terminal, occasional lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(bar_width=24),
            _Done(),
            _Speed(),
            _Remaining(),
            TextColumn("{task.fields[note]}"),
            console=console,
            speed_estimate_period=10,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}
        self._begun: dict[str, tuple[float, int]] = {}
        self._held_out = ""
        self._stream = False
        self._theta_unit = "mV"
        self._waits_for, self._waits_since = "", 0.0
        self._waits_on: TaskID | None = None

    def record(self, record: Record) -> None:
        """Print a fact, if it is of interest during the run."""
        fact = record.fact
        if isinstance(fact, facts.Started):
            self._stream = fact.experiment.get("schedule", {}).get("between") == "stream"
            graph = Experiment.from_mapping(fact.experiment).graph()
            _, self._theta_unit = graph.shown_as(graph.read)
            self._console.print(f"simulator:  {fact.simulator}")
            if fact.remark:
                self._console.print(fact.remark)
        elif isinstance(fact, facts.Estimated):
            estimate = f"{duration(fact.seconds)}, {fact.memory / 2**30:.1f} GiB"
            without = "" if self._stream else ", without k-means"
            self._console.print(f"estimate:   {estimate}{without}")
        elif isinstance(fact, facts.StateChanged):
            if fact.reason and fact.state != State.BUILDING:  # which `building` shows
                self._console.print(describe(record), soft_wrap=True)
        elif isinstance(fact, facts.HeldOut):
            vote = fact.values.get("accuracy_vote")
            self._held_out = "" if vote is None else f"held out {100 * vote:.0f} %"
            if not self._console.is_terminal:
                line = f"held out at {record.position}: {held_out_words(fact)}"
                self._console.print(line, soft_wrap=True)
        elif isinstance(fact, facts.Remarked | facts.Intervention | facts.Branched | facts.Rewound):
            self._console.print(describe(record), soft_wrap=True)

    def building(self, what: str) -> None:
        """Show the current step of building a network, and its duration; empty once it is over.

        Call this repeatedly. Short steps, and those from the past of a run, are not shown.
        """
        now = time.monotonic()
        if what != self._waits_for:
            if self._waits_on is not None:
                self._bars.remove_task(self._waits_on)
                self._console.print(f"{self._waits_for} took {now - self._waits_since:.0f} s")
            self._waits_for, self._waits_since, self._waits_on = what, now, None
        elif what and now - self._waits_since > _AT_ONCE:
            if self._waits_on is None:
                self._waits_on = self._bars.add_task(what, total=None, note="")
                if not self._console.is_terminal:
                    self._console.print(f"{what} …")
            self._bars.update(self._waits_on, note=f"{now - self._waits_since:.0f} s")

    def progress(self, event: facts.Progress) -> None:
        """Show the progress of a phase."""
        if not self._console.is_terminal:
            tenth = 10 * event.done // max(event.total, 1)
            if tenth > self._tenths.get(event.phase, -1):
                self._tenths[event.phase] = tenth
                begun = self._begun.setdefault(event.phase, (time.monotonic(), event.done))
                elapsed, shown = time.monotonic() - begun[0], event.done - begun[1]
                speed = ""
                if shown and elapsed > 0:
                    speed = f", {shown / elapsed:.0f}/s, {(event.total - event.done) * elapsed / shown:.0f} s left"
                note = f", {_note(event, self._theta_unit)}" if _note(event, self._theta_unit) else ""
                self._console.print(
                    f"{event.phase} {event.done}/{event.total}{speed}{note}",
                    soft_wrap=True,
                )
            return
        if event.phase not in self._tasks:
            self._tasks[event.phase] = self._bars.add_task(event.phase, total=event.total, note="")
        self._bars.update(self._tasks[event.phase], completed=event.done, note=self._details(event))

    def _details(self, event: facts.Progress) -> str:
        held_out = self._held_out if event.phase == "train" else ""
        return ", ".join(part for part in (_note(event, self._theta_unit), held_out) if part)

    def summarise(self, folder: RunFolder, metrics: Mapping[str, Any]) -> None:
        """Print the results, and whether learning helped."""
        rows = [(name, score) for name, score in metrics.get("accuracy", {}).items()]
        origin, account = origin_of(folder.path), Account.of(folder)
        if "supervised" in metrics and rows:  # all read-outs answer with the output neuron that fires most
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
            table = Table(title=f"{origin.word}: {title}" if origin.word else title)
            table.add_column("read-out")
            table.add_column("%", justify="right")
            uneven = any(Score.from_mapping(score).uneven for _, score in rows if "confusion" in score)
            if uneven:  # the mean over classes tells more
                table.add_column("balanced %", justify="right")
            table.add_column(INTERVAL, justify="right")
            for name, score in rows:
                low, high = score["interval_95"]
                balanced = (f"{100 * Score.from_mapping(score).balanced_accuracy:.2f}",) if uneven else ()
                table.add_row(name, f"{100 * score['accuracy']:.2f}", *balanced, f"{100 * low:.1f} – {100 * high:.1f}")
            self._console.print(table)
        if judged := verdict_of(account):
            self._console.print(judged)
        for warning in account.warnings:
            self._console.print(f"warning: {warning}", style="yellow", soft_wrap=True)
        self._console.print(f"run folder: {folder.path}", soft_wrap=True)


def _note(event: facts.Progress, unit: str) -> str:
    parts = []
    if event.rate is not None:
        parts.append(f"{event.rate:.1f} Hz")
    if event.spikes_per_image is not None:
        parts.append(f"{event.spikes_per_image:.1f} spikes/image")
    if event.repeats is not None:
        parts.append(f"{100 * event.repeats:.0f} % shown again")
    if event.mean_theta is not None:
        parts.append(f"theta {event.mean_theta:.1f} {unit}".rstrip())
    if "vote" in event.accuracy:
        parts.append(f"running vote {100 * event.accuracy['vote']:.0f} %")  # on training labels
    if event.loss is not None:
        parts.append(f"loss {event.loss:.3f}")
    if "training pictures" in event.accuracy:
        parts.append(f"{100 * event.accuracy['training pictures']:.1f} % of training pictures")
    return ", ".join(parts)


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


def follow_events(events: Generator[object, None, dict[str, Any]], console: Console) -> dict[str, Any]:
    """Show the progress and remarks of work in this process, and return its result.

    Raises
    ------
    SystemExit
        With status 130 if it is stopped by Ctrl+C, after the part in progress.
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


def _failure(live: LiveRun) -> facts.StateChanged | None:
    """Return the fact that a run failed, or None; a failed run exits with an error."""
    return facts.StateChanged(State.FAILED, live.reason) if live.state is State.FAILED else None


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


def _progress(frame: Any) -> facts.Progress:
    return facts.Progress(**{name: frame[name] for name in facts.Progress.__dataclass_fields__})


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
        write_json(record)
    if stopped:
        sys.exit(INTERRUPTED)
