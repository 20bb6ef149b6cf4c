"""Weights of few bits while a network learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import Driven, drive, driven, ended, experiment, finished, killed_at_position, new_run, set_

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.rounding import round_weights
from stdpbench.experiment import Experiment, with_reference
from stdpbench.runs.process.setup import open_network
from stdpbench.runs.protocol.options import Options

FEW = {"network__weight_sum": "none", "simulator__weight_bits": 3}
STOCHASTIC = {**FEW, "simulator__weight_rounding": "stochastic"}


def on_grid(w: np.ndarray, bits: int) -> bool:
    levels = w * (2**bits - 1)
    return bool(np.allclose(levels, np.rint(levels), atol=1e-9))


def test_rounding_is_to_the_nearest_value_or_right_on_average() -> None:
    w = np.linspace(0, 1.1, 10_001)
    nearest, up_or_down = w.copy(), w.copy()
    round_weights(nearest, 1.0, 2)
    np.testing.assert_allclose(nearest, np.minimum(np.rint(3 * w), 3) / 3)
    round_weights(up_or_down, 1.0, 2, np.random.default_rng(1))
    assert set(np.rint(3 * up_or_down).astype(int).tolist()) == {0, 1, 2, 3}
    assert up_or_down.mean() == pytest.approx(np.minimum(w, 1).mean(), abs=0.01)
    again = up_or_down.copy()
    round_weights(again, 1.0, 2, np.random.default_rng(2))
    np.testing.assert_array_equal(again, up_or_down)  # what is on the grid stays
    coarse = np.array([0.2, 0.4, 3.0], np.float32)
    round_weights(coarse, 3.0, 1)
    assert coarse.tolist() == [0.0, 0.0, 3.0]


def test_weights_have_few_values_after_each_presentation(tmp_path: Path) -> None:
    seen = list[bool]()

    def look(engine: Driven) -> None:
        if 0 < engine.position <= 24:
            seen.append(on_grid(np.array(engine.simulator.weights("feed")), 3 if engine.position < 12 else 1))

    folder = driven(new_run(tmp_path, experiment(**FEW)), at={11: [set_(simulator__weight_bits=1)]}, boundary=look)
    assert len(seen) >= 24
    assert all(seen)
    assert folder.about["state"] == "finished"
    assert on_grid(np.load(folder.path / "weights.npy"), 1)


@pytest.mark.parametrize(("changes", "said"), [({"bits": 1}, True), ({"bits": 8}, False), ({}, False)])
def test_a_run_that_loses_its_weights_says_so(tmp_path: Path, changes: dict[str, int], said: bool) -> None:
    few = experiment(network__weight_sum=6.4, simulator__weight_bits=changes.get("bits", 1))
    few = few if changes else few.override({"simulator.weight_rounding": "stochastic"})
    setup = open_network(new_run(tmp_path, few), Options(), [], lambda _: None)
    setup.simulator.close()
    (sentence,) = [one for one in setup.sentences if "weight_bits" in one] or [""]
    assert bool(sentence) == said
    if said:
        assert "of the weights of feed become 0: the smallest other value is 1, since values" in sentence


def test_an_interrupted_run_rounds_to_the_same_bits(tmp_path: Path) -> None:
    whole, broken = (new_run(tmp_path / name, experiment(**STOCHASTIC)) for name in ("whole", "broken"))
    expected = finished(whole)
    drive(broken, die=killed_at_position(13))
    assert finished(broken) == expected
    nearest = finished(new_run(tmp_path / "nearest", experiment(**FEW)))
    other = finished(new_run(tmp_path / "all bits", experiment(network__weight_sum="none")))
    assert len({str(each) for each in (expected, nearest, other)}) == 3


def test_a_normalisation_leaves_each_neuron_few_different_weights(tmp_path: Path) -> None:
    w = np.load(ended(new_run(tmp_path, experiment(simulator__weight_bits=2))).path / "weights.npy")
    np.testing.assert_allclose(w.sum(axis=0), 20)
    assert all(len(np.unique(np.round(column, 12))) <= 4 for column in w.T)


def test_an_experiment_says_its_bits_only_if_there_are_some() -> None:
    usual = experiment()
    assert "simulator" not in usual.to_mapping()
    few = usual.override({"simulator.weight_bits": 4, "simulator.weight_rounding": "stochastic"})
    assert few.to_mapping()["simulator"] == {"weight_bits": 4, "weight_rounding": "stochastic"}
    assert few.digest != usual.digest
    assert Experiment.from_toml(few.to_toml()) == few
    back = {"simulator.weight_bits": "none", "simulator.weight_rounding": "nearest"}
    assert few.override(back).digest == usual.digest


@pytest.mark.parametrize(("reference", "message"), [("", "a stream has none"), ("ann-conversion", "--bits N")])
def test_bits_are_refused_where_weights_cannot_be_rounded_while_they_learn(reference: str, message: str) -> None:
    usual = with_reference(Experiment.read("digits"), reference) if reference else Experiment.read("masquelier-2008")
    with pytest.raises(StdpbenchError, match=f"simulator.weight_bits.*{message}"):
        usual.override({"simulator.weight_bits": 4})
