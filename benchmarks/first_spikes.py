"""A linear classifier with labels on the spikes of a run, such as one of `kheradpisheh-2018`.

    python benchmarks/first_spikes.py RUN [--potentials POPULATION]

The support-vector machine of scikit-learn (`LinearSVC`) learns the responses to the pictures of the label phase, and
answers for the test pictures. The last fifth of the labelled pictures decides its C, among five. With `--potentials`,
the neurons of a population never fire, and the classifier reads their final potentials: the largest of each unit in
each square of 2 x 2 places, and the largest of each unit anywhere.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

_TRIED = (0.001, 0.003, 0.01, 0.03, 0.1)
_NEVER = 1e12  # threshold, mV


def main() -> None:
    """Print a line of JSON for each kind of responses."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path, help="folder of a finished run")
    options.add_argument("--potentials", metavar="POPULATION", default="", help="read final potentials instead")
    given = options.parse_args()

    import stdpbench
    from stdpbench.runs.preparation.start import load_split

    run = stdpbench.open_run(given.run)
    split = load_split(run.experiment, bool(run.about.get("validation", False)))
    spikes = [np.load(given.run / f"{part}.npz")["spike_counts"].astype(np.float32) for part in ("label", "test")]
    shown = {"spikes": spikes}
    if given.potentials:
        sizes = dict(zip(("train", "test"), map(len, spikes), strict=True))
        shown = _potentials(given.run, run.experiment, split, sizes, given.potentials)
    labels, wanted = split.train.known_labels[: len(spikes[0])], split.test.known_labels
    for name, (known, test) in shown.items():
        c, percent = _accuracy(known, labels, test, wanted)
        print(json.dumps({"run": run.name, "read": name, "labels": len(known), "C": c, "accuracy": round(percent, 2)}))


def _accuracy(known: np.ndarray, labels: np.ndarray, test: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Return the chosen C, and the percentage of right answers for the test pictures."""
    from sklearn.svm import LinearSVC

    cut = len(known) * 4 // 5

    def right(c: float, n: int, pictures: np.ndarray, answers: np.ndarray) -> float:
        return float(LinearSVC(C=c, max_iter=1000).fit(known[:n], labels[:n]).score(pictures, answers))

    best = max(_TRIED, key=lambda c: right(c, cut, known[cut:], labels[cut:]))
    return best, 100 * right(best, len(known), test, wanted)


def _potentials(
    folder: Path, experiment: Any, split: Any, sizes: dict[str, int], population: str
) -> dict[str, list[np.ndarray]]:
    """Return the final potentials of the label and the test pictures, by how they are pooled; scaled to at most 1."""
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import encode, input_shape
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.runs.preparation.start import trained_arrays

    shape = input_shape(experiment, split.train)
    silent = experiment.evaluated.override({f"network.populations.{population}.neuron.v_thresh": _NEVER})
    simulator, _ = open_simulator(silent, shape)
    simulator.set_learned(trained_arrays(RunFolder(folder), experiment, shape))
    units = simulator.graph.populations[population].shape
    squares, anywhere = list[np.ndarray](), list[np.ndarray]()
    for (part, n), phase in zip(sizes.items(), ("label", "test"), strict=True):
        final = np.empty((n, *units), np.float32)
        for number in range(n):
            simulator.reset()
            spikes = encode(silent, getattr(split, part), phase, number, 0, number)
            simulator.present(spikes, silent.stimulus_bins, plastic=False)
            final[number] = simulator.array(f"{population}.v").reshape(units)
        height, width, n_units = units
        pooled = final.reshape(n, height // 2, 2, width // 2, 2, n_units).max(axis=(2, 4)).reshape(n, -1)
        squares.append(pooled)
        anywhere.append(final.reshape(n, -1, n_units).max(axis=1))
    simulator.close()
    return {
        name: [part / parts[0].max() for part in parts]
        for name, parts in (("potentials, squares", squares), ("potentials, anywhere", anywhere))
    }


if __name__ == "__main__":
    main()
