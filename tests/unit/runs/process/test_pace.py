"""The speed of a run and the time that it says is left."""

from __future__ import annotations

import pytest

from stdpbench.runs.process.pace import Pace
from stdpbench.runs.protocol.facts import Progress


def test_the_time_left_counts_the_limit_of_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pace = 100.0, Pace()
    monkeypatch.setattr("time.monotonic", lambda: now)

    def left(position: int, phase: str = "train") -> float | None:
        pace.update(Progress(phase, position, 400), position)
        found: float | None = pace.values()["seconds_left"]
        return found

    assert left(0) is None, "no speed is known yet"
    now = 101.0
    assert left(100) == pytest.approx(3.0)
    pace.limit(1.0, 100)
    assert left(100) == pytest.approx(300.0), "a limit counts before it is measured"
    now = 105.0
    assert left(102) == pytest.approx(596.0), "and where the run is slower still"
    pace.limit(0.0, 102)
    assert left(102) is None
    now = 106.0
    assert left(202) == pytest.approx(1.98), "what was slow before is forgotten"
    pace.limit(1.0, 202)
    assert left(0, "label") is None, "only training is limited"
