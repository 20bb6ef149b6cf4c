"""Following a run on the terminal, with a stand-in for the connection to it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from stdpbench.cli.follow import follow
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Record
from stdpbench.runs.protocol.messages import STEPPED
from stdpbench.runs.protocol.states import COMPILING

TIME = "2026-01-02T03:04:05+00:00"
PAST: list[Fact] = [facts.StateChanged("building"), facts.StateChanged("building", COMPILING)]
READY = facts.Started({}, "compiled", "", (("train", 10),), (8, 8), ())


class Client:
    """Gives what a run tells, batch by batch, each at its time."""

    folder = Path("run")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *batches: tuple[float, list[Fact]]) -> None:
        self._batches, self._now = list(batches), 0.0
        self._number = 0
        self.requests: list[str] = []
        monkeypatch.setattr("time.monotonic", lambda: self._now)

    @property
    def over(self) -> bool:
        return not self._batches

    def request(self, name: str, **arguments: Any) -> None:
        self.requests.append(name)

    def drain(self, budget: float, wait: float) -> list[Any]:
        self._now, batch = self._batches.pop(0)
        records = [Record(self._number + n, 0, TIME, fact) for n, fact in enumerate(batch)]
        self._number += len(batch)
        return [("record", record) for record in records]


def followed(client: Client, **terminal: Any) -> str:
    console = Console(file=io.StringIO(), width=100, **terminal)
    follow(
        cast(RunClient, client),
        console,
        own=True,
        ready=lambda: console.print("ready"),
    )
    return cast(io.StringIO, console.file).getvalue()


def test_compiling_is_shown_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    script = [(1.0, PAST), (1.2, []), (3.0, []), (13.4, [READY, facts.StateChanged("running")])]
    assert followed(Client(monkeypatch, *script)).splitlines() == [
        "compiling the network …",
        "compiling the network took 12 s",
        "simulator:  compiled",
        "ready",
    ]
    text = followed(Client(monkeypatch, (1.0, PAST), (3.0, []), (9.0, [])), force_terminal=True)
    assert "8 s" in text


def test_what_was_compiled_in_the_past_of_a_run_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    script = [(1.0, PAST), (1.1, [READY, facts.StateChanged("running")]), (9.0, [])]
    assert followed(Client(monkeypatch, *script)).splitlines() == ["simulator:  compiled", "ready"]


def test_the_network_is_not_ready_before_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    script = [(1.0, PAST), (2.0, [facts.StateChanged("failed", "no pictures")])]
    assert "ready" not in followed(Client(monkeypatch, *script))


def test_measures_on_held_out_pictures_are_a_line_without_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"accuracy_vote": 0.5, "purity": 0.75, "nmi": 0.25, "clusters": 7.0, "dead": 2.0, "duplicates": 1.0}
    measured = [READY, facts.HeldOut(40, "spare", values)]
    lines = followed(Client(monkeypatch, (1.0, measured))).splitlines()  # the last is of `ready`
    assert lines[-2] == (
        "held out at 0: vote 50.0 %, winning neurons as K = 7 clusters: purity 0.75, NMI 0.25, "
        "2 neurons silent, 1 nearly equal to another"
    )
    assert "held out at" not in followed(Client(monkeypatch, (1.0, measured)), force_terminal=True)


FULL = facts.StateChanged("paused", "no space left on device")


@pytest.mark.parametrize(
    ("state", "fact", "stopped"),
    [
        ("paused", FULL, True),
        ("running", FULL, False),  # a pause in the past of a resumed run
        ("paused", facts.StateChanged("paused", STEPPED), False),
        ("paused", facts.StateChanged("paused"), False),
    ],
)
def test_a_run_is_stopped_without_a_terminal_if_a_problem_pauses_it_now(
    state: str,
    fact: Fact,
    stopped: bool,
    make_run: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_run(tmp_path, "r", state=state)
    monkeypatch.setattr("stdpbench.runs.folder.status.has_process", lambda path: True)
    past = [READY, facts.StateChanged("running"), fact]
    script = [(1.0, past), (1.1, list[Fact]()), (1.2, [facts.StateChanged("running")])]
    client = Client(monkeypatch, *script)
    client.folder = folder
    followed(client)
    assert client.requests == ["stop"] * stopped
    shown = Client(monkeypatch, *script)
    shown.folder = folder
    assert followed(shown, force_terminal=True).count("Fix the problem") == stopped
    assert shown.requests == []
