"""k-means beside `best-*`: pictures as they are and smoothed, centres read by the nearest one and by the five best.

    python benchmarks/kmeans.py best-400 --seeds 0 1 2 3 4 --blur 1

Centres are found as in the baseline of a run, with all training pictures, as many as the network has exc neurons. With
--blur, all pictures, also those of the test, are smoothed first by a Gaussian of this SD in pixels. *hard*: the
majority of the nearest centre's members, as the baseline reads. *soft*: the class shares of the five centres whose
cosine is largest, weighted by exp(60 (cosine - largest cosine)). --validation measures on held-out training pictures.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

_N_BEST = 5
_SHARPNESS = 60.0
_AT_ONCE = 5000


def main() -> None:
    """Print a line of JSON per seed, and the means."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("experiment", help="a shipped experiment, or a file")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="default: 0 to 4")
    options.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="change a parameter")
    options.add_argument("--blur", type=float, default=0.0, help="SD of the Gaussian in pixels (default: 0, none)")
    options.add_argument("--validation", action="store_true", help="measure on held-out training pictures")
    chosen = options.parse_args()
    changes = dict(each.split("=", 1) for each in chosen.set)
    found = [measure(chosen.experiment, changes, seed, chosen.blur, chosen.validation) for seed in chosen.seeds]
    for name in ("hard", "soft"):
        values = [each[name] for each in found]
        spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
        print(f"{name}: {np.mean(values):.2f}{spread}")


def measure(name: str, changes: dict[str, str], seed: int, blur: float, validation: bool) -> dict[str, Any]:
    """Return the accuracies of one seed, in per cent."""
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    from stdpbench.experiment import read_experiment
    from stdpbench.results.readout.baselines import LLOYD_UP_TO
    from stdpbench.runs.preparation.start import load_split

    experiment = read_experiment(name).override({**changes, "seed": seed})
    split = load_split(experiment, validation)
    train, test = (smoothed(part.pixels, blur) for part in (split.train, split.test))
    k, start = experiment.network.n_exc, int(np.random.SeedSequence(seed).generate_state(1)[0])
    with threadpool_limits(limits=1):
        if k <= LLOYD_UP_TO:
            model = KMeans(k, n_init=1, max_iter=100, algorithm="lloyd", random_state=start, copy_x=False)
        else:
            model = MiniBatchKMeans(
                k, n_init=1, max_iter=20, batch_size=2048, init_size=min(len(train), 3 * k), random_state=start
            )
        members = model.fit_predict(train)
        nearest = model.predict(test)
        shares = np.zeros((k, len(split.class_names)))
        np.add.at(shares, (members, split.train.labels), 1)
        hard = np.where(shares.any(axis=1), shares.argmax(axis=1), -1)[nearest]
        soft = softly(test, model.cluster_centers_, shares / np.maximum(shares.sum(axis=1, keepdims=True), 1))
    right = {"hard": hard, "soft": soft}
    result = {key: 100 * float(np.mean(answers == split.test.labels)) for key, answers in right.items()}
    print(json.dumps({"k": k, "seed": seed, "blur": blur, "validation": validation, **changes, **result}), flush=True)
    return result


def smoothed(pictures: NDArray[Any], blur: float) -> NDArray[np.float32]:
    """Return pictures as rows, smoothed if `blur` is above 0."""
    from scipy.ndimage import gaussian_filter

    values = np.asarray(pictures, np.float32)
    if blur > 0:
        values = gaussian_filter(values, (0, blur, blur), mode="constant")
    return np.ascontiguousarray(values.reshape(len(values), -1))


def softly(
    pictures: NDArray[np.float32], centres: NDArray[np.floating[Any]], shares: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the classes that the five best centres favour."""
    unit = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    answers = []
    for first in range(0, len(pictures), _AT_ONCE):
        part = pictures[first : first + _AT_ONCE]
        cosines = part @ unit.T.astype(np.float32) / np.linalg.norm(part, axis=1, keepdims=True)
        best = np.argpartition(-cosines, _N_BEST, axis=1)[:, :_N_BEST]
        of_best = np.take_along_axis(cosines, best, axis=1)
        weights = np.exp(_SHARPNESS * (of_best - of_best.max(axis=1, keepdims=True)))
        answers.append(np.einsum("ij,ijc->ic", weights, shares[best]).argmax(axis=1))
    return np.concatenate(answers)


if __name__ == "__main__":
    main()
