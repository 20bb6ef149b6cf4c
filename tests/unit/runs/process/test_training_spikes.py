"""What a run records while it trains: complete, also if it stops in between, and without effect on its results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment

SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 40,
    "schedule.label_images": 20,
    "schedule.test_images": 20,
    "schedule.passes": 1,
}
RECORD = {"schedule.record_spikes": ["exc"], "schedule.record_weights": 15}


def test_a_record_is_complete_whether_a_run_stops_or_not(tmp_path: Path) -> None:
    options = {"runs": tmp_path, "workers": 1, "checkpoint_every": 16}
    whole = stdpbench.start("digits", set=SMALL | RECORD, wait=True, **options)
    plain = stdpbench.start("digits", set=SMALL, wait=True, **options)
    np.testing.assert_array_equal(whole.weights, plain.weights)
    assert whole.experiment.digest == plain.experiment.digest
    stopped = stdpbench.start("digits", set=SMALL | RECORD, **options)
    stopped.pause()
    stopped.step(21)
    stopped.stop()
    stopped.resume()
    stopped.wait()
    recorded, again = whole.training_spikes(), stopped.training_spikes()
    presentation, neuron, step = recorded.spikes["exc"]
    assert (np.diff(presentation * 1000 + step) >= 0).all()
    assert neuron.max() < 12
    for name, rows in recorded.spikes.items():
        np.testing.assert_array_equal(again.spikes[name], rows)
    np.testing.assert_array_equal(recorded.positions, [15, 30])
    np.testing.assert_array_equal(again.positions, [15, 30])
    np.testing.assert_array_equal(again.weights["feed.w"], recorded.weights["feed.w"])
    assert recorded.weights["feed.w"].shape == (2, 784, 12)
    assert len([*(tmp_path / stopped.name / "record").iterdir()]) > 2
    stopped.rewind(20)
    assert stopped.training_spikes().spikes["exc"][0].max() < 20
    pytest.importorskip("pynwb")
    whole.export(nwb=tmp_path / "training.nwb", training=True)
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(tmp_path / "training.nwb"), "r") as file:
        units = file.read().units
        assert sum(len(times) for times in units["spike_times"][:]) == sum(
            r.shape[1] for r in recorded.spikes.values()
        )
    with pytest.raises(StdpbenchError, match=r"has recorded nothing while it trained; a run does with"):
        plain.training_spikes()


def test_what_is_recorded_is_checked_and_left_out_of_files_that_record_nothing() -> None:
    with pytest.raises(StdpbenchError, match=r"schedule.record_spikes: there is no population with neurons 'input'"):
        read_experiment("digits").override({"schedule.record_spikes": ["input"]})
    experiment = read_experiment("digits").override({"schedule.record_spikes": ["exc"]})
    assert Experiment.from_toml(experiment.to_toml()) == experiment
    assert "record" not in read_experiment("digits").to_toml()
