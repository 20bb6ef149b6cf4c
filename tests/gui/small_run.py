"""The experiment of the small runs: 12 exc neurons, 60 digits of scikit-learn."""

from __future__ import annotations

from stdpbench.experiment import Experiment, read_experiment


def small_experiment(**changes: object) -> Experiment:
    """Return the experiment with changes, ``section__parameter = value``."""
    usual = {
        "network.n_exc": 12,
        "network.weight_sum": 78.0,
        "schedule.passes": 1,
        "schedule.train_images": 60,
        "schedule.label_images": 40,
        "schedule.test_images": 20,
    }
    made = {path.replace("__", ".", 1): value for path, value in changes.items()}
    return read_experiment("digits").override(usual | made)
