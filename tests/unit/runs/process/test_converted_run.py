"""Runs that convert the network of a file: results, interruptions, files that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import ended, finished, new_run
from refusals import refused
from sklearn.linear_model import LogisticRegression

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.digits import Digits
from stdpbench.data.stimuli import pictures_of
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.experiment.references.layer_network import Layer, Stage
from stdpbench.runs.client.nir_export import export_nir
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.live_run import LiveRun

N_TRAIN, N_TEST = 400, 60


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A file with random convolutions and logistic regression on them, and its accuracy on the test pictures."""
    split, random = Digits().load(), np.random.default_rng(2)
    train, test = pictures_of(split.train).part(0, N_TRAIN), pictures_of(split.test).part(0, N_TEST)
    conv = Layer(
        "conv1", "conv", random.normal(0, 0.5, (8, 1, 3, 3)), random.normal(0, 0.2, 8), (3, 3), (1, 1), (1, 1)
    )
    pool = Layer("pool1", "pool", size=(2, 2), stride=(2, 2), factor=0.25)
    first, second = Stage("conv1", (conv,), (1, 8, 8), (8, 8, 8)), Stage("pool1", (pool,), (8, 8, 8), (8, 4, 4))

    def features(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return second.apply(np.maximum(first.apply(pixels[:, None].astype(np.float64) / 255), 0)).reshape(-1, 128)

    fitted = LogisticRegression(max_iter=500).fit(features(train.pixels), train.labels)
    arrays = {
        "input": [1, 8, 8],
        "layers": ["conv1", "pool1", "dense1"],
        "conv1.weight": conv.weight,
        "conv1.bias": conv.bias,
        "conv1.padding": 1,
        "pool1.size": 2,
        "dense1.weight": fitted.coef_,
        "dense1.bias": fitted.intercept_,
    }
    path = tmp_path_factory.mktemp("weights") / "net.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path, float(fitted.score(features(test.pixels), test.labels))


def experiment(file: Path, **changes: Any) -> Experiment:
    given = {path.replace("__", "."): value for path, value in changes.items()}
    shown = {"train_images": N_TRAIN, "label_images": 30, "test_images": N_TEST, "stimulus": "60 ms"}
    base = {f"schedule.{name}": value for name, value in shown.items()}
    return with_reference(
        read_experiment("surrogate-digits"), "ann-conversion", {"reference.weights": str(file), **base, **given}
    )


@pytest.fixture(scope="module")
def done(weights: tuple[Path, float], tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, str]]:
    folder = new_run(tmp_path_factory.mktemp("done"), experiment(weights[0]), checkpoint_every=0)
    return folder, finished(folder)


def test_spikes_answer_as_the_rectified_units_do(
    done: tuple[RunFolder, dict[str, str]], weights: tuple[Path, float]
) -> None:
    folder, _ = done
    metrics, live = folder.read_json("metrics.json"), LiveRun.replay(read_journal(folder.path))
    assert weights[1] > 0.9
    assert abs(metrics["accuracy"]["vote"]["accuracy"] - weights[1]) <= 2 / N_TEST
    assert metrics["supervised"] == {"reference": "ann-conversion", "labels": 0, "passes": 0}
    text = " ".join(sentence for _, _, sentence in live.log)
    assert "converts the network of net.npz, which was trained with labels elsewhere" in text
    assert np.load(folder.path / "learned" / "bias_output.w.npy").shape == (1, 10)
    assert np.load(folder.path / "learned" / "feed2.w.npy").shape == (512, 10)
    assert len(np.load(folder.path / "weights.npy")) == 8 * (64 * 9 - 4 * 8 * 3 + 4)  # less what is outside


def test_with_reset_to_zero_it_is_written_for_other_simulators_spike_for_spike(
    weights: tuple[Path, float], tmp_path: Path
) -> None:
    names = ("conv1", "output")
    zero = {f"network__populations__{name}__neuron__reset_mechanism": "zero" for name in names}
    folder = ended(new_run(tmp_path, experiment(weights[0], schedule__test_images=12, **zero), checkpoint_every=0))
    found = export_nir(folder.path, tmp_path / "net.nir", stimuli=6)
    assert found.spikes > 1000
    assert found.different == 0


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"schedule__passes": 2}, "schedule.passes must be 0 with reference.weights"),
        ({"schedule__stimulus": "2 ms"}, "schedule.stimulus must be more than 2 steps"),
        ({"encoding__kind": "poisson"}, "encoding.kind must be 'current'"),
        ({"network__populations__conv1__neuron__beta": 0.5}, "beta must be 1 for this reference"),
        ({"reference__weights": "none.npz"}, "there is no file"),
    ],
)
def test_experiments_that_cannot_convert_a_file_are_refused(
    weights: tuple[Path, float], changes: dict[str, Any], clause: str
) -> None:
    with refused(clause):
        experiment(weights[0], **changes)


def test_pictures_and_files_that_do_not_fit_are_refused(weights: tuple[Path, float], tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="is for pictures of 8 × 8, but these are 6 × 6"):
        new_run(tmp_path, experiment(weights[0], data__resize=6))
    changed = tmp_path / "net.npz"
    changed.write_bytes(weights[0].read_bytes())
    made = experiment(changed)
    with np.load(weights[0]) as arrays:
        np.savez(changed, **{**arrays, "conv1.padding": 1, "conv1.bias": np.zeros(8)})
    with pytest.raises(StdpbenchError, match="no longer contains the network of this experiment"):
        new_run(tmp_path, made)
    base = read_experiment("surrogate-digits")
    for kind in ("linear", "surrogate-gradient"):
        with pytest.raises(StdpbenchError, match="only the reference 'ann-conversion' converts"):
            with_reference(base, kind, {"reference.weights": str(weights[0])})
