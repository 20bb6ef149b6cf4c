"""What a sweep remembers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sweep_cases import result

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import SWEEP
from stdpbench.studies.sweeps import SweepState


def test_it_remembers_over_a_restart_and_counts_a_job_once(tmp_path: Path) -> None:
    with SweepState(tmp_path / "sweep ü") as state:
        state.made("a", "a-seed0")
        state.failed("a", "no room")
        state.failed("b", "too bad")
        state.finished("a", result(0.7))
        state.finished("a", result(0.9))
        state.trial(0, {"exc.tau_m": 3.5})
        state.trial(0, {"exc.tau_m": 3.5})
    with SweepState(tmp_path / "sweep ü") as state:
        assert state.folders == {"a": "a-seed0"}
        assert state.results == {"a": result(0.7)}
        assert state.failures == {"b": "too bad"}
        assert state.trials == {0: {"exc.tau_m": 3.5}}
    lines = (tmp_path / "sweep ü" / SWEEP).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5


def test_a_line_that_a_crash_cut_off_is_cut(tmp_path: Path) -> None:
    with SweepState(tmp_path) as state:
        state.made("a", "one")
    with (tmp_path / SWEEP).open("ab") as file:
        file.write(b'{"what":"made","key":"b","fol')
    with SweepState(tmp_path) as state:
        assert state.folders == {"a": "one"}
        state.made("c", "three")
    with SweepState(tmp_path) as state:
        assert state.folders == {"a": "one", "c": "three"}


@pytest.mark.parametrize(
    "line", [b"no JSON", b"[1]", b'{"what":"made"}', b'{"what":"finished","key":"a","result":{}}', b"\xff"]
)
def test_a_damaged_line_is_named_and_the_file_left_alone(tmp_path: Path, line: bytes) -> None:
    with SweepState(tmp_path) as state:
        state.made("a", "one")
    before = (tmp_path / SWEEP).read_bytes() + line + b"\n"
    (tmp_path / SWEEP).write_bytes(before)
    with pytest.raises(StdpbenchError, match=r"sweep\.jsonl, line 2 is damaged"), SweepState(tmp_path):
        pass
    assert (tmp_path / SWEEP).read_bytes() == before
    (tmp_path / SWEEP).unlink()
    with SweepState(tmp_path):  # the lock was let go
        pass


def test_two_processes_do_not_work_on_one_sweep(tmp_path: Path) -> None:
    with (
        SweepState(tmp_path),
        pytest.raises(StdpbenchError, match="another process is working on the sweep"),
        SweepState(tmp_path),
    ):
        pass
