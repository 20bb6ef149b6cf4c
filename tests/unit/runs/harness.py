"""Runs in this process, driven from boundary to boundary; and what they are compared by."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from stdpbench.declare.parameters import Parameter
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.process.engine import RunEngine
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol.facts import Fact, Remarked
from stdpbench.runs.protocol.messages import Request
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

ROTATION = {"between": ["rest", "reset", "carry"], "label_images": [3, 7], "test_images": [2, 5]}
N_TRAIN, N_LABEL, N_TEST, EVERY = 24, 8, 6, 5
"""Presentations of the usual run; a checkpoint every five."""
TOTAL = N_TRAIN + 2 * (N_LABEL + N_TEST)


class Killed(BaseException):
    """Stands for ``kill -9`` at a boundary."""


def experiment(delays: str = "none", **changes: Any) -> Experiment:
    """Four exc neurons on 8 × 8 digits, 30 ms each; `changes` are ``section__parameter = value``."""
    mapping: dict[str, Any] = {
        "name": "tiny",
        "seed": 11,
        "data": {"kind": "digits"},
        "network": {"n_exc": 4, "delays": delays, "max_delay": 3.0, "weight_sum": 20.0, "w_inh_exc": 4.0},
        "exc": {"theta_start": 12.0, "tau_theta": 1e5},
        "schedule": {
            "train_images": N_TRAIN,
            "label_images": N_LABEL,
            "test_images": N_TEST,
            "stimulus": 30.0,
            "rest": 5.0,
            "between": "rest",
            "max_attempts": 3,
            "min_spikes": 3,
        },
    }
    return changed(mapping, changes)


def changed(mapping: dict[str, Any], changes: Mapping[str, Any]) -> Experiment:
    """An experiment from tables, some of whose values are replaced: ``section__parameter = value``."""
    for path, value in changes.items():
        section, _, name = path.partition("__")
        if name:
            mapping.setdefault(section, {})[name] = value
        else:
            mapping[section] = value
    return Experiment.from_mapping(mapping)


def of_network(network: str, **schedule: Any) -> Experiment:
    """The usual experiment with the network of a file; what is None is left out of its schedule."""
    of_template = ("exc", "inh", "plasticity", "lateral")
    tables = {name: table for name, table in experiment().to_mapping().items() if name not in of_template}
    values = {**tables["schedule"], "between": "carry", **schedule}
    tables["schedule"] = {name: value for name, value in values.items() if value is not None}
    tables["network"] = Experiment.from_toml(network).to_mapping()["network"]
    return Experiment.from_mapping(tables)


def new_run(runs: Path, made: Experiment | None = None, **options: Any) -> RunFolder:
    """The folder of a run that waits to be started."""
    chosen = {"workers": 1, "checkpoint_every": EVERY, "simulator": "compiled", **options}
    return create_run(made or experiment(), runs, Options(**chosen))


class Driven(RunEngine):
    """An engine whose boundaries a test takes part in.

    Attributes
    ----------
    replies : list of (str, str, Any)
        Request, error and value of all that was asked.
    presented : list of int
        Position after each training presentation.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        at: Mapping[int, Iterable[Any]] | None = None,
        paused: Iterable[Any] = (),
        die: Callable[[Driven], bool] = lambda engine: False,
        boundary: Callable[[Driven], None] = lambda engine: None,
        replied: Callable[[Driven, str, str], None] = lambda engine, name, error: None,
    ) -> None:
        if folder.about["options"]["simulator"] == "compiled" and find_compiler() is None:
            pytest.skip("needs a C++ compiler")
        self.requests: SimpleQueue[Request] = SimpleQueue()
        super().__init__(folder, Publisher(self.requests), self.requests)
        self.replies: list[tuple[str, str, Any]] = []
        self.pauses: list[tuple[int, str]] = []
        self.positions: list[int] = []
        self._wishes = {position: list(requests) for position, requests in (at or {}).items()}
        self._when_paused = list(paused)
        self._die, self._at_boundary, self._replied = die, boundary, replied
        self._dead = False

    def ask(self, name: str, **arguments: Any) -> None:
        """Put a request where the engine finds it."""
        self.ask_with(name, arguments)

    def ask_with(self, name: str, arguments: Any) -> None:
        """As `ask`, with arguments of any sort."""

        def reply(error: str, value: Any) -> None:
            self.replies.append((name, error, value))
            self._replied(self, name, error)

        self.requests.put(Request(name, arguments, reply))

    def _ask(self, wish: Any) -> None:
        name, arguments = (wish, {}) if isinstance(wish, str) else wish
        self.ask(name, **arguments)

    def _boundary(self) -> None:
        self.positions.append(self.position)
        self._perhaps_die()
        self._at_boundary(self)
        for wish in self._wishes.pop(self.position, ()):
            self._ask(wish)
        super()._boundary()

    def _enter(self, state: State, reason: str = "") -> None:
        if self._dead:
            return
        super()._enter(state, reason)
        if state is State.PAUSED:
            self.pauses.append((self.position, reason))
            self._perhaps_die()
            wishes = self._when_paused.pop(0) if self._when_paused else ["resume"]
            for wish in [wishes] if isinstance(wishes, str) else wishes:
                self._ask(wish)

    def _emit(self, fact: Fact, *, sync: bool = False) -> None:
        if not self._dead:
            super()._emit(fact, sync=sync)

    def _perhaps_die(self) -> None:
        if self._die(self):
            self._dead = True
            raise Killed

    @property
    def position(self) -> int:
        """Presentations that are over."""
        return self._position

    @property
    def folder(self) -> RunFolder:
        """The run."""
        return self._folder

    @property
    def simulator(self) -> Any:
        """What computes."""
        return self._active.simulator

    def run(self) -> State:
        """Run; None of what a killed process cannot do is done after a kill."""
        try:
            return super().run()
        finally:
            with suppress(AssertionError):  # there is none
                self._active.simulator.close()


