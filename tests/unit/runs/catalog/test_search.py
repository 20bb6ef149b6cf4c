"""Searches for runs: filters, words and invalid searches; formatting of lists of runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_folders import Make

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.filters import order
from stdpbench.runs.catalog.search import Search, find_runs
from stdpbench.runs.catalog.store import Entry, Store
from stdpbench.runs.folder.notes import change_notes


@pytest.fixture
def three(tmp_path: Path, make_run: Make) -> list[Entry]:
    make_run(tmp_path, "a", vote=0.9, parameters={"seed": 1, "exc.tau_m": "25 ms"})
    make_run(tmp_path, "b", vote=0.7, parameters={"seed": 2}, about={"ended": "2026-01-02T04:04:06+00:00"})
    make_run(tmp_path, "c", state="stopped", vote=None, about={"reason": "for lunch"})
    change_notes(tmp_path / "b", lambda notes: notes.with_tags(["good", "paper"]))
    return Store(tmp_path).entries()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "abc"),
        ("   ", "abc"),
        ("state=finished", "ab"),
        ("state = finished vote>0.8", "a"),
        ("exc.tau_m=25 ms", "a"),
        ("exc.tau_m = 25 ms  seed=1", "a"),
        ("exc.tau_m='25 ms' tiny", "a"),
        ('exc.tau_m="25 ms"', "a"),
        ("exc.tau_m=25 s", ""),
        ("TINY finished", "ab"),
        ('"for lunch"', "c"),
        ("lunch state=stopped", "c"),
        ("vote=none", "c"),
        ("vote=", "c"),
        ("seed=2 ms", ""),
        ("#paper", "b"),
    ],
)
def test_filters_and_words(three: list[Entry], text: str, names: str) -> None:
    assert "".join(entry.name for entry in find_runs(three, Search.parse(text))) == names


def test_runs_are_sorted(three: list[Entry]) -> None:
    by_vote = order(three, lambda entry: entry.value("vote"), descending=True)
    assert [entry.name for entry in by_vote] == ["a", "b", "c"]
    assert [entry.name for entry in order(three, lambda entry: entry.value("duration"))] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vot>0.9", "did you mean 'vote'"),
        ("state=finishd", "did you mean 'finished'"),
        (">0.9", "expected COLUMN=VALUE"),
        ("exc.taum=3", "did you mean 'exc.tau_m'"),
    ],
)
def test_invalid_searches_are_reported(three: list[Entry], text: str, message: str) -> None:
    with pytest.raises(StdpbenchError, match=message):
        find_runs(three, Search.parse(text))


def test_formatted_values(three: list[Entry]) -> None:
    a, b, c = three
    for entry, column, text in (
        (a, "state", "✓ finished"),
        (a, "vote", "90.00 %"),
        (a, "exc.tau_m", "25 ms"),
        (c, "progress", "train 11.7 %"),
        (b, "duration", "1:00:01"),
    ):
        assert run_columns.text(entry, column) == text
    assert run_columns.summary(three) == "3 runs · 2 finished · 1 stopped · vote 70.0 to 90.0 %"
    known = run_columns.columns(three)
    assert "exc.tau_m" in known["exc"]
    assert "accuracy.vote.accuracy" in known["metrics"]
    assert run_columns.is_number(three, "n_test_images")
    assert not run_columns.is_number(three, "exc.tau_m")


def test_the_duration_of_an_active_run_ends_now(tmp_path: Path, make_run: Make) -> None:
    from filelock import FileLock

    from stdpbench.runs.folder.lock import lock_path

    path = make_run(tmp_path, "d", state="running", vote=None, about={"ended": ""})
    with FileLock(lock_path(path)):
        (entry,) = Store(tmp_path).entries()
        assert entry.duration is None
        assert run_columns.is_active(entry)
        assert run_columns.text(entry, "duration", "2026-01-02T03:05:05+00:00") == "0:01:00"
        assert run_columns.text(entry, "duration") == ""
