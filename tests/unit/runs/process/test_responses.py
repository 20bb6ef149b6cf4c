"""Responses of a phase on disk: what is whole is not computed again, what is damaged is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from stdpbench.base.errors import DiskError
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.folder.run_folder import RESPONSES, remove_responses
from stdpbench.runs.presentation.processes import Part
from stdpbench.runs.process import assessment
from stdpbench.runs.process.assessment import Responses

N, N_EXC = 7, 3
KEY = "0" * 32
COUNTS = np.random.default_rng(0).integers(0, 600, (N, N_EXC)).astype(np.uint16)
ATTEMPTS = np.arange(1, N + 1, dtype=np.int16)


@pytest.fixture(autouse=True)
def _groups_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessment, "_GROUP", 3)


def part(start: int, stop: int) -> Part:
    counts = COUNTS[start:stop]
    pictures = [(np.repeat(np.arange(N_EXC), row), np.arange(row.sum())) for row in counts]
    return Part(start, ATTEMPTS[start:stop], SpikeTrains.of_pictures(pictures, N_EXC, 9000, 0.5), {})


def written(folder: Path, *parts: tuple[int, int]) -> Responses:
    made = Responses(folder, KEY, N, N_EXC)
    for start, stop in parts:
        made.add(part(start, stop))
    return made


def test_whole_groups_are_kept_in_whatever_order_they_come(tmp_path):
    first = written(tmp_path, (6, 7), (4, 6), (0, 1), (1, 2))
    assert first.done == 5
    assert first.missing() == [(0, 3), (3, 6)]  # one of each is not there yet
    again = Responses(tmp_path, KEY, N, N_EXC)
    assert again.done == 1
    assert again.missing() == [(0, 3), (3, 6)]
    again.add(part(3, 6))
    again.add(part(0, 3))
    last = Responses(tmp_path, KEY, N, N_EXC)
    assert last.missing() == []
    assert (last.spike_counts == COUNTS).all()
    assert (last.attempts == ATTEMPTS).all()
    np.testing.assert_array_equal(last.trains.counts(), COUNTS)
    np.testing.assert_array_equal(last.trains.bin, part(0, N).trains.bin)
    assert last.digest() == again.digest()
    assert Responses(tmp_path, "f" * 32, N, N_EXC).done == 0
    remove_responses(tmp_path)
    assert not (tmp_path / RESPONSES).exists()
    assert Responses(tmp_path, KEY, N, N_EXC).done == 0


def test_where_there_is_no_room_it_is_said_and_may_be_tried_again(tmp_path, monkeypatch):
    (tmp_path / RESPONSES).write_text("a file where a folder belongs")
    made = Responses(tmp_path, KEY, N, N_EXC)
    with pytest.raises(DiskError, match="cannot be created"):
        made.add(part(0, 3))
    (tmp_path / RESPONSES).unlink()
    made.add(part(0, 3))
    assert Responses(tmp_path, KEY, N, N_EXC).done == 3


@given(st.integers(0, 10**6), st.sampled_from(["flip", "cut", "zero", "empty", "nonsense"]))
@settings(max_examples=100)
def test_a_damaged_group_is_computed_again(place, how):
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), (0, 3), (3, 6), (6, 7))
        path = Path(folder) / RESPONSES / KEY / "0000003.npz"
        data = bytearray(path.read_bytes())
        place %= len(data)
        if how == "flip":
            data[place] ^= 1 << place % 8
        elif how == "cut":
            del data[place:]
        elif how == "zero":
            data[place : place + 9] = bytes(len(data[place : place + 9]))
        path.write_bytes({"empty": b"", "nonsense": b"nonsense" * 99}.get(how, bytes(data)))
        found = Responses(Path(folder), KEY, N, N_EXC)
        assert found.missing() in ([], [(3, 6)])
        shown = slice(0, N) if not found.missing() else [0, 1, 2, 6]
        assert (found.spike_counts[shown] == COUNTS[shown]).all()
        assert (found.attempts[shown] == ATTEMPTS[shown]).all()


def test_a_group_of_another_shape_is_computed_again(tmp_path):
    right = part(0, 3).trains.to_arrays()
    for trains, attempts in [
        (part(0, 1).trains.to_arrays(), np.ones(1, np.int16)),
        (right | {"n_exc": np.int64(N_EXC + 1)}, np.ones(3, np.int16)),
        (right | {"spikes": right["spikes"][:2]}, np.ones(3, np.int16)),
        (right | {"bin": right["bin"].astype(float)}, np.ones(3, np.int16)),
        (right | {"n_bins": np.int64(3)}, np.ones(3, np.int16)),
        ({}, np.ones(3, np.int16)),
        (right, np.zeros(3, np.int16)),
    ]:
        written(tmp_path, (0, 3))
        path = tmp_path / RESPONSES / KEY / "0000000.npz"
        np.savez(path, attempts=attempts, **trains)
        assert Responses(tmp_path, KEY, N, N_EXC).missing() == [(0, 3), (3, 6), (6, 7)]
        remove_responses(tmp_path)
