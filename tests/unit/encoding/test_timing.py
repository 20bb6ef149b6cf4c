"""Controls of timing: the trains differ, the counts do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import pairs

from stdpbench.experiment import Experiment, encode
from stdpbench.kinds.encoding import CONTROLS, Spikes, Timing, altered
from stdpbench.runs.preparation.start import load_split

TABLES: dict[str, dict[str, Any]] = {
    "order": {"data": {"kind": "order", "n_train": 20, "n_test": 8, "noise": "20 Hz"}, "encoding": {"kind": "events"}},
    "digits-events": {"data": {"kind": "digits-events"}, "encoding": {"kind": "events"}},
    "pictures": {"data": {"kind": "digits"}, "encoding": {"kind": "latency", "duration": "60 ms"}},
}


def of(index: list[int], bins: list[int]) -> Spikes:
    return Spikes(np.array(index, np.int32), np.array(bins, np.int32))


@pytest.mark.parametrize("timing", CONTROLS)
@pytest.mark.parametrize("data", TABLES)
def test_trains_differ_and_counts_do_not(timing: Timing, data: str) -> None:
    intact = Experiment.from_mapping(TABLES[data])
    other = intact.override({"schedule.timing": timing, "schedule.train_images": 20})
    split = load_split(other, validation=False)
    for number in range(5):
        before, after = (encode(each, split.train, "train", 7, 0, number) for each in (intact, other))
        assert np.bincount(before.index).tolist() == np.bincount(after.index).tolist()
        assert pairs(before) != pairs(after)
        assert (np.diff(after.bin.astype(np.int64) * 10_000 + after.index) > 0).all()
        assert 0 <= after.bin.min() <= after.bin.max() < 700
        assert pairs(after) == pairs(encode(other, split.train, "train", 7, 0, number))
        if timing != "together":  # which draws nothing
            assert pairs(after) != pairs(encode(other, split.train, "train", 8, 0, number))
    assert other.digest != intact.digest


def test_redrawn_times_are_those_of_the_data_set() -> None:
    made = Experiment.from_mapping(TABLES["pictures"]).override({"schedule.timing": "redrawn"})
    split = load_split(made, validation=False)
    assert 0 <= split.train.pool.min() <= split.train.pool.max() < 0.06
    assert split.test.part(3, 9).pool is split.test.pool
    late = np.concatenate([encode(made, split.test, "test", n, 0, n).bin for n in range(50)])
    assert np.median(late) * 0.5e-3 == pytest.approx(np.median(split.train.pool), abs=2e-3)
    assert load_split(made.override({"schedule.timing": "permuted"}), validation=False).train.pool is None


@pytest.mark.parametrize("timing", CONTROLS)
def test_times_may_change_in_evaluation_only(timing: Timing) -> None:
    intact = Experiment.from_mapping(TABLES["pictures"])
    only = intact.override({"evaluation.values.schedule.timing": timing})
    throughout = intact.override({"schedule.timing": timing})
    split = load_split(only, validation=False)
    assert pairs(encode(only, split.train, "train", 7, 0, 3)) == pairs(encode(intact, split.train, "train", 7, 0, 3))
    shown = pairs(encode(only.evaluated, split.test, "test", 7, 0, 3))
    assert shown == pairs(encode(throughout, load_split(throughout, validation=False).test, "test", 7, 0, 3))
    assert shown != pairs(encode(intact, split.test, "test", 7, 0, 3))


@pytest.mark.parametrize("timing", CONTROLS)
def test_a_spike_keeps_its_factor(timing: Timing) -> None:
    index, factor = np.repeat(np.arange(5, dtype=np.int32), 20), np.linspace(-1.0, 2.0, 100)
    order = np.argsort(np.tile(np.arange(20), 5), kind="stable")
    spikes = Spikes(index[order], np.repeat(np.arange(20, dtype=np.int32), 5), factor=factor[order])
    after = altered(spikes, timing, 100, np.random.default_rng(0))
    for number in range(5):
        assert sorted(after.factor[after.index == number]) == sorted(factor[index == number])


def test_permuted_keeps_what_is_simultaneous() -> None:
    spikes = of([0, 1, 2, 0, 1], [3, 3, 3, 50, 50])
    after = altered(spikes, "permuted", 100, np.random.default_rng(0))
    assert sorted(np.unique(after.bin, return_counts=True)[1].tolist()) == [2, 3]
    assert {tuple(after.index[after.bin == b]) for b in after.bin} == {(0, 1, 2), (0, 1)}


def test_shifted_keeps_the_intervals_of_each_input() -> None:
    spikes = of([0, 1, 0, 1, 0], [0, 10, 30, 40, 90])
    after = altered(spikes, "shifted", 100, np.random.default_rng(3))
    by_input = [np.sort(after.bin[after.index == number]) for number in (0, 1)]
    around = [np.diff(np.append(each, each[0] + 100)) for each in by_input]
    assert sorted(around[0].tolist()) == [10, 30, 60]
    assert sorted(around[1].tolist()) == [30, 70]


def test_together_keeps_nothing_but_counts() -> None:
    spikes = of([2, 0, 2, 1, 2], [3, 7, 7, 40, 90])
    after = altered(spikes, "together", 100, np.random.default_rng(0))
    assert (after.index.tolist(), after.bin.tolist()) == ([0, 1, 2, 2, 2], [0, 0, 0, 1, 2])
    made = Experiment.from_mapping(TABLES["pictures"]).override({"schedule.timing": "together"})
    latency = encode(made, load_split(made, validation=False).test, "test", 0, 0, 0)
    assert not latency.bin.any(), "one spike per input: all in step 0"


def test_an_input_that_fires_in_every_step_keeps_all_its_spikes() -> None:
    spikes = of([0] * 20, list(range(20)))
    for timing in CONTROLS:
        assert pairs(altered(spikes, timing, 20, np.random.default_rng(0))) == pairs(spikes)
    few = altered(spikes, "redrawn", 20, np.random.default_rng(0), np.array([3, 4]))
    assert pairs(few) == pairs(spikes)
