"""Responses as points on a plane: something to look at, never something to measure."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.readout.clustering import Features, all_alike

EMBEDDINGS = ("pca", "t-sne", "umap")
NEIGHBOURS = 12
"""Of each point, in the trustworthiness."""
TRUSTED = 2000
"""Points that the trustworthiness is of, at most: it takes all their distances."""
_STEPS = 1000  # of t-SNE, which is what scikit-learn does


@dataclass(frozen=True, eq=False)
class Embedding:
    """Points on a plane.

    Attributes
    ----------
    method : str
        One of `EMBEDDINGS`.
    points : ndarray, float64, (n, 2)
    trustworthiness : float
        0 to 1: whether points that are neighbours on the plane are neighbours in full (J. Venna and S. Kaski, 2001),
        among the first `TRUSTED` of them; NaN for too few points.
    description : str
        How it was made.
    """

    method: str
    points: NDArray[np.float64]
    trustworthiness: float
    description: str


def embed(points: Features, method: str, seed: int, told: Callable[[int, int], object] | None = None) -> Embedding:
    """Put points on a plane.

    Parameters
    ----------
    points : ndarray, float64, (n, dimensions)
        As `clustering.features` gives them.
    method : {"pca", "t-sne", "umap"}
        UMAP needs umap-learn (``pip install 'stdpbench[umap]'``).
    seed : int
        At least 0.
    told : callable, optional
        Hears how many steps of t-SNE are over, and of how many.

    Raises
    ------
    StdpbenchError
        If there is no such method, it is not installed, or there are fewer than 3 points.
    """
    from sklearn.manifold import trustworthiness
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if method not in EMBEDDINGS:
        raise StdpbenchError(f"there is no embedding {method!r}; {suggestion(method, EMBEDDINGS)}")
    if len(points) < 3:
        raise StdpbenchError(f"an embedding needs at least 3 pictures, not {len(points)}")
    small = int(np.random.SeedSequence(seed).generate_state(1)[0])
    if method == "pca":
        # the features are principal components already, largest first
        plane = points[:, :2] if points.shape[1] > 1 else np.column_stack([points, np.zeros(len(points))])
        said = "first two principal components of square roots of spike counts"
    elif all_alike(points):
        plane, said = np.zeros((len(points), 2)), "all responses are alike"
    elif method == "t-sne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(points) - 1) / 3)
        verbose = 0 if told is None else 2  # it says how far it is in what it prints, and in no other way
        tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=small, verbose=verbose)
        with redirect_stdout(_Steps(told)) if told is not None else nullcontext():
            plane = tsne.fit_transform(points)
        said = f"t-SNE, perplexity {perplexity:.0f}, started from principal components"
    else:
        plane, said = _umap(points, small)
    trust = np.nan
    if len(points) > 2 * NEIGHBOURS:
        with threadpool_limits(limits=1):
            some = slice(None, TRUSTED)
            trust = float(trustworthiness(points[some], plane[some], n_neighbors=NEIGHBOURS))
    return Embedding(method, np.asarray(plane, np.float64), trust, said)


class _Steps(io.TextIOBase):
    """Reads from what t-SNE prints how many of its steps are over."""

    def __init__(self, told: Callable[[int, int], object]) -> None:
        self._told = told

    def write(self, text: str) -> int:
        """Take what is printed."""
        for step in re.findall(r"Iteration (\d+)", text):
            self._told(int(step), _STEPS)
        return len(text)


def _umap(points: Features, seed: int) -> tuple[NDArray[np.float64], str]:
    try:
        from umap import UMAP
    except ImportError:
        raise StdpbenchError("UMAP needs umap-learn: pip install 'stdpbench[umap]'") from None
    neighbours = min(15, len(points) - 1)
    # one job, as a seed asks for in any case
    plane = UMAP(n_components=2, n_neighbors=neighbours, random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(plane, np.float64), f"UMAP, {neighbours} neighbours"
