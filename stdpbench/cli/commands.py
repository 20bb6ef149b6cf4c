"""The commands that run networks: they iterate events and show them."""

from __future__ import annotations

import json as json_format
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from stdpbench.cli.progress import Display
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import parse_assignment, read_experiment
from stdpbench.paths import runs_folder
from stdpbench.runs.events import Event, Finished


class _Interrupt:
    """Ctrl+C asks for a stop between two presentations; a second one ends at once."""

    def __init__(self, console: Console) -> None:
        self.asked = False
        self._console = console

    def __call__(self) -> bool:
        return self.asked

    def listen(self) -> None:
        signal.signal(signal.SIGINT, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._console.print("Stopping after this presentation; press Ctrl+C again to end at once.")


def run_command(
    name: str,
    assignments: Sequence[str],
    seed: int | None,
    runs: Path | None,
    workers: int,
    simulator: str | None,
    validation: bool,
    baselines: bool,
    json: bool,
) -> None:
    """Carry out ``stdpbench run``."""
    experiment = read_experiment(name)
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    if seed is not None:
        changes["seed"] = seed
    if changes:
        experiment = experiment.override(changes)
    from stdpbench.runs.assessment import Options
    from stdpbench.runs.experiment_run import run_experiment

    options = Options(workers, simulator, validation, baselines)
    about = {"command": shlex.join(["stdpbench", *sys.argv[1:]])}
    console = Console(stderr=json)
    interrupt = _Interrupt(console)
    title = f": {experiment.about.title}" if experiment.about.title else ""
    console.print(f"{experiment.name}, seed {experiment.seed}{title}", highlight=False)
    events = run_experiment(experiment, runs or runs_folder(), options, interrupt, about)
    _show(events, console, interrupt, json)


def evaluate_command(run: Path, workers: int, simulator: str | None, baselines: bool, json: bool) -> None:
    """Carry out ``stdpbench evaluate``."""
    from stdpbench.runs.assessment import Options
    from stdpbench.runs.experiment_run import evaluate_run

    console = Console(stderr=json)
    interrupt = _Interrupt(console)
    _show(evaluate_run(run, Options(workers, simulator, False, baselines), interrupt), console, interrupt, json)


def gui_command() -> None:
    """Carry out ``stdpbench gui``."""
    from importlib import import_module

    sys.exit(import_module("stdpbench_gui").main(sys.argv[:1]))


def _show(events: Iterator[Event], console: Console, interrupt: _Interrupt, json: bool) -> None:
    finished: Finished | None = None
    with Display(console) as display:
        for event in events:
            interrupt.listen()  # again and again: importing brian2 puts a handler of its own
            display.show(event)
            if isinstance(event, Finished):
                finished = event
    if finished is None:
        raise StdpbenchError("the run ended without a result")
    display.summarise(finished)
    if json:
        record = {"path": str(finished.folder.resolve()), "stopped": finished.stopped, "metrics": finished.metrics}
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
    if finished.stopped:
        sys.exit(130)
