"""A network is labelled and tested with the parameters of the section ``evaluation``, or those of its end."""

from __future__ import annotations

import json
import shutil
from contextlib import closing

import numpy as np
from harness import N_TRAIN, driven, ended, experiment, new_run, set_

from stdpbench.data.datasets import Images
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.results.readout.baselines import BASELINES, K_MEANS
from stdpbench.runs.catalog.comparison import Account, baselines_of
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.presentation.processes import respond
from stdpbench.runs.process.present_image import try_picture
from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report.evaluated_run import load_run
from stdpbench.studies.report.service import baselines

VALUES = {"exc.v_thresh": "-58 mV", "network.w_inh_exc": 1.0}
MADE = experiment().override(
    {"evaluation.thresholds": "start", **{f"evaluation.values.{path}": value for path, value in VALUES.items()}}
)


def counts(simulator: Simulator, made: Experiment, images: Images, workers: int = 1) -> np.ndarray:
    with closing(respond(simulator, made, images, "test", workers=workers)) as parts:
        found = {part.start: part.spike_counts for part in parts}
    return np.concatenate([found[start] for start in sorted(found)])


def test_the_network_answers_with_these_parameters_and_thresholds() -> None:
    images = load_split(MADE, False).train
    simulator, _ = open_simulator(MADE, images.shape)
    rng = np.random.default_rng(0)
    learned = Learned(
        {"feed.w": rng.random(simulator.w.shape) * 0.5, "exc.theta": 0.03 + 0.01 * rng.random(simulator.n_read)}
    )
    simulator.set_learned(learned)
    found = counts(simulator, MADE, images)
    drawn = try_picture(simulator, MADE, images.pixels[2], images.shape, learned)
    assert np.array_equal(simulator.theta, learned["exc.theta"])
    assert simulator.experiment == MADE
    assert np.array_equal(counts(simulator, MADE, images, workers=2), found)

    other, _ = open_simulator(MADE.evaluated, images.shape)
    at_start = Learned({"feed.w": learned["feed.w"], "exc.theta": other.theta.copy()})
    other.set_learned(at_start)
    assert np.array_equal(counts(other, MADE.evaluated, images), found)
    same = try_picture(other, MADE.evaluated, images.pixels[2], images.shape, at_start)
    assert drawn["spike_counts"] == same["spike_counts"]
    plain = MADE.override({"evaluation.thresholds": "learned", **dict.fromkeys(_paths(), "none")})
    assert counts(simulator, plain, images).sum() < found.sum()


def _paths() -> list[str]:
    return [f"evaluation.values.{path}" for path in VALUES]


def test_training_is_the_same_and_what_follows_is_not(tmp_path) -> None:
    folders = []
    for number, made in enumerate((experiment(), MADE)):
        folder = ended(new_run(tmp_path / str(number), made))
        folders.append(folder)
    plain, other = (np.load(folder.path / "weights.npy") for folder in folders)
    assert np.array_equal(plain, other)
    one, two = (np.load(folder.path / "test.npz")["spike_counts"] for folder in folders)
    assert two.sum() > one.sum()


# a run that is evaluated again: with the parameters of its end, whatever became of its checkpoints


def test_parameters_of_a_run_that_is_evaluated_again_are_those_of_its_end(tmp_path):
    folder = driven(
        new_run(tmp_path, baselines=False), at={N_TRAIN - 1: [set_(encoding__intensity=6.0, schedule__min_spikes=0)]}
    )
    before = json.loads((folder.path / "metrics.json").read_text())
    shutil.rmtree(folder.path / "checkpoints")
    list(evaluate_run(folder.path, Options(workers=1, baselines=False)))
    after = json.loads((folder.path / "metrics.json").read_text())
    assert before["spikes_per_test_image"] > 0
    assert after["spikes_per_test_image"] == before["spikes_per_test_image"]
    assert after["accuracy"] == before["accuracy"]


def test_recordings_have_a_baseline_of_spike_times_and_runs_without_one_show_none(tmp_path):
    made = Experiment.from_mapping(
        {
            "name": "orders",
            "data": {"kind": "order", "span": "20 ms", "n_train": 40, "n_test": 40},
            "encoding": {"kind": "events"},
            "network": {"n_exc": 8, "weight_sum": 20.0},
            "schedule": {"stimulus": "100 ms", "rest": "0 ms", "max_attempts": 1},
        }
    )
    folder = ended(new_run(tmp_path, made))
    of = [*K_MEANS, "samples"]
    assert folder.metrics["baselines"].keys() == {"start_weights", *of}
    assert folder.metrics["baselines"]["filtered_k_means"]["accuracy"] == 1.0
    assert baselines_of(Account.of(folder).metrics).keys() == {"start weights", *(BASELINES[key] for key in of)}
    rows = [row.name for row in baselines(load_run(folder))]
    assert "k-means on spike trains filtered with SD 2 ms, K = 8" in rows
    older = {key: folder.metrics["baselines"][key] for key in ("samples", "k_means")}
    folder.write_json("metrics.json", {**folder.metrics, "baselines": older})
    assert baselines_of(Account.of(folder).metrics).keys() == {"samples as prototypes", "k-means"}
    assert [row.name for row in baselines(load_run(folder))] == ["k-means on counts, K = 8", "samples as prototypes"]
