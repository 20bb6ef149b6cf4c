"""The slow start of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic import session as made

from stdpbench.experiment import read_experiment
from stdpbench.runs.protocol.states import State
from stdpbench_gui.pages.run_bar import STEPS, SlowStart
from stdpbench_gui.session.run_session import FIRST_MINUTE, RunSession


@pytest.fixture
def shown(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSession:
    session = made(tmp_path, of=read_experiment(FIRST_MINUTE).override({"network.n_exc": 7}))
    session.asked = []  # type: ignore[attr-defined]

    def request(name: str, refused: object = None, **arguments: Any) -> None:
        session.asked.append((name, arguments["seconds"]))  # type: ignore[attr-defined]

    monkeypatch.setattr(session, "request", request)
    return session


def advance(session: RunSession, done: int, phase: str = "train") -> None:
    session.live.progress = {"phase": phase, "done": done, "total": 400}
    session.changed.emit({"progress"})


def test_the_speed_grows_by_steps_and_says_so(shown: RunSession) -> None:
    slow = SlowStart(shown)
    shown.opened.emit()
    assert not slow.active
    slow.arm(FIRST_MINUTE)
    shown.opened.emit()
    assert slow.words() == "slow start, until picture 180"
    for done in (0, 5, 12, 13, 70, 300, 301):
        advance(shown, done)
    assert shown.asked == [("pace", seconds) for _, seconds in STEPS]  # type: ignore[attr-defined]
    assert (slow.active, slow.words()) == (False, "")


def test_the_user_and_other_runs_end_it(shown: RunSession) -> None:
    slow = SlowStart(shown)
    slow.arm(FIRST_MINUTE)
    shown.opened.emit()
    slow.cancel()
    advance(shown, 100)
    assert len(shown.asked) == 1  # type: ignore[attr-defined]
    slow.arm("another")
    shown.opened.emit()
    assert not slow.active
    slow.arm(FIRST_MINUTE)
    shown.opened.emit()
    slow.lift()
    assert shown.asked[-1] == ("pace", 0.0)  # type: ignore[attr-defined]
    shown.live.state = State.FINISHED
    slow.lift()
    assert len(shown.asked) == 3  # type: ignore[attr-defined]
