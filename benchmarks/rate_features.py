"""The network of `conv-*` without spikes: features, pools and centres by k-means, or unlearned, on the same pictures.

    python benchmarks/rate_features.py conv-400 --features k-means patches random --centres k-means samples

Sizes are those of the experiment (its template ``conv``). At each place with enough contrast, the feature with the
largest cosine is 1; a pool is 1 if one of its places is; pools of a picture are scaled to unit length. Features and
centres are found by k-means without labels, or are *patches* of training pictures, *random* numbers, or *samples* of
pooled pictures. *vote*: the class that most often wins the nearest centre; *soft*: the shares of the five nearest,
weighted by exp(60 (cosine - largest cosine)).
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_PICTURES, _PATCHES = 2000, 200_000  # from which features are found
_AT_ONCE = 500


def main() -> None:
    """Print a line of JSON for each seed and combination."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("experiment", help="a shipped experiment with the template conv, or a file")
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="change a parameter")
    options.add_argument("--features", nargs="+", choices=("k-means", "patches", "random"), default=["k-means"])
    options.add_argument("--centres", nargs="+", choices=("k-means", "samples"), default=["k-means"])
    options.add_argument("--contrast", type=float, default=0.3, help="length of a patch, as a part of the longest")
    options.add_argument("--validation", action="store_true", help="measure on held-out training pictures")
    chosen = options.parse_args()
    changes = dict(each.split("=", 1) for each in chosen.set)
    for seed in chosen.seeds:
        for features in chosen.features:
            for row in measure(chosen, {**changes, "seed": seed}, features):
                print(json.dumps({"experiment": chosen.experiment, "seed": seed, "features": features, **row}))


def measure(chosen: argparse.Namespace, changes: dict[str, Any], features: str) -> list[dict[str, Any]]:
    """Return accuracies in per cent with one kind of features, for each kind of centres."""
    from threadpoolctl import threadpool_limits

    from stdpbench.experiment import read_experiment
    from stdpbench.runs.preparation.start import load_split

    experiment = read_experiment(chosen.experiment).override(changes)
    split, network = load_split(experiment, chosen.validation), experiment.network
    random = np.random.default_rng(experiment.seed)
    with threadpool_limits(limits=1):
        train, test = (planes(part.pixels, network.planes) for part in (split.train, split.test))
        found = patches_of(train[random.permutation(len(train))[:_PICTURES]], network)
        found = found.reshape(-1, found.shape[-1])
        found = found[random.permutation(len(found))[:_PATCHES]]
        length = np.linalg.norm(found, axis=1)
        least = chosen.contrast * float(length.max())
        found = unit(found[length > least])
        if features == "k-means":
            kernels = centres_of(found, network.units, experiment.seed)
        else:
            kernels = (
                found[: network.units] if features == "patches" else random.random((network.units, found.shape[1]))
            )
        pooled = [pools(part, unit(kernels), network, least) for part in (train, test)]
        rows = []
        for kind in chosen.centres:
            if kind == "k-means":
                centres = centres_of(pooled[0], network.n_exc, experiment.seed)
            else:
                centres = pooled[0][random.permutation(len(pooled[0]))[: network.n_exc]]
            right = answers(unit(centres), *pooled, np.asarray(split.train.labels), len(split.class_names))
            accuracies = {key: 100 * float(np.mean(given == split.test.labels)) for key, given in right.items()}
            rows.append({"centres": kind, **accuracies})
    return rows


def unit(rows: NDArray[Any]) -> Array:
    """Return rows scaled to unit length."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def centres_of(rows: Array, k: int, seed: int) -> Array:
    """Return centres of k-means."""
    from sklearn.cluster import MiniBatchKMeans

    start = int(np.random.SeedSequence(seed).generate_state(1)[0])
    model = MiniBatchKMeans(
        k,
        batch_size=8192,
        n_init=1,
        max_iter=30,
        init_size=max(3 * k, 8192),
        reassignment_ratio=0.01,
        random_state=start,
    )
    return np.asarray(model.fit(rows).cluster_centers_, np.float32)


def planes(pictures: NDArray[Any], n: int) -> Array:
    """Return pictures as (n_pictures, rows, columns, planes)."""
    values = np.asarray(pictures, np.float32)
    return np.moveaxis(values.reshape(len(values), n, -1, values.shape[-1]), 1, -1)


def patches_of(pictures: Array, network: Any) -> Array:
    """Return the patches of all places, (n_pictures, rows, columns, n_values)."""
    view = np.lib.stride_tricks.sliding_window_view(pictures, (network.field, network.field), axis=(1, 2))
    view = view[:, :: network.stride, :: network.stride]
    return view.reshape(*view.shape[:3], -1)


def pools(pictures: Array, kernels: Array, network: Any, least: float) -> Array:
    """Return the pooled features of pictures as rows of unit length."""
    parts = []
    side, units = network.pool, network.units
    for start in range(0, len(pictures), _AT_ONCE):
        patches = patches_of(pictures[start : start + _AT_ONCE], network)
        winner = (patches @ kernels.T).argmax(axis=-1)
        active = (np.linalg.norm(patches, axis=-1) > least)[..., None] * np.eye(units, dtype=np.float32)[winner]
        rows, columns = (-(-size // side) for size in winner.shape[1:])
        filled = np.zeros((len(patches), rows * side, columns * side, units), np.float32)
        filled[:, : winner.shape[1], : winner.shape[2]] = active
        parts.append(filled.reshape(len(patches), rows, side, columns, side, units).max(axis=(2, 4)))
    return unit(np.concatenate(parts).reshape(len(pictures), -1))


def answers(
    centres: Array, train: Array, test: Array, labels: NDArray[np.integer[Any]], n_classes: int
) -> dict[str, NDArray[np.int64]]:
    """Return the classes of test pictures by the nearest centre, and by the five nearest."""
    wins = np.zeros((len(centres), n_classes))
    for start in range(0, len(train), 5000):
        np.add.at(wins, ((train[start : start + 5000] @ centres.T).argmax(axis=1), labels[start : start + 5000]), 1)
    shares = wins / np.maximum(wins.sum(axis=1, keepdims=True), 1)
    cosines = test @ centres.T
    best = np.argpartition(-cosines, 5, axis=1)[:, :5]
    of_best = np.take_along_axis(cosines, best, axis=1)
    weights = np.exp(60 * (of_best - of_best.max(axis=1, keepdims=True)))
    soft = np.einsum("ij,ijc->ic", weights, shares[best]).argmax(axis=1)
    return {"vote": np.where(wins.any(axis=1), wins.argmax(axis=1), -1)[cosines.argmax(axis=1)], "soft": soft}


if __name__ == "__main__":
    main()
