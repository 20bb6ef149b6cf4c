"""Two-dimensional embeddings of responses, for display only, not for measurements."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.results.readout.clustering import Features, all_alike

EMBEDDINGS = ("pca", "t-sne", "umap")
NEIGHBOURS = 12
"""Number of neighbours per point for the trustworthiness."""
TRUSTED = 2000
"""Maximum number of points for the trustworthiness, which needs all distances."""
_STEPS = 1000  # of t-SNE, scikit-learn's default


@dataclass(frozen=True, eq=False)
class Embedding:
    """An embedding in the plane.

    Attributes
    ----------
    method : str
        One of `EMBEDDINGS`.
    points : ndarray, float64, (n, 2)
    trustworthiness : float
        0 to 1: whether neighbours in the plane are also neighbours in the original space (J. Venna and S. Kaski,
        2001), among the first `TRUSTED` points; NaN for too few points.
    description : str
        Method and its settings.
    """

    method: str
    points: NDArray[np.float64]
    trustworthiness: float
    description: str


def embed(points: Features, method: str, seed: int, progress: Callable[[int, int], object] | None = None) -> Embedding:
    """Embed points in the plane.

    Parameters
    ----------
    points : ndarray, float64, (n, dimensions)
        Output of `clustering.features`.
    method : {"pca", "t-sne", "umap"}
        UMAP needs umap-learn (``pip install 'stdpbench[umap]'``).
    seed : int
        At least 0.
    progress : callable, optional
        Called with the number of finished steps of t-SNE, and their total number.

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
        # features are principal components in descending order
        plane = points[:, :2] if points.shape[1] > 1 else np.column_stack([points, np.zeros(len(points))])
        description = "first two principal components of square roots of spike counts"
    elif all_alike(points):
        plane, description = np.zeros((len(points), 2)), "all responses are equal"
    elif method == "t-sne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(points) - 1) / 3)
        verbose = 0 if progress is None else 2  # progress is only available from its printed output
        tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=small, verbose=verbose)
        with redirect_stdout(_Steps(progress)) if progress is not None else nullcontext():
            plane = tsne.fit_transform(points)
        description = f"t-SNE, perplexity {perplexity:.0f}, started from principal components"
    else:
        plane, description = _umap(points, small)
    trust = np.nan
    if len(points) > 2 * NEIGHBOURS:
        with threadpool_limits(limits=1):
            sample = slice(None, TRUSTED)
            trust = float(trustworthiness(points[sample], plane[sample], n_neighbors=NEIGHBOURS))
    return Embedding(method, np.asarray(plane, np.float64), trust, description)


class _Steps(io.TextIOBase):
    """Parses the number of finished steps from the output of t-SNE."""

    def __init__(self, progress: Callable[[int, int], object]) -> None:
        self._progress = progress

    def write(self, text: str) -> int:
        """Process printed text."""
        for step in re.findall(r"Iteration (\d+)", text):
            self._progress(int(step), _STEPS)
        return len(text)


def _umap(points: Features, seed: int) -> tuple[NDArray[np.float64], str]:
    try:
        from umap import UMAP
    except ImportError:
        raise StdpbenchError("UMAP needs umap-learn: pip install 'stdpbench[umap]'") from None
    neighbours = min(15, len(points) - 1)
    # a seed requires one job
    plane = UMAP(n_components=2, n_neighbors=neighbours, random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(plane, np.float64), f"UMAP, {neighbours} neighbours"