def wait_until(true: Callable[[], Any], seconds: float = 100.0) -> Any:
    """Wait for what happens soon, on a slow machine too; what is true then."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)
    return found


@contextmanager
def processes_ended() -> Iterator[None]:
    """End, by their ids, the processes that are started within the block, and runs that those have started."""
    mark, begin, begun = uuid4().hex, subprocess.Popen.__init__, list[subprocess.Popen[Any]]()

    def note(process: subprocess.Popen[Any], *arguments: Any, **options: Any) -> None:
        begin(process, *arguments, **options)
        begun.append(process)

    try:
        with patch.dict(os.environ, STDPBENCH_TEST=mark), patch.object(subprocess.Popen, "__init__", note):
            yield
    finally:
        for process in begun:
            if process.poll() is None:
                process.kill()
                process.wait()
        for path in Path("/proc").glob("[0-9]*/environ") if begun else ():
            with suppress(OSError):  # it has ended, or is another user's
                run = b"-m\0stdpbench" in (path.parent / "cmdline").read_bytes()
                if run and mark.encode() in path.read_bytes():
                    os.kill(int(path.parent.name), signal.SIGKILL)


def other_value(parameter: Parameter, value: Any) -> Any:
    """A value near the old one that is within all bounds."""
    if parameter.name in ROTATION:
        return next(choice for choice in ROTATION[parameter.name] if choice != value)
    if parameter.choices:
        return next(choice for choice in parameter.choices if choice != value)
    if isinstance(value, bool):
        return not value
    if value is None:  # a number of pictures or presentations, derived unless it is given
        return 20
    if isinstance(value, int):
        return value + 1
    if parameter.unit in ("ms", "mV"):
        return value + 0.5
    return value * 1.25 + (0.5 if value == 0 else 0.0)


def set_(**changes: Any) -> tuple[str, dict[str, Any]]:
    """A request to change parameters: ``section__parameter = value``."""
    return "set", {"changes": {path.replace("__", ".", 1): value for path, value in changes.items()}}


def drive(folder: RunFolder, engine: Driven | None = None, **hooks: Any) -> Driven:
    """Run until it ends or dies; the engine, for what it has seen."""
    engine = engine or Driven(folder, **hooks)
    with ExitStack() as patches:
        for name in ("training_record.draw_training", "assessment.draw_assessment"):
            patches.enter_context(patch(f"stdpbench.runs.process.{name}", lambda *arguments: []))
        patches.enter_context(patch("os.fsync", lambda handle: None))  # no power is lost here
        patches.enter_context(suppress(Killed))
        engine.run()
    return engine


def killed_at(*numbers: int) -> Callable[[Driven], bool]:
    """Die at the boundary with these numbers, counted from 1."""
    return lambda engine: len(engine.positions) in numbers


def killed_at_position(position: int) -> Callable[[Driven], bool]:
    """Die at the first boundary of a position."""
    return lambda engine: engine.position >= position


def finished(folder: RunFolder, **hooks: Any) -> dict[str, str]:
    """Run to the end; return the result."""
    drive(folder, **hooks)
    about = folder.read_json("run.json")
    assert about["state"] == "finished", about.get("reason")
    return outcome(folder)


def driven(folder: RunFolder, **hooks: Any) -> RunFolder:
    """Run until it ends or dies; return the folder."""
    return drive(folder, **hooks).folder


def ended(folder: RunFolder, **hooks: Any) -> RunFolder:
    """Run to the end; return the folder."""
    finished(folder, **hooks)
    return folder


def untroubled(folder: RunFolder, **hooks: Any) -> RunFolder:
    """Run to the end, while all that is asked is answered; return the folder."""
    engine = drive(folder, **hooks)
    assert [error for _, error, _ in engine.replies if error] == []
    assert folder.about["state"] == "finished"
    return folder


def arrays(folder: RunFolder) -> dict[str, str]:
    """The part of the result that a network computed."""
    return {name: digest for name, digest in outcome(folder).items() if name.endswith((".npy", ".npz"))}


def remarks(folder: RunFolder) -> list[str]:
    """What the journal remarks."""
    return [record.fact.text for record in read_journal(folder.path) if isinstance(record.fact, Remarked)]
