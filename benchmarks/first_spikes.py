"""A linear classifier with labels on the spikes of a run, such as one of `kheradpisheh-2018`.

    python benchmarks/first_spikes.py RUN

The support-vector machine of scikit-learn (`LinearSVC`) learns the responses to the pictures of the label phase, and
answers for the test pictures. The last fifth of the labelled pictures decides its C, among five.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

_TRIED = (0.001, 0.003, 0.01, 0.03, 0.1)


def main() -> None:
    """Print a line of JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path, help="folder of a finished run")
    folder = options.parse_args().run

    from sklearn.svm import LinearSVC

    import stdpbench
    from stdpbench.runs.preparation.start import load_split

    run = stdpbench.open_run(folder)
    split = load_split(run.experiment, bool(run.about.get("validation", False)))
    known, shown = (np.load(folder / f"{part}.npz")["spike_counts"].astype(np.float32) for part in ("label", "test"))
    labels, wanted = split.train.known_labels[: len(known)], split.test.known_labels
    cut = len(known) * 4 // 5

    def right(c: float, n: int, pictures: np.ndarray, answers: np.ndarray) -> float:
        return float(LinearSVC(C=c, max_iter=1000).fit(known[:n], labels[:n]).score(pictures, answers))

    best = max(_TRIED, key=lambda c: right(c, cut, known[cut:], labels[cut:]))
    percent = 100 * right(best, len(known), shown, wanted)
    print(json.dumps({"run": run.name, "labels": len(known), "C": best, "accuracy": round(percent, 2)}))


if __name__ == "__main__":
    main()
