"""Runs of a network whose first layer shares its weights: one kernel for each unit, whatever the place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from harness import N_TRAIN, drive, ended, finished, killed_at_position, new_run, of_network

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Learned, start_arrays
from stdpbench.engine.simulators import find_compiler, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.fields import fields_of
from stdpbench.runs.analysis.weight_views import view_of
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.presentation.frozen import present_frozen
from stdpbench.runs.process.training import Training
from stdpbench.runs.protocol.options import Options

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

NETWORK = """
[network]
kind = "graph"
read = "top"
[network.populations.eyes]
[network.populations.features]
shape = [4, 4, 3]
share = "unit"
winner = "field"
neuron = { kind = "adaptive-lif", tau_theta = "1e5 ms", theta_plus = "0.2 mV", theta_start = "10 mV" }
[network.populations.top]
size = 5
neuron = { kind = "adaptive-lif", tau_theta = "1e5 ms", theta_plus = "0.2 mV", theta_start = "10 mV" }
[network.projections.kernels]
source = "eyes"
target = "features"
receptor = "ge"
connect = { kind = "local", field = 5, stride = 1, shared = true }
weight = { kind = "samples", blur = 0, noise = 0.2 }
plasticity = { kind = "diehl-cook-triplet" }
normalise = { kind = "sum", value = 12 }
[network.projections.rivals]
source = "features"
target = "features"
receptor = "gi"
connect = { kind = "others", within = "field" }
weight = 5
[network.projections.up]
source = "features"
target = "top"
receptor = "ge"
weight = { kind = "samples", blur = 0, noise = 0 }
plasticity = { kind = "pair-additive", w_max = 3 }
"""
KERNELS = "network.projections.kernels"


def two_layers(**changes: object) -> Experiment:
    stages = [{"projections": [name], "passes": 4} for name in ("kernels", "up")]  # blocks of two
    return of_network(NETWORK, passes=None, stages=stages, train_images=N_TRAIN // 2).override(changes)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return ended(new_run(tmp_path_factory.mktemp("parent"), two_layers()))


def learned_in(folder: RunFolder) -> dict[str, np.ndarray]:
    return {path.stem: np.load(path) for path in (folder.path / "learned").iterdir()}


def test_a_run_learns_kernels_and_resumes_to_the_bit(parent: RunFolder, tmp_path: Path) -> None:
    start = start_arrays(two_layers(), load_split(two_layers(), validation=False).train)
    kernels = learned_in(parent)["kernels.w"]
    assert kernels.shape == (5, 5, 1, 3) == start["kernels.w"].shape
    thresholds = learned_in(parent)["features.theta"]
    assert thresholds.shape == (3,)
    assert (thresholds > start["features.theta"]).all()
    assert np.abs(kernels - start["kernels.w"]).max() > 0.01
    folder = new_run(tmp_path, two_layers())
    for position in (7, 57):  # after checkpoints within a block, while either layer learns
        drive(folder, die=killed_at_position(position))
    assert finished(folder) == outcome(parent)
    assert damage(folder, read_journal(folder.path)) == []


def test_weights_start_from_patches_and_from_responses_of_the_layer_below() -> None:
    made = two_layers(**{f"{KERNELS}.weight.noise": 0.0, f"{KERNELS}.normalise.value": 4.0})
    images = load_split(made, validation=False).train
    start = start_arrays(made, images)
    patches = np.lib.stride_tricks.sliding_window_view(images.static.reshape(-1, 8, 8), (5, 5), axis=(1, 2))
    patches = patches.reshape(-1, 25)
    for kernel in start["kernels.w"].reshape(25, 3).T:  # each is a patch of a picture, scaled to a sum of 4
        likeness = patches @ kernel / np.maximum(np.linalg.norm(patches, axis=1), 1e-9) / np.linalg.norm(kernel)
        assert likeness.max() == pytest.approx(1)
        assert kernel.sum() == pytest.approx(4)
    made = two_layers(**{f"network.populations.features.neuron.theta_{name}": "0 mV" for name in ("start", "plus")})
    start = start_arrays(made, images)
    simulator, _ = open_simulator(made, (8, 8), "compiled")
    simulator.set_learned(start)
    with closing(Training(simulator, made, images)) as training:
        before = simulator.weights("up").copy()
        while training.position < training.total // 2:
            np.testing.assert_array_equal(simulator.weights("up"), before)
            training.step()
        order = simulator.graph.random("up", "pictures").permutation(len(images))[:5].tolist()
        frozen = [present_frozen(simulator, made, images, "samples", n, k, attempts=1) for k, n in enumerate(order)]
        counts = np.array([response.counts("features") for response, _ in frozen]).T
        up = simulator.weights("up")
        assert counts.any(axis=0).all()
        np.testing.assert_allclose(up / up.sum(axis=0), counts / counts.sum(axis=0))
    simulator.close()


def test_kernels_are_scaled_by_unit_and_set_as_a_whole() -> None:
    simulator, _ = open_simulator(two_layers(), (8, 8), "compiled")
    kernels = np.random.default_rng(0).random((5, 5, 1, 3))
    simulator.set_learned(Learned({"kernels.w": kernels}))
    assert simulator.normalise("kernels").tolist() == []
    np.testing.assert_allclose(simulator.weights("kernels"), 12 * kernels / kernels.sum(axis=(0, 1, 2)))
    of_synapses = simulator.graph.per_synapse("kernels", simulator.weights("kernels"))
    view = view_of(simulator.graph, "kernels")
    assert (view.n_drawn, view.n_target) == (3, 48)  # each kernel once, whatever the place
    np.testing.assert_allclose(view.fields(of_synapses), simulator.weights("kernels").reshape(25, 3), 1e-6)
    fields, shape = fields_of(simulator.graph, "kernels", simulator.weights("kernels"))
    assert (fields.shape, shape) == ((25, 3), (5, 5))
    simulator.close()


def test_another_run_starts_from_kernels_with_more_units(parent: RunFolder, tmp_path: Path) -> None:
    wider = {"network.populations.features.shape": [4, 4, 5]}
    folder = create_run_from(parent, wider, tmp_path, Options(workers=1, simulator="compiled"))
    start = np.load(next(folder.path.rglob("kernels.w.npy")))
    thresholds = np.load(next(folder.path.rglob("features.theta.npy")))
    np.testing.assert_array_equal(thresholds[:3], learned_in(parent)["features.theta"])
    np.testing.assert_array_equal(start[..., :3], learned_in(parent)["kernels.w"])
    assert start.shape == (5, 5, 1, 5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"delay": {"kind": "uniform", "high": "2 ms"}}, "synapses that share weights have the same delay"),
        ({"plasticity": {"kind": "reward"}}, "the rule 'reward' needs a variable per synapse"),
    ],
)
def test_what_a_shared_weight_cannot_have_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(StdpbenchError, match=sentence):
        two_layers(**{f"{KERNELS}.{name}": value for name, value in change.items()})
