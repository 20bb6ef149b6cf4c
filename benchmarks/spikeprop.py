"""SpikeProp over seeds: how often it learns XOR, and tables by stratified halves beside linear discriminant analysis.

Each result is a run of its own, which is tested by the simulator. With halves, the seed chooses half of the rows of
each class for the test, the start weights and the order of training; LDA (scikit-learn, its defaults) is fitted on the
same training rows. Everything here is supervised.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

import stdpbench
from stdpbench.experiment import Experiment, read_experiment, with_reference


def main() -> None:
    """Print a line of JSON per run, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", help="experiment with the data, such as spikeprop-xor or iris")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)), help="seeds; default: 0 to 9")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="change a parameter")
    parser.add_argument("--runs", type=Path, default=Path("spikeprop-runs"), help="folder for the runs")
    parser.add_argument("--validation", action="store_true", help="hold out a sixth of the training rows instead")
    options = parser.parse_args()
    changes = dict(each.split("=", 1) for each in options.set)
    base = with_reference(read_experiment(options.experiment), "spikeprop", changes)
    halves = getattr(base.data, "kind", "") == "tabular"
    found = []
    for seed in options.seeds:
        more = {"data.test_fraction": 0.5, "data.holdout_seed": seed} if halves else {}
        made = base.override({**more, "seed": seed})
        found.append(result(made, options.runs, validation=options.validation, lda=halves))
        print(json.dumps({"seed": seed, **found[-1]}), flush=True)
    print(json.dumps(summary(base.name, found)))


def result(made: Experiment, runs: Path, *, validation: bool, lda: bool) -> dict[str, Any]:
    """Return what a run reaches, in per cent, and how long it takes."""
    begun = time.perf_counter()
    run = stdpbench.start(made, runs=runs, wait=True, validation=validation, workers=1)
    metrics = json.loads((run.path / "metrics.json").read_text())
    row = {
        "accuracy": 100 * metrics["accuracy"]["vote"]["accuracy"],
        "training": 100 * metrics["training"]["accuracy_on_training_pictures"],
        "loss": metrics["training"]["loss"],
        "seconds": round(time.perf_counter() - begun, 1),
    }
    if lda and not validation:
        row["lda"] = 100 * discriminant(made)
    return row


def discriminant(made: Experiment) -> float:
    """Return the accuracy of linear discriminant analysis on the test rows."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    split = made.data.prepare()
    train, test = (np.asarray(each.static, float).reshape(len(each), -1) for each in (split.train, split.test))
    return float(LinearDiscriminantAnalysis().fit(train, split.train.labels).score(test, split.test.labels))


def summary(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means and standard deviations over the runs."""
    told: dict[str, Any] = {"experiment": name, "runs": len(found)}
    for key in found[0]:
        values = np.array([each[key] for each in found])
        told[key] = [round(float(values.mean()), 2), round(float(values.std(ddof=1)) if len(values) > 1 else 0.0, 2)]
    told["all_correct"] = sum(each["accuracy"] == 100 for each in found)
    return told


if __name__ == "__main__":
    main()
