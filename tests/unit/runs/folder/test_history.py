"""The history of a run: moments of training for displays, which no result depends on."""

from __future__ import annotations

import errno
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from harness import EVERY, N_TRAIN, drive, driven, experiment, finished, killed_at_position, new_run

from stdpbench.api import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.runs.folder import history
from stdpbench.runs.folder.history import History, HistoryWriter
from stdpbench.runs.folder.past_weights import weights_at
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.lineage.export import export_run, import_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = new_run(tmp_path_factory.mktemp("runs"))
    with patch.object(history, "_SHARE", 1e9):  # moments may take as much of the time as they like
        drive(folder)
    return folder


def test_a_moment_is_what_the_network_was_then(trained):
    moments = Run(trained.path).history
    assert {0, 5, 10, 15, 20, N_TRAIN} <= set(moments)
    for position in (10, N_TRAIN):
        moment, checkpoint = moments[position], weights_at(trained.path, position)
        assert moment.learned.keys() == checkpoint.learned.keys()
        for name, array in checkpoint.learned.items():
            step = (array.max() - array.min()) / 255 if name.endswith(".w") else 0.0
            assert moment.learned[name].shape == array.shape
            assert np.abs(moment.learned[name] - array).max() <= 0.51 * step
        assert np.array_equal(moment.total_spikes, checkpoint.total_spikes)
        assert (moment.presentation["presentation"], moment.presentation["read"]) == (position - 1, "exc")
        assert len(moment.presentation["spike_counts"]) == 4
    assert moments[0].presentation == {}


def test_no_result_depends_on_the_history(undisturbed, tmp_path):
    folder = new_run(tmp_path, history=False)
    assert finished(folder) == undisturbed
    assert list(History(folder.path)) == []


def test_a_resumed_run_rewrites_what_it_repeats(undisturbed, tmp_path):
    folder = driven(new_run(tmp_path), die=killed_at_position(13))
    later = folder.path / "history" / "000000013.npz"
    later.write_bytes(b"of presentations that are computed again")
    (folder.path / "history" / f".{later.name}.999999999.part").write_bytes(b"killed while writing")
    assert finished(folder) == undisturbed
    assert not list((folder.path / "history").glob(".*"))
    assert all(History(folder.path)[at].position == at for at in History(folder.path))


def test_a_branch_has_the_history_before_it_and_a_rewound_run_no_later_one(trained, tmp_path):
    made = branch(trained, 12, {}, tmp_path)
    assert max(History(made.path)) <= 12
    kept = rewind(made, 0)
    assert (list(History(made.path)), max(History(kept.path))) == (
        [0],
        max(at for at in History(trained.path) if at <= 12),
    )


def test_an_exported_run_has_a_history_on_request(trained, tmp_path):
    for wanted in (False, True):
        target = export_run(trained, tmp_path / "run.zip", replace=True, history=wanted)
        unpacked = import_run(target, tmp_path / str(wanted))
        assert list(History(unpacked.path)) == (list(History(trained.path)) if wanted else [])


@pytest.mark.parametrize("failure", ["full", "link"])
def test_a_history_that_cannot_be_written_does_not_stop_the_run(failure, undisturbed, tmp_path):
    folder = new_run(tmp_path / "runs")
    if failure == "link":
        (tmp_path / "elsewhere").mkdir()
        (folder.path / "history").symlink_to(tmp_path / "elsewhere")

    def save(file: Any, **arrays: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with patch.object(history.np, "savez", save) if failure == "full" else nullcontext():
        drive(folder, die=killed_at_position(EVERY - 1))
    remarks = [sentence for _, _, sentence in Run(folder.path).log if "history" in sentence]
    assert len(remarks) == 1
    assert "No space left" in remarks[0] or "is a link" in remarks[0]
    if failure == "link":
        assert list((tmp_path / "elsewhere").iterdir()) == []
    else:
        assert list((folder.path / "history").iterdir()) == []
    assert finished(folder) == undisturbed


def test_a_damaged_moment_is_a_sentence(trained, tmp_path):
    made = branch(trained, 12, {}, tmp_path)
    path = made.path / "history" / "000000010.npz"
    for content in (b"", path.read_bytes()[:-30], b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(StdpbenchError, match="history at presentation 10 is damaged"):
            History(made.path)[10]
    path.unlink()
    with pytest.raises(KeyError):
        History(made.path)[10]


@pytest.fixture
def at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moments take as much of the time as they like."""
    monkeypatch.setattr(history, "_SHARE", 1e9)


def written(folder: Path, positions: range, size: int, source: tuple[int, ...] = (28, 28)) -> list[int]:
    """The positions of moments of a network of so many neurons that are left of these."""
    network = experiment(network={"n_exc": size}).graph(*source)
    writer = HistoryWriter(folder, network, 0, positions[-1], stream=False)
    learned = {"feed.w": np.random.default_rng(1).random((source[0] * source[1], size))}
    for position in positions:
        writer.offer(position, learned, None, dict)
    return list(History(folder))


@pytest.mark.usefixtures("at_any_time")
def test_moments_are_thinned_to_even_intervals(tmp_path):
    kept = written(tmp_path, range(0, 1000), 2)
    assert (kept[0], kept[-1]) == (0, 999)
    assert 120 <= len(kept) <= history.MOST
    assert len(set(np.diff(kept[:-1]))) == 1


@pytest.mark.usefixtures("at_any_time")
def test_a_history_is_limited_in_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LARGEST", 2**20)
    kept = written(tmp_path, range(0, 40), 100)
    assert (kept[0], kept[-1]) == (0, 39)
    assert 2**19 < sum(path.stat().st_size for path in (tmp_path / "history").iterdir()) <= 2**20


def test_more_than_a_megapixel_is_averaged_over_squares(tmp_path):
    written(tmp_path, range(0, 1), 1600)
    w = np.random.default_rng(1).random((784, 1600))
    means = w.reshape(14, 2, 14, 2, 1600).mean(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1).reshape(784, 1600)
    assert np.abs(History(tmp_path)[0].learned["feed.w"] - means).max() < 0.003


def test_streams_and_references_have_a_history(tmp_path):
    stream = read_experiment("masquelier-2008").override({"schedule.duration": 2.0, "schedule.piece": 1.0})
    folder = driven(new_run(tmp_path, stream))
    moment = Run(folder.path).history[2]
    spikes = moment.presentation["spikes"]
    assert {len(index) == len(bins) for index, bins in spikes.values()} == {True}
    every = moment.presentation["sampled"]["input"]
    assert every > 1
    assert 0 < len(spikes["input"][0]) <= 30_000
    assert not (spikes["input"][0] % every).any()
    made = read_experiment("surrogate-digits").override(
        {"schedule.train_images": 40, "schedule.label_images": 10, "schedule.test_images": 10}
    )
    folder = driven(new_run(tmp_path, made))
    assert max(History(folder.path)) > 0
