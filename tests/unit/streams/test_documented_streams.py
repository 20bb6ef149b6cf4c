"""The examples of docs/streams.md run."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from stdpbench.experiment import Experiment
from stdpbench.studies.sweeps import read_sweep
from stdpbench.studies.sweeps.arms import fixed_arms

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "streams.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_spike_times_are_written_and_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(examples("python")[0], {})
    experiment, file = examples("toml")[:2]
    text = experiment.replace(experiment[experiment.index("[data]") : experiment.index("[network]")], file)
    made = Experiment.from_toml(text)
    spikes = made.stream.spikes(0, 0, 10_000, 1e-4)
    np.testing.assert_array_equal(spikes.index, [0, 1, 0])
    np.testing.assert_array_equal(spikes.bin, [100, 120, 5000])


def test_the_sweep_is_one_of_the_experiment_of_the_page(tmp_path):
    experiment, _, text = examples("toml")
    (tmp_path / "one-neuron.toml").write_text(experiment, encoding="utf-8")
    (tmp_path / "by-rate.toml").write_text(text, encoding="utf-8")
    made = read_sweep(tmp_path / "by-rate.toml")
    assert (made.metric, made.better) == ("cv.cell", "higher")
    assert [arm.label for arm in fixed_arms(made)] == ["rate = 10 Hz", "rate = 20 Hz", "rate = 40 Hz"]
