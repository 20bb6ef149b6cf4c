"""Supervised read-outs: information about the class that labels can extract from responses or pixels.

Results are reported in a separate column. A linear probe fits one weight per neuron and class, which is more than
labelling neurons; nearest neighbours keep every labelled response. Neither measures what the network learned without
labels.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS: Final = 3
"""Number of nearest neighbours, by Euclidean distance; not tuned."""
_ITERATIONS = 150


def rooted(spike_counts: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Return square roots of spike counts as float32, which stabilises their variance."""
    return np.sqrt(spike_counts.astype(np.float32))


def grey(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return pictures as rows of float32, scaled so that the brightest pixel of all is 1."""
    rows = np.asarray(pixels, np.float32).reshape(len(pixels), -1)
    return rows / max(float(rows.max(initial=0.0)), 1e-12)


def linear_probe(
    known: NDArray[np.float32], labels: NDArray[np.int64], shown: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Classify with multinomial logistic regression (L2, C = 1; L-BFGS, at most 150 iterations), fitted on `known`.

    Parameters
    ----------
    known, shown : ndarray, float32, (n_known, n), (n_images, n)
        Data with known classes, and data to classify.
    labels : ndarray, int64, (n_known,)
        Classes of `known`.

    Returns
    -------
    ndarray, int64, (n_images,)
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    only = np.unique(labels)
    if len(only) == 1:
        return np.full(len(shown), only[0])
    mean = known.mean(axis=0)
    # one common scale, since individual scales would amplify neurons that hardly fire
    scale = max(float(known.std()), 1e-12)
    model = LogisticRegression(max_iter=_ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the limit is part of the description
        model.fit((known - mean) / scale, labels)
    return np.asarray(model.predict((shown - mean) / scale), np.int64)


def nearest_neighbours(
    known: NDArray[np.float32], labels: NDArray[np.int64], shown: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Classify by the majority of the three nearest samples of `known`; in a tie, the lowest class.

    Parameters and return value are those of `linear_probe`.
    """
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(min(NEIGHBOURS, len(known)), algorithm="brute").fit(known, labels)
    return np.asarray(model.predict(shown), np.int64)
