"""Progress bars on a terminal, and lines of text elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self

from rich.console import Console
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
from rich.text import Text

from stdpbench.runs.protocol import facts


class _Speed(ProgressColumn):
    """Column with images per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:8.1f}/s" if speed and task.total and task.total > 1 else "", style="cyan")


class _Done(MofNCompleteColumn):
    """Column with the count of items; empty for tasks without a total."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


class _Remaining(TimeRemainingColumn):
    """Column with the remaining time; empty for tasks without a total."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


class Bars:
    """Progress of phases, in a ``with`` block: a bar per phase on a terminal, occasional lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars = Progress(
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
        self.held_out = ""
        self.theta_unit = "mV"
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}
        self._begun: dict[str, tuple[float, int]] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop drawing, and restore the terminal."""
        self.bars.stop()

    def progress(self, event: facts.Progress) -> None:
        """Show the progress of a phase."""
        if not self.console.is_terminal:
            tenth = 10 * event.done // max(event.total, 1)
            if tenth > self._tenths.get(event.phase, -1):
                self._tenths[event.phase] = tenth
                begun = self._begun.setdefault(event.phase, (time.monotonic(), event.done))
                elapsed, shown = time.monotonic() - begun[0], event.done - begun[1]
                speed = ""
                if shown and elapsed > 0:
                    speed = f", {shown / elapsed:.1f}/s, {(event.total - event.done) * elapsed / shown:.0f} s left"
                note = f", {note_on(event, self.theta_unit)}" if note_on(event, self.theta_unit) else ""
                self.console.print(
                    f"{event.phase} {event.done}/{event.total}{speed}{note}",
                    soft_wrap=True,
                )
            return
        if event.phase not in self._tasks:
            self._tasks[event.phase] = self.bars.add_task(event.phase, total=event.total, note="")
        self.bars.update(self._tasks[event.phase], completed=event.done, note=self._details(event))

    def _details(self, event: facts.Progress) -> str:
        held_out = self.held_out if event.phase == "train" else ""
        return ", ".join(part for part in (note_on(event, self.theta_unit), held_out) if part)


def progress_of(frame: Mapping[str, Any]) -> facts.Progress:
    """Return the progress in a frame from the process of a run."""
    return facts.Progress(**{name: frame[name] for name in facts.Progress.__dataclass_fields__})


def note_on(event: facts.Progress, unit: str) -> str:
    """Return the text beside a bar: rate, spikes, threshold in `unit`, running accuracy, loss."""
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
